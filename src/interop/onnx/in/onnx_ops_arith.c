/* SPDX-License-Identifier: MIT
 *
 * Add, Sub, Mul, Div, Sum, Mean: values and constants, repeated to the same dims as NumPy does.
 * Ours need equally many dims, so a constant gets dims of 1 in front, and so does a value of a
 * single sample; a value keeps the shape that its node has when nothing is repeated, else it is
 * given the shape that ONNX sees.
 *
 * Some ops are read together as one of ours: a bias added to a convolution or product that has
 * none, x sigmoid(x), x hard_sigmoid(x) of slope 1/6, and the five that make a GELU.
 */
#include "onnx_ops.h"

#include <math.h>
#include <string.h>

/* The dims of all inputs together. */
static dc_status common_dims(onnx_dims *out, const onnx_in *in)
{
    *out = (onnx_dims){ 0 };
    for (uint32_t i = 0; i < in->node->n_inputs; i++) {
        const onnx_value *v = onnx_input_of(in, i);
        if (v == NULL)
            return onnx_fail(in, DC_ECORRUPT, "its input %u is missing", (unsigned)i);
        out->n = DC_MAX(out->n, v->node != DC_NONE ? v->n_dims : v->array->n_dims);
    }
    for (uint32_t d = 0; d < out->n; d++)
        out->dims[d] = 1;
    for (uint32_t i = 0; i < in->node->n_inputs; i++) {
        const onnx_value *v = onnx_input_of(in, i);
        const bool is_value = v->node != DC_NONE;
        const uint32_t n = is_value ? v->n_dims : v->array->n_dims;
        if (is_value && n != out->n && !in->is_single)
            return onnx_fail(in, DC_EUNSUPPORTED, "of values of %u and %u dims", (unsigned)n,
                             (unsigned)out->n);
        for (uint32_t d = 0; d < n; d++) {
            const uint64_t dim = is_value ? v->dims[d] : v->array->dims[d];
            uint64_t *wide = &out->dims[out->n - n + d];
            if (dim != 1 && *wide != 1 && dim != *wide)
                return onnx_fail(in, DC_ECORRUPT, "its inputs do not fit together");
            *wide = dim != 1 ? dim : *wide;
        }
    }
    return DC_OK;
}

/* Whether all values have the same dims and all constants are one number: then any shape will do
 * that the values' nodes share. */
static bool is_plain(const onnx_in *in, const dc_shape **shape)
{
    const onnx_value *first = NULL;
    for (uint32_t i = 0; i < in->node->n_inputs; i++) {
        const onnx_value *v = onnx_input_of(in, i);
        if (v->node == DC_NONE) {
            if (onnx_array_count(v->array) != 1)
                return false;
            continue;
        }
        const dc_shape *own = &in->plan->nodes[v->node].shape;
        if (first != NULL && (first->n_dims != v->n_dims ||
                              memcmp(first->dims, v->dims, v->n_dims * sizeof *v->dims) != 0 ||
                              !dc_shape_equal(own, *shape)))
            return false;
        first = v;
        *shape = own;
    }
    return true;
}

/* A constant must be the same for all samples: its dim at the batch, if it has one, is 1; where the
 * batch is not the first dim, it has none. */
static dc_status check_batch(const onnx_in *in, const onnx_dims *dims)
{
    if (in->is_single)
        return DC_OK;
    for (uint32_t i = 0; i < in->node->n_inputs; i++) {
        const onnx_value *v = onnx_input_of(in, i);
        if (v->node != DC_NONE || onnx_array_count(v->array) == 1)
            continue;
        if (in->batch_at > 0 && v->array->n_dims + in->batch_at >= dims->n)
            return onnx_fail_batch(in, "of a constant, the batch is not its first dim");
        if (v->array->n_dims == dims->n && v->array->dims[0] != 1)
            return onnx_fail(in, DC_EUNSUPPORTED, "its constant is not the same for all samples");
    }
    return DC_OK;
}

/* An input in n_dims dims, or as it is when any shape will do. */
static dc_status operand(uint32_t *out, onnx_in *in, onnx_value *v, bool is_any, uint32_t n_dims)
{
    dc_shape shape = { .n_dims = n_dims };
    if (v->node == DC_NONE)
        return onnx_plan_array(out, in, v->array, n_dims);
    *out = v->node;
    if (is_any)
        return DC_OK;
    for (uint32_t i = 0; i < n_dims; i++) {
        const uint32_t from = v->n_dims + i - n_dims; /* wraps in front of the value */
        const bool is_own = from >= v->n_batch && from < v->n_dims;
        shape.dims[i] = is_own ? (uint32_t)v->dims[from] : 1;
    }
    return onnx_shaped(out, in, v, &shape);
}

