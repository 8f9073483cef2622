/* SPDX-License-Identifier: MIT
 *
 * One parameter in training by the price of its bits. The forward pass sees whole levels, the
 * gradient goes straight through the rounding [Bengio 2013] to latent values in units of a step,
 * and the price of bits, linear between whole levels, is a slope of theirs: from 0 to 1 what the
 * layer's popularities say, from there on what the next size costs more. So a weight that is not
 * zero is hardly made smaller by it, while a small one has to earn the bits of being there.
 * Adam moves a latent by about the rate whatever the loss is measured in, so one rate suits all
 * layers.
 */
#include <math.h>
#include <string.h>

#include "rate_train.h"

#define FIRST_DECAY 0.9f
#define SECOND_DECAY 0.99f /* follows as the grid changes below it */
#define EPSILON 1e-9f
#define STEP_SHARE 0.5      /* of the root mean square of what is not zero: a first step       */
#define MANY_LEVELS 8.0     /* root mean square in steps: a grid that is too fine to train on  */
#define STEP_OF_ZEROS 0.05  /* where a layer has nothing to go by                              */
#define LEAST_RISE 0.5f     /* bits                                                            */
#define LEAST_CLIMB 0.15f
#define N_UPDATE_PARTS 32u
#define SMALL_N 8192u

static float within(float at, float most)
{
    return at > most ? most : at < -most ? -most : at; /* NaN stays one */
}

static double root_mean_square(const float *values, uint64_t n)
{
    double sum = 0;
    uint64_t n_nonzero = 0;
    for (uint64_t i = 0; i < n; i++) {
        sum += (double)values[i] * (double)values[i];
        n_nonzero += values[i] != 0.0f;
    }
    return n_nonzero > 0 ? sqrt(sum / (double)n_nonzero) : 0;
}

/* The grid that is there, if its levels are few enough to train on; else one that is. */
static double first_step(const dc_param *param)
{
    float step;
    const double size = root_mean_square(param->values, param->n_values);
    if (dc_grid_find(&step, param->values, param->n_values) && size <= MANY_LEVELS * (double)step)
        return (double)step;
    return size > 0 ? STEP_SHARE * size : STEP_OF_ZEROS;
}

void latents_set_step(latents *l, uint32_t step_bits)
{
    l->step = dc_grid_step(exp(l->log_step), step_bits);
}

static dc_status take_arrays(latents *l, const dc_param *param, uint64_t n, dc_arena *arena)
{
    l->n = n;
    l->at = dc_arena_take(arena, n, sizeof(float));
    l->first = dc_arena_take(arena, n, sizeof(float));
    l->second = dc_arena_take(arena, n, sizeof(float));
    l->rise = dc_arena_take(arena, n, sizeof(float));
    l->scratch = dc_arena_take(arena, n, sizeof(float));
    l->lives = dc_arena_take(arena, n, 1);
    l->levels = dc_arena_take(arena, param->n_values, sizeof *l->levels);
    l->values = dc_arena_take(arena, param->n_values, sizeof(float));
    return arena->status;
}

/* Padding is what a row-major array of ones does not reach. */
static dc_status find_living(latents *l, const dc_trained *trained, uint32_t param)
{
    const dc_trained_param *p = &trained->params[param];
    for (uint64_t i = 0; i < trained->model->params[param].n_values; i++)
        l->values[i] = 1;
    DC_TRY(trained->load(trained, param, l->scratch, l->values));
    for (uint64_t i = 0; i < l->n; i++)
        l->lives[i] = l->scratch[i] != 0.0f && (p->tags == NULL || p->tags[i] != 0);
    return DC_OK;
}

dc_status latents_begin(latents *l, const dc_trained *trained, uint32_t param,
                        const dc_rate_train_settings *settings)
{
    const dc_trained_param *p = &trained->params[param];
    const dc_param *its = &trained->model->params[param];
    const dc_geometry g = dc_param_geometry(trained->model, its);
    const dc_level_shape shape = { g.n_rows, g.n_inputs, g.height, g.width };
    *l = (latents){ .n = 0 };
    if (p->n == 0 || p->theta != NULL || !(p->rate_scale > 0))
        return DC_OK;
    DC_TRY(take_arrays(l, its, p->n, trained->arena));
    DC_TRY(dc_rate_init(&l->rate, &shape, trained->arena));
    DC_TRY(find_living(l, trained, param));
    l->log_step = log(first_step(its));
    l->max_level = (float)(settings->max_level > 0 ? settings->max_level : DC_MAX_LEVEL);
    latents_set_step(l, settings->step_bits);
    for (uint64_t i = 0; i < l->n; i++) {
        const float at = l->lives[i] ? p->w[i] / l->step : 0;
        l->at[i] = within(at, l->max_level);
        if (settings->is_settling && latents_round(l->at[i]) == 0.0f)
            l->lives[i] = 0;
    }
    return DC_OK;
}

