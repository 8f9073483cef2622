/* SPDX-License-Identifier: MIT
 *
 * Puts the body of a parameter in the encoding that was chosen for it: codebook, codes, gaps,
 * values (docs/format.md, section 5.2). The sizes that the choice foretold are asserted. A dense
 * body is not kept: it is made from the values each time it is put, a piece at a time.
 */
#include "param_write.h"

#include <assert.h>
#include <string.h>

#include "encoding_choice.h"
#include "rising_codebook.h"

static void fill_numbers(uint8_t *at, const float *values, uint64_t n, bool is_half)
{
    for (uint64_t i = 0; i < n; i++) {
        const float value = values[i] == 0 ? 0.0f : values[i]; /* no -0 */
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        if (is_half)
            bits = dc_f16_from_f32(value);
        *at++ = (uint8_t)bits;
        *at++ = (uint8_t)(bits >> 8);
        if (!is_half) {
            *at++ = (uint8_t)(bits >> 16);
            *at++ = (uint8_t)(bits >> 24);
        }
    }
}

static void put_numbers(dc_writer *w, const float *values, uint64_t n, bool is_half)
{
    uint8_t *at = dc_put_space(w, n * (is_half ? 2 : 4));
    if (at != NULL)
        fill_numbers(at, values, n, is_half);
}

static void put_stream(dc_writer *w, dc_stream_info *info, const uint8_t *symbols, uint64_t n,
                       unsigned coder_mask, uint64_t foretold_bytes)
{
    const uint64_t before = w->size;
    dc_stream_encode(w, info, symbols, n, coder_mask);
    assert(w->status < 0 || w->size - before == foretold_bytes);
    (void)before, (void)foretold_bytes;
}

static void put_codebook(dc_writer *w, const dc_row *row, const float *codebook)
{
    const uint32_t n = dc_row_n_stored(row);
    const float *numbers = codebook + row->n_codebook - n;
    const uint64_t before = w->size;
    if (row->is_rising)
        dc_rising_put(w, numbers, n, row->is_half);
    else
        put_numbers(w, numbers, n, row->is_half);
    assert(w->status < 0 || w->size - before == dc_row_codebook_bytes(row));
    (void)before;
}

static void reorder(uint8_t *codes, uint64_t n, const uint8_t *ranks)
{
    for (uint64_t i = 0; i < n; i++)
        codes[i] = ranks[codes[i]];
}

/* Shared and packed. */
static dc_status put_coded(dc_written_param *out, const dc_param *param, const dc_choice *choice,
                           unsigned coder_mask, dc_arena *scratch)
{
    dc_packed packed;
    dc_row *row = &out->row;
    const dc_pack_plan plan = { .is_dense = row->encoding == ROW_SHARED,
                                .is_column_major = row->is_column_major,
                                .gap_bits = row->gap_bits };
    uint32_t n_rows, n_cols;
    dc_param_matrix(param, &n_rows, &n_cols);
    DC_TRY(dc_pack(&packed, param->values, n_rows, n_cols, &plan, scratch));
    assert(packed.n_entries == row->n_entries && packed.n_codebook == row->n_codebook);
    reorder(packed.codes, packed.n_entries, choice->ranks);
    put_codebook(&out->body, row, choice->codebook);
    put_stream(&out->body, &out->codes, packed.codes, packed.n_entries, coder_mask,
               row->codes_bytes);
    row->codes_coder = out->codes.coder_id;
    if (dc_row_has_gaps(row)) {
        put_stream(&out->body, &out->gaps, packed.gaps, packed.n_entries, coder_mask,
                   row->gaps_bytes);
        row->gaps_coder = out->gaps.coder_id;
    }
    return out->body.status;
}

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

static dc_status put_sparse(dc_written_param *out, const dc_param *param, unsigned coder_mask,
                            dc_arena *scratch)
{
    dc_row *row = &out->row;
    sparse_entries s = { .gap_bits = row->gap_bits };
    s.gaps = dc_arena_take(scratch, row->n_entries, sizeof *s.gaps);
    s.values = dc_arena_take(scratch, row->n_entries, sizeof *s.values);
    DC_TRY(scratch->status);
    add_entries(&s, param, row->is_column_major);
    assert(s.n == row->n_entries);
    put_stream(&out->body, &out->gaps, s.gaps, s.n, coder_mask, row->gaps_bytes);
    row->gaps_coder = out->gaps.coder_id;
    put_numbers(&out->body, s.values, s.n, row->is_half);
    return out->body.status;
}

static dc_status put_body(dc_written_param *out, const dc_param *param, const dc_choice *choice,
                          unsigned coder_mask, dc_arena *scratch)
{
    out->param = param;
    out->row = choice->row;
    out->n_nonzero = choice->n_nonzero;
    if (dc_row_has_codes(&out->row))
        return put_coded(out, param, choice, coder_mask, scratch);
    if (out->row.encoding == ROW_SPARSE)
        return put_sparse(out, param, coder_mask, scratch);
    return DC_OK;
}

void dc_written_put(dc_put_fn *put, void *to, const dc_written_param *written)
{
    enum { PIECE = 4096 };
    const dc_row *row = &written->row;
    uint8_t bytes[4 * PIECE];
    if (written->body.size > 0)
        put(to, written->body.data, written->body.size);
    for (uint64_t at = 0; row->encoding == ROW_DENSE && at < row->n_entries; at += PIECE) {
        const uint64_t n = DC_MIN(row->n_entries - at, (uint64_t)PIECE);
        fill_numbers(bytes, written->param->values + at, n, row->is_half);
        put(to, bytes, n * dc_row_number_bytes(row));
    }
}

dc_status dc_param_write(dc_written_param *out, const dc_param *param,
                         const dc_write_settings *settings)
{
    dc_arena scratch = { 0 };
    dc_choice choice;
    dc_status status = dc_choose(&choice, param, settings, &scratch);
    if (status == DC_OK)
        status = put_body(out, param, &choice, dc_coder_mask_of(settings), &scratch);
    dc_arena_clear(&scratch);
    return status;
}
