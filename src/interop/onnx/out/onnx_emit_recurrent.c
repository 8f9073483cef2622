/* SPDX-License-Identifier: MIT
 *
 * Layers over time as LSTM, GRU and RNN, with the batch as the first dim (layout 1, opset 14), and
 * what stands before and behind them. ONNX's ops have the weights of the inputs themselves: where
 * a linear layer over all steps makes our gates and nothing else reads it, its weights become
 * theirs, and it is not written; else theirs are the identity.
 */
#include "onnx_emission.h"

#include <string.h>

#define MAX_IDENTITY 4096u /* rows: it is written as a matrix */

/* ---- what ONNX has no form of ---------------------------------------------------------------- */

static const char *curve_name(const dc_node *node, dc_attr attr)
{
    static const char *const names[DC_N_OPS] = {
        [DC_OP_SIGMOID] = "Sigmoid",   [DC_OP_TANH] = "Tanh",         [DC_OP_RELU] = "Relu",
        [DC_OP_SOFTSIGN] = "Softsign", [DC_OP_SOFTPLUS] = "Softplus", [DC_OP_ELU] = "Elu",
        [DC_OP_HARD_SIGMOID] = "HardSigmoid",
    };
    const uint32_t op = dc_node_whole(node, attr);
    if (op == DC_OP_HARD_SIGMOID && (dc_node_number(node, DC_ATTR_SLOPE) < 0.2 ||
                                     dc_node_number(node, DC_ATTR_SLOPE) > 0.2))
        return NULL;
    return op < DC_N_OPS ? names[op] : NULL;
}

static const dc_attr curve_attrs[] = { DC_ATTR_GATE_CURVE, DC_ATTR_CELL_CURVE,
                                       DC_ATTR_OUTPUT_CURVE };

static bool is_recurrent(const dc_node *node)
{
    return (node->kind->traits & DC_OVER_STEPS) != 0 && node->kind->n_params > 0;
}

bool onnx_has_form(const dc_model *model, uint32_t index)
{
    const dc_node *node = &model->nodes[index];
    if (!is_recurrent(node))
        return true;
    if (!onnx_is_within(model, node->inputs[0]) &&
        model->nodes[node->inputs[0]].shape.dims[1] > MAX_IDENTITY)
        return false;
    for (uint32_t i = 0; i < DC_COUNT_OF(curve_attrs); i++)
        if (dc_attr_rule_of(node->kind, curve_attrs[i]) != NULL &&
            curve_name(node, curve_attrs[i]) == NULL)
            return false;
    return node->n_inputs == 1 && dc_node_whole(node, DC_ATTR_N_OUTPUTS) == 0;
}

bool onnx_is_within(const dc_model *model, uint32_t index)
{
    const dc_node *node = &model->nodes[index];
    uint32_t n_readers = 0;
    bool is_read_as_gates = false;
    if (node->op != DC_OP_LINEAR || dc_node_whole(node, DC_ATTR_AXIS) != 1 ||
        model->nodes[node->inputs[0]].shape.n_dims != 2)
        return false;
    for (uint32_t i = index + 1; i < model->n_nodes; i++)
        for (uint32_t k = 0; k < model->nodes[i].n_inputs; k++)
            if (model->nodes[i].inputs[k] == index) {
                n_readers++;
                is_read_as_gates = k == 0 && is_recurrent(&model->nodes[i]);
            }
    return n_readers == 1 && is_read_as_gates;
}

/* ---- tensors --------------------------------------------------------------------------------- */

static const char *reshaped(const emission *m, const char *suffix, const char *dims_suffix,
                            const char *value, const int64_t *dims, uint32_t n)
{
    const char *out = helper(m, suffix);
    onnx_begin(m->e, "Reshape", out);
    onnx_input(m->e, value);
    onnx_input(m->e, onnx_ints(m->e, m->index, dims_suffix, dims, n));
    onnx_end(m->e);
    return out;
}

