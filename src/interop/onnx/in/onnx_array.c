/* SPDX-License-Identifier: MIT
 *
 * Views of elements, one by one. Used on shapes and other small constants; what is large goes
 * through onnx_copy.c.
 */
#include "onnx_array.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MAX_COUNT (UINT64_C(1) << 40)

uint32_t onnx_type_bytes(int64_t type)
{
    switch (type) {
    case ONNX_UINT8:
    case ONNX_INT8:
    case ONNX_BOOL: return 1;
    case ONNX_UINT16:
    case ONNX_INT16:
    case ONNX_FLOAT16:
    case ONNX_BFLOAT16: return 2;
    case ONNX_FLOAT:
    case ONNX_INT32:
    case ONNX_UINT32: return 4;
    case ONNX_INT64:
    case ONNX_UINT64:
    case ONNX_DOUBLE: return 8;
    default: return 0;
    }
}

bool onnx_type_is_float(onnx_type type)
{
    return type == ONNX_FLOAT || type == ONNX_DOUBLE || type == ONNX_FLOAT16 ||
           type == ONNX_BFLOAT16;
}

bool onnx_type_holds(onnx_type to, onnx_type from)
{
    const bool is_signed_to = to == ONNX_INT8 || to == ONNX_INT16 || to == ONNX_INT32 ||
                              to == ONNX_INT64;
    const bool is_signed_from = from == ONNX_INT8 || from == ONNX_INT16 || from == ONNX_INT32 ||
                                from == ONNX_INT64;
    if (to == from || from == ONNX_BOOL)
        return true;
    if (to == ONNX_BOOL || (is_signed_from && !is_signed_to))
        return false;
    return onnx_type_bytes(to) >= onnx_type_bytes(from) + (is_signed_to != is_signed_from);
}

const char *onnx_type_name(int64_t type)
{
    static const char *const names[] = {
        [ONNX_FLOAT] = "float",     [ONNX_UINT8] = "uint8",     [ONNX_INT8] = "int8",
        [ONNX_UINT16] = "uint16",   [ONNX_INT16] = "int16",     [ONNX_INT32] = "int32",
        [ONNX_INT64] = "int64",     [8] = "string",             [ONNX_BOOL] = "bool",
        [ONNX_FLOAT16] = "float16", [ONNX_DOUBLE] = "double",   [ONNX_UINT32] = "uint32",
        [ONNX_UINT64] = "uint64",   [ONNX_BFLOAT16] = "bfloat16",
    };
    const bool is_known = type > 0 && type < (int64_t)DC_COUNT_OF(names) && names[type] != NULL;
    return is_known ? names[type] : "another type";
}

uint64_t onnx_count(uint32_t n_dims, const uint64_t *dims)
{
    uint64_t count = 1;
    bool is_empty = false;
    for (uint32_t i = 0; i < n_dims; i++) {
        is_empty |= dims[i] == 0;
        if (dims[i] > MAX_COUNT)
            return UINT64_MAX; /* beside a 0, too */
    }
    for (uint32_t i = 0; i < n_dims && !is_empty; i++) {
        if (dims[i] > MAX_COUNT / count)
            return UINT64_MAX;
        count *= dims[i];
    }
    return is_empty ? 0 : count;
}

uint64_t onnx_array_count(const onnx_array *array)
{
    return onnx_count(array->n_dims, array->dims);
}

static const uint8_t *element(const onnx_array *array, uint64_t index)
{
    uint64_t offset = 0;
    for (uint32_t i = array->n_dims; i-- > 0; index /= array->dims[i])
        offset += index % array->dims[i] * array->strides[i];
    return array->data + offset * onnx_type_bytes(array->stored);
}

static uint64_t bits_at(const uint8_t *at, uint32_t n_bytes)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < n_bytes; i++)
        bits |= (uint64_t)at[i] << (8 * i);
    return bits;
}

