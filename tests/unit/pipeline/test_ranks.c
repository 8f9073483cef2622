/* SPDX-License-Identifier: MIT
 *
 * Ranks, as threads, that train one network, beside one that trains alone.
 */
#include "unit/exchange/thread_ranks.h"

#include "dcomp/exchange.h"
#include "run_internal.h"
#include "small_run.h"

#define MOST_VALUES 80u

typedef struct rank_run {
    /* asked: */
    dc_exchange_settings settings;
    dc_train_settings train;
    uint64_t n_samples;
    uint32_t n_epochs;
    bool is_pruned;
    uint64_t unreadable; /* the first of so many samples; 0: none */
    /* found: */
    dc_status status;
    float values[MOST_VALUES];
    char text[200];
} rank_run;

/* Drawn values; class i % 4 shows in value i % 4. */
static dc_status read_samples(const dc_source *source, const uint64_t *indices, uint32_t n,
                              uint64_t epoch, float *x, int32_t *labels)
{
    const uint64_t n_unread = (uint64_t)(uintptr_t)source->state;
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        dc_rng rng;
        dc_rng_init(&rng, 3, indices[i]);
        for (uint32_t k = 0; k < 4; k++)
            x[4 * i + k] = (float)dc_rng_unit(&rng) + (indices[i] % 4 == k);
        if (labels != NULL)
            labels[i] = indices[i] < n_unread ? DC_UNREADABLE : (int32_t)(indices[i] % 4);
    }
    return DC_OK;
}

static void take_values(rank_run *r, const dc_model *model)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint64_t k = 0; k < model->params[i].n_values; k++)
            r->values[n++] = model->params[i].values[k];
    assert_true(n <= MOST_VALUES);
}

static dc_status train_model(rank_run *r, dc_model *model, dc_exchange *exchange)
{
    dc_source source = counting_samples(r->n_samples, 4);
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    dc_train_hook hook = { .name = "none" };
    source.read = read_samples;
    source.state = (void *)(uintptr_t)r->unreadable;
    dc_train_settings train = r->train;
    if (exchange != NULL) {
        hook = dc_exchange_hook(exchange);
        train.rank = exchange->peers->rank;
        train.n_ranks = exchange->peers->n_ranks;
    }
    const dc_train_hooks hooks = { 1, &hook };
    DC_TRY(dc_trainer_new(&trainer, model, &source, &train, &hooks, NULL));
    dc_status status = DC_OK;
    for (uint32_t i = 0; i < r->n_epochs && status == DC_OK; i++)
        status = dc_trainer_epoch(&stats, trainer);
    if (status == DC_OK)
        status = dc_trainer_sync(trainer);
    dc_trainer_free(trainer);
    return status;
}

static void train_rank(dc_peers *peers, void *payload)
{
    rank_run *r = payload;
    dc_exchange exchange = { .settings = r->settings, .peers = peers };
    dc_model *model = two_layers(4);
    if (r->is_pruned) {
        model->params[0].is_pruned = true;
        for (uint64_t i = 0; i < model->params[0].n_values; i += 2)
            model->params[0].values[i] = 0;
    }
    r->status = train_model(r, model, peers != NULL ? &exchange : NULL);
    take_values(r, model);
    if (peers != NULL)
        r->status = dc_peers_end(peers, r->status);
    snprintf(r->text, sizeof r->text, "%s", r->status < 0 ? dc_message() : "");
    dc_model_free(model);
}

static rank_run asked(dc_exchange_kind kind)
{
    rank_run r = { .settings = dc_exchange_defaults(), .train = dc_train_defaults(),
                   .n_samples = 400, .n_epochs = 3 };
    r.settings.kind = kind;
    r.settings.sparsity = 0;
    r.train.batch_size = 40;
    r.train.learning_rate = 0.05;
    r.train.n_epochs = 3;
    return r;
}

/* Ranks of `like`, all alike to the bit; the first of them, to be freed. */
static rank_run *run_many(uint32_t n, const rank_run *like)
{
    rank_run *r = calloc(n, sizeof *r);
    for (uint32_t i = 0; i < n; i++)
        r[i] = *like;
    run_ranks(n, train_rank, r, sizeof *r);
    for (uint32_t i = 0; i < n; i++) {
        if (r[i].status != DC_OK)
            fail_msg("rank %u: %s", (unsigned)i, r[i].text);
        assert_memory_equal(r[i].values, r[0].values, sizeof r[0].values);
    }
    return r;
}

