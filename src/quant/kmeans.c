/* SPDX-License-Identifier: MIT
 *
 * One-dimensional k-means: a start and Lloyd's algorithm, or the exact search; then the centroids
 * are rounded to floats, which may leave one without values.
 */
#include <math.h>

#include "kmeans.h"

/* To floats within their clusters: then no two are equal and one for a lone value is that value. */
static void round_centroids(double *centroids, uint32_t k, const dc_sorted *sorted)
{
    uint64_t positions[DC_MAX_CENTROIDS + 1];
    dc_positions_of(positions, centroids, k, sorted);
    for (uint32_t i = 0; i < k; i++) {
        const double rounded = (double)(float)centroids[i];
        centroids[i] = rounded;
        if (positions[i + 1] > positions[i])
            centroids[i] = fmin(fmax(rounded, (double)sorted->values[positions[i]]),
                                (double)sorted->values[positions[i + 1] - 1]);
    }
}

/* Drops centroids that no value is nearest to, which rounding can still cause, and adds up the
 * cost. */
static void finish(float *out, dc_kmeans_stats *stats, double *centroids, uint32_t k,
                   const dc_sorted *sorted)
{
    uint64_t positions[DC_MAX_CENTROIDS + 1];
    round_centroids(centroids, k, sorted);
    dc_positions_of(positions, centroids, k, sorted);
    for (uint32_t i = 0; i < k; i++) {
        if (positions[i + 1] == positions[i])
            continue;
        const dc_moment from = dc_moment_at(sorted, positions[i]);
        const dc_moment to = dc_moment_at(sorted, positions[i + 1]);
        const double off = centroids[i] - dc_mean_of(&from, &to, sorted);
        stats->wcss += dc_moment_cost(&from, &to) + (to.n - from.n) * off * off;
        out[stats->n_centroids++] = (float)centroids[i];
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
