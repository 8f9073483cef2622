/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "dcomp/prune.h"

#define N 24u
#define N_ROWS 6u
#define N_PLACES 200u

/* What random weights say to random places, in one group or in two. */
typedef struct layer {
    dc_obs obs;
    double products[2 * N * N], targets[N_ROWS * N], squares[N_ROWS];
    float values[N_ROWS * N];
} layer;

static void layer_make(layer *l, uint32_t n_groups, uint64_t seed)
{
    dc_rng rng;
    *l = (layer){ .obs = { .n_groups = n_groups, .n_rows = N_ROWS, .n = N, .damping = 0.02 } };
    l->obs.products = l->products;
    l->obs.targets = l->targets;
    l->obs.squares = l->squares;
    dc_rng_init(&rng, seed, 0);
    for (uint32_t i = 0; i < N_ROWS * N; i++)
        l->values[i] = (float)dc_rng_normal(&rng);
    for (uint32_t place = 0; place < N_PLACES; place++) {
        double x[2 * N], common = dc_rng_normal(&rng);
        for (uint32_t i = 0; i < n_groups * N; i++)
            x[i] = common + dc_rng_normal(&rng) * (1 + i % 5);
        for (uint32_t group = 0; group < n_groups; group++)
            for (uint32_t i = 0; i < N * N; i++)
                l->products[group * N * N + i] +=
                    x[group * N + i / N] * x[group * N + i % N] / N_PLACES;
        for (uint32_t row = 0; row < N_ROWS; row++) {
            const double *own = x + row / (N_ROWS / n_groups) * N;
            double y = dc_rng_normal(&rng);
            for (uint32_t i = 0; i < N; i++)
                y += (double)l->values[row * N + i] * own[i];
            l->squares[row] += y * y / N_PLACES;
            for (uint32_t i = 0; i < N; i++)
                l->targets[row * N + i] += y * own[i] / N_PLACES;
        }
    }
}

static const double *products_of(const layer *l, uint32_t row)
{
    return l->products + row / (N_ROWS / l->obs.n_groups) * N * N;
}

static double damping_of(const layer *l, uint32_t row)
{
    double sum = 0;
    for (uint32_t i = 0; i < N; i++)
        sum += products_of(l, row)[i * N + i];
    return l->obs.damping * sum / N;
}

/* By 1 of 3 weights, others in each row. */
static void cut_some(float *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if ((i + i / N) % 3 == 0)
            values[i] = 0;
}

/* Where weights are, the slope of the damped square is 0; what is gone stays gone. */
static void what_is_left_is_the_least_square(void **state)
{
    (void)state;
    for (uint32_t n_groups = 1; n_groups <= 2; n_groups++) {
        layer l;
        float fitted[N_ROWS * N];
        layer_make(&l, n_groups, 7);
        cut_some(l.values, N_ROWS * N);
        memcpy(fitted, l.values, sizeof fitted);
        assert_ok(dc_obs_refit(fitted, &l.obs));
        for (uint32_t row = 0; row < N_ROWS; row++) {
            const float *w = fitted + row * N, *before = l.values + row * N;
            for (uint32_t i = 0; i < N; i++) {
                double slope = damping_of(&l, row) * ((double)w[i] - (double)before[i]) -
                               l.targets[row * N + i];
                for (uint32_t j = 0; j < N; j++)
                    slope += products_of(&l, row)[i * N + j] * (double)w[j];
                if (before[i] != 0.0f)
                    assert_near(slope, 0, 1e-4);
                else
                    assert_true(w[i] == 0.0f);
            }
            assert_true(dc_obs_error(w, &l.obs, row) < dc_obs_error(before, &l.obs, row));
        }
    }
}

/* Inputs that have nothing to do with one another: the smallest weights go first, and others have
 * nothing to take up. */
