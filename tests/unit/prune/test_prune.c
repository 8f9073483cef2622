/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dead_net.h"

static uint64_t n_nonzero(const dc_model *m, const char *name)
{
    return dc_param_n_nonzero(dc_model_param(m, name));
}

static void densities_are_met_layer_by_layer(void **state)
{
    (void)state;
    dc_model *m = net_mlp(1);
    const dc_rule rules[] = { { "fc1", 0.25 }, { "fc3", 0.5 } };
    dc_prune_settings settings = dc_prune_defaults();
    settings.density = (dc_rules){ 2, rules };
    settings.remove_dead = false;
    dc_prune_stats stats;
    assert_ok(dc_prune(m, &settings, &stats));
    assert_int_equal(n_nonzero(m, "fc1.weight"), 30);
    assert_int_equal(n_nonzero(m, "fc2.weight"), 96);
    assert_int_equal(n_nonzero(m, "fc3.weight"), 12);
    assert_true(dc_model_param(m, "fc1.weight")->is_pruned);
    assert_false(dc_model_param(m, "fc2.weight")->is_pruned);
    assert_int_equal(stats.n_before, 144);
    assert_int_equal(stats.n_after, 42);
    dc_model_free(m);
}

static void a_saliency_that_is_not_there_is_refused(void **state)
{
    (void)state;
    dc_model *m = net_mlp(1), *same = net_mlp(1);
    const dc_rule rules[] = { { "*", 0.25 } };
    dc_prune_settings settings = dc_prune_defaults();
    settings.density = (dc_rules){ 1, rules };
    assert_ok(dc_prune(same, &settings, NULL));
    settings.saliency = 99;
    assert_fails(DC_EINPUT, dc_prune(m, &settings, NULL));
    assert_non_null(strstr(dc_message(), "there is no saliency 99, only magnitude|"));
    settings.saliency = 0; /* as if not given */
    assert_ok(dc_prune(m, &settings, NULL));
    assert_true(dc_model_n_values(m) == dc_model_n_values(same));
    assert_int_equal(n_nonzero(m, "fc1.weight"), n_nonzero(same, "fc1.weight"));
    dc_model_free(m);
    dc_model_free(same);
}

static unsigned n_said;

static void listen(void *payload, const char *text)
{
    (void)payload;
    n_said++;
    assert_non_null(strstr(text, "fc.weight: with zero it has more than 256 values"));
}

/* 256 values have no place for a zero, 255 have. */
static void sharing_goes_where_there_is_no_place_for_zero(void **state)
{
    (void)state;
    const dc_listener listener = { .warn = listen };
    const dc_rule rules[] = { { "*", 1 }, { "*", 0.999 }, { "*", 0.9 } };
    dc_set_listener(&listener);
    for (unsigned n_values = 255; n_values <= 256; n_values++)
        for (unsigned i = 0; i < DC_COUNT_OF(rules); i++) {
            dc_model *m = net_new(dc_shape_of(1, 64, 0, 0, 0));
            net_add(m, "fc", DC_OP_LINEAR, 32, 0, 0, 0);
            dc_param *param = dc_model_param(m, "fc.weight");
            dc_prune_settings settings = dc_prune_defaults();
            for (uint64_t j = 0; j < param->n_values; j++)
                param->values[j] = (float)(j % n_values + 1);
            param->is_shared = true;
            settings.density = (dc_rules){ 1, &rules[i] };
            n_said = 0;
            assert_ok(dc_prune(m, &settings, NULL));
            assert_ok(dc_param_check(param));
            /* a tenth is 26 values as a whole, a thousandth a part of one */
            const bool goes = n_values == 256 && i == 1;
            assert_int_equal(param->is_shared, !goes);
            assert_int_equal(n_said, goes);
            dc_model_free(m);
        }
    dc_set_listener(NULL);
}

static void what_is_gone_stays_gone(void **state)
{
    (void)state;
    dc_model *m = net_mlp(2);
    dc_rule rule = { "fc1", 0.1 };
    dc_prune_settings settings = dc_prune_defaults();
    settings.density = (dc_rules){ 1, &rule };
    settings.remove_dead = false;
    assert_ok(dc_prune(m, &settings, NULL));
    rule.value = 0.9;
    assert_ok(dc_prune(m, &settings, NULL));
    assert_int_equal(n_nonzero(m, "fc1.weight"), 12);
    assert_true(dc_model_param(m, "fc1.weight")->is_pruned);
    dc_model_free(m);
}

static void sensitivity_cuts_below_so_many_deviations(void **state)
{
    (void)state;
    dc_model *m = net_mlp(3);
    dc_param *param = dc_model_param(m, "fc3.weight");
    for (uint32_t i = 0; i < 24; i++)
        param->values[i] = i < 12 ? 1.0f : i < 18 ? -3.0f : 1.0f;
    const dc_rule rule = { "fc3", 1 };
    dc_prune_settings settings = dc_prune_defaults();
    settings.sensitivity = (dc_rules){ 1, &rule };
    settings.remove_dead = false;
    assert_ok(dc_prune(m, &settings, NULL));
    assert_int_equal(n_nonzero(m, "fc3.weight"), 6);
    dc_model_free(m);
}

