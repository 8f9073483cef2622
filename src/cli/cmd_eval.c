/* SPDX-License-Identifier: MIT
 *
 * eval: accuracy of a file of any stage, measured on the file itself.
 */
#include <math.h>

#include "command_rows.h"

enum { ENGINE_FLOAT, ENGINE_BF16, ENGINE_FIXED16 };

typedef struct eval_options {
    cli_common common;
    dc_data_settings data;
    uint32_t batch_size;
    uint32_t engine;
    double min_top1, min_top5;
    const char *dump_output;
    bool may_replace;
} eval_options;

static const dc_field eval_fields[] = {
    { "batch", DC_FIELD_U32, offsetof(eval_options, batch_size), "samples", 1, 65536, NULL,
      "samples at a time", 0 },
    { "split", DC_FIELD_CHOICE, offsetof(eval_options, data.split), NULL, 0, 0, "train|test",
      "which part of the data", 0 },
    { "engine", DC_FIELD_CHOICE, offsetof(eval_options, engine), NULL, 0, 0, "float|bf16|fixed16",
      "arithmetic; fixed16 is the accelerator's", 0 },
    { "min_top1", DC_FIELD_NUMBER, offsetof(eval_options, min_top1), "percent", 0, 100, NULL,
      "exit 1 when top-1 is lower", 0 },
    { "min_top5", DC_FIELD_NUMBER, offsetof(eval_options, min_top5), "percent", 0, 100, NULL,
      "exit 1 when top-5 is lower", 0 },
    { "dump_output", DC_FIELD_TEXT, offsetof(eval_options, dump_output), NULL, 0, 0, NULL,
      "write the outputs, N x classes float32, to this .npy file", 0 },
    { "force", DC_FIELD_BOOL, offsetof(eval_options, may_replace), NULL, 0, 0, NULL,
      "replace the dump if it exists", 'f' },
    { NULL, DC_FIELD_BOOL, 0, NULL, 0, 0, NULL, NULL, 0 },
};

static dc_status print_result(cli_call *call, const dc_eval_result *result, const dc_source *source)
{
    if (!call->common->is_json) {
        if (call->common->is_verbose)
            printf("%s on %s\n", call->args[0], source->text);
        cli_print_eval(result);
        return DC_OK;
    }
    dc_json *json = cli_json_new(call);
    dc_record_write(json, result, dc_eval_result_fields);
    dc_json_add_text(json, "data", source->text);
    return cli_print_json(json);
}

static bool is_short(double have, double wanted)
{
    return wanted > 0 && !(have >= wanted);
}

static dc_status measure(dc_eval_result *result, const eval_options *o, const dc_model *model,
                         const dc_source *source)
{
    if (o->engine == ENGINE_FIXED16)
        return dc_eval_fixed(result, model, source, &o->data, o->batch_size, o->dump_output,
                             o->may_replace);
    const dc_precision precision =
        o->engine == ENGINE_BF16 ? DC_PRECISION_BF16 : DC_PRECISION_F32;
    return dc_eval_model(result, model, source, o->batch_size, precision, o->dump_output,
                         o->may_replace);
}

static dc_status run_on(cli_call *call, const dc_model *model)
{
    const eval_options *o = call->settings;
    dc_source *source;
    dc_eval_result result;
    DC_TRY(dc_data_open(&source, o->data.data, (dc_split)o->data.split, &model->input,
                        o->data.limit, o->data.data_seed));
    dc_status status = DC_OK;
    if ((o->min_top1 > 0 || o->min_top5 > 0) && !source->is_labelled)
        status = dc_fail(DC_EINPUT, "data without labels cannot show an accuracy");
    if (status == DC_OK)
        status = measure(&result, o, model, source);
    if (status == DC_OK) {
        if (is_short(result.top1, o->min_top1))
            cli_unmet(call, "top-1 is %.2f %%, %g %% demanded", result.top1, o->min_top1);
        if (is_short(result.top5, o->min_top5))
            cli_unmet(call, "top-5 is %.2f %%, %g %% demanded", result.top5, o->min_top5);
        status = print_result(call, &result, source);
    }
    dc_source_close(source);
    return status;
}

static dc_status run(cli_call *call)
{
    const eval_options *o = call->settings;
    dc_model *model;
    if (o->data.data == NULL)
        return dc_fail(DC_EINPUT, "'eval' needs data (--data %s)", dc_data_kinds());
    if (o->dump_output != NULL) {
        DC_TRY(dc_file_check_distinct(call->args[0], o->dump_output));
        DC_TRY(cli_check_data_kept(o->data.data, o->dump_output));
    }
    DC_TRY(cli_check_replace(o->dump_output, o->may_replace));
    DC_TRY(cli_read_model(&model, call, call->args[0]));
    const dc_status status = run_on(call, model);
    dc_model_free(model);
    return status;
}

static void set_defaults(const cli_command *command, void *settings)
{
    (void)command;
    *(eval_options *)settings = (eval_options){ .data = dc_data_defaults(), .batch_size = 500 };
}

const cli_command cli_eval = {
    .name = "eval",
    .summary = "accuracy of a model file on labelled samples",
    .usage = "MODEL --data SPEC [options]",
    .min_args = 1,
    .max_args = 1,
    .settings_bytes = sizeof(eval_options),
    .common_offset = offsetof(eval_options, common),
    .set_defaults = set_defaults,
    .parts = { { "evaluation", eval_fields, 0 },
               { "data", dc_data_fields, offsetof(eval_options, data) },
               { "common", cli_common_fields, offsetof(eval_options, common) },
               { NULL, NULL, 0 } },
    .run = run,
};
