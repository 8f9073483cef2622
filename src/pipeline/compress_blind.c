/* SPDX-License-Identifier: MIT
 *
 * The chain without data. No accuracy can be measured, but what happens to the outputs can: on
 * inputs that are made up (blind_inputs.c), against the dense network's (blind_net.c).
 *
 * 1. Each layer alone is shared coarsely (blind_trial.c), and the change of the outputs over the
 *    error of its weights is its slope. Layers that come shared are kept as they are: who shared
 *    them may have judged the result by data, and a second compression shall not lose again.
 * 2. Each layer's way to be stored is chosen so that the file is as small as it can be while the
 *    changes expected of all layers add up to an allowance (blind_choice.c).
 * 3. The whole network is changed so and its outputs are measured; the allowance follows until what
 *    is measured is within the budget, and near it.
 *
 * The budget is 4 % of the outputs' own size, or 8 % of how far they differ from input to input
 * (blind_net.c). A MobileNet's then move as far on photographs, and it answers otherwise on 10 of
 * 500. Made-up inputs are not believed blindly: a weight that is huge may meet zeros only on real
 * ones, and then what it hides counts. So outputs are taken to move by at least LEAST_GAIN of what
 * the weights do without their largest: the least that layers of ordinary networks show.
 *
 * Under --max-bytes a file that fits stays as it is; else the allowance goes up, and down again,
 * and what that costs is measured in the same way: of the files that fit, the one whose outputs
 * move least is taken.
 */
#include "blind.h"
#include "run_internal.h"

#include <math.h>
#include <string.h>

#define BUDGET 0.0016   /* of the outputs' change, a mean square: 4 % */
#define REST_SHARE 0.02 /* of it, that small parameters may take as halves */
#define PROBE_BITS 5u   /* of a layer that is measured alone */
#define MAX_PROBE_PRODUCTS 1e12 /* of all layers that are measured alone */
#define LEAST_GAIN 0.05   /* change of the outputs, where 1 is the layer's error over its energy */
#define UNKNOWN_GAIN 4.0  /* the same where nothing can be measured                             */
#define MAX_MISTAKE 2.0   /* of an estimated error */
#define MAX_TRIES 6
#define TRY_WORK 4.0      /* where measuring a layer alone is 1 */
#define NEAR 0.8          /* of the budget is near enough */
#define MAX_RAISE 4.0     /* of the allowance from try to try */
#define MAX_SIZE_TRIES 12
#define SIZE_MARGIN 0.002 /* of --max-bytes: the least step down  */
#define SIZE_NEAR 0.001   /* the same: what may be left            */
#define N_HALVINGS 60     /* of a bisection */
#define LEAST_CHANGE 1e-9
#define MOST_CHANGE 1e12

typedef struct blind {
    dc_run *run;
    const dc_compress_settings *settings;
    dc_model *trial; /* the dense model, changed */
    blind_net net;
    bool has_halves; /* small parameters are stored as halves */
    uint32_t n_layers;
    blind_layer *layers;
    uint32_t *applied; /* by layer: the choice the trial has; DC_NONE: as it was */
    bool is_tried;     /* the trial as it is has been measured                   */
    unsigned n_tries;
    double change;     /* of the trial; NaN: cannot be measured                  */
    bool is_squeezed;  /* --max-bytes asks for more than the budget              */
} blind;

/* ---- slopes ---------------------------------------------------------------------------------- */

/* Shares the layer alone, as coarsely as is needed to change it at all. */
static dc_status probe(double *gain, blind *b, const blind_layer *layer)
{
    double change = 0, error = 0;
    for (uint32_t bits = PROBE_BITS; bits > 0 && !(error > 0); bits--) {
        const blind_choice choice = { .density = 1, .bits = bits };
        DC_TRY(blind_trial_change(&error, b->trial, layer, &choice));
    }
    if (error > 0)
        DC_TRY(blind_net_change(&change, &b->net, b->trial, true));
    blind_trial_restore(b->trial, layer);
    blind_trial_restore_rest(b->trial, b->run->model);
    *gain = change / error * layer->energy;
    *gain = isnan(*gain) ? UNKNOWN_GAIN : fmax(*gain, LEAST_GAIN);
    return DC_OK;
}

/* How often a layer is measured: all of them, but every second or third of a network that is very
 * large for its number of layers. */
static uint32_t probe_stride(const blind *b)
{
    const double n = b->net.n_products * b->net.n_samples * b->n_layers / 2;
    return 1 + (uint32_t)(n / MAX_PROBE_PRODUCTS);
}

static void restore_all(blind *b)
{
    for (uint32_t i = 0; i < b->n_layers; i++) {
        blind_trial_restore(b->trial, &b->layers[i]);
        b->applied[i] = DC_NONE;
    }
    blind_trial_restore_rest(b->trial, b->run->model);
}

