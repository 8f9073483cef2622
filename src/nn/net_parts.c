/* SPDX-License-Identifier: MIT
 *
 * A net that divides its batch. Each part is a net of its own that runs on one core, all on the
 * same weights; gradients of weights are added up, part by part in order, so the sum is the whole
 * batch's. A pass forks and joins once, where one net on all cores does in each of its steps: small
 * networks are up to half as fast again, and when other programs take a core away, the others wait
 * for it once a pass and not a hundred times.
 *
 * Left whole: a batch norm in training needs the statistics of the batch; bf16 keeps rounded copies
 * of weights; a part of a few samples keeps no core busy; and the gradients of each part must be
 * held somewhere.
 *
 * The number of parts is the largest divisor of the batch that is no more than there are jobs, so
 * training gives the same bits on one machine for the same number of jobs.
 */
#include <string.h>

#include "net.h"

#define MIN_PART 8u                         /* samples */
#define MAX_GRADIENT_BYTES (UINT64_C(256) << 20) /* of all parts but the first */
#define CHUNK 16384u                        /* elements that one task adds up */

typedef struct chunk {
    uint32_t param;
    uint64_t from, n;
} chunk;

typedef struct parts_net {
    dc_net base;
    uint32_t n_parts;
    dc_net **parts; /* the first one owns the parameters */
    uint64_t step;
    uint64_t n_chunks;
    chunk *chunks; /* of the gradients */
} parts_net;

/* ---- siblings ---- */

typedef struct making {
    dc_net **nets;
    uint32_t n;
    const dc_executor *executor;
    const dc_model *model;
    const dc_net_settings *settings;
} making;

/* What one sibling drops out is not what another does. */
static uint64_t sibling_seed(uint64_t seed, uint64_t index)
{
    return index > 0 ? dc_hash64(seed, &index, sizeof index) : seed;
}

static dc_status make_siblings(void *payload, uint64_t unused)
{
    const making *m = payload;
    (void)unused;
    for (uint32_t i = 0; i < m->n; i++) {
        dc_net_settings settings = *m->settings;
        settings.sibling = i > 0 ? m->nets[0] : NULL;
        settings.seed = sibling_seed(settings.seed, i);
        DC_TRY(m->executor->compile(&m->nets[i], m->model, &settings));
    }
    return DC_OK;
}

dc_status dc_net_compile_siblings(dc_net **nets, uint32_t n, const dc_executor *executor,
                                  const dc_model *model, const dc_net_settings *settings)
{
    making m = { nets, n, executor, model, settings };
    memset(nets, 0, n * sizeof *nets);
    const dc_status status = dc_pool_run_alone(make_siblings, &m);
    for (uint32_t i = 0; i < n && status < 0; i++) {
        if (nets[i])
            executor->free(nets[i]);
        nets[i] = NULL;
    }
    return status;
}

/* ---- whether to divide ---- */

static bool has_batch_norm(const dc_model *model, uint32_t output)
{
    for (uint32_t i = 1; i <= output; i++)
        if ((model->nodes[i].kind->traits & DC_MIXES_SAMPLES) != 0)
            return true;
    return false;
}

static uint32_t parts_of(const dc_model *model, const dc_net_settings *settings)
{
    uint64_t n_values = 0;
    if (settings->precision != DC_PRECISION_F32 ||
        (settings->is_training && has_batch_norm(model, settings->output)))
        return 1;
    for (uint32_t i = 0; i < model->n_params; i++)
        n_values += model->params[i].n_values;
    uint64_t n = DC_MIN(dc_pool_jobs(), settings->batch_size / MIN_PART);
    if (settings->is_training)
        n = DC_MIN(n, 1 + MAX_GRADIENT_BYTES / (n_values * sizeof(float) + 1));
    while (n > 1 && settings->batch_size % n != 0)
        n--;
    return (uint32_t)DC_MAX(n, UINT64_C(1));
}

/* ---- the net ---- */

static const char *parts_text(void)
{
    return dc_executor_pick()->text();
}

static bool parts_has(dc_precision precision)
{
    return precision == DC_PRECISION_F32;
}

static void parts_free(dc_net *base)
{
    parts_net *net = (parts_net *)base;
    for (uint32_t i = 0; net && i < net->n_parts; i++)
        if (net->parts[i])
            net->parts[i]->executor->free(net->parts[i]);
    dc_net_dispose(base);
}

static dc_status forward_part(void *payload, uint64_t i)
{
    const parts_net *net = payload;
    dc_net *part = net->parts[i];
    const uint64_t n_logits = (uint64_t)part->settings.batch_size * part->n_outputs;
    part->x = net->base.x + i * part->settings.batch_size *
                                dc_shape_count(&part->model->nodes[0].shape);
    part->lengths =
        net->base.lengths != NULL ? net->base.lengths + i * part->settings.batch_size : NULL;
    part->state = net->base.state != NULL
                      ? net->base.state + i * part->settings.batch_size * part->n_carried
                      : NULL;
    DC_TRY(part->executor->forward(part, net->step));
    memcpy(net->base.logits + i * n_logits, part->logits, n_logits * sizeof(float));
    return DC_OK;
}

