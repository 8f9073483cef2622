/* SPDX-License-Identifier: MIT
 *
 * rate: training by the price of bits, down to a file of so many bytes (docs/rate.md). In turns:
 * while the slope of the rate forms the structure, down to about one and a half times the goal, a
 * turn of some epochs at a time, between which dead neurons leave the network and training gets
 * faster; then the weights that are worth least go until the goal is met; then what is left
 * settles.
 */
#include "stage_settings.h"

#include <math.h>

#define N_NARROW_TURNS 3u   /* of an epoch                                           */
#define DENSE_SHARE 0.08    /* of the other epochs, to recover                       */
#define SLOPE_SHARE 0.42
#define REMOVAL_SHARE 0.2
#define SLOPE_GOAL 1.55     /* of the goal's bytes, where saliency takes over        */
#define AIM 0.996           /* of the goal, so that levels may grow a little between looks */
#define N_SLOPE_TURNS 6u
#define RAMP_SHARE 0.7      /* of a ramp's steps the target falls; then it is held   */
#define FIRST_LAMBDA 2e-6
#define NOISY_SHARE 0.6     /* of the last turn's epochs: the rate is still so high that what is
                               best on the validation part is so by chance                     */
#define OVERHEAD_BYTES 60   /* until a file is measured, after the first epoch       */

static const dc_field rate_fields[] = {
    { .name = "bytes", .kind = DC_FIELD_U64, .offset = offsetof(rate_settings, bytes),
      .unit = "bytes", .max = INFINITY, .help = "the file is to have no more" },
    { .name = "part", .kind = DC_FIELD_CHOICE, .offset = offsetof(rate_settings, part),
      .choices = "all|slope|removal|settling", .help = "all of the training, or a part of it" },
    { .name = "keep_zeros", .kind = DC_FIELD_BOOL, .offset = offsetof(rate_settings, keeps_zeros),
      .help = "what is pruned stays zero; without it pruned weights may come back" },
    { .name = "levels", .kind = DC_FIELD_U32, .offset = offsetof(rate_settings, n_levels),
      .max = 65535, .help = "distinct values of a layer, zero included; 15 fit 4 bits; 0: any" },
    { .name = "lambda", .kind = DC_FIELD_NUMBER, .offset = offsetof(rate_settings, lambda),
      .max = 1, .help = "loss that a bit is worth while weights settle" },
    { .name = "max_lambda", .kind = DC_FIELD_NUMBER, .offset = offsetof(rate_settings, max_lambda),
      .max = 1, .help = "the most that a bit may be worth before" },
    { 0 },
};

static void rate_defaults(void *settings)
{
    rate_settings *s = settings;
    *s = (rate_settings){ .fit = fit_defaults(), .lambda = 3e-6, .max_lambda = 2e-4 };
    s->fit.train.n_epochs = 60;
    s->fit.train.batch_size = 128;
    s->fit.train.learning_rate = 0.03; /* in steps of the grid */
    s->fit.train.final_rate_share = 0.02;
    s->fit.train.weight_decay = 0;
    s->fit.train.teacher_temperature = 3;
    s->fit.train.warmup_epochs = 0.25;
    s->fit.train.dropout_share = 0;
    s->fit.augment.n_ways = 8;
}

enum { NARROWS, RECOVERS, SLOPES, REMOVES, SETTLES };

/* One training. */
typedef struct turn {
    uint32_t kind, n_epochs;
    uint32_t n_narrowings; /* of this turn and later ones, each before its first epoch */
    bool goes_on; /* with the ramp of the turn before */
    double ramp_epochs;
} turn;

#define MAX_TURNS (N_NARROW_TURNS + N_SLOPE_TURNS + 3u)

typedef struct turns {
    uint32_t n;
    turn list[MAX_TURNS];
} turns;

static void add_turn(turns *out, uint32_t kind, uint32_t n_epochs, double ramp_epochs)
{
    if (n_epochs > 0)
        out->list[out->n++] =
            (turn){ .kind = kind, .n_epochs = n_epochs, .ramp_epochs = ramp_epochs };
}

