/* SPDX-License-Identifier: MIT
 *
 * The chain from file to file: read, run a recipe (or choose by data and budgets), write, and then
 * judge what was written: the file is read back and evaluated on the test split, beside the input.
 */
#include "run_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LONG_SECONDS 60  /* work that is announced with a forecast */
#define DEFAULT_DROP 0.2 /* points, of the default chain when nothing is demanded */

const dc_field dc_compress_fields[] = {
    { .name = "recipe", .kind = DC_FIELD_INPUT, .offset = offsetof(dc_compress_settings, recipe),
      .help = "stages to run, a JSON file; without: chosen by data and budgets" },
    { .name = "max_drop", .kind = DC_FIELD_NUMBER,
      .offset = offsetof(dc_compress_settings, max_drop), .unit = "points", .min = -100, .max = 100,
      .help = "top-1 accuracy that may be lost; below 0: that must be gained" },
    { .name = "max_divergence", .kind = DC_FIELD_NUMBER,
      .offset = offsetof(dc_compress_settings, max_divergence), .unit = "nats", .max = INFINITY,
      .help = "mean divergence from the input that is allowed (--teacher self)" },
    { .name = "max_bytes", .kind = DC_FIELD_U64,
      .offset = offsetof(dc_compress_settings, max_bytes), .unit = "bytes", .min = 1,
      .max = INFINITY, .help = "the file may be no larger" },
    { .name = "effort", .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_compress_settings, effort),
      .min = 0.01, .max = 1000, .help = "epochs of the default chain are multiplied by this" },
    { .name = "strip", .kind = DC_FIELD_BOOL, .offset = offsetof(dc_compress_settings, is_stripped),
      .help = "leave out names and history" },
    { .name = "curve", .kind = DC_FIELD_FOLDER, .offset = offsetof(dc_compress_settings, curve),
      .choices = "dcm|png",
      .help = "keep the states on the way in this folder (made if missing), and draw their sizes "
              "and errors" },
    { .name = "seed", .kind = DC_FIELD_U64, .offset = offsetof(dc_compress_settings, seed),
      .help = "of everything random" },
    { 0 },
};

dc_compress_settings dc_compress_defaults(void)
{
    return (dc_compress_settings){
        .max_drop = NAN, .max_divergence = NAN, .effort = 1, .seed = 1,
        .resume = dc_resume_defaults()
    };
}

dc_status compress_size(uint64_t *bytes, const dc_run *run, const dc_model *model,
                        bool is_stripped)
{
    dc_writer w;
    dc_arena scratch = { 0 };
    dc_write_settings write = run->write;
    write.level = DC_LEVEL_CODED;
    write.is_stripped = is_stripped;
    dc_writer_init(&w, UINT64_C(1) << 36);
    const dc_status status = dc_model_encode(&w, model, &write, NULL, &scratch);
    *bytes = w.size;
    dc_writer_clear(&w);
    dc_arena_clear(&scratch);
    return status;
}

/* What one compression holds. */
typedef struct compression {
    dc_compress_settings settings; /* with what is demanded in the end */
    const char *output;
    bool may_replace;
    dc_arena *arena;
    dc_datasets sets;
    bool has_data;
    dc_model *input;   /* until the run has it */
    dc_model *dense;   /* as it came: the "before", and the teacher if no other is named */
    dc_model *teacher; /* another one, or NULL */
    bool is_own_teacher;
    dc_run *run;
    dc_recipe recipe;    /* when the settings name one              */
    bool is_dry;         /* nothing is asked but what it would take */
    uint32_t batch_size; /* of training                             */
    dc_forecast forecast;
} compression;

static bool is_self(const char *teacher)
{
    return teacher != NULL && strcmp(teacher, "self") == 0;
}

