/* SPDX-License-Identifier: MIT
 *
 * For onnx_tensor.c: tensors whose elements are in another file.
 */
#ifndef DCOMP_INTEROP_ONNX_EXTERNAL_H
#define DCOMP_INTEROP_ONNX_EXTERNAL_H

#include "onnx_tensor.h"

typedef struct onnx_place {
    const char *location; /* NULL: not given */
    uint64_t offset, length;
    bool has_length;
} onnx_place;

/* One StringStringEntryProto of a tensor; unknown keys (a checksum) are passed over. */
DC_MUST_USE dc_status onnx_external_entry(onnx_place *place, dc_reader entry, dc_arena *arena);
/* Sets the array's data and file. DC_EIO, DC_ECORRUPT when the place is not in the file, or the
 * file not in the model's folder. */
DC_MUST_USE dc_status onnx_external_find(onnx_array *array, const onnx_place *place,
                                         uint64_t n_bytes, onnx_files *files);

#endif
