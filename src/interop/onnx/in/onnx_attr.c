/* SPDX-License-Identifier: MIT
 *
 * AttributeProto. Its type is a field that old files may leave out; then the type follows from the
 * fields that are there.
 */
#include "onnx_attr.h"

#include <stdio.h>
#include <string.h>

#include "onnx/onnx_fields.h"

const onnx_attr *onnx_find_attr(const onnx_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->n_attrs; i++)
        if (strcmp(node->attrs[i].name, name) == 0)
            return &node->attrs[i];
    return NULL;
}

static int64_t kind_of_field(uint32_t number)
{
    switch (number) {
    case ATTR_F: return KIND_FLOAT;
    case ATTR_I: return KIND_INT;
    case ATTR_S: return KIND_TEXT;
    case ATTR_T: return KIND_TENSOR;
    case ATTR_FLOATS: return KIND_FLOATS;
    case ATTR_INTS: return KIND_INTS;
    case ATTR_TEXTS: return KIND_TEXTS;
    default: return 0;
    }
}

static dc_status kind_of(int64_t *out, const onnx_attr *attr)
{
    dc_reader r = attr->message;
    onnx_field field;
    int64_t said = 0, seen = 0;
    while (onnx_next(&field, &r)) {
        if (field.number == ATTR_TYPE)
            said = onnx_int(&field, &r);
        else if (kind_of_field(field.number) != 0)
            seen = kind_of_field(field.number);
    }
    *out = said != 0 ? said : seen;
    return r.status;
}

static dc_status need_kind(const onnx_node *node, const onnx_attr *attr, int64_t wanted)
{
    int64_t kind = 0;
    DC_TRY(kind_of(&kind, attr));
    if (kind == wanted)
        return DC_OK;
    return dc_fail(DC_ECORRUPT, "op '%.60s' of node '%.200s': its %.60s is of kind %d, not %d",
                   node->op, node->name, attr->name, (int)(kind & 0xff), (int)wanted);
}

dc_status onnx_int_attr(int64_t *out, const onnx_node *node, const char *name, int64_t otherwise)
{
    const onnx_attr *attr = onnx_find_attr(node, name);
    *out = otherwise;
    if (attr == NULL)
        return DC_OK;
    DC_TRY(need_kind(node, attr, KIND_INT));
    dc_reader r = attr->message;
    onnx_field field;
    *out = 0;
    while (onnx_next(&field, &r))
        if (field.number == ATTR_I)
            *out = onnx_int(&field, &r);
    return r.status;
}

dc_status onnx_float_attr(double *out, const onnx_node *node, const char *name, double otherwise)
{
    const onnx_attr *attr = onnx_find_attr(node, name);
    *out = otherwise;
    if (attr == NULL)
        return DC_OK;
    DC_TRY(need_kind(node, attr, KIND_FLOAT));
    dc_reader r = attr->message;
    onnx_field field;
    *out = 0;
    while (onnx_next(&field, &r))
        if (field.number == ATTR_F)
            *out = (double)onnx_float(&field, &r);
    return r.status;
}

dc_status onnx_ints_attr(onnx_ints *out, const onnx_node *node, const char *name)
{
    const onnx_attr *attr = onnx_find_attr(node, name);
    uint64_t value;
    *out = (onnx_ints){ 0 };
    if (attr == NULL)
        return DC_OK;
    DC_TRY(need_kind(node, attr, KIND_INTS));
    onnx_list list = onnx_list_of(&attr->message, ATTR_INTS, ONNX_VARINT);
    while (onnx_list_next(&value, &list)) {
        if (out->n == ONNX_MAX_INTS)
            return dc_fail(DC_EUNSUPPORTED, "attribute '%s' has more than %u numbers", name,
                           ONNX_MAX_INTS);
        out->items[out->n++] = (int64_t)value;
    }
    return list.message.status;
}

