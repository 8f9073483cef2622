/* SPDX-License-Identifier: MIT
 *
 * TensorProto -> onnx_array, wherever its elements are: raw bytes, typed fields, or another file.
 */
#ifndef DCOMP_INTEROP_ONNX_TENSOR_H
#define DCOMP_INTEROP_ONNX_TENSOR_H

#include "onnx_array.h"

/* The arena of an import may hold so many bytes for each byte of the files, and a little: names,
 * unpacked numbers, folded constants. */
#define ONNX_ARENA_SHARE 16u
#define ONNX_ARENA_BYTES (UINT64_C(1) << 20)

/* The model's file and the files of external data that were opened for its tensors. */
typedef struct onnx_files {
    dc_file_view *file; /* borrowed */
    const char *path;         /* of the model; external files are beside it */
    dc_arena *arena;
    uint64_t n_bytes;         /* of all of them */
    struct onnx_external *externals;
} onnx_files;

/* Arrays borrow from the files until this. */
void onnx_files_close(onnx_files *files);

/* DC_ECORRUPT when the data are not what type and dims say, DC_EUNSUPPORTED for text, complex and
 * other types, DC_EIO when an external file cannot be read; all name the tensor. */
DC_MUST_USE dc_status onnx_tensor_read(onnx_array *out, const dc_reader *message,
                                       onnx_files *files);

#endif
