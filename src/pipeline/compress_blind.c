/* SPDX-License-Identifier: MIT
 *
 * The chain without data. No accuracy can be measured, but what happens to the outputs can: on
 * inputs that are made up (blind_inputs.c), against the dense network's (blind_net.c).
 *
 * 1. Each layer alone goes to a coarse grid (blind_layers.c), and the change of the outputs over
 *    the error of its weights is its slope. Layers that come shared or on a grid are kept as they
 *    are: who made them so may have judged the result by data, and a second compression shall not
 *    lose again.
 * 2. All layers go to the trellis, by one price of a bit: lambda is the change of outputs that a
 *    bit is worth, so that slope and lambda make each layer's step, and what falls to zero.
 * 3. The outputs of the whole are measured, and lambda follows until what is measured is within the
 *    budget, and near it.
 *
 * The budget is 8 % of the outputs' own size, or 16 % of how far they differ from input to input
 * (blind_net.c). Made-up inputs are not believed blindly: a weight that is huge may meet zeros only
 * on real ones, and then what it hides counts. So outputs are taken to move by at least
 * BLIND_LEAST_GAIN of what the weights do without their largest: the least that layers of ordinary
 * networks show.
 *
 * Under --max-bytes lambda is the least whose file fits: it falls where there is room, down to
 * outputs that move by half a per cent, or it rises, for layers that come shared as well, and what
 * that costs is measured in the same way.
 */
#include "blind.h"
#include "run_internal.h"

#include <math.h>
#include <string.h>

#define BUDGET 0.0064   /* of the outputs' change, a mean square: 8 % */
#define FINEST 2.5e-5   /* the least change that --max-bytes pays for: 0.5 % */
#define REST_SHARE 0.005 /* of it, that small parameters may take as halves */
#define MAX_TRIES 6
#define TRY_WORK 4.0      /* where measuring a layer alone is 1 */
#define NEAR 0.8          /* of the budget is near enough */
#define MAX_RAISE 4.0     /* of lambda from try to try */
#define MAX_SIZE_TRIES 16
#define MAX_ROOM_TRIES 8
#define SIZE_NEAR 0.002   /* of --max-bytes: what may be left */
#define MAX_OCTAVES 8.0   /* that lambda rises at once under --max-bytes */

typedef struct blind {
    dc_run *run;
    const dc_compress_settings *settings;
    dc_model *trial; /* the dense model, changed */
    blind_net net;
    bool has_halves;  /* small parameters that have no grid are stored as halves */
    uint32_t n_layers;
    blind_layer *layers;
    double lambda;    /* that the trial was made with: change of the outputs for a bit */
    unsigned n_tries;
    double change;    /* of the trial; NaN: cannot be measured       */
    bool is_squeezed; /* --max-bytes asks for more than the budget   */
} blind;

static bool is_free(const blind *b, const blind_layer *layer)
{
    return layer->energy > 0 && (b->is_squeezed || !layer->is_kept);
}

/* ---- slopes ---------------------------------------------------------------------------------- */

static blind_study study_of(blind *b)
{
    return (blind_study){ &b->net, b->run->model, b->trial, b->n_layers, b->layers };
}

static dc_status find_slopes(blind *b, bool is_kept)
{
    const blind_study study = study_of(b);
    return blind_slopes_find(&study, is_kept);
}

/* Whether small parameters may be halves. */
static dc_status judge_halves(blind *b)
{
    double change;
    DC_TRY(blind_rest_halve(b->trial));
    DC_TRY(blind_net_change(&change, &b->net, b->trial, false));
    b->has_halves = isnan(change) || change <= REST_SHARE * BUDGET;
    blind_rest_restore(b->trial, b->run->model);
    return DC_OK;
}

/* ---- the trial ------------------------------------------------------------------------------- */

static dc_status round_layer(void *payload, uint64_t index)
{
    blind *b = payload;
    blind_layer *layer = &b->layers[index];
    const double lambda = b->lambda / layer->slope;
    if (!is_free(b, layer))
        return DC_OK;
    return blind_layer_round(b->trial, layer, sqrt(lambda / DC_GRID_SLOPE), lambda);
}

static dc_status round_layers(blind *b, double lambda)
{
    b->lambda = lambda;
    return dc_pool_run(b->n_layers, round_layer, b);
}

/* An error of a weight makes one of the layer's outputs, so many times the input's size, and small
 * parameters make such errors themselves. */
