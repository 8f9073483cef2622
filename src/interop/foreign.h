/* SPDX-License-Identifier: MIT
 *
 * What the foreign formats share: rows of the two tables, and numbers of any type to float32.
 */
#ifndef DCOMP_INTEROP_FOREIGN_H
#define DCOMP_INTEROP_FOREIGN_H

#include "dcomp/interop.h"

typedef struct interop_importer {
    const char *name;
    bool needs_arch;
    /* Whether the file is of this format, from its first bytes (at most 256) and its name. */
    bool (*is_mine)(const uint8_t *head, uint64_t n, const char *path);
    /* As dc_import; `file` is the whole file, borrowed. */
    dc_status (*read)(dc_model **model, const dc_file_view *file, const char *path);
} interop_importer;

extern const interop_importer interop_onnx_in, interop_safetensors_in, interop_net_in;

typedef struct interop_exporter {
    const char *name;
    const char *ending; /* ".onnx" */
    dc_status (*write)(dc_output *out, const dc_model *model);
} interop_exporter;

extern const interop_exporter interop_onnx_out, interop_safetensors_out, interop_arch_out;

typedef enum interop_number {
    INTEROP_F32,
    INTEROP_F64,
    INTEROP_F16,
    INTEROP_BF16
} interop_number;

/* Bytes of one number. */
uint32_t interop_number_bytes(interop_number type);
/* n little-endian numbers to float32, rounded to nearest. DC_ECORRUPT when one is not finite
 * (afterwards as float32), which names its index. */
DC_MUST_USE dc_status interop_to_f32(float *out, const uint8_t *bytes, uint64_t n,
                                     interop_number type);

/* Marks weights by what they hold: at most 256 distinct values, each there twice on the mean or
 * more often, are shared; zeros that are a quarter or more of them are pruned. */
void interop_mark(dc_param *param);

/* Numbers as they are in a file. */
void interop_write_f32(dc_output *out, const float *values, uint64_t n);
/* How an input is prepared, as JSON text for a file's metadata under this key: what an
 * architecture has under "input". From the arena. */
#define INTEROP_INPUT_KEY "dcomp.input"
DC_MUST_USE dc_status interop_input_json(const char **out, const dc_input *input, dc_arena *arena);

#endif