/* Item `index` of the attribute's fields of this number; `out` stays where there are fewer. */
static dc_status text_of(char out[32], const onnx_attr *attr, uint32_t number, uint64_t index)
{
    dc_reader r = attr->message;
    onnx_field field;
    while (onnx_next(&field, &r)) {
        if (field.number != number || index-- != 0)
            continue;
        const dc_reader text = onnx_message(&field, &r, r.subject);
        if (!dc_utf8_is_valid(text.data, text.size))
            return dc_reader_fail(&r, DC_ECORRUPT, "attribute '%s' is no text", attr->name);
        if (text.size > 0)
            snprintf(out, 32, "%.*s", (int)DC_MIN(text.size, 31u), (const char *)text.data);
    }
    return r.status;
}

dc_status onnx_text_attr(char out[32], const onnx_node *node, const char *name,
                         const char *otherwise)
{
    const onnx_attr *attr = onnx_find_attr(node, name);
    snprintf(out, 32, "%s", otherwise);
    if (attr == NULL)
        return DC_OK;
    DC_TRY(need_kind(node, attr, KIND_TEXT));
    return text_of(out, attr, ATTR_S, 0);
}

dc_status onnx_texts_attr(char out[32], const onnx_node *node, const char *name, uint64_t index)
{
    const onnx_attr *attr = onnx_find_attr(node, name);
    out[0] = '\0';
    if (attr == NULL)
        return DC_OK;
    DC_TRY(need_kind(node, attr, KIND_TEXTS));
    return text_of(out, attr, ATTR_TEXTS, index);
}

static dc_status read_tensor(onnx_array *out, const onnx_attr *attr, onnx_files *files)
{
    dc_reader r = attr->message;
    onnx_field field;
    while (onnx_next(&field, &r)) {
        if (field.number != ATTR_T)
            continue;
        const dc_reader tensor = onnx_message(&field, &r, "TensorProto");
        DC_TRY(tensor.status);
        return onnx_tensor_read(out, &tensor, files);
    }
    DC_TRY(r.status);
    return dc_fail(DC_ECORRUPT, "attribute '%s' has no tensor", attr->name);
}

/* Numbers of field `number` as an array, which is a scalar unless `is_list`. */
static dc_status read_numbers(onnx_array *out, const onnx_attr *attr, uint32_t number, bool is_list,
                              dc_arena *arena)
{
    const bool is_float = number == ATTR_F || number == ATTR_FLOATS;
    const onnx_type type = is_float ? ONNX_FLOAT : ONNX_INT64;
    onnx_list list = onnx_list_of(&attr->message, number, is_float ? ONNX_FIXED32 : ONNX_VARINT);
    const onnx_list again = list;
    uint64_t n = 0, value;
    uint8_t *data;
    while (onnx_list_next(&value, &list))
        n++;
    DC_TRY(list.message.status);
    if (!is_list && n != 1)
        return dc_fail(DC_ECORRUPT, "attribute '%s' has no value", attr->name);
    DC_TRY(onnx_array_make(out, &data, type, is_list ? 1 : 0, &n, arena));
    list = again;
    for (uint64_t i = 0; i < n && onnx_list_next(&value, &list); i++)
        for (uint32_t b = 0; b < onnx_type_bytes(type); b++)
            data[i * onnx_type_bytes(type) + b] = (uint8_t)(value >> (8 * b));
    return DC_OK;
}

dc_status onnx_array_attr(onnx_array *out, bool *is_there, const onnx_node *node, const char *name,
                          onnx_files *files)
{
    const onnx_attr *attr = onnx_find_attr(node, name);
    int64_t kind = 0;
    *is_there = attr != NULL;
    if (attr == NULL)
        return DC_OK;
    DC_TRY(kind_of(&kind, attr));
    switch (kind) {
    case KIND_TENSOR: return read_tensor(out, attr, files);
    case KIND_FLOAT: return read_numbers(out, attr, ATTR_F, false, files->arena);
    case KIND_INT: return read_numbers(out, attr, ATTR_I, false, files->arena);
    case KIND_FLOATS: return read_numbers(out, attr, ATTR_FLOATS, true, files->arena);
    case KIND_INTS: return read_numbers(out, attr, ATTR_INTS, true, files->arena);
    default:
        return dc_fail(DC_EUNSUPPORTED, "attribute '%s' is of kind %d", name, (int)(kind & 0xff));
    }
}