static dc_status round_rest(blind *b)
{
    dc_arena arena = { 0 };
    const blind_study study = study_of(b);
    double *steps = dc_arena_take(&arena, b->trial->n_params, sizeof *steps);
    dc_status status = arena.status;
    if (status == DC_OK)
        blind_study_steps(steps, &study, b->lambda, b->is_squeezed);
    for (uint32_t i = 0; status == DC_OK && i < b->trial->n_params; i++)
        if (steps[i] > 0 && !dc_role_is_weight(b->trial->params[i].role))
            status = dc_quantize_small(&b->trial->params[i], steps[i]);
    dc_arena_clear(&arena);
    return status;
}

/* All parameters but weights, which are the dense network's before. */
static dc_status make_rest(blind *b)
{
    DC_TRY(round_rest(b));
    return b->has_halves ? blind_rest_halve(b->trial) : DC_OK;
}

/* Batch norms are corrected before their parameters are rounded. */
static dc_status measure_whole(blind *b)
{
    blind_rest_restore(b->trial, b->run->model);
    if (b->net.has_norms)
        DC_TRY(blind_net_change(&b->change, &b->net, b->trial, true));
    DC_TRY(make_rest(b));
    return blind_net_change(&b->change, &b->net, b->trial, false);
}

/* The trial is made at this price, and its outputs are measured. */
static dc_status try_lambda(blind *b, double lambda)
{
    const unsigned mark = dc_work_enter(TRY_WORK, "try %u", ++b->n_tries);
    DC_TRY(round_layers(b, lambda));
    DC_TRY(measure_whole(b));
    dc_work_leave(mark);
    return DC_OK;
}

/* Of the outputs: what was measured, but not less than what weights that moved so far must do. */
static double change_of(const blind *b)
{
    double expected = 0, least = 0;
    for (uint32_t i = 0; i < b->n_layers; i++) {
        const blind_layer *layer = &b->layers[i];
        if (!is_free(b, layer))
            continue;
        expected += layer->error * layer->slope;
        least += BLIND_LEAST_GAIN * layer->error / layer->energy;
    }
    return isnan(b->change) ? expected : fmax(b->change, least);
}

/* ---- budgets --------------------------------------------------------------------------------- */

/* What makes this change, if weights that do not fall to zero were all. 0: none may change. */
static double first_lambda(const blind *b, double change)
{
    double n_nonzero = 0;
    for (uint32_t i = 0; i < b->n_layers; i++)
        n_nonzero += is_free(b, &b->layers[i]) ? b->layers[i].n_nonzero : 0;
    return n_nonzero > 0 ? change * 12 * DC_GRID_SLOPE / n_nonzero : 0;
}

/* The lambda that brings the change near the budget, and not over it. */
static dc_status fit_change(blind *b)
{
    double lambda = first_lambda(b, BUDGET), good = 0, bad = INFINITY, change = 0;
    if (!(lambda > 0))
        return measure_whole(b);
    for (int i = 0; i < MAX_TRIES && !(change >= NEAR * BUDGET && change <= BUDGET); i++) {
        DC_TRY(try_lambda(b, lambda));
        change = change_of(b);
        if (change <= BUDGET) {
            good = lambda;
            lambda = fmin(lambda * fmin(0.95 * BUDGET / change, MAX_RAISE), (good + bad) / 2);
        } else {
            bad = lambda;
            lambda = fmax(lambda * fmax(0.9 * BUDGET / change, 1 / MAX_RAISE), (good + bad) / 2);
        }
    }
    if (change <= BUDGET)
        return DC_OK;
    return try_lambda(b, good > 0 ? good : lambda / MAX_RAISE);
}

/* ---- history --------------------------------------------------------------------------------- */

static dc_status note_history(blind *b)
{
    dc_json *json = dc_json_new();
    char *text = NULL;
    dc_json_add_text(json, "accuracy", "not certified");
    dc_json_add_number(json, "output_change", round(1e4 * sqrt(b->change)) / 1e4);
    dc_json_add_number(json, "predicted_loss", round(1e4 * b->net.loss) / 1e4);
    dc_json_add_u64(json, "random_inputs", b->net.n_samples);
    if (b->is_squeezed)
        dc_json_add_u64(json, "max_bytes", b->settings->max_bytes);
    dc_status status = dc_json_print(&text, json, false);
    b->trial->n_history = b->run->model->n_history;
    if (status == DC_OK) {
        text[strcspn(text, "\n")] = '\0';
        status = dc_model_add_history(b->trial, "compress", text);
        dc_release(text);
    }
    dc_json_free(json);
    return status;
}

