/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "plain_kmeans.h"
#include "sample.h"

static uint32_t n_distinct(const dc_param *param)
{
    float codebook[256];
    uint32_t n = 0;
    return dc_codebook_find(codebook, &n, param->values, param->n_values, 256, false) ? n : 257;
}

static dc_quantize_settings with_bits(const dc_rule *rules, uint32_t n)
{
    dc_quantize_settings settings = dc_quantize_defaults();
    settings.bits = (dc_rules){ n, rules };
    settings.init = DC_CENTROIDS_OPTIMAL;
    return settings;
}

static void a_layer_shares_two_to_the_bits_values(void **state)
{
    (void)state;
    dc_model *model = sample_mlp(2);
    const dc_rule rules[] = { { "fc1", 3 }, { "fc2", 1 } };
    const dc_quantize_settings settings = with_bits(rules, 2);
    dc_quantize_stats stats;
    assert_ok(dc_quantize(model, &settings, &stats));
    assert_int_equal(n_distinct(dc_model_param(model, "fc1.weight")), 8);
    assert_int_equal(n_distinct(dc_model_param(model, "fc2.weight")), 2);
    assert_true(dc_model_param(model, "fc1.weight")->is_shared);
    assert_int_equal(stats.n_layers, 2);
    assert_int_equal(stats.n_kept, 0);
    assert_true(stats.wcss > 0);
    const float *w = dc_model_param(model, "fc1.weight")->values;
    assert_true(w[0] == dc_f16_round(w[0]));
    dc_model_free(model);
}

static void zero_of_a_pruned_layer_stays_and_is_one_of_them(void **state)
{
    (void)state;
    dc_model *model = sample_mlp(3);
    dc_param *param = dc_model_param(model, "fc1.weight");
    for (uint64_t i = 0; i < param->n_values; i += 2)
        param->values[i] = i % 4 ? -0.0f : 0.0f;
    for (uint64_t i = 1; i < 8; i += 2)
        param->values[i] *= 1e-12f; /* their centroid would round to zero */
    param->is_pruned = true;
    const dc_rule rule = { "fc1", 2 };
    const dc_quantize_settings settings = with_bits(&rule, 1);
    assert_ok(dc_quantize(model, &settings, NULL));
    assert_int_equal(n_distinct(param), 4);
    for (uint64_t i = 0; i < param->n_values; i++)
        assert_int_equal(param->values[i] == 0.0f, i % 2 == 0);
    assert_false(dc_model_param(model, "fc2.weight")->is_shared);
    dc_model_free(model);
}

/* As many zeros as share a value on the mean, but nobody said that the layer is pruned. */
static void many_zeros_of_any_layer_stay_zero(void **state)
{
    (void)state;
    static const uint32_t every[] = { 5, 8, 31 };
    for (size_t k = 0; k < DC_COUNT_OF(every); k++) {
        dc_model *model = sample_mlp(3);
        dc_param *param = dc_model_param(model, "fc1.weight");
        for (uint64_t i = 0; i < param->n_values; i += every[k])
            param->values[i] = 0.0f;
        const dc_rule rule = { "fc1", 5 };
        dc_quantize_settings settings = with_bits(&rule, 1);
        settings.init = (uint32_t)k % 2 == 0 ? DC_CENTROIDS_LINEAR : DC_CENTROIDS_OPTIMAL;
        assert_ok(dc_quantize(model, &settings, NULL));
        assert_true(n_distinct(param) <= 32);
        for (uint64_t i = 0; i < param->n_values; i++)
            assert_int_equal(param->values[i] == 0.0f, i % every[k] == 0);
        assert_false(param->is_pruned);
        dc_model_free(model);
    }
}

