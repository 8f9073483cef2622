/* SPDX-License-Identifier: MIT
 *
 * Shapes become coverage by their distance from the centre of each pixel: a pixel is covered by
 * 0.5 - distance to the edge, held to 0..1. That is exact for straight edges along the grid, and
 * within a few per cent elsewhere, which the eye cannot tell from an exact area. Only the rows and
 * columns that a shape can touch are visited.
 *
 * The colours are the set of Okabe and Ito without its yellow, which is lost on white paper.
 */
#include "canvas.h"

#include <math.h>
#include <string.h>

dc_colour dc_palette(uint32_t i)
{
    static const dc_colour set[] = { { 0, 114, 178 },  { 213, 94, 0 },   { 0, 158, 115 },
                                     { 204, 121, 167 }, { 230, 159, 0 }, { 86, 180, 233 },
                                     { 110, 110, 110 }, { 0, 0, 0 },
                                     { 140, 86, 40 } };
    return set[i % DC_COUNT_OF(set)];
}

static uint8_t mix_byte(uint8_t a, uint8_t b, double share)
{
    return (uint8_t)lround(a + (b - a) * share);
}

dc_colour dc_colour_mix(dc_colour a, dc_colour b, double share)
{
    const double s = share > 0 ? DC_MIN(share, 1.0) : 0; /* NaN is 0 */
    return (dc_colour){ mix_byte(a.r, b.r, s), mix_byte(a.g, b.g, s), mix_byte(a.b, b.b, s) };
}

dc_status dc_canvas_init(dc_canvas *c, uint32_t width, uint32_t height, dc_arena *arena)
{
    if (width == 0 || height == 0 || width > DC_IMAGE_MAX_SIDE || height > DC_IMAGE_MAX_SIDE)
        return dc_fail(DC_ELIMIT, "a picture of %u x %u pixels", (unsigned)width,
                       (unsigned)height);
    const uint64_t n_pixels = (uint64_t)width * height;
    *c = (dc_canvas){ .width = width, .height = height };
    c->pixels = dc_arena_take(arena, n_pixels, 3);
    c->mask = dc_arena_take(arena, n_pixels, 1);
    DC_TRY(arena->status);
    memset(c->pixels, 255, (size_t)n_pixels * 3);
    c->dirty = (dc_pixel_box){ (int)width, (int)height, 0, 0 };
    dc_canvas_clip_none(c);
    return DC_OK;
}

static int whole(double v, int low, int high)
{
    return v <= low ? low : v >= high ? high : (int)v;
}

void dc_canvas_clip(dc_canvas *c, double x0, double y0, double x1, double y1)
{
    const int width = (int)c->width, height = (int)c->height;
    c->clip = (dc_pixel_box){ whole(floor(x0), 0, width), whole(floor(y0), 0, height),
                              whole(ceil(x1), 0, width), whole(ceil(y1), 0, height) };
}

void dc_canvas_clip_none(dc_canvas *c)
{
    c->clip = (dc_pixel_box){ 0, 0, (int)c->width, (int)c->height };
}

/* The pixels that a shape within these bounds may touch; they are dirty from now on. */
static dc_pixel_box touch(dc_canvas *c, double x0, double y0, double x1, double y1)
{
    const dc_pixel_box k = c->clip;
    if (!isfinite(x0) || !isfinite(y0) || !isfinite(x1) || !isfinite(y1))
        return (dc_pixel_box){ 0, 0, 0, 0 };
    const dc_pixel_box b = { whole(floor(x0), k.x0, k.x1), whole(floor(y0), k.y0, k.y1),
                             whole(ceil(x1), k.x0, k.x1), whole(ceil(y1), k.y0, k.y1) };
    if (b.x0 < b.x1 && b.y0 < b.y1) {
        c->dirty.x0 = DC_MIN(c->dirty.x0, b.x0);
        c->dirty.y0 = DC_MIN(c->dirty.y0, b.y0);
        c->dirty.x1 = DC_MAX(c->dirty.x1, b.x1);
        c->dirty.y1 = DC_MAX(c->dirty.y1, b.y1);
    }
    return b;
}

static void cover(dc_canvas *c, int x, int y, double coverage)
{
    if (coverage <= 0)
        return;
    uint8_t *m = &c->mask[(size_t)y * c->width + (size_t)x];
    const uint8_t level = (uint8_t)(DC_MIN(coverage, 1.0) * 255 + 0.5);
    *m = DC_MAX(*m, level);
}

