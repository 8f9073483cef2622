/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "foreign.h"

#include <float.h>

static void put_f64(uint8_t *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(bits >> (8 * i));
}

static void put_f32(uint8_t *at, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(bits >> (8 * i));
}

static void float32_is_taken_bit_by_bit_from_any_address(void **state)
{
    (void)state;
    static const float values[] = { 0.0f, -0.0f, 1.5f, -3.25e-39f, FLT_MAX, -FLT_MIN };
    uint8_t bytes[1 + sizeof values];
    float out[DC_COUNT_OF(values)];
    for (size_t i = 0; i < DC_COUNT_OF(values); i++)
        put_f32(bytes + 1 + 4 * i, values[i]);
    assert_ok(interop_to_f32(out, bytes + 1, DC_COUNT_OF(values), INTEROP_F32));
    assert_memory_equal(out, values, sizeof values);
}

static void float64_is_rounded_to_the_nearest(void **state)
{
    (void)state;
    static const double values[] = { 0.1, 1 + 0x1p-24, 1 + 3 * 0x1p-24, 1e-60, -2.5 };
    static const float wanted[] = { 0.1f, 1.0f, 1 + 0x1p-22f, 0.0f, -2.5f };
    uint8_t bytes[8 * DC_COUNT_OF(values)];
    float out[DC_COUNT_OF(values)];
    for (size_t i = 0; i < DC_COUNT_OF(values); i++)
        put_f64(bytes + 8 * i, values[i]);
    assert_ok(interop_to_f32(out, bytes, DC_COUNT_OF(values), INTEROP_F64));
    assert_memory_equal(out, wanted, sizeof wanted);
}

static void halves_of_both_kinds_are_exact(void **state)
{
    (void)state;
    static const uint8_t f16[] = { 0x00, 0x3c, 0x01, 0x00, 0xff, 0xfb };  /* 1, 2^-24, -65504 */
    static const uint8_t bf16[] = { 0x80, 0x3f, 0x49, 0xc0, 0x7f, 0x7f }; /* 1, -3.140625, max */
    float out[3];
    assert_ok(interop_to_f32(out, f16, 3, INTEROP_F16));
    assert_true(out[0] == 1.0f && out[1] == 0x1p-24f && out[2] == -65504.0f);
    assert_ok(interop_to_f32(out, bf16, 3, INTEROP_BF16));
    assert_true(out[0] == 1.0f && out[1] == -3.140625f && out[2] == 0x1.fep127f);
}

static void what_is_not_finite_is_refused_by_its_index(void **state)
{
    (void)state;
    enum { N = 9000, BAD = 8200 };
    static uint8_t bytes[8 * N];
    static float out[N];
    put_f32(bytes + 4 * BAD, NAN);
    assert_fails(DC_ECORRUPT, interop_to_f32(out, bytes, N, INTEROP_F32));
    assert_non_null(strstr(dc_message(), "8200"));
    put_f32(bytes + 4 * BAD, -INFINITY);
    assert_fails(DC_ECORRUPT, interop_to_f32(out, bytes, N, INTEROP_F32));
    memset(bytes, 0, sizeof bytes);
    put_f64(bytes + 8 * 3, 1e39); /* finite, but not as a float32 */
    assert_fails(DC_ECORRUPT, interop_to_f32(out, bytes, N, INTEROP_F64));
    assert_non_null(strstr(dc_message(), "number 3 "));
    assert_ok(interop_to_f32(out, bytes, 0, INTEROP_F64));
}

static void each_type_has_its_size(void **state)
{
    (void)state;
    assert_int_equal(interop_number_bytes(INTEROP_F32), 4);
    assert_int_equal(interop_number_bytes(INTEROP_F64), 8);
    assert_int_equal(interop_number_bytes(INTEROP_F16), 2);
    assert_int_equal(interop_number_bytes(INTEROP_BF16), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float32_is_taken_bit_by_bit_from_any_address),
        cmocka_unit_test(float64_is_rounded_to_the_nearest),
        cmocka_unit_test(halves_of_both_kinds_are_exact),
        cmocka_unit_test(what_is_not_finite_is_refused_by_its_index),
        cmocka_unit_test(each_type_has_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
