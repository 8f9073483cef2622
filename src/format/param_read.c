/* SPDX-License-Identifier: MIT
 *
 * Bodies of parameters (docs/format.md, section 5.2). Rows are read first and tell where each
 * body is, so bodies are decoded in any order and on all cores. Nothing in a body is believed:
 * streams are checked by their coder, packed layers by dc_packed_check, numbers for being
 * finite.
 */
#include "param_read.h"

#include <inttypes.h>
#include <string.h>

#include "rising_codebook.h"

/* ---- rows ------------------------------------------------------------------------------------ */

static dc_status check_row(const dc_row *row, const dc_param *param, dc_reader *r)
{
    if (row->encoding != ROW_DENSE && param->n_values / param->shape.dims[0] > UINT32_MAX)
        return dc_reader_fail(r, DC_ECORRUPT, "%s: too many columns for this encoding",
                              param->name);
    return DC_OK;
}

/* Bodies follow the rows, one after another, up to the end of the chunk. */
static dc_status find_bodies(dc_stored_param *stored, uint32_t n_params, dc_reader *r)
{
    for (uint32_t i = 0; i < n_params; i++) {
        const uint64_t n_bytes = dc_row_body_bytes(&stored[i].row);
        if (n_bytes > dc_reader_left(r))
            return dc_reader_fail(r, DC_ECORRUPT,
                                  "%s: %" PRIu64 " bytes wanted, %" PRIu64 " left",
                                  stored[i].param->name, n_bytes, dc_reader_left(r));
        stored[i].offset = r->origin + r->pos;
        stored[i].body = dc_get_bytes(r, n_bytes);
    }
    if (dc_reader_left(r) > 0)
        return dc_reader_fail(r, DC_ECORRUPT, "chunk WGTS: %" PRIu64 " bytes left over",
                              dc_reader_left(r));
    return r->status;
}

