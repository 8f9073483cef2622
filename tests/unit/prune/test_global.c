/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "magnitude.h"

static void counts_add_up_and_do_not_depend_on_scale(void **state)
{
    (void)state;
    float a[100], b[50];
    for (unsigned i = 0; i < 100; i++)
        a[i] = (float)(i + 1);
    for (unsigned i = 0; i < 50; i++)
        b[i] = (float)(2 * i + 2) * 1e-9f;
    dc_param first = { .values = a, .n_values = 100 }, second = { .values = b, .n_values = 50 };
    dc_share shares[] = { { .param = &first }, { .param = &second } };
    assert_ok(dc_global_counts(shares, 2, 0.3, false, false));
    assert_int_equal(shares[0].n_keep + shares[1].n_keep, 45);
    assert_between(shares[0].n_keep, 28, 32);
    /* as they are: the first layer's alone */
    assert_ok(dc_global_counts(shares, 2, 0.3, false, true));
    assert_int_equal(shares[0].n_keep, 45);
    assert_int_equal(shares[1].n_keep, 0);
}

static void of_equal_ones_the_earlier_layer_keeps_more_and_zeros_weigh_nothing(void **state)
{
    (void)state;
    float a[] = { 1, -1, 1, 0 }, b[] = { 1, 1, 0, 0 }, none[] = { 0, 0 };
    dc_param p[] = { { .values = a, .n_values = 4 },
                     { .values = b, .n_values = 4 },
                     { .values = none, .n_values = 2 } };
    dc_share shares[] = { { .param = &p[0] }, { .param = &p[1] }, { .param = &p[2] } };
    assert_ok(dc_global_counts(shares, 3, 0.4, false, false));
    assert_int_equal(shares[0].n_keep, 3);
    assert_int_equal(shares[1].n_keep, 1);
    assert_int_equal(shares[2].n_keep, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_add_up_and_do_not_depend_on_scale),
        cmocka_unit_test(of_equal_ones_the_earlier_layer_keeps_more_and_zeros_weigh_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
