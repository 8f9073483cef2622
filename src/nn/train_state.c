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
        const uint64_t facts[] = { trainer->net->params[i].n_stored, trainer->trained[i].is_used,
                                   trainer->trained[i].theta != NULL,
                                   trainer->trained[i].tags != NULL,
                                   trainer->trained[i].latent != NULL };
        key = dc_hash64(dc_hash64(key, name, strlen(name)), facts, sizeof facts);
    }
    return key;
}

static void put_floats(dc_writer *w, const float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        dc_put_f32(w, values[i]);
}

static void get_floats(dc_reader *r, float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = dc_get_f32(r);
}

static void put_array(dc_writer *w, const dc_optim_array *array)
{
    put_floats(w, array->first, array->n);
    put_floats(w, array->second, array->second ? array->n : 0);
}

static void get_array(dc_reader *r, const dc_optim_array *array)
{
    get_floats(r, array->first, array->n);
    get_floats(r, array->second, array->second ? array->n : 0);
}

static uint64_t array_bytes(const dc_optim_array *array)
{
    return array->n * sizeof(float) * (array->second ? 2 : 1);
}

void dc_trainer_save(dc_writer *w, dc_trainer *trainer)
{
    dc_put_u32(w, STATE_MAGIC);
    dc_put_u64(w, key_of(trainer));
    dc_put_u32(w, trainer->n_epochs_done);
    dc_put_u64(w, trainer->n_steps);
    dc_put_u64(w, trainer->optim.n_steps);
    for (uint32_t i = 0; i < trainer->model->n_params; i++) {
        const dc_net_param *stored = &trainer->net->params[i];
        const dc_trained *trained = &trainer->trained[i];
        put_floats(w, stored->w, stored->n_stored);
        if (trained->theta)
            dc_put_u32(w, trained->n_theta);
        put_floats(w, trained->theta, trained->n_theta);
        for (uint64_t e = 0; trained->tags && e < stored->n_stored; e++)
            dc_put_u16(w, trained->tags[e]);
        if (!trained->is_used)
            continue;
        put_array(w, &trainer->optim.arrays[trained->array]);
        if (!trained->latent)
            continue;
        put_floats(w, trained->latent, stored->n_stored);
        put_array(w, &trainer->optim.arrays[trained->latent_array]);
    }
}

/* How many centroids there are may differ from the model at hand, where some have no weight now. */
static dc_status get_theta(dc_reader *r, dc_trained *trained)
{
    if (trained->theta == NULL)
        return DC_OK;
    trained->n_theta = dc_get_u32(r);
    if (trained->n_theta > DC_MAX_CODEBOOK)
        return dc_reader_fail(r, DC_ECORRUPT, "%u centroids", (unsigned)trained->n_theta);
    get_floats(r, trained->theta, trained->n_theta);
    return r->status;
}

static dc_status get_tags(dc_reader *r, const dc_trained *trained, uint64_t n)
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
        const dc_trained *trained = &trainer->trained[i];
        const uint64_t n_stored = trainer->net->params[i].n_stored;
        n += n_stored * sizeof(float) + (trained->tags ? n_stored * sizeof(uint16_t) : 0);
        n += trained->theta ? sizeof(uint32_t) : 0;
        if (trained->is_used)
            n += array_bytes(&trainer->optim.arrays[trained->array]);
        if (trained->latent)
            n += n_stored * sizeof(float) +
                 array_bytes(&trainer->optim.arrays[trained->latent_array]);
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
        dc_trained *trained = &trainer->trained[i];
        get_floats(r, stored->w, stored->n_stored);
        for (uint64_t e = 0; stored->w_bf16 && e < stored->n_stored; e++)
            stored->w_bf16[e] = dc_bf16_from_f32(stored->w[e]);
        DC_TRY(get_theta(r, trained));
        DC_TRY(get_tags(r, trained, stored->n_stored));
        if (!trained->is_used)
            continue;
        get_array(r, &trainer->optim.arrays[trained->array]);
        if (!trained->latent)
            continue;
        get_floats(r, trained->latent, stored->n_stored);
        get_array(r, &trainer->optim.arrays[trained->latent_array]);
    }
    trainer->n_epochs_done = n_epochs_done;
    trainer->n_steps = n_steps;
    trainer->optim.n_steps = n_optim_steps;
    trainer->net->executor->changed(trainer->net);
    return r->status;
}
