/* SPDX-License-Identifier: MIT
 *
 * One pass over a source, read ahead. A thread fills a ring of three batches while the consumer
 * works on one: batch b lies in slot b mod 3, the filler may not be three batches ahead of the
 * oldest one in use, the consumer may not pass the filler. Which samples a batch holds depends on
 * seed and epoch alone. A failed read ends the filler; the consumer meets it, message and all, when
 * it comes to that batch, and again at every later call.
 */
#include <pthread.h>

#include "dcomp/model.h"

#define N_SLOTS 3u

struct dc_loader {
    dc_arena arena; /* holds this struct too */
    const dc_source *source;
    uint64_t epoch, n_batches;
    uint32_t batch_size;
    const uint32_t *order; /* NULL: as they are */
    uint64_t *indices;     /* the filler's */
    float *x[N_SLOTS];
    int32_t *labels[N_SLOTS]; /* NULL when unlabelled */
    pthread_t thread;
    bool is_running;

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* below: under the mutex */
    uint64_t n_filled, n_released, n_handed;
    bool is_ending;
    dc_status status; /* of batch n_filled, when negative */
    char message[512];
};

static uint32_t batch_length(const dc_loader *loader, uint64_t batch)
{
    const uint64_t left = loader->source->n_samples - batch * loader->batch_size;
    return (uint32_t)DC_MIN(left, (uint64_t)loader->batch_size);
}

static dc_status fill(dc_loader *loader, uint64_t batch)
{
    const uint32_t n = batch_length(loader, batch), slot = (uint32_t)(batch % N_SLOTS);
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t at = batch * loader->batch_size + i;
        loader->indices[i] = loader->order ? loader->order[at] : at;
    }
    return loader->source->read(loader->source, loader->indices, n, loader->epoch,
                                loader->x[slot], loader->labels[slot]);
}

/* Waits until batch `batch` has a free slot; false when the loader is being freed. */
static bool wait_for_slot(dc_loader *loader, uint64_t batch)
{
    pthread_mutex_lock(&loader->mutex);
    while (!loader->is_ending && batch >= loader->n_released + N_SLOTS)
        pthread_cond_wait(&loader->changed, &loader->mutex);
    const bool may_go_on = !loader->is_ending;
    pthread_mutex_unlock(&loader->mutex);
    return may_go_on;
}

static void *run(void *payload)
{
    dc_loader *loader = payload;
    dc_status status = DC_OK;
    for (uint64_t b = 0; b < loader->n_batches && status >= 0; b++) {
        if (!wait_for_slot(loader, b))
            break;
        status = fill(loader, b);
        pthread_mutex_lock(&loader->mutex);
        if (status < 0) {
            loader->status = status;
            const char *message = dc_message();
            for (size_t i = 0; i + 1 < sizeof loader->message && message[i] != '\0'; i++)
                loader->message[i] = message[i];
        } else {
            loader->n_filled++;
        }
        pthread_cond_broadcast(&loader->changed);
        pthread_mutex_unlock(&loader->mutex);
    }
    return NULL;
}

static dc_status shuffle(dc_loader *loader, uint64_t seed)
{
    const uint32_t n = (uint32_t)loader->source->n_samples;
    uint32_t *order = dc_arena_take(&loader->arena, n, sizeof *order);
    DC_TRY(loader->arena.status);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    dc_rng rng;
    dc_rng_init(&rng, seed, loader->epoch);
    dc_rng_shuffle(&rng, order, n);
    loader->order = order;
    return DC_OK;
}

static dc_status take_buffers(dc_loader *loader)
{
    const uint64_t n_values = dc_shape_count(&loader->source->shape);
    loader->indices = dc_arena_take(&loader->arena, loader->batch_size, sizeof *loader->indices);
    for (uint32_t s = 0; s < N_SLOTS && s < loader->n_batches; s++) {
        loader->x[s] = dc_arena_take(&loader->arena, loader->batch_size * n_values, sizeof(float));
        if (loader->source->is_labelled)
            loader->labels[s] =
                dc_arena_take(&loader->arena, loader->batch_size, sizeof(int32_t));
    }
    return loader->arena.status;
}

