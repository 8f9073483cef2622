/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

/* As counting samples, but after so many batches the values are as large as floats can be, so that
 * sums of them with weights far above 1 are not finite. */
static unsigned n_good_reads;

static dc_status failing_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                              uint64_t epoch, float *x, int32_t *labels)
{
    DC_TRY(counting_read(source, indices, n, epoch, x, labels));
    if (n_good_reads > 0)
        n_good_reads--;
    for (uint32_t i = 0; n_good_reads == 0 && i < 4 * n; i++)
        x[i] = 3e38f;
    return DC_OK;
}

typedef struct rate_case {
    dc_arena arena;
    dc_source train, validation;
    dc_datasets sets;
    dc_run run;
    dc_recipe recipe;
} rate_case;

static void case_init(rate_case *c, const char *recipe)
{
    *c = (rate_case){ .train = counting_samples(64, 3), .validation = counting_samples(10, 3) };
    c->sets = (dc_datasets){ .train = &c->train, .validation = &c->validation };
    c->run = (dc_run){ .model = two_layers(3), .data = &c->sets, .arena = &c->arena,
                       .settings = { .batch_size = 10 }, .write = { .level = DC_LEVEL_CODED } };
    dc_json *json = json_of(recipe);
    assert_ok(dc_recipe_parse(&c->recipe, json, "recipe", &c->arena));
    dc_json_free(json);
}

static void make_fragile(rate_case *c, unsigned n_reads)
{
    dc_param *first = &c->run.model->params[0];
    c->train.read = failing_read;
    n_good_reads = n_reads;
    for (uint64_t i = 0; i < first->n_values; i++)
        first->values[i] *= 100;
}

static void case_clear(rate_case *c)
{
    dc_model_free(c->run.model);
    dc_arena_clear(&c->arena);
}

#define RECIPE "{\"stages\":[{\"stage\":\"rate\",\"bytes\":90,\"batch\":4,\"epochs\":20}]}"

static void assert_on_grids(const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *p = &model->params[i];
        float step;
        for (uint64_t k = 0; k < p->n_values; k++)
            assert_true(isfinite(p->values[k]));
        assert_true(dc_grid_find(&step, p->values, p->n_values) || dc_param_n_nonzero(p) == 0);
    }
}

static void what_is_left_lies_on_grids(void **state)
{
    (void)state;
    rate_case c;
    case_init(&c, RECIPE);
    const uint64_t n = dc_model_n_values(c.run.model);
    assert_ok(dc_run_recipe(&c.run, &c.recipe));
    assert_on_grids(c.run.model);
    assert_true(dc_model_n_values(c.run.model) <= n);
    for (uint32_t i = 0; i < c.run.model->n_params; i++)
        assert_int_equal(c.run.model->params[i].is_pruned,
                         c.run.model->params[i].role == DC_ROLE_WEIGHT);
    case_clear(&c);
}

static void a_lost_training_keeps_what_there_was(void **state)
{
    (void)state;
    rate_case c;
    case_init(&c, RECIPE);
    make_fragile(&c, 16 * 9 + 5);
    assert_ok(dc_run_recipe(&c.run, &c.recipe));
    assert_on_grids(c.run.model);
    case_clear(&c);
}

static void a_training_that_is_lost_at_once_is_an_error(void **state)
{
    (void)state;
    rate_case c;
    case_init(&c, RECIPE);
    make_fragile(&c, 1);
    assert_int_equal(dc_run_recipe(&c.run, &c.recipe), DC_EDIVERGED);
    assert_non_null(strstr(dc_message(), "no longer finite"));
    case_clear(&c);
}

/* 2,051 values, trained by the slope to so many bytes. */
static uint64_t values_after_slope(unsigned bytes)
{
    char recipe[160];
    rate_case c;
    snprintf(recipe, sizeof recipe, "{\"stages\":[{\"stage\":\"rate\",\"part\":\"slope\","
                                    "\"bytes\":%u,\"batch\":4,\"epochs\":1}]}",
             bytes);
    case_init(&c, recipe);
    dc_model_free(c.run.model);
    c.run.model = model_of("{\"name\":\"net\",\"input\":{\"shape\":[4]},\"layers\":["
                           "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":256},"
                           "{\"name\":\"relu1\",\"op\":\"relu\"},"
                           "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":3}]}");
    dc_model_init(c.run.model, DC_INIT_XAVIER, 1);
    assert_ok(dc_run_recipe(&c.run, &c.recipe));
    const uint64_t n = dc_model_n_values(c.run.model);
    case_clear(&c);
    return n;
}

static void a_slope_leaves_no_more_neurons_than_its_bytes_have_use_for(void **state)
{
    (void)state;
    assert_true(values_after_slope(1000) > 1700);
    assert_true(values_after_slope(40) < 1300);
}

static void a_goal_must_be_given(void **state)
{
    (void)state;
    rate_case c;
    case_init(&c, "{\"stages\":[{\"stage\":\"rate\"}]}");
    assert_int_equal(dc_run_recipe(&c.run, &c.recipe), DC_EINPUT);
    case_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_lies_on_grids),
        cmocka_unit_test(a_lost_training_keeps_what_there_was),
        cmocka_unit_test(a_training_that_is_lost_at_once_is_an_error),
        cmocka_unit_test(a_slope_leaves_no_more_neurons_than_its_bytes_have_use_for),
        cmocka_unit_test(a_goal_must_be_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
