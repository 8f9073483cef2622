/* SPDX-License-Identifier: MIT
 *
 * bytes.c, half.c, utf8.c: fields come back as written, ends and lies are found.
 */
#include "test.h"


static void what_is_put_is_what_is_got(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_writer w;
    dc_writer_init(&w, 1000);
    dc_put_u8(&w, 0xfe);
    dc_put_u16(&w, 0x1234);
    dc_put_u32(&w, 0x89abcdef);
    dc_put_u64(&w, UINT64_C(0x0123456789abcdef));
    dc_put_f32(&w, -1.5f);
    dc_put_f64(&w, -0.1);
    dc_put_varint(&w, UINT64_MAX);
    dc_put_text(&w, "f\xc3\xbcnf");
    assert_int_equal(w.status, DC_OK);
    assert_memory_equal(w.data, "\xfe\x34\x12\xef\xcd\xab\x89", 7);
    dc_reader r = dc_reader_over(w.data, w.size, "test");
    assert_int_equal(dc_get_u8(&r), 0xfe);
    assert_int_equal(dc_get_u16(&r), 0x1234);
    assert_int_equal(dc_get_u32(&r), 0x89abcdef);
    assert_true(dc_get_u64(&r) == UINT64_C(0x0123456789abcdef));
    assert_near(dc_get_f32(&r), -1.5, 0);
    assert_near(dc_get_f64(&r), -0.1, 0);
    assert_true(dc_get_varint(&r, UINT64_MAX) == UINT64_MAX);
    assert_string_equal(dc_get_text(&r, 100, &arena), "f\xc3\xbcnf");
    assert_int_equal(dc_reader_left(&r), 0);
    assert_ok(r.status);
    dc_writer_clear(&w);
    dc_arena_clear(&arena);
}

static void the_bytes_of_a_varint_are_foretold(void **state)
{
    (void)state;
    const uint64_t values[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX };
    for (size_t i = 0; i < DC_COUNT_OF(values); i++) {
        dc_writer w;
        dc_writer_init(&w, 100);
        dc_put_varint(&w, values[i]);
        assert_int_equal(dc_varint_bytes(values[i]), w.size);
        dc_writer_clear(&w);
    }
}

static void text_is_put_without_its_length(void **state)
{
    (void)state;
    dc_writer w;
    dc_writer_init(&w, 100);
    dc_put_chars(&w, "two");
    dc_put_chars(&w, "");
    assert_int_equal(w.size, 3);
    assert_memory_equal(w.data, "two", 3);
    dc_writer_clear(&w);
}

static void an_ending_has_something_before_it(void **state)
{
    (void)state;
    assert_true(dc_text_ends_with("a.onnx", ".onnx"));
    assert_false(dc_text_ends_with(".onnx", ".onnx"));
    assert_false(dc_text_ends_with("a.onnx2", ".onnx"));
    assert_false(dc_text_ends_with("x", ".onnx"));
}

static void big_endian_is_the_other_way_round(void **state)
{
    (void)state;
    dc_reader r = dc_reader_over("\x00\x00\x08\x03", 4, "idx");
    assert_int_equal(dc_get_u32_be(&r), 0x803);
}

static void reading_past_the_end_is_remembered_with_its_place(void **state)
{
    (void)state;
    dc_reader r = dc_reader_over("\1\2\3", 3, "header");
    assert_int_equal(dc_get_u16(&r), 0x201);
    assert_int_equal(dc_get_u32(&r), 0);
    assert_fails(DC_ECORRUPT, r.status);
    assert_string_equal(dc_message(), "4 bytes needed, 1 left in 'header' at byte 2");
    assert_int_equal(dc_get_u8(&r), 0);
    assert_null(dc_get_bytes(&r, 0));
}

static void a_part_tells_offsets_of_the_whole(void **state)
{
    (void)state;
    dc_reader r = dc_reader_over("abcdefgh", 8, "file");
    dc_get_u16(&r);
    dc_reader part = dc_get_part(&r, 4, "chunk");
    assert_int_equal(dc_get_u8(&part), 'c');
    assert_int_equal(dc_reader_fail(&part, DC_ELIMIT, "no %s", "way"), DC_ELIMIT);
    assert_string_equal(dc_message(), "no way in 'chunk' at byte 3");
    assert_int_equal(r.status, DC_OK);
    assert_int_equal(dc_get_u8(&r), 'g');
    dc_reader beyond = dc_get_part(&r, 2, "more");
    assert_int_equal(beyond.status, DC_ECORRUPT);
    assert_int_equal(dc_reader_left(&beyond), 0);
    assert_int_equal(r.status, DC_ECORRUPT);
}

static dc_status read_varint(const char *bytes, uint64_t n, uint64_t limit)
{
    dc_reader r = dc_reader_over(bytes, n, "v");
    (void)dc_get_varint(&r, limit);
    return r.status;
}

