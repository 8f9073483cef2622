/* SPDX-License-Identifier: MIT
 *
 * inspect: what a file holds and where its bytes went; --plots draws it.
 */
#include "command_rows.h"
#include "inspect_plots.h"

typedef struct inspect_options {
    cli_common common;
    const char *plots, *before;
    bool may_replace;
} inspect_options;

static const dc_field inspect_fields[] = {
    { .name = "plots", .kind = DC_FIELD_FOLDER, .offset = offsetof(inspect_options, plots),
      .choices = "png", .help = "draw PNG pictures into this folder (made if missing)" },
    { .name = "before", .kind = DC_FIELD_INPUT, .offset = offsetof(inspect_options, before),
      .help = "the model it was made from, for histograms before and after" },
    { .name = "force", .kind = DC_FIELD_BOOL, .offset = offsetof(inspect_options, may_replace),
      .help = "replace pictures that exist", .short_name = 'f' },
    { 0 },
};

static dc_status print_json(cli_call *call, const dc_model *model, const dc_ledger *ledger)
{
    char version[16];
    dc_json *json = cli_json_new(call);
    snprintf(version, sizeof version, "%u.%u", ledger->major, ledger->minor);
    dc_json_add_text(json, "format_version", version);
    dc_json_add_text(json, "name", model->name);
    dc_json_add_text(json, "input", dc_shape_text(&model->input.shape, &call->arena));
    dc_json_add_text(json, "input_name", dc_model_input_name(model));
    dc_json_add_text(json, "output_name", dc_model_output_name(model));
    dc_json_add_u64(json, "n_nodes", model->n_nodes);
    dc_json_add_u64(json, "n_classes", dc_model_n_classes(model));
    cli_json_ledger(json, ledger);
    dc_json *history = dc_json_add_array(json, "history");
    for (uint32_t i = 0; i < model->n_history; i++) {
        dc_json *row = dc_json_add_object(history, NULL);
        dc_json_add_text(row, "stage", model->history[i].stage);
        dc_json_add_text(row, "settings", model->history[i].settings);
    }
    return cli_print_json(json);
}

static void print_text(cli_call *call, const dc_model *model, const dc_ledger *ledger)
{
    cli_say("%s  format %u.%u  input %s  %u classes\n", model->name, ledger->major, ledger->minor,
           dc_shape_text(&model->input.shape, &call->arena), dc_model_n_classes(model));
    if (call->common->is_verbose)
        cli_say("%s", dc_model_text(model, &call->arena));
    for (uint32_t i = 0; i < model->n_history; i++)
        cli_say("made by  %s%s%s\n", model->history[i].stage, call->common->is_verbose ? " " : "",
               call->common->is_verbose ? model->history[i].settings : "");
    cli_say("\n");
    cli_print_ledger(call, ledger);
}

static dc_status draw(cli_call *call, const dc_model *model, const dc_ledger *ledger)
{
    const inspect_options *o = call->settings;
    dc_model *before = NULL;
    if (o->before != NULL)
        DC_TRY(cli_read_model(&before, call, o->before));
    const dc_status status = cli_draw_model(model, before, ledger, o->plots, o->may_replace);
    dc_model_free(before);
    return status;
}

static dc_status run(cli_call *call)
{
    const inspect_options *o = call->settings;
    dc_model *model;
    dc_ledger ledger;
    if (o->before != NULL && o->plots == NULL)
        return dc_fail(DC_EINPUT, "'before' says nothing without 'plots'");
    const dc_read_mode mode = o->plots != NULL ? DC_READ_DENSE : DC_READ_SHAPE;
    DC_TRY(dc_model_read(&model, call->args[0], mode, 0, &ledger, &call->arena));
    dc_status status = o->plots != NULL ? draw(call, model, &ledger) : DC_OK;
    if (status == DC_OK && call->common->is_json)
        status = print_json(call, model, &ledger);
    else if (status == DC_OK)
        print_text(call, model, &ledger);
    dc_model_free(model);
    return status;
}

static void set_defaults(const cli_command *command, void *settings)
{
    (void)command;
    *(inspect_options *)settings = (inspect_options){ 0 };
}

const cli_command cli_inspect = {
    .name = "inspect",
    .summary = "what a model file holds and where its bytes went",
    .usage = "MODEL [--plots DIR [--before DENSE]] [options]",
    .details = "The layer table shows, in bits for a code of a weight and for a gap between "
               "weights: the raw\n"
               "width, the zero-order entropy, what Huffman needs, and what is in the file.",
    .example = "dcomp inspect small.dcm --plots pictures --before model.bin",
    .min_args = 1,
    .max_args = 1,
    .settings_bytes = sizeof(inspect_options),
    .common_offset = offsetof(inspect_options, common),
    .set_defaults = set_defaults,
    .parts = { { "pictures", inspect_fields, 0 },
               { "common", cli_common_fields, offsetof(inspect_options, common) },
               { NULL, NULL, 0 } },
    .run = run,
};
