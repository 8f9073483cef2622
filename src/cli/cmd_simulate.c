/* SPDX-License-Identifier: MIT
 *
 * simulate: a compressed model, a layer of a stated shape, or what was published on the accelerator
 * of docs/eie.md or docs/ese.md.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "simulate_out.h"

typedef struct simulate_options {
    cli_common common;
    dc_simulate_settings settings;
    uint32_t machine; /* the index of an accelerator */
    uint32_t pruning; /* dc_pruning                  */
    bool is_benchmark, compares, is_csv;
    const char *sweep, *layer;
    double density;
} simulate_options;

static const dc_field machine_fields[] = {
    { .name = "machine", .kind = DC_FIELD_CHOICE, .offset = offsetof(simulate_options, machine),
      .choices = dc_accelerator_words, .help = "the accelerator; its parameters are options too" },
    { 0 },
};

static const dc_field simulate_fields[] = {
    { .name = "benchmark", .kind = DC_FIELD_BOOL,
      .offset = offsetof(simulate_options, is_benchmark),
      .help = "the paper's nine layers or matrices, synthetic, beside what was published" },
    { .name = "pruning", .kind = DC_FIELD_CHOICE, .offset = offsetof(simulate_options, pruning),
      .choices = "balanced|plain|none",
      .help = "of a benchmark's LSTM: as many weights for each PE, one threshold, all weights" },
    { .name = "layer", .kind = DC_FIELD_TEXT, .offset = offsetof(simulate_options, layer),
      .help = "a synthetic layer of this shape, OUTPUTSxINPUTS, instead of a model" },
    { .name = "density", .kind = DC_FIELD_NUMBER, .offset = offsetof(simulate_options, density),
      .min = 1e-6, .max = 1,
      .help = "share of the synthetic layer's weights that are not zero, 0.1 if not given" },
    { .name = "sweep", .kind = DC_FIELD_TEXT, .offset = offsetof(simulate_options, sweep),
      .help = "several values of a parameter: pes=1..256, fifo=2..256, precision=8,16,32" },
    { .name = "compare", .kind = DC_FIELD_BOOL, .offset = offsetof(simulate_options, compares),
      .help = "the paper's CPU, GPU and mobile GPU beside layers of the same shape" },
    { .name = "csv", .kind = DC_FIELD_BOOL, .offset = offsetof(simulate_options, is_csv),
      .help = "one comma-separated line a layer on standard output" },
    { 0 },
};

/* ---- what is run ---------------------------------------------------------------------------- */

#define DEFAULT_DENSITY 0.1

/* "4096x9216": two whole numbers and nothing else. */
static bool read_shape(unsigned long *n_rows, unsigned long *n_cols, const char *text)
{
    const size_t n_first = strspn(text, "0123456789");
    if (n_first == 0 || n_first > 9 || text[n_first] != 'x')
        return false;
    const char *second = text + n_first + 1;
    const size_t n_second = strspn(second, "0123456789");
    if (n_second == 0 || n_second > 9 || second[n_second] != '\0')
        return false;
    *n_rows = strtoul(text, NULL, 10);
    *n_cols = strtoul(second, NULL, 10);
    return *n_rows > 0 && *n_cols > 0;
}

static dc_status parse_layer(dc_synthetic_layer *out, const simulate_options *o)
{
    unsigned long n_rows, n_cols;
    if (!read_shape(&n_rows, &n_cols, o->layer))
        return dc_fail(DC_EINPUT, "a layer is OUTPUTSxINPUTS, as 4096x9216, not '%s'", o->layer);
    if ((uint64_t)n_rows * n_cols > DC_MAX_TENSOR_VALUES)
        return dc_fail(DC_ELIMIT, "a layer of %lux%lu is too large", n_rows, n_cols);
    *out = (dc_synthetic_layer){ o->layer, (uint32_t)n_rows, (uint32_t)n_cols,
                                 o->density > 0 ? o->density : DEFAULT_DENSITY,
                                 dc_simulate_act_density(&o->settings) };
    return DC_OK;
}

