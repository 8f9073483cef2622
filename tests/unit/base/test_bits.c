/* SPDX-License-Identifier: MIT
 *
 * bits.c: order, padding, ends.
 */
#include "test.h"

static void the_first_bit_is_the_lowest_of_the_first_byte(void **state)
{
    (void)state;
    dc_writer w;
    dc_bit_writer b;
    dc_writer_init(&w, 100);
    dc_bit_writer_init(&b, &w);
    dc_put_bits(&b, 1, 1);
    dc_put_bits(&b, 2, 3);
    dc_put_bits(&b, 0x1ff, 9);
    dc_put_bits_end(&b);
    assert_int_equal(w.size, 2);
    assert_memory_equal(w.data, "\xf5\x1f", 2);
    dc_writer_clear(&w);
}

static void random_fields_come_back(void **state)
{
    (void)state;
    enum { N = 5000 };
    static uint32_t values[N];
    static unsigned widths[N];
    dc_rng rng;
    dc_writer w;
    dc_bit_writer out;
    uint64_t n_bits = 0;
    dc_rng_init(&rng, 5, 0);
    dc_writer_init(&w, 1 << 20);
    dc_bit_writer_init(&out, &w);
    for (int i = 0; i < N; i++) {
        widths[i] = (unsigned)dc_rng_below(&rng, 33);
        values[i] = (uint32_t)dc_rng_below(&rng, UINT64_C(1) << widths[i]);
        dc_put_bits(&out, values[i], widths[i]);
        n_bits += widths[i];
    }
    dc_put_bits_end(&out);
    assert_int_equal(w.size, (n_bits + 7) / 8);
    dc_bit_reader in = dc_bit_reader_over(w.data, w.size);
    for (int i = 0; i < N; i++)
        assert_int_equal(dc_get_bits(&in, widths[i]), values[i]);
    assert_ok(in.status);
    dc_writer_clear(&w);
}

static void reading_past_the_end_gives_zeros_and_is_remembered(void **state)
{
    (void)state;
    dc_bit_reader b = dc_bit_reader_over("\xff\xff\xff", 3);
    assert_int_equal(dc_get_bits(&b, 20), 0xfffff);
    assert_int_equal(dc_get_bits(&b, 4), 0xf);
    assert_int_equal(dc_get_bits(&b, 0), 0);
    assert_ok(b.status);
    assert_int_equal(dc_get_bits(&b, 1), 0);
    assert_fails(DC_ECORRUPT, b.status);
    assert_int_equal(dc_get_bits(&b, 32), 0);
}

static void a_full_writer_fails_the_bit_writer(void **state)
{
    (void)state;
    dc_writer w;
    dc_bit_writer b;
    dc_writer_init(&w, 4);
    dc_bit_writer_init(&b, &w);
    dc_put_bits(&b, 0xffffffff, 32);
    dc_put_bits(&b, 1, 1);
    dc_put_bits_end(&b);
    assert_fails(DC_ELIMIT, w.status);
    dc_writer_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_bit_is_the_lowest_of_the_first_byte),
        cmocka_unit_test(random_fields_come_back),
        cmocka_unit_test(reading_past_the_end_gives_zeros_and_is_remembered),
        cmocka_unit_test(a_full_writer_fails_the_bit_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
