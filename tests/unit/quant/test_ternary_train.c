/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "dcomp/quant.h"

#define N_ROWS 20u
#define N_COLS 30u
#define N_VALUES (N_ROWS * N_COLS)
#define N (N_VALUES + 8u) /* a layout may have padding */

/* A linear layer in training, whose weights are what the test says. */
typedef struct bench {
    dc_model *model;
    dc_arena arena;
    dc_trained trained;
    dc_trained_param param;
    float w[N], dw[N], first[N];
    dc_rule rule;
    dc_ternary ternary;
    dc_train_hook hook;
} bench;

static void bench_init_of(bench *b, double threshold, double sparsity, bool is_shared)
{
    const char text[] = "{\"name\":\"net\",\"input\":{\"shape\":[30]},\"layers\":[{\"name\":\"fc\","
                        "\"op\":\"linear\",\"n_outputs\":20,\"bias\":0}]}";
    dc_json *json = NULL;
    dc_rng rng;
    memset(b, 0, sizeof *b);
    assert_ok(dc_json_parse(&json, text, strlen(text), "text"));
    assert_ok(dc_model_from_arch(&b->model, json, "net"));
    dc_json_free(json);
    dc_rng_init(&rng, 1, 0);
    for (uint32_t i = 0; i < N_VALUES; i++) {
        const float w = (float)dc_rng_normal(&rng);
        b->first[i] = b->w[i] = !is_shared ? w : w > 0 ? 0.25f : -0.25f;
    }
    b->param = (dc_trained_param){ .n = N, .w = b->w, .dw = b->dw, .rate_scale = 1 };
    b->trained = (dc_trained){ .model = b->model, .n_params = 1, .params = &b->param,
                               .arena = &b->arena, .learning_rate = 0.01 };
    b->rule = (dc_rule){ "fc", isnan(threshold) ? sparsity : threshold };
    *(isnan(threshold) ? &b->ternary.sparsity : &b->ternary.threshold) =
        (dc_rules){ 1, &b->rule };
    b->hook = dc_ternary_hook(&b->ternary);
    assert_ok(b->hook.begin(b->hook.payload, &b->trained));
}

static void bench_init(bench *b, double threshold, double sparsity)
{
    bench_init_of(b, threshold, sparsity, false);
}

/* As a trainer does it, its optimizer the plainest: w -= rate * dw. */
static void bench_step(bench *b)
{
    assert_ok(b->hook.after_backward(b->hook.payload, &b->trained));
    for (uint32_t i = 0; i < N; i++)
        b->w[i] -= (float)b->trained.learning_rate * b->dw[i];
    assert_ok(b->hook.after_update(b->hook.payload, &b->trained));
}

static void bench_clear(bench *b)
{
    dc_model_free(b->model);
    dc_arena_clear(&b->arena);
}

/* The two values: the least and the greatest weight; nothing else is there but zero. */
static void values_of(const bench *b, float *down, float *up, uint32_t *n_zero)
{
    *down = *up = 0;
    *n_zero = 0;
    for (uint32_t i = 0; i < N; i++) {
        *down = fminf(*down, b->w[i]);
        *up = fmaxf(*up, b->w[i]);
    }
    for (uint32_t i = 0; i < N; i++) {
        assert_true(b->w[i] == 0 || b->w[i] == *down || b->w[i] == *up);
        *n_zero += i < N_VALUES && b->w[i] == 0;
        assert_true(i < N_VALUES || b->w[i] == 0);
    }
}

static void the_threshold_is_a_share_of_the_largest(void **state)
{
    (void)state;
    bench b;
    float most = 0, down, up;
    double sum = 0;
    uint32_t n_zero, n_up = 0;
    bench_init(&b, 0.25, NAN);
    for (uint32_t i = 0; i < N_VALUES; i++)
        most = fmaxf(most, fabsf(b.first[i]));
    for (uint32_t i = 0; i < N_VALUES; i++) {
        const float share = b.first[i] / most;
        assert_true((b.w[i] > 0) == (share > 0.25f) && (b.w[i] < 0) == (share < -0.25f));
        sum += b.w[i] > 0 ? (double)b.first[i] : 0;
        n_up += b.w[i] > 0;
    }
    values_of(&b, &down, &up, &n_zero);
    assert_near(up, sum / n_up, 1e-6); /* its best value to begin with */
    bench_clear(&b);
}

static void so_many_are_zero_as_the_sparsity_says(void **state)
{
    (void)state;
    const double sparsities[] = { 0, 0.3, 0.9, 0.9999 };
    const uint32_t n_zeros[] = { 0, 180, 540, N_VALUES - 1 };
    for (uint32_t i = 0; i < 4; i++) {
        bench b;
        float down, up;
        uint32_t n_zero;
        bench_init(&b, NAN, sparsities[i]);
        values_of(&b, &down, &up, &n_zero);
        assert_int_equal(n_zero, n_zeros[i]);
        bench_clear(&b);
    }
}

