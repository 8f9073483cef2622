/* SPDX-License-Identifier: MIT
 *
 * The "rans" coder: asymmetric numeral systems (Duda 2013) with one table of frequencies, which sum
 * to 4096. Against Huffman it saves the rounding of code lengths to whole bits, most where one
 * symbol is over half of the stream, and costs a table of about twice the bits and four bytes of
 * state. The bits are specified in docs/format_streams.md.
 *
 * Frequencies are not stored but weights: floating-point numbers with a few bits of mantissa, each
 * by its distance from the one before. Both sides make frequencies of them by the same integer
 * arithmetic, so every table is a sound one. The writer takes the number of mantissa bits that
 * makes table and payload smallest; logarithms are integers too, for the same bytes everywhere.
 *
 * Symbols are encoded from the last to the first, which decoding then takes from the first on. A
 * long stream has four states, which take symbols in turn and share one run of 16-bit words, so
 * that their chains of multiplications overlap. The size follows from the order of the symbols and
 * not from counts alone: it is found by encoding without writing, once for the price.
 */
#include <assert.h>
#include <string.h>

#include "bit_sink.h"
#include "dcomp/entropy.h"
#include "le64.h"

#define SCALE_BITS 12u
#define SCALE (1u << SCALE_BITS) /* the sum of all frequencies */
#define STATE_BITS 16u
#define FIRST_STATE (1u << STATE_BITS) /* states are in FIRST_STATE .. 2^32 - 1 */
#define MAX_LANES 4u
#define LANES_FROM (UINT64_C(1) << 16) /* symbols */
#define STATE_BYTES 4u
#define WORD_BYTES 2u

#define SIZE_MANTISSA 3u
#define SIZE_ORDER 2u
#define MAX_MANTISSA ((1u << SIZE_MANTISSA) - 1)
#define MAX_ORDER ((1u << SIZE_ORDER) - 1)
#define N_EXPONENTS 16u
#define ABSENT 5u /* the item that is no distance */
#define MAX_ITEM_BITS 12u

/* A symbol's frequency, and the sum of those before it. */
typedef struct model {
    uint16_t freqs[DC_MAX_SYMBOLS], starts[DC_MAX_SYMBOLS];
    uint32_t n_symbols, n_present;
} model;

/* As stored: 0 for an absent symbol, else 1 + (exponent << n_mantissa | mantissa). */
typedef struct table {
    uint16_t levels[DC_MAX_SYMBOLS];
    uint32_t n_symbols;
    unsigned n_mantissa, order;
} table;

/* A power of 2. */
static unsigned n_lanes_of(uint64_t n)
{
    return n < LANES_FROM ? 1 : MAX_LANES;
}

/* ---- frequencies ----------------------------------------------------------------------------- */

static uint32_t top_level(unsigned n_mantissa)
{
    return N_EXPONENTS << n_mantissa;
}

static uint64_t weight_of(uint32_t level, unsigned n_mantissa)
{
    const uint32_t one = 1u << n_mantissa;
    return level == 0 ? 0 : (uint64_t)(one + (level - 1) % one) << ((level - 1) >> n_mantissa);
}

/* False when no symbol is present. */
static bool make_model(model *out, const table *t)
{
    uint64_t sum = 0, rest = SCALE;
    unsigned largest = 0;
    *out = (model){ .n_symbols = t->n_symbols };
    for (unsigned s = 0; s < t->n_symbols; s++) {
        sum += weight_of(t->levels[s], t->n_mantissa);
        out->n_present += t->levels[s] > 0;
        largest = t->levels[s] > t->levels[largest] ? s : largest;
    }
    if (sum == 0)
        return false;
    for (unsigned s = 0; s < t->n_symbols; s++) {
        if (t->levels[s] == 0)
            continue;
        const uint64_t weight = weight_of(t->levels[s], t->n_mantissa);
        out->freqs[s] = (uint16_t)(1 + weight * (SCALE - out->n_present) / sum);
        rest -= out->freqs[s];
    }
    out->freqs[largest] = (uint16_t)(out->freqs[largest] + rest);
    for (unsigned s = 1; s < t->n_symbols; s++)
        out->starts[s] = (uint16_t)(out->starts[s - 1] + out->freqs[s - 1]);
    return true;
}

