/* SPDX-License-Identifier: MIT
 *
 * Time is the sum of weights times what their coder takes for one, and for one that is not 0. Where
 * that is too much, each layer in a slow coder has a price for being faster, bytes lost for a
 * nanosecond gained, and the cheapest goes first.
 */
#include "decode_pace.h"

#include <math.h>

#define FREE_NS 1e9        /* nobody waits for less than a second */
#define USUAL_NS 1.0       /* for a weight in codes and gaps      */
#define NS_PER_MILLION 1e3 /* at a million weights in a second    */

static double ns_of(unsigned layer_coder, uint64_t n_values, uint64_t n_nonzero)
{
    const dc_level_coder *coder =
        layer_coder > 0 ? dc_level_coder_find((uint8_t)layer_coder) : NULL;
    if (coder == NULL)
        return (double)n_values * USUAL_NS;
    return (double)n_values * coder->ns_per_weight + (double)n_nonzero * coder->ns_per_nonzero;
}

dc_pace dc_pace_of(const dc_model *model, const dc_write_settings *settings)
{
    const uint64_t n = dc_model_n_values(model);
    const double ns = settings->decode_speed > 0
                          ? (double)n * NS_PER_MILLION / settings->decode_speed
                          : (double)INFINITY;
    return (dc_pace){ .limit_ns = fmax(ns, FREE_NS), .n_values = n };
}

uint32_t dc_pace_mask(const dc_pace *pace, uint32_t level_coder_mask, uint64_t n_values,
                      uint64_t n_nonzero)
{
    const double others_ns = (double)(pace->n_values - n_values) * USUAL_NS;
    uint32_t mask = 0;
    for (unsigned i = 1; i < DC_N_LAYER_CODERS; i++)
        if ((level_coder_mask >> i & 1u) != 0 &&
            others_ns + ns_of(i, n_values, n_nonzero) <= pace->limit_ns)
            mask |= 1u << i;
    return mask;
}

bool dc_pace_is_tight(const dc_pace *pace, uint32_t level_coder_mask)
{
    const uint64_t n = pace->n_values;
    return dc_pace_mask(pace, level_coder_mask, n, n) != level_coder_mask;
}

typedef struct change {
    uint32_t param;
    unsigned layer_coder;
    double price; /* bytes for a nanosecond; infinity: there is none */
} change;

static double ns_with(const dc_written_param *p, unsigned layer_coder)
{
    return ns_of(layer_coder, p->param->n_values, p->choices->n_nonzero);
}

static void look_at(change *best, const dc_written_param *p, uint32_t index)
{
    const dc_choice *of = p->choices->of;
    const uint64_t now = of[p->layer_coder].total_bytes;
    for (unsigned i = 0; i < DC_N_LAYER_CODERS; i++) {
        const double gain_ns = ns_with(p, p->layer_coder) - ns_with(p, i);
        if (of[i].total_bytes == UINT64_MAX || !(gain_ns > 0))
            continue;
        const double price = ((double)of[i].total_bytes - (double)now) / gain_ns;
        if (price < best->price)
            *best = (change){ index, i, price };
    }
}

void dc_pace_keep(const dc_pace *pace, dc_written_param *params, uint32_t n_params)
{
    double ns = 0;
    for (uint32_t i = 0; i < n_params; i++)
        ns += ns_with(&params[i], params[i].layer_coder);
    while (ns > pace->limit_ns) {
        change best = { .price = (double)INFINITY };
        for (uint32_t i = 0; i < n_params; i++)
            look_at(&best, &params[i], i);
        if (isinf(best.price))
            return;
        ns -= ns_with(&params[best.param], params[best.param].layer_coder);
        dc_param_take(&params[best.param], best.layer_coder);
        ns += ns_with(&params[best.param], best.layer_coder);
    }
}
