/* SPDX-License-Identifier: MIT
 *
 * Batch norm behind layers that have none, of a network whose norms were folded into its layers,
 * say. Where weights are held to few values, only a norm can give each channel a size of its own
 * again.
 */
#ifndef DCOMP_PIPELINE_ADD_NORMS_H
#define DCOMP_PIPELINE_ADD_NORMS_H

#include "run_internal.h"

/* Whether a norm can be put behind node `index`: a layer whose channels are the first dim, which is
 * not the output and is not read by a norm alone already. */
bool add_norms_takes(const dc_model *model, uint32_t index);
/* The run's model is built anew with "NAME_norm" behind each node of is_wanted (n_nodes), all of
 * which it takes; what reads the node reads the norm. With the mean and the variance of what the
 * layer says to the first training samples, and what undoes them as scale and shift, the network
 * computes what it did. The layer's bias goes into the shift, and the sizes of its rows into the
 * scale, so that each row's mean square is 1. */
DC_MUST_USE dc_status add_norms(dc_run *run, const bool *is_wanted);
dc_amount add_norms_amount(const dc_run *run);

#endif
