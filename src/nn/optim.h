/* SPDX-License-Identifier: MIT
 *
 * One step of an optimizer over many arrays at once. See optim.c for the rules.
 */
#ifndef DC_NN_OPTIM_H
#define DC_NN_OPTIM_H

#include <stdatomic.h>

#include "dcomp/nn.h"

/* Elements in stored order; gradients are not changed. */
typedef struct dc_optim_array {
    uint64_t n;
    float *w;
    uint16_t *w_bf16; /* NULL, or kept equal to bf16(w)                     */
    const float *dw;
    const uint16_t *tags;  /* NULL, or 0 where w is frozen at zero               */
    float *first, *second; /* velocity or first moment; second moment (Adam)    */
    double decay;
    double rate_scale; /* 0: the array is frozen                             */
} dc_optim_array;

typedef struct dc_optim {
    uint32_t kind; /* dc_optimizer */
    double momentum, clip_norm;
    uint64_t n_steps; /* taken so far; Adam's bias correction needs it */
    uint32_t n_arrays;
    dc_optim_array *arrays;
    uint32_t n_chunks; /* private: arrays cut for the pool */
    struct dc_optim_chunk *chunks;
    double *squares; /* of each chunk's gradients, for clipping */
    atomic_bool is_lost; /* a step has left a value that is not finite */
} dc_optim;

/* Cuts the arrays; call once when they are known. */
DC_MUST_USE dc_status dc_optim_prepare(dc_optim *optim, dc_arena *arena);
/* One step with learning rate `rate`. Reproducible for any number of jobs. */
void dc_optim_step(dc_optim *optim, double rate);

#endif
