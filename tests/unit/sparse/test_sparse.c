/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/sparse.h"

enum { MOST = 60000 };

typedef struct drawn {
    float values[MOST];
    dc_param param;
} drawn;

/* `n_values` different ones besides 0; 0: all are different. */
static void draw(drawn *d, dc_rng *rng, uint32_t n_rows, uint32_t n_cols, double density,
                 uint32_t n_values)
{
    const uint64_t n = (uint64_t)n_rows * n_cols;
    for (uint64_t i = 0; i < n; i++) {
        const bool is_kept = dc_rng_unit(rng) < density;
        d->values[i] = !is_kept        ? 0
                       : n_values == 0 ? (float)dc_rng_normal(rng)
                                       : (float)(1 + (int)dc_rng_below(rng, n_values)) *
                                             (dc_rng_below(rng, 2) ? 0.25f : 0.5f);
    }
    d->param = (dc_param){ .name = "fc.weight", .shape = { 2, { n_rows, n_cols } },
                           .n_values = n, .values = d->values };
}

/* What stands in the arrays, as a dense matrix. */
static void spread_rows(float *values, const dc_sparse_rows *a)
{
    for (uint32_t line = 0; line < 16 * a->n_slices; line++) {
        const uint32_t row = a->order[line], lane = line % 16;
        uint32_t col = 0;
        for (uint64_t s = a->first[line / 16]; s < a->first[line / 16 + 1]; s++) {
            float value;
            if (a->kind == DC_SPARSE_FLOATS)
                value = a->values[16 * s + lane];
            else if (a->kind == DC_SPARSE_BYTES)
                value = a->book[a->codes[16 * s + lane]];
            else
                value = a->book[a->codes[8 * s + lane % 8] >> (lane < 8 ? 0 : 4) & 15];
            col += a->moves[16 * s + lane];
            assert_true(col < a->n_cols);
            assert_true(value == 0 || row < a->n_rows);
            if (value != 0) {
                assert_true(values[(uint64_t)row * a->n_cols + col] == 0);
                values[(uint64_t)row * a->n_cols + col] = value;
            }
        }
    }
}

static void spread_columns(float *values, const dc_sparse_columns *a)
{
    assert_int_equal(a->n_blocks, (a->n_rows + 63) / 64);
    for (uint32_t col = 0; col < a->n_cols; col++) {
        const uint8_t *codes = a->codes + a->first[col];
        for (uint32_t b = 0; b < a->n_blocks; b++) {
            uint32_t n = 0;
            for (uint32_t bit = 0; bit < 64; bit++) {
                const uint32_t row = 64 * b + 16 * (bit % 4) + bit / 4;
                if ((a->masks[(uint64_t)col * a->n_blocks + b] >> bit & 1) == 0)
                    continue;
                assert_true(row < a->n_rows);
                values[(uint64_t)row * a->n_cols + col] =
                    a->book[a->kind == DC_SPARSE_BYTES ? codes[n] : codes[n / 2] >> n % 2 * 4 & 15];
                n++;
            }
            codes += a->kind == DC_SPARSE_BYTES ? n : (n + 1) / 2;
        }
    }
}

static void check(const drawn *d, const dc_param *param, dc_sparse_codes kind)
{
    static float spread[MOST];
    for (int order = 0; order < 2; order++) {
        dc_arena arena = { 0 };
        dc_sparse a;
        if (order == DC_SPARSE_BY_COLUMNS && kind == DC_SPARSE_FLOATS) {
            assert_fails(DC_EUNSUPPORTED,
                         dc_sparse_make(&a, param, DC_SPARSE_BY_COLUMNS, &arena));
            dc_arena_clear(&arena);
            continue;
        }
        assert_ok(dc_sparse_make(&a, param, (dc_sparse_order)order, &arena));
        memset(spread, 0, sizeof spread);
        if (order == DC_SPARSE_BY_ROWS)
            spread_rows(spread, &a.rows);
        else
            spread_columns(spread, &a.columns);
        assert_int_equal(order == DC_SPARSE_BY_ROWS ? a.rows.kind : a.columns.kind, kind);
        assert_memory_equal(spread, d->values, param->n_values * sizeof *spread);
        uint64_t n = 0;
        for (uint64_t i = 0; i < param->n_values; i++)
            n += d->values[i] != 0;
        assert_int_equal(a.n_nonzero, n);
        assert_true(a.n_places >= n);
        dc_arena_clear(&arena);
    }
}

