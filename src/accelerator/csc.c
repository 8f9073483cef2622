/* SPDX-License-Identifier: MIT
 *
 * A packed layer by columns. A stream by columns is taken as it comes; one by rows is walked once
 * to count what each column holds and once to put it there. Rows rise within a column either way.
 * A dense stream may have its zero anywhere in the codebook; here it is code 0, and its entries
 * are left out.
 */
#include "dcomp/accelerator.h"

#include <math.h>

typedef struct filling {
    dc_csc *matrix;
    const dc_packed *packed;
    uint32_t first_row;
    uint8_t new_code[DC_MAX_CODEBOOK]; /* 0: the value is zero */
} filling;

/* A stream by columns is in the matrix' order: what is kept follows what was kept. */
static void take_columns(const filling *f)
{
    const dc_packed *packed = f->packed;
    const uint8_t *codes = packed->codes, *gaps = packed->is_dense ? NULL : packed->gaps;
    const uint32_t n_rows = f->matrix->n_rows, first_row = f->first_row, inner = packed->n_rows;
    const uint64_t n_entries = packed->n_entries;
    uint64_t *starts = f->matrix->starts;
    uint32_t *const rows = f->matrix->rows;
    uint8_t *const kept = f->matrix->codes;
    uint64_t n = 0, at = 0;
    for (uint64_t e = 0; e < n_entries; e++, at++) {
        at += gaps != NULL ? gaps[e] : 0;
        for (; at >= inner; at -= inner)
            *++starts = n;
        const uint32_t row = (uint32_t)at - first_row; /* a row before the first is a large one */
        const uint8_t code = f->new_code[codes[e]];
        kept[n] = code;
        rows[n] = row;
        n += (code != 0) & (row < n_rows);
    }
    while (starts < f->matrix->starts + f->matrix->n_cols)
        *++starts = n;
}

/* A stream by rows. `next` says where a column's next entry goes; without it entries are counted,
 * in starts[column + 1]. */
static inline void walk_rows(const filling *f, uint64_t *next)
{
    const dc_packed *packed = f->packed;
    const uint8_t *codes = packed->codes, *gaps = packed->is_dense ? NULL : packed->gaps;
    const uint32_t n_rows = f->matrix->n_rows, first_row = f->first_row, inner = packed->n_cols;
    const uint64_t n_entries = packed->n_entries;
    uint64_t *const places = next != NULL ? next : f->matrix->starts + 1;
    uint32_t *const rows = f->matrix->rows;
    uint8_t *const kept = f->matrix->codes;
    uint64_t at = 0;
    uint32_t row = 0 - first_row;
    for (uint64_t e = 0; e < n_entries; e++, at++) {
        const uint8_t code = f->new_code[codes[e]];
        at += gaps != NULL ? gaps[e] : 0;
        for (; at >= inner; at -= inner)
            row++;
        if (code == 0 || row >= n_rows)
            continue;
        const uint64_t place = places[at]++;
        if (next == NULL)
            continue;
        rows[place] = row;
        kept[place] = code;
    }
}

/* DC_EUNSUPPORTED is for 256 values without a zero: with one they would be 257. */
static dc_status take_codebook(filling *f, const dc_packed *packed)
{
    uint32_t n = 1;
    f->matrix->codebook[0] = 0;
    for (uint32_t i = 0; i < packed->n_codebook; i++) {
        if (packed->codebook[i] == 0)
            continue;
        if (n == DC_MAX_CODEBOOK)
            return dc_fail(DC_EUNSUPPORTED, "%u shared values and none is zero",
                           packed->n_codebook);
        f->matrix->codebook[n] = packed->codebook[i];
        f->new_code[i] = (uint8_t)n++;
    }
    f->matrix->n_codebook = n;
    return DC_OK;
}

static dc_status take_rows(const filling *f, dc_arena *scratch)
{
    const dc_csc *m = f->matrix;
    uint64_t *next = dc_arena_take(scratch, m->n_cols, sizeof *next);
    DC_TRY(scratch->status);
    walk_rows(f, NULL);
    for (uint32_t j = 0; j < m->n_cols; j++) {
        next[j] = m->starts[j];
        m->starts[j + 1] += m->starts[j];
    }
    walk_rows(f, next);
    return DC_OK;
}

dc_status dc_csc_of(dc_csc *out, const dc_packed *packed, uint32_t first_row, uint32_t n_rows,
                    const float *bias, dc_arena *arena)
{
    dc_csc m = { .n_rows = n_rows, .n_cols = packed->n_cols, .bias = bias };
    filling f = { .matrix = &m, .packed = packed, .first_row = first_row };
    DC_TRY(take_codebook(&f, packed));
    const uint64_t n_most = DC_MIN(packed->n_nonzero, (uint64_t)n_rows * m.n_cols);
    m.starts = dc_arena_take(arena, (uint64_t)m.n_cols + 1, sizeof *m.starts);
    m.rows = dc_arena_take(arena, n_most + 1, sizeof *m.rows);
    m.codes = dc_arena_take(arena, n_most + 1, sizeof *m.codes);
    DC_TRY(arena->status);
    if (packed->is_column_major) {
        take_columns(&f);
    } else {
        dc_arena scratch = { 0 };
        const dc_status status = take_rows(&f, &scratch);
        dc_arena_clear(&scratch);
        DC_TRY(status);
    }
    *out = m;
    return DC_OK;
}

double dc_csc_apply(double *y, const dc_csc *matrix, const double *x)
{
    const uint32_t *rows = matrix->rows;
    const uint8_t *codes = matrix->codes;
    double largest = 0;
    for (uint32_t i = 0; i < matrix->n_rows; i++)
        y[i] = 0;
    for (uint32_t j = 0; j < matrix->n_cols; j++) {
        const double input = x[j];
        if (input == 0)
            continue;
        for (uint64_t e = matrix->starts[j], end = matrix->starts[j + 1]; e < end; e++) {
            const double sum = y[rows[e]] + (double)matrix->codebook[codes[e]] * input;
            y[rows[e]] = sum;
            largest = DC_MAX(largest, fabs(sum));
        }
    }
    for (uint32_t i = 0; i < matrix->n_rows && matrix->bias != NULL; i++) {
        y[i] += (double)matrix->bias[i];
        largest = DC_MAX(largest, fabs(y[i]));
    }
    return largest;
}
