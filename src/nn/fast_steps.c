/* SPDX-License-Identifier: MIT
 *
 * Layers over time, fast: blocks of samples through the steps, and gradients of weights. What a
 * step is stands in fast_lstm.c and fast_gru.c.
 *
 * The gradient of R, row k: the sum over samples and steps of what k's sum got (gates) times what
 * was said before. That lies one step beside it, so it is one product over a sample's steps but the
 * first one that is gone through, and one more by the first state where there is one.
 */
#include "fast_steps.h"

#include <string.h>

#define MOST_ROWS 16u  /* of a block: its rows and what a product reads again stay in the cache */
#define MOST_OF_LARGE 64u /* where R does not stay there: a step reads it once for all rows     */
#define LARGE ((uint64_t)1 << 19) /* weights of such an R                                       */

/* ---- curves that are kernels ----------------------------------------------------------------- */

static bool curve_of(fast_curve *out, const dc_node *node, dc_attr attr)
{
    static const struct {
        dc_op op;
        dc_curve curve;
    } known[] = { { DC_OP_SIGMOID, DC_CURVE_SIGMOID },
                  { DC_OP_TANH, DC_CURVE_TANH },
                  { DC_OP_HARD_SIGMOID, DC_CURVE_HARD_SIGMOID },
                  { DC_OP_RELU, DC_CURVE_RELU } };
    const uint32_t op = dc_node_whole(node, attr);
    out->slope = (float)dc_node_number(node, DC_ATTR_SLOPE);
    for (size_t i = 0; i < DC_COUNT_OF(known); i++)
        if ((uint32_t)known[i].op == op) {
            out->curve = known[i].curve;
            return true;
        }
    return false;
}

/* What the definition alone knows. */
static bool is_rare(const dc_node *node)
{
    const double alpha = dc_node_number(node, DC_ATTR_ALPHA);
    return dc_node_number(node, DC_ATTR_CLIP) > 0 || alpha < 0 || alpha > 0 ||
           dc_node_whole(node, DC_ATTR_INPUT_FORGET) != 0 ||
           dc_node_whole(node, DC_ATTR_CELLS) != 0;
}

static bool has_curves(fast_layer *l, const dc_node *node)
{
    return (!(l->is_lstm || l->is_gru) || curve_of(&l->gate, node, DC_ATTR_GATE_CURVE)) &&
           curve_of(&l->cell, node, DC_ATTR_CELL_CURVE) &&
           (!l->is_lstm || curve_of(&l->output, node, DC_ATTR_OUTPUT_CURVE));
}

/* ---- a layer --------------------------------------------------------------------------------- */

static fast_layer layer_of_node(const dc_node *node, const dc_shape *in)
{
    fast_layer l = { .is_lstm = node->op == DC_OP_LSTM, .is_gru = node->op == DC_OP_GRU };
    l.n_steps = in->dims[0];
    l.n_sums = in->dims[1];
    l.n_said = node->shape.dims[1];
    l.n_gates = l.is_lstm ? 4 : l.is_gru ? 3 : 1;
    l.n_cells = l.n_sums / l.n_gates;
    l.is_projected = dc_node_param(node, PROJECTION) != DC_NONE;
    l.has_peepholes = l.is_lstm && dc_node_param(node, PEEPHOLE) != DC_NONE;
    return l;
}

/* `n` floats from `cache`, or only counted where that is NULL. */
static float *take(float *cache, uint64_t *at, uint64_t n)
{
    float *taken = cache != NULL ? cache + *at : NULL;
    *at += (n + FAST_LINE - 1) / FAST_LINE * FAST_LINE;
    return taken;
}

static uint64_t floats_of_row(const fast_layer *l)
{
    return l->n_sums + l->n_said + 8 * l->n_cells;
}

