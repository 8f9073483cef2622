/* SPDX-License-Identifier: MIT
 *
 * --exchange dense: each rank's gradient counts by its share of the labels, and all take the sum.
 */
#include "steps.h"

static dc_status begin(void *payload, dc_trained *trained)
{
    return exchange_begin(payload, trained);
}

static dc_status after_backward(void *payload, dc_trained *trained)
{
    dc_exchange *x = payload;
    const uint64_t n_sent = x->peers->n_sent, n_received = x->peers->n_received;
    DC_TRY(exchange_meet(x, trained));
    dc_exchange_sums *sums = exchange_sums_now(x);
    if (trained->n_answers > 0) {
        flat_take(x, trained, (float)x->share);
        exchange_lap(x, &sums->work_seconds);
        DC_TRY(dc_peers_sum(x->peers, x->flat, x->n_live));
        exchange_lap(x, &sums->transfer_seconds);
        flat_give(x, trained);
        exchange_lap(x, &sums->work_seconds);
    }
    exchange_count(x, n_sent, n_received, x->n_live * sizeof(float));
    return DC_OK;
}

static dc_status after_epoch(void *payload, dc_trained *trained)
{
    (void)trained;
    exchange_end_epoch(payload);
    return DC_OK;
}

static void put(dc_writer *w, void *payload)
{
    exchange_put_sums(w, payload);
}

static dc_status get(dc_reader *r, void *payload)
{
    exchange_get_sums(r, payload);
    return r->status;
}

const dc_train_hook exchange_dense_hook = { .name = "exchange dense",
                                            .begin = begin,
                                            .after_backward = after_backward,
                                            .after_epoch = after_epoch,
                                            .put = put,
                                            .get = get };
