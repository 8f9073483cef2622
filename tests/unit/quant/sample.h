/* SPDX-License-Identifier: MIT
 *
 * Seeded values and a small model for the tests of quant.
 */
#ifndef DCOMP_TESTS_QUANT_SAMPLE_H
#define DCOMP_TESTS_QUANT_SAMPLE_H

#include "dcomp/quant.h"

/* Laplacian of scale 1; Owns: free. */
static inline float *sample_laplace(uint64_t n, uint64_t seed)
{
    float *values = malloc((n + 1) * sizeof *values);
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    for (uint64_t i = 0; i < n; i++) {
        const double u = dc_rng_unit(&rng) - 0.5;
        values[i] = (float)((u < 0 ? 1 : -1) * log(1 - 2 * fabs(u) + 1e-12));
    }
    return values;
}

/* fc1 (8 x 6), fc2 (4 x 8), with biases; values Laplacian. Owns: dc_model_free. */
static inline dc_model *sample_mlp(uint64_t seed)
{
    dc_model *model = NULL;
    const dc_input input = { .shape = { 1, { 6 } } };
    double attrs[DC_N_ATTRS];
    uint32_t at = 0;
    dc_attrs_init(attrs, DC_OP_LINEAR);
    assert_ok(dc_model_new(&model, "mlp", &input));
    attrs[DC_ATTR_N_OUTPUTS] = 8;
    assert_ok(dc_model_add(model, "fc1", DC_OP_LINEAR, &at, 1, attrs, true));
    at = 1;
    assert_ok(dc_model_add(model, "relu", DC_OP_RELU, &at, 1, NULL, true));
    at = 2;
    attrs[DC_ATTR_N_OUTPUTS] = 4;
    assert_ok(dc_model_add(model, "fc2", DC_OP_LINEAR, &at, 1, attrs, true));
    for (uint32_t i = 0; i < model->n_params; i++) {
        float *values = sample_laplace(model->params[i].n_values, seed + i);
        memcpy(model->params[i].values, values, model->params[i].n_values * sizeof *values);
        free(values);
    }
    return model;
}

/* conv (8 x 1 x 5 x 5), bn, global_average_pool, fc (40 x 8), constant of 40, add; weights around
 * 0.05. Owns: dc_model_free. */
static inline dc_model *sample_net(uint64_t seed)
{
    dc_model *model = NULL;
    const dc_input input = { .shape = { 3, { 1, 9, 9 } } };
    double attrs[DC_N_ATTRS];
    uint32_t at[2] = { 0, 0 };
    dc_attrs_init(attrs, DC_OP_CONV);
    assert_ok(dc_model_new(&model, "net", &input));
    attrs[DC_ATTR_N_OUTPUTS] = 8;
    attrs[DC_ATTR_KERNEL_H] = attrs[DC_ATTR_KERNEL_W] = 5;
    assert_ok(dc_model_add(model, "conv", DC_OP_CONV, at, 1, attrs, true));
    at[0] = 1;
    assert_ok(dc_model_add(model, "bn", DC_OP_BATCH_NORM, at, 1, NULL, true));
    at[0] = 2;
    assert_ok(dc_model_add(model, "pool", DC_OP_GLOBAL_AVERAGE_POOL, at, 1, NULL, true));
    at[0] = 3;
    attrs[DC_ATTR_N_OUTPUTS] = attrs[DC_ATTR_DIM_0] = 40;
    assert_ok(dc_model_add(model, "fc", DC_OP_LINEAR, at, 1, attrs, true));
    assert_ok(dc_model_add(model, "more", DC_OP_CONSTANT, NULL, 0, attrs, true));
    at[0] = 4;
    at[1] = 5;
    assert_ok(dc_model_add(model, "sum", DC_OP_ADD, at, 2, NULL, true));
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        float *values = sample_laplace(param->n_values, seed + i);
        for (uint64_t j = 0; j < param->n_values; j++)
            param->values[j] =
                param->role == DC_ROLE_VARIANCE ? fabsf(values[j]) + 0.1f : 0.05f * values[j];
        free(values);
    }
    return model;
}

#endif
