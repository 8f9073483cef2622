/* SPDX-License-Identifier: MIT
 *
 * An architecture in JSON -> a model with zero weights (docs/architecture-json.md). Every member is
 * looked at, so an unknown key is an error and not a silent default; `is_given` remembers which
 * attributes a layer has set, so "kernel" and "kernel_h" cannot contradict each other. What values
 * and shapes are possible is dc_model_add's business. A pool without a stride has its kernel's.
 */
#include <string.h>

#include "arch_json.h"

const arch_group arch_groups[ARCH_N_GROUPS] = {
    {"kernel", 2, {DC_ATTR_KERNEL_H, DC_ATTR_KERNEL_W}},
    {"stride", 2, {DC_ATTR_STRIDE_H, DC_ATTR_STRIDE_W}},
    {"output_pad", 2, {DC_ATTR_OUTPUT_PAD_H, DC_ATTR_OUTPUT_PAD_W}},
    {"dilation", 2, {DC_ATTR_DILATION_H, DC_ATTR_DILATION_W}},
    {"pad", 4, {DC_ATTR_PAD_TOP, DC_ATTR_PAD_LEFT, DC_ATTR_PAD_BOTTOM, DC_ATTR_PAD_RIGHT}},
    {"dims", 4, {DC_ATTR_DIM_0, DC_ATTR_DIM_1, DC_ATTR_DIM_2, DC_ATTR_DIM_3}},
};

typedef struct layer {
    const char *name;
    const dc_op_kind *kind;
    const dc_json *inputs; /* NULL: the layer before */
    double attrs[DC_N_ATTRS];
    bool is_given[DC_N_ATTRS];
} layer;

static dc_status set(layer *l, dc_attr attr, const dc_json *json, const char *key)
{
    const dc_attr_rule *rule = dc_attr_rule_of(l->kind, attr);
    if (rule->form == DC_ATTR_SWITCH && dc_json_kind_of(json) == DC_JSON_BOOL) {
        l->attrs[attr] = dc_json_bool(json) ? 1 : 0;
    } else {
        DC_TRY(arch_need(json, DC_JSON_NUMBER, key));
        l->attrs[attr] = dc_json_number(json);
    }
    if (l->is_given[attr])
        return dc_fail(DC_EINPUT, "'%s' is given twice", dc_attr_name(attr));
    l->is_given[attr] = true;
    return DC_OK;
}

static dc_status set_group(layer *l, const arch_group *group, const dc_json *json)
{
    const bool is_array = dc_json_kind_of(json) == DC_JSON_ARRAY;
    const uint32_t n = is_array ? dc_json_size(json) : 1;
    const bool is_list = group->attrs[0] == DC_ATTR_DIM_0; /* as many as there are */
    if (is_list ? n < 1 || n > group->n_attrs : n != 1 && n != 2 && n != group->n_attrs)
        return dc_fail(DC_EINPUT, "'%s' has %u values", group->name, (unsigned)n);
    for (uint32_t i = 0; i < (is_list ? n : group->n_attrs); i++)
        DC_TRY(set(l, group->attrs[i], is_array ? dc_json_at(json, i % n) : json, group->name));
    return DC_OK;
}

static dc_status fail_key(const layer *l, const char *key)
{
    dc_hint hint = dc_hint_for(key);
    for (uint32_t g = 0; g < ARCH_N_GROUPS; g++)
        if (dc_attr_rule_of(l->kind, arch_groups[g].attrs[0]) != NULL)
            dc_hint_offer(&hint, arch_groups[g].name);
    for (uint32_t i = 0; i < l->kind->n_attrs; i++)
        dc_hint_offer(&hint, dc_attr_name(l->kind->attrs[i].attr));
    dc_hint_offer(&hint, "inputs");
    return dc_fail(DC_EINPUT, "'%s' has no key '%s'%s", l->kind->name, key,
                   dc_hint_text(&hint));
}

static dc_status fail_op(const char *name)
{
    dc_hint hint = dc_hint_for(name);
    for (uint32_t op = 0; op < DC_N_OPS; op++)
        if (op != DC_OP_INPUT)
            dc_hint_offer(&hint, dc_op_kind_of(op)->name);
    return dc_fail(DC_EINPUT, "unknown op '%s'%s", name, dc_hint_text(&hint));
}

static dc_status read_attr(layer *l, const dc_json *json)
{
    const char *key = dc_json_key(json);
    for (uint32_t g = 0; g < ARCH_N_GROUPS; g++)
        if (strcmp(arch_groups[g].name, key) == 0 &&
            dc_attr_rule_of(l->kind, arch_groups[g].attrs[0]) != NULL)
            return set_group(l, &arch_groups[g], json);
    for (uint32_t i = 0; i < l->kind->n_attrs; i++)
        if (strcmp(dc_attr_name(l->kind->attrs[i].attr), key) == 0)
            return set(l, l->kind->attrs[i].attr, json, key);
    return fail_key(l, key);
}

