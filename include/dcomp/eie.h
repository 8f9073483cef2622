/* SPDX-License-Identifier: MIT
 *
 * eie: the accelerator, cycle by cycle, on the compressed layer itself [EIE III, IV]. docs/eie.md
 * is the machine's manual: every register, cycle, format and picojoule here is defined there.
 *
 * A dc_eie_matrix is one packed layer by columns. A dc_eie_layer is that matrix in the memories of
 * N processing elements, with its fixed-point formats; it is read-only while machines run it. A
 * dc_machine computes one matrix-vector product at a time, in real B-bit numbers, and counts what
 * happens. A dc_fixed_ref computes the same product from the packed weights and knows no
 * elements: the oracle. Energy is counters x table, afterwards.
 *
 *     DC_TRY(dc_eie_matrix_of(&matrix, packed, 0, packed->n_rows, bias, &arena));
 *     DC_TRY(dc_eie_layer_new(&layer, &matrix, &config, "fc1", has_relu, &arena));
 *     dc_eie_layer_set_format(layer, &format);
 *     DC_TRY(dc_machine_new(&machine, &config));
 *     DC_TRY(dc_machine_run(machine, layer, input, output, &counters));
 *
 * Threads. One machine, one thread, with the watchers that it has; many machines may run one layer
 * at once, whose format is then not changed. A dc_fixed_ref may be run by many threads.
 *
 * What eie does not do: graphs, pictures of results, ops that the array has not (pipeline walks
 * the network and has nn run those).
 */
#ifndef DCOMP_EIE_H
#define DCOMP_EIE_H

#include "dcomp/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the machine's parameters (manual, 1) ---------------------------------------------------- */

typedef struct dc_eie_config {
    uint32_t n_pes, fifo_depth;
    uint32_t sram_width_bits, code_bits, index_bits, pointer_bits;
    uint32_t precision; /* dc_eie_precision */
    uint32_t n_act_registers;
    uint64_t spmat_bytes, pointer_bytes, act_bytes; /* of one PE */
    double clock_mhz;
    uint64_t stall_limit_cycles;
    bool is_strict; /* a layer that does not fit is DC_ELIMIT */
} dc_eie_config;

typedef enum dc_eie_precision { DC_EIE_16, DC_EIE_8, DC_EIE_32 } dc_eie_precision;

extern const dc_field dc_eie_config_fields[];
dc_eie_config dc_eie_defaults(void);
/* DC_EINPUT for values that contradict each other. */
DC_MUST_USE dc_status dc_eie_check(const dc_eie_config *config);
uint32_t dc_eie_bits(const dc_eie_config *config); /* B: 8, 16 or 32 */

/* ---- numbers (manual, 3) --------------------------------------------------------------------- */

/* Fraction bits; may be negative. */
typedef struct dc_eie_format {
    int32_t weight, input, output;
} dc_eie_format;

/* clamp(round(x * 2^fraction)), ties to even. */
int32_t dc_fixed_of(double x, int32_t fraction, uint32_t n_bits);
/* Whether that clamped. */
bool dc_fixed_clamps(double x, int32_t fraction, uint32_t n_bits);
double dc_fixed_value(int32_t q, int32_t fraction);
/* The largest fraction with which |x| <= largest fits in n_bits; for 0 and what is not finite that
 * of 1. */
int32_t dc_fixed_fraction(double largest, uint32_t n_bits);
/* From the largest |shared value|, |input| and |partial sum|: the first fits, the others twice. To
 * be settled. */
dc_eie_format dc_eie_format_choose(double weight, double input, double sum, uint32_t n_bits);
/* Brings the shift into 0 .. 2B - 2: the output's fraction goes down, or the weight's, whose
 * products are then too small to be seen in the output anyway. */
void dc_eie_format_settle(dc_eie_format *format, uint32_t n_bits);

/* ---- a layer by columns ---------------------------------------------------------------------- */

/* Entry e of column j (starts[j] <= e < starts[j + 1]) is codebook[codes[e]] at row rows[e]; rows
 * rise within a column. Code 0 is the value 0 and stands nowhere. */
typedef struct dc_eie_matrix {
    uint32_t n_rows, n_cols;
    uint64_t *starts; /* n_cols + 1 */
    uint32_t *rows;
    uint8_t *codes;
    uint32_t n_codebook;
    float codebook[DC_MAX_CODEBOOK];
    const float *bias; /* (n_rows) or NULL; borrowed */
} dc_eie_matrix;

