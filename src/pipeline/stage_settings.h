/* SPDX-License-Identifier: MIT
 *
 * The stages whose settings other files of the pipeline fill, too.
 */
#ifndef DCOMP_PIPELINE_STAGE_SETTINGS_H
#define DCOMP_PIPELINE_STAGE_SETTINGS_H

#include "run_internal.h"

typedef struct gradual_settings {
    fit_settings fit;
    dc_prune_settings prune;
    uint32_t n_steps, step_epochs;
    uint32_t codebook; /* dc_number */
} gradual_settings;

typedef struct retrain_settings {
    fit_settings fit;
    uint32_t codebook; /* dc_number */
} retrain_settings;

enum { RATE_ALL, RATE_SLOPE, RATE_REMOVAL, RATE_SETTLING };

typedef struct rate_settings {
    fit_settings fit;
    uint64_t bytes; /* the goal */
    uint32_t part;  /* RATE_ALL ... */
    bool keeps_zeros;
    uint32_t n_levels; /* 0: any */
    double lambda, max_lambda;
} rate_settings;

extern const dc_stage dc_stage_gradual, dc_stage_retrain, dc_stage_rate;
extern const dc_stage dc_stage_quantize; /* a dc_quantize_settings */

#endif
