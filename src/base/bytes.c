/* SPDX-License-Identifier: MIT
 *
 * Sticky little-endian reader and writer. Every get goes through dc_get_bytes and every put
 * through dc_put_space, which alone check bounds and limits; bytes are put together by shifts, so
 * neither alignment nor the byte order of the machine matters.
 */
#include <inttypes.h>
#include <string.h>

#include "dcomp/base.h"

/* ---- reader ---- */

dc_reader dc_reader_over(const void *data, uint64_t size, const char *subject)
{
    return (dc_reader){ .data = data, .size = size, .subject = subject };
}

uint64_t dc_reader_left(const dc_reader *r)
{
    return r->size - r->pos;
}

dc_status dc_reader_fail(dc_reader *r, dc_status code, const char *format, ...)
{
    if (r->status < 0)
        return r->status;
    char cause[400];
    va_list args;
    va_start(args, format);
    dc_vprint(cause, sizeof cause, format, args);
    va_end(args);
    r->status = dc_fail(code, "%s in '%s' at byte %" PRIu64, cause,
                        r->subject ? r->subject : "bytes", r->origin + r->pos);
    return r->status;
}

const uint8_t *dc_get_bytes(dc_reader *r, uint64_t n)
{
    static const uint8_t nothing[1] = { 0 };
    if (r->status < 0)
        return NULL;
    if (n > dc_reader_left(r)) {
        dc_reader_fail(r, DC_ECORRUPT, "%" PRIu64 " bytes needed, %" PRIu64 " left", n,
                       dc_reader_left(r));
        return NULL;
    }
    const uint8_t *at = r->data ? r->data + r->pos : nothing;
    r->pos += n;
    return at;
}

static uint64_t get_little(dc_reader *r, unsigned n_bytes)
{
    const uint8_t *at = dc_get_bytes(r, n_bytes);
    uint64_t value = 0;
    for (unsigned i = 0; at && i < n_bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

uint8_t dc_get_u8(dc_reader *r)
{
    return (uint8_t)get_little(r, 1);
}

uint16_t dc_get_u16(dc_reader *r)
{
    return (uint16_t)get_little(r, 2);
}

uint32_t dc_get_u32(dc_reader *r)
{
    return (uint32_t)get_little(r, 4);
}

uint32_t dc_get_u32_be(dc_reader *r)
{
    const uint32_t v = dc_get_u32(r);
    return v >> 24 | (v >> 8 & 0xff00u) | (v << 8 & 0xff0000u) | v << 24;
}

uint64_t dc_get_u64(dc_reader *r)
{
    return get_little(r, 8);
}

float dc_get_f32(dc_reader *r)
{
    const uint32_t bits = dc_get_u32(r);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void dc_get_f32s(dc_reader *r, float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = dc_get_f32(r);
}

double dc_get_f64(dc_reader *r)
{
    const uint64_t bits = dc_get_u64(r);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint64_t dc_get_varint(dc_reader *r, uint64_t limit)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        const uint8_t byte = dc_get_u8(r);
        if (r->status < 0)
            return 0;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        if (byte == 0 && shift > 0)
            dc_reader_fail(r, DC_ECORRUPT, "number is not in its shortest form");
        else if (value > limit)
            dc_reader_fail(r, DC_ECORRUPT, "%" PRIu64 " is over the limit of %" PRIu64, value,
                           limit);
        return r->status < 0 ? 0 : value;
    }
    dc_reader_fail(r, DC_ECORRUPT, "number is longer than 64 bits");
    return 0;
}

dc_reader dc_get_part(dc_reader *r, uint64_t n, const char *subject)
{
    dc_reader part = { .subject = subject, .origin = r->origin + r->pos };
    part.data = dc_get_bytes(r, n);
    part.size = part.data ? n : 0;
    part.status = r->status;
    return part;
}

const char *dc_get_text(dc_reader *r, uint64_t limit, dc_arena *arena)
{
    const uint64_t n = dc_get_varint(r, DC_MIN(limit, UINT64_MAX - 1));
    const uint8_t *bytes = dc_get_bytes(r, n);
    if (!bytes)
        return "";
    if (!dc_utf8_is_valid(bytes, n)) {
        r->pos -= n;
        dc_reader_fail(r, DC_ECORRUPT, "text is not UTF-8");
        return "";
    }
    char *text = dc_arena_take(arena, n + 1, 1);
    if (!text) {
        r->status = arena->status;
        return "";
    }
    memcpy(text, bytes, (size_t)n);
    return text;
}

/* ---- writer ---- */

void dc_writer_init(dc_writer *w, uint64_t limit_bytes)
{
    *w = (dc_writer){ .limit_bytes = limit_bytes };
}

void dc_writer_clear(dc_writer *w)
{
    dc_release(w->data);
    dc_writer_init(w, w->limit_bytes);
}

uint8_t *dc_put_space(dc_writer *w, uint64_t n)
{
    if (w->status < 0)
        return NULL;
    if (n > w->limit_bytes - w->size) {
        w->status = dc_fail(DC_ELIMIT, "output is larger than the limit of %" PRIu64 " bytes",
                            w->limit_bytes);
        return NULL;
    }
    if (!w->data || n > w->capacity - w->size) {
        const uint64_t wanted = DC_MAX(w->size + n, DC_MAX(2 * w->capacity, UINT64_C(256)));
        const uint64_t capacity = DC_MAX(DC_MIN(wanted, w->limit_bytes), w->size + n);
        uint8_t *data = dc_grow(w->data, capacity, 1);
        if (!data) {
            w->status = DC_ENOMEM;
            return NULL;
        }
        w->data = data;
        w->capacity = capacity;
    }
    uint8_t *at = w->data + w->size;
    w->size += n;
    return at;
}

static void put_little(dc_writer *w, uint64_t value, unsigned n_bytes)
{
    uint8_t *at = dc_put_space(w, n_bytes);
    for (unsigned i = 0; at && i < n_bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

void dc_put_u8(dc_writer *w, uint8_t value)
{
    put_little(w, value, 1);
}

void dc_put_u16(dc_writer *w, uint16_t value)
{
    put_little(w, value, 2);
}

void dc_put_u32(dc_writer *w, uint32_t value)
{
    put_little(w, value, 4);
}

void dc_put_u64(dc_writer *w, uint64_t value)
{
    put_little(w, value, 8);
}

void dc_put_f32(dc_writer *w, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    dc_put_u32(w, bits);
}

void dc_put_f32s(dc_writer *w, const float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        dc_put_f32(w, values[i]);
}

void dc_put_f64(dc_writer *w, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    dc_put_u64(w, bits);
}

void dc_put_varint(dc_writer *w, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        dc_put_u8(w, (uint8_t)(value | 0x80));
    dc_put_u8(w, (uint8_t)value);
}

unsigned dc_varint_bytes(uint64_t value)
{
    unsigned n = 1;
    for (; value >= 0x80; value >>= 7)
        n++;
    return n;
}

void dc_put_bytes(dc_writer *w, const void *data, uint64_t n)
{
    uint8_t *at = dc_put_space(w, n);
    if (at && n > 0)
        memcpy(at, data, (size_t)n);
}

void dc_put_chars(dc_writer *w, const char *text)
{
    dc_put_bytes(w, text, strlen(text));
}

void dc_put_text(dc_writer *w, const char *text)
{
    const size_t n = strlen(text);
    dc_put_varint(w, n);
    dc_put_bytes(w, text, n);
}
