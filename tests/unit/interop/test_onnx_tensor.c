/* SPDX-License-Identifier: MIT
 *
 * onnx_tensor.c, onnx_external.c, onnx_array.c, onnx_copy.c: elements wherever they lie.
 */
#include "onnx_make.h"

#include <unistd.h>

#include "onnx/in/onnx_tensor.h"

typedef struct place {
    dc_arena arena;
    dc_file_view view;
    onnx_files files;
    dc_writer bytes;
} place;

static int open_place(void **state)
{
    place *p = calloc(1, sizeof *p);
    p->files = (onnx_files){ .file = &p->view, .path = "net.onnx", .arena = &p->arena };
    p->bytes = make_writer();
    *state = p;
    return 0;
}

static int close_place(void **state)
{
    place *p = *state;
    onnx_files_close(&p->files);
    dc_arena_clear(&p->arena);
    dc_writer_clear(&p->bytes);
    free(p);
    return 0;
}

/* Reads the tensor, which becomes the whole file. */
static dc_status read_bytes(onnx_array *out, place *p, dc_writer *tensor)
{
    dc_writer_clear(&p->bytes);
    p->bytes = *tensor;
    p->view = (dc_file_view){ .data = p->bytes.data, .size = p->bytes.size };
    const dc_reader r = dc_reader_over(p->bytes.data, p->bytes.size, "tensor");
    return onnx_tensor_read(out, &r, &p->files);
}

static void raw_elements_of_every_type_are_read(void **state)
{
    static const uint8_t bytes[] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    static const struct {
        int64_t type, value;
    } cases[] = { { ONNX_UINT8, 254 },         { ONNX_INT8, -2 },  { ONNX_UINT16, 65534 },
                  { ONNX_INT16, -2 },          { ONNX_INT32, -2 }, { ONNX_INT64, -2 },
                  { ONNX_UINT32, 4294967294 }, { ONNX_BOOL, 1 } };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        onnx_array a;
        dc_writer t = make_tensor("t", cases[i].type, "1", bytes, onnx_type_bytes(cases[i].type));
        assert_ok(read_bytes(&a, *state, &t));
        assert_true(onnx_int_at(&a, 0) == cases[i].value);
        assert_true(onnx_number_at(&a, 0) == (double)cases[i].value);
    }
}

static void typed_elements_are_read_packed_or_not(void **state)
{
    onnx_array a;
    float values[3];
    dc_writer t = make_tensor("halves", ONNX_FLOAT16, "3", NULL, 0);
    make_bytes(&t, 5, "\x80\x78\x80\x7c", 4); /* 0x3c00, 0x3e00: 1, 1.5 */
    make_varint(&t, 5, 0xc000);               /* -2 */
    assert_ok(read_bytes(&a, *state, &t));
    assert_ok(onnx_array_to_f32(values, &a, 1));
    assert_true(values[0] == 1 && values[1] == 1.5f && values[2] == -2);

    t = make_tensor("ints", ONNX_INT64, "2", NULL, 0);
    make_varint(&t, 7, -5);
    make_varint(&t, 7, INT64_MAX);
    assert_ok(read_bytes(&a, *state, &t));
    assert_true(onnx_int_at(&a, 0) == -5 && onnx_int_at(&a, 1) == INT64_MAX);

    t = make_tensor("floats", ONNX_FLOAT, "2", NULL, 0);
    make_float(&t, 4, 0.25f);
    make_float(&t, 4, -8.0f);
    assert_ok(read_bytes(&a, *state, &t));
    assert_true(onnx_number_at(&a, 0) == 0.25 && onnx_int_at(&a, 1) == -8);
}

static void what_disagrees_with_the_dims_is_refused(void **state)
{
    static const uint8_t bytes[64] = { 0 };
    onnx_array a;
    dc_writer t = make_tensor("w", ONNX_FLOAT, "2,3", bytes, 20);
    assert_fails(DC_ECORRUPT, read_bytes(&a, *state, &t));
    assert_non_null(strstr(dc_message(), "w: 20 bytes"));
    t = make_tensor("w", ONNX_FLOAT, "4294967296,4294967296,16", bytes, 0);
    assert_fails(DC_ECORRUPT, read_bytes(&a, *state, &t));
    t = make_tensor("w", ONNX_FLOAT, "-4", bytes, 16);
    assert_fails(DC_ECORRUPT, read_bytes(&a, *state, &t));
    t = make_tensor("w", ONNX_INT64, "3", NULL, 0);
    make_varint(&t, 7, 1);
    assert_fails(DC_ECORRUPT, read_bytes(&a, *state, &t));
    t = make_tensor("w", ONNX_FLOAT, "3", NULL, 0);
    make_bytes(&t, 4, bytes, 8);
    assert_fails(DC_ECORRUPT, read_bytes(&a, *state, &t));
    t = make_tensor("w", ONNX_INT64, "1099511627775", NULL, 0); /* nothing is taken for them */
    assert_fails(DC_ECORRUPT, read_bytes(&a, *state, &t));
    assert_true(((place *)*state)->arena.used_bytes < 4096);
    t = make_tensor("words", 8, "1", bytes, 8);
    assert_fails(DC_EUNSUPPORTED, read_bytes(&a, *state, &t));
    assert_non_null(strstr(dc_message(), "words: elements of type 8"));
    t = make_tensor("w", ONNX_FLOAT, "1,1,1,1,1,1,1,1,1", bytes, 4);
    assert_fails(DC_EUNSUPPORTED, read_bytes(&a, *state, &t));
}

