/* SPDX-License-Identifier: MIT
 *
 * Cells: LSTMs with the usual curves, where the machine schedules steps itself. The linear layer
 * that makes a cell's inputs is part of it when nobody else reads that. First states that a network
 * computes are the host's business: such a layer stays one whose products alone are on the array.
 */
#include "array_net.h"

#include <math.h>

enum { GATE_F = 2, N_GATES = 4 };

static bool is_usual(const dc_node *node, dc_attr attr)
{
    const dc_op_kind *kind = node->kind;
    for (uint32_t i = 0; i < kind->n_attrs; i++)
        if (kind->attrs[i].attr == attr)
            return dc_node_number(node, attr) == kind->attrs[i].value;
    return true;
}

static bool is_cell(const array_net *net, const dc_node *node)
{
    static const dc_attr attrs[] = { DC_ATTR_GATE_CURVE, DC_ATTR_CELL_CURVE, DC_ATTR_OUTPUT_CURVE,
                                     DC_ATTR_CLIP, DC_ATTR_INPUT_FORGET, DC_ATTR_CELLS };
    bool is_known = net->accelerator->lay_cell != NULL && node->op == DC_OP_LSTM &&
                    node->n_inputs == 1;
    for (size_t i = 0; i < DC_COUNT_OF(attrs); i++)
        is_known = is_known && is_usual(node, attrs[i]);
    return is_known;
}

/* The linear layer behind which nothing but the cell stands, or NULL. */
static array_node *find_input(const array_net *net, uint32_t cell, uint32_t from)
{
    if (net->kinds[from] != NODE_ARRAY || net->model->nodes[from].op != DC_OP_LINEAR ||
        array_only_reader(net->model, from) != cell)
        return NULL;
    return &net->arrays[net->array_index[from]];
}

static const float *peepholes_of(const dc_model *model, const dc_node *node)
{
    for (uint32_t k = 0; k < node->kind->n_params; k++)
        if (node->kind->roles[k] == DC_ROLE_PEEPHOLE && dc_node_param(node, k) != DC_NONE)
            return model->params[dc_node_param(node, k)].values;
    return NULL;
}

static dc_cell_matrix matrix_of(const array_node *array)
{
    return array != NULL
               ? (dc_cell_matrix){ &array->parts[0].packed, &array->parts[0].matrix }
               : (dc_cell_matrix){ NULL, NULL };
}

static dc_status make_cell(array_net *net, array_cell *out, uint32_t index)
{
    const dc_model *model = net->model;
    const dc_node *node = &model->nodes[index];
    array_node *recurrent = &net->arrays[net->array_index[index]];
    array_node *input = find_input(net, index, node->inputs[0]);
    const uint32_t n_said = recurrent->parts[0].matrix.n_cols;
    const uint32_t n_cells = recurrent->parts[0].matrix.n_rows / N_GATES;
    const bool is_projected = dc_node_whole(node, DC_ATTR_N_OUTPUTS) > 0;
    double *bias = dc_arena_take(net->arena, (uint64_t)N_GATES * n_cells, sizeof *bias);
    DC_TRY(net->arena->status);
    for (uint32_t i = 0; i < N_GATES * n_cells; i++) {
        if (input != NULL && input->parts[0].bias != NULL)
            bias[i] = (double)input->parts[0].bias[i];
        if (i / n_cells == GATE_F)
            bias[i] += dc_node_number(node, DC_ATTR_FORGET_BIAS);
    }
    *out = (array_cell){ .node = index,
                         .source = node->inputs[0],
                         .input = input,
                         .recurrent = recurrent,
                         .projection = is_projected ? recurrent + 1 : NULL,
                         .is_reverse = dc_node_whole(node, DC_ATTR_REVERSE) != 0 };
    if (input != NULL) {
        out->source = model->nodes[input->node].inputs[0];
        net->kinds[input->node] = NODE_FUSED;
        input->is_in_cell = true;
    }
    recurrent->is_in_cell = true;
    if (is_projected)
        recurrent[1].is_in_cell = true;
    net->kinds[index] = NODE_CELL;
    out->cell = (dc_cell){ .name = node->name,
                           .n_inputs = input != NULL ? input->parts[0].matrix.n_cols
                                                     : N_GATES * n_cells,
                           .n_cells = n_cells,
                           .n_said = n_said,
                           .input = matrix_of(input),
                           .recurrent = matrix_of(recurrent),
                           .projection = matrix_of(out->projection),
                           .bias = bias,
                           .peepholes = peepholes_of(model, node) };
    return DC_OK;
}

dc_status array_cells_find(array_net *net)
{
    const dc_model *model = net->model;
    net->cells = dc_arena_take(net->arena, model->n_nodes, sizeof *net->cells);
    net->cell_index = dc_arena_take(net->arena, model->n_nodes, sizeof *net->cell_index);
    DC_TRY(net->arena->status);
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        net->cell_index[i] = DC_NONE;
        if (net->kinds[i] != NODE_RECURRENT || !is_cell(net, &model->nodes[i]))
            continue;
        net->cell_index[i] = net->n_cells;
        DC_TRY(make_cell(net, &net->cells[net->n_cells++], i));
    }
    return DC_OK;
}

dc_status array_cell_lay(array_net *net, array_cell *cell, bool for_machine)
{
    const dc_accelerator *accelerator = net->accelerator;
    if (for_machine)
        DC_TRY(accelerator->lay_cell(&cell->layer, cell->stages, &cell->n_stages, &cell->cell,
                                     net->machine, net->arena));
    for (uint32_t s = 0; s < cell->n_stages; s++)
        cell->stages[s].name =
            dc_arena_print(net->arena, "%s.%s", cell->cell.name, cell->stages[s].name);
    DC_TRY(net->arena->status);
    return accelerator->cell_oracle(&cell->oracle, &cell->cell, net->machine, net->arena);
}
