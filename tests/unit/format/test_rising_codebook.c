/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "rising_codebook.h"

static uint64_t assert_comes_back(const float *numbers, uint32_t n, bool is_half)
{
    dc_writer w;
    float back[DC_MAX_CODEBOOK];
    dc_writer_init(&w, 1 << 16);
    dc_rising_put(&w, numbers, n, is_half);
    assert_ok(w.status);
    assert_int_equal(w.size, dc_rising_bytes(numbers, n, is_half));
    assert_ok(dc_rising_get(back, n, is_half, w.data, w.size));
    assert_memory_equal(back, numbers, n * sizeof *numbers);
    const uint64_t size = w.size;
    dc_writer_clear(&w);
    return size;
}

static int compare_floats(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The sorted different ones of `n` numbers. */
static uint32_t sort(float *numbers, uint32_t n, bool is_half)
{
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n; i++)
        numbers[i] = (is_half ? dc_f16_round(numbers[i]) : numbers[i]) + 0.0f; /* no -0 */
    qsort(numbers, n, sizeof *numbers, compare_floats);
    for (uint32_t i = 0; i < n; i++)
        if (n_kept == 0 || numbers[i] > numbers[n_kept - 1])
            numbers[n_kept++] = numbers[i];
    return n_kept;
}

static void random_codebooks_come_back(void **state)
{
    (void)state;
    float numbers[DC_MAX_CODEBOOK];
    dc_rng rng;
    dc_rng_init(&rng, 7, 0);
    for (int turn = 0; turn < 400; turn++) {
        const bool is_half = turn % 2 == 1, is_negative = turn % 3 == 1;
        const uint32_t n = turn < 8 ? 256 : 1 + (uint32_t)dc_rng_below(&rng, 256);
        const float scale = turn % 5 == 0 ? 1e-41f : turn % 5 == 1 ? 1e-5f : 1;
        for (uint32_t i = 0; i < n; i++) {
            const float x = (float)dc_rng_normal(&rng) * scale;
            numbers[i] = is_negative && x > 0 ? -x : x;
        }
        assert_comes_back(numbers, sort(numbers, n, is_half), is_half);
    }
}

static void edges_of_both_types_come_back(void **state)
{
    (void)state;
    const float tiny = 1.40129846e-45f, wide[] = { -FLT_MAX, -1, -tiny, 0, tiny, 2 * tiny, 1,
                                                   FLT_MAX };
    const float half = 5.9604645e-8f, halves[] = { -65504, -1, -half, 0, half, 2 * half, 1, 65504 };
    for (uint32_t from = 0; from < DC_COUNT_OF(wide); from++)
        for (uint32_t to = from + 1; to <= DC_COUNT_OF(wide); to++) {
            assert_comes_back(wide + from, to - from, false);
            assert_comes_back(halves + from, to - from, true);
        }
    const float ends[] = { -FLT_MAX, FLT_MAX }, half_ends[] = { -65504, 65504 };
    assert_comes_back(ends, 2, false);
    assert_comes_back(half_ends, 2, true);
}

static void sizes_are_as_counted_by_hand(void **state)
{
    (void)state;
    float numbers[DC_MAX_CODEBOOK] = { 1 };
    assert_int_equal(assert_comes_back(numbers, 1, false), 5); /* 5 + 32 bits */
    assert_int_equal(assert_comes_back(numbers, 1, true), 3);
    for (uint32_t i = 1; i < DC_MAX_CODEBOOK; i++)
        numbers[i] = numbers[i - 1] + FLT_EPSILON;
    assert_int_equal(assert_comes_back(numbers, 256, false), (5 + 32 + 255 + 7) / 8);
}

static void the_example_of_the_page_is_right(void **state)
{
    (void)state;
    const uint8_t bytes[] = { 0x09, 0x80, 0x37, 0xff, 0xfd, 0x07 };
    const float numbers[] = { 1, 2, 3 };
    dc_writer w;
    dc_writer_init(&w, 100);
    dc_rising_put(&w, numbers, 3, true);
    assert_int_equal(w.size, sizeof bytes);
    assert_memory_equal(w.data, bytes, sizeof bytes);
    dc_writer_clear(&w);
}

/* Whatever the bytes, what is taken is finite, rises, and is no -0. */
static void random_bytes_are_refused_or_rise(void **state)
{
    (void)state;
    dc_rng rng;
    dc_rng_init(&rng, 9, 0);
    for (int turn = 0; turn < 20000; turn++) {
        uint8_t bytes[40];
        float numbers[8];
        const uint32_t n = 1 + (uint32_t)dc_rng_below(&rng, 8);
        const uint64_t size = dc_rng_below(&rng, sizeof bytes + 1);
        for (uint64_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)dc_rng_below(&rng, 256);
        if (dc_rising_get(numbers, n, turn % 2 == 1, bytes, size) < 0)
            continue;
        for (uint32_t i = 0; i < n; i++) {
            assert_true(numbers[i] >= -FLT_MAX && numbers[i] <= FLT_MAX);
            assert_true(numbers[i] != 0 || !signbit(numbers[i]));
            assert_true(i == 0 || numbers[i] > numbers[i - 1]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_codebooks_come_back),
        cmocka_unit_test(edges_of_both_types_come_back),
        cmocka_unit_test(sizes_are_as_counted_by_hand),
        cmocka_unit_test(the_example_of_the_page_is_right),
        cmocka_unit_test(random_bytes_are_refused_or_rise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
