/* SPDX-License-Identifier: MIT
 *
 * compress: the whole chain on one file.
 */
#include <math.h>
#include <string.h>

#include "cli.h"

typedef struct compress_options {
    cli_common common;
    cli_output output;
    dc_data_settings data;
    dc_compress_settings compress;
    bool is_dry;
} compress_options;

static const dc_field dry_fields[] = {
    { .name = "dry_run", .kind = DC_FIELD_BOOL, .offset = offsetof(compress_options, is_dry),
      .help = "write nothing; say what would be done and, with data, about how long it takes" },
    { 0 },
};

/* Without -o, model.bin -> model.dcm, beside it. */
static dc_status complete(cli_call *call)
{
    compress_options *o = call->settings;
    const char *input = call->args[0];
    if (o->output.path != NULL)
        return DC_OK;
    if (strcmp(input, "-") == 0)
        return dc_fail(DC_EINPUT, "standard input has no name to make an output's from (-o)");
    o->output.path = cli_beside(input, ".dcm", &call->arena);
    if (strcmp(o->output.path, input) == 0)
        o->output.path = cli_beside(input, ".small.dcm", &call->arena);
    return call->arena.status;
}

/* Options of what is not done without data. */
static void note_idle(cli_call *call)
{
    static const char *const names[] = { "effort", "resume", "checkpoint_seconds",
                                         "keep_checkpoints", "limit", "strict", "data_seed",
                                         "holdout", "test" };
    for (size_t i = 0; i < DC_COUNT_OF(names); i++)
        if (cli_is_given(call, names[i]))
            cli_note(call, "dcomp: note: without --data, %s does nothing",
                     cli_dashed(&call->arena, "--", names[i]));
}

static dc_status check(cli_call *call, compress_options *o)
{
    DC_TRY(cli_check_dump(&o->data, o->output.may_replace));
    if (o->compress.recipe != NULL)
        DC_TRY(cli_check_json(o->compress.recipe, "a recipe (R.json)",
                              "the model to compress comes first, without an option"));
    if (o->compress.recipe != NULL && cli_is_given(call, "effort"))
        return dc_fail(DC_EINPUT,
                       "'--effort' is of the default chain; a recipe says its own epochs");
    if (o->compress.recipe != NULL && o->compress.max_bytes > 0)
        cli_note(call, "dcomp: note: with a recipe, --max-bytes is checked, not searched for");
    if (o->data.data == NULL)
        note_idle(call);
    return DC_OK;
}

static void json_accuracy(dc_json *json, const char *key, const dc_eval_result *result)
{
    dc_json *part = dc_json_add_object(json, key);
    dc_json_add_number(part, "top1", result->top1);
    dc_json_add_number(part, "top5", result->top5);
    dc_json_add_number(part, "loss", result->loss);
    dc_json_add_u64(part, "n_samples", result->n_samples);
    dc_json_add_number(part, "top1_low", result->top1_bounds.low);
    dc_json_add_number(part, "top1_high", result->top1_bounds.high);
    dc_json_add_number(part, "loss_low", result->loss_bounds.low);
    dc_json_add_number(part, "loss_high", result->loss_bounds.high);
}

/* null where nothing was demanded */
static void json_demands(dc_json *json, const dc_compress_result *r, uint64_t max_bytes)
{
    dc_json_add_number(json, "max_drop", r->max_drop);
    if (isnan(r->max_drop))
        dc_json_add_null(json, "is_within_drop");
    else
        dc_json_add_bool(json, "is_within_drop", r->is_within_drop);
    dc_json_add_number(json, "max_divergence", r->max_divergence);
    if (isnan(r->max_divergence))
        dc_json_add_null(json, "is_within_divergence");
    else
        dc_json_add_bool(json, "is_within_divergence", r->is_within_divergence);
    if (max_bytes == 0) {
        dc_json_add_null(json, "max_bytes");
        dc_json_add_null(json, "is_within_bytes");
    } else {
        dc_json_add_u64(json, "max_bytes", max_bytes);
        dc_json_add_bool(json, "is_within_bytes", r->is_within_bytes);
    }
}