static uint32_t share_of(uint32_t n_epochs, double share)
{
    return (uint32_t)(share * n_epochs + 0.5);
}

static turns one_turn(const rate_settings *s)
{
    turns out = { 0 };
    const uint32_t n = s->fit.train.n_epochs;
    if (s->part == RATE_SLOPE) {
        add_turn(&out, SLOPES, n, RAMP_SHARE * n);
        out.list[0].n_narrowings = 1;
    } else if (s->part == RATE_REMOVAL)
        add_turn(&out, REMOVES, n, RAMP_SHARE * n);
    else
        add_turn(&out, SETTLES, n, 0);
    return out;
}

/* The same for any state of the model, so that a run can be resumed. */
static turns plan_turns(const rate_settings *s)
{
    turns out = { 0 };
    const uint32_t n_all = s->fit.train.n_epochs;
    if (s->part != RATE_ALL)
        return one_turn(s);
    const uint32_t n_narrow = DC_MIN(N_NARROW_TURNS, share_of(n_all, 0.1));
    const uint32_t n = n_all - n_narrow, n_dense = share_of(n, DENSE_SHARE);
    const uint32_t n_slope = share_of(n, SLOPE_SHARE), n_removal = share_of(n, REMOVAL_SHARE);
    const uint32_t n_turns = DC_MIN(n_slope, N_SLOPE_TURNS);
    for (uint32_t i = 0; i < n_narrow; i++) {
        add_turn(&out, NARROWS, 1, 0);
        out.list[i].n_narrowings = n_narrow - i;
    }
    add_turn(&out, RECOVERS, n_dense, 0);
    for (uint32_t i = 0; i < n_turns; i++) {
        add_turn(&out, SLOPES, n_slope * (i + 1) / n_turns - n_slope * i / n_turns,
                 RAMP_SHARE * n_slope);
        out.list[out.n - 1].goes_on = i > 0;
    }
    add_turn(&out, REMOVES, n_removal, RAMP_SHARE * n_removal);
    add_turn(&out, SETTLES, n - n_dense - n_slope - n_removal, 0);
    return out;
}

typedef struct rate_work {
    dc_run *run;
    const rate_settings *settings;
    dc_rate_train *train;
    dc_train_hook hook;
    fit_tools tools;
    turns turns;
} rate_work;

/* Only what the file cannot keep as levels stays shared or pruned: nothing. */
static void free_marks(dc_model *model, bool keeps_zeros)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        model->params[i].is_shared = false;
        model->params[i].is_pruned = model->params[i].is_pruned && keeps_zeros;
    }
}

/* Zeros are chosen now, and equal values are equal on purpose. */
static void set_marks(dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        float step;
        if (!dc_grid_find(&step, param->values, param->n_values) && dc_param_n_nonzero(param) > 0)
            continue;
        param->is_pruned = dc_role_is_weight(param->role);
        param->is_shared = dc_param_can_share(param);
    }
}

static fit_settings fit_of_turn(const rate_work *w, uint32_t index)
{
    const turn *t = &w->turns.list[index];
    fit_settings fit = w->settings->fit;
    fit.train.n_epochs = t->n_epochs;
    fit.train.seed += index;
    fit.takes_last = t->kind != SETTLES || fit.takes_last;
    if (t->kind < REMOVES)
        fit.train.schedule = DC_SCHEDULE_CONSTANT;
    else if (t->kind == REMOVES)
        fit.train.final_rate_share = 0.3;
    if (isnan(fit.train.teacher_weight) && w->run->settings.is_taught)
        fit.train.teacher_weight = w->run->data->is_taught ? 1 : 0.8;
    fit.max_bytes = t->kind == SETTLES ? w->settings->bytes : 0;
    fit.n_unjudged = share_of(t->n_epochs, NOISY_SHARE);
    fit.more = &w->hook;
    return fit;
}

static dc_status measure(void *payload, uint64_t *bytes, const dc_model *model)
{
    const rate_work *w = payload;
    return compress_size(bytes, w->run, model, w->run->write.is_stripped);
}

