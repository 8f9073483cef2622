/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

static dc_param param_of(float *values, uint32_t n, bool is_pruned, bool is_shared)
{
    return (dc_param){.name = "fc.weight",
                      .shape = dc_shape_of(2, 1, n, 0, 0),
                      .n_values = n,
                      .values = values,
                      .is_pruned = is_pruned,
                      .is_shared = is_shared};
}

static void has_tags(const dc_param *param, const uint16_t *expected, uint32_t n_expected_theta)
{
    uint16_t tags[16];
    float theta[256];
    uint32_t n_theta = 99;
    assert_ok(dc_param_tags(tags, theta, &n_theta, param));
    assert_memory_equal(tags, expected, param->n_values * sizeof *tags);
    assert_int_equal(n_theta, n_expected_theta);
    for (uint32_t i = 0; n_theta > 0 && i < param->n_values; i++)
        assert_true(param->values[i] == (tags[i] == 0 ? 0.0f : theta[tags[i] - 1]));
}

static void rows_are_the_first_dim(void **state)
{
    (void)state;
    uint32_t n_rows, n_cols;
    const dc_param conv = {.shape = dc_shape_of(4, 50, 20, 5, 5), .n_values = 25000};
    dc_param_matrix(&conv, &n_rows, &n_cols);
    assert_int_equal(n_rows, 50);
    assert_int_equal(n_cols, 500);
    const dc_param bias = {.shape = dc_shape_of(1, 50, 0, 0, 0), .n_values = 50};
    dc_param_matrix(&bias, &n_rows, &n_cols);
    assert_int_equal(n_rows, 50);
    assert_int_equal(n_cols, 1);
}

static void negative_zero_is_zero(void **state)
{
    (void)state;
    float values[] = {1, 0, -0.0f, -2};
    const dc_param param = param_of(values, 4, false, false);
    assert_int_equal(dc_param_n_nonzero(&param), 2);
}

static void a_packed_parameter_knows_its_count(void **state)
{
    (void)state;
    const dc_packed packed = {.n_nonzero = 7};
    dc_param param = param_of(NULL, 9, true, true);
    assert_int_equal(dc_param_n_nonzero(&param), 0);
    param.packed = &packed;
    assert_int_equal(dc_param_n_nonzero(&param), 7);
}

static void free_weights_all_have_tag_1(void **state)
{
    (void)state;
    float values[] = {1, 0, -2};
    const dc_param param = param_of(values, 3, false, false);
    has_tags(&param, (const uint16_t[]){1, 1, 1}, 0);
}

static void pruned_weights_have_tag_0(void **state)
{
    (void)state;
    float values[] = {1, 0, -0.0f, -2};
    const dc_param param = param_of(values, 4, true, false);
    has_tags(&param, (const uint16_t[]){1, 0, 0, 1}, 0);
}

static void shared_weights_have_the_tag_of_their_value(void **state)
{
    (void)state;
    float values[] = {1, 0, 1, -2, -0.0f};
    const dc_param param = param_of(values, 5, false, true);
    has_tags(&param, (const uint16_t[]){3, 2, 3, 1, 2}, 3); /* zero is a value like others */
}

static void shared_and_pruned_weights_keep_zero_apart(void **state)
{
    (void)state;
    float values[] = {1, 0, 1, -2, -0.0f};
    const dc_param param = param_of(values, 5, true, true);
    has_tags(&param, (const uint16_t[]){2, 0, 2, 1, 0}, 2);
}

static void a_pruned_layer_without_zeros_has_no_tag_0(void **state)
{
    (void)state;
    float values[] = {1, -2, 1};
    const dc_param param = param_of(values, 3, true, true);
    has_tags(&param, (const uint16_t[]){2, 1, 2}, 2);
}

static void too_many_shared_values_are_refused_by_name(void **state)
{
    (void)state;
    float values[257], theta[256];
    uint16_t tags[257];
    uint32_t n_theta;
    for (int i = 0; i < 257; i++)
        values[i] = (float)i;
    dc_param param = param_of(values, 257, false, true);
    assert_fails(DC_EINPUT, dc_param_tags(tags, theta, &n_theta, &param));
    assert_non_null(strstr(dc_message(), "fc.weight"));
    param.n_values = 256;
    assert_ok(dc_param_tags(tags, theta, &n_theta, &param));
    assert_int_equal(n_theta, 256);
}

static void packed_parameters_have_no_tags(void **state)
{
    (void)state;
    float theta[256];
    uint16_t tags[4];
    uint32_t n_theta;
    const dc_param param = param_of(NULL, 4, true, true);
    assert_fails(DC_EINPUT, dc_param_tags(tags, theta, &n_theta, &param));
}

/* 256 values and no zero: nothing is frozen, so no place is kept for it. */
static void a_pruned_mark_without_zeros_takes_no_value(void **state)
{
    (void)state;
    float values[300], theta[256];
    uint16_t tags[300];
    uint32_t n_theta;
    for (unsigned i = 0; i < 300; i++)
        values[i] = (float)(i % 256) + 1;
    dc_param param = param_of(values, 300, true, true);
    assert_true(dc_param_can_share(&param));
    assert_ok(dc_param_tags(tags, theta, &n_theta, &param));
    assert_int_equal(n_theta, 256);
    for (unsigned i = 0; i < 300; i++)
        assert_true(values[i] == theta[tags[i] - 1]);
    values[290] = 0; /* 256 and a zero */
    assert_false(dc_param_can_share(&param));
    assert_fails(DC_EINPUT, dc_param_tags(tags, theta, &n_theta, &param));
    assert_fails(DC_EINPUT, dc_param_check(&param));
    assert_non_null(strstr(dc_message(), "'fc.weight' is shared but has more than 256"));
    param.is_shared = false;
    assert_ok(dc_param_check(&param));
}

static void values_are_finite_and_variances_not_negative(void **state)
{
    (void)state;
    float values[] = { 1, 0, 2 };
    dc_param param = param_of(values, 3, false, false);
    param.role = DC_ROLE_VARIANCE;
    assert_ok(dc_param_check(&param));
    values[1] = -1e-30f;
    assert_fails(DC_EINPUT, dc_param_check(&param));
    assert_non_null(strstr(dc_message(), "value 1 is -1e-30, a variance is never below 0"));
    param.role = DC_ROLE_MEAN;
    assert_ok(dc_param_check(&param));
    values[2] = NAN;
    assert_fails(DC_EINPUT, dc_param_check(&param));
    values[2] = -INFINITY;
    assert_fails(DC_EINPUT, dc_param_check(&param));
    assert_non_null(strstr(dc_message(), "value 2 of 3 is not finite"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_the_first_dim),
        cmocka_unit_test(negative_zero_is_zero),
        cmocka_unit_test(a_packed_parameter_knows_its_count),
        cmocka_unit_test(free_weights_all_have_tag_1),
        cmocka_unit_test(pruned_weights_have_tag_0),
        cmocka_unit_test(shared_weights_have_the_tag_of_their_value),
        cmocka_unit_test(shared_and_pruned_weights_keep_zero_apart),
        cmocka_unit_test(a_pruned_layer_without_zeros_has_no_tag_0),
        cmocka_unit_test(too_many_shared_values_are_refused_by_name),
        cmocka_unit_test(packed_parameters_have_no_tags),
        cmocka_unit_test(a_pruned_mark_without_zeros_takes_no_value),
        cmocka_unit_test(values_are_finite_and_variances_not_negative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
