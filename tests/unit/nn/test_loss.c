/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "loss.h"

static void two_equal_logits_cost_log_two(void **state)
{
    const dc_loss loss = { .n_outputs = 2 };
    const float z[] = { 3, 3 };
    const int32_t label[] = { 1 };
    float dz[2];
    dc_tally sums = { 0 };
    (void)state;
    assert_ok(dc_loss_add(&sums, &loss, 1, z,
                          &(dc_target){ label, 1, NULL }, NULL, dz));
    assert_near(sums.loss, log(2), 1e-6);
    assert_near(dz[0], 0.5, 1e-6);
    assert_near(dz[1], -0.5, 1e-6);
    assert_int_equal(sums.n - sums.n_top1, 1); /* a tie is wrong */
}

static void the_first_rank_is_right(void **state)
{
    const dc_loss loss = { .n_outputs = 7 };
    const float z[] = { 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1 };
    const int32_t labels[] = { 0, 1, 6 };
    dc_tally sums = { 0 };
    (void)state;
    assert_ok(dc_loss_add(&sums, &loss, 3, z,
                          &(dc_target){ labels, 1, NULL }, NULL, NULL));
    assert_int_equal(sums.n - sums.n_top1, 2);
}

static void a_tie_is_wrong_at_any_index(void **state)
{
    const dc_loss loss = { .n_outputs = 7 };
    const float z[14] = { 0 };
    const int32_t labels[] = { 0, 6 };
    dc_tally sums = { 0 };
    (void)state;
    assert_ok(dc_loss_add(&sums, &loss, 2, z,
                          &(dc_target){ labels, 1, NULL }, NULL, NULL));
    assert_int_equal(sums.n - sums.n_top1, 2);
}

static double loss_of(const dc_loss *loss, const float *z, const int32_t *labels, const float *u)
{
    dc_tally sums = { 0 };
    assert_ok(dc_loss_add(&sums, loss, 2, z,
                          &(dc_target){ labels, 1, NULL }, u, NULL));
    return sums.loss / 2;
}

static void gradients_with_smoothing_and_teacher_are_the_slopes(void **state)
{
    (void)state;
    for (int is_sigmoid = 0; is_sigmoid < 2; is_sigmoid++) {
        const dc_loss loss = { .n_outputs = 3, .is_sigmoid = is_sigmoid, .smoothing = 0.2,
                               .teacher_weight = 0.7, .temperature = 3 };
        float z[] = { 0.5f, -1, 2, 0, 1, -0.25f }, dz[6];
        const float u[] = { 1, 2, 3, -1, 0, 1 };
        const int32_t labels[] = { 1, 2 };
        dc_tally sums = { 0 };
        assert_ok(dc_loss_add(&sums, &loss, 2, z,
                          &(dc_target){ labels, 1, NULL }, u, dz));
        for (int i = 0; i < 6; i++) {
            const float kept = z[i];
            z[i] = kept + 0.01f;
            const double above = loss_of(&loss, z, labels, u);
            z[i] = kept - 0.01f;
            const double below = loss_of(&loss, z, labels, u);
            z[i] = kept;
            assert_near(dz[i], (above - below) / 0.02, 1e-4);
        }
    }
}

static void one_sigmoid_costs_as_a_softmax_with_a_logit_of_zero(void **state)
{
    const dc_loss one = { .n_outputs = 1, .is_sigmoid = true, .smoothing = 0.1,
                          .teacher_weight = 0.4, .temperature = 2 };
    dc_loss two = one;
    const float z[] = { 1.5f, -0.5f }, u[] = { 0.25f, 2 };
    const float pairs[] = { 0, 1.5f, 0, -0.5f }, us[] = { 0, 0.25f, 0, 2 };
    const int32_t labels[] = { 1, 1 };
    float dz[2], dpairs[4];
    dc_tally a = { 0 }, b = { 0 };
    (void)state;
    two.n_outputs = 2;
    two.is_sigmoid = false;
    assert_ok(dc_loss_add(&a, &one, 2, z,
                          &(dc_target){ labels, 1, NULL }, u, dz));
    assert_ok(dc_loss_add(&b, &two, 2, pairs,
                          &(dc_target){ labels, 1, NULL }, us, dpairs));
    assert_near(a.loss, b.loss, 1e-6);
    assert_near(dz[0], dpairs[1], 1e-6);
    assert_near(dz[1], dpairs[3], 1e-6);
    assert_int_equal(a.n - a.n_top1, 1);
    const int32_t third[] = { 2 };
    assert_fails(DC_EINPUT, dc_loss_add(&a, &one, 1, z,
                          &(dc_target){ third, 1, NULL }, NULL, NULL));
}

