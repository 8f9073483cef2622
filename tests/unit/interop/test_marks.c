/* SPDX-License-Identifier: MIT */
#include "foreign_case.h"

static dc_param param_of(float *values, uint64_t n, dc_role role)
{
    return (dc_param){
        .role = role, .values = values, .n_values = n, .shape = dc_shape_of(1, (uint32_t)n, 0, 0, 0)
    };
}

static void few_values_are_shared_and_many_zeros_pruned(void **state)
{
    (void)state;
    float values[1024];
    dc_param p = param_of(values, 1024, DC_ROLE_WEIGHT);
    for (uint32_t i = 0; i < 1024; i++)
        values[i] = (float)(i % 256 + 1);
    interop_mark(&p);
    assert_true(p.is_shared);
    assert_false(p.is_pruned);
    values[0] = 0; /* the 257th value */
    for (uint32_t i = 512; i < 600; i++)
        values[i] += 1000;
    interop_mark(&p);
    assert_false(p.is_shared);
    for (uint32_t i = 0; i < 256; i++)
        values[i] = 0;
    interop_mark(&p);
    assert_true(p.is_pruned);
    values[7] = 1; /* one less than a quarter */
    interop_mark(&p);
    assert_false(p.is_pruned);
}

static void a_small_layer_is_not_shared_for_being_small(void **state)
{
    (void)state;
    float values[100];
    dc_param p = param_of(values, 100, DC_ROLE_WEIGHT);
    for (uint32_t i = 0; i < 100; i++)
        values[i] = (float)(i + 1);
    interop_mark(&p);
    assert_false(p.is_shared);
    for (uint32_t i = 0; i < 100; i++)
        values[i] = (float)(i / 2 + 1);
    interop_mark(&p);
    assert_true(p.is_shared);
}

static void only_weights_are_marked(void **state)
{
    (void)state;
    float values[64] = { 0 };
    dc_param p = param_of(values, 64, DC_ROLE_BIAS);
    interop_mark(&p);
    assert_false(p.is_shared || p.is_pruned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_values_are_shared_and_many_zeros_pruned),
        cmocka_unit_test(a_small_layer_is_not_shared_for_being_small),
        cmocka_unit_test(only_weights_are_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
