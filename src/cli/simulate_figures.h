/* SPDX-License-Identifier: MIT
 *
 * The figures of one inference, from sums over all samples: what every form of output shows.
 */
#ifndef DCOMP_CLI_SIMULATE_FIGURES_H
#define DCOMP_CLI_SIMULATE_FIGURES_H

#include "dcomp/pipeline.h"

typedef struct figures {
    double weight_density, act_density, padding; /* shares                    */
    double macs, fillers, cycles, theoretical_cycles, load_balance;
    double time_us, energy_nj, power_mw;
} figures;

/* A layer's, or all layers' when `layer` is NULL. */
figures figures_of(const dc_simulate_result *result, const dc_simulate_layer *layer);
/* "dcomp simulate" prints all of them so: name, unit, value. */
extern const dc_field figures_fields[];

#endif
