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
    void *machine, *counters;
    bool *is_emitted; /* by part of the network */
    dc_arena *arena;
} watching;

static dc_status make_folder(const char **path, const char *parent, const char *name,
                             dc_arena *arena)
{
    *path = dc_arena_print(arena, "%s/%s", parent, dc_file_name(name, arena));
    DC_TRY(arena->status);
    DC_TRY(dc_folder_make(parent));
    return dc_folder_make(*path);
}

dc_status simulate_emit(const dc_simulate_settings *settings, const void *layer,
                        const char *name, const int32_t *input, const int32_t *output,
                        uint64_t cycles)
{
    dc_arena scratch = { 0 };
    const char *path;
    dc_status status = make_folder(&path, settings->sram_folder, name, &scratch);
    if (status == DC_OK)
        status = settings->accelerator->emit(layer, path, input, output, cycles,
                                             settings->may_replace);
    dc_arena_clear(&scratch);
    return status;
}

static dc_status run_watched(void *payload, const array_node *array, uint32_t part,
                             const int32_t *input, int32_t *output)
{
    watching *w = payload;
    const array_part *p = &array->parts[part];
    const dc_accelerator *accelerator = w->settings->accelerator;
    dc_machine_figures figures;
    memset(w->counters, 0, accelerator->counters_bytes);
    DC_TRY(accelerator->run(w->machine, p->layer, input, output, w->counters));
    bool *is_emitted = &w->is_emitted[array->first_part + part];
    if (w->settings->sram_folder == NULL || *is_emitted)
        return DC_OK;
    *is_emitted = true;
    int32_t *expected = dc_arena_take(w->arena, p->matrix.n_rows, sizeof *expected);
    DC_TRY(w->arena->status);
    accelerator->ask(p->oracle, input, expected);
    accelerator->figures(&figures, w->counters, w->settings->machine);
    return simulate_emit(w->settings, p->layer, p->name, input, expected, figures.cycles);
}

static dc_status run_cell_watched(void *payload, const array_cell *cell, const int32_t *input,
                                  const dc_cell_state *state)
{
    const watching *w = payload;
    return w->settings->accelerator->run_cell(w->machine, cell->layer, input, state, w->counters);
}

static dc_status walk_once(watching *w, const array_net *net, const dc_source *source)
{
    const array_engine engine = { w, run_watched, run_cell_watched };
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
        walk.length = dc_source_length(source, i);
    }
    return array_walk_run(&walk, x, NULL);
}

/* The trace, where one is asked for, is open while the first sample runs. */
static dc_status watch(watching *w, dc_activity *activity, const array_net *net,
                       const dc_source *source)
{
    const dc_simulate_settings *s = w->settings;
    void *trace = NULL;
    if (activity != NULL)
        s->accelerator->watch(w->machine, activity);
    if (s->trace != NULL)
        DC_TRY(s->accelerator->trace(&trace, w->machine, s->trace, s->may_replace,
                                     s->trace_from_cycle, s->trace_cycles));
    const dc_status status = walk_once(w, net, source);
    if (trace == NULL)
        return status;
    const dc_status ended = s->accelerator->end_trace(trace, status == DC_OK);
    return status < 0 ? status : ended;
}

dc_status simulate_check_watchers(const dc_simulate_settings *s)
{
    const char *lacking = s->trace != NULL && s->accelerator->trace == NULL       ? "waveform"
                          : s->plot != NULL && s->accelerator->watch == NULL      ? "activity"
                          : s->sram_folder != NULL && s->accelerator->emit == NULL ? "memory images"
                                                                                   : NULL;
    return lacking == NULL ? DC_OK
                           : dc_fail(DC_EUNSUPPORTED, "'%s' shows no %s", s->accelerator->name,
                                     lacking);
}

dc_status simulate_watch(dc_simulate_result *out, const array_net *net, const dc_source *source,
                         const dc_simulate_settings *settings, dc_arena *arena)
{
    const dc_accelerator *accelerator = settings->accelerator;
    dc_arena scratch = { 0 };
    watching w = { .settings = settings, .arena = &scratch };
    if (settings->trace == NULL && settings->plot == NULL && settings->sram_folder == NULL)
        return DC_OK;
    DC_TRY(simulate_check_watchers(settings));
    if (settings->plot != NULL)
        DC_TRY(dc_activity_new(&out->activity, net->facts.n_pes, arena));
    w.counters = dc_arena_take(&scratch, accelerator->counters_bytes, DC_MAX_CELL_STAGES);
    DC_TRY(scratch.status);
    dc_status status = accelerator->open(&w.machine, net->machine, NULL, NULL);
    if (status == DC_OK)
        status = watch(&w, out->activity, net, source);
    accelerator->close(w.machine);
    dc_arena_clear(&scratch);
    return status;
}
