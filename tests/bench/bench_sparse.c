/* SPDX-License-Identifier: MIT
 *
 * Sparse products against OpenBLAS: bench_sparse [REPEATS [LAYER]]. The nine layers that EIE and
 * ESE were measured on, drawn at random with their shapes and densities, 15 values besides 0, and
 * two of many weights. One
 * thread; in each turn every one runs once; the median of the turns counts. The columns "act" have
 * so many of x that are not 0 as the paper says. Batches are of dense x, and include turning them.
 */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/sparse.h"

#define MOST_REPEATS 101
#define MOST_BATCH 64u

typedef struct layer {
    const char *name;
    uint32_t n_rows, n_cols;
    double density, act;
} layer;

static const layer layers[] = {
    { "Alex-6", 4096, 9216, 0.09, 0.351 },  { "Alex-7", 4096, 4096, 0.09, 0.353 },
    { "Alex-8", 1000, 4096, 0.25, 0.375 },  { "VGG-6", 4096, 25088, 0.04, 0.183 },
    { "VGG-7", 4096, 4096, 0.04, 0.375 },   { "VGG-8", 1000, 4096, 0.23, 0.411 },
    { "NT-We", 600, 4096, 0.10, 1 },        { "NT-Wd", 8791, 600, 0.11, 1 },
    { "NT-LSTM", 2400, 1201, 0.10, 1 },   { "half", 4096, 4096, 0.5, 1 },
    { "all", 4096, 4096, 1, 1 },
};

enum { SGEMV, ROWS, COLUMNS, COLUMNS_ACT, SGEMM_16, ROWS_16, SGEMM_64, ROWS_64, N_KINDS };
static const char *const titles[N_KINDS] = { "sgemv",    "rows",    "columns",  "act cols",
                                             "sgemm 16", "rows 16", "sgemm 64", "rows 64" };

typedef struct bench {
    const layer *layer;
    float *values, *x, *x_act, *y, *room;
    dc_sparse rows, columns;
    double times[N_KINDS][MOST_REPEATS];
} bench;

static void run_kind(const bench *b, int kind)
{
    const int n_rows = (int)b->layer->n_rows, n_cols = (int)b->layer->n_cols;
    const int batch = kind >= SGEMM_64 ? 64 : 16;
    switch (kind) {
    case SGEMV:
        cblas_sgemv(CblasRowMajor, CblasNoTrans, n_rows, n_cols, 1, b->values, n_cols, b->x, 1, 0,
                    b->y, 1);
        break;
    case SGEMM_16:
    case SGEMM_64:
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, n_rows, n_cols, 1, b->x,
                    n_cols, b->values, n_cols, 0, b->y, n_rows);
        break;
    case ROWS: dc_sparse_linear(&b->rows, &DC_SPARSE_END, b->x, 1, b->y, NULL); break;
    case COLUMNS: dc_sparse_linear(&b->columns, &DC_SPARSE_END, b->x, 1, b->y, NULL); break;
    case COLUMNS_ACT:
        dc_sparse_linear(&b->columns, &DC_SPARSE_END, b->x_act, 1, b->y, NULL);
        break;
    default:
        dc_sparse_linear(&b->rows, &DC_SPARSE_END, b->x, (uint32_t)batch, b->y, b->room);
        break;
    }
}

static void draw(bench *b, dc_rng *rng)
{
    const uint64_t n = (uint64_t)b->layer->n_rows * b->layer->n_cols;
    for (uint64_t i = 0; i < n; i++)
        b->values[i] = dc_rng_unit(rng) < b->layer->density
                           ? ((float)dc_rng_below(rng, 15) - 7.5f) / 16
                           : 0;
    for (uint64_t i = 0; i < MOST_BATCH * (uint64_t)b->layer->n_cols; i++) {
        b->x[i] = (float)dc_rng_normal(rng);
        b->x_act[i] = dc_rng_unit(rng) < b->layer->act ? b->x[i] : 0;
    }
}

