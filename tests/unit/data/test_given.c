/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <sys/stat.h>

#include "scratch.h"

#define N_STEPS 4u

static void put_png(const char *name, uint8_t value)
{
    uint8_t pixels[4];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(value + i);
    const dc_image image = { 2, 2, 1, pixels };
    assert_ok(dc_png_write(in_scratch(name), &image, true));
}

static void put_array(const char *name, uint32_t n, float value)
{
    float values[3 * 4];
    for (uint32_t i = 0; i < n * 4; i++)
        values[i] = value + (float)i;
    const dc_shape shape = dc_shape_of(4, n, 1, 2, 2);
    assert_ok(dc_npy_write(in_scratch(name), values, &shape, true));
}

static int make_files(void **state)
{
    if (make_scratch(state) != 0)
        return 1;
    assert_ok(dc_folder_make(in_scratch("set")));
    assert_ok(dc_folder_make(in_scratch("hollow")));
    put_png("set/b.png", 20);
    put_png("set/a.png", 10);
    put_png("one.png", 30);
    put_array("set/c.npy", 3, 100);
    put_file("set/bad.png", "no picture", 10);
    put_file("set/bad.npy", "no array", 8);
    put_file("set/notes.txt", "neither", 7);
    put_file("empty", "", 0);
    return 0;
}

static dc_status open_all(dc_source **out, const dc_input *input, const char *const *files,
                          uint32_t n, bool is_strict)
{
    const dc_data_request request = { .files = files, .n_files = n, .input = input,
                                      .is_strict = is_strict };
    return dc_data_request_open(out, &request);
}

static dc_status first_of(float *out, const dc_source *s, uint64_t index, int32_t *label)
{
    float x[4];
    const dc_status status = s->read(s, &index, 1, 0, x, label);
    *out = x[0];
    return status;
}

static void samples_stand_in_the_order_of_what_was_given(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    char one[256], set[256];
    snprintf(one, sizeof one, "%s", in_scratch("one.png"));
    snprintf(set, sizeof set, "%s", in_scratch("set"));
    const char *const files[] = { one, set, one };
    /* a.png, b.png, bad.npy, bad.png, and c.npy's three */
    static const float firsts[] = { 30, 10, 20, -1, -1, 100, 104, 108, 30 };
    static const uint64_t places[] = { 0, 0, 0, 0, 0, 0, 1, 2, 0 };
    dc_source *s;
    assert_ok(open_all(&s, &input, files, 3, false));
    assert_int_equal(s->n_samples, 9);
    assert_false(s->is_labelled);
    for (uint64_t i = 0; i < 9; i++) {
        float first;
        int32_t label;
        uint64_t n;
        assert_ok(first_of(&first, s, i, &label));
        assert_int_equal(label, firsts[i] < 0 ? DC_UNREADABLE : -1);
        assert_near(first, firsts[i] < 0 ? 0 : firsts[i], 0);
        assert_int_equal(dc_data_place(&n, s, i), places[i]);
        assert_int_equal(n, i >= 5 && i < 8 ? 3 : 1);
    }
    assert_string_equal(dc_data_file(s, 0), one);
    dc_source_close(s);
}

static void what_is_named_must_be_readable(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    char bad[256];
    const char *const files[] = { bad };
    dc_source *s;
    snprintf(bad, sizeof bad, "%s", in_scratch("set/bad.png"));
    assert_fails(DC_ECORRUPT, open_all(&s, &input, files, 1, false));
    snprintf(bad, sizeof bad, "%s", in_scratch("empty"));
    assert_fails(DC_ECORRUPT, open_all(&s, &input, files, 1, false));
    snprintf(bad, sizeof bad, "%s", in_scratch("none.png"));
    assert_fails(DC_EIO, open_all(&s, &input, files, 1, false));
    snprintf(bad, sizeof bad, "%s", in_scratch("hollow"));
    assert_fails(DC_EINPUT, open_all(&s, &input, files, 1, false));
    snprintf(bad, sizeof bad, "%s", in_scratch("set"));
    assert_ok(open_all(&s, &input, files, 1, true));
    float first;
    int32_t label;
    assert_fails(DC_ECORRUPT, first_of(&first, s, 2, &label)); /* strict */
    dc_source_close(s);
}