static void varints_must_be_short_small_and_whole(void **state)
{
    (void)state;
    assert_ok(read_varint("\x80\x01", 2, 128));
    assert_fails(DC_ECORRUPT, read_varint("\x80\x01", 2, 127));
    assert_fails(DC_ECORRUPT, read_varint("\x80", 1, 127));
    assert_fails(DC_ECORRUPT, read_varint("\x81\x00", 2, 127));
    assert_ok(read_varint("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, UINT64_MAX));
    assert_fails(DC_ECORRUPT,
                 read_varint("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, UINT64_MAX));
    assert_fails(DC_ECORRUPT,
                 read_varint("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x01", 11, UINT64_MAX));
}

static void texts_with_nul_or_bad_utf8_are_refused(void **state)
{
    (void)state;
    static const struct { const char *bytes; uint64_t n; bool is_valid; } cases[] = {
        { "a\0b", 3, false },         { "\xc0\x80", 2, false },        { "\xed\xa0\x80", 3, false },
        { "\xf4\x90\x80\x80", 4, false }, { "\xe2\x82", 2, false },    { "\xff", 1, false },
        { "\xe2\x82\xac", 3, true },  { "\xf0\x9f\x98\x80", 4, true }, { "", 0, true },
        { "\xf0\x80\x80\x80", 4, false }, { "\xe0\x80\x80", 3, false }, { "a\x80", 2, false },
    };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++)
        assert_int_equal(dc_utf8_is_valid((const uint8_t *)cases[i].bytes, cases[i].n),
                         cases[i].is_valid);
    dc_arena arena = { 0 };
    dc_reader r = dc_reader_over("\2a\0", 3, "names");
    assert_string_equal(dc_get_text(&r, 10, &arena), "");
    assert_fails(DC_ECORRUPT, r.status);
    r = dc_reader_over("\5hello", 6, "names");
    assert_string_equal(dc_get_text(&r, 4, &arena), "");
    assert_fails(DC_ECORRUPT, r.status);
    dc_arena_clear(&arena);
}

static void a_writer_stops_at_its_limit(void **state)
{
    (void)state;
    dc_writer w;
    dc_writer_init(&w, 5);
    dc_put_u32(&w, 1);
    dc_put_u16(&w, 2);
    assert_fails(DC_ELIMIT, w.status);
    dc_put_u8(&w, 3);
    assert_int_equal(w.size, 4);
    assert_null(dc_put_space(&w, 0));
    dc_writer_clear(&w);
    dc_put_u32(&w, 1);
    dc_put_u8(&w, 1);
    assert_ok(w.status);
    dc_writer_clear(&w);
}

static void every_half_survives_the_way_through_float(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 0x10000; h++) {
        const bool is_nan = (h & 0x7c00) == 0x7c00 && (h & 0x3ff) != 0;
        const uint16_t back = dc_f16_from_f32(dc_f32_from_f16((uint16_t)h));
        assert_int_equal(back, is_nan ? h | 0x200 : h);
    }
}

static void halves_round_to_nearest_even(void **state)
{
    (void)state;
    assert_int_equal(dc_f16_from_f32(1.0f), 0x3c00);
    assert_int_equal(dc_f16_from_f32(0x1.002p0f), 0x3c00);  /* tie, down to even */
    assert_int_equal(dc_f16_from_f32(0x1.006p0f), 0x3c02);  /* tie, up to even   */
    assert_int_equal(dc_f16_from_f32(0x1.0021p0f), 0x3c01); /* just over the tie */
    assert_int_equal(dc_f16_from_f32(65504.0f), 0x7bff);
    assert_int_equal(dc_f16_from_f32(65519.9f), 0x7bff);
    assert_int_equal(dc_f16_from_f32(65520.0f), 0x7c00);
    assert_int_equal(dc_f16_from_f32(-1e30f), 0xfc00);
    assert_int_equal(dc_f16_from_f32(0x1p-24f), 1);
    assert_int_equal(dc_f16_from_f32(0x1p-25f), 0);
    assert_int_equal(dc_f16_from_f32(0x1.8p-25f), 1);
    assert_int_equal(dc_f16_from_f32(0x1.ff8p-15f), 0x3ff);
    assert_int_equal(dc_f16_from_f32(0x1.ffcp-15f), 0x400); /* tie carries into normal */
    assert_int_equal(dc_f16_from_f32(-0.0f), 0x8000);
    assert_int_equal(dc_f16_from_f32(NAN) & 0x7e00, 0x7e00);
    assert_near(dc_f16_round(0.1f), 0.0999755859375, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_what_is_got),
        cmocka_unit_test(the_bytes_of_a_varint_are_foretold),
        cmocka_unit_test(text_is_put_without_its_length),
        cmocka_unit_test(an_ending_has_something_before_it),
        cmocka_unit_test(big_endian_is_the_other_way_round),
        cmocka_unit_test(reading_past_the_end_is_remembered_with_its_place),
        cmocka_unit_test(a_part_tells_offsets_of_the_whole),
        cmocka_unit_test(varints_must_be_short_small_and_whole),
        cmocka_unit_test(texts_with_nul_or_bad_utf8_are_refused),
        cmocka_unit_test(a_writer_stops_at_its_limit),
        cmocka_unit_test(every_half_survives_the_way_through_float),
        cmocka_unit_test(halves_round_to_nearest_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
