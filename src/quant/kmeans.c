/* SPDX-License-Identifier: MIT
 *
 * Lloyd's algorithm on a line [DC 3.1]: the values are sorted once; in an iteration a cluster is
 * the run between the midpoints to its neighbours, found by bisection, and its mean comes from two
 * moments. So an iteration costs O(k log n), whatever the number of values. A value half way
 * belongs to the smaller centroid. Empty clusters keep their centroid, may catch something later,
 * and are dropped at the end.
 */
#include <string.h>

#include "kmeans.h"

static void find_positions(uint64_t *positions, const double *centroids, uint32_t k,
                           const dc_sorted *sorted)
{
    positions[0] = 0;
    for (uint32_t i = 1; i < k; i++) {
        const double middle = centroids[i - 1] + (centroids[i] - centroids[i - 1]) / 2;
        positions[i] = dc_sorted_after(sorted, positions[i - 1], middle);
    }
    positions[k] = sorted->n;
}

void dc_means_of(double *centroids, const uint64_t *positions, uint32_t k, const dc_sorted *sorted)
{
    dc_moment from = dc_moment_at(sorted, 0);
    for (uint32_t i = 0; i < k; i++) {
        const dc_moment to = dc_moment_at(sorted, positions[i + 1]);
        if (positions[i + 1] > positions[i])
            centroids[i] = sorted->shift + (to.s1 - from.s1) / (to.n - from.n);
        from = to;
    }
}

uint32_t dc_lloyd(double *centroids, uint64_t *positions, uint32_t k, const dc_sorted *sorted,
                  uint32_t max_iterations)
{
    uint64_t before[DC_MAX_CENTROIDS + 1];
    find_positions(positions, centroids, k, sorted);
    for (uint32_t iteration = 0; iteration < max_iterations; iteration++) {
        memcpy(before, positions, (k + 1) * sizeof *before);
        dc_means_of(centroids, positions, k, sorted);
        find_positions(positions, centroids, k, sorted);
        if (memcmp(before, positions, (k + 1) * sizeof *before) == 0)
            return iteration + 1;
    }
    return max_iterations;
}

double dc_positions_cost(const dc_sorted *sorted, const uint64_t *positions, uint32_t k)
{
    double cost = 0;
    dc_moment from = dc_moment_at(sorted, positions[0]);
    for (uint32_t i = 0; i < k; i++) {
        const dc_moment to = dc_moment_at(sorted, positions[i + 1]);
        cost += dc_moment_cost(&from, &to);
        from = to;
    }
    return cost;
}

/* Rounds to float, drops what nobody is nearest to, and adds up the cost of what is left. */
static void finish(float *out, dc_kmeans_stats *stats, double *centroids, uint32_t k,
                   const dc_sorted *sorted)
{
    uint64_t positions[DC_MAX_CENTROIDS + 1];
    for (uint32_t i = 0; i < k; i++)
        centroids[i] = (double)(float)centroids[i];
    find_positions(positions, centroids, k, sorted);
    dc_moment from = dc_moment_at(sorted, 0);
    for (uint32_t i = 0; i < k; i++) {
        if (positions[i + 1] == positions[i])
            continue;
        const dc_moment to = dc_moment_at(sorted, positions[i + 1]);
        const double n = to.n - from.n;
        const double off = centroids[i] - sorted->shift - (to.s1 - from.s1) / n;
        stats->wcss += dc_moment_cost(&from, &to) + n * off * off;
        out[stats->n_centroids++] = (float)centroids[i];
        from = to;
    }
}

dc_status dc_kmeans_sorted(float *centroids, uint32_t k, const dc_sorted *sorted,
                           dc_centroid_init init, uint32_t max_iterations, uint64_t seed,
                           dc_kmeans_stats *stats)
{
    double wide[DC_MAX_CENTROIDS];
    uint64_t positions[DC_MAX_CENTROIDS + 1];
    *stats = (dc_kmeans_stats){ 0 };
    if (k == 0 || k > DC_MAX_CENTROIDS)
        return dc_fail(DC_EINPUT, "%u centroids are outside of 1..%u", k, DC_MAX_CENTROIDS);
    if (sorted->n == 0)
        return dc_fail(DC_EINPUT, "no values to share");
    stats->n_centroids = dc_sorted_distinct(centroids, sorted, k);
    if (stats->n_centroids <= k)
        return DC_OK;
    stats->n_centroids = 0;
    if (init == DC_CENTROIDS_OPTIMAL || init == DC_CENTROIDS_NEAR_OPTIMAL) {
        DC_TRY(dc_kmeans_optimal(wide, k, sorted, init == DC_CENTROIDS_OPTIMAL));
    } else {
        dc_centroid_start(wide, k, sorted, init, seed);
        stats->n_iterations = dc_lloyd(wide, positions, k, sorted, max_iterations);
    }
    finish(centroids, stats, wide, k, sorted);
    return DC_OK;
}

dc_status dc_kmeans(float *centroids, uint32_t k, const float *values, uint64_t n,
                    dc_centroid_init init, uint32_t max_iterations, uint64_t seed,
                    dc_kmeans_stats *stats)
{
    dc_sorted sorted = { 0 };
    dc_kmeans_stats own;
    DC_TRY(dc_sorted_init(&sorted, values, n, false));
    const dc_status status =
        dc_kmeans_sorted(centroids, k, &sorted, init, max_iterations, seed, stats ? stats : &own);
    dc_sorted_clear(&sorted);
    return status;
}
