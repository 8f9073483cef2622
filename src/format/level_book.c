/* SPDX-License-Identifier: MIT
 *
 * Books of levels (docs/format.md, section 5.4), as bytes and back.
 *
 *                     7     6     5     4     3     2     1     0
 *     Book_Head   | n_below         | n_above         | kind      |    7: more follows
 *
 * A step is a bfloat16 or, when it has but 4 bits, a byte: 3 bits of mantissa below 5 of exponent.
 */
#include "level_book.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "rising_codebook.h"
#include "small_step.h"

#define KIND_BITS 2u
#define COUNT_BITS 3u
#define COUNT_MORE ((1u << COUNT_BITS) - 1) /* this many or more: the rest follows */
#define ABOVE_AT KIND_BITS
#define BELOW_AT (ABOVE_AT + COUNT_BITS)
static_assert(BELOW_AT + COUNT_BITS == 8, "Book_Head is a byte");
static_assert(BOOK_VALUES < 1 << KIND_BITS, "a kind fits its bits");

#define LARGEST_SIZE ((double)DC_LEVEL_SIZE_MOST)

const char *dc_book_kind_name(dc_book_kind kind)
{
    static const char *const names[] = { [BOOK_GRID] = "grid",
                                         [BOOK_TRELLIS] = "trellis",
                                         [BOOK_ROWS] = "rows",
                                         [BOOK_VALUES] = "values" };
    return names[kind];
}

/* ---- what levels are worth ------------------------------------------------------------------- */

static uint64_t n_cols_of(const dc_level_shape *shape)
{
    return (uint64_t)shape->n_inputs * shape->height * shape->width;
}

static void value_rows(float *values, const dc_level_book *book, const dc_level_shape *shape,
                       const int16_t *levels)
{
    const uint64_t n_cols = n_cols_of(shape);
    for (uint32_t row = 0; row < shape->n_rows; row++) {
        const float step = dc_small_step(book->row_steps[row]);
        for (uint64_t i = row * n_cols; i < (row + 1) * n_cols; i++)
            values[i] = (float)levels[i] * step;
    }
}

void dc_levels_value(float *values, const dc_level_book *book, const dc_level_shape *shape,
                     const int16_t *levels)
{
    const uint64_t n = shape->n_rows * n_cols_of(shape);
    const float *above = book->numbers + book->n_below; /* of values: level k at k - 1 */
    switch (book->kind) {
    case BOOK_GRID:
        for (uint64_t i = 0; i < n; i++)
            values[i] = (float)levels[i] * book->step;
        break;
    case BOOK_TRELLIS:
        dc_trellis_values(values, levels, n, book->step);
        break;
    case BOOK_ROWS:
        value_rows(values, book, shape, levels);
        break;
    case BOOK_VALUES:
        for (uint64_t i = 0; i < n; i++)
            values[i] = levels[i] == 0 ? 0 : above[levels[i] - (levels[i] > 0)];
        break;
    }
}

dc_level_stream dc_level_stream_of(const dc_level_book *book, const dc_level_shape *shape,
                                   const int16_t *levels)
{
    return (dc_level_stream){ .shape = *shape,
                              .levels = levels,
                              .n_above = book->n_above,
                              .n_below = book->n_below,
                              .sizes = { book->sizes[0], book->sizes[1] },
                              .is_trellis = book->kind == BOOK_TRELLIS };
}

static uint16_t size_of(float number, double largest)
{
    return (uint16_t)fmax(1, fabs((double)number) * LARGEST_SIZE / largest + 0.5);
}

