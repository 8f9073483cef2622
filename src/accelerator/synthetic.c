/* SPDX-License-Identifier: MIT
 *
 * Seeded layers and activations of stated densities: every weight is there or not independently of
 * the others, which is what the padding law of relative indices assumes too.
 */
#include "dcomp/accelerator.h"

#include <math.h>

#define GAP_BITS 8u

/* Zeros before the next weight: geometric, one random number each. */
static uint64_t draw_gap(dc_rng *rng, double log_absent)
{
    const double unit = 1 - dc_rng_unit(rng); /* (0, 1] */
    const double gap = log_absent < 0 ? floor(log(unit) / log_absent) : 0;
    return gap < 0x1p40 ? (uint64_t)gap : UINT64_C(1) << 40;
}

static void put_entry(dc_writer *pairs, uint64_t code, uint64_t gap)
{
    uint8_t *pair = dc_put_space(pairs, 2);
    if (pair == NULL)
        return;
    pair[0] = (uint8_t)code;
    pair[1] = (uint8_t)gap;
}

/* Entries as pairs of bytes: nobody knows beforehand how many there will be. */
static void draw_entries(dc_writer *pairs, dc_packed *p, double density, uint64_t seed)
{
    const uint32_t filler_gap = (1u << GAP_BITS) - 1;
    const uint64_t n_values = (uint64_t)p->n_rows * p->n_cols;
    const double log_absent = density < 1 ? log1p(-density) : 0;
    uint64_t position = 0;
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    for (;; position++) {
        uint64_t gap = draw_gap(&rng, log_absent);
        position += gap;
        if (position >= n_values)
            return;
        for (; gap > filler_gap; gap -= filler_gap + 1, p->n_entries++)
            put_entry(pairs, 0, filler_gap);
        put_entry(pairs, 1 + dc_rng_below(&rng, p->n_codebook - 1), gap);
        p->n_entries++;
        p->n_nonzero++;
    }
}

static dc_status take_entries(dc_packed *p, const dc_writer *pairs, dc_arena *arena)
{
    p->codes = dc_arena_take(arena, p->n_entries, sizeof *p->codes);
    p->gaps = dc_arena_take(arena, p->n_entries, sizeof *p->gaps);
    DC_TRY(pairs->status);
    DC_TRY(arena->status);
    for (uint64_t e = 0; e < p->n_entries; e++) {
        p->codes[e] = pairs->data[2 * e];
        p->gaps[e] = pairs->data[2 * e + 1];
    }
    return DC_OK;
}

dc_status dc_synthetic_weights(dc_packed *out, uint32_t n_rows, uint32_t n_cols,
                               double weight_density, uint32_t code_bits, uint64_t seed,
                               dc_arena *arena)
{
    const uint32_t n_codebook = 1u << code_bits;
    dc_packed p = { .n_rows = n_rows,
                    .n_cols = n_cols,
                    .is_column_major = true,
                    .gap_bits = GAP_BITS,
                    .n_codebook = n_codebook };
    if (!(weight_density > 0 && weight_density <= 1) || n_rows == 0 || n_cols == 0)
        return dc_fail(DC_EINPUT, "a layer of %u x %u with density %g", n_rows, n_cols,
                       weight_density);
    p.codebook = dc_arena_take(arena, n_codebook, sizeof *p.codebook);
    dc_writer pairs;
    dc_writer_init(&pairs, UINT64_MAX);
    draw_entries(&pairs, &p, weight_density, seed);
    const dc_status status = take_entries(&p, &pairs, arena);
    dc_writer_clear(&pairs);
    DC_TRY(status);
    for (uint32_t i = 1; i < n_codebook; i++) { /* both signs, no zero */
        const float size = (float)((i + 1) / 2) / (float)(n_codebook / 2);
        p.codebook[i] = i % 2 == 1 ? size : -size;
    }
    *out = p;
    return dc_packed_check(out);
}

/* Selection sampling: exactly the share that was asked for, whatever the seed. */
void dc_synthetic_inputs(double *x, uint32_t n, double act_density, uint64_t seed)
{
    uint64_t n_wanted = (uint64_t)(act_density * n + 0.5);
    dc_rng rng;
    dc_rng_init(&rng, seed, 1);
    for (uint32_t i = 0; i < n; i++) {
        const bool is_there = dc_rng_below(&rng, n - i) < n_wanted;
        const double size = 1 - dc_rng_unit(&rng);
        x[i] = is_there ? size : 0;
        n_wanted -= is_there;
    }
}
