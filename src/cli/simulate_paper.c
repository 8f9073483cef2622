/* SPDX-License-Identifier: MIT
 *
 * The simulator beside what was published: the nine layers, and other platforms.
 */
#include <math.h>

#include "simulate_out.h"
#include "simulate_rows.h"

/* ---- the benchmark -------------------------------------------------------------------------- */

typedef struct paper_row {
    sim_row here;
    const char *name, *matrix;
    double theoretical_us, paper_theoretical_us, paper_us, ratio, paper_balance;
    double energy_uj, paper_uj;
    bool is_alike; /* its printed densities give the printed theoretical time within a tenth */
} paper_row;

#define AT(member) offsetof(paper_row, member)
#define SHOWN(member, heading, decimals)                                                           \
    { .name = heading, .kind = DC_FIELD_NUMBER, .offset = AT(member), .title = heading,            \
      .n_decimals = decimals }
#define PERCENT(member, heading)                                                                   \
    { .name = heading, .kind = DC_FIELD_NUMBER, .offset = AT(member), .title = heading,            \
      .scale = 100, .n_decimals = 1 }
#define TEXT(type, member, heading)                                                                \
    { .name = heading, .kind = DC_FIELD_TEXT, .offset = offsetof(type, member), .title = heading }

static const dc_field paper_fields[] = {
    TEXT(paper_row, name, "layer"),
    TEXT(paper_row, matrix, "matrix"),
    PERCENT(here.weight_density, "W %"),
    PERCENT(here.act_density, "act %"),
    PERCENT(here.padding, "padding %"),
    SHOWN(theoretical_us, "theoretical us", 2),
    SHOWN(paper_theoretical_us, "paper", 1),
    SHOWN(here.time_us, "us", 2),
    SHOWN(paper_us, "paper", 1),
    SHOWN(ratio, "ratio", 3),
    SHOWN(here.load_balance, "balance", 3),
    SHOWN(paper_balance, "paper", 3),
    SHOWN(energy_uj, "uJ", 2),
    SHOWN(paper_uj, "paper", 1),
    { 0 },
};

static paper_row benchmark_row(const dc_simulate_result *r, uint32_t i, dc_arena *arena)
{
    const dc_published_layer *p = &r->accelerator->published->layers[i];
    const sim_row here = sim_row_of(r, &r->layers[i], arena);
    const double theoretical_us = here.theoretical_cycles / r->facts.clock_mhz;
    return (paper_row){
        .here = here,
        .name = p->name,
        .matrix = dc_arena_print(arena, "%ux%u", p->n_rows, p->n_cols),
        .theoretical_us = theoretical_us,
        .paper_theoretical_us = p->theoretical_us,
        .paper_us = p->actual_us,
        .ratio = here.time_us / p->actual_us,
        .paper_balance = p->theoretical_us / p->actual_us,
        .energy_uj = here.energy_nj / 1e3,
        .paper_uj = r->accelerator->published->watts * p->actual_us,
        .is_alike = fabs(theoretical_us / p->theoretical_us - 1) <= 0.1,
    };
}

/* Of the layers that are not alike the paper's rounded densities are not what it measured. */
void cli_show_benchmark(dc_document *d, const dc_simulate_result *r)
{
    double log_all = 0, log_alike = 0;
    uint32_t n_alike = 0;
    paper_row *rows = dc_arena_take(d->arena, r->n_layers, sizeof *rows);
    if (rows == NULL)
        return;
    for (uint32_t i = 0; i < r->n_layers; i++) {
        rows[i] = benchmark_row(r, i, d->arena);
        log_all += log(rows[i].ratio);
        log_alike += rows[i].is_alike ? log(rows[i].ratio) : 0;
        n_alike += rows[i].is_alike;
    }
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PEOPLE, .title = "layers of the paper",
                                      .fields = paper_fields, .rows = rows,
                                      .row_bytes = sizeof *rows, .n_rows = r->n_layers });
    dc_document_text(d, "\n%u PE%s, %g MHz; %s\n", r->facts.n_pes, dc_plural(r->facts.n_pes),
                     r->facts.clock_mhz, r->source);
    dc_document_text(d, "geometric mean of the ratio: %.3f", exp(log_all / r->n_layers));
    if (n_alike > 0)
        dc_document_text(d, "; of the %u layers whose densities give the paper's theoretical time "
                            "within 10 %%: %.3f", n_alike, exp(log_alike / n_alike));
    dc_document_text(d, "\n");
    dc_document_text(d, "outputs %s the fixed-point reference\n",
                     r->outputs_match ? "equal" : "DIFFER from");
    for (uint32_t i = 0; i < r->n_layers; i++)
        if (r->layers[i].layout.misfit[0] != '\0')
            dc_document_text(d, "%s does not fit the PE: %s\n", r->layers[i].name,
                             r->layers[i].layout.misfit);
}

/* ---- other platforms ------------------------------------------------------------------------ */

typedef struct platform_row {
    const char *layer, *platform;
    const char *us, *uj;
    double time_factor, energy_factor;
} platform_row;

