/* SPDX-License-Identifier: MIT
 *
 * Single nodes against numbers worked out by hand, and walks of whole networks, node by node,
 * against dc_predict.
 */
#include "nets.h"

#define WINDOW(k, s) { DC_ATTR_KERNEL_H, k }, { DC_ATTR_KERNEL_W, k }, { DC_ATTR_STRIDE_H, s }, \
                     { DC_ATTR_STRIDE_W, s }
#define OUTPUTS(n) { DC_ATTR_N_OUTPUTS, n }

/* Node 1 of a model of one node on an input of this shape. */
static dc_model *one_node(dc_op op, dc_shape shape, uint32_t n_inputs, uint32_t n_outputs)
{
    net_node node = { "op", op, { 0, 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, n_outputs },
                                                     ATTRS_END } };
    node.inputs[n_inputs] = DC_NONE;
    return net_make(&node, 1, shape);
}

static void assert_forward(const dc_model *model, uint32_t node, const float *const *x,
                           const double *wanted, uint32_t n, double tolerance)
{
    float y[64];
    for (uint32_t i = 0; i < 64; i++)
        y[i] = NAN;
    assert_int_equal(dc_shape_count(&model->nodes[node].shape), n);
    assert_ok(dc_node_forward(model, node, 1, NULL, x, y));
    for (uint32_t i = 0; i < n; i++)
        assert_near(y[i], wanted[i], tolerance);
    assert_true(isnan(y[n])); /* one sample, no more */
}

/* ---- by hand -------------------------------------------------------------------------------- */

static void relu_cuts_what_is_negative(void **state)
{
    (void)state;
    const float values[] = { -1, 2, -0.5f, 0, 3 }, *x[] = { values };
    dc_model *model = one_node(DC_OP_RELU, dc_shape_of(1, 5, 0, 0, 0), 1, 0);
    assert_forward(model, 1, x, (const double[]){ 0, 2, 0, 0, 3 }, 5, 0);
    dc_model_free(model);
}

static void max_pool_takes_the_largest_of_each_window(void **state)
{
    (void)state;
    static const net_node nodes[] = {
        { "pool", DC_OP_MAX_POOL, { 0, DC_NONE }, { WINDOW(2, 2), ATTRS_END } },
    };
    const float values[] = { 1, 2, 3, 4,  5, 6, 7, 8,  -1, -2, -3, -4,  -5, -6, -7, -8 };
    const float *x[] = { values };
    dc_model *model = net_make(nodes, 1, dc_shape_of(3, 1, 4, 4, 0));
    assert_forward(model, 1, x, (const double[]){ 6, 8, -1, -3 }, 4, 0);
    dc_model_free(model);
}

static void batch_norm_uses_its_running_state(void **state)
{
    (void)state;
    const float values[] = { 1, 2, 3, 4 }, *x[] = { values };
    dc_model *model = one_node(DC_OP_BATCH_NORM, dc_shape_of(3, 2, 1, 2, 0), 1, 0);
    const dc_node *node = &model->nodes[1];
    const double epsilon = dc_node_number(node, DC_ATTR_EPSILON);
    const float scale[] = { 2, -1 }, shift[] = { 0.5f, 1 };
    const float mean[] = { 1, 3 }, variance[] = { 4, 1 };
    const float *const params[] = { scale, shift, mean, variance };
    for (uint32_t i = 0; i < 4; i++)
        memcpy(model->params[dc_node_param(node, i)].values, params[i], sizeof scale);
    const double a = 2 / sqrt(4 + epsilon), b = -1 / sqrt(1 + epsilon);
    assert_forward(model, 1, x, (const double[]){ 0.5, 0.5 + a, 1, 1 + b }, 4, 1e-6);
    assert_near(model->params[dc_node_param(node, 2)].values[0], 1, 0); /* and leaves it alone */
    dc_model_free(model);
}

static void concat_puts_channels_in_a_row(void **state)
{
    (void)state;
    static const net_node nodes[] = {
        { "wide", DC_OP_CONV, { 0, DC_NONE }, { OUTPUTS(2), ATTRS_END } },
        { "all", DC_OP_CONCAT, { 1, 0, DC_NONE }, { ATTRS_END } },
    };
    const float wide[] = { 1, 2, 3, 4 }, narrow[] = { 5, 6 }, *x[] = { wide, narrow };
    dc_model *model = net_make(nodes, 2, dc_shape_of(3, 1, 1, 2, 0));
    assert_forward(model, 2, x, (const double[]){ 1, 2, 3, 4, 5, 6 }, 6, 0);
    dc_model_free(model);
}

