/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "scratch.h"

static void put_png(const char *name, uint8_t value)
{
    uint8_t pixels[4] = { value, value, value, value };
    const dc_image image = { 2, 2, 1, pixels };
    assert_ok(dc_png_write(in_scratch(name), &image, true));
}

static int make_pictures(void **state)
{
    if (make_scratch(state) != 0)
        return 1;
    put_png("one.png", 1);
    put_png("two words.png", 2);
    return 0;
}

static dc_status open_list(dc_source **out, const char *list)
{
    const dc_input input = plain_input(1, 2, 2);
    put_file("labels.txt", list, strlen(list));
    return dc_data_open(out, spec_of("images", "."), DC_SPLIT_TEST, &input, 0, 1);
}

static void lines_are_a_file_and_its_class(void **state)
{
    (void)state;
    dc_source *s;
    float x[4];
    assert_ok(open_list(&s, "one.png 7\r\n\n  two words.png\t0 \n \none.png 3"));
    assert_int_equal(s->n_samples, 3);
    assert_int_equal(s->n_classes, 8);
    assert_int_equal(read_one(x, s, 0), 7);
    assert_int_equal(read_one(x, s, 1), 0);
    assert_true(x[0] == 2);
    assert_int_equal(read_one(x, s, 2), 3);
    assert_true(x[0] == 1);
    dc_source_close(s);
}

static void lines_of_another_form_are_refused_by_number(void **state)
{
    (void)state;
    static const char *const bad[] = { "one.png", "one.png -1", "one.png 1.5", "one.png cat",
                                       "one.png 1000000", "one.png 99999999999999999999", "3",
                                       "one.png 3x" };
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++) {
        char list[100];
        dc_source *s;
        snprintf(list, sizeof list, "one.png 1\n\n%s\n", bad[i]);
        assert_fails(DC_ECORRUPT, open_list(&s, list));
        assert_non_null(strstr(dc_message(), "line 3"));
    }
}

static void marks_of_encodings_are_passed_over_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        dc_status status;
        const char *message;
    } bad[] = {
        { "\xff\xfeo\0n\0e\0", 8, DC_EUNSUPPORTED, "is UTF-16 text" },
        { "\xfe\xff\0o\0n\0e", 8, DC_EUNSUPPORTED, "is UTF-16 text" },
        { "o\0n\0e\0", 6, DC_EUNSUPPORTED, "is UTF-16 text" },
        { "one.png 1\none.png\0x 2\n", 22, DC_ECORRUPT, "line 2" },
        { "one.png 1\none.png 2\0", 20, DC_ECORRUPT, "line 2" },
    };
    const dc_input input = plain_input(1, 2, 2);
    dc_source *s;
    float x[4];
    assert_ok(open_list(&s, "\xef\xbb\xbfone.png 7\r\ntwo words.png 1"));
    assert_int_equal(s->n_samples, 2);
    assert_int_equal(read_one(x, s, 0), 7);
    dc_source_close(s);
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++) {
        put_file("labels.txt", bad[i].bytes, bad[i].n);
        assert_fails(bad[i].status, dc_data_open(&s, spec_of("images", "."), DC_SPLIT_TEST,
                                                 &input, 0, 1));
        assert_non_null(strstr(dc_message(), bad[i].message));
    }
}

static void absolute_names_are_refused_with_the_reason(void **state)
{
    (void)state;
    char list[400];
    dc_source *s;
    snprintf(list, sizeof list, "one.png 1\n%s 2\n", in_scratch("one.png"));
    assert_fails(DC_EINPUT, open_list(&s, list));
    assert_non_null(strstr(dc_message(), "line 2"));
    assert_non_null(strstr(dc_message(), "begins at the root"));
}

static void a_number_that_is_another_classs_name_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "1", "2", "3 three", "0 zero" }, *const same[] = { "0",
                                                                                       "1" };
    const dc_input input = plain_input(1, 2, 2);
    dc_data_request request = { .spec = spec_of("images", "."), .input = &input, .n_classes = 4,
                                .n_class_names = 4, .class_names = names };
    dc_source *s;
    float x[4];
    put_file("labels.txt", "one.png 3\n", 10);
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    assert_non_null(strstr(dc_message(), "'3' is the name of the model's class 2"));
    request.class_names = same;
    request.n_classes = 2;
    request.n_class_names = 2;
    put_file("labels.txt", "one.png 1\n", 10);
    assert_ok(dc_data_request_open(&s, &request));
    assert_int_equal(read_one(x, s, 0), 1);
    dc_source_close(s);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    dc_source *s;
    assert_fails(DC_EIO, open_list(&s, "one.png 1\nthree.png 2\n"));
    assert_non_null(strstr(dc_message(), "three.png"));
}

