/* SPDX-License-Identifier: MIT
 *
 * What the files of the simulation share.
 */
#ifndef DCOMP_PIPELINE_SIMULATE_INTERNAL_H
#define DCOMP_PIPELINE_SIMULATE_INTERNAL_H

#include "array_net.h"
#include "run_internal.h"

/* The first samples of the training split, or NULL where the data has no such split or, with a
 * warning, where its files are missing. */
#define CALIBRATION_SAMPLES 64u
DC_MUST_USE dc_status calibration_open(dc_source **out, const dc_data_settings *data,
                                       const dc_model *model);

/* The first sample once more, watched: trace, activity and memory images as the settings ask. */
DC_MUST_USE dc_status simulate_watch(dc_simulate_result *out, const array_net *net,
                                     const dc_source *source,
                                     const dc_simulate_settings *settings, dc_arena *arena);

/* DC_EUNSUPPORTED for what is asked for and the machine has no form of. */
DC_MUST_USE dc_status simulate_check_watchers(const dc_simulate_settings *settings);

/* Memory images of one product, in the layer's own folder of settings->sram_folder. */
DC_MUST_USE dc_status simulate_emit(const dc_simulate_settings *settings, const void *layer,
                                    const char *name, const int32_t *input, const int32_t *output,
                                    uint64_t cycles);

/* The settings with their accelerator and its parameters; from the arena where they had none. */
DC_MUST_USE dc_status simulate_complete(dc_simulate_settings *out,
                                        const dc_simulate_settings *settings, dc_arena *arena);
/* The model as a run of these settings needs it. Owns. */
DC_MUST_USE dc_status simulate_read(dc_model **out, const char *path,
                                    const dc_simulate_settings *settings, dc_arena *arena);
/* A model that was read so, on the machine of complete settings. */
DC_MUST_USE dc_status simulate_on(dc_simulate_result *out, const dc_model *model,
                                  const dc_simulate_settings *settings, dc_arena *arena);
/* A result without figures, and room for its layers; */
DC_MUST_USE dc_status simulate_begin(dc_simulate_result *out, const dc_accelerator *accelerator,
                                     const void *machine, uint32_t n_layers, dc_arena *arena);
/* of synthetic work on this machine, with counters for the layers; */
DC_MUST_USE dc_status simulate_begin_synthetic(dc_simulate_result *out,
                                               const dc_simulate_settings *settings,
                                               const void *machine, uint32_t n_layers,
                                               dc_arena *arena);
/* and what follows from its layers. */
DC_MUST_USE dc_status simulate_sum(dc_simulate_result *out, dc_arena *arena);

#endif
