/* SPDX-License-Identifier: MIT
 *
 * Puts the body of a parameter in the layout that was chosen for it (docs/format.md, section 5.2).
 * The sizes that the choice foretold are asserted. A dense body is not kept: it is made from the
 * values each time it is put, a piece at a time.
 */
#include "param_write.h"

#include <assert.h>

#include "layouts.h"
#include "stored_numbers.h"

void dc_written_stream(dc_written_param *out, dc_stream_info *info, const dc_stream *s,
                       uint8_t coder_id, uint64_t n_bytes)
{
    dc_writer *w = &out->body;
    const uint64_t before = w->size;
    dc_coder_find(coder_id)->encode(w, s);
    assert(w->status < 0 || w->size - before == n_bytes);
    (void)before;
    if (out->is_explained)
        dc_stream_explain(info, s, coder_id, n_bytes);
}

/* ---- choosing -------------------------------------------------------------------------------- */

void dc_param_take(dc_written_param *out, unsigned layer_coder)
{
    out->layer_coder = layer_coder;
    out->row = out->choices->of[layer_coder].row;
}

dc_status dc_param_choose(dc_written_param *out, const dc_write_settings *settings,
                          uint32_t level_coder_mask, const dc_layout *const *layouts)
{
    out->choices = dc_arena_take(&out->arena, 1, sizeof *out->choices);
    DC_TRY(out->arena.status);
    DC_TRY(dc_choose(out->choices, out->param, &out->geometry, settings, level_coder_mask, layouts,
                     &out->arena));
    out->n_nonzero = out->choices->n_nonzero;
    dc_param_take(out, dc_choices_smallest(out->choices));
    return DC_OK;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static dc_status put_body(dc_written_param *out, dc_arena *scratch)
{
    const dc_choice *choice = &out->choices->of[out->layer_coder];
    const dc_layout *layout = choice->row.layout;
    dc_laid laid;
    if (layout->put == NULL)
        return DC_OK;
    if (layout->lay != NULL)
        DC_TRY(dc_lay(&laid, choice, out->param, scratch));
    DC_TRY(layout->put(out, choice, layout->lay != NULL ? &laid : NULL));
    assert(out->body.status < 0 || out->body.size == dc_row_body_bytes(&out->row));
    return out->body.status;
}

dc_status dc_param_encode(dc_written_param *out)
{
    dc_arena scratch = { 0 };
    const dc_status status = put_body(out, &scratch);
    dc_arena_clear(&scratch);
    dc_arena_clear(&out->arena);
    out->choices = NULL;
    return status;
}

void dc_written_clear(dc_written_param *out)
{
    dc_arena_clear(&out->arena);
    dc_writer_clear(&out->body);
}

void dc_written_put(dc_put_fn *put, void *to, const dc_written_param *written)
{
    enum { PIECE = 2048 };
    const dc_row *row = &written->row;
    uint8_t bytes[4 * PIECE];
    if (written->body.size > 0)
        put(to, written->body.data, written->body.size);
    const uint64_t n_values = row->layout->put == NULL ? row->n_entries : 0;
    for (uint64_t at = 0; at < n_values; at += PIECE) {
        const uint64_t n = DC_MIN(n_values - at, (uint64_t)PIECE);
        dc_numbers_fill(bytes, written->param->values + at, n, row->is_half);
        put(to, bytes, n * dc_number_bytes(row->is_half));
    }
}
