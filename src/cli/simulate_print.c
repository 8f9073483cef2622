/* SPDX-License-Identifier: MIT
 *
 * What the simulator found as text tables: a run, the benchmark, the paper's platforms, a sweep.
 */
#include <inttypes.h>
#include <math.h>

#include "simulate_figures.h"
#include "simulate_out.h"

/* ---- a run ---------------------------------------------------------------------------------- */

static void figure_cells(dc_table *t, const figures *f)
{
    dc_table_number(t, 100 * f->weight_density, 2);
    dc_table_number(t, 100 * f->act_density, 1);
    dc_table_u64(t, (uint64_t)llround(f->macs));
    dc_table_u64(t, (uint64_t)llround(f->fillers));
    dc_table_u64(t, (uint64_t)llround(f->cycles));
    dc_table_u64(t, (uint64_t)llround(f->theoretical_cycles));
    dc_table_number(t, f->load_balance, 3);
    dc_table_number(t, f->time_us, 2);
    dc_table_number(t, f->energy_nj, 1);
}

static void print_layers(cli_call *call, const dc_simulate_result *r)
{
    static const char *const columns[] = { "<layer", "<matrix",     "products", "W %",
                                           "act %",  "MACs",        "padding",  "cycles",
                                           "theoretical", "balance", "us",      "nJ" };
    dc_table *t = dc_table_new(&call->arena, columns, DC_COUNT_OF(columns));
    for (uint32_t i = 0; i < r->n_layers; i++) {
        const dc_simulate_layer *l = &r->layers[i];
        const figures f = figures_of(r, l);
        dc_table_text(t, l->name);
        dc_table_print(t, "%ux%u", l->n_rows, l->n_cols);
        dc_table_u64(t, l->counters.n_runs / DC_MAX(r->eval.n_samples, 1));
        figure_cells(t, &f);
    }
    const figures all = figures_of(r, NULL);
    dc_table_rule(t);
    dc_table_text(t, "all");
    dc_table_text(t, "");
    dc_table_u64(t, r->counters.n_runs / DC_MAX(r->eval.n_samples, 1));
    figure_cells(t, &all);
    fputs(dc_table_render(t), stdout);
}

static void print_energy(cli_call *call, const dc_simulate_result *r)
{
    static const char *const columns[] = { "<module", "nJ", "%" };
    const double n = (double)DC_MAX(r->eval.n_samples, 1);
    const dc_eie_energy *e = &r->energy;
    const struct {
        const char *name;
        double pj;
    } rows[] = {
        { "activation queue", e->queue_pj },   { "pointer read", e->pointer_pj },
        { "Spmat read", e->spmat_pj },         { "arithmetic", e->arithmetic_pj },
        { "activation read/write", e->act_pj }, { "LNZD tree", e->lnzd_pj },
    };
    dc_table *t = dc_table_new(&call->arena, columns, DC_COUNT_OF(columns));
    for (size_t i = 0; i < DC_COUNT_OF(rows); i++) {
        dc_table_text(t, rows[i].name);
        dc_table_number(t, rows[i].pj / 1e3 / n, 2);
        dc_table_number(t, e->total_pj > 0 ? 100 * rows[i].pj / e->total_pj : 0, 1);
    }
    cli_say("\n%s", dc_table_render(t));
}

static void print_formats(cli_call *call, const dc_simulate_result *r)
{
    static const char *const columns[] = { "<layer", "weights", "inputs",     "outputs",
                                           "shift",  "saturated", "clamped",
                                           "<entries of a PE" };
    dc_table *t = dc_table_new(&call->arena, columns, DC_COUNT_OF(columns));
    for (uint32_t i = 0; i < r->n_layers; i++) {
        const dc_simulate_layer *l = &r->layers[i];
        dc_table_text(t, l->name);
        dc_table_print(t, "2^%d", -l->format.weight);
        dc_table_print(t, "2^%d", -l->format.input);
        dc_table_print(t, "2^%d", -l->format.output);
        dc_table_print(t, "%d", l->format.weight + l->format.input - l->format.output);
        dc_table_u64(t, l->counters.saturations);
        dc_table_u64(t, l->n_clamped);
        dc_table_print(t, "%" PRIu64 " at most%s%s", l->fit.n_entries,
                       l->misfit[0] != '\0' ? "; does not fit: " : "", l->misfit);
    }
    cli_say("\n%u-bit fixed point, value of the lowest bit; sums saturated and inputs clamped in "
           "all samples\n%s",
           dc_eie_bits(&r->machine), dc_table_render(t));
}

