/* SPDX-License-Identifier: MIT
 *
 * The other nodes on oneDNN: pools, batch norm, LRN, concat, add, and views. Each works in
 * the layout its input comes in, so that nothing is reordered between a convolution and what
 * follows it.
 *
 * Batch norm in training makes the batch's biased variance; the running state takes the unbiased
 * one, as the plain op does.
 */
#include "net_onednn.h"

dc_dnn_pass dc_onednn_pass_of(const dc_onednn_net *net)
{
    return net->base.settings.is_training ? DC_DNN_TRAIN : DC_DNN_INFER;
}

/* The input of a one-input node. */
static dc_onednn_value *in_of(dc_onednn_net *net, uint32_t index)
{
    return dc_onednn_input(net, &net->base.model->nodes[index], 0);
}

/* Whether the value still has the dims that the node it is read through shows. */
static bool has_dims_of(const dc_onednn_net *net, const dc_onednn_value *value, uint32_t node)
{
    return value->n_dims == net->base.model->nodes[node].shape.n_dims + 1;
}

/* ---- views: flatten always, dropout in prediction, reshape where dims allow it ---- */

static bool view_forward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    if (node->op == DC_OP_DROPOUT && net->base.settings.is_training)
        return false;
    net->values[index].root = net->values[node->inputs[0]].root;
    return true;
}

static void no_backward(dc_onednn_net *net, uint32_t index)
{
    (void)net, (void)index;
}

/* Dims that the maker has anyway, and a vector, are a view in any layout. Others are the maker's
 * bytes in row-major, seen with new dims; those of the batch change their place with every step,
 * so it is copied by plain code. */
static bool reshape_forward(dc_onednn_net *net, uint32_t index)
{
    dc_onednn_value *value = &net->values[index], *in = in_of(net, index);
    bool is_view = value->n_dims == in->n_dims;
    for (unsigned i = 0; i < value->n_dims; i++)
        is_view = is_view && value->dims[i] == in->dims[i];
    if (is_view || value->n_dims == 2)
        return view_forward(net, index);
    if (!in->y || in == &net->values[0])
        return false;
    const dc_dnn_memory *bytes =
        dc_onednn_value_as(net, in, dc_onednn_value_plain(net, in, in->type), &net->forward);
    value->type = in->type;
    value->y = bytes ? dc_dnn_memory_new(&net->dnn, dc_onednn_value_plain(net, value, in->type),
                                         bytes->data)
                     : NULL;
    dc_onednn_reuse_hold(value, in);
    return true;
}

static void reshape_backward(dc_onednn_net *net, uint32_t index)
{
    dc_onednn_value *value = &net->values[index], *in = in_of(net, index);
    const dc_dnn_layout *plain = dc_onednn_value_plain(net, in, value->type);
    dc_dnn_memory *dy =
        dc_onednn_gradient_as(net, value, dc_onednn_value_plain(net, value, value->type));
    dc_dnn_memory *dx = dc_onednn_gradient_begin(net, in, plain);
    dc_onednn_add_reorder(net, &net->backward, dc_onednn_seen_as(net, dy, plain), dx);
    dc_onednn_gradient_end(net, in, dx);
}

/* ---- one input, one result, one layout ---- */

void dc_onednn_unary_forward(dc_onednn_net *net, uint32_t index, const dc_dnn_layout *dst)
{
    dc_onednn_value *value = &net->values[index], *in = in_of(net, index);
    const dc_dnn_layout *workspace = dc_dnn_needs(&net->dnn, value->forward, DC_DNN_WORKSPACE);
    if (workspace)
        value->workspace = dc_dnn_memory_new(&net->dnn, workspace, NULL);
    dc_onednn_value_make(net, value, dst, in->type);
    const dc_dnn_bound bound[] = { { DC_DNN_SRC, in->y },
                                   { DC_DNN_DST, value->y },
                                   { DC_DNN_WORKSPACE, value->workspace } };
    dc_onednn_add_step(net, &net->forward, value->forward, DC_COUNT_OF(bound), bound);
}