/* ---- prices ---------------------------------------------------------------------------------- */

static void price_climbs(latents *l)
{
    for (uint32_t size = 1; size < DC_RATE_SIZES; size++)
        l->climb[size] =
            fmaxf(l->rate.more_bits[size + 1] - l->rate.more_bits[size], LEAST_CLIMB);
    l->climb[DC_RATE_SIZES] = LEAST_CLIMB;
}

dc_status latents_price(latents *l, const dc_trained *trained, uint32_t param)
{
    const uint64_t n_values = trained->model->params[param].n_values;
    const uint32_t n_cols = l->rate.n_cols;
    for (uint64_t i = 0; i < l->n; i++)
        l->scratch[i] = latents_round(l->at[i]);
    DC_TRY(trained->store(trained, param, l->values, l->scratch));
    l->n_nonzero = 0;
    for (uint64_t i = 0; i < n_values; i++) {
        l->levels[i] = (int16_t)l->values[i];
        l->n_nonzero += l->levels[i] != 0;
    }
    dc_rate_learn(&l->rate, l->levels);
    l->bits = dc_rate_bits(&l->rate, l->levels);
    price_climbs(l);
    dc_arena scratch = { 0 };
    float *ones = dc_arena_take(&scratch, n_cols, sizeof *ones);
    for (uint32_t row = 0; ones != NULL && row < l->rate.shape.n_rows; row++) {
        float *zeros = l->values + (uint64_t)row * n_cols;
        dc_rate_row(&l->rate, row, zeros, ones);
        for (uint32_t col = 0; col < n_cols; col++)
            zeros[col] = fmaxf(ones[col] - zeros[col], LEAST_RISE);
    }
    const dc_status status = scratch.status;
    dc_arena_clear(&scratch);
    return status < 0 ? status : trained->load(trained, param, l->rise, l->values);
}

/* ---- a step ---------------------------------------------------------------------------------- */

float latents_slope(const latents *l, uint64_t i)
{
    const float at = l->at[i], size = at < 0 ? -at : at;
    const float bits = size < 1                ? l->rise[i]
                       : size < DC_RATE_SIZES ? l->climb[(uint32_t)size]
                                              : LEAST_CLIMB;
    return at > 0 ? bits : at < 0 ? -bits : 0;
}

typedef struct job {
    latents *l;
    const float *dw;
    const latents_move *move;
    uint64_t n_parts;
    double d_log_step[N_UPDATE_PARTS];
} job;

static void update_part(void *payload, uint64_t part)
{
    job *j = payload;
    latents *l = j->l;
    const latents_move *m = j->move;
    const float rate = (float)m->rate, lambda = (float)m->lambda, step = l->step;
    const float first_scale = (float)m->first_scale, second_scale = (float)m->second_scale;
    double sum = 0;
    const uint64_t end = dc_part_start(l->n, part + 1, j->n_parts);
    for (uint64_t i = dc_part_start(l->n, part, j->n_parts); i < end; i++) {
        if (!l->lives[i])
            continue;
        const float d = j->dw[i] * step;
        sum += (double)(d * latents_round(l->at[i]));
        const float g = d + lambda * latents_slope(l, i);
        l->first[i] = FIRST_DECAY * l->first[i] + (1 - FIRST_DECAY) * g;
        l->second[i] = SECOND_DECAY * l->second[i] + (1 - SECOND_DECAY) * g * g;
        const float size = sqrtf(l->second[i] * second_scale) + EPSILON;
        l->at[i] = within(l->at[i] - rate * l->first[i] * first_scale / size, l->max_level);
        if (m->is_settling && latents_round(l->at[i]) == 0.0f)
            l->at[i] = l->lives[i] = 0;
    }
    j->d_log_step[part] = sum;
}

static void update_step(latents *l, double d_log_step, const latents_move *move)
{
    const double b1 = (double)FIRST_DECAY, b2 = (double)SECOND_DECAY;
    l->step_first = b1 * l->step_first + (1 - b1) * d_log_step;
    l->step_second = b2 * l->step_second + (1 - b2) * d_log_step * d_log_step;
    l->log_step -= move->step_rate * l->step_first * move->first_scale /
                   (sqrt(l->step_second * move->second_scale) + 1e-12);
}

void latents_update(latents *l, const float *dw, const latents_move *move)
{
    job j = { .l = l, .dw = dw, .move = move, .n_parts = l->n < SMALL_N ? 1 : N_UPDATE_PARTS };
    double d_log_step = 0;
    dc_pool_each(j.n_parts, update_part, &j);
    for (uint64_t part = 0; part < j.n_parts; part++)
        d_log_step += j.d_log_step[part];
    if (!move->is_settling)
        update_step(l, d_log_step, move);
}

void latents_write(const latents *l, float *w)
{
    for (uint64_t i = 0; i < l->n; i++)
        w[i] = latents_round(l->at[i]) * l->step;
}
