/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dead_net.h"

static void merge(dc_model *m, const char *layer, double share, uint32_t n_expected)
{
    const dc_rule rule = { layer, share };
    const dc_rules rules = { 1, &rule };
    dc_prune_stats stats;
    assert_ok(dc_prune_similar(m, &rules, &stats));
    assert_int_equal(stats.n_neurons_removed, n_expected);
}

/* Row `to` of the layer becomes row `from`, the bias too. */
static void copy_row(dc_model *m, const char *layer, uint32_t to, uint32_t from)
{
    const dc_node *node = &m->nodes[dc_model_node(m, layer)];
    dc_param *weight = &m->params[dc_node_param(node, 0)];
    dc_param *bias = &m->params[dc_node_param(node, 1)];
    uint32_t n_rows, n_cols;
    dc_param_matrix(weight, &n_rows, &n_cols);
    memcpy(weight->values + to * n_cols, weight->values + from * n_cols, n_cols * sizeof(float));
    bias->values[to] = bias->values[from];
}

/* 2 channels of 12x12; conv1 (6, 5x5) relu pool conv2 (7, 3x3, pad) fc1 (9) relu fc2 (4). */
static dc_model *conv_net(void)
{
    dc_model *m = net_new(dc_shape_of(3, 2, 12, 12, 0));
    net_add(m, "conv1", DC_OP_CONV, 6, 5, 1, 0);
    net_add(m, "relu1", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "pool1", DC_OP_MAX_POOL, 0, 2, 2, 0);
    net_add(m, "conv2", DC_OP_CONV, 7, 3, 1, 1);
    net_add(m, "fc1", DC_OP_LINEAR, 9, 0, 0, 0);
    net_add(m, "relu3", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "fc2", DC_OP_LINEAR, 4, 0, 0, 0);
    net_fill(m, 3);
    return m;
}

static void twins_become_one_and_outputs_stay(void **state)
{
    (void)state;
    dc_model *before = conv_net(), *m = conv_net();
    for (unsigned i = 0; i < 2; i++) {
        dc_model *each = i == 0 ? before : m;
        copy_row(each, "conv1", 4, 1);
        copy_row(each, "conv2", 6, 0);
        copy_row(each, "conv2", 3, 0);
        copy_row(each, "fc1", 2, 8);
    }
    merge(m, "conv1", 5.0 / 6, 1);
    merge(m, "conv2", 5.0 / 7, 2);
    merge(m, "fc1", 8.0 / 9, 1);
    assert_int_equal(m->nodes[dc_model_node(m, "fc1")].shape.dims[0], 8);
    assert_same_function(before, m);
    dc_model_free(before);
    dc_model_free(m);
}

/* Without what is remembered in between: every pair is looked at again after every merge. */
static void merge_plainly(float *w, float *bias, float *a, uint32_t *n, uint32_t n_cols,
                          uint32_t n_out, uint32_t n_keep)
{
    for (; *n > n_keep; (*n)--) {
        double least = 1e300;
        uint32_t to = 0, gone = 0;
        for (uint32_t i = 0; i < *n; i++)
            for (uint32_t j = 0; j < *n; j++) {
                double out = 0, apart = pow((double)bias[i] - (double)bias[j], 2);
                for (uint32_t c = 0; c < n_cols; c++)
                    apart += pow((double)w[i * n_cols + c] - (double)w[j * n_cols + c], 2);
                for (uint32_t o = 0; o < n_out; o++)
                    out += pow((double)a[j * n_out + o], 2) / n_out;
                if (i != j && out * apart < least)
                    least = out * apart, to = i, gone = j;
            }
        for (uint32_t o = 0; o < n_out; o++)
            a[to * n_out + o] += a[gone * n_out + o];
        for (uint32_t j = gone; j + 1 < *n; j++) {
            memcpy(w + j * n_cols, w + (j + 1) * n_cols, n_cols * sizeof *w);
            memcpy(a + j * n_out, a + (j + 1) * n_out, n_out * sizeof *a);
            bias[j] = bias[j + 1];
        }
    }
}

