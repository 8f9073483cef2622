/* SPDX-License-Identifier: MIT
 *
 * The dictionary, and deflate of our own: zlib's output is not the same in every version and build
 * of it, and for a few dozen bytes every bit counts. One block of the fixed code [RFC 1951, 3.2.6],
 * its matches chosen so that the whole takes the fewest bits: from the end to the beginning, what
 * the rest costs if it begins here with a literal, or with a match of each length, at the smallest
 * distance at which there is one.
 */
#include "deflate.h"

#include <assert.h>
#include <string.h>

#include "chunk.h"

/* A constant of the format: what GRPHs often hold, the likeliest last, where it is near. */
static const uint8_t dictionary[] = {
    /* pictures of ImageNet, with means and scales that many networks have */
    0xca, 0x03, 0xe0, 0x01, 0xe0, 0x01, 0x80, 0x02, 0x48, 0xe1, 0xcf, 0x42, 0x96, 0x43, 0x8b, 0x3c,
    0x5c, 0x8f, 0xe8, 0x42, 0x96, 0x43, 0x8b, 0x3c, 0x29, 0x5c, 0xf7, 0x42, 0x96, 0x43, 0x8b, 0x3c,
    0xc9, 0x03, 0xe3, 0x01, 0xe3, 0x01, 0x80, 0x02, 0x00, 0x00, 0xd0, 0x42, 0x00, 0x00, 0x80, 0x3f,
    0x00, 0x00, 0xea, 0x42, 0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0xf6, 0x42, 0x00, 0x00, 0x80, 0x3f,
    0xc2, 0x03, 0xe0, 0x01, 0xe0, 0x01, 0x80, 0x02, 0x9a, 0x59, 0xf7, 0x42, 0x36, 0x49, 0x8c, 0x3c,
    0x5c, 0x8f, 0xe8, 0x42, 0xd9, 0x6a, 0x8f, 0x3c, 0x5c, 0x0f, 0xcf, 0x42, 0xab, 0xc7, 0x8e, 0x3c,
    /* pool, fire modules */
    0x83, 0x21, 0x06, 0x23, 0x04, 0x8d, 0x02, 0x81, 0x80, 0x20, 0x05, 0x81, 0x80, 0x80, 0x01, 0x05,
    0xc1, 0x01, 0x03, 0x00, 0x80, 0x01, 0x21, 0x06, 0xe5, 0x02, 0x05, 0x49, 0x02, 0x03, 0x01, 0x81,
    0x80,
    /* convolutions of 3 x 3, pool of 2 x 2 */
    0x81, 0x00, 0x80, 0x01, 0x21, 0x06, 0xe5, 0x02, 0x05, 0x83, 0xe1, 0x04, 0x81, 0x00, 0x80, 0x02,
    0x21, 0x06, 0xe5, 0x02, 0x05,
    /* pool, residual blocks */
    0x83, 0x21, 0x06, 0x23, 0x04, 0xe5, 0x02, 0x4a, 0x02, 0x01, 0x06, 0x05, 0xc1, 0x01, 0x06, 0x00,
    0x80, 0x02, 0x23, 0x04, 0x8c, 0x00, 0x06, 0x4a, 0x02, 0x03, 0x01, 0x05, 0x81, 0x00, 0x80, 0x02,
    0x21, 0x06, 0x65, 0x02, 0x8c, 0x00, 0x06, 0x05, 0x81, 0x00,
    /* depthwise convolutions and batch norms */
    0x80, 0x01, 0x21, 0x06, 0x23, 0x04, 0x65, 0x02, 0x0b, 0x80, 0x01, 0x8c, 0x00, 0x86, 0x93, 0x01,
    0xfc, 0xa9, 0xf1, 0xd2, 0x4d, 0x62, 0x50, 0x3f, 0x0e, 0x81, 0x00, 0x80, 0x01, 0x8c, 0x00, 0x06,
    0x05, 0x81, 0x00, 0x80, 0x01, 0x21, 0x06, 0x65, 0x02, 0x0b, 0x80, 0x01, 0x8c, 0x00, 0x06, 0x05,
    0x81, 0x00, 0x8c, 0x00, 0x06, 0x05, 0x81, 0x00, 0x80, 0x01, 0x8c, 0x00, 0x06, 0x05,
    /* last layers */
    0x82, 0x80, 0x80, 0x40, 0x05, 0x08, 0x82, 0x80, 0x80, 0x40, 0x05, 0x08, 0x82, 0x80, 0xd0, 0x0f,
    0x00, 0x81, 0x00, 0xd0, 0x0f, 0xe5, 0x02, 0x05, 0x0d, 0x00, 0x82, 0x80, 0xd0, 0x0f, 0x05, 0x0d,
    0x82, 0x80, 0xd0, 0x0f, 0x0d, 0x00,
    /* colour pictures of 32 x 32 */
    0x00, 0x03, 0x20, 0x20, 0x40, 0x01, 0x20, 0x20,
    /* LeNet-300-100 */
    0x50, 0x01, 0x1c, 0x1c, 0x00, 0x00, 0x80, 0x3b, 0x05, 0x82, 0x80, 0xd8, 0x04, 0x05, 0x82, 0x80,
    0xc8, 0x01, 0x05, 0x82, 0x80, 0x14, 0x00,
    /* LeNet-5, without biases of convolutions and with them */
    0x07, 0x81, 0x00, 0x28, 0x21, 0x0a, 0x8c, 0x00, 0x83, 0xe1, 0x04, 0x81, 0x00, 0x64, 0x21, 0x0a,
    0x8c, 0x00, 0x83, 0xe1, 0x04, 0x82, 0x80, 0xe8, 0x07, 0x05, 0x82, 0x80, 0x14, 0x00, 0x8c, 0x00,
    0x00, 0x50, 0x01, 0x1c, 0x1c, 0x00, 0x00, 0x80, 0x3b, 0x07, 0x81, 0x00, 0x28, 0xa1, 0x0a, 0x83,
    0xe1, 0x04, 0x81, 0x00, 0x64, 0xa1, 0x0a, 0x83, 0xe1, 0x04, 0x82, 0x80, 0xe8, 0x07, 0x05, 0x82,
    0x80, 0x14, 0x00,
};

