/* SPDX-License-Identifier: MIT */
#include "array_case.h"

static void each_node_has_its_kind(void **state)
{
    (void)state;
    net_case c;
    const dc_eie_config config = dc_eie_defaults();
    case_plan(&c, branches, &config);
    static const struct {
        const char *node;
        node_kind kind;
    } wanted[] = {
        { "input", NODE_INPUT }, { "conv1", NODE_ARRAY }, { "relu1", NODE_PASS },
        { "conv2", NODE_ARRAY }, { "sum", NODE_HOST },    { "relu2", NODE_HOST },
        { "conv3", NODE_ARRAY }, { "all", NODE_HOST },    { "norm", NODE_HOST },
        { "lrn", NODE_HOST },    { "mean", NODE_HOST },   { "drop", NODE_PASS },
        { "flat", NODE_PASS },   { "fc", NODE_ARRAY },    { "top", NODE_HOST },
    };
    for (size_t i = 0; i < DC_COUNT_OF(wanted); i++) {
        assert_int_equal(kind_of(&c, wanted[i].node), wanted[i].kind);
        const uint32_t index = c.net.array_index[dc_model_node(c.model, wanted[i].node)];
        assert_int_equal(index != DC_NONE, wanted[i].kind == NODE_ARRAY);
    }
    assert_int_equal(c.net.n_arrays, 4);
    case_end(&c);
}

static void what_reshape_passes_on_is_no_work(void **state)
{
    (void)state;
    net_case c;
    const dc_eie_config config = dc_eie_defaults();
    case_plan(&c, gates, &config);
    assert_int_equal(kind_of(&c, "k"), NODE_HOST);
    assert_int_equal(kind_of(&c, "in"), NODE_HOST);
    assert_int_equal(kind_of(&c, "clip"), NODE_HOST);
    assert_int_equal(kind_of(&c, "as1"), NODE_PASS);
    assert_int_equal(kind_of(&c, "turn"), NODE_HOST);
    assert_int_equal(kind_of(&c, "shuffled"), NODE_PASS);
    assert_int_equal(kind_of(&c, "wide"), NODE_HOST);
    case_end(&c);
}

static void a_relu_is_taken_when_it_is_the_only_reader(void **state)
{
    (void)state;
    static const struct {
        const char *architecture;
        bool is_taken;
    } cases[] = {
        { NET("[4]", FC("fc", "4") "," RELU("relu")), true },
        { NET("[4]", FC("fc", "4") "," RELU("relu") ","
              LAYER("sum", "add", FROM("\"fc\",\"relu\""))), false },
        { NET("[4]", FC("fc", "4") "," LAYER("sum", "add", FROM("\"fc\",\"input\"")) ","
              LAYER("relu", "relu", FROM("\"fc\"")) ","
              LAYER("all", "add", FROM("\"sum\",\"relu\""))), false },
        { NET("[4]", FC("fc", "4") "," LAYER("other", "relu", FROM("\"fc\"")) ","
              LAYER("relu", "relu", FROM("\"fc\"")) ","
              LAYER("all", "add", FROM("\"other\",\"relu\""))), false },
        { NET("[4]", FC("fc", "4") "," LAYER("drop", "dropout", "") "," RELU("relu")), false },
        { NET("[4]", RELU("relu") "," FC("fc", "4")), false },
    };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        net_case c;
        const dc_eie_config config = dc_eie_defaults();
        case_plan(&c, cases[i].architecture, &config);
        assert_int_equal(kind_of(&c, "relu"), cases[i].is_taken ? NODE_PASS : NODE_HOST);
        assert_int_equal(array_of(&c, "fc")->has_relu, cases[i].is_taken);
        case_end(&c);
    }
}

static void a_relu_after_a_taken_relu_is_the_hosts(void **state)
{
    (void)state;
    net_case c;
    const dc_eie_config config = dc_eie_defaults();
    case_plan(&c, NET("[4]", FC("fc", "4") "," RELU("first") "," RELU("second")), &config);
    assert_int_equal(kind_of(&c, "first"), NODE_PASS);
    assert_int_equal(kind_of(&c, "second"), NODE_HOST);
    case_end(&c);
}

