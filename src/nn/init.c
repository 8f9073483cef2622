/* SPDX-License-Identifier: MIT
 *
 * Initial weights. With n inputs and m outputs a value takes part in (a convolution counts its
 * window): Xavier as Caffe's filler: uniform in [-sqrt(3 / n), sqrt(3 / n)]; He: normal with
 * deviation sqrt(2 / n). Biases are 0, batch norm's scale 1, shift 0, mean 0, variance 1. Each
 * parameter draws from a stream of its own, so that adding a layer does not change the others.
 */
#include <math.h>

#include "dcomp/nn.h"

static void fill(float *values, uint64_t n, float value)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = value;
}

static void draw(const dc_param *param, dc_init init, uint64_t seed, uint32_t stream)
{
    uint32_t n_rows, n_cols;
    dc_rng rng;
    dc_param_matrix(param, &n_rows, &n_cols);
    dc_rng_init(&rng, seed, stream);
    const double reach = sqrt((init == DC_INIT_HE ? 2.0 : 3.0) / n_cols);
    for (uint64_t i = 0; i < param->n_values; i++) {
        const double unit = init == DC_INIT_HE ? dc_rng_normal(&rng) : 2 * dc_rng_unit(&rng) - 1;
        param->values[i] = (float)(reach * unit);
    }
}

void dc_model_init(dc_model *model, dc_init init, uint64_t seed)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        if (!param->values)
            continue;
        switch (param->role) {
        case DC_ROLE_WEIGHT:
        case DC_ROLE_PROJECTION: draw(param, init, seed, i); break;
        case DC_ROLE_SCALE:
        case DC_ROLE_VARIANCE: fill(param->values, param->n_values, 1); break;
        case DC_ROLE_BIAS:
        case DC_ROLE_PEEPHOLE:
        case DC_ROLE_SHIFT:
        case DC_ROLE_VALUE:
        case DC_ROLE_MEAN: fill(param->values, param->n_values, 0); break;
        case DC_ROLE_SLOPE: fill(param->values, param->n_values, 0.25f); break;
        }
    }
}