/* Gives the arrays their places; how many floats they take. */
static uint64_t lay_out(fast_layer *l, float *cache, uint64_t n, bool is_training, bool is_bf16)
{
    uint64_t at = 0;
    const uint64_t n_kept = is_training ? n * l->n_steps : 0;
    l->gates = take(cache, &at, n_kept * l->n_sums);
    l->state = take(cache, &at, l->is_lstm || l->is_gru ? n_kept * l->n_cells : 0);
    l->out = take(cache, &at, l->is_lstm ? n_kept * l->n_cells : 0);
    l->held = take(cache, &at, l->is_projected ? n_kept * l->n_cells : 0);
    l->d_said = take(cache, &at, l->is_projected ? n_kept * l->n_said : 0);
    l->turned = take(cache, &at, l->n_said * l->n_sums);
    l->turned_projection = take(cache, &at, l->is_projected ? l->n_cells * l->n_said : 0);
    l->up_said = (fast_matrix){ .values = l->turned, .row = l->n_sums };
    l->up_projection = (fast_matrix){ .values = l->turned_projection, .row = l->n_said };
    l->zeros = take(cache, &at, DC_MAX(l->n_cells, l->n_said));
    l->began = take(cache, &at, n * (l->n_said + l->n_cells));
    l->rows = take(cache, &at, n * floats_of_row(l));
    l->order = (void *)take(cache, &at, n);
    return is_bf16 ? fast_bf16_lay_out(l, cache, at, n, is_training) : at;
}

static uint64_t cache_bytes(const dc_node *node, const dc_shape *const *x_shapes, uint32_t n,
                            bool is_training)
{
    fast_layer l = layer_of_node(node, x_shapes[0]);
    return lay_out(&l, NULL, n, is_training, false) * sizeof(float);
}

static uint64_t cache_bytes_bf16(const dc_node *node, const dc_shape *const *x_shapes, uint32_t n,
                                 bool is_training)
{
    fast_layer l = layer_of_node(node, x_shapes[0]);
    return lay_out(&l, NULL, n, is_training, dc_matmul_bf16_pick() != NULL) * sizeof(float);
}

static fast_layer layer_of(const dc_op_args *args, bool is_bf16)
{
    const dc_node *node = args->node;
    fast_layer l = layer_of_node(node, args->x_shapes[0]);
    const uint64_t n_jobs = dc_pool_jobs();
    l.args = args;
    l.kernels = dc_kernels_pick();
    l.n_rows = DC_MIN((args->n + n_jobs - 1) / n_jobs,
                      (uint64_t)(l.n_said * l.n_sums < LARGE ? MOST_ROWS : MOST_OF_LARGE));
    l.is_reverse = dc_node_whole(node, DC_ATTR_REVERSE) != 0;
    l.is_reset_after = dc_node_whole(node, DC_ATTR_RESET_AFTER) != 0;
    l.forget_bias = l.is_lstm ? (float)dc_node_number(node, DC_ATTR_FORGET_BIAS) : 0;
    l.up = l.is_lstm ? dc_fast_lstm_up : l.is_gru ? dc_fast_gru_up : dc_fast_rnn_up;
    l.back = l.is_lstm ? dc_fast_lstm_back : l.is_gru ? dc_fast_gru_back : dc_fast_rnn_back;
    (void)has_curves(&l, node);
    l.back_said = (fast_matrix){ .values = args->p[WEIGHT], .row = l.n_said };
    if (l.is_projected)
        l.back_projection = (fast_matrix){ .values = args->p[PROJECTION],
                                           .row = l.n_cells };
    l.matmul_bf16 = is_bf16 ? dc_matmul_bf16_pick() : NULL;
    if (l.matmul_bf16 != NULL) {
        l.n_rows = DC_MIN((args->n + n_jobs - 1) / n_jobs, (uint64_t)MOST_OF_LARGE);
        l.n_rows = (l.n_rows + FAST_TILE_ROWS - 1) / FAST_TILE_ROWS * FAST_TILE_ROWS;
    }
    lay_out(&l, args->cache, args->n, args->is_training, l.matmul_bf16 != NULL);
    l.up_said.sparse = args->sparse != NULL ? args->sparse[WEIGHT] : NULL;
    l.up_projection.sparse = args->sparse != NULL && l.is_projected ? args->sparse[PROJECTION]
                                                                    : NULL;
    if (!dc_op_goes_on(args))
        l.began = NULL;
    return l;
}

