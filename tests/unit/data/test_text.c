/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "scratch.h"

#define N_STEPS 4u

static dc_data_request request_of(const dc_input *input, uint32_t n_symbols)
{
    return (dc_data_request){ .input = input, .n_classes = N_STEPS * n_symbols };
}

static dc_input of_symbols(void)
{
    return (dc_input){ .shape = dc_shape_of(1, N_STEPS, 0, 0, 0), .scale = { 1, 1, 1, 1 } };
}

static void put_text(const char *name, const char *text)
{
    put_file(name, text, strlen(text));
}

static void expect(const dc_source *s, uint64_t index, uint32_t length, const int32_t *symbols)
{
    float x[N_STEPS];
    int32_t labels[N_STEPS];
    assert_ok(s->read(s, &index, 1, 0, x, labels));
    assert_int_equal(dc_source_length(s, index), length);
    for (uint32_t t = 0; t < length; t++) {
        assert_near(x[t], symbols[t], 0);
        assert_int_equal(labels[t], symbols[t + 1]);
    }
}

static void characters_are_classes_and_the_next_one_is_the_label(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    dc_data_request request = request_of(&input, 6);
    static const int32_t symbols[] = { 2, 3, 4, 1, 0, 3, 2 };
    static const char *const names[] = { "\\n", "\\\\", "a", "\xc3\xa9", "\xe2\x82\xac" };
    dc_source *s;
    put_text("a.txt", "a\xc3\xa9\xe2\x82\xac\\\n\xc3\xa9" "a");
    request.spec = spec_of("text", "a.txt");
    assert_ok(dc_data_request_open(&s, &request));
    assert_true(s->is_stream);
    assert_string_equal(s->symbol, "character");
    assert_int_equal(s->n_samples, 2);
    assert_int_equal(s->n_classes, 6);
    assert_string_equal(s->class_names[5], "<unk>");
    for (uint32_t i = 0; i < 5; i++)
        assert_string_equal(s->class_names[i], names[i]);
    expect(s, 0, 4, symbols);
    expect(s, 1, 2, symbols + 4);
    dc_source_close(s);
    request.n_classes = 5 * N_STEPS;
    assert_ok(dc_data_request_open(&s, &request));
    assert_int_equal(s->n_classes, 5);
    dc_source_close(s);
    request.n_classes = 4 * N_STEPS;
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
}

static void the_models_names_are_its_symbols(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    dc_data_request request = request_of(&input, 3);
    static const char *const names[] = { "b", "\\s", "a" };
    static const int32_t symbols[] = { 2, 1, 0 };
    dc_source *s;
    put_text("a.txt", "a b");
    request.spec = spec_of("text", "a.txt");
    request.class_names = names;
    request.n_class_names = 3;
    assert_ok(dc_data_request_open(&s, &request));
    assert_null(s->class_names);
    expect(s, 0, 2, symbols);
    dc_source_close(s);
    put_text("a.txt", "a bc");
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    assert_non_null(strstr(dc_message(), "character 4"));
}

static void rare_words_are_one_symbol(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    dc_data_request request = request_of(&input, 4);
    static const int32_t symbols[] = { 2, 0, 1, 3, 2, 0, 1, 3 };
    dc_source *s;
    put_text("w.txt", "The, cat's dog the\n,\tcat's end");
    request.spec = spec_of("words", "w.txt");
    assert_ok(dc_data_request_open(&s, &request));
    assert_string_equal(s->class_names[0], ",");
    assert_string_equal(s->class_names[1], "cat's");
    assert_string_equal(s->class_names[2], "the");
    assert_string_equal(s->class_names[3], "<unk>");
    assert_string_equal(s->symbol, "word");
    expect(s, 0, 4, symbols);
    static const char *const names[] = { ",", "cat's", "the", "<unk>" };
    dc_source_close(s);
    request.spec = spec_of("text", "w.txt"); /* the names are words */
    request.class_names = names;
    request.n_class_names = 4;
    assert_ok(dc_data_request_open(&s, &request));
    expect(s, 1, 3, symbols + 4);
    dc_source_close(s);
}

