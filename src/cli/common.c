/* SPDX-License-Identifier: MIT
 *
 * What commands share: the options they all have, checks of outputs, and the ledger as text and
 * JSON.
 */
#include <math.h>
#include <stdlib.h>
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

dc_status cli_print_json(dc_json *json)
{
    char *text = NULL;
    const dc_status status = dc_json_print(&text, json, true);
    dc_json_free(json);
    if (status < 0)
        return status;
    fputs(text, stdout);
    dc_release(text);
    return DC_OK;
}

dc_json *cli_json_new(const cli_call *call)
{
    char schema[64];
    dc_json *json = dc_json_new();
    snprintf(schema, sizeof schema, "dcomp.%s/1", call->command->name);
    dc_json_add_text(json, "schema", schema);
    return json;
}

dc_status cli_check_dump(dc_data_settings *data, bool may_replace)
{
    data->replaces = may_replace;
    if (data->dump_input != NULL && data->data == NULL)
        return dc_fail(DC_EINPUT, "'dump-input' says nothing without 'data'");
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

dc_status cli_read_arch(dc_model **out, const char *path, const char *advice)
{
    dc_json *json;
    DC_TRY(cli_check_json(path, "an architecture (ARCH.json)", advice));
    DC_TRY(dc_json_read(&json, path));
    const dc_status status = dc_model_from_arch(out, json, path);
    dc_json_free(json);
    return status;
}

static double share(double part, uint64_t whole)
{
    return whole > 0 ? part / (double)whole : 0;
}

/* The coders of which the ledger shows what they take, beside the entropy: the usual ones, and
 * those that a weight of the file is stored with. The raw one's is the width, shown anyway. */
static uint32_t shown_coders(const dc_ledger *ledger)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++)
        mask |= dc_coder_at(i)->is_usual ? 1u << dc_coder_at(i)->id : 0;
    for (uint32_t i = 0; i < ledger->n_params; i++)
        if (ledger->params[i].role == DC_ROLE_WEIGHT)
            mask |= 1u << ledger->params[i].codes.coder_id | 1u << ledger->params[i].gaps.coder_id;
    return mask & ~(1u << DC_CODER_RAW);
}

static bool is_shown(const dc_coder *coder, uint32_t shown)
{
    return (shown >> coder->id & 1u) != 0;
}

/* entropy_bits_per_weight, huffman_bits_per_weight, ..., bits_per_weight_coded; or gaps. */
static void json_stream(dc_json *row, const dc_stream_info *s, const char *what,
                        uint32_t shown)
{
    char key[64];
    snprintf(key, sizeof key, "entropy_bits_per_%s", what);
    dc_json_add_number(row, key, s->entropy_bits);
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++) {
        const dc_coder *coder = dc_coder_at(i);
        snprintf(key, sizeof key, "%s_bits_per_%s", coder->name, what);
        if (is_shown(coder, shown))
            dc_json_add_number(row, key, s->coder_bits[coder->id]);
    }
    snprintf(key, sizeof key, "bits_per_%s_coded", what);
    dc_json_add_number(row, key, 8 * share((double)s->total_bytes, s->n_symbols_coded));
}

static void json_layer(dc_json *array, const dc_param_info *info, uint32_t shown)
{
    dc_json *row = dc_json_add_object(array, NULL);
    dc_json_add_text(row, "name", info->layer);
    dc_json_add_text(row, "kind", dc_op_kind_of(info->op)->name);
    dc_json_add_text(row, "encoding", info->stored_as);
    dc_json_add_u64(row, "weights", info->n_values);
    dc_json_add_u64(row, "nonzero", info->n_nonzero);
    dc_json_add_u64(row, "entries", info->n_entries);
    dc_json_add_number(row, "density", share((double)info->n_nonzero, info->n_values));
    dc_json_add_u64(row, "weight_bits", info->code_bits);
    dc_json_add_u64(row, "index_bits", info->gap_bits);
    dc_json_add_u64(row, "codebook", info->n_codebook);
    json_stream(row, &info->codes, "weight", shown);
    json_stream(row, &info->gaps, "gap", shown);
    dc_json_add_u64(row, "bytes", info->total_bytes);
}

void cli_json_ledger(dc_json *json, const dc_ledger *ledger)
{
    dc_json_add_u64(json, "reference_bytes", ledger->reference_bytes);
    dc_json_add_u64(json, "file_bytes", ledger->file_bytes);
    dc_json_add_number(json, "ratio", share((double)ledger->reference_bytes, ledger->file_bytes));
    dc_json *layers = dc_json_add_array(json, "layers");
    const uint32_t shown = shown_coders(ledger);
    for (uint32_t i = 0; i < ledger->n_params; i++)
        if (ledger->params[i].role == DC_ROLE_WEIGHT)
            json_layer(layers, &ledger->params[i], shown);
    dc_json *parts = dc_json_add_object(json, "ledger");
    for (uint32_t i = 0; i < DC_LEDGER_PARTS; i++) {
        const char *name;
        uint64_t bytes;
        dc_ledger_part(&name, &bytes, ledger, i);
        dc_json_add_u64(parts, name, bytes);
    }
}

static void bits_cell(dc_table *t, double bits, bool is_known)
{
    if (is_known)
        dc_table_number(t, bits, 2);
    else
        dc_table_text(t, "");
}

