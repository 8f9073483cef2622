/* SPDX-License-Identifier: MIT
 *
 * canvas: an RGB picture with anti-aliased shapes and text; private to report.
 *
 * Shapes are collected in a mask that keeps the greatest coverage of each pixel, and dc_canvas_ink
 * blends them in at once: the joints of a line or the strokes of a letter never darken each other.
 * Pixel (x, y) covers [x, x+1) x [y, y+1); y grows downwards. Non-finite shapes are left out.
 */
#ifndef DCOMP_REPORT_CANVAS_H
#define DCOMP_REPORT_CANVAS_H

#include "dcomp/base.h"

typedef struct dc_colour {
    uint8_t r, g, b;
} dc_colour;

/* A rectangle of whole pixels: x0 <= x < x1. */
typedef struct dc_pixel_box {
    int x0, y0, x1, y1;
} dc_pixel_box;

typedef struct dc_canvas {
    uint32_t width, height;
    uint8_t *pixels; /* (height, width, 3)           */
    uint8_t *mask;   /* (height, width): coverage    */
    dc_pixel_box clip;
    dc_pixel_box dirty; /* where the mask may be set */
} dc_canvas;

#define DC_PAPER ((dc_colour){ 255, 255, 255 })
#define DC_INK ((dc_colour){ 34, 34, 34 })
#define DC_INK_SOFT ((dc_colour){ 90, 90, 90 })
#define DC_INK_GRID ((dc_colour){ 228, 228, 228 })
#define DC_INK_AXIS ((dc_colour){ 130, 130, 130 })

/* Colour `i` of the Okabe-Ito set, which colour-blind readers can tell apart; wraps around. */
dc_colour dc_palette(uint32_t i);
/* `share` of `b` over `a`. */
dc_colour dc_colour_mix(dc_colour a, dc_colour b, double share);

/* White paper. At most DC_IMAGE_MAX_SIDE a side, else DC_ELIMIT. */
DC_MUST_USE dc_status dc_canvas_init(dc_canvas *c, uint32_t width, uint32_t height,
                                     dc_arena *arena);
void dc_canvas_clip(dc_canvas *c, double x0, double y0, double x1, double y1);
void dc_canvas_clip_none(dc_canvas *c);

/* These add to the mask. */
void dc_canvas_segment(dc_canvas *c, double x0, double y0, double x1, double y1, double width);
void dc_canvas_disc(dc_canvas *c, double x, double y, double radius);
void dc_canvas_rect(dc_canvas *c, double x0, double y0, double x1, double y1);
/* Corners (n, 2) of a convex shape, in either direction. */
void dc_canvas_polygon(dc_canvas *c, const double *corners, unsigned n);
/* Blends the mask in and empties it. */
void dc_canvas_ink(dc_canvas *c, dc_colour colour, double opacity);

/* At once, without the mask. */
void dc_canvas_pixel(dc_canvas *c, int x, int y, dc_colour colour);
void dc_canvas_fill(dc_canvas *c, double x0, double y0, double x1, double y1, dc_colour colour);

/* ---- text in our own stroke font ---- */

typedef enum dc_align { DC_ALIGN_START, DC_ALIGN_MIDDLE, DC_ALIGN_END } dc_align;

typedef struct dc_lettering {
    double size; /* em height in pixels, 11..24 is what the font is drawn for */
    dc_colour colour;
    dc_align align;
    bool is_bold;
    bool is_upward; /* turned left by a quarter */
} dc_lettering;

/* Raises and shrinks what follows: "10" DC_SUPERSCRIPT "5". */
#define DC_SUPERSCRIPT "\x01"

/* UTF-8; what is not printable ASCII shows as a box. */
double dc_lettering_width(const char *text, double size);
/* `y` is the baseline (`x` for text that is turned). */
void dc_lettering_draw(dc_canvas *c, const char *text, double x, double y,
                       const dc_lettering *style);
/* `text`, or what fits into `width` pixels with "..." at its end or, for names, in its middle. */
const char *dc_lettering_fit(const char *text, double size, double width, bool is_name,
                             dc_arena *arena);

#endif
