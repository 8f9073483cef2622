/* SPDX-License-Identifier: MIT */
#include "sample_walk.h"

#include <inttypes.h>
#include <math.h>

#include "walk_conv.h"

#define MEMORY_SHARE 0.5 /* of what is left, for values of samples */

/* Whether nodes behind `end` read it. */
static bool is_read_behind(const dc_model *model, uint32_t node, uint32_t end, uint32_t last)
{
    for (uint32_t i = end + 1; i <= last; i++)
        for (uint32_t k = 0; k < model->nodes[i].n_inputs; k++)
            if (model->nodes[i].inputs[k] == node)
                return true;
    return false;
}

/* How many values of a sample are kept at most, where a walk stops before each layer. */
static uint64_t most_kept(const dc_model *model, uint32_t last)
{
    uint64_t most = 0;
    for (uint32_t end = 0; end < last; end++) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i <= end; i++)
            if (is_read_behind(model, i, end, last))
                sum += dc_shape_count(&model->nodes[i].shape);
        /* only before layers with weights is anything kept */
        if (dc_node_param(&model->nodes[end + 1], 0) != DC_NONE)
            most = DC_MAX(most, sum);
    }
    return most;
}

static uint64_t n_that_fit(const sample_walk *walk, uint64_t n, uint32_t n_walks)
{
    const uint64_t n_values = dc_shape_count(&walk->model->nodes[0].shape) +
                              n_walks * most_kept(walk->model, walk->last);
    const double most = MEMORY_SHARE * (double)dc_memory_left() / 4 / (double)n_values;
    if ((double)n <= most)
        return n;
    dc_warn("memory holds %.0f of %" PRIu64 " samples", fmax(floor(most), 1), n);
    return (uint64_t)fmax(most, 1);
}

dc_status sample_walk_read(sample_walk *walk, const dc_source *source, uint64_t most,
                           uint32_t n_walks, dc_arena *arena)
{
    const uint64_t n_values = dc_shape_count(&walk->model->nodes[0].shape);
    const uint64_t n = n_that_fit(walk, DC_MIN(source->n_samples, most), n_walks);
    int32_t *labels = dc_arena_take(arena, dc_source_steps(source), sizeof *labels);
    float *inputs = dc_arena_take(arena, n * n_values, sizeof *inputs);
    uint32_t *lengths =
        source->lengths != NULL ? dc_arena_take(arena, n, sizeof *lengths) : NULL;
    DC_TRY(arena->status);
    walk->inputs = inputs;
    walk->lengths = lengths;
    walk->n_samples = 0;
    const unsigned mark = dc_work_enter(SAMPLE_WALK_READ * (double)n, "read samples");
    for (uint64_t i = 0; i < n; i++) {
        DC_TRY(dc_source_read(source, &i, 1, 0, inputs + walk->n_samples * n_values, labels));
        if (lengths != NULL)
            source->lengths(source, &i, 1, lengths + walk->n_samples);
        walk->n_samples += labels[0] != DC_UNREADABLE;
        dc_progress("sample", i + 1, n, NULL);
    }
    dc_work_leave(mark);
    return walk->n_samples > 0 ? DC_OK : dc_fail(DC_EINPUT, "no sample could be read");
}

dc_status sample_walk_open(sample_walk *walk, dc_arena *arena)
{
    uint32_t n_inputs = 0;
    for (uint32_t i = 0; i < walk->model->n_nodes; i++)
        n_inputs = DC_MAX(n_inputs, walk->model->nodes[i].n_inputs);
    walk->kept = dc_arena_take(arena, walk->model->n_nodes, sizeof *walk->kept);
    walk->passing = dc_arena_take(arena, walk->model->n_nodes, sizeof *walk->passing);
    walk->x = dc_arena_take(arena, n_inputs, sizeof *walk->x);
    return arena->status;
}

static void drop(float **values)
{
    dc_release(*values);
    *values = NULL;
}

void sample_walk_close(sample_walk *walk)
{
    for (uint32_t i = 0; walk->x != NULL && i < walk->model->n_nodes; i++) {
        drop(&walk->kept[i]);
        drop(&walk->passing[i]);
    }
}

dc_status sample_walk_begin(sample_walk *walk, uint32_t end)
{
    walk->end = end;
    for (uint32_t i = walk->done + 1; i <= end; i++) {
        const uint64_t n = dc_shape_count(&walk->model->nodes[i].shape);
        const bool is_kept = is_read_behind(walk->model, i, end, walk->last);
        float **to = is_kept ? &walk->kept[i] : &walk->passing[i];
        *to = dc_grow(NULL, (is_kept ? walk->n_samples : walk->chunk) * n, sizeof(float));
        if (*to == NULL)
            return DC_ENOMEM;
    }
    return DC_OK;
}

static float *values_of(const sample_walk *walk, uint32_t node, uint64_t first)
{
    const uint64_t n = dc_shape_count(&walk->model->nodes[node].shape);
    return walk->kept[node] != NULL ? walk->kept[node] + first * n : walk->passing[node];
}

const float *sample_walk_values(const sample_walk *walk, uint32_t node, uint64_t first)
{
    if (node > 0)
        return values_of(walk, node, first);
    return walk->inputs + first * dc_shape_count(&walk->model->nodes[0].shape);
}

dc_status sample_walk_run(sample_walk *walk, uint64_t first, uint32_t n)
{
    const uint32_t *lengths = walk->lengths != NULL ? walk->lengths + first : NULL;
    for (uint32_t i = walk->done + 1; i <= walk->end; i++) {
        const dc_node *node = &walk->model->nodes[i];
        for (uint32_t k = 0; k < node->n_inputs; k++)
            walk->x[k] = sample_walk_values(walk, node->inputs[k], first);
        float *y = values_of(walk, i, first);
        if (walk_conv_does(walk->model, node))
            DC_TRY(walk_conv(walk->model, node, n, walk->x[0], y));
        else
            DC_TRY(dc_node_forward(walk->model, i, n, lengths, walk->x, y));
    }
    return DC_OK;
}

void sample_walk_end(sample_walk *walk)
{
    for (uint32_t i = 1; i <= walk->end; i++) {
        drop(&walk->passing[i]);
        if (walk->kept[i] != NULL && !is_read_behind(walk->model, i, walk->end, walk->last))
            drop(&walk->kept[i]);
    }
    walk->done = walk->end;
}