static dc_status check_words(const cli_call *call)
{
    const simulate_options *o = call->settings;
    const dc_simulate_settings *s = &o->settings;
    const bool is_synthetic = o->is_benchmark || o->layer != NULL;
    if (dc_accelerator_at(o->machine) != call->accelerator)
        return dc_fail(DC_EINPUT, "write '--machine' in full");
    if (o->is_benchmark && call->accelerator->published == NULL)
        return dc_fail(DC_EUNSUPPORTED, "nothing was published that '%s' could be compared with",
                       call->accelerator->name);
    if (call->n_args == 0 && !is_synthetic)
        return dc_fail(DC_EINPUT, "a model file, --benchmark or --layer must say what to simulate");
    if ((call->n_args > 0) + o->is_benchmark + (o->layer != NULL) > 1)
        return dc_fail(DC_EINPUT, "a model, '--benchmark' and '--layer' exclude each other");
    if (is_synthetic && (s->data.data != NULL || s->input != NULL || s->data.limit > 0))
        return dc_fail(DC_EINPUT, "a synthetic layer takes no data: its inputs are drawn");
    if (is_synthetic && s->requantizes)
        return dc_fail(DC_EINPUT, "a synthetic layer is made for the codebook: '--requantize' "
                                  "does nothing");
    if (o->density > 0 && o->layer == NULL)
        return dc_fail(DC_EINPUT, "'--density' is for a synthetic layer ('--layer')");
    if (cli_is_given(call, "pruning") &&
        (!o->is_benchmark || call->accelerator->published->whole == NULL))
        return dc_fail(DC_EINPUT,
                       "'--pruning' is for the benchmark of a machine that runs an LSTM");
    if (s->act_density > 0 && (o->is_benchmark || s->data.data != NULL || s->input != NULL))
        return dc_fail(DC_EINPUT, "'--act-density' is for random inputs, and inputs are given");
    if (s->trace == NULL && s->trace_from_cycle > 0)
        return dc_fail(DC_EINPUT, "'--trace-from' needs '--trace'");
    if (o->compares && (o->is_csv || !cli_is_for_people(call) || o->sweep != NULL))
        return dc_fail(DC_EINPUT, "'--compare' needs one run, shown as text or markdown");
    if (s->trace != NULL && (is_synthetic || o->sweep != NULL))
        return dc_fail(DC_EINPUT, "'--trace' needs one run of a model");
    if (s->sram_folder != NULL && o->sweep != NULL)
        return dc_fail(DC_EINPUT, "'--emit-sram' needs one run, not a sweep");
    if (s->data.dump_input != NULL && o->sweep != NULL)
        return dc_fail(DC_EINPUT, "'--dump-input' needs one run, not a sweep");
    if (s->plot != NULL && is_synthetic && o->sweep == NULL)
        return dc_fail(DC_EINPUT, "'--plot' needs a model or a sweep");
    if (o->is_csv && call->common->is_json)
        return dc_fail(DC_EINPUT, "'--csv' and '--json' exclude each other");
    if (o->is_csv && cli_is_given(call, "format") &&
        dc_renderer_at(o->common.format)->form != DC_FOR_CSV)
        return dc_fail(DC_EINPUT, "'--csv' and '--format %s' exclude each other",
                       dc_renderer_at(o->common.format)->name);
    return DC_OK;
}

static dc_status run_machines(dc_simulate_result *results, cli_call *call, const dc_sweep *sweep)
{
    const simulate_options *o = call->settings;
    dc_synthetic_layer own;
    const dc_synthetic_layer *layers = &own;
    uint32_t n_layers = 1;
    if (call->n_args > 0 && o->sweep != NULL)
        return dc_sweep_model(results, sweep, call->args[0], &o->settings, &call->arena);
    if (call->n_args > 0)
        return dc_simulate_model(results, call->args[0], &o->settings, &call->arena);
    const dc_published *published = call->accelerator->published;
    if (o->is_benchmark && published->whole != NULL) {
        const dc_synthetic_cell cell = { published->n_inputs, published->n_cells,
                                         published->n_said, published->whole->weight_density,
                                         (dc_pruning)o->pruning };
        return dc_simulate_cell(results, sweep->machines, sweep->n_values, &cell, &o->settings,
                                &call->arena);
    }
    if (o->layer != NULL)
        DC_TRY(parse_layer(&own, o));
    else
        layers = dc_benchmark_layers(&n_layers, call->accelerator, &call->arena);
    DC_TRY(call->arena.status);
    return dc_simulate_synthetic(results, sweep->machines, sweep->n_values, layers, n_layers,
                                 &o->settings, &call->arena);
}

