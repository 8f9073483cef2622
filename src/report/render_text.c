/* SPDX-License-Identifier: MIT
 *
 * A document as plain text. Tables measure each column by its widest cell (in characters, not
 * bytes), pad, and cut trailing blanks:
 *
 *            ---- kept ----
 *     layer  weights      %
 *     -----  -------  -----
 *     conv1      500   66.0
 */
#include "grid.h"

static uint64_t n_characters(const char *text)
{
    uint64_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static void put_many(dc_writer *out, char c, uint64_t n)
{
    while (n-- > 0)
        dc_put_u8(out, (uint8_t)c);
}

static void end_line(dc_writer *out)
{
    while (out->size > 0 && out->data[out->size - 1] == ' ')
        out->size--;
    dc_put_u8(out, '\n');
}

/* One past the last column of the group that begins at `first`. */
static uint32_t group_end(const dc_grid *g, uint32_t first)
{
    uint32_t end = first + 1;
    while (end < g->n_columns && g->columns[end].group == g->columns[first].group)
        end++;
    return end;
}

/* From the start of its first column to the end of its last one. */
static uint64_t width_of(const uint64_t *widths, uint32_t first, uint32_t end)
{
    uint64_t width = 2 * (uint64_t)(end - first - 1);
    for (uint32_t i = first; i < end; i++)
        width += widths[i];
    return width;
}

/* A group's last column gives way to a title that is too wide. False without any group. */
static bool widen_for_groups(const dc_grid *g, uint64_t *widths)
{
    bool has_groups = false;
    for (uint32_t i = 0, end; i < g->n_columns; i = end) {
        end = g->columns[i].group != NULL ? group_end(g, i) : i + 1;
        if (g->columns[i].group == NULL)
            continue;
        const uint64_t wanted = n_characters(g->columns[i].group) + 4;
        const uint64_t have = width_of(widths, i, end);
        widths[end - 1] += wanted > have ? wanted - have : 0;
        has_groups = true;
    }
    return has_groups;
}

static void put_groups(dc_writer *out, const dc_grid *g, const uint64_t *widths)
{
    for (uint32_t i = 0, end; i < g->n_columns; i = end) {
        const char *title = g->columns[i].group;
        put_many(out, ' ', i > 0 ? 2 : 0);
        end = title != NULL ? group_end(g, i) : i + 1;
        if (title == NULL) {
            put_many(out, ' ', widths[i]);
            continue;
        }
        const uint64_t n_rule = width_of(widths, i, end) - n_characters(title) - 2;
        put_many(out, '-', n_rule / 2);
        put_many(out, ' ', 1);
        dc_put_chars(out, title);
        put_many(out, ' ', 1);
        put_many(out, '-', n_rule - n_rule / 2);
    }
    end_line(out);
}

static void put_cell(dc_writer *out, const dc_grid *g, uint32_t i, const char *text, uint64_t width)
{
    const uint64_t n_pad = width - n_characters(text);
    put_many(out, ' ', (i > 0 ? 2 : 0) + (g->columns[i].is_left ? 0 : n_pad));
    dc_put_chars(out, text);
    put_many(out, ' ', g->columns[i].is_left ? n_pad : 0);
}

static void put_rule(dc_writer *out, const dc_grid *g, const uint64_t *widths)
{
    for (uint32_t i = 0; i < g->n_columns; i++) {
        put_many(out, ' ', i > 0 ? 2 : 0);
        put_many(out, '-', widths[i]);
    }
    end_line(out);
}

static void put_table(dc_writer *out, const dc_section *s, dc_arena *arena)
{
    dc_grid g;
    if (!dc_grid_make(&g, s, arena))
        return;
    uint64_t *widths = dc_arena_take(arena, g.n_columns, sizeof *widths);
    if (widths == NULL)
        return;
    for (uint32_t k = 0; k < g.n_columns; k++) {
        widths[k] = n_characters(g.columns[k].title);
        for (uint32_t i = 0; i < g.n_rows; i++)
            widths[k] = DC_MAX(widths[k], n_characters(g.cells[(size_t)i * g.n_columns + k]));
    }
    if (widen_for_groups(&g, widths))
        put_groups(out, &g, widths);
    for (uint32_t k = 0; k < g.n_columns; k++)
        put_cell(out, &g, k, g.columns[k].title, widths[k]);
    end_line(out);
    put_rule(out, &g, widths);
    for (uint32_t i = 0; i < g.n_rows; i++) {
        if (s->n_totals > 0 && i == s->n_rows)
            put_rule(out, &g, widths);
        for (uint32_t k = 0; k < g.n_columns; k++)
            put_cell(out, &g, k, g.cells[(size_t)i * g.n_columns + k], widths[k]);
        end_line(out);
    }
}

static void render(dc_writer *out, const dc_document *d)
{
    for (const dc_section *s = d->first; s != NULL; s = s->next) {
        if ((s->forms & DC_FOR_PEOPLE) == 0)
            continue;
        if (s->text != NULL)
            dc_put_chars(out, s->text);
        else if (s->fields != NULL && !s->is_record)
            put_table(out, s, d->arena);
    }
}

const dc_renderer dc_render_text = { "text", DC_FOR_PEOPLE, render };
