/* SPDX-License-Identifier: MIT
 *
 * LSTM, GRU and RNN: a linear layer over all steps for what inputs make, and ours for what comes
 * back; of two directions one pair each, whose values are joined. The batch is the first dim
 * (layout 1), or one sample is all there is; the steps of a sample are as many as the graph says.
 */
#include "onnx_ops.h"

#include <string.h>

enum { X, W, R, B, LENGTHS, H0, C0, P };

typedef struct recurrent {
    dc_op op;
    uint32_t n_gates;
    uint64_t n_directions, n_steps, n_inputs, n_cells;
    bool is_last_first, is_reset_after;
    const onnx_array *w, *r, *b, *p;
} recurrent;

/* ---- parts of a tensor ----------------------------------------------------------------------- */

/* (D, n, ...) to what direction `d` has, from its row `first` on: n_rows of them, in the same dims
 * without the first. */
static onnx_array part_of(const onnx_array *array, uint64_t d, uint64_t first, uint64_t n_rows)
{
    onnx_array part = *array;
    const uint32_t bytes = onnx_type_bytes(array->stored);
    part.data += (d * array->strides[0] + first * array->strides[1]) * bytes;
    part.n_dims--;
    memmove(part.dims, array->dims + 1, part.n_dims * sizeof *part.dims);
    memmove(part.strides, array->strides + 1, part.n_dims * sizeof *part.strides);
    part.dims[0] = n_rows;
    return part;
}

static bool is_zero(const onnx_array *array)
{
    const uint64_t n = onnx_array_count(array);
    for (uint64_t i = 0; i < n; i++)
        if (onnx_number_at(array, i) < 0 || onnx_number_at(array, i) > 0)
            return false;
    return true;
}

/* The two biases of direction `d`, W's and R's, as one; of a reset that comes after, R's of the
 * last gate stays alone. */
static dc_status add_biases(onnx_array *out, onnx_in *in, const recurrent *k, uint64_t d)
{
    uint8_t *data = NULL;
    const uint64_t n = k->n_gates * k->n_cells, dims[] = { n };
    const uint64_t n_both = k->is_reset_after ? n - k->n_cells : n;
    DC_TRY(onnx_array_make(out, &data, ONNX_FLOAT, 1, dims, &in->arena));
    for (uint64_t i = 0; i < n; i++) {
        double sum = onnx_number_at(k->b, d * 2 * n + i);
        if (i < n_both)
            sum += onnx_number_at(k->b, d * 2 * n + n + i);
        onnx_store_number(data, i, ONNX_FLOAT, sum);
    }
    return DC_OK;
}

/* ---- what it says ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    dc_op op;
} curves[] = {
    { "Sigmoid", DC_OP_SIGMOID }, { "Tanh", DC_OP_TANH },         { "Relu", DC_OP_RELU },
    { "Softsign", DC_OP_SOFTSIGN }, { "Softplus", DC_OP_SOFTPLUS }, { "Elu", DC_OP_ELU },
    { "HardSigmoid", DC_OP_HARD_SIGMOID },
};

/* Curve `index` of direction `d`, which has `n` of them. */
static dc_status take_curve(double *out, const onnx_in *in, uint64_t d, uint64_t n, uint64_t index)
{
    char name[32];
    DC_TRY(onnx_texts_attr(name, in->node, "activations", d * n + index));
    for (uint32_t i = 0; i < DC_COUNT_OF(curves); i++)
        if (strcmp(name, curves[i].name) == 0) {
            *out = curves[i].op;
            return DC_OK;
        }
    if (onnx_find_attr(in->node, "activations") == NULL)
        return DC_OK;
    return name[0] == '\0' ? onnx_fail(in, DC_ECORRUPT, "its activations are too few")
                           : onnx_fail(in, DC_EUNSUPPORTED, "its activation '%s'", name);
}

static dc_status check_attrs(const onnx_in *in)
{
    static const char *const refused[] = { "clip", "activation_alpha", "activation_beta" };
    int64_t joins = 0;
    for (uint32_t i = 0; i < DC_COUNT_OF(refused); i++)
        if (onnx_find_attr(in->node, refused[i]) != NULL)
            return onnx_fail(in, DC_EUNSUPPORTED, "its attribute '%s'", refused[i]);
    DC_TRY(onnx_node_int(&joins, in, "input_forget", 0));
    return joins == 0 ? DC_OK : onnx_fail(in, DC_EUNSUPPORTED, "its attribute 'input_forget'");
}

static dc_status take_directions(recurrent *k, const onnx_in *in)
{
    char text[32];
    DC_TRY(onnx_text_attr(text, in->node, "direction", "forward"));
    k->is_last_first = strcmp(text, "reverse") == 0;
    k->n_directions = strcmp(text, "bidirectional") == 0 ? 2 : 1;
    if (k->n_directions == 1 && !k->is_last_first && strcmp(text, "forward") != 0)
        return onnx_fail(in, DC_ECORRUPT, "its direction '%s'", text);
    return DC_OK;
}