/* With two values there is none to spare for a fifth of the weights. */
static void few_zeros_do_not_take_a_value(void **state)
{
    (void)state;
    dc_model *model = sample_mlp(3);
    dc_param *param = dc_model_param(model, "fc1.weight");
    for (uint64_t i = 0; i < param->n_values; i += 5)
        param->values[i] = 0.0f;
    const dc_rule rule = { "fc1", 1 };
    const dc_quantize_settings settings = with_bits(&rule, 1);
    assert_ok(dc_quantize(model, &settings, NULL));
    assert_int_equal(n_distinct(param), 2);
    assert_int_equal(dc_param_n_nonzero(param), param->n_values);
    dc_model_free(model);
}

static void a_centroid_that_is_zero_is_nudged_in_a_pruned_layer(void **state)
{
    (void)state;
    dc_model *model = sample_mlp(3);
    dc_param *param = dc_model_param(model, "fc1.weight");
    for (uint64_t i = 0; i < param->n_values; i++)
        param->values[i] = i % 3 == 0 ? 0.0f : i % 3 == 1 ? 0.5f : -0.5f;
    param->is_pruned = true;
    const dc_rule rule = { "fc1", 1 };
    dc_quantize_settings settings = with_bits(&rule, 1);
    settings.codebook = DC_NUMBER_F32;
    assert_ok(dc_quantize(model, &settings, NULL));
    assert_int_equal(dc_param_n_nonzero(param), param->n_values * 2 / 3);
    dc_model_free(model);
}

static void few_values_are_kept_exactly(void **state)
{
    (void)state;
    dc_model *model = sample_mlp(4);
    dc_param *param = dc_model_param(model, "fc2.weight");
    for (uint64_t i = 0; i < param->n_values; i++)
        param->values[i] = i % 2 ? 0.1f : -0.3f;
    const dc_rule rule = { "fc2", 1 };
    const dc_quantize_settings settings = with_bits(&rule, 1);
    dc_quantize_stats stats;
    assert_ok(dc_quantize(model, &settings, &stats));
    assert_int_equal(stats.n_kept, 1);
    assert_true(param->values[1] == 0.1f);
    assert_true(param->is_shared);
    dc_model_free(model);
}

static void biases_share_when_asked(void **state)
{
    (void)state;
    dc_model *model = sample_mlp(5);
    const dc_rule rule = { "*", 4 };
    dc_quantize_settings settings = with_bits(&rule, 1);
    settings.bias_bits = 1;
    assert_ok(dc_quantize(model, &settings, NULL));
    assert_int_equal(n_distinct(dc_model_param(model, "fc1.bias")), 2);
    assert_true(dc_model_param(model, "fc1.bias")->is_shared);
    dc_model_free(model);
}

static void copy_values(float *out, uint64_t *n, const dc_param *param)
{
    *n = 0;
    for (uint64_t i = 0; i < param->n_values; i++)
        if (!param->is_pruned || param->values[i] != 0.0f)
            out[(*n)++] = param->values[i];
}

/* Quantizes the model by the defaults and holds one parameter against the best there is of its
 * values before (zeros of a pruned one left out). float16 may add half a last bit to each. */
static void share_near_the_optimum(dc_model *model, const char *name, double bits)
{
    const dc_rule rule = { "*", bits };
    dc_param *param = dc_model_param(model, name);
    dc_quantize_settings settings = dc_quantize_defaults();
    float before[400], codebook[256];
    double best[256];
    uint64_t n;
    uint32_t n_codebook;
    settings.bits = (dc_rules){ 1, &rule };
    settings.bias_bits = bits < 5 ? (uint32_t)bits : 4;
    const uint32_t n_asked =
        1u << (param->role == DC_ROLE_BIAS ? settings.bias_bits : (uint32_t)bits);
    copy_values(before, &n, param);
    assert_ok(dc_quantize(model, &settings, NULL));
    assert_true(
        dc_codebook_find(codebook, &n_codebook, param->values, param->n_values, 256, false));
    const uint32_t n_zero = param->is_pruned ? 1 : 0, k = n_asked - n_zero;
    assert_int_equal(n_codebook, DC_MIN(n_asked, n + n_zero));
    if (n <= k)
        return;
    plain_best(best, k, before, (unsigned)n);
    const double cost = plain_cost(before, n, codebook, n_codebook);
    double rounding = 0;
    for (uint64_t i = 0; i < n; i++)
        rounding += fabsf(before[i]) < 1 ? 0x1p-24 * (double)before[i] * (double)before[i] : 0;
    if (!(cost <= 1.05 * best[k - 1] + rounding))
        fail_msg("%s, %g bits: %g, best %g", name, bits, cost, best[k - 1]);
}

