/* SPDX-License-Identifier: MIT
 *
 * Protocol Buffers, the encoding under ONNX: a message is a row of fields, each a tag (number and
 * wire type) and a value; a message inside a message is bytes with a length before them.
 *
 * There is no protobuf library here because one copies every tensor into its messages, and what is
 * wanted is where a tensor's bytes lie: a VGG-16 of 552 MB is to be imported in little more memory
 * than its weights take once. So fields are walked in place, by a sticky dc_reader, whenever they
 * are asked for, and nothing is kept but pointers into the file. Messages know which messages they
 * hold, so there is no recursion at all; what is unknown is skipped by its length.
 *
 *     dc_reader r = ...;
 *     onnx_field field;
 *     while (onnx_next(&field, &r))
 *         if (field.number == 1)
 *             version = onnx_int(&field, &r);
 *     DC_TRY(r.status);
 */
#ifndef DCOMP_INTEROP_ONNX_WIRE_H
#define DCOMP_INTEROP_ONNX_WIRE_H

#include "dcomp/base.h"

typedef enum onnx_wire {
    ONNX_VARINT = 0,
    ONNX_FIXED64 = 1,
    ONNX_BYTES = 2,
    ONNX_FIXED32 = 5
} onnx_wire;

typedef struct onnx_field {
    uint32_t number;
    onnx_wire wire;
    uint64_t value;  /* of a varint, or the bits of a fixed number */
    dc_reader bytes; /* of ONNX_BYTES, in place                    */
} onnx_field;

/* The next field of a message; false at its end, or when `r` has failed. DC_ECORRUPT for a length
 * past the end, field number 0, and the wire types of groups, which ONNX has none of. */
bool onnx_next(onnx_field *field, dc_reader *r);

/* The field's value as what it must be; when it is of another wire type, `r` fails. */
int64_t onnx_int(const onnx_field *field, dc_reader *r);
float onnx_float(const onnx_field *field, dc_reader *r);
/* A reader over the bytes, which has failed when r has; errors inside it name `subject`. */
dc_reader onnx_message(const onnx_field *field, dc_reader *r, const char *subject);

/* Repeated numbers, which come one a field or many in the bytes of one ("packed"), or mixed. */
typedef struct onnx_list {
    dc_reader message; /* its status is the list's */
    uint32_t number;
    onnx_wire wire;
    dc_reader packed;
} onnx_list;

/* The numbers of all fields `number` in `message`, which is left as it is. */
onnx_list onnx_list_of(const dc_reader *message, uint32_t number, onnx_wire wire);
/* The next one's value or bits; false at the end or when list->message has failed. */
bool onnx_list_next(uint64_t *value, onnx_list *list);
/* Where the numbers lie when they are of fixed size and all in one packed field; else NULL. */
const uint8_t *onnx_list_whole(uint64_t *n_bytes, const dc_reader *message, uint32_t number);

#endif
