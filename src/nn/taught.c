/* SPDX-License-Identifier: MIT
 *
 * Samples with a teacher's answers for labels: one pass over all of them when the source is made,
 * then a table. Where there are no labels, or none to be trusted, this is what a student is judged
 * by: how often it says what its teacher says. Or labels are drawn from the teacher's own
 * probabilities: squares of a network's gradients by labels of its own are its Fisher information.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "dcomp/nn.h"

typedef struct taught {
    dc_source source; /* first */
    dc_arena arena;   /* holds this struct too */
    const dc_source *base;
    dc_head head;     /* the teacher's */
    dc_rng *rng;      /* that answers are drawn by; NULL: the greatest wins */
    int32_t *answers; /* one a step of each sample of the base */
} taught;

static dc_status taught_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    const taught *t = source->state;
    for (uint32_t i = 0; i < n; i++)
        if (indices[i] >= source->n_samples)
            return dc_fail(DC_EINPUT, "sample %" PRIu64 " of %" PRIu64, indices[i],
                           source->n_samples);
    DC_TRY(dc_source_read(t->base, indices, n, epoch, x, labels));
    const uint64_t n_steps = t->head.n_steps;
    for (uint32_t i = 0; labels && i < n; i++)
        if (labels[i * n_steps] != DC_UNREADABLE)
            memcpy(labels + i * n_steps, t->answers + indices[i] * n_steps,
                   n_steps * sizeof *labels);
    return DC_OK;
}

static void taught_lengths(const dc_source *source, const uint64_t *indices, uint32_t n,
                           uint32_t *lengths)
{
    const dc_source *base = ((const taught *)source->state)->base;
    base->lengths(base, indices, n, lengths);
}

static void taught_warn_unread(const dc_source *source)
{
    const dc_source *base = ((const taught *)source->state)->base;
    if (base->warn_unread)
        base->warn_unread(base);
}

static const char *taught_describe(const dc_source *source, uint64_t index, dc_arena *arena)
{
    return dc_source_describe(((const taught *)source->state)->base, index, arena);
}

static void taught_close(dc_source *source)
{
    dc_arena arena = ((taught *)source->state)->arena;
    dc_arena_clear(&arena);
}

static dc_status fail_outputs(const dc_source *base, uint64_t index)
{
    dc_arena arena = { 0 };
    const dc_status status = dc_fail(DC_ECORRUPT, "the teacher's outputs of %s are not finite",
                                     dc_source_describe(base, index, &arena));
    dc_arena_clear(&arena);
    return status;
}

/* By the probabilities that the scores stand for. */
static uint32_t draw(dc_rng *rng, const dc_head *head, const float *scores)
{
    const bool is_softmax = head->kind == DC_HEAD_SCORES;
    float top = 0;
    double left = 0;
    for (uint32_t k = 0; !is_softmax && k < head->n_classes; k++)
        left += (double)scores[k];
    left = dc_rng_unit(rng) * (is_softmax ? dc_softmax_sum(&top, scores, head->n_classes) : left);
    for (uint32_t k = 0; k + 1 < head->n_classes; k++) {
        left -= is_softmax ? exp((double)scores[k] - (double)top) : (double)scores[k];
        if (left < 0)
            return k;
    }
    return head->n_classes - 1;
}

/* The answers to a batch. A teacher that cannot tell two classes apart says the first of them, and
 * is not right itself then. */
static dc_status take_answers(taught *t, const dc_batch *batch, const float *y)
{
    const dc_head *head = &t->head;
    for (uint64_t row = 0; row < (uint64_t)batch->n * head->n_steps; row++) {
        const uint64_t index = batch->indices[row / head->n_steps];
        float pair[2];
        const float *scores = dc_head_scores(head, y + row * head->n_outputs, pair);
        uint32_t best;
        if (!dc_classes_best(&best, 1, scores, head->n_classes, -1))
            return fail_outputs(t->base, index);
        if (t->rng != NULL)
            best = draw(t->rng, head, scores);
        t->answers[index * head->n_steps + row % head->n_steps] = (int32_t)best;
    }
    return DC_OK;
}

