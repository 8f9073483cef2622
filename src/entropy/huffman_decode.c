/* SPDX-License-Identifier: MIT
 *
 * Decoding the "huffman" stream by table. An entry of the table tells what the next 12 (or fewer)
 * bits hold: up to six whole symbols, how many, and how many bits they take. A step looks up four
 * times from one 64-bit load; four lanes, one for each quarter, step in turn, so that an
 * out-of-order processor overlaps their chains of look-ups.
 *
 *      63                                      16 15      8 7       0
 *     | symbol 5 | ... | symbol 1 | symbol 0     | n symbols | n bits |
 *
 * The fast loop runs as many steps as can neither read past the data nor write past a quarter,
 * whatever the bits say; the last few symbols are taken one by one. A lane that strays into the
 * next one's bits is found at the end, when its position is not where the next began.
 */
#include "huffman.h"
#include "le64.h"

#include <string.h>

#define ENTRY_SYMBOLS 6u
#define STEP_LOOKUPS 4u
#define STEP_BITS (STEP_LOOKUPS * DC_HUFFMAN_MAX_BITS)
#define STEP_SYMBOLS (STEP_LOOKUPS * ENTRY_SYMBOLS)
#define SLACK 8u          /* bytes that one store or load touches */

typedef struct decoder {
    uint64_t entries[1u << DC_HUFFMAN_MAX_BITS];
    uint8_t first[1u << DC_HUFFMAN_MAX_BITS]; /* first symbol of each */
    uint8_t lengths[DC_MAX_SYMBOLS];
    unsigned table_bits;
    const uint8_t *data;
    uint64_t size; /* bytes */
} decoder;

typedef struct lane {
    uint64_t pos; /* bits from data */
    uint8_t *out, *out_end;
} lane;

/* ---- table ----------------------------------------------------------------------------------- */

static void fill_first(uint8_t *first, unsigned table_bits, const dc_huffman *code)
{
    for (unsigned s = 0; s < code->n_symbols; s++)
        if (code->lengths[s] > 0)
            for (unsigned i = code->words[s]; i < 1u << table_bits; i += 1u << code->lengths[s])
                first[i] = (uint8_t)s;
}

static uint64_t make_entry(unsigned bits, unsigned table_bits, const uint8_t *first,
                           const uint8_t *lengths)
{
    uint64_t symbols = 0;
    unsigned n = 0, used = 0;
    while (n < ENTRY_SYMBOLS) {
        const uint8_t symbol = first[bits >> used];
        if (used + lengths[symbol] > table_bits)
            break;
        symbols |= (uint64_t)symbol << 8 * n++;
        used += lengths[symbol];
    }
    return symbols << 16 | n << 8 | used;
}

static void build_table(decoder *d, const dc_huffman *code, unsigned least_bits)
{
    d->table_bits = least_bits;
    for (unsigned s = 0; s < code->n_symbols; s++)
        d->table_bits = DC_MAX(d->table_bits, code->lengths[s]);
    memcpy(d->lengths, code->lengths, sizeof d->lengths);
    fill_first(d->first, d->table_bits, code);
    for (unsigned i = 0; i < 1u << d->table_bits; i++)
        d->entries[i] = make_entry(i, d->table_bits, d->first, d->lengths);
}

/* ---- lanes ----------------------------------------------------------------------------------- */

/* Steps that this lane can do without looking at its bounds. */
static uint64_t safe_steps(const decoder *d, const lane *l)
{
    const uint64_t n_left = (uint64_t)(l->out_end - l->out);
    if (d->size < SLACK || n_left < STEP_SYMBOLS + SLACK)
        return 0;
    const uint64_t last_pos = (d->size - SLACK) * 8;
    const uint64_t by_input = l->pos > last_pos ? 0 : (last_pos - l->pos) / STEP_BITS + 1;
    return DC_MIN(by_input, (n_left - SLACK) / STEP_SYMBOLS);
}

/* Runs the first n_lanes lanes together until one of them is near an end. table_bits is the
 * decoder's: with a constant its mask needs no register, which four lanes have none left for. */
static ALWAYS_INLINE void run_lanes(const decoder *d, lane *lanes, unsigned n_lanes,
                                    const unsigned table_bits)
{
    const uint8_t *const data = d->data;
    const uint64_t mask = (UINT64_C(1) << table_bits) - 1;
    uint64_t pos[DC_HUFFMAN_LANES];
    uint8_t *out[DC_HUFFMAN_LANES];
    for (;;) {
        uint64_t n_steps = UINT64_MAX;
        for (unsigned i = 0; i < n_lanes; i++) {
            n_steps = DC_MIN(n_steps, safe_steps(d, &lanes[i]));
            pos[i] = lanes[i].pos;
            out[i] = lanes[i].out;
        }
        if (n_steps == 0)
            return;
        for (; n_steps > 0; n_steps--) {
            for (unsigned i = 0; i < n_lanes; i++) {
                uint64_t bits = load_le64(data + pos[i] / 8) >> pos[i] % 8, sum = 0;
                for (unsigned k = 0; k < STEP_LOOKUPS; k++) {
                    const uint64_t entry = d->entries[bits & mask];
                    store_le64(out[i], entry >> 16);
                    out[i] += entry >> 8 & 0xff;
                    bits >>= entry & 63;
                    sum += entry;
                }
                pos[i] += sum & 0xff; /* at most 48: no carry out of the low byte */
            }
        }
        for (unsigned i = 0; i < n_lanes; i++) {
            lanes[i].pos = pos[i];
            lanes[i].out = out[i];
        }
    }
}

