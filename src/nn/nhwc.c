/* SPDX-License-Identifier: MIT
 *
 * Work is cut into rows of the result, shared evenly among the jobs; the loops are kernels.
 */
#include "nhwc.h"

typedef struct work {
    dc_nhwc_rows job;
    void (*rows)(const dc_nhwc_rows *job);
    uint64_t n_rows, n_parts;
} work;

static void run_part(void *payload, uint64_t index)
{
    const work *w = payload;
    dc_nhwc_rows job = w->job;
    job.from = index * w->n_rows / w->n_parts;
    job.end = (index + 1) * w->n_rows / w->n_parts;
    w->rows(&job);
}

static void run(dc_nhwc_rows job, void (*rows)(const dc_nhwc_rows *job))
{
    work w = { .job = job, .rows = rows };
    w.n_rows = (uint64_t)job.shape->n * job.shape->out_height;
    w.n_parts = DC_MIN(w.n_rows, (uint64_t)dc_pool_jobs());
    dc_pool_each(w.n_parts, run_part, &w);
}

void dc_nhwc_max_pool(const dc_nhwc *shape, const void *x, void *y)
{
    run((dc_nhwc_rows){ .shape = shape, .x = x, .out = y }, dc_kernels_pick()->max_pool);
}

void dc_nhwc_max_pool_back(const dc_nhwc *shape, const void *x, const void *y, const void *dy,
                           void *dx)
{
    run((dc_nhwc_rows){ .shape = shape, .x = x, .y = y, .dy = dy, .out = dx },
        dc_kernels_pick()->max_pool_back);
}

void dc_nhwc_patches(const dc_nhwc *shape, const void *x, void *rows)
{
    run((dc_nhwc_rows){ .shape = shape, .x = x, .out = rows }, dc_kernels_pick()->patches);
}
