/* SPDX-License-Identifier: MIT
 *
 * Which weights a predictor multiplies as they are kept.
 */
#ifndef DC_NN_PACKING_H
#define DC_NN_PACKING_H

#include "dcomp/nn.h"
#include "dcomp/sparse.h"

/* out (model->n_params): a matrix, or NULL where the layer is dense. For `n` samples at a time.
 * From the arena. */
DC_MUST_USE dc_status packing_make(const dc_sparse ***out, const dc_model *model,
                                   dc_packing packing, uint32_t n, dc_arena *arena);

/* Of a convolution. */
dc_sparse_window packing_window(const dc_model *model, const dc_node *node);
/* Seconds that the products of node `index` with its first weights are expected to take for n
 * samples on one core. False where there is no sparse product of them. */
bool packing_expected(double *dense, double *sparse, const dc_model *model, uint32_t index,
                      uint32_t n);

#endif
