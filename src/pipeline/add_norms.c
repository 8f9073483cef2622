/* SPDX-License-Identifier: MIT */
#include "add_norms.h"

#include <math.h>
#include <string.h>

#include "sample_walk.h"

#define N_SAMPLES 512u
#define CHUNK 8u

enum { SCALE, SHIFT, MEAN, VARIANCE }; /* a batch norm's parameters */

typedef struct norms_work {
    const dc_model *from;
    dc_model *to;
    const bool *is_wanted; /* (from->n_nodes)               */
    uint32_t *places;      /* (from->n_nodes): nodes of `to` */
    dc_arena arena;
} norms_work;

bool add_norms_takes(const dc_model *model, uint32_t index)
{
    const dc_node *node = &model->nodes[index];
    uint32_t n_readers = 0, n_norms = 0;
    for (uint32_t i = index + 1; i < model->n_nodes; i++)
        for (uint32_t k = 0; k < model->nodes[i].n_inputs; k++)
            if (model->nodes[i].inputs[k] == index) {
                n_readers++;
                n_norms += model->nodes[i].op == DC_OP_BATCH_NORM;
            }
    const bool is_matrix = (node->kind->traits & (DC_MATRIX | DC_OVER_STEPS)) == DC_MATRIX;
    const uint32_t n_dims = node->shape.n_dims; /* 2: channels are not the first */
    return is_matrix && (n_dims == 1 || n_dims == 3) && n_readers > 0 && n_norms < n_readers &&
           model->params[dc_node_param(node, 0)].shape.dims[0] == node->shape.dims[0];
}

static float *values_of(const dc_model *model, const dc_node *node, uint32_t which)
{
    const uint32_t param = dc_node_param(node, which);
    return param != DC_NONE ? model->params[param].values : NULL;
}

/* ---- the graph ------------------------------------------------------------------------------- */

/* Without its bias, which the shift of an identity takes up. */
static dc_status add_layer(norms_work *w, uint32_t index)
{
    const dc_node *node = &w->from->nodes[index];
    const dc_param *weights = &w->from->params[dc_node_param(node, 0)];
    const char *name = dc_arena_print(&w->arena, "%s_norm", node->name);
    for (uint32_t i = 2; w->arena.status == DC_OK && dc_model_node(w->from, name) != DC_NONE; i++)
        name = dc_arena_print(&w->arena, "%s_norm%u", node->name, i);
    double attrs[DC_N_ATTRS];
    DC_TRY(w->arena.status);
    dc_attrs_of(attrs, node);
    attrs[DC_ATTR_BIAS] = 0;
    DC_TRY(dc_model_add(w->to, node->name, node->op, &w->places[node->inputs[0]], 1, attrs, true));
    const uint32_t layer = w->to->n_nodes - 1;
    dc_param *to = &w->to->params[dc_node_param(&w->to->nodes[layer], 0)];
    memcpy(to->values, weights->values, weights->n_values * sizeof *to->values);
    to->is_pruned = weights->is_pruned;
    to->is_shared = weights->is_shared;
    DC_TRY(dc_model_add(w->to, name, DC_OP_BATCH_NORM, &layer, 1, NULL, true));
    const dc_node *norm = &w->to->nodes[layer + 1];
    const float *bias = values_of(w->from, node, 1);
    for (uint32_t c = 0; c < node->shape.dims[0]; c++) {
        values_of(w->to, norm, VARIANCE)[c] = 1;
        values_of(w->to, norm, SCALE)[c] =
            (float)sqrt(1 + dc_node_number(norm, DC_ATTR_EPSILON));
        values_of(w->to, norm, SHIFT)[c] = bias != NULL ? bias[c] : 0;
    }
    w->places[index] = layer + 1;
    return DC_OK;
}

static dc_status build(norms_work *w)
{
    w->places = dc_arena_take(&w->arena, w->from->n_nodes, sizeof *w->places);
    DC_TRY(w->arena.status);
    for (uint32_t i = 1; i < w->from->n_nodes; i++)
        DC_TRY(w->is_wanted[i] ? add_layer(w, i)
                               : dc_model_add_copy(w->to, NULL, w->from, i, w->places));
    return dc_model_copy_facts(w->to, w->from);
}

/* ---- statistics ------------------------------------------------------------------------------ */

/* Sums of what the layer says to a chunk, and of its squares, by channel. */
static void add_sums(double *sums, double *squares, const float *y, const dc_shape *shape,
                     uint32_t n)
{
    const uint64_t n_channels = shape->dims[0], n_places = dc_shape_count(shape) / n_channels;
    for (uint64_t i = 0; i < n * n_channels; i++, y += n_places)
        for (uint64_t k = 0; k < n_places; k++) {
            sums[i % n_channels] += (double)y[k];
            squares[i % n_channels] += (double)y[k] * (double)y[k];
        }
}