static void an_empty_list_is_refused(void **state)
{
    (void)state;
    dc_source *s;
    assert_fails(DC_ECORRUPT, open_list(&s, ""));
    assert_fails(DC_ECORRUPT, open_list(&s, "\n \n"));
}

static dc_status open_folder(dc_source **out, const char *name)
{
    const dc_input input = plain_input(1, 2, 2);
    return dc_data_open(out, spec_of("images", name), DC_SPLIT_TEST, &input, 0, 1);
}

static void without_a_list_all_pictures_are_unlabelled_samples(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    dc_source *s;
    float x[4];
    unlink(in_scratch("labels.txt"));
    assert_ok(open_folder(&s, "."));
    assert_int_equal(s->n_samples, 2);
    assert_false(s->is_labelled);
    assert_int_equal(s->n_classes, 0);
    assert_int_equal(read_one(x, s, 0), -1);
    assert_true(x[0] == 1);
    read_one(x, s, 1);
    assert_true(x[0] == 2);
    dc_source_close(s);
    assert_ok(dc_folder_make(in_scratch("empty")));
    assert_fails(DC_EINPUT, open_folder(&s, "empty"));
    assert_fails(DC_EIO, open_folder(&s, "nowhere"));
    assert_fails(DC_EINPUT, dc_data_open(&s, "images:", DC_SPLIT_TEST, &input, 0, 1));
}

static void pictures_may_lie_in_a_folder_of_their_own(void **state)
{
    (void)state;
    dc_source *s;
    float x[4];
    assert_ok(dc_folder_make(in_scratch("set")));
    assert_ok(dc_folder_make(in_scratch("set/images")));
    put_png("set/images/b.png", 8);
    put_png("set/images/a.png", 7);
    assert_ok(open_folder(&s, "set")); /* no list */
    assert_int_equal(s->n_samples, 2);
    read_one(x, s, 0);
    assert_true(x[0] == 7);
    assert_non_null(strstr(dc_data_file(s, 1), "set/images/b.png"));
    assert_null(dc_data_file(s, 2));
    dc_source_close(s);
    put_file("set/labels.txt", "b.png 3\nimages/a.png 4\n", 23);
    assert_ok(open_folder(&s, "set"));
    assert_int_equal(read_one(x, s, 0), 3);
    assert_true(x[0] == 8);
    assert_int_equal(read_one(x, s, 1), 4);
    dc_source_close(s);
}

/* ---- classes by name ---- */

static const char *const class_names[] = { "n01 tench, fish", "n02 crane", "crane bird", "7",
                                           "n03 crane" };

static dc_status open_named(dc_source **out, const char *list, bool has_names)
{
    const dc_input input = plain_input(1, 2, 2);
    const dc_data_request request = { .spec = spec_of("images", "."),
                                      .input = &input,
                                      .n_classes = DC_COUNT_OF(class_names),
                                      .n_class_names = DC_COUNT_OF(class_names),
                                      .class_names = has_names ? class_names : NULL };
    put_file("labels.txt", list, strlen(list));
    return dc_data_request_open(out, &request);
}

static void a_class_may_be_a_name_of_the_models(void **state)
{
    (void)state;
    static const int32_t expected[] = { 0, 0, 2, 1, 4, 3 };
    dc_source *s;
    float x[4];
    assert_ok(open_named(&s, "one.png n01\none.png n01 tench, fish\ntwo words.png\tcrane bird\n"
                         "two words.png n02 crane\none.png n03 crane\none.png 3\n", true));
    assert_int_equal(s->n_samples, DC_COUNT_OF(expected));
    for (uint32_t i = 0; i < DC_COUNT_OF(expected); i++)
        assert_int_equal(read_one(x, s, i), expected[i]);
    dc_source_close(s);
}

