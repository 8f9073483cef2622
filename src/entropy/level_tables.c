/* SPDX-License-Identifier: MIT
 *
 * The tables of level_tables.h, by the formulas of docs/format_levels.md.
 */
#include "level_tables.h"

/* The 8 bits after the point of log2(1 + i / 1024): a square has twice the logarithm. */
static void fill_log_fractions(level_tables *t)
{
    for (uint32_t i = 0; i < LOG_N_MANTISSAS; i++) {
        uint64_t m = (uint64_t)(LOG_N_MANTISSAS + i) << (31 - LOG_MANTISSA_BITS);
        unsigned fraction = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            m = m * m >> 31;
            fraction = 2 * fraction + (unsigned)(m >> 32);
            m >>= m >> 32;
        }
        t->log_fractions[i] = (uint8_t)fraction;
    }
}

/* The other way: the least mantissa that has the logarithm. */
static void fill_powers(level_tables *t)
{
    uint32_t i = 0;
    for (unsigned log = 0; log < LOG_ONE; log++) {
        while (t->log_fractions[i] < log)
            i++;
        t->powers[log] = (uint16_t)(LOG_N_MANTISSAS + i);
    }
}

static void fill_odds(level_tables *t)
{
    const unsigned n = 1u << ODDS_PROB_BITS;
    for (unsigned i = 0; i < n; i++)
        t->odds[i] = (int16_t)(level_log(t, 2 * i + 1) - level_log(t, 2 * (n - i) - 1));
}

/* p / (1 - p) = 2^odds; the two sides of 1/2 add up to 1. */
static void fill_probs(level_tables *t)
{
    for (unsigned odds = 0; odds <= ODDS_MOST; odds++) {
        const uint64_t power = (uint64_t)t->powers[odds % LOG_ONE] << odds / LOG_ONE;
        const uint64_t p = (power << PROB_BITS) / (power + LOG_N_MANTISSAS);
        t->probs[ODDS_MOST + odds] = (uint16_t)p;
        t->probs[ODDS_MOST - odds] = (uint16_t)(PROB_ONE - p);
    }
}

void dc_level_tables_init(level_tables *t)
{
    fill_log_fractions(t);
    fill_powers(t);
    fill_odds(t);
    fill_probs(t);
    for (unsigned n = 0; n <= COUNTER_MOST; n++)
        t->rates[n] = (uint16_t)((2u << PROB_BITS) / (2 * n + 3));
}
