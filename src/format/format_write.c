/* SPDX-License-Identifier: MIT
 *
 * A model as a file. Every part is made in memory first, so that sizes and checksums are known,
 * and then goes out in the order header, GRPH, WGTS (rows, bodies), nAME, eNDS, hIST. Large
 * parameters are encoded one after another, each on all cores; the small ones side by side. The
 * bytes are the same either way. Where coders of whole layers are allowed, so that no old reader is
 * asked to read the file, it is of version 2, which always takes fewer bytes.
 */
#include <string.h>

#include "dcomp/file.h"

#include "chunk.h"
#include "decode_pace.h"
#include "deflate.h"
#include "graph_io.h"
#include "ledger.h"
#include "names_io.h"
#include "param_write.h"

#define LARGE_VALUES (UINT64_C(1) << 18)
#define MAX_FILE_BYTES (UINT64_C(1) << 46)

typedef struct parts {
    const dc_model *model;
    const dc_write_settings *settings;
    bool has_ledger;
    dc_writer header, graph, rows;
    dc_writer names, ends, history; /* what they hold */
    dc_writer further;              /* all three, as in the file */
    bool is_compact, is_deflated;
    uint8_t minor;
    dc_pace pace;
    dc_written_param *params; /* model->n_params */
    uint64_t bodies_bytes;
} parts;

static dc_status check_request(const dc_model *model, const dc_write_settings *settings)
{
    if (settings->gap_bits != 0 &&
        (settings->gap_bits < DC_MIN_GAP_BITS || settings->gap_bits > DC_MAX_GAP_BITS))
        return dc_fail(DC_EINPUT, "gaps of %u bits, must be from %u to %u",
                       (unsigned)settings->gap_bits, DC_MIN_GAP_BITS, DC_MAX_GAP_BITS);
    for (uint32_t i = 0; i < model->n_params; i++)
        if (model->params[i].values == NULL)
            return dc_fail(DC_EINPUT, "%s: has no values to write", model->params[i].name);
    return DC_OK;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static bool is_large(const dc_param *param)
{
    return param->n_values >= LARGE_VALUES;
}

static dc_status choose_param(parts *p, uint64_t index)
{
    dc_written_param *written = &p->params[index];
    const uint32_t mask = dc_pace_mask(&p->pace, p->settings->level_coder_mask,
                                       written->param->n_values, 0);
    return dc_param_choose(written, p->settings, mask, dc_layouts);
}

static dc_status encode_param(parts *p, uint64_t index)
{
    return dc_param_encode(&p->params[index]);
}

static dc_status write_param(parts *p, uint64_t index)
{
    DC_TRY(choose_param(p, index));
    return encode_param(p, index);
}

typedef dc_status param_work(parts *p, uint64_t index);

typedef struct round_of_work {
    parts *p;
    param_work *work;
} round_of_work;

static dc_status small_task(void *payload, uint64_t index)
{
    const round_of_work *r = payload;
    return is_large(&r->p->model->params[index]) ? DC_OK : r->work(r->p, index);
}

/* Long enough for a line of progress. */
static dc_status work_on_large(const round_of_work *r)
{
    const dc_model *model = r->p->model;
    uint64_t n_all = 0, n_done = 0;
    for (uint32_t i = 0; i < model->n_params; i++)
        n_all += is_large(&model->params[i]) ? model->params[i].n_values : 0;
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        if (!is_large(param))
            continue;
        dc_progress("encode", n_done, n_all, param->name);
        DC_TRY(r->work(r->p, i));
        n_done += param->n_values;
    }
    if (n_all > 0)
        dc_progress("encode", n_all, n_all, "");
    return DC_OK;
}

static dc_status work_on_all(parts *p, param_work *work)
{
    round_of_work r = { p, work };
    DC_TRY(dc_pool_run(p->model->n_params, small_task, &r));
    return work_on_large(&r);
}

static dc_status write_params(parts *p)
{
    const dc_model *model = p->model;
    for (uint32_t i = 0; i < model->n_params; i++) {
        p->params[i].param = &model->params[i];
        p->params[i].geometry = dc_param_geometry(model, &model->params[i]);
        p->params[i].is_explained = p->has_ledger;
        dc_writer_init(&p->params[i].body, MAX_FILE_BYTES);
    }
    p->pace = dc_pace_of(model, p->settings);
    if (!dc_pace_is_tight(&p->pace, p->settings->level_coder_mask)) {
        DC_TRY(work_on_all(p, write_param));
    } else {
        DC_TRY(work_on_all(p, choose_param));
        dc_pace_keep(&p->pace, p->params, model->n_params);
        DC_TRY(work_on_all(p, encode_param));
    }
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_row_put(&p->rows, &p->params[i].row);
        p->bodies_bytes += dc_row_body_bytes(&p->params[i].row);
    }
    return p->rows.status;
}

