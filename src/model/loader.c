/* SPDX-License-Identifier: MIT
 *
 * One pass over a source, read ahead. Readers fill a ring of three batches while the consumer works
 * on one: batch b lies in slot b mod 3, the readers may not be three batches ahead of the oldest
 * one in use, the consumer may not pass the readers. A batch is read in parts, which readers claim
 * in rising order: one part and one reader where samples lie at hand, a part a sample and several
 * readers where each must be decoded (dc_source.is_slow). Which samples a batch holds depends on
 * seed and epoch alone.
 *
 * Lane i of a stream has samples i * S to (i + 1) * S - 1, the last ones fewer or none; so batch
 * k < S has sample i * S + k of each lane that is long enough, and those that are not come last.
 *
 * Samples that the source marks as unreadable are left out of their batch, by the reader of its
 * last part. A failed read ends the claiming; the consumer meets the failure of the lowest part,
 * message and all, when it comes to that batch, and again at every later call.
 */
#include <pthread.h>
#include <string.h>

#include "dcomp/source.h"

#define N_SLOTS 3u
#define MAX_READERS 8u

typedef struct slot {
    uint64_t *indices;
    float *x;
    int32_t *labels;       /* (batch, n_steps) */
    uint32_t *lengths;     /* (batch); NULL: all steps count */
    uint32_t n;            /* readable samples, when it is filled */
    uint32_t n_parts_left; /* under the mutex */
} slot;

struct dc_loader {
    dc_arena arena; /* holds this struct too */
    const dc_source *source;
    uint64_t epoch, n_values, n_batches;
    uint64_t n_samples;    /* of this rank: those at first, first + stride, ... of the order */
    uint64_t first, stride;
    uint32_t n_steps;
    uint32_t batch_size, part_size;
    const uint32_t *order; /* NULL: as they are */
    uint64_t lane_length;  /* of a stream; 0: none */
    float *state;          /* (batch_size, n_state) or NULL */
    slot slots[N_SLOTS];
    pthread_t readers[MAX_READERS];
    uint32_t n_readers;

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* below: under the mutex */
    uint64_t batch;  /* next to be claimed from    */
    uint32_t part;   /* of that batch              */
    uint64_t n_filled, n_released, n_handed;
    bool is_ending, has_warned;
    uint32_t n_reading;
    dc_status status;                   /* of the lowest part that failed: */
    uint64_t failed_batch, failed_part;
    char message[512];
};

typedef struct claim {
    uint64_t batch;
    uint32_t part;
} claim;

static uint32_t batch_length(const dc_loader *loader, uint64_t batch)
{
    if (loader->lane_length > 0)
        return (uint32_t)((loader->n_samples - 1 - batch) / loader->lane_length) + 1;
    const uint64_t left = loader->n_samples - batch * loader->batch_size;
    return (uint32_t)DC_MIN(left, (uint64_t)loader->batch_size);
}

/* Which of the rank's samples sample i of a batch is. */
static uint64_t place_of(const dc_loader *loader, uint64_t batch, uint32_t i)
{
    return loader->lane_length > 0 ? i * loader->lane_length + batch
                                   : batch * loader->batch_size + i;
}

static uint32_t n_parts(const dc_loader *loader, uint64_t batch)
{
    return (batch_length(loader, batch) + loader->part_size - 1) / loader->part_size;
}

/* ---- reading ---- */

static dc_status read_part(dc_loader *loader, const claim *c)
{
    const slot *s = &loader->slots[c->batch % N_SLOTS];
    const uint32_t first = c->part * loader->part_size;
    const uint32_t n = DC_MIN(batch_length(loader, c->batch) - first, loader->part_size);
    for (uint32_t i = first; i < first + n; i++) {
        const uint64_t at = loader->first + place_of(loader, c->batch, i) * loader->stride;
        s->indices[i] = loader->order ? loader->order[at] : at;
    }
    if (s->lengths != NULL)
        loader->source->lengths(loader->source, s->indices + first, n, s->lengths + first);
    return dc_source_read(loader->source, s->indices + first, n, loader->epoch,
                          s->x + first * loader->n_values,
                          s->labels + (uint64_t)first * loader->n_steps);
}

/* Closes the gaps that unreadable samples leave. */
static void compact(const dc_loader *loader, slot *s, uint32_t n)
{
    const uint64_t n_steps = loader->n_steps;
    s->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (s->labels[i * n_steps] == DC_UNREADABLE)
            continue;
        if (s->n != i) {
            memcpy(s->x + s->n * loader->n_values, s->x + i * loader->n_values,
                   loader->n_values * sizeof *s->x);
            memcpy(s->labels + s->n * n_steps, s->labels + i * n_steps,
                   n_steps * sizeof *s->labels);
            if (s->lengths != NULL)
                s->lengths[s->n] = s->lengths[i];
            s->indices[s->n] = s->indices[i];
        }
        s->n++;
    }
}

