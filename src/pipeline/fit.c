/* SPDX-License-Identifier: MIT
 *
 * Training with a validation part: after each epoch the weights go back to the model, are scored on
 * samples that training never sees, and the best are kept. Everything needed to go on is written
 * down (checkpoint.c) every checkpoint_seconds, so that a killed run loses little more.
 */
#include "run_internal.h"

#include <math.h>
#include <stdio.h>

const dc_field fit_fields[] = {
    { .name = "last", .kind = DC_FIELD_BOOL, .offset = offsetof(fit_settings, takes_last),
      .help = "keep the last epoch's weights instead of the best on the validation part" },
    { .name = "patience", .kind = DC_FIELD_U32, .offset = offsetof(fit_settings, patience),
      .unit = "epochs",
      .help = "stop when the validation part has not improved for so long; 0: never" },
    { .name = "ema", .kind = DC_FIELD_NUMBER, .offset = offsetof(fit_settings, ema),
      .min = 0, .max = 0.999999,
      .help = "keep an average of the weights, of this decay (0.99 to 0.9999), and hand it on" },
    { .name = "l1", .kind = DC_FIELD_NUMBER, .offset = offsetof(fit_settings, l1), .max = 100,
      .help = "L1 regularization of weights that are not shared: small ones become 0; 0: none" },
    { 0 },
};

const dc_field codebook_fields[] = {
    { .name = "codebook", .kind = DC_FIELD_CHOICE, .choices = "f32|f16|auto",
      .help = "shared values are stored as afterwards; auto: f16 if none moves by over 1 %" },
    { 0 },
};

fit_settings fit_defaults(void)
{
    fit_settings settings = { 0 };
    settings.train = dc_train_defaults();
    settings.augment.seed = 1;
    settings.ema = NAN;
    return settings;
}

/* One training run in progress. */
typedef struct fit {
    dc_run *run;
    const fit_settings *settings;
    fit_tools *tools;
    dc_trainer *trainer;
    epoch_state state;
    double kept_at; /* clock [s] */
} fit;

static bool has_validation(const fit *f)
{
    return f->run->data->validation != NULL && f->run->data->validation->is_labelled;
}

static dc_status is_small(bool *out, const fit *f)
{
    uint64_t bytes = 0;
    if (f->settings->max_bytes > 0)
        DC_TRY(compress_size(&bytes, f->run, f->run->model, f->run->write.is_stripped));
    *out = bytes <= f->settings->max_bytes;
    return DC_OK;
}

/* Of ranks that train together the first one does it. */
static dc_status validate(dc_score *out, dc_run *run)
{
    *out = (dc_score){ 0 };
    if (ranks_is_first(run))
        DC_TRY(dc_run_validate(out, run));
    return ranks_share(run, out, sizeof *out);
}

/* Keeps a copy of the weights when they are the best so far. */
static dc_status judge(fit *f)
{
    dc_score score;
    if (!has_validation(f))
        return DC_OK;
    const unsigned mark = dc_work_enter(amount_of_validation(f->run).n_run, "%s", "");
    DC_TRY(validate(&score, f->run));
    dc_work_leave(mark);
    f->state.epochs_since_best++;
    bool fits;
    DC_TRY(is_small(&fits, f));
    if (!fits || f->state.epoch < f->settings->n_unjudged)
        return DC_OK;
    if (f->state.has_best && !run_is_better(f->run, &score, &f->state.best))
        return DC_OK;
    f->state.best = score;
    f->state.has_best = true;
    f->state.epochs_since_best = 0;
    if (f->state.best_model == NULL)
        return dc_model_copy(&f->state.best_model, f->run->model);
    dc_model_assign(f->state.best_model, f->run->model);
    return DC_OK;
}

static bool is_out_of_patience(const fit *f)
{
    return f->settings->patience > 0 && f->state.epochs_since_best >= f->settings->patience;
}

static void report(const fit *f, const dc_epoch_stats *stats)
{
    char text[160], best[RUN_SCORE_BYTES];
    const int n = dc_print(text, sizeof text, "epoch %u/%u: loss %.4g, %.4g samples/s",
                           stats->epoch, f->settings->train.n_epochs, stats->loss,
                           stats->images_per_second);
    if (f->state.has_best && n > 0 && (size_t)n < sizeof text)
        dc_print(text + n, sizeof text - (size_t)n, ", best validation %s",
                 run_score_text(best, f->run, &f->state.best));
    run_report(f->run, true, text);
}

/* The part of an epoch that trains. */
static double epoch_work(const fit *f)
{
    const dc_amount one = { .n_trained = (double)f->run->data->train->n_samples };
    return amount_work(f->run, one);
}

