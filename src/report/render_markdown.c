/* SPDX-License-Identifier: MIT
 *
 * A document as Markdown: a heading, each line of text as a paragraph, each table under a heading
 * of its own. Totals are bold; a group's title stands before those of its columns.
 */
#include "grid.h"

#include <string.h>

/* Characters that Markdown would obey have a backslash before them. */
static void put_plain(dc_writer *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strchr("\\`*_{}[]<>#|~", text[i]) != NULL)
            dc_put_u8(out, '\\');
        dc_put_u8(out, (uint8_t)text[i]);
    }
}

/* A line may be made of several texts: it ends where a text says so. */
static void put_lines(dc_writer *out, const char *text, bool *is_open)
{
    while (*text != '\0') {
        const size_t n_blanks = *is_open ? 0 : strspn(text, " ");
        const size_t n = strcspn(text, "\n");
        put_plain(out, text + DC_MIN(n_blanks, n), n - DC_MIN(n_blanks, n));
        *is_open = *is_open || n > n_blanks;
        text += n;
        if (*text == '\n' && *is_open)
            dc_put_chars(out, "\n\n");
        *is_open = *text == '\0' && *is_open;
        text += *text == '\n';
    }
}

static void put_cell(dc_writer *out, const char *text, const char *around)
{
    dc_put_chars(out, text[0] != '\0' ? around : "");
    put_plain(out, text, strlen(text));
    dc_put_chars(out, text[0] != '\0' ? around : "");
    dc_put_chars(out, " |");
}

static void put_table(dc_writer *out, const dc_section *s, dc_arena *arena)
{
    dc_grid g;
    if (!dc_grid_make(&g, s, arena))
        return;
    dc_put_chars(out, "## ");
    put_plain(out, s->title, strlen(s->title));
    dc_put_chars(out, "\n\n|");
    for (uint32_t k = 0; k < g.n_columns; k++) {
        const dc_column *c = &g.columns[k];
        dc_put_u8(out, ' ');
        put_cell(out, c->group != NULL ? dc_arena_print(arena, "%s: %s", c->group, c->title)
                                       : c->title, "");
    }
    dc_put_chars(out, "\n|");
    for (uint32_t k = 0; k < g.n_columns; k++)
        dc_put_chars(out, g.columns[k].is_left ? "---|" : "---:|");
    for (uint32_t i = 0; i < g.n_rows; i++) {
        dc_put_chars(out, "\n|");
        for (uint32_t k = 0; k < g.n_columns; k++) {
            dc_put_u8(out, ' ');
            put_cell(out, g.cells[(size_t)i * g.n_columns + k], i < s->n_rows ? "" : "**");
        }
    }
    dc_put_chars(out, "\n\n");
}

static void render(dc_writer *out, const dc_document *d)
{
    bool is_open = false;
    dc_put_chars(out, "# ");
    put_plain(out, d->title, strlen(d->title));
    dc_put_chars(out, "\n\n");
    for (const dc_section *s = d->first; s != NULL; s = s->next) {
        if ((s->forms & DC_FOR_PEOPLE) == 0)
            continue;
        if (s->text != NULL)
            put_lines(out, s->text, &is_open);
        else if (!s->is_record)
            put_table(out, s, d->arena);
    }
}

const dc_renderer dc_render_markdown = { "markdown", DC_FOR_PEOPLE, render };
