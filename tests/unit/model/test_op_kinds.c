/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_rows.h"

static void every_op_is_found_by_number_and_name(void **state)
{
    (void)state;
    for (uint32_t op = 0; op < DC_N_OPS; op++) {
        const dc_op_kind *kind = dc_op_kind_of(op);
        assert_non_null(kind);
        assert_int_equal(kind->op, op);
        assert_ptr_equal(dc_op_kind_named(kind->name), kind);
        assert_non_null(kind->infer);
        assert_true(kind->min_inputs <= kind->max_inputs);
        assert_true(kind->n_params <= DC_MAX_NODE_PARAMS);
    }
}

static void names_are_those_of_the_list(void **state)
{
    (void)state;
#define CHECK(id, number, text) assert_string_equal(dc_op_kind_of(number)->name, #text);
    DC_OP_LIST(CHECK)
#undef CHECK
}

static void unknown_ops_are_null(void **state)
{
    (void)state;
    assert_null(dc_op_kind_of(DC_N_OPS));
    assert_null(dc_op_kind_of(UINT32_MAX));
    assert_null(dc_op_kind_named("Conv"));
    assert_null(dc_op_kind_named(""));
}

static void attributes_have_names_and_defaults_in_range(void **state)
{
    (void)state;
    double attrs[DC_N_ATTRS];
    for (uint32_t a = 0; a < DC_N_ATTRS; a++)
        assert_true(dc_attr_name((dc_attr)a)[0] != '\0');
    assert_string_equal(dc_attr_name(DC_ATTR_PAD_BOTTOM), "pad_bottom");
    for (uint32_t op = 0; op < DC_N_OPS; op++) {
        dc_attrs_init(attrs, (dc_op)op);
        if (dc_attr_rule_of(dc_op_kind_of(op), DC_ATTR_N_OUTPUTS) != NULL)
            attrs[DC_ATTR_N_OUTPUTS] = 1; /* the only one that must be given */
        assert_ok(dc_attrs_check(dc_op_kind_of(op), attrs));
    }
}

static void numbers_of_attributes_rise_and_fit_the_file(void **state)
{
    (void)state;
    for (uint32_t op = 0; op < DC_N_OPS; op++) {
        const dc_op_kind *kind = dc_op_kind_of(op);
        for (uint32_t i = 0; i < kind->n_attrs; i++) {
            assert_true(kind->attrs[i].number < 32);
            assert_true(i == 0 || kind->attrs[i].number > kind->attrs[i - 1].number);
            assert_ptr_equal(dc_attr_rule_of(kind, kind->attrs[i].attr), &kind->attrs[i]);
        }
    }
}

static void defaults_are_the_ops_own(void **state)
{
    (void)state;
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_LRN);
    assert_near(attrs[DC_ATTR_BETA], 0.75, 0);
    assert_near(attrs[DC_ATTR_STRIDE_H], 0, 0);
    dc_attrs_init(attrs, DC_OP_CONV);
    assert_near(attrs[DC_ATTR_STRIDE_H], 1, 0);
    assert_null(dc_attr_rule_of(dc_op_kind_of(DC_OP_CONV), DC_ATTR_BETA));
}

/* A slope that is not the curve's, by differences. */
static void slopes_are_those_of_the_curves(void **state)
{
    (void)state;
    for (uint32_t op = 0; op < DC_N_OPS; op++) {
        const dc_op_kind *kind = dc_op_kind_of(op);
        double by_name[DC_N_ATTRS], attrs[DC_N_ATTRS];
        assert_true((kind->curve == NULL) == (kind->slope == NULL));
        dc_attrs_init(by_name, (dc_op)op);
        for (uint32_t i = 0; i < kind->n_attrs; i++)
            attrs[i] = by_name[kind->attrs[i].attr];
        for (double x = 0.137; kind->curve != NULL && x < 9; x += 0.211) {
            const double at = x - 4.5, step = 1e-6;
            const double rise = kind->curve(at + step, attrs) - kind->curve(at - step, attrs);
            const double slope = rise / (2 * step);
            if (isfinite(rise)) /* a logarithm has no value here */
                assert_near(kind->slope(at, kind->curve(at, attrs), attrs), slope,
                            1e-5 * fmax(1, fabs(slope)));
        }
    }
}

static void refuses(dc_op op, dc_attr attr, double value)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, op);
    attrs[DC_ATTR_N_OUTPUTS] = 1;
    attrs[attr] = value;
    assert_fails(DC_EINPUT, dc_attrs_check(dc_op_kind_of(op), attrs));
    assert_non_null(strstr(dc_message(), dc_attr_name(attr)));
}

