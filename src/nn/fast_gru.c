/* SPDX-License-Identifier: MIT
 *
 * A step of gru and of rnn for a block of samples, up and back; the equations are op_recurrent.c's.
 */
#include "fast_steps.h"

#include <string.h>

/* ---- gru, up --------------------------------------------------------------------------------- */

/* n's sum gets r inner, where inner is R_n h + b. */
static void reset_after(float *restrict sums, const float *restrict r, const float *restrict inner,
                        uint64_t n)
{
    for (uint64_t k = 0; k < n; k++)
        sums[k] += r[k] * inner[k];
}

/* inner = r h. */
static void reset_before(float *restrict inner, const float *restrict r, const float *restrict h,
                         uint64_t n)
{
    for (uint64_t k = 0; k < n; k++)
        inner[k] = r[k] * h[k];
}

/* h from before the step to after it. */
static void mix_said(float *restrict h, const float *restrict z, const float *restrict value,
                     uint64_t n)
{
    for (uint64_t k = 0; k < n; k++)
        h[k] = (1.0f - z[k]) * value[k] + z[k] * h[k];
}

/* Where a row's gates are put: z and r before the product of n where r comes first. */
static float *gates_of(const fast_layer *l, const fast_block *b, uint64_t m, uint64_t turn)
{
    return l->args->is_training ? l->gates + fast_place(l, b->order[m], turn) * l->n_sums
                                : b->sums + m * l->n_sums;
}

static void gates_up(const fast_layer *l, const fast_block *b, uint64_t turn)
{
    const uint64_t n = l->n_cells;
    for (uint64_t m = 0; m < b->n_active; m++) {
        float *gates = gates_of(l, b, m, turn), *sums = b->sums + m * l->n_sums;
        float *inner = b->held + m * n;
        fast_apply(l, &l->gate, gates, sums, 2 * n);
        if (l->is_reset_after)
            reset_after(sums + N_GATE * n, gates + R_GATE * n, inner, n);
        else
            reset_before(inner, gates + R_GATE * n, b->said + m * n, n);
        if (l->args->is_training)
            memcpy(l->state + fast_place(l, b->order[m], turn) * n, inner, n * sizeof(float));
    }
}

/* R_n^T: the last columns. */
static fast_matrix up_n(const fast_layer *l)
{
    return (fast_matrix){ .values = l->up_said.values + N_GATE * l->n_cells, .row = l->n_sums };
}

void dc_fast_gru_up(const fast_layer *l, const fast_block *b, uint64_t turn)
{
    const uint64_t n = l->n_cells;
    fast_product(l, b, b->sums, l->n_sums, b->said, n, l->up_said, 2 * n, n);
    if (l->is_reset_after) {
        for (uint64_t m = 0; m < b->n_active; m++)
            memcpy(b->held + m * n, l->args->p[BIAS], n * sizeof(float));
        fast_product(l, b, b->held, n, b->said, n, up_n(l), n, n);
    }
    gates_up(l, b, turn);
    if (!l->is_reset_after)
        fast_product(l, b, b->sums + N_GATE * n, l->n_sums, b->held, n, up_n(l), n, n);
    for (uint64_t m = 0; m < b->n_active; m++) {
        float *gates = gates_of(l, b, m, turn);
        fast_apply(l, &l->cell, gates + N_GATE * n, b->sums + m * l->n_sums + N_GATE * n, n);
        mix_said(b->said + m * n, gates + Z_GATE * n, gates + N_GATE * n, n);
    }
}

/* ---- gru, back ------------------------------------------------------------------------------- */

/* Of z and n; dh becomes what of it goes straight on. */
static void mix_back(float *restrict d, float *restrict dh, const float *restrict gates,
                     const float *restrict slopes, const float *restrict h, uint64_t n)
{
    for (uint64_t k = 0; k < n; k++) {
        const float z = gates[Z_GATE * n + k], value = gates[N_GATE * n + k];
        d[N_GATE * n + k] = dh[k] * (1.0f - z) * slopes[N_GATE * n + k];
        d[Z_GATE * n + k] = dh[k] * (h[k] - value) * slopes[Z_GATE * n + k];
        dh[k] *= z;
    }
}

