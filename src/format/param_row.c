/* SPDX-License-Identifier: MIT
 *
 * Rows of docs/format.md, section 5.1:
 *
 *     Row_Kind    | gap_bits - 1 : 3 | is_shared | is_pruned | is_half | encoding : 2 |
 *     Row_Coders  | is_rising | gaps_coder : 3 | is_column_major | codes_coder : 3 |
 */
#include "param_row.h"

#include <inttypes.h>

#define KIND_ENCODING 0x03u
#define KIND_IS_HALF 0x04u
#define KIND_IS_PRUNED 0x08u
#define KIND_IS_SHARED 0x10u
#define KIND_GAP_SHIFT 5u
#define CODER_BITS 3u
#define CODER_MASK ((1u << CODER_BITS) - 1)
#define CODERS_COLUMN_MAJOR 0x08u
#define CODERS_GAP_SHIFT 4u
#define CODERS_IS_RISING 0x80u

/* ---- sizes ----------------------------------------------------------------------------------- */

uint64_t dc_row_codebook_bytes(const dc_row *row)
{
    if (!dc_row_has_codes(row))
        return 0;
    if (row->is_rising)
        return row->coded_codebook_bytes;
    return (uint64_t)dc_row_n_stored(row) * dc_row_number_bytes(row);
}

uint64_t dc_row_value_bytes(const dc_row *row)
{
    return dc_row_has_codes(row) ? 0 : row->n_entries * dc_row_number_bytes(row);
}

uint64_t dc_row_body_bytes(const dc_row *row)
{
    const uint64_t numbers = dc_row_codebook_bytes(row) + dc_row_value_bytes(row);
    if (row->codes_bytes > UINT64_MAX - numbers ||
        row->gaps_bytes > UINT64_MAX - numbers - row->codes_bytes)
        return UINT64_MAX;
    return numbers + row->codes_bytes + row->gaps_bytes;
}

static uint64_t varint_bytes(uint64_t value)
{
    uint64_t n = 1;
    for (; value >= 0x80; value >>= 7)
        n++;
    return n;
}

