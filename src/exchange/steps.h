/* SPDX-License-Identifier: MIT
 *
 * What the two hooks share: the meeting at the end of a backward pass, clocks and counts, and
 * gradients that lie end to end.
 */
#ifndef DCOMP_EXCHANGE_STEPS_H
#define DCOMP_EXCHANGE_STEPS_H

#include "dcomp/exchange.h"

typedef struct dgc_state dgc_state;

extern const dc_train_hook exchange_dense_hook, exchange_dgc_hook; /* without payload */

/* Whether gradients of this parameter are exchanged. */
static inline bool exchange_has(const dc_trained_param *p)
{
    return p->n > 0 && p->rate_scale != 0;
}

/* At `begin`: counts are 0, x->flat is there. */
DC_MUST_USE dc_status exchange_begin(dc_exchange *x, dc_trained *trained);
/* All ranks say how many labels they have: x->share is this rank's of all, which
 * trained->n_answers becomes. */
DC_MUST_USE dc_status exchange_meet(dc_exchange *x, dc_trained *trained);
/* Adds the time since the last lap. */
void exchange_lap(dc_exchange *x, double *seconds);
/* Counts a step that began with these numbers of bytes at the peers. */
void exchange_count(dc_exchange *x, uint64_t n_sent, uint64_t n_received, uint64_t n_message);
/* Of the running epoch. */
dc_exchange_sums *exchange_sums_now(dc_exchange *x);
uint32_t exchange_warmup(const dc_exchange *x); /* epochs of it */
/* After an epoch. */
void exchange_end_epoch(dc_exchange *x);
void exchange_put_sums(dc_writer *w, const dc_exchange *x);
void exchange_get_sums(dc_reader *r, dc_exchange *x);

/* ---- flat.c ---- */

/* x->live: elements that are neither frozen nor padding; from trained->arena. */
DC_MUST_USE dc_status flat_begin(dc_exchange *x, const dc_trained *trained);
/* How many of a parameter. */
uint64_t flat_live(const dc_exchange *x, const dc_trained *trained, uint32_t param);
/* Their gradients, times `scale`, to x->flat; and back from it. */
void flat_take(const dc_exchange *x, const dc_trained *trained, float scale);
void flat_give(const dc_exchange *x, const dc_trained *trained);

#endif
