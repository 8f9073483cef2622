/* SPDX-License-Identifier: MIT
 *
 * What the simulator found, as text, CSV, JSON and pictures.
 */
#ifndef DCOMP_CLI_SIMULATE_OUT_H
#define DCOMP_CLI_SIMULATE_OUT_H

#include "cli.h"

/* A run for programs; */
void cli_add_run(dc_document *d, const dc_simulate_result *result);
/* and for people: layers and total of one inference; then formats, misfits, accuracy, host ops; */
void cli_show_run(dc_document *d, const dc_simulate_result *result, bool is_verbose);
/* or the nine layers beside what was published. */
void cli_show_benchmark(dc_document *d, const dc_simulate_result *result);
/* or the products of a step of the published LSTM, likewise. */
void cli_show_cell_benchmark(dc_document *d, const dc_simulate_result *result);
/* The paper's CPU, GPU and mobile GPU for layers of the same shape. */
void cli_show_comparison(dc_document *d, const dc_simulate_result *result);
/* A sweep for all. */
void cli_add_sweep(dc_document *d, const dc_sweep *sweep, const dc_simulate_result *results);

/* Activity of the PEs. */
void cli_add_activity(dc_document *d, const dc_simulate_result *result, const char *path);
/* Refuses before a long run what could not be drawn after it. */
DC_MUST_USE dc_status cli_check_sweep_charts(cli_call *call, const dc_sweep *sweep,
                                             const char *path);
/* The charts of a sweep: `path`, and more beside it ("-padding" before the dot). */
void cli_add_sweep_charts(dc_document *d, const dc_sweep *sweep, const dc_simulate_result *results,
                          const char *path);

#endif
