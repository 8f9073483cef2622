/* SPDX-License-Identifier: MIT
 *
 * import: a network of another program as a model file.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "dcomp/interop.h"
#include "import_input.h"

typedef struct import_options {
    cli_common common;
    cli_output output;
    const char *arch, *class_names, *shape, *zeros;
    cli_input input;
    dc_import_settings import;
} import_options;

static const dc_field import_fields[] = {
    { .name = "arch", .kind = DC_FIELD_INPUT, .offset = offsetof(import_options, arch),
      .help = "the network, for files that hold weights alone (ARCH.json)" },
    { .name = "class_names", .kind = DC_FIELD_INPUT,
      .offset = offsetof(import_options, class_names),
      .help = "file with the name of each output, one a line" },
    { .name = "shape", .kind = DC_FIELD_TEXT, .offset = offsetof(import_options, shape),
      .help = "dims of an ONNX graph's input that are not fixed (1x3x224x224; N: the batch as it "
              "is)" },
    { .name = "output_name", .kind = DC_FIELD_TEXT,
      .offset = offsetof(import_options, import.output),
      .help = "the one to take of an ONNX graph's outputs, default the first" },
    { .name = "zeros", .kind = DC_FIELD_TEXT, .offset = offsetof(import_options, zeros),
      .help = "inputs of an ONNX graph that are taken as zeros, such as the first states of an "
              "LSTM (h0,c0)" },
    { 0 },
};

/* What an import took for pruned or shared: training will keep those zeros zero and those values
 * equal, so the user is shown each layer, and how to have it otherwise. */
#define MANY_ZEROS 0.01 /* share of a layer's weights that is worth a line */
#define CHOICES "auto|always|never"

static const dc_field marks_fields[] = {
    { .name = "keep_zeros", .kind = DC_FIELD_CHOICE,
      .offset = offsetof(dc_import_settings, keep_zeros), .choices = CHOICES,
      .help = "weights that are 0 are pruned and stay 0; auto: as the file says, or a quarter of "
              "a layer" },
    { .name = "keep_shared", .kind = DC_FIELD_CHOICE,
      .offset = offsetof(dc_import_settings, keep_shared), .choices = CHOICES,
      .help = "layers of at most 256 distinct values are shared; auto: as the file says, or few" },
    { 0 },
};

typedef struct findings {
    double zero_share;
    uint32_t n_distinct; /* when shared */
    bool is_worth_a_line;
} findings;

static findings look_at(const dc_param *param)
{
    float codebook[DC_MAX_CODEBOOK];
    findings f = { 0 };
    const uint64_t n_zero = param->n_values - dc_param_n_nonzero(param);
    f.zero_share = (double)n_zero / (double)param->n_values;
    f.is_worth_a_line = param->is_pruned || param->is_shared ||
                        (dc_role_is_weight(param->role) && f.zero_share >= MANY_ZEROS);
    if (param->is_shared)
        (void)dc_codebook_find(codebook, &f.n_distinct, param->values, param->n_values,
                               DC_MAX_CODEBOOK, false);
    return f;
}

static void add_line(dc_document *d, const dc_param *param, const findings *f)
{
    const bool has_zeros = param->is_pruned || f->zero_share >= MANY_ZEROS;
    dc_document_text(d, "%s  ", param->name);
    if (param->is_pruned)
        dc_document_text(d, "%.1f %% zeros taken as pruned", 100 * f->zero_share);
    else if (has_zeros)
        dc_document_text(d, "%.1f %% zeros not taken as pruned (--keep-zeros always keeps them)",
                         100 * f->zero_share);
    if (param->is_shared)
        dc_document_text(d, "%s%u distinct value%s taken as shared", has_zeros ? ", " : "",
                         f->n_distinct, dc_plural(f->n_distinct));
    dc_document_text(d, "\n");
}

/* A line for each parameter that is pruned or shared now, and for each weight whose many zeros are
 * not kept. */
static void add_marks(dc_document *d, const dc_model *model, bool is_shown)
{
    dc_json *marks = dc_json_add_array(d->at, "marks");
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        const findings f = look_at(param);
        if (!f.is_worth_a_line)
            continue;
        dc_json *mark = dc_json_add_object(marks, NULL);
        dc_json_add_text(mark, "name", param->name);
        dc_json_add_bool(mark, "is_pruned", param->is_pruned);
        dc_json_add_bool(mark, "is_shared", param->is_shared);
        dc_json_add_number(mark, "zero_share", f.zero_share);
        if (param->is_shared)
            dc_json_add_u64(mark, "n_distinct", f.n_distinct);
        if (is_shown)
            add_line(d, param, &f);
    }
}

