/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "npy.h"
#include "scratch.h"

/* A file of version 1 with this dictionary and n bytes 0, 1, 2, ... behind it. */
static size_t make(uint8_t *out, const char *dictionary, size_t n)
{
    const size_t n_text = strlen(dictionary);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (uint8_t)n_text;
    out[9] = (uint8_t)(n_text >> 8);
    memcpy(out + 10, dictionary, n_text);
    for (size_t i = 0; i < n; i++)
        out[10 + n_text + i] = (uint8_t)i;
    return 10 + n_text + n;
}

static dc_status parse(npy_array *out, const char *dictionary, size_t n)
{
    static uint8_t bytes[1024]; /* the array lies in it */
    return npy_parse(out, bytes, make(bytes, dictionary, n), "x.npy");
}

static void what_was_written_is_read_again(void **state)
{
    (void)state;
    const float values[12] = { 0, -1.5f, 3e-30f, 1e30f, 4, 5, 6, 7, 8, 9, 10, INFINITY };
    const dc_shape shape = dc_shape_of(4, 2, 1, 2, 3);
    const dc_input input = plain_input(1, 2, 3);
    float x[6];
    dc_source *s;
    assert_ok(dc_npy_write(in_scratch("a.npy"), values, &shape, false));
    assert_fails(DC_EINPUT, dc_npy_write(in_scratch("a.npy"), values, &shape, false));
    assert_ok(dc_data_open(&s, spec_of("npy", "a.npy"), DC_SPLIT_TEST, &input, 0, 1));
    assert_int_equal(s->n_samples, 2);
    assert_false(s->is_labelled);
    for (uint64_t i = 0; i < 2; i++) {
        assert_int_equal(read_one(x, s, i), -1);
        assert_memory_equal(x, values + 6 * i, sizeof x);
    }
    dc_source_close(s);
}

static void the_header_is_as_numpy_writes_it(void **state)
{
    (void)state;
    const float value = 1.0f;
    const dc_shape shape = dc_shape_of(1, 1, 0, 0, 0);
    dc_file_view view;
    assert_ok(dc_npy_write(in_scratch("one.npy"), &value, &shape, true));
    assert_ok(dc_file_open(&view, in_scratch("one.npy"), 0));
    assert_int_equal(view.size, 128 + 4);
    static const char start[] = "\x93NUMPY\x01\x00\x76\x00"
                                "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }  ";
    assert_memory_equal(view.data, start, sizeof start - 1);
    assert_int_equal(view.data[127], '\n');
    assert_memory_equal(view.data + 128, "\x00\x00\x80\x3f", 4);
    dc_file_close(&view);
}

static void keys_come_in_any_order_and_blanks_anywhere(void **state)
{
    (void)state;
    npy_array a;
    assert_ok(parse(&a, " { \"shape\" :( 2,3 ) , 'fortran_order':False,'descr':\"|u1\"} \n", 6));
    assert_int_equal(a.kind, NPY_U8);
    assert_int_equal(a.n_dims, 2);
    assert_int_equal(a.dims[1], 3);
    assert_int_equal(a.n_values, 6);
    assert_int_equal(a.data[5], 5);
    assert_ok(parse(&a, "{'descr': '<i8', 'fortran_order': False, 'shape': (), }", 8));
    assert_int_equal(a.n_values, 1);
}

static void malformed_headers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "{}",
        "{'descr': '|u1', 'fortran_order': False}",
        "{'descr': '|u1', 'shape': (6,)}",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '|u1', 'other': False, 'shape': (6,)}",
        "{'descr': '|u1', 'fortran_order': Maybe, 'shape': (6,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,)",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6 1)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-6,)}",
        "{'descr': '|u1",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (5,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (7,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6, 18446744073709551615)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999999,)}",
    };
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++) {
        npy_array a;
        assert_fails(DC_ECORRUPT, parse(&a, bad[i], 6));
    }
}

static void other_types_and_versions_are_not_supported(void **state)
{
    (void)state;
    static const char *const other[] = {
        "{'descr': '>f4', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '|i1', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 1, 6)}",
    };
    npy_array a;
    uint8_t bytes[256];
    for (size_t i = 0; i < DC_COUNT_OF(other); i++)
        assert_fails(DC_EUNSUPPORTED, parse(&a, other[i], 6));
    const size_t n = make(bytes, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", 1);
    bytes[6] = 9;
    assert_fails(DC_EUNSUPPORTED, npy_parse(&a, bytes, n, "x.npy"));
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[256];
    npy_array a;
    const size_t n = make(bytes, "{'descr': '|u1', 'fortran_order': False, 'shape': (6,)}", 6);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *exact = malloc(cut + 1); /* a byte too far would be seen by a sanitizer */
        memcpy(exact, bytes, cut);
        assert_fails(DC_ECORRUPT, npy_parse(&a, exact, cut, "x.npy"));
        free(exact);
    }
    assert_ok(npy_parse(&a, bytes, n, "x.npy"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(the_header_is_as_numpy_writes_it),
        cmocka_unit_test(keys_come_in_any_order_and_blanks_anywhere),
        cmocka_unit_test(malformed_headers_are_refused),
        cmocka_unit_test(other_types_and_versions_are_not_supported),
        cmocka_unit_test(every_cut_is_refused),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
