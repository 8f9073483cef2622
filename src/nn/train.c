/* SPDX-License-Identifier: MIT
 *
 * The training loop. A step is what `step` says; everything it needs was made in dc_trainer_new.
 * The order of samples is a permutation by (seed, epoch).
 *
 * All steps have the net's batch size. A last short batch is filled up with samples of its own, in
 * turn, whose gradient is zero: the gradient is exactly the short batch's (batch norm's statistics
 * are then of the filled batch).
 *
 * Rates: cosine falls from 1 to final_rate_share over n_epochs, step by step; warmup multiplies by
 * the share of it that is over, counting the running step.
 */
#include "train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#ifndef M_PI
#define M_PI 3.14159265358979323846
#endif

double dc_train_rate(const dc_train_settings *settings, uint64_t step, uint64_t n_steps_per_epoch)
{
    const double epoch = (double)step / (double)n_steps_per_epoch;
    double rate = settings->learning_rate;
    if (settings->schedule == DC_SCHEDULE_STEP) {
        rate *= pow(settings->step_factor, floor(epoch / settings->step_epochs));
    } else if (settings->schedule == DC_SCHEDULE_COSINE) {
        const double done = settings->n_epochs > 0 ? DC_MIN(epoch / settings->n_epochs, 1.0) : 1.0;
        const double last = settings->final_rate_share;
        rate *= last + (1 - last) * 0.5 * (1 + cos(M_PI * done));
    }
    const double warmup_steps = settings->warmup_epochs * (double)n_steps_per_epoch;
    if ((double)step < warmup_steps)
        rate *= DC_MIN((double)(step + 1) / warmup_steps, 1.0);
    return rate;
}

/* ---- making one ---- */

static uint32_t ranks_of(const dc_train_settings *settings)
{
    return DC_MAX(settings->n_ranks, 1u);
}

static dc_status check_ranks(const dc_train_settings *settings, const dc_source *source)
{
    const uint32_t n = ranks_of(settings);
    if (settings->batch_size % n != 0)
        return dc_fail(DC_EINPUT, "a batch of %u samples cannot be divided among %u ranks",
                       (unsigned)settings->batch_size, (unsigned)n);
    if (source->n_samples < n)
        return dc_fail(DC_EINPUT, "%u ranks are more than there are samples in '%s' (%llu)",
                       (unsigned)n, source->text, (unsigned long long)source->n_samples);
    return DC_OK;
}

static dc_status check(const dc_model *model, const dc_source *source,
                       const dc_train_settings *settings, const dc_model *teacher)
{
    dc_head head;
    if (!source->is_labelled)
        return dc_fail(DC_EINPUT, "training needs labels, '%s' has none", source->text);
    DC_TRY(dc_source_check(source));
    if (!dc_shape_equal(&source->shape, &model->nodes[0].shape))
        return dc_fail(DC_EINPUT, "samples of '%s' have another shape than the model's input",
                       source->text);
    if (settings->batch_size == 0)
        return dc_fail(DC_EINPUT, "a batch of 0 samples");
    DC_TRY(check_ranks(settings, source));
    DC_TRY(dc_model_head_of(&head, model, dc_source_steps(source)));
    if (!teacher)
        return DC_OK;
    const dc_head its = dc_model_head(teacher);
    if (its.n_outputs != head.n_outputs * head.n_steps ||
        !dc_shape_equal(&teacher->nodes[0].shape, &model->nodes[0].shape))
        return dc_fail(DC_EINPUT, "the teacher's input and outputs are not the model's");
    if ((its.kind == DC_HEAD_SIGMOID) != (head.kind == DC_HEAD_SIGMOID))
        return dc_fail(DC_EINPUT, "one of teacher and model ends in a sigmoid, the other does not");
    return DC_OK;
}

static dc_status check_rates(const dc_model *model, const dc_rules *rates)
{
    dc_arena arena = { 0 };
    const char **layers;
    const uint32_t n = dc_model_layers(&layers, model, &arena);
    const dc_status status = arena.status < 0 ? arena.status : dc_rules_check(rates, layers, n);
    dc_arena_clear(&arena);
    return status;
}