static void sigmoids_cost_the_sum_of_their_decisions(void **state)
{
    const dc_loss loss = { .n_outputs = 3, .is_sigmoid = true };
    const float z[] = { 2, -1, 500 };
    const int32_t label[] = { 0 };
    dc_tally sums = { 0 };
    (void)state;
    assert_ok(dc_loss_add(&sums, &loss, 1, z,
                          &(dc_target){ label, 1, NULL }, NULL, NULL));
    assert_near(sums.loss, log1p(exp(-2)) + log1p(exp(-1)) + 500, 1e-9);
    assert_int_equal(sums.n - sums.n_top1, 1);
}

static void a_teacher_that_agrees_gives_no_gradient(void **state)
{
    const dc_loss loss = { .n_outputs = 3, .teacher_weight = 1, .temperature = 2 };
    const float z[] = { 1, 2, 3 };
    const int32_t label[] = { 0 };
    float dz[3];
    dc_tally sums = { 0 };
    (void)state;
    assert_ok(dc_loss_add(&sums, &loss, 1, z,
                          &(dc_target){ label, 1, NULL }, z, dz));
    for (int k = 0; k < 3; k++)
        assert_near(dz[k], 0, 1e-6);
    assert_near(sums.loss, 0, 1e-12);
}

static void a_label_outside_the_classes_is_refused(void **state)
{
    const dc_loss loss = { .n_outputs = 2 };
    const float z[] = { 0, 0 };
    const int32_t below[] = { -1 }, above[] = { 2 };
    dc_tally sums = { 0 };
    (void)state;
    assert_fails(DC_EINPUT, dc_loss_add(&sums, &loss, 1, z,
                          &(dc_target){ below, 1, NULL }, NULL, NULL));
    assert_fails(DC_EINPUT, dc_loss_add(&sums, &loss, 1, z,
                          &(dc_target){ above, 1, NULL }, NULL, NULL));
}

static void huge_logits_stay_finite_and_nan_shows(void **state)
{
    const dc_loss loss = { .n_outputs = 2 };
    const float huge[] = { 1e30f, -1e30f }, lost[] = { NAN, 0 };
    const int32_t label[] = { 0 };
    dc_tally sums = { 0 };
    (void)state;
    assert_ok(dc_loss_add(&sums, &loss, 1, huge,
                          &(dc_target){ label, 1, NULL }, NULL, NULL));
    assert_near(sums.loss, 0, 1e-6);
    assert_ok(dc_loss_add(&sums, &loss, 1, lost,
                          &(dc_target){ label, 1, NULL }, NULL, NULL));
    assert_true(isnan(sums.loss));
    assert_int_equal(sums.n - sums.n_top1, 1);
}

/* Three steps of two classes; the first sample has two of them, and no class at the third. */
static void steps_beyond_the_length_cost_nothing(void **state)
{
    const dc_loss loss = { .n_outputs = 2, .smoothing = 0.1 };
    const int32_t labels[] = { 1, 0, -1, 0, 1, 1 };
    const uint32_t lengths[] = { 2, 3 };
    const dc_target target = { labels, 3, lengths };
    float z[] = { 1, 2, 0.5f, -1, 9, 8, 0, 1, 2, 1, -1, 3 }, dz[12];
    dc_tally tally = { 0 };
    (void)state;
    assert_ok(dc_loss_add(&tally, &loss, 2, z, &target, NULL, dz));
    assert_int_equal(tally.n, 5);
    assert_int_equal(tally.n_top1, 3); /* right: 1 of (1, 2), 0 of (0.5, -1), 1 of (-1, 3) */
    for (uint32_t i = 0; i < DC_COUNT_OF(z); i++) {
        const float was = z[i], h = 1e-2f;
        dc_tally above = { 0 }, below = { 0 };
        z[i] = was + h;
        assert_ok(dc_loss_add(&above, &loss, 2, z, &target, NULL, NULL));
        z[i] = was - h;
        assert_ok(dc_loss_add(&below, &loss, 2, z, &target, NULL, NULL));
        z[i] = was;
        assert_near(dz[i], (above.loss - below.loss) / 5 / (2 * (double)h), 1e-4);
    }
    assert_true(dz[4] == 0 && dz[5] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_equal_logits_cost_log_two),
        cmocka_unit_test(steps_beyond_the_length_cost_nothing),
        cmocka_unit_test(the_first_rank_is_right),
        cmocka_unit_test(a_tie_is_wrong_at_any_index),
        cmocka_unit_test(gradients_with_smoothing_and_teacher_are_the_slopes),
        cmocka_unit_test(one_sigmoid_costs_as_a_softmax_with_a_logit_of_zero),
        cmocka_unit_test(sigmoids_cost_the_sum_of_their_decisions),
        cmocka_unit_test(a_teacher_that_agrees_gives_no_gradient),
        cmocka_unit_test(a_label_outside_the_classes_is_refused),
        cmocka_unit_test(huge_logits_stay_finite_and_nan_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
