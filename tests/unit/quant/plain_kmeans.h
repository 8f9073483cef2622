/* SPDX-License-Identifier: MIT
 *
 * The least sum of squares there is, by the plain O(k n^2) program over sorted values. Sums are
 * taken off a mean that follows, so that values of any size keep their digits.
 */
#ifndef DCOMP_TESTS_QUANT_PLAIN_KMEANS_H
#define DCOMP_TESTS_QUANT_PLAIN_KMEANS_H

#include "kmeans.h"

static inline int plain_compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* best[k - 1] of 1..max_k clusters. */
static inline void plain_best(double *best, unsigned max_k, const float *values, unsigned n)
{
    float *x = malloc(n * sizeof *x);
    double *cost = malloc((n + 1) * sizeof *cost), *next = malloc((n + 1) * sizeof *next);
    memcpy(x, values, n * sizeof *x);
    qsort(x, n, sizeof *x, plain_compare);
    for (unsigned i = 0; i <= n; i++)
        cost[i] = i == 0 ? 0 : (double)INFINITY;
    for (unsigned k = 1; k <= max_k; k++) {
        for (unsigned end = 0; end <= n; end++) {
            double mean = 0, spread = 0;
            next[end] = cost[end];
            for (unsigned start = end; start-- > 0;) {
                const double off = (double)x[start] - mean, count = end - start;
                mean += off / count;
                spread += off * ((double)x[start] - mean);
                next[end] = fmin(next[end], cost[start] + spread);
            }
        }
        memcpy(cost, next, (n + 1) * sizeof *cost);
        best[k - 1] = cost[n];
    }
    free(x);
    free(cost);
    free(next);
}

/* Of these centroids, measured value by value. */
static inline double plain_cost(const float *values, uint64_t n, const float *centroids,
                                uint32_t n_centroids)
{
    double cost = 0;
    for (uint64_t i = 0; i < n; i++) {
        double least = (double)INFINITY;
        for (uint32_t j = 0; j < n_centroids; j++)
            least = fmin(least, fabs((double)values[i] - (double)centroids[j]));
        cost += least * least;
    }
    return cost;
}

#endif
