/* SPDX-License-Identifier: MIT
 *
 * Counters x table (manual, 6). The powers are those of one PE at full activity and 800 MHz [EIE
 * table II]; full activity is an entry a cycle, and a line, a pointer pair and an activation every
 * 8 cycles. 45 nm.
 */
#include "machine.h"

#include <math.h>

/* [mW] at PAPER_MHZ */
#define QUEUE_MW 0.112
#define POINTER_MW 1.807
#define SPMAT_MW 4.955
#define ARITHMETIC_MW 1.162
#define ACT_MW 1.122
#define MEMORY_MW 5.416
#define CLOCK_MW 1.874
#define LNZD_NODE_MW 0.023
#define PAPER_MHZ 800.0
#define CYCLES_PER_COLUMN 8.0 /* entries in one line of 64 bits */

/* Table I: a 32-bit product 3.1 pJ, a 16-bit one a fifth of it; 8 bits from the same source. */
#define MULTIPLY_8_PJ 0.2
#define MULTIPLY_16_PJ (3.1 / 5)
#define MULTIPLY_32_PJ 3.1

/* A line's fixed part (decoder, word line) in bit columns: see the manual. */
#define FIXED_COLUMNS 32.0
#define SPMAT_KIB 128.0
#define ACT_KIB 2.0

static double pj_per_cycle(double mw)
{
    return mw / PAPER_MHZ * 1e3;
}

/* What one event or cycle costs [pJ]. */
typedef struct table {
    double line, pointer_pair, act_sram;              /* memories           */
    double push, column, entry_spmat, entry_arithmetic, entry_act; /* events */
    double clock[5];                                  /* by module, a cycle */
    double lnzd;                                      /* all nodes, a cycle */
} table;

double dc_eie_multiply_pj(uint32_t n_bits)
{
    return n_bits == 8 ? MULTIPLY_8_PJ : n_bits == 32 ? MULTIPLY_32_PJ : MULTIPLY_16_PJ;
}

static double spmat_memory_mw(void)
{
    return SPMAT_MW * MEMORY_MW / (SPMAT_MW + POINTER_MW);
}

double dc_eie_line_read_pj(uint32_t width_bits)
{
    const double of_64 = pj_per_cycle(spmat_memory_mw()) * CYCLES_PER_COLUMN;
    return of_64 * (FIXED_COLUMNS + width_bits) / (FIXED_COLUMNS + 64);
}

static table table_of(const dc_eie_config *config)
{
    const double pointer_memory = MEMORY_MW - spmat_memory_mw();
    const double rest[5] = { QUEUE_MW, POINTER_MW - pointer_memory, SPMAT_MW - spmat_memory_mw(),
                             ARITHMETIC_MW, ACT_MW };
    double rests = 0;
    for (int i = 0; i < 5; i++)
        rests += rest[i];
    const double by_event = 1 - CLOCK_MW / rests;
    const uint32_t n_bits = dc_eie_bits(config);
    const double width = n_bits / 16.0;
    const double logic_16 = pj_per_cycle(rest[3]) * by_event - MULTIPLY_16_PJ;
    table t = {
        .line = dc_eie_line_read_pj(config->sram_width_bits),
        .pointer_pair = pj_per_cycle(pointer_memory) * CYCLES_PER_COLUMN,
        .act_sram = dc_eie_line_read_pj(64) * sqrt(ACT_KIB / SPMAT_KIB),
        .push = pj_per_cycle(rest[0]) * by_event * CYCLES_PER_COLUMN,
        .column = pj_per_cycle(rest[1]) * by_event * CYCLES_PER_COLUMN,
        .entry_spmat = pj_per_cycle(rest[2]) * by_event,
        .entry_arithmetic = dc_eie_multiply_pj(n_bits) + logic_16 * width,
        .entry_act = pj_per_cycle(rest[4]) * by_event * width,
        .lnzd = pj_per_cycle(LNZD_NODE_MW) * dc_eie_n_lnzd_nodes(config->n_pes),
    };
    for (int i = 0; i < 5; i++)
        t.clock[i] = pj_per_cycle(rest[i] * CLOCK_MW / rests);
    return t;
}

void dc_eie_energy_of(dc_eie_energy *out, const dc_eie_counters *c, const dc_eie_config *config)
{
    const table t = table_of(config);
    const double pe_cycles = (double)c->cycles * config->n_pes;
    const double entries = (double)c->entries;
    const double lines = (double)c->line_reads * t.line;
    const double pairs = (double)c->pointer_reads * t.pointer_pair;
    const double act_sram = (double)c->act_sram_accesses * t.act_sram;
    dc_eie_energy e = {
        .queue_pj = (double)c->pushes * t.push + pe_cycles * t.clock[0],
        .pointer_pj = pairs + (double)c->pointer_reads * t.column + pe_cycles * t.clock[1],
        .spmat_pj = lines + entries * t.entry_spmat + pe_cycles * t.clock[2],
        .arithmetic_pj = entries * t.entry_arithmetic + pe_cycles * t.clock[3],
        .act_pj = act_sram + entries * t.entry_act + pe_cycles * t.clock[4],
        .lnzd_pj = (double)c->cycles * t.lnzd,
        .memory_pj = lines + pairs + act_sram,
        .spmat_memory_pj = lines,
    };
    for (int i = 0; i < 5; i++)
        e.clock_pj += pe_cycles * t.clock[i];
    e.total_pj =
        e.queue_pj + e.pointer_pj + e.spmat_pj + e.arithmetic_pj + e.act_pj + e.lnzd_pj;
    *out = e;
}
