/* SPDX-License-Identifier: MIT
 *
 * What sharing came to, read from the values themselves: nothing has to be remembered for it.
 */
#include "kmeans.h"

uint32_t dc_sharing_made(const dc_param *param)
{
    float codebook[DC_MAX_CODEBOOK];
    uint32_t n;
    if (!dc_codebook_find(codebook, &n, param->values, param->n_values, DC_MAX_CODEBOOK, false))
        return DC_MAX_CODEBOOK + 1;
    return n;
}

/* 0: not shared. */
static uint32_t asked_of(const dc_model *model, const dc_param *param,
                         const dc_quantize_settings *settings)
{
    double bits = 0;
    if (!dc_quantize_speaks_of(&bits, model, &model->nodes[param->node], settings))
        return 0;
    if (param->role == DC_ROLE_WEIGHT)
        return 1u << (unsigned)bits;
    return param->role == DC_ROLE_BIAS && settings->bias_bits > 0 ? 1u << settings->bias_bits : 0;
}

dc_status dc_quantize_sharing(dc_sharing **out, uint32_t *n_out, const dc_model *model,
                              const dc_quantize_settings *settings, dc_arena *arena)
{
    uint32_t n = 0;
    dc_sharing *all = dc_arena_take(arena, model->n_params, sizeof *all);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        const uint32_t n_asked = asked_of(model, param, settings);
        if (n_asked > 0)
            all[n++] = (dc_sharing){ param->name, n_asked, dc_sharing_made(param) };
    }
    *out = all;
    *n_out = n;
    return DC_OK;
}
