/* SPDX-License-Identifier: MIT
 *
 * A file as a model. The container is checked first, then every chunk that is used against its
 * CRC; the graph is built without values, rows of parameters are checked against the chunk, and
 * only then is memory taken, within the limits. Bodies are decoded on all cores: those that all
 * cores can share (dc_unpack, slices of levels) one after another, small ones and those of one
 * piece side by side, the largest first.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "dcomp/file.h"

#include "chunk.h"
#include "graph_io.h"
#include "layouts.h"
#include "ledger.h"
#include "names_io.h"

/* ---- graph, names, history ------------------------------------------------------------------- */

/* A reader over a chunk after its checksum; false when there is no such chunk. */
static bool open_chunk(dc_reader *r, dc_status *status, const dc_container *c, uint32_t id)
{
    const dc_chunk *chunk = dc_container_find(c, id);
    if (chunk == NULL)
        return false;
    *status = dc_chunk_check_crc(c, chunk);
    *r = dc_chunk_reader(c, chunk);
    return true;
}

static dc_status read_graph(dc_model **out, const dc_container *c)
{
    dc_reader graph, names;
    dc_status status = DC_OK;
    open_chunk(&graph, &status, c, DC_CHUNK_GRAPH);
    DC_TRY(status);
    const bool has_names = open_chunk(&names, &status, c, DC_CHUNK_NAMES);
    DC_TRY(status);
    DC_TRY(dc_graph_get(out, &graph, has_names ? &names : NULL));
    return has_names ? dc_class_names_get(*out, &names) : DC_OK;
}

/* A chunk that only adds to the model. */
static dc_status read_further(dc_model *model, const dc_container *c, uint32_t id,
                              dc_status (*get)(dc_model *, dc_reader *))
{
    dc_reader r;
    dc_status status = DC_OK;
    if (!open_chunk(&r, &status, c, id))
        return DC_OK;
    DC_TRY(status);
    return get(model, &r);
}

/* ---- parameters ------------------------------------------------------------------------------ */

typedef struct turn {
    uint64_t n_values;
    uint32_t param;
} turn;

typedef struct reading {
    dc_model *model;
    dc_stored_param *stored;
    dc_packed *packed; /* room for those that stay packed */
    dc_read_mode mode;
    uint64_t limit_bytes; /* 0: in proportion to the file */
    turn *turns;          /* parameters, the largest first */
} reading;

/* All cores decode it together. */
static bool is_shared_out(const reading *job, uint32_t index)
{
    const dc_stored_param *s = &job->stored[index];
    const bool is_one_piece = s->row.layout->is_one_piece != NULL && s->row.layout->is_one_piece(s);
    return s->param->n_values >= UINT64_C(1) << 18 && !is_one_piece;
}

/* Those become packed while they are decoded, one after the other: their memory is the model's. */
static bool gets_packed(const reading *job, uint32_t index)
{
    const dc_stored_param *s = &job->stored[index];
    return job->mode == DC_READ_TO_RUN && is_shared_out(job, index) &&
           s->row.layout->packs != NULL && s->row.layout->packs(s);
}

/* Weights that are no matrix of outputs by inputs are read by the plain ops only. */
static bool stays_packed(const reading *job, uint32_t index)
{
    const dc_param *param = &job->model->params[index];
    return (job->mode == DC_READ_PACKED || job->mode == DC_READ_TO_RUN) &&
           dc_role_is_weight(param->role) &&
           (job->model->nodes[param->node].kind->traits & DC_MATRIX) != 0 &&
           (dc_row_has_codes(&job->stored[index].row) || gets_packed(job, index));
}

/* What a file is unpacked to must be in proportion to it. */
static dc_status check_memory(const reading *job, const dc_container *c)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < job->model->n_params; i++) {
        const bool is_packed = job->mode == DC_READ_SHAPE ||
                               (stays_packed(job, i) && job->limit_bytes > 0);
        bytes += is_packed ? dc_stored_packed_bytes(&job->stored[i])
                           : job->model->params[i].n_values * sizeof(float);
        if (job->limit_bytes == 0)
            DC_TRY(dc_expansion_check(bytes, c->size, DC_EXPANSION, c->subject));
        else if (bytes > job->limit_bytes)
            return dc_fail(DC_ELIMIT,
                           "%s: values need more than the limit of %" PRIu64 " bytes in '%s'",
                           job->model->params[i].name, job->limit_bytes, c->subject);
    }
    return DC_OK;
}

/* Flags, and the model's own memory, before tasks run that may not share its arena. */
static dc_status take_memory(reading *job)
{
    dc_model *model = job->model;
    job->packed = dc_arena_take(&model->arena, model->n_params, sizeof *job->packed);
    DC_TRY(model->arena.status);
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        param->is_pruned = job->stored[i].row.is_pruned;
        param->is_shared = job->stored[i].row.is_shared;
        if (job->mode == DC_READ_SHAPE)
            continue;
        if (stays_packed(job, i) && gets_packed(job, i))
            job->stored[i].arena = &model->arena;
        else if (stays_packed(job, i))
            DC_TRY(dc_packed_room(&job->packed[i], &job->stored[i], &model->arena));
        else
            param->values = dc_arena_take(&model->arena, param->n_values, sizeof *param->values);
    }
    return model->arena.status;
}

static dc_status read_param(const reading *job, uint32_t index)
{
    dc_param *param = &job->model->params[index];
    dc_stored_param *stored = &job->stored[index];
    dc_packed *packed = stays_packed(job, index) ? &job->packed[index] : NULL;
    param->packed = packed;
    return dc_stored_decode(stored, param->values, packed);
}

