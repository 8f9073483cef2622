/* SPDX-License-Identifier: MIT
 *
 * The chain of a network that is to stay what it is (--teacher self; docs/rate.md): its samples say
 * what its layers read and how far its outputs move, and nothing is trained.
 *
 * 1. Slopes as without data (blind_slopes.c), on the first of the training samples.
 * 2. What each layer reads, on all of them (layer_products.c), so that weights which are rounded
 *    later take up the errors of earlier ones.
 * 3. All layers go to plain grids by one lambda, the change of the outputs that a bit is worth. It
 *    is the least whose file fits --max-bytes, or the most that keeps what is demanded on the
 *    validation part: to the others rounding is fitted, and they would promise too much.
 */
#include "blind.h"
#include "run_internal.h"

#include <math.h>
#include <string.h>

#include "dcomp/report.h"

#define DIVERGENCE 0.01    /* nats, where nothing is demanded */
#define FIRST_CHANGE 0.0016 /* of the outputs, a mean square, that is tried first */
#define MAX_TRIES 10u
#define NEAR 0.85          /* of what is allowed is near enough */
#define AIM 0.95           /* of it */
#define MAX_SCALE 16.0     /* of lambda at once */
#define SIZE_NEAR 0.004    /* of the bytes, that may be left */
#define SLOPE_RUNS 100.0   /* samples run, that slopes take as long as, about */
#define MAKE_RUNS 60.0     /* and making a candidate */

typedef struct candidate {
    dc_model *model; /* owned; NULL: none */
    double lambda;
    uint64_t bytes;
    dc_score score;    /* on the validation part */
    dc_measure divergence; /* from the input */
} candidate;

typedef struct self_work {
    dc_run *run;
    const dc_compress_settings *settings;
    double dense_error; /* of the input, on the validation part [0..1] */
    double allowed_divergence; /* NaN: any                    */
    blind_net net;
    dc_model *trial; /* for slopes; the run has the network as it came */
    uint32_t n_layers;
    blind_layer *layers;
    dc_products *products; /* (n_params); n 0: not known */
    double *scales; /* (n_params) of steps, by what rounding with products saves */
    double *steps;  /* (n_params) */
    candidate best;
    uint32_t n_tries;
} self_work;

/* ---- what is known of the layers ------------------------------------------------------------- */

static blind_study study_of(self_work *w)
{
    return (blind_study){ &w->net, w->run->model, w->trial, w->n_layers, w->layers };
}

static dc_status find_slopes(self_work *w)
{
    const unsigned mark = dc_work_enter(SLOPE_RUNS, "%s", "");
    const blind_study study = study_of(w);
    dc_work_divide(w->n_layers);
    const dc_status status = blind_net_open(&w->net, w->run->model, w->run->data->train);
    if (status == DC_EUNSUPPORTED)
        dc_warn("what each layer bears cannot be measured: %s", dc_message());
    else
        DC_TRY(status);
    DC_TRY(blind_slopes_find(&study, false));
    DC_TRY(blind_slopes_find(&study, true));
    dc_work_leave(mark);
    return DC_OK;
}

/* Of one place, the mean over inputs. */
static double square_of(const dc_products *p)
{
    const uint64_t n = (uint64_t)p->n_groups * p->n;
    double sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += (double)p->means[i * p->n + i % p->n];
    return sum / (double)n;
}

/* Slopes are of errors that nothing takes up: where later weights do, steps may be larger. */
static dc_status find_scale(void *payload, uint64_t index)
{
    const self_work *w = payload;
    const dc_param *param = &w->run->model->params[index];
    dc_products *p = &w->products[index];
    w->scales[index] = 1;
    if (p->n == 0)
        return DC_OK;
    const double plain = square_of(p);
    DC_TRY(dc_products_weight(&p->weight, p, param->values,
                              dc_param_geometry(w->run->model, param).n_rows));
    if (p->weight > 0 && plain > 0)
        w->scales[index] = sqrt(plain / p->weight);
    return DC_OK;
}

