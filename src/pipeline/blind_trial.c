/* SPDX-License-Identifier: MIT
 *
 * What compression without data does to a copy of the dense network, and how it takes it back.
 */
#include "blind.h"

#include <math.h>
#include <string.h>

static void restore(dc_param *param, const dc_param *dense)
{
    memcpy(param->values, dense->values, dense->n_values * sizeof *dense->values);
    param->is_pruned = dense->is_pruned;
    param->is_shared = dense->is_shared;
}

static dc_status prune(dc_model *trial, const blind_layer *layer, double share)
{
    const double n_kept = ceil(share * (double)dc_param_n_nonzero(layer->dense));
    const dc_rule rule = { layer->name, n_kept / (double)layer->dense->n_values };
    dc_prune_settings settings = dc_prune_defaults();
    settings.density = (dc_rules){ 1, &rule };
    settings.min_density = 0;
    settings.remove_dead = false;
    return dc_prune(trial, &settings, NULL);
}

static dc_status share(dc_model *trial, const blind_layer *layer, uint32_t bits)
{
    const dc_rule rule = { layer->name, bits };
    dc_quantize_settings settings = dc_quantize_defaults();
    settings.bits = (dc_rules){ 1, &rule };
    settings.biases = DC_NUMBER_F32;
    return dc_quantize(trial, &settings, NULL);
}

static dc_status change(dc_model *trial, const blind_layer *layer, const blind_choice *choice)
{
    dc_param *param = &trial->params[layer->param];
    restore(param, layer->dense);
    if (choice->bits == BLIND_HALVES)
        for (uint64_t i = 0; i < param->n_values; i++)
            param->values[i] = dc_f16_round(param->values[i]);
    if (choice->bits > BLIND_MAX_SHARED)
        return DC_OK;
    if (choice->density < 1)
        DC_TRY(prune(trial, layer, choice->density));
    param->is_pruned = param->is_pruned || layer->has_zeros;
    return share(trial, layer, choice->bits);
}

dc_status blind_trial_change(double *error, dc_model *trial, const blind_layer *layer,
                             const blind_choice *choice)
{
    dc_hush(true); /* most trials come to nothing, and the last one's harm is measured */
    const dc_status status = change(trial, layer, choice);
    dc_hush(false);
    DC_TRY(status);
    *error = dc_sum_squared_error(trial->params[layer->param].values, layer->dense->values,
                                  layer->dense->n_values);
    return DC_OK;
}

void blind_trial_restore(dc_model *trial, const blind_layer *layer)
{
    restore(&trial->params[layer->param], layer->dense);
}

void blind_trial_restore_rest(dc_model *trial, const dc_model *dense)
{
    for (uint32_t i = 0; i < trial->n_params; i++)
        if (trial->params[i].role != DC_ROLE_WEIGHT)
            restore(&trial->params[i], &dense->params[i]);
}

dc_status blind_trial_round_rest(dc_model *trial)
{
    static const dc_rule all = { "*", BLIND_MAX_SHARED };
    dc_quantize_settings settings = dc_quantize_defaults();
    settings.bits = (dc_rules){ 1, &all };
    settings.codebook = DC_NUMBER_F32;
    return dc_quantize_round(trial, &settings);
}
