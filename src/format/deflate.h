/* SPDX-License-Identifier: MIT
 *
 * A small GRPH as a raw deflate stream with the dictionary of docs/format.md, section 3.4.
 */
#ifndef DCOMP_FORMAT_DEFLATE_H
#define DCOMP_FORMAT_DEFLATE_H

#include "dcomp/base.h"

/* Appends the stream; the same bytes everywhere. `n` is at most DC_MAX_DEFLATED_BYTES. */
void dc_graph_deflate(dc_writer *w, const uint8_t *graph, uint64_t n);
/* DC_ECORRUPT unless all of `data` is such a stream of at most `capacity` bytes. */
DC_MUST_USE dc_status dc_graph_inflate(uint8_t *graph, uint64_t *n_graph, uint64_t capacity,
                                       const uint8_t *data, uint64_t n);

#endif
