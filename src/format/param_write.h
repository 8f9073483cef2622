/* SPDX-License-Identifier: MIT
 *
 * One parameter as bytes: its row and its body.
 */
#ifndef DCOMP_FORMAT_PARAM_WRITE_H
#define DCOMP_FORMAT_PARAM_WRITE_H

#include "param_row.h"

typedef struct dc_written_param {
    const dc_param *param; /* borrowed                                         */
    dc_row row;
    dc_writer body; /* empty when dense: then the values themselves are put */
    uint64_t n_nonzero;
    bool is_explained; /* codes and gaps are needed, for the ledger */
    dc_stream_info codes, gaps;
} dc_written_param;

/* Chooses among `layouts` and encodes. `out->body` and is_explained must be set. */
dc_status dc_param_write(dc_written_param *out, const dc_param *param,
                         const dc_write_settings *settings, const dc_layout *const *layouts);

/* For layouts: a stream of the body, in the size that was foretold. */
void dc_written_stream(dc_written_param *out, dc_stream_info *info, const dc_stream *s,
                       uint8_t coder_id, uint64_t n_bytes);

/* Where bytes go; failures are remembered there. */
typedef void dc_put_fn(void *to, const void *data, uint64_t n);
/* The body, dc_row_body_bytes of it. */
void dc_written_put(dc_put_fn *put, void *to, const dc_written_param *written);

#endif
