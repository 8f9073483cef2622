/* SPDX-License-Identifier: MIT
 *
 * accelerator: what simulated machines have in common, and the row that each of them is. The first
 * is EIE (eie.h, docs/eie.md); the table is in pipeline.h.
 *
 * A machine computes matrix-vector products of weight-shared sparse layers in fixed point, one
 * at a time. Its parameters and counters are structs of its own, which everybody else knows by
 * their field tables alone; what it stores and spends is in structs of this door. A
 * dc_csc is one packed layer by columns, which machines lay out in their memories. An oracle
 * computes the same product without the machine.
 *
 *     void *config = dc_accelerator_config(a, &arena);
 *     const dc_machine_facts facts = a->facts(config);
 *     DC_TRY(dc_csc_of(&matrix, packed, 0, packed->n_rows, bias, &arena));
 *     DC_TRY(a->lay(&layer, &layout, &(dc_product){ "fc1", packed, 0, &matrix, has_relu, format },
 *                   config, &arena));
 *     DC_TRY(a->open(&machine, config, NULL, NULL));
 *     status = a->run(machine, layer, input, output, counters);
 *     a->close(machine);
 *
 * Threads. A laid-out layer and an oracle are read-only and may be run by many threads; one
 * machine, one thread, with the watchers that it has.
 *
 * What accelerator does not do: graphs and ops (pipeline walks the network and has nn run what a
 * machine does not), pictures of results.
 */
#ifndef DCOMP_ACCELERATOR_H
#define DCOMP_ACCELERATOR_H

#include "dcomp/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- fixed-point numbers --------------------------------------------------------------------- */

/* Fraction bits of a layer's weights, inputs and outputs; may be negative. */
typedef struct dc_fixed_format {
    int32_t weight, input, output;
} dc_fixed_format;

/* clamp(round(x * 2^fraction)), ties to even. */
int32_t dc_fixed_of(double x, int32_t fraction, uint32_t n_bits);
/* Whether that clamped. */
bool dc_fixed_clamps(double x, int32_t fraction, uint32_t n_bits);
double dc_fixed_value(int32_t q, int32_t fraction);
/* The largest fraction with which |x| <= largest fits in n_bits; for 0 and what is not finite that
 * of 1. */
int32_t dc_fixed_fraction(double largest, uint32_t n_bits);
/* From the largest |shared value|, |input| and |partial sum|: the first fits its weight_bits, the
 * others twice. To be settled. */
dc_fixed_format dc_fixed_format_choose(double weight, uint32_t weight_bits, double input,
                                       double sum, uint32_t n_bits);
/* Brings the shift (weight + input - output) into 0 .. 2B - 2: the output's fraction goes down, or
 * the weight's, whose products are then too small to be seen in the output anyway. */
void dc_fixed_format_settle(dc_fixed_format *format, uint32_t n_bits);

/* ---- a layer by columns ---------------------------------------------------------------------- */

/* Compressed sparse columns of codes: entry e of column j (starts[j] <= e < starts[j + 1]) is
 * codebook[codes[e]] at row rows[e]; rows rise within a column. Code 0 is the value 0 and is not
 * stored. */
typedef struct dc_csc {
    uint32_t n_rows, n_cols;
    uint64_t *starts; /* n_cols + 1 */
    uint32_t *rows;
    uint8_t *codes;
    uint32_t n_codebook;
    float codebook[DC_MAX_CODEBOOK];
    const float *bias; /* (n_rows) or NULL; borrowed */
} dc_csc;

/* Rows first_row .. first_row + n_rows - 1 of a checked packed layer; bias is of these rows. */
DC_MUST_USE dc_status dc_csc_of(dc_csc *out, const dc_packed *packed, uint32_t first_row,
                                uint32_t n_rows, const float *bias, dc_arena *arena);
/* y (n_rows) = W x + bias in float, column after column; returns the largest |partial sum| of any
 * row. For calibration. */
double dc_csc_apply(double *y, const dc_csc *matrix, const double *x);

/* A layer of independent random weights (2^code_bits - 1 non-zero values) and activations, seeded.
 */
