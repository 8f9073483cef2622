/* SPDX-License-Identifier: MIT
 *
 * --exchange dgc: Deep Gradient Compression [DGC]. Beside each tensor lie its velocity u, and v,
 * the sum of velocities that were not sent yet. In a step the greatest few of v are sent; where one
 * was, v keeps what rounding has lost and u becomes 0. What all ranks sent is added up in the order
 * of ranks and is what the optimizer takes from the weights, without momentum or decay of its own.
 *
 * When nothing is to wait (sparsity 0), all of v is summed as float32, and u stays: that is SGD
 * with momentum.
 */
#include "steps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dgc_select.h"
#include "wire.h"

#define MOST_MESSAGE (UINT64_C(1) << 33)

typedef struct dgc_part {
    uint32_t param;
    uint64_t n, n_live;
    float *u, *v, *scratch;
    bool is_lost; /* a gradient is not finite */
} dgc_part;

struct dgc_state {
    uint32_t n_parts;
    dgc_part *parts;
    wire_part *out, *in; /* (n_parts) */
    dc_block *all;       /* (n_ranks) */
    float scale; /* of this step's gradients */
    double density;
    const dc_trained *trained;
    const dc_exchange *exchange;
};

/* ---- how much is sent ---- */

static double density_of(const dc_exchange *x, uint32_t epoch)
{
    const double last = 1 - x->settings.sparsity;
    const uint32_t n_warmup = exchange_warmup(x);
    return epoch >= n_warmup ? last : pow(last, (epoch + 1.0) / (n_warmup + 1.0));
}

static uint64_t count_of(const dgc_part *part, double density)
{
    const uint64_t n = (uint64_t)llround(density * (double)part->n_live);
    return DC_MIN(DC_MAX(n, UINT64_C(1)), part->n_live);
}

/* ---- begin ---- */

static dc_status check(const dc_trained *trained)
{
    if (trained->rule.is_adam)
        return dc_fail(DC_EINPUT, "'--exchange dgc' trains by sgd or nesterov, not by adam "
                                  "('--exchange dense' does)");
    for (uint32_t i = 0; i < trained->n_params; i++) {
        const dc_trained_param *p = &trained->params[i];
        if (p->theta != NULL)
            return dc_fail(DC_EINPUT, "'%s' shares values, which '--exchange dense' trains and dgc "
                                      "does not",
                           trained->model->params[i].name);
        if (p->n > UINT32_MAX)
            return dc_fail(DC_EUNSUPPORTED, "'%s' is too large for '--exchange dgc'",
                           trained->model->params[i].name);
    }
    return DC_OK;
}

static dc_status make_part(struct dgc_state *s, dc_trained *trained, uint32_t param)
{
    const dc_trained_param *p = &trained->params[param];
    dgc_part *part = &s->parts[s->n_parts];
    *part = (dgc_part){ .param = param, .n = p->n };
    part->n_live = flat_live(s->exchange, trained, param);
    if (part->n_live == 0)
        return DC_OK;
    part->u = dc_arena_take(trained->arena, p->n, sizeof *part->u);
    part->v = dc_arena_take(trained->arena, p->n, sizeof *part->v);
    part->scratch = dc_arena_take(trained->arena, p->n, sizeof *part->scratch);
    const uint32_t n_most = (uint32_t)count_of(part, density_of(s->exchange, 0));
    DC_TRY(wire_part_init(&s->out[s->n_parts], p->n, n_most, trained->arena));
    return wire_part_init(&s->in[s->n_parts++], p->n, n_most, trained->arena);
}

static dc_status begin(void *payload, dc_trained *trained)
{
    dc_exchange *x = payload;
    DC_TRY(check(trained));
    DC_TRY(exchange_begin(x, trained));
    struct dgc_state *s = dc_arena_take(trained->arena, 1, sizeof *s);
    DC_TRY(trained->arena->status);
    x->dgc = s;
    s->exchange = x;
    s->trained = trained;
    s->parts = dc_arena_take(trained->arena, trained->n_params, sizeof *s->parts);
    s->out = dc_arena_take(trained->arena, trained->n_params, sizeof *s->out);
    s->in = dc_arena_take(trained->arena, trained->n_params, sizeof *s->in);
    s->all = dc_arena_take(trained->arena, x->peers->n_ranks, sizeof *s->all);
    DC_TRY(trained->arena->status);
    for (uint32_t i = 0; i < trained->n_params; i++)
        if (exchange_has(&trained->params[i]))
            DC_TRY(make_part(s, trained, i));
    return DC_OK;
}

/* ---- a step ---- */

