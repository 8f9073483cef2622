/* SPDX-License-Identifier: MIT
 *
 * One processing element (manual, 4): activation queue, pointer reader, Spmat reader, arithmetic in
 * four stages. Each unit has a propagate, which reads `now` and writes its own part of `next`.
 *
 * pes_step takes each PE through propagate and clock edge at once: a PE reads nothing of another,
 * only wires, which follow after all have stepped. `next` then lives in registers of the CPU. A PE
 * that is not awake and gets nothing stays as it is. pe_unit_propagate and pe_unit_update do the
 * same unit by unit in any order; tests hold the two against each other.
 *
 * What is read when a unit has nothing to do is harmless (a stale slot, the entry behind a column),
 * so that the hot path needs few branches.
 */
#include "machine.h"

#include <stdio.h>
#include <string.h>

/* ---- propagate ------------------------------------------------------------------------------ */

static inline bool walk_goes_on(const pe_regs *now)
{
    return now->pos + 1 < now->end;
}

static inline bool walk_ends(const pe_regs *now)
{
    return (now->flags & WALK_VALID) && !walk_goes_on(now);
}

static inline uint32_t step_ring(uint32_t at, uint32_t depth)
{
    return at + 1 == depth ? 0 : at + 1;
}

/* Where the next column waits: behind the one that is walked, which stays at the head. */
static inline uint32_t waiting_at(const pe_regs *now, uint32_t depth)
{
    return now->flags & WALK_VALID ? step_ring(now->read, depth) : now->read;
}

/* The slot at `write` is nobody's to read in this cycle, so it may take its value now. */
static inline void propagate_queue(pe *p, const pe_regs *now, pe_regs *next, const eie_wires *wires,
                                   uint32_t depth)
{
    const bool is_popped = walk_ends(now);
    if (wires->is_pushed) {
        p->slots[now->write] = wires->pushed;
        next->write = step_ring(now->write, depth);
        p->counts.pushes++;
    }
    next->read = is_popped ? step_ring(now->read, depth) : now->read;
    p->counts.pops += is_popped;
}

static inline uint32_t propagate_pointer(pe *p, const pe_regs *now, pe_regs *next, uint32_t depth)
{
    const uint32_t at = waiting_at(now, depth);
    const queue_slot waiting = p->slots[at];
    const uint32_t *pair = p->pointers + (waiting.column & ~SLOT_BIAS);
    const uint32_t kept = walk_goes_on(now) ? now->flags & (WALK_VALID | WALK_BIAS) : 0;
    const uint32_t taken = WALK_VALID | WALK_FIRST | (waiting.column & SLOT_BIAS ? WALK_BIAS : 0);
    const bool takes = (kept == 0) & (at != now->write);
    next->walk_act = takes ? waiting.act : now->walk_act;
    next->pos = takes ? pair[0] : now->pos + 1;
    next->end = takes ? pair[1] : now->end;
    p->counts.pointer_reads += takes;
    return takes ? taken : kept;
}

static inline uint32_t propagate_spmat(pe *p, const pe_regs *now, pe_regs *next,
                                       uint32_t line_shift)
{
    const bool is_valid = (now->flags & WALK_VALID) && now->pos < now->end;
    if (!is_valid)
        return 0;
    const uint32_t line = now->pos >> line_shift;
    next->e = p->entries[now->pos];
    next->e_act = now->walk_act;
    next->line = line;
    p->counts.line_reads += line != now->line;
    p->counts.entries++;
    return E_VALID | (now->flags & (WALK_BIAS | WALK_FIRST)) << 1;
}

/* S2's sum; what S3 takes, and what A2 may need in the same cycle. */
static inline int32_t adder(pe *p, const pe_regs *now, const pe_settings *k)
{
    const int64_t product = (now->s2_addend + k->half) >> k->shift;
    const int64_t sum = now->s2_acc + (now->flags & S2_BIAS ? now->s2_addend : product);
    if (sum <= k->most && sum >= k->least)
        return (int32_t)sum;
    p->counts.saturations += (now->flags & S2_VALID) != 0;
    return (int32_t)(sum > k->most ? k->most : k->least);
}

/* What A2 finds: the adder's output, the sum on its way to the register, or the register. */
static inline int32_t accumulator(pe *p, const pe_regs *now, int32_t sum)
{
    const uint32_t row = now->last_row;
    if ((now->flags & S2_VALID) && now->s2_row == row) {
        p->counts.bypasses++;
        return sum;
    }
    if ((now->flags & S3_VALID) && now->s3_row == row) {
        p->counts.bypasses++;
        return now->s3_sum;
    }
    return p->accumulators[row];
}