/* A network that was shared before has few sizes, so many weights are equally near to zero. */
static void so_many_are_zero_where_weights_are_equal(void **state)
{
    (void)state;
    const double sparsities[] = { 0, 0.3, 0.9, 0.9999 };
    const uint32_t n_zeros[] = { 0, 180, 540, N_VALUES - 1 };
    for (uint32_t i = 0; i < 4; i++) {
        bench b;
        float down, up;
        uint32_t n_zero;
        bench_init_of(&b, NAN, sparsities[i], true);
        values_of(&b, &down, &up, &n_zero);
        assert_int_equal(n_zero, n_zeros[i]);
        assert_true(down < 0 || up > 0);
        bench_clear(&b);
    }
}

static void an_epoch_hands_on_the_sparsity_that_was_asked(void **state)
{
    (void)state;
    bench b;
    float down, up;
    uint32_t n_zero;
    bench_init(&b, NAN, 0.5);
    for (uint32_t k = 0; k < 27; k++) { /* the last look is some steps ago */
        for (uint32_t i = 0; i < N_VALUES; i++)
            b.dw[i] = (float)(i % 7) - 3;
        bench_step(&b);
    }
    values_of(&b, &down, &up, &n_zero);
    assert_int_not_equal(n_zero, 300);
    assert_ok(b.hook.after_epoch(b.hook.payload, &b.trained));
    values_of(&b, &down, &up, &n_zero);
    assert_int_equal(n_zero, 300);
    bench_clear(&b);
}

static void a_layer_of_zeros_is_refused(void **state)
{
    (void)state;
    bench b;
    bench_init(&b, NAN, 0.5);
    memset(b.w, 0, sizeof b.w);
    assert_int_equal(b.hook.begin(b.hook.payload, &b.trained), DC_EINPUT);
    bench_clear(&b);
}

static void latent_values_move_by_scaled_gradients(void **state)
{
    (void)state;
    bench b;
    float down, up, most = 0;
    uint32_t n_zero;
    bench_init(&b, 0.25, NAN);
    values_of(&b, &down, &up, &n_zero);
    for (uint32_t i = 0; i < N_VALUES; i++)
        most = fmaxf(most, fabsf(b.first[i]));
    float before[N];
    memcpy(before, b.w, sizeof before);
    for (uint32_t i = 0; i < N; i++)
        b.dw[i] = i % 3 == 0 ? 1 : -2;
    assert_ok(b.hook.after_backward(b.hook.payload, &b.trained));
    for (uint32_t i = 0; i < N; i++) {
        const float scale = before[i] > 0 ? up : before[i] < 0 ? -down : 1;
        assert_near(b.dw[i], (i % 3 == 0 ? 1 : -2) * scale, 1e-6);
        assert_near(b.w[i], b.first[i] / most, 1e-6); /* what the optimizer moves */
    }
    bench_clear(&b);
}

/* The loss is sum (w - goal)^2 / 2, whose goal has two values: they are found. */
static void both_values_are_learned(void **state)
{
    (void)state;
    bench b;
    float down, up;
    uint32_t n_zero;
    bench_init(&b, NAN, 0.3);
    for (uint32_t k = 0; k < 500; k++) {
        for (uint32_t i = 0; i < N; i++)
            b.dw[i] = b.w[i] > 0 ? b.w[i] - 0.5f : b.w[i] < 0 ? b.w[i] + 1.5f : 0;
        assert_ok(b.hook.after_backward(b.hook.payload, &b.trained));
        assert_ok(b.hook.after_update(b.hook.payload, &b.trained));
    }
    values_of(&b, &down, &up, &n_zero);
    assert_near(up, 0.5, 0.02);
    assert_near(down, -1.5, 0.05);
    bench_clear(&b);
}

static void a_state_that_is_taken_back_goes_on_alike(void **state)
{
    (void)state;
    bench a, b;
    dc_writer w;
    bench_init(&a, NAN, 0.5);
    bench_init(&b, NAN, 0.5);
    for (uint32_t k = 0; k < 60; k++) {
        for (uint32_t i = 0; i < N_VALUES; i++)
            a.dw[i] = a.w[i] - (float)(i % 7) * 0.2f;
        memcpy(b.dw, a.dw, sizeof b.dw);
        bench_step(&a);
        if (k == 30) {
            dc_writer_init(&w, UINT64_MAX);
            a.hook.put(&w, a.hook.payload);
            assert_ok(w.status);
            dc_reader r = dc_reader_over(w.data, w.size, "state");
            assert_ok(b.hook.get(&r, b.hook.payload));
            assert_int_equal(dc_reader_left(&r), 0);
            memcpy(b.w, a.w, sizeof b.w);
            dc_writer_clear(&w);
        } else if (k > 30) {
            bench_step(&b);
            assert_memory_equal(a.w, b.w, sizeof a.w);
        }
    }
    bench_clear(&a);
    bench_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_threshold_is_a_share_of_the_largest),
        cmocka_unit_test(so_many_are_zero_as_the_sparsity_says),
        cmocka_unit_test(so_many_are_zero_where_weights_are_equal),
        cmocka_unit_test(an_epoch_hands_on_the_sparsity_that_was_asked),
        cmocka_unit_test(a_layer_of_zeros_is_refused),
        cmocka_unit_test(latent_values_move_by_scaled_gradients),
        cmocka_unit_test(both_values_are_learned),
        cmocka_unit_test(a_state_that_is_taken_back_goes_on_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
