/* SPDX-License-Identifier: MIT
 *
 * The ways to store a parameter: dense, shared, packed, sparse (docs/format.md, section 5), each a
 * row of one table. A layout offers the chooser what it would make of a parameter, with exact
 * sizes, writes the body of what was chosen, and reads it back. Most put codes and gaps as streams,
 * which have coders of their own. A coder of whole layers, of positions, signs and magnitudes
 * together, is a layout too: of encoding ROW_DENSE, with a number where rows with gaps have their
 * width; its body is `codes_bytes` of its own.
 */
#ifndef DCOMP_FORMAT_LAYOUTS_H
#define DCOMP_FORMAT_LAYOUTS_H

#include "encoding_choice.h"
#include "param_read.h"
#include "param_write.h"

/* What the streams of a choice hold. */
typedef struct dc_laid {
    dc_stream codes, gaps; /* n = 0 where there is none  */
    const float *values;   /* of entries that are numbers */
    dc_histogram codes_counts, gaps_counts;
} dc_laid;

struct dc_layout {
    const char *name, *half_name; /* as the ledger shows it: with f32 and with f16 */
    dc_row_encoding encoding;
    uint8_t layer_coder; /* 1..7 for a coder of whole layers */

    /* Calls dc_choosing_offer with each row that could be written. What costs time to price may
     * give up at dc_choosing_best. Nothing is offered where it does not fit the parameter. */
    void (*offer)(dc_choosing *c);
    /* The streams of a row that was offered, with symbols and shapes; NULL: it has none. */
    dc_status (*lay)(dc_laid *out, const dc_choice *choice, const dc_param *param,
                     dc_arena *scratch);
    /* Appends the body, dc_row_body_bytes of it, to out->body; NULL: the values as they are. */
    dc_status (*put)(dc_written_param *out, const dc_choice *choice, const dc_laid *laid);
    /* Whether get can fill `packed`, though no row says codes and gaps: it takes their memory from
     * stored->arena. NULL: it cannot. */
    bool (*packs)(const dc_stored_param *stored);
    /* Whether get works on one core however large the parameter is; NULL: it does not. */
    bool (*is_one_piece)(const dc_stored_param *stored);
    /* As dc_stored_decode; sets n_nonzero and, for the ledger, codes and gaps. */
    dc_status (*get)(dc_stored_param *stored, float *values, dc_packed *packed);
};

/* What choice->row.layout lays, counted, and the gaps given to the codes. `out` stays in its place:
 * it has pointers into itself. */
dc_status dc_lay(dc_laid *out, const dc_choice *choice, const dc_param *param, dc_arena *scratch);

#endif
