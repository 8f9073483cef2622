/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "blind.h"
#include "small_run.h"

#define N_LAYERS 4u

typedef struct study {
    dc_arena arena;
    dc_model *model, *trial;
    blind_layer *layers;
    uint32_t n;
} study;

/* fc3 lies on a grid, fc4 comes shared. */
static int set_up(void **state)
{
    static study s;
    s = (study){ .model = model_of("{\"name\":\"net\",\"input\":{\"shape\":[64]},\"layers\":["
                                   "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":96},"
                                   "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":48},"
                                   "{\"name\":\"fc3\",\"op\":\"linear\",\"n_outputs\":20},"
                                   "{\"name\":\"fc4\",\"op\":\"linear\",\"n_outputs\":10}]}") };
    dc_model_init(s.model, DC_INIT_XAVIER, 3);
    dc_param *fc3 = dc_model_param(s.model, "fc3.weight");
    for (uint64_t i = 0; i < fc3->n_values; i++)
        fc3->values[i] = 0.125f * (float)(i % 600) - 37;
    dc_model_param(s.model, "fc4.weight")->is_shared = true;
    assert_ok(dc_model_copy(&s.trial, s.model));
    assert_ok(blind_layers_study(&s.layers, &s.n, s.model, &s.arena));
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    study *s = *state;
    dc_model_free(s->model);
    dc_model_free(s->trial);
    dc_arena_clear(&s->arena);
    return 0;
}

static void layers_that_somebody_made_are_told_from_others(void **state)
{
    const study *s = *state;
    assert_int_equal(s->n, N_LAYERS);
    for (uint32_t i = 0; i < N_LAYERS; i++) {
        assert_int_equal(s->layers[i].is_kept, i >= 2);
        assert_string_equal(s->model->nodes[s->layers[i].dense->node].name, s->layers[i].name);
        assert_near(s->layers[i].n_nonzero, (double)dc_param_n_nonzero(s->layers[i].dense), 0.5);
    }
}

/* Without the largest fiftieth: less than all, and a single huge one does not count. */
static void energy_is_that_of_ordinary_weights(void **state)
{
    study *s = *state;
    double all = 0;
    const dc_param *p = s->layers[0].dense;
    for (uint64_t i = 0; i < p->n_values; i++)
        all += (double)p->values[i] * (double)p->values[i];
    const double energy = s->layers[0].energy;
    assert_between(energy / all, 0.9, 0.99);
    p->values[7] = 1e20f;
    assert_ok(blind_layers_study(&s->layers, &s->n, s->model, &s->arena));
    assert_between(s->layers[0].energy / energy, 0.98, 1.02);
}

static void a_layer_goes_to_the_trellis_and_back(void **state)
{
    study *s = *state;
    blind_layer *layer = &s->layers[0];
    const dc_param *p = &s->trial->params[layer->param];
    const double step = 0.03;
    float found;
    int16_t levels[64 * 96];
    assert_ok(blind_layer_round(s->trial, layer, step, DC_GRID_SLOPE * step * step));
    assert_true(dc_grid_find(&found, p->values, p->n_values));
    assert_true(dc_trellis_levels(levels, p->values, p->n_values, found));
    assert_between(layer->error / (double)p->n_values, step * step / 20, step * step / 7);
    blind_layer_restore(s->trial, layer);
    assert_near(layer->error, 0, 0);
    assert_memory_equal(p->values, layer->dense->values, p->n_values * sizeof(float));
}

/* One weight is so much larger that no level could say both. */
static void what_no_step_can_do_for_shares_values(void **state)
{
    study *s = *state;
    blind_layer *layer = &s->layers[0];
    const dc_param *p = &s->trial->params[layer->param];
    layer->dense->values[7] = 1e30f;
    assert_ok(blind_layer_round(s->trial, layer, 0.03, 0));
    assert_true(p->is_shared && dc_param_can_share(p));
    assert_true(p->values[7] > 9e29f);
    for (uint64_t i = 0; i < p->n_values; i++)
        assert_true(i == 7 || fabsf(p->values[i] - layer->dense->values[i]) < 0.01f);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(layers_that_somebody_made_are_told_from_others),
        CASE(energy_is_that_of_ordinary_weights),
        CASE(a_layer_goes_to_the_trellis_and_back),
        CASE(what_no_step_can_do_for_shares_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
