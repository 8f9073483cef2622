/* SPDX-License-Identifier: MIT
 *
 * A run by columns instead of cycles (manual, 4). A PE takes columns in order, walks an entry a
 * cycle and waits for nothing but the next column, so when broadcast k enters the queues all that
 * follows from it is known:
 *
 *     push[k]    = the first cycle in which B holds it and every PE has taken k - (depth - 1)
 *     take[k, p] = max(push[k] + 1, take[k - 1, p] + max(1, entries[k - 1, p]))
 *
 * and the control unit acts in every cycle in which no broadcast is held. A column is done as a
 * whole when it is pushed: its times by these two lines, its sums by a loop over its entries. What
 * a register holds in a cycle is not known here; who wants to see it has the machine stepped
 * (machine.c), and tests hold every counter and output of the two against each other.
 */
#include "machine.h"

/* From the walk of an entry to its sum in the register: E, S1, S2 and S3. */
enum { N_STAGES = 4 };

typedef struct leap {
    dc_eie_machine *machine;
    uint64_t now;    /* the control unit's cycle                                       */
    uint64_t pushed; /* when the last broadcast entered the queues; it is held so long */
    uint64_t idle;   /* the first cycle in which all PEs are idle                      */
    uint32_t ring;   /* the place in `taken` of the column depth - 1 broadcasts ago    */
    uint64_t told;   /* when the pace was last reported                                */
} leap;

/* ---- a PE ----------------------------------------------------------------------------------- */

/* A row, or DC_NONE, all of whose bits are set, if there is none. Nothing foretells these cases, so
 * they do without branches. */
static inline uint32_t row_unless(bool is_none, uint32_t row)
{
    return row | -(uint32_t)is_none;
}

/* Cycles without an entry: the sums on their way move on. */
static inline void pass(leaper *p, uint64_t n_cycles)
{
    const uint32_t one_ago = p->rows[0], two_ago = p->rows[1];
    p->rows[0] = row_unless(n_cycles > 0, one_ago);
    p->rows[1] = row_unless(n_cycles > 1, n_cycles > 0 ? one_ago : two_ago);
}

static inline void read_lines(leaper *p, uint32_t begin, uint32_t n, uint32_t line_shift)
{
    const uint32_t first = begin >> line_shift, last = (begin + n - 1) >> line_shift;
    p->n_lines += last - first + (first != p->line);
    p->line = last;
}

/* A sum that was begun one or two cycles ago is not in its register yet. In a column no row comes
 * twice, so only its first two entries can meet such sums, and only its last two leave some. */
static inline void bypass(leaper *p, const entry *entries, uint32_t n)
{
    const uint32_t one_ago = p->rows[0], two_ago = p->rows[1];
    const uint32_t row = ENTRY_ZEROS(entries[0]);
    p->n_bypasses += (ENTRY_CODE(entries[0]) != 0) & ((row == one_ago) | (row == two_ago));
    if (n > 1)
        p->n_bypasses += (ENTRY_CODE(entries[1]) != 0) &
                         (row + 1 + ENTRY_ZEROS(entries[1]) == one_ago);
}

/* What the last entries leave; the last row is that of entry n - 1, which is no filler. */
static inline void leave(leaper *p, const entry *entries, uint32_t n, uint32_t last_row)
{
    const uint32_t before = last_row - 1 - ENTRY_ZEROS(entries[n - 1]);
    p->rows[1] = n == 1 ? p->rows[0] : row_unless(ENTRY_CODE(entries[n - 2]) == 0, before);
    p->rows[0] = last_row;
}

static inline int32_t add_clamped(int32_t sum, int64_t term, const pe_settings *k,
                                  uint64_t *n_saturations)
{
    const int64_t exact = sum + term;
    if (exact <= k->most && exact >= k->least)
        return (int32_t)exact;
    ++*n_saturations;
    return (int32_t)(exact > k->most ? k->most : k->least);
}

/* The entries of a column into the PE's sums. A filler adds a product of 0, so that nothing
 * branches on it. Returns the last row. */