static dc_status start(dc_loader *loader, uint64_t shuffle_seed)
{
    if (shuffle_seed != 0)
        DC_TRY(shuffle(loader, shuffle_seed));
    DC_TRY(take_buffers(loader));
    if (loader->n_batches == 0)
        return DC_OK;
    if (pthread_create(&loader->thread, NULL, run, loader) != 0)
        return dc_fail(DC_ELIMIT, "no thread could be started for \"%s\"",
                       loader->source->text ? loader->source->text : "samples");
    loader->is_running = true;
    return DC_OK;
}

static dc_status check(const dc_source *source, uint32_t batch_size, uint64_t shuffle_seed)
{
    const uint64_t n_values = dc_shape_count(&source->shape);
    if (batch_size == 0)
        return dc_fail(DC_EINPUT, "a batch of 0 samples");
    if (n_values == 0)
        return dc_fail(DC_EINPUT, "samples are empty or too large");
    if (shuffle_seed != 0 && source->n_samples > UINT32_MAX)
        return dc_fail(DC_ELIMIT, "%llu samples are too many to shuffle",
                       (unsigned long long)source->n_samples);
    if (DC_MIN((uint64_t)batch_size, source->n_samples) > DC_MAX_TENSOR_VALUES / n_values)
        return dc_fail(DC_ELIMIT, "a batch of %u samples is too large", (unsigned)batch_size);
    return DC_OK;
}

dc_status dc_loader_new(dc_loader **out, const dc_source *source, uint32_t batch_size,
                        uint64_t shuffle_seed, uint64_t epoch, bool drop_last)
{
    DC_TRY(check(source, batch_size, shuffle_seed));
    const uint64_t n = source->n_samples;
    dc_arena arena = {0};
    dc_loader *loader = dc_arena_take(&arena, 1, sizeof *loader);
    DC_TRY(arena.status);
    loader->arena = arena;
    loader->source = source;
    loader->epoch = epoch;
    loader->n_batches = n / batch_size + (!drop_last && n % batch_size != 0);
    loader->batch_size = (uint32_t)DC_MIN((uint64_t)batch_size, DC_MAX(n, UINT64_C(1)));
    pthread_mutex_init(&loader->mutex, NULL);
    pthread_cond_init(&loader->changed, NULL);
    const dc_status status = start(loader, shuffle_seed);
    if (status < 0) {
        dc_loader_free(loader);
        return status;
    }
    *out = loader;
    return DC_OK;
}

dc_status dc_loader_next(dc_batch *out, dc_loader *loader)
{
    *out = (dc_batch){0};
    pthread_mutex_lock(&loader->mutex);
    loader->n_released = loader->n_handed;
    pthread_cond_broadcast(&loader->changed);
    const uint64_t batch = loader->n_handed;
    while (batch < loader->n_batches && batch >= loader->n_filled && loader->status >= 0)
        pthread_cond_wait(&loader->changed, &loader->mutex);
    const bool is_filled = batch < loader->n_filled;
    const dc_status status = is_filled ? DC_OK : loader->status;
    if (is_filled)
        loader->n_handed++;
    pthread_mutex_unlock(&loader->mutex);
    if (status < 0)
        return dc_fail(status, "%s", loader->message);
    if (is_filled)
        *out = (dc_batch){.n = batch_length(loader, batch),
                          .x = loader->x[batch % N_SLOTS],
                          .labels = loader->labels[batch % N_SLOTS]};
    return DC_OK;
}

void dc_loader_free(dc_loader *loader)
{
    if (loader == NULL)
        return;
    pthread_mutex_lock(&loader->mutex);
    loader->is_ending = true;
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->mutex);
    if (loader->is_running)
        pthread_join(loader->thread, NULL);
    pthread_cond_destroy(&loader->changed);
    pthread_mutex_destroy(&loader->mutex);
    dc_arena arena = loader->arena;
    dc_arena_clear(&arena);
}
