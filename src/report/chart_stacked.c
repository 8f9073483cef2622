/* SPDX-License-Identifier: MIT
 *
 * Horizontal stacked bars. Names of rows stand left of the axis, cut in their middle when long;
 * the sum stands at the end of each bar. The height follows the number of rows; rows past MAX_ROWS
 * are added up into a last one. Values that are negative or not finite count as 0.
 */
#include "axes.h"

#include <math.h>

#define WIDTH 960
#define MAX_ROWS 200u
#define NAME_SIZE 14.0
#define NAME_ROOM 230.0
#define FOOT 68.0

typedef struct stack {
    uint32_t n_rows, n_parts;
    const char **names; /* (n_rows)          */
    double *values;     /* (n_rows, n_parts) */
    double largest;     /* sum of a row      */
} stack;

static double sane(double value)
{
    return value > 0 && value < 1e100 ? value : 0;
}

static double row_sum(const stack *s, uint32_t row)
{
    double sum = 0;
    for (uint32_t i = 0; i < s->n_parts; i++)
        sum += s->values[(size_t)row * s->n_parts + i];
    return sum;
}

static dc_status gather(stack *s, const dc_chart *chart, dc_arena *arena)
{
    const uint32_t n_rows = chart->n_names, n_parts = chart->n_series;
    *s = (stack){ .n_rows = DC_MIN(n_rows, MAX_ROWS), .n_parts = n_parts };
    s->names = dc_arena_take(arena, s->n_rows, sizeof *s->names);
    s->values = dc_arena_take(arena, (uint64_t)s->n_rows * n_parts, sizeof *s->values);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n_rows; i++) {
        const uint32_t row = DC_MIN(i, s->n_rows - 1);
        s->names[row] = chart->names[i] == NULL ? "" : chart->names[i];
        for (uint32_t k = 0; k < n_parts; k++)
            if (i < chart->series[k].n_points)
                s->values[(size_t)row * n_parts + k] += sane(chart->series[k].y[i]);
    }
    if (n_rows > s->n_rows)
        s->names[s->n_rows - 1] = dc_arena_print(arena, "%u more rows",
                                                 (unsigned)(n_rows - s->n_rows + 1));
    for (uint32_t i = 0; i < s->n_rows; i++)
        s->largest = DC_MAX(s->largest, row_sum(s, i));
    return arena->status;
}

static double row_height(uint32_t n_rows)
{
    return n_rows <= 12 ? 42 : n_rows <= 24 ? 30 : 22;
}

static void draw_names(dc_plot *p, const stack *s, double high)
{
    const dc_lettering style = { .size = NAME_SIZE, .colour = DC_INK, .align = DC_ALIGN_END };
    for (uint32_t i = 0; i < s->n_rows; i++) {
        const char *text = dc_lettering_fit(s->names[i], style.size, NAME_ROOM, true, &p->arena);
        dc_lettering_draw(&p->canvas, text, p->left - 10, p->top + (i + 0.5) * high + 5, &style);
    }
}

static double widest_name(const stack *s)
{
    double width = 0;
    for (uint32_t i = 0; i < s->n_rows; i++)
        width = DC_MAX(width, dc_lettering_width(s->names[i], NAME_SIZE));
    return DC_MIN(width, NAME_ROOM);
}

static void draw_bar(dc_plot *p, const stack *s, uint32_t row, double y0, double y1)
{
    const dc_lettering style = { .size = DC_SIZE_TICK, .colour = DC_INK };
    double sum = 0, x = dc_scale_at(&p->x, 0);
    for (uint32_t i = 0; i < s->n_parts; i++) {
        sum += s->values[(size_t)row * s->n_parts + i];
        const double end = dc_scale_at(&p->x, sum);
        dc_canvas_fill(&p->canvas, x, y0, end, y1, dc_palette(i));
        if (i > 0 && end - x > 3)
            dc_canvas_fill(&p->canvas, x, y0, x + 1, y1, DC_PAPER);
        x = end;
    }
    char text[32];
    dc_number_short(text, sizeof text, sum);
    const double text_x = DC_MIN(x + 8, p->canvas.width - DC_MARGIN);
    dc_lettering_draw(&p->canvas, text, text_x, round((y0 + y1) / 2) + 5, &style);
}

static void set_scale(dc_plot *p, const stack *s, const dc_axis *x)
{
    dc_range range = dc_range_empty();
    const dc_axis linear = { .min = x->min, .max = x->max };
    dc_range_add(&range, 0);
    dc_range_add(&range, s->largest > 0 ? s->largest * 1.02 : 1);
    p->x = dc_range_scale(&range, &linear);
}

static void draw(dc_plot *p, const stack *s, const dc_axis *x)
{
    const double high = row_height(s->n_rows), inset = round(high * 0.19);
    p->bottom = p->top + s->n_rows * high + 4;
    p->left = ceil(DC_MARGIN + widest_name(s) + 10);
    p->right = WIDTH - DC_MARGIN - 62; /* the longest sum */
    set_scale(p, s, x);
    p->x.at_min = p->left, p->x.at_max = p->right;
    dc_plot_x_axis(p, x->label, true);
    draw_names(p, s, high);
    for (uint32_t i = 0; i < s->n_rows; i++)
        draw_bar(p, s, i, p->top + i * high + inset, p->top + (i + 1) * high - inset);
    dc_canvas_fill(&p->canvas, p->left, p->top, p->left + 1, p->bottom, DC_INK_AXIS);
}

dc_status dc_draw_stacked(dc_plot *p, const dc_chart *chart)
{
    const uint32_t n_shown = DC_MIN(chart->n_names, MAX_ROWS);
    const double height = 24.0 * chart->n_series + n_shown * row_height(n_shown) + 200;
    stack s;
    DC_TRY(dc_plot_open(p, WIDTH, (uint32_t)DC_MIN(height, 1.0 * DC_IMAGE_MAX_SIDE)));
    DC_TRY(gather(&s, chart, &p->arena));
    dc_plot_head(p, chart, DC_MARK_BOX);
    draw(p, &s, &chart->x);
    /* The rows below the axis label are cut off: the legend may have taken one line or three. */
    p->canvas.height = DC_MIN(p->canvas.height, (uint32_t)(p->bottom + FOOT));
    return DC_OK;
}