typedef struct counts {
    uint32_t n_layers; /* that have weights */
    uint64_t n_weights, n_nonzero, n_values;
    bool is_small; /* some weights are shared or pruned */
} counts;

static counts count(const dc_model *model)
{
    counts c = { .n_values = dc_model_n_values(model) };
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        if (!dc_role_is_weight(param->role))
            continue;
        c.n_layers++;
        c.n_weights += param->n_values;
        c.n_nonzero += dc_param_n_nonzero(param);
        c.is_small = c.is_small || param->is_shared || param->is_pruned;
    }
    return c;
}

static dc_status add_class_names(dc_model *model, const char *path)
{
    dc_file_view file;
    if (path == NULL)
        return DC_OK;
    DC_TRY(dc_file_open(&file, path, 0));
    dc_file_view text = file;
    dc_status status = dc_text_begin(&text, path);
    if (status == DC_OK)
        status = dc_class_names_read(model, text.data, text.size, path);
    dc_file_close(&file);
    return status;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Names without their folders: what is in a model file should not tell of the machine. */
static dc_status add_history(cli_call *call, dc_model *model, const char *format)
{
    const import_options *o = call->settings;
    char *text = NULL;
    dc_json *json = dc_json_new();
    dc_json_add_text(json, "file", base_name(call->args[0]));
    dc_json_add_text(json, "format", format);
    if (o->arch != NULL)
        dc_json_add_text(json, "arch", base_name(o->arch));
    if (o->shape != NULL)
        dc_json_add_text(json, "shape", o->shape);
    if (o->import.output != NULL)
        dc_json_add_text(json, "output", o->import.output);
    if (o->zeros != NULL)
        dc_json_add_text(json, "zeros", o->zeros);
    if (o->import.keep_zeros != DC_KEEP_AUTO || o->import.keep_shared != DC_KEEP_AUTO)
        dc_record_write(json, &o->import, marks_fields);
    dc_status status = dc_json_print(&text, json, false);
    dc_json_free(json);
    if (status == DC_OK) {
        text[strcspn(text, "\n")] = '\0';
        status = dc_model_add_history(model, "import", text);
    }
    dc_release(text);
    return status;
}

static void add_facts(dc_document *d, const char *output, const char *format,
                      const dc_model *model, const counts *c)
{
    dc_json_add_text(d->at, "output", output);
    dc_json_add_text(d->at, "format", format);
    dc_json_add_text(d->at, "name", model->name);
    dc_input_to_json(dc_json_add_object(d->at, "input"), &model->input);
    dc_json_add_text(d->at, "input_name", dc_model_input_name(model));
    dc_json_add_text(d->at, "output_name", dc_model_output_name(model));
    dc_json_add_u64(d->at, "n_nodes", model->n_nodes);
    cli_add_classes(d, model);
    dc_json_add_u64(d->at, "n_values", c->n_values);
    dc_json_add_u64(d->at, "n_weights", c->n_weights);
    dc_json_add_u64(d->at, "n_nonzero", c->n_nonzero);
}

static dc_status finish(cli_call *call, dc_model *model, const char *format)
{
    const import_options *o = call->settings;
    DC_TRY(cli_input_apply(&model->input, &o->input, &call->arena));
    DC_TRY(add_class_names(model, o->class_names));
    DC_TRY(add_history(call, model, format));
    const counts c = count(model);
    const bool is_quiet = call->common->is_quiet;
    const dc_write_settings write = { .level = c.is_small ? DC_LEVEL_CODED : DC_LEVEL_DENSE };
    char weights[DC_TEXT_COUNT_BYTES], nonzero[DC_TEXT_COUNT_BYTES];
    dc_ledger ledger;
    DC_TRY(dc_model_write(o->output.path, model, &write, o->output.may_replace, &ledger,
                          &call->arena));
    dc_document *d = cli_document(call, "import");
    add_facts(d, o->output.path, format, model, &c);
    if (!is_quiet)
        dc_document_text(d, "%s  %s, %u layer%s, %s weight%s, %s of them not 0\ninput  %s%s\n",
                         call->args[0], format, c.n_layers, dc_plural(c.n_layers),
                         dc_text_count(weights, c.n_weights), dc_plural(c.n_weights),
                         dc_text_count(nonzero, c.n_nonzero),
                         dc_input_text(&model->input, &call->arena),
                         cli_input_is_raw(&model->input)
                             ? ", pixels as they are (0..255): see --input" : "");
    add_marks(d, model, !is_quiet);
    cli_add_ledger(d, &ledger, call->common->is_verbose && !is_quiet);
    cli_add_written(d, o->output.path, &ledger, "");
    return cli_show(call);
}

/* "1x3x224x224", or "Nx3x224x224" for a free batch. */
static dc_status read_shape(dc_import_settings *import, const char *text)
{
    if (text == NULL)
        return DC_OK;
    const char *at = text;
    import->n_dims = 0;
    do {
        char *end = NULL;
        const bool is_free = import->n_dims < 2 && (*at == 'N' || *at == 'n');
        const unsigned long long dim = isdigit((unsigned char)*at) ? strtoull(at, &end, 10) : 0;
        at = is_free ? at + 1 : end;
        if ((dim == 0 && !is_free) || dim > UINT32_MAX || import->n_dims == DC_IMPORT_MAX_DIMS ||
            (*at != 'x' && *at != '\0'))
            return dc_fail(DC_EINPUT,
                           "'--shape' takes dims with x between them, the batch first "
                           "(1x3x224x224, N: as it is), not '%.80s'",
                           text);
        import->dims[import->n_dims++] = (uint32_t)dim;
    } while (*at++ == 'x');
    return DC_OK;
}

/* "h0,c0" */
static dc_status read_zeros(dc_import_settings *import, const char *text, dc_arena *arena)
{
    uint32_t n_names = 1;
    if (text == NULL)
        return DC_OK;
    for (const char *at = text; *at != '\0'; at++)
        n_names += *at == ',';
    const char **names = dc_arena_take(arena, n_names, sizeof *names);
    DC_TRY(arena->status);
    for (const char *at = text; import->n_zeros < n_names; at += strcspn(at, ",") + 1)
        names[import->n_zeros++] = dc_arena_print(arena, "%.*s", (int)strcspn(at, ","), at);
    import->zeros = names;
    return arena->status;
}

static dc_status complete(cli_call *call)
{
    import_options *o = call->settings;
    const char *path = call->args[0];
    if (strcmp(path, "-") == 0)
        return dc_fail(DC_EINPUT, "an import needs a file with a name, not standard input");
    if (o->output.path == NULL)
        o->output.path = cli_beside(path, ".bin", &call->arena);
    DC_TRY(call->arena.status);
    DC_TRY(read_zeros(&o->import, o->zeros, &call->arena));
    return read_shape(&o->import, o->shape);
}

static dc_status run(cli_call *call)
{
    const import_options *o = call->settings;
    const char *path = call->args[0], *format;
    dc_model *model = NULL;
    DC_TRY(cli_check_foreign(path));
    DC_TRY(dc_import_format(&format, path));
    if (o->arch != NULL)
        DC_TRY(cli_read_arch(&model, o->arch, "'dcomp export -o ARCH.json' writes its own"));
    dc_status status = dc_import_with(&model, path, &o->import);
    if (status == DC_OK)
        status = finish(call, model, format);
    dc_model_free(model);
    return status;
}

static void set_defaults(void *settings)
{
    *(import_options *)settings = (import_options){ .input = cli_input_defaults(),
                                                .import = dc_import_defaults() };
}

const cli_command cli_import = {
    .name = "import",
    .summary = "a network of another program (ONNX, safetensors, .net) as a model file",
    .usage = "FILE [-o MODEL] [--arch ARCH.json] [options]",
    .details = "Weights are taken over bit for bit. Options about the input override what the "
               "file or the\n"
               "architecture says; without any, pixels are taken as they are. What is pruned or "
               "shared\nwhen training goes on is shown. The default output is FILE's name with "
               "the ending .bin.",
    .example = "dcomp import resnet18.onnx -o resnet18.bin --input torchvision",
    .min_args = 1,
    .max_args = 1,
    .settings_bytes = sizeof(import_options),
    .set_defaults = set_defaults,
    .parts = { { "network", import_fields, 0 },
               { "weights", marks_fields, offsetof(import_options, import) },
               { "input", cli_input_fields, offsetof(import_options, input) },
               { "output", cli_output_fields, offsetof(import_options, output) } },
    .complete = complete,
    .run = run,
};
