/* SPDX-License-Identifier: MIT
 *
 * export: a model file of any stage for other programs, with dense weights.
 */
#include <string.h>

#include "cli.h"
#include "dcomp/file.h"
#include "dcomp/interop.h"

typedef struct export_options {
    cli_common common;
    cli_output output;
    bool has_c_example;
} export_options;

static const dc_field c_fields[] = {
    { .name = "c_example",
      .kind = DC_FIELD_BOOL,
      .offset = offsetof(export_options, has_c_example),
      .help = "beside a .h, write main.c, a program that runs it (one that is there: with -f)" },
    { 0 },
};

typedef struct written {
    const char *output, *name;
    uint64_t file_bytes, n_values;
    uint32_t n_nodes;
} written;

/* In JSON the input stands between them. */
static const dc_field name_fields[] = {
    { .name = "output", .kind = DC_FIELD_TEXT, .offset = offsetof(written, output) },
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = offsetof(written, name) },
    { 0 },
};
static const dc_field written_fields[] = {
    { .name = "file_bytes", .kind = DC_FIELD_U64, .offset = offsetof(written, file_bytes) },
    { .name = "n_nodes", .kind = DC_FIELD_U32, .offset = offsetof(written, n_nodes) },
    { .name = "n_values", .kind = DC_FIELD_U64, .offset = offsetof(written, n_values) },
    { 0 },
};

static dc_status show(cli_call *call, const dc_model *model, const char *example)
{
    const export_options *o = call->settings;
    dc_file_view file;
    DC_TRY(dc_file_open(&file, o->output.path, 0));
    const written row = { o->output.path, model->name, file.size, dc_model_n_values(model),
                          model->n_nodes };
    dc_file_close(&file);
    char bytes[DC_TEXT_COUNT_BYTES], values[DC_TEXT_COUNT_BYTES];
    dc_document *d = cli_document(call, "export");
    dc_document_add(d, &(dc_section){ .title = "file", .fields = name_fields, .rows = &row,
                                      .forms = DC_FOR_JSON, .is_record = true });
    dc_input_to_json(dc_json_add_object(d->at, "input"), &model->input);
    dc_document_add(d, &(dc_section){ .title = "file", .fields = written_fields, .rows = &row,
                                      .forms = DC_FOR_PROGRAMS, .is_record = true });
    dc_document_text(d, "%s  %s bytes, %u node%s, %s value%s\n", row.output,
                     dc_text_count(bytes, row.file_bytes), row.n_nodes, dc_plural(row.n_nodes),
                     dc_text_count(values, row.n_values), dc_plural(row.n_values));
    if (example != NULL)
        dc_document_text(d, "%s  runs %s\n", example, row.output);
    return cli_show(call);
}

/* "main.c" in the header's folder; NULL where none is wanted. */
static dc_status find_example(const char **out, cli_call *call)
{
    const export_options *o = call->settings;
    const char *path = o->output.path, *slash = strrchr(path, '/');
    *out = NULL;
    if (!o->has_c_example)
        return DC_OK;
    if (!dc_text_ends_with(path, ".h"))
        return dc_fail(DC_EINPUT, "--c-example is of a C array (-o FILE.h)");
    *out = dc_arena_print(&call->arena, "%.*smain.c", slash != NULL ? (int)(slash + 1 - path) : 0,
                          path);
    DC_TRY(call->arena.status);
    return cli_check_further_output(call, *out);
}

static dc_status run(cli_call *call)
{
    const export_options *o = call->settings;
    const char *example;
    dc_model *model;
    DC_TRY(find_example(&example, call));
    DC_TRY(cli_read_model(&model, call, call->args[0]));
    dc_status status = dc_export(o->output.path, model, o->output.may_replace);
    if (status == DC_OK && example != NULL)
        status = dc_export_c_example(example, o->output.path, o->output.may_replace);
    if (status == DC_OK)
        status = show(call, model, example);
    dc_model_free(model);
    return status;
}

const cli_command cli_export = {
    .name = "export",
    .summary = "a model file for other programs (ONNX, safetensors, architecture, C)",
    .usage = "MODEL -o FILE [options]",
    .details = "The ending of the output says which format (.onnx, .safetensors, .json, .h). "
               "Weights are\nwritten dense, as float32; .json is the architecture alone, .h a C "
               "array for libdcomp_rt.",
    .example = "dcomp export small.dcm -o small.onnx",
    .min_args = 1,
    .max_args = 1,
    .settings_bytes = sizeof(export_options),
    .parts = { { "output", cli_output_fields, offsetof(export_options, output) },
               { NULL, c_fields, 0 } },
    .run = run,
};