/* What asking takes. */
typedef struct lesson {
    dc_predictor *teacher;
    dc_loader *loader;
    dc_arena arena;
} lesson;

static dc_status ask(taught *t, lesson *l, const dc_model *model, uint32_t batch_size)
{
    const dc_loader_settings in_order = { .batch_size = batch_size,
                                          .n_state = dc_model_n_carried(model) };
    uint64_t n_done = 0;
    dc_batch batch;
    float *y = dc_arena_take(&l->arena, batch_size, dc_model_n_outputs(model) * sizeof *y);
    DC_TRY(l->arena.status);
    DC_TRY(dc_predictor_new(&l->teacher, model, batch_size, DC_PRECISION_F32));
    DC_TRY(dc_loader_new(&l->loader, t->base, &in_order));
    DC_TRY(dc_loader_next(&batch, l->loader));
    while (batch.n > 0) {
        DC_TRY(dc_predict_batch(l->teacher, &batch, y));
        DC_TRY(take_answers(t, &batch, y));
        n_done += batch.n;
        dc_progress("ask the teacher", n_done, t->source.n_samples, "");
        DC_TRY(dc_loader_next(&batch, l->loader));
    }
    dc_progress("ask the teacher", t->source.n_samples, t->source.n_samples, ""); /* some unread */
    return DC_OK;
}

static dc_status label_all(taught *t, const dc_model *model, uint32_t batch_size)
{
    lesson l = { 0 };
    const dc_status status = ask(t, &l, model, batch_size);
    dc_loader_free(l.loader);
    dc_predictor_free(l.teacher);
    dc_arena_clear(&l.arena);
    return status;
}

static dc_status open(dc_source **out, const dc_source *base, const dc_model *teacher,
                      uint32_t batch_size, dc_rng *rng)
{
    dc_arena arena = { 0 };
    if (!dc_shape_equal(&base->shape, &teacher->nodes[0].shape))
        return dc_fail(DC_EINPUT, "samples of '%s' have another shape than the teacher's input",
                       base->text);
    dc_head head;
    DC_TRY(dc_model_head_of(&head, teacher, dc_source_steps(base)));
    taught *t = dc_arena_take(&arena, 1, sizeof *t);
    DC_TRY(arena.status);
    t->arena = arena;
    t->base = base;
    t->head = head;
    t->rng = rng;
    t->source = (dc_source){ .n_samples = base->n_samples,
                             .shape = base->shape,
                             .n_classes = head.n_classes,
                             .is_labelled = true,
                             .n_steps = base->n_steps,
                             .is_stream = base->is_stream,
                             .symbol = base->symbol,
                             .is_slow = base->is_slow,
                             .state = t,
                             .read = taught_read,
                             .lengths = base->lengths ? taught_lengths : NULL,
                             .warn_unread = taught_warn_unread,
                             .describe = taught_describe,
                             .close = taught_close };
    t->source.text = dc_arena_print(&t->arena, "%s, the teacher's labels", base->text);
    t->answers = dc_arena_take(&t->arena, base->n_samples, head.n_steps * sizeof *t->answers);
    dc_status status = t->arena.status;
    if (status == DC_OK)
        status = label_all(t, teacher, dc_source_batch(base, batch_size));
    if (status < 0) {
        taught_close(&t->source);
        return status;
    }
    *out = &t->source;
    return DC_OK;
}

dc_status dc_source_taught(dc_source **out, const dc_source *base, const dc_model *teacher,
                           uint32_t batch_size)
{
    return open(out, base, teacher, batch_size, NULL);
}

dc_status dc_source_drawn(dc_source **out, const dc_source *base, const dc_model *teacher,
                          uint32_t batch_size, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    return open(out, base, teacher, batch_size, &rng);
}
