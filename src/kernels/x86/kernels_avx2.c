/* SPDX-License-Identifier: MIT
 *
 * The bodies in vectors of 8 floats.
 */
#define LANES 8
#define MOST_SUMS 12
#include "curve_body.h"
#include "nhwc_body.h"
#include "matmul_body.h"
#include "sparse_avx2.h"
#define HAS_SPARSE_PRODUCT
#include "sparse_body.h"
#include "columns_body.h"
#include "update_body.h"

const dc_kernels dc_kernels_avx2 = {
    .name = "avx2",
    .needs = DC_CPU_AVX2,
    .update = update,
    .max_pool = max_pool,
    .max_pool_back = max_pool_back,
    .patches = patches,
    .matmul = matmul,
    .curve = curve,
    .sparse_product = sparse_product,
    .sparse_tiles = sparse_tiles,
    .sparse_columns = sparse_columns,
    .has_gather = true,
};
