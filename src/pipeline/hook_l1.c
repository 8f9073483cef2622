/* SPDX-License-Identifier: MIT
 *
 * --l1: the loss plus l1 times the sum of |w| over all weights [Collins and Kohli 2014]. After each
 * update a weight moves towards 0 by rate * l1 and stops there (the proximal step), so that weights
 * that matter little are exactly 0; biases have none, and shared weights are left to their
 * centroids. Zeros of it may come back: `prune` makes them stay.
 */
#include "run_internal.h"

#include <math.h>

typedef struct l1 {
    double strength;
    uint64_t *sizes; /* (n_params): elements of those that shrink, else 0 */
} l1;

static dc_status begin(void *payload, dc_trained *trained)
{
    l1 *hook = payload;
    hook->sizes = dc_arena_take(trained->arena, trained->n_params, sizeof *hook->sizes);
    DC_TRY(trained->arena->status);
    for (uint32_t i = 0; i < trained->n_params; i++) {
        const dc_trained_param *p = &trained->params[i];
        if (p->theta == NULL && p->rate_scale > 0 &&
            dc_role_is_weight(trained->model->params[i].role))
            hook->sizes[i] = p->n;
    }
    return DC_OK;
}

typedef struct shrinking {
    const dc_trained_param *params;
    double step; /* of a rate_scale of 1 */
} shrinking;

static void shrink_span(const void *payload, uint32_t param, uint64_t from, uint64_t end)
{
    const shrinking *s = payload;
    const dc_trained_param *p = &s->params[param];
    const float step = (float)(s->step * p->rate_scale);
    for (uint64_t k = from; k < end; k++)
        p->w[k] = copysignf(fmaxf(fabsf(p->w[k]) - step, 0), p->w[k]) + 0.0f; /* no -0 */
}

static dc_status after_update(void *payload, dc_trained *trained)
{
    const l1 *hook = payload;
    const shrinking s = { trained->params, trained->learning_rate * hook->strength };
    each_span(hook->sizes, trained->n_params, shrink_span, &s);
    for (uint32_t i = 0; i < trained->n_params; i++)
        trained->params[i].is_changed = trained->params[i].is_changed || hook->sizes[i] > 0;
    return DC_OK;
}

bool hook_l1_make(dc_train_hook *out, const fit_settings *settings, dc_arena *arena)
{
    if (!(settings->l1 > 0))
        return false;
    l1 *hook = dc_arena_take(arena, 1, sizeof *hook);
    if (hook == NULL)
        return false;
    hook->strength = settings->l1;
    *out = (dc_train_hook){ .name = "l1", .payload = hook, .begin = begin,
                            .after_update = after_update };
    return true;
}
