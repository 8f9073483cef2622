/* SPDX-License-Identifier: MIT
 *
 * Random layers and steps of LSTMs, as programs for the channel of ese_channel.sv, with what the
 * simulator makes of them:
 *
 *   ese_programs OUT_DIR N K DEPTH WBITS IBITS WBUF PBUF ABUF DIMMS BUS LATENCY REFI RFC VLAT
 *                SAMPLES SEED COUNT
 */
#include <stdio.h>
#include <stdlib.h>

#include "dcomp/file.h"
#include "ese_internal.h"

enum { MOST = 60, N_PARAMETERS = 15 };

typedef struct maker {
    dc_ese_config config;
    dc_rng rng;
    dc_arena arena; /* of one program */
    const char *folder;
} maker;

static uint32_t draw(maker *m, uint32_t least, uint32_t most)
{
    return least + (uint32_t)dc_rng_below(&m->rng, most - least + 1);
}

static double draw_density(maker *m)
{
    static const double densities[] = { 0.02, 0.1, 0.3, 1 };
    return densities[draw(m, 0, DC_COUNT_OF(densities) - 1)];
}

/* ---- files ---------------------------------------------------------------------------------- */

/* A line: `n` words of 4 digits each, the last one first, as $readmemh reads a wide word. */
static void put_line(dc_writer *text, const uint16_t *words, uint32_t n)
{
    char digits[8];
    while (n-- > 0) {
        dc_print(digits, sizeof digits, "%04x", (unsigned)words[n]);
        dc_put_chars(text, digits);
    }
    dc_put_chars(text, "\n");
}

static dc_status put_file(const maker *m, const char *name, dc_writer *text)
{
    char path[1024];
    dc_print(path, sizeof path, "%s/%s", m->folder, name);
    dc_status status = text->status;
    if (status == DC_OK)
        status = dc_file_write(path, text->data, text->size, true);
    dc_writer_clear(text);
    return status;
}

/* Words of 16 bits; at least one, since $readmemh wants one. */
static dc_status put_words(const maker *m, const char *name, const int32_t *words, uint64_t n)
{
    const uint16_t nothing = 0;
    dc_writer text;
    dc_writer_init(&text, UINT64_MAX);
    for (uint64_t i = 0; i < n; i++)
        put_line(&text, &(uint16_t){ (uint16_t)words[i] }, 1);
    if (n == 0)
        put_line(&text, &nothing, 1);
    return put_file(m, name, &text);
}

static void put_int(dc_writer *text, uint64_t value)
{
    char digits[16];
    dc_print(digits, sizeof digits, "%08x\n", (unsigned)value);
    dc_put_chars(text, digits);
}

/* A tile's rows of pointers, which count from its first entry on each element, and of weights. */
static void put_tile(dc_writer *dram, const dc_ese_program *p, const ese_stage *s,
                     const ese_tile *tile)
{
    const uint32_t n_pes = p->config.n_pes, weight_bits = p->config.weight_bits;
    const uint16_t weight_mask = (uint16_t)((1u << weight_bits) - 1);
    uint16_t words[256];
    uint32_t n[256] = { 0 };
    for (uint32_t i = 0; i <= tile->n_cols; i++) {
        for (uint32_t k = 0; k < n_pes; k++) {
            words[k] = (uint16_t)n[k];
            const uint64_t at = (uint64_t)(tile->first_col + i) * n_pes + k;
            n[k] += i < tile->n_cols ? s->starts[at + 1] - s->starts[at] : 0;
        }
        put_line(dram, words, n_pes);
    }
    for (uint32_t row = 0; row < tile->n_weight_rows; row++) {
        for (uint32_t k = 0; k < n_pes; k++) {
            uint32_t left = row;
            words[k] = 0;
            for (uint32_t j = tile->first_col; row < n[k] && j < tile->first_col + tile->n_cols;
                 j++) {
                const uint32_t *starts = s->starts + (uint64_t)j * n_pes + k;
                const uint32_t n_here = starts[1] - starts[0];
                if (left < n_here) {
                    const ese_entry *e = &s->entries[starts[0] + left];
                    words[k] = (uint16_t)(((uint16_t)e->weight & weight_mask) |
                                          e->zeros << weight_bits);
                    break;
                }
                left -= n_here;
            }
        }
        put_line(dram, words, n_pes);
    }
}

