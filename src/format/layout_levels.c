/* SPDX-License-Identifier: MIT
 *
 * Layers as levels: a book of what they are worth, and all of them by a coder of whole layers,
 * which makes the layout. The coders learn as they go, so there is no price but to code: what is
 * offered is the body itself. A body of no bytes is a layer of zeros.
 */
#include <string.h>

#include "layouts.h"
#include "level_book.h"
#include "level_packing.h"

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

/* What was found in the rows of a slice. */
typedef struct slice_facts {
    uint64_t n_nonzero;
    int most, least;
    bool is_there[2 * DC_MAX_BOOK_VALUES + 1]; /* of a book of values */
} slice_facts;

/* A body on its way to values or to codes and gaps, or to neither. */
typedef struct level_reading {
    dc_level_book book;
    dc_level_shape shape;
    float *values;
    dc_level_packing *packing;
    slice_facts facts[DC_MAX_LEVEL_SLICES];
} level_reading;

static void find_facts(slice_facts *f, const int16_t *levels, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        f->n_nonzero += levels[i] != 0;
        f->most = DC_MAX(f->most, levels[i]);
        f->least = DC_MIN(f->least, levels[i]);
    }
}

static dc_status take_rows(void *payload, const dc_level_rows *rows)
{
    level_reading *job = payload;
    slice_facts *f = &job->facts[rows->slice];
    dc_level_book book = job->book;
    dc_level_shape shape = job->shape;
    const uint64_t n_cols = (uint64_t)shape.n_inputs * shape.height * shape.width;
    find_facts(f, rows->levels, rows->n_rows * n_cols);
    if (f->most > (int)book.n_above || -f->least > (int)book.n_below)
        return dc_fail(DC_ECORRUPT, "level outside the book");
    for (uint64_t i = 0; book.kind == BOOK_VALUES && i < rows->n_rows * n_cols; i++)
        f->is_there[DC_MAX_BOOK_VALUES + rows->levels[i]] = true;
    if (job->packing != NULL)
        return dc_level_packing_take(job->packing, rows);
    shape.n_rows = rows->n_rows;
    if (book.row_steps != NULL)
        book.row_steps += rows->first_row;
    if (job->values != NULL)
        dc_levels_value(job->values + rows->first_row * n_cols, &book, &shape, rows->levels);
    return DC_OK;
}

static slice_facts sum_facts(const slice_facts *slices)
{
    slice_facts sum = slices[0];
    for (uint32_t s = 1; s < DC_MAX_LEVEL_SLICES; s++) {
        sum.n_nonzero += slices[s].n_nonzero;
        sum.most = DC_MAX(sum.most, slices[s].most);
        sum.least = DC_MIN(sum.least, slices[s].least);
        for (uint32_t k = 0; k <= 2 * DC_MAX_BOOK_VALUES; k++)
            sum.is_there[k] |= slices[s].is_there[k];
    }
    return sum;
}

static bool has_all(const dc_level_book *book, const slice_facts *found)
{
    for (int k = -(int)book->n_below; k <= (int)book->n_above; k++)
        if (k != 0 && !found->is_there[DC_MAX_BOOK_VALUES + k])
            return false;
    return true;
}

static dc_status get_body(dc_stored_param *stored, level_reading *job, dc_arena *scratch)
{
    dc_row *row = &stored->row;
    const dc_level_coder *coder = dc_level_coder_find(row->layer_coder);
    const dc_level_book *book = &job->book;
    dc_reader r = dc_reader_over(stored->body, row->codes_bytes, "the book");
    DC_TRY(dc_level_book_get(&job->book, &r, row->is_half, &job->shape, coder, scratch));
    const dc_level_stream s = dc_level_stream_of(book, &job->shape, NULL);
    if (job->packing != NULL)
        DC_TRY(dc_level_packing_begin(job->packing, book, &job->shape));
    DC_TRY(coder->decode(take_rows, job, &s, stored->body + r.pos, row->codes_bytes - r.pos));
    const slice_facts found = sum_facts(job->facts);
    stored->n_nonzero = found.n_nonzero;
    row->levels = facts_of(book, r.pos);
    row->levels.has_unused = found.most < (int)book->n_above || -found.least < (int)book->n_below ||
                             (book->kind == BOOK_VALUES && !has_all(book, &found));
    return DC_OK;
}

static dc_status get_packed(dc_stored_param *stored, level_reading *job, dc_packed *packed,
                            dc_arena *scratch)
{
    dc_level_packing packing = { 0 };
    job->packing = &packing;
    dc_status status = get_body(stored, job, scratch);
    if (status == DC_OK)
        status = dc_level_packing_end(packed, &packing, stored->arena);
    dc_level_packing_clear(&packing);
    return status;
}

static dc_status get_levels(dc_stored_param *stored, float *values, dc_packed *packed)
{
    dc_arena scratch = { 0 };
    level_reading *job = dc_arena_take(&scratch, 1, sizeof *job);
    stored->n_nonzero = 0;
    if (scratch.status < 0)
        return scratch.status;
    *job = (level_reading){ .shape = shape_of(&stored->geometry), .values = values };
    dc_status status = DC_OK;
    if (stored->row.codes_bytes > 0 && packed != NULL)
        status = get_packed(stored, job, packed, &scratch);
    else if (stored->row.codes_bytes > 0)
        status = get_body(stored, job, &scratch);
    else if (stored->row.is_half)
        status = dc_fail(DC_ECORRUPT, "layer of zeros has numbers of half their size");
    dc_arena_clear(&scratch);
    return status;
}

/* Levels that codes have names for, in the order of rows. */
static bool levels_pack(const dc_stored_param *stored)
{
    dc_level_book head;
    dc_reader r = dc_reader_over(stored->body, stored->row.codes_bytes, "the book");
    return stored->row.codes_bytes > 0 && dc_level_book_head(&head, &r) == DC_OK &&
           (head.kind == BOOK_GRID || head.kind == BOOK_VALUES) &&
           head.n_above + head.n_below < DC_MAX_CODEBOOK;
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
                                         .packs = levels_pack,  \
                                         .get = get_levels }

LAYOUT(lite, 1);
LAYOUT(mix, 2);
