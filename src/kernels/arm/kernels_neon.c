/* SPDX-License-Identifier: MIT
 *
 * The bodies in vectors of 4 floats.
 */
#define LANES 4
#define MOST_SUMS 24
#include "curve_body.h"
#include "nhwc_body.h"
#include "matmul_body.h"
#include "sparse_body.h"
#include "columns_body.h"
#include "update_body.h"

const dc_kernels dc_kernels_neon = {
    .name = "neon",
    .needs = DC_CPU_NEON,
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
