/* SPDX-License-Identifier: MIT
 *
 * A network whose matrices run on the array in fixed point, or on its oracle, and whose other ops
 * run on the host: the graph walk that simulate and eval share. A layer over time has its matrices
 * multiplied in each step, with the rest on the host, or is a cell, which the machine schedules.
 */
#ifndef DCOMP_PIPELINE_ARRAY_NET_H
#define DCOMP_PIPELINE_ARRAY_NET_H

#include "dcomp/pipeline.h"
#include "pace.h"

/* How a node's value comes about. */
typedef enum node_kind {
    NODE_INPUT,
    NODE_ARRAY, /* a matrix on the array, once or once a position and group    */
    NODE_PASS,  /* the same numbers: flatten, reshape, dropout, a ReLU done at write-back */
    NODE_HOST,
    NODE_RECURRENT, /* products on the array, once a step; gates on the host */
    NODE_CELL,      /* steps on the machine                                  */
    NODE_FUSED      /* a linear layer that is in the cell behind it          */
} node_kind;

/* One matrix: a linear layer, or one group of a convolution. */
typedef struct array_part {
    const char *name; /* "conv1", "conv1.g1" */
    dc_packed packed;
    uint32_t first_row;
    const float *bias;
    dc_csc matrix;
    void *layer, *oracle; /* of the accelerator */
    dc_machine_layout layout;
} array_part;

typedef struct array_node {
    uint32_t node;
    const char *name;   /* the node's, or of one of its matrices            */
    uint32_t param;     /* of the op                                        */
    uint32_t first_row; /* of the parameter, where others have arrays too   */
    bool has_relu, is_in_cell;
    uint32_t n_parts;
    array_part *parts;
    dc_fixed_format format;
    uint64_t n_weights, n_nonzero;
    uint32_t first_part; /* number of parts[0] among all */
} array_node;

/* An LSTM that the machine schedules: its arrays are there for calibration. */
typedef struct array_cell {
    uint32_t node, source; /* whose values are the inputs */
    const array_node *input, *recurrent, *projection; /* input, projection: NULL: there is none */
    bool is_reverse;
    dc_cell cell;
    void *layer, *oracle; /* of the accelerator */
    uint32_t n_stages;
    dc_cell_stage stages[DC_MAX_CELL_STAGES];
} array_cell;

typedef struct array_net {
    const dc_model *model;
    const dc_accelerator *accelerator;
    const void *machine; /* its parameters */
    dc_machine_facts facts;
    node_kind *kinds;      /* by node */
    uint32_t *array_index; /* by node: in arrays, or DC_NONE */
    uint32_t n_arrays, n_parts;
    array_node *arrays;
    uint32_t n_cells;
    array_cell *cells;
    uint32_t *cell_index; /* by node: in cells, or DC_NONE */
    uint64_t n_values;     /* of all nodes together: what a walk needs */
    uint64_t *value_at;    /* by node */
    uint64_t n_widest;     /* of one node */
    dc_arena *arena;
} array_net;

/* Entries of the matrix that are not zero; of one sample, each as often as its product is computed.
 */
uint64_t array_part_entries(const array_part *part);
uint64_t array_net_entries(const array_net *net);
/* Of one sample's values in a node with matrices: how often each is multiplied. */
uint64_t array_n_products(const array_net *net, const array_node *array);
/* Finds the array's nodes and their matrices; everything is borrowed from model, machine and arena.
 * Formats and memories come with array_net_calibrate and array_net_lay. DC_EUNSUPPORTED for a layer
 * that is not weight-shared; `advice` ends the message: what its receiver can do besides, or "". */
DC_MUST_USE dc_status array_net_new(array_net *out, const dc_model *model,
                                    const dc_accelerator *accelerator, const void *machine,
                                    const char *advice, dc_arena *arena);
/* Chooses all formats from up to n_samples samples (manual, 3). */
DC_MUST_USE dc_status array_net_calibrate(array_net *net, const dc_source *source,
                                          uint32_t n_samples);
