/* SPDX-License-Identifier: MIT
 *
 * One parameter as bytes: its row and its body.
 */
#ifndef DCOMP_FORMAT_PARAM_WRITE_H
#define DCOMP_FORMAT_PARAM_WRITE_H

#include "encoding_choice.h"

typedef struct dc_written_param {
    const dc_param *param; /* borrowed                                         */
    dc_geometry geometry;
    dc_arena arena;        /* of choices                                       */
    dc_choices *choices;   /* until one was encoded                            */
    unsigned layer_coder;  /* of the one that was taken                        */
    dc_row row;            /* its row                                          */
    dc_writer body; /* empty when dense: then the values themselves are put */
    uint64_t n_nonzero;
    bool is_explained; /* codes and gaps are needed, for the ledger */
    dc_stream_info codes, gaps;
} dc_written_param;

/* The smallest of each kind among `layouts` for out->param, whose geometry, body and is_explained
 * must be set; the smallest of all is taken. */
dc_status dc_param_choose(dc_written_param *out, const dc_write_settings *settings,
                          uint32_t level_coder_mask, const dc_layout *const *layouts);
/* Takes the choice of `layer_coder`, 0: a usual layout. */
void dc_param_take(dc_written_param *out, unsigned layer_coder);
/* Encodes what was taken; the choices are given up. */
dc_status dc_param_encode(dc_written_param *out);
void dc_written_clear(dc_written_param *out);

/* For layouts: a stream of the body, in the size that was foretold. */
void dc_written_stream(dc_written_param *out, dc_stream_info *info, const dc_stream *s,
                       uint8_t coder_id, uint64_t n_bytes);

/* Where bytes go; failures are remembered there. */
typedef void dc_put_fn(void *to, const void *data, uint64_t n);
/* The body, dc_row_body_bytes of it. */
void dc_written_put(dc_put_fn *put, void *to, const dc_written_param *written);

#endif
