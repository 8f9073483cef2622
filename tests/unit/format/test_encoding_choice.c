/* SPDX-License-Identifier: MIT */
#include "format_helpers.h"

/* What a layer of this kind is stored as; checks that it comes back bit-equal. */
static dc_param_info stored(uint32_t n_rows, uint32_t n_cols, const sample_fill *fill,
                            const dc_write_settings *settings)
{
    dc_arena arena = { 0 };
    dc_model *m = NULL;
    dc_ledger ledger;
    assert_ok(sample_layer(&m, n_rows, n_cols, fill));
    dc_writer w = encoded(m, settings, &ledger, &arena);
    dc_model *back = decoded(&w, DC_READ_DENSE);
    assert_same_values(m, back);
    const dc_param_info info = ledger.params[0];
    dc_model_free(m);
    dc_model_free(back);
    dc_writer_clear(&w);
    dc_arena_clear(&arena);
    return info;
}

static dc_encoding chosen(uint32_t n_rows, uint32_t n_cols, sample_fill fill, dc_level level)
{
    const dc_write_settings settings = settings_of(level);
    return stored(n_rows, n_cols, &fill, &settings).encoding;
}

static void many_different_values_stay_f32(void **state)
{
    (void)state;
    assert_int_equal(chosen(40, 50, (sample_fill){ .density = 1 }, DC_LEVEL_CODED),
                     DC_ENCODING_F32);
}

static void values_that_halves_hold_exactly_become_f16(void **state)
{
    (void)state;
    assert_int_equal(chosen(40, 50, (sample_fill){ .density = 1, .is_half = true }, DC_LEVEL_PLAIN),
                     DC_ENCODING_F16);
}

static void few_of_many_different_values_become_sparse(void **state)
{
    (void)state;
    assert_int_equal(chosen(40, 50, (sample_fill){ .density = 0.2 }, DC_LEVEL_PLAIN),
                     DC_ENCODING_SPARSE);
    assert_int_equal(chosen(40, 100, (sample_fill){ .density = 0.2, .is_half = true },
                            DC_LEVEL_CODED),
                     DC_ENCODING_SPARSE);
}

static void few_distinct_values_become_shared(void **state)
{
    (void)state;
    const sample_fill fill = { .density = 1, .n_distinct = 16 };
    assert_int_equal(chosen(40, 50, fill, DC_LEVEL_PLAIN), DC_ENCODING_SHARED);
    assert_int_equal(chosen(40, 50, fill, DC_LEVEL_CODED), DC_ENCODING_SHARED);
}

static void few_of_few_distinct_values_become_packed(void **state)
{
    (void)state;
    const sample_fill fill = { .density = 0.1, .n_distinct = 16 };
    assert_int_equal(chosen(40, 50, fill, DC_LEVEL_PLAIN), DC_ENCODING_PACKED);
    assert_int_equal(chosen(40, 50, fill, DC_LEVEL_CODED), DC_ENCODING_PACKED);
}

static void the_dense_level_keeps_everything_f32(void **state)
{
    (void)state;
    const sample_fill fill = { .density = 0.1, .n_distinct = 4, .is_half = true };
    assert_int_equal(chosen(40, 50, fill, DC_LEVEL_DENSE), DC_ENCODING_F32);
}

static void the_plain_level_codes_nothing(void **state)
{
    (void)state;
    const sample_fill fill = { .density = 0.1, .n_distinct = 16 };
    const dc_write_settings settings = settings_of(DC_LEVEL_PLAIN);
    const dc_param_info info = stored(100, 50, &fill, &settings);
    assert_int_equal(info.codes.coder_id, 0);
    assert_int_equal(info.gaps.coder_id, 0);
    assert_int_equal(info.codes.table_bytes + info.gaps.table_bytes, 0);
}

static void the_coded_level_is_smaller_than_the_plain_one(void **state)
{
    (void)state;
    const sample_fill fill = { .density = 0.1, .n_distinct = 16 };
    const dc_write_settings plain = settings_of(DC_LEVEL_PLAIN);
    const dc_write_settings coded = settings_of(DC_LEVEL_CODED);
    const dc_param_info a = stored(100, 50, &fill, &plain), b = stored(100, 50, &fill, &coded);
    assert_true(b.total_bytes < a.total_bytes);
    assert_int_equal(b.codes.coder_id, 1);
}

static void empty_columns_make_the_order_column_major(void **state)
{
    (void)state;
    const sample_fill fill = { .density = 0.2, .n_distinct = 9, .is_by_column = true };
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    assert_true(stored(100, 50, &fill, &settings).is_column_major);
    const sample_fill sparse = { .density = 0.2, .is_by_column = true };
    const dc_param_info info = stored(100, 50, &sparse, &settings);
    assert_true(info.is_column_major);
    assert_int_equal(info.encoding, DC_ENCODING_SPARSE);
}

static void a_wanted_gap_width_is_kept(void **state)
{
    (void)state;
    const sample_fill fill = { .density = 0.02, .n_distinct = 9 };
    for (uint32_t bits = DC_MIN_GAP_BITS; bits <= DC_MAX_GAP_BITS; bits++) {
        const dc_write_settings settings = { .level = DC_LEVEL_CODED, .gap_bits = bits };
        const dc_param_info info = stored(100, 50, &fill, &settings);
        assert_int_equal(info.encoding, DC_ENCODING_PACKED);
        assert_int_equal(info.gap_bits, bits);
        if (bits <= 4)
            assert_true(info.n_entries > info.n_nonzero);
    }
}