static inline uint32_t add_products(leaper *p, int32_t *sums, const entry *entries, uint32_t n,
                                    int32_t act, const pe_settings *k)
{
    uint32_t row = DC_NONE, n_fillers = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t code = ENTRY_CODE(entries[i]);
        const int64_t product = (int64_t)k->codebook[code] * act;
        row += 1 + ENTRY_ZEROS(entries[i]);
        sums[row] = add_clamped(sums[row], (product + k->half) >> k->shift, k, &p->n_saturations);
        n_fillers += code == 0;
    }
    p->n_fillers += n_fillers;
    return row;
}

static uint32_t add_biases(leaper *p, int32_t *sums, const entry *entries, uint32_t n,
                           const int32_t *bias, const pe_settings *k)
{
    uint32_t row = DC_NONE;
    for (uint32_t i = 0; i < n; i++) {
        row += 1 + ENTRY_ZEROS(entries[i]);
        if (ENTRY_CODE(entries[i]) != 0)
            sums[row] = add_clamped(sums[row], bias[row], k, &p->n_saturations);
        else
            p->n_fillers++;
    }
    return row;
}

static inline void walk_entries(leaper *p, const pe *memories, const column_ref *ref, uint32_t n,
                                const broadcast *b, const pe_settings *k)
{
    const entry *entries = memories->entries + ref->start;
    int32_t *sums = memories->accumulators;
    read_lines(p, ref->pointer, n, k->line_shift);
    bypass(p, entries, n);
    const uint32_t last_row = b->is_bias ? add_biases(p, sums, entries, n, memories->bias, k)
                                         : add_products(p, sums, entries, n, b->act, k);
    leave(p, entries, n, last_row);
    p->n_entries += n;
}

/* All PEs walk the column that is pushed; returns when the last of them took it. */
static uint64_t walk(leap *l, const broadcast *b)
{
    dc_eie_machine *machine = l->machine;
    const pe_settings k = machine->settings; /* a copy that no store can change */
    const uint32_t n_pes = machine->config.n_pes;
    const column_ref *refs = machine->layer->refs + (uint64_t)b->column * n_pes;
    uint64_t latest = 0, idle = l->idle;
    for (uint32_t i = 0; i < n_pes; i++) {
        leaper *p = &machine->leapers[i];
        const uint32_t n = refs[i + 1].start - refs[i].start;
        const uint64_t take = DC_MAX(l->pushed + 1, p->free);
        pass(p, take - p->free);
        if (n > 0)
            walk_entries(p, &machine->pes[i], &refs[i], n, b, &k);
        else
            pass(p, 1);
        p->n_taken++;
        p->free = take + DC_MAX(n, 1);
        latest = DC_MAX(latest, take);
        idle = DC_MAX(idle, p->free + 1 + (n > 0 ? N_STAGES : 0)); /* a filler is never last */
    }
    l->idle = idle;
    return latest;
}

/* ---- the control unit ----------------------------------------------------------------------- */

static void wait_for_broadcast(leap *l)
{
    l->now = DC_MAX(l->now, l->pushed);
}

/* B takes it in this cycle, and holds it from the next one on. */
static void send(leap *l, const broadcast *b)
{
    dc_eie_machine *machine = l->machine;
    uint64_t *taken = &machine->taken[l->ring];
    l->now++;
    l->pushed = DC_MAX(l->now, *taken + 1);
    machine->counts.broadcasts++;
    machine->counts.held_cycles += l->pushed - l->now;
    *taken = walk(l, b);
    l->ring = l->ring + 2 == machine->config.fifo_depth ? 0 : l->ring + 1;
}

static void scan_row(leap *l, uint32_t block, uint32_t slot)
{
    dc_eie_machine *machine = l->machine;
    const dc_eie_layer *layer = machine->layer;
    const uint32_t n_pes = machine->config.n_pes;
    for (uint32_t bank = 0; bank < n_pes; bank++) {
        bank = lnzd_find(&machine->tree, slot, bank);
        wait_for_broadcast(l);
        if (bank == DC_NONE) {
            machine->counts.row_bubbles++;
            l->now++;
            return;
        }
        const uint32_t j = slot * n_pes + bank;
        send(l, &(broadcast){ .column = block * layer->n_columns + j, .act = machine->input[j] });
    }
}