static dc_status find_teacher(compression *c, const char *name)
{
    DC_TRY(dc_model_copy(&c->dense, c->input));
    c->is_own_teacher = is_self(name);
    if (name == NULL || c->is_own_teacher)
        return DC_OK;
    return dc_teacher_read(&c->teacher, name, c->dense, c->arena);
}

static dc_status read_recipe(compression *c)
{
    dc_json *json;
    const char *path = c->settings.recipe;
    DC_TRY(dc_json_read(&json, path));
    dc_status status = dc_recipe_parse(&c->recipe, json, path, c->arena);
    if (status == DC_OK && dc_json_get(json, "seed") == NULL)
        recipe_set_seed(&c->recipe, json, c->settings.seed);
    dc_json_free(json);
    return status;
}

/* Before the data are opened and a teacher is asked about all of them. */
static dc_status open_run(compression *c, const dc_data_settings *data)
{
    const dc_compress_settings *s = &c->settings;
    dc_run_settings settings = { .seed = s->seed, .on_news = s->on_news, .payload = s->payload,
                                 .write = { .level = DC_LEVEL_CODED,
                                            .decode_speed = DC_USUAL_DECODE_SPEED } };
    dc_write_allow(&settings.write, 0);
    if (data->data != NULL) {
        settings.data = data;
        settings.teacher = c->teacher != NULL ? c->teacher : c->dense;
        settings.is_taught = data->teacher != NULL;
        settings.recipe = s->recipe != NULL ? &c->recipe : NULL;
        settings.compress = s;
    }
    if (data->data != NULL && !c->is_dry) {
        settings.work_folder = dc_work_folder(c->output, c->arena);
        settings.is_resumed = s->resume.is_resumed;
        settings.may_restart = c->may_replace;
        settings.on_folder = s->on_folder;
        settings.checkpoint_seconds = s->resume.checkpoint_seconds;
        DC_TRY(c->arena->status);
    }
    return dc_run_open(&c->run, &c->input, &settings, c->arena);
}

/* A dry run asks the teacher about a few samples only. */
static dc_status open_data(compression *c, const dc_data_settings *data)
{
    const dc_run_settings *asked = &c->run->settings;
    DC_TRY(dc_datasets_open(&c->sets, data, c->run->model,
                            asked->is_taught && !c->is_dry ? asked->teacher : NULL));
    DC_TRY(dc_run_set_data(c->run, &c->sets));
    c->has_data = true;
    if (asked->is_taught && c->is_own_teacher && c->sets.is_taught && c->settings.max_drop < 0)
        return dc_fail(DC_EINPUT, "'--max-drop' below 0 cannot be met: the data have no labels, "
                                  "and more than all of its answers no network keeps");
    if (!isnan(c->settings.max_drop) && !amount_is_labelled(c->run, c->sets.test))
        return dc_fail(DC_EINPUT, "'--max-drop' cannot be certified: the data have no labels");
    if (!isnan(c->settings.max_divergence) && !amount_is_labelled(c->run, c->sets.test))
        return dc_fail(DC_EINPUT, "'--max-divergence' cannot be certified: the data have no labels "
                                  "and there is no teacher");
    return DC_OK;
}

static dc_status start(compression *c, const char *input, const dc_data_settings *data)
{
    const char **layers = NULL;
    DC_TRY(dc_model_read(&c->input, input, DC_READ_DENSE, 0, NULL, c->arena));
    const uint32_t n_layers = dc_model_layers(&layers, c->input, c->arena);
    DC_TRY(c->arena->status);
    if (n_layers == 0 && c->settings.recipe == NULL)
        return dc_fail(DC_EINPUT, "the model has no weights to compress");
    if (c->settings.recipe != NULL)
        DC_TRY(read_recipe(c));
    if (data->data != NULL)
        DC_TRY(find_teacher(c, data->teacher));
    DC_TRY(open_run(c, data));
    return data->data != NULL ? open_data(c, data) : DC_OK;
}

