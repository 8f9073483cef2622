/* SPDX-License-Identifier: MIT
 *
 * Random layers of many shapes and densities with what the simulator makes of them, as folders of
 * memory images:
 *
 *   rtl_layers OUT_DIR N FIFO_DEPTH SRAM_WIDTH CODE_BITS INDEX_BITS PRECISION ACT_REGISTERS SEED
 *              COUNT
 */
#include <stdio.h>
#include <stdlib.h>

#include "dcomp/eie.h"
#include "dcomp/file.h"

typedef struct maker {
    dc_eie_config config;
    dc_rng rng;
    dc_arena arena; /* of one layer */
} maker;

static uint32_t draw(maker *m, uint32_t least, uint32_t most)
{
    return least + (uint32_t)dc_rng_below(&m->rng, most - least + 1);
}

/* Mostly small, now and then more than one block or batch. */
static uint32_t draw_side(maker *m)
{
    const uint32_t one = m->config.n_pes * m->config.n_act_registers;
    const uint32_t most = draw(m, 0, 2) == 0 ? 3 * one + 5 : one;
    return draw(m, 1, DC_MIN(most, draw(m, 0, 1) ? 400u : 60u));
}

static double draw_density(maker *m)
{
    static const double densities[] = { 0.01, 0.05, 0.1, 0.3, 0.7, 1 };
    return densities[draw(m, 0, DC_COUNT_OF(densities) - 1)];
}

static void draw_inputs(maker *m, double *x, uint32_t n)
{
    const uint32_t n_signs = draw(m, 1, 2);
    dc_synthetic_inputs(x, n, draw_density(m), dc_rng_u64(&m->rng));
    for (uint32_t j = 0; j < n; j++) {
        if (x[j] > 0 && draw(m, 0, 9) == 0)
            x[j] = 1;
        if (draw(m, 1, n_signs) == 2)
            x[j] = -x[j];
    }
}

/* Sometimes sums saturate; sometimes 1 and -1, which are among weights and inputs, are the largest
 * and least numbers there are. */
static dc_fixed_format draw_format(maker *m, double largest, uint32_t n_bits)
{
    const double room = draw(m, 0, 2) == 0 ? 0.3 : 2;
    const int32_t one = draw(m, 0, 2) == 0 ? (int32_t)n_bits - 1 : dc_fixed_fraction(1, n_bits);
    dc_fixed_format format = { one, one, dc_fixed_fraction(room * largest, n_bits) };
    if (draw(m, 0, 9) == 0)
        format.output = 2 * one - (2 * (int32_t)n_bits - 2); /* the longest shift */
    dc_fixed_format_settle(&format, n_bits);
    return format;
}

static float *draw_bias(maker *m, uint32_t n)
{
    const uint32_t kind = draw(m, 0, 3); /* none, zeros, some, all */
    float *bias = dc_arena_take(&m->arena, n, sizeof *bias);
    for (uint32_t i = 0; i < n && bias != NULL && kind > 1; i++)
        if (kind == 3 || draw(m, 0, 3) == 0)
            bias[i] = (float)(dc_rng_unit(&m->rng) * 2 - 1);
    return kind == 0 ? NULL : bias;
}

static dc_status emit(maker *m, const char *folder, const dc_packed *packed, const float *bias,
                      const double *x)
{
    const uint32_t n_bits = dc_eie_bits(&m->config);
    dc_csc matrix;
    dc_eie_layer *layer;
    dc_eie_machine *machine;
    dc_eie_counters counters = { 0 };
    int32_t *input = dc_arena_take(&m->arena, packed->n_cols, sizeof *input);
    int32_t *output = dc_arena_take(&m->arena, packed->n_rows, sizeof *output);
    double *y = dc_arena_take(&m->arena, packed->n_rows, sizeof *y);
    DC_TRY(m->arena.status);
    DC_TRY(dc_csc_of(&matrix, packed, 0, packed->n_rows, bias, &m->arena));
    const double largest = dc_csc_apply(y, &matrix, x);
    const dc_fixed_format format = draw_format(m, largest, n_bits);
    for (uint32_t j = 0; j < packed->n_cols; j++)
        input[j] = dc_fixed_of(x[j], format.input, n_bits);
    DC_TRY(dc_eie_layer_new(&layer, &matrix, &m->config, folder, draw(m, 0, 1) == 1, &m->arena));
    dc_eie_layer_set_format(layer, &format);
    DC_TRY(dc_eie_machine_new(&machine, &m->config));
    const dc_status status = dc_eie_machine_run(machine, layer, input, output, &counters);
    dc_eie_machine_free(machine);
    DC_TRY(status);
    DC_TRY(dc_folder_make(folder));
    return dc_eie_layer_emit(layer, folder, input, output, counters.cycles, true);
}

static dc_status make_layer(maker *m, const char *out_dir, uint32_t index)
{
    dc_packed packed;
    const char *folder = dc_arena_print(&m->arena, "%s/%03u", out_dir, index);
    const uint32_t n_rows = draw_side(m), n_cols = draw_side(m);
    DC_TRY(dc_synthetic_weights(&packed, n_rows, n_cols, draw_density(m), m->config.code_bits,
                                dc_rng_u64(&m->rng), &m->arena));
    double *x = dc_arena_take(&m->arena, n_cols, sizeof *x);
    const float *bias = draw_bias(m, n_rows);
    DC_TRY(m->arena.status);
    draw_inputs(m, x, n_cols);
    return emit(m, folder, &packed, bias, x);
}

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
    if (argc != 11) {
        fprintf(stderr, "usage: rtl_layers OUT_DIR N FIFO_DEPTH SRAM_WIDTH CODE_BITS INDEX_BITS "
                        "PRECISION ACT_REGISTERS SEED COUNT\n");
        return 2;
    }
    maker m = { .config = dc_eie_defaults() };
    m.config.n_pes = number(argv[2]);
    m.config.fifo_depth = number(argv[3]);
    m.config.sram_width_bits = number(argv[4]);
    m.config.code_bits = number(argv[5]);
    m.config.index_bits = number(argv[6]);
    m.config.precision = number(argv[7]) == 8    ? DC_EIE_8
                         : number(argv[7]) == 32 ? DC_EIE_32
                                                 : DC_EIE_16;
    m.config.n_act_registers = number(argv[8]);
    dc_rng_init(&m.rng, number(argv[9]), 0);
    dc_status status = dc_folder_make(argv[1]);
    for (uint32_t i = 0; i < number(argv[10]) && status == DC_OK; i++) {
        status = make_layer(&m, argv[1], i);
        dc_arena_clear(&m.arena);
    }
    if (status < 0)
        fprintf(stderr, "rtl_layers: %s\n", dc_message());
    return status < 0 ? 1 : 0;
}
