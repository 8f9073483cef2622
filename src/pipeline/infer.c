/* SPDX-License-Identifier: MIT
 *
 * What a network says of each sample of a source: batches through an engine, and of each output the
 * classes that it makes most probable, or the numbers. A text is longer than a network has steps:
 * a sample is its end, and what the network carries when it comes there is made here, from all that
 * stands before.
 */
#include "run_internal.h"

#include "infer_text.h"

#define FIELD(member, type, measure, text)                                                   \
    { .name = #member, .kind = type, .offset = offsetof(dc_infer_result, member),             \
      .unit = measure, .help = text }

const dc_field dc_infer_result_fields[] = {
    FIELD(n_samples, DC_FIELD_U64, NULL, "samples that were run"),
    FIELD(n_skipped, DC_FIELD_U64, NULL, "samples that could not be read"),
    FIELD(n_not_finite, DC_FIELD_U64, NULL, "samples with an output that is NaN or infinite"),
    FIELD(seconds, DC_FIELD_NUMBER, "s", "wall clock"),
    FIELD(images_per_second, DC_FIELD_NUMBER, "1/s", "data and inference together"),
    FIELD(engine, DC_FIELD_TEXT, NULL, "what ran it"),
    { 0 },
};

typedef struct inference {
    const dc_infer_settings *settings;
    const dc_source *source;
    const dc_engine *engine;
    const dc_model *model;
    dc_head head;           /* n_outputs are those of an answer, of whatever kind */
    bool is_classifier;
    uint32_t batch_size;
    uint64_t n_outputs;     /* of a sample, all steps */
    infer_text text;        /* of a network of symbols */
    dc_loader *loader;
    float *y;               /* (batch, n_outputs) */
    float *state;           /* (batch, n_carried), or NULL */
    uint32_t n_best;
    uint32_t *classes;
    double *probabilities;
    dc_infer_result result;
} inference;

/* ---- what the outputs are -------------------------------------------------------------------- */

/* The steps of an output (T, ...) of inputs (T, ...); else 1. */
static uint32_t steps_of(const dc_model *model)
{
    const dc_shape *in = &model->nodes[0].shape, *out = &model->nodes[model->n_nodes - 1].shape;
    const bool has_steps = out->n_dims == 2 && in->n_dims <= 2 && out->dims[0] == in->dims[0];
    return has_steps ? out->dims[0] : 1;
}

/* Whether all outputs lie along one dim: those of a map are no classes of the whole. */
static bool is_flat(const dc_shape *shape)
{
    uint32_t n_long = 0;
    for (uint32_t i = 0; i < shape->n_dims; i++)
        n_long += shape->dims[i] > 1;
    return n_long <= 1;
}

static void tell_head(inference *f)
{
    const dc_model *model = f->model;
    const uint32_t n_steps = steps_of(model);
    f->is_classifier = !f->settings->wants_numbers &&
                       (n_steps > 1 || is_flat(&model->nodes[model->n_nodes - 1].shape)) &&
                       dc_model_head_of(&f->head, model, n_steps) == DC_OK;
    if (f->is_classifier)
        return;
    f->head = (dc_head){ .n_steps = n_steps, .n_outputs = (uint32_t)f->n_outputs / n_steps };
}

static dc_status check_generated(const inference *f)
{
    const bool has_symbols = dc_model_n_symbols(f->model) > 0 && f->is_classifier &&
                             f->head.n_steps == f->model->nodes[0].shape.dims[0];
    if (f->settings->n_generated == 0 || has_symbols)
        return DC_OK;
    return dc_fail(DC_EINPUT, "only a text goes on, and the model does not say at each step which "
                              "symbol comes next");
}

/* ---- one sample ------------------------------------------------------------------------------ */

static dc_status answer(inference *f, const dc_batch *batch, uint32_t sample)
{
    const uint32_t *lengths = batch->target.lengths;
    const uint32_t n_steps = f->head.n_steps, n = f->head.n_outputs;
    const uint32_t length = lengths != NULL ? DC_MIN(lengths[sample], n_steps) : n_steps;
    const float *y = f->y + sample * f->n_outputs + (uint64_t)(length - 1) * n;
    dc_arena arena = { 0 };
    dc_answer a = { .index = batch->indices[sample], .y = y, .n = n,
                    .is_class = f->is_classifier };
    dc_status status = DC_OK;
    a.is_finite = dc_find_not_finite(y, n) == n;
    if (f->is_classifier && a.is_finite) {
        (void)predictions_best(f->classes, f->probabilities, f->n_best, &f->head, y, -1);
        a.n_best = f->n_best;
        a.classes = f->classes;
        a.probabilities = f->probabilities;
    }
    if (f->settings->n_generated > 0 && a.is_finite)
        status = infer_text_go_on(&a.generated, &f->text, f->settings, &f->head, a.index,
                                  f->state != NULL ? f->state + sample * f->text.n_carried : NULL,
                                  y, &arena);
    if (status == DC_OK)
        status = f->settings->take(f->settings->payload, &a);
    f->result.n_samples++;
    f->result.n_not_finite += !a.is_finite;
    dc_arena_clear(&arena);
    return status;
}

