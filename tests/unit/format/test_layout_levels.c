/* SPDX-License-Identifier: MIT
 *
 * Layers as levels, through whole files: each kind of book with each coder comes back bit-equal,
 * and damage inside a body is refused.
 */
#include "format_helpers.h"

#include "level_book.h"
#include "layouts.h"

enum { LITE = 5, MIX = 6 }; /* words of dc_write_coder_words */

static dc_write_settings settings_with(uint32_t word)
{
    dc_write_settings s = settings_of(DC_LEVEL_CODED);
    dc_write_allow(&s, word);
    return s;
}

/* ---- layers of each kind --------------------------------------------------------------------- */

#define N_ROWS 24u
#define N_COLS 90u

static int level_at(dc_rng *rng, int most)
{
    if (dc_rng_below(rng, 100) >= 30)
        return 0;
    int size = 1;
    while (size < most && dc_rng_below(rng, 2) == 0)
        size++;
    return dc_rng_below(rng, 2) == 0 ? size : -size;
}

static void fill_grid(float *values, uint64_t n, float step, int most, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 1);
    for (uint64_t i = 0; i < n; i++)
        values[i] = (float)level_at(&rng, most) * step;
    values[0] = step;
    values[1] = (float)-most * step;
}

static void fill_trellis(float *values, uint64_t n, float step, uint64_t seed)
{
    int16_t *levels = dc_grow(NULL, n, sizeof *levels);
    dc_rng rng;
    dc_rng_init(&rng, seed, 1);
    assert_non_null(levels);
    for (uint64_t i = 0; i < n; i++)
        levels[i] = (int16_t)level_at(&rng, 6);
    levels[0] = 1;
    levels[1] = -6;
    dc_trellis_values(values, levels, n, step);
    dc_release(levels);
}

static void fill_rows(float *values, uint32_t n_rows, uint32_t n_cols, uint64_t seed)
{
    for (uint32_t row = 0; row < n_rows; row++)
        fill_grid(values + row * n_cols, n_cols, dc_grid_step(0.01 * (1 + row * 1.37), 4), 7,
                  seed + row);
}

static void fill_values(float *values, uint64_t n, uint32_t n_distinct, bool has_zeros,
                        uint64_t seed)
{
    float numbers[256];
    dc_rng rng;
    dc_rng_init(&rng, seed, 1);
    for (uint32_t i = 0; i < n_distinct; i++)
        numbers[i] = (float)dc_rng_normal(&rng);
    for (uint64_t i = 0; i < n; i++)
        values[i] = has_zeros && dc_rng_below(&rng, 4) != 0
                        ? 0
                        : numbers[i < n_distinct ? i : dc_rng_below(&rng, n_distinct)];
}

/* Of the model's first parameter after writing with the word and reading in every mode. */
static dc_param_info written(const dc_model *m, uint32_t word)
{
    const dc_write_settings settings = settings_with(word);
    dc_arena arena = { 0 };
    dc_ledger made, found;
    dc_model *back = NULL;
    dc_writer w = encoded(m, &settings, &made, &arena);
    assert_int_equal(made.file_bytes, w.size);
    assert_int_equal(ledger_sum(&made), w.size);
    assert_ok(dc_model_decode(&back, w.data, w.size, "x", DC_READ_DENSE, 0, &found, &arena));
    assert_same_values(m, back);
    assert_int_equal(ledger_sum(&found), w.size);
    assert_int_equal(found.params[0].total_bytes, made.params[0].total_bytes);
    assert_int_equal(found.params[0].n_nonzero, made.params[0].n_nonzero);
    assert_int_equal(found.params[0].n_above, made.params[0].n_above);
    assert_true(found.params[0].step == made.params[0].step);
    dc_writer again = encoded(back, &settings, NULL, NULL);
    assert_int_equal(again.size, w.size);
    assert_memory_equal(again.data, w.data, w.size);
    dc_param_info info = made.params[0];
    info.name = info.layer = NULL;
    dc_model_free(back);
    dc_writer_clear(&again);
    dc_writer_clear(&w);
    dc_arena_clear(&arena);
    return info;
}

