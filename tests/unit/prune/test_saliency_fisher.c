/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dead_net.h"

static void choose_fisher(dc_prune_settings *settings)
{
    dc_arena arena = { 0 };
    assert_ok(dc_record_set(settings, dc_field_find(dc_prune_fields, "saliency"), "fisher",
                            &arena));
    dc_arena_clear(&arena);
}

static void prune_by(dc_model *m, const float *squares, double density)
{
    const float *const all[] = { squares, NULL, NULL, NULL, NULL, NULL };
    const dc_rule rules[] = { { "fc1", density } };
    dc_prune_settings settings = dc_prune_defaults();
    settings.density = (dc_rules){ 1, rules };
    settings.remove_dead = false;
    choose_fisher(&settings);
    settings.squares = all;
    assert_ok(dc_prune(m, &settings, NULL));
}

/* Small weights with large gradients stay; a density is met exactly. */
static void what_the_loss_feels_stays(void **state)
{
    (void)state;
    dc_model *m = net_mlp(1);
    float *w = m->params[0].values, squares[120];
    assert_int_equal(m->params[0].n_values, 120);
    for (uint32_t i = 0; i < 120; i++) {
        w[i] = i % 2 ? 1.0f + (float)i / 1000 : -0.1f - (float)i / 10000;
        squares[i] = i % 2 ? 1e-4f : 1;
    }
    prune_by(m, squares, 0.25);
    assert_int_equal(dc_param_n_nonzero(&m->params[0]), 30);
    for (uint32_t i = 0; i < 120; i++)
        assert_true((w[i] != 0) == (i % 2 == 0 && i >= 60));
    dc_model_free(m);
}

/* Where all gradients were 0, and of tiny weights, the density is met all the same. */
static void what_was_never_moved_is_told_apart_by_magnitude(void **state)
{
    (void)state;
    for (unsigned has_gradients = 0; has_gradients < 2; has_gradients++) {
        dc_model *m = net_mlp(1);
        float *w = m->params[0].values, squares[120] = { 0 };
        squares[0] = has_gradients ? 1 : 0;
        for (uint32_t i = 0; i < 120; i++)
            w[i] = 1e-30f * (float)(i + 1);
        prune_by(m, squares, 0.5);
        assert_int_equal(dc_param_n_nonzero(&m->params[0]), 60);
        for (uint32_t i = 1; i < 120; i++)
            assert_true((w[i] != 0) == (i >= 60 + (w[0] != 0)));
        dc_model_free(m);
    }
}

static void without_gradients_it_is_refused(void **state)
{
    (void)state;
    dc_model *m = net_mlp(1);
    const dc_rule rules[] = { { "fc1", 0.5 } };
    dc_prune_settings settings = dc_prune_defaults();
    settings.density = (dc_rules){ 1, rules };
    choose_fisher(&settings);
    assert_fails(DC_EINPUT, dc_prune(m, &settings, NULL));
    assert_non_null(strstr(dc_message(), "saliency 'fisher' of 'fc1.weight' needs gradients"));
    assert_int_equal(dc_param_n_nonzero(&m->params[0]), 120);
    dc_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_loss_feels_stays),
        cmocka_unit_test(what_was_never_moved_is_told_apart_by_magnitude),
        cmocka_unit_test(without_gradients_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
