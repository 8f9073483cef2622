/* SPDX-License-Identifier: MIT
 *
 * The chain without a recipe, with labels: training by the price of bits (stage rate; docs/rate.md)
 * from a network that has lost what costs bytes and computes nothing.
 *
 * To so many bytes it is one such training. To an error, a curve is walked down: first by the slope
 * of the rate, halving the size, then weight by weight, an eighth less at a time, while the running
 * error says that training which takes its time may mend it; then the network is trained anew, as
 * to so many bytes, to the size of the smallest state that may hold, and of the next larger ones as
 * long as it does not hold with a margin. One training may differ from the next by as much as the
 * margin, so a size that nearly holds is tried twice; and where a network cannot become better than
 * it was, no size has the margin, so few more are tried once one holds without. The validation part
 * alone judges.
 *
 * The network learns from itself, trained further before; or from the teacher that is named.
 */
#include "stage_settings.h"

#include <math.h>
#include <stdio.h>

#include "dcomp/report.h"

#define SAMPLES 6e6              /* to train on, at effort 1 */
#define MAX_EPOCHS 200.0         /* a handful of samples is soon known by heart */
#define PRODUCTS 3e13            /* forward, of large networks: then the samples are fewer */
#define BATCH 128u
#define LEAST_BATCH 8u
#define STEPS_OF_EPOCH 50u       /* of a small set, whose batches are smaller then */
#define TEACHER_SHARE 0.55       /* of the epochs: of the network, to be a better teacher */
#define TEACHER_PRODUCTS 1.15e12 /* forward, at most */
#define LONG_TRAINING 30u        /* epochs, from which on the teacher is trained at ... */
#define LONG_RATE 0.02
#define SHORT_RATE 0.01
#define TEACHER_WEIGHT 0.8
#define N_WAYS 8u
#define MAX_STATES 40u
#define FIRST_SHARE (1.0 / 48)   /* of the network's bytes: where the curve begins */
#define LARGEST_SHARE 0.3        /* a first state is no larger */
#define LEAST_BYTES 64.0
#define SLOPE_FACTOR 0.5
#define REMOVAL_FACTOR 0.87
#define MARGIN 0.84              /* standard deviations of the validation part's error */
#define MAX_MARGIN 0.002         /* of the error [0..1]: of few samples it would be all */
#define N_TRIES 2u               /* trainings of a size ... */
#define NEARLY_HOLDS 1.5         /* ... that misses by no more of its margins */
#define MORE_SIZES 2u            /* after the first that holds without a margin */
#define MENDS 0.25               /* of the error that is allowed, which may be mended ... */
#define MAX_MENDS 0.004          /* ... [0..1], at most */
#define SLOPE_EPOCHS 0.16        /* shares of the epochs, of each state */
#define REMOVAL_EPOCHS 0.05
#define MAX_TRIMS 8u
#define TRIM_EPOCHS 0.03
#define USUAL_RATIO 200u         /* of a file where only the error is given */
#define WALKED 5                 /* trainings that a walk to an error is worth, about */

/* A state on the curve. */
typedef struct spot {
    dc_model *model; /* owned */
    uint64_t bytes;  /* that were aimed at */
    dc_score score;  /* running */
    bool is_removed; /* by weights, not by the slope */
} spot;

typedef struct walk {
    dc_run *run;
    const dc_compress_settings *settings;
    double allowed_error; /* [0..1] */
    uint32_t n_epochs, batch_size;
    uint64_t seed;   /* of the trainings by the price of bits */
    dc_model *start; /* of the walk */
    spot spots[MAX_STATES];
    uint32_t n;
} walk;

static walk walk_of(dc_run *run, const dc_compress_settings *settings)
{
    const double n_train = (double)DC_MAX(run->data->train->n_samples, 1);
    const double most = DC_MIN(SAMPLES, PRODUCTS / amount_products(run->model));
    walk w = { .run = run, .settings = settings, .batch_size = BATCH, .seed = settings->seed };
    while (w.batch_size > LEAST_BATCH && n_train / w.batch_size < STEPS_OF_EPOCH)
        w.batch_size /= 2;
    const double epochs = settings->effort * DC_MIN(most / n_train, MAX_EPOCHS);
    w.n_epochs = (uint32_t)DC_MAX(3, DC_MIN(10000, floor(epochs + 0.5)));
    return w;
}

static bool is_picture(const dc_shape *shape)
{
    const uint32_t channels = shape->dims[0], height = shape->dims[1], width = shape->dims[2];
    return shape->n_dims == 3 && (channels == 1 || channels == 3) && DC_MIN(height, width) >= 16 &&
           DC_MAX(height, width) <= 2 * DC_MIN(height, width);
}

