/* SPDX-License-Identifier: MIT
 *
 * eval: accuracy of a file of any stage, measured on the file itself.
 */
#include <math.h>

#include "cli.h"

typedef struct eval_options {
    cli_common common;
    dc_data_settings data;
    uint32_t batch_size;
    uint32_t engine;
    double min_top1, min_top5;
    const char *dump_output, *predictions, *against;
    bool is_per_class;
    bool is_explained;
    bool may_replace;
} eval_options;

static const dc_field eval_fields[] = {
    { .name = "batch", .kind = DC_FIELD_U32, .offset = offsetof(eval_options, batch_size),
      .unit = "samples", .max = 65536,
      .help = "at a time; 0: 500, or as many as 20 MB of inputs hold" },
    { .name = "split", .kind = DC_FIELD_CHOICE, .offset = offsetof(eval_options, data.split),
      .choices = "train|test", .help = "which part of the data" },
    { .name = "test", .kind = DC_FIELD_U64, .offset = offsetof(eval_options, data.n_test),
      .unit = "samples", .min = 1, .max = INFINITY,
      .help = "only those that compress --test N holds out, of data without a test split" },
    { .name = "engine", .kind = DC_FIELD_CHOICE, .offset = offsetof(eval_options, engine),
      .choices = dc_engine_words,
      .help = "what runs it: float32 or bf16 on the backend; float32 with weights as they are "
              "kept, sparse and coded (packed), or so where that is faster (auto); the "
              "accelerator's 16-bit fixed point; or a backend by its name" },
    { .name = "explain", .kind = DC_FIELD_BOOL, .offset = offsetof(eval_options, is_explained),
      .help = "print which layers 'packed' or 'auto' multiplies sparse and which dense, the times "
              "that it expects, and why" },
    { .name = "min_top1", .kind = DC_FIELD_NUMBER, .offset = offsetof(eval_options, min_top1),
      .unit = "percent", .max = 100, .help = "exit 1 when top-1 is lower" },
    { .name = "min_top5", .kind = DC_FIELD_NUMBER, .offset = offsetof(eval_options, min_top5),
      .unit = "percent", .max = 100, .help = "exit 1 when top-5 is lower" },
    { .name = "against", .kind = DC_FIELD_INPUT, .offset = offsetof(eval_options, against),
      .help = "compare with this model file: divergence, agreement, differences; with bounds" },
    { .name = "dump_output", .kind = DC_FIELD_OUTPUT, .offset = offsetof(eval_options, dump_output),
      .choices = "npy", .help = "write the outputs, N x classes float32, to this .npy file" },
    { .name = "predictions", .kind = DC_FIELD_OUTPUT, .offset = offsetof(eval_options, predictions),
      .choices = "csv",
      .help = "write a line a sample to this .csv file: file, class, five best classes" },
    { .name = "per_class", .kind = DC_FIELD_BOOL, .offset = offsetof(eval_options, is_per_class),
      .help = "print each class, too" },
    { .name = "force", .kind = DC_FIELD_BOOL, .offset = offsetof(eval_options, may_replace),
      .help = "replace files that exist", .short_name = 'f' },
    { 0 },
};

typedef struct evaluated {
    const dc_model *model;
    const dc_model *against; /* or NULL */
    const dc_source *source;
    dc_eval_result result;
    dc_tally *classes; /* NULL unless asked for */
    dc_engine_choices choices;
} evaluated;

typedef struct class_row {
    uint32_t number;
    const char *name;
    uint64_t n;
    double top1, top5;
} class_row;

#define AT(member) offsetof(class_row, member)

static const dc_field class_fields[] = {
    { .name = "class", .kind = DC_FIELD_U32, .offset = AT(number), .title = "class" },
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = AT(name), .title = "name",
      .may_be_absent = true },
    { .name = "n_samples", .kind = DC_FIELD_U64, .offset = AT(n), .title = "samples" },
    { .name = "top1", .kind = DC_FIELD_NUMBER, .offset = AT(top1), .title = "top-1 %",
      .n_decimals = 2 },
    { .name = "top5", .kind = DC_FIELD_NUMBER, .offset = AT(top5), .title = "top-5 %",
      .n_decimals = 2 },
    { 0 },
};