/* A vector of `n` numbers: 0, but `value` at `n_same` places from `from` on, `stride` apart. */
static const char *vector(const emission *m, const char *suffix, uint64_t n, uint64_t from,
                          uint64_t n_same, uint64_t stride, double value)
{
    double *numbers = dc_arena_take(m->e->arena, n, sizeof *numbers);
    for (uint64_t i = 0; numbers != NULL && i < n_same; i++)
        numbers[from + i * stride] = value;
    return numbers != NULL ? onnx_numbers(m->e, m->index, suffix, numbers, (uint32_t)n) : "";
}

static const char *param(const emission *m, const dc_node *node, uint32_t which)
{
    return onnx_param_name(m->e, &m->e->model->params[dc_node_param(node, which)]);
}

typedef struct sizes {
    int64_t n_gates, n_cells, n_inputs;
} sizes;

static sizes sizes_of(const emission *m, const dc_node *gates)
{
    const int64_t n = input_shape(m, 0)->dims[1], n_cells = m->node->shape.dims[1];
    const int64_t n_inputs =
        gates != NULL ? m->e->model->nodes[gates->inputs[0]].shape.dims[1] : n;
    return (sizes){ n / n_cells, n_cells, n_inputs };
}

static const char *input_weights(const emission *m, const dc_node *gates, const sizes *s)
{
    const int64_t n = s->n_gates * s->n_cells, dims[] = { 1, n, s->n_inputs };
    const char *flat = gates != NULL ? param(m, gates, 0)
                                     : vector(m, "identity", (uint64_t)(n * n), 0, (uint64_t)n,
                                              (uint64_t)n + 1, 1);
    return reshaped(m, "w", "w_dims", flat, dims, 3);
}

/* Those of the inputs and those of what comes back, which hold forget_bias and gru's own. */
static const char *biases(const emission *m, const dc_node *gates, const sizes *s)
{
    const uint64_t n = (uint64_t)(s->n_gates * s->n_cells), n_cells = (uint64_t)s->n_cells;
    const bool has_bias = gates != NULL && dc_node_param(gates, 1) != DC_NONE;
    const bool has_own = whole(m, DC_ATTR_RESET_AFTER) != 0;
    const double forget = dc_node_number(m->node, DC_ATTR_FORGET_BIAS);
    const uint64_t n_forget = m->node->op == DC_OP_LSTM ? n_cells : 0; /* gates i, o, f, g */
    const int64_t dims[] = { 1, 2 * (int64_t)n };
    const char *both = helper(m, "biases");
    if (!has_bias && !has_own && !(forget < 0 || forget > 0))
        return "";
    const char *of_inputs = has_bias ? param(m, gates, 1) : vector(m, "none", n, 0, 0, 1, 0);
    const char *of_rest = has_own ? vector(m, "rest", n - n_cells, 0, 0, 1, 0)
                                  : vector(m, "rest", n, 2 * n_cells, n_forget, 1, forget);
    onnx_begin(m->e, "Concat", both);
    onnx_input(m->e, of_inputs);
    onnx_input(m->e, of_rest);
    if (has_own)
        onnx_input(m->e, param(m, m->node, 1));
    onnx_attr_int(m->e, "axis", 0);
    onnx_end(m->e);
    return reshaped(m, "b", "b_dims", both, dims, 2);
}

static void curves(const emission *m)
{
    static const char *const usual[] = { "Sigmoid", "Tanh", "Tanh" };
    const char *names[3];
    uint32_t n = 0;
    bool is_usual = true;
    for (uint32_t i = 0; i < DC_COUNT_OF(curve_attrs); i++)
        if (dc_attr_rule_of(m->node->kind, curve_attrs[i]) != NULL) {
            names[n] = curve_name(m->node, curve_attrs[i]);
            is_usual = is_usual && strcmp(names[n], usual[i]) == 0;
            n++;
        }
    if (!is_usual)
        onnx_attr_texts(m->e, "activations", names, n);
}

