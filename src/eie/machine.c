/* SPDX-License-Identifier: MIT
 *
 * The clock. In a cycle every unit propagates, then every unit updates, then the wires follow the
 * new registers. A run ends when the control unit is done, or with DC_ESTALL when nothing has moved
 * for a while or it has no end; what it counted is then checked against the conservation laws. A
 * run that nobody watches, in no order of its own, is not stepped but done by columns (leap.c).
 */
#include "machine.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static dc_status make_pes(dc_eie_machine *machine)
{
    const dc_eie_config *config = &machine->config;
    dc_arena *arena = &machine->arena;
    machine->pes = dc_arena_take(arena, config->n_pes, sizeof *machine->pes);
    queue_slot *slots =
        dc_arena_take(arena, (uint64_t)config->n_pes * config->fifo_depth, sizeof *slots);
    int32_t *registers =
        dc_arena_take(arena, (uint64_t)config->n_pes * config->n_act_registers, sizeof *registers);
    uint64_t *flushed = dc_arena_take(arena, (uint64_t)config->n_pes * N_TALLIES, sizeof *flushed);
    pe_regs *next = dc_arena_take(arena, config->n_pes, sizeof *next);
    machine->leapers = dc_arena_take(arena, config->n_pes, sizeof *machine->leapers);
    machine->taken = dc_arena_take(arena, config->fifo_depth - 1, sizeof *machine->taken);
    DC_TRY(arena->status);
    for (uint32_t k = 0; k < config->n_pes; k++) {
        machine->pes[k].flushed = flushed + (uint64_t)k * N_TALLIES;
        machine->pes[k].next = next + k;
        machine->pes[k].slots = slots + (uint64_t)k * config->fifo_depth;
        machine->pes[k].accumulators = registers + (uint64_t)k * config->n_act_registers;
    }
    machine->tree.n_words = (config->n_pes + 63) / 64;
    return DC_OK;
}

dc_status dc_eie_machine_new(dc_eie_machine **out, const dc_eie_config *config)
{
    dc_arena arena = { 0 };
    DC_TRY(dc_eie_check(config));
    dc_eie_machine *machine = dc_arena_take(&arena, 1, sizeof *machine);
    DC_TRY(arena.status);
    const uint32_t n_bits = dc_eie_bits(config);
    machine->arena = arena;
    machine->config = *config;
    machine->n_lanes = 64 / n_bits;
    machine->settings = (pe_settings){ .depth = config->fifo_depth,
                                       .most = (INT64_C(1) << (n_bits - 1)) - 1,
                                       .least = -(INT64_C(1) << (n_bits - 1)) };
    pes_make_tallies(machine->tallies);
    for (uint32_t n = entries_per_line(config); n > 1; n /= 2)
        machine->settings.line_shift++;
    const dc_status status = make_pes(machine);
    if (status < 0)
        dc_eie_machine_free(machine);
    else
        *out = machine;
    return status;
}

void dc_eie_machine_free(dc_eie_machine *machine)
{
    if (machine == NULL)
        return;
    dc_release(machine->tree.flags);
    dc_arena arena = machine->arena;
    dc_arena_clear(&arena);
}

const dc_eie_config *dc_eie_machine_config(const dc_eie_machine *machine)
{
    return &machine->config;
}

void dc_eie_machine_watch(dc_eie_machine *machine, const dc_eie_watcher *watcher)
{
    assert(machine->n_watchers < MAX_WATCHERS);
    machine->watchers[machine->n_watchers++] = *watcher;
}

void dc_eie_machine_pace(dc_eie_machine *machine, void (*pace)(void *payload, double share),
                         void *payload)
{
    machine->report_pace = pace;
    machine->pace_payload = payload;
}

void machine_set_order(dc_eie_machine *machine, const uint32_t *order, uint32_t n_order)
{
    machine->order = order;
    machine->n_order = n_order;
}

/* ---- a cycle -------------------------------------------------------------------------------- */

