/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "dcomp/quant.h"

#define N_ROWS 48u
#define N_COLS 300u
#define N (N_ROWS * N_COLS)

static const dc_level_shape shape = { N_ROWS, N_COLS, 1, 1 };

typedef double draw_fn(dc_rng *rng);

static double draw_gauss(dc_rng *rng)
{
    return dc_rng_normal(rng);
}

static double draw_laplace(dc_rng *rng)
{
    const double size = -log(1 - dc_rng_unit(rng)) / sqrt(2);
    return dc_rng_below(rng, 2) == 0 ? size : -size;
}

static double draw_sparse(dc_rng *rng)
{
    return dc_rng_below(rng, 5) == 0 ? draw_laplace(rng) : 0;
}

static draw_fn *const draws[] = { draw_gauss, draw_laplace, draw_sparse };

static void fill(float *values, uint32_t n, draw_fn *draw, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 7);
    for (uint32_t i = 0; i < n; i++)
        values[i] = (float)draw(&rng);
}

static dc_grid_stats rounded(float *out, const float *values, double step, double lambda,
                             bool is_trellis)
{
    const float near = dc_grid_near(step, values, N);
    const dc_grid grid = { .shape = shape, .step = near, .lambda = lambda,
                           .is_trellis = is_trellis };
    dc_grid_stats stats;
    memcpy(out, values, N * sizeof *out);
    assert_ok(dc_grid_round(&stats, out, &grid));
    return stats;
}

static double cost_of(const dc_grid_stats *stats, double lambda)
{
    return stats->error + lambda * stats->bits;
}

static void choosing_by_price_is_never_worse_than_rounding(void **state)
{
    (void)state;
    static float values[N], out[N];
    for (size_t d = 0; d < DC_COUNT_OF(draws); d++)
        for (double step = 0.05; step < 4; step *= 1.9) {
            fill(values, N, draws[d], (uint64_t)(1000 * step));
            for (double lambda = 0.02 * step * step; lambda < 10 * step * step; lambda *= 5) {
                const dc_grid_stats plain = rounded(out, values, step, 0, false);
                const dc_grid_stats chosen = rounded(out, values, step, lambda, false);
                assert_true(cost_of(&chosen, lambda) <= cost_of(&plain, lambda));
            }
        }
}

/* At fine steps: the trellis' error brought to the grid's bits, of which each is worth a factor of
 * four. */
static void the_trellis_has_less_error_at_equal_bits(void **state)
{
    (void)state;
    static float values[N], out[N];
    for (size_t d = 0; d < 2; d++)
        for (double step = 0.05; step < 0.8; step *= 2) {
            const double lambda = DC_GRID_SLOPE * step * step;
            fill(values, N, draws[d], 3);
            const dc_grid_stats g = rounded(out, values, step, lambda, false);
            const dc_grid_stats t =
                rounded(out, values, DC_TRELLIS_SHARE * step, lambda, true);
            const double error = t.error * pow(4, (t.bits - g.bits) / N);
            assert_true(error < 0.87 * g.error);
            assert_true(cost_of(&t, lambda) < cost_of(&g, lambda));
            assert_between(t.error / g.error, 0.8, 1.2);
        }
}

static void values_of_the_trellis_follow_its_machine(void **state)
{
    (void)state;
    static float values[N], out[N], again[N];
    static int16_t levels[N];
    for (size_t d = 0; d < DC_COUNT_OF(draws); d++) {
        const float step = dc_grid_step(0.17, 8);
        fill(values, N, draws[d], 5);
        (void)rounded(out, values, 0.17, 0.003, true);
        assert_true(dc_trellis_levels(levels, out, N, step));
        dc_trellis_values(again, levels, N, step);
        assert_memory_equal(again, out, sizeof out);
    }
}

#define N_FEW 6u

/* The least error there is, by trying all levels near. */
static double least_error(const float *values, float step, uint32_t i, uint32_t state)
{
    double least = INFINITY;
    if (i == N_FEW)
        return 0;
    for (int32_t level = -9; level <= 9; level++) {
        const double off =
            (double)values[i] - (double)step * dc_trellis_worth(state, level);
        if (fabs(off) > 4 * (double)step)
            continue;
        const double error =
            off * off + least_error(values, step, i + 1, dc_trellis_next[state][level & 1]);
        least = fmin(least, error);
    }
    return least;
}

static void the_search_finds_the_best_way(void **state)
{
    (void)state;
    const float step = 0.25f;
    for (uint64_t seed = 0; seed < 20; seed++) {
        float values[N_FEW], out[N_FEW];
        fill(values, N_FEW, draw_gauss, seed);
        memcpy(out, values, sizeof out);
        const dc_grid grid = { .shape = { 2, N_FEW / 2, 1, 1 }, .step = step,
                               .is_trellis = true };
        dc_grid_stats stats;
        assert_ok(dc_grid_round(&stats, out, &grid));
        assert_near(stats.error, least_error(values, step, 0, 0), 1e-9);
    }
}

static void without_a_price_values_go_to_the_nearest_level(void **state)
{
    (void)state;
    static float values[N], out[N];
    fill(values, N, draw_sparse, 9);
    (void)rounded(out, values, 0.25, 0, false);
    for (uint32_t i = 0; i < N; i++)
        assert_true(fabsf(out[i] - values[i]) <= 0.125f);
}

static void zeros_stay_zeros(void **state)
{
    (void)state;
    static float values[N], out[N];
    fill(values, N, draw_sparse, 2);
    for (int is_trellis = 0; is_trellis < 2; is_trellis++) {
        (void)rounded(out, values, 0.3, 0.01, is_trellis);
        for (uint32_t i = 0; i < N; i++)
            assert_true(values[i] != 0 || out[i] == 0);
    }
}

static void results_are_the_same_for_any_number_of_jobs(void **state)
{
    (void)state;
    static float values[N], one[N], many[N];
    fill(values, N, draw_laplace, 8);
    for (int is_trellis = 0; is_trellis < 2; is_trellis++) {
        dc_pool_set_jobs(1);
        const dc_grid_stats a = rounded(one, values, 0.3, 0.02, is_trellis);
        dc_pool_set_jobs(4);
        const dc_grid_stats b = rounded(many, values, 0.3, 0.02, is_trellis);
        dc_pool_set_jobs(0);
        assert_memory_equal(one, many, sizeof one);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

static void steps_leave_room_for_the_largest_value(void **state)
{
    (void)state;
    float values[] = { 1e-3f, -7, 2 };
    for (double wanted = 1e-9; wanted < 1; wanted *= 3) {
        const float step = dc_grid_near(wanted, values, 3);
        assert_true((step > 0) == (wanted > 7.0 / DC_MAX_LEVEL / 2));
        assert_true(step <= 0 || 7 / step <= DC_MAX_LEVEL);
    }
    assert_near(dc_grid_near(0.5, values, 3), 0.5f, 0);
    values[0] = 1e38f;
    assert_near(dc_grid_near(1e36, values, 3), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choosing_by_price_is_never_worse_than_rounding),
        cmocka_unit_test(the_trellis_has_less_error_at_equal_bits),
        cmocka_unit_test(values_of_the_trellis_follow_its_machine),
        cmocka_unit_test(the_search_finds_the_best_way),
        cmocka_unit_test(without_a_price_values_go_to_the_nearest_level),
        cmocka_unit_test(zeros_stay_zeros),
        cmocka_unit_test(results_are_the_same_for_any_number_of_jobs),
        cmocka_unit_test(steps_leave_room_for_the_largest_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
