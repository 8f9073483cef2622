/* SPDX-License-Identifier: MIT
 *
 * The definition of each kernel: plain C, compiled for what every processor of the kind has.
 */
#if defined(__GNUC__)
#define LANES 4 /* any processor, by GNU C: vectors that it lacks are taken apart */
#else
#define LANES 1
#endif
#define MOST_SUMS 12
#include "curve_body.h"
#include "nhwc_body.h"
#include "matmul_body.h"
#include "sparse_body.h"
#include "columns_body.h"
#include "update_body.h"

const dc_kernels dc_kernels_plain = {
    .name = "plain",
    .needs = 0,
    .update = update,
    .max_pool = max_pool,
    .max_pool_back = max_pool_back,
    .patches = patches,
    .matmul = matmul,
    .curve = curve,
    .sparse_product = sparse_product,
    .sparse_tiles = sparse_tiles,
    .sparse_columns = sparse_columns,
};
