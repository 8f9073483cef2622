/* SPDX-License-Identifier: MIT
 *
 * A network whose linear and convolution layers run on the array in fixed point, or on its oracle,
 * and whose other ops run on the host: the graph walk that simulate and eval share.
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
    NODE_HOST
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
    bool has_relu;
    uint32_t n_parts;
    array_part *parts;
    dc_fixed_format format;
    uint64_t n_weights, n_nonzero;
    uint32_t first_part; /* number of parts[0] among all */
} array_node;

typedef struct array_net {
    const dc_model *model;
    const dc_accelerator *accelerator;
    const void *machine; /* its parameters */
    dc_machine_facts facts;
    node_kind *kinds;      /* by node */
    uint32_t *array_index; /* by node: in arrays, or DC_NONE */
    uint32_t n_arrays, n_parts;
    array_node *arrays;
    uint64_t n_values;     /* of all nodes together: what a walk needs */
    uint64_t *value_at;    /* by node */
    uint64_t n_widest;     /* of one node */
    dc_arena *arena;
} array_net;

/* Entries of the matrix that are not zero; of one sample, each as often as its product is computed.
 */
uint64_t array_part_entries(const array_part *part);
uint64_t array_net_entries(const array_net *net);
/* Finds the array's nodes and their matrices; everything is borrowed from model, machine and arena.
 * Formats and memories come with array_net_calibrate and array_net_lay. DC_EUNSUPPORTED for a layer
 * that is not weight-shared; `advice` ends the message: what its receiver can do besides, or "". */
DC_MUST_USE dc_status array_net_new(array_net *out, const dc_model *model,
                                    const dc_accelerator *accelerator, const void *machine,
                                    const char *advice, dc_arena *arena);
/* Chooses all formats from up to n_samples samples (manual, 3). */
DC_MUST_USE dc_status array_net_calibrate(array_net *net, const dc_source *source,
                                          uint32_t n_samples);
/* Lays the matrices out, for the machine if `for_machine`, and makes their oracles. */
DC_MUST_USE dc_status array_net_lay(array_net *net, bool for_machine);

/* Computes one product: part `part` of an array node, output (n_rows) from input (n_cols). */
typedef struct array_engine {
    void *payload;
    dc_status (*run)(void *payload, const array_node *array, uint32_t part, const int32_t *input,
                     int32_t *output);
} array_engine;

/* One walk's buffers; one walk, one thread. Without an engine it computes in float and notes what
 * it sees in `ranges`. */
typedef struct array_range {
    double largest_input, largest_sum;
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
    uint32_t length;     /* steps of the sample that count; 0: all  */
} array_walk;
DC_MUST_USE dc_status array_walk_init(array_walk *out, const array_net *net,
                                      const array_engine *engine, dc_arena *arena);
/* Outputs y (classes) of sample x; y may be NULL. */
DC_MUST_USE dc_status array_walk_run(array_walk *walk, const float *x, float *y);

/* ---- many samples at once ------------------------------------------------------------------- */

/* What one lane of a batch has: a walk, and a machine unless only the oracle runs. */
typedef struct array_lane {
    array_walk walk;
    pace_product product; /* that runs */
    void *machine;
    int32_t *expected;     /* the oracle's outputs                */
    char *counters;        /* by array node                       */
    uint64_t *n_differing; /* by array node: products that differ */
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
/* Of an array node, in one lane. */
void *array_lane_counters(const array_lane *lane, uint32_t array);
/* An eval_engine's run; the payload is the batch. */
DC_MUST_USE dc_status array_batch_run(void *payload, const dc_batch *samples, float *y);

#endif
