/* SPDX-License-Identifier: MIT
 *
 * The way through a stored parameter, entry by entry, in the order of its streams. All encodings
 * go the same way: a stream that is not there has a width of 0 bits and gives zeros, so that dense
 * and shared values have gaps of 0, and numbers that are no codes have code 0.
 *
 * The position is kept as two counts, without a division: `inner` along the order of the streams
 * (columns if row-major), `outer` across it.
 */
#ifndef RT_WALK_H
#define RT_WALK_H

#include "rt_internal.h"

/* Symbols of one width, from the least significant bit (docs/format_streams.md, raw). */
typedef struct rt_bits {
    const uint8_t *at;
    uint32_t pending, n_pending, width, mask;
} rt_bits;

static inline rt_bits rt_bits_over(const uint8_t *data, uint32_t width)
{
    rt_bits b;
    b.at = data;
    b.pending = b.n_pending = 0;
    b.width = width;
    b.mask = ((uint32_t)1 << width) - 1;
    return b;
}

static inline uint32_t rt_bits_take(rt_bits *b)
{
    if (b->n_pending < b->width) {
        b->pending |= (uint32_t)*b->at++ << b->n_pending;
        b->n_pending += 8;
    }
    const uint32_t symbol = b->pending & b->mask;
    b->pending >>= b->width;
    b->n_pending -= b->width;
    return symbol;
}

typedef struct rt_walk {
    rt_bits codes, gaps;
    const float *floats;     /* the codebook, in one of these,       */
    const int16_t *shorts;
    const uint8_t *numbers;  /* or the next number where there is no codebook */
    uint32_t left;           /* entries                              */
    uint32_t outer, inner, n_inner, code;
    int exponent;            /* of integers                          */
    bool is_half;
} rt_walk;

static inline rt_walk rt_walk_over(const dc_rt *m, const rt_param *p)
{
    rt_walk w;
    const char *table = (const char *)m + p->table;
    w.codes = rt_bits_over(m->file.data + p->codes, p->code_width);
    w.gaps = rt_bits_over(m->file.data + p->gaps, p->gap_width);
    w.floats = p->n_table > 0 && !p->is_integer ? (const float *)(const void *)table : NULL;
    w.shorts = p->n_table > 0 && p->is_integer ? (const int16_t *)(const void *)table : NULL;
    w.numbers = p->n_table > 0 ? NULL : m->file.data + p->numbers;
    w.left = p->n_entries;
    w.outer = w.code = 0;
    w.inner = UINT32_MAX; /* one before the first */
    w.n_inner = p->is_column_major ? p->n_rows : p->n_cols;
    w.exponent = p->top - 15;
    w.is_half = p->is_half != 0;
    return w;
}

/* To the next entry; false behind the last. A gap is at most 256 positions, so the loop is short
 * even where lines are of one value. */
static inline bool rt_walk_next(rt_walk *w)
{
    if (w->left == 0)
        return false;
    w->left--;
    w->inner += rt_bits_take(&w->gaps) + 1;
    while (w->inner >= w->n_inner) {
        w->inner -= w->n_inner;
        w->outer++;
    }
    w->code = rt_bits_take(&w->codes);
    return true;
}

/* The number that `numbers` shows, which moves on. */
static inline float rt_walk_number(rt_walk *w)
{
    const uint8_t *b = w->numbers;
    const uint32_t low = (uint32_t)b[0] | (uint32_t)b[1] << 8;
    w->numbers += w->is_half ? 2 : 4;
    if (w->is_half)
        return rt_half(low);
    const uint32_t bits = low | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The value of the entry that rt_walk_next went to; asked for once an entry. */
static inline float rt_walk_float(rt_walk *w)
{
    return w->floats != NULL ? w->floats[w->code] : rt_walk_number(w);
}

/* The same as an integer, to be times 2^exponent. */
static inline int16_t rt_walk_short(rt_walk *w)
{
    return w->shorts != NULL ? w->shorts[w->code] : rt_short_of(rt_walk_number(w), w->exponent);
}

/* y (rows) += weights (rows,cols) x. */
RT_OWN void rt_product_float(const dc_rt *m, const rt_param *weights, float *y, const float *x);
/* One place of linear layer i. */
RT_OWN void rt_linear_float(const dc_rt *m, uint32_t i, float *y, const float *x);
RT_OWN void rt_node_float(const dc_rt *m, uint32_t i, void *work);
RT_OWN void rt_output_float(const dc_rt *m, const dc_rt_call *call);

/* A parameter of one dim, value by value. */
typedef struct rt_series {
    rt_walk walk;
    uint32_t next; /* the place that is asked for next   */
    bool is_there; /* the walk stands at an entry: there, or later */
} rt_series;

static inline rt_series rt_series_over(const dc_rt *m, const rt_param *p)
{
    rt_series s;
    s.walk = rt_walk_over(m, p);
    s.walk.n_inner = UINT32_MAX; /* one line */
    s.next = 0;
    s.is_there = rt_walk_next(&s.walk);
    return s;
}

/* Fillers stand at places, too; their value is 0. */
static inline float rt_series_take(rt_series *s)
{
    float value = 0;
    if (s->is_there && s->walk.inner == s->next) {
        value = rt_walk_float(&s->walk);
        s->is_there = rt_walk_next(&s->walk);
    }
    s->next++;
    return value;
}

/* A batch norm, channel by channel: (x - mean) * factor + shift. */
typedef struct rt_norm {
    rt_series scales, shifts, means, variances;
    float epsilon, factor, shift, mean;
} rt_norm;
RT_OWN void rt_norm_begin(rt_norm *n, const dc_rt *m, uint32_t node);
RT_OWN void rt_norm_take(rt_norm *n);

#endif
