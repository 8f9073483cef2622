/* SPDX-License-Identifier: MIT
 *
 * What levels cost, about. Whether a weight is zero is guessed from how popular its row, its input
 * and its place in the kernel are; a sign is a bit; sizes have one distribution in the layer. An
 * adaptive coder that learns the same as it goes comes near it. Logarithms are our own, so that a
 * decision made by these prices is the same on every machine.
 */
#include "dcomp/entropy.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define LEAST_SHARE 0.0015 /* of weights that are not zero, as a guess */
#define MOST_SHARE 0.97
#define ROW_PRIOR 2.0 /* weights that are as usual, added to each count */
#define PLACE_PRIOR 4.0
#define SIZE_PRIOR 0.3
#define PICTURE_PLACES 100u /* from so many places on, a place is like those around it */
#define FINE_SIZES 16u      /* below it each has a count of its own; from it on 4 bins an octave */

static_assert(DC_RATE_BINS == FINE_SIZES + 4 * 4, "a bin for each size up to DC_RATE_SIZES");

/* Exact enough, by operations that are the same everywhere. */
double dc_rate_log2(double x)
{
    int exponent;
    const double m = frexp(x, &exponent); /* 1/2 .. 1 */
    const double t = (m - 0.75) / (m + 0.75), t2 = t * t;
    double sum = 0;
    for (int k = 15; k >= 1; k -= 2)
        sum = sum * t2 + 1.0 / k;
    /* log2(0.75) + 2 artanh(t) / ln 2 */
    return exponent - 0.41503749927884376 + sum * t * 2.885390081777927;
}

/* ---- bins of sizes --------------------------------------------------------------------------- */

/* Bins 1.. of size 1.. ; `n_bits` tell a bin's sizes apart. */
static uint32_t bin_of(uint32_t size, uint32_t *n_bits)
{
    uint32_t octave = 0;
    *n_bits = 0;
    if (size < FINE_SIZES)
        return size;
    while (size >> octave >= 2 * FINE_SIZES)
        octave++;
    *n_bits = 2 + octave;
    return FINE_SIZES + 4 * octave + ((size >> octave) - FINE_SIZES) / (FINE_SIZES / 4);
}

static void price_sizes(dc_rate *rate, const uint64_t *counts)
{
    double total = 0, bits[DC_RATE_BINS];
    for (uint32_t b = 1; b < DC_RATE_BINS; b++)
        total += (double)counts[b] + SIZE_PRIOR;
    for (uint32_t b = 1; b < DC_RATE_BINS; b++)
        bits[b] = dc_rate_log2(total / ((double)counts[b] + SIZE_PRIOR));
    rate->size_bits = bits[1];
    for (uint32_t size = 1; size <= DC_RATE_SIZES; size++) {
        uint32_t n_bits;
        const uint32_t bin = bin_of(size, &n_bits);
        rate->more_bits[size] = (float)(bits[bin] + n_bits - bits[1]);
    }
}

float dc_rate_more(const dc_rate *rate, uint32_t size)
{
    float more = 0;
    for (; size > DC_RATE_SIZES; size /= 2)
        more++;
    return rate->more_bits[size] + more;
}

/* ---- popularity ------------------------------------------------------------------------------ */

dc_status dc_rate_init(dc_rate *out, const dc_level_shape *shape, dc_arena *arena)
{
    *out = (dc_rate){ .shape = *shape, .n_cols = shape->n_inputs * shape->height * shape->width };
    out->row_factors = dc_arena_take(arena, shape->n_rows, sizeof(float));
    out->col_factors = dc_arena_take(arena, out->n_cols, sizeof(float));
    out->counts = dc_arena_take(arena, out->n_cols, sizeof(float));
    return arena->status;
}

/* Weights that are not zero, by row and by column, and how many are of a size. */
static uint64_t count(dc_rate *rate, const int16_t *levels, uint64_t sizes[DC_RATE_BINS])
{
    uint64_t n_nonzero = 0;
    for (uint32_t c = 0; c < rate->n_cols; c++)
        rate->counts[c] = 0;
    for (uint32_t r = 0; r < rate->shape.n_rows; r++) {
        uint32_t n = 0, n_bits;
        for (uint32_t c = 0; c < rate->n_cols; c++) {
            const uint32_t size = (uint32_t)abs(*levels++);
            if (size == 0)
                continue;
            n++;
            rate->counts[c]++;
            sizes[bin_of(DC_MIN(size, DC_RATE_SIZES), &n_bits)]++;
        }
        rate->row_factors[r] = (float)n;
        n_nonzero += n;
    }
    return n_nonzero;
}

