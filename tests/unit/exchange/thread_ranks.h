/* SPDX-License-Identifier: MIT
 *
 * Ranks that are threads of this process: the second row of dc_peers, beside MPI's.
 */
#ifndef DCOMP_TESTS_THREAD_RANKS_H
#define DCOMP_TESTS_THREAD_RANKS_H

#include <pthread.h>

#include "test.h"

#include "../src/exchange/peers.h"

#define MAX_RANKS 8u

/* A block on its way. */
typedef struct letter {
    uint8_t *data;
    uint64_t n;
    bool is_failure, is_there;
} letter;

typedef struct post {
    uint32_t n_ranks;
    letter letters[MAX_RANKS][MAX_RANKS]; /* [from][to] */
    pthread_mutex_t lock;
    pthread_cond_t changed;
} post;

typedef struct thread_rank {
    post *post;
    dc_peers peers;
    dc_arena arena;
    void *kept[MAX_RANKS]; /* of what came last */
    void (*run)(dc_peers *peers, void *payload);
    void *payload;
} thread_rank;

static inline bool put_letter(thread_rank *r, uint32_t to, bool is_failure)
{
    letter *l = &r->post->letters[r->peers.rank][to];
    const dc_block *out = &r->peers.out[to];
    if (l->is_there)
        return false;
    *l = (letter){ malloc(out->n + 1), out->n, is_failure, true };
    if (out->n > 0)
        memcpy(l->data, out->data, out->n);
    return true;
}

static inline bool take_letter(thread_rank *r, uint32_t from)
{
    letter *l = &r->post->letters[from][r->peers.rank];
    if (!l->is_there)
        return false;
    free(r->kept[from]);
    r->kept[from] = l->data;
    r->peers.in[from] = (dc_block){ l->data, l->n };
    r->peers.failed[from] = l->is_failure;
    l->is_there = false;
    return true;
}

static inline dc_status thread_swap(dc_peers *peers, bool is_failure)
{
    thread_rank *r = peers->payload;
    bool is_put[MAX_RANKS] = { false }, is_taken[MAX_RANKS] = { false };
    uint32_t n_left = 2 * (peers->n_ranks - 1);
    pthread_mutex_lock(&r->post->lock);
    while (n_left > 0) {
        const uint32_t before = n_left;
        for (uint32_t i = 0; i < peers->n_ranks; i++) {
            if (i == peers->rank)
                continue;
            if (!is_put[i] && put_letter(r, i, is_failure)) {
                is_put[i] = true;
                n_left--;
            }
            if (!is_taken[i] && take_letter(r, i)) {
                is_taken[i] = true;
                n_left--;
            }
        }
        if (n_left < before)
            pthread_cond_broadcast(&r->post->changed);
        else
            pthread_cond_wait(&r->post->changed, &r->post->lock);
    }
    pthread_mutex_unlock(&r->post->lock);
    return DC_OK;
}

static inline void *thread_main(void *payload)
{
    thread_rank *r = payload;
    r->run(&r->peers, r->payload);
    return NULL;
}

/* Calls run(peers, payloads + rank * payload_bytes) for each of n ranks, side by side. */
static inline void run_ranks(uint32_t n, void (*run)(dc_peers *, void *), void *payloads,
                             size_t payload_bytes)
{
    static post office; /* large */
    thread_rank ranks[MAX_RANKS];
    pthread_t threads[MAX_RANKS];
    memset(&office, 0, sizeof office);
    office.n_ranks = n;
    pthread_mutex_init(&office.lock, NULL);
    pthread_cond_init(&office.changed, NULL);
    memset(ranks, 0, sizeof ranks);
    for (uint32_t i = 0; i < n; i++) {
        thread_rank *r = &ranks[i];
        r->post = &office;
        r->run = run;
        r->payload = (char *)payloads + i * payload_bytes;
        r->peers = (dc_peers){ .rank = i, .n_ranks = n, .swap = thread_swap, .payload = r };
        assert_ok(peers_init(&r->peers, &r->arena));
    }
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, thread_main, &ranks[i]), 0);
    for (uint32_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < n; k++)
            free(ranks[i].kept[k]);
        dc_arena_clear(&ranks[i].arena);
    }
}

#endif