/* One row of a thick line: only where the line comes within `reach` of it. */
static void segment_row(dc_canvas *c, dc_pixel_box b, int y, const double p[4], double radius)
{
    const double dx = p[2] - p[0], dy = p[3] - p[1], reach = radius + 1;
    const double cy = y + 0.5, length2 = dx * dx + dy * dy;
    double t0 = 0, t1 = 1;
    if (dy != 0) {
        const double ta = (cy - reach - p[1]) / dy, tb = (cy + reach - p[1]) / dy;
        t0 = DC_MAX(t0, DC_MIN(ta, tb));
        t1 = DC_MIN(t1, DC_MAX(ta, tb));
        if (t0 > t1)
            return;
    }
    const double xa = p[0] + t0 * dx, xb = p[0] + t1 * dx;
    const int first = whole(floor(DC_MIN(xa, xb) - reach), b.x0, b.x1);
    const int last = whole(ceil(DC_MAX(xa, xb) + reach), b.x0, b.x1);
    for (int x = first; x < last; x++) {
        const double qx = x + 0.5 - p[0], qy = cy - p[1];
        double t = length2 > 0 ? (qx * dx + qy * dy) / length2 : 0;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        const double ex = qx - t * dx, ey = qy - t * dy;
        cover(c, x, y, radius + 0.5 - sqrt(ex * ex + ey * ey));
    }
}

void dc_canvas_segment(dc_canvas *c, double x0, double y0, double x1, double y1, double width)
{
    const double radius = width / 2, p[4] = { x0, y0, x1, y1 };
    const dc_pixel_box b = touch(c, DC_MIN(x0, x1) - radius - 1, DC_MIN(y0, y1) - radius - 1,
                                 DC_MAX(x0, x1) + radius + 1, DC_MAX(y0, y1) + radius + 1);
    for (int y = b.y0; y < b.y1; y++)
        segment_row(c, b, y, p, radius);
}

void dc_canvas_disc(dc_canvas *c, double x, double y, double radius)
{
    dc_canvas_segment(c, x, y, x, y, 2 * radius);
}

void dc_canvas_rect(dc_canvas *c, double x0, double y0, double x1, double y1)
{
    const dc_pixel_box b = touch(c, x0, y0, x1, y1);
    for (int y = b.y0; y < b.y1; y++) {
        const double high = DC_MIN(y1, y + 1.0) - DC_MAX(y0, (double)y);
        for (int x = b.x0; x < b.x1; x++)
            cover(c, x, y, high * (DC_MIN(x1, x + 1.0) - DC_MAX(x0, (double)x)));
    }
}

/* How far (x, y) lies outside of the convex shape; negative inside. */
static double outside(const double *p, unsigned n, double sense, double x, double y)
{
    double far = -1e9;
    for (unsigned i = 0; i < n; i++) {
        const double *a = &p[2 * i], *b = &p[2 * ((i + 1) % n)];
        const double ex = b[0] - a[0], ey = b[1] - a[1], length = sqrt(ex * ex + ey * ey);
        if (length > 0)
            far = DC_MAX(far, sense * (ey * (x - a[0]) - ex * (y - a[1])) / length);
    }
    return far;
}

void dc_canvas_polygon(dc_canvas *c, const double *corners, unsigned n)
{
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY, area = 0;
    for (unsigned i = 0; i < n; i++) {
        const double *a = &corners[2 * i], *b = &corners[2 * ((i + 1) % n)];
        x0 = DC_MIN(x0, a[0]), x1 = DC_MAX(x1, a[0]);
        y0 = DC_MIN(y0, a[1]), y1 = DC_MAX(y1, a[1]);
        area += a[0] * b[1] - b[0] * a[1];
    }
    const double sense = area >= 0 ? 1 : -1;
    const dc_pixel_box b = touch(c, x0 - 1, y0 - 1, x1 + 1, y1 + 1);
    for (int y = b.y0; y < b.y1; y++)
        for (int x = b.x0; x < b.x1; x++)
            cover(c, x, y, 0.5 - outside(corners, n, sense, x + 0.5, y + 0.5));
}

void dc_canvas_pixel(dc_canvas *c, int x, int y, dc_colour colour)
{
    if (x < c->clip.x0 || x >= c->clip.x1 || y < c->clip.y0 || y >= c->clip.y1)
        return;
    uint8_t *p = &c->pixels[3 * ((size_t)y * c->width + (size_t)x)];
    p[0] = colour.r, p[1] = colour.g, p[2] = colour.b;
}

void dc_canvas_ink(dc_canvas *c, dc_colour colour, double opacity)
{
    const dc_pixel_box d = c->dirty;
    for (int y = d.y0; y < d.y1; y++) {
        for (int x = d.x0; x < d.x1; x++) {
            const size_t at = (size_t)y * c->width + (size_t)x;
            if (c->mask[at] == 0)
                continue;
            uint8_t *p = &c->pixels[3 * at];
            const dc_colour under = { p[0], p[1], p[2] };
            const dc_colour mixed = dc_colour_mix(under, colour, opacity * c->mask[at] / 255);
            p[0] = mixed.r, p[1] = mixed.g, p[2] = mixed.b;
            c->mask[at] = 0;
        }
    }
    c->dirty = (dc_pixel_box){ (int)c->width, (int)c->height, 0, 0 };
}

void dc_canvas_fill(dc_canvas *c, double x0, double y0, double x1, double y1, dc_colour colour)
{
    dc_canvas_rect(c, x0, y0, x1, y1);
    dc_canvas_ink(c, colour, 1);
}
