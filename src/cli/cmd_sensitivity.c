/* SPDX-License-Identifier: MIT
 *
 * sensitivity: each layer alone pruned to several densities, scored on the validation part
 * [NIPS15]: a table, a chart, and the densities that a stated drop allows.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define MAX_DENSITIES 64

typedef struct scan_options {
    cli_common common;
    dc_data_settings data;
    const char *layers, *densities, *plot;
    double max_drop;
    bool may_replace;
} scan_options;

static const dc_field scan_fields[] = {
    { .name = "layers", .kind = DC_FIELD_TEXT, .offset = offsetof(scan_options, layers),
      .help = "pattern of the layers to scan" },
    { .name = "densities", .kind = DC_FIELD_TEXT, .offset = offsetof(scan_options, densities),
      .help = "densities to try, with commas" },
    { .name = "max_drop", .kind = DC_FIELD_NUMBER, .offset = offsetof(scan_options, max_drop),
      .unit = "points", .min = -100, .max = 100,
      .help = "print the least densities that each cost no more; below 0: that gain so much" },
    { .name = "plot", .kind = DC_FIELD_OUTPUT, .offset = offsetof(scan_options, plot),
      .choices = "png", .help = "draw error against density to this PNG file" },
    { .name = "force", .kind = DC_FIELD_BOOL, .offset = offsetof(scan_options, may_replace),
      .help = "replace the plot if it exists", .short_name = 'f' },
    { 0 },
};

/* The payload are the samples to validate with. */
static dc_status score(void *payload, dc_score *out, const dc_model *model)
{
    return dc_evaluate(out, model, payload, dc_eval_batch(model), DC_PRECISION_F32);
}

static dc_status parse_densities(double *out, uint32_t *n_out, const char *text)
{
    uint32_t n = 0;
    for (const char *at = text; *at != '\0';) {
        char *end;
        const double value = strtod(at, &end);
        if (end == at || (*end != ',' && *end != '\0') || !(value > 0 && value <= 1))
            return dc_fail(DC_EINPUT, "densities are numbers in (0, 1] with commas, not '%s'",
                           text);
        if (n == MAX_DENSITIES)
            return dc_fail(DC_EINPUT, "more than %d densities", MAX_DENSITIES);
        out[n++] = value;
        at = *end == ',' ? end + 1 : end;
    }
    *n_out = n;
    return n > 0 ? DC_OK : dc_fail(DC_EINPUT, "no densities");
}

typedef struct point {
    const char *layer;
    double density, top1_error, loss;
} point;

static const dc_field point_fields[] = {
    { .name = "layer", .kind = DC_FIELD_TEXT, .offset = offsetof(point, layer) },
    { .name = "density", .kind = DC_FIELD_NUMBER, .offset = offsetof(point, density) },
    { .name = "top1_error", .kind = DC_FIELD_NUMBER, .offset = offsetof(point, top1_error) },
    { .name = "loss", .kind = DC_FIELD_NUMBER, .offset = offsetof(point, loss) },
    { 0 },
};

/* CSV has a line a point; JSON has the points of each layer. */
static void add_points(dc_document *d, const dc_sensitivity *s)
{
    const uint32_t n = s->n_layers * s->n_densities;
    point *points = dc_arena_take(d->arena, n, sizeof *points);
    dc_json *root = d->at, *layers = dc_json_add_array(root, "layers");
    if (points == NULL)
        return;
    for (uint32_t i = 0; i < n; i++)
        points[i] = (point){ s->layers[i / s->n_densities], s->densities[i % s->n_densities],
                             s->scores[i].top1_error, s->scores[i].loss };
    for (uint32_t l = 0; l < s->n_layers; l++) {
        d->at = dc_json_add_object(layers, NULL);
        dc_json_add_text(d->at, "name", s->layers[l]);
        dc_document_add(d, &(dc_section){ .forms = DC_FOR_JSON, .key = "points",
                                          .fields = point_fields + 1,
                                          .rows = points + (size_t)l * s->n_densities,
                                          .row_bytes = sizeof *points,
                                          .n_rows = s->n_densities });
    }
    d->at = root;
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_CSV, .title = "points",
                                      .fields = point_fields, .rows = points,
                                      .row_bytes = sizeof *points, .n_rows = n });
}

/* People have a row a layer and a column a density. */
typedef struct error_row {
    const char *layer;
    double errors[MAX_DENSITIES];
} error_row;

static void add_table(dc_document *d, const dc_sensitivity *s)
{
    dc_field *fields = dc_arena_take(d->arena, s->n_densities + 2, sizeof *fields);
    error_row *rows = dc_arena_take(d->arena, s->n_layers, sizeof *rows);
    if (fields == NULL || rows == NULL)
        return;
    fields[0] = (dc_field){ .name = "layer", .kind = DC_FIELD_TEXT,
                            .offset = offsetof(error_row, layer), .title = "error %" };
    for (uint32_t i = 0; i < s->n_densities; i++)
        fields[i + 1] = (dc_field){
            .name = "", .kind = DC_FIELD_NUMBER,
            .offset = offsetof(error_row, errors) + i * sizeof(double),
            .title = dc_arena_print(d->arena, "%g", s->densities[i]), .scale = 100,
            .n_decimals = 2
        };
    for (uint32_t l = 0; l < s->n_layers; l++) {
        rows[l].layer = s->layers[l];
        for (uint32_t i = 0; i < s->n_densities; i++)
            rows[l].errors[i] = s->scores[l * s->n_densities + i].top1_error;
    }
    dc_document_text(d, "validation error by density, one layer at a time (nothing pruned: "
                        "%.2f %%)\n", 100 * s->whole.top1_error);
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PEOPLE, .title = "error by density",
                                      .fields = fields, .rows = rows, .row_bytes = sizeof *rows,
                                      .n_rows = s->n_layers });
}

