/* SPDX-License-Identifier: MIT
 *
 * The bodies in vectors of 8 floats.
 */
#include "nhwc_body.h"
#include "update_body.h"

const dc_kernels dc_kernels_avx2 = {
    .name = "avx2",
    .needs = DC_CPU_AVX2,
    .update = update,
    .max_pool = max_pool,
    .max_pool_back = max_pool_back,
    .patches = patches,
};
