/* SPDX-License-Identifier: MIT
 *
 * --ema: an exponential average of the weights is kept beside training and handed back in their
 * place [Polyak and Juditsky 1992], so that it is what validation judges and what is saved:
 *     a += (1 - d) (w - a) after step t = 0, 1, ..., where d is min(decay, (1 + t) / (10 + t)),
 * so that the first weights soon count no more. Of a shared parameter the centroids are averaged,
 * and its weights stay shared; what is frozen at zero is zero. The state of batch norm is a running
 * average already and stays as it is.
 */
#include "run_internal.h"

#include <math.h>

typedef struct ema {
    double decay;
    uint32_t n_params;
    float **averages; /* of each trained parameter: of w, or theta (256) when shared */
    uint64_t *sizes;
    float *given; /* one parameter, for whoever asks */
} ema;

static dc_status begin(void *payload, dc_trained *trained)
{
    ema *e = payload;
    uint64_t n_most = 0;
    e->n_params = trained->n_params;
    e->averages = dc_arena_take(trained->arena, e->n_params, sizeof *e->averages);
    e->sizes = dc_arena_take(trained->arena, e->n_params, sizeof *e->sizes);
    DC_TRY(trained->arena->status);
    for (uint32_t i = 0; i < e->n_params; i++) {
        const dc_trained_param *p = &trained->params[i];
        const float *from = p->theta != NULL ? p->theta : p->w;
        e->sizes[i] = p->theta != NULL ? DC_MAX_CODEBOOK : p->n;
        e->averages[i] = dc_arena_take(trained->arena, e->sizes[i], sizeof(float));
        DC_TRY(trained->arena->status);
        for (uint64_t k = 0; k < e->sizes[i]; k++)
            e->averages[i][k] = from[k];
        n_most = DC_MAX(n_most, p->n);
    }
    e->given = dc_arena_take(trained->arena, n_most, sizeof(float));
    return trained->arena->status;
}

typedef struct move {
    const ema *ema;
    const dc_trained_param *params;
    float share;
} move;

static void move_span(const void *payload, uint32_t param, uint64_t from, uint64_t end)
{
    const move *m = payload;
    const dc_trained_param *p = &m->params[param];
    const float *now = p->theta != NULL ? p->theta : p->w;
    float *average = m->ema->averages[param];
    for (uint64_t k = from; k < end; k++)
        average[k] += m->share * (now[k] - average[k]);
}

static dc_status after_update(void *payload, dc_trained *trained)
{
    const ema *e = payload;
    const double t = (double)trained->n_steps;
    const float share = (float)(1 - fmin(e->decay, (1 + t) / (10 + t)));
    const move m = { e, trained->params, share };
    each_span(e->sizes, e->n_params, move_span, &m);
    return DC_OK;
}

static const float *gives(void *payload, const dc_trained *trained, uint32_t param)
{
    const ema *e = payload;
    const dc_trained_param *p = &trained->params[param];
    const float *average = e->averages[param];
    if (p->tags == NULL)
        return average;
    for (uint64_t k = 0; k < p->n; k++)
        e->given[k] = p->tags[k] == 0     ? 0.0f
                      : p->theta != NULL ? average[p->tags[k] - 1]
                                         : average[k];
    return e->given;
}

static void put(dc_writer *w, void *payload)
{
    const ema *e = payload;
    for (uint32_t i = 0; i < e->n_params; i++)
        dc_put_f32s(w, e->averages[i], e->sizes[i]);
}

static dc_status get(dc_reader *r, void *payload)
{
    const ema *e = payload;
    for (uint32_t i = 0; i < e->n_params; i++)
        dc_get_f32s(r, e->averages[i], e->sizes[i]);
    return r->status;
}

bool hook_ema_make(dc_train_hook *out, const fit_settings *settings, dc_arena *arena)
{
    if (!(settings->ema > 0)) /* NaN: not given */
        return false;
    ema *e = dc_arena_take(arena, 1, sizeof *e);
    if (e == NULL)
        return false;
    e->decay = settings->ema;
    *out = (dc_train_hook){ .name = "ema",
                            .payload = e,
                            .begin = begin,
                            .after_update = after_update,
                            .gives = gives,
                            .put = put,
                            .get = get };
    return true;
}
