/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "test.h"

#include "dcomp/quant.h"

#define N_ROWS 24u
#define N_COLS 60u
#define N (N_ROWS * N_COLS)
#define N_CAUSES 6u /* of all inputs, that are thus alike */
#define STEP 0.5

typedef struct layer {
    float values[N], means[N_COLS * N_COLS];
    dc_products products;
} layer;

/* Inputs are mixtures of a few causes, and a little of their own. */
static void layer_init(layer *l, uint64_t seed, double density)
{
    double mix[N_COLS][N_CAUSES];
    dc_rng rng;
    dc_rng_init(&rng, seed, 3);
    for (uint32_t i = 0; i < N; i++)
        l->values[i] = dc_rng_unit(&rng) < density ? (float)dc_rng_normal(&rng) : 0;
    for (uint32_t i = 0; i < N_COLS; i++)
        for (uint32_t k = 0; k < N_CAUSES; k++)
            mix[i][k] = dc_rng_normal(&rng) * (1 + i % 4);
    for (uint32_t i = 0; i < N_COLS; i++)
        for (uint32_t j = 0; j < N_COLS; j++) {
            double sum = i == j ? 0.3 : 0;
            for (uint32_t k = 0; k < N_CAUSES; k++)
                sum += mix[i][k] * mix[j][k];
            l->means[i * N_COLS + j] = (float)sum;
        }
    l->products = (dc_products){ .n_groups = 1, .n = N_COLS, .means = l->means };
}

static dc_grid_stats rounded(float *out, const layer *l, double step, double lambda,
                             const dc_products *products)
{
    const dc_grid grid = { .shape = { N_ROWS, N_COLS, 1, 1 },
                           .step = dc_grid_near(step, l->values, N),
                           .lambda = lambda,
                           .products = products };
    dc_grid_stats stats;
    memcpy(out, l->values, sizeof l->values);
    assert_ok(dc_grid_round(&stats, out, &grid));
    return stats;
}

/* Mean square of what the rows' outputs moved, all rows together. */
static double output_error(const layer *l, const float *out)
{
    double sum = 0;
    for (uint32_t row = 0; row < N_ROWS; row++)
        for (uint32_t i = 0; i < N_COLS; i++)
            for (uint32_t j = 0; j < N_COLS; j++)
                sum += (double)(out[row * N_COLS + i] - l->values[row * N_COLS + i]) *
                       (double)l->means[i * N_COLS + j] *
                       (double)(out[row * N_COLS + j] - l->values[row * N_COLS + j]);
    return sum;
}

static void later_weights_take_up_the_errors_of_earlier_ones(void **state)
{
    static const double densities[] = { 1, 0.4 };
    layer l;
    float plain[N], known[N];
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        layer_init(&l, 1 + i, densities[i]);
        const dc_grid_stats a = rounded(plain, &l, STEP, 0, NULL);
        const dc_grid_stats b = rounded(known, &l, STEP, 0, &l.products);
        assert_true(output_error(&l, known) < 0.2 * output_error(&l, plain));
        assert_true(b.error > a.error); /* of weights, it is larger */
        assert_true(b.bits < 1.1 * a.bits);
    }
}

static void where_inputs_have_nothing_in_common_it_is_plain_rounding(void **state)
{
    layer l;
    float plain[N], known[N];
    (void)state;
    layer_init(&l, 3, 0.7);
    for (uint32_t i = 0; i < N_COLS; i++)
        for (uint32_t j = 0; j < N_COLS; j++)
            l.means[i * N_COLS + j] = i == j ? 1 / 1.01f : 0; /* and what damping adds */
    (void)rounded(plain, &l, STEP, 0.02, NULL);
    (void)rounded(known, &l, STEP, 0.02, &l.products);
    assert_memory_equal(plain, known, sizeof plain);
}

static void zeros_take_up_nothing(void **state)
{
    layer l;
    float known[N];
    (void)state;
    layer_init(&l, 4, 0.3);
    (void)rounded(known, &l, STEP, 0, &l.products);
    for (uint32_t i = 0; i < N; i++)
        assert_true(l.values[i] != 0 || known[i] == 0);
}

static void a_price_makes_fewer_bits(void **state)
{
    layer l;
    float out[N];
    double bits = INFINITY;
    (void)state;
    layer_init(&l, 5, 1);
    for (double lambda = 0.01; lambda < 20; lambda *= 8) {
        const dc_grid_stats stats = rounded(out, &l, STEP, lambda, &l.products);
        assert_true(stats.bits < bits);
        bits = stats.bits;
    }
}

