/* SPDX-License-Identifier: MIT
 *
 * The central control unit (manual, 4): it walks blocks, batches, rows of N activations, and puts
 * one non-zero activation a cycle into the broadcast register.
 */
#include "machine.h"

static bool may_load(const dc_eie_machine *machine)
{
    return !machine->ccu.now.b.is_valid || !machine->wires.any_full;
}

static void end_batch(dc_eie_machine *machine)
{
    const dc_eie_layer *layer = machine->layer;
    ccu_regs *next = &machine->ccu.next;
    next->slot = 0;
    next->bank = 0;
    next->count = 0;
    if (machine->ccu.now.batch + 1 < layer->n_batches) {
        next->batch = machine->ccu.now.batch + 1;
        next->state = CCU_LOAD;
    } else {
        next->state = layer->has_bias ? CCU_BIAS : CCU_DRAIN;
    }
}

static void change_row(dc_eie_machine *machine)
{
    const ccu_regs *now = &machine->ccu.now;
    ccu_regs *next = &machine->ccu.next;
    next->bank = 0;
    next->slot = now->slot + 1;
    if (next->slot == batch_slots(machine->layer, now->batch))
        end_batch(machine);
}

static void scan(dc_eie_machine *machine)
{
    const dc_eie_layer *layer = machine->layer;
    const ccu_regs *now = &machine->ccu.now;
    ccu_regs *next = &machine->ccu.next;
    const uint32_t slot = now->batch * layer->config.n_act_registers + now->slot;
    const uint32_t bank = lnzd_find(&machine->tree, slot, now->bank);
    if (!may_load(machine))
        return;
    if (bank == DC_NONE) {
        machine->counts.row_bubbles++;
        change_row(machine);
        return;
    }
    const uint32_t j = slot * layer->config.n_pes + bank;
    next->b = (broadcast){ .is_valid = true,
                           .column = now->block * layer->n_columns + j,
                           .act = machine->input[j] };
    next->bank = bank + 1;
    if (next->bank == layer->config.n_pes)
        change_row(machine); /* the free case */
}

static void take_bias(dc_eie_machine *machine)
{
    const ccu_regs *now = &machine->ccu.now;
    if (!may_load(machine))
        return;
    machine->ccu.next.b = (broadcast){ .is_valid = true,
                                       .is_bias = true,
                                       .column = now->block * machine->layer->n_columns +
                                                 machine->layer->matrix->n_cols };
    machine->ccu.next.state = CCU_DRAIN;
}

static void begin_block(dc_eie_machine *machine, uint32_t block)
{
    ccu_regs *next = &machine->ccu.next;
    next->block = block;
    next->batch = next->slot = next->bank = next->count = 0;
    next->state = machine->layer->n_batches > 1 ? CCU_LOAD : CCU_SCAN;
}

/* One access of the activation SRAM in every PE. */
static bool step_sram(dc_eie_machine *machine, uint32_t n_slots)
{
    machine->ccu.next.count = machine->ccu.now.count + 1;
    machine->counts.act_sram_accesses += machine->config.n_pes;
    return machine->ccu.next.count * machine->n_lanes >= n_slots;
}

static void drain(dc_eie_machine *machine)
{
    if (machine->ccu.now.b.is_valid || machine->wires.any_awake)
        return;
    machine->ccu.next.count = 0;
    machine->ccu.next.state = machine->layer->n_blocks > 1 ? CCU_STORE : CCU_DONE;
}

void ccu_propagate(dc_eie_machine *machine)
{
    const dc_eie_layer *layer = machine->layer;
    const ccu_regs *now = &machine->ccu.now;
    ccu_regs *next = &machine->ccu.next;
    if (may_load(machine))
        next->b.is_valid = false; /* pushed, or never there */
    switch (now->state) {
    case CCU_LOAD:
        machine->counts.load_cycles++;
        if (step_sram(machine, batch_slots(layer, now->batch)))
            next->state = CCU_SCAN;
        break;
    case CCU_SCAN: scan(machine); break;
    case CCU_BIAS: take_bias(machine); break;
    case CCU_DRAIN: drain(machine); break;
    case CCU_STORE:
        machine->counts.store_cycles++;
        if (!step_sram(machine, block_rows(layer, now->block)))
            break;
        if (now->block + 1 < layer->n_blocks)
            begin_block(machine, now->block + 1);
        else
            next->state = CCU_DONE;
        break;
    case CCU_DONE: break;
    }
}

/* The destination registers leave through ReLU: to the next layer's source, or to the SRAM. */
void ccu_write_back(dc_eie_machine *machine, uint32_t block)
{
    const dc_eie_layer *layer = machine->layer;
    const uint32_t n_pes = machine->config.n_pes;
    const uint32_t first = block * machine->config.n_act_registers;
    const uint32_t n_local = block_rows(layer, block);
    for (uint32_t k = 0; k < n_pes; k++) {
        pe *p = &machine->pes[k];
        for (uint32_t local = 0; local < n_local; local++) {
            const uint64_t row = (uint64_t)(first + local) * n_pes + k;
            const int32_t sum = p->accumulators[local];
            if (row < layer->matrix->n_rows)
                machine->output[row] = layer->has_relu && sum < 0 ? 0 : sum;
            p->accumulators[local] = 0;
        }
        if (layer->has_bias && block + 1 < layer->n_blocks)
            p->bias += machine->config.n_act_registers;
    }
}

void ccu_update(dc_eie_machine *machine)
{
    const ccu_regs *now = &machine->ccu.now, *next = &machine->ccu.next;
    const bool has_left =
        now->state != next->state || now->block != next->block;
    if (has_left && now->state == (machine->layer->n_blocks > 1 ? CCU_STORE : CCU_DRAIN))
        ccu_write_back(machine, now->block);
    machine->counts.broadcasts += next->b.is_valid && may_load(machine);
    machine->counts.held_cycles += now->b.is_valid && machine->wires.any_full;
    machine->ccu.now = *next;
}
