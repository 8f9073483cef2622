/* SPDX-License-Identifier: MIT
 *
 * Prediction and evaluation: a net compiled for inference, fed in batches. A short batch is filled
 * up with zeros, whose outputs nobody reads; so a sample's outputs do not depend on how many came
 * with it.
 */
#include <string.h>

#include "loss.h"
#include "net.h"

struct dc_predictor {
    dc_arena arena; /* holds this struct too */
    const dc_model *model;
    dc_net *net;
    uint64_t n_inputs; /* values of a sample */
    float *x;          /* for a short batch */
};

static dc_status make(dc_predictor *predictor, uint32_t batch_size, dc_precision precision,
                      uint32_t output)
{
    const dc_executor *executor = dc_executor_pick();
    const dc_net_settings settings = { .batch_size = batch_size,
                                       .precision = precision,
                                       .output = output };
    if (batch_size == 0)
        return dc_fail(DC_EINPUT, "a batch of 0 samples");
    if (precision == DC_PRECISION_BF16 && !executor->has_bf16())
        return dc_fail(DC_EUNSUPPORTED, "there is no bf16 on %s and this CPU", executor->text());
    predictor->n_inputs = dc_shape_count(&predictor->model->nodes[0].shape);
    predictor->x =
        dc_arena_take(&predictor->arena, batch_size * predictor->n_inputs, sizeof(float));
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

/* Outputs are then in net->logits. */
static dc_status forward(dc_predictor *predictor, const float *x, uint32_t n)
{
    dc_net *net = predictor->net;
    const uint32_t batch_size = net->settings.batch_size;
    if (n > batch_size)
        return dc_fail(DC_EINPUT, "%u samples in a batch of %u", (unsigned)n, (unsigned)batch_size);
    net->x = x;
    if (n < batch_size) {
        const uint64_t n_given = n * predictor->n_inputs;
        memcpy(predictor->x, x, n_given * sizeof(float));
        memset(predictor->x + n_given, 0,
               (batch_size * predictor->n_inputs - n_given) * sizeof(float));
        net->x = predictor->x;
    }
    return net->executor->forward(net, 0);
}

dc_status dc_predict(dc_predictor *predictor, const float *x, uint32_t n, float *y)
{
    DC_TRY(forward(predictor, x, n));
    memcpy(y, predictor->net->logits, (uint64_t)n * predictor->net->n_outputs * sizeof(float));
    return DC_OK;
}

/* ---- evaluation ---- */

static dc_status score_all(dc_loss_sums *sums, dc_predictor *predictor, dc_loader *loader)
{
    const dc_loss loss = { .n_classes = predictor->net->n_outputs };
    dc_batch batch;
    DC_TRY(dc_loader_next(&batch, loader));
    while (batch.n > 0) {
        DC_TRY(forward(predictor, batch.x, batch.n));
        DC_TRY(dc_loss_add(sums, &loss, batch.n, predictor->net->logits, batch.labels, NULL, NULL));
        DC_TRY(dc_loader_next(&batch, loader));
    }
    return DC_OK;
}

dc_status dc_evaluate(dc_score *out, const dc_model *model, const dc_source *source,
                      uint32_t batch_size, dc_precision precision)
{
    dc_predictor *predictor = NULL;
    dc_loader *loader = NULL;
    dc_loss_sums sums = { 0 };
    if (!source->is_labelled || source->n_samples == 0)
        return dc_fail(DC_EINPUT, "\"%s\" has no labelled samples to evaluate on", source->text);
    if (!dc_shape_equal(&source->shape, &model->nodes[0].shape))
        return dc_fail(DC_EINPUT, "samples of \"%s\" have another shape than the model's input",
                       source->text);
    DC_TRY(open(&predictor, model, batch_size, precision, dc_logits_node(model)));
    dc_status status = dc_loader_new(&loader, source, batch_size, 0, 0, false);
    if (status >= 0)
        status = score_all(&sums, predictor, loader);
    dc_loader_free(loader);
    dc_predictor_free(predictor);
    DC_TRY(status);
    const double n = (double)source->n_samples;
    *out = (dc_score){ .n_samples = source->n_samples,
                       .loss = sums.loss / n,
                       .top1_error = (double)sums.n_wrong / n,
                       .top5_error = (double)sums.n_wrong_in_5 / n };
    return DC_OK;
}
