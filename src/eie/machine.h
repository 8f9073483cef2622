/* SPDX-License-Identifier: MIT
 *
 * What the units share (manual, 2 and 4): the registers of a PE and of the control unit, the wires
 * between them, and the machine that holds them.
 *
 * Between two cycles a unit's `next` equals `now`, so that its propagate writes only what changes
 * (PEs that step in place have no `next` at all: pe.c). A wire is a function of current registers,
 * computed once after the clock edge.
 */
#ifndef DCOMP_EIE_MACHINE_H
#define DCOMP_EIE_MACHINE_H

#include "dcomp/eie.h"

#define DC_EIE_MAX_PES 1024u
#define MAX_WATCHERS 4u
#define NO_LINE UINT32_MAX

uint32_t entries_per_line(const dc_eie_config *config);

/* ---- a layer in memory ---------------------------------------------------------------------- */

/* One entry of a column: the code below, the zeros before it above; code 0 is a filler. */
typedef uint16_t entry;
#define ENTRY(code, zeros) ((entry)((code) | (zeros) << 8))
#define ENTRY_CODE(e) ((e) & 0xffu)
#define ENTRY_ZEROS(e) ((uint32_t)(e) >> 8)

/* A column of one PE. All PEs walk a column at about the same time, so a column's entries lie side
 * by side here, whichever memory they are in; they end where those of the next PE start. */
typedef struct column_ref {
    uint32_t start;   /* in the layer's entries               */
    uint32_t pointer; /* in the PE's Spmat: what the machine's pointer SRAM holds */
} column_ref;

struct dc_eie_layer {
    const dc_csc *matrix;
    const char *name;
    dc_eie_config config;
    bool has_relu, has_bias;
    uint32_t n_columns;          /* C: the bias column included                     */
    uint32_t n_slots, n_batches; /* inputs of a PE; in batches of R                 */
    uint32_t n_local, n_blocks;  /* outputs of a PE; in blocks of R                 */
    uint64_t n_pointers;         /* of a PE: n_blocks * C + 1                       */
    entry *entries;              /* by column, and in a column by PE                */
    column_ref *refs;            /* (n_blocks * C, n_pes) and one more              */
    uint32_t *pe_entries;        /* (n_pes): entries of each, its last pointer      */
    uint32_t *column_entries;    /* (n_blocks * C): in all PEs; what the laws expect */
    uint32_t *column_fillers;
    dc_eie_fit fit;
    dc_fixed_format format;
    uint32_t shift;
    int32_t codebook[DC_MAX_CODEBOOK];
    int32_t *bias;               /* (n_pes, n_blocks * R) by local row, or NULL     */
};

/* Slots of batch t, local rows of block b. */
uint32_t batch_slots(const dc_eie_layer *layer, uint32_t batch);
uint32_t block_rows(const dc_eie_layer *layer, uint32_t block);

/* ---- units ---------------------------------------------------------------------------------- */

/* A value on its way to all PEs. */
typedef struct broadcast {
    bool is_valid, is_bias;
    uint32_t column; /* c = bC + j */
    int32_t act;
} broadcast;

typedef enum ccu_state { CCU_LOAD, CCU_SCAN, CCU_BIAS, CCU_DRAIN, CCU_STORE, CCU_DONE } ccu_state;

typedef struct ccu_regs {
    ccu_state state;
    uint32_t block, batch, slot, bank, count;
    broadcast b;
} ccu_regs;

typedef struct ccu {
    ccu_regs now, next;
} ccu;

/* The flags that the leading-non-zero tree looks at, for all slots of the input. */
typedef struct lnzd {
    uint32_t n_words; /* of one slot's flags */
    uint64_t *flags;  /* (n_slots, n_words)  */
    uint32_t n_slots_room;
} lnzd;

/* The first bank >= from of the slot whose input is not zero, or DC_NONE. */
uint32_t lnzd_find(const lnzd *tree, uint32_t slot, uint32_t from);
void lnzd_see(lnzd *tree, const int32_t *input, uint32_t n_inputs, uint32_t n_pes);

