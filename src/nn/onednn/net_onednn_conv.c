/* SPDX-License-Identifier: MIT
 *
 * Convolutions on oneDNN, with bias and a following activation fused. Linear layers are in
 * net_onednn_linear.c.
 *
 * Layouts are the library's choice, or channels last where the net is so. In training, weights
 * are stored in the order that forward prefers; backward by data gets a reordered copy where it
 * prefers another one, and so does the gradient of the weights on its way out. The activation's
 * backward works in place on dy and needs its result only.
 *
 * A 1 x 1 convolution with pads is slow there. In prediction it is run without them, and around its
 * result comes what it makes of zeros: the bias, put there once.
 *
 * With bf16 and channel counts that do not fill AMX tiles, oneDNN 2.6 is slow at the gradient of
 * weights: there it is made as one matrix product of dy with the patches of x.
 */
#include "net_onednn.h"

typedef struct layer {
    const dc_node *node;
    dc_onednn_value *value, *in;
    dc_dnn_window window;
    unsigned n_dims; /* of the weights */
    uint32_t dims[DC_DNN_MAX_DIMS];
    bool has_bias, is_last; /* channels last */
} layer;

static layer layer_of(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    layer l = { .node = node, .value = &net->values[index], .in = dc_onednn_input(net, node, 0) };
    const uint32_t *weight = net->base.model->params[dc_node_param(node, 0)].shape.dims;
    const uint32_t n_groups = dc_node_whole(node, DC_ATTR_GROUPS);
    uint32_t *dims = l.dims;
    l.has_bias = dc_node_param(node, 1) != DC_NONE || l.value->norm != 0;
    l.is_last = net->is_channels_last && (n_groups == 1 || weight[1] == 1);
    if (n_groups > 1)
        *dims++ = n_groups;
    *dims++ = weight[0] / n_groups;
    for (unsigned i = 1; i < 4; i++)
        *dims++ = weight[i];
    l.n_dims = (unsigned)(dims - l.dims);
    l.window = (dc_dnn_window){
        .kernel = { weight[2], weight[3] },
        .stride = { dc_node_whole(node, DC_ATTR_STRIDE_H), dc_node_whole(node, DC_ATTR_STRIDE_W) },
        .dilation = { dc_node_whole(node, DC_ATTR_DILATION_H),
                      dc_node_whole(node, DC_ATTR_DILATION_W) },
        .pad_low = { dc_node_whole(node, DC_ATTR_PAD_TOP), dc_node_whole(node, DC_ATTR_PAD_LEFT) },
        .pad_high = { dc_node_whole(node, DC_ATTR_PAD_BOTTOM),
                      dc_node_whole(node, DC_ATTR_PAD_RIGHT) },
    };
    return l;
}

static const dc_dnn_layout *picture(dc_onednn_net *net, const layer *l,
                                    const dc_onednn_value *value)
{
    return l->is_last ? dc_dnn_channels_last(&net->dnn, value->dims, net->type)
                      : dc_onednn_value_any(net, value, net->type);
}

static const dc_dnn_layout *bias_layout(dc_onednn_net *net, const layer *l)
{
    return l->has_bias ? dc_dnn_plain(&net->dnn, 1, &l->value->dims[1], DC_DNN_F32) : NULL;
}

/* ---- the gradient of weights by patches ---- */

static bool suits_patches(const dc_onednn_net *net, const layer *l)
{
    const dc_param *weights = &net->base.model->params[dc_node_param(l->node, 0)];
    const bool fills_tiles = weights->shape.dims[0] % 16 == 0 && weights->shape.dims[1] % 16 == 0;
    return net->type == DC_DNN_BF16 && l->n_dims == 4 && !fills_tiles;
}

static uint32_t patch_of(const layer *l)
{
    return l->dims[1] * l->dims[2] * l->dims[3];
}

static uint32_t n_patches(const layer *l)
{
    return l->value->dims[0] * l->value->dims[2] * l->value->dims[3];
}

