/* SPDX-License-Identifier: MIT
 *
 * Few values among many, as gaps and halfs, by the range coder. A decision is foretold by a counter
 * that begins at even odds and moves by 1 / (n + 3/2) of what it was wrong by, n up to 60.
 *
 * A gap g (places passed over) is the number of bits of g + 1, by a tree of counters, then the bits
 * behind the highest one, of which the first two are foretold within that number of bits. Of a half
 * the sign is foretold by the sign before and by how wide the gap was, since gradients of one
 * output of a layer often agree; the exponent by a tree; two bits of the fraction by the exponent's
 * place below the largest, as values near the threshold crowd; the other eight are as they are.
 */
#include "dcomp/entropy.h"
#include "range_coder.h"

#define GAP_CLASSES 32u
#define EXPONENTS 32u
#define N_NEAR 8u   /* widths of gaps that tell signs apart  */
#define N_BELOW 4u  /* exponents that tell fractions apart   */
#define SEEN_MOST 60u
#define FRACTION_BITS 10u
#define FORETOLD_BITS 2u

typedef struct counter {
    uint16_t p; /* of a 1, of PROB_ONE; 0: even odds */
    uint8_t n_seen;
} counter;

typedef struct sparse {
    range_coder coder;
    counter classes[GAP_CLASSES], gap_bits[GAP_CLASSES][1u << FORETOLD_BITS];
    counter signs[2][N_NEAR], exponents[EXPONENTS];
    counter fractions[N_BELOW][1u << FORETOLD_BITS];
    unsigned last_sign, top; /* the largest exponent so far */
} sparse;

static ALWAYS_INLINE unsigned code(sparse *s, counter *c, unsigned bit, const range_way way)
{
    const uint32_t p = c->n_seen == 0 ? PROB_ONE / 2 : c->p;
    bit = range_code(&s->coder, p, bit, way);
    const int32_t wrong = (bit != 0 ? (int32_t)PROB_ONE : 0) - (int32_t)p;
    const int32_t moved = (int32_t)p + wrong * 2 / (2 * c->n_seen + 3);
    c->p = (uint16_t)DC_MIN(DC_MAX(moved, 64), (int32_t)PROB_ONE - 64);
    c->n_seen = (uint8_t)DC_MIN(c->n_seen + 1u, SEEN_MOST);
    return bit;
}

/* `n_bits` of value by a tree of 2^n_bits counters, the highest first. */
static ALWAYS_INLINE uint32_t code_tree(sparse *s, counter *tree, uint32_t value, unsigned n_bits,
                                        const range_way way)
{
    uint32_t node = 1;
    for (unsigned i = n_bits; i-- > 0;)
        node = node << 1 | code(s, &tree[node], value >> i & 1, way);
    return node - (1u << n_bits);
}

/* The low n_bits of value, the first of them foretold. */
static ALWAYS_INLINE uint32_t code_rest(sparse *s, counter *tree, uint32_t value, unsigned n_bits,
                                        const range_way way)
{
    const unsigned n_told = DC_MIN(n_bits, FORETOLD_BITS), n_plain = n_bits - n_told;
    const uint32_t high = code_tree(s, tree, value >> n_plain & ((1u << n_told) - 1), n_told, way);
    return high << n_plain | range_code_bits(&s->coder, value, n_plain, way);
}

static unsigned class_of(uint64_t x) /* from 1 on */
{
    unsigned n = 0;
    while (x >> n > 1)
        n++;
    return n;
}

/* Places passed over; *class tells how wide that is. */
static ALWAYS_INLINE uint64_t code_gap(sparse *s, unsigned *class, uint64_t gap,
                                       const range_way way)
{
    const unsigned known = way == RANGE_DECODES ? 0 : class_of(gap + 1);
    const unsigned c = code_tree(s, s->classes, known, 5, way);
    *class = c;
    return (UINT64_C(1) << c) + code_rest(s, s->gap_bits[c], (uint32_t)(gap + 1), c, way) - 1;
}

static ALWAYS_INLINE uint16_t code_half(sparse *s, unsigned class, uint16_t half,
                                        const range_way way)
{
    const unsigned near = DC_MIN(class / 2, N_NEAR - 1);
    const unsigned sign = code(s, &s->signs[s->last_sign][near], half >> 15, way);
    const unsigned exponent =
        code_tree(s, s->exponents, half >> FRACTION_BITS & (EXPONENTS - 1), 5, way);
    s->top = DC_MAX(s->top, exponent);
    const unsigned below = DC_MIN(s->top - exponent, N_BELOW - 1);
    const uint32_t fraction = code_rest(s, s->fractions[below], half, FRACTION_BITS, way);
    s->last_sign = sign;
    return (uint16_t)(sign << 15 | exponent << FRACTION_BITS |
                      (fraction & ((1u << FRACTION_BITS) - 1)));
}

/* ---- both ways ---- */

void dc_sparse_encode(dc_writer *w, const dc_sparse_part *parts, uint32_t n_parts)
{
    sparse s = { .top = 0 };
    dc_writer out;
    dc_writer_init(&out, w->limit_bytes);
    range_begin(&s.coder, &out);
    for (uint32_t i = 0; i < n_parts; i++) {
        uint64_t next = 0;
        for (uint32_t k = 0; k < parts[i].n_values && out.status == DC_OK; k++) {
            unsigned class;
            code_gap(&s, &class, parts[i].at[k] - next, RANGE_ENCODES);
            code_half(&s, class, parts[i].halfs[k], RANGE_ENCODES);
            next = (uint64_t)parts[i].at[k] + 1;
        }
    }
    range_end(&s.coder, RANGE_ENCODES);
    dc_put_bytes(w, out.data, out.size);
    if (out.status < 0)
        w->status = out.status;
    dc_writer_clear(&out);
}

static dc_status decode_part(sparse *s, const dc_sparse_part *part)
{
    uint64_t next = 0;
    for (uint32_t k = 0; k < part->n_values; k++) {
        unsigned class;
        const uint64_t at = next + code_gap(s, &class, 0, RANGE_DECODES);
        const uint16_t half = code_half(s, class, 0, RANGE_DECODES);
        if (at >= part->n || range_is_past_end(&s->coder))
            return dc_fail(DC_ECORRUPT, "sparse values: a place outside");
        if ((half >> FRACTION_BITS & (EXPONENTS - 1)) == EXPONENTS - 1)
            return dc_fail(DC_ECORRUPT, "sparse values: a value that is not finite");
        part->at[k] = (uint32_t)at;
        part->halfs[k] = half;
        next = at + 1;
    }
    return DC_OK;
}

dc_status dc_sparse_decode(const dc_sparse_part *parts, uint32_t n_parts, const uint8_t *data,
                           uint64_t size)
{
    sparse s = { .top = 0 };
    range_begin_decode(&s.coder, data, size);
    for (uint32_t i = 0; i < n_parts; i++)
        DC_TRY(decode_part(&s, &parts[i]));
    if (!range_is_at_end(&s.coder))
        return dc_fail(DC_ECORRUPT, "sparse values: bytes are left, or missing");
    return DC_OK;
}
