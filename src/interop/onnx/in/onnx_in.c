/* SPDX-License-Identifier: MIT
 *
 * What an op's reader asks for: the node's inputs, as values or constants, and its attributes.
 */
#include "onnx_in.h"


static const char *label_of(const onnx_in *in)
{
    const onnx_node *node = in->node;
    if (node->name[0] != '\0' || node->n_outputs == 0)
        return node->name;
    return in->model.names.texts[node->outputs[0]];
}

dc_status onnx_fail(const onnx_in *in, dc_status code, const char *format, ...)
{
    char cause[300];
    va_list args;
    va_start(args, format);
    dc_vprint(cause, sizeof cause, format, args);
    va_end(args);
    return dc_fail(code == DC_EINPUT ? DC_ECORRUPT : code, "op '%.60s' of node '%.200s': %s",
                   in->node->op, label_of(in), cause);
}

dc_status onnx_fail_batch(const onnx_in *in, const char *what)
{
    const bool is_free = in->batch == 1 && !in->is_single;
    return onnx_fail(in, DC_EUNSUPPORTED, "%s%s", what,
                     is_free ? " (it may if --shape fixes the batch at 1)" : "");
}

dc_status onnx_fail_training(const onnx_in *in)
{
    return onnx_fail(in, DC_EUNSUPPORTED,
                     "it is in training mode: the network must be exported for inference");
}

/* ---- inputs ---- */

onnx_value *onnx_input_of(const onnx_in *in, uint32_t i)
{
    const onnx_node *node = in->node;
    return i < node->n_inputs && node->inputs[i] != 0 ? &in->values[node->inputs[i]] : NULL;
}

static dc_status fail_missing(const onnx_in *in, uint32_t i)
{
    return onnx_fail(in, DC_ECORRUPT, "its input %u is missing", (unsigned)i);
}

dc_status onnx_need_value(onnx_value **out, const onnx_in *in, uint32_t i)
{
    onnx_value *value = onnx_input_of(in, i);
    if (value == NULL)
        return fail_missing(in, i);
    if (value->node == DC_NONE)
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "its input %u is a constant, it is read only where it depends on the "
                         "graph's input",
                         (unsigned)i);
    *out = value;
    return DC_OK;
}

dc_status onnx_need_batch(onnx_value **out, const onnx_in *in, uint32_t i)
{
    DC_TRY(onnx_need_value(out, in, i));
    if ((*out)->n_batch == 0)
        return onnx_fail(in, DC_EUNSUPPORTED, "the first dim of its input is not the batch");
    return DC_OK;
}

dc_status onnx_optional_array(const onnx_array **out, const onnx_in *in, uint32_t i)
{
    const onnx_value *value = onnx_input_of(in, i);
    *out = NULL;
    if (value == NULL)
        return DC_OK;
    if (value->array == NULL)
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "its input %u is not a constant, it is read only as one", (unsigned)i);
    *out = value->array;
    return DC_OK;
}

dc_status onnx_need_array(const onnx_array **out, const onnx_in *in, uint32_t i)
{
    DC_TRY(onnx_optional_array(out, in, i));
    return *out == NULL ? fail_missing(in, i) : DC_OK;
}

dc_status onnx_need_ints(onnx_ints *out, bool *is_there, const onnx_in *in, uint32_t i,
                         const char *name)
{
    const onnx_array *array = NULL;
    *out = (onnx_ints){ 0 };
    *is_there = false;
    DC_TRY(onnx_optional_array(&array, in, i));
    if (array == NULL) {
        *is_there = name != NULL && onnx_find_attr(in->node, name) != NULL;
        return *is_there ? onnx_ints_attr(out, in->node, name) : DC_OK;
    }
    const uint64_t n = onnx_array_count(array);
    if (array->n_dims > 1 || onnx_type_is_float(array->type))
        return onnx_fail(in, DC_ECORRUPT, "its input %u is no list of whole numbers", (unsigned)i);
    if (n > ONNX_MAX_INTS)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input %u has more than %u numbers", (unsigned)i,
                         ONNX_MAX_INTS);
    for (; out->n < n; out->n++)
        out->items[out->n] = onnx_int_at(array, out->n);
    *is_there = true;
    return DC_OK;
}

/* ---- attributes ---- */

dc_status onnx_node_int(int64_t *out, const onnx_in *in, const char *name, int64_t otherwise)
{
    return onnx_int_attr(out, in->node, name, otherwise);
}

dc_status onnx_node_float(double *out, const onnx_in *in, const char *name, double otherwise)
{
    DC_TRY(onnx_float_attr(out, in->node, name, otherwise));
    if (*out - *out == 0)
        return DC_OK;
    return onnx_fail(in, DC_EUNSUPPORTED, "its %s is not finite", name);
}

dc_status onnx_node_number(double *out, const onnx_in *in, uint32_t i, const char *name,
                          double otherwise)
{
    const onnx_array *said = NULL;
    *out = otherwise;
    if (name != NULL)
        DC_TRY(onnx_float_attr(out, in->node, name, otherwise));
    DC_TRY(onnx_optional_array(&said, in, i));
    if (said == NULL)
        return DC_OK;
    if (onnx_array_count(said) != 1)
        return onnx_fail(in, DC_ECORRUPT, "its input %u is no single number", (unsigned)i);
    *out = onnx_number_at(said, 0);
    return DC_OK;
}

dc_status onnx_axis(uint32_t *out, const onnx_in *in, int64_t axis, uint32_t n_dims)
{
    if (axis < -(int64_t)n_dims || axis >= n_dims)
        return onnx_fail(in, DC_ECORRUPT, "axis %lld of %u dims", (long long)axis,
                         (unsigned)n_dims);
    *out = (uint32_t)(axis < 0 ? axis + n_dims : axis);
    if (*out == in->batch_at)
        *out = 0;
    else if (*out < in->batch_at)
        ++*out;
    return DC_OK;
}
