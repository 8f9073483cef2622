/* SPDX-License-Identifier: MIT
 *
 * The smallest encoding by exact count, nothing written. One walk over the values tells whether
 * they are finite, how many are not zero, and whether all are exactly float16; a second finds
 * the codebook and counts its codes; a third and fourth count gaps for every width in row-major
 * and column-major order. From these counts the size of every candidate follows exactly:
 *
 *     dense   n numbers
 *     shared  codebook, codes of all values
 *     packed  codebook without zero, codes and gaps of non-zero values and fillers
 *     sparse  gaps and numbers of non-zero values and fillers
 *
 * Candidates are tried in the order of docs/format.md, section 8, and the first of the smallest
 * stays. A codebook may be in any order [DC 3]: by falling count, which makes the lengths of code
 * words rise steadily and so the code table shorter, or by rising value, which lets its numbers be
 * coded by their differences.
 */
#include "encoding_choice.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rising_codebook.h"

typedef struct survey {
    const dc_param *param;
    const dc_write_settings *settings;
    uint32_t n_rows, n_cols;
    bool is_half; /* every value is exactly a float16 */
    uint64_t n_nonzero;
    uint32_t n_distinct; /* 0: more than 256           */
    float values[DC_MAX_CODEBOOK];    /* rising         */
    uint64_t counts[DC_MAX_CODEBOOK]; /* of each of them */
} survey;

unsigned dc_coder_mask_of(const dc_write_settings *settings)
{
    if (settings->level < DC_LEVEL_CODED)
        return 1u << dc_coder_named("raw")->id;
    return settings->coder_mask;
}

/* ---- surveying ------------------------------------------------------------------------------- */

static bool is_exact_half(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t exponent = bits >> 23 & 0xffu;
    if ((bits & 0x1fffu) == 0 && exponent >= 113 && exponent <= 142)
        return true; /* a normal half with 10 bits of mantissa */
    return dc_f16_round(value) == value;
}

static bool is_all_half(const float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (values[i] != 0 && !is_exact_half(values[i]))
            return false;
    return true;
}

static dc_status survey_values(survey *s)
{
    const float *values = s->param->values;
    const uint64_t n = s->param->n_values;
    uint64_t n_nonzero = 0, n_bad = 0;
    for (uint64_t i = 0; i < n; i++) { /* simple enough to be vectorized */
        n_nonzero += values[i] != 0;
        n_bad += !(fabsf(values[i]) <= FLT_MAX);
    }
    for (uint64_t i = 0; n_bad > 0 && i < n; i++)
        if (!isfinite(values[i]))
            return dc_fail(DC_EINPUT, "%s: value %" PRIu64 " of %" PRIu64 " is %s",
                           s->param->name, i, n, isnan(values[i]) ? "not a number" : "infinite");
    s->n_nonzero = n_nonzero;
    s->is_half = is_all_half(values, n);
    return DC_OK;
}

static dc_status survey_codes(survey *s)
{
    enum { PIECE = 1 << 16 };
    const dc_param *p = s->param;
    dc_histogram h;
    if (!dc_codebook_find(s->values, &s->n_distinct, p->values, p->n_values, DC_MAX_CODEBOOK,
                          false)) {
        s->n_distinct = 0;
        return DC_OK;
    }
    uint8_t *codes = dc_grow(NULL, PIECE, 1);
    if (codes == NULL)
        return DC_ENOMEM;
    for (uint64_t at = 0; at < p->n_values; at += PIECE) {
        const uint64_t n = DC_MIN(p->n_values - at, (uint64_t)PIECE);
        dc_codes_of(codes, p->values + at, n, s->values, s->n_distinct);
        dc_histogram_count(&h, codes, n);
        for (uint32_t i = 0; i < h.n_symbols; i++)
            s->counts[i] += h.counts[i];
    }
    dc_release(codes);
    return DC_OK;
}

/* ---- codebooks and their order --------------------------------------------------------------- */

typedef struct codebook {
    uint32_t n, n_fixed; /* packed: entry 0 is zero and stays first */
    float values[DC_MAX_CODEBOOK];
    uint64_t counts[DC_MAX_CODEBOOK];
    uint8_t ranks[DC_MAX_CODEBOOK];
    uint64_t coded_bytes; /* 0: not coded */
} codebook;

