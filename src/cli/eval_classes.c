/* SPDX-License-Identifier: MIT
 *
 * eval's table and JSON of single classes.
 */
#include "eval_classes.h"

static double percent(uint64_t part, uint64_t whole)
{
    return 100 * (double)part / (double)whole;
}

void cli_print_classes(cli_call *call, const dc_model *model, const dc_tally *classes)
{
    static const char *const columns[] = { "class", "<name", "samples", "top-1 %", "top-5 %" };
    static const char *const nameless[] = { "class", "samples", "top-1 %", "top-5 %" };
    const bool has_names = model->n_class_names == dc_model_n_classes(model);
    dc_table *t = dc_table_new(&call->arena, has_names ? columns : nameless,
                               has_names ? DC_COUNT_OF(columns) : DC_COUNT_OF(nameless));
    for (uint32_t c = 0; c < dc_model_n_classes(model); c++) {
        if (classes[c].n == 0)
            continue;
        dc_table_print(t, "%u", c);
        if (has_names)
            dc_table_text(t, model->class_names[c]);
        dc_table_u64(t, classes[c].n);
        dc_table_number(t, percent(classes[c].n_top1, classes[c].n), 2);
        dc_table_number(t, percent(classes[c].n_top5, classes[c].n), 2);
    }
    cli_say("%s\n", dc_table_render(t));
}

void cli_json_classes(dc_json *json, const dc_model *model, const dc_tally *classes)
{
    dc_json *array = dc_json_add_array(json, "per_class");
    for (uint32_t c = 0; c < dc_model_n_classes(model); c++) {
        if (classes[c].n == 0)
            continue;
        dc_json *row = dc_json_add_object(array, NULL);
        dc_json_add_u64(row, "class", c);
        if (model->n_class_names == dc_model_n_classes(model))
            dc_json_add_text(row, "name", model->class_names[c]);
        dc_json_add_u64(row, "n_samples", classes[c].n);
        dc_json_add_number(row, "top1", percent(classes[c].n_top1, classes[c].n));
        dc_json_add_number(row, "top5", percent(classes[c].n_top5, classes[c].n));
    }
}
