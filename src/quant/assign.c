/* SPDX-License-Identifier: MIT
 *
 * Each value to its nearest centroid, and squared errors. Between two neighbours stands the
 * largest float that is not above their midpoint; the number of such limits below a value, by a
 * bisection without branches, is the index of its centroid. Errors are added up part by part, the
 * parts in order.
 */
#include <math.h>

#include "kmeans.h"

typedef struct assign_work {
    float *values;
    uint64_t n;
    uint32_t first_step;
    bool keep_zero;
    float centroids[DC_MAX_CENTROIDS];
    float limits[DC_MAX_CENTROIDS]; /* infinity after the last */
    double errors[DC_N_PARTS];
} assign_work;

typedef struct error_work {
    const float *a, *b;
    uint64_t n;
    double errors[DC_N_PARTS];
} error_work;

static double sum_parts(const double *errors)
{
    double sum = 0;
    for (unsigned part = 0; part < DC_N_PARTS; part++)
        sum += errors[part];
    return sum;
}

static inline float nearest(const assign_work *work, float value)
{
    uint32_t at = 0;
    for (uint32_t step = work->first_step; step > 0; step /= 2)
        at += value > work->limits[at + step - 1] ? step : 0;
    return work->centroids[at];
}

static void assign_part(void *payload, uint64_t part)
{
    assign_work *work = payload;
    const uint64_t end = dc_part_start(work->n, part + 1, DC_N_PARTS);
    double error = 0;
    for (uint64_t i = dc_part_start(work->n, part, DC_N_PARTS); i < end; i++) {
        const float value = work->values[i];
        if (work->keep_zero && value == 0.0f) {
            work->values[i] = 0.0f;
            continue;
        }
        const float shared = nearest(work, value);
        const double change = (double)shared - (double)value;
        error += change * change;
        work->values[i] = shared;
    }
    work->errors[part] = error;
}

double dc_assign(float *values, uint64_t n, const float *centroids, uint32_t n_centroids,
                 bool keep_zero)
{
    assign_work work = { .values = values, .n = n, .keep_zero = keep_zero };
    if (n_centroids == 0)
        return 0;
    for (uint32_t i = 0; i < DC_MAX_CENTROIDS; i++) {
        work.centroids[i] = centroids[DC_MIN(i, n_centroids - 1)];
        work.limits[i] = INFINITY;
    }
    for (uint32_t i = 0; i + 1 < n_centroids; i++) {
        const double low = (double)centroids[i],
                     middle = low + ((double)centroids[i + 1] - low) / 2;
        work.limits[i] = (float)middle;
        if ((double)work.limits[i] > middle)
            work.limits[i] = nextafterf(work.limits[i], -INFINITY);
    }
    for (uint32_t step = 1; step < n_centroids; step *= 2)
        work.first_step = step;
    dc_pool_each(DC_N_PARTS, assign_part, &work);
    return sum_parts(work.errors);
}

void dc_kmeans_apply(float *values, uint64_t n, const float *centroids, uint32_t n_centroids,
                     bool keep_zero)
{
    (void)dc_assign(values, n, centroids, n_centroids, keep_zero);
}

static void error_part(void *payload, uint64_t part)
{
    error_work *work = payload;
    const uint64_t end = dc_part_start(work->n, part + 1, DC_N_PARTS);
    double error = 0;
    for (uint64_t i = dc_part_start(work->n, part, DC_N_PARTS); i < end; i++) {
        const double change = (double)work->a[i] - (double)work->b[i];
        error += change * change;
    }
    work->errors[part] = error;
}

double dc_sum_squared_error(const float *a, const float *b, uint64_t n)
{
    error_work work = { .a = a, .b = b, .n = n };
    dc_pool_each(DC_N_PARTS, error_part, &work);
    return sum_parts(work.errors);
}