static void outliers_in_any_parameter_cost_the_others_nothing(void **state)
{
    static const char *const names[] = { "conv.weight", "fc.weight", "fc.bias" };
    static const float sizes[] = { 3, 10, 100, 1e4f, 1e30f };
    (void)state;
    for (unsigned i = 0; i < 2 * DC_COUNT_OF(sizes) * DC_COUNT_OF(names); i++)
        for (unsigned bits = 1; bits <= 8; bits++) {
            const float size = sizes[i / 2 % DC_COUNT_OF(sizes)];
            const char *name = names[i / 2 / DC_COUNT_OF(sizes)];
            dc_model *model = sample_net(40 + i);
            dc_param *param = dc_model_param(model, name);
            param->values[3] = size;
            if (i % 2) {
                param->values[30] = -size;
                param->is_pruned = param->role == DC_ROLE_WEIGHT;
                for (uint64_t j = 0; j < param->n_values && param->is_pruned; j += 5)
                    param->values[j] = 0;
            }
            share_near_the_optimum(model, name, bits);
            for (uint64_t j = 0; j < param->n_values && param->is_pruned; j++)
                assert_int_equal(param->values[j] == 0.0f, j % 5 == 0);
            dc_model_free(model);
        }
}

/* ---- what is said --------------------------------------------------------------------------- */

static char said[4096];

static void listen(void *payload, const char *text)
{
    (void)payload;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", text);
}

static void quantize_and_listen(dc_model *model, const dc_quantize_settings *settings)
{
    const dc_listener listener = { .warn = listen };
    said[0] = '\0';
    dc_set_listener(&listener);
    assert_ok(dc_quantize(model, settings, NULL));
    dc_set_listener(NULL);
}

static void fewer_values_than_asked_for_are_said_by_layer(void **state)
{
    (void)state;
    dc_model *model = sample_net(9);
    dc_param *param = dc_model_param(model, "conv.weight");
    const dc_rule rule = { "*", 4 };
    dc_quantize_settings settings = with_bits(&rule, 1);
    dc_sharing *sharing;
    uint32_t n;
    dc_arena arena = { 0 };
    for (uint64_t i = 0; i < param->n_values; i++)
        param->values[i] = 1 + (float)i * 1e-5f; /* float16 has 3 numbers here */
    settings.codebook = DC_NUMBER_F16;
    quantize_and_listen(model, &settings);
    assert_non_null(strstr(said, "conv.weight: 3 shared values were made, 16 were asked for"));
    assert_non_null(strstr(said, "conv.weight: as float16, 16 of 16 values move"));
    assert_null(strstr(said, "fc"));
    assert_ok(dc_quantize_sharing(&sharing, &n, model, &settings, &arena));
    assert_int_equal(n, 2); /* biases are not shared */
    assert_string_equal(sharing[0].name, "conv.weight");
    assert_int_equal(sharing[0].n_asked, 16);
    assert_int_equal(sharing[0].n_made, 3);
    assert_int_equal(sharing[1].n_made, 16);
    dc_arena_clear(&arena);
    dc_model_free(model);
}

