/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "onnx/in/onnx_wire.h"

static dc_reader over(const char *bytes, size_t n)
{
    return dc_reader_over(bytes, n, "message");
}

#define OVER(bytes) over(bytes, sizeof bytes - 1)

static void fields_of_all_wire_types_come_in_order(void **state)
{
    (void)state;
    dc_reader r = OVER("\x08\x96\x01"                         /* 1: 150               */
                       "\x11\x01\x02\x03\x04\x05\x06\x07\x08" /* 2: fixed 64          */
                       "\x1a\x03"
                       "abc"                  /* 3: bytes             */
                       "\x25\x00\x00\x80\x3f" /* 4: 1.0f              */
                       "\x82\x01\x00");       /* 16: no bytes at all  */
    onnx_field f;
    assert_true(onnx_next(&f, &r));
    assert_int_equal(f.number, 1);
    assert_int_equal(onnx_int(&f, &r), 150);
    assert_true(onnx_next(&f, &r));
    assert_true(f.number == 2 && f.wire == ONNX_FIXED64 && f.value == 0x0807060504030201);
    assert_true(onnx_next(&f, &r));
    const dc_reader inner = onnx_message(&f, &r, "inner");
    assert_true(f.number == 3 && inner.size == 3 && memcmp(inner.data, "abc", 3) == 0);
    assert_string_equal(inner.subject, "inner");
    assert_true(onnx_next(&f, &r));
    assert_true(onnx_float(&f, &r) == 1.0f);
    assert_true(onnx_next(&f, &r));
    assert_true(f.number == 16 && onnx_message(&f, &r, "").size == 0);
    assert_false(onnx_next(&f, &r));
    assert_ok(r.status);
}

static void whole_numbers_may_be_negative_or_in_a_long_form(void **state)
{
    (void)state;
    dc_reader r = OVER("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                       "\x08\x85\x80\x80\x00");
    onnx_field f;
    assert_true(onnx_next(&f, &r));
    assert_true(onnx_int(&f, &r) == -1);
    assert_true(onnx_next(&f, &r));
    assert_int_equal(onnx_int(&f, &r), 5);
    assert_ok(r.status);
}

static void bytes_that_lie_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        { "\x0a\x05"
          "abcd",
          6 },                                                      /* longer than what is left   */
        { "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },     /* 2^64 - 1 bytes             */
        { "\x08", 1 },                                              /* no number                  */
        { "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11 },     /* more than 64 bits          */
        { "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12 }, /* more than ten bytes      */
        { "\x00\x01", 2 },                                          /* field 0                    */
        { "\x0b", 1 },                                              /* a group                    */
        { "\x0e", 1 },                                              /* wire type 6                */
        { "\xf8\xff\xff\xff\xff\x01\x00", 7 },                      /* a field number too large   */
        { "\x0d\x01\x02\x03", 4 },                                  /* three of four bytes        */
    };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_reader r = over(cases[i].bytes, cases[i].n);
        onnx_field f;
        assert_false(onnx_next(&f, &r));
        assert_int_equal(r.status, DC_ECORRUPT);
        assert_false(onnx_next(&f, &r));
    }
}

static void another_wire_type_than_wanted_is_refused(void **state)
{
    (void)state;
    onnx_field f;
    dc_reader r = OVER("\x0a\x01x");
    assert_true(onnx_next(&f, &r));
    assert_int_equal(onnx_int(&f, &r), 0);
    assert_int_equal(r.status, DC_ECORRUPT);
    r = OVER("\x08\x01");
    assert_true(onnx_next(&f, &r));
    dc_reader inner = onnx_message(&f, &r, "inner");
    assert_true(inner.status == DC_ECORRUPT && r.status == DC_ECORRUPT);
    assert_false(onnx_next(&f, &inner));
}

static void lists_are_packed_or_not(void **state)
{
    (void)state;
    const dc_reader r = OVER("\x08\x07"             /* one */
                             "\x0a\x03\x01\xac\x02" /* packed: 1, 300 */
                             "\x10\x63"             /* another field */
                             "\x0a\x00"             /* packed: none */
                             "\x08\x09");
    static const uint64_t wanted[] = { 7, 1, 300, 9 };
    onnx_list list = onnx_list_of(&r, 1, ONNX_VARINT);
    uint64_t value;
    for (size_t i = 0; i < DC_COUNT_OF(wanted); i++) {
        assert_true(onnx_list_next(&value, &list));
        assert_int_equal(value, wanted[i]);
    }
    assert_false(onnx_list_next(&value, &list));
    assert_ok(list.message.status);
}

static void a_cut_list_is_refused(void **state)
{
    (void)state;
    const dc_reader r = OVER("\x0a\x05\x01\x00\x00\x00\x02");
    onnx_list list = onnx_list_of(&r, 1, ONNX_FIXED32);
    uint64_t value;
    assert_true(onnx_list_next(&value, &list));
    assert_false(onnx_list_next(&value, &list));
    assert_int_equal(list.message.status, DC_ECORRUPT);
}

static void numbers_in_one_packed_field_are_found_in_place(void **state)
{
    (void)state;
    uint64_t n = 0;
    const dc_reader whole = OVER("\x08\x01\x22\x04\x01\x02\x03\x04");
    const dc_reader twice = OVER("\x22\x04\x01\x02\x03\x04\x22\x04\x01\x02\x03\x04");
    const dc_reader single = OVER("\x25\x01\x02\x03\x04");
    assert_ptr_equal(onnx_list_whole(&n, &whole, 4), whole.data + 4);
    assert_int_equal(n, 4);
    assert_null(onnx_list_whole(&n, &twice, 4));
    assert_null(onnx_list_whole(&n, &single, 4));
    assert_null(onnx_list_whole(&n, &whole, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_all_wire_types_come_in_order),
        cmocka_unit_test(whole_numbers_may_be_negative_or_in_a_long_form),
        cmocka_unit_test(bytes_that_lie_are_refused),
        cmocka_unit_test(another_wire_type_than_wanted_is_refused),
        cmocka_unit_test(lists_are_packed_or_not),
        cmocka_unit_test(a_cut_list_is_refused),
        cmocka_unit_test(numbers_in_one_packed_field_are_found_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