static void the_best_gap_width_is_no_larger_than_any_other(void **state)
{
    (void)state;
    for (uint32_t level = DC_LEVEL_PLAIN; level <= DC_LEVEL_CODED; level++) {
        const sample_fill fill = { .density = 0.05, .n_distinct = 30 };
        const dc_write_settings best = settings_of((dc_level)level);
        const uint64_t bytes = stored(80, 60, &fill, &best).total_bytes;
        for (uint32_t bits = DC_MIN_GAP_BITS; bits <= DC_MAX_GAP_BITS; bits++) {
            const dc_write_settings settings = { .level = level, .gap_bits = bits };
            assert_true(stored(80, 60, &fill, &settings).total_bytes >= bytes);
        }
    }
}

static void a_layer_of_zeros_takes_a_few_bytes(void **state)
{
    (void)state;
    const sample_fill fill = { .density = 0 };
    for (uint32_t level = DC_LEVEL_PLAIN; level <= DC_LEVEL_CODED; level++) {
        const dc_write_settings settings = settings_of((dc_level)level);
        const dc_param_info info = stored(1000, 300, &fill, &settings);
        assert_between(info.total_bytes, 3, 6);
        assert_int_equal(info.n_nonzero, 0);
    }
}

static void a_layer_of_one_value_takes_a_few_bytes(void **state)
{
    (void)state;
    const sample_fill fill = { .density = 1, .n_distinct = 1 };
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    const dc_param_info info = stored(300, 100, &fill, &settings);
    assert_int_equal(info.encoding, DC_ENCODING_SHARED);
    assert_int_equal(info.n_codebook, 1);
    assert_between(info.total_bytes, 6, 10);
}

static void codebooks_that_halves_hold_take_half(void **state)
{
    (void)state;
    const dc_write_settings settings = settings_of(DC_LEVEL_PLAIN);
    const sample_fill whole = { .density = 0.1, .n_distinct = 16 };
    const sample_fill half = { .density = 0.1, .n_distinct = 16, .is_half = true };
    assert_int_equal(stored(100, 50, &whole, &settings).codebook_bytes, 64);
    assert_int_equal(stored(100, 50, &half, &settings).codebook_bytes, 32);
}

static void a_full_codebook_of_256_values_is_shared(void **state)
{
    (void)state;
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    const sample_fill fill = { .density = 1, .n_distinct = 256 };
    const dc_param_info info = stored(200, 200, &fill, &settings);
    assert_int_equal(info.encoding, DC_ENCODING_SHARED);
    assert_between(info.n_codebook, 250, 256);
    const sample_fill packed = { .density = 0.3, .n_distinct = 255 };
    assert_int_equal(stored(200, 300, &packed, &settings).encoding, DC_ENCODING_PACKED);
}

/* Shared: 200 values of float32, about as many bits less than 32 each as they have neighbours. */
static void large_codebooks_are_coded_by_differences(void **state)
{
    (void)state;
    const dc_write_settings coded = settings_of(DC_LEVEL_CODED);
    const dc_write_settings raw = { .level = DC_LEVEL_CODED, .coder_mask = 1 };
    for (int is_half = 0; is_half < 2; is_half++)
        for (int is_packed = 0; is_packed < 2; is_packed++) {
            const sample_fill fill = { .density = is_packed ? 0.3 : 1, .n_distinct = 200,
                                       .is_half = is_half };
            const dc_param_info a = stored(100, 90, &fill, &raw);
            const dc_param_info b = stored(100, 90, &fill, &coded);
            const uint32_t n_stored = a.n_codebook - (is_packed ? 1 : 0);
            assert_int_equal(a.codebook_bytes, n_stored * (is_half ? 2 : 4));
            assert_int_equal(b.encoding, is_packed ? DC_ENCODING_PACKED : DC_ENCODING_SHARED);
            assert_true(b.codebook_bytes < a.codebook_bytes * 4 / 5);
        }
}

static void a_single_value_comes_back(void **state)
{
    (void)state;
    for (uint32_t level = DC_LEVEL_DENSE; level <= DC_LEVEL_CODED; level++)
        for (int is_zero = 0; is_zero < 2; is_zero++) {
            const sample_fill fill = { .density = is_zero ? 0 : 1 };
            const dc_write_settings settings = settings_of((dc_level)level);
            assert_between(stored(1, 1, &fill, &settings).total_bytes, 3, 5);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_different_values_stay_f32),
        cmocka_unit_test(values_that_halves_hold_exactly_become_f16),
        cmocka_unit_test(few_of_many_different_values_become_sparse),
        cmocka_unit_test(few_distinct_values_become_shared),
        cmocka_unit_test(few_of_few_distinct_values_become_packed),
        cmocka_unit_test(the_dense_level_keeps_everything_f32),
        cmocka_unit_test(the_plain_level_codes_nothing),
        cmocka_unit_test(the_coded_level_is_smaller_than_the_plain_one),
        cmocka_unit_test(empty_columns_make_the_order_column_major),
        cmocka_unit_test(a_wanted_gap_width_is_kept),
        cmocka_unit_test(the_best_gap_width_is_no_larger_than_any_other),
        cmocka_unit_test(a_layer_of_zeros_takes_a_few_bytes),
        cmocka_unit_test(a_layer_of_one_value_takes_a_few_bytes),
        cmocka_unit_test(codebooks_that_halves_hold_take_half),
        cmocka_unit_test(a_full_codebook_of_256_values_is_shared),
        cmocka_unit_test(large_codebooks_are_coded_by_differences),
        cmocka_unit_test(a_single_value_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
