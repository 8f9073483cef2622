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

/* Where the optimizer has a parameter. An untrained one (running state) has none. */
typedef struct dc_train_place {
    uint32_t array;        /* w's, or theta's when shared */
    uint32_t latent_array; /* when there is one           */
} dc_train_place;

struct dc_trainer {
    dc_arena arena; /* holds this struct and the sample buffer   */
    dc_arena state; /* what a training begins with: dc_trained_make */
    dc_model *model;
    uint64_t n_values; /* of the model that was compiled */
    const dc_source *source;
    dc_train_settings settings;
    dc_train_hooks hooks;
    dc_net *net, *teacher; /* teacher may be NULL */
    const dc_model *teacher_model; /* or NULL */
    dc_trained trained; /* what hooks see */
    dc_train_place *places; /* one a parameter */
    dc_optim optim;
    dc_loss loss;
    float *x; /* for a batch that is short, and its lengths */
    uint32_t *lengths;
    float *teacher_state; /* of a batch of a stream, that the teacher carries on */
    float *answers; /* of a batch, where settings.answers has them */
    uint32_t n_epochs_done;
};

/* Tags, centroids and optimizer arrays for all parameters that the net trains, and the hooks begin;
 * all of it in `state`, and nothing of a training before. */
DC_MUST_USE dc_status dc_trained_make(dc_trainer *trainer);
/* Each hook in turn. */
DC_MUST_USE dc_status dc_trained_after_backward(dc_trainer *trainer);
DC_MUST_USE dc_status dc_trained_after_update(dc_trainer *trainer);
DC_MUST_USE dc_status dc_trained_after_epoch(dc_trainer *trainer);
/* What is handed back of a parameter, in stored order. */
const float *dc_trained_given(const dc_trainer *trainer, uint32_t param);
/* The learning rate at a step [0 ..), with this many steps an epoch. */
double dc_train_rate(const dc_train_settings *settings, uint64_t step, uint64_t n_steps_per_epoch);
/* attr ratio x sqrt(density of the pruned layer that feeds the dropout), for all dropouts
 * [NIPS15 3.2]. */
void dc_train_dropout(double *ratios, const dc_model *model, double share);

#endif
