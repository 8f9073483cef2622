/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/accelerator.h"

enum { N_INPUTS = 40, N_CELLS = 96, N_SAID = 64, N_PES = 16, MOST = 4 * N_CELLS * N_SAID };

static const uint32_t shapes[3][2] = { { 4 * N_CELLS, N_INPUTS }, { 4 * N_CELLS, N_SAID },
                                       { N_SAID, N_CELLS } };

static void make(dc_packed *packed, dc_pruning pruning, double density, dc_arena *arena)
{
    const dc_synthetic_cell spec = { N_INPUTS, N_CELLS, N_SAID, density, pruning };
    assert_ok(dc_synthetic_lstm(packed, &spec, N_PES, 4, arena));
    for (int m = 0; m < 3; m++) {
        assert_int_equal(packed[m].n_rows, shapes[m][0]);
        assert_int_equal(packed[m].n_cols, shapes[m][1]);
        assert_ok(dc_packed_check(&packed[m]));
    }
}

static void balanced_is_as_many_for_each_element_and_gate(void **state)
{
    (void)state;
    static float values[MOST];
    dc_arena arena = { 0 };
    dc_packed packed[3];
    make(packed, DC_PRUNING_BALANCED, 0.1, &arena);
    for (int m = 0; m < 3; m++) {
        const uint32_t n_gates = m < 2 ? 4 : 1, n_of_gate = shapes[m][0] / n_gates;
        dc_unpack(values, &packed[m]);
        for (uint32_t g = 0; g < n_gates; g++)
            for (uint32_t k = 0; k < N_PES; k++) {
                uint32_t n = 0, n_all = 0;
                for (uint32_t i = k; i < n_of_gate; i += N_PES)
                    for (uint32_t j = 0; j < shapes[m][1]; j++, n_all++)
                        n += values[(g * n_of_gate + i) * shapes[m][1] + j] != 0;
                assert_int_equal(n, (uint32_t)(0.1 * n_all + 0.5));
            }
    }
    dc_arena_clear(&arena);
}

static void plain_is_as_many_in_all_and_unlike_rows(void **state)
{
    (void)state;
    static float values[MOST];
    dc_arena arena = { 0 };
    dc_packed packed[3];
    uint64_t n = 0, n_all = 0;
    double sum = 0, squares = 0;
    make(packed, DC_PRUNING_PLAIN, 0.1, &arena);
    for (int m = 0; m < 3; m++) {
        n += packed[m].n_nonzero;
        n_all += (uint64_t)shapes[m][0] * shapes[m][1];
    }
    assert_int_equal(n, (uint64_t)(0.1 * (double)n_all + 0.5));
    dc_unpack(values, &packed[1]);
    for (uint32_t i = 0; i < 4 * N_CELLS; i++) {
        double n_row = 0;
        for (uint32_t j = 0; j < N_SAID; j++)
            n_row += values[i * N_SAID + j] != 0;
        sum += n_row;
        squares += n_row * n_row;
    }
    /* rows alike would have the deviation of a binomial, sqrt(0.9 / (0.1 n)) of the mean */
    const double mean = sum / (4 * N_CELLS);
    const double deviation = sqrt(squares / (4 * N_CELLS) - mean * mean) / mean;
    assert_true(deviation > 1.2 * sqrt(0.9 / (0.1 * N_SAID)));
    dc_arena_clear(&arena);
}

static void none_keeps_all_and_seeds_differ(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_packed packed[3], other[3];
    make(packed, DC_PRUNING_NONE, 0.1, &arena);
    for (int m = 0; m < 3; m++)
        assert_int_equal(packed[m].n_nonzero, (uint64_t)shapes[m][0] * shapes[m][1]);
    const dc_synthetic_cell spec = { N_INPUTS, N_CELLS, N_SAID, 0.1, DC_PRUNING_NONE };
    assert_ok(dc_synthetic_lstm(other, &spec, N_PES, 5, &arena));
    assert_memory_not_equal(packed[0].codes, other[0].codes, packed[0].n_entries);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balanced_is_as_many_for_each_element_and_gate),
        cmocka_unit_test(plain_is_as_many_in_all_and_unlike_rows),
        cmocka_unit_test(none_keeps_all_and_seeds_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
