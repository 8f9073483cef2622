/* SPDX-License-Identifier: MIT
 *
 * export: a model file of any stage for other programs, with dense weights.
 */
#include "command_rows.h"
#include "dcomp/interop.h"

typedef struct export_options {
    cli_common common;
    cli_output output;
} export_options;

static dc_status tell(cli_call *call, const dc_model *model)
{
    const export_options *o = call->settings;
    dc_file_view file;
    DC_TRY(dc_file_open(&file, o->output.path, 0));
    const uint64_t n_bytes = file.size;
    dc_file_close(&file);
    if (!call->common->is_json) {
        char bytes[DC_TEXT_COUNT_BYTES], values[DC_TEXT_COUNT_BYTES];
        const uint64_t n_values = dc_model_n_values(model);
        cli_say("%s  %s bytes, %u node%s, %s value%s\n", o->output.path,
               dc_text_count(bytes, n_bytes), model->n_nodes, dc_plural(model->n_nodes),
               dc_text_count(values, n_values), dc_plural(n_values));
        return DC_OK;
    }
    dc_json *json = cli_json_new(call);
    dc_json_add_text(json, "output", o->output.path);
    dc_json_add_text(json, "name", model->name);
    dc_input_to_json(dc_json_add_object(json, "input"), &model->input);
    dc_json_add_u64(json, "file_bytes", n_bytes);
    dc_json_add_u64(json, "n_nodes", model->n_nodes);
    dc_json_add_u64(json, "n_values", dc_model_n_values(model));
    return cli_print_json(json);
}

static dc_status run(cli_call *call)
{
    const export_options *o = call->settings;
    dc_model *model;
    DC_TRY(cli_read_model(&model, call, call->args[0]));
    dc_status status = dc_export(o->output.path, model, o->output.may_replace);
    if (status == DC_OK)
        status = tell(call, model);
    dc_model_free(model);
    return status;
}

static void set_defaults(const cli_command *command, void *settings)
{
    (void)command;
    *(export_options *)settings = (export_options){ 0 };
}

const cli_command cli_export = {
    .name = "export",
    .summary = "a model file for other programs (ONNX, safetensors, architecture)",
    .usage = "MODEL -o FILE [options]",
    .details = "The ending of the output says which format (.onnx, .safetensors, .json). Weights "
               "are written\ndense, as float32; .json is the architecture alone.",
    .example = "dcomp export small.dcm -o small.onnx",
    .min_args = 1,
    .max_args = 1,
    .settings_bytes = sizeof(export_options),
    .common_offset = offsetof(export_options, common),
    .set_defaults = set_defaults,
    .parts = { { "output", cli_output_fields, offsetof(export_options, output) },
               { "common", cli_common_fields, offsetof(export_options, common) },
               { NULL, NULL, 0 } },
    .run = run,
};
