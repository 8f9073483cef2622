/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <pthread.h>

#include "scratch.h"

static void put_png(const char *name, uint32_t n_channels, uint8_t value)
{
    uint8_t pixels[2 * 2 * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(value + i);
    const dc_image image = { 2, 2, n_channels, pixels };
    assert_ok(dc_png_write(in_scratch(name), &image, true));
}

static void make_folder(const char *name)
{
    assert_ok(dc_folder_make(in_scratch(name)));
}

static int make_tree(void **state)
{
    if (make_scratch(state) != 0)
        return 1;
    static const char *const folders[] = { "set", "set/b", "set/a", "set/B", "set/empty", "hollow",
                                           "hollow/a" };
    for (size_t i = 0; i < DC_COUNT_OF(folders); i++)
        make_folder(folders[i]);
    put_png("set/a/2.png", 1, 20);
    put_png("set/a/10.PNG", 3, 10);
    put_png("set/b/x.png", 1, 30);
    put_png("set/B/y.png", 1, 40);
    put_file("set/b/notes.txt", "no picture", 10);
    put_file("set/c.txt", "no folder", 9);
    return 0;
}

static void sub_folders_are_classes_in_byte_order(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    static const struct { int32_t label; float first; } expected[] = {
        { 0, 40 }, { 1, 0.299f * 10 + 0.587f * 11 + 0.114f * 12 }, { 1, 20 }, { 2, 30 }
    };
    dc_source *s;
    float x[4];
    assert_ok(dc_data_open(&s, spec_of("folder", "set"), DC_SPLIT_TRAIN, &input, 0, 1));
    assert_int_equal(s->n_samples, 4);
    assert_int_equal(s->n_classes, 4); /* B a b empty */
    for (int round = 0; round < 2; round++) /* decoded, then from memory */
        for (uint64_t i = 0; i < 4; i++) {
            assert_int_equal(read_one(x, s, i), expected[i].label);
            assert_near(x[0], expected[i].first, 1e-4);
        }
    dc_source_close(s);
}

static void grey_and_colour_become_the_inputs_channels(void **state)
{
    (void)state;
    dc_input input = plain_input(3, 2, 2);
    dc_source *s;
    float x[12];
    input.channels = DC_CHANNELS_BGR;
    assert_ok(dc_data_open(&s, spec_of("folder", "set"), DC_SPLIT_TRAIN, &input, 2, 1));
    assert_int_equal(s->n_samples, 2);
    read_one(x, s, 1);
    assert_true(x[0] == 12 && x[4] == 11 && x[8] == 10 && x[1] == 15);
    read_one(x, s, 0);
    assert_true(x[0] == 40 && x[4] == 40 && x[8] == 40 && x[3] == 43);
    dc_source_close(s);
}

static void *read_all(void *payload)
{
    const dc_source *s = payload;
    float x[4];
    uintptr_t sum = 0;
    for (uint64_t round = 0; round < 50; round++)
        for (uint64_t i = 0; i < s->n_samples; i++)
            if (s->read(s, &i, 1, 0, x, NULL) == DC_OK)
                sum += (uintptr_t)x[3];
    return (void *)sum;
}

static void many_threads_read_the_same_pictures(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    pthread_t threads[4];
    void *sums[4];
    dc_source *s;
    assert_ok(dc_data_open(&s, spec_of("folder", "set"), DC_SPLIT_TRAIN, &input, 0, 1));
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, s), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], &sums[i]), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal((uintptr_t)sums[i], 50 * (43 + 19 + 23 + 33));
    dc_source_close(s);
}

static void a_model_of_one_channel_sees_colour_as_grey(void **state)
{
    (void)state;
    dc_input input = plain_input(1, 2, 2);
    dc_source *s;
    float x[4];
    input.channels = DC_CHANNELS_RGB;
    assert_ok(dc_data_open(&s, spec_of("folder", "set"), DC_SPLIT_TRAIN, &input, 0, 1));
    read_one(x, s, 1);
    assert_near(x[0], 0.299f * 10 + 0.587f * 11 + 0.114f * 12, 1e-4);
    dc_source_close(s);
}

static void what_does_not_fit_is_named_when_read(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 3, 2);
    const uint64_t first = 0;
    float x[6];
    dc_source *s;
    assert_ok(dc_data_open(&s, spec_of("folder", "set"), DC_SPLIT_TRAIN, &input, 0, 1));
    assert_fails(DC_EINPUT, s->read(s, &first, 1, 0, x, NULL));
    assert_non_null(strstr(dc_message(), "set/B/y.png"));
    dc_source_close(s);
}

