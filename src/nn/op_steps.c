/* SPDX-License-Identifier: MIT
 *
 * Before and behind layers over time: embedding looks a vector up for each symbol; last and
 * step_mean make one vector of those of a sample's steps that count.
 *
 *   embedding  y(i) = w(x(i)), x cut to a whole number; below 0 it counts back from the number of
 *              symbols, and one that is no symbol is the first
 *   last       y = x(length - 1)
 *   step_mean  y = sum over t < length of x(t) / length
 */
#include "op_tools.h"

#include <string.h>

/* ---- embedding ------------------------------------------------------------------------------- */

typedef struct table {
    const dc_op_args *args;
    uint64_t n_places, n_symbols, n_outputs; /* places of the whole batch */
} table;

static table table_of(const dc_op_args *args)
{
    const dc_node *node = args->node;
    return (table){ .args = args, .n_places = args->n * dc_shape_count(args->x_shapes[0]),
                    .n_symbols = dc_node_whole(node, DC_ATTR_N_SYMBOLS),
                    .n_outputs = dc_node_whole(node, DC_ATTR_N_OUTPUTS) };
}

static uint64_t symbol_at(const table *t, uint64_t place)
{
    const float x = t->args->x[0][place];
    const int64_t n = (int64_t)t->n_symbols;
    if (!(x > -(float)DC_MAX_TENSOR_VALUES && x < (float)DC_MAX_TENSOR_VALUES))
        return 0;
    const int64_t symbol = (int64_t)x < 0 ? (int64_t)x + n : (int64_t)x;
    return symbol >= 0 && symbol < n ? (uint64_t)symbol : 0;
}

/* x (N,...), w (symbols,E); y (N,...,E) overwritten. */
static void embedding_forward(const dc_op_args *args)
{
    const table t = table_of(args);
    for (uint64_t i = 0; i < t.n_places; i++)
        memcpy(args->y + i * t.n_outputs, args->p[0] + symbol_at(&t, i) * t.n_outputs,
               t.n_outputs * sizeof(float));
}

/* Some outputs of all symbols. */
#define FEW_OUTPUTS 16u

static void embedding_outputs(void *payload, uint64_t task)
{
    const table *t = payload;
    const uint64_t from = task * FEW_OUTPUTS, n = DC_MIN(t->n_outputs - from, FEW_OUTPUTS);
    for (uint64_t i = 0; i < t->n_places; i++)
        axpy(t->args->dp[0] + symbol_at(t, i) * t->n_outputs + from,
             t->args->dy + i * t->n_outputs + from, 1.0f, n);
}

/* dy (N,...,E); dw (symbols,E) overwritten. Symbols have no gradient. */
static void embedding_backward(const dc_op_args *args)
{
    const table t = table_of(args);
    if (args->dp[0] == NULL)
        return;
    memset(args->dp[0], 0, t.n_symbols * t.n_outputs * sizeof(float));
    dc_op_each((t.n_outputs + FEW_OUTPUTS - 1) / FEW_OUTPUTS, embedding_outputs, &t);
}

const dc_op_code dc_op_embedding = { DC_OP_EMBEDDING, NULL, embedding_forward,
                                     embedding_backward };

/* ---- one of many steps ----------------------------------------------------------------------- */

/* x (N,T,C); y (N,C) overwritten. */
static void last_forward(const dc_op_args *args)
{
    const uint64_t n_steps = args->x_shapes[0]->dims[0], n = args->node->shape.dims[0];
    for (uint64_t i = 0; i < args->n; i++)
        memcpy(args->y + i * n,
               args->x[0] + (i * n_steps + dc_op_length(args, i, n_steps) - 1) * n,
               n * sizeof(float));
}

/* dy (N,C); dx (N,T,C) accumulated. */
static void last_backward(const dc_op_args *args)
{
    const uint64_t n_steps = args->x_shapes[0]->dims[0], n = args->node->shape.dims[0];
    for (uint64_t i = 0; args->dx[0] != NULL && i < args->n; i++)
        axpy(args->dx[0] + (i * n_steps + dc_op_length(args, i, n_steps) - 1) * n,
             args->dy + i * n, 1.0f, n);
}

const dc_op_code dc_op_last = { DC_OP_LAST, NULL, last_forward, last_backward };

/* x (N,T,C); y (N,C) overwritten. */
static void mean_forward(const dc_op_args *args)
{
    const uint64_t n_steps = args->x_shapes[0]->dims[0], n = args->node->shape.dims[0];
    for (uint64_t i = 0; i < args->n; i++) {
        const uint64_t length = dc_op_length(args, i, n_steps);
        memset(args->y + i * n, 0, n * sizeof(float));
        for (uint64_t t = 0; t < length; t++)
            axpy(args->y + i * n, args->x[0] + (i * n_steps + t) * n, 1.0f / (float)length, n);
    }
}

/* dy (N,C); dx (N,T,C) accumulated. */
static void mean_backward(const dc_op_args *args)
{
    const uint64_t n_steps = args->x_shapes[0]->dims[0], n = args->node->shape.dims[0];
    for (uint64_t i = 0; args->dx[0] != NULL && i < args->n; i++) {
        const uint64_t length = dc_op_length(args, i, n_steps);
        for (uint64_t t = 0; t < length; t++)
            axpy(args->dx[0] + (i * n_steps + t) * n, args->dy + i * n, 1.0f / (float)length, n);
    }
}

const dc_op_code dc_op_step_mean = { DC_OP_STEP_MEAN, NULL, mean_forward, mean_backward };