void dc_onednn_unary_backward(dc_onednn_net *net, uint32_t index, bool by_src, bool by_dst)
{
    dc_onednn_value *value = &net->values[index], *in = in_of(net, index);
    dc_dnn_memory *dy = value->y ? dc_onednn_gradient_as(net, value, value->y->layout) : NULL;
    dc_dnn_memory *dx = in->y ? dc_onednn_gradient_begin(net, in, in->y->layout) : NULL;
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, by_src ? in->y : NULL },
        { DC_DNN_DST, by_dst ? value->y : NULL },
        { DC_DNN_WORKSPACE, value->workspace },
        { DC_DNN_D_DST, dy },
        { DC_DNN_D_SRC, dx },
    };
    dc_onednn_add_step(net, &net->backward, value->back_data, DC_COUNT_OF(bound), bound);
    dc_onednn_gradient_end(net, in, dx);
}

static bool lrn_forward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    dc_onednn_value *value = &net->values[index], *in = in_of(net, index);
    if (!in->y)
        return false;
    const float abk[] = { (float)dc_node_number(node, DC_ATTR_ALPHA),
                          (float)dc_node_number(node, DC_ATTR_BETA),
                          (float)dc_node_number(node, DC_ATTR_K) };
    const uint32_t size = dc_node_whole(node, DC_ATTR_SIZE);
    const dc_dnn_layout *data = in->y->layout;
    value->forward = dc_dnn_lrn(&net->dnn, dc_onednn_pass_of(net), data, size, abk, NULL);
    if (net->base.settings.is_training)
        value->back_data = dc_dnn_lrn(&net->dnn, DC_DNN_BACK_DATA, data, size, abk, value->forward);
    if (!value->forward || (net->base.settings.is_training && !value->back_data))
        return false;
    dc_onednn_unary_forward(net, index, data);
    return true;
}

static void lrn_backward(dc_onednn_net *net, uint32_t index)
{
    dc_onednn_unary_backward(net, index, true, false);
}

/* ---- pools ---- */

/* What the last window needs beyond the picture; more than the pad that was asked for in ceil mode.
 */
static uint32_t pad_high_of(const dc_dnn_window *w, int axis, uint32_t n_in, uint32_t n_out,
                            uint32_t pad)
{
    const uint32_t padded = n_in + w->pad_low[axis] + pad;
    if ((padded - w->kernel[axis]) / w->stride[axis] + 1 == n_out)
        return pad;
    return (n_out - 1) * w->stride[axis] + w->kernel[axis] - n_in - w->pad_low[axis];
}

/* False when the library counts pads otherwise than we do. */
static bool pool_shape(dc_dnn_window *w, dc_dnn_pool_kind *kind, const dc_node *node,
                       const dc_onednn_value *in, const dc_onednn_value *value)
{
    *w = (dc_dnn_window){ .dilation = { 1, 1 }, .stride = { 1, 1 } };
    *kind = node->op == DC_OP_MAX_POOL ? DC_DNN_MAX : DC_DNN_MEAN;
    if (node->op == DC_OP_GLOBAL_AVERAGE_POOL) {
        w->kernel[0] = in->dims[2];
        w->kernel[1] = in->dims[3];
        return true;
    }
    const uint32_t pads[] = { dc_node_whole(node, DC_ATTR_PAD_BOTTOM),
                              dc_node_whole(node, DC_ATTR_PAD_RIGHT) };
    w->kernel[0] = dc_node_whole(node, DC_ATTR_KERNEL_H);
    w->kernel[1] = dc_node_whole(node, DC_ATTR_KERNEL_W);
    w->stride[0] = dc_node_whole(node, DC_ATTR_STRIDE_H);
    w->stride[1] = dc_node_whole(node, DC_ATTR_STRIDE_W);
    w->pad_low[0] = dc_node_whole(node, DC_ATTR_PAD_TOP);
    w->pad_low[1] = dc_node_whole(node, DC_ATTR_PAD_LEFT);
    for (int axis = 0; axis < 2; axis++)
        w->pad_high[axis] =
            pad_high_of(w, axis, in->dims[2 + axis], value->dims[2 + axis], pads[axis]);
    if (node->op == DC_OP_MAX_POOL || !dc_node_whole(node, DC_ATTR_COUNT_PAD))
        return true;
    *kind = DC_DNN_MEAN_WITH_PAD;
    return w->pad_high[0] == pads[0] && w->pad_high[1] == pads[1];
}