static dc_model *empty_layer(uint32_t n_rows, uint32_t n_cols)
{
    dc_model *m = NULL;
    const sample_fill fill = { .density = 0 };
    assert_ok(sample_layer(&m, n_rows, n_cols, &fill));
    return m;
}

static void check_book(const dc_model *m, const char *book)
{
    for (uint32_t word = LITE; word <= MIX; word++) {
        const dc_param_info info = written(m, word);
        assert_int_equal(info.encoding, DC_ENCODING_LAYER);
        assert_string_equal(info.book, book);
    }
}

static void grids_come_back(void **state)
{
    (void)state;
    static const float steps[] = { 0.01953125f, 0x1.fep-4f, 0x1p-20f, 0x1.02p-40f, 0x1.8p+30f };
    static const int mosts[] = { 1, 6, 7, 9, 200 };
    dc_model *m = empty_layer(N_ROWS, N_COLS);
    for (size_t i = 0; i < DC_COUNT_OF(steps); i++) {
        fill_grid(m->params[0].values, m->params[0].n_values, steps[i], mosts[i], i);
        check_book(m, "grid");
        const dc_param_info info = written(m, MIX);
        assert_true(info.step == steps[i]);
        assert_int_equal(info.n_below, mosts[i]);
        const unsigned n_more = (info.n_above > 6 ? 1u : 0u) + (info.n_below > 6 ? 1u : 0u) +
                                (info.n_below > 134 ? 1u : 0u);
        assert_int_equal(info.codebook_bytes, (i == 0 || i == 2 ? 2u : 3u) + n_more);
    }
    dc_model_free(m);
}

static void a_trellis_comes_back(void **state)
{
    (void)state;
    dc_model *m = empty_layer(N_ROWS, N_COLS);
    fill_trellis(m->params[0].values, m->params[0].n_values, 0.0625f, 4);
    check_book(m, "trellis");
    const dc_param_info info = written(m, MIX);
    assert_true(info.step == 0.0625f);
    assert_int_equal(info.n_below, 6);
    m->params[0].values[700] += m->params[0].values[700] < 0 ? -0.0625f : 0.0625f;
    assert_string_equal(written(m, MIX).book, "grid"); /* it follows the machine no more */
    dc_model_free(m);
}

/* Layers of one piece are decoded side by side, others by all cores together. */
static void large_layers_come_back_by_any_number_of_jobs(void **state)
{
    (void)state;
    const dc_write_settings settings = settings_with(LITE);
    const dc_input input = sample_input(1, 24);
    dc_ledger ledger;
    dc_arena arena = { 0 };
    dc_model *m = NULL;
    assert_ok(dc_model_new(&m, "large", &input));
    for (unsigned i = 0; i < 3; i++) {
        const char *const names[] = { "a", "b", "c" };
        assert_ok(sample_add(m, names[i], DC_OP_LINEAR, 520, 0, 0));
        dc_param *p = &m->params[dc_node_param(&m->nodes[m->n_nodes - 1], 0)];
        if (i == 1)
            fill_grid(p->values, p->n_values, 0.5f, 6, i);
        else
            fill_trellis(p->values, p->n_values, 0.5f, i);
    }
    dc_writer w = encoded(m, &settings, &ledger, &arena);
    assert_string_equal(ledger.params[0].book, "trellis");
    assert_string_equal(ledger.params[2].book, "grid");
    for (unsigned jobs = 1; jobs <= 4; jobs++) {
        dc_pool_set_jobs(jobs);
        dc_model *back = decoded(&w, DC_READ_DENSE);
        assert_same_values(m, back);
        dc_model_free(back);
    }
    dc_pool_set_jobs(1);
    dc_writer_clear(&w);
    dc_arena_clear(&arena);
    dc_model_free(m);
}

static void rows_of_grids_of_their_own_come_back(void **state)
{
    (void)state;
    dc_model *m = empty_layer(N_ROWS, N_COLS);
    fill_rows(m->params[0].values, N_ROWS, N_COLS, 5);
    memset(m->params[0].values, 0, 2 * N_COLS * sizeof(float)); /* rows of zeros */
    memset(m->params[0].values + 9 * N_COLS, 0, N_COLS * sizeof(float));
    check_book(m, "rows");
    assert_int_equal(written(m, MIX).n_below, 7);
    dc_model_free(m);
}

