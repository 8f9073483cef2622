/* SPDX-License-Identifier: MIT
 *
 * Which nodes run on the array, with which matrices; which ReLU is done at write-back; and what is
 * laid out for them. Matrices come from packed layers: as the file has them, or packed here when
 * the file stored few values some other way.
 */
#include "array_net.h"

#include <string.h>

uint32_t array_only_reader(const dc_model *model, uint32_t node)
{
    uint32_t reader = DC_NONE;
    for (uint32_t i = node + 1; i < model->n_nodes; i++)
        for (uint32_t k = 0; k < model->nodes[i].n_inputs; k++) {
            if (model->nodes[i].inputs[k] != node)
                continue;
            if (reader != DC_NONE)
                return DC_NONE;
            reader = i;
        }
    return reader;
}

/* Number of the op's parameter of this role, or DC_NONE. */
static uint32_t param_of_role(const dc_node *node, dc_role role)
{
    for (uint32_t k = 0; k < node->kind->n_params; k++)
        if (node->kind->roles[k] == role && dc_node_param(node, k) != DC_NONE)
            return k;
    return DC_NONE;
}

/* Of a layer over time. */
static uint32_t n_matrices(const dc_node *node)
{
    const dc_op_kind *kind = node->kind;
    return 1u + (kind->n_first_gates < kind->n_gates) +
           (param_of_role(node, DC_ROLE_PROJECTION) != DC_NONE);
}

static void find_kinds(array_net *net)
{
    const dc_model *model = net->model;
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        const dc_node *node = &model->nodes[i];
        const bool is_pass = (node->kind->traits & DC_VIEW) != 0;
        if (net->kinds[i] == NODE_PASS) /* a ReLU that was taken */
            continue;
        net->array_index[i] = DC_NONE;
        net->kinds[i] = i == 0 ? NODE_INPUT : is_pass ? NODE_PASS : NODE_HOST;
        if ((node->kind->traits & DC_MATRIX) == 0 && node->kind->n_gates == 0)
            continue;
        net->array_index[i] = net->n_arrays;
        if (node->kind->n_gates > 0) {
            net->kinds[i] = NODE_RECURRENT;
            net->n_arrays += n_matrices(node);
            continue;
        }
        net->kinds[i] = NODE_ARRAY;
        array_node *array = &net->arrays[net->n_arrays++];
        *array = (array_node){ .node = i, .name = node->name };
        const uint32_t reader = array_only_reader(model, i);
        if (reader != DC_NONE && model->nodes[reader].op == DC_OP_RELU) {
            array->has_relu = true;
            net->kinds[reader] = NODE_PASS;
            net->array_index[reader] = DC_NONE;
        }
    }
}

/* ---- matrices ------------------------------------------------------------------------------- */

static dc_status packed_of(dc_packed *out, const dc_param *param, const char *name,
                           const char *advice, dc_arena *arena)
{
    float codebook[DC_MAX_CODEBOOK];
    uint32_t n, n_rows, n_cols;
    if (param->packed != NULL) {
        *out = *param->packed;
        return DC_OK;
    }
    if (!dc_codebook_find(codebook, &n, param->values, param->n_values, DC_MAX_CODEBOOK, true))
        return dc_fail(DC_EUNSUPPORTED,
                       "'%s' is not weight-shared, the array runs codes: make the file with "
                       "'dcomp compress' or 'dcomp quantize'%s",
                       name, advice);
    dc_param_matrix(param, &n_rows, &n_cols);
    const dc_pack_plan plan = { .is_column_major = true, .gap_bits = 8 };
    return dc_pack(out, param->values, n_rows, n_cols, &plan, arena);
}

/* Rows first_row .. of the array's packed matrix. */
static dc_status make_part(array_net *net, array_node *array, uint32_t index,
                           const dc_packed *packed, uint32_t first_row, uint32_t n_rows,
                           const float *bias)
{
    array_part *part = &array->parts[index];
    part->packed = *packed;
    part->first_row = first_row;
    part->bias = bias != NULL ? bias + first_row : NULL;
    part->name = array->n_parts == 1 ? array->name
                                     : dc_arena_print(net->arena, "%s.g%u", array->name, index);
    DC_TRY(dc_csc_of(&part->matrix, packed, first_row, n_rows, part->bias, net->arena));
    array->n_nonzero += part->matrix.starts[packed->n_cols];
    array->n_weights += (uint64_t)n_rows * packed->n_cols;
    return DC_OK;
}

static dc_status take_parts(array_net *net, array_node *array, uint32_t n_parts)
{
    array->n_parts = n_parts;
    array->parts = dc_arena_take(net->arena, n_parts, sizeof *array->parts);
    array->first_part = net->n_parts;
    net->n_parts += n_parts;
    return net->arena->status;
}

static dc_status make_array(array_net *net, array_node *array, const char *advice)
{
    const dc_model *model = net->model;
    const dc_node *node = &model->nodes[array->node];
    const dc_param *weights = &model->params[dc_node_param(node, 0)];
    const float *bias =
        dc_node_param(node, 1) != DC_NONE ? model->params[dc_node_param(node, 1)].values : NULL;
    dc_packed packed;
    DC_TRY(packed_of(&packed, weights, node->name, advice, net->arena));
    DC_TRY(take_parts(net, array,
                      node->op == DC_OP_CONV ? dc_node_whole(node, DC_ATTR_GROUPS) : 1));
    const uint32_t n_rows = packed.n_rows / array->n_parts;
    for (uint32_t g = 0; g < array->n_parts; g++)
        DC_TRY(make_part(net, array, g, &packed, g * n_rows, n_rows, bias));
    return DC_OK;
}