/* The nearest level of a weight; at least 1. */
static uint32_t level_of(uint64_t weight, unsigned n_mantissa)
{
    unsigned exponent = 0;
    while (weight >> exponent >= UINT64_C(2) << n_mantissa)
        exponent++;
    const uint64_t half = exponent > 0 ? UINT64_C(1) << (exponent - 1) : 0;
    const uint64_t rounded = (weight + half) >> exponent; /* may carry into the exponent */
    const uint64_t level = ((uint64_t)exponent << n_mantissa) + rounded;
    const uint64_t below = UINT64_C(1) << n_mantissa;
    return level < below ? 1 : (uint32_t)DC_MIN(level - below + 1, top_level(n_mantissa));
}

/* Levels whose frequencies are near the shares of the counts. Each symbol has a frequency of 1
 * before weights are looked at, so the weight is about the rest of its share. */
static void choose_levels(table *t, const dc_histogram *h)
{
    const uint64_t top = weight_of(top_level(t->n_mantissa), t->n_mantissa);
    uint64_t shares[DC_MAX_SYMBOLS], largest = 0;
    for (unsigned s = 0; s < t->n_symbols; s++) {
        const uint64_t share = h->counts[s] * SCALE;
        shares[s] = share > h->n_total ? share - h->n_total : 0;
        largest = DC_MAX(largest, shares[s]);
    }
    unsigned shift = 0; /* top is below 2^24 */
    while (largest >> shift >= UINT64_C(1) << 39)
        shift++;
    largest >>= shift;
    for (unsigned s = 0; s < t->n_symbols; s++) {
        const uint64_t weight = ((shares[s] >> shift) * top + largest / 2) / largest;
        t->levels[s] = h->counts[s] > 0 ? (uint16_t)level_of(weight, t->n_mantissa) : 0;
    }
}

/* ---- table: items ---------------------------------------------------------------------------- */

/* Exp-Golomb: with q = (item >> order) + 1, of e + 1 bits: e ones, a zero, the low bits of q, then
 * those of the item. */
static void put_item(bit_sink *s, unsigned item, unsigned order)
{
    const unsigned q = (item >> order) + 1;
    unsigned e = 0;
    while (q >> e > 1)
        e++;
    bit_sink_put(s, (1u << e) - 1, e + 1);
    bit_sink_put(s, q - (1u << e), e);
    bit_sink_put(s, item & ((1u << order) - 1), order);
}

/* 0 -1 1 -2 2, then (behind ABSENT) -3 3 ... */
static unsigned item_of(int distance)
{
    const unsigned item = distance < 0 ? 2u * (unsigned)-distance - 1 : 2u * (unsigned)distance;
    return item >= ABSENT ? item + 1 : item;
}

static int distance_of(unsigned item)
{
    const unsigned without = item > ABSENT ? item - 1 : item;
    return without % 2 > 0 ? -(int)(without / 2) - 1 : (int)(without / 2);
}

static void put_table(bit_sink *s, const table *t)
{
    uint32_t last = top_level(t->n_mantissa);
    bit_sink_put(s, t->n_mantissa, SIZE_MANTISSA);
    bit_sink_put(s, t->order, SIZE_ORDER);
    for (unsigned symbol = 0; symbol < t->n_symbols;) {
        unsigned run = 0;
        while (symbol + run < t->n_symbols && t->levels[symbol + run] == 0)
            run++;
        if (run > 0) {
            put_item(s, ABSENT, t->order);
            put_item(s, run - 1, 0);
            symbol += run;
            continue;
        }
        put_item(s, item_of((int)t->levels[symbol] - (int)last), t->order);
        last = t->levels[symbol++];
    }
}

static unsigned table_bits(const table *t)
{
    bit_sink s = { 0 };
    put_table(&s, t);
    return s.n_bits;
}

static unsigned get_item(dc_bit_reader *b, unsigned order)
{
    unsigned e = 0;
    while (dc_get_bits(b, 1) == 1)
        if (++e > MAX_ITEM_BITS) {
            b->status = dc_fail(DC_ECORRUPT, "table of frequencies has an item of over %u bits",
                                MAX_ITEM_BITS);
            return 0;
        }
    const unsigned q = (1u << e) + dc_get_bits(b, e);
    return (q - 1) << order | dc_get_bits(b, order);
}

