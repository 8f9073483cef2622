/* SPDX-License-Identifier: MIT
 *
 * Convolution and linear layers on oneDNN, with bias and a following ReLU fused.
 *
 * Layouts are left to the library. In training, weights are stored in the order that forward prefers;
 * backward by data gets a reordered copy where it prefers another one, and so does the gradient of the
 * weights on its way out. The ReLU's backward works in place on dy and needs its result only.
 */
#ifdef DCOMP_HAS_ONEDNN

#include "net_onednn.h"

typedef struct layer {
    const dc_node *node;
    dc_dnn_value *value, *in;
    dc_dnn_window window;
    unsigned n_dims;                /* of the weights */
    uint32_t dims[DC_DNN_MAX_DIMS];
    bool is_conv, has_bias;
} layer;

static uint32_t whole(const dc_node *node, dc_attr attr)
{
    return (uint32_t)node->attrs[attr];
}

static layer layer_of(dc_dnn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    layer l = { .node = node, .value = &net->values[index], .in = dc_dnn_input(net, node, 0) };
    const uint32_t *weight = net->base.model->params[node->params[0]].shape.dims;
    l.is_conv = node->op == DC_OP_CONV;
    l.has_bias = node->params[1] != DC_NONE;
    if (!l.is_conv) {
        l.n_dims = l.in->n_dims;
        l.dims[0] = weight[0];
        for (unsigned i = 1; i < l.n_dims; i++)
            l.dims[i] = l.in->dims[i];
        return l;
    }
    const uint32_t n_groups = whole(node, DC_ATTR_GROUPS);
    uint32_t *dims = l.dims;
    if (n_groups > 1)
        *dims++ = n_groups;
    *dims++ = weight[0] / n_groups;
    for (unsigned i = 1; i < 4; i++)
        *dims++ = weight[i];
    l.n_dims = (unsigned)(dims - l.dims);
    l.window = (dc_dnn_window){
        .kernel = { weight[2], weight[3] },
        .stride = { whole(node, DC_ATTR_STRIDE_H), whole(node, DC_ATTR_STRIDE_W) },
        .dilation = { whole(node, DC_ATTR_DILATION_H), whole(node, DC_ATTR_DILATION_W) },
        .pad_low = { whole(node, DC_ATTR_PAD_TOP), whole(node, DC_ATTR_PAD_LEFT) },
        .pad_high = { whole(node, DC_ATTR_PAD_BOTTOM), whole(node, DC_ATTR_PAD_RIGHT) },
    };
    return l;
}

static const dc_dnn_plan *plan_of(dc_dnn_net *net, const layer *l, dc_dnn_pass pass,
                                  const dc_dnn_layout *const io[4])
{
    const bool with_relu = l->value->with_relu && pass <= DC_DNN_TRAIN;
    const dc_dnn_plan *forward = pass <= DC_DNN_TRAIN ? NULL : l->value->forward;
    return l->is_conv ? dc_dnn_conv(&net->dnn, pass, &l->window, io, with_relu, forward)
                      : dc_dnn_linear(&net->dnn, pass, io, with_relu, forward);
}

static const dc_dnn_layout *bias_layout(dc_dnn_net *net, const layer *l)
{
    return l->has_bias ? dc_dnn_plain(&net->dnn, 1, &l->value->dims[1], DC_DNN_F32) : NULL;
}

static bool make_plans(dc_dnn_net *net, const layer *l, bool is_output)
{
    dc_dnn *dnn = &net->dnn;
    dc_dnn_value *value = l->value;
    const bool is_training = net->base.settings.is_training;
    const dc_dnn_layout *src = dc_dnn_value_any(net, l->in, net->type);
    const dc_dnn_layout *weights = dc_dnn_any(dnn, l->n_dims, l->dims, net->type);
    const dc_dnn_layout *d_weights = dc_dnn_any(dnn, l->n_dims, l->dims, DC_DNN_F32);
    const dc_dnn_layout *bias = bias_layout(net, l);
    const dc_dnn_layout *d_dst = dc_dnn_value_any(net, value, net->type);
    const dc_dnn_layout *dst = is_output ? dc_dnn_value_plain(net, value, DC_DNN_F32) : d_dst;
    const dc_dnn_layout *const forward[] = { src, weights, bias, dst };
    const dc_dnn_layout *const by_data[] = { src, weights, NULL, d_dst };
    const dc_dnn_layout *const by_weights[] = { src, d_weights, bias, d_dst };
    value->forward = plan_of(net, l, is_training ? DC_DNN_TRAIN : DC_DNN_INFER, forward);
    if (!value->forward || !is_training)
        return value->forward != NULL;
    value->back_weights = plan_of(net, l, DC_DNN_BACK_WEIGHTS, by_weights);
    if (l->in->wants_gradient)
        value->back_data = plan_of(net, l, DC_DNN_BACK_DATA, by_data);
    return value->back_weights && (value->back_data || !l->in->wants_gradient);
}

