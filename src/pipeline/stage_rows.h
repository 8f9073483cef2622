/* SPDX-License-Identifier: MIT
 *
 * The rows of the table of stages, one a file.
 */
#ifndef DCOMP_PIPELINE_STAGE_ROWS_H
#define DCOMP_PIPELINE_STAGE_ROWS_H

#include "dcomp/pipeline.h"

extern const dc_stage dc_stage_train, dc_stage_prune, dc_stage_gradual, dc_stage_retrain,
    dc_stage_quantize, dc_stage_encode;

#endif
