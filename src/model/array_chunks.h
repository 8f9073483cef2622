/* SPDX-License-Identifier: MIT
 *
 * Large arrays in a fixed number of parts for dc_pool_each. The parts depend on the size of the
 * array only, never on the number of jobs, so what is merged from them in order is the same for any
 * -j. Few enough that the results of all parts fit on the stack.
 */
#ifndef DCOMP_MODEL_ARRAY_CHUNKS_H
#define DCOMP_MODEL_ARRAY_CHUNKS_H

#include "dcomp/model.h"

#define MAX_CHUNKS 64u
#define MIN_CHUNK_VALUES (UINT64_C(1) << 17)
#define TILE 64u /* side of a transposed tile: both sides of it stay in the first-level cache */

static inline uint32_t chunk_count(uint64_t n_values)
{
    const uint64_t n = n_values / MIN_CHUNK_VALUES;
    return n == 0 ? 1 : (uint32_t)DC_MIN(n, (uint64_t)MAX_CHUNKS);
}

#endif
