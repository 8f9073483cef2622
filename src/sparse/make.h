/* SPDX-License-Identifier: MIT
 *
 * How matrices are made: an order, a file.
 */
#ifndef DC_SPARSE_MAKE_H
#define DC_SPARSE_MAKE_H

#include "walk.h"

dc_status sparse_make_rows(dc_sparse *out, const walk *w, dc_sparse_codes kind, dc_arena *arena,
                           dc_arena *scratch);
dc_status sparse_make_columns(dc_sparse *out, const walk *w, dc_sparse_codes kind, dc_arena *arena,
                              dc_arena *scratch);

/* The walk's book, as long as kernels read it; counted in out->n_bytes. */
const float *sparse_book(dc_sparse *out, const walk *w, dc_sparse_codes kind, dc_arena *arena);
dc_status sparse_too_many(const walk *w);

#endif
