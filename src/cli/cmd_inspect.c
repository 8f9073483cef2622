/* SPDX-License-Identifier: MIT
 *
 * inspect: what a file holds and where its bytes went; --plots draws it.
 */
#include "cli.h"
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

static const dc_field history_fields[] = {
    { .name = "stage", .kind = DC_FIELD_TEXT, .offset = offsetof(dc_history, stage) },
    { .name = "settings", .kind = DC_FIELD_TEXT, .offset = offsetof(dc_history, settings) },
    { 0 },
};

static void build(cli_call *call, const dc_model *model, const dc_ledger *ledger)
{
    char version[16];
    dc_document *d = cli_document(call, "inspect");
    const bool is_verbose = call->common->is_verbose;
    const char *shape = dc_shape_text(&model->input.shape, &call->arena);
    snprintf(version, sizeof version, "%u.%u", ledger->major, ledger->minor);
    dc_json_add_text(d->at, "format_version", version);
    dc_json_add_text(d->at, "name", model->name);
    dc_json_add_text(d->at, "input", shape);
    dc_json_add_text(d->at, "input_name", dc_model_input_name(model));
    dc_json_add_text(d->at, "output_name", dc_model_output_name(model));
    dc_json_add_u64(d->at, "n_nodes", model->n_nodes);
    dc_document_text(d, "%s  format %s  input %s  %s\n", model->name, version, shape,
                     cli_add_classes(d, model));
    if (is_verbose)
        dc_document_text(d, "%s", dc_model_text(model, &call->arena));
    for (uint32_t i = 0; i < model->n_history; i++)
        dc_document_text(d, "made by  %s%s%s\n", model->history[i].stage, is_verbose ? " " : "",
                         is_verbose ? model->history[i].settings : "");
    dc_document_text(d, "\n");
    cli_add_ledger(d, ledger, true);
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PROGRAMS, .title = "history",
                                      .key = "history", .fields = history_fields,
                                      .rows = model->history, .row_bytes = sizeof(dc_history),
                                      .n_rows = model->n_history });
}

static dc_status add_plots(cli_call *call, const dc_model *model, const dc_ledger *ledger)
{
    const inspect_options *o = call->settings;
    dc_model *before = NULL;
    if (o->before != NULL)
        DC_TRY(cli_read_model(&before, call, o->before));
    const dc_status status = cli_add_plots(&call->document, model, before, ledger, o->plots);
    dc_model_free(before);
    return status;
}

static dc_status run(cli_call *call)
{
    const inspect_options *o = call->settings;
    dc_model *model;
    dc_ledger ledger;
    if (o->before != NULL && o->plots == NULL)
        return dc_fail(DC_EINPUT, "'--before' needs '--plots'");
    const dc_read_mode mode = o->plots != NULL ? DC_READ_DENSE : DC_READ_SHAPE;
    DC_TRY(dc_model_read(&model, call->args[0], mode, 0, &ledger, &call->arena));
    build(call, model, &ledger);
    dc_status status = o->plots != NULL ? add_plots(call, model, &ledger) : DC_OK;
    if (status == DC_OK)
        status = cli_show(call);
    dc_model_free(model);
    return status;
}

const cli_command cli_inspect = {
    .name = "inspect",
    .summary = "what a model file holds and where its bytes went",
    .usage = "MODEL [--plots DIR [--before DENSE]] [options]",
    .details = "The layer table shows, in bits for a code of a weight and for a gap between "
               "weights: the raw\n"
               "width, the zero-order entropy, what Huffman needs, what is in the file, and its "
               "coder.",
    .example = "dcomp inspect small.dcm --plots pictures --before model.bin",
    .min_args = 1,
    .max_args = 1,
    .settings_bytes = sizeof(inspect_options),
    .parts = { { "pictures", inspect_fields, 0 } },
    .run = run,
};
