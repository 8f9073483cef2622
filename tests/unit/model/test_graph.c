/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

static dc_model *new_model(void)
{
    const dc_input input = {.shape = dc_shape_of(3, 1, 8, 8, 0), .scale = {1, 1, 1, 1}};
    dc_model *model = NULL;
    assert_ok(dc_model_new(&model, "m", &input));
    return model;
}

static dc_status add_conv(dc_model *model, const char *name, uint32_t input, double n_outputs)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_CONV);
    attrs[DC_ATTR_N_OUTPUTS] = n_outputs;
    attrs[DC_ATTR_KERNEL_H] = 3;
    return dc_model_add(model, name, DC_OP_CONV, &input, 1, attrs, true);
}

static dc_status add_relu(dc_model *model, const char *name, uint32_t input)
{
    return dc_model_add(model, name, DC_OP_RELU, &input, 1, NULL, true);
}

static void a_new_model_has_its_input(void **state)
{
    (void)state;
    dc_model *model = new_model();
    assert_string_equal(model->name, "m");
    assert_int_equal(model->n_nodes, 1);
    assert_string_equal(model->nodes[0].name, "input");
    assert_int_equal(model->nodes[0].op, DC_OP_INPUT);
    assert_true(dc_shape_equal(&model->nodes[0].shape, &model->input.shape));
    assert_int_equal(dc_node_param(&model->nodes[0], 0), DC_NONE);
    dc_model_free(model);
    dc_model_free(NULL);
}

static void an_input_that_cannot_be_is_refused(void **state)
{
    (void)state;
    dc_model *model = NULL;
    dc_input input = {.shape = dc_shape_of(3, 1, 8, 0, 0)};
    assert_fails(DC_EINPUT, dc_model_new(&model, "m", &input));
    input.shape = dc_shape_of(4, 1, 8, 8, 8);
    assert_fails(DC_EINPUT, dc_model_new(&model, "m", &input));
    input.shape = dc_shape_of(3, 1, 8, 8, 0);
    assert_fails(DC_EINPUT, dc_model_new(&model, "", &input));
    input.scale[3] = INFINITY;
    assert_fails(DC_EINPUT, dc_model_new(&model, "m", &input));
    input.scale[3] = 0;
    input.filter = (dc_filter)9;
    assert_fails(DC_EINPUT, dc_model_new(&model, "m", &input));
    assert_null(model);
}

static void a_node_brings_its_parameters(void **state)
{
    (void)state;
    dc_model *model = new_model();
    assert_ok(add_conv(model, "c", 0, 4));
    assert_int_equal(model->n_params, 2);
    const dc_node *node = &model->nodes[1];
    const dc_param *weight = &model->params[dc_node_param(node, 0)];
    assert_string_equal(weight->name, "c.weight");
    assert_int_equal(weight->role, DC_ROLE_WEIGHT);
    assert_int_equal(weight->node, 1);
    assert_int_equal(weight->n_values, 12);
    for (uint32_t i = 0; i < 12; i++)
        assert_true(weight->values[i] == 0.0f);
    assert_string_equal(model->params[dc_node_param(node, 1)].name, "c.bias");
    assert_int_equal(dc_node_param(node, 2), DC_NONE);
    dc_model_free(model);
}

static void values_are_left_out_on_request(void **state)
{
    (void)state;
    dc_model *model = new_model();
    const uint32_t input = 0;
    double attrs[DC_N_ATTRS] = {[DC_ATTR_N_OUTPUTS] = 3, [DC_ATTR_BIAS] = 0};
    assert_ok(dc_model_add(model, "fc", DC_OP_LINEAR, &input, 1, attrs, false));
    assert_int_equal(model->n_params, 1);
    assert_null(model->params[0].values);
    assert_int_equal(model->params[0].n_values, 192);
    assert_int_equal(dc_node_param(&model->nodes[1], 1), DC_NONE);
    dc_model_free(model);
}

static void attributes_that_are_not_the_ops_are_not_kept(void **state)
{
    (void)state;
    dc_model *model = new_model();
    const uint32_t input = 0;
    const double attrs[DC_N_ATTRS] = {[DC_ATTR_N_OUTPUTS] = -3, [DC_ATTR_RATIO] = 0.25};
    assert_ok(dc_model_add(model, "d", DC_OP_DROPOUT, &input, 1, attrs, true));
    assert_near(dc_node_number(&model->nodes[1], DC_ATTR_RATIO), 0.25, 0);
    assert_near(dc_node_number(&model->nodes[1], DC_ATTR_N_OUTPUTS), 0, 0);
    assert_near(dc_node_number(&model->nodes[1], DC_ATTR_STRIDE_H), 0, 0);
    dc_model_free(model);
}

static void minus_zero_is_zero_in_an_attribute(void **state)
{
    (void)state;
    dc_model *model = new_model();
    double attrs[DC_N_ATTRS] = {[DC_ATTR_MIN] = -0.0, [DC_ATTR_MAX] = 5};
    const uint32_t input = 0;
    assert_ok(dc_model_add(model, "c", DC_OP_CLIP, &input, 1, attrs, true));
    assert_false(signbit(dc_node_number(&model->nodes[1], DC_ATTR_MIN)));
    dc_model_free(model);
}

