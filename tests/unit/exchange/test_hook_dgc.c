/* SPDX-License-Identifier: MIT
 *
 * The hook of dgc alone, on gradients that are drawn: what it sends, what it keeps.
 */
#include "thread_ranks.h"

#define N_PARAMS 4u

static const uint64_t sizes[N_PARAMS] = { 3000, 40, 700, 60 };

/* A training of one rank, and what became of it. */
typedef struct dgc_case {
    /* asked: */
    dc_exchange_settings settings;
    double momentum, clip;
    uint32_t n_epochs, n_steps; /* steps an epoch */
    uint32_t break_after;       /* epochs; the state goes to a new hook there; 0: none */
    bool has_frozen;            /* every third weight of parameter 2; all of parameter 3 */
    /* found: */
    dc_status status;
    double sums[3000];          /* of what came back, of parameter 0                  */
    double gradients[3000];     /* of this rank's share, of parameter 0               */
    uint32_t n_sent[20];        /* by epoch: values of parameter 0 that were not 0     */
    bool is_frozen_still;
    uint8_t state[200000];
    uint64_t n_state;
    float last[3000];
} dgc_case;

static float drawn(uint32_t rank, uint32_t step, uint32_t param, uint64_t e)
{
    dc_rng rng;
    dc_rng_init(&rng, 100 * step + rank, 7919 * param + e);
    return (float)(0.01 * dc_rng_normal(&rng));
}

typedef struct bench {
    dc_arena arena;
    dc_model model;
    dc_param named[N_PARAMS];
    dc_trained_param params[N_PARAMS];
    dc_trained trained;
} bench;

static void make(bench *b, const dgc_case *c)
{
    memset(b, 0, sizeof *b);
    for (uint32_t i = 0; i < N_PARAMS; i++) {
        dc_trained_param *p = &b->params[i];
        *p = (dc_trained_param){ .n = sizes[i], .rate_scale = c->has_frozen && i == 3 ? 0 : 1 };
        p->w = dc_arena_take(&b->arena, sizes[i], sizeof(float));
        p->dw = dc_arena_take(&b->arena, sizes[i], sizeof(float));
        if (c->has_frozen && i == 2)
            p->tags = dc_arena_take(&b->arena, sizes[i], sizeof *p->tags);
        for (uint64_t e = 0; p->tags != NULL && e < sizes[i]; e++)
            p->tags[e] = e % 3 != 0;
        b->named[i].name = "p";
        b->named[i].n_values = sizes[i];
    }
    b->model.params = b->named;
    b->model.n_params = N_PARAMS;
    b->trained = (dc_trained){ .model = &b->model, .n_params = N_PARAMS, .params = b->params,
                               .arena = &b->arena,
                               .rule = { .momentum = c->momentum, .clip_norm = c->clip } };
}

static void note(dgc_case *c, const bench *b, uint32_t rank, uint32_t epoch, uint32_t step,
                 uint32_t n_ranks)
{
    const dc_trained_param *p = &b->params[0];
    c->n_sent[epoch] = 0;
    for (uint64_t e = 0; e < p->n; e++) {
        c->sums[e] += (double)p->dw[e];
        c->gradients[e] += (double)(drawn(rank, step, 0, e) / (float)n_ranks);
        c->n_sent[epoch] += p->dw[e] != 0;
    }
    for (uint64_t e = 0; c->has_frozen && e < sizes[2]; e += 3)
        c->is_frozen_still &= b->params[2].dw[e] == 0;
    memcpy(c->last, p->dw, sizeof c->last);
}

/* Into bytes that all ranks get, as a checkpoint does it, and back into a new training. */
static dc_status renew(bench *b, dgc_case *c, dc_train_hook *hook, dc_peers *peers)
{
    dc_writer w;
    dc_writer_init(&w, 1 << 20);
    hook->put(&w, hook->payload);
    dc_status status = w.status;
    if (peers->rank > 0)
        w.size = 0;
    if (status == DC_OK)
        status = dc_peers_share_bytes(peers, &w);
    dc_arena_clear(&b->arena);
    make(b, c);
    if (status == DC_OK)
        status = hook->begin(hook->payload, &b->trained);
    dc_reader r = dc_reader_over(w.data, w.size, "state");
    if (status == DC_OK)
        status = hook->get(&r, hook->payload);
    if (status == DC_OK && dc_reader_left(&r) > 0)
        status = DC_ECORRUPT;
    dc_writer_clear(&w);
    return status;
}

