/* SPDX-License-Identifier: MIT
 *
 * Zip archives by their central directory [APPNOTE 4.3].
 */
#include "zip.h"

#include <string.h>

#define END_BYTES 22u
#define ENTRY_BYTES 46u
#define LOCAL_BYTES 30u
#define MAX_COMMENT 65535u
#define IS_ENCRYPTED 1u
#define STORED 0u
#define DEFLATED 8u

static uint32_t u16(const uint8_t *at)
{
    return (uint32_t)dc_le(at, 2);
}

static uint32_t u32(const uint8_t *at)
{
    return (uint32_t)dc_le(at, 4);
}

static dc_status fail_zip(const char *subject)
{
    return dc_fail(DC_ECORRUPT, "'%s' is no whole zip archive", subject);
}

/* The record at the end, before a comment. */
static const uint8_t *find_end(const uint8_t *zip, uint64_t n)
{
    for (uint64_t back = END_BYTES; back <= n && back <= END_BYTES + MAX_COMMENT; back++)
        if (memcmp(zip + n - back, "PK\5\6", 4) == 0)
            return zip + n - back;
    return NULL;
}

static dc_status open_member(zip_member *out, const uint8_t *zip, uint64_t n, const uint8_t *entry,
                             const char *name, const char *subject, dc_arena *arena)
{
    const uint32_t method = u16(entry + 10), crc = u32(entry + 16);
    const uint64_t n_packed = u32(entry + 20), at = u32(entry + 42);
    uint64_t n_whole = u32(entry + 24);
    if ((u16(entry + 8) & IS_ENCRYPTED) != 0 || (method != STORED && method != DEFLATED) ||
        n_packed == UINT32_MAX || n_whole == UINT32_MAX || at == UINT32_MAX)
        return dc_fail(DC_EUNSUPPORTED, "'%s' in '%s' is encrypted, over 4 GiB or packed by method "
                                        "%u", name, subject, (unsigned)method);
    if (at + LOCAL_BYTES > n || memcmp(zip + at, "PK\3\4", 4) != 0)
        return fail_zip(subject);
    const uint64_t from = at + LOCAL_BYTES + u16(zip + at + 26) + u16(zip + at + 28);
    if (from > n || n_packed > n - from || (method == STORED && n_packed != n_whole))
        return fail_zip(subject);
    out->bytes = zip + from;
    out->n = n_packed;
    if (method == DEFLATED) {
        DC_TRY(dc_expansion_check(n_whole, n, DC_EXPANSION, subject));
        uint8_t *bytes = dc_arena_take(arena, n_whole, 1);
        DC_TRY(arena->status);
        DC_TRY(dc_fail_within(
            dc_inflate(bytes, &out->n, n_whole, zip + from, n_packed, NULL, 0), subject));
        out->bytes = bytes;
    }
    if (out->n != n_whole || dc_crc32(0, out->bytes, out->n) != crc)
        return dc_fail(DC_ECORRUPT, "'%s' in '%s' is damaged", name, subject);
    return DC_OK;
}

dc_status zip_find(zip_member *out, const uint8_t *zip, uint64_t n, const char *name,
                   const char *subject, dc_arena *arena)
{
    const uint8_t *end = find_end(zip, n);
    *out = (zip_member){ NULL, 0 };
    if (end == NULL)
        return fail_zip(subject);
    uint64_t at = u32(end + 16);
    for (uint32_t left = u16(end + 10); left > 0; left--) {
        if (at + ENTRY_BYTES > n || memcmp(zip + at, "PK\1\2", 4) != 0)
            return fail_zip(subject);
        const uint8_t *entry = zip + at;
        const uint64_t n_name = u16(entry + 28);
        at += ENTRY_BYTES + n_name + u16(entry + 30) + u16(entry + 32);
        if (at > n)
            return fail_zip(subject);
        if (n_name == strlen(name) && memcmp(entry + ENTRY_BYTES, name, n_name) == 0)
            return open_member(out, zip, n, entry, name, subject, arena);
    }
    return DC_OK;
}
