/* SPDX-License-Identifier: MIT
 *
 * Ops with weights: Conv, Gemm and MatMul with a constant, BatchNormalization, PRelu. A weight that
 * lies the other way round than ours is turned by its view, when it is copied.
 */
#include "onnx_ops.h"
#include "onnx_window.h"

#include <string.h>

/* `array`, repeated to one number a channel; `what` is its name in messages. */
static dc_status per_channel(onnx_array *out, const onnx_in *in, const onnx_array *array,
                             uint64_t n_channels, const char *what)
{
    onnx_array flat = *array;
    uint32_t n_dims = 0;
    for (uint32_t i = 0; i < array->n_dims; i++) {
        if (array->dims[i] == 1)
            continue;
        flat.dims[n_dims] = array->dims[i];
        flat.strides[n_dims++] = array->strides[i];
    }
    flat.n_dims = n_dims;
    if (n_dims <= 1 && onnx_array_broadcast(out, &flat, 1, &n_channels))
        return DC_OK;
    return onnx_fail(in, DC_ECORRUPT, "its %s does not fit %llu channels", what,
                     (unsigned long long)n_channels);
}

static dc_status refuse_empty(const onnx_in *in, const onnx_array *weight)
{
    return onnx_array_count(weight) > 0
               ? DC_OK
               : onnx_fail(in, DC_EUNSUPPORTED, "its weight has no elements");
}

/* ---- convolution ---- */

static dc_status conv_attrs(double attrs[DC_N_ATTRS], onnx_in *in, const onnx_value *x,
                            const onnx_array *weight, const dc_shape *shape)
{
    int64_t n_groups = 1;
    DC_TRY(onnx_node_int(&n_groups, in, "group", 1));
    if (n_groups < 1 || shape->dims[0] % n_groups != 0 ||
        weight->dims[0] % (uint64_t)n_groups != 0)
        return onnx_fail(in, DC_ECORRUPT, "%lld groups do not divide %u inputs and %llu outputs",
                         (long long)n_groups, (unsigned)shape->dims[0],
                         (unsigned long long)weight->dims[0]);
    dc_attrs_init(attrs, DC_OP_CONV);
    attrs[DC_ATTR_N_OUTPUTS] = (double)weight->dims[0];
    attrs[DC_ATTR_GROUPS] = (double)n_groups;
    attrs[DC_ATTR_BIAS] = onnx_input_of(in, 2) != NULL;
    return onnx_window(attrs, in, x, shape, weight->dims + 2);
}

/* (K,C,R,S) of (K,C,R) too */
static onnx_array as_kernels(const onnx_array *weight)
{
    onnx_array kernels = *weight;
    for (; kernels.n_dims < 4; kernels.n_dims++) {
        kernels.dims[kernels.n_dims] = 1;
        kernels.strides[kernels.n_dims] = 0;
    }
    return kernels;
}

dc_status onnx_read_conv(onnx_in *in)
{
    onnx_value *x = NULL;
    const onnx_array *weight = NULL, *bias = NULL;
    double attrs[DC_N_ATTRS];
    dc_shape shape;
    uint32_t from = 0, node = 0;
    DC_TRY(onnx_need_batch(&x, in, 0));
    DC_TRY(onnx_need_array(&weight, in, 1));
    DC_TRY(onnx_optional_array(&bias, in, 2));
    DC_TRY(onnx_window_shape(&shape, in, x, "convolved"));
    if (weight->n_dims != x->n_dims)
        return onnx_fail(in, DC_ECORRUPT, "its weight has %u dims, not %u",
                         (unsigned)weight->n_dims, (unsigned)x->n_dims);
    DC_TRY(refuse_empty(in, weight));
    const onnx_array kernels = as_kernels(weight);
    DC_TRY(conv_attrs(attrs, in, x, weight, &shape));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, DC_OP_CONV, &from, 1, attrs, onnx_layer_name(in, weight)));
    DC_TRY(onnx_set_param(in, node, 0, &kernels, 1));
    if (bias != NULL)
        DC_TRY(onnx_set_param(in, node, 1, bias, 1));
    return onnx_window_put(in, x, node);
}