static void each_group_of_a_convolution_is_a_matrix(void **state)
{
    (void)state;
    net_case c;
    const dc_eie_config config = dc_eie_defaults();
    case_plan(&c, NET("[4,5,5]", CONV("one", ",\"n_outputs\":4,\"kernel\":3,\"pad\":1") ","
                      CONV("two", ",\"n_outputs\":6,\"kernel\":2,\"groups\":2") "," FC("fc", "3")),
              &config);
    const array_node *two = array_of(&c, "two");
    assert_int_equal(c.net.n_parts, 4);
    assert_string_equal(array_of(&c, "one")->parts[0].name, "one");
    assert_int_equal(two->n_parts, 2);
    assert_int_equal(two->first_part, 1);
    assert_int_equal(array_of(&c, "fc")->first_part, 3);
    for (uint32_t g = 0; g < 2; g++) {
        assert_string_equal(two->parts[g].name, g == 0 ? "two.g0" : "two.g1");
        assert_int_equal(two->parts[g].first_row, 3 * g);
        assert_int_equal(two->parts[g].matrix.n_rows, 3);
        assert_int_equal(two->parts[g].matrix.n_cols, 2 * 2 * 2);
        assert_ptr_equal(two->parts[g].bias, dc_model_param(c.model, "two.bias")->values + 3 * g);
    }
    assert_int_equal(two->n_weights, 6 * 8);
    assert_int_equal(two->n_nonzero, dc_param_n_nonzero(dc_model_param(c.model, "two.weight")));
    case_end(&c);
}

static void a_layer_that_is_not_shared_is_refused_by_name(void **state)
{
    (void)state;
    array_net net;
    dc_arena arena = { 0 };
    const dc_eie_config config = dc_eie_defaults();
    dc_model *model = model_of(NET("[40]", FC("fc1", "3") "," FC("dense", "100")));
    dc_model_init(model, DC_INIT_XAVIER, 1); /* 120 values, which are few enough, and 300 */
    assert_fails(DC_EUNSUPPORTED,
                 array_net_new(&net, model, &dc_accelerator_eie, &config, ", or wait", &arena));
    assert_non_null(strstr(dc_message(), "'dense' is not weight-shared"));
    assert_non_null(strstr(dc_message(), "'dcomp quantize', or wait"));
    dc_model_free(model);
    dc_arena_clear(&arena);
}

static void a_model_without_array_layers_is_refused(void **state)
{
    (void)state;
    array_net net;
    dc_arena arena = { 0 };
    const dc_eie_config config = dc_eie_defaults();
    dc_model *model = model_of(NET("[4]", RELU("relu") "," LAYER("top", "softmax", "")));
    assert_fails(DC_EUNSUPPORTED,
                 array_net_new(&net, model, &dc_accelerator_eie, &config, "", &arena));
    assert_non_null(strstr(dc_message(), "no layer that the array could run"));
    dc_model_free(model);
    dc_arena_clear(&arena);
}

static void a_machine_that_contradicts_itself_is_refused(void **state)
{
    (void)state;
    array_net net;
    dc_arena arena = { 0 };
    dc_eie_config config = dc_eie_defaults();
    dc_model *model = shared_model(plain, 3);
    config.sram_width_bits = 48;
    assert_fails(DC_EINPUT, array_net_new(&net, model, &dc_accelerator_eie, &config, "", &arena));
    dc_model_free(model);
    dc_arena_clear(&arena);
}

static void more_shared_values_than_codes_run_on_the_oracle_only(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    array_net net;
    dc_eie_config config = dc_eie_defaults();
    dc_model *model = shared_model(plain, 5);
    const dc_source source = noise(&model->input.shape);
    assert_ok(array_net_new(&net, model, &dc_accelerator_eie, &config, "", &arena));
    assert_ok(array_net_calibrate(&net, &source, 1));
    assert_ok(array_net_lay(&net, false));
    assert_fails(DC_EINPUT, array_net_lay(&net, true));
    assert_non_null(strstr(dc_message(), "'conv'"));
    dc_model_free(model);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_node_has_its_kind),
        cmocka_unit_test(what_reshape_passes_on_is_no_work),
        cmocka_unit_test(a_relu_is_taken_when_it_is_the_only_reader),
        cmocka_unit_test(a_relu_after_a_taken_relu_is_the_hosts),
        cmocka_unit_test(each_group_of_a_convolution_is_a_matrix),
        cmocka_unit_test(a_layer_that_is_not_shared_is_refused_by_name),
        cmocka_unit_test(a_model_without_array_layers_is_refused),
        cmocka_unit_test(a_machine_that_contradicts_itself_is_refused),
        cmocka_unit_test(more_shared_values_than_codes_run_on_the_oracle_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
