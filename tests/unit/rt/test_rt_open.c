/* SPDX-License-Identifier: MIT
 *
 * What the runtime asks for, and what it refuses, with which words.
 */
#include "rt_case.h"
#include "rt_sequences.h"

#include "../../golden/sample_models.h"

static const sample_fill few = { .density = 0.3, .n_distinct = 12, .is_half = true };

static dc_model *small_model(void)
{
    dc_model *model = NULL;
    assert_ok(sample_lenet(&model, 16, 3, 4, 12));
    sample_fill_role(model, DC_ROLE_WEIGHT, &few, 1);
    sample_fill_role(model, DC_ROLE_BIAS, &few, 2);
    return model;
}

static void assert_refused(const void *file, size_t n, dc_rt_status wanted, const char *word)
{
    rt_opened o;
    for (int is_integer = 0; is_integer < 2; is_integer++) {
        const dc_rt_status status =
            rt_case_try(&o, file, n, is_integer ? &dc_rt_integer : &dc_rt_float);
        if (status == DC_RT_OK || o.fault.text == NULL)
            fail_msg("opened, though '%s' was to be refused", word);
        if (status != wanted || strstr(o.fault.text, word) == NULL)
            fail_msg("status %d: %s", (int)status, o.fault.text);
    }
}

static void assert_model_refused(const dc_model *model, const dc_write_settings *settings,
                                 dc_rt_status wanted, const char *word)
{
    dc_writer w;
    dc_writer_init(&w, UINT64_C(1) << 30);
    assert_ok(dc_model_encode(&w, model, settings, NULL, NULL));
    assert_refused(w.data, w.size, wanted, word);
    dc_writer_clear(&w);
}

static void a_byte_less_is_refused_and_the_size_named(void **state)
{
    const dc_rt_mode *const modes[] = { &dc_rt_float, &dc_rt_integer };
    dc_model *model = small_model();
    dc_writer file;
    float x[256] = { 0 }, y[10];
    (void)state;
    rt_case_encode(&file, model);
    for (size_t i = 0; i < DC_COUNT_OF(modes); i++) {
        size_t bytes;
        rt_opened o;
        assert_int_equal(dc_rt_size(&bytes, file.data, file.size, modes[i], NULL), DC_RT_OK);
        rt_case_open(&o, file.data, file.size, modes[i]);
        const dc_rt *again = o.model;
        assert_int_equal(dc_rt_open(&again, o.memory, bytes - 1, file.data, file.size, modes[i],
                                    &o.fault), DC_RT_EMEMORY);
        assert_null(again);
        assert_int_equal(o.fault.number, bytes);
        assert_int_equal(dc_rt_open(&again, o.memory, bytes, file.data, file.size, modes[i],
                                    &o.fault), DC_RT_OK);
        dc_rt_call call = rt_case_call(&o, x, y);
        call.work_bytes--;
        assert_int_equal(dc_rt_run(again, &call, &o.fault), DC_RT_EMEMORY);
        assert_int_equal(o.fault.number, o.facts.work_bytes);
        rt_case_close(&o);
    }
    dc_writer_clear(&file);
    dc_model_free(model);
}

static void wrong_calls_are_refused(void **state)
{
    dc_model *model = small_model();
    dc_writer file;
    rt_opened o;
    float x[256] = { 0 }, y[10];
    const uint8_t pixels[256] = { 0 };
    (void)state;
    rt_case_encode(&file, model);
    rt_case_open(&o, file.data, file.size, &dc_rt_float);
    const dc_rt_call good = rt_case_call(&o, x, y);
    dc_rt_call call = good;
    call.n_x = 255;
    assert_int_equal(dc_rt_run(o.model, &call, &o.fault), DC_RT_EINPUT);
    assert_int_equal(o.fault.number, 256);
    call = good;
    call.n_y = 11;
    assert_int_equal(dc_rt_run(o.model, &call, &o.fault), DC_RT_EINPUT);
    assert_int_equal(o.fault.number, 10);
    call = good;
    call.pixels = pixels; /* both */
    assert_int_equal(dc_rt_run(o.model, &call, &o.fault), DC_RT_EINPUT);
    call.pixels = NULL, call.x = NULL; /* neither */
    assert_int_equal(dc_rt_run(o.model, &call, NULL), DC_RT_EINPUT);
    call = good;
    call.work = (char *)call.work + 4;
    assert_int_equal(dc_rt_run(o.model, &call, &o.fault), DC_RT_EINPUT);
    call = good;
    call.y = NULL; /* nothing is wanted */
    assert_int_equal(dc_rt_run(o.model, &call, &o.fault), DC_RT_OK);
    const dc_rt *odd;
    assert_int_equal(dc_rt_open(&odd, (char *)o.memory + 4, 1000000, file.data, file.size,
                                &dc_rt_float, &o.fault), DC_RT_EINPUT);
    rt_case_close(&o);
    dc_writer_clear(&file);
    dc_model_free(model);
}

