/* SPDX-License-Identifier: MIT
 *
 * The table of ops, in the order of DC_OP_LIST; each record stands with its family in ops_*.c. A
 * new op is a line of that list and its record there; how it is computed is nn's.
 */
#include "op_rows.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const dc_op_kind *const kinds[] = {
#define RECORD(id, number, name) [number] = &dc_op_kind_##name,
    DC_OP_LIST(RECORD)
#undef RECORD
};

static_assert(DC_COUNT_OF(kinds) == DC_N_OPS, "each op has a record");

const dc_op_kind *dc_op_kind_of(uint32_t op)
{
    return op < DC_N_OPS ? kinds[op] : NULL;
}

const dc_op_kind *dc_op_kind_named(const char *name)
{
    for (uint32_t op = 0; op < DC_N_OPS; op++)
        if (strcmp(kinds[op]->name, name) == 0)
            return kinds[op];
    return NULL;
}

/* ---- attributes ------------------------------------------------------------------------------ */

const char *dc_attr_name(dc_attr attr)
{
    static const char *const names[DC_N_ATTRS] = {
#define NAME(id, text) [id] = text,
        DC_ATTR_LIST(NAME)
#undef NAME
    };
    return (uint32_t)attr < DC_N_ATTRS ? names[attr] : "";
}

const dc_attr_rule *dc_attr_rule_of(const dc_op_kind *kind, dc_attr attr)
{
    for (uint32_t i = 0; i < kind->n_attrs; i++)
        if (kind->attrs[i].attr == attr)
            return &kind->attrs[i];
    return NULL;
}

void dc_attrs_init(double attrs[DC_N_ATTRS], dc_op op)
{
    const dc_op_kind *kind = dc_op_kind_of((uint32_t)op);
    memset(attrs, 0, DC_N_ATTRS * sizeof *attrs);
    for (uint32_t i = 0; kind != NULL && i < kind->n_attrs; i++)
        attrs[kind->attrs[i].attr] = kind->attrs[i].value;
}

void dc_attrs_of(double attrs[DC_N_ATTRS], const dc_node *node)
{
    memset(attrs, 0, DC_N_ATTRS * sizeof *attrs);
    for (uint32_t i = 0; i < node->kind->n_attrs; i++)
        attrs[node->kind->attrs[i].attr] = node->attrs[i];
}

/* As it is: not rounded into what is allowed. */
static const char *number_text(char out[DC_NUMBER_BYTES], double value)
{
    return isfinite(value) ? dc_text_shortest(out, value) : isnan(value) ? "nan"
                                                        : value > 0      ? "inf" : "-inf";
}

static dc_status fail_range(const dc_attr_rule *rule, const char *value)
{
    char min[DC_NUMBER_BYTES], max[DC_NUMBER_BYTES];
    return dc_fail(DC_EINPUT, "'%s' is %s, must be from %s to %s", dc_attr_name(rule->attr), value,
                   number_text(min, rule->min), number_text(max, rule->max));
}

dc_status dc_attrs_check(const dc_op_kind *kind, const double *attrs)
{
    for (uint32_t i = 0; i < kind->n_attrs; i++) {
        const dc_attr_rule *rule = &kind->attrs[i];
        const double value = attrs[rule->attr];
        char text[DC_NUMBER_BYTES];
        if (!(value >= rule->min && value <= rule->max)) /* NaN too */
            return fail_range(rule, number_text(text, value));
        if (rule->form != DC_ATTR_REAL && value != floor(value))
            return dc_fail(DC_EINPUT, "'%s' is %s, must be a whole number",
                           dc_attr_name(rule->attr), number_text(text, value));
    }
    return DC_OK;
}

double dc_node_number(const dc_node *node, dc_attr attr)
{
    const dc_attr_rule *rule = dc_attr_rule_of(node->kind, attr);
    return rule != NULL ? node->attrs[rule - node->kind->attrs] : 0;
}

uint32_t dc_node_whole(const dc_node *node, dc_attr attr)
{
    return (uint32_t)dc_node_number(node, attr);
}

void dc_node_set(dc_node *node, dc_attr attr, double value)
{
    const dc_attr_rule *rule = dc_attr_rule_of(node->kind, attr);
    assert(rule != NULL && value >= rule->min && value <= rule->max);
    node->attrs[rule - node->kind->attrs] = value;
}

/* ---- parameters ------------------------------------------------------------------------------ */

uint32_t dc_node_param(const dc_node *node, uint32_t which)
{
    return which < node->kind->n_params ? node->params[which] : DC_NONE;
}

const char *dc_role_name(dc_role role)
{
    static const char *const names[] = {"weight", "bias",     "scale", "shift",
                                        "mean",   "variance", "slope", "value",
                                        "peephole", "projection"};
    return (uint32_t)role < DC_COUNT_OF(names) ? names[role] : "";
}

bool dc_role_is_weight(dc_role role)
{
    return role == DC_ROLE_WEIGHT || role == DC_ROLE_PROJECTION;
}

const char *dc_param_name(const char *node_name, dc_role role, dc_arena *arena)
{
    return dc_arena_print(arena, "%s.%s", node_name, dc_role_name(role));
}

/* ---- what several records share -------------------------------------------------------------- */

dc_status dc_infer_same(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    node->shape = *inputs[0];
    return DC_OK;
}

dc_status dc_need_dims(const dc_shape *in, uint32_t n_dims)
{
    if (in->n_dims == n_dims)
        return DC_OK;
    return dc_fail(DC_EINPUT, "needs an input of %u dims, has one of %u", (unsigned)n_dims,
                   (unsigned)in->n_dims);
}

dc_status dc_need_channels(const dc_shape *in)
{
    return in->n_dims == 1 ? DC_OK : dc_need_dims(in, 3);
}

dc_status dc_need_axis(uint32_t *axis, const dc_node *node, const dc_shape *in)
{
    *axis = dc_node_whole(node, DC_ATTR_AXIS);
    if (*axis < in->n_dims)
        return DC_OK;
    return dc_fail(DC_EINPUT, "'axis' is %u, its input has %u dims", (unsigned)*axis,
                   (unsigned)in->n_dims);
}

bool dc_has_pad(const dc_node *node)
{
    double sum = 0;
    for (int side = DC_ATTR_PAD_TOP; side <= DC_ATTR_PAD_RIGHT; side++)
        sum += dc_node_number(node, (dc_attr)side);
    return sum > 0;
}

double dc_constant_same(const dc_model *model, const dc_node *node, uint32_t channel, double value)
{
    (void)model, (void)node, (void)channel;
    return value;
}

double dc_constant_padded(const dc_model *model, const dc_node *node, uint32_t channel,
                          double value)
{
    (void)model, (void)channel;
    return dc_has_pad(node) && value != 0 ? (double)NAN : value;
}

double dc_channel_param(const dc_model *model, const dc_node *node, uint32_t which,
                        uint32_t channel)
{
    return (double)model->params[dc_node_param(node, which)].values[channel];
}