/* ---- a block of samples ---------------------------------------------------------------------- */

static uint64_t n_blocks(const fast_layer *l)
{
    return (l->args->n + l->n_rows - 1) / l->n_rows;
}

static uint64_t length_of(const fast_layer *l, uint64_t n)
{
    return dc_op_length(l->args, n, l->n_steps);
}

/* The longest sample first, of equally long ones the first. */
static void sort_by_length(const fast_layer *l, uint32_t *order, uint64_t first, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = i;
        for (; at > 0 && length_of(l, order[at - 1]) < length_of(l, first + i); at--)
            order[at] = order[at - 1];
        order[at] = (uint32_t)(first + i);
    }
}

static fast_block block_of(const fast_layer *l, uint64_t index)
{
    const uint64_t first = index * l->n_rows;
    fast_block b = { .n_rows = DC_MIN(l->n_rows, l->args->n - first), .order = l->order + first };
    sort_by_length(l, l->order + first, first, b.n_rows);
    b.sums = l->rows + first * floats_of_row(l);
    b.said = b.sums + b.n_rows * l->n_sums;
    b.cells = b.said + b.n_rows * l->n_said;
    b.held = b.cells + b.n_rows * l->n_cells;
    b.room = b.held + b.n_rows * l->n_cells;
    if (l->halves != NULL)
        b.halves = l->halves + first * fast_bf16_row(l);
    return b;
}

static uint64_t active_at(const fast_layer *l, const fast_block *b, uint64_t turn)
{
    uint64_t n = 0;
    while (n < b->n_rows && length_of(l, b->order[n]) > turn)
        n++;
    return n;
}

/* ---- up -------------------------------------------------------------------------------------- */

static uint64_t n_carried(const fast_layer *l)
{
    return l->n_said + (l->is_lstm ? l->n_cells : 0);
}

static void start(const fast_layer *l, const fast_block *b)
{
    for (uint64_t m = 0; m < b->n_rows; m++) {
        const uint64_t n = b->order[m];
        if (l->began != NULL)
            memcpy(l->began + n * (l->n_said + l->n_cells),
                   l->args->state + n * l->args->state_stride, n_carried(l) * sizeof(float));
        memcpy(b->said + m * l->n_said, fast_said_before(l, b->order[m], 0),
               l->n_said * sizeof(float));
        if (l->is_lstm)
            memcpy(b->cells + m * l->n_cells, fast_cells_before(l, b->order[m], 0),
                   l->n_cells * sizeof(float));
    }
}

static void end(const fast_layer *l, const fast_block *b)
{
    for (uint64_t m = 0; l->began != NULL && m < b->n_rows; m++) {
        float *state = l->args->state + b->order[m] * l->args->state_stride;
        memcpy(state, b->said + m * l->n_said, l->n_said * sizeof(float));
        if (l->is_lstm)
            memcpy(state + l->n_said, b->cells + m * l->n_cells, l->n_cells * sizeof(float));
    }
}

static void forward_block(void *payload, uint64_t index)
{
    const fast_layer *l = payload;
    fast_block b = block_of(l, index);
    const dc_op_args *args = l->args;
    start(l, &b);
    for (uint64_t turn = 0; (b.n_active = active_at(l, &b, turn)) > 0; turn++) {
        for (uint64_t m = 0; m < b.n_active; m++)
            memcpy(b.sums + m * l->n_sums,
                   args->x[0] + fast_place(l, b.order[m], turn) * l->n_sums,
                   l->n_sums * sizeof(float));
        l->up(l, &b, turn);
        for (uint64_t m = 0; m < b.n_active; m++)
            memcpy(args->y + fast_place(l, b.order[m], turn) * l->n_said, b.said + m * l->n_said,
                   l->n_said * sizeof(float));
    }
    end(l, &b);
    for (uint64_t m = 0; m < b.n_rows; m++) {
        const uint64_t n = b.order[m], length = length_of(l, n);
        memset(args->y + (n * l->n_steps + length) * l->n_said, 0,
               (l->n_steps - length) * l->n_said * sizeof(float));
    }
}

