/* SPDX-License-Identifier: MIT
 *
 * Bits that several counters foretell. A counter is the probability of a bit in one context and how
 * often it was seen there; the mixer adds up the odds of MIX_INPUTS counters, each by a weight that
 * learns how far it can be trusted (Mahoney 2005). Integers alone, so both sides learn the same.
 */
#ifndef DCOMP_ENTROPY_MIXER_H
#define DCOMP_ENTROPY_MIXER_H

#include <assert.h>

#include "level_tables.h"
#include "range_coder.h"

/* | probability of a 1 : 22 | how often it was seen : 10 |; 0: never. */
typedef uint32_t level_counter;

#define COUNTER_PROB_BITS 22u
#define COUNTER_SEEN_BITS 10u
#define COUNTER_FIRST_SEEN 2u /* as if: what it starts from is not nothing */
#define COUNTER_LEAST 32u     /* of a lone counter's probability, either way */

#define MIX_INPUTS 6u
#define MIX_WEIGHT_ONE (1 << 16)
#define MIX_WEIGHT_FIRST (MIX_WEIGHT_ONE / (int)MIX_INPUTS)
#define MIX_WEIGHT_MOST (16 * MIX_WEIGHT_ONE)

static_assert(COUNTER_MOST < 1u << COUNTER_SEEN_BITS, "a counter holds how often it was seen");
static_assert((-1 >> 1) == -1, "a shift of a negative number rounds down");

typedef struct mixer {
    int32_t weights[MIX_INPUTS];
} mixer;

static inline void mixer_init(mixer *m)
{
    for (unsigned i = 0; i < MIX_INPUTS; i++)
        m->weights[i] = MIX_WEIGHT_FIRST;
}

static ALWAYS_INLINE level_counter counter_from(uint32_t prob)
{
    return prob << (32 - PROB_BITS) | COUNTER_FIRST_SEEN;
}

static ALWAYS_INLINE level_counter counter_after(level_counter c, const level_tables *t,
                                                 unsigned bit)
{
    const uint32_t seen = c % (1u << COUNTER_SEEN_BITS), ones = 0u - bit;
    uint32_t far = (c ^ ones) >> COUNTER_SEEN_BITS; /* from what came */
    far -= (uint32_t)((uint64_t)far * t->rates[seen] >> PROB_BITS);
    const uint32_t p = (far ^ ones) << COUNTER_SEEN_BITS;
    return p | (seen + (seen < COUNTER_MOST));
}

static ALWAYS_INLINE uint32_t counter_prob(level_counter *c)
{
    if (*c == 0)
        *c = counter_from(PROB_ONE / 2);
    const uint32_t p = *c >> (32 - PROB_BITS);
    return DC_MIN(DC_MAX(p, COUNTER_LEAST), PROB_ONE - COUNTER_LEAST);
}

/* A bit that one counter foretells. */
static ALWAYS_INLINE unsigned counter_code(level_counter *c, range_coder *coder,
                                           const level_tables *t, unsigned bit, const range_way way)
{
    bit = range_code(coder, counter_prob(c), bit, way);
    *c = counter_after(*c, t, bit);
    return bit;
}

/* The same where the caller goes two ways by the bit: each has it as a constant, and a processor
 * that guesses the way does not wait for it. */
static ALWAYS_INLINE bool counter_decide(level_counter *c, range_coder *coder,
                                         const level_tables *t, unsigned bit, const range_way way)
{
    const uint32_t p = counter_prob(c);
    if (way == RANGE_DECODES ? range_is_one(coder, p) : bit != 0) {
        range_pass(coder, p, 1, way);
        *c = counter_after(*c, t, 1);
        return true;
    }
    range_pass(coder, p, 0, way);
    *c = counter_after(*c, t, 0);
    return false;
}

/* A bit that all `counters` foretell; those that were never seen start from `first`, odds. `rate`
 * is how fast the weights learn. */
static ALWAYS_INLINE unsigned mixer_code(mixer *m, level_counter *const counters[MIX_INPUTS],
                                         int first, int rate, range_coder *coder,
                                         const level_tables *t, unsigned bit, const range_way way)
{
    int32_t odds[MIX_INPUTS];
    int64_t sum = 0;
    for (unsigned i = 0; i < MIX_INPUTS; i++) {
        if (*counters[i] == 0)
            *counters[i] = counter_from(level_prob(t, first));
        odds[i] = t->odds[*counters[i] >> (32 - ODDS_PROB_BITS)];
        sum += (int64_t)m->weights[i] * odds[i];
    }
    const uint32_t p = level_prob(t, (int)(sum >> 16));
    bit = range_code(coder, p, bit, way);
    const int32_t error = ((int32_t)(bit << PROB_BITS) - (int32_t)p) * rate >> 6;
    for (unsigned i = 0; i < MIX_INPUTS; i++) {
        const int32_t weight = m->weights[i] + ((odds[i] * error + (1 << 13)) >> 14);
        m->weights[i] = level_clamp(weight, -MIX_WEIGHT_MOST, MIX_WEIGHT_MOST);
        *counters[i] = counter_after(*counters[i], t, bit);
    }
    return bit;
}

#endif
