/* SPDX-License-Identifier: MIT
 *
 * Batch norm in prediction, where it is no more than a factor and a shift for each channel: when
 * the convolution before it is read by nobody else, it computes with weights and a bias that hold
 * both,
 *   f = scale / sqrt(variance + epsilon)     w' = f w     b' = f (b - mean) + shift
 * Stored parameters stay what they are, so that loading is as ever; after a change w' and b' are
 * made again, in row-major, and brought into the layout that the convolution needs.
 */
#include <math.h>

#include "net_onednn.h"

dc_status dc_onednn_fold_room(dc_onednn_net *net)
{
    const dc_model *model = net->base.model;
    uint64_t n_room = 0;
    for (uint32_t i = 1; i < net->plan.n_nodes; i++)
        if (net->values[i].norm != 0)
            n_room = DC_MAX(n_room, model->params[model->nodes[i].params[0]].n_values);
    net->fold_room = dc_arena_take(&net->base.arena, n_room, sizeof *net->fold_room);
    return net->base.arena.status;
}

/* w' and b' in row-major. */
static dc_status fold(dc_onednn_net *net, const dc_onednn_action *action)
{
    const dc_model *model = net->base.model;
    const dc_node *conv = &model->nodes[action->node];
    const dc_node *norm = &model->nodes[net->values[action->node].norm];
    const float *w = dc_onednn_values_of(net, conv, 0), *b = dc_onednn_values_of(net, conv, 1);
    const float *scale = dc_onednn_values_of(net, norm, 0);
    const float *shift = dc_onednn_values_of(net, norm, 1);
    const float *mean = dc_onednn_values_of(net, norm, 2);
    const float *variance = dc_onednn_values_of(net, norm, 3);
    float *weights = action->to->data, *bias = action->from->data; /* both are made */
    uint32_t n_rows, n_cols;
    dc_param_matrix(&model->params[conv->params[0]], &n_rows, &n_cols);
    for (uint32_t row = 0; row < n_rows; row++) {
        const double factor = (double)scale[row] /
                              sqrt((double)variance[row] + dc_node_number(norm, DC_ATTR_EPSILON));
        const double offset = b ? (double)b[row] : 0;
        bias[row] = (float)(factor * (offset - (double)mean[row]) + (double)shift[row]);
        for (uint64_t i = (uint64_t)row * n_cols, end = i + n_cols; i < end; i++)
            weights[i] = (float)factor * w[i];
    }
    return DC_OK;
}

void dc_onednn_folded(dc_onednn_net *net, uint32_t index, unsigned n_dims, const uint32_t *dims,
                   const dc_dnn_layout *layout, dc_dnn_memory **weights, dc_dnn_memory **bias)
{
    dc_dnn *dnn = &net->dnn;
    const dc_model *model = net->base.model;
    const dc_node *nodes[] = { &model->nodes[index], &model->nodes[net->values[index].norm] };
    for (uint32_t n = 0; n < 2; n++)
        for (uint32_t k = 0; k < DC_MAX_NODE_PARAMS; k++)
            if (dc_node_param(nodes[n], k) != DC_NONE)
                dc_onednn_param_make_plain(net, dc_node_param(nodes[n], k));
    dc_dnn_memory *made =
        dc_dnn_memory_new(dnn, dc_dnn_plain(dnn, n_dims, dims, DC_DNN_F32), net->fold_room);
    *bias = dc_dnn_memory_new(dnn, dc_dnn_plain(dnn, 1, model->nodes[index].shape.dims, DC_DNN_F32),
                              NULL);
    *weights = dc_dnn_memory_new(dnn, layout, NULL);
    if (!made || !*bias || !*weights)
        return;
    dc_onednn_add(net, &net->forward,
               (dc_onednn_action){
                   .run = fold, .if_changed = true, .node = index, .to = made, .from = *bias });
    const dc_dnn_bound bound[] = { { DC_DNN_SRC, made }, { DC_DNN_DST, *weights } };
    dc_dnn_step *step =
        dc_dnn_step_new(dnn, dc_dnn_reorder(dnn, made->layout, layout), 2, bound);
    dc_onednn_add(net, &net->forward,
               (dc_onednn_action){ .run = dc_onednn_run_step, .if_changed = true, .step = step });
}
