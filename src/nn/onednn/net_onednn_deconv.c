/* SPDX-License-Identifier: MIT
 *
 * Transposed convolutions on oneDNN. Our weights are (C, K/groups, R, S), as ONNX and PyTorch have
 * them; the library's are (K, C, R, S) in an order of elements that it chooses. So they are stored
 * row-major, forward computes with a copy that is made when they have changed, and their gradient
 * is brought back. Pixels that output_pad adds beyond the pad are left to plain code.
 */
#include "net_onednn.h"

typedef struct layer {
    const dc_node *node;
    dc_onednn_value *value, *in;
    dc_dnn_window window;
    unsigned n_dims; /* of the weights */
    uint32_t dims[DC_DNN_MAX_DIMS];
    bool has_bias;
} layer;

/* False where a trailing pad would be less than none. */
static bool layer_of(layer *l, dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    const uint32_t *weight = net->base.model->params[dc_node_param(node, 0)].shape.dims;
    const uint32_t n_groups = dc_node_whole(node, DC_ATTR_GROUPS);
    *l = (layer){ .node = node, .value = &net->values[index], .in = dc_onednn_input(net, node, 0) };
    l->has_bias = dc_node_param(node, 1) != DC_NONE;
    l->window.is_turned = true;
    uint32_t *dims = l->dims;
    if (n_groups > 1)
        *dims++ = n_groups;
    *dims++ = weight[1];
    *dims++ = weight[0] / n_groups;
    *dims++ = weight[2];
    *dims++ = weight[3];
    l->n_dims = (unsigned)(dims - l->dims);
    bool fits = true;
    for (uint32_t axis = 0; axis < 2; axis++) {
        const uint32_t pad = dc_node_whole(node, (dc_attr)(DC_ATTR_PAD_BOTTOM + axis));
        const uint32_t more = dc_node_whole(node, (dc_attr)(DC_ATTR_OUTPUT_PAD_H + axis));
        l->window.kernel[axis] = weight[2 + axis];
        l->window.stride[axis] = dc_node_whole(node, (dc_attr)(DC_ATTR_STRIDE_H + axis));
        l->window.dilation[axis] = dc_node_whole(node, (dc_attr)(DC_ATTR_DILATION_H + axis));
        l->window.pad_low[axis] = dc_node_whole(node, (dc_attr)(DC_ATTR_PAD_TOP + axis));
        l->window.pad_high[axis] = pad - more;
        fits = fits && more <= pad;
    }
    return fits;
}

static bool make_plans(dc_onednn_net *net, const layer *l, bool is_output)
{
    dc_dnn *dnn = &net->dnn;
    dc_onednn_value *value = l->value;
    const dc_dnn_layout *src = dc_onednn_value_any(net, l->in, net->type);
    const dc_dnn_layout *d_dst = dc_onednn_value_any(net, value, net->type);
    const dc_dnn_layout *dst = is_output ? dc_onednn_value_plain(net, value, DC_DNN_F32) : d_dst;
    const dc_dnn_layout *weights = dc_dnn_any(dnn, l->n_dims, l->dims, net->type);
    const dc_dnn_layout *d_weights = dc_dnn_any(dnn, l->n_dims, l->dims, DC_DNN_F32);
    const dc_dnn_layout *bias =
        l->has_bias ? dc_dnn_plain(dnn, 1, &value->dims[1], DC_DNN_F32) : NULL;
    const dc_dnn_layout *const forward[] = { src, weights, bias, dst };
    const dc_dnn_layout *const by_data[] = { src, weights, NULL, d_dst };
    const dc_dnn_layout *const by_weights[] = { src, d_weights, bias, d_dst };
    const dc_dnn_window *w = &l->window;
    value->forward = dc_dnn_conv(dnn, dc_onednn_pass_of(net), w, forward, NULL, NULL);
    if (!value->forward || !net->base.settings.is_training)
        return value->forward != NULL;
    value->back_weights =
        dc_dnn_conv(dnn, DC_DNN_BACK_WEIGHTS, w, by_weights, NULL, value->forward);
    if (l->in->needs_gradient)
        value->back_data = dc_dnn_conv(dnn, DC_DNN_BACK_DATA, w, by_data, NULL, value->forward);
    return value->back_weights && (value->back_data || !l->in->needs_gradient);
}

