/* SPDX-License-Identifier: MIT
 *
 * A packed parameter is walked as it lies; a dense one by its values, whose codes are looked up.
 */
#include "walk.h"

#include <string.h>

static bool is_zero(float value)
{
    return !(value < 0 || value > 0);
}

/* Its codebook without zeros, behind one. */
static void take_codebook(walk *w, const dc_packed *packed)
{
    w->n_book = 1;
    w->is_coded = true;
    for (uint32_t i = 0; i < packed->n_codebook; i++) {
        if (is_zero(packed->codebook[i]))
            continue;
        w->is_coded = w->n_book < DC_MAX_CODEBOOK;
        if (!w->is_coded)
            return;
        w->codes[i] = (uint8_t)w->n_book;
        w->book[w->n_book++] = packed->codebook[i];
    }
}

void walk_begin(walk *w, const dc_param *param)
{
    memset(w, 0, sizeof *w);
    w->param = param;
    dc_param_matrix(param, &w->n_rows, &w->n_cols);
    if (param->packed != NULL)
        take_codebook(w, param->packed);
    else
        w->is_coded = dc_codebook_find(w->book, &w->n_book, param->values, param->n_values,
                                       DC_MAX_CODEBOOK, true);
}

static void walk_packed(const walk *w, walk_fn *visit, void *payload)
{
    const dc_packed *p = w->param->packed;
    const uint32_t n_inner = p->is_column_major ? w->n_rows : w->n_cols;
    uint64_t inner = 0;
    uint32_t outer = 0;
    for (uint64_t e = 0; e < p->n_entries; e++) {
        inner += p->gaps != NULL ? p->gaps[e] : 0;
        for (; inner >= n_inner; inner -= n_inner)
            outer++;
        const float value = p->codebook[p->codes[e]];
        if (!is_zero(value))
            visit(payload, p->is_column_major ? (uint32_t)inner : outer,
                  p->is_column_major ? outer : (uint32_t)inner, w->codes[p->codes[e]], value);
        inner++;
    }
}

/* The book but for its first number rises, so a code is found by halves. */
static uint32_t code_of(const walk *w, float value)
{
    uint32_t low = 1, high = w->n_book - 1;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (w->book[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void walk_values(const walk *w, walk_fn *visit, void *payload)
{
    const float *value = w->param->values;
    for (uint32_t row = 0; row < w->n_rows; row++)
        for (uint32_t col = 0; col < w->n_cols; col++, value++)
            if (!is_zero(*value))
                visit(payload, row, col, w->is_coded ? code_of(w, *value) : 0, *value);
}

void walk_entries(const walk *w, walk_fn *visit, void *payload)
{
    if (w->param->packed != NULL)
        walk_packed(w, visit, payload);
    else
        walk_values(w, visit, payload);
}

uint64_t dc_sparse_count(const dc_param *param)
{
    const dc_packed *packed = param->packed;
    if (packed != NULL && packed->n_nonzero <= packed->n_entries)
        return packed->n_nonzero;
    return dc_param_n_nonzero(param);
}
