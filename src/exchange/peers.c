/* SPDX-License-Identifier: MIT
 *
 * What ranks do together. Everything is made of swaps, in each of which every rank gives every
 * other one a block: so each rank is at the same swap, and a rank that fails makes its failure the
 * block of the next one. A failure is its status (i32) and its message.
 *
 * A sum: rank r gets part r of everybody's array, adds up, and gives the sums to all. That is two
 * swaps, and as few bytes as can be: 2 (N - 1) / N of the array in each direction.
 */
#include "peers.h"

#include <string.h>

#define MOST_AT_ONCE (UINT64_C(1) << 26) /* bytes of a block that could be any size */
#define N_SUM 1024u                      /* values added up at a time */

dc_status peers_init(dc_peers *peers, dc_arena *arena)
{
    peers->out = dc_arena_take(arena, peers->n_ranks, sizeof *peers->out);
    peers->in = dc_arena_take(arena, peers->n_ranks, sizeof *peers->in);
    peers->failed = dc_arena_take(arena, peers->n_ranks, sizeof *peers->failed);
    return arena->status;
}

static dc_status fail_as(const dc_peers *peers, uint32_t rank)
{
    dc_reader r = dc_reader_over(peers->in[rank].data, peers->in[rank].n, "failure");
    const int32_t code = (int32_t)dc_get_u32(&r);
    const uint64_t n = DC_MIN(dc_reader_left(&r), UINT64_C(400));
    const char *text = (const char *)dc_get_bytes(&r, n);
    const bool is_known = code < 0 && code >= DC_EDIVERGED;
    return dc_fail(is_known ? (dc_status)code : DC_ECORRUPT, "rank %u: %.*s", (unsigned)rank,
                   (int)n, text != NULL ? text : "");
}

/* What is in peers->out goes, what comes is in peers->in. */
static dc_status swap(dc_peers *peers, bool is_failure)
{
    if (peers->is_over)
        return dc_fail(DC_EIO, "the other ranks have ended");
    const dc_status status = peers->swap(peers, is_failure);
    peers->is_over = status < 0 || is_failure;
    DC_TRY(status);
    for (uint32_t i = 0; i < peers->n_ranks; i++) {
        if (i == peers->rank)
            continue;
        peers->n_sent += peers->out[i].n;
        peers->n_received += peers->in[i].n;
        peers->is_over |= peers->failed[i];
    }
    for (uint32_t i = 0; i < peers->n_ranks && !is_failure; i++)
        if (i != peers->rank && peers->failed[i])
            return fail_as(peers, i);
    return DC_OK;
}

static void give_all(dc_peers *peers, const void *data, uint64_t n)
{
    for (uint32_t i = 0; i < peers->n_ranks; i++)
        peers->out[i] = (dc_block){ data, n };
}

static void take_all(dc_block *all, const dc_peers *peers)
{
    memcpy(all, peers->in, peers->n_ranks * sizeof *all);
    all[peers->rank] = peers->out[peers->rank];
}

dc_status dc_peers_gather(dc_block *all, dc_peers *peers, const void *data, uint64_t n)
{
    give_all(peers, data, n);
    DC_TRY(swap(peers, false));
    take_all(all, peers);
    return DC_OK;
}

dc_status dc_peers_collect(dc_block *all, dc_peers *peers, const void *data, uint64_t n)
{
    give_all(peers, NULL, 0);
    peers->out[0] = peers->out[peers->rank] = (dc_block){ data, n };
    DC_TRY(swap(peers, false));
    take_all(all, peers);
    return DC_OK;
}

/* ---- sums ---- */

static dc_status check_size(const dc_peers *peers, uint32_t rank, uint64_t n)
{
    if (peers->in[rank].n != n)
        return dc_fail(DC_ECORRUPT, "rank %u sent %llu bytes, not %llu", (unsigned)rank,
                       (unsigned long long)peers->in[rank].n, (unsigned long long)n);
    return DC_OK;
}

