/* SPDX-License-Identifier: MIT
 *
 * How long a run will take, by trying: a copy of the model is trained and run on one batch of the
 * real samples, again and again for a moment, the first time uncounted. What that gives is times of
 * this machine as busy as it is now; stages that do not train are counted by a rough time a weight.
 */
#include "run_internal.h"

#include <math.h>

#define TRIAL_SECONDS 0.3
#define MAX_TRIALS 64
#define WEIGHT_SECONDS 1e-7      /* of pruning, sharing and encoding one weight in a stage */
#define MODEL_COPIES 3           /* the best epoch's, the best candidates                  */
#define SHORT_PRODUCTS 2e10      /* of all samples: seconds on any machine                 */

void forecast_add_steps(dc_forecast *out, const dc_run *run, const dc_recipe *recipe)
{
    for (uint32_t i = 0; i < recipe->n_steps; i++)
        out->phases[out->n_phases++] = (dc_phase){ recipe->steps[i].stage->name,
                                                   amount_of_step(run, &recipe->steps[i]) };
}

bool forecast_is_short(const dc_forecast *forecast, const dc_run *run)
{
    const double n_products = amount_products(run->model);
    const double n_weights = (double)dc_model_n_values(run->model) * forecast->n_phases;
    return amount_work(run, forecast->amount) * n_products < SHORT_PRODUCTS &&
           n_weights * WEIGHT_SECONDS < TRIAL_SECONDS;
}

/* ---- trials --------------------------------------------------------------------------------- */

typedef struct trial {
    const dc_run *run;
    dc_model *model; /* a copy */
    dc_source *batch, *labelled;
    dc_trainer *trainer;
} trial;

static dc_status train_once(trial *t)
{
    dc_epoch_stats stats;
    return dc_trainer_epoch(&stats, t->trainer);
}

static dc_status run_once(trial *t)
{
    dc_score score;
    return dc_evaluate(&score, t->model, t->labelled, (uint32_t)t->labelled->n_samples,
                       DC_PRECISION_F32);
}

/* Samples a second of one of the two. */
static dc_status measure(double *per_second, trial *t, dc_status (*once)(trial *t))
{
    double first = dc_clock_seconds();
    DC_TRY(once(t));
    double now = dc_clock_seconds();
    uint32_t n = 1;
    if (now - first < TRIAL_SECONDS) { /* else that will do */
        first = now;
        for (n = 0; n < MAX_TRIALS && now - first < TRIAL_SECONDS; n++) {
            DC_TRY(once(t));
            now = dc_clock_seconds();
        }
    }
    *per_second = (double)t->labelled->n_samples * n / DC_MAX(now - first, 1e-9);
    return DC_OK;
}

static dc_status prepare(trial *t, uint32_t batch_size)
{
    const dc_run *run = t->run;
    const dc_source *train = run->data->train;
    dc_train_settings settings = dc_train_defaults();
    settings.batch_size = (uint32_t)DC_MIN((uint64_t)batch_size, train->n_samples);
    settings.n_epochs = 1;
    settings.teacher_weight = run->settings.is_taught ? 1 : 0;
    DC_TRY(dc_model_copy(&t->model, run->model));
    DC_TRY(dc_source_part(&t->batch, train, 0, settings.batch_size, 0));
    t->labelled = t->batch;
    if (!t->batch->is_labelled)
        DC_TRY(dc_source_taught(&t->labelled, t->batch, run->settings.teacher,
                                settings.batch_size));
    const dc_train_hooks hooks = { 1, &dc_centroid_hook };
    return dc_trainer_new(&t->trainer, t->model, t->labelled, &settings, &hooks,
                          run->settings.is_taught ? run->settings.teacher : NULL);
}

static dc_status try_out(dc_forecast *out, trial *t, uint32_t batch_size)
{
    DC_TRY(prepare(t, batch_size));
    DC_TRY(measure(&out->train_per_second, t, train_once));
    DC_TRY(measure(&out->run_per_second, t, run_once));
    out->memory_bytes = dc_peak_memory_bytes() +
                        MODEL_COPIES * sizeof(float) * dc_model_n_values(t->model);
    return DC_OK;
}

static double seconds_of(const dc_forecast *f, const dc_run *run)
{
    return f->amount.n_trained / f->train_per_second + f->amount.n_run / f->run_per_second +
           f->n_phases * WEIGHT_SECONDS * (double)dc_model_n_values(run->model);
}

dc_status forecast_measure(dc_forecast *out, const dc_run *run, uint32_t batch_size)
{
    trial t = { .run = run };
    const unsigned mark = dc_work_enter(1, "forecast");
    const dc_status status = try_out(out, &t, batch_size);
    dc_work_leave(mark);
    dc_trainer_free(t.trainer);
    if (t.labelled != t.batch)
        dc_source_close(t.labelled);
    dc_source_close(t.batch);
    dc_model_free(t.model);
    if (status == DC_OK)
        out->seconds = seconds_of(out, run);
    return status;
}

const char *dc_forecast_time_text(const dc_forecast *forecast, dc_arena *arena)
{
    static const struct {
        double seconds, below;
        const char *name;
    } units[] = { { 1, 100, "s" }, { 60, 6000, "min" }, { 3600, INFINITY, "h" } };
    size_t i = 0;
    while (forecast->seconds >= units[i].below)
        i++;
    const double n = DC_MAX(forecast->seconds, 1) / units[i].seconds;
    return dc_arena_print(arena, n < 9.95 ? "about %.2g %s" : "about %.0f %s", n, units[i].name);
}
