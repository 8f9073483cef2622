/* SPDX-License-Identifier: MIT
 *
 * train: hooks of a training step. The third door of the room model: nn has the loop,
 * and quant, prune and pipeline add their hooks to it, without knowing each other.
 *
 * A step is: forward, lose, backward, each hook's after_backward, update, each hook's after_update.
 * Hooks are called in the order of their list. All arrays are in the trainer's own order of
 * elements, padding included; `load` and `store` translate from and to row-major.
 *
 *     static dc_status shrink(void *payload, dc_trained *trained)
 *     {
 *         for (uint32_t i = 0; i < trained->n_params; i++)
 *             for (uint64_t e = 0; e < trained->params[i].n; e++)
 *                 trained->params[i].dw[e] += *(float *)payload * trained->params[i].w[e];
 *         return DC_OK;
 *     }
 *     const dc_train_hook hook = { .name = "shrink", .payload = &share, .after_backward = shrink };
 *     const dc_train_hooks hooks = { 1, &hook };
 *
 * Threads. Hooks are called by the thread that trains.
 */
#ifndef DCOMP_TRAIN_H
#define DCOMP_TRAIN_H

#include "dcomp/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A parameter in training. A shared one [DC 3.3] is trained through its centroids: the optimizer
 * moves theta by d_theta; the hook that shares computes d_theta from dw, and w from theta. */
typedef struct dc_trained_param {
    uint64_t n;            /* elements; 0: it is not trained, and the rest is NULL              */
    float *w, *dw;
    uint16_t *tags;        /* 0 where w is frozen at zero, else 1 + the index of its centroid (1
                              when not shared); NULL: nothing is frozen or shared               */
    const float *second;   /* mean squares of the gradients (Adam's second moments, of theta
                              when shared); NULL: the optimizer has none                        */
    uint32_t n_theta;      /* 0: not shared                                                     */
    float *theta, *d_theta;
    double rate_scale;     /* factor on the learning rate; 0: the parameter stays as it is      */
    double decay;          /* weight decay: so much of w (theta) counts as gradient             */
    float *latent;         /* each shared weight's value if it were alone; NULL: none changes its
                              centroid                                                          */
    bool is_changed;       /* set it when you write to w                                        */
} dc_trained_param;

/* What the optimizer does with a gradient, or leaves to a hook that has_momentum. */
typedef struct dc_train_rule {
    bool is_adam, is_nesterov;
    double momentum;
    double clip_norm; /* 0: no clipping */
} dc_train_rule;

typedef struct dc_trained dc_trained;
struct dc_trained {
    const dc_model *model;    /* names, roles, marks; its values are those of the last sync */
    const dc_model *teacher;  /* or NULL                                                    */
    uint64_t n_steps;         /* done before this one                                       */
    double learning_rate;     /* of this step                                               */
    /* Labels that the gradients of this step are the mean of; 0: they are zeros. A hook that brings
     * those of other ranks makes it the number of all; where that is 0 nothing is updated. */
    uint64_t n_answers;
    dc_train_rule rule;
    uint32_t n_params;        /* the model's                                                */
    dc_trained_param *params;
    dc_arena *arena;          /* for what a hook keeps until the next `begin`               */
    void *net;                /* private */
    dc_status (*load)(const dc_trained *trained, uint32_t param, float *stored,
                      const float *values); /* padding becomes 0 */
    dc_status (*store)(const dc_trained *trained, uint32_t param, float *values,
                       const float *stored);
};

/* Every function may be NULL. */
typedef struct dc_train_hook {
    const char *name; /* in checkpoints and messages */
    void *payload;
    bool trains_shared; /* computes d_theta and w of shared parameters */
    bool updates;       /* makes the new w of all others itself: the optimizer leaves them alone */
    bool has_momentum;  /* its gradients are clipped, with decay and momentum: the optimizer takes
                           rate times them from w                                              */
    dc_status (*begin)(void *payload, dc_trained *trained); /* the trainer is made, or renewed */
    dc_status (*after_backward)(void *payload, dc_trained *trained);
    dc_status (*after_update)(void *payload, dc_trained *trained);
    dc_status (*after_epoch)(void *payload, dc_trained *trained);
    /* The weights of a parameter that training returns instead of w, in stored order; they are
     * borrowed until the next call. */
    const float *(*gives)(void *payload, const dc_trained *trained, uint32_t param);
    /* Its state, into a checkpoint and back (after `begin`): get reads all that put wrote. */
    void (*put)(dc_writer *w, void *payload);
    dc_status (*get)(dc_reader *r, void *payload);
} dc_train_hook;

typedef struct dc_train_hooks {
    uint32_t n;
    const dc_train_hook *list;
} dc_train_hooks;

#ifdef __cplusplus
}
#endif
#endif
