/* SPDX-License-Identifier: MIT
 *
 * A model as safetensors: the parameters in their order, under PyTorch's names, so that a network
 * that came as a state_dict goes back as one. The header is padded with blanks to a multiple of
 * eight bytes, as the format's own writer does.
 */
#include "safetensors.h"

#include <stdio.h>
#include <string.h>

static dc_status add_metadata(dc_json *json, const dc_model *model, dc_arena *arena)
{
    const char *input, *marks;
    DC_TRY(interop_input_json(&input, &model->input, arena));
    DC_TRY(interop_marks_json(&marks, model, arena));
    dc_json *metadata = dc_json_add_object(json, "__metadata__");
    dc_json_add_text(metadata, "format", "pt");
    dc_json_add_text(metadata, "producer", "dcomp " DCOMP_VERSION);
    dc_json_add_text(metadata, "dcomp.name", model->name);
    dc_json_add_text(metadata, INTEROP_INPUT_KEY, input);
    dc_json_add_text(metadata, INTEROP_MARKS_KEY, marks);
    return DC_OK;
}

static void add_tensor(dc_json *json, const char *name, const dc_param *param, uint64_t begin)
{
    dc_json *tensor = dc_json_add_object(json, name);
    dc_json_add_text(tensor, "dtype", "F32");
    dc_json *shape = dc_json_add_array(tensor, "shape");
    for (uint32_t i = 0; i < param->shape.n_dims; i++)
        dc_json_add_u64(shape, NULL, param->shape.dims[i]);
    dc_json *offsets = dc_json_add_array(tensor, "data_offsets");
    dc_json_add_u64(offsets, NULL, begin);
    dc_json_add_u64(offsets, NULL, begin + 4 * param->n_values);
}

static dc_status describe(dc_json *json, const dc_model *model, dc_arena *arena)
{
    uint64_t at = 0;
    DC_TRY(add_metadata(json, model, arena));
    for (uint32_t i = 0; i < model->n_params; i++) {
        add_tensor(json, st_name(model, &model->params[i], arena), &model->params[i], at);
        at += 4 * model->params[i].n_values;
    }
    return arena->status;
}

static void write_header(dc_output *out, const char *text)
{
    static const char blanks[8] = "        ";
    const uint64_t n = strcspn(text, "\n"), n_padded = (n + 7) / 8 * 8;
    uint8_t length[8];
    for (uint32_t i = 0; i < 8; i++)
        length[i] = (uint8_t)(n_padded >> 8 * i);
    dc_output_write(out, length, sizeof length);
    dc_output_write(out, text, n);
    dc_output_write(out, blanks, n_padded - n);
}

static dc_status write_safetensors(dc_output *out, const dc_model *model, const char *path)
{
    (void)path;
    dc_arena arena = { 0 };
    char *text = NULL;
    dc_json *json = dc_json_new();
    dc_status status = describe(json, model, &arena);
    if (status == DC_OK)
        status = dc_json_print(&text, json, false);
    dc_json_free(json);
    dc_arena_clear(&arena);
    DC_TRY(status);
    write_header(out, text);
    dc_release(text);
    for (uint32_t i = 0; i < model->n_params; i++)
        interop_write_f32(out, model->params[i].values, model->params[i].n_values);
    return DC_OK;
}

const interop_exporter interop_safetensors_out = {
    .name = "safetensors",
    .ending = ".safetensors",
    .write = write_safetensors,
};
