/* SPDX-License-Identifier: MIT
 *
 * The deep check: everything that can be checked without running the network. It goes on after
 * damage as far as sense allows: a wrong checksum does not keep the chunk from being looked
 * into, a damaged name does not keep parameters from being decoded, and one damaged parameter
 * not the next. What asks for more memory than a file may is a failure. Besides the duties of a
 * reader it checks those of a writer (docs/format.md, section 8) that leave traces, what stages
 * rely on among them.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "dcomp/file.h"

#include "chunk.h"
#include "graph_io.h"
#include "names_io.h"
#include "param_read.h"

#define MAX_FINDINGS 1000u

typedef struct verifying {
    const dc_container *c;
    dc_arena *arena;
    dc_finding *findings;
    uint32_t n_findings;
    uint64_t n_bytes; /* unpacked so far */
} verifying;

static void note(verifying *v, uint64_t offset, const char *text)
{
    if (v->n_findings < MAX_FINDINGS)
        v->findings[v->n_findings++] = (dc_finding){ offset, dc_arena_text(v->arena, text) };
}

/* A failure of a reader becomes a finding; running out of memory, or over a limit, stays one. */
static dc_status note_failure(verifying *v, dc_status status, uint64_t offset)
{
    if (status == DC_ENOMEM || status == DC_EIO || status == DC_ELIMIT)
        return status;
    if (status < 0)
        note(v, offset, dc_message());
    return DC_OK;
}

/* ---- parameters ------------------------------------------------------------------------------ */

/* One after another they take time instead of memory. */
static dc_status check_size(verifying *v, uint64_t bytes)
{
    v->n_bytes += DC_MIN(bytes, UINT64_MAX - v->n_bytes);
    return dc_expansion_check(v->n_bytes, v->c->size, DC_EXPANSION, v->c->subject);
}

static void note_param(verifying *v, const dc_stored_param *s, const char *text)
{
    note(v, s->offset, dc_arena_print(v->arena, "%s: %s", s->param->name, text));
}

static void check_canonical(verifying *v, const dc_stored_param *s, const dc_packed *p)
{
    bool is_used[DC_MAX_CODEBOOK] = { false }, has_unused = false, has_twin = false;
    for (uint64_t e = 0; e < p->n_entries; e++)
        is_used[p->codes[e]] = true;
    for (uint32_t i = 0; i < p->n_codebook; i++) {
        has_unused |= !is_used[i] && (i > 0 || p->is_dense);
        for (uint32_t j = 0; j < i; j++)
            has_twin |= p->codebook[i] == p->codebook[j];
    }
    if (has_unused)
        note_param(v, s, "codebook has entries that are never used");
    if (has_twin)
        note_param(v, s, "codebook has equal entries");
    if (!p->is_dense && p->n_entries > 0 && p->codes[p->n_entries - 1] == 0)
        note_param(v, s, "filler after the last weight");
}

/* What stages rely on, where codes do not see to it: of a shared parameter that is stored without
 * them, and of variances. Its numbers are known to be sound. */
static dc_status verify_promises(verifying *v, dc_stored_param *s, dc_arena *scratch)
{
    dc_param param = *s->param;
    if (!(s->row.is_shared && !dc_row_has_codes(&s->row)) && param.role != DC_ROLE_VARIANCE)
        return DC_OK;
    DC_TRY(check_size(v, param.n_values * sizeof *param.values));
    param.is_pruned = s->row.is_pruned;
    param.is_shared = s->row.is_shared;
    param.values = dc_arena_take(scratch, param.n_values, sizeof *param.values);
    DC_TRY(scratch->status);
    dc_status status = dc_stored_decode(s, param.values, NULL);
    if (status == DC_OK)
        status = dc_param_check(&param);
    return note_failure(v, status, s->offset);
}

/* Of a layer of levels that was decoded. */
static void check_levels(verifying *v, const dc_stored_param *s)
{
    if (s->row.levels.has_unused)
        note_param(v, s, "book has levels that never occur");
}

static dc_status verify_param(verifying *v, dc_stored_param *s)
{
    dc_arena scratch = { 0 };
    dc_packed packed;
    const bool is_coded = dc_row_has_codes(&s->row);
    dc_status status = check_size(v, dc_stored_packed_bytes(s));
    if (is_coded && status == DC_OK)
        status = dc_packed_room(&packed, s, &scratch);
    if (status == DC_OK) {
        status = dc_stored_decode(s, NULL, is_coded ? &packed : NULL);
        if (status == DC_OK && is_coded)
            check_canonical(v, s, &packed);
        if (status == DC_OK)
            check_levels(v, s);
        status = status == DC_OK ? verify_promises(v, s, &scratch)
                                 : note_failure(v, status, s->offset);
    }
    dc_arena_clear(&scratch);
    return status;
}

static dc_status verify_weights(verifying *v, const dc_model *model)
{
    dc_stored_param *stored = NULL;
    dc_arena scratch = { 0 };
    const dc_chunk *chunk = dc_container_find(v->c, DC_CHUNK_WEIGHTS);
    if (chunk == NULL)
        return DC_OK;
    dc_reader r = dc_chunk_reader(v->c, chunk);
    const dc_status found = dc_stored_params_get(&stored, model, &r, dc_layouts, &scratch);
    dc_status status = note_failure(v, found, chunk->offset);
    for (uint32_t i = 0; found == DC_OK && status == DC_OK && i < model->n_params; i++)
        status = verify_param(v, &stored[i]);
    dc_arena_clear(&scratch);
    return status;
}

