/* SPDX-License-Identifier: MIT */
#include <float.h>

#include "test.h"

#include "dcomp/base.h"

#define N 3000

static void the_first_value_that_is_not_finite_is_found(void **state)
{
    static float values[N];
    const float bad[] = { NAN, -NAN, INFINITY, -INFINITY };
    (void)state;
    for (int i = 0; i < N; i++)
        values[i] = i % 3 == 0 ? FLT_MAX : i % 3 == 1 ? -FLT_MIN / 2 : -0.0f;
    assert_int_equal(dc_find_not_finite(values, N), N);
    assert_int_equal(dc_find_not_finite(values, 0), 0);
    assert_int_equal(dc_find_not_finite(NULL, 0), 0);
    for (uint64_t at = 0; at < N; at += 13) {
        const float kept = values[at];
        values[at] = bad[at % 4];
        assert_int_equal(dc_find_not_finite(values, N), at);
        assert_int_equal(dc_find_not_finite(values, at), at);
        values[at] = kept;
    }
    values[1500] = values[N - 1] = NAN;
    assert_int_equal(dc_find_not_finite(values, N), 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_value_that_is_not_finite_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
