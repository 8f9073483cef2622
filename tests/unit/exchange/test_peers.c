/* SPDX-License-Identifier: MIT */
#include "thread_ranks.h"

#define N_VALUES 5001u

typedef struct rank_case {
    uint32_t failing; /* the rank that fails */
    float values[N_VALUES];
    dc_status status;
    char text[200];
    uint64_t n_sent;
} rank_case;

static float value_at(uint32_t rank, uint32_t i)
{
    return (float)(rank + 1) * 0.1f + (float)i * 1e-3f;
}

static void sum(dc_peers *peers, void *payload)
{
    rank_case *c = payload;
    for (uint32_t i = 0; i < N_VALUES; i++)
        c->values[i] = value_at(peers->rank, i);
    c->status = dc_peers_sum(peers, c->values, N_VALUES);
    c->n_sent = peers->n_sent;
    c->status = dc_peers_end(peers, c->status);
}

static void a_sum_is_the_same_bits_on_all_ranks(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 5; n++) {
        rank_case *c = calloc(n, sizeof *c);
        run_ranks(n, sum, c, sizeof *c);
        for (uint32_t i = 0; i < N_VALUES; i++) {
            float wanted = value_at(0, i);
            for (uint32_t r = 1; r < n; r++)
                wanted += value_at(r, i);
            assert_true(c[0].values[i] == wanted);
        }
        for (uint32_t r = 0; r < n; r++) {
            assert_int_equal(c[r].status, DC_OK);
            assert_memory_equal(c[r].values, c[0].values, sizeof c[0].values);
            const double least = 8.0 * N_VALUES * (n - 1) / n;
            assert_between(c[r].n_sent, least - 8 * n, least + 8 * n);
        }
        free(c);
    }
}

static void share(dc_peers *peers, void *payload)
{
    rank_case *c = payload;
    dc_writer w;
    dc_block all[MAX_RANKS];
    uint32_t number = 7 * peers->rank + 5;
    dc_writer_init(&w, 1000);
    if (peers->rank == 0)
        dc_put_text(&w, "what rank 0 has");
    c->status = dc_peers_share_bytes(peers, &w);
    memcpy(c->text, w.data, DC_MIN(w.size, (uint64_t)sizeof c->text));
    if (c->status == DC_OK)
        c->status = dc_peers_share(peers, &number, sizeof number);
    c->values[0] = (float)number;
    number = 3 * peers->rank;
    if (c->status == DC_OK)
        c->status = dc_peers_collect(all, peers, &number, sizeof number);
    for (uint32_t i = 0; i < peers->n_ranks; i++)
        c->values[1 + i] = all[i].n == 4 ? (float)dc_le(all[i].data, 4) : -1;
    dc_writer_clear(&w);
    c->status = dc_peers_end(peers, c->status);
}

static void all_get_what_rank_0_has_and_rank_0_what_all_have(void **state)
{
    (void)state;
    rank_case *c = calloc(3, sizeof *c);
    run_ranks(3, share, c, sizeof *c);
    for (uint32_t r = 0; r < 3; r++) {
        assert_int_equal(c[r].status, DC_OK);
        assert_string_equal(c[r].text + 1, "what rank 0 has");
        assert_true(c[r].values[0] == 5);
        for (uint32_t i = 0; i < 3; i++)
            assert_true(c[r].values[1 + i] == (r == 0 || r == i ? 3.0f * (float)i : -1.0f));
    }
    free(c);
}

/* One rank fails where the others go on: they meet its failure in whatever they wait for. */
static void fail_one(dc_peers *peers, void *payload)
{
    rank_case *c = payload;
    float values[10] = { 0 };
    uint32_t n_done = 0;
    c->status = DC_OK;
    for (; n_done < 4 && c->status == DC_OK; n_done++) {
        if (peers->rank == c->failing && n_done == 2)
            c->status = dc_fail(DC_EDIVERGED, "the loss is no longer finite");
        else
            c->status = dc_peers_sum(peers, values, 10);
    }
    c->status = dc_peers_end(peers, c->status);
    snprintf(c->text, sizeof c->text, "%s", dc_message());
    c->values[0] = (float)n_done;
}

static void a_failure_of_one_is_the_failure_of_all(void **state)
{
    (void)state;
    for (uint32_t failing = 0; failing < 3; failing++) {
        rank_case *c = calloc(3, sizeof *c);
        char wanted[100];
        for (uint32_t r = 0; r < 3; r++)
            c[r].failing = failing;
        run_ranks(3, fail_one, c, sizeof *c);
        snprintf(wanted, sizeof wanted, "rank %u: the loss is no longer finite", failing);
        for (uint32_t r = 0; r < 3; r++) {
            assert_int_equal(c[r].status, DC_EDIVERGED);
            assert_string_equal(c[r].text, r == failing ? wanted + 8 : wanted);
            assert_true(c[r].values[0] == 3);
        }
        free(c);
    }
}

/* At the end, too: nobody leaves with a success of which there is none. */
static void fail_last(dc_peers *peers, void *payload)
{
    rank_case *c = payload;
    c->status = dc_peers_end(peers, peers->rank == 0 ? dc_fail(DC_EIO, "the disk is full") : DC_OK);
    c->status = c->status == DC_EIO ? DC_OK : DC_EINPUT;
    assert_true(dc_peers_sum(peers, c->values, 1) < 0); /* it is over */
}

static void the_end_is_told_to_all(void **state)
{
    (void)state;
    rank_case *c = calloc(4, sizeof *c);
    run_ranks(4, fail_last, c, sizeof *c);
    for (uint32_t r = 0; r < 4; r++)
        assert_int_equal(c[r].status, DC_OK);
    free(c);
}

/* A block that no rank of this program sends. */
static void send_nonsense(dc_peers *peers, void *payload)
{
    rank_case *c = payload;
    dc_block all[MAX_RANKS];
    c->status = peers->rank == 1 ? dc_peers_gather(all, peers, "xyz", 3)
                                 : dc_peers_sum(peers, c->values, 8);
    c->status = dc_peers_end(peers, c->status);
}

static void a_block_of_another_size_is_refused(void **state)
{
    (void)state;
    rank_case *c = calloc(2, sizeof *c);
    run_ranks(2, send_nonsense, c, sizeof *c);
    assert_int_equal(c[0].status, DC_ECORRUPT);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_is_the_same_bits_on_all_ranks),
        cmocka_unit_test(all_get_what_rank_0_has_and_rank_0_what_all_have),
        cmocka_unit_test(a_failure_of_one_is_the_failure_of_all),
        cmocka_unit_test(the_end_is_told_to_all),
        cmocka_unit_test(a_block_of_another_size_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
