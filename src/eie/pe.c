/* SPDX-License-Identifier: MIT
 *
 * One processing element (manual, 4): activation queue, pointer reader, Spmat reader, arithmetic in
 * four stages. Each unit has a propagate, which reads current registers and writes its own part of
 * `next`; `flags` are the current one-bit registers, and what it returns is its part of the next.
 *
 * pes_step does this in place: `next` is the current registers themselves, and units go from the
 * last to the first, so that each has read what the one before it then writes. A PE reads nothing
 * of another, only wires, which follow when all have stepped; one that is not awake and gets
 * nothing stays as it is. pe_unit_propagate and pe_unit_update do the same with two sets of
 * registers, unit by unit in any order; tests hold the two against each other.
 *
 * Whether a stage is valid is hard to foresee, so none of the arithmetic branches on it (what is
 * rare does): an invalid stage computes with what its registers hold, which always name places that
 * exist, and its valid bit is not set.
 */
#include "machine.h"

#include <stdio.h>
#include <string.h>

/* ---- propagate ------------------------------------------------------------------------------ */

static inline bool walk_goes_on(const pe_regs *now)
{
    return now->pos + 1 < now->end;
}

/* A wire from the pointer reader to the queue: the head is taken up, and its slot is free. */
static inline bool takes_head(const pe_regs *now)
{
    const bool is_walking = (now->flags & WALK_VALID) & walk_goes_on(now);
    return (now->read != now->write) & !is_walking;
}

static inline uint32_t step_ring(uint32_t at, uint32_t depth)
{
    return at + 1 == depth ? 0 : at + 1;
}

static inline void fetch_ahead(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address);
#else
    (void)address;
#endif
}

/* The slot at `write` is nobody's to read in this cycle, so it may take its value now. */
static inline uint32_t propagate_queue(pe *p, const pe_regs *now, pe_regs *next, bool is_popped,
                                       const eie_wires *wires, uint32_t depth)
{
    if (wires->is_pushed) {
        p->slots[now->write] = wires->pushed;
        next->write = step_ring(now->write, depth);
        p->counts.pushes++;
        fetch_ahead(p->refs + (wires->pushed.column & ~SLOT_BIAS)); /* it is walked soon */
    }
    next->read = is_popped ? step_ring(now->read, depth) : now->read;
    return is_popped ? POPPED : 0;
}

static inline uint32_t propagate_pointer(const pe *p, const pe_regs *now, pe_regs *next,
                                         uint32_t flags)
{
    if ((flags & WALK_VALID) && walk_goes_on(now)) {
        next->pos = now->pos + 1;
        return flags & (WALK_VALID | WALK_BIAS);
    }
    if (now->read == now->write)
        return 0;
    const queue_slot waiting = p->slots[now->read];
    const column_ref *ref = p->refs + (waiting.column & ~SLOT_BIAS);
    const uint32_t begin = ref->pointer, shelf = ref->start - begin;
    next->walk_act = waiting.act;
    next->pos = begin;
    next->end = ref[1].start - shelf;
    next->shelf = shelf;
    return WALK_VALID | WALK_FIRST | (waiting.column & SLOT_BIAS) >> 23;
}

static inline uint32_t propagate_spmat(const pe *p, const pe_regs *now, pe_regs *next,
                                       uint32_t flags, uint32_t line_shift)
{
    const uint32_t is_valid = (flags & WALK_VALID) & (now->pos < now->end);
    const uint32_t line = is_valid ? now->pos >> line_shift : now->line;
    const uint32_t bits = E_VALID | (flags & WALK_BIAS) << 1 | (flags & WALK_FIRST) << 7 |
                          (line != now->line ? LINE_READ : 0);
    next->e = p->entries[now->shelf + now->pos];
    next->e_act = now->walk_act;
    next->line = line;
    return is_valid ? bits : 0;
}

/* S2's sum; what S3 takes, and what A2 may need in the same cycle. */
static inline int32_t adder(pe *p, const pe_regs *now, uint32_t flags, const pe_settings *k)
{
    int64_t term = (now->s2_addend + k->half) >> k->shift;
    if (flags & S2_BIAS)
        term = now->s2_addend;
    const int64_t sum = now->s2_acc + term;
    if (sum <= k->most && sum >= k->least)
        return (int32_t)sum;
    p->counts.saturations += (flags & S2_VALID) != 0;
    return (int32_t)(sum > k->most ? k->most : k->least);
}

