/* SPDX-License-Identifier: MIT
 *
 * train: weights are drawn anew and trained. retrain: what is there is trained on; pruned weights
 * stay zero [DC 2], shared ones move through their centroids [DC 3.3] and are then rounded again.
 */
#include "stage_settings.h"

typedef struct train_settings {
    fit_settings fit;
    uint32_t init; /* dc_init */
} train_settings;

static const dc_field init_fields[] = {
    { .name = "init", .kind = DC_FIELD_CHOICE, .offset = offsetof(train_settings, init),
      .choices = "xavier|he", .help = "initial weights" },
    { 0 },
};

static void train_defaults(void *settings)
{
    train_settings *s = settings;
    *s = (train_settings){ .fit = fit_defaults() };
}

static dc_status check_train(const void *settings, const dc_model *model, const dc_datasets *data)
{
    (void)model;
    return fit_check(&((const train_settings *)settings)->fit, data);
}

static dc_status run_train(dc_run *run, const void *settings)
{
    const train_settings *s = settings;
    bool found;
    uint32_t phase;
    DC_TRY(checkpoint_take_model(&found, &phase, run));
    if (!found)
        dc_model_init(run->model, (dc_init)s->init, s->fit.train.seed);
    return fit_model(run, &s->fit, true);
}

static dc_amount train_amount(const dc_run *run, const void *settings)
{
    return fit_amount(run, &((const train_settings *)settings)->fit, true);
}

const dc_stage dc_stage_train = {
    .name = "train",
    .needs_data = true,
    .settings_bytes = sizeof(train_settings),
    .set_defaults = train_defaults,
    .parts = { FIT_PARTS(offsetof(train_settings, fit)), { init_fields, 0 }, { NULL, 0 } },
    .check = check_train,
    .run = run_train,
    .amount = train_amount,
};

static void retrain_defaults(void *settings)
{
    retrain_settings *s = settings;
    *s = (retrain_settings){ .fit = fit_defaults(), .codebook = DC_NUMBER_AUTO };
    s->fit.train.learning_rate = 1e-3; /* a tenth of training's [NIPS15] */
    s->fit.train.n_epochs = 5;
}

static dc_status check_retrain(const void *settings, const dc_model *model,
                               const dc_datasets *data)
{
    (void)model;
    return fit_check(&((const retrain_settings *)settings)->fit, data);
}

static dc_status run_retrain(dc_run *run, const void *settings)
{
    const retrain_settings *s = settings;
    bool found;
    uint32_t phase;
    DC_TRY(checkpoint_take_model(&found, &phase, run));
    DC_TRY(fit_model(run, &s->fit, false));
    return fit_round(run, (dc_number)s->codebook);
}

static dc_amount retrain_amount(const dc_run *run, const void *settings)
{
    return fit_amount(run, &((const retrain_settings *)settings)->fit, false);
}

const dc_stage dc_stage_retrain = {
    .name = "retrain",
    .needs_data = true,
    .settings_bytes = sizeof(retrain_settings),
    .set_defaults = retrain_defaults,
    .parts = { FIT_PARTS(offsetof(retrain_settings, fit)),
               { codebook_fields, offsetof(retrain_settings, codebook) },
               { NULL, 0 } },
    .check = check_retrain,
    .run = run_retrain,
    .amount = retrain_amount,
};