static void classes_that_the_model_has_not_are_refused_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *list, *says;
        bool has_names;
    } bad[] = {
        { "one.png 0\none.png n04", "line 2 of '", true },
        { "one.png 0\none.png n04", "no class 'n04'", true },
        { "one.png 0\none.png n0", "no class 'n0'", true },
        { "one.png 0\none.png tench,", "no class 'tench,'", true },
        { "one.png 5", "class 5, but the model has 5", true },
        { "\none.png 5", "line 2 of '", false },
        { "one.png 99999999999", "but the model has 5", false },
    };
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++) {
        dc_source *s;
        assert_fails(DC_EINPUT, open_named(&s, bad[i].list, bad[i].has_names));
        assert_non_null(strstr(dc_message(), bad[i].says));
        assert_non_null(strstr(dc_message(), "labels.txt"));
    }
    dc_source *s;
    assert_fails(DC_ECORRUPT, open_named(&s, "one.png n04", false));
}

static void a_name_of_several_classes_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "crane", "crane", "maillot", "maillot suit", "x y",
                                         "x z" };
    const dc_input input = plain_input(1, 2, 2);
    const dc_data_request request = { .spec = spec_of("images", "."), .input = &input,
                                      .n_classes = DC_COUNT_OF(names),
                                      .n_class_names = DC_COUNT_OF(names), .class_names = names };
    dc_source *s;
    float x[4];
    put_file("labels.txt", "one.png crane\n", 14);
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    assert_non_null(strstr(dc_message(), "several classes are 'crane'"));
    put_file("labels.txt", "one.png x\n", 10);
    assert_fails(DC_EINPUT, dc_data_request_open(&s, &request));
    put_file("labels.txt", "one.png maillot\none.png maillot suit\n", 37);
    assert_ok(dc_data_request_open(&s, &request)); /* the whole of a name goes before a part */
    assert_int_equal(read_one(x, s, 0), 2);
    assert_int_equal(read_one(x, s, 1), 3);
    dc_source_close(s);
}

/* ---- files that cannot be read ---- */

static dc_status open_spoilt(dc_source **out, uint32_t n_bad, bool is_strict)
{
    char list[2000] = "";
    const dc_input input = plain_input(1, 2, 2);
    const dc_data_request request = { .spec = spec_of("images", "."), .input = &input,
                                      .is_strict = is_strict };
    for (uint32_t i = 0; i < n_bad; i++) {
        char name[20];
        snprintf(name, sizeof name, "bad%02u.png", i);
        put_file(name, "\x89PNG\r\n", 6);
        const size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s 1\none.png 2\n", name);
    }
    put_file("labels.txt", list, strlen(list));
    return dc_data_request_open(out, &request);
}

/* One pass; the samples that came. */
static uint64_t pass(const dc_source *s)
{
    dc_loader *loader;
    dc_batch batch;
    uint64_t n = 0;
    assert_ok(dc_loader_new(&loader, s,
            &(dc_loader_settings){ .batch_size = 3, .shuffle_seed = 7 }));
    for (;;) {
        assert_ok(dc_loader_next(&batch, loader));
        for (uint32_t i = 0; i < batch.n; i++)
            assert_true(batch.target.classes[i] == 2 && batch.x[4 * i] == 1);
        n += batch.n;
        if (batch.n == 0)
            break;
    }
    dc_loader_free(loader);
    return n;
}

/* A part of an augmented set knows what the file of a sample is called. */
static void a_sample_is_named_by_its_file_through_all_wrappers(void **state)
{
    (void)state;
    const dc_augment_settings shifted = { .shift = 1, .seed = 1 };
    dc_source *s, *augmented, *part;
    dc_arena arena = { 0 };
    uint64_t index = 0;
    float x[4];
    assert_ok(open_list(&s, "one.png 7\ntwo words.png 0\none.png 3"));
    assert_ok(dc_data_augment(&augmented, s, &shifted));
    assert_ok(dc_source_part(&part, augmented, 0, 3, 9));
    while (read_one(x, part, index) != 0) /* they are shuffled */
        index++;
    assert_non_null(strstr(dc_source_describe(part, index, &arena), "two words.png'"));
    assert_int_equal(dc_source_blame(part, index, dc_label_check(7, 3)), DC_EINPUT);
    assert_non_null(strstr(dc_message(), "two words.png': class 7 of the data is not among"));
    assert_ok(dc_source_blame(part, index, DC_OK));
    dc_source_close(part);
    dc_source_close(augmented);
    dc_source_close(s);
    dc_arena_clear(&arena);
}