static void the_global_density_is_fair_to_small_scales(void **state)
{
    (void)state;
    dc_model *m = net_mlp(4);
    dc_param *param = dc_model_param(m, "fc2.weight");
    for (uint64_t i = 0; i < param->n_values; i++)
        param->values[i] *= 1e-6f;
    dc_prune_settings settings = dc_prune_defaults();
    settings.global_density = 0.3;
    settings.remove_dead = false;
    dc_prune_stats stats;
    assert_ok(dc_prune(m, &settings, &stats));
    assert_int_equal(stats.n_after, 72);
    assert_true(n_nonzero(m, "fc2.weight") > 15);
    dc_model_free(m);
}

static void no_layer_falls_below_the_least_density(void **state)
{
    (void)state;
    dc_model *m = net_mlp(5);
    const dc_rule rule = { "*", 0.01 };
    dc_prune_settings settings = dc_prune_defaults();
    settings.density = (dc_rules){ 1, &rule };
    settings.min_density = 0.25;
    settings.remove_dead = false;
    assert_ok(dc_prune(m, &settings, NULL));
    assert_int_equal(n_nonzero(m, "fc1.weight"), 30);
    assert_int_equal(n_nonzero(m, "fc3.weight"), 6);
    dc_model_free(m);
}

static void density_one_prunes_nothing(void **state)
{
    (void)state;
    dc_model *m = net_mlp(6);
    const dc_rule rule = { "*", 1 };
    dc_prune_settings settings = dc_prune_defaults();
    settings.density = (dc_rules){ 1, &rule };
    assert_ok(dc_prune(m, &settings, NULL));
    assert_false(dc_model_param(m, "fc1.weight")->is_pruned);
    dc_model_free(m);
}

static void bad_requests_are_refused_and_change_nothing(void **state)
{
    (void)state;
    dc_model *m = net_mlp(7), *before;
    assert_ok(dc_model_copy(&before, m));
    const dc_rule rules[] = { { "conv*", 0.1 }, { "*", 0 }, { "*", 1.5 }, { "fc2", 0.5 },
                              { "fc*", 0.5 } };
    dc_prune_settings settings = dc_prune_defaults();
    assert_fails(DC_EINPUT, dc_prune(m, &settings, NULL));
    for (unsigned i = 0; i < 3; i++) {
        settings.density = (dc_rules){ 1, &rules[i] };
        assert_fails(DC_EINPUT, dc_prune(m, &settings, NULL));
    }
    settings.density = settings.sensitivity = (dc_rules){ 1, &rules[3] };
    assert_fails(DC_EINPUT, dc_prune(m, &settings, NULL));
    assert_non_null(strstr(dc_message(), "fc2"));
    settings = dc_prune_defaults();
    settings.density = (dc_rules){ 1, &rules[4] };
    settings.global_density = 0.5; /* of no layer */
    assert_fails(DC_EINPUT, dc_prune(m, &settings, NULL));
    assert_non_null(strstr(dc_message(), "global_density"));
    assert_memory_equal(m->params[0].values, before->params[0].values, 120 * sizeof(float));
    dc_model_free(m);
    dc_model_free(before);
}

static void nan_is_refused_with_the_layers_name(void **state)
{
    (void)state;
    dc_model *m = net_mlp(8);
    dc_model_param(m, "fc3.weight")->values[5] = NAN;
    const float first = m->params[0].values[0];
    const dc_rule rule = { "*", 0.01 };
    dc_prune_settings settings = dc_prune_defaults();
    settings.density = (dc_rules){ 1, &rule };
    assert_fails(DC_EINPUT, dc_prune(m, &settings, NULL));
    assert_non_null(strstr(dc_message(), "fc3"));
    assert_true(m->params[0].values[0] == first);
    dc_model_free(m);
}

static void one_job_and_two_give_the_same_bytes(void **state)
{
    (void)state;
    dc_model *models[2];
    dc_prune_settings settings = dc_prune_defaults();
    settings.global_density = 0.1;
    for (unsigned i = 0; i < 2; i++) {
        models[i] = net_mlp(9);
        dc_pool_set_jobs(i + 1);
        assert_ok(dc_prune(models[i], &settings, NULL));
    }
    dc_pool_set_jobs(0);
    for (uint32_t p = 0; p < models[0]->n_params; p++) {
        assert_int_equal(models[0]->params[p].n_values, models[1]->params[p].n_values);
        assert_memory_equal(models[0]->params[p].values, models[1]->params[p].values,
                            models[0]->params[p].n_values * sizeof(float));
    }
    dc_model_free(models[0]);
    dc_model_free(models[1]);
}

