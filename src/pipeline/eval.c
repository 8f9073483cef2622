/* SPDX-License-Identifier: MIT
 *
 * The accuracy loop: samples through a predictor, judged as everywhere (dc_judge), and the outputs
 * or the best classes to files when asked. All shares are of the samples that could be read. What
 * computes the outputs is a dc_engine; what they are is dc_model_head's to say.
 */
#include "run_internal.h"

#include <math.h>
#include <string.h>

#include "dcomp/nn.h"

#define MOST_SAMPLES 500u
#define MOST_VALUES 5000000u /* of inputs: 20 MB */
#define GROUP 8u             /* a smaller batch is a multiple of it */

#define FIELD(member, type, measure, text)                                                   \
    { .name = #member, .kind = type, .offset = offsetof(dc_eval_result, member),              \
      .unit = measure, .help = text }

#define BOUND(key, member, measure, text)                                                    \
    { .name = key, .kind = DC_FIELD_NUMBER, .offset = offsetof(dc_eval_result, member),       \
      .unit = measure, .help = text }

const dc_field dc_eval_result_fields[] = {
    FIELD(n_samples, DC_FIELD_U64, NULL, "samples that were run"),
    FIELD(n_skipped, DC_FIELD_U64, NULL, "samples that could not be read"),
    FIELD(n_not_finite, DC_FIELD_U64, NULL, "samples with an output that is NaN or infinite"),
    FIELD(top1, DC_FIELD_NUMBER, "percent", "right at first rank"),
    FIELD(top5, DC_FIELD_NUMBER, "percent", "right within the first five"),
    FIELD(loss, DC_FIELD_NUMBER, NULL, "mean cross-entropy"),
    FIELD(bits, DC_FIELD_NUMBER, "bits", "of a text: the loss of a symbol in bits"),
    FIELD(perplexity, DC_FIELD_NUMBER, NULL, "of a text: e to the loss of a symbol"),
    BOUND("top1_low", top1_bounds.low, "percent", "bounds of 95 % of top-1"),
    BOUND("top1_high", top1_bounds.high, "percent", "bounds of 95 % of top-1"),
    BOUND("loss_low", loss_bounds.low, NULL, "bounds of 95 % of the loss"),
    BOUND("loss_high", loss_bounds.high, NULL, "bounds of 95 % of the loss"),
    FIELD(seconds, DC_FIELD_NUMBER, "s", "wall clock"),
    FIELD(images_per_second, DC_FIELD_NUMBER, "1/s", "data and inference together"),
    FIELD(engine, DC_FIELD_TEXT, NULL, "what ran it"),
    { 0 },
};

#define MEASURE(key, member, measure, text)                                                  \
    { .name = key, .kind = DC_FIELD_NUMBER, .unit = measure, .help = text,                    \
      .offset = offsetof(dc_comparison, member.mean) },                                       \
    { .name = key "_low", .kind = DC_FIELD_NUMBER, .unit = measure, .help = text,             \
      .offset = offsetof(dc_comparison, member.low) },                                        \
    { .name = key "_high", .kind = DC_FIELD_NUMBER, .unit = measure, .help = text,            \
      .offset = offsetof(dc_comparison, member.high) }

const dc_field dc_comparison_fields[] = {
    MEASURE("divergence", divergence, "nats", "mean KL(reference, network)"),
    MEASURE("agreement", agreement, "percent", "answers that are the reference's"),
    MEASURE("top1_gain", top1_gain, "points", "top-1 beyond the reference's"),
    MEASURE("loss_rise", loss_rise, NULL, "mean loss beyond the reference's"),
    { 0 },
};

/* What one evaluation holds. */
typedef struct evaluation {
    const dc_engine *engine;
    void *opened;
    const dc_eval_settings *settings;
    dc_loader *loader;
    const dc_source *source;
    dc_head head;
    uint64_t n_outputs; /* of a sample, all steps  */
    float *y;           /* (batch, n_outputs)      */
    float *dump;        /* (N, n_outputs) or NULL  */
    predictions predictions;
    dc_tally tally; /* of labelled samples */
    moments losses; /* of the same         */
    dc_predictor *reference; /* NULL: none */
    float *reference_y;      /* (batch, n_outputs) */
    float *reference_state;  /* (batch, values that it carries on), of a stream */
    comparison comparison;
    uint64_t n, n_not_finite;
} evaluation;

