/* SPDX-License-Identifier: MIT
 *
 * Made-up sequences (steps x features), as speech is to a recognizer: silence, an utterance of
 * segments of some steps, silence again. A segment has a spectrum of a few broad peaks on a slope,
 * and a loudness; it glides into the next. Neighbouring steps and neighbouring bands are alike,
 * where white noise has none of that and leaves the cells of a recurrent layer where they were.
 * Samples are of two kinds, in turn: bands of mean 0 and deviation 1, as logarithms of filter
 * banks are given to networks, and cepstra of such bands (their cosine transform), whose first
 * ones are ten times as large as the others, as MFCC come without further preparation.
 *
 * Where the network looks its inputs up in a table they are numbers of rows: any of them, or a few
 * of them again and again.
 */
#include "blind.h"

#include <math.h>

#define N_BANDS 40u   /* that cepstra are made of, or as many as features */
#define MAX_PEAKS 4u
#define SILENCE (-6.0) /* mean of a band's logarithm, and how much speech is over it at most */
#define ROUGHNESS 0.4
#define FEW_SYMBOLS 8u

static double between(dc_rng *rng, double low, double high)
{
    return low + (high - low) * dc_rng_unit(rng);
}

/* 1/256 is exact, and the same on machines whose logarithms differ in the last bit. */
static float rounded(double value)
{
    return (float)(floor(256 * value + 0.5) / 256);
}

/* ---- speech ---------------------------------------------------------------------------------- */

/* One sound: rising towards high bands as a fricative, or falling as a vowel. */
static void make_spectrum(double *to, uint32_t n_bands, dc_rng *rng)
{
    const bool is_fricative = dc_rng_below(rng, 4) == 0;
    const double slope = is_fricative ? between(rng, 0, 3) : between(rng, -4, 0);
    const double loudness = between(rng, -3, 1) - (slope > 0 ? slope : 0);
    const uint32_t n_peaks = 2 + (uint32_t)dc_rng_below(rng, MAX_PEAKS - 1);
    double centre[MAX_PEAKS], width[MAX_PEAKS], height[MAX_PEAKS];
    for (uint32_t p = 0; p < n_peaks; p++) {
        centre[p] = dc_rng_unit(rng);
        width[p] = between(rng, 0.04, 0.15);
        height[p] = between(rng, 0, 4);
    }
    for (uint32_t b = 0; b < n_bands; b++) {
        const double at = (b + 0.5) / n_bands;
        to[b] = loudness + slope * at;
        for (uint32_t p = 0; p < n_peaks; p++) {
            const double away = (at - centre[p]) / width[p];
            to[b] += height[p] / (1 + away * away);
        }
    }
}

/* field (n_steps, n_bands); two sounds in `scratch`. */
static void speak(double *field, double *scratch, uint32_t n_steps, uint32_t n_bands, dc_rng *rng)
{
    double *now = scratch, *next = scratch + n_bands;
    const double first = between(rng, -0.2, 0.3) * n_steps;
    const double last = first + between(rng, 0.4, 1.1) * n_steps;
    double begin = 0, end = 0;
    make_spectrum(next, n_bands, rng);
    for (uint32_t t = 0; t < n_steps; t++) {
        if (t >= end) {
            double *kept = now;
            now = next;
            next = kept;
            make_spectrum(next, n_bands, rng);
            begin = t;
            end = t + between(rng, 2, 9);
        }
        const double share = fmax(2 * (t - begin) / (end - begin) - 1, 0); /* glides at the end */
        for (uint32_t b = 0; b < n_bands; b++) {
            const double sound = now[b] + share * (next[b] - now[b]);
            const bool is_speech = t >= first && t < last;
            field[t * n_bands + b] = (is_speech ? fmax(sound, SILENCE) : SILENCE) +
                                     ROUGHNESS * dc_rng_normal(rng);
        }
    }
}

/* ---- what is made of it ---------------------------------------------------------------------- */

static void put_bands(float *x, const double *field, uint64_t n)
{
    double sum = 0, squares = 0;
    for (uint64_t i = 0; i < n; i++) {
        sum += field[i];
        squares += field[i] * field[i];
    }
    const double mean = sum / (double)n, spread = sqrt(squares / (double)n - mean * mean);
    for (uint64_t i = 0; i < n; i++)
        x[i] = rounded((field[i] - mean) / fmax(spread, 1e-3));
}

static void put_cepstra(float *x, const double *field, uint32_t n_steps, uint32_t n_features,
                        uint32_t n_bands)
{
    const double scale = sqrt(2.0 / n_bands), angle = acos(-1) / n_bands;
    for (uint32_t t = 0; t < n_steps; t++)
        for (uint32_t k = 0; k < n_features; k++) {
            double sum = 0;
            for (uint32_t b = 0; b < n_bands; b++)
                sum += field[(uint64_t)t * n_bands + b] * cos(angle * k * (b + 0.5));
            x[(uint64_t)t * n_features + k] = rounded(scale * sum);
        }
}

dc_status blind_sequences_make(float *x, const dc_shape *shape, uint32_t n, uint64_t seed,
                               dc_arena *arena)
{
    const uint32_t n_steps = shape->dims[0], n_features = shape->dims[1];
    const uint32_t n_bands = DC_MAX(n_features, N_BANDS);
    const uint64_t n_values = (uint64_t)n_steps * n_features;
    double *field = dc_arena_take(arena, (uint64_t)n_steps * n_bands, sizeof *field);
    double *scratch = dc_arena_take(arena, 2 * (uint64_t)n_bands, sizeof *scratch);
    dc_rng rng;
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n; i++, x += n_values) {
        const bool is_second = i % BLIND_KINDS == 1;
        dc_rng_init(&rng, seed, i);
        speak(field, scratch, n_steps, is_second ? n_bands : n_features, &rng);
        if (is_second)
            put_cepstra(x, field, n_steps, n_features, n_bands);
        else
            put_bands(x, field, n_values);
    }
    return DC_OK;
}

void blind_symbols_make(float *x, uint64_t n_values, uint32_t n_symbols, uint32_t n, uint64_t seed)
{
    dc_rng rng;
    for (uint32_t i = 0; i < n; i++, x += n_values) {
        uint64_t few[FEW_SYMBOLS];
        dc_rng_init(&rng, seed, i);
        for (uint32_t k = 0; k < FEW_SYMBOLS; k++)
            few[k] = dc_rng_below(&rng, n_symbols);
        for (uint64_t v = 0; v < n_values; v++)
            x[v] = (float)(i % BLIND_KINDS == 1 ? few[dc_rng_below(&rng, FEW_SYMBOLS)]
                                                : dc_rng_below(&rng, n_symbols));
    }
}
