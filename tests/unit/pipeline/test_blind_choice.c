/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "blind.h"
#include "small_run.h"

#define N_LAYERS 3u

typedef struct study {
    dc_arena arena;
    dc_model *model;
    blind_layer *layers;
    uint32_t n;
} study;

static int set_up(void **state)
{
    static study s;
    s = (study){ .model = model_of("{\"name\":\"net\",\"input\":{\"shape\":[64]},\"layers\":["
                                   "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":96},"
                                   "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":48},"
                                   "{\"name\":\"fc3\",\"op\":\"linear\",\"n_outputs\":10}]}") };
    dc_model_init(s.model, DC_INIT_XAVIER, 3);
    for (uint64_t i = 0; i < s.model->params[4].n_values; i++) /* fc3: two values */
        s.model->params[4].values[i] = i % 3 == 0 ? 0.5f : -0.25f;
    assert_ok(blind_layers_study(&s.layers, &s.n, s.model, &s.arena));
    for (uint32_t i = 0; i < s.n; i++)
        s.layers[i].slope = 1 / s.layers[i].energy;
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    study *s = *state;
    dc_model_free(s->model);
    dc_arena_clear(&s->arena);
    return 0;
}

static double change_of(const study *s)
{
    double change = 0;
    for (uint32_t i = 0; i < s->n; i++)
        change += blind_layer_change(&s->layers[i], s->layers[i].chosen);
    return change;
}

static void all_layers_with_weights_are_there_as_they_are_first(void **state)
{
    const study *s = *state;
    assert_int_equal(s->n, N_LAYERS);
    for (uint32_t i = 0; i < s->n; i++) {
        const blind_choice *first = &s->layers[i].choices[0];
        assert_int_equal(first->bits, 32);
        assert_true(first->density >= 1 && first->error <= 0);
        assert_near(first->bytes, 4.0 * (double)s->layers[i].dense->n_values, 1e-6);
    }
}

/* Each estimate against what the trial really does. */
static void estimated_errors_are_near_the_real_ones(void **state)
{
    const study *s = *state;
    dc_model *trial;
    assert_ok(dc_model_copy(&trial, s->model));
    for (uint32_t k = 0; k < s->layers[0].n_choices; k++) {
        const blind_choice *choice = &s->layers[0].choices[k];
        double error;
        assert_ok(blind_trial_change(&error, trial, &s->layers[0], choice));
        assert_between(choice->error, 0.9 * error, 1.1 * error);
    }
    dc_model_free(trial);
}

static void changes_never_add_up_to_more_than_the_allowance(void **state)
{
    const study *s = *state;
    double before = INFINITY;
    for (double allowance = 1e-9; allowance < 10; allowance *= 3) {
        blind_layers_choose(s->layers, s->n, allowance);
        assert_true(change_of(s) <= allowance);
        assert_true(blind_layers_bytes(s->layers, s->n) <= before + 1e-6);
        before = blind_layers_bytes(s->layers, s->n);
    }
    assert_true(before < 1000);
}

static void a_layer_of_two_values_is_shared_at_no_allowance(void **state)
{
    const study *s = *state;
    blind_layers_choose(s->layers, s->n, 0);
    assert_int_equal(s->layers[2].choices[s->layers[2].chosen].bits, 1);
    assert_int_equal(s->layers[0].chosen, 0);
    assert_true(change_of(s) <= 0);
}

static void a_layer_that_matters_more_keeps_more(void **state)
{
    const study *s = *state;
    blind_layers_choose(s->layers, s->n, 0.02);
    const double error = s->layers[0].choices[s->layers[0].chosen].error;
    s->layers[0].slope *= 1000;
    blind_layers_choose(s->layers, s->n, 0.02);
    assert_true(s->layers[0].choices[s->layers[0].chosen].error < error / 10);
    s->layers[0].slope = INFINITY;
    blind_layers_choose(s->layers, s->n, 0.02);
    assert_true(s->layers[0].choices[s->layers[0].chosen].error <= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_layers_with_weights_are_there_as_they_are_first,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(estimated_errors_are_near_the_real_ones, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(changes_never_add_up_to_more_than_the_allowance, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_layer_of_two_values_is_shared_at_no_allowance, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_layer_that_matters_more_keeps_more, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