static bool has_dims(const onnx_array *a, uint32_t n_dims, uint64_t d0, uint64_t d1, uint64_t d2)
{
    return a->n_dims == n_dims && a->dims[0] == d0 && a->dims[1] == d1 &&
           (n_dims < 3 || a->dims[2] == d2);
}

static dc_status take_weights(recurrent *k, const onnx_in *in)
{
    DC_TRY(onnx_need_array(&k->w, in, W));
    DC_TRY(onnx_need_array(&k->r, in, R));
    DC_TRY(onnx_optional_array(&k->b, in, B));
    if (k->op == DC_OP_LSTM)
        DC_TRY(onnx_optional_array(&k->p, in, P));
    if (k->r->n_dims != 3 || k->r->dims[2] == 0)
        return onnx_fail(in, DC_ECORRUPT, "its recurrent weight has not three dims, or is empty");
    k->n_cells = k->r->dims[2];
    int64_t said = 0;
    DC_TRY(onnx_node_int(&said, in, "hidden_size", (int64_t)k->n_cells));
    if (said != (int64_t)k->n_cells)
        return onnx_fail(in, DC_ECORRUPT, "its hidden_size is %lld, its weights are of %llu",
                         (long long)said, (unsigned long long)k->n_cells);
    const uint64_t n = k->n_gates * k->n_cells, d = k->n_directions;
    if (!has_dims(k->r, 3, d, n, k->n_cells) || !has_dims(k->w, 3, d, n, k->n_inputs) ||
        (k->b != NULL && !has_dims(k->b, 2, d, 2 * n, 0)) ||
        (k->p != NULL && !has_dims(k->p, 2, d, 3 * k->n_cells, 0)))
        return onnx_fail(in, DC_ECORRUPT, "its weights do not fit together");
    return DC_OK;
}

