/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/eie.h"

static dc_eie_fixed_ref *make(const float *values, uint32_t n_rows, uint32_t n_cols,
                              const float *bias, bool has_relu, dc_fixed_format format,
                              uint32_t n_bits, dc_arena *arena)
{
    dc_packed packed;
    dc_eie_fixed_ref *ref;
    const dc_pack_plan plan = { .is_column_major = false, .gap_bits = 3 };
    assert_ok(dc_pack(&packed, values, n_rows, n_cols, &plan, arena));
    assert_ok(
        dc_eie_fixed_ref_new(&ref, &packed, 0, n_rows, bias, has_relu, &format, n_bits, arena));
    return ref;
}

/* By hand: w = 3 and a = 5 with a shift of 2: (15 + 2) >> 2 = 4; -15: (-15 + 2) >> 2 = -4. */
static void each_product_is_rounded_before_it_is_added(void **state)
{
    (void)state;
    const float values[] = { 3, 3, 0, -3 };
    const int32_t input[] = { 5, 5 };
    int32_t output[2];
    dc_arena arena = { 0 };
    dc_eie_fixed_ref *ref =
        make(values, 2, 2, NULL, false, (dc_fixed_format){ 0, 0, -2 }, 16, &arena);
    dc_eie_fixed_ref_run(ref, input, output);
    assert_int_equal(output[0], 8);
    assert_int_equal(output[1], -4);
    const int32_t half[] = { 2, 2 }; /* (6 + 2) >> 2 = 2, twice; together it would be 3 */
    dc_eie_fixed_ref_run(ref, half, output);
    assert_int_equal(output[0], 4);
    dc_arena_clear(&arena);
}

/* 100 + 100 - 100 in 8 bits: 127 - 100 = 27 in this order, 100 in the other. */
static void saturation_makes_the_order_of_columns_matter(void **state)
{
    (void)state;
    const float values[] = { 1, 1, -1 };
    const int32_t input[] = { 100, 100, 100 };
    int32_t output[1];
    dc_arena arena = { 0 };
    dc_eie_fixed_ref *ref =
        make(values, 1, 3, NULL, false, (dc_fixed_format){ 0, 0, 0 }, 8, &arena);
    dc_eie_fixed_ref_run(ref, input, output);
    assert_int_equal(output[0], 27);
    dc_arena_clear(&arena);
}

static void the_bias_comes_last_and_relu_after_it(void **state)
{
    (void)state;
    const float values[] = { 2, -2 }, bias[] = { -50, 50 };
    const int32_t input[] = { 100 };
    int32_t output[2];
    dc_arena arena = { 0 };
    dc_eie_fixed_ref *ref = make(values, 2, 1, bias, true, (dc_fixed_format){ 0, 0, 0 }, 8, &arena);
    dc_eie_fixed_ref_run(ref, input, output);
    assert_int_equal(output[0], 77); /* 127 - 50 */
    assert_int_equal(output[1], 0);  /* -128 + 50 */
    dc_arena_clear(&arena);
}

static void sums_of_32_bits_do_not_overflow(void **state)
{
    (void)state;
    const float values[] = { -1, -1, -1 };
    const int32_t input[] = { INT32_MIN, INT32_MIN, INT32_MIN };
    int32_t output[1];
    dc_arena arena = { 0 };
    dc_eie_fixed_ref *ref =
        make(values, 1, 3, NULL, false, (dc_fixed_format){ 31, 0, 31 }, 32, &arena);
    dc_eie_fixed_ref_run(ref, input, output);
    assert_int_equal(output[0], INT32_MAX);
    dc_arena_clear(&arena);
}

/* Saturates now and then, so that the order of sums counts. */
static void any_stream_and_any_of_its_rows_give_the_same(void **state)
{
    (void)state;
    enum { N_ROWS = 12, N_COLS = 40 };
    float values[N_ROWS * N_COLS];
    int32_t input[N_COLS], expected[N_ROWS], output[N_ROWS];
    dc_arena arena = { 0 };
    dc_rng rng;
    dc_rng_init(&rng, 5, 0);
    for (int i = 0; i < N_ROWS * N_COLS; i++)
        values[i] = dc_rng_unit(&rng) < 0.4 ? (float)dc_rng_below(&rng, 7) - 3 : 0;
    for (int j = 0; j < N_COLS; j++)
        input[j] = dc_rng_unit(&rng) < 0.5 ? (int32_t)dc_rng_below(&rng, 120) - 60 : 0;
    for (int i = 0; i < N_ROWS; i++) {
        expected[i] = 0;
        for (int j = 0; j < N_COLS; j++) {
            const int32_t product = (int32_t)values[i * N_COLS + j] * input[j];
            const int32_t sum = expected[i] + ((product + 1) >> 1);
            expected[i] = DC_MIN(DC_MAX(sum, -128), 127);
        }
    }
    const dc_fixed_format format = { 0, 0, -1 };
    for (unsigned kind = 0; kind < 4; kind++)
        for (uint32_t n_rows = 1; n_rows <= N_ROWS; n_rows++) {
            const dc_pack_plan plan = { .is_column_major = kind % 2 == 1,
                                        .is_dense = kind / 2 == 1, .gap_bits = 2 };
            const uint32_t first_row = N_ROWS - n_rows;
            dc_packed packed;
            dc_eie_fixed_ref *ref;
            assert_ok(dc_pack(&packed, values, N_ROWS, N_COLS, &plan, &arena));
            assert_ok(dc_eie_fixed_ref_new(&ref, &packed, first_row, n_rows, NULL, false, &format,
                                           8, &arena));
            dc_eie_fixed_ref_run(ref, input, output);
            assert_memory_equal(output, expected + first_row, n_rows * sizeof *output);
        }
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_product_is_rounded_before_it_is_added),
        cmocka_unit_test(saturation_makes_the_order_of_columns_matter),
        cmocka_unit_test(the_bias_comes_last_and_relu_after_it),
        cmocka_unit_test(sums_of_32_bits_do_not_overflow),
        cmocka_unit_test(any_stream_and_any_of_its_rows_give_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
