/* SPDX-License-Identifier: MIT
 *
 * A matrix in the order that is wanted.
 */
#include <string.h>

#include "make.h"

dc_status sparse_too_many(const walk *w)
{
    return dc_fail(DC_ELIMIT, "'%s' has more than 2^32 weights that are not 0", w->param->name);
}

const float *sparse_book(dc_sparse *out, const walk *w, dc_sparse_codes kind, dc_arena *arena)
{
    const uint32_t n = kind == DC_SPARSE_NIBBLES ? 16 : DC_MAX_CODEBOOK;
    float *book = dc_arena_take(arena, n, sizeof *book);
    if (book != NULL && w->is_coded)
        memcpy(book, w->book, w->n_book * sizeof *book);
    out->n_bytes += n * sizeof *book;
    return book;
}

static dc_sparse_codes kind_of(const walk *w)
{
    if (!w->is_coded)
        return DC_SPARSE_FLOATS;
    return w->n_book <= 16 ? DC_SPARSE_NIBBLES : DC_SPARSE_BYTES;
}

dc_sparse_codes dc_sparse_kind(const dc_param *param)
{
    walk w;
    walk_begin(&w, param);
    return kind_of(&w);
}

dc_status dc_sparse_make(dc_sparse *out, const dc_param *param, dc_sparse_order order,
                         dc_arena *arena)
{
    dc_arena scratch = { 0 };
    walk w;
    *out = (dc_sparse){ .order = order, .n_nonzero = dc_sparse_count(param) };
    walk_begin(&w, param);
    const dc_status status = order == DC_SPARSE_BY_COLUMNS
                                 ? sparse_make_columns(out, &w, kind_of(&w), arena, &scratch)
                                 : sparse_make_rows(out, &w, kind_of(&w), arena, &scratch);
    dc_arena_clear(&scratch);
    return status;
}
