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
    for (uint32_t i = 0; i < DC_N_ATTRS; i++)
        attrs[i] = dc_attr_default((dc_attr)i);
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

#endif