/* Rows 0, 5, 10, ... have the largest weights; with five sets each keeps as many. */
static void balanced_sets_of_rows_keep_the_same_density(void **state)
{
    (void)state;
    for (uint32_t n_sets = 0; n_sets <= 40; n_sets += 5) {
        dc_model *m = net_mlp(1);
        dc_param *w = dc_model_param(m, "fc1.weight");
        const uint64_t n_rows = w->shape.dims[0], n_cols = w->shape.dims[1];
        const dc_rule rules[] = { { "fc1", 0.25 } };
        dc_prune_settings settings = dc_prune_defaults();
        dc_prune_stats stats;
        uint32_t counts[40] = { 0 }, least = UINT32_MAX, most = 0;
        for (uint64_t i = 0; i < w->n_values; i++)
            w->values[i] *= i / n_cols % 5 == 0 ? 100 : 1;
        settings.density = (dc_rules){ 1, rules };
        settings.n_sets = n_sets;
        settings.remove_dead = n_sets > 0; /* and yet nothing is */
        assert_ok(dc_prune(m, &settings, &stats));
        w = dc_model_param(m, "fc1.weight");
        assert_int_equal(w->shape.dims[0], n_rows);
        assert_int_equal(n_nonzero(m, "fc1.weight"), 30);
        assert_true(w->is_pruned);
        const uint32_t n = n_sets == 0 ? 5 : DC_MIN(n_sets, (uint32_t)n_rows);
        for (uint64_t i = 0; i < w->n_values; i++)
            counts[i / n_cols % n] += w->values[i] != 0.0f;
        for (uint32_t k = 0; k < n; k++) {
            const uint32_t n_of_set = ((uint32_t)n_rows - k + n - 1) / n * (uint32_t)n_cols;
            const double due = 30.0 * n_of_set / (double)w->n_values;
            least = DC_MIN(least, counts[k]);
            most = DC_MAX(most, counts[k]);
            if (n_sets > 0)
                assert_near(counts[k], due, 1);
        }
        if (n_sets == 0)
            assert_true(most > 2 * least);
        dc_model_free(m);
    }
}

/* A layer over time of eight cells, whose later gates have larger weights, and what feeds it. */
static dc_model *net_gates(void)
{
    static const char text[] =
        "{\"name\":\"g\",\"input\":{\"shape\":[5,6]},\"layers\":["
        "{\"name\":\"gates\",\"op\":\"linear\",\"n_outputs\":32,\"axis\":1},"
        "{\"name\":\"lstm\",\"op\":\"lstm\"}]}";
    dc_json *json = NULL;
    dc_model *m = NULL;
    assert_ok(dc_json_parse(&json, text, strlen(text), "net"));
    assert_ok(dc_model_from_arch(&m, json, "net"));
    dc_json_free(json);
    for (uint32_t p = 0; p < m->n_params; p++)
        for (uint64_t i = 0; i < m->params[p].n_values; i++)
            m->params[p].values[i] = (float)((1 + i * 7919 % 101) *
                                             (1 + 100 * (4 * i / m->params[p].n_values)));
    return m;
}

static void balanced_sets_are_of_each_gate(void **state)
{
    (void)state;
    static const char *const names[] = { "gates.weight", "lstm.weight" };
    const dc_rule rules[] = { { "*", 0.25 } };
    dc_model *m = net_gates();
    dc_prune_settings settings = dc_prune_defaults();
    settings.density = (dc_rules){ 1, rules };
    settings.n_sets = 4;
    assert_ok(dc_prune(m, &settings, NULL));
    for (uint32_t k = 0; k < 2; k++) {
        const dc_param *w = dc_model_param(m, names[k]);
        const uint64_t n_cols = w->n_values / 32;
        uint32_t counts[4][4] = { { 0 } };
        for (uint64_t i = 0; i < w->n_values; i++)
            counts[i / n_cols / 8][i / n_cols % 4] += w->values[i] != 0.0f;
        for (uint32_t i = 0; i < 16; i++)
            assert_int_equal(counts[i / 4][i % 4], w->n_values / 4 / 16);
    }
    dc_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balanced_sets_are_of_each_gate),
        cmocka_unit_test(densities_are_met_layer_by_layer),
        cmocka_unit_test(a_saliency_that_is_not_there_is_refused),
        cmocka_unit_test(what_is_gone_stays_gone),
        cmocka_unit_test(sensitivity_cuts_below_so_many_deviations),
        cmocka_unit_test(the_global_density_is_fair_to_small_scales),
        cmocka_unit_test(no_layer_falls_below_the_least_density),
        cmocka_unit_test(density_one_prunes_nothing),
        cmocka_unit_test(bad_requests_are_refused_and_change_nothing),
        cmocka_unit_test(nan_is_refused_with_the_layers_name),
        cmocka_unit_test(balanced_sets_of_rows_keep_the_same_density),
        cmocka_unit_test(one_job_and_two_give_the_same_bytes),
        cmocka_unit_test(sharing_goes_where_there_is_no_place_for_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