static void print_totals(const dc_simulate_result *r)
{
    char loss[CLI_TEXT_BYTES], rate[DC_TEXT_COUNT_BYTES];
    const figures all = figures_of(r, NULL);
    cli_say("\n%u PE%s, %g MHz: %.2f us, %s inferences/s, %.1f nJ, %.1f mW\n", r->machine.n_pes,
           dc_plural(r->machine.n_pes), r->machine.clock_mhz, all.time_us,
           dc_text_count(rate, all.time_us > 0 ? (uint64_t)llround(1e6 / all.time_us) : 0),
           all.energy_nj, all.power_mw);
    cli_say("%" PRIu64 " sample%s of %s\n", r->eval.n_samples, dc_plural(r->eval.n_samples),
           r->source);
    if (r->eval.is_labelled)
        cli_say("top-1 %.2f %%  top-5 %.2f %%  loss %s\n", r->eval.top1, r->eval.top5,
               cli_loss_text(loss, r->eval.loss));
    if (r->host_ops[0] != '\0')
        cli_say("on the host, without cycles: %s\n", r->host_ops);
    cli_say("outputs %s the fixed-point reference, %" PRIu64 " product%s\n",
           r->outputs_match ? "equal" : "DIFFER from", r->counters.n_runs,
           dc_plural(r->counters.n_runs));
}

void cli_print_simulation(cli_call *call, const dc_simulate_result *result)
{
    print_layers(call, result);
    if (call->common->is_verbose)
        print_energy(call, result);
    print_formats(call, result);
    print_totals(result);
}

/* ---- the benchmark -------------------------------------------------------------------------- */

/* Means over all layers, and over those whose printed densities give the printed theoretical time
 * within a tenth: of the others the paper's rounded densities are not what it measured. */
typedef struct mean_ratio {
    double log_all, log_alike;
    uint32_t n_all, n_alike;
} mean_ratio;

static void benchmark_row(dc_table *t, const dc_simulate_result *r, uint32_t i, mean_ratio *mean)
{
    const dc_eie_published *p = dc_eie_published_at(i);
    const figures f = figures_of(r, &r->layers[i]);
    const double theoretical_us = f.theoretical_cycles / r->machine.clock_mhz;
    const bool is_alike = fabs(theoretical_us / p->theoretical_us - 1) <= 0.1;
    const double log_ratio = log(f.time_us / p->actual_us);
    mean->log_all += log_ratio;
    mean->n_all++;
    mean->log_alike += is_alike ? log_ratio : 0;
    mean->n_alike += is_alike;
    dc_table_text(t, p->name);
    dc_table_print(t, "%ux%u", p->n_rows, p->n_cols);
    dc_table_number(t, 100 * f.weight_density, 1);
    dc_table_number(t, 100 * f.act_density, 1);
    dc_table_number(t, 100 * f.padding, 1);
    dc_table_number(t, theoretical_us, 2);
    dc_table_number(t, p->theoretical_us, 1);
    dc_table_number(t, f.time_us, 2);
    dc_table_number(t, p->actual_us, 1);
    dc_table_number(t, f.time_us / p->actual_us, 3);
    dc_table_number(t, f.load_balance, 3);
    dc_table_number(t, p->theoretical_us / p->actual_us, 3);
    dc_table_number(t, f.energy_nj / 1e3, 2);
    dc_table_number(t, DC_EIE_PAPER_W * p->actual_us, 1);
}

void cli_print_benchmark(cli_call *call, const dc_simulate_result *result)
{
    static const char *const columns[] = {
        "<layer", "<matrix", "W %",   "act %",   "padding %", "theoretical us", "paper",
        "us",     "paper",   "ratio", "balance", "paper",     "uJ",             "paper"
    };
    dc_table *t = dc_table_new(&call->arena, columns, DC_COUNT_OF(columns));
    mean_ratio mean = { 0 };
    for (uint32_t i = 0; i < result->n_layers; i++)
        benchmark_row(t, result, i, &mean);
    cli_say("%s\n%u PEs, %g MHz; %s\n", dc_table_render(t), result->machine.n_pes,
           result->machine.clock_mhz, result->source);
    cli_say("geometric mean of the ratio: %.3f; of the %u layers whose densities give the paper's "
           "theoretical time within 10 %%: %.3f\n",
           exp(mean.log_all / mean.n_all), mean.n_alike,
           exp(mean.log_alike / DC_MAX(mean.n_alike, 1u)));
    cli_say("outputs %s the fixed-point reference\n",
           result->outputs_match ? "equal" : "DIFFER from");
    for (uint32_t i = 0; i < result->n_layers; i++)
        if (result->layers[i].misfit[0] != '\0')
            cli_say("%s does not fit the PE: %s\n", result->layers[i].name,
                   result->layers[i].misfit);
}

/* ---- other platforms ------------------------------------------------------------------------ */

static void platform_row(dc_table *t, const char *name, double us, double watts, double our_us,
                         double our_uj)
{
    dc_table_text(t, "");
    dc_table_text(t, name);
    dc_table_number(t, us, 1);
    dc_table_number(t, us * watts, 1);
    dc_table_number(t, us / our_us, 1);
    dc_table_number(t, us * watts / our_uj, 0);
}