static dc_status get_table(table *t, dc_bit_reader *b)
{
    t->n_mantissa = dc_get_bits(b, SIZE_MANTISSA);
    t->order = dc_get_bits(b, SIZE_ORDER);
    int level = (int)top_level(t->n_mantissa);
    for (unsigned symbol = 0; symbol < t->n_symbols;) {
        const unsigned item = get_item(b, t->order);
        const unsigned n_absent = item == ABSENT ? get_item(b, 0) + 1 : 0;
        DC_TRY(b->status);
        if (n_absent > t->n_symbols - symbol)
            return dc_fail(DC_ECORRUPT, "table of frequencies passes the alphabet of %u",
                           t->n_symbols);
        symbol += n_absent;
        if (item == ABSENT)
            continue;
        level += distance_of(item);
        if (level < 1 || level > (int)top_level(t->n_mantissa))
            return dc_fail(DC_ECORRUPT, "weight of symbol %u is out of range", symbol);
        t->levels[symbol++] = (uint16_t)level;
    }
    if (dc_get_bits(b, b->n_pending % 8) != 0)
        return dc_fail(DC_ECORRUPT, "padding after the table of frequencies is not zero");
    return b->status;
}

/* ---- choosing a table ------------------------------------------------------------------------ */

/* log2(x) for x from 1 on, in units of 2^-12, by squaring. */
static uint64_t log2_fixed(uint32_t x)
{
    enum { FRACTION = 12 };
    unsigned whole = 0;
    while (x >> whole > 1)
        whole++;
    uint64_t m = (uint64_t)x << (31 - whole), bits = whole; /* m in 2^31 .. 2^32 - 1 */
    for (unsigned i = 0; i < FRACTION; i++) {
        m = m * m >> 31;
        bits = 2 * bits + (m >> 32);
        m >>= m >> 32;
    }
    return bits;
}

/* About what the payload takes [2^-12 bits]. */
static uint64_t payload_cost(const model *m, const dc_histogram *h)
{
    uint64_t cost = 0;
    for (unsigned s = 0; s < m->n_symbols; s++)
        if (h->counts[s] > 0)
            cost += h->counts[s] * (log2_fixed(SCALE) - log2_fixed(m->freqs[s]));
    return cost;
}

/* The table with the fewest bits, of a stream that is not empty; returns them. */
static unsigned choose_table(table *out, model *m, const dc_stream *s)
{
    uint64_t least_cost = UINT64_MAX;
    unsigned best_bits = 0;
    for (unsigned n_mantissa = 0; n_mantissa <= MAX_MANTISSA; n_mantissa++) {
        table t = { .n_symbols = s->n_symbols, .n_mantissa = n_mantissa };
        model trial;
        unsigned bits = UINT32_MAX, order = 0;
        choose_levels(&t, s->counts);
        make_model(&trial, &t);
        for (t.order = 0; t.order <= MAX_ORDER; t.order++)
            if (table_bits(&t) < bits) {
                bits = table_bits(&t);
                order = t.order;
            }
        t.order = order;
        const uint64_t cost = payload_cost(&trial, s->counts) + ((uint64_t)bits << 12);
        if (cost < least_cost) {
            least_cost = cost;
            best_bits = bits;
            *out = t;
            *m = trial;
        }
    }
    return best_bits;
}

/* ---- encoding -------------------------------------------------------------------------------- */

/* Runs all symbols through the states, backwards; words go before `end` when it is not NULL.
 * Returns their number, or more than max_words as soon as there are more. */
static uint64_t run_states(uint32_t *states, const model *m, const dc_stream *s, uint8_t *end,
                           uint64_t max_words)
{
    const unsigned n_lanes = n_lanes_of(s->n), lane_mask = n_lanes - 1;
    uint64_t n_words = 0;
    for (unsigned lane = 0; lane < n_lanes; lane++)
        states[lane] = FIRST_STATE;
    for (uint64_t i = s->n; i-- > 0 && n_words <= max_words;) {
        const uint32_t freq = m->freqs[s->symbols[i]], start = m->starts[s->symbols[i]];
        uint32_t x = states[i & lane_mask];
        if (x >= (uint64_t)freq << (2 * STATE_BITS - SCALE_BITS)) {
            n_words++;
            if (end != NULL) {
                end[-(ptrdiff_t)(n_words * WORD_BYTES)] = (uint8_t)x;
                end[-(ptrdiff_t)(n_words * WORD_BYTES) + 1] = (uint8_t)(x >> 8);
            }
            x >>= STATE_BITS;
        }
        states[i & lane_mask] = (x / freq << SCALE_BITS) + x % freq + start;
    }
    return n_words;
}

