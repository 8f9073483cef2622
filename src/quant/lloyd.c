/* SPDX-License-Identifier: MIT
 *
 * Lloyd's algorithm on a line [DC 3.1]: the values are sorted once; in an iteration a cluster is
 * the run between the midpoints to its neighbours, found by bisection, and its mean comes from two
 * moments. So an iteration costs O(k log n), whatever the number of values. A value half way
 * belongs to the smaller one. A cluster that is left with nothing is seeded again: the one with
 * the greatest error is cut where that takes most of it away, and Lloyd goes on. So there are as
 * many clusters as were asked for, however far from the others a few values lie.
 */
#include <string.h>

#include "kmeans.h"

#define MAX_SEEDINGS 100u /* each takes error away; one or two are usual */

void dc_positions_of(uint64_t *positions, const double *centroids, uint32_t k,
                     const dc_sorted *sorted)
{
    positions[0] = 0;
    for (uint32_t i = 1; i < k; i++) {
        const double middle = centroids[i - 1] + (centroids[i] - centroids[i - 1]) / 2;
        positions[i] = dc_sorted_after(sorted, positions[i - 1], middle);
    }
    positions[k] = sorted->n;
}

double dc_mean_of(const dc_moment *from, const dc_moment *to, const dc_sorted *sorted)
{
    if (from->right >= to->left)
        return (double)to->left;
    return sorted->shift + (to->s1 - from->s1) / (to->n - from->n);
}

void dc_means_of(double *centroids, const uint64_t *positions, uint32_t k, const dc_sorted *sorted)
{
    dc_moment from = dc_moment_at(sorted, 0);
    for (uint32_t i = 0; i < k; i++) {
        const dc_moment to = dc_moment_at(sorted, positions[i + 1]);
        if (positions[i + 1] > positions[i])
            centroids[i] = dc_mean_of(&from, &to, sorted);
        from = to;
    }
}

/* Until no value changes its cluster; empty ones keep their centroid and may catch something. */
static uint32_t settle(double *centroids, uint64_t *positions, uint32_t k, const dc_sorted *sorted,
                       uint32_t max_iterations)
{
    uint64_t before[DC_MAX_CENTROIDS + 1];
    dc_positions_of(positions, centroids, k, sorted);
    for (uint32_t iteration = 0; iteration < max_iterations; iteration++) {
        memcpy(before, positions, (k + 1) * sizeof *before);
        dc_means_of(centroids, positions, k, sorted);
        dc_positions_of(positions, centroids, k, sorted);
        if (memcmp(before, positions, (k + 1) * sizeof *before) == 0)
            return iteration + 1;
    }
    return max_iterations;
}

/* ---- empty clusters ------------------------------------------------------------------------- */

typedef struct cluster {
    uint64_t from, to; /* positions */
    double mean, centroid, cost, width;
} cluster;

static cluster cluster_of(uint64_t from, uint64_t to, const dc_sorted *sorted)
{
    const dc_moment left = dc_moment_at(sorted, from), right = dc_moment_at(sorted, to);
    return (cluster){ .from = from,
                      .to = to,
                      .mean = dc_mean_of(&left, &right, sorted),
                      .cost = dc_moment_cost(&left, &right),
                      .width = (double)right.left - (double)left.right };
}

/* Which cluster to cut; one of equal values cannot be. */
static bool is_worse(const cluster *a, const cluster *b)
{
    return a->width > 0 && (a->cost > b->cost || !(b->width > 0));
}

/* The position between two different values that leaves the least error: of a sum of s1 off the
 * mean in the left part, s1^2 (1/n_left + 1/n_right) is taken away. */
static uint64_t best_cut(const cluster *c, const dc_sorted *sorted)
{
    const double n = (double)(c->to - c->from);
    double s1 = 0, best = -1;
    uint64_t best_at = c->from + 1;
    for (uint64_t i = c->from; i + 1 < c->to; i++) {
        s1 += (double)sorted->values[i] - c->mean;
        if (sorted->values[i] >= sorted->values[i + 1])
            continue;
        const double n_left = (double)(i + 1 - c->from);
        const double gain = s1 * s1 * (n / (n_left * (n - n_left)));
        if (gain > best) {
            best = gain;
            best_at = i + 1;
        }
    }
    return best_at;
}

/* Replaces cluster `at` of n by its two parts. */
static void cut(cluster *clusters, uint32_t n, uint32_t at, const dc_sorted *sorted)
{
    const cluster c = clusters[at];
    const uint64_t middle = best_cut(&c, sorted);
    memmove(clusters + at + 1, clusters + at, (n - at) * sizeof *clusters);
    clusters[at] = cluster_of(c.from, middle, sorted);
    clusters[at + 1] = cluster_of(middle, c.to, sorted);
    clusters[at].centroid = clusters[at].mean;
    clusters[at + 1].centroid = clusters[at + 1].mean;
}

/* False when no cluster was empty. */
static bool seed_again(double *centroids, const uint64_t *positions, uint32_t k,
                       const dc_sorted *sorted)
{
    cluster clusters[DC_MAX_CENTROIDS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < k; i++) {
        if (positions[i + 1] == positions[i])
            continue;
        clusters[n] = cluster_of(positions[i], positions[i + 1], sorted);
        clusters[n++].centroid = centroids[i];
    }
    if (n == k)
        return false;
    for (; n < k; n++) {
        uint32_t worst = 0;
        for (uint32_t i = 1; i < n; i++)
            if (is_worse(&clusters[i], &clusters[worst]))
                worst = i;
        cut(clusters, n, worst, sorted);
    }
    for (uint32_t i = 0; i < k; i++)
        centroids[i] = clusters[i].centroid;
    return true;
}

uint32_t dc_lloyd(double *centroids, uint64_t *positions, uint32_t k, const dc_sorted *sorted,
                  uint32_t max_iterations)
{
    uint32_t n = settle(centroids, positions, k, sorted, max_iterations);
    for (uint32_t seeding = 0; seeding < MAX_SEEDINGS; seeding++) {
        if (!seed_again(centroids, positions, k, sorted))
            break;
        n += settle(centroids, positions, k, sorted, max_iterations - n);
    }
    return n;
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
