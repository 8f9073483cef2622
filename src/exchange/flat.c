/* SPDX-License-Identifier: MIT
 *
 * Gradients of all parameters end to end, without those of weights that are frozen at zero: one
 * array to be summed, so that a step has as few messages as can be.
 */
#include "steps.h"

static bool is_live(const dc_trained_param *p, uint64_t element)
{
    return p->tags == NULL || p->tags[element] != 0;
}

uint64_t flat_live(const dc_trained *trained, uint32_t param)
{
    const dc_trained_param *p = &trained->params[param];
    uint64_t n = 0;
    for (uint64_t e = 0; p->tags != NULL && e < p->n; e++)
        n += p->tags[e] != 0; /* 0 for padding, too */
    return p->tags != NULL ? n : DC_MIN(p->n, trained->model->params[param].n_values);
}

uint64_t flat_count(const dc_trained *trained)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < trained->n_params; i++) {
        const dc_trained_param *p = &trained->params[i];
        for (uint64_t e = 0; exchange_has(p) && e < p->n; e++)
            n += is_live(p, e);
    }
    return n;
}

void flat_take(float *flat, const dc_trained *trained, float scale)
{
    for (uint32_t i = 0; i < trained->n_params; i++) {
        const dc_trained_param *p = &trained->params[i];
        if (!exchange_has(p))
            continue;
        if (p->tags == NULL) {
            for (uint64_t e = 0; e < p->n; e++)
                flat[e] = p->dw[e] * scale;
            flat += p->n;
            continue;
        }
        for (uint64_t e = 0; e < p->n; e++)
            if (is_live(p, e))
                *flat++ = p->dw[e] * scale;
    }
}

void flat_give(const float *flat, const dc_trained *trained)
{
    for (uint32_t i = 0; i < trained->n_params; i++) {
        const dc_trained_param *p = &trained->params[i];
        for (uint64_t e = 0; exchange_has(p) && e < p->n; e++)
            p->dw[e] = is_live(p, e) ? *flat++ : 0;
    }
}
