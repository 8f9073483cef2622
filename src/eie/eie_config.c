/* SPDX-License-Identifier: MIT
 *
 * The machine's parameters with their units and ranges; defaults are the paper's [EIE V, VI].
 */
#include "machine.h"

#define AT(member) offsetof(dc_eie_config, member)

const dc_field dc_eie_config_fields[] = {
    { .name = "pes", .kind = DC_FIELD_U32, .offset = AT(n_pes), .min = 1, .max = DC_EIE_MAX_PES,
      .help = "processing elements" },
    { .name = "fifo_depth", .kind = DC_FIELD_U32, .offset = AT(fifo_depth), .unit = "slots",
      .min = 2, .max = 1024, .help = "activation queue; one slot stays free" },
    { .name = "sram_width", .kind = DC_FIELD_U32, .offset = AT(sram_width_bits), .unit = "bits",
      .min = 16, .max = 1024, .help = "line of the sparse-matrix SRAM" },
    { .name = "code_bits", .kind = DC_FIELD_U32, .offset = AT(code_bits), .unit = "bits", .min = 1,
      .max = 8, .help = "a weight's code; the codebook has 2^bits entries" },
    { .name = "index_bits", .kind = DC_FIELD_U32, .offset = AT(index_bits), .unit = "bits",
      .min = 1, .max = 8, .help = "zeros before an entry" },
    { .name = "pointer_bits", .kind = DC_FIELD_U32, .offset = AT(pointer_bits), .unit = "bits",
      .min = 8, .max = 32, .help = "column pointer" },
    { .name = "precision", .kind = DC_FIELD_CHOICE, .offset = AT(precision), .unit = "bits",
      .choices = "16|8|32", .help = "fixed-point activations, weights and accumulators" },
    { .name = "act_registers", .kind = DC_FIELD_U32, .offset = AT(n_act_registers),
      .unit = "registers", .min = 1, .max = 1024,
      .help = "activations in each register file of a PE" },
    { .name = "spmat_bytes", .kind = DC_FIELD_U64, .offset = AT(spmat_bytes), .unit = "bytes",
      .min = 1, .max = 0x1p40, .help = "sparse-matrix SRAM of a PE" },
    { .name = "pointer_bytes", .kind = DC_FIELD_U64, .offset = AT(pointer_bytes), .unit = "bytes",
      .min = 1, .max = 0x1p40, .help = "pointer SRAM of a PE" },
    { .name = "act_bytes", .kind = DC_FIELD_U64, .offset = AT(act_bytes), .unit = "bytes", .min = 1,
      .max = 0x1p40, .help = "activation SRAM of a PE" },
    { .name = "clock", .kind = DC_FIELD_NUMBER, .offset = AT(clock_mhz), .unit = "MHz", .min = 1e-3,
      .max = 1e6, .help = "clock" },
    { .name = "stall_limit", .kind = DC_FIELD_U64, .offset = AT(stall_limit_cycles),
      .unit = "cycles", .min = 16, .max = 0x1p40,
      .help = "give up when nothing moves for so long" },
    { .name = "strict_fit", .kind = DC_FIELD_BOOL, .offset = AT(is_strict),
      .help = "refuse a layer that does not fit pointers and SRAM" },
    { 0 },
};

dc_eie_config dc_eie_defaults(void)
{
    return (dc_eie_config){
        .n_pes = 64,
        .fifo_depth = 8,
        .sram_width_bits = 64,
        .code_bits = 4,
        .index_bits = 4,
        .pointer_bits = 16,
        .precision = DC_EIE_16,
        .n_act_registers = 64,
        .spmat_bytes = 131072,
        .pointer_bytes = 32768,
        .act_bytes = 2048,
        .clock_mhz = 800,
        .stall_limit_cycles = 10000,
    };
}

uint32_t dc_eie_bits(const dc_eie_config *config)
{
    return config->precision == DC_EIE_8 ? 8 : config->precision == DC_EIE_32 ? 32 : 16;
}

dc_status dc_eie_check(const dc_eie_config *config)
{
    if (config->n_pes < 1 || config->n_pes > DC_EIE_MAX_PES)
        return dc_fail(DC_EINPUT, "%u processing elements; there can be 1 to %u", config->n_pes,
                       DC_EIE_MAX_PES);
    if (config->fifo_depth < 2)
        return dc_fail(DC_EINPUT, "a queue of %u slots holds nothing: one stays free (2 or more)",
                       config->fifo_depth);
    if ((config->sram_width_bits & (config->sram_width_bits - 1)) != 0)
        return dc_fail(DC_EINPUT, "an SRAM line of %u bits: it must be a power of two",
                       config->sram_width_bits);
    if (config->code_bits + config->index_bits > config->sram_width_bits)
        return dc_fail(DC_EINPUT, "no entry of %u bits fits a line of %u",
                       config->code_bits + config->index_bits, config->sram_width_bits);
    return DC_OK;
}

uint32_t entries_per_line(const dc_eie_config *config)
{
    const uint32_t most = config->sram_width_bits / (config->code_bits + config->index_bits);
    uint32_t n = 1;
    while (2 * n <= most)
        n *= 2;
    return n;
}
