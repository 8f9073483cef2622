/* SPDX-License-Identifier: MIT
 *
 * Linear layers. A few samples go one by one. Of more, x is turned, so that the numbers of a column
 * lie side by side and an entry is decoded once for all samples.
 */
#include <string.h>

#include "product.h"

#define FEW 3u              /* samples: turning does not pay         */
#define MOST_TOGETHER 512u  /* that are turned                       */
#define PART_FLOATS 131072u /* of x: half of a second cache of 1 MiB */

static bool is_turned(const dc_sparse *a, uint32_t n)
{
    return n > FEW && a->order == DC_SPARSE_BY_ROWS;
}

/* Of samples that are turned together: places of x have 32 bits. */
static uint32_t n_together(const dc_sparse *a, uint32_t n)
{
    const uint32_t most = DC_MAX((UINT32_C(1) << 31) / DC_MAX(a->rows.n_cols, 1u), 16u);
    return DC_MIN(DC_MIN(n, MOST_TOGETHER), most / 16 * 16);
}

uint64_t dc_sparse_linear_room(const dc_sparse *a, uint32_t n)
{
    const uint64_t width = product_sixteens(n_together(a, n));
    if (!is_turned(a, n))
        return 0;
    return width * ((uint64_t)a->rows.n_cols + a->rows.n_rows) +
           product_sixteens(a->rows.n_cols) + product_cursors(a);
}

/* to (n_cols, width), from (n, n_cols); zeros beside them. */
static void turn(float *to, const float *from, uint64_t n, uint64_t n_cols, uint64_t width)
{
    if (width > n)
        memset(to, 0, n_cols * width * sizeof *to);
    for (uint64_t first = 0; first < n_cols; first += 16) {
        const uint64_t end = DC_MIN(first + 16, n_cols);
        for (uint64_t i = 0; i < n; i++)
            for (uint64_t c = first; c < end; c++)
                to[c * width + i] = from[i * n_cols + c];
    }
}

static void turn_back(float *to, const float *from, uint64_t n, uint64_t n_rows, uint64_t width)
{
    for (uint64_t first = 0; first < n_rows; first += 16) {
        const uint64_t end = DC_MIN(first + 16, n_rows);
        for (uint64_t i = 0; i < n; i++)
            for (uint64_t r = first; r < end; r++)
                to[i * n_rows + r] = from[r * width + i];
    }
}

static void many_samples(const dc_kernels *kernels, const dc_sparse *a, const dc_sparse_end *end,
                         const float *x, uint32_t n, float *y, float *room)
{
    const dc_sparse_rows *rows = &a->rows;
    const uint64_t width = product_sixteens(n);
    float *turned = room, *sums = turned + width * rows->n_cols;
    uint32_t *places = (void *)(sums + width * rows->n_rows);
    const dc_sparse_tiles tiles = { .a = rows,
                                    .cursors = (void *)(places + product_sixteens(rows->n_cols)),
                                    .end = end, .x = turned, .places = places, .n = width,
                                    .y_row = width, .y = sums };
    turn(turned, x, n, rows->n_cols, width);
    for (uint32_t c = 0; c < rows->n_cols; c++)
        places[c] = (uint32_t)(c * width);
    product_tiles(kernels, a, &tiles, (uint32_t)DC_MAX(PART_FLOATS / width, UINT64_C(16)));
    turn_back(y, sums, n, rows->n_rows, width);
}

/* A NaN stays one. */
static void end_rows(const dc_sparse_end *end, float *y, uint32_t n_rows)
{
    const float low = end->low, high = end->high;
    for (uint32_t r = 0; end->scale != NULL && r < n_rows; r++)
        y[r] *= end->scale[r];
    for (uint32_t r = 0; end->shift != NULL && r < n_rows; r++)
        y[r] += end->shift[r];
    for (uint32_t r = 0; r < n_rows; r++) {
        y[r] = y[r] < low ? low : y[r];
        y[r] = y[r] > high ? high : y[r];
    }
}

/* y = a x of one sample. */
typedef struct one_job {
    const dc_kernels *kernels;
    const dc_sparse *a;
    const float *x;
    float *y;
    uint64_t n_tasks;
} one_job;

static void rows_task(void *payload, uint64_t i)
{
    const one_job *job = payload;
    const dc_sparse_rows *a = &job->a->rows;
    const dc_sparse_product product = { .a = a,
                                        .first_slice = product_slice(a, i, job->n_tasks),
                                        .end_slice = product_slice(a, i + 1, job->n_tasks),
                                        .x = job->x, .y = job->y };
    job->kernels->sparse_product(&product);
}

static void columns_task(void *payload, uint64_t i)
{
    const one_job *job = payload;
    const dc_sparse_columns *a = &job->a->columns;
    dc_sparse_columns_kernel *expand = dc_sparse_expand_pick();
    const dc_sparse_by_columns product = {
        .a = a,
        .first_block = (uint32_t)dc_part_start(a->n_blocks, i, job->n_tasks),
        .end_block = (uint32_t)dc_part_start(a->n_blocks, i + 1, job->n_tasks),
        .x = job->x, .y = job->y
    };
    (expand != NULL ? expand : job->kernels->sparse_columns)(&product);
}

void dc_sparse_linear(const dc_sparse *a, const dc_sparse_end *end, const float *x, uint32_t n,
                      float *y, float *room)
{
    const dc_kernels *kernels = dc_kernels_pick();
    const bool is_by_rows = a->order == DC_SPARSE_BY_ROWS;
    const uint32_t n_rows = is_by_rows ? a->rows.n_rows : a->columns.n_rows;
    const uint32_t n_cols = is_by_rows ? a->rows.n_cols : a->columns.n_cols;
    if (is_turned(a, n)) {
        const uint32_t n_most = n_together(a, n);
        for (uint32_t i = 0; i < n; i += n_most)
            many_samples(kernels, a, end, x + (uint64_t)i * n_cols, DC_MIN(n_most, n - i),
                         y + (uint64_t)i * n_rows, room);
        return;
    }
    for (uint32_t i = 0; i < n; i++, x += n_cols, y += n_rows) {
        one_job job = { kernels, a, x, y, product_tasks(a, 1) };
        if (!is_by_rows) /* a block is the least */
            job.n_tasks = DC_MIN(job.n_tasks, (uint64_t)a->columns.n_blocks);
        dc_pool_each(job.n_tasks, is_by_rows ? rows_task : columns_task, &job);
        end_rows(end, y, n_rows);
    }
}
