/* SPDX-License-Identifier: MIT
 *
 * The accuracy loop: samples through a predictor, top-1 and top-5 by the rank of the true class (a
 * tie counts against us, and so does a NaN), mean cross-entropy, and the outputs to a file when
 * asked. What computes the outputs is an eval_engine.
 */
#include "run_internal.h"

#include <math.h>
#include <string.h>

#define FIELD(name, kind, unit, help)                                          \
    {                                                                          \
#name, kind, offsetof(dc_eval_result, name), unit, 0, 0, NULL, help, 0 \
    }

const dc_field dc_eval_result_fields[] = {
    FIELD(n_samples, DC_FIELD_U64, NULL, "samples that were run"),
    FIELD(top1, DC_FIELD_NUMBER, "percent", "right at first rank"),
    FIELD(top5, DC_FIELD_NUMBER, "percent", "right within the first five"),
    FIELD(loss, DC_FIELD_NUMBER, NULL, "mean cross-entropy"),
    FIELD(seconds, DC_FIELD_NUMBER, "s", "wall clock"),
    FIELD(images_per_second, DC_FIELD_NUMBER, "1/s", "data and inference together"),
    FIELD(engine, DC_FIELD_TEXT, NULL, "what ran it"),
    { NULL, DC_FIELD_BOOL, 0, NULL, 0, 0, NULL, NULL, 0 },
};

typedef struct tally {
    uint64_t n, n_top1, n_top5;
    double loss;
} tally;

static void count(tally *t, const float *y, uint32_t n_classes, int32_t label)
{
    const float mine = y[label];
    uint32_t n_above = 0;
    double sum = 0;
    float top = y[0];
    for (uint32_t c = 1; c < n_classes; c++)
        top = DC_MAX(top, y[c]);
    for (uint32_t c = 0; c < n_classes; c++) {
        n_above += c != (uint32_t)label && !(y[c] < mine);
        sum += exp((double)(y[c] - top));
    }
    t->n_top1 += n_above < 1;
    t->n_top5 += n_above < 5;
    t->loss += log(sum) - (double)(mine - top);
}

/* What one evaluation holds. */
typedef struct evaluation {
    const eval_engine *engine;
    dc_loader *loader;
    const dc_source *source;
    uint32_t n_classes;
    float *y;    /* (batch, n_classes) */
    float *dump; /* (N, n_classes) or NULL */
    tally counts;
} evaluation;

static dc_status take_batch(evaluation *e, const dc_batch *batch)
{
    DC_TRY(e->engine->run(e->engine->payload, batch->x, batch->n, e->y));
    for (uint32_t i = 0; i < batch->n && batch->labels != NULL; i++) {
        if (batch->labels[i] < 0 || (uint32_t)batch->labels[i] >= e->n_classes)
            return dc_fail(DC_EINPUT, "class %d of the data is not among the model's %u outputs",
                           batch->labels[i], e->n_classes);
        count(&e->counts, e->y + (size_t)i * e->n_classes, e->n_classes, batch->labels[i]);
    }
    if (e->dump != NULL)
        memcpy(e->dump + e->counts.n * e->n_classes, e->y,
               (size_t)batch->n * e->n_classes * sizeof *e->y);
    e->counts.n += batch->n;
    dc_progress(e->engine->label, e->counts.n, e->source->n_samples, "");
    return DC_OK;
}

static dc_status run_all(evaluation *e)
{
    for (;;) {
        dc_batch batch;
        DC_TRY(dc_loader_next(&batch, e->loader));
        if (batch.n == 0)
            return DC_OK;
        DC_TRY(take_batch(e, &batch));
    }
}

static dc_status start(evaluation *e, const dc_model *model, uint32_t batch_size, bool has_dump,
                       dc_arena *arena)
{
    e->n_classes = dc_model_n_classes(model);
    e->y = dc_arena_take(arena, (uint64_t)batch_size * e->n_classes, sizeof *e->y);
    if (has_dump)
        e->dump = dc_arena_take(arena, e->source->n_samples * e->n_classes, sizeof *e->dump);
    DC_TRY(arena->status);
    return dc_loader_new(&e->loader, e->source, batch_size, 0, 0, false);
}

static void fill_result(dc_eval_result *out, const evaluation *e, double seconds)
{
    const double n = (double)e->counts.n;
    const bool is_labelled = e->source->is_labelled;
    *out = (dc_eval_result){ .n_samples = e->counts.n,
                             .is_labelled = is_labelled,
                             .seconds = seconds,
                             .engine = e->engine->name };
    out->top1 = is_labelled && n > 0 ? 100 * (double)e->counts.n_top1 / n : (double)NAN;
    out->top5 = is_labelled && n > 0 ? 100 * (double)e->counts.n_top5 / n : (double)NAN;
    out->loss = is_labelled && n > 0 ? e->counts.loss / n : (double)NAN;
    out->images_per_second = seconds > 0 ? n / seconds : 0;
}

dc_status eval_run(dc_eval_result *out, const dc_model *model, const dc_source *source,
                   uint32_t batch_size, const eval_engine *engine, const char *dump_path,
                   bool may_replace)
{
    dc_arena arena = { 0 };
    evaluation e = { .source = source, .engine = engine };
    const double started = dc_clock_seconds();
    dc_status status = start(&e, model, batch_size, dump_path != NULL, &arena);
    if (status == DC_OK)
        status = run_all(&e);
    if (status == DC_OK && dump_path != NULL) {
        const dc_shape shape = dc_shape_of(2, (uint32_t)e.counts.n, e.n_classes, 0, 0);
        status = dc_npy_write(dump_path, e.dump, &shape, may_replace);
    }
    if (status == DC_OK)
        fill_result(out, &e, dc_clock_seconds() - started);
    dc_loader_free(e.loader);
    dc_arena_clear(&arena);
    return status;
}

static dc_status predict(void *payload, const float *x, uint32_t n, float *y)
{
    return dc_predict(payload, x, n, y);
}

dc_status dc_eval_model(dc_eval_result *out, const dc_model *model, const dc_source *source,
                        uint32_t batch_size, dc_precision precision, const char *dump_path,
                        bool may_replace)
{
    const uint32_t batch = (uint32_t)DC_MIN((uint64_t)batch_size, DC_MAX(source->n_samples, 1));
    dc_predictor *predictor;
    DC_TRY(dc_predictor_new(&predictor, model, batch, precision));
    const eval_engine engine = { .payload = predictor,
                                 .run = predict,
                                 .name = precision == DC_PRECISION_BF16 ? "bf16" : "float",
                                 .label = "evaluate" };
    const dc_status status =
        eval_run(out, model, source, batch, &engine, dump_path, may_replace);
    dc_predictor_free(predictor);
    return status;
}
