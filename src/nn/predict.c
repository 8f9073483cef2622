/* SPDX-License-Identifier: MIT
 *
 * Prediction and evaluation: nets compiled for inference, fed in batches. A batch is run in parts
 * whose values fit in the cache together, however large it is: large networks are then bound by
 * arithmetic instead of memory, and need little of it. Parts are tasks of the pool, each on one
 * core with a net of its own on the same weights; a batch of a single part has all cores for it. A
 * short part is filled up with zeros, whose outputs nobody reads.
 */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "net.h"
#include "packing.h"

struct dc_predictor {
    dc_arena arena; /* holds this struct too */
    const dc_model *model;
    const dc_executor *executor;
    uint32_t n_nets;
    dc_net **nets; /* one for each core at work; the first holds the parameters */
    float **x;     /* one for each net, for a short part, and its lengths       */
    uint32_t **lengths;
    float **states;
    uint32_t batch_size; /* at most, from the caller; the nets' own is that of a part */
    uint64_t n_inputs;   /* values of a sample */
    uint64_t n_carried;  /* and what it carries on, of a stream */
    const dc_sparse **sparse; /* by parameter, or NULL: none is */
    dc_packing_choice *choices; /* by parameter, or NULL: nobody chose */
};

#define PART_BYTES (UINT64_C(16) << 20) /* of all values of a part                       */
#define MIN_PART 4u                     /* samples: weights are read once for all of them */
#define LARGE_BYTES (UINT64_C(64) << 20) /* of a sample: memory counts more than weights  */
#define MAX_PART 64u                    /* so that a usual batch has one for each core    */
#define MAX_NETS_BYTES (UINT64_C(1) << 30)

static uint64_t values_of(const dc_model *model)
{
    uint64_t n_values = 0;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        n_values += dc_shape_count(&model->nodes[i].shape);
    return n_values;
}

/* Depends on the model alone, where the batch is larger: so do the bits of its outputs. */
static uint32_t part_of(const dc_model *model, uint32_t batch_size)
{
    const uint64_t n_bytes = values_of(model) * sizeof(float), n = PART_BYTES / n_bytes;
    if (n_bytes > LARGE_BYTES)
        return 1;
    return (uint32_t)DC_MIN(DC_MIN(DC_MAX(n, MIN_PART), MAX_PART), batch_size);
}

static uint32_t nets_of(const dc_predictor *predictor, uint32_t batch_size, uint32_t n_part,
                        dc_precision precision)
{
    const dc_model *model = predictor->model;
    uint64_t n_values = values_of(model) * n_part; /* of a net, scaled weights included */
    if (precision != DC_PRECISION_F32 || !predictor->executor->has_siblings)
        return 1; /* which has rounded copies of its weights, or cores at work in each op */
    for (uint32_t i = 0; i < model->n_params; i++)
        n_values += model->params[i].n_values;
    const uint64_t n_parts = (batch_size + n_part - 1) / n_part;
    const uint64_t n_most =
        DC_MIN(MAX_NETS_BYTES, dc_memory_left() / 4) / (n_values * sizeof(float));
    return (uint32_t)DC_MAX(DC_MIN(DC_MIN(n_parts, dc_pool_jobs()), n_most), UINT64_C(1));
}

static dc_status make_nets(dc_predictor *predictor, const dc_net_settings *settings)
{
    const dc_executor *executor = predictor->executor;
    if (predictor->n_nets > 1) {
        const dc_status status = dc_net_compile_siblings(
            predictor->nets, predictor->n_nets, executor, predictor->model, settings);
        if (status != DC_EUNSUPPORTED)
            return status;
        predictor->n_nets = 1;
    }
    return executor->compile(&predictor->nets[0], predictor->model, settings);
}

/* What a predictor is made for. */
typedef struct wish {
    uint32_t batch_size;
    dc_precision precision;
    bool chooses; /* between dense and sparse layers, by `packing` */
    dc_packing packing;
} wish;

