/* SPDX-License-Identifier: MIT
 *
 * The graph walk: each node's value from those of its inputs. Values are kept as doubles, which
 * hold every fixed-point number of 32 bits or less exactly, so what passes from one array layer to
 * the next is what the register files would swap. A convolution is one product an output position
 * and group: the host gathers the patch (manual, 5).
 */
#include "array_net.h"

#include <math.h>
#include <string.h>

dc_status array_walk_init(array_walk *out, const array_net *net, const array_engine *engine,
                          dc_arena *arena)
{
    uint64_t n_cols = 1, n_rows = 1, n_said = 1, n_cells = 1, n_host = net->n_widest;
    for (uint32_t a = 0; a < net->n_arrays; a++) {
        n_cols = DC_MAX(n_cols, net->arrays[a].parts[0].matrix.n_cols);
        n_rows = DC_MAX(n_rows, net->arrays[a].parts[0].matrix.n_rows);
    }
    for (uint32_t c = 0; c < net->n_cells; c++) {
        n_cols = DC_MAX(n_cols, net->cells[c].cell.n_inputs);
        n_said = DC_MAX(n_said, net->cells[c].cell.n_said);
        n_cells = DC_MAX(n_cells, net->cells[c].cell.n_cells);
    }
    for (uint32_t i = 0; i < net->model->n_nodes; i++) {
        uint64_t n = net->n_widest;
        for (uint32_t k = 0; k < net->model->nodes[i].n_inputs; k++)
            n += dc_shape_count(&net->model->nodes[net->model->nodes[i].inputs[k]].shape);
        n_host = DC_MAX(n_host, n);
    }
    *out = (array_walk){ .net = net };
    if (engine != NULL)
        out->engine = *engine;
    else
        out->ranges = dc_arena_take(arena, net->n_arrays, sizeof *out->ranges);
    out->n_clamped = dc_arena_take(arena, net->n_arrays, sizeof *out->n_clamped);
    out->values = dc_arena_take(arena, net->n_values, sizeof *out->values);
    out->host = dc_arena_take(arena, n_host, sizeof *out->host);
    out->map = dc_arena_take(arena, net->n_widest, sizeof *out->map);
    out->patch = dc_arena_take(arena, n_cols, sizeof *out->patch);
    out->sums = dc_arena_take(arena, n_rows, sizeof *out->sums);
    out->input = dc_arena_take(arena, n_cols, sizeof *out->input);
    out->output = dc_arena_take(arena, n_rows, sizeof *out->output);
    out->said = dc_arena_take(arena, n_said, sizeof *out->said);
    out->cells = dc_arena_take(arena, n_cells, sizeof *out->cells);
    return arena->status;
}

/* ---- the host's ops ------------------------------------------------------------------------- */

float *array_walk_gather(array_walk *walk, uint32_t index, const float **x)
{
    const dc_model *model = walk->net->model;
    const dc_node *node = &model->nodes[index];
    float *at = walk->host;
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        const uint32_t from = node->inputs[k];
        const uint64_t n = dc_shape_count(&model->nodes[from].shape);
        const double *values = walk->values + walk->net->value_at[from];
        x[k] = at;
        for (uint64_t i = 0; i < n; i++)
            at[i] = (float)values[i];
        at += n;
    }
    return at;
}

static dc_status run_host(array_walk *walk, uint32_t index)
{
    const dc_model *model = walk->net->model;
    const dc_node *node = &model->nodes[index];
    const float *x[64];
    double *y = walk->values + walk->net->value_at[index];
    float *at = array_walk_gather(walk, index, x);
    const uint32_t *lengths = walk->length > 0 ? &walk->length : NULL;
    DC_TRY(dc_node_forward(model, index, 1, lengths, x, at));
    const uint64_t n = dc_shape_count(&node->shape);
    for (uint64_t i = 0; i < n; i++)
        y[i] = (double)at[i];
    return DC_OK;
}

/* ---- the array's ---------------------------------------------------------------------------- */

/* One convolution, as seen by the gatherer. */
typedef struct patches {
    int64_t channels, height, width; /* of one group's input */
    int64_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
    int64_t out_height, out_width;
} patches;