/* to (n_cols, n_rows), from (n_rows, n_cols); a line at a time is written. */
static void turn_matrix(float *to, const float *from, uint64_t n_rows, uint64_t n_cols)
{
    for (uint64_t first = 0; first < n_rows; first += FAST_LINE) {
        const uint64_t n = DC_MIN(n_rows - first, (uint64_t)FAST_LINE);
        for (uint64_t col = 0; col < n_cols; col++)
            for (uint64_t i = 0; i < n; i++)
                to[col * n_rows + first + i] = from[(first + i) * n_cols + col];
    }
}

static void go_forward(const fast_layer *l)
{
    const dc_op_args *args = l->args;
    if (l->up_said.sparse == NULL)
        turn_matrix(l->turned, args->p[WEIGHT], l->n_sums, l->n_said);
    if (l->is_projected && l->up_projection.sparse == NULL)
        turn_matrix(l->turned_projection, args->p[PROJECTION], l->n_said, l->n_cells);
    if (l->matmul_bf16 != NULL)
        fast_bf16_pairs(&l->up_said, l->n_said, l->n_sums);
    if (l->matmul_bf16 != NULL && l->is_projected)
        fast_bf16_pairs(&l->up_projection, l->n_cells, l->n_said);
    memset(l->zeros, 0, DC_MAX(l->n_cells, l->n_said) * sizeof(float));
    dc_op_each(n_blocks(l), forward_block, (void *)l);
}

/* x (N,T,S), weights as the record says; y (N,T,P) overwritten. */
static void forward(const dc_op_args *args)
{
    const fast_layer l = layer_of(args, false);
    go_forward(&l);
}

static void forward_bf16(const dc_op_args *args)
{
    const fast_layer l = layer_of(args, true);
    go_forward(&l);
}

/* ---- back through time ----------------------------------------------------------------------- */

static void add_to(float *restrict to, const float *restrict from, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        to[i] += from[i];
}

static void backward_block(void *payload, uint64_t index)
{
    const fast_layer *l = payload;
    fast_block b = block_of(l, index);
    const dc_op_args *args = l->args;
    float *const *dx = args->dx;
    memset(b.said, 0, b.n_rows * l->n_said * sizeof(float));
    memset(b.cells, 0, b.n_rows * l->n_cells * sizeof(float));
    for (uint64_t turn = length_of(l, b.order[0]); turn-- > 0;) {
        b.n_active = active_at(l, &b, turn);
        for (uint64_t m = 0; m < b.n_active; m++) {
            const uint64_t place = fast_place(l, b.order[m], turn);
            add_to(b.said + m * l->n_said, args->dy + place * l->n_said, l->n_said);
            if (l->is_projected)
                memcpy(l->d_said + place * l->n_said, b.said + m * l->n_said,
                       l->n_said * sizeof(float));
        }
        l->back(l, &b, turn);
        for (uint64_t m = 0; m < b.n_active; m++) {
            const uint64_t at = fast_place(l, b.order[m], turn) * l->n_sums;
            memcpy(l->gates + at, b.sums + m * l->n_sums, l->n_sums * sizeof(float));
            if (dx[0] != NULL)
                add_to(dx[0] + at, b.sums + m * l->n_sums, l->n_sums);
        }
    }
    for (uint64_t m = 0; m < b.n_rows; m++) {
        if (args->n_inputs > 1 && dx[1] != NULL)
            add_to(dx[1] + b.order[m] * l->n_said, b.said + m * l->n_said, l->n_said);
        if (args->n_inputs > 2 && dx[2] != NULL)
            add_to(dx[2] + b.order[m] * l->n_cells, b.cells + m * l->n_cells, l->n_cells);
    }
}

