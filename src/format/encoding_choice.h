/* SPDX-License-Identifier: MIT
 *
 * Which layout of a parameter takes the fewest bytes, by exact count.
 */
#ifndef DCOMP_FORMAT_ENCODING_CHOICE_H
#define DCOMP_FORMAT_ENCODING_CHOICE_H

#include "param_row.h"

/* A codebook as stored in the file; packed: entry 0 is 0. */
typedef struct dc_book {
    uint32_t n;
    float values[DC_MAX_CODEBOOK];
    uint8_t ranks[DC_MAX_CODEBOOK]; /* code as dc_pack gives it (rising values) -> file's */
} dc_book;

typedef struct dc_choice {
    dc_row row;
    uint64_t total_bytes; /* row and body; UINT64_MAX: none yet          */
    const dc_book *book;  /* of rows with codes                          */
    const uint8_t *body;  /* of a coder of whole layers, if it was made  */
} dc_choice;

/* The smallest of each kind: the usual layouts, and each coder of whole layers by its number. */
#define DC_N_LAYER_CODERS 8u
typedef struct dc_choices {
    uint64_t n_nonzero;
    dc_choice of[DC_N_LAYER_CODERS]; /* 0: the usual layouts' */
} dc_choices;
unsigned dc_choices_smallest(const dc_choices *choices);

#define DC_N_BEST 3u

/* A parameter, what one look at its values told, and the best that was offered so far. */
typedef struct dc_choosing {
    const dc_param *param;
    dc_geometry geometry;
    const dc_write_settings *settings;
    uint32_t coder_mask, level_coder_mask;
    uint32_t n_rows, n_cols;
    bool is_half; /* every value is exactly a float16 */
    uint64_t n_nonzero;
    uint32_t n_distinct;              /* 0: more than 256, or they are not asked for   */
    float values[DC_MAX_CODEBOOK];    /* rising                                        */
    uint64_t counts[DC_MAX_CODEBOOK]; /* of each of them                               */
    uint32_t n_orders;                /* 2: row- and column-major; 0: no zeros to skip */
    dc_gap_counts *gaps;              /* of each order                                 */
    struct dc_leveled *leveled;       /* layout_levels.c's; NULL: not looked for yet   */
    unsigned n_leveled;
    const dc_layout *layout;          /* that is asked for offers                      */
    dc_choice best[DC_N_BEST];        /* of usual layouts, the best first              */
    dc_choice of_coder[DC_N_LAYER_CODERS];
    dc_arena *scratch, *kept;         /* kept: what choices point to                   */
    dc_status status;                 /* of offers                                     */
} dc_choosing;

/* For layouts: a row of the one that is asked, with all values as entries. */
dc_row dc_choosing_row(const dc_choosing *c);
/* Such rows with gaps, in each order of positions and of each width that may be. */
#define DC_MAX_GAP_ROWS (2u * (DC_MAX_GAP_BITS - DC_MIN_GAP_BITS + 1))
unsigned dc_choosing_gap_rows(dc_row rows[DC_MAX_GAP_ROWS], const dc_choosing *c);
/* Of a stream with these counts of its symbols 0..n-1, and the coder that takes them. */
void dc_choosing_price(uint64_t *bytes, uint8_t *coder_id, const dc_choosing *c,
                       const uint64_t *counts, uint32_t n);
/* The total below which a row must stay to be taken as things are. */
uint64_t dc_choosing_best(const dc_choosing *c);
/* Keeps the row if it is among the best, with a copy of the book, which may be NULL. */
void dc_choosing_offer(dc_choosing *c, const dc_row *row, const dc_book *book);
/* The same with the body itself, row->codes_bytes of it. */
void dc_choosing_offer_body(dc_choosing *c, const dc_row *row, const uint8_t *body);

/* The smallest of what `layouts` (NULL at the end) offer; books and bodies are from `kept`.
 * `level_coder_mask`: those of the settings' that this parameter may have. DC_EINPUT for NaN and
 * infinity. */
dc_status dc_choose(dc_choices *out, const dc_param *param, const dc_geometry *geometry,
                    const dc_write_settings *settings, uint32_t level_coder_mask,
                    const dc_layout *const *layouts, dc_arena *kept);

#endif
