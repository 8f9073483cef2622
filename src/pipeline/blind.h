/* SPDX-License-Identifier: MIT
 *
 * Compression without data: what changes of a network do to its outputs, on inputs that are made
 * up. All of it runs on the reference ops, so that it is the same for any number of jobs and any
 * level of instructions.
 */
#ifndef DCOMP_PIPELINE_BLIND_H
#define DCOMP_PIPELINE_BLIND_H

#include "dcomp/pipeline.h"

/* A batch norm's parameters. */
enum { NORM_SCALE, NORM_SHIFT, NORM_MEAN, NORM_VARIANCE };

/* ---- blind_inputs.c -------------------------------------------------------------------------- */

#define BLIND_KINDS 2u /* of samples; sample i is of kind i % BLIND_KINDS */

/* x (n, shape): seeded samples for this network, prepared. Scratch comes from the arena. */
DC_MUST_USE dc_status blind_inputs_make(float *x, const dc_model *model, uint32_t n, uint64_t seed,
                                        dc_arena *arena);
/* blind_sequences.c: the same of steps x features, and of rows of a table. */
DC_MUST_USE dc_status blind_sequences_make(float *x, const dc_shape *shape, uint32_t n,
                                           uint64_t seed, dc_arena *arena);
void blind_symbols_make(float *x, uint64_t n_values, uint32_t n_symbols, uint32_t n,
                        uint64_t seed);
/* x (n, samples->shape): the first samples; in place of one that cannot be read the one before. */
DC_MUST_USE dc_status blind_inputs_read(float *x, const dc_source *samples, uint32_t n,
                                        dc_arena *arena);
/* Whether the input says how pixels are prepared. */
bool blind_is_prepared(const dc_input *input);

/* ---- blind_net.c ----------------------------------------------------------------------------- */

/* A dense network that has seen made-up inputs: its outputs, and the values that a walk of a
 * changed network starts from. */
typedef struct blind_net {
    const dc_model *dense;
    uint32_t n_samples;  /* a multiple of BLIND_KINDS                                        */
    double n_products;   /* of weights and inputs, of one sample                             */
    uint32_t output;     /* the node that is compared: the logits                            */
    bool *is_live;       /* by node: the output depends on it                                */
    bool *is_kept;       /* by node: layers with weights or joins read it                    */
    float **kept;        /* by node: values (n_samples, shape), or NULL                      */
    uint32_t *norms;     /* by node with weights: the batch norm that alone reads it, or
                            DC_NONE                                                          */
    bool has_norms;      /* any of them                                                      */
    double **means;      /* by node that has one: of its channels (BLIND_KINDS, K)           */
    double loss;         /* of the change measured last: by how much the mean cross-entropy
                            rises if the dense network's own answers are right; NaN: unknown */
    dc_arena arena;      /* of all this                                                      */
    struct blind_buffers *buffers; /* private: of values that come and go                    */
} blind_net;

/* Runs the dense network (borrowed until close) on as many samples as its size allows: the first of
 * these, or made-up ones (NULL).
 * DC_EUNSUPPORTED when that would take too long or too much memory, an op has no plain code, or the
 * outputs do not depend on the samples (all 0, not finite, or the same), so that nothing can be
 * told from them. Owns. */
DC_MUST_USE dc_status blind_net_open(blind_net *out, const dc_model *dense,
                                     const dc_source *samples);
void blind_net_close(blind_net *net);

/* Mean square of what a node with weights reads, without the largest values; 1 where nothing is
 * known. */
double blind_net_input_square(const blind_net *net, uint32_t node);
/* Runs `model`, a changed copy of the dense one (the same nodes and shapes), from what differs on.
 * With `corrects`, the mean of a batch norm follows what the mean of the layer before it did, as
 * far as all kinds of samples agree. *change: mean square of what outputs moved, as a share of
 * their own mean square (sample by sample, for the kind of samples where it is larger) or of four
 * times their variance over the samples, whichever is larger; several outputs are judged a second
 * time without the mean of each sample's, which no softmax sees, and the larger change counts.
 * Infinite when outputs are no numbers any more, NaN where there is no network (all 0). */
DC_MUST_USE dc_status blind_net_change(double *change, blind_net *net, dc_model *model,
                                       bool corrects);

/* ---- blind_layers.c -------------------------------------------------------------------------- */

typedef struct blind_layer {
    const char *name;
    uint32_t param;        /* of its weights                                               */
    const dc_param *dense;
    bool is_kept;          /* comes shared, on a grid, or with nothing in it               */
    double energy;         /* sum of squares of all but the largest weights                */
    double n_nonzero;
    double slope;          /* what a change of the outputs is to an error                  */
    double error;          /* sum of squares of what the trial's weights have moved        */
} blind_layer;

#define BLIND_SAMPLE 2048u /* of values that are looked at */

/* Sum of squares of all values but the largest, about, from some of them; `sizes` has room for
 * BLIND_SAMPLE. *n_nonzero: how many are not zero. */
double blind_inner_energy(double *n_nonzero, float *sizes, const float *values, uint64_t n_values);
/* The layers of a network. Storage from the arena. */
DC_MUST_USE dc_status blind_layers_study(blind_layer **out, uint32_t *n_out, const dc_model *dense,
                                         dc_arena *arena);
/* The layer's weights in the trial, a copy of the dense network, go to the trellis that has the
 * error of a grid of this step; a bit is worth so much squared error. */
DC_MUST_USE dc_status blind_layer_round(dc_model *trial, blind_layer *layer, double step,
                                        double lambda);
void blind_layer_restore(dc_model *trial, blind_layer *layer);
/* Single weights are too large for any step: values of the parameter share 255. */
DC_MUST_USE dc_status blind_share(dc_param *param);
/* All parameters but weights. */
void blind_rest_restore(dc_model *trial, const dc_model *dense);
/* The same to halves, where these keep what it says; what lies on a grid stays. */
DC_MUST_USE dc_status blind_rest_halve(dc_model *trial);
/* Mean square of what a batch norm multiplies by. */
double blind_norm_square(const dc_model *model, const dc_node *norm);

/* ---- blind_slopes.c -------------------------------------------------------------------------- */

#define BLIND_LEAST_GAIN 0.1 /* change of the outputs, where 1 is the layer's error over its
                                energy                                                       */

typedef struct blind_study {
    blind_net *net;
    const dc_model *dense; /* what `net` has seen     */
    dc_model *trial;       /* a copy                  */
    uint32_t n_layers;
    blind_layer *layers;
} blind_study;

/* The slope of each layer that is kept, or of the others; the trial is the dense model again. */
DC_MUST_USE dc_status blind_slopes_find(const blind_study *study, bool is_kept);
/* Steps by parameter, with lambda the change of the outputs that a bit is worth: of the weights of
 * layers that are not kept, or of all; of their biases, and of what their batch norms add and
 * multiply. A change of the outputs is slope times an error of the weights; divided by the mean
 * square of what these multiply, times an error of the layer's outputs. Others become 0. */
void blind_study_steps(double *steps, const blind_study *study, double lambda, bool has_kept);

#endif
