/* SPDX-License-Identifier: MIT */
#include "ese_case.h"

/* Two elements; rows 0, 2, .. are the first one's. Column 0: 1 in row 0, 2 in row 36 (local 18: 17
 * zeros, one filler); column 1: 3 in row 1. */
static void entries_and_fillers_are_where_the_manual_says(void **state)
{
    (void)state;
    enum { N_ROWS = 40, N_COLS = 2 };
    float values[N_ROWS * N_COLS] = { 0 };
    const dc_pack_plan plan = { .is_column_major = true, .gap_bits = 8 };
    dc_ese_config config = dc_ese_defaults();
    dc_arena arena = { 0 };
    dc_packed packed;
    dc_csc csc;
    config.n_pes = 2;
    values[0] = 1;
    values[36 * N_COLS] = 2;
    values[1 * N_COLS + 1] = 3;
    assert_ok(dc_pack(&packed, values, N_ROWS, N_COLS, &plan, &arena));
    assert_ok(dc_csc_of(&csc, &packed, 0, N_ROWS, NULL, &arena));
    ese_stage s = { .name = "by hand", .matrix = &csc, .n_rows = N_ROWS, .n_cols = N_COLS };
    assert_ok(ese_stage_lay(&s, &config, &arena));
    const uint32_t starts[] = { 0, 3, 3, 3, 4 };
    assert_memory_equal(s.starts, starts, sizeof starts);
    const ese_entry entries[] = { { 1, 0 }, { 0, 15 }, { 2, 1 }, { 3, 0 } };
    for (int e = 0; e < 4; e++) {
        assert_int_equal(s.entries[e].weight, entries[e].weight);
        assert_int_equal(s.entries[e].zeros, entries[e].zeros);
    }
    assert_int_equal(s.n_tiles, 1);
    assert_int_equal(s.tiles[0].n_weight_rows, 3);
    assert_int_equal(s.tiles[0].n_fillers, 1);
    assert_int_equal(s.n_nonzero, 3);
    dc_arena_clear(&arena);
}

static void tiles_fill_the_buffers_and_no_more(void **state)
{
    (void)state;
    dc_rng rng;
    dc_rng_init(&rng, 9, 0);
    for (int i = 0; i < 100; i++) {
        layer_case c;
        const dc_ese_config config = random_config(&rng);
        layer_case_make(&c, &config, 200, 150, 0.3, &rng);
        for (uint32_t b = 0; b < c.program->n_stages; b++) {
            const ese_stage *s = &c.program->stages[b];
            uint32_t next = 0;
            for (uint32_t t = 0; t < s->n_tiles; t++) {
                const ese_tile *tile = &s->tiles[t];
                assert_int_equal(tile->first_col, next);
                assert_true(tile->n_weight_rows <= config.weight_buffer_words);
                assert_true(tile->n_cols + 1 <= config.pointer_buffer_words);
                next += tile->n_cols;
                if (next == s->n_cols)
                    break;
                uint32_t most = 0; /* with the next column: it would not have fitted */
                for (uint32_t k = 0; k < config.n_pes; k++) {
                    uint32_t n = 0;
                    for (uint32_t j = tile->first_col; j <= next; j++)
                        n += s->starts[j * config.n_pes + k + 1] - s->starts[j * config.n_pes + k];
                    most = DC_MAX(most, n);
                }
                assert_true(most > config.weight_buffer_words ||
                            tile->n_cols + 2 > config.pointer_buffer_words);
            }
            assert_int_equal(next, s->n_cols);
        }
        dc_arena_clear(&c.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_and_fillers_are_where_the_manual_says),
        cmocka_unit_test(tiles_fill_the_buffers_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
