/* SPDX-License-Identifier: MIT
 *
 * What the simulator found as JSON and as comma-separated lines.
 */
#include <math.h>

#include "simulate_figures.h"
#include "simulate_out.h"

static void add_counters(dc_json *json, const dc_eie_counters *counters)
{
    dc_record_write(dc_json_add_object(json, "counters"), counters, dc_eie_counter_fields);
}

static void add_energy(dc_json *json, const dc_eie_energy *e, double n_samples)
{
    dc_json *object = dc_json_add_object(json, "energy_by_module_nj");
    const double scale = 1e3 * n_samples;
    dc_json_add_number(object, "act_queue", e->queue_pj / scale);
    dc_json_add_number(object, "pointer_read", e->pointer_pj / scale);
    dc_json_add_number(object, "spmat_read", e->spmat_pj / scale);
    dc_json_add_number(object, "arithmetic", e->arithmetic_pj / scale);
    dc_json_add_number(object, "act_read_write", e->act_pj / scale);
    dc_json_add_number(object, "lnzd", e->lnzd_pj / scale);
    dc_json_add_number(object, "memory", e->memory_pj / scale);
    dc_json_add_number(object, "clock", e->clock_pj / scale);
}

static void add_format(dc_json *json, const dc_simulate_layer *l)
{
    const struct {
        const char *key;
        int32_t fraction;
    } rows[] = { { "weight", l->format.weight },
                 { "input", l->format.input },
                 { "output", l->format.output } };
    dc_json *object = dc_json_add_object(json, "fraction_bits");
    for (size_t i = 0; i < DC_COUNT_OF(rows); i++)
        dc_json_add_number(object, rows[i].key, rows[i].fraction);
}

static void add_layer(dc_json *layers, const dc_simulate_result *r, const dc_simulate_layer *l)
{
    const figures f = figures_of(r, l);
    const uint64_t n = DC_MAX(r->eval.n_samples, 1);
    dc_json *json = dc_json_add_object(layers, NULL);
    dc_json_add_text(json, "name", l->name);
    dc_json_add_text(json, "kind", l->kind);
    dc_json_add_u64(json, "n_rows", l->n_rows);
    dc_json_add_u64(json, "n_cols", l->n_cols);
    dc_json_add_u64(json, "n_parts", l->n_parts);
    dc_json_add_u64(json, "n_products", l->counters.n_runs / n);
    dc_json_add_number(json, "n_macs", f.macs);
    dc_json_add_number(json, "n_padding", f.fillers);
    dc_record_write(json, &f, figures_fields);
    dc_json_add_bool(json, "outputs_match", l->n_differing == 0);
    dc_json_add_u64(json, "entries_stored", l->n_entries);
    dc_json_add_u64(json, "fillers_stored", l->n_fillers);
    dc_json_add_u64(json, "inputs_clamped", l->n_clamped);
    dc_json_add_bool(json, "fits", l->misfit[0] == '\0');
    dc_json_add_text(json, "misfit", l->misfit);
    dc_json_add_number(json, "output_rms_error", l->output_error);
    add_format(json, l);
    add_energy(json, &l->energy, (double)n);
    add_counters(json, &l->counters);
}

void cli_json_simulation(dc_json *json, const dc_simulate_result *r)
{
    const figures f = figures_of(r, NULL);
    dc_json_add_u64(json, "n_pes", r->machine.n_pes);
    dc_json_add_number(json, "clock_mhz", r->machine.clock_mhz);
    dc_record_write(json, &f, figures_fields);
    dc_json_add_bool(json, "outputs_match", r->outputs_match);
    dc_json_add_text(json, "source", r->source);
    dc_json_add_u64(json, "n_samples", r->eval.n_samples);
    dc_json_add_number(json, "top1", r->eval.top1);
    dc_json_add_number(json, "top5", r->eval.top5);
    dc_json_add_number(json, "loss", r->eval.loss);
    dc_json_add_text(json, "host_ops", r->host_ops);
    dc_json *machine = dc_json_add_object(json, "machine");
    dc_record_write(machine, &r->machine, dc_eie_config_fields);
    dc_json_add_bool(machine, "strict", r->machine.is_strict); /* the older name of strict_fit */
    add_energy(json, &r->energy, (double)DC_MAX(r->eval.n_samples, 1));
    add_counters(json, &r->counters);
    dc_json *layers = dc_json_add_array(json, "layers");
    for (uint32_t i = 0; i < r->n_layers; i++)
        add_layer(layers, r, &r->layers[i]);
}

void cli_json_sweep(dc_json *json, const dc_sweep *sweep, const dc_simulate_result *results)
{
    dc_json_add_text(json, "parameter", sweep->field->name);
    dc_json *points = dc_json_add_array(json, "points");
    for (uint32_t v = 0; v < sweep->n_values; v++) {
        dc_json *point = dc_json_add_object(points, NULL);
        dc_json_add_text(point, "value", sweep->values[v]);
        cli_json_simulation(point, &results[v]);
    }
}

/* ---- comma-separated ------------------------------------------------------------------------ */

/* Names may hold commas and quotes. */
static void print_quoted(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++)
        printf(*text == '"' ? "\"\"" : "%c", *text);
    putchar('"');
}

static void print_line(const char *value, const dc_simulate_result *r, const dc_simulate_layer *l)
{
    const figures f = figures_of(r, l);
    const double n = (double)DC_MAX(r->eval.n_samples, 1);
    if (value != NULL)
        printf("%s,", value);
    print_quoted(l->name);
    printf(",%u,%u,%u,%.6f,%.6f,%.2f,%.2f,%.2f,%.2f,%.4f,%.4f,%.3f,%.2f,%.3f,",
           r->machine.n_pes, l->n_rows, l->n_cols, f.weight_density, f.act_density, f.macs,
           f.fillers, f.cycles, f.theoretical_cycles, f.load_balance, f.time_us, f.energy_nj,
           (double)l->counters.line_reads / n, l->energy.spmat_memory_pj / 1e3 / n);
    if (!isnan(l->output_error))
        printf("%.6g", l->output_error);
    printf(",");
    if (r->eval.is_labelled)
        printf("%.4f", r->eval.top1);
    printf(",%d\n", l->n_differing == 0);
}

void cli_print_simulation_csv(const dc_sweep *sweep, const dc_simulate_result *results)
{
    const uint32_t n = sweep != NULL ? sweep->n_values : 1;
    if (sweep != NULL)
        printf("%s,", sweep->field->name);
    printf("layer,n_pes,n_rows,n_cols,weight_density,act_density,n_macs,n_padding,cycles,"
           "theoretical_cycles,load_balance,time_us,energy_nj,line_reads,spmat_read_nj,"
           "output_rms_error,top1,outputs_match\n");
    for (uint32_t v = 0; v < n; v++)
        for (uint32_t i = 0; i < results[v].n_layers; i++)
            print_line(sweep != NULL ? sweep->values[v] : NULL, &results[v],
                       &results[v].layers[i]);
}
