/* SPDX-License-Identifier: MIT
 *
 * Programs: a layer alone, a product a block of rows; or a step of an LSTM, whose nine products
 * come in the order in which the element-wise unit can follow them (manual, 4).
 */
#include "ese_internal.h"

#define WORD_BITS 16u
enum { MOST_SHIFT = 30 };

/* "W_ix": i, o, f, g as rows are stacked. */
static const char *const input_names[] = { "W_ix", "W_ox", "W_fx", "W_gx" };
static const char *const recurrent_names[] = { "W_ir", "W_or", "W_fr", "W_gr" };
static const uint32_t gates_in_time[] = { GATE_I, GATE_F, GATE_G, GATE_O };

uint32_t dc_ese_n_stages(const dc_ese_program *program)
{
    return program->n_stages;
}

void dc_ese_stage_of(dc_cell_stage *out, const dc_ese_program *program, uint32_t stage)
{
    const ese_stage *s = &program->stages[stage];
    *out = (dc_cell_stage){ .name = s->name, .n_rows = s->n_rows, .n_cols = s->n_cols,
                            .n_nonzero = s->n_nonzero, .format = s->format,
                            .layout = { .n_most = s->n_most } };
    for (uint32_t t = 0; t < s->n_tiles; t++) {
        out->layout.n_entries += s->tiles[t].n_entries;
        out->layout.n_fillers += s->tiles[t].n_fillers;
    }
}

static dc_status new_program(dc_ese_program **out, const char *name, const dc_ese_config *config,
                             uint32_t n_stages, dc_arena *arena)
{
    dc_ese_program *p = dc_arena_take(arena, 1, sizeof *p);
    ese_stage *stages = dc_arena_take(arena, n_stages, sizeof *stages);
    DC_TRY(arena->status);
    *p = (dc_ese_program){ .config = *config, .name = name, .stages = stages };
    *out = p;
    return DC_OK;
}

static dc_status set_format(ese_stage *s, int32_t weight, int32_t input, int32_t output)
{
    const int32_t shift = weight + input - output;
    if (shift < 0 || shift > MOST_SHIFT)
        return dc_fail(DC_EINPUT, "'%s': fractions that shift by %d bits", s->name, shift);
    s->format = (dc_fixed_format){ weight, input, output };
    s->shift = (uint32_t)shift;
    return DC_OK;
}

/* Lays out all stages and makes their schedule. */
static dc_status complete(dc_ese_program *p, dc_arena *arena)
{
    dc_arena scratch = { 0 };
    for (uint32_t i = 0; i < p->n_stages; i++) {
        DC_TRY(ese_stage_lay(&p->stages[i], &p->config, arena));
        p->n_rows_most = DC_MAX(p->n_rows_most, p->stages[i].n_rows);
    }
    uint64_t *takes = dc_arena_take(&scratch, (uint64_t)p->config.n_pes + p->config.fifo_depth,
                                    sizeof *takes);
    const dc_status status = scratch.status;
    if (status == DC_OK)
        ese_schedule(p, takes);
    dc_arena_clear(&scratch);
    return status;
}

/* ---- a layer alone -------------------------------------------------------------------------- */

dc_status dc_ese_program_of_product(dc_ese_program **out, const dc_product *product,
                                    const dc_ese_config *config, dc_arena *arena)
{
    const dc_csc *m = product->matrix;
    const dc_fixed_format *f = &product->format;
    DC_TRY(dc_ese_check(config));
    const uint64_t room = (uint64_t)config->n_pes * config->act_buffer_words;
    const uint32_t n_blocks = (uint32_t)((m->n_rows + room - 1) / room);
    dc_ese_program *p;
    DC_TRY(new_program(&p, product->name, config, n_blocks, arena));
    p->has_relu = product->has_relu;
    p->n_inputs = m->n_cols;
    if (m->bias != NULL)
        p->bias = dc_arena_take(arena, m->n_rows, sizeof *p->bias);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < m->n_rows && m->bias != NULL; i++)
        p->bias[i] = dc_fixed_of((double)m->bias[i], f->output, WORD_BITS);
    for (uint32_t b = 0; b < n_blocks; b++) {
        const uint32_t first = (uint32_t)(b * room);
        const uint32_t n_rows = (uint32_t)DC_MIN(room, m->n_rows - first);
        ese_stage *s = &p->stages[p->n_stages++];
        *s = (ese_stage){ .name = product->name,
                          .matrix = m,
                          .first_row = first,
                          .n_rows = n_rows,
                          .n_cols = m->n_cols,
                          .pass = PASS_LINEAR,
                          .makes_outputs = true,
                          .n_elements = b == 0 ? m->n_cols : 0,
                          .n_shared_words = m->bias != NULL ? n_rows : 0 };
        DC_TRY(set_format(s, f->weight, f->input, f->output));
    }
    DC_TRY(complete(p, arena));
    *out = p;
    return DC_OK;
}

/* ---- a step --------------------------------------------------------------------------------- */