/* The next part to read; waits until its batch has a free slot. False when there is none. */
static bool take(claim *out, dc_loader *loader)
{
    pthread_mutex_lock(&loader->mutex);
    while (!loader->is_ending && loader->status >= 0 && loader->batch < loader->n_batches &&
           loader->batch >= loader->n_released + N_SLOTS)
        pthread_cond_wait(&loader->changed, &loader->mutex);
    const bool is_taken =
        !loader->is_ending && loader->status >= 0 && loader->batch < loader->n_batches;
    if (is_taken) {
        const uint32_t n = n_parts(loader, loader->batch);
        *out = (claim){ loader->batch, loader->part };
        if (loader->part == 0)
            loader->slots[loader->batch % N_SLOTS].n_parts_left = n;
        loader->n_reading++;
        if (++loader->part == n) {
            loader->part = 0;
            loader->batch++;
        }
    }
    pthread_mutex_unlock(&loader->mutex);
    return is_taken;
}

static void note_failure(dc_loader *loader, const claim *c, dc_status status)
{
    const bool is_first = loader->status >= 0 || c->batch < loader->failed_batch ||
                          (c->batch == loader->failed_batch && c->part < loader->failed_part);
    if (!is_first)
        return;
    loader->status = status;
    loader->failed_batch = c->batch;
    loader->failed_part = c->part;
    memset(loader->message, 0, sizeof loader->message);
    strncpy(loader->message, dc_message(), sizeof loader->message - 1);
}

/* Under the mutex, which is let go while the rest of the batch is moved together: no other reader
 * has a claim on it. Batches are counted as filled in their order. */
static void finish_part(dc_loader *loader, const claim *c, dc_status status)
{
    slot *s = &loader->slots[c->batch % N_SLOTS];
    if (status < 0)
        note_failure(loader, c, status);
    else if (s->n_parts_left == 1) {
        pthread_mutex_unlock(&loader->mutex);
        compact(loader, s, batch_length(loader, c->batch));
        pthread_mutex_lock(&loader->mutex);
        s->n_parts_left = 0;
    } else {
        s->n_parts_left--;
    }
    loader->n_reading--;
    while (loader->n_filled < loader->batch &&
           loader->slots[loader->n_filled % N_SLOTS].n_parts_left == 0)
        loader->n_filled++;
    pthread_cond_broadcast(&loader->changed);
}

static void *run(void *payload)
{
    dc_loader *loader = payload;
    claim c;
    while (take(&c, loader)) {
        const dc_status status = read_part(loader, &c);
        pthread_mutex_lock(&loader->mutex);
        finish_part(loader, &c, status);
        pthread_mutex_unlock(&loader->mutex);
    }
    return NULL;
}

/* ---- making one ---- */

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
    for (uint32_t i = 0; i < N_SLOTS && i < loader->n_batches; i++) {
        slot *s = &loader->slots[i];
        s->indices = dc_arena_take(&loader->arena, loader->batch_size, sizeof *s->indices);
        s->x = dc_arena_take(&loader->arena, loader->batch_size * loader->n_values, sizeof *s->x);
        s->labels = dc_arena_take(&loader->arena, (uint64_t)loader->batch_size * loader->n_steps,
                                  sizeof *s->labels);
        if (loader->source->lengths != NULL)
            s->lengths = dc_arena_take(&loader->arena, loader->batch_size, sizeof *s->lengths);
    }
    return loader->arena.status;
}

static dc_status start(dc_loader *loader, uint64_t shuffle_seed)
{
    const dc_source *source = loader->source;
    if (shuffle_seed != 0 && !source->is_stream)
        DC_TRY(shuffle(loader, shuffle_seed));
    DC_TRY(take_buffers(loader));
    if (loader->n_batches == 0)
        return DC_OK;
    const uint32_t n_wanted = source->is_slow ? DC_MIN(dc_pool_jobs(), MAX_READERS) : 1;
    for (; loader->n_readers < n_wanted; loader->n_readers++)
        if (pthread_create(&loader->readers[loader->n_readers], NULL, run, loader) != 0)
            break;
    if (loader->n_readers == 0)
        return dc_fail(DC_ELIMIT, "no thread could be started for '%s'",
                       source->text ? source->text : "samples");
    return DC_OK;
}

