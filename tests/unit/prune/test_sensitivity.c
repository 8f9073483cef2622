/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dead_net.h"

/* The error is the share of all weights that are zero. */
static dc_status score_zeros(void *payload, dc_score *out, const dc_model *model)
{
    uint64_t n = 0, n_zero = 0;
    for (uint32_t i = 0; i < model->n_params; i++) {
        if (model->params[i].role != DC_ROLE_WEIGHT)
            continue;
        n += model->params[i].n_values;
        n_zero += model->params[i].n_values - dc_param_n_nonzero(&model->params[i]);
    }
    ++*(unsigned *)payload;
    *out = (dc_score){ .n_samples = 1, .top1_error = (double)n_zero / (double)n };
    return *(unsigned *)payload == 99 ? dc_fail(DC_EIO, "no more") : DC_OK;
}

static unsigned n_warnings;

static void count_warning(void *payload, const char *text)
{
    (void)payload;
    n_warnings++;
    assert_non_null(strstr(text, "is less than one sample: 1 of 200 validation samples"));
}

static void a_drop_finer_than_a_sample_is_warned_of(void **state)
{
    (void)state;
    const dc_listener listener = { .warn = count_warning };
    const double drops[] = { 0, 0.5, 3, -1, 0.49, -0.1 }; /* two of them are too fine */
    const dc_sensitivity table = { .whole = { .n_samples = 200 } };
    dc_arena arena = { 0 };
    dc_rules rules;
    dc_set_listener(&listener);
    for (size_t i = 0; i < DC_COUNT_OF(drops); i++) {
        assert_ok(dc_sensitivity_rules(&rules, &table, drops[i], &arena));
        assert_int_equal(n_warnings, i < 4 ? 0 : i - 3);
    }
    dc_set_listener(NULL);
    dc_arena_clear(&arena);
}

static void one_layer_at_a_time_is_pruned(void **state)
{
    (void)state;
    const double densities[] = { 0.5, 0.25 };
    dc_arena arena = { 0 };
    dc_sensitivity t;
    unsigned n_calls = 0;
    dc_model *m = net_mlp(1);
    assert_ok(dc_sensitivity_scan(&t, m, "fc?", densities, 2, score_zeros, &n_calls, &arena));
    assert_int_equal(n_calls, 7);
    assert_int_equal(t.n_layers, 3);
    assert_string_equal(t.layers[1], "fc2");
    const double n[] = { 120, 96, 24 };
    for (unsigned i = 0; i < 3; i++) {
        assert_near(t.scores[2 * i].top1_error, n[i] * 0.5 / 240, 1e-9);
        assert_near(t.scores[2 * i + 1].top1_error, n[i] * 0.75 / 240, 1e-9);
    }
    assert_int_equal(dc_param_n_nonzero(dc_model_param(m, "fc1.weight")), 120);
    dc_rules rules;
    assert_ok(dc_sensitivity_rules(&rules, &t, 21, &arena));
    double density = 0;
    assert_true(dc_rules_find(&density, &rules, "fc1") && density > 0.9);
    assert_true(dc_rules_find(&density, &rules, "fc2"));
    assert_near(density, 0.5, 0);
    assert_true(dc_rules_find(&density, &rules, "fc3"));
    assert_near(density, 0.25, 0);
    dc_arena_clear(&arena);
    dc_model_free(m);
}

static void bad_requests_and_failing_scores_are_reported(void **state)
{
    (void)state;
    const double good = 0.5, bad = 0;
    dc_arena arena = { 0 };
    dc_sensitivity t;
    unsigned n_calls = 96;
    dc_model *m = net_mlp(2);
    assert_fails(DC_EINPUT,
                 dc_sensitivity_scan(&t, m, "conv", &good, 1, score_zeros, &n_calls, &arena));
    assert_fails(DC_EINPUT,
                 dc_sensitivity_scan(&t, m, NULL, &bad, 1, score_zeros, &n_calls, &arena));
    assert_fails(DC_EIO, dc_sensitivity_scan(&t, m, NULL, &good, 1, score_zeros, &n_calls, &arena));
    dc_arena_clear(&arena);
    dc_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drop_finer_than_a_sample_is_warned_of),
        cmocka_unit_test(one_layer_at_a_time_is_pruned),
        cmocka_unit_test(bad_requests_and_failing_scores_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