static dc_status compile(dc_net **out, const dc_model *model, const dc_train_settings *settings,
                         bool is_training)
{
    const dc_net_settings wanted = {
        .batch_size = settings->batch_size,
        .is_training = is_training,
        .precision = (dc_precision)settings->precision,
        .output = dc_model_head(model).logits,
    };
    DC_TRY(dc_executor_check(dc_executor_pick(), wanted.precision));
    return dc_net_compile(out, model, &wanted);
}

/* What lasts from training to training. */
static dc_status make(dc_trainer *trainer)
{
    const dc_train_settings *settings = &trainer->settings;
    const dc_model *teacher = trainer->teacher_model;
    DC_TRY(compile(&trainer->net, trainer->model, settings, true));
    trainer->n_values = dc_model_n_values(trainer->model);
    if (teacher && settings->teacher_weight > 0) {
        DC_TRY(compile(&trainer->teacher, teacher, settings, false));
        DC_TRY(dc_net_load(trainer->teacher, teacher));
    }
    if (trainer->teacher)
        trainer->teacher_state = dc_arena_take(
            &trainer->arena, settings->batch_size * trainer->teacher->n_carried, sizeof(float));
    if (trainer->teacher)
        trainer->answers = dc_arena_take(
            &trainer->arena, settings->batch_size * (uint64_t)trainer->teacher->n_outputs,
            sizeof(float));
    trainer->x = dc_arena_take(&trainer->arena,
                               settings->batch_size * dc_shape_count(&trainer->source->shape),
                               sizeof(float));
    trainer->lengths =
        dc_arena_take(&trainer->arena, settings->batch_size, sizeof *trainer->lengths);
    return trainer->arena.status;
}

/* A training from the model's present values. */
static dc_status begin(dc_trainer *trainer)
{
    const dc_train_settings *settings = &trainer->settings;
    trainer->n_epochs_done = 0;
    trainer->loss = (dc_loss){
        .n_outputs = trainer->net->n_outputs / dc_source_steps(trainer->source),
        .is_sigmoid = dc_model_head(trainer->model).kind == DC_HEAD_SIGMOID,
        .smoothing = settings->label_smoothing,
        .teacher_weight = settings->teacher_weight > 0 ? settings->teacher_weight : 0,
        .temperature = settings->teacher_temperature > 0 ? settings->teacher_temperature : 1,
    };
    DC_TRY(dc_net_load(trainer->net, trainer->model));
    dc_net_seed(trainer->net, settings->rank > 0 ? dc_hash64(settings->seed, &settings->rank,
                                                             sizeof settings->rank)
                                                 : settings->seed);
    dc_train_dropout(trainer->net->ratios, trainer->model, settings->dropout_share);
    return dc_trained_make(trainer);
}

/* This rank's part of a batch, which is of no more samples than there are. */
static uint32_t part_of_batch(const dc_train_settings *settings, const dc_source *source)
{
    const uint32_t n_ranks = ranks_of(settings);
    const uint64_t n = DC_MIN((uint64_t)settings->batch_size, source->n_samples);
    return (uint32_t)((n + n_ranks - 1) / n_ranks);
}

static void take_settings(dc_trainer *trainer, const dc_train_settings *settings)
{
    trainer->settings = *settings;
    trainer->settings.batch_size = part_of_batch(settings, trainer->source);
}

static dc_status start(dc_trainer *trainer)
{
    DC_TRY(make(trainer));
    return begin(trainer);
}

dc_status dc_trainer_new(dc_trainer **out, dc_model *model, const dc_source *source,
                         const dc_train_settings *settings, const dc_train_hooks *hooks,
                         const dc_model *teacher)
{
    DC_TRY(check(model, source, settings, teacher));
    DC_TRY(check_rates(model, &settings->rate_scale));
    dc_arena arena = { 0 };
    dc_trainer *trainer = dc_arena_take(&arena, 1, sizeof *trainer);
    DC_TRY(arena.status);
    trainer->arena = arena;
    trainer->model = model;
    trainer->source = source;
    trainer->teacher_model = teacher;
    trainer->hooks = hooks ? *hooks : (dc_train_hooks){ 0 };
    take_settings(trainer, settings);
    const dc_status status = start(trainer);
    if (status < 0) {
        dc_trainer_free(trainer);
        return status;
    }
    *out = trainer;
    return DC_OK;
}

