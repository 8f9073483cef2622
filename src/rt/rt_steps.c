/* SPDX-License-Identifier: MIT
 *
 * Layers over time (docs/ops.md): which ops there are, what they look like, which of them make a
 * group (rt_steps.h), and where the values of groups lie.
 */
#include "rt_steps.h"

/* ---- rules ----------------------------------------------------------------------------------- */

#define CELLS (RT_SET(LSTM) | RT_SET(GRU) | RT_SET(RNN))
#define WIDE 1073741824.0f /* 2^30 */
#define FAR 1e30f

static const rt_attr_rule step_rules[] = {
    { RT_SET(LSTM), RT_N_OUTPUTS, RT_N_OUTPUTS, 1, 0, 0, WIDE },
    { RT_SET(EMBEDDING), RT_N_OUTPUTS, RT_N_OUTPUTS, 1, 0, 1, WIDE },
    { RT_SET(EMBEDDING), 1, 1, 1, 256, 1, WIDE }, /* symbols */
    { CELLS, RT_REVERSE, RT_REVERSE, 1, 0, 0, 1 },
    { RT_SET(LSTM), RT_PEEPHOLES, RT_PEEPHOLES, 1, 0, 0, 1 },
    { RT_SET(GRU), RT_RESET_AFTER, RT_RESET_AFTER, 1, 1, 0, 1 },
    { RT_SET(LSTM), RT_FORGET_BIAS, RT_FORGET_BIAS, 0, 0, -FAR, FAR },
    { RT_SET(LSTM) | RT_SET(GRU), RT_GATE_CURVE, RT_GATE_CURVE, 1, RT_OP_SIGMOID, 0, 255 },
    { CELLS, RT_CELL_CURVE, RT_CELL_CURVE, 1, RT_OP_TANH, 0, 255 },
    { RT_SET(LSTM), RT_OUTPUT_CURVE, RT_OUTPUT_CURVE, 1, RT_OP_TANH, 0, 255 },
    { CELLS, RT_CURVE_SLOPE, RT_CURVE_SLOPE, 0, 0.2f, 1e-30f, FAR },
    { CELLS, RT_CLIP_AT, RT_CLIP_AT, 0, 0, 0, FAR },
    { CELLS, RT_ALPHA, RT_ALPHA, 0, 0, -FAR, FAR },
    { RT_SET(LSTM), RT_INPUT_FORGET, RT_CELLS, 1, 0, 0, 1 },
};

static uint32_t step_n_params(const dc_rt *m, uint32_t op, uint32_t head)
{
    switch (op) {
    case RT_OP_LSTM:
        return 1 + rt_whole_at(m, head, RT_PEEPHOLES) + (rt_whole_at(m, head, RT_N_OUTPUTS) > 0);
    case RT_OP_GRU: return 1 + rt_whole_at(m, head, RT_RESET_AFTER);
    case RT_OP_RNN:
    case RT_OP_EMBEDDING: return 1;
    default: return 0;
    }
}

/* ---- curves ---------------------------------------------------------------------------------- */

static rt_curve curve_by(const dc_rt *m, uint32_t node, uint32_t attr)
{
    const float alpha = rt_attr(m, node, RT_ALPHA);
    rt_curve c;
    c.op = rt_whole(m, node, attr);
    c.a = 0, c.b = 6; /* of a clip */
    if (c.op == RT_OP_HARD_SIGMOID)
        c.a = rt_attr(m, node, RT_CURVE_SLOPE);
    else if (c.op == RT_OP_LEAKY_RELU)
        c.a = alpha != 0 ? alpha : 0.01f;
    else if (c.op == RT_OP_ELU)
        c.a = alpha != 0 ? alpha : 1;
    return c;
}

