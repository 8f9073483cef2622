/* SPDX-License-Identifier: MIT
 *
 * Trained ternary weights [TTQ 3]. Between a step's forward pass and its update w is the ternary
 * weight; for the update it is the latent value, so that the optimizer, whichever it is, moves that
 * with its own momentum and decay. Padding has latent values of zero, which stay zero.
 */
#include <math.h>
#include <string.h>

#include "dcomp/quant.h"

#define LOOK_STEPS 20u /* between two looks for the threshold of a sparsity */
#define FIRST_DECAY 0.9
#define SECOND_DECAY 0.99

typedef struct scale {
    double value, first, second; /* and Adam's moments */
} scale;

typedef struct dc_ternary_part {
    uint64_t n, n_values; /* n_values: without padding */
    double threshold, sparsity; /* NaN: it is the other one */
    float *latent; /* NULL: not ternary */
    float *scratch;
    float limit;        /* |latent| of what is zero, at most             */
    uint64_t n_at_limit; /* so many of those that are equal to it are zero */
    scale positive, negative;
} dc_ternary_part;

typedef struct part_work {
    dc_ternary *ternary;
    dc_trained *trained;
} part_work;

/* ---- the threshold --------------------------------------------------------------------------- */

static void find_limit(dc_ternary_part *part)
{
    float most = 0;
    const uint64_t n_padding = part->n - part->n_values;
    for (uint64_t i = 0; i < part->n; i++)
        most = fmaxf(most, fabsf(part->latent[i]));
    part->n_at_limit = part->n;
    if (!isnan(part->threshold)) {
        part->limit = (float)part->threshold * most;
        return;
    }
    const uint64_t n_asked = (uint64_t)(part->sparsity * (double)part->n_values + 0.5);
    const uint64_t n_zero = DC_MIN(n_asked, part->n_values - 1); /* one value is left at least */
    part->limit = 0;
    if (n_zero == 0)
        return;
    for (uint64_t i = 0; i < part->n; i++)
        part->scratch[i] = fabsf(part->latent[i]);
    part->limit = dc_select_smallest(part->scratch, part->n, n_padding + n_zero - 1);
    part->n_at_limit = n_padding + n_zero;
    for (uint64_t i = 0; i < part->n; i++)
        part->n_at_limit -= fabsf(part->latent[i]) < part->limit;
}

/* Of weights of one size, as those of a network that was shared before, the first ones are zero. */
static void take_sides(float *w, const dc_ternary_part *part, float up, float down)
{
    uint64_t n_at_limit = 0;
    for (uint64_t i = 0; i < part->n; i++)
        w[i] = part->latent[i] > part->limit    ? up
               : part->latent[i] < -part->limit ? down
                                                : 0.0f;
    if (part->n_at_limit >= part->n || !(part->limit > 0))
        return;
    for (uint64_t i = 0; i < part->n; i++)
        if (fabsf(part->latent[i]) == part->limit && ++n_at_limit > part->n_at_limit)
            w[i] = part->latent[i] > 0 ? up : down;
}

static void make_ternary(float *w, const dc_ternary_part *part)
{
    take_sides(w, part, (float)part->positive.value, -(float)part->negative.value);
}

/* ---- the hook -------------------------------------------------------------------------------- */

/* The mean size of the weights on each side of the threshold. */
static void first_scales(dc_ternary_part *part, const float *w)
{
    double up = 0, down = 0;
    uint64_t n_up = 0, n_down = 0;
    take_sides(part->scratch, part, 1, -1);
    for (uint64_t i = 0; i < part->n; i++) {
        const bool is_up = part->scratch[i] > 0, is_down = part->scratch[i] < 0;
        up += is_up ? (double)w[i] : 0;
        down -= is_down ? (double)w[i] : 0;
        n_up += is_up;
        n_down += is_down;
    }
    part->positive.value = n_up > 0 ? up / (double)n_up : down / (double)DC_MAX(n_down, 1u);
    part->negative.value = n_down > 0 ? down / (double)n_down : part->positive.value;
}

static dc_status begin_part(dc_ternary_part *part, dc_trained *trained, uint32_t index)
{
    const dc_param *param = &trained->model->params[index];
    dc_trained_param *p = &trained->params[index];
    float most = 0;
    part->n = p->n;
    part->n_values = param->n_values;
    part->latent = dc_arena_take(trained->arena, p->n, sizeof *part->latent);
    part->scratch = dc_arena_take(trained->arena, p->n, sizeof *part->scratch);
    DC_TRY(trained->arena->status);
    for (uint64_t i = 0; i < p->n; i++)
        most = fmaxf(most, fabsf(p->w[i]));
    if (!(most > 0))
        return dc_fail(DC_EINPUT, "all weights of layer '%s' are zero: there is no value to begin "
                                  "with", trained->model->nodes[param->node].name);
    for (uint64_t i = 0; i < p->n; i++)
        part->latent[i] = p->w[i] / most;
    find_limit(part);
    first_scales(part, p->w);
    make_ternary(p->w, part);
    p->is_changed = true;
    return DC_OK;
}

