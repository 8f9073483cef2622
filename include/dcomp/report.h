/* SPDX-License-Identifier: MIT
 *
 * report: numbers in, tables and pictures out. It knows numbers and text only.
 *
 * A text table has right-aligned figures and is as wide as its cells. A chart is drawn on an RGB
 * canvas by anti-aliased lines, bars and text of our own stroke font, and written as PNG. Charts
 * have a title, named axes with units, round tick values, and a legend where there is more than one
 * series. Colours are distinguishable by colour-blind readers.
 *
 * Sizes are in pixels; the data of a chart is in its own units; nothing here keeps a pointer after
 * it returns.
 *
 * Threads. A table belongs to one thread; tables and charts of several threads may be made at once.
 */
#ifndef DCOMP_REPORT_H
#define DCOMP_REPORT_H

#include "dcomp/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- text tables ----------------------------------------------------------------------------- */

/* Columns are declared once; a name that starts with '<' is left-aligned (the '<' is not shown).
 * The last row may be set off as a total. */
typedef struct dc_table dc_table;
dc_table *dc_table_new(dc_arena *arena, const char *const *columns, uint32_t n_columns);
/* A heading over columns `first` to `first + n - 1`, which are made wide enough for it. At most
 * DC_TABLE_MAX_GROUPS, from left to right. */
#define DC_TABLE_MAX_GROUPS 4
void dc_table_group(dc_table *t, uint32_t first, uint32_t n, const char *title);
/* One cell after the other, row by row. NULL or "" leaves it empty. */
void dc_table_text(dc_table *t, const char *text);
void dc_table_print(dc_table *t, const char *format, ...) DC_PRINTF(2, 3);
void dc_table_u64(dc_table *t, uint64_t value);                       /* 1,234,567          */
void dc_table_number(dc_table *t, double value, unsigned n_decimals); /* NaN shows as "-"   */
void dc_table_rule(dc_table *t); /* a line above the next row */
/* The whole table as text; from the arena. "" when the arena has failed. */
const char *dc_table_render(dc_table *t);

/* "1,234,567" */
#define DC_TEXT_COUNT_BYTES 32
const char *dc_text_count(char out[DC_TEXT_COUNT_BYTES], uint64_t n);
/* "1.2 MB", "843 B": decimal units, three figures. From the arena. */
const char *dc_text_bytes(uint64_t n_bytes, dc_arena *arena);

/* ---- charts ---------------------------------------------------------------------------------- */

typedef struct dc_axis {
    const char *label;  /* with unit: "weight value", "density [%]" */
    bool is_log;        /* base 10; values <= 0 are left out       */
    double min, max;    /* both 0: from the data                   */
} dc_axis;

typedef struct dc_series {
    const char *label; /* legend; NULL for none */
    uint32_t n_points;
    const double *x, *y;
    bool is_marked;    /* dots on the line    */
} dc_series;

/* Lines over a shared x axis, 960 x 600. Points that are NaN, infinite or not positive on a log
 * axis interrupt their line; without any data the frame is drawn alone. */
DC_MUST_USE dc_status dc_chart_lines(const char *path, const char *title, const dc_axis *x,
                                     const dc_axis *y, const dc_series *series, uint32_t n_series,
                                     bool may_replace);

/* Histograms of one quantity overlaid (before, after) with vertical markers (centroids). Bins are
 * given: n_bins counts over [min, max] for each series. */
typedef struct dc_bins {
    const char *label;
    uint32_t n_bins;
    const double *counts;
} dc_bins;
DC_MUST_USE dc_status dc_chart_histogram(const char *path, const char *title, const dc_axis *x,
                                         const dc_axis *y, double min, double max,
                                         const dc_bins *bins, uint32_t n_series,
                                         const double *markers, uint32_t n_markers,
                                         const char *marker_label, bool may_replace);

/* Horizontal stacked bars: one bar a row (a layer), one colour a part (codes, gaps, ...), the sum
 * written at its end. values is (n_rows, n_parts). 960 wide, as high as the rows need; rows past
 * 200 are added up in the last bar. The axis is linear. */
DC_MUST_USE dc_status dc_chart_stacked(const char *path, const char *title, const dc_axis *x,
                                       const char *const *rows, uint32_t n_rows,
                                       const char *const *parts, uint32_t n_parts,
                                       const double *values, bool may_replace);

/* A matrix as a picture: a zero cell is paper, a positive one blue, a negative one red, deeper with
 * its size. A large matrix becomes at most 1200 x 900 pixels, each as dark as its share of
 * non-zeros, in one hue; a small one is enlarged by a whole factor. Axes count rows and columns;
 * `legend` is a line of text below the title, or NULL. DC_EINPUT when there are no cells. */
DC_MUST_USE dc_status dc_chart_matrix(const char *path, const char *title, const char *row_label,
                                      const char *col_label, const float *values, uint64_t n_rows,
                                      uint64_t n_cols, const char *legend, bool may_replace);

#ifdef __cplusplus
}
#endif
#endif
