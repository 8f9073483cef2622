/* SPDX-License-Identifier: MIT
 *
 * Layers whose weights are multiplied as they are kept, sparse and coded (settings.sparse), between
 * layers of oneDNN: inputs are brought to row-major, and the value stays so. Bias, a batch norm and
 * relu or clip are done at the end of each row; other activations follow as steps of their own.
 * Layers over time do it by themselves (fast_steps.h).
 */
#include <math.h>

#include "net_onednn.h"
#include "packing.h"

struct dc_onednn_sparse {
    const dc_sparse *a;
    bool is_conv;
    dc_sparse_window window;
    uint32_t n; /* samples, or vectors */
    const dc_dnn_memory *x; /* NULL: the batch itself */
    float *scale, *shift;   /* NULL: 1, 0 */
    dc_sparse_end end;
};

static const dc_sparse *sparse_of(const dc_onednn_net *net, const dc_node *node)
{
    const dc_sparse *const *all = net->base.settings.sparse;
    const bool has_param = node->kind->n_params > 0 && dc_node_param(node, 0) != DC_NONE;
    const bool may_be = has_param && !dc_op_takes_sparse(net->base.model, node, 0);
    return all != NULL && may_be ? all[dc_node_param(node, 0)] : NULL;
}

static dc_onednn_sparse layer_of(const dc_onednn_net *net, uint32_t index)
{
    const dc_model *model = net->base.model;
    const dc_node *node = &model->nodes[index];
    dc_onednn_sparse l = { .a = sparse_of(net, node), .is_conv = node->op == DC_OP_CONV,
                           .n = net->base.settings.batch_size, .end = DC_SPARSE_END };
    if (l.is_conv)
        l.window = packing_window(model, node);
    else
        l.n *= (uint32_t)(dc_shape_count(&node->shape) /
                          model->params[dc_node_param(node, 0)].shape.dims[0]);
    return l;
}

dc_status dc_onednn_sparse_room(dc_onednn_net *net)
{
    uint64_t n_room = 0;
    for (uint32_t i = 1; i < net->plan.n_nodes; i++) {
        if (sparse_of(net, &net->base.model->nodes[i]) == NULL)
            continue;
        const dc_onednn_sparse l = layer_of(net, i);
        n_room = DC_MAX(n_room, l.is_conv ? dc_sparse_conv_room(l.a, &l.window, l.n)
                                          : dc_sparse_linear_room(l.a, l.n));
    }
    net->sparse_room = dc_arena_take(&net->base.arena, n_room, sizeof *net->sparse_room);
    return net->base.arena.status;
}

/* ---- the end of a row ---- */

/* scale and shift; see net_onednn_fold.c. */
static dc_status make_ends(dc_onednn_net *net, const dc_onednn_action *action)
{
    const dc_node *node = &net->base.model->nodes[action->node];
    const dc_node *norm = &net->base.model->nodes[net->values[action->node].norm];
    const dc_onednn_sparse *l = net->values[action->node].sparse;
    const float *b = dc_onednn_values_of(net, node, 1);
    const bool is_normed = net->values[action->node].norm != 0;
    const uint32_t n_rows = net->base.model->params[dc_node_param(node, 0)].shape.dims[0];
    for (uint32_t row = 0; row < n_rows; row++) {
        l->shift[row] = b != NULL ? b[row] : 0;
        if (!is_normed)
            continue;
        const double factor = (double)dc_onednn_values_of(net, norm, 0)[row] /
                              sqrt((double)dc_onednn_values_of(net, norm, 3)[row] +
                                   dc_node_number(norm, DC_ATTR_EPSILON));
        l->scale[row] = (float)factor;
        l->shift[row] = (float)(factor * ((double)l->shift[row] -
                                          (double)dc_onednn_values_of(net, norm, 2)[row]) +
                                (double)dc_onednn_values_of(net, norm, 1)[row]);
    }
    return DC_OK;
}

static void take_ends(dc_onednn_net *net, uint32_t index, dc_onednn_sparse *l)
{
    const dc_model *model = net->base.model;
    const uint32_t norm = net->values[index].norm;
    const dc_node *nodes[] = { &model->nodes[index], &model->nodes[norm] };
    const uint32_t n_rows = model->params[dc_node_param(nodes[0], 0)].shape.dims[0];
    if (norm == 0 && dc_node_param(nodes[0], 1) == DC_NONE)
        return;
    for (uint32_t n = 0; n < (norm != 0 ? 2 : 1); n++)
        for (uint32_t k = n == 0; k < DC_MAX_NODE_PARAMS; k++)
            if (dc_node_param(nodes[n], k) != DC_NONE)
                dc_onednn_param_make_plain(net, dc_node_param(nodes[n], k));
    l->scale = norm != 0 ? dc_arena_take(&net->base.arena, n_rows, sizeof *l->scale) : NULL;
    l->shift = dc_arena_take(&net->base.arena, n_rows, sizeof *l->shift);
    l->end.scale = l->scale;
    l->end.shift = l->shift;
    dc_onednn_add(net, &net->forward,
                  (dc_onednn_action){ .run = make_ends, .if_changed = true, .node = index });
}

/* The activation, if a row can end with it; else it is a step behind this one. */
static void take_curve(dc_onednn_value *value, dc_sparse_end *end)
{
    const dc_dnn_curve *curve = value->curve;
    if (curve != NULL && curve->kind == DC_DNN_RELU && !(curve->a < 0) && !(curve->a > 0)) {
        end->low = 0;
    } else if (curve != NULL && curve->kind == DC_DNN_CLIP) {
        end->low = curve->a;
        end->high = curve->b;
    } else {
        value->curve = NULL;
    }
}

/* ---- the layer ---- */

static dc_status run_sparse(dc_onednn_net *net, const dc_onednn_action *action)
{
    const dc_onednn_sparse *l = net->values[action->node].sparse;
    const float *x = l->x != NULL ? l->x->data : net->base.x;
    if (l->is_conv)
        dc_sparse_conv(l->a, &l->window, &l->end, x, l->n, action->to->data, net->sparse_room);
    else
        dc_sparse_linear(l->a, &l->end, x, l->n, action->to->data, net->sparse_room);
    return DC_OK;
}

bool dc_onednn_sparse_forward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    dc_onednn_value *value = &net->values[index];
    if (sparse_of(net, node) == NULL)
        return false;
    dc_onednn_value *in = dc_onednn_input(net, node, 0);
    dc_onednn_sparse *l = dc_arena_take(&net->base.arena, 1, sizeof *l);
    if (l == NULL)
        return true; /* the arena has failed */
    *l = layer_of(net, index);
    value->sparse = l;
    take_curve(value, &l->end);
    take_ends(net, index, l);
    if (in != &net->values[0])
        l->x = dc_onednn_value_as(net, in, dc_onednn_value_plain(net, in, DC_DNN_F32),
                                  &net->forward);
    dc_onednn_value_make(net, value, dc_onednn_value_plain(net, value, DC_DNN_F32), DC_DNN_F32);
    dc_onednn_add(net, &net->forward,
                  (dc_onednn_action){ .run = run_sparse, .node = index, .to = value->y });
    return true;
}
