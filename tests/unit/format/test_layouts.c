/* SPDX-License-Identifier: MIT
 *
 * The table of layouts, and what a row of it can be: a coder of whole layers, which is here a layer
 * of two numbers of opposite sign, one bit a value.
 */
#include "format_helpers.h"

#include <math.h>

#include "layouts.h"
#include "ledger.h"

/* ---- signs: f32 magnitude, then a bit for each value ----------------------------------------- */

static uint64_t n_priced, n_gave_up;

static bool has_one_magnitude(const dc_param *param)
{
    for (uint64_t i = 0; i < param->n_values; i++)
        if (param->values[i] == 0 || fabsf(param->values[i]) != fabsf(param->values[0]))
            return false;
    return true;
}

static void offer_signs(dc_choosing *c)
{
    dc_row row = dc_choosing_row(c);
    row.codes_bytes = 4 + (c->param->n_values + 7) / 8;
    n_priced++;
    if (row.codes_bytes >= dc_choosing_best(c))
        n_gave_up++;
    else if (has_one_magnitude(c->param))
        dc_choosing_offer(c, &row, NULL);
}

static dc_status put_signs(dc_written_param *out, const dc_choice *choice, const dc_laid *laid)
{
    dc_bit_writer b;
    uint32_t bits;
    const dc_param *param = out->param;
    const float magnitude = fabsf(param->values[0]);
    assert_null(laid);
    assert_int_equal(choice->row.layer_coder, 5);
    memcpy(&bits, &magnitude, sizeof bits);
    dc_put_u32(&out->body, bits);
    dc_bit_writer_init(&b, &out->body);
    for (uint64_t i = 0; i < param->n_values; i++)
        dc_put_bits(&b, param->values[i] < 0, 1);
    dc_put_bits_end(&b);
    return out->body.status;
}

static dc_status get_signs(dc_stored_param *stored, float *values, dc_packed *packed)
{
    const uint64_t n = stored->param->n_values;
    float magnitude;
    assert_null(packed);
    if (stored->row.codes_bytes != 4 + (n + 7) / 8)
        return dc_fail(DC_ECORRUPT, "signs of another size");
    memcpy(&magnitude, stored->body, sizeof magnitude);
    dc_bit_reader b = dc_bit_reader_over(stored->body + 4, stored->row.codes_bytes - 4);
    for (uint64_t i = 0; i < n; i++) {
        const float value = dc_get_bits(&b, 1) != 0 ? -magnitude : magnitude;
        if (values != NULL)
            values[i] = value;
    }
    stored->n_nonzero = n;
    return b.status;
}

static const dc_layout signs = { .name = "signs",
                                 .half_name = "signs",
                                 .encoding = ROW_DENSE,
                                 .layer_coder = 5,
                                 .offer = offer_signs,
                                 .put = put_signs,
                                 .get = get_signs };

static const dc_layout *const *table_with_signs(void)
{
    static const dc_layout *table[16];
    unsigned n = 0;
    for (; dc_layouts[n] != NULL; n++)
        table[n] = dc_layouts[n];
    table[n] = &signs;
    return table;
}

/* ---- one parameter through its row and body -------------------------------------------------- */

