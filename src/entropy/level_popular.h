/* SPDX-License-Identifier: MIT
 *
 * How popular rows, inputs, places and columns have been so far: the logarithm of how much more
 * often than usual their levels are not 0. Counts grow as levels are coded, logarithms are made
 * anew as a row begins.
 */
#ifndef DCOMP_ENTROPY_LEVEL_POPULAR_H
#define DCOMP_ENTROPY_LEVEL_POPULAR_H

#include "level_layer.h"
#include "level_tables.h"

#define POPULAR_PRIOR 2u /* levels that are as usual, added to each count      */
#define SHARE_PRIOR 20u  /* levels at the head's share, before any was seen    */
#define N_CLASSES 16u    /* of logarithms, half an octave each, 0 in the middle */

typedef struct level_popular {
    const level_slice *slice;
    const level_tables *t;
    bool is_picture;
    uint64_t n_seen, n_nonzero; /* levels of all rows so far               */
    uint32_t n_rows;            /* that were coded                         */
    uint64_t usual;             /* share, in units of 2^-16                */
    int usual_log;
    uint32_t *by_column, *by_input, *by_place; /* levels that are not 0       */
    uint32_t *live_by_input, *live_by_place;   /* columns                     */
    int16_t *column_logs, *around_logs;        /* by column; around: of input and place together,
                                                  in a picture of the 3 x 3 columns around it */
    int16_t *input_logs, *place_logs;
} level_popular;

/* Memory is the slice's; a failure is in its arena. Without columns there are no column_logs. */
void dc_level_popular_init(level_popular *p, level_slice *slice, bool has_columns);
/* Makes logarithms of the counts. */
void dc_level_popular_begin_row(level_popular *p);

/* log2 of how much more often than usual, at n of n_all: of n less that of n_all. */
static ALWAYS_INLINE int level_popularity_of(const level_popular *p, uint64_t n)
{
    return level_log(p->t, (n << 16) + POPULAR_PRIOR * p->usual) - 16 * LOG_ONE;
}

static ALWAYS_INLINE int level_popularity_all(const level_popular *p, uint64_t n_all)
{
    return level_log(p->t, n_all + POPULAR_PRIOR) + p->usual_log;
}

static ALWAYS_INLINE int level_popularity(const level_popular *p, uint64_t n, uint64_t n_all)
{
    return level_popularity_of(p, n) - level_popularity_all(p, n_all);
}

static ALWAYS_INLINE void level_popular_count(level_popular *p, const level_column *c)
{
    p->by_column[c->cell - 1]++;
    p->by_input[c->input]++;
    p->by_place[c->place]++;
}

static ALWAYS_INLINE uint32_t level_class(int log)
{
    return (uint32_t)level_clamp((log + (int)N_CLASSES / 2 * LOG_ONE / 2) >> 7, 0, N_CLASSES - 1);
}

#endif