static double float_of(uint64_t bits, onnx_type type)
{
    float single;
    double value;
    const uint32_t low = (uint32_t)(type == ONNX_BFLOAT16 ? bits << 16 : bits);
    if (type == ONNX_FLOAT16)
        return (double)dc_f32_from_f16((uint16_t)bits);
    if (type == ONNX_DOUBLE) {
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    memcpy(&single, &low, sizeof single);
    return (double)single;
}

/* The bits of a whole number of this type. */
static uint64_t whole_of(double value, onnx_type type)
{
    if (type == ONNX_UINT64 && value >= 0x1p63)
        return value < 0x1p64 ? (uint64_t)value : UINT64_MAX;
    if (!(value > -0x1p63 && value < 0x1p63))
        return (uint64_t)(value < 0 ? INT64_MIN : INT64_MAX); /* NaN too */
    return (uint64_t)(int64_t)value;
}

static int64_t signed_of(uint64_t bits, onnx_type type)
{
    switch (type) {
    case ONNX_INT8: return (int8_t)bits;
    case ONNX_INT16: return (int16_t)bits;
    case ONNX_INT32: return (int32_t)bits;
    case ONNX_BOOL: return bits != 0;
    default: return (int64_t)bits;
    }
}

int64_t onnx_int_at(const onnx_array *array, uint64_t index)
{
    if (onnx_type_is_float(array->type))
        return (int64_t)whole_of(onnx_number_at(array, index), ONNX_INT64);
    return signed_of(bits_at(element(array, index), onnx_type_bytes(array->type)), array->type);
}

double onnx_number_at(const onnx_array *array, uint64_t index)
{
    const uint64_t bits = bits_at(element(array, index), onnx_type_bytes(array->stored));
    if (array->type == ONNX_UINT64)
        return (double)bits;
    if (!onnx_type_is_float(array->type))
        return (double)signed_of(bits, array->type);
    const double value = float_of(bits, array->stored);
    return array->type == ONNX_FLOAT ? (double)(float)value : value;
}

/* ---- making arrays ---- */

static void put_bits(uint8_t *data, uint64_t index, uint32_t n_bytes, uint64_t bits)
{
    for (uint32_t i = 0; i < n_bytes; i++)
        data[index * n_bytes + i] = (uint8_t)(bits >> (8 * i));
}

void onnx_store_number(uint8_t *data, uint64_t index, onnx_type type, double value)
{
    const float single = (float)value;
    uint32_t low;
    uint64_t bits;
    memcpy(&low, &single, sizeof low);
    memcpy(&bits, &value, sizeof bits);
    switch (type) {
    case ONNX_FLOAT: bits = low; break;
    case ONNX_FLOAT16: bits = dc_f16_from_f32(single); break;
    case ONNX_BFLOAT16: bits = (low + 0x7fff + (low >> 16 & 1)) >> 16; break;
    case ONNX_DOUBLE: break;
    case ONNX_BOOL: bits = value != 0; break;
    default: bits = whole_of(value, type); break;
    }
    put_bits(data, index, onnx_type_bytes(type), bits);
}

void onnx_store_int(uint8_t *data, uint64_t index, onnx_type type, int64_t value)
{
    if (onnx_type_is_float(type))
        onnx_store_number(data, index, type, (double)value);
    else
        put_bits(data, index, onnx_type_bytes(type),
                 type == ONNX_BOOL ? value != 0 : (uint64_t)value);
}

void onnx_row_major(uint64_t *strides, uint32_t n_dims, const uint64_t *dims)
{
    uint64_t stride = 1;
    for (uint32_t i = n_dims; i-- > 0; stride *= dims[i])
        strides[i] = stride;
}

dc_status onnx_array_make(onnx_array *out, uint8_t **data, onnx_type type, uint32_t n_dims,
                          const uint64_t *dims, dc_arena *arena)
{
    const uint64_t count = onnx_count(n_dims, dims);
    *out = (onnx_array){ .type = type, .stored = type, .n_dims = n_dims, .name = "" };
    *data = dc_arena_take(arena, count, onnx_type_bytes(type));
    DC_TRY(arena->status);
    out->data = *data;
    if (n_dims > 0)
        memcpy(out->dims, dims, n_dims * sizeof *dims);
    onnx_row_major(out->strides, n_dims, dims);
    return DC_OK;
}

static bool is_row_major(const onnx_array *array)
{
    uint64_t stride = 1;
    for (uint32_t i = array->n_dims; i-- > 0; stride *= array->dims[i])
        if (array->dims[i] != 1 && array->strides[i] != stride)
            return false;
    return true;
}

dc_status onnx_array_reshape(onnx_array *out, const onnx_array *array, uint32_t n_dims,
                             const uint64_t *dims, dc_arena *arena)
{
    const uint32_t n_bytes = onnx_type_bytes(array->stored);
    const uint64_t count = onnx_array_count(array);
    onnx_array view = *array;
    uint8_t *data;
    if (!is_row_major(array)) {
        DC_TRY(onnx_array_make(&view, &data, array->stored, n_dims, dims, arena));
        for (uint64_t i = 0; i < count; i++)
            memcpy(data + i * n_bytes, element(array, i), n_bytes);
        view.type = array->type;
        view.name = array->name;
    }
    view.n_dims = n_dims;
    if (n_dims > 0)
        memcpy(view.dims, dims, n_dims * sizeof *dims);
    onnx_row_major(view.strides, n_dims, dims);
    *out = view;
    return DC_OK;
}

dc_status onnx_array_settle(onnx_array *out, const onnx_array *array, dc_arena *arena)
{
    const uint64_t count = onnx_array_count(array);
    onnx_array settled;
    uint8_t *data;
    if (array->stored == array->type)
        return onnx_array_reshape(out, array, array->n_dims, array->dims, arena);
    DC_TRY(onnx_array_make(&settled, &data, array->type, array->n_dims, array->dims, arena));
    for (uint64_t i = 0; i < count; i++)
        onnx_store_number(data, i, array->type, onnx_number_at(array, i));
    settled.name = array->name;
    *out = settled;
    return DC_OK;
}

bool onnx_array_broadcast(onnx_array *out, const onnx_array *array, uint32_t n_dims,
                          const uint64_t *dims)
{
    onnx_array wide = *array;
    if (array->n_dims > n_dims)
        return false;
    wide.n_dims = n_dims;
    for (uint32_t i = 0; i < n_dims; i++) {
        const uint32_t n_new = n_dims - array->n_dims;
        const uint64_t dim = i < n_new ? 1 : array->dims[i - n_new];
        if (dim != 1 && dim != dims[i])
            return false;
        wide.dims[i] = dims[i];
        wide.strides[i] = dim == 1 ? 0 : array->strides[i - n_new];
    }
    *out = wide;
    return true;
}
