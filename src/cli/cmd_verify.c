/* SPDX-License-Identifier: MIT
 *
 * verify: a deep check of a file; damage gives exit code 1 and one line a finding. diff: two files
 * layer by layer.
 */
#include <math.h>
#include <string.h>

#include "cli.h"

static const dc_field finding_fields[] = {
    { .name = "offset", .kind = DC_FIELD_U64, .offset = offsetof(dc_finding, offset) },
    { .name = "text", .kind = DC_FIELD_TEXT, .offset = offsetof(dc_finding, text) },
    { 0 },
};

static dc_status run_verify(cli_call *call)
{
    dc_finding *findings;
    uint32_t n;
    DC_TRY(dc_verify(&findings, &n, call->args[0], &call->arena));
    call->is_unmet = n > 0;
    dc_document *d = cli_document(call, "verify");
    dc_json_add_bool(d->at, "is_sound", n == 0);
    for (uint32_t i = 0; i < n; i++)
        dc_document_text(d, "%s: offset %llu: %s\n", call->args[0],
                         (unsigned long long)findings[i].offset, findings[i].text);
    if (n == 0)
        dc_document_text(d, "%s: sound\n", call->args[0]);
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PROGRAMS, .title = "findings",
                                      .key = "findings", .fields = finding_fields,
                                      .rows = findings, .row_bytes = sizeof *findings,
                                      .n_rows = n });
    return cli_show(call);
}

typedef struct diff_row {
    dc_param_diff diff;
    const char *names; /* of both, where they differ */
} diff_row;

#define DIFF(member) offsetof(diff_row, diff.member)

static const dc_field diff_fields[] = {
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = DIFF(name) },
    { .name = "name_b", .kind = DC_FIELD_TEXT, .offset = DIFF(name_b), .may_be_absent = true },
    { .name = "", .kind = DC_FIELD_TEXT, .offset = offsetof(diff_row, names),
      .title = "parameter" },
    { .name = "density_a", .kind = DC_FIELD_NUMBER, .offset = DIFF(density_a),
      .title = "density % A", .scale = 100, .n_decimals = 2 },
    { .name = "density_b", .kind = DC_FIELD_NUMBER, .offset = DIFF(density_b), .title = "B",
      .scale = 100, .n_decimals = 2 },
    { .name = "bits_a", .kind = DC_FIELD_NUMBER, .offset = DIFF(bits_a), .title = "bits A",
      .n_decimals = 2 },
    { .name = "bits_b", .kind = DC_FIELD_NUMBER, .offset = DIFF(bits_b), .title = "B",
      .n_decimals = 2 },
    { .name = "max_difference", .kind = DC_FIELD_NUMBER, .offset = DIFF(max_difference),
      .title = "max difference", .n_decimals = 6 },
    { .name = "rms_difference", .kind = DC_FIELD_NUMBER, .offset = DIFF(rms_difference),
      .title = "RMS difference", .n_decimals = 6 },
    { 0 },
};

typedef struct summary_row {
    const char *paired_by;
    dc_diff_summary s;
} summary_row;

#define COUNT(key, member)                                                                         \
    { .name = key, .kind = DC_FIELD_U32, .offset = offsetof(summary_row, s.member) }

static const dc_field summary_fields[] = {
    { .name = "paired_by", .kind = DC_FIELD_TEXT, .offset = offsetof(summary_row, paired_by) },
    COUNT("n_layers_compared", n_layers),
    COUNT("n_layers_resized", n_resized),
    COUNT("n_layers_unlike", n_unlike),
    COUNT("n_layers_only_a", n_only_a),
    COUNT("n_layers_only_b", n_only_b),
    { 0 },
};

/* One line; what there is none of is left out. */
static void add_summary(dc_document *d, const summary_row *row)
{
    const dc_diff_summary *s = &row->s;
    dc_document_text(d, "%u layer%s compared by %s", s->n_layers, dc_plural(s->n_layers),
                     row->paired_by);
    if (s->n_resized > 0)
        dc_document_text(d, ", %u of them without the weights: one file has fewer neurons",
                         s->n_resized);
    if (s->n_unlike > 0)
        dc_document_text(d, ", %u of other shapes", s->n_unlike);
    if (s->n_only_a > 0)
        dc_document_text(d, ", %u only in A", s->n_only_a);
    if (s->n_only_b > 0)
        dc_document_text(d, ", %u only in B", s->n_only_b);
    dc_document_text(d, "\n");
}

static dc_status show_diff(cli_call *call, const dc_param_diff *diffs, uint32_t n,
                           const summary_row *summary)
{
    dc_document *d = cli_document(call, "diff");
    diff_row *rows = dc_arena_take(&call->arena, n, sizeof *rows);
    diff_row *columns = dc_arena_take(&call->arena, n, sizeof *columns); /* of CSV */
    DC_TRY(call->arena.status);
    for (uint32_t i = 0; i < n; i++) {
        const char *a = diffs[i].name, *b = diffs[i].name_b;
        const bool is_one = b == NULL || strcmp(a, b) == 0;
        rows[i] = (diff_row){ diffs[i],
                              is_one ? a : dc_arena_print(&call->arena, "%s = %s", a, b) };
        columns[i] = rows[i];
        if (isnan(diffs[i].density_a)) /* only B has it; in JSON `name` is B's then */
            columns[i].diff.name = NULL;
    }
    dc_document_text(d, "A %s\nB %s\n", call->args[0], call->args[1]);
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PROGRAMS, .title = "summary",
                                      .fields = summary_fields, .rows = summary,
                                      .is_record = true });
    dc_section s = { .forms = DC_FOR_PEOPLE | DC_FOR_JSON, .title = "parameters",
                     .key = "parameters", .fields = diff_fields, .rows = rows,
                     .row_bytes = sizeof *rows, .n_rows = n };
    dc_document_add(d, &s);
    s.forms = DC_FOR_CSV;
    s.rows = columns;
    dc_document_add(d, &s);
    add_summary(d, summary);
    return cli_show(call);
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
    return show_diff(call, rows, n,
                     &(summary_row){ summary.is_by_order ? "order" : "name", summary });
}

const cli_command cli_verify = {
    .name = "verify",
    .summary = "check a model file deeply",
    .usage = "MODEL [options]",
    .example = "dcomp verify small.dcm",
    .min_args = 1,
    .max_args = 1,
    .settings_bytes = sizeof(cli_common),
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
    .settings_bytes = sizeof(cli_common),
    .run = run_diff,
};