/* Ours against OpenBLAS, so that no one times a product of something else. */
static dc_status check(const bench *b, dc_arena *arena)
{
    const uint64_t n = MOST_BATCH * (uint64_t)b->layer->n_rows;
    float *wanted = dc_arena_take(arena, n, sizeof *wanted);
    DC_TRY(arena->status);
    for (int kind = ROWS; kind < N_KINDS; kind++) {
        if (kind == SGEMM_16 || kind == SGEMM_64 || kind == COLUMNS_ACT)
            continue;
        const int peer = kind == ROWS_16 ? SGEMM_16 : kind == ROWS_64 ? SGEMM_64 : SGEMV;
        const uint64_t n_samples = kind < SGEMM_16 ? 1 : kind == ROWS_16 ? 16 : 64;
        const uint64_t n_checked = b->layer->n_rows * n_samples;
        run_kind(b, peer);
        memcpy(wanted, b->y, n_checked * sizeof *wanted);
        run_kind(b, kind);
        for (uint64_t i = 0; i < n_checked; i++)
            if (!(fabsf(b->y[i] - wanted[i]) < 1e-2f))
                return dc_fail(DC_ECORRUPT, "%s: %g is not %g", titles[kind], (double)b->y[i],
                               (double)wanted[i]);
    }
    return DC_OK;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static dc_status run_layer(const layer *of, int n_repeats)
{
    dc_arena arena = { 0 };
    static bench b;
    dc_rng rng;
    const uint64_t n = (uint64_t)of->n_rows * of->n_cols;
    dc_rng_init(&rng, 1, 0);
    b.layer = of;
    b.values = dc_arena_take(&arena, n, sizeof(float));
    b.x = dc_arena_take(&arena, MOST_BATCH * (uint64_t)of->n_cols, sizeof(float));
    b.x_act = dc_arena_take(&arena, MOST_BATCH * (uint64_t)of->n_cols, sizeof(float));
    b.y = dc_arena_take(&arena, MOST_BATCH * (uint64_t)of->n_rows, sizeof(float));
    DC_TRY(arena.status);
    draw(&b, &rng);
    dc_param param = { .name = of->name, .shape = { 2, { of->n_rows, of->n_cols } },
                       .n_values = n, .values = b.values };
    DC_TRY(dc_sparse_make(&b.rows, &param, DC_SPARSE_BY_ROWS, &arena));
    DC_TRY(dc_sparse_make(&b.columns, &param, DC_SPARSE_BY_COLUMNS, &arena));
    b.room = dc_arena_take(&arena, dc_sparse_linear_room(&b.rows, MOST_BATCH), sizeof(float));
    DC_TRY(arena.status);
    DC_TRY(check(&b, &arena));
    for (int turn = 0; turn < n_repeats; turn++)
        for (int kind = 0; kind < N_KINDS; kind++) {
            const double begin = dc_clock_seconds();
            run_kind(&b, kind);
            b.times[kind][turn] = dc_clock_seconds() - begin;
        }
    printf("%-8s %5.2f", of->name, (double)b.rows.n_bytes / (double)b.rows.n_nonzero);
    for (int kind = 0; kind < N_KINDS; kind++) {
        qsort(b.times[kind], (size_t)n_repeats, sizeof(double), by_size);
        printf(" %9.3f", 1e3 * b.times[kind][n_repeats / 2]);
    }
    printf("\n");
    dc_arena_clear(&arena);
    return DC_OK;
}

int main(int argc, char **argv)
{
    const int n_repeats = argc > 1 ? atoi(argv[1]) : 15;
    dc_pool_set_jobs(1);
    printf("ms; medians of %d\n%-8s %5s", n_repeats, "layer", "B/nz");
    for (int kind = 0; kind < N_KINDS; kind++)
        printf(" %9s", titles[kind]);
    printf("\n");
    for (size_t i = 0; i < DC_COUNT_OF(layers); i++)
        if (argc < 3 || strcmp(argv[2], layers[i].name) == 0) {
            if (run_layer(&layers[i], n_repeats) < 0) {
                fprintf(stderr, "bench_sparse: %s\n", dc_message());
                return 1;
            }
        }
    return 0;
}
