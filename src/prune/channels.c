/* SPDX-License-Identifier: MIT
 *
 * For a layer (conv without groups, or linear) the nodes that its value reaches are followed
 * through ops that treat channels apart, up to the layers that read it. If it reaches anything else
 * (sums, products, concat, slice, reshape, transpose, lrn, softmax, a grouped conv, a linear layer
 * of several vectors, the network's output), its channels cannot be moved.
 */
#include "channels.h"

#include <string.h>

dc_param *channels_param(const dc_model *model, const dc_node *node, uint32_t which)
{
    const uint32_t param = dc_node_param(node, which);
    return param == DC_NONE ? NULL : &model->params[param];
}

bool channels_is_layer(const dc_node *node)
{
    return (node->kind->traits & DC_MATRIX) != 0 && dc_node_whole(node, DC_ATTR_AXIS) == 0 &&
           dc_node_whole(node, DC_ATTR_GROUPS) <= 1;
}

bool channels_has_pad(const dc_node *node)
{
    double sum = 0;
    for (int side = DC_ATTR_PAD_TOP; side <= DC_ATTR_PAD_RIGHT; side++)
        sum += dc_node_number(node, (dc_attr)side);
    return sum > 0;
}

dc_status channels_init(channels *out, dc_model *model, dc_arena *arena)
{
    *out = (channels){ .model = model, .reached = dc_arena_take(arena, model->n_nodes, 1) };
    return arena->status;
}

/* Parameters after a flatten may have more than one entry a channel. */
static bool passes_channels(const channels *c, const dc_node *node)
{
    const dc_param *param = channels_param(c->model, node, 0);
    return (node->kind->curve != NULL || node->kind->constant != NULL) &&
           (param == NULL || param->n_values == c->n_channels);
}

bool channels_follow(channels *c, uint32_t layer)
{
    const dc_model *m = c->model;
    bool has_reader = false;
    c->layer = layer;
    c->n_channels = m->nodes[layer].shape.dims[0];
    memset(c->reached, CHANNELS_NOT_REACHED, m->n_nodes);
    c->reached[layer] = CHANNELS_PASS;
    for (uint32_t i = layer + 1; i < m->n_nodes; i++) {
        const dc_node *node = &m->nodes[i];
        bool is_fed = false;
        for (uint32_t j = 0; j < node->n_inputs; j++)
            is_fed = is_fed || c->reached[node->inputs[j]] == CHANNELS_PASS;
        if (!is_fed)
            continue;
        if (!channels_is_layer(node) && !passes_channels(c, node))
            return false;
        c->reached[i] = channels_is_layer(node) ? CHANNELS_READ : CHANNELS_PASS;
        has_reader = has_reader || channels_is_layer(node);
    }
    return has_reader && c->reached[m->n_nodes - 1] != CHANNELS_PASS;
}

/* Values seen as (n_outer, n_channels, width). */
static dc_status take_of(const channels *c, dc_param *param, uint64_t n_outer, uint32_t dim,
                         const uint32_t *order, uint32_t n)
{
    if (param == NULL)
        return DC_OK;
    const uint64_t width = param->n_values / n_outer / c->n_channels;
    dc_arena scratch = { 0 };
    float *row = dc_arena_take(&scratch, c->n_channels * width, sizeof *row);
    for (uint64_t outer = 0; row != NULL && outer < n_outer; outer++) {
        memcpy(row, param->values + outer * c->n_channels * width,
               c->n_channels * width * sizeof *row);
        for (uint32_t i = 0; i < n; i++)
            memcpy(param->values + (outer * n + i) * width, row + order[i] * width,
                   width * sizeof *row);
    }
    const dc_status status = scratch.status;
    dc_arena_clear(&scratch);
    DC_TRY(status);
    param->n_values = n_outer * width * n;
    param->shape.dims[dim] = param->shape.dims[dim] / c->n_channels * n;
    return DC_OK;
}

dc_status channels_take(channels *c, const uint32_t *order, uint32_t n)
{
    dc_model *m = c->model;
    dc_node *layer = &m->nodes[c->layer];
    DC_TRY(take_of(c, channels_param(m, layer, 0), 1, 0, order, n));
    DC_TRY(take_of(c, channels_param(m, layer, 1), 1, 0, order, n));
    dc_node_set(layer, DC_ATTR_N_OUTPUTS, n);
    for (uint32_t i = c->layer; i < m->n_nodes; i++) {
        dc_node *node = &m->nodes[i];
        if (c->reached[i] == CHANNELS_PASS)
            node->shape.dims[0] = node->shape.dims[0] / c->n_channels * n;
        if (c->reached[i] == CHANNELS_READ)
            DC_TRY(take_of(c, channels_param(m, node, 0), node->shape.dims[0], 1, order, n));
        for (uint32_t j = 0;
             c->reached[i] == CHANNELS_PASS && i != c->layer && j < node->kind->n_params; j++)
            DC_TRY(take_of(c, channels_param(m, node, j), 1, 0, order, n)); /* batch norm, PReLU */
    }
    return DC_OK;
}