/* ---- chunks ---------------------------------------------------------------------------------- */

/* A chunk that only adds to the model. */
static dc_status verify_further(verifying *v, dc_model *model, uint32_t id,
                                dc_status (*get)(dc_model *, dc_reader *))
{
    const dc_chunk *chunk = dc_container_find(v->c, id);
    if (chunk == NULL)
        return DC_OK;
    dc_reader r = dc_chunk_reader(v->c, chunk);
    return note_failure(v, get(model, &r), chunk->offset);
}

/* Names are checked where nodes are made; these are only kept and shown. */
static dc_status verify_texts(verifying *v, const dc_model *model)
{
    const dc_chunk *names = dc_container_find(v->c, DC_CHUNK_NAMES);
    const dc_chunk *history = dc_container_find(v->c, DC_CHUNK_HISTORY);
    for (uint32_t i = 0; names != NULL && i < model->n_class_names; i++)
        if (dc_class_name_check(model->class_names[i], i) < 0)
            note(v, names->offset, dc_arena_text(v->arena, dc_message()));
    for (uint32_t i = 0; history != NULL && i < model->n_history; i++) {
        const dc_history *entry = &model->history[i];
        dc_json *settings = NULL;
        if (!dc_text_is_plain(entry->stage) || !dc_text_is_plain(entry->settings))
            note(v, history->offset, "the history has a control character");
        if (entry->settings[0] == '\0')
            continue;
        const dc_status status =
            dc_json_parse(&settings, entry->settings, strlen(entry->settings), "settings");
        if (status == DC_ENOMEM)
            return status;
        if (status < 0 || dc_json_kind_of(settings) != DC_JSON_OBJECT)
            note(v, history->offset, "settings in the history are no JSON object");
        dc_json_free(settings);
    }
    return DC_OK;
}

/* Nothing could be trained, run or exported otherwise. */
static void verify_layers(verifying *v, const dc_model *model, uint64_t offset)
{
    uint32_t node = model->n_nodes - 1;
    while (model->nodes[node].op == DC_OP_SOFTMAX)
        node = model->nodes[node].inputs[0];
    if (node == 0)
        note(v, offset, "a network without layers has nothing to compute");
}

/* The model with its names or, when these are damaged, without. *out stays NULL when the graph
 * is. */
static dc_status verify_graph(dc_model **out, verifying *v)
{
    const dc_chunk *graph = dc_container_find(v->c, DC_CHUNK_GRAPH);
    const dc_chunk *name_chunk = dc_container_find(v->c, DC_CHUNK_NAMES);
    if (graph == NULL)
        return DC_OK;
    dc_reader r = dc_chunk_reader(v->c, graph);
    dc_status status = dc_graph_get(out, &r, NULL);
    if (status < 0 || name_chunk == NULL)
        return note_failure(v, status, graph->offset);

    dc_model *named = NULL;
    dc_reader names = dc_chunk_reader(v->c, name_chunk);
    r = dc_chunk_reader(v->c, graph);
    status = dc_graph_get(&named, &r, &names);
    if (status == DC_OK) {
        dc_model_free(*out);
        *out = named;
        status = dc_class_names_get(*out, &names);
    }
    return note_failure(v, status, name_chunk->offset);
}

static dc_status verify_chunks(verifying *v)
{
    dc_model *model = NULL;
    for (uint32_t i = 0; i < v->c->n_chunks; i++)
        DC_TRY(note_failure(v, dc_chunk_check_crc(v->c, &v->c->chunks[i]), v->c->chunks[i].offset));
    DC_TRY(note_failure(v, dc_container_check_chunks(v->c), DC_HEADER_BYTES));
    dc_status status = verify_graph(&model, v);
    if (status == DC_OK && model != NULL) {
        verify_layers(v, model, dc_container_find(v->c, DC_CHUNK_GRAPH)->offset);
        status = verify_further(v, model, DC_CHUNK_ENDS, dc_ends_get);
    }
    if (status == DC_OK && model != NULL)
        status = verify_further(v, model, DC_CHUNK_HISTORY, dc_history_get);
    if (status == DC_OK && model != NULL)
        status = verify_texts(v, model);
    if (status == DC_OK && model != NULL)
        status = verify_weights(v, model);
    dc_model_free(model);
    return status;
}

dc_status dc_verify(dc_finding **out, uint32_t *n_findings, const char *path, dc_arena *arena)
{
    dc_file_view view;
    dc_container c;
    verifying v = { .c = &c, .arena = arena };
    v.findings = dc_arena_take(arena, MAX_FINDINGS, sizeof *v.findings);
    DC_TRY(arena->status);
    DC_TRY(dc_file_open_as(&view, path, dc_container_magic));
    const dc_status parsed = dc_container_parse(&c, view.data, view.size, path);
    dc_status status = note_failure(&v, parsed, 0);
    if (parsed == DC_OK)
        status = verify_chunks(&v);
    dc_file_close(&view);
    DC_TRY(status);
    DC_TRY(arena->status);
    *out = v.findings;
    *n_findings = v.n_findings;
    return DC_OK;
}