/* One-bit registers of a PE; one that sleeps keeps its last. A stage's valid and bias bits stand
 * one above those of the stage before. The lowest eight also say what is counted: WALK_FIRST when a
 * pair of pointers was read, POPPED and LINE_READ when that happened in the cycle before. */
enum {
    WALK_VALID = 1u << 0, E_VALID = 1u << 1, S1_VALID = 1u << 2, S2_VALID = 1u << 3,
    S3_VALID = 1u << 4,
    WALK_FIRST = 1u << 5, POPPED = 1u << 6, LINE_READ = 1u << 7,
    WALK_BIAS = 1u << 8, E_BIAS = 1u << 9, S1_BIAS = 1u << 10, S2_BIAS = 1u << 11,
    E_FIRST = 1u << 12,
    ANY_VALID = WALK_VALID | E_VALID | S1_VALID | S2_VALID | S3_VALID,
    COUNTED = 0xff,
    QUEUE_BITS = POPPED,
    POINTER_BITS = WALK_VALID | WALK_BIAS | WALK_FIRST,
    SPMAT_BITS = E_VALID | E_BIAS | E_FIRST | LINE_READ,
    ARITHMETIC_BITS = S1_VALID | S2_VALID | S3_VALID | S1_BIAS | S2_BIAS
};

/* Registers of one PE, by unit; those of an invalid stage keep anything. */
typedef struct pe_regs {
    uint32_t flags;
    uint32_t read, write;       /* activation queue                                */
    uint32_t pos, end;          /* pointer reader: the column that is walked       */
    int32_t walk_act;
    uint32_t shelf;             /* not the machine's: entry pos is entries[shelf + pos] */
    uint32_t line;              /* Spmat reader: line buffer, and E                */
    int32_t e_act;
    entry e;
    uint32_t last_row;          /* arithmetic: A1's row, which is S1's too         */
    uint32_t s2_row, s3_row;
    int32_t s1_weight, s1_act, s2_acc, s3_sum;
    int64_t s2_addend;          /* the product, or the bias                        */
} pe_regs;

#define SLOT_BIAS (1u << 31)
typedef struct queue_slot {
    uint32_t column; /* its place in refs (column x n_pes), with SLOT_BIAS */
    int32_t act;
} queue_slot;

/* Of one run. What the flags say is counted in fields of TALLY_BITS, all in one addition a cycle;
 * pes_flush adds the fields up before one can overflow. */
#define TALLY_BITS 10u
#define TALLY_CYCLES ((1u << TALLY_BITS) - 1)
enum { TALLY_ENTRIES, TALLY_MULTIPLIES, TALLY_WRITES, TALLY_READS, TALLY_POPS, TALLY_LINES,
       N_TALLIES };
typedef struct pe_counters {
    uint64_t tally;
    uint32_t pushes, bypasses, saturations;
} pe_counters;

/* What all PEs know of the machine and the running layer. */
typedef struct pe_settings {
    uint32_t depth;          /* of queues                     */
    uint32_t line_shift;     /* log2 of entries in a line     */
    uint32_t shift;          /* of products                   */
    int64_t half;            /* what rounds before the shift  */
    int64_t least, most;     /* of B bits                     */
    const int32_t *codebook;
} pe_settings;

/* What a cycle touches is kept close together. */
typedef struct pe {
    pe_regs now;
    bool is_awake;            /* anything valid or queued; else there is nothing to do  */
    bool is_full;             /* of current registers                                   */
    queue_slot *slots;        /* (fifo_depth)                                           */
    int32_t *accumulators;    /* (R): the destination register file                     */
    const column_ref *refs;   /* of the running layer, from this PE's first             */
    const entry *entries;     /* of the running layer                                   */
    const int32_t *bias;      /* of the running block; without one, anything            */
    pe_counters counts;
    uint64_t *flushed;        /* (N_TALLIES)                                            */
    pe_regs *next;            /* when units step one by one                             */
} pe;