static dc_status pool_up(dc_onednn_net *net, const dc_onednn_action *action)
{
    dc_nhwc_max_pool(&net->values[action->node].window, action->from->data, action->to->data);
    return DC_OK;
}

static dc_status pool_down(dc_onednn_net *net, const dc_onednn_action *action)
{
    const dc_onednn_value *value = &net->values[action->node];
    dc_nhwc_max_pool_back(&value->window, value->workspace->data, value->y->data,
                          action->from->data, action->to->data);
    return DC_OK;
}

/* Maximum pools on channels-last values whose windows lie side by side: nhwc.c is several times
 * faster. */
static bool own_pool(dc_onednn_net *net, uint32_t index, const dc_dnn_window *w)
{
    dc_onednn_value *value = &net->values[index], *in = in_of(net, index);
    const dc_dnn_layout *last = dc_dnn_channels_last(&net->dnn, in->dims, in->type);
    for (int axis = 0; axis < 2; axis++)
        if (w->kernel[axis] != w->stride[axis] || w->pad_low[axis] != 0 ||
            value->dims[2 + axis] * w->kernel[axis] > in->dims[2 + axis])
            return false;
    if (!dc_dnn_same(in->y->layout, last) || in == &net->values[0])
        return false;
    value->is_own_pool = true;
    value->window = (dc_nhwc){
        .n = in->dims[0],
        .n_channels = in->dims[1],
        .height = in->dims[2],
        .width = in->dims[3],
        .out_height = value->dims[2],
        .out_width = value->dims[3],
        .kernel = { w->kernel[0], w->kernel[1] },
        .stride = { w->stride[0], w->stride[1] },
        .dilation = { 1, 1 },
        .is_bf16 = in->type == DC_DNN_BF16,
    };
    dc_onednn_value_make(net, value, dc_dnn_channels_last(&net->dnn, value->dims, in->type),
                         in->type);
    value->workspace = in->y;
    dc_onednn_add(
        net, &net->forward,
        (dc_onednn_action){ .run = pool_up, .node = index, .to = value->y, .from = in->y });
    return true;
}

static bool pool_forward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    dc_onednn_value *value = &net->values[index], *in = in_of(net, index);
    dc_dnn_window window;
    dc_dnn_pool_kind kind;
    if (!in->y || in->n_dims != 4)
        return false;
    const uint32_t as_vector = value->n_dims;
    if (node->op == DC_OP_GLOBAL_AVERAGE_POOL) { /* (N,C) as (N,C,1,1) */
        value->n_dims = 4;
        value->dims[2] = value->dims[3] = 1;
    }
    if (!pool_shape(&window, &kind, node, in, value))
        return false;
    if (kind == DC_DNN_MAX && own_pool(net, index, &window))
        return true;
    const dc_dnn_layout *io[] = { in->y->layout, dc_onednn_value_any(net, value, in->type) };
    value->forward = dc_dnn_pool(&net->dnn, dc_onednn_pass_of(net), kind, &window, io, NULL);
    io[1] = dc_dnn_needs(&net->dnn, value->forward, DC_DNN_DST);
    if (value->forward && net->base.settings.is_training)
        value->back_data =
            dc_dnn_pool(&net->dnn, DC_DNN_BACK_DATA, kind, &window, io, value->forward);
    if (!value->forward || (net->base.settings.is_training && !value->back_data)) {
        value->n_dims = as_vector;
        return false;
    }
    dc_onednn_unary_forward(net, index, io[1]);
    return true;
}

static void pool_backward(dc_onednn_net *net, uint32_t index)
{
    dc_onednn_value *value = &net->values[index], *in = in_of(net, index);
    if (value->is_own_pool && value->y && in->y) {
        dc_dnn_memory *dy = dc_onednn_gradient_as(net, value, value->y->layout);
        dc_dnn_memory *dx = dc_onednn_gradient_begin(net, in, in->y->layout);
        dc_onednn_add(
            net, &net->backward,
            (dc_onednn_action){ .run = pool_down, .node = index, .to = dx, .from = dy });
        dc_onednn_gradient_end(net, in, dx);
        return;
    }
    dc_onednn_unary_backward(net, index, false, false);
}

