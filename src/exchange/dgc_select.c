/* SPDX-License-Identifier: MIT
 *
 * Sorting all gradients in each step would take longer than sending them. So a threshold is taken
 * from a sample, low enough that more than k sizes are likely to reach it; these are copied, and
 * the k-th of them is found exactly. When too few have reached it, the threshold was too high: it
 * goes down to what twice as many of the sample reach, and in the end to all.
 */
#include "dgc_select.h"

#include <math.h>

#define SAMPLE_SHARE 100u /* one in so many                          */
#define SAMPLE_LEAST 4096u
#define WANTED_LEAST 16u  /* of the sample above the threshold: fewer say little */

/* The k-th greatest of x (n), k from 1 on; x is put in another order. */
static float kth_greatest(float *x, uint64_t n, uint64_t k)
{
    return dc_select_smallest(x, n, n - k);
}

/* The threshold that `n_wanted` of n_sample sizes reach. */
static float sampled_threshold(const float *v, uint64_t n, uint64_t n_sample, uint64_t n_wanted,
                               uint64_t turn, float *scratch)
{
    const uint64_t stride = n / n_sample, first = turn % stride;
    for (uint64_t i = 0; i < n_sample; i++)
        scratch[i] = fabsf(v[first + i * stride]);
    return kth_greatest(scratch, n_sample, n_wanted);
}

/* Sizes that reach the threshold, 0 left out, to scratch. */
static uint64_t gather(float *scratch, const float *v, uint64_t n, float threshold)
{
    uint64_t n_found = 0;
    for (uint64_t i = 0; i < n; i++) {
        const float size = fabsf(v[i]);
        if (size >= threshold && size > 0)
            scratch[n_found++] = size;
    }
    return n_found;
}

static uint64_t find_candidates(float *scratch, const float *v, uint64_t n, uint64_t k,
                                uint64_t turn)
{
    const double share = (double)k / (double)n;
    const uint64_t n_sample =
        DC_MAX(DC_MAX(n / SAMPLE_SHARE, (uint64_t)SAMPLE_LEAST), (uint64_t)(WANTED_LEAST / share));
    if (n_sample > n / 2)
        return gather(scratch, v, n, 0);
    uint64_t n_wanted = (uint64_t)(1.25 * share * (double)n_sample) + 8;
    for (; n_wanted < n_sample; n_wanted *= 2) {
        const float threshold = sampled_threshold(v, n, n_sample, n_wanted, turn, scratch);
        const uint64_t n_found = gather(scratch, v, n, threshold);
        if (n_found >= k)
            return n_found;
    }
    return gather(scratch, v, n, 0);
}

uint32_t dgc_select(uint32_t *at, const float *v, uint64_t n, uint64_t k, uint64_t turn,
                    float *scratch)
{
    if (n == 0 || k == 0)
        return 0;
    const uint64_t n_candidates = find_candidates(scratch, v, n, k, turn);
    if (n_candidates == 0)
        return 0;
    const float least =
        kth_greatest(scratch, n_candidates, DC_MIN(n_candidates, k));
    uint64_t n_above = 0;
    for (uint64_t i = 0; i < n_candidates; i++)
        n_above += scratch[i] > least;
    uint64_t n_equal = DC_MIN(n_candidates, k) - n_above; /* that still fit */
    uint32_t n_chosen = 0;
    for (uint64_t i = 0; i < n; i++) {
        const float size = fabsf(v[i]);
        if (size < least || (size == least && n_equal == 0))
            continue;
        n_equal -= size == least;
        at[n_chosen++] = (uint32_t)i;
    }
    return n_chosen;
}
