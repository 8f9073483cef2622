/* SPDX-License-Identifier: MIT
 *
 * Elastic fields [Simard 2003, 2]: independent uniform noise for each pixel and direction,
 * smoothed by a Gaussian whose width is a seventh of the shorter side (Simard's 4 of 28 pixels),
 * scaled. Simard's amplitude of 34 on noise in -1..1 is a root mean square of 1.4 pixels; we ask
 * for that figure itself. Smoothing is two passes of `taps`, rows below each other and then pixels
 * beside each other, both as sums of shifted rows.
 */
#include "warp.h"

#include <math.h>
#include <string.h>

#define SIDE_PER_SIGMA 7.0
#define MAX_RADIUS 96u

static uint32_t radius_of(uint32_t height, uint32_t width)
{
    const double sigma = DC_MIN(height, width) / SIDE_PER_SIGMA;
    return (uint32_t)DC_MIN(2.5 * sigma + 1.0, MAX_RADIUS);
}

/* Gaussian weights scaled so that smoothing uniform noise of -1..1 in two passes leaves a root mean
 * square of `amplitude`. */
static void make_taps(float *taps, uint32_t radius, double sigma, double amplitude)
{
    double n_squares = 0.0;
    double weights[MAX_RADIUS + 1];
    for (uint32_t i = 0; i <= radius; i++) {
        weights[i] = exp(-0.5 * i * i / (sigma * sigma));
        n_squares += (i == 0 ? 1.0 : 2.0) * weights[i] * weights[i];
    }
    const double factor = sqrt(amplitude * sqrt(3.0) / n_squares);
    for (uint32_t i = 0; i <= radius; i++)
        taps[radius + i] = taps[radius - i] = (float)(weights[i] * factor);
}

static void fill_noise(float *noise, size_t n, dc_rng *rng)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        if (i % 4 == 0)
            bits = dc_rng_u64(rng);
        noise[i] = (float)((int32_t)(bits & 0xffff) - 0x8000) * 0x1p-15f;
        bits >>= 16;
    }
}

static void add_scaled(float *restrict sum, const float *restrict row, float factor, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        sum[i] += factor * row[i];
}

/* padded: a row with `radius` zeros on both sides, for the second pass. */
static void smooth(float *out, const float *noise, uint32_t height, uint32_t width,
                   const float *taps, uint32_t radius, float *padded)
{
    memset(padded, 0, (width + 2 * (size_t)radius) * sizeof *padded);
    for (uint32_t row = 0; row < height; row++, out += width) {
        float *const middle = padded + radius;
        memset(middle, 0, width * sizeof *middle);
        const uint32_t first = row > radius ? row - radius : 0;
        const uint32_t last = DC_MIN(row + radius, height - 1);
        for (uint32_t r = first; r <= last; r++)
            add_scaled(middle, noise + (size_t)r * width, taps[radius + r - row], width);
        memset(out, 0, width * sizeof *out);
        for (uint32_t t = 0; t <= 2 * radius; t++)
            add_scaled(out, padded + t, taps[t], width);
    }
}

uint64_t data_field_n_values(uint32_t height, uint32_t width)
{
    return (uint64_t)height * width + width + 2 * MAX_RADIUS;
}

void data_field_make(float *field, uint32_t height, uint32_t width, double amplitude, dc_rng *rng,
                     float *workspace)
{
    const size_t n_pixels = (size_t)height * width;
    const uint32_t radius = radius_of(height, width);
    float taps[2 * MAX_RADIUS + 1];
    make_taps(taps, radius, DC_MIN(height, width) / SIDE_PER_SIGMA, amplitude);
    for (uint32_t axis = 0; axis < 2; axis++) {
        fill_noise(workspace, n_pixels, rng);
        smooth(field + axis * n_pixels, workspace, height, width, taps, radius,
               workspace + n_pixels);
    }
}
