/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "blind.h"

#define N_SAMPLES 8u
#define N_PIXELS 256u

static const dc_input raw = { .shape = { 3, { 1, 16, 16 } }, .scale = { 1, 1, 1, 1 } };

/* (N_SAMPLES, N_PIXELS) */
static void make(float *x, const dc_input *input, uint64_t seed)
{
    dc_arena arena = { 0 };
    assert_ok(blind_inputs_make(x, input, N_SAMPLES, seed, &arena));
    dc_arena_clear(&arena);
}

static void the_same_seed_makes_the_same_samples(void **state)
{
    (void)state;
    float a[N_SAMPLES * N_PIXELS], b[N_SAMPLES * N_PIXELS];
    make(a, &raw, 1);
    make(b, &raw, 1);
    assert_memory_equal(a, b, sizeof a);
    make(b, &raw, 2);
    assert_memory_not_equal(a, b, sizeof a);
    for (uint32_t i = 1; i < N_SAMPLES; i++)
        assert_memory_not_equal(a, a + i * N_PIXELS, N_PIXELS * sizeof *a);
}

static void prepared_pixels_are_of_the_range_that_the_input_says(void **state)
{
    (void)state;
    const dc_input input = { .shape = raw.shape, .mean = { 128, 128, 128, 128 },
                             .scale = { 0.5f, 0.5f, 0.5f, 0.5f } };
    float x[N_SAMPLES * N_PIXELS];
    make(x, &input, 1);
    assert_true(blind_is_prepared(&input));
    for (uint32_t i = 0; i < N_SAMPLES * N_PIXELS; i++) {
        const float pixel = x[i] * 2 + 128;
        assert_between(pixel, 0, 255);
        assert_true(pixel >= floorf(pixel) && pixel <= floorf(pixel));
    }
}

static double mean_of(const float *x)
{
    double sum = 0;
    for (uint32_t i = 0; i < N_PIXELS; i++)
        sum += (double)x[i];
    return sum / N_PIXELS;
}

/* Nothing says how pixels are prepared: every second sample is as if brought to about one. */
static void unknown_preparation_is_met_by_both_kinds(void **state)
{
    (void)state;
    float x[N_SAMPLES * N_PIXELS];
    make(x, &raw, 1);
    assert_false(blind_is_prepared(&raw));
    for (uint32_t i = 0; i < N_SAMPLES; i++)
        if (i % BLIND_KINDS == 0)
            assert_between(mean_of(x + i * N_PIXELS), 20, 235);
        else
            assert_between(mean_of(x + i * N_PIXELS), -2, 2);
}

static void every_second_picture_is_shapes_on_black(void **state)
{
    (void)state;
    const dc_input input = { .shape = raw.shape, .scale = { 2, 2, 2, 2 } };
    float x[N_SAMPLES * N_PIXELS];
    uint32_t n_black[BLIND_KINDS] = { 0 };
    make(x, &input, 1);
    for (uint32_t i = 0; i < N_SAMPLES * N_PIXELS; i++)
        n_black[i / N_PIXELS % BLIND_KINDS] += x[i] <= 0;
    assert_true(n_black[1] > N_SAMPLES / 2 * N_PIXELS / 4);
    assert_true(n_black[0] < n_black[1] / 2);
}

static void what_is_no_picture_gets_normal_numbers(void **state)
{
    (void)state;
    const dc_input input = { .shape = { 1, { N_PIXELS } }, .scale = { 1, 1, 1, 1 } };
    float x[N_SAMPLES * N_PIXELS];
    double energy = 0;
    make(x, &input, 1);
    for (uint32_t i = 0; i < N_PIXELS; i++)
        energy += (double)x[i] * (double)x[i];
    assert_between(energy / N_PIXELS, 0.7, 1.3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_makes_the_same_samples),
        cmocka_unit_test(prepared_pixels_are_of_the_range_that_the_input_says),
        cmocka_unit_test(unknown_preparation_is_met_by_both_kinds),
        cmocka_unit_test(every_second_picture_is_shapes_on_black),
        cmocka_unit_test(what_is_no_picture_gets_normal_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
