/* SPDX-License-Identifier: MIT
 *
 * A model -> an architecture in JSON. Each layer is a JSON object of its own, printed on a line of
 * its own; what has its default is left out, except a pool's stride, whose default is its kernel.
 */
#include "arch_json.h"

#include <string.h>

static bool is_default(const dc_node *node, dc_attr attr)
{
    const double value = dc_node_number(node, attr);
    const double usual = dc_attr_rule_of(node->kind, attr)->value;
    return !(value < usual || value > usual);
}

/* How many values are printed: 1 for all, 2 for both axes, else all of them; 0: none. */
static uint32_t n_said(const dc_node *node, const arch_group *group)
{
    const dc_attr *a = group->attrs;
    bool is_one = true, is_two = true, is_plain = true;
    if (a[0] == DC_ATTR_DIM_0) { /* a list, which ends at the first 0 */
        uint32_t n = 0;
        while (n < group->n_attrs && dc_node_number(node, a[n]) > 0)
            n++;
        return n;
    }
    for (uint32_t i = 0; i < group->n_attrs; i++) {
        is_one = is_one && dc_node_whole(node, a[i]) == dc_node_whole(node, a[0]);
        is_two = is_two && dc_node_whole(node, a[i]) == dc_node_whole(node, a[i % 2]);
        is_plain = is_plain && is_default(node, a[i]);
    }
    if (is_plain && !(a[0] == DC_ATTR_STRIDE_H && (node->kind->traits & DC_POOL) != 0))
        return 0;
    return is_one ? 1 : is_two ? 2 : group->n_attrs;
}

static void put_group(dc_json *json, const dc_node *node, const arch_group *group)
{
    const uint32_t n = n_said(node, group);
    const bool is_array = n > 1 || (n == 1 && group->attrs[0] == DC_ATTR_DIM_0);
    dc_json *array = is_array ? dc_json_add_array(json, group->name) : NULL;
    for (uint32_t i = 0; i < n; i++)
        dc_json_add_number(is_array ? array : json, is_array ? NULL : group->name,
                           dc_node_number(node, group->attrs[i]));
}

static bool is_grouped(dc_attr attr)
{
    bool is_it = false;
    for (uint32_t g = 0; g < ARCH_N_GROUPS; g++)
        for (uint32_t i = 0; i < arch_groups[g].n_attrs; i++)
            is_it = is_it || arch_groups[g].attrs[i] == attr;
    return is_it;
}

static void put_attr(dc_json *json, const dc_node *node, const dc_attr_rule *rule)
{
    const char *name = dc_attr_name(rule->attr);
    if (rule->form == DC_ATTR_SWITCH)
        dc_json_add_bool(json, name, dc_node_number(node, rule->attr) > 0);
    else
        dc_json_add_number(json, name, dc_node_number(node, rule->attr));
}

/* "n_outputs" first, then what several attributes share. */
static void put_attrs(dc_json *json, const dc_node *node)
{
    const dc_op_kind *kind = node->kind;
    const dc_attr_rule *width = dc_attr_rule_of(kind, DC_ATTR_N_OUTPUTS);
    if (width != NULL)
        put_attr(json, node, width);
    for (uint32_t g = 0; g < ARCH_N_GROUPS; g++)
        if (dc_attr_rule_of(kind, arch_groups[g].attrs[0]) != NULL)
            put_group(json, node, &arch_groups[g]);
    for (uint32_t i = 0; i < kind->n_attrs; i++)
        if (&kind->attrs[i] != width && !is_grouped(kind->attrs[i].attr) &&
            !is_default(node, kind->attrs[i].attr))
            put_attr(json, node, &kind->attrs[i]);
}

static void put_layer(dc_json *json, const dc_model *model, uint32_t index)
{
    const dc_node *node = &model->nodes[index];
    dc_json_add_text(json, "name", node->name);
    dc_json_add_text(json, "op", node->kind->name);
    put_attrs(json, node);
    if (node->n_inputs == 0 || (node->n_inputs == 1 && node->inputs[0] + 1 == index))
        return;
    dc_json *inputs = dc_json_add_array(json, "inputs");
    for (uint32_t i = 0; i < node->n_inputs; i++)
        dc_json_add_text(inputs, NULL, model->nodes[node->inputs[i]].name);
}

/* ---- lines ---- */

/* The object without the newline after it; frees it. */
static dc_status put_json(dc_writer *w, dc_json *json)
{
    char *text = NULL;
    const dc_status status = dc_json_print(&text, json, false);
    dc_json_free(json);
    DC_TRY(status);
    dc_put_bytes(w, text, strcspn(text, "\n"));
    dc_release(text);
    return w->status;
}

/* {"name":..., "input":{...}, "class_names":[...]} without its last bracket. */
static dc_status put_head(dc_writer *w, const dc_model *model)
{
    dc_json *json = dc_json_new();
    dc_json_add_text(json, "name", model->name);
    dc_input_to_json(dc_json_add_object(json, "input"), &model->input);
    dc_json *names = model->n_class_names > 0 ? dc_json_add_array(json, "class_names") : NULL;
    for (uint32_t i = 0; i < model->n_class_names; i++)
        dc_json_add_text(names, NULL, model->class_names[i]);
    DC_TRY(put_json(w, json));
    w->size--;
    return w->status;
}

static dc_status put_all(dc_writer *w, const dc_model *model)
{
    DC_TRY(put_head(w, model));
    dc_put_chars(w, ",\n\"layers\":[\n");
    for (uint32_t i = 1; i < model->n_nodes; i++) {
        dc_json *json = dc_json_new();
        put_layer(json, model, i);
        DC_TRY(put_json(w, json));
        dc_put_chars(w, i + 1 < model->n_nodes ? ",\n" : "\n");
    }
    dc_put_chars(w, "]}\n");
    dc_put_u8(w, 0);
    return w->status;
}

dc_status dc_model_to_arch(const char **out, const dc_model *model, dc_arena *arena)
{
    dc_writer w;
    dc_writer_init(&w, UINT64_C(1) << 30);
    dc_status status = put_all(&w, model);
    if (status == DC_OK) {
        *out = dc_arena_text(arena, (const char *)w.data);
        status = arena->status;
    }
    dc_writer_clear(&w);
    return status;
}