static bool is_judged(const compression *c)
{
    return c->has_data && amount_is_labelled(c->run, c->sets.validation);
}

static bool is_certified(const compression *c)
{
    return c->has_data && amount_is_labelled(c->run, c->sets.test);
}

/* Samples of a batch of the first stage that trains. */
static uint32_t batch_of(const dc_recipe *recipe)
{
    for (uint32_t i = 0; i < recipe->n_steps; i++) {
        const dc_field *field = dc_field_find(recipe->steps[i].fields, "batch");
        if (field != NULL)
            return *(const uint32_t *)(const void *)((const char *)recipe->steps[i].settings +
                                                     field->offset);
    }
    return dc_train_defaults().batch_size;
}

static double points_of_one(const dc_source *source)
{
    return 100.0 / (double)DC_MAX(source->n_samples, 1);
}

/* What is demanded in the end; a demand that a part is too coarse for is still held to. */
static void settle_demands(compression *c)
{
    dc_compress_settings *s = &c->settings;
    const dc_datasets *sets = &c->sets;
    const bool is_measured = is_judged(c) && is_certified(c);
    if (isnan(s->max_drop) && s->recipe == NULL && s->max_bytes == 0 && is_measured &&
        !c->is_own_teacher)
        s->max_drop = DEFAULT_DROP;
    if (isnan(s->max_drop) || !is_measured)
        return;
    const double points = fabs(s->max_drop), of_validation = points_of_one(sets->validation),
                 of_test = points_of_one(sets->test);
    if (points > 0 && points < DC_MAX(of_validation, of_test))
        dc_warn(
            "a drop of %g is less than one sample: 1 of %llu validation samples is %.3g points, "
            "1 of %llu test samples %.3g",
            points, (unsigned long long)sets->validation->n_samples, of_validation,
            (unsigned long long)sets->test->n_samples, of_test);
}

/* The stages, the model validated before and after them, and both models on the test part. */
static dc_status plan(compression *c)
{
    settle_demands(c);
    dc_forecast *f = &c->forecast;
    const dc_amount test = { .n_run = is_certified(c) ? (double)c->sets.test->n_samples : 0 };
    if (c->settings.recipe != NULL) {
        f->phases = dc_arena_take(c->arena, c->recipe.n_steps, sizeof *f->phases);
        DC_TRY(c->arena->status);
        forecast_add_steps(f, c->run, &c->recipe);
        f->amount = amount_of_recipe(c->run, &c->recipe);
        c->batch_size = batch_of(&c->recipe);
    } else if (is_judged(c) && c->is_own_teacher) {
        f->amount = compress_self_amount(c->run);
        c->batch_size = c->run->settings.batch_size;
    } else if (is_judged(c)) {
        DC_TRY(compress_rate_forecast(f, &c->batch_size, c->run, &c->settings));
    } else {
        f->amount.n_run = BLIND_WORK + 1;
    }
    f->amount = amount_add(amount_add(f->amount, 2, amount_of_validation(c->run)), 2, test);
    if (c->has_data) {
        f->n_train = c->sets.train->n_samples;
        f->n_validation = c->sets.validation->n_samples;
        f->n_test = c->sets.test->n_samples;
    }
    return DC_OK;
}

/* Before long work: one line. Measuring takes a moment, so not where nobody reads it. */
static dc_status report_forecast(compression *c)
{
    dc_forecast *f = &c->forecast;
    const dc_compress_settings *s = &c->settings;
    if (s->on_news == NULL || s->resume.is_resumed || !is_judged(c) || f->amount.n_trained < 1 ||
        forecast_is_short(f, c->run))
        return DC_OK;
    DC_TRY(forecast_measure(f, c->run, c->batch_size));
    if (f->seconds < LONG_SECONDS)
        return DC_OK;
    const char *text = dc_arena_print(c->arena, "%.0f epoch%s of %llu sample%s: %s",
                                      f->amount.n_epochs, dc_plural((uint64_t)f->amount.n_epochs),
                                      (unsigned long long)f->n_train, dc_plural(f->n_train),
                                      dc_forecast_time_text(f, c->arena));
    s->on_news(s->payload, false, text);
    return c->arena->status;
}

