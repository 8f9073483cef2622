/* SPDX-License-Identifier: MIT
 *
 * Whole neurons go until a network has so many parameters. Each is worth the sum of v w^2 over its
 * incoming weights, where v are mean squares of the gradients (Fisher: what the loss would rise by
 * without it, about), and costs its incoming and outgoing weights; those of least worth a cost go
 * first. What a weight costs is what it will cost in a small file: large layers end sparse, small
 * ones dense, so a weight of a large one may count less. No layer loses more than three quarters of
 * its neurons at once, nor gets below a few: the estimate holds for small changes, so this is to be
 * done in turns, with training in between.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "channels.h"
#include "magnitude.h"

#define FEWEST 4u
#define LEAST_SHARE 0.25

typedef struct neuron {
    double worth; /* for what goes with it */
    uint32_t layer, row;
    uint64_t n_values; /* parameters that go with it */
} neuron;

static int by_worth(const void *a, const void *b)
{
    const neuron *x = a, *y = b;
    if (x->worth < y->worth || x->worth > y->worth)
        return x->worth < y->worth ? -1 : 1;
    if (x->layer != y->layer)
        return x->layer < y->layer ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* What goes with one neuron of the layer, its row and its columns: how many parameters, and what
 * they cost. */
static double cost_of(uint64_t *n_values, const channels *c, double discount)
{
    const dc_model *m = c->model;
    double cost = 0;
    *n_values = 1; /* the bias */
    for (uint32_t i = c->layer; i < m->n_nodes; i++) {
        if (i != c->layer && c->reached[i] != CHANNELS_READ)
            continue;
        const uint64_t n = channels_param(m, &m->nodes[i], 0)->n_values;
        *n_values += n / c->n_channels;
        cost += (double)(n / c->n_channels) * pow((double)n, -discount);
    }
    return cost;
}

static uint32_t add_neurons(neuron *out, const channels *c, double discount,
                            const float *const *squares)
{
    const dc_model *m = c->model;
    const uint32_t param = dc_node_param(&m->nodes[c->layer], 0);
    const dc_param *weight = &m->params[param];
    uint32_t n_rows, n_cols;
    dc_param_matrix(weight, &n_rows, &n_cols);
    uint64_t n_values;
    const double cost = cost_of(&n_values, c, discount);
    for (uint32_t row = 0; row < n_rows; row++) {
        double worth = 0;
        for (uint64_t i = (uint64_t)row * n_cols; i < ((uint64_t)row + 1) * n_cols; i++)
            worth += (double)squares[param][i] * (double)weight->values[i] *
                     (double)weight->values[i];
        out[row] = (neuron){ worth / cost, c->layer, row, n_values };
    }
    return n_rows;
}

/* Its row and its bias become 0, so that it is dead. */
static void silence(dc_model *model, const neuron *which)
{
    const dc_node *node = &model->nodes[which->layer];
    const dc_param *weight = channels_param(model, node, 0);
    const dc_param *bias = channels_param(model, node, 1);
    uint32_t n_rows, n_cols;
    dc_param_matrix(weight, &n_rows, &n_cols);
    memset(weight->values + (uint64_t)which->row * n_cols, 0, n_cols * sizeof(float));
    if (bias != NULL)
        bias->values[which->row] = 0;
}

static dc_status narrow(channels *c, uint64_t n_most, double discount, const float *const *squares,
                        dc_arena *arena)
{
    dc_model *m = c->model;
    uint32_t n = 0, n_all = 0;
    uint64_t n_left = dc_model_n_values(m);
    for (uint32_t i = 0; i < m->n_nodes; i++)
        n_all += channels_is_layer(&m->nodes[i]) ? m->nodes[i].shape.dims[0] : 0;
    neuron *all = dc_arena_take(arena, n_all, sizeof *all);
    uint32_t *n_of = dc_arena_take(arena, m->n_nodes, sizeof *n_of);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < m->n_nodes; i++)
        if (channels_is_layer(&m->nodes[i]) && channels_follow(c, i)) {
            n += add_neurons(all + n, c, discount, squares);
            n_of[i] = c->n_channels;
        }
    qsort(all, n, sizeof *all, by_worth);
    for (uint32_t i = 0; i < n && n_left > n_most; i++) {
        const uint32_t whole = m->nodes[all[i].layer].shape.dims[0];
        if (n_of[all[i].layer] <= DC_MAX(FEWEST, (uint32_t)(LEAST_SHARE * whole)))
            continue;
        n_of[all[i].layer]--;
        n_left -= DC_MIN(n_left, all[i].n_values); /* a weight of two that go counts twice */
        silence(m, &all[i]);
    }
    return DC_OK;
}

dc_status dc_prune_narrow(dc_model *model, uint64_t n_most, double discount,
                          const float *const *squares, dc_prune_stats *stats)
{
    dc_arena arena = { 0 };
    channels c;
    dc_status status = channels_init(&c, model, &arena);
    if (status == DC_OK)
        status = narrow(&c, n_most, discount, squares, &arena);
    dc_arena_clear(&arena);
    return status < 0 ? status : dc_prune_dead_between(model, stats);
}
