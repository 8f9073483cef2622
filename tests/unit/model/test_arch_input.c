/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

static dc_input example(void)
{
    return (dc_input){ .shape = dc_shape_of(3, 3, 224, 200, 0),
                       .resize = DC_RESIZE_SHORT_SIDE,
                       .filter = DC_FILTER_BILINEAR,
                       .resize_size = 256,
                       .channels = DC_CHANNELS_BGR,
                       .mean = { 123.675f, 116.28f, 103.53f, 103.53f },
                       .scale = { 1 / 58.395f, 0.1f, 3e-7f, 3e-7f } };
}

static dc_input there_and_back(const dc_input *input)
{
    dc_input again;
    dc_json *json = dc_json_new();
    dc_input_to_json(json, input);
    assert_ok(dc_input_from_json(&again, json));
    dc_json_free(json);
    return again;
}

static void json_gives_the_same_input(void **state)
{
    (void)state;
    const dc_input input = example(), again = there_and_back(&input);
    assert_true(dc_shape_equal(&again.shape, &input.shape));
    assert_int_equal(again.resize, input.resize);
    assert_int_equal(again.filter, input.filter);
    assert_int_equal(again.resize_size, input.resize_size);
    assert_int_equal(again.channels, input.channels);
    assert_memory_equal(again.mean, input.mean, 3 * sizeof(float));
    assert_memory_equal(again.scale, input.scale, 3 * sizeof(float));
}

static void vectors_and_many_channels_are_inputs_too(void **state)
{
    (void)state;
    dc_input input = { .shape = dc_shape_of(1, 784, 0, 0, 0),
                       .mean = { 2, 2, 2, 2 },
                       .scale = { 1, 1, 1, 1 } };
    dc_input again = there_and_back(&input);
    assert_near(again.mean[3], 2, 0);
    input.shape = dc_shape_of(3, 16, 8, 8, 0);
    again = there_and_back(&input);
    assert_int_equal(again.shape.dims[0], 16);
}

static void floats_are_written_as_people_write_them(void **state)
{
    (void)state;
    char *text = NULL;
    const dc_input input = example();
    dc_json *json = dc_json_new();
    dc_input_to_json(json, &input);
    assert_ok(dc_json_print(&text, json, false));
    assert_non_null(strstr(text, "[123.675,116.28,103.53]"));
    dc_release(text);
    dc_json_free(json);
}

static void the_line_says_what_is_done(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_input input = example();
    assert_string_equal(dc_input_text(&input, &arena),
                        "3x224x200 bgr, short side to 256 by bilinear, crop, "
                        "minus (123.675, 116.28, 103.53), times (0.0171248, 0.1, 3e-07)");
    input.resize = DC_RESIZE_WARP;
    input.resize_size = 0;
    for (uint32_t c = 0; c < 4; c++) {
        input.mean[c] = 0;
        input.scale[c] = 0.5f;
    }
    assert_string_equal(dc_input_text(&input, &arena),
                        "3x224x200 bgr, warp to 224x200 by bilinear, times 0.5");
    input = (dc_input){ .shape = dc_shape_of(1, 5, 0, 0, 0), .scale = { 1, 1, 1, 1 } };
    assert_string_equal(dc_input_text(&input, &arena), "5");
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_gives_the_same_input),
        cmocka_unit_test(vectors_and_many_channels_are_inputs_too),
        cmocka_unit_test(floats_are_written_as_people_write_them),
        cmocka_unit_test(the_line_says_what_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
