/* SPDX-License-Identifier: MIT
 *
 * What exporters share, and safetensors there and back. That ONNX files are right is asked by
 * tests/interop.
 */
#include "foreign_case.h"

#define LAYERS                                                   \
    "{'name':'c','op':'conv','n_outputs':3,'kernel':3},"         \
    "{'name':'bn','op':'batch_norm'},{'name':'p','op':'prelu'}," \
    "{'name':'k','op':'constant','dims':[3,1,1]},"               \
    "{'name':'m','op':'mul','inputs':['p','k']},"                \
    "{'name':'f','op':'linear','n_outputs':4,'bias':false}"

static dc_model *example(void)
{
    dc_model *model = net_of(LAYERS);
    count_values(model);
    return model;
}

static void safetensors_come_back_as_they_were(void **state)
{
    (void)state;
    foreign_case c;
    dc_model *model = example(), *again = net_of(LAYERS);
    case_begin(&c, ".safetensors");
    assert_ok(dc_export(c.path, model, true));
    assert_ok(dc_import(&again, c.path));
    for (uint32_t i = 0; i < model->n_params; i++)
        assert_memory_equal(again->params[i].values, model->params[i].values,
                            model->params[i].n_values * sizeof(float));
    dc_model_free(model);
    dc_model_free(again);
    case_end(&c);
}

static void onnx_says_what_classes_are_called(void **state)
{
    (void)state;
    foreign_case c;
    dc_model *model = example(), *back = NULL;
    const uint32_t n = dc_model_n_outputs(model);
    model->class_names = dc_arena_take(&model->arena, n, sizeof *model->class_names);
    for (uint32_t i = 0; i < n; i++)
        model->class_names[i] = dc_arena_print(&model->arena, "kind \"%u\", \xc3\xa9", i);
    model->n_class_names = n;
    case_begin(&c, ".onnx");
    assert_ok(dc_export(c.path, model, true));
    assert_ok(dc_import(&back, c.path));
    assert_int_equal(back->n_class_names, n);
    for (uint32_t i = 0; i < n; i++)
        assert_string_equal(back->class_names[i], model->class_names[i]);
    dc_model_free(model);
    dc_model_free(back);
    case_end(&c);
}

static void onnx_says_how_pictures_are_prepared(void **state)
{
    (void)state;
    foreign_case c;
    dc_model *model = example(), *again = NULL;
    model->input.mean[0] = 33.25f;
    model->input.resize = DC_RESIZE_WARP;
    model->input.resize_size = 9;
    case_begin(&c, ".onnx");
    assert_ok(dc_export(c.path, model, true));
    assert_ok(dc_import(&again, c.path));
    assert_near(again->input.mean[0], 33.25, 0);
    assert_int_equal(again->input.resize, DC_RESIZE_WARP);
    assert_int_equal(again->input.resize_size, 9);
    dc_model_free(model);
    dc_model_free(again);
    case_end(&c);
}

static void holds(const dc_file_view *file, const char *text)
{
    const size_t n = strlen(text);
    for (uint64_t i = 0; i + n <= file->size; i++)
        if (memcmp(file->data + i, text, n) == 0)
            return;
    fail_msg("no \"%s\" in the file", text);
}

static void names_and_preparation_are_in_the_files(void **state)
{
    (void)state;
    static const char *const endings[] = { ".safetensors", ".onnx" };
    for (uint32_t i = 0; i < 2; i++) {
        foreign_case c;
        dc_file_view file;
        dc_model *model = example();
        case_begin(&c, endings[i]);
        assert_ok(dc_export(c.path, model, true));
        assert_ok(dc_file_open(&file, c.path, 0));
        holds(&file, "dcomp.input");
        holds(&file, "dcomp.marks");
        holds(&file, "c.weight");
        holds(&file, i == 0 ? "bn.running_var" : "bn.variance");
        assert_true(i == 1 || file.data[0] % 8 == 0); /* padded */
        dc_file_close(&file);
        dc_model_free(model);
        case_end(&c);
    }
}

static void the_same_model_gives_the_same_bytes(void **state)
{
    (void)state;
    static const char *const endings[] = { ".safetensors", ".onnx" };
    for (uint32_t i = 0; i < 2; i++) {
        foreign_case c;
        dc_file_view first, second;
        char path[80];
        dc_model *model = example();
        case_begin(&c, endings[i]);
        snprintf(path, sizeof path, "%s%s", c.path, endings[i]);
        assert_ok(dc_export(c.path, model, true));
        assert_ok(dc_export(path, model, true));
        assert_ok(dc_file_open(&first, c.path, 0));
        assert_ok(dc_file_open(&second, path, 0));
        assert_int_equal(first.size, second.size);
        assert_memory_equal(first.data, second.data, first.size);
        dc_file_close(&first);
        dc_file_close(&second);
        unlink(path);
        dc_model_free(model);
        case_end(&c);
    }
}

static void what_cannot_be_written_is_said(void **state)
{
    (void)state;
    foreign_case c;
    dc_model *model = example(), *empty = NULL;
    const dc_input input = { .shape = dc_shape_of(1, 4, 0, 0, 0), .scale = { 1, 1, 1, 1 } };
    case_begin(&c, ".onnx");
    assert_fails(DC_EINPUT, dc_export("/tmp/never.pb", model, false));
    says("ends as no format");
    assert_fails(DC_EINPUT, dc_export(".onnx", model, false));
    assert_ok(dc_model_new(&empty, "empty", &input));
    assert_fails(DC_EINPUT, dc_export(c.path, empty, false));
    says("without layers");
    assert_false(dc_file_exists(c.path));
    assert_ok(dc_export(c.path, model, false));
    assert_fails(DC_EINPUT, dc_export(c.path, model, false));
    says("exists");
    float *values = model->params[0].values;
    model->params[0].values = NULL;
    assert_fails(DC_EINPUT, dc_export(c.path, model, true));
    says("no dense values");
    model->params[0].values = values;
    dc_model_free(model);
    dc_model_free(empty);
    case_end(&c);
}

/* verify would find it in the file that it became. */
static void a_variance_below_zero_is_not_imported(void **state)
{
    (void)state;
    for (int is_onnx = 0; is_onnx < 2; is_onnx++) {
        foreign_case c;
        dc_model *model = net_of("{'name':'bn','op':'batch_norm'}"), *again = NULL;
        case_begin(&c, is_onnx ? ".onnx" : ".safetensors");
        dc_model_param(model, "bn.variance")->values[0] = -2;
        assert_ok(dc_export(c.path, model, true));
        if (!is_onnx)
            again = net_of("{'name':'bn','op':'batch_norm'}");
        assert_fails(DC_ECORRUPT, dc_import(&again, c.path));
        says("'bn.variance': value 0 is -2, a variance is never below 0");
        assert_int_equal(again == NULL, is_onnx);
        dc_model_free(again);
        dc_model_free(model);
        case_end(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(safetensors_come_back_as_they_were),
        cmocka_unit_test(onnx_says_what_classes_are_called),
        cmocka_unit_test(onnx_says_how_pictures_are_prepared),
        cmocka_unit_test(names_and_preparation_are_in_the_files),
        cmocka_unit_test(the_same_model_gives_the_same_bytes),
        cmocka_unit_test(what_cannot_be_written_is_said),
        cmocka_unit_test(a_variance_below_zero_is_not_imported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
