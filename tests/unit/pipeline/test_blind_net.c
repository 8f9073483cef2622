/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "blind.h"
#include "small_run.h"

static dc_model *drawn(const char *architecture)
{
    dc_model *model = model_of(architecture);
    dc_model_init(model, DC_INIT_HE, 3);
    return model;
}

#define LINEAR_END                                                           \
    "{\"name\":\"net\",\"input\":{\"shape\":[16]},\"layers\":["              \
    "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":12},"                 \
    "{\"name\":\"relu\",\"op\":\"relu\"},"                                   \
    "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":5}"

/* What becomes of the outputs when fc2 grows by a tenth. */
static double change_by_a_tenth(const char *architecture, double *unchanged)
{
    dc_model *dense = drawn(architecture), *trial;
    blind_net net;
    double change;
    assert_ok(dc_model_copy(&trial, dense));
    assert_ok(blind_net_open(&net, dense, NULL));
    assert_ok(blind_net_change(unchanged, &net, trial, false));
    dc_param *weights = dc_model_param(trial, "fc2.weight");
    for (uint64_t i = 0; i < weights->n_values; i++)
        weights->values[i] *= 1.1f;
    assert_ok(blind_net_change(&change, &net, trial, false));
    blind_net_close(&net);
    dc_model_free(trial);
    dc_model_free(dense);
    return change;
}

static void a_change_is_relative_to_the_outputs(void **state)
{
    (void)state;
    double unchanged;
    assert_near(change_by_a_tenth(LINEAR_END "]}", &unchanged), 0.01, 1e-5);
    assert_true(unchanged <= 0);
}

/* Softmax and sigmoid hide what moves where they are flat. */
static void it_is_measured_before_the_probabilities(void **state)
{
    (void)state;
    double unchanged;
    const double change = change_by_a_tenth(LINEAR_END "]}", &unchanged);
    static const char *const ends[] = {
        LINEAR_END ",{\"name\":\"end\",\"op\":\"softmax\"}]}",
        LINEAR_END ",{\"name\":\"end\",\"op\":\"sigmoid\"}]}",
        LINEAR_END ",{\"name\":\"end\",\"op\":\"log_softmax\"},"
                   "{\"name\":\"flat\",\"op\":\"flatten\"}]}",
    };
    for (size_t i = 0; i < DC_COUNT_OF(ends); i++)
        assert_near(change_by_a_tenth(ends[i], &unchanged), change, 1e-12);
}

static void a_node_may_have_any_number_of_inputs(void **state)
{
    (void)state;
    char text[2048] = "{\"name\":\"net\",\"input\":{\"shape\":[16]},\"layers\":["
                      "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":3},"
                      "{\"name\":\"all\",\"op\":\"concat\",\"inputs\":[\"fc1\"";
    double unchanged;
    for (int i = 1; i < 65; i++)
        strcat(text, ",\"fc1\"");
    strcat(text, "]},{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":5}]}");
    assert_near(change_by_a_tenth(text, &unchanged), 0.01, 1e-5);
}

/* Of fc1's weights multiplied by 1.1, with this added to all outputs, or to every second one. */
static double change_with_offset(float offset, uint64_t step)
{
    dc_model *dense = drawn(LINEAR_END "]}"), *trial;
    blind_net net;
    double change;
    dc_param *bias = dc_model_param(dense, "fc2.bias");
    for (uint64_t i = 0; i < bias->n_values; i += step)
        bias->values[i] += offset;
    assert_ok(dc_model_copy(&trial, dense));
    dc_param *weights = dc_model_param(trial, "fc1.weight");
    for (uint64_t i = 0; i < weights->n_values; i++)
        weights->values[i] *= 1.1f;
    assert_ok(blind_net_open(&net, dense, NULL));
    assert_ok(blind_net_change(&change, &net, trial, false));
    blind_net_close(&net);
    dc_model_free(trial);
    dc_model_free(dense);
    return change;
}

/* Beside an offset the spread is what a move is judged by: half as strictly. */
static void a_move_counts_whatever_is_added_to_the_outputs(void **state)
{
    (void)state;
    const double plain = change_with_offset(0, 1);
    for (float offset = 20; offset < 1e4f; offset *= 7) {
        assert_between(change_with_offset(offset, 1), plain / 6, 2 * plain);
        assert_between(change_with_offset(offset, 2), plain / 6, plain);
    }
    /* A softmax does not see what all have in common. */
    assert_near(change_with_offset(3, 1), plain, plain / 2);
}

/* Outputs that are all the same, 0 or no numbers tell nothing, whatever is done to the weights. */
static void outputs_that_do_not_depend_on_the_input_cannot_be_measured(void **state)
{
    (void)state;
    static const struct {
        float scale, hidden, output; /* of fc2's weights; biases */
        const char *message;
    } cases[] = { { 1, -1e6f, 0, "0 or not finite" },
                  { 1, -1e6f, 3, "the same" },
                  { 1e38f, 1e38f, 0, "0 or not finite" } };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_model *dense = drawn(LINEAR_END "]}");
        blind_net net;
        dc_param *hidden = dc_model_param(dense, "fc1.bias");
        dc_param *output = dc_model_param(dense, "fc2.bias");
        dc_param *weights = dc_model_param(dense, "fc2.weight");
        for (uint64_t k = 0; k < hidden->n_values; k++)
            hidden->values[k] = cases[i].hidden;
        for (uint64_t k = 0; k < output->n_values; k++)
            output->values[k] = cases[i].output;
        for (uint64_t k = 0; k < weights->n_values; k++)
            weights->values[k] *= cases[i].scale;
        assert_fails(DC_EUNSUPPORTED, blind_net_open(&net, dense, NULL));
        assert_non_null(strstr(dc_message(), cases[i].message));
        assert_int_equal(net.n_samples, 0);
        dc_model_free(dense);
    }
}