/* As much as hand-written digits of 28 pixels bear without becoming others. */
static void set_augmentation(dc_augment_settings *out, const walk *w, uint64_t seed)
{
    const dc_shape *shape = &w->run->model->nodes[0].shape;
    out->seed = seed;
    if (!is_picture(shape))
        return;
    out->rotate = 8;
    out->scale = 0.08;
    out->shift = 1.2 * shape->dims[1] / 28;
    out->n_ways = N_WAYS;
}

static uint32_t share_of(const walk *w, double share)
{
    return (uint32_t)DC_MAX(1, floor(share * w->n_epochs + 0.5));
}

static dc_status rate_recipe(dc_recipe *out, const walk *w, uint32_t part, uint64_t bytes,
                             uint32_t n_epochs)
{
    rate_settings s;
    dc_stage_rate.set_defaults(&s);
    s.part = part;
    s.bytes = bytes;
    s.fit.train.n_epochs = n_epochs;
    s.fit.train.batch_size = w->batch_size;
    s.fit.train.seed = w->seed;
    s.fit.train.teacher_weight = w->run->settings.teacher != NULL ? TEACHER_WEIGHT : 0;
    set_augmentation(&s.fit.augment, w, w->seed);
    *out = (dc_recipe){ .name = "rate", .seed = 1 };
    return dc_recipe_add(out, &dc_stage_rate, &s, w->run->arena);
}

static dc_status run_rate(walk *w, uint32_t part, uint64_t bytes, uint32_t n_epochs)
{
    dc_recipe recipe;
    DC_TRY(rate_recipe(&recipe, w, part, bytes, n_epochs));
    return dc_run_recipe(w->run, &recipe);
}

/* ---- the teacher ----------------------------------------------------------------------------- */

static bool teaches_itself(const dc_run *run)
{
    return run->settings.teacher != NULL && !run->settings.is_taught;
}

static dc_status teacher_recipe(dc_recipe *out, const walk *w)
{
    retrain_settings s;
    const double n_train = (double)w->run->data->train->n_samples;
    const double most = floor(TEACHER_PRODUCTS / (amount_products(w->run->model) * n_train));
    dc_stage_retrain.set_defaults(&s);
    s.fit.train.n_epochs = (uint32_t)fmax(fmin(share_of(w, TEACHER_SHARE), most), 1);
    s.fit.train.learning_rate = s.fit.train.n_epochs < LONG_TRAINING ? SHORT_RATE : LONG_RATE;
    s.fit.train.seed = w->settings->seed;
    s.fit.train.teacher_weight = 0;
    set_augmentation(&s.fit.augment, w, w->settings->seed);
    *out = (dc_recipe){ .name = "teacher", .seed = 1 };
    return dc_recipe_add(out, &dc_stage_retrain, &s, w->run->arena);
}

/* The network itself, trained further: the best on the validation part, which may be what came. It
 * is what is made small, too. */
static dc_status train_teacher(walk *w, dc_model **teacher)
{
    char text[96], validation[RUN_SCORE_BYTES];
    dc_recipe recipe;
    dc_score score;
    DC_TRY(teacher_recipe(&recipe, w));
    DC_TRY(dc_run_recipe(w->run, &recipe));
    DC_TRY(dc_run_validate(&score, w->run));
    DC_TRY(dc_model_copy(teacher, w->run->model));
    w->run->settings.teacher = *teacher;
    dc_print(text, sizeof text, "teacher: validation %s",
             run_score_text(validation, w->run, &score));
    run_report(w->run, false, text);
    return DC_OK;
}

/* ---- to so many bytes ------------------------------------------------------------------------ */

static void report(const walk *w, const char *what, uint64_t bytes, const dc_score *score)
{
    char text[192], count[DC_TEXT_COUNT_BYTES], validation[RUN_SCORE_BYTES];
    const bool has_demand = !isnan(w->allowed_error); /* which is one of top-1 */
    if (has_demand)
        dc_print(validation, sizeof validation, "top-1 %.2f %%", 100 * (1 - score->top1_error));
    else
        run_score_text(validation, w->run, score);
    const int n = dc_print(text, sizeof text, "%s: %s bytes, validation %s", what,
                           dc_text_count(count, bytes), validation);
    if (has_demand && n > 0 && (size_t)n < sizeof text)
        dc_print(text + n, sizeof text - (size_t)n, " (at least %.2f %% needed)",
                 100 * fmax(1 - w->allowed_error, 0));
    run_report(w->run, false, text);
}

/* The model as it is now, sorted. */
static dc_status look(walk *w, uint64_t *bytes)
{
    dc_score score;
    DC_TRY(dc_prune_sort(w->run->model));
    DC_TRY(dc_run_validate(&score, w->run));
    DC_TRY(compress_size(bytes, w->run, w->run->model, w->run->write.is_stripped));
    report(w, "settled", *bytes, &score);
    return curve_keep(w->run, w->run->model);
}

