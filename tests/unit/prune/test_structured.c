/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dead_net.h"

/* conv1 (6, 5x5) relu pool conv2 (7, 3x3, pad) relu average fc1 (9) relu fc2 (4). */
static dc_model *conv_net(uint64_t seed, uint32_t pad2)
{
    dc_model *m = net_new(dc_shape_of(3, 2, 12, 12, 0));
    net_add(m, "conv1", DC_OP_CONV, 6, 5, 1, 0);
    net_add(m, "bn1", DC_OP_BATCH_NORM, 0, 0, 0, 0);
    net_add(m, "relu1", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "pool1", DC_OP_MAX_POOL, 0, 2, 2, 0);
    net_add(m, "conv2", DC_OP_CONV, 7, 3, 1, pad2);
    net_add(m, "relu2", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "pool2", DC_OP_AVERAGE_POOL, 0, 2, 2, 0);
    net_add(m, "flat", DC_OP_FLATTEN, 0, 0, 0, 0);
    net_add(m, "fc1", DC_OP_LINEAR, 9, 0, 0, 0);
    net_add(m, "relu3", DC_OP_RELU, 0, 0, 0, 0);
    net_add(m, "fc2", DC_OP_LINEAR, 4, 0, 0, 0);
    net_fill(m, seed);
    return m;
}

static uint32_t width_of(const dc_model *m, const char *name)
{
    return m->nodes[dc_model_node(m, name)].shape.dims[0];
}

/* Runs dc_prune_dead on the model and compares with what it was. */
static dc_prune_stats assert_harmless(dc_model *m)
{
    dc_model *before;
    dc_prune_stats stats;
    assert_ok(dc_model_copy(&before, m));
    const uint64_t n_values = dc_model_n_values(m);
    assert_ok(dc_prune_dead(m, &stats));
    assert_same_function(before, m);
    assert_int_equal(m->n_reference_values, before->n_reference_values);
    assert_int_equal(dc_model_n_values(m) + stats.n_values_removed, n_values);
    dc_model_free(before);
    return stats;
}

static void a_whole_network_loses_nothing(void **state)
{
    (void)state;
    dc_model *m = net_mlp(1);
    assert_int_equal(assert_harmless(m).n_neurons_removed, 0);
    dc_model_free(m);
}

static void unread_neurons_go_with_their_biases(void **state)
{
    (void)state;
    dc_model *m = net_mlp(2);
    net_zero(m, "fc3.weight", 0, 3, 2, 2);
    const dc_prune_stats stats = assert_harmless(m);
    assert_int_equal(stats.n_neurons_removed, 2);
    assert_int_equal(stats.n_values_removed, 2 * (12 + 1 + 3));
    assert_int_equal(width_of(m, "fc2"), 6);
    assert_int_equal(width_of(m, "drop2"), 6);
    assert_int_equal(dc_model_param(m, "fc3.weight")->shape.dims[1], 6);
    dc_model_free(m);
}

static void constant_neurons_are_folded_through_batch_norm_and_relu(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        dc_model *m = net_mlp(seed);
        net_zero(m, "fc1.weight", 3, 4, 0, 10);
        assert_int_equal(assert_harmless(m).n_neurons_removed, 4);
        assert_int_equal(dc_model_param(m, "bn1.scale")->n_values, 8);
        dc_model_free(m);
    }
}

static void death_spreads_until_nothing_dies(void **state)
{
    (void)state;
    dc_model *m = net_mlp(4);
    net_zero(m, "fc3.weight", 0, 3, 1, 5); /* fc2's 1..5 go, and then those of fc1 only they read */
    net_zero(m, "fc2.weight", 0, 1, 0, 6);
    net_zero(m, "fc2.weight", 6, 2, 0, 6);
    assert_harmless(m);
    assert_int_equal(width_of(m, "fc2"), 3);
    assert_int_equal(width_of(m, "fc1"), 6);
    dc_model_free(m);
}

