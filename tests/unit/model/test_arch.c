/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

#define INPUT "\"input\":{\"shape\":[3,9,9]}"

/* Single quotes stand for double ones. */
static dc_status build(dc_model **out, const char *text)
{
    char json_text[2048];
    size_t n = 0;
    for (; text[n] != '\0'; n++)
        json_text[n] = text[n] == '\'' ? '"' : text[n];
    dc_json *json = NULL;
    assert_ok(dc_json_parse(&json, json_text, n, "test"));
    const dc_status status = dc_model_from_arch(out, json, "a.json");
    dc_json_free(json);
    return status;
}

static dc_model *built(const char *text)
{
    dc_model *model = NULL;
    assert_ok(build(&model, text));
    return model;
}

/* Refused, and the message has the file and `word`. */
static void refuses(const char *text, const char *word)
{
    dc_model *model = NULL;
    assert_fails(DC_EINPUT, build(&model, text));
    assert_null(model);
    if (strstr(dc_message(), "a.json") == NULL || strstr(dc_message(), word) == NULL)
        fail_msg("message \"%s\" lacks \"%s\"", dc_message(), word);
}

static void refuses_layers(const char *layers, const char *word)
{
    char text[1024];
    snprintf(text, sizeof text, "{'name':'m','input':{'shape':[3,9,9]},'layers':[%s]}", layers);
    refuses(text, word);
}

static dc_model *built_layers(const char *layers)
{
    char text[1024];
    snprintf(text, sizeof text, "{'name':'m','input':{'shape':[3,9,9]},'layers':[%s]}", layers);
    return built(text);
}

static dc_model *from_file(const char *path)
{
    dc_json *json = NULL;
    dc_model *model = NULL;
    assert_ok(dc_json_read(&json, path));
    assert_ok(dc_model_from_arch(&model, json, path));
    dc_json_free(json);
    return model;
}

static void the_lenets_have_their_published_sizes(void **state)
{
    (void)state;
    dc_model *model = from_file(DCOMP_SOURCE_DIR "/models/lenet-300-100.json");
    assert_int_equal(dc_model_n_values(model), 266610);
    assert_int_equal(dc_model_n_classes(model), 10);
    dc_model_free(model);
    model = from_file(DCOMP_SOURCE_DIR "/models/lenet-5.json");
    assert_int_equal(dc_model_n_values(model), 431080);
    assert_int_equal(dc_model_n_classes(model), 10);
    assert_near(model->input.scale[0], 0.00390625, 0);
    assert_int_equal(model->input.channels, DC_CHANNELS_GREY);
    dc_model_free(model);
}

static void an_input_says_how_it_is_prepared(void **state)
{
    (void)state;
    dc_model *model = built("{'name':'m','input':{'mean':[1,2,3],'shape':[3,9,9],'scale':0.5,"
                            "'resize':'short_side','filter':'bilinear','resize_size':12,"
                            "'channels':'bgr'},'class_names':['a','b'],"
                            "'layers':[{'name':'l','op':'linear','n_outputs':2,'bias':false}]}");
    const dc_input *input = &model->input;
    assert_near(input->mean[2], 3, 0);
    assert_near(input->scale[2], 0.5, 0);
    assert_int_equal(input->resize, DC_RESIZE_SHORT_SIDE);
    assert_int_equal(input->filter, DC_FILTER_BILINEAR);
    assert_int_equal(input->resize_size, 12);
    assert_int_equal(input->channels, DC_CHANNELS_BGR);
    assert_string_equal(model->class_names[1], "b");
    assert_int_equal(model->n_params, 1);
    dc_model_free(model);
}

static void numbers_and_arrays_set_kernels_and_pads(void **state)
{
    (void)state;
    dc_model *model = built_layers("{'name':'a','op':'conv','n_outputs':2,'kernel':[3,2],"
                                   "'stride':2,'pad':[1,2,3,4],'dilation':[2,1]},"
                                   "{'name':'b','op':'conv','n_outputs':2,'pad':[1,2],"
                                   "'kernel_w':3}");
    const double *a = model->nodes[1].attrs, *b = model->nodes[2].attrs;
    const double in_a[] = {2, 3, 2, 2, 2, 1, 2, 3, 4, 2, 1};
    const double in_b[] = {2, 1, 3, 1, 1, 1, 2, 1, 2, 1, 1};
    for (uint32_t i = 0; i < DC_COUNT_OF(in_a); i++) {
        assert_near(a[i], in_a[i], 0);
        assert_near(b[i], in_b[i], 0);
    }
    dc_model_free(model);
}