static void comparison_rows(dc_table *t, const dc_simulate_result *r, const dc_simulate_layer *l,
                            const dc_eie_published *p)
{
    const figures f = figures_of(r, l);
    const double uj = f.energy_nj / 1e3;
    dc_table_print(t, "%s (as %s)", l->name, p->name);
    dc_table_text(t, "here");
    dc_table_number(t, f.time_us, 2);
    dc_table_number(t, uj, 2);
    dc_table_number(t, 1, 1);
    dc_table_number(t, 1, 0);
    platform_row(t, "EIE in the paper", p->actual_us, DC_EIE_PAPER_W, f.time_us, uj);
    platform_row(t, "CPU dense", p->cpu.dense_us, DC_EIE_CPU_W, f.time_us, uj);
    platform_row(t, "CPU sparse", p->cpu.sparse_us, DC_EIE_CPU_W, f.time_us, uj);
    platform_row(t, "GPU dense", p->gpu.dense_us, DC_EIE_GPU_W, f.time_us, uj);
    platform_row(t, "GPU sparse", p->gpu.sparse_us, DC_EIE_GPU_W, f.time_us, uj);
    platform_row(t, "mobile GPU dense", p->mobile_gpu.dense_us, DC_EIE_MOBILE_GPU_W, f.time_us,
                 uj);
    platform_row(t, "mobile GPU sparse", p->mobile_gpu.sparse_us, DC_EIE_MOBILE_GPU_W, f.time_us,
                 uj);
}

void cli_print_comparison(cli_call *call, const dc_simulate_result *result)
{
    static const char *const columns[] = { "<layer", "<platform", "us",
                                           "uJ",     "time x",    "energy x" };
    dc_table *t = dc_table_new(&call->arena, columns, DC_COUNT_OF(columns));
    uint32_t n_known = 0;
    for (uint32_t i = 0; i < result->n_layers; i++) {
        const dc_simulate_layer *l = &result->layers[i];
        const dc_eie_published *p = dc_eie_published_shape(l->n_rows, l->n_cols, l->name);
        if (p == NULL)
            continue;
        comparison_rows(t, result, l, p);
        n_known++;
    }
    if (n_known == 0)
        cli_say("\nno layer has the shape of one of the paper's nine: nothing to compare with\n");
    else
        cli_say("\ni7-5930K %g W, Titan X %g W, Tegra K1 %g W, batch 1 [EIE tables IV, V]\n%s",
               DC_EIE_CPU_W, DC_EIE_GPU_W, DC_EIE_MOBILE_GPU_W, dc_table_render(t));
}

/* ---- a sweep -------------------------------------------------------------------------------- */

static void sweep_row(dc_table *t, const char *value, const char *name,
                      const dc_simulate_result *r, const dc_simulate_layer *l)
{
    const figures f = figures_of(r, l);
    const double n = (double)DC_MAX(r->eval.n_samples, 1);
    const dc_eie_energy *e = l != NULL ? &l->energy : &r->energy;
    const uint64_t line_reads = l != NULL ? l->counters.line_reads : r->counters.line_reads;
    dc_table_text(t, value);
    dc_table_text(t, name);
    dc_table_u64(t, (uint64_t)llround(f.cycles));
    dc_table_number(t, f.time_us, 2);
    dc_table_number(t, f.load_balance, 3);
    dc_table_number(t, 100 * f.padding, 1);
    dc_table_u64(t, (uint64_t)llround((double)line_reads / n));
    dc_table_number(t, e->spmat_memory_pj / 1e3 / n, 1);
    dc_table_number(t, f.energy_nj, 1);
    dc_table_number(t, l != NULL ? l->output_error : (double)NAN, 5);
    dc_table_number(t, l == NULL && r->eval.is_labelled ? r->eval.top1 : (double)NAN, 2);
}

void cli_print_sweep(cli_call *call, const dc_sweep *sweep, const dc_simulate_result *results)
{
    static const char *const columns[] = { "<value",  "<layer",     "cycles",     "us",
                                           "balance", "padding %",  "line reads", "Spmat nJ",
                                           "nJ",      "rms error",  "top-1 %" };
    dc_table *t = dc_table_new(&call->arena, columns, DC_COUNT_OF(columns));
    for (uint32_t v = 0; v < sweep->n_values; v++) {
        const dc_simulate_result *r = &results[v];
        for (uint32_t i = 0; i < r->n_layers; i++)
            sweep_row(t, i == 0 ? sweep->values[v] : "", r->layers[i].name, r, &r->layers[i]);
        if (r->n_layers > 1)
            sweep_row(t, "", "all", r, NULL);
    }
    cli_say("%s from %s to %s, %s\n%s", sweep->field->name, sweep->values[0],
           sweep->values[sweep->n_values - 1], results[0].source, dc_table_render(t));
}