#define PLATFORM(member, heading, decimals)                                                        \
    { .name = heading, .kind = DC_FIELD_NUMBER, .offset = offsetof(platform_row, member),          \
      .title = heading, .n_decimals = decimals }

static const dc_field platform_fields[] = {
    TEXT(platform_row, layer, "layer"),
    TEXT(platform_row, platform, "platform"),
    TEXT(platform_row, us, ">us"),
    TEXT(platform_row, uj, ">uJ"),
    PLATFORM(time_factor, "time x", 1),
    PLATFORM(energy_factor, "energy x", 0),
    { 0 },
};

#define MAX_PLATFORMS (2 + 2 * DC_MAX_PLATFORMS) /* here, in the paper, others dense and sparse */

/* What is simulated has more decimals than what was published. */
static platform_row platform_of(const char *name, double us, double uj, const sim_row *here,
                                int n_decimals, dc_arena *arena)
{
    return (platform_row){
        .layer = "",
        .platform = name,
        .us = dc_arena_print(arena, "%.*f", n_decimals, us),
        .uj = isnan(uj) ? "-" : dc_arena_print(arena, "%.*f", n_decimals, uj),
        .time_factor = us / here->time_us,
        .energy_factor = uj / (here->energy_nj / 1e3),
    };
}

/* Returns the number of rows. */
static uint32_t add_platforms(platform_row *rows, const dc_simulate_result *r,
                              const dc_simulate_layer *l, const dc_published_layer *p,
                              dc_arena *arena)
{
    const dc_published *published = r->accelerator->published;
    const double n_streams = DC_MAX(published->n_streams, 1);
    const sim_row here = sim_row_of(r, l, arena);
    uint32_t n = 0;
    rows[n++] = platform_of("here", here.time_us, here.energy_nj / 1e3, &here, 2, arena);
    rows[0].layer = dc_arena_print(arena, "%s (as %s)", l != NULL ? l->name : here.name, p->name);
    rows[n++] = platform_of(dc_arena_print(arena, "%s in the paper", r->accelerator->title),
                            p->actual_us, p->actual_us * published->watts / n_streams, &here, 1,
                            arena);
    for (uint32_t i = 0; i < DC_MAX_PLATFORMS && published->platforms[i].name != NULL; i++) {
        const dc_platform *other = &published->platforms[i];
        const double dense_us = p->on[i].dense_us, sparse_us = p->on[i].sparse_us;
        const double sparse_watts = other->sparse_watts > 0 ? other->sparse_watts : other->watts;
        rows[n++] = platform_of(dc_arena_print(arena, "%s dense", other->name), dense_us,
                                dense_us * other->watts / n_streams, &here, 1, arena);
        rows[n++] = platform_of(dc_arena_print(arena, "%s sparse", other->name), sparse_us,
                                sparse_us * sparse_watts / n_streams, &here, 1, arena);
    }
    return n;
}

/* The layers of the result are those of the published cell, in their order. */
static bool is_published_cell(const dc_simulate_result *r)
{
    const dc_published *p = r->accelerator->published;
    bool is_same = p->whole != NULL && r->n_layers == p->n_layers;
    for (uint32_t i = 0; is_same && i < p->n_layers; i++)
        is_same = r->layers[i].n_rows == p->layers[i].n_rows &&
                  r->layers[i].n_cols == p->layers[i].n_cols;
    return is_same;
}

void cli_show_comparison(dc_document *d, const dc_simulate_result *r)
{
    const dc_published *published = r->accelerator->published;
    uint32_t n = 0;
    platform_row *rows =
        dc_arena_take(d->arena, (uint64_t)r->n_layers * MAX_PLATFORMS, sizeof *rows);
    if (rows != NULL && published != NULL && is_published_cell(r))
        n = add_platforms(rows, r, NULL, published->whole, d->arena);
    for (uint32_t i = 0;
         rows != NULL && published != NULL && published->whole == NULL && i < r->n_layers; i++) {
        const dc_simulate_layer *l = &r->layers[i];
        const dc_published_layer *p = dc_published_find(published, l->n_rows, l->n_cols, l->name);
        if (p != NULL)
            n += add_platforms(rows + n, r, l, p, d->arena);
    }
    if (n == 0) {
        dc_document_text(d, "\nno layer has the shape of one of the paper's %s: nothing to "
                            "compare with\n",
                         published != NULL && published->whole != NULL ? "LSTM" : "nine");
        return;
    }
    dc_document_text(d, "\n");
    for (uint32_t i = 0; i < DC_MAX_PLATFORMS && published->platforms[i].name != NULL; i++)
        dc_document_text(d, "%s %g W, ", published->platforms[i].device,
                         published->platforms[i].watts);
    dc_document_text(d, "batch %u %s\n", DC_MAX(published->n_streams, 1), published->source);
    dc_document_add(d, &(dc_section){ .forms = DC_FOR_PEOPLE, .title = "other platforms",
                                      .fields = platform_fields, .rows = rows,
                                      .row_bytes = sizeof *rows, .n_rows = n });
}