/* How much more often than usual: `n` of `n_all` where `share` is usual. */
static double factor_of(double n, double n_all, double share, double prior)
{
    return (n + prior * share) / (n_all + prior) / share;
}

static void factor_rows(dc_rate *rate, double share)
{
    for (uint32_t r = 0; r < rate->shape.n_rows; r++)
        rate->row_factors[r] = rate->shape.n_rows == 1
                                   ? 1
                                   : (float)factor_of(rate->row_factors[r], rate->n_cols, share,
                                                      ROW_PRIOR);
}

/* A column's is its input's times its place's. */
static void factor_columns(dc_rate *rate, double share)
{
    const uint32_t n_rows = rate->shape.n_rows, n_inputs = rate->shape.n_inputs;
    const uint32_t places = rate->shape.height * rate->shape.width;
    for (uint32_t i = 0; i < n_inputs; i++) {
        double n = 0;
        for (uint32_t k = 0; k < places; k++)
            n += rate->counts[i * places + k];
        const double all = (double)n_rows * places;
        const bool is_alone = n_inputs == 1 || n_rows == 1;
        const double factor = is_alone ? 1 : factor_of(n, all, share, ROW_PRIOR);
        for (uint32_t k = 0; k < places; k++)
            rate->col_factors[i * places + k] = (float)factor;
    }
    for (uint32_t k = 0; k < places && places > 1; k++) {
        double n = 0;
        for (uint32_t i = 0; i < n_inputs; i++)
            n += rate->counts[i * places + k];
        const float factor = (float)factor_of(n, (double)n_rows * n_inputs, share, PLACE_PRIOR);
        for (uint32_t i = 0; i < n_inputs; i++)
            rate->col_factors[i * places + k] *= factor;
    }
}

/* Large kernels are pictures: a column's factor is that of the places around it. */
static void factor_pictures(dc_rate *rate, double share)
{
    const int height = (int)rate->shape.height, width = (int)rate->shape.width;
    for (uint32_t c = 0; c < rate->n_cols; c++) {
        const int y = (int)c / width % height, x = (int)c % width;
        double n = rate->counts[c], all = 1;
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++)
                if (y + dy >= 0 && y + dy < height && x + dx >= 0 && x + dx < width) {
                    n += rate->counts[(int)c + dy * width + dx];
                    all++;
                }
        const double mean = n / all; /* the place itself counts twice */
        rate->col_factors[c] = (float)factor_of(mean, rate->shape.n_rows, share, 1);
    }
}

void dc_rate_learn(dc_rate *rate, const int16_t *levels)
{
    uint64_t sizes[DC_RATE_BINS] = { 0 };
    const double n_nonzero = (double)count(rate, levels, sizes);
    const double n_all = (double)rate->shape.n_rows * rate->n_cols;
    const double share = (n_nonzero + 0.5) / (n_all + 1);
    rate->share = (float)share;
    factor_rows(rate, share);
    if (rate->shape.height * rate->shape.width >= PICTURE_PLACES)
        factor_pictures(rate, share);
    else
        factor_columns(rate, share);
    price_sizes(rate, sizes);
}

void dc_rate_row(const dc_rate *rate, uint32_t row, float *zero_bits, float *one_bits)
{
    const double usual = (double)rate->share * rate->row_factors[row];
    for (uint32_t c = 0; c < rate->n_cols; c++) {
        const double share = fmin(fmax(usual * rate->col_factors[c], LEAST_SHARE), MOST_SHARE);
        zero_bits[c] = (float)-dc_rate_log2(1 - share);
        one_bits[c] = (float)(1 + rate->size_bits - dc_rate_log2(share));
    }
}

double dc_rate_bits(const dc_rate *rate, const int16_t *levels)
{
    double bits = 0;
    for (uint32_t r = 0; r < rate->shape.n_rows; r++) {
        const double usual = (double)rate->share * rate->row_factors[r];
        for (uint32_t c = 0; c < rate->n_cols; c++) {
            const uint32_t size = (uint32_t)abs(*levels++);
            const double share = fmin(fmax(usual * rate->col_factors[c], LEAST_SHARE), MOST_SHARE);
            bits -= dc_rate_log2(size > 0 ? share : 1 - share);
            if (size > 0)
                bits += 1 + rate->size_bits + (double)dc_rate_more(rate, size);
        }
    }
    return bits;
}
