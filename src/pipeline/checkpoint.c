/* SPDX-License-Identifier: MIT
 *
 * Checkpoints in a work folder: one model file for each finished stage, named by its place and key,
 * and one file for the epoch in progress. Each appears whole or not at all; a key that does not
 * match, or a file that cannot be read, is as if it were not there.
 *
 * epoch file: "dcE3", key u64, phase, epoch, epochs_since_best u32, has_best u8, best
 * loss, top-1 and top-5 error and the earlier top-1 error as f64 bits, then three parts with a u64
 * length each: model, best model (may be empty), trainer state, CRC-32 of all before it.
 */
#include "run_internal.h"

#include <string.h>

#define EPOCH_MAGIC 0x33456364u /* "dcE3" */
#define MAX_CHECKPOINT_BYTES (UINT64_C(1) << 36)

static const char *epoch_path(const dc_run *run)
{
    return dc_arena_print(run->arena, "%s/epoch.ckpt", run->settings.work_folder);
}

static const char *stage_path(const dc_run *run, const char *stage)
{
    return dc_arena_print(run->arena, "%s/%02u-%s-%016llx.dcm", run->settings.work_folder,
                          run->step + 1, stage, (unsigned long long)run->key);
}

/* A model as a length and its plain file; nothing for NULL. */
static dc_status put_model(dc_writer *w, const dc_model *model)
{
    const dc_write_settings settings = { .level = DC_LEVEL_PLAIN };
    if (model == NULL) {
        dc_put_u64(w, 0);
        return w->status;
    }
    dc_writer part;
    dc_arena scratch = { 0 };
    dc_writer_init(&part, MAX_CHECKPOINT_BYTES);
    const dc_status status = dc_model_encode(&part, model, &settings, NULL, &scratch);
    dc_put_u64(w, part.size);
    dc_put_bytes(w, part.data, part.size);
    dc_writer_clear(&part);
    dc_arena_clear(&scratch);
    return status < 0 ? status : w->status;
}

static dc_status get_model(dc_model **out, dc_reader *r)
{
    const uint64_t n = dc_get_u64(r);
    dc_reader part = dc_get_part(r, n, "checkpointed model");
    DC_TRY(r->status);
    *out = NULL;
    if (n == 0)
        return DC_OK;
    dc_arena scratch = { 0 };
    const dc_status status =
        dc_model_decode(out, part.data, part.size, "checkpointed model", DC_READ_DENSE,
                        dc_memory_limit_bytes(), NULL, &scratch);
    dc_arena_clear(&scratch);
    return status;
}

static dc_status put_state(dc_writer *w, const dc_run *run, const epoch_state *state,
                           dc_trainer *trainer)
{
    dc_put_u32(w, EPOCH_MAGIC);
    dc_put_u64(w, run->key);
    dc_put_u32(w, state->phase);
    dc_put_u32(w, state->epoch);
    dc_put_u32(w, state->epochs_since_best);
    dc_put_u8(w, state->has_best);
    dc_put_f64(w, state->best.loss);
    dc_put_f64(w, state->best.top1_error);
    dc_put_f64(w, state->best.top5_error);
    DC_TRY(put_model(w, run->model));
    DC_TRY(put_model(w, state->best_model));
    dc_writer part;
    dc_writer_init(&part, MAX_CHECKPOINT_BYTES);
    dc_trainer_save(&part, trainer);
    dc_put_u64(w, part.size);
    dc_put_bytes(w, part.data, part.size);
    const dc_status status = part.status;
    dc_writer_clear(&part);
    DC_TRY(status);
    dc_put_u32(w, dc_crc32(0, w->data, w->size));
    return w->status;
}

dc_status checkpoint_put_epoch(const dc_run *run, const epoch_state *state, dc_trainer *trainer)
{
    const bool is_written = run->settings.work_folder != NULL;
    if (!is_written && run->settings.exchange == NULL)
        return DC_OK;
    if (is_written)
        DC_TRY(work_folder_note(run));
    dc_writer w;
    dc_writer_init(&w, MAX_CHECKPOINT_BYTES);
    dc_status status = put_state(&w, run, state, trainer); /* with what all ranks hold */
    if (status == DC_OK && is_written)
        status = dc_file_write(epoch_path(run), w.data, w.size, true);
    dc_writer_clear(&w);
    return status;
}