dc_status onnx_read_conv_transpose(onnx_in *in)
{
    onnx_value *x = NULL;
    const onnx_array *weight = NULL, *bias = NULL;
    double attrs[DC_N_ATTRS];
    dc_shape shape;
    int64_t n_groups = 1;
    uint32_t from = 0, node = 0;
    DC_TRY(onnx_need_batch(&x, in, 0));
    DC_TRY(onnx_need_array(&weight, in, 1));
    DC_TRY(onnx_optional_array(&bias, in, 2));
    DC_TRY(onnx_window_shape(&shape, in, x, "convolved"));
    DC_TRY(onnx_node_int(&n_groups, in, "group", 1));
    if (weight->n_dims != x->n_dims || weight->dims[0] != shape.dims[0] || n_groups < 1 ||
        shape.dims[0] % n_groups != 0)
        return onnx_fail(in, DC_ECORRUPT, "its weight or group does not fit %u channels",
                         (unsigned)shape.dims[0]);
    DC_TRY(refuse_empty(in, weight));
    const onnx_array kernels = as_kernels(weight);
    dc_attrs_init(attrs, DC_OP_CONV_TRANSPOSE);
    attrs[DC_ATTR_N_OUTPUTS] = (double)weight->dims[1] * (double)n_groups;
    attrs[DC_ATTR_GROUPS] = (double)n_groups;
    attrs[DC_ATTR_BIAS] = bias != NULL;
    DC_TRY(onnx_window_turned(attrs, in, x, &shape, weight->dims + 2));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, DC_OP_CONV_TRANSPOSE, &from, 1, attrs,
                     onnx_layer_name(in, weight)));
    DC_TRY(onnx_set_param(in, node, 0, &kernels, 1));
    if (bias != NULL)
        DC_TRY(onnx_set_param(in, node, 1, bias, 1));
    return onnx_window_put(in, x, node);
}

/* ---- linear ---- */

/* The vectors of node `from`, which lie in its dims from `axis` on, times a weight (outputs,
 * inputs). */
static dc_status plan_linear(uint32_t *out, onnx_in *in, uint32_t from, uint32_t axis,
                             const onnx_array *weight, double scale, bool has_bias)
{
    double attrs[DC_N_ATTRS];
    DC_TRY(refuse_empty(in, weight));
    dc_attrs_init(attrs, DC_OP_LINEAR);
    attrs[DC_ATTR_N_OUTPUTS] = (double)weight->dims[0];
    attrs[DC_ATTR_BIAS] = has_bias;
    attrs[DC_ATTR_AXIS] = axis;
    DC_TRY(onnx_plan(out, in, DC_OP_LINEAR, &from, 1, attrs, onnx_layer_name(in, weight)));
    return onnx_set_param(in, *out, 0, weight, scale);
}

/* Rows and columns change places. */
static onnx_array turned(const onnx_array *matrix)
{
    onnx_array view = *matrix;
    view.dims[0] = matrix->dims[1];
    view.dims[1] = matrix->dims[0];
    view.strides[0] = matrix->strides[1];
    view.strides[1] = matrix->strides[0];
    return view;
}

typedef struct gemm {
    onnx_array weight;   /* (outputs, inputs)               */
    const onnx_array *c; /* NULL: none                      */
    double alpha, beta;
    bool turns; /* the vectors lie along the input's first dim */
} gemm;

static dc_status gemm_of(gemm *g, const onnx_in *in, const onnx_value *x)
{
    const onnx_array *b = NULL;
    int64_t turns_a = 0, turns_b = 0;
    *g = (gemm){ .alpha = 1, .beta = 1 };
    DC_TRY(onnx_need_array(&b, in, 1));
    DC_TRY(onnx_optional_array(&g->c, in, 2));
    DC_TRY(onnx_node_int(&turns_a, in, "transA", 0));
    DC_TRY(onnx_node_int(&turns_b, in, "transB", 0));
    DC_TRY(onnx_node_float(&g->alpha, in, "alpha", 1));
    DC_TRY(onnx_node_float(&g->beta, in, "beta", 1));
    if (x->n_dims != 2 || b->n_dims != 2)
        return onnx_fail(in, DC_ECORRUPT, "its inputs have %u and %u dims, not 2",
                         (unsigned)x->n_dims, (unsigned)b->n_dims);
    g->weight = turns_b != 0 ? *b : turned(b);
    g->turns = turns_a != 0;
    return DC_OK;
}

