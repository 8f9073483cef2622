/* SPDX-License-Identifier: MIT
 *
 * Numbers with a point at a fixed place, and curves of them: the same bits on every machine, by
 * integers alone.
 */
#ifndef RT_FIXED_H
#define RT_FIXED_H

#include "rt_block.h"

#define RT_GATE_DIGITS 24 /* of gates and what they are made of: times 2^-24, below 2^7 */
#define RT_CELL_DIGITS 20 /* of cells: below 2^11                                       */

/* v 2^from as a multiple of 2^to, rounded, within 2^58. */
RT_OWN int64_t rt_moved(int64_t v, int from, int to);

static inline int32_t rt_held(int64_t v)
{
    return v > INT32_MAX ? INT32_MAX : v < -INT32_MAX ? -INT32_MAX : (int32_t)v;
}

/* Of gates; sigmoid, tanh and hard_sigmoid, within 2^-22. */
RT_OWN int32_t rt_curve_fixed(const rt_curve *c, int32_t x);

#endif
