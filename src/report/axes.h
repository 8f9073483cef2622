/* SPDX-License-Identifier: MIT
 *
 * axes: from values to pixels, round tick values, and the frame around a chart; private to report.
 */
#ifndef DCOMP_REPORT_AXES_H
#define DCOMP_REPORT_AXES_H

#include "canvas.h"
#include "dcomp/report.h"

#define DC_TICKS_MAX 64u

/* `min` falls on pixel `at_min` and `max` on `at_max`, linearly or by logarithm. */
typedef struct dc_scale {
    double min, max;
    bool is_log;
    double at_min, at_max;
} dc_scale;

typedef struct dc_tick {
    double value;
    char text[48]; /* "" for a minor tick of a log scale */
} dc_tick;

typedef struct dc_ticks {
    uint32_t n;
    double step; /* 0 on a log scale */
    dc_tick items[DC_TICKS_MAX];
} dc_ticks;

/* Whether a value can be drawn at all: finite, of sane size, positive on a log scale. */
bool dc_scale_takes(const dc_scale *s, double value);
/* The pixel of a value, which may lie far outside; values that are not taken give NaN. */
double dc_scale_at(const dc_scale *s, double value);

/* The range of an axis from its own limits or from the data. Gather with dc_range_add over all
 * values, then dc_range_scale. */
typedef struct dc_range {
    double min, max;   /* min > max while empty      */
    double min_above0; /* the smallest positive value */
} dc_range;
dc_range dc_range_empty(void);
void dc_range_add(dc_range *r, double value);
/* Both ends finite, min < max, and positive on a log scale, whatever the data was. */
dc_scale dc_range_scale(const dc_range *r, const dc_axis *axis);

/* 1, 2 or 5 times a power of ten, the least that gives at most `n_wanted` + 1 ticks. */
double dc_nice_step(double min, double max, unsigned n_wanted);
void dc_ticks_make(dc_ticks *t, double min, double max, bool is_log, unsigned n_wanted);
/* Widens a linear scale to whole steps. */
void dc_scale_round(dc_scale *s, unsigned n_wanted);
/* "12.3 k", "4.56 M": three figures. */
void dc_number_short(char *out, size_t n_out, double value);

/* What stands before a name in the legend. */
typedef enum dc_mark { DC_MARK_BOX, DC_MARK_LINE, DC_MARK_DOTS, DC_MARK_PIN } dc_mark;

/* A chart under construction. Call in this order: open, head, axes, (draw). */
typedef struct dc_plot {
    dc_arena arena;
    dc_canvas canvas;
    double left, top, right, bottom; /* of the data area */
    dc_scale x, y;
} dc_plot;

/* `p` is all zeros, and its arena the caller's to clear. */
DC_MUST_USE dc_status dc_plot_open(dc_plot *p, uint32_t width, uint32_t height);
/* Title, a soft line of text below it, and the legend of series and markers, in rows; sets `top`.
 * `mark` is that of a series, if it has no dots. */
void dc_plot_head(dc_plot *p, const dc_chart *chart, dc_mark mark);
/* Fixes the data area and draws grid, ticks and labels for p->x and p->y. */
void dc_plot_axes(dc_plot *p, const char *x_label, const char *y_label);
/* The parts of it, for charts of another build. */
void dc_plot_x_axis(dc_plot *p, const char *label, bool has_grid);
void dc_plot_y_axis(dc_plot *p, const dc_ticks *ticks, const char *label, bool has_grid);
/* Where the data area may begin for these y ticks. */
double dc_plot_left_of(const dc_ticks *ticks);
/* A dot in the shape and colour of a series, with a rim of paper. */
void dc_plot_dot(dc_plot *p, double x, double y, uint32_t series);
/* Shape of a pin that hangs from (x, y). */
void dc_plot_pin(dc_plot *p, double x, double y);
/* A soft word in the middle of the data area: "no data". */
void dc_plot_say(dc_plot *p, const char *text);

/* What draws each kind of chart, dc_draw_lines and so on: opens the plot and fills its canvas. */
#define DC_CHART_DRAW(number, name)                                                                \
    DC_MUST_USE dc_status dc_draw_##name(dc_plot *p, const dc_chart *chart);
DC_CHART_LIST(DC_CHART_DRAW)
#undef DC_CHART_DRAW

#define DC_SIZE_TITLE 20.0
#define DC_SIZE_LABEL 15.0
#define DC_SIZE_TICK 13.0
#define DC_MARGIN 24.0

#endif
