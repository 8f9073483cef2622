/* SPDX-License-Identifier: MIT
 *
 * Random layers and steps of LSTMs for the ESE machine, with random parameters.
 */
#ifndef TESTS_ESE_ESE_CASE_H
#define TESTS_ESE_ESE_CASE_H

#include "test.h"

#include "ese_internal.h"

enum { MOST = 80 };

static inline uint32_t pick(dc_rng *rng, const uint32_t *values, size_t n)
{
    return values[dc_rng_below(rng, n)];
}
#define PICK(rng, ...)                                                                             \
    pick(rng, (const uint32_t[]){ __VA_ARGS__ },                                                   \
         sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static inline dc_ese_config random_config(dc_rng *rng)
{
    dc_ese_config c = dc_ese_defaults();
    c.n_pes = PICK(rng, 1, 2, 3, 7, 16, 32);
    c.n_channels = PICK(rng, 1, 5, 32, 70);
    c.fifo_depth = PICK(rng, 1, 2, 3, 8, 64);
    c.weight_bits = PICK(rng, 4, 8, 12);
    c.index_bits = PICK(rng, 1, 2, 4); /* few bits make fillers */
    c.act_buffer_words = PICK(rng, 16, 32, 128);
    c.weight_buffer_words = PICK(rng, 128, 200, 512);
    c.pointer_buffer_words = PICK(rng, 2, 9, 512);
    c.n_dimms = PICK(rng, 1, 2, 3);
    c.bus_bytes = PICK(rng, 2, 16, 64);
    c.dram_latency_cycles = PICK(rng, 0, 40);
    c.refresh_interval_cycles = PICK(rng, 64, 100, 1560);
    c.refresh_cycles = PICK(rng, 0, 1, 52);
    c.vector_width = PICK(rng, 1, 3, 16);
    c.vector_latency_cycles = PICK(rng, 0, 20, 100);
    c.n_table_samples = PICK(rng, 16, 100, 2048);
    c.sigmoid_range = PICK(rng, 3, 8, 64);
    c.tanh_range = PICK(rng, 2, 5, 128);
    assert_ok(dc_ese_check(&c));
    return c;
}

/* ---- layers ---------------------------------------------------------------------------------- */

typedef struct layer_case {
    dc_arena arena;
    dc_ese_config config;
    dc_packed packed;
    dc_csc matrix;
    dc_product product;
    dc_ese_program *program;
    dc_ese_ref *ref;
    int32_t input[MOST * 4], output[MOST * 4], expected[MOST * 4];
} layer_case;

/* Wide inputs with few fraction bits left for sums make some of them saturate. */
static inline void layer_case_make(layer_case *c, const dc_ese_config *config, uint32_t n_rows,
                                   uint32_t n_cols, double density, dc_rng *rng)
{
    memset(c, 0, sizeof *c);
    c->config = *config;
    assert_ok(dc_synthetic_weights(&c->packed, n_rows, n_cols, density, 6, dc_rng_u64(rng),
                                   &c->arena));
    float *bias = dc_arena_take(&c->arena, n_rows, sizeof *bias);
    for (uint32_t i = 0; i < n_rows; i++)
        bias[i] = (float)(dc_rng_unit(rng) - 0.5);
    assert_ok(dc_csc_of(&c->matrix, &c->packed, 0, n_rows, dc_rng_below(rng, 2) ? bias : NULL,
                        &c->arena));
    c->product = (dc_product){ .name = "random", .packed = &c->packed, .matrix = &c->matrix,
                               .has_relu = dc_rng_below(rng, 2) != 0 };
    c->product.format = (dc_fixed_format){ .weight = (int32_t)config->weight_bits - 1,
                                           .input = 15 };
    c->product.format.output = c->product.format.weight + 15 - (int32_t)PICK(rng, 0, 9, 13);
    for (uint32_t j = 0; j < n_cols; j++)
        c->input[j] = dc_rng_below(rng, 4) ? (int32_t)dc_rng_below(rng, 65536) - 32768 : 0;
    assert_ok(dc_ese_program_of_product(&c->program, &c->product, config, &c->arena));
    assert_ok(dc_ese_ref_of_product(&c->ref, &c->product, config, &c->arena));
}

/* ---- steps ----------------------------------------------------------------------------------- */

typedef struct step_case {
    dc_arena arena;
    dc_packed packed[3];
    dc_csc csc[3];
    dc_cell cell;
    dc_ese_program *program;
    dc_ese_ref *ref;
    int32_t input[4 * MOST], said[MOST], cells[MOST], expected_said[MOST], expected_cells[MOST];
} step_case;

static inline void step_case_make(step_case *c, const dc_ese_config *config, dc_rng *rng)
{
    memset(c, 0, sizeof *c);
    const uint32_t room = DC_MIN(config->n_pes * config->act_buffer_words, MOST);
    const bool has_input = dc_rng_below(rng, 3) > 0, is_projected = dc_rng_below(rng, 3) > 0;
    dc_synthetic_cell spec = { .n_inputs = 1 + (uint32_t)dc_rng_below(rng, MOST),
                               .n_cells = 1 + (uint32_t)dc_rng_below(rng, room),
                               .density = 0.01 * PICK(rng, 5, 20, 100),
                               .pruning = (dc_pruning)dc_rng_below(rng, 3) };
    spec.n_said = is_projected ? 1 + (uint32_t)dc_rng_below(rng, room) : spec.n_cells;
    assert_ok(dc_synthetic_lstm(c->packed, &spec, config->n_pes, dc_rng_u64(rng), &c->arena));
    for (int m = 0; m < 3; m++)
        assert_ok(dc_csc_of(&c->csc[m], &c->packed[m], 0, c->packed[m].n_rows, NULL, &c->arena));
    double *bias = dc_arena_take(&c->arena, 4ull * spec.n_cells, sizeof *bias);
    float *peepholes = dc_arena_take(&c->arena, 3ull * spec.n_cells, sizeof *peepholes);
    for (uint32_t i = 0; i < 4 * spec.n_cells; i++)
        bias[i] = 2 * dc_rng_unit(rng) - 1;
    for (uint32_t i = 0; i < 3 * spec.n_cells; i++)
        peepholes[i] = (float)(dc_rng_unit(rng) - 0.5);
    c->cell = (dc_cell){ .name = "step",
                         .n_inputs = has_input ? spec.n_inputs : 4 * spec.n_cells,
                         .n_cells = spec.n_cells,
                         .n_said = spec.n_said,
                         .recurrent = { &c->packed[1], &c->csc[1] },
                         .bias = bias,
                         .peepholes = dc_rng_below(rng, 2) ? peepholes : NULL };
    if (has_input)
        c->cell.input = (dc_cell_matrix){ &c->packed[0], &c->csc[0] };
    if (is_projected)
        c->cell.projection = (dc_cell_matrix){ &c->packed[2], &c->csc[2] };
    const dc_cell_range range = { 0.5, 0.5, 0.5, 1, 0.5, 0.1 * PICK(rng, 2, 10, 80), 0.5 };
    c->cell.format = dc_cell_format_choose(&c->cell, &range, config->weight_bits, 16);
    for (uint32_t j = 0; j < c->cell.n_inputs; j++)
        c->input[j] = (int32_t)dc_rng_below(rng, 32768) - 16384;
    for (uint32_t i = 0; i < spec.n_said; i++)
        c->said[i] = c->expected_said[i] = (int32_t)dc_rng_below(rng, 32768) - 16384;
    for (uint32_t i = 0; i < spec.n_cells; i++)
        c->cells[i] = c->expected_cells[i] = (int32_t)dc_rng_below(rng, 8192) - 4096;
    assert_ok(dc_ese_program_of_cell(&c->program, &c->cell, config, &c->arena));
    assert_ok(dc_ese_ref_of_cell(&c->ref, &c->cell, config, &c->arena));
}

#endif