static dc_status run_steps(bench *b, dgc_case *c, dc_train_hook *hook, dc_peers *peers)
{
    uint32_t step = 0;
    DC_TRY(hook->begin(hook->payload, &b->trained));
    for (uint32_t epoch = 0; epoch < c->n_epochs; epoch++) {
        for (uint32_t s = 0; s < c->n_steps; s++, step++) {
            b->trained.n_steps = step;
            b->trained.n_answers = 10;
            for (uint32_t i = 0; i < N_PARAMS; i++)
                for (uint64_t e = 0; e < sizes[i]; e++)
                    b->params[i].dw[e] = drawn(peers->rank, step, i, e);
            DC_TRY(hook->after_backward(hook->payload, &b->trained));
            note(c, b, peers->rank, epoch, step, peers->n_ranks);
        }
        DC_TRY(hook->after_epoch(hook->payload, &b->trained));
        if (epoch + 1 == c->break_after)
            DC_TRY(renew(b, c, hook, peers));
    }
    return DC_OK;
}

static void run(dc_peers *peers, void *payload)
{
    dgc_case *c = payload;
    bench b;
    dc_writer w;
    dc_exchange exchange = { .settings = c->settings, .peers = peers };
    dc_train_hook hook = dc_exchange_hook(&exchange);
    c->is_frozen_still = true;
    make(&b, c);
    c->status = run_steps(&b, c, &hook, peers);
    dc_writer_init(&w, sizeof c->state);
    if (c->status == DC_OK)
        hook.put(&w, hook.payload);
    if (w.size > 0)
        memcpy(c->state, w.data, w.size);
    c->n_state = w.size;
    dc_writer_clear(&w);
    dc_arena_clear(&b.arena);
    c->status = dc_peers_end(peers, c->status);
}

static dgc_case *cases_of(uint32_t n, const dgc_case *like)
{
    dgc_case *c = calloc(n, sizeof *c);
    for (uint32_t i = 0; i < n; i++)
        c[i] = *like;
    run_ranks(n, run, c, sizeof *c);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(c[i].status, DC_OK);
    return c;
}

static dgc_case *new_case(void)
{
    dgc_case *c = calloc(1, sizeof *c);
    c->settings = dc_exchange_defaults();
    c->settings.kind = DC_EXCHANGE_DGC;
    c->settings.sparsity = 0.99;
    c->settings.warmup_epochs = 2;
    c->n_epochs = 4;
    c->n_steps = 3;
    return c;
}

/* The v of parameter 0 of a rank, in the state that rank 0 writes: counts, then u and v of each
 * rank for each parameter. */
static float waiting(const dgc_case *first, uint32_t rank, uint64_t e)
{
    float value;
    const uint64_t n_sums = 8 + 2 * 11 * 8, of_rank = 2 * sizes[0] * sizeof(float);
    memcpy(&value,
           first->state + n_sums + rank * of_rank + (sizes[0] + e) * sizeof(float), sizeof value);
    return value;
}

static void what_is_sent_and_what_waits_are_all_there_was(void **state)
{
    (void)state;
    for (uint32_t wire = DC_WIRE_F32; wire <= DC_WIRE_CODED; wire++) {
        dgc_case *like = new_case();
        like->settings.wire = wire;
        dgc_case *c = cases_of(3, like);
        for (uint64_t e = 0; e < sizes[0]; e++) {
            double all = 0, rest = 0;
            for (uint32_t r = 0; r < 3; r++) {
                all += c[r].gradients[e];
                rest += (double)waiting(&c[0], r, e);
            }
            assert_near(c[0].sums[e] + rest, all, 1e-7);
            assert_true(c[1].sums[e] == c[0].sums[e] && c[2].sums[e] == c[0].sums[e]);
        }
        free(c);
        free(like);
    }
}

