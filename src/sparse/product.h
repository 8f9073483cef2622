/* SPDX-License-Identifier: MIT
 *
 * What products share: slices for each core, columns by parts, and the end of a row.
 */
#ifndef DC_SPARSE_PRODUCT_H
#define DC_SPARSE_PRODUCT_H

#include "dcomp/sparse.h"

/* Numbers of rows or columns that fill vectors. */
static inline uint64_t product_sixteens(uint64_t n)
{
    return (n + 15) / 16 * 16;
}

/* Tasks for the cores when each place is used for so many numbers. */
uint64_t product_tasks(const dc_sparse *a, uint64_t n);
/* The first slice of task i of n_tasks; of i = n_tasks the end. Tasks have as many places each as
 * can be. */
uint32_t product_slice(const dc_sparse_rows *a, uint64_t i, uint64_t n_tasks);

/* y = all columns of the slices of `tiles`, `part_cols` after the other, and the end. Cursors are
 * zeroed here. */
void product_parts(const dc_kernels *kernels, const dc_sparse_tiles *tiles, uint32_t part_cols);
/* The same of all slices, by the cores. */
void product_tiles(const dc_kernels *kernels, const dc_sparse *a, const dc_sparse_tiles *tiles,
                   uint32_t part_cols);
static inline uint64_t product_cursors(const dc_sparse *a) /* floats that they take */
{
    return 2 * DC_SPARSE_LANES * (uint64_t)a->rows.n_slices;
}

#endif
