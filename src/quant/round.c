/* SPDX-License-Identifier: MIT
 *
 * Rounding of centroids and small parameters to the numbers they are stored as. A float becomes
 * the nearest half; one that would become zero becomes the smallest half of its sign instead,
 * because a zero would be taken for pruned; one too large for a half stays a float. Rounding goes
 * by value, so shared values stay shared.
 */
#include <math.h>

#include "kmeans.h"

#define SMALLEST_HALF 0x1p-24f

float dc_round_number(float value, dc_number number)
{
    if (number == DC_NUMBER_F32 || value == 0.0f)
        return value;
    const float rounded = dc_f16_round(value);
    if (rounded == 0.0f)
        return copysignf(SMALLEST_HALF, value);
    return isfinite(rounded) ? rounded : value;
}

static void round_param(dc_param *param, dc_number number)
{
    for (uint64_t i = 0; i < param->n_values && param->values; i++)
        param->values[i] = dc_round_number(param->values[i], number);
}

/* A layer with weights is spoken of by a rule or left alone; other nodes have small parameters
 * only. */
bool dc_quantize_speaks_of(double *bits, const dc_model *model, const dc_node *node,
                           const dc_quantize_settings *settings)
{
    const bool has_weight =
        node->params[0] != DC_NONE && model->params[node->params[0]].role == DC_ROLE_WEIGHT;
    return !has_weight || dc_rules_find(bits, &settings->bits, node->name);
}

void dc_quantize_round(dc_model *model, const dc_quantize_settings *settings)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        double bits = 0;
        if (!dc_quantize_speaks_of(&bits, model, &model->nodes[param->node], settings))
            continue;
        if (param->role != DC_ROLE_WEIGHT)
            round_param(param, (dc_number)settings->biases);
        else if (param->is_shared)
            round_param(param, (dc_number)settings->codebook);
    }
}
