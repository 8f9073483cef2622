/* SPDX-License-Identifier: MIT
 *
 * The trainer's inside, shared by train.c (the loop), train_params.c (parameters and their shared
 * centroids) and train_state.c (checkpoints).
 */
#ifndef DC_NN_TRAIN_H
#define DC_NN_TRAIN_H

#include "loss.h"
#include "net.h"
#include "optim.h"

/* What training keeps for one parameter of the model. An untrained one (running state) has no row
 * in use. */
typedef struct dc_trained {
    bool is_used;
    uint32_t array;   /* of the optimizer: w's, or theta's when shared */
    uint16_t *tags;   /* stored order; NULL: dense                     */
    uint32_t n_theta; /* 0: not shared                                 */
    float *theta, *d_theta;
    float *latent;         /* what each shared weight would be alone; NULL: it stays      */
    uint32_t latent_array; /* of the optimizer                                            */
} dc_trained;

struct dc_trainer {
    dc_arena arena; /* holds this struct too */
    dc_model *model;
    const dc_source *source;
    dc_train_settings settings;
    const dc_train_hooks *hooks;
    dc_net *net, *teacher; /* teacher may be NULL */
    const dc_model *origin; /* the teacher's model, or NULL: where latent weights begin */
    dc_trained *trained;   /* one a parameter */
    dc_optim optim;
    dc_loss loss;
    float *x; /* for a batch that is short */
    uint32_t n_epochs_done;
    uint64_t n_steps;
};

/* Tags, centroids and optimizer arrays for all parameters that the net trains. */
dc_status dc_trained_make(dc_trainer *trainer);
/* One optimizer step from dw, centroids included. */
void dc_trained_step(dc_trainer *trainer, double rate);
/* The learning rate at a step [0 ..), with so many steps an epoch. */
double dc_train_rate(const dc_train_settings *settings, uint64_t step, uint64_t n_steps_per_epoch);
/* attr ratio x sqrt(density of the pruned layer that feeds the dropout), for all dropouts
 * [NIPS15 3.2]. */
void dc_train_dropout(double *ratios, const dc_model *model, double share);

#endif
