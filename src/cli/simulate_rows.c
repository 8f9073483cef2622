/* SPDX-License-Identifier: MIT
 *
 * Sums over samples -> figures of one inference, and the tables that say who sees which.
 */
#include "simulate_rows.h"

#include <math.h>

#define AT(member) offsetof(sim_row, member)
#define NUMBER(key, member) { .name = key, .kind = DC_FIELD_NUMBER, .offset = AT(member) }
#define FIXED(key, member, decimals)                                                               \
    { .name = key, .kind = DC_FIELD_NUMBER, .offset = AT(member), .n_decimals = decimals }
#define TEXT(key, member, heading)                                                                 \
    { .name = key, .kind = DC_FIELD_TEXT, .offset = AT(member), .title = heading }
#define U32(key, member) { .name = key, .kind = DC_FIELD_U32, .offset = AT(member) }
#define COUNT(key, member, heading)                                                                \
    { .name = key, .kind = DC_FIELD_U64, .offset = AT(member), .title = heading }
#define SHOWN(member, heading, decimals)                                                           \
    { .name = heading, .kind = DC_FIELD_NUMBER, .offset = AT(member), .title = heading,            \
      .n_decimals = decimals }
#define PERCENT(member, heading, decimals)                                                         \
    { .name = heading, .kind = DC_FIELD_NUMBER, .offset = AT(member), .title = heading,            \
      .scale = 100, .n_decimals = decimals }

const dc_field sim_layer_fields[] = {
    TEXT("name", name, NULL),
    TEXT("kind", kind, NULL),
    U32("n_rows", n_rows),
    U32("n_cols", n_cols),
    U32("n_parts", n_parts),
    NUMBER("n_products", products),
    NUMBER("n_macs", macs),
    NUMBER("n_padding", fillers),
    { 0 },
};

const dc_field sim_figure_fields[] = {
    NUMBER("weight_density", weight_density),
    NUMBER("act_density", act_density),
    NUMBER("cycles", cycles),
    NUMBER("theoretical_cycles", theoretical_cycles),
    NUMBER("load_balance", load_balance),
    NUMBER("time_us", time_us),
    NUMBER("energy_nj", energy_nj),
    NUMBER("power_mw", power_mw),
    { 0 },
};

const dc_field sim_state_fields[] = {
    { .name = "outputs_match", .kind = DC_FIELD_BOOL, .offset = AT(is_equal) },
    COUNT("entries_stored", n_stored, NULL),
    COUNT("fillers_stored", n_fillers, NULL),
    COUNT("inputs_clamped", n_clamped, NULL),
    { .name = "fits", .kind = DC_FIELD_BOOL, .offset = AT(fits) },
    TEXT("misfit", misfit, NULL),
    NUMBER("output_rms_error", output_error),
    { 0 },
};

const dc_field sim_shown_fields[] = {
    TEXT("name", name, "layer"),
    TEXT("matrix", matrix, "matrix"),
    COUNT("n_products", whole_products, "products"),
    PERCENT(weight_density, "W %", 2),
    PERCENT(act_density, "act %", 1),
    COUNT("n_macs", whole_macs, "MACs"),
    COUNT("n_padding", whole_fillers, "padding"),
    COUNT("cycles", whole_cycles, "cycles"),
    COUNT("theoretical_cycles", whole_theoretical, "theoretical"),
    SHOWN(load_balance, "balance", 3),
    SHOWN(time_us, "us", 2),
    SHOWN(energy_nj, "nJ", 1),
    { 0 },
};

const dc_field sim_sweep_fields[] = {
    TEXT("value", value, "value"),
    TEXT("name", name, "layer"),
    COUNT("cycles", whole_cycles, "cycles"),
    SHOWN(time_us, "us", 2),
    SHOWN(load_balance, "balance", 3),
    PERCENT(padding, "padding %", 1),
    COUNT("line_reads", whole_reads, "line reads"),
    SHOWN(spmat_nj, "Spmat nJ", 1),
    SHOWN(energy_nj, "nJ", 1),
    SHOWN(output_error, "rms error", 5),
    SHOWN(top1, "top-1 %", 2),
    { 0 },
};

