/* SPDX-License-Identifier: MIT
 *
 * Gradual pruning [Zhu and Gupta 2017]: density falls fast at first, when much is redundant, and
 * slowly in the end: end + (start - end) (1 - step / n_steps)^3.
 */
#include "dcomp/prune.h"

double dc_prune_schedule(double start, double end, uint32_t step, uint32_t n_steps)
{
    if (step >= n_steps)
        return end;
    const double left = 1 - (double)step / n_steps;
    return end + (start - end) * left * left * left;
}
