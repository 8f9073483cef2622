/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "kmeans.h"
#include "sample.h"

static void rounding_never_makes_zero_or_infinity(void **state)
{
    (void)state;
    assert_true(dc_round_number(0.0f, DC_NUMBER_F16) == 0.0f);
    assert_true(dc_round_number(1e-30f, DC_NUMBER_F16) == 0x1p-24f);
    assert_true(dc_round_number(-1e-30f, DC_NUMBER_F16) == -0x1p-24f);
    assert_true(dc_round_number(1e6f, DC_NUMBER_F16) == 1e6f);
    assert_true(dc_round_number(0.1f, DC_NUMBER_F16) == dc_f16_round(0.1f));
    assert_true(dc_round_number(0.1f, DC_NUMBER_F32) == 0.1f);
}

static void shared_weights_and_biases_are_rounded_others_not(void **state)
{
    (void)state;
    dc_model *model = sample_mlp(1);
    dc_quantize_settings settings = dc_quantize_defaults();
    const dc_rule rule = { "fc1", 3 };
    settings.bits = (dc_rules){ 1, &rule };
    dc_model_param(model, "fc1.weight")->is_shared = true;
    const float weight = dc_model_param(model, "fc1.weight")->values[1];
    const float bias = dc_model_param(model, "fc1.bias")->values[1];
    const float other = dc_model_param(model, "fc2.weight")->values[1];
    const float other_bias = dc_model_param(model, "fc2.bias")->values[1];
    assert_ok(dc_quantize_round(model, &settings));
    assert_true(dc_model_param(model, "fc1.weight")->values[1] == dc_f16_round(weight));
    assert_true(dc_model_param(model, "fc1.bias")->values[1] == dc_f16_round(bias));
    assert_true(dc_model_param(model, "fc2.weight")->values[1] == other);
    assert_true(dc_model_param(model, "fc2.bias")->values[1] == other_bias);
    dc_model_free(model);
}

static bool is_all_half(const dc_param *param)
{
    for (uint64_t i = 0; i < param->n_values; i++)
        if (param->values[i] != dc_f16_round(param->values[i]))
            return false;
    return true;
}

static dc_model *quantized(dc_model *model)
{
    const dc_rule rule = { "*", 4 };
    dc_quantize_settings settings = dc_quantize_defaults();
    settings.bits = (dc_rules){ 1, &rule };
    assert_ok(dc_quantize(model, &settings, NULL));
    return model;
}

static void ordinary_numbers_are_float16_by_default(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed += 8) {
        dc_model *model = quantized(sample_net(seed));
        for (uint32_t i = 0; i < model->n_params; i++)
            if (!is_all_half(&model->params[i]))
                fail_msg("seed %u: %s", (unsigned)seed, model->params[i].name);
        dc_model_free(model);
    }
}

/* Every parameter of the net in turn, so many times as large: none may lose its values. Weights
 * share 16 by then; these are as near as to the weights of usual size. */
static void parameters_of_any_scale_keep_what_they_say(void **state)
{
    static const float scales[] = { 1e-40f, 1e-12f, 1e-8f, 1e-6f, 1e6f, 1e30f };
    (void)state;
    for (unsigned s = 0; s < DC_COUNT_OF(scales); s++) {
        dc_model *model = sample_net(5), *usual = quantized(sample_net(5));
        for (uint32_t i = 0; i < model->n_params; i++)
            for (uint64_t j = 0; j < model->params[i].n_values; j++)
                model->params[i].values[j] *= scales[s];
        quantized(model);
        for (uint32_t i = 0; i < model->n_params; i++)
            for (uint64_t j = 0; j < model->params[i].n_values; j++) {
                const double value = (double)model->params[i].values[j] / (double)scales[s];
                assert_near(value, usual->params[i].values[j],
                            0.011 * fabs((double)usual->params[i].values[j]) +
                                (scales[s] < 1e-30f ? 1e-5 : 0)); /* a denormal has few bits */
            }
        dc_model_free(model);
        dc_model_free(usual);
    }
}

static void one_small_value_keeps_all_of_its_parameter(void **state)
{
    static const float small[] = { 1e-7f, -2e-9f, 1e-12f, 1e-40f };
    (void)state;
    for (unsigned i = 0; i < DC_COUNT_OF(small); i++) {
        dc_model *model = sample_net(3), *before = sample_net(3);
        for (uint32_t p = 0; p < model->n_params; p++)
            model->params[p].values[2] = before->params[p].values[2] = small[i];
        quantized(model);
        for (uint32_t p = 0; p < model->n_params; p++)
            if (model->params[p].role != DC_ROLE_WEIGHT)
                assert_memory_equal(model->params[p].values, before->params[p].values,
                                    model->params[p].n_values * sizeof(float));
        dc_model_free(model);
        dc_model_free(before);
    }
}

/* What all have in common may be of no use, and the differences of all. */
static void differences_of_large_numbers_are_kept(void **state)
{
    (void)state;
    dc_model *model = sample_net(4);
    for (uint32_t p = 0; p < model->n_params; p++)
        for (uint64_t i = 0; i < model->params[p].n_values; i++)
            model->params[p].values[i] += 300;
    quantized(model);
    for (uint32_t p = 0; p < model->n_params; p++)
        assert_false(is_all_half(&model->params[p]));
    dc_model_free(model);
}

static void equal_numbers_have_no_differences(void **state)
{
    (void)state;
    dc_model *model = sample_net(4);
    dc_param *scale = dc_model_param(model, "bn.scale");
    for (uint64_t i = 0; i < scale->n_values; i++)
        scale->values[i] = 0.1f;
    quantized(model);
    assert_true(scale->values[3] == dc_f16_round(0.1f));
    dc_model_free(model);
}

static void trained_numbers_are_rounded_by_the_same_rule(void **state)
{
    (void)state;
    dc_model *model = quantized(sample_net(4));
    dc_quantize_settings settings = dc_quantize_defaults();
    dc_param *small = dc_model_param(model, "fc.weight"), *usual = dc_model_param(model, "fc.bias");
    for (uint64_t i = 0; i < small->n_values; i++)
        small->values[i] *= 1.01e-8f;
    for (uint64_t i = 0; i < usual->n_values; i++)
        usual->values[i] *= 1.01f;
    const float before = small->values[1], bias = usual->values[1];
    assert_ok(dc_quantize_round(model, &settings));
    assert_true(small->values[1] == before);
    assert_true(usual->values[1] == dc_f16_round(bias));
    settings.codebook = DC_NUMBER_F16;
    assert_ok(dc_quantize_round(model, &settings));
    assert_true(small->values[1] == copysignf(0x1p-24f, before) ||
                small->values[1] == dc_f16_round(before));
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_never_makes_zero_or_infinity),
        cmocka_unit_test(shared_weights_and_biases_are_rounded_others_not),
        cmocka_unit_test(ordinary_numbers_are_float16_by_default),
        cmocka_unit_test(parameters_of_any_scale_keep_what_they_say),
        cmocka_unit_test(one_small_value_keeps_all_of_its_parameter),
        cmocka_unit_test(differences_of_large_numbers_are_kept),
        cmocka_unit_test(equal_numbers_have_no_differences),
        cmocka_unit_test(trained_numbers_are_rounded_by_the_same_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