static void add_sums_its_inputs(void **state)
{
    (void)state;
    const float a[] = { 1, 2, 3 }, b[] = { 10, -20, 30 }, *x[] = { a, b };
    dc_model *model = one_node(DC_OP_ADD, dc_shape_of(1, 3, 0, 0, 0), 2, 0);
    assert_forward(model, 1, x, (const double[]){ 11, -18, 33 }, 3, 0);
    dc_model_free(model);
}

static void softmax_sums_to_one(void **state)
{
    (void)state;
    const float values[] = { 0, 1, 2, 1000 }, *x[] = { values };
    dc_model *model = one_node(DC_OP_SOFTMAX, dc_shape_of(1, 3, 0, 0, 0), 1, 0);
    const double sum = 1 + exp(1) + exp(2);
    assert_forward(model, 1, x, (const double[]){ 1 / sum, exp(1) / sum, exp(2) / sum }, 3, 1e-6);
    dc_model_free(model);
    model = one_node(DC_OP_SOFTMAX, dc_shape_of(1, 4, 0, 0, 0), 1, 0);
    assert_forward(model, 1, x, (const double[]){ 0, 0, 0, 1 }, 4, 1e-6); /* does not overflow */
    dc_model_free(model);
}

static void several_samples_give_what_each_gives_alone(void **state)
{
    (void)state;
    static const dc_op ops[] = { DC_OP_LINEAR, DC_OP_CONV, DC_OP_BATCH_NORM, DC_OP_ADD };
    float values[3 * 2 * 5 * 7], together[3 * 6 * 5 * 7], alone[6 * 5 * 7];
    dc_rng rng;
    dc_rng_init(&rng, 1, 0);
    for (uint32_t i = 0; i < DC_COUNT_OF(values); i++)
        values[i] = (float)dc_rng_normal(&rng);
    for (uint32_t i = 0; i < DC_COUNT_OF(ops); i++) {
        const bool is_add = ops[i] == DC_OP_ADD;
        dc_model *model = one_node(ops[i], dc_shape_of(3, 2, 5, 7, 0), is_add ? 2 : 1, 6);
        const uint64_t n = dc_shape_count(&model->nodes[1].shape);
        dc_model_init(model, DC_INIT_HE, 1);
        const float *const inputs[] = { values, values };
        assert_ok(dc_node_forward(model, 1, 3, NULL, inputs, together));
        for (uint32_t sample = 0; sample < 3; sample++) {
            const float *x = values + sample * 70;
            assert_ok(dc_node_forward(model, 1, 1, NULL, (const float *[]){ x, x }, alone));
            assert_memory_equal(alone, together + sample * n, n * sizeof *alone);
        }
        dc_model_free(model);
    }
}

static void linear_multiplies_and_adds_its_bias(void **state)
{
    (void)state;
    const float values[] = { 1, -2, 3 }, *x[] = { values };
    dc_model *model = one_node(DC_OP_LINEAR, dc_shape_of(3, 3, 1, 1, 0), 1, 2);
    const float weights[] = { 1, 2, 3, 0.5f, 0, -1 }, bias[] = { 10, 0.25f };
    memcpy(dc_model_param(model, "op.weight")->values, weights, sizeof weights);
    memcpy(dc_model_param(model, "op.bias")->values, bias, sizeof bias);
    assert_forward(model, 1, x, (const double[]){ 16, -2.25 }, 2, 1e-6);
    dc_model_free(model);
}

static void a_layer_may_have_no_bias(void **state)
{
    (void)state;
    static const net_node nodes[] = {
        { "fc", DC_OP_LINEAR, { 0, DC_NONE }, { OUTPUTS(1), { DC_ATTR_BIAS, 0 }, ATTRS_END } },
    };
    const float values[] = { 2, 5 }, *x[] = { values };
    dc_model *model = net_make(nodes, 1, dc_shape_of(1, 2, 0, 0, 0));
    memcpy(dc_model_param(model, "fc.weight")->values, (const float[]){ 3, 1 }, 8);
    assert_forward(model, 1, x, (const double[]){ 11 }, 1, 1e-6);
    dc_model_free(model);
}

