/* SPDX-License-Identifier: MIT
 *
 * LSTM, GRU and RNN: a linear layer over all steps for what inputs make, and ours for what comes
 * back; of two directions one pair each, whose values are joined. The batch is the second dim
 * (layout 0) or the first (layout 1). Where Y_c is wanted our lstm says its cells, too, behind what
 * it says; then Y, Y_h and Y_c are slices of that. Lengths of samples come with the data; one
 * length for all, fewer steps than there are, is a slice before and zeros behind.
 */
#include "onnx/onnx_curves.h"
#include "onnx_ops.h"

#include <math.h>
#include <string.h>

enum { X, W, R, B, LENGTHS, H0, C0, P };
enum { Y, Y_H, Y_C };

typedef struct recurrent {
    dc_op op;
    uint32_t n_gates;
    uint64_t n_directions, n_steps, n_inputs, n_cells;
    uint64_t n_gone; /* steps, of those that the input has */
    bool is_last_first, is_reset_after, is_batch_first, shows_cells;
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

/* How many curves a direction has, of which attributes. */
static const dc_attr curve_attrs[] = { DC_ATTR_GATE_CURVE, DC_ATTR_CELL_CURVE,
                                       DC_ATTR_OUTPUT_CURVE };

static uint32_t first_curve(const recurrent *k)
{
    return k->op == DC_OP_RNN ? 1 : 0;
}

static uint32_t end_curve(const recurrent *k)
{
    return k->op == DC_OP_LSTM ? 3 : 2;
}

/* Item `index` of a list of numbers; `otherwise` where there is none. */
static dc_status listed(double *out, onnx_in *in, const char *name, uint64_t index,
                        double otherwise)
{
    onnx_array list;
    bool is_there = false;
    *out = otherwise;
    DC_TRY(onnx_array_attr(&list, &is_there, in->node, name, &in->files));
    if (is_there && index < onnx_array_count(&list))
        *out = onnx_number_at(&list, index);
    return DC_OK;
}

/* Number `index` of the node's curves: its row, and its alpha and beta. Each that has an alpha
 * takes the next of the list. */
static dc_status take_curve(const onnx_curve **out, double *alpha, double *beta, onnx_in *in,
                            uint64_t index)
{
    uint64_t n_alphas = 0, n_betas = 0;
    const onnx_curve *curve = NULL;
    for (uint64_t i = 0; i <= index; i++) {
        char name[32];
        DC_TRY(onnx_texts_attr(name, in->node, "activations", i));
        n_alphas += curve != NULL && curve->attr != DC_N_ATTRS;
        n_betas += curve != NULL && !isnan(curve->beta);
        curve = onnx_curve_named(name);
        if (name[0] == '\0')
            return onnx_fail(in, DC_ECORRUPT, "its activations are too few");
        if (curve == NULL || curve->op == DC_OP_INPUT)
            return onnx_fail(in, DC_EUNSUPPORTED, "its activation '%s' is not supported", name);
    }
    *out = curve;
    DC_TRY(listed(alpha, in, "activation_alpha",
                  curve->attr != DC_N_ATTRS ? n_alphas : UINT64_MAX, curve->alpha));
    return listed(beta, in, "activation_beta", !isnan(curve->beta) ? n_betas : UINT64_MAX,
                  curve->beta);
}

static dc_status fail_alphas(const onnx_in *in)
{
    return onnx_fail(in, DC_EUNSUPPORTED, "activations of different alpha are not supported");
}

/* Ours has one number for all of its curves of a kind: `*number` is set, or must be the same. */
static dc_status set_number(double *number, bool *is_set, const onnx_in *in, double value)
{
    if (*is_set && (*number < value || *number > value))
        return fail_alphas(in);
    *is_set = true;
    *number = value;
    return DC_OK;
}

/* The curves of direction `d`, which are the usual ones where the node says none. */
static dc_status take_curves(double *attrs, onnx_in *in, const recurrent *k, uint64_t d)
{
    const uint32_t first = first_curve(k), n = end_curve(k) - first;
    bool has_slope = false, has_alpha = false, has_usual = false;
    if (onnx_find_attr(in->node, "activations") == NULL)
        return DC_OK;
    for (uint32_t i = 0; i < n; i++) {
        const onnx_curve *curve = NULL;
        double alpha = 0, beta = 0;
        DC_TRY(take_curve(&curve, &alpha, &beta, in, d * n + i));
        const bool is_sigmoid = curve->op == DC_OP_HARD_SIGMOID;
        if (is_sigmoid && (!(alpha > 0) || beta < 0.5 || beta > 0.5))
            return onnx_fail(in, DC_EUNSUPPORTED, "its activation 'HardSigmoid' of alpha %g and "
                                                  "beta %g is not supported (alpha over 0, beta "
                                                  "0.5)", alpha, beta);
        const bool is_relu = curve->attr != DC_N_ATTRS && !(alpha < 0 || alpha > 0);
        attrs[curve_attrs[first + i]] = is_relu ? DC_OP_RELU : curve->op;
        if (curve->attr == DC_N_ATTRS || is_relu)
            continue;
        const bool is_usual = (float)curve->alpha == (float)alpha;
        alpha = is_usual ? curve->alpha : onnx_meant(curve->op, curve->attr, alpha);
        has_usual = has_usual || (!is_sigmoid && is_usual);
        if (is_sigmoid)
            DC_TRY(set_number(&attrs[DC_ATTR_SLOPE], &has_slope, in, alpha));
        else if (!is_usual)
            DC_TRY(set_number(&attrs[DC_ATTR_ALPHA], &has_alpha, in, alpha));
    }
    return has_usual && has_alpha ? fail_alphas(in) : DC_OK;
}

/* Where the sums of the gates are cut, and whether an LSTM forgets what it does not take in. */
static dc_status take_limits(double *attrs, const onnx_in *in)
{
    double clip = 0;
    int64_t is_coupled = 0;
    DC_TRY(onnx_node_float(&clip, in, "clip", 0));
    DC_TRY(onnx_node_int(&is_coupled, in, "input_forget", 0));
    if (clip < 0)
        return onnx_fail(in, DC_ECORRUPT, "its clip is %g", clip);
    attrs[DC_ATTR_CLIP] = onnx_meant(DC_OP_RNN, DC_ATTR_CLIP, clip);
    attrs[DC_ATTR_INPUT_FORGET] = is_coupled != 0;
    return DC_OK;
}

static dc_status take_directions(recurrent *k, const onnx_in *in)
{
    char text[32];
    DC_TRY(onnx_text_attr(text, in->node, "direction", "forward"));
    k->is_last_first = strcmp(text, "reverse") == 0;
    k->n_directions = strcmp(text, "bidirectional") == 0 ? 2 : 1;
    if (k->n_directions == 1 && !k->is_last_first && strcmp(text, "forward") != 0)
        return onnx_fail(in, DC_ECORRUPT, "its direction '%s' is none of forward, reverse and "
                                          "bidirectional", text);
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

/* How many steps count: all, or one number for all samples. */
static dc_status take_lengths(recurrent *k, onnx_in *in)
{
    const onnx_value *lengths = onnx_input_of(in, LENGTHS);
    const bool has_lengths = lengths != NULL && lengths->is_lengths;
    if (in->n_over_steps++ > 0 && in->has_lengths != has_lengths)
        return onnx_fail(in, DC_EUNSUPPORTED, "some layers over time have lengths of samples and "
                                              "others have not, in dcomp all have them");
    in->has_lengths = has_lengths;
    if (lengths == NULL || has_lengths)
        return DC_OK;
    if (lengths->array == NULL)
        return onnx_fail(in, DC_EUNSUPPORTED, "its sequence_lens is neither a constant nor an "
                                              "input of the graph");
    const onnx_array *array = lengths->array;
    if (array->n_dims != 1 || array->dims[0] != in->batch)
        return onnx_fail(in, DC_ECORRUPT, "its sequence_lens are not of %llu samples",
                         (unsigned long long)in->batch);
    const uint64_t n = array->strides[0] == 0 ? 1 : array->dims[0]; /* 1: one that is repeated */
    const int64_t said = onnx_int_at(array, 0);
    for (uint64_t i = 0; i < n; i++)
        if (onnx_int_at(array, i) != said)
            return onnx_fail(in, DC_EUNSUPPORTED, "its sequence_lens differ from sample to sample");
    if (said < 0 || (uint64_t)said > k->n_steps)
        return onnx_fail(in, DC_ECORRUPT, "its sequence_lens is %lld, it has %llu steps",
                         (long long)said, (unsigned long long)k->n_steps);
    if (said == 0)
        return onnx_fail(in, DC_EUNSUPPORTED, "its samples have no steps");
    k->n_gone = k->n_steps - (uint64_t)said;
    return DC_OK;
}

/* Steps and features of the input, whose batch must be where its layout says. */
static dc_status take_input(uint32_t *from, recurrent *k, onnx_in *in)
{
    onnx_value *x = NULL;
    int64_t layout = 0;
    double attrs[DC_N_ATTRS];
    DC_TRY(onnx_need_value(&x, in, X));
    DC_TRY(onnx_node_int(&layout, in, "layout", 0));
    const uint32_t batch = layout != 0 ? 0 : 1;
    k->is_batch_first = batch == 0;
    if (layout != 0 && layout != 1)
        return onnx_fail(in, DC_ECORRUPT, "its layout %lld is neither 0 nor 1",
                         (long long)layout);
    if (x->n_dims != 3)
        return onnx_fail(in, DC_ECORRUPT, "its input has %u dims, not 3", (unsigned)x->n_dims);
    if (in->is_single ? x->dims[batch] != 1 : batch != x->batch_at)
        return onnx_fail_batch(in, batch == 0 ? "the batch is not its first dim"
                                              : "the batch is not its second dim");
    k->n_steps = x->dims[in->is_single ? 1 - batch : 1];
    k->n_inputs = x->dims[2];
    if (k->n_steps > UINT32_MAX || k->n_inputs > UINT32_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input is too large");
    DC_TRY(take_lengths(k, in));
    const dc_shape shape = dc_shape_of(2, (uint32_t)k->n_steps, (uint32_t)k->n_inputs, 0, 0);
    DC_TRY(onnx_shaped(from, in, x, &shape));
    if (k->n_gone == 0)
        return DC_OK;
    dc_attrs_init(attrs, DC_OP_SLICE);
    attrs[DC_ATTR_SIZE] = (double)(k->n_steps - k->n_gone);
    return onnx_plan_helper(from, in, DC_OP_SLICE, from, 1, attrs);
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

/* The first state `state` of direction `d`, if it is not 0 and known: the same for all samples. */
static dc_status constant_state(onnx_array *out, bool *is_there, onnx_in *in, const recurrent *k,
                                uint64_t d, const onnx_array *state)
{
    const uint64_t n_cells = k->n_cells, n_samples = in->batch, dims[] = { n_cells };
    const uint32_t batch_at = k->is_batch_first ? 0 : 1;
    uint8_t *data = NULL;
    if (state->n_dims != 3 || state->dims[batch_at] != n_samples ||
        state->dims[1 - batch_at] != k->n_directions || state->dims[2] != n_cells)
        return onnx_fail(in, DC_ECORRUPT, "its first states are not of %llu samples, %llu "
                         "directions and %llu cells", (unsigned long long)n_samples,
                         (unsigned long long)k->n_directions, (unsigned long long)n_cells);
    const uint64_t n_others = state->strides[batch_at] == 0 ? 1 : n_samples; /* 1: repeated */
    DC_TRY(onnx_array_make(out, &data, ONNX_FLOAT, 1, dims, &in->arena));
    for (uint64_t c = 0; c < n_cells; c++)
        for (uint64_t n = 0; n < n_others; n++) {
            const uint64_t row = k->is_batch_first ? n * k->n_directions + d : d * n_samples + n;
            const double value = onnx_number_at(state, row * n_cells + c);
            if (n > 0 && (value < onnx_number_at(out, c) || value > onnx_number_at(out, c)))
                return onnx_fail(in, DC_EUNSUPPORTED,
                                 "its first states differ from sample to sample");
            onnx_store_number(data, c, ONNX_FLOAT, value);
            *is_there = *is_there || value < 0 || value > 0;
        }
    return DC_OK;
}

/* One that is computed. */
static dc_status computed_state(uint32_t *out, onnx_in *in, const recurrent *k, uint64_t d,
                                onnx_value *state)
{
    const uint64_t n = k->n_directions * k->n_cells;
    const uint64_t n_own = onnx_count(state->n_dims, state->dims) / (in->is_single ? 1 : in->batch);
    const dc_shape shape = dc_shape_of(1, (uint32_t)n, 0, 0, 0);
    double attrs[DC_N_ATTRS];
    if (state->n_dims != 3 || n_own != n || n > UINT32_MAX)
        return onnx_fail(in, DC_ECORRUPT, "its first states are not of %llu cells",
                         (unsigned long long)n);
    DC_TRY(onnx_shaped(out, in, state, &shape));
    if (k->n_directions == 1)
        return DC_OK;
    dc_attrs_init(attrs, DC_OP_SLICE);
    attrs[DC_ATTR_BEGIN] = (double)(d * k->n_cells);
    attrs[DC_ATTR_SIZE] = (double)k->n_cells;
    return onnx_plan_helper(out, in, DC_OP_SLICE, out, 1, attrs);
}

/* The first states behind `inputs`, as far as they are not 0. */
static dc_status plan_states(uint32_t *inputs, uint32_t *n, onnx_in *in, const recurrent *k,
                             uint64_t d)
{
    const dc_shape shape = dc_shape_of(1, (uint32_t)k->n_cells, 0, 0, 0);
    const uint32_t n_states = k->op == DC_OP_LSTM ? 2 : 1;
    const uint64_t dims[] = { k->n_cells };
    onnx_array known[2];
    uint32_t n_there = 0;
    for (uint32_t i = 0; i < n_states; i++) {
        const onnx_value *state = onnx_input_of(in, H0 + i);
        bool is_there = state != NULL && state->node != DC_NONE;
        uint8_t *data = NULL;
        if (state != NULL && state->array != NULL)
            DC_TRY(constant_state(&known[i], &is_there, in, k, d, state->array));
        else
            DC_TRY(onnx_array_make(&known[i], &data, ONNX_FLOAT, 1, dims, &in->arena));
        n_there = is_there ? i + 1 : n_there;
    }
    for (uint32_t i = 0; i < n_there; i++) {
        onnx_value *state = onnx_input_of(in, H0 + i);
        DC_TRY(state != NULL && state->node != DC_NONE
                   ? computed_state(&inputs[*n], in, k, d, state)
                   : onnx_plan_constant(&inputs[*n], in, &known[i], &shape));
        ++*n;
    }
    return DC_OK;
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
    attrs[DC_ATTR_CELLS] = k->shows_cells;
    DC_TRY(take_curves(attrs, in, k, d));
    DC_TRY(take_limits(attrs, in));
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
    const uint64_t n_steps = k->n_steps - k->n_gone;
    uint32_t sides[2], joined = 0, flat = 0;
    for (uint32_t d = 0; d < 2; d++) {
        uint32_t turned = 0;
        DC_TRY(plan_dims(&turned, in, DC_OP_TRANSPOSE, both[d], 2, 1, 0));
        DC_TRY(plan_dims(&sides[d], in, DC_OP_RESHAPE, turned, k->n_cells, n_steps, 1));
    }
    DC_TRY(onnx_plan_helper(&joined, in, DC_OP_CONCAT, sides, 2, NULL));
    DC_TRY(plan_dims(&flat, in, DC_OP_RESHAPE, joined, 2 * k->n_cells, n_steps, 0));
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

/* Of what a layer says its H numbers or the cells behind them: in each step (dim 1), or in one. */
static dc_status plan_part(uint32_t *out, onnx_in *in, const recurrent *k, uint32_t from,
                           uint32_t axis, bool is_cells)
{
    double attrs[DC_N_ATTRS];
    *out = from;
    if (!k->shows_cells)
        return DC_OK;
    dc_attrs_init(attrs, DC_OP_SLICE);
    attrs[DC_ATTR_AXIS] = axis;
    attrs[DC_ATTR_BEGIN] = is_cells ? (double)k->n_cells : 0;
    attrs[DC_ATTR_SIZE] = (double)k->n_cells;
    return onnx_plan_helper(out, in, DC_OP_SLICE, &from, 1, attrs);
}

/* (T - gone, C) to (T, C): steps of zeros behind. */
static dc_status plan_gone(uint32_t *node, onnx_in *in, const recurrent *k)
{
    const uint64_t n_values = k->n_directions * k->n_cells;
    double attrs[DC_N_ATTRS];
    if (k->n_gone == 0)
        return DC_OK;
    DC_TRY(plan_dims(node, in, DC_OP_RESHAPE, *node, 1, k->n_steps - k->n_gone, n_values));
    dc_attrs_init(attrs, DC_OP_PAD);
    attrs[DC_ATTR_PAD_BOTTOM] = (double)k->n_gone;
    DC_TRY(onnx_plan_helper(node, in, DC_OP_PAD, node, 1, attrs));
    return plan_dims(node, in, DC_OP_RESHAPE, *node, k->n_steps, n_values, 0);
}

/* Y: what all steps say. */
static dc_status set_steps(onnx_in *in, const recurrent *k, const uint32_t layers[2])
{
    const uint64_t n = in->is_single ? 1 : in->batch, d = k->n_directions;
    const onnx_dims by_batch = { 4, { n, k->n_steps, d, k->n_cells } };
    const onnx_dims by_steps = { 4, { k->n_steps, d, n, k->n_cells } };
    uint32_t said[2] = { 0, 0 }, node = 0;
    for (uint64_t i = 0; i < d; i++)
        DC_TRY(plan_part(&said[i], in, k, layers[i], 1, false));
    node = said[0];
    if (d == 2)
        DC_TRY(join_steps(&node, in, k, said));
    DC_TRY(plan_gone(&node, in, k));
    return k->is_batch_first ? onnx_set_file_value(in, Y, node, &by_batch, 0)
                             : onnx_set_file_value(in, Y, node, &by_steps, 2);
}

/* Y_h or Y_c: the last step's. */
static dc_status set_last(onnx_in *in, const recurrent *k, const uint32_t lasts[2],
                          uint32_t output)
{
    const uint64_t n = in->is_single ? 1 : in->batch, d = k->n_directions;
    const onnx_dims by_batch = { 3, { n, d, k->n_cells } }, by_steps = { 3, { d, n, k->n_cells } };
    uint32_t parts[2] = { 0, 0 }, node = 0;
    for (uint64_t i = 0; i < d; i++)
        DC_TRY(plan_part(&parts[i], in, k, lasts[i], 0, output == Y_C));
    node = parts[0];
    if (d == 2)
        DC_TRY(onnx_plan_helper(&node, in, DC_OP_CONCAT, parts, 2, NULL));
    return k->is_batch_first ? onnx_set_file_value(in, output, node, &by_batch, 0)
                             : onnx_set_file_value(in, output, node, &by_steps, 1);
}

static dc_status set_outputs(onnx_in *in, const recurrent *k, const uint32_t layers[2])
{
    uint32_t lasts[2] = { 0, 0 };
    if (is_wanted(in, Y))
        DC_TRY(set_steps(in, k, layers));
    if (!is_wanted(in, Y_H) && !is_wanted(in, Y_C))
        return DC_OK;
    for (uint64_t i = 0; i < k->n_directions; i++)
        DC_TRY(plan_last(&lasts[i], in, k, i, layers[i]));
    if (is_wanted(in, Y_H))
        DC_TRY(set_last(in, k, lasts, Y_H));
    return is_wanted(in, Y_C) ? set_last(in, k, lasts, Y_C) : DC_OK;
}

static dc_status read(onnx_in *in, dc_op op, uint32_t n_gates)
{
    recurrent k = { .op = op, .n_gates = n_gates };
    uint32_t from = 0, layers[2] = { 0, 0 };
    int64_t is_after = 0;
    DC_TRY(take_directions(&k, in));
    DC_TRY(take_input(&from, &k, in));
    DC_TRY(take_weights(&k, in));
    DC_TRY(onnx_node_int(&is_after, in, "linear_before_reset", 0));
    k.is_reset_after = op == DC_OP_GRU && is_after != 0;
    k.shows_cells = op == DC_OP_LSTM && is_wanted(in, Y_C);
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
