/* SPDX-License-Identifier: MIT
 *
 * Matrix products. A tile of sums is held in registers while the terms go by: R rows by V vectors
 * of LANES columns, R V = MOST_SUMS, so that each vector of b is used R times. Columns that fill no
 * vector are the last lanes of one that ends with them; fewer than a vector of them go one by one.
 *
 * A file of an instruction set says LANES and MOST_SUMS before it includes this.
 */
#ifndef DCOMP_KERNELS_MATMUL_BODY_H
#define DCOMP_KERNELS_MATMUL_BODY_H

#include <string.h>

#include "kernels_body.h"
#include "vector_body.h"

#define TILE_ROWS (MOST_SUMS >= 24 ? 8u : 4u)
#define PANEL (MOST_SUMS / TILE_ROWS * LANES) /* columns of a tile of so many rows */
#define PANEL_TERMS 64u
#define LARGE_B ((uint64_t)1 << 19) /* floats: more than a core's own cache holds */

/* The tile whose first sum is (row, col); of its vectors only the lanes from `lane` on are new. */
INLINE void tile(const dc_matmul *p, uint64_t row, uint64_t col, uint32_t n_rows,
                 uint32_t n_vectors, uint32_t lane)
{
    floats sums[MOST_SUMS];
    const float *a = p->a + row * p->a_row, *b = p->b + col;
    float *y = p->y + row * p->y_row + col;
    UNROLLED
    for (uint32_t r = 0; r < n_rows; r++)
        UNROLLED
        for (uint32_t v = 0; v < n_vectors; v++)
            sums[r * n_vectors + v] = load(y + r * p->y_row + v * LANES);
    for (uint64_t c = 0; c < p->n_terms; c++, a += p->a_term, b += p->b_row)
        UNROLLED
        for (uint32_t r = 0; r < n_rows; r++)
            UNROLLED
            for (uint32_t v = 0; v < n_vectors; v++)
                sums[r * n_vectors + v] += a[r * p->a_row] * load(b + v * LANES);
    UNROLLED
    for (uint32_t r = 0; r < n_rows; r++)
        UNROLLED
        for (uint32_t v = 0; v < n_vectors; v++) {
            float lanes[LANES];
            store(lanes, sums[r * n_vectors + v]);
            memcpy(y + r * p->y_row + v * LANES + lane, lanes + lane,
                   (LANES - lane) * sizeof(float));
        }
}

INLINE void narrow_rows(const dc_matmul *p, uint64_t row, uint32_t n_rows)
{
    for (uint64_t m = row; m < row + n_rows; m++)
        for (uint64_t c = 0; c < p->n_terms; c++)
            for (uint64_t k = 0; k < p->n_cols; k++)
                p->y[m * p->y_row + k] +=
                    p->a[m * p->a_row + c * p->a_term] * p->b[c * p->b_row + k];
}

INLINE void rows(const dc_matmul *p, uint64_t row, uint32_t n_rows)
{
    const uint32_t n_vectors = MOST_SUMS / n_rows;
    uint64_t col = 0;
    if (p->n_cols < LANES) {
        narrow_rows(p, row, n_rows);
        return;
    }
    for (; col + n_vectors * LANES <= p->n_cols; col += n_vectors * LANES)
        tile(p, row, col, n_rows, n_vectors, 0);
    for (; n_vectors > 3 && col + 3 * LANES <= p->n_cols; col += 3 * LANES)
        tile(p, row, col, n_rows, 3, 0);
    for (; col + LANES <= p->n_cols; col += LANES)
        tile(p, row, col, n_rows, 1, 0);
    if (col < p->n_cols)
        tile(p, row, p->n_cols - LANES, n_rows, 1, (uint32_t)(LANES - (p->n_cols - col)));
}

INLINE void all_rows(const dc_matmul *p)
{
    uint64_t row = 0;
    for (; TILE_ROWS == 8 && row + 8 <= p->n_rows; row += 8)
        rows(p, row, 8);
    for (; row + 4 <= p->n_rows; row += 4)
        rows(p, row, 4);
    for (; row + 2 <= p->n_rows; row += 2)
        rows(p, row, 2);
    for (; row < p->n_rows; row++)
        rows(p, row, 1);
}

/* b by panels of PANEL_TERMS x PANEL, copied side by side: all rows go over a panel while it is in
 * the first cache. Rows of b that lie a multiple of a page apart would drive each other out. */
static void by_panels(const dc_matmul *p)
{
    float panel[PANEL_TERMS * PANEL];
    dc_matmul q = *p;
    for (uint64_t term = 0; term < p->n_terms; term += q.n_terms) {
        q.n_terms = p->n_terms - term < PANEL_TERMS ? p->n_terms - term : PANEL_TERMS;
        q.a = p->a + term * p->a_term;
        for (uint64_t col = 0; col < p->n_cols; col += q.n_cols) {
            q.n_cols = p->n_cols - col < PANEL ? p->n_cols - col : PANEL;
            q.b_row = q.n_cols;
            q.b = panel;
            q.y = p->y + col;
            for (uint64_t c = 0; c < q.n_terms; c++)
                memcpy(panel + c * q.n_cols, p->b + (term + c) * p->b_row + col,
                       q.n_cols * sizeof(float));
            all_rows(&q);
        }
    }
}

static void matmul(const dc_matmul *p)
{
    if (p->n_rows > TILE_ROWS && p->n_terms * p->n_cols >= LARGE_B)
        by_panels(p);
    else
        all_rows(p);
}

#endif