/* Percent right, by labels or by the teacher. */
static void add_accuracy(dc_document *d, const dc_compress_result *r, bool is_shown)
{
    json_accuracy(d->at, "before", &r->before);
    json_accuracy(d->at, "after", &r->after);
    dc_json_add_text(d->at, "labels", r->is_taught ? "teacher" : "data");
    if (is_shown)
        dc_document_text(d, "%s on %llu test sample%s  %.2f %% before, %.2f %% after (measured on "
                            "the file written)\n",
                         r->is_taught ? "agreement with the teacher" : "top-1",
                         (unsigned long long)r->after.n_samples, dc_plural(r->after.n_samples),
                         r->before.top1, r->after.top1);
    cli_add_comparison(d, &r->after, "the input", is_shown);
}

static void add_change(dc_document *d, const dc_blind_result *r, bool is_shown)
{
    dc_json_add_number(d->at, "output_change", r->output_change);
    dc_json_add_number(d->at, "output_budget", r->output_budget);
    dc_json_add_number(d->at, "predicted_loss", r->predicted_loss);
    dc_json_add_u64(d->at, "random_inputs", r->n_inputs);
    if (is_shown && isnan(r->output_change))
        dc_document_text(d,
                         "not certified, and the change of the outputs was not measured\n");
    else if (is_shown)
        dc_document_text(d, "not certified; outputs on %u random inputs changed by %.1f %%\n",
                         r->n_inputs, 100 * r->output_change);
}

static const dc_field curve_fields[] = {
    { .name = "file", .kind = DC_FIELD_TEXT, .offset = offsetof(dc_curve_state, file),
      .title = "state" },
    { .name = "bytes", .kind = DC_FIELD_U64, .offset = offsetof(dc_curve_state, bytes),
      .title = "bytes" },
    { .name = "error", .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_curve_state, error),
      .title = "error [%]", .n_decimals = 2 },
    { .name = "loss", .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_curve_state, loss),
      .title = "loss", .n_decimals = 4 },
    { 0 },
};

/* Size against error on the validation part, of the files that are kept. */
static void add_curve(dc_document *d, const dc_compress_result *r, const char *folder,
                      bool is_shown)
{
    double *x = dc_arena_take(d->arena, r->n_curve, sizeof *x);
    double *y = dc_arena_take(d->arena, r->n_curve, sizeof *y);
    dc_series *line = dc_arena_take(d->arena, 1, sizeof *line);
    if (d->arena->status < 0)
        return;
    for (uint32_t i = 0; i < r->n_curve; i++) {
        x[i] = (double)r->curve[i].bytes;
        y[i] = r->curve[i].error;
    }
    dc_section s = { .title = "states on the way, validated", .key = "curve",
                     .fields = curve_fields, .rows = r->curve, .row_bytes = sizeof *r->curve,
                     .n_rows = r->n_curve };
    s.forms = is_shown ? DC_FOR_ALL : DC_FOR_PROGRAMS;
    dc_document_add(d, &s);
    *line = (dc_series){ .n_points = r->n_curve, .x = x, .y = y, .is_marked = true };
    const dc_chart chart = { .kind = DC_CHART_LINES,
                             .title = "States on the way to the file",
                             .x = { .label = "file [bytes]", .is_log = true },
                             .y = { .label = "validation error [%]" },
                             .series = line, .n_series = 1 };
    dc_document_chart(d, &chart, dc_arena_print(d->arena, "%s/" DC_CURVE_PICTURE, folder));
}

static dc_status show(cli_call *call, const dc_compress_result *r)
{
    const compress_options *o = call->settings;
    const bool is_shown = !call->common->is_quiet;
    dc_document *d = cli_document(call, "compress");
    dc_json_add_text(d->at, "output", o->output.path);
    cli_add_ledger(d, &r->ledger, is_shown);
    dc_json_add_number(d->at, "seconds", r->seconds);
    dc_json_add_u64(d->at, "seed", o->compress.seed);
    if (r->has_accuracy)
        add_accuracy(d, r, is_shown);
    if (r->blind.is_blind)
        add_change(d, &r->blind, is_shown);
    if (o->compress.curve != NULL)
        add_curve(d, r, o->compress.curve, is_shown);
    json_demands(d->at, r, o->compress.max_bytes);
    dc_json_add_u64(d->at, "peak_memory_bytes", dc_peak_memory_bytes());
    const bool is_larger = r->ledger.file_bytes > r->ledger.reference_bytes;
    cli_add_written(d, o->output.path, &r->ledger,
                    dc_arena_print(&call->arena, "%s, %.1f s",
                                   is_larger ? " (larger)" : " smaller", r->seconds));
    return cli_show(call);
}

