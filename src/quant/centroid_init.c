/* SPDX-License-Identifier: MIT
 *
 * Where centroids start [DC 3.2]: in equal steps from the least to the greatest value (linear,
 * which keeps some for the few large weights that matter), in equal steps of the distribution
 * function (density), or at random values (Forgy). All are ascending.
 */
#include "kmeans.h"

#define MAX_DRAWS 64u /* for one centroid, before an equal value is accepted */

static void start_linear(double *centroids, uint32_t k, const dc_sorted *sorted)
{
    const double low = (double)sorted->values[0], high = (double)sorted->values[sorted->n - 1];
    for (uint32_t i = 0; i < k; i++)
        centroids[i] = k == 1 ? (low + high) / 2 : low + (high - low) * i / (k - 1);
}

static void start_density(double *centroids, uint32_t k, const dc_sorted *sorted)
{
    for (uint32_t i = 0; i < k; i++) {
        const double share = (i + 0.5) / k;
        const uint64_t at = (uint64_t)(share * (double)sorted->n);
        centroids[i] = (double)sorted->values[DC_MIN(at, sorted->n - 1)];
    }
}

/* Puts `value` among the first `n` ascending ones unless it is there. */
static bool insert(double *centroids, uint32_t n, double value, bool may_repeat)
{
    uint32_t at = n;
    while (at > 0 && centroids[at - 1] > value)
        at--;
    if (!may_repeat && at > 0 && centroids[at - 1] >= value)
        return false;
    for (uint32_t i = n; i > at; i--)
        centroids[i] = centroids[i - 1];
    centroids[at] = value;
    return true;
}

static void start_random(double *centroids, uint32_t k, const dc_sorted *sorted, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    for (uint32_t i = 0; i < k; i++) {
        bool is_in = false;
        for (uint32_t draw = 1; !is_in; draw++) {
            const double value = (double)sorted->values[dc_rng_below(&rng, sorted->n)];
            is_in = insert(centroids, i, value, draw == MAX_DRAWS);
        }
    }
}

void dc_centroid_start(double *centroids, uint32_t k, const dc_sorted *sorted,
                       dc_centroid_init init, uint64_t seed)
{
    if (init == DC_CENTROIDS_LINEAR)
        start_linear(centroids, k, sorted);
    else if (init == DC_CENTROIDS_RANDOM)
        start_random(centroids, k, sorted, seed);
    else
        start_density(centroids, k, sorted);
}
