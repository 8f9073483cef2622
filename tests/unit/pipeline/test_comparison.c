/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

static void assert_measure(dc_measure m, double mean, double low, double high)
{
    assert_near(m.mean, mean, 1e-4);
    assert_near(m.low, low, 1e-4);
    assert_near(m.high, high, 1e-4);
}

static void a_mean_has_the_bounds_of_its_deviation(void **state)
{
    moments m = { 0 };
    (void)state;
    for (int i = 1; i <= 5; i++)
        moments_add(&m, 1e6 + i);
    /* deviation sqrt(2.5), of the mean of five sqrt(0.5) */
    assert_measure(moments_measure(&m), 1e6 + 3, 1e6 + 3 - 1.385904, 1e6 + 3 + 1.385904);
}

static void what_is_unknown_is_not_a_number(void **state)
{
    moments none = { 0 }, one = { 0 }, infinite = { 0 };
    (void)state;
    moments_add(&one, 2);
    moments_add(&infinite, INFINITY);
    assert_true(isnan(moments_measure(&none).mean) && isnan(share_measure(0, 0).low));
    assert_true(isnan(gain_measure(0, 0, 0).high) && isnan(moments_measure(&infinite).mean));
    assert_true(isinf(moments_measure(&one).low) && isinf(moments_measure(&one).high));
}

static void a_share_has_bounds_of_wilson(void **state)
{
    (void)state;
    assert_measure(share_measure(8, 10), 80, 49.0162, 94.3318);
    assert_measure(share_measure(0, 250), 0, 0, 1.5133);
    assert_measure(share_measure(250, 250), 100, 98.4867, 100);
}

/* 5 of 250 gained, 10 lost: (4.5 + 1 - 10.5) / 252, and so on. */
static void a_difference_counts_what_only_one_is_right_about(void **state)
{
    (void)state;
    assert_measure(gain_measure(5, 10, 250), -2, -5.085521, 1.117267);
    assert_measure(gain_measure(0, 0, 250), 0, -0.777763, 0.777763);
}

static void the_divergence_of_scores_is_of_their_distributions(void **state)
{
    const dc_head head = { .kind = DC_HEAD_SCORES, .n_steps = 1, .n_outputs = 2, .n_classes = 2 };
    const float y[2] = { 1, 1 }, z[2] = { 5, 5 + (float)log(3) };
    (void)state;
    /* of 1/2, 1/2 to 1/4, 3/4 */
    assert_near(divergence_of(&head, y, z), 0.5 * log(2) + 0.5 * log(2.0 / 3), 1e-6);
    assert_near(divergence_of(&head, z, z), 0, 1e-12);
}

static void the_divergence_of_probabilities_is_finite(void **state)
{
    const dc_head softmax = { .kind = DC_HEAD_SOFTMAX, .n_outputs = 2, .n_classes = 2 };
    const dc_head sigmoid = { .kind = DC_HEAD_SIGMOID, .n_outputs = 1, .n_classes = 2 };
    const float y[2] = { 1, 0 }, z[2] = { 0, 1 };
    const float p = 0.5f, q = 0.25f;
    (void)state;
    assert_true(divergence_of(&softmax, y, z) > 80 && isfinite(divergence_of(&softmax, y, z)));
    assert_near(divergence_of(&sigmoid, &p, &q), 0.5 * log(2) + 0.5 * log(2.0 / 3), 1e-6);
}

static void the_answer_of_two_networks_that_know_nothing_is_not_the_same(void **state)
{
    const dc_head head = { .kind = DC_HEAD_SCORES, .n_steps = 1, .n_outputs = 3, .n_classes = 3 };
    const float flat[3] = { 1, 1, 1 }, sure[3] = { 1, 3, 2 };
    comparison c = { 0 };
    (void)state;
    comparison_add(&c, &head, flat, flat);
    comparison_add(&c, &head, sure, flat);
    comparison_add(&c, &head, sure, sure);
    assert_int_equal(c.n_agreed, 1);
}

/* A network beside itself, and beside one that is right more often. */
static void an_evaluation_compares_with_the_reference(void **state)
{
    dc_model *model = two_layers(4), *other = two_layers(4), *wider = two_layers(5);
    const dc_source source = counting_samples(20, 4);
    dc_eval_settings settings = { .batch_size = 8, .against = model };
    dc_eval_result own, against;
    (void)state;
    assert_ok(dc_eval_model(&own, model, &source, &settings));
    assert_true(own.against.is_there);
    assert_near(own.against.divergence.mean, 0, 1e-9);
    assert_near(own.against.loss_rise.mean, 0, 0);
    for (uint64_t i = 0; i < other->params[3].n_values; i++)
        other->params[3].values[i] += i == 2 ? 1000 : 0; /* says class 2 */
    assert_ok(dc_eval_model(&against, other, &source, &settings));
    assert_near(against.top1, 25, 1e-9);
    assert_near(against.against.top1_gain.mean, against.top1 - own.top1, 1e-9);
    assert_near(against.against.loss_rise.mean, against.loss - own.loss, 1e-6 * against.loss);
    assert_true(against.against.divergence.mean > 0);
    settings.against = wider;
    assert_fails(DC_EINPUT, dc_eval_model(&own, model, &source, &settings));
    dc_model_free(model);
    dc_model_free(other);
    dc_model_free(wider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mean_has_the_bounds_of_its_deviation),
        cmocka_unit_test(what_is_unknown_is_not_a_number),
        cmocka_unit_test(a_share_has_bounds_of_wilson),
        cmocka_unit_test(a_difference_counts_what_only_one_is_right_about),
        cmocka_unit_test(the_divergence_of_scores_is_of_their_distributions),
        cmocka_unit_test(the_divergence_of_probabilities_is_finite),
        cmocka_unit_test(the_answer_of_two_networks_that_know_nothing_is_not_the_same),
        cmocka_unit_test(an_evaluation_compares_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
