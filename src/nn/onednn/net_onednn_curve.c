/* SPDX-License-Identifier: MIT
 *
 * Activations on oneDNN, each in the layout its input comes in, or fused into the convolution or
 * linear layer before it when nobody else reads that. In training only a curve whose slope follows
 * from its result can be fused, since what went into it is never written down.
 */
#include "net_onednn.h"

/* What oneDNN has; a and b here where the op has no attributes that give them. */
static const struct {
    dc_op op;
    dc_dnn_curve curve;
} rows[] = {
    { DC_OP_RELU, { DC_DNN_RELU, 0, 0, true } },
    { DC_OP_LEAKY_RELU, { DC_DNN_RELU, 0, 0, false } },
    { DC_OP_CLIP, { DC_DNN_CLIP, 0, 0, true } },
    { DC_OP_SIGMOID, { DC_DNN_SIGMOID, 0, 0, true } },
    { DC_OP_TANH, { DC_DNN_TANH, 0, 0, true } },
    { DC_OP_SILU, { DC_DNN_SILU, 1, 0, false } },
    { DC_OP_HARD_SWISH, { DC_DNN_HARD_SWISH, 1.0f / 6, 0.5f, false } },
    { DC_OP_HARD_SIGMOID, { DC_DNN_HARD_SIGMOID, 0, 0.5f, false } },
    { DC_OP_ELU, { DC_DNN_ELU, 0, 0, true } },
    { DC_OP_SOFTPLUS, { DC_DNN_SOFTPLUS, 1, 0, false } },
    { DC_OP_GELU, { DC_DNN_GELU, 0, 0, false } },
};

const dc_dnn_curve *dc_onednn_curve_of(dc_onednn_net *net, const dc_node *node)
{
    size_t i = 0;
    while (i < DC_COUNT_OF(rows) && rows[i].op != node->op)
        i++;
    if (i == DC_COUNT_OF(rows))
        return NULL;
    dc_dnn_curve *kept = dc_arena_take(&net->base.arena, 1, sizeof *kept);
    if (!kept)
        return NULL;
    *kept = rows[i].curve;
    if (dc_node_number(node, DC_ATTR_BY_TANH) != 0)
        kept->kind = DC_DNN_GELU_TANH;
    if (node->kind->n_attrs > 0)
        kept->a = (float)node->attrs[0];
    if (node->kind->n_attrs > 1)
        kept->b = (float)node->attrs[1];
    return kept;
}

/* The library may lack the curve: making a plan of it shows that. */
static bool is_there(dc_onednn_net *net, const dc_dnn_curve *curve)
{
    const uint32_t dims[] = { 1, 1 };
    const dc_dnn_layout *data = dc_dnn_plain(&net->dnn, 2, dims, DC_DNN_F32);
    return dc_dnn_eltwise(&net->dnn, DC_DNN_INFER, curve, data, NULL) != NULL;
}

/* What makes the input of an activation: beyond a batch norm that is within it. */
static uint32_t maker_of(const dc_onednn_net *net, const dc_node *node)
{
    const uint32_t input = node->inputs[0];
    const dc_node *before = &net->base.model->nodes[input];
    if (before->op == DC_OP_BATCH_NORM && net->values[before->inputs[0]].norm == input)
        return before->inputs[0];
    return input;
}

bool dc_onednn_curve_fits(void *payload, const dc_node *maker, const dc_node *node)
{
    dc_onednn_net *net = payload;
    const dc_dnn_curve *curve = dc_onednn_curve_of(net, node);
    (void)maker; /* convolutions and linear layers alike */
    return curve != NULL && (curve->is_by_dst || !net->base.settings.is_training) &&
           is_there(net, curve);
}

bool dc_onednn_curve_forward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    dc_onednn_value *value = &net->values[index], *in = dc_onednn_input(net, node, 0);
    const bool is_training = net->base.settings.is_training;
    if (net->values[maker_of(net, node)].curve) { /* done by its maker */
        value->root = net->values[node->inputs[0]].root;
        return true;
    }
    const dc_dnn_curve *curve = in->y ? dc_onednn_curve_of(net, node) : NULL;
    if (!curve)
        return false;
    const dc_dnn_layout *data = in->y->layout;
    value->forward = dc_dnn_eltwise(&net->dnn, dc_onednn_pass_of(net), curve, data, NULL);
    if (is_training && value->forward)
        value->back_data =
            dc_dnn_eltwise(&net->dnn, DC_DNN_BACK_DATA, curve, data, value->forward);
    if (!value->forward || (is_training && !value->back_data))
        return false;
    value->n_dims = in->n_dims; /* a view of a picture is no hindrance */
    for (unsigned i = 0; i < in->n_dims; i++)
        value->dims[i] = in->dims[i];
    value->is_by_dst = curve->is_by_dst;
    dc_onednn_unary_forward(net, index, data);
    return true;
}

void dc_onednn_curve_backward(dc_onednn_net *net, uint32_t index)
{
    const bool is_by_dst = net->values[index].is_by_dst;
    dc_onednn_unary_backward(net, index, !is_by_dst, is_by_dst);
}

void dc_onednn_fused_backward(dc_onednn_net *net, dc_onednn_value *value)
{
    if (!value->y || !value->dy)
        return;
    const dc_dnn_layout *data = value->y->layout;
    const dc_dnn_plan *up = dc_dnn_eltwise(&net->dnn, DC_DNN_TRAIN, value->curve, data, NULL);
    const dc_dnn_plan *down = dc_dnn_eltwise(&net->dnn, DC_DNN_BACK_DATA, value->curve, data, up);
    const dc_dnn_bound bound[] = { { DC_DNN_DST, value->y },
                                   { DC_DNN_D_DST, value->dy },
                                   { DC_DNN_D_SRC, value->dy } };
    dc_onednn_add_step(net, &net->backward, down, DC_COUNT_OF(bound), bound);
}
