/* SPDX-License-Identifier: MIT
 *
 * Names, ends and history: the ancillary chunks, which a stripped file does without, but for the
 * symbols of a text. A name that is the default one is stored as an empty text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "chunk.h"
#include "names_io.h"

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

/* Files have plain texts only (format.md, 6), wherever a model's came from. */
static void put_plain(dc_writer *w, const char *text, size_t limit)
{
    if (dc_text_is_plain(text)) {
        dc_put_text(w, text);
        return;
    }
    const size_t size = DC_MIN(6 * strlen(text), limit) + 1;
    char *shown = dc_grow(NULL, size, 1);
    if (shown == NULL) {
        w->status = w->status < 0 ? w->status : DC_ENOMEM;
        return;
    }
    dc_text_show(shown, size, text, false);
    dc_put_text(w, shown);
    dc_release(shown);
}

bool dc_names_put(dc_writer *w, const dc_model *model, bool is_stripped)
{
    dc_default_names names = { { 0 } };
    char name[DC_DEFAULT_NAME_SIZE];
    const bool has_symbols = model->n_class_names > 0 && dc_model_n_symbols(model) > 0;
    if (is_stripped ? !has_symbols : all_default(model))
        return false;
    const bool is_usual = is_stripped || strcmp(model->name, DC_DEFAULT_MODEL_NAME) == 0;
    dc_put_text(w, is_usual ? "" : model->name);
    for (uint32_t i = 1; i < model->n_nodes; i++) {
        const char *own = model->nodes[i].name;
        dc_default_name(name, &names, model->nodes[i].op);
        dc_put_text(w, is_stripped || strcmp(own, name) == 0 ? "" : own);
    }
    dc_put_varint(w, model->n_class_names);
    for (uint32_t i = 0; i < model->n_class_names; i++)
        put_plain(w, model->class_names[i], MAX_CLASS_NAME_BYTES);
    return true;
}

dc_status dc_class_names_get(dc_model *model, dc_reader *names)
{
    const uint64_t n_names = dc_get_varint(names, UINT32_MAX);
    DC_TRY(names->status);
    if (n_names > dc_reader_left(names))
        return dc_reader_fail(names, DC_ECORRUPT, "%" PRIu64 " class names in %" PRIu64 " bytes",
                              n_names, dc_reader_left(names));
    if (n_names != 0 && !dc_model_takes_names(model, n_names))
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

static bool is_plain(const dc_end *end)
{
    return end->name == NULL && !end->has_shape;
}

static void put_end(dc_writer *w, const dc_end *end)
{
    dc_put_text(w, end->name != NULL ? end->name : "");
    dc_put_u8(w, end->has_shape ? (uint8_t)(end->shape.n_dims + 1) : 0);
    for (uint32_t i = 0; end->has_shape && i < end->shape.n_dims; i++)
        dc_put_varint(w, end->shape.dims[i]);
}

bool dc_ends_put(dc_writer *w, const dc_model *model)
{
    if (is_plain(&model->input_end) && is_plain(&model->output_end))
        return false;
    put_end(w, &model->input_end);
    put_end(w, &model->output_end);
    return true;
}

static void get_end(dc_end *out, dc_reader *r, dc_arena *arena)
{
    const char *name = dc_get_text(r, DC_MAX_NAME_BYTES, arena);
    const uint8_t head = dc_get_u8(r);
    *out = (dc_end){ .has_shape = head > 0 };
    if (r->status == DC_OK && head > DC_MAX_DIMS + 1)
        dc_reader_fail(r, DC_ECORRUPT, "an end of %u dims", head - 1u);
    if (r->status < 0)
        return;
    out->name = name[0] != '\0' ? name : NULL;
    out->shape.n_dims = head > 0 ? head - 1u : 0;
    for (uint32_t i = 0; i < out->shape.n_dims; i++)
        out->shape.dims[i] = (uint32_t)dc_get_varint(r, UINT32_MAX);
}

dc_status dc_ends_get(dc_model *model, dc_reader *r)
{
    dc_arena scratch = { 0 };
    dc_end input, output;
    get_end(&input, r, &scratch);
    get_end(&output, r, &scratch);
    dc_status status = r->status < 0 ? r->status : scratch.status;
    if (status == DC_OK)
        status = dc_fail_as_corrupt(dc_model_set_ends(model, &input, &output), r);
    dc_arena_clear(&scratch);
    DC_TRY(status);
    return dc_reader_end(r, "eNDS");
}

bool dc_history_put(dc_writer *w, const dc_model *model)
{
    if (model->n_history == 0)
        return false;
    dc_put_varint(w, model->n_history);
    for (uint32_t i = 0; i < model->n_history; i++) {
        const char *settings = model->history[i].settings;
        put_plain(w, model->history[i].stage, DC_MAX_NAME_BYTES);
        dc_put_text(w, settings != NULL && dc_text_is_plain(settings) ? settings : "");
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
