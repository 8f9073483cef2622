/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "scratch.h"

static void unknown_kinds_are_refused_and_the_known_ones_named(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 28, 28);
    static const char *const bad[] = { "", ":", "mnist", "mnist:x", "idxx:y", "id:z", "IDX:z" };
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++) {
        dc_source *s;
        assert_fails(DC_EINPUT, dc_data_open(&s, bad[i], DC_SPLIT_TRAIN, &input, 0, 1));
        assert_non_null(strstr(dc_message(), "idx:DIR"));
    }
}

static void kinds_say_whether_they_have_a_split(void **state)
{
    (void)state;
    assert_true(dc_data_has_split("idx:x") && dc_data_has_split("digits") &&
                dc_data_has_split("digits:5"));
    assert_false(dc_data_has_split("folder:x") || dc_data_has_split("images:x") ||
                 dc_data_has_split("npy:x") || dc_data_has_split("nothing"));
}

static void a_source_says_what_it_is(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 28, 28);
    dc_source *s;
    assert_ok(dc_data_open(&s, "digits:120", DC_SPLIT_TEST, &input, 0, 1));
    assert_string_equal(s->text, "digits:120 (test, 20 samples)");
    dc_source_close(s);
}

static void a_model_without_pictures_is_refused(void **state)
{
    (void)state;
    dc_input input = plain_input(1, 28, 28);
    dc_source *s;
    input.shape = dc_shape_of(1, 784, 0, 0, 0);
    assert_fails(DC_EINPUT, dc_data_open(&s, "digits:10", DC_SPLIT_TRAIN, &input, 0, 1));
    input.shape = dc_shape_of(3, 20, 28, 28, 0);
    assert_fails(DC_EINPUT, dc_data_open(&s, "digits:10", DC_SPLIT_TRAIN, &input, 0, 1));
}

static void wrapped_sources_can_be_looked_at_too(void **state)
{
    (void)state;
    dc_input input = plain_input(1, 28, 28);
    input.mean[0] = 128;
    input.scale[0] = 1.0f / 128;
    dc_source *s, *part;
    dc_image raw, seen;
    dc_arena arena = { 0 };
    assert_ok(dc_data_open(&s, "digits:10", DC_SPLIT_TRAIN, &input, 0, 1));
    assert_ok(dc_source_part(&part, s, 3, 2, 0));
    assert_ok(dc_data_picture(&raw, s, 4, &arena));
    assert_ok(dc_data_picture(&seen, part, 1, &arena));
    assert_int_equal(seen.width, 28);
    int most = 0;
    for (int i = 0; i < 784; i++)
        most = DC_MAX(most, raw.pixels[i]);
    for (int i = 0; i < 784; i++)
        assert_near(seen.pixels[i], raw.pixels[i] * 255.0 / most, 0.51);
    assert_fails(DC_EINPUT, dc_data_picture(&seen, part, 2, &arena));
    dc_source_close(part);
    dc_source_close(s);
    dc_arena_clear(&arena);
}

static void lack_of_memory_is_survived(void **state)
{
    (void)state;
    dc_input input = plain_input(1, 28, 28);
    assert_true(survive_lack_of_memory("digits:30", &input) > 0);
    input.shape = dc_shape_of(3, 1, 32, 32, 0);
    input.resize = DC_RESIZE_WARP;
    assert_true(survive_lack_of_memory("digits:30", &input) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_kinds_are_refused_and_the_known_ones_named),
        cmocka_unit_test(kinds_say_whether_they_have_a_split),
        cmocka_unit_test(a_source_says_what_it_is),
        cmocka_unit_test(a_model_without_pictures_is_refused),
        cmocka_unit_test(wrapped_sources_can_be_looked_at_too),
        cmocka_unit_test(lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
