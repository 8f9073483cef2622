/* SPDX-License-Identifier: MIT
 *
 * Optimal code words of limited length [DC 4], by package-merge (Larmore and Hirschberg 1990).
 *
 * Row 1 holds the symbols as leaves, by rising count. Row j+1 merges the leaves with the packages
 * of row j, a package being two neighbours of it. After DC_HUFFMAN_MAX_BITS rows the 2n-2 lightest
 * items of the last row are taken, and with each package the two items in it: a symbol's length is
 * the number of rows in which its leaf was taken. So only "leaf or package" is kept for each item;
 * the weights of two rows are enough. A leaf goes before a package of equal weight and a lower
 * symbol before a higher one of equal count, which makes the result unique. O(n log n + n * 12).
 *
 * Words are canonical: by (length, symbol) rising, each the last plus one. They are kept reversed,
 * because bits are written from the least significant end.
 * Rows and leaves take 19 kB of stack.
 */
#include "huffman.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ITEMS (2 * DC_MAX_SYMBOLS)

typedef struct leaf {
    uint64_t count;
    unsigned symbol;
} leaf;

typedef struct row {
    uint64_t weights[MAX_ITEMS];
    unsigned n_items;
} row;

static int compare_leaves(const void *a, const void *b)
{
    const leaf *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? -1 : 1;
    return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

/* Which items of a row are leaves, a bit each. */
typedef struct leaf_bits {
    uint64_t words[MAX_ITEMS / 64];
} leaf_bits;

/* Merges the leaves with the packages of `below`; is_leaf tells which is which. */
static void merge_row(row *out, leaf_bits *is_leaf, const leaf *leaves, unsigned n_leaves,
                      const row *below)
{
    const unsigned n_packages = below->n_items / 2;
    unsigned at_leaf = 0, at_package = 0;
    out->n_items = n_leaves + n_packages;
    for (unsigned i = 0; i < out->n_items; i++) {
        uint64_t package = UINT64_MAX;
        if (at_package < n_packages)
            package = below->weights[2 * at_package] + below->weights[2 * at_package + 1];
        const bool takes_leaf = at_leaf < n_leaves && leaves[at_leaf].count <= package;
        is_leaf->words[i / 64] |= (uint64_t)takes_leaf << i % 64;
        out->weights[i] = takes_leaf ? leaves[at_leaf++].count : package;
        at_package += !takes_leaf;
    }
}

static void find_lengths(uint8_t *lengths, const leaf *leaves, unsigned n_leaves)
{
    leaf_bits is_leaf[DC_HUFFMAN_MAX_BITS] = { { { 0 } } };
    row rows[2];
    rows[1].n_items = 0;
    for (unsigned j = 0; j < DC_HUFFMAN_MAX_BITS; j++)
        merge_row(&rows[j % 2], &is_leaf[j], leaves, n_leaves, &rows[(j + 1) % 2]);

    unsigned n_taken = 2 * n_leaves - 2;
    for (unsigned j = DC_HUFFMAN_MAX_BITS; j-- > 0;) {
        unsigned n_taken_leaves = 0;
        for (unsigned i = 0; i < n_taken; i++)
            n_taken_leaves += (unsigned)(is_leaf[j].words[i / 64] >> i % 64 & 1);
        for (unsigned i = 0; i < n_taken_leaves; i++)
            lengths[leaves[i].symbol]++;
        n_taken = 2 * (n_taken - n_taken_leaves);
    }
}

static uint16_t reversed(unsigned word, unsigned n_bits)
{
    unsigned out = 0;
    for (unsigned i = 0; i < n_bits; i++)
        out |= (word >> i & 1u) << (n_bits - 1 - i);
    return (uint16_t)out;
}

void dc_huffman_assign_words(dc_huffman *code)
{
    unsigned next = 0;
    for (unsigned length = 1; length <= DC_HUFFMAN_MAX_BITS; length++) {
        next <<= 1;
        for (unsigned s = 0; s < code->n_symbols; s++)
            if (code->lengths[s] == length)
                code->words[s] = reversed(next++, length);
    }
}

void dc_huffman_build(dc_huffman *out, const dc_histogram *h)
{
    leaf leaves[DC_MAX_SYMBOLS];
    unsigned n_leaves = 0;
    memset(out, 0, sizeof *out);
    for (unsigned s = 0; s < h->n_symbols; s++) {
        if (h->counts[s] == 0)
            continue;
        leaves[n_leaves++] = (leaf){ h->counts[s], s };
        out->n_symbols = s + 1;
    }
    if (n_leaves < 2)
        return;
    qsort(leaves, n_leaves, sizeof *leaves, compare_leaves);
    find_lengths(out->lengths, leaves, n_leaves);
    dc_huffman_assign_words(out);
}