static void one_channel_stays_when_all_are_dead(void **state)
{
    (void)state;
    dc_model *m = net_mlp(5);
    net_zero(m, "fc2.weight", 0, 8, 0, 12);
    assert_harmless(m);
    assert_int_equal(width_of(m, "fc2"), 1);
    assert_int_equal(width_of(m, "fc3"), 3);
    dc_model_free(m);
}

static void a_layer_that_is_yet_to_be_trained_gives_and_reads_all(void **state)
{
    (void)state;
    for (int is_pruned = 0; is_pruned < 2; is_pruned++) {
        dc_model *m = net_mlp(3);
        dc_param *head = dc_model_param(m, "fc3.weight"), *first = dc_model_param(m, "fc1.weight");
        memset(head->values, 0, head->n_values * sizeof *head->values);
        memset(first->values, 0, first->n_values * sizeof *first->values);
        head->is_pruned = first->is_pruned = is_pruned;
        assert_int_equal(assert_harmless(m).n_neurons_removed > 0, is_pruned);
        dc_model_free(m);
    }
}

static void filters_go_through_pools_and_flatten(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        dc_model *m = conv_net(seed, 0);
        net_zero(m, "conv1.weight", 1, 2, 0, 50);
        net_zero(m, "conv2.weight", 5, 1, 0, 54);
        net_zero(m, "fc1.weight", 0, 9, 0, 2); /* half of channel 0: still read */
        net_zero(m, "fc1.weight", 0, 9, 2 * 4 / 4, 1);
        const dc_prune_stats stats = assert_harmless(m);
        assert_true(stats.n_neurons_removed >= 3);
        assert_int_equal(width_of(m, "conv1"), 4);
        assert_int_equal(width_of(m, "pool1"), 4);
        dc_model_free(m);
    }
}

static void a_padded_reader_keeps_constants_but_not_zeros(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        dc_model *m = conv_net(3, 1);
        net_zero(m, "conv1.weight", 2, 1, 0, 50);
        dc_model_param(m, "bn1.scale")->values[2] = 1;
        dc_model_param(m, "bn1.mean")->values[2] = 0;
        dc_model_param(m, "bn1.shift")->values[2] = 0;
        dc_model_param(m, "conv1.bias")->values[2] = (float)sign * 0.8f;
        assert_harmless(m);
        assert_int_equal(width_of(m, "conv1"), sign > 0 ? 6 : 5);
        dc_model_free(m);
    }
}

static void channels_that_meet_an_add_stay(void **state)
{
    (void)state;
    dc_model *m = net_new(dc_shape_of(1, 4, 0, 0, 0));
    net_add(m, "fc1", DC_OP_LINEAR, 5, 0, 0, 0);
    net_add(m, "fc2", DC_OP_LINEAR, 5, 0, 0, 0);
    const uint32_t inputs[] = { 1, 2 };
    assert_ok(dc_model_add(m, "sum", DC_OP_ADD, inputs, 2, NULL, true));
    net_add(m, "fc3", DC_OP_LINEAR, 2, 0, 0, 0);
    dc_prune_stats stats;
    assert_ok(dc_prune_dead(m, &stats)); /* all weights are zero */
    assert_int_equal(stats.n_neurons_removed, 0);
    dc_model_free(m);
}

