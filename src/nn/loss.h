/* SPDX-License-Identifier: MIT
 *
 * Softmax cross-entropy on logits, with label smoothing and a teacher. See loss.c.
 */
#ifndef DC_NN_LOSS_H
#define DC_NN_LOSS_H

#include "dcomp/source.h"

typedef struct dc_loss {
    uint32_t n_outputs;
    bool is_sigmoid; /* each output is a probability for itself; else all are by a softmax */
    double smoothing;                   /* share of the target spread over all classes */
    double teacher_weight, temperature; /* a and T; used when there are teacher logits */
} dc_loss;

/* That a label may be one of. */
uint32_t dc_loss_n_classes(const dc_loss *loss);
/* Adds n samples to `tally`, whose loss is this one, step by step. logits (n, n_steps, n_outputs),
 * teacher the same or NULL. d_logits, the same or NULL, is overwritten by the gradient of the mean
 * loss of the steps that count; it is 0 at the others. DC_EINPUT for a label outside the classes.
 * */
DC_MUST_USE dc_status dc_loss_add(dc_tally *tally, const dc_loss *loss, uint32_t n,
                                  const float *logits, const dc_target *target,
                                  const float *teacher, float *d_logits);

#endif
