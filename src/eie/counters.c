/* SPDX-License-Identifier: MIT
 *
 * Counters of runs, what follows from them, and the laws they must obey (manual, 5). What the laws
 * expect is counted from the layout and the input, not from the units.
 */
#include "machine.h"

#include <inttypes.h>

#define FIELD(member, measure, text)                                                          \
    { .name = #member, .kind = DC_FIELD_U64, .offset = offsetof(dc_eie_counters, member),     \
      .unit = measure, .help = text }

const dc_field dc_eie_counter_fields[] = {
    FIELD(n_runs, NULL, "matrix-vector products"),
    FIELD(cycles, "cycles", "from the first scan or load to the swap"),
    FIELD(n_inputs, NULL, "activations given"),
    FIELD(n_nonzero_inputs, NULL, "of them not zero"),
    FIELD(broadcasts, NULL, "activations and biases sent to all PEs"),
    FIELD(held_cycles, "cycles", "a broadcast waited for a full queue"),
    FIELD(row_bubbles, "cycles", "a row changed and nothing was taken"),
    FIELD(load_cycles, "cycles", "a batch came from the activation SRAM"),
    FIELD(store_cycles, "cycles", "a block went to the activation SRAM"),
    FIELD(pushes, NULL, "into activation queues"),
    FIELD(pops, NULL, "out of activation queues"),
    FIELD(pointer_reads, NULL, "pairs of pointers"),
    FIELD(line_reads, NULL, "lines of the sparse-matrix SRAM"),
    FIELD(act_sram_accesses, NULL, "lines of the activation SRAM"),
    FIELD(entries, NULL, "walked"),
    FIELD(fillers, NULL, "entries that only bridge zeros"),
    FIELD(macs, NULL, "multiply and add"),
    FIELD(accumulator_writes, NULL, "of the destination registers"),
    FIELD(bypasses, NULL, "sums taken before they were written"),
    FIELD(saturations, NULL, "sums that were clamped"),
    { 0 },
};

/* ---- laws ----------------------------------------------------------------------------------- */

eie_expectation laws_expect(const dc_eie_machine *machine)
{
    const dc_eie_layer *layer = machine->layer;
    const uint32_t n_cols = layer->matrix->n_cols;
    eie_expectation e = { 0 };
    for (uint32_t block = 0; block < layer->n_blocks; block++) {
        for (uint32_t j = 0; j < layer->n_columns; j++) {
            const uint64_t c = (uint64_t)block * layer->n_columns + j;
            if (j < n_cols && machine->input[j] == 0)
                continue;
            e.broadcasts++;
            e.entries += layer->column_entries[c];
            e.fillers += layer->column_fillers[c];
        }
    }
    return e;
}

static dc_status broken(const dc_eie_machine *machine, const char *law, uint64_t have,
                        uint64_t wanted)
{
    return dc_fail(DC_ESTALL, "'%s': conservation law broken: %s: %" PRIu64 ", expected %" PRIu64,
                   machine->layer->name, law, have, wanted);
}

dc_status laws_check(const dc_eie_machine *machine)
{
    const dc_eie_counters *c = &machine->counts;
    const eie_expectation e = laws_expect(machine);
    for (uint32_t k = 0; k < machine->config.n_pes; k++) {
        const pe *p = &machine->pes[k];
        const uint64_t *n = p->flushed, n_pushes = p->counts.pushes;
        if (n_pushes != e.broadcasts)
            return broken(machine, "a PE's pushes = broadcasts", n_pushes, e.broadcasts);
        if (n[TALLY_POPS] != n_pushes || p->now.read != p->now.write)
            return broken(machine, "a PE's pops = pushes", n[TALLY_POPS], n_pushes);
        if (n[TALLY_READS] != n_pushes)
            return broken(machine, "a PE's pointer reads = pushes", n[TALLY_READS], n_pushes);
        if (n[TALLY_WRITES] != n[TALLY_MULTIPLIES])
            return broken(machine, "a PE's writes = multiplications", n[TALLY_WRITES],
                          n[TALLY_MULTIPLIES]);
    }
    if (c->broadcasts != e.broadcasts)
        return broken(machine, "broadcasts = inputs that are not zero and biases", c->broadcasts,
                      e.broadcasts);
    if (c->entries != e.entries)
        return broken(machine, "entries walked = entries of the touched columns", c->entries,
                      e.entries);
    if (c->fillers != e.fillers)
        return broken(machine, "fillers (entries that were not multiplied)", c->fillers,
                      e.fillers);
    if (c->cycles * machine->config.n_pes < c->entries)
        return broken(machine, "at most one entry a PE and cycle", c->entries,
                      c->cycles * machine->config.n_pes);
    return DC_OK;
}
