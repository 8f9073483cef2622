/* SPDX-License-Identifier: MIT
 *
 * What commands share: the options they all have, checks of outputs, and how results are printed.
 */
#include <math.h>
#include <string.h>

#include "cli.h"

const dc_field cli_common_fields[] = {
    { .name = "jobs", .kind = DC_FIELD_U32, .offset = offsetof(cli_common, jobs), .max = 1024,
      .help = "threads to use; 0: all cores", .short_name = 'j' },
    { .name = "quiet", .kind = DC_FIELD_BOOL, .offset = offsetof(cli_common, is_quiet),
      .help = "no notes, warnings or progress; one line of a model that was written",
      .short_name = 'q' },
    { .name = "verbose", .kind = DC_FIELD_BOOL, .offset = offsetof(cli_common, is_verbose),
      .help = "say more", .short_name = 'v' },
    { .name = "json", .kind = DC_FIELD_BOOL, .offset = offsetof(cli_common, is_json),
      .help = "one JSON object on standard output" },
    { .name = "format", .kind = DC_FIELD_CHOICE, .offset = offsetof(cli_common, format),
      .choices = dc_renderer_names, .help = "form of what is printed on standard output" },
    { .name = "progress", .kind = DC_FIELD_CHOICE, .offset = offsetof(cli_common, progress),
      .choices = "auto|always|never",
      .help = "progress on standard error; auto: a line that updates on a terminal, else one in "
              "30 s" },
    { .name = "cpu", .kind = DC_FIELD_TEXT, .offset = offsetof(cli_common, cpu),
      .help = "highest kernel level: ref, avx2, avx512, native" },
    { .name = "backend", .kind = DC_FIELD_TEXT, .offset = offsetof(cli_common, backend),
      .help = "what computes layers: ref, onednn, auto" },
    { .name = "memory_limit", .kind = DC_FIELD_U64, .offset = offsetof(cli_common, memory_limit),
      .unit = "bytes", .min = 1, .max = INFINITY,
      .help = "most memory to take (500M, 2G), all of which a file may ask for; default: 3/4 of "
              "the machine's, and 1,000 bytes for each byte of a file" },
    { 0 },
};

const dc_field cli_output_fields[] = {
    { .name = "output", .kind = DC_FIELD_OUTPUT, .offset = offsetof(cli_output, path),
      .help = "file to write", .short_name = 'o' },
    { .name = "force", .kind = DC_FIELD_BOOL, .offset = offsetof(cli_output, may_replace),
      .help = "replace the output if it exists", .short_name = 'f' },
    { 0 },
};

dc_document *cli_document(cli_call *call, const char *name)
{
    const char *schema = dc_arena_print(&call->arena, "dcomp.%s/1", name);
    const char *title = dc_arena_print(&call->arena, "dcomp %s", call->command->name);
    dc_document_init(&call->document, title, schema, &call->arena);
    return &call->document;
}

const char *cli_add_classes(dc_document *d, const dc_model *model)
{
    const uint32_t n_classes = dc_model_n_classes(model), n_outputs = dc_model_n_outputs(model);
    const dc_shape *shape = &model->nodes[model->n_nodes - 1].shape;
    const bool has_steps = shape->n_dims == 2 && shape->dims[0] > 1 && shape->dims[1] > 1;
    const uint32_t n_steps = has_steps ? shape->dims[0] : 1;
    const uint32_t n_each = has_steps ? n_outputs / n_steps : n_classes;
    dc_json_add_u64(d->at, "n_classes", n_classes);
    dc_json_add_u64(d->at, "n_steps", n_steps);
    dc_json_add_u64(d->at, "n_classes_per_step", n_each);
    return has_steps ? dc_arena_print(d->arena, "%u classes at each of %u steps", n_each, n_steps)
                     : dc_arena_print(d->arena, "%u classes", n_classes);
}

dc_status cli_show(cli_call *call)
{
    DC_TRY(dc_document_draw(&call->document, cli_may_replace(call)));
    dc_writer out;
    dc_writer_init(&out, UINT64_MAX);
    const dc_status status = dc_document_render(&out, &call->document, call->common->format);
    if (status == DC_OK)
        fwrite(out.data, 1, out.size, stdout);
    dc_writer_clear(&out);
    return status;
}

bool cli_is_for_people(const cli_call *call)
{
    return dc_renderer_at(call->common->format)->form == DC_FOR_PEOPLE;
}

uint32_t cli_format_for(uint32_t form)
{
    uint32_t i = 0;
    while (dc_renderer_at(i)->form != form)
        i++;
    return i;
}

dc_status cli_check_dump(dc_data_settings *data, bool may_replace)
{
    data->may_replace = may_replace;
    if (data->dump_input != NULL && data->data == NULL)
        return dc_fail(DC_EINPUT, "'--dump-input' needs '--data'");
    return DC_OK;
}

dc_status cli_check_engine(const cli_call *call, uint32_t index)
{
    const dc_engine *engine = dc_engine_at(index);
    const char *backend = call->common->backend; /* "auto" is another thing among engines */
    const dc_engine *other = backend != NULL ? dc_engine_named(backend) : NULL;
    if (engine->is_backend && other != NULL && other->is_backend && other != engine)
        return dc_fail(DC_EINPUT, "'--engine %s' and '--backend %s' exclude each other",
                       engine->name, other->name);
    return DC_OK;
}

const char *cli_beside(const char *path, const char *ending, dc_arena *arena)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t n = strlen(path);
    if (dot != NULL && dot != path && (slash == NULL || dot > slash + 1))
        n = (size_t)(dot - path);
    return dc_arena_print(arena, "%.*s%s", (int)n, path, ending);
}

dc_status cli_read_model(dc_model **out, cli_call *call, const char *path)
{
    return dc_model_read(out, path, DC_READ_DENSE, 0, NULL, &call->arena);
}

dc_status cli_read_model_for(dc_model **out, cli_call *call, const char *path, uint32_t engine)
{
    const bool is_packed = dc_engine_at(engine)->takes_packed;
    return dc_model_read(out, path, is_packed ? DC_READ_TO_RUN : DC_READ_DENSE, 0, NULL,
                         &call->arena);
}

dc_status cli_read_arch(dc_model **out, const char *path, const char *advice)
{
    dc_json *json;
    DC_TRY(cli_check_json(path, "an architecture (ARCH.json)", advice));
    DC_TRY(dc_json_read(&json, path));
    const dc_status status = dc_model_from_arch(out, json, path);
    dc_json_free(json);
    return status;
}
