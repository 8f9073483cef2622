/* SPDX-License-Identifier: MIT
 *
 * Keeping the n largest |w| of one or several arrays, exactly.
 */
#ifndef DCOMP_PRUNE_MAGNITUDE_H
#define DCOMP_PRUNE_MAGNITUDE_H

#include "dcomp/prune.h"

/* One array; magnitudes are compared as |value| * scale. */
typedef struct magnitude_piece {
    float *values;
    uint64_t n;
    float scale;
} magnitude_piece;

/* Where to cut: keys above stay, and the first n_ties of those equal to it. */
typedef struct magnitude_cut {
    uint32_t key;
    uint64_t n_ties;
} magnitude_cut;

/* The cut that keeps exactly `n_keep` of all pieces together (or all non-zero ones, if fewer). */
DC_MUST_USE dc_status magnitude_find(magnitude_cut *out, const magnitude_piece *pieces,
                                     uint32_t n_pieces, uint64_t n_keep);
/* How many a piece would keep; takes its ties from the cut. */
uint64_t magnitude_count(magnitude_cut *cut, const magnitude_piece *piece);
/* Sets what falls below to zero; takes the piece's ties from the cut. */
void magnitude_apply(magnitude_cut *cut, magnitude_piece *piece);

#endif
