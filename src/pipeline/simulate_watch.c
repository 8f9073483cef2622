/* SPDX-License-Identifier: MIT
 *
 * The first sample with watchers on the machine: a waveform of a window, what each PE did, and the
 * memory images of each layer at its first product.
 */
#include "simulate_internal.h"

#include <stdio.h>
#include <string.h>

typedef struct watching {
    const dc_simulate_settings *settings;
    dc_machine *machine;
    bool *is_emitted; /* by part of the network */
    dc_arena *arena;
} watching;

dc_status simulate_emit(const dc_simulate_settings *settings, const dc_eie_layer *layer,
                        const char *name, const int32_t *input, const int32_t *output,
                        uint64_t cycles)
{
    dc_arena scratch = { 0 };
    const char *folder = dc_file_name(name, &scratch);
    const char *path = dc_arena_print(&scratch, "%s/%s", settings->sram_folder, folder);
    dc_status status = scratch.status;
    if (status == DC_OK)
        status = dc_folder_make(settings->sram_folder);
    if (status == DC_OK)
        status = dc_folder_make(path);
    if (status == DC_OK)
        status = dc_eie_layer_emit(layer, path, input, output, cycles, settings->replaces);
    dc_arena_clear(&scratch);
    return status;
}

static dc_status run_watched(void *payload, const array_node *array, uint32_t part,
                             const int32_t *input, int32_t *output)
{
    watching *w = payload;
    const array_part *p = &array->parts[part];
    dc_eie_counters counters = { 0 };
    DC_TRY(dc_machine_run(w->machine, p->layer, input, output, &counters));
    bool *is_emitted = &w->is_emitted[array->first_part + part];
    if (w->settings->sram_folder == NULL || *is_emitted)
        return DC_OK;
    *is_emitted = true;
    int32_t *expected = dc_arena_take(w->arena, p->matrix.n_rows, sizeof *expected);
    DC_TRY(w->arena->status);
    dc_fixed_ref_run(p->ref, input, expected);
    return simulate_emit(w->settings, p->layer, p->name, input, expected, counters.cycles);
}

static dc_status walk_once(watching *w, const array_net *net, const dc_source *source)
{
    const array_engine engine = { w, run_watched };
    array_walk walk;
    DC_TRY(array_walk_init(&walk, net, &engine, w->arena));
    float *x = dc_arena_take(w->arena, dc_shape_count(&source->shape), sizeof *x);
    int32_t *labels = dc_arena_take(w->arena, dc_source_steps(source), sizeof *labels);
    w->is_emitted = dc_arena_take(w->arena, net->n_parts, sizeof *w->is_emitted);
    DC_TRY(w->arena->status);
    labels[0] = DC_UNREADABLE;
    for (uint64_t i = 0; labels[0] == DC_UNREADABLE && i < source->n_samples; i++) {
        labels[0] = -1;
        DC_TRY(dc_source_read(source, &i, 1, 0, x, labels));
    }
    return array_walk_run(&walk, x, NULL);
}

static dc_status watch(watching *w, dc_vcd *vcd, dc_activity *activity, const array_net *net,
                       const dc_source *source)
{
    if (vcd != NULL) {
        const dc_eie_watcher watcher = dc_vcd_watcher(vcd);
        dc_machine_watch(w->machine, &watcher);
    }
    if (activity != NULL) {
        const dc_eie_watcher watcher = dc_activity_watcher(activity);
        dc_machine_watch(w->machine, &watcher);
    }
    return walk_once(w, net, source);
}

dc_status simulate_watch(dc_simulate_result *out, const array_net *net, const dc_source *source,
                         const dc_simulate_settings *settings, dc_arena *arena)
{
    dc_arena scratch = { 0 };
    watching w = { .settings = settings, .arena = &scratch };
    dc_vcd *vcd = NULL;
    if (settings->trace == NULL && settings->plot == NULL && settings->sram_folder == NULL)
        return DC_OK;
    if (settings->plot != NULL)
        DC_TRY(dc_activity_new(&out->activity, &net->config, arena));
    DC_TRY(dc_machine_new(&w.machine, &net->config));
    dc_status status = DC_OK;
    if (settings->trace != NULL)
        status = dc_vcd_open(&vcd, settings->trace, settings->replaces, &net->config,
                             settings->trace_from_cycle, settings->trace_cycles);
    if (status == DC_OK)
        status = watch(&w, vcd, out->activity, net, source);
    if (status < 0)
        dc_vcd_discard(vcd);
    else
        status = dc_vcd_close(vcd);
    dc_machine_free(w.machine);
    dc_arena_clear(&scratch);
    return status;
}
