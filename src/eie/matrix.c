/* SPDX-License-Identifier: MIT
 *
 * A packed layer by columns. The stream is walked once to count what each column holds and once to
 * put it there; rows rise within a column whichever order the stream is in. A dense stream may have
 * its zero anywhere in the codebook; here it is code 0, and its entries are left out.
 */
#include "dcomp/eie.h"

#include <math.h>

/* Calls see(payload, row, col, code) for every weight that is not zero. */
typedef void see_weight(void *payload, uint32_t row, uint32_t col, uint8_t code);

static void walk(const dc_packed *packed, see_weight *see, void *payload)
{
    const uint32_t inner = packed->is_column_major ? packed->n_rows : packed->n_cols;
    uint64_t at = 0; /* within the inner dimension */
    uint32_t outer = 0;
    for (uint64_t e = 0; e < packed->n_entries; e++, at++) {
        const uint8_t code = packed->codes[e];
        at += packed->is_dense ? 0 : packed->gaps[e];
        for (; at >= inner; at -= inner)
            outer++;
        if (!packed->is_dense && code == 0)
            continue;
        if (packed->is_column_major)
            see(payload, (uint32_t)at, outer, code);
        else
            see(payload, outer, (uint32_t)at, code);
    }
}

typedef struct filling {
    dc_eie_matrix *matrix;
    uint32_t first_row;
    uint8_t new_code[DC_MAX_CODEBOOK]; /* 0: the value is zero */
    uint64_t *next;                    /* where a column's next entry goes; NULL: count only */
} filling;

static void see(void *payload, uint32_t row, uint32_t col, uint8_t code)
{
    filling *f = payload;
    dc_eie_matrix *m = f->matrix;
    if (row < f->first_row || row - f->first_row >= m->n_rows || f->new_code[code] == 0)
        return;
    if (f->next == NULL) {
        m->starts[col + 1]++;
        return;
    }
    const uint64_t at = f->next[col]++;
    m->rows[at] = row - f->first_row;
    m->codes[at] = f->new_code[code];
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

dc_status dc_eie_matrix_of(dc_eie_matrix *out, const dc_packed *packed, uint32_t first_row,
                           uint32_t n_rows, const float *bias, dc_arena *arena)
{
    dc_eie_matrix m = { .n_rows = n_rows, .n_cols = packed->n_cols, .bias = bias };
    filling f = { .matrix = &m, .first_row = first_row };
    DC_TRY(take_codebook(&f, packed));
    m.starts = dc_arena_take(arena, (uint64_t)m.n_cols + 1, sizeof *m.starts);
    uint64_t *next = dc_arena_take(arena, m.n_cols, sizeof *next);
    DC_TRY(arena->status);
    walk(packed, see, &f);
    for (uint32_t j = 0; j < m.n_cols; j++) {
        next[j] = m.starts[j];
        m.starts[j + 1] += m.starts[j];
    }
    m.rows = dc_arena_take(arena, m.starts[m.n_cols], sizeof *m.rows);
    m.codes = dc_arena_take(arena, m.starts[m.n_cols], sizeof *m.codes);
    DC_TRY(arena->status);
    f.next = next;
    walk(packed, see, &f);
    *out = m;
    return DC_OK;
}

double dc_eie_matrix_apply(double *y, const dc_eie_matrix *matrix, const double *x)
{
    double largest = 0;
    for (uint32_t i = 0; i < matrix->n_rows; i++)
        y[i] = 0;
    for (uint32_t j = 0; j < matrix->n_cols; j++) {
        if (x[j] == 0)
            continue;
        for (uint64_t e = matrix->starts[j]; e < matrix->starts[j + 1]; e++) {
            double *sum = &y[matrix->rows[e]];
            *sum += (double)matrix->codebook[matrix->codes[e]] * x[j];
            largest = DC_MAX(largest, fabs(*sum));
        }
    }
    for (uint32_t i = 0; i < matrix->n_rows && matrix->bias != NULL; i++) {
        y[i] += (double)matrix->bias[i];
        largest = DC_MAX(largest, fabs(y[i]));
    }
    return largest;
}