static void flatten_and_dropout_pass_values_on(void **state)
{
    (void)state;
    const float values[] = { 1, 2, 3, 4 }, *x[] = { values };
    static const dc_op ops[] = { DC_OP_FLATTEN, DC_OP_DROPOUT };
    for (size_t i = 0; i < DC_COUNT_OF(ops); i++) {
        dc_model *model = one_node(ops[i], dc_shape_of(3, 2, 1, 2, 0), 1, 0);
        assert_forward(model, 1, x, (const double[]){ 1, 2, 3, 4 }, 4, 0);
        dc_model_free(model);
    }
}

/* ---- whole networks ------------------------------------------------------------------------- */

/* Every op once: two branches that meet twice. */
static const net_node every_op[] = {
    { "conv", DC_OP_CONV, { 0, DC_NONE },
      { OUTPUTS(4), WINDOW(3, 1), { DC_ATTR_PAD_TOP, 1 }, { DC_ATTR_PAD_LEFT, 1 },
        { DC_ATTR_PAD_BOTTOM, 1 }, { DC_ATTR_PAD_RIGHT, 1 }, ATTRS_END } },
    { "norm", DC_OP_BATCH_NORM, { 1, DC_NONE }, { ATTRS_END } },
    { "relu", DC_OP_RELU, { 2, DC_NONE }, { ATTRS_END } },
    { "lrn", DC_OP_LRN, { 3, DC_NONE }, { ATTRS_END } },
    { "sum", DC_OP_ADD, { 4, 1, DC_NONE }, { ATTRS_END } },
    { "all", DC_OP_CONCAT, { 5, 3, DC_NONE }, { ATTRS_END } },
    { "pool", DC_OP_MAX_POOL, { 6, DC_NONE }, { WINDOW(2, 2), ATTRS_END } },
    { "mean", DC_OP_AVERAGE_POOL, { 7, DC_NONE }, { WINDOW(2, 1), ATTRS_END } },
    { "drop", DC_OP_DROPOUT, { 8, DC_NONE }, { ATTRS_END } },
    { "flat", DC_OP_FLATTEN, { 9, DC_NONE }, { ATTRS_END } },
    { "fc", DC_OP_LINEAR, { 10, DC_NONE }, { OUTPUTS(5), ATTRS_END } },
    { "top", DC_OP_SOFTMAX, { 11, DC_NONE }, { ATTRS_END } },
};

/* The ops from clip on. */
#define DIMS(a, b, c, d) { DC_ATTR_DIM_0, a }, { DC_ATTR_DIM_1, b }, { DC_ATTR_DIM_2, c }, \
                         { DC_ATTR_DIM_3, d }
static const net_node later_ops[] = {
    { "k", DC_OP_CONSTANT, { DC_NONE }, { DIMS(2, 1, 1, 0), ATTRS_END } },
    { "centred", DC_OP_SUB, { 0, 1, DC_NONE }, { ATTRS_END } },
    { "conv", DC_OP_CONV, { 2, DC_NONE }, { OUTPUTS(4), WINDOW(3, 1), ATTRS_END } },
    { "clip", DC_OP_CLIP, { 3, DC_NONE }, { ATTRS_END } },
    { "mean", DC_OP_GLOBAL_AVERAGE_POOL, { 4, DC_NONE }, { ATTRS_END } },
    { "as1", DC_OP_RESHAPE, { 5, DC_NONE }, { DIMS(4, 1, 1, 0), ATTRS_END } },
    { "gate", DC_OP_HARD_SIGMOID, { 6, DC_NONE }, { ATTRS_END } },
    { "gated", DC_OP_MUL, { 3, 7, 4 }, { ATTRS_END } },
    { "wide", DC_OP_PAD, { 8, DC_NONE }, { { DC_ATTR_PAD_LEFT, 2 }, ATTRS_END } },
    { "groups", DC_OP_RESHAPE, { 9, DC_NONE }, { DIMS(2, 2, 6, 8), ATTRS_END } },
    { "turn", DC_OP_TRANSPOSE, { 10, DC_NONE }, { DIMS(2, 1, 4, 3), ATTRS_END } },
    { "slice", DC_OP_SLICE, { 11, DC_NONE }, { { DC_ATTR_AXIS, 2 }, { DC_ATTR_SIZE, 3 },
                                               ATTRS_END } },
    { "leaky", DC_OP_LEAKY_RELU, { 12, DC_NONE }, { ATTRS_END } },
    { "prelu", DC_OP_PRELU, { 13, DC_NONE }, { ATTRS_END } },
    { "swish", DC_OP_HARD_SWISH, { 14, DC_NONE }, { ATTRS_END } },
    { "silu", DC_OP_SILU, { 15, DC_NONE }, { ATTRS_END } },
    { "tanh", DC_OP_TANH, { 16, DC_NONE }, { ATTRS_END } },
    { "sigmoid", DC_OP_SIGMOID, { 17, DC_NONE }, { ATTRS_END } },
    { "ratio", DC_OP_DIV, { 17, 18, DC_NONE }, { ATTRS_END } },
    { "fc", DC_OP_LINEAR, { 19, DC_NONE }, { OUTPUTS(5), ATTRS_END } },
};

