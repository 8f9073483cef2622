/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "sample.h"

static dc_quantize_settings on_grids(const dc_rule *rules, uint32_t n)
{
    dc_quantize_settings settings = dc_quantize_defaults();
    settings.method = DC_QUANTIZE_GRID;
    settings.bits = (dc_rules){ n, rules };
    return settings;
}

static double error_of(const dc_model *a, const dc_model *b, const char *name)
{
    const dc_param *p = dc_model_param(a, name), *q = dc_model_param(b, name);
    return dc_sum_squared_error(p->values, q->values, p->n_values) / (double)p->n_values;
}

static double mean_square(const dc_model *model, const char *name)
{
    const dc_param *p = dc_model_param(model, name);
    double sum = 0;
    for (uint64_t i = 0; i < p->n_values; i++)
        sum += (double)p->values[i] * (double)p->values[i];
    return sum / (double)p->n_values;
}

static float step_of(const dc_model *model, const char *name)
{
    const dc_param *p = dc_model_param(model, name);
    float step;
    assert_true(dc_grid_find(&step, p->values, p->n_values));
    return step;
}

static void each_method_gives_what_its_name_says(void **state)
{
    (void)state;
    static const dc_rule all = { "*", 4.5 };
    for (uint32_t method = DC_QUANTIZE_GRID; method <= DC_QUANTIZE_TRELLIS; method++) {
        dc_model *dense = sample_mlp(2), *model = sample_mlp(2);
        dc_quantize_settings settings = on_grids(&all, 1);
        dc_quantize_stats stats;
        settings.method = method;
        assert_ok(dc_quantize(model, &settings, &stats));
        assert_int_equal(stats.n_layers, 2);
        assert_true(stats.wcss > 0);
        const dc_param *p = dc_model_param(model, "fc1.weight");
        const float step = step_of(model, "fc1.weight");
        const double wanted = 8 * sqrt(mean_square(dense, "fc1.weight")) / exp2(4.5);
        int16_t *levels = dc_grow(NULL, p->n_values, sizeof *levels);
        assert_non_null(levels);
        assert_int_equal(dc_trellis_levels(levels, p->values, p->n_values, step),
                         method == DC_QUANTIZE_TRELLIS);
        dc_release(levels);
        assert_between((double)step / wanted, method == DC_QUANTIZE_TRELLIS ? 0.58 : 0.99,
                       method == DC_QUANTIZE_TRELLIS ? 0.6 : 1.01);
        assert_true(p->is_shared == dc_param_can_share(p));
        assert_near(error_of(dense, model, "fc1.weight"), wanted * wanted / 12,
                    0.2 * wanted * wanted / 12);
        dc_model_free(model);
        dc_model_free(dense);
    }
}

/* About: as the manual says. */
static void bits_mean_the_error_that_sharing_has_with_as_many(void **state)
{
    (void)state;
    enum { n = 20000 };
    for (unsigned bits = 4; bits <= 7; bits++) {
        float centroids[256], *values = sample_laplace(n, bits), *out = sample_laplace(n, bits);
        double squares = 0;
        dc_kmeans_stats shared;
        dc_grid_stats stats;
        for (uint32_t i = 0; i < n; i++)
            squares += (double)values[i] * (double)values[i];
        const float step = dc_grid_near(8 * sqrt(squares / n) / (1u << bits), values, n);
        const dc_grid grid = { .shape = { 100, n / 100, 1, 1 }, .step = step };
        assert_ok(dc_grid_round(&stats, out, &grid));
        assert_ok(dc_kmeans(centroids, 1u << bits, values, n, DC_CENTROIDS_OPTIMAL, 100, 1,
                            &shared));
        assert_between(stats.error / shared.wcss, 0.6, 1.6);
        free(values);
        free(out);
    }
}

/* fc2's squares are a hundred times fc1's: its step is a tenth, and the bits are the same on the
 * mean. */
static void squares_share_out_the_bits(void **state)
{
    (void)state;
    static const dc_rule all = { "*", 5 };
    dc_model *dense = sample_mlp(2), *model = sample_mlp(2);
    dc_quantize_settings settings = on_grids(&all, 1);
    const float *squares[8] = { NULL };
    dc_arena arena = { 0 };
    double bits = 0, n_all = 0;
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *p = &model->params[i];
        float *s = dc_arena_take(&arena, p->n_values, sizeof *s);
        for (uint64_t k = 0; k < p->n_values; k++)
            s[k] = p->node == dc_model_node(model, "fc2") ? 1e-2f : 1e-4f;
        squares[i] = s;
    }
    settings.by_squares = true;
    settings.squares = squares;
    assert_ok(dc_quantize(model, &settings, NULL));
    const char *const names[] = { "fc1.weight", "fc2.weight" };
    assert_between((double)step_of(model, names[0]) / (double)step_of(model, names[1]), 9.8, 10.2);
    for (int k = 0; k < 2; k++) {
        const double n = (double)dc_model_param(dense, names[k])->n_values;
        bits += n * log2(8 * sqrt(mean_square(dense, names[k])) / (double)step_of(model, names[k]));
        n_all += n;
    }
    assert_near(bits / n_all, 5, 0.02);
    dc_arena_clear(&arena);
    dc_model_free(model);
    dc_model_free(dense);
}