static dc_status get_state(epoch_state *out, dc_reader *r, const dc_run *run)
{
    const uint64_t n = r->size < 4 ? 0 : r->size - 4;
    dc_reader sum = dc_reader_over(r->data + n, r->size - n, "checkpoint");
    if (dc_get_u32(&sum) != dc_crc32(0, r->data, n) || sum.status < 0)
        return dc_fail(DC_ECORRUPT, "checkpoint: checksum is wrong");
    const uint32_t magic = dc_get_u32(r);
    const uint64_t key = dc_get_u64(r);
    DC_TRY(r->status);
    if (magic != EPOCH_MAGIC || key != run->key)
        return dc_fail(DC_EINPUT, "checkpoint is of another run");
    out->phase = dc_get_u32(r);
    out->epoch = dc_get_u32(r);
    out->epochs_since_best = dc_get_u32(r);
    out->has_best = dc_get_u8(r) != 0;
    out->best.loss = dc_get_f64(r);
    out->best.top1_error = dc_get_f64(r);
    out->best.top5_error = dc_get_f64(r);
    DC_TRY(get_model(&out->model, r));
    DC_TRY(get_model(&out->best_model, r));
    const uint64_t n_trainer = dc_get_u64(r);
    out->trainer = dc_get_part(r, n_trainer, "trainer state");
    return r->status;
}

bool is_of_machine(dc_status status)
{
    return status == DC_EIO || status == DC_ENOMEM || status == DC_ELIMIT;
}

/* Of this process alone. */
static dc_status find_epoch(epoch_state *out, const dc_run *run)
{
    *out = (epoch_state){ 0 };
    if (run->settings.work_folder == NULL || !run->settings.is_resumed)
        return DC_OK;
    const char *path = epoch_path(run);
    DC_TRY(run->arena->status);
    bool is_there;
    DC_TRY(dc_file_find(&is_there, path));
    if (!is_there)
        return DC_OK;
    epoch_state state = { 0 };
    DC_TRY(dc_file_open(&state.file, path, MAX_CHECKPOINT_BYTES));
    dc_reader r = dc_reader_over(state.file.data, state.file.size, path);
    const dc_status status = get_state(&state, &r, run);
    if (status < 0) {
        checkpoint_close_epoch(&state);
        return is_of_machine(status) ? status : DC_OK;
    }
    *out = state;
    return DC_OK;
}

/* Other ranks get the bytes that rank 0 has found. */
static dc_status share_epoch(epoch_state *state, const dc_run *run)
{
    dc_peers *peers = run->settings.exchange->peers;
    const bool is_first = peers->rank == 0;
    dc_writer whole = { .data = (uint8_t *)(uintptr_t)state->file.data, .size = state->file.size,
                        .limit_bytes = MAX_CHECKPOINT_BYTES };
    if (is_first)
        return dc_peers_share_bytes(peers, &whole);
    dc_writer_init(&state->shared, MAX_CHECKPOINT_BYTES);
    DC_TRY(dc_peers_share_bytes(peers, &state->shared));
    if (state->shared.size == 0)
        return DC_OK;
    dc_reader r = dc_reader_over(state->shared.data, state->shared.size, "checkpoint of rank 0");
    return get_state(state, &r, run);
}

dc_status checkpoint_get_epoch(epoch_state *out, const dc_run *run)
{
    DC_TRY(find_epoch(out, run));
    if (run->settings.exchange == NULL || !run->settings.is_resumed)
        return DC_OK;
    const dc_status status = share_epoch(out, run);
    if (status < 0)
        checkpoint_close_epoch(out);
    return status;
}

dc_status checkpoint_take_model(bool *found, uint32_t *phase, dc_run *run)
{
    epoch_state state;
    DC_TRY(checkpoint_get_epoch(&state, run));
    *found = state.model != NULL;
    *phase = state.phase;
    if (*found) {
        dc_model_free(run->model);
        run->model = state.model;
        state.model = NULL;
    }
    checkpoint_close_epoch(&state);
    return DC_OK;
}

void checkpoint_close_epoch(epoch_state *state)
{
    dc_model_free(state->model);
    dc_model_free(state->best_model);
    if (state->file.data != NULL)
        dc_file_close(&state->file);
    dc_writer_clear(&state->shared);
    *state = (epoch_state){ 0 };
}