static void step_in_order(dc_eie_machine *machine)
{
    pes_tally(machine);
    for (uint32_t i = 0; i < machine->n_order; i++) {
        const uint32_t unit = machine->order[i];
        if (unit == 0)
            ccu_propagate(machine);
        else
            pe_unit_propagate(machine, (unit - 1) / UNITS_OF_PE, (unit - 1) % UNITS_OF_PE);
    }
    for (uint32_t i = 0; i < machine->n_order; i++) {
        const uint32_t unit = machine->order[i];
        if (unit == 0)
            ccu_update(machine);
        else
            pe_unit_update(machine, (unit - 1) / UNITS_OF_PE, (unit - 1) % UNITS_OF_PE);
    }
}

static void set_wires(dc_eie_machine *machine, const eie_wires *wires)
{
    machine->wires = *wires;
    const broadcast *b = &machine->ccu.now.b;
    machine->wires.is_pushed = b->is_valid && !wires->any_full;
    machine->wires.pushed.column =
        b->column * machine->config.n_pes | (b->is_bias ? SLOT_BIAS : 0);
    machine->wires.pushed.act = b->act;
}

/* By how far the control unit has come through the blocks' inputs. */
void machine_tell_pace(const dc_eie_machine *machine)
{
    const dc_eie_layer *layer = machine->layer;
    const ccu_regs *now = &machine->ccu.now;
    const double slot = (double)now->batch * layer->config.n_act_registers + now->slot;
    const double in_block = now->state >= CCU_BIAS ? 1 : slot / layer->n_slots;
    if (machine->report_pace == NULL)
        return;
    const double share =
        now->state == CCU_DONE ? 1 : (now->block + in_block) / layer->n_blocks;
    machine->report_pace(machine->pace_payload, share);
}

static void step(dc_eie_machine *machine)
{
    eie_wires wires;
    if (machine->order != NULL) {
        step_in_order(machine);
        pes_settle(&wires, machine);
    } else {
        ccu_propagate(machine);
        pes_step(&wires, machine);
        ccu_update(machine);
    }
    set_wires(machine, &wires);
    if (++machine->counts.cycles % TALLY_CYCLES == 0) {
        pes_flush(machine);
        machine_tell_pace(machine);
    }
    for (uint32_t i = 0; i < machine->n_watchers; i++)
        machine->watchers[i].see(machine->watchers[i].payload, machine, machine->n_cycles_ever);
    machine->n_cycles_ever++;
}

/* ---- a run ---------------------------------------------------------------------------------- */

static dc_status see_input(dc_eie_machine *machine)
{
    lnzd *tree = &machine->tree;
    const uint32_t n_inputs = machine->layer->matrix->n_cols;
    if (machine->layer->n_slots > tree->n_slots_room) {
        uint64_t *flags =
            dc_grow(tree->flags, (uint64_t)machine->layer->n_slots * tree->n_words, sizeof *flags);
        if (flags == NULL)
            return DC_ENOMEM;
        tree->flags = flags;
        tree->n_slots_room = machine->layer->n_slots;
    }
    lnzd_see(tree, machine->input, n_inputs, machine->config.n_pes);
    machine->counts.n_inputs = n_inputs;
    for (uint32_t j = 0; j < n_inputs; j++)
        machine->counts.n_nonzero_inputs += machine->input[j] != 0;
    return DC_OK;
}

static dc_status stall(const dc_eie_machine *machine)
{
    static const char *const states[] = { "load", "scan", "bias", "drain", "store", "done" };
    const ccu_regs *now = &machine->ccu.now;
    char text[400], line[96];
    int n = snprintf(text, sizeof text, "CCU %s block %u batch %u slot %u bank %u%s",
                     states[now->state], now->block, now->batch, now->slot, now->bank,
                     now->b.is_valid ? " holding a broadcast" : "");
    for (uint32_t k = 0; k < machine->config.n_pes; k++) {
        if (!machine->pes[k].is_awake)
            continue;
        pe_print(line, sizeof line, &machine->pes[k], k);
        dc_warn("%s", line); /* all of them; the message has room for a few */
        if (n < (int)sizeof text)
            n += snprintf(text + n, sizeof text - (size_t)n, "; %s", line);
    }
    return dc_fail(DC_ESTALL, "'%s': no progress at cycle %" PRIu64 ": %s", machine->layer->name,
                   machine->counts.cycles, text);
}