static void plan_patches(dc_onednn_net *net, const layer *l)
{
    dc_dnn *dnn = &net->dnn;
    dc_onednn_value *value = l->value;
    const uint32_t src[] = { n_patches(l), patch_of(l) }, dst[] = { src[0], l->dims[0] };
    const uint32_t weights[] = { l->dims[0], src[1] };
    const dc_dnn_layout *x = dc_dnn_plain(dnn, 2, src, net->type), *bias = bias_layout(net, l);
    const dc_dnn_layout *y = dc_dnn_plain(dnn, 2, dst, net->type);
    const dc_dnn_layout *const up[] = { x, dc_dnn_plain(dnn, 2, weights, net->type), bias, y };
    const dc_dnn_layout *const down[] = { x, dc_dnn_plain(dnn, 2, weights, DC_DNN_F32), bias, y };
    const dc_dnn_plan *hint = dc_dnn_linear(dnn, DC_DNN_TRAIN, up, NULL, NULL);
    const dc_dnn_plan *plan =
        hint ? dc_dnn_linear(dnn, DC_DNN_BACK_WEIGHTS, down, NULL, hint) : NULL;
    if (!plan)
        return;
    value->back_weights = plan;
    value->by_patches = true;
    value->window = (dc_nhwc){
        .n = l->in->dims[0],
        .n_channels = l->in->dims[1],
        .height = l->in->dims[2],
        .width = l->in->dims[3],
        .out_height = value->dims[2],
        .out_width = value->dims[3],
        .kernel = { l->dims[2], l->dims[3] },
        .stride = { l->window.stride[0], l->window.stride[1] },
        .dilation = { l->window.dilation[0], l->window.dilation[1] },
        .pad = { l->window.pad_low[0], l->window.pad_low[1] },
        .is_bf16 = true,
    };
}

static dc_status gather(dc_onednn_net *net, const dc_onednn_action *action)
{
    dc_nhwc_patches(&net->values[action->node].window, action->from->data, action->to->data);
    return DC_OK;
}

static void backward_by_patches(dc_onednn_net *net, const layer *l, dc_dnn_memory *stored,
                                dc_dnn_memory *d_bias)
{
    dc_dnn *dnn = &net->dnn;
    const uint32_t src[] = { n_patches(l), patch_of(l) }, dst[] = { src[0], l->dims[0] };
    const uint32_t weights[] = { l->dims[0], src[1] };
    const dc_dnn_layout *x_last = dc_dnn_channels_last(dnn, l->in->dims, net->type);
    const dc_dnn_layout *y_last = dc_dnn_channels_last(dnn, l->value->dims, net->type);
    const dc_dnn_layout *w_last = dc_dnn_channels_last(dnn, l->dims, DC_DNN_F32);
    dc_dnn_memory *x = dc_onednn_value_as(net, l->in, x_last, &net->backward);
    dc_dnn_memory *rows = dc_dnn_memory_new(dnn, dc_dnn_plain(dnn, 2, src, net->type), NULL);
    dc_dnn_memory *dy = dc_onednn_gradient_as(net, l->value, y_last);
    dc_dnn_memory *made = stored && dc_dnn_same(stored->layout, w_last)
                              ? stored
                              : dc_dnn_memory_new(dnn, w_last, NULL);
    dc_onednn_add(net, &net->backward,
               (dc_onednn_action){ .run = gather,
                                .node = (uint32_t)(l->value - net->values),
                                .to = rows,
                                .from = x });
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, rows },
        { DC_DNN_D_DST, dc_onednn_seen_as(net, dy, dc_dnn_plain(dnn, 2, dst, net->type)) },
        { DC_DNN_D_WEIGHTS,
          dc_onednn_seen_as(net, made, dc_dnn_plain(dnn, 2, weights, DC_DNN_F32)) },
        { DC_DNN_D_BIAS, d_bias },
    };
    dc_onednn_add_step(net, &net->backward, l->value->back_weights, DC_COUNT_OF(bound), bound);
    dc_onednn_add_reorder(net, &net->backward, made, stored);
}

/* ---- plans and steps ---- */