/* ---- chunks ---------------------------------------------------------------------------------- */

static uint32_t crc_of(uint32_t seed, const dc_writer *w)
{
    return w->size > 0 ? dc_crc32(seed, w->data, w->size) : seed;
}

static void put_to_crc(void *to, const void *data, uint64_t n)
{
    uint32_t *crc = to;
    *crc = dc_crc32(*crc, data, n);
}

static uint32_t weights_crc(const parts *p)
{
    uint32_t crc = crc_of(0, &p->rows);
    for (uint32_t i = 0; i < p->model->n_params; i++)
        dc_written_put(put_to_crc, &crc, &p->params[i]);
    return crc;
}

static dc_chunk chunk_of(uint32_t id, const dc_writer *w)
{
    return (dc_chunk){ .id = id, .size = w->size, .crc = crc_of(0, w) };
}

static void put_further(parts *p, uint32_t id, const dc_writer *w)
{
    if (p->is_compact)
        dc_compact_put_further(&p->further, id, w->size);
    dc_put_bytes(&p->further, w->data, w->size);
}

/* Names, ends and history, where they say something. */
static dc_status make_further(parts *p, dc_chunk *chunks, uint32_t *n_chunks)
{
    const bool is_stripped = p->settings->is_stripped;
    const struct {
        uint32_t id;
        bool says_something;
        const dc_writer *w;
    } kinds[] = {
        { DC_CHUNK_NAMES, dc_names_put(&p->names, p->model, is_stripped), &p->names },
        { DC_CHUNK_ENDS, !is_stripped && dc_ends_put(&p->ends, p->model), &p->ends },
        { DC_CHUNK_HISTORY, !is_stripped && dc_history_put(&p->history, p->model), &p->history },
    };
    for (size_t i = 0; i < DC_COUNT_OF(kinds); i++) {
        DC_TRY(kinds[i].w->status);
        if (!kinds[i].says_something)
            continue;
        chunks[(*n_chunks)++] = chunk_of(kinds[i].id, kinds[i].w);
        put_further(p, kinds[i].id, kinds[i].w);
    }
    return p->further.status;
}

/* GRPH deflated, if that is smaller. */
static dc_status deflate_graph(parts *p)
{
    dc_writer deflated;
    if (p->graph.size > DC_MAX_DEFLATED_BYTES)
        return DC_OK;
    dc_writer_init(&deflated, MAX_FILE_BYTES);
    dc_graph_deflate(&deflated, p->graph.data, p->graph.size);
    p->is_deflated = deflated.status == DC_OK && deflated.size < p->graph.size;
    const dc_status status = deflated.status;
    if (p->is_deflated) {
        dc_writer_clear(&p->graph);
        p->graph = deflated;
    } else {
        dc_writer_clear(&deflated);
    }
    return status;
}

static void put_writer(dc_put_fn *put, void *to, const dc_writer *w)
{
    if (w->size > 0)
        put(to, w->data, w->size);
}

/* The whole file. */
static void put_parts(dc_put_fn *put, void *to, const parts *p)
{
    put_writer(put, to, &p->header);
    put_writer(put, to, &p->graph);
    put_writer(put, to, &p->rows);
    for (uint32_t i = 0; i < p->model->n_params; i++)
        dc_written_put(put, to, &p->params[i]);
    put_writer(put, to, &p->further);
}

static dc_status make_compact_header(parts *p)
{
    uint32_t crc = 0;
    DC_TRY(deflate_graph(p));
    dc_compact_put(&p->header, p->graph.size, p->is_deflated, p->further.size > 0,
                   p->rows.size + p->bodies_bytes);
    put_parts(put_to_crc, &crc, p);
    dc_compact_seal(&p->header, crc);
    return p->header.status;
}

static dc_status make_parts(parts *p)
{
    dc_chunk chunks[5];
    uint32_t n = 0;
    p->is_compact = p->settings->level_coder_mask != 0;
    DC_TRY(write_params(p));
    dc_graph_put(&p->graph, p->model);
    DC_TRY(p->graph.status);
    chunks[n++] = chunk_of(DC_CHUNK_GRAPH, &p->graph);
    chunks[n++] = (dc_chunk){ .id = DC_CHUNK_WEIGHTS, .size = p->rows.size + p->bodies_bytes };
    DC_TRY(make_further(p, chunks, &n));
    if (p->is_compact)
        return make_compact_header(p);
    chunks[1].crc = weights_crc(p);
    p->minor = dc_container_minor(chunks, n);
    dc_container_put(&p->header, chunks, n);
    return p->header.status;
}

