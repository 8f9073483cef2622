/* SPDX-License-Identifier: MIT */
#include "format_helpers.h"

static void fill_lenet(dc_model *m, double density, uint32_t n_distinct)
{
    const sample_fill weights = { .density = density, .n_distinct = n_distinct, .is_half = true,
                                  .is_pruned = true, .is_shared = true };
    const sample_fill biases = { .density = 1, .is_half = true };
    sample_fill_role(m, DC_ROLE_WEIGHT, &weights, 1);
    sample_fill_role(m, DC_ROLE_BIAS, &biases, 9);
}

static void the_parts_sum_to_the_size_of_the_file(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    for (uint32_t level = DC_LEVEL_DENSE; level <= DC_LEVEL_CODED; level++)
        for (int is_stripped = 0; is_stripped < 2; is_stripped++) {
            dc_model *m = NULL;
            dc_ledger ledger, back;
            dc_write_settings settings = { .level = level, .is_stripped = is_stripped };
            assert_ok(sample_every_op(&m));
            dc_writer w = encoded(m, &settings, &ledger, &arena);
            assert_int_equal(ledger.file_bytes, w.size);
            assert_int_equal(ledger_sum(&ledger), w.size);
            dc_model_free(m);
            assert_ok(dc_model_decode(&m, w.data, w.size, "x", DC_READ_SHAPE, 0, &back, &arena));
            assert_int_equal(ledger_sum(&back), w.size);
            dc_model_free(m);
            dc_writer_clear(&w);
        }
    dc_arena_clear(&arena);
}

static void reading_finds_the_ledger_that_writing_made(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_model *m = NULL;
    dc_ledger made, found;
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    assert_ok(sample_lenet(&m, 28, 6, 10, 30));
    fill_lenet(m, 0.1, 20);
    m->n_reference_values = dc_model_n_values(m) + 1000;
    dc_writer w = encoded(m, &settings, &made, &arena);
    dc_model_free(m);
    assert_ok(dc_model_decode(&m, w.data, w.size, "x", DC_READ_SHAPE, 0, &found, &arena));
    assert_int_equal(m->n_reference_values, dc_model_n_values(m) + 1000);
    assert_null(m->params[0].values);
    assert_int_equal(found.reference_bytes, made.reference_bytes);
    assert_int_equal(found.n_params, made.n_params);
    for (uint32_t i = 0; i < DC_LEDGER_PARTS; i++) {
        const char *name;
        uint64_t a, b;
        dc_ledger_part(&name, &a, &made, i);
        dc_ledger_part(&name, &b, &found, i);
        assert_int_equal(a, b);
    }
    for (uint32_t i = 0; i < made.n_params; i++) {
        const dc_param_info *p = &made.params[i], *q = &found.params[i];
        assert_string_equal(p->name, q->name);
        assert_string_equal(p->layer, q->layer);
        assert_int_equal(p->encoding, q->encoding);
        assert_int_equal(p->total_bytes, q->total_bytes);
        assert_int_equal(p->n_nonzero, q->n_nonzero);
        assert_int_equal(p->n_entries, q->n_entries);
        assert_int_equal(p->codes.table_bytes, q->codes.table_bytes);
        assert_near(p->gaps.entropy_bits, q->gaps.entropy_bits, 0);
    }
    dc_model_free(m);
    dc_writer_clear(&w);
    dc_arena_clear(&arena);
}

static void a_stripped_lenet_5_spends_under_200_bytes_on_what_is_no_data(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_model *m = NULL;
    dc_ledger ledger;
    const dc_write_settings settings = { .level = DC_LEVEL_CODED, .is_stripped = true };
    assert_ok(sample_lenet(&m, 28, 20, 50, 500));
    fill_lenet(m, 0.006, 7);
    dc_writer w = encoded(m, &settings, &ledger, &arena);
    const uint64_t overhead = ledger.header_bytes + ledger.graph_bytes + ledger.params_bytes +
                              ledger.tables_bytes;
    if (getenv("DCOMP_TEST_VERBOSE") != NULL)
        for (uint32_t i = 0; i < DC_LEDGER_PARTS; i++) {
            const char *name;
            uint64_t bytes;
            dc_ledger_part(&name, &bytes, &ledger, i);
            printf("%-10s %8llu\n", name, (unsigned long long)bytes);
        }
    assert_true(w.size < 8192);
    assert_int_equal(ledger.names_bytes + ledger.history_bytes, 0);
    assert_between(overhead, 100, 200);
    dc_model_free(m);
    dc_writer_clear(&w);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_sum_to_the_size_of_the_file),
        cmocka_unit_test(reading_finds_the_ledger_that_writing_made),
        cmocka_unit_test(a_stripped_lenet_5_spends_under_200_bytes_on_what_is_no_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