/* The only reader of `node`, or DC_NONE. */
uint32_t array_only_reader(const dc_model *model, uint32_t node);
/* array_cell.c: cells among the layers over time, and a cell's format and memories. */
DC_MUST_USE dc_status array_cells_find(array_net *net);
DC_MUST_USE dc_status array_cell_lay(array_net *net, array_cell *cell, bool for_machine);
/* Lays the matrices out, for the machine if `for_machine`, and makes their oracles. */
DC_MUST_USE dc_status array_net_lay(array_net *net, bool for_machine);

/* Computes one product: part `part` of an array node, output (n_rows) from input (n_cols). */
typedef struct array_engine {
    void *payload;
    dc_status (*run)(void *payload, const array_node *array, uint32_t part, const int32_t *input,
                     int32_t *output);
    /* A step. */
    dc_status (*run_cell)(void *payload, const array_cell *cell, const int32_t *input,
                          const dc_cell_state *state);
} array_engine;

/* One walk's buffers; one walk, one thread. Without an engine it computes in float and notes what
 * it sees in `ranges`. */
typedef struct array_range {
    double largest_input, largest_sum;
    double largest_added; /* to the sums of a layer over time: what its inputs made of the gates */
} array_range;

typedef struct array_walk {
    const array_net *net;
    array_engine engine;
    array_range *ranges; /* by array node; only without an engine   */
    uint64_t *n_clamped; /* by array node: inputs beyond the format */
    double *values;      /* (n_values): of all nodes                */
    float *host;         /* inputs and output of a host op          */
    double *map;         /* an array node's input, quantized        */
    double *patch, *sums;
    int32_t *input, *output;
    int32_t *said, *cells; /* of a cell                             */
    uint32_t length;     /* steps of the sample that count; 0: all  */
} array_walk;
DC_MUST_USE dc_status array_walk_init(array_walk *out, const array_net *net,
                                      const array_engine *engine, dc_arena *arena);
/* walk->sums from x: one product on the engine, or in float with its range noted. */
DC_MUST_USE dc_status array_walk_multiply(array_walk *walk, const array_node *array, uint32_t part,
                                          const double *x);
/* walk->map: x as it enters an array node. */
DC_MUST_USE dc_status array_walk_take(array_walk *walk, const array_node *array, const double *x,
                                      uint64_t n);
/* The inputs of a node as the host takes them, in walk->host; returns what lies behind them. */
float *array_walk_gather(array_walk *walk, uint32_t node, const float **x);
/* array_steps.c: a layer over time, either way. */
DC_MUST_USE dc_status array_walk_steps(array_walk *walk, uint32_t node);
/* Outputs y (classes) of sample x; y may be NULL. */
DC_MUST_USE dc_status array_walk_run(array_walk *walk, const float *x, float *y);

/* ---- many samples at once ------------------------------------------------------------------- */

/* What one lane of a batch has: a walk, and a machine unless only the oracle runs. */
typedef struct array_lane {
    array_walk walk;
    pace_product product; /* that runs */
    void *machine;
    int32_t *expected;     /* the oracle's outputs                */
    char *counters;        /* by array node, then by cell and stage */
    uint64_t *n_differing; /* by array node, then by cell: products or steps that differ */
    int32_t *expected_said, *expected_cells;
    dc_arena arena;
} array_lane;

/* Samples of a batch are divided over as many lanes as there are jobs. All that lanes count are
 * whole numbers, so that sums do not depend on how many there are. */
typedef struct array_batch {
    const array_net *net;
    uint32_t n_lanes;
    array_lane *lanes;
    pace pace;
} array_batch;
/* `n_samples` in all, for progress, which the batch itself reports. */
DC_MUST_USE dc_status array_batch_open(array_batch *out, const array_net *net, bool has_machine,
                                       uint64_t n_samples, dc_arena *arena);
void array_batch_close(array_batch *batch);
/* Of an array node, in one lane; of the first stage of a cell, the others' lie behind it. */
void *array_lane_counters(const array_lane *lane, uint32_t array);
void *array_lane_cell_counters(const array_lane *lane, uint32_t cell);
/* An eval_engine's run; the payload is the batch. */
DC_MUST_USE dc_status array_batch_run(void *payload, const dc_batch *samples, float *y);

#endif
