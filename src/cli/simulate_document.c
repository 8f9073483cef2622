/* SPDX-License-Identifier: MIT
 *
 * What the simulator found: one run, or a sweep.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "simulate_out.h"
#include "simulate_rows.h"

static double n_samples_of(const dc_simulate_result *r)
{
    return (double)DC_MAX(r->eval.n_samples, 1);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* What the machine counted and spent, in its own words. */
static void add_machine_figures(dc_json *at, const dc_simulate_result *r, const void *counters,
                                const dc_machine_figures *figures)
{
    dc_json *energy = dc_json_add_object(at, "energy_by_module_nj");
    for (uint32_t i = 0; i < figures->n_parts; i++)
        dc_json_add_number(energy, figures->parts[i].key,
                           figures->parts[i].pj / (1e3 * n_samples_of(r)));
    dc_record_write(dc_json_add_object(at, "counters"), counters, r->accelerator->counter_fields);
}

static void add_json_layer(dc_json *layers, const dc_simulate_result *r,
                           const dc_simulate_layer *l, dc_arena *arena)
{
    const sim_row row = sim_row_of(r, l, arena);
    dc_json *at = dc_json_add_object(layers, NULL);
    dc_record_write(at, &row, sim_layer_fields);
    dc_record_write(at, &row, sim_figure_fields);
    dc_record_write(at, &row, sim_state_fields);
    dc_json *bits = dc_json_add_object(at, "fraction_bits");
    dc_json_add_number(bits, "weight", l->format.weight);
    dc_json_add_number(bits, "input", l->format.input);
    dc_json_add_number(bits, "output", l->format.output);
    add_machine_figures(at, r, l->counters, &l->figures);
}

static void add_json_run(dc_json *at, const dc_simulate_result *r, dc_arena *arena)
{
    const sim_row all = sim_row_of(r, NULL, arena);
    dc_json_add_u64(at, "n_pes", r->facts.n_pes);
    dc_json_add_u64(at, "n_streams", r->facts.n_streams);
    dc_json_add_number(at, "clock_mhz", r->facts.clock_mhz);
    dc_record_write(at, &all, sim_figure_fields);
    dc_json_add_bool(at, "outputs_match", r->outputs_match);
    dc_json_add_text(at, "source", r->source);
    dc_json_add_u64(at, "n_samples", r->eval.n_samples);
    dc_json_add_number(at, "top1", r->eval.top1);
    dc_json_add_number(at, "top5", r->eval.top5);
    dc_json_add_number(at, "loss", r->eval.loss);
    dc_json_add_text(at, "host_ops", r->host_ops);
    dc_json_add_u64(at, "n_host_values", r->n_host_values);
    dc_json *machine = dc_json_add_object(at, "machine");
    dc_record_write(machine, r->machine, r->accelerator->config_fields);
    const dc_json *strict = dc_json_get(machine, "strict_fit");
    if (strict != NULL)
        dc_json_add_bool(machine, "strict", dc_json_bool(strict)); /* its older name */
    add_machine_figures(at, r, r->counters, &r->figures);
    dc_json *layers = dc_json_add_array(at, "layers");
    for (uint32_t i = 0; i < r->n_layers; i++)
        add_json_layer(layers, r, &r->layers[i], arena);
}

/* ---- tables of layers ----------------------------------------------------------------------- */

/* A row a layer; those of the whole network after them. From the arena; NULL when it failed. */
static sim_row *rows_of(const dc_simulate_result *r, dc_arena *arena)
{
    sim_row *rows = dc_arena_take(arena, (uint64_t)r->n_layers + 1, sizeof *rows);
    for (uint32_t i = 0; rows != NULL && i <= r->n_layers; i++)
        rows[i] = sim_row_of(r, i < r->n_layers ? &r->layers[i] : NULL, arena);
    return rows;
}

static void add_rows(dc_document *d, uint32_t forms, const dc_field *fields, const sim_row *rows,
                     uint32_t n_rows, uint32_t n_totals)
{
    dc_document_add(d, &(dc_section){ .forms = forms, .title = "layers", .fields = fields,
                                      .rows = rows, .row_bytes = sizeof *rows, .n_rows = n_rows,
                                      .n_totals = n_totals });
}

/* ---- a run ---------------------------------------------------------------------------------- */

typedef struct module_row {
    const char *name;
    double nj, percent;
} module_row;

static const dc_field module_fields[] = {
    { .name = "module", .kind = DC_FIELD_TEXT, .offset = offsetof(module_row, name),
      .title = "module" },
    { .name = "nj", .kind = DC_FIELD_NUMBER, .offset = offsetof(module_row, nj), .title = "nJ",
      .n_decimals = 2 },
    { .name = "percent", .kind = DC_FIELD_NUMBER, .offset = offsetof(module_row, percent),
      .title = "%", .n_decimals = 1 },
    { 0 },
};

