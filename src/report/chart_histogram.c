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

typedef struct histogram {
    dc_plot plot;
    double min, max; /* of the bins */
    bool has_data;
} histogram;

static void set_scales(histogram *h, const dc_axis *x, const dc_axis *y, const dc_bins *bins,
                       uint32_t n_series)
{
    dc_plot *p = &h->plot;
    const dc_axis linear_x = { .min = x->min, .max = x->max };
    dc_range range_x = dc_range_empty(), range_y = dc_range_empty();
    dc_range_add(&range_x, h->min);
    dc_range_add(&range_x, h->max);
    for (uint32_t i = 0; i < n_series; i++)
        for (uint32_t k = 0; k < bins[i].n_bins; k++)
            dc_range_add(&range_y, bins[i].counts[k]);
    h->has_data = range_y.max > 0;
    p->x = dc_range_scale(&range_x, &linear_x);
    p->y = dc_range_scale(&range_y, y);
    if (!(h->max - h->min > 0 && isfinite(h->max - h->min)))
        h->min = p->x.min, h->max = p->x.max;
    if (y->min != 0 || y->max != 0)
        return;
    if (y->is_log) {
        p->y.min *= 0.6;
        p->y.max *= 2;
    } else {
        p->y.min = 0;
        p->y.max = range_y.max > 0 ? range_y.max * 1.06 : 1;
        dc_scale_round(&p->y, 8);
    }
}

static double bin_edge(const histogram *h, const dc_bins *b, uint32_t i)
{
    const double value = h->min + (h->max - h->min) * i / b->n_bins;
    return round(dc_scale_at(&h->plot.x, value));
}

static double bin_top(const histogram *h, const dc_bins *b, uint32_t i)
{
    const dc_plot *p = &h->plot;
    const double y = b->counts[i] > 0 ? dc_scale_at(&p->y, b->counts[i]) : p->bottom;
    return y < p->bottom ? y : p->bottom; /* NaN lies at the bottom too */
}

static void draw_area(histogram *h, const dc_bins *b, uint32_t index, double opacity)
{
    dc_plot *p = &h->plot;
    for (uint32_t i = 0; i < b->n_bins; i++) {
        const double x0 = bin_edge(h, b, i), x1 = DC_MAX(bin_edge(h, b, i + 1), x0 + 1);
        dc_canvas_rect(&p->canvas, x0, bin_top(h, b, i), x1, p->bottom);
    }
    dc_canvas_ink(&p->canvas, dc_palette(index), opacity);
}

static void draw_outline(histogram *h, const dc_bins *b, uint32_t index)
{
    dc_plot *p = &h->plot;
    double last_y = p->bottom;
    for (uint32_t i = 0; i <= b->n_bins; i++) {
        const double x = bin_edge(h, b, i), y = i < b->n_bins ? bin_top(h, b, i) : p->bottom;
        if (last_y != y)
            dc_canvas_segment(&p->canvas, x, last_y, x, y, 1.5);
        if (i < b->n_bins && y < p->bottom)
            dc_canvas_segment(&p->canvas, x, y, bin_edge(h, b, i + 1), y, 1.5);
        last_y = y;
    }
    dc_canvas_ink(&p->canvas, dc_palette(index), 1);
}

static void draw_markers(dc_plot *p, const double *markers, uint32_t n_markers)
{
    for (uint32_t i = 0; i < n_markers; i++) {
        const double x = dc_scale_at(&p->x, markers[i]);
        if (x >= p->left && x <= p->right)
            dc_canvas_rect(&p->canvas, x - 0.5, p->top, x + 0.5, p->bottom);
    }
    dc_canvas_ink(&p->canvas, DC_INK_SOFT, 0.3);
    for (uint32_t i = 0; i < n_markers; i++) {
        const double x = dc_scale_at(&p->x, markers[i]);
        if (x >= p->left && x <= p->right)
            dc_plot_pin(p, x, p->top);
    }
    dc_canvas_ink(&p->canvas, DC_INK_SOFT, 1);
}

static void draw_head(dc_plot *p, const char *title, const dc_bins *bins, uint32_t n_series,
                      const char *marker_label)
{
    dc_key *keys = dc_arena_take(&p->arena, (uint64_t)n_series + 1, sizeof *keys);
    for (uint32_t i = 0; keys != NULL && i < n_series; i++)
        keys[i] = (dc_key){ .label = bins[i].label, .mark = DC_MARK_BOX, .series = i };
    if (keys != NULL)
        keys[n_series] = (dc_key){ .label = marker_label, .mark = DC_MARK_PIN };
    dc_plot_head(p, title, NULL, keys, keys == NULL ? 0 : n_series + 1);
}

dc_status dc_chart_histogram(const char *path, const char *title, const dc_axis *x,
                             const dc_axis *y, double min, double max, const dc_bins *bins,
                             uint32_t n_series, const double *markers, uint32_t n_markers,
                             const char *marker_label, bool may_replace)
{
    histogram h = { .min = min, .max = max };
    dc_plot *p = &h.plot;
    DC_TRY(dc_plot_open(p, WIDTH, HEIGHT));
    draw_head(p, title, bins, n_series, n_markers > 0 ? marker_label : NULL);
    set_scales(&h, x, y, bins, n_series);
    dc_plot_axes(p, x->label, y->label);
    dc_canvas_clip(&p->canvas, p->left, p->top, p->right, p->bottom);
    for (uint32_t i = 0; i < n_series; i++) {
        draw_area(&h, &bins[i], i, n_series > 1 ? 0.35 : 0.5);
        draw_outline(&h, &bins[i], i);
    }
    dc_canvas_clip_none(&p->canvas);
    draw_markers(p, markers, n_markers);
    if (!h.has_data)
        dc_plot_say(p, "no data");
    return dc_plot_close(p, path, may_replace);
}