/* ---- gradients of weights -------------------------------------------------------------------- */

/* Some rows of R, all of one gate. */
static void weight_rows(void *payload, uint64_t task)
{
    const fast_layer *l = payload;
    const dc_op_args *args = l->args;
    const uint64_t n_tasks = (l->n_cells + FAST_TASK_ROWS - 1) / FAST_TASK_ROWS;
    const uint64_t gate = task / n_tasks;
    const uint64_t first = task % n_tasks * FAST_TASK_ROWS, row = gate * l->n_cells + first;
    const bool is_n = l->is_gru && gate == N_GATE, is_by_state = is_n && !l->is_reset_after;
    dc_matmul p = { .n_rows = DC_MIN(l->n_cells - first, (uint64_t)FAST_TASK_ROWS),
                     .n_cols = l->n_said, .a_row = 1, .a_term = l->n_sums, .b_row = l->n_said,
                     .y_row = l->n_said, .y = args->dp[WEIGHT] + row * l->n_said };
    const float *gradients = l->gates + row;
    if (is_n && l->is_reset_after) { /* of R_n h + b, which is not that of x */
        gradients = l->state + first;
        p.a_term = l->n_cells;
    }
    memset(p.y, 0, p.n_rows * l->n_said * sizeof(float));
    for (uint64_t n = 0; n < args->n; n++) {
        const uint64_t length = length_of(l, n), begin = n * l->n_steps;
        if (length == 0)
            continue;
        const uint64_t is_later = l->is_reverse || is_by_state ? 0 : 1;
        p.n_terms = is_by_state ? length : length - 1;
        p.a = gradients + (begin + is_later) * p.a_term;
        p.b = is_by_state ? l->state + begin * l->n_cells
                          : args->y + (begin + (l->is_reverse ? 1 : 0)) * l->n_said;
        l->kernels->matmul(&p);
        if (is_by_state || (args->n_inputs < 2 && l->began == NULL))
            continue;
        p.n_terms = 1;
        p.a = gradients + fast_place(l, n, 0) * p.a_term;
        p.b = fast_said_before(l, n, 0);
        l->kernels->matmul(&p);
    }
}

/* Some rows of P. */
static void projection_rows(void *payload, uint64_t task)
{
    const fast_layer *l = payload;
    const uint64_t row = task * FAST_TASK_ROWS;
    dc_matmul p = { .n_rows = DC_MIN(l->n_said - row, (uint64_t)FAST_TASK_ROWS),
                     .n_cols = l->n_cells, .a_row = 1, .a_term = l->n_said, .b_row = l->n_cells,
                     .y_row = l->n_cells, .y = l->args->dp[PROJECTION] + row * l->n_cells };
    memset(p.y, 0, p.n_rows * l->n_cells * sizeof(float));
    for (uint64_t n = 0; n < l->args->n; n++) {
        p.n_terms = length_of(l, n);
        p.a = l->d_said + n * l->n_steps * l->n_said + row;
        p.b = l->held + n * l->n_steps * l->n_cells;
        l->kernels->matmul(&p);
    }
}

static void add_products(float *restrict to, const float *restrict a, const float *restrict b,
                         uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        to[i] += a[i] * b[i];
}

static void peepholes(const fast_layer *l)
{
    const uint64_t c = l->n_cells;
    float *dp = l->args->dp[PEEPHOLE];
    memset(dp, 0, 3 * c * sizeof(float));
    for (uint64_t n = 0; n < l->args->n; n++)
        for (uint64_t turn = 0, length = length_of(l, n); turn < length; turn++) {
            const uint64_t place = fast_place(l, n, turn);
            const float *gates = l->gates + place * l->n_sums;
            const float *cells = fast_cells_before(l, n, turn);
            add_products(dp, gates + I_GATE * c, cells, c);
            add_products(dp + c, gates + O_GATE * c, l->state + place * c, c);
            add_products(dp + 2 * c, gates + F_GATE * c, cells, c);
        }
}

