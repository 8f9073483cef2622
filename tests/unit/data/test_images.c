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

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    dc_source *s;
    assert_fails(DC_EIO, open_list(&s, "one.png 1\nthree.png 2\n"));
    assert_non_null(strstr(dc_message(), "three.png"));
}

static void an_empty_or_missing_list_is_refused(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 2);
    dc_source *s;
    assert_fails(DC_ECORRUPT, open_list(&s, ""));
    assert_fails(DC_ECORRUPT, open_list(&s, "\n \n"));
    unlink(in_scratch("labels.txt"));
    assert_fails(DC_EIO, dc_data_open(&s, spec_of("images", "."), DC_SPLIT_TEST, &input, 0, 1));
    assert_fails(DC_EINPUT, dc_data_open(&s, "images:", DC_SPLIT_TEST, &input, 0, 1));
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
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(an_empty_or_missing_list_is_refused),
        cmocka_unit_test(raw_pixels_can_be_looked_at),
        cmocka_unit_test(lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, make_pictures, remove_scratch);
}
