/* SPDX-License-Identifier: MIT
 *
 * Engines that are predictors of nn: the backend that is chosen (--backend, DCOMP_BACKEND, else the
 * best) in float32 and bf16, with weights as they are kept, and each backend by its name.
 */
#include "dcomp/nn.h"
#include "dcomp/pipeline.h"

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

static dc_status run(void *opened, const dc_batch *batch, float *y)
{
    return dc_predict_batch(opened, batch, y);
}

static void close(void *opened)
{
    dc_predictor_free(opened);
}

#define ENGINE(word, names_backend, reads_packed)                                               \
    extern const dc_engine dc_engine_##word;                                                    \
    const dc_engine dc_engine_##word = { .name = #word, .open = open_##word, .run = run,        \
                                         .close = close, .is_backend = names_backend,           \
                                         .takes_packed = reads_packed };

ENGINE(float, false, false)
ENGINE(packed, false, true)
ENGINE(auto, false, true)
ENGINE(bf16, false, false)
ENGINE(ref, true, false)
ENGINE(onednn, true, false)
