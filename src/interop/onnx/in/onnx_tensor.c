/* SPDX-License-Identifier: MIT
 *
 * Where a tensor's elements are. Raw bytes and packed fields of fixed size are used in place;
 * numbers that are stored as varints (int32_data, also for half floats, int64_data) or one a field
 * are unpacked into the arena, after their number has been held against the dims.
 */
#include "onnx_tensor.h"

#include <inttypes.h>
#include <string.h>

#include "onnx_external.h"
#include "onnx/onnx_fields.h"

typedef struct tensor {
    const dc_reader *message;
    int64_t type;
    const char *name;
    bool is_external, has_raw;
    const uint8_t *raw;
    uint64_t n_raw_bytes, count;
    onnx_place place;
} tensor;

/* For messages only: "" when it is no text or a very long one. */
static const char *name_of(const dc_reader *bytes, dc_arena *arena)
{
    if (bytes->size == 0 || bytes->size > 1000 || !dc_utf8_is_valid(bytes->data, bytes->size))
        return "";
    char *name = dc_arena_take(arena, bytes->size + 1, 1);
    return name != NULL ? memcpy(name, bytes->data, bytes->size) : "";
}

static dc_status read_header(tensor *t, onnx_files *files)
{
    dc_reader r = *t->message, bytes;
    onnx_field field;
    t->name = "";
    while (onnx_next(&field, &r)) {
        switch (field.number) {
        case TENSOR_TYPE: t->type = onnx_int(&field, &r); break;
        case TENSOR_LOCATION: t->is_external = onnx_int(&field, &r) == 1; break;
        case TENSOR_SEGMENT: return dc_fail(DC_EUNSUPPORTED, "tensors in segments");
        case TENSOR_NAME:
            bytes = onnx_message(&field, &r, r.subject);
            t->name = name_of(&bytes, files->arena);
            break;
        case TENSOR_RAW:
            bytes = onnx_message(&field, &r, r.subject);
            t->has_raw = true;
            t->raw = bytes.data;
            t->n_raw_bytes = bytes.size;
            break;
        case TENSOR_EXTERNAL:
            DC_TRY(
                onnx_external_entry(&t->place, onnx_message(&field, &r, r.subject), files->arena));
            break;
        default: break;
        }
    }
    DC_TRY(r.status);
    return files->arena->status;
}

static dc_status read_dims(onnx_array *out, const tensor *t)
{
    onnx_list list = onnx_list_of(t->message, TENSOR_DIMS, ONNX_VARINT);
    uint64_t dim;
    while (onnx_list_next(&dim, &list)) {
        if (out->n_dims == ONNX_MAX_DIMS)
            return dc_fail(DC_EUNSUPPORTED, "more than %u dims", ONNX_MAX_DIMS);
        if (dim > INT64_MAX)
            return dc_fail(DC_ECORRUPT, "a dim is below zero");
        out->dims[out->n_dims++] = dim;
    }
    return list.message.status;
}

/* The field that holds elements of this type when they are not raw. */
static uint32_t field_of(int64_t type)
{
    switch (type) {
    case ONNX_FLOAT: return TENSOR_FLOATS;
    case ONNX_DOUBLE: return TENSOR_DOUBLES;
    case ONNX_INT64: return TENSOR_INT64S;
    case ONNX_UINT32:
    case ONNX_UINT64: return TENSOR_UINT64S;
    default: return TENSOR_INT32S;
    }
}

static dc_status fail_count(uint64_t n, const tensor *t)
{
    return dc_fail(DC_ECORRUPT, "%" PRIu64 " bytes or elements, its dims need %" PRIu64 " elements",
                   n, t->count);
}

static dc_status unpack(onnx_array *out, const tensor *t, dc_arena *arena)
{
    const uint32_t number = field_of(t->type), n_bytes = onnx_type_bytes(t->type);
    const onnx_wire wire = number == TENSOR_FLOATS    ? ONNX_FIXED32
                           : number == TENSOR_DOUBLES ? ONNX_FIXED64
                                                      : ONNX_VARINT;
    onnx_list list = onnx_list_of(t->message, number, wire);
    const onnx_list again = list;
    uint64_t n = 0, bits;
    while (onnx_list_next(&bits, &list))
        n++;
    DC_TRY(list.message.status);
    if (n != t->count)
        return fail_count(n, t);
    uint8_t *data = dc_arena_take(arena, n, n_bytes);
    DC_TRY(arena->status);
    list = again;
    for (uint64_t i = 0; i < n && onnx_list_next(&bits, &list); i++)
        for (uint32_t b = 0; b < n_bytes; b++)
            data[i * n_bytes + b] = (uint8_t)(bits >> (8 * b));
    out->data = data;
    return DC_OK;
}

static dc_status find_data(onnx_array *out, const tensor *t, onnx_files *files)
{
    const uint64_t n_bytes = t->count * onnx_type_bytes(t->type);
    uint64_t n_whole = 0;
    if (t->is_external)
        return onnx_external_find(out, &t->place, n_bytes, files);
    out->file = files->file;
    if (t->has_raw) {
        out->data = t->raw;
        return t->n_raw_bytes == n_bytes ? DC_OK : fail_count(t->n_raw_bytes, t);
    }
    if (t->type == ONNX_FLOAT || t->type == ONNX_DOUBLE)
        out->data = onnx_list_whole(&n_whole, t->message, field_of(t->type));
    if (out->data != NULL)
        return n_whole == n_bytes ? DC_OK : fail_count(n_whole, t);
    out->file = NULL;
    return unpack(out, t, files->arena);
}

static dc_status read_tensor(onnx_array *out, tensor *t, onnx_files *files)
{
    if (onnx_type_bytes(t->type) == 0)
        return dc_fail(DC_EUNSUPPORTED, "elements of type %" PRId64, t->type);
    out->type = out->stored = (onnx_type)t->type;
    out->name = t->name;
    DC_TRY(read_dims(out, t));
    t->count = onnx_array_count(out);
    if (t->count == UINT64_MAX)
        return dc_fail(DC_ECORRUPT, "its dims are too large");
    onnx_row_major(out->strides, out->n_dims, out->dims);
    return find_data(out, t, files);
}

dc_status onnx_tensor_read(onnx_array *out, const dc_reader *message, onnx_files *files)
{
    tensor t = { .message = message };
    onnx_array array = { 0 };
    DC_TRY(read_header(&t, files));
    const dc_status status = read_tensor(&array, &t, files);
    if (status < 0)
        return dc_fail_within(status, t.name[0] != '\0' ? t.name : "a tensor");
    *out = array;
    return DC_OK;
}
