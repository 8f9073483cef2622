/* SPDX-License-Identifier: MIT
 *
 * The hook that trains levels by the price of their bits; docs/rate.md has the method. Prices are
 * learned anew from the levels every look_steps, and there the budget is looked at: lambda follows
 * a target that falls (a plain controller of its logarithm, with a part for how the error changes:
 * without it lambda winds up while weights still have momentum, and whole layers collapse), or,
 * when settling, weights go that are worth least: v q^2 / (bits + 1), where v is the second moment
 * of a latent's gradient, an estimate of the curvature that is there anyway [LeCun 1990]. While
 * there is room below the target, settling weights pay nothing for bits.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rate_train.h"

#define FIRST_LAMBDA 2e-6     /* loss a bit */
#define LEAST_LAMBDA 1e-8
#define FOLLOWS 0.15        /* ln lambda per look and unit of the error, clipped at */
#define FOLLOWS_UP_TO 0.015
#define DAMPS 1.5           /* ln lambda per change of the error, which is clipped at */
#define DAMPS_UP_TO 0.05
#define GOES_AT_ONCE 0.01   /* share of the weights that may go at a look */
#define N_BEFORE_FIRST 60u  /* steps until moments tell something */

struct dc_rate_train {
    dc_arena arena; /* holds this struct */
    dc_rate_train_settings settings;
    latents *list; /* of trained->n_params, in the trainer's arena */
    uint32_t n;
    double log_lambda;
    double error;      /* at the last look; NaN: there was none */
    double from_bits;  /* where the ramp begins                 */
    double bits, target_bits;
    double overhead_bits;
    uint64_t n_moves;   /* of this training                     */
    uint64_t n_ramped;  /* since the ramp began                 */
    bool is_stale;      /* prices are to be learned before the next step */
    dc_model *measured; /* owned; NULL: not yet needed */
};

dc_rate_train_settings dc_rate_train_defaults(void)
{
    return (dc_rate_train_settings){
        .max_lambda = 2e-4, .step_rate = 0.1, .step_bits = 8, .look_steps = 20
    };
}

dc_status dc_rate_train_new(dc_rate_train **out)
{
    dc_arena arena = { 0 };
    dc_rate_train *train = dc_arena_take(&arena, 1, sizeof *train);
    DC_TRY(arena.status);
    train->arena = arena;
    train->settings = dc_rate_train_defaults();
    train->log_lambda = log(FIRST_LAMBDA);
    *out = train;
    return DC_OK;
}

void dc_rate_train_free(dc_rate_train *train)
{
    if (train == NULL)
        return;
    dc_model_free(train->measured);
    dc_arena arena = train->arena;
    dc_arena_clear(&arena);
}

void dc_rate_train_set(dc_rate_train *train, const dc_rate_train_settings *settings)
{
    if (train->overhead_bits == 0 || settings->measure == NULL)
        train->overhead_bits = 8 * settings->overhead_bytes;
    train->settings = *settings;
    if (settings->lambda > 0)
        train->log_lambda = log(settings->lambda);
}

double rate_control(double log_lambda, double e, double before)
{
    const double follow = fmin(fmax(FOLLOWS * e, -FOLLOWS_UP_TO), FOLLOWS_UP_TO);
    const double change = isnan(before) ? 0 : fmin(fmax(e - before, -DAMPS_UP_TO), DAMPS_UP_TO);
    return log_lambda + follow + DAMPS * change;
}

/* ---- prices and the budget ------------------------------------------------------------------- */

static dc_status price(dc_rate_train *t, const dc_trained *trained)
{
    t->bits = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->list[i].n == 0)
            continue;
        DC_TRY(latents_price(&t->list[i], trained, i));
        t->bits += t->list[i].bits;
    }
    t->is_stale = false;
    return DC_OK;
}

static double bits_of_file(const dc_rate_train *t, double bytes)
{
    return fmax(8 * bytes - t->overhead_bits, 8);
}

/* On the way from where the ramp began to its goal. */
static void set_target(dc_rate_train *t)
{
    const dc_rate_train_settings *s = &t->settings;
    const double goal = bits_of_file(t, s->to_bytes);
    const double done =
        s->n_ramp_steps > 0 ? fmin((double)t->n_ramped / (double)s->n_ramp_steps, 1) : 1;
    const double from = fmax(t->from_bits, goal);
    t->target_bits = exp(log(from) * (1 - done) + log(goal) * done);
}

static void control(dc_rate_train *t)
{
    const double e = log(fmax(t->bits, 1) / t->target_bits);
    t->log_lambda = rate_control(t->log_lambda, e, t->error);
    const double most = fmax(t->settings.max_lambda, LEAST_LAMBDA);
    t->log_lambda = fmin(fmax(t->log_lambda, log(LEAST_LAMBDA)), log(most));
    t->error = e;
}