uint32_t dc_eval_batch(const dc_model *model)
{
    const uint64_t n_outputs = dc_shape_count(&model->nodes[model->n_nodes - 1].shape);
    const uint64_t n_values = DC_MAX(dc_shape_count(&model->nodes[0].shape), n_outputs);
    const uint32_t n = (uint32_t)DC_MIN(MOST_SAMPLES, DC_MAX(MOST_VALUES / n_values, 1));
    return n < MOST_SAMPLES && n > GROUP ? n / GROUP * GROUP : n;
}

/* One answer, and the reference's or NULL. */
static dc_status judge(evaluation *e, const float *y, const float *reference_y, int32_t label)
{
    dc_verdict verdict, other;
    DC_TRY(dc_judge(&verdict, &e->head, y, label));
    dc_tally_add(&e->tally, verdict);
    moments_add(&e->losses, verdict.loss);
    if (reference_y != NULL) {
        DC_TRY(dc_judge(&other, &e->head, reference_y, label));
        comparison_add_labelled(&e->comparison, other, verdict);
    }
    if (e->settings->classes != NULL)
        dc_tally_add(&e->settings->classes[label], verdict);
    return DC_OK;
}

static dc_status take_sample(evaluation *e, const dc_batch *batch, uint32_t sample)
{
    const uint64_t index = batch->indices[sample], n_outputs = e->n_outputs;
    const float *y = e->y + sample * n_outputs;
    const float *z = e->reference != NULL ? e->reference_y + sample * n_outputs : NULL;
    const int32_t *labels = batch->target.classes;
    labels = labels != NULL ? labels + (uint64_t)sample * e->head.n_steps : NULL;
    const uint32_t n = labels != NULL ? dc_target_length(&batch->target, sample) : 1;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t at = (uint64_t)i * e->head.n_outputs;
        const float *other = z != NULL ? z + at : NULL;
        if (other != NULL)
            comparison_add(&e->comparison, &e->head, other, y + at);
        if (labels != NULL)
            DC_TRY(dc_source_blame(e->source, index, judge(e, y + at, other, labels[i])));
    }
    if (e->dump != NULL)
        memcpy(e->dump + index * n_outputs, y, n_outputs * sizeof *y);
    predictions_put(&e->predictions, index, labels != NULL ? labels[0] : -1, y);
    e->n_not_finite += dc_find_not_finite(y, n_outputs) < n_outputs;
    e->n++;
    return DC_OK;
}

static void report(const evaluation *e, uint64_t n_done)
{
    if (!e->engine->reports_pace)
        dc_progress("evaluate", n_done, e->source->n_samples, "");
}

/* It carries on what it said itself. */
static dc_status ask_reference(evaluation *e, dc_batch batch)
{
    batch.state = batch.state != NULL ? e->reference_state : NULL;
    return dc_predict_batch(e->reference, &batch, e->reference_y);
}

static dc_status run_all(evaluation *e)
{
    const uint64_t n_samples = e->source->n_samples;
    uint64_t n_done = 0; /* with those that could not be read */
    report(e, 0);
    for (;;) {
        dc_batch batch;
        DC_TRY(dc_loader_next(&batch, e->loader));
        if (batch.n == 0)
            break;
        DC_TRY(e->engine->run(e->opened, &batch, e->y));
        if (e->reference != NULL)
            DC_TRY(ask_reference(e, batch));
        for (uint32_t i = 0; i < batch.n; i++)
            DC_TRY(take_sample(e, &batch, i));
        n_done = e->source->is_stream ? n_done + batch.n : batch.indices[batch.n - 1] + 1;
        report(e, n_done);
    }
    if (e->n == 0)
        return dc_source_fail_unread(e->source);
    if (n_done < n_samples)
        report(e, n_samples);
    return DC_OK;
}

static uint32_t batch_size_of(const dc_eval_settings *settings, const dc_model *model,
                              const dc_source *source)
{
    const uint32_t wanted =
        settings->batch_size > 0 ? settings->batch_size : dc_eval_batch(model);
    return (uint32_t)DC_MIN(dc_source_batch(source, wanted), DC_MAX(source->n_samples, 1));
}