/* Steps and features of the input, with the batch where this program can have it. */
static dc_status take_input(uint32_t *from, recurrent *k, onnx_in *in)
{
    onnx_value *x = NULL;
    const onnx_array *lengths = NULL;
    int64_t layout = 0;
    DC_TRY(onnx_need_value(&x, in, X));
    DC_TRY(onnx_node_int(&layout, in, "layout", 0));
    DC_TRY(onnx_optional_array(&lengths, in, LENGTHS));
    const uint32_t batch = layout != 0 ? 0 : 1;
    if (layout != 0 && layout != 1)
        return onnx_fail(in, DC_ECORRUPT, "its layout %lld", (long long)layout);
    if (x->n_dims != 3)
        return onnx_fail(in, DC_ECORRUPT, "its input has %u dims, not 3", (unsigned)x->n_dims);
    if (in->is_single ? x->dims[batch] != 1 : batch != 0)
        return onnx_fail_batch(in, "the batch is not its first dim");
    k->n_steps = x->dims[1 - batch];
    k->n_inputs = x->dims[2];
    for (uint64_t i = 0; lengths != NULL && i < onnx_array_count(lengths); i++)
        if (onnx_int_at(lengths, i) != (int64_t)k->n_steps)
            return onnx_fail(in, DC_EUNSUPPORTED, "of fewer steps than its input has");
    if (k->n_steps > UINT32_MAX || k->n_inputs > UINT32_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input is too large");
    const dc_shape shape = dc_shape_of(2, (uint32_t)k->n_steps, (uint32_t)k->n_inputs, 0, 0);
    return onnx_shaped(from, in, x, &shape);
}

/* ---- what is made of it ---------------------------------------------------------------------- */

static dc_status plan_gates(uint32_t *out, onnx_in *in, const recurrent *k, uint64_t d,
                            uint32_t from)
{
    double attrs[DC_N_ATTRS];
    onnx_array bias;
    const onnx_array w = part_of(k->w, d, 0, k->w->dims[1]);
    dc_attrs_init(attrs, DC_OP_LINEAR);
    attrs[DC_ATTR_N_OUTPUTS] = (double)(k->n_gates * k->n_cells);
    attrs[DC_ATTR_AXIS] = 1;
    attrs[DC_ATTR_BIAS] = k->b != NULL;
    const char *name = onnx_layer_name(in, k->w);
    DC_TRY(name != NULL && strcmp(name, in->node->name) != 0
               ? onnx_plan(out, in, DC_OP_LINEAR, &from, 1, attrs, name)
               : onnx_plan_helper(out, in, DC_OP_LINEAR, &from, 1, attrs));
    DC_TRY(onnx_set_param(in, *out, 0, &w, 1));
    if (k->b == NULL)
        return DC_OK;
    DC_TRY(add_biases(&bias, in, k, d));
    return onnx_set_param(in, *out, 1, &bias, 1);
}

/* The first states that are not 0, behind `inputs`. */
static dc_status plan_states(uint32_t *inputs, uint32_t *n, onnx_in *in, const recurrent *k,
                             uint64_t d)
{
    const onnx_array *states[2] = { NULL, NULL };
    const dc_shape shape = dc_shape_of(1, (uint32_t)k->n_cells, 0, 0, 0);
    const uint32_t n_states = k->op == DC_OP_LSTM ? 2 : 1;
    bool is_there = false;
    for (uint32_t i = 0; i < n_states; i++) {
        DC_TRY(onnx_optional_array(&states[i], in, H0 + i));
        if (states[i] != NULL && onnx_array_count(states[i]) != k->n_directions * k->n_cells)
            return onnx_fail(in, DC_EUNSUPPORTED, "its first states are not one sample's");
        is_there |= states[i] != NULL && !is_zero(states[i]);
    }
    for (uint32_t i = 0; is_there && i < n_states; i++) {
        uint8_t *data = NULL;
        onnx_array state;
        const uint64_t dims[] = { k->n_cells };
        DC_TRY(onnx_array_make(&state, &data, ONNX_FLOAT, 1, dims, &in->arena));
        for (uint64_t c = 0; states[i] != NULL && c < k->n_cells; c++)
            onnx_store_number(data, c, ONNX_FLOAT,
                              onnx_number_at(states[i], d * k->n_cells + c));
        DC_TRY(onnx_plan_constant(&inputs[(*n)++], in, &state, &shape));
    }
    return DC_OK;
}

static dc_status take_curves(double *attrs, const onnx_in *in, const recurrent *k, uint64_t d)
{
    if (k->op == DC_OP_RNN)
        return take_curve(&attrs[DC_ATTR_CELL_CURVE], in, d, 1, 0);
    const uint64_t n = k->op == DC_OP_LSTM ? 3 : 2;
    DC_TRY(take_curve(&attrs[DC_ATTR_GATE_CURVE], in, d, n, 0));
    DC_TRY(take_curve(&attrs[DC_ATTR_CELL_CURVE], in, d, n, 1));
    return n == 3 ? take_curve(&attrs[DC_ATTR_OUTPUT_CURVE], in, d, n, 2) : DC_OK;
}

/* One direction. */
static dc_status plan_layer(uint32_t *out, onnx_in *in, const recurrent *k, uint64_t d,
                            uint32_t from)
{
    double attrs[DC_N_ATTRS];
    uint32_t inputs[3], n_inputs = 1;
    const uint64_t n = k->n_gates * k->n_cells;
    const onnx_array r = part_of(k->r, d, 0, n);
    dc_attrs_init(attrs, k->op);
    attrs[DC_ATTR_REVERSE] = k->is_last_first || d == 1;
    attrs[DC_ATTR_RESET_AFTER] = k->is_reset_after;
    attrs[DC_ATTR_PEEPHOLES] = k->p != NULL;
    DC_TRY(take_curves(attrs, in, k, d));
    DC_TRY(plan_gates(&inputs[0], in, k, d, from));
    DC_TRY(plan_states(inputs, &n_inputs, in, k, d));
    DC_TRY(onnx_plan(out, in, k->op, inputs, n_inputs, attrs, onnx_layer_name(in, k->r)));
    DC_TRY(onnx_set_param(in, *out, 0, &r, 1));
    if (k->p != NULL) {
        onnx_array p;
        const uint64_t dims[] = { 3, k->n_cells };
        const onnx_array own = part_of(k->p, d, 0, 3 * k->n_cells);
        DC_TRY(onnx_array_reshape(&p, &own, 2, dims, &in->arena));
        DC_TRY(onnx_set_param(in, *out, 1, &p, 1));
    }
    if (k->is_reset_after) {
        onnx_array bias;
        const uint64_t dims[] = { k->n_cells };
        if (k->b != NULL) {
            bias = part_of(k->b, d, 2 * n - k->n_cells, k->n_cells);
        } else {
            uint8_t *data = NULL;
            DC_TRY(onnx_array_make(&bias, &data, ONNX_FLOAT, 1, dims, &in->arena));
        }
        DC_TRY(onnx_set_param(in, *out, 1, &bias, 1));
    }
    return DC_OK;
}

static dc_status plan_dims(uint32_t *out, onnx_in *in, dc_op op, uint32_t from, uint64_t d0,
                           uint64_t d1, uint64_t d2)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, op);
    attrs[DC_ATTR_DIM_0] = (double)d0;
    attrs[DC_ATTR_DIM_1] = (double)d1;
    attrs[DC_ATTR_DIM_2] = (double)d2;
    return onnx_plan_helper(out, in, op, &from, 1, attrs);
}