/* What is still too large loses a few weights more. */
static dc_status to_bytes(walk *w)
{
    const uint64_t most = w->settings->max_bytes;
    uint64_t bytes, goal = most;
    DC_TRY(run_rate(w, RATE_ALL, goal, w->n_epochs));
    DC_TRY(look(w, &bytes));
    for (uint32_t i = 0; bytes > most && i < MAX_TRIMS; i++) {
        const uint64_t over = bytes - most + 1;
        goal = goal > 2 * over ? goal - over : goal / 2 + 1;
        DC_TRY(run_rate(w, RATE_SETTLING, goal, share_of(w, TRIM_EPOCHS)));
        DC_TRY(look(w, &bytes));
    }
    return DC_OK;
}

/* ---- to an error ----------------------------------------------------------------------------- */

static bool may_hold(const walk *w, const dc_score *score)
{
    const double mends = fmin(MENDS * fmax(w->allowed_error, 0), MAX_MENDS);
    return score->top1_error <= w->allowed_error + mends;
}

/* The next state: further down from the last one that may hold. */
static dc_status next_spot(walk *w, bool is_removed, uint64_t bytes)
{
    spot *s = &w->spots[w->n];
    uint64_t size;
    *s = (spot){ .bytes = bytes, .is_removed = is_removed };
    DC_TRY(run_rate(w, is_removed ? RATE_REMOVAL : RATE_SLOPE, bytes,
                    share_of(w, is_removed ? REMOVAL_EPOCHS : SLOPE_EPOCHS)));
    DC_TRY(dc_run_validate(&s->score, w->run));
    DC_TRY(dc_model_copy(&s->model, w->run->model));
    DC_TRY(compress_size(&size, w->run, w->run->model, w->run->write.is_stripped));
    w->n++;
    report(w, is_removed ? "weights removed" : "slope", size, &s->score);
    return curve_keep(w->run, w->run->model);
}

static dc_status go_back(walk *w)
{
    spot *last = &w->spots[w->n - 1];
    dc_model_free(last->model);
    w->n--;
    dc_model_free(w->run->model);
    w->run->model = NULL;
    return dc_model_copy(&w->run->model, w->spots[w->n - 1].model);
}

static uint64_t reference_bytes(const walk *w)
{
    return w->run->model->n_reference_values * sizeof(float);
}

/* The first state; larger ones where it cannot hold. */
static dc_status first_spot(walk *w, double *bytes)
{
    dc_model *start = NULL;
    dc_status status = dc_model_copy(&start, w->run->model);
    *bytes = (double)reference_bytes(w) * FIRST_SHARE;
    if (status == DC_OK)
        status = next_spot(w, false, (uint64_t)*bytes);
    while (status == DC_OK && !may_hold(w, &w->spots[0].score) &&
           *bytes < LARGEST_SHARE * (double)reference_bytes(w)) {
        *bytes = fmin(*bytes / SLOPE_FACTOR, LARGEST_SHARE * (double)reference_bytes(w));
        dc_model_free(w->spots[--w->n].model);
        dc_model_free(w->run->model);
        w->run->model = NULL;
        status = dc_model_copy(&w->run->model, start);
        if (status == DC_OK)
            status = next_spot(w, false, (uint64_t)*bytes);
    }
    dc_model_free(start);
    return status;
}

static dc_status walk_down(walk *w)
{
    double bytes;
    bool is_removed = false;
    DC_TRY(first_spot(w, &bytes));
    while (w->n < MAX_STATES && may_hold(w, &w->spots[w->n - 1].score)) {
        bytes *= is_removed ? REMOVAL_FACTOR : SLOPE_FACTOR;
        if (bytes < LEAST_BYTES)
            break;
        DC_TRY(next_spot(w, is_removed, (uint64_t)bytes));
        if (may_hold(w, &w->spots[w->n - 1].score))
            continue;
        DC_TRY(go_back(w));
        if (is_removed)
            break;
        bytes = (double)w->spots[w->n - 1].bytes;
        is_removed = true;
    }
    return DC_OK;
}

/* Other samples may show more errors than the validation part did. */
static double margin_of(const walk *w)
{
    const double n = (double)DC_MAX(w->run->data->validation->n_samples, 1);
    return fmin(MARGIN * sqrt(fmax(w->allowed_error, 0) / n), MAX_MARGIN);
}

/* From where the walk began to the size of the smallest state that is left. */
static dc_status train_anew(walk *w, dc_score *score)
{
    uint64_t bytes;
    dc_model_free(w->run->model);
    w->run->model = NULL;
    DC_TRY(dc_model_copy(&w->run->model, w->start));
    DC_TRY(run_rate(w, RATE_ALL, w->spots[w->n - 1].bytes, w->n_epochs));
    DC_TRY(look(w, &bytes));
    return dc_run_validate(score, w->run);
}

