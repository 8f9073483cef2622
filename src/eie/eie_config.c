/* SPDX-License-Identifier: MIT
 *
 * The machine's parameters with their units and ranges; defaults are the paper's [EIE V, VI].
 */
#include "machine.h"

#define AT(member) offsetof(dc_eie_config, member)

const dc_field dc_eie_config_fields[] = {
    { "pes", DC_FIELD_U32, AT(n_pes), NULL, 1, DC_EIE_MAX_PES, NULL, "processing elements", 0 },
    { "fifo_depth", DC_FIELD_U32, AT(fifo_depth), "slots", 2, 1024, NULL,
      "activation queue; one slot stays free", 0 },
    { "sram_width", DC_FIELD_U32, AT(sram_width_bits), "bits", 16, 1024, NULL,
      "line of the sparse-matrix SRAM", 0 },
    { "code_bits", DC_FIELD_U32, AT(code_bits), "bits", 1, 8, NULL,
      "a weight's code; the codebook has 2^bits entries", 0 },
    { "index_bits", DC_FIELD_U32, AT(index_bits), "bits", 1, 8, NULL,
      "zeros before an entry", 0 },
    { "pointer_bits", DC_FIELD_U32, AT(pointer_bits), "bits", 8, 32, NULL, "column pointer", 0 },
    { "precision", DC_FIELD_CHOICE, AT(precision), "bits", 0, 0, "16|8|32",
      "fixed-point activations, weights and accumulators", 0 },
    { "act_registers", DC_FIELD_U32, AT(n_act_registers), "registers", 1, 1024, NULL,
      "activations in each register file of a PE", 0 },
    { "spmat_bytes", DC_FIELD_U64, AT(spmat_bytes), "bytes", 1, 0x1p40, NULL,
      "sparse-matrix SRAM of a PE", 0 },
    { "pointer_bytes", DC_FIELD_U64, AT(pointer_bytes), "bytes", 1, 0x1p40, NULL,
      "pointer SRAM of a PE", 0 },
    { "act_bytes", DC_FIELD_U64, AT(act_bytes), "bytes", 1, 0x1p40, NULL,
      "activation SRAM of a PE", 0 },
    { "clock", DC_FIELD_NUMBER, AT(clock_mhz), "MHz", 1e-3, 1e6, NULL, "clock", 0 },
    { "stall_limit", DC_FIELD_U64, AT(stall_limit_cycles), "cycles", 16, 0x1p40, NULL,
      "give up when nothing moves for so long", 0 },
    { "strict_fit", DC_FIELD_BOOL, AT(is_strict), NULL, 0, 0, NULL,
      "refuse a layer that does not fit pointers and SRAM", 0 },
    { NULL, DC_FIELD_BOOL, 0, NULL, 0, 0, NULL, NULL, 0 },
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