/* ---- batch norm ---- */

enum { SCALE, SHIFT, MEAN, VARIANCE };

/* Running mean and variance towards the batch's. */
static dc_status move_state(dc_onednn_net *net, const dc_onednn_action *action)
{
    const dc_node *node = &net->base.model->nodes[action->node];
    const dc_onednn_value *value = &net->values[action->node];
    const uint32_t n_channels = node->shape.dims[0];
    const double count =
        (double)net->base.settings.batch_size * (double)dc_shape_count(&node->shape) / n_channels;
    const float rate = (float)dc_node_number(node, DC_ATTR_MOMENTUM);
    const float unbiased = (float)(count / DC_MAX(count - 1, 1));
    const float *mean = value->mean->data, *variance = value->variance->data;
    float *running_mean = net->params[dc_node_param(node, MEAN)].w->data;
    float *running_variance = net->params[dc_node_param(node, VARIANCE)].w->data;
    for (uint32_t c = 0; c < n_channels; c++) {
        running_mean[c] += rate * (mean[c] - running_mean[c]);
        running_variance[c] += rate * (variance[c] * unbiased - running_variance[c]);
    }
    return DC_OK;
}

static bool norm_forward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    dc_onednn_value *value = &net->values[index], *in = in_of(net, index);
    if (net->values[node->inputs[0]].norm == index) /* within the convolution */
        return view_forward(net, index);
    if (!in->y || !has_dims_of(net, in, index))
        return false;
    const bool is_training = net->base.settings.is_training;
    const float epsilon = (float)dc_node_number(node, DC_ATTR_EPSILON);
    const dc_dnn_layout *data = in->y->layout;
    value->forward = dc_dnn_norm(&net->dnn, dc_onednn_pass_of(net), data, epsilon, NULL);
    if (is_training)
        value->back_data = dc_dnn_norm(&net->dnn, DC_DNN_BACK_DATA, data, epsilon, value->forward);
    if (!value->forward || (is_training && !value->back_data))
        return false;
    dc_dnn_memory *p[VARIANCE + 1];
    for (uint32_t k = 0; k < DC_COUNT_OF(p); k++)
        p[k] = dc_onednn_param_make_plain(net, dc_node_param(node, k));
    value->mean = p[MEAN];
    value->variance = p[VARIANCE];
    if (is_training) {
        const dc_dnn_layout *vector = dc_dnn_plain(&net->dnn, 1, &in->dims[1], DC_DNN_F32);
        value->mean = dc_dnn_memory_new(&net->dnn, vector, NULL);
        value->variance = dc_dnn_memory_new(&net->dnn, vector, NULL);
    }
    dc_onednn_value_make(net, value, data, in->type);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, in->y },           { DC_DNN_DST, value->y },
        { DC_DNN_SCALE, p[SCALE] },      { DC_DNN_SHIFT, p[SHIFT] },
        { DC_DNN_MEAN_OF, value->mean }, { DC_DNN_VARIANCE, value->variance },
    };
    dc_onednn_add_step(net, &net->forward, value->forward, DC_COUNT_OF(bound), bound);
    if (is_training)
        dc_onednn_add(net, &net->forward, (dc_onednn_action){ .run = move_state, .node = index });
    return true;
}

/* A first layer's input needs no gradient, but the step makes one. */
static void norm_backward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    dc_onednn_value *value = &net->values[index], *in = in_of(net, index);
    if (!value->y || !in->y)
        return;
    dc_dnn_memory *dy = dc_onednn_gradient_as(net, value, value->y->layout);
    dc_dnn_memory *dx = in->needs_gradient ? dc_onednn_gradient_begin(net, in, in->y->layout)
                                           : dc_dnn_memory_new(&net->dnn, in->y->layout, NULL);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, in->y },
        { DC_DNN_MEAN_OF, value->mean },
        { DC_DNN_VARIANCE, value->variance },
        { DC_DNN_D_DST, dy },
        { DC_DNN_SCALE, net->params[dc_node_param(node, SCALE)].w },
        { DC_DNN_D_SRC, dx },
        { DC_DNN_D_SCALE, net->params[dc_node_param(node, SCALE)].dw },
        { DC_DNN_D_SHIFT, net->params[dc_node_param(node, SHIFT)].dw },
        { DC_DNN_SHIFT, net->params[dc_node_param(node, SHIFT)].w }, /* not in every version */
    };
    dc_onednn_add_step(net, &net->backward, value->back_data, DC_COUNT_OF(bound), bound);
    if (in->needs_gradient)
        dc_onednn_gradient_end(net, in, dx);
}

