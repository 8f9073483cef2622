/* SPDX-License-Identifier: MIT */
#include "foreign_case.h"

#include "onnx/out/onnx_put.h"

static void wrote(dc_writer *w, const char *bytes, uint64_t n)
{
    assert_ok(w->status);
    assert_int_equal(w->size, n);
    assert_memory_equal(w->data, bytes, n);
    w->size = 0;
}

static void fields_are_those_of_the_wire_format(void **state)
{
    (void)state;
    dc_writer w;
    dc_writer_init(&w, 1024);
    onnx_put_int(&w, 1, 150);
    wrote(&w, "\x08\x96\x01", 3);
    onnx_put_int(&w, 20, -1);
    wrote(&w, "\xa0\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12);
    onnx_put_text(&w, 2, "abc");
    wrote(&w,
          "\x12\x03"
          "abc",
          5);
    onnx_put_float(&w, 2, 1);
    wrote(&w, "\x15\0\0\x80\x3f", 5);
    onnx_put_ints(&w, 4, (const int64_t[]){ 3, 270, 86942 }, 3);
    wrote(&w, "\x22\x06\x03\x8e\x02\x9e\xa7\x05", 8);
    dc_writer_clear(&w);
}

static void a_message_goes_into_another_and_is_empty_then(void **state)
{
    (void)state;
    dc_writer inner, outer;
    dc_writer_init(&inner, 1024);
    dc_writer_init(&outer, 1024);
    onnx_put_int(&inner, 1, 150);
    onnx_put_message(&outer, 3, &inner);
    assert_int_equal(inner.size, 0);
    wrote(&outer, "\x1a\x03\x08\x96\x01", 5);
    dc_writer_clear(&inner);
    dc_writer_clear(&outer);
}

static void a_failure_inside_is_one_outside(void **state)
{
    (void)state;
    dc_writer inner, outer;
    dc_writer_init(&inner, 2);
    dc_writer_init(&outer, 1024);
    onnx_put_text(&inner, 1, "too long for it");
    onnx_put_message(&outer, 3, &inner);
    assert_true(outer.status < 0);
    dc_writer_clear(&inner);
    dc_writer_clear(&outer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_those_of_the_wire_format),
        cmocka_unit_test(a_message_goes_into_another_and_is_empty_then),
        cmocka_unit_test(a_failure_inside_is_one_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
