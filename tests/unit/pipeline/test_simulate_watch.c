/* SPDX-License-Identifier: MIT */
#include "model_file.h"

/* A group's folder is named after it; so is a layer whose name no folder could have. */
static const char named_net[] =
    "{\"name\":\"named\",\"input\":{\"shape\":[2,4,4]},\"layers\":["
    "{\"name\":\"conv\",\"op\":\"conv\",\"n_outputs\":4,\"kernel\":3,\"groups\":2},"
    "{\"name\":\"block 1/fc:a\",\"op\":\"linear\",\"n_outputs\":5},"
    "{\"name\":\"..\",\"op\":\"linear\",\"n_outputs\":3}]}";

static void run(dc_simulate_result *out, model_file *f, const dc_simulate_settings *settings)
{
    assert_ok(dc_simulate_model(out, f->path, settings, &f->arena));
}

/* ---- a waveform ----------------------------------------------------------------------------- */

/* How many lines of the file begin with this character. */
static uint32_t lines_with(const char *path, char first)
{
    dc_file_view view;
    uint32_t n = 0;
    assert_ok(dc_file_open(&view, path, 0));
    for (uint64_t i = 0; i < view.size; i++)
        n += view.data[i] == (uint8_t)first && (i == 0 || view.data[i - 1] == '\n');
    dc_file_close(&view);
    return n;
}

static void a_trace_holds_its_window(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 3);
    settings.trace = model_file_beside(&f, "run.vcd");
    settings.trace_from_cycle = 10;
    settings.trace_cycles = 25;
    run(&result, &f, &settings);
    assert_int_equal(lines_with(settings.trace, '#'), 25);
    model_file_end(&f);
}

/* Both layers of the first of three samples are in it, and nothing of the others. */
static void a_trace_is_of_the_first_sample(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result one, three;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 3);
    run(&one, &f, &settings);
    settings.trace = model_file_beside(&f, "run.vcd");
    settings.trace_cycles = 1000000;
    settings.data.limit = 3;
    run(&three, &f, &settings);
    assert_true(three.figures.cycles > one.figures.cycles);
    assert_int_equal(lines_with(settings.trace, '#'), one.figures.cycles);
    model_file_end(&f);
}

static void a_file_that_is_there_is_kept_unless_asked(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 3);
    settings.trace = model_file_beside(&f, "run.vcd");
    assert_ok(dc_file_write(settings.trace, "mine\n", 5, false));
    assert_fails(DC_EINPUT, dc_simulate_model(&result, f.path, &settings, &f.arena));
    assert_int_equal(lines_with(settings.trace, 'm'), 1);
    settings.may_replace = true;
    run(&result, &f, &settings);
    assert_int_equal(lines_with(settings.trace, 'm'), 0);
    model_file_end(&f);
}

/* ---- activity ------------------------------------------------------------------------------- */

static void a_plot_is_given_the_activity_of_the_first_sample(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result one, three;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 3);
    settings.plot = "not written here";
    run(&one, &f, &settings);
    settings.data.limit = 3;
    run(&three, &f, &settings);
    assert_non_null(one.activity);
    assert_int_equal(one.activity->n_pes, 4);
    assert_int_equal(one.activity->n_cycles, one.figures.cycles);
    assert_int_equal(three.activity->n_cycles, one.figures.cycles);
    double busy = 0;
    for (uint32_t i = 0; i < 4 * one.activity->n_bins; i++)
        busy += (double)one.activity->busy[i];
    assert_near(busy, one.figures.entries, 0);
    assert_false(dc_file_exists(settings.plot));
    model_file_end(&f);
}

static void watching_changes_no_count(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result plain, watched;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 3);
    run(&plain, &f, &settings);
    assert_null(plain.activity);
    settings.plot = "not written here";
    settings.trace = model_file_beside(&f, "run.vcd");
    settings.sram_folder = model_file_beside(&f, "sram");
    run(&watched, &f, &settings);
    assert_memory_equal(watched.counters, plain.counters, sizeof(dc_eie_counters));
    model_file_end(&f);
}

/* ---- memory images -------------------------------------------------------------------------- */

static double manifest_number(model_file *f, const char *layer, const char *key)
{
    dc_json *json;
    assert_ok(dc_json_read(&json, dc_arena_print(&f->arena, "%s/sram/%s/layer.json", f->folder,
                                                 layer)));
    const double value = dc_json_number(dc_json_get(json, key));
    dc_json_free(json);
    return value;
}

static void each_matrix_has_a_folder_of_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *folder;
        uint32_t n_rows, n_cols;
    } folders[] = { { "%2E.", 3, 5 },
                    { "block%201%2Ffc%3Aa", 5, 16 },
                    { "conv.g0", 2, 9 },
                    { "conv.g1", 2, 9 } };
    model_file f;
    dc_simulate_result result;
    const char **names;
    uint32_t n;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, named_net, 3);
    settings.sram_folder = model_file_beside(&f, "sram");
    run(&result, &f, &settings);
    assert_ok(dc_folder_list(&names, &n, settings.sram_folder, true, &f.arena));
    assert_int_equal(n, 4);
    for (uint32_t i = 0; i < n; i++) {
        assert_string_equal(names[i], folders[i].folder);
        assert_near(manifest_number(&f, names[i], "n_rows"), folders[i].n_rows, 0);
        assert_near(manifest_number(&f, names[i], "n_cols"), folders[i].n_cols, 0);
    }
    assert_int_equal(result.layers[0].n_parts, 2);
    model_file_end(&f);
}

/* Of four positions only the first is written; a linear layer's run is its whole. */
static void images_are_of_the_first_product(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, named_net, 3);
    settings.sram_folder = model_file_beside(&f, "sram");
    run(&result, &f, &settings);
    assert_int_equal(result.layers[0].figures.n_runs, 2 * 4);
    assert_true(manifest_number(&f, "conv.g0", "cycles") < (double)result.layers[0].figures.cycles);
    assert_near(manifest_number(&f, "block%201%2Ffc%3Aa", "cycles"),
                result.layers[1].figures.cycles, 0);
    model_file_end(&f);
}

static void images_that_are_there_are_kept_unless_asked(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 3);
    settings.sram_folder = model_file_beside(&f, "sram");
    run(&result, &f, &settings);
    assert_fails(DC_EINPUT, dc_simulate_model(&result, f.path, &settings, &f.arena));
    settings.may_replace = true;
    run(&result, &f, &settings);
    model_file_end(&f);
}

static void a_failure_leaves_no_half_trace(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 3);
    settings.trace = model_file_beside(&f, "run.vcd");
    settings.sram_folder = model_file_beside(&f, "none/sram"); /* its parent is not there */
    assert_fails(DC_EIO, dc_simulate_model(&result, f.path, &settings, &f.arena));
    assert_false(dc_file_exists(settings.trace));
    model_file_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_holds_its_window),
        cmocka_unit_test(a_trace_is_of_the_first_sample),
        cmocka_unit_test(a_file_that_is_there_is_kept_unless_asked),
        cmocka_unit_test(a_plot_is_given_the_activity_of_the_first_sample),
        cmocka_unit_test(watching_changes_no_count),
        cmocka_unit_test(each_matrix_has_a_folder_of_its_own),
        cmocka_unit_test(images_are_of_the_first_product),
        cmocka_unit_test(images_that_are_there_are_kept_unless_asked),
        cmocka_unit_test(a_failure_leaves_no_half_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
