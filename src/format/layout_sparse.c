/* SPDX-License-Identifier: MIT
 *
 * Gaps and numbers of the values that are not zero, and of fillers.
 */
#include <assert.h>
#include <inttypes.h>

#include "layouts.h"
#include "stored_numbers.h"

static void offer_sparse(dc_choosing *c)
{
    dc_row rows[DC_MAX_GAP_ROWS];
    const unsigned n_rows = dc_choosing_gap_rows(rows, c);
    for (unsigned i = 0; i < n_rows; i++)
        dc_choosing_offer(c, &rows[i], NULL);
}

/* ---- writing --------------------------------------------------------------------------------- */

typedef struct sparse_entries {
    uint8_t *gaps;
    float *values;
    uint64_t n, next; /* next: position behind the last entry */
    unsigned gap_bits;
} sparse_entries;

static void add_entry(sparse_entries *s, uint64_t position, float value)
{
    const uint64_t longest = (UINT64_C(1) << s->gap_bits) - 1;
    for (; position - s->next > longest; s->next += longest + 1) {
        s->gaps[s->n] = (uint8_t)longest;
        s->values[s->n++] = 0;
    }
    s->gaps[s->n] = (uint8_t)(position - s->next);
    s->values[s->n++] = value;
    s->next = position + 1;
}

static void add_entries(sparse_entries *s, const dc_param *param, bool is_column_major)
{
    uint32_t n_rows, n_cols;
    dc_param_matrix(param, &n_rows, &n_cols);
    const uint64_t stride = is_column_major ? n_cols : 1;
    const uint64_t n_outer = is_column_major ? n_cols : 1;
    const uint64_t n_inner = param->n_values / n_outer;
    for (uint64_t outer = 0; outer < n_outer; outer++)
        for (uint64_t inner = 0; inner < n_inner; inner++)
            if (param->values[outer + inner * stride] != 0)
                add_entry(s, outer * n_inner + inner, param->values[outer + inner * stride]);
}

static dc_stream gaps_of(const dc_row *row, const dc_param *param)
{
    dc_stream s = { .n = row->n_entries,
                    .n_symbols = 1u << row->gap_bits,
                    .is_column_major = row->is_column_major };
    dc_param_matrix(param, &s.n_rows, &s.n_cols);
    return s;
}

static dc_status lay_sparse(dc_laid *out, const dc_choice *choice, const dc_param *param,
                            dc_arena *scratch)
{
    const dc_row *row = &choice->row;
    sparse_entries s = { .gap_bits = row->gap_bits };
    s.gaps = dc_arena_take(scratch, row->n_entries, sizeof *s.gaps);
    s.values = dc_arena_take(scratch, row->n_entries, sizeof *s.values);
    DC_TRY(scratch->status);
    add_entries(&s, param, row->is_column_major);
    assert(s.n == row->n_entries);
    *out = (dc_laid){ .gaps = gaps_of(row, param), .values = s.values };
    out->gaps.symbols = s.gaps;
    return DC_OK;
}

static dc_status put_sparse(dc_written_param *out, const dc_choice *choice, const dc_laid *laid)
{
    const dc_row *row = &choice->row;
    dc_written_stream(out, &out->gaps, &laid->gaps, row->gaps_coder, row->gaps_bytes);
    dc_numbers_put(&out->body, laid->values, row->n_entries, row->is_half);
    return out->body.status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static dc_status place_entries(float *values, const dc_stored_param *stored, const uint8_t *gaps)
{
    const dc_row *row = &stored->row;
    const uint8_t *numbers = stored->body + row->gaps_bytes;
    const uint64_t n_values = stored->param->n_values;
    const unsigned filler_gap = (1u << row->gap_bits) - 1;
    uint32_t n_rows, n_cols;
    uint64_t next = 0;
    dc_param_matrix(stored->param, &n_rows, &n_cols);
    for (uint64_t e = 0; e < row->n_entries; e++) {
        const float value = dc_number_at(numbers, e, row->is_half);
        const uint64_t position = next + gaps[e];
        if (position >= n_values)
            return dc_fail(DC_ECORRUPT, "entry %" PRIu64 " is at position %" PRIu64 " of %" PRIu64,
                           e, position, n_values);
        if (value == 0 && gaps[e] != filler_gap)
            return dc_fail(DC_ECORRUPT, "entry %" PRIu64 " is zero but no filler", e);
        next = position + 1;
        if (values != NULL && value != 0)
            values[row->is_column_major ? position % n_rows * n_cols + position / n_rows
                                        : position] = value;
    }
    return DC_OK;
}

static dc_status get_sparse(dc_stored_param *stored, float *values, dc_packed *packed)
{
    const dc_row *row = &stored->row;
    dc_stream shape = gaps_of(row, stored->param);
    (void)packed;
    DC_TRY(dc_numbers_get(NULL, &stored->n_nonzero, stored->body + row->gaps_bytes, row->n_entries,
                          row->is_half));
    uint8_t *gaps = dc_grow(NULL, row->n_entries + 1, 1);
    if (gaps == NULL)
        return DC_ENOMEM;
    dc_status status = dc_stored_stream(gaps, stored, &stored->gaps, &shape, row->gaps_coder,
                                        stored->body, row->gaps_bytes);
    if (status == DC_OK)
        status = place_entries(values, stored, gaps);
    dc_release(gaps);
    return status;
}

const dc_layout dc_layout_sparse = { .name = "sparse",
                                     .half_name = "sparse",
                                     .encoding = ROW_SPARSE,
                                     .offer = offer_sparse,
                                     .lay = lay_sparse,
                                     .put = put_sparse,
                                     .get = get_sparse };
