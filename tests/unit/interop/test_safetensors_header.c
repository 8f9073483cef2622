/* SPDX-License-Identifier: MIT */
#include "foreign_case.h"

#include "safetensors.h"

/* Reads a file of this header (single quotes for double ones), then n_data bytes. */
static dc_status read_text(st_header *out, const char *header, uint32_t n_data, dc_arena *arena)
{
    static dc_writer w;
    dc_writer_clear(&w);
    dc_writer_init(&w, 1u << 16);
    dc_put_u64(&w, strlen(header));
    for (const char *at = header; *at != '\0'; at++)
        dc_put_u8(&w, (uint8_t)(*at == '\'' ? '"' : *at));
    for (uint32_t i = 0; i < n_data; i++)
        dc_put_u8(&w, 0);
    const dc_file_view view = { .data = w.data, .size = w.size };
    const dc_status status = st_header_read(out, &view, "file", arena);
    if (status < 0)
        dc_writer_clear(&w);
    return status;
}

static void refuses(dc_status code, const char *header, uint32_t n_data, const char *text)
{
    dc_arena arena = { 0 };
    st_header h;
    assert_fails(code, read_text(&h, header, n_data, &arena));
    says(text);
    dc_arena_clear(&arena);
}

static void tensors_are_found_by_name(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    st_header h;
    assert_ok(read_text(&h,
                        "{'b':{'dtype':'F32','shape':[2,1],'data_offsets':[0,8]},"
                        "'a':{'dtype':'U8','shape':[0,3],'data_offsets':[8,8]},"
                        "'c':{'dtype':'BF16','shape':[],'data_offsets':[8,10]}}  ",
                        10, &arena));
    assert_int_equal(h.n_tensors, 3);
    const st_tensor *b = st_find(&h, "b"), *c = st_find(&h, "c");
    const dc_shape shape = dc_shape_of(2, 2, 1, 0, 0), other = dc_shape_of(2, 1, 2, 0, 0);
    assert_non_null(b);
    assert_null(st_find(&h, "d"));
    assert_true(st_has_shape(b, &shape));
    assert_false(st_has_shape(b, &other));
    assert_string_equal(st_shape_text(b, &arena), "2x1");
    assert_int_equal(c->n_values, 1);
    assert_string_equal(st_shape_text(c, &arena), "a single number");
    assert_int_equal(st_find(&h, "a")->n_values, 0);
    st_header_clear(&h);
    dc_arena_clear(&arena);
}

static void the_header_is_bounded(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    st_header h;
    uint8_t *large = dc_grow(NULL, 17u << 20, 1);
    assert_non_null(large);
    memset(large, ' ', 17u << 20);
    const uint64_t n = (17u << 20) - 8;
    for (uint32_t i = 0; i < 8; i++)
        large[i] = (uint8_t)(n >> 8 * i);
    assert_fails(DC_ELIMIT, st_header_read(&h, &(dc_file_view){ .data = large, .size = n + 8 },
                                           "file", &arena));
    assert_fails(DC_ECORRUPT, st_header_read(&h, &(dc_file_view){ .data = large, .size = n + 7 },
                                             "file", &arena));
    assert_fails(DC_ECORRUPT,
                 st_header_read(&h, &(dc_file_view){ .data = large, .size = 7 }, "file", &arena));
    dc_release(large);
    dc_arena_clear(&arena);
}

static void lies_are_found(void **state)
{
    (void)state;
    refuses(DC_ECORRUPT, "[]", 0, "no object");
    refuses(DC_ECORRUPT, "{", 0, "line 1");
    refuses(DC_ECORRUPT, "{'a':7}", 0, "a: it is not described");
    refuses(DC_ECORRUPT, "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'x':0}}", 4,
            "a: it is not described");
    refuses(DC_ECORRUPT, "{'a':{'dtype':1,'shape':[1],'data_offsets':[0,4]}}", 4, "'dtype'");
    refuses(DC_EUNSUPPORTED, "{'a':{'dtype':'F4','shape':[1],'data_offsets':[0,4]}}", 4,
            "number type is F4");
    refuses(DC_ECORRUPT, "{'a':{'dtype':'F32','shape':1,'data_offsets':[0,4]}}", 4, "'shape'");
    refuses(DC_ECORRUPT, "{'a':{'dtype':'F32','shape':[1.5],'data_offsets':[0,4]}}", 4, "no size");
    refuses(DC_ECORRUPT, "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}}", 4, "no size");
    refuses(DC_ECORRUPT,
            "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,0]}}", 0,
            "too large");
    refuses(DC_ECORRUPT, "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0]}}", 4,
            "'data_offsets'");
    refuses(DC_ECORRUPT, "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}}", 4,
            "'data_offsets'");
    refuses(DC_ECORRUPT, "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,5]}}", 4,
            "ends at byte 5 of 4");
    refuses(DC_ECORRUPT, "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}}", 4,
            "4 bytes for 2 numbers");
    refuses(DC_ECORRUPT, "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}", 8,
            "begins at byte 4");
    refuses(DC_ECORRUPT, "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}", 5,
            "5 bytes of data, its tensors 4");
    refuses(DC_ECORRUPT,
            "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
            "'b':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}",
            12, "'b' begins at byte 4");
    refuses(DC_ECORRUPT,
            "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            "'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}",
            8, "twice");
}

static void its_first_bytes_tell(void **state)
{
    (void)state;
    assert_true(st_is_head((const uint8_t *)"\x02\0\0\0\0\0\0\0{", 9));
    assert_false(st_is_head((const uint8_t *)"\x02\0\0\0\0\0\0\0", 8));
    assert_false(st_is_head((const uint8_t *)"\x02\0\0\0\0\0\0\0[", 9));
    assert_false(st_is_head((const uint8_t *)"\x02\0\0\0\0\0\0\x01{", 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_are_found_by_name),
        cmocka_unit_test(the_header_is_bounded),
        cmocka_unit_test(lies_are_found),
        cmocka_unit_test(its_first_bytes_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
