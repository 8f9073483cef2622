/* SPDX-License-Identifier: MIT
 *
 * Chunk WGTS back into parameters.
 */
#ifndef DCOMP_FORMAT_PARAM_READ_H
#define DCOMP_FORMAT_PARAM_READ_H

#include "param_row.h"

/* A parameter in the file: what its row says and where its body is. */
typedef struct dc_stored_param {
    const dc_param *param; /* name and shape               */
    dc_geometry geometry;
    dc_row row;
    const uint8_t *body;
    uint64_t offset;     /* of the body, in the file       */
    const char *subject; /* the file's name                */
    dc_arena *arena;     /* of packed, where its size is not known before; may be NULL */
    bool is_explained;   /* codes and gaps are needed, for the ledger; false at first */
    /* set by dc_stored_decode */
    uint64_t n_nonzero;
    dc_stream_info codes, gaps;
} dc_stored_param;

/* All rows of `r`, a reader over the whole chunk. model->n_params of them, from the arena.
 * Bodies are in the chunk and fill it, whatever they hold. */
dc_status dc_stored_params_get(dc_stored_param **out, const dc_model *model, dc_reader *r,
                               const dc_layout *const *layouts, dc_arena *arena);

/* What its codes and gaps, or levels, take in memory. */
uint64_t dc_stored_packed_bytes(const dc_stored_param *stored);

/* Room for the codebook, codes and gaps of a shared or packed parameter. */
dc_status dc_packed_room(dc_packed *out, const dc_stored_param *stored, dc_arena *arena);

/* Decodes and checks the body. `values` (n_values, zeroed) and `packed` (with its room) are
 * filled when they are not NULL; `packed` only for shared and packed parameters. The message names
 * the parameter, the file and the offset. */
dc_status dc_stored_decode(dc_stored_param *stored, float *values, dc_packed *packed);

/* For layouts: decodes a stream of the body to `symbols`, which are then shape's too. */
dc_status dc_stored_stream(uint8_t *symbols, const dc_stored_param *stored, dc_stream_info *info,
                           dc_stream *shape, uint8_t coder_id, const uint8_t *data, uint64_t size);

#endif