static double percent(uint64_t part, uint64_t whole)
{
    return 100 * (double)part / (double)whole;
}

/* Classes that have samples, in their order; `classes` has one for each output of the model. */
static void add_classes(dc_document *d, const dc_model *model, const dc_tally *classes)
{
    const uint32_t n = dc_model_n_classes(model);
    class_row *rows = dc_arena_take(d->arena, n, sizeof *rows);
    uint32_t n_rows = 0;
    for (uint32_t c = 0; rows != NULL && c < n; c++) {
        const dc_tally *at = &classes[c];
        const char *name = c < model->n_class_names ? model->class_names[c] : NULL;
        if (at->n > 0)
            rows[n_rows++] = (class_row){ c, name, at->n,
                                          percent(at->n_top1, at->n), percent(at->n_top5, at->n) };
    }
    dc_document_add(d, &(dc_section){ .title = "classes", .key = "per_class",
                                      .fields = class_fields, .rows = rows,
                                      .row_bytes = sizeof *rows, .n_rows = n_rows });
    dc_document_text(d, "\n");
}

static void add_result(dc_document *d, const dc_eval_result *r)
{
    char loss[CLI_TEXT_BYTES], rate[CLI_TEXT_BYTES];
    if (r->is_labelled)
        dc_document_text(d, "top-1 %.2f %%  top-5 %.2f %%  loss %s  ", r->top1, r->top5,
                         cli_loss_text(loss, r->loss));
    if (r->is_labelled && r->symbol != NULL)
        dc_document_text(d, "%.4f bits a %s  perplexity %.5g  ", r->bits, r->symbol,
                         r->perplexity);
    dc_document_text(d, "%llu sample%s in %.2f s (%s, %s)", (unsigned long long)r->n_samples,
                     dc_plural(r->n_samples), r->seconds,
                     cli_rate_text(rate, r->images_per_second), r->engine);
    if (r->n_skipped > 0)
        dc_document_text(d, ", %llu could not be read", (unsigned long long)r->n_skipped);
    if (r->n_not_finite > 0)
        dc_document_text(d, ", %llu with outputs that are not finite",
                         (unsigned long long)r->n_not_finite);
    dc_document_text(d, "\n");
}

static dc_status show(cli_call *call, const evaluated *e)
{
    const eval_options *o = call->settings;
    dc_document *d = cli_document(call, "eval");
    const bool is_verbose = call->common->is_verbose;
    const char *const *names = e->source->class_names; /* or NULL: they were in no order */
    const uint32_t n = names != NULL ? e->source->n_classes : 0;
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PROGRAMS, .title = "result",
                                      .fields = dc_eval_result_fields, .rows = &e->result,
                                      .is_record = true });
    dc_json_add_text(d->at, "data", e->source->text);
    dc_json *ordered = n > 0 ? dc_json_add_array(d->at, "classes_in_order") : NULL;
    if (is_verbose)
        dc_document_text(d, "%s on %s\n", call->args[0], e->source->text);
    for (uint32_t c = 0; c < n; c++) {
        dc_json_add_text(ordered, NULL, names[c]);
        if (is_verbose)
            dc_document_text(d, "class %u is '%s'\n", c, names[c]);
    }
    dc_input_to_json(dc_json_add_object(d->at, "input"), &e->model->input);
    dc_document_text(d, "input: %s\n", dc_input_text(&e->model->input, &call->arena));
    if (o->is_explained) {
        cli_add_choices(d, &e->choices);
        dc_document_text(d, "\n");
    }
    if (e->classes != NULL)
        add_classes(d, e->model, e->classes);
    add_result(d, &e->result);
    if (o->against != NULL)
        cli_add_comparison(d, &e->result, o->against, true);
    return cli_show(call);
}

