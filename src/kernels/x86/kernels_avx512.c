/* SPDX-License-Identifier: MIT
 *
 * The bodies with the registers and masks of AVX-512.
 */
#define LANES 16
#define MOST_SUMS 24
#include "curve_body.h"
#include "nhwc_body.h"
#include "matmul_body.h"
#include "sparse_avx512.h"
#define HAS_SPARSE_PRODUCT
#include "sparse_body.h"
#include "columns_body.h"
#include "update_body.h"

const dc_kernels dc_kernels_avx512 = {
    .name = "avx512",
    .needs = DC_CPU_AVX512,
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