static void show_energy(dc_document *d, const dc_simulate_result *r)
{
    const dc_machine_figures *f = &r->figures;
    if (f->n_parts == 0) /* not known */
        return;
    module_row *rows = dc_arena_take(d->arena, f->n_parts, sizeof *rows);
    uint32_t n = 0;
    for (uint32_t i = 0; rows != NULL && i < f->n_parts; i++)
        if (f->parts[i].title != NULL)
            rows[n++] = (module_row){
                .name = f->parts[i].title,
                .nj = f->parts[i].pj / 1e3 / n_samples_of(r),
                .percent = f->energy_pj > 0 ? 100 * f->parts[i].pj / f->energy_pj : 0,
            };
    dc_document_text(d, "\n");
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PEOPLE, .title = "energy by module",
                                      .fields = module_fields, .rows = rows,
                                      .row_bytes = sizeof *rows, .n_rows = n });
}

typedef struct format_row {
    const char *name, *weight, *input, *output, *entries;
    double shift;
    uint64_t n_saturated, n_clamped;
} format_row;

#define FORMAT(member, type, heading)                                                              \
    { .name = heading, .kind = type, .offset = offsetof(format_row, member), .title = heading }

static const dc_field format_fields[] = {
    FORMAT(name, DC_FIELD_TEXT, "layer"),
    FORMAT(weight, DC_FIELD_TEXT, ">weights"),
    FORMAT(input, DC_FIELD_TEXT, ">inputs"),
    FORMAT(output, DC_FIELD_TEXT, ">outputs"),
    FORMAT(shift, DC_FIELD_NUMBER, "shift"),
    FORMAT(n_saturated, DC_FIELD_U64, "saturated"),
    FORMAT(n_clamped, DC_FIELD_U64, "clamped"),
    FORMAT(entries, DC_FIELD_TEXT, "entries of a PE"),
    { 0 },
};

static void show_formats(dc_document *d, const dc_simulate_result *r)
{
    format_row *rows = dc_arena_take(d->arena, r->n_layers, sizeof *rows);
    for (uint32_t i = 0; rows != NULL && i < r->n_layers; i++) {
        const dc_simulate_layer *l = &r->layers[i];
        rows[i] = (format_row){
            .name = l->name,
            .weight = dc_arena_print(d->arena, "2^%d", -l->format.weight),
            .input = dc_arena_print(d->arena, "2^%d", -l->format.input),
            .output = dc_arena_print(d->arena, "2^%d", -l->format.output),
            .shift = l->format.weight + l->format.input - l->format.output,
            .n_saturated = l->figures.saturations,
            .n_clamped = l->n_clamped,
            .entries = dc_arena_print(d->arena, "%" PRIu64 " at most%s%s", l->layout.n_most,
                                      l->layout.misfit[0] != '\0' ? "; does not fit: " : "",
                                      l->layout.misfit),
        };
    }
    dc_document_text(d, "\n%u-bit fixed point, value of the lowest bit; sums saturated and inputs "
                        "clamped in all samples\n", r->facts.n_bits);
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PEOPLE, .title = "numbers",
                                      .fields = format_fields, .rows = rows,
                                      .row_bytes = sizeof *rows, .n_rows = r->n_layers });
}

static uint64_t rate_of(double n, double us)
{
    return us > 0 ? (uint64_t)llround(1e6 * n / us) : 0;
}

/* Of one stream, where there are several; energy where it is known. */
static void show_speed(dc_document *d, const dc_simulate_result *r, const sim_row *all)
{
    const uint32_t n_streams = r->facts.n_streams;
    char rate[DC_TEXT_COUNT_BYTES];
    dc_document_text(d, "\n%u PE%s, %g MHz", r->facts.n_pes, dc_plural(r->facts.n_pes),
                     r->facts.clock_mhz);
    if (n_streams > 1)
        dc_document_text(d, ", one of %u streams side by side", n_streams);
    dc_document_text(d, ": %.2f us, %s inferences/s", all->time_us,
                     dc_text_count(rate, rate_of(1, all->time_us)));
    if (n_streams > 1)
        dc_document_text(d, " (%s of all)", dc_text_count(rate, rate_of(n_streams, all->time_us)));
    if (!isnan(all->energy_nj))
        dc_document_text(d, ", %.1f nJ, %.1f mW", all->energy_nj, all->power_mw);
    dc_document_text(d, "\n");
}

