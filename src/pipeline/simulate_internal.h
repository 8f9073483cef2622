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

/* Memory images of one product, in the layer's own folder of settings->sram_folder. */
DC_MUST_USE dc_status simulate_emit(const dc_simulate_settings *settings,
                                    const dc_eie_layer *layer, const char *name,
                                    const int32_t *input, const int32_t *output, uint64_t cycles);

#endif
