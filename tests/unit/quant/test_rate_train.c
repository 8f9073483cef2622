/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "rate_train.h"

#define N_ROWS 24u
#define N_COLS 30u
#define N (N_ROWS * N_COLS)

static dc_status plain_load(const dc_trained *trained, uint32_t param, float *stored,
                            const float *values)
{
    memcpy(stored, values, trained->model->params[param].n_values * sizeof *values);
    return DC_OK;
}

static dc_status plain_store(const dc_trained *trained, uint32_t param, float *values,
                             const float *stored)
{
    memcpy(values, stored, trained->model->params[param].n_values * sizeof *values);
    return DC_OK;
}

/* One linear layer without a bias, whose loss is sum (w - goal)^2 / 2 of its own. */
typedef struct bench {
    dc_model *model;
    dc_arena arena;
    dc_trained trained;
    dc_trained_param param;
    float w[N], dw[N], goal[N];
    dc_rate_train *train;
    dc_train_hook hook;
} bench;

static void bench_init(bench *b, uint64_t seed)
{
    const char text[] = "{\"name\":\"net\",\"input\":{\"shape\":[30]},\"layers\":[{\"name\":\"fc\","
                        "\"op\":\"linear\",\"n_outputs\":24,\"bias\":0}]}";
    dc_json *json = NULL;
    dc_rng rng;
    memset(b, 0, sizeof *b);
    assert_ok(dc_json_parse(&json, text, strlen(text), "text"));
    assert_ok(dc_model_from_arch(&b->model, json, "net"));
    dc_json_free(json);
    dc_rng_init(&rng, seed, 0);
    for (uint32_t i = 0; i < N; i++)
        b->goal[i] = b->w[i] = b->model->params[0].values[i] = (float)dc_rng_normal(&rng);
    b->param = (dc_trained_param){ .n = N, .w = b->w, .dw = b->dw, .rate_scale = 1 };
    b->trained = (dc_trained){ .model = b->model, .n_params = 1, .params = &b->param,
                               .arena = &b->arena, .load = plain_load, .store = plain_store,
                               .learning_rate = 0.03 };
    assert_ok(dc_rate_train_new(&b->train));
    b->hook = dc_rate_train_hook(b->train);
}

static void bench_begin(bench *b, const dc_rate_train_settings *settings)
{
    dc_rate_train_set(b->train, settings);
    assert_ok(b->hook.begin(b->hook.payload, &b->trained));
}

static void bench_step(bench *b, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t i = 0; i < N; i++)
            b->dw[i] = 1e-3f * (b->w[i] - b->goal[i]);
        assert_ok(b->hook.after_update(b->hook.payload, &b->trained));
    }
}

static void bench_clear(bench *b)
{
    dc_rate_train_free(b->train);
    dc_model_free(b->model);
    dc_arena_clear(&b->arena);
}

static dc_rate_train_settings towards(double bytes, bool is_settling)
{
    dc_rate_train_settings s = dc_rate_train_defaults();
    s.to_bytes = bytes;
    s.n_ramp_steps = 200;
    s.is_settling = is_settling;
    s.look_steps = 10;
    return s;
}

static void the_slope_is_what_the_next_size_costs_more(void **state)
{
    (void)state;
    bench b;
    latents l;
    float zeros[N_COLS], ones[N_COLS];
    const dc_rate_train_settings settings = towards(200, false);
    bench_init(&b, 1);
    assert_ok(latents_begin(&l, &b.trained, 0, &settings));
    assert_ok(latents_price(&l, &b.trained, 0));
    for (uint32_t row = 0; row < N_ROWS; row++) {
        dc_rate_row(&l.rate, row, zeros, ones);
        for (uint32_t col = 0; col < N_COLS; col++) {
            const uint64_t i = row * N_COLS + col;
            const float sign = i % 2 ? 1 : -1;
            l.at[i] = sign * 0.4f;
            assert_near(latents_slope(&l, i), sign * fmaxf(ones[col] - zeros[col], 0.5f), 1e-6);
            for (uint32_t size = 1; size < 6; size++) {
                const float more = dc_rate_more(&l.rate, size + 1) - dc_rate_more(&l.rate, size);
                l.at[i] = sign * ((float)size + 0.3f);
                assert_near(latents_slope(&l, i), sign * fmaxf(more, 0.15f), 1e-6);
            }
            l.at[i] = 0;
            assert_near(latents_slope(&l, i), 0, 0);
        }
    }
    bench_clear(&b);
}