static void an_empty_tensor_and_a_scalar_are_tensors(void **state)
{
    onnx_array a;
    dc_writer t = make_tensor("none", ONNX_INT64, "0", NULL, 0);
    assert_ok(read_bytes(&a, *state, &t));
    assert_int_equal(onnx_array_count(&a), 0);
    t = make_tensor("one", ONNX_DOUBLE, "", "\0\0\0\0\0\0\xf0\x3f", 8);
    assert_ok(read_bytes(&a, *state, &t));
    assert_int_equal(onnx_array_count(&a), 1);
    assert_true(onnx_number_at(&a, 0) == 1);
}

/* ---- external data ---- */

static char folder[] = "/tmp/dcomp-onnx-XXXXXX";

static void external(dc_writer *t, const char *key, const char *value)
{
    dc_writer entry = make_writer();
    make_text(&entry, 1, key);
    make_text(&entry, 2, value);
    make_message(t, 13, &entry);
}

static dc_status read_external(onnx_array *out, place *p, const char *location, const char *offset,
                               const char *length)
{
    dc_writer t = make_tensor("w", ONNX_FLOAT, "2", NULL, 0);
    make_varint(&t, 14, 1);
    if (location != NULL)
        external(&t, "location", location);
    if (offset != NULL)
        external(&t, "offset", offset);
    if (length != NULL)
        external(&t, "length", length);
    external(&t, "checksum", "none");
    return read_bytes(out, p, &t);
}

static void elements_in_another_file_are_read(void **state)
{
    place *p = *state;
    onnx_array a;
    char path[64], data[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/net.onnx", folder);
    snprintf(data, sizeof data, "%s/w.bin", folder);
    assert_ok(dc_file_write(data, "----\0\0\x80\x3f\0\0\0\x40", 12, false));
    p->files.path = path;
    assert_ok(read_external(&a, p, "w.bin", "4", "8"));
    assert_true(onnx_number_at(&a, 0) == 1 && onnx_number_at(&a, 1) == 2);
    assert_ok(read_external(&a, p, "./w.bin", NULL, NULL));
    assert_true(onnx_number_at(&a, 1) == 1);
    assert_fails(DC_ECORRUPT, read_external(&a, p, "w.bin", "5", NULL));
    assert_non_null(strstr(dc_message(), "w: 'w.bin' has 12 bytes"));
    assert_fails(DC_ECORRUPT, read_external(&a, p, "w.bin", "18446744073709551615", NULL));
    assert_fails(DC_ECORRUPT, read_external(&a, p, "w.bin", "0", "12"));
    assert_fails(DC_ECORRUPT, read_external(&a, p, "w.bin", "-1", NULL));
    assert_fails(DC_ECORRUPT, read_external(&a, p, NULL, NULL, NULL));
    assert_fails(DC_EIO, read_external(&a, p, "missing.bin", NULL, NULL));
    assert_non_null(strstr(dc_message(), "missing.bin"));
    static const char *const outside[] = { "/etc/passwd", "../w.bin", "a/../../w.bin", "..", "" };
    for (size_t i = 0; i < DC_COUNT_OF(outside); i++)
        assert_fails(DC_ECORRUPT, read_external(&a, p, outside[i], NULL, NULL));
    assert_fails(DC_EIO, read_external(&a, p, "..w", NULL, NULL)); /* a name like any other */
    assert_int_equal(unlink(data) + rmdir(folder), 0);
}

/* ---- views and copies ---- */

/* 0, 1, 2, ... as float32, with these dims in these places of the memory. */
static onnx_array counting(place *p, uint32_t n_dims, const uint64_t *dims)
{
    onnx_array a;
    uint8_t *data;
    assert_ok(onnx_array_make(&a, &data, ONNX_FLOAT, n_dims, dims, &p->arena));
    for (uint64_t i = 0; i < onnx_array_count(&a); i++)
        onnx_store_number(data, i, ONNX_FLOAT, (double)i);
    return a;
}

static onnx_array permuted(const onnx_array *a, const uint32_t *order)
{
    onnx_array view = *a;
    for (uint32_t i = 0; i < a->n_dims; i++) {
        view.dims[i] = a->dims[order[i]];
        view.strides[i] = a->strides[order[i]];
    }
    return view;
}

static void check_copy(const onnx_array *a)
{
    const uint64_t n = onnx_array_count(a);
    float *values = malloc(n * sizeof *values);
    assert_non_null(values);
    assert_ok(onnx_array_to_f32(values, a, 2));
    for (uint64_t i = 0; i < n; i++)
        assert_true(values[i] == 2 * (float)onnx_number_at(a, i));
    free(values);
}

static void copies_follow_any_order_of_dims(void **state)
{
    static const uint32_t orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 0, 1 }, { 1, 0, 2, 3 },
                                          { 2, 3, 0, 1 }, { 0, 3, 1, 2 }, { 3, 0, 1, 2 } };
    const onnx_array a = counting(*state, 4, (uint64_t[]){ 3, 5, 1, 300 });
    for (size_t i = 0; i < DC_COUNT_OF(orders); i++) {
        const onnx_array view = permuted(&a, orders[i]);
        check_copy(&view);
    }
    const onnx_array matrix = counting(*state, 2, (uint64_t[]){ 35, 520 });
    const onnx_array turned = permuted(&matrix, (uint32_t[]){ 1, 0 });
    check_copy(&matrix);
    check_copy(&turned);
}

