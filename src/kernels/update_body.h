/* SPDX-License-Identifier: MIT
 *
 * The optimizer's pass over a piece of an array.
 */
#ifndef DCOMP_KERNELS_UPDATE_BODY_H
#define DCOMP_KERNELS_UPDATE_BODY_H

#include <math.h>

#include "kernels_body.h"

INLINE void sgd(const dc_update *u, float *restrict w, float *restrict first,
                const float *restrict dw, const uint16_t *restrict tags, bool is_nesterov,
                bool is_masked)
{
    const float rate = u->rate, momentum = u->momentum, decay = u->decay, clip = u->clip;
    for (uint64_t i = 0, n = u->n; i < n; i++) {
        const bool is_free = !is_masked || tags[i] != 0;
        const float g = dw[i] * clip + decay * w[i];
        const float v = momentum * first[i] + g;
        const float moved = w[i] - rate * (is_nesterov ? g + momentum * v : v);
        w[i] = is_free ? moved : 0.0f;
        first[i] = is_free ? v : 0.0f;
    }
}

INLINE void adam(const dc_update *u, float *restrict w, float *restrict first,
                 float *restrict second, const float *restrict dw, const uint16_t *restrict tags,
                 bool is_masked)
{
    const float rate = u->rate, decay = u->decay, clip = u->clip;
    const float b1 = u->momentum, b2 = 0.999f, scale1 = u->first_scale, scale2 = u->second_scale;
    for (uint64_t i = 0, n = u->n; i < n; i++) {
        const bool is_free = !is_masked || tags[i] != 0;
        const float g = dw[i] * clip;
        const float v = b1 * first[i] + (1 - b1) * g;
        const float s = b2 * second[i] + (1 - b2) * g * g;
        const float move = v * scale1 / (sqrtf(s * scale2) + 1e-8f);
        const float moved = w[i] - rate * (move + decay * w[i]);
        second[i] = s;
        w[i] = is_free ? moved : 0.0f;
        first[i] = is_free ? v : 0.0f;
    }
}

INLINE void to_bf16(uint16_t *restrict to, const float *restrict from, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        to[i] = dc_bf16_from_f32(from[i]);
}

static void update(const dc_update *u)
{
    const bool is_nesterov = u->rule == DC_UPDATE_NESTEROV;
    if (u->rule == DC_UPDATE_ADAM && u->tags)
        adam(u, u->w, u->first, u->second, u->dw, u->tags, true);
    else if (u->rule == DC_UPDATE_ADAM)
        adam(u, u->w, u->first, u->second, u->dw, NULL, false);
    else if (is_nesterov && u->tags)
        sgd(u, u->w, u->first, u->dw, u->tags, true, true);
    else if (is_nesterov)
        sgd(u, u->w, u->first, u->dw, NULL, true, false);
    else if (u->tags)
        sgd(u, u->w, u->first, u->dw, u->tags, false, true);
    else
        sgd(u, u->w, u->first, u->dw, NULL, false, false);
    if (u->w_bf16)
        to_bf16(u->w_bf16, u->w, u->n);
}

#endif
