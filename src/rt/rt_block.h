/* SPDX-License-Identifier: MIT
 *
 * A block of int16 with one exponent, filled value by value (rt_integer.c says how).
 */
#ifndef RT_BLOCK_H
#define RT_BLOCK_H

#include "rt_walk.h"

#define RT_LOWEST (-16000) /* exponent: of a block of zeros, too */
#define RT_LARGEST 32767

typedef struct rt_block {
    int16_t *q;
    uint32_t n;
    unsigned shift;
    uint64_t seen; /* all sizes, by "or" */
} rt_block;

static inline rt_block rt_block_over(int16_t *q)
{
    rt_block b;
    b.q = q;
    b.n = 0;
    b.shift = 0;
    b.seen = 0;
    return b;
}

/* v / 2^shift, towards zero. */
static inline int64_t rt_cut(int64_t v, unsigned shift)
{
    return v < 0 ? -(int64_t)((uint64_t)-v >> shift) : (int64_t)((uint64_t)v >> shift);
}

/* More shift, until `size` fits; what is in the block is cut, too. */
RT_OWN void rt_block_shrink(rt_block *b, uint64_t size);

/* In place, too: a value is written where it, or one before it, was read. */
static inline void rt_block_put(rt_block *b, int64_t v)
{
    const uint64_t size = v < 0 ? (uint64_t)-v : (uint64_t)v;
    if (size >> b->shift > RT_LARGEST)
        rt_block_shrink(b, size);
    const int16_t cut = (int16_t)(size >> b->shift);
    b->seen |= size;
    b->q[b->n++] = (int16_t)(v < 0 ? -cut : cut);
}

/* Notes the block's exponent as that of node i; its values were times 2^exponent. */
RT_OWN void rt_block_end(const rt_block *b, int exponent, void *work, uint32_t i);

/* x / 2^exponent, rounded, within 62 bits. */
RT_OWN int64_t rt_fixed_of(float x, int exponent);
RT_OWN void rt_layer_integer(const dc_rt *m, uint32_t i, void *work);
/* Layer i from x to n_values of y, places with their own values, for all of its output. */
RT_OWN void rt_places_integer(const dc_rt *m, uint32_t i, void *work, const int16_t *x, int16_t *y,
                              uint32_t n_values);
RT_OWN void rt_node_integer(const dc_rt *m, uint32_t i, void *work);
RT_OWN void rt_output_integer(const dc_rt *m, const dc_rt_call *call);
RT_OWN void rt_channels_integer(const dc_rt *m, uint32_t i, void *work);

#endif