/* Epochs that a checkpoint has done. */
static void skip_work(const fit *f)
{
    const uint32_t n = dc_trainer_epochs_done(f->trainer);
    const double each = epoch_work(f) + amount_of_validation(f->run).n_run;
    dc_work_leave(dc_work_enter(n * each, "%s", ""));
}

static dc_status run_epoch(dc_epoch_stats *stats, fit *f)
{
    const unsigned mark = dc_work_enter(epoch_work(f), "%s", "");
    dc_status status = dc_trainer_epoch(stats, f->trainer);
    dc_work_leave(mark);
    if (status == DC_OK)
        status = dc_trainer_sync(f->trainer);
    if (status == DC_OK)
        status = ranks_share_values(f->run, f->trainer);
    if (status == DC_OK)
        status = ranks_add_stats(f->run, stats);
    f->tools->is_lost = status == DC_EDIVERGED;
    return status;
}

static bool is_done(const fit *f)
{
    return dc_trainer_epochs_done(f->trainer) >= f->settings->train.n_epochs ||
           is_out_of_patience(f);
}

/* Epochs of a small set take milliseconds, writing one down takes longer: so it is done by the
 * clock, and where a phase ends whose work no stage's own state will hold. */
static dc_status keep_epoch(fit *f, const fit_progress *progress)
{
    const double now = dc_clock_seconds();
    bool is_due = now - f->kept_at >= f->run->settings.checkpoint_seconds;
    DC_TRY(ranks_share(f->run, &is_due, sizeof is_due));
    if (!is_due && (!is_done(f) || progress->phase == progress->n_phases))
        return DC_OK;
    f->kept_at = now;
    return checkpoint_put_epoch(f->run, &f->state, f->trainer);
}

static dc_status run_epochs(fit *f, const fit_progress *progress)
{
    skip_work(f);
    f->kept_at = dc_clock_seconds();
    while (!is_done(f)) {
        dc_epoch_stats stats;
        DC_TRY(run_epoch(&stats, f));
        f->state.phase = progress->phase;
        f->state.epoch = stats.epoch;
        DC_TRY(judge(f));
        DC_TRY(keep_epoch(f, progress));
        report(f, &stats);
    }
    if (f->state.best_model != NULL && !f->settings->takes_last)
        dc_model_assign(f->run->model, f->state.best_model);
    return DC_OK;
}

static void report_resumed(const fit *f)
{
    char text[64];
    snprintf(text, sizeof text, "goes on after epoch %u", f->state.epoch);
    run_report(f->run, false, text);
}

/* Goes on from a checkpoint of this phase, if run->model was taken from one. */
static dc_status resume(fit *f, uint32_t phase)
{
    if (!f->run->settings.is_resumed)
        return DC_OK;
    epoch_state found;
    DC_TRY(checkpoint_get_epoch(&found, f->run));
    dc_status status = DC_OK;
    if (found.model != NULL && found.phase == phase) {
        status = dc_trainer_restore(f->trainer, &found.trainer);
        f->state = found;
        f->state.model = NULL;
        f->state.file = (dc_file_view){ 0 };
        f->state.shared = (dc_writer){ 0 };
        found.best_model = NULL;
        report_resumed(f);
    }
    checkpoint_close_epoch(&found);
    return status < 0 ? status : dc_trainer_sync(f->trainer);
}

dc_status fit_check(const fit_settings *settings, const dc_datasets *data)
{
    dc_source *augmented = NULL;
    DC_TRY(dc_backend_check((dc_precision)settings->train.precision));
    DC_TRY(dc_data_augment(&augmented, data->train, &settings->augment));
    if (augmented != data->train)
        dc_source_close(augmented);
    return DC_OK;
}

#define MOST_ANSWERS (UINT64_C(1) << 28) /* bytes */

/* Where a teacher's answers are kept, if samples come again; they stay for trainers to come. */
static dc_status make_answers(fit_tools *tools, const dc_run *run, const fit_settings *settings,
                              const dc_train_settings *train)
{
    dc_answers *a = &tools->answers;
    const uint64_t n_samples = run->data->train->n_samples;
    const uint32_t n_epochs = tools->augmented != NULL ? settings->augment.n_ways : 1;
    const uint32_t n_outputs = dc_model_head(run->model).n_outputs;
    const uint64_t n = n_samples * DC_MAX(n_epochs, 1u);
    if (a->outputs != NULL || !(train->teacher_weight > 0) || run->settings.teacher == NULL ||
        n_epochs == 0 || dc_source_steps(run->data->train) > 1 ||
        n * n_outputs > MOST_ANSWERS / sizeof(float))
        return DC_OK;
    *a = (dc_answers){ .n_samples = n_samples, .n_epochs = n_epochs, .n_outputs = n_outputs };
    a->outputs = dc_arena_take(&tools->kept, n * n_outputs, sizeof(float));
    a->is_known = dc_arena_take(&tools->kept, n, 1);
    return tools->kept.status;
}