dc_status onnx_plan_arith(onnx_in *in, dc_op op)
{
    onnx_dims dims;
    const dc_shape *plain = NULL;
    uint32_t node = 0;
    DC_TRY(common_dims(&dims, in));
    DC_TRY(check_batch(in, &dims));
    uint32_t *inputs = dc_arena_take(&in->arena, in->node->n_inputs, sizeof *inputs);
    DC_TRY(in->arena.status);
    if (!is_plain(in, &plain))
        plain = NULL;
    const uint32_t n_batch = !in->is_single || (dims.n > 0 && dims.dims[0] == 1);
    const uint32_t n_dims = plain != NULL ? plain->n_dims : DC_MAX(dims.n - n_batch, 1u);
    if (n_dims > DC_MAX_DIMS)
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "values of %u dims, at most %u and the batch can be computed",
                         (unsigned)dims.n, DC_MAX_DIMS);
    for (uint32_t i = 0; i < in->node->n_inputs; i++)
        DC_TRY(operand(&inputs[i], in, onnx_input_of(in, i), plain != NULL, n_dims));
    DC_TRY(onnx_plan(&node, in, op, inputs, in->node->n_inputs, NULL, NULL));
    return onnx_set_value(in, 0, node, dims.n, dims.dims);
}

/* ---- a bias that is added ---- */

/* Whether the constant is one number for each place in dim `axis` of the value. */
static bool is_bias(onnx_array *bias, const onnx_array *array, const onnx_value *value,
                    uint32_t axis)
{
    const uint32_t n_behind = value->n_dims - axis - 1;
    const uint64_t n_channels = value->dims[axis];
    onnx_array flat = *array;
    flat.n_dims = 0;
    if (array->n_dims > value->n_dims)
        return false;
    for (uint32_t i = 0; i < array->n_dims; i++) {
        if (array->dims[i] == 1)
            continue;
        if (array->n_dims - 1 - i != n_behind)
            return false;
        flat.n_dims = 1;
        flat.dims[0] = array->dims[i];
        flat.strides[0] = array->strides[i];
    }
    return onnx_array_broadcast(bias, &flat, 1, &n_channels);
}

/* Makes the Add part of the node before it and sets *is_done, if that is possible. */
static dc_status join_bias(bool *is_done, onnx_in *in)
{
    const onnx_value *a = onnx_input_of(in, 0), *b = onnx_input_of(in, 1);
    const onnx_value *value = a->node != DC_NONE ? a : b, *constant = a->node != DC_NONE ? b : a;
    onnx_array bias;
    *is_done = false;
    if (constant->array == NULL || value->n_uses != 1)
        return DC_OK;
    dc_node *node = &in->plan->nodes[value->node];
    const uint32_t n_own = value->n_dims - value->n_batch;
    const bool is_linear = node->op == DC_OP_LINEAR && n_own > 0;
    const bool has_weight = is_linear || (node->op == DC_OP_CONV && n_own >= 2);
    const uint32_t own_axis = is_linear ? node->shape.n_dims - 1 : 0;
    const uint32_t axis = is_linear ? value->n_dims - 1 : value->n_batch;
    if (!has_weight || dc_node_number(node, DC_ATTR_BIAS) != 0 ||
        node->shape.dims[own_axis] != value->dims[axis] ||
        !is_bias(&bias, constant->array, value, axis))
        return DC_OK;
    if (in->parts[value->node].maker != value->producer)
        return DC_OK; /* seen in another shape, and who knows where else */
    dc_node_set(node, DC_ATTR_BIAS, 1);
    *is_done = true;
    DC_TRY(onnx_force_param(in, value->node, 1, &bias, 1));
    return onnx_set_value(in, 0, value->node, value->n_dims, value->dims);
}

dc_status onnx_read_add(onnx_in *in)
{
    bool is_done = false;
    if (in->node->n_inputs == 1)
        return onnx_read_same(in);
    if (in->node->n_inputs == 2 && onnx_input_of(in, 0) != NULL && onnx_input_of(in, 1) != NULL)
        DC_TRY(join_bias(&is_done, in));
    return is_done ? DC_OK : onnx_plan_arith(in, DC_OP_ADD);
}

dc_status onnx_read_mean(onnx_in *in)
{
    const onnx_value *sum = &in->values[in->node->outputs[0]];
    uint32_t node = 0;
    if (in->node->n_inputs == 1)
        return onnx_read_same(in);
    DC_TRY(onnx_plan_arith(in, DC_OP_ADD));
    DC_TRY(onnx_plan_with(&node, in, DC_OP_MUL, sum->node, 1.0 / in->node->n_inputs));
    return onnx_set_value(in, 0, node, sum->n_dims, sum->dims);
}

/* ---- a value times a gate of itself ---- */

