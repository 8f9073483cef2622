/* SPDX-License-Identifier: MIT
 *
 * The frame around a chart. From the top: title, note, legend, data area, tick labels, axis label.
 * Each takes the height it needs, so that nothing lies on anything else; the left margin follows
 * from the widest tick label. Grid lines and ticks are whole pixels, and therefore crisp.
 */
#include "axes.h"

#include <math.h>

#define TICK_LENGTH 5.0
#define TICK_GAP 5.0
#define FOOT 44.0 /* tick labels and axis label below the data area */
#define LABEL_GAP 12.0
#define LABEL_X (DC_MARGIN + 12) /* baseline of the y label */
#define KEY_WIDTH 26.0
#define KEY_LINE 34.0
#define KEY_GAP 26.0
#define KEY_ROWS 8

dc_status dc_plot_open(dc_plot *p, uint32_t width, uint32_t height)
{
    p->left = DC_MARGIN;
    p->right = width - DC_MARGIN;
    p->bottom = height - DC_MARGIN;
    return dc_canvas_init(&p->canvas, width, height, &p->arena);
}

void dc_plot_dot(dc_plot *p, double x, double y, uint32_t series)
{
    dc_canvas *c = &p->canvas;
    const dc_colour colour = dc_palette(series);
    for (int is_inner = 0; is_inner < 2; is_inner++) {
        const double r = is_inner ? 4 : 5.6, s = r * 0.9, d = r * 1.25;
        const double square[8] = { x - s, y - s, x + s, y - s, x + s, y + s, x - s, y + s };
        const double diamond[8] = { x - d, y, x, y - d, x + d, y, x, y + d };
        const double up[6] = { x - d, y + s, x, y - d, x + d, y + s };
        const double down[6] = { x - d, y - s, x, y + d, x + d, y - s };
        switch (series % 5) {
        case 0: dc_canvas_disc(c, x, y, r); break;
        case 1: dc_canvas_polygon(c, square, 4); break;
        case 2: dc_canvas_polygon(c, up, 3); break;
        case 3: dc_canvas_polygon(c, diamond, 4); break;
        default: dc_canvas_polygon(c, down, 3); break;
        }
        dc_canvas_ink(c, is_inner ? colour : DC_PAPER, 1);
    }
}

void dc_plot_pin(dc_plot *p, double x, double y)
{
    const double shape[6] = { x - 4, y, x + 4, y, x, y + 8 };
    dc_canvas_polygon(&p->canvas, shape, 3);
}

/* One entry of a legend. */
typedef struct entry {
    const char *label; /* NULL: none                           */
    dc_mark mark;
    uint32_t series;   /* its colour and the shape of its dots */
} entry;

static void draw_key(dc_plot *p, const entry *key, double x, double y)
{
    dc_canvas *c = &p->canvas;
    const dc_colour colour = dc_palette(key->series);
    if (key->mark == DC_MARK_BOX) {
        dc_canvas_fill(c, x + 4, y - 7, x + 18, y + 7, colour);
    } else if (key->mark == DC_MARK_PIN) {
        dc_plot_pin(p, x + 11, y - 4);
        dc_canvas_ink(c, DC_INK_SOFT, 1);
    } else {
        dc_canvas_segment(c, x + 1, y, x + KEY_LINE - 7, y, 2.2);
        dc_canvas_ink(c, colour, 1);
    }
    if (key->mark == DC_MARK_DOTS)
        dc_plot_dot(p, x + (KEY_LINE - 6) / 2, y, key->series);
}

/* In rows from (left, y); returns the y below. */
static double draw_legend(dc_plot *p, const entry *keys, uint32_t n_keys, double y)
{
    const dc_lettering style = { .size = 14, .colour = DC_INK };
    const double room = p->right - p->left;
    double x = p->left;
    bool is_any = false;
    int n_rows = 1;
    for (uint32_t i = 0; i < n_keys; i++) {
        if (keys[i].label == NULL)
            continue;
        const bool is_line = keys[i].mark == DC_MARK_LINE || keys[i].mark == DC_MARK_DOTS;
        const double sign = is_line ? KEY_LINE : KEY_WIDTH;
        const char *text = dc_lettering_fit(keys[i].label, style.size, DC_MIN(room - sign, 400),
                                            true, &p->arena);
        const double width = sign + dc_lettering_width(text, style.size);
        if (is_any && x + width > p->right) {
            x = p->left;
            y += 22;
            n_rows++;
        }
        if (n_rows > KEY_ROWS) {
            text = dc_arena_print(&p->arena, "and %u more", (unsigned)(n_keys - i));
            dc_lettering_draw(&p->canvas, text, x, y + 16, &style);
            break;
        }
        is_any = true;
        draw_key(p, &keys[i], x, y + 11);
        dc_lettering_draw(&p->canvas, text, x + sign, y + 16, &style);
        x += width + KEY_GAP;
    }
    return is_any ? y + 24 : y;
}

