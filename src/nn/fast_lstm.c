/* SPDX-License-Identifier: MIT
 *
 * A step of lstm for a block of samples, up and back; the equations are op_recurrent.c's.
 */
#include "fast_steps.h"

#include <string.h>

/* ---- up -------------------------------------------------------------------------------------- */

/* The peepholes of i and f, and f's bias. */
static void look_before(const fast_layer *l, float *restrict sums, const float *restrict cells)
{
    const uint64_t n = l->n_cells;
    const float *peepholes = l->has_peepholes ? l->args->p[PEEPHOLE] : NULL;
    for (uint64_t k = 0; k < n && l->forget_bias != 0.0f; k++)
        sums[F_GATE * n + k] += l->forget_bias;
    for (uint64_t k = 0; k < n && peepholes != NULL; k++) {
        sums[I_GATE * n + k] += peepholes[k] * cells[k];
        sums[F_GATE * n + k] += peepholes[2 * n + k] * cells[k];
    }
}

static void add_peephole(float *restrict sums, const float *restrict peephole,
                         const float *restrict cells, uint64_t n)
{
    for (uint64_t k = 0; k < n; k++)
        sums[k] += peephole[k] * cells[k];
}

static void mix_cells(float *restrict cells, const float *restrict gates, uint64_t n)
{
    for (uint64_t k = 0; k < n; k++)
        cells[k] = gates[F_GATE * n + k] * cells[k] + gates[I_GATE * n + k] * gates[G_GATE * n + k];
}

static void multiply(float *restrict y, const float *restrict a, const float *restrict b,
                     uint64_t n)
{
    for (uint64_t k = 0; k < n; k++)
        y[k] = a[k] * b[k];
}

/* A row's gates, cells and m; what is kept goes to `place`. */
static void row_up(const fast_layer *l, const fast_block *b, uint64_t m, uint64_t place)
{
    const uint64_t n = l->n_cells;
    const bool is_kept = l->args->is_training;
    float *sums = b->sums + m * l->n_sums, *cells = b->cells + m * n;
    float *gates = is_kept ? l->gates + place * l->n_sums : sums;
    float *out = is_kept ? l->out + place * n : b->room + m * 6 * n;
    float *held = l->is_projected ? b->held + m * n : b->said + m * n;
    look_before(l, sums, cells);
    if (!l->has_peepholes)
        fast_apply(l, &l->gate, gates, sums, 3 * n); /* i, o, f */
    else {
        fast_apply(l, &l->gate, gates + I_GATE * n, sums + I_GATE * n, n);
        fast_apply(l, &l->gate, gates + F_GATE * n, sums + F_GATE * n, n);
    }
    fast_apply(l, &l->cell, gates + G_GATE * n, sums + G_GATE * n, n);
    mix_cells(cells, gates, n);
    if (l->has_peepholes) {
        add_peephole(sums + O_GATE * n, l->args->p[PEEPHOLE] + n, cells, n);
        fast_apply(l, &l->gate, gates + O_GATE * n, sums + O_GATE * n, n);
    }
    fast_apply(l, &l->output, out, cells, n);
    multiply(held, gates + O_GATE * n, out, n);
    if (is_kept)
        memcpy(l->state + place * n, cells, n * sizeof(float));
    if (is_kept && l->is_projected)
        memcpy(l->held + place * n, held, n * sizeof(float));
}

void dc_fast_lstm_up(const fast_layer *l, const fast_block *b, uint64_t turn)
{
    fast_product(l, b, b->sums, l->n_sums, b->said, l->n_said, l->up_said, l->n_sums,
                 l->n_said);
    for (uint64_t m = 0; m < b->n_active; m++)
        row_up(l, b, m, fast_place(l, b->order[m], turn));
    if (!l->is_projected)
        return;
    memset(b->said, 0, b->n_active * l->n_said * sizeof(float));
    fast_product(l, b, b->said, l->n_said, b->held, l->n_cells, l->up_projection,
                 l->n_said, l->n_cells);
}

/* ---- back ------------------------------------------------------------------------------------ */

/* A cell's gradients. d (4 gates of n) and dc (n) from gates, their slopes, the output curve of c
 * and its slope, c before, and the gradient of m. */
typedef struct cell_terms {
    const float *gates, *slopes, *out, *out_slopes, *before, *d_held, *peepholes;
    uint64_t n;
} cell_terms;

static inline void cells_back(float *restrict d, float *restrict dc, const cell_terms *t,
                              bool has_peepholes)
{
    const uint64_t n = t->n;
    const float *restrict y = t->gates, *restrict s = t->slopes, *restrict p = t->peepholes;
    const float *restrict out = t->out, *restrict out_slopes = t->out_slopes;
    const float *restrict before = t->before, *restrict d_held = t->d_held;
    for (uint64_t k = 0; k < n; k++) {
        const float d_o = d_held[k] * out[k] * s[O_GATE * n + k];
        float d_c = dc[k] + d_held[k] * y[O_GATE * n + k] * out_slopes[k];
        if (has_peepholes)
            d_c += p[n + k] * d_o;
        const float d_i = d_c * y[G_GATE * n + k] * s[I_GATE * n + k];
        const float d_f = d_c * before[k] * s[F_GATE * n + k];
        d[G_GATE * n + k] = d_c * y[I_GATE * n + k] * s[G_GATE * n + k];
        d[I_GATE * n + k] = d_i;
        d[O_GATE * n + k] = d_o;
        d[F_GATE * n + k] = d_f;
        dc[k] = d_c * y[F_GATE * n + k];
        if (has_peepholes)
            dc[k] += p[k] * d_i + p[2 * n + k] * d_f;
    }
}

static void row_back(const fast_layer *l, const fast_block *b, uint64_t m, uint64_t turn)
{
    const uint64_t n = l->n_cells, place = fast_place(l, b->order[m], turn);
    const float *gates = l->gates + place * l->n_sums, *out = l->out + place * n;
    float *slopes = b->room + m * 6 * n, *out_slopes = slopes + 4 * n;
    const cell_terms terms = { .gates = gates, .slopes = slopes, .out = out, .n = n,
                               .out_slopes = out_slopes,
                               .before = fast_cells_before(l, b->order[m], turn),
                               .d_held = l->is_projected ? b->held + m * n : b->said + m * n,
                               .peepholes = l->has_peepholes ? l->args->p[PEEPHOLE] : NULL };
    fast_slopes(&l->gate, slopes, gates, 3 * n);
    fast_slopes(&l->cell, slopes + G_GATE * n, gates + G_GATE * n, n);
    fast_slopes(&l->output, out_slopes, out, n);
    if (l->has_peepholes)
        cells_back(b->sums + m * l->n_sums, b->cells + m * n, &terms, true);
    else
        cells_back(b->sums + m * l->n_sums, b->cells + m * n, &terms, false);
}

void dc_fast_lstm_back(const fast_layer *l, const fast_block *b, uint64_t turn)
{
    if (l->is_projected) {
        memset(b->held, 0, b->n_active * l->n_cells * sizeof(float));
        fast_product(l, b, b->held, l->n_cells, b->said, l->n_said, l->back_projection,
                     l->n_cells, l->n_said);
    }
    for (uint64_t m = 0; m < b->n_active; m++)
        row_back(l, b, m, turn);
    memset(b->said, 0, b->n_active * l->n_said * sizeof(float));
    fast_product(l, b, b->said, l->n_said, b->sums, l->n_sums, l->back_said, l->n_said,
                 l->n_sums);
}
