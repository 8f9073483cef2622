/* SPDX-License-Identifier: MIT */
#include "format_helpers.h"

static void write_layer(const char *path, dc_model *m, dc_level level)
{
    const dc_write_settings settings = settings_of(level);
    assert_ok(dc_model_write(path, m, &settings, true, NULL, NULL));
}

static void the_same_values_in_two_encodings_do_not_differ(void **state)
{
    (void)state;
    char a[256], b[256];
    dc_arena arena = { 0 };
    dc_model *m = NULL;
    dc_param_diff *diffs;
    dc_diff_summary summary;
    uint32_t n;
    const sample_fill fill = { .density = 0.25, .n_distinct = 4 };
    temporary_path(a, "diff-a");
    temporary_path(b, "diff-b");
    assert_ok(sample_layer(&m, 40, 25, &fill));
    write_layer(a, m, DC_LEVEL_DENSE);
    write_layer(b, m, DC_LEVEL_CODED);
    assert_ok(dc_model_diff(&diffs, &n, &summary, a, b, &arena));
    assert_int_equal(n, 1);
    assert_string_equal(diffs[0].name, "fc.weight");
    assert_near(diffs[0].density_a, 0.25, 0.05);
    assert_true(diffs[0].density_a == diffs[0].density_b);
    assert_near(diffs[0].bits_a, 32, 0.1);
    assert_true(diffs[0].bits_b < 8);
    assert_true(diffs[0].max_difference == 0 && diffs[0].rms_difference == 0);
    assert_int_equal(summary.n_layers, 1);
    assert_false(summary.is_by_order);
    unlink(a);
    unlink(b);
    dc_model_free(m);
    dc_arena_clear(&arena);
}

static void differences_are_measured_and_missing_ones_named(void **state)
{
    (void)state;
    char a[256], b[256];
    dc_arena arena = { 0 };
    dc_model *m = NULL, *other = NULL;
    dc_param_diff *diffs;
    dc_diff_summary summary;
    uint32_t n;
    const sample_fill fill = { .density = 1 };
    const dc_input input = sample_input(1, 2);
    temporary_path(a, "diff-a");
    temporary_path(b, "diff-b");
    assert_ok(sample_layer(&m, 1, 4, &fill));
    assert_ok(dc_model_new(&other, "other", &input));
    assert_ok(sample_add(other, "fc", DC_OP_LINEAR, 1, 0, 0));
    assert_ok(sample_add(other, "more", DC_OP_LINEAR, 2, 0, 0));
    memcpy(other->params[0].values, m->params[0].values, 4 * sizeof(float));
    other->params[0].values[2] = m->params[0].values[2] + 2;
    write_layer(a, m, DC_LEVEL_CODED);
    write_layer(b, other, DC_LEVEL_CODED);
    assert_ok(dc_model_diff(&diffs, &n, &summary, a, b, &arena));
    assert_int_equal(n, 4);
    assert_near(diffs[0].max_difference, 2, 1e-6);
    assert_near(diffs[0].rms_difference, 1, 1e-6);
    assert_string_equal(diffs[n - 1].name, "more.bias");
    assert_true(isnan(diffs[n - 1].density_a));
    assert_true(isnan(diffs[n - 1].max_difference));
    assert_true(diffs[n - 1].density_b == 0);
    assert_int_equal(summary.n_layers, 1);
    assert_int_equal(summary.n_only_b, 1);
    assert_int_equal(summary.n_only_a, 0);
    unlink(a);
    unlink(b);
    dc_model_free(m);
    dc_model_free(other);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_values_in_two_encodings_do_not_differ),
        cmocka_unit_test(differences_are_measured_and_missing_ones_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
