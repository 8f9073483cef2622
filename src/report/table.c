/* SPDX-License-Identifier: MIT
 *
 * Text tables. Cells are gathered row by row in a list of rows in the arena; rendering measures
 * each column by its widest cell (in characters, not bytes), pads, and cuts trailing blanks:
 *
 *            ---- kept ----
 *     layer  weights      %
 *     -----  -------  -----
 *     conv1      500   66.0
 */
#include "dcomp/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct row {
    struct row *next;
    bool has_rule;      /* a line above it */
    const char **cells; /* (n_columns)     */
} row;

typedef struct group {
    uint32_t first, n; /* columns */
    const char *title;
} group;

struct dc_table {
    dc_arena *arena;
    uint32_t n_columns, n_filled; /* of the last row */
    bool wants_rule;
    bool *is_left;
    row head, *last;
    group groups[DC_TABLE_MAX_GROUPS];
    uint32_t n_groups;
};

static const char *column_title(const char *column)
{
    return column == NULL ? "" : column[0] == '<' ? column + 1 : column;
}

dc_table *dc_table_new(dc_arena *arena, const char *const *columns, uint32_t n_columns)
{
    dc_table *t = dc_arena_take(arena, 1, sizeof *t);
    bool *is_left = dc_arena_take(arena, n_columns, sizeof *is_left);
    const char **titles = dc_arena_take(arena, n_columns, sizeof *titles);
    if (arena->status < 0)
        return NULL;
    for (uint32_t i = 0; i < n_columns; i++) {
        is_left[i] = columns[i] != NULL && columns[i][0] == '<';
        titles[i] = dc_arena_text(arena, column_title(columns[i]));
    }
    *t = (dc_table){ .arena = arena, .n_columns = n_columns, .is_left = is_left };
    t->head.cells = titles;
    t->last = &t->head;
    t->n_filled = n_columns;
    return t;
}

void dc_table_group(dc_table *t, uint32_t first, uint32_t n, const char *title)
{
    if (t == NULL || t->n_groups == DC_TABLE_MAX_GROUPS || n == 0 || first + n > t->n_columns)
        return;
    t->groups[t->n_groups++] = (group){ first, n, dc_arena_text(t->arena, title) };
}

static void start_row(dc_table *t)
{
    row *r = dc_arena_take(t->arena, 1, sizeof *r);
    const char **cells = dc_arena_take(t->arena, t->n_columns, sizeof *cells);
    if (r == NULL || cells == NULL)
        return;
    *r = (row){ .has_rule = t->wants_rule, .cells = cells };
    t->last->next = r;
    t->last = r;
    t->n_filled = 0;
    t->wants_rule = false;
}

/* Texts of files among them: a cell is one line, and shows what it cannot be. */
static const char *plain(dc_table *t, const char *text)
{
    if (text == NULL || dc_text_is_plain(text))
        return text;
    const size_t size = 6 * strlen(text) + 1;
    char *shown = dc_arena_take(t->arena, size, 1);
    if (shown != NULL)
        dc_text_show(shown, size, text, false);
    return shown;
}

/* Takes a text that lives as long as the arena. */
static void add_cell(dc_table *t, const char *text)
{
    text = plain(t, text);
    if (t->n_filled == t->n_columns)
        start_row(t);
    if (t->arena->status == DC_OK && t->n_filled < t->n_columns)
        t->last->cells[t->n_filled++] = text;
}

void dc_table_text(dc_table *t, const char *text)
{
    if (t != NULL)
        add_cell(t, dc_arena_text(t->arena, text));
}