/* min(1, clip / sqrt(N) / norm of this rank's gradients). */
static double clip_of(const dc_exchange *x, const dc_trained *trained)
{
    const struct dgc_state *s = x->dgc;
    double sum = 0;
    if (!(trained->rule.clip_norm > 0))
        return 1;
    for (uint32_t k = 0; k < s->n_parts; k++) {
        const dc_trained_param *p = &trained->params[s->parts[k].param];
        for (uint64_t e = 0; e < p->n; e++)
            if (p->tags == NULL || p->tags[e] != 0)
                sum += (double)p->dw[e] * (double)p->dw[e];
    }
    const double norm = x->share * sqrt(sum);
    const double most = trained->rule.clip_norm / sqrt(x->peers->n_ranks);
    return norm > most ? most / norm : 1;
}

/* Velocities move by this step's gradients; what has not been sent grows by them. */
static void accumulate(const struct dgc_state *s, const dgc_part *part)
{
    const dc_trained_param *p = &s->trained->params[part->param];
    const float m = (float)s->trained->rule.momentum, scale = s->scale;
    const float decay = (float)(p->decay / s->exchange->peers->n_ranks);
    const bool is_nesterov = s->trained->rule.is_nesterov;
    float *restrict u = part->u, *restrict v = part->v;
    const float *restrict w = p->w, *restrict dw = p->dw;
    const uint16_t *restrict tags = p->tags;
    for (uint64_t e = 0; e < part->n; e++) {
        const bool is_live = tags == NULL || tags[e] != 0;
        const float g = dw[e] * scale + decay * w[e];
        const float now = m * u[e] + g;
        const float more = is_nesterov ? g + m * now : now;
        u[e] = is_live ? now : 0;
        v[e] = is_live ? v[e] + more : 0;
    }
}

/* The greatest leave v, but for what rounding loses. */
static void choose(const struct dgc_state *s, const dgc_part *part, wire_part *out)
{
    const dc_exchange *x = s->exchange;
    const uint64_t k = DC_MIN(count_of(part, s->density), (uint64_t)out->n_most);
    out->n_values =
        dgc_select(out->at, part->v, part->n, k, s->trained->n_steps, part->scratch);
    for (uint32_t i = 0; i < out->n_values; i++)
        out->values[i] = part->v[out->at[i]];
    wire_round(out, (dc_wire)x->settings.wire);
    for (uint32_t i = 0; i < out->n_values; i++) {
        part->v[out->at[i]] -= out->values[i];
        part->u[out->at[i]] = 0;
    }
}

static void do_part(void *payload, uint64_t index)
{
    struct dgc_state *s = payload;
    dgc_part *part = &s->parts[index];
    accumulate(s, part);
    part->is_lost = dc_find_not_finite(part->v, part->n) < part->n;
    if (!part->is_lost && s->density < 1)
        choose(s, part, &s->out[index]);
}

static dc_status do_parts(struct dgc_state *s)
{
    dc_pool_each(s->n_parts, do_part, s);
    for (uint32_t k = 0; k < s->n_parts; k++)
        if (s->parts[k].is_lost)
            return dc_fail(DC_EDIVERGED, "the gradients of '%s' are no longer finite; a lower "
                                         "learning rate may help",
                           s->trained->model->params[s->parts[k].param].name);
    return DC_OK;
}

/* All of v goes, and comes back as the sum in dw. */
static dc_status send_all(dc_exchange *x, dc_trained *trained)
{
    struct dgc_state *s = x->dgc;
    dc_exchange_sums *sums = exchange_sums_now(x);
    for (uint32_t k = 0; k < s->n_parts; k++) {
        dgc_part *part = &s->parts[k];
        memcpy(trained->params[part->param].dw, part->v, part->n * sizeof *part->v);
        memset(part->v, 0, part->n * sizeof *part->v);
    }
    flat_take(x, trained, 1);
    exchange_lap(x, &sums->work_seconds);
    DC_TRY(dc_peers_sum(x->peers, x->flat, x->n_live));
    exchange_lap(x, &sums->transfer_seconds);
    flat_give(x, trained);
    exchange_lap(x, &sums->work_seconds);
    return DC_OK;
}

/* What a rank sent is added to dw. */
static dc_status add_message(struct dgc_state *s, dc_trained *trained, uint32_t rank)
{
    char name[24];
    snprintf(name, sizeof name, "rank %u", (unsigned)rank);
    DC_TRY(dc_fail_within(wire_get(s->in, s->n_parts, (dc_wire)s->exchange->settings.wire,
                                   (uint32_t)trained->n_steps, s->all[rank].data,
                                   s->all[rank].n),
                          name));
    for (uint32_t k = 0; k < s->n_parts; k++) {
        float *dw = trained->params[s->parts[k].param].dw;
        const wire_part *in = &s->in[k];
        for (uint32_t i = 0; i < in->n_values; i++)
            dw[in->at[i]] += in->values[i];
    }
    return DC_OK;
}

