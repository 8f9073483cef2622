/* SPDX-License-Identifier: MIT
 *
 * One-dimensional k-means on a file of float32: bench_kmeans make FILE N, then bench_kmeans run
 * FILE K INIT [REPEATS].
 *
 * "make" writes N Laplacian weights of scale 0.02 from a seeded generator. "run" prints one line:
 * the median seconds of dc_kmeans (sorting included), of dc_kmeans_apply, and the centroids, which
 * scripts/bench/kmeans_peers.py judges together with those of the other sides.
 */
#include "dcomp/file.h"
#include "dcomp/quant.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REPEATS 101
#define MAX_K 256

static const char *const inits[] = { "linear", "density", "random", "optimal", "near_optimal" };

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, by_size);
    return values[n / 2];
}

static dc_status make(const char *path, uint64_t n)
{
    float *values = dc_grow(NULL, n, sizeof *values);
    dc_rng rng;
    if (!values)
        return DC_ENOMEM;
    dc_rng_init(&rng, 1, 0);
    for (uint64_t i = 0; i < n; i++) {
        const double u = dc_rng_unit(&rng) - 0.5;
        values[i] = (float)((u < 0 ? 0.02 : -0.02) * log(1 - 2 * fabs(u) + 1e-16));
    }
    const dc_status status = dc_file_write(path, values, n * sizeof *values, true);
    dc_release(values);
    return status;
}

static dc_status measure(const float *values, uint64_t n, uint32_t k, dc_centroid_init init,
                         int repeats)
{
    double fit[MAX_REPEATS], apply[MAX_REPEATS];
    float centroids[MAX_K];
    dc_kmeans_stats stats = { 0 };
    float *shared = dc_grow(NULL, n, sizeof *shared);
    if (!shared)
        return DC_ENOMEM;
    dc_status status = DC_OK;
    for (int i = 0; i < repeats && status == DC_OK; i++) {
        memcpy(shared, values, n * sizeof *shared);
        const double start = dc_clock_seconds();
        status = dc_kmeans(centroids, k, values, n, init, 100, 1, &stats);
        const double fitted = dc_clock_seconds();
        dc_kmeans_apply(shared, n, centroids, stats.n_centroids, false);
        fit[i] = fitted - start;
        apply[i] = dc_clock_seconds() - fitted;
    }
    dc_release(shared);
    if (status < 0)
        return status;
    printf("%.6f %.6f", median(fit, repeats), median(apply, repeats));
    for (uint32_t i = 0; i < stats.n_centroids; i++)
        printf(" %.9g", (double)centroids[i]);
    printf("\n");
    return DC_OK;
}

static dc_status run(const char *path, uint32_t k, const char *init, int repeats)
{
    dc_file_view view;
    uint32_t which = 0;
    while (which < DC_COUNT_OF(inits) && strcmp(inits[which], init) != 0)
        which++;
    if (which == DC_COUNT_OF(inits) || k < 1 || k > MAX_K || repeats < 1 || repeats > MAX_REPEATS)
        return dc_fail(DC_EINPUT, "no such init, or a number out of range");
    DC_TRY(dc_file_open(&view, path, 0));
    const dc_status status =
        measure((const float *)(const void *)view.data, view.size / sizeof(float), k,
                (dc_centroid_init)which, repeats);
    dc_file_close(&view);
    return status;
}

int main(int argc, char **argv)
{
    dc_status status = DC_EINPUT;
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        status = make(argv[2], strtoull(argv[3], NULL, 10));
    else if ((argc == 5 || argc == 6) && strcmp(argv[1], "run") == 0)
        status = run(argv[2], (uint32_t)strtoul(argv[3], NULL, 10), argv[4],
                     argc == 6 ? atoi(argv[5]) : 1);
    else
        fprintf(stderr, "usage: bench_kmeans make FILE N | run FILE K INIT [REPEATS]\n");
    if (status < 0)
        fprintf(stderr, "bench_kmeans: %s\n", dc_message());
    return status < 0;
}
