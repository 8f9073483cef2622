/* SPDX-License-Identifier: MIT
 *
 * What the sums of steps say. A step is one after the warm-up, or one of all where training ended
 * in it.
 */
#include <math.h>

#include "dcomp/exchange.h"

#define NUMBER(member, title_text, n)                                                  \
    .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_exchange_summary, member),          \
    .title = title_text, .n_decimals = n
#define WHOLE(member)                                                                  \
    .kind = DC_FIELD_U64, .offset = offsetof(dc_exchange_summary, member)

const dc_field dc_exchange_summary_fields[] = {
    { .name = "ranks", WHOLE(n_ranks) },
    { .name = "steps", WHOLE(n_steps) },
    { .name = "step_bytes_sent", NUMBER(step_sent, NULL, 0) },
    { .name = "step_bytes_received", NUMBER(step_received, NULL, 0) },
    { .name = "step_bytes_dense", NUMBER(step_dense, NULL, 0) },
    { .name = "ratio", NUMBER(ratio, NULL, 1) },
    { .name = "gradient_ratio", NUMBER(gradient_ratio, NULL, 1) },
    { .name = "bytes_sent", WHOLE(n_sent) },
    { .name = "bytes_received", WHOLE(n_received) },
    { .name = "bytes_dense", WHOLE(n_dense) },
    { .name = "ratio_of_all", NUMBER(ratio_of_all, NULL, 1) },
    { .name = "other_bytes_sent", WHOLE(n_other_sent) },
    { .name = "other_bytes_received", WHOLE(n_other_received) },
    { .name = "step_seconds", NUMBER(step_seconds, NULL, 0) },
    { .name = "compute_seconds", NUMBER(compute_seconds, NULL, 0) },
    { .name = "wait_seconds", NUMBER(wait_seconds, NULL, 0) },
    { .name = "work_seconds", NUMBER(work_seconds, NULL, 0) },
    { .name = "transfer_seconds", NUMBER(transfer_seconds, NULL, 0) },
    { .name = "break_even", NUMBER(break_even, NULL, 0) },
    { 0 },
};

static double share(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

static double per(uint64_t a, uint64_t b)
{
    return share((double)a, (double)b);
}

static dc_exchange_sums add(const dc_exchange_sums *a, const dc_exchange_sums *b)
{
    return (dc_exchange_sums){
        .n_steps = a->n_steps + b->n_steps,
        .n_timed = a->n_timed + b->n_timed,
        .n_sent = a->n_sent + b->n_sent,
        .n_received = a->n_received + b->n_received,
        .n_dense = a->n_dense + b->n_dense,
        .n_gradient = a->n_gradient + b->n_gradient,
        .n_message = a->n_message + b->n_message,
        .compute_seconds = a->compute_seconds + b->compute_seconds,
        .wait_seconds = a->wait_seconds + b->wait_seconds,
        .work_seconds = a->work_seconds + b->work_seconds,
        .transfer_seconds = a->transfer_seconds + b->transfer_seconds,
    };
}

/* Dense exchange of the same gradients takes its bytes' time and no work to speak of. */
static double break_even_of(const dc_exchange *x, const dc_exchange_sums *s)
{
    const double saved = (double)s->n_dense - (double)s->n_sent;
    return x->settings.kind == DC_EXCHANGE_DGC && saved > 0 ? share(8 * saved, s->work_seconds)
                                                            : NAN;
}

dc_exchange_summary dc_exchange_summarize(const dc_exchange *exchange)
{
    const dc_exchange_sums all = add(&exchange->sums[0], &exchange->sums[1]);
    const dc_exchange_sums *s = exchange->sums[1].n_steps > 0 ? &exchange->sums[1] : &all;
    const dc_peers *peers = exchange->peers;
    const double n = (double)s->n_steps;
    dc_exchange_summary out = {
        .n_ranks = peers->n_ranks,
        .n_steps = all.n_steps,
        .step_sent = per(s->n_sent, s->n_steps),
        .step_received = per(s->n_received, s->n_steps),
        .step_dense = per(s->n_dense, s->n_steps),
        .ratio = per(s->n_dense, s->n_sent),
        .gradient_ratio = per(s->n_gradient, s->n_message),
        .n_sent = all.n_sent,
        .n_received = all.n_received,
        .n_dense = all.n_dense,
        .ratio_of_all = per(all.n_dense, all.n_sent),
        .n_other_sent = peers->n_sent - DC_MIN(all.n_sent, peers->n_sent),
        .n_other_received = peers->n_received - DC_MIN(all.n_received, peers->n_received),
        .compute_seconds = share(s->compute_seconds, (double)s->n_timed),
        .wait_seconds = share(s->wait_seconds, n),
        .work_seconds = share(s->work_seconds, n),
        .transfer_seconds = share(s->transfer_seconds, n),
        .break_even = break_even_of(exchange, s),
    };
    out.step_seconds =
        out.compute_seconds + out.wait_seconds + out.work_seconds + out.transfer_seconds;
    return out;
}
