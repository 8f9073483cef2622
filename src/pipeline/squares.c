/* SPDX-License-Identifier: MIT
 *
 * Mean squares of gradients, for saliencies that are made of them: a hook that follows training, as
 * Adam's second moments do (s = 0.999 s + 0.001 dw^2, of the mean gradient of a batch), whatever
 * the optimizer is. Where nothing is trained yet, the same at rate 0 over some samples, by their
 * labels (with a teacher's outputs instead, a model that is its own teacher has no gradients), or
 * by labels that are drawn from what the model itself says, which needs none in the data.
 */
#include "run_internal.h"

#include <string.h>

#define DECAY 0.999f
#define N_SAMPLES 8192u
#define BATCH 16u /* small: the noise of single samples is what is looked for */

static dc_status begin(void *payload, dc_trained *trained)
{
    gradient_squares *s = payload;
    s->trained = trained;
    s->n_params = trained->n_params;
    s->stored = dc_arena_take(trained->arena, s->n_params, sizeof *s->stored);
    s->sizes = dc_arena_take(trained->arena, s->n_params, sizeof *s->sizes);
    DC_TRY(trained->arena->status);
    for (uint32_t i = 0; i < s->n_params; i++) {
        s->sizes[i] = dc_role_is_weight(trained->model->params[i].role) ? trained->params[i].n : 0;
        s->stored[i] = dc_arena_take(trained->arena, s->sizes[i], sizeof(float));
    }
    return trained->arena->status;
}

typedef struct add {
    const gradient_squares *squares;
    const dc_trained_param *params;
} add;

static void add_span(const void *payload, uint32_t param, uint64_t from, uint64_t end)
{
    const add *a = payload;
    const float *dw = a->params[param].dw;
    float *stored = a->squares->stored[param];
    for (uint64_t k = from; k < end; k++)
        stored[k] = DECAY * stored[k] + (1 - DECAY) * dw[k] * dw[k];
}

static dc_status after_backward(void *payload, dc_trained *trained)
{
    const gradient_squares *s = payload;
    const add a = { s, trained->params };
    each_span(s->sizes, s->n_params, add_span, &a);
    return DC_OK;
}

dc_status squares_take(gradient_squares *s)
{
    const dc_trained *trained = s->trained;
    dc_arena_clear(&s->arena);
    float **values = dc_arena_take(&s->arena, s->n_params, sizeof *values);
    DC_TRY(s->arena.status);
    for (uint32_t i = 0; i < s->n_params; i++) {
        if (s->sizes[i] == 0)
            continue;
        values[i] = dc_arena_take(&s->arena, trained->model->params[i].n_values, sizeof(float));
        DC_TRY(s->arena.status);
        DC_TRY(trained->store(trained, i, values[i], s->stored[i]));
    }
    s->values = (const float *const *)values;
    return DC_OK;
}

static void put(dc_writer *w, void *payload)
{
    const gradient_squares *s = payload;
    for (uint32_t i = 0; i < s->n_params; i++)
        dc_put_f32s(w, s->stored[i], s->sizes[i]);
}

static dc_status get(dc_reader *r, void *payload)
{
    const gradient_squares *s = payload;
    for (uint32_t i = 0; i < s->n_params; i++)
        dc_get_f32s(r, s->stored[i], s->sizes[i]);
    return r->status;
}

dc_train_hook squares_hook(gradient_squares *s)
{
    return (dc_train_hook){ .name = "squares",
                            .payload = s,
                            .begin = begin,
                            .after_backward = after_backward,
                            .put = put,
                            .get = get };
}

static dc_status look(gradient_squares *s, const dc_run *run, const dc_source *some)
{
    const dc_train_hook list[] = { dc_centroid_hook, squares_hook(s) };
    const dc_train_hooks hooks = { DC_COUNT_OF(list), list };
    dc_train_settings still = dc_train_defaults();
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    still.n_epochs = 1;
    still.batch_size = BATCH;
    still.learning_rate = still.dropout_share = 0;
    DC_TRY(dc_trainer_new(&trainer, run->model, some, &still, &hooks, NULL));
    dc_status status = dc_trainer_epoch(&stats, trainer);
    if (status == DC_OK)
        status = squares_take(s);
    dc_trainer_free(trainer); /* nothing goes back to the model */
    return status;
}

static uint64_t n_looked_at(const dc_run *run)
{
    const dc_source *train = run->data->train;
    return train != NULL ? DC_MIN(train->n_samples, (uint64_t)N_SAMPLES) : 0;
}

dc_amount squares_amount(const dc_run *run)
{
    return (dc_amount){ .n_trained = (double)n_looked_at(run) };
}

static dc_status look_by_own_labels(gradient_squares *s, const dc_run *run, const dc_source *some)
{
    dc_source *drawn = NULL;
    DC_TRY(dc_source_drawn(&drawn, some, run->model, BATCH, 1));
    const dc_status status = look(s, run, drawn);
    dc_source_close(drawn);
    return status;
}

dc_status squares_estimate(gradient_squares *s, const dc_run *run, bool by_own_labels)
{
    dc_source *some = NULL;
    DC_TRY(dc_source_part(&some, run->data->train, 0, n_looked_at(run), 0));
    const unsigned mark = dc_work_enter(amount_work(run, squares_amount(run)), "%s", "");
    const dc_status status =
        by_own_labels ? look_by_own_labels(s, run, some) : look(s, run, some);
    dc_work_leave(mark);
    dc_source_close(some);
    return status;
}

void squares_clear(gradient_squares *s)
{
    dc_arena_clear(&s->arena);
    *s = (gradient_squares){ 0 };
}
