/* SPDX-License-Identifier: MIT */
#include "small_layer.h"

/* The manual's example: 0,0,0,1,0,2, 18 zeros, 3 in one PE's column. */
static void the_manuals_example_is_laid_out_as_printed(void **state)
{
    (void)state;
    float weights[25] = { 0 };
    small_layer s;
    const dc_eie_config config = small_config(1);
    weights[3] = 1, weights[5] = 2, weights[24] = 3;
    small_layer_make(&s, &config, weights, 25, 1, NULL, false);
    static const entry wanted[] = { ENTRY(1, 3), ENTRY(2, 1), ENTRY(0, 15), ENTRY(3, 2) };
    assert_memory_equal(s.layer->entries, wanted, sizeof wanted);
    assert_int_equal(s.layer->refs[0].pointer, 0);
    assert_int_equal(s.layer->pe_entries[0], 4);
    small_layer_free(&s);
}

static void rows_are_interleaved_over_elements(void **state)
{
    (void)state;
    float weights[10] = { 0 };
    small_layer s;
    const dc_eie_config config = small_config(4);
    weights[1] = 1, weights[6] = 2, weights[9] = 3; /* PE 1 place 0, PE 2 place 1, PE 1 place 2 */
    small_layer_make(&s, &config, weights, 10, 1, NULL, false);
    static const entry wanted[] = { ENTRY(1, 0), ENTRY(3, 1), ENTRY(2, 1) };
    assert_memory_equal(s.layer->entries, wanted, sizeof wanted);
    static const uint32_t entries_of[] = { 0, 2, 1, 0 };
    assert_memory_equal(s.layer->pe_entries, entries_of, sizeof entries_of);
    small_layer_free(&s);
}

/* What the memories say, as a matrix again. */
static void read_back(float *values, const dc_eie_layer *layer)
{
    const uint32_t n_pes = layer->config.n_pes, room = layer->config.n_act_registers;
    const dc_csc *m = layer->matrix;
    memset(values, 0, (size_t)m->n_rows * m->n_cols * sizeof *values);
    for (uint32_t k = 0; k < n_pes; k++) {
        uint32_t pointer = 0;
        for (uint64_t c = 0; c + 1 < layer->n_pointers; c++) {
            const column_ref *ref = &layer->refs[c * n_pes + k];
            const uint32_t j = (uint32_t)(c % layer->n_columns);
            uint32_t local = (uint32_t)(c / layer->n_columns) * room;
            assert_int_equal(ref->pointer, pointer);
            pointer += ref[1].start - ref->start;
            for (uint32_t e = ref->start; e < ref[1].start; e++, local++) {
                const entry at = layer->entries[e];
                local += ENTRY_ZEROS(at);
                assert_true(local < layer->n_local);
                if (j < m->n_cols && ENTRY_CODE(at) != 0)
                    values[(size_t)(local * n_pes + k) * m->n_cols + j] =
                        m->codebook[ENTRY_CODE(at)];
            }
        }
        assert_int_equal(layer->pe_entries[k], pointer);
    }
}

static void any_layout_holds_the_same_matrix(void **state)
{
    (void)state;
    enum { ROWS = 70, COLS = 40 };
    static float values[ROWS * COLS], got[ROWS * COLS];
    dc_rng rng;
    dc_rng_init(&rng, 5, 0);
    for (uint32_t i = 0; i < ROWS * COLS; i++)
        values[i] = dc_rng_below(&rng, 100) < 8 ? (float)(1 + dc_rng_below(&rng, 15)) : 0;
    static const uint32_t pes[] = { 1, 3, 8, 64, 200 }, registers[] = { 1, 4, 64 };
    for (size_t p = 0; p < DC_COUNT_OF(pes); p++)
        for (size_t r = 0; r < DC_COUNT_OF(registers); r++)
            for (uint32_t bits = 1; bits <= 8; bits++) {
                small_layer s;
                dc_eie_config config = small_config(pes[p]);
                config.n_act_registers = registers[r];
                config.index_bits = bits;
                small_layer_make(&s, &config, values, ROWS, COLS, NULL, false);
                read_back(got, s.layer);
                assert_memory_equal(got, values, sizeof values);
                small_layer_free(&s);
            }
}

static void what_does_not_fit_is_told_and_strictly_refused(void **state)
{
    (void)state;
    static float values[400];
    small_layer s;
    dc_eie_config config = small_config(1);
    for (uint32_t i = 0; i < 400; i++)
        values[i] = 1;
    small_layer_make(&s, &config, values, 20, 20, NULL, false);
    assert_true(dc_eie_layer_fit(s.layer)->fits_pointer);
    assert_string_equal(dc_eie_fit_text(dc_eie_layer_fit(s.layer), &config, &s.arena), "");
    small_layer_free(&s);
    config.pointer_bits = 8;
    config.spmat_bytes = 399;
    config.pointer_bytes = 20;
    small_layer_make(&s, &config, values, 20, 20, NULL, false);
    const char *text = dc_eie_fit_text(dc_eie_layer_fit(s.layer), &config, &s.arena);
    assert_non_null(strstr(text, "400 entries in a PE, pointers of 8 bits count 255"));
    assert_non_null(strstr(text, "Spmat need 400 bytes of a PE's 399"));
    assert_non_null(strstr(text, "pointers need 21 bytes of a PE's 20"));
    dc_eie_layer *layer;
    config.is_strict = true;
    assert_fails(DC_ELIMIT, dc_eie_layer_new(&layer, &s.matrix, &config, "big", false, &s.arena));
    assert_non_null(strstr(dc_message(), "'big' does not fit"));
    small_layer_free(&s);
}

static void too_many_shared_values_are_refused_with_advice(void **state)
{
    (void)state;
    float values[17];
    small_layer s;
    dc_eie_config config = small_config(1);
    for (uint32_t i = 0; i < 17; i++)
        values[i] = (float)(i + 1);
    config.code_bits = 5;
    small_layer_make(&s, &config, values, 17, 1, NULL, false);
    dc_eie_layer *layer;
    config.code_bits = 4;
    assert_fails(DC_EINPUT, dc_eie_layer_new(&layer, &s.matrix, &config, "fc", false, &s.arena));
    assert_non_null(strstr(dc_message(), "--requantize"));
    small_layer_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manuals_example_is_laid_out_as_printed),
        cmocka_unit_test(rows_are_interleaved_over_elements),
        cmocka_unit_test(any_layout_holds_the_same_matrix),
        cmocka_unit_test(what_does_not_fit_is_told_and_strictly_refused),
        cmocka_unit_test(too_many_shared_values_are_refused_with_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