static dc_status init_parts(parts *p, const dc_model *model, const dc_write_settings *settings,
                            bool has_ledger)
{
    *p = (parts){ .model = model, .settings = settings, .has_ledger = has_ledger };
    dc_writer *const writers[] = { &p->header, &p->graph,   &p->rows,   &p->names,
                                   &p->ends,   &p->history, &p->further };
    for (size_t i = 0; i < DC_COUNT_OF(writers); i++)
        dc_writer_init(writers[i], MAX_FILE_BYTES);
    DC_TRY(check_request(model, settings));
    p->params = dc_grow(NULL, (uint64_t)model->n_params + 1, sizeof *p->params);
    if (p->params == NULL)
        return DC_ENOMEM;
    memset(p->params, 0, (model->n_params + (size_t)1) * sizeof *p->params);
    return make_parts(p);
}

static void clear_parts(parts *p)
{
    for (uint32_t i = 0; p->params != NULL && i < p->model->n_params; i++)
        dc_written_clear(&p->params[i]);
    dc_release(p->params);
    dc_writer_clear(&p->header);
    dc_writer_clear(&p->graph);
    dc_writer_clear(&p->rows);
    dc_writer_clear(&p->names);
    dc_writer_clear(&p->ends);
    dc_writer_clear(&p->history);
    dc_writer_clear(&p->further);
}

/* ---- out ------------------------------------------------------------------------------------- */

static uint64_t file_bytes(const parts *p)
{
    return p->header.size + p->graph.size + p->rows.size + p->bodies_bytes + p->further.size;
}

static dc_status fill_ledger(dc_ledger *ledger, const parts *p, dc_arena *arena)
{
    DC_TRY(dc_ledger_init(ledger, p->model, arena));
    for (uint32_t i = 0; i < p->model->n_params; i++) {
        const dc_written_param *w = &p->params[i];
        dc_ledger_add(ledger, i, &w->row, w->n_nonzero, &w->codes, &w->gaps);
    }
    ledger->graph_bytes = p->graph.size;
    ledger->major = p->is_compact ? DC_FORMAT_MAJOR : 1;
    ledger->minor = p->minor;
    ledger->names_bytes = p->names.size + p->ends.size;
    ledger->history_bytes = p->history.size;
    ledger->header_bytes = p->header.size + p->further.size - ledger->names_bytes -
                           ledger->history_bytes;
    ledger->file_bytes = file_bytes(p);
    return DC_OK;
}

#define TOLD_BYTES (UINT64_C(8) << 20)

/* A file on its way, and how much of it is there. */
typedef struct told_output {
    dc_output *output;
    uint64_t n_done, n_all, n_told; /* bytes */
} told_output;

static void put_to_output(void *to, const void *data, uint64_t n)
{
    told_output *o = to;
    dc_output_write(o->output, data, n);
    o->n_done += n;
    if (o->n_done - o->n_told < TOLD_BYTES)
        return;
    o->n_told = o->n_done;
    dc_progress("write", o->n_done, o->n_all, "bytes");
}

static void put_to_writer(void *to, const void *data, uint64_t n)
{
    dc_put_bytes(to, data, n);
}

/* A reader of this file must be allowed this much memory. */
static void warn_of_expansion(const dc_model *model, const char *path, uint64_t n_file_bytes)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < model->n_params; i++)
        bytes += model->params[i].n_values * sizeof(float);
    const bool is_usual = dc_expansion_is_usual(bytes, n_file_bytes, DC_EXPANSION);
    if (!is_usual || dc_model_check_values(model, n_file_bytes) < 0)
        dc_warn("'%s' has few bytes for what it asks for: %s it needs --memory-limit", path,
                is_usual ? "to be run" : "to be read");
}

dc_status dc_model_write(const char *path, const dc_model *model, const dc_write_settings *settings,
                         bool may_replace, dc_ledger *ledger, dc_arena *arena)
{
    parts p;
    told_output to = { 0 };
    dc_status status = init_parts(&p, model, settings, ledger != NULL);
    if (status == DC_OK && ledger != NULL)
        status = fill_ledger(ledger, &p, arena);
    if (status == DC_OK)
        status = dc_output_open(&to.output, path, may_replace);
    if (status == DC_OK) {
        to.n_all = file_bytes(&p);
        put_parts(put_to_output, &to, &p);
        status = dc_output_commit(to.output);
        if (status == DC_OK)
            warn_of_expansion(model, path, to.n_all);
        if (to.n_told > 0)
            dc_progress("write", to.n_all, to.n_all, "bytes");
    }
    clear_parts(&p);
    return status;
}

dc_status dc_model_encode(dc_writer *w, const dc_model *model, const dc_write_settings *settings,
                          dc_ledger *ledger, dc_arena *arena)
{
    parts p;
    dc_status status = init_parts(&p, model, settings, ledger != NULL);
    if (status == DC_OK && ledger != NULL)
        status = fill_ledger(ledger, &p, arena);
    if (status == DC_OK) {
        put_parts(put_to_writer, w, &p);
        status = w->status;
    }
    clear_parts(&p);
    return status;
}