static void constants_pass_every_activation(void **state)
{
    (void)state;
    for (uint32_t op = 0; op < DC_N_OPS; op++) {
        double attrs[] = { 0.5, 0.5 };
        const dc_op_kind *kind = dc_op_kind_of(op);
        if (op != DC_OP_PRELU && (kind->curve == NULL || !isfinite(kind->curve(-1, attrs)) ||
                                  !isfinite(kind->curve(0, attrs))))
            continue; /* what has no value below 0 makes no constant of it */
        dc_model *m = net_new(dc_shape_of(3, 2, 5, 5, 0));
        net_add(m, "conv", DC_OP_CONV, 6, 2, 1, 0);
        net_add(m, "act", (dc_op)op, 0, 0, 0, 0);
        net_add(m, "flat", DC_OP_FLATTEN, 0, 0, 0, 0);
        net_add(m, "fc", DC_OP_LINEAR, 3, 0, 0, 0);
        net_fill(m, 20 + op);
        net_zero(m, "conv.weight", 1, 3, 0, 8); /* biases of either sign */
        assert_int_equal(assert_harmless(m).n_neurons_removed, 3);
        if (op == DC_OP_PRELU)
            assert_int_equal(dc_model_param(m, "act.slope")->n_values, 3);
        dc_model_free(m);
    }
}

static void a_pad_keeps_constants_but_not_zeros(void **state)
{
    (void)state;
    for (int bias = 0; bias <= 1; bias++) {
        dc_prune_stats stats;
        dc_model *m = net_new(dc_shape_of(3, 2, 5, 5, 0));
        net_add(m, "conv", DC_OP_CONV, 4, 2, 1, 0);
        net_add(m, "pad", DC_OP_PAD, 0, 1, 1, 1);
        net_add(m, "fc", DC_OP_LINEAR, 3, 0, 0, 0);
        net_fill(m, 9);
        net_zero(m, "conv.weight", 2, 1, 0, 8);
        dc_model_param(m, "conv.bias")->values[2] = (float)bias;
        assert_ok(dc_prune_dead(m, &stats));
        assert_int_equal(stats.n_neurons_removed, bias ? 0 : 1);
        assert_int_equal(width_of(m, "pad"), bias ? 4 : 3);
        assert_int_equal(dc_model_param(m, "fc.weight")->shape.dims[1], bias ? 4 * 36 : 3 * 36);
        dc_model_free(m);
    }
}

/* conv, `op` with these inputs and dims, fc; all weights zero: nothing may go. */
static void stays_before(dc_op op, const uint32_t *inputs, uint32_t n_inputs, const double dims[3])
{
    dc_prune_stats stats;
    double attrs[DC_N_ATTRS];
    dc_model *m = net_new(dc_shape_of(3, 1, 4, 4, 0));
    dc_attrs_init(attrs, op);
    for (uint32_t i = 0; i < 3; i++)
        attrs[DC_ATTR_DIM_0 + i] = dims[i];
    attrs[DC_ATTR_SIZE] = 2;
    net_add(m, "conv", DC_OP_CONV, 4, 1, 1, 0);
    assert_ok(dc_model_add(m, "op", op, inputs, n_inputs, attrs, true));
    net_add(m, "fc", DC_OP_LINEAR, 3, 0, 0, 0);
    assert_ok(dc_prune_dead(m, &stats));
    assert_int_equal(stats.n_neurons_removed, 0);
    dc_model_free(m);
}

static void channels_that_are_mixed_or_moved_stay(void **state)
{
    (void)state;
    const uint32_t both[] = { 1, 0 }; /* (4,4,4) and (1,4,4) */
    const double none[3] = { 0, 0, 0 };
    stays_before(DC_OP_ADD, both, 2, none);
    stays_before(DC_OP_MUL, both, 2, none);
    stays_before(DC_OP_SUB, both, 2, none);
    stays_before(DC_OP_DIV, both, 2, none);
    stays_before(DC_OP_SLICE, both, 1, none);
    stays_before(DC_OP_RESHAPE, both, 1, (const double[]){ 4, 16, 0 });
    stays_before(DC_OP_TRANSPOSE, both, 1, (const double[]){ 1, 3, 2 });
    stays_before(DC_OP_SOFTMAX, both, 1, none);
    stays_before(DC_OP_LOG_SOFTMAX, both, 1, none);
}

