/* SPDX-License-Identifier: MIT
 *
 * A run over a small network with drawn weights, and samples that it has not been trained on.
 */
#ifndef DCOMP_TESTS_SMALL_CASE_H
#define DCOMP_TESTS_SMALL_CASE_H

#include "small_run.h"

#define N_SAMPLES 120u

/* Values that are related, and not about zero. */
static inline dc_status read_values(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    for (uint32_t s = 0; s < n; s++) {
        dc_rng rng;
        dc_rng_init(&rng, 5, indices[s]);
        const double common = dc_rng_normal(&rng);
        labels[s] = indices[s] % 10 == 3 ? DC_UNREADABLE : 0;
        for (uint64_t i = 0; i < n_values; i++)
            x[s * n_values + i] = (float)(1 + common + dc_rng_normal(&rng));
    }
    return DC_OK;
}

typedef struct case_run {
    dc_run run;
    dc_arena arena;
    dc_source samples;
    dc_datasets data;
    dc_model *dense;
} case_run;

static inline void case_open(case_run *c, const char *architecture)
{
    *c = (case_run){ .dense = model_of(architecture) };
    dc_rng rng;
    dc_rng_init(&rng, 3, 0);
    for (uint32_t i = 0; i < c->dense->n_params; i++)
        for (uint64_t k = 0; k < c->dense->params[i].n_values; k++)
            c->dense->params[i].values[k] =
                (float)(c->dense->params[i].role == DC_ROLE_VARIANCE ? 0.5 + dc_rng_unit(&rng)
                                                                     : dc_rng_normal(&rng) / 2);
    c->samples = (dc_source){ .n_samples = N_SAMPLES, .shape = c->dense->nodes[0].shape,
                              .text = "values", .read = read_values, .close = counting_close };
    c->data.train = &c->samples;
    c->run = (dc_run){ .arena = &c->arena, .data = &c->data };
    assert_ok(dc_model_copy(&c->run.model, c->dense));
}

static inline void case_close(case_run *c)
{
    dc_model_free(c->run.model);
    dc_model_free(c->dense);
    dc_arena_clear(&c->arena);
}

#endif
