/* SPDX-License-Identifier: MIT
 *
 * EIE as a row of the table of accelerators: the functions of eie.h behind types that know no PE.
 */
#include "dcomp/eie.h"

static void set_defaults(void *config)
{
    *(dc_eie_config *)config = dc_eie_defaults();
}

static dc_status check(const void *config)
{
    return dc_eie_check(config);
}

static dc_machine_facts facts_of(const void *config)
{
    const dc_eie_config *c = config;
    return (dc_machine_facts){ .n_pes = c->n_pes, .n_streams = 1, .n_bits = dc_eie_bits(c),
                               .weight_bits = dc_eie_bits(c),
                               .code_bits = c->code_bits, .clock_mhz = c->clock_mhz };
}

/* ---- a product ------------------------------------------------------------------------------ */

static dc_status lay(void **layer, dc_machine_layout *layout, const dc_product *product,
                     const void *config, dc_arena *arena)
{
    dc_eie_layer *made;
    DC_TRY(dc_eie_layer_new(&made, product->matrix, config, product->name, product->has_relu,
                            arena));
    dc_eie_layer_set_format(made, &product->format);
    const dc_eie_fit *fit = dc_eie_layer_fit(made);
    layout->n_entries = dc_eie_layer_entries(&layout->n_fillers, made);
    layout->n_most = fit->n_entries;
    const char *misfit = dc_eie_fit_text(fit, config, arena);
    DC_TRY(arena->status);
    dc_print(layout->misfit, sizeof layout->misfit, "%s", misfit);
    *layer = made;
    return DC_OK;
}

static dc_status emit(const void *layer, const char *folder, const int32_t *input,
                      const int32_t *output, uint64_t cycles, bool may_replace)
{
    return dc_eie_layer_emit(layer, folder, input, output, cycles, may_replace);
}

static dc_status oracle(void **out, const dc_product *product, const void *config, dc_arena *arena)
{
    dc_eie_fixed_ref *ref;
    DC_TRY(dc_eie_fixed_ref_new(&ref, product->packed, product->first_row, product->matrix->n_rows,
                                product->matrix->bias, product->has_relu, &product->format,
                                dc_eie_bits(config), arena));
    *out = ref;
    return DC_OK;
}

static void ask(const void *ref, const int32_t *input, int32_t *output)
{
    dc_eie_fixed_ref_run(ref, input, output);
}

/* ---- the machine ---------------------------------------------------------------------------- */

static dc_status open(void **machine, const void *config,
                      void (*pace)(void *payload, double share), void *payload)
{
    dc_eie_machine *made;
    DC_TRY(dc_eie_machine_new(&made, config));
    dc_eie_machine_pace(made, pace, payload);
    *machine = made;
    return DC_OK;
}

static void close(void *machine)
{
    dc_eie_machine_free(machine);
}

static dc_status run(void *machine, const void *layer, const int32_t *input, int32_t *output,
                     void *counters)
{
    return dc_eie_machine_run(machine, layer, input, output, counters);
}

static void figures(dc_machine_figures *out, const void *counters, const void *config)
{
    const dc_eie_counters *c = counters;
    const dc_machine_facts facts = facts_of(config);
    dc_eie_energy e;
    dc_eie_energy_of(&e, c, config);
    *out = (dc_machine_figures){
        .n_runs = c->n_runs,
        .cycles = c->cycles,
        .n_inputs = c->n_inputs,
        .n_nonzero_inputs = c->n_nonzero_inputs,
        .entries = c->entries,
        .fillers = c->fillers,
        .macs = c->macs,
        .weight_reads = c->line_reads,
        .saturations = c->saturations,
        .energy_pj = e.total_pj,
        .weight_read_pj = e.spmat_memory_pj,
        .parts = { { "act_queue", "activation queue", e.queue_pj },
                   { "pointer_read", "pointer read", e.pointer_pj },
                   { "spmat_read", "Spmat read", e.spmat_pj },
                   { "arithmetic", "arithmetic", e.arithmetic_pj },
                   { "act_read_write", "activation read/write", e.act_pj },
                   { "lnzd", "LNZD tree", e.lnzd_pj },
                   { "memory", NULL, e.memory_pj },
                   { "clock", NULL, e.clock_pj } },
    };
    while (out->parts[out->n_parts].key != NULL)
        out->n_parts++;
    dc_machine_figures_derive(out, &facts);
}

/* ---- watchers ------------------------------------------------------------------------------- */

static dc_status trace(void **out, void *machine, const char *path, bool may_replace,
                       uint64_t first, uint64_t n)
{
    dc_eie_vcd *vcd;
    DC_TRY(dc_eie_vcd_open(&vcd, path, may_replace, dc_eie_machine_config(machine), first, n));
    const dc_eie_watcher watcher = dc_eie_vcd_watcher(vcd);
    dc_eie_machine_watch(machine, &watcher);
    *out = vcd;
    return DC_OK;
}

static dc_status end_trace(void *vcd, bool is_complete)
{
    if (is_complete)
        return dc_eie_vcd_close(vcd);
    dc_eie_vcd_discard(vcd);
    return DC_OK;
}

static void watch(void *machine, dc_activity *activity)
{
    const dc_eie_watcher watcher = dc_eie_activity_watcher(activity);
    dc_eie_machine_watch(machine, &watcher);
}

const dc_accelerator dc_accelerator_eie = {
    .name = "eie",
    .title = "EIE",
    .config_bytes = sizeof(dc_eie_config),
    .config_fields = dc_eie_config_fields,
    .set_defaults = set_defaults,
    .check = check,
    .facts = facts_of,
    .lay = lay,
    .emit = emit,
    .oracle = oracle,
    .ask = ask,
    .open = open,
    .close = close,
    .run = run,
    .counters_bytes = sizeof(dc_eie_counters),
    .counter_fields = dc_eie_counter_fields,
    .figures = figures,
    .trace = trace,
    .end_trace = end_trace,
    .watch = watch,
    .published = &dc_eie_published,
};