uint64_t dc_row_bytes(const dc_row *row)
{
    uint64_t n = row->encoding == ROW_DENSE ? 1 : 2;
    if (dc_row_has_codes(row))
        n += 1 + varint_bytes(row->codes_bytes);
    if (row->is_rising)
        n += varint_bytes(row->coded_codebook_bytes);
    if (dc_row_has_gaps(row))
        n += varint_bytes(row->n_entries) + varint_bytes(row->gaps_bytes);
    return n;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

void dc_row_put(dc_writer *w, const dc_row *row)
{
    const unsigned gap_code = dc_row_has_gaps(row) ? row->gap_bits - 1u : 0;
    dc_put_u8(w, (uint8_t)((unsigned)row->encoding | (row->is_half ? KIND_IS_HALF : 0) |
                           (row->is_pruned ? KIND_IS_PRUNED : 0) |
                           (row->is_shared ? KIND_IS_SHARED : 0) | gap_code << KIND_GAP_SHIFT));
    if (row->encoding == ROW_DENSE)
        return;
    dc_put_u8(w, (uint8_t)(row->codes_coder |
                           (row->is_column_major ? CODERS_COLUMN_MAJOR : 0) |
                           (unsigned)row->gaps_coder << CODERS_GAP_SHIFT |
                           (row->is_rising ? CODERS_IS_RISING : 0)));
    if (dc_row_has_codes(row))
        dc_put_u8(w, (uint8_t)(row->n_codebook - 1));
    if (row->is_rising)
        dc_put_varint(w, row->coded_codebook_bytes);
    if (dc_row_has_gaps(row))
        dc_put_varint(w, row->n_entries);
    if (dc_row_has_codes(row))
        dc_put_varint(w, row->codes_bytes);
    if (dc_row_has_gaps(row))
        dc_put_varint(w, row->gaps_bytes);
}

static void get_kind(dc_row *row, dc_reader *r)
{
    const unsigned kind = dc_get_u8(r), gap_code = kind >> KIND_GAP_SHIFT;
    row->encoding = (dc_row_encoding)(kind & KIND_ENCODING);
    row->is_half = (kind & KIND_IS_HALF) != 0;
    row->is_pruned = (kind & KIND_IS_PRUNED) != 0;
    row->is_shared = (kind & KIND_IS_SHARED) != 0;
    row->gap_bits = dc_row_has_gaps(row) ? (uint8_t)(gap_code + 1) : 0;
    if (r->status == DC_OK && dc_row_has_gaps(row) != (gap_code > 0))
        dc_reader_fail(r, DC_ECORRUPT, "row kind 0x%02x has gaps of %u bits", kind, gap_code + 1);
}

static void get_coders(dc_row *row, dc_reader *r)
{
    const unsigned coders = dc_get_u8(r);
    row->codes_coder = (uint8_t)(coders & CODER_MASK);
    row->gaps_coder = (uint8_t)(coders >> CODERS_GAP_SHIFT & CODER_MASK);
    row->is_column_major = (coders & CODERS_COLUMN_MAJOR) != 0;
    row->is_rising = (coders & CODERS_IS_RISING) != 0;
    const bool is_reserved =
        (!dc_row_has_codes(row) && (row->is_rising || row->codes_coder != 0)) ||
        (!dc_row_has_gaps(row) && row->gaps_coder != 0);
    if (r->status == DC_OK && is_reserved)
        dc_reader_fail(r, DC_ECORRUPT, "row coders 0x%02x are reserved", coders);
}

dc_status dc_row_get(dc_row *out, dc_reader *r, uint64_t n_values)
{
    dc_row row = { .n_entries = n_values };
    get_kind(&row, r);
    if (row.encoding != ROW_DENSE)
        get_coders(&row, r);
    if (dc_row_has_codes(&row))
        row.n_codebook = dc_get_u8(r) + 1u;
    if (row.is_rising && r->status == DC_OK && dc_row_n_stored(&row) == 0)
        dc_reader_fail(r, DC_ECORRUPT, "a codebook of no numbers is coded");
    if (row.is_rising)
        row.coded_codebook_bytes = dc_get_varint(r, UINT64_MAX);
    if (dc_row_has_gaps(&row))
        row.n_entries = dc_get_varint(r, n_values);
    if (dc_row_has_codes(&row))
        row.codes_bytes = dc_get_varint(r, UINT64_MAX);
    if (dc_row_has_gaps(&row))
        row.gaps_bytes = dc_get_varint(r, UINT64_MAX);
    DC_TRY(r->status);
    *out = row;
    return DC_OK;
}

/* ---- the ledger's view ----------------------------------------------------------------------- */

static dc_encoding encoding_of(const dc_row *row)
{
    switch (row->encoding) {
    case ROW_SPARSE:
        return DC_ENCODING_SPARSE;
    case ROW_SHARED:
        return DC_ENCODING_SHARED;
    case ROW_PACKED:
        return DC_ENCODING_PACKED;
    default:
        return row->is_half ? DC_ENCODING_F16 : DC_ENCODING_F32;
    }
}

void dc_row_describe(dc_param_info *info, const dc_row *row)
{
    info->encoding = encoding_of(row);
    info->is_pruned = row->is_pruned;
    info->is_shared = row->is_shared;
    info->is_column_major = row->is_column_major;
    info->n_codebook = row->n_codebook;
    info->gap_bits = row->gap_bits;
    info->n_entries = dc_row_has_gaps(row) ? row->n_entries : 0;
    while (info->code_bits < 8 && 1u << info->code_bits < row->n_codebook)
        info->code_bits++;
    info->codebook_bytes = dc_row_codebook_bytes(row);
    info->value_bytes = dc_row_value_bytes(row);
    info->header_bytes = dc_row_bytes(row);
    info->total_bytes = info->header_bytes + dc_row_body_bytes(row);
}