/* The sum over samples and steps of the gradients of R_n h + b. */
static void reset_bias(const fast_layer *l)
{
    const float one = 1;
    dc_matmul p = { .n_rows = 1, .n_cols = l->n_cells, .a = &one, .b_row = l->n_cells,
                     .y = l->args->dp[BIAS] };
    memset(p.y, 0, l->n_cells * sizeof(float));
    for (uint64_t n = 0; n < l->args->n; n++) {
        p.n_terms = length_of(l, n);
        p.b = l->state + n * l->n_steps * l->n_cells;
        l->kernels->matmul(&p);
    }
}

static void go_back(const fast_layer *l)
{
    const dc_op_args *args = l->args;
    const uint64_t n_tasks = (l->n_cells + FAST_TASK_ROWS - 1) / FAST_TASK_ROWS;
    if (l->matmul_bf16 != NULL)
        fast_bf16_pairs(&l->back_said, l->n_sums, l->n_said);
    if (l->matmul_bf16 != NULL && l->is_projected)
        fast_bf16_pairs(&l->back_projection, l->n_said, l->n_cells);
    dc_op_each(n_blocks(l), backward_block, (void *)l);
    if (args->dp[WEIGHT] != NULL && l->matmul_bf16 != NULL)
        fast_bf16_weights(l);
    else if (args->dp[WEIGHT] != NULL)
        dc_op_each(l->n_gates * n_tasks, weight_rows, (void *)l);
    if (l->is_gru && l->is_reset_after && args->dp[BIAS] != NULL)
        reset_bias(l);
    if (l->has_peepholes && args->dp[PEEPHOLE] != NULL)
        peepholes(l);
    if (l->is_projected && args->dp[PROJECTION] != NULL)
        dc_op_each((l->n_said + FAST_TASK_ROWS - 1) / FAST_TASK_ROWS, projection_rows, (void *)l);
}

/* dy (N,T,P); dp overwritten, dx accumulated. */
static void backward(const dc_op_args *args)
{
    const fast_layer l = layer_of(args, false);
    go_back(&l);
}

static void backward_bf16(const dc_op_args *args)
{
    const fast_layer l = layer_of(args, true);
    go_back(&l);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const dc_op_code codes[] = { { DC_OP_LSTM, cache_bytes, forward, backward },
                                    { DC_OP_GRU, cache_bytes, forward, backward },
                                    { DC_OP_RNN, cache_bytes, forward, backward } };

static const dc_op_code bf16_codes[] = {
    { DC_OP_LSTM, cache_bytes_bf16, forward_bf16, backward_bf16 },
    { DC_OP_GRU, cache_bytes, forward, backward }, /* R is multiplied by parts */
    { DC_OP_RNN, cache_bytes_bf16, forward_bf16, backward_bf16 }
};

const dc_op_code *dc_op_code_fast(const dc_node *node, bool is_bf16)
{
    for (size_t i = 0; i < DC_COUNT_OF(codes); i++) {
        fast_layer l = { .is_lstm = node->op == DC_OP_LSTM, .is_gru = node->op == DC_OP_GRU };
        if (codes[i].op == node->op && !is_rare(node) && has_curves(&l, node))
            return is_bf16 ? &bf16_codes[i] : &codes[i];
    }
    return dc_op_code_of(node->op);
}

/* A gru multiplies R by parts; the rows of a projection must fit in a block's room. */
bool dc_op_takes_sparse(const dc_model *model, const dc_node *node, uint32_t which)
{
    if (node->op == DC_OP_GRU || dc_op_code_fast(node, false) == dc_op_code_of(node->op))
        return false;
    const uint64_t n_sums = model->params[node->params[WEIGHT]].shape.dims[0];
    return which == WEIGHT || (which == PROJECTION && node->op == DC_OP_LSTM &&
                               node->shape.dims[1] <= 6 * (n_sums / 4));
}
