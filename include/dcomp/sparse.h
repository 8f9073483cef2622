/* SPDX-License-Identifier: MIT
 *
 * sparse: weights as the kernels of sparse products like them. A parameter, dense or packed,
 * becomes a matrix by rows (for any product) or by columns (one sample at a time, whose zeros are
 * skipped). Codes stay codes: by rows an entry takes a byte for where it is, by columns every place
 * a bit, and an entry half a byte or one for its value, or four where there are more than 255
 * different ones. What the arrays mean stands in kernels.h.
 *
 *     dc_sparse a;
 *     DC_TRY(dc_sparse_make(&a, param, DC_SPARSE_BY_ROWS, &arena));
 *     kernels->sparse_product(&(dc_sparse_product){ .a = &a.rows, .end_slice = a.rows.n_slices,
 *                                                   .x = x, .y = y });
 *
 * Threads: a matrix that is made is only read.
 */
#ifndef DCOMP_SPARSE_H
#define DCOMP_SPARSE_H

#include <math.h>

#include "dcomp/kernels.h"
#include "dcomp/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dc_sparse_order {
    DC_SPARSE_BY_ROWS,
    DC_SPARSE_BY_COLUMNS
} dc_sparse_order;

typedef struct dc_sparse {
    dc_sparse_order order;
    dc_sparse_rows rows;       /* one of these two */
    dc_sparse_columns columns;
    uint64_t n_nonzero;
    uint64_t n_places;         /* entries with those that only move or fill up */
    uint64_t n_bytes;          /* of all arrays */
} dc_sparse;

/* The matrix dc_param_matrix of a parameter, which is finite and whose packed form, if it has one,
 * has passed dc_packed_check. Arrays come from the arena. DC_EUNSUPPORTED: by columns, and more
 * than 255 different values. DC_ELIMIT: more than 2^32 places. */
DC_MUST_USE dc_status dc_sparse_make(dc_sparse *out, const dc_param *param, dc_sparse_order order,
                                     dc_arena *arena);
/* Without making anything: how its values would be kept, and how many are not 0. */
dc_sparse_codes dc_sparse_kind(const dc_param *param);
uint64_t dc_sparse_count(const dc_param *param);

/* ---- products -------------------------------------------------------------------------------- */

/* An end holds bias, batch norm, and relu or clip. */
#define DC_SPARSE_END ((dc_sparse_end){ NULL, NULL, -INFINITY, INFINITY })

/* y (n, n_rows) = the end of x (n, n_cols) a^T, by the cores of the pool. Each sum begins with 0
 * and goes on in the order of columns, so it is the same for any n, order and number of cores, but
 * that by columns what an x of 0 multiplies is left out. `room` is so many floats. */
uint64_t dc_sparse_linear_room(const dc_sparse *a, uint32_t n);
void dc_sparse_linear(const dc_sparse *a, const dc_sparse_end *end, const float *x, uint32_t n,
                      float *y, float *room);

/* Convolutions of one group; a by rows, (n_rows, n_inputs * kernel[0] * kernel[1]). [0] is height,
 * [1] width; pads are zeros, those at the low ends are given, those at the high ends follow. */
typedef struct dc_sparse_window {
    uint32_t n_inputs, in[2], out[2], kernel[2], stride[2], dilation[2], pad[2];
} dc_sparse_window;

/* x (n, n_inputs, in), y (n, n_rows, out): sums as above. Only where dc_sparse_conv_fits. */
bool dc_sparse_conv_fits(const dc_sparse_window *window); /* the copy is in proportion to x and y */
uint64_t dc_sparse_conv_room(const dc_sparse *a, const dc_sparse_window *window, uint32_t n);
void dc_sparse_conv(const dc_sparse *a, const dc_sparse_window *window, const dc_sparse_end *end,
                    const float *x, uint32_t n, float *y, float *room);

#ifdef __cplusplus
}
#endif

#endif
