/* SPDX-License-Identifier: MIT
 *
 * A binary range coder (Martin 1979): an interval of 32 bits is cut in two in the ratio of the two
 * probabilities, one part is kept, and whole bytes leave as soon as they are settled. A carry goes
 * back into the bytes that are written. One text counts, encodes and decodes: which, is known when
 * it is compiled.
 *
 * The end is the number within the interval that has the fewest bytes, so a run of decisions has
 * one form, and the reader, which knows the interval too, refuses any other. The bytes are
 * specified in docs/format_levels.md.
 */
#ifndef DCOMP_ENTROPY_RANGE_CODER_H
#define DCOMP_ENTROPY_RANGE_CODER_H

#include "dcomp/base.h"
#include "le64.h"

#define PROB_BITS 16u /* of a probability */
#define PROB_ONE (1u << PROB_BITS)
#define RANGE_BYTES 4u
#define RANGE_LEAST (1u << 24) /* below it a byte leaves */

typedef enum range_way { RANGE_COUNTS, RANGE_ENCODES, RANGE_DECODES } range_way;

typedef struct range_coder {
    uint32_t low;        /* of the interval; when decoding: the value of the stream less that */
    uint32_t range;      /* of the interval                                                   */
    uint64_t n_bytes;    /* that were counted, written or read                                */
    dc_writer *out;      /* encoding: borrowed; empty at first                                */
    const uint8_t *data; /* decoding: borrowed, of `size` bytes; zeros follow them            */
    uint64_t size;
} range_coder;

/* `out` has nothing in it yet, and is NULL for a coder that counts. */
static inline void range_begin(range_coder *c, dc_writer *out)
{
    *c = (range_coder){ .range = UINT32_MAX, .out = out };
}

static ALWAYS_INLINE uint32_t range_next_byte(range_coder *c)
{
    const uint64_t at = c->n_bytes++;
    return at < c->size ? c->data[at] : 0;
}

static inline void range_begin_decode(range_coder *c, const uint8_t *data, uint64_t size)
{
    *c = (range_coder){ .range = UINT32_MAX, .data = data, .size = size };
    for (unsigned i = 0; i < RANGE_BYTES; i++)
        c->low = c->low << 8 | range_next_byte(c);
}

/* One more in the number that was written; it never passes the first byte. */
static inline void range_carry(dc_writer *out)
{
    for (uint64_t at = out->size; at > 0 && ++out->data[at - 1] == 0; at--)
        ;
}

/* Whether the next bit, which is 1 with probability p / PROB_ONE, 0 < p < PROB_ONE, is a 1. */
static ALWAYS_INLINE bool range_is_one(const range_coder *c, uint32_t p)
{
    return c->low < (c->range >> PROB_BITS) * p;
}

/* Goes past a bit that is known. */
static ALWAYS_INLINE void range_pass(range_coder *c, uint32_t p, unsigned bit, const range_way way)
{
    const uint32_t part = (c->range >> PROB_BITS) * p;
    const uint32_t mask = 0u - bit; /* all ones for a 1: what is not known is no branch */
    const uint32_t moved = part & ~mask;
    if (way == RANGE_ENCODES && c->low + moved < c->low)
        range_carry(c->out);
    c->low = way == RANGE_DECODES ? c->low - moved : c->low + moved;
    c->range = (part & mask) | ((c->range - part) & ~mask);
    while (c->range < RANGE_LEAST) {
        if (way == RANGE_ENCODES)
            dc_put_u8(c->out, (uint8_t)(c->low >> 24));
        if (way == RANGE_COUNTS)
            c->n_bytes++;
        c->low = c->low << 8;
        if (way == RANGE_DECODES)
            c->low |= range_next_byte(c);
        c->range <<= 8;
    }
}

/* A bit that is 1 with that probability; it is not looked at when it is decoded. Returns it. */
static ALWAYS_INLINE unsigned range_code(range_coder *c, uint32_t p, unsigned bit,
                                         const range_way way)
{
    if (way == RANGE_DECODES)
        bit = range_is_one(c, p);
    range_pass(c, p, bit, way);
    return bit;
}

/* Bits that are as often 0 as 1, the highest first. */
static ALWAYS_INLINE uint32_t range_code_bits(range_coder *c, uint32_t value, unsigned n_bits,
                                              const range_way way)
{
    uint32_t result = 0;
    for (unsigned i = n_bits; i-- > 0;)
        result = result << 1 | range_code(c, PROB_ONE / 2, value >> i & 1, way);
    return result;
}

/* The least number from `low` on that has only `*n_bytes` bytes, as few as leave it in the
 * interval. */
static inline uint64_t range_last_value(uint32_t low, uint32_t range, unsigned *n_bytes)
{
    for (unsigned n = 0;; n++) {
        const uint64_t rest = n < RANGE_BYTES ? UINT32_MAX >> 8 * n : 0;
        const uint64_t value = (low + rest) & ~rest;
        if (value - low < range) {
            *n_bytes = n;
            return value;
        }
    }
}

static inline void range_end(range_coder *c, const range_way way)
{
    unsigned n;
    uint64_t value = range_last_value(c->low, c->range, &n);
    if (way == RANGE_COUNTS) {
        c->n_bytes += n;
        return;
    }
    if (value > UINT32_MAX)
        range_carry(c->out);
    for (; n > 0; n--, value <<= 8)
        dc_put_u8(c->out, (uint8_t)(value >> 24));
}

/* More bytes were asked for than any stream with these bytes can need. */
static inline bool range_is_past_end(const range_coder *c)
{
    return c->n_bytes > c->size + RANGE_BYTES;
}

/* Whether the bytes are those, all of them and no more, that the decisions are written with. */
static inline bool range_is_at_end(const range_coder *c)
{
    uint32_t window = 0; /* what was read last */
    unsigned n;
    for (uint64_t at = c->n_bytes - RANGE_BYTES; at < c->n_bytes; at++)
        window = window << 8 | (at < c->size ? c->data[at] : 0u);
    const uint32_t low = window - c->low;
    const uint64_t value = range_last_value(low, c->range, &n);
    return (uint32_t)value == window && c->n_bytes - RANGE_BYTES + n == c->size;
}

#endif
