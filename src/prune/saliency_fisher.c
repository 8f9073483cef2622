/* SPDX-License-Identifier: MIT
 *
 * fisher: what the loss is expected to rise by without the weight, by its square and the empirical
 * Fisher information in place of the second derivative [LeCun 1990; Theis 2018]: s w^2. The score
 * is the root of that, which has its order and no underflow. Weights whose gradient was always 0
 * (of inputs that are always 0) are ranked by their magnitude: s is not taken below a millionth
 * of its mean.
 */
#include <math.h>

#include "magnitude.h"

#define LEAST 1e-6

static void score(float *scores, const float *values, const dc_saliency_source *source, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        const double s = source->mean > 0 ? (double)source->squares[i] / source->mean : 1;
        scores[i] = (float)(fabs((double)values[i]) * sqrt(fmax(s, LEAST)));
    }
}

const dc_saliency dc_saliency_fisher = {
    .name = "fisher", .needs_squares = true, .is_comparable = true, .score = score
};
