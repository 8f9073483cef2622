/* SPDX-License-Identifier: MIT
 *
 * Shared: a codebook and the codes of all values. Packed: a codebook without zero, the codes and
 * gaps of values that are not zero and of fillers. Gaps stand behind codes in the file but are
 * decoded before them: a coder of codes may look at the gaps.
 *
 * A codebook may be in any order [DC 3]: by falling count, which makes the lengths of code words
 * rise steadily and so the code table shorter, or by rising value, which lets its numbers be coded
 * by their differences.
 */
#include <assert.h>
#include <stdlib.h>

#include "layouts.h"
#include "stored_numbers.h"
#include "rising_codebook.h"

/* ---- codebooks and their order --------------------------------------------------------------- */

typedef struct counted_book {
    dc_book book;
    uint32_t n_fixed; /* packed: entry 0 is zero and stays first */
    uint64_t counts[DC_MAX_CODEBOOK];
    uint64_t coded_bytes; /* 0: not coded */
} counted_book;

static counted_book rising_book(const dc_choosing *c, bool is_packed)
{
    counted_book b = { .n_fixed = is_packed ? 1 : 0 };
    b.book.n = b.n_fixed;
    for (uint32_t i = 0; i < c->n_distinct; i++) {
        if (is_packed && c->values[i] == 0)
            continue;
        b.book.values[b.book.n] = c->values[i] == 0 ? 0.0f : c->values[i];
        b.counts[b.book.n++] = c->counts[i];
    }
    for (uint32_t i = 0; i < b.book.n; i++)
        b.book.ranks[i] = (uint8_t)i;
    return b;
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

static counted_book falling_book(const counted_book *rising)
{
    counted_book b = *rising;
    entry entries[DC_MAX_CODEBOOK];
    const uint32_t n = b.book.n;
    for (uint32_t i = 0; i < n; i++)
        entries[i] = (entry){ rising->counts[i], i };
    qsort(entries + b.n_fixed, n - b.n_fixed, sizeof *entries, compare_entries);
    for (uint32_t i = 0; i < n; i++) {
        b.book.values[i] = rising->book.values[entries[i].code];
        b.counts[i] = rising->counts[entries[i].code];
        b.book.ranks[entries[i].code] = (uint8_t)i;
    }
    return b;
}

/* The books a layer may have: rising, by count, rising and coded. */
enum { MAX_BOOKS = 3 };

static unsigned list_books(counted_book books[MAX_BOOKS], const dc_choosing *c, bool is_packed)
{
    books[0] = rising_book(c, is_packed);
    books[1] = falling_book(&books[0]);
    books[2] = books[0];
    const uint32_t n_fixed = books[0].n_fixed, n_stored = books[0].book.n - n_fixed;
    if (n_stored == 0 || c->coder_mask == 1u << DC_CODER_RAW)
        return 2;
    books[2].coded_bytes = dc_rising_bytes(books[0].book.values + n_fixed, n_stored, c->is_half);
    return 3;
}

/* ---- offers ---------------------------------------------------------------------------------- */

static void offer_book(dc_choosing *c, const dc_row *base, const counted_book *b)
{
    dc_row row = *base;
    row.n_codebook = b->book.n;
    row.is_rising = b->coded_bytes > 0;
    row.coded_codebook_bytes = b->coded_bytes;
    dc_choosing_price(&row.codes_bytes, &row.codes_coder, c, b->counts, b->book.n);
    dc_choosing_offer(c, &row, &b->book);
}

static void offer_shared(dc_choosing *c)
{
    counted_book books[MAX_BOOKS];
    const dc_row row = dc_choosing_row(c);
    const unsigned n_books = c->n_distinct > 0 ? list_books(books, c, false) : 0;
    for (unsigned i = 0; i < n_books; i++)
        offer_book(c, &row, &books[i]);
}

static void offer_packed(dc_choosing *c)
{
    counted_book books[MAX_BOOKS];
    dc_row rows[DC_MAX_GAP_ROWS];
    const unsigned n_rows = c->n_distinct > 0 ? dc_choosing_gap_rows(rows, c) : 0;
    const unsigned n_books = n_rows > 0 ? list_books(books, c, true) : 0;
    for (unsigned i = 0; i < n_rows; i++)
        for (unsigned k = 0; k < n_books; k++) {
            books[k].counts[0] = rows[i].n_entries - c->n_nonzero;
            offer_book(c, &rows[i], &books[k]);
        }
}

/* ---- writing --------------------------------------------------------------------------------- */

/* A stream of the row's entries. */
static dc_stream stream_of(const dc_packed *packed, uint32_t n_symbols)
{
    return (dc_stream){ .n = packed->n_entries,
                        .n_symbols = n_symbols,
                        .n_rows = packed->n_rows,
                        .n_cols = packed->n_cols,
                        .is_column_major = packed->is_column_major };
}

static dc_status lay_coded(dc_laid *out, const dc_choice *choice, const dc_param *param,
                           dc_arena *scratch)
{
    dc_packed packed;
    const dc_row *row = &choice->row;
    const dc_pack_plan plan = { .is_dense = row->encoding == ROW_SHARED,
                                .is_column_major = row->is_column_major,
                                .gap_bits = row->gap_bits };
    uint32_t n_rows, n_cols;
    dc_param_matrix(param, &n_rows, &n_cols);
    DC_TRY(dc_pack(&packed, param->values, n_rows, n_cols, &plan, scratch));
    assert(packed.n_entries == row->n_entries && packed.n_codebook == row->n_codebook);
    for (uint64_t i = 0; i < packed.n_entries; i++)
        packed.codes[i] = choice->book->ranks[packed.codes[i]];
    *out = (dc_laid){ .codes = stream_of(&packed, packed.n_codebook) };
    out->codes.symbols = packed.codes;
    if (!plan.is_dense) {
        out->gaps = stream_of(&packed, 1u << packed.gap_bits);
        out->gaps.symbols = packed.gaps;
    }
    return DC_OK;
}

static void put_codebook(dc_writer *w, const dc_row *row, const dc_book *book)
{
    const uint32_t n = dc_row_n_stored(row);
    const float *numbers = book->values + row->n_codebook - n;
    const uint64_t before = w->size;
    if (row->is_rising)
        dc_rising_put(w, numbers, n, row->is_half);
    else
        dc_numbers_put(w, numbers, n, row->is_half);
    assert(w->status < 0 || w->size - before == dc_row_codebook_bytes(row));
    (void)before;
}

static dc_status put_coded(dc_written_param *out, const dc_choice *choice, const dc_laid *laid)
{
    const dc_row *row = &choice->row;
    put_codebook(&out->body, row, choice->book);
    dc_written_stream(out, &out->codes, &laid->codes, row->codes_coder, row->codes_bytes);
    if (dc_row_has_gaps(row))
        dc_written_stream(out, &out->gaps, &laid->gaps, row->gaps_coder, row->gaps_bytes);
    return out->body.status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static uint64_t count_nonzero(const dc_packed *p)
{
    bool is_nonzero[DC_MAX_CODEBOOK] = { false };
    uint64_t n = 0;
    for (uint32_t i = 0; i < p->n_codebook; i++)
        is_nonzero[i] = p->is_dense ? p->codebook[i] != 0 : i > 0;
    for (uint64_t e = 0; e < p->n_entries; e++)
        n += is_nonzero[p->codes[e]];
    return n;
}

static dc_status get_codebook(dc_packed *p, const dc_stored_param *stored)
{
    const dc_row *row = &stored->row;
    const uint32_t n = dc_row_n_stored(row);
    float *numbers = p->codebook + (p->is_dense ? 0 : 1);
    uint64_t n_nonzero;
    p->codebook[0] = 0;
    if (!row->is_rising)
        return dc_numbers_get(numbers, &n_nonzero, stored->body, n, row->is_half);
    DC_TRY(dc_rising_get(numbers, n, row->is_half, stored->body, row->coded_codebook_bytes));
    for (uint32_t i = 0; i < n && !p->is_dense; i++)
        if (numbers[i] == 0)
            return dc_fail(DC_ECORRUPT, "coded codebook of a packed layer has a 0");
    return DC_OK;
}

static dc_status get_packed(dc_packed *p, dc_stored_param *stored)
{
    const dc_row *row = &stored->row;
    const uint8_t *codes_at = stored->body + dc_row_codebook_bytes(row);
    dc_stream codes = stream_of(p, p->n_codebook), gaps = stream_of(p, 1u << p->gap_bits);
    DC_TRY(get_codebook(p, stored));
    if (!p->is_dense) {
        DC_TRY(dc_stored_stream(p->gaps, stored, &stored->gaps, &gaps, row->gaps_coder,
                                codes_at + row->codes_bytes, row->gaps_bytes));
        codes.given = &gaps;
    }
    DC_TRY(dc_stored_stream(p->codes, stored, &stored->codes, &codes, row->codes_coder, codes_at,
                            row->codes_bytes));
    p->n_nonzero = stored->n_nonzero = count_nonzero(p);
    return dc_packed_check(p);
}

static dc_status get_coded(dc_stored_param *stored, float *values, dc_packed *packed)
{
    dc_arena scratch = { 0 };
    dc_packed own;
    dc_status status = DC_OK;
    if (packed == NULL) {
        packed = &own;
        status = dc_packed_room(packed, stored, &scratch);
    }
    if (status == DC_OK)
        status = get_packed(packed, stored);
    if (status == DC_OK && values != NULL)
        dc_unpack(values, packed);
    dc_arena_clear(&scratch);
    return status;
}

const dc_layout dc_layout_shared = { .name = "shared",
                                     .half_name = "shared",
                                     .encoding = ROW_SHARED,
                                     .offer = offer_shared,
                                     .lay = lay_coded,
                                     .put = put_coded,
                                     .get = get_coded };

const dc_layout dc_layout_packed = { .name = "packed",
                                     .half_name = "packed",
                                     .encoding = ROW_PACKED,
                                     .offer = offer_packed,
                                     .lay = lay_coded,
                                     .put = put_coded,
                                     .get = get_coded };