/* Rows first_row .. first_row + n_rows - 1 of a checked packed layer; bias is of these rows. */
DC_MUST_USE dc_status dc_eie_matrix_of(dc_eie_matrix *out, const dc_packed *packed,
                                       uint32_t first_row, uint32_t n_rows, const float *bias,
                                       dc_arena *arena);
/* y (n_rows) = W x + bias in float, in the machine's order of sums; returns the largest |partial
 * sum| of any row. For calibration. */
double dc_eie_matrix_apply(double *y, const dc_eie_matrix *matrix, const double *x);
/* ---- a layer in the machine's memories (manual, 2) ------------------------------------------- */

/* What does not fit one PE, and how much there is. */
typedef struct dc_eie_fit {
    uint64_t n_entries, n_pointers; /* the fullest PE's                          */
    uint64_t n_activation_lines;    /* of 64 bits: inputs in batches, outputs in blocks */
    uint64_t spmat_bytes, pointer_bytes, act_bytes;
    bool fits_pointer, fits_spmat, fits_pointer_sram, fits_act;
} dc_eie_fit;

typedef struct dc_eie_layer dc_eie_layer;
/* DC_EINPUT when the codebook is larger than code_bits can name, DC_ELIMIT when it does not fit
 * and the configuration is strict. Matrix, name and arena are borrowed. */
DC_MUST_USE dc_status dc_eie_layer_new(dc_eie_layer **out, const dc_eie_matrix *matrix,
                                       const dc_eie_config *config, const char *name,
                                       bool has_relu, dc_arena *arena);
void dc_eie_layer_set_format(dc_eie_layer *layer, const dc_eie_format *format);
const dc_eie_fit *dc_eie_layer_fit(const dc_eie_layer *layer);
/* "101095 entries in a PE, pointers of 16 bits count 65535; ..." or ""; from the arena. */
const char *dc_eie_fit_text(const dc_eie_fit *fit, const dc_eie_config *config, dc_arena *arena);
/* Entries in all PEs, and how many of them are fillers. */
uint64_t dc_eie_layer_entries(uint64_t *n_fillers, const dc_eie_layer *layer);
/* Writes the memory images of the manual, 7, to a folder that is there; `cycles` go into
 * layer.json. */
DC_MUST_USE dc_status dc_eie_layer_emit(const dc_eie_layer *layer, const char *folder,
                                        const int32_t *input, const int32_t *output,
                                        uint64_t cycles, bool may_replace);

/* ---- the run (manual, 4) --------------------------------------------------------------------- */

/* Sums over all runs that they were handed to. */
typedef struct dc_eie_counters {
    uint64_t n_runs, cycles;
    uint64_t n_inputs, n_nonzero_inputs;
    uint64_t broadcasts, held_cycles, row_bubbles, load_cycles, store_cycles;
    uint64_t pushes, pops, pointer_reads, line_reads, act_sram_accesses;
    uint64_t entries, fillers, macs; /* entries = macs + fillers */
    uint64_t accumulator_writes, bypasses, saturations;
} dc_eie_counters;
extern const dc_field dc_eie_counter_fields[];
void dc_eie_counters_add(dc_eie_counters *to, const dc_eie_counters *from);
/* entries / N; entries / (N x cycles). */
double dc_eie_theoretical_cycles(const dc_eie_counters *c, const dc_eie_config *config);
double dc_eie_load_balance(const dc_eie_counters *c, const dc_eie_config *config);

typedef struct dc_machine dc_machine;
/* Owns: dc_machine_free (NULL is fine). One machine, one thread. */
DC_MUST_USE dc_status dc_machine_new(dc_machine **out, const dc_eie_config *config);
void dc_machine_free(dc_machine *machine);
/* output (n_rows) from input (n_cols), both B-bit in natural order. The layer must be laid out for
 * the machine's configuration. Adds to `counters`. DC_ESTALL when nothing moved for
 * stall_limit_cycles (the message holds every unit's state) or a conservation law is broken. */
DC_MUST_USE dc_status dc_machine_run(dc_machine *machine, const dc_eie_layer *layer,
                                     const int32_t *input, int32_t *output,
                                     dc_eie_counters *counters);

/* Each run reports now and then, and at its end, what share of it is done [0..1]. */
void dc_machine_pace(dc_machine *machine, void (*tell)(void *payload, double share),
                     void *payload);

/* The oracle: the same numbers from the stream of entries; `packed` is borrowed. input (n_cols) and
 * output (n_rows) of n_bits, as in dc_machine_run. */
typedef struct dc_fixed_ref dc_fixed_ref;
DC_MUST_USE dc_status dc_fixed_ref_new(dc_fixed_ref **out, const dc_packed *packed,
                                       uint32_t first_row, uint32_t n_rows, const float *bias,
                                       bool has_relu, const dc_eie_format *format, uint32_t n_bits,
                                       dc_arena *arena);