/* What the nets and the sample buffer depend on. */
static bool is_compiled_for(const dc_trainer *trainer, const dc_train_settings *settings)
{
    const uint32_t batch_size = part_of_batch(settings, trainer->source);
    const bool is_taught = trainer->teacher_model && settings->teacher_weight > 0;
    return batch_size == trainer->settings.batch_size &&
           settings->precision == trainer->settings.precision &&
           is_taught == (trainer->teacher != NULL) &&
           dc_model_n_values(trainer->model) == trainer->n_values;
}

dc_status dc_trainer_renew(dc_trainer *trainer, const dc_train_settings *settings)
{
    if (!is_compiled_for(trainer, settings))
        return dc_fail(DC_EINPUT, "the trainer is of another shape, batch size or precision, or "
                                  "has no teacher");
    DC_TRY(check_rates(trainer->model, &settings->rate_scale));
    take_settings(trainer, settings);
    return begin(trainer);
}

void dc_trainer_free(dc_trainer *trainer)
{
    if (!trainer)
        return;
    if (trainer->net)
        trainer->net->executor->free(trainer->net);
    if (trainer->teacher)
        trainer->teacher->executor->free(trainer->teacher);
    dc_arena_clear(&trainer->state);
    dc_arena arena = trainer->arena; /* the trainer itself lies in it */
    dc_arena_clear(&arena);
}

/* ---- an epoch ---- */

/* The batch, or for a short one a full batch that repeats it. */
static void give_batch(dc_trainer *trainer, const dc_batch *batch)
{
    const uint64_t n_values = dc_shape_count(&trainer->source->shape);
    const uint32_t *lengths = batch->target.lengths, n = trainer->settings.batch_size;
    trainer->net->x = batch->x;
    trainer->net->lengths = lengths;
    trainer->net->state = batch->state;
    if (batch->n == n)
        return;
    for (uint32_t i = 0; i < n; i++)
        memcpy(trainer->x + i * n_values, batch->x + i % batch->n * n_values,
               n_values * sizeof(float));
    for (uint32_t i = 0; lengths != NULL && i < n; i++)
        trainer->lengths[i] = lengths[i % batch->n];
    trainer->net->x = trainer->x;
    trainer->net->lengths = lengths != NULL ? trainer->lengths : NULL;
}

/* Copies all of a batch's answers, or none. */
static bool recall(dc_trainer *trainer, const dc_batch *batch)
{
    const dc_answers *a = trainer->settings.answers;
    if (a == NULL)
        return false;
    const uint64_t first = trainer->n_epochs_done % a->n_epochs * a->n_samples;
    for (uint32_t i = 0; i < batch->n; i++)
        if (!a->is_known[first + batch->indices[i]])
            return false;
    for (uint32_t i = 0; i < batch->n; i++)
        memcpy(trainer->answers + (uint64_t)i * a->n_outputs,
               a->outputs + (first + batch->indices[i]) * a->n_outputs,
               a->n_outputs * sizeof(float));
    return true;
}

static void remember(const dc_trainer *trainer, const dc_batch *batch)
{
    const dc_answers *a = trainer->settings.answers;
    for (uint32_t i = 0; a != NULL && i < batch->n; i++) {
        const uint64_t at =
            trainer->n_epochs_done % a->n_epochs * a->n_samples + batch->indices[i];
        memcpy(a->outputs + at * a->n_outputs,
               trainer->teacher->logits + (uint64_t)i * a->n_outputs,
               a->n_outputs * sizeof(float));
        a->is_known[at] = 1;
    }
}

static dc_status teach(const float **logits, dc_trainer *trainer, const dc_batch *batch)
{
    *logits = NULL;
    if (!trainer->teacher)
        return DC_OK;
    *logits = trainer->answers;
    if (recall(trainer, batch))
        return DC_OK;
    trainer->teacher->x = trainer->net->x;
    trainer->teacher->lengths = trainer->net->lengths;
    trainer->teacher->state = batch->state != NULL ? trainer->teacher_state : NULL;
    DC_TRY(trainer->teacher->executor->forward(trainer->teacher, 0));
    *logits = trainer->teacher->logits;
    remember(trainer, batch);
    return DC_OK;
}

static dc_status fail_lost(const dc_trainer *trainer, const char *what)
{
    return dc_fail(DC_EDIVERGED, "%s no longer finite in epoch %u; a lower learning rate may help",
                   what, (unsigned)trainer->n_epochs_done + 1);
}