/* Integers have curves that stay within -1 .. 1, and are not too steep for numbers of 2^-24. */
static dc_rt_status curve_check(const dc_rt *m, uint32_t i, uint32_t attr, dc_rt_fault *fault)
{
    const rt_curve c = curve_by(m, i, attr);
    if (!rt_is_curve(c.op))
        return rt_refuse(fault, DC_RT_EUNSUPPORTED, "the runtime does not have the curve", i, c.op);
    if (m->is_integer && c.op != RT_OP_SIGMOID && c.op != RT_OP_TANH &&
        (c.op != RT_OP_HARD_SIGMOID || c.a > 64))
        return rt_refuse(fault, DC_RT_EUNSUPPORTED, "integers over time do not have the curve", i,
                         c.op);
    return DC_RT_OK;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

static dc_rt_status state_check(const dc_rt *m, uint32_t i, uint32_t which, uint32_t n,
                                dc_rt_fault *fault)
{
    if (which >= rt_n_inputs(m, i) || rt_nodes(m)[rt_input_of(m, i, which)].n_values == n)
        return DC_RT_OK;
    return rt_shape_wrong(i, fault);
}

static dc_rt_status lstm_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    const uint32_t n_cells = in->dims[1] / 4, projected = rt_whole(m, i, RT_N_OUTPUTS);
    const uint32_t n_said = projected > 0 ? projected : n_cells;
    uint32_t param = rt_nodes(m)[i].param;
    uint64_t dims[2];
    RT_TRY(curve_check(m, i, RT_GATE_CURVE, fault));
    RT_TRY(curve_check(m, i, RT_OUTPUT_CURVE, fault));
    RT_TRY(state_check(m, i, 1, n_said, fault));
    RT_TRY(state_check(m, i, 2, n_cells, fault));
    RT_TRY(rt_param_set(m, param++, 4 * n_cells, n_said, i, fault));
    if (rt_whole(m, i, RT_PEEPHOLES) != 0)
        RT_TRY(rt_param_set(m, param++, 3, n_cells, i, fault));
    if (projected > 0)
        RT_TRY(rt_param_set(m, param, n_said, n_cells, i, fault));
    dims[0] = in->dims[0];
    dims[1] = (uint64_t)n_said + (rt_whole(m, i, RT_CELLS) != 0 ? n_cells : 0);
    return rt_shape_set(&rt_nodes_to_fill(m)[i], 2, dims, i, fault);
}

static dc_rt_status gru_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    const uint32_t n_cells = in->dims[1] / 3, param = rt_nodes(m)[i].param;
    const uint64_t dims[2] = { in->dims[0], n_cells };
    RT_TRY(curve_check(m, i, RT_GATE_CURVE, fault));
    RT_TRY(state_check(m, i, 1, n_cells, fault));
    RT_TRY(rt_param_set(m, param, 3 * n_cells, n_cells, i, fault));
    if (rt_whole(m, i, RT_RESET_AFTER) != 0)
        RT_TRY(rt_param_set(m, param + 1, n_cells, 1, i, fault));
    return rt_shape_set(&rt_nodes_to_fill(m)[i], 2, dims, i, fault);
}

static dc_rt_status rnn_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    RT_TRY(state_check(m, i, 1, in->dims[1], fault));
    RT_TRY(rt_param_set(m, rt_nodes(m)[i].param, in->dims[1], in->dims[1], i, fault));
    return rt_same_set(&rt_nodes_to_fill(m)[i], in);
}

static dc_rt_status cells_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    const uint32_t op = rt_nodes(m)[i].op;
    const uint32_t n_gates = op == RT_OP_LSTM ? 4 : op == RT_OP_GRU ? 3 : 1;
    if (in->n_dims != 2 || in->dims[1] % n_gates != 0 ||
        rt_n_inputs(m, i) > (op == RT_OP_LSTM ? 3u : 2u))
        return rt_shape_wrong(i, fault);
    RT_TRY(curve_check(m, i, RT_CELL_CURVE, fault));
    return op == RT_OP_LSTM ? lstm_infer(m, i, in, fault)
           : op == RT_OP_GRU ? gru_infer(m, i, in, fault)
                             : rnn_infer(m, i, in, fault);
}

static dc_rt_status embedding_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    const uint32_t n_outputs = rt_whole(m, i, RT_N_OUTPUTS), n = in->n_dims;
    uint64_t dims[4];
    if (n == 4)
        return rt_shape_wrong(i, fault);
    for (uint32_t d = 0; d < n; d++)
        dims[d] = in->dims[d];
    dims[n] = n_outputs;
    RT_TRY(rt_shape_set(&rt_nodes_to_fill(m)[i], n + 1, dims, i, fault));
    return rt_param_set(m, rt_nodes(m)[i].param, rt_whole(m, i, 1), n_outputs, i, fault);
}

