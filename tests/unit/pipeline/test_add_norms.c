/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "add_norms.h"
#include "small_case.h"

static const char graph[] =
    "{\"name\":\"net\",\"input\":{\"shape\":[2,6,6]},\"layers\":["
    "{\"name\":\"conv1\",\"op\":\"conv\",\"n_outputs\":4,\"kernel\":3,\"pad\":1},"
    "{\"name\":\"relu1\",\"op\":\"relu\"},"
    "{\"name\":\"conv2\",\"op\":\"conv\",\"n_outputs\":4,\"kernel\":3,\"pad\":1,\"bias\":0},"
    "{\"name\":\"norm2\",\"op\":\"batch_norm\"},"
    "{\"name\":\"sum\",\"op\":\"add\",\"inputs\":[\"norm2\",\"relu1\"]},"
    "{\"name\":\"conv3\",\"op\":\"conv\",\"n_outputs\":3,\"kernel\":3,\"bias\":0},"
    "{\"name\":\"flat\",\"op\":\"flatten\"},"
    "{\"name\":\"conv3_norm\",\"op\":\"linear\",\"n_outputs\":7},"
    "{\"name\":\"relu2\",\"op\":\"relu\"},"
    "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":5}]}";

static void outputs(float *y, const case_run *c, const dc_model *model)
{
    const uint32_t n_inputs = (uint32_t)dc_shape_count(&model->nodes[0].shape);
    float *x = calloc((size_t)10 * n_inputs, sizeof *x);
    int32_t labels[10];
    uint64_t indices[10];
    dc_predictor *predictor;
    assert_non_null(x);
    for (uint32_t i = 0; i < 10; i++)
        indices[i] = 200 + i;
    assert_ok(read_values(&c->samples, indices, 10, 0, x, labels));
    assert_ok(dc_predictor_new_on(&predictor, model, 10, DC_PRECISION_F32, "ref"));
    assert_ok(dc_predict(predictor, x, 10, y));
    dc_predictor_free(predictor);
    free(x);
}

static void test_takes_layers_that_something_else_than_a_norm_reads(void **state)
{
    (void)state;
    dc_model *model = model_of(graph);
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        const char *name = model->nodes[i].name;
        const bool is_wanted = strcmp(name, "conv1") == 0 || strcmp(name, "conv3") == 0 ||
                               strcmp(name, "conv3_norm") == 0;
        assert_int_equal(add_norms_takes(model, i), is_wanted);
    }
    dc_model_free(model);
}

static void test_the_network_computes_what_it_did(void **state)
{
    (void)state;
    case_run c;
    float before[50], after[50];
    bool wanted[16] = { false };
    case_open(&c, graph);
    dc_param *row = dc_model_param(c.run.model, "conv1.weight");
    memset(row->values, 0, 18 * sizeof *row->values); /* a channel that says one thing */
    row->is_pruned = true;
    outputs(before, &c, c.run.model);
    for (uint32_t i = 0; i < c.run.model->n_nodes; i++)
        wanted[i] = add_norms_takes(c.run.model, i);
    assert_ok(add_norms(&c.run, wanted));
    const dc_model *model = c.run.model;
    assert_int_equal(model->n_nodes, c.dense->n_nodes + 3);
    outputs(after, &c, model);
    for (uint32_t i = 0; i < 50; i++)
        if (fabs((double)before[i] - (double)after[i]) > 1e-4 * (1 + fabs((double)before[i])))
            fail_msg("output %u: %g, was %g", (unsigned)i, (double)after[i], (double)before[i]);

    assert_true(dc_model_param(model, "conv1.weight")->is_pruned);
    assert_null(dc_model_param(model, "conv1.bias"));
    assert_null(dc_model_param(model, "conv3_norm.bias"));
    assert_int_not_equal(dc_model_node(model, "conv3_norm2"), DC_NONE);
    const dc_param *weights = dc_model_param(model, "conv3.weight");
    for (uint32_t r = 0; r < 3; r++) {
        double square = 0;
        for (uint32_t i = 0; i < 36; i++)
            square += pow((double)weights->values[r * 36 + i], 2);
        assert_true(fabs(square / 36 - 1) < 1e-5);
    }
    const dc_param *variance = dc_model_param(model, "conv3_norm2.variance");
    assert_true(variance != NULL && variance->values[0] > 1e-3f);
    case_close(&c);
}

static void test_no_sample_that_can_be_read(void **state)
{
    (void)state;
    case_run c;
    bool wanted[16] = { false, true };
    case_open(&c, graph);
    c.samples.n_samples = 0;
    assert_int_equal(add_norms(&c.run, wanted), DC_EINPUT);
    assert_int_equal(c.run.model->n_nodes, c.dense->n_nodes); /* as before */
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_layers_that_something_else_than_a_norm_reads),
        cmocka_unit_test(test_the_network_computes_what_it_did),
        cmocka_unit_test(test_no_sample_that_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
