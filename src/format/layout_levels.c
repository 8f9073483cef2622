/* SPDX-License-Identifier: MIT
 *
 * Layers as levels: a book of what they are worth, and all of them by a coder of whole layers,
 * which makes the layout. The coders learn as they go, so there is no price but to code: what is
 * offered is the body itself. A body of no bytes is a layer of zeros.
 */
#include <string.h>

#include "layouts.h"
#include "level_book.h"

#define MAX_BODY_BYTES (UINT64_C(1) << 46)

static dc_level_shape shape_of(const dc_geometry *g)
{
    return (dc_level_shape){ g->n_rows, g->n_inputs, g->height, g->width };
}

static dc_level_facts facts_of(const dc_level_book *book, uint64_t book_bytes)
{
    return (dc_level_facts){ .book = dc_book_kind_name(book->kind),
                             .step = book->step,
                             .n_above = book->n_above,
                             .n_below = book->n_below,
                             .book_bytes = book_bytes };
}

/* ---- offers ---------------------------------------------------------------------------------- */

/* The books that the parameter has; they are looked for once. */
static dc_status find_books(dc_choosing *c, const dc_level_shape *shape)
{
    if (c->leveled != NULL)
        return DC_OK;
    c->leveled = dc_arena_take(c->scratch, DC_MAX_LEVEL_BOOKS, sizeof *c->leveled);
    DC_TRY(c->scratch->status);
    return dc_level_books_find(c->leveled, &c->n_leveled, c->param->values, shape, c->values,
                               c->n_distinct, c->scratch);
}

static dc_status offer_body(dc_choosing *c, const dc_leveled *leveled, const dc_level_shape *shape,
                            const dc_level_coder *coder)
{
    dc_row row = dc_choosing_row(c);
    dc_writer w;
    const dc_level_stream s = dc_level_stream_of(&leveled->book, shape, leveled->levels);
    dc_writer_init(&w, MAX_BODY_BYTES);
    dc_level_book_put(&w, &leveled->book, shape, coder);
    const uint64_t book_bytes = w.size;
    coder->encode(&w, &s);
    row.is_half = leveled->book.is_half;
    row.codes_bytes = w.size;
    row.levels = facts_of(&leveled->book, book_bytes);
    const dc_status status = w.status;
    if (status == DC_OK)
        dc_choosing_offer_body(c, &row, w.data);
    dc_writer_clear(&w);
    return status;
}

static dc_status offer_all(dc_choosing *c)
{
    const dc_level_shape shape = shape_of(&c->geometry);
    const dc_level_coder *coder = dc_level_coder_find(c->layout->layer_coder);
    if (c->n_nonzero == 0) {
        dc_row zeros = dc_choosing_row(c);
        zeros.is_half = false;
        dc_choosing_offer_body(c, &zeros, NULL);
        return DC_OK;
    }
    DC_TRY(find_books(c, &shape));
    for (unsigned i = 0; i < c->n_leveled; i++)
        DC_TRY(offer_body(c, &c->leveled[i], &shape, coder));
    return DC_OK;
}

static void offer_levels(dc_choosing *c)
{
    if ((c->level_coder_mask >> c->layout->layer_coder & 1u) != 0 && c->status == DC_OK)
        c->status = offer_all(c);
}

static dc_status put_levels(dc_written_param *out, const dc_choice *choice, const dc_laid *laid)
{
    (void)laid;
    if (choice->row.codes_bytes > 0)
        dc_put_bytes(&out->body, choice->body, choice->row.codes_bytes);
    return out->body.status;
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct reach {
    uint64_t n_nonzero;
    int most, least;
} reach;

static reach reach_of(const int16_t *levels, uint64_t n)
{
    reach r = { 0, 0, 0 };
    for (uint64_t i = 0; i < n; i++) {
        r.n_nonzero += levels[i] != 0;
        r.most = DC_MAX(r.most, levels[i]);
        r.least = DC_MIN(r.least, levels[i]);
    }
    return r;
}

static bool has_all(const dc_level_book *book, const int16_t *levels, uint64_t n)
{
    bool is_there[2 * DC_MAX_BOOK_VALUES + 1] = { false };
    for (uint64_t i = 0; i < n; i++)
        is_there[DC_MAX_BOOK_VALUES + levels[i]] = true;
    for (int k = -(int)book->n_below; k <= (int)book->n_above; k++)
        if (k != 0 && !is_there[DC_MAX_BOOK_VALUES + k])
            return false;
    return true;
}

static dc_status get_body(dc_stored_param *stored, float *values, int16_t *levels,
                          dc_arena *scratch)
{
    dc_row *row = &stored->row;
    const dc_level_shape shape = shape_of(&stored->geometry);
    const dc_level_coder *coder = dc_level_coder_find(row->layer_coder);
    const uint64_t n = stored->param->n_values;
    dc_reader r = dc_reader_over(stored->body, row->codes_bytes, "the book");
    dc_level_book book;
    DC_TRY(dc_level_book_get(&book, &r, row->is_half, &shape, coder, scratch));
    const dc_level_stream s = dc_level_stream_of(&book, &shape, NULL);
    DC_TRY(coder->decode(levels, &s, stored->body + r.pos, row->codes_bytes - r.pos));
    const reach found = reach_of(levels, n);
    if (found.most > (int)book.n_above || -found.least > (int)book.n_below)
        return dc_fail(DC_ECORRUPT, "level outside the book");
    stored->n_nonzero = found.n_nonzero;
    row->levels = facts_of(&book, r.pos);
    row->levels.has_unused = found.most < (int)book.n_above || -found.least < (int)book.n_below ||
                             (book.kind == BOOK_VALUES && !has_all(&book, levels, n));
    if (values != NULL)
        dc_levels_value(values, &book, &shape, levels);
    return DC_OK;
}

static dc_status get_levels(dc_stored_param *stored, float *values, dc_packed *packed)
{
    dc_arena scratch = { 0 };
    const uint64_t n = stored->param->n_values;
    (void)packed;
    stored->n_nonzero = 0;
    if (stored->row.codes_bytes == 0) {
        if (stored->row.is_half)
            return dc_fail(DC_ECORRUPT, "layer of zeros has numbers of half their size");
        if (values != NULL)
            memset(values, 0, n * sizeof *values);
        return DC_OK;
    }
    int16_t *levels = dc_arena_take(&scratch, n, sizeof *levels);
    dc_status status = scratch.status;
    if (status == DC_OK)
        status = get_body(stored, values, levels, &scratch);
    dc_arena_clear(&scratch);
    return status;
}

/* The state of a trellis goes through the whole layer, so that it has one slice. */
static bool is_trellis(const dc_stored_param *stored)
{
    return stored->row.codes_bytes > 0 && dc_level_book_kind(stored->body) == BOOK_TRELLIS;
}

/* ---- the rows -------------------------------------------------------------------------------- */

#define LAYOUT(word, id)                                       \
    const dc_layout dc_layout_##word = { .name = #word,        \
                                         .half_name = #word,   \
                                         .encoding = ROW_DENSE, \
                                         .layer_coder = id,    \
                                         .offer = offer_levels, \
                                         .put = put_levels,    \
                                         .is_one_piece = is_trellis, \
                                         .get = get_levels }

LAYOUT(lite, 1);
LAYOUT(mix, 2);
