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

/* A walk over the members; `entry` is NULL at the end. */
typedef struct walk {
    const uint8_t *zip, *entry;
    uint64_t n, at;
    uint32_t n_left;
    const char *subject;
} walk;

static dc_status begin(walk *w, const uint8_t *zip, uint64_t n, const char *subject)
{
    const uint8_t *end = find_end(zip, n);
    if (end == NULL)
        return fail_zip(subject);
    *w = (walk){ .zip = zip, .n = n, .at = u32(end + 16), .n_left = u16(end + 10),
                 .subject = subject };
    return DC_OK;
}

static dc_status step(walk *w)
{
    w->entry = NULL;
    if (w->n_left == 0)
        return DC_OK;
    if (w->at + ENTRY_BYTES > w->n || memcmp(w->zip + w->at, "PK\1\2", 4) != 0)
        return fail_zip(w->subject);
    const uint8_t *entry = w->zip + w->at;
    w->at += ENTRY_BYTES + (uint64_t)u16(entry + 28) + u16(entry + 30) + u16(entry + 32);
    if (w->at > w->n)
        return fail_zip(w->subject);
    w->n_left--;
    w->entry = entry;
    return DC_OK;
}

static bool is_called(const uint8_t *entry, const char *name)
{
    const size_t n_name = u16(entry + 28);
    return n_name == strlen(name) && memcmp(entry + ENTRY_BYTES, name, n_name) == 0;
}

dc_status zip_find(zip_member *out, const uint8_t *zip, uint64_t n, const char *name,
                   const char *subject, dc_arena *arena)
{
    walk w;
    *out = (zip_member){ NULL, 0 };
    DC_TRY(begin(&w, zip, n, subject));
    do {
        DC_TRY(step(&w));
        if (w.entry != NULL && is_called(w.entry, name))
            return open_member(out, zip, n, w.entry, name, subject, arena);
    } while (w.entry != NULL);
    return DC_OK;
}

dc_status zip_find_other(const char **out, const uint8_t *zip, uint64_t n,
                         const char *const *names, uint32_t n_names, const char *subject,
                         dc_arena *arena)
{
    walk w;
    *out = NULL;
    DC_TRY(begin(&w, zip, n, subject));
    do {
        uint32_t i = 0;
        DC_TRY(step(&w));
        while (w.entry != NULL && i < n_names && !is_called(w.entry, names[i]))
            i++;
        if (w.entry != NULL && i == n_names)
            *out = dc_arena_print(arena, "%.*s", (int)u16(w.entry + 28),
                                  (const char *)w.entry + ENTRY_BYTES);
    } while (w.entry != NULL && *out == NULL);
    return arena->status;
}