static uint64_t rans_bytes(const dc_stream *s, uint64_t give_up_at)
{
    table t;
    model m;
    uint32_t states[MAX_LANES];
    if (s->n == 0)
        return 0;
    uint64_t bytes = (choose_table(&t, &m, s) + 7) / 8;
    if (m.n_present == 1)
        return bytes;
    bytes += (uint64_t)n_lanes_of(s->n) * STATE_BYTES;
    if (bytes >= give_up_at)
        return UINT64_MAX;
    const uint64_t max_words = (give_up_at - bytes) / WORD_BYTES;
    const uint64_t n_words = run_states(states, &m, s, NULL, max_words);
    return n_words > max_words ? UINT64_MAX : bytes + n_words * WORD_BYTES;
}

static uint64_t rans_payload_bits(const dc_stream *s, uint64_t n_bytes)
{
    table t;
    model m;
    return 8 * (n_bytes - DC_MIN(n_bytes, (choose_table(&t, &m, s) + 7u) / 8));
}

static void rans_encode(dc_writer *w, const dc_stream *s)
{
    table t;
    model m;
    dc_bit_writer b;
    uint32_t states[MAX_LANES];
    if (s->n == 0)
        return;
    choose_table(&t, &m, s);
    dc_bit_writer_init(&b, w);
    put_table(&(bit_sink){ .writer = &b }, &t);
    dc_put_bits_end(&b);
    if (m.n_present == 1)
        return;
    const uint64_t n_words = run_states(states, &m, s, NULL, UINT64_MAX);
    const uint64_t n_bytes = n_lanes_of(s->n) * STATE_BYTES + n_words * WORD_BYTES;
    uint8_t *at = dc_put_space(w, n_bytes);
    if (at == NULL)
        return;
    run_states(states, &m, s, at + n_bytes, UINT64_MAX);
    for (unsigned lane = 0; lane < n_lanes_of(s->n); lane++)
        for (unsigned i = 0; i < STATE_BYTES; i++)
            *at++ = (uint8_t)(states[lane] >> 8 * i);
}

/* ---- decoding -------------------------------------------------------------------------------- */

/* For each value of a state's low bits: | the value - start : 12 | frequency : 12 | symbol : 8 | */
typedef struct decoder {
    uint32_t slots[SCALE];
    const uint8_t *words, *end;
    uint32_t states[MAX_LANES];
} decoder;

#define POS_FREQ 8u
#define POS_OFFSET (POS_FREQ + SCALE_BITS)
static_assert(POS_OFFSET + SCALE_BITS == 32, "a slot is a 32-bit word");

static void fill_slots(decoder *d, const model *m)
{
    for (unsigned s = 0; s < m->n_symbols; s++)
        for (unsigned i = 0; i < m->freqs[s]; i++)
            d->slots[m->starts[s] + i] = i << POS_OFFSET | (uint32_t)m->freqs[s] << POS_FREQ | s;
}

/* The state without its symbol, before words are added. */
static ALWAYS_INLINE uint32_t take_symbol(uint8_t *symbol, const decoder *d, uint32_t x)
{
    const uint32_t slot = d->slots[x % SCALE];
    *symbol = (uint8_t)slot;
    return (slot >> POS_FREQ) % SCALE * (x >> SCALE_BITS) + (slot >> POS_OFFSET);
}

/* Rounds of a symbol for each lane, as many as cannot read past the words whatever they say: a
 * symbol takes one at most. Returns the symbols that are done. */
