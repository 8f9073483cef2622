/* SPDX-License-Identifier: MIT
 *
 * Sums over samples -> figures of one inference.
 */
#include "simulate_figures.h"

#define FIELD(member, measure)                                                               \
    { .name = #member, .kind = DC_FIELD_NUMBER, .offset = offsetof(figures, member),         \
      .unit = measure }

const dc_field figures_fields[] = {
    FIELD(weight_density, NULL),
    FIELD(act_density, NULL),
    FIELD(cycles, "cycles"),
    FIELD(theoretical_cycles, "cycles"),
    FIELD(load_balance, NULL),
    FIELD(time_us, "us"),
    FIELD(energy_nj, "nJ"),
    FIELD(power_mw, "mW"),
    { 0 },
};

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

figures figures_of(const dc_simulate_result *result, const dc_simulate_layer *layer)
{
    const dc_eie_counters *c = layer != NULL ? &layer->counters : &result->counters;
    const dc_eie_energy *energy = layer != NULL ? &layer->energy : &result->energy;
    const double n = (double)DC_MAX(result->eval.n_samples, 1);
    uint64_t n_weights = 0, n_nonzero = 0;
    for (uint32_t i = 0; i < result->n_layers; i++) {
        if (layer != NULL && layer != &result->layers[i])
            continue;
        n_weights += result->layers[i].n_weights;
        n_nonzero += result->layers[i].n_nonzero;
    }
    return (figures){
        .weight_density = share(n_nonzero, n_weights),
        .act_density = share(c->n_nonzero_inputs, c->n_inputs),
        .padding = share(c->fillers, c->entries),
        .macs = (double)c->macs / n,
        .fillers = (double)c->fillers / n,
        .cycles = (double)c->cycles / n,
        .theoretical_cycles = dc_eie_theoretical_cycles(c, &result->machine) / n,
        .load_balance = dc_eie_load_balance(c, &result->machine),
        .time_us = (double)c->cycles / result->machine.clock_mhz / n,
        .energy_nj = energy->total_pj / 1e3 / n,
        .power_mw = dc_eie_power_mw(energy, c, &result->machine),
    };
}
