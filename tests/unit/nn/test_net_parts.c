/* SPDX-License-Identifier: MIT
 *
 * net_parts.c: a net whose batch is divided computes what a whole one computes, and is divided only
 * where that is allowed.
 */
#include "nets.h"

#include "net.h"

static const net_node convolutions[] = {
    { "conv", DC_OP_CONV, { 0, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 5 }, { DC_ATTR_KERNEL_H, 3 }, { DC_ATTR_KERNEL_W, 3 }, ATTRS_END } },
    { "relu", DC_OP_RELU, { 1, DC_NONE }, { ATTRS_END } },
    { "norm", DC_OP_BATCH_NORM, { 2, DC_NONE }, { ATTRS_END } },
    { "fc", DC_OP_LINEAR, { 3, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 4 }, ATTRS_END } },
};

static dc_net *compile(const dc_model *model, unsigned n_jobs, uint32_t batch_size,
                       bool is_training)
{
    dc_net *net = NULL;
    const dc_net_settings settings = { .batch_size = batch_size,
                                       .is_training = is_training,
                                       .output = model->n_nodes - 1,
                                       .seed = 3 };
    dc_pool_set_jobs(n_jobs);
    assert_ok(dc_net_compile(&net, model, &settings));
    assert_ok(dc_net_load(net, model));
    return net;
}

static bool is_divided(const dc_net *net)
{
    return strcmp(net->executor->name, "parts") == 0;
}

/* Forward, and backward from a gradient that differs from sample to sample. */
static void run(dc_net *net, const float *x)
{
    net->x = x;
    assert_ok(net->executor->forward(net, 1));
    for (uint64_t i = 0; i < (uint64_t)net->settings.batch_size * net->n_outputs; i++)
        net->d_logits[i] = (float)((i * 7) % 11) - 5;
    assert_ok(net->executor->backward(net));
}

static float *draw(dc_arena *arena, uint64_t n)
{
    dc_rng rng;
    float *x = dc_arena_take(arena, n, sizeof *x);
    assert_non_null(x);
    dc_rng_init(&rng, 5, 0);
    for (uint64_t i = 0; i < n; i++)
        x[i] = (float)dc_rng_normal(&rng);
    return x;
}

static void assert_same_gradients(const dc_model *model, dc_net *a, dc_net *b, dc_arena *arena)
{
    for (uint32_t p = 0; p < model->n_params; p++) {
        const uint64_t n = model->params[p].n_values;
        float *from_a = dc_arena_take(arena, n, sizeof *from_a);
        float *from_b = dc_arena_take(arena, n, sizeof *from_b);
        assert_ok(a->executor->store(a, p, from_a, a->params[p].dw));
        assert_ok(b->executor->store(b, p, from_b, b->params[p].dw));
        for (uint64_t i = 0; i < n; i++)
            assert_near(from_a[i], from_b[i], 1e-4 * (1 + fabs((double)from_a[i])));
    }
}

static void a_divided_batch_gives_the_whole_ones_outputs_and_gradients(void **state)
{
    dc_arena arena = { 0 };
    dc_model *model = net_make(convolutions, 2, dc_shape_of(3, 3, 6, 6, 0));
    dc_model_init(model, DC_INIT_HE, 1);
    const float *x = draw(&arena, 32 * 3 * 6 * 6);
    (void)state;
    for (unsigned n_jobs = 2; n_jobs <= 4; n_jobs++) {
        dc_net *whole = compile(model, 1, 32, true), *parts = compile(model, n_jobs, 32, true);
        assert_false(is_divided(whole));
        run(whole, x);
        run(parts, x);
        for (uint64_t i = 0; i < 32u * whole->n_outputs; i++)
            assert_near(whole->logits[i], parts->logits[i], 1e-5);
        assert_same_gradients(model, whole, parts, &arena);
        whole->executor->free(whole);
        parts->executor->free(parts);
    }
    dc_model_free(model);
    dc_arena_clear(&arena);
}

static void parts_see_changed_weights(void **state)
{
    dc_arena arena = { 0 };
    dc_model *model = net_two_layers(1);
    dc_net *parts = compile(model, 2, 16, true);
    const float *x = draw(&arena, 16 * 12);
    (void)state;
    run(parts, x);
    const float first = parts->logits[0], last = parts->logits[15 * 3];
    const uint32_t bias = (uint32_t)(dc_model_param(model, "fc2.bias") - model->params);
    parts->params[bias].w[0] += 1;
    parts->executor->changed(parts);
    run(parts, x);
    assert_near(parts->logits[0], first + 1, 1e-5);
    assert_near(parts->logits[15 * 3], last + 1, 1e-5);
    parts->executor->free(parts);
    dc_model_free(model);
    dc_arena_clear(&arena);
}

static void only_what_may_be_divided_is(void **state)
{
    dc_model *plain = net_two_layers(1), *normed = net_make(convolutions, 4,
                                                            dc_shape_of(3, 3, 6, 6, 0));
    const bool can = dc_executor_pick()->has_siblings;
    const struct {
        const dc_model *model;
        unsigned n_jobs;
        uint32_t batch_size;
        bool is_training, is_divided;
    } cases[] = {
        { plain, 2, 16, true, true },   { plain, 2, 16, false, true },
        { plain, 1, 16, true, false },  { plain, 2, 15, true, false }, /* parts below 8 */
        { plain, 2, 17, true, false },  /* a prime */
        { plain, 8, 24, true, true },   { normed, 2, 16, false, true },
        { normed, 2, 16, true, false }, /* its statistics are the batch's */
    };
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_net *net = compile(cases[i].model, cases[i].n_jobs, cases[i].batch_size,
                              cases[i].is_training);
        assert_int_equal(is_divided(net), can && cases[i].is_divided);
        net->executor->free(net);
    }
    dc_model_free(plain);
    dc_model_free(normed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_divided_batch_gives_the_whole_ones_outputs_and_gradients),
        cmocka_unit_test(parts_see_changed_weights),
        cmocka_unit_test(only_what_may_be_divided_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
