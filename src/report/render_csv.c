/* SPDX-License-Identifier: MIT
 *
 * A document as comma-separated values (RFC 4180, lines end with a line feed): the names of the
 * members and a line a row. Texts are in quotes, numbers are not. Where there are several tables a
 * line "# title" stands before each, and a blank one between.
 */
#include "grid.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void put_quoted(dc_writer *out, const char *text)
{
    dc_put_u8(out, '"');
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '"')
            dc_put_u8(out, '"');
        dc_put_u8(out, (uint8_t)*text);
    }
    dc_put_u8(out, '"');
}

/* Numbers that people do not see have the decimals that their table says. */
static void put_number(dc_writer *out, const dc_field *field, double value)
{
    char text[DC_NUMBER_BYTES], fixed[400];
    if (field->title == NULL && field->n_decimals > 0 && isfinite(value)) {
        dc_print(fixed, sizeof fixed, "%.*f", (int)field->n_decimals, value);
        dc_put_chars(out, fixed);
    } else {
        dc_put_chars(out, dc_text_shortest(text, value));
    }
}

static void put_cell(dc_writer *out, const dc_field *field, const void *row)
{
    char text[DC_CHOICE_BYTES];
    const dc_value v = dc_field_get(field, row);
    if (field->kind == DC_FIELD_BOOL) {
        dc_put_chars(out, v.flag ? "true" : "false");
    } else if (field->kind == DC_FIELD_U32 || field->kind == DC_FIELD_U64) {
        snprintf(text, sizeof text, "%" PRIu64, field->kind == DC_FIELD_U32 ? v.u32 : v.u64);
        dc_put_chars(out, text);
    } else if (field->kind == DC_FIELD_NUMBER) {
        put_number(out, field, v.number);
    } else if (field->kind == DC_FIELD_CHOICE) {
        put_quoted(out, dc_field_choice(text, field, row));
    } else if (v.text != NULL) {
        put_quoted(out, v.text);
    }
}

static bool is_column(const dc_section *s, const dc_field *field)
{
    return field->name[0] != '\0' && field->kind < DC_FIELD_RULES && dc_section_has(s, field);
}

static void put_table(dc_writer *out, const dc_section *s)
{
    const char *comma = "";
    for (const dc_field *f = s->fields; f->name != NULL; f++) {
        if (!is_column(s, f))
            continue;
        dc_put_chars(out, comma);
        dc_put_chars(out, f->name);
        comma = ",";
    }
    dc_put_u8(out, '\n');
    for (uint32_t i = 0; i < s->n_rows; i++) {
        comma = "";
        for (const dc_field *f = s->fields; f->name != NULL; f++) {
            if (!is_column(s, f))
                continue;
            dc_put_chars(out, comma);
            put_cell(out, f, (const char *)s->rows + (size_t)i * s->row_bytes);
            comma = ",";
        }
        dc_put_u8(out, '\n');
    }
}

static void render(dc_writer *out, const dc_document *d)
{
    uint32_t n_tables = 0;
    for (const dc_section *s = d->first; s != NULL; s = s->next)
        n_tables += s->fields != NULL && (s->forms & DC_FOR_CSV) != 0;
    for (const dc_section *s = d->first; s != NULL; s = s->next) {
        if (s->fields == NULL || (s->forms & DC_FOR_CSV) == 0)
            continue;
        if (n_tables > 1) {
            dc_put_chars(out, out->size > 0 ? "\n# " : "# ");
            dc_put_chars(out, s->title != NULL ? s->title : d->title);
            dc_put_u8(out, '\n');
        }
        put_table(out, s);
    }
}

const dc_renderer dc_render_csv = { "csv", DC_FOR_CSV, render };
