/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "optim.h"

/* One array of n elements with all states; `optim` and arena ready to step. */
typedef struct bench {
    dc_arena arena;
    dc_optim optim;
    dc_optim_array array;
} bench;

static void bench_init(bench *b, uint32_t kind, float *w, const float *dw, uint64_t n)
{
    *b = (bench){ .optim = { .kind = kind, .momentum = 0.9, .n_arrays = 1 } };
    b->array = (dc_optim_array){ .n = n, .w = w, .dw = dw, .rate_scale = 1 };
    b->array.first = dc_arena_take(&b->arena, n, sizeof(float));
    b->array.second = dc_arena_take(&b->arena, n, sizeof(float));
    b->optim.arrays = &b->array;
    assert_ok(dc_optim_prepare(&b->optim, &b->arena));
}

static void sgd_with_momentum_adds_decay_to_the_gradient(void **state)
{
    float w[] = { 1, -2 };
    const float dw[] = { 0.5f, 0.25f };
    bench b;
    (void)state;
    bench_init(&b, DC_OPTIMIZER_SGD, w, dw, 2);
    b.array.decay = 0.1;
    dc_optim_step(&b.optim, 0.1); /* v = 0.6, 0.05 */
    assert_near(w[0], 0.94, 1e-6);
    assert_near(w[1], -2.005, 1e-6);
    dc_optim_step(&b.optim, 0.1); /* v = 0.54 + 0.594, 0.045 + 0.0495 */
    assert_near(w[0], 0.94 - 0.1134, 1e-6);
    assert_near(w[1], -2.005 - 0.00945, 1e-6);
    dc_arena_clear(&b.arena);
}

static void nesterov_looks_one_step_ahead(void **state)
{
    float w[] = { 1 };
    const float dw[] = { 1 };
    bench b;
    (void)state;
    bench_init(&b, DC_OPTIMIZER_NESTEROV, w, dw, 1);
    dc_optim_step(&b.optim, 0.1); /* v = 1; moves by 1 + 0.9 */
    assert_near(w[0], 1 - 0.19, 1e-6);
    dc_optim_step(&b.optim, 0.1); /* v = 1.9; moves by 1 + 1.71 */
    assert_near(w[0], 0.81 - 0.271, 1e-6);
    dc_arena_clear(&b.arena);
}

static void adam_corrects_its_bias_and_decays_apart(void **state)
{
    float w[] = { 1, 1 };
    const float dw[] = { 3, -0.01f };
    bench b;
    (void)state;
    bench_init(&b, DC_OPTIMIZER_ADAM, w, dw, 2);
    b.array.decay = 0.5;
    dc_optim_step(&b.optim, 0.01); /* first step: sign of the gradient, plus decay */
    assert_near(w[0], 1 - 0.01 - 0.005, 1e-5);
    assert_near(w[1], 1 + 0.01 - 0.005, 1e-5);
    const double before = (double)w[0];
    dc_optim_step(&b.optim, 0.01); /* the same gradient: the same move */
    assert_near(w[0], before - 0.01 - 0.005 * before, 1e-5);
    dc_arena_clear(&b.arena);
}

static void weights_with_tag_zero_stay_zero_in_every_optimizer(void **state)
{
    static const uint32_t kinds[] = { DC_OPTIMIZER_SGD, DC_OPTIMIZER_NESTEROV, DC_OPTIMIZER_ADAM };
    (void)state;
    for (size_t k = 0; k < DC_COUNT_OF(kinds); k++) {
        float w[37], dw[37];
        uint16_t tags[37];
        bench b;
        for (int i = 0; i < 37; i++) {
            tags[i] = i % 3 != 0;
            w[i] = tags[i] ? 1.0f : 0.0f;
            dw[i] = 0.5f;
        }
        bench_init(&b, kinds[k], w, dw, 37);
        b.array.tags = tags;
        b.array.decay = 0.01;
        for (int step = 0; step < 3; step++)
            dc_optim_step(&b.optim, 0.1);
        for (int i = 0; i < 37; i++) {
            uint32_t bits;
            memcpy(&bits, &w[i], sizeof bits);
            if (tags[i])
                assert_true(w[i] < 1);
            else
                assert_int_equal(bits, 0); /* not even -0 */
        }
        dc_arena_clear(&b.arena);
    }
}

