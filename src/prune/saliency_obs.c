/* SPDX-License-Identifier: MIT
 *
 * What the outputs of its layer lose with a weight, when those that stay are fitted (obs.c): by
 * what the layer reads and is to say, which is known layer by layer.
 */
#include "magnitude.h"

const dc_saliency dc_saliency_obs = { .name = "obs", .needs_obs = true, .is_comparable = true };
