/* SPDX-License-Identifier: MIT
 *
 * The machine's parameters with their units and ranges (manual, 1, which says where defaults are
 * from).
 */
#include "ese_internal.h"

#define WORD_BITS 16u

#define WHOLE(word, member, of, least, most, text)                                                 \
    { .name = word, .kind = DC_FIELD_U32, .offset = offsetof(dc_ese_config, member), .unit = of,   \
      .min = least, .max = most, .help = text }

const dc_field dc_ese_config_fields[] = {
    WHOLE("channels", n_channels, NULL, 1, 256, "streams that share the weights"),
    WHOLE("pes", n_pes, NULL, 1, 256, "processing elements of a channel"),
    WHOLE("fifo_depth", fifo_depth, "slots", 1, 1024, "activation queue"),
    WHOLE("weight_bits", weight_bits, "bits", 4, 16, "fixed-point weight"),
    WHOLE("index_bits", index_bits, "bits", 1, 8, "zeros before an entry"),
    WHOLE("weight_buffer", weight_buffer_words, "words", 16, 65536, "of a PE's lane, each half"),
    WHOLE("pointer_buffer", pointer_buffer_words, "words", 2, 65536, "of a PE's lane, each half"),
    WHOLE("act_buffer", act_buffer_words, "words", 1, 65536, "accumulators of a PE, each half"),
    WHOLE("dimms", n_dimms, NULL, 1, 16, "memories that are read side by side"),
    WHOLE("bus_bytes", bus_bytes, "bytes", 2, 1024, "what a DIMM moves in a cycle"),
    WHOLE("dram_latency", dram_latency_cycles, "cycles", 0, 10000, "to the first word"),
    WHOLE("refresh_interval", refresh_interval_cycles, "cycles", 64, 1000000,
          "from refresh to refresh of the DRAM"),
    WHOLE("refresh_cycles", refresh_cycles, "cycles", 0, 10000, "what a refresh takes"),
    WHOLE("vector_width", vector_width, NULL, 1, 64, "cells a cycle of the element-wise unit"),
    WHOLE("vector_latency", vector_latency_cycles, "cycles", 0, 1000, "of its pipeline"),
    WHOLE("table_samples", n_table_samples, NULL, 16, 65536, "of each curve"),
    WHOLE("sigmoid_range", sigmoid_range, NULL, 1, 1024, "its table spans -range .. range"),
    WHOLE("tanh_range", tanh_range, NULL, 1, 1024, "likewise"),
    { .name = "clock", .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_ese_config, clock_mhz),
      .unit = "MHz", .min = 1e-3, .max = 1e6, .help = "clock" },
    { 0 },
};

dc_ese_config dc_ese_defaults(void)
{
    return (dc_ese_config){
        .n_channels = 32,
        .n_pes = 32,
        .fifo_depth = 8,
        .weight_bits = 12,
        .index_bits = 4,
        .weight_buffer_words = 512,
        .pointer_buffer_words = 512,
        .act_buffer_words = 128,
        .n_dimms = 2,
        .bus_bytes = 64,
        .dram_latency_cycles = 40,
        .refresh_interval_cycles = 1560,
        .refresh_cycles = 52,
        .vector_width = 1,
        .vector_latency_cycles = 20,
        .n_table_samples = 2048,
        .sigmoid_range = 64,
        .tanh_range = 128,
        .clock_mhz = 200,
    };
}

dc_status dc_ese_check(const dc_ese_config *config)
{
    for (const dc_field *field = dc_ese_config_fields; field->kind == DC_FIELD_U32; field++) {
        const uint32_t value = dc_field_get(field, config).u32;
        if (value < field->min || value > field->max)
            return dc_fail(DC_EINPUT, "'%s' is %u; it can be %g to %g", field->name, value,
                           field->min, field->max);
    }
    if (config->weight_bits + config->index_bits > WORD_BITS)
        return dc_fail(DC_EINPUT, "an entry of %u bits: weight and index fill %u at most",
                       config->weight_bits + config->index_bits, WORD_BITS);
    if (config->act_buffer_words > config->weight_buffer_words)
        return dc_fail(DC_EINPUT,
                       "a column of %u rows may have more entries than a weight buffer of %u holds",
                       config->act_buffer_words, config->weight_buffer_words);
    if (config->refresh_cycles >= config->refresh_interval_cycles)
        return dc_fail(DC_EINPUT, "a refresh of %u cycles every %u leaves no time to read",
                       config->refresh_cycles, config->refresh_interval_cycles);
    return DC_OK;
}
