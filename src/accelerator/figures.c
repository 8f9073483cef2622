/* SPDX-License-Identifier: MIT
 *
 * Sums over runs, and what follows from them on every machine.
 */
#include "dcomp/accelerator.h"

#include <string.h>

void *dc_accelerator_config(const dc_accelerator *accelerator, dc_arena *arena)
{
    void *config = dc_arena_take(arena, accelerator->config_bytes, 1);
    if (config != NULL)
        accelerator->set_defaults(config);
    return config;
}

void dc_counters_add(void *to, const void *from, const dc_field *fields)
{
    for (const dc_field *field = fields; field->name != NULL; field++) {
        uint64_t sum, more;
        memcpy(&sum, (char *)to + field->offset, sizeof sum);
        memcpy(&more, (const char *)from + field->offset, sizeof more);
        sum += more;
        memcpy((char *)to + field->offset, &sum, sizeof sum);
    }
}

void dc_machine_figures_derive(dc_machine_figures *figures, const dc_machine_facts *facts)
{
    dc_machine_figures *f = figures;
    const double time_us = (double)f->cycles / facts->clock_mhz;
    f->theoretical_cycles = (double)f->entries / facts->n_pes;
    f->load_balance = f->cycles > 0 ? f->theoretical_cycles / (double)f->cycles : 0;
    f->power_mw = time_us > 0 ? f->energy_pj / time_us * 1e-3 : 0;
}

const dc_published_layer *dc_published_find(const dc_published *published, uint32_t n_rows,
                                            uint32_t n_cols, const char *name)
{
    const dc_published_layer *found = NULL;
    for (uint32_t i = 0; i < published->n_layers; i++) {
        const dc_published_layer *layer = &published->layers[i];
        if (layer->n_rows != n_rows || layer->n_cols != n_cols)
            continue;
        if (strcmp(layer->name, name) == 0)
            return layer;
        if (found == NULL)
            found = layer;
    }
    return found;
}