#define CONV_NORM                                                                           \
    "{\"name\":\"net\",\"input\":{\"shape\":[1,12,12],\"scale\":0.0039},\"layers\":["        \
    "{\"name\":\"conv\",\"op\":\"conv\",\"n_outputs\":6,\"kernel\":3},"                      \
    "{\"name\":\"norm\",\"op\":\"batch_norm\"},"                                             \
    "{\"name\":\"relu\",\"op\":\"relu\"},"                                                   \
    "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":4}]}"

/* A bias in front of a batch norm shifts every sample alike. */
static void a_batch_norm_takes_a_shift_back(void **state)
{
    (void)state;
    dc_model *dense = drawn(CONV_NORM), *trial;
    blind_net net;
    double without, with;
    assert_ok(dc_model_copy(&trial, dense));
    dc_param *bias = dc_model_param(trial, "conv.bias");
    for (uint64_t i = 0; i < bias->n_values; i++)
        bias->values[i] += 0.25f;
    assert_ok(blind_net_open(&net, dense, NULL));
    assert_true(net.has_norms);
    assert_ok(blind_net_change(&without, &net, trial, false));
    assert_ok(blind_net_change(&with, &net, trial, true));
    const float *mean = dc_model_param(trial, "norm.mean")->values;
    for (uint64_t i = 0; i < bias->n_values; i++)
        assert_near(mean[i], 0.25, 1e-5);
    assert_true(without > 1e-3);
    assert_true(with < 1e-6 * without);
    blind_net_close(&net);
    dc_model_free(trial);
    dc_model_free(dense);
}

static void outputs_that_are_no_numbers_any_more_are_an_infinite_change(void **state)
{
    (void)state;
    dc_model *dense = drawn(LINEAR_END "]}"), *trial;
    blind_net net;
    double change;
    assert_ok(dc_model_copy(&trial, dense));
    assert_ok(blind_net_open(&net, dense, NULL));
    dc_model_param(trial, "fc1.weight")->values[0] = 3e38f;
    dc_model_param(trial, "fc2.weight")->values[0] = 3e38f;
    assert_ok(blind_net_change(&change, &net, trial, false));
    assert_true(isinf(change));
    blind_net_close(&net);
    dc_model_free(trial);
    dc_model_free(dense);
}

static void a_network_beyond_all_bounds_is_not_run(void **state)
{
    (void)state;
    dc_model *dense = drawn("{\"name\":\"net\",\"input\":{\"shape\":[1,20000,20000]},\"layers\":["
                            "{\"name\":\"conv\",\"op\":\"conv\",\"n_outputs\":9,\"kernel\":9},"
                            "{\"name\":\"pool\",\"op\":\"global_average_pool\"}]}");
    blind_net net;
    assert_fails(DC_EUNSUPPORTED, blind_net_open(&net, dense, NULL));
    dc_model_free(dense);
}

/* The rise of the cross-entropy is none for the same network, and known only of distributions. */
static void the_rise_of_the_loss_is_predicted(void **state)
{
    (void)state;
    dc_model *dense = drawn(LINEAR_END "]}"), *trial;
    blind_net net;
    double change;
    assert_ok(dc_model_copy(&trial, dense));
    assert_ok(blind_net_open(&net, dense, NULL));
    dc_model_param(trial, "fc1.weight")->values[0] += 1e-6f;
    assert_ok(blind_net_change(&change, &net, trial, false));
    assert_between(net.loss, -1e-7, 1e-7);
    dc_param *weights = dc_model_param(trial, "fc2.weight");
    for (uint64_t i = 0; i < weights->n_values; i++)
        weights->values[i] *= i % 2 == 0 ? 1.3f : 0.7f;
    assert_ok(blind_net_change(&change, &net, trial, false));
    assert_true(net.loss > 1e-4);
    blind_net_close(&net);
    dc_model_free(trial);
    dc_model_free(dense);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_relative_to_the_outputs),
        cmocka_unit_test(it_is_measured_before_the_probabilities),
        cmocka_unit_test(a_node_may_have_any_number_of_inputs),
        cmocka_unit_test(a_move_counts_whatever_is_added_to_the_outputs),
        cmocka_unit_test(outputs_that_do_not_depend_on_the_input_cannot_be_measured),
        cmocka_unit_test(a_batch_norm_takes_a_shift_back),
        cmocka_unit_test(outputs_that_are_no_numbers_any_more_are_an_infinite_change),
        cmocka_unit_test(a_network_beyond_all_bounds_is_not_run),
        cmocka_unit_test(the_rise_of_the_loss_is_predicted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
