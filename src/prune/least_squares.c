/* SPDX-License-Identifier: MIT
 *
 * All loops run along rows, over several rows of sums at once where one number goes into them.
 */
#include "least_squares.h"

#include <math.h>

#define BLOCK 32u /* columns that are taken away together: what is left stays in the cache longer */

/* The sums of four lanes, always added the same way. */
static double product_of(const double *a, const double *b, uint64_t n)
{
    double sums[4] = { 0 };
    uint64_t k = 0;
    for (; k + 4 <= n; k += 4)
        for (unsigned lane = 0; lane < 4; lane++)
            sums[lane] += a[k + lane] * b[k + lane];
    for (; k < n; k++)
        sums[0] += a[k] * b[k];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* Row by row: what stands before the diagonal is known from the rows above. Blocks of columns, so
 * that the rows above are read once for several rows. */
static void cholesky_rows(double *a, uint64_t n, uint64_t from, uint64_t end, uint64_t column,
                          uint64_t column_end, double least)
{
    for (uint64_t i = from; i < end; i++) {
        double *row = a + i * n;
        for (uint64_t j = column; j < column_end && j <= i; j++) {
            const double left = row[j] - product_of(row, a + j * n, j);
            row[j] = j < i ? left / a[j * n + j] : sqrt(fmax(left, least));
        }
    }
}

void cholesky(double *a, uint64_t n, double least)
{
    for (uint64_t from = 0; from < n; from += BLOCK) {
        const uint64_t end = DC_MIN(from + BLOCK, n);
        for (uint64_t column = 0; column < end; column += BLOCK)
            cholesky_rows(a, n, from, end, column, DC_MIN(column + BLOCK, n), least);
    }
}

void cholesky_solve(const double *l, uint64_t n, double *x)
{
    for (uint64_t i = 0; i < n; i++)
        x[i] = (x[i] - product_of(l + i * n, x, i)) / l[i * n + i];
    for (uint64_t i = n; i-- > 0;) {
        x[i] /= l[i * n + i];
        for (uint64_t j = 0; j < i; j++)
            x[j] -= l[i * n + j] * x[i];
    }
}

/* L^-1 first, row by row: row i is -(1 / L_ii) times the sum of L_ij (row j of L^-1), j < i. Then
 * L^-T L^-1: row i of it is the sum over rows k >= i, and those are still there from above. */
void cholesky_invert(double *l, uint64_t n, double *column)
{
    for (uint64_t i = 0; i < n; i++) {
        double *row = l + i * n;
        const double scale = 1 / row[i];
        for (uint64_t j = 0; j < i; j++) {
            column[j] = row[j];
            row[j] = 0;
        }
        for (uint64_t j = 0; j < i; j++) {
            const double *from = l + j * n;
            const double by = -scale * column[j];
            for (uint64_t k = 0; k <= j; k++)
                row[k] += by * from[k];
        }
        row[i] = scale;
    }
    for (uint64_t i = 0; i < n; i++) {
        double *to = l + i * n;
        for (uint64_t j = 0; j <= i; j++)
            column[j] = to[i] * to[j];
        for (uint64_t k = i + 1; k < n; k++) {
            const double *from = l + k * n;
            const double by = from[i];
            for (uint64_t j = 0; j <= i; j++)
                column[j] += by * from[j];
        }
        for (uint64_t j = 0; j <= i; j++)
            to[j] = column[j];
    }
}