const dc_field sim_csv_fields[] = {
    TEXT("layer", name, NULL),
    U32("n_pes", n_pes),
    U32("n_rows", n_rows),
    U32("n_cols", n_cols),
    FIXED("weight_density", weight_density, 6),
    FIXED("act_density", act_density, 6),
    FIXED("n_macs", macs, 2),
    FIXED("n_padding", fillers, 2),
    FIXED("cycles", cycles, 2),
    FIXED("theoretical_cycles", theoretical_cycles, 2),
    FIXED("load_balance", load_balance, 4),
    FIXED("time_us", time_us, 4),
    FIXED("energy_nj", energy_nj, 3),
    FIXED("line_reads", line_reads, 2),
    FIXED("spmat_read_nj", spmat_nj, 3),
    NUMBER("output_rms_error", rounded_error),
    FIXED("top1", top1, 4),
    U32("outputs_match", is_equal_bit),
    { 0 },
};

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static uint64_t whole(double value)
{
    return (uint64_t)llround(value);
}

/* Six figures, as CSV has it. */
static double rounded(double value)
{
    char text[32];
    dc_print(text, sizeof text, "%.6g", value);
    return isnan(value) ? value : dc_text_number(text, NULL);
}

static void set_layer(sim_row *row, const dc_simulate_layer *l, dc_arena *arena)
{
    row->name = l->name;
    row->kind = l->kind;
    row->matrix = dc_arena_print(arena, "%ux%u", l->n_rows, l->n_cols);
    row->n_rows = l->n_rows;
    row->n_cols = l->n_cols;
    row->n_parts = l->n_parts;
    row->n_stored = l->layout.n_entries;
    row->n_fillers = l->layout.n_fillers;
    row->n_clamped = l->n_clamped;
    row->output_error = l->output_error;
    row->rounded_error = rounded(l->output_error);
    row->is_equal = l->n_differing == 0;
    row->fits = l->layout.misfit[0] == '\0';
    row->misfit = l->layout.misfit;
}

sim_row sim_row_of(const dc_simulate_result *result, const dc_simulate_layer *layer,
                   dc_arena *arena)
{
    const dc_machine_figures *f = layer != NULL ? &layer->figures : &result->figures;
    const double n = (double)DC_MAX(result->eval.n_samples, 1);
    uint64_t n_weights = 0, n_nonzero = 0;
    for (uint32_t i = 0; i < result->n_layers; i++) {
        if (layer != NULL && layer != &result->layers[i])
            continue;
        n_weights += result->layers[i].n_weights;
        n_nonzero += result->layers[i].n_nonzero;
    }
    sim_row row = {
        .name = "all",
        .n_pes = result->facts.n_pes,
        .products = (double)f->n_runs / n,
        .weight_density = share(n_nonzero, n_weights),
        .act_density = share(f->n_nonzero_inputs, f->n_inputs),
        .padding = share(f->fillers, f->entries),
        .macs = (double)f->macs / n,
        .fillers = (double)f->fillers / n,
        .cycles = (double)f->cycles / n,
        .theoretical_cycles = f->theoretical_cycles / n,
        .load_balance = f->load_balance,
        .time_us = (double)f->cycles / result->facts.clock_mhz / n,
        .energy_nj = f->energy_pj / 1e3 / n,
        .power_mw = f->power_mw,
        .line_reads = (double)f->weight_reads / n,
        .spmat_nj = f->weight_read_pj / 1e3 / n,
        .output_error = NAN,
        .rounded_error = NAN,
        .top1 = result->eval.is_labelled ? result->eval.top1 : (double)NAN,
        .is_equal = result->outputs_match,
    };
    if (layer != NULL)
        set_layer(&row, layer, arena);
    row.is_equal_bit = row.is_equal;
    row.whole_products = whole(row.products);
    row.whole_macs = whole(row.macs);
    row.whole_fillers = whole(row.fillers);
    row.whole_cycles = whole(row.cycles);
    row.whole_theoretical = whole(row.theoretical_cycles);
    row.whole_reads = whole(row.line_reads);
    return row;
}