static void every_value_is_where_it_was(void **state)
{
    static const uint32_t shapes[][2] = { { 1, 1 },    { 16, 9 },   { 17, 3000 },
                                          { 300, 200 }, { 5, 4000 }, { 3000, 20 } };
    static const double densities[] = { 0, 0.002, 0.09, 0.5, 1 };
    static drawn d;
    dc_rng rng;
    (void)state;
    dc_rng_init(&rng, 3, 0);
    for (size_t s = 0; s < DC_COUNT_OF(shapes); s++)
        for (size_t k = 0; k < DC_COUNT_OF(densities); k++) {
            draw(&d, &rng, shapes[s][0], shapes[s][1], densities[k], 10);
            check(&d, &d.param, DC_SPARSE_NIBBLES);
            for (int is_column_major = 0; is_column_major < 2; is_column_major++)
                for (int is_dense = 0; is_dense < 2; is_dense++) {
                    const dc_pack_plan plan = { is_dense, is_column_major, is_dense ? 0 : 4 };
                    dc_arena arena = { 0 };
                    dc_packed packed;
                    dc_param param = d.param;
                    assert_ok(dc_pack(&packed, d.values, shapes[s][0], shapes[s][1], &plan,
                                      &arena));
                    param.values = NULL;
                    param.packed = &packed;
                    check(&d, &param, DC_SPARSE_NIBBLES);
                    dc_arena_clear(&arena);
                }
        }
}

static void values_are_codes_where_there_are_few(void **state)
{
    static drawn d;
    dc_rng rng;
    (void)state;
    dc_rng_init(&rng, 4, 0);
    draw(&d, &rng, 200, 300, 0.3, 60);
    check(&d, &d.param, DC_SPARSE_BYTES);
    draw(&d, &rng, 200, 300, 0.3, 0);
    check(&d, &d.param, DC_SPARSE_FLOATS);
    for (uint32_t n = 254; n <= 257; n++) { /* besides 0; with it at most 256 */
        draw(&d, &rng, n, 10, 0, 1);
        for (uint32_t i = 0; i < n; i++)
            d.values[3 * i] = (float)i - 500.5f;
        check(&d, &d.param, n < 256 ? DC_SPARSE_BYTES : DC_SPARSE_FLOATS);
    }
}

static void a_far_place_takes_places_between(void **state)
{
    static drawn d;
    static const uint32_t far[] = { 0, 255, 256, 510, 511, 999 };
    dc_rng rng;
    (void)state;
    dc_rng_init(&rng, 5, 0);
    for (size_t i = 0; i < DC_COUNT_OF(far); i++) {
        draw(&d, &rng, 20, 1000, 0, 1);
        d.values[far[i]] = 2;
        check(&d, &d.param, DC_SPARSE_NIBBLES);
        draw(&d, &rng, 1000, 20, 0, 1);
        d.values[20 * far[i] + 3] = 2;
        check(&d, &d.param, DC_SPARSE_NIBBLES);
    }
}

static void memory_is_what_is_said(void **state)
{
    static drawn d;
    dc_arena arena = { 0 };
    dc_sparse a;
    dc_rng rng;
    (void)state;
    dc_rng_init(&rng, 6, 0);
    draw(&d, &rng, 128, 400, 0.1, 10);
    assert_ok(dc_sparse_make(&a, &d.param, DC_SPARSE_BY_ROWS, &arena));
    assert_int_equal(a.n_places, 16 * a.rows.first[a.rows.n_slices]);
    assert_int_equal(a.n_bytes, a.n_places * 3 / 2 + 128 * 4 + 9 * 8 + 16 * 4);
    assert_true((double)a.n_places < 1.15 * (double)a.n_nonzero);
    assert_ok(dc_sparse_make(&a, &d.param, DC_SPARSE_BY_COLUMNS, &arena));
    const uint64_t n_masks = 2 * 400, n_least = 8 * n_masks + a.n_nonzero / 2 + 400 * 4 + 16 * 4;
    assert_true(a.n_bytes >= n_least && a.n_bytes <= n_least + n_masks / 2 + 32);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_where_it_was),
        cmocka_unit_test(values_are_codes_where_there_are_few),
        cmocka_unit_test(a_far_place_takes_places_between),
        cmocka_unit_test(memory_is_what_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