static void a_text_is_its_last_symbols_and_all_of_them_can_be_had(void **state)
{
    (void)state;
    const dc_input input = { .shape = dc_shape_of(1, N_STEPS, 0, 0, 0), .scale = { 1, 1, 1, 1 } };
    static const char *const names[] = { "a", "b", "\\n", "\\s", "<unk>" };
    static const uint32_t all[] = { 0, 1, 3, 4, 0, 2 };
    char path[256], tail[256];
    snprintf(path, sizeof path, "%s", in_scratch("long.txt"));
    snprintf(tail, sizeof tail, "%s", in_scratch("short.txt"));
    put_file("long.txt", "ab za\n", 6);
    put_file("short.txt", "ba", 2);
    const char *const files[] = { path, tail };
    const dc_data_request request = { .files = files, .n_files = 2, .input = &input,
                                      .n_classes = N_STEPS * 5, .n_symbols = 5,
                                      .n_class_names = 5, .class_names = names };
    dc_arena arena = { 0 };
    dc_symbols symbols;
    dc_source *s;
    float x[N_STEPS];
    uint64_t index = 0;
    assert_ok(dc_data_request_open(&s, &request));
    assert_int_equal(s->n_samples, 2);
    assert_int_equal(dc_source_length(s, 0), 4);
    assert_int_equal(dc_source_length(s, 1), 2);
    assert_ok(s->read(s, &index, 1, 0, x, NULL));
    for (uint32_t t = 0; t < N_STEPS; t++)
        assert_near(x[t], all[2 + t], 0);
    assert_ok(dc_data_symbols(&symbols, s, 0, &arena));
    assert_int_equal(symbols.n, 6);
    assert_false(symbols.is_words);
    assert_memory_equal(symbols.numbers, all, sizeof all);
    assert_string_equal(dc_data_symbol_text("\\n", &arena), "\n");
    assert_string_equal(dc_data_symbol_text("\\s", &arena), " ");
    dc_source_close(s);
    dc_arena_clear(&arena);
}

static void other_sources_have_no_texts_and_one_sample_a_file(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    dc_symbols symbols;
    uint64_t n;
    dc_source *s;
    assert_ok(dc_data_open(&s, spec_of("npy", "set/c.npy"), DC_SPLIT_TEST, &input, 0, 1));
    assert_ok(dc_data_symbols(&symbols, s, 2, NULL));
    assert_int_equal(symbols.n, 0);
    assert_int_equal(dc_data_place(&n, s, 2), 0);
    assert_int_equal(n, 1);
    dc_source_close(s);
}

/* A pipe gives its bytes once, and is looked at before it is read. */
static void a_pipe_is_read_once(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    char command[700], path[256];
    snprintf(path, sizeof path, "%s", in_scratch("pipe"));
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(command, sizeof command, "cat %s > %s &", in_scratch("one.png"), path);
    assert_int_equal(system(command), 0);
    const char *const files[] = { path };
    dc_source *s;
    float first;
    assert_ok(open_all(&s, &input, files, 1, false));
    for (int i = 0; i < 2; i++) {
        assert_ok(first_of(&first, s, 0, NULL));
        assert_near(first, 30, 0);
    }
    dc_source_close(s);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_stand_in_the_order_of_what_was_given),
        cmocka_unit_test(what_is_named_must_be_readable),
        cmocka_unit_test(a_text_is_its_last_symbols_and_all_of_them_can_be_had),
        cmocka_unit_test(other_sources_have_no_texts_and_one_sample_a_file),
        cmocka_unit_test(a_pipe_is_read_once),
    };
    return cmocka_run_group_tests(tests, make_files, remove_scratch);
}