/* A PE of a run by columns, between two of them. */
typedef struct leaper {
    uint64_t free;    /* the first cycle in which it can take a column                    */
    uint32_t line;    /* line buffer                                                      */
    uint32_t rows[2]; /* of the sums that were begun one and two cycles before, or DC_NONE */
    uint64_t n_taken, n_lines, n_entries, n_fillers, n_bypasses, n_saturations;
} leaper;

/* Functions of current registers. */
typedef struct eie_wires {
    bool any_full, any_awake, has_moved;
    bool is_pushed; /* the broadcast enters all queues at this cycle's end */
    queue_slot pushed;
} eie_wires;

struct dc_eie_machine {
    dc_arena arena;
    dc_eie_config config;
    uint32_t n_lanes;    /* activations of one SRAM access */
    pe_settings settings;
    uint64_t tallies[COUNTED + 1]; /* what each combination of counted flags adds */
    ccu ccu;
    lnzd tree;
    pe *pes;
    leaper *leapers; /* (n_pes)                                                     */
    uint64_t *taken; /* (fifo_depth - 1): when the last PE took each of the last columns */
    eie_wires wires;
    const dc_eie_layer *layer;
    const int32_t *input;
    int32_t *output;
    dc_eie_counters counts; /* of this run */
    uint64_t n_cycles_ever;
    uint32_t n_watchers;
    dc_eie_watcher watchers[MAX_WATCHERS];
    void (*report_pace)(void *payload, double share); /* or NULL */
    void *pace_payload;
    const uint32_t *order; /* of units, or NULL: by PE; see machine_set_order */
    uint32_t n_order;
};

/* Units are numbered: the CCU is 0; PE k has 1 + 4k queue, 2 + 4k pointer reader, 3 + 4k Spmat
 * reader, 4 + 4k arithmetic. With an order (borrowed), units propagate and then update one by one
 * in it, for tests: any permutation must give the same run, and one that lacks a unit must stall.
 */
#define UNITS_OF_PE 4u
void machine_set_order(dc_eie_machine *machine, const uint32_t *order, uint32_t n_order);

void ccu_propagate(dc_eie_machine *machine);
void ccu_update(dc_eie_machine *machine);
/* The block's outputs leave, and the accumulators are 0. */
void ccu_write_back(dc_eie_machine *machine, uint32_t block);
/* All units of all PEs: propagate and clock edge. The wires of the new registers go to `out`. */
void pes_step(eie_wires *out, dc_eie_machine *machine);
void pe_unit_propagate(dc_eie_machine *machine, uint32_t pe_index, uint32_t unit);
void pe_unit_update(dc_eie_machine *machine, uint32_t pe_index, uint32_t unit);
/* is_awake, is_full and the wires, from current registers. */
void pes_settle(eie_wires *out, dc_eie_machine *machine);
void pes_start(dc_eie_machine *machine);
void pes_make_tallies(uint64_t *tallies);
/* Counts what the present flags say; pes_step does so before it changes them. */
void pes_tally(dc_eie_machine *machine);
/* To be called every TALLY_CYCLES or earlier, and at the end of a run. */
void pes_flush(dc_eie_machine *machine);
/* The PE's state on one line, for the stall report. */
void pe_print(char *text, size_t n, const pe *p, uint32_t index);

/* A whole run at once: counters and outputs as when it is stepped. */
void leap_run(dc_eie_machine *machine);
void machine_tell_pace(const dc_eie_machine *machine);

/* What the laws expect of the run, counted from the layout and the input. */
typedef struct eie_expectation {
    uint64_t broadcasts, entries, fillers;
} eie_expectation;
eie_expectation laws_expect(const dc_eie_machine *machine);
/* The conservation laws of the manual, 5; DC_ESTALL names the one that is broken. */
dc_status laws_check(const dc_eie_machine *machine);

#endif