static bool forward(dc_dnn_net *net, uint32_t index)
{
    dc_dnn *dnn = &net->dnn;
    const layer l = layer_of(net, index);
    const bool is_output = net->values[net->base.settings.output].root == index ||
                           net->base.settings.output == index;
    if (!make_plans(net, &l, is_output)) {
        l.value->with_relu = false;
        return false;
    }
    const dc_dnn_plan *plan = l.value->forward;
    dc_dnn_memory *src = dc_dnn_value_as(net, l.in, dc_dnn_wants(dnn, plan, DC_DNN_SRC), &net->forward);
    l.value->weights = dc_dnn_param_make(net, l.node->params[0], l.n_dims, l.dims,
                                         dc_dnn_wants(dnn, plan, DC_DNN_WEIGHTS));
    dc_dnn_memory *bias = l.has_bias ? dc_dnn_param_make_plain(net, l.node->params[1]) : NULL;
    dc_dnn_value_make(net, l.value, dc_dnn_wants(dnn, plan, DC_DNN_DST),
                      is_output ? DC_DNN_F32 : net->type);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, src }, { DC_DNN_WEIGHTS, l.value->weights }, { DC_DNN_BIAS, bias },
        { DC_DNN_DST, l.value->y },
    };
    dc_dnn_add_step(net, &net->forward, plan, DC_COUNT_OF(bound), bound);
    return true;
}

/* dy becomes the gradient of what went into the fused ReLU. */
static void relu_backward(dc_dnn_net *net, dc_dnn_value *value)
{
    if (!value->y || !value->dy)
        return;
    const dc_dnn_plan *up = dc_dnn_relu(&net->dnn, DC_DNN_TRAIN, value->y->layout, NULL);
    const dc_dnn_plan *down = dc_dnn_relu(&net->dnn, DC_DNN_BACK_DATA, value->y->layout, up);
    const dc_dnn_bound bound[] = { { DC_DNN_DST, value->y }, { DC_DNN_D_DST, value->dy },
                                   { DC_DNN_D_SRC, value->dy } };
    dc_dnn_add_step(net, &net->backward, down, DC_COUNT_OF(bound), bound);
}

static void backward_data(dc_dnn_net *net, const layer *l)
{
    dc_dnn *dnn = &net->dnn;
    const dc_dnn_plan *plan = l->value->back_data;
    dc_dnn_memory *dy = dc_dnn_gradient_as(net, l->value, dc_dnn_wants(dnn, plan, DC_DNN_D_DST));
    dc_dnn_memory *weights = l->value->weights;
    const dc_dnn_layout *wanted = dc_dnn_wants(dnn, plan, DC_DNN_WEIGHTS);
    if (weights && !dc_dnn_same(weights->layout, wanted)) {
        weights = dc_dnn_memory_new(dnn, wanted, NULL);
        dc_dnn_add_reorder(net, &net->backward, l->value->weights, weights);
    }
    dc_dnn_memory *dx = dc_dnn_gradient_begin(net, l->in, dc_dnn_wants(dnn, plan, DC_DNN_D_SRC));
    const dc_dnn_bound bound[] = { { DC_DNN_D_DST, dy }, { DC_DNN_WEIGHTS, weights }, { DC_DNN_D_SRC, dx } };
    dc_dnn_add_step(net, &net->backward, plan, DC_COUNT_OF(bound), bound);
    dc_dnn_gradient_end(net, l->in, dx);
}

static void backward_weights(dc_dnn_net *net, const layer *l)
{
    dc_dnn *dnn = &net->dnn;
    const dc_dnn_plan *plan = l->value->back_weights;
    dc_dnn_memory *src =
        dc_dnn_value_as(net, l->in, dc_dnn_wants(dnn, plan, DC_DNN_SRC), &net->backward);
    dc_dnn_memory *dy = dc_dnn_gradient_as(net, l->value, dc_dnn_wants(dnn, plan, DC_DNN_D_DST));
    dc_dnn_memory *stored = net->params[l->node->params[0]].dw, *made = stored;
    const dc_dnn_layout *wanted = dc_dnn_wants(dnn, plan, DC_DNN_D_WEIGHTS);
    if (stored && !dc_dnn_same(stored->layout, wanted))
        made = dc_dnn_memory_new(dnn, wanted, NULL);
    dc_dnn_memory *d_bias = l->has_bias ? net->params[l->node->params[1]].dw : NULL;
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, src }, { DC_DNN_D_DST, dy }, { DC_DNN_D_WEIGHTS, made }, { DC_DNN_D_BIAS, d_bias },
    };
    dc_dnn_add_step(net, &net->backward, plan, DC_COUNT_OF(bound), bound);
    dc_dnn_add_reorder(net, &net->backward, made, stored);
}

static void backward(dc_dnn_net *net, uint32_t index)
{
    const layer l = layer_of(net, index);
    if (l.value->with_relu)
        relu_backward(net, l.value);
    backward_weights(net, &l);
    if (l.in->wants_gradient)
        backward_data(net, &l);
}

const dc_dnn_builder dc_dnn_conv_builder = { DC_OP_CONV, forward, backward };
const dc_dnn_builder dc_dnn_linear_builder = { DC_OP_LINEAR, forward, backward };

#else
typedef int dc_no_onednn_weights;
#endif
