/* SPDX-License-Identifier: MIT
 *
 * eval's table of single classes.
 */
#include "eval_classes.h"

typedef struct class_row {
    uint32_t number;
    const char *name;
    uint64_t n;
    double top1, top5;
} class_row;

#define AT(member) offsetof(class_row, member)

static const dc_field class_fields[] = {
    { .name = "class", .kind = DC_FIELD_U32, .offset = AT(number), .title = "class" },
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = AT(name), .title = "name",
      .may_be_absent = true },
    { .name = "n_samples", .kind = DC_FIELD_U64, .offset = AT(n), .title = "samples" },
    { .name = "top1", .kind = DC_FIELD_NUMBER, .offset = AT(top1), .title = "top-1 %",
      .n_decimals = 2 },
    { .name = "top5", .kind = DC_FIELD_NUMBER, .offset = AT(top5), .title = "top-5 %",
      .n_decimals = 2 },
    { 0 },
};

static double percent(uint64_t part, uint64_t whole)
{
    return 100 * (double)part / (double)whole;
}

void cli_add_classes(dc_document *d, const dc_model *model, const dc_tally *classes)
{
    const uint32_t n = dc_model_n_classes(model);
    const bool has_names = model->n_class_names == n;
    class_row *rows = dc_arena_take(d->arena, n, sizeof *rows);
    uint32_t n_rows = 0;
    for (uint32_t c = 0; rows != NULL && c < n; c++) {
        const dc_tally *at = &classes[c];
        if (at->n > 0)
            rows[n_rows++] = (class_row){ c, has_names ? model->class_names[c] : NULL, at->n,
                                          percent(at->n_top1, at->n), percent(at->n_top5, at->n) };
    }
    dc_document_add(d, &(dc_section){ .title = "classes", .key = "per_class",
                                      .fields = class_fields, .rows = rows,
                                      .row_bytes = sizeof *rows, .n_rows = n_rows });
    dc_document_text(d, "\n");
}