static dc_status read_task(void *payload, uint64_t index)
{
    const reading *job = payload;
    const uint32_t param = job->turns[index].param;
    return is_shared_out(job, param) ? DC_OK : read_param(job, param);
}

static int compare_turns(const void *a, const void *b)
{
    const turn *x = a, *y = b;
    if (x->n_values != y->n_values)
        return x->n_values > y->n_values ? -1 : 1;
    return (x->param > y->param) - (x->param < y->param);
}

static dc_status read_bodies(reading *job, dc_arena *scratch)
{
    const uint32_t n = job->model->n_params;
    job->turns = dc_arena_take(scratch, n, sizeof *job->turns);
    DC_TRY(scratch->status);
    for (uint32_t i = 0; i < n; i++)
        job->turns[i] = (turn){ job->model->params[i].n_values, i };
    qsort(job->turns, n, sizeof *job->turns, compare_turns);
    DC_TRY(dc_pool_run(n, read_task, job));
    for (uint32_t i = 0; i < n; i++)
        if (is_shared_out(job, i))
            DC_TRY(read_param(job, i));
    return DC_OK;
}

static uint64_t chunk_bytes(const dc_container *c, uint32_t id)
{
    const dc_chunk *chunk = dc_container_find(c, id);
    return chunk != NULL ? chunk->size : 0;
}

static dc_status fill_ledger(dc_ledger *ledger, const dc_container *c, const reading *job,
                             dc_arena *arena)
{
    DC_TRY(dc_ledger_init(ledger, job->model, arena));
    for (uint32_t i = 0; i < job->model->n_params; i++) {
        const dc_stored_param *s = &job->stored[i];
        dc_ledger_add(ledger, i, &s->row, s->n_nonzero, &s->codes, &s->gaps);
    }
    ledger->major = c->major;
    ledger->minor = c->minor;
    ledger->file_bytes = c->size;
    ledger->graph_bytes = chunk_bytes(c, DC_CHUNK_GRAPH);
    ledger->names_bytes = chunk_bytes(c, DC_CHUNK_NAMES) + chunk_bytes(c, DC_CHUNK_ENDS);
    ledger->history_bytes = chunk_bytes(c, DC_CHUNK_HISTORY);
    ledger->header_bytes = c->size - ledger->graph_bytes - ledger->names_bytes -
                           ledger->history_bytes - chunk_bytes(c, DC_CHUNK_WEIGHTS);
    return DC_OK;
}

static dc_status read_weights(dc_model *model, const dc_container *c, dc_read_mode mode,
                              uint64_t limit_bytes, dc_ledger *ledger, dc_arena *arena)
{
    dc_reader r;
    dc_status status = DC_OK;
    dc_arena scratch = { 0 };
    reading job = { .model = model, .mode = mode, .limit_bytes = limit_bytes };
    open_chunk(&r, &status, c, DC_CHUNK_WEIGHTS);
    if (status == DC_OK)
        status = dc_stored_params_get(&job.stored, model, &r, dc_layouts, &scratch);
    for (uint32_t i = 0; status == DC_OK && i < model->n_params; i++)
        job.stored[i].is_explained = ledger != NULL;
    const bool has_bodies = mode != DC_READ_SHAPE || ledger != NULL;
    if (status == DC_OK && has_bodies)
        status = check_memory(&job, c);
    if (status == DC_OK)
        status = take_memory(&job);
    if (status == DC_OK && has_bodies)
        status = read_bodies(&job, &scratch);
    if (status == DC_OK && ledger != NULL)
        status = fill_ledger(ledger, c, &job, arena);
    dc_arena_clear(&scratch);
    return status;
}

/* ---- all ------------------------------------------------------------------------------------- */

dc_status dc_model_decode(dc_model **out, const void *data, uint64_t n, const char *subject,
                          dc_read_mode mode, uint64_t limit_bytes, dc_ledger *ledger,
                          dc_arena *arena)
{
    dc_container c;
    dc_model *model = NULL;
    DC_TRY(dc_container_parse(&c, data, n, subject));
    DC_TRY(dc_container_check_chunks(&c));
    dc_status status = read_graph(&model, &c);
    if (status == DC_OK)
        status = read_further(model, &c, DC_CHUNK_ENDS, dc_ends_get);
    if (status == DC_OK)
        status = read_further(model, &c, DC_CHUNK_HISTORY, dc_history_get);
    if (status == DC_OK)
        status = read_weights(model, &c, mode, limit_bytes, ledger, arena);
    if (status < 0) {
        dc_model_free(model);
        return status;
    }
    model->n_file_bytes = limit_bytes > 0 || dc_expansion_is_free() ? 0 : n;
    *out = model;
    return DC_OK;
}

bool dc_is_model_file(const char *path)
{
    dc_file_view view;
    if (dc_file_open_as(&view, path, dc_container_magic) != DC_OK)
        return false;
    const bool is_one = dc_container_begins(view.data, view.size);
    dc_file_close(&view);
    return is_one;
}

dc_status dc_model_read(dc_model **out, const char *path, dc_read_mode mode, uint64_t limit_bytes,
                        dc_ledger *ledger, dc_arena *arena)
{
    dc_file_view view;
    DC_TRY(dc_file_open_as(&view, path, dc_container_magic));
    const dc_status status =
        dc_model_decode(out, view.data, view.size, path, mode, limit_bytes, ledger, arena);
    dc_file_close(&view);
    return status;
}