/* One stream: its width, its entropy, what coders take and what is in the file, side by side. */
static void stream_cells(dc_table *t, const dc_stream_info *s, uint32_t n_raw_bits,
                         uint32_t shown)
{
    const bool is_there = s->n_symbols_coded > 0;
    if (n_raw_bits > 0)
        dc_table_u64(t, n_raw_bits);
    else
        dc_table_text(t, "");
    bits_cell(t, s->entropy_bits, is_there);
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++) {
        const dc_coder *coder = dc_coder_at(i);
        if (is_shown(coder, shown))
            bits_cell(t, s->coder_bits[coder->id],
                      is_there && (coder->is_by_counts || s->coder_id == coder->id));
    }
    bits_cell(t, 8 * share((double)s->total_bytes, s->n_symbols_coded), is_there);
}

/* Weights, density, bytes and their share of float32. */
static void size_cells(dc_table *t, const dc_param_info *p)
{
    dc_table_u64(t, p->n_values);
    dc_table_number(t, 100 * share((double)p->n_nonzero, p->n_values), 2);
    dc_table_u64(t, p->total_bytes);
    dc_table_number(t, 100 * share((double)p->total_bytes, 4 * p->n_values), 2);
}

static uint32_t stream_columns(const char **columns, uint32_t n, uint32_t shown)
{
    columns[n++] = "raw";
    columns[n++] = "entropy";
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++)
        if (is_shown(dc_coder_at(i), shown))
            columns[n++] = dc_coder_at(i)->name;
    columns[n++] = "file";
    return n;
}

/* Columns of the layer, then of codes and of gaps. */
static dc_table *layer_table(uint32_t shown, dc_arena *arena)
{
    static const char *const of_layer[] = { "<layer", "<shape",   "weights",   "density %",
                                            "bytes",  "% of f32", "<stored as" };
    const char *columns[DC_COUNT_OF(of_layer) + 2 * (3 + DC_MAX_CODERS)];
    memcpy(columns, of_layer, sizeof of_layer);
    const uint32_t n_layer = DC_COUNT_OF(of_layer);
    const uint32_t n_codes = stream_columns(columns, n_layer, shown) - n_layer;
    const uint32_t n_all = stream_columns(columns, n_layer + n_codes, shown);
    dc_table *t = dc_table_new(arena, columns, n_all);
    dc_table_group(t, n_layer, n_codes, "codes [bits]");
    dc_table_group(t, n_layer + n_codes, n_codes, "gaps [bits]");
    return t;
}

static void print_layers(const dc_ledger *ledger, dc_arena *arena)
{
    const uint32_t shown = shown_coders(ledger);
    dc_table *t = layer_table(shown, arena);
    dc_param_info all = { .n_values = 0 };
    uint32_t n_layers = 0;
    for (uint32_t i = 0; i < ledger->n_params; i++) {
        const dc_param_info *p = &ledger->params[i];
        if (p->role != DC_ROLE_WEIGHT)
            continue;
        dc_table_text(t, p->layer);
        dc_table_text(t, dc_shape_text(&p->shape, arena));
        size_cells(t, p);
        dc_table_text(t, p->stored_as);
        stream_cells(t, &p->codes, p->code_bits, shown);
        stream_cells(t, &p->gaps, p->gap_bits, shown);
        all.n_values += p->n_values;
        all.n_nonzero += p->n_nonzero;
        all.total_bytes += p->total_bytes;
        n_layers++;
    }
    if (n_layers > 1) {
        dc_table_rule(t);
        dc_table_text(t, "all");
        dc_table_text(t, "");
        size_cells(t, &all);
    }
    fputs(dc_table_render(t), stdout);
}

void cli_print_ledger(cli_call *call, const dc_ledger *ledger)
{
    static const char *const columns[] = { "<section", "bytes", "%" };
    dc_arena *arena = &call->arena;
    print_layers(ledger, arena);
    dc_table *t = dc_table_new(arena, columns, DC_COUNT_OF(columns));
    for (uint32_t i = 0; i < DC_LEDGER_PARTS; i++) {
        const char *name;
        uint64_t n_bytes;
        dc_ledger_part(&name, &n_bytes, ledger, i);
        dc_table_text(t, name);
        dc_table_u64(t, n_bytes);
        dc_table_number(t, 100 * share((double)n_bytes, ledger->file_bytes), 1);
    }
    dc_table_rule(t);
    dc_table_text(t, "file");
    dc_table_u64(t, ledger->file_bytes);
    dc_table_number(t, 100, 1);
    char bytes[DC_TEXT_COUNT_BYTES];
    cli_say("\n%s\nreference (dense float32)  %s bytes, %.1fx\n", dc_table_render(t),
           dc_text_count(bytes, ledger->reference_bytes),
           share((double)ledger->reference_bytes, ledger->file_bytes));
}

void cli_print_eval(const dc_eval_result *result)
{
    char loss[CLI_TEXT_BYTES], rate[CLI_TEXT_BYTES];
    if (result->is_labelled)
        cli_say("top-1 %.2f %%  top-5 %.2f %%  loss %s  ", result->top1, result->top5,
               cli_loss_text(loss, result->loss));
    cli_say("%llu sample%s in %.2f s (%s, %s)", (unsigned long long)result->n_samples,
           dc_plural(result->n_samples), result->seconds,
           cli_rate_text(rate, result->images_per_second), result->engine);
    if (result->n_skipped > 0)
        cli_say(", %llu could not be read", (unsigned long long)result->n_skipped);
    if (result->n_not_finite > 0)
        cli_say(", %llu with outputs that are not finite",
               (unsigned long long)result->n_not_finite);
    cli_say("\n");
}

void cli_print_written(const char *path, const dc_ledger *ledger, const char *more)
{
    char bytes[DC_TEXT_COUNT_BYTES];
    cli_say("%s  %s bytes, %.1fx%s\n", path, dc_text_count(bytes, ledger->file_bytes),
           share((double)ledger->reference_bytes, ledger->file_bytes), more);
}