static dc_status put_program(const maker *m, const dc_ese_program *p, uint32_t n_outputs)
{
    const dc_ese_config *c = &p->config;
    const uint64_t head[16] = { p->n_stages, 0, p->n_cells, p->has_input, p->has_projection,
                                p->peepholes != NULL, (uint64_t)p->peephole_shift, p->has_relu,
                                p->bias != NULL, (uint64_t)p->sums_fraction, c->sigmoid_range,
                                c->tanh_range, n_outputs };
    dc_writer heads, stages, tiles, dram;
    uint32_t n_tiles = 0, n_rows = 0;
    dc_writer_init(&heads, UINT64_MAX);
    dc_writer_init(&stages, UINT64_MAX);
    dc_writer_init(&tiles, UINT64_MAX);
    dc_writer_init(&dram, UINT64_MAX);
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const ese_stage *s = &p->stages[i];
        const uint64_t extra = s->n_elements * ese_element_bursts(c) +
                               ese_shared_bursts(c, s->n_shared_words);
        const uint64_t words[16] = { s->pass, s->gate, s->first_row, s->n_rows, n_tiles,
                                     s->n_tiles, s->shift, extra, s->awaits_pass,
                                     s->makes_outputs, s->cost.cycles };
        for (int w = 0; w < 16; w++)
            put_int(&stages, words[w]);
        for (uint32_t t = 0; t < s->n_tiles; t++, n_tiles++) {
            const ese_tile *tile = &s->tiles[t];
            put_int(&tiles, tile->first_col);
            put_int(&tiles, tile->n_cols);
            put_int(&tiles, tile->n_weight_rows);
            put_int(&tiles, n_rows);
            put_tile(&dram, p, s, tile);
            n_rows += tile->n_cols + 1 + tile->n_weight_rows;
        }
    }
    for (int w = 0; w < 16; w++)
        put_int(&heads, w == 1 ? n_tiles : head[w]);
    DC_TRY(put_file(m, "head.hex", &heads));
    DC_TRY(put_file(m, "stages.hex", &stages));
    DC_TRY(put_file(m, "tiles.hex", &tiles));
    return put_file(m, "dram.hex", &dram);
}

static dc_status put_tables(const maker *m, const dc_ese_program *p)
{
    const uint32_t n = p->config.n_table_samples;
    dc_writer sigmoid, curve;
    dc_writer_init(&sigmoid, UINT64_MAX);
    dc_writer_init(&curve, UINT64_MAX);
    for (uint32_t k = 0; k < n; k++) {
        put_line(&sigmoid, &(uint16_t){ p->sigmoid != NULL ? (uint16_t)p->sigmoid[k] : 0 }, 1);
        put_line(&curve, &(uint16_t){ p->tanh != NULL ? (uint16_t)p->tanh[k] : 0 }, 1);
    }
    DC_TRY(put_file(m, "sigmoid.hex", &sigmoid));
    return put_file(m, "tanh.hex", &curve);
}

/* ---- programs ------------------------------------------------------------------------------- */

