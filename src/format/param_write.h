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
    dc_stream_info codes, gaps;
} dc_written_param;

/* Chooses and encodes. `out->body` must be initialised. */
dc_status dc_param_write(dc_written_param *out, const dc_param *param,
                         const dc_write_settings *settings);

/* Where bytes go; failures are remembered there. */
typedef void dc_put_fn(void *to, const void *data, uint64_t n);
/* The body, dc_row_body_bytes of it. */
void dc_written_put(dc_put_fn *put, void *to, const dc_written_param *written);

#endif