void dc_fixed_ref_run(const dc_fixed_ref *ref, const int32_t *input, int32_t *output);

/* ---- watching a run -------------------------------------------------------------------------- */

/* A watcher sees the machine's registers after every clock edge. */
typedef struct dc_eie_watcher {
    void *payload;
    void (*see)(void *payload, const dc_machine *machine, uint64_t cycle);
} dc_eie_watcher;
void dc_machine_watch(dc_machine *machine, const dc_eie_watcher *watcher); /* at most 4 */

/* A VCD file of the cycles first_cycle .. first_cycle + n_cycles - 1, counted over all runs. */
typedef struct dc_vcd dc_vcd;
DC_MUST_USE dc_status dc_vcd_open(dc_vcd **out, const char *path, bool may_replace,
                                  const dc_eie_config *config, uint64_t first_cycle,
                                  uint64_t n_cycles);
dc_eie_watcher dc_vcd_watcher(dc_vcd *vcd);
/* Completes the file, or leaves none; NULL is fine. */
DC_MUST_USE dc_status dc_vcd_close(dc_vcd *vcd);
void dc_vcd_discard(dc_vcd *vcd);

/* What each PE did over time: busy is (n_pes, n_bins) counts of cycles in which it took an entry.
 * From the arena. */
typedef struct dc_activity {
    uint32_t n_pes, n_bins;
    uint64_t n_cycles, cycles_per_bin;
    float *busy;
} dc_activity;
DC_MUST_USE dc_status dc_activity_new(dc_activity **out, const dc_eie_config *config,
                                      dc_arena *arena);
dc_eie_watcher dc_activity_watcher(dc_activity *activity);
/* (n_rows, n_used): the share of a bin's cycles in which an entry was taken, for a chart; with many
 * PEs a row is the mean of several neighbours. `shares` has room for n_pes * n_bins. */
void dc_activity_shares(float *shares, uint32_t *n_rows, uint32_t *n_used,
                        const dc_activity *activity);

/* ---- energy (manual, 6) ---------------------------------------------------------------------- */

/* The modules of Table II, clock included in each, and what lies outside the PEs. */
typedef struct dc_eie_energy {
    double queue_pj, pointer_pj, spmat_pj, arithmetic_pj, act_pj, lnzd_pj, total_pj;
    double memory_pj, clock_pj; /* parts of the above by kind */
    double spmat_memory_pj;     /* lines read alone: figure 9 */
} dc_eie_energy;
void dc_eie_energy_of(dc_eie_energy *out, const dc_eie_counters *c, const dc_eie_config *config);
/* Mean power of the array [mW]: energy over time. */
double dc_eie_power_mw(const dc_eie_energy *energy, const dc_eie_counters *c,
                       const dc_eie_config *config);
uint32_t dc_eie_n_lnzd_nodes(uint32_t n_pes);
double dc_eie_line_read_pj(uint32_t width_bits);
double dc_eie_multiply_pj(uint32_t n_bits);

/* ---- what was published (EIE, tables III and IV) --------------------------------------------- */

typedef struct dc_eie_published {
    const char *name; /* "Alex-6" */
    uint32_t n_cols, n_rows;
    double weight_density, act_density;
    double theoretical_us, actual_us; /* 64 PEs */
    struct {
        double dense_us, sparse_us; /* batch 1 */
    } cpu, gpu, mobile_gpu;
} dc_eie_published;
#define DC_EIE_CPU_W 73.0
#define DC_EIE_GPU_W 159.0
#define DC_EIE_MOBILE_GPU_W 5.1
#define DC_EIE_PAPER_W 0.59

const dc_eie_published *dc_eie_published_at(uint32_t index); /* NULL past the ninth */
/* The layer of this shape, or NULL. Two pairs share a shape (Alex-7 and VGG-7, Alex-8 and VGG-8):
 * then the one called `name`, else the first. */
const dc_eie_published *dc_eie_published_shape(uint32_t n_rows, uint32_t n_cols, const char *name);
/* A layer of independent random weights (15 non-zero values) and activations, seeded. */
DC_MUST_USE dc_status dc_eie_synthetic(dc_packed *out, uint32_t n_rows, uint32_t n_cols,
                                       double weight_density, uint32_t code_bits, uint64_t seed,
                                       dc_arena *arena);
/* Round(act_density * n) of the inputs are in (0, 1], the others 0. */
void dc_eie_random_inputs(double *x, uint32_t n, double act_density, uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