static void emit_layer(const emission *m, const char *op)
{
    onnx_emitter *e = m->e;
    const uint32_t before = m->node->inputs[0];
    const dc_node *gates = onnx_is_within(e->model, before) ? &e->model->nodes[before] : NULL;
    const emission of_gates = { e, before, gates, "", "", 2 };
    const sizes s = sizes_of(m, gates);
    const int64_t n = s.n_gates * s.n_cells, r_dims[] = { 1, n, s.n_cells };
    const int64_t p_dims[] = { 1, 3 * s.n_cells };
    const int64_t y_dims[] = { 0, m->node->shape.dims[0], s.n_cells };
    const char *x = gates != NULL ? onnx_operand(&of_gates, 0) : m->in;
    const char *w = input_weights(m, gates, &s), *b = biases(m, gates, &s), *p = NULL;
    const char *r = reshaped(m, "r", "r_dims", param(m, m->node, 0), r_dims, 3);
    const char *all = helper(m, "all");
    if (whole(m, DC_ATTR_PEEPHOLES) != 0)
        p = reshaped(m, "p", "p_dims", param(m, m->node, 1), p_dims, 2);
    onnx_need_opset(e, 14);
    onnx_begin(e, op, all);
    const char *const inputs[] = { x, w, r, b, "", "", "", p };
    for (uint32_t i = 0; i < (p != NULL ? 8u : *b != '\0' ? 4u : 3u); i++)
        onnx_input(e, inputs[i]);
    onnx_attr_int(e, "hidden_size", s.n_cells);
    onnx_attr_int(e, "layout", 1);
    onnx_attr_text(e, "direction", whole(m, DC_ATTR_REVERSE) != 0 ? "reverse" : "forward");
    if (m->node->op == DC_OP_GRU)
        onnx_attr_int(e, "linear_before_reset", whole(m, DC_ATTR_RESET_AFTER));
    curves(m);
    onnx_end(e);
    onnx_begin(e, "Reshape", m->out);
    onnx_input(e, all);
    onnx_input(e, onnx_ints(e, m->index, "y_dims", y_dims, 3));
    onnx_end(e);
}

void onnx_emit_lstm(const emission *m)
{
    emit_layer(m, "LSTM");
}

void onnx_emit_gru(const emission *m)
{
    emit_layer(m, "GRU");
}

void onnx_emit_rnn(const emission *m)
{
    emit_layer(m, "RNN");
}

/* ---- before and behind ----------------------------------------------------------------------- */

static void gather(const emission *m, const char *out, const char *from, const char *places,
                   int64_t axis)
{
    onnx_begin(m->e, "Gather", out);
    onnx_input(m->e, from);
    onnx_input(m->e, places);
    onnx_attr_int(m->e, "axis", axis);
    onnx_end(m->e);
}

void onnx_emit_embedding(const emission *m)
{
    const char *places = helper(m, "places");
    onnx_begin(m->e, "Cast", places);
    onnx_input(m->e, m->in);
    onnx_attr_int(m->e, "to", 7); /* int64 */
    onnx_end(m->e);
    gather(m, m->out, param(m, m->node, 0), places, 0);
}

void onnx_emit_last(const emission *m)
{
    const int64_t place = (int64_t)input_shape(m, 0)->dims[0] - 1;
    const char *step = helper(m, "step");
    gather(m, step, m->in, onnx_ints(m->e, m->index, "place", &place, 1), 1);
    onnx_simple(m->e, "Flatten", m->out, step);
}

void onnx_emit_step_mean(const emission *m)
{
    static const int64_t axis = 1;
    onnx_begin(m->e, "ReduceMean", m->out);
    onnx_input(m->e, m->in);
    onnx_attr_ints(m->e, "axes", &axis, 1);
    onnx_attr_int(m->e, "keepdims", 0);
    onnx_end(m->e);
}
