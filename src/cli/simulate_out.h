/* SPDX-License-Identifier: MIT
 *
 * What the simulator found, as text, CSV, JSON and pictures.
 */
#ifndef DCOMP_CLI_SIMULATE_OUT_H
#define DCOMP_CLI_SIMULATE_OUT_H

#include "cli.h"

/* Layers and total, one inference; then accuracy, formats, misfits, host ops. */
void cli_print_simulation(cli_call *call, const dc_simulate_result *result);
/* The nine layers beside what was published. */
void cli_print_benchmark(cli_call *call, const dc_simulate_result *result);
/* The paper's CPU, GPU and mobile GPU for layers of the same shape. */
void cli_print_comparison(cli_call *call, const dc_simulate_result *result);
void cli_print_sweep(cli_call *call, const dc_sweep *sweep, const dc_simulate_result *results);

/* One line a layer (and value of the sweep, which may be NULL). */
void cli_print_simulation_csv(const dc_sweep *sweep, const dc_simulate_result *results);

void cli_json_simulation(dc_json *json, const dc_simulate_result *result);
void cli_json_sweep(dc_json *json, const dc_sweep *sweep, const dc_simulate_result *results);

/* Activity of the PEs. */
DC_MUST_USE dc_status cli_draw_activity(cli_call *call, const dc_simulate_result *result,
                                        const char *path, bool may_replace);
/* Refuses before a long run what could not be drawn after it. */
DC_MUST_USE dc_status cli_check_sweep_charts(cli_call *call, const dc_sweep *sweep,
                                             const char *path);
/* The charts of a sweep: `path`, and more beside it ("-padding" before the dot). */
DC_MUST_USE dc_status cli_draw_sweep(cli_call *call, const dc_sweep *sweep,
                                     const dc_simulate_result *results, const char *path,
                                     bool may_replace);

#endif
