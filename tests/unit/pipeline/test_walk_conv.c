/* SPDX-License-Identifier: MIT
 *
 * The convolution of walks beside the plain op: strides, pads, dilation, groups, with and without a
 * bias, few rows and many.
 */
#include <math.h>

#include "test.h"

#include "dcomp/nn.h"
#include "walk_conv.h"

#define N_SAMPLES 3u

static dc_model *conv_of(const char *attrs)
{
    char text[512];
    dc_json *json = NULL;
    dc_model *model = NULL;
    dc_print(text, sizeof text,
             "{\"name\":\"net\",\"input\":{\"shape\":[4,11,13]},\"layers\":[{\"name\":\"c\","
             "\"op\":\"conv\",%s}]}",
             attrs);
    assert_ok(dc_json_parse(&json, text, strlen(text), "text"));
    assert_ok(dc_model_from_arch(&model, json, "net"));
    dc_json_free(json);
    dc_model_init(model, DC_INIT_HE, 3);
    for (uint32_t p = 1; p < model->n_params; p++) /* a bias begins with zeros */
        for (uint64_t i = 0; i < model->params[p].n_values; i++)
            model->params[p].values[i] = (float)i / 7 - 0.5f;
    return model;
}

static void outputs_are_those_of_the_plain_op(void **state)
{
    (void)state;
    const char *const attrs[] = {
        "\"n_outputs\":8,\"kernel\":1",
        "\"n_outputs\":9,\"kernel\":3,\"pad\":1",
        "\"n_outputs\":8,\"kernel\":3,\"pad\":1,\"bias\":0",
        "\"n_outputs\":16,\"kernel\":3,\"stride\":2,\"pad\":1,\"groups\":2",
        "\"n_outputs\":32,\"kernel\":5,\"stride\":3,\"pad\":4,\"groups\":4",
        "\"n_outputs\":8,\"kernel\":3,\"dilation\":3,\"pad\":2",
    };
    for (size_t c = 0; c < DC_COUNT_OF(attrs); c++) {
        dc_model *model = conv_of(attrs[c]);
        const dc_node *node = &model->nodes[1];
        const uint64_t n_x = N_SAMPLES * dc_shape_count(&model->nodes[0].shape);
        const uint64_t n_y = N_SAMPLES * dc_shape_count(&node->shape);
        float *x = calloc(n_x, sizeof *x), *y = calloc(n_y, sizeof *y);
        float *wanted = calloc(n_y, sizeof *wanted);
        const float *inputs[] = { x };
        for (uint64_t i = 0; i < n_x; i++)
            x[i] = (float)(i * 37 % 101) / 50 - 1;
        assert_true(walk_conv_does(model, node));
        assert_ok(walk_conv(model, node, N_SAMPLES, x, y));
        assert_ok(dc_node_forward(model, 1, N_SAMPLES, NULL, inputs, wanted));
        for (uint64_t i = 0; i < n_y; i++)
            assert_near(y[i], wanted[i], 1e-5);
        free(x);
        free(y);
        free(wanted);
        dc_model_free(model);
    }
}

static void a_few_rows_are_left_to_the_plain_op(void **state)
{
    (void)state;
    dc_model *model = conv_of("\"n_outputs\":4,\"kernel\":3,\"groups\":4");
    assert_false(walk_conv_does(model, &model->nodes[1]));
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_those_of_the_plain_op),
        cmocka_unit_test(a_few_rows_are_left_to_the_plain_op),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