static dc_status open_named(dc_source **out, const char *const *names, uint32_t n_names)
{
    const dc_input input = plain_input(1, 2, 2);
    const dc_data_request request = { .spec = spec_of("folder", "set"), .input = &input,
                                      .n_classes = n_names,
                                      .n_class_names = n_names, .class_names = names };
    return dc_data_request_open(out, &request);
}

static void folders_called_as_the_models_classes_are_those(void **state)
{
    (void)state;
    static const char *const all[] = { "other", "b bee", "empty", "a", "B" };
    static const char *const some[] = { "b bee", "a", "B", "c" };
    static const char *const others[] = { "w", "x", "y", "z" };
    dc_source *s;
    float x[4];
    assert_ok(open_named(&s, all, 5));
    assert_int_equal(read_one(x, s, 0), 4); /* B */
    assert_int_equal(read_one(x, s, 1), 3); /* a */
    assert_int_equal(read_one(x, s, 3), 1); /* b */
    dc_source_close(s);
    assert_ok(open_named(&s, others, 4)); /* no such names: byte order */
    assert_int_equal(read_one(x, s, 3), 2);
    dc_source_close(s);
    assert_fails(DC_EINPUT, open_named(&s, some, 4));
    assert_non_null(strstr(dc_message(), "no class 'empty'"));
    assert_fails(DC_EINPUT, open_named(&s, others, 3));
    assert_non_null(strstr(dc_message(), "4 classes"));
}

static void count_warning(void *payload, const char *text)
{
    snprintf(payload, 300, "%s", text);
}

/* Opens numbered/ with these folders, each with one picture of as many grey as its place. */
static dc_status open_folders(dc_source **out, const char *set, const char *const *folders,
                              uint32_t n_classes)
{
    static dc_input input;
    char name[100];
    input = plain_input(1, 2, 2);
    make_folder(set);
    for (uint8_t i = 0; folders[i] != NULL; i++) {
        snprintf(name, sizeof name, "%s/%s", set, folders[i]);
        make_folder(name);
        snprintf(name, sizeof name, "%s/%s/x.png", set, folders[i]);
        put_png(name, 1, (uint8_t)(10 * i));
    }
    const dc_data_request request = { .spec = spec_of("folder", set), .input = &input,
                                      .n_classes = n_classes };
    return dc_data_request_open(out, &request);
}

static void folders_called_as_numbers_are_those_classes(void **state)
{
    (void)state;
    static const char *const twelve[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
                                          "11", NULL };
    static const char *const two[] = { "3", "007", NULL };
    char warning[300] = "";
    const dc_listener listener = { .payload = warning, .warn = count_warning };
    dc_source *s;
    float x[4];
    dc_set_listener(&listener);
    assert_ok(open_folders(&s, "twelve", twelve, 12));
    for (uint64_t i = 0; i < 12; i++) {
        const int32_t label = read_one(x, s, i);
        assert_true(x[0] == (float)(10 * label));
    }
    assert_int_equal(s->n_classes, 12);
    assert_null(s->class_names);
    dc_source_close(s);
    assert_ok(open_folders(&s, "two", two, 0));
    assert_int_equal(read_one(x, s, 0), 7);
    assert_int_equal(read_one(x, s, 1), 3);
    assert_int_equal(s->n_classes, 8);
    dc_source_close(s);
    make_folder("two/notes"); /* without pictures */
    assert_ok(open_folders(&s, "two", two, 8));
    assert_int_equal(read_one(x, s, 1), 3);
    dc_source_close(s);
    assert_string_equal(warning, "");
    dc_set_listener(NULL);
}

static void numbers_that_are_no_classes_are_refused(void **state)
{
    (void)state;
    static const char *const beyond[] = { "0", "5", NULL }, *const below[] = { "0", "-1", NULL };
    static const char *const twice[] = { "1", "01", NULL };
    static const char *const huge[] = { "0", "99999999999999999999", NULL };
    dc_source *s;
    assert_fails(DC_EINPUT, open_folders(&s, "beyond", beyond, 5));
    assert_non_null(strstr(dc_message(), "'5'"));
    assert_non_null(strstr(dc_message(), "classes 0 to 4"));
    assert_fails(DC_EINPUT, open_folders(&s, "below", below, 5));
    assert_non_null(strstr(dc_message(), "'-1'"));
    assert_fails(DC_EINPUT, open_folders(&s, "twice", twice, 5));
    assert_non_null(strstr(dc_message(), "both class 1"));
    assert_fails(DC_EINPUT, open_folders(&s, "huge", huge, 0));
}

