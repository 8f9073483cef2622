/* SPDX-License-Identifier: MIT
 *
 * Laying out goes over the entries twice: how many places each line (a row, or a column) needs, and
 * then what stands there. Each line has a cursor, so the order of the walk does not matter.
 */
#include <stdlib.h>
#include <string.h>

#include "walk.h"

#define MOST_MOVE 255u

typedef struct line {
    uint64_t n_places; /* counted; then where its next place is, from `first` on */
    uint32_t at;       /* where its last place led */
} line;

typedef struct laying {
    walk walk;
    line *lines;
    uint32_t n_lines;
    bool is_by_columns;
    dc_sparse_codes kind;
    const uint64_t *first; /* by lines: of its first place */
    uint32_t n_beside;     /* places of so many lines lie side by side */
    const uint32_t *lanes; /* of a line among these */
    uint8_t *moves, *codes;
    float *values;
} laying;

/* ---- how many places ---- */

static void count_entry(void *payload, uint32_t row, uint32_t col, uint32_t code, float value)
{
    const laying *l = payload;
    line *own = &l->lines[l->is_by_columns ? col : row];
    const uint32_t to = l->is_by_columns ? row : col, move = to - own->at;
    (void)code;
    (void)value;
    own->n_places += 1 + (move > 0 ? (move - 1) / MOST_MOVE : 0);
    own->at = to;
}

static dc_status begin(laying *l, const dc_param *param, dc_sparse_order order, dc_arena *arena)
{
    l->is_by_columns = order == DC_SPARSE_BY_COLUMNS;
    walk_begin(&l->walk, param);
    l->kind = !l->walk.is_coded ? DC_SPARSE_FLOATS
              : l->walk.n_book <= 16 ? DC_SPARSE_NIBBLES : DC_SPARSE_BYTES;
    if (l->is_by_columns && l->kind == DC_SPARSE_FLOATS)
        return dc_fail(DC_EUNSUPPORTED, "'%s' has more than 255 different values", param->name);
    l->n_lines = l->is_by_columns ? l->walk.n_cols : l->walk.n_rows;
    l->lines = dc_arena_take(arena, l->n_lines, sizeof *l->lines);
    DC_TRY(arena->status);
    walk_entries(&l->walk, count_entry, l);
    for (uint32_t i = 0; i < l->n_lines; i++)
        l->lines[i].at = 0;
    return DC_OK;
}

/* ---- what stands there ---- */

static void put_place(const laying *l, uint32_t which, uint32_t move, uint32_t code, float value)
{
    line *own = &l->lines[which];
    const uint64_t step = own->n_places++;
    const uint64_t at = step * l->n_beside + (l->lanes != NULL ? l->lanes[which] : 0);
    l->moves[at] = (uint8_t)move;
    if (l->kind == DC_SPARSE_FLOATS)
        l->values[at] = value;
    else if (l->kind == DC_SPARSE_BYTES)
        l->codes[at] = (uint8_t)code;
    else if (l->is_by_columns)
        l->codes[at / 2] |= (uint8_t)(code << (at % 2 * 4));
    else
        l->codes[step * 8 + at % 8] |= (uint8_t)(code << (at % 16 / 8 * 4));
}

static void put_entry(void *payload, uint32_t row, uint32_t col, uint32_t code, float value)
{
    const laying *l = payload;
    const uint32_t which = l->is_by_columns ? col : row;
    line *own = &l->lines[which];
    const uint32_t to = l->is_by_columns ? row : col;
    uint32_t move = to - own->at;
    for (; move > MOST_MOVE; move -= MOST_MOVE)
        put_place(l, which, MOST_MOVE, 0, 0);
    put_place(l, which, move, code, value);
    own->at = to;
}

static dc_status take_arrays(laying *l, dc_sparse *out, uint64_t n_places, dc_arena *arena)
{
    const bool is_coded = l->kind != DC_SPARSE_FLOATS;
    const uint64_t n_codes = l->kind == DC_SPARSE_NIBBLES ? n_places / 2 : n_places;
    if (n_places > UINT32_MAX)
        return dc_fail(DC_ELIMIT, "'%s' has more than 2^32 weights that are not 0",
                       l->walk.param->name);
    l->moves = dc_arena_take(arena, n_places, 1);
    l->codes = dc_arena_take(arena, is_coded ? n_codes : 0, 1);
    l->values = dc_arena_take(arena, is_coded ? 0 : n_places, sizeof(float));
    DC_TRY(arena->status);
    out->n_places = n_places;
    out->n_bytes += n_places + (is_coded ? n_codes : n_places * sizeof(float));
    return DC_OK;
}

