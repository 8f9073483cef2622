/* SPDX-License-Identifier: MIT
 *
 * Prediction and evaluation: a net compiled for inference, fed in batches. A batch is run in parts
 * whose values fit in the cache together, however large it is: large networks are then bound by
 * arithmetic instead of memory, and need little of it. A short part is filled up with zeros, whose
 * outputs nobody reads; so a sample's outputs do not depend on how many came with it.
 */
#include <string.h>

#include "loss.h"
#include "net.h"

struct dc_predictor {
    dc_arena arena; /* holds this struct too */
    const dc_model *model;
    dc_net *net;
    uint32_t batch_size; /* at most, from the caller; the net's own is that of a part */
    uint64_t n_inputs;   /* values of a sample */
    float *x;            /* for a short part */
};

#define PART_BYTES (UINT64_C(16) << 20) /* of all values of a part                         */
#define MIN_PART 4u                     /* samples: a few, so that all cores have their own */

/* Depends on the model alone: so do the bits of its outputs. */
static uint32_t part_of(const dc_model *model, uint32_t batch_size)
{
    uint64_t n_values = 0;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        n_values += dc_shape_count(&model->nodes[i].shape);
    const uint64_t n = PART_BYTES / (n_values * sizeof(float));
    return (uint32_t)DC_MIN(DC_MAX(n, MIN_PART), batch_size);
}

static dc_status make(dc_predictor *predictor, uint32_t batch_size, dc_precision precision,
                      uint32_t output)
{
    const dc_executor *executor = dc_executor_pick();
    if (batch_size == 0)
        return dc_fail(DC_EINPUT, "a batch of 0 samples");
    const uint32_t n_part = part_of(predictor->model, batch_size);
    const dc_net_settings settings = { .batch_size = n_part,
                                       .precision = precision,
                                       .output = output };
    if (precision == DC_PRECISION_BF16 && !executor->has_bf16())
        return dc_fail(DC_EUNSUPPORTED, "there is no bf16 on %s and this CPU", executor->text());
    predictor->batch_size = batch_size;
    predictor->n_inputs = dc_shape_count(&predictor->model->nodes[0].shape);
    predictor->x = dc_arena_take(&predictor->arena, n_part * predictor->n_inputs, sizeof(float));
    DC_TRY(predictor->arena.status);
    DC_TRY(executor->compile(&predictor->net, predictor->model, &settings));
    return dc_net_load(predictor->net, predictor->model);
}

static dc_status open(dc_predictor **out, const dc_model *model, uint32_t batch_size,
                      dc_precision precision, uint32_t output)
{
    dc_arena arena = { 0 };
    dc_predictor *predictor = dc_arena_take(&arena, 1, sizeof *predictor);
    DC_TRY(arena.status);
    predictor->arena = arena;
    predictor->model = model;
    const dc_status status = make(predictor, batch_size, precision, output);
    if (status < 0) {
        dc_predictor_free(predictor);
        return status;
    }
    *out = predictor;
    return DC_OK;
}

dc_status dc_predictor_new(dc_predictor **out, const dc_model *model, uint32_t batch_size,
                           dc_precision precision)
{
    return open(out, model, batch_size, precision, model->n_nodes - 1);
}

void dc_predictor_free(dc_predictor *predictor)
{
    if (!predictor)
        return;
    if (predictor->net)
        predictor->net->executor->free(predictor->net);
    dc_arena arena = predictor->arena;
    dc_arena_clear(&arena);
}

dc_status dc_predictor_reload(dc_predictor *predictor)
{
    return dc_net_load(predictor->net, predictor->model);
}

/* n samples, at most a part; outputs are then in net->logits. */
static dc_status run_part(dc_predictor *predictor, const float *x, uint32_t n)
{
    dc_net *net = predictor->net;
    const uint32_t n_part = net->settings.batch_size;
    net->x = x;
    if (n < n_part) {
        const uint64_t n_given = n * predictor->n_inputs;
        memcpy(predictor->x, x, n_given * sizeof(float));
        memset(predictor->x + n_given, 0,
               (n_part * predictor->n_inputs - n_given) * sizeof(float));
        net->x = predictor->x;
    }
    return net->executor->forward(net, 0);
}

dc_status dc_predict(dc_predictor *predictor, const float *x, uint32_t n, float *y)
{
    const uint32_t n_part = predictor->net->settings.batch_size;
    const uint64_t n_outputs = predictor->net->n_outputs;
    if (n > predictor->batch_size)
        return dc_fail(DC_EINPUT, "%u samples in a batch of %u", (unsigned)n,
                       (unsigned)predictor->batch_size);
    for (uint32_t done = 0; done < n; done += n_part) {
        const uint32_t n_now = DC_MIN(n - done, n_part);
        DC_TRY(run_part(predictor, x + done * predictor->n_inputs, n_now));
        memcpy(y + done * n_outputs, predictor->net->logits, n_now * n_outputs * sizeof(float));
    }
    return DC_OK;
}

/* ---- evaluation ---- */

static dc_status score_all(dc_loss_sums *sums, uint64_t *n, dc_predictor *predictor,
                           dc_loader *loader, uint64_t n_samples)
{
    const dc_loss loss = { .n_classes = predictor->net->n_outputs };
    dc_batch batch;
    float *y = dc_arena_take(&predictor->arena, (uint64_t)predictor->batch_size * loss.n_classes,
                             sizeof *y);
    DC_TRY(predictor->arena.status);
    *n = 0;
    DC_TRY(dc_loader_next(&batch, loader));
    while (batch.n > 0) {
        *n += batch.n;
        DC_TRY(dc_predict(predictor, batch.x, batch.n, y));
        DC_TRY(dc_loss_add(sums, &loss, batch.n, y, batch.labels, NULL, NULL));
        dc_progress("validate", *n, n_samples, NULL);
        DC_TRY(dc_loader_next(&batch, loader));
    }
    dc_progress("validate", n_samples, n_samples, NULL); /* some may have been unreadable */
    return DC_OK;
}

dc_status dc_evaluate(dc_score *out, const dc_model *model, const dc_source *source,
                      uint32_t batch_size, dc_precision precision)
{
    dc_predictor *predictor = NULL;
    dc_loader *loader = NULL;
    dc_loss_sums sums = { 0 };
    uint64_t n_scored = 0;
    if (!source->is_labelled || source->n_samples == 0)
        return dc_fail(DC_EINPUT, "\"%s\" has no labelled samples to evaluate on", source->text);
    if (!dc_shape_equal(&source->shape, &model->nodes[0].shape))
        return dc_fail(DC_EINPUT, "samples of \"%s\" have another shape than the model's input",
                       source->text);
    DC_TRY(open(&predictor, model, batch_size, precision, dc_logits_node(model)));
    dc_status status = dc_loader_new(&loader, source, batch_size, 0, 0, false);
    if (status >= 0)
        status = score_all(&sums, &n_scored, predictor, loader, source->n_samples);
    dc_loader_free(loader);
    dc_predictor_free(predictor);
    DC_TRY(status);
    if (n_scored == 0)
        return dc_fail(DC_ECORRUPT, "none of the samples of \"%s\" can be read", source->text);
    const double n = (double)n_scored;
    *out = (dc_score){ .n_samples = n_scored,
                       .loss = sums.loss / n,
                       .top1_error = (double)sums.n_wrong / n,
                       .top5_error = (double)sums.n_wrong_in_5 / n };
    return DC_OK;
}
