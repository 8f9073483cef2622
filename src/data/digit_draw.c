/* SPDX-License-Identifier: MIT
 *
 * A digit as a hand would write it: choose one of its shapes, move each of its points a little,
 * bend the whole by a random quadratic map, lean and turn it, run a smooth curve (Catmull-Rom)
 * through the points, fit it to a box of about 20 pixels with its centre of mass in the middle (as
 * MNIST's makers did), and draw it with a round pen whose width changes along the way and whose
 * edge is soft.
 *
 * Pictures are the same on every machine: nothing but + - * / and sqrt on doubles, never fused,
 * and bytes at the end. So normal numbers are sums of uniform ones and angles are given by their
 * tangents.
 */
#include "digit_draw.h"

#include "digit_shapes.h"

#include <math.h>
#include <string.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#define STEPS 6u /* line segments a span between two points */
#define ROUND 0.35 /* a stroke whose ends are so close is closed; the height is 2 */
#define MAX_PATH (DIGIT_MAX_POINTS * STEPS)

/* How much hands differ (standard deviations unless said otherwise). */
#define POINT_JITTER 3.0   /* of 100                                  */
#define BEND 0.20          /* of the quadratic map                    */
#define ASPECT 0.18        /* of the width over the height            */
#define ASPECT_MEAN 1.12
#define SLANT 0.22         /* tangent; people lean to the right       */
#define SLANT_MEAN 0.12
#define TURN 0.12          /* tangent                                 */
#define BOX 20.0           /* pixels                                  */
#define BOX_JITTER 0.05
#define RADIUS_MIN 0.65    /* of the pen [pixels], uniform            */
#define RADIUS_MAX 1.70
#define PRESSURE 0.20      /* change of the radius along the digit    */
#define SOFT_MIN 0.9       /* width of the pen's edge [pixels]        */
#define SOFT_MAX 1.7
#define GAIN 1.3           /* so that thin strokes are not faint      */
#define OFF_CENTRE 0.5     /* pixels                                  */
#define GRAIN 0.12         /* share of ink missing, at most           */

typedef struct dot {
    double x, y;
} dot;

/* Points of the curve; is_start[i]: the pen comes down at i. */
typedef struct path {
    uint32_t n;
    dot at[MAX_PATH];
    bool is_start[MAX_PATH];
} path;

/* ---- chance ---- */

static double uniform(dc_rng *rng, double low, double high)
{
    return low + (high - low) * dc_rng_unit(rng);
}

/* Nearly normal, within 3.5 deviations: the sum of four uniform numbers. */
static double normal(dc_rng *rng, double deviation)
{
    double sum = -2.0;
    for (int i = 0; i < 4; i++)
        sum += dc_rng_unit(rng);
    return sum * 1.7320508075688772 * deviation;
}

static const digit_shape *choose_shape(uint32_t digit, dc_rng *rng)
{
    uint32_t n_weights = 0;
    const digit_shape *chosen = NULL;
    for (uint32_t i = 0; i < digit_n_shapes; i++)
        n_weights += digit_shapes[i].digit == digit ? digit_shapes[i].weight : 0;
    uint32_t ticket = (uint32_t)dc_rng_below(rng, n_weights);
    for (uint32_t i = 0; i < digit_n_shapes && chosen == NULL; i++) {
        if (digit_shapes[i].digit != digit)
            continue;
        if (ticket < digit_shapes[i].weight)
            chosen = &digit_shapes[i];
        else
            ticket -= digit_shapes[i].weight;
    }
    return chosen;
}

/* ---- the hand ---- */

static bool is_pen_up(const digit_shape *s, uint32_t i)
{
    return s->points[i][0] == DIGIT_PEN_UP;
}

/* Shape to points in -1..1 (height), jittered; the two of a corner move together. */
static void jitter(dot *out, const digit_shape *s, dc_rng *rng)
{
    for (uint32_t i = 0; i < s->n_points; i++) {
        const bool is_corner = i > 0 && memcmp(s->points[i], s->points[i - 1], 2) == 0;
        const double x = s->points[i][0] + normal(rng, POINT_JITTER);
        const double y = s->points[i][1] + normal(rng, POINT_JITTER);
        out[i] = is_corner ? out[i - 1] : (dot){ (x - 30.0) / 50.0, (y - 50.0) / 50.0 };
    }
}

/* Bends, leans and turns all points alike. */
static void deform(dot *points, uint32_t n, dc_rng *rng)
{
    double bend[6];
    for (int i = 0; i < 6; i++)
        bend[i] = normal(rng, BEND);
    const double aspect = ASPECT_MEAN + normal(rng, ASPECT);
    const double slant = normal(rng, SLANT) + SLANT_MEAN;
    const double turn = normal(rng, TURN);
    const double c = 1.0 / sqrt(1.0 + turn * turn), s = turn * c;
    for (uint32_t i = 0; i < n; i++) {
        const double x = points[i].x, y = points[i].y;
        const double xx = x * x, xy = x * y, yy = y * y;
        const double u = (x + bend[0] * xx + bend[1] * xy + bend[2] * yy) * aspect - slant * y;
        const double v = y + bend[3] * xx + bend[4] * xy + bend[5] * yy;
        points[i].x = c * u - s * v;
        points[i].y = s * u + c * v;
    }
}

static double spline(double a, double b, double c, double d, double t)
{
    return 0.5 * (2.0 * b + t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d +
                                              t * (3.0 * b - a - 3.0 * c + d))));
}

static double length(dot a, dot b)
{
    return sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
}

