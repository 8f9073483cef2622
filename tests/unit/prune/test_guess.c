/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dead_net.h"

static dc_model *wide_net(void)
{
    dc_model *m = net_new(dc_shape_of(1, 100, 0, 0, 0));
    net_add(m, "fc1", DC_OP_LINEAR, 100, 0, 0, 0);
    net_add(m, "fc2", DC_OP_LINEAR, 100, 0, 0, 0);
    net_add(m, "fc3", DC_OP_LINEAR, 100, 0, 0, 0);
    net_add(m, "fc4", DC_OP_LINEAR, 10, 0, 0, 0);
    net_fill(m, 1);
    return m;
}

static double guessed(const dc_model *m, const char *layer, double boldness)
{
    dc_arena arena = { 0 };
    dc_rules rules;
    double density = 0;
    assert_ok(dc_prune_guess(&rules, m, boldness, &arena));
    assert_int_equal(rules.n_rules, 4);
    assert_true(dc_rules_find(&density, &rules, layer));
    dc_arena_clear(&arena);
    return density;
}

static void a_gaussian_layer_loses_what_the_rule_says(void **state)
{
    (void)state;
    dc_model *m = wide_net();
    assert_near(guessed(m, "fc2", 1), 0.74, 0.03); /* 10,000 weights: e = 0.01 */
    dc_model_free(m);
}

static void edges_and_small_layers_are_spared_and_boldness_takes_more(void **state)
{
    (void)state;
    dc_model *m = wide_net();
    assert_true(guessed(m, "fc1", 1) > guessed(m, "fc2", 1));
    assert_true(guessed(m, "fc4", 1) > guessed(m, "fc1", 1));
    assert_true(guessed(m, "fc2", 4) < guessed(m, "fc2", 1));
    dc_model_free(m);
}

/* Eight layers of which one must not lose more than half of what one of four may. */
static void deep_networks_lose_less_a_layer(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_rules rules;
    double deep = 0;
    dc_model *m = wide_net(), *shallow = wide_net();
    for (int i = 5; i <= 8; i++) {
        char name[8];
        snprintf(name, sizeof name, "fc%d", i);
        net_add(m, name, DC_OP_LINEAR, 100, 0, 0, 0);
    }
    net_fill(m, 1);
    assert_ok(dc_prune_guess(&rules, m, 1, &arena));
    assert_true(dc_rules_find(&deep, &rules, "fc2"));
    assert_near(deep, 0.79, 0.03); /* e = 0.005 */
    assert_true(deep > guessed(shallow, "fc2", 1));
    dc_arena_clear(&arena);
    dc_model_free(m);
    dc_model_free(shallow);
}

static void many_tiny_weights_go(void **state)
{
    (void)state;
    dc_model *m = wide_net();
    dc_param *param = dc_model_param(m, "fc2.weight");
    for (uint64_t i = 0; i < param->n_values; i++)
        param->values[i] *= i % 10 ? 1e-3f : 1;
    assert_true(guessed(m, "fc2", 1) < 0.11);
    for (uint64_t i = 0; i < param->n_values; i++)
        param->values[i] = 1;
    assert_near(guessed(m, "fc2", 1), 1, 0);
    dc_model_free(m);
}

static void nan_and_no_boldness_are_refused(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_rules rules;
    dc_model *m = wide_net();
    assert_fails(DC_EINPUT, dc_prune_guess(&rules, m, 0, &arena));
    dc_model_param(m, "fc3.weight")->values[0] = NAN;
    assert_fails(DC_EINPUT, dc_prune_guess(&rules, m, 1, &arena));
    assert_non_null(strstr(dc_message(), "fc3"));
    dc_arena_clear(&arena);
    dc_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gaussian_layer_loses_what_the_rule_says),
        cmocka_unit_test(edges_and_small_layers_are_spared_and_boldness_takes_more),
        cmocka_unit_test(deep_networks_lose_less_a_layer),
        cmocka_unit_test(many_tiny_weights_go),
        cmocka_unit_test(nan_and_no_boldness_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