/* By the price of the whole layer, which is linear in one weight between whole levels. */
static void the_slope_is_the_difference_of_the_layers_bits(void **state)
{
    (void)state;
    bench b;
    latents l;
    const dc_rate_train_settings settings = towards(200, false);
    bench_init(&b, 2);
    assert_ok(latents_begin(&l, &b.trained, 0, &settings));
    assert_ok(latents_price(&l, &b.trained, 0));
    for (uint64_t i = 0; i < N; i += 7) {
        const int16_t before = l.levels[i];
        const int16_t sign = l.at[i] < 0 ? -1 : 1;
        const int16_t size = (int16_t)floorf(fabsf(l.at[i]));
        l.levels[i] = (int16_t)(sign * size);
        const double low = dc_rate_bits(&l.rate, l.levels);
        l.levels[i] = (int16_t)(sign * (size + 1));
        const double high = dc_rate_bits(&l.rate, l.levels);
        if (high - low > 0.5)
            assert_near(latents_slope(&l, i) * sign, high - low, 1e-3);
        l.levels[i] = before;
    }
    bench_clear(&b);
}

static void values_are_always_on_a_grid(void **state)
{
    (void)state;
    for (uint32_t bits = 4; bits <= 8; bits += 4) {
        bench b;
        float step;
        dc_rate_train_settings settings = towards(150, false);
        settings.step_bits = bits;
        settings.max_level = 7;
        bench_init(&b, 3);
        bench_begin(&b, &settings);
        for (uint32_t k = 0; k < 20; k++) {
            int16_t levels[N];
            bench_step(&b, 20);
            assert_true(dc_grid_find(&step, b.w, N));
            dc_grid_levels(levels, b.w, N, step);
            for (uint32_t i = 0; i < N; i++) {
                assert_true(b.w[i] == (float)levels[i] * step);
                assert_true(abs(levels[i]) <= 7);
            }
            assert_true(b.param.is_changed);
        }
        bench_clear(&b);
    }
}

static void settled_zeros_stay_and_the_target_is_met(void **state)
{
    (void)state;
    bench b;
    uint8_t was_zero[N];
    const dc_rate_train_settings settings = towards(110, true);
    bench_init(&b, 4);
    bench_begin(&b, &settings);
    const uint64_t n_before = dc_rate_train_at(b.train).n_nonzero;
    for (uint32_t i = 0; i < N; i++)
        was_zero[i] = b.w[i] == 0.0f;
    for (uint32_t k = 0; k < 150; k++) {
        bench_step(&b, 10);
        for (uint32_t i = 0; i < N; i++) {
            assert_true(!was_zero[i] || b.w[i] == 0.0f);
            was_zero[i] = b.w[i] == 0.0f;
        }
    }
    const dc_rate_train_state at = dc_rate_train_at(b.train);
    assert_true(at.bytes <= 110 * 1.03 && at.bytes > 80);
    assert_true(at.n_nonzero < n_before);
    assert_near(at.lambda, 2e-6, 1e-12);
    bench_clear(&b);
}

/* Without a gradient of the loss nothing but the price moves a weight. */
static void settling_weights_pay_nothing_while_there_is_room(void **state)
{
    (void)state;
    for (int has_room = 0; has_room < 2; has_room++) {
        bench b;
        float before[N];
        dc_rate_train_settings settings = towards(has_room ? 2000 : 20, true);
        settings.lambda = 1e-3;
        settings.n_ramp_steps = 0;
        settings.look_steps = 1000; /* none goes for what it is worth */
        bench_init(&b, 6);
        bench_begin(&b, &settings);
        memcpy(before, b.w, sizeof before);
        memset(b.dw, 0, sizeof b.dw);
        for (uint32_t k = 0; k < 100; k++)
            assert_ok(b.hook.after_update(b.hook.payload, &b.trained));
        assert_int_equal(memcmp(before, b.w, sizeof before) == 0, has_room);
        bench_clear(&b);
    }
}