static void a_pool_steps_by_its_kernel_unless_told(void **state)
{
    (void)state;
    dc_model *model = built_layers("{'name':'a','op':'max_pool','kernel':3},"
                                   "{'name':'b','op':'average_pool','kernel':[2,3],'stride':1,"
                                   "'count_pad':true}");
    assert_near(dc_node_number(&model->nodes[1], DC_ATTR_STRIDE_H), 3, 0);
    assert_int_equal(model->nodes[1].shape.dims[1], 3);
    assert_near(dc_node_number(&model->nodes[2], DC_ATTR_STRIDE_W), 1, 0);
    assert_near(dc_node_number(&model->nodes[2], DC_ATTR_COUNT_PAD), 1, 0);
    dc_model_free(model);
}

static void inputs_join_earlier_layers(void **state)
{
    (void)state;
    dc_model *model = built_layers("{'name':'a','op':'relu'},{'name':'b','op':'relu'},"
                                   "{'name':'s','op':'add','inputs':['a','b','input']},"
                                   "{'name':'c','op':'concat','inputs':['s','input']}");
    assert_int_equal(model->nodes[2].inputs[0], 1);
    assert_int_equal(model->nodes[3].inputs[0], 1);
    assert_int_equal(model->nodes[3].inputs[2], 0);
    assert_int_equal(model->nodes[4].shape.dims[0], 6);
    dc_model_free(model);
}

static void dims_are_told_in_a_list(void **state)
{
    (void)state;
    dc_model *m = built_layers("{'name':'a','op':'reshape','dims':[9,27]},"
                               "{'name':'b','op':'transpose','dims':[2,1]},"
                               "{'name':'c','op':'reshape','dims':243},"
                               "{'name':'d','op':'reshape','dims':[3,3,3,9]},"
                               "{'name':'e','op':'slice','axis':3,'begin':2,'size':4}");
    const dc_shape expected[] = {{2, {9, 27}}, {2, {27, 9}}, {1, {243}}, {4, {3, 3, 3, 9}},
                                 {4, {3, 3, 3, 4}}};
    for (uint32_t i = 0; i < DC_COUNT_OF(expected); i++)
        assert_true(dc_shape_equal(&m->nodes[1 + i].shape, &expected[i]));
    dc_model_free(m);
    refuses_layers("{'name':'a','op':'reshape','dims':[9,27,1,1,1]}", "'dims' has 5 values");
    refuses_layers("{'name':'a','op':'reshape','dims':[]}", "'dims' has 0 values");
    refuses_layers("{'name':'a','op':'reshape','dims':[9,0,27]}", "before it is not");
    refuses_layers("{'name':'a','op':'reshape'}", "'dims' are missing");
    refuses_layers("{'name':'a','op':'reshape','dims':[9,27],'dim_1':27}", "given twice");
    refuses_layers("{'name':'a','op':'relu','dims':[9,27]}", "has no key 'dims'");
}

static void a_constant_has_no_input(void **state)
{
    (void)state;
    dc_model *m = built_layers("{'name':'k','op':'constant','dims':[3,1,1]},"
                               "{'name':'empty','op':'constant','inputs':[],'dims':2},"
                               "{'name':'y','op':'mul','inputs':['input','k']}");
    assert_int_equal(m->nodes[1].n_inputs, 0);
    assert_int_equal(m->nodes[2].n_inputs, 0);
    assert_int_equal(m->nodes[3].shape.dims[2], 9);
    assert_string_equal(m->params[0].name, "k.value");
    dc_model_free(m);
    refuses_layers("{'name':'k','op':'constant','dims':3,'inputs':['input']}",
                   "cannot have 1 inputs");
    refuses_layers("{'name':'k','op':'constant'}", "'dims' are missing");
    refuses_layers("{'name':'r','op':'relu','inputs':[]}", "cannot have 0 inputs");
}

static void unknown_keys_and_words_are_refused(void **state)
{
    (void)state;
    refuses_layers("{'name':'a','op':'conv','n_outputs':2,'kernal':3}", "kernal");
    refuses_layers("{'name':'a','op':'relu','kernel':3}", "kernel");
    refuses_layers("{'name':'a','op':'relu6'}", "relu6");
    refuses_layers("{'name':'a','op':'input'}", "input");
    refuses("{'name':'m','colour':1," INPUT ",'layers':[{'name':'a','op':'relu'}]}", "colour");
    refuses("{'name':'m','input':{'shape':[3,9,9],'size':1},'layers':[]}", "size");
    refuses("{'name':'m','input':{'shape':[3,9,9],'filter':'box'},'layers':[]}", "box");
}