static void few_values_come_back(void **state)
{
    (void)state;
    unsigned n_coded = 0;
    dc_model *m = empty_layer(N_ROWS, N_COLS);
    for (uint32_t n = 2; n <= 255; n = n * 2 + 1)
        for (int has_zeros = 0; has_zeros < 2; has_zeros++) {
            fill_values(m->params[0].values, m->params[0].n_values, n, has_zeros != 0, n);
            const dc_param_info info = written(m, MIX);
            if (info.encoding == DC_ENCODING_LAYER) {
                assert_string_equal(info.book, "values");
                assert_true(info.n_above + info.n_below <= n);
            }
            n_coded += info.encoding == DC_ENCODING_LAYER;
        }
    assert_true(n_coded >= 3); /* many numbers for few weights are not worth a book */
    fill_values(m->params[0].values, m->params[0].n_values, 256, false, 3);
    assert_true(written(m, MIX).encoding != DC_ENCODING_LAYER); /* one too many */
    dc_model_free(m);
}

static void zeros_take_two_bytes(void **state)
{
    (void)state;
    dc_model *m = empty_layer(N_ROWS, N_COLS);
    const dc_param_info info = written(m, MIX);
    assert_int_equal(info.encoding, DC_ENCODING_LAYER);
    assert_int_equal(info.total_bytes, 2);
    assert_null(info.book);
    assert_int_equal(info.n_nonzero, 0);
    dc_model_free(m);
}

static void a_zero_below_zero_reads_as_zero(void **state)
{
    (void)state;
    dc_model *m = empty_layer(N_ROWS, N_COLS), *back;
    fill_grid(m->params[0].values, m->params[0].n_values, 0.25f, 3, 9);
    m->params[0].values[5] = -0.0f;
    const dc_write_settings settings = settings_with(MIX);
    dc_writer w = encoded(m, &settings, NULL, NULL);
    back = decoded(&w, DC_READ_DENSE);
    m->params[0].values[5] = 0;
    assert_same_values(m, back);
    dc_model_free(back);
    dc_model_free(m);
    dc_writer_clear(&w);
}

/* Biases and all small parameters on a grid have it, too. */
static void every_parameter_may_be_levels(void **state)
{
    (void)state;
    dc_model *m = NULL;
    dc_arena arena = { 0 };
    dc_ledger ledger;
    assert_ok(sample_lenet(&m, 28, 12, 30, 60));
    for (uint32_t i = 0; i < m->n_params; i++)
        fill_grid(m->params[i].values, m->params[i].n_values, dc_grid_step(0.003 * (i + 1), 4), 3,
                  i);
    const dc_write_settings settings = settings_with(0);
    dc_writer w = encoded(m, &settings, &ledger, &arena);
    dc_model *back = decoded(&w, DC_READ_DENSE);
    assert_same_values(m, back);
    for (uint32_t i = 0; i < ledger.n_params; i++) {
        assert_int_equal(ledger.params[i].encoding, DC_ENCODING_LAYER);
        assert_true(ledger.params[i].header_bytes + ledger.params[i].codebook_bytes <= 5);
    }
    dc_model_free(back);
    dc_model_free(m);
    dc_writer_clear(&w);
    dc_arena_clear(&arena);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static dc_status read_book(const char *bytes, uint64_t n, bool is_half, const char *text)
{
    const dc_level_shape shape = { 4, 5, 1, 1 };
    dc_arena arena = { 0 };
    dc_level_book book;
    dc_reader r = dc_reader_over(bytes, n, "the book");
    const dc_status status =
        dc_level_book_get(&book, &r, is_half, &shape, dc_level_coder_find(1), &arena);
    dc_arena_clear(&arena);
    if (status < 0 && strstr(dc_message(), text) == NULL)
        fail_msg("'%s' does not say '%s'", dc_message(), text);
    return status;
}

static void books_that_lie_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint64_t n;
        bool is_half;
        const char *text;
    } cases[] = {
        { "", 0, true, "1 bytes needed" },
        { "\x00\x9a", 2, true, "book of 0 levels" },
        { "\x04", 1, true, "1 bytes needed" },
        { "\x1c\xf9\xff\x01\x9a", 5, true, "over the limit" },
        { "\x04\x00\x00", 3, false, "out of range" }, /* a step of 0, below, infinite, NaN */
        { "\x04\x00\xbf", 3, false, "out of range" },
        { "\x04\x80\x7f", 3, false, "out of range" },
        { "\x04\xc0\x7f", 3, false, "out of range" },
        { "\x04\x7f\x00", 3, false, "out of range" },  /* not normal             */
        { "\x08\x80\x7e", 3, false, NULL },            /* 2 steps are still finite */
        { "\x09\x80\x7e", 3, false, "out of range" },  /* 4 are not              */
        { "\x06\x00\x00", 3, false, "of one byte" },   /* rows of two bytes      */
        { "\x06\xff\x01\x00", 4, true, "have a range of 1" },
        { "\x06\x10\x00", 3, true, NULL },
        { "\xff\x79\x79\x00", 4, true, "book of 256 levels" }, /* of values */
        { "\x07\x01\x00", 3, true, "ends early" },
    };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        const bool is_good = cases[i].text == NULL;
        assert_int_equal(read_book(cases[i].bytes, cases[i].n, cases[i].is_half,
                                   is_good ? "" : cases[i].text) == DC_OK, is_good);
    }
}

