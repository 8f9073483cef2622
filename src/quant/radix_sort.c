/* SPDX-License-Identifier: MIT
 *
 * Least significant digit radix sort of floats: three passes of 11, 11 and 10 bits over keys whose
 * unsigned order is the order of the values (negative: all bits flipped; else: the sign bit
 * flipped). A pass counts digits part by part, gives each (digit, part) its place, and moves the
 * values; as the parts are in order, the outcome is the same for any number of them, so there is
 * one for each job. A pass whose digit is the same in all values is left out. Cost O(n), n floats
 * of scratch.
 */
#include <string.h>

#include "kmeans.h"

#define DIGIT_BITS 11u
#define N_DIGITS (1u << DIGIT_BITS)
#define MAX_SORT_PARTS 64u
#define MIN_PART_VALUES (1u << 16)

typedef struct radix_pass {
    const float *from;
    float *to;
    uint64_t n, n_parts;
    unsigned shift;
    uint64_t (*places)[N_DIGITS]; /* by part: counts, then where the next value goes */
} radix_pass;

static inline uint32_t digit_of(float value, unsigned shift)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t flip = (0u - (bits >> 31)) | 0x80000000u;
    return ((bits ^ flip) >> shift) & (N_DIGITS - 1);
}

static void count_part(void *payload, uint64_t part)
{
    const radix_pass *p = payload;
    uint64_t *counts = p->places[part];
    const uint64_t end = dc_part_start(p->n, part + 1, p->n_parts);
    memset(counts, 0, sizeof p->places[part]);
    for (uint64_t i = dc_part_start(p->n, part, p->n_parts); i < end; i++)
        counts[digit_of(p->from[i], p->shift)]++;
}

static void move_part(void *payload, uint64_t part)
{
    const radix_pass *p = payload;
    uint64_t *places = p->places[part];
    const uint64_t end = dc_part_start(p->n, part + 1, p->n_parts);
    for (uint64_t i = dc_part_start(p->n, part, p->n_parts); i < end; i++)
        p->to[places[digit_of(p->from[i], p->shift)]++] = p->from[i];
}

/* Counts become places. Returns false when all values share one digit. */
static bool give_places(radix_pass *p)
{
    uint64_t place = 0;
    for (uint32_t digit = 0; digit < N_DIGITS; digit++) {
        const uint64_t start = place;
        for (uint64_t part = 0; part < p->n_parts; part++) {
            const uint64_t count = p->places[part][digit];
            p->places[part][digit] = place;
            place += count;
        }
        if (place - start == p->n)
            return false;
    }
    return true;
}

float *dc_radix_sort(float *values, float *scratch, uint64_t n)
{
    const uint64_t wanted = DC_MIN(n / MIN_PART_VALUES + 1, dc_pool_jobs());
    radix_pass p = {
        .from = values, .to = scratch, .n = n, .n_parts = DC_MIN(wanted, MAX_SORT_PARTS)
    };
    p.places = dc_grow(NULL, p.n_parts, sizeof *p.places);
    if (!p.places)
        return NULL;
    for (; p.shift < 32; p.shift += DIGIT_BITS) {
        dc_pool_each(p.n_parts, count_part, &p);
        if (!give_places(&p))
            continue;
        dc_pool_each(p.n_parts, move_part, &p);
        float *const moved = p.to;
        p.to = p.from == values ? values : scratch;
        p.from = moved;
    }
    dc_release(p.places);
    return p.from == values ? values : scratch;
}