static ALWAYS_INLINE uint64_t run_rounds(decoder *d, uint8_t *symbols, uint64_t n,
                                         const unsigned n_lanes)
{
    uint32_t x[MAX_LANES];
    uint64_t done = 0;
    const uint8_t *words = d->words;
    memcpy(x, d->states, sizeof x);
    for (;;) {
        const uint64_t by_words = (uint64_t)(d->end - words) / (WORD_BYTES * n_lanes);
        const uint64_t n_rounds = DC_MIN(by_words, (n - done) / n_lanes);
        if (n_rounds == 0)
            break;
        for (uint64_t round = 0; round < n_rounds; round++, done += n_lanes)
            for (unsigned lane = 0; lane < n_lanes; lane++) {
                x[lane] = take_symbol(&symbols[done + lane], d, x[lane]);
                const uint32_t word = words[0] | (uint32_t)words[1] << 8;
                const uint32_t low = 0u - (x[lane] < FIRST_STATE); /* all ones: a word is due */
                x[lane] = x[lane] << (low & STATE_BITS) | (word & low);
                words += low & WORD_BYTES;
            }
    }
    memcpy(d->states, x, sizeof x);
    d->words = words;
    return done;
}

static dc_status run_last(decoder *d, uint8_t *symbols, uint64_t first, uint64_t n)
{
    const unsigned n_lanes = n_lanes_of(n);
    for (uint64_t i = first; i < n; i++) {
        uint32_t *x = &d->states[i % n_lanes];
        *x = take_symbol(&symbols[i], d, *x);
        if (*x >= FIRST_STATE)
            continue;
        if (d->end - d->words < (ptrdiff_t)WORD_BYTES)
            return dc_fail(DC_ECORRUPT, "coded symbols end early");
        *x = *x << STATE_BITS | d->words[0] | (uint32_t)d->words[1] << 8;
        d->words += WORD_BYTES;
    }
    for (unsigned lane = 0; lane < n_lanes; lane++)
        if (d->states[lane] != FIRST_STATE)
            return dc_fail(DC_ECORRUPT, "coded symbols do not end where they began");
    if (d->words != d->end)
        return dc_fail(DC_ECORRUPT, "bytes left over after the coded symbols");
    return DC_OK;
}

static dc_status decode_payload(decoder *d, uint8_t *symbols, uint64_t n, dc_reader *r)
{
    for (unsigned lane = 0; lane < n_lanes_of(n); lane++) {
        d->states[lane] = dc_get_u32(r);
        DC_TRY(r->status);
        if (d->states[lane] < FIRST_STATE)
            return dc_fail(DC_ECORRUPT, "state %u of the coded symbols is out of range", lane);
    }
    d->words = r->data + r->pos;
    d->end = r->data + r->size;
    const uint64_t done = n_lanes_of(n) == 1 ? run_rounds(d, symbols, n, 1)
                                             : run_rounds(d, symbols, n, MAX_LANES);
    return run_last(d, symbols, done, n);
}

static dc_status rans_decode(uint8_t *symbols, const dc_stream *shape, const uint8_t *data,
                             uint64_t size)
{
    table t = { .n_symbols = DC_MIN(shape->n_symbols, DC_MAX_SYMBOLS) };
    model m;
    if (shape->n == 0)
        return size == 0 ? DC_OK : dc_fail(DC_ECORRUPT, "bytes in a stream of no symbols");
    dc_bit_reader b = dc_bit_reader_over(data, size);
    DC_TRY(get_table(&t, &b));
    if (!make_model(&m, &t))
        return dc_fail(DC_ECORRUPT, "table of frequencies has no symbol");
    dc_reader r = dc_reader_over(data, size, "coded symbols");
    r.pos = b.pos - b.n_pending / 8;
    if (m.n_present == 1) {
        if (r.pos != size)
            return dc_fail(DC_ECORRUPT, "bytes left over after the coded symbols");
        for (unsigned s = 0; s < m.n_symbols; s++)
            if (m.freqs[s] > 0)
                memset(symbols, (int)s, shape->n);
        return DC_OK;
    }
    decoder *d = dc_grow(NULL, 1, sizeof *d);
    if (d == NULL)
        return DC_ENOMEM;
    fill_slots(d, &m);
    const dc_status status = decode_payload(d, symbols, shape->n, &r);
    dc_release(d);
    return status;
}

const dc_coder dc_coder_rans = { .id = 3,
                                 .name = "rans",
                                 .bytes = rans_bytes,
                                 .payload_bits = rans_payload_bits,
                                 .encode = rans_encode,
                                 .decode = rans_decode };