static bool is_short(double have, double wanted)
{
    return !isnan(wanted) && !(have >= wanted);
}

static dc_status run_on_source(cli_call *call, evaluated *e)
{
    const eval_options *o = call->settings;
    const bool needs_labels =
        !isnan(o->min_top1) || !isnan(o->min_top5) || o->is_per_class;
    if (needs_labels && !e->source->is_labelled)
        return dc_fail(DC_EINPUT, "data without labels cannot show an accuracy");
    if (o->is_per_class)
        e->classes =
            dc_arena_take(&call->arena, dc_model_n_classes(e->model), sizeof *e->classes);
    DC_TRY(call->arena.status);
    e->choices.arena = &call->arena;
    const dc_eval_settings settings = {
        .batch_size = o->batch_size,
        .engine = dc_engine_at(o->engine),
        .data = &o->data,
        .dump_path = o->dump_output,
        .predictions_path = o->predictions,
        .may_replace = o->may_replace,
        .classes = e->classes,
        .against = e->against,
        .choices = o->is_explained ? &e->choices : NULL,
    };
    DC_TRY(dc_eval_model(&e->result, e->model, e->source, &settings));
    if (is_short(e->result.top1, o->min_top1))
        cli_unmet(call, "top-1 is %.2f %%, %g %% demanded", e->result.top1, o->min_top1);
    if (is_short(e->result.top5, o->min_top5))
        cli_unmet(call, "top-5 is %.2f %%, %g %% demanded", e->result.top5, o->min_top5);
    return show(call, e);
}

static dc_status run_on(cli_call *call, const dc_model *model, const dc_model *against)
{
    const eval_options *o = call->settings;
    dc_source *whole, *part = NULL;
    dc_status status = DC_OK;
    DC_TRY(dc_data_settings_open(&whole, &o->data, (dc_split)o->data.split, model));
    if (o->data.n_test > 0)
        status = dc_data_test_part(&part, whole, &o->data);
    evaluated e = { .model = model, .against = against, .source = part != NULL ? part : whole };
    if (status == DC_OK)
        status = dc_data_dump(&o->data, e.source, model);
    if (status == DC_OK)
        status = run_on_source(call, &e);
    dc_source_close(part);
    dc_source_close(whole);
    return status;
}

static dc_status run(cli_call *call)
{
    eval_options *o = call->settings;
    dc_model *model, *against = NULL;
    if (o->data.data == NULL)
        return dc_fail(DC_EINPUT, "'eval' needs data (--data %s)", dc_data_kinds());
    DC_TRY(cli_check_engine(call, o->engine));
    DC_TRY(cli_check_explain(call, o->is_explained, o->engine));
    DC_TRY(cli_check_dump(&o->data, o->may_replace));
    DC_TRY(cli_read_model_for(&model, call, call->args[0], o->engine));
    dc_status status = DC_OK;
    if (o->against != NULL)
        status = cli_read_model(&against, call, o->against);
    if (status == DC_OK)
        status = run_on(call, model, against);
    dc_model_free(against);
    dc_model_free(model);
    return status;
}

static void set_defaults(void *settings)
{
    *(eval_options *)settings = (eval_options){
        .data = dc_data_defaults(), .min_top1 = NAN, .min_top5 = NAN };
}

const cli_command cli_eval = {
    .name = "eval",
    .summary = "accuracy of a model file on labelled samples",
    .usage = "MODEL --data SPEC [options]",
    .example = "dcomp eval small.dcm --data images:photos --against model.bin",
    .min_args = 1,
    .max_args = 1,
    .computes_layers = true,
    .settings_bytes = sizeof(eval_options),
    .set_defaults = set_defaults,
    .parts = { { "evaluation", eval_fields, 0 },
               { "data", dc_data_fields, offsetof(eval_options, data) } },
    .run = run,
};
