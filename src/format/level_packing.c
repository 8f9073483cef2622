/* SPDX-License-Identifier: MIT
 *
 * Code 0 is 0 and a filler; levels above 0 are codes from 1 on, those below 0 follow. Gaps have 8
 * bits: z zeros are z / 256 fillers and a gap of z % 256 (src/model/pack.c).
 */
#include "level_packing.h"

#include <string.h>

#define GAP_BITS 8u
#define FILLER_GAP ((1u << GAP_BITS) - 1)

dc_status dc_level_packing_begin(dc_level_packing *p, const dc_level_book *book,
                                 const dc_level_shape *shape)
{
    int16_t levels[DC_MAX_CODEBOOK] = { 0 };
    const uint64_t n_cols = (uint64_t)shape->n_inputs * shape->height * shape->width;
    if (n_cols > UINT32_MAX)
        return dc_fail(DC_ECORRUPT, "too many columns for this encoding");
    p->n_rows = shape->n_rows;
    p->n_cols = (uint32_t)n_cols;
    p->n_above = book->n_above;
    p->n_codebook = 1 + book->n_above + book->n_below;
    for (uint32_t k = 1; k < p->n_codebook; k++)
        levels[k] = (int16_t)(k <= p->n_above ? (int)k : (int)p->n_above - (int)k);
    dc_levels_value(p->codebook, book, &(dc_level_shape){ 1, p->n_codebook, 1, 1 }, levels);
    return DC_OK;
}

static uint64_t count_zeros(const int16_t *levels, uint64_t n)
{
    uint64_t i = 0;
    while (i < n && levels[i] == 0)
        i++;
    return i;
}

static void count_part(dc_level_part *part, const int16_t *levels, uint64_t n)
{
    part->lead = count_zeros(levels, n);
    uint64_t next = part->lead;
    for (uint64_t i = part->lead; i < n; i++) {
        if (levels[i] == 0)
            continue;
        part->n_entries += 1 + ((i - next) >> GAP_BITS);
        part->n_nonzero++;
        next = i + 1;
    }
    part->tail = n - next;
}

/* `zeros` before an entry of this code; the entries' number. */
static uint64_t put_entry(uint8_t *codes, uint8_t *gaps, uint64_t zeros, uint8_t code)
{
    const uint64_t n_fillers = zeros >> GAP_BITS;
    memset(codes, 0, n_fillers);
    memset(gaps, FILLER_GAP, n_fillers);
    codes[n_fillers] = code;
    gaps[n_fillers] = (uint8_t)(zeros & FILLER_GAP);
    return n_fillers + 1;
}

dc_status dc_level_packing_take(void *packing, const dc_level_rows *rows)
{
    dc_level_packing *p = packing;
    dc_level_part *part = &p->parts[rows->slice];
    const uint64_t n = (uint64_t)rows->n_rows * p->n_cols;
    count_part(part, rows->levels, n);
    part->codes = dc_grow(NULL, 2 * part->n_entries + 1, sizeof *part->codes);
    if (part->codes == NULL)
        return DC_ENOMEM;
    part->gaps = part->codes + part->n_entries;
    uint64_t e = 0, next = part->lead;
    for (uint64_t i = part->lead; i < n; i++) {
        const int level = rows->levels[i];
        if (level == 0)
            continue;
        const int code = level > 0 ? level : (int)p->n_above - level;
        e += put_entry(part->codes + e, part->gaps + e, i - next, (uint8_t)code);
        next = i + 1;
    }
    return DC_OK;
}

/* Their number; written where there are arrays. */
static uint64_t join(uint8_t *codes, uint8_t *gaps, const dc_level_packing *p)
{
    uint64_t n = 0, zeros = 0;
    for (uint32_t s = 0; s < DC_MAX_LEVEL_SLICES; s++) {
        const dc_level_part *part = &p->parts[s];
        zeros += part->lead;
        if (part->n_entries == 0)
            continue;
        if (codes != NULL) {
            const uint64_t first = put_entry(codes + n, gaps + n, zeros, part->codes[0]);
            memcpy(codes + n + first, part->codes + 1, part->n_entries - 1);
            memcpy(gaps + n + first, part->gaps + 1, part->n_entries - 1);
        }
        n += (zeros >> GAP_BITS) + part->n_entries;
        zeros = part->tail;
    }
    return n;
}

dc_status dc_level_packing_end(dc_packed *out, const dc_level_packing *p, dc_arena *arena)
{
    dc_packed packed = { .n_rows = p->n_rows,
                         .n_cols = p->n_cols,
                         .gap_bits = GAP_BITS,
                         .n_codebook = p->n_codebook,
                         .n_entries = join(NULL, NULL, p) };
    packed.codebook = dc_arena_take(arena, p->n_codebook, sizeof *packed.codebook);
    packed.codes = dc_arena_take(arena, packed.n_entries, sizeof *packed.codes);
    packed.gaps = dc_arena_take(arena, packed.n_entries, sizeof *packed.gaps);
    DC_TRY(arena->status);
    memcpy(packed.codebook, p->codebook, p->n_codebook * sizeof *packed.codebook);
    for (uint32_t s = 0; s < DC_MAX_LEVEL_SLICES; s++)
        packed.n_nonzero += p->parts[s].n_nonzero;
    join(packed.codes, packed.gaps, p);
    *out = packed;
    return DC_OK;
}

void dc_level_packing_clear(dc_level_packing *p)
{
    for (uint32_t s = 0; s < DC_MAX_LEVEL_SLICES; s++)
        dc_release(p->parts[s].codes);
}