static void what_cannot_be_read_is_left_out_and_told_once(void **state)
{
    (void)state;
    dc_source *s;
    listen_to_warnings();
    assert_ok(open_spoilt(&s, 8, false));
    dc_pool_set_jobs(3);
    assert_int_equal(pass(s), 8);
    for (int i = 0; i < 8; i++) {
        char name[20];
        snprintf(name, sizeof name, "bad%02d.png", i);
        assert_int_equal(strstr(warned, name) != NULL, i < 5); /* the first few, in their order */
    }
    assert_true(strstr(warned, "bad00") < strstr(warned, "bad04"));
    assert_non_null(strstr(warned, "and 3 more\n"));
    warned[0] = '\0';
    assert_int_equal(pass(s), 8);
    assert_string_equal(warned, "");
    dc_source_close(s);
    dc_pool_set_jobs(0);
    dc_set_listener(NULL);
}

static void a_strict_set_fails_at_what_cannot_be_read(void **state)
{
    (void)state;
    dc_source *s;
    dc_loader *loader;
    dc_batch batch;
    float x[4];
    int32_t label;
    const uint64_t first = 0;
    assert_ok(open_spoilt(&s, 2, true));
    assert_fails(DC_ECORRUPT, s->read(s, &first, 1, 0, x, &label));
    assert_ok(dc_loader_new(&loader, s,
            &(dc_loader_settings){ .batch_size = 3 }));
    assert_fails(DC_ECORRUPT, dc_loader_next(&batch, loader));
    assert_non_null(strstr(dc_message(), "bad00.png"));
    dc_loader_free(loader);
    dc_source_close(s);
    assert_ok(open_spoilt(&s, 2, false)); /* without room for a mark it is a failure too */
    assert_fails(DC_ECORRUPT, s->read(s, &first, 1, 0, x, NULL));
    dc_source_close(s);
}

static void raw_pixels_can_be_looked_at(void **state)
{
    (void)state;
    dc_input input = plain_input(1, 2, 2);
    dc_image image;
    dc_arena arena = { 0 };
    dc_source *s;
    input.mean[0] = 100;
    put_file("labels.txt", "two words.png 1\n", 16);
    assert_ok(dc_data_open(&s, spec_of("images", "."), DC_SPLIT_TEST, &input, 0, 1));
    assert_ok(dc_data_picture(&image, s, 0, &arena));
    assert_int_equal(image.width, 2);
    assert_int_equal(image.pixels[3], 2);
    dc_arena_clear(&arena);
    dc_source_close(s);
}

static dc_status count_if_one(void *payload, const char *path)
{
    *(uint32_t *)payload += strcmp(path, in_scratch("./one.png")) == 0;
    return DC_OK;
}

/* So that none of them becomes an output by mistake. */
static void every_file_of_a_list_is_named_a_byte_order_mark_before_it_or_not(void **state)
{
    (void)state;
    static const char *const lists[] = { "one.png 1\n", "\xef\xbb\xbfone.png 1\n" };
    for (size_t i = 0; i < DC_COUNT_OF(lists); i++) {
        dc_source *s;
        uint32_t n_found = 0;
        assert_ok(open_list(&s, lists[i]));
        dc_source_close(s);
        assert_ok(dc_data_files(spec_of("images", "."), count_if_one, &n_found));
        assert_true(n_found > 0);
    }
}

static void lack_of_memory_is_survived(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    put_file("labels.txt", "one.png 1\n", 10);
    assert_true(survive_lack_of_memory(spec_of("images", "."), &input) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_a_file_and_its_class),
        cmocka_unit_test(lines_of_another_form_are_refused_by_number),
        cmocka_unit_test(marks_of_encodings_are_passed_over_or_refused),
        cmocka_unit_test(absolute_names_are_refused_with_the_reason),
        cmocka_unit_test(a_number_that_is_another_classs_name_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(an_empty_list_is_refused),
        cmocka_unit_test(without_a_list_all_pictures_are_unlabelled_samples),
        cmocka_unit_test(pictures_may_lie_in_a_folder_of_their_own),
        cmocka_unit_test(a_class_may_be_a_name_of_the_models),
        cmocka_unit_test(classes_that_the_model_has_not_are_refused_by_line),
        cmocka_unit_test(a_name_of_several_classes_is_refused),
        cmocka_unit_test(a_sample_is_named_by_its_file_through_all_wrappers),
        cmocka_unit_test(what_cannot_be_read_is_left_out_and_told_once),
        cmocka_unit_test(a_strict_set_fails_at_what_cannot_be_read),
        cmocka_unit_test(raw_pixels_can_be_looked_at),
        cmocka_unit_test(every_file_of_a_list_is_named_a_byte_order_mark_before_it_or_not),
        cmocka_unit_test(lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, make_pictures, remove_scratch);
}
