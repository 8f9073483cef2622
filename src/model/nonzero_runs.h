/* SPDX-License-Identifier: MIT
 *
 * Where the non-zero items of a run are. Branch-free, since a pruned layer is noise to a branch
 * predictor: every item writes its index, and only a non-zero one moves on.
 */
#ifndef DCOMP_MODEL_NONZERO_RUNS_H
#define DCOMP_MODEL_NONZERO_RUNS_H

#include "dcomp/model.h"

#define RUN 512u /* items at most */

static inline uint32_t nonzero_codes(uint16_t indices[RUN], const uint8_t *codes, uint32_t n)
{
    uint32_t n_found = 0;
    for (uint32_t i = 0; i < n; i++) {
        indices[n_found] = (uint16_t)i;
        n_found += codes[i] != 0;
    }
    return n_found;
}

static inline uint32_t nonzero_values(uint16_t indices[RUN], const float *values, uint32_t n)
{
    uint32_t n_found = 0;
    for (uint32_t i = 0; i < n; i++) {
        indices[n_found] = (uint16_t)i;
        n_found += values[i] != 0.0f;
    }
    return n_found;
}

#endif
