/* SPDX-License-Identifier: MIT
 *
 * Rows of docs/format.md, section 5.1. Positions and masks follow from the sizes:
 *
 *                     7     6     5     4           3           2           1     0
 *     Row_Kind    | gap_bits - 1    | is_shared | is_pruned | is_half   | encoding    |
 *     Row_Coders  | is_rising | gaps_coder      | is_column | codes_coder             |
 *
 * A row without gaps has the number of a layer coder, or 0, in the place of gap_bits - 1.
 */
#include "param_row.h"

#include <assert.h>
#include <inttypes.h>

#include "layouts.h"
#include "stored_numbers.h"

#define SIZE_FLAG 1u
#define SIZE_ENCODING 2u
#define SIZE_GAP 3u
#define SIZE_CODER DC_CODER_ID_BITS

#define POS_ENCODING 0u
#define POS_IS_HALF (POS_ENCODING + SIZE_ENCODING)
#define POS_IS_PRUNED (POS_IS_HALF + SIZE_FLAG)
#define POS_IS_SHARED (POS_IS_PRUNED + SIZE_FLAG)
#define POS_GAP (POS_IS_SHARED + SIZE_FLAG)
static_assert(POS_GAP + SIZE_GAP == 8, "Row_Kind is a byte");
static_assert(ROW_PACKED < 1 << SIZE_ENCODING, "an encoding fits its bits");
static_assert(DC_MAX_GAP_BITS - 1 < 1 << SIZE_GAP, "the width of a gap fits its bits");
static_assert(DC_MIN_GAP_BITS > 1, "0 is left for rows without gaps");

#define POS_CODES_CODER 0u
#define POS_IS_COLUMN (POS_CODES_CODER + SIZE_CODER)
#define POS_GAPS_CODER (POS_IS_COLUMN + SIZE_FLAG)
#define POS_IS_RISING (POS_GAPS_CODER + SIZE_CODER)
static_assert(POS_IS_RISING + SIZE_FLAG == 8, "Row_Coders is a byte");

static_assert(DC_MAX_CODEBOOK - 1 <= UINT8_MAX, "Last_Code is a byte");

