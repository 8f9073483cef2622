/* SPDX-License-Identifier: MIT
 *
 * A window of a run as a value change dump, for a waveform viewer: the control unit, and for each
 * PE its queue, column and pipeline. One time step is a picosecond of the configured clock; a value
 * is written when it differs from the last one.
 */
#include "machine.h"

#include "dcomp/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CCU_SIGNALS = 8, PE_SIGNALS = 9 };

typedef struct signal {
    const char *name;
    uint32_t n_bits;
} signal;

static const signal ccu_signals[CCU_SIGNALS] = {
    { "state", 3 },     { "block", 32 }, { "slot", 16 },      { "bank", 16 },
    { "b_valid", 1 },   { "b_column", 32 }, { "b_act", 32 },  { "stalled", 1 },
};
static const signal pe_signals[PE_SIGNALS] = {
    { "queued", 11 }, { "walk_valid", 1 }, { "pos", 32 }, { "end", 32 },   { "e_valid", 1 },
    { "e_code", 8 },  { "s1_valid", 1 },   { "s3_valid", 1 }, { "s3_row", 32 },
};

struct dc_eie_vcd {
    dc_arena arena;
    dc_output *output;
    uint32_t n_pes, depth;
    uint64_t first_cycle, n_cycles, next_cycle;
    double ps_per_cycle;
    uint32_t n_signals;
    uint32_t *values; /* as last written */
    bool has_begun;
};

static void put_text(dc_eie_vcd *vcd, const char *text)
{
    dc_output_write(vcd->output, text, strlen(text));
}

/* Identifiers are numbers in the printable characters. */
static void name_of(char *text, uint32_t index)
{
    do {
        *text++ = (char)('!' + index % 94);
        index /= 94;
    } while (index > 0);
    *text = '\0';
}

static void declare(dc_eie_vcd *vcd, const signal *signals, uint32_t n, uint32_t first)
{
    char id[8], line[96];
    for (uint32_t i = 0; i < n; i++) {
        name_of(id, first + i);
        snprintf(line, sizeof line, "$var wire %u %s %s $end\n", signals[i].n_bits, id,
                 signals[i].name);
        put_text(vcd, line);
    }
}

static void put_header(dc_eie_vcd *vcd)
{
    char line[96];
    put_text(vcd, "$timescale 1ps $end\n$scope module eie $end\n$scope module ccu $end\n");
    declare(vcd, ccu_signals, CCU_SIGNALS, 0);
    put_text(vcd, "$upscope $end\n");
    for (uint32_t k = 0; k < vcd->n_pes; k++) {
        snprintf(line, sizeof line, "$scope module pe%u $end\n", k);
        put_text(vcd, line);
        declare(vcd, pe_signals, PE_SIGNALS, CCU_SIGNALS + k * PE_SIGNALS);
        put_text(vcd, "$upscope $end\n");
    }
    put_text(vcd, "$upscope $end\n$enddefinitions $end\n");
}

dc_status dc_eie_vcd_open(dc_eie_vcd **out, const char *path, bool may_replace,
                          const dc_eie_config *config, uint64_t first_cycle, uint64_t n_cycles)
{
    dc_arena arena = { 0 };
    dc_eie_vcd *vcd = dc_arena_take(&arena, 1, sizeof *vcd);
    DC_TRY(arena.status);
    vcd->n_pes = config->n_pes;
    vcd->depth = config->fifo_depth;
    vcd->n_signals = CCU_SIGNALS + config->n_pes * PE_SIGNALS;
    vcd->values = dc_arena_take(&arena, vcd->n_signals, sizeof *vcd->values);
    vcd->first_cycle = first_cycle;
    vcd->n_cycles = n_cycles;
    vcd->ps_per_cycle = 1e6 / config->clock_mhz;
    vcd->arena = arena;
    dc_status status = arena.status;
    if (status == DC_OK)
        status = dc_output_open(&vcd->output, path, may_replace);
    if (status < 0) {
        dc_arena_clear(&arena);
        return status;
    }
    put_header(vcd);
    *out = vcd;
    return DC_OK;
}

static void put_value(dc_eie_vcd *vcd, uint32_t index, uint32_t n_bits, uint32_t value)
{
    char id[8], line[64], bits[33];
    if (vcd->has_begun && vcd->values[index] == value)
        return;
    vcd->values[index] = value;
    name_of(id, index);
    if (n_bits == 1) {
        snprintf(line, sizeof line, "%u%s\n", value & 1, id);
    } else {
        for (uint32_t i = 0; i < n_bits; i++)
            bits[i] = value >> (n_bits - 1 - i) & 1 ? '1' : '0';
        bits[n_bits] = '\0';
        snprintf(line, sizeof line, "b%s %s\n", bits, id);
    }
    put_text(vcd, line);
}

static void put_ccu(dc_eie_vcd *vcd, const dc_eie_machine *machine)
{
    const ccu_regs *now = &machine->ccu.now;
    const uint32_t values[CCU_SIGNALS] = {
        now->state,      now->block,         now->slot,           now->bank,
        now->b.is_valid, now->b.column, (uint32_t)now->b.act,
        now->b.is_valid && machine->wires.any_full,
    };
    for (uint32_t i = 0; i < CCU_SIGNALS; i++)
        put_value(vcd, i, ccu_signals[i].n_bits, values[i]);
}

static void put_pe(dc_eie_vcd *vcd, const pe *p, uint32_t index)
{
    const pe_regs *now = &p->now;
    const uint32_t values[PE_SIGNALS] = {
        (now->write + vcd->depth - now->read) % vcd->depth,
        (now->flags & WALK_VALID) != 0,
        now->pos,
        now->end,
        (now->flags & E_VALID) != 0,
        ENTRY_CODE(now->e),
        (now->flags & S1_VALID) != 0,
        (now->flags & S3_VALID) != 0,
        now->s3_row,
    };
    for (uint32_t i = 0; i < PE_SIGNALS; i++)
        put_value(vcd, CCU_SIGNALS + index * PE_SIGNALS + i, pe_signals[i].n_bits, values[i]);
}

static void see(void *payload, const dc_eie_machine *machine, uint64_t cycle)
{
    dc_eie_vcd *vcd = payload;
    char line[32];
    if (cycle < vcd->first_cycle || cycle - vcd->first_cycle >= vcd->n_cycles)
        return;
    dc_print(line, sizeof line, "#%.0f\n", (double)cycle * vcd->ps_per_cycle);
    put_text(vcd, line);
    put_ccu(vcd, machine);
    for (uint32_t k = 0; k < vcd->n_pes; k++)
        put_pe(vcd, &machine->pes[k], k);
    vcd->has_begun = true;
}

dc_eie_watcher dc_eie_vcd_watcher(dc_eie_vcd *vcd)
{
    return (dc_eie_watcher){ vcd, see };
}

dc_status dc_eie_vcd_close(dc_eie_vcd *vcd)
{
    if (vcd == NULL)
        return DC_OK;
    dc_arena arena = vcd->arena;
    if (!vcd->has_begun)
        dc_warn("the trace is empty: no cycle of the run is in its window");
    const dc_status status = dc_output_commit(vcd->output);
    dc_arena_clear(&arena);
    return status;
}

void dc_eie_vcd_discard(dc_eie_vcd *vcd)
{
    if (vcd == NULL)
        return;
    dc_arena arena = vcd->arena;
    dc_output_discard(vcd->output);
    dc_arena_clear(&arena);
}
