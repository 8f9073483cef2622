/* SPDX-License-Identifier: MIT
 *
 * A trainer's state for checkpoints: counters, and for each parameter its stored values, tags,
 * centroids and optimizer state, exactly. It is for the same model, settings and backend, which a
 * hash of names, sizes and the backend's text makes sure of; so everything is little-endian but in
 * no lasting format.
 */
#include <inttypes.h>
#include <string.h>

#include "train.h"

#define STATE_MAGIC UINT32_C(0x53545244) /* "DRTS" */

static uint64_t key_of(const dc_trainer *trainer)
{
    const char *text = trainer->net->executor->text();
    const uint64_t sizes[] = { trainer->settings.batch_size, trainer->settings.optimizer,
                               trainer->settings.precision, trainer->settings.seed };
    uint64_t key = dc_hash64(STATE_MAGIC, text, strlen(text));
    key = dc_hash64(key, sizes, sizeof sizes);
    for (uint32_t i = 0; i < trainer->model->n_params; i++) {
        const char *name = trainer->model->params[i].name;
        const dc_trained_param *trained = &trainer->trained.params[i];
        const uint64_t facts[] = { trainer->net->params[i].n_stored, trained->n > 0,
                                   trained->theta != NULL, trained->tags != NULL,
                                   trained->latent != NULL };
        key = dc_hash64(dc_hash64(key, name, strlen(name)), facts, sizeof facts);
    }
    return key;
}

static void put_array(dc_writer *w, const dc_optim_array *array)
{
    dc_put_f32s(w, array->first, array->n);
    dc_put_f32s(w, array->second, array->second ? array->n : 0);
}

static void get_array(dc_reader *r, const dc_optim_array *array)
{
    dc_get_f32s(r, array->first, array->n);
    dc_get_f32s(r, array->second, array->second ? array->n : 0);
}

static uint64_t array_bytes(const dc_optim_array *array)
{
    return array->n * sizeof(float) * (array->second ? 2 : 1);
}

/* States of hooks follow, when there are any: how many, then for each its name and its bytes, both
 * behind their length. */
static uint32_t count_states(const dc_train_hooks *hooks)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < hooks->n; i++)
        n += hooks->list[i].put != NULL;
    return n;
}

static void put_hooks(dc_writer *w, const dc_train_hooks *hooks)
{
    if (count_states(hooks) == 0)
        return;
    dc_put_u32(w, count_states(hooks));
    for (uint32_t i = 0; i < hooks->n; i++) {
        const dc_train_hook *hook = &hooks->list[i];
        dc_writer part;
        if (!hook->put)
            continue;
        dc_writer_init(&part, UINT64_MAX);
        hook->put(&part, hook->payload);
        dc_put_u32(w, (uint32_t)strlen(hook->name));
        dc_put_bytes(w, (const uint8_t *)hook->name, strlen(hook->name));
        dc_put_u64(w, part.size);
        dc_put_bytes(w, part.data, part.size);
        if (part.status < 0)
            w->status = part.status;
        dc_writer_clear(&part);
    }
}

static dc_status get_hook(dc_reader *r, const dc_train_hook *hook)
{
    const uint32_t n_name = dc_get_u32(r);
    dc_reader name = dc_get_part(r, n_name, "name of a hook");
    const uint64_t n = dc_get_u64(r);
    dc_reader part = dc_get_part(r, n, hook->name);
    DC_TRY(r->status);
    if (n_name != strlen(hook->name) || memcmp(name.data, hook->name, n_name) != 0)
        return dc_reader_fail(r, DC_ECORRUPT, "the state of '%s' is not there", hook->name);
    DC_TRY(hook->get(&part, hook->payload));
    DC_TRY(part.status);
    if (dc_reader_left(&part) > 0)
        return dc_reader_fail(r, DC_ECORRUPT, "the state of '%s' does not fit", hook->name);
    return DC_OK;
}

static dc_status get_hooks(dc_reader *r, const dc_train_hooks *hooks)
{
    const uint32_t n_states = count_states(hooks);
    if (n_states == 0 && dc_reader_left(r) == 0)
        return DC_OK;
    const uint32_t n = dc_get_u32(r);
    DC_TRY(r->status);
    if (n != n_states)
        return dc_reader_fail(r, DC_ECORRUPT, "states of %u hooks, not of %u", (unsigned)n,
                              (unsigned)n_states);
    for (uint32_t i = 0; i < hooks->n; i++)
        if (hooks->list[i].put)
            DC_TRY(get_hook(r, &hooks->list[i]));
    return DC_OK;
}

