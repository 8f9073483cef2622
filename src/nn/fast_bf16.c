/* SPDX-License-Identifier: MIT
 *
 * Products of layers over time in bf16, for nets of that precision where the processor has tiles
 * for them: lstm and rnn, whose matrices are multiplied as a whole. Sums, curves and cells stay
 * float32, as does what is said.
 *
 * The gradient of R is one product over all steps of all samples: each sample's steps are filled up
 * to whole tiles with zeros.
 */
#include "fast_steps.h"

#include <string.h>

/* `n` numbers from `cache`, or only counted where that is NULL. */
static uint16_t *take(float *cache, uint64_t *at, uint64_t n)
{
    uint16_t *taken = cache != NULL ? (void *)(cache + *at) : NULL;
    *at += (n + 2 * FAST_LINE - 1) / (2 * FAST_LINE) * FAST_LINE;
    return taken;
}

static uint64_t whole_tiles(uint64_t n_rows)
{
    return (n_rows + FAST_TILE_ROWS - 1) / FAST_TILE_ROWS * FAST_TILE_ROWS;
}

uint64_t fast_bf16_row(const fast_layer *l)
{
    return dc_bf16_terms(DC_MAX(DC_MAX(l->n_sums, l->n_said), l->n_cells));
}

uint64_t fast_bf16_lay_out(fast_layer *l, float *cache, uint64_t at, uint64_t n, bool is_training)
{
    const uint64_t n_rows = whole_tiles(n);
    const uint64_t s = l->n_sums, p = l->n_said, c = l->n_cells;
    l->up_said.pairs = take(cache, &at, dc_bf16_size(p, s));
    l->halves = take(cache, &at, n_rows * fast_bf16_row(l));
    if (l->is_projected)
        l->up_projection.pairs = take(cache, &at, dc_bf16_size(c, p));
    if (!is_training)
        return at;
    l->back_said.pairs = take(cache, &at, dc_bf16_size(s, p));
    if (l->is_projected)
        l->back_projection.pairs = take(cache, &at, dc_bf16_size(p, c));
    l->n_terms = n * dc_bf16_terms(l->n_steps);
    l->gates_turned = take(cache, &at, whole_tiles(s) * l->n_terms);
    l->said_pairs = take(cache, &at, dc_bf16_size(l->n_terms, p));
    return at;
}

typedef struct pairs_work {
    const fast_matrix *m;
    uint64_t n_terms, n_cols;
} pairs_work;

/* A tile's terms. */
static void put_terms(void *payload, uint64_t task)
{
    const pairs_work *w = payload;
    const fast_matrix *m = w->m;
    for (uint64_t t = task * DC_BF16_TERMS; t < (task + 1) * DC_BF16_TERMS; t += 2)
        dc_bf16_put_pair(m->pairs + t * DC_BF16_PANEL,
                         t < w->n_terms ? m->values + t * m->row : NULL,
                         t + 1 < w->n_terms ? m->values + (t + 1) * m->row : NULL, w->n_terms,
                         w->n_cols);
}

void fast_bf16_pairs(const fast_matrix *m, uint64_t n_terms, uint64_t n_cols)
{
    pairs_work work = { m, n_terms, n_cols };
    dc_op_each(dc_bf16_terms(n_terms) / DC_BF16_TERMS, put_terms, &work);
}

static void put_row(uint16_t *restrict to, const float *restrict from, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        to[i] = dc_bf16_from_f32(from[i]);
    for (uint64_t i = n; i < dc_bf16_terms(n); i++)
        to[i] = 0;
}

void fast_bf16_product(const fast_layer *l, const fast_block *block, float *y, uint64_t y_row,
                       const float *a, uint64_t a_row, fast_matrix b, uint64_t n_cols,
                       uint64_t n_terms)
{
    const dc_matmul_bf16 p = { .n_rows = block->n_active, .n_cols = n_cols, .n_terms = n_terms,
                               .a_row = dc_bf16_terms(n_terms), .y_row = y_row,
                               .a = block->halves, .b = b.pairs, .y = y };
    for (uint64_t m = 0; m < block->n_active; m++)
        put_row(block->halves + m * p.a_row, a + m * a_row, n_terms);
    l->matmul_bf16(&p);
}

/* ---- the gradient of R ----------------------------------------------------------------------- */

/* A sample's gates by rows, and what was said before each of its steps. */
static void put_sample(void *payload, uint64_t n)
{
    const fast_layer *l = payload;
    const uint64_t n_filled = dc_bf16_terms(l->n_steps), first = n * n_filled;
    const uint64_t length = dc_op_length(l->args, n, l->n_steps);
    for (uint64_t turn = 0; turn < n_filled; turn += 2)
        dc_bf16_put_pair(l->said_pairs + (first + turn) * DC_BF16_PANEL,
                         turn < length ? fast_said_before(l, n, turn) : NULL,
                         turn + 1 < length ? fast_said_before(l, n, turn + 1) : NULL, l->n_terms,
                         l->n_said);
    for (uint64_t begin = 0; begin < n_filled; begin += DC_BF16_TERMS)
        for (uint64_t s = 0; s < l->n_sums; s++) {
            uint16_t *to = l->gates_turned + s * l->n_terms + first;
            for (uint64_t turn = begin; turn < begin + DC_BF16_TERMS; turn++)
                to[turn] = turn < length
                               ? dc_bf16_from_f32(
                                     l->gates[fast_place(l, n, turn) * l->n_sums + s])
                               : 0;
        }
}

static void weight_rows(void *payload, uint64_t task)
{
    const fast_layer *l = payload;
    const uint64_t row = task * FAST_TASK_ROWS;
    const dc_matmul_bf16 p = { .n_rows = DC_MIN(l->n_sums - row, (uint64_t)FAST_TASK_ROWS),
                               .n_cols = l->n_said, .n_terms = l->n_terms, .a_row = l->n_terms,
                               .y_row = l->n_said, .a = l->gates_turned + row * l->n_terms,
                               .b = l->said_pairs, .y = l->args->dp[WEIGHT] + row * l->n_said };
    memset(p.y, 0, p.n_rows * l->n_said * sizeof(float));
    l->matmul_bf16(&p);
}

void fast_bf16_weights(const fast_layer *l)
{
    fast_layer layer = *l;
    dc_op_each(l->args->n, put_sample, &layer);
    dc_op_each((l->n_sums + FAST_TASK_ROWS - 1) / FAST_TASK_ROWS, weight_rows, &layer);
}