static dc_status validate(dc_score *out, compression *c)
{
    const unsigned mark = dc_work_enter(amount_of_validation(c->run).n_run, "%s", "");
    DC_TRY(dc_run_validate(out, c->run));
    dc_work_leave(mark);
    return DC_OK;
}

static dc_status make_small(compression *c, dc_compress_result *out)
{
    if (is_judged(c))
        DC_TRY(validate(&out->validation_before, c));
    if (c->settings.recipe != NULL)
        DC_TRY(dc_run_recipe(c->run, &c->recipe));
    else if (is_judged(c))
        DC_TRY((c->is_own_teacher ? compress_self : compress_rate)(c->run, &c->settings,
                                                                   &out->validation_before));
    else
        DC_TRY(compress_blind(&out->blind, c->run, &c->settings));
    if (is_judged(c))
        DC_TRY(validate(&out->validation_after, c));
    else if (c->settings.recipe != NULL)
        dc_warn("no labelled data: the accuracy was not certified");
    return DC_OK;
}

static dc_status test(dc_eval_result *out, const compression *c, const dc_model *model,
                      const dc_model *against)
{
    const dc_eval_settings settings = { .batch_size = c->run->settings.batch_size,
                                        .against = against };
    const unsigned mark = dc_work_enter((double)c->sets.test->n_samples, "%s", "");
    DC_TRY(dc_eval_model(out, model, c->sets.test, &settings));
    dc_work_leave(mark);
    return DC_OK;
}

/* Accuracy of the input and of the file that was written, on the test split. */
static dc_status certify(compression *c, dc_compress_result *out)
{
    dc_model *written;
    if (!is_certified(c))
        return DC_OK;
    DC_TRY(test(&out->before, c, c->dense, NULL));
    DC_TRY(dc_model_read(&written, c->output, DC_READ_DENSE, dc_memory_limit_bytes(), NULL,
                         c->arena));
    const dc_status status = test(&out->after, c, written, c->dense);
    dc_model_free(written);
    out->has_accuracy = status == DC_OK;
    out->is_taught = c->sets.is_taught;
    if (out->is_taught) /* its answers are no labels */
        out->after.against.top1_gain = out->after.against.loss_rise = (dc_measure){ NAN, NAN, NAN };
    return status;
}

static void judge_demands(dc_compress_result *out, const dc_compress_settings *settings)
{
    const double drop = out->before.top1 - out->after.top1;
    out->max_drop = settings->max_drop + 0.0; /* -0 is 0 */
    out->is_within_bytes =
        settings->max_bytes == 0 || out->ledger.file_bytes <= settings->max_bytes;
    out->max_divergence = settings->max_divergence;
    out->is_within_divergence =
        isnan(settings->max_divergence) ||
        (out->has_accuracy && out->after.against.divergence.mean <= settings->max_divergence);
    out->is_within_drop =
        isnan(settings->max_drop) || (out->has_accuracy && drop <= settings->max_drop + 1e-9);
}

static dc_status run_all(compression *c, dc_compress_result *out)
{
    if (c->settings.curve != NULL && !is_judged(c))
        return dc_fail(DC_EINPUT, "'--curve' needs samples with labels, or a teacher (--teacher)");
    c->run->curve_folder = c->settings.curve;
    DC_TRY(curve_begin(c->run, c->may_replace));
    DC_TRY(make_small(c, out));
    c->run->write.is_stripped = c->run->write.is_stripped || c->settings.is_stripped;
    DC_TRY(dc_model_write(c->output, c->run->model, &c->run->write, c->may_replace, &out->ledger,
                          c->arena));
    DC_TRY(certify(c, out));
    DC_TRY(curve_take(&out->curve, &out->n_curve, c->run, c->arena));
    judge_demands(out, &c->settings);
    out->ratio = (double)out->ledger.reference_bytes / (double)out->ledger.file_bytes;
    if (!c->settings.resume.keeps_checkpoints)
        dc_run_clean(c->run);
    return DC_OK;
}