static void add_rules(dc_document *d, const dc_rules *rules, double max_drop)
{
    bool is_any = false;
    dc_json *chosen = dc_json_add_object(d->at, "density");
    for (uint32_t i = 0; i < rules->n_rules; i++) {
        dc_json_add_number(chosen, rules->items[i].pattern, rules->items[i].value);
        is_any = is_any || rules->items[i].value < 1;
    }
    if (isnan(max_drop))
        return;
    dc_document_text(d, "\nat most %g points each:  %s", max_drop,
                     is_any ? "--density " : "no layer can be pruned for that");
    for (uint32_t i = 0; i < rules->n_rules && is_any; i++)
        dc_document_text(d, "%s%s=%g", i > 0 ? "," : "", rules->items[i].pattern,
                         rules->items[i].value);
    dc_document_text(d, "\n");
}

static void add_plot(dc_document *d, const dc_sensitivity *s, const char *path)
{
    const uint32_t n = s->n_densities;
    dc_series *lines = dc_arena_take(d->arena, s->n_layers, sizeof *lines);
    double *errors = dc_arena_take(d->arena, (uint64_t)s->n_layers * n, sizeof *errors);
    if (d->arena->status < 0)
        return;
    for (uint32_t i = 0; i < s->n_layers * n; i++)
        errors[i] = 100 * s->scores[i].top1_error;
    for (uint32_t l = 0; l < s->n_layers; l++)
        lines[l] = (dc_series){ .label = s->layers[l], .n_points = n, .x = s->densities,
                                .y = errors + (size_t)l * n, .is_marked = true };
    const dc_chart chart = { .kind = DC_CHART_LINES,
                             .title = "Sensitivity: each layer pruned alone",
                             .x = { .label = "density (share of weights kept)", .is_log = true },
                             .y = { .label = "validation error [%]" },
                             .series = lines, .n_series = s->n_layers };
    dc_document_chart(d, &chart, path);
}

static dc_status show(cli_call *call, const dc_sensitivity *s, const dc_rules *rules)
{
    const scan_options *o = call->settings;
    dc_document *d = cli_document(call, "sensitivity");
    dc_json_add_number(d->at, "top1_error", s->whole.top1_error);
    add_points(d, s);
    add_table(d, s);
    add_rules(d, rules, o->max_drop);
    if (o->plot != NULL)
        add_plot(d, s, o->plot);
    return cli_show(call);
}

static dc_status scan(cli_call *call, const dc_model *model, const dc_datasets *sets)
{
    const scan_options *o = call->settings;
    double densities[MAX_DENSITIES];
    uint32_t n;
    dc_sensitivity table;
    dc_rules rules = { 0 };
    if (!sets->validation->is_labelled)
        return dc_fail(DC_EINPUT, "a sensitivity scan needs labelled data");
    DC_TRY(parse_densities(densities, &n, o->densities));
    DC_TRY(dc_sensitivity_scan(&table, model, o->layers, densities, n, score, sets->validation,
                               &call->arena));
    if (!isnan(o->max_drop))
        DC_TRY(dc_sensitivity_rules(&rules, &table, o->max_drop, &call->arena));
    return show(call, &table, &rules);
}

static dc_status run(cli_call *call)
{
    scan_options *o = call->settings;
    dc_model *model;
    dc_datasets sets;
    if (o->data.data == NULL)
        return dc_fail(DC_EINPUT, "'sensitivity' needs data (--data %s)", dc_data_kinds());
    DC_TRY(cli_check_dump(&o->data, o->may_replace));
    DC_TRY(cli_read_model(&model, call, call->args[0]));
    dc_status status = dc_datasets_open(&sets, &o->data, model, NULL);
    if (status == DC_OK) {
        const unsigned mark = dc_work_enter(1, "sensitivity");
        status = scan(call, model, &sets);
        dc_work_leave(mark);
        dc_datasets_close(&sets);
    }
    dc_model_free(model);
    return status;
}

static void set_defaults(void *settings)
{
    *(scan_options *)settings = (scan_options){
        .data = dc_data_defaults(),
        .max_drop = NAN,
        .layers = "*",
        .densities = "0.01,0.02,0.04,0.06,0.08,0.12,0.16,0.25,0.4,0.6,0.8,1",
    };
}

const cli_command cli_sensitivity = {
    .name = "sensitivity",
    .summary = "error against density, one layer at a time",
    .usage = "MODEL --data SPEC [options]",
    .example = "dcomp sensitivity model.bin --data idx:mnist --max-drop 0.5 --plot curve.png",
    .min_args = 1,
    .max_args = 1,
    .computes_layers = true,
    .settings_bytes = sizeof(scan_options),
    .set_defaults = set_defaults,
    .parts = { { "scan", scan_fields, 0 },
               { "data", dc_data_fields, offsetof(scan_options, data) },
               { NULL, dc_holdout_fields, offsetof(scan_options, data) } },
    .run = run,
};