static dc_status measure(norms_work *w, sample_walk *walk, uint32_t layer)
{
    const dc_node *node = &w->to->nodes[layer], *norm = node + 1;
    const uint64_t n_channels = node->shape.dims[0];
    const double n = (double)(walk->n_samples * dc_shape_count(&node->shape) / n_channels);
    double *sums = dc_arena_take(&w->arena, n_channels, sizeof *sums);
    double *squares = dc_arena_take(&w->arena, n_channels, sizeof *squares);
    DC_TRY(w->arena.status);
    DC_TRY(sample_walk_begin(walk, layer));
    for (uint64_t first = 0; first < walk->n_samples; first += CHUNK) {
        const uint32_t n_chunk = (uint32_t)DC_MIN((uint64_t)CHUNK, walk->n_samples - first);
        DC_TRY(sample_walk_run(walk, first, n_chunk));
        add_sums(sums, squares, sample_walk_values(walk, layer, first), &node->shape, n_chunk);
        dc_progress("sample", first, walk->n_samples, NULL);
    }
    sample_walk_end(walk);
    for (uint64_t c = 0; c < n_channels; c++) {
        const double mean = sums[c] / n, variance = fmax(squares[c] / n - mean * mean, 0);
        values_of(w->to, norm, SHIFT)[c] += (float)mean;
        values_of(w->to, norm, MEAN)[c] = (float)mean;
        values_of(w->to, norm, VARIANCE)[c] = (float)variance;
        values_of(w->to, norm, SCALE)[c] =
            (float)sqrt((double)(float)variance + dc_node_number(norm, DC_ATTR_EPSILON));
    }
    return DC_OK;
}

static dc_status measure_all(norms_work *w, const dc_source *source)
{
    sample_walk walk = { .model = w->to, .chunk = CHUNK, .last = w->to->n_nodes - 1 };
    DC_TRY(sample_walk_read(&walk, source, N_SAMPLES, 1, &w->arena));
    dc_status status = sample_walk_open(&walk, &w->arena);
    for (uint32_t i = 1; status == DC_OK && i < w->from->n_nodes; i++)
        if (w->is_wanted[i])
            status = measure(w, &walk, w->places[i] - 1);
    sample_walk_close(&walk);
    return status;
}

/* Rows of a mean square of 1. */
static void even_out(norms_work *w, const dc_node *layer, const dc_node *norm)
{
    const uint64_t n_rows = layer->shape.dims[0];
    const uint64_t n = w->to->params[dc_node_param(layer, 0)].n_values / n_rows;
    for (uint64_t c = 0; c < n_rows; c++) {
        float *row = values_of(w->to, layer, 0) + c * n;
        double square = 0;
        for (uint64_t i = 0; i < n; i++)
            square += (double)row[i] * (double)row[i];
        const double size = sqrt(square / (double)n);
        if (!(size > 0))
            continue;
        float *mean = &values_of(w->to, norm, MEAN)[c];
        float *variance = &values_of(w->to, norm, VARIANCE)[c];
        const double epsilon = dc_node_number(norm, DC_ATTR_EPSILON);
        for (uint64_t i = 0; i < n; i++)
            row[i] = (float)((double)row[i] / size);
        *mean = (float)((double)*mean / size);
        *variance = (float)((double)*variance / size / size);
        values_of(w->to, norm, SCALE)[c] = (float)(size * sqrt((double)*variance + epsilon));
    }
}

/* ---- the door -------------------------------------------------------------------------------- */

static dc_status make(norms_work *w, const dc_source *source)
{
    DC_TRY(dc_model_new(&w->to, w->from->name, &w->from->input));
    DC_TRY(build(w));
    DC_TRY(measure_all(w, source));
    for (uint32_t i = 1; i < w->from->n_nodes; i++)
        if (w->is_wanted[i])
            even_out(w, &w->to->nodes[w->places[i] - 1], &w->to->nodes[w->places[i]]);
    return DC_OK;
}

dc_status add_norms(dc_run *run, const bool *is_wanted)
{
    norms_work w = { .from = run->model, .is_wanted = is_wanted };
    const unsigned mark = dc_work_enter(amount_work(run, add_norms_amount(run)), "batch norms");
    dc_status status = make(&w, run->data->train);
    dc_work_leave(mark);
    dc_arena_clear(&w.arena);
    if (status < 0) {
        dc_model_free(w.to);
        return status;
    }
    dc_model_free(run->model);
    run->model = w.to;
    return DC_OK;
}

dc_amount add_norms_amount(const dc_run *run)
{
    const uint64_t n = run->data != NULL && run->data->train != NULL
                           ? DC_MIN(run->data->train->n_samples, (uint64_t)N_SAMPLES)
                           : 0;
    return (dc_amount){ .n_run = (double)n * (1 + SAMPLE_WALK_READ) };
}