static dc_status make_layer(maker *m)
{
    static int32_t input[4 * MOST], output[4 * MOST];
    const uint32_t n_rows = draw(m, 1, 4 * MOST), n_cols = draw(m, 1, 4 * MOST);
    dc_packed packed;
    dc_csc matrix;
    dc_ese_program *p;
    dc_ese_machine *machine;
    dc_ese_counters counters = { 0 };
    DC_TRY(dc_synthetic_weights(&packed, n_rows, n_cols, draw_density(m), 6, dc_rng_u64(&m->rng),
                                &m->arena));
    float *bias = dc_arena_take(&m->arena, n_rows, sizeof *bias);
    DC_TRY(m->arena.status);
    for (uint32_t i = 0; i < n_rows; i++)
        bias[i] = (float)(dc_rng_unit(&m->rng) - 0.5);
    DC_TRY(dc_csc_of(&matrix, &packed, 0, n_rows, draw(m, 0, 1) ? bias : NULL, &m->arena));
    dc_product product = { .name = "layer", .packed = &packed, .matrix = &matrix,
                           .has_relu = draw(m, 0, 1) };
    product.format.weight = (int32_t)m->config.weight_bits - 1;
    product.format.input = 15;
    product.format.output = product.format.weight + 15 - (int32_t)draw(m, 8, 13);
    DC_TRY(dc_ese_program_of_product(&p, &product, &m->config, &m->arena));
    for (uint32_t j = 0; j < n_cols; j++)
        input[j] = (int32_t)draw(m, 0, 65535) - 32768;
    DC_TRY(dc_ese_machine_new(&machine, &m->config));
    const dc_status status = dc_ese_run(machine, p, input, output, &counters);
    dc_ese_machine_free(machine);
    DC_TRY(status);
    DC_TRY(put_program(m, p, n_rows));
    DC_TRY(put_tables(m, p));
    DC_TRY(put_words(m, "bias.hex", p->bias, p->bias != NULL ? n_rows : 0));
    DC_TRY(put_words(m, "peepholes.hex", NULL, 0));
    DC_TRY(put_words(m, "x.hex", input, n_cols));
    DC_TRY(put_words(m, "y.hex", NULL, 0));
    DC_TRY(put_words(m, "c.hex", NULL, 0));
    DC_TRY(put_words(m, "want_cells.hex", NULL, 0));
    return put_words(m, "want.hex", output, n_rows);
}

static dc_status make_cell(maker *m, dc_cell *cell, dc_packed *packed, dc_csc *csc)
{
    const uint32_t room = DC_MIN(m->config.n_pes * m->config.act_buffer_words, MOST);
    const bool is_projected = draw(m, 0, 2) > 0, has_input = draw(m, 0, 2) > 0;
    dc_synthetic_cell spec = { .n_inputs = draw(m, 1, MOST), .n_cells = draw(m, 1, room),
                               .density = draw_density(m),
                               .pruning = (dc_pruning)draw(m, 0, 2) };
    spec.n_said = is_projected ? draw(m, 1, room) : spec.n_cells;
    DC_TRY(dc_synthetic_lstm(packed, &spec, m->config.n_pes, dc_rng_u64(&m->rng), &m->arena));
    for (int i = 0; i < 3; i++)
        DC_TRY(dc_csc_of(&csc[i], &packed[i], 0, packed[i].n_rows, NULL, &m->arena));
    double *bias = dc_arena_take(&m->arena, 4ull * spec.n_cells, sizeof *bias);
    float *peepholes = dc_arena_take(&m->arena, 3ull * spec.n_cells, sizeof *peepholes);
    DC_TRY(m->arena.status);
    for (uint32_t i = 0; i < 4 * spec.n_cells; i++)
        bias[i] = 2 * dc_rng_unit(&m->rng) - 1;
    for (uint32_t i = 0; i < 3 * spec.n_cells; i++)
        peepholes[i] = (float)(dc_rng_unit(&m->rng) - 0.5);
    *cell = (dc_cell){ .name = "step",
                       .n_inputs = has_input ? spec.n_inputs : 4 * spec.n_cells,
                       .n_cells = spec.n_cells,
                       .n_said = spec.n_said,
                       .recurrent = { &packed[1], &csc[1] },
                       .bias = bias,
                       .peepholes = draw(m, 0, 1) ? peepholes : NULL };
    if (has_input)
        cell->input = (dc_cell_matrix){ &packed[0], &csc[0] };
    if (is_projected)
        cell->projection = (dc_cell_matrix){ &packed[2], &csc[2] };
    const dc_cell_range range = { 0.5, 0.5, 0.5, 1, 0.5, draw(m, 0, 1) ? 0.3 : 6, 0.5 };
    cell->format = dc_cell_format_choose(cell, &range, m->config.weight_bits, 16);
    return DC_OK;
}

