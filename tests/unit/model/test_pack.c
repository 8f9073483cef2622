/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

/* Random weights: `density` of 256 are non-zero, of `n_distinct` values; -0.0f among the zeros. */
static float *random_weights(dc_arena *arena, uint64_t n, uint32_t density, uint32_t n_distinct,
                             uint64_t seed)
{
    float *values = dc_arena_take(arena, n, sizeof *values);
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    for (uint64_t i = 0; i < n; i++) {
        if (dc_rng_below(&rng, 256) < density)
            values[i] = (float)(1 + dc_rng_below(&rng, n_distinct)) * (i % 2 ? 0.5f : -0.25f);
        else
            values[i] = i % 7 == 0 ? -0.0f : 0.0f;
    }
    return values;
}

/* Packs in every width and order; each must check, unpack to the same, have the counted gaps. */
static void survives(const float *values, uint32_t n_rows, uint32_t n_cols)
{
    const uint64_t n = (uint64_t)n_rows * n_cols;
    for (unsigned variant = 0; variant < 2 * (DC_MAX_GAP_BITS + 1); variant++) {
        dc_arena arena = {0};
        const dc_pack_plan plan = {.is_dense = variant / 2 < DC_MIN_GAP_BITS,
                                   .is_column_major = variant % 2,
                                   .gap_bits = (uint8_t)(variant / 2)};
        dc_packed packed;
        assert_ok(dc_pack(&packed, values, n_rows, n_cols, &plan, &arena));
        assert_ok(dc_packed_check(&packed));
        float *back = dc_arena_take(&arena, n + 1, sizeof *back);
        memset(back, 0x55, n * sizeof *back);
        dc_unpack(back, &packed);
        uint64_t n_nonzero = 0;
        for (uint64_t i = 0; i < n; i++) {
            assert_true(back[i] == values[i]);
            n_nonzero += values[i] != 0.0f;
        }
        assert_int_equal(packed.n_nonzero, n_nonzero);
        if (!plan.is_dense) {
            dc_gap_counts *counts = dc_arena_take(&arena, 1, sizeof *counts);
            dc_gap_counts_of(counts, values, n_rows, n_cols, plan.is_column_major);
            assert_int_equal(counts->n_nonzero, n_nonzero);
            assert_int_equal(counts->n_fillers[plan.gap_bits], packed.n_entries - n_nonzero);
            for (uint64_t e = 0; e < packed.n_entries; e++)
                counts->counts[plan.gap_bits][packed.gaps[e]]--;
            for (uint32_t g = 0; g < DC_MAX_CODEBOOK; g++)
                assert_int_equal(counts->counts[plan.gap_bits][g], 0);
        }
        dc_arena_clear(&arena);
    }
}

static void random_matrices_survive(void **state)
{
    (void)state;
    const uint32_t sizes[][2] = {{1, 1},   {1, 300}, {300, 1}, {65, 129},
                                 {64, 64}, {20, 25}, {7, 600}};
    const uint32_t densities[] = {1, 10, 100, 256};
    for (uint32_t s = 0; s < DC_COUNT_OF(sizes); s++) {
        for (uint32_t d = 0; d < DC_COUNT_OF(densities); d++) {
            dc_arena arena = {0};
            const uint32_t n_rows = sizes[s][0], n_cols = sizes[s][1];
            survives(random_weights(&arena, (uint64_t)n_rows * n_cols, densities[d], 100, s + 1),
                     n_rows, n_cols);
            dc_arena_clear(&arena);
        }
    }
}

static void matrices_of_many_parts_survive(void **state)
{
    (void)state;
    dc_arena arena = {0};
    survives(random_weights(&arena, 700 * 1100, 20, 31, 5), 700, 1100);
    float *lonely = dc_arena_take(&arena, 700 * 1100, sizeof *lonely);
    lonely[3] = 1.0f; /* parts with no weight between two that have */
    lonely[700 * 1100 - 2] = 2.0f;
    survives(lonely, 700, 1100);
    dc_arena_clear(&arena);
}

static void empty_and_all_zero_matrices_survive(void **state)
{
    (void)state;
    const float zeros[600] = {0};
    survives(zeros, 0, 0);
    survives(zeros, 0, 5);
    survives(zeros, 5, 0);
    survives(zeros, 1, 1);
    survives(zeros, 20, 30);
}

static void gaps_at_the_bound_survive(void **state)
{
    (void)state;
    for (unsigned b = DC_MIN_GAP_BITS; b <= DC_MAX_GAP_BITS; b++) {
        for (int more = -2; more <= 2; more++) {
            float values[1600] = {0};
            const uint32_t n_zeros = (uint32_t)((1 << b) + more);
            values[n_zeros] = 1.0f;
            values[2 * n_zeros + 1] = 2.0f;
            values[4 * n_zeros + 2] = 3.0f;
            survives(values, 40, 40);
            survives(values, 1, 1600);
        }
    }
}

