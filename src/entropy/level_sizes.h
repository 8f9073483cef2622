/* SPDX-License-Identifier: MIT
 *
 * How large a level is, as questions with yes and no. Few or regular sizes are counted up, and what
 * passes SIZE_COUNTED is a number of exp-Golomb; many sizes that a table gives are found by
 * halving. Each question is a node; a coder foretells its answer as it likes.
 */
#ifndef DCOMP_ENTROPY_LEVEL_SIZES_H
#define DCOMP_ENTROPY_LEVEL_SIZES_H

#include "level_layer.h"

#define SIZE_COUNTED 16u /* from this size on exp-Golomb, whose nodes come next */
#define SIZE_ESCAPES 15u
#define SIZE_HIGH 31u        /* the highest of the bits that follow                 */
#define SIZE_NODES 64u       /* of sizes that are counted                           */
#define SIZE_HALVED_FROM 25u /* of a table with so many sizes                       */

typedef struct level_sizes {
    uint32_t n[2]; /* above and below 0 */
    bool is_halved;
    uint32_t n_nodes;
} level_sizes;

static inline void level_sizes_init(level_sizes *z, const dc_level_stream *s)
{
    const uint32_t most = DC_MAX(s->n_above, s->n_below);
    *z = (level_sizes){ .n = { s->n_above, s->n_below } };
    z->n_nodes = most <= SIZE_COUNTED ? most : SIZE_NODES;
    z->is_halved = s->sizes[0] != NULL && most >= SIZE_HALVED_FROM;
    while (z->is_halved && z->n_nodes < 2 * most)
        z->n_nodes *= 2;
}

/* Answers the question of a node: what the coder foretells, coded. */
typedef unsigned level_node_code(void *coder, range_coder *c, uint32_t node, unsigned bit,
                                 range_way way);

/* What is beyond SIZE_COUNTED, from 0: how many bits one more has after its first, and they. */
static ALWAYS_INLINE uint32_t level_escape_code(range_coder *c, uint32_t beyond, void *coder,
                                                level_node_code *code, const range_way way)
{
    unsigned n_bits = 0, n = 0;
    while ((beyond + 1) >> n_bits > 1)
        n_bits++;
    while (n < SIZE_ESCAPES && code(coder, c, SIZE_COUNTED + n, n < n_bits, way) != 0)
        n++;
    if (n == 0)
        return 0;
    const unsigned high = code(coder, c, SIZE_HIGH + n, (beyond + 1) >> (n - 1) & 1, way);
    const uint32_t rest = (beyond + 1) & ((1u << (n - 1)) - 1);
    return ((2 + high) << (n - 1) | range_code_bits(c, rest, n - 1, way)) - 1;
}

/* A size from 1 to n of the side; a damaged stream may give one that is larger. */
static ALWAYS_INLINE uint32_t level_size_code(const level_sizes *z, unsigned side, uint32_t size,
                                              range_coder *c, void *coder, level_node_code *code,
                                              const range_way way)
{
    const uint32_t n = z->n[side];
    if (z->is_halved) {
        uint32_t low = 1, high = n, node = 1;
        while (low < high) {
            const uint32_t middle = (low + high) / 2;
            const unsigned bit = code(coder, c, node, size > middle, way);
            if (bit != 0)
                low = middle + 1;
            else
                high = middle;
            node = 2 * node + bit;
        }
        return low;
    }
    uint32_t k = 1;
    while (k < DC_MIN(n, SIZE_COUNTED) && code(coder, c, k, size > k, way) != 0)
        k++;
    if (k == SIZE_COUNTED && n > SIZE_COUNTED)
        k += level_escape_code(c, size - SIZE_COUNTED, coder, code, way);
    return k;
}

#endif