static dc_status read_layer(layer *l, const dc_json *json)
{
    const dc_json *op = dc_json_get(json, "op");
    DC_TRY(arch_need(op, DC_JSON_TEXT, "op"));
    l->kind = dc_op_kind_named(dc_json_text(op));
    if (l->kind == NULL || l->kind->op == DC_OP_INPUT)
        return fail_op(dc_json_text(op));
    dc_attrs_init(l->attrs, l->kind->op);
    for (const dc_json *member = dc_json_at(json, 0); member != NULL;
         member = dc_json_next(member)) {
        const char *key = dc_json_key(member);
        if (strcmp(key, "inputs") == 0) {
            DC_TRY(arch_need(member, DC_JSON_ARRAY, key));
            l->inputs = member;
        } else if (strcmp(key, "name") != 0 && strcmp(key, "op") != 0) {
            DC_TRY(read_attr(l, member));
        }
    }
    for (int side = 0; (l->kind->traits & DC_POOL) != 0 && side < 2; side++)
        if (!l->is_given[DC_ATTR_STRIDE_H + side])
            l->attrs[DC_ATTR_STRIDE_H + side] = l->attrs[DC_ATTR_KERNEL_H + side];
    return DC_OK;
}

static dc_status find_inputs(uint32_t *inputs, const dc_model *model, const dc_json *names)
{
    uint32_t n = 0;
    for (const dc_json *item = dc_json_at(names, 0); item != NULL; item = dc_json_next(item)) {
        DC_TRY(arch_need(item, DC_JSON_TEXT, "inputs"));
        const char *name = dc_json_text(item);
        inputs[n] = dc_model_node(model, name);
        if (inputs[n++] == DC_NONE)
            return dc_fail(DC_EINPUT, "its input '%s' is no earlier layer", name);
    }
    return DC_OK;
}

/* Reading done under the layer's name; dc_model_add names the layer itself. */
static dc_status prepare(layer *l, uint32_t **inputs, uint32_t *n_inputs, const dc_json *json,
                         dc_model *model)
{
    DC_TRY(read_layer(l, json));
    *n_inputs = l->inputs ? dc_json_size(l->inputs) : DC_MIN(l->kind->max_inputs, 1);
    *inputs = dc_arena_take(&model->arena, *n_inputs, sizeof **inputs);
    DC_TRY(model->arena.status);
    if (l->inputs != NULL || *n_inputs == 0)
        return find_inputs(*inputs, model, l->inputs);
    (*inputs)[0] = model->n_nodes - 1;
    return DC_OK;
}

static dc_status add_layer(dc_model *model, const dc_json *json, uint32_t index)
{
    layer l = {0};
    uint32_t *inputs = NULL, n_inputs = 0;
    l.name = dc_json_text(dc_json_get(json, "name"));
    if (dc_json_kind_of(dc_json_get(json, "name")) != DC_JSON_TEXT)
        return dc_fail(DC_EINPUT, "layer %u has no 'name'", (unsigned)index);
    DC_TRY(dc_fail_within(prepare(&l, &inputs, &n_inputs, json, model), l.name));
    return dc_model_add(model, l.name, l.kind->op, inputs, n_inputs, l.attrs, true);
}

static dc_status add_layers(dc_model *model, const dc_json *json)
{
    DC_TRY(arch_need(json, DC_JSON_ARRAY, "layers"));
    if (dc_json_size(json) == 0)
        return dc_fail(DC_EINPUT, "'layers' is empty");
    uint32_t n = 0;
    for (const dc_json *item = dc_json_at(json, 0); item != NULL; item = dc_json_next(item))
        DC_TRY(add_layer(model, item, n++));
    return DC_OK;
}

static dc_status check_keys(const dc_json *json)
{
    static const char *const keys[] = {"name", "input", "layers", "class_names"};
    if (dc_json_kind_of(json) != DC_JSON_OBJECT)
        return dc_fail(DC_EINPUT, "an architecture must be an object");
    for (const dc_json *item = dc_json_at(json, 0); item != NULL; item = dc_json_next(item)) {
        const char *key = dc_json_key(item);
        dc_hint hint = dc_hint_for(key);
        bool is_known = false;
        for (size_t k = 0; k < DC_COUNT_OF(keys); k++) {
            is_known = is_known || strcmp(keys[k], key) == 0;
            dc_hint_offer(&hint, keys[k]);
        }
        if (!is_known)
            return dc_fail(DC_EINPUT, "unknown key '%s'%s", key, dc_hint_text(&hint));
    }
    return DC_OK;
}

static dc_status build(dc_model **out, const dc_json *json)
{
    DC_TRY(check_keys(json));
    DC_TRY(arch_need(dc_json_get(json, "name"), DC_JSON_TEXT, "name"));
    dc_input input;
    DC_TRY(dc_fail_within(dc_input_from_json(&input, dc_json_get(json, "input")), "input"));
    DC_TRY(dc_model_new(out, dc_json_text(dc_json_get(json, "name")), &input));
    DC_TRY(add_layers(*out, dc_json_get(json, "layers")));
    const dc_json *names = dc_json_get(json, "class_names");
    return names != NULL ? dc_class_names_from_json(*out, names) : DC_OK;
}

dc_status dc_model_from_arch(dc_model **out, const dc_json *json, const char *subject)
{
    dc_model *model = NULL;
    const dc_status status = build(&model, json);
    if (status < 0) {
        dc_model_free(model);
        return dc_fail_within(status, subject);
    }
    *out = model;
    return DC_OK;
}