static void a_filler_comes_exactly_when_a_gap_is_too_wide(void **state)
{
    (void)state;
    dc_arena arena = {0};
    const dc_pack_plan plan = {.gap_bits = 3};
    float values[32] = {0};
    dc_packed packed;
    values[7] = 5.0f; /* 7 zeros: the widest gap of 3 bits */
    assert_ok(dc_pack(&packed, values, 1, 32, &plan, &arena));
    assert_int_equal(packed.n_entries, 1);
    assert_int_equal(packed.gaps[0], 7);
    values[16] = 5.0f; /* 8 zeros: a filler of 8 positions, then gap 0 */
    assert_ok(dc_pack(&packed, values, 1, 32, &plan, &arena));
    assert_int_equal(packed.n_entries, 3);
    assert_memory_equal(packed.gaps, ((const uint8_t[]){7, 7, 0}), 3);
    assert_memory_equal(packed.codes, ((const uint8_t[]){1, 0, 1}), 3);
    dc_arena_clear(&arena);
}

static void column_major_runs_down_the_columns(void **state)
{
    (void)state;
    dc_arena arena = {0};
    const float values[6] = {0, 1, 0, 2, 0, 3}; /* 2 rows of 3 */
    const dc_pack_plan sparse = {.is_column_major = true, .gap_bits = 2};
    const dc_pack_plan dense = {.is_column_major = true, .is_dense = true};
    dc_packed packed;
    assert_ok(dc_pack(&packed, values, 2, 3, &sparse, &arena));
    assert_int_equal(packed.n_entries, 3);
    assert_memory_equal(packed.codes, ((const uint8_t[]){2, 1, 3}), 3);
    assert_memory_equal(packed.gaps, ((const uint8_t[]){1, 0, 2}), 3);
    assert_ok(dc_pack(&packed, values, 2, 3, &dense, &arena));
    assert_memory_equal(packed.codes, ((const uint8_t[]){0, 2, 1, 0, 0, 3}), 6);
    dc_arena_clear(&arena);
}

static void a_sparse_layer_holds_255_values_and_a_dense_one_256(void **state)
{
    (void)state;
    dc_arena arena = {0};
    float values[257];
    for (int i = 0; i < 257; i++)
        values[i] = (float)(i + 1);
    const dc_pack_plan sparse = {.gap_bits = 4}, dense = {.is_dense = true};
    dc_packed packed;
    assert_ok(dc_pack(&packed, values, 1, 255, &sparse, &arena));
    assert_int_equal(packed.n_codebook, 256);
    assert_fails(DC_EINPUT, dc_pack(&packed, values, 1, 256, &sparse, &arena));
    assert_ok(dc_pack(&packed, values, 1, 256, &dense, &arena));
    assert_fails(DC_EINPUT, dc_pack(&packed, values, 1, 257, &dense, &arena));
    dc_arena_clear(&arena);
}

static void bad_plans_and_weights_are_refused(void **state)
{
    (void)state;
    dc_arena arena = {0};
    float values[2] = {1, NAN};
    dc_packed packed;
    dc_pack_plan plan = {.gap_bits = 1};
    assert_fails(DC_EINPUT, dc_pack(&packed, values, 1, 1, &plan, &arena));
    plan.gap_bits = 9;
    assert_fails(DC_EINPUT, dc_pack(&packed, values, 1, 1, &plan, &arena));
    plan.gap_bits = 4;
    assert_fails(DC_EINPUT, dc_pack(&packed, values, 1, 2, &plan, &arena));
    values[1] = -INFINITY;
    assert_fails(DC_EINPUT, dc_pack(&packed, values, 1, 2, &plan, &arena));
    assert_fails(DC_ELIMIT, dc_pack(&packed, values, UINT32_MAX, UINT32_MAX, &plan, &arena));
    dc_arena_clear(&arena);
}

static void any_number_of_jobs_packs_the_same(void **state)
{
    (void)state;
    dc_arena arena = {0};
    const float *values = random_weights(&arena, 1000 * 1000, 30, 60, 9);
    const dc_pack_plan plan = {.is_column_major = true, .gap_bits = 4};
    dc_packed one, many;
    dc_pool_set_jobs(1);
    assert_ok(dc_pack(&one, values, 1000, 1000, &plan, &arena));
    dc_pool_set_jobs(2);
    assert_ok(dc_pack(&many, values, 1000, 1000, &plan, &arena));
    dc_pool_set_jobs(0);
    assert_int_equal(one.n_entries, many.n_entries);
    assert_memory_equal(one.codes, many.codes, one.n_entries);
    assert_memory_equal(one.gaps, many.gaps, one.n_entries);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_matrices_survive),
        cmocka_unit_test(matrices_of_many_parts_survive),
        cmocka_unit_test(empty_and_all_zero_matrices_survive),
        cmocka_unit_test(gaps_at_the_bound_survive),
        cmocka_unit_test(a_filler_comes_exactly_when_a_gap_is_too_wide),
        cmocka_unit_test(column_major_runs_down_the_columns),
        cmocka_unit_test(a_sparse_layer_holds_255_values_and_a_dense_one_256),
        cmocka_unit_test(bad_plans_and_weights_are_refused),
        cmocka_unit_test(any_number_of_jobs_packs_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
