/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "param_row.h"

static void assert_comes_back(const dc_row *row, uint64_t n_values)
{
    dc_writer w;
    dc_row back;
    dc_writer_init(&w, 100);
    dc_row_put(&w, row);
    dc_reader r = dc_reader_over(w.data, w.size, "row");
    assert_ok(dc_row_get(&back, &r, n_values, dc_layouts));
    assert_int_equal(dc_reader_left(&r), 0);
    assert_int_equal(w.size, dc_row_bytes(row));
    assert_int_equal(back.encoding, row->encoding);
    assert_int_equal(back.is_half, row->is_half);
    assert_int_equal(back.is_pruned, row->is_pruned);
    assert_int_equal(back.is_shared, row->is_shared);
    assert_int_equal(back.is_column_major, row->is_column_major);
    assert_int_equal(back.gap_bits, row->gap_bits);
    assert_int_equal(back.codes_coder, row->codes_coder);
    assert_int_equal(back.gaps_coder, row->gaps_coder);
    assert_int_equal(back.n_codebook, row->n_codebook);
    assert_int_equal(back.n_entries, row->n_entries);
    assert_int_equal(back.is_rising, row->is_rising);
    assert_int_equal(back.coded_codebook_bytes, row->coded_codebook_bytes);
    assert_int_equal(back.codes_bytes, row->codes_bytes);
    assert_int_equal(back.gaps_bytes, row->gaps_bytes);
    dc_writer_clear(&w);
}

static void rows_come_back_in_the_size_foretold(void **state)
{
    (void)state;
    const dc_row rows[] = {
        { .encoding = ROW_DENSE, .n_entries = 300 },
        { .encoding = ROW_DENSE, .is_half = true, .is_pruned = true, .n_entries = 300 },
        { .encoding = ROW_DENSE, .layer_coder = 1, .is_half = true, .n_entries = 300,
          .codes_bytes = 200 },
        { .encoding = ROW_DENSE, .layer_coder = 2, .is_pruned = true, .n_entries = 300 },
        { .encoding = ROW_SPARSE, .gap_bits = 2, .gaps_coder = 7, .n_entries = 128,
          .gaps_bytes = 127 },
        { .encoding = ROW_SHARED, .is_shared = true, .codes_coder = 1, .n_codebook = 256,
          .n_entries = 300, .codes_bytes = 16384 },
        { .encoding = ROW_PACKED, .is_column_major = true, .gap_bits = 8, .codes_coder = 1,
          .gaps_coder = 1, .n_codebook = 1, .n_entries = 127, .codes_bytes = 1, .gaps_bytes = 200 },
        { .encoding = ROW_SHARED, .is_rising = true, .n_codebook = 1, .n_entries = 300,
          .coded_codebook_bytes = 5, .codes_bytes = 1 },
        { .encoding = ROW_PACKED, .is_rising = true, .is_half = true, .gap_bits = 2,
          .gaps_coder = 7, .n_codebook = 256, .n_entries = 127, .coded_codebook_bytes = 700,
          .codes_bytes = 1, .gaps_bytes = 200 },
    };
    for (size_t i = 0; i < DC_COUNT_OF(rows); i++)
        assert_comes_back(&rows[i], 300);
}

static void assert_fails_to_read(dc_status code, const char *bytes, uint64_t n, const char *text)
{
    dc_row row;
    dc_reader r = dc_reader_over(bytes, n, "row");
    assert_fails(code, dc_row_get(&row, &r, 100, dc_layouts));
    if (strstr(dc_message(), text) == NULL)
        fail_msg("'%s' does not say '%s'", dc_message(), text);
}

static void assert_refused(const char *bytes, uint64_t n, const char *text)
{
    assert_fails_to_read(DC_ECORRUPT, bytes, n, text);
}

static void unknown_coders_of_whole_layers_are_not_supported(void **state)
{
    (void)state;
    assert_fails_to_read(DC_EUNSUPPORTED, "\x60\x00", 2, "unknown coder 3 of whole layers");
    assert_fails_to_read(DC_EUNSUPPORTED, "\xfc\x00", 2, "unknown coder 7 of whole layers");
}

static void rows_that_lie_are_refused(void **state)
{
    (void)state;
    assert_refused("\x20", 1, "1 bytes needed");       /* mix, without size */
    assert_refused("\x41\x01\x01\x01", 4, "reserved"); /* sparse with codes */
    assert_refused("\x01\x00\x01\x01", 4, "row kind"); /* sparse, no gaps   */
    assert_refused("\x42\x00\x00\x01", 4, "row kind"); /* shared with gaps  */
    assert_refused("\x02\x10\x00\x01", 4, "reserved");
    assert_refused("\x41\x80\x01\x01", 4, "reserved"); /* sparse, rising    */
    assert_refused("\x43\x80\x00\x01\x01\x01\x01", 7, "no numbers is coded");
    assert_refused("\x43\x80\x01\x80\x00\x01\x01\x01", 8, "shortest");
    assert_refused("\x43\x00\x00\x65\x01\x01", 6, "101 is over the limit of 100");
    assert_refused("\x43\x00\x00\x64\x01", 5, "1 bytes needed");
}

static void a_body_that_overflows_has_no_size(void **state)
{
    (void)state;
    const dc_row row = { .encoding = ROW_PACKED, .n_codebook = 2, .codes_bytes = UINT64_MAX - 2,
                         .gaps_bytes = 1 };
    assert_true(dc_row_body_bytes(&row) == UINT64_MAX);
    const dc_row twice = { .encoding = ROW_PACKED, .n_codebook = 2,
                           .codes_bytes = UINT64_MAX / 2 + 1, .gaps_bytes = UINT64_MAX / 2 + 1 };
    assert_true(dc_row_body_bytes(&twice) == UINT64_MAX);
    const dc_row rising = { .encoding = ROW_SHARED, .n_codebook = 2, .is_rising = true,
                            .coded_codebook_bytes = UINT64_MAX - 1, .codes_bytes = 2 };
    assert_true(dc_row_body_bytes(&rising) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back_in_the_size_foretold),
        cmocka_unit_test(unknown_coders_of_whole_layers_are_not_supported),
        cmocka_unit_test(rows_that_lie_are_refused),
        cmocka_unit_test(a_body_that_overflows_has_no_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
