/* SPDX-License-Identifier: MIT
 *
 * Inside prune: magnitudes as integers, selection by them, and what is asked of a layer.
 */
#ifndef DCOMP_PRUNE_MAGNITUDE_H
#define DCOMP_PRUNE_MAGNITUDE_H

#include <string.h>

#include "dcomp/prune.h"

#define DC_MAGNITUDE_HIGH_BITS 15u /* of 31: sign removed; the rest is the low part */
#define DC_MAGNITUDE_LOW_BITS 16u

/* The order of |value| as an unsigned integer. */
static inline uint32_t dc_magnitude(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x7fffffffu;
}

/* Keeps exactly the n_keep largest magnitudes and zeroes the rest; of equal ones those in front
 * stay. */
DC_MUST_USE dc_status dc_magnitude_keep(float *values, uint64_t n, uint64_t n_keep);
/* How many are non-zero and at least `threshold`. */
uint64_t dc_magnitude_count(const float *values, uint64_t n, double threshold);
/* Mean and standard deviation of what is non-zero; 0 when all is zero. */
typedef struct dc_spread {
    uint64_t n_nonzero;
    double mean, deviation, rms;
} dc_spread;
dc_spread dc_spread_of(const float *values, uint64_t n);

/* A model's weight parameters, in order of nodes; `*n` of them, from the arena. */
dc_param **dc_weight_params(uint32_t *n, const dc_model *model, dc_arena *arena);
/* Whether it holds nothing but zeros that nobody pruned: training has not begun with it, and what
 * is pruned now could never be trained. */
bool dc_param_is_blank(const dc_param *param);
/* Refuses NaN, infinity and packed weights, naming the layer. */
DC_MUST_USE dc_status dc_weights_check(const dc_param *param, const char *layer);
/* n_keep for each parameter so that together they keep `density` of all, by magnitude over RMS. */
DC_MUST_USE dc_status dc_global_counts(uint64_t *n_keep, dc_param *const *params, uint32_t n_params,
                                       double density);
/* Zeroes all but the n_keep largest and marks the parameter. */
DC_MUST_USE dc_status dc_prune_param(dc_param *param, uint64_t n_keep);
/* `density` of n, to the nearest, but at least 1. */
uint64_t dc_density_count(double density, uint64_t n);

#endif