static void a_second_file_is_the_test_part(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    dc_data_request request = request_of(&input, 3);
    char spec[700];
    dc_source *s;
    put_text("a.txt", "abab");
    put_text("b.txt", "bbbbbbb");
    snprintf(spec, sizeof spec, "text:%s,%s", in_scratch("a.txt"), in_scratch("b.txt"));
    assert_false(dc_data_has_split(spec_of("text", "a.txt")));
    assert_true(dc_data_has_split(spec));
    request.spec = spec;
    request.split = DC_SPLIT_TEST;
    assert_ok(dc_data_request_open(&s, &request));
    assert_int_equal(s->n_samples, 2);
    dc_source_close(s);
}

static void symbols_that_cannot_be_right_are_told(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    dc_data_request request = request_of(&input, 4);
    static const char *const names[] = { "a", "\\s", "b", "<unk>" };
    dc_source *s;
    put_text("a.txt", "ab xyz");
    request.spec = spec_of("text", "a.txt");
    request.class_names = names;
    request.n_class_names = 4;
    listen_to_warnings();
    assert_ok(dc_data_request_open(&s, &request)); /* half of it */
    dc_source_close(s);
    assert_string_equal(warned, "");
    put_text("a.txt", "ab xyzz");
    assert_ok(dc_data_request_open(&s, &request));
    dc_source_close(s);
    assert_non_null(strstr(warned, "57 % of the characters"));
    request.n_symbols = 2; /* b is the third */
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    assert_non_null(strstr(dc_message(), "no row in its embedding for 'b', character 2"));
    request.spec = spec_of("words", "a.txt");
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    assert_non_null(strstr(dc_message(), "are characters"));
    dc_set_listener(NULL);
}

static void no_more_symbols_than_the_embedding_has_rows(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    dc_data_request request = request_of(&input, 9);
    dc_source *s;
    put_text("a.txt", "a bc a bc");
    request.spec = spec_of("text", "a.txt");
    request.n_symbols = 4;
    assert_ok(dc_data_request_open(&s, &request));
    assert_string_equal(s->class_names[4], "<unk>");
    dc_source_close(s);
    request.n_symbols = 3;
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    assert_non_null(strstr(dc_message(), "4 different characters, the model 3"));
    request.spec = spec_of("words", "a.txt");
    request.n_symbols = 1;
    assert_ok(dc_data_request_open(&s, &request));
    assert_int_equal(s->n_classes, 2);
    assert_string_equal(s->class_names[1], "<unk>");
    dc_source_close(s);
}

static void a_long_word_is_cut_between_characters(void **state)
{
    (void)state;
    const dc_input input = of_symbols();
    dc_data_request request = request_of(&input, 9);
    static char text[40001];
    dc_source *s;
    for (size_t i = 0; i < sizeof text - 1; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    put_text("a.txt", text);
    request.spec = spec_of("words", "a.txt");
    assert_ok(dc_data_request_open(&s, &request));
    assert_int_equal(s->n_classes, 3);
    for (uint32_t i = 0; i < s->n_classes; i++)
        assert_ok(dc_class_name_check(s->class_names[i], i));
    dc_source_close(s);
}

static void bad_texts_are_refused(void **state)
{
    (void)state;
    const dc_input input = of_symbols(), picture = plain_input(1, 28, 28);
    dc_data_request request = request_of(&input, 9);
    dc_source *s;
    put_text("bad.txt", "fine\nbad \xff\n");
    request.spec = spec_of("text", "bad.txt");
    assert_fails(DC_ECORRUPT, dc_data_request_open(&s, &request));
    assert_non_null(strstr(dc_message(), "line 2"));
    put_file("bad.txt", "a\nb\0c\n", 6);
    assert_fails(DC_ECORRUPT, dc_data_request_open(&s, &request));
    assert_non_null(strstr(dc_message(), "line 2 of"));
    assert_non_null(strstr(dc_message(), "has a byte of 0"));
    put_text("bad.txt", "x");
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    request.spec = "text:a,";
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    request.spec = "text";
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    request.spec = spec_of("text", "none.txt");
    assert_fails(DC_EIO, dc_data_request_open(&s, &request));
    request.input = &picture;
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_classes_and_the_next_one_is_the_label),
        cmocka_unit_test(the_models_names_are_its_symbols),
        cmocka_unit_test(rare_words_are_one_symbol),
        cmocka_unit_test(a_second_file_is_the_test_part),
        cmocka_unit_test(symbols_that_cannot_be_right_are_told),
        cmocka_unit_test(no_more_symbols_than_the_embedding_has_rows),
        cmocka_unit_test(a_long_word_is_cut_between_characters),
        cmocka_unit_test(bad_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