/* Every byte of a body, changed: refused, or other values, which are finite. */
static void a_damaged_body_is_refused_or_read_within_bounds(void **state)
{
    (void)state;
    static const char *const kinds[] = { "grid", "trellis", "rows", "values" };
    for (size_t kind = 0; kind < DC_COUNT_OF(kinds); kind++) {
        dc_model *m = empty_layer(N_ROWS, N_COLS);
        float *values = m->params[0].values;
        const uint64_t n = m->params[0].n_values;
        if (kind == 0)
            fill_grid(values, n, 0.5f, 5, 1);
        else if (kind == 1)
            fill_trellis(values, n, 0.5f, 2);
        else if (kind == 2)
            fill_rows(values, N_ROWS, N_COLS, 3);
        else
            fill_values(values, n, 12, true, 4);
        const dc_write_settings settings = settings_with(MIX);
        dc_written_param p = { .param = &m->params[0] };
        p.geometry = dc_param_geometry(m, p.param);
        dc_writer_init(&p.body, 1 << 20);
        assert_ok(dc_param_choose(&p, &settings, settings.level_coder_mask, dc_layouts));
        assert_ok(dc_param_encode(&p));
        assert_string_equal(p.row.levels.book, kinds[kind]);
        dc_stored_param s = { .param = p.param, .geometry = p.geometry, .row = p.row,
                              .body = p.body.data, .subject = "x" };
        for (uint64_t at = 0; at < p.body.size; at += at < 30 ? 1 : 7)
            for (unsigned bit = 0; bit < 8; bit++) {
                p.body.data[at] ^= (uint8_t)(1u << bit);
                if (dc_stored_decode(&s, values, NULL) == DC_OK)
                    assert_int_equal(dc_find_not_finite(values, n), n);
                p.body.data[at] ^= (uint8_t)(1u << bit);
            }
        for (s.row.codes_bytes = 1; s.row.codes_bytes < p.body.size; s.row.codes_bytes++)
            if (dc_stored_decode(&s, values, NULL) == DC_OK) /* a shorter stream of other levels */
                assert_int_equal(dc_find_not_finite(values, n), n);
        dc_written_clear(&p);
        dc_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grids_come_back),
        cmocka_unit_test(a_trellis_comes_back),
        cmocka_unit_test(large_layers_come_back_by_any_number_of_jobs),
        cmocka_unit_test(rows_of_grids_of_their_own_come_back),
        cmocka_unit_test(few_values_come_back),
        cmocka_unit_test(zeros_take_two_bytes),
        cmocka_unit_test(a_zero_below_zero_reads_as_zero),
        cmocka_unit_test(every_parameter_may_be_levels),
        cmocka_unit_test(books_that_lie_are_refused),
        cmocka_unit_test(a_damaged_body_is_refused_or_read_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