/* Two groups of rows, each with half of the inputs: as two layers. */
static void groups_have_inputs_of_their_own(void **state)
{
    layer l, halves[2];
    static float both[2 * N_COLS * N_COLS];
    float all[N], half[N];
    (void)state;
    layer_init(&l, 6, 0.8);
    for (uint32_t k = 0; k < 2; k++) {
        layer_init(&halves[k], 7 + k, 1);
        memcpy(both + k * N_COLS * N_COLS, halves[k].means, sizeof halves[k].means);
        memcpy(halves[k].values, l.values, sizeof l.values);
    }
    l.products = (dc_products){ .n_groups = 2, .n = N_COLS, .means = both };
    (void)rounded(all, &l, STEP, 0, &l.products);
    for (uint32_t k = 0; k < 2; k++) {
        (void)rounded(half, &halves[k], STEP, 0, &halves[k].products);
        assert_memory_equal(all + k * N / 2, half + k * N / 2, sizeof half / 2);
    }
}

static void an_error_counts_for_less_where_it_is_taken_up(void **state)
{
    layer l;
    double weight, plain = 0;
    (void)state;
    layer_init(&l, 9, 1);
    for (uint32_t i = 0; i < N_COLS; i++)
        plain += (double)l.means[i * N_COLS + i] / N_COLS;
    assert_ok(dc_products_weight(&weight, &l.products, l.values, N_ROWS));
    assert_true(weight < 0.3 * plain && weight > 0.3);
    for (uint32_t i = 0; i < N_COLS; i++)
        for (uint32_t j = 0; j < N_COLS; j++)
            l.means[i * N_COLS + j] = i == j ? 2 : 0;
    assert_ok(dc_products_weight(&weight, &l.products, l.values, N_ROWS));
    assert_near(weight, 2.02, 1e-5);
}

/* What nobody reads may be anything, but must be something. */
static void inputs_that_are_always_zero_do_no_harm(void **state)
{
    layer l;
    float out[N];
    (void)state;
    layer_init(&l, 10, 1);
    memset(l.means, 0, sizeof l.means);
    (void)rounded(out, &l, STEP, 0, &l.products);
    for (uint32_t i = 0; i < N; i++)
        assert_true(fabs((double)out[i] - (double)l.values[i]) <= 0.51 * STEP);
}

/* Whichever rows have no zeros: the factor that they share is theirs. */
static void rows_that_share_a_factor_are_rounded_as_alone(void **state)
{
    layer l;
    float all[N], alone[N];
    (void)state;
    layer_init(&l, 12, 1);
    l.values[5] = 0; /* one of 60: the row still shares */
    for (uint32_t i = 1; i < N_COLS; i += 2)
        l.values[3 * N_COLS + i] = 0; /* this one does not */
    (void)rounded(all, &l, STEP, 0, &l.products);
    for (uint32_t row = 1; row < N_ROWS; row++) {
        const dc_grid grid = { .shape = { 1, N_COLS, 1, 1 },
                               .step = dc_grid_near(STEP, l.values, N),
                               .products = &l.products };
        dc_grid_stats stats;
        memcpy(alone, l.values + row * N_COLS, N_COLS * sizeof *alone);
        assert_ok(dc_grid_round(&stats, alone, &grid));
        assert_memory_equal(alone, all + row * N_COLS, N_COLS * sizeof *alone);
    }
    assert_true(all[5] == 0);
}

static void results_are_the_same_for_any_number_of_jobs(void **state)
{
    layer l;
    float one[N], many[N];
    (void)state;
    layer_init(&l, 11, 0.9);
    dc_pool_set_jobs(1);
    (void)rounded(one, &l, STEP, 0.1, &l.products);
    dc_pool_set_jobs(4);
    (void)rounded(many, &l, STEP, 0.1, &l.products);
    dc_pool_set_jobs(0);
    assert_memory_equal(one, many, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_weights_take_up_the_errors_of_earlier_ones),
        cmocka_unit_test(where_inputs_have_nothing_in_common_it_is_plain_rounding),
        cmocka_unit_test(zeros_take_up_nothing),
        cmocka_unit_test(a_price_makes_fewer_bits),
        cmocka_unit_test(groups_have_inputs_of_their_own),
        cmocka_unit_test(an_error_counts_for_less_where_it_is_taken_up),
        cmocka_unit_test(inputs_that_are_always_zero_do_no_harm),
        cmocka_unit_test(rows_that_share_a_factor_are_rounded_as_alone),
        cmocka_unit_test(results_are_the_same_for_any_number_of_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