static codebook rising_codebook(const survey *s, bool is_packed)
{
    codebook book = { .n_fixed = is_packed ? 1 : 0 };
    book.n = book.n_fixed;
    for (uint32_t i = 0; i < s->n_distinct; i++) {
        if (is_packed && s->values[i] == 0)
            continue;
        book.values[book.n] = s->values[i] == 0 ? 0.0f : s->values[i];
        book.counts[book.n++] = s->counts[i];
    }
    for (uint32_t i = 0; i < book.n; i++)
        book.ranks[i] = (uint8_t)i;
    return book;
}

typedef struct entry {
    uint64_t count;
    uint32_t code;
} entry;

static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->code < y->code ? -1 : x->code > y->code;
}

static codebook counted_codebook(const codebook *rising)
{
    codebook book = *rising;
    entry entries[DC_MAX_CODEBOOK];
    for (uint32_t i = 0; i < book.n; i++)
        entries[i] = (entry){ rising->counts[i], i };
    qsort(entries + book.n_fixed, book.n - book.n_fixed, sizeof *entries, compare_entries);
    for (uint32_t i = 0; i < book.n; i++) {
        book.values[i] = rising->values[entries[i].code];
        book.counts[i] = rising->counts[entries[i].code];
        book.ranks[entries[i].code] = (uint8_t)i;
    }
    return book;
}

/* The books a layer may have: rising, by count, rising and coded. */
enum { MAX_BOOKS = 3 };

static unsigned list_books(codebook books[MAX_BOOKS], const survey *s, bool is_packed)
{
    const unsigned raw_only = 1u << dc_coder_named("raw")->id;
    books[0] = rising_codebook(s, is_packed);
    books[1] = counted_codebook(&books[0]);
    books[2] = books[0];
    if (books[0].n == books[0].n_fixed || dc_coder_mask_of(s->settings) == raw_only)
        return 2;
    books[2].coded_bytes = dc_rising_bytes(books[0].values + books[0].n_fixed,
                                           books[0].n - books[0].n_fixed, s->is_half);
    return 3;
}

/* ---- candidates ------------------------------------------------------------------------------ */

static dc_histogram histogram_of(const uint64_t *counts, uint32_t n)
{
    dc_histogram h = { .n_symbols = 1 };
    for (uint32_t i = 0; i < n; i++) {
        h.counts[i] = counts[i];
        h.n_total += counts[i];
        if (counts[i] > 0)
            h.n_symbols = i + 1;
    }
    return h;
}

static void keep_if_smaller(dc_choice *best, const dc_row *row, const codebook *book)
{
    const uint64_t body = dc_row_body_bytes(row);
    const uint64_t total = body == UINT64_MAX ? UINT64_MAX : body + dc_row_bytes(row);
    const bool is_plainer = best->row.is_rising && !row->is_rising;
    if (total > best->total_bytes || (total == best->total_bytes && !is_plainer))
        return;
    best->row = *row;
    best->total_bytes = total;
    if (book != NULL) {
        memcpy(best->codebook, book->values, sizeof best->codebook);
        memcpy(best->ranks, book->ranks, sizeof best->ranks);
    }
}

static void try_dense(dc_choice *best, const survey *s)
{
    dc_row row = best->row;
    row.encoding = ROW_DENSE;
    row.n_entries = s->param->n_values;
    row.is_half = false;
    keep_if_smaller(best, &row, NULL);
    row.is_half = s->is_half;
    if (s->settings->level >= DC_LEVEL_PLAIN)
        keep_if_smaller(best, &row, NULL);
}

static void use_book(dc_row *row, const codebook *book, unsigned coder_mask)
{
    const dc_histogram h = histogram_of(book->counts, book->n);
    row->n_codebook = book->n;
    row->is_rising = book->coded_bytes > 0;
    row->coded_codebook_bytes = book->coded_bytes;
    row->codes_bytes = dc_stream_bytes(&h, coder_mask);
}