static const dc_dnn_plan *plan_of(dc_onednn_net *net, const layer *l, dc_dnn_pass pass,
                                  const dc_dnn_layout *const io[4])
{
    const bool is_up = pass <= DC_DNN_TRAIN;
    return dc_dnn_conv(&net->dnn, pass, &l->window, io, is_up ? l->value->curve : NULL,
                       is_up ? NULL : l->value->forward);
}

static bool make_plans(dc_onednn_net *net, const layer *l, bool is_output)
{
    dc_dnn *dnn = &net->dnn;
    dc_onednn_value *value = l->value;
    const bool is_training = net->base.settings.is_training;
    const dc_dnn_layout *src = picture(net, l, l->in), *bias = bias_layout(net, l);
    const dc_dnn_layout *weights = dc_dnn_any(dnn, l->n_dims, l->dims, net->type);
    const dc_dnn_layout *d_weights = dc_dnn_any(dnn, l->n_dims, l->dims, DC_DNN_F32);
    const dc_dnn_layout *d_dst = picture(net, l, value);
    const dc_dnn_layout *dst = d_dst;
    if (is_output)
        dst = l->is_last ? dc_dnn_channels_last(dnn, value->dims, DC_DNN_F32)
                         : dc_onednn_value_plain(net, value, DC_DNN_F32);
    const dc_dnn_layout *const forward[] = { src, weights, bias, dst };
    const dc_dnn_layout *const by_data[] = { src, weights, NULL, d_dst };
    const dc_dnn_layout *const by_weights[] = { src, d_weights, bias, d_dst };
    value->forward = plan_of(net, l, is_training ? DC_DNN_TRAIN : DC_DNN_INFER, forward);
    if (!value->forward || !is_training)
        return value->forward != NULL;
    if (suits_patches(net, l))
        plan_patches(net, l);
    if (!value->back_weights)
        value->back_weights = plan_of(net, l, DC_DNN_BACK_WEIGHTS, by_weights);
    if (l->in->needs_gradient)
        value->back_data = plan_of(net, l, DC_DNN_BACK_DATA, by_data);
    return value->back_weights && (value->back_data || !l->in->needs_gradient);
}

/* ---- 1 x 1 with pads ---- */

static bool is_padded_point(const dc_onednn_net *net, const layer *l)
{
    const dc_dnn_window *w = &l->window;
    const bool is_point = w->kernel[0] * w->kernel[1] == 1 && w->stride[0] * w->stride[1] == 1;
    const bool is_padded = (w->pad_low[0] | w->pad_low[1] | w->pad_high[0] | w->pad_high[1]) != 0;
    const dc_dnn_curve *curve = l->value->curve;
    const bool is_simple = !curve || (curve->kind == DC_DNN_RELU && curve->a == 0);
    return is_point && is_padded && is_simple && l->value->norm == 0 &&
           !net->base.settings.is_training && net->type == DC_DNN_F32;
}

/* What a 1 x 1 convolution makes of pads: its bias. */
static dc_status border(dc_onednn_net *net, const dc_onednn_action *action)
{
    const dc_onednn_value *value = &net->values[action->node];
    const dc_node *node = &net->base.model->nodes[action->node];
    const uint64_t height = value->dims[2], width = value->dims[3];
    const uint64_t top = dc_node_whole(node, DC_ATTR_PAD_TOP),
                   left = dc_node_whole(node, DC_ATTR_PAD_LEFT);
    const uint64_t bottom = height - dc_node_whole(node, DC_ATTR_PAD_BOTTOM);
    const uint64_t right = width - dc_node_whole(node, DC_ATTR_PAD_RIGHT);
    const float *bias = action->from ? action->from->data : NULL;
    float *y = action->to->data;
    for (uint64_t plane = 0; plane < (uint64_t)value->dims[0] * value->dims[1]; plane++) {
        float b = bias ? bias[plane % value->dims[1]] : 0;
        if (value->curve && b < 0) /* a ReLU */
            b = 0;
        for (uint64_t h = 0; h < height; h++)
            for (uint64_t w = 0; w < width; w++, y++)
                if (h < top || h >= bottom || w < left || w >= right)
                    *y = b;
    }
    return DC_OK;
}

