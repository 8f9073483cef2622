/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dead_net.h"

/* conv1 (6, 5x5) [relu] pool conv2 (7, 3x3, pad) pool fc1 (9) relu fc2 (4). */
static dc_model *conv_net(uint64_t seed, bool has_relu, uint32_t pad2)
{
    dc_model *m = net_new(dc_shape_of(3, 2, 12, 12, 0));
    net_add(m, "conv1", DC_OP_CONV, 6, 5, 1, 0);
    if (has_relu)
        net_add(m, "relu1", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "pool1", DC_OP_MAX_POOL, 0, 2, 2, 0);
    net_add(m, "conv2", DC_OP_CONV, 7, 3, 1, pad2);
    net_add(m, "pool2", DC_OP_MAX_POOL, 0, 2, 2, 0);
    net_add(m, "fc1", DC_OP_LINEAR, 9, 0, 0, 0);
    net_add(m, "relu3", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "fc2", DC_OP_LINEAR, 4, 0, 0, 0);
    net_fill(m, seed);
    return m;
}

static bool has_bias(const dc_model *m, const char *node)
{
    return dc_node_param(&m->nodes[dc_model_node(m, node)], 1) != DC_NONE;
}

/* A layer without a bias gets one of zeros, for the plain forward pass. */
static void assert_moved(uint64_t seed, bool has_relu, uint32_t pad2, uint32_t n_expected,
                         bool conv1_has, bool conv2_has)
{
    uint32_t n_moved;
    dc_model *before = conv_net(seed, has_relu, pad2), *after = conv_net(seed, has_relu, pad2);
    assert_ok(dc_prune_move_biases(&n_moved, after));
    assert_int_equal(n_moved, n_expected);
    assert_int_equal(has_bias(after, "conv1"), conv1_has);
    assert_int_equal(has_bias(after, "conv2"), conv2_has);
    assert_true(has_bias(after, "fc1") && has_bias(after, "fc2"));
    assert_int_equal(dc_model_n_values(after) + n_moved, dc_model_n_values(before));
    dc_model *padded = conv_net(seed, has_relu, pad2);
    for (uint32_t i = 0; i < padded->n_params; i++) {
        const dc_param *its = dc_model_param(after, padded->params[i].name);
        float *to = padded->params[i].values;
        for (uint64_t k = 0; k < padded->params[i].n_values; k++)
            to[k] = its != NULL ? its->values[k] : 0;
    }
    assert_same_function(before, padded);
    dc_model_free(before);
    dc_model_free(after);
    dc_model_free(padded);
}

static void biases_move_through_pools(void **state)
{
    (void)state;
    assert_moved(1, false, 0, 13, false, false);
}

static void not_through_activations_nor_into_padded_layers(void **state)
{
    (void)state;
    assert_moved(2, true, 0, 7, true, false);
    assert_moved(3, false, 1, 7, true, false);
}

static void sorted_channels_compute_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 5; seed++) {
        dc_model *m = conv_net(seed, true, 1), *before;
        uint32_t n_last = UINT32_MAX;
        net_zero(m, "conv1.weight", 0, 2, 0, 30);
        net_zero(m, "conv2.weight", 1, 3, 0, 40);
        net_zero(m, "fc1.weight", 2, 4, 0, 20);
        assert_ok(dc_model_copy(&before, m));
        assert_ok(dc_prune_sort(m));
        assert_same_function(before, m);
        const dc_param *w = dc_model_param(m, "fc1.weight");
        const uint32_t n_cols = (uint32_t)(w->n_values / 9);
        for (uint32_t row = 0; row < 9; row++) {
            uint32_t n = 0;
            for (uint32_t col = 0; col < n_cols; col++)
                n += w->values[row * n_cols + col] != 0.0f;
            assert_true(n <= n_last);
            n_last = n;
        }
        dc_model_free(m);
        dc_model_free(before);
    }
}

static void neurons_worth_least_go_until_the_rest_is_small(void **state)
{
    (void)state;
    dc_model *m = conv_net(9, true, 1), *before;
    dc_prune_stats stats;
    const float *squares[8];
    float *ones[8];
    for (uint32_t i = 0; i < m->n_params; i++) {
        squares[i] = ones[i] = malloc(m->params[i].n_values * sizeof(float));
        for (uint64_t k = 0; k < m->params[i].n_values; k++)
            ones[i][k] = 1;
    }
    float *fc1 = dc_model_param(m, "fc1.weight")->values;
    const uint64_t n_row = dc_model_param(m, "fc1.weight")->n_values / 9;
    for (uint64_t k = 0; k < n_row; k++) /* one neuron hardly says a thing */
        fc1[3 * n_row + k] *= 1e-6f;
    assert_ok(dc_model_copy(&before, m));
    const uint64_t n = dc_model_n_values(m);
    assert_ok(dc_prune_narrow(m, n - 1, 0, squares, &stats));
    assert_int_equal(stats.n_neurons_removed, 1);
    assert_int_equal(dc_model_param(m, "fc1.weight")->shape.dims[0], 8);
    dc_model_free(m);
    m = before;
    assert_ok(dc_prune_narrow(m, n / 2, 0.8, squares, &stats));
    assert_true(dc_model_n_values(m) <= n * 6 / 10);
    assert_int_equal(dc_model_n_outputs(m), 4);
    for (uint32_t i = 0; i < 8; i++)
        free(ones[i]);
    dc_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(biases_move_through_pools),
        cmocka_unit_test(not_through_activations_nor_into_padded_layers),
        cmocka_unit_test(sorted_channels_compute_the_same),
        cmocka_unit_test(neurons_worth_least_go_until_the_rest_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
