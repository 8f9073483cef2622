/* SPDX-License-Identifier: MIT
 *
 * Shared values are few and often float32, so in a layer of 256 of them the codebook is a
 * kilobyte. In rising order most of that is known: the numbers become integers in the same order,
 * and only the gaps between them are stored, each by an exp-Golomb code of order k:
 *
 *     d = gap - 1, q = (d >> k) + 1, e = floor(log2(q))
 *     e ones, a zero, the e low bits of q, the k low bits of d
 *
 * k is the order that takes the fewest bits, by exact count of all of them.
 */
#include "rising_codebook.h"

#include <assert.h>
#include <string.h>

#define ORDER_BITS 5u
#define HALF_ZERO 0x8000u
#define FLOAT_ZERO 0x80000000u

/* ---- numbers as integers in the same order --------------------------------------------------- */

typedef struct order {
    unsigned n_bits;
    uint32_t zero; /* the top bit, also the integer of 0; that of -0 is one less */
    uint32_t first, last; /* of finite numbers */
} order;

static order order_of(bool is_half)
{
    return is_half ? (order){ 16, HALF_ZERO, 0x0400u, 0xfbffu }
                   : (order){ 32, FLOAT_ZERO, 0x00800000u, 0xff7fffffu };
}

static uint32_t rank_of(float number, const order *o)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (o->n_bits == 16)
        bits = dc_f16_from_f32(number);
    return bits & o->zero ? ~bits & (2 * o->zero - 1) : bits | o->zero;
}

static float number_of(uint32_t rank, const order *o)
{
    const uint32_t bits = rank & o->zero ? rank ^ o->zero : ~rank & (2 * o->zero - 1);
    float number;
    if (o->n_bits == 16)
        return dc_f32_from_f16((uint16_t)bits);
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* e above: 0 for q of 1. */
static unsigned class_of(uint64_t q)
{
    unsigned e = 0;
    while (q >> e > 1)
        e++;
    return e;
}

typedef struct gaps {
    uint32_t first; /* integer of the first number        */
    uint32_t n;     /* differences: one less than numbers */
    uint32_t d[DC_MAX_CODEBOOK];
} gaps;

static gaps gaps_of(const float *numbers, uint32_t n, const order *o)
{
    gaps g = { .first = rank_of(numbers[0], o) };
    uint32_t last = g.first;
    assert(n <= DC_MAX_CODEBOOK);
    while (g.n + 1 < n) {
        const uint32_t rank = rank_of(numbers[g.n + 1], o);
        assert(rank > last);
        g.d[g.n++] = rank - last - 1;
        last = rank;
    }
    return g;
}

static uint64_t count_bits(const gaps *g, const order *o, unsigned k)
{
    uint64_t n_bits = ORDER_BITS + o->n_bits;
    for (uint32_t i = 0; i < g->n; i++)
        n_bits += 2 * class_of(((uint64_t)g->d[i] >> k) + 1) + 1 + k;
    return n_bits;
}

static unsigned best_k(uint64_t *out_bits, const gaps *g, const order *o)
{
    unsigned best = 0;
    *out_bits = UINT64_MAX;
    for (unsigned k = 0; k < o->n_bits; k++) {
        const uint64_t n_bits = count_bits(g, o, k);
        if (n_bits < *out_bits) {
            *out_bits = n_bits;
            best = k;
        }
    }
    return best;
}

uint64_t dc_rising_bytes(const float *numbers, uint32_t n, bool is_half)
{
    const order o = order_of(is_half);
    const gaps g = gaps_of(numbers, n, &o);
    uint64_t n_bits;
    best_k(&n_bits, &g, &o);
    return (n_bits + 7) / 8;
}

static uint32_t low_bits(uint64_t value, unsigned n_bits)
{
    return (uint32_t)(value & ((UINT64_C(1) << n_bits) - 1));
}

void dc_rising_put(dc_writer *w, const float *numbers, uint32_t n, bool is_half)
{
    const order o = order_of(is_half);
    const gaps g = gaps_of(numbers, n, &o);
    uint64_t n_bits;
    const unsigned k = best_k(&n_bits, &g, &o);
    dc_bit_writer b;
    dc_bit_writer_init(&b, w);
    dc_put_bits(&b, k, ORDER_BITS);
    dc_put_bits(&b, g.first, o.n_bits);
    for (uint32_t i = 0; i < g.n; i++) {
        const uint64_t d = g.d[i], q = (d >> k) + 1;
        const unsigned e = class_of(q);
        dc_put_bits(&b, low_bits(UINT32_MAX, e), e);
        dc_put_bits(&b, 0, 1);
        dc_put_bits(&b, low_bits(q, e), e);
        dc_put_bits(&b, low_bits(d, k), k);
    }
    dc_put_bits_end(&b);
}

/* ---- reading --------------------------------------------------------------------------------- */

static dc_status get_difference(uint64_t *out, dc_bit_reader *b, const order *o, unsigned k)
{
    unsigned e = 0;
    while (dc_get_bits(b, 1) != 0)
        if (++e > o->n_bits - k)
            return dc_fail(DC_ECORRUPT, "codebook has a difference of over %u bits", o->n_bits);
    const uint64_t q = (UINT64_C(1) << e) + dc_get_bits(b, e);
    *out = ((q - 1) << k) + dc_get_bits(b, k);
    return b->status;
}

static dc_status check_rank(uint64_t rank, const order *o)
{
    if (rank < o->first || rank > o->last)
        return dc_fail(DC_ECORRUPT, "codebook has a number that is not finite");
    if (rank == o->zero - 1)
        return dc_fail(DC_ECORRUPT, "coded codebook has a -0");
    return DC_OK;
}

static dc_status check_end(dc_bit_reader *b)
{
    const unsigned n_padding = b->n_pending % 8;
    if (dc_get_bits(b, n_padding) != 0)
        return dc_fail(DC_ECORRUPT, "padding of the codebook is not zero");
    if (b->n_pending > 0 || b->pos < b->size)
        return dc_fail(DC_ECORRUPT, "coded codebook has bytes left over");
    return b->status;
}

dc_status dc_rising_get(float *numbers, uint32_t n, bool is_half, const uint8_t *data,
                        uint64_t size)
{
    const order o = order_of(is_half);
    dc_bit_reader b = dc_bit_reader_over(data, size);
    const unsigned k = dc_get_bits(&b, ORDER_BITS);
    if (k >= o.n_bits)
        return dc_fail(DC_ECORRUPT, "codebook of %u-bit numbers is coded with k = %u", o.n_bits,
                       k);
    uint64_t rank = dc_get_bits(&b, o.n_bits);
    DC_TRY(b.status);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t d = 0;
        if (i > 0) {
            DC_TRY(get_difference(&d, &b, &o, k));
            rank += d + 1;
        }
        DC_TRY(check_rank(rank, &o));
        numbers[i] = number_of((uint32_t)rank, &o);
    }
    return check_end(&b);
}