void dc_trainer_save(dc_writer *w, dc_trainer *trainer)
{
    dc_put_u32(w, STATE_MAGIC);
    dc_put_u64(w, key_of(trainer));
    dc_put_u32(w, trainer->n_epochs_done);
    dc_put_u64(w, trainer->trained.n_steps);
    dc_put_u64(w, trainer->optim.n_steps);
    for (uint32_t i = 0; i < trainer->model->n_params; i++) {
        const dc_net_param *stored = &trainer->net->params[i];
        const dc_trained_param *trained = &trainer->trained.params[i];
        dc_put_f32s(w, stored->w, stored->n_stored);
        if (trained->theta)
            dc_put_u32(w, trained->n_theta);
        dc_put_f32s(w, trained->theta, trained->n_theta);
        for (uint64_t e = 0; trained->tags && e < stored->n_stored; e++)
            dc_put_u16(w, trained->tags[e]);
        if (trained->n == 0)
            continue;
        put_array(w, &trainer->optim.arrays[trainer->places[i].array]);
        if (!trained->latent)
            continue;
        dc_put_f32s(w, trained->latent, stored->n_stored);
        put_array(w, &trainer->optim.arrays[trainer->places[i].latent_array]);
    }
    put_hooks(w, &trainer->hooks);
}

/* How many centroids there are may differ from the model at hand, where some have no weight now. */
static dc_status get_theta(dc_reader *r, dc_trained_param *trained)
{
    if (trained->theta == NULL)
        return DC_OK;
    trained->n_theta = dc_get_u32(r);
    if (trained->n_theta > DC_MAX_CODEBOOK)
        return dc_reader_fail(r, DC_ECORRUPT, "%u centroids", (unsigned)trained->n_theta);
    dc_get_f32s(r, trained->theta, trained->n_theta);
    return r->status;
}

static dc_status get_tags(dc_reader *r, const dc_trained_param *trained, uint64_t n)
{
    const uint32_t max = trained->theta ? trained->n_theta : 1;
    for (uint64_t e = 0; trained->tags && e < n; e++) {
        trained->tags[e] = dc_get_u16(r);
        if (trained->tags[e] > max)
            return dc_reader_fail(r, DC_ECORRUPT, "tag %u of %u", (unsigned)trained->tags[e],
                                  (unsigned)max);
    }
    return r->status;
}

static uint64_t bytes_of(const dc_trainer *trainer)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < trainer->model->n_params; i++) {
        const dc_trained_param *trained = &trainer->trained.params[i];
        const uint64_t n_stored = trainer->net->params[i].n_stored;
        n += n_stored * sizeof(float) + (trained->tags ? n_stored * sizeof(uint16_t) : 0);
        n += trained->theta ? sizeof(uint32_t) : 0;
        if (trained->n > 0)
            n += array_bytes(&trainer->optim.arrays[trainer->places[i].array]);
        if (trained->latent)
            n += n_stored * sizeof(float) +
                 array_bytes(&trainer->optim.arrays[trainer->places[i].latent_array]);
    }
    return n;
}

/* Checked whole before anything is taken: a state of the right key and length restores, else
 * nothing does (a tag out of range, which only damage can bring, is found on the way). */
dc_status dc_trainer_restore(dc_trainer *trainer, dc_reader *r)
{
    const uint32_t magic = dc_get_u32(r);
    const uint64_t key = dc_get_u64(r);
    const uint32_t n_epochs_done = dc_get_u32(r);
    const uint64_t n_steps = dc_get_u64(r), n_optim_steps = dc_get_u64(r);
    DC_TRY(r->status);
    if (magic != STATE_MAGIC)
        return dc_reader_fail(r, DC_ECORRUPT, "not a state of training");
    if (key != key_of(trainer))
        return dc_reader_fail(r, DC_ECORRUPT, "a state of another model, setting or backend");
    if (dc_reader_left(r) < bytes_of(trainer))
        return dc_reader_fail(r, DC_ECORRUPT, "%" PRIu64 " bytes of state are missing",
                              bytes_of(trainer) - dc_reader_left(r));
    for (uint32_t i = 0; i < trainer->model->n_params; i++) {
        const dc_net_param *stored = &trainer->net->params[i];
        dc_trained_param *trained = &trainer->trained.params[i];
        dc_get_f32s(r, stored->w, stored->n_stored);
        for (uint64_t e = 0; stored->w_bf16 && e < stored->n_stored; e++)
            stored->w_bf16[e] = dc_bf16_from_f32(stored->w[e]);
        DC_TRY(get_theta(r, trained));
        DC_TRY(get_tags(r, trained, stored->n_stored));
        if (trained->n == 0)
            continue;
        get_array(r, &trainer->optim.arrays[trainer->places[i].array]);
        if (!trained->latent)
            continue;
        dc_get_f32s(r, trained->latent, stored->n_stored);
        get_array(r, &trainer->optim.arrays[trainer->places[i].latent_array]);
    }
    DC_TRY(get_hooks(r, &trainer->hooks));
    trainer->n_epochs_done = n_epochs_done;
    trainer->trained.n_steps = n_steps;
    trainer->optim.n_steps = n_optim_steps;
    trainer->net->executor->changed(trainer->net);
    return r->status;
}
