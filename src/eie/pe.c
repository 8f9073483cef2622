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
 */
#include "machine.h"

#include <stdio.h>
#include <string.h>

/* ---- propagate ------------------------------------------------------------------------------ */

static inline bool walk_goes_on(const pe_regs *now)
{
    return now->pos + 1 < now->end;
}

/* A wire from the pointer reader to the queue: the head's walk is over in this cycle. */
static inline bool walk_ends(const pe_regs *now)
{
    return (now->flags & WALK_VALID) && !walk_goes_on(now);
}

static inline uint32_t step_ring(uint32_t at, uint32_t depth)
{
    return at + 1 == depth ? 0 : at + 1;
}

/* The slot at `write` is nobody's to read in this cycle, so it may take its value now. */
static inline void propagate_queue(pe *p, const pe_regs *now, pe_regs *next, bool is_popped,
                                   const eie_wires *wires, uint32_t depth)
{
    if (wires->is_pushed) {
        p->slots[now->write] = wires->pushed;
        next->write = step_ring(now->write, depth);
        p->counts.pushes++;
    }
    if (is_popped) {
        next->read = step_ring(now->read, depth);
        p->counts.pops++;
    }
}

/* The column that waits stands behind the one that is walked, which stays at the head. */
static inline uint32_t propagate_pointer(pe *p, const pe_regs *now, pe_regs *next, uint32_t flags,
                                         uint32_t depth)
{
    const bool is_walking = (flags & WALK_VALID) != 0;
    if (is_walking && walk_goes_on(now)) {
        next->pos = now->pos + 1;
        return flags & (WALK_VALID | WALK_BIAS);
    }
    const uint32_t at = is_walking ? step_ring(now->read, depth) : now->read;
    if (at == now->write)
        return 0;
    const queue_slot waiting = p->slots[at];
    const uint32_t *pair = p->pointers + (waiting.column & ~SLOT_BIAS);
    next->walk_act = waiting.act;
    next->pos = pair[0];
    next->end = pair[1];
    p->counts.pointer_reads++;
    return WALK_VALID | WALK_FIRST | (waiting.column & SLOT_BIAS ? WALK_BIAS : 0);
}

static inline uint32_t propagate_spmat(pe *p, const pe_regs *now, pe_regs *next, uint32_t flags,
                                       uint32_t line_shift)
{
    if (!(flags & WALK_VALID) || now->pos >= now->end)
        return 0;
    const uint32_t line = now->pos >> line_shift;
    p->counts.line_reads += line != now->line;
    p->counts.entries++;
    next->e = p->entries[now->pos];
    next->e_act = now->walk_act;
    next->line = line;
    return E_VALID | (flags & (WALK_BIAS | WALK_FIRST)) << 1;
}

/* S2's sum; what S3 takes, and what A2 may need in the same cycle. */
static inline int32_t adder(pe *p, const pe_regs *now, uint32_t flags, const pe_settings *k)
{
    const int64_t product = (now->s2_addend + k->half) >> k->shift;
    const int64_t sum = now->s2_acc + (flags & S2_BIAS ? now->s2_addend : product);
    if (sum <= k->most && sum >= k->least)
        return (int32_t)sum;
    p->counts.saturations += (flags & S2_VALID) != 0;
    return (int32_t)(sum > k->most ? k->most : k->least);
}

/* What A2 finds: the adder's output, the sum on its way to the register, or the register. */
static inline int32_t accumulator(pe *p, const pe_regs *now, uint32_t flags, int32_t sum)
{
    const uint32_t row = now->last_row;
    const bool from_adder = (flags & S2_VALID) && now->s2_row == row;
    const bool from_write = (flags & S3_VALID) && now->s3_row == row;
    if (!from_adder && !from_write)
        return p->accumulators[row];
    p->counts.bypasses++;
    return from_adder ? sum : now->s3_sum;
}

/* From the last stage to the first: a stage writes what only later ones, that have read, need. */
static inline uint32_t propagate_arithmetic(pe *p, const pe_regs *now, pe_regs *next,
                                            uint32_t flags, const pe_settings *k)
{
    uint32_t out = (flags & (S1_VALID | S2_VALID | S1_BIAS)) << 1;
    const int32_t sum = adder(p, now, flags, k);
    const uint32_t sum_row = now->s2_row;
    if (flags & S1_VALID) { /* A2 */
        next->s2_acc = accumulator(p, now, flags, sum);
        next->s2_addend = flags & S1_BIAS ? p->bias[now->last_row]
                                          : (int64_t)now->s1_weight * now->s1_act;
        next->s2_row = now->last_row;
        p->counts.multiplies++;
    }
    next->s3_row = sum_row; /* A3 */
    next->s3_sum = sum;
    if (flags & E_VALID) { /* A1 */
        const entry e = now->e;
        next->last_row = ENTRY_ZEROS(e) + (flags & E_FIRST ? 0 : now->last_row + 1);
        next->s1_weight = k->codebook[ENTRY_CODE(e)];
        next->s1_act = now->e_act;
        out |= (ENTRY_CODE(e) != 0 ? S1_VALID : 0) | (flags & E_BIAS) << 1;
    }
    return out;
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
    pe *const end = machine->pes + machine->config.n_pes;
    for (pe *p = machine->pes; p < end; p++) {
        if (!p->is_awake && !before.is_pushed)
            continue;
        pe_regs *now = &p->now;
        const uint32_t flags = now->flags;
        const bool is_popped = walk_ends(now);
        write_accumulator(p, now); /* A2 still finds it on its way: the same sum */
        uint32_t next = propagate_arithmetic(p, now, now, flags, &k);
        next |= propagate_spmat(p, now, now, flags, k.line_shift);
        next |= propagate_pointer(p, now, now, flags, k.depth);
        propagate_queue(p, now, now, is_popped, &before, k.depth);
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

void pe_unit_propagate(dc_machine *machine, uint32_t pe_index, uint32_t unit)
{
    pe *p = &machine->pes[pe_index];
    const pe_regs *now = &p->now;
    pe_regs *next = &p->next;
    uint32_t bits;
    switch (unit) {
    case 0:
        propagate_queue(p, now, next, walk_ends(now), &machine->wires, machine->settings.depth);
        break;
    case 1:
        bits = propagate_pointer(p, now, next, now->flags, machine->settings.depth);
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
