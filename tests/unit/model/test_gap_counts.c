/* SPDX-License-Identifier: MIT
 *
 * That counts equal what packing makes is tested in test_pack.c, on all widths and both orders.
 */
#include "test.h"

#include "dcomp/model.h"

static void no_weights_have_no_gaps(void **state)
{
    (void)state;
    static dc_gap_counts counts;
    const float zeros[12] = {0, -0.0f};
    memset(&counts, 1, sizeof counts);
    dc_gap_counts_of(&counts, zeros, 3, 4, true);
    assert_int_equal(counts.n_nonzero, 0);
    for (int b = DC_MIN_GAP_BITS; b <= DC_MAX_GAP_BITS; b++)
        assert_int_equal(counts.counts[b][0] + counts.n_fillers[b], 0);
}

static void wide_gaps_become_fillers_of_each_width(void **state)
{
    (void)state;
    static dc_gap_counts counts;
    float values[2000] = {0};
    values[1000] = 1; /* 1000 zeros: 250 fillers of 2 bits, 3 of 8 bits */
    dc_gap_counts_of(&counts, values, 1, 2000, false);
    assert_int_equal(counts.n_nonzero, 1);
    assert_int_equal(counts.n_fillers[2], 250);
    assert_int_equal(counts.counts[2][3], 250);
    assert_int_equal(counts.counts[2][0], 1);
    assert_int_equal(counts.n_fillers[8], 3);
    assert_int_equal(counts.counts[8][255], 3);
    assert_int_equal(counts.counts[8][1000 - 3 * 256], 1);
}

static void orders_differ(void **state)
{
    (void)state;
    static dc_gap_counts counts;
    const float values[6] = {0, 0, 1, 0, 0, 1}; /* 2 rows of 3 */
    dc_gap_counts_of(&counts, values, 2, 3, false);
    assert_int_equal(counts.counts[4][2], 2);
    dc_gap_counts_of(&counts, values, 2, 3, true);
    assert_int_equal(counts.counts[4][4], 1);
    assert_int_equal(counts.counts[4][0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_weights_have_no_gaps),
        cmocka_unit_test(wide_gaps_become_fillers_of_each_width),
        cmocka_unit_test(orders_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
