/* SPDX-License-Identifier: MIT
 *
 * Layers small enough to count by hand: weights and activations are small whole numbers, formats
 * have no fraction, so that sums are the plain ones. And random ones, with real formats.
 */
#ifndef TESTS_EIE_SMALL_LAYER_H
#define TESTS_EIE_SMALL_LAYER_H

#include "test.h"

#include "machine.h"

typedef struct small_layer {
    dc_arena arena;
    dc_eie_config config;
    dc_packed packed;
    dc_csc matrix;
    dc_eie_layer *layer;
    dc_eie_fixed_ref *ref;
    dc_eie_machine *machine;
    dc_eie_counters counters;
    int32_t output[4096];
} small_layer;

static inline dc_eie_config small_config(uint32_t n_pes)
{
    dc_eie_config config = dc_eie_defaults();
    config.n_pes = n_pes;
    config.stall_limit_cycles = 100;
    return config;
}

/* weights (n_rows, n_cols) row-major; bias may be NULL. */
static inline void small_layer_make(small_layer *s, const dc_eie_config *config,
                                    const float *weights, uint32_t n_rows, uint32_t n_cols,
                                    const float *bias, bool has_relu)
{
    const dc_pack_plan plan = { .is_column_major = true, .gap_bits = 8 };
    const dc_fixed_format format = { 0, 0, 0 };
    memset(s, 0, sizeof *s);
    s->config = *config;
    assert_ok(dc_pack(&s->packed, weights, n_rows, n_cols, &plan, &s->arena));
    assert_ok(dc_csc_of(&s->matrix, &s->packed, 0, n_rows, bias, &s->arena));
    assert_ok(dc_eie_layer_new(&s->layer, &s->matrix, config, "small", has_relu, &s->arena));
    dc_eie_layer_set_format(s->layer, &format);
    assert_ok(dc_eie_fixed_ref_new(&s->ref, &s->packed, 0, n_rows, bias, has_relu, &format,
                                   dc_eie_bits(config), &s->arena));
    assert_ok(dc_eie_machine_new(&s->machine, config));
}

/* A layer that exercises everything at once, in 16 bits with real formats. */
static inline void small_layer_make_random(small_layer *s, const dc_eie_config *config,
                                           uint32_t n_rows, uint32_t n_cols, double density,
                                           uint64_t seed, bool has_bias, int32_t *input)
{
    dc_fixed_format format;
    const uint32_t n_bits = dc_eie_bits(config);
    memset(s, 0, sizeof *s);
    s->config = *config;
    assert_ok(dc_synthetic_weights(&s->packed, n_rows, n_cols, density, config->code_bits, seed,
                                   &s->arena));
    float *room = dc_arena_take(&s->arena, n_rows, sizeof *room);
    float *bias = has_bias ? room : NULL;
    double *x = dc_arena_take(&s->arena, n_cols, sizeof *x);
    double *y = dc_arena_take(&s->arena, n_rows, sizeof *y);
    for (uint32_t i = 0; i < n_rows; i += 3)
        room[i] = (float)(i % 7) - 3;
    assert_ok(dc_csc_of(&s->matrix, &s->packed, 0, n_rows, bias, &s->arena));
    dc_synthetic_inputs(x, n_cols, 0.5, seed);
    for (uint32_t j = 0; j < n_cols; j += 5)
        x[j] = -x[j];
    const double largest = dc_csc_apply(y, &s->matrix, x);
    format.weight = dc_fixed_fraction(1, n_bits);
    format.input = dc_fixed_fraction(1, n_bits);
    format.output = dc_fixed_fraction(0.6 * largest, n_bits); /* some sums saturate */
    dc_fixed_format_settle(&format, n_bits);
    for (uint32_t j = 0; j < n_cols; j++)
        input[j] = dc_fixed_of(x[j], format.input, n_bits);
    assert_ok(dc_eie_layer_new(&s->layer, &s->matrix, config, "random", true, &s->arena));
    dc_eie_layer_set_format(s->layer, &format);
    assert_ok(dc_eie_fixed_ref_new(&s->ref, &s->packed, 0, n_rows, bias, true, &format, n_bits,
                                   &s->arena));
    assert_ok(dc_eie_machine_new(&s->machine, config));
}

static inline void small_layer_free(small_layer *s)
{
    dc_eie_machine_free(s->machine);
    dc_arena_clear(&s->arena);
}

/* Runs, compares with the oracle, returns the cycles. */
static inline uint64_t small_layer_run(small_layer *s, const int32_t *input)
{
    int32_t expected[4096];
    s->counters = (dc_eie_counters){ 0 };
    assert_ok(dc_eie_machine_run(s->machine, s->layer, input, s->output, &s->counters));
    dc_eie_fixed_ref_run(s->ref, input, expected);
    assert_memory_equal(s->output, expected, s->matrix.n_rows * sizeof *expected);
    return s->counters.cycles;
}

#endif
