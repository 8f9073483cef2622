/* SPDX-License-Identifier: MIT
 *
 * Layers over time as LSTM, GRU and RNN, and what stands before and behind them. Theirs have the
 * steps before the batch (layout 0; few programs know the other), so a Transpose stands before and
 * behind. ONNX's ops have the weights of the inputs themselves: where
 * a linear layer over all steps makes our gates and nothing else reads it, its weights become
 * theirs, and it is not written; else theirs are the identity. Cells ONNX has of the last step
 * alone: readers of ours that want more have no form.
 */
#include "onnx/onnx_curves.h"
#include "onnx_emission.h"

#include <math.h>

#include <string.h>

#define MAX_IDENTITY 4096u /* rows: it is written as a matrix */

/* ---- what ONNX has no form of ---------------------------------------------------------------- */

static const dc_attr curve_attrs[] = { DC_ATTR_GATE_CURVE, DC_ATTR_CELL_CURVE,
                                       DC_ATTR_OUTPUT_CURVE };

static bool is_recurrent(const dc_node *node)
{
    return (node->kind->traits & DC_OVER_STEPS) != 0 && node->kind->n_params > 0;
}

static bool shows_cells(const dc_node *node)
{
    return is_recurrent(node) && dc_node_whole(node, DC_ATTR_CELLS) != 0;
}

/* What `node` takes of an lstm that shows its cells. */
typedef enum share { OTHER, SAID, LAST } share;

static share share_of(const dc_node *node, const dc_node *lstm)
{
    const bool is_back = dc_node_whole(lstm, DC_ATTR_REVERSE) != 0;
    if (node->op == DC_OP_LAST)
        return is_back ? OTHER : LAST;
    if (node->op != DC_OP_SLICE || dc_node_whole(node, DC_ATTR_BEGIN) != 0 ||
        dc_node_number(node, DC_ATTR_STEP) < 1 || dc_node_number(node, DC_ATTR_STEP) > 1)
        return OTHER;
    if (dc_node_whole(node, DC_ATTR_AXIS) == 0)
        return is_back && dc_node_whole(node, DC_ATTR_SIZE) == 1 ? LAST : OTHER;
    return 2 * dc_node_whole(node, DC_ATTR_SIZE) == lstm->shape.dims[1] ? SAID : OTHER;
}

static bool has_shares(const dc_model *model, uint32_t index)
{
    bool has = index + 1 < model->n_nodes;
    for (uint32_t i = index + 1; has && i < model->n_nodes; i++)
        for (uint32_t k = 0; has && k < model->nodes[i].n_inputs; k++)
            has = model->nodes[i].inputs[k] != index ||
                  share_of(&model->nodes[i], &model->nodes[index]) != OTHER;
    return has;
}

