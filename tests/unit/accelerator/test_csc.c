/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/eie.h"

enum { ROWS = 9, COLS = 7 };

static void draw(float *values, uint64_t seed, uint32_t percent)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    for (uint32_t i = 0; i < ROWS * COLS; i++)
        values[i] = dc_rng_below(&rng, 100) < percent ? (float)dc_rng_below(&rng, 7) - 3 : 0;
}

static void check_equal(const dc_csc *m, const float *values, uint32_t first_row)
{
    float got[ROWS * COLS] = { 0 };
    for (uint32_t j = 0; j < m->n_cols; j++)
        for (uint64_t e = m->starts[j]; e < m->starts[j + 1]; e++) {
            assert_true(m->codes[e] > 0 && m->codes[e] < m->n_codebook);
            assert_true(e == m->starts[j] || m->rows[e] > m->rows[e - 1]);
            got[(first_row + m->rows[e]) * COLS + j] = m->codebook[m->codes[e]];
        }
    for (uint32_t i = 0; i < m->n_rows * COLS; i++)
        assert_true(got[first_row * COLS + i] == values[first_row * COLS + i]);
}

static void any_packed_layer_gives_its_columns(void **state)
{
    (void)state;
    float values[ROWS * COLS];
    for (uint32_t dense = 0; dense < 2; dense++)
        for (uint32_t by_column = 0; by_column < 2; by_column++)
            for (uint32_t percent = 0; percent <= 100; percent += 20) {
                dc_arena arena = { 0 };
                dc_packed packed;
                dc_csc m;
                const dc_pack_plan plan = { dense == 1, by_column == 1, dense ? 0 : 2 };
                draw(values, 3 + percent, percent);
                assert_ok(dc_pack(&packed, values, ROWS, COLS, &plan, &arena));
                assert_ok(dc_csc_of(&m, &packed, 0, ROWS, NULL, &arena));
                assert_int_equal(m.starts[COLS], packed.n_nonzero);
                check_equal(&m, values, 0);
                assert_ok(dc_csc_of(&m, &packed, 3, 4, NULL, &arena));
                check_equal(&m, values, 3);
                dc_arena_clear(&arena);
            }
}

static void a_codebook_of_256_values_without_zero_is_refused(void **state)
{
    (void)state;
    float values[256];
    dc_arena arena = { 0 };
    dc_packed packed;
    dc_csc m;
    const dc_pack_plan plan = { .is_dense = true };
    for (uint32_t i = 0; i < 256; i++)
        values[i] = (float)(i + 1);
    assert_ok(dc_pack(&packed, values, 16, 16, &plan, &arena));
    assert_fails(DC_EUNSUPPORTED, dc_csc_of(&m, &packed, 0, 16, NULL, &arena));
    dc_arena_clear(&arena);
}

static void apply_tells_the_largest_partial_sum(void **state)
{
    (void)state;
    const float values[] = { 3, 0, -5, 1, 1, 1 }, bias[] = { 0.5F, 10 };
    const double x[] = { 2, 1, 1 };
    double y[2];
    dc_arena arena = { 0 };
    dc_packed packed;
    dc_csc m;
    const dc_pack_plan plan = { .is_column_major = true, .gap_bits = 4 };
    assert_ok(dc_pack(&packed, values, 2, 3, &plan, &arena));
    assert_ok(dc_csc_of(&m, &packed, 0, 2, bias, &arena));
    assert_near(dc_csc_apply(y, &m, x), 14, 0); /* row 1 with its bias; row 0 passes 6 */
    assert_near(y[0], 1.5, 0);
    assert_near(y[1], 14, 0);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_packed_layer_gives_its_columns),
        cmocka_unit_test(a_codebook_of_256_values_without_zero_is_refused),
        cmocka_unit_test(apply_tells_the_largest_partial_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