static dc_status make_tools(fit_tools *tools, const dc_run *run, const fit_settings *settings,
                            dc_train_settings *train)
{
    dc_source *source;
    dc_train_hooks hooks;
    DC_TRY(dc_data_augment(&source, run->data->train, &settings->augment));
    tools->augmented = source != run->data->train ? source : NULL;
    DC_TRY(make_answers(tools, run, settings, train));
    train->answers = tools->answers.outputs != NULL ? &tools->answers : NULL;
    fit_settings with = *settings;
    with.exchange = run->settings.exchange;
    DC_TRY(fit_hooks(&hooks, &with, &tools->arena));
    return dc_trainer_new(&tools->trainer, run->model, source, train, &hooks,
                          train->teacher_weight > 0 ? run->settings.teacher : NULL);
}

void fit_tools_reset(fit_tools *tools)
{
    dc_trainer_free(tools->trainer);
    dc_arena_clear(&tools->arena);
    dc_source_close(tools->augmented);
    *tools = (fit_tools){ .kept = tools->kept, .answers = tools->answers };
}

void fit_tools_clear(fit_tools *tools)
{
    fit_tools_reset(tools);
    dc_arena_clear(&tools->kept);
    *tools = (fit_tools){ 0 };
}

/* A trainer that begins with the model as it is. */
static dc_status ready_tools(fit_tools *tools, const dc_run *run, const fit_settings *settings)
{
    dc_train_settings train = settings->train;
    if (run->settings.is_taught && isnan(train.teacher_weight))
        train.teacher_weight = 1;
    if (run->settings.exchange != NULL) {
        train.rank = run->settings.exchange->peers->rank;
        train.n_ranks = run->settings.exchange->peers->n_ranks;
    }
    if (tools->trainer == NULL)
        return make_tools(tools, run, settings, &train);
    train.answers = tools->answers.outputs != NULL ? &tools->answers : NULL;
    return dc_trainer_renew(tools->trainer, &train);
}

static dc_status train_phase(fit *f, fit_tools *tools, const fit_progress *progress, bool is_fresh)
{
    DC_TRY(ready_tools(tools, f->run, f->settings));
    f->tools = tools;
    f->trainer = tools->trainer;
    DC_TRY(resume(f, progress->phase));
    if (!is_fresh && f->state.epoch == 0)
        DC_TRY(judge(f));
    return run_epochs(f, progress);
}

dc_amount fit_amount(const dc_run *run, const fit_settings *settings, bool is_fresh)
{
    const uint32_t n_epochs = settings->train.n_epochs;
    const dc_amount trained = { .n_epochs = n_epochs,
                                .n_trained = (double)run->data->train->n_samples * n_epochs };
    return amount_add(trained, n_epochs + (is_fresh ? 0 : 1), amount_of_validation(run));
}

dc_status fit_phase(fit_tools *tools, dc_run *run, const fit_settings *settings,
                    const fit_progress *progress, bool is_fresh)
{
    fit f = { .run = run, .settings = settings };
    const double work = amount_work(run, fit_amount(run, settings, is_fresh));
    const unsigned mark =
        progress->n_phases > 1
            ? dc_work_enter(work, "turn %u/%u", progress->phase, progress->n_phases)
            : dc_work_enter(work, "%s", "");
    const dc_status status = train_phase(&f, tools, progress, is_fresh);
    dc_work_leave(mark);
    checkpoint_close_epoch(&f.state);
    return status;
}

dc_status fit_model(dc_run *run, const fit_settings *settings, bool is_fresh)
{
    const fit_progress only = { 1, 1 };
    fit_tools tools = { 0 };
    const dc_status status = fit_phase(&tools, run, settings, &only, is_fresh);
    fit_tools_clear(&tools);
    return status;
}

static bool has_shared(const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        if (model->params[i].is_shared)
            return true;
    return false;
}

dc_status fit_round(dc_run *run, dc_number number)
{
    dc_quantize_settings settings = dc_quantize_defaults();
    settings.codebook = settings.biases = number;
    return has_shared(run->model) ? dc_quantize_round(run->model, &settings) : DC_OK;
}
