/* SPDX-License-Identifier: MIT
 *
 * Engines that are predictors of nn: the backend that is chosen (--backend, DCOMP_BACKEND, else the
 * best) in float32 and bf16, with weights as they are kept, and each backend by its name.
 */
#include "dcomp/engine.h"
#include "dcomp/nn.h"

static dc_status open_on(void **out, const dc_model *model, const dc_engine_settings *settings,
                         dc_precision precision, const char *backend)
{
    dc_predictor *predictor = NULL;
    DC_TRY(dc_predictor_new_on(&predictor, model, settings->batch_size, precision, backend));
    *out = predictor;
    return DC_OK;
}

static dc_status open_float(void **out, const dc_model *model, const dc_engine_settings *settings)
{
    return open_on(out, model, settings, DC_PRECISION_F32, NULL);
}

static dc_status open_bf16(void **out, const dc_model *model, const dc_engine_settings *settings)
{
    return open_on(out, model, settings, DC_PRECISION_BF16, NULL);
}

static dc_status open_ref(void **out, const dc_model *model, const dc_engine_settings *settings)
{
    return open_on(out, model, settings, DC_PRECISION_F32, "ref");
}

static dc_status open_onednn(void **out, const dc_model *model, const dc_engine_settings *settings)
{
    return open_on(out, model, settings, DC_PRECISION_F32, "onednn");
}

static dc_status open_packing(void **out, const dc_model *model,
                              const dc_engine_settings *settings, dc_packing packing)
{
    dc_predictor *predictor = NULL;
    DC_TRY(dc_predictor_new_packed(&predictor, model, settings->batch_size, packing));
    *out = predictor;
    return DC_OK;
}

static dc_status open_packed(void **out, const dc_model *model, const dc_engine_settings *settings)
{
    return open_packing(out, model, settings, DC_PACKING_ALL);
}

static dc_status open_auto(void **out, const dc_model *model, const dc_engine_settings *settings)
{
    return open_packing(out, model, settings, DC_PACKING_AUTO);
}

static bool is_weights(const dc_model *model, const dc_node *node, uint32_t which)
{
    const uint32_t param = dc_node_param(node, which);
    return param != DC_NONE && dc_role_is_weight(model->params[param].role);
}

/* The layer's name, or the parameter's where the layer has further weights. */
static const char *name_of(const dc_model *model, const dc_param *param)
{
    const dc_node *node = &model->nodes[param->node];
    uint32_t n = 0;
    for (uint32_t i = 0; i < node->kind->n_params; i++)
        n += is_weights(model, node, i);
    return n > 1 ? param->name : node->name;
}

static dc_status explain(dc_engine_choices *out, const void *opened, const dc_model *model)
{
    const dc_predictor *predictor = opened;
    out->layers = dc_arena_take(out->arena, model->n_params, sizeof *out->layers);
    DC_TRY(out->arena->status);
    out->n_layers = 0;
    out->n_together = dc_predictor_part(predictor);
    out->n_jobs = dc_pool_jobs();
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        dc_packing_choice c;
        if (!dc_predictor_choice(&c, predictor, i))
            continue;
        out->layers[out->n_layers++] = (dc_engine_layer){
            .name = dc_arena_text(out->arena, name_of(model, param)),
            .op = model->nodes[param->node].kind->name,
            .shape = dc_shape_text(&param->shape, out->arena),
            .density = (double)dc_param_n_nonzero(param) / (double)param->n_values,
            .expected = { c.dense_seconds, c.sparse_seconds },
            .chosen = c.is_sparse ? "sparse" : "dense",
            .reason = c.reason,
        };
    }
    return out->arena->status;
}

static dc_status run(void *opened, const dc_batch *batch, float *y)
{
    return dc_predict_batch(opened, batch, y);
}

static void close(void *opened)
{
    dc_predictor_free(opened);
}

#define ENGINE(word, names_backend, reads_packed, tells)                                        \
    extern const dc_engine dc_engine_##word;                                                    \
    const dc_engine dc_engine_##word = { .name = #word, .open = open_##word, .run = run,        \
                                         .close = close, .is_backend = names_backend,           \
                                         .takes_packed = reads_packed, .explain = tells };

ENGINE(float, false, false, NULL)
ENGINE(packed, false, true, explain)
ENGINE(auto, false, true, explain)
ENGINE(bf16, false, false, NULL)
ENGINE(ref, true, false, NULL)
ENGINE(onednn, true, false, NULL)
