/* SPDX-License-Identifier: MIT
 *
 * zlib: whole gzip streams and CRC-32; and a 64-bit hash of our own.
 *
 * A gzip file may hold several members one after another (RFC 1952 2.2); their contents are
 * joined, and bytes after the last one that start no member are damage. The output grows in a
 * writer whose limit is the caller's, then moves to the arena.
 *
 * The hash takes eight bytes at a time: xor into the state, multiply by an odd constant, fold the
 * high half down; the length goes in last. Good enough to name cache entries; with
 * a secret start also for tables of names that a stranger chose.
 */
#define _DEFAULT_SOURCE /* getrandom */
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>
#include <zlib.h>

#include "dcomp/base.h"

#define STEP_BYTES (UINT64_C(1) << 30) /* zlib counts in 32 bits */

static voidpf zlib_take(voidpf opaque, uInt count, uInt size)
{
    (void)opaque;
    return dc_grow(NULL, count, DC_MAX(size, 1u));
}

static void zlib_release(voidpf opaque, voidpf memory)
{
    (void)opaque;
    dc_release(memory);
}

bool dc_is_gzip(const void *data, uint64_t n)
{
    const uint8_t *bytes = data;
    return n >= 3 && bytes[0] == 0x1f && bytes[1] == 0x8b && bytes[2] == 8;
}

/* One member from the front of [*data, +*n), which moves past it, to `w`. */
static dc_status inflate_member(dc_writer *w, z_stream *z, const uint8_t **data, uint64_t *n)
{
    int result = Z_OK;
    while (result == Z_OK) {
        const uint64_t n_in = DC_MIN(*n, STEP_BYTES);
        const uint64_t left = w->limit_bytes - w->size;
        uint64_t room = DC_MAX(w->capacity - w->size, UINT64_C(64) << 10);
        room = DC_MIN(room, DC_MIN(left, STEP_BYTES));
        if (room == 0)
            room = 1; /* the writer refuses this unless the stream ends here */
        uint8_t spare[1];
        uint8_t *space = left > 0 ? dc_put_space(w, room) : spare;
        DC_TRY(w->status);
        z->next_in = (z_const Bytef *)(uintptr_t)*data;
        z->avail_in = (uInt)n_in;
        z->next_out = space;
        z->avail_out = (uInt)room;
        result = inflate(z, Z_NO_FLUSH);
        const uint64_t n_made = room - z->avail_out;
        *data += n_in - z->avail_in;
        *n -= n_in - z->avail_in;
        if (space != spare)
            w->size -= room - n_made;
        else if (n_made > 0)
            dc_put_space(w, 1);
        DC_TRY(w->status);
    }
    if (result == Z_STREAM_END)
        return DC_OK;
    if (result == Z_MEM_ERROR)
        return DC_ENOMEM;
    return dc_fail(DC_ECORRUPT, "gzip stream %s",
                   result == Z_BUF_ERROR ? "ends early" : "is damaged");
}

static dc_status inflate_all(dc_writer *w, const uint8_t *data, uint64_t n)
{
    z_stream z = { .zalloc = zlib_take, .zfree = zlib_release };
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return dc_fail(DC_ENOMEM, "no memory to inflate");
    dc_status status = DC_OK;
    do {
        status = inflate_member(w, &z, &data, &n);
        if (status == DC_OK && n > 0)
            (void)inflateReset(&z); /* fails on a broken z_stream only */
    } while (status == DC_OK && n > 0);
    inflateEnd(&z);
    return status;
}

dc_status dc_gunzip(uint8_t **out, uint64_t *n_out, const void *data, uint64_t n,
                    uint64_t limit_bytes, dc_arena *arena)
{
    if (!dc_is_gzip(data, n))
        return dc_fail(DC_ECORRUPT, "not a gzip stream");
    dc_writer w;
    dc_writer_init(&w, limit_bytes ? limit_bytes : UINT64_MAX);
    dc_status status = inflate_all(&w, data, n);
    uint8_t *bytes = status == DC_OK ? dc_arena_take(arena, w.size, 1) : NULL;
    if (bytes) {
        if (w.size > 0)
            memcpy(bytes, w.data, (size_t)w.size);
        *out = bytes;
        *n_out = w.size;
    }
    dc_writer_clear(&w);
    return status < 0 ? status : arena->status;
}

uint32_t dc_crc32(uint32_t seed, const void *data, uint64_t n)
{
    const uint8_t *at = data;
    uLong crc = seed;
    for (uint64_t n_now; n > 0; n -= n_now, at += n_now) {
        n_now = DC_MIN(n, STEP_BYTES);
        crc = crc32(crc, at, (uInt)n_now);
    }
    return (uint32_t)crc;
}

static uint64_t mix(uint64_t h)
{
    h *= UINT64_C(0x9fb21c651e98df25);
    return h ^ h >> 32;
}

static uint64_t take_word(uint64_t h, const uint8_t *at, unsigned n_bytes)
{
    uint64_t word = 0;
    for (unsigned k = 0; k < n_bytes; k++)
        word |= (uint64_t)at[k] << (8 * k);
    return mix(h ^ word) + UINT64_C(0x632be59bd9b4e019);
}

uint64_t dc_hash64(uint64_t seed, const void *data, uint64_t n)
{
    const uint8_t *at = data;
    uint64_t h = mix(seed ^ UINT64_C(0x2545f4914f6cdd1d));
    uint64_t left = n;
    for (; left >= 8; left -= 8, at += 8)
        h = take_word(h, at, 8);
    if (left > 0)
        h = take_word(h, at, (unsigned)left);
    return mix(mix(h ^ n));
}

static uint64_t secret;

static void make_secret(void)
{
    if (getrandom(&secret, sizeof secret, GRND_NONBLOCK) != (ssize_t)sizeof secret)
        secret = (uint64_t)(dc_clock_seconds() * 1e9) ^ (uint64_t)(uintptr_t)&secret;
}

uint64_t dc_hash_secret(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_secret);
    return secret;
}
