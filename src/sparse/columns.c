/* SPDX-License-Identifier: MIT
 *
 * Entries by columns, as bitmaps. Laying out goes over the entries twice: where they are, and then
 * their codes, each behind those of the bits below its own.
 */
#include "make.h"

#define READ_AHEAD 32u /* bytes that kernels may read behind the last code */

typedef struct bitmap {
    uint32_t n_cols, n_blocks;
    dc_sparse_codes kind;
    uint64_t *masks;
    uint32_t *first, *starts; /* of columns; of blocks */
    uint8_t *codes;
} bitmap;

/* A block's bits go through its rows sixteen apart (kernels.h). */
static uint64_t bit_of(uint32_t row)
{
    const uint32_t in_block = row % DC_SPARSE_BLOCK;
    return in_block % 16 * 4 + in_block / 16;
}

static uint32_t block_bytes(const bitmap *b, uint64_t mask)
{
    const uint32_t n = (uint32_t)__builtin_popcountll(mask);
    return b->kind == DC_SPARSE_NIBBLES ? (n + 1) / 2 : n;
}

static void mark_entry(void *payload, uint32_t row, uint32_t col, uint32_t code, float value)
{
    const bitmap *b = payload;
    (void)code;
    (void)value;
    b->masks[(uint64_t)col * b->n_blocks + row / DC_SPARSE_BLOCK] |= UINT64_C(1) << bit_of(row);
}

/* Where the codes of each block of a column begin, and of how many bytes all are. */
static uint64_t place_blocks(bitmap *b)
{
    uint64_t n_bytes = 0;
    for (uint64_t i = 0; i < (uint64_t)b->n_cols * b->n_blocks; i++) {
        b->starts[i] = (uint32_t)n_bytes;
        n_bytes += block_bytes(b, b->masks[i]);
    }
    for (uint64_t col = 0; col < b->n_cols; col++)
        b->first[col] = b->n_blocks > 0 ? b->starts[col * b->n_blocks] : 0;
    return n_bytes;
}

static void put_code(void *payload, uint32_t row, uint32_t col, uint32_t code, float value)
{
    const bitmap *b = payload;
    const uint64_t block = (uint64_t)col * b->n_blocks + row / DC_SPARSE_BLOCK;
    const uint64_t before = b->masks[block] & ((UINT64_C(1) << bit_of(row)) - 1);
    const uint32_t n_before = (uint32_t)__builtin_popcountll(before);
    (void)value;
    if (b->kind == DC_SPARSE_NIBBLES)
        b->codes[b->starts[block] + n_before / 2] |= (uint8_t)(code << n_before % 2 * 4);
    else
        b->codes[b->starts[block] + n_before] = (uint8_t)code;
}

dc_status sparse_make_columns(dc_sparse *out, const walk *w, dc_sparse_codes kind, dc_arena *arena,
                              dc_arena *scratch)
{
    const uint64_t n_blocks = ((uint64_t)w->n_rows + DC_SPARSE_BLOCK - 1) / DC_SPARSE_BLOCK;
    bitmap b = { .n_cols = w->n_cols, .n_blocks = (uint32_t)n_blocks, .kind = kind };
    if (kind == DC_SPARSE_FLOATS)
        return dc_fail(DC_EUNSUPPORTED, "'%s' has more than 255 different values", w->param->name);
    b.masks = dc_arena_take(arena, n_blocks * w->n_cols, sizeof *b.masks);
    b.first = dc_arena_take(arena, w->n_cols, sizeof *b.first);
    b.starts = dc_arena_take(scratch, n_blocks * w->n_cols, sizeof *b.starts);
    DC_TRY(arena->status);
    DC_TRY(scratch->status);
    walk_entries(w, mark_entry, &b);
    const uint64_t n_codes = place_blocks(&b);
    if (n_codes > UINT32_MAX)
        return sparse_too_many(w);
    b.codes = dc_arena_take(arena, n_codes + READ_AHEAD, 1);
    DC_TRY(arena->status);
    walk_entries(w, put_code, &b);
    out->n_places = out->n_nonzero;
    out->n_bytes = n_blocks * w->n_cols * sizeof *b.masks + w->n_cols * sizeof *b.first + n_codes +
                   READ_AHEAD;
    out->columns = (dc_sparse_columns){ .n_rows = w->n_rows, .n_cols = w->n_cols,
                                        .n_blocks = (uint32_t)n_blocks, .kind = kind,
                                        .masks = b.masks, .first = b.first, .codes = b.codes,
                                        .book = sparse_book(out, w, kind, arena) };
    return arena->status;
}
