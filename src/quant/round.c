/* SPDX-License-Identifier: MIT
 *
 * What shared values and small parameters are stored as. float16 is taken where it keeps what the
 * numbers of a parameter say (a value may move by at most 1 %)
 *   - of its own size: half precision has no more than 11 bits, and below 6e-5 fewer and fewer, so
 *     a layer of weights of 1e-8, or a variance of 1e-12, would become something else or nothing;
 *   - of its distance from the middle of the others or, if that is more, of the spread of their
 *     middle half: of biases of 1000 to 1000.5 the differences are what counts. Shared values
 *     stand in for many others, so no step between two may change by more than a tenth.
 * One value that moves further makes all of the parameter float32: the file has one width for them.
 *
 * Explicit float16 rounds all the same: to the nearest half; what would become zero becomes the
 * smallest half of its sign, because a zero would be taken for pruned; what is too large for a half
 * stays a float. Rounding goes by value, so shared values stay shared.
 */
#include <inttypes.h>

#include "kmeans.h"

#define SMALLEST_HALF 0x1p-24f
#define MAX_MOVE 0.01
#define STEPS_A_SPREAD 20.0 /* shared values beyond so many have a scale below their spread */

float dc_round_number(float value, dc_number number)
{
    if (number == DC_NUMBER_F32 || value == 0.0f)
        return value;
    const float rounded = dc_f16_round(value);
    if (rounded == 0.0f)
        return copysignf(SMALLEST_HALF, value);
    return isfinite(rounded) ? rounded : value;
}

uint64_t dc_count_moved(const float *values, uint64_t n, bool is_shared)
{
    uint64_t n_moved = 0;
    double spread = INFINITY, middle = 0;
    if (n > 1) {
        spread = (double)values[3 * n / 4] - (double)values[n / 4];
        spread *= is_shared ? fmin(1, STEPS_A_SPREAD / (double)n) : 1;
        middle = (double)values[n / 2];
    }
    for (uint64_t i = 0; i < n; i++) {
        const double value = (double)values[i], half = (double)dc_f16_round(values[i]);
        const double scale = fmin(fabs(value), fmax(fabs(value - middle), spread));
        n_moved += fabs(half - value) > MAX_MOVE * scale;
    }
    return n_moved;
}

dc_number dc_number_for(const float *values, uint64_t n, bool is_shared, dc_number wanted,
                        const char *name)
{
    const uint64_t n_moved = wanted == DC_NUMBER_F32 ? 0 : dc_count_moved(values, n, is_shared);
    if (wanted == DC_NUMBER_F16 && n_moved > 0)
        dc_warn("%s: as float16, %" PRIu64 " of %" PRIu64 " values move by more than 1 %% of "
                "themselves or of their spread ('auto' or 'f32' keeps them)",
                name, n_moved, n);
    if (wanted == DC_NUMBER_AUTO)
        return n_moved > 0 ? DC_NUMBER_F32 : DC_NUMBER_F16;
    return wanted;
}

/* Its different values, ascending. Owns: dc_release. */
static dc_status different_values(float **out, uint64_t *n, const dc_param *param)
{
    dc_sorted sorted;
    DC_TRY(dc_sorted_init(&sorted, param->values, param->n_values, false));
    *n = 0;
    for (uint64_t i = 0; i < sorted.n; i++)
        if (i == 0 || sorted.values[i] > sorted.values[i - 1])
            sorted.values[(*n)++] = sorted.values[i];
    *out = sorted.values;
    sorted.values = NULL;
    dc_sorted_clear(&sorted);
    return DC_OK;
}

dc_status dc_round_param(dc_param *param, dc_number wanted)
{
    float *values, codebook[DC_MAX_CODEBOOK];
    uint64_t n;
    uint32_t n_codebook;
    if (wanted == DC_NUMBER_F32 || !param->values)
        return DC_OK;
    dc_number number;
    if (dc_codebook_find(codebook, &n_codebook, param->values, param->n_values, DC_MAX_CODEBOOK,
                         false)) {
        number = dc_number_for(codebook, n_codebook, param->is_shared, wanted, param->name);
    } else {
        DC_TRY(different_values(&values, &n, param));
        number = dc_number_for(values, n, param->is_shared, wanted, param->name);
        dc_release(values);
    }
    for (uint64_t i = 0; i < param->n_values; i++)
        param->values[i] = dc_round_number(param->values[i], number);
    return DC_OK;
}

/* A layer with weights is spoken of by a rule or left alone; other nodes have small parameters
 * only. */
bool dc_quantize_covers(double *bits, const dc_model *model, const dc_node *node,
                        const dc_quantize_settings *settings)
{
    const bool has_weight = dc_node_param(node, 0) != DC_NONE &&
                            dc_role_is_weight(model->params[dc_node_param(node, 0)].role);
    return !has_weight || dc_rules_find(bits, &settings->bits, node->name);
}

dc_status dc_quantize_round(dc_model *model, const dc_quantize_settings *settings)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        double bits = 0;
        if (!dc_quantize_covers(&bits, model, &model->nodes[param->node], settings))
            continue;
        if (!dc_role_is_weight(param->role))
            DC_TRY(dc_round_param(param, (dc_number)settings->biases));
        else if (param->is_shared)
            DC_TRY(dc_round_param(param, (dc_number)settings->codebook));
    }
    return DC_OK;
}
