/* SPDX-License-Identifier: MIT
 *
 * verify: a deep check of a file; damage gives exit code 1 and one line a finding. diff: two files
 * layer by layer.
 */
#include <string.h>

#include "command_rows.h"

typedef struct plain_options {
    cli_common common;
} plain_options;

static void set_defaults(const cli_command *command, void *settings)
{
    (void)command;
    *(plain_options *)settings = (plain_options){ 0 };
}

static dc_status verify_json(cli_call *call, const dc_finding *findings, uint32_t n)
{
    dc_json *json = cli_json_new(call);
    dc_json_add_bool(json, "is_sound", n == 0);
    dc_json *array = dc_json_add_array(json, "findings");
    for (uint32_t i = 0; i < n; i++) {
        dc_json *row = dc_json_add_object(array, NULL);
        dc_json_add_u64(row, "offset", findings[i].offset);
        dc_json_add_text(row, "text", findings[i].text);
    }
    return cli_print_json(json);
}

static dc_status run_verify(cli_call *call)
{
    dc_finding *findings;
    uint32_t n;
    DC_TRY(dc_verify(&findings, &n, call->args[0], &call->arena));
    call->is_unmet = n > 0;
    if (call->common->is_json)
        return verify_json(call, findings, n);
    for (uint32_t i = 0; i < n; i++)
        cli_say("%s: offset %llu: %s\n", call->args[0], (unsigned long long)findings[i].offset,
               findings[i].text);
    if (n == 0)
        cli_say("%s: sound\n", call->args[0]);
    return DC_OK;
}

static dc_status diff_json(cli_call *call, const dc_param_diff *rows, uint32_t n,
                           const dc_diff_summary *s)
{
    dc_json *json = cli_json_new(call);
    dc_json_add_text(json, "paired_by", s->is_by_order ? "order" : "name");
    dc_json_add_u64(json, "n_layers_compared", s->n_layers);
    dc_json_add_u64(json, "n_layers_resized", s->n_resized);
    dc_json_add_u64(json, "n_layers_unlike", s->n_unlike);
    dc_json_add_u64(json, "n_layers_only_a", s->n_only_a);
    dc_json_add_u64(json, "n_layers_only_b", s->n_only_b);
    dc_json *array = dc_json_add_array(json, "parameters");
    for (uint32_t i = 0; i < n; i++) {
        dc_json *row = dc_json_add_object(array, NULL);
        dc_json_add_text(row, "name", rows[i].name);
        if (rows[i].name_b != NULL)
            dc_json_add_text(row, "name_b", rows[i].name_b);
        dc_json_add_number(row, "density_a", rows[i].density_a);
        dc_json_add_number(row, "density_b", rows[i].density_b);
        dc_json_add_number(row, "bits_a", rows[i].bits_a);
        dc_json_add_number(row, "bits_b", rows[i].bits_b);
        dc_json_add_number(row, "max_difference", rows[i].max_difference);
        dc_json_add_number(row, "rms_difference", rows[i].rms_difference);
    }
    return cli_print_json(json);
}

/* One line; what there is none of is not said. */
static void print_summary(const dc_diff_summary *s)
{
    cli_say("%u layer%s compared by %s", s->n_layers, dc_plural(s->n_layers),
           s->is_by_order ? "order" : "name");
    if (s->n_resized > 0)
        cli_say(", %u of them without the weights: one file has fewer neurons", s->n_resized);
    if (s->n_unlike > 0)
        cli_say(", %u of other shapes", s->n_unlike);
    if (s->n_only_a > 0)
        cli_say(", %u only in A", s->n_only_a);
    if (s->n_only_b > 0)
        cli_say(", %u only in B", s->n_only_b);
    cli_say("\n");
}

static void print_rows(cli_call *call, const dc_param_diff *rows, uint32_t n)
{
    static const char *const columns[] = { "<parameter",     "density % A",   "B", "bits A", "B",
                                           "max difference", "RMS difference" };
    dc_table *t = dc_table_new(&call->arena, columns, DC_COUNT_OF(columns));
    for (uint32_t i = 0; i < n; i++) {
        if (rows[i].name_b == NULL || strcmp(rows[i].name, rows[i].name_b) == 0)
            dc_table_text(t, rows[i].name);
        else
            dc_table_print(t, "%s = %s", rows[i].name, rows[i].name_b);
        dc_table_number(t, 100 * rows[i].density_a, 2);
        dc_table_number(t, 100 * rows[i].density_b, 2);
        dc_table_number(t, rows[i].bits_a, 2);
        dc_table_number(t, rows[i].bits_b, 2);
        dc_table_number(t, rows[i].max_difference, 6);
        dc_table_number(t, rows[i].rms_difference, 6);
    }
    cli_say("A %s\nB %s\n%s", call->args[0], call->args[1], dc_table_render(t));
}

static dc_status run_diff(cli_call *call)
{
    dc_param_diff *rows;
    dc_diff_summary summary;
    uint32_t n;
    DC_TRY(dc_model_diff(&rows, &n, &summary, call->args[0], call->args[1], &call->arena));
    if (summary.n_layers == 0)
        cli_unmet(call, "nothing to compare: '%s' and '%s' are different networks", call->args[0],
                  call->args[1]);
    if (call->common->is_json)
        return diff_json(call, rows, n, &summary);
    print_rows(call, rows, n);
    print_summary(&summary);
    return DC_OK;
}

const cli_command cli_verify = {
    .name = "verify",
    .summary = "check a model file deeply",
    .usage = "MODEL [options]",
    .example = "dcomp verify small.dcm",
    .min_args = 1,
    .max_args = 1,
    .settings_bytes = sizeof(plain_options),
    .common_offset = offsetof(plain_options, common),
    .set_defaults = set_defaults,
    .parts = { { "common", cli_common_fields, offsetof(plain_options, common) },
               { NULL, NULL, 0 } },
    .run = run_verify,
};

const cli_command cli_diff = {
    .name = "diff",
    .summary = "two model files compared, layer by layer",
    .usage = "A B [options]",
    .details = "Density and stored bits per weight of each parameter in both files, and the "
               "largest and the\n"
               "root-mean-square difference of their weights.",
    .example = "dcomp diff model.bin small.dcm",
    .min_args = 2,
    .max_args = 2,
    .settings_bytes = sizeof(plain_options),
    .common_offset = offsetof(plain_options, common),
    .set_defaults = set_defaults,
    .parts = { { "common", cli_common_fields, offsetof(plain_options, common) },
               { NULL, NULL, 0 } },
    .run = run_diff,
};