/* What A2 finds: the adder's output, the sum on its way to the register, or the register. */
static inline int32_t accumulator(pe *p, const pe_regs *now, uint32_t flags, int32_t sum)
{
    const uint32_t row = now->last_row;
    const bool from_adder = (now->s2_row == row) & (flags / S2_VALID);
    const bool from_write = (now->s3_row == row) & (flags / S3_VALID);
    if (!(from_adder | from_write))
        return p->accumulators[row];
    p->counts.bypasses += flags / S1_VALID & 1;
    return from_adder ? sum : now->s3_sum;
}

/* From the last stage to the first: a stage writes what only later ones, that have read, need. */
static inline uint32_t propagate_arithmetic(pe *p, const pe_regs *now, pe_regs *next,
                                            uint32_t flags, const pe_settings *k)
{
    const int32_t sum = adder(p, now, flags, k);
    const uint32_t sum_row = now->s2_row;
    /* A2 */
    next->s2_acc = accumulator(p, now, flags, sum);
    next->s2_addend = (int64_t)now->s1_weight * now->s1_act;
    if (flags & S1_BIAS)
        next->s2_addend = p->bias[now->last_row];
    next->s2_row = now->last_row;
    /* A3 */
    next->s3_row = sum_row;
    next->s3_sum = sum;
    /* A1 */
    const uint32_t e = now->e;
    const uint32_t row = ENTRY_ZEROS(e) + (flags & E_FIRST ? 0 : now->last_row + 1);
    const uint32_t is_weight = ENTRY_CODE(e) != 0 ? flags & E_VALID : 0;
    next->last_row = flags & E_VALID ? row : now->last_row;
    next->s1_weight = k->codebook[ENTRY_CODE(e)];
    next->s1_act = now->e_act;
    return (is_weight | (flags & (S1_VALID | S2_VALID | E_BIAS | S1_BIAS))) << 1;
}

/* ---- the clock edge ------------------------------------------------------------------------- */

static inline void write_accumulator(pe *p, const pe_regs *now)
{
    int32_t *accumulator = &p->accumulators[now->s3_row];
    const int32_t kept = *accumulator;
    *accumulator = now->flags & S3_VALID ? now->s3_sum : kept;
}

void pes_make_tallies(uint64_t *tallies)
{
    static const uint32_t counted[N_TALLIES] = {
        [TALLY_ENTRIES] = E_VALID, [TALLY_MULTIPLIES] = S1_VALID, [TALLY_WRITES] = S3_VALID,
        [TALLY_READS] = WALK_FIRST, [TALLY_POPS] = POPPED,        [TALLY_LINES] = LINE_READ,
    };
    for (uint32_t flags = 0; flags <= COUNTED; flags++)
        for (uint32_t i = 0; i < N_TALLIES; i++)
            tallies[flags] |= (uint64_t)((flags & counted[i]) != 0) << i * TALLY_BITS;
}

void pes_tally(dc_eie_machine *machine)
{
    for (uint32_t k = 0; k < machine->config.n_pes; k++) {
        pe *p = &machine->pes[k];
        p->counts.tally += machine->tallies[p->now.flags & COUNTED];
    }
}

void pes_flush(dc_eie_machine *machine)
{
    for (uint32_t k = 0; k < machine->config.n_pes; k++) {
        pe *p = &machine->pes[k];
        for (uint32_t i = 0; i < N_TALLIES; i++)
            p->flushed[i] += p->counts.tally >> i * TALLY_BITS & TALLY_CYCLES;
        p->counts.tally = 0;
    }
}

static inline void settle(pe *p, const pe_regs *now, uint32_t depth, eie_wires *wires)
{
    const bool is_moving = (now->flags & ANY_VALID) != 0;
    p->is_awake = is_moving | (now->read != now->write);
    p->is_full = step_ring(now->write, depth) == now->read;
    wires->any_full |= p->is_full;
    wires->any_awake |= p->is_awake;
    wires->has_moved |= is_moving;
}

void pes_step(eie_wires *out, dc_eie_machine *machine)
{
    const eie_wires before = machine->wires;
    const pe_settings k = machine->settings; /* a copy that no store can change */
    eie_wires wires = { 0 };
    const uint64_t *tallies = machine->tallies;
    pe *const end = machine->pes + machine->config.n_pes;
    for (pe *p = machine->pes; p < end; p++) {
        if (!p->is_awake && !before.is_pushed)
            continue;
        pe_regs *now = &p->now;
        const uint32_t flags = now->flags;
        const bool is_popped = takes_head(now);
        write_accumulator(p, now); /* A2 still finds it on its way: the same sum */
        p->counts.tally += tallies[flags & COUNTED];
        uint32_t next = propagate_arithmetic(p, now, now, flags, &k);
        next |= propagate_spmat(p, now, now, flags, k.line_shift);
        next |= propagate_pointer(p, now, now, flags);
        next |= propagate_queue(p, now, now, is_popped, &before, k.depth);
        now->flags = next;
        settle(p, now, k.depth, &wires);
    }
    *out = wires;
}