/* The bits at `pos`, zeros past the end. */
static uint64_t peek(const decoder *d, uint64_t pos)
{
    uint64_t bits = 0;
    for (uint64_t at = pos / 8, i = 0; i < 4 && at + i < d->size; i++)
        bits |= (uint64_t)d->data[at + i] << 8 * i;
    return bits >> pos % 8;
}

/* What is left of one lane, which must end at bit `end`. */
static dc_status finish_lane(const decoder *d, lane *l, uint64_t end)
{
    const uint64_t mask = (UINT64_C(1) << d->table_bits) - 1;
    run_lanes(d, l, 1, d->table_bits);
    while (l->out < l->out_end && l->pos < end) {
        const uint8_t symbol = (uint8_t)(d->entries[peek(d, l->pos) & mask] >> 16);
        *l->out++ = symbol;
        l->pos += d->lengths[symbol];
    }
    if (l->out < l->out_end || l->pos > end)
        return dc_fail(DC_ECORRUPT, "coded symbols end early");
    return DC_OK;
}

/* Only zero bits, fewer than a byte, may follow. */
static dc_status check_end(const uint8_t *data, uint64_t size, uint64_t pos)
{
    if (size * 8 - pos >= 8)
        return dc_fail(DC_ECORRUPT, "bytes left over after the coded symbols");
    if (pos % 8 > 0 && data[size - 1] >> pos % 8 != 0)
        return dc_fail(DC_ECORRUPT, "padding after the coded symbols is not zero");
    return DC_OK;
}

/* ---- streams --------------------------------------------------------------------------------- */

/* From bit `pos`, one lane. */
static dc_status decode_short(decoder *d, uint8_t *symbols, uint64_t n, uint64_t pos)
{
    lane l = { pos, symbols, symbols + n };
    DC_TRY(finish_lane(d, &l, d->size * 8));
    return check_end(d->data, d->size, l.pos);
}

static dc_status decode_lanes(decoder *d, uint8_t *symbols, uint64_t n, dc_reader *r)
{
    const uint64_t quarter = (n + DC_HUFFMAN_LANES - 1) / DC_HUFFMAN_LANES;
    lane lanes[DC_HUFFMAN_LANES] = { { 0 } };
    uint64_t ends[DC_HUFFMAN_LANES];
    for (unsigned i = 1; i < DC_HUFFMAN_LANES; i++)
        lanes[i].pos = dc_huffman_jump_bytes(n) == 4 ? dc_get_u32(r) : dc_get_u64(r);
    DC_TRY(r->status);
    d->data = r->data + r->pos;
    d->size = dc_reader_left(r);
    for (unsigned i = 0; i < DC_HUFFMAN_LANES; i++) {
        ends[i] = i + 1 < DC_HUFFMAN_LANES ? lanes[i + 1].pos : d->size * 8;
        if (ends[i] < lanes[i].pos || ends[i] > d->size * 8)
            return dc_fail(DC_ECORRUPT, "quarter %u of the coded symbols is out of range", i + 1);
        lanes[i].out = symbols + i * quarter;
        lanes[i].out_end = symbols + DC_MIN((i + 1) * quarter, n);
    }
    run_lanes(d, lanes, DC_HUFFMAN_LANES, DC_HUFFMAN_MAX_BITS);
    for (unsigned i = 0; i < DC_HUFFMAN_LANES; i++) {
        DC_TRY(finish_lane(d, &lanes[i], ends[i]));
        if (i + 1 < DC_HUFFMAN_LANES && lanes[i].pos != ends[i])
            return dc_fail(DC_ECORRUPT, "quarter %u of the coded symbols ends elsewhere", i);
    }
    return check_end(d->data, d->size, lanes[DC_HUFFMAN_LANES - 1].pos);
}

static dc_status decode_payload(decoder *d, uint8_t *symbols, uint64_t n, const dc_huffman *code,
                                uint64_t pos)
{
    const bool is_long = n >= DC_HUFFMAN_LANES_FROM;
    build_table(d, code, is_long ? DC_HUFFMAN_MAX_BITS : 1);
    if (!is_long)
        return decode_short(d, symbols, n, pos);
    DC_TRY(check_end(d->data, (pos + 7) / 8, pos));
    dc_reader r = dc_reader_over(d->data, d->size, "coded symbols");
    r.pos = (pos + 7) / 8;
    return decode_lanes(d, symbols, n, &r);
}

dc_status dc_huffman_decode(uint8_t *symbols, const dc_stream *shape, const uint8_t *data,
                            uint64_t size)
{
    dc_huffman code;
    const uint64_t n = shape->n;
    if (n == 0)
        return size == 0 ? DC_OK : dc_fail(DC_ECORRUPT, "bytes in a stream of no symbols");
    dc_bit_reader b = dc_bit_reader_over(data, size);
    DC_TRY(dc_huffman_table_get(&code, &b, DC_MIN(shape->n_symbols, DC_MAX_SYMBOLS)));
    const uint64_t pos = b.pos * 8 - b.n_pending;
    if (dc_huffman_is_lone(&code)) {
        DC_TRY(check_end(data, size, pos));
        memset(symbols, (int)code.n_symbols - 1, n);
        return DC_OK;
    }
    if (n > size * 8)
        return dc_fail(DC_ECORRUPT, "%llu bytes cannot hold the stream's number of symbols",
                       (unsigned long long)size);
    decoder *d = dc_grow(NULL, 1, sizeof *d); /* too large for the stack of some threads */
    if (d == NULL)
        return DC_ENOMEM;
    d->data = data;
    d->size = size;
    const dc_status status = decode_payload(d, symbols, n, &code, pos);
    dc_release(d);
    return status;
}
