/* SPDX-License-Identifier: MIT
 *
 * Layers over time, fast: what lstm, gru and rnn share. op_recurrent.c is the definition, and
 * computes one sample after the other; here a block of samples goes through the steps together.
 *
 *   - What a step makes of what was said before it is one product of matrices, (rows, P) by R^T,
 *     where a row is a sample; curves and products are kernels, whose bits are the same on any
 *     machine.
 *   - Rows are sorted by length, so that those still at work are the first ones, whichever end of a
 *     sample comes first.
 *   - Back through time the gradients of all sums are kept, and the gradient of R is a product over
 *     all steps of a sample, one sample after the other.
 *
 * A row's bits depend neither on the rows beside it nor on the number of jobs. S is the number of
 * sums (gates times cells), P of what is said.
 */
#ifndef DC_NN_FAST_STEPS_H
#define DC_NN_FAST_STEPS_H

#include "dcomp/kernels.h"
#include "dcomp/sparse.h"
#include "op_tools.h"

enum { WEIGHT, PEEPHOLE, PROJECTION };
enum { BIAS = 1 };
enum { Z_GATE, R_GATE, N_GATE };         /* of gru, in ONNX's order */
enum { I_GATE, O_GATE, F_GATE, G_GATE }; /* of lstm                 */

typedef struct fast_layer fast_layer;

/* A block of samples; arrays of rows, which a step reads and writes. */
typedef struct fast_block {
    uint64_t n_rows, n_active;                /* active: the first ones, at this turn */
    const uint32_t *order;                    /* (n_rows) the sample of each row      */
    float *sums, *said, *cells, *held, *room; /* (S) (P) (C) (C) (6 C) a row          */
    uint16_t *halves; /* of products of bf16: the widest of what is multiplied, a row       */
} fast_block;

/* The second matrix of a product, (terms, columns); pairs: as products of bf16 take it, or NULL;
 * sparse: its transpose, in the place of values, or NULL. */
typedef struct fast_matrix {
    const float *values;
    uint64_t row;
    uint16_t *pairs;
    const dc_sparse *sparse;
} fast_matrix;

/* Turn `turn` of those that count. Up: `said` (and `cells`) from before the step to after it;
 * `sums` come as x. Back: the same two are gradients, on the way in of what was said and of the
 * cells behind the step, on the way out of those before it; `sums` become the gradients of x. */
typedef void fast_step(const fast_layer *layer, const fast_block *block, uint64_t turn);

typedef struct fast_curve {
    dc_curve curve;
    float slope; /* of hard sigmoid */
} fast_curve;

struct fast_layer {
    const dc_op_args *args;
    const dc_kernels *kernels;
    uint64_t n_steps, n_gates, n_cells, n_said, n_sums;
    uint64_t n_rows; /* of a block, at most */
    bool is_lstm, is_gru, is_reverse, is_projected, is_reset_after, has_peepholes;
    float forget_bias;
    fast_curve gate, cell, output;
    fast_step *up, *back;
    /* Kept for the way back, of each sample's each step: gates behind their curves, later the
     * gradients of their sums (S); lstm's c, gru's R_n h + b or r h, later the gradient of the
     * first (C); the output curve of c (C); of a projection m (C) and the gradient of what is said
     * (P). */
    float *gates, *state, *out, *held, *d_said;
    float *turned, *turned_projection;      /* R^T (P,S); P^T (C,P) */
    fast_matrix up_said, up_projection;     /* the same             */
    fast_matrix back_said, back_projection; /* R (S,P); P (P,C)     */
    /* With products of bf16, else NULL: the halves of all rows; for the gradient of R, a row of
     * gates (S) by all samples' steps, which are n_terms, and what was said before each of them. */
    dc_matmul_bf16_kernel *matmul_bf16;
    uint16_t *halves, *gates_turned, *said_pairs;
    uint64_t n_terms;
    float *zeros;                      /* (C) or (P), the larger */
    float *began;                      /* (N, P + C) what samples went on from; NULL: none did */
    float *rows;                       /* of all samples */
    uint32_t *order;                   /* (N) */
};

#define FAST_LINE 16u      /* floats: arrays begin with a cache line */
#define FAST_TASK_ROWS 64u /* of a matrix of weights, in a task      */
#define FAST_TILE_ROWS 16u /* of a product of bf16                   */

