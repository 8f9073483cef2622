/* SPDX-License-Identifier: MIT
 *
 * What an op's reader makes: nodes of the plan, their names and parameters, values in the shape
 * that is wanted. A node is called as the weights are in the network they came from
 * ("features.0.weight" is features.0's), since its parameters' names are what users know.
 */
#include "onnx_in.h"

#include <math.h>
#include <string.h>

/* ---- attributes ---- */

double onnx_meant(dc_op op, dc_attr attr, double value)
{
    const double usual = dc_attr_rule_of(dc_op_kind_of(op), attr)->value;
    const float single = (float)value;
    char text[40];
    if ((float)usual == single)
        return usual;
    for (int n_digits = 6; n_digits < 9; n_digits++) {
        dc_print(text, sizeof text, "%.*g", n_digits, value);
        if ((float)dc_text_number(text, NULL) == single)
            return dc_text_number(text, NULL);
    }
    return value;
}

/* ---- names ---- */

bool onnx_is_name(const char *text)
{
    if (text[0] == '\0' || strlen(text) > DC_MAX_NAME_BYTES)
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return true;
}

/* Takes the name; false when it is already taken. */
static bool take_name(onnx_in *in, const char *text)
{
    const uint32_t n = in->taken.n;
    return text != NULL && onnx_is_name(text) &&
           onnx_names_put(&in->taken, text, strlen(text)) == n;
}

static const char *numbered(onnx_in *in, dc_op op)
{
    for (uint32_t i = in->plan->n_nodes;; i++) {
        const char *name = dc_arena_print(&in->arena, "%s_%u", dc_op_kind_of(op)->name, i);
        if (in->arena.status < 0 || take_name(in, name))
            return name;
    }
}

static const char *name_for(onnx_in *in, dc_op op, const char *name)
{
    const onnx_node *node = in->node;
    const char *output = node->n_outputs > 0 ? in->model.names.texts[node->outputs[0]] : NULL;
    if (take_name(in, name))
        return name;
    if (take_name(in, node->name))
        return node->name;
    return take_name(in, output) ? output : numbered(in, op);
}

/* "a.0.b" of "/a/a.0/b/Conv_1": modules from the outermost in, of which an element of a list is
 * called as the list and its number; the last part is the op, perhaps numbered. NULL for others. */
static const char *scope_name(onnx_in *in)
{
    const char *path = in->node->name, *part = path, *name = "";
    const char *last = strrchr(path, '/');
    const size_t n_op = strlen(in->node->op);
    if (path[0] != '/' || last == path || strncmp(last + 1, in->node->op, n_op) != 0 ||
        (last[1 + n_op] != '\0' && last[1 + n_op] != '_'))
        return NULL;
    while (part != last) {
        const char *begin = part + 1, *end = strchr(begin, '/'), *next = end + 1;
        const size_t n = (size_t)(end - begin);
        part = end;
        if (end != last && strncmp(next, begin, n) == 0 && next[n] == '.')
            continue; /* the list, whose element says it */
        name =
            dc_arena_print(&in->arena, "%s%s%.*s", name, name[0] != '\0' ? "." : "", (int)n, begin);
    }
    return name;
}

const char *onnx_layer_name(onnx_in *in, const onnx_array *weight)
{
    static const char ending[] = ".weight";
    if (!dc_text_ends_with(weight->name, ending))
        return scope_name(in);
    const size_t n = strlen(weight->name) - (sizeof ending - 1);
    return dc_arena_print(&in->arena, "%.*s", (int)n, weight->name);
}

/* ---- nodes ---- */

static dc_status grow_parts(onnx_in *in)
{
    if (in->plan->n_nodes <= in->n_parts)
        return DC_OK;
    const uint32_t n_parts = in->n_parts == 0 ? 256 : 2 * in->n_parts;
    onnx_part *parts = dc_arena_take(&in->arena, n_parts, sizeof *parts);
    DC_TRY(in->arena.status);
    if (in->n_parts > 0)
        memcpy(parts, in->parts, in->n_parts * sizeof *parts);
    in->parts = parts;
    in->n_parts = n_parts;
    return DC_OK;
}

static dc_status add(uint32_t *out, onnx_in *in, const char *name, dc_op op, const uint32_t *inputs,
                     uint32_t n_inputs, const double *attrs)
{
    DC_TRY(in->arena.status);
    const dc_status status = dc_model_add(in->plan, name, op, inputs, n_inputs, attrs, false);
    if (status == DC_EINPUT) /* ONNX's own rules have been seen to: these are ours */
        return onnx_fail(in, DC_EUNSUPPORTED, "%s", dc_message());
    DC_TRY(status);
    *out = in->plan->n_nodes - 1;
    DC_TRY(grow_parts(in));
    in->parts[*out].maker = in->n_node;
    return DC_OK;
}

dc_status onnx_plan(uint32_t *out, onnx_in *in, dc_op op, const uint32_t *inputs, uint32_t n_inputs,
                    const double *attrs, const char *name)
{
    return add(out, in, name_for(in, op, name), op, inputs, n_inputs, attrs);
}