static dc_status forward(dc_trainer *trainer, const dc_batch *batch)
{
    dc_net *net = trainer->net;
    give_batch(trainer, batch);
    return net->executor->forward(net, trainer->trained.n_steps);
}

/* A loss fails by a label that is no class: says of which sample. */
static dc_status blame_label(const dc_trainer *trainer, const dc_batch *batch, dc_status status)
{
    const dc_target *target = &batch->target;
    const uint64_t n_steps = target->n_steps;
    for (uint64_t row = 0; status < 0 && row < batch->n * n_steps; row++)
        if (row % n_steps < dc_target_length(target, (uint32_t)(row / n_steps)) &&
            dc_label_check(target->classes[row], dc_loss_n_classes(&trainer->loss)) < 0)
            return dc_source_blame(trainer->source, batch->indices[row / n_steps], status);
    return status;
}

/* The loss, and its gradient, which is 0 for what only fills the batch up. */
static dc_status lose(dc_trainer *trainer, dc_tally *tally, const dc_batch *batch)
{
    dc_net *net = trainer->net;
    const float *teacher = NULL;
    DC_TRY(teach(&teacher, trainer, batch));
    const dc_status status = dc_loss_add(tally, &trainer->loss, batch->n, net->logits,
                                         &batch->target, teacher, net->d_logits);
    DC_TRY(blame_label(trainer, batch, status));
    const uint64_t n_filled = trainer->settings.batch_size - batch->n;
    memset(net->d_logits + (uint64_t)batch->n * net->n_outputs, 0,
           n_filled * net->n_outputs * sizeof(float));
    return isfinite(tally->loss) ? DC_OK : fail_lost(trainer, "the loss is");
}

/* Not all layers show in the loss that they are lost: a ReLU may make 0 of a NaN. */
static dc_status settle(dc_trainer *trainer)
{
    trainer->net->executor->changed(trainer->net);
    trainer->trained.n_steps++;
    return trainer->optim.is_lost ? fail_lost(trainer, "the weights are") : DC_OK;
}

static uint64_t answers_of(const dc_batch *batch)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < batch->n; i++)
        n += dc_target_length(&batch->target, i);
    return n;
}

/* Of a rank that has no sample left, while others have. */
static dc_status give_nothing(dc_trainer *trainer)
{
    for (uint32_t i = 0; i < trainer->trained.n_params; i++)
        if (trainer->trained.params[i].n > 0)
            memset(trainer->trained.params[i].dw, 0,
                   trainer->trained.params[i].n * sizeof(float));
    return DC_OK;
}

static dc_status find_gradients(dc_trainer *trainer, dc_tally *tally, const dc_batch *batch)
{
    trainer->trained.n_answers = answers_of(batch);
    if (batch->n == 0)
        return give_nothing(trainer);
    DC_TRY(forward(trainer, batch));
    DC_TRY(lose(trainer, tally, batch));
    return trainer->net->executor->backward(trainer->net);
}

static dc_status step(dc_trainer *trainer, dc_tally *tally, const dc_batch *batch, double rate)
{
    trainer->trained.learning_rate = rate;
    DC_TRY(find_gradients(trainer, tally, batch));
    DC_TRY(dc_trained_after_backward(trainer));
    if (trainer->trained.n_answers == 0)
        return DC_OK;
    dc_optim_step(&trainer->optim, rate);
    DC_TRY(dc_trained_after_update(trainer));
    return settle(trainer);
}

/* `n_seen` counts what could not be read, too. */
static void report_progress(const dc_trainer *trainer, uint64_t n_seen, const dc_tally *tally)
{
    char label[64], extra[64];
    snprintf(label, sizeof label, "epoch %u/%u", (unsigned)trainer->n_epochs_done + 1,
             (unsigned)trainer->settings.n_epochs);
    dc_print(extra, sizeof extra, "loss %.4g", tally->n > 0 ? tally->loss / (double)tally->n : 0.0);
    dc_progress(label, n_seen, trainer->source->n_samples, extra);
}

