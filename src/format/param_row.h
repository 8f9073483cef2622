/* SPDX-License-Identifier: MIT
 *
 * The row of a parameter in chunk WGTS: how it is encoded and how large its parts are
 * (docs/format.md, section 5.1).
 */
#ifndef DCOMP_FORMAT_PARAM_ROW_H
#define DCOMP_FORMAT_PARAM_ROW_H

#include "dcomp/format.h"

typedef enum dc_row_encoding { ROW_DENSE, ROW_SPARSE, ROW_SHARED, ROW_PACKED } dc_row_encoding;

typedef struct dc_layout dc_layout; /* layouts.h */
extern const dc_layout *const dc_layouts[]; /* the table, NULL at the end */
/* NULL when there is none. */
const dc_layout *dc_layout_find(const dc_layout *const *layouts, dc_row_encoding encoding,
                                unsigned layer_coder);

/* What is known of a layer of levels after its book was made or read. */
typedef struct dc_level_facts {
    const char *book; /* "grid", ...; NULL: none, all is 0      */
    float step;       /* of grid and trellis; else 0            */
    uint32_t n_above, n_below;
    uint64_t book_bytes;
    bool has_unused;  /* of a layer that was read: levels that do not occur */
} dc_level_facts;

typedef struct dc_row {
    const dc_layout *layout;        /* that is of this encoding and layer_coder */
    dc_row_encoding encoding;
    uint8_t layer_coder;            /* codes the whole layer; 0: none      */
    bool is_half, is_pruned, is_shared, is_column_major;
    bool is_rising;                 /* the codebook is coded differences    */
    uint8_t gap_bits;               /* sparse, packed; else 0               */
    uint8_t codes_coder, gaps_coder;
    uint32_t n_codebook;            /* shared, packed; else 0               */
    uint64_t n_entries;             /* dense and shared: the number of values */
    uint64_t coded_codebook_bytes;  /* when is_rising; else 0               */
    uint64_t codes_bytes, gaps_bytes; /* codes_bytes: the whole layer's, too */
    dc_level_facts levels;          /* of coders of levels; not in the row */
} dc_row;

static inline bool dc_row_has_codes(const dc_row *row)
{
    return row->encoding == ROW_SHARED || row->encoding == ROW_PACKED;
}

static inline bool dc_row_has_gaps(const dc_row *row)
{
    return row->encoding == ROW_SPARSE || row->encoding == ROW_PACKED;
}

/* Numbers that the codebook stores. */
static inline uint32_t dc_row_n_stored(const dc_row *row)
{
    return row->n_codebook - (row->encoding == ROW_PACKED);
}

uint64_t dc_row_codebook_bytes(const dc_row *row);
uint64_t dc_row_value_bytes(const dc_row *row);
/* The whole body; UINT64_MAX when it overflows. */
uint64_t dc_row_body_bytes(const dc_row *row);
/* The row itself. */
uint64_t dc_row_bytes(const dc_row *row);

void dc_row_put(dc_writer *w, const dc_row *row);
/* A row for a parameter of `n_values`, of one of the layouts: everything that can be checked
 * without its body is. */
dc_status dc_row_get(dc_row *out, dc_reader *r, uint64_t n_values,
                     const dc_layout *const *layouts);

/* What the ledger says of a row; names, shape and the streams' figures are the caller's. */
void dc_row_describe(dc_param_info *info, const dc_row *row);

#endif