static void unknown_and_later_inputs_are_refused(void **state)
{
    (void)state;
    refuses_layers("{'name':'a','op':'relu','inputs':['zzz']}", "zzz");
    refuses_layers("{'name':'a','op':'relu','inputs':['b']},{'name':'b','op':'relu'}", "'b'");
    refuses_layers("{'name':'a','op':'relu','inputs':['a']}", "'a'");
    refuses_layers("{'name':'a','op':'relu','inputs':[]}", "a");
    refuses_layers("{'name':'a','op':'relu','inputs':'input'}", "inputs");
    refuses_layers("{'name':'a','op':'relu','inputs':[0]}", "inputs");
}

static void missing_keys_are_refused(void **state)
{
    (void)state;
    refuses_layers("{'op':'relu'}", "layer 0");
    refuses_layers("{'name':'a'}", "'op'");
    refuses_layers("{'name':'a','op':'linear'}", "n_outputs");
    refuses_layers("", "layers");
    refuses("{" INPUT ",'layers':[{'name':'a','op':'relu'}]}", "name");
    refuses("{'name':'m','layers':[{'name':'a','op':'relu'}]}", "input");
    refuses("{'name':'m','input':{},'layers':[{'name':'a','op':'relu'}]}", "shape");
    refuses("{'name':'m'," INPUT "}", "layers");
    refuses("[]", "object");
}

static void what_is_said_twice_is_refused(void **state)
{
    (void)state;
    refuses_layers("{'name':'a','op':'relu'},{'name':'a','op':'relu'}", "'a'");
    refuses_layers("{'name':'input','op':'relu'}", "input");
    refuses_layers("{'name':'a','op':'max_pool','kernel':2,'kernel_h':2}", "kernel_h");
}

static void shapes_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    refuses_layers("{'name':'big','op':'conv','n_outputs':1,'kernel':10}", "big");
    refuses_layers("{'name':'a','op':'max_pool','kernel':3},"
                   "{'name':'s','op':'add','inputs':['a','input']}", "s:");
    refuses("{'name':'m','input':{'shape':[3,9,2,2]},'layers':[]}", "shape");
    refuses("{'name':'m','input':{'shape':[3,9,0]},'layers':[]}", "shape");
    refuses("{'name':'m','input':{'shape':[3,9,1.5]},'layers':[]}", "shape");
    refuses("{'name':'m','input':{'shape':[3,9,5e9]},'layers':[]}", "shape");
}

static void wrong_types_and_lengths_are_refused(void **state)
{
    (void)state;
    refuses_layers("{'name':'a','op':'max_pool','kernel':'2'}", "kernel");
    refuses_layers("{'name':'a','op':'max_pool','kernel':[2,2,2]}", "kernel");
    refuses_layers("{'name':'a','op':'max_pool','kernel':[]}", "kernel");
    refuses_layers("{'name':'a','op':'max_pool','kernel':true}", "kernel");
    refuses_layers("{'name':'a','op':'max_pool','kernel':3,'pad':[0,0,0]}", "pad");
    refuses_layers("{'name':'a','op':'linear','n_outputs':2,'bias':'yes'}", "bias");
    refuses_layers("'conv'", "layer 0");
    refuses("{'name':'m','input':{'shape':[3,9,9],'mean':[1,2]},'layers':[]}", "mean");
    refuses("{'name':'m','input':{'shape':[3,9,9],'scale':'1'},'layers':[]}", "scale");
    refuses("{'name':'m','input':{'shape':[3,9,9],'channels':'grey'},'layers':[]}", "grey");
    refuses("{'name':'m'," INPUT ",'class_names':['a'],'layers':[{'name':'a','op':'relu'}]}",
            "class names");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lenets_have_their_published_sizes),
        cmocka_unit_test(an_input_says_how_it_is_prepared),
        cmocka_unit_test(numbers_and_arrays_set_kernels_and_pads),
        cmocka_unit_test(a_pool_steps_by_its_kernel_unless_told),
        cmocka_unit_test(inputs_join_earlier_layers),
        cmocka_unit_test(dims_are_told_in_a_list),
        cmocka_unit_test(a_constant_has_no_input),
        cmocka_unit_test(unknown_keys_and_words_are_refused),
        cmocka_unit_test(unknown_and_later_inputs_are_refused),
        cmocka_unit_test(missing_keys_are_refused),
        cmocka_unit_test(what_is_said_twice_is_refused),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
        cmocka_unit_test(wrong_types_and_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