dc_status checkpoint_put_stage(const dc_run *run, const char *stage)
{
    if (run->settings.work_folder == NULL)
        return DC_OK;
    const dc_write_settings settings = { .level = DC_LEVEL_PLAIN };
    const char *path = stage_path(run, stage);
    DC_TRY(run->arena->status);
    DC_TRY(work_folder_note(run));
    DC_TRY(dc_model_write(path, run->model, &settings, true, NULL, run->arena));
    checkpoint_drop_epoch(run);
    return DC_OK;
}

static dc_status find_stage(bool *found, dc_run *run, const char *stage)
{
    *found = false;
    if (run->settings.work_folder == NULL || !run->settings.is_resumed)
        return DC_OK;
    const char *path = stage_path(run, stage);
    DC_TRY(run->arena->status);
    bool is_there;
    DC_TRY(dc_file_find(&is_there, path));
    if (!is_there)
        return DC_OK;
    dc_model *model;
    const uint64_t limit = dc_memory_limit_bytes(); /* it is our own */
    const dc_status status = dc_model_read(&model, path, DC_READ_DENSE, limit, NULL, run->arena);
    if (status < 0)
        return is_of_machine(status) ? status : DC_OK; /* damaged: do the stage again */
    dc_model_free(run->model);
    run->model = model;
    *found = true;
    return DC_OK;
}

dc_status checkpoint_get_stage(bool *found, dc_run *run, const char *stage)
{
    DC_TRY(find_stage(found, run, stage));
    if (!run->settings.is_resumed)
        return DC_OK;
    DC_TRY(ranks_share(run, found, sizeof *found));
    return *found ? ranks_share_model(run) : DC_OK;
}

void checkpoint_drop_epoch(const dc_run *run)
{
    if (run->settings.work_folder != NULL)
        dc_file_remove(epoch_path(run));
}

dc_status checkpoint_has_epoch(bool *found, const dc_run *run)
{
    epoch_state state;
    DC_TRY(find_epoch(&state, run));
    *found = state.model != NULL;
    checkpoint_close_epoch(&state);
    return DC_OK;
}

/* What is left of `name` after "02-prune-0123456789abcdef.dcm", or NULL when it is no such name. */
static const char *after_stage_name(const char *name)
{
    static const char hex[] = "0123456789abcdef";
    const size_t n_digits = strspn(name, "0123456789");
    const char *dot = strchr(name, '.');
    if (n_digits < 2 || name[n_digits] != '-' || dot == NULL || dot - name < 18)
        return NULL;
    const char *key = dot - 16;
    if (key[-1] != '-' || strspn(key, hex) != 16 || strncmp(dot, ".dcm", 4) != 0)
        return NULL;
    return dot + 4;
}

/* "epoch.ckpt", "02-prune-0123456789abcdef.dcm", and the temporaries of both that a kill left:
 * ".epoch.ckpt.abcdef". A file of the user's in the same folder stays. */
static bool is_state(const char *name)
{
    const bool is_hidden = name[0] == '.';
    const size_t n = strlen("epoch.ckpt");
    name += is_hidden;
    const char *rest = strncmp(name, "epoch.ckpt", n) == 0 ? name + n : after_stage_name(name);
    return rest != NULL && rest[0] == (is_hidden ? '.' : '\0');
}

static bool is_ours(const char *name)
{
    return is_state(name) || strcmp(name, "run.json") == 0 || strncmp(name, ".run.json.", 10) == 0;
}

static bool is_whole_state(const char *name)
{
    return name[0] != '.' && is_state(name);
}

dc_status checkpoint_has_any(bool *found, const char *folder)
{
    return dc_folder_find(found, folder, is_whole_state);
}

/* What describes the states goes after them, whatever a power cut leaves: nothing says whose states
 * without it are. */
dc_status checkpoint_remove_states(const char *folder)
{
    DC_TRY(dc_folder_remove_files(folder, is_state));
    DC_TRY(dc_folder_sync(folder));
    return dc_folder_remove_files(folder, is_ours);
}

void checkpoint_remove_all(const char *folder)
{
    if (checkpoint_remove_states(folder) == DC_OK)
        dc_folder_remove(folder);
}
