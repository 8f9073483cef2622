/* SPDX-License-Identifier: MIT
 *
 * A step of the published LSTM beside what was published: its products, and the step. A product's
 * time is that of its state; what is exposed after it stands apart, and is in the step's.
 */
#include <math.h>

#include "simulate_out.h"
#include "simulate_rows.h"

typedef struct cell_row {
    const char *name, *matrix;
    double weight_density, entry_density;
    double theoretical_us, paper_theoretical_us, us, paper_us, ratio, exposed_us;
} cell_row;

#define SHOWN(member, heading, by, decimals)                                                       \
    { .name = heading, .kind = DC_FIELD_NUMBER, .offset = offsetof(cell_row, member),              \
      .title = heading, .scale = by, .n_decimals = decimals }
#define TEXT(member, heading)                                                                      \
    { .name = heading, .kind = DC_FIELD_TEXT, .offset = offsetof(cell_row, member),                \
      .title = heading }

static const dc_field cell_fields[] = {
    TEXT(name, "product"),
    TEXT(matrix, "matrix"),
    SHOWN(weight_density, "W %", 100, 1),
    SHOWN(entry_density, "entries %", 100, 1),
    SHOWN(theoretical_us, "theoretical us", 0, 2),
    SHOWN(paper_theoretical_us, "paper", 0, 1),
    SHOWN(us, "us", 0, 2),
    SHOWN(paper_us, "paper", 0, 1),
    SHOWN(ratio, "ratio", 0, 3),
    SHOWN(exposed_us, "exposed us", 0, 2),
    { 0 },
};

static cell_row row_of(const sim_row *here, const dc_machine_figures *figures,
                       const dc_published_layer *p, double n_weights, double clock_mhz,
                       bool is_step)
{
    const double exposed_us = figures->exposed_cycles / clock_mhz;
    cell_row row = { .name = here->name,
                     .matrix = here->matrix,
                     .weight_density = here->weight_density,
                     .entry_density = (double)figures->entries / n_weights,
                     .theoretical_us = here->theoretical_cycles / clock_mhz,
                     .paper_theoretical_us = p->theoretical_us,
                     .us = is_step ? here->time_us : here->time_us - exposed_us,
                     .paper_us = p->actual_us,
                     .exposed_us = exposed_us };
    row.ratio = row.us / row.paper_us;
    return row;
}

void cli_show_cell_benchmark(dc_document *d, const dc_simulate_result *r)
{
    const dc_published *published = r->accelerator->published;
    const double clock_mhz = r->facts.clock_mhz;
    double n_all = 0;
    cell_row *rows = dc_arena_take(d->arena, (uint64_t)r->n_layers + 1, sizeof *rows);
    if (rows == NULL)
        return;
    for (uint32_t i = 0; i < r->n_layers; i++) {
        const dc_simulate_layer *l = &r->layers[i];
        const sim_row here = sim_row_of(r, l, d->arena);
        rows[i] = row_of(&here, &l->figures, &published->layers[i], (double)l->n_weights,
                         clock_mhz, false);
        n_all += (double)l->n_weights;
    }
    const sim_row all = sim_row_of(r, NULL, d->arena);
    rows[r->n_layers] = row_of(&all, &r->figures, published->whole, n_all, clock_mhz, true);
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PEOPLE, .title = "products of the step",
                                      .fields = cell_fields, .rows = rows,
                                      .row_bytes = sizeof *rows, .n_rows = r->n_layers,
                                      .n_totals = 1 });
    dc_document_text(d, "\n%u PE%s a channel, %g MHz; %s\n", r->facts.n_pes,
                     dc_plural(r->facts.n_pes), clock_mhz, r->source);
    if (isnan(all.energy_nj))
        dc_document_text(d, "energy is known of the published machine alone\n");
    else
        dc_document_text(d, "%.1f uJ a stream and step\n", all.energy_nj / 1e3);
    dc_document_text(d, "a dense step takes %.2f us at the least, %.2f times as long\n",
                     n_all / r->facts.n_pes / clock_mhz,
                     n_all / r->facts.n_pes / clock_mhz / all.time_us);
    dc_document_text(d, "outputs %s the fixed-point reference\n",
                     r->outputs_match ? "equal" : "DIFFER from");
}