static dc_status prepare(self_work *w)
{
    const dc_model *model = w->run->model;
    dc_arena *arena = w->run->arena;
    w->steps = dc_arena_take(arena, model->n_params, sizeof *w->steps);
    w->scales = dc_arena_take(arena, model->n_params, sizeof *w->scales);
    DC_TRY(arena->status);
    DC_TRY(dc_model_copy(&w->trial, model));
    DC_TRY(blind_layers_study(&w->layers, &w->n_layers, model, arena));
    DC_TRY(find_slopes(w));
    if (w->net.n_samples == 0) { /* what could not be run once is not run on all */
        w->products = dc_arena_take(arena, model->n_params, sizeof *w->products);
        DC_TRY(arena->status);
    } else {
        DC_TRY(layer_products_gather(&w->products, model, w->run->data->train, arena));
    }
    return dc_pool_run(model->n_params, find_scale, w);
}

/* ---- candidates ------------------------------------------------------------------------------ */

static void drop(candidate *c)
{
    dc_model_free(c->model);
    c->model = NULL;
}

static void set_steps(self_work *w, double lambda)
{
    const blind_study study = study_of(w);
    blind_study_steps(w->steps, &study, lambda, true);
    for (uint32_t i = 0; i < w->run->model->n_params; i++)
        w->steps[i] *= w->scales[i];
}

static dc_status fit_weights(dc_model *model, const self_work *w, uint32_t index)
{
    dc_param *param = &model->params[index];
    const dc_products *p = &w->products[index];
    const double step = w->steps[index];
    if (!dc_role_is_weight(param->role) || !(step > 0))
        return DC_OK;
    const dc_status status = dc_grid_fit(param, model, step, p->n > 0 ? p : NULL);
    return status == DC_EUNSUPPORTED ? blind_share(param) : status;
}

static dc_status note_history(dc_model *model, const self_work *w, double lambda)
{
    dc_json *json = dc_json_new();
    char *text = NULL;
    dc_json_add_number(json, "lambda", lambda);
    dc_json_add_u64(json, "samples", w->run->data->train->n_samples);
    dc_status status = dc_json_print(&text, json, false);
    if (status == DC_OK) {
        text[strcspn(text, "\n")] = '\0';
        status = dc_model_add_history(model, "compress", text);
        dc_release(text);
    }
    dc_json_free(json);
    return status;
}

static dc_status round_model(dc_model *model, self_work *w, double lambda)
{
    set_steps(w, lambda);
    for (uint32_t i = 0; i < model->n_params; i++)
        DC_TRY(fit_weights(model, w, i));
    for (uint32_t i = 0; i < model->n_params; i++)
        if (!dc_role_is_weight(model->params[i].role))
            DC_TRY(dc_quantize_small(&model->params[i], w->steps[i]));
    DC_TRY(dc_prune_dead(model, NULL));
    return note_history(model, w, lambda);
}

/* What the network becomes with this lambda; 0: what it is. */
static dc_status make(candidate *out, self_work *w, double lambda)
{
    *out = (candidate){ .lambda = lambda };
    const unsigned mark = dc_work_enter(MAKE_RUNS, "try %u", ++w->n_tries);
    DC_TRY(dc_model_copy(&out->model, w->run->model));
    dc_status status = lambda > 0 ? round_model(out->model, w, lambda) : DC_OK;
    if (status == DC_OK)
        status = compress_size(&out->bytes, w->run, out->model, w->run->write.is_stripped);
    if (status < 0)
        drop(out);
    dc_work_leave(mark);
    return status;
}