static void show_totals(dc_document *d, const dc_simulate_result *r, const sim_row *all)
{
    char loss[CLI_TEXT_BYTES];
    show_speed(d, r, all);
    dc_document_text(d, "%" PRIu64 " sample%s of %s\n", r->eval.n_samples,
                     dc_plural(r->eval.n_samples), r->source);
    if (r->eval.is_labelled)
        dc_document_text(d, "top-1 %.2f %%  top-5 %.2f %%  loss %s\n", r->eval.top1, r->eval.top5,
                         cli_loss_text(loss, r->eval.loss));
    if (r->host_ops[0] != '\0')
        dc_document_text(d, "on the host, without cycles (%" PRIu64 " values a sample): %s\n",
                         r->n_host_values, r->host_ops);
    dc_document_text(d, "outputs %s the fixed-point reference, %" PRIu64 " product%s\n",
                     r->outputs_match ? "equal" : "DIFFER from", r->figures.n_runs,
                     dc_plural(r->figures.n_runs));
}

void cli_add_run(dc_document *d, const dc_simulate_result *r)
{
    const sim_row *rows = rows_of(r, d->arena);
    if (rows == NULL)
        return;
    add_json_run(d->at, r, d->arena);
    add_rows(d, DC_FOR_CSV, sim_csv_fields, rows, r->n_layers, 0);
}

void cli_show_run(dc_document *d, const dc_simulate_result *r, bool is_verbose)
{
    const sim_row *rows = rows_of(r, d->arena);
    if (rows == NULL)
        return;
    add_rows(d, DC_FOR_PEOPLE, sim_shown_fields, rows, r->n_layers, 1);
    if (is_verbose)
        show_energy(d, r);
    show_formats(d, r);
    show_totals(d, r, &rows[r->n_layers]);
}

/* ---- a sweep -------------------------------------------------------------------------------- */

/* The parameter before the columns of a run. */
static const dc_field *swept_fields(const char *name, dc_arena *arena)
{
    uint32_t n = 0;
    while (sim_csv_fields[n].name != NULL)
        n++;
    dc_field *fields = dc_arena_take(arena, (uint64_t)n + 2, sizeof *fields);
    for (uint32_t i = 0; fields != NULL && i < n; i++)
        fields[i + 1] = sim_csv_fields[i];
    if (fields != NULL)
        fields[0] = (dc_field){ .name = name, .kind = DC_FIELD_NUMBER,
                                .offset = offsetof(sim_row, swept) };
    return fields;
}

static void add_json_points(dc_document *d, const dc_sweep *sweep,
                            const dc_simulate_result *results)
{
    dc_json_add_text(d->at, "parameter", sweep->field->name);
    dc_json *points = dc_json_add_array(d->at, "points");
    for (uint32_t v = 0; v < sweep->n_values; v++) {
        dc_json *point = dc_json_add_object(points, NULL);
        dc_json_add_text(point, "value", sweep->values[v]);
        add_json_run(point, &results[v], d->arena);
    }
}

/* People see a value once, and the sum of several layers; what is a layer's or the network's alone
 * is missing in the other's row. */
void cli_add_sweep(dc_document *d, const dc_sweep *sweep, const dc_simulate_result *results)
{
    uint32_t n = 0, n_shown = 0;
    const uint64_t n_most = (uint64_t)sweep->n_values * (results[0].n_layers + 1);
    sim_row *rows = dc_arena_take(d->arena, n_most, sizeof *rows);
    sim_row *shown = dc_arena_take(d->arena, n_most, sizeof *shown);
    const dc_field *csv_fields = swept_fields(sweep->field->name, d->arena);
    if (d->arena->status < 0)
        return;
    for (uint32_t v = 0; v < sweep->n_values; v++) {
        const uint32_t n_layers = results[v].n_layers;
        for (uint32_t i = 0; i < n_layers + (n_layers > 1); i++) {
            const bool is_layer = i < n_layers;
            sim_row row =
                sim_row_of(&results[v], is_layer ? &results[v].layers[i] : NULL, d->arena);
            row.swept = sweep->numbers[v];
            if (is_layer)
                rows[n++] = row;
            row.value = i == 0 ? sweep->values[v] : "";
            row.top1 = is_layer ? (double)NAN : row.top1;
            shown[n_shown++] = row;
        }
    }
    add_json_points(d, sweep, results);
    add_rows(d, DC_FOR_CSV, csv_fields, rows, n, 0);
    dc_document_text(d, "%s from %s to %s, %s\n", sweep->field->name, sweep->values[0],
                     sweep->values[sweep->n_values - 1], results[0].source);
    add_rows(d, DC_FOR_PEOPLE, sim_sweep_fields, shown, n_shown, 0);
    for (uint32_t v = 0; v < sweep->n_values; v++)
        for (uint32_t i = 0; i < results[v].n_layers; i++)
            if (results[v].layers[i].layout.misfit[0] != '\0')
                dc_document_text(d, "%s=%s: '%s' does not fit: %s\n", sweep->field->name,
                                 sweep->values[v], results[v].layers[i].name,
                                 results[v].layers[i].layout.misfit);
}