dc_status onnx_plan_helper(uint32_t *out, onnx_in *in, dc_op op, const uint32_t *inputs,
                           uint32_t n_inputs, const double *attrs)
{
    return add(out, in, numbered(in, op), op, inputs, n_inputs, attrs);
}

static bool has_shape(const onnx_array *array, const dc_shape *shape)
{
    bool is_equal = array->n_dims == shape->n_dims;
    for (uint32_t i = 0; is_equal && i < shape->n_dims; i++)
        is_equal = array->dims[i] == shape->dims[i];
    return is_equal;
}

static const char *dims_text(const onnx_array *array, dc_arena *arena)
{
    const char *text = array->n_dims == 0 ? "one number" : "";
    for (uint32_t i = 0; i < array->n_dims; i++)
        text = dc_arena_print(arena, "%s%s%llu", text, i > 0 ? "x" : "",
                              (unsigned long long)array->dims[i]);
    return text;
}

dc_status onnx_set_param(onnx_in *in, uint32_t node, uint32_t slot, const onnx_array *array,
                         double scale)
{
    const dc_param *wanted = &in->plan->params[dc_node_param(&in->plan->nodes[node], slot)];
    if (!has_shape(array, &wanted->shape))
        return onnx_fail(in, DC_ECORRUPT, "its %s is %s, not %s", dc_role_name(wanted->role),
                         dims_text(array, &in->arena), dc_shape_text(&wanted->shape, &in->arena));
    return onnx_force_param(in, node, slot, array, scale);
}

dc_status onnx_force_param(onnx_in *in, uint32_t node, uint32_t slot, const onnx_array *array,
                           double scale)
{
    onnx_param *param = dc_arena_take(&in->arena, 1, sizeof *param);
    DC_TRY(in->arena.status);
    *param = (onnx_param){ *array, scale };
    in->parts[node].params[slot] = param;
    return DC_OK;
}

dc_status onnx_plan_constant(uint32_t *out, onnx_in *in, const onnx_array *array,
                             const dc_shape *shape)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_CONSTANT);
    for (uint32_t i = 0; i < shape->n_dims; i++)
        attrs[DC_ATTR_DIM_0 + i] = shape->dims[i];
    const char *name = take_name(in, array->name) ? array->name : numbered(in, DC_OP_CONSTANT);
    DC_TRY(add(out, in, name, DC_OP_CONSTANT, NULL, 0, attrs));
    return onnx_set_param(in, *out, 0, array, 1);
}

dc_status onnx_plan_array(uint32_t *out, onnx_in *in, const onnx_array *array, uint32_t n_dims)
{
    onnx_array view = *array;
    dc_shape shape = { .n_dims = n_dims };
    const bool is_scalar = onnx_array_count(array) == 1;
    for (uint32_t i = 0; i < n_dims; i++) {
        const uint32_t from = array->n_dims + i - n_dims; /* wraps in front of the array */
        const bool is_own = !is_scalar && i + array->n_dims >= n_dims;
        view.dims[i] = is_own ? array->dims[from] : 1;
        view.strides[i] = is_own ? array->strides[from] : 0;
        if (view.dims[i] == 0 || view.dims[i] > UINT32_MAX)
            return onnx_fail(in, DC_EUNSUPPORTED, "a constant of dim %llu",
                             (unsigned long long)view.dims[i]);
        shape.dims[i] = (uint32_t)view.dims[i];
    }
    view.n_dims = n_dims;
    return onnx_plan_constant(out, in, &view, &shape);
}

dc_status onnx_plan_with(uint32_t *out, onnx_in *in, dc_op op, uint32_t from, double number)
{
    onnx_array array;
    uint8_t *data = NULL;
    uint32_t inputs[2] = { from };
    DC_TRY(onnx_array_make(&array, &data, ONNX_FLOAT, 0, NULL, &in->arena));
    onnx_store_number(data, 0, ONNX_FLOAT, number);
    DC_TRY(onnx_plan_array(&inputs[1], in, &array, in->plan->nodes[from].shape.n_dims));
    return onnx_plan_helper(out, in, op, inputs, 2, NULL);
}

/* ---- shapes of values ---- */

onnx_value *onnx_along(onnx_value *copy, const onnx_in *in, onnx_value *value, uint32_t axis)
{
    if (!in->is_single || axis >= value->n_batch)
        return value;
    *copy = *value;
    copy->n_batch = 0;
    return copy;
}

dc_status onnx_own_shape(dc_shape *out, const onnx_in *in, const onnx_value *value)
{
    *out = (dc_shape){ .n_dims = value->n_dims - value->n_batch };
    if (out->n_dims > DC_MAX_DIMS)
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "a value of %u dims, at most %u and the batch can be computed",
                         (unsigned)value->n_dims, DC_MAX_DIMS);
    for (uint32_t i = 0; i < out->n_dims; i++)
        out->dims[i] = (uint32_t)value->dims[value->n_batch + i];
    if (out->n_dims == 0) /* one number a sample */
        *out = dc_shape_of(1, 1, 0, 0, 0);
    return DC_OK;
}