/* Writes the model's only weight with a table, reads it back with the same, compares. */
static dc_row round_trip(dc_model *m, const dc_layout *const *layouts)
{
    const dc_write_settings settings = settings_of(DC_LEVEL_CODED);
    const dc_param *param = &m->params[0];
    dc_written_param written = { .param = param, .is_explained = true };
    dc_stored_param *stored;
    dc_arena arena = { 0 };
    dc_writer chunk;
    written.geometry = dc_param_geometry(m, param);
    dc_writer_init(&written.body, 1 << 20);
    dc_writer_init(&chunk, 1 << 20);
    assert_ok(dc_param_choose(&written, &settings, 0, layouts));
    assert_ok(dc_param_encode(&written));
    dc_row_put(&chunk, &written.row);
    assert_int_equal(chunk.size, dc_row_bytes(&written.row));
    dc_put_bytes(&chunk, written.body.data, written.body.size);

    dc_reader r = dc_reader_over(chunk.data, chunk.size, "x");
    float *values = dc_arena_take(&arena, param->n_values, sizeof *values);
    assert_ok(arena.status);
    assert_ok(dc_stored_params_get(&stored, m, &r, layouts, &arena));
    assert_ptr_equal(stored->row.layout, written.row.layout);
    stored->is_explained = true;
    assert_ok(dc_stored_decode(stored, NULL, NULL));
    assert_ok(dc_stored_decode(stored, values, NULL));
    assert_memory_equal(values, param->values, param->n_values * sizeof *values);
    assert_int_equal(stored->n_nonzero, written.n_nonzero);

    dc_ledger ledger;
    assert_ok(dc_ledger_init(&ledger, m, &arena));
    dc_ledger_add(&ledger, 0, &stored->row, stored->n_nonzero, &stored->codes, &stored->gaps);
    assert_int_equal(ledger.params[0].total_bytes, chunk.size);
    assert_string_equal(ledger.params[0].stored_as, written.row.layout->name);

    r = dc_reader_over(chunk.data, chunk.size, "x");
    if (written.row.layer_coder > 0)
        assert_fails(DC_EUNSUPPORTED,
                     dc_stored_params_get(&stored, m, &r, dc_layouts, &arena));
    dc_written_clear(&written);
    dc_writer_clear(&chunk);
    dc_arena_clear(&arena);
    return written.row;
}

static dc_model *layer_of(uint32_t n_rows, uint32_t n_cols, bool is_of_signs)
{
    dc_model *m = NULL;
    const sample_fill fill = { .density = 1, .n_distinct = 2 };
    assert_ok(sample_layer(&m, n_rows, n_cols, &fill));
    float *values = m->params[0].values;
    for (uint64_t i = 0; is_of_signs && i < m->params[0].n_values; i++)
        values[i] = (i * 7 + i / 3) % 5 < 2 ? -0.3f : 0.3f;
    return m;
}

static void a_coder_of_whole_layers_is_one_more_row(void **state)
{
    (void)state;
    dc_model *m = layer_of(50, 41, true);
    const dc_row row = round_trip(m, table_with_signs());
    assert_ptr_equal(row.layout, &signs);
    assert_int_equal(row.codes_bytes, 4 + 257);
    const dc_row plain = round_trip(m, dc_layouts);
    assert_int_equal(plain.encoding, ROW_SHARED);
    assert_true(dc_row_body_bytes(&row) < dc_row_body_bytes(&plain));
    dc_model_free(m);
}

static void it_gives_up_at_the_best_of_the_others(void **state)
{
    (void)state;
    dc_model *m = layer_of(50, 41, true);
    m->params[0].values[77] = 0.5f; /* no layer of one magnitude */
    assert_int_equal(round_trip(m, table_with_signs()).encoding, ROW_SHARED);
    for (uint64_t i = 0; i < m->params[0].n_values; i++)
        m->params[0].values[i] = 0.25f; /* one value takes hardly a byte */
    n_priced = n_gave_up = 0;
    assert_int_equal(round_trip(m, table_with_signs()).encoding, ROW_SHARED);
    assert_int_equal(n_priced, 1);
    assert_int_equal(n_gave_up, 1);
    dc_model_free(m);
}

static void rows_of_the_table_differ_in_what_a_row_kind_says(void **state)
{
    (void)state;
    for (unsigned i = 0; dc_layouts[i] != NULL; i++) {
        const dc_layout *layout = dc_layouts[i];
        assert_ptr_equal(dc_layout_find(dc_layouts, layout->encoding, layout->layer_coder), layout);
        assert_true(layout->layer_coder == 0 || layout->encoding == ROW_DENSE);
        assert_true(layout->lay == NULL || layout->put != NULL);
    }
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++) {
        const dc_level_coder *coder = dc_level_coder_at(i);
        const dc_layout *layout = dc_layout_find(dc_layouts, ROW_DENSE, coder->id);
        assert_non_null(layout);
        assert_string_equal(layout->name, coder->name);
    }
    assert_null(dc_layout_find(dc_layouts, ROW_DENSE, 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_coder_of_whole_layers_is_one_more_row),
        cmocka_unit_test(it_gives_up_at_the_best_of_the_others),
        cmocka_unit_test(rows_of_the_table_differ_in_what_a_row_kind_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
