/* SPDX-License-Identifier: MIT
 *
 * Bodies of parameters (docs/format.md, section 5.2). Rows are read first and tell where each
 * body is, so bodies are decoded in any order and on all cores, each by its layout. Nothing in a
 * body is believed: streams are checked by their coder, packed layers by dc_packed_check, numbers
 * for being finite.
 */
#include "param_read.h"

#include <inttypes.h>

#include "layouts.h"

/* ---- rows ------------------------------------------------------------------------------------ */

static dc_status check_row(const dc_row *row, const dc_param *param, dc_reader *r)
{
    if (row->encoding != ROW_DENSE && param->n_values / param->shape.dims[0] > UINT32_MAX)
        return dc_reader_fail(r, DC_ECORRUPT, "%s: too many columns for this encoding",
                              param->name);
    return DC_OK;
}

/* Bodies follow the rows, one after another, up to the end of the chunk. */
static dc_status find_bodies(dc_stored_param *stored, uint32_t n_params, dc_reader *r)
{
    for (uint32_t i = 0; i < n_params; i++) {
        const uint64_t n_bytes = dc_row_body_bytes(&stored[i].row);
        if (n_bytes > dc_reader_left(r))
            return dc_reader_fail(r, DC_ECORRUPT,
                                  "%s: %" PRIu64 " bytes needed, %" PRIu64 " left",
                                  stored[i].param->name, n_bytes, dc_reader_left(r));
        stored[i].offset = r->origin + r->pos;
        stored[i].body = dc_get_bytes(r, n_bytes);
    }
    if (dc_reader_left(r) > 0)
        return dc_reader_fail(r, DC_ECORRUPT, "chunk WGTS: %" PRIu64 " bytes left over",
                              dc_reader_left(r));
    return r->status;
}

dc_status dc_stored_params_get(dc_stored_param **out, const dc_model *model, dc_reader *r,
                               const dc_layout *const *layouts, dc_arena *arena)
{
    if (model->n_params > dc_reader_left(r))
        return dc_reader_fail(r, DC_ECORRUPT, "%" PRIu32 " parameters in %" PRIu64 " bytes",
                              model->n_params, dc_reader_left(r));
    dc_stored_param *stored = dc_arena_take(arena, model->n_params, sizeof *stored);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        DC_TRY(dc_row_get(&stored[i].row, r, param->n_values, layouts));
        DC_TRY(check_row(&stored[i].row, param, r));
        stored[i].param = param;
        stored[i].geometry = dc_param_geometry(model, param);
        stored[i].subject = r->subject;
    }
    DC_TRY(find_bodies(stored, model->n_params, r));
    *out = stored;
    return DC_OK;
}

/* ---- shared and packed ----------------------------------------------------------------------- */

uint64_t dc_stored_packed_bytes(const dc_stored_param *stored)
{
    const uint64_t n_streams = dc_row_has_codes(&stored->row) + dc_row_has_gaps(&stored->row);
    const bool has_levels = stored->row.layer_coder > 0 && stored->row.codes_bytes > 0;
    return stored->row.n_entries * (has_levels ? sizeof(int16_t) : n_streams);
}

dc_status dc_packed_room(dc_packed *out, const dc_stored_param *stored, dc_arena *arena)
{
    const dc_row *row = &stored->row;
    dc_packed p = { .is_column_major = row->is_column_major,
                    .is_dense = row->encoding == ROW_SHARED,
                    .gap_bits = row->gap_bits,
                    .n_codebook = row->n_codebook,
                    .n_entries = row->n_entries };
    dc_param_matrix(stored->param, &p.n_rows, &p.n_cols);
    p.codebook = dc_arena_take(arena, row->n_codebook, sizeof *p.codebook);
    p.codes = dc_arena_take(arena, row->n_entries, sizeof *p.codes);
    if (row->encoding == ROW_PACKED)
        p.gaps = dc_arena_take(arena, row->n_entries, sizeof *p.gaps);
    DC_TRY(arena->status);
    *out = p;
    return DC_OK;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

dc_status dc_stored_stream(uint8_t *symbols, const dc_stored_param *stored, dc_stream_info *info,
                           dc_stream *shape, uint8_t coder_id, const uint8_t *data, uint64_t size)
{
    dc_histogram counts;
    DC_TRY(dc_stream_decode(symbols, shape, coder_id, data, size));
    shape->symbols = symbols;
    if (!stored->is_explained)
        return DC_OK;
    dc_stream whole = *shape;
    dc_histogram_count(&counts, symbols, shape->n);
    whole.counts = &counts;
    dc_stream_explain(info, &whole, coder_id, size);
    return DC_OK;
}

dc_status dc_stored_decode(dc_stored_param *stored, float *values, dc_packed *packed)
{
    const dc_status status = stored->row.layout->get(stored, values, packed);
    if (status == DC_OK || status == DC_ENOMEM)
        return status;
    return dc_fail(status == DC_EINPUT ? DC_ECORRUPT : status, "%s: %s in '%s' at byte %" PRIu64,
                   stored->param->name, dc_message(), stored->subject, stored->offset);
}
