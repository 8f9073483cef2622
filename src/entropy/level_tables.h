/* SPDX-License-Identifier: MIT
 *
 * Logarithms and odds in integers, the same on every machine. All of them follow from one function,
 * log2 in units of 1/256, which squares; its fractions are in a table that is made once for each
 * layer. Probabilities are in units of 2^-16, their odds log2(p / (1 - p)) in units of 1/256.
 */
#ifndef DCOMP_ENTROPY_LEVEL_TABLES_H
#define DCOMP_ENTROPY_LEVEL_TABLES_H

#include "dcomp/base.h"
#include "le64.h"
#include "range_coder.h"

#define LOG_ONE 256 /* log2(2) */
#define LOG_MANTISSA_BITS 10u
#define LOG_N_MANTISSAS (1u << LOG_MANTISSA_BITS)
#define ODDS_MOST (12 * LOG_ONE - 1)
#define ODDS_PROB_BITS 12u /* of a probability whose odds are looked up */
#define COUNTER_MOST 400u  /* of a counter: as often it learns ever slower */

typedef struct level_tables {
    uint8_t log_fractions[LOG_N_MANTISSAS]; /* log2(1 + i / 1024)                  */
    uint16_t powers[LOG_ONE];               /* 1024 times 2^(i / 256)              */
    int16_t odds[1u << ODDS_PROB_BITS];     /* of (i + 1/2) / 4096                 */
    uint16_t probs[2 * ODDS_MOST + 1];      /* of the odds i - ODDS_MOST           */
    uint16_t rates[COUNTER_MOST + 1];       /* 1 / (n + 3/2) in units of 2^-16     */
} level_tables;

void dc_level_tables_init(level_tables *t);

/* log2(x), x from 1 on. */
static ALWAYS_INLINE int level_log(const level_tables *t, uint64_t x)
{
#if defined(__GNUC__)
    const int whole = 63 - __builtin_clzll(x);
#else
    int whole = 0;
    while (x >> whole > 1)
        whole++;
#endif
    const uint64_t mantissa = whole >= (int)LOG_MANTISSA_BITS
                                  ? x >> (whole - (int)LOG_MANTISSA_BITS)
                                  : x << ((int)LOG_MANTISSA_BITS - whole);
    return whole * LOG_ONE + t->log_fractions[mantissa % LOG_N_MANTISSAS];
}

static ALWAYS_INLINE int level_clamp(int x, int least, int most)
{
    return x < least ? least : x > most ? most : x;
}

/* The probability of such odds. */
static ALWAYS_INLINE uint32_t level_prob(const level_tables *t, int odds)
{
    return t->probs[level_clamp(odds, -ODDS_MOST, ODDS_MOST) + ODDS_MOST];
}

/* The odds of a probability by its log2. */
static ALWAYS_INLINE int level_odds_of_log(const level_tables *t, int log)
{
    const int l = level_clamp(log, -ODDS_MOST, -8);
    const unsigned shift = (unsigned)((LOG_ONE - 1 - l) / LOG_ONE); /* l = fraction - 256 shift */
    const uint32_t one = LOG_N_MANTISSAS << shift;
    const uint32_t power = t->powers[l + (int)shift * LOG_ONE];
    return l - (level_log(t, one - power) - (int)(LOG_MANTISSA_BITS + shift) * LOG_ONE);
}

/* A byte says log2 in units of 1/16. */
static ALWAYS_INLINE uint64_t level_power(const level_tables *t, int log, unsigned n_bits)
{
    const unsigned whole = (unsigned)log / LOG_ONE, fraction = (unsigned)log % LOG_ONE;
    return ((uint64_t)t->powers[fraction] << (whole + n_bits)) >> LOG_MANTISSA_BITS;
}

#endif
