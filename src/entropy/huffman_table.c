/* SPDX-License-Identifier: MIT
 *
 * The stored form of a Huffman code: lengths only, symbol by symbol, until the Kraft sum is full,
 * so neither the alphabet nor the number of code words is stored. A length is its difference from
 * the one before it, in one of three fixed prefix codes: neighbours in a codebook or in a gap
 * alphabet occur nearly equally often, and a difference costs 1.6 to 2 bits instead of 4. The
 * dialect with the fewest bits is taken; the fourth selector value is the lone symbol.
 *
 *     selector (2 bits) | first item | items ... (until sum of 2^-length = 1)
 *
 * Measured on gap and codebook histograms of small nets: 4-5 bytes for 16 symbols, 8-9 for 32.
 */
#include "bit_sink.h"
#include "huffman.h"

#include <string.h>

typedef enum item_kind { ITEM_DELTA, ITEM_ABSENT, ITEM_LENGTH } item_kind;

typedef struct item_code {
    item_kind kind;
    int delta;
    uint8_t bits, n_bits; /* first bit of the code is bit 0 */
} item_code;

#define MAX_ROWS 7
#define N_DIALECTS 3u
#define SELECTOR_LONE 3u
#define SELECTOR_BITS 2u
#define LENGTH_BITS 4u
#define LONE_BITS 6u
#define LONE_WIDE 63u /* in LONE_BITS: the symbol follows in 8 bits */

/* smooth, rough, sparse */
static const item_code dialects[N_DIALECTS][MAX_ROWS] = {
    { { ITEM_DELTA, 0, 0x0, 1 }, { ITEM_DELTA, 1, 0x1, 2 }, { ITEM_DELTA, -1, 0x3, 3 },
      { ITEM_ABSENT, 0, 0x7, 4 }, { ITEM_LENGTH, 0, 0xf, 4 } },
    { { ITEM_DELTA, 0, 0x0, 2 }, { ITEM_DELTA, 1, 0x2, 2 }, { ITEM_DELTA, -1, 0x1, 2 },
      { ITEM_DELTA, 2, 0x3, 4 }, { ITEM_DELTA, -2, 0xb, 4 }, { ITEM_ABSENT, 0, 0x7, 4 },
      { ITEM_LENGTH, 0, 0xf, 4 } },
    { { ITEM_DELTA, 0, 0x0, 2 }, { ITEM_DELTA, 1, 0x2, 2 }, { ITEM_DELTA, -1, 0x1, 2 },
      { ITEM_ABSENT, 0, 0x3, 3 }, { ITEM_LENGTH, 0, 0x7, 3 } },
};

/* ---- writing --------------------------------------------------------------------------------- */

/* Elias gamma of value >= 1: k ones, a zero, then the k bits below the leading one. */
static void put_gamma(bit_sink *s, unsigned value)
{
    unsigned k = 0;
    while (value >> (k + 1) > 0)
        k++;
    bit_sink_put(s, (1u << k) - 1, k + 1);
    bit_sink_put(s, value - (1u << k), k);
}

static const item_code *find_item(const item_code *rows, item_kind kind, int delta)
{
    for (unsigned i = 0; i < MAX_ROWS; i++)
        if (rows[i].n_bits > 0 && rows[i].kind == kind && rows[i].delta == delta)
            return &rows[i];
    return NULL;
}

static void put_item(bit_sink *s, const item_code *item)
{
    bit_sink_put(s, item->bits, item->n_bits);
}

static void put_length(bit_sink *s, const item_code *rows, int length, int last)
{
    const item_code *item = find_item(rows, ITEM_DELTA, length - last);
    if (last > 0 && item != NULL) {
        put_item(s, item);
        return;
    }
    if (last > 0)
        put_item(s, find_item(rows, ITEM_LENGTH, 0));
    bit_sink_put(s, (unsigned)length, LENGTH_BITS);
}

/* `run` absent symbols; before the first length they are coded as a length of 0. */
static void put_absent(bit_sink *s, const item_code *rows, unsigned run, int last)
{
    if (last > 0)
        put_item(s, find_item(rows, ITEM_ABSENT, 0));
    else
        bit_sink_put(s, 0, LENGTH_BITS);
    put_gamma(s, run);
}

static void put_dialect(bit_sink *s, const dc_huffman *code, unsigned dialect)
{
    const item_code *rows = dialects[dialect];
    unsigned run = 0;
    int last = 0;
    bit_sink_put(s, dialect, SELECTOR_BITS);
    for (unsigned symbol = 0; symbol < code->n_symbols; symbol++) {
        const int length = code->lengths[symbol];
        if (length == 0) {
            run++;
            continue;
        }
        if (run > 0)
            put_absent(s, rows, run, last);
        put_length(s, rows, length, last);
        run = 0;
        last = length;
    }
}

static void put_lone(bit_sink *s, unsigned symbol)
{
    bit_sink_put(s, SELECTOR_LONE, SELECTOR_BITS);
    bit_sink_put(s, DC_MIN(symbol, LONE_WIDE), LONE_BITS);
    if (symbol >= LONE_WIDE)
        bit_sink_put(s, symbol, 8);
}