static patches patches_of(const dc_node *node, const dc_shape *input)
{
    return (patches){ .channels = input->dims[0] / dc_node_whole(node, DC_ATTR_GROUPS),
                      .height = input->dims[1],
                      .width = input->dims[2],
                      .kernel_h = dc_node_whole(node, DC_ATTR_KERNEL_H),
                      .kernel_w = dc_node_whole(node, DC_ATTR_KERNEL_W),
                      .stride_h = dc_node_whole(node, DC_ATTR_STRIDE_H),
                      .stride_w = dc_node_whole(node, DC_ATTR_STRIDE_W),
                      .pad_top = dc_node_whole(node, DC_ATTR_PAD_TOP),
                      .pad_left = dc_node_whole(node, DC_ATTR_PAD_LEFT),
                      .dilation_h = dc_node_whole(node, DC_ATTR_DILATION_H),
                      .dilation_w = dc_node_whole(node, DC_ATTR_DILATION_W),
                      .out_height = node->shape.dims[1],
                      .out_width = node->shape.dims[2] };
}

/* The patch (C,R,S) of output position (h,w) from a group's map (C,H,W). */
static void gather(double *patch, const patches *p, const double *map, int64_t h, int64_t w)
{
    for (int64_t c = 0; c < p->channels; c++)
        for (int64_t r = 0; r < p->kernel_h; r++)
            for (int64_t s = 0; s < p->kernel_w; s++) {
                const int64_t row = h * p->stride_h - p->pad_top + r * p->dilation_h;
                const int64_t col = w * p->stride_w - p->pad_left + s * p->dilation_w;
                const bool is_inside =
                    row >= 0 && row < p->height && col >= 0 && col < p->width;
                *patch++ = is_inside ? map[(c * p->height + row) * p->width + col] : 0;
            }
}

dc_status array_walk_multiply(array_walk *walk, const array_node *array, uint32_t part,
                              const double *x)
{
    const dc_csc *m = &array->parts[part].matrix;
    if (walk->engine.run != NULL) {
        for (uint32_t j = 0; j < m->n_cols; j++)
            walk->input[j] = (int32_t)x[j];
        DC_TRY(walk->engine.run(walk->engine.payload, array, part, walk->input, walk->output));
        for (uint32_t i = 0; i < m->n_rows; i++)
            walk->sums[i] = dc_fixed_value(walk->output[i], array->format.output);
        return DC_OK;
    }
    array_range *range = &walk->ranges[array - walk->net->arrays];
    range->largest_sum = DC_MAX(range->largest_sum, dc_csc_apply(walk->sums, m, x));
    for (uint32_t i = 0; i < m->n_rows && array->has_relu; i++)
        walk->sums[i] = DC_MAX(walk->sums[i], 0);
    return DC_OK;
}

static dc_status run_conv(array_walk *walk, const array_node *array, double *y)
{
    const dc_model *model = walk->net->model;
    const dc_node *node = &model->nodes[array->node];
    const patches p = patches_of(node, &model->nodes[node->inputs[0]].shape);
    const int64_t n_positions = p.out_height * p.out_width;
    for (uint32_t g = 0; g < array->n_parts; g++) {
        const double *map = walk->map + g * p.channels * p.height * p.width;
        const uint32_t n_rows = array->parts[g].matrix.n_rows;
        double *planes = y + array->parts[g].first_row * n_positions;
        for (int64_t at = 0; at < n_positions; at++) {
            gather(walk->patch, &p, map, at / p.out_width, at % p.out_width);
            DC_TRY(array_walk_multiply(walk, array, g, walk->patch));
            for (uint32_t i = 0; i < n_rows; i++)
                planes[i * n_positions + at] = walk->sums[i];
        }
    }
    return DC_OK;
}

/* Whether nobody looks at what a node makes of steps that the sample does not have: it is the last
 * one, or only layers over time read it. */