/* The layer of vectors from dim `axis` of node `from` on, with C as its bias if it is one. */
static dc_status plan_gemm(uint32_t *out, onnx_in *in, const gemm *g, uint32_t from, uint32_t axis,
                           bool has_bias)
{
    onnx_array bias;
    DC_TRY(plan_linear(out, in, from, axis, &g->weight, g->alpha, has_bias));
    if (!has_bias)
        return DC_OK;
    DC_TRY(per_channel(&bias, in, g->c, g->weight.dims[0], "bias"));
    return onnx_set_param(in, *out, 1, &bias, g->beta);
}

/* All of C, which has other numbers for other rows. */
static dc_status add_rows(uint32_t *node, onnx_in *in, const gemm *g, uint64_t n_rows)
{
    const uint64_t dims[2] = { n_rows, g->weight.dims[0] };
    uint32_t parts[2] = { *node };
    onnx_array wide;
    if (!onnx_array_broadcast(&wide, g->c, 2, dims))
        return onnx_fail(in, DC_ECORRUPT, "its C does not fit the product");
    DC_TRY(onnx_plan_array(&parts[1], in, g->c, 2));
    const onnx_array rows = in->parts[parts[1]].params[0]->array;
    DC_TRY(onnx_force_param(in, parts[1], 0, &rows, g->beta));
    return onnx_plan(node, in, DC_OP_ADD, parts, 2, NULL, NULL);
}

/* Of a batch of 1 the matrix is one sample's, turned or not. */
static dc_status gemm_of_rows(onnx_in *in, const onnx_value *x, const gemm *g)
{
    onnx_value own = *x;
    double attrs[DC_N_ATTRS];
    dc_shape shape;
    uint32_t node = 0;
    const bool has_bias = g->c != NULL && (g->c->n_dims < 2 || g->c->dims[0] == 1);
    const uint64_t dims[2] = { x->dims[g->turns ? 1 : 0], g->weight.dims[0] };
    own.n_batch = 0;
    DC_TRY(onnx_own_shape(&shape, in, &own));
    DC_TRY(onnx_shaped(&node, in, &own, &shape));
    dc_attrs_init(attrs, DC_OP_TRANSPOSE);
    attrs[DC_ATTR_DIM_0] = 2;
    attrs[DC_ATTR_DIM_1] = 1;
    if (g->turns)
        DC_TRY(onnx_plan_helper(&node, in, DC_OP_TRANSPOSE, &node, 1, attrs));
    DC_TRY(plan_gemm(&node, in, g, node, 1, has_bias));
    if (g->c != NULL && !has_bias)
        DC_TRY(add_rows(&node, in, g, dims[0]));
    return onnx_set_value(in, 0, node, 2, dims);
}

/* Of more samples than one, each is a row. */
dc_status onnx_read_gemm(onnx_in *in)
{
    onnx_value *x = NULL;
    gemm g;
    uint32_t node = 0;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(gemm_of(&g, in, x));
    if (x->n_batch == 0 || (g.turns && in->is_single))
        return gemm_of_rows(in, x, &g);
    if (g.turns)
        return onnx_fail_batch(in, "its transA makes the batch a dim of its sums");
    if (g.c != NULL && g.c->n_dims == 2 && g.c->dims[0] != 1)
        return onnx_fail(in, DC_EUNSUPPORTED, "its C is not the same for all samples");
    DC_TRY(plan_gemm(&node, in, &g, x->node, 0, g.c != NULL));
    return onnx_set_node(in, 0, node);
}

/* The constant as a weight (outputs, inputs): a matrix, a vector, which gives one output, or more
 * dims of which only the last two are not 1. */