static bool forward_inside(dc_onednn_net *net, uint32_t index, const layer *l)
{
    dc_dnn *dnn = &net->dnn;
    const uint32_t dims[] = { l->in->dims[0], l->value->dims[1], l->in->dims[2], l->in->dims[3] };
    const uint32_t at[] = { 0, 0, l->window.pad_low[0], l->window.pad_low[1] };
    const dc_dnn_window bare = { .kernel = { 1, 1 }, .stride = { 1, 1 }, .dilation = { 1, 1 } };
    const dc_dnn_layout *const io[] = { picture(net, l, l->in),
                                        dc_dnn_any(dnn, l->n_dims, l->dims, net->type),
                                        bias_layout(net, l), dc_dnn_any(dnn, 4, dims, net->type) };
    const dc_dnn_plan *plan =
        dc_dnn_conv(dnn, DC_DNN_INFER, &bare, io, l->value->curve, NULL);
    if (!plan)
        return false;
    dc_dnn_memory *src =
        dc_onednn_value_as(net, l->in, dc_dnn_needs(dnn, plan, DC_DNN_SRC), &net->forward);
    l->value->weights = dc_onednn_param_make(net, dc_node_param(l->node, 0), l->n_dims, l->dims,
                                          dc_dnn_needs(dnn, plan, DC_DNN_WEIGHTS), NULL);
    dc_dnn_memory *bias =
        l->has_bias ? dc_onednn_param_make_plain(net, dc_node_param(l->node, 1)) : NULL;
    dc_dnn_memory *inside = dc_dnn_memory_new(dnn, dc_dnn_needs(dnn, plan, DC_DNN_DST), NULL);
    const dc_dnn_bound bound[] = { { DC_DNN_SRC, src },
                                   { DC_DNN_WEIGHTS, l->value->weights },
                                   { DC_DNN_BIAS, bias },
                                   { DC_DNN_DST, inside } };
    dc_onednn_add_step(net, &net->forward, plan, DC_COUNT_OF(bound), bound);
    l->value->is_lasting = true; /* its border */
    dc_onednn_value_make(net, l->value, dc_onednn_value_plain(net, l->value, DC_DNN_F32),
                         DC_DNN_F32);
    dc_dnn_memory *y = l->value->y;
    dc_onednn_add(net, &net->forward,
               (dc_onednn_action){ .run = border,
                                .if_changed = true,
                                .node = index,
                                .to = y,
                                .from = bias });
    const dc_dnn_layout *part = y ? dc_dnn_part_of(dnn, y->layout, 4, dims, at) : NULL;
    dc_onednn_add_reorder(net, &net->forward, inside,
                       part ? dc_dnn_memory_new(dnn, part, y->data) : NULL);
    return true;
}

/* Plans with as much of what follows within them as the library takes. */
static bool plan_with_rest(dc_onednn_net *net, uint32_t index)
{
    const bool is_output = net->base.settings.output == index;
    dc_onednn_value *value = &net->values[index];
    layer l = layer_of(net, index);
    if (make_plans(net, &l, is_output))
        return true;
    value->curve = NULL;
    if (make_plans(net, &l, is_output))
        return true;
    value->norm = 0;
    l = layer_of(net, index);
    return make_plans(net, &l, is_output);
}

