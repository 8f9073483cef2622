/* SPDX-License-Identifier: MIT
 *
 * A model grows node by node. Its arena holds all of it, the struct itself included. Arrays that
 * grow double: their capacity is the power of two at or over their count (16 at least), so no room
 * is spent on remembering it. A node is published last: a failed dc_model_add leaves the model as
 * it was, but for lost arena space. A hash of the names, private and behind the model, keeps the
 * check for a used name from making the reading of large graphs quadratic.
 */
#include "op_rows.h"

#include <string.h>

/* What stands behind every dc_model *: node indices by the hash of the node's name. */
typedef struct model_box {
    dc_model model; /* first, so that a dc_model * is a model_box * */
    uint32_t n_slots;
    uint32_t *slots; /* DC_NONE where free */
} model_box;

static void *grown(dc_arena *arena, void *items, uint32_t n_items, size_t size)
{
    const bool is_full = n_items == 0 || (n_items >= 16 && (n_items & (n_items - 1)) == 0);
    if (!is_full)
        return items;
    void *larger = dc_arena_take(arena, n_items == 0 ? 16 : 2 * (uint64_t)n_items, size);
    if (larger != NULL && n_items > 0)
        memcpy(larger, items, n_items * size);
    return larger;
}

static void put_slot(model_box *box, const char *name, uint32_t node)
{
    uint64_t slot = dc_hash64(dc_hash_secret(), name, strlen(name)) % box->n_slots;
    while (box->slots[slot] != DC_NONE)
        slot = (slot + 1) % box->n_slots;
    box->slots[slot] = node;
}

/* Keeps at least half of the slots free, before node `n_nodes` joins. */
static dc_status grow_index(model_box *box)
{
    dc_model *model = &box->model;
    if (2 * (model->n_nodes + 1) <= box->n_slots)
        return DC_OK;
    const uint32_t n_slots = box->n_slots == 0 ? 64 : 2 * box->n_slots;
    uint32_t *slots = dc_arena_take(&model->arena, n_slots, sizeof *slots);
    DC_TRY(model->arena.status);
    for (uint32_t i = 0; i < n_slots; i++)
        slots[i] = DC_NONE;
    box->slots = slots;
    box->n_slots = n_slots;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        put_slot(box, model->nodes[i].name, i);
    return DC_OK;
}

static bool is_used(const model_box *box, const char *name)
{
    uint64_t slot = dc_hash64(dc_hash_secret(), name, strlen(name)) % box->n_slots;
    for (; box->slots[slot] != DC_NONE; slot = (slot + 1) % box->n_slots)
        if (strcmp(box->model.nodes[box->slots[slot]].name, name) == 0)
            return true;
    return false;
}

static dc_status check_name(const char *name)
{
    if (name == NULL || name[0] == '\0')
        return dc_fail(DC_EINPUT, "a name is empty");
    if (strlen(name) > DC_MAX_NAME_BYTES)
        return dc_fail(DC_EINPUT, "name of %zu bytes is longer than %u", strlen(name),
                       DC_MAX_NAME_BYTES);
    if (!dc_text_is_plain(name))
        return dc_fail(DC_EINPUT, "a name has a control character or is not UTF-8");
    return DC_OK;
}

dc_status dc_class_name_check(const char *name, uint32_t index)
{
    if (!dc_text_is_plain(name))
        return dc_fail(DC_ECORRUPT, "the name of class %u has a control character or is not UTF-8",
                       index);
    return DC_OK;
}

static dc_status check_input(const dc_input *input)
{
    for (uint32_t c = 0; c < DC_COUNT_OF(input->mean); c++)
        if (!(input->mean[c] - input->mean[c] == 0) || !(input->scale[c] - input->scale[c] == 0))
            return dc_fail(DC_EINPUT, "mean or scale of the input is not finite");
    if ((unsigned)input->resize > DC_RESIZE_SHORT_SIDE ||
        (unsigned)input->filter > DC_FILTER_BILINEAR ||
        (unsigned)input->channels > DC_CHANNELS_GREY)
        return dc_fail(DC_EINPUT, "resize, filter or channels of the input is unknown");
    return DC_OK;
}