static dc_status factor_of(onnx_array *weight, const onnx_in *in, const onnx_array *b)
{
    onnx_array matrix = *b;
    const uint32_t n_before = b->n_dims > 2 ? b->n_dims - 2 : 0;
    if (b->n_dims == 0 || onnx_count(n_before, b->dims) != 1)
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "its constant has %u dims, only a matrix can be multiplied with",
                         (unsigned)b->n_dims);
    matrix.n_dims = 2;
    for (uint32_t i = 0; i < 2; i++) {
        const bool is_there = n_before + i < b->n_dims;
        matrix.dims[i] = is_there ? b->dims[n_before + i] : 1;
        matrix.strides[i] = is_there ? b->strides[n_before + i] : 0;
    }
    *weight = turned(&matrix);
    return DC_OK;
}

/* The node of x in a shape with its vectors in the dims from `*axis` on: a sample that is one
 * vector stays as it is. */
static dc_status vectors_of(uint32_t *from, uint32_t *axis, onnx_in *in, onnx_value *x)
{
    const uint32_t n_own = x->n_dims - x->n_batch;
    const uint64_t *own = x->dims + x->n_batch, n_vectors = onnx_count(n_own - 1, own);
    dc_shape shape;
    *from = x->node;
    *axis = 0;
    if (n_vectors == 1)
        return DC_OK;
    if (n_own <= DC_MAX_DIMS)
        DC_TRY(onnx_own_shape(&shape, in, x));
    else if (n_vectors > UINT32_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input is too large");
    else
        shape = dc_shape_of(2, (uint32_t)n_vectors, (uint32_t)own[n_own - 1], 0, 0);
    *axis = shape.n_dims - 1;
    return onnx_shaped(from, in, x, &shape);
}

dc_status onnx_read_matmul(onnx_in *in)
{
    onnx_value *x = NULL;
    const onnx_array *b = NULL;
    onnx_array weight;
    uint32_t from = 0, axis = 0, node = 0;
    uint64_t dims[ONNX_MAX_DIMS];
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_need_array(&b, in, 1));
    if (x->n_dims <= x->n_batch || b->n_dims > DC_MAX(x->n_dims, 2u))
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "its inputs have %u and %u dims, only the vectors of a sample times a "
                         "constant matrix can be computed",
                         (unsigned)x->n_dims, (unsigned)b->n_dims);
    const uint32_t last = x->n_dims - 1;
    if (in->batch_at > 0 && in->batch_at == last)
        return onnx_fail_batch(in, "it sums over the batch");
    DC_TRY(factor_of(&weight, in, b));
    if (weight.dims[1] != x->dims[last])
        return onnx_fail(in, DC_ECORRUPT, "of vectors of %llu and a constant for %llu",
                         (unsigned long long)x->dims[last], (unsigned long long)weight.dims[1]);
    DC_TRY(vectors_of(&from, &axis, in, x));
    DC_TRY(plan_linear(&node, in, from, axis, &weight, 1, false));
    memcpy(dims, x->dims, sizeof dims);
    dims[last] = weight.dims[0];
    return onnx_set_value(in, 0, node, b->n_dims == 1 ? last : x->n_dims, dims);
}

/* ---- batch normalization, PRelu ---- */

/* Before opset 14 no attribute says it, but that statistics of the batch are put out. */
static dc_status refuse_training(const onnx_in *in)
{
    int64_t is_training = 0;
    DC_TRY(onnx_node_int(&is_training, in, "training_mode", 0));
    for (uint32_t i = 1; i < in->node->n_outputs; i++)
        is_training = is_training != 0 || in->node->outputs[i] != 0;
    return is_training != 0 ? onnx_fail_training(in) : DC_OK;
}