static unsigned best_dialect(const dc_huffman *code, unsigned *n_bits)
{
    unsigned best = 0;
    *n_bits = UINT32_MAX;
    for (unsigned d = 0; d < N_DIALECTS; d++) {
        bit_sink trial = { 0 };
        put_dialect(&trial, code, d);
        if (trial.n_bits < *n_bits) {
            *n_bits = trial.n_bits;
            best = d;
        }
    }
    return best;
}

unsigned dc_huffman_table_bits(const dc_huffman *code)
{
    bit_sink s = { 0 };
    if (code->n_symbols == 0)
        return 0;
    if (dc_huffman_is_lone(code))
        put_lone(&s, code->n_symbols - 1);
    else
        best_dialect(code, &s.n_bits);
    return s.n_bits;
}

void dc_huffman_table_put(dc_bit_writer *b, const dc_huffman *code)
{
    bit_sink s = { .writer = b };
    unsigned n_bits;
    if (dc_huffman_is_lone(code))
        put_lone(&s, code->n_symbols - 1);
    else if (code->n_symbols > 0)
        put_dialect(&s, code, best_dialect(code, &n_bits));
}

/* ---- reading --------------------------------------------------------------------------------- */

static const item_code *get_item(const item_code *rows, dc_bit_reader *b)
{
    unsigned bits = 0;
    for (unsigned n_bits = 1; n_bits <= 4; n_bits++) {
        bits |= dc_get_bits(b, 1) << (n_bits - 1);
        for (unsigned i = 0; i < MAX_ROWS; i++)
            if (rows[i].n_bits == n_bits && rows[i].bits == bits)
                return &rows[i];
    }
    return &rows[0]; /* not reached: each dialect is a complete code */
}

/* At least 1; 0 when it lies. */
static unsigned get_gamma(dc_bit_reader *b)
{
    unsigned k = 0;
    while (dc_get_bits(b, 1) == 1)
        if (++k > 8)
            return 0;
    return (1u << k) + dc_get_bits(b, k);
}

/* The next length: 0 for a run of absent symbols. Returns a value above the longest length when the
 * stream is damaged. */
static int get_length(const item_code *rows, dc_bit_reader *b, int last)
{
    if (last > 0) {
        const item_code *item = get_item(rows, b);
        if (item->kind == ITEM_DELTA)
            return last + item->delta > 0 ? last + item->delta : -1;
        if (item->kind == ITEM_ABSENT)
            return 0;
    }
    const int length = (int)dc_get_bits(b, LENGTH_BITS);
    return last > 0 && length == 0 ? -1 : length;
}

static dc_status get_dialect(dc_huffman *code, dc_bit_reader *b, const item_code *rows,
                             unsigned n_symbols)
{
    unsigned symbol = 0, sum = 0;
    int last = 0;
    while (sum < DC_HUFFMAN_KRAFT) {
        const int length = get_length(rows, b, last);
        const unsigned run = length == 0 ? get_gamma(b) : 1;
        DC_TRY(b->status);
        if (length < 0 || length > DC_HUFFMAN_MAX_BITS || run == 0)
            return dc_fail(DC_ECORRUPT, "bad length of code word %u", symbol);
        if (run > n_symbols - symbol)
            return dc_fail(DC_ECORRUPT, "code table passes the alphabet of %u", n_symbols);
        if (length > 0) {
            code->lengths[symbol] = (uint8_t)length;
            sum += DC_HUFFMAN_KRAFT >> length;
            last = length;
        }
        symbol += run;
    }
    if (sum > DC_HUFFMAN_KRAFT)
        return dc_fail(DC_ECORRUPT, "code table holds more words than fit");
    code->n_symbols = symbol;
    return DC_OK;
}

static dc_status get_lone(dc_huffman *code, dc_bit_reader *b, unsigned n_symbols)
{
    const unsigned narrow = dc_get_bits(b, LONE_BITS);
    const unsigned symbol = narrow == LONE_WIDE ? dc_get_bits(b, 8) : narrow;
    DC_TRY(b->status);
    if (symbol < narrow)
        return dc_fail(DC_ECORRUPT, "lone symbol %u not in its shortest form", symbol);
    if (symbol >= n_symbols)
        return dc_fail(DC_ECORRUPT, "symbol %u outside the alphabet of %u", symbol, n_symbols);
    code->n_symbols = symbol + 1;
    return DC_OK;
}

dc_status dc_huffman_table_get(dc_huffman *out, dc_bit_reader *b, unsigned n_symbols)
{
    const unsigned selector = dc_get_bits(b, SELECTOR_BITS);
    memset(out, 0, sizeof *out);
    DC_TRY(b->status);
    if (selector == SELECTOR_LONE)
        return get_lone(out, b, n_symbols);
    DC_TRY(get_dialect(out, b, dialects[selector], n_symbols));
    dc_huffman_assign_words(out);
    return DC_OK;
}
