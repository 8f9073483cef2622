/* SPDX-License-Identifier: MIT
 *
 * The two ends of a graph: dims that the file or the user gives the input, which of several outputs
 * is meant, and Keras' order of dims.
 */
#include "onnx_make.h"

static char warned[500];

static void note(void *payload, const char *text)
{
    (void)payload;
    snprintf(warned, sizeof warned, "%s", text);
}

/* The import, which must succeed; what was warned of last is in `warned`. */
static dc_model *import(maker *m, const dc_import_settings *settings)
{
    const dc_import_settings defaults = dc_import_defaults();
    const dc_listener listener = { .warn = note };
    dc_model *model = NULL;
    warned[0] = '\0';
    dc_set_listener(&listener);
    assert_ok(make_import_with(&model, m, settings != NULL ? settings : &defaults));
    dc_set_listener(NULL);
    return model;
}

/* x of these dims to y by a Relu; NULL: it has no shape. */
static maker graph_of(const char *dims)
{
    maker m = make_graph(13);
    make_value(&m, 11, "x", dims);
    make_value(&m, 12, "y", "");
    make_node(&m, "Relu", "r", "x", "y", "");
    return m;
}

static dc_import_settings shape_of(const char *dims)
{
    dc_import_settings settings = dc_import_defaults();
    int64_t sizes[16];
    settings.n_dims = make_list(sizes, dims);
    for (uint32_t i = 0; i < settings.n_dims; i++)
        settings.dims[i] = (uint32_t)sizes[i];
    return settings;
}

/* ---- the input ---- */

static void inputs_that_cannot_be_read_say_what_is_missing(void **state)
{
    (void)state;
    static const struct {
        const char *dims, *message;
    } cases[] = {
        { "0,3,0,32", "dim 2 of input 'x' is not fixed: --shape Nx3x?x32 fixes it" },
        { "1,0", "dim 1 of input 'x' is not fixed: --shape 1x? fixes it" },
        { "0,3,-2,5", "dim 2 of input 'x' is not fixed" },
        { "784", "input 'x' has 1 dims: the batch is missing" },
        { "", "input 'x' has 0 dims: the batch is missing" },
        { "0,1,2,3,4", "input 'x' has 5 dims, 2 to 4 can be read" },
        { NULL, "input 'x' has no shape (--shape gives it one)" },
    };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_model *model;
        maker m = graph_of(cases[i].dims);
        assert_fails(DC_EUNSUPPORTED, make_import(&model, &m));
        if (strstr(dc_message(), cases[i].message) == NULL)
            fail_msg("'%s', wanted '%s'", dc_message(), cases[i].message);
    }
}

static void the_input_is_taken_as_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *dims;
        uint32_t n_dims, wanted[3];
        dc_channels channels;
    } cases[] = { { "0,3,4,5", 3, { 3, 4, 5 }, DC_CHANNELS_RGB },
                  { "7,1,4,5", 3, { 1, 4, 5 }, DC_CHANNELS_GREY },
                  { "1,6", 1, { 6 }, DC_CHANNELS_RGB },
                  { "0,4,5", 3, { 1, 4, 5 }, DC_CHANNELS_GREY } };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        maker m = graph_of(cases[i].dims);
        dc_model *model = import(&m, NULL);
        const dc_input *input = &model->input;
        assert_int_equal(input->shape.n_dims, cases[i].n_dims);
        assert_memory_equal(input->shape.dims, cases[i].wanted,
                            cases[i].n_dims * sizeof cases[i].wanted[0]);
        assert_true(input->channels == cases[i].channels && input->resize == DC_RESIZE_NONE);
        assert_true(input->mean[0] == 0 && input->scale[0] == 1);
        dc_model_free(model);
    }
}

static void dims_that_are_not_fixed_can_be_said(void **state)
{
    (void)state;
    static const struct {
        const char *dims, *said;
    } cases[] = { { "0,3,0,0", "0,3,4,5" }, { "0,0,4,5", "1,3,4,5" }, { "7,3,0,5", "7,3,4,5" },
                  { "7,3,0,5", "0,3,4,5" }, { NULL, "1,3,4,5" },      { "0,3,4,5", "0,3,4,5" } };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        const dc_import_settings settings = shape_of(cases[i].said);
        maker m = graph_of(cases[i].dims);
        dc_model *model = import(&m, &settings);
        const dc_shape wanted = dc_shape_of(3, 3, 4, 5, 0);
        assert_true(dc_shape_equal(&model->input.shape, &wanted));
        dc_model_free(model);
    }
}

static void dims_that_are_said_must_be_the_files(void **state)
{
    (void)state;
    static const struct {
        const char *dims, *said, *message;
    } cases[] = {
        { "0,3,0,32", "0,3,32", "input 'x' has 4 dims, --shape says 3" },
        { "0,3,0,32", "0,4,5,32", "dim 1 of input 'x' is 3, --shape says 4" },
        { "8,3,4,5", "1,3,4,5", "dim 0 of input 'x' is 8, --shape says 1" },
    };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_model *model;
        const dc_import_settings settings = shape_of(cases[i].said);
        maker m = graph_of(cases[i].dims);
        assert_fails(DC_EINPUT, make_import_with(&model, &m, &settings));
        assert_non_null(strstr(dc_message(), cases[i].message));
    }
}