static void a_repeated_number_is_copied_as_often(void **state)
{
    const onnx_array one = counting(*state, 1, (uint64_t[]){ 1 });
    const onnx_array row = counting(*state, 2, (uint64_t[]){ 1, 3 });
    onnx_array wide;
    assert_true(onnx_array_broadcast(&wide, &one, 2, (uint64_t[]){ 4, 3 }));
    check_copy(&wide);
    assert_true(onnx_array_broadcast(&wide, &row, 3, (uint64_t[]){ 2, 4, 3 }));
    check_copy(&wide);
    assert_true(onnx_number_at(&wide, 22) == 1);
    assert_false(onnx_array_broadcast(&wide, &row, 2, (uint64_t[]){ 4, 4 }));
    assert_false(onnx_array_broadcast(&wide, &row, 1, (uint64_t[]){ 3 }));
}

static void other_dims_are_a_view_or_a_copy(void **state)
{
    place *p = *state;
    const onnx_array a = counting(p, 2, (uint64_t[]){ 4, 6 });
    const onnx_array turned = permuted(&a, (uint32_t[]){ 1, 0 });
    onnx_array b;
    assert_ok(onnx_array_reshape(&b, &a, 3, (uint64_t[]){ 2, 2, 6 }, &p->arena));
    assert_ptr_equal(b.data, a.data);
    assert_ok(onnx_array_reshape(&b, &turned, 1, (uint64_t[]){ 24 }, &p->arena));
    assert_ptr_not_equal(b.data, a.data);
    assert_true(onnx_number_at(&b, 1) == 6);
}

static void numbers_that_are_no_floats_or_not_finite_are_no_weights(void **state)
{
    place *p = *state;
    onnx_array a;
    float values[2];
    dc_writer t = make_tensor("counts", ONNX_INT32, "2", "\1\0\0\0\2\0\0\0", 8);
    assert_ok(read_bytes(&a, p, &t));
    assert_fails(DC_EUNSUPPORTED, onnx_array_to_f32(values, &a, 1));
    assert_non_null(strstr(dc_message(), "counts"));
    t = make_tensor("w", ONNX_FLOAT, "2", "\0\0\0\0\0\0\x80\x7f", 8);
    assert_ok(read_bytes(&a, p, &t));
    assert_fails(DC_EUNSUPPORTED, onnx_array_to_f32(values, &a, 1));
    t = make_tensor("w", ONNX_FLOAT, "2", "\0\0\0\0\0\0\x7f\x7f", 8);
    assert_ok(read_bytes(&a, p, &t));
    assert_fails(DC_EUNSUPPORTED, onnx_array_to_f32(values, &a, 100));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(raw_elements_of_every_type_are_read),
        TEST(typed_elements_are_read_packed_or_not),
        TEST(what_disagrees_with_the_dims_is_refused),
        TEST(an_empty_tensor_and_a_scalar_are_tensors),
        TEST(elements_in_another_file_are_read),
        TEST(copies_follow_any_order_of_dims),
        TEST(a_repeated_number_is_copied_as_often),
        TEST(other_dims_are_a_view_or_a_copy),
        TEST(numbers_that_are_no_floats_or_not_finite_are_no_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