static dc_rate_train_settings rate_of_turn(rate_work *w, const turn *t, uint32_t batch_size)
{
    const rate_settings *s = w->settings;
    const double n_steps = ceil((double)w->run->data->train->n_samples / batch_size);
    dc_rate_train_settings rate = dc_rate_train_defaults();
    const bool is_half_way = t->kind == SLOPES && s->part == RATE_ALL;
    rate.to_bytes = (is_half_way ? SLOPE_GOAL : AIM) * (double)s->bytes;
    rate.n_ramp_steps = (uint64_t)(t->ramp_epochs * n_steps);
    rate.goes_on = t->goes_on;
    rate.is_settling = t->kind >= REMOVES;
    rate.lambda = t->kind >= REMOVES ? s->lambda : t->goes_on ? 0 : FIRST_LAMBDA;
    rate.max_lambda = t->kind < SLOPES ? 0 : s->max_lambda;
    rate.max_level = s->n_levels > 0 ? DC_MAX((s->n_levels - 1) / 2, 1u) : 0;
    rate.step_bits = t->kind >= REMOVES && s->bytes < SMALL_FILE ? 4 : 8;
    rate.look_steps = (uint32_t)DC_MIN(DC_MAX(t->ramp_epochs * n_steps / 100, 1), 20);
    rate.overhead_bytes = OVERHEAD_BYTES;
    rate.measure = measure;
    rate.payload = w;
    return rate;
}

static dc_status train_turn(rate_work *w, uint32_t index)
{
    const turn *t = &w->turns.list[index];
    const fit_settings fit = fit_of_turn(w, index);
    const dc_rate_train_settings rate = rate_of_turn(w, t, fit.train.batch_size);
    dc_rate_train_set(w->train, &rate);
    const fit_progress at = { index + 1, w->turns.n };
    return fit_phase(&w->tools, w->run, &fit, &at, t->kind != SETTLES);
}

/* How far a network is narrowed, as it was measured (docs/rate.md): parameters for each byte of the
 * goal, and what a weight of a layer of n counts, n^-discount. Linear layers on pictures are sparse
 * whatever their width, and dense narrow ones no match for them. */
typedef struct narrowing {
    double values_a_byte, discount;
} narrowing;

static const narrowing of_convs = { 6, 0.5 }, of_linears = { 30, 0 };

static const narrowing *narrowing_of(const dc_model *m)
{
    for (uint32_t i = 0; i < m->n_nodes; i++)
        if (m->nodes[i].op == DC_OP_CONV)
            return &of_convs;
    return &of_linears;
}

/* An equal share at each of the narrowings that are left. */
static dc_status narrow(rate_work *w, uint32_t n_narrowings, dc_prune_stats *stats)
{
    gradient_squares squares = { 0 };
    const double n_now = (double)dc_model_n_values(w->run->model);
    const narrowing *n = narrowing_of(w->run->model);
    const double n_most = n->values_a_byte * (double)w->settings->bytes;
    if (n_now <= n_most)
        return DC_OK;
    const double n_next = n_now * pow(n_most / n_now, 1.0 / n_narrowings);
    dc_status status = squares_estimate(&squares, w->run, false);
    if (status == DC_OK)
        status = dc_prune_narrow(w->run->model, (uint64_t)n_next, n->discount, squares.values,
                                 stats);
    squares_clear(&squares);
    return status;
}

/* Values that were on a grid are on it again. */
static void regrid(dc_param *param, float step)
{
    for (uint64_t i = 0; step > 0 && i < param->n_values; i++)
        param->values[i] = rintf(param->values[i] / step) * step;
}

/* Constants of dead neurons move into biases, which stay on their grids. */
static dc_status leave_dead(rate_work *w, dc_prune_stats *stats)
{
    dc_model *m = w->run->model;
    dc_arena scratch = { 0 };
    float *steps = dc_arena_take(&scratch, m->n_params, sizeof *steps);
    dc_status status = scratch.status;
    for (uint32_t i = 0; status == DC_OK && i < m->n_params; i++)
        if (!dc_grid_find(&steps[i], m->params[i].values, m->params[i].n_values))
            steps[i] = 0;
    if (status == DC_OK)
        status = dc_prune_dead_between(m, stats);
    for (uint32_t i = 0; status == DC_OK && i < m->n_params; i++)
        regrid(&m->params[i], steps[i]);
    dc_arena_clear(&scratch);
    return status;
}