/* The stored array, seen as the library's weights. */
static dc_dnn_memory *seen(dc_onednn_net *net, const layer *l, dc_dnn_memory *stored)
{
    return dc_onednn_seen_as(net, stored,
                             dc_dnn_turned(&net->dnn, l->n_dims, l->dims, DC_DNN_F32));
}

static dc_dnn_memory *copy_of_weights(dc_onednn_net *net, const layer *l,
                                      const dc_dnn_layout *wanted)
{
    dc_dnn *dnn = &net->dnn;
    dc_dnn_memory *own =
        seen(net, l, dc_onednn_param_make_plain(net, dc_node_param(l->node, 0)));
    dc_dnn_memory *copy = dc_dnn_memory_new(dnn, wanted, NULL);
    if (!own || !copy)
        return NULL;
    const dc_dnn_bound bound[] = { { DC_DNN_SRC, own }, { DC_DNN_DST, copy } };
    const dc_dnn_plan *plan = dc_dnn_reorder(dnn, own->layout, wanted);
    dc_onednn_add(net, &net->forward,
                  (dc_onednn_action){ .run = dc_onednn_run_step,
                                      .if_changed = true,
                                      .step = dc_dnn_step_new(dnn, plan, 2, bound) });
    return copy;
}

static bool forward(dc_onednn_net *net, uint32_t index)
{
    const bool is_output = net->base.settings.output == index;
    layer l;
    if (!layer_of(&l, net, index) || !make_plans(net, &l, is_output))
        return false;
    const dc_dnn_plan *plan = l.value->forward;
    dc_dnn_memory *src = dc_onednn_value_as(net, l.in, dc_dnn_needs(&net->dnn, plan, DC_DNN_SRC),
                                            &net->forward);
    l.value->weights = copy_of_weights(net, &l, dc_dnn_needs(&net->dnn, plan, DC_DNN_WEIGHTS));
    dc_dnn_memory *bias =
        l.has_bias ? dc_onednn_param_make_plain(net, dc_node_param(l.node, 1)) : NULL;
    dc_onednn_value_make(net, l.value, dc_dnn_needs(&net->dnn, plan, DC_DNN_DST),
                         is_output ? DC_DNN_F32 : net->type);
    const dc_dnn_bound bound[] = { { DC_DNN_SRC, src },
                                   { DC_DNN_WEIGHTS, l.value->weights },
                                   { DC_DNN_BIAS, bias },
                                   { DC_DNN_DST, l.value->y } };
    dc_onednn_add_step(net, &net->forward, plan, DC_COUNT_OF(bound), bound);
    return true;
}

static void backward_weights(dc_onednn_net *net, const layer *l)
{
    dc_dnn *dnn = &net->dnn;
    const dc_dnn_plan *plan = l->value->back_weights;
    dc_dnn_memory *src =
        dc_onednn_value_as(net, l->in, dc_dnn_needs(dnn, plan, DC_DNN_SRC), &net->backward);
    dc_dnn_memory *dy = dc_onednn_gradient_as(net, l->value, dc_dnn_needs(dnn, plan, DC_DNN_D_DST));
    dc_dnn_memory *made =
        dc_dnn_memory_new(dnn, dc_dnn_needs(dnn, plan, DC_DNN_D_WEIGHTS), NULL);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, src },
        { DC_DNN_D_DST, dy },
        { DC_DNN_D_WEIGHTS, made },
        { DC_DNN_D_BIAS, l->has_bias ? net->params[dc_node_param(l->node, 1)].dw : NULL },
    };
    dc_onednn_add_step(net, &net->backward, plan, DC_COUNT_OF(bound), bound);
    dc_onednn_add_reorder(net, &net->backward, made,
                          seen(net, l, net->params[dc_node_param(l->node, 0)].dw));
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

static void backward(dc_onednn_net *net, uint32_t index)
{
    layer l;
    (void)layer_of(&l, net, index);
    backward_weights(net, &l);
    if (l.in->needs_gradient)
        backward_data(net, &l);
}

const dc_onednn_builder dc_onednn_deconv_builder = { DC_OP_CONV_TRANSPOSE, forward, backward };