DC_MUST_USE dc_status dc_synthetic_weights(dc_packed *out, uint32_t n_rows, uint32_t n_cols,
                                           double weight_density, uint32_t code_bits,
                                           uint64_t seed, dc_arena *arena);
/* Round(act_density * n) of the inputs are in (0, 1], the others 0. */
void dc_synthetic_inputs(double *x, uint32_t n, double act_density, uint64_t seed);

/* How a seeded LSTM was pruned: as many weights for each PE in each gate, one threshold for all
 * weights, or not at all. */
typedef enum dc_pruning { DC_PRUNING_BALANCED, DC_PRUNING_PLAIN, DC_PRUNING_NONE } dc_pruning;
typedef struct dc_synthetic_cell {
    uint32_t n_inputs, n_cells, n_said;
    double density; /* of what is pruned */
    dc_pruning pruning;
} dc_synthetic_cell;
/* The matrices of its inputs, of what was said and of the projection: out (3), from the arena. Rows
 * are those of n_pes elements, row i on i mod n_pes. */
DC_MUST_USE dc_status dc_synthetic_lstm(dc_packed *out, const dc_synthetic_cell *spec,
                                        uint32_t n_pes, uint64_t seed, dc_arena *arena);

/* ---- what is known of every machine ---------------------------------------------------------- */

/* Of a configuration. */
typedef struct dc_machine_facts {
    uint32_t n_pes;     /* processing elements, each of one multiply-accumulate a cycle */
    uint32_t n_streams; /* that run side by side: times and figures are those of one    */
    uint32_t n_bits;    /* of activations and sums                                      */
    uint32_t weight_bits; /* of weights, which may have fewer                             */
    uint32_t code_bits; /* a codebook has 2^code_bits entries                           */
    double clock_mhz;
} dc_machine_facts;

/* One product: rows first_row .. of a packed layer. All but the format is borrowed. */
typedef struct dc_product {
    const char *name;
    const dc_packed *packed;
    uint32_t first_row;
    const dc_csc *matrix; /* of those rows, with their biases */
    bool has_relu;        /* done when results are written    */
    dc_fixed_format format;
} dc_product;

/* A layer in the machine's memories. */
#define DC_MISFIT_BYTES 320
typedef struct dc_machine_layout {
    uint64_t n_entries, n_fillers; /* of all PEs; fillers are among them */
    uint64_t n_most;               /* entries of the fullest PE          */
    char misfit[DC_MISFIT_BYTES];  /* what does not fit, or ""           */
} dc_machine_layout;

/* A step of an LSTM as one piece of work, for machines that schedule it themselves. Matrices have
 * the gates i, o, f, g stacked (docs/ops.md). All is borrowed. */
typedef struct dc_cell_matrix {
    const dc_packed *packed; /* NULL: there is none        */
    const dc_csc *matrix;    /* the same; bias: NULL       */
} dc_cell_matrix;

/* Fraction bits. */
typedef struct dc_cell_format {
    int32_t input_weight, weight, projection_weight; /* of the matrices        */
    int32_t input, said, sums, peephole;
} dc_cell_format;
enum { DC_CELL_STATE_FRACTION = 11, DC_CELL_GATE_FRACTION = 14 }; /* of c; of gates and m */

typedef struct dc_cell {
    const char *name;
    uint32_t n_inputs, n_cells, n_said; /* n_inputs: 4 n_cells without an input matrix */
    dc_cell_matrix input, recurrent, projection;
    const double *bias;     /* (4, n_cells), that of f with the forget bias */
    const float *peepholes; /* (3, n_cells): i, o, f; or NULL              */
    dc_cell_format format;
} dc_cell;
/* The largest |weight| of each matrix, |x|, |said|, |sum of a gate| and |peephole| make a format;
 * without a projection what is said has the fraction of m. */
typedef struct dc_cell_range {
    double input_weight, weight, projection_weight, input, said, sum, peephole;
} dc_cell_range;
dc_cell_format dc_cell_format_choose(const dc_cell *cell, const dc_cell_range *range,
                                     uint32_t weight_bits, uint32_t n_bits);

