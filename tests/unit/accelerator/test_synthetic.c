/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/eie.h"

enum { ROWS = 300, COLS = 400, N_VALUES = ROWS * COLS };

static void make(dc_packed *packed, double density, uint64_t seed, dc_arena *arena)
{
    assert_ok(dc_synthetic_weights(packed, ROWS, COLS, density, 4, seed, arena));
}

/* ---- weights -------------------------------------------------------------------------------- */

static void the_density_is_near_the_one_asked_for(void **state)
{
    (void)state;
    static const double densities[] = { 0.001, 0.01, 0.09, 0.25, 0.5, 0.9, 0.999 };
    for (size_t i = 0; i < DC_COUNT_OF(densities); i++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            const double d = densities[i], spread = sqrt(N_VALUES * d * (1 - d));
            dc_arena arena = { 0 };
            dc_packed packed;
            make(&packed, d, seed, &arena);
            assert_near(packed.n_nonzero, N_VALUES * d, 4 * spread);
            dc_arena_clear(&arena);
        }
}

static void weights_are_spread_evenly_over_rows_and_columns(void **state)
{
    (void)state;
    static float values[N_VALUES];
    uint32_t in_row[ROWS] = { 0 }, in_col[COLS] = { 0 };
    dc_arena arena = { 0 };
    dc_packed packed;
    make(&packed, 0.25, 3, &arena);
    dc_unpack(values, &packed);
    for (uint32_t i = 0; i < N_VALUES; i++) {
        in_row[i / COLS] += values[i] != 0;
        in_col[i % COLS] += values[i] != 0;
    }
    for (uint32_t i = 0; i < ROWS; i++) /* five standard deviations of a binomial */
        assert_near(in_row[i], 0.25 * COLS, 5 * sqrt(COLS * 0.25 * 0.75));
    for (uint32_t j = 0; j < COLS; j++)
        assert_near(in_col[j], 0.25 * ROWS, 5 * sqrt(ROWS * 0.25 * 0.75));
    dc_arena_clear(&arena);
}

static void a_layer_passes_its_check_and_counts_itself(void **state)
{
    (void)state;
    static float values[N_VALUES];
    static const double densities[] = { 1e-4, 0.002, 0.09, 0.7, 1 }; /* the first has fillers */
    for (size_t i = 0; i < DC_COUNT_OF(densities); i++) {
        dc_arena arena = { 0 };
        dc_packed packed;
        uint64_t n_nonzero = 0, n_fillers = 0;
        make(&packed, densities[i], 11, &arena);
        assert_ok(dc_packed_check(&packed));
        assert_true(packed.is_column_major && !packed.is_dense);
        dc_unpack(values, &packed);
        for (uint32_t k = 0; k < N_VALUES; k++)
            n_nonzero += values[k] != 0;
        for (uint64_t e = 0; e < packed.n_entries; e++)
            n_fillers += packed.codes[e] == 0;
        assert_int_equal(n_nonzero, packed.n_nonzero);
        assert_int_equal(n_fillers, packed.n_entries - packed.n_nonzero);
        if (densities[i] < 0.001)
            assert_true(n_fillers > 0);
        dc_arena_clear(&arena);
    }
}

static void with_density_one_every_weight_is_there(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_packed packed;
    make(&packed, 1, 5, &arena);
    assert_int_equal(packed.n_nonzero, N_VALUES);
    assert_int_equal(packed.n_entries, N_VALUES);
    for (uint64_t e = 0; e < packed.n_entries; e++)
        assert_true(packed.gaps[e] == 0 && packed.codes[e] != 0);
    dc_arena_clear(&arena);
}

static void shared_values_have_both_signs_and_are_used_alike(void **state)
{
    (void)state;
    for (uint32_t code_bits = 2; code_bits <= 8; code_bits++) {
        const uint32_t n_codebook = 1u << code_bits;
        uint32_t n_used[DC_MAX_CODEBOOK] = { 0 }, n_negative = 0;
        dc_arena arena = { 0 };
        dc_packed packed;
        assert_ok(dc_synthetic_weights(&packed, ROWS, COLS, 0.5, code_bits, 7, &arena));
        assert_int_equal(packed.n_codebook, n_codebook);
        assert_near(packed.codebook[0], 0, 0);
        for (uint32_t i = 1; i < n_codebook; i++) {
            const double size = fabs((double)packed.codebook[i]);
            assert_true(size > 0 && size <= 1);
            n_negative += packed.codebook[i] < 0;
            for (uint32_t k = 1; k < i; k++) /* all are distinct */
                assert_true(fabs((double)(packed.codebook[i] - packed.codebook[k])) > 1e-6);
        }
        assert_int_equal(n_negative, n_codebook / 2 - 1);
        for (uint64_t e = 0; e < packed.n_entries; e++)
            n_used[packed.codes[e]]++;
        const double share = (double)packed.n_nonzero / (n_codebook - 1);
        for (uint32_t i = 1; i < n_codebook; i++)
            assert_near(n_used[i], share, 5 * sqrt(share));
        dc_arena_clear(&arena);
    }
}