/* Between turns. */
static dc_status change_shape(rate_work *w, uint32_t index)
{
    dc_prune_stats dead = { 0 }, narrowed = { 0 };
    if (index > 0)
        DC_TRY(leave_dead(w, &dead));
    if (w->turns.list[index].n_narrowings > 0)
        DC_TRY(narrow(w, w->turns.list[index].n_narrowings, &narrowed));
    if (dead.n_values_removed + narrowed.n_values_removed > 0)
        fit_tools_reset(&w->tools);
    return DC_OK;
}

static void report_turn(const rate_work *w, uint32_t index)
{
    char text[200];
    const dc_rate_train_state at = dc_rate_train_at(w->train);
    dc_print(text, sizeof text,
             "turn %u/%u: about %.0f bytes, %llu weights of %llu, lambda %.2g", index + 1,
             w->turns.n, at.bytes, (unsigned long long)at.n_nonzero,
             (unsigned long long)dc_model_n_values(w->run->model), at.lambda);
    run_report(w->run, true, text);
}

static dc_status run_turns(rate_work *w)
{
    bool found;
    uint32_t phase;
    dc_prune_stats stats;
    DC_TRY(checkpoint_take_model(&found, &phase, w->run));
    if (!found)
        free_marks(w->run->model, w->settings->keeps_zeros);
    for (uint32_t index = found ? phase - 1 : 0; index < w->turns.n; index++) {
        if (!found)
            DC_TRY(change_shape(w, index));
        found = false;
        const dc_status status = train_turn(w, index);
        if (w->tools.is_lost && index > 0) {
            dc_warn("%s; what there was before is kept", dc_message());
            break;
        }
        DC_TRY(status);
        report_turn(w, index);
        if (w->turns.n > 1)
            DC_TRY(curve_keep(w->run, w->run->model));
    }
    DC_TRY(leave_dead(w, &stats));
    set_marks(w->run->model);
    return DC_OK;
}

static dc_status run_rate(dc_run *run, const void *settings)
{
    rate_work w = { .run = run, .settings = settings };
    DC_TRY(dc_rate_train_new(&w.train));
    w.hook = dc_rate_train_hook(w.train);
    w.turns = plan_turns(w.settings);
    const bool is_stripped = run->write.is_stripped;
    run->write.is_stripped = is_stripped || w.settings->bytes < SMALL_FILE;
    const dc_status status = run_turns(&w);
    run->write.is_stripped = is_stripped;
    fit_tools_clear(&w.tools);
    dc_rate_train_free(w.train);
    return status;
}

static dc_status check_rate(const void *settings, const dc_model *model, const dc_datasets *data)
{
    const rate_settings *s = settings;
    (void)model;
    if (s->bytes == 0)
        return dc_fail(DC_EINPUT, "nothing says how many bytes the file is to have (--bytes)");
    return fit_check(&s->fit, data);
}

static dc_amount rate_amount(const dc_run *run, const void *settings)
{
    const rate_settings *s = settings;
    const turns plan = plan_turns(s);
    dc_amount all = { 0 };
    for (uint32_t i = 0; i < plan.n; i++) {
        fit_settings fit = s->fit;
        fit.train.n_epochs = plan.list[i].n_epochs;
        all = amount_add(all, 1, fit_amount(run, &fit, true));
        if (plan.list[i].n_narrowings > 0)
            all = amount_add(all, 1, squares_amount(run));
    }
    return all;
}

const dc_stage dc_stage_rate = {
    .name = "rate",
    .needs_data = true,
    .settings_bytes = sizeof(rate_settings),
    .set_defaults = rate_defaults,
    .parts = { FIT_PARTS(offsetof(rate_settings, fit)), { rate_fields, 0 }, { NULL, 0 } },
    .check = check_rate,
    .run = run_rate,
    .amount = rate_amount,
};