/* A weight that could go. */
typedef struct survivor {
    float worth, bits;
    uint32_t param;
    uint64_t i;
} survivor;

static int by_worth(const void *a, const void *b)
{
    const survivor *x = a, *y = b;
    if (x->worth < y->worth || x->worth > y->worth)
        return x->worth < y->worth ? -1 : 1;
    if (x->param != y->param)
        return x->param < y->param ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

static float bits_of_size(const latents *l, uint32_t size)
{
    return l->rate.more_bits[DC_MIN(size, DC_RATE_SIZES)];
}

static uint64_t find_survivors(survivor *out, const dc_rate_train *t)
{
    uint64_t n = 0;
    for (uint32_t p = 0; p < t->n; p++) {
        const latents *l = &t->list[p];
        for (uint64_t i = 0; i < l->n; i++) {
            const float q = latents_round(l->at[i]);
            if (q == 0.0f)
                continue;
            out[n++] = (survivor){ .worth = l->second[i] * q * q / (l->rise[i] + 1),
                                   .bits = l->rise[i] + bits_of_size(l, (uint32_t)fabsf(q)),
                                   .param = p,
                                   .i = i };
        }
    }
    return n;
}

static void drop(dc_rate_train *t, const survivor *s)
{
    latents *l = &t->list[s->param];
    l->at[s->i] = l->first[s->i] = 0;
    l->lives[s->i] = 0;
}

/* Those that are worth least go, until about the target is met, but few at a look: others must have
 * time to take over. */
static dc_status remove_least(dc_rate_train *t)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < t->n; i++)
        n += t->list[i].n_nonzero;
    dc_arena scratch = { 0 };
    survivor *all = dc_arena_take(&scratch, n, sizeof *all);
    if (all != NULL) {
        double over = t->bits - t->target_bits;
        n = find_survivors(all, t);
        qsort(all, n, sizeof *all, by_worth);
        const uint64_t n_most = (uint64_t)((double)n * GOES_AT_ONCE) + 1;
        for (uint64_t i = 0; i < DC_MIN(n, n_most) && over > 0; i++) {
            drop(t, &all[i]);
            over -= (double)all[i].bits;
        }
    }
    const dc_status status = scratch.status;
    dc_arena_clear(&scratch);
    return status;
}

static dc_status look(dc_rate_train *t, const dc_trained *trained)
{
    DC_TRY(price(t, trained));
    set_target(t);
    if (!t->settings.is_settling)
        control(t);
    else if (t->n_moves >= N_BEFORE_FIRST && t->bits > t->target_bits)
        DC_TRY(remove_least(t));
    return DC_OK;
}

/* ---- the hook -------------------------------------------------------------------------------- */

static dc_status begin(void *payload, dc_trained *trained)
{
    dc_rate_train *t = payload;
    t->n = trained->n_params;
    t->list = dc_arena_take(trained->arena, t->n, sizeof *t->list);
    DC_TRY(trained->arena->status);
    for (uint32_t i = 0; i < t->n; i++) {
        DC_TRY(latents_begin(&t->list[i], trained, i, &t->settings));
        if (t->list[i].n == 0)
            continue;
        latents_write(&t->list[i], trained->params[i].w);
        trained->params[i].is_changed = true;
    }
    t->n_moves = 0;
    t->error = NAN;
    DC_TRY(price(t, trained));
    if (!t->settings.goes_on) {
        t->from_bits = t->bits;
        t->n_ramped = 0;
    }
    set_target(t);
    return DC_OK;
}

static dc_status move_all(dc_rate_train *t, dc_trained *trained)
{
    const double n = (double)++t->n_moves;
    t->n_ramped++;
    const bool has_room = t->settings.is_settling && t->bits <= t->target_bits;
    latents_move move = { .lambda = has_room ? 0 : exp(t->log_lambda),
                          .is_settling = t->settings.is_settling,
                          .first_scale = 1 / (1 - pow(0.9, n)),
                          .second_scale = 1 / (1 - pow(0.99, n)) };
    for (uint32_t i = 0; i < t->n; i++) {
        latents *l = &t->list[i];
        dc_trained_param *p = &trained->params[i];
        if (l->n == 0)
            continue;
        move.rate = trained->learning_rate * p->rate_scale;
        move.step_rate = move.rate * t->settings.step_rate;
        latents_update(l, p->dw, &move);
        if (dc_find_not_finite(l->at, l->n) < l->n || !isfinite(l->log_step))
            return dc_fail(DC_EDIVERGED, "'%s' is no longer finite after %llu steps; a lower "
                                         "learning rate may help",
                           trained->model->params[i].name, (unsigned long long)t->n_moves);
        if (!t->settings.is_settling)
            latents_set_step(l, t->settings.step_bits);
        latents_write(l, p->w);
        p->is_changed = true;
    }
    return DC_OK;
}

