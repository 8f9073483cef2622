/* SPDX-License-Identifier: MIT */
#include "dcomp/file.h"

#include "format_helpers.h"

static void every_level_comes_back_bit_equal(void **state)
{
    (void)state;
    for (uint32_t level = DC_LEVEL_DENSE; level <= DC_LEVEL_CODED; level++) {
        dc_model *m = NULL;
        const dc_write_settings settings = settings_of((dc_level)level);
        assert_ok(sample_every_op(&m));
        dc_writer w = encoded(m, &settings, NULL, NULL);
        dc_model *back = decoded(&w, DC_READ_DENSE);
        assert_same_graph(m, back);
        assert_same_values(m, back);
        assert_int_equal(back->n_history, 2);
        assert_int_equal(back->n_class_names, 3);
        assert_string_equal(back->nodes[1].name, "stem");
        dc_model_free(m);
        dc_model_free(back);
        dc_writer_clear(&w);
    }
}

static void writing_twice_gives_equal_bytes_also_after_reading(void **state)
{
    (void)state;
    dc_model *m = NULL;
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    assert_ok(sample_every_op(&m));
    dc_writer a = encoded(m, &settings, NULL, NULL), b = encoded(m, &settings, NULL, NULL);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    dc_model *back = decoded(&a, DC_READ_DENSE);
    dc_writer c = encoded(back, &settings, NULL, NULL);
    assert_int_equal(a.size, c.size);
    assert_memory_equal(a.data, c.data, a.size);
    dc_model_free(m);
    dc_model_free(back);
    dc_writer_clear(&a);
    dc_writer_clear(&b);
    dc_writer_clear(&c);
}

/* Names of classes may come from anywhere; what we write, verify calls sound. */
static void texts_are_written_plain(void **state)
{
    (void)state;
    dc_model *m = NULL;
    const dc_write_settings settings = settings_of(DC_LEVEL_DENSE);
    assert_ok(sample_every_op(&m));
    m->class_names[1] = "a\x1b[31m\xc2\x9b\xff";
    m->history[0].settings = "{\"x\":\"\xe2\x80\xae\"}";
    dc_writer w = encoded(m, &settings, NULL, NULL);
    dc_model *back = decoded(&w, DC_READ_DENSE);
    assert_string_equal(back->class_names[1], "a\\x1b[31m\\u009b\\xff");
    assert_true(dc_text_is_plain(back->history[0].settings));
    assert_string_equal(back->history[1].settings, m->history[1].settings);
    dc_model_free(m);
    dc_model_free(back);
    dc_writer_clear(&w);
}

static void the_number_of_jobs_does_not_change_the_bytes(void **state)
{
    (void)state;
    dc_model *m = NULL;
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    const sample_fill large = { .density = 0.1, .n_distinct = 31 };
    assert_ok(sample_lenet(&m, 28, 20, 50, 500)); /* fc1 is a large parameter */
    sample_fill_role(m, DC_ROLE_WEIGHT, &large, 3);
    const unsigned before = dc_pool_jobs();
    dc_pool_set_jobs(1);
    dc_writer a = encoded(m, &settings, NULL, NULL);
    dc_pool_set_jobs(2);
    dc_writer b = encoded(m, &settings, NULL, NULL);
    dc_model *back = decoded(&b, DC_READ_DENSE);
    dc_pool_set_jobs(before);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    assert_same_values(m, back);
    dc_model_free(m);
    dc_model_free(back);
    dc_writer_clear(&a);
    dc_writer_clear(&b);
}

static void a_stripped_file_has_no_names_and_no_history(void **state)
{
    (void)state;
    dc_model *m = NULL;
    const dc_write_settings settings = { .level = DC_LEVEL_CODED, .is_stripped = true };
    assert_ok(sample_every_op(&m));
    dc_writer w = encoded(m, &settings, NULL, NULL);
    dc_model *back = decoded(&w, DC_READ_DENSE);
    assert_same_graph(m, back);
    assert_same_values(m, back);
    assert_int_equal(back->n_history, 0);
    assert_int_equal(back->n_class_names, 0);
    assert_string_equal(back->nodes[1].name, "conv1");
    dc_model_free(m);
    dc_model_free(back);
    dc_writer_clear(&w);
}