/* With a free batch no dim but it can be squeezed; once it is said to be 1, it can. */
static void a_free_batch_can_be_fixed_at_1(void **state)
{
    (void)state;
    for (int is_said = 0; is_said < 2; is_said++) {
        dc_model *model = NULL;
        const dc_import_settings settings = is_said ? shape_of("1,4,6") : dc_import_defaults();
        maker m = make_graph(11);
        make_value(&m, 11, "x", "0,4,6");
        make_value(&m, 12, "y", "");
        make_node(&m, "Relu", "r", "x", "u", "");
        make_node(&m, "Squeeze", "s", "u", "a", "axes=l0");
        make_node(&m, "Transpose", "t", "a", "y", "perm=l1,0");
        const dc_status status = make_import_with(&model, &m, &settings);
        assert_int_equal(status, is_said ? DC_OK : DC_EUNSUPPORTED);
        assert_true(is_said || strstr(dc_message(), "it may if --shape fixes the batch at 1"));
        dc_model_free(model);
    }
}

/* ---- Keras' order of dims ---- */

/* x (N,4,4,4) turned to (N,C,H,W) and summed with a constant of each channel. */
static maker turned(const char *key)
{
    maker m = make_graph(13);
    make_value(&m, 11, "x", "0,4,4,4");
    make_value(&m, 12, "y", "");
    make_floats(&m, "c", "4,1,1", 1);
    make_node(&m, "Transpose", "t", "x", "a", "perm=l0,3,1,2");
    make_node(&m, "Add", "s", "a c", "y", "");
    m.key = key;
    m.value = "{\"shape\":[4,4,4],\"mean\":7}";
    return m;
}

static void a_channels_last_input_is_turned_and_said(void **state)
{
    (void)state;
    maker m = turned("other");
    dc_model *model = import(&m, NULL);
    assert_string_equal(warned,
                        "the file's input 'x' is channels-last: samples must be given as 4x4x4");
    assert_int_equal(dc_model_node(model, "t"), DC_NONE);
    dc_model_free(model);
}

static void a_file_of_ours_is_never_channels_last(void **state)
{
    (void)state;
    maker m = turned("dcomp.input");
    dc_model *model = import(&m, NULL);
    assert_string_equal(warned, "");
    assert_int_not_equal(dc_model_node(model, "t"), DC_NONE);
    assert_true(model->input.mean[0] == 7);
    dc_model_free(model);
}

/* ---- the output ---- */

static maker two_outputs(void)
{
    maker m = graph_of("0,2,4,4");
    make_value(&m, 12, "aux", "0,3");
    make_node(&m, "Tanh", "t", "x", "aux", "");
    return m;
}

static void the_first_of_several_outputs_is_taken_and_the_others_are_said(void **state)
{
    (void)state;
    maker m = two_outputs();
    dc_model *model = import(&m, NULL);
    assert_string_equal(warned, "the graph has 2 outputs, only 'y' is imported (--output-name "
                                "takes another: 'aux')");
    assert_int_equal(model->n_nodes, 2);
    assert_true(model->nodes[1].op == DC_OP_RELU);
    dc_model_free(model);
}

static void any_output_can_be_named(void **state)
{
    (void)state;
    dc_import_settings settings = dc_import_defaults();
    settings.output = "aux";
    maker m = two_outputs();
    dc_model *model = import(&m, &settings);
    assert_string_equal(warned, "");
    assert_int_equal(model->n_nodes, 2);
    assert_true(model->nodes[1].op == DC_OP_TANH);
    dc_model_free(model);

    settings.output = "scores";
    m = two_outputs();
    assert_fails(DC_EINPUT, make_import_with(&model, &m, &settings));
    assert_non_null(strstr(dc_message(), "the graph has no output 'scores', it has 'y', 'aux'"));
    settings.output = "auxx";
    m = two_outputs();
    assert_fails(DC_EINPUT, make_import_with(&model, &m, &settings));
    assert_non_null(strstr(dc_message(), "it has 'y', 'aux', did you mean 'aux'?"));
    settings.output = "a"; /* a value, and no output */
    m = two_outputs();
    assert_fails(DC_EINPUT, make_import_with(&model, &m, &settings));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_that_cannot_be_read_say_what_is_missing),
        cmocka_unit_test(the_input_is_taken_as_it_is),
        cmocka_unit_test(dims_that_are_not_fixed_can_be_said),
        cmocka_unit_test(dims_that_are_said_must_be_the_files),
        cmocka_unit_test(a_free_batch_can_be_fixed_at_1),
        cmocka_unit_test(a_channels_last_input_is_turned_and_said),
        cmocka_unit_test(a_file_of_ours_is_never_channels_last),
        cmocka_unit_test(the_first_of_several_outputs_is_taken_and_the_others_are_said),
        cmocka_unit_test(any_output_can_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