/* conv, fc over each row of its picture, last: all weights zero, but channels are its first dim. */
static void linear_layers_of_several_vectors_stay_and_keep_their_input(void **state)
{
    (void)state;
    dc_prune_stats stats;
    double attrs[DC_N_ATTRS];
    dc_model *m = net_new(dc_shape_of(3, 1, 4, 4, 0));
    dc_attrs_init(attrs, DC_OP_LINEAR);
    attrs[DC_ATTR_AXIS] = 2;
    attrs[DC_ATTR_N_OUTPUTS] = 5;
    net_add(m, "conv", DC_OP_CONV, 4, 1, 1, 0);
    assert_ok(dc_model_add(m, "rows", DC_OP_LINEAR, (const uint32_t[]){ 1 }, 1, attrs, true));
    net_add(m, "last", DC_OP_LINEAR, 3, 0, 0, 0);
    assert_ok(dc_prune_dead(m, &stats));
    assert_int_equal(stats.n_neurons_removed, 0);
    dc_model_free(m);
}

/* ---- marks ---------------------------------------------------------------------------------- */

static char said[4096];

static void listen(void *payload, const char *text)
{
    (void)payload;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", text);
}

static void remove_and_listen(dc_model *m)
{
    const dc_listener listener = { .warn = listen };
    said[0] = '\0';
    dc_set_listener(&listener);
    assert_harmless(m);
    dc_set_listener(NULL);
}

/* Every value of the parameter becomes one of n halves. */
static void share(dc_param *param, uint32_t n)
{
    for (uint64_t i = 0; i < param->n_values; i++)
        param->values[i] = (float)(i % n + 1) * 0.125f;
    param->is_shared = true;
}

/* relu's constants are not 0. */
static void kill_loudly(dc_model *m)
{
    net_zero(m, "fc1.weight", 3, 4, 0, 10);
    for (unsigned i = 3; i < 7; i++)
        dc_model_param(m, "bn1.shift")->values[i] = 30;
}

static void a_bias_that_gets_more_values_says_so(void **state)
{
    (void)state;
    dc_model *m = net_mlp(3);
    dc_param *bias = dc_model_param(m, "fc2.bias"), *other = dc_model_param(m, "fc1.bias");
    share(bias, 2);
    share(other, 3);
    kill_loudly(m);
    remove_and_listen(m);
    assert_true(bias->is_shared && other->is_shared);
    assert_string_equal(
        said, "fc2.bias: constants of dead neurons were folded in, it shares 8 values now, not 2\n"
              "fc2.bias: constants of dead neurons were folded in, it is no longer float16 "
              "('quantize' rounds it again)\n");
    dc_model_free(m);
}

static void a_bias_of_too_many_values_is_no_longer_shared(void **state)
{
    (void)state;
    for (uint32_t n = 256; n <= 257; n++) {
        dc_model *m = net_new(dc_shape_of(1, 10, 0, 0, 0));
        net_add(m, "fc1", DC_OP_LINEAR, 6, 0, 0, 0);
        net_add(m, "fc2", DC_OP_LINEAR, n, 0, 0, 0);
        net_add(m, "fc3", DC_OP_LINEAR, 3, 0, 0, 0);
        net_fill(m, 4);
        share(dc_model_param(m, "fc2.bias"), 100);
        net_zero(m, "fc1.weight", 2, 1, 0, 10);
        remove_and_listen(m);
        assert_int_equal(dc_model_param(m, "fc2.bias")->is_shared, n == 256);
        assert_ok(dc_param_check(dc_model_param(m, "fc2.bias")));
        assert_non_null(strstr(said, n == 256 ? "it shares 256 values now, not 100\n"
                                              : "it is no longer shared ('quantize' shares it"));
        dc_model_free(m);
    }
}