/* Comparable: the same samples go in and the same classes come out. */
static dc_status open_reference(evaluation *e, const dc_model *model, uint32_t batch_size,
                                dc_arena *arena)
{
    const dc_model *other = e->settings->against;
    if (other == NULL)
        return DC_OK;
    if (!dc_shape_equal(&other->nodes[0].shape, &model->nodes[0].shape) ||
        dc_model_n_outputs(other) != e->n_outputs || dc_model_head(other).kind != e->head.kind)
        return dc_fail(DC_EINPUT, "the reference has other inputs or outputs than the model");
    e->reference_y = dc_arena_take(arena, (uint64_t)batch_size * e->n_outputs, sizeof(float));
    e->reference_state =
        dc_arena_take(arena, batch_size * dc_model_n_carried(other), sizeof(float));
    DC_TRY(arena->status);
    return dc_predictor_new(&e->reference, other, batch_size, DC_PRECISION_F32);
}

static dc_status start(evaluation *e, const dc_model *model, dc_arena *arena)
{
    const dc_eval_settings *s = e->settings;
    const uint32_t batch_size = batch_size_of(s, model, e->source);
    e->head = dc_model_head(model);
    e->n_outputs = dc_model_n_outputs(model);
    if (e->source->is_labelled)
        DC_TRY(dc_model_head_of(&e->head, model, dc_source_steps(e->source)));
    if (e->head.n_steps > 1 && s->predictions_path != NULL)
        return dc_fail(DC_EUNSUPPORTED, "predictions are a line a sample, but samples have %u "
                                        "labels each", e->head.n_steps);
    e->y = dc_arena_take(arena, (uint64_t)batch_size * e->n_outputs, sizeof *e->y);
    DC_TRY(open_reference(e, model, batch_size, arena));
    const uint64_t n_dump = s->dump_path != NULL ? e->source->n_samples * e->n_outputs : 0;
    if (n_dump > 0)
        e->dump = dc_arena_take(arena, n_dump, sizeof *e->dump);
    DC_TRY(arena->status);
    for (uint64_t i = 0; i < n_dump; i++)
        e->dump[i] = NAN;
    DC_TRY(predictions_open(&e->predictions, s->predictions_path, s->may_replace, model,
                            e->source));
    return dc_loader_new(&e->loader, e->source,
                         &(dc_loader_settings){ .batch_size = batch_size,
                                                .n_state = dc_model_n_carried(model) });
}

static void fill_result(dc_eval_result *out, const evaluation *e, double seconds)
{
    const double n = (double)e->tally.n;
    const bool is_labelled = e->source->is_labelled;
    *out = (dc_eval_result){ .n_samples = e->n,
                             .n_skipped = e->source->n_samples - e->n,
                             .n_not_finite = e->n_not_finite,
                             .is_labelled = is_labelled,
                             .seconds = seconds,
                             .engine = e->engine->name };
    out->top1 = is_labelled && n > 0 ? 100 * (double)e->tally.n_top1 / n : (double)NAN;
    out->top5 = is_labelled && n > 0 ? 100 * (double)e->tally.n_top5 / n : (double)NAN;
    out->loss = is_labelled && n > 0 ? e->tally.loss / n : (double)NAN;
    out->symbol = e->source->symbol;
    out->bits = out->symbol != NULL ? out->loss / log(2) : (double)NAN;
    out->perplexity = out->symbol != NULL ? exp(out->loss) : (double)NAN;
    out->top1_bounds = share_measure(e->tally.n_top1, e->tally.n);
    out->loss_bounds = moments_measure(&e->losses);
    if (isfinite(out->loss_bounds.low))
        out->loss_bounds.low = fmax(out->loss_bounds.low, 0); /* no loss is below */
    if (e->reference != NULL)
        out->against = comparison_result(&e->comparison);
    out->images_per_second = seconds > 0 ? (double)e->n / seconds : 0;
}

static dc_status write_dump(const evaluation *e)
{
    const dc_eval_settings *s = e->settings;
    if (e->dump == NULL)
        return DC_OK;
    const dc_shape shape = dc_shape_of(2, (uint32_t)e->source->n_samples, (uint32_t)e->n_outputs, 0,
                                       0);
    return dc_npy_write(s->dump_path, e->dump, &shape, s->may_replace);
}