static void the_pair_of_least_cost_goes_first_and_again(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 30; seed++) {
        dc_model *m = net_new(dc_shape_of(1, 5, 0, 0, 0));
        net_add(m, "fc1", DC_OP_LINEAR, 14, 0, 0, 0);
        net_add(m, "relu1", DC_OP_RELU, 0, 0, 0, 0);
        net_add(m, "fc2", DC_OP_LINEAR, 3, 0, 0, 0);
        net_fill(m, seed);
        float w[14 * 5], bias[14], a[14 * 3];
        memcpy(w, m->params[0].values, sizeof w);
        memcpy(bias, m->params[1].values, sizeof bias);
        for (uint32_t i = 0; i < 14 * 3; i++)
            a[i] = m->params[2].values[i % 3 * 14 + i / 3];
        uint32_t n = 14;
        merge_plainly(w, bias, a, &n, 5, 3, 4);
        merge(m, "fc1", 4.0 / 14, 10);
        assert_memory_equal(m->params[0].values, w, 4 * 5 * sizeof *w);
        assert_memory_equal(m->params[1].values, bias, 4 * sizeof *bias);
        for (uint32_t i = 0; i < 4 * 3; i++)
            assert_near(m->params[2].values[i % 3 * 4 + i / 3], a[i], 1e-6);
        dc_model_free(m);
    }
}

static void what_cannot_be_merged_is_left_or_refused(void **state)
{
    static const dc_rule all = { "*", 0.5 }, last = { "fc3", 0.5 }, none = { "fc", 0.5 };
    static const dc_rule over = { "fc2", 1.5 };
    const dc_rules rules[] = { { 1, &all }, { 1, &last }, { 1, &none }, { 1, &over } };
    dc_prune_stats stats;
    (void)state;
    dc_model *m = net_mlp(1); /* fc1 and fc2 have batch norm behind one of them */
    for (uint32_t i = 1; i < 4; i++)
        assert_fails(DC_EINPUT, dc_prune_similar(m, &rules[i], &stats));
    assert_fails(DC_EINPUT, dc_prune_similar_check(&rules[3], m));
    m->params[0].values[5] = NAN;
    assert_fails(DC_EINPUT, dc_prune_similar(m, &rules[0], &stats));
    m->params[0].values[5] = 1;
    assert_ok(dc_prune_similar(m, &rules[0], &stats));
    assert_int_equal(m->nodes[dc_model_node(m, "fc3")].shape.dims[0], 3);
    for (uint32_t i = 1; i + 1 < m->n_nodes; i++)
        if (m->nodes[i + 1].op == DC_OP_BATCH_NORM)
            assert_true(m->nodes[i].shape.dims[0] == 12 || m->nodes[i].shape.dims[0] == 8);
    dc_model_free(m);
}

static void a_reader_with_too_many_sums_is_no_longer_shared(void **state)
{
    (void)state;
    dc_model *m = net_new(dc_shape_of(1, 5, 0, 0, 0));
    net_add(m, "fc1", DC_OP_LINEAR, 60, 0, 0, 0);
    net_add(m, "fc2", DC_OP_LINEAR, 40, 0, 0, 0);
    net_fill(m, 2);
    dc_param *reader = dc_model_param(m, "fc2.weight");
    for (uint64_t i = 0; i < reader->n_values; i++)
        reader->values[i] = (float)pow(1.3, (double)(i * 7919 % 200) / 10);
    reader->is_shared = true;
    merge(m, "fc1", 0.5, 30);
    assert_false(dc_model_param(m, "fc2.weight")->is_shared);
    dc_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twins_become_one_and_outputs_stay),
        cmocka_unit_test(the_pair_of_least_cost_goes_first_and_again),
        cmocka_unit_test(what_cannot_be_merged_is_left_or_refused),
        cmocka_unit_test(a_reader_with_too_many_sums_is_no_longer_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