static void try_shared(dc_choice *best, const survey *s, const dc_row *base)
{
    codebook books[MAX_BOOKS];
    const unsigned n_books = list_books(books, s, false);
    for (unsigned i = 0; i < n_books; i++) {
        dc_row row = *base;
        row.encoding = ROW_SHARED;
        row.n_entries = s->param->n_values;
        use_book(&row, &books[i], dc_coder_mask_of(s->settings));
        keep_if_smaller(best, &row, &books[i]);
    }
}

static void try_packed(dc_choice *best, const dc_row *base, uint64_t n_fillers, codebook *books,
                       unsigned n_books, unsigned coder_mask)
{
    for (unsigned i = 0; i < n_books; i++) {
        dc_row row = *base;
        row.encoding = ROW_PACKED;
        books[i].counts[0] = n_fillers;
        use_book(&row, &books[i], coder_mask);
        keep_if_smaller(best, &row, &books[i]);
    }
}

/* Every gap width in one order of positions; without books for sparse. */
static void try_gaps(dc_choice *best, const survey *s, const dc_row *base,
                     const dc_gap_counts *gaps, codebook *books, unsigned n_books)
{
    const unsigned mask = dc_coder_mask_of(s->settings), wanted = s->settings->gap_bits;
    for (unsigned b = DC_MIN_GAP_BITS; b <= DC_MAX_GAP_BITS; b++) {
        if (wanted != 0 && b != wanted)
            continue;
        const dc_histogram h = histogram_of(gaps->counts[b], 1u << b);
        dc_row row = *base;
        row.gap_bits = (uint8_t)b;
        row.n_entries = gaps->n_nonzero + gaps->n_fillers[b];
        row.gaps_bytes = dc_stream_bytes(&h, mask);
        if (n_books > 0) {
            try_packed(best, &row, gaps->n_fillers[b], books, n_books, mask);
        } else {
            row.encoding = ROW_SPARSE;
            keep_if_smaller(best, &row, NULL);
        }
    }
}

static void try_with_gaps(dc_choice *best, const survey *s, const dc_row *base, dc_gap_counts *gaps)
{
    const bool has_one_order = s->n_rows == 1 || s->n_cols == 1;
    const unsigned n_orders = has_one_order ? 1 : 2;
    dc_row row = *base;
    for (unsigned order = 0; order < n_orders; order++)
        dc_gap_counts_of(&gaps[order], s->param->values, s->n_rows, s->n_cols, order == 1);
    if (s->n_distinct > 0) {
        codebook books[MAX_BOOKS];
        const unsigned n_books = list_books(books, s, true);
        for (unsigned order = 0; order < n_orders; order++) {
            row.is_column_major = order == 1;
            try_gaps(best, s, &row, &gaps[order], books, n_books);
        }
    }
    for (unsigned order = 0; order < n_orders; order++) {
        row.is_column_major = order == 1;
        try_gaps(best, s, &row, &gaps[order], NULL, 0);
    }
}

/* Positions are counted in 32-bit rows and columns; a wider matrix stays dense. */
static bool is_matrix(const dc_param *param)
{
    return param->n_values / param->shape.dims[0] <= UINT32_MAX;
}

dc_status dc_choose(dc_choice *out, const dc_param *param, const dc_write_settings *settings,
                    dc_arena *scratch)
{
    survey s = { .param = param, .settings = settings };
    dc_row base = { .is_pruned = param->is_pruned, .is_shared = param->is_shared };
    DC_TRY(survey_values(&s));
    *out = (dc_choice){ .row = base, .total_bytes = UINT64_MAX, .n_nonzero = s.n_nonzero };
    try_dense(out, &s);
    if (settings->level == DC_LEVEL_DENSE || !is_matrix(param))
        return DC_OK;
    dc_param_matrix(param, &s.n_rows, &s.n_cols);
    DC_TRY(survey_codes(&s));
    base.is_half = s.is_half;
    if (s.n_distinct > 0)
        try_shared(out, &s, &base);
    if (s.n_nonzero < param->n_values) {
        dc_gap_counts *gaps = dc_arena_take(scratch, 2, sizeof *gaps);
        DC_TRY(scratch->status);
        try_with_gaps(out, &s, &base, gaps);
    }
    return DC_OK;
}
