/* SPDX-License-Identifier: MIT
 *
 * rng.c: repeatable, independent, unbiased within what a short test can see.
 */
#include "test.h"

static void seed_and_stream_alone_decide(void **state)
{
    (void)state;
    dc_rng a, b, other_seed, other_stream;
    dc_rng_init(&a, 1, 2);
    dc_rng_init(&b, 1, 2);
    dc_rng_init(&other_seed, 2, 2);
    dc_rng_init(&other_stream, 1, 3);
    for (int i = 0; i < 100; i++) {
        const uint64_t x = dc_rng_u64(&a);
        assert_true(x == dc_rng_u64(&b));
        assert_true(x != dc_rng_u64(&other_seed));
        assert_true(x != dc_rng_u64(&other_stream));
    }
}

static void the_generator_is_xoshiro256_starstar(void **state)
{
    (void)state;
    dc_rng rng = { { 1, 2, 3, 4 } };
    assert_true(dc_rng_u64(&rng) == 11520);
    assert_true(dc_rng_u64(&rng) == 0);
    assert_true(dc_rng_u64(&rng) == 1509978240);
}

static void below_stays_below_and_is_even(void **state)
{
    (void)state;
    unsigned counts[7] = { 0 };
    dc_rng rng;
    dc_rng_init(&rng, 3, 0);
    for (int i = 0; i < 70000; i++)
        counts[dc_rng_below(&rng, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_near(counts[i], 10000, 500);
    assert_int_equal(dc_rng_below(&rng, 1), 0);
}

static void unit_and_normal_have_their_moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    double sum = 0, normal = 0, square = 0;
    dc_rng rng;
    dc_rng_init(&rng, 9, 9);
    for (int i = 0; i < N; i++) {
        const double u = dc_rng_unit(&rng), x = dc_rng_normal(&rng);
        assert_true(u >= 0.0 && u < 1.0 && isfinite(x));
        sum += u;
        normal += x;
        square += x * x;
    }
    assert_near(sum / N, 0.5, 0.005);
    assert_near(normal / N, 0.0, 0.02);
    assert_near(square / N, 1.0, 0.03);
}

static void a_shuffle_keeps_every_item(void **state)
{
    (void)state;
    uint32_t items[100], seen[100] = { 0 }, n_moved = 0;
    dc_rng rng;
    dc_rng_init(&rng, 4, 0);
    for (uint32_t i = 0; i < 100; i++)
        items[i] = i;
    dc_rng_shuffle(&rng, items, 100);
    for (uint32_t i = 0; i < 100; i++) {
        seen[items[i]]++;
        n_moved += items[i] != i;
    }
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_true(n_moved > 80);
    dc_rng_shuffle(&rng, items, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_and_stream_alone_decide),
        cmocka_unit_test(the_generator_is_xoshiro256_starstar),
        cmocka_unit_test(below_stays_below_and_is_even),
        cmocka_unit_test(unit_and_normal_have_their_moments),
        cmocka_unit_test(a_shuffle_keeps_every_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