/* ---- what is shown -------------------------------------------------------------------------- */

static dc_status show(cli_call *call, const dc_sweep *sweep, const dc_simulate_result *results)
{
    const simulate_options *o = call->settings;
    dc_document *d = cli_document(call, "simulate");
    if (o->sweep != NULL) {
        cli_add_sweep(d, sweep, results);
        if (o->settings.plot != NULL)
            cli_add_sweep_charts(d, sweep, results, o->settings.plot);
        return cli_show(call);
    }
    cli_add_run(d, results);
    if (o->is_benchmark && call->accelerator->published->whole != NULL)
        cli_show_cell_benchmark(d, results);
    else if (o->is_benchmark)
        cli_show_benchmark(d, results);
    else
        cli_show_run(d, results, call->common->is_verbose);
    if (o->compares)
        cli_show_comparison(d, results);
    if (o->settings.plot != NULL)
        cli_add_activity(d, results, o->settings.plot);
    return cli_show(call);
}

static dc_status run(cli_call *call)
{
    simulate_options *o = call->settings;
    DC_TRY(check_words(call));
    if (o->is_csv)
        o->common.format = cli_format_for(DC_FOR_CSV);
    DC_TRY(cli_check_dump(&o->settings.data, o->settings.may_replace));
    o->settings.accelerator = call->accelerator;
    o->settings.machine = cli_more_settings(call);
    dc_sweep sweep = { .n_values = 1, .machines = cli_more_settings(call) };
    if (o->sweep != NULL)
        DC_TRY(dc_sweep_parse(&sweep, o->sweep, &o->settings, &call->arena));
    if (o->sweep != NULL && cli_is_given(call, sweep.field->name))
        return dc_fail(DC_EINPUT, "'--sweep %s' and '%s' exclude each other", sweep.field->name,
                       cli_dashed(&call->arena, "--", sweep.field->name));
    dc_simulate_result *results = dc_arena_take(&call->arena, sweep.n_values, sizeof *results);
    DC_TRY(call->arena.status);
    const char *plot = o->settings.plot;
    if (o->sweep != NULL && plot != NULL) {
        DC_TRY(cli_check_sweep_charts(call, &sweep, plot));
        o->settings.plot = NULL; /* it is the sweep's */
    }
    DC_TRY(run_machines(results, call, &sweep));
    o->settings.plot = plot;
    for (uint32_t i = 0; i < sweep.n_values; i++)
        if (!results[i].outputs_match)
            cli_unmet(call, "%llu products differ from the fixed-point reference",
                      (unsigned long long)results[i].n_differing);
    return show(call, &sweep, results);
}

static void set_defaults(void *settings)
{
    *(simulate_options *)settings =
        (simulate_options){ .settings = dc_simulate_defaults() };
}

const cli_command cli_simulate = {
    .name = "simulate",
    .summary = "run a compressed model on an accelerator, cycle by cycle",
    .usage = "MODEL [--pes N] [--data SPEC] [options] | --benchmark | --layer MxN",
    .details = "Cycles, time and energy are those of one inference: the mean over the samples. "
               "Every output is held\n"
               "against a fixed-point reference, bit for bit. docs/eie.md and docs/ese.md are the "
               "machines' manuals.",
    .example = "dcomp simulate small.dcm --pes 64 --data idx:mnist --limit 100",
    .min_args = 0,
    .max_args = 1,
    .settings_bytes = sizeof(simulate_options),
    .set_defaults = set_defaults,
    .has_machine = true,
    .parts = { { "machine", machine_fields, 0 },
               { "run", dc_simulate_fields, offsetof(simulate_options, settings) },
               { "workload and output", simulate_fields, 0 },
               { "data", dc_data_fields, offsetof(simulate_options, settings.data) } },
    .run = run,
};
