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
    dc_quantize_round(model, &settings);
    assert_true(dc_model_param(model, "fc1.weight")->values[1] == dc_f16_round(weight));
    assert_true(dc_model_param(model, "fc1.bias")->values[1] == dc_f16_round(bias));
    assert_true(dc_model_param(model, "fc2.weight")->values[1] == other);
    assert_true(dc_model_param(model, "fc2.bias")->values[1] == other_bias);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_never_makes_zero_or_infinity),
        cmocka_unit_test(shared_weights_and_biases_are_rounded_others_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