static dc_status take_cell_values(dc_ese_program *p, const dc_cell *cell, dc_arena *arena)
{
    const dc_cell_format *f = &cell->format;
    const uint64_t n_bias = (uint64_t)N_GATES * cell->n_cells, n_peepholes = 3ull * cell->n_cells;
    p->n_inputs = cell->n_inputs;
    p->n_cells = cell->n_cells;
    p->n_said = cell->n_said;
    p->has_input = cell->input.packed != NULL;
    p->has_projection = cell->projection.packed != NULL;
    p->sums_fraction = f->sums;
    p->bias = dc_arena_take(arena, n_bias, sizeof *p->bias);
    p->sigmoid = dc_arena_take(arena, p->config.n_table_samples, sizeof *p->sigmoid);
    p->tanh = dc_arena_take(arena, p->config.n_table_samples, sizeof *p->tanh);
    if (cell->peepholes != NULL)
        p->peepholes = dc_arena_take(arena, n_peepholes, sizeof *p->peepholes);
    DC_TRY(arena->status);
    for (uint64_t i = 0; i < n_bias; i++)
        p->bias[i] = dc_fixed_of(cell->bias[i], f->sums, WORD_BITS);
    for (uint64_t i = 0; i < n_peepholes && cell->peepholes != NULL; i++)
        p->peepholes[i] = dc_fixed_of((double)cell->peepholes[i], f->peephole, WORD_BITS);
    p->peephole_shift = f->peephole + DC_CELL_STATE_FRACTION - f->sums;
    if (cell->peepholes != NULL && (p->peephole_shift < 0 || p->peephole_shift > MOST_SHIFT))
        return dc_fail(DC_EINPUT, "'%s': peepholes that shift by %d bits", p->name,
                       p->peephole_shift);
    ese_tables_make(p);
    return DC_OK;
}

/* Words of a gate's biases and peepholes, where its inputs are added. */
static uint64_t shared_words(const dc_cell *cell, uint32_t gate)
{
    const bool has_peephole = cell->peepholes != NULL && gate != GATE_G;
    return (uint64_t)cell->n_cells * (1u + has_peephole);
}

static ese_stage *add_stage(dc_ese_program *p, const dc_cell *cell, uint32_t gate)
{
    ese_stage *s = &p->stages[p->n_stages++];
    *s = (ese_stage){ .first_row = gate * cell->n_cells, .n_rows = cell->n_cells, .gate = gate,
                      .n_elements = p->n_stages == 1 ? cell->n_inputs : 0 };
    return s;
}

static dc_status add_input(dc_ese_program *p, const dc_cell *cell, uint32_t gate)
{
    const dc_cell_format *f = &cell->format;
    ese_stage *s = add_stage(p, cell, gate);
    s->name = input_names[gate];
    s->matrix = cell->input.matrix;
    s->n_cols = cell->n_inputs;
    s->pass = PASS_INPUT;
    s->n_shared_words = shared_words(cell, gate);
    return set_format(s, f->input_weight, f->input, f->sums);
}

static dc_status add_recurrent(dc_ese_program *p, const dc_cell *cell, uint32_t gate)
{
    const dc_cell_format *f = &cell->format;
    ese_stage *s = add_stage(p, cell, gate);
    s->name = recurrent_names[gate];
    s->matrix = cell->recurrent.matrix;
    s->n_cols = cell->n_said;
    s->pass = PASS_RECURRENT;
    s->n_shared_words = p->has_input ? 0 : shared_words(cell, gate);
    s->makes_outputs = gate == GATE_O && !p->has_projection;
    return set_format(s, f->weight, f->said, f->sums);
}

static dc_status add_projection(dc_ese_program *p, const dc_cell *cell)
{
    const dc_cell_format *f = &cell->format;
    ese_stage *s = &p->stages[p->n_stages++];
    *s = (ese_stage){ .name = "W_ym",
                      .matrix = cell->projection.matrix,
                      .n_rows = cell->n_said,
                      .n_cols = cell->n_cells,
                      .pass = PASS_SAID,
                      .awaits_pass = true,
                      .makes_outputs = true };
    return set_format(s, f->projection_weight, DC_CELL_GATE_FRACTION, f->said);
}

dc_status dc_ese_program_of_cell(dc_ese_program **out, const dc_cell *cell,
                                 const dc_ese_config *config, dc_arena *arena)
{
    const uint64_t room = (uint64_t)config->n_pes * config->act_buffer_words;
    dc_ese_program *p;
    DC_TRY(dc_ese_check(config));
    DC_TRY(new_program(&p, cell->name, config, DC_MAX_CELL_STAGES, arena));
    if (cell->n_cells > room || cell->n_said > room)
        return dc_fail(DC_ELIMIT,
                       "'%s' has gates of %u cells, %u elements with %u accumulators hold %llu",
                       cell->name, cell->n_cells, config->n_pes, config->act_buffer_words,
                       (unsigned long long)room);
    DC_TRY(take_cell_values(p, cell, arena));
    for (uint32_t i = 0; i < N_GATES && p->has_input; i++)
        DC_TRY(add_input(p, cell, gates_in_time[i]));
    for (uint32_t i = 0; i < N_GATES; i++)
        DC_TRY(add_recurrent(p, cell, gates_in_time[i]));
    if (p->has_projection)
        DC_TRY(add_projection(p, cell));
    DC_TRY(complete(p, arena));
    *out = p;
    return DC_OK;
}