static void ends_raise_the_minor_version_and_are_stripped(void **state)
{
    (void)state;
    dc_model *m = NULL;
    dc_ledger ledger;
    dc_arena arena = { 0 };
    const dc_end input = { .name = "pixels" }, output = { .name = "scores" };
    assert_ok(sample_every_op(&m));
    for (int i = 0; i < 4; i++) { /* without and with ends, stripped and not */
        const dc_write_settings settings = { .level = DC_LEVEL_CODED, .is_stripped = i % 2 != 0 };
        if (i == 2)
            assert_ok(dc_model_set_ends(m, &input, &output));
        dc_writer w = encoded(m, &settings, &ledger, &arena);
        dc_model *back = decoded(&w, DC_READ_DENSE);
        assert_int_equal(ledger.minor, i == 2);
        assert_int_equal(w.data[9], i == 2);
        assert_int_equal(ledger.file_bytes, w.size);
        assert_string_equal(dc_model_input_name(back), i == 2 ? "pixels" : "input");
        dc_model_free(back);
        dc_writer_clear(&w);
    }
    dc_arena_clear(&arena);
    dc_model_free(m);
}

static void nan_and_infinity_are_refused_with_their_layer(void **state)
{
    (void)state;
    const float bad[] = { NAN, INFINITY, -INFINITY };
    for (uint32_t level = DC_LEVEL_DENSE; level <= DC_LEVEL_CODED; level++)
        for (size_t i = 0; i < DC_COUNT_OF(bad); i++) {
            dc_model *m = NULL;
            dc_writer w;
            const dc_write_settings settings = settings_of((dc_level)level);
            const sample_fill fill = { .density = 0.5, .n_distinct = 5 };
            assert_ok(sample_layer(&m, 10, 10, &fill));
            m->params[0].values[7] = bad[i];
            dc_writer_init(&w, 1 << 20);
            assert_fails(DC_EINPUT, dc_model_encode(&w, m, &settings, NULL, NULL));
            assert_non_null(strstr(dc_message(), "fc.weight: value 7 of 100"));
            dc_model_free(m);
            dc_writer_clear(&w);
        }
}

static void negative_zero_comes_back_as_zero(void **state)
{
    (void)state;
    for (uint32_t level = DC_LEVEL_DENSE; level <= DC_LEVEL_CODED; level++)
        for (uint32_t n_distinct = 0; n_distinct < 10; n_distinct += 5) {
            dc_model *m = NULL;
            const dc_write_settings settings = settings_of((dc_level)level);
            const sample_fill fill = { .density = 0.3, .n_distinct = n_distinct };
            assert_ok(sample_layer(&m, 30, 10, &fill));
            for (uint64_t i = 0; i < 300; i += 2)
                if (m->params[0].values[i] == 0)
                    m->params[0].values[i] = -0.0f;
            dc_writer w = encoded(m, &settings, NULL, NULL);
            dc_model *back = decoded(&w, DC_READ_DENSE);
            for (uint64_t i = 0; i < 300; i++) {
                assert_true(back->params[0].values[i] == m->params[0].values[i]);
                if (back->params[0].values[i] == 0)
                    assert_false(signbit(back->params[0].values[i]));
            }
            dc_model_free(m);
            dc_model_free(back);
            dc_writer_clear(&w);
        }
}

static void a_model_without_parameters_can_be_written(void **state)
{
    (void)state;
    dc_model *m = NULL;
    const dc_input input = sample_input(1, 8);
    const dc_write_settings settings = { .level = DC_LEVEL_CODED, .is_stripped = true };
    assert_ok(dc_model_new(&m, "empty", &input));
    assert_ok(sample_add(m, "relu1", DC_OP_RELU, 0, 0, 0));
    dc_writer w = encoded(m, &settings, NULL, NULL);
    dc_model *back = decoded(&w, DC_READ_DENSE);
    assert_same_graph(m, back);
    dc_model_free(m);
    dc_model_free(back);
    dc_writer_clear(&w);
}

