/* SPDX-License-Identifier: MIT
 *
 * How large a level is, in bits with contexts. Few or regular sizes are counted up, and what passes
 * SIZE_COUNTED is a number of exp-Golomb; many sizes that a table gives are found by halving. Each
 * such question is a node; a coder foretells its answer as it likes.
 */
#ifndef DCOMP_ENTROPY_LEVEL_SIZES_H
#define DCOMP_ENTROPY_LEVEL_SIZES_H

#include "level_layer.h"
#include "mixer.h"

#define SIZE_COUNTED 16u     /* from this size on exp-Golomb   */
#define SIZE_HALVED_FROM 25u /* of a table with so many sizes  */
#define SIZE_ESCAPES 15u

/* Where the levels of a side are halved, and how many nodes there are. */
typedef struct level_sizes {
    uint32_t n[2]; /* above and below 0 */
    bool is_halved;
    uint32_t n_nodes;
    level_counter escapes[SIZE_ESCAPES];
} level_sizes;

static inline void level_sizes_init(level_sizes *z, const dc_level_stream *s)
{
    const uint32_t most = DC_MAX(s->n_above, s->n_below);
    *z = (level_sizes){ .n = { s->n_above, s->n_below }, .n_nodes = SIZE_COUNTED };
    z->is_halved = s->sizes[0] != NULL && most >= SIZE_HALVED_FROM;
    while (z->is_halved && z->n_nodes < 2 * most)
        z->n_nodes *= 2;
}

/* Answers the question of a node: what the coder foretells, coded. */
typedef unsigned level_node_code(void *coder, uint32_t node, unsigned bit, range_way way);

/* What is beyond SIZE_COUNTED: as many ones as bits follow, and they. */
static inline uint32_t level_escape_code(level_sizes *z, range_coder *c, const level_tables *t,
                                         uint32_t beyond, const range_way way)
{
    unsigned n_bits = 0, n = 0;
    while ((beyond + 1) >> n_bits > 1)
        n_bits++;
    while (n < SIZE_ESCAPES && counter_code(&z->escapes[n], c, t, n < n_bits, way) != 0)
        n++;
    return (1u << n) + range_code_bits(c, beyond + 1 - (1u << n_bits), n, way) - 1;
}

/* A size from 1 to n of the side; a damaged stream may give one that is larger. */
static ALWAYS_INLINE uint32_t level_size_code(level_sizes *z, unsigned side, uint32_t size,
                                              range_coder *c, const level_tables *t, void *coder,
                                              level_node_code *code, const range_way way)
{
    const uint32_t n = z->n[side];
    if (z->is_halved) {
        uint32_t low = 1, high = n, node = 1;
        while (low < high) {
            const uint32_t middle = (low + high) / 2;
            const unsigned bit = code(coder, node, size > middle, way);
            if (bit != 0)
                low = middle + 1;
            else
                high = middle;
            node = 2 * node + bit;
        }
        return low;
    }
    uint32_t k = 1;
    while (k < DC_MIN(n, SIZE_COUNTED) && code(coder, k, size > k, way) != 0)
        k++;
    if (k == SIZE_COUNTED && n > SIZE_COUNTED)
        k += level_escape_code(z, c, t, size - SIZE_COUNTED, way);
    return k;
}

#endif