static dc_status make(dc_predictor *predictor, const wish *w)
{
    const uint32_t batch_size = w->batch_size;
    const dc_precision precision = w->precision;
    if (batch_size == 0)
        return dc_fail(DC_EINPUT, "a batch of 0 samples");
    const uint32_t n_part = part_of(predictor->model, batch_size);
    DC_TRY(dc_executor_check(predictor->executor, precision));
    if (w->chooses)
        DC_TRY(packing_make(&predictor->sparse, &predictor->choices, predictor->model, w->packing,
                            n_part, &predictor->arena));
    const dc_net_settings settings = { .batch_size = n_part,
                                       .precision = precision,
                                       .output = predictor->model->n_nodes - 1,
                                       .sparse = w->packing != DC_PACKING_NONE
                                                     ? predictor->sparse
                                                     : NULL };
    predictor->batch_size = batch_size;
    predictor->n_inputs = dc_shape_count(&predictor->model->nodes[0].shape);
    predictor->n_carried = dc_model_n_carried(predictor->model);
    predictor->n_nets = nets_of(predictor, batch_size, n_part, precision);
    predictor->nets =
        dc_arena_take(&predictor->arena, predictor->n_nets, sizeof *predictor->nets);
    predictor->x = dc_arena_take(&predictor->arena, predictor->n_nets, sizeof *predictor->x);
    predictor->lengths =
        dc_arena_take(&predictor->arena, predictor->n_nets, sizeof *predictor->lengths);
    predictor->states =
        dc_arena_take(&predictor->arena, predictor->n_nets, sizeof *predictor->states);
    DC_TRY(predictor->arena.status);
    for (uint32_t i = 0; i < predictor->n_nets; i++) {
        predictor->x[i] =
            dc_arena_take(&predictor->arena, n_part * predictor->n_inputs, sizeof(float));
        predictor->lengths[i] = dc_arena_take(&predictor->arena, n_part, sizeof(uint32_t));
        predictor->states[i] =
            dc_arena_take(&predictor->arena, n_part * predictor->n_carried, sizeof(float));
    }
    DC_TRY(predictor->arena.status);
    DC_TRY(make_nets(predictor, &settings));
    return dc_predictor_reload(predictor);
}

static dc_status find_executor(const dc_executor **out, const char *backend)
{
    *out = backend == NULL ? dc_executor_pick() : dc_executor_named(backend);
    return *out != NULL ? DC_OK
                        : dc_fail(DC_EUNSUPPORTED, "this program has no backend '%s'", backend);
}

static dc_status new_on(dc_predictor **out, const dc_model *model, const dc_executor *executor,
                        const wish *w)
{
    dc_arena arena = { 0 };
    dc_predictor *predictor = dc_arena_take(&arena, 1, sizeof *predictor);
    DC_TRY(arena.status);
    predictor->arena = arena;
    predictor->model = model;
    predictor->executor = executor;
    const dc_status status = make(predictor, w);
    if (status < 0) {
        dc_predictor_free(predictor);
        return status;
    }
    *out = predictor;
    return DC_OK;
}

dc_status dc_predictor_new_on(dc_predictor **out, const dc_model *model, uint32_t batch_size,
                              dc_precision precision, const char *backend)
{
    const dc_executor *executor;
    DC_TRY(find_executor(&executor, backend));
    return new_on(out, model, executor,
                  &(wish){ .batch_size = batch_size, .precision = precision });
}

dc_status dc_predictor_new_packed(dc_predictor **out, const dc_model *model, uint32_t batch_size,
                                  dc_packing packing)
{
    const dc_executor *executor = dc_executor_pick();
    if (!executor->has_sparse && packing == DC_PACKING_AUTO)
        packing = DC_PACKING_NONE;
    if (!executor->has_sparse && packing != DC_PACKING_NONE)
        return dc_fail(DC_EUNSUPPORTED, "there are no sparse products on %s: they need oneDNN",
                       executor->text());
    return new_on(out, model, executor,
                  &(wish){ .batch_size = batch_size, .precision = DC_PRECISION_F32,
                           .chooses = true, .packing = packing });
}

dc_status dc_predictor_new(dc_predictor **out, const dc_model *model, uint32_t batch_size,
                           dc_precision precision)
{
    return dc_predictor_new_on(out, model, batch_size, precision, NULL);
}

void dc_predictor_free(dc_predictor *predictor)
{
    if (!predictor)
        return;
    for (uint32_t i = 0; predictor->nets && i < predictor->n_nets; i++)
        if (predictor->nets[i])
            predictor->nets[i]->executor->free(predictor->nets[i]);
    dc_arena arena = predictor->arena;
    dc_arena_clear(&arena);
}