static void other_files_are_refused_by_name(void **state)
{
    const uint32_t first = 0;
    dc_write_settings settings = { .level = DC_LEVEL_CODED };
    dc_model *model = small_model();
    (void)state;
    assert_refused("GIF89a.......", 13, DC_RT_ECORRUPT, "not a .dcm");
    assert_refused("", 0, DC_RT_ECORRUPT, "not a .dcm");
    assert_model_refused(model, &settings, DC_RT_EUNSUPPORTED, "code");
    dc_write_allow(&settings, 0);
    assert_model_refused(model, &settings, DC_RT_EUNSUPPORTED, "deflated");
    dc_model_free(model);
    const dc_input input = sample_input(1, 4);
    assert_ok(dc_model_new(&model, "m", &input));
    assert_ok(dc_model_add(model, "lrn", DC_OP_LRN, &first, 1, NULL, true));
    settings = (dc_write_settings){ .level = DC_LEVEL_DENSE };
    assert_model_refused(model, &settings, DC_RT_EUNSUPPORTED, "op");
    dc_model_free(model);
}

/* Of version 2, with further chunks and without. */
static void the_compact_container_is_read_where_its_graph_is_plain(void **state)
{
    static const char head[] = "\x89" "dcm\x02";
    dc_model *model = small_model();
    dc_writer one, two;
    rt_opened a, b;
    float x[256], y_one[10], y_two[10];
    (void)state;
    for (int i = 0; i < 256; i++)
        x[i] = (float)(i * 37 % 101) / 100;
    rt_case_encode(&one, model);
    for (int has_further = 0; has_further < 2; has_further++) {
        uint64_t offsets[3];
        for (unsigned i = 0; i < 3; i++)
            memcpy(&offsets[i], one.data + 14 + i * 16, 8);
        const uint64_t n_graph = offsets[1] - offsets[0], n_weights = offsets[2] - offsets[1];
        dc_writer_init(&two, 1 << 20);
        dc_put_bytes(&two, head, 5);
        dc_put_u32(&two, 0);
        dc_put_varint(&two, n_graph << 2 | (has_further ? 2u : 0u));
        if (has_further)
            dc_put_varint(&two, n_weights);
        dc_put_bytes(&two, one.data + offsets[0], n_graph + n_weights);
        if (has_further)
            dc_put_bytes(&two, "zZZZ\x03" "abc", 8);
        const uint32_t crc = dc_crc32(0, two.data, two.size);
        memcpy(two.data + 5, &crc, 4);
        rt_case_open(&a, one.data, one.size, &dc_rt_float);
        rt_case_open(&b, two.data, two.size, &dc_rt_float);
        rt_case_run(&a, x, y_one);
        rt_case_run(&b, x, y_two);
        assert_memory_equal(y_one, y_two, sizeof y_one);
        two.data[two.size - 1] ^= 1;
        assert_refused(two.data, two.size, DC_RT_ECORRUPT, "checksum");
        dc_writer_clear(&two);
        rt_case_close(&a);
        rt_case_close(&b);
    }
    dc_writer_clear(&one);
    dc_model_free(model);
}

static void pixels_are_prepared_as_the_file_says(void **state)
{
    dc_model *model = small_model();
    dc_writer file;
    rt_opened o;
    float x[256], y[2][10];
    uint8_t pixels[256];
    (void)state;
    model->input.mean[0] = 30;
    for (int i = 0; i < 256; i++) {
        pixels[i] = (uint8_t)(i * 37);
        x[i] = ((float)pixels[i] - 30) * model->input.scale[0];
    }
    for (uint32_t c = 1; c < 4; c++)
        model->input.mean[c] = 30;
    rt_case_encode(&file, model);
    for (int is_integer = 0; is_integer < 2; is_integer++) {
        rt_case_open(&o, file.data, file.size, is_integer ? &dc_rt_integer : &dc_rt_float);
        rt_case_run(&o, x, y[0]);
        dc_rt_call call = rt_case_call(&o, NULL, y[1]);
        call.pixels = pixels;
        assert_int_equal(dc_rt_run(o.model, &call, &o.fault), DC_RT_OK);
        assert_memory_equal(y[0], y[1], sizeof y[0]);
        rt_case_close(&o);
    }
    dc_writer_clear(&file);
    dc_model_free(model);
}