void dc_table_print(dc_table *t, const char *format, ...)
{
    if (t == NULL)
        return;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = dc_vprint(NULL, 0, format, args);
    char *text = n < 0 ? NULL : dc_arena_take(t->arena, (uint64_t)n + 1, 1);
    if (text != NULL)
        dc_vprint(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    add_cell(t, text);
}

const char *dc_text_count(char out[DC_TEXT_COUNT_BYTES], uint64_t value)
{
    char digits[24];
    const int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

void dc_table_u64(dc_table *t, uint64_t value)
{
    char text[DC_TEXT_COUNT_BYTES];
    dc_table_text(t, dc_text_count(text, value));
}

void dc_table_number(dc_table *t, double value, unsigned n_decimals)
{
    if (isnan(value))
        dc_table_text(t, "-");
    else
        dc_table_print(t, "%.*f", (int)n_decimals, value);
}

void dc_table_rule(dc_table *t)
{
    if (t != NULL)
        t->wants_rule = true;
}

static uint64_t n_characters(const char *text)
{
    uint64_t n = 0;
    for (; text != NULL && *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static char *put_many(char *at, char c, uint64_t n)
{
    memset(at, c, (size_t)n);
    return at + n;
}

static char *end_line(char *start, char *at)
{
    while (at > start && at[-1] == ' ')
        at--;
    *at++ = '\n';
    return at;
}

static char *put_row(const dc_table *t, char *at, const row *r, const uint64_t *widths)
{
    char *start = at;
    for (uint32_t i = 0; i < t->n_columns; i++) {
        const char *text = r->cells[i] == NULL ? "" : r->cells[i];
        const uint64_t n_pad = widths[i] - n_characters(text);
        const size_t n = strlen(text);
        at = put_many(at, ' ', (i > 0 ? 2 : 0) + (t->is_left[i] ? 0 : n_pad));
        memcpy(at, text, n);
        at = put_many(at + n, ' ', t->is_left[i] ? n_pad : 0);
    }
    return end_line(start, at);
}

static char *put_rule(const dc_table *t, char *at, const uint64_t *widths)
{
    char *start = at;
    for (uint32_t i = 0; i < t->n_columns; i++) {
        at = put_many(at, ' ', i > 0 ? 2 : 0);
        at = put_many(at, '-', widths[i]);
    }
    return end_line(start, at);
}

/* From the start of its first column to the end of its last one. */
static uint64_t group_width(const group *g, const uint64_t *widths)
{
    uint64_t width = 2 * (g->n - 1);
    for (uint32_t i = g->first; i < g->first + g->n; i++)
        width += widths[i];
    return width;
}

static char *put_groups(const dc_table *t, char *at, const uint64_t *widths)
{
    char *start = at;
    uint32_t column = 0;
    for (const group *g = t->groups; g < t->groups + t->n_groups; g++) {
        for (; column < g->first; column++)
            at = put_many(at, ' ', (column > 0 ? 2 : 0) + widths[column]);
        const size_t n_bytes = strlen(g->title);
        const uint64_t n_rule = group_width(g, widths) - n_characters(g->title) - 2;
        at = put_many(at, ' ', column > 0 ? 2 : 0);
        at = put_many(at, '-', n_rule / 2);
        *at++ = ' ';
        memcpy(at, g->title, n_bytes);
        at += n_bytes;
        *at++ = ' ';
        at = put_many(at, '-', n_rule - n_rule / 2);
        column += g->n;
    }
    return end_line(start, at);
}

/* A group's last column gives way to a title that is too wide. */
static void widen_for_groups(const dc_table *t, uint64_t *widths)
{
    for (const group *g = t->groups; g < t->groups + t->n_groups; g++) {
        const uint64_t wanted = n_characters(g->title) + 4, have = group_width(g, widths);
        widths[g->first + g->n - 1] += wanted > have ? wanted - have : 0;
    }
}

/* Fills the widths, and returns how many bytes the text can take at most. */
static uint64_t measure(const dc_table *t, uint64_t *widths)
{
    uint64_t n_lines = 3, n_text_bytes = 0, line_bytes = 1;
    for (const row *r = &t->head; r != NULL; r = r->next) {
        n_lines += r->has_rule ? 2 : 1;
        for (uint32_t i = 0; i < t->n_columns; i++) {
            widths[i] = DC_MAX(widths[i], n_characters(r->cells[i]));
            n_text_bytes += r->cells[i] == NULL ? 0 : strlen(r->cells[i]);
        }
    }
    widen_for_groups(t, widths);
    for (uint32_t i = 0; i < t->n_columns; i++)
        line_bytes += widths[i] + 2;
    for (uint32_t i = 0; i < t->n_groups; i++)
        n_text_bytes += strlen(t->groups[i].title);
    return n_lines * line_bytes + n_text_bytes + 1;
}

const char *dc_table_render(dc_table *t)
{
    if (t == NULL || t->arena->status < 0)
        return "";
    uint64_t *widths = dc_arena_take(t->arena, t->n_columns, sizeof *widths);
    if (widths == NULL)
        return "";
    char *text = dc_arena_take(t->arena, measure(t, widths), 1), *at = text;
    if (text == NULL)
        return "";
    if (t->n_groups > 0)
        at = put_groups(t, at, widths);
    for (const row *r = &t->head; r != NULL; r = r->next) {
        if (r->has_rule)
            at = put_rule(t, at, widths);
        at = put_row(t, at, r, widths);
        if (r == &t->head)
            at = put_rule(t, at, widths);
    }
    *at = '\0';
    return text;
}

const char *dc_text_bytes(uint64_t n_bytes, dc_arena *arena)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
    double value = (double)n_bytes;
    unsigned unit = 0;
    while (value >= 999.5 && unit + 1 < DC_COUNT_OF(units)) {
        value /= 1000;
        unit++;
    }
    return dc_arena_print(arena, "%.3g %s", value, units[unit]);
}