dc_status dc_predictor_reload(dc_predictor *predictor)
{
    DC_TRY(dc_net_load(predictor->nets[0], predictor->model));
    for (uint32_t i = 1; i < predictor->n_nets; i++)
        predictor->nets[i]->executor->changed(predictor->nets[i]);
    return DC_OK;
}

/* A batch in work: a thread with a free net takes the next part. */
typedef struct parts {
    const dc_predictor *predictor;
    const float *x;
    const uint32_t *lengths; /* or NULL */
    float *state;            /* or NULL */
    uint32_t n;
    float *y;
    atomic_uint next;
} parts;

static dc_status run_part(const parts *p, uint32_t lane, uint64_t first)
{
    dc_net *net = p->predictor->nets[lane];
    const uint32_t n_part = net->settings.batch_size;
    const uint64_t n_inputs = p->predictor->n_inputs;
    const uint64_t n = DC_MIN(p->n - first, (uint64_t)n_part);
    net->x = p->x + first * n_inputs;
    net->lengths = p->lengths != NULL ? p->lengths + first : NULL;
    if (n < n_part && p->lengths != NULL) {
        uint32_t *filled = p->predictor->lengths[lane];
        for (uint32_t i = 0; i < n_part; i++)
            filled[i] = i < n ? net->lengths[i] : 1;
        net->lengths = filled;
    }
    if (n < n_part) {
        float *filled = p->predictor->x[lane];
        memcpy(filled, net->x, n * n_inputs * sizeof(float));
        memset(filled + n * n_inputs, 0, (n_part - n) * n_inputs * sizeof(float));
        net->x = filled;
    }
    const uint64_t n_carried = p->predictor->n_carried;
    float *state = p->state != NULL ? p->state + first * n_carried : NULL;
    net->state = state;
    if (n < n_part && state != NULL) {
        net->state = p->predictor->states[lane];
        memcpy(net->state, state, n * n_carried * sizeof(float));
    }
    DC_TRY(net->executor->forward(net, 0));
    if (n < n_part && state != NULL)
        memcpy(state, net->state, n * n_carried * sizeof(float));
    memcpy(p->y + first * net->n_outputs, net->logits, n * net->n_outputs * sizeof(float));
    return DC_OK;
}

static dc_status run_lane(void *payload, uint64_t lane)
{
    parts *p = payload;
    const uint32_t n_part = p->predictor->nets[lane]->settings.batch_size;
    uint64_t first;
    while ((first = (uint64_t)atomic_fetch_add(&p->next, 1) * n_part) < p->n)
        DC_TRY(run_part(p, (uint32_t)lane, first));
    return DC_OK;
}

dc_status dc_predict(dc_predictor *predictor, const float *x, uint32_t n, float *y)
{
    const dc_batch batch = { .x = x, .n = n };
    return dc_predict_batch(predictor, &batch, y);
}

dc_status dc_predict_batch(dc_predictor *predictor, const dc_batch *batch, float *y)
{
    parts p = { .predictor = predictor, .x = batch->x, .lengths = batch->target.lengths,
                .state = batch->state, .n = batch->n, .y = y };
    if (batch->n > predictor->batch_size)
        return dc_fail(DC_EINPUT, "%u samples in a batch of %u", (unsigned)batch->n,
                       (unsigned)predictor->batch_size);
    atomic_init(&p.next, 0);
    return dc_pool_run(predictor->n_nets, run_lane, &p);
}

dc_status dc_predict_timed(dc_predictor *predictor, const float *x, uint32_t n, float *y,
                           double *seconds)
{
    parts p = { .predictor = predictor, .x = x, .n = n, .y = y };
    if (n > predictor->batch_size)
        return dc_fail(DC_EINPUT, "%u samples in a batch of %u", (unsigned)n,
                       (unsigned)predictor->batch_size);
    atomic_init(&p.next, 0);
    predictor->nets[0]->seconds = seconds;
    const dc_status status = run_lane(&p, 0);
    predictor->nets[0]->seconds = NULL;
    return status;
}

uint32_t dc_predictor_part(const dc_predictor *predictor)
{
    return predictor->nets[0]->settings.batch_size;
}