/* Adds the others' parts to this rank's, which is at `mine`. */
static void add_parts(const dc_peers *peers, float *mine, uint64_t n)
{
    float sum[N_SUM];
    for (uint64_t at = 0; at < n; at += N_SUM) {
        const uint64_t n_now = DC_MIN(n - at, (uint64_t)N_SUM);
        for (uint32_t i = 0; i < peers->n_ranks; i++) {
            const float *from = (i == peers->rank ? mine : (const float *)peers->in[i].data) + at;
            if (i == 0)
                memcpy(sum, from, n_now * sizeof *sum);
            for (uint64_t k = 0; i > 0 && k < n_now; k++)
                sum[k] += from[k];
        }
        memcpy(mine + at, sum, n_now * sizeof *sum);
    }
}

static dc_status sum_some(dc_peers *peers, float *values, uint64_t n)
{
    const uint64_t n_ranks = peers->n_ranks;
    float *mine = values + dc_part_start(n, peers->rank, n_ranks);
    const uint64_t n_mine = dc_part_start(n, peers->rank + 1, n_ranks) -
                            dc_part_start(n, peers->rank, n_ranks);
    for (uint32_t i = 0; i < n_ranks; i++) {
        const uint64_t from = dc_part_start(n, i, n_ranks), end = dc_part_start(n, i + 1, n_ranks);
        peers->out[i] = (dc_block){ values + from, (end - from) * sizeof *values };
    }
    DC_TRY(swap(peers, false));
    for (uint32_t i = 0; i < n_ranks; i++)
        if (i != peers->rank)
            DC_TRY(check_size(peers, i, n_mine * sizeof *values));
    add_parts(peers, mine, n_mine);
    give_all(peers, mine, n_mine * sizeof *mine);
    DC_TRY(swap(peers, false));
    for (uint32_t i = 0; i < n_ranks; i++) {
        const uint64_t from = dc_part_start(n, i, n_ranks), end = dc_part_start(n, i + 1, n_ranks);
        if (i == peers->rank)
            continue;
        DC_TRY(check_size(peers, i, (end - from) * sizeof *values));
        if (end > from)
            memcpy(values + from, peers->in[i].data, (end - from) * sizeof *values);
    }
    return DC_OK;
}

dc_status dc_peers_sum(dc_peers *peers, float *values, uint64_t n)
{
    const uint64_t n_most = MOST_AT_ONCE / sizeof *values * peers->n_ranks;
    for (uint64_t at = 0; at < n; at += n_most)
        DC_TRY(sum_some(peers, values + at, DC_MIN(n - at, n_most)));
    return DC_OK;
}

/* ---- from rank 0 to all ---- */

static dc_status share_some(dc_peers *peers, void *data, uint64_t n)
{
    const bool is_giver = peers->rank == 0;
    give_all(peers, is_giver ? data : NULL, is_giver ? n : 0);
    DC_TRY(swap(peers, false));
    if (is_giver)
        return DC_OK;
    DC_TRY(check_size(peers, 0, n));
    memcpy(data, peers->in[0].data, n);
    return DC_OK;
}

dc_status dc_peers_share(dc_peers *peers, void *data, uint64_t n)
{
    for (uint64_t at = 0; at < n; at += MOST_AT_ONCE)
        DC_TRY(share_some(peers, (uint8_t *)data + at, DC_MIN(n - at, MOST_AT_ONCE)));
    return DC_OK;
}

dc_status dc_peers_share_bytes(dc_peers *peers, dc_writer *bytes)
{
    uint64_t n = bytes->size;
    DC_TRY(dc_peers_share(peers, &n, sizeof n));
    if (peers->rank == 0)
        return dc_peers_share(peers, bytes->data, n);
    uint8_t *space = dc_put_space(bytes, n);
    DC_TRY(bytes->status);
    return dc_peers_share(peers, space, n);
}

/* ---- the end ---- */

static void put_failure(dc_writer *w, dc_status status)
{
    dc_put_u32(w, (uint32_t)status);
    dc_put_chars(w, dc_message());
}

dc_status dc_peers_end(dc_peers *peers, dc_status status)
{
    dc_writer failure;
    if (peers->is_over)
        return status;
    dc_writer_init(&failure, 4096);
    if (status < 0)
        put_failure(&failure, status);
    give_all(peers, failure.data, failure.size);
    const dc_status ended = swap(peers, status < 0);
    peers->is_over = true;
    dc_writer_clear(&failure);
    return status < 0 ? status : ended;
}