static dc_status make_matrix(array_net *net, uint32_t node_index, array_node *array,
                             const char *name, uint32_t param, const dc_packed *packed,
                             uint32_t first_row, uint32_t n_rows)
{
    const dc_node *node = &net->model->nodes[node_index];
    *array = (array_node){ .node = node_index,
                           .name = dc_arena_print(net->arena, "%s.%s", node->name, name),
                           .param = param,
                           .first_row = first_row };
    DC_TRY(take_parts(net, array, 1));
    return make_part(net, array, 0, packed, first_row, n_rows, NULL);
}

/* The arrays of a layer over time: its recurrent matrix, in two where the rest of the gates comes
 * later, and its projection. */
static dc_status make_recurrent(array_net *net, uint32_t index, const char *advice)
{
    const dc_model *model = net->model;
    const dc_node *node = &model->nodes[index];
    const dc_op_kind *kind = node->kind;
    const uint32_t projection = param_of_role(node, DC_ROLE_PROJECTION);
    array_node *array = &net->arrays[net->array_index[index]];
    dc_packed packed;
    DC_TRY(packed_of(&packed, &model->params[dc_node_param(node, 0)], node->name, advice,
                     net->arena));
    const uint32_t n_first = packed.n_rows / kind->n_gates * kind->n_first_gates;
    DC_TRY(make_matrix(net, index, array++, "gates", 0, &packed, 0, n_first));
    if (n_first < packed.n_rows)
        DC_TRY(make_matrix(net, index, array++, "rest", 0, &packed, n_first,
                           packed.n_rows - n_first));
    if (projection == DC_NONE)
        return DC_OK;
    DC_TRY(packed_of(&packed, &model->params[dc_node_param(node, projection)], node->name, advice,
                     net->arena));
    return make_matrix(net, index, array, "projection", projection, &packed, 0, packed.n_rows);
}

static dc_status make_matrices(array_net *net, const char *advice)
{
    for (uint32_t i = 0; i < net->model->n_nodes; i++) {
        if (net->kinds[i] == NODE_ARRAY)
            DC_TRY(make_array(net, &net->arrays[net->array_index[i]], advice));
        else if (net->kinds[i] == NODE_RECURRENT)
            DC_TRY(make_recurrent(net, i, advice));
    }
    return DC_OK;
}

dc_status array_net_new(array_net *out, const dc_model *model, const dc_accelerator *accelerator,
                        const void *machine, const char *advice, dc_arena *arena)
{
    array_net net = {
        .model = model, .accelerator = accelerator, .machine = machine, .arena = arena
    };
    DC_TRY(accelerator->check(machine));
    net.facts = accelerator->facts(machine);
    DC_TRY(dc_model_check_values(model, model->n_file_bytes));
    net.kinds = dc_arena_take(arena, model->n_nodes, sizeof *net.kinds);
    net.array_index = dc_arena_take(arena, model->n_nodes, sizeof *net.array_index);
    net.arrays = dc_arena_take(arena, 3ull * model->n_nodes, sizeof *net.arrays);
    net.value_at = dc_arena_take(arena, model->n_nodes, sizeof *net.value_at);
    DC_TRY(arena->status);
    find_kinds(&net);
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        const uint64_t n = dc_shape_count(&model->nodes[i].shape);
        net.value_at[i] = net.n_values;
        net.n_values += n;
        net.n_widest = DC_MAX(net.n_widest, n);
    }
    DC_TRY(make_matrices(&net, advice));
    if (net.n_arrays == 0)
        return dc_fail(DC_EUNSUPPORTED, "the model has no layer that the array could run");
    DC_TRY(array_cells_find(&net));
    *out = net;
    return DC_OK;
}

uint64_t array_part_entries(const array_part *part)
{
    return part->matrix.starts[part->matrix.n_cols];
}

uint64_t array_n_products(const array_net *net, const array_node *array)
{
    const dc_node *node = &net->model->nodes[array->node];
    const uint64_t n = dc_shape_count(&node->shape);
    if (node->kind->n_gates > 0)
        return node->shape.dims[0];
    if (node->op == DC_OP_CONV)
        return (uint64_t)node->shape.dims[1] * node->shape.dims[2];
    return n / array->parts[0].matrix.n_rows;
}

uint64_t array_net_entries(const array_net *net)
{
    uint64_t n = 0;
    for (uint32_t a = 0; a < net->n_arrays; a++) {
        const array_node *array = &net->arrays[a];
        for (uint32_t g = 0; g < array->n_parts; g++)
            n += array_n_products(net, array) * array_part_entries(&array->parts[g]);
    }
    return n;
}

static dc_status lay_array(array_net *net, array_node *array, bool for_machine)
{
    const dc_accelerator *accelerator = net->accelerator;
    for (uint32_t g = 0; g < array->n_parts; g++) {
        array_part *part = &array->parts[g];
        const dc_product product = { .name = part->name,
                                     .packed = &part->packed,
                                     .first_row = part->first_row,
                                     .matrix = &part->matrix,
                                     .has_relu = array->has_relu,
                                     .format = array->format };
        if (for_machine)
            DC_TRY(accelerator->lay(&part->layer, &part->layout, &product, net->machine,
                                    net->arena));
        DC_TRY(accelerator->oracle(&part->oracle, &product, net->machine, net->arena));
    }
    return DC_OK;
}

dc_status array_net_lay(array_net *net, bool for_machine)
{
    for (uint32_t a = 0; a < net->n_arrays; a++)
        if (!net->arrays[a].is_in_cell)
            DC_TRY(lay_array(net, &net->arrays[a], for_machine));
    for (uint32_t c = 0; c < net->n_cells; c++)
        DC_TRY(array_cell_lay(net, &net->cells[c], for_machine));
    return DC_OK;
}