static bool is_of_steps(const dc_model *model, uint32_t index)
{
    const dc_shape *shape = &model->nodes[index].shape, *input = &model->input.shape;
    if (shape->n_dims != 2 || shape->dims[0] != input->dims[0])
        return false;
    for (uint32_t i = index + 1; i < model->n_nodes; i++)
        for (uint32_t k = 0; k < model->nodes[i].n_inputs; k++)
            if (model->nodes[i].inputs[k] == index &&
                (model->nodes[i].kind->traits & DC_OVER_STEPS) == 0)
                return false;
    return true;
}

/* One product for each vector of the sample; a vector a step, of the steps that it has. */
static dc_status run_linear(array_walk *walk, const array_node *array, double *y)
{
    const dc_model *model = walk->net->model;
    const dc_csc *m = &array->parts[0].matrix;
    const uint64_t n_all = dc_shape_count(&model->nodes[array->node].shape) / m->n_rows;
    const bool is_short = walk->length > 0 && is_of_steps(model, array->node);
    const uint64_t n = is_short ? DC_MIN((uint64_t)walk->length, n_all) : n_all;
    for (uint64_t i = 0; i < n; i++) {
        DC_TRY(array_walk_multiply(walk, array, 0, walk->map + i * m->n_cols));
        memcpy(y + i * m->n_rows, walk->sums, m->n_rows * sizeof *y);
    }
    memset(y + n * m->n_rows, 0, (n_all - n) * m->n_rows * sizeof *y);
    return DC_OK;
}

/* What enters the source registers: whole numbers for an engine, the values themselves without. */
dc_status array_walk_take(array_walk *walk, const array_node *array, const double *x, uint64_t n)
{
    const array_net *net = walk->net;
    const uint32_t n_bits = net->facts.n_bits;
    const ptrdiff_t index = array - net->arrays;
    array_range *range = walk->ranges != NULL ? &walk->ranges[index] : NULL;
    for (uint64_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            return dc_fail(DC_EINPUT, "%s enters '%s': fixed point has none",
                           isnan(x[i]) ? "NaN" : "infinity", net->model->nodes[array->node].name);
        if (range != NULL) {
            walk->map[i] = x[i];
            range->largest_input = DC_MAX(range->largest_input, fabs(x[i]));
        } else {
            walk->map[i] = dc_fixed_of(x[i], array->format.input, n_bits);
            walk->n_clamped[index] += dc_fixed_clamps(x[i], array->format.input, n_bits);
        }
    }
    return DC_OK;
}

static dc_status run_array(array_walk *walk, const array_node *array)
{
    const array_net *net = walk->net;
    const dc_node *node = &net->model->nodes[array->node];
    const uint32_t from = node->inputs[0];
    double *y = walk->values + net->value_at[array->node];
    DC_TRY(array_walk_take(walk, array, walk->values + net->value_at[from],
                           dc_shape_count(&net->model->nodes[from].shape)));
    return node->op == DC_OP_CONV ? run_conv(walk, array, y) : run_linear(walk, array, y);
}

dc_status array_walk_run(array_walk *walk, const float *x, float *y)
{
    const array_net *net = walk->net;
    const dc_model *model = net->model;
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        const uint64_t n = dc_shape_count(&model->nodes[i].shape);
        double *value = walk->values + net->value_at[i];
        switch (net->kinds[i]) {
        case NODE_INPUT:
            for (uint64_t k = 0; k < n; k++)
                value[k] = (double)x[k];
            break;
        case NODE_PASS:
            memcpy(value, walk->values + net->value_at[model->nodes[i].inputs[0]],
                   n * sizeof *value);
            break;
        case NODE_HOST: DC_TRY(run_host(walk, i)); break;
        case NODE_RECURRENT:
        case NODE_CELL: DC_TRY(array_walk_steps(walk, i)); break;
        case NODE_FUSED:
            if (walk->ranges == NULL)
                break;
            /* fall through */
        case NODE_ARRAY: DC_TRY(run_array(walk, &net->arrays[net->array_index[i]])); break;
        }
    }
    const double *last = walk->values + net->value_at[model->n_nodes - 1];
    for (uint32_t c = 0; y != NULL && c < dc_model_n_outputs(model); c++)
        y[c] = (float)last[c];
    return DC_OK;
}
