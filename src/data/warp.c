/* SPDX-License-Identifier: MIT
 *
 * Backward mapping with bilinear sampling. A row is done in blocks: first coordinates, corner
 * offsets and weights for the whole block (plain arithmetic that the compiler turns into vectors),
 * then the four loads of each pixel and channel. Coordinates are clamped, so the edge goes on
 * outside the picture: whatever the preparation made of the background, it stays that. A shift by
 * whole pixels is exact.
 */
#include "warp.h"

#define BLOCK 64u

/* Where a block of pixels comes from: offset of the upper left corner in a plane, steps to the
 * other corners (0 at the edge), weights of the right and lower corners. */
typedef struct corners {
    int32_t at[BLOCK], right[BLOCK], below[BLOCK];
    float to_right[BLOCK], to_below[BLOCK];
} corners;

static float clamp(float value, float max)
{
    return value > 0.0f ? (value < max ? value : max) : 0.0f; /* NaN gives 0 */
}

static void add_field(float *x, float *y, const float *field, size_t at, size_t n_pixels,
                      uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        x[i] += field[at + i];
        y[i] += field[n_pixels + at + i];
    }
}

static void locate(corners *c, float *x, float *y, uint32_t n, int32_t height, int32_t width)
{
    const float max_x = (float)(width - 1), max_y = (float)(height - 1);
    for (uint32_t i = 0; i < n; i++) {
        const float cx = clamp(x[i], max_x), cy = clamp(y[i], max_y);
        const int32_t col = (int32_t)cx, row = (int32_t)cy;
        c->at[i] = row * width + col;
        c->right[i] = col < width - 1 ? 1 : 0;
        c->below[i] = row < height - 1 ? width : 0;
        c->to_right[i] = cx - (float)col;
        c->to_below[i] = cy - (float)row;
    }
}

static void sample(float *out, const float *plane, const corners *c, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const float *p = plane + c->at[i], *q = p + c->below[i];
        const float upper = p[0] + c->to_right[i] * (p[c->right[i]] - p[0]);
        const float lower = q[0] + c->to_right[i] * (q[c->right[i]] - q[0]);
        out[i] = upper + c->to_below[i] * (lower - upper);
    }
}

void data_warp_run(float *out, const float *in, const dc_shape *shape, const data_warp *warp)
{
    const uint32_t n_channels = shape->dims[0], height = shape->dims[1], width = shape->dims[2];
    const size_t n_pixels = (size_t)height * width;
    const float centre_x = 0.5f * (float)(width - 1), centre_y = 0.5f * (float)(height - 1);
    const float *m = warp->matrix;
    float x[BLOCK], y[BLOCK];
    corners c;
    for (uint32_t row = 0; row < height; row++)
        for (uint32_t first = 0; first < width; first += BLOCK) {
            const uint32_t n = DC_MIN(BLOCK, width - first);
            const size_t at = (size_t)row * width + first;
            const float dy = (float)row - centre_y, dx = (float)first - centre_x;
            for (uint32_t i = 0; i < n; i++) {
                x[i] = m[0] * (dx + (float)i) + m[1] * dy + (centre_x + warp->shift[0]);
                y[i] = m[2] * (dx + (float)i) + m[3] * dy + (centre_y + warp->shift[1]);
            }
            if (warp->field != NULL)
                add_field(x, y, warp->field, at, n_pixels, n);
            locate(&c, x, y, n, (int32_t)height, (int32_t)width);
            for (uint32_t channel = 0; channel < n_channels; channel++)
                sample(out + channel * n_pixels + at, in + channel * n_pixels, &c, n);
        }
}