dc_status dc_stored_params_get(dc_stored_param **out, const dc_model *model, dc_reader *r,
                               dc_arena *arena)
{
    if (model->n_params > dc_reader_left(r))
        return dc_reader_fail(r, DC_ECORRUPT, "%" PRIu32 " parameters in %" PRIu64 " bytes",
                              model->n_params, dc_reader_left(r));
    dc_stored_param *stored = dc_arena_take(arena, model->n_params, sizeof *stored);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        DC_TRY(dc_row_get(&stored[i].row, r, param->n_values));
        DC_TRY(check_row(&stored[i].row, param, r));
        stored[i].param = param;
        stored[i].subject = r->subject;
    }
    DC_TRY(find_bodies(stored, model->n_params, r));
    *out = stored;
    return DC_OK;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static float number_at(const uint8_t *bytes, uint64_t i, bool is_half)
{
    if (is_half)
        return dc_f32_from_f16((uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8));
    bytes += 4 * i;
    const uint32_t bits = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                          (uint32_t)bytes[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool is_number(float value)
{
    return value - value == 0;
}

/* `n` numbers to `values` (NULL: only looked at); *n_nonzero counts. */
static dc_status get_numbers(float *values, uint64_t *n_nonzero, const uint8_t *bytes, uint64_t n,
                             bool is_half)
{
    uint64_t n_bad = 0, n_found = 0;
    for (uint64_t i = 0; i < n; i++) {
        const float value = number_at(bytes, i, is_half);
        n_found += value != 0;
        n_bad += !is_number(value);
        if (values != NULL)
            values[i] = value;
    }
    *n_nonzero = n_found;
    if (n_bad > 0)
        return dc_fail(DC_ECORRUPT, "%" PRIu64 " of %" PRIu64 " numbers are not finite", n_bad, n);
    return DC_OK;
}

/* ---- shared and packed ----------------------------------------------------------------------- */

uint64_t dc_stored_packed_bytes(const dc_stored_param *stored)
{
    const uint64_t n_streams = dc_row_has_codes(&stored->row) + dc_row_has_gaps(&stored->row);
    return stored->row.n_entries * n_streams;
}

dc_status dc_packed_room(dc_packed *out, const dc_stored_param *stored, dc_arena *arena)
{
    const dc_row *row = &stored->row;
    dc_packed p = { .is_column_major = row->is_column_major,
                    .is_dense = row->encoding == ROW_SHARED,
                    .gap_bits = row->gap_bits,
                    .n_codebook = row->n_codebook,
                    .n_entries = row->n_entries };
    dc_param_matrix(stored->param, &p.n_rows, &p.n_cols);
    p.codebook = dc_arena_take(arena, row->n_codebook, sizeof *p.codebook);
    p.codes = dc_arena_take(arena, row->n_entries, sizeof *p.codes);
    if (row->encoding == ROW_PACKED)
        p.gaps = dc_arena_take(arena, row->n_entries, sizeof *p.gaps);
    DC_TRY(arena->status);
    *out = p;
    return DC_OK;
}

static uint64_t count_nonzero(const dc_packed *p)
{
    bool is_nonzero[DC_MAX_CODEBOOK] = { false };
    uint64_t n = 0;
    for (uint32_t i = 0; i < p->n_codebook; i++)
        is_nonzero[i] = p->is_dense ? p->codebook[i] != 0 : i > 0;
    for (uint64_t e = 0; e < p->n_entries; e++)
        n += is_nonzero[p->codes[e]];
    return n;
}

static dc_status get_codebook(dc_packed *p, const dc_stored_param *stored)
{
    const dc_row *row = &stored->row;
    const uint32_t n = dc_row_n_stored(row);
    float *numbers = p->codebook + (p->is_dense ? 0 : 1);
    uint64_t n_nonzero;
    p->codebook[0] = 0;
    if (!row->is_rising)
        return get_numbers(numbers, &n_nonzero, stored->body, n, row->is_half);
    DC_TRY(dc_rising_get(numbers, n, row->is_half, stored->body, row->coded_codebook_bytes));
    for (uint32_t i = 0; i < n && !p->is_dense; i++)
        if (numbers[i] == 0)
            return dc_fail(DC_ECORRUPT, "coded codebook of a packed layer has a 0");
    return DC_OK;
}

static dc_status decode_packed(dc_packed *p, dc_stored_param *stored)
{
    const dc_row *row = &stored->row;
    const uint8_t *codes = stored->body + dc_row_codebook_bytes(row);
    DC_TRY(get_codebook(p, stored));
    DC_TRY(dc_stream_decode(p->codes, p->n_entries, p->n_codebook, row->codes_coder, codes,
                            row->codes_bytes, &stored->codes));
    if (!p->is_dense)
        DC_TRY(dc_stream_decode(p->gaps, p->n_entries, 1u << p->gap_bits, row->gaps_coder,
                                codes + row->codes_bytes, row->gaps_bytes, &stored->gaps));
    p->n_nonzero = stored->n_nonzero = count_nonzero(p);
    return dc_packed_check(p);
}

static dc_status decode_coded(dc_stored_param *stored, float *values, dc_packed *packed)
{
    dc_arena scratch = { 0 };
    dc_packed own;
    dc_status status = DC_OK;
    if (packed == NULL) {
        packed = &own;
        status = dc_packed_room(packed, stored, &scratch);
    }
    if (status == DC_OK)
        status = decode_packed(packed, stored);
    if (status == DC_OK && values != NULL)
        dc_unpack(values, packed);
    dc_arena_clear(&scratch);
    return status;
}

/* ---- sparse ---------------------------------------------------------------------------------- */

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
        const float value = number_at(numbers, e, row->is_half);
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

static dc_status decode_sparse(dc_stored_param *stored, float *values)
{
    const dc_row *row = &stored->row;
    DC_TRY(get_numbers(NULL, &stored->n_nonzero, stored->body + row->gaps_bytes, row->n_entries,
                       row->is_half));
    uint8_t *gaps = dc_grow(NULL, row->n_entries + 1, 1);
    if (gaps == NULL)
        return DC_ENOMEM;
    dc_status status = dc_stream_decode(gaps, row->n_entries, 1u << row->gap_bits, row->gaps_coder,
                                        stored->body, row->gaps_bytes, &stored->gaps);
    if (status == DC_OK)
        status = place_entries(values, stored, gaps);
    dc_release(gaps);
    return status;
}

/* ---- all ------------------------------------------------------------------------------------- */

static dc_status decode(dc_stored_param *stored, float *values, dc_packed *packed)
{
    const dc_row *row = &stored->row;
    if (dc_row_has_codes(row))
        return decode_coded(stored, values, packed);
    if (row->encoding == ROW_SPARSE)
        return decode_sparse(stored, values);
    return get_numbers(values, &stored->n_nonzero, stored->body, row->n_entries, row->is_half);
}

dc_status dc_stored_decode(dc_stored_param *stored, float *values, dc_packed *packed)
{
    const dc_status status = decode(stored, values, packed);
    if (status == DC_OK || status == DC_ENOMEM)
        return status;
    return dc_fail(status == DC_EINPUT ? DC_ECORRUPT : status, "%s: %s in '%s' at byte %" PRIu64,
                   stored->param->name, dc_message(), stored->subject, stored->offset);
}