static void one_bit_leaves_one_value(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_packed packed;
    assert_ok(dc_synthetic_weights(&packed, 20, 30, 0.5, 1, 7, &arena));
    assert_int_equal(packed.n_codebook, 2);
    for (uint64_t e = 0; e < packed.n_entries; e++)
        assert_int_equal(packed.codes[e], 1);
    dc_arena_clear(&arena);
}

static bool is_same(const dc_packed *a, const dc_packed *b)
{
    return a->n_entries == b->n_entries && a->n_nonzero == b->n_nonzero &&
           memcmp(a->codes, b->codes, a->n_entries) == 0 &&
           memcmp(a->gaps, b->gaps, a->n_entries) == 0 &&
           memcmp(a->codebook, b->codebook, a->n_codebook * sizeof *a->codebook) == 0;
}

static void the_seed_decides_every_byte(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_packed a, again, other;
    make(&a, 0.1, 21, &arena);
    make(&again, 0.1, 21, &arena);
    make(&other, 0.1, 22, &arena);
    assert_true(is_same(&a, &again));
    assert_false(is_same(&a, &other));
    dc_arena_clear(&arena);
}

static void a_density_that_is_none_is_refused(void **state)
{
    (void)state;
    static const double densities[] = { 0, -0.1, 1.0000001, 2, NAN, INFINITY, -INFINITY };
    dc_arena arena = { 0 };
    dc_packed packed;
    for (size_t i = 0; i < DC_COUNT_OF(densities); i++)
        assert_fails(DC_EINPUT,
                     dc_synthetic_weights(&packed, ROWS, COLS, densities[i], 4, 1, &arena));
    assert_fails(DC_EINPUT, dc_synthetic_weights(&packed, 0, COLS, 0.5, 4, 1, &arena));
    assert_fails(DC_EINPUT, dc_synthetic_weights(&packed, ROWS, 0, 0.5, 4, 1, &arena));
    dc_arena_clear(&arena);
}

static void a_layer_may_be_empty(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_packed packed;
    assert_ok(dc_synthetic_weights(&packed, 2, 2, 1e-12, 4, 1, &arena));
    assert_int_equal(packed.n_entries, 0);
    assert_int_equal(packed.n_nonzero, 0);
    dc_arena_clear(&arena);
}

/* ---- inputs --------------------------------------------------------------------------------- */

static void exactly_the_share_of_inputs_is_there(void **state)
{
    (void)state;
    static const double densities[] = { 0, 0.001, 0.183, 0.35, 0.5, 0.9, 1 };
    static const uint32_t sizes[] = { 1, 2, 3, 10, 600, 4096 };
    static double x[4096];
    for (size_t d = 0; d < DC_COUNT_OF(densities); d++)
        for (size_t s = 0; s < DC_COUNT_OF(sizes); s++)
            for (uint64_t seed = 0; seed < 5; seed++) {
                uint32_t n_there = 0;
                dc_synthetic_inputs(x, sizes[s], densities[d], seed);
                for (uint32_t j = 0; j < sizes[s]; j++)
                    n_there += x[j] != 0;
                assert_int_equal(n_there, (uint32_t)(densities[d] * sizes[s] + 0.5));
            }
}

static void inputs_are_above_zero_and_at_most_one(void **state)
{
    (void)state;
    static double x[4096];
    double least = 1, most = 0, sum = 0;
    dc_synthetic_inputs(x, 4096, 1, 9);
    for (uint32_t j = 0; j < 4096; j++) {
        least = DC_MIN(least, x[j]);
        most = DC_MAX(most, x[j]);
        sum += x[j];
    }
    assert_true(least > 0 && most <= 1);
    assert_true(least < 0.01 && most > 0.99); /* all of the range is used */
    assert_near(sum / 4096, 0.5, 0.02);
}

static void inputs_follow_their_seed(void **state)
{
    (void)state;
    double a[200], again[200], other[200];
    dc_synthetic_inputs(a, 200, 0.4, 1);
    dc_synthetic_inputs(again, 200, 0.4, 1);
    dc_synthetic_inputs(other, 200, 0.4, 2);
    assert_memory_equal(a, again, sizeof a);
    assert_true(memcmp(a, other, sizeof a) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_density_is_near_the_one_asked_for),
        cmocka_unit_test(weights_are_spread_evenly_over_rows_and_columns),
        cmocka_unit_test(a_layer_passes_its_check_and_counts_itself),
        cmocka_unit_test(with_density_one_every_weight_is_there),
        cmocka_unit_test(shared_values_have_both_signs_and_are_used_alike),
        cmocka_unit_test(one_bit_leaves_one_value),
        cmocka_unit_test(the_seed_decides_every_byte),
        cmocka_unit_test(a_density_that_is_none_is_refused),
        cmocka_unit_test(a_layer_may_be_empty),
        cmocka_unit_test(exactly_the_share_of_inputs_is_there),
        cmocka_unit_test(inputs_are_above_zero_and_at_most_one),
        cmocka_unit_test(inputs_follow_their_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