static dc_status check(const dc_source *source, const dc_loader_settings *settings)
{
    const uint64_t n_values = dc_shape_count(&source->shape);
    const uint64_t shuffle_seed = settings->shuffle_seed;
    const uint32_t batch_size = settings->batch_size;
    if (settings->rank >= DC_MAX(settings->n_ranks, 1u))
        return dc_fail(DC_EINPUT, "rank %u of %u", (unsigned)settings->rank,
                       (unsigned)settings->n_ranks);
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

dc_status dc_loader_new(dc_loader **out, const dc_source *source,
                        const dc_loader_settings *settings)
{
    DC_TRY(check(source, settings));
    const uint32_t batch_size = settings->batch_size, n_ranks = DC_MAX(settings->n_ranks, 1u);
    const uint64_t n_each = source->n_samples / n_ranks; /* and one more of the first ranks */
    const uint64_t n = n_each + (settings->rank < source->n_samples % n_ranks);
    dc_arena arena = {0};
    dc_loader *loader = dc_arena_take(&arena, 1, sizeof *loader);
    DC_TRY(arena.status);
    loader->arena = arena;
    loader->source = source;
    loader->epoch = settings->epoch;
    loader->n_samples = n;
    loader->first = settings->rank;
    loader->stride = n_ranks;
    loader->n_steps = dc_source_steps(source);
    loader->n_values = dc_shape_count(&source->shape);
    loader->n_batches = n / batch_size + (!settings->drop_last && n % batch_size != 0);
    loader->batch_size = (uint32_t)DC_MIN((uint64_t)batch_size, DC_MAX(n, UINT64_C(1)));
    if (source->is_stream) {
        loader->first = settings->rank * n_each +
                        DC_MIN((uint64_t)settings->rank, source->n_samples % n_ranks);
        loader->stride = 1;
        loader->n_batches = loader->lane_length = (n + batch_size - 1) / batch_size;
        if (settings->n_state > 0)
            loader->state = dc_arena_take(&loader->arena, loader->batch_size,
                                          settings->n_state * sizeof *loader->state);
    }
    loader->part_size = source->is_slow ? 1 : loader->batch_size;
    pthread_mutex_init(&loader->mutex, NULL);
    pthread_cond_init(&loader->changed, NULL);
    const dc_status status = start(loader, settings->shuffle_seed);
    if (status < 0) {
        dc_loader_free(loader);
        return status;
    }
    *out = loader;
    return DC_OK;
}

/* ---- the consumer ---- */

/* At the end of the pass, once: what could not be read. */
static void warn_unread(dc_loader *loader)
{
    if (!loader->has_warned && loader->source->warn_unread != NULL)
        loader->source->warn_unread(loader->source);
    loader->has_warned = true;
}

/* The next batch, which may have no readable samples; NULL at the end. */
static dc_status next_slot(const slot **out, dc_loader *loader)
{
    pthread_mutex_lock(&loader->mutex);
    loader->n_released = loader->n_handed;
    pthread_cond_broadcast(&loader->changed);
    const uint64_t batch = loader->n_handed;
    while (batch < loader->n_batches && batch >= loader->n_filled &&
           (loader->status >= 0 || loader->n_reading > 0))
        pthread_cond_wait(&loader->changed, &loader->mutex);
    const bool is_filled = batch < loader->n_filled;
    const dc_status status = is_filled ? DC_OK : loader->status;
    *out = is_filled ? &loader->slots[batch % N_SLOTS] : NULL;
    if (is_filled)
        loader->n_handed++;
    pthread_mutex_unlock(&loader->mutex);
    return status < 0 ? dc_fail(status, "%s", loader->message) : DC_OK;
}

dc_status dc_loader_next(dc_batch *out, dc_loader *loader)
{
    const slot *s;
    *out = (dc_batch){0};
    do {
        DC_TRY(next_slot(&s, loader));
    } while (s != NULL && s->n == 0);
    if (s == NULL)
        warn_unread(loader);
    else
        *out = (dc_batch){.n = s->n,
                          .state = loader->state,
                          .x = s->x,
                          .target = { loader->source->is_labelled ? s->labels : NULL,
                                      loader->n_steps, s->lengths },
                          .indices = s->indices};
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
    for (uint32_t i = 0; i < loader->n_readers; i++)
        pthread_join(loader->readers[i], NULL);
    pthread_cond_destroy(&loader->changed);
    pthread_mutex_destroy(&loader->mutex);
    dc_arena arena = loader->arena;
    dc_arena_clear(&arena);
}