/* Beside one rank that trains alone, by what the optimizer does by itself. */
static void check_as_alone(const rank_run *like, uint32_t n)
{
    rank_run alone = *like;
    alone.settings.kind = DC_EXCHANGE_NONE;
    train_rank(NULL, &alone);
    assert_int_equal(alone.status, DC_OK);
    rank_run *r = run_many(n, like);
    double moved = 0;
    dc_model *fresh = two_layers(4);
    for (uint32_t i = 0; i < MOST_VALUES; i++)
        assert_near(r->values[i], alone.values[i], 2e-5);
    for (uint32_t i = 0; i < 32; i++)
        moved += fabs((double)(r->values[i] - fresh->params[0].values[i]));
    assert_true(moved > 0.1);
    dc_model_free(fresh);
    free(r);
}

static void ranks_train_as_one_does(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 5; n += n == 2 ? 2 : 1) {
        const rank_run like = asked(DC_EXCHANGE_DENSE);
        check_as_alone(&like, n);
    }
}

/* 403 = 10 batches of 40, and 3 for 4 ranks; 7 for 4 ranks in one batch. */
static void a_short_last_batch_counts_by_its_samples(void **state)
{
    (void)state;
    rank_run like = asked(DC_EXCHANGE_DENSE);
    like.n_samples = 403;
    check_as_alone(&like, 4);
    like.n_samples = 7;
    check_as_alone(&like, 4);
    like.settings.kind = DC_EXCHANGE_DGC;
    check_as_alone(&like, 4);
}

static void adam_trains_by_dense_sums(void **state)
{
    (void)state;
    rank_run like = asked(DC_EXCHANGE_DENSE);
    like.train.optimizer = DC_OPTIMIZER_ADAM;
    like.train.learning_rate = 0.003;
    check_as_alone(&like, 4);
}

static void dgc_without_sparsity_is_momentum(void **state)
{
    (void)state;
    rank_run like = asked(DC_EXCHANGE_DGC);
    check_as_alone(&like, 1);
    check_as_alone(&like, 4);
    like.train.optimizer = DC_OPTIMIZER_NESTEROV;
    check_as_alone(&like, 4);
    like.is_pruned = true;
    like.train.momentum = 0;
    check_as_alone(&like, 2);
}

/* What nobody could read gives nothing, on whichever rank it is; and all end together. */
static void samples_that_cannot_be_read_are_nobodys(void **state)
{
    (void)state;
    rank_run like = asked(DC_EXCHANGE_DENSE);
    like.unreadable = 13;
    free(run_many(4, &like));
    like.n_samples = 44;
    like.unreadable = 41; /* some ranks have no sample at all */
    free(run_many(4, &like));
}

static void sparse_gradients_train_too(void **state)
{
    (void)state;
    for (uint32_t wire = DC_WIRE_F32; wire <= DC_WIRE_CODED; wire++) {
        rank_run like = asked(DC_EXCHANGE_DGC);
        like.settings.sparsity = 0.9;
        like.settings.warmup_epochs = 1;
        like.settings.wire = wire;
        like.is_pruned = true;
        rank_run *r = run_many(4, &like);
        for (uint32_t i = 0; i < 32; i += 2)
            assert_true(r->values[i] == 0);
        free(r);
    }
}

static void refuse(const rank_run *like, uint32_t n, const char *text)
{
    rank_run *r = calloc(n, sizeof *r);
    for (uint32_t i = 0; i < n; i++)
        r[i] = *like;
    run_ranks(n, train_rank, r, sizeof *r);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(r[i].status, DC_EINPUT);
        if (strstr(r[i].text, text) == NULL)
            fail_msg("'%s' is not '%s'", r[i].text, text);
    }
    free(r);
}

static void what_cannot_be_divided_is_refused(void **state)
{
    (void)state;
    rank_run like = asked(DC_EXCHANGE_DENSE);
    refuse(&like, 3, "a batch of 40 samples cannot be divided among 3 ranks");
    like.n_samples = 3;
    refuse(&like, 4, "4 ranks are more than there are samples");
    like = asked(DC_EXCHANGE_DGC);
    like.train.optimizer = DC_OPTIMIZER_ADAM;
    refuse(&like, 2, "not by adam");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_train_as_one_does),
        cmocka_unit_test(a_short_last_batch_counts_by_its_samples),
        cmocka_unit_test(adam_trains_by_dense_sums),
        cmocka_unit_test(dgc_without_sparsity_is_momentum),
        cmocka_unit_test(samples_that_cannot_be_read_are_nobodys),
        cmocka_unit_test(sparse_gradients_train_too),
        cmocka_unit_test(what_cannot_be_divided_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
