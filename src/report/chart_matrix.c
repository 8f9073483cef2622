/* SPDX-License-Identifier: MIT
 *
 * A matrix as a picture, row 0 at the top. When every cell has a pixel of its own, or several:
 * paper is zero, blue positive, red negative, deeper with size; the depth follows the square root
 * of |value| and starts at a visible tint, so that small weights are not lost. The scale ends at 4
 * times the mean size of the non-zeros (or at the largest, if that is less): one outlier must not
 * bleach the rest.
 *
 * When several cells share a pixel, signs would only mix to mud: the pixel shows the share of its
 * cells that are not zero, in one hue, from none to the largest share there is (or to 3.5 standard
 * deviations above the mean). That keeps differences in density visible. A NaN is yellow.
 */
#include "axes.h"

#include <math.h>
#include <stdio.h>

#define MAX_WIDTH 1200u
#define MAX_HEIGHT 900u
#define ENLARGED_WIDTH 1000u
#define ENLARGED_HEIGHT 600u
#define MIN_SIDE 48u
#define MIN_PICTURE 360u
#define BAR_WIDTH 16.0
#define BAR_HEIGHT 220.0
#define BAR_ROOM 128u /* with its gap, figures and margin */
#define MIN_LABELLED 60u /* pixels: beside a lower picture its axis has no room for a name */
#define MIN_RULED 10u /* pixels: larger cells are ruled */

static const dc_colour blue = { 8, 81, 156 }, red = { 178, 34, 28 }, slate = { 16, 48, 96 },
                       bad = { 240, 200, 40 };

typedef struct picture {
    const float *values;
    uint64_t n_rows, n_cols;
    uint32_t width, height; /* pixels */
    bool is_averaged, has_negative;
    double full, largest; /* value or share of full depth, and the largest there is */
} picture;

static uint32_t side_for(uint64_t n, double shrink)
{
    const double side = floor((double)n * shrink + 0.5);
    if (side >= MIN_SIDE || n >= MIN_SIDE)
        return (uint32_t)DC_MAX(side, MIN_SIDE);
    return (uint32_t)(n * ((MIN_SIDE + n - 1) / n)); /* few cells: whole multiples */
}

static void choose_size(picture *m)
{
    const uint64_t factor = DC_MIN(ENLARGED_WIDTH / m->n_cols, ENLARGED_HEIGHT / m->n_rows);
    if (factor >= 1) {
        const uint64_t n_times = DC_MIN(factor, MIN_SIDE);
        m->width = (uint32_t)(m->n_cols * n_times);
        const uint64_t n_high = (MIN_LABELLED + m->n_rows - 1) / m->n_rows;
        m->height = (uint32_t)(m->n_rows * DC_MAX(n_times, n_high));
    } else {
        const double fit_x = (double)MAX_WIDTH / (double)m->n_cols;
        const double fit_y = (double)MAX_HEIGHT / (double)m->n_rows;
        const double shrink = DC_MIN(1.0, DC_MIN(fit_x, fit_y));
        m->width = side_for(m->n_cols, shrink);
        m->height = side_for(m->n_rows, shrink);
    }
    m->is_averaged = m->width < m->n_cols || m->height < m->n_rows;
}

/* The cells of pixel `i` of `n_pixels`: at least one. */
static void cells_of(uint64_t *first, uint64_t *end, uint64_t i, uint64_t n_pixels, uint64_t n)
{
    *first = i * n / n_pixels;
    *end = DC_MAX((i + 1) * n / n_pixels, *first + 1);
}

static double share_at(const picture *m, uint32_t x, uint32_t y)
{
    uint64_t row, row_end, first, end, n_found = 0;
    cells_of(&row, &row_end, y, m->height, m->n_rows);
    cells_of(&first, &end, x, m->width, m->n_cols);
    const uint64_t n = (row_end - row) * (end - first);
    for (; row < row_end; row++)
        for (uint64_t col = first; col < end; col++)
            n_found += m->values[row * m->n_cols + col] != 0;
    return (double)n_found / (double)n;
}

static void measure_shares(picture *m)
{
    const double n = (double)m->width * m->height;
    double sum = 0, squares = 0;
    for (uint32_t y = 0; y < m->height; y++) {
        for (uint32_t x = 0; x < m->width; x++) {
            const double share = share_at(m, x, y);
            m->largest = DC_MAX(m->largest, share);
            sum += share;
            squares += share * share;
        }
    }
    const double mean = sum / n, variance = squares / n - mean * mean;
    m->full = DC_MIN(m->largest, mean + 3.5 * sqrt(DC_MAX(variance, 0.0)));
}

static void measure_sizes(picture *m)
{
    double sum = 0, n = 0;
    for (uint64_t i = 0; i < m->n_rows * m->n_cols; i++) {
        const double size = fabs((double)m->values[i]);
        if (!(size > 0 && isfinite(size)))
            continue;
        sum += size;
        n++;
        m->largest = DC_MAX(m->largest, size);
        m->has_negative |= m->values[i] < 0;
    }
    m->full = n > 0 ? DC_MIN(m->largest, 4 * sum / n) : 0;
}

static dc_colour colour_of_share(const picture *m, double share)
{
    return dc_colour_mix(DC_PAPER, slate, m->full > 0 ? share / m->full : 0);
}

