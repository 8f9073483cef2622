/* SPDX-License-Identifier: MIT
 *
 * Lines over a shared x axis. Ranges come from the data unless the axes set them: y goes to round
 * values, x keeps a little air at both ends. A point that cannot be drawn (NaN, infinite, not
 * positive on a log axis) interrupts its line.
 */
#include "axes.h"

#include <math.h>

#define WIDTH 960
#define HEIGHT 600
#define AIR 0.025

static bool has_own_range(const dc_axis *axis)
{
    return axis->min != 0 || axis->max != 0;
}

static void add_air(dc_scale *s, double share)
{
    if (s->is_log) {
        const double factor = pow(s->max / s->min, share);
        s->min /= factor, s->max *= factor;
    } else {
        const double air = (s->max - s->min) * share;
        s->min -= air, s->max += air;
    }
}

/* Whether there is anything to draw. */
static bool set_scales(dc_plot *p, const dc_chart *chart)
{
    dc_range range_x = dc_range_empty(), range_y = dc_range_empty();
    for (uint32_t i = 0; i < chart->n_series; i++) {
        const dc_series *s = &chart->series[i];
        for (uint32_t k = 0; k < s->n_points; k++) {
            dc_range_add(&range_x, s->x[k]);
            dc_range_add(&range_y, s->y[k]);
        }
    }
    p->x = dc_range_scale(&range_x, &chart->x);
    p->y = dc_range_scale(&range_y, &chart->y);
    if (!has_own_range(&chart->x))
        add_air(&p->x, AIR);
    if (!has_own_range(&chart->y) && chart->y.is_log)
        add_air(&p->y, AIR);
    if (!has_own_range(&chart->y))
        dc_scale_round(&p->y, 8);
    return range_x.min <= range_x.max && range_y.min <= range_y.max;
}

static void draw_line(dc_plot *p, const dc_series *s, uint32_t index)
{
    double last_x = NAN, last_y = NAN;
    dc_canvas_clip(&p->canvas, p->left, p->top - 1, p->right, p->bottom + 1);
    for (uint32_t i = 0; i < s->n_points; i++) {
        const double x = dc_scale_at(&p->x, s->x[i]), y = dc_scale_at(&p->y, s->y[i]);
        dc_canvas_segment(&p->canvas, last_x, last_y, x, y, 2.2);
        last_x = x, last_y = y;
    }
    dc_canvas_ink(&p->canvas, dc_palette(index), 1);
    dc_canvas_clip_none(&p->canvas);
}

/* Also a point that stands alone, which no line shows. */
static void draw_dots(dc_plot *p, const dc_series *s, uint32_t index)
{
    for (uint32_t i = 0; i < s->n_points; i++) {
        const double x = dc_scale_at(&p->x, s->x[i]), y = dc_scale_at(&p->y, s->y[i]);
        const bool is_inside = x >= p->left && x <= p->right && y >= p->top && y <= p->bottom;
        if (is_inside && (s->is_marked || s->n_points == 1))
            dc_plot_dot(p, x, y, index);
    }
}

dc_status dc_draw_lines(dc_plot *p, const dc_chart *chart)
{
    DC_TRY(dc_plot_open(p, WIDTH, HEIGHT));
    dc_plot_head(p, chart, DC_MARK_LINE);
    const bool has_data = set_scales(p, chart);
    dc_plot_axes(p, chart->x.label, chart->y.label);
    if (!has_data)
        dc_plot_say(p, "no data");
    for (uint32_t i = 0; i < chart->n_series; i++)
        draw_line(p, &chart->series[i], i);
    for (uint32_t i = 0; i < chart->n_series; i++)
        draw_dots(p, &chart->series[i], i);
    return DC_OK;
}
