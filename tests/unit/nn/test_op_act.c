/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

static void relu_clips_and_its_gradient_is_a_gate(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE1(4);
    op_case_make(&c, DC_OP_RELU, 1, &shape, 1, NULL);
    memcpy(c.x[0], (const float[]){ -2, 0, 3, NAN }, 4 * sizeof(float));
    fill(c.dy, 4, 5);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 0, 0, 3 }, 3, 0);
    assert_true(isnan(c.y[3]));
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 1, 1, 6 }, 3, 0);
    op_case_end(&c);
}

#define N_DROPS 20000

static void make_dropout(op_case *c, double ratio, uint64_t seed)
{
    const dc_shape shape = SHAPE1(N_DROPS);
    const op_attr attrs[] = { { DC_ATTR_RATIO, ratio }, OP_ATTR_END };
    op_case_make(c, DC_OP_DROPOUT, 1, &shape, 1, attrs);
    fill(c->x[0], c->n_x[0], 1);
    fill(c->dy, c->n_y, 1);
    c->args.seed = seed;
    op_case_forward(c);
}

static void dropout_keeps_the_expectation(void **state)
{
    (void)state;
    const double ratios[] = { 0.1, 0.5, 0.9 };
    for (size_t r = 0; r < DC_COUNT_OF(ratios); r++) {
        op_case c;
        double sum = 0;
        uint32_t n_dropped = 0;
        make_dropout(&c, ratios[r], 3);
        for (uint32_t i = 0; i < N_DROPS; i++) {
            sum += (double)c.y[i];
            n_dropped += c.y[i] == 0;
            if (c.y[i] != 0)
                assert_near(c.y[i], 1 / (1 - ratios[r]), 1e-6);
        }
        /* five standard deviations of a binomial */
        const double spread = 5 * sqrt(ratios[r] * (1 - ratios[r]) / N_DROPS);
        assert_near((double)n_dropped / N_DROPS, ratios[r], spread);
        assert_near(sum / N_DROPS, 1, spread / (1 - ratios[r]));
        op_case_end(&c);
    }
}

static void dropout_is_the_same_for_a_seed_and_another_for_another(void **state)
{
    (void)state;
    op_case a, b, other;
    uint32_t n_differ = 0;
    make_dropout(&a, 0.5, 42);
    make_dropout(&b, 0.5, 42);
    make_dropout(&other, 0.5, 43);
    assert_memory_equal(a.y, b.y, N_DROPS * sizeof(float));
    for (uint32_t i = 0; i < N_DROPS; i++)
        n_differ += a.y[i] != other.y[i];
    assert_near((double)n_differ / N_DROPS, 0.5, 0.02);
    op_case_end(&a);
    op_case_end(&b);
    op_case_end(&other);
}

static void neighbours_are_dropped_independently(void **state)
{
    (void)state;
    op_case c;
    uint32_t n_same = 0;
    make_dropout(&c, 0.5, 5);
    for (uint32_t i = 1; i < N_DROPS; i++)
        n_same += c.y[i] == c.y[i - 1];
    assert_near((double)n_same / N_DROPS, 0.5, 0.02);
    op_case_end(&c);
}

static void the_gradient_of_dropout_passes_where_the_value_did(void **state)
{
    (void)state;
    op_case c;
    make_dropout(&c, 0.25, 9);
    c.code->backward(&c.args);
    for (uint32_t i = 0; i < N_DROPS; i++)
        assert_near(c.dx[0][i], 1 + c.y[i], 1e-6);
    op_case_end(&c);
}

static void dropout_obeys_the_effective_ratio(void **state)
{
    (void)state;
    op_case c;
    make_dropout(&c, 0.5, 9);
    c.args.ratio = 0;
    op_case_forward(&c);
    assert_memory_equal(c.y, c.x[0], N_DROPS * sizeof(float));
    op_case_end(&c);
}

static void prediction_drops_nothing(void **state)
{
    (void)state;
    op_case c;
    make_dropout(&c, 0.5, 9);
    c.args.is_training = false;
    c.args.cache = NULL;
    op_case_forward(&c);
    assert_memory_equal(c.y, c.x[0], N_DROPS * sizeof(float));
    op_case_end(&c);
}

static void softmax_is_over_channels_at_each_place(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(2, 1, 2);
    op_case_make(&c, DC_OP_SOFTMAX, 1, &shape, 1, NULL);
    memcpy(c.x[0], (const float[]){ 0, 1, 0, 1 + logf(3) }, 4 * sizeof(float));
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 0.5, 0.25, 0.5, 0.75 }, 4, 1e-7);
    op_case_end(&c);
}

static void softmax_survives_large_logits(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE1(3);
    op_case_make(&c, DC_OP_SOFTMAX, 1, &shape, 1, NULL);
    memcpy(c.x[0], (const float[]){ 1e30f, -1e30f, 1e30f }, 3 * sizeof(float));
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 0.5, 0, 0.5 }, 3, 0);
    op_case_end(&c);
}

static void flatten_copies_and_its_gradient_adds(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(2, 1, 2);
    op_case_make(&c, DC_OP_FLATTEN, 1, &shape, 1, NULL);
    memcpy(c.x[0], (const float[]){ 1, 2, 3, 4 }, 4 * sizeof(float));
    memcpy(c.dy, (const float[]){ 5, 6, 7, 8 }, 4 * sizeof(float));
    op_case_forward(&c);
    assert_int_equal(c.node->shape.n_dims, 1);
    assert_values(c.y, (const double[]){ 1, 2, 3, 4 }, 4, 0);
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 6, 7, 8, 9 }, 4, 0);
    op_case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relu_clips_and_its_gradient_is_a_gate),
        cmocka_unit_test(dropout_keeps_the_expectation),
        cmocka_unit_test(dropout_is_the_same_for_a_seed_and_another_for_another),
        cmocka_unit_test(neighbours_are_dropped_independently),
        cmocka_unit_test(the_gradient_of_dropout_passes_where_the_value_did),
        cmocka_unit_test(dropout_obeys_the_effective_ratio),
        cmocka_unit_test(prediction_drops_nothing),
        cmocka_unit_test(softmax_is_over_channels_at_each_place),
        cmocka_unit_test(softmax_survives_large_logits),
        cmocka_unit_test(flatten_copies_and_its_gradient_adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