static const net_node vectors[] = {
    { "rows", DC_OP_LINEAR, { 0, DC_NONE }, { OUTPUTS(4), { DC_ATTR_AXIS, 2 }, ATTRS_END } },
    { "elu", DC_OP_ELU, { 1, DC_NONE }, { { DC_ATTR_K, 1.5 }, ATTRS_END } },
    { "gelu", DC_OP_GELU, { 2, DC_NONE }, { ATTRS_END } },
    { "erf", DC_OP_ERF, { 3, DC_NONE }, { ATTRS_END } },
    { "plus", DC_OP_SOFTPLUS, { 4, DC_NONE }, { ATTRS_END } },
    { "shares", DC_OP_SOFTMAX, { 5, DC_NONE }, { { DC_ATTR_AXIS, 1 }, ATTRS_END } },
    { "planes", DC_OP_LINEAR, { 6, DC_NONE }, { OUTPUTS(4), { DC_ATTR_AXIS, 1 }, ATTRS_END } },
    { "logs", DC_OP_LOG_SOFTMAX, { 7, DC_NONE }, { { DC_ATTR_AXIS, 1 }, ATTRS_END } },
};

static const net_node grouped[] = {
    { "conv", DC_OP_CONV, { 0, DC_NONE },
      { OUTPUTS(4), WINDOW(2, 2), { DC_ATTR_GROUPS, 2 }, { DC_ATTR_DILATION_H, 2 },
        { DC_ATTR_PAD_BOTTOM, 1 }, { DC_ATTR_BIAS, 0 }, ATTRS_END } },
    { "mean", DC_OP_GLOBAL_AVERAGE_POOL, { 1, DC_NONE }, { ATTRS_END } },
    { "fc", DC_OP_LINEAR, { 2, DC_NONE }, { OUTPUTS(3), ATTRS_END } },
};

static dc_model *drawn(const net_node *nodes, uint32_t n, uint64_t seed)
{
    dc_rng rng;
    dc_model *model = net_make(nodes, n, dc_shape_of(3, 2, 8, 8, 0));
    dc_rng_init(&rng, seed, 0);
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint64_t k = 0; k < model->params[i].n_values; k++) {
            const bool is_variance = model->params[i].role == DC_ROLE_VARIANCE;
            model->params[i].values[k] = (float)(dc_rng_unit(&rng) - (is_variance ? -0.5 : 0.5));
        }
    return model;
}

/* The last node's value, one node after the other. */
static void walk(const dc_model *model, const float *input, float *y)
{
    dc_arena arena = { 0 };
    float **values = dc_arena_take(&arena, model->n_nodes, sizeof *values);
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        const dc_node *node = &model->nodes[i];
        const uint64_t n = dc_shape_count(&node->shape);
        const float *x[3] = { NULL };
        values[i] = dc_arena_take(&arena, n, sizeof **values);
        assert_ok(arena.status);
        for (uint32_t k = 0; k < node->n_inputs; k++)
            x[k] = values[node->inputs[k]];
        if (i == 0)
            memcpy(values[0], input, n * sizeof *input);
        else
            assert_ok(dc_node_forward(model, i, 1, NULL, x, values[i]));
    }
    memcpy(y, values[model->n_nodes - 1], dc_model_n_outputs(model) * sizeof *y);
    dc_arena_clear(&arena);
}

static void assert_walk_predicts(const net_node *nodes, uint32_t n_nodes, double tolerance)
{
    float x[2 * 8 * 8], walked[8], predicted[8];
    dc_predictor *predictor;
    dc_model *model = drawn(nodes, n_nodes, 5);
    dc_rng rng;
    dc_rng_init(&rng, 6, 0);
    assert_ok(dc_predictor_new(&predictor, model, 1, DC_PRECISION_F32));
    for (uint32_t round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < DC_COUNT_OF(x); i++)
            x[i] = (float)dc_rng_normal(&rng);
        assert_ok(dc_predict(predictor, x, 1, predicted));
        walk(model, x, walked);
        for (uint32_t c = 0; c < dc_model_n_outputs(model); c++)
            assert_near(walked[c], predicted[c], tolerance);
    }
    dc_predictor_free(predictor);
    dc_model_free(model);
}

