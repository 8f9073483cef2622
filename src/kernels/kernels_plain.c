/* SPDX-License-Identifier: MIT
 *
 * The definition of each kernel: plain C, compiled for what every processor of the kind has.
 */
#include "nhwc_body.h"
#include "update_body.h"

const dc_kernels dc_kernels_plain = {
    .name = "plain",
    .needs = 0,
    .update = update,
    .max_pool = max_pool,
    .max_pool_back = max_pool_back,
    .patches = patches,
};