static void report(const self_work *w, const candidate *c)
{
    char text[200], bytes[DC_TEXT_COUNT_BYTES];
    dc_print(text, sizeof text, "lambda %.3g: %s bytes, divergence %.5f, %s %.2f %%", c->lambda,
             dc_text_count(bytes, c->bytes), c->divergence.mean,
             w->run->data->is_taught ? "agreement" : "top-1", 100 * (1 - c->score.top1_error));
    run_report(w->run, false, text);
}

static dc_status measure(candidate *c, const self_work *w)
{
    const dc_eval_settings settings = { .batch_size = w->run->settings.batch_size,
                                        .against = w->run->model };
    const unsigned mark = dc_work_enter(amount_of_validation(w->run).n_run, "%s", "");
    dc_eval_result result;
    DC_TRY(dc_eval_model(&result, c->model, w->run->data->validation, &settings));
    dc_work_leave(mark);
    c->divergence = result.against.divergence;
    c->score = (dc_score){ .n_samples = result.n_samples, .loss = result.loss,
                           .top1_error = 1 - result.top1 / 100,
                           .top5_error = 1 - result.top5 / 100 };
    report(w, c);
    return curve_keep(w->run, c->model);
}

static dc_status try_lambda(candidate *out, self_work *w, double lambda)
{
    DC_TRY(make(out, w, lambda));
    const dc_status status = measure(out, w);
    if (status < 0)
        drop(out);
    return status;
}

static void keep(self_work *w, candidate *c)
{
    drop(&w->best);
    w->best = *c;
}

/* A grid of step D has an error of D^2 / 12, and lambda = ln 2 / 6 D^2. */
static double first_lambda(const self_work *w)
{
    double n_nonzero = 0;
    for (uint32_t i = 0; i < w->n_layers; i++)
        n_nonzero += w->layers[i].energy > 0 ? w->layers[i].n_nonzero : 0;
    return n_nonzero > 0 ? FIRST_CHANGE * 12 * DC_GRID_SLOPE / n_nonzero : 0;
}

/* ---- to so many bytes ------------------------------------------------------------------------ */

/* Octaves of lambda and bytes on both sides of the goal; NaN: not known. */
typedef struct bracket {
    double low, low_bytes, high, high_bytes;
} bracket;

static double next_octave(const bracket *b, double at, double bytes, double goal)
{
    const double octaves = 7 * log2(bytes / goal); /* of a file that halves in six */
    if (isnan(b->low) || isnan(b->high))
        return at + (bytes > goal ? fmin(fmax(octaves, 0.02), 4) : fmax(fmin(octaves, -0.02), -4));
    const double wanted = goal * (1 - SIZE_NEAR / 2);
    const double share = (b->low_bytes - wanted) / (b->low_bytes - b->high_bytes);
    return b->low + (b->high - b->low) * fmin(fmax(share, 0.05), 0.95);
}

/* The smallest lambda, about, whose file fits; or else the smallest file. What fits as it is stays
 * so. */
static dc_status fit_bytes(self_work *w)
{
    const double goal = (double)w->settings->max_bytes;
    bracket b = { NAN, 0, NAN, 0 };
    candidate c;
    DC_TRY(make(&c, w, 0));
    keep(w, &c);
    double at = log2(first_lambda(w));
    for (uint32_t i = 0; i < MAX_TRIES && w->best.bytes > 0 && isfinite(at); i++) {
        const double kept = (double)w->best.bytes;
        if (kept <= goal && (!(w->best.lambda > 0) || kept >= (1 - SIZE_NEAR) * goal))
            break;
        DC_TRY(make(&c, w, exp2(at)));
        const double bytes = (double)c.bytes;
        if (bytes > goal)
            b.low = at, b.low_bytes = bytes;
        else
            b.high = at, b.high_bytes = bytes;
        at = next_octave(&b, at, bytes, goal);
        if (kept > goal ? bytes < kept : bytes <= goal && bytes > kept)
            keep(w, &c);
        else
            drop(&c);
    }
    return measure(&w->best, w);
}

