/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

static void values_come_once_and_ascending(void **state)
{
    (void)state;
    const float values[] = {3, -1, 0.5f, 3, -0.0f, -7, 0.0f, 0.5f};
    const float expected[] = {-7, -1, 0, 0.5f, 3};
    float codebook[256];
    uint32_t n = 0;
    assert_true(dc_codebook_find(codebook, &n, values, 8, 256, false));
    assert_int_equal(n, 5);
    assert_memory_equal(codebook, expected, sizeof expected); /* the zero is a positive one */
}

static void zero_goes_first_even_when_absent(void **state)
{
    (void)state;
    const float values[] = {3, -1, 0.5f}, expected[] = {0, -1, 0.5f, 3};
    float codebook[256];
    uint32_t n = 0;
    assert_true(dc_codebook_find(codebook, &n, values, 3, 256, true));
    assert_int_equal(n, 4);
    assert_memory_equal(codebook, expected, sizeof expected);
}

static void the_maximum_counts_the_zero(void **state)
{
    (void)state;
    const float values[] = {3, -1, 0.5f};
    float codebook[256];
    uint32_t n = 0;
    assert_true(dc_codebook_find(codebook, &n, values, 3, 3, false));
    assert_false(dc_codebook_find(codebook, &n, values, 3, 2, false));
    assert_false(dc_codebook_find(codebook, &n, values, 3, 3, true));
}

static void nothing_has_an_empty_codebook(void **state)
{
    (void)state;
    float codebook[256];
    uint32_t n = 7;
    assert_true(dc_codebook_find(codebook, &n, NULL, 0, 256, false));
    assert_int_equal(n, 0);
    assert_true(dc_codebook_find(codebook, &n, NULL, 0, 256, true));
    assert_int_equal(n, 1);
}

static void more_than_256_in_parts_of_few_are_noticed(void **state)
{
    (void)state;
    dc_arena arena = {0};
    const uint64_t n_values = 1 << 20;
    float *values = dc_arena_take(&arena, n_values, sizeof *values), codebook[256];
    uint32_t n = 0;
    for (uint64_t i = 0; i < n_values; i++)
        values[i] = (float)(i >> 12); /* 256 distinct values, few in each part */
    assert_true(dc_codebook_find(codebook, &n, values, n_values, 256, true));
    assert_int_equal(n, 256);
    values[n_values / 2] = -1;
    assert_false(dc_codebook_find(codebook, &n, values, n_values, 256, true));
    dc_arena_clear(&arena);
}

static void codes_lead_back_to_the_values(void **state)
{
    (void)state;
    dc_arena arena = {0};
    const uint64_t n_values = 300000;
    float *values = dc_arena_take(&arena, n_values, sizeof *values), codebook[256];
    uint8_t *codes = dc_arena_take(&arena, n_values, 1);
    dc_rng rng;
    dc_rng_init(&rng, 3, 0);
    float pool[256];
    for (int i = 0; i < 256; i++)
        pool[i] = dc_f16_round((float)dc_rng_normal(&rng));
    pool[17] = -0.0f;
    for (uint64_t i = 0; i < n_values; i++)
        values[i] = pool[dc_rng_below(&rng, 256)];
    uint32_t n = 0;
    assert_true(dc_codebook_find(codebook, &n, values, n_values, 256, false));
    dc_codes_of(codes, values, n_values, codebook, n);
    for (uint64_t i = 0; i < n_values; i++)
        assert_true(codebook[codes[i]] == values[i]);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_once_and_ascending),
        cmocka_unit_test(zero_goes_first_even_when_absent),
        cmocka_unit_test(the_maximum_counts_the_zero),
        cmocka_unit_test(nothing_has_an_empty_codebook),
        cmocka_unit_test(more_than_256_in_parts_of_few_are_noticed),
        cmocka_unit_test(codes_lead_back_to_the_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
