/* SPDX-License-Identifier: MIT
 *
 * Compression without data: what changes of a network do to its outputs, on inputs that are made
 * up. All of it runs on the reference ops, so that it is the same for any number of jobs and any
 * level of instructions.
 */
#ifndef DCOMP_PIPELINE_BLIND_H
#define DCOMP_PIPELINE_BLIND_H

#include "dcomp/pipeline.h"

/* ---- blind_inputs.c -------------------------------------------------------------------------- */

#define BLIND_KINDS 2u /* of samples; sample i is of kind i % BLIND_KINDS */

/* x (n, input->shape): seeded samples, prepared. Scratch comes from the arena. */
DC_MUST_USE dc_status blind_inputs_make(float *x, const dc_input *input, uint32_t n, uint64_t seed,
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
    dc_arena arena;      /* of all this                                                      */
    struct blind_buffers *buffers; /* private: of values that come and go                    */
} blind_net;

/* Runs the dense network (borrowed until close) on as many samples as its size allows.
 * DC_EUNSUPPORTED when that would take too long or too much memory, an op has no plain code, or the
 * outputs do not depend on the samples (all 0, not finite, or the same), so that nothing can be
 * told from them. Owns. */
DC_MUST_USE dc_status blind_net_open(blind_net *out, const dc_model *dense);
void blind_net_close(blind_net *net);

/* Runs `model`, a changed copy of the dense one (the same nodes and shapes), from what differs on.
 * With `corrects`, the mean of a batch norm follows what the mean of the layer before it did, as
 * far as all kinds of samples agree. *change: mean square of what outputs moved, as a share of
 * their own mean square (sample by sample, for the kind of samples where it is larger) or of four
 * times their variance over the samples, whichever is larger; several outputs are judged a second
 * time without the mean of each sample's, which no softmax sees, and the larger change counts.
 * Infinite when outputs are no numbers any more, NaN where there is no network (all 0). */
DC_MUST_USE dc_status blind_net_change(double *change, blind_net *net, dc_model *model,
                                       bool corrects);

/* ---- blind_choice.c -------------------------------------------------------------------------- */

#define BLIND_MAX_SHARED 8u /* bits */
#define BLIND_HALVES 16u

/* One way to store a layer. */
typedef struct blind_choice {
    double density; /* share of the weights that are not zero                              */
    uint32_t bits;  /* 1 .. BLIND_MAX_SHARED: shared; BLIND_HALVES; 32: as it is           */
    double error;   /* sum of squares of what weights move                                 */
    double bytes;   /* in the file, about                                                  */
} blind_choice;

typedef struct blind_layer {
    const char *name;
    uint32_t param;        /* of its weights                                               */
    const dc_param *dense;
    bool has_zeros;        /* enough of them to keep them zeros                            */
    double energy;         /* sum of squares of all but the largest weights                */
    double slope;          /* what a change of the outputs is to an error                  */
    uint32_t n_choices, chosen;
    blind_choice *choices; /* the first: as it is                                          */
} blind_layer;

/* The layers of a network and their choices; slopes are infinite. Storage from the arena. */
DC_MUST_USE dc_status blind_layers_study(blind_layer **out, uint32_t *n_out, const dc_model *dense,
                                         dc_arena *arena);
/* Of the outputs, expected: error * slope. */
double blind_layer_change(const blind_layer *layer, uint32_t choice);
/* Chooses what makes the file smallest while changes add up to no more than `allowance`. */
void blind_layers_choose(blind_layer *layers, uint32_t n, double allowance);
/* Then, again and again, the single change that keeps outputs best, while all layers together grow
 * by no more than `left` bytes. */
void blind_layers_refine(blind_layer *layers, uint32_t n, double left);
double blind_layers_bytes(const blind_layer *layers, uint32_t n);

/* ---- blind_trial.c --------------------------------------------------------------------------- */

/* The layer's weights in the trial, a copy of the dense network, become what the choice says.
 * *error: sum of squares of what they move. */
DC_MUST_USE dc_status blind_trial_change(double *error, dc_model *trial, const blind_layer *layer,
                                         const blind_choice *choice);
void blind_trial_restore(dc_model *trial, const blind_layer *layer);
/* All parameters but weights. */
void blind_trial_restore_rest(dc_model *trial, const dc_model *dense);
/* The same as halves, each where these keep what it says. */
DC_MUST_USE dc_status blind_trial_round_rest(dc_model *trial);

#endif