/* A stroke that ends where it began goes smoothly through that point too. */
static void run_through(path *p, const dot *points, uint32_t n)
{
    const bool is_round = length(points[0], points[n - 1]) < ROUND;
    const dot before = points[is_round ? n - 2 : 0], after = points[is_round ? 1 : n - 1];
    for (uint32_t i = 0; i + 1 < n; i++) {
        const dot a = i > 0 ? points[i - 1] : before, b = points[i], c = points[i + 1];
        const dot d = i + 2 < n ? points[i + 2] : after;
        const uint32_t first = i == 0 ? 0 : 1;
        for (uint32_t step = first; step <= STEPS && p->n < MAX_PATH; step++, p->n++) {
            const double t = (double)step / STEPS;
            p->at[p->n] = (dot){ spline(a.x, b.x, c.x, d.x, t), spline(a.y, b.y, c.y, d.y, t) };
            p->is_start[p->n] = i == 0 && step == 0;
        }
    }
}

static void make_path(path *p, const digit_shape *s, dc_rng *rng)
{
    dot points[DIGIT_MAX_POINTS];
    p->n = 0;
    jitter(points, s, rng);
    deform(points, s->n_points, rng);
    for (uint32_t first = 0, i = 0; i <= s->n_points; i++)
        if (i == s->n_points || is_pen_up(s, i)) {
            run_through(p, points + first, i - first);
            first = i + 1;
        }
}

/* ---- the paper ---- */

/* Scales the larger side to the box and moves the ink's centre of mass to the middle. */
static void fit(path *p, double radius, dc_rng *rng)
{
    dot low = p->at[0], high = p->at[0], mass = { 0, 0 };
    double n_ink = 1e-9;
    for (uint32_t i = 0; i < p->n; i++) {
        low = (dot){ DC_MIN(low.x, p->at[i].x), DC_MIN(low.y, p->at[i].y) };
        high = (dot){ DC_MAX(high.x, p->at[i].x), DC_MAX(high.y, p->at[i].y) };
        if (p->is_start[i])
            continue;
        const double ink = length(p->at[i - 1], p->at[i]);
        mass.x += 0.5 * ink * (p->at[i - 1].x + p->at[i].x);
        mass.y += 0.5 * ink * (p->at[i - 1].y + p->at[i].y);
        n_ink += ink;
    }
    const double side = DC_MAX(DC_MAX(high.x - low.x, high.y - low.y), 0.5);
    const double scale = (BOX - 2.0 * radius) * (1.0 + normal(rng, BOX_JITTER)) / side;
    const double middle = 0.5 * (DIGIT_SIDE - 1);
    const dot to = { middle + normal(rng, OFF_CENTRE), middle + normal(rng, OFF_CENTRE) };
    for (uint32_t i = 0; i < p->n; i++) {
        p->at[i].x = (p->at[i].x - mass.x / n_ink) * scale + to.x;
        p->at[i].y = (p->at[i].y - mass.y / n_ink) * scale + to.y;
    }
}

static uint32_t clamp_pixel(double value)
{
    return value < 0.0 ? 0 : value > DIGIT_SIDE - 1 ? DIGIT_SIDE - 1 : (uint32_t)value;
}

/* ink[pixel] = the most that any segment leaves there: 1 within the radius, falling to 0 over
 * `soft` pixels. */
static void draw_segment(double *ink, dot a, dot b, double radius, double soft)
{
    const double reach = radius + 0.5 * soft, dx = b.x - a.x, dy = b.y - a.y;
    const double n_squares = dx * dx + dy * dy;
    const uint32_t first_x = clamp_pixel(DC_MIN(a.x, b.x) - reach);
    const uint32_t last_x = clamp_pixel(DC_MAX(a.x, b.x) + reach + 1.0);
    const uint32_t first_y = clamp_pixel(DC_MIN(a.y, b.y) - reach);
    const uint32_t last_y = clamp_pixel(DC_MAX(a.y, b.y) + reach + 1.0);
    for (uint32_t y = first_y; y <= last_y; y++)
        for (uint32_t x = first_x; x <= last_x; x++) {
            const double along = (x - a.x) * dx + (y - a.y) * dy;
            const double t = along <= 0.0 || n_squares <= 0.0 ? 0.0
                             : along >= n_squares             ? 1.0
                                                              : along / n_squares;
            const dot nearest = { a.x + t * dx, a.y + t * dy };
            const double left = (reach - length(nearest, (dot){ x, y })) / soft;
            double *const at = ink + y * DIGIT_SIDE + x;
            *at = DC_MAX(*at, DC_MIN(left * GAIN, 1.0));
        }
}

static void draw_path(double *ink, const path *p, double radius, dc_rng *rng)
{
    const double soft = uniform(rng, SOFT_MIN, SOFT_MAX);
    const double pressure = normal(rng, PRESSURE);
    for (uint32_t i = 0; i < p->n; i++) {
        const double share = (double)i / p->n - 0.5;
        if (!p->is_start[i])
            draw_segment(ink, p->at[i - 1], p->at[i], radius * (1.0 + pressure * share), soft);
    }
}

void digit_draw(uint8_t *pixels, uint32_t digit, dc_rng *rng)
{
    path p;
    double ink[DIGIT_PIXELS] = { 0 };
    const double radius = uniform(rng, RADIUS_MIN, RADIUS_MAX);
    make_path(&p, choose_shape(digit, rng), rng);
    fit(&p, radius, rng);
    draw_path(ink, &p, radius, rng);
    for (uint32_t i = 0; i < DIGIT_PIXELS; i++)
        if (ink[i] > 0.0)
            ink[i] *= 255.0 * (1.0 - uniform(rng, 0.0, GRAIN));
    for (uint32_t i = 0; i < DIGIT_PIXELS; i++)
        pixels[i] = (uint8_t)(ink[i] + 0.5);
}