static dc_rt_status step_infer(dc_rt *m, uint32_t i, dc_rt_fault *fault)
{
    const rt_node *in = &rt_nodes(m)[rt_input_of(m, i, 0)];
    const uint64_t dims[1] = { in->dims[1] };
    if (rt_is_cells(rt_nodes(m)[i].op))
        return cells_infer(m, i, in, fault);
    if (rt_nodes(m)[i].op == RT_OP_EMBEDDING)
        return embedding_infer(m, i, in, fault);
    return in->n_dims == 2 ? rt_shape_set(&rt_nodes_to_fill(m)[i], 1, dims, i, fault)
                           : rt_shape_wrong(i, fault);
}

/* ---- what both modes ask --------------------------------------------------------------------- */

RT_OWN rt_cells rt_cells_of(const dc_rt *m, uint32_t node)
{
    const rt_node *n = &rt_nodes(m)[node], *in = &rt_nodes(m)[rt_input_of(m, node, 0)];
    const rt_param *p = &rt_params(m)[n->param];
    rt_cells c;
    memset(&c, 0, sizeof c);
    c.op = n->op;
    c.n_gates = n->op == RT_OP_LSTM ? 4 : n->op == RT_OP_GRU ? 3 : 1;
    c.n_cells = in->dims[1] / c.n_gates;
    c.n_row = c.n_said = n->dims[1];
    c.clip = rt_attr(m, node, RT_CLIP_AT);
    c.cell = curve_by(m, node, RT_CELL_CURVE);
    c.weight = p;
    if (n->op == RT_OP_RNN)
        return c;
    c.gate = curve_by(m, node, RT_GATE_CURVE);
    if (n->op == RT_OP_GRU) {
        c.is_reset_after = rt_whole(m, node, RT_RESET_AFTER) != 0;
        c.bias = c.is_reset_after ? p + 1 : NULL;
        return c;
    }
    c.output = curve_by(m, node, RT_OUTPUT_CURVE);
    c.is_coupled = rt_whole(m, node, RT_INPUT_FORGET) != 0;
    c.shows_cells = rt_whole(m, node, RT_CELLS) != 0;
    c.n_said -= c.shows_cells ? c.n_cells : 0;
    c.forget_bias = rt_attr(m, node, RT_FORGET_BIAS);
    c.peephole = rt_whole(m, node, RT_PEEPHOLES) != 0 ? ++p : NULL;
    c.projection = rt_whole(m, node, RT_N_OUTPUTS) > 0 ? ++p : NULL;
    return c;
}