static dc_status run_whole(compression *c, dc_compress_result *out)
{
    DC_TRY(plan(c));
    DC_TRY(report_forecast(c));
    const unsigned mark = dc_work_enter(amount_work(c->run, c->forecast.amount), "compress");
    const dc_status status = run_all(c, out);
    dc_work_leave(mark);
    return status;
}

static dc_status check_demands(const dc_compress_settings *settings, const dc_data_settings *data)
{
    if (settings->curve != NULL && (settings->recipe != NULL || data->data == NULL))
        return dc_fail(DC_EINPUT, "'--curve' is of the default chain with data");
    if (!isnan(settings->max_drop) && data->data == NULL)
        return dc_fail(DC_EINPUT, "'--max-drop' cannot be certified without data (--data)");
    if (!isnan(settings->max_divergence) && data->data == NULL)
        return dc_fail(DC_EINPUT, "'--max-divergence' cannot be certified without data (--data)");
    if (!isnan(settings->max_divergence) && settings->recipe == NULL && !is_self(data->teacher))
        return dc_fail(DC_EINPUT, "'--max-divergence' is for networks that stay what they are "
                                  "(--teacher self), or with a recipe");
    if (data->teacher != NULL && data->data == NULL)
        return dc_fail(DC_EINPUT, "a teacher needs samples to teach with (--data)");
    return DC_OK;
}

static void finish(compression *c)
{
    dc_run_close(c->run);
    dc_model_free(c->input);
    dc_model_free(c->dense);
    dc_model_free(c->teacher);
    dc_datasets_close(&c->sets);
}

dc_status dc_compress(dc_compress_result *out, const char *input, const char *output,
                      bool may_replace, const dc_data_settings *data,
                      const dc_compress_settings *settings, dc_arena *arena)
{
    const double started = dc_clock_seconds();
    compression c = { .settings = *settings, .output = output, .may_replace = may_replace,
                      .arena = arena };
    *out = (dc_compress_result){ 0 };
    DC_TRY(check_demands(settings, data));
    dc_status status = start(&c, input, data);
    if (status == DC_OK)
        status = run_whole(&c, out);
    finish(&c);
    out->seconds = dc_clock_seconds() - started;
    return status;
}

/* ---- a dry run ------------------------------------------------------------------------------ */

static dc_status foresee(compression *c)
{
    const bool has_own_labels = c->has_data && c->sets.train->is_labelled;
    DC_TRY(plan(c));
    c->sets.is_taught = c->run->settings.is_taught; /* but nobody was asked yet */
    if (c->settings.recipe != NULL)
        DC_TRY(dc_recipe_check(&c->recipe, c->run->model, c->run->data, c->arena));
    if (!is_judged(c))
        return DC_OK;
    dc_forecast *f = &c->forecast;
    if (!has_own_labels) /* the teacher is asked for all of them */
        f->amount.n_run += (double)(f->n_train + f->n_validation + f->n_test);
    return forecast_measure(f, c->run, c->batch_size);
}

dc_status dc_compress_forecast(dc_forecast *out, const char *input, const dc_data_settings *data,
                               const dc_compress_settings *settings, dc_arena *arena)
{
    dc_data_settings kept = *data;
    compression c = { .settings = *settings, .is_dry = true, .arena = arena };
    kept.dump_input = NULL;
    DC_TRY(check_demands(settings, data));
    dc_status status = start(&c, input, &kept);
    if (status == DC_OK)
        status = foresee(&c);
    finish(&c);
    *out = c.forecast;
    return status;
}