static dc_status make_step(maker *m)
{
    static int32_t x[4 * MOST], y[MOST], c[MOST];
    dc_packed packed[3];
    dc_csc csc[3];
    dc_cell cell;
    dc_ese_program *p;
    dc_ese_machine *machine;
    dc_ese_counters counters[DC_MAX_CELL_STAGES] = { 0 };
    DC_TRY(make_cell(m, &cell, packed, csc));
    DC_TRY(dc_ese_program_of_cell(&p, &cell, &m->config, &m->arena));
    for (uint32_t j = 0; j < cell.n_inputs; j++)
        x[j] = (int32_t)draw(m, 0, 32767) - 16384;
    for (uint32_t i = 0; i < cell.n_said; i++)
        y[i] = (int32_t)draw(m, 0, 32767) - 16384;
    for (uint32_t i = 0; i < cell.n_cells; i++)
        c[i] = (int32_t)draw(m, 0, 8191) - 4096;
    DC_TRY(put_program(m, p, cell.n_said));
    DC_TRY(put_tables(m, p));
    DC_TRY(put_words(m, "bias.hex", p->bias, 4ull * cell.n_cells));
    DC_TRY(put_words(m, "peepholes.hex", p->peepholes,
                     p->peepholes != NULL ? 3ull * cell.n_cells : 0));
    DC_TRY(put_words(m, "x.hex", x, cell.n_inputs));
    DC_TRY(put_words(m, "y.hex", y, cell.n_said));
    DC_TRY(put_words(m, "c.hex", c, cell.n_cells));
    DC_TRY(dc_ese_machine_new(&machine, &m->config));
    const dc_status status =
        dc_ese_run_cell(machine, p, x, &(dc_cell_state){ y, c }, counters);
    dc_ese_machine_free(machine);
    DC_TRY(status);
    DC_TRY(put_words(m, "want_cells.hex", c, cell.n_cells));
    return put_words(m, "want.hex", y, cell.n_said);
}

static dc_status make_all(maker *m, const char *parent, uint32_t n)
{
    DC_TRY(dc_folder_make(parent));
    for (uint32_t i = 0; i < n; i++) {
        char folder[900];
        dc_print(folder, sizeof folder, "%s/%02u", parent, i);
        m->folder = folder;
        DC_TRY(dc_folder_make(folder));
        const dc_status status = i % 3 == 0 ? make_layer(m) : make_step(m);
        dc_arena_clear(&m->arena);
        m->arena = (dc_arena){ 0 };
        DC_TRY(status);
    }
    return DC_OK;
}

int main(int argc, char **argv)
{
    maker m = { .config = dc_ese_defaults() };
    dc_ese_config *c = &m.config;
    uint32_t *const parameters[N_PARAMETERS] = {
        &c->n_pes, &c->n_channels, &c->fifo_depth, &c->weight_bits, &c->index_bits,
        &c->weight_buffer_words, &c->pointer_buffer_words, &c->act_buffer_words, &c->n_dimms,
        &c->bus_bytes, &c->dram_latency_cycles, &c->refresh_interval_cycles, &c->refresh_cycles,
        &c->vector_latency_cycles, &c->n_table_samples
    };
    if (argc != 2 + N_PARAMETERS + 2) {
        fprintf(stderr, "usage: ese_programs OUT_DIR %d parameters SEED COUNT\n", N_PARAMETERS);
        return 2;
    }
    for (int i = 0; i < N_PARAMETERS; i++)
        *parameters[i] = (uint32_t)strtoul(argv[2 + i], NULL, 10);
    dc_rng_init(&m.rng, strtoul(argv[2 + N_PARAMETERS], NULL, 10), 0);
    const uint32_t n = (uint32_t)strtoul(argv[3 + N_PARAMETERS], NULL, 10);
    if (make_all(&m, argv[1], n) < 0) {
        fprintf(stderr, "ese_programs: %s\n", dc_message());
        return 1;
    }
    return 0;
}
