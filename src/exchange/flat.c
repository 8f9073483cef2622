/* SPDX-License-Identifier: MIT
 *
 * Gradients of all parameters end to end, without those of weights that are frozen at zero and of
 * the padding that a backend's order of elements has: one array to be summed, so that a step has as
 * few messages as can be.
 */
#include "steps.h"

/* Padding is what no row-major value comes to. */
static dc_status find_padding(uint8_t *live, const dc_trained *trained, uint32_t param,
                              dc_arena *scratch)
{
    const uint64_t n = trained->params[param].n, n_values = trained->model->params[param].n_values;
    float *ones = dc_arena_take(scratch, n_values, sizeof *ones);
    float *stored = dc_arena_take(scratch, n, sizeof *stored);
    DC_TRY(scratch->status);
    for (uint64_t i = 0; i < n_values; i++)
        ones[i] = 1;
    DC_TRY(trained->load(trained, param, stored, ones));
    for (uint64_t e = 0; e < n; e++)
        live[e] = stored[e] != 0;
    return DC_OK;
}

static dc_status find_live(dc_exchange *x, const dc_trained *trained, uint32_t param,
                           dc_arena *scratch)
{
    const dc_trained_param *p = &trained->params[param];
    if (p->tags == NULL && p->n == trained->model->params[param].n_values)
        return DC_OK;
    uint8_t *live = dc_arena_take(trained->arena, p->n, 1);
    DC_TRY(trained->arena->status);
    x->live[param] = live;
    if (p->tags == NULL)
        return find_padding(live, trained, param, scratch);
    for (uint64_t e = 0; e < p->n; e++)
        live[e] = p->tags[e] != 0; /* 0 for padding, too */
    return DC_OK;
}

dc_status flat_begin(dc_exchange *x, const dc_trained *trained)
{
    x->live = dc_arena_take(trained->arena, trained->n_params, sizeof *x->live);
    DC_TRY(trained->arena->status);
    for (uint32_t i = 0; i < trained->n_params; i++) {
        dc_arena scratch = { 0 };
        const dc_status status =
            exchange_has(&trained->params[i]) ? find_live(x, trained, i, &scratch) : DC_OK;
        dc_arena_clear(&scratch);
        DC_TRY(status);
    }
    return DC_OK;
}

uint64_t flat_live(const dc_exchange *x, const dc_trained *trained, uint32_t param)
{
    const uint8_t *live = x->live[param];
    uint64_t n = 0;
    if (live == NULL)
        return trained->params[param].n;
    for (uint64_t e = 0; e < trained->params[param].n; e++)
        n += live[e];
    return n;
}

void flat_take(const dc_exchange *x, const dc_trained *trained, float scale)
{
    float *flat = x->flat;
    for (uint32_t i = 0; i < trained->n_params; i++) {
        const dc_trained_param *p = &trained->params[i];
        const uint8_t *live = x->live[i];
        if (!exchange_has(p))
            continue;
        for (uint64_t e = 0; live == NULL && e < p->n; e++)
            flat[e] = p->dw[e] * scale;
        flat += live == NULL ? p->n : 0;
        for (uint64_t e = 0; live != NULL && e < p->n; e++)
            if (live[e])
                *flat++ = p->dw[e] * scale;
    }
}

void flat_give(const dc_exchange *x, const dc_trained *trained)
{
    const float *flat = x->flat;
    for (uint32_t i = 0; i < trained->n_params; i++) {
        const dc_trained_param *p = &trained->params[i];
        const uint8_t *live = x->live[i];
        for (uint64_t e = 0; exchange_has(p) && e < p->n; e++)
            p->dw[e] = live == NULL || live[e] ? *flat++ : 0;
    }
}
