/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "test.h"

#include "dcomp/entropy.h"

enum { ROWS = 40, INPUTS = 12, PLACES = 9, COLS = INPUTS * PLACES, N = ROWS * COLS };
static const dc_level_shape shape = { ROWS, INPUTS, 3, 3 };

/* Not zero with a chance that depends on row, input and place; sizes 1 to 3, now and then 100. */
static void draw(int16_t *levels)
{
    dc_rng rng;
    dc_rng_init(&rng, 1, 0);
    for (int i = 0; i < N; i++) {
        const int row = i / COLS, input = i % COLS / PLACES, place = i % PLACES;
        const double share = 0.5 * (row % 4 + 1) / 4 * (input % 3 + 1) / 3 * (place == 4 ? 1 : 0.5);
        const int sizes[] = { 1, 1, 1, 2, 2, 3 };
        const int size = dc_rng_below(&rng, 50) == 0 ? 100 : sizes[dc_rng_below(&rng, 6)];
        levels[i] = 0;
        if (dc_rng_unit(&rng) < share)
            levels[i] = (int16_t)(dc_rng_below(&rng, 2) == 0 ? size : -size);
    }
}

static dc_rate learned(const int16_t *levels, const dc_level_shape *of, dc_arena *arena)
{
    dc_rate rate;
    assert_ok(dc_rate_init(&rate, of, arena));
    dc_rate_learn(&rate, levels);
    return rate;
}

static void rows_and_sums_agree(void **state)
{
    (void)state;
    static int16_t levels[N];
    float zero[COLS], one[COLS];
    dc_arena arena = { 0 };
    double bits = 0;
    draw(levels);
    const dc_rate rate = learned(levels, &shape, &arena);
    for (uint32_t r = 0; r < ROWS; r++) {
        dc_rate_row(&rate, r, zero, one);
        for (int c = 0; c < COLS; c++) {
            const int level = levels[r * COLS + (uint32_t)c];
            bits += level == 0 ? zero[c] : one[c] + dc_rate_more(&rate, (uint32_t)abs(level));
        }
    }
    assert_true(fabs(bits / dc_rate_bits(&rate, levels) - 1) < 1e-5);
    dc_arena_clear(&arena);
}

/* Popularity is worth something: less than one density for all, and not less than what the chances
 * that were drawn from allow. */
static void popular_places_are_cheap(void **state)
{
    (void)state;
    static int16_t levels[N];
    float zero[COLS], one[COLS];
    dc_arena arena = { 0 };
    draw(levels);
    const dc_rate rate = learned(levels, &shape, &arena);
    uint32_t n = 0, n_sizes[101] = { 0 };
    for (int i = 0; i < N; i++) {
        n += levels[i] != 0;
        n_sizes[abs(levels[i])]++;
    }
    double flat = n;
    for (int s = 0; s <= 100; s++)
        if (n_sizes[s] > 0)
            flat += n_sizes[s] * log2(1.0 * (s == 0 ? N : n) / n_sizes[s]) +
                    (s > 0 ? n_sizes[s] * log2(1.0 * N / n) : 0);
    const double bits = dc_rate_bits(&rate, levels);
    assert_true(bits < 0.97 * flat);
    assert_true(bits > 0.7 * flat);
    dc_rate_row(&rate, 3, zero, one); /* row 3 and input 2 are popular, place 4 is */
    assert_true(one[2 * PLACES + 4] < one[0]);
    assert_true(zero[2 * PLACES + 4] > zero[0]);
    dc_arena_clear(&arena);
}

static void larger_sizes_cost_more_up_to_the_largest(void **state)
{
    (void)state;
    static int16_t levels[N];
    dc_arena arena = { 0 };
    draw(levels);
    const dc_rate rate = learned(levels, &shape, &arena);
    assert_true(dc_rate_more(&rate, 1) == 0);
    assert_true(dc_rate_more(&rate, 3) > 0);
    assert_true(dc_rate_more(&rate, 100) > dc_rate_more(&rate, 3));
    assert_true(isfinite(dc_rate_more(&rate, 32768)));
    assert_true(dc_rate_more(&rate, 32768) > dc_rate_more(&rate, 255));
    dc_arena_clear(&arena);
}

static void layers_of_nothing_and_of_one_weight_have_prices(void **state)
{
    (void)state;
    static const int16_t zeros[N];
    const int16_t lone = -5;
    float zero[COLS], one[COLS];
    dc_arena arena = { 0 };
    dc_rate rate = learned(zeros, &shape, &arena);
    dc_rate_row(&rate, 0, zero, one);
    assert_true(zero[0] > 0 && zero[0] < 0.01 && one[0] > 8 && one[0] < 20);
    const dc_level_shape single = { 1, 1, 1, 1 };
    rate = learned(&lone, &single, &arena);
    assert_true(isfinite(dc_rate_bits(&rate, &lone)) && dc_rate_bits(&rate, &lone) > 0);
    dc_arena_clear(&arena);
}

/* The first layer of a network of pictures: what has popular neighbours is cheap. */
static void pictures_are_smooth(void **state)
{
    (void)state;
    enum { SIDE = 12, AREA = SIDE * SIDE };
    static int16_t levels[10 * AREA];
    float zero[AREA], one[AREA];
    const dc_level_shape picture = { 10, 1, SIDE, SIDE };
    dc_arena arena = { 0 };
    for (int r = 0; r < 10; r++)
        levels[r * AREA + 6 * SIDE + 6] = 1;
    const dc_rate rate = learned(levels, &picture, &arena);
    dc_rate_row(&rate, 0, zero, one);
    assert_true(one[6 * SIDE + 6] < one[6 * SIDE + 7]);
    assert_true(one[6 * SIDE + 7] < one[1 * SIDE + 1]);
    assert_true(one[SIDE - 1] < 20); /* a corner */
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_sums_agree),
        cmocka_unit_test(popular_places_are_cheap),
        cmocka_unit_test(larger_sizes_cost_more_up_to_the_largest),
        cmocka_unit_test(layers_of_nothing_and_of_one_weight_have_prices),
        cmocka_unit_test(pictures_are_smooth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