dc_status onnx_read_batch_norm(onnx_in *in)
{
    onnx_value *x = NULL;
    const onnx_array *params[4] = { NULL };
    double attrs[DC_N_ATTRS], epsilon = 0, momentum = 0;
    int64_t is_spatial = 1;
    dc_shape shape;
    uint32_t from = 0, node = 0;
    DC_TRY(onnx_need_batch(&x, in, 0));
    for (uint32_t i = 0; i < 4; i++)
        DC_TRY(onnx_need_array(&params[i], in, 1 + i));
    DC_TRY(onnx_node_float(&epsilon, in, "epsilon", 1e-5));
    DC_TRY(onnx_node_float(&momentum, in, "momentum", 0.9));
    DC_TRY(refuse_training(in));
    DC_TRY(onnx_node_int(&is_spatial, in, "spatial", 1));
    if (is_spatial != 1)
        return onnx_fail(in, DC_EUNSUPPORTED, "it is not spatial");
    dc_attrs_init(attrs, DC_OP_BATCH_NORM);
    attrs[DC_ATTR_EPSILON] =
        DC_MAX(onnx_meant(DC_OP_BATCH_NORM, DC_ATTR_EPSILON, epsilon), 1e-30);
    momentum = 1 - onnx_meant(DC_OP_BATCH_NORM, DC_ATTR_MOMENTUM, momentum);
    attrs[DC_ATTR_MOMENTUM] = onnx_meant(DC_OP_BATCH_NORM, DC_ATTR_MOMENTUM, momentum);
    DC_TRY(onnx_picture_shape(&shape, in, x));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, DC_OP_BATCH_NORM, &from, 1, attrs, onnx_layer_name(in, params[0])));
    for (uint32_t i = 0; i < 4; i++)
        DC_TRY(onnx_set_param(in, node, i, params[i], 1));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}

/* Slopes that are not one a channel, as they are not in ours: relu(x) + slope min(x, 0). */
static dc_status slopes_of_places(onnx_in *in, onnx_value *x, const onnx_array *slope,
                                  const dc_shape *shape)
{
    double attrs[DC_N_ATTRS];
    uint32_t from = 0, below[2] = { 0 }, parts[2] = { 0 }, node = 0;
    onnx_array wide;
    uint64_t dims[DC_MAX_DIMS];
    for (uint32_t i = 0; i < shape->n_dims; i++)
        dims[i] = shape->dims[i];
    onnx_array own = *slope;
    for (; own.n_dims > shape->n_dims && own.dims[0] == 1; own.n_dims--) {
        memmove(own.dims, own.dims + 1, (own.n_dims - 1) * sizeof *own.dims);
        memmove(own.strides, own.strides + 1, (own.n_dims - 1) * sizeof *own.strides);
    }
    if (!onnx_array_broadcast(&wide, &own, shape->n_dims, dims))
        return onnx_fail(in, DC_EUNSUPPORTED, "its slopes do not fit a sample");
    dc_attrs_init(attrs, DC_OP_CLIP);
    attrs[DC_ATTR_MIN] = -ONNX_FAR;
    attrs[DC_ATTR_MAX] = 0;
    DC_TRY(onnx_shaped(&from, in, x, shape));
    DC_TRY(onnx_plan_helper(&below[0], in, DC_OP_CLIP, &from, 1, attrs));
    DC_TRY(onnx_plan_array(&below[1], in, &own, shape->n_dims));
    DC_TRY(onnx_plan_helper(&parts[0], in, DC_OP_RELU, &from, 1, NULL));
    DC_TRY(onnx_plan_helper(&parts[1], in, DC_OP_MUL, below, 2, NULL));
    DC_TRY(onnx_plan(&node, in, DC_OP_ADD, parts, 2, NULL, NULL));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}

dc_status onnx_read_prelu(onnx_in *in)
{
    onnx_value *x = NULL;
    const onnx_array *slope = NULL;
    onnx_array wide;
    dc_shape shape;
    uint32_t from = 0, node = 0;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_need_array(&slope, in, 1));
    DC_TRY(onnx_own_shape(&shape, in, x));
    const uint32_t channel_at = x->n_dims - x->n_batch - 1; /* from the last dim */
    for (uint32_t i = 0; i < slope->n_dims; i++)
        if (slope->dims[i] != 1 && slope->n_dims - 1 - i != channel_at)
            return slopes_of_places(in, x, slope, &shape);
    DC_TRY(per_channel(&wide, in, slope, shape.dims[0], "slope"));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, DC_OP_PRELU, &from, 1, NULL, onnx_layer_name(in, slope)));
    DC_TRY(onnx_set_param(in, node, 0, &wide, 1));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}