/* Those of the series, and one of the markers where there are any; returns how many. */
static uint32_t make_entries(entry **out, const dc_chart *chart, dc_mark mark, dc_arena *arena)
{
    const uint32_t n = chart->n_series;
    entry *keys = dc_arena_take(arena, (uint64_t)n + 1, sizeof *keys);
    if (keys == NULL)
        return 0;
    for (uint32_t i = 0; i < n; i++)
        keys[i] = (entry){ .label = chart->series[i].label, .series = i,
                           .mark = chart->series[i].is_marked ? DC_MARK_DOTS : mark };
    keys[n] = (entry){ .label = chart->markers.label, .mark = DC_MARK_PIN };
    *out = keys;
    return chart->markers.n_points > 0 ? n + 1 : n;
}

void dc_plot_head(dc_plot *p, const dc_chart *chart, dc_mark mark)
{
    const char *title = chart->title, *note = chart->note;
    entry *keys = NULL;
    const uint32_t n_keys = make_entries(&keys, chart, mark, &p->arena);
    const dc_lettering big = { .size = DC_SIZE_TITLE, .colour = DC_INK, .is_bold = true };
    const dc_lettering soft = { .size = 14, .colour = DC_INK_SOFT };
    const double room = p->right - p->left;
    double y = DC_MARGIN;
    if (title != NULL && title[0] != '\0') {
        const char *text = dc_lettering_fit(title, big.size, room * 0.95, false, &p->arena);
        dc_lettering_draw(&p->canvas, text, p->left, y + 15, &big);
        y += 28;
    }
    if (note != NULL && note[0] != '\0') {
        const char *text = dc_lettering_fit(note, soft.size, room, false, &p->arena);
        dc_lettering_draw(&p->canvas, text, p->left, y + 13, &soft);
        y += 22;
    }
    p->top = draw_legend(p, keys, n_keys, y + 3) + 14;
}

static double widest_tick(const dc_ticks *ticks)
{
    double width = 0;
    for (uint32_t i = 0; i < ticks->n; i++)
        width = DC_MAX(width, dc_lettering_width(ticks->items[i].text, DC_SIZE_TICK));
    return width;
}

static bool labels_fit(const dc_ticks *ticks, const dc_scale *s)
{
    double end = -INFINITY;
    for (uint32_t i = 0; i < ticks->n; i++) {
        const dc_tick *tick = &ticks->items[i];
        const double half = dc_lettering_width(tick->text, DC_SIZE_TICK) / 2;
        const double at = dc_scale_at(s, tick->value);
        if (tick->text[0] == '\0')
            continue;
        if (at - half < end + LABEL_GAP)
            return false;
        end = at + half;
    }
    return true;
}

static void x_ticks(dc_ticks *ticks, const dc_scale *s)
{
    const double room = fabs(s->at_max - s->at_min);
    unsigned n_wanted = (unsigned)(room / 75) + 1;
    do
        dc_ticks_make(ticks, s->min, s->max, s->is_log, n_wanted);
    while (!labels_fit(ticks, s) && --n_wanted > 0);
}

static void hline(dc_plot *p, double x0, double x1, double y, dc_colour colour)
{
    dc_canvas_fill(&p->canvas, x0, floor(y), x1, floor(y) + 1, colour);
}

static void vline(dc_plot *p, double x, double y0, double y1, dc_colour colour)
{
    dc_canvas_fill(&p->canvas, floor(x), y0, floor(x) + 1, y1, colour);
}