bool dc_predictor_choice(dc_packing_choice *out, const dc_predictor *predictor, uint32_t param)
{
    if (predictor->choices == NULL || predictor->choices[param].reason == NULL)
        return false;
    const double n_parts = (double)predictor->batch_size / dc_predictor_part(predictor);
    *out = predictor->choices[param];
    out->dense_seconds *= n_parts;
    out->sparse_seconds *= n_parts;
    return true;
}

/* Of the first weights of a node. */
static bool node_choice(dc_packing_choice *out, const dc_predictor *predictor, uint32_t node)
{
    const dc_node *of = &predictor->model->nodes[node];
    return of->kind->n_params > 0 && dc_node_param(of, 0) != DC_NONE &&
           dc_predictor_choice(out, predictor, dc_node_param(of, 0));
}

bool dc_predictor_is_sparse(const dc_predictor *predictor, uint32_t node)
{
    dc_packing_choice choice;
    return node_choice(&choice, predictor, node) && choice.is_sparse;
}

bool dc_predictor_expected(double *dense, double *sparse, const dc_predictor *predictor,
                           uint32_t node)
{
    dc_packing_choice choice;
    if (!node_choice(&choice, predictor, node) || isnan(choice.dense_seconds))
        return false;
    *dense = choice.dense_seconds;
    *sparse = choice.sparse_seconds;
    return true;
}

/* ---- evaluation ---- */

static dc_status judge_batch(dc_tally *tally, const dc_head *head, const dc_source *source,
                             const dc_batch *batch, const float *y)
{
    const uint64_t n_steps = head->n_steps, n_rows = batch->n * n_steps;
    for (uint64_t row = 0; row < n_rows; row++, y += head->n_outputs) {
        dc_verdict verdict;
        if (row % n_steps >= dc_target_length(&batch->target, (uint32_t)(row / n_steps)))
            continue;
        DC_TRY(dc_source_blame(source, batch->indices[row / n_steps],
                               dc_judge(&verdict, head, y, batch->target.classes[row])));
        dc_tally_add(tally, verdict);
    }
    return DC_OK;
}

/* *n_done: samples that could be read. */
static dc_status judge_all(dc_tally *tally, uint64_t *n_done, const dc_head *head,
                           dc_predictor *predictor, dc_loader *loader, const dc_source *source)
{
    dc_batch batch;
    float *y = dc_arena_take(&predictor->arena, predictor->batch_size,
                             dc_model_n_outputs(predictor->model) * sizeof *y);
    DC_TRY(predictor->arena.status);
    DC_TRY(dc_loader_next(&batch, loader));
    while (batch.n > 0) {
        DC_TRY(dc_predict_batch(predictor, &batch, y));
        DC_TRY(judge_batch(tally, head, source, &batch, y));
        *n_done += batch.n;
        dc_progress("validate", *n_done, source->n_samples, NULL);
        DC_TRY(dc_loader_next(&batch, loader));
    }
    /* Some may have been unreadable. */
    dc_progress("validate", source->n_samples, source->n_samples, NULL);
    return DC_OK;
}

dc_status dc_evaluate(dc_score *out, const dc_model *model, const dc_source *source,
                      uint32_t batch_size, dc_precision precision)
{
    dc_predictor *predictor = NULL;
    dc_loader *loader = NULL;
    dc_tally tally = { 0 };
    uint64_t n_samples = 0;
    const dc_loader_settings in_order = { .batch_size = dc_source_batch(source, batch_size),
                                          .n_state = dc_model_n_carried(model) };
    DC_TRY(dc_source_check(source));
    if (!source->is_labelled)
        return dc_fail(DC_EINPUT, "'%s' has no labelled samples to evaluate on", source->text);
    if (!dc_shape_equal(&source->shape, &model->nodes[0].shape))
        return dc_fail(DC_EINPUT, "samples of '%s' have another shape than the model's input",
                       source->text);
    dc_head head;
    DC_TRY(dc_model_head_of(&head, model, dc_source_steps(source)));
    DC_TRY(dc_predictor_new(&predictor, model, in_order.batch_size, precision));
    dc_status status = dc_loader_new(&loader, source, &in_order);
    if (status >= 0)
        status = judge_all(&tally, &n_samples, &head, predictor, loader, source);
    dc_loader_free(loader);
    dc_predictor_free(predictor);
    DC_TRY(status);
    if (tally.n == 0)
        return dc_source_fail_unread(source);
    *out = dc_tally_score(&tally);
    out->n_samples = n_samples;
    return DC_OK;
}