const char *onnx_no_form(const dc_model *model, uint32_t index, dc_arena *arena)
{
    const dc_node *node = &model->nodes[index];
    if (!is_recurrent(node))
        return NULL;
    const uint32_t n_gates = model->nodes[node->inputs[0]].shape.dims[1];
    if (!onnx_is_within(model, node->inputs[0]) && n_gates > MAX_IDENTITY)
        return dc_arena_print(arena, "its %u gates come from no linear layer of its own, and an "
                                     "identity in its place may have %u rows at most",
                              (unsigned)n_gates, MAX_IDENTITY);
    for (uint32_t i = 0; i < DC_COUNT_OF(curve_attrs); i++) {
        const dc_op op = (dc_op)dc_node_whole(node, curve_attrs[i]);
        if (dc_attr_rule_of(node->kind, curve_attrs[i]) != NULL && onnx_curve_of(op) == NULL)
            return dc_arena_print(arena, "its %s is '%s', which ONNX has not among the activations "
                                         "of such a layer",
                                  dc_attr_name(curve_attrs[i]), dc_op_kind_of(op)->name);
    }
    if (dc_node_whole(node, DC_ATTR_N_OUTPUTS) != 0)
        return "ONNX's LSTM has no recurrent projection";
    if (shows_cells(node) && !has_shares(model, index))
        return "its cells are read, and ONNX gives those of the last step alone";
    return NULL;
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
    const int64_t n = input_shape(m, 0)->dims[1];
    const int64_t n_cells = m->node->shape.dims[1] / (shows_cells(m->node) ? 2 : 1);
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

/* The numbers of the curves that have one, as ONNX lists them. */
static void curve_numbers(const emission *m, const onnx_curve *const *rows, uint32_t n)
{
    double alphas[3], betas[3];
    uint32_t n_alphas = 0, n_betas = 0;
    const double own = dc_node_number(m->node, DC_ATTR_ALPHA);
    for (uint32_t i = 0; i < n; i++) {
        const bool has_own = own < 0 || own > 0;
        if (rows[i]->attr == DC_ATTR_SLOPE)
            alphas[n_alphas++] = dc_node_number(m->node, DC_ATTR_SLOPE);
        else if (rows[i]->attr != DC_N_ATTRS)
            alphas[n_alphas++] = has_own ? own : rows[i]->alpha;
        if (!isnan(rows[i]->beta))
            betas[n_betas++] = rows[i]->beta;
    }
    if (n_alphas > 0)
        onnx_attr_floats(m->e, "activation_alpha", alphas, n_alphas);
    if (n_betas > 0)
        onnx_attr_floats(m->e, "activation_beta", betas, n_betas);
}

static void curves(const emission *m)
{
    static const dc_op usual[] = { DC_OP_SIGMOID, DC_OP_TANH, DC_OP_TANH };
    const onnx_curve *rows[3];
    const char *names[3];
    uint32_t n = 0;
    bool is_usual = true;
    for (uint32_t i = 0; i < DC_COUNT_OF(curve_attrs); i++)
        if (dc_attr_rule_of(m->node->kind, curve_attrs[i]) != NULL) {
            rows[n] = onnx_curve_of((dc_op)dc_node_whole(m->node, curve_attrs[i]));
            names[n] = rows[n]->name;
            is_usual = is_usual && rows[n]->op == usual[i];
            n++;
        }
    if (is_usual)
        return;
    onnx_attr_texts(m->e, "activations", names, n);
    curve_numbers(m, rows, n);
}

static void attrs(const emission *m, int64_t n_cells)
{
    onnx_emitter *e = m->e;
    const double clip = dc_node_number(m->node, DC_ATTR_CLIP);
    onnx_attr_int(e, "hidden_size", n_cells);
    onnx_attr_text(e, "direction", whole(m, DC_ATTR_REVERSE) != 0 ? "reverse" : "forward");
    if (m->node->op == DC_OP_GRU)
        onnx_attr_int(e, "linear_before_reset", whole(m, DC_ATTR_RESET_AFTER));
    if (whole(m, DC_ATTR_INPUT_FORGET) != 0)
        onnx_attr_int(e, "input_forget", 1);
    if (clip > 0)
        onnx_attr_float(e, "clip", clip);
    curves(m);
}

static const char *transposed(const emission *m, const char *suffix, const char *value,
                              const int64_t *order, uint32_t n)
{
    const char *out = helper(m, suffix);
    onnx_begin(m->e, "Transpose", out);
    onnx_input(m->e, value);
    onnx_attr_ints(m->e, "perm", order, n);
    onnx_end(m->e);
    return out;
}

/* First state `i` as (1, N, H); "" for none. */
static const char *state(const emission *m, uint32_t i, int64_t n_cells)
{
    static const char *const suffixes[][2] = { { "h0", "h0_dims" }, { "c0", "c0_dims" } };
    const int64_t dims[] = { 1, -1, n_cells };
    if (i + 1 >= m->node->n_inputs)
        return "";
    onnx_give_batch(m->e, m->node->inputs[i + 1]);
    return reshaped(m, suffixes[i][0], suffixes[i][1], onnx_operand(m, i + 1), dims, 3);
}

static void emit_layer(const emission *m, const char *op)
{
    static const int64_t steps_first[] = { 1, 0, 2 }, batch_first[] = { 2, 0, 1, 3 };
    onnx_emitter *e = m->e;
    const uint32_t before = m->node->inputs[0];
    const dc_node *gates = onnx_is_within(e->model, before) ? &e->model->nodes[before] : NULL;
    const emission of_gates = { e, before, gates, "", "", 2 };
    const sizes s = sizes_of(m, gates);
    const int64_t n = s.n_gates * s.n_cells, r_dims[] = { 1, n, s.n_cells };
    const int64_t p_dims[] = { 1, 3 * s.n_cells };
    const int64_t y_dims[] = { 0, m->node->shape.dims[0], s.n_cells };
    if (gates == NULL)
        onnx_give_batch(e, before);
    const char *from = gates != NULL ? onnx_operand(&of_gates, 0) : onnx_operand(m, 0);
    const char *x = transposed(m, "steps", from, steps_first, 3);
    const char *w = input_weights(m, gates, &s), *b = biases(m, gates, &s), *p = "";
    const char *r = reshaped(m, "r", "r_dims", param(m, m->node, 0), r_dims, 3);
    const char *h0 = state(m, 0, s.n_cells), *c0 = state(m, 1, s.n_cells);
    if (whole(m, DC_ATTR_PEEPHOLES) != 0)
        p = reshaped(m, "p", "p_dims", param(m, m->node, 1), p_dims, 2);
    const char *const inputs[] = { x, w, r, b, "", h0, c0, p };
    uint32_t n_inputs = DC_COUNT_OF(inputs);
    while (*inputs[n_inputs - 1] == '\0')
        n_inputs--;
    const char *all = helper(m, "all");
    onnx_begin(e, op, all);
    if (shows_cells(m->node)) {
        onnx_put_text(&e->node, NODE_OUTPUT, helper(m, "h"));
        onnx_put_text(&e->node, NODE_OUTPUT, helper(m, "c"));
    }
    for (uint32_t i = 0; i < n_inputs; i++)
        onnx_input(e, inputs[i]);
    attrs(m, s.n_cells);
    onnx_end(e);
    const char *turned = transposed(m, "turned", all, batch_first, 4);
    onnx_begin(e, "Reshape", m->out);
    onnx_input(e, turned);
    onnx_input(e, onnx_ints(e, m->index, "y_dims", y_dims, 3));
    onnx_end(e);
}

bool onnx_emit_of_cells(const emission *m)
{
    const uint32_t from = m->node->inputs[0];
    const dc_node *lstm = &m->e->model->nodes[from];
    const int64_t n_cells = lstm->shape.dims[1] / 2, dims[] = { -1, 1, 2 * n_cells };
    static const char *const parts[] = { "h", "c" };
    const bool is_one_step = m->node->op == DC_OP_SLICE;
    if (!shows_cells(lstm))
        return false;
    if (share_of(m->node, lstm) == SAID) {
        onnx_simple(m->e, "Identity", m->out, m->in);
        return true;
    }
    const char *both = is_one_step ? helper(m, "both") : m->out;
    const int64_t flat_dims[] = { -1, n_cells };
    const char *flat[2];
    for (uint32_t i = 0; i < 2; i++)
        flat[i] = reshaped(m, parts[i], i == 0 ? "h_dims" : "c_dims",
                           onnx_helper(m->e, from, parts[i]), flat_dims, 2);
    onnx_begin(m->e, "Concat", both);
    for (uint32_t i = 0; i < 2; i++)
        onnx_input(m->e, flat[i]);
    onnx_attr_int(m->e, "axis", 1);
    onnx_end(m->e);
    if (!is_one_step)
        return true;
    onnx_begin(m->e, "Reshape", m->out);
    onnx_input(m->e, both);
    onnx_input(m->e, onnx_ints(m->e, m->index, "one_step", dims, 3));
    onnx_end(m->e);
    return true;
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
    if (onnx_emit_of_cells(m))
        return;
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
