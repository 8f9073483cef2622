/* SPDX-License-Identifier: MIT
 *
 * Whole models: copies, counts, look-ups by name, and a text for people. A copy is built again from
 * the same descriptions, so that it has passed the same checks as the first.
 */
#include "dcomp/model.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define FREE_VALUE_BYTES (UINT64_C(160) << 20) /* of a sample, whatever the size of the file */

static bool has_values(const dc_model *model, const dc_node *node)
{
    return dc_node_param(node, 0) != DC_NONE &&
           model->params[dc_node_param(node, 0)].values != NULL;
}

dc_status dc_model_copy_facts(dc_model *to, const dc_model *from)
{
    for (uint32_t i = 0; i < from->n_history; i++)
        DC_TRY(dc_model_add_history(to, from->history[i].stage, from->history[i].settings));
    if (from->n_class_names > 0)
        to->class_names = dc_arena_take(&to->arena, from->n_class_names, sizeof *to->class_names);
    DC_TRY(to->arena.status);
    for (uint32_t i = 0; i < from->n_class_names; i++)
        to->class_names[i] = dc_arena_text(&to->arena, from->class_names[i]);
    to->n_class_names = from->n_class_names;
    to->n_reference_values = from->n_reference_values;
    to->n_file_bytes = from->n_file_bytes;
    DC_TRY(to->arena.status);
    return dc_model_set_ends(to, &from->input_end, &from->output_end);
}

static void copy_param(dc_param *to, const dc_param *from)
{
    to->is_pruned = from->is_pruned;
    to->is_shared = from->is_shared;
    assert((to->values == NULL) == (from->values == NULL));
    if (from->values != NULL && to->values != NULL)
        memcpy(to->values, from->values, from->n_values * sizeof *to->values);
}

dc_status dc_model_add_copy(dc_model *to, const char *name, const dc_model *from, uint32_t index,
                            uint32_t *places)
{
    const dc_node *node = &from->nodes[index];
    double attrs[DC_N_ATTRS];
    uint32_t *inputs = dc_arena_take(&to->arena, DC_MAX(node->n_inputs, 1u), sizeof *inputs);
    DC_TRY(to->arena.status);
    for (uint32_t i = 0; i < node->n_inputs; i++)
        inputs[i] = places[node->inputs[i]];
    dc_attrs_of(attrs, node);
    DC_TRY(dc_model_add(to, name != NULL ? name : node->name, node->op, inputs, node->n_inputs,
                        attrs, has_values(from, node)));
    places[index] = to->n_nodes - 1;
    const dc_node *added = &to->nodes[places[index]];
    for (uint32_t i = 0; i < node->kind->n_params; i++)
        if (dc_node_param(node, i) != DC_NONE)
            copy_param(&to->params[dc_node_param(added, i)],
                       &from->params[dc_node_param(node, i)]);
    return DC_OK;
}

static dc_status copy_into(dc_model *copy, const dc_model *model)
{
    for (uint32_t i = 1; i < model->n_nodes; i++) {
        const dc_node *node = &model->nodes[i];
        double attrs[DC_N_ATTRS];
        dc_attrs_of(attrs, node);
        DC_TRY(dc_model_add(copy, node->name, node->op, node->inputs, node->n_inputs, attrs,
                            has_values(model, node)));
    }
    dc_model_assign(copy, model);
    return dc_model_copy_facts(copy, model);
}

dc_status dc_model_copy(dc_model **out, const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        if (model->params[i].packed != NULL)
            return dc_fail(DC_EINPUT, "'%s' is packed, only dense models are copied",
                           model->params[i].name);
    dc_model *copy;
    DC_TRY(dc_model_new(&copy, model->name, &model->input));
    const dc_status status = copy_into(copy, model);
    if (status < 0) {
        dc_model_free(copy);
        return status;
    }
    *out = copy;
    return DC_OK;
}

