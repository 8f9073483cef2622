/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "dcomp/model.h"

#define N 500u

static void fill(float *values, int16_t *levels, float step, int most, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    for (uint32_t i = 0; i < N; i++) {
        levels[i] = (int16_t)((int)dc_rng_below(&rng, 2 * (uint64_t)most + 1) - most);
        values[i] = (float)levels[i] * step;
    }
    levels[0] = 1;
    values[0] = step;
}

static void steps_of_both_widths_are_found_from_values_alone(void **state)
{
    (void)state;
    float values[N], step;
    int16_t levels[N], found[N];
    const double wanted[] = { 1e-6, 0.00314, 0.0999, 0.1, 1, 7.77, 100 };
    for (size_t w = 0; w < DC_COUNT_OF(wanted); w++)
        for (unsigned n_bits = 4; n_bits <= 8; n_bits += 4)
            for (int most = 1; most <= DC_MAX_LEVEL; most = most * 5 + 2) {
                const float made = dc_grid_step(wanted[w], n_bits);
                assert_true(fabs(made / wanted[w] - 1) <= (n_bits == 4 ? 1 / 16.0 : 1 / 256.0));
                fill(values, levels, made, most, w);
                assert_true(dc_grid_find(&step, values, N));
                assert_true(step == made);
                dc_grid_levels(found, values, N, step);
                assert_memory_equal(found, levels, sizeof levels);
            }
}

static void the_coarsest_step_is_taken(void **state)
{
    (void)state;
    float step;
    const float even[] = { 0.25f, -0.75f, 0, 1.5f };
    assert_true(dc_grid_find(&step, even, 4));
    assert_true(step == 0.25f);
    const float same[] = { -3.0f, 3.0f, 3.0f };
    assert_true(dc_grid_find(&step, same, 3));
    assert_true(step == 3.0f);
    const float odd[] = { 257.0f * 3 }; /* m is 3 or 257, and 257 has no room */
    assert_true(dc_grid_find(&step, odd, 1));
    assert_true(step == 3.0f);
}

static void values_of_no_grid_are_refused(void **state)
{
    (void)state;
    float step;
    const float zeros[] = { 0, -0.0f }, third[] = { 1.0f / 3, 1 }, far[] = { 1, 32768 };
    const float bad[] = { 1, NAN }, endless[] = { 1, INFINITY }, prime[] = { 65537.0f };
    assert_false(dc_grid_find(&step, zeros, 2));
    assert_false(dc_grid_find(&step, third, 2));
    assert_false(dc_grid_find(&step, far, 2));
    assert_false(dc_grid_find(&step, bad, 2));
    assert_false(dc_grid_find(&step, endless, 2));
    assert_false(dc_grid_find(&step, prime, 1));
}

static void steps_stay_in_range(void **state)
{
    (void)state;
    assert_true(dc_grid_step(1e-30, 4) == ldexpf(8, -28));
    assert_true(dc_grid_step(1e30, 4) == 120);
    assert_true(dc_grid_step(1e-60, 8) == ldexpf(1, -126));
    assert_true(isfinite(DC_MAX_LEVEL * dc_grid_step(1e60, 8)));
    assert_true(dc_grid_step(NAN, 8) > 0);
    assert_true(dc_grid_step(1.99, 4) == 2);
}

/* ---- the trellis ----------------------------------------------------------------------------- */

static void values_tell_the_levels_of_the_trellis(void **state)
{
    (void)state;
    float values[N], again[N], step;
    int16_t levels[N], found[N];
    for (int most = 1; most <= DC_MAX_LEVEL / 2; most = most * 5 + 2) {
        fill(values, levels, 0.75f, most, (uint64_t)most);
        dc_trellis_values(values, levels, N, 0.75f);
        assert_true(dc_grid_find(&step, values, N));
        assert_true(dc_trellis_levels(found, values, N, 0.75f));
        assert_memory_equal(found, levels, sizeof levels);
        dc_trellis_values(again, found, N, 0.75f);
        assert_memory_equal(again, values, sizeof values);
    }
}

static void values_that_do_not_follow_the_machine_are_told_apart(void **state)
{
    (void)state;
    float values[N];
    int16_t levels[N];
    fill(values, levels, 1, 9, 3);
    dc_trellis_values(values, levels, N, 1);
    for (uint32_t i = 0; i < N; i += 7) {
        const float before = values[i];
        values[i] += before < 0 ? -1.0f : 1.0f; /* the other grid, but for zeros of an odd state */
        const bool follows = dc_trellis_levels(levels, values, N, 1);
        values[i] = before;
        assert_true(!follows || before == 0);
    }
}

/* Each state has a way to two others, one for each lowest bit, and two that lead to it. */
static void the_machine_has_eight_states(void **state)
{
    (void)state;
    unsigned n_into[DC_TRELLIS_STATES] = { 0 };
    for (unsigned s = 0; s < DC_TRELLIS_STATES; s++) {
        assert_int_not_equal(dc_trellis_next[s][0], dc_trellis_next[s][1]);
        n_into[dc_trellis_next[s][0]]++;
        n_into[dc_trellis_next[s][1]]++;
    }
    for (unsigned s = 0; s < DC_TRELLIS_STATES; s++)
        assert_int_equal(n_into[s], 2);
}

/* ---- pictures -------------------------------------------------------------------------------- */

static dc_geometry geometry_of(const char *param)
{
    static const char text[] =
        "{\"name\": \"net\", \"input\": {\"shape\": [1, 12, 12]}, \"layers\": ["
        "{\"op\": \"conv\", \"name\": \"c\", \"n_outputs\": 6, \"kernel\": 3},"
        "{\"op\": \"max_pool\", \"name\": \"p\", \"kernel\": 2, \"stride\": 2},"
        "{\"op\": \"flatten\", \"name\": \"f\"}, {\"op\": \"relu\", \"name\": \"r\"},"
        "{\"op\": \"linear\", \"name\": \"a\", \"n_outputs\": 7},"
        "{\"op\": \"linear\", \"name\": \"b\", \"n_outputs\": 3}]}";
    dc_json *json;
    dc_model *model;
    assert_ok(dc_json_parse(&json, text, sizeof text - 1, "net"));
    assert_ok(dc_model_from_arch(&model, json, "net"));
    const dc_geometry g = dc_param_geometry(model, dc_model_param(model, param));
    dc_model_free(model);
    dc_json_free(json);
    return g;
}

static void expect(const char *param, uint32_t rows, uint32_t inputs, uint32_t height,
                   uint32_t width)
{
    const dc_geometry g = geometry_of(param);
    assert_int_equal(g.n_rows, rows);
    assert_int_equal(g.n_inputs, inputs);
    assert_int_equal(g.height, height);
    assert_int_equal(g.width, width);
}

static void layers_know_the_pictures_they_see(void **state)
{
    (void)state;
    expect("c.weight", 6, 1, 3, 3);
    expect("c.bias", 1, 6, 1, 1);
    expect("a.weight", 7, 6, 5, 5);
    expect("b.weight", 3, 7, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_both_widths_are_found_from_values_alone),
        cmocka_unit_test(the_coarsest_step_is_taken),
        cmocka_unit_test(values_of_no_grid_are_refused),
        cmocka_unit_test(steps_stay_in_range),
        cmocka_unit_test(values_tell_the_levels_of_the_trellis),
        cmocka_unit_test(values_that_do_not_follow_the_machine_are_told_apart),
        cmocka_unit_test(the_machine_has_eight_states),
        cmocka_unit_test(layers_know_the_pictures_they_see),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