static void a_bias_of_as_many_values_stays_shared(void **state)
{
    (void)state;
    dc_model *m = net_mlp(3);
    dc_param *bias = dc_model_param(m, "fc2.bias");
    for (uint64_t i = 0; i < bias->n_values; i++)
        bias->values[i] += 1e-3f;
    bias->is_shared = true; /* each value once */
    kill_loudly(m);
    remove_and_listen(m);
    assert_true(bias->is_shared);
    assert_string_equal(said, "");
    dc_model_free(m);
}

static void marks_stay_where_nothing_is_folded(void **state)
{
    (void)state;
    dc_model *m = net_mlp(3);
    dc_param *bias = dc_model_param(m, "fc2.bias");
    share(bias, 2);
    net_zero(m, "fc1.weight", 3, 4, 0, 10);
    for (unsigned i = 3; i < 7; i++)
        dc_model_param(m, "bn1.shift")->values[i] = -30; /* relu makes 0 of it */
    remove_and_listen(m);
    assert_true(bias->is_shared);
    assert_string_equal(said, "");
    dc_model_free(m);
}

static void a_float16_bias_that_is_none_any_more_is_said(void **state)
{
    (void)state;
    dc_model *m = net_mlp(3);
    share(dc_model_param(m, "fc2.bias"), 2);
    dc_model_param(m, "fc2.bias")->is_shared = false;
    kill_loudly(m);
    remove_and_listen(m);
    assert_string_equal(said, "fc2.bias: constants of dead neurons were folded in, it is no longer "
                              "float16 ('quantize' rounds it again)\n");
    dc_model_free(m);
}

static void random_pruning_of_all_kinds_is_harmless(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        dc_model *m = seed % 2 ? net_mlp(seed) : conv_net(seed, seed % 4 == 0);
        dc_rng rng;
        dc_rng_init(&rng, seed, 3);
        for (uint32_t p = 0; p < m->n_params; p++) {
            uint32_t n_rows, n_cols;
            dc_param_matrix(&m->params[p], &n_rows, &n_cols);
            for (uint32_t r = 0; r < n_rows && m->params[p].role == DC_ROLE_WEIGHT; r++)
                if (dc_rng_below(&rng, 3) == 0)
                    net_zero(m, m->params[p].name, r, 1, 0, n_cols);
            for (uint32_t c = 0; c < n_cols && m->params[p].role == DC_ROLE_WEIGHT; c++)
                if (dc_rng_below(&rng, 3) == 0)
                    net_zero(m, m->params[p].name, 0, n_rows, c, 1);
        }
        assert_harmless(m);
        dc_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_network_loses_nothing),
        cmocka_unit_test(unread_neurons_go_with_their_biases),
        cmocka_unit_test(constant_neurons_are_folded_through_batch_norm_and_relu),
        cmocka_unit_test(death_spreads_until_nothing_dies),
        cmocka_unit_test(one_channel_stays_when_all_are_dead),
        cmocka_unit_test(a_layer_that_is_yet_to_be_trained_gives_and_reads_all),
        cmocka_unit_test(filters_go_through_pools_and_flatten),
        cmocka_unit_test(a_padded_reader_keeps_constants_but_not_zeros),
        cmocka_unit_test(channels_that_meet_an_add_stay),
        cmocka_unit_test(constants_pass_every_activation),
        cmocka_unit_test(a_pad_keeps_constants_but_not_zeros),
        cmocka_unit_test(channels_that_are_mixed_or_moved_stay),
        cmocka_unit_test(linear_layers_of_several_vectors_stay_and_keep_their_input),
        cmocka_unit_test(a_bias_that_gets_more_values_says_so),
        cmocka_unit_test(a_bias_of_too_many_values_is_no_longer_shared),
        cmocka_unit_test(a_bias_of_as_many_values_stays_shared),
        cmocka_unit_test(marks_stay_where_nothing_is_folded),
        cmocka_unit_test(a_float16_bias_that_is_none_any_more_is_said),
        cmocka_unit_test(random_pruning_of_all_kinds_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
