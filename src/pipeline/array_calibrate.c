/* SPDX-License-Identifier: MIT
 *
 * Fixed-point formats from what a few samples do in float (manual, 3): twice the largest partial
 * sum must fit the outputs, the largest shared value the weights. Where only exact ops lie between
 * two array layers the second takes the first one's format, so that nothing is requantized.
 */
#include "array_net.h"

/* Its outputs are outputs of its only input, or zeros. */
static bool is_exact(const array_net *net, uint32_t node)
{
    return net->kinds[node] == NODE_PASS ||
           (net->model->nodes[node].kind->traits & DC_SELECTS) != 0;
}

/* The array node whose outputs reach `node` unchanged but for ReLU, order and choice; or NULL. */
static const array_node *exact_producer(const array_net *net, uint32_t node)
{
    for (;;) {
        if (net->kinds[node] == NODE_ARRAY)
            return &net->arrays[net->array_index[node]];
        if (!is_exact(net, node))
            return NULL;
        node = net->model->nodes[node].inputs[0];
    }
}

static double largest_weight(const array_node *array)
{
    double largest = 0;
    const dc_packed *packed = &array->parts[0].packed;
    for (uint32_t i = 0; i < packed->n_codebook; i++) {
        const double value = (double)packed->codebook[i];
        largest = DC_MAX(largest, value < 0 ? -value : value);
    }
    return largest;
}

static double largest_value(const float *values, uint64_t n)
{
    double largest = 0;
    for (uint64_t i = 0; values != NULL && i < n; i++) {
        const double value = (double)values[i];
        largest = DC_MAX(largest, value < 0 ? -value : value);
    }
    return largest;
}

static void choose_cell_format(const array_net *net, array_cell *c, const array_range *ranges)
{
    const array_range *recurrent = &ranges[c->recurrent - net->arrays];
    const array_range *input = c->input != NULL ? &ranges[c->input - net->arrays] : NULL;
    dc_cell_range range = { .weight = largest_weight(c->recurrent),
                            .input = recurrent->largest_added,
                            .sum = DC_MAX(recurrent->largest_sum, recurrent->largest_added),
                            .peephole = largest_value(c->cell.peepholes, 3ull * c->cell.n_cells) };
    if (input != NULL) {
        range.input_weight = largest_weight(c->input);
        range.input = input->largest_input;
        range.sum = DC_MAX(range.sum, input->largest_sum);
    }
    if (c->projection != NULL) {
        range.projection_weight = largest_weight(c->projection);
        range.said = ranges[c->projection - net->arrays].largest_sum;
    }
    c->cell.format =
        dc_cell_format_choose(&c->cell, &range, net->facts.weight_bits, net->facts.n_bits);
}

static void choose_formats(array_net *net, const array_range *ranges)
{
    const uint32_t n_bits = net->facts.n_bits;
    for (uint32_t a = 0; a < net->n_arrays; a++) {
        array_node *array = &net->arrays[a];
        const array_node *before = NULL;
        if (net->kinds[array->node] == NODE_ARRAY) /* and not what a step said */
            before = exact_producer(net, net->model->nodes[array->node].inputs[0]);
        array->format = dc_fixed_format_choose(largest_weight(array), net->facts.weight_bits,
                                               ranges[a].largest_input, ranges[a].largest_sum,
                                               n_bits);
        if (before != NULL)
            array->format.input = before->format.output;
        dc_fixed_format_settle(&array->format, n_bits);
    }
    for (uint32_t c = 0; c < net->n_cells; c++)
        choose_cell_format(net, &net->cells[c], ranges);
}

static dc_status see_samples(array_walk *walk, const dc_source *source, uint32_t n, float *x,
                             int32_t *labels)
{
    for (uint64_t i = 0; i < n; i++) {
        labels[0] = -1;
        DC_TRY(dc_source_read(source, &i, 1, 0, x, labels));
        walk->length = dc_source_length(source, i);
        if (labels[0] != DC_UNREADABLE)
            DC_TRY(array_walk_run(walk, x, NULL));
        dc_progress("calibrate", i + 1, n, "");
    }
    return DC_OK;
}

static dc_status calibrate(array_net *net, const dc_source *source, uint32_t n, dc_arena *scratch)
{
    array_walk walk;
    DC_TRY(array_walk_init(&walk, net, NULL, scratch));
    float *x = dc_arena_take(scratch, dc_shape_count(&source->shape), sizeof *x);
    int32_t *labels = dc_arena_take(scratch, dc_source_steps(source), sizeof *labels);
    DC_TRY(scratch->status);
    DC_TRY(see_samples(&walk, source, n, x, labels));
    choose_formats(net, walk.ranges);
    return DC_OK;
}

dc_status array_net_calibrate(array_net *net, const dc_source *source, uint32_t n_samples)
{
    dc_arena scratch = { 0 };
    const dc_status status =
        calibrate(net, source, (uint32_t)DC_MIN(source->n_samples, n_samples), &scratch);
    dc_arena_clear(&scratch);
    return status;
}
