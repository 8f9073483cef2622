/* SPDX-License-Identifier: MIT
 *
 * bench: how fast a model file runs, dense and as it is kept, layer by layer.
 */
#include <math.h>

#include "cli.h"

typedef struct bench_options {
    cli_common common;
    dc_bench_settings bench;
    const char *plot;
    bool may_replace;
} bench_options;

static const dc_field plot_fields[] = {
    { .name = "plot", .kind = DC_FIELD_OUTPUT, .offset = offsetof(bench_options, plot),
      .choices = "png", .help = "draw the times of layers to this PNG file" },
    { .name = "force", .kind = DC_FIELD_BOOL, .offset = offsetof(bench_options, may_replace),
      .help = "replace the plot if it exists", .short_name = 'f' },
    { 0 },
};

static const dc_field facts[] = {
    { .name = "batch", .kind = DC_FIELD_U32, .offset = offsetof(dc_bench_result, batch_size) },
    { .name = "repeats", .kind = DC_FIELD_U32, .offset = offsetof(dc_bench_result, n_repeats) },
    { .name = "jobs", .kind = DC_FIELD_U32, .offset = offsetof(dc_bench_result, n_jobs) },
    { .name = "together", .kind = DC_FIELD_U32, .offset = offsetof(dc_bench_result, n_together) },
    { .name = "program_bytes", .kind = DC_FIELD_NUMBER,
      .offset = offsetof(dc_bench_result, program_bytes) },
    { 0 },
};

/* Two bars a layer of weights, one above the other. */
static void add_plot(dc_document *d, const dc_bench_result *result, const char *path)
{
    static const char *const labels[] = { "float", "packed" };
    uint32_t n = 0;
    const char **names = dc_arena_take(d->arena, 2 * result->n_layers, sizeof *names);
    double *times = dc_arena_take(d->arena, 4 * (uint64_t)result->n_layers, sizeof *times);
    dc_series *bars = dc_arena_take(d->arena, 2, sizeof *bars);
    if (d->arena->status < 0)
        return;
    double *of[] = { times, times + 2 * (uint64_t)result->n_layers };
    for (uint32_t i = 0; i < result->n_layers; i++) {
        const dc_bench_layer *layer = &result->layers[i];
        if (isnan(layer->density))
            continue;
        for (uint32_t k = 0; k < 2; k++, n++) {
            names[n] = k == 0 ? layer->name : "";
            of[k][n] = 1e3 * layer->seconds[k];
        }
    }
    for (uint32_t k = 0; k < 2; k++)
        bars[k] = (dc_series){ .label = labels[k], .n_points = n, .y = of[k] };
    const char *note = dc_arena_print(d->arena, "%u sample%s at a time, %u thread%s",
                                      result->batch_size, dc_plural(result->batch_size),
                                      result->n_jobs, dc_plural(result->n_jobs));
    const dc_chart chart = { .kind = DC_CHART_STACKED, .title = "Layers, dense and as kept",
                             .note = note,
                             .x = { .label = "a batch [ms]" }, .series = bars, .n_series = 2,
                             .n_names = n, .names = names };
    dc_document_chart(d, &chart, path);
}

static void add_head(dc_document *d, const dc_bench_result *r)
{
    dc_document_add(d, &(dc_section){ .title = "run", .fields = facts, .rows = r,
                                      .forms = DC_FOR_JSON, .is_record = true });
    dc_document_text(d, "%u sample%s at a time", r->batch_size, dc_plural(r->batch_size));
    if (r->n_together < r->batch_size)
        dc_document_text(d, " in parts of %u", r->n_together);
    dc_document_text(d, ", %u thread%s, medians of %u\n\n", r->n_jobs, dc_plural(r->n_jobs),
                     r->n_repeats);
}

/* People see what batches make where they are more than one sample. */
static void add_speeds(dc_document *d, const dc_bench_result *r)
{
    dc_section table = { .forms = DC_FOR_PROGRAMS, .title = "speeds", .key = "speeds",
                         .fields = dc_bench_speed_fields, .rows = r->speeds,
                         .row_bytes = sizeof *r->speeds, .n_rows = r->n_speeds };
    dc_document_add(d, &table);
    table.forms = DC_FOR_PEOPLE;
    table.fields = r->batch_size > 1 ? dc_bench_speed_fields : dc_bench_speed_fields_of_one;
    dc_document_add(d, &table);
    dc_document_text(d, "(the program itself: %.1f MB of each peak)\n", 1e-6 * r->program_bytes);
}

static dc_status show(cli_call *call, const dc_bench_result *result)
{
    const bench_options *o = call->settings;
    dc_document *d = cli_document(call, "bench");
    add_head(d, result);
    dc_document_add(d, &(dc_section){ .title = "layers", .key = "layers",
                                      .fields = dc_bench_layer_fields, .rows = result->layers,
                                      .row_bytes = sizeof *result->layers,
                                      .n_rows = result->n_layers });
    dc_document_text(d, "\n");
    dc_document_add(d, &(dc_section){ .title = "engines", .key = "engines",
                                      .fields = dc_bench_engine_fields, .rows = result->engines,
                                      .row_bytes = sizeof *result->engines,
                                      .n_rows = DC_BENCH_ENGINES });
    dc_document_text(d, "\n");
    add_speeds(d, result);
    if (o->plot != NULL)
        add_plot(d, result, o->plot);
    return cli_show(call);
}

static dc_status run(cli_call *call)
{
    const bench_options *o = call->settings;
    dc_bench_result result;
    DC_TRY(dc_bench_model(&result, call->args[0], &o->bench, &call->arena));
    return show(call, &result);
}

static void set_defaults(void *settings)
{
    *(bench_options *)settings = (bench_options){
        .bench = { .batch_size = 1, .n_repeats = 15, .seed = 1 } };
}

const cli_command cli_bench = {
    .name = "bench",
    .summary = "how fast a model file runs, dense and as it is kept",
    .usage = "MODEL [options]",
    .example = "dcomp bench small.dcm --batch 16 -j1",
    .min_args = 1,
    .max_args = 1,
    .computes_layers = true,
    .settings_bytes = sizeof(bench_options),
    .set_defaults = set_defaults,
    .parts = { { "bench", dc_bench_fields, offsetof(bench_options, bench) },
               { NULL, plot_fields, 0 } },
    .run = run,
};
