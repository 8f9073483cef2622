/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dead_net.h"

static dc_model *pruned(double density, uint64_t seed, double second)
{
    dc_arena arena = { 0 };
    const dc_rule first = { "fc*", density }, next = { "fc*", second };
    dc_prune_settings settings = dc_prune_defaults();
    dc_model *m = net_mlp(1);
    settings.density = (dc_rules){ 1, &first };
    settings.remove_dead = false;
    settings.saliency_seed = seed;
    assert_ok(dc_record_set(&settings, dc_field_find(dc_prune_fields, "saliency"), "random",
                            &arena));
    assert_ok(dc_prune(m, &settings, NULL));
    settings.density = (dc_rules){ 1, &next };
    assert_ok(dc_prune(m, &settings, NULL));
    dc_arena_clear(&arena);
    return m;
}

static uint32_t n_common(const dc_model *a, const dc_model *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < 120; i++)
        n += a->params[0].values[i] != 0 && b->params[0].values[i] != 0;
    return n;
}

static void a_density_is_met_and_a_seed_draws_the_same(void **state)
{
    (void)state;
    dc_model *a = pruned(0.5, 1, 0.5), *same = pruned(0.5, 1, 0.5), *other = pruned(0.5, 2, 0.5);
    dc_model *turns = pruned(0.5, 1, 0.25), *at_once = pruned(0.25, 1, 0.25);
    assert_int_equal(dc_param_n_nonzero(&a->params[0]), 60);
    assert_memory_equal(a->params[0].values, same->params[0].values, 120 * sizeof(float));
    assert_between(n_common(a, other), 15, 45);
    assert_memory_equal(turns->params[0].values, at_once->params[0].values, 120 * sizeof(float));
    assert_int_equal(n_common(a, turns), 30);
    dc_model_free(a);
    dc_model_free(same);
    dc_model_free(other);
    dc_model_free(turns);
    dc_model_free(at_once);
}

/* Large weights are taken as often as small ones. */
static void size_does_not_matter(void **state)
{
    (void)state;
    double whole = 0, left = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        dc_model *m = pruned(0.5, seed, 0.5), *all = net_mlp(1);
        for (uint32_t i = 0; i < 120; i++) {
            left += fabs((double)m->params[0].values[i]);
            whole += fabs((double)all->params[0].values[i]);
        }
        dc_model_free(m);
        dc_model_free(all);
    }
    assert_near(left / whole, 0.5, 0.03);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_density_is_met_and_a_seed_draws_the_same),
        cmocka_unit_test(size_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