static void a_rate_scale_of_zero_freezes_an_array_and_others_scale(void **state)
{
    float w[] = { 1 };
    const float dw[] = { 1 };
    bench b;
    (void)state;
    bench_init(&b, DC_OPTIMIZER_SGD, w, dw, 1);
    b.array.rate_scale = 0;
    dc_optim_step(&b.optim, 0.1);
    assert_true(w[0] == 1.0f);
    b.array.rate_scale = 0.5;
    dc_optim_step(&b.optim, 0.1);
    assert_near(w[0], 0.95, 1e-6);
    dc_arena_clear(&b.arena);
}

static void clipping_bounds_the_norm_over_all_arrays(void **state)
{
    float w[] = { 0, 0 }, w2[] = { 0, 0 };
    const float dw[] = { 3, 100 }, dw2[] = { 4, 100 };
    const uint16_t first_only[] = { 1, 0 };
    bench b;
    (void)state;
    bench_init(&b, DC_OPTIMIZER_SGD, w, dw, 2);
    float states[2] = { 0 };
    dc_optim_array both[] = { b.array, b.array };
    both[1].w = w2;
    both[1].dw = dw2;
    both[1].first = states;
    both[0].tags = both[1].tags = first_only; /* frozen elements do not count: the norm is 5 */
    b.optim.arrays = both;
    b.optim.n_arrays = 2;
    b.optim.clip_norm = 1;
    assert_ok(dc_optim_prepare(&b.optim, &b.arena));
    dc_optim_step(&b.optim, 1);
    assert_near(w[0], -0.6, 1e-6);
    assert_near(w2[0], -0.8, 1e-6);
    b.optim.clip_norm = 50; /* not reached */
    both[0].first[0] = both[1].first[0] = 0;
    dc_optim_step(&b.optim, 1);
    assert_near(w[0], -3.6, 1e-5);
    dc_arena_clear(&b.arena);
}

static void the_bf16_copy_follows_the_weights(void **state)
{
    float w[20], dw[20];
    uint16_t copy[20];
    bench b;
    (void)state;
    for (int i = 0; i < 20; i++) {
        w[i] = 1.0f + (float)i / 300;
        dw[i] = 0.1f;
    }
    bench_init(&b, DC_OPTIMIZER_SGD, w, dw, 20);
    b.array.w_bf16 = copy;
    dc_optim_step(&b.optim, 0.1);
    for (int i = 0; i < 20; i++) {
        const uint32_t bits = (uint32_t)copy[i] << 16;
        float back;
        memcpy(&back, &bits, sizeof back);
        assert_near(back, w[i], (double)w[i] / 256);
    }
    dc_arena_clear(&b.arena);
}

static void a_long_array_is_the_same_for_any_number_of_jobs(void **state)
{
    enum { N = 100003 };
    float *w = calloc(2 * N, sizeof *w), *dw = calloc(N, sizeof *dw);
    (void)state;
    assert_non_null(w);
    assert_non_null(dw);
    for (int i = 0; i < N; i++) {
        w[i] = w[N + i] = (float)(i % 17) - 8;
        dw[i] = (float)(i % 13) - 6;
    }
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        bench b;
        bench_init(&b, DC_OPTIMIZER_SGD, w + (jobs - 1) * N, dw, N);
        b.optim.clip_norm = 10;
        dc_pool_set_jobs(jobs);
        for (int step = 0; step < 3; step++)
            dc_optim_step(&b.optim, 0.1);
        dc_arena_clear(&b.arena);
    }
    dc_pool_set_jobs(0);
    assert_memory_equal(w, w + N, N * sizeof *w);
    free(w);
    free(dw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgd_with_momentum_adds_decay_to_the_gradient),
        cmocka_unit_test(nesterov_looks_one_step_ahead),
        cmocka_unit_test(adam_corrects_its_bias_and_decays_apart),
        cmocka_unit_test(weights_with_tag_zero_stay_zero_in_every_optimizer),
        cmocka_unit_test(a_rate_scale_of_zero_freezes_an_array_and_others_scale),
        cmocka_unit_test(clipping_bounds_the_norm_over_all_arrays),
        cmocka_unit_test(the_bf16_copy_follows_the_weights),
        cmocka_unit_test(a_long_array_is_the_same_for_any_number_of_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
