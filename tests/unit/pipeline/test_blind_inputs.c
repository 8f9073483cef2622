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
    const dc_model model = { .input = *input };
    assert_ok(blind_inputs_make(x, &model, N_SAMPLES, seed, &arena));
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

/* ---- sequences and symbols ------------------------------------------------------------------- */

#define N_STEPS 32u
#define N_FEATURES 8u /* N_PIXELS in all */

static const dc_input sequence = { .shape = { 2, { N_STEPS, N_FEATURES } },
                                   .scale = { 1, 1, 1, 1 } };

/* Of neighbouring steps over all features, where 1 is that they are the same and 0 is chance. */
static double likeness(const float *x)
{
    double means[N_FEATURES] = { 0 }, products = 0, squares = 0;
    for (uint32_t i = 0; i < N_PIXELS; i++)
        means[i % N_FEATURES] += (double)x[i] / N_STEPS;
    for (uint32_t i = 0; i + N_FEATURES < N_PIXELS; i++) {
        const double here = (double)x[i] - means[i % N_FEATURES];
        products += here * ((double)x[i + N_FEATURES] - means[i % N_FEATURES]);
        squares += here * here;
    }
    return products / squares;
}

static void sequences_change_slowly(void **state)
{
    (void)state;
    float x[N_SAMPLES * N_PIXELS], again[N_SAMPLES * N_PIXELS];
    double sum = 0;
    make(x, &sequence, 1);
    make(again, &sequence, 1);
    assert_memory_equal(x, again, sizeof x);
    for (uint32_t n = 0; n < N_SAMPLES; n++)
        sum += likeness(x + n * N_PIXELS) / N_SAMPLES;
    assert_between(sum, 0.5, 0.99); /* of white noise about 0 */
}

static void sequences_are_bands_of_deviation_1_and_cepstra(void **state)
{
    (void)state;
    float x[N_SAMPLES * N_PIXELS];
    make(x, &sequence, 1);
    for (uint32_t n = 0; n < N_SAMPLES; n++) {
        double squares[N_FEATURES] = { 0 }, all = 0;
        for (uint32_t i = 0; i < N_PIXELS; i++)
            squares[i % N_FEATURES] += (double)x[n * N_PIXELS + i] * (double)x[n * N_PIXELS + i];
        for (uint32_t k = 0; k < N_FEATURES; k++)
            all += squares[k];
        if (n % BLIND_KINDS == 0)
            assert_between(sqrt(all / N_PIXELS), 0.98, 1.02);
        else
            assert_true(squares[0] > 4 * squares[4]); /* the first of them is the loudness */
    }
}

static void symbols_are_rows_of_the_table(void **state)
{
    (void)state;
    const dc_input text = { .shape = { 1, { N_PIXELS } }, .scale = { 1, 1, 1, 1 } };
    static const uint32_t from = 0;
    float x[N_SAMPLES * N_PIXELS];
    double attrs[DC_N_ATTRS], most = 0;
    dc_arena arena = { 0 };
    dc_model *model = NULL;
    assert_ok(dc_model_new(&model, "text", &text));
    dc_attrs_init(attrs, DC_OP_EMBEDDING);
    attrs[DC_ATTR_N_OUTPUTS] = 4;
    attrs[DC_ATTR_N_SYMBOLS] = 300;
    assert_ok(dc_model_add(model, "table", DC_OP_EMBEDDING, &from, 1, attrs, true));
    assert_ok(blind_inputs_make(x, model, N_SAMPLES, 1, &arena));
    for (uint32_t i = 0; i < N_SAMPLES * N_PIXELS; i++) {
        assert_true(x[i] >= 0 && x[i] < 300 && x[i] >= floorf(x[i]) && x[i] <= floorf(x[i]));
        most = fmax(most, (double)x[i]);
    }
    assert_true(most > 250);
    dc_model_free(model);
    dc_arena_clear(&arena);
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
        cmocka_unit_test(sequences_change_slowly),
        cmocka_unit_test(sequences_are_bands_of_deviation_1_and_cepstra),
        cmocka_unit_test(symbols_are_rows_of_the_table),
        cmocka_unit_test(prepared_pixels_are_of_the_range_that_the_input_says),
        cmocka_unit_test(unknown_preparation_is_met_by_both_kinds),
        cmocka_unit_test(every_second_picture_is_shapes_on_black),
        cmocka_unit_test(what_is_no_picture_gets_normal_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
