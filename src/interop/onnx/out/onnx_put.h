/* SPDX-License-Identifier: MIT
 *
 * Inside interop: the protobuf wire format, written. A message is bytes in a dc_writer; one inside
 * another is finished first and then put with its length. Field numbers are those of onnx.proto.
 *
 *     field   varint  number << 3 | kind;   kind 0: varint, 2: length and bytes, 5: four bytes
 */
#ifndef DCOMP_INTEROP_ONNX_PUT_H
#define DCOMP_INTEROP_ONNX_PUT_H

#include "foreign.h"

void onnx_put_int(dc_writer *w, uint32_t field, int64_t value);
void onnx_put_float(dc_writer *w, uint32_t field, float value);
void onnx_put_text(dc_writer *w, uint32_t field, const char *text);
void onnx_put_bytes(dc_writer *w, uint32_t field, const void *data, uint64_t n);
/* `inner` is put and emptied, for the next; its failure becomes w's. */
void onnx_put_message(dc_writer *w, uint32_t field, dc_writer *inner);
/* The head of a field of n bytes that the caller writes after it. */
void onnx_put_head(dc_writer *w, uint32_t field, uint64_t n);
/* The numbers one after the other in one field, as "packed" ones are. */
void onnx_put_ints(dc_writer *w, uint32_t field, const int64_t *values, uint32_t n);

#endif
