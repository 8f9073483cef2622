/* SPDX-License-Identifier: MIT
 *
 * The greatest so many of an array.
 */
#ifndef DCOMP_EXCHANGE_DGC_SELECT_H
#define DCOMP_EXCHANGE_DGC_SELECT_H

#include "dcomp/base.h"

/* The k elements of v (n) of the greatest size, none that is 0, the first of equals: their places
 * to at (k), rising. Returns how many there are. scratch (n). `turn` chooses what is sampled; the
 * result does not depend on it. n is below 2^32. */
uint32_t dgc_select(uint32_t *at, const float *v, uint64_t n, uint64_t k, uint64_t turn,
                    float *scratch);

#endif