void dc_plot_x_axis(dc_plot *p, const char *label, bool has_grid)
{
    const dc_lettering tick_style = { .size = DC_SIZE_TICK, .colour = DC_INK_SOFT,
                                      .align = DC_ALIGN_MIDDLE };
    const dc_lettering style = { .size = DC_SIZE_LABEL, .colour = DC_INK,
                                 .align = DC_ALIGN_MIDDLE };
    const double text_y = p->bottom + TICK_LENGTH + TICK_GAP + 10;
    dc_ticks ticks;
    x_ticks(&ticks, &p->x);
    for (uint32_t i = 0; i < ticks.n; i++) {
        const bool is_major = ticks.items[i].text[0] != '\0';
        const double x = dc_scale_at(&p->x, ticks.items[i].value);
        if (has_grid && is_major)
            vline(p, x, p->top, p->bottom, DC_INK_GRID);
        vline(p, x, p->bottom, p->bottom + TICK_LENGTH * (is_major ? 1 : 0.6), DC_INK_AXIS);
        dc_lettering_draw(&p->canvas, ticks.items[i].text, x, text_y, &tick_style);
    }
    hline(p, p->left, p->right + 1, p->bottom, DC_INK_AXIS);
    if (label == NULL)
        return;
    const char *text = dc_lettering_fit(label, style.size, p->canvas.width - 2 * DC_MARGIN, false,
                                        &p->arena);
    const double half = dc_lettering_width(text, style.size) / 2 + DC_MARGIN;
    const double middle = DC_MIN((p->left + p->right) / 2, p->canvas.width - half);
    dc_lettering_draw(&p->canvas, text, DC_MAX(middle, half), text_y + 27, &style);
}

double dc_plot_left_of(const dc_ticks *ticks)
{
    return floor(LABEL_X + 14 + widest_tick(ticks) + TICK_LENGTH + TICK_GAP);
}

void dc_plot_y_axis(dc_plot *p, const dc_ticks *ticks, const char *label, bool has_grid)
{
    const dc_lettering tick_style = { .size = DC_SIZE_TICK, .colour = DC_INK_SOFT,
                                      .align = DC_ALIGN_END };
    const dc_lettering style = { .size = DC_SIZE_LABEL, .colour = DC_INK,
                                 .align = DC_ALIGN_MIDDLE, .is_upward = true };
    for (uint32_t i = 0; i < ticks->n; i++) {
        const bool is_major = ticks->items[i].text[0] != '\0';
        const double y = dc_scale_at(&p->y, ticks->items[i].value);
        if (has_grid && is_major)
            hline(p, p->left, p->right, y, DC_INK_GRID);
        hline(p, p->left - TICK_LENGTH * (is_major ? 1 : 0.6), p->left, y, DC_INK_AXIS);
        dc_lettering_draw(&p->canvas, ticks->items[i].text, p->left - TICK_LENGTH - TICK_GAP,
                          floor(y) + 5, &tick_style);
    }
    vline(p, p->left, p->top, p->bottom, DC_INK_AXIS);
    if (label == NULL)
        return;
    const double end = p->bottom + FOOT; /* a label longer than the data area hangs below it */
    const char *text = dc_lettering_fit(label, style.size, end - p->top, false, &p->arena);
    const double half = dc_lettering_width(text, style.size) / 2;
    const double middle = DC_MAX((p->top + p->bottom) / 2, p->top + half);
    dc_lettering_draw(&p->canvas, text, LABEL_X, middle, &style);
}

void dc_plot_axes(dc_plot *p, const char *x_label, const char *y_label)
{
    dc_ticks ticks;
    p->bottom = p->canvas.height - DC_MARGIN - FOOT;
    p->y.at_min = p->bottom, p->y.at_max = p->top;
    dc_ticks_make(&ticks, p->y.min, p->y.max, p->y.is_log, (unsigned)((p->bottom - p->top) / 55));
    p->left = dc_plot_left_of(&ticks);
    p->x.at_min = p->left, p->x.at_max = p->right;
    dc_plot_y_axis(p, &ticks, y_label, true);
    dc_plot_x_axis(p, x_label, true);
}

void dc_plot_say(dc_plot *p, const char *text)
{
    const dc_lettering style = { .size = DC_SIZE_LABEL, .colour = DC_INK_AXIS,
                                 .align = DC_ALIGN_MIDDLE };
    dc_lettering_draw(&p->canvas, text, (p->left + p->right) / 2, (p->top + p->bottom) / 2, &style);
}