static dc_status after_update(void *payload, dc_trained *trained)
{
    dc_rate_train *t = payload;
    if (t->is_stale || t->n_moves % DC_MAX(t->settings.look_steps, 1u) == 0)
        DC_TRY(look(t, trained));
    return move_all(t, trained);
}

/* What the file has besides the levels is learned from the file. */
static dc_status measure(dc_rate_train *t, const dc_trained *trained)
{
    uint64_t bytes;
    if (t->measured == NULL || t->measured->n_params != t->n ||
        dc_model_n_values(t->measured) != dc_model_n_values(trained->model)) {
        dc_model_free(t->measured);
        t->measured = NULL;
        DC_TRY(dc_model_copy(&t->measured, trained->model));
    }
    for (uint32_t i = 0; i < t->n; i++)
        if (trained->params[i].n > 0)
            DC_TRY(trained->store(trained, i, t->measured->params[i].values,
                                  trained->params[i].w));
    DC_TRY(t->settings.measure(t->settings.payload, &bytes, t->measured));
    t->overhead_bits = 8 * (double)bytes - t->bits;
    return DC_OK;
}

static dc_status after_epoch(void *payload, dc_trained *trained)
{
    dc_rate_train *t = payload;
    DC_TRY(price(t, trained));
    if (t->settings.measure != NULL)
        DC_TRY(measure(t, trained));
    set_target(t);
    t->is_stale = true; /* so a training that goes on from here looks as one that went on does */
    return DC_OK;
}

dc_rate_train_state dc_rate_train_at(const dc_rate_train *t)
{
    dc_rate_train_state state = { .lambda = exp(t->log_lambda),
                                  .bytes = (t->bits + t->overhead_bits) / 8,
                                  .target_bytes = (t->target_bits + t->overhead_bits) / 8 };
    for (uint32_t i = 0; i < t->n; i++)
        state.n_nonzero += t->list[i].n_nonzero;
    return state;
}

/* ---- checkpoints ----------------------------------------------------------------------------- */

/* One walk for both ways. */
typedef struct walk {
    dc_writer *w; /* NULL: read */
    dc_reader *r;
} walk;

static void walk_double(const walk *k, double *value)
{
    if (k->w != NULL)
        dc_put_f64(k->w, *value);
    else
        *value = dc_get_f64(k->r);
}

static void walk_count(const walk *k, uint64_t *value)
{
    if (k->w != NULL)
        dc_put_u64(k->w, *value);
    else
        *value = dc_get_u64(k->r);
}

static void walk_floats(const walk *k, float *values, uint64_t n)
{
    if (k->w != NULL)
        dc_put_f32s(k->w, values, n);
    else
        dc_get_f32s(k->r, values, n);
}

static void walk_bytes(const walk *k, uint8_t *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (k->w != NULL)
            dc_put_u8(k->w, values[i]);
        else
            values[i] = dc_get_u8(k->r);
}

static void walk_state(const walk *k, dc_rate_train *t)
{
    walk_count(k, &t->n_moves);
    walk_count(k, &t->n_ramped);
    walk_double(k, &t->log_lambda);
    walk_double(k, &t->error);
    walk_double(k, &t->from_bits);
    walk_double(k, &t->overhead_bits);
    for (uint32_t i = 0; i < t->n; i++) {
        latents *l = &t->list[i];
        if (l->n == 0)
            continue;
        float step = l->step;
        walk_floats(k, &step, 1);
        l->step = step;
        walk_double(k, &l->log_step);
        walk_double(k, &l->step_first);
        walk_double(k, &l->step_second);
        walk_floats(k, l->at, l->n);
        walk_floats(k, l->first, l->n);
        walk_floats(k, l->second, l->n);
        walk_bytes(k, l->lives, l->n);
    }
}

static void put(dc_writer *w, void *payload)
{
    walk_state(&(walk){ .w = w }, payload);
}

static dc_status get(dc_reader *r, void *payload)
{
    dc_rate_train *t = payload;
    walk_state(&(walk){ .r = r }, t);
    t->is_stale = true;
    return r->status;
}

dc_train_hook dc_rate_train_hook(dc_rate_train *train)
{
    return (dc_train_hook){ .name = "rate",
                            .payload = train,
                            .updates = true,
                            .begin = begin,
                            .after_update = after_update,
                            .after_epoch = after_epoch,
                            .put = put,
                            .get = get };
}