/* Each layer is measured alone: of the layers that come shared, or of the others. */
static dc_status find_slopes(blind *b, bool is_shared)
{
    const uint32_t stride = probe_stride(b);
    double gain = UNKNOWN_GAIN; /* of the layer that was measured last */
    restore_all(b);
    for (uint32_t i = 0; i < b->n_layers; i++) {
        blind_layer *layer = &b->layers[i];
        if (layer->dense->is_shared != is_shared)
            continue;
        const unsigned mark = dc_work_enter(1, "layer %u/%u", i + 1, b->n_layers);
        if (i % stride == 0)
            DC_TRY(probe(&gain, b, layer));
        layer->slope = gain / layer->energy;
        dc_work_leave(mark);
    }
    return DC_OK;
}

/* Whether small parameters may be halves. */
static dc_status judge_halves(blind *b)
{
    double change;
    DC_TRY(blind_trial_round_rest(b->trial));
    DC_TRY(blind_net_change(&change, &b->net, b->trial, false));
    b->has_halves = isnan(change) || change <= REST_SHARE * BUDGET;
    blind_trial_restore_rest(b->trial, b->run->model);
    return DC_OK;
}

/* ---- the trial ------------------------------------------------------------------------------- */

/* The chosen one made this error. Where that is far from the estimate, the sample of weights missed
 * some that count, and the estimates of the others are no better. */
static void learn_error(blind_layer *layer, double error)
{
    blind_choice *chosen = &layer->choices[layer->chosen];
    const double ratio = chosen->error > 0 ? error / chosen->error : 1;
    for (uint32_t i = 0; i < layer->n_choices && ratio > MAX_MISTAKE; i++)
        if (layer->choices[i].bits <= BLIND_MAX_SHARED)
            layer->choices[i].error *= ratio;
    chosen->error = error;
}

static dc_status change_layers(blind *b)
{
    for (uint32_t i = 0; i < b->n_layers; i++) {
        blind_layer *layer = &b->layers[i];
        double error;
        if (b->applied[i] == layer->chosen)
            continue;
        DC_TRY(blind_trial_change(&error, b->trial, layer, &layer->choices[layer->chosen]));
        learn_error(layer, error);
        b->applied[i] = layer->chosen;
        b->is_tried = false;
    }
    return DC_OK;
}

/* Batch norms are corrected before their parameters are rounded. */
static dc_status measure_whole(blind *b)
{
    blind_trial_restore_rest(b->trial, b->run->model);
    if (b->net.has_norms)
        DC_TRY(blind_net_change(&b->change, &b->net, b->trial, true));
    if (b->has_halves)
        DC_TRY(blind_trial_round_rest(b->trial));
    return blind_net_change(&b->change, &b->net, b->trial, false);
}

/* The trial becomes what is chosen, and its outputs are measured. */
static dc_status try_choices(blind *b)
{
    const unsigned mark = dc_work_enter(TRY_WORK, "try %u", ++b->n_tries);
    DC_TRY(change_layers(b));
    if (!b->is_tried)
        DC_TRY(measure_whole(b));
    b->is_tried = true;
    dc_work_leave(mark);
    return DC_OK;
}

/* Of the outputs: what was measured, but not less than what weights that moved so far must do. */
static double change_of(const blind *b)
{
    double expected = 0, least = 0;
    for (uint32_t i = 0; i < b->n_layers; i++) {
        const blind_layer *layer = &b->layers[i];
        const double error = layer->choices[layer->chosen].error;
        expected += blind_layer_change(layer, layer->chosen);
        least += error > 0 ? LEAST_GAIN * error / layer->energy : 0;
    }
    return isnan(b->change) ? expected : fmax(b->change, least);
}

/* ---- budgets --------------------------------------------------------------------------------- */

/* The allowance that brings the change near the budget, and not over it. */
static dc_status fit_change(blind *b)
{
    uint32_t *best = dc_arena_take(b->run->arena, b->n_layers, sizeof *best); /* 0: as they are */
    double allowance = BUDGET, good = 0, bad = INFINITY, change = 0;
    DC_TRY(b->run->arena->status);
    for (int i = 0; i < MAX_TRIES && !(change >= NEAR * BUDGET && change <= BUDGET); i++) {
        blind_layers_choose(b->layers, b->n_layers, allowance);
        DC_TRY(try_choices(b));
        change = change_of(b);
        if (change <= BUDGET) {
            for (uint32_t k = 0; k < b->n_layers; k++)
                best[k] = b->layers[k].chosen;
            good = allowance;
            allowance *= fmin(0.95 * BUDGET / change, MAX_RAISE);
            allowance = fmin(allowance, (good + bad) / 2);
        } else {
            bad = allowance;
            allowance *= fmax(0.9 * BUDGET / change, 1 / MAX_RAISE);
            allowance = fmax(allowance, (good + bad) / 2);
        }
    }
    for (uint32_t i = 0; i < b->n_layers; i++)
        b->layers[i].chosen = best[i];
    return try_choices(b);
}