static dc_status begin(void *payload, dc_trained *trained)
{
    dc_ternary *t = payload;
    t->n_moves = 0;
    t->n_parts = trained->n_params;
    t->parts = dc_arena_take(trained->arena, t->n_parts, sizeof *t->parts);
    DC_TRY(trained->arena->status);
    for (uint32_t i = 0; i < t->n_parts; i++) {
        const dc_param *param = &trained->model->params[i];
        const char *layer = trained->model->nodes[param->node].name;
        dc_ternary_part *part = &t->parts[i];
        part->threshold = part->sparsity = NAN;
        if (trained->params[i].n == 0 || trained->params[i].theta != NULL ||
            !dc_role_is_weight(param->role) ||
            (!dc_rules_find(&part->threshold, &t->threshold, layer) &&
             !dc_rules_find(&part->sparsity, &t->sparsity, layer)))
            continue;
        DC_TRY(begin_part(part, trained, i));
    }
    return DC_OK;
}

static void move_scale(scale *s, double gradient, double rate, double n)
{
    s->first = FIRST_DECAY * s->first + (1 - FIRST_DECAY) * gradient;
    s->second = SECOND_DECAY * s->second + (1 - SECOND_DECAY) * gradient * gradient;
    const double first = s->first / (1 - pow(FIRST_DECAY, n));
    const double second = s->second / (1 - pow(SECOND_DECAY, n));
    if (second > 0)
        s->value = fmax(s->value * (1 - rate * first / sqrt(second)), 1e-3 * s->value);
}

static void turn_back(void *payload, uint64_t index)
{
    const part_work *work = payload;
    dc_ternary_part *part = &work->ternary->parts[index];
    dc_trained_param *p = &work->trained->params[index];
    if (part->latent == NULL)
        return;
    const float up = (float)part->positive.value, down = (float)part->negative.value;
    double d_up = 0, d_down = 0;
    for (uint64_t i = 0; i < part->n; i++) {
        const bool is_up = p->w[i] > 0, is_down = p->w[i] < 0;
        d_up += is_up ? (double)p->dw[i] : 0;
        d_down -= is_down ? (double)p->dw[i] : 0;
        p->dw[i] *= is_up ? up : is_down ? down : 1;
        p->w[i] = part->latent[i];
    }
    const double rate = fmin(work->trained->learning_rate * p->rate_scale, 0.01);
    const double n = (double)work->ternary->n_moves;
    move_scale(&part->positive, d_up, rate, n);
    move_scale(&part->negative, d_down, rate, n);
}

static dc_status after_backward(void *payload, dc_trained *trained)
{
    part_work work = { payload, trained };
    work.ternary->n_moves++;
    dc_pool_each(trained->n_params, turn_back, &work);
    return DC_OK;
}

static void turn(void *payload, uint64_t index)
{
    const part_work *work = payload;
    dc_ternary_part *part = &work->ternary->parts[index];
    dc_trained_param *p = &work->trained->params[index];
    if (part->latent == NULL)
        return;
    memcpy(part->latent, p->w, part->n * sizeof *p->w);
    if (isnan(part->sparsity) || work->ternary->n_moves % LOOK_STEPS == 0)
        find_limit(part);
    make_ternary(p->w, part);
    p->is_changed = true;
}

static dc_status after_update(void *payload, dc_trained *trained)
{
    part_work work = { payload, trained };
    dc_pool_each(trained->n_params, turn, &work);
    return DC_OK;
}

/* What an epoch hands on has the sparsity that was asked. */
static dc_status after_epoch(void *payload, dc_trained *trained)
{
    const dc_ternary *t = payload;
    for (uint32_t i = 0; i < t->n_parts; i++) {
        dc_ternary_part *part = &t->parts[i];
        if (part->latent == NULL || isnan(part->sparsity))
            continue;
        find_limit(part);
        make_ternary(trained->params[i].w, part);
        trained->params[i].is_changed = true;
    }
    return DC_OK;
}

static void put_scale(dc_writer *w, const scale *s)
{
    dc_put_f64(w, s->value);
    dc_put_f64(w, s->first);
    dc_put_f64(w, s->second);
}

static void get_scale(dc_reader *r, scale *s)
{
    s->value = dc_get_f64(r);
    s->first = dc_get_f64(r);
    s->second = dc_get_f64(r);
}

static void put(dc_writer *w, void *payload)
{
    const dc_ternary *t = payload;
    dc_put_u64(w, t->n_moves);
    for (uint32_t i = 0; i < t->n_parts; i++) {
        const dc_ternary_part *part = &t->parts[i];
        if (part->latent == NULL)
            continue;
        put_scale(w, &part->positive);
        put_scale(w, &part->negative);
        dc_put_f32(w, part->limit);
        dc_put_u64(w, part->n_at_limit);
        dc_put_f32s(w, part->latent, part->n);
    }
}

static dc_status get(dc_reader *r, void *payload)
{
    dc_ternary *t = payload;
    t->n_moves = dc_get_u64(r);
    for (uint32_t i = 0; i < t->n_parts; i++) {
        dc_ternary_part *part = &t->parts[i];
        if (part->latent == NULL)
            continue;
        get_scale(r, &part->positive);
        get_scale(r, &part->negative);
        part->limit = dc_get_f32(r);
        part->n_at_limit = dc_get_u64(r);
        dc_get_f32s(r, part->latent, part->n);
    }
    return r->status;
}

dc_train_hook dc_ternary_hook(dc_ternary *ternary)
{
    return (dc_train_hook){ .name = "ternary",
                            .payload = ternary,
                            .begin = begin,
                            .after_backward = after_backward,
                            .after_update = after_update,
                            .after_epoch = after_epoch,
                            .put = put,
                            .get = get };
}
