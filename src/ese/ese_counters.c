/* SPDX-License-Identifier: MIT
 *
 * Counters of runs, and the laws they must obey (manual, 5). What the laws expect is counted from
 * tiles and widths, not from what was walked.
 */
#include "ese_internal.h"

#include <inttypes.h>

#define FIELD(member, measure, text)                                                               \
    { .name = #member, .kind = DC_FIELD_U64, .offset = offsetof(dc_ese_counters, member),          \
      .unit = measure, .help = text }

const dc_field dc_ese_counter_fields[] = {
    FIELD(n_runs, NULL, "matrix-vector products"),
    FIELD(cycles, "cycles", "of the product's state, and what is exposed after it"),
    FIELD(n_inputs, NULL, "activations given"),
    FIELD(n_nonzero_inputs, NULL, "of them not zero"),
    FIELD(tiles, NULL, "fetched and run"),
    FIELD(pushes, NULL, "activations sent to all queues"),
    FIELD(held_cycles, "cycles", "an activation waited for a full queue"),
    FIELD(entries, NULL, "walked"),
    FIELD(fillers, NULL, "entries that only bridge zeros"),
    FIELD(macs, NULL, "multiply and add"),
    FIELD(empty_pe_cycles, NULL, "PE-cycles on columns without an entry"),
    FIELD(starved_pe_cycles, NULL, "PE-cycles with an empty queue"),
    FIELD(finished_pe_cycles, NULL, "PE-cycles after a PE's last entry of a tile"),
    FIELD(fetch_pe_cycles, NULL, "PE-cycles that waited for a fetch"),
    FIELD(pass_pe_cycles, NULL, "PE-cycles that waited for the pass beside the product"),
    FIELD(exposed_pe_cycles, NULL, "PE-cycles in which nothing but a pass could run"),
    FIELD(pass_cycles, "cycles", "of the element-wise unit"),
    FIELD(exposed_cycles, "cycles", "of them without a product beside"),
    FIELD(drained, NULL, "sums that went to the element-wise unit"),
    FIELD(table_reads, NULL, "of sigmoid and tanh"),
    FIELD(vector_multiplies, NULL, "of the element-wise unit"),
    FIELD(weight_rows, NULL, "rows of weights fetched"),
    FIELD(pointer_rows, NULL, "rows of pointers fetched"),
    FIELD(padding_words, NULL, "words that fill rows up to the fullest PE"),
    FIELD(weight_bytes, "bytes", "off-chip, padding included"),
    FIELD(pointer_bytes, "bytes", "off-chip"),
    FIELD(vector_bytes, "bytes", "inputs, biases and peepholes off-chip"),
    FIELD(written_bytes, "bytes", "outputs off-chip"),
    FIELD(saturations, NULL, "numbers that were clamped"),
    { 0 },
};

typedef struct law {
    const char *name;
    uint64_t have, wanted;
} law;

dc_status ese_laws_check(const dc_ese_program *program, const dc_ese_counters *counters)
{
    const dc_ese_counters *c = counters;
    const uint64_t n_pes = program->config.n_pes, n_cells = program->n_cells;
    uint64_t n_entries = 0, n_columns = 0, n_rows = 0;
    for (uint32_t i = 0; i < program->n_stages; i++) {
        const ese_stage *stage = &program->stages[i];
        n_entries += stage->starts[(uint64_t)stage->n_cols * n_pes];
        n_columns += stage->n_cols;
        n_rows += stage->n_rows;
    }
    const uint64_t by_cause = c->entries + c->empty_pe_cycles + c->starved_pe_cycles +
                              c->finished_pe_cycles + c->fetch_pe_cycles + c->pass_pe_cycles +
                              c->exposed_pe_cycles;
    const law laws[] = {
        { "entries walked = entries of the layout", c->entries, n_entries },
        { "columns sent = columns", c->pushes, n_columns },
        { "PE-cycles by cause = cycles x PEs", by_cause, c->cycles * n_pes },
        { "cycles of stages = cycles of the schedule", c->cycles * n_pes, program->n_pe_cycles },
        { "words of weights = entries + padding", c->weight_rows * n_pes,
          c->entries + c->padding_words },
        { "rows drained = rows", c->drained, n_rows },
        { "curves = 5 a cell", c->table_reads, 5 * n_cells },
        { "products of cells = 3, with peepholes 6", c->vector_multiplies,
          (program->peepholes != NULL ? 6 : 3) * n_cells },
    };
    for (size_t i = 0; i < DC_COUNT_OF(laws); i++)
        if (laws[i].have != laws[i].wanted)
            return dc_fail(DC_ESTALL,
                           "'%s': conservation law broken: %s: %" PRIu64 ", expected %" PRIu64,
                           program->name, laws[i].name, laws[i].have, laws[i].wanted);
    return DC_OK;
}