static dc_colour colour_of_value(const picture *m, double value)
{
    if (isnan(value))
        return bad;
    if (value == 0)
        return DC_PAPER;
    const double depth = m->full > 0 ? sqrt(DC_MIN(fabs(value) / m->full, 1.0)) : 1;
    const double least = m->width == m->n_cols ? 0.5 : 0.18; /* single pixels are hard to see */
    return dc_colour_mix(DC_PAPER, value > 0 ? blue : red, least + (1 - least) * depth);
}

static dc_colour colour_at(const picture *m, uint32_t x, uint32_t y)
{
    if (m->is_averaged)
        return colour_of_share(m, share_at(m, x, y));
    const uint64_t cell = m->width / m->n_cols, cell_high = m->height / m->n_rows;
    if (cell >= MIN_RULED && ((x > 0 && x % cell == 0) || (y > 0 && y % cell_high == 0)))
        return DC_INK_GRID;
    const uint64_t row = (uint64_t)y * m->n_rows / m->height;
    const uint64_t col = (uint64_t)x * m->n_cols / m->width;
    return colour_of_value(m, (double)m->values[row * m->n_cols + col]);
}

/* The scale beside the picture: from -full to full, or from 0 where nothing is below. */
static void draw_bar(dc_plot *p, const picture *m, double x, double y0)
{
    const dc_lettering style = { .size = DC_SIZE_TICK, .colour = DC_INK_SOFT };
    const double high = DC_MIN(BAR_HEIGHT, p->bottom - y0), low = m->has_negative ? -m->full : 0;
    dc_canvas_fill(&p->canvas, x - 1, y0 - 1, x + BAR_WIDTH + 1, y0 + floor(high) + 1, DC_INK_AXIS);
    for (int i = 0; i < (int)high; i++) {
        const double value = m->full - (m->full - low) * (i + 0.5) / high;
        const double y = y0 + i;
        dc_canvas_fill(&p->canvas, x, y, x + BAR_WIDTH, y + 1,
                       m->is_averaged ? colour_of_share(m, value) : colour_of_value(m, value));
    }
    for (int i = 0; i < 3; i++) {
        char number[32], text[48];
        const double value = m->full - (m->full - low) * i / 2;
        const bool is_cut = m->full < m->largest * 0.999 && fabs(value) == m->full;
        dc_number_short(number, sizeof number, value * (m->is_averaged ? 100 : 1));
        snprintf(text, sizeof text, "%s%s%s", !is_cut ? "" : value > 0 ? "> " : "< ", number,
                 m->is_averaged ? " %" : "");
        dc_lettering_draw(&p->canvas, text, x + BAR_WIDTH + 7, y0 + high * i / 2 + 5, &style);
    }
    dc_lettering_draw(&p->canvas, m->is_averaged ? "non-zero" : "value", x, y0 + high + 24, &style);
}

static void draw_cells(dc_plot *p, const picture *m)
{
    const int left = (int)p->left, top = (int)p->top;
    dc_canvas_fill(&p->canvas, p->left - 1, p->top - 1, p->right + 1, p->bottom + 1, DC_INK_AXIS);
    for (uint32_t y = 0; y < m->height; y++)
        for (uint32_t x = 0; x < m->width; x++)
            dc_canvas_pixel(&p->canvas, left + (int)x, top + (int)y, colour_at(m, x, y));
}

static void draw(dc_plot *p, const picture *m, const dc_ticks *ticks, const dc_chart *chart)
{
    p->x = (dc_scale){ .min = 0, .max = (double)m->n_cols };
    p->y = (dc_scale){ .min = 0, .max = (double)m->n_rows };
    p->left = dc_plot_left_of(ticks);
    p->right = p->left + m->width;
    p->bottom = p->top + m->height;
    p->x.at_min = p->left, p->x.at_max = p->right;
    p->y.at_min = p->top, p->y.at_max = p->bottom;
    dc_plot_y_axis(p, ticks, chart->y.label, false);
    dc_plot_x_axis(p, chart->x.label, false);
    draw_cells(p, m);
    if (m->full > 0)
        draw_bar(p, m, p->right + 26, p->top);
}

dc_status dc_draw_matrix(dc_plot *p, const dc_chart *chart)
{
    picture m = { .values = chart->cells, .n_rows = chart->n_rows, .n_cols = chart->n_cols };
    if (m.n_rows == 0 || m.n_cols == 0 || m.n_rows > UINT64_MAX / m.n_cols)
        return dc_fail(DC_EINPUT, "no picture of a matrix without cells");
    choose_size(&m);
    if (m.is_averaged)
        measure_shares(&m);
    else
        measure_sizes(&m);
    dc_ticks ticks;
    dc_ticks_make(&ticks, 0, (double)m.n_rows, false, DC_MAX(m.height / 60u, 1u));
    const uint32_t left = (uint32_t)dc_plot_left_of(&ticks);
    DC_TRY(dc_plot_open(p, left + DC_MAX(m.width, MIN_PICTURE) + BAR_ROOM, m.height + 200));
    dc_plot_head(p, chart, DC_MARK_BOX);
    draw(p, &m, &ticks, chart);
    p->canvas.height = (uint32_t)(p->bottom + DC_MARGIN + 44);
    return DC_OK;
}
