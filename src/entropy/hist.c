/* SPDX-License-Identifier: MIT
 *
 * Counts of symbols and their zero-order entropy. Four tables are filled in turn, so that runs of
 * one symbol do not wait for their own counter.
 */
#include "dcomp/entropy.h"

#include <math.h>
#include <string.h>

void dc_histogram_count(dc_histogram *out, const uint8_t *symbols, uint64_t n)
{
    uint64_t parts[4][DC_MAX_SYMBOLS];
    uint64_t i = 0;
    memset(parts, 0, sizeof parts);
    for (; n - i >= 4; i += 4)
        for (unsigned k = 0; k < 4; k++)
            parts[k][symbols[i + k]]++;
    for (; i < n; i++)
        parts[0][symbols[i]]++;

    *out = (dc_histogram){ .n_total = n, .n_symbols = 1 };
    for (unsigned s = 0; s < DC_MAX_SYMBOLS; s++) {
        out->counts[s] = parts[0][s] + parts[1][s] + parts[2][s] + parts[3][s];
        if (out->counts[s] > 0)
            out->n_symbols = s + 1;
    }
}

double dc_histogram_entropy_bits(const dc_histogram *h)
{
    const double total = (double)h->n_total;
    double bits = 0;
    for (unsigned s = 0; s < h->n_symbols; s++)
        if (h->counts[s] > 0)
            bits += (double)h->counts[s] * log2(total / (double)h->counts[s]);
    return h->n_total > 0 ? bits / total : 0;
}
