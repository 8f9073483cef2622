/* SPDX-License-Identifier: MIT
 *
 * What second-order pruning goes by (dc_obs_source), from the samples of a run's training part.
 */
#ifndef DCOMP_PIPELINE_PRUNE_OBS_H
#define DCOMP_PIPELINE_PRUNE_OBS_H

#include "dcomp/prune.h"
#include "run_internal.h"

typedef struct prune_obs prune_obs;
/* Of run->model as it is, which is then pruned in place. *out is to be closed whatever comes out;
 * it may be NULL. */
DC_MUST_USE dc_status prune_obs_open(prune_obs **out, dc_run *run);
dc_obs_source prune_obs_source(prune_obs *obs);
void prune_obs_close(prune_obs *obs);
/* Of all that; has_looks: layers are compared. */
dc_amount prune_obs_amount(const dc_run *run, bool has_looks);

#endif