void dc_model_assign(dc_model *to, const dc_model *from)
{
    assert(to->n_params == from->n_params);
    for (uint32_t i = 0; i < from->n_params; i++) {
        assert(dc_shape_equal(&to->params[i].shape, &from->params[i].shape));
        copy_param(&to->params[i], &from->params[i]);
    }
}

dc_status dc_model_check_values(const dc_model *model, uint64_t n_file_bytes)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        bytes += dc_shape_count(&model->nodes[i].shape) * sizeof(float);
    const uint64_t n_free = DC_MIN(bytes, FREE_VALUE_BYTES);
    if (n_file_bytes == 0 || dc_expansion_is_usual(bytes - n_free, n_file_bytes, DC_EXPANSION))
        return DC_OK;
    return dc_fail(DC_ELIMIT, "the values of a sample take %" PRIu64 " bytes, over the expansion "
                   "limit of %u for each of the file's %" PRIu64 " (--memory-limit SIZE allows it)",
                   bytes, DC_EXPANSION, n_file_bytes);
}

uint32_t dc_model_n_outputs(const dc_model *model)
{
    return (uint32_t)dc_shape_count(&model->nodes[model->n_nodes - 1].shape);
}

uint32_t dc_model_n_symbols(const dc_model *model)
{
    for (uint32_t i = 1; i < model->n_nodes; i++) {
        const dc_node *node = &model->nodes[i];
        if (node->n_inputs == 1 && node->inputs[0] == 0)
            return dc_node_whole(node, DC_ATTR_N_SYMBOLS);
    }
    return 0;
}

bool dc_model_takes_names(const dc_model *model, uint64_t n_names)
{
    const dc_shape *shape = &model->nodes[model->n_nodes - 1].shape;
    return n_names == dc_shape_count(shape) ||
           (shape->n_dims == 2 && n_names == shape->dims[1]);
}

uint64_t dc_model_n_carried(const dc_model *model)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        if (model->nodes[i].kind->n_carried != NULL)
            n += model->nodes[i].kind->n_carried(model, &model->nodes[i]);
    return n;
}

uint32_t dc_model_n_classes(const dc_model *model)
{
    return dc_model_head(model).n_classes;
}

uint64_t dc_model_n_values(const dc_model *model)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < model->n_params; i++)
        n += model->params[i].n_values;
    return n;
}

dc_param *dc_model_param(const dc_model *model, const char *name)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        if (strcmp(model->params[i].name, name) == 0)
            return &model->params[i];
    return NULL;
}

uint32_t dc_model_node(const dc_model *model, const char *name)
{
    for (uint32_t i = 0; i < model->n_nodes; i++)
        if (strcmp(model->nodes[i].name, name) == 0)
            return i;
    return DC_NONE;
}

uint32_t dc_model_layers(const char ***names, const dc_model *model, dc_arena *arena)
{
    uint32_t n = 0;
    const char **found = dc_arena_take(arena, model->n_params, sizeof *found);
    if (found != NULL)
        for (uint32_t i = 0; i < model->n_params; i++) {
            const char *layer = model->nodes[model->params[i].node].name;
            if (dc_role_is_weight(model->params[i].role) && (n == 0 || found[n - 1] != layer))
                found[n++] = layer;
        }
    *names = found;
    return n;
}

const char *dc_model_text(const dc_model *model, dc_arena *arena)
{
    dc_arena scratch = {0};
    dc_writer lines;
    dc_writer_init(&lines, UINT64_C(1) << 30);
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        const dc_node *node = &model->nodes[i];
        const char *line =
            dc_arena_print(&scratch, "%-24s %-20s %s\n", node->name, dc_op_kind_of(node->op)->name,
                           dc_shape_text(&node->shape, &scratch));
        dc_put_chars(&lines, line);
    }
    dc_put_u8(&lines, 0);
    const bool is_whole = lines.status == DC_OK && scratch.status == DC_OK;
    const char *text = is_whole ? dc_arena_text(arena, (const char *)lines.data) : "";
    dc_writer_clear(&lines);
    dc_arena_clear(&scratch);
    return text;
}
