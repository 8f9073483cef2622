/* SPDX-License-Identifier: MIT
 *
 * What the foreign formats share: rows of the two tables, numbers of any type to float32, and what
 * files of ours say in their metadata.
 */
#ifndef DCOMP_INTEROP_FOREIGN_H
#define DCOMP_INTEROP_FOREIGN_H

#include "dcomp/file.h"
#include "dcomp/interop.h"

typedef struct interop_importer {
    const char *name;
    bool needs_arch;
    /* Whether the file is of this format, from its first bytes (at most 256) and its name. */
    bool (*is_mine)(const uint8_t *head, uint64_t n, const char *path);
    /* As dc_import; `file` is the whole file, borrowed. `*has_marks`, false at first: the file says
     * which parameters are pruned and shared, and they are marked so. */
    dc_status (*read)(dc_model **model, bool *has_marks, const dc_import_settings *settings,
                      dc_file_view *file, const char *path);
} interop_importer;

extern const interop_importer interop_onnx_in, interop_safetensors_in, interop_net_in;

typedef struct interop_exporter {
    const char *name;
    const char *ending; /* ".onnx" */
    dc_status (*write)(dc_output *out, const dc_model *model, const char *path);
} interop_exporter;

extern const interop_exporter interop_onnx_out, interop_safetensors_out, interop_arch_out,
    interop_c_out;

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

/* Marks a parameter as the settings say. `has_marks`: its marks are already those of the file. */
void interop_mark(dc_param *param, const dc_import_settings *settings, bool has_marks);
/* Which parameters are pruned and shared, as JSON text for a file's metadata under this key:
 * {"pruned": ["fc1.weight"], "shared": []}. From the arena. */
#define INTEROP_MARKS_KEY "dcomp.marks"
DC_MUST_USE dc_status interop_marks_json(const char **out, const dc_model *model, dc_arena *arena);
/* Marks what the text names. `*has_marks` is false, after a warning, when a name is no parameter's;
 * DC_ECORRUPT when the text says nothing of this kind. */
DC_MUST_USE dc_status interop_marks_read(bool *has_marks, dc_model *model, const char *text,
                                         uint64_t n);

/* Numbers as they are in a file. */
void interop_write_f32(dc_output *out, const float *values, uint64_t n);
/* How an input is prepared, as JSON text for a file's metadata under this key: what an
 * architecture has under "input". From the arena. */
#define INTEROP_INPUT_KEY "dcomp.input"
DC_MUST_USE dc_status interop_input_json(const char **out, const dc_input *input, dc_arena *arena);
/* The names of its classes, as what an architecture has under "class_names", in an object. `*out`
 * is NULL when it has none. */
#define INTEROP_CLASSES_KEY "dcomp.classes"
DC_MUST_USE dc_status interop_classes_json(const char **out, const dc_model *model,
                                           dc_arena *arena);
/* Names that do not fit the model are left out, with a warning; DC_ECORRUPT when the text says
 * nothing of this kind. */
DC_MUST_USE dc_status interop_classes_read(dc_model *model, const char *text, uint64_t n);
/* The tree, which is freed, as one line of text; from the arena. */
DC_MUST_USE dc_status interop_json_text(const char **out, dc_json *json, dc_arena *arena);

#endif