/* ---- history --------------------------------------------------------------------------------- */

static dc_status note_history(blind *b)
{
    dc_json *json = dc_json_new();
    char *text = NULL;
    dc_json_add_text(json, "accuracy", "not certified");
    dc_json_add_number(json, "output_change", round(1e4 * sqrt(b->change)) / 1e4);
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
static dc_status size_of(uint64_t *bytes, blind *b)
{
    DC_TRY(note_history(b));
    return compress_size(bytes, b->run, b->trial, b->settings->is_stripped);
}

/* Chooses by the least allowance that makes the layers no larger than this, by their estimates, and
 * gives what is left to single layers. */
static void choose_bytes(blind *b, double bytes)
{
    double low = log(LEAST_CHANGE), high = log(MOST_CHANGE);
    for (int i = 0; i < N_HALVINGS; i++) {
        const double middle = (low + high) / 2;
        blind_layers_choose(b->layers, b->n_layers, exp(middle));
        if (blind_layers_bytes(b->layers, b->n_layers) <= bytes)
            high = middle;
        else
            low = middle;
    }
    blind_layers_choose(b->layers, b->n_layers, exp(high));
    const double left = bytes - blind_layers_bytes(b->layers, b->n_layers);
    blind_layers_refine(b->layers, b->n_layers, left);
}

typedef struct byte_search {
    double low, high;   /* bytes of the layers, estimated: known to fit, and not to fit */
    bool has_best;      /* one fits                                                     */
    double best_change; /* of the outputs                                               */
    uint32_t *best;     /* by layer: what was chosen                                    */
} byte_search;

/* The trial's layers become this large at most, by their estimates. *off: how many bytes the file
 * could still grow, or has too many where that is negative. */
static dc_status try_bytes(double *off, byte_search *s, blind *b, double room)
{
    uint64_t bytes;
    choose_bytes(b, room);
    DC_TRY(try_choices(b));
    DC_TRY(size_of(&bytes, b));
    *off = (double)b->settings->max_bytes - (double)bytes;
    if (*off < 0) {
        s->high = fmin(s->high, room);
        return DC_OK;
    }
    s->low = fmax(s->low, room);
    if (!s->has_best || change_of(b) < s->best_change) {
        s->has_best = true;
        s->best_change = change_of(b);
        for (uint32_t i = 0; i < b->n_layers; i++)
            s->best[i] = b->layers[i].chosen;
    }
    return DC_OK;
}

/* Goes down until the file fits, and up again while there are bytes and tries left. */
static dc_status search_bytes(byte_search *s, blind *b, double off)
{
    const double limit = (double)b->settings->max_bytes;
    const double near = SIZE_NEAR * limit;
    for (int i = 0; i < MAX_SIZE_TRIES && s->high - fmax(s->low, 0) > near; i++) {
        if (off >= 0 && off <= near)
            break;
        double room = blind_layers_bytes(b->layers, b->n_layers) + off;
        if (room <= s->low || room >= s->high)
            room = s->low > 0 ? (s->low + s->high) / 2 : s->high - SIZE_MARGIN * limit;
        DC_TRY(try_bytes(&off, s, b, room));
    }
    return s->has_best ? DC_OK : try_bytes(&off, s, b, 0);
}

/* A file that fits as it is stays so. Else layers that come shared lose, too; the best is the file
 * that fits whose outputs move least, or the smallest that can be had. */
static dc_status fit_bytes(blind *b)
{
    const double limit = (double)b->settings->max_bytes;
    byte_search s = { 0 };
    uint64_t bytes;
    DC_TRY(size_of(&bytes, b));
    if ((double)bytes <= limit)
        return DC_OK;
    b->is_squeezed = true;
    s.best = dc_arena_take(b->run->arena, b->n_layers, sizeof *s.best);
    DC_TRY(b->run->arena->status);
    s.high = blind_layers_bytes(b->layers, b->n_layers);
    DC_TRY(size_of(&bytes, b));
    DC_TRY(find_slopes(b, true));
    DC_TRY(search_bytes(&s, b, limit - (double)bytes));
    for (uint32_t i = 0; i < b->n_layers && s.has_best; i++)
        b->layers[i].chosen = s.best[i];
    return try_choices(b);
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
    const dc_status status = blind_net_open(&b->net, b->run->model);
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
    b->applied = dc_arena_take(arena, b->n_layers, sizeof *b->applied);
    DC_TRY(arena->status);
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
                              .output_budget = sqrt(BUDGET) };
    blind_net_close(&b.net);
    if (status < 0) {
        dc_model_free(b.trial);
        return status;
    }
    dc_model_free(run->model);
    run->model = b.trial;
    return DC_OK;
}