dc_status dc_level_book_size(dc_level_book *book, dc_arena *arena)
{
    const uint32_t n_above = book->n_above, n_below = book->n_below;
    const double largest = fmax(fabs((double)book->numbers[0]),
                                fabs((double)book->numbers[n_below + n_above - 1]));
    for (unsigned i = 0; i < 2; i++)
        book->sizes[i] = dc_arena_take(arena, (i == 0 ? n_above : n_below) + UINT64_C(1),
                                       sizeof *book->sizes[i]);
    DC_TRY(arena->status);
    for (uint32_t k = 1; k <= n_above; k++)
        book->sizes[0][k] = size_of(book->numbers[n_below + k - 1], largest);
    for (uint32_t k = 1; k <= n_below; k++)
        book->sizes[1][k] = size_of(book->numbers[n_below - k], largest);
    return DC_OK;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* The steps of rows as levels above the smallest. */
static dc_level_stream steps_stream(const dc_level_shape *shape, uint32_t range,
                                    const int16_t *levels)
{
    return (dc_level_stream){ .shape = { 1, shape->n_rows, 1, 1 },
                              .levels = levels,
                              .n_above = range };
}

static void put_row_steps(dc_writer *w, const dc_level_book *book, const dc_level_shape *shape,
                          const dc_level_coder *coder)
{
    uint8_t least = UINT8_MAX, most = 0;
    dc_writer stream;
    int16_t *levels = dc_grow(NULL, shape->n_rows, sizeof *levels);
    if (levels == NULL) {
        w->status = w->status < 0 ? w->status : DC_ENOMEM;
        return;
    }
    for (uint32_t row = 0; row < shape->n_rows; row++) {
        least = DC_MIN(least, book->row_steps[row]);
        most = DC_MAX(most, book->row_steps[row]);
    }
    for (uint32_t row = 0; row < shape->n_rows; row++)
        levels[row] = (int16_t)(book->row_steps[row] - least);
    dc_put_u8(w, least);
    dc_put_u8(w, (uint8_t)(most - least));
    if (most > least) {
        const dc_level_stream s = steps_stream(shape, (uint32_t)(most - least), levels);
        dc_writer_init(&stream, w->limit_bytes);
        coder->encode(&stream, &s);
        dc_put_varint(w, stream.size);
        dc_put_bytes(w, stream.data, stream.size);
        w->status = w->status < 0 ? w->status : stream.status;
        dc_writer_clear(&stream);
    }
    dc_release(levels);
}

static void put_numbers(dc_writer *w, const dc_level_book *book)
{
    const uint32_t n = book->n_below + book->n_above;
    dc_put_varint(w, dc_rising_bytes(book->numbers, n, book->is_half));
    dc_rising_put(w, book->numbers, n, book->is_half);
}

void dc_level_book_put(dc_writer *w, const dc_level_book *book, const dc_level_shape *shape,
                       const dc_level_coder *coder)
{
    const uint32_t above = DC_MIN(book->n_above, COUNT_MORE);
    const uint32_t below = DC_MIN(book->n_below, COUNT_MORE);
    dc_put_u8(w, (uint8_t)((unsigned)book->kind | above << ABOVE_AT | below << BELOW_AT));
    if (above == COUNT_MORE)
        dc_put_varint(w, book->n_above - COUNT_MORE);
    if (below == COUNT_MORE)
        dc_put_varint(w, book->n_below - COUNT_MORE);
    if (book->kind == BOOK_ROWS)
        put_row_steps(w, book, shape, coder);
    else if (book->kind == BOOK_VALUES)
        put_numbers(w, book);
    else
        dc_step_put(w, book->step, book->is_half);
}

/* ---- and back -------------------------------------------------------------------------------- */

static dc_book_kind kind_of(unsigned head)
{
    return (dc_book_kind)(head & ((1u << KIND_BITS) - 1));
}

dc_book_kind dc_level_book_kind(const uint8_t *bytes)
{
    return kind_of(bytes[0]);
}

static dc_status get_row_steps(dc_level_book *out, dc_reader *r, const dc_level_shape *shape,
                               const dc_level_coder *coder, dc_arena *arena)
{
    const unsigned least = dc_get_u8(r), range = dc_get_u8(r);
    const uint64_t n_bytes = range > 0 ? dc_get_varint(r, UINT64_MAX) : 0;
    const uint8_t *bytes = dc_get_bytes(r, n_bytes);
    DC_TRY(r->status);
    if (least + range > UINT8_MAX)
        return dc_fail(DC_ECORRUPT, "steps of rows from %u on have a range of %u", least, range);
    int16_t *levels = dc_arena_take(arena, shape->n_rows, sizeof *levels);
    out->row_steps = dc_arena_take(arena, shape->n_rows, 1);
    DC_TRY(arena->status);
    if (range > 0) {
        const dc_level_stream s = steps_stream(shape, range, NULL);
        DC_TRY(dc_levels_decode(levels, coder, &s, bytes, n_bytes));
    }
    for (uint32_t row = 0; row < shape->n_rows; row++)
        out->row_steps[row] = (uint8_t)((int)least + levels[row]);
    return DC_OK;
}

static dc_status get_numbers(dc_level_book *out, dc_reader *r, dc_arena *arena)
{
    const uint32_t n = out->n_above + out->n_below;
    const uint64_t n_bytes = dc_get_varint(r, UINT64_MAX);
    const uint8_t *bytes = dc_get_bytes(r, n_bytes);
    DC_TRY(r->status);
    out->numbers = dc_arena_take(arena, n, sizeof *out->numbers);
    DC_TRY(arena->status);
    DC_TRY(dc_rising_get(out->numbers, n, out->is_half, bytes, n_bytes));
    for (uint32_t i = 0; i < n; i++)
        if (i < out->n_below ? !(out->numbers[i] < 0) : !(out->numbers[i] > 0))
            return dc_fail(DC_ECORRUPT, "number %" PRIu32 " of the book is on the wrong side of 0",
                           i);
    return dc_level_book_size(out, arena);
}

static dc_status check_counts(const dc_level_book *book)
{
    const uint32_t n = book->n_above + book->n_below;
    const uint32_t most = book->kind == BOOK_VALUES ? DC_MAX_BOOK_VALUES : 2u * DC_MAX_LEVEL;
    if (n == 0 || n > most)
        return dc_fail(DC_ECORRUPT, "book of %" PRIu32 " levels, must be from 1 to %" PRIu32, n,
                       most);
    return DC_OK;
}

static dc_status check_reach(const dc_level_book *book)
{
    const double most = DC_MAX(book->n_above, book->n_below);
    const double reach = (double)book->step * most * (book->kind == BOOK_TRELLIS ? 2 : 1);
    if (book->kind <= BOOK_TRELLIS && !(book->step >= FLT_MIN && reach <= (double)FLT_MAX))
        return dc_fail(DC_ECORRUPT, "step of the grid is out of range");
    return DC_OK;
}

dc_status dc_level_book_head(dc_level_book *out, dc_reader *r)
{
    const unsigned head = dc_get_u8(r);
    *out = (dc_level_book){ .kind = kind_of(head),
                            .n_above = head >> ABOVE_AT & COUNT_MORE,
                            .n_below = head >> BELOW_AT & COUNT_MORE };
    if (out->n_above == COUNT_MORE)
        out->n_above += (uint32_t)dc_get_varint(r, DC_MAX_LEVEL - COUNT_MORE);
    if (out->n_below == COUNT_MORE)
        out->n_below += (uint32_t)dc_get_varint(r, DC_MAX_LEVEL - COUNT_MORE);
    DC_TRY(r->status);
    return check_counts(out);
}

dc_status dc_level_book_get(dc_level_book *out, dc_reader *r, bool is_half,
                            const dc_level_shape *shape, const dc_level_coder *coder,
                            dc_arena *arena)
{
    DC_TRY(dc_level_book_head(out, r));
    out->is_half = is_half;
    if (out->kind == BOOK_ROWS && !is_half)
        return dc_fail(DC_ECORRUPT, "steps of rows are of one byte each");
    if (out->kind == BOOK_ROWS)
        return get_row_steps(out, r, shape, coder, arena);
    if (out->kind == BOOK_VALUES)
        return get_numbers(out, r, arena);
    out->step = dc_step_get(r, is_half);
    DC_TRY(r->status);
    return check_reach(out);
}