static void values_lost_to_far_larger_ones_are_said(void **state)
{
    (void)state;
    const dc_rule rule = { "*", 3 };
    const dc_quantize_settings one = with_bits(&rule, 1);
    dc_quantize_settings both = one;
    both.bias_bits = 3;
    for (unsigned n_far = 0; n_far <= 12; n_far += 12) {
        dc_model *model = sample_net(9);
        float *w = dc_model_param(model, "fc.weight")->values;
        for (unsigned i = 0; i < n_far; i++)
            w[i] = powf(10, (float)i);
        quantize_and_listen(model, &one);
        assert_int_equal(strstr(said, "fc.weight: little is left of") != NULL, n_far > 0);
        assert_null(strstr(said, "conv"));
        dc_model_free(model);
        model = sample_net(9);
        float *b = dc_model_param(model, "fc.bias")->values;
        for (unsigned i = 0; i < n_far; i++)
            b[i] = powf(10, (float)i);
        quantize_and_listen(model, &both);
        assert_int_equal(strstr(said, "fc.bias: little is left of") != NULL, n_far > 0);
        assert_null(strstr(said, "weight"));
        dc_model_free(model);
    }
}

static void the_defaults_have_nothing_to_say(void **state)
{
    (void)state;
    const dc_rule rule = { "*", 4 };
    dc_quantize_settings settings = dc_quantize_defaults();
    dc_model *model = sample_net(9);
    float *values = dc_model_param(model, "fc.weight")->values;
    settings.bits = (dc_rules){ 1, &rule };
    for (uint64_t i = 0; i < 320; i++)
        values[i] = i % 3 ? 0.5f : -0.25f; /* no more values than that */
    dc_model_param(model, "conv.weight")->values[9] = 100;
    dc_model_param(model, "conv.weight")->is_pruned = true; /* but nothing is zero */
    quantize_and_listen(model, &settings);
    assert_string_equal(said, "");
    dc_model_free(model);
}

static void bad_requests_are_refused_and_change_nothing(void **state)
{
    (void)state;
    dc_model *model = sample_mlp(6);
    const float before = model->params[0].values[0];
    const dc_rule rules[] = { { "conv*", 4 }, { "*", 9 }, { "*", 2.5 }, { "*", 4 } };
    for (unsigned i = 0; i < 4; i++) {
        const dc_quantize_settings settings = with_bits(&rules[i], 1);
        if (i == 3)
            dc_model_param(model, "fc2.weight")->values[3] = NAN;
        assert_fails(DC_EINPUT, dc_quantize(model, &settings, NULL));
    }
    assert_non_null(strstr(dc_message(), "fc2"));
    assert_true(model->params[0].values[0] == before);
    dc_model_free(model);
}

static void one_job_and_two_give_the_same_bytes(void **state)
{
    (void)state;
    const dc_quantize_settings settings = dc_quantize_defaults();
    dc_model *models[2];
    for (unsigned i = 0; i < 2; i++) {
        models[i] = sample_mlp(7);
        dc_pool_set_jobs(i + 1);
        assert_ok(dc_quantize(models[i], &settings, NULL));
    }
    dc_pool_set_jobs(0);
    for (uint32_t p = 0; p < models[0]->n_params; p++)
        assert_memory_equal(models[0]->params[p].values, models[1]->params[p].values,
                            models[0]->params[p].n_values * sizeof(float));
    dc_model_free(models[0]);
    dc_model_free(models[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_shares_two_to_the_bits_values),
        cmocka_unit_test(zero_of_a_pruned_layer_stays_and_is_one_of_them),
        cmocka_unit_test(many_zeros_of_any_layer_stay_zero),
        cmocka_unit_test(few_zeros_do_not_take_a_value),
        cmocka_unit_test(a_centroid_that_is_zero_is_nudged_in_a_pruned_layer),
        cmocka_unit_test(few_values_are_kept_exactly),
        cmocka_unit_test(biases_share_when_asked),
        cmocka_unit_test(outliers_in_any_parameter_cost_the_others_nothing),
        cmocka_unit_test(fewer_values_than_asked_for_are_said_by_layer),
        cmocka_unit_test(values_lost_to_far_larger_ones_are_said),
        cmocka_unit_test(the_defaults_have_nothing_to_say),
        cmocka_unit_test(bad_requests_are_refused_and_change_nothing),
        cmocka_unit_test(one_job_and_two_give_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