static void two_folders_of_one_class_by_name_are_refused(void **state)
{
    (void)state;
    static const char *const folders[] = { "n03", "n03 fox", NULL };
    static const char *const names[] = { "n02 dog", "n03 fox" };
    dc_source *s;
    assert_ok(open_folders(&s, "same", folders, 0)); /* in byte order */
    dc_source_close(s);
    const dc_input input = plain_input(1, 2, 2);
    const dc_data_request request = { .spec = spec_of("folder", "same"), .input = &input,
                                      .n_classes = 2, .n_class_names = 2, .class_names = names };
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    assert_non_null(strstr(dc_message(), "'n03' and 'n03 fox'"));
    assert_non_null(strstr(dc_message(), "both class 1"));
}

static void an_order_of_names_is_said_and_kept(void **state)
{
    (void)state;
    static const char *const mixed[] = { "cat", "10", "9", "ant", "bee", NULL };
    static const char *const expected[] = { "10", "9", "ant", "bee", "cat" };
    char warning[300] = "";
    const dc_listener listener = { .payload = warning, .warn = count_warning };
    dc_source *s, *part;
    dc_set_listener(&listener);
    assert_ok(open_folders(&s, "mixed", mixed, 7));
    dc_set_listener(NULL);
    assert_non_null(strstr(warning, "0 '10', 1 '9', 2 'ant', ... 4 'cat'"));
    assert_int_equal(s->n_classes, 5);
    assert_ok(dc_source_part(&part, s, 1, 3, 0));
    for (uint32_t i = 0; i < 5; i++)
        assert_string_equal(part->class_names[i], expected[i]);
    dc_source_close(part);
    dc_source_close(s);
}

static void folders_without_pictures_are_refused(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    dc_source *s;
    assert_fails(DC_EINPUT,
                 dc_data_open(&s, spec_of("folder", "hollow"), DC_SPLIT_TRAIN, &input, 0, 1));
    assert_fails(DC_EIO, dc_data_open(&s, spec_of("folder", "none"), DC_SPLIT_TRAIN, &input, 0, 1));
    assert_fails(DC_EINPUT, dc_data_open(&s, "folder", DC_SPLIT_TRAIN, &input, 0, 1));
}

static void a_damaged_picture_is_named_when_read(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    const uint64_t first = 0;
    float x[4];
    dc_source *s;
    make_folder("bad");
    make_folder("bad/a");
    put_file("bad/a/z.png", "\x89PNG\r\n", 6);
    assert_ok(dc_data_open(&s, spec_of("folder", "bad"), DC_SPLIT_TRAIN, &input, 0, 1));
    assert_fails(DC_ECORRUPT, s->read(s, &first, 1, 0, x, NULL));
    assert_non_null(strstr(dc_message(), "z.png"));
    put_file("bad/a/z.png", "GIF89a", 6);
    assert_fails(DC_ECORRUPT, s->read(s, &first, 1, 0, x, NULL));
    assert_non_null(strstr(dc_message(), "z.png"));
    put_png("bad/a/z.png", 1, 5);
    assert_int_equal(read_one(x, s, 0), 0); /* a failure is not remembered */
    dc_source_close(s);
}

static void lack_of_memory_is_survived(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    assert_true(survive_lack_of_memory(spec_of("folder", "set"), &input) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sub_folders_are_classes_in_byte_order),
        cmocka_unit_test(grey_and_colour_become_the_inputs_channels),
        cmocka_unit_test(many_threads_read_the_same_pictures),
        cmocka_unit_test(a_model_of_one_channel_sees_colour_as_grey),
        cmocka_unit_test(what_does_not_fit_is_named_when_read),
        cmocka_unit_test(folders_called_as_the_models_classes_are_those),
        cmocka_unit_test(two_folders_of_one_class_by_name_are_refused),
        cmocka_unit_test(folders_called_as_numbers_are_those_classes),
        cmocka_unit_test(numbers_that_are_no_classes_are_refused),
        cmocka_unit_test(an_order_of_names_is_said_and_kept),
        cmocka_unit_test(folders_without_pictures_are_refused),
        cmocka_unit_test(a_damaged_picture_is_named_when_read),
        cmocka_unit_test(lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_scratch);
}