#define DICTIONARY_BYTES ((uint32_t)sizeof dictionary)
static_assert(sizeof dictionary + DC_MAX_DEFLATED_BYTES <= 32768, "all is within the window");

#define MIN_MATCH 3u
#define MAX_MATCH 258u
#define END_OF_BLOCK 256u
#define FIRST_LENGTH 257u
#define FIRST_NINE_BIT_LITERAL 144u
#define FIRST_EIGHT_BIT_LENGTH 280u
#define DISTANCE_BITS 5u

/* ---- lengths and distances as symbols and further bits --------------------------------------- */

static const uint16_t lengths[] = { 3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const uint16_t distances[] = { 1,    2,    3,    4,    5,    7,     9,    13,  17,  25,
                                      33,   49,   65,   97,   129,  193,   257,  385, 513, 769,
                                      1025, 1537, 2049, 3073, 4097, 6145,  8193, 12289 };

/* The last symbol whose first value is not over `value`. */
static unsigned symbol_of(const uint16_t *firsts, unsigned n, uint32_t value)
{
    while (firsts[n - 1] > value)
        n--;
    return n - 1;
}

static unsigned length_symbol(uint32_t length)
{
    return symbol_of(lengths, DC_COUNT_OF(lengths), length);
}

static unsigned distance_symbol(uint32_t distance)
{
    return symbol_of(distances, DC_COUNT_OF(distances), distance);
}

static unsigned length_more_bits(unsigned symbol)
{
    return symbol < 8 || symbol == DC_COUNT_OF(lengths) - 1 ? 0 : symbol / 4 - 1;
}

static unsigned distance_more_bits(unsigned symbol)
{
    return symbol < 4 ? 0 : symbol / 2 - 1;
}

static unsigned literal_bits(uint32_t symbol)
{
    return symbol < FIRST_NINE_BIT_LITERAL ? 8 : symbol < END_OF_BLOCK ? 9
           : symbol < FIRST_EIGHT_BIT_LENGTH ? 7 : 8;
}

static uint32_t match_bits(uint32_t length, uint32_t distance)
{
    const unsigned l = length_symbol(length), d = distance_symbol(distance);
    return literal_bits(FIRST_LENGTH + l) + length_more_bits(l) + DISTANCE_BITS +
           distance_more_bits(d);
}

/* ---- choosing matches ------------------------------------------------------------------------ */

typedef struct step {
    uint32_t bits;             /* of all that is left, from here on */
    uint16_t length, distance; /* length 1: a literal               */
} step;

typedef struct deflating {
    uint8_t bytes[sizeof dictionary + DC_MAX_DEFLATED_BYTES];
    step steps[DC_MAX_DEFLATED_BYTES + 1];
    uint32_t n; /* bytes after the dictionary */
} deflating;

static uint32_t match_at(const deflating *d, uint32_t at, uint32_t distance)
{
    const uint8_t *bytes = d->bytes + DICTIONARY_BYTES + at;
    const uint32_t most = DC_MIN(d->n - at, MAX_MATCH);
    uint32_t n = 0;
    while (n < most && bytes[n] == *(bytes + n - distance))
        n++;
    return n;
}

static void choose_step(deflating *d, uint32_t at)
{
    const uint8_t literal = d->bytes[DICTIONARY_BYTES + at];
    step best = { literal_bits(literal) + d->steps[at + 1].bits, 1, 0 };
    uint32_t longest = MIN_MATCH - 1;
    for (uint32_t distance = 1; distance <= DICTIONARY_BYTES + at; distance++) {
        const uint32_t length = match_at(d, at, distance);
        while (longest < length) {
            longest++;
            const uint32_t bits = match_bits(longest, distance) + d->steps[at + longest].bits;
            if (bits < best.bits)
                best = (step){ bits, (uint16_t)longest, (uint16_t)distance };
        }
    }
    d->steps[at] = best;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Code words stand with their most significant bit first. */
static void put_word(dc_bit_writer *b, uint32_t word, unsigned n_bits)
{
    while (n_bits-- > 0)
        dc_put_bits(b, word >> n_bits & 1u, 1);
}

static void put_symbol(dc_bit_writer *b, uint32_t symbol)
{
    const uint32_t word = symbol < FIRST_NINE_BIT_LITERAL ? 0x30u + symbol
                          : symbol < END_OF_BLOCK ? 0x190u + symbol - FIRST_NINE_BIT_LITERAL
                          : symbol < FIRST_EIGHT_BIT_LENGTH
                              ? symbol - END_OF_BLOCK
                              : 0xc0u + symbol - FIRST_EIGHT_BIT_LENGTH;
    put_word(b, word, literal_bits(symbol));
}

static void put_match(dc_bit_writer *b, const step *s)
{
    const unsigned length = length_symbol(s->length), distance = distance_symbol(s->distance);
    put_symbol(b, FIRST_LENGTH + length);
    dc_put_bits(b, s->length - lengths[length], length_more_bits(length));
    put_word(b, distance, DISTANCE_BITS);
    dc_put_bits(b, s->distance - distances[distance], distance_more_bits(distance));
}

void dc_graph_deflate(dc_writer *w, const uint8_t *graph, uint64_t n)
{
    dc_bit_writer b;
    deflating *d = dc_grow(NULL, 1, sizeof *d);
    assert(n <= DC_MAX_DEFLATED_BYTES);
    if (d == NULL) {
        w->status = w->status < 0 ? w->status : DC_ENOMEM;
        return;
    }
    memcpy(d->bytes, dictionary, sizeof dictionary);
    memcpy(d->bytes + sizeof dictionary, graph, (size_t)n);
    d->n = (uint32_t)n;
    d->steps[n] = (step){ .bits = literal_bits(END_OF_BLOCK) };
    for (uint32_t at = d->n; at-- > 0;)
        choose_step(d, at);
    dc_bit_writer_init(&b, w);
    dc_put_bits(&b, 1, 1); /* the last block */
    dc_put_bits(&b, 1, 2); /* of the fixed code */
    for (uint32_t at = 0; at < d->n; at += d->steps[at].length)
        if (d->steps[at].length == 1)
            put_symbol(&b, d->bytes[DICTIONARY_BYTES + at]);
        else
            put_match(&b, &d->steps[at]);
    put_symbol(&b, END_OF_BLOCK);
    dc_put_bits_end(&b);
    dc_release(d);
}

dc_status dc_graph_inflate(uint8_t *graph, uint64_t *n_graph, uint64_t capacity,
                           const uint8_t *data, uint64_t n)
{
    const dc_status status =
        dc_inflate(graph, n_graph, capacity, data, n, dictionary, DICTIONARY_BYTES);
    return status == DC_ELIMIT ? dc_fail(DC_ECORRUPT, "%s", dc_message()) : status;
}
