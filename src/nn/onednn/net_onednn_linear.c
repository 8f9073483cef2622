/* SPDX-License-Identifier: MIT
 *
 * Linear layers on oneDNN: matrix products, with bias and a following activation fused.
 *
 * The input is seen as a matrix (vectors, n_inputs) in the order it already has: row-major, or,
 * where a sample is one vector, channels last. In the second case weights are stored with their
 * columns in that order too, so a picture needs no reordering before the first linear layer.
 * Weights are a plain matrix in training, which all three products take well; in prediction the
 * library may choose their layout.
 */
#include "net_onednn.h"

typedef struct layer {
    const dc_node *node;
    dc_onednn_value *value, *in;
    bool has_bias, is_last;         /* columns are channels last */
    uint32_t src[2], weights[2];    /* as matrices               */
    uint32_t dst[2];
    uint32_t dims[DC_DNN_MAX_DIMS]; /* weights as (K,C,H,W)      */
} layer;

static bool is_plain(dc_onednn_net *net, dc_onednn_value *value)
{
    return value->y &&
           dc_dnn_same(value->y->layout, dc_onednn_value_plain(net, value, value->type));
}

static layer layer_of(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    layer l = { .node = node, .value = &net->values[index], .in = dc_onednn_input(net, node, 0) };
    const uint32_t *weight = net->base.model->params[dc_node_param(node, 0)].shape.dims;
    const uint32_t n_vectors = (uint32_t)(dc_shape_count(&node->shape) / weight[0]);
    l.has_bias = dc_node_param(node, 1) != DC_NONE;
    l.src[0] = l.dst[0] = l.in->dims[0] * n_vectors;
    l.src[1] = l.weights[1] = weight[1];
    l.weights[0] = l.dims[0] = l.dst[1] = weight[0];
    for (unsigned i = 1; i < l.in->n_dims; i++)
        l.dims[i] = l.in->dims[i];
    l.is_last = n_vectors == 1 && l.in->n_dims == 4 && !is_plain(net, l.in);
    return l;
}

/* The order of the input that this layer works with. */
static const dc_dnn_layout *order_of_input(dc_onednn_net *net, const layer *l, dc_dnn_type type)
{
    return l->is_last ? dc_dnn_channels_last(&net->dnn, l->in->dims, type)
                      : dc_onednn_value_plain(net, l->in, type);
}

static const dc_dnn_plan *plan_of(dc_onednn_net *net, const layer *l, dc_dnn_pass pass,
                                  dc_dnn_type dst_type)
{
    dc_dnn *dnn = &net->dnn;
    const bool is_up = pass <= DC_DNN_TRAIN;
    const dc_dnn_type weights_type = pass == DC_DNN_BACK_WEIGHTS ? DC_DNN_F32 : net->type;
    const bool is_free = pass == DC_DNN_INFER && !l->is_last;
    const dc_dnn_layout *const io[] = {
        dc_dnn_plain(dnn, 2, l->src, net->type),
        is_free ? dc_dnn_any(dnn, 2, l->weights, weights_type)
                : dc_dnn_plain(dnn, 2, l->weights, weights_type),
        l->has_bias && pass != DC_DNN_BACK_DATA ? dc_dnn_plain(dnn, 1, l->weights, DC_DNN_F32)
                                                : NULL,
        dc_dnn_plain(dnn, 2, l->dst, is_up ? dst_type : net->type),
    };
    return dc_dnn_linear(dnn, pass, io, is_up ? l->value->curve : NULL,
                         is_up ? NULL : l->value->forward);
}

static bool make_plans(dc_onednn_net *net, const layer *l, dc_dnn_type dst_type)
{
    dc_onednn_value *value = l->value;
    const bool is_training = net->base.settings.is_training;
    value->forward = plan_of(net, l, is_training ? DC_DNN_TRAIN : DC_DNN_INFER, dst_type);
    if (!value->forward || !is_training)
        return value->forward != NULL;
    value->back_weights = plan_of(net, l, DC_DNN_BACK_WEIGHTS, dst_type);
    if (l->in->needs_gradient)
        value->back_data = plan_of(net, l, DC_DNN_BACK_DATA, dst_type);
    return value->back_weights && (value->back_data || !l->in->needs_gradient);
}

static void make_weights(dc_onednn_net *net, const layer *l)
{
    dc_dnn *dnn = &net->dnn;
    const dc_dnn_layout *wanted = dc_dnn_needs(dnn, l->value->forward, DC_DNN_WEIGHTS);
    const uint32_t index = dc_node_param(l->node, 0);
    if (!l->is_last) {
        const dc_dnn_layout *plain = dc_dnn_plain(dnn, 2, l->weights, DC_DNN_F32);
        const bool is_free = !dc_dnn_same(wanted, dc_dnn_plain(dnn, 2, l->weights, net->type));
        l->value->weights =
            dc_onednn_param_make(net, index, 2, l->weights, wanted, is_free ? NULL : plain);
        return;
    }
    const dc_dnn_layout *stored = dc_dnn_channels_last(dnn, l->dims, DC_DNN_F32);
    const dc_dnn_layout *compute = dc_dnn_channels_last(dnn, l->dims, net->type);
    l->value->weights = dc_onednn_seen_as(
        net, dc_onednn_param_make(net, index, 4, l->dims, compute, stored), wanted);
}