/* Several ranks take the same number of steps, whatever each of them could read. */
static dc_status all_batches(dc_epoch_stats *stats, dc_trainer *trainer, dc_loader *loader)
{
    const uint64_t n_samples = trainer->source->n_samples, n_ranks = ranks_of(&trainer->settings);
    const uint64_t batch_size = trainer->settings.batch_size * n_ranks;
    const uint64_t n_steps = (n_samples + batch_size - 1) / batch_size;
    dc_tally tally = { 0 };
    uint64_t n_done = 0, n_answers = 0;
    double told = dc_clock_seconds();
    dc_batch batch;
    DC_TRY(dc_loader_next(&batch, loader));
    for (uint64_t i = 0; n_ranks > 1 ? i < n_steps : batch.n > 0; i++) {
        stats->learning_rate = dc_train_rate(&trainer->settings, trainer->trained.n_steps, n_steps);
        DC_TRY(step(trainer, &tally, &batch, stats->learning_rate));
        n_done += batch.n * n_ranks;
        n_answers += trainer->trained.n_answers;
        const double now = dc_clock_seconds();
        if (now - told > 0.1) {
            report_progress(trainer, DC_MIN(n_done, n_samples), &tally);
            told = now;
        }
        if (batch.n > 0)
            DC_TRY(dc_loader_next(&batch, loader));
    }
    if (n_answers == 0)
        return dc_source_fail_unread(trainer->source);
    report_progress(trainer, n_samples, &tally);
    const dc_score score = dc_tally_score(&tally);
    stats->n_answers = tally.n;
    stats->loss = score.loss;
    stats->train_error = score.top1_error;
    return DC_OK;
}

dc_status dc_trainer_epoch(dc_epoch_stats *out, dc_trainer *trainer)
{
    const double start = dc_clock_seconds();
    const uint64_t order_seed =
        dc_hash64(trainer->settings.seed, "order", 5) | 1; /* 0: no shuffling */
    dc_epoch_stats stats = { .epoch = trainer->n_epochs_done + 1 };
    dc_loader *loader = NULL;
    const dc_loader_settings order = { .batch_size = trainer->settings.batch_size,
                                       .shuffle_seed = order_seed,
                                       .n_state = dc_model_n_carried(trainer->model),
                                       .epoch = trainer->n_epochs_done,
                                       .rank = trainer->settings.rank,
                                       .n_ranks = trainer->settings.n_ranks };
    if (trainer->teacher)
        memset(trainer->teacher_state, 0,
               trainer->settings.batch_size * trainer->teacher->n_carried * sizeof(float));
    DC_TRY(dc_loader_new(&loader, trainer->source, &order));
    const dc_status status = all_batches(&stats, trainer, loader);
    dc_loader_free(loader);
    DC_TRY(status);
    DC_TRY(dc_trained_after_epoch(trainer));
    trainer->n_epochs_done++;
    stats.seconds = dc_clock_seconds() - start;
    stats.images_per_second = (double)trainer->source->n_samples / DC_MAX(stats.seconds, 1e-9);
    *out = stats;
    return DC_OK;
}

dc_status dc_trainer_follow(dc_trainer *trainer)
{
    dc_net *net = trainer->net;
    for (uint32_t i = 0; i < trainer->model->n_params; i++)
        if (net->params[i].n_stored > 0 && net->params[i].dw == NULL)
            DC_TRY(net->executor->load(net, i, net->params[i].w, trainer->model->params[i].values));
    net->executor->changed(net);
    return DC_OK;
}

uint32_t dc_trainer_epochs_done(const dc_trainer *trainer)
{
    return trainer->n_epochs_done;
}

dc_status dc_trainer_sync(dc_trainer *trainer)
{
    dc_net *net = trainer->net;
    for (uint32_t i = 0; i < trainer->model->n_params; i++) /* of running states, too */
        if (dc_find_not_finite(net->params[i].w, net->params[i].n_stored) <
            net->params[i].n_stored)
            return dc_fail(DC_EDIVERGED, "'%s' is no longer finite after epoch %u; a lower "
                                         "learning rate may help",
                           trainer->model->params[i].name, (unsigned)trainer->n_epochs_done);
    for (uint32_t i = 0; i < trainer->model->n_params; i++)
        if (net->params[i].n_stored > 0)
            DC_TRY(net->executor->store(net, i, trainer->model->params[i].values,
                                        dc_trained_given(trainer, i)));
    return DC_OK;
}
