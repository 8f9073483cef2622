/* SPDX-License-Identifier: MIT
 *
 * Leading non-zero detection (manual, 4). The tree of nodes finds the lowest bank at or above the
 * last one whose activation is not zero, within a cycle; here a slot's flags are words of 64 banks
 * and the tree is a count of trailing zeros.
 */
#include "machine.h"

#include <string.h>

uint32_t dc_eie_n_lnzd_nodes(uint32_t n_pes)
{
    uint32_t n_nodes = 0;
    do {
        n_pes = (n_pes + 3) / 4;
        n_nodes += n_pes;
    } while (n_pes > 1);
    return n_nodes;
}

static uint32_t lowest_bit(uint64_t word)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctzll(word);
#else
    uint32_t bit = 0;
    while ((word >> bit & 1) == 0)
        bit++;
    return bit;
#endif
}

uint32_t lnzd_find(const lnzd *tree, uint32_t slot, uint32_t from)
{
    const uint64_t *flags = tree->flags + (uint64_t)slot * tree->n_words;
    uint32_t word = from / 64;
    if (word >= tree->n_words)
        return DC_NONE;
    uint64_t left = flags[word] & (UINT64_MAX << from % 64);
    while (left == 0) {
        if (++word == tree->n_words)
            return DC_NONE;
        left = flags[word];
    }
    return word * 64 + lowest_bit(left);
}

void lnzd_see(lnzd *tree, const int32_t *input, uint32_t n_inputs, uint32_t n_pes)
{
    const uint32_t n_slots = (n_inputs + n_pes - 1) / n_pes;
    memset(tree->flags, 0, (uint64_t)n_slots * tree->n_words * sizeof *tree->flags);
    for (uint32_t slot = 0, j = 0; slot < n_slots; slot++) {
        uint64_t *flags = tree->flags + (uint64_t)slot * tree->n_words;
        for (uint32_t bank = 0; bank < n_pes && j < n_inputs; bank++, j++)
            flags[bank / 64] |= (uint64_t)(input[j] != 0) << bank % 64;
    }
}