static dc_status send_message(dc_exchange *x, dc_trained *trained, dc_writer *message)
{
    struct dgc_state *s = x->dgc;
    dc_exchange_sums *sums = exchange_sums_now(x);
    wire_put(message, (dc_wire)x->settings.wire, (uint32_t)trained->n_steps, s->out, s->n_parts);
    DC_TRY(message->status);
    exchange_lap(x, &sums->work_seconds);
    DC_TRY(dc_peers_gather(s->all, x->peers, message->data, message->size));
    exchange_lap(x, &sums->transfer_seconds);
    for (uint32_t i = 0; i < trained->n_params; i++)
        if (trained->params[i].n > 0)
            memset(trained->params[i].dw, 0, trained->params[i].n * sizeof(float));
    for (uint32_t i = 0; i < x->peers->n_ranks; i++)
        DC_TRY(add_message(s, trained, i));
    exchange_lap(x, &sums->work_seconds);
    return DC_OK;
}

static dc_status exchange_step(dc_exchange *x, dc_trained *trained, dc_writer *message)
{
    struct dgc_state *s = x->dgc;
    s->density = density_of(x, x->n_epochs);
    s->scale = (float)(x->share * clip_of(x, trained));
    DC_TRY(do_parts(s));
    return s->density < 1 ? send_message(x, trained, message) : send_all(x, trained);
}

static dc_status after_backward(void *payload, dc_trained *trained)
{
    dc_exchange *x = payload;
    dc_writer message;
    const uint64_t n_sent = x->peers->n_sent, n_received = x->peers->n_received;
    DC_TRY(exchange_meet(x, trained));
    dc_writer_init(&message, MOST_MESSAGE);
    const dc_status status =
        trained->n_answers > 0 ? exchange_step(x, trained, &message) : DC_OK;
    const uint64_t n_message = x->dgc->density < 1 ? message.size : x->n_live * sizeof(float);
    exchange_count(x, n_sent, n_received, n_message);
    dc_writer_clear(&message);
    return status;
}

static dc_status after_epoch(void *payload, dc_trained *trained)
{
    (void)trained;
    exchange_end_epoch(payload);
    return DC_OK;
}

/* ---- its state: rank 0 writes down everybody's ---- */

static void put_part(dc_writer *w, dc_exchange *x, const dgc_part *part)
{
    dc_writer own;
    dc_writer_init(&own, UINT64_MAX);
    dc_put_f32s(&own, part->u, part->n);
    dc_put_f32s(&own, part->v, part->n);
    dc_status status = own.status;
    if (status == DC_OK)
        status = dc_peers_collect(x->dgc->all, x->peers, own.data, own.size);
    for (uint32_t i = 0; i < x->peers->n_ranks && status == DC_OK && x->peers->rank == 0; i++)
        dc_put_bytes(w, x->dgc->all[i].data, x->dgc->all[i].n);
    if (status < 0)
        w->status = status;
    dc_writer_clear(&own);
}

static void put(dc_writer *w, void *payload)
{
    dc_exchange *x = payload;
    exchange_put_sums(w, x);
    for (uint32_t k = 0; k < x->dgc->n_parts && w->status == DC_OK; k++)
        put_part(w, x, &x->dgc->parts[k]);
}

static dc_status get(dc_reader *r, void *payload)
{
    dc_exchange *x = payload;
    exchange_get_sums(r, x);
    for (uint32_t k = 0; k < x->dgc->n_parts && r->status == DC_OK; k++) {
        const dgc_part *part = &x->dgc->parts[k];
        for (uint32_t i = 0; i < x->peers->n_ranks; i++) {
            dc_reader of_rank = dc_get_part(r, 2 * part->n * sizeof(float), "gradients that wait");
            if (i != x->peers->rank || of_rank.status < 0)
                continue;
            dc_get_f32s(&of_rank, part->u, part->n);
            dc_get_f32s(&of_rank, part->v, part->n);
        }
    }
    return r->status;
}

const dc_train_hook exchange_dgc_hook = { .name = "exchange dgc",
                                          .has_momentum = true,
                                          .begin = begin,
                                          .after_backward = after_backward,
                                          .after_epoch = after_epoch,
                                          .put = put,
                                          .get = get };