/* Of r, and of inner in its place. */
static void reset_after_back(float *restrict d, float *restrict inner, const float *restrict gates,
                             const float *restrict slopes, uint64_t n)
{
    for (uint64_t k = 0; k < n; k++) {
        const float d_n = d[N_GATE * n + k];
        d[R_GATE * n + k] = d_n * inner[k] * slopes[R_GATE * n + k];
        inner[k] = d_n * gates[R_GATE * n + k];
    }
}

/* Of r, from the gradient of r h, whose share of h's goes to dh. */
static void reset_before_back(float *restrict d_r, float *restrict dh,
                              const float *restrict d_inner, const float *restrict r,
                              const float *restrict slopes, const float *restrict h, uint64_t n)
{
    for (uint64_t k = 0; k < n; k++) {
        dh[k] += d_inner[k] * r[k];
        d_r[k] = d_inner[k] * h[k] * slopes[k];
    }
}

void dc_fast_gru_back(const fast_layer *l, const fast_block *b, uint64_t turn)
{
    const uint64_t n = l->n_cells, n_room = 6 * n;
    const fast_matrix w_n = { .values = l->args->p[WEIGHT] + N_GATE * n * n, .row = n };
    for (uint64_t m = 0; m < b->n_active; m++) {
        const uint64_t place = fast_place(l, b->order[m], turn);
        const float *gates = l->gates + place * l->n_sums;
        float *d = b->sums + m * l->n_sums, *slopes = b->room + m * n_room;
        fast_slopes(&l->gate, slopes, gates, 2 * n);
        fast_slopes(&l->cell, slopes + N_GATE * n, gates + N_GATE * n, n);
        mix_back(d, b->said + m * n, gates, slopes, fast_said_before(l, b->order[m], turn), n);
        if (l->is_reset_after) {
            reset_after_back(d, l->state + place * n, gates, slopes, n);
            memcpy(b->held + m * n, l->state + place * n, n * sizeof(float));
        }
    }
    if (l->is_reset_after) {
        fast_product(l, b, b->said, n, b->held, n, w_n, n, n);
    } else {
        memset(b->held, 0, b->n_active * n * sizeof(float));
        fast_product(l, b, b->held, n, b->sums + N_GATE * n, l->n_sums, w_n, n, n);
    }
    for (uint64_t m = 0; m < b->n_active && !l->is_reset_after; m++)
        reset_before_back(b->sums + m * l->n_sums + R_GATE * n, b->said + m * n, b->held + m * n,
                          l->gates + fast_place(l, b->order[m], turn) * l->n_sums + R_GATE * n,
                          b->room + m * n_room + R_GATE * n,
                          fast_said_before(l, b->order[m], turn), n);
    fast_product(l, b, b->said, n, b->sums, l->n_sums, l->back_said, n, 2 * n);
}

/* ---- rnn ------------------------------------------------------------------------------------- */

void dc_fast_rnn_up(const fast_layer *l, const fast_block *b, uint64_t turn)
{
    const uint64_t n = l->n_cells;
    (void)turn;
    fast_product(l, b, b->sums, n, b->said, n, l->up_said, n, n);
    fast_apply(l, &l->cell, b->said, b->sums, b->n_active * n);
}

void dc_fast_rnn_back(const fast_layer *l, const fast_block *b, uint64_t turn)
{
    const uint64_t n = l->n_cells;
    for (uint64_t m = 0; m < b->n_active; m++) {
        const float *said = l->args->y + fast_place(l, b->order[m], turn) * n;
        float *d = b->sums + m * n, *dh = b->said + m * n;
        fast_slopes(&l->cell, d, said, n);
        for (uint64_t k = 0; k < n; k++)
            d[k] *= dh[k];
    }
    memset(b->said, 0, b->n_active * n * sizeof(float));
    fast_product(l, b, b->said, n, b->sums, n, l->back_said, n, n);
}
