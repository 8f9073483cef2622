/* SPDX-License-Identifier: MIT
 *
 * Layers over time: either the host goes through the steps and has each product made on the array,
 * or the machine goes through them, a cell a step.
 */
#include "array_net.h"

#include <math.h>

/* ---- products on the array, gates on the host ------------------------------------------------ */

typedef struct products_of {
    array_walk *walk;
    uint32_t node;
    dc_status status; /* the first failure's */
} products_of;

static const array_node *array_of(const array_net *net, uint32_t node, uint32_t param,
                                  uint32_t first_row)
{
    const array_node *array = &net->arrays[net->array_index[node]];
    while (array->param != param || array->first_row != first_row)
        array++;
    return array;
}

static dc_status multiply(products_of *p, const array_node *array, const float *x,
                          uint32_t n_cols)
{
    double *values = p->walk->patch;
    for (uint32_t j = 0; j < n_cols; j++)
        values[j] = x != NULL ? (double)x[j] : 0;
    DC_TRY(array_walk_take(p->walk, array, values, n_cols));
    return array_walk_multiply(p->walk, array, 0, p->walk->map);
}

static void add(void *payload, float *y, uint32_t param, uint32_t first_row, uint32_t n_rows,
                const float *x, uint32_t n_cols)
{
    products_of *p = payload;
    if (p->status < 0)
        return;
    p->status = multiply(p, array_of(p->walk->net, p->node, param, first_row), x, n_cols);
    for (uint32_t i = 0; i < n_rows && p->status == DC_OK; i++)
        y[i] += (float)p->walk->sums[i];
}

static void see_added(array_walk *walk, uint32_t node)
{
    const array_net *net = walk->net;
    const uint32_t from = net->model->nodes[node].inputs[0];
    const double *x = walk->values + net->value_at[from];
    array_range *range = &walk->ranges[net->array_index[node]];
    for (uint64_t i = 0; i < dc_shape_count(&net->model->nodes[from].shape); i++)
        range->largest_added = DC_MAX(range->largest_added, fabs(x[i]));
}

static dc_status run_products(array_walk *walk, uint32_t index)
{
    const dc_model *model = walk->net->model;
    const float *x[3]; /* a recurrent op has no more inputs */
    float *y = array_walk_gather(walk, index, x);
    products_of p = { .walk = walk, .node = index };
    const dc_step_products products = { &p, add };
    if (walk->ranges != NULL)
        see_added(walk, index);
    DC_TRY(dc_node_forward_with(model, index, walk->length, x, y, &products));
    DC_TRY(p.status);
    double *value = walk->values + walk->net->value_at[index];
    for (uint64_t i = 0; i < dc_shape_count(&model->nodes[index].shape); i++)
        value[i] = (double)y[i];
    return DC_OK;
}

/* ---- steps on the machine -------------------------------------------------------------------- */

static dc_status take_step(array_walk *walk, const array_cell *c, const double *x)
{
    const array_net *net = walk->net;
    const uint32_t n_bits = net->facts.n_bits;
    for (uint32_t j = 0; j < c->cell.n_inputs; j++) {
        if (!isfinite(x[j]))
            return dc_fail(DC_EINPUT, "%s enters '%s': fixed point has none",
                           isnan(x[j]) ? "NaN" : "infinity", c->cell.name);
        walk->input[j] = dc_fixed_of(x[j], c->cell.format.input, n_bits);
        walk->n_clamped[net->array_index[c->node]] +=
            dc_fixed_clamps(x[j], c->cell.format.input, n_bits);
    }
    return DC_OK;
}

static dc_status run_cell(array_walk *walk, const array_cell *c)
{
    const array_net *net = walk->net;
    const dc_cell *cell = &c->cell;
    const uint32_t n_all = net->model->nodes[c->node].shape.dims[0];
    const uint32_t n_steps = walk->length > 0 ? DC_MIN(walk->length, n_all) : n_all;
    const double *x = walk->values + net->value_at[c->source];
    double *y = walk->values + net->value_at[c->node];
    const dc_cell_state state = { walk->said, walk->cells };
    for (uint32_t i = 0; i < cell->n_said; i++)
        state.said[i] = 0;
    for (uint32_t i = 0; i < cell->n_cells; i++)
        state.cells[i] = 0;
    for (uint64_t i = 0; i < (uint64_t)n_all * cell->n_said; i++)
        y[i] = 0;
    for (uint32_t turn = 0; turn < n_steps; turn++) {
        const uint64_t step = c->is_reverse ? n_steps - 1 - turn : turn;
        DC_TRY(take_step(walk, c, x + step * cell->n_inputs));
        DC_TRY(walk->engine.run_cell(walk->engine.payload, c, walk->input, &state));
        for (uint32_t i = 0; i < cell->n_said; i++)
            y[step * cell->n_said + i] = dc_fixed_value(state.said[i], cell->format.said);
    }
    return DC_OK;
}

dc_status array_walk_steps(array_walk *walk, uint32_t node)
{
    const uint32_t cell = walk->net->cell_index[node];
    return cell != DC_NONE && walk->ranges == NULL ? run_cell(walk, &walk->net->cells[cell])
                                                   : run_products(walk, node);
}