/* ---- many inputs ---- */

static bool gather_inputs(dc_onednn_net *net, uint32_t index, const dc_dnn_layout **layouts)
{
    const dc_node *node = &net->base.model->nodes[index];
    const bool is_concat = node->op == DC_OP_CONCAT;
    const dc_dnn_layout *of_first = NULL;
    dc_dnn_type type = dc_onednn_input(net, node, 0)->type;
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        dc_onednn_value *in = dc_onednn_input(net, node, k);
        if (!in->y || !has_dims_of(net, in, index) || in->type != type)
            return false;
        if (!is_concat && !dc_shape_equal(&net->base.model->nodes[node->inputs[k]].shape,
                                          &node->shape))
            return false; /* it is broadcast */
        if (!of_first)
            of_first = in->y->layout;
        layouts[k] = is_concat ? in->y->layout : of_first;
    }
    return true;
}

static bool join_forward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    const bool is_concat = node->op == DC_OP_CONCAT;
    dc_onednn_value *value = &net->values[index];
    const dc_dnn_layout **layouts =
        dc_arena_take(&net->base.arena, node->n_inputs, sizeof *layouts);
    dc_dnn_bound *bound = dc_arena_take(&net->base.arena, node->n_inputs + 1u, sizeof *bound);
    if (!layouts || !bound || node->n_inputs + 1 > DC_DNN_MAX_BOUND ||
        !gather_inputs(net, index, layouts))
        return false;
    const dc_dnn_type type = dc_onednn_input(net, node, 0)->type;
    value->forward = is_concat ? dc_dnn_concat(&net->dnn, dc_onednn_value_any(net, value, type),
                                               node->n_inputs, layouts)
                               : dc_dnn_sum(&net->dnn, layouts[0], node->n_inputs, layouts);
    if (!value->forward)
        return false;
    dc_onednn_value_make(net, value,
                      is_concat ? dc_dnn_needs(&net->dnn, value->forward, DC_DNN_DST) : layouts[0],
                      type);
    for (uint32_t k = 0; k < node->n_inputs; k++)
        bound[k] = (dc_dnn_bound){ (int)(DC_DNN_MANY + k),
                                   dc_onednn_value_as(net, dc_onednn_input(net, node, k),
                                                      layouts[k], &net->forward) };
    bound[node->n_inputs] = (dc_dnn_bound){ DC_DNN_DST, value->y };
    dc_onednn_add_step(net, &net->forward, value->forward, node->n_inputs + 1, bound);
    return true;
}

/* ---- two inputs, one of them repeated; in prediction only ---- */
/* A quotient is left to plain code: where blocks are filled up it would be 0 / 0. */

static bool has_shape(const dc_onednn_value *value, const dc_shape *shape)
{
    bool has = value->n_dims == shape->n_dims + 1;
    for (uint32_t d = 0; has && d < shape->n_dims; d++)
        has = value->dims[d + 1] == shape->dims[d];
    return has;
}