/* ---- a dry run ------------------------------------------------------------------------------ */

typedef struct phase_row {
    const char *stage;
    double epochs;
    uint64_t n_epochs;
} phase_row;

static const dc_field phase_fields[] = {
    { .name = "stage", .kind = DC_FIELD_TEXT, .offset = offsetof(phase_row, stage),
      .title = "stage" },
    { .name = "epochs", .kind = DC_FIELD_NUMBER, .offset = offsetof(phase_row, epochs) },
    { .name = "", .kind = DC_FIELD_U64, .offset = offsetof(phase_row, n_epochs),
      .title = "epochs", .may_be_absent = true },
    { 0 },
};

static void add_phases(dc_document *d, const dc_forecast *f)
{
    phase_row *rows = dc_arena_take(d->arena, f->n_phases, sizeof *rows);
    for (uint32_t i = 0; rows != NULL && i < f->n_phases; i++) {
        const double n = f->phases[i].amount.n_epochs;
        rows[i] = (phase_row){ f->phases[i].stage, n, (uint64_t)n };
    }
    dc_section s = { .title = "phases", .key = "phases", .fields = phase_fields, .rows = rows,
                     .row_bytes = sizeof *rows, .n_rows = rows != NULL ? f->n_phases : 0 };
    s.forms = f->n_phases > 0 ? DC_FOR_ALL : DC_FOR_PROGRAMS;
    dc_document_add(d, &s);
    if (f->n_phases == 0 && f->seconds > 0)
        dc_document_text(d, "rounded by what the layers read on the samples: nothing is trained\n");
    else if (f->n_phases == 0)
        dc_document_text(d, "rounded as far as outputs on random inputs allow: nothing is trained "
                            "or certified\n");
}

static void add_speed(dc_document *d, const dc_forecast *f)
{
    char trained[CLI_TEXT_BYTES], run[CLI_TEXT_BYTES];
    if (f->n_train > 0)
        dc_document_text(d, "samples  %llu to train on, %llu to validate, %llu to test\n",
                         (unsigned long long)f->n_train, (unsigned long long)f->n_validation,
                         (unsigned long long)f->n_test);
    if (!(f->seconds > 0))
        return;
    if (f->n_phases > 0)
        dc_document_text(d, "in all   %.0f epoch%s, %s\n", f->amount.n_epochs,
                         dc_plural((uint64_t)f->amount.n_epochs),
                         dc_forecast_time_text(f, d->arena));
    else
        dc_document_text(d, "in all   %s\n", dc_forecast_time_text(f, d->arena));
    dc_document_text(d, "speed    %s in training, %s run, measured now\n",
                     cli_rate_text(trained, f->train_per_second),
                     cli_rate_text(run, f->run_per_second));
    dc_document_text(d, "memory   about %s\n", dc_text_bytes(f->memory_bytes, d->arena));
}

static dc_status foresee(cli_call *call)
{
    const compress_options *o = call->settings;
    dc_forecast forecast;
    const dc_forecast *f = &forecast;
    DC_TRY(dc_compress_forecast(&forecast, call->args[0], &o->data, &o->compress, &call->arena));
    const bool is_measured = f->seconds > 0;
    dc_document *d = cli_document(call, "forecast");
    add_phases(d, f);
    dc_json_add_number(d->at, "epochs", f->amount.n_epochs);
    dc_json_add_number(d->at, "n_trained", f->amount.n_trained);
    dc_json_add_u64(d->at, "n_train", f->n_train);
    dc_json_add_u64(d->at, "n_validation", f->n_validation);
    dc_json_add_u64(d->at, "n_test", f->n_test);
    dc_json_add_number(d->at, "seconds", is_measured ? f->seconds : (double)NAN);
    dc_json_add_number(d->at, "trained_per_second",
                       is_measured ? f->train_per_second : (double)NAN);
    dc_json_add_number(d->at, "run_per_second", is_measured ? f->run_per_second : (double)NAN);
    if (is_measured)
        dc_json_add_u64(d->at, "memory_bytes", f->memory_bytes);
    else
        dc_json_add_null(d->at, "memory_bytes");
    add_speed(d, f);
    dc_document_text(d, "nothing was written\n");
    return cli_show(call);
}

