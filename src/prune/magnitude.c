/* SPDX-License-Identifier: MIT
 *
 * The n largest magnitudes by two counting passes. The bits of a non-negative float order as the
 * float does, so the upper 16 bits of |w| * scale go into one histogram, which gives the bin of the
 * cut, and the lower 16 bits of that bin's members into a second one, which gives the cut itself.
 * O(n), no sorting, and the result is the same everywhere: ties are kept by position, piece after
 * piece. Zeros are never kept.
 */
#include "magnitude.h"

#include <math.h>
#include <string.h>

#define N_BINS 65536u

static uint32_t key_of(float value, float scale)
{
    const float size = fabsf(value) * scale;
    uint32_t bits;
    memcpy(&bits, &size, sizeof bits);
    return bits;
}

static void count_upper(uint64_t *counts, const magnitude_piece *piece)
{
    for (uint64_t i = 0; i < piece->n; i++)
        counts[key_of(piece->values[i], piece->scale) >> 16]++;
}

static void count_lower(uint64_t *counts, const magnitude_piece *piece, uint32_t upper)
{
    for (uint64_t i = 0; i < piece->n; i++) {
        const uint32_t key = key_of(piece->values[i], piece->scale);
        if (key >> 16 == upper)
            counts[key & 0xffff]++;
    }
}

/* The bin in which the n_keep-th largest lies; *n_keep becomes its rank within that bin. */
static uint32_t find_bin(const uint64_t *counts, uint64_t *n_keep)
{
    uint32_t bin = N_BINS - 1;
    while (bin > 0 && counts[bin] < *n_keep)
        *n_keep -= counts[bin--];
    return bin;
}

dc_status magnitude_find(magnitude_cut *out, const magnitude_piece *pieces, uint32_t n_pieces,
                         uint64_t n_keep)
{
    dc_arena arena = { 0 };
    uint64_t *counts = dc_arena_take(&arena, N_BINS, sizeof *counts);
    uint64_t *lower = dc_arena_take(&arena, N_BINS, sizeof *lower);
    const dc_status status = arena.status;
    if (status == DC_OK) {
        uint64_t rank = n_keep;
        for (uint32_t i = 0; i < n_pieces; i++)
            count_upper(counts, &pieces[i]);
        const uint32_t upper = find_bin(counts, &rank);
        for (uint32_t i = 0; i < n_pieces; i++)
            count_lower(lower, &pieces[i], upper);
        const uint32_t bin = find_bin(lower, &rank);
        *out = (magnitude_cut){ upper << 16 | bin, rank };
    }
    dc_arena_clear(&arena);
    return status;
}

static bool is_kept(magnitude_cut *cut, uint32_t key)
{
    if (key != cut->key)
        return key > cut->key;
    if (cut->n_ties == 0)
        return false;
    cut->n_ties--;
    return true;
}

uint64_t magnitude_count(magnitude_cut *cut, const magnitude_piece *piece)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < piece->n; i++)
        n += is_kept(cut, key_of(piece->values[i], piece->scale)) && piece->values[i] != 0.0f;
    return n;
}

void magnitude_apply(magnitude_cut *cut, magnitude_piece *piece)
{
    for (uint64_t i = 0; i < piece->n; i++)
        if (!is_kept(cut, key_of(piece->values[i], piece->scale)))
            piece->values[i] = 0.0f;
}