/* Turn `turn` of sample `n`, as it is gone through: which of the steps of all samples it is. */
static inline uint64_t fast_place(const fast_layer *l, uint64_t n, uint64_t turn)
{
    const uint64_t last = dc_op_length(l->args, n, l->n_steps) - 1;
    return n * l->n_steps + (l->is_reverse ? last - turn : turn);
}

/* What was said before that step, and its cells. */
static inline const float *fast_said_before(const fast_layer *l, uint64_t n, uint64_t turn)
{
    if (turn > 0)
        return l->args->y + fast_place(l, n, turn - 1) * l->n_said;
    if (l->began != NULL)
        return l->began + n * (l->n_said + l->n_cells);
    return l->args->n_inputs > 1 ? l->args->x[1] + n * l->n_said : l->zeros;
}

static inline const float *fast_cells_before(const fast_layer *l, uint64_t n, uint64_t turn)
{
    if (turn > 0)
        return l->state + fast_place(l, n, turn - 1) * l->n_cells;
    if (l->began != NULL)
        return l->began + n * (l->n_said + l->n_cells) + l->n_said;
    return l->args->n_inputs > 2 ? l->args->x[2] + n * l->n_cells : l->zeros;
}

static inline void fast_apply(const fast_layer *l, const fast_curve *c, float *y, const float *x,
                              uint64_t n)
{
    l->kernels->curve(c->curve, c->slope, y, x, n);
}

/* out (n) = the curve's slope where its value is y (n). */
static inline void fast_slopes(const fast_curve *c, float *restrict out, const float *restrict y,
                               uint64_t n)
{
    if (c->curve == DC_CURVE_SIGMOID)
        for (uint64_t i = 0; i < n; i++)
            out[i] = y[i] * (1.0f - y[i]);
    else if (c->curve == DC_CURVE_TANH)
        for (uint64_t i = 0; i < n; i++)
            out[i] = 1.0f - y[i] * y[i];
    else if (c->curve == DC_CURVE_HARD_SIGMOID)
        for (uint64_t i = 0; i < n; i++)
            out[i] = y[i] > 0.0f && y[i] < 1.0f ? c->slope : 0.0f;
    else
        for (uint64_t i = 0; i < n; i++)
            out[i] = y[i] > 0.0f ? 1.0f : 0.0f;
}

/* ---- fast_bf16.c ---- */

/* Gives the arrays of bf16 their places behind `at` floats; where they end. */
uint64_t fast_bf16_lay_out(fast_layer *layer, float *cache, uint64_t at, uint64_t n,
                           bool is_training);
uint64_t fast_bf16_row(const fast_layer *layer); /* numbers of a row of halves */
void fast_bf16_pairs(const fast_matrix *m, uint64_t n_terms, uint64_t n_cols);
void fast_bf16_product(const fast_layer *l, const fast_block *block, float *y, uint64_t y_row,
                       const float *a, uint64_t a_row, fast_matrix b, uint64_t n_cols,
                       uint64_t n_terms);
void fast_bf16_weights(const fast_layer *layer); /* the gradient of R */

/* y += a b, a row after the other; the room of a block has a row of sums. */
static inline void fast_sparse_product(const fast_block *block, float *y, uint64_t y_row,
                                       const float *a, uint64_t a_row, const dc_sparse *b)
{
    for (uint64_t m = 0; m < block->n_active; m++) {
        dc_sparse_linear(b, &DC_SPARSE_END, a + m * a_row, 1, block->room, NULL);
        for (uint32_t k = 0; k < b->rows.n_rows; k++)
            y[m * y_row + k] += block->room[k];
    }
}

/* y (active rows, n_cols) += a (active rows, n_terms) b. */
static inline void fast_product(const fast_layer *l, const fast_block *block, float *y,
                                uint64_t y_row, const float *a, uint64_t a_row, fast_matrix b,
                                uint64_t n_cols, uint64_t n_terms)
{
    const dc_matmul p = { .n_rows = block->n_active, .n_cols = n_cols, .n_terms = n_terms,
                           .a_row = a_row, .a_term = 1, .b_row = b.row, .y_row = y_row,
                           .a = a, .b = b.values, .y = y };
    if (b.sparse != NULL)
        fast_sparse_product(block, y, y_row, a, a_row, b.sparse);
    else if (b.pairs != NULL)
        fast_bf16_product(l, block, y, y_row, a, a_row, b, n_cols, n_terms);
    else
        l->kernels->matmul(&p);
}

fast_step dc_fast_lstm_up, dc_fast_lstm_back, dc_fast_gru_up, dc_fast_gru_back, dc_fast_rnn_up,
    dc_fast_rnn_back;

#endif