static unsigned field_of(unsigned byte, unsigned pos, unsigned size)
{
    return byte >> pos & ((1u << size) - 1);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

uint64_t dc_row_codebook_bytes(const dc_row *row)
{
    if (!dc_row_has_codes(row))
        return 0;
    if (row->is_rising)
        return row->coded_codebook_bytes;
    return (uint64_t)dc_row_n_stored(row) * dc_number_bytes(row->is_half);
}

uint64_t dc_row_value_bytes(const dc_row *row)
{
    const bool has_values = !dc_row_has_codes(row) && row->layer_coder == 0;
    return has_values ? row->n_entries * dc_number_bytes(row->is_half) : 0;
}

uint64_t dc_row_body_bytes(const dc_row *row)
{
    const uint64_t numbers = dc_row_codebook_bytes(row) + dc_row_value_bytes(row);
    if (row->codes_bytes > UINT64_MAX - numbers ||
        row->gaps_bytes > UINT64_MAX - numbers - row->codes_bytes)
        return UINT64_MAX;
    return numbers + row->codes_bytes + row->gaps_bytes;
}

uint64_t dc_row_bytes(const dc_row *row)
{
    uint64_t n = row->encoding == ROW_DENSE ? 1 : 2;
    if (dc_row_has_codes(row))
        n++;
    if (row->is_rising)
        n += dc_varint_bytes(row->coded_codebook_bytes);
    if (dc_row_has_gaps(row))
        n += dc_varint_bytes(row->n_entries) + dc_varint_bytes(row->gaps_bytes);
    if (dc_row_has_codes(row) || row->layer_coder > 0)
        n += dc_varint_bytes(row->codes_bytes);
    return n;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static unsigned kind_of(const dc_row *row)
{
    const unsigned gap = dc_row_has_gaps(row) ? row->gap_bits - 1u : row->layer_coder;
    return (unsigned)row->encoding << POS_ENCODING | (unsigned)row->is_half << POS_IS_HALF |
           (unsigned)row->is_pruned << POS_IS_PRUNED | (unsigned)row->is_shared << POS_IS_SHARED |
           gap << POS_GAP;
}

static unsigned coders_of(const dc_row *row)
{
    return (unsigned)row->codes_coder << POS_CODES_CODER |
           (unsigned)row->is_column_major << POS_IS_COLUMN |
           (unsigned)row->gaps_coder << POS_GAPS_CODER |
           (unsigned)row->is_rising << POS_IS_RISING;
}

void dc_row_put(dc_writer *w, const dc_row *row)
{
    dc_put_u8(w, (uint8_t)kind_of(row));
    if (row->encoding != ROW_DENSE)
        dc_put_u8(w, (uint8_t)coders_of(row));
    if (dc_row_has_codes(row))
        dc_put_u8(w, (uint8_t)(row->n_codebook - 1));
    if (row->is_rising)
        dc_put_varint(w, row->coded_codebook_bytes);
    if (dc_row_has_gaps(row))
        dc_put_varint(w, row->n_entries);
    if (dc_row_has_codes(row) || row->layer_coder > 0)
        dc_put_varint(w, row->codes_bytes);
    if (dc_row_has_gaps(row))
        dc_put_varint(w, row->gaps_bytes);
}

static void get_kind(dc_row *row, dc_reader *r, const dc_layout *const *layouts)
{
    const unsigned kind = dc_get_u8(r), gap = field_of(kind, POS_GAP, SIZE_GAP);
    row->encoding = (dc_row_encoding)field_of(kind, POS_ENCODING, SIZE_ENCODING);
    row->is_half = field_of(kind, POS_IS_HALF, SIZE_FLAG) != 0;
    row->is_pruned = field_of(kind, POS_IS_PRUNED, SIZE_FLAG) != 0;
    row->is_shared = field_of(kind, POS_IS_SHARED, SIZE_FLAG) != 0;
    const bool has_gaps = dc_row_has_gaps(row);
    row->gap_bits = has_gaps ? (uint8_t)(gap + 1) : 0;
    row->layer_coder = has_gaps ? 0 : (uint8_t)gap;
    row->layout = dc_layout_find(layouts, row->encoding, row->layer_coder);
    if (r->status == DC_OK && row->layout == NULL && row->encoding == ROW_DENSE)
        dc_reader_fail(r, DC_EUNSUPPORTED, "unknown coder %u of whole layers", gap);
    if (r->status == DC_OK && (row->layout == NULL || (has_gaps && gap == 0)))
        dc_reader_fail(r, DC_ECORRUPT, "row kind 0x%02x has gaps of %u bits", kind, gap + 1);
}

static void get_coders(dc_row *row, dc_reader *r)
{
    const unsigned coders = dc_get_u8(r);
    row->codes_coder = (uint8_t)field_of(coders, POS_CODES_CODER, SIZE_CODER);
    row->gaps_coder = (uint8_t)field_of(coders, POS_GAPS_CODER, SIZE_CODER);
    row->is_column_major = field_of(coders, POS_IS_COLUMN, SIZE_FLAG) != 0;
    row->is_rising = field_of(coders, POS_IS_RISING, SIZE_FLAG) != 0;
    const bool is_reserved =
        (!dc_row_has_codes(row) && (row->is_rising || row->codes_coder != 0)) ||
        (!dc_row_has_gaps(row) && row->gaps_coder != 0);
    if (r->status == DC_OK && is_reserved)
        dc_reader_fail(r, DC_ECORRUPT, "row coders 0x%02x are reserved", coders);
}

dc_status dc_row_get(dc_row *out, dc_reader *r, uint64_t n_values,
                     const dc_layout *const *layouts)
{
    dc_row row = { .n_entries = n_values };
    get_kind(&row, r, layouts);
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
    if (dc_row_has_codes(&row) || row.layer_coder > 0)
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
    static const dc_encoding encodings[] = { [ROW_DENSE] = DC_ENCODING_F32,
                                             [ROW_SPARSE] = DC_ENCODING_SPARSE,
                                             [ROW_SHARED] = DC_ENCODING_SHARED,
                                             [ROW_PACKED] = DC_ENCODING_PACKED };
    if (row->layer_coder > 0)
        return DC_ENCODING_LAYER;
    return row->encoding == ROW_DENSE && row->is_half ? DC_ENCODING_F16 : encodings[row->encoding];
}

void dc_row_describe(dc_param_info *info, const dc_row *row)
{
    info->encoding = encoding_of(row);
    info->stored_as = row->is_half ? row->layout->half_name : row->layout->name;
    info->is_pruned = row->is_pruned;
    info->is_shared = row->is_shared;
    info->is_column_major = row->is_column_major;
    info->n_codebook = row->n_codebook;
    info->gap_bits = row->gap_bits;
    info->n_entries = dc_row_has_gaps(row) ? row->n_entries : 0;
    while (info->code_bits < 8 && 1u << info->code_bits < row->n_codebook)
        info->code_bits++;
    info->codebook_bytes = dc_row_codebook_bytes(row) + row->levels.book_bytes;
    info->book = row->levels.book;
    info->step = row->levels.step;
    info->n_above = row->levels.n_above;
    info->n_below = row->levels.n_below;
    info->value_bytes = dc_row_value_bytes(row);
    info->header_bytes = dc_row_bytes(row);
    info->total_bytes = info->header_bytes + dc_row_body_bytes(row);
}