static bool pair_forward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    const dc_dnn_pair_kind kind = node->op == DC_OP_ADD   ? DC_DNN_ADD
                                  : node->op == DC_OP_MUL ? DC_DNN_MUL
                                                          : DC_DNN_SUB;
    dc_onednn_value *value = &net->values[index], *in[2];
    if (node->n_inputs != 2 || net->base.settings.is_training)
        return false;
    for (uint32_t k = 0; k < 2; k++) {
        in[k] = dc_onednn_input(net, node, k);
        if (!in[k]->y || !has_shape(in[k], &net->base.model->nodes[node->inputs[k]].shape))
            return false;
    }
    const bool is_first = has_shape(in[0], &node->shape) || kind == DC_DNN_SUB;
    dc_onednn_value *wide = is_first ? in[0] : in[1];
    dc_onednn_value *other = is_first ? in[1] : in[0];
    if (!has_shape(wide, &node->shape) || wide->type != other->type)
        return false;
    const dc_dnn_layout *data = wide->y->layout;
    const dc_dnn_layout *wanted =
        dc_dnn_like(&net->dnn, data, wide->n_dims, wide->dims, other->dims, wide->type);
    value->forward = wanted ? dc_dnn_pair(&net->dnn, kind, data, wanted) : NULL;
    if (!value->forward)
        return false;
    dc_onednn_value_make(net, value, data, wide->type);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, wide->y },
        { DC_DNN_SRC_1, dc_onednn_value_as(net, other, wanted, &net->forward) },
        { DC_DNN_DST, value->y },
    };
    dc_onednn_add_step(net, &net->forward, value->forward, DC_COUNT_OF(bound), bound);
    return true;
}

static bool add_forward(dc_onednn_net *net, uint32_t index)
{
    return join_forward(net, index) || pair_forward(net, index);
}

/* Each input gets a copy of its share: all of dy, or its channels. */
static void join_backward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    dc_onednn_value *value = &net->values[index];
    uint32_t first = 0;
    for (uint32_t k = 0; k < node->n_inputs && value->y; k++) {
        dc_onednn_value *in = dc_onednn_input(net, node, k);
        const uint32_t at[DC_DNN_MAX_DIMS] = { 0, first };
        first += in->dims[1];
        if (!in->needs_gradient || !in->y)
            continue;
        dc_dnn_memory *share = dc_onednn_gradient_as(net, value, value->y->layout);
        if (share && node->op == DC_OP_CONCAT) {
            const dc_dnn_layout *part =
                dc_dnn_part_of(&net->dnn, share->layout, in->n_dims, in->dims, at);
            if (!part) { /* its blocks cross the border */
                share = dc_onednn_gradient_as(net, value,
                                              dc_onednn_value_plain(net, value, value->type));
                part = share
                           ? dc_dnn_part_of(&net->dnn, share->layout, in->n_dims, in->dims, at)
                           : NULL;
            }
            share = share ? dc_dnn_memory_new(&net->dnn, part, share->data) : NULL;
        }
        dc_dnn_memory *dx = dc_onednn_gradient_begin(net, in, in->y->layout);
        dc_onednn_add_reorder(net, &net->backward, share, dx);
        dc_onednn_gradient_end(net, in, dx);
    }
}

/* ---- the table ---- */

static const dc_onednn_builder own[] = {
    { DC_OP_FLATTEN, view_forward, no_backward },
    { DC_OP_DROPOUT, view_forward, no_backward },
    { DC_OP_RESHAPE, reshape_forward, reshape_backward },
    { DC_OP_LRN, lrn_forward, lrn_backward },
    { DC_OP_MAX_POOL, pool_forward, pool_backward },
    { DC_OP_AVERAGE_POOL, pool_forward, pool_backward },
    { DC_OP_GLOBAL_AVERAGE_POOL, pool_forward, pool_backward },
    { DC_OP_BATCH_NORM, norm_forward, norm_backward },
    { DC_OP_CONCAT, join_forward, join_backward },
    { DC_OP_ADD, add_forward, join_backward },
    { DC_OP_MUL, pair_forward, no_backward },
    { DC_OP_SUB, pair_forward, no_backward },
};

const dc_onednn_builder *dc_onednn_builder_of(dc_op op)
{
    static const dc_onednn_builder curve = { DC_N_OPS, dc_onednn_curve_forward,
                                             dc_onednn_curve_backward };
    if (op == DC_OP_CONV)
        return &dc_onednn_conv_builder;
    if (op == DC_OP_CONV_TRANSPOSE)
        return &dc_onednn_deconv_builder;
    if (op == DC_OP_LINEAR)
        return &dc_onednn_linear_builder;
    for (size_t i = 0; i < DC_COUNT_OF(own); i++)
        if (own[i].op == op)
            return &own[i];
    return dc_op_kind_of((uint32_t)op)->curve != NULL ? &curve : NULL;
}
