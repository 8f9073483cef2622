/* SPDX-License-Identifier: MIT
 *
 * Histograms laid over each other: each is a translucent area under a solid outline, so that both
 * the before and the after stay readable. Edges of bins fall on whole pixels, where neighbours meet
 * without a seam. Markers (centroids) hang as pins from the top, each with a faint line down.
 *
 * A log count axis starts below one count, so that a bin of one is still seen. Counts that are
 * negative or not finite are taken as 0.
 */
#include "axes.h"

#include <math.h>

#define WIDTH 960
#define HEIGHT 600

/* Whether there is anything to draw. */
static bool set_scales(dc_plot *p, const dc_chart *chart)
{
    const dc_axis bins = { .min = chart->x.min, .max = chart->x.max }, *y = &chart->y;
    dc_range range_x = dc_range_empty(), range_y = dc_range_empty();
    for (uint32_t i = 0; i < chart->n_series; i++)
        for (uint32_t k = 0; k < chart->series[i].n_points; k++)
            dc_range_add(&range_y, chart->series[i].y[k]);
    p->x = dc_range_scale(&range_x, &bins);
    p->y = dc_range_scale(&range_y, y);
    if (y->min == 0 && y->max == 0 && y->is_log) {
        p->y.min *= 0.6;
        p->y.max *= 2;
    } else if (y->min == 0 && y->max == 0) {
        p->y.min = 0;
        p->y.max = range_y.max > 0 ? range_y.max * 1.06 : 1;
        dc_scale_round(&p->y, 8);
    }
    return range_y.max > 0;
}

static double bin_edge(const dc_plot *p, const dc_series *s, uint32_t i)
{
    const double value = p->x.min + (p->x.max - p->x.min) * i / s->n_points;
    return round(dc_scale_at(&p->x, value));
}

static double bin_top(const dc_plot *p, const dc_series *s, uint32_t i)
{
    const double y = s->y[i] > 0 ? dc_scale_at(&p->y, s->y[i]) : p->bottom;
    return y < p->bottom ? y : p->bottom; /* NaN lies at the bottom too */
}

static void draw_area(dc_plot *p, const dc_series *s, uint32_t index, double opacity)
{
    for (uint32_t i = 0; i < s->n_points; i++) {
        const double x0 = bin_edge(p, s, i), x1 = DC_MAX(bin_edge(p, s, i + 1), x0 + 1);
        dc_canvas_rect(&p->canvas, x0, bin_top(p, s, i), x1, p->bottom);
    }
    dc_canvas_ink(&p->canvas, dc_palette(index), opacity);
}

static void draw_outline(dc_plot *p, const dc_series *s, uint32_t index)
{
    double last_y = p->bottom;
    for (uint32_t i = 0; i <= s->n_points; i++) {
        const double x = bin_edge(p, s, i), y = i < s->n_points ? bin_top(p, s, i) : p->bottom;
        if (last_y != y)
            dc_canvas_segment(&p->canvas, x, last_y, x, y, 1.5);
        if (i < s->n_points && y < p->bottom)
            dc_canvas_segment(&p->canvas, x, y, bin_edge(p, s, i + 1), y, 1.5);
        last_y = y;
    }
    dc_canvas_ink(&p->canvas, dc_palette(index), 1);
}

static void draw_markers(dc_plot *p, const dc_series *markers)
{
    for (int is_pin = 0; is_pin < 2; is_pin++) {
        for (uint32_t i = 0; i < markers->n_points; i++) {
            const double x = dc_scale_at(&p->x, markers->x[i]);
            if (!(x >= p->left && x <= p->right))
                continue;
            if (is_pin)
                dc_plot_pin(p, x, p->top);
            else
                dc_canvas_rect(&p->canvas, x - 0.5, p->top, x + 0.5, p->bottom);
        }
        dc_canvas_ink(&p->canvas, DC_INK_SOFT, is_pin ? 1 : 0.3);
    }
}

dc_status dc_draw_histogram(dc_plot *p, const dc_chart *chart)
{
    DC_TRY(dc_plot_open(p, WIDTH, HEIGHT));
    dc_plot_head(p, chart, DC_MARK_BOX);
    const bool has_data = set_scales(p, chart);
    dc_plot_axes(p, chart->x.label, chart->y.label);
    dc_canvas_clip(&p->canvas, p->left, p->top, p->right, p->bottom);
    for (uint32_t i = 0; i < chart->n_series; i++) {
        draw_area(p, &chart->series[i], i, chart->n_series > 1 ? 0.35 : 0.5);
        draw_outline(p, &chart->series[i], i);
    }
    dc_canvas_clip_none(&p->canvas);
    draw_markers(p, &chart->markers);
    if (!has_data)
        dc_plot_say(p, "no data");
    return DC_OK;
}