/* `gate` is sigmoid(x) or hard_sigmoid(x) of the slope that makes a hard_swish. */
static dc_op gated_op(const onnx_in *in, const onnx_value *x, const onnx_value *gate)
{
    if (x == NULL || gate == NULL || x->node == DC_NONE || gate->node == DC_NONE)
        return DC_OP_MUL;
    const dc_node *node = &in->plan->nodes[gate->node];
    if (node->n_inputs != 1 || node->inputs[0] != x->node || gate->n_dims != x->n_dims ||
        memcmp(gate->dims, x->dims, x->n_dims * sizeof *x->dims) != 0)
        return DC_OP_MUL;
    if (node->op == DC_OP_SIGMOID)
        return DC_OP_SILU;
    const bool is_sixth = fabs(dc_node_number(node, DC_ATTR_SLOPE) - 1.0 / 6) < 1e-6;
    return node->op == DC_OP_HARD_SIGMOID && is_sixth ? DC_OP_HARD_SWISH : DC_OP_MUL;
}

/* ---- gelu in parts: x, 1/2 and 1 + erf(x / sqrt 2), in any order ---- */

/* Whether the plan's node is a constant of one number, this one. */
static bool is_number(const onnx_in *in, uint32_t node, double number)
{
    const onnx_param *param = in->parts[node].params[0];
    return in->plan->nodes[node].op == DC_OP_CONSTANT && onnx_array_count(&param->array) == 1 &&
           onnx_type_is_float(param->array.type) &&
           fabs(onnx_number_at(&param->array, 0) * param->scale - number) < 1e-6 * number;
}

/* Whether `node` is `op` of *other and this number. */
static bool is_with(uint32_t *other, const onnx_in *in, uint32_t node, dc_op op, double number)
{
    const dc_node *n = &in->plan->nodes[node];
    if (n->op != op || n->n_inputs != 2)
        return false;
    const bool is_last = is_number(in, n->inputs[1], number);
    *other = n->inputs[is_last ? 0 : 1];
    return is_last || (op != DC_OP_DIV && is_number(in, n->inputs[0], number));
}

/* Whether `gate` is 1 + erf(x / sqrt 2). */
static bool is_share_below(const onnx_in *in, uint32_t gate, uint32_t x)
{
    const double root = sqrt(2);
    uint32_t of_erf, from;
    if (!is_with(&of_erf, in, gate, DC_OP_ADD, 1) || in->plan->nodes[of_erf].op != DC_OP_ERF)
        return false;
    const uint32_t scaled = in->plan->nodes[of_erf].inputs[0];
    return (is_with(&from, in, scaled, DC_OP_DIV, root) ||
            is_with(&from, in, scaled, DC_OP_MUL, 1 / root)) &&
           from == x;
}

/* Whether u v / 2 is the gelu of one of both. */
static bool is_gelu_of(uint32_t *x, const onnx_in *in, uint32_t u, uint32_t v)
{
    *x = is_share_below(in, u, v) ? v : u;
    return is_share_below(in, u, v) || is_share_below(in, v, u);
}

/* Whether the two inputs' product is gelu(*x): a half of a product, or halved before. */
static bool is_gelu(uint32_t *x, const onnx_in *in, const onnx_value *a, const onnx_value *b)
{
    uint32_t half;
    if (a->node == DC_NONE || b->node == DC_NONE) {
        const onnx_value *value = a->node != DC_NONE ? a : b, *number = a->node != DC_NONE ? b : a;
        const dc_node *product = &in->plan->nodes[value->node];
        return onnx_array_count(number->array) == 1 && onnx_type_is_float(number->array->type) &&
               fabs(onnx_number_at(number->array, 0) - 0.5) < 1e-6 && product->op == DC_OP_MUL &&
               product->n_inputs == 2 && is_gelu_of(x, in, product->inputs[0], product->inputs[1]);
    }
    if (a->n_dims != b->n_dims || memcmp(a->dims, b->dims, a->n_dims * sizeof *a->dims) != 0)
        return false;
    return (is_with(&half, in, a->node, DC_OP_MUL, 0.5) && is_gelu_of(x, in, half, b->node)) ||
           (is_with(&half, in, b->node, DC_OP_MUL, 0.5) && is_gelu_of(x, in, half, a->node));
}

static dc_status plan_gelu(onnx_in *in, uint32_t x)
{
    onnx_dims dims;
    uint32_t node = 0;
    DC_TRY(common_dims(&dims, in));
    DC_TRY(onnx_plan(&node, in, DC_OP_GELU, &x, 1, NULL, NULL));
    return onnx_set_value(in, 0, node, dims.n, dims.dims);
}

dc_status onnx_read_mul(onnx_in *in)
{
    const onnx_value *a = onnx_input_of(in, 0), *b = onnx_input_of(in, 1);
    uint32_t of_gelu;
    if (a != NULL && b != NULL && is_gelu(&of_gelu, in, a, b))
        return plan_gelu(in, of_gelu);
    const dc_op with_b = gated_op(in, a, b), with_a = gated_op(in, b, a);
    const onnx_value *x = with_b != DC_OP_MUL ? a : b;
    const dc_op op = with_b != DC_OP_MUL ? with_b : with_a;
    uint32_t node = 0;
    if (op == DC_OP_MUL)
        return onnx_plan_arith(in, DC_OP_MUL);
    DC_TRY(onnx_plan(&node, in, op, &x->node, 1, NULL, NULL));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}