static void attributes_out_of_range_are_refused_by_name(void **state)
{
    (void)state;
    refuses(DC_OP_CONV, DC_ATTR_N_OUTPUTS, 0);
    refuses(DC_OP_CONV, DC_ATTR_N_OUTPUTS, 1e12);
    refuses(DC_OP_CONV, DC_ATTR_KERNEL_H, 2.5);
    refuses(DC_OP_CONV, DC_ATTR_KERNEL_W, -1);
    refuses(DC_OP_CONV, DC_ATTR_STRIDE_H, 0);
    refuses(DC_OP_CONV, DC_ATTR_PAD_LEFT, -1);
    refuses(DC_OP_CONV, DC_ATTR_DILATION_W, NAN);
    refuses(DC_OP_CONV, DC_ATTR_GROUPS, INFINITY);
    refuses(DC_OP_LINEAR, DC_ATTR_BIAS, 2);
    refuses(DC_OP_MAX_POOL, DC_ATTR_CEIL_MODE, 0.5);
    refuses(DC_OP_DROPOUT, DC_ATTR_RATIO, 1);
    refuses(DC_OP_BATCH_NORM, DC_ATTR_EPSILON, 0);
    refuses(DC_OP_LRN, DC_ATTR_K, 0);
    refuses(DC_OP_LRN, DC_ATTR_ALPHA, -1e-4);
    refuses(DC_OP_CLIP, DC_ATTR_MIN, -INFINITY);
    refuses(DC_OP_CLIP, DC_ATTR_MAX, NAN);
    refuses(DC_OP_LEAKY_RELU, DC_ATTR_NEGATIVE_SLOPE, 1e31);
    refuses(DC_OP_HARD_SIGMOID, DC_ATTR_SLOPE, 0);
    refuses(DC_OP_SLICE, DC_ATTR_AXIS, 4);
    refuses(DC_OP_SLICE, DC_ATTR_BEGIN, 0.5);
    refuses(DC_OP_SLICE, DC_ATTR_SIZE, 0);
    refuses(DC_OP_SLICE, DC_ATTR_STEP, -1073741825);
    refuses(DC_OP_SLICE, DC_ATTR_STEP, -1.5);
    refuses(DC_OP_RESHAPE, DC_ATTR_DIM_0, -1);
    refuses(DC_OP_RESHAPE, DC_ATTR_DIM_3, 1e12);
    refuses(DC_OP_TRANSPOSE, DC_ATTR_DIM_1, 1.5);
    refuses(DC_OP_CONSTANT, DC_ATTR_DIM_2, NAN);
    refuses(DC_OP_PAD, DC_ATTR_PAD_LEFT, -1);
}

static void dims_and_pads_have_numbers_in_a_row(void **state)
{
    (void)state;
    assert_int_equal(DC_ATTR_DIM_3, DC_ATTR_DIM_0 + 3);
    assert_int_equal(DC_ATTR_PAD_RIGHT, DC_ATTR_PAD_TOP + 3);
}

static void attributes_of_other_ops_are_not_looked_at(void **state)
{
    (void)state;
    double attrs[DC_N_ATTRS] = {0};
    assert_ok(dc_attrs_check(dc_op_kind_of(DC_OP_RELU), attrs));
}

static void parameters_are_named_after_node_and_role(void **state)
{
    (void)state;
    dc_arena arena = {0};
    assert_string_equal(dc_param_name("conv1", DC_ROLE_BIAS, &arena), "conv1.bias");
    assert_string_equal(dc_param_name("bn", DC_ROLE_VARIANCE, &arena), "bn.variance");
    assert_string_equal(dc_param_name("act", DC_ROLE_SLOPE, &arena), "act.slope");
    assert_string_equal(dc_param_name("k", DC_ROLE_VALUE, &arena), "k.value");
    dc_arena_clear(&arena);
}

static void a_number_that_is_refused_is_shown_so_that_the_message_is_true(void **state)
{
    (void)state;
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_SLICE);
    attrs[DC_ATTR_STEP] = -2.0000001;
    assert_fails(DC_EINPUT, dc_attrs_check(dc_op_kind_of(DC_OP_SLICE), attrs));
    assert_string_equal(dc_message(), "'step' is -2.0000001, must be a whole number");
    attrs[DC_ATTR_STEP] = 1e300;
    assert_fails(DC_EINPUT, dc_attrs_check(dc_op_kind_of(DC_OP_SLICE), attrs));
    assert_non_null(strstr(dc_message(), "'step' is 1e+300, must be from -"));
    assert_null(strstr(dc_message(), "e+09"));
    attrs[DC_ATTR_STEP] = NAN;
    assert_fails(DC_EINPUT, dc_attrs_check(dc_op_kind_of(DC_OP_SLICE), attrs));
    assert_non_null(strstr(dc_message(), "'step' is nan, "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_is_found_by_number_and_name),
        cmocka_unit_test(names_are_those_of_the_list),
        cmocka_unit_test(unknown_ops_are_null),
        cmocka_unit_test(attributes_have_names_and_defaults_in_range),
        cmocka_unit_test(numbers_of_attributes_rise_and_fit_the_file),
        cmocka_unit_test(defaults_are_the_ops_own),
        cmocka_unit_test(slopes_are_those_of_the_curves),
        cmocka_unit_test(attributes_out_of_range_are_refused_by_name),
        cmocka_unit_test(dims_and_pads_have_numbers_in_a_row),
        cmocka_unit_test(attributes_of_other_ops_are_not_looked_at),
        cmocka_unit_test(parameters_are_named_after_node_and_role),
        cmocka_unit_test(a_number_that_is_refused_is_shown_so_that_the_message_is_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