static void names_must_be_new_short_and_printable(void **state)
{
    (void)state;
    dc_model *model = new_model();
    char name[258];
    memset(name, 'a', sizeof name);
    name[256] = '\0';
    assert_ok(add_relu(model, "r", 0));
    assert_fails(DC_EINPUT, add_relu(model, "r", 0));
    assert_non_null(strstr(dc_message(), "'r'"));
    assert_fails(DC_EINPUT, add_relu(model, "input", 0));
    assert_fails(DC_EINPUT, add_relu(model, "", 0));
    assert_fails(DC_EINPUT, add_relu(model, NULL, 0));
    assert_fails(DC_EINPUT, add_relu(model, "a\nb", 0));
    assert_fails(DC_EINPUT, add_relu(model, name, 0));
    name[255] = '\0';
    assert_ok(add_relu(model, name, 0));
    assert_int_equal(model->n_nodes, 3);
    dc_model_free(model);
}

static void a_refused_node_is_named_and_leaves_no_trace(void **state)
{
    (void)state;
    dc_model *model = new_model();
    const uint32_t twice[2] = {0, 0}, later = 1;
    assert_fails(DC_EINPUT, add_conv(model, "bad", 0, 2.5));
    assert_non_null(strstr(dc_message(), "bad"));
    assert_fails(DC_EINPUT, add_conv(model, "bad", 0, 0));
    assert_fails(DC_EINPUT, add_conv(model, "bad", 1, 4)); /* itself */
    assert_fails(DC_EINPUT, dc_model_add(model, "bad", DC_OP_RELU, twice, 2, NULL, true));
    assert_fails(DC_EINPUT, dc_model_add(model, "bad", DC_OP_ADD, twice, 1, NULL, true));
    assert_fails(DC_EINPUT, dc_model_add(model, "bad", DC_OP_RELU, &later, 1, NULL, true));
    assert_fails(DC_EINPUT, dc_model_add(model, "bad", DC_OP_INPUT, NULL, 0, NULL, true));
    assert_fails(DC_EINPUT, dc_model_add(model, "bad", (dc_op)99, twice, 1, NULL, true));
    assert_int_equal(model->n_nodes, 1);
    assert_int_equal(model->n_params, 0);
    assert_ok(add_conv(model, "bad", 0, 4)); /* the name is still free */
    assert_int_equal(model->n_params, 2);
    dc_model_free(model);
}

static void weights_over_the_limit_are_refused(void **state)
{
    (void)state;
    dc_model *model = new_model();
    double attrs[DC_N_ATTRS] = {[DC_ATTR_N_OUTPUTS] = 1 << 28, [DC_ATTR_BIAS] = 1};
    const uint32_t input = 0;
    assert_fails(DC_EINPUT, dc_model_add(model, "fc", DC_OP_LINEAR, &input, 1, attrs, false));
    attrs[DC_ATTR_N_OUTPUTS] = 1 << 27; /* 64 * 2^27 = 2^33 is allowed */
    assert_ok(dc_model_add(model, "fc", DC_OP_LINEAR, &input, 1, attrs, false));
    dc_model_free(model);
}

static void a_model_grows_to_many_nodes_and_no_further(void **state)
{
    (void)state;
    dc_model *model = new_model();
    char name[16];
    for (uint32_t i = 1; i < DC_MAX_NODES; i++) {
        snprintf(name, sizeof name, "n%u", (unsigned)i);
        const uint32_t input = i - 1;
        const dc_op op = i % 1000 == 0 ? DC_OP_BATCH_NORM : DC_OP_RELU;
        assert_ok(dc_model_add(model, name, op, &input, 1, NULL, true));
    }
    assert_fails(DC_ELIMIT, add_relu(model, "one more", 0));
    assert_int_equal(model->n_params, 65 * 4);
    for (uint32_t i = 1; i < DC_MAX_NODES; i += 777) {
        snprintf(name, sizeof name, "n%u", (unsigned)i);
        assert_string_equal(model->nodes[i].name, name);
        assert_int_equal(model->nodes[i].inputs[0], i - 1);
    }
    for (uint32_t i = 0; i < model->n_params; i++)
        assert_int_equal(model->params[i].node, (i / 4 + 1) * 1000);
    dc_model_free(model);
}

static void history_is_kept_in_order(void **state)
{
    (void)state;
    dc_model *model = new_model();
    for (int i = 0; i < 40; i++)
        assert_ok(dc_model_add_history(model, i % 2 ? "prune" : "train", "{\"seed\":1}"));
    assert_ok(dc_model_add_history(model, "encode", NULL));
    assert_int_equal(model->n_history, 41);
    assert_string_equal(model->history[39].stage, "prune");
    assert_string_equal(model->history[38].settings, "{\"seed\":1}");
    assert_null(model->history[40].settings);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_model_has_its_input),
        cmocka_unit_test(an_input_that_cannot_be_is_refused),
        cmocka_unit_test(a_node_brings_its_parameters),
        cmocka_unit_test(values_are_left_out_on_request),
        cmocka_unit_test(attributes_that_are_not_the_ops_are_not_kept),
        cmocka_unit_test(minus_zero_is_zero_in_an_attribute),
        cmocka_unit_test(names_must_be_new_short_and_printable),
        cmocka_unit_test(a_refused_node_is_named_and_leaves_no_trace),
        cmocka_unit_test(weights_over_the_limit_are_refused),
        cmocka_unit_test(a_model_grows_to_many_nodes_and_no_further),
        cmocka_unit_test(history_is_kept_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