static dc_status evaluate(dc_eval_result *out, evaluation *e, const dc_model *model,
                          dc_arena *arena)
{
    const double started = dc_clock_seconds();
    DC_TRY(start(e, model, arena));
    DC_TRY(run_all(e));
    DC_TRY(predictions_commit(&e->predictions));
    DC_TRY(write_dump(e));
    fill_result(out, e, dc_clock_seconds() - started);
    return DC_OK;
}

dc_status eval_run(dc_eval_result *out, const dc_model *model, const dc_source *source,
                   const dc_eval_settings *settings, const dc_engine *engine, void *opened)
{
    dc_arena arena = { 0 };
    evaluation e = { .source = source, .engine = engine, .opened = opened,
                     .settings = settings };
    const dc_status status = evaluate(out, &e, model, &arena);
    predictions_discard(&e.predictions);
    dc_loader_free(e.loader);
    dc_predictor_free(e.reference);
    dc_arena_clear(&arena);
    return status;
}

/* Opening may be a part of the work that is worth reporting. */
static dc_status open_engine(void **opened, const dc_model *model, const dc_source *source,
                             const dc_eval_settings *settings)
{
    const dc_engine *engine = settings->engine;
    const dc_engine_settings asked = { .batch_size = settings->batch_size,
                                       .source = source,
                                       .data = settings->data };
    if (engine->open_work <= 0)
        return engine->open(opened, model, &asked);
    dc_work_divide(engine->open_work + (double)source->n_samples);
    const unsigned mark = dc_work_enter(engine->open_work, "%s", "");
    DC_TRY(engine->open(opened, model, &asked));
    dc_work_leave(mark);
    return DC_OK;
}

static dc_status run_opened(void *opened, const dc_source *source,
                            const dc_eval_settings *settings, eval_opened_fn *run, void *payload)
{
    if (settings->engine->open_work <= 0)
        return run(payload, opened);
    const unsigned mark = dc_work_enter((double)source->n_samples, "%s", "");
    DC_TRY(run(payload, opened));
    dc_work_leave(mark);
    return DC_OK;
}

static dc_status ask_choices(const void *opened, const dc_model *model,
                             const dc_eval_settings *settings)
{
    if (settings->choices == NULL || settings->engine->explain == NULL)
        return DC_OK;
    settings->choices->batch_size = settings->batch_size;
    return settings->engine->explain(settings->choices, opened, model);
}

dc_status eval_on_engine(const char *label, const dc_model *model, const dc_source *source,
                         const dc_eval_settings *settings, eval_opened_fn *run, void *payload)
{
    const dc_engine *engine = settings->engine;
    void *opened = NULL;
    const unsigned whole = engine->reports_pace ? dc_work_enter(1, "%s", label) : 0;
    dc_status status = open_engine(&opened, model, source, settings);
    if (status == DC_OK)
        status = ask_choices(opened, model, settings);
    if (status == DC_OK)
        status = run_opened(opened, source, settings, run, payload);
    if (engine->reports_pace)
        dc_work_leave(whole);
    engine->close(opened);
    return status;
}

/* A .npy file's samples are counted in 32 bits here. */
static dc_status check_dump(const dc_source *source, const dc_eval_settings *settings)
{
    if (settings->dump_path == NULL || source->n_samples <= UINT32_MAX)
        return DC_OK;
    return dc_fail(DC_ELIMIT, "'%s' has room for the outputs of %u samples, not of %llu (--limit)",
                   settings->dump_path, (unsigned)UINT32_MAX,
                   (unsigned long long)source->n_samples);
}

/* What is run on the opened engine. */
typedef struct eval_call {
    dc_eval_result *out;
    const dc_model *model;
    const dc_source *source;
    const dc_eval_settings *settings;
} eval_call;

static dc_status call_eval(void *payload, void *opened)
{
    const eval_call *c = payload;
    return eval_run(c->out, c->model, c->source, c->settings, c->settings->engine, opened);
}

dc_status dc_eval_model(dc_eval_result *out, const dc_model *model, const dc_source *source,
                        const dc_eval_settings *settings)
{
    dc_eval_settings s = *settings;
    DC_TRY(dc_source_check(source));
    DC_TRY(check_dump(source, settings));
    s.batch_size = batch_size_of(settings, model, source);
    s.engine = settings->engine != NULL ? settings->engine : dc_engine_at(0);
    eval_call call = { out, model, source, &s };
    return eval_on_engine("evaluate", model, source, &s, call_eval, &call);
}
