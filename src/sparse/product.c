/* SPDX-License-Identifier: MIT
 *
 * Parts of products. Cores share out slices; each goes through the columns by parts, so that their
 * numbers, which all rows read, stay in a cache meanwhile.
 */
#include "product.h"

#include <string.h>

#define MOST_TASKS 64u
#define TASK_PLACES 20000u /* with one number each: less is not worth a core */

uint64_t product_tasks(const dc_sparse *a, uint64_t n)
{
    const uint64_t n_useful = a->n_places * n / TASK_PLACES + 1;
    return DC_MIN(DC_MIN(n_useful, dc_pool_jobs()), (uint64_t)MOST_TASKS);
}

uint32_t product_slice(const dc_sparse_rows *a, uint64_t i, uint64_t n_tasks)
{
    const uint64_t goal = a->first[a->n_slices] * i / n_tasks;
    uint32_t low = 0, high = a->n_slices;
    if (i == n_tasks)
        return a->n_slices;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (a->first[middle] < goal)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

typedef struct tiles_job {
    const dc_kernels *kernels;
    const dc_sparse_tiles *tiles;
    uint64_t n_tasks;
    uint32_t part_cols;
} tiles_job;

void product_parts(const dc_kernels *kernels, const dc_sparse_tiles *tiles, uint32_t part_cols)
{
    dc_sparse_tiles t = *tiles;
    const uint64_t first = DC_SPARSE_LANES * (uint64_t)t.first_slice;
    const uint64_t n = DC_SPARSE_LANES * (uint64_t)t.end_slice - first;
    memset(t.cursors + first, 0, n * sizeof *t.cursors);
    for (t.end_col = 0; t.end_col < t.a->n_cols;) {
        t.is_first = t.end_col == 0;
        t.end_col += DC_MIN(part_cols, t.a->n_cols - t.end_col);
        t.end = t.end_col == t.a->n_cols ? tiles->end : NULL;
        kernels->sparse_tiles(&t);
    }
}

static void tiles_task(void *payload, uint64_t i)
{
    const tiles_job *job = payload;
    dc_sparse_tiles t = *job->tiles;
    t.first_slice = product_slice(t.a, i, job->n_tasks);
    t.end_slice = product_slice(t.a, i + 1, job->n_tasks);
    product_parts(job->kernels, &t, job->part_cols);
}

void product_tiles(const dc_kernels *kernels, const dc_sparse *a, const dc_sparse_tiles *tiles,
                   uint32_t part_cols)
{
    tiles_job job = { kernels, tiles, product_tasks(a, tiles->n), part_cols };
    dc_pool_each(job.n_tasks, tiles_task, &job);
}
