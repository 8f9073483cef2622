/* SPDX-License-Identifier: MIT
 *
 * A document as Markdown: a heading, each line of text as a paragraph, each table under a heading
 * of its own, each chart that is in a file as a picture. Totals are bold; a group's title stands
 * before those of its columns.
 */
#include "grid.h"

#include <stdio.h>
#include <string.h>

/* Characters that Markdown would obey have a backslash before them. */
static void put_plain(dc_writer *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strchr("\\`*_{}[]<>#|~&", text[i]) != NULL)
            dc_put_u8(out, '\\');
        dc_put_u8(out, (uint8_t)text[i]);
    }
}

/* The start of a paragraph, without what begins a list or is a rule there; returns its bytes. */
static size_t put_start(dc_writer *out, const char *text)
{
    const size_t n_digits = strspn(text, "0123456789");
    const char *mark = text + n_digits;
    const bool is_mark = n_digits > 0 ? (*mark == '.' || *mark == ')') && mark[1] == ' '
                                      : *mark == '-' || *mark == '+';
    if (!is_mark)
        return 0;
    put_plain(out, text, n_digits);
    dc_put_u8(out, '\\');
    dc_put_u8(out, (uint8_t)*mark);
    return n_digits + 1;
}

/* A line may be made of several texts: it ends where a text says so. */
static void put_lines(dc_writer *out, const char *text, bool *is_open)
{
    while (*text != '\0') {
        text += *is_open ? 0 : strspn(text, " ");
        const size_t n_start = *is_open ? 0 : put_start(out, text);
        text += n_start;
        const size_t n = strcspn(text, "\n");
        put_plain(out, text, n);
        *is_open = *is_open || n_start + n > 0;
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
    if (s->title != NULL) {
        dc_put_chars(out, "## ");
        put_plain(out, s->title, strlen(s->title));
        dc_put_chars(out, "\n\n");
    }
    dc_put_u8(out, '|');
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

/* In a link all but the plainest characters are bytes in hex. */
static void put_picture(dc_writer *out, const dc_section *s)
{
    const char *title = s->chart->title != NULL ? s->chart->title : "";
    dc_put_chars(out, "![");
    put_plain(out, title, strlen(title));
    dc_put_chars(out, "](");
    for (const char *c = s->path; *c != '\0'; c++) {
        char hex[12];
        snprintf(hex, sizeof hex, "%%%02X", (unsigned)(unsigned char)*c);
        const bool is_plain = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
                              (*c >= 'a' && *c <= 'z') || strchr("/._-~", *c) != NULL;
        dc_put_bytes(out, is_plain ? c : hex, is_plain ? 1 : 3);
    }
    dc_put_chars(out, ")\n\n");
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
        else if (s->path != NULL)
            put_picture(out, s);
        else if (s->fields != NULL && !s->is_record)
            put_table(out, s, d->arena);
    }
}

const dc_renderer dc_render_markdown = { "markdown", DC_FOR_PEOPLE, render };
