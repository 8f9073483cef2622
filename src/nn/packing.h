/* SPDX-License-Identifier: MIT
 *
 * Which weights a predictor multiplies as they are kept.
 */
#ifndef DC_NN_PACKING_H
#define DC_NN_PACKING_H

#include "dcomp/nn.h"
#include "dcomp/sparse.h"

/* out (model->n_params): a matrix, or NULL where the layer is dense; choices (n_params): what
 * decided it, with times of `n` samples, for so many at a time; no reason where a parameter is no
 * weights. DC_PACKING_NONE: all are dense, as the backend knows no other. From the arena. */
DC_MUST_USE dc_status packing_make(const dc_sparse ***out, dc_packing_choice **choices,
                                   const dc_model *model, dc_packing packing, uint32_t n,
                                   dc_arena *arena);

/* Of a convolution. */
dc_sparse_window packing_window(const dc_model *model, const dc_node *node);

#endif
