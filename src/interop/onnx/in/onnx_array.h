/* SPDX-License-Identifier: MIT
 *
 * Constants of an ONNX graph: weights in the file, and numbers that were computed from shapes.
 *
 * An array is a view: where its first element lies, and how many elements further the next one of
 * each dim is. So a weight that goes through Transpose, Squeeze or Reshape, or is wanted with
 * another order of dims, stays where it is until it is copied into the model; and a bias that is
 * one number is an array of stride 0. Elements are of ONNX's types, little-endian, anywhere; those
 * that a Cast made float or double of another float type stay as they were stored.
 */
#ifndef DCOMP_INTEROP_ONNX_ARRAY_H
#define DCOMP_INTEROP_ONNX_ARRAY_H

#include "foreign.h"
#include "onnx_model.h"

/* The numbers are the format's. */
typedef enum onnx_type {
    ONNX_FLOAT = 1,
    ONNX_UINT8 = 2,
    ONNX_INT8 = 3,
    ONNX_UINT16 = 4,
    ONNX_INT16 = 5,
    ONNX_INT32 = 6,
    ONNX_INT64 = 7,
    ONNX_BOOL = 9,
    ONNX_FLOAT16 = 10,
    ONNX_DOUBLE = 11,
    ONNX_UINT32 = 12,
    ONNX_UINT64 = 13,
    ONNX_BFLOAT16 = 16
} onnx_type;

typedef struct onnx_array {
    onnx_type type;
    onnx_type stored;                /* how they lie: as `type`, or as floats cast to it   */
    uint32_t n_dims;                 /* 0: one number                                 */
    uint64_t dims[ONNX_MAX_DIMS];
    uint64_t strides[ONNX_MAX_DIMS]; /* elements; 0: the same one again               */
    const uint8_t *data;             /* of the first element                          */
    dc_file_view *file;              /* whose pages may be forgotten, NULL for memory */
    const char *name;                /* of the tensor it came from, for messages      */
} onnx_array;

uint32_t onnx_type_bytes(int64_t type); /* 0: a type that is not read */
bool onnx_type_is_float(onnx_type type);
/* Whether every whole number of type `from` is one of type `to`. */
bool onnx_type_holds(onnx_type to, onnx_type from);
const char *onnx_type_name(int64_t type); /* "int32"; "another type" */

/* Product of the dims, 1 for none, 0 when one is 0; UINT64_MAX when it passes 2^40. */
uint64_t onnx_count(uint32_t n_dims, const uint64_t *dims);
uint64_t onnx_array_count(const onnx_array *array);

/* Element `index` in row-major order as a whole number (floats are cut, uint64 is of the same bits)
 * or a double. */
int64_t onnx_int_at(const onnx_array *array, uint64_t index);
double onnx_number_at(const onnx_array *array, uint64_t index);

/* A new array in the arena, row-major; its zeros are to be filled through `*data`. DC_ELIMIT when
 * it is beyond the arena's limit. */
DC_MUST_USE dc_status onnx_array_make(onnx_array *out, uint8_t **data, onnx_type type,
                                      uint32_t n_dims, const uint64_t *dims, dc_arena *arena);
/* Element `index` of a row-major array's data: whole numbers wrap, doubles are rounded. */
void onnx_store_int(uint8_t *data, uint64_t index, onnx_type type, int64_t value);
void onnx_store_number(uint8_t *data, uint64_t index, onnx_type type, double value);

/* Strides of a row-major array. */
void onnx_row_major(uint64_t *strides, uint32_t n_dims, const uint64_t *dims);
/* As row-major elements with other dims of the same count: a view where it is row-major already, a
 * copy in the arena where it is not. `out` may be `array`. */
DC_MUST_USE dc_status onnx_array_reshape(onnx_array *out, const onnx_array *array, uint32_t n_dims,
                                         const uint64_t *dims, dc_arena *arena);
/* The same elements, row-major and stored as their type, in the arena where they are not. */
DC_MUST_USE dc_status onnx_array_settle(onnx_array *out, const onnx_array *array, dc_arena *arena);
/* Repeated to `n_dims` dims, aligned at the last one, as NumPy does. False when it does not fit. */
bool onnx_array_broadcast(onnx_array *out, const onnx_array *array, uint32_t n_dims,
                          const uint64_t *dims);

/* All elements, row-major, times `scale`, as float32; the pages they were read from are forgotten.
 * DC_EUNSUPPORTED when they are no floats, or when one is not finite; both name the tensor. */
DC_MUST_USE dc_status onnx_array_to_f32(float *out, const onnx_array *array, double scale);

#endif