/* ---- to an error ----------------------------------------------------------------------------- */

/* Other samples may show so much. */
static double bound_of(const candidate *c)
{
    return isnan(c->divergence.high) ? c->divergence.mean : c->divergence.high;
}

static bool holds(const self_work *w, const candidate *c)
{
    const double drop = 100 * (c->score.top1_error - w->dense_error);
    return (isnan(w->settings->max_drop) || drop <= w->settings->max_drop + 1e-9) &&
           (isnan(w->allowed_divergence) || bound_of(c) <= w->allowed_divergence);
}

/* Divergence is about in proportion to lambda. Agreement only says yes or no. */
static double next_lambda(const self_work *w, const candidate *c, double good, double bad)
{
    const double share = bound_of(c) / w->allowed_divergence;
    const double more = isnan(w->allowed_divergence) || (share <= 1 && !holds(w, c)) ? NAN
                        : fmin(fmax(AIM / share, 1 / MAX_SCALE), MAX_SCALE);
    const double next = c->lambda * more;
    if (next > good && next < bad)
        return next;
    if (good > 0 && isfinite(bad))
        return sqrt(good * bad);
    return good > 0 ? 4 * good : bad / 4;
}

/* The smaller of what holds; until something does, the nearer to it. */
static bool is_better(const self_work *w, const candidate *a, const candidate *b)
{
    if (holds(w, a) != holds(w, b))
        return holds(w, a);
    return holds(w, a) ? a->bytes < b->bytes : a->score.top1_error < b->score.top1_error;
}

/* The smallest that keeps what is demanded, which the network as it came does if it can be done. */
static dc_status fit_error(self_work *w)
{
    double lambda = first_lambda(w), good = 0, bad = INFINITY;
    DC_TRY(make(&w->best, w, 0));
    w->best.score.top1_error = w->dense_error;
    for (uint32_t i = 0; i < MAX_TRIES && lambda > 0; i++) {
        candidate c;
        DC_TRY(try_lambda(&c, w, lambda));
        const bool does = holds(w, &c);
        *(does ? &good : &bad) = lambda;
        const bool is_near = does && bound_of(&c) >= NEAR * w->allowed_divergence;
        lambda = next_lambda(w, &c, good, bad);
        if (is_better(w, &c, &w->best))
            keep(w, &c);
        else
            drop(&c);
        if (is_near || good / bad > NEAR)
            break;
    }
    return DC_OK;
}

/* ---- the chain ------------------------------------------------------------------------------- */

static dc_status run_all(self_work *w)
{
    dc_work_is_most();
    DC_TRY(prepare(w));
    return w->settings->max_bytes > 0 ? fit_bytes(w) : fit_error(w);
}

dc_status compress_self(dc_run *run, const dc_compress_settings *settings, const dc_score *dense)
{
    self_work w = { .run = run, .settings = settings, .dense_error = dense->top1_error,
                    .allowed_divergence = settings->max_divergence };
    if (isnan(settings->max_drop) && isnan(settings->max_divergence) && settings->max_bytes == 0)
        w.allowed_divergence = DIVERGENCE;
    run->write.is_stripped = run->write.is_stripped || settings->is_stripped;
    const unsigned mark = dc_work_enter(compress_self_amount(run).n_run, "%s", "");
    const dc_status status = run_all(&w);
    dc_work_leave(mark);
    blind_net_close(&w.net);
    dc_model_free(w.trial);
    if (status == DC_OK) {
        dc_model_free(run->model);
        run->model = w.best.model;
        w.best.model = NULL;
    }
    drop(&w.best);
    return status;
}

dc_amount compress_self_amount(const dc_run *run)
{
    const dc_amount fixed = { .n_run = (double)run->data->train->n_samples + SLOPE_RUNS +
                                       MAX_TRIES * MAKE_RUNS };
    return amount_add(fixed, MAX_TRIES, amount_of_validation(run));
}