static dc_status parts_forward(dc_net *base, uint64_t step)
{
    parts_net *net = (parts_net *)base;
    net->step = step;
    return dc_pool_run(net->n_parts, forward_part, net);
}

static dc_status backward_part(void *payload, uint64_t i)
{
    const parts_net *net = payload;
    dc_net *part = net->parts[i];
    const uint64_t n_logits = (uint64_t)part->settings.batch_size * part->n_outputs;
    memcpy(part->d_logits, net->base.d_logits + i * n_logits, n_logits * sizeof(float));
    return part->executor->backward(part);
}

static void add_chunk(void *payload, uint64_t index)
{
    const parts_net *net = payload;
    const chunk *c = &net->chunks[index];
    float *restrict sum = net->parts[0]->params[c->param].dw + c->from;
    for (uint32_t k = 1; k < net->n_parts; k++) {
        const float *restrict part = net->parts[k]->params[c->param].dw + c->from;
        for (uint64_t i = 0; i < c->n; i++)
            sum[i] += part[i];
    }
}

static dc_status parts_backward(dc_net *base)
{
    parts_net *net = (parts_net *)base;
    DC_TRY(dc_pool_run(net->n_parts, backward_part, net));
    dc_pool_each(net->n_chunks, add_chunk, net);
    return DC_OK;
}

static void parts_changed(dc_net *base)
{
    const parts_net *net = (parts_net *)base;
    for (uint32_t i = 0; i < net->n_parts; i++)
        net->parts[i]->executor->changed(net->parts[i]);
}

static dc_status parts_load(dc_net *base, uint32_t param, float *stored, const float *values)
{
    dc_net *first = ((parts_net *)base)->parts[0];
    return first->executor->load(first, param, stored, values);
}

static dc_status parts_store(dc_net *base, uint32_t param, float *values, const float *stored)
{
    dc_net *first = ((parts_net *)base)->parts[0];
    return first->executor->store(first, param, values, stored);
}

static void cut(parts_net *net)
{
    for (uint32_t p = 0; p < net->base.model->n_params; p++) {
        const dc_net_param *param = &net->base.params[p];
        for (uint64_t at = 0; param->dw && at < param->n_stored; at += CHUNK)
            net->chunks[net->n_chunks++] =
                (chunk){ p, at, DC_MIN(param->n_stored - at, (uint64_t)CHUNK) };
    }
}

static dc_status make_parts(parts_net *net, const dc_executor *executor, uint32_t n_parts)
{
    dc_arena *arena = &net->base.arena;
    const dc_model *model = net->base.model;
    dc_net_settings settings = net->base.settings;
    settings.batch_size /= n_parts;
    net->parts = dc_arena_take(arena, n_parts, sizeof *net->parts);
    DC_TRY(arena->status);
    DC_TRY(dc_net_compile_siblings(net->parts, n_parts, executor, model, &settings));
    net->n_parts = n_parts;
    uint64_t n_chunks = 0;
    for (uint32_t p = 0; p < model->n_params; p++) {
        net->base.params[p] = net->parts[0]->params[p];
        n_chunks += net->base.params[p].n_stored / CHUNK + 1;
    }
    for (uint32_t i = 0; i < n_parts; i++)
        net->parts[i]->ratios = net->base.ratios; /* the trainer's */
    const uint64_t n_logits = (uint64_t)net->base.settings.batch_size * net->base.n_outputs;
    net->base.logits = dc_arena_take(arena, n_logits, sizeof(float));
    if (settings.is_training)
        net->base.d_logits = dc_arena_take(arena, n_logits, sizeof(float));
    net->chunks = dc_arena_take(arena, n_chunks, sizeof *net->chunks);
    DC_TRY(arena->status);
    cut(net);
    return DC_OK;
}

static const dc_executor dc_executor_parts = {
    .name = "parts",
    .text = parts_text,
    .has = parts_has,
    .free = parts_free,
    .forward = parts_forward,
    .backward = parts_backward,
    .changed = parts_changed,
    .load = parts_load,
    .store = parts_store,
};

dc_status dc_net_compile(dc_net **out, const dc_model *model, const dc_net_settings *settings)
{
    const dc_executor *executor = dc_executor_pick();
    const uint32_t n_parts = executor->has_siblings ? parts_of(model, settings) : 1;
    dc_net *net = NULL;
    if (n_parts == 1)
        return executor->compile(out, model, settings);
    DC_TRY(dc_net_init(&net, sizeof(parts_net), &dc_executor_parts, model, settings));
    const dc_status status = make_parts((parts_net *)net, executor, n_parts);
    if (status < 0) {
        parts_free(net);
        return status == DC_EUNSUPPORTED ? executor->compile(out, model, settings) : status;
    }
    *out = net;
    return DC_OK;
}

void dc_net_seed(dc_net *net, uint64_t seed)
{
    net->settings.seed = seed;
    if (net->executor != &dc_executor_parts)
        return;
    const parts_net *whole = (const parts_net *)net;
    for (uint32_t i = 0; i < whole->n_parts; i++)
        whole->parts[i]->settings.seed = sibling_seed(seed, i);
}