static void a_walk_is_what_the_reference_predicts(void **state)
{
    (void)state;
    assert_ok(dc_backend_limit("ref"));
    assert_walk_predicts(every_op, DC_COUNT_OF(every_op), 1e-6);
    assert_walk_predicts(later_ops, DC_COUNT_OF(later_ops), 1e-6);
    assert_walk_predicts(vectors, DC_COUNT_OF(vectors), 1e-6);
    assert_walk_predicts(grouped, DC_COUNT_OF(grouped), 1e-6);
    assert_ok(dc_backend_limit("auto"));
}

static void a_walk_is_what_the_best_backend_predicts(void **state)
{
    (void)state;
    assert_walk_predicts(every_op, DC_COUNT_OF(every_op), 1e-5);
    assert_walk_predicts(later_ops, DC_COUNT_OF(later_ops), 1e-5);
    assert_walk_predicts(vectors, DC_COUNT_OF(vectors), 1e-5);
    assert_walk_predicts(grouped, DC_COUNT_OF(grouped), 1e-5);
}

/* ---- refusals ------------------------------------------------------------------------------- */

static void packed_weights_are_refused(void **state)
{
    (void)state;
    const float values[4] = { 0 }, *x[] = { values };
    const dc_input input = { .shape = dc_shape_of(1, 4, 0, 0, 0) };
    const uint32_t from = 0;
    double attrs[DC_N_ATTRS];
    float y[2];
    dc_model *model;
    assert_ok(dc_model_new(&model, "packed", &input));
    dc_attrs_init(attrs, DC_OP_LINEAR);
    attrs[DC_ATTR_N_OUTPUTS] = 2;
    assert_ok(dc_model_add(model, "fc7", DC_OP_LINEAR, &from, 1, attrs, false));
    assert_fails(DC_EINPUT, dc_node_forward(model, 1, 1, NULL, x, y));
    assert_non_null(strstr(dc_message(), "'fc7' are packed"));
    dc_model_free(model);
}

static void the_input_has_no_code(void **state)
{
    (void)state;
    const float values[4] = { 0 }, *x[] = { values };
    float y[4];
    dc_model *model = one_node(DC_OP_RELU, dc_shape_of(1, 4, 0, 0, 0), 1, 0);
    assert_fails(DC_EUNSUPPORTED, dc_node_forward(model, 0, 1, NULL, x, y));
    assert_non_null(strstr(dc_message(), "input"));
    dc_model_free(model);
}

static void any_number_of_inputs_is_taken(void **state)
{
    (void)state;
    const dc_input input = { .shape = dc_shape_of(1, 1, 0, 0, 0) };
    const float value = 3, *x[65];
    uint32_t from[65] = { 0 };
    float y[65];
    dc_model *model;
    for (uint32_t k = 0; k < 65; k++)
        x[k] = &value;
    assert_ok(dc_model_new(&model, "wide", &input));
    assert_ok(dc_model_add(model, "most", DC_OP_CONCAT, from, 64, NULL, true));
    assert_ok(dc_model_add(model, "more", DC_OP_CONCAT, from, 65, NULL, true));
    assert_ok(dc_node_forward(model, 1, 1, NULL, x, y));
    assert_near(y[63], 3, 0);
    assert_ok(dc_node_forward(model, 2, 1, NULL, x, y));
    assert_near(y[64], 3, 0);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relu_cuts_what_is_negative),
        cmocka_unit_test(max_pool_takes_the_largest_of_each_window),
        cmocka_unit_test(batch_norm_uses_its_running_state),
        cmocka_unit_test(concat_puts_channels_in_a_row),
        cmocka_unit_test(add_sums_its_inputs),
        cmocka_unit_test(softmax_sums_to_one),
        cmocka_unit_test(several_samples_give_what_each_gives_alone),
        cmocka_unit_test(linear_multiplies_and_adds_its_bias),
        cmocka_unit_test(a_layer_may_have_no_bias),
        cmocka_unit_test(flatten_and_dropout_pass_values_on),
        cmocka_unit_test(a_walk_is_what_the_reference_predicts),
        cmocka_unit_test(a_walk_is_what_the_best_backend_predicts),
        cmocka_unit_test(packed_weights_are_refused),
        cmocka_unit_test(the_input_has_no_code),
        cmocka_unit_test(any_number_of_inputs_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
