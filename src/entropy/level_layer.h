/* SPDX-License-Identifier: MIT
 *
 * What the coders of levels share: the head of a layer, its slices, the rows and columns in which
 * there is nothing, the end. A coder is a walk through the levels of one slice that codes each, and
 * its contexts are its own.
 */
#ifndef DCOMP_ENTROPY_LEVEL_LAYER_H
#define DCOMP_ENTROPY_LEVEL_LAYER_H

#include "dcomp/entropy.h"
#include "level_tables.h"
#include "range_coder.h"

/* The places of a layer with so many are pictures: a place is like those around it. */
#define LEVEL_PICTURE_PLACES 100u

/* What a layer's first bytes say, so that small layers need not learn it. */
typedef struct level_head {
    int share_log;  /* log2 of the share of levels that are not 0, at most 0 */
    int mean_log;   /* log2 of their mean size                               */
    bool has_marks; /* of rows and columns: whether there is anything       */
} level_head;

/* A column, and those that lie beside it, as cells of a row: 1 + the column, or 0 for none. */
typedef struct level_column {
    uint32_t cell, input, place;
    uint32_t left, up, before; /* in a matrix the one and the two before; the same place before */
    bool begins_kernel;        /* it is the first column of its input that is not empty         */
} level_column;

/* Rows of a layer that are coded on their own. */
typedef struct level_slice {
    const dc_level_stream *stream;
    const level_tables *tables;
    level_head head;
    const int16_t *levels; /* of these rows, to be encoded  */
    int16_t *decoded;      /* or to be filled; zeros so far; NULL: there is no memory */
    uint32_t n_rows, n_cols, n_places;
    uint8_t *row_lives;    /* by row: there is something    */
    level_column *columns; /* in which there is something   */
    uint32_t n_columns;
    range_coder coder;
    uint64_t give_up_at; /* counting: of these bytes      */
    dc_status status;
    dc_arena arena;
} level_slice;

/* Codes the levels of all rows and columns that live. Stops when dc_level_slice_ends. */
typedef void level_walk(level_slice *slice, range_way way);

/* Asked at each row: counting has given up, or the bytes to decode are over. */
bool dc_level_slice_ends(level_slice *slice, range_way way);

/* A size that was decoded, or `most` and a failure when it is larger. */
uint32_t dc_level_slice_bound(level_slice *slice, uint32_t size, uint32_t most);

/* The 8 states of a trellis: after `level`, even or odd, comes 0 7 1 6 2 5 3 4, or 2 5 3 4 0 7 1 6.
 * It begins with 0, and an odd state has the other half of the values. */
static inline unsigned level_state_next(unsigned state, int level)
{
    return (level % 2 != 0 ? 0x61704352u : 0x43526170u) >> 4 * state & 7;
}

/* The state of a trellis after `n` levels that are 0; every fourth is the same. */
static ALWAYS_INLINE unsigned level_states_skip(unsigned state, uint32_t n)
{
    for (uint32_t i = 0; i < n % 4; i++)
        state = level_state_next(state, 0);
    return state;
}

/* What the functions of a dc_level_coder do, with a walk. */
uint64_t dc_level_layer_bytes(const dc_level_stream *s, uint64_t give_up_at, level_walk *walk);
void dc_level_layer_encode(dc_writer *w, const dc_level_stream *s, level_walk *walk);
dc_status dc_level_layer_decode(dc_level_take *take, void *payload, const dc_level_stream *shape,
                                const uint8_t *data, uint64_t size, level_walk *walk);

#endif
