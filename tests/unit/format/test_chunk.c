/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "chunk.h"

static dc_writer two_chunks(void)
{
    dc_chunk chunks[2] = { { .id = DC_CHUNK_GRAPH, .size = 3 },
                           { .id = DC_CHUNK_WEIGHTS, .size = 2 } };
    dc_writer w;
    chunks[0].crc = dc_crc32(0, "abc", 3);
    chunks[1].crc = dc_crc32(0, "de", 2);
    dc_writer_init(&w, 1000);
    dc_container_put(&w, chunks, 2);
    dc_put_bytes(&w, "abcde", 5);
    assert_ok(w.status);
    return w;
}

static void a_container_comes_back_as_it_was_put(void **state)
{
    (void)state;
    dc_writer w = two_chunks();
    dc_container c;
    assert_ok(dc_container_parse(&c, w.data, w.size, "x"));
    assert_ok(dc_container_check_chunks(&c));
    assert_int_equal(c.n_chunks, 2);
    assert_int_equal(c.table_bytes, 58);
    assert_int_equal(c.chunks[0].offset, 58);
    assert_int_equal(c.chunks[0].size, 3);
    assert_int_equal(c.chunks[1].size, 2);
    assert_string_equal(c.chunks[1].name, "WGTS");
    assert_ok(dc_chunk_check_crc(&c, &c.chunks[0]));
    assert_ok(dc_chunk_check_crc(&c, &c.chunks[1]));
    dc_reader r = dc_chunk_reader(&c, &c.chunks[1]);
    assert_int_equal(dc_get_u8(&r), 'd');
    assert_int_equal(r.origin, 61);
    dc_writer_clear(&w);
}

static void a_changed_chunk_has_a_wrong_checksum(void **state)
{
    (void)state;
    dc_writer w = two_chunks();
    dc_container c;
    w.data[60] ^= 1;
    assert_ok(dc_container_parse(&c, w.data, w.size, "x"));
    assert_fails(DC_ECORRUPT, dc_chunk_check_crc(&c, &c.chunks[0]));
    assert_ok(dc_chunk_check_crc(&c, &c.chunks[1]));
    dc_writer_clear(&w);
}

static void every_bit_of_header_and_table_is_protected(void **state)
{
    (void)state;
    dc_writer w = two_chunks();
    dc_container c;
    for (uint32_t bit = 0; bit < 58 * 8; bit++) {
        w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(dc_container_parse(&c, w.data, w.size, "x") < 0);
        w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    dc_writer_clear(&w);
}

static void a_text_mode_transfer_is_named(void **state)
{
    (void)state;
    static const uint8_t stripped[] = "\x09" "dcm\r\n\x1a\n\x01\x00";
    static const uint8_t converted[] = "\x89" "dcm\n\x1a\n\x01\x00.";
    dc_container c;
    assert_fails(DC_ECORRUPT, dc_container_parse(&c, stripped, 10, "x"));
    assert_non_null(strstr(dc_message(), "text mode"));
    assert_fails(DC_ECORRUPT, dc_container_parse(&c, converted, 10, "x"));
    assert_non_null(strstr(dc_message(), "text mode"));
    assert_fails(DC_ECORRUPT, dc_container_parse(&c, "PK\3\4not a model", 15, "x"));
    assert_non_null(strstr(dc_message(), "not a .dcm model"));
}

static void too_many_rows_are_refused(void **state)
{
    (void)state;
    dc_chunk chunks[DC_MAX_CHUNKS + 1] = { { 0 } };
    dc_writer w;
    dc_container c;
    for (uint32_t i = 0; i <= DC_MAX_CHUNKS; i++)
        chunks[i].id = DC_CHUNK_ID('a' + i % 26, 'A' + i / 26, 'x', 'x');
    dc_writer_init(&w, 10000);
    dc_container_put(&w, chunks, DC_MAX_CHUNKS);
    assert_ok(dc_container_parse(&c, w.data, w.size, "x"));
    dc_writer_clear(&w);
    dc_container_put(&w, chunks, DC_MAX_CHUNKS + 1);
    assert_fails(DC_ECORRUPT, dc_container_parse(&c, w.data, w.size, "x"));
    dc_writer_clear(&w);
}

static void a_file_without_graph_or_weights_is_refused(void **state)
{
    (void)state;
    const dc_chunk chunk = { .id = DC_CHUNK_GRAPH };
    dc_writer w;
    dc_container c;
    dc_writer_init(&w, 1000);
    dc_container_put(&w, &chunk, 1);
    assert_ok(dc_container_parse(&c, w.data, w.size, "x"));
    assert_fails(DC_ECORRUPT, dc_container_check_chunks(&c));
    assert_non_null(strstr(dc_message(), "WGTS is missing"));
    dc_writer_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_container_comes_back_as_it_was_put),
        cmocka_unit_test(a_changed_chunk_has_a_wrong_checksum),
        cmocka_unit_test(every_bit_of_header_and_table_is_protected),
        cmocka_unit_test(a_text_mode_transfer_is_named),
        cmocka_unit_test(too_many_rows_are_refused),
        cmocka_unit_test(a_file_without_graph_or_weights_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