/* Not even then does it step outside, or compute with what is undefined. */
static void infinite_inputs_do_no_harm(void **state)
{
    dc_model *model = small_model();
    dc_writer file;
    rt_opened o;
    float x[256], y[10];
    (void)state;
    for (int i = 0; i < 256; i++)
        x[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -3e38f;
    rt_case_encode(&file, model);
    for (int is_integer = 0; is_integer < 2; is_integer++) {
        rt_case_open(&o, file.data, file.size, is_integer ? &dc_rt_integer : &dc_rt_float);
        rt_case_run(&o, x, y);
        rt_case_close(&o);
    }
    dc_writer_clear(&file);
    dc_model_free(model);
}

static void infinite_inputs_do_no_harm_over_time(void **state)
{
    static float x[256], y[1024];
    (void)state;
    for (int i = 0; i < 256; i++)
        x[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? -INFINITY : 3e38f;
    for (uint64_t seed = 0; seed < 100; seed++) {
        rt_lot lot;
        rt_opened o;
        dc_writer file;
        dc_model *model = rt_draw_sequences(&lot, 9000 + seed, true);
        rt_case_encode(&file, model);
        for (int is_integer = 0; is_integer < 2; is_integer++) {
            rt_case_open(&o, file.data, file.size,
                         is_integer ? &dc_rt_integer_recurrent : &dc_rt_float_recurrent);
            assert_true(o.facts.n_inputs <= DC_COUNT_OF(x) && o.facts.n_outputs <= DC_COUNT_OF(y));
            rt_case_run(&o, x, y);
            rt_case_close(&o);
        }
        dc_writer_clear(&file);
        dc_model_free(model);
    }
}

/* Modes and curves: what is refused, and of what. */
static void layers_over_time_are_of_their_own_modes(void **state)
{
    const dc_input input = { .shape = dc_shape_of(2, 3, 8, 0, 0), .scale = { 1, 1, 1, 1 } };
    const uint32_t first = 0;
    double attrs[DC_N_ATTRS];
    dc_model *model;
    dc_writer file;
    rt_opened o;
    (void)state;
    dc_attrs_init(attrs, DC_OP_LSTM);
    attrs[DC_ATTR_CELL_CURVE] = DC_OP_RELU;
    assert_ok(dc_model_new(&model, "m", &input));
    assert_ok(dc_model_add(model, "lstm", DC_OP_LSTM, &first, 1, attrs, true));
    rt_case_encode(&file, model);
    assert_refused(file.data, file.size, DC_RT_EUNSUPPORTED, "op is not one of the mode's");
    assert_int_equal(rt_case_try(&o, file.data, file.size, &dc_rt_integer_recurrent),
                     DC_RT_EUNSUPPORTED);
    assert_string_equal(o.fault.text, "integers over time do not have the curve");
    assert_int_equal(o.fault.number, DC_OP_RELU);
    rt_case_open(&o, file.data, file.size, &dc_rt_float_recurrent);
    float x[24] = { 0 }, y[6];
    dc_rt_call call = rt_case_call(&o, x, y);
    call.n_x = 16; /* two of three steps */
    assert_int_equal(dc_rt_run(o.model, &call, &o.fault), DC_RT_OK);
    call.n_x = 15;
    assert_int_equal(dc_rt_run(o.model, &call, &o.fault), DC_RT_EINPUT);
    call.n_x = 0;
    assert_int_equal(dc_rt_run(o.model, &call, &o.fault), DC_RT_EINPUT);
    rt_case_close(&o);
    dc_writer_clear(&file);
    dc_model_free(model);
}

/* As exported files are: layers in integers keep the sums of one output alone. */
static void matrices_by_rows_need_less_work(void **state)
{
    dc_write_settings settings = { .level = DC_LEVEL_CODED, .coder_mask = 1u << DC_CODER_RAW };
    const dc_input input = sample_input(1, 8);
    size_t work_bytes[2];
    dc_model *model = NULL;
    (void)state;
    assert_ok(dc_model_new(&model, "m", &input));
    assert_ok(sample_add(model, "fc", DC_OP_LINEAR, 200, 0, 0));
    for (uint32_t k = 0; k < 200; k++) /* two whole columns: shorter by columns */
        for (uint32_t col = 0; col < 2; col++)
            model->params[0].values[k * 64 + col] = (float)(1 + (k + col) % 7) / 8;
    for (int is_by_rows = 0; is_by_rows < 2; is_by_rows++) {
        dc_writer w;
        rt_opened o;
        settings.is_row_major = is_by_rows;
        dc_writer_init(&w, UINT64_C(1) << 30);
        assert_ok(dc_model_encode(&w, model, &settings, NULL, NULL));
        rt_case_open(&o, w.data, w.size, &dc_rt_integer);
        work_bytes[is_by_rows] = o.facts.work_bytes;
        rt_case_close(&o);
        dc_writer_clear(&w);
    }
    assert_true(work_bytes[1] < work_bytes[0]);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_less_is_refused_and_the_size_named),
        cmocka_unit_test(wrong_calls_are_refused),
        cmocka_unit_test(other_files_are_refused_by_name),
        cmocka_unit_test(the_compact_container_is_read_where_its_graph_is_plain),
        cmocka_unit_test(pixels_are_prepared_as_the_file_says),
        cmocka_unit_test(infinite_inputs_do_no_harm),
        cmocka_unit_test(infinite_inputs_do_no_harm_over_time),
        cmocka_unit_test(layers_over_time_are_of_their_own_modes),
        cmocka_unit_test(matrices_by_rows_need_less_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