/* What a stream keeps from step to step, in fixed point. */
typedef struct dc_cell_state {
    int32_t *said, *cells; /* (n_said), (n_cells) */
} dc_cell_state;

/* A product of the step, in the order in which they are done. */
#define DC_MAX_CELL_STAGES 9
typedef struct dc_cell_stage {
    const char *name; /* "W_ix" */
    uint32_t n_rows, n_cols;
    uint64_t n_nonzero;
    dc_fixed_format format;
    dc_machine_layout layout;
} dc_cell_stage;

/* Energy of a module of the machine, or of a kind of circuit in all of them. */
typedef struct dc_energy_part {
    const char *key;   /* in JSON                                                      */
    const char *title; /* for people: a module, all of which add up; NULL: of any kind */
    double pj;
} dc_energy_part;

/* What follows from counters, which are sums over runs. */
#define DC_MAX_ENERGY_PARTS 16
typedef struct dc_machine_figures {
    uint64_t n_runs, cycles;
    uint64_t n_inputs, n_nonzero_inputs;
    uint64_t entries, fillers, macs; /* entries = macs + fillers                 */
    uint64_t weight_reads;           /* of the memory of weights                 */
    uint64_t saturations;            /* sums that were clamped                   */
    double theoretical_cycles;       /* all PEs are busy with entries all the time */
    double load_balance;             /* theoretical / real cycles [0..1]         */
    double exposed_cycles;           /* of them spent beside the matrices' products, or 0 */
    double energy_pj, weight_read_pj; /* NaN where nothing is known of it         */
    double power_mw;                 /* mean                                     */
    uint32_t n_parts;                /* of the energy                            */
    dc_energy_part parts[DC_MAX_ENERGY_PARTS];
} dc_machine_figures;
/* Fills theoretical_cycles, load_balance and power_mw from the members that were counted. */
void dc_machine_figures_derive(dc_machine_figures *figures, const dc_machine_facts *facts);

/* Adds counters, all of whose fields are DC_FIELD_U64. */
void dc_counters_add(void *to, const void *from, const dc_field *fields);

/* What each PE did over time: busy is (n_pes, n_bins) counts of cycles in which it took an entry.
 */
typedef struct dc_activity {
    uint32_t n_pes, n_bins;
    uint64_t n_cycles, cycles_per_bin;
    float *busy;
} dc_activity;
/* From the arena. */
DC_MUST_USE dc_status dc_activity_new(dc_activity **out, uint32_t n_pes, dc_arena *arena);
/* One more cycle; returns the bin that it counts in. */
uint64_t dc_activity_cycle(dc_activity *activity);
/* (n_rows, n_used): the share of a bin's cycles in which an entry was taken, for a chart; with many
 * PEs a row is the mean of several neighbours. `shares` has room for n_pes * n_bins. */
void dc_activity_shares(float *shares, uint32_t *n_rows, uint32_t *n_used,
                        const dc_activity *activity);

/* ---- what was published ---------------------------------------------------------------------- */

#define DC_MAX_PLATFORMS 3
typedef struct dc_platform {
    const char *name, *device; /* "CPU", "i7-5930K" */
    double watts, sparse_watts; /* sparse: of compressed layers, where that was measured; or 0 */
} dc_platform;

typedef struct dc_published_layer {
    const char *name; /* "Alex-6" */
    uint32_t n_cols, n_rows;
    double weight_density, act_density;
    double theoretical_us, actual_us; /* of the machine with its defaults */
    struct {
        double dense_us, sparse_us; /* batch 1 */
    } on[DC_MAX_PLATFORMS];
} dc_published_layer;

typedef struct dc_published {
    const char *source; /* "[EIE tables IV, V]" */
    double watts;       /* of the machine       */
    dc_platform platforms[DC_MAX_PLATFORMS];
    uint32_t n_layers;
    const dc_published_layer *layers;
    /* Where the layers are the products of one cell, in their order: what it takes altogether, and
     * its widths, and how many streams a run has: energies are those of one. Else NULL. */
    const dc_published_layer *whole;
    uint32_t n_streams;
    uint32_t n_inputs, n_cells, n_said;
} dc_published;
/* The layer of this shape, or NULL. Of several the one called `name`, else the first. */
const dc_published_layer *dc_published_find(const dc_published *published, uint32_t n_rows,
                                            uint32_t n_cols, const char *name);