dc_status onnx_picture_shape(dc_shape *out, const onnx_in *in, const onnx_value *value)
{
    const uint32_t n_own = value->n_dims - value->n_batch;
    const uint64_t *own = value->dims + value->n_batch;
    if (n_own < 1)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input has %u dims", (unsigned)value->n_dims);
    if (n_own == 1) {
        *out = dc_shape_of(1, (uint32_t)own[0], 0, 0, 0);
        return DC_OK;
    }
    const uint64_t width = onnx_count(n_own - 2, own + 2);
    if (width > UINT32_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input is too large");
    *out = dc_shape_of(3, (uint32_t)own[0], (uint32_t)own[1], (uint32_t)width, 0);
    return DC_OK;
}

dc_status onnx_shaped(uint32_t *out, onnx_in *in, onnx_value *value, const dc_shape *shape)
{
    double attrs[DC_N_ATTRS];
    dc_shape own;
    *out = value->node;
    if (dc_shape_equal(&in->plan->nodes[value->node].shape, shape))
        return DC_OK;
    dc_attrs_init(attrs, DC_OP_RESHAPE);
    for (uint32_t i = 0; i < shape->n_dims; i++)
        attrs[DC_ATTR_DIM_0 + i] = shape->dims[i];
    const dc_op op = shape->n_dims == 1 ? DC_OP_FLATTEN : DC_OP_RESHAPE;
    DC_TRY(onnx_plan_helper(out, in, op, &value->node, 1, attrs));
    if (value->n_dims - value->n_batch > DC_MAX_DIMS)
        return DC_OK;
    DC_TRY(onnx_own_shape(&own, in, value));
    if (dc_shape_equal(&own, shape)) /* the next one that asks finds it */
        value->node = *out;
    return DC_OK;
}

/* ---- outputs ---- */

static dc_status output_of(onnx_value **out, onnx_in *in, uint32_t i)
{
    if (i >= in->node->n_outputs)
        return onnx_fail(in, DC_ECORRUPT, "its output %u is missing", (unsigned)i);
    *out = &in->values[in->node->outputs[i]];
    return DC_OK;
}

onnx_dims onnx_file_dims(const onnx_value *value)
{
    onnx_dims out = { .n = value->n_dims };
    memcpy(out.dims, value->dims, sizeof out.dims);
    if (value->batch_at > 0) {
        memmove(out.dims, value->dims + 1, value->batch_at * sizeof *out.dims);
        out.dims[value->batch_at] = value->dims[0];
    }
    return out;
}

void onnx_drop_dims(onnx_in *in, uint32_t gone)
{
    const uint32_t batch_at = in->batch_at;
    for (uint32_t i = 1; i <= batch_at; i++)
        in->batch_at -= gone >> i & 1u;
}

dc_status onnx_set_file_value(onnx_in *in, uint32_t i, uint32_t node, const onnx_dims *dims,
                              uint32_t batch_at)
{
    onnx_dims turned = *dims;
    in->batch_at = in->is_single ? 0 : batch_at;
    if (in->batch_at > 0) {
        turned.dims[0] = dims->dims[batch_at];
        memcpy(turned.dims + 1, dims->dims, batch_at * sizeof *turned.dims);
    }
    return onnx_set_value(in, i, node, turned.n, turned.dims);
}

dc_status onnx_set_value(onnx_in *in, uint32_t i, uint32_t node, uint32_t n_dims,
                         const uint64_t *dims)
{
    onnx_value *value = NULL;
    DC_TRY(output_of(&value, in, i));
    for (uint32_t d = 0; d < n_dims; d++)
        if (dims[d] == 0 || dims[d] > UINT32_MAX)
            return onnx_fail(in, DC_EUNSUPPORTED, "dim %u of its result is %llu", (unsigned)d,
                             (unsigned long long)dims[d]);
    value->node = node;
    value->whole = in->whole;
    value->n_dims = n_dims;
    value->n_batch = !in->is_single || (n_dims > 0 && dims[0] == 1);
    value->batch_at = in->batch_at;
    memcpy(value->dims, dims, n_dims * sizeof *dims);
    return DC_OK;
}

dc_status onnx_set_node(onnx_in *in, uint32_t i, uint32_t node)
{
    const dc_shape *shape = &in->plan->nodes[node].shape;
    uint64_t dims[ONNX_MAX_DIMS] = { in->batch };
    for (uint32_t d = 0; d < shape->n_dims; d++)
        dims[1 + d] = shape->dims[d];
    return onnx_set_value(in, i, node, 1 + shape->n_dims, dims);
}

dc_status onnx_set_array(onnx_in *in, uint32_t i, const onnx_array *array)
{
    onnx_value *value = NULL;
    onnx_array *own = dc_arena_take(&in->arena, 1, sizeof *own);
    DC_TRY(in->arena.status);
    DC_TRY(output_of(&value, in, i));
    *own = *array;
    value->array = own;
    return DC_OK;
}
