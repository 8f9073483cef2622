/* SPDX-License-Identifier: MIT
 *
 * Inside prune: symmetric matrices, positive but for rounding, of which the lower half is used.
 */
#ifndef DCOMP_PRUNE_LEAST_SQUARES_H
#define DCOMP_PRUNE_LEAST_SQUARES_H

#include "dcomp/base.h"

/* a (n, n) becomes L with a = L L^T, in the lower half. What is left of a diagonal entry counts as
 * at least `least`. */
void cholesky(double *a, uint64_t n, double least);
/* x (n) becomes a^-1 x, by a's L. */
void cholesky_solve(const double *l, uint64_t n, double *x);
/* The lower half of a^-1, in place of L; `column` has room for n. */
void cholesky_invert(double *l, uint64_t n, double *column);

#endif
