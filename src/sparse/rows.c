/* SPDX-License-Identifier: MIT
 *
 * Entries by rows, sixteen rows side by side. Laying out goes over the entries twice: how many
 * places each row needs, and then what stands there. Each row has a cursor, so the order of the
 * walk does not matter.
 */
#include <stdlib.h>
#include <string.h>

#include "make.h"

#define MOST_MOVE 255u

typedef struct line {
    uint64_t n_places; /* counted; then where its next place is, in steps */
    uint32_t at;       /* where its last place led                        */
    uint32_t lane;
} line;

typedef struct laying {
    line *lines; /* a row each */
    dc_sparse_codes kind;
    uint8_t *moves, *codes;
    float *values;
} laying;

/* ---- how many places ---- */

static void count_entry(void *payload, uint32_t row, uint32_t col, uint32_t code, float value)
{
    const laying *l = payload;
    line *own = &l->lines[row];
    const uint32_t move = col - own->at;
    (void)code;
    (void)value;
    own->n_places += 1 + (move > 0 ? (move - 1) / MOST_MOVE : 0);
    own->at = col;
}

/* ---- what stands there ---- */

static void put_place(const laying *l, line *own, uint32_t move, uint32_t code, float value)
{
    const uint64_t step = own->n_places++, at = step * DC_SPARSE_LANES + own->lane;
    l->moves[at] = (uint8_t)move;
    if (l->kind == DC_SPARSE_FLOATS)
        l->values[at] = value;
    else if (l->kind == DC_SPARSE_BYTES)
        l->codes[at] = (uint8_t)code;
    else
        l->codes[step * 8 + at % 8] |= (uint8_t)(code << (at % 16 / 8 * 4));
}

static void put_entry(void *payload, uint32_t row, uint32_t col, uint32_t code, float value)
{
    const laying *l = payload;
    line *own = &l->lines[row];
    uint32_t move = col - own->at;
    for (; move > MOST_MOVE; move -= MOST_MOVE)
        put_place(l, own, MOST_MOVE, 0, 0);
    put_place(l, own, move, code, value);
    own->at = col;
}

static dc_status take_arrays(laying *l, const walk *w, dc_sparse *out, dc_arena *arena)
{
    const bool is_coded = l->kind != DC_SPARSE_FLOATS;
    const uint64_t n = out->n_places, n_codes = l->kind == DC_SPARSE_NIBBLES ? n / 2 : n;
    if (n > UINT32_MAX)
        return sparse_too_many(w);
    l->moves = dc_arena_take(arena, n, 1);
    l->codes = dc_arena_take(arena, is_coded ? n_codes : 0, 1);
    l->values = dc_arena_take(arena, is_coded ? 0 : n, sizeof(float));
    out->n_bytes += n + (is_coded ? n_codes : n * sizeof(float));
    return arena->status;
}

/* ---- slices ---- */

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

/* Lanes for all rows, which have counted. */
static void choose_lanes(line *lines, dc_sparse_rows *out, uint32_t *order, uint64_t *first,
                         ranked *ranks)
{
    for (uint32_t i = 0; i < out->n_rows; i++)
        ranks[i] = (ranked){ lines[i].n_places, i };
    qsort(ranks, out->n_rows, sizeof *ranks, by_places);
    for (uint32_t i = 0; i < out->n_slices * DC_SPARSE_LANES; i++)
        order[i] = i < out->n_rows ? ranks[i].row : out->n_rows;
    for (uint32_t s = 0; s < out->n_slices; s++)
        first[s + 1] = first[s] + ranks[s * DC_SPARSE_LANES].n_places;
    for (uint32_t i = 0; i < out->n_rows; i++)
        lines[ranks[i].row] = (line){ .n_places = first[i / DC_SPARSE_LANES],
                                      .lane = i % DC_SPARSE_LANES };
}

dc_status sparse_make_rows(dc_sparse *out, const walk *w, dc_sparse_codes kind, dc_arena *arena,
                           dc_arena *scratch)
{
    const uint32_t n_slices = (w->n_rows + DC_SPARSE_LANES - 1) / DC_SPARSE_LANES;
    const uint32_t n_lanes = n_slices * DC_SPARSE_LANES;
    laying l = { .lines = dc_arena_take(scratch, w->n_rows, sizeof *l.lines), .kind = kind };
    ranked *ranks = dc_arena_take(scratch, w->n_rows, sizeof *ranks);
    uint32_t *order = dc_arena_take(arena, n_lanes, sizeof *order);
    uint64_t *first = dc_arena_take(arena, n_slices + 1u, sizeof *first);
    DC_TRY(arena->status);
    DC_TRY(scratch->status);
    out->rows = (dc_sparse_rows){ .n_rows = w->n_rows, .n_cols = w->n_cols, .n_slices = n_slices,
                                  .kind = kind, .order = order, .first = first };
    walk_entries(w, count_entry, &l);
    choose_lanes(l.lines, &out->rows, order, first, ranks);
    out->n_places = first[n_slices] * DC_SPARSE_LANES;
    out->n_bytes = n_lanes * sizeof *order + (n_slices + 1) * sizeof *first;
    DC_TRY(take_arrays(&l, w, out, arena));
    walk_entries(w, put_entry, &l);
    out->rows.moves = l.moves, out->rows.codes = l.codes, out->rows.values = l.values;
    out->rows.book = sparse_book(out, w, kind, arena);
    return arena->status;
}