static void warm_up_sends_ever_fewer(void **state)
{
    (void)state;
    dgc_case *like = new_case();
    like->settings.sparsity = 0.999;
    like->settings.warmup_epochs = 4;
    like->n_epochs = 6;
    dgc_case *c = cases_of(1, like);
    /* 25.1, 6.3, 1.6, 0.4 and 0.1 % of 3,000 */
    const uint32_t wanted[] = { 754, 189, 48, 12, 3, 3 };
    for (uint32_t i = 0; i < DC_COUNT_OF(wanted); i++)
        assert_int_equal(c->n_sent[i], wanted[i]);
    free(c);
    free(like);
}

static void what_is_frozen_sends_nothing(void **state)
{
    (void)state;
    dgc_case *like = new_case();
    like->has_frozen = true;
    dgc_case *c = cases_of(2, like);
    assert_true(c[0].is_frozen_still && c[1].is_frozen_still);
    free(c);
    free(like);
}

static void a_state_goes_on_where_it_was(void **state)
{
    (void)state;
    dgc_case *like = new_case();
    like->momentum = 0.9;
    like->clip = 0.3;
    dgc_case *whole = cases_of(3, like);
    like->break_after = 2;
    dgc_case *parts = cases_of(3, like);
    for (uint32_t r = 0; r < 3; r++) {
        assert_memory_equal(whole[r].last, parts[r].last, sizeof whole[r].last);
        assert_memory_equal(whole[r].sums, parts[r].sums, sizeof whole[r].sums);
    }
    free(whole);
    free(parts);
    free(like);
}

/* Without momentum, gradients that have a norm of 0.6 a rank and may have 0.1 / sqrt(4). */
static void each_rank_clips_to_its_share_of_the_norm(void **state)
{
    (void)state;
    dgc_case *like = new_case();
    like->settings.sparsity = 0;
    like->n_epochs = like->n_steps = 1;
    dgc_case *plain = cases_of(4, like);
    like->clip = 0.1;
    dgc_case *c = cases_of(4, like);
    double wanted[3000] = { 0 };
    for (uint32_t r = 0; r < 4; r++) {
        double norm = 0;
        for (uint32_t i = 0; i < N_PARAMS; i++)
            for (uint64_t e = 0; e < sizes[i]; e++)
                norm += pow((double)drawn(r, 0, i, e) / 4, 2);
        for (uint64_t e = 0; e < sizes[0]; e++)
            wanted[e] += (double)drawn(r, 0, 0, e) / 4 * 0.1 / 2 / sqrt(norm);
    }
    for (uint64_t e = 0; e < sizes[0]; e++)
        assert_near(c[0].last[e], wanted[e], 1e-8);
    assert_true(fabsf(plain[0].last[0]) > fabsf(c[0].last[0]));
    free(plain);
    free(c);
    free(like);
}

/* A gradient that is not finite would wait for ever, and be sent never. */
static void run_lost(dc_peers *peers, void *payload)
{
    dgc_case *c = payload;
    bench b;
    dc_exchange exchange = { .settings = c->settings, .peers = peers };
    dc_train_hook hook = dc_exchange_hook(&exchange);
    make(&b, c);
    c->status = hook.begin(hook.payload, &b.trained);
    b.trained.n_answers = 10;
    if (peers->rank == 1)
        b.params[1].dw[7] = NAN;
    if (c->status == DC_OK)
        c->status = hook.after_backward(hook.payload, &b.trained);
    c->status = dc_peers_end(peers, c->status);
    dc_arena_clear(&b.arena);
}

static void a_gradient_that_is_not_finite_is_found(void **state)
{
    (void)state;
    dgc_case *c = calloc(2, sizeof *c), *like = new_case();
    c[0] = c[1] = *like;
    run_ranks(2, run_lost, c, sizeof *c);
    assert_int_equal(c[0].status, DC_EDIVERGED);
    assert_int_equal(c[1].status, DC_EDIVERGED);
    free(c);
    free(like);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_and_what_waits_are_all_there_was),
        cmocka_unit_test(warm_up_sends_ever_fewer),
        cmocka_unit_test(what_is_frozen_sends_nothing),
        cmocka_unit_test(a_state_goes_on_where_it_was),
        cmocka_unit_test(each_rank_clips_to_its_share_of_the_norm),
        cmocka_unit_test(a_gradient_that_is_not_finite_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
