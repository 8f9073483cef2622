/* SPDX-License-Identifier: MIT
 *
 * The container of version 2: what is put is found, and every bit and byte counts.
 */
#include "format_helpers.h"

#include "chunk.h"

static dc_write_settings compact(bool is_stripped)
{
    dc_write_settings s = settings_of(DC_LEVEL_CODED);
    dc_write_allow(&s, 0);
    s.is_stripped = is_stripped;
    return s;
}

static dc_writer file_of(dc_status (*make)(dc_model **), bool is_stripped)
{
    dc_model *m = NULL;
    const dc_write_settings settings = compact(is_stripped);
    assert_ok(make(&m));
    dc_writer w = encoded(m, &settings, NULL, NULL);
    dc_model_free(m);
    return w;
}

static void whole_models_come_back(void **state)
{
    (void)state;
    dc_status (*const makers[])(dc_model **) = { sample_every_op, sample_later_ops };
    for (size_t i = 0; i < DC_COUNT_OF(makers); i++)
        for (int is_stripped = 0; is_stripped < 2; is_stripped++) {
            dc_model *m = NULL;
            assert_ok(makers[i](&m));
            dc_writer w = file_of(makers[i], is_stripped != 0);
            dc_model *back = decoded(&w, DC_READ_DENSE);
            assert_same_graph(m, back);
            assert_same_values(m, back);
            assert_int_equal(back->n_history, is_stripped ? 0 : m->n_history);
            assert_int_equal(back->n_class_names, is_stripped ? 0 : m->n_class_names);
            dc_model_free(m);
            dc_model_free(back);
            dc_writer_clear(&w);
        }
}

/* A stripped file without further chunks: 10 bytes before the graph. */
static void the_header_takes_ten_bytes(void **state)
{
    (void)state;
    dc_model *m = NULL;
    dc_container c;
    const dc_write_settings settings = compact(true);
    assert_ok(sample_lenet(&m, 28, 20, 50, 500));
    dc_writer w = encoded(m, &settings, NULL, NULL);
    assert_ok(dc_container_parse(&c, w.data, w.size, "x"));
    assert_int_equal(c.major, 2);
    assert_int_equal(c.n_chunks, 2);
    assert_int_equal(c.table_bytes, 10);
    assert_true(c.chunks[0].is_deflated);
    assert_int_equal(c.chunks[0].offset, 10);
    assert_true(c.graph_bytes > c.chunks[0].size);
    assert_int_equal(c.chunks[1].offset + c.chunks[1].size, w.size);
    dc_model_free(m);
    dc_writer_clear(&w);
}

static void every_bit_and_every_length_is_checked(void **state)
{
    (void)state;
    for (int is_stripped = 0; is_stripped < 2; is_stripped++) {
        dc_writer w = file_of(sample_every_op, is_stripped != 0);
        dc_container c;
        for (uint64_t bit = 0; bit < w.size * 8; bit += bit < 800 ? 1 : 13) {
            w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_true(dc_container_parse(&c, w.data, w.size, "x") < 0);
            w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (uint64_t n = 0; n < w.size; n += n < 100 ? 1 : 17)
            assert_true(dc_container_parse(&c, w.data, n, "x") < 0);
        assert_ok(dc_container_parse(&c, w.data, w.size, "x"));
        dc_put_u8(&w, 0);
        assert_true(dc_container_parse(&c, w.data, w.size, "x") < 0);
        dc_writer_clear(&w);
    }
}

/* A container of these parts with a right checksum. */
static dc_status parse(uint64_t head, uint64_t weights_bytes, const void *rest, uint64_t n,
                       const char *text)
{
    static dc_container c;
    dc_writer w;
    dc_writer_init(&w, 1 << 20);
    dc_compact_put(&w, head >> 2, (head & 1) != 0, (head & 2) != 0, weights_bytes);
    dc_put_bytes(&w, rest, n);
    dc_compact_seal(&w, dc_crc32(0, w.data, w.size));
    const dc_status status = dc_container_parse(&c, w.data, w.size, "x");
    dc_writer_clear(&w);
    if (status < 0 && strstr(dc_message(), text) == NULL)
        fail_msg("'%s' does not say '%s'", dc_message(), text);
    return status;
}

static void parts_that_lie_are_refused(void **state)
{
    (void)state;
    assert_ok(parse(3 << 2, 0, "abcde", 5, ""));
    assert_ok(parse(3 << 2 | 2, 2, "abcde", 5, ""));
    assert_ok(parse(3 << 2 | 2, 2, "abcdexTRA\x01?", 11, ""));
    assert_fails(DC_ECORRUPT, parse(6 << 2, 0, "abcde", 5, "bytes needed"));
    assert_fails(DC_ECORRUPT, parse(UINT64_MAX - 3, 0, "abcde", 5, "bytes needed"));
    assert_fails(DC_ECORRUPT, parse(3 << 2 | 2, 3, "abcde", 5, "bytes needed"));
    assert_fails(DC_ECORRUPT, parse(3 << 2 | 2, 2, "abcdexTR", 8, "bytes needed"));
    assert_fails(DC_ECORRUPT, parse(3 << 2 | 2, 2, "abcdexTRA\x02?", 11, "bytes needed"));
    assert_fails(DC_ECORRUPT, parse(3 << 2 | 2, 2, "abcdex1RA\x01?", 11, "not four letters"));
    assert_fails(DC_ECORRUPT, parse(3 << 2 | 2, 2, "abcdeWGTS\x01?", 11, "WGTS occurs twice"));
    assert_fails(DC_ECORRUPT, parse(3 << 2 | 1, 0, "\xff\xff\xff", 3, "deflate stream"));
    assert_fails(DC_ECORRUPT, parse(3 << 2 | 1, 0, "\x03\x00\x00", 3, "after the deflate stream"));
    assert_ok(parse(2 << 2 | 1, 0, "\x03\x00\x00", 3, ""));
}

static void versions_to_come_are_not_supported(void **state)
{
    (void)state;
    dc_container c;
    const uint8_t later[] = "\x89" "dcm\x03....................";
    const uint8_t none[] = "\x89" "dcm\x01....................";
    assert_fails(DC_EUNSUPPORTED, dc_container_parse(&c, later, sizeof later, "x"));
    assert_non_null(strstr(dc_message(), "version 3 is newer than 2"));
    assert_fails(DC_ECORRUPT, dc_container_parse(&c, none, sizeof none, "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_models_come_back),
        cmocka_unit_test(the_header_takes_ten_bytes),
        cmocka_unit_test(every_bit_and_every_length_is_checked),
        cmocka_unit_test(parts_that_lie_are_refused),
        cmocka_unit_test(versions_to_come_are_not_supported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