static bool ccu_moves(const ccu_regs *before, const ccu_regs *after)
{
    return before->state != after->state || before->block != after->block ||
           before->batch != after->batch || before->slot != after->slot ||
           before->bank != after->bank || before->count != after->count;
}

/* Twice what one PE alone would take with a queue of one: nothing that moves takes longer. */
static uint64_t most_cycles(const dc_eie_machine *machine)
{
    const dc_eie_layer *layer = machine->layer;
    const eie_expectation e = laws_expect(machine);
    const uint64_t n_sram = (uint64_t)layer->n_blocks * (layer->n_slots + layer->n_local);
    return 2 * (e.entries + (e.broadcasts + n_sram) * machine->config.n_pes) +
           machine->config.stall_limit_cycles;
}

static dc_status run_cycles(dc_eie_machine *machine)
{
    const uint64_t n_most = most_cycles(machine);
    uint64_t n_still = 0;
    while (machine->ccu.now.state != CCU_DONE) {
        const ccu_regs before = machine->ccu.now;
        const bool has_moved = machine->wires.has_moved || machine->wires.is_pushed;
        step(machine);
        n_still = has_moved || ccu_moves(&before, &machine->ccu.now) ? 0 : n_still + 1;
        if (n_still == machine->config.stall_limit_cycles || machine->counts.cycles > n_most)
            return stall(machine);
    }
    return DC_OK;
}

static void add_pe_counts(dc_eie_machine *machine)
{
    dc_eie_counters *c = &machine->counts;
    pes_flush(machine);
    pes_tally(machine); /* of the last cycle */
    pes_flush(machine);
    for (uint32_t k = 0; k < machine->config.n_pes; k++) {
        const pe *p = &machine->pes[k];
        c->pushes += p->counts.pushes;
        c->pops += p->flushed[TALLY_POPS];
        c->pointer_reads += p->flushed[TALLY_READS];
        c->line_reads += p->flushed[TALLY_LINES];
        c->entries += p->flushed[TALLY_ENTRIES];
        c->fillers += p->flushed[TALLY_ENTRIES] - p->flushed[TALLY_MULTIPLIES];
        c->macs += p->flushed[TALLY_MULTIPLIES];
        c->accumulator_writes += p->flushed[TALLY_WRITES];
        c->bypasses += p->counts.bypasses;
        c->saturations += p->counts.saturations;
    }
}

dc_status dc_eie_machine_run(dc_eie_machine *machine, const dc_eie_layer *layer,
                             const int32_t *input, int32_t *output, dc_eie_counters *counters)
{
    assert(layer->config.n_pes == machine->config.n_pes &&
           layer->config.n_act_registers == machine->config.n_act_registers);
    machine->layer = layer;
    machine->input = input;
    machine->output = output;
    machine->counts = (dc_eie_counters){ .n_runs = 1 };
    machine->settings.codebook = layer->codebook;
    machine->settings.shift = layer->shift;
    machine->settings.half = layer->shift > 0 ? INT64_C(1) << (layer->shift - 1) : 0;
    DC_TRY(see_input(machine));
    machine->ccu.now = (ccu_regs){ .state = layer->n_batches > 1 ? CCU_LOAD : CCU_SCAN };
    machine->ccu.next = machine->ccu.now;
    eie_wires wires;
    pes_start(machine);
    pes_settle(&wires, machine);
    set_wires(machine, &wires);
    if (machine->order == NULL && machine->n_watchers == 0)
        leap_run(machine);
    else
        DC_TRY(run_cycles(machine));
    machine_tell_pace(machine);
    add_pe_counts(machine);
    DC_TRY(laws_check(machine));
    dc_counters_add(counters, &machine->counts, dc_eie_counter_fields);
    return DC_OK;
}
