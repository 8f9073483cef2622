/* SPDX-License-Identifier: MIT
 *
 * AVX-512 with the instructions that spread bytes over the bits of a mask (VBMI2).
 */
#define LANES 16
#define MOST_SUMS 24
#include "curve_body.h"
#include "nhwc_body.h"
#include "matmul_body.h"
#include "sparse_avx512.h"
#include "sparse_vbmi2.h"
#define HAS_SPARSE_PRODUCT
#define HAS_EXPAND
#include "sparse_body.h"
#include "update_body.h"

const dc_kernels dc_kernels_vbmi2 = {
    .name = "vbmi2",
    .needs = DC_CPU_AVX512 | DC_CPU_AVX512_VBMI2,
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
    .has_expand = true,
};
