/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

#define N 6u

/* Outputs of N classes from a number: few different values, so that there are many ties. */
static void outputs_of(float *y, uint32_t number)
{
    for (uint32_t c = 0; c < N; c++, number /= 3)
        y[c] = (float)(number % 3) - 1;
}

static void equal_outputs_make_every_class_wrong(void **state)
{
    const float y[7] = { 2, 2, 2, 2, 2, 2, 2 };
    (void)state;
    for (uint32_t label = 0; label < 7; label++)
        assert_int_equal(dc_class_rank(y, 7, label), 6);
    assert_int_equal(dc_class_rank(y, 1, 0), 0);
}

static void a_partial_tie_counts_those_that_are_equal(void **state)
{
    const float y[6] = { 1, 3, 3, 3, -2, 1 };
    const uint32_t ranks[6] = { 4, 2, 2, 2, 5, 4 };
    (void)state;
    for (uint32_t label = 0; label < 6; label++)
        assert_int_equal(dc_class_rank(y, 6, label), ranks[label]);
}

static void what_is_not_a_number_makes_nothing_right(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < 3; at++) {
        float y[3] = { 3, 2, 1 };
        uint32_t best[3] = { 7, 7, 7 };
        y[at] = NAN;
        for (uint32_t label = 0; label < 3; label++)
            assert_int_equal(dc_class_rank(y, 3, label), DC_NONE);
        assert_false(dc_classes_best(best, 3, y, 3, 0));
        assert_int_equal(best[0], 7);
    }
    const float only = NAN;
    assert_int_equal(dc_class_rank(&only, 1, 0), DC_NONE);
}

static void infinite_outputs_make_nothing_right(void **state)
{
    const float y[3] = { INFINITY, -INFINITY, 1 };
    (void)state;
    for (uint32_t label = 0; label < 3; label++)
        assert_int_equal(dc_class_rank(y, 3, label), DC_NONE);
}

static void a_label_stands_in_the_list_at_its_rank(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < 729; number++) {
        float y[N];
        outputs_of(y, number);
        for (uint32_t n_best = 1; n_best <= N; n_best++) {
            for (uint32_t label = 0; label < N; label++) {
                uint32_t best[N], at = 0;
                assert_true(dc_classes_best(best, n_best, y, N, (int32_t)label));
                while (at < n_best && best[at] != label)
                    at++;
                const uint32_t rank = dc_class_rank(y, N, label);
                assert_int_equal(at, rank < n_best ? rank : n_best);
            }
        }
    }
}

static void a_list_falls_and_equals_are_in_order_of_class(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < 729; number++) {
        float y[N];
        uint32_t best[N], all = 0;
        outputs_of(y, number);
        assert_true(dc_classes_best(best, N, y, N, -1));
        for (uint32_t i = 0; i < N; i++) {
            all |= 1u << best[i];
            if (i > 0)
                assert_true(y[best[i - 1]] > y[best[i]] ||
                            (y[best[i - 1]] >= y[best[i]] && best[i - 1] < best[i]));
        }
        assert_int_equal(all, (1u << N) - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_outputs_make_every_class_wrong),
        cmocka_unit_test(a_partial_tie_counts_those_that_are_equal),
        cmocka_unit_test(what_is_not_a_number_makes_nothing_right),
        cmocka_unit_test(infinite_outputs_make_nothing_right),
        cmocka_unit_test(a_label_stands_in_the_list_at_its_rank),
        cmocka_unit_test(a_list_falls_and_equals_are_in_order_of_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