static const float *book_of(const laying *l, dc_sparse *out, dc_arena *arena)
{
    const uint32_t n = l->kind == DC_SPARSE_NIBBLES ? 16 : DC_MAX_CODEBOOK;
    float *book = dc_arena_take(arena, n, sizeof *book);
    if (book != NULL && l->walk.is_coded)
        memcpy(book, l->walk.book, l->walk.n_book * sizeof *book);
    out->n_bytes += n * sizeof *book;
    return book;
}

/* ---- by rows ---- */

typedef struct ranked {
    uint64_t n_places;
    uint32_t row;
} ranked;

/* Rows of as many places as can be are side by side: a slice is as long as its longest. */
static int by_places(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->n_places != y->n_places)
        return x->n_places < y->n_places ? 1 : -1;
    return x->row < y->row ? -1 : 1;
}

static dc_status make_rows(laying *l, dc_sparse *out, dc_arena *arena, dc_arena *scratch)
{
    const uint32_t n_slices = (l->n_lines + DC_SPARSE_LANES - 1) / DC_SPARSE_LANES;
    const uint32_t n_lanes = n_slices * DC_SPARSE_LANES;
    uint32_t *order = dc_arena_take(arena, n_lanes, sizeof *order);
    uint64_t *first = dc_arena_take(arena, n_slices + 1u, sizeof *first);
    ranked *ranks = dc_arena_take(scratch, l->n_lines, sizeof *ranks);
    uint32_t *lanes = dc_arena_take(scratch, l->n_lines, sizeof *lanes);
    DC_TRY(arena->status);
    DC_TRY(scratch->status);
    for (uint32_t i = 0; i < l->n_lines; i++)
        ranks[i] = (ranked){ l->lines[i].n_places, i };
    qsort(ranks, l->n_lines, sizeof *ranks, by_places);
    for (uint32_t i = 0; i < n_lanes; i++)
        order[i] = i < l->n_lines ? ranks[i].row : l->n_lines;
    for (uint32_t s = 0; s < n_slices; s++)
        first[s + 1] = first[s] + ranks[s * DC_SPARSE_LANES].n_places;
    for (uint32_t i = 0; i < l->n_lines; i++) {
        lanes[ranks[i].row] = i % DC_SPARSE_LANES;
        l->lines[ranks[i].row].n_places = first[i / DC_SPARSE_LANES];
    }
    l->n_beside = DC_SPARSE_LANES;
    l->lanes = lanes;
    out->n_bytes = n_lanes * sizeof *order + (n_slices + 1) * sizeof *first;
    DC_TRY(take_arrays(l, out, first[n_slices] * DC_SPARSE_LANES, arena));
    walk_entries(&l->walk, put_entry, l);
    out->rows = (dc_sparse_rows){ .n_rows = l->n_lines, .n_cols = l->walk.n_cols,
                                  .n_slices = n_slices, .kind = l->kind, .order = order,
                                  .first = first, .moves = l->moves, .codes = l->codes,
                                  .values = l->values, .book = book_of(l, out, arena) };
    return arena->status;
}

/* ---- by columns ---- */

static dc_status make_columns(laying *l, dc_sparse *out, dc_arena *arena)
{
    uint32_t *first = dc_arena_take(arena, l->n_lines + 1u, sizeof *first);
    uint64_t n_places = 0;
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < l->n_lines; i++) {
        const uint64_t n = (l->lines[i].n_places + 1) / 2 * 2;
        l->lines[i].n_places = n_places;
        n_places += n;
        first[i + 1] = (uint32_t)n_places;
    }
    l->n_beside = 1;
    out->n_bytes = (l->n_lines + 1) * sizeof *first;
    DC_TRY(take_arrays(l, out, n_places, arena));
    walk_entries(&l->walk, put_entry, l);
    out->columns = (dc_sparse_columns){ .n_rows = l->walk.n_rows, .n_cols = l->n_lines,
                                        .kind = l->kind, .first = first, .moves = l->moves,
                                        .codes = l->codes, .book = book_of(l, out, arena) };
    return arena->status;
}

dc_status dc_sparse_make(dc_sparse *out, const dc_param *param, dc_sparse_order order,
                         dc_arena *arena)
{
    dc_arena scratch = { 0 };
    laying l = { .is_by_columns = false };
    *out = (dc_sparse){ .order = order, .n_nonzero = dc_sparse_count(param) };
    dc_status status = begin(&l, param, order, &scratch);
    if (status == DC_OK)
        status = l.is_by_columns ? make_columns(&l, out, arena)
                                 : make_rows(&l, out, arena, &scratch);
    dc_arena_clear(&scratch);
    return status;
}
