/* SPDX-License-Identifier: MIT
 *
 * The wire reader. Numbers need not be in their shortest form, as protobuf has it, so dc_get_varint
 * would be too strict.
 */
#include "onnx_wire.h"

#include <inttypes.h>
#include <string.h>

#define MAX_FIELD_NUMBER ((UINT64_C(1) << 29) - 1)

static uint64_t get_varint(dc_reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        const uint8_t byte = dc_get_u8(r);
        if (r->status < 0)
            return 0;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    dc_reader_fail(r, DC_ECORRUPT, "number is longer than 64 bits");
    return 0;
}

static uint64_t get_value(dc_reader *r, onnx_wire wire)
{
    switch (wire) {
    case ONNX_VARINT: return get_varint(r);
    case ONNX_FIXED64: return dc_get_u64(r);
    case ONNX_FIXED32: return dc_get_u32(r);
    case ONNX_BYTES: break;
    }
    return 0;
}

bool onnx_next(onnx_field *field, dc_reader *r)
{
    *field = (onnx_field){ 0 };
    if (r->status < 0 || dc_reader_left(r) == 0)
        return false;
    const uint64_t tag = get_varint(r), number = tag >> 3;
    const unsigned wire = (unsigned)(tag & 7);
    if (r->status < 0)
        return false;
    if (number == 0 || number > MAX_FIELD_NUMBER) {
        dc_reader_fail(r, DC_ECORRUPT, "%" PRIu64 " is no field number", number);
        return false;
    }
    if (wire != ONNX_VARINT && wire != ONNX_FIXED64 && wire != ONNX_BYTES && wire != ONNX_FIXED32) {
        dc_reader_fail(r, DC_ECORRUPT, "field %" PRIu64 " has the unknown wire type %u", number,
                       wire);
        return false;
    }
    field->number = (uint32_t)number;
    field->wire = (onnx_wire)wire;
    if (field->wire == ONNX_BYTES)
        field->bytes = dc_get_part(r, get_varint(r), r->subject);
    else
        field->value = get_value(r, field->wire);
    return r->status == DC_OK;
}

static bool has_wire(const onnx_field *field, dc_reader *r, onnx_wire wire)
{
    if (field->wire == wire)
        return true;
    dc_reader_fail(r, DC_ECORRUPT, "field %" PRIu32 " has wire type %u, must be %u", field->number,
                   (unsigned)field->wire, (unsigned)wire);
    return false;
}

int64_t onnx_int(const onnx_field *field, dc_reader *r)
{
    return has_wire(field, r, ONNX_VARINT) ? (int64_t)field->value : 0;
}

float onnx_float(const onnx_field *field, dc_reader *r)
{
    float value = 0;
    const uint32_t bits = (uint32_t)field->value;
    if (has_wire(field, r, ONNX_FIXED32))
        memcpy(&value, &bits, sizeof value);
    return value;
}

dc_reader onnx_message(const onnx_field *field, dc_reader *r, const char *subject)
{
    dc_reader message = field->bytes;
    if (!has_wire(field, r, ONNX_BYTES))
        message = dc_reader_over(NULL, 0, subject);
    message.subject = subject;
    message.status = r->status;
    return message;
}

onnx_list onnx_list_of(const dc_reader *message, uint32_t number, onnx_wire wire)
{
    return (onnx_list){ .message = *message, .number = number, .wire = wire };
}

bool onnx_list_next(uint64_t *value, onnx_list *list)
{
    dc_reader *packed = &list->packed;
    onnx_field field;
    while (dc_reader_left(packed) == 0) {
        if (!onnx_next(&field, &list->message))
            return false;
        if (field.number != list->number)
            continue;
        if (field.wire == ONNX_BYTES) {
            *packed = field.bytes;
        } else if (has_wire(&field, &list->message, list->wire)) {
            *value = field.value;
            return true;
        }
    }
    *value = get_value(packed, list->wire);
    if (packed->status < 0)
        list->message.status = packed->status;
    return packed->status == DC_OK;
}

const uint8_t *onnx_list_whole(uint64_t *n_bytes, const dc_reader *message, uint32_t number)
{
    dc_reader r = *message;
    onnx_field field;
    const uint8_t *whole = NULL;
    uint32_t n_fields = 0;
    while (onnx_next(&field, &r)) {
        if (field.number != number)
            continue;
        n_fields++;
        whole = field.wire == ONNX_BYTES ? field.bytes.data : NULL;
        *n_bytes = field.bytes.size;
    }
    return n_fields == 1 && r.status == DC_OK ? whole : NULL;
}