/* The best that held without a margin; of equals the smallest. */
typedef struct held {
    dc_model *model; /* owned; NULL: none has */
    double error;
    uint32_t n_sizes; /* since the first, itself too */
} held;

static dc_status keep_better(held *h, const walk *w, const dc_score *score)
{
    if (score->top1_error > w->allowed_error + 1e-12 ||
        (h->model != NULL && score->top1_error >= h->error))
        return DC_OK;
    dc_model_free(h->model);
    h->model = NULL;
    h->error = score->top1_error;
    return dc_model_copy(&h->model, w->run->model);
}

/* From the smallest state's size up. A walk is quick, so its states are no match for a network that
 * was trained to their size at leisure. */
static dc_status train_up(walk *w, held *h)
{
    const double margin = margin_of(w), most_error = w->allowed_error - margin + 1e-12;
    while (w->n > 0 && h->n_sizes <= MORE_SIZES) {
        for (uint32_t i = 0; i < N_TRIES; i++) {
            dc_score score;
            w->seed = w->settings->seed + i;
            DC_TRY(train_anew(w, &score));
            DC_TRY(keep_better(h, w, &score));
            if (score.top1_error <= most_error)
                return DC_OK;
            if (score.top1_error > most_error + NEARLY_HOLDS * margin)
                break;
        }
        h->n_sizes += h->model != NULL;
        dc_model_free(w->spots[--w->n].model);
    }
    return DC_OK;
}

static dc_status walk_up(walk *w)
{
    held h = { 0 };
    const dc_status status = train_up(w, &h);
    if (status == DC_OK && h.model != NULL) {
        dc_model_free(w->run->model);
        w->run->model = h.model;
        h.model = NULL;
    }
    dc_model_free(h.model);
    return status;
}

/* Names and history would be a good part of it. */
static bool is_small_file(const walk *w)
{
    const uint64_t bytes = w->settings->max_bytes > 0 ? w->settings->max_bytes
                                                      : reference_bytes(w) / USUAL_RATIO;
    return w->settings->is_stripped || bytes < SMALL_FILE;
}

/* ---- the chain ------------------------------------------------------------------------------- */

static dc_status prepare(walk *w)
{
    uint32_t n_moved;
    dc_prune_stats stats;
    DC_TRY(dc_prune_dead_between(w->run->model, &stats));
    return dc_prune_move_biases(&n_moved, w->run->model);
}

static dc_status run_walk(walk *w, dc_model **teacher)
{
    if (teaches_itself(w->run))
        DC_TRY(train_teacher(w, teacher));
    DC_TRY(prepare(w));
    if (w->settings->max_bytes > 0)
        return to_bytes(w);
    DC_TRY(dc_model_copy(&w->start, w->run->model));
    DC_TRY(walk_down(w));
    return walk_up(w);
}

dc_status compress_rate(dc_run *run, const dc_compress_settings *settings, const dc_score *dense)
{
    walk w = walk_of(run, settings);
    const dc_model *teacher = run->settings.teacher;
    dc_model *trained = NULL;
    w.allowed_error = dense->top1_error + settings->max_drop / 100;
    run->write.is_stripped = is_small_file(&w);
    run->is_inner = true;
    dc_work_is_most();
    const dc_status status = run_walk(&w, &trained);
    run->is_inner = false;
    run->settings.teacher = teacher;
    dc_model_free(trained);
    dc_model_free(w.start);
    for (uint32_t i = 0; i < w.n; i++)
        dc_model_free(w.spots[i].model);
    return status;
}

dc_status compress_rate_forecast(dc_forecast *out, uint32_t *batch_size, dc_run *run,
                                 const dc_compress_settings *settings)
{
    const walk w = walk_of(run, settings);
    const uint32_t n_walked = (uint32_t)ceil(WALKED * w.n_epochs);
    dc_recipe teacher, rate;
    DC_TRY(teacher_recipe(&teacher, &w));
    DC_TRY(rate_recipe(&rate, &w, RATE_ALL, DC_MAX(settings->max_bytes, 1),
                       settings->max_bytes > 0 ? w.n_epochs : n_walked));
    out->phases = dc_arena_take(run->arena, 2, sizeof *out->phases);
    DC_TRY(run->arena->status);
    out->amount = amount_of_recipe(run, &rate);
    if (teaches_itself(run)) {
        forecast_add_steps(out, run, &teacher);
        out->amount = amount_add(out->amount, 1, amount_of_recipe(run, &teacher));
    }
    forecast_add_steps(out, run, &rate);
    *batch_size = w.batch_size;
    return DC_OK;
}