static void report(const inference *f, uint64_t n_done)
{
    if (!f->engine->reports_pace)
        dc_progress("run", n_done, f->source->n_samples, "");
}

/* The samples' states: what stands before them in their texts. */
static dc_status carry(inference *f, dc_batch *batch)
{
    if (f->state == NULL)
        return DC_OK;
    batch->state = f->state;
    for (uint32_t i = 0; i < batch->n; i++)
        DC_TRY(infer_text_before(f->state + i * f->text.n_carried, &f->text, batch->indices[i]));
    return DC_OK;
}

static dc_status run_all(inference *f)
{
    const uint64_t n_samples = f->source->n_samples;
    report(f, 0);
    for (;;) {
        dc_batch batch;
        DC_TRY(dc_loader_next(&batch, f->loader));
        if (batch.n == 0)
            break;
        DC_TRY(carry(f, &batch));
        DC_TRY(f->engine->run(f->text.opened, &batch, f->y));
        for (uint32_t i = 0; i < batch.n; i++)
            DC_TRY(answer(f, &batch, i));
        report(f, batch.indices[batch.n - 1] + 1);
    }
    if (f->result.n_samples == 0)
        return dc_source_fail_unread(f->source);
    f->result.n_skipped = n_samples - f->result.n_samples;
    return DC_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static dc_status start(inference *f, dc_arena *arena)
{
    const uint64_t n_carried = f->text.n_carried;
    f->n_best = DC_MIN(f->settings->n_best, f->head.n_classes);
    f->classes = dc_arena_take(arena, f->n_best, sizeof *f->classes);
    f->probabilities = dc_arena_take(arena, f->n_best, sizeof *f->probabilities);
    f->y = dc_arena_take(arena, f->batch_size * f->n_outputs, sizeof *f->y);
    f->state = n_carried > 0 ? dc_arena_take(arena, f->batch_size * n_carried, sizeof *f->state)
                             : NULL;
    DC_TRY(arena->status);
    DC_TRY(infer_text_new(&f->text, arena));
    return dc_loader_new(&f->loader, f->source,
                         &(dc_loader_settings){ .batch_size = f->batch_size });
}

static dc_status run_opened(void *payload, void *opened)
{
    inference *f = payload;
    dc_arena arena = { 0 };
    const double started = dc_clock_seconds();
    f->text.opened = opened;
    dc_status status = start(f, &arena);
    if (status == DC_OK)
        status = run_all(f);
    dc_loader_free(f->loader);
    dc_arena_clear(&arena);
    f->result.seconds = dc_clock_seconds() - started;
    f->result.images_per_second =
        f->result.seconds > 0 ? (double)f->result.n_samples / f->result.seconds : 0;
    return status;
}

dc_status dc_infer(dc_infer_result *out, const dc_model *model, const dc_source *source,
                   const dc_infer_settings *settings)
{
    const dc_engine *engine = settings->engine != NULL ? settings->engine : dc_engine_at(0);
    DC_TRY(dc_source_check(source));
    inference f = { .settings = settings, .source = source, .engine = engine, .model = model };
    f.n_outputs = dc_model_n_outputs(model);
    f.batch_size = (uint32_t)DC_MIN((uint64_t)dc_eval_batch(model), source->n_samples);
    f.text = (infer_text){ .model = model, .source = source, .engine = engine,
                           .n_carried = engine->forgets ? 0 : dc_model_n_carried(model) };
    tell_head(&f);
    DC_TRY(check_generated(&f));
    f.result.engine = engine->name;
    f.result.is_classifier = f.is_classifier;
    const dc_eval_settings opening = { .batch_size = f.batch_size, .engine = engine,
                                       .choices = settings->choices };
    DC_TRY(eval_on_engine("run", model, source, &opening, run_opened, &f));
    *out = f.result;
    return DC_OK;
}