/* Slots go from or to the activation SRAM of every PE; returns the cycles. */
static uint64_t move_slots(leap *l, uint32_t n_slots)
{
    dc_eie_machine *machine = l->machine;
    const uint64_t n_cycles = (n_slots + machine->n_lanes - 1) / machine->n_lanes;
    machine->counts.act_sram_accesses += n_cycles * machine->config.n_pes;
    l->now += n_cycles;
    return n_cycles;
}

static void tell_pace(leap *l, uint32_t block, uint32_t batch, uint32_t slot)
{
    if (l->now - l->told < TALLY_CYCLES)
        return;
    l->machine->ccu.now = (ccu_regs){ CCU_SCAN, .block = block, .batch = batch, .slot = slot };
    machine_tell_pace(l->machine);
    l->told = l->now;
}

static void scan_block(leap *l, uint32_t block)
{
    dc_eie_machine *machine = l->machine;
    const dc_eie_layer *layer = machine->layer;
    for (uint32_t batch = 0; batch < layer->n_batches; batch++) {
        const uint32_t first = batch * layer->config.n_act_registers;
        const uint32_t n_slots = batch_slots(layer, batch);
        if (layer->n_batches > 1)
            machine->counts.load_cycles += move_slots(l, n_slots);
        for (uint32_t slot = 0; slot < n_slots; slot++) {
            scan_row(l, block, first + slot);
            tell_pace(l, block, batch, slot);
        }
    }
    if (layer->has_bias) {
        wait_for_broadcast(l);
        send(l, &(broadcast){ .is_bias = true,
                              .column = block * layer->n_columns + layer->matrix->n_cols });
    }
}

/* ---- a run ---------------------------------------------------------------------------------- */

static void begin(leap *l)
{
    const dc_eie_machine *machine = l->machine;
    for (uint32_t i = 0; i < machine->config.n_pes; i++)
        machine->leapers[i] = (leaper){ .line = NO_LINE, .rows = { DC_NONE, DC_NONE } };
    for (uint32_t i = 0; i + 1 < machine->config.fifo_depth; i++)
        machine->taken[i] = 0; /* nothing was there to take */
}

/* What PEs counted, where the stepped machine has it. */
static void hand_over(const leap *l)
{
    dc_eie_machine *machine = l->machine;
    for (uint32_t i = 0; i < machine->config.n_pes; i++) {
        const leaper *p = &machine->leapers[i];
        pe_counters *counts = &machine->pes[i].counts;
        uint64_t *flushed = machine->pes[i].flushed;
        counts->pushes = (uint32_t)machine->counts.broadcasts;
        counts->bypasses = (uint32_t)p->n_bypasses;
        counts->saturations = (uint32_t)p->n_saturations;
        flushed[TALLY_POPS] = flushed[TALLY_READS] = p->n_taken;
        flushed[TALLY_LINES] = p->n_lines;
        flushed[TALLY_ENTRIES] = p->n_entries;
        flushed[TALLY_MULTIPLIES] = flushed[TALLY_WRITES] = p->n_entries - p->n_fillers;
    }
}

void leap_run(dc_eie_machine *machine)
{
    const dc_eie_layer *layer = machine->layer;
    leap l = { .machine = machine };
    begin(&l);
    for (uint32_t block = 0; block < layer->n_blocks; block++) {
        scan_block(&l, block);
        l.now = DC_MAX(l.now, DC_MAX(l.pushed + 1, l.idle)) + 1; /* the swap's cycle is the last */
        if (layer->n_blocks > 1)
            machine->counts.store_cycles += move_slots(&l, block_rows(layer, block));
        ccu_write_back(machine, block);
    }
    hand_over(&l);
    machine->counts.cycles = l.now;
    machine->n_cycles_ever += l.now;
    machine->ccu.now.state = CCU_DONE;
}
