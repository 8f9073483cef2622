/* SPDX-License-Identifier: MIT
 *
 * Networks over time by lot: symbols or features, all kinds of layers over time with all of their
 * attributes, in chains that run step by step and in branches that do not.
 */
#ifndef DCOMP_TESTS_RT_SEQUENCES_H
#define DCOMP_TESTS_RT_SEQUENCES_H

#include "rt_networks.h"

static inline bool rt_seq_add(rt_lot *lot, dc_op op, const uint32_t *inputs, uint32_t n_inputs,
                              const double *attrs)
{
    char name[32];
    snprintf(name, sizeof name, "n%u", (unsigned)lot->model->n_nodes);
    if (dc_model_add(lot->model, name, op, inputs, n_inputs, attrs, true) != DC_OK)
        return false;
    lot->is_seen[op] = true;
    return true;
}

static inline const dc_shape *rt_seq_shape(const rt_lot *lot)
{
    return &lot->model->nodes[lot->model->n_nodes - 1].shape;
}

/* A linear layer at each step, of the last node. */
static inline void rt_seq_linear(rt_lot *lot, uint32_t from, uint32_t n_outputs)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_LINEAR);
    attrs[DC_ATTR_N_OUTPUTS] = n_outputs;
    attrs[DC_ATTR_AXIS] = 1;
    attrs[DC_ATTR_BIAS] = rt_draw(lot, 4) > 0;
    rt_seq_add(lot, DC_OP_LINEAR, &from, 1, attrs);
}

static inline double rt_seq_curve(rt_lot *lot, double usual)
{
    static const dc_op bounded[] = { DC_OP_SIGMOID, DC_OP_TANH, DC_OP_HARD_SIGMOID };
    if (rt_draw(lot, 3) > 0)
        return usual;
    return lot->is_exact ? bounded[rt_draw(lot, 3)]
                         : rt_curves[rt_draw(lot, DC_COUNT_OF(rt_curves))];
}

/* Gates from `from`, and a layer of n_cells behind them; with first states of (n) now and then. */
static inline void rt_seq_cells(rt_lot *lot, uint32_t from, uint32_t state, bool is_reverse)
{
    static const dc_op ops[] = { DC_OP_LSTM, DC_OP_LSTM, DC_OP_GRU, DC_OP_RNN };
    const dc_op op = ops[rt_draw(lot, 4)];
    const dc_shape *said = &lot->model->nodes[state].shape;
    const bool has_state = state > 0 && rt_draw(lot, 2) == 0;
    const uint32_t n_cells = has_state ? (uint32_t)dc_shape_count(said) : 1 + rt_draw(lot, 9);
    double attrs[DC_N_ATTRS];
    rt_seq_linear(lot, from, n_cells * (op == DC_OP_LSTM ? 4 : op == DC_OP_GRU ? 3 : 1));
    const uint32_t inputs[3] = { lot->model->n_nodes - 1, state, state };
    dc_attrs_init(attrs, op);
    attrs[DC_ATTR_REVERSE] = is_reverse;
    attrs[DC_ATTR_PEEPHOLES] = rt_draw(lot, 3) == 0;
    attrs[DC_ATTR_N_OUTPUTS] = op == DC_OP_LSTM && !has_state && rt_draw(lot, 3) == 0
                                   ? 1 + rt_draw(lot, 7) : 0;
    attrs[DC_ATTR_FORGET_BIAS] = rt_draw(lot, 2);
    attrs[DC_ATTR_INPUT_FORGET] = rt_draw(lot, 5) == 0;
    attrs[DC_ATTR_CELLS] = rt_draw(lot, 6) == 0;
    attrs[DC_ATTR_RESET_AFTER] = rt_draw(lot, 2);
    attrs[DC_ATTR_CLIP] = rt_draw(lot, 4) == 0 ? 0.75 : 0;
    attrs[DC_ATTR_ALPHA] = rt_draw(lot, 4) == 0 ? 0.25 : 0;
    attrs[DC_ATTR_GATE_CURVE] = rt_seq_curve(lot, DC_OP_SIGMOID);
    attrs[DC_ATTR_CELL_CURVE] = rt_seq_curve(lot, DC_OP_TANH);
    attrs[DC_ATTR_OUTPUT_CURVE] = rt_seq_curve(lot, DC_OP_TANH);
    rt_seq_add(lot, op, inputs, has_state ? (op == DC_OP_LSTM ? 3 : 2) : 1, attrs);
}