/* The batch is seen as one matrix only. */
static bool is_batch_seen_otherwise(dc_onednn_net *net, const layer *l)
{
    return l->in == &net->values[0] && net->input_matrix &&
           !dc_dnn_same(net->input_matrix->layout, dc_dnn_plain(&net->dnn, 2, l->src, net->type));
}

static bool forward(dc_onednn_net *net, uint32_t index)
{
    dc_dnn *dnn = &net->dnn;
    const layer l = layer_of(net, index);
    const dc_dnn_type dst_type = net->base.settings.output == index ? DC_DNN_F32 : net->type;
    const bool can_be = l.in->y && !is_batch_seen_otherwise(net, &l);
    bool is_made = can_be && make_plans(net, &l, dst_type);
    if (!is_made && l.value->curve) {
        l.value->curve = NULL;
        is_made = can_be && make_plans(net, &l, dst_type);
    }
    if (!is_made)
        return false;
    dc_dnn_memory *x =
        dc_onednn_value_as(net, l.in, order_of_input(net, &l, net->type), &net->forward);
    if (x == l.in->y && l.in == &net->values[0]) /* the batch: its place changes with every step */
        x = net->input_matrix =
            net->input_matrix ? net->input_matrix
                              : dc_dnn_memory_lent(dnn, dc_dnn_plain(dnn, 2, l.src, net->type));
    make_weights(net, &l);
    dc_onednn_value_make(net, l.value, dc_onednn_value_plain(net, l.value, dst_type), dst_type);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, dc_onednn_seen_as(net, x, dc_dnn_plain(dnn, 2, l.src, net->type)) },
        { DC_DNN_WEIGHTS, l.value->weights },
        { DC_DNN_BIAS,
          l.has_bias ? dc_onednn_param_make_plain(net, dc_node_param(l.node, 1)) : NULL },
        { DC_DNN_DST, dc_onednn_seen_as(net, l.value->y, dc_dnn_plain(dnn, 2, l.dst, dst_type)) },
    };
    l.value->workspace = bound[0].memory; /* backward reads the same matrix */
    dc_onednn_add_step(net, &net->forward, l.value->forward, DC_COUNT_OF(bound), bound);
    return true;
}

static void backward_weights(dc_onednn_net *net, const layer *l, dc_dnn_memory *dy)
{
    dc_dnn_memory *dw = net->params[dc_node_param(l->node, 0)].dw;
    const dc_dnn_layout *matrix = dc_dnn_plain(&net->dnn, 2, l->weights, DC_DNN_F32);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, l->value->workspace },
        { DC_DNN_D_DST, dy },
        { DC_DNN_D_WEIGHTS, dc_onednn_seen_as(net, dw, matrix) },
        { DC_DNN_D_BIAS, l->has_bias ? net->params[dc_node_param(l->node, 1)].dw : NULL },
    };
    dc_onednn_add_step(net, &net->backward, l->value->back_weights, DC_COUNT_OF(bound), bound);
}

static void backward_data(dc_onednn_net *net, const layer *l, dc_dnn_memory *dy)
{
    const dc_dnn_layout *matrix = dc_dnn_plain(&net->dnn, 2, l->src, net->type);
    dc_dnn_memory *dx = dc_onednn_gradient_begin(net, l->in, order_of_input(net, l, net->type));
    const dc_dnn_bound bound[] = { { DC_DNN_D_DST, dy },
                                   { DC_DNN_WEIGHTS, l->value->weights },
                                   { DC_DNN_D_SRC, dc_onednn_seen_as(net, dx, matrix) } };
    dc_onednn_add_step(net, &net->backward, l->value->back_data, DC_COUNT_OF(bound), bound);
    dc_onednn_gradient_end(net, l->in, dx);
}

static void backward(dc_onednn_net *net, uint32_t index)
{
    const layer l = layer_of(net, index);
    if (l.value->curve)
        dc_onednn_fused_backward(net, l.value);
    dc_dnn_memory *dy =
        dc_onednn_gradient_as(net, l.value, dc_onednn_value_plain(net, l.value, net->type));
    dy = dc_onednn_seen_as(net, dy, dc_dnn_plain(&net->dnn, 2, l.dst, net->type));
    backward_weights(net, &l, dy);
    if (l.in->needs_gradient)
        backward_data(net, &l, dy);
}

const dc_onednn_builder dc_onednn_linear_builder = { DC_OP_LINEAR, forward, backward };
