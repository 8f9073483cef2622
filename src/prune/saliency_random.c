/* SPDX-License-Identifier: MIT
 *
 * random: which weights stay says nothing but a seed. What any other saliency is to be better than.
 * A position has one number, whatever is there, so that what a second turn takes is drawn among
 * what the first one left.
 */
#include "magnitude.h"

static void score(float *scores, const float *values, const dc_saliency_source *source, uint64_t n)
{
    dc_rng rng;
    dc_rng_init(&rng, source->seed, source->param);
    for (uint64_t i = 0; i < n; i++) {
        const float drawn = (float)(1 - dc_rng_unit(&rng)); /* (0, 1] */
        scores[i] = values[i] != 0.0f ? DC_MAX(drawn, 1e-7f) : 0;
    }
}

const dc_saliency dc_saliency_random = { .name = "random", .is_comparable = true, .score = score };
