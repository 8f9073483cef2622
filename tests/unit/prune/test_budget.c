/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/prune.h"

static void density_falls_from_start_to_end(void **state)
{
    (void)state;
    double before = 1;
    for (uint32_t step = 1; step <= 10; step++) {
        const double density = dc_prune_schedule(1, 0.1, step, 10);
        assert_true(density < before);
        before = density;
    }
    assert_near(before, 0.1, 0);
    assert_near(dc_prune_schedule(1, 0.2, 1, 2), 0.3, 1e-12);
    assert_near(dc_prune_schedule(1, 0.2, 1, 1), 0.2, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(density_falls_from_start_to_end) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
