/* SPDX-License-Identifier: MIT
 *
 * A document under construction. Its JSON is made as sections are added, because JSON is nested and
 * a list of sections is not: `at` says where members go, and what fits no table is added to it by
 * the command itself.
 */
#include "dcomp/report.h"

void dc_document_init(dc_document *d, const char *title, const char *schema, dc_arena *arena)
{
    *d = (dc_document){ .title = title, .arena = arena, .json = dc_json_new() };
    d->at = d->json;
    dc_json_add_text(d->json, "schema", schema);
}

void dc_document_clear(dc_document *d)
{
    dc_json_free(d->json);
    *d = (dc_document){ 0 };
}

static const void *row_at(const dc_section *s, uint32_t index)
{
    return (const char *)s->rows + (size_t)index * s->row_bytes;
}

static void add_json(dc_json *at, const dc_section *s)
{
    if (s->is_record) {
        dc_record_write(s->key != NULL ? dc_json_add_object(at, s->key) : at, s->rows, s->fields);
        return;
    }
    dc_json *list = dc_json_add_array(at, s->key);
    for (uint32_t i = 0; i < s->n_rows; i++)
        dc_record_write(dc_json_add_object(list, NULL), row_at(s, i), s->fields);
}

void dc_document_add(dc_document *d, const dc_section *section)
{
    dc_section *s = dc_arena_take(d->arena, 1, sizeof *s);
    if (s == NULL)
        return;
    *s = *section;
    s->forms = s->forms == 0 ? DC_FOR_ALL : s->forms;
    s->n_rows = s->is_record ? 1 : s->n_rows;
    if (d->last == NULL)
        d->first = s;
    else
        d->last->next = s;
    d->last = s;
    if (s->fields != NULL && (s->forms & DC_FOR_JSON) != 0)
        add_json(d->at, s);
}

/* Texts of files may be among it: what a terminal would obey is shown. */
void dc_document_text(dc_document *d, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = dc_vprint(NULL, 0, format, args);
    const size_t size = n < 0 ? 1 : (size_t)n + 1;
    char *text = dc_arena_take(d->arena, 7 * (uint64_t)size, 1);
    if (text != NULL) {
        dc_vprint(text, size, format, again);
        dc_text_show(text + size, 6 * size, text, true);
        dc_document_add(d, &(dc_section){ .forms = DC_FOR_PEOPLE, .text = text + size });
    }
    va_end(again);
    va_end(args);
}

void dc_document_chart(dc_document *d, const dc_chart *chart, const char *path)
{
    dc_chart *copy = dc_arena_take(d->arena, 1, sizeof *copy);
    if (copy == NULL)
        return;
    *copy = *chart;
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PEOPLE, .chart = copy, .path = path });
}

dc_status dc_document_render(dc_writer *out, const dc_document *d, uint32_t format)
{
    DC_TRY(d->arena->status);
    dc_renderer_at(format)->render(out, d);
    DC_TRY(d->arena->status);
    return out->status;
}
