/* SPDX-License-Identifier: MIT
 *
 * Gradual pruning: fast while there is much to spare, slow near the goal [Zhu and Gupta 2017].
 */
#include "dcomp/prune.h"

double dc_prune_schedule(double start, double end, uint32_t step, uint32_t n_steps)
{
    if (step >= n_steps)
        return end;
    const double left = 1 - (double)step / (double)n_steps;
    return end + (start - end) * left * left * left;
}