static void of_unrelated_inputs_it_is_magnitude(void **state)
{
    layer l;
    float scores[N_ROWS * N], fitted[N_ROWS * N];
    (void)state;
    layer_make(&l, 1, 8);
    for (uint32_t i = 0; i < N * N; i++)
        l.products[i] = i / N == i % N;
    for (uint32_t i = 0; i < N_ROWS * N; i++)
        l.targets[i] = (double)l.values[i];
    assert_ok(dc_obs_score(scores, l.values, &l.obs));
    for (uint32_t a = 0; a < N_ROWS * N; a++)
        for (uint32_t b = 0; b < N_ROWS * N; b++)
            if (fabsf(l.values[a]) < 0.999f * fabsf(l.values[b]))
                assert_true(scores[a] < scores[b]);
    cut_some(l.values, N_ROWS * N);
    memcpy(fitted, l.values, sizeof fitted);
    assert_ok(dc_obs_refit(fitted, &l.obs));
    for (uint32_t i = 0; i < N_ROWS * N; i++)
        assert_near((double)fitted[i], (double)l.values[i], 1e-6);
}

/* The damped square of what is best without weight `gone` of a row, N: with all. */
static double least_without(const layer *l, uint32_t row, uint32_t gone)
{
    float w[N];
    memcpy(w, l->values + row * N, sizeof w);
    if (gone < N)
        w[gone] = 0;
    assert_ok(dc_obs_refit_row(w, &l->obs, row));
    double sum = dc_obs_error(w, &l->obs, row);
    for (uint32_t i = 0; i < N; i++) {
        const double moved = (double)w[i] - (double)l->values[row * N + i];
        sum += damping_of(l, row) * moved * moved;
    }
    return sum;
}

/* Of each row the weight without which the rest does best, and its cost is what that loses. */
static void the_first_to_go_costs_least(void **state)
{
    layer l;
    float scores[N_ROWS * N];
    (void)state;
    layer_make(&l, 2, 9);
    l.obs.damping = 1e-6; /* then what is lost with a weight's own pull does not count */
    assert_ok(dc_obs_score(scores, l.values, &l.obs));
    for (uint32_t row = 0; row < N_ROWS; row++) {
        uint32_t first = 0, best = 0;
        double costs[N];
        for (uint32_t i = 0; i < N; i++) {
            costs[i] = least_without(&l, row, i) - least_without(&l, row, N);
            first = scores[row * N + i] < scores[row * N + first] ? i : first;
            best = costs[i] < costs[best] ? i : best;
        }
        assert_int_equal(first, best);
        assert_near((double)scores[row * N + first], costs[best], 1e-3 * costs[best] + 1e-6);
    }
}

/* A weight on its own, rows that are empty, inputs that say nothing. */
static void odd_rows_are_no_trouble(void **state)
{
    layer l;
    float scores[N_ROWS * N];
    (void)state;
    layer_make(&l, 1, 10);
    memset(l.values, 0, N * sizeof(float));
    memset(l.values + N, 0, (N - 1) * sizeof(float));
    assert_ok(dc_obs_score(scores, l.values, &l.obs));
    for (uint32_t i = 0; i < N_ROWS * N; i++)
        assert_true(l.values[i] == 0.0f ? scores[i] == 0.0f : scores[i] > 0 && isfinite(scores[i]));
    memset(l.products, 0, sizeof l.products);
    memset(l.targets, 0, sizeof l.targets);
    assert_ok(dc_obs_score(scores, l.values, &l.obs));
    assert_ok(dc_obs_refit(l.values, &l.obs));
    for (uint32_t i = 0; i < N_ROWS * N; i++)
        assert_true(isfinite(scores[i]) && (l.values[i] != 0.0f) == (scores[i] > 0));
}

static void any_number_of_jobs_gives_the_same(void **state)
{
    layer l;
    float scores[2][N_ROWS * N], fitted[2][N_ROWS * N];
    (void)state;
    layer_make(&l, 2, 11);
    cut_some(l.values, N); /* the others are whole */
    for (unsigned k = 0; k < 2; k++) {
        dc_pool_set_jobs(k == 0 ? 1 : 3);
        memcpy(fitted[k], l.values, sizeof fitted[k]);
        assert_ok(dc_obs_score(scores[k], l.values, &l.obs));
        assert_ok(dc_obs_refit(fitted[k], &l.obs));
    }
    assert_memory_equal(scores[0], scores[1], sizeof scores[0]);
    assert_memory_equal(fitted[0], fitted[1], sizeof fitted[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_is_the_least_square),
        cmocka_unit_test(of_unrelated_inputs_it_is_magnitude),
        cmocka_unit_test(the_first_to_go_costs_least),
        cmocka_unit_test(odd_rows_are_no_trouble),
        cmocka_unit_test(any_number_of_jobs_gives_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