static void biases_have_fine_grids_of_their_own(void **state)
{
    (void)state;
    static const dc_rule all = { "*", 5 };
    dc_model *dense = sample_mlp(2), *model;
    dc_param *bias = dc_model_param(dense, "fc1.bias");
    float step;
    for (uint64_t i = 0; i < bias->n_values; i++)
        bias->values[i] = sinf((float)i);
    assert_ok(dc_model_copy(&model, dense));
    const dc_quantize_settings settings = on_grids(&all, 1);
    assert_ok(dc_quantize(model, &settings, NULL));
    const dc_param *p = dc_model_param(model, "fc1.bias");
    assert_true(dc_grid_find(&step, p->values, p->n_values));
    assert_between((double)step, 1e-4, 0.02);
    assert_between(error_of(dense, model, "fc1.bias"), 1e-9, 1e-4);
    dc_model_free(model);
    dc_model_free(dense);
}

/* One step cannot do for all: of such biases differences in the last digits count. */
static void small_parameters_that_no_step_fits_are_kept_otherwise(void **state)
{
    (void)state;
    static const dc_rule all = { "*", 5 };
    dc_model *model = sample_mlp(2);
    dc_param *bias = dc_model_param(model, "fc1.bias");
    const dc_quantize_settings settings = on_grids(&all, 1);
    for (uint64_t i = 0; i < bias->n_values; i++)
        bias->values[i] = 1000 + 1e-3f * (float)(i % 7);
    assert_ok(dc_quantize(model, &settings, NULL));
    for (uint64_t i = 0; i < bias->n_values; i++)
        assert_true(fabsf(bias->values[i] - 1000 - 1e-3f * (float)(i % 7)) < 2e-4f);
    dc_model_free(model);
}

static void settings_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const dc_rule bad[] = { { "*", -1 }, { "*", 15 }, { "*", NAN } }, good = { "*", 5 };
    dc_model *model = sample_mlp(2);
    dc_quantize_settings settings;
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++) {
        settings = on_grids(&bad[i], 1);
        assert_fails(DC_EINPUT, dc_quantize(model, &settings, NULL));
    }
    settings = on_grids(&good, 1);
    settings.method = DC_QUANTIZE_TRELLIS + 1;
    assert_fails(DC_EINPUT, dc_quantize(model, &settings, NULL));
    settings = on_grids(&good, 1);
    settings.lambda = NAN;
    assert_fails(DC_EINPUT, dc_quantize(model, &settings, NULL));
    settings = on_grids(&good, 1);
    settings.method = DC_QUANTIZE_KMEANS;
    settings.by_squares = true;
    assert_fails(DC_EINPUT, dc_quantize(model, &settings, NULL));
    settings = on_grids(&good, 1);
    settings.by_squares = true; /* and no squares */
    assert_fails(DC_EINPUT, dc_quantize(model, &settings, NULL));
    dc_model_free(model);
}

static void a_layer_of_zeros_stays(void **state)
{
    (void)state;
    static const dc_rule all = { "*", 5 };
    dc_model *model = sample_mlp(2);
    dc_param *p = dc_model_param(model, "fc2.weight");
    const dc_quantize_settings settings = on_grids(&all, 1);
    for (uint64_t i = 0; i < p->n_values; i++)
        p->values[i] = 0;
    assert_ok(dc_quantize(model, &settings, NULL));
    assert_int_equal(dc_param_n_nonzero(p), 0);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_method_gives_what_its_name_says),
        cmocka_unit_test(bits_mean_the_error_that_sharing_has_with_as_many),
        cmocka_unit_test(squares_share_out_the_bits),
        cmocka_unit_test(biases_have_fine_grids_of_their_own),
        cmocka_unit_test(small_parameters_that_no_step_fits_are_kept_otherwise),
        cmocka_unit_test(settings_that_make_no_sense_are_refused),
        cmocka_unit_test(a_layer_of_zeros_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