RT_OWN rt_walk rt_walk_near(const dc_rt *m, const rt_param *p, uint32_t row)
{
    const uint32_t first = row * p->n_cols, bit = first * p->code_width;
    rt_walk w = rt_walk_over(m, p);
    if (p->is_column_major || p->gap_bits > 0)
        return w; /* only a walk finds it */
    w.outer = row;
    w.left = p->n_cols;
    w.codes.at += bit / 8;
    if (bit % 8 != 0) {
        w.codes.pending = (uint32_t)*w.codes.at++ >> bit % 8;
        w.codes.n_pending = 8 - bit % 8;
    }
    if (w.numbers != NULL)
        w.numbers += first * (w.is_half ? 2u : 4u);
    return w;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static bool passes_rows(const dc_rt *m, uint32_t i)
{
    return rt_nodes(m)[i].op == RT_OP_DROPOUT || rt_is_curve(rt_nodes(m)[i].op);
}

static bool makes_rows(const dc_rt *m, uint32_t i)
{
    const rt_node *node = &rt_nodes(m)[i];
    return node->op >= 32 || (node->op == RT_OP_LINEAR && node->n_dims == 2);
}

/* The last node of the group that begins with i, or 0 if there is none. */
static uint32_t group_end(const dc_rt *m, uint32_t i)
{
    uint32_t end = 0, direction = 2;
    bool has_steps = false;
    for (uint32_t k = i; makes_rows(m, k) || (k > i && passes_rows(m, k)); k++) {
        const uint32_t op = rt_nodes(m)[k].op;
        if (rt_is_cells(op)) {
            const uint32_t own = rt_whole(m, k, RT_REVERSE);
            if (direction != 2 && own != direction)
                break;
            direction = own;
        }
        has_steps = has_steps || op >= 32;
        end = makes_rows(m, k) ? k : end;
        if (rt_is_one_of_many(op) || k + 1 == m->n_nodes ||
            rt_nodes(m)[k].n_uses != 1 || rt_input_of(m, k + 1, 0) != k)
            break;
    }
    return has_steps ? end : 0;
}

RT_OWN rt_group rt_group_at(const dc_rt *m, const dc_rt_call *call, uint32_t begin)
{
    const uint32_t n_given = (uint32_t)(call->n_x / rt_row_of(rt_nodes(m)));
    rt_group g;
    memset(&g, 0, sizeof g);
    g.begin = g.end = begin;
    g.input = rt_input_of(m, begin, 0);
    g.n_steps = rt_nodes(m)[g.input].dims[0];
    g.n_steps = n_given < g.n_steps && rt_nodes(m)->n_dims < 3 ? n_given : g.n_steps;
    g.is_from_call = g.input == 0 && rt_nodes(m)[0].in_group != 0;
    while (rt_nodes(m)[g.end].in_group != RT_END)
        g.end++;
    for (uint32_t k = begin; k <= g.end; k++)
        if (rt_is_cells(rt_nodes(m)[k].op) && rt_whole(m, k, RT_REVERSE) != 0)
            g.is_reverse = true;
    return g;
}

/* ---- where values lie ------------------------------------------------------------------------ */

static uint64_t state_bytes(const dc_rt *m, uint32_t i)
{
    const uint64_t n = m->is_integer ? rt_state_integer(m, i) : rt_state_float(m, i);
    return (n + 7) & ~(uint64_t)7;
}

static uint32_t row_bytes(const dc_rt *m, uint32_t i)
{
    return (rt_row_of(&rt_nodes(m)[i]) * (m->is_integer ? 2u : 4u) + 7) & ~(uint32_t)7;
}

/* All that a group reads and holds lives until its end. An inner node's state is behind its row,
 * as if it were more values of it. */
static dc_rt_status group_make(dc_rt *m, uint32_t begin, uint32_t end, dc_rt_fault *fault)
{
    rt_node *nodes = rt_nodes_to_fill(m);
    const uint32_t input = rt_input_of(m, begin, 0);
    if (input == 0 && nodes[0].n_uses == 1) {
        nodes[0].in_group = RT_INNER;
        nodes[0].n_values = rt_row_of(&nodes[0]);
    }
    for (uint32_t k = begin; k <= end; k++) {
        nodes[k].in_group = k < end ? RT_INNER : RT_END;
        for (uint32_t i = 0; i < rt_n_inputs(m, k); i++) {
            rt_node *in = &nodes[rt_input_of(m, k, i)];
            in->last_use = (uint16_t)(in->last_use < end ? end : in->last_use);
        }
    }
    for (uint32_t k = begin; k <= end; k++) {
        const uint64_t state = state_bytes(m, k), row = row_bytes(m, k);
        if (state + row > INT32_MAX)
            return rt_refuse(fault, DC_RT_ELIMIT, "values need more than 2 GiB", k, 0);
        if (k == end) {
            nodes[k].scratch = (uint32_t)state;
            break;
        }
        nodes[k].dims[0] = 1;
        nodes[k].n_values = state == 0 ? rt_row_of(&nodes[k])
                                       : (uint32_t)(row + state) / (m->is_integer ? 2u : 4u);
    }
    return DC_RT_OK;
}

static dc_rt_status steps_plan(dc_rt *m, dc_rt_fault *fault)
{
    rt_node *nodes = rt_nodes_to_fill(m);
    rt_plan_uses(m);
    for (uint32_t i = 1; i < m->n_nodes; i++) {
        const uint32_t end = group_end(m, i);
        if (end == 0)
            continue;
        RT_TRY(group_make(m, i, end, fault));
        i = end;
    }
    RT_TRY(rt_plan_place(m, fault));
    for (uint32_t i = 1; i < m->n_nodes; i++)
        if (nodes[i].in_group == RT_INNER)
            nodes[i].scratch = nodes[i].at + row_bytes(m, i);
    return DC_RT_OK;
}

static const rt_op_set step_ops = {
    CELLS | RT_SET(EMBEDDING) | RT_SET(LAST) | RT_SET(STEP_MEAN), CELLS, step_rules,
    sizeof step_rules / sizeof *step_rules, step_n_params, step_infer
};

const dc_rt_mode dc_rt_float_recurrent = { false, &step_ops, steps_plan, rt_run_float_steps };
const dc_rt_mode dc_rt_integer_recurrent = { true, &step_ops, steps_plan, rt_run_integer_steps };
