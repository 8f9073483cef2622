/* SPDX-License-Identifier: MIT
 *
 * The engine "fixed16": the accelerator's arithmetic without its cycles. Matrices, those of layers
 * over time too, are multiplied in 16-bit fixed point, with formats from the training split of the
 * data where it has one; the rest is float32. DC_EUNSUPPORTED for a model that is not
 * weight-shared.
 */
#include "simulate_internal.h"

typedef struct fixed16 {
    dc_arena arena; /* holds this struct too */
    array_net net;
    array_batch batch;
} fixed16;

static void close(void *opened)
{
    fixed16 *f = opened;
    if (f == NULL)
        return;
    array_batch_close(&f->batch);
    dc_arena arena = f->arena;
    dc_arena_clear(&arena);
}

static dc_status calibrate(fixed16 *f, const dc_engine_settings *settings)
{
    dc_source *training = NULL;
    if (settings->data != NULL)
        DC_TRY(calibration_open(&training, settings->data, f->net.model));
    const dc_status status = array_net_calibrate(
        &f->net, training != NULL ? training : settings->source, CALIBRATION_SAMPLES);
    dc_source_close(training);
    return status;
}

static dc_status prepare(fixed16 *f, const dc_model *model, const dc_engine_settings *settings)
{
    const dc_accelerator *accelerator = dc_accelerator_at(0);
    const void *machine = dc_accelerator_config(accelerator, &f->arena);
    DC_TRY(f->arena.status);
    DC_TRY(array_net_new(&f->net, model, accelerator, machine, "", &f->arena));
    DC_TRY(calibrate(f, settings));
    DC_TRY(array_net_lay(&f->net, false));
    return array_batch_open(&f->batch, &f->net, false, settings->source->n_samples, &f->arena);
}

static dc_status open(void **out, const dc_model *model, const dc_engine_settings *settings)
{
    dc_arena arena = { 0 };
    fixed16 *f = dc_arena_take(&arena, 1, sizeof *f);
    DC_TRY(arena.status);
    f->arena = arena;
    const dc_status status = prepare(f, model, settings);
    if (status < 0) {
        close(f);
        return status;
    }
    *out = f;
    return DC_OK;
}

static dc_status run(void *opened, const dc_batch *batch, float *y)
{
    fixed16 *f = opened;
    return array_batch_run(&f->batch, batch, y);
}

extern const dc_engine dc_engine_fixed16;
const dc_engine dc_engine_fixed16 = {
    .name = "fixed16",
    .open_work = CALIBRATION_SAMPLES,
    .reports_pace = true,
    .forgets = true,
    .open = open,
    .run = run,
    .close = close,
};