static inline uint32_t propagate_arithmetic(pe *p, const pe_regs *now, pe_regs *next,
                                            const pe_settings *k)
{
    uint32_t flags = (now->flags & (S1_VALID | S2_VALID | S1_BIAS)) << 1;
    /* A3 */
    next->s3_row = now->s2_row;
    next->s3_sum = adder(p, now, k);
    /* A2 */
    if (now->flags & S1_VALID) {
        next->s2_row = now->last_row;
        next->s2_addend = now->flags & S1_BIAS ? p->bias[now->last_row]
                                               : (int64_t)now->s1_weight * now->s1_act;
        next->s2_acc = accumulator(p, now, next->s3_sum);
        p->counts.multiplies++;
    }
    /* A1 */
    if (now->flags & E_VALID) {
        next->last_row =
            ENTRY_ZEROS(now->e) + (now->flags & E_FIRST ? 0 : now->last_row + 1);
        next->s1_weight = k->codebook[ENTRY_CODE(now->e)];
        next->s1_act = now->e_act;
        flags |= (ENTRY_CODE(now->e) != 0 ? S1_VALID : 0) | (now->flags & E_BIAS) << 1;
    }
    return flags;
}

/* ---- the clock edge ------------------------------------------------------------------------- */

static inline void write_accumulator(pe *p, const pe_regs *now)
{
    if (now->flags & S3_VALID) {
        p->accumulators[now->s3_row] = now->s3_sum;
        p->counts.writes++;
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

void pes_step(eie_wires *out, dc_machine *machine)
{
    const eie_wires before = machine->wires;
    const pe_settings k = machine->settings; /* a copy that no store can change */
    eie_wires wires = { 0 };
    for (pe *p = machine->pes; p < machine->pes + machine->config.n_pes; p++) {
        if (!p->is_awake && !before.is_pushed)
            continue;
        const pe_regs now = p->now;
        pe_regs next = now;
        propagate_queue(p, &now, &next, &before, k.depth);
        next.flags = propagate_pointer(p, &now, &next, k.depth);
        next.flags |= propagate_spmat(p, &now, &next, k.line_shift);
        next.flags |= propagate_arithmetic(p, &now, &next, &k);
        write_accumulator(p, &now);
        p->now = next;
        settle(p, &next, k.depth, &wires);
    }
    *out = wires;
}

/* ---- one unit at a time, in any order ------------------------------------------------------- */

static uint32_t with_bits(uint32_t flags, uint32_t unit, uint32_t bits)
{
    return (flags & ~unit) | bits;
}

void pe_unit_propagate(dc_machine *machine, uint32_t pe_index, uint32_t unit)
{
    pe *p = &machine->pes[pe_index];
    const pe_regs *now = &p->now;
    pe_regs *next = &p->next;
    uint32_t bits;
    switch (unit) {
    case 0:
        propagate_queue(p, now, next, &machine->wires, machine->settings.depth);
        break;
    case 1:
        bits = propagate_pointer(p, now, next, machine->settings.depth);
        next->flags = with_bits(next->flags, POINTER_BITS, bits);
        break;
    case 2:
        bits = propagate_spmat(p, now, next, machine->settings.line_shift);
        next->flags = with_bits(next->flags, SPMAT_BITS, bits);
        break;
    default:
        bits = propagate_arithmetic(p, now, next, &machine->settings);
        next->flags = with_bits(next->flags, ARITHMETIC_BITS, bits);
        break;
    }
}

void pe_unit_update(dc_machine *machine, uint32_t pe_index, uint32_t unit)
{
    pe_regs *now = &machine->pes[pe_index].now;
    const pe_regs *next = &machine->pes[pe_index].next;
    switch (unit) {
    case 0:
        now->read = next->read;
        now->write = next->write;
        break;
    case 1:
        now->flags = with_bits(now->flags, POINTER_BITS, next->flags & POINTER_BITS);
        now->pos = next->pos;
        now->end = next->end;
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

void pes_settle(eie_wires *out, dc_machine *machine)
{
    *out = (eie_wires){ 0 };
    for (uint32_t k = 0; k < machine->config.n_pes; k++)
        settle(&machine->pes[k], &machine->pes[k].now, machine->settings.depth, out);
}

void pes_start(dc_machine *machine)
{
    const dc_eie_layer *layer = machine->layer;
    const uint64_t n_places = (uint64_t)layer->n_blocks * machine->config.n_act_registers;
    for (uint32_t k = 0; k < machine->config.n_pes; k++) {
        pe *p = &machine->pes[k];
        p->pointers = layer->pointers + k * layer->n_pointers;
        p->entries = layer->entries + layer->pe_starts[k];
        p->bias = layer->has_bias ? layer->bias + k * n_places : p->accumulators;
        p->counts = (pe_counters){ 0 };
        p->now = p->next = (pe_regs){ .line = NO_LINE };
        memset(p->accumulators, 0, machine->config.n_act_registers * sizeof *p->accumulators);
        memset(p->slots, 0, machine->config.fifo_depth * sizeof *p->slots);
    }
}

void pe_tell(char *text, size_t n, const pe *p, uint32_t index)
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