/* Everything about the new node but its parameters' storage. */
static dc_status describe(dc_node *node, dc_shape *param_shapes, dc_model *model,
                          const dc_op_kind *kind, const uint32_t *inputs, const double *attrs)
{
    if (node->n_inputs < kind->min_inputs || node->n_inputs > kind->max_inputs)
        return dc_fail(DC_EINPUT, "%s cannot have %u inputs", kind->name,
                       (unsigned)node->n_inputs);
    double defaults[DC_N_ATTRS];
    dc_attrs_init(defaults, kind->op);
    attrs = attrs != NULL ? attrs : defaults;
    DC_TRY(dc_attrs_check(kind, attrs));
    node->attrs = dc_arena_take(&model->arena, kind->n_attrs, sizeof *node->attrs);
    uint32_t *own_inputs = dc_arena_take(&model->arena, node->n_inputs, sizeof *inputs);
    const dc_shape **shapes = dc_arena_take(&model->arena, node->n_inputs, sizeof *shapes);
    node->name = dc_arena_text(&model->arena, node->name);
    DC_TRY(model->arena.status);
    for (uint32_t i = 0; i < kind->n_attrs; i++)
        node->attrs[i] = attrs[kind->attrs[i].attr] + 0.0; /* no -0 */
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        if (inputs[i] >= model->n_nodes)
            return dc_fail(DC_EINPUT, "input %u is no earlier node", (unsigned)inputs[i]);
        own_inputs[i] = inputs[i];
        shapes[i] = &model->nodes[inputs[i]].shape;
    }
    node->inputs = own_inputs;
    DC_TRY(kind->infer(node, param_shapes, shapes));
    if (dc_shape_count(&node->shape) == 0)
        return dc_fail(DC_EINPUT, "its result is empty or too large");
    return DC_OK;
}

static dc_status make_param(dc_param *param, dc_model *model, const dc_node *node,
                            const dc_shape *shape, dc_role role, bool has_values)
{
    const uint64_t n = dc_shape_count(shape);
    if (n == 0)
        return dc_fail(DC_EINPUT, "its %s is empty or too large", dc_role_name(role));
    *param = (dc_param){.role = role, .node = model->n_nodes, .shape = *shape, .n_values = n};
    param->name = dc_param_name(node->name, role, &model->arena);
    if (has_values)
        param->values = dc_arena_take(&model->arena, n, sizeof *param->values);
    return model->arena.status;
}

static dc_status append(dc_model *model, dc_node *node, const dc_op_kind *kind,
                        const uint32_t *inputs, const double *attrs, bool has_values)
{
    dc_shape shapes[DC_MAX_NODE_PARAMS] = {{0}};
    DC_TRY(describe(node, shapes, model, kind, inputs, attrs));
    uint32_t n_params = model->n_params;
    node->params = dc_arena_take(&model->arena, kind->n_params, sizeof *node->params);
    DC_TRY(model->arena.status);
    for (uint32_t i = 0; i < kind->n_params; i++) {
        node->params[i] = DC_NONE;
        if (shapes[i].n_dims == 0)
            continue;
        dc_param *params = grown(&model->arena, model->params, n_params, sizeof *params);
        DC_TRY(model->arena.status);
        model->params = params;
        DC_TRY(make_param(&params[n_params], model, node, &shapes[i], kind->roles[i], has_values));
        node->params[i] = n_params++;
    }
    dc_node *nodes = grown(&model->arena, model->nodes, model->n_nodes, sizeof *nodes);
    DC_TRY(model->arena.status);
    DC_TRY(grow_index((model_box *)model));
    model->nodes = nodes;
    model->nodes[model->n_nodes] = *node;
    put_slot((model_box *)model, node->name, model->n_nodes);
    model->n_nodes++;
    for (; model->n_params < n_params; model->n_params++)
        model->n_reference_values += model->params[model->n_params].n_values;
    return DC_OK;
}