static bool forward(dc_onednn_net *net, uint32_t index)
{
    dc_dnn *dnn = &net->dnn;
    const bool is_output = net->base.settings.output == index;
    const layer first = layer_of(net, index);
    if (is_padded_point(net, &first) && forward_inside(net, index, &first))
        return true;
    if (!plan_with_rest(net, index))
        return false;
    const layer l = layer_of(net, index);
    const dc_dnn_plan *plan = l.value->forward;
    const dc_dnn_layout *wanted = dc_dnn_needs(dnn, plan, DC_DNN_WEIGHTS);
    dc_dnn_memory *src =
        dc_onednn_value_as(net, l.in, dc_dnn_needs(dnn, plan, DC_DNN_SRC), &net->forward);
    dc_dnn_memory *bias = NULL;
    if (l.value->norm != 0) {
        dc_onednn_folded(net, index, l.n_dims, l.dims, wanted, &l.value->weights, &bias);
    } else {
        l.value->weights =
            dc_onednn_param_make(net, dc_node_param(l.node, 0), l.n_dims, l.dims, wanted, NULL);
        bias = l.has_bias ? dc_onednn_param_make_plain(net, dc_node_param(l.node, 1)) : NULL;
    }
    dc_onednn_value_make(net, l.value, dc_dnn_needs(dnn, plan, DC_DNN_DST),
                      is_output ? DC_DNN_F32 : net->type);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, src },
        { DC_DNN_WEIGHTS, l.value->weights },
        { DC_DNN_BIAS, bias },
        { DC_DNN_DST, l.value->y },
    };
    dc_onednn_add_step(net, &net->forward, plan, DC_COUNT_OF(bound), bound);
    return true;
}

static void backward_data(dc_onednn_net *net, const layer *l)
{
    dc_dnn *dnn = &net->dnn;
    const dc_dnn_plan *plan = l->value->back_data;
    dc_dnn_memory *dy = dc_onednn_gradient_as(net, l->value, dc_dnn_needs(dnn, plan, DC_DNN_D_DST));
    dc_dnn_memory *weights = l->value->weights;
    const dc_dnn_layout *wanted = dc_dnn_needs(dnn, plan, DC_DNN_WEIGHTS);
    if (weights && !dc_dnn_same(weights->layout, wanted)) {
        weights = dc_dnn_memory_new(dnn, wanted, NULL);
        dc_onednn_add_reorder(net, &net->backward, l->value->weights, weights);
    }
    dc_dnn_memory *dx = dc_onednn_gradient_begin(net, l->in, dc_dnn_needs(dnn, plan, DC_DNN_D_SRC));
    const dc_dnn_bound bound[] = { { DC_DNN_D_DST, dy },
                                   { DC_DNN_WEIGHTS, weights },
                                   { DC_DNN_D_SRC, dx } };
    dc_onednn_add_step(net, &net->backward, plan, DC_COUNT_OF(bound), bound);
    dc_onednn_gradient_end(net, l->in, dx);
}

static void backward_weights(dc_onednn_net *net, const layer *l)
{
    dc_dnn *dnn = &net->dnn;
    const dc_dnn_plan *plan = l->value->back_weights;
    dc_dnn_memory *stored = net->params[dc_node_param(l->node, 0)].dw, *made = stored;
    dc_dnn_memory *d_bias = l->has_bias ? net->params[dc_node_param(l->node, 1)].dw : NULL;
    if (l->value->by_patches) {
        backward_by_patches(net, l, stored, d_bias);
        return;
    }
    dc_dnn_memory *src =
        dc_onednn_value_as(net, l->in, dc_dnn_needs(dnn, plan, DC_DNN_SRC), &net->backward);
    dc_dnn_memory *dy = dc_onednn_gradient_as(net, l->value, dc_dnn_needs(dnn, plan, DC_DNN_D_DST));
    const dc_dnn_layout *wanted = dc_dnn_needs(dnn, plan, DC_DNN_D_WEIGHTS);
    if (stored && !dc_dnn_same(stored->layout, wanted))
        made = dc_dnn_memory_new(dnn, wanted, NULL);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, src },
        { DC_DNN_D_DST, dy },
        { DC_DNN_D_WEIGHTS, made },
        { DC_DNN_D_BIAS, d_bias },
    };
    dc_onednn_add_step(net, &net->backward, plan, DC_COUNT_OF(bound), bound);
    dc_onednn_add_reorder(net, &net->backward, made, stored);
}

static void backward(dc_onednn_net *net, uint32_t index)
{
    const layer l = layer_of(net, index);
    if (l.value->curve)
        dc_onednn_fused_backward(net, l.value);
    backward_weights(net, &l);
    if (l.in->needs_gradient)
        backward_data(net, &l);
}

const dc_onednn_builder dc_onednn_conv_builder = { DC_OP_CONV, forward, backward };