/* ---- the row --------------------------------------------------------------------------------- */

typedef struct dc_accelerator {
    const char *name;  /* the word of --machine  */
    const char *title; /* "EIE"                  */

    /* Parameters: a struct of config_bytes, described by its fields. */
    size_t config_bytes;
    const dc_field *config_fields;
    void (*set_defaults)(void *config);
    /* DC_EINPUT for values that contradict each other. */
    dc_status (*check)(const void *config);
    dc_machine_facts (*facts)(const void *config);

    /* A product in the machine's memories, from the arena. DC_EINPUT when the codebook is larger
     * than code_bits can name, DC_ELIMIT when it does not fit and the configuration says that it
     * must. */
    dc_status (*lay)(void **layer, dc_machine_layout *layout, const dc_product *product,
                     const void *config, dc_arena *arena);
    /* Writes the memories' images, for hardware to read, to a folder that is there: NULL where the
     * machine has no such form. `cycles` is what the run took. */
    dc_status (*emit)(const void *layer, const char *folder, const int32_t *input,
                      const int32_t *output, uint64_t cycles, bool may_replace);

    /* The same numbers without the machine, from the stream of entries; from the arena. */
    dc_status (*oracle)(void **oracle, const dc_product *product, const void *config,
                        dc_arena *arena);
    void (*ask)(const void *oracle, const int32_t *input, int32_t *output);

    /* Owns: close. `pace` is called now and then during each run, and at its end, with the share
     * that is done [0..1]; or NULL. */
    dc_status (*open)(void **machine, const void *config, void (*pace)(void *payload, double share),
                      void *payload);
    void (*close)(void *machine); /* NULL is fine */
    /* output (n_rows) from input (n_cols), both of n_bits in natural order. The layer must be laid
     * out for the machine's configuration. Adds to `counters`. DC_ESTALL when the machine makes no
     * progress or breaks one of its laws. */
    dc_status (*run)(void *machine, const void *layer, const int32_t *input, int32_t *output,
                     void *counters);

    /* The same for a cell; all NULL where the machine schedules none. `stages` has room for
     * DC_MAX_CELL_STAGES, and run_cell's `counters` are as many as there are stages, one behind the
     * other. input (n_inputs); the state goes from before the step to after it. */
    dc_status (*lay_cell)(void **layer, dc_cell_stage *stages, uint32_t *n_stages,
                          const dc_cell *cell, const void *config, dc_arena *arena);
    dc_status (*cell_oracle)(void **oracle, const dc_cell *cell, const void *config,
                             dc_arena *arena);
    dc_status (*ask_cell)(const void *oracle, const int32_t *input, const dc_cell_state *state);
    dc_status (*run_cell)(void *machine, const void *layer, const int32_t *input,
                          const dc_cell_state *state, void *counters);

    /* Counters: a struct of counters_bytes, all of whose fields are DC_FIELD_U64. */
    size_t counters_bytes;
    const dc_field *counter_fields;
    void (*figures)(dc_machine_figures *out, const void *counters, const void *config);

    /* Watchers of a machine, until it is closed; NULL where it has none. A waveform of the cycles
     * first .. first + n - 1, counted over all runs (owns: end_trace, which completes the file, or
     * leaves none unless `is_complete`). What PEs do. */
    dc_status (*trace)(void **trace, void *machine, const char *path, bool may_replace,
                       uint64_t first, uint64_t n);
    dc_status (*end_trace)(void *trace, bool is_complete); /* NULL is fine */
    void (*watch)(void *machine, dc_activity *activity);

    const dc_published *published; /* or NULL */
} dc_accelerator;

/* Parameters with their defaults, from the arena; NULL without memory. */
void *dc_accelerator_config(const dc_accelerator *accelerator, dc_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
