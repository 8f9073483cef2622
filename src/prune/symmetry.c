/* SPDX-License-Identifier: MIT
 *
 * What can be changed in a network without changing what it computes, so that it costs fewer bytes:
 *
 * Biases move on. A channel's bias passes whatever only chooses or averages values within a channel
 * (pools, flatten, dropout), and in a layer that reads it without padding it is a constant of that
 * layer's bias. Then the layer needs no bias of its own. Exact but for the rounding of sums.
 *
 * Channels are sorted by how many weights they have, most first, together with whatever reads them:
 * neighbours are alike then, which a coder that learns as it goes makes use of. Exact but for the
 * order of sums.
 */
#include <stdlib.h>

#include "channels.h"

/* Whether y(x + c) is y(x) + c for a channel's constant c. */
static bool keeps_shift(const dc_model *model, const dc_node *node)
{
    const dc_op_kind *kind = node->kind;
    return kind->curve == NULL && kind->constant != NULL && kind->n_params == 0 &&
           kind->constant(model, node, 0, 1.0) == 1.0;
}

static bool can_move_bias(const channels *c)
{
    const dc_model *m = c->model;
    for (uint32_t i = c->layer + 1; i < m->n_nodes; i++) {
        const dc_node *node = &m->nodes[i];
        if (c->reached[i] == CHANNELS_PASS && !keeps_shift(m, node))
            return false;
        if (c->reached[i] == CHANNELS_READ &&
            (channels_has_pad(node) || channels_param(m, node, 1) == NULL))
            return false;
    }
    return true;
}

static void move_bias(const channels *c, const float *bias)
{
    const dc_model *m = c->model;
    for (uint32_t i = c->layer + 1; i < m->n_nodes; i++) {
        if (c->reached[i] != CHANNELS_READ)
            continue;
        const dc_param *weight = channels_param(m, &m->nodes[i], 0);
        float *to = channels_param(m, &m->nodes[i], 1)->values;
        uint32_t n_rows, n_cols;
        dc_param_matrix(weight, &n_rows, &n_cols);
        const uint32_t width = n_cols / c->n_channels;
        for (uint32_t row = 0; row < n_rows; row++) {
            double sum = (double)to[row];
            for (uint32_t col = 0; col < n_cols; col++)
                sum += (double)weight->values[(uint64_t)row * n_cols + col] *
                       (double)bias[col / width];
            to[row] = (float)sum;
        }
    }
}

/* Parameters behind it move up. */
static void drop_param(dc_model *model, dc_node *node, uint32_t which)
{
    const uint32_t gone = node->params[which];
    node->params[which] = DC_NONE;
    for (uint32_t i = gone; i + 1 < model->n_params; i++)
        model->params[i] = model->params[i + 1];
    model->n_params--;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        for (uint32_t j = 0; j < model->nodes[i].kind->n_params; j++) {
            uint32_t *param = &model->nodes[i].params[j];
            if (*param != DC_NONE && *param > gone)
                --*param;
        }
}

static bool has_values(const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        if (model->params[i].values == NULL)
            return false;
    return true;
}

dc_status dc_prune_move_biases(uint32_t *n_moved, dc_model *model)
{
    dc_arena arena = { 0 };
    channels c;
    dc_status status = channels_init(&c, model, &arena);
    *n_moved = 0;
    for (uint32_t i = 0; status == DC_OK && has_values(model) && i < model->n_nodes; i++) {
        dc_node *node = &model->nodes[i];
        const dc_param *bias =
            channels_is_layer(node) ? channels_param(model, node, 1) : NULL;
        if (bias == NULL || !channels_follow(&c, i) || !can_move_bias(&c))
            continue;
        move_bias(&c, bias->values);
        *n_moved += (uint32_t)bias->n_values;
        dc_node_set(node, DC_ATTR_BIAS, 0);
        drop_param(model, node, 1);
    }
    dc_arena_clear(&arena);
    return status;
}

/* ---- order ----------------------------------------------------------------------------------- */

typedef struct place {
    uint32_t channel, n_weights;
} place;

static int by_weights(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->n_weights != y->n_weights)
        return x->n_weights > y->n_weights ? -1 : 1;
    return x->channel < y->channel ? -1 : x->channel > y->channel;
}

static dc_status sort_channels(channels *c)
{
    const dc_param *weight = channels_param(c->model, &c->model->nodes[c->layer], 0);
    uint32_t n_rows, n_cols;
    dc_param_matrix(weight, &n_rows, &n_cols);
    dc_arena scratch = { 0 };
    place *places = dc_arena_take(&scratch, n_rows, sizeof *places);
    uint32_t *order = dc_arena_take(&scratch, n_rows, sizeof *order);
    dc_status status = scratch.status;
    if (status == DC_OK) {
        for (uint32_t row = 0; row < n_rows; row++) {
            places[row].channel = row;
            for (uint32_t col = 0; col < n_cols; col++)
                places[row].n_weights += weight->values[(uint64_t)row * n_cols + col] != 0.0f;
        }
        qsort(places, n_rows, sizeof *places, by_weights);
        for (uint32_t row = 0; row < n_rows; row++)
            order[row] = places[row].channel;
        status = channels_take(c, order, n_rows);
    }
    dc_arena_clear(&scratch);
    return status;
}

dc_status dc_prune_sort(dc_model *model)
{
    dc_arena arena = { 0 };
    channels c;
    dc_status status = channels_init(&c, model, &arena);
    for (uint32_t i = 0; status == DC_OK && has_values(model) && i < model->n_nodes; i++)
        if (channels_is_layer(&model->nodes[i]) && channels_follow(&c, i))
            status = sort_channels(&c);
    dc_arena_clear(&arena);
    return status;
}
