/* SPDX-License-Identifier: MIT
 *
 * Fields of the protobuf wire format. Its varint is the LEB128 of dc_put_varint; a negative number
 * is the varint of its two's complement in 64 bits.
 */
#include "onnx_put.h"

#include <string.h>

enum { KIND_VARINT = 0, KIND_BYTES = 2, KIND_FOUR = 5 };

static void put_key(dc_writer *w, uint32_t field, uint32_t kind)
{
    dc_put_varint(w, (uint64_t)field << 3 | kind);
}

void onnx_put_int(dc_writer *w, uint32_t field, int64_t value)
{
    put_key(w, field, KIND_VARINT);
    dc_put_varint(w, (uint64_t)value);
}

void onnx_put_float(dc_writer *w, uint32_t field, float value)
{
    put_key(w, field, KIND_FOUR);
    dc_put_f32(w, value);
}

void onnx_put_head(dc_writer *w, uint32_t field, uint64_t n)
{
    put_key(w, field, KIND_BYTES);
    dc_put_varint(w, n);
}

void onnx_put_bytes(dc_writer *w, uint32_t field, const void *data, uint64_t n)
{
    onnx_put_head(w, field, n);
    dc_put_bytes(w, data, n);
}

void onnx_put_text(dc_writer *w, uint32_t field, const char *text)
{
    onnx_put_bytes(w, field, text, strlen(text));
}

void onnx_put_message(dc_writer *w, uint32_t field, dc_writer *inner)
{
    if (inner->status < 0 && w->status == DC_OK)
        w->status = inner->status;
    onnx_put_bytes(w, field, inner->data, inner->size);
    inner->size = 0;
}

void onnx_put_ints(dc_writer *w, uint32_t field, const int64_t *values, uint32_t n)
{
    uint64_t n_bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        n_bytes += dc_varint_bytes((uint64_t)values[i]);
    onnx_put_head(w, field, n_bytes);
    for (uint32_t i = 0; i < n; i++)
        dc_put_varint(w, (uint64_t)values[i]);
}