static void a_gap_width_that_cannot_be_is_refused(void **state)
{
    (void)state;
    dc_model *m = NULL;
    dc_writer w;
    const sample_fill fill = { .density = 0.5 };
    const dc_write_settings settings = { .level = DC_LEVEL_CODED, .gap_bits = 9 };
    assert_ok(sample_layer(&m, 3, 3, &fill));
    dc_writer_init(&w, 1 << 20);
    assert_fails(DC_EINPUT, dc_model_encode(&w, m, &settings, NULL, NULL));
    dc_model_free(m);
    dc_writer_clear(&w);
}

static void a_model_that_was_read_packed_is_not_written(void **state)
{
    (void)state;
    dc_model *m = NULL;
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    const sample_fill fill = { .density = 0.1, .n_distinct = 5 };
    assert_ok(sample_layer(&m, 30, 30, &fill));
    dc_writer w = encoded(m, &settings, NULL, NULL), again;
    dc_model *packed = decoded(&w, DC_READ_PACKED);
    dc_writer_init(&again, 1 << 20);
    assert_fails(DC_EINPUT, dc_model_encode(&again, packed, &settings, NULL, NULL));
    dc_model_free(m);
    dc_model_free(packed);
    dc_writer_clear(&w);
    dc_writer_clear(&again);
}

static void an_existing_file_is_replaced_only_on_demand(void **state)
{
    (void)state;
    char path[256];
    dc_model *m = NULL, *back = NULL;
    dc_arena arena = { 0 };
    dc_ledger ledger;
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    temporary_path(path, "replace");
    assert_ok(sample_every_op(&m));
    assert_ok(dc_model_write(path, m, &settings, false, NULL, NULL));
    assert_fails(DC_EINPUT, dc_model_write(path, m, &settings, false, NULL, NULL));
    assert_ok(dc_model_write(path, m, &settings, true, &ledger, &arena));
    assert_ok(dc_model_read(&back, path, DC_READ_DENSE, 0, NULL, NULL));
    assert_same_values(m, back);
    dc_file_view view;
    assert_ok(dc_file_open(&view, path, 0));
    assert_int_equal(view.size, ledger.file_bytes);
    dc_file_close(&view);
    unlink(path);
    dc_model_free(m);
    dc_model_free(back);
    dc_arena_clear(&arena);
}

/* Walks the failing operation upwards until all goes well; until then there must be no file. */
static void check_faults(dc_fault kind)
{
    char path[256];
    dc_model *m = NULL;
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    temporary_path(path, "fault");
    assert_ok(sample_every_op(&m));
    dc_status status = DC_EIO;
    uint64_t n = 0;
    while (status < 0 && n < 10000) {
        dc_arena arena = { 0 };
        dc_ledger ledger;
        dc_fault_arm(kind, ++n);
        status = dc_model_write(path, m, &settings, false, &ledger, &arena);
        dc_fault_arm(kind, 0);
        dc_arena_clear(&arena);
        if (status < 0) {
            assert_int_equal(status, kind == DC_FAULT_ALLOC ? DC_ENOMEM : DC_EIO);
            assert_false(dc_file_exists(path));
        }
    }
    assert_ok(status);
    assert_between(n, 2, 9999);
    unlink(path);
    dc_model_free(m);
}

static void a_failing_disk_leaves_no_file(void **state)
{
    (void)state;
    check_faults(DC_FAULT_WRITE);
}

static void failing_memory_leaves_no_file(void **state)
{
    (void)state;
    check_faults(DC_FAULT_ALLOC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level_comes_back_bit_equal),
        cmocka_unit_test(writing_twice_gives_equal_bytes_also_after_reading),
        cmocka_unit_test(texts_are_written_plain),
        cmocka_unit_test(the_number_of_jobs_does_not_change_the_bytes),
        cmocka_unit_test(a_stripped_file_has_no_names_and_no_history),
        cmocka_unit_test(ends_raise_the_minor_version_and_are_stripped),
        cmocka_unit_test(nan_and_infinity_are_refused_with_their_layer),
        cmocka_unit_test(negative_zero_comes_back_as_zero),
        cmocka_unit_test(a_model_without_parameters_can_be_written),
        cmocka_unit_test(a_gap_width_that_cannot_be_is_refused),
        cmocka_unit_test(a_model_that_was_read_packed_is_not_written),
        cmocka_unit_test(an_existing_file_is_replaced_only_on_demand),
        cmocka_unit_test(a_failing_disk_leaves_no_file),
        cmocka_unit_test(failing_memory_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