/* By how much the demand was missed. */
static void tell_drop(cli_call *call, const dc_compress_result *r)
{
    const char *what = r->is_taught ? "agreement" : "top-1";
    const double lost = r->before.top1 - r->after.top1, missed = lost - r->max_drop;
    if (r->max_drop < 0)
        cli_unmet(call, "%.2f points of %s were %s, %g must be gained (missed by %.3g)",
                  fabs(lost), what, lost > 0 ? "lost" : "gained", -r->max_drop, missed);
    else
        cli_unmet(call, "%.2f points of %s were lost, %g allowed (missed by %.3g)", lost, what,
                  r->max_drop, missed);
}

static void tell_bytes(cli_call *call, const dc_compress_result *r)
{
    const compress_options *o = call->settings;
    char have[DC_TEXT_COUNT_BYTES], allowed[DC_TEXT_COUNT_BYTES];
    cli_unmet(call, "%s byte%s are more than the %s allowed",
              dc_text_count(have, r->ledger.file_bytes), dc_plural(r->ledger.file_bytes),
              dc_text_count(allowed, o->compress.max_bytes));
}

static dc_status run(cli_call *call)
{
    compress_options *o = call->settings;
    dc_compress_result result;
    DC_TRY(check(call, o));
    if (o->is_dry)
        return foresee(call);
    o->compress.on_folder = cli_set_work_folder;
    if (!call->common->is_quiet)
        o->compress.on_news = cli_hear_news;
    o->compress.payload = call;
    DC_TRY(dc_compress(&result, call->args[0], o->output.path, o->output.may_replace, &o->data,
                       &o->compress, &call->arena));
    if (!result.is_within_bytes)
        tell_bytes(call, &result);
    if (!result.is_within_divergence)
        cli_unmet(call, "the divergence is %.3g, %g allowed", result.after.against.divergence.mean,
                  result.max_divergence);
    if (!result.is_within_drop)
        tell_drop(call, &result);
    return show(call, &result);
}

static void set_defaults(void *settings)
{
    *(compress_options *)settings =
        (compress_options){ .data = dc_data_defaults(), .compress = dc_compress_defaults() };
}

const cli_command cli_compress = {
    .name = "compress",
    .summary = "the whole chain: train or round, encode, certify",
    .usage = "MODEL [-o OUT] [--data SPEC] [--recipe R.json] [options]",
    .details =
        "Without --data nothing is retrained or certified; outputs on random inputs move by 8 %\n"
        "at most. With it, the written file is evaluated on the test split. A demand that is missed"
        "\n(--max-drop, --max-divergence, --max-bytes) gives exit code 1, and the best file found\n"
        "is still written.\n"
        "The default output is MODEL's name with the ending .dcm.",
    .example = "dcomp compress model.bin -o small.dcm --data images:photos --max-drop 0.5",
    .min_args = 1,
    .max_args = 1,
    .computes_layers = true,
    .settings_bytes = sizeof(compress_options),
    .set_defaults = set_defaults,
    .parts = { { "chain", dc_compress_fields, offsetof(compress_options, compress) },
               { NULL, dc_resume_fields, offsetof(compress_options, compress.resume) },
               { NULL, dry_fields, 0 },
               { "data", dc_data_fields, offsetof(compress_options, data) },
               { NULL, dc_holdout_fields, offsetof(compress_options, data) },
               { NULL, dc_teacher_fields, offsetof(compress_options, data) },
               { "output", cli_output_fields, offsetof(compress_options, output) } },
    .complete = complete,
    .run = run,
};
