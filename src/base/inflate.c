/* SPDX-License-Identifier: MIT
 *
 * zlib: whole gzip streams, raw deflate streams with a dictionary, and CRC-32; and a 64-bit hash of
 * our own.
 *
 * A gzip file may hold several members one after another (RFC 1952 2.2); their contents are
 * joined, and bytes after the last one that start no member are damage.
 *
 * The hash takes eight bytes at a time: xor into the state, multiply by an odd constant, fold the
 * high half down; the length goes in last. Good enough to name cache entries; with
 * a secret start also for tables of names that a stranger chose.
 */
#define _DEFAULT_SOURCE /* getrandom */
#include <inttypes.h>
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

typedef struct inflating {
    z_stream z;
    const char *what; /* "gzip stream" */
    const uint8_t *data;
    uint64_t n; /* left of data */
    uint8_t *out;
    uint64_t n_out, capacity;
} inflating;

/* One member from the front of the data. */
static dc_status inflate_member(inflating *f)
{
    int result = Z_OK;
    while (result == Z_OK) {
        uint8_t spare[1]; /* is filled unless the stream ends where the room does */
        const uint64_t left = f->capacity - f->n_out;
        const uint64_t room = left > 0 ? DC_MIN(left, STEP_BYTES) : sizeof spare;
        const uint64_t n_in = DC_MIN(f->n, STEP_BYTES);
        f->z.next_in = (z_const Bytef *)(uintptr_t)f->data;
        f->z.avail_in = (uInt)n_in;
        f->z.next_out = left > 0 ? f->out + f->n_out : spare;
        f->z.avail_out = (uInt)room;
        result = inflate(&f->z, Z_NO_FLUSH);
        const uint64_t n_made = room - f->z.avail_out;
        f->data += n_in - f->z.avail_in;
        f->n -= n_in - f->z.avail_in;
        if (left == 0 && n_made > 0)
            return dc_fail(DC_ELIMIT, "%s of more than %" PRIu64 " bytes", f->what, f->capacity);
        f->n_out += n_made;
    }
    if (result == Z_STREAM_END)
        return DC_OK;
    if (result == Z_MEM_ERROR)
        return DC_ENOMEM;
    return dc_fail(DC_ECORRUPT, "%s %s", f->what,
                   result == Z_BUF_ERROR ? "ends early" : "is damaged");
}

dc_status dc_gunzip(void *out, uint64_t *n_out, uint64_t capacity, const void *data, uint64_t n)
{
    inflating f = { .z = { .zalloc = zlib_take, .zfree = zlib_release }, .what = "gzip stream",
                    .data = data, .n = n, .out = out, .capacity = capacity };
    *n_out = 0;
    if (!dc_is_gzip(data, n))
        return dc_fail(DC_ECORRUPT, "not a gzip stream");
    if (inflateInit2(&f.z, 16 + MAX_WBITS) != Z_OK)
        return dc_fail_within(DC_ENOMEM, "inflate");
    dc_status status = DC_OK;
    do {
        status = inflate_member(&f);
        if (status == DC_OK && f.n > 0)
            (void)inflateReset(&f.z); /* fails on a broken z_stream only */
    } while (status == DC_OK && f.n > 0);
    inflateEnd(&f.z);
    *n_out = f.n_out;
    return status;
}

dc_status dc_inflate(void *out, uint64_t *n_out, uint64_t capacity, const void *data, uint64_t n,
                     const void *dictionary, uint32_t n_dictionary)
{
    inflating f = { .z = { .zalloc = zlib_take, .zfree = zlib_release }, .what = "deflate stream",
                    .data = data, .n = n, .out = out, .capacity = capacity };
    *n_out = 0;
    if (inflateInit2(&f.z, -MAX_WBITS) != Z_OK)
        return dc_fail_within(DC_ENOMEM, "inflate");
    dc_status status = DC_OK;
    if (inflateSetDictionary(&f.z, dictionary, n_dictionary) != Z_OK) /* the window has no room */
        status = dc_fail_within(DC_ENOMEM, "inflate");
    if (status == DC_OK)
        status = inflate_member(&f);
    if (status == DC_OK && f.n > 0)
        status = dc_fail(DC_ECORRUPT, "%" PRIu64 " bytes after the deflate stream", f.n);
    inflateEnd(&f.z);
    *n_out = f.n_out;
    return status;
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
