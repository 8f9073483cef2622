/* SPDX-License-Identifier: MIT
 *
 * The cells of a table as people read them: counts with thousands separators, numbers with few
 * decimals, and what a terminal would obey shown.
 */
#include "grid.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

bool dc_section_has(const dc_section *s, const dc_field *field)
{
    bool has_any = !field->may_be_absent || !dc_field_is_text(field);
    const char *row = s->rows;
    for (uint32_t i = 0; i < s->n_rows && !has_any; i++, row += s->row_bytes)
        has_any = dc_field_get(field, row).text != NULL;
    return has_any;
}

/* A cell is one line. */
static const char *plain(const char *text, dc_arena *arena)
{
    if (text == NULL || dc_text_is_plain(text))
        return text;
    const size_t size = 6 * strlen(text) + 1;
    char *shown = dc_arena_take(arena, size, 1);
    if (shown != NULL)
        dc_text_show(shown, size, text, false);
    return shown;
}

static const char *number_text(const dc_field *field, double value, dc_arena *arena)
{
    if (isnan(value))
        return field->may_be_absent ? NULL : "-";
    const double shown = field->scale != 0 ? field->scale * value : value;
    return dc_arena_print(arena, "%.*f", (int)field->n_decimals, shown);
}

static const char *cell_text(const dc_field *field, const void *row, dc_arena *arena)
{
    char text[DC_TEXT_COUNT_BYTES], word[DC_CHOICE_BYTES];
    const dc_value v = dc_field_get(field, row);
    switch (field->kind) {
    case DC_FIELD_BOOL:
        return v.flag ? "yes" : "no";
    case DC_FIELD_U32:
        return v.u32 == 0 && field->may_be_absent ? NULL : dc_arena_print(arena, "%u", v.u32);
    case DC_FIELD_U64:
        return v.u64 == 0 && field->may_be_absent
                   ? NULL
                   : dc_arena_text(arena, dc_text_count(text, v.u64));
    case DC_FIELD_NUMBER:
        return number_text(field, v.number, arena);
    case DC_FIELD_CHOICE:
        return dc_arena_text(arena, dc_field_choice(word, field, row));
    case DC_FIELD_RULES:
        return NULL;
    default:
        return plain(v.text, arena);
    }
}

bool dc_grid_make(dc_grid *out, const dc_section *s, dc_arena *arena)
{
    dc_grid g = { .n_rows = s->n_rows + s->n_totals };
    uint32_t n_fields = 0, at = 0;
    while (s->fields[n_fields].name != NULL)
        n_fields++;
    g.columns = dc_arena_take(arena, n_fields, sizeof *g.columns);
    g.cells = dc_arena_take(arena, (uint64_t)g.n_rows * n_fields, sizeof *g.cells);
    const dc_field **fields = dc_arena_take(arena, n_fields, sizeof *fields);
    if (arena->status < 0)
        return false;
    for (const dc_field *f = s->fields; f->name != NULL; f++) {
        if (f->title == NULL || !dc_section_has(s, f))
            continue;
        const bool is_turned = f->title[0] == '>';
        g.columns[g.n_columns] =
            (dc_column){ f->title + is_turned, f->group, dc_field_is_text(f) && !is_turned };
        fields[g.n_columns++] = f;
    }
    for (uint32_t i = 0; i < g.n_rows; i++)
        for (uint32_t k = 0; k < g.n_columns; k++) {
            const char *row = (const char *)s->rows + (size_t)i * s->row_bytes;
            const char *text = cell_text(fields[k], row, arena);
            g.cells[at++] = text != NULL ? text : "";
        }
    *out = g;
    return arena->status == DC_OK;
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
