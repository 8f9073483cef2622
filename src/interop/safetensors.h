/* SPDX-License-Identifier: MIT
 *
 * Inside interop: the header of a safetensors file.
 *
 *     u64        bytes of the header
 *     header     JSON: {"name": {"dtype": "F32", "shape": [96, 3, 7, 7], "data_offsets": [0, n]},
 *                       ..., "__metadata__": {"key": "text", ...}}
 *     data       offsets count from here; tensors fill it without holes, in any order
 */
#ifndef DCOMP_INTEROP_SAFETENSORS_H
#define DCOMP_INTEROP_SAFETENSORS_H

#include "foreign.h"

typedef struct st_type {
    const char *name;
    uint32_t n_bytes;
    bool is_known; /* to interop_to_f32 */
    bool is_whole; /* integers          */
    interop_number number;
} st_type;

typedef struct st_tensor {
    const char *name; /* in the JSON, or behind the prefix of all names */
    const st_type *type;
    const dc_json *shape; /* checked: whole numbers                         */
    uint64_t n_values;
    uint64_t begin, end; /* in the data                                    */
    bool is_used;
} st_tensor;

typedef struct st_header {
    dc_json *json; /* owned: st_header_clear */
    uint64_t n_bytes;
    uint32_t n_tensors;
    st_tensor *tensors; /* by name; from the arena */
    const uint8_t *data;
} st_header;

/* Reads and checks all of the header. On failure there is nothing to clear. */
DC_MUST_USE dc_status st_header_read(st_header *out, const dc_file_view *file, const char *path,
                                     dc_arena *arena);
void st_header_clear(st_header *header);
/* Whether a file may begin with these bytes. */
bool st_is_head(const uint8_t *head, uint64_t n);
/* The tensor of this name, NULL when there is none. */
st_tensor *st_find(const st_header *header, const char *name);
/* "96x3x7x7"; from the arena. */
const char *st_shape_text(const st_tensor *tensor, dc_arena *arena);
/* What PyTorch would call a parameter: "bn1.running_mean" for "bn1.mean"; its own name where that
 * is no different. From the arena or the model. */
const char *st_name(const dc_model *model, const dc_param *param, dc_arena *arena);
bool st_has_shape(const st_tensor *tensor, const dc_shape *shape);

#endif
