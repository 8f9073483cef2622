/* SPDX-License-Identifier: MIT
 *
 * report: results in, text and pictures out. It knows structs with tables of their fields
 * (dc_field) and numbers, nothing of networks.
 *
 * A command builds one dc_document, a list of sections, and a renderer of the table in renderers.c
 * makes the output from it:
 *
 *     dc_document d;
 *     dc_document_init(&d, "diff", "dcomp.diff/1", arena);
 *     dc_document_text(&d, "%u layers compared\n", n_layers);
 *     dc_document_add(&d, &(dc_section){ .key = "parameters", .title = "parameters",
 *                                        .fields = diff_fields, .rows = rows,
 *                                        .row_bytes = sizeof *rows, .n_rows = n_rows });
 *     status = dc_document_render(&out, &d, format);
 *     dc_document_clear(&d);
 *
 * People see texts, and of tables the columns that have a title, with units and few decimals.
 * Programs see all members that have a name, in full precision.
 *
 * A chart is data too: a value of one struct, whose kind says which members it has. It is drawn on
 * an RGB canvas by anti-aliased lines, bars and text of our own stroke font, and written as PNG.
 * Charts have a title, named axes with units, round tick values, and a legend where there is more
 * than one series. Colours are distinguishable by colour-blind readers. Sizes are in pixels; the
 * data of a chart is in its own units.
 *
 * Threads. A document belongs to one thread; those of several threads may be made at once.
 */
#ifndef DCOMP_REPORT_H
#define DCOMP_REPORT_H

#include "dcomp/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- charts ---------------------------------------------------------------------------------- */

/* The table of kinds, each of which is a file that draws it. */
#define DC_CHART_LIST(X)                                                                           \
    X(DC_CHART_LINES, lines)                                                                       \
    X(DC_CHART_HISTOGRAM, histogram)                                                               \
    X(DC_CHART_STACKED, stacked)                                                                   \
    X(DC_CHART_MATRIX, matrix)

typedef enum dc_chart_kind {
#define DC_CHART_ENUM(number, name) number,
    DC_CHART_LIST(DC_CHART_ENUM)
#undef DC_CHART_ENUM
    DC_N_CHART_KINDS
} dc_chart_kind;

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

/* A chart as data, drawn by whoever shows it. All it points to is borrowed. By kind:
 *
 * lines      over a shared x axis, 960 x 600. Points that are NaN, infinite or not positive on a
 *            log axis interrupt their line; without any data the frame is drawn alone.
 * histogram  one quantity overlaid (before, after): `y` of a series are the counts of its bins, as
 *            many as it has points, which divide the x axis from its min to its max. The axis is
 *            linear. The `x` of `markers` (centroids) are pins.
 * stacked    horizontal bars: one a name (a layer), one colour a series (codes, gaps, ...), whose
 *            `y` are its parts of them; the sum at the end of each. 960 wide, as high as the bars
 *            need; those past 200 are added up in the last one. The axis is linear.
 * matrix     the cells as a picture: a zero is paper, a positive one blue, a negative one red,
 *            deeper with its size. A large matrix becomes at most 1200 x 900 pixels, each as dark
 *            as its share of non-zeros, in one hue; a small one is enlarged by a whole factor. Axes
 *            count rows (y) and columns (x). DC_EINPUT when there are no cells. */
typedef struct dc_chart {
    dc_chart_kind kind;
    const char *title, *note; /* note: a line of text below the title, or NULL */
    dc_axis x, y;
    const dc_series *series;
    uint32_t n_series, n_names;
    const char *const *names;
    dc_series markers;
    const float *cells; /* (n_rows, n_cols) */
    uint64_t n_rows, n_cols;
} dc_chart;

/* As a PNG file. */
DC_MUST_USE dc_status dc_chart_write(const char *path, const dc_chart *chart, bool may_replace);

/* ---- documents ------------------------------------------------------------------------------- */

/* Who sees a section. */
enum {
    DC_FOR_PEOPLE = 1, /* text, markdown */
    DC_FOR_JSON = 2,
    DC_FOR_CSV = 4,
    DC_FOR_PROGRAMS = DC_FOR_JSON | DC_FOR_CSV,
    DC_FOR_ALL = 7
};

/* A text, a table or a chart. What it points to is borrowed until the document is cleared. */
typedef struct dc_section {
    uint32_t forms;         /* DC_FOR_...; 0: all                                             */
    const char *title;      /* heading                                                        */
    const char *text;       /* lines for people; NULL: it is none                             */
    const dc_chart *chart;  /* for people; NULL: it is none                                   */
    const char *path;       /* where dc_document_draw writes the chart, or NULL               */
    const char *key;        /* in JSON; NULL: a record's members are the document's own       */
    const dc_field *fields; /* of one row                                                     */
    const void *rows;       /* n_rows + n_totals structs of row_bytes                         */
    size_t row_bytes;
    uint32_t n_rows;
    uint32_t n_totals; /* rows below a line, for people                                       */
    bool is_record;    /* one row, which people do not see; in JSON an object, not a list     */
    struct dc_section *next;
} dc_section;

typedef struct dc_document {
    const char *title;
    dc_arena *arena;
    dc_json *json; /* all that JSON has; members that are in no section are added to it       */
    dc_json *at;   /* the object in it that sections are added to                             */
    dc_section *first, *last;
} dc_document;

/* Owns memory until it is cleared. `schema` is the first member of its JSON. */
void dc_document_init(dc_document *d, const char *title, const char *schema, dc_arena *arena);
void dc_document_clear(dc_document *d); /* fine for one that is all zeros */
/* Copies the section. Failures are remembered until the document is rendered. */
void dc_document_add(dc_document *d, const dc_section *section);
/* Lines for people; a line may be made of several texts. */
void dc_document_text(dc_document *d, const char *format, ...) DC_PRINTF(2, 3);

/* A chart for people; copies it, not what it points to. */
void dc_document_chart(dc_document *d, const dc_chart *chart, const char *path);
/* Writes the charts that have a path, with progress where there are several. */
DC_MUST_USE dc_status dc_document_draw(const dc_document *d, bool may_replace);

/* One form of output: a row of renderers.c. */
typedef struct dc_renderer {
    const char *name;
    uint32_t form; /* the sections it shows: one of DC_FOR_... */
    void (*render)(dc_writer *out, const dc_document *d);
} dc_renderer;
const dc_renderer *dc_renderer_at(uint32_t index); /* NULL past the end                       */
extern const char dc_renderer_names[];             /* "text|json|...", for a DC_FIELD_CHOICE  */
/* `format` is a renderer's index. */
DC_MUST_USE dc_status dc_document_render(dc_writer *out, const dc_document *d, uint32_t format);

/* "1,234,567" */
#define DC_TEXT_COUNT_BYTES 32
const char *dc_text_count(char out[DC_TEXT_COUNT_BYTES], uint64_t n);
/* "1.2 MB", "843 B": decimal units, three figures. From the arena. */
const char *dc_text_bytes(uint64_t n_bytes, dc_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