/* ---- --max-bytes ----------------------------------------------------------------------------- */

/* Of the trial as it is now, with its history. */
static dc_status size_of(double *bytes, blind *b)
{
    uint64_t size;
    DC_TRY(note_history(b));
    DC_TRY(compress_size(&size, b->run, b->trial, b->settings->is_stripped));
    *bytes = (double)size;
    return DC_OK;
}

/* Octaves of lambda, and how many bytes the file then has too many. */
typedef struct size_point {
    double octave, excess;
} size_point;

typedef struct size_search {
    size_point large, fits; /* known not to fit, and to fit */
    bool has_fit;
    double n_nonzero;
} size_search;

/* A fine grid loses half a bit a weight in an octave; between two points a line is nearer. */
static double next_octave(const size_search *s)
{
    const double rise = 16 * s->large.excess / s->n_nonzero;
    if (!s->has_fit)
        return s->large.octave + fmin(fmax(1.3 * rise, 0.1), MAX_OCTAVES);
    const double share = s->large.excess / (s->large.excess - s->fits.excess);
    return s->large.octave +
           fmin(fmax(share, 0.1), 0.95) * (s->fits.octave - s->large.octave);
}

static bool is_all_zero(const blind *b)
{
    bool is_zero = true;
    for (uint32_t i = 0; i < b->n_layers && is_zero; i++)
        is_zero = dc_param_n_nonzero(&b->trial->params[b->layers[i].param]) == 0;
    return is_zero;
}

static dc_status search_bytes(size_search *s, blind *b)
{
    const double limit = (double)b->settings->max_bytes, near = SIZE_NEAR * limit;
    for (int i = 0; i < MAX_SIZE_TRIES && !(s->has_fit && s->fits.excess >= -near); i++) {
        size_point p = { .octave = next_octave(s) };
        double bytes;
        const unsigned mark = dc_work_enter(TRY_WORK, "size %d", i + 1);
        DC_TRY(round_layers(b, exp2(p.octave)));
        blind_rest_restore(b->trial, b->run->model);
        if (!b->net.has_norms) /* else they are corrected in the end, and may be larger then */
            DC_TRY(make_rest(b));
        dc_work_leave(mark);
        DC_TRY(size_of(&bytes, b));
        p.excess = bytes - limit;
        if (p.excess > 0 && is_all_zero(b))
            return DC_OK;
        if (p.excess > 0) {
            s->large = p;
        } else {
            s->fits = p;
            s->has_fit = true;
        }
    }
    return DC_OK;
}

/* Small parameters are made by the new price, too, which makes them larger where it falls. */
static dc_status size_at(size_point *out, blind *b, double octave)
{
    double bytes;
    DC_TRY(try_lambda(b, exp2(octave)));
    DC_TRY(size_of(&bytes, b));
    *out = (size_point){ octave, bytes - (double)b->settings->max_bytes };
    return DC_OK;
}

/* The network as it came, where that is no larger than what was made of it, and fits. */
static dc_status keep_if_smaller(blind *b, double bytes)
{
    uint64_t size;
    DC_TRY(compress_size(&size, b->run, b->run->model, b->settings->is_stripped));
    if ((double)size > fmin(bytes, (double)b->settings->max_bytes))
        return DC_OK;
    dc_model_assign(b->trial, b->run->model);
    return blind_net_change(&b->change, &b->net, b->trial, false);
}