dc_status dc_model_new(dc_model **out, const char *name, const dc_input *input)
{
    DC_TRY(check_name(name));
    DC_TRY(check_input(input));
    dc_arena arena;
    dc_arena_init(&arena, 0);
    model_box *box = dc_arena_take(&arena, 1, sizeof *box);
    DC_TRY(arena.status);
    dc_model *model = &box->model;
    model->arena = arena;
    model->name = dc_arena_text(&model->arena, name);
    model->input = *input;
    dc_node node = {.name = "input", .kind = &dc_op_kind_input, .shape = input->shape};
    dc_status status = append(model, &node, &dc_op_kind_input, NULL, NULL, false);
    if (status < 0) {
        dc_model_free(model);
        return dc_fail_within(status, "input");
    }
    *out = model;
    return DC_OK;
}

void dc_model_free(dc_model *model)
{
    if (model == NULL)
        return;
    dc_arena arena = model->arena; /* the model lies in its own arena */
    dc_arena_clear(&arena);
}

dc_status dc_model_add(dc_model *model, const char *name, dc_op op, const uint32_t *inputs,
                       uint32_t n_inputs, const double *attrs, bool has_values)
{
    DC_TRY(check_name(name));
    const dc_op_kind *kind = dc_op_kind_of((uint32_t)op);
    if (kind == NULL || op == DC_OP_INPUT)
        return dc_fail(DC_EINPUT, "'%s' cannot have op %u", name, (unsigned)op);
    if (model->n_nodes >= DC_MAX_NODES)
        return dc_fail(DC_ELIMIT, "more than %u nodes", DC_MAX_NODES);
    if (is_used((const model_box *)model, name))
        return dc_fail(DC_EINPUT, "two nodes are called '%s'", name);
    dc_node node = {.name = name, .op = op, .kind = kind, .n_inputs = n_inputs};
    return dc_fail_within(append(model, &node, kind, inputs, attrs, has_values), name);
}

dc_status dc_model_add_history(dc_model *model, const char *stage, const char *settings)
{
    dc_history *history = grown(&model->arena, model->history, model->n_history, sizeof *history);
    const dc_history last = {.stage = dc_arena_text(&model->arena, stage),
                             .settings = dc_arena_text(&model->arena, settings)};
    DC_TRY(model->arena.status);
    model->history = history;
    model->history[model->n_history++] = last;
    return DC_OK;
}

/* `end` without what equals the node's own. */
static dc_status take_end(dc_end *out, dc_model *model, const dc_end *end, const dc_node *node)
{
    dc_end own = *end;
    if (own.name != NULL && strcmp(own.name, node->name) == 0)
        own.name = NULL;
    if (own.has_shape && dc_shape_equal(&own.shape, &node->shape))
        own.has_shape = false;
    if (own.name != NULL)
        DC_TRY(check_name(own.name));
    const uint64_t n = own.shape.n_dims == 0 ? 1 : dc_shape_count(&own.shape);
    if (own.has_shape && n != dc_shape_count(&node->shape))
        return dc_fail(DC_EINPUT, "dims of %llu values for the %llu of '%s'",
                       (unsigned long long)n, (unsigned long long)dc_shape_count(&node->shape),
                       node->name);
    own.name = dc_arena_text(&model->arena, own.name);
    DC_TRY(model->arena.status);
    *out = own;
    return DC_OK;
}

dc_status dc_model_set_ends(dc_model *model, const dc_end *input, const dc_end *output)
{
    DC_TRY(take_end(&model->input_end, model, input, &model->nodes[0]));
    return take_end(&model->output_end, model, output, &model->nodes[model->n_nodes - 1]);
}

const char *dc_model_input_name(const dc_model *model)
{
    return model->input_end.name != NULL ? model->input_end.name : model->nodes[0].name;
}

const char *dc_model_output_name(const dc_model *model)
{
    const char *own = model->nodes[model->n_nodes - 1].name;
    return model->output_end.name != NULL ? model->output_end.name : own;
}