/* ---- one unit at a time, in any order ------------------------------------------------------- */

static uint32_t with_bits(uint32_t flags, uint32_t unit, uint32_t bits)
{
    return (flags & ~unit) | bits;
}

void pe_unit_propagate(dc_eie_machine *machine, uint32_t pe_index, uint32_t unit)
{
    pe *p = &machine->pes[pe_index];
    const pe_regs *now = &p->now;
    pe_regs *next = p->next;
    uint32_t bits;
    switch (unit) {
    case 0:
        bits = propagate_queue(p, now, next, takes_head(now), &machine->wires,
                               machine->settings.depth);
        next->flags = with_bits(next->flags, QUEUE_BITS, bits);
        break;
    case 1:
        bits = propagate_pointer(p, now, next, now->flags);
        next->flags = with_bits(next->flags, POINTER_BITS, bits);
        break;
    case 2:
        bits = propagate_spmat(p, now, next, now->flags, machine->settings.line_shift);
        next->flags = with_bits(next->flags, SPMAT_BITS, bits);
        break;
    default:
        bits = propagate_arithmetic(p, now, next, now->flags, &machine->settings);
        next->flags = with_bits(next->flags, ARITHMETIC_BITS, bits);
        break;
    }
}

void pe_unit_update(dc_eie_machine *machine, uint32_t pe_index, uint32_t unit)
{
    pe_regs *now = &machine->pes[pe_index].now;
    const pe_regs *next = machine->pes[pe_index].next;
    switch (unit) {
    case 0:
        now->flags = with_bits(now->flags, QUEUE_BITS, next->flags & QUEUE_BITS);
        now->read = next->read;
        now->write = next->write;
        break;
    case 1:
        now->flags = with_bits(now->flags, POINTER_BITS, next->flags & POINTER_BITS);
        now->pos = next->pos;
        now->end = next->end;
        now->shelf = next->shelf;
        now->walk_act = next->walk_act;
        break;
    case 2:
        now->flags = with_bits(now->flags, SPMAT_BITS, next->flags & SPMAT_BITS);
        now->line = next->line;
        now->e = next->e;
        now->e_act = next->e_act;
        break;
    default:
        write_accumulator(&machine->pes[pe_index], now);
        now->flags = with_bits(now->flags, ARITHMETIC_BITS, next->flags & ARITHMETIC_BITS);
        now->last_row = next->last_row;
        now->s1_weight = next->s1_weight;
        now->s1_act = next->s1_act;
        now->s2_row = next->s2_row;
        now->s2_acc = next->s2_acc;
        now->s2_addend = next->s2_addend;
        now->s3_row = next->s3_row;
        now->s3_sum = next->s3_sum;
        break;
    }
}

void pes_settle(eie_wires *out, dc_eie_machine *machine)
{
    *out = (eie_wires){ 0 };
    for (uint32_t k = 0; k < machine->config.n_pes; k++)
        settle(&machine->pes[k], &machine->pes[k].now, machine->settings.depth, out);
}

void pes_start(dc_eie_machine *machine)
{
    const dc_eie_layer *layer = machine->layer;
    const uint64_t n_places = (uint64_t)layer->n_blocks * machine->config.n_act_registers;
    for (uint32_t k = 0; k < machine->config.n_pes; k++) {
        pe *p = &machine->pes[k];
        p->refs = layer->refs + k;
        p->entries = layer->entries;
        p->bias = layer->has_bias ? layer->bias + k * n_places : p->accumulators;
        p->counts = (pe_counters){ 0 };
        p->now = *p->next = (pe_regs){ .line = NO_LINE };
        memset(p->flushed, 0, N_TALLIES * sizeof *p->flushed);
        memset(p->accumulators, 0, machine->config.n_act_registers * sizeof *p->accumulators);
        memset(p->slots, 0, machine->config.fifo_depth * sizeof *p->slots);
    }
}

void pe_print(char *text, size_t n, const pe *p, uint32_t index)
{
    const pe_regs *now = &p->now;
    static const char names[] = "WE123";
    char stages[] = "-----";
    for (unsigned i = 0; i < 5; i++)
        if (now->flags >> i & 1)
            stages[i] = names[i];
    snprintf(text, n, "PE %u queue %u:%u%s walk %u..%u %s", index, now->read, now->write,
             p->is_full ? " full" : "", now->pos, now->end, stages);
}