/* There is room: lambda falls until about nothing of it is left, or nothing is lost any more. */
static dc_status spend_bytes(blind *b, double bytes)
{
    const double limit = (double)b->settings->max_bytes, finest = first_lambda(b, FINEST);
    if (!(finest > 0) || change_of(b) <= FINEST)
        return DC_OK;
    const double n_nonzero = FINEST * 12 * DC_GRID_SLOPE / finest, least = log2(finest);
    const double spare = SIZE_NEAR * limit; /* half of it is aimed at */
    size_point fits = { log2(b->lambda), bytes - limit }, large = { -INFINITY, 0 }, p = fits;
    double octaves_a_byte = 16 / n_nonzero; /* of a fine grid; twice where that was not enough */
    for (int i = 0; i < MAX_ROOM_TRIES && fits.excess < -spare && fits.octave > least; i++) {
        if (large.excess > 0)
            octaves_a_byte = (fits.octave - large.octave) / (large.excess - fits.excess);
        double octave = fits.octave + octaves_a_byte * (fits.excess + spare / 2);
        if (large.excess > 0 && i % 2 == 0) /* lest one end stays for ever */
            octave = (fits.octave + large.octave) / 2;
        DC_TRY(size_at(&p, b, fmax(octave, least)));
        if (p.excess > 0)
            large = p;
        else if (p.excess > fits.excess)
            fits = p;
        octaves_a_byte *= 2;
    }
    if (p.octave < fits.octave || p.octave > fits.octave)
        DC_TRY(size_at(&p, b, fits.octave));
    return keep_if_smaller(b, limit + p.excess);
}

/* Where it is too large, layers that come shared lose, too. */
static dc_status fit_bytes(blind *b)
{
    const double limit = (double)b->settings->max_bytes;
    size_search s = { 0 };
    double bytes;
    DC_TRY(size_of(&bytes, b));
    if (bytes <= limit)
        return spend_bytes(b, bytes);
    b->is_squeezed = true;
    DC_TRY(find_slopes(b, true));
    for (uint32_t i = 0; i < b->n_layers; i++)
        s.n_nonzero += b->layers[i].energy > 0 ? b->layers[i].n_nonzero : 0;
    if (!(b->lambda > 0))
        b->lambda = first_lambda(b, REST_SHARE * BUDGET);
    if (!(b->lambda > 0))
        return DC_OK;
    s.large = (size_point){ log2(b->lambda), bytes - limit };
    DC_TRY(search_bytes(&s, b));
    return try_lambda(b, s.has_fit ? exp2(s.fits.octave) : b->lambda);
}

/* ---- the chain ------------------------------------------------------------------------------- */

static dc_status check(const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        const uint64_t at = dc_find_not_finite(param->values, param->n_values);
        if (at < param->n_values)
            return dc_fail(DC_EINPUT, "%s at %llu of '%s'",
                           isnan(param->values[at]) ? "NaN" : "infinity", (unsigned long long)at,
                           param->name);
    }
    return DC_OK;
}

/* That outputs cannot be measured is no reason to refuse. */
static dc_status open_net(blind *b)
{
    const dc_status status = blind_net_open(&b->net, b->run->model, NULL);
    if (status != DC_EUNSUPPORTED)
        return status;
    dc_warn("the change of the outputs cannot be measured: %s", dc_message());
    return DC_OK;
}

static dc_status prepare(blind *b)
{
    dc_arena *arena = b->run->arena;
    DC_TRY(blind_layers_study(&b->layers, &b->n_layers, b->run->model, arena));
    const uint32_t n_size_tries = b->settings->max_bytes > 0 ? MAX_SIZE_TRIES + 2 : 0;
    const uint32_t n_tries = MAX_TRIES + 1 + n_size_tries;
    dc_work_divide(b->n_layers + TRY_WORK * n_tries);
    DC_TRY(dc_model_copy(&b->trial, b->run->model));
    return open_net(b);
}

static dc_status compress(blind *b)
{
    const unsigned mark = dc_work_enter(BLIND_WORK, "%s", "");
    DC_TRY(prepare(b));
    DC_TRY(find_slopes(b, false));
    DC_TRY(judge_halves(b));
    DC_TRY(fit_change(b));
    if (b->settings->max_bytes > 0)
        DC_TRY(fit_bytes(b));
    dc_work_leave(mark);
    DC_TRY(note_history(b));
    return dc_prune_dead(b->trial, NULL);
}

dc_status compress_blind(dc_blind_result *out, dc_run *run, const dc_compress_settings *settings)
{
    blind b = { .run = run, .settings = settings };
    dc_warn("no labelled data: nothing was retrained and the accuracy was not certified");
    DC_TRY(check(run->model));
    const dc_status status = compress(&b);
    *out = (dc_blind_result){ .is_blind = true,
                              .n_inputs = b.net.n_samples,
                              .output_change = sqrt(b.change),
                              .output_budget = sqrt(BUDGET),
                              .predicted_loss = b.net.loss };
    blind_net_close(&b.net);
    if (status < 0) {
        dc_model_free(b.trial);
        return status;
    }
    dc_model_free(run->model);
    run->model = b.trial;
    return DC_OK;
}
