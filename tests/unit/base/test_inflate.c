/* SPDX-License-Identifier: MIT
 *
 * inflate.c: gzip streams good, joined, cut, damaged and too large; CRC-32 and hash.
 */
#include "test.h"

/* gzip of "hello hello hello\n" with no name and no time. */
static const uint8_t hello[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9,
    0x57, 0xc8, 0x40, 0x90, 0x5c, 0x00, 0x3b, 0x7c, 0x8a, 0xdf, 0x12, 0x00, 0x00, 0x00,
};
static const char text[] = "hello hello hello\n";

static uint8_t out[64];

static dc_status unzip(const void *data, uint64_t n, uint64_t capacity, uint64_t *n_out)
{
    memset(out, 0, sizeof out);
    const dc_status status = dc_gunzip(out, n_out, capacity, data, n);
    for (uint64_t i = 0; status == DC_OK && i < *n_out; i++)
        assert_int_equal(out[i], text[i % 18]);
    return status;
}

static void a_stream_and_two_in_a_row_are_inflated(void **state)
{
    (void)state;
    uint64_t n;
    uint8_t twice[2 * sizeof hello];
    memcpy(twice, hello, sizeof hello);
    memcpy(twice + sizeof hello, hello, sizeof hello);
    assert_true(dc_is_gzip(hello, sizeof hello));
    assert_ok(unzip(hello, sizeof hello, sizeof out, &n));
    assert_int_equal(n, 18);
    assert_ok(unzip(twice, sizeof twice, sizeof out, &n));
    assert_int_equal(n, 36);
}

static void the_capacity_is_exact_and_filled(void **state)
{
    (void)state;
    uint64_t n;
    assert_ok(unzip(hello, sizeof hello, 18, &n));
    assert_fails(DC_ELIMIT, unzip(hello, sizeof hello, 17, &n));
    assert_int_equal(n, 17);
    assert_memory_equal(out, text, 17);
    assert_int_equal(out[17], 0);
}

static void every_cut_and_every_changed_byte_is_noticed(void **state)
{
    (void)state;
    uint64_t n;
    for (uint64_t cut = 0; cut < sizeof hello; cut++)
        assert_fails(DC_ECORRUPT, unzip(hello, cut, sizeof out, &n));
    for (size_t i = 10; i < sizeof hello; i++) {
        uint8_t damaged[sizeof hello];
        memcpy(damaged, hello, sizeof hello);
        damaged[i] ^= 0x10;
        assert_fails(DC_ECORRUPT, dc_gunzip(out, &n, sizeof out, damaged, sizeof damaged));
    }
    assert_fails(DC_ECORRUPT, unzip("plain text", 10, sizeof out, &n));
}

static void failing_allocations_are_out_of_memory(void **state)
{
    (void)state;
    uint64_t n, nth = 1;
    for (;; nth++) {
        dc_fault_arm(DC_FAULT_ALLOC, nth);
        const dc_status status = unzip(hello, sizeof hello, sizeof out, &n);
        dc_fault_arm(DC_FAULT_ALLOC, 0);
        if (status == DC_OK)
            break;
        assert_int_equal(status, DC_ENOMEM);
    }
    assert_true(nth > 1);
}

/* A raw deflate stream of "hello": one stored block. */
static void without_memory_no_raw_stream_is_called_damaged(void **state)
{
    (void)state;
    static const uint8_t raw[] = { 1, 5, 0, 0xfa, 0xff, 'h', 'e', 'l', 'l', 'o' };
    uint64_t n, nth = 1;
    dc_status status = DC_ENOMEM;
    for (; status != DC_OK; nth++) {
        dc_fault_arm(DC_FAULT_ALLOC, nth);
        status = dc_inflate(out, &n, sizeof out, raw, sizeof raw, "he", 2);
        dc_fault_arm(DC_FAULT_ALLOC, 0);
        assert_true(status == DC_OK || status == DC_ENOMEM);
    }
    assert_true(nth > 3); /* the state and the window of the dictionary */
    assert_int_equal(n, 5);
    dc_memory_limit(20000);
    status = dc_inflate(out, &n, sizeof out, raw, sizeof raw, "he", 2);
    dc_memory_limit(0);
    assert_int_equal(status, DC_ENOMEM);
    assert_non_null(strstr(dc_message(), "memory limit"));
}

static void crc32_is_the_known_one_and_chains(void **state)
{
    (void)state;
    assert_true(dc_crc32(0, "123456789", 9) == 0xcbf43926u);
    assert_true(dc_crc32(dc_crc32(0, "1234", 4), "56789", 5) == 0xcbf43926u);
    assert_true(dc_crc32(0, "", 0) == 0);
}

static void hashes_differ_with_every_bit_length_and_seed(void **state)
{
    (void)state;
    uint8_t data[20] = { 0 };
    uint64_t hashes[20 * 8 + 20 + 20];
    size_t n = 0;
    for (size_t bit = 0; bit < 160; bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        hashes[n++] = dc_hash64(0, data, sizeof data);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t i = 0; i < 20; i++) {
        hashes[n++] = dc_hash64(0, data, i);
        hashes[n++] = dc_hash64(i + 1, data, 20);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(hashes[i] != hashes[k]);
    assert_true(dc_hash64(7, data, 20) == dc_hash64(7, data, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_and_two_in_a_row_are_inflated),
        cmocka_unit_test(the_capacity_is_exact_and_filled),
        cmocka_unit_test(every_cut_and_every_changed_byte_is_noticed),
        cmocka_unit_test(failing_allocations_are_out_of_memory),
        cmocka_unit_test(without_memory_no_raw_stream_is_called_damaged),
        cmocka_unit_test(crc32_is_the_known_one_and_chains),
        cmocka_unit_test(hashes_differ_with_every_bit_length_and_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