static void pruned_and_frozen_weights_are_left_alone(void **state)
{
    (void)state;
    bench b;
    uint16_t tags[N];
    const dc_rate_train_settings settings = towards(300, false);
    bench_init(&b, 5);
    for (uint32_t i = 0; i < N; i++) {
        tags[i] = i % 3 != 0;
        if (tags[i] == 0)
            b.w[i] = b.model->params[0].values[i] = 0;
    }
    b.param.tags = tags;
    bench_begin(&b, &settings);
    bench_step(&b, 100);
    for (uint32_t i = 0; i < N; i += 3)
        assert_true(b.w[i] == 0.0f);
    float before[N];
    b.param.rate_scale = 0;
    memcpy(before, b.w, sizeof before);
    bench_begin(&b, &settings);
    bench_step(&b, 10);
    assert_memory_equal(before, b.w, sizeof before);
    bench_clear(&b);
}

static void a_state_goes_on_bit_for_bit(void **state)
{
    (void)state;
    for (int is_settling = 0; is_settling < 2; is_settling++) {
        bench a, b;
        dc_writer w;
        const dc_rate_train_settings settings = towards(120, is_settling != 0);
        bench_init(&a, 6);
        bench_init(&b, 6);
        bench_begin(&a, &settings);
        bench_step(&a, 137);
        assert_ok(a.hook.after_epoch(a.hook.payload, &a.trained));
        dc_writer_init(&w, 1 << 24);
        a.hook.put(&w, a.hook.payload);
        assert_ok(w.status);
        bench_begin(&b, &settings);
        memcpy(b.w, a.w, sizeof b.w);
        dc_reader r = dc_reader_over(w.data, w.size, "state");
        assert_ok(b.hook.get(&r, b.hook.payload));
        assert_int_equal(dc_reader_left(&r), 0);
        bench_step(&a, 93);
        bench_step(&b, 93);
        assert_memory_equal(a.w, b.w, sizeof a.w);
        assert_true(dc_rate_train_at(a.train).lambda == dc_rate_train_at(b.train).lambda);
        dc_writer_clear(&w);
        bench_clear(&a);
        bench_clear(&b);
    }
}

static void a_gradient_that_is_no_number_is_named(void **state)
{
    (void)state;
    bench b;
    const dc_rate_train_settings settings = towards(300, false);
    bench_init(&b, 7);
    bench_begin(&b, &settings);
    b.dw[11] = NAN;
    assert_int_equal(b.hook.after_update(b.hook.payload, &b.trained), DC_EDIVERGED);
    assert_non_null(strstr(dc_message(), "'fc.weight' is no longer finite"));
    bench_clear(&b);
}

/* A layer that answers to lambda late, and whose bits fall steeply: what the derivative is for. */
static void the_controller_follows_a_falling_target_without_collapse(void **state)
{
    (void)state;
    double log_lambda = log(2e-6), before = NAN, bits = 1e5, worst = 0;
    double lags[30];
    for (int i = 0; i < 30; i++)
        lags[i] = bits;
    for (int k = 0; k < 3000; k++) {
        const double target = k < 2000 ? 1e5 * pow(0.1, k / 2000.0) : 1e4;
        const double e = log(bits / target);
        log_lambda = rate_control(log_lambda, e, before);
        before = e;
        const double aim = 1e5 / (1 + pow(exp(log_lambda) / 1e-5, 1.2));
        lags[k % 30] = lags[(k + 29) % 30] + 0.03 * (aim - lags[(k + 29) % 30]);
        bits = lags[(k + 1) % 30];
        worst = fmax(worst, k > 300 ? fabs(log(bits / target)) : 0);
    }
    assert_near(log(bits / 1e4), 0, 0.1);
    assert_true(worst < 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slope_is_what_the_next_size_costs_more),
        cmocka_unit_test(the_slope_is_the_difference_of_the_layers_bits),
        cmocka_unit_test(values_are_always_on_a_grid),
        cmocka_unit_test(settled_zeros_stay_and_the_target_is_met),
        cmocka_unit_test(settling_weights_pay_nothing_while_there_is_room),
        cmocka_unit_test(pruned_and_frozen_weights_are_left_alone),
        cmocka_unit_test(a_state_goes_on_bit_for_bit),
        cmocka_unit_test(a_gradient_that_is_no_number_is_named),
        cmocka_unit_test(the_controller_follows_a_falling_target_without_collapse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
