/* SPDX-License-Identifier: MIT
 *
 * Names and history: the ancillary chunks, which a stripped file does without. A name that is the
 * default one is stored as an empty text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph_io.h"

#define MAX_CLASS_NAME_BYTES 65535u
#define MAX_SETTINGS_BYTES (1u << 20)
#define MAX_STAGES 65535u

void dc_default_name(char name[DC_DEFAULT_NAME_SIZE], dc_default_names *names, dc_op op)
{
    snprintf(name, DC_DEFAULT_NAME_SIZE, "%s%" PRIu32, dc_op_kind_of(op)->name,
             ++names->counts[op]);
}

static bool all_default(const dc_model *model)
{
    dc_default_names names = { { 0 } };
    char name[DC_DEFAULT_NAME_SIZE];
    if (strcmp(model->name, DC_DEFAULT_MODEL_NAME) != 0 || model->n_class_names > 0)
        return false;
    for (uint32_t i = 1; i < model->n_nodes; i++) {
        dc_default_name(name, &names, model->nodes[i].op);
        if (strcmp(model->nodes[i].name, name) != 0)
            return false;
    }
    return true;
}

bool dc_names_put(dc_writer *w, const dc_model *model)
{
    dc_default_names names = { { 0 } };
    char name[DC_DEFAULT_NAME_SIZE];
    if (all_default(model))
        return false;
    dc_put_text(w, strcmp(model->name, DC_DEFAULT_MODEL_NAME) == 0 ? "" : model->name);
    for (uint32_t i = 1; i < model->n_nodes; i++) {
        dc_default_name(name, &names, model->nodes[i].op);
        dc_put_text(w, strcmp(model->nodes[i].name, name) == 0 ? "" : model->nodes[i].name);
    }
    dc_put_varint(w, model->n_class_names);
    for (uint32_t i = 0; i < model->n_class_names; i++)
        dc_put_text(w, model->class_names[i]);
    return true;
}

dc_status dc_class_names_get(dc_model *model, dc_reader *names)
{
    const uint64_t n_names = dc_get_varint(names, UINT32_MAX);
    DC_TRY(names->status);
    if (n_names > dc_reader_left(names))
        return dc_reader_fail(names, DC_ECORRUPT, "%" PRIu64 " class names in %" PRIu64 " bytes",
                              n_names, dc_reader_left(names));
    if (n_names != 0 && n_names != dc_model_n_outputs(model))
        return dc_reader_fail(names, DC_ECORRUPT, "%" PRIu64 " class names for %" PRIu32 " outputs",
                              n_names, dc_model_n_outputs(model));
    const char **texts = dc_arena_take(&model->arena, n_names, sizeof *texts);
    DC_TRY(model->arena.status);
    for (uint64_t i = 0; i < n_names; i++)
        texts[i] = dc_get_text(names, MAX_CLASS_NAME_BYTES, &model->arena);
    DC_TRY(dc_reader_end(names, "nAME"));
    model->class_names = n_names > 0 ? texts : NULL;
    model->n_class_names = (uint32_t)n_names;
    return DC_OK;
}

bool dc_history_put(dc_writer *w, const dc_model *model)
{
    if (model->n_history == 0)
        return false;
    dc_put_varint(w, model->n_history);
    for (uint32_t i = 0; i < model->n_history; i++) {
        dc_put_text(w, model->history[i].stage);
        dc_put_text(w, model->history[i].settings != NULL ? model->history[i].settings : "");
    }
    return true;
}

dc_status dc_history_get(dc_model *model, dc_reader *r)
{
    const uint64_t n_stages = dc_get_varint(r, MAX_STAGES);
    for (uint64_t i = 0; r->status == DC_OK && i < n_stages; i++) {
        dc_arena scratch = { 0 };
        const char *stage = dc_get_text(r, DC_MAX_NAME_BYTES, &scratch);
        const char *settings = dc_get_text(r, MAX_SETTINGS_BYTES, &scratch);
        const dc_status status =
            r->status < 0 ? r->status : dc_model_add_history(model, stage, settings);
        dc_arena_clear(&scratch);
        DC_TRY(status);
    }
    return dc_reader_end(r, "hIST");
}