/* (T,H) twice to (T,2H): features are joined as channels are. */
static dc_status join_steps(uint32_t *out, onnx_in *in, const recurrent *k, const uint32_t both[2])
{
    uint32_t sides[2], joined = 0, flat = 0;
    for (uint32_t d = 0; d < 2; d++) {
        uint32_t turned = 0;
        DC_TRY(plan_dims(&turned, in, DC_OP_TRANSPOSE, both[d], 2, 1, 0));
        DC_TRY(plan_dims(&sides[d], in, DC_OP_RESHAPE, turned, k->n_cells, k->n_steps, 1));
    }
    DC_TRY(onnx_plan_helper(&joined, in, DC_OP_CONCAT, sides, 2, NULL));
    DC_TRY(plan_dims(&flat, in, DC_OP_RESHAPE, joined, 2 * k->n_cells, k->n_steps, 0));
    return plan_dims(out, in, DC_OP_TRANSPOSE, flat, 2, 1, 0);
}

/* What a direction said last: of one that goes back at the first step. */
static dc_status plan_last(uint32_t *out, onnx_in *in, const recurrent *k, uint64_t d,
                           uint32_t layer)
{
    double attrs[DC_N_ATTRS];
    uint32_t step = 0;
    if (!k->is_last_first && d == 0)
        return onnx_plan_helper(out, in, DC_OP_LAST, &layer, 1, NULL);
    dc_attrs_init(attrs, DC_OP_SLICE);
    attrs[DC_ATTR_SIZE] = 1;
    DC_TRY(onnx_plan_helper(&step, in, DC_OP_SLICE, &layer, 1, attrs));
    return onnx_plan_helper(out, in, DC_OP_FLATTEN, &step, 1, NULL);
}

static bool is_wanted(const onnx_in *in, uint32_t output)
{
    return output < in->node->n_outputs && in->node->outputs[output] != 0 &&
           in->values[in->node->outputs[output]].n_uses > 0;
}

static dc_status set_outputs(onnx_in *in, const recurrent *k, const uint32_t layers[2])
{
    int64_t layout = 0;
    uint32_t node = layers[0], lasts[2];
    DC_TRY(onnx_node_int(&layout, in, "layout", 0));
    const uint64_t d = k->n_directions, n = in->is_single ? 1 : in->batch;
    if (is_wanted(in, 2))
        return onnx_fail(in, DC_EUNSUPPORTED, "its last cells (Y_c) are used");
    if (is_wanted(in, 0)) {
        const uint64_t by_batch[] = { n, k->n_steps, d, k->n_cells };
        const uint64_t by_steps[] = { k->n_steps, d, n, k->n_cells };
        if (layout == 0 && d == 2 && n != 1)
            return onnx_fail_batch(in, "the batch is not its first dim");
        if (d == 2)
            DC_TRY(join_steps(&node, in, k, layers));
        DC_TRY(onnx_set_value(in, 0, node, 4, layout != 0 ? by_batch : by_steps));
    }
    if (!is_wanted(in, 1))
        return DC_OK;
    const uint64_t by_batch[] = { n, d, k->n_cells }, by_direction[] = { d, n, k->n_cells };
    for (uint64_t i = 0; i < d; i++)
        DC_TRY(plan_last(&lasts[i], in, k, i, layers[i]));
    node = lasts[0];
    if (d == 2)
        DC_TRY(onnx_plan_helper(&node, in, DC_OP_CONCAT, lasts, 2, NULL));
    return onnx_set_value(in, 1, node, 3, layout != 0 ? by_batch : by_direction);
}

static dc_status read(onnx_in *in, dc_op op, uint32_t n_gates)
{
    recurrent k = { .op = op, .n_gates = n_gates };
    uint32_t from = 0, layers[2] = { 0, 0 };
    int64_t is_after = 0;
    DC_TRY(check_attrs(in));
    DC_TRY(take_directions(&k, in));
    DC_TRY(take_input(&from, &k, in));
    DC_TRY(take_weights(&k, in));
    DC_TRY(onnx_node_int(&is_after, in, "linear_before_reset", 0));
    k.is_reset_after = op == DC_OP_GRU && is_after != 0;
    for (uint64_t d = 0; d < k.n_directions; d++)
        DC_TRY(plan_layer(&layers[d], in, &k, d, from));
    return set_outputs(in, &k, layers);
}

dc_status onnx_read_lstm(onnx_in *in)
{
    return read(in, DC_OP_LSTM, 4);
}

dc_status onnx_read_gru(onnx_in *in)
{
    return read(in, DC_OP_GRU, 3);
}

dc_status onnx_read_rnn(onnx_in *in)
{
    return read(in, DC_OP_RNN, 1);
}
