/* SPDX-License-Identifier: MIT
 *
 * encode and decode: the same network as a small file and as a dense one, without loss.
 */
#include "cli.h"

typedef struct code_options {
    cli_common common;
    cli_output output;
} code_options;

/* `encode` has a stage, which says how to write; `decode` has none. */
static dc_status write_and_show(cli_call *call, dc_run *run)
{
    const code_options *o = call->settings;
    const char *stage = call->command->stage;
    dc_ledger ledger;
    if (stage != NULL)
        DC_TRY(dc_stage_named(stage)->run(run, cli_more_settings(call)));
    DC_TRY(dc_model_write(o->output.path, dc_run_model(run), dc_run_write_settings(run),
                          o->output.may_replace, &ledger, &call->arena));
    dc_document *d = cli_document(call, call->command->name);
    dc_json_add_text(d->at, "output", o->output.path);
    cli_add_ledger(d, &ledger, call->common->is_verbose && !call->common->is_quiet);
    cli_add_written(d, o->output.path, &ledger, "");
    return cli_show(call);
}

static dc_status run(cli_call *call)
{
    const dc_run_settings settings = { .write = { .level = DC_LEVEL_DENSE } };
    dc_model *model;
    dc_run *run = NULL;
    DC_TRY(cli_read_model(&model, call, call->args[0]));
    dc_status status = dc_run_open(&run, &model, &settings, &call->arena);
    if (status == DC_OK)
        status = write_and_show(call, run);
    dc_run_close(run);
    dc_model_free(model);
    return status;
}

const cli_command cli_encode = {
    .name = "encode",
    .summary = "entropy-code a model, losslessly",
    .usage = "MODEL -o OUT [options]",
    .example = "dcomp encode shared.bin -o small.dcm --strip",
    .min_args = 1,
    .max_args = 1,
    .settings_bytes = sizeof(code_options),
    .stage = "encode",
    .parts = { { "output", cli_output_fields, offsetof(code_options, output) } },
    .run = run,
};

const cli_command cli_decode = {
    .name = "decode",
    .summary = "back to a dense float32 model, losslessly",
    .usage = "MODEL -o OUT [options]",
    .example = "dcomp decode small.dcm -o dense.bin",
    .min_args = 1,
    .max_args = 1,
    .settings_bytes = sizeof(code_options),
    .parts = { { "output", cli_output_fields, offsetof(code_options, output) } },
    .run = run,
};