static inline void rt_seq_pass(rt_lot *lot)
{
    static const dc_op passes[] = { DC_OP_DROPOUT, DC_OP_RELU, DC_OP_TANH, DC_OP_HARD_SWISH };
    const uint32_t last = lot->model->n_nodes - 1;
    if (rt_draw(lot, 2) == 0)
        rt_seq_add(lot, passes[rt_draw(lot, lot->is_exact ? 2 : 4)], &last, 1, NULL);
}

static inline void rt_seq_one(rt_lot *lot, uint32_t of)
{
    rt_seq_add(lot, rt_draw(lot, 3) > 0 ? DC_OP_LAST : DC_OP_STEP_MEAN, &of, 1, NULL);
}

/* Two directions of one input, one vector of each, both in one. */
static inline void rt_seq_both_ways(rt_lot *lot, uint32_t from)
{
    uint32_t sides[2];
    for (uint32_t d = 0; d < 2; d++) {
        rt_seq_cells(lot, from, 0, d);
        rt_seq_one(lot, lot->model->n_nodes - 1);
        sides[d] = lot->model->n_nodes - 1;
    }
    rt_seq_add(lot, DC_OP_CONCAT, sides, 2, NULL);
}

static inline void rt_seq_chain(rt_lot *lot)
{
    uint32_t state = 0;
    if (rt_draw(lot, 3) == 0) { /* a state that another layer makes */
        const uint32_t input = lot->model->n_nodes - 1;
        rt_seq_cells(lot, input, 0, rt_draw(lot, 2));
        rt_seq_one(lot, lot->model->n_nodes - 1);
        state = lot->model->n_nodes - 1;
        rt_seq_cells(lot, input, state, rt_draw(lot, 2));
    }
    const bool is_reverse = rt_draw(lot, 3) == 0;
    for (uint32_t n = 1 + rt_draw(lot, 3); n > 0; n--) {
        rt_seq_pass(lot);
        rt_seq_cells(lot, lot->model->n_nodes - 1, 0,
                     rt_draw(lot, 4) == 0 ? !is_reverse : is_reverse);
    }
    rt_seq_pass(lot);
    if (rt_draw(lot, 3) == 0)
        rt_seq_linear(lot, lot->model->n_nodes - 1, 1 + rt_draw(lot, 6));
    if (rt_draw(lot, 2))
        rt_seq_one(lot, lot->model->n_nodes - 1);
}

static inline void rt_seq_embedding(rt_lot *lot)
{
    const uint32_t input = 0;
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_EMBEDDING);
    attrs[DC_ATTR_N_OUTPUTS] = 1 + rt_draw(lot, 8);
    attrs[DC_ATTR_N_SYMBOLS] = 1 + rt_draw(lot, 20);
    rt_seq_add(lot, DC_OP_EMBEDDING, &input, 1, attrs);
}

/* is_exact: only curves that integers have over time. */
static inline dc_model *rt_draw_sequences(rt_lot *lot, uint64_t seed, bool is_exact)
{
    dc_input input = { .scale = { 1, 1, 1, 1 } };
    memset(lot, 0, sizeof *lot);
    dc_rng_init(&lot->rng, seed, 2);
    lot->is_exact = is_exact;
    const bool is_symbols = rt_draw(lot, 3) == 0;
    const uint32_t n_features = is_symbols ? 0 : 1 + rt_draw(lot, 9);
    const uint32_t n_steps = 1 + rt_draw(lot, 12);
    input.shape = dc_shape_of(is_symbols ? 1 : 2, n_steps, n_features, 0, 0);
    assert_ok(dc_model_new(&lot->model, "lot", &input));
    if (is_symbols)
        rt_seq_embedding(lot);
    if (rt_draw(lot, 4) == 0)
        rt_seq_both_ways(lot, lot->model->n_nodes - 1);
    else
        rt_seq_chain(lot);
    if (rt_draw(lot, 3) == 0) {
        const uint32_t last = lot->model->n_nodes - 1;
        double attrs[DC_N_ATTRS];
        dc_attrs_init(attrs, DC_OP_SOFTMAX);
        attrs[DC_ATTR_AXIS] = rt_seq_shape(lot)->n_dims - 1;
        rt_seq_add(lot, DC_OP_SOFTMAX, &last, 1, attrs);
    }
    for (uint32_t i = 0; i < lot->model->n_params; i++)
        rt_draw_param(lot, &lot->model->params[i]);
    return lot->model;
}

#endif
