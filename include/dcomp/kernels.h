/* SPDX-License-Identifier: MIT
 *
 * kernels: hot loops on raw pointers. No allocation, no errors, no threads of their own: the caller
 * divides the work. Each instruction set has a file with a row of the table, and every row
 * computes the same bits as the first one, which is plain C: tests/kernels walks them all.
 *
 *     const dc_kernels *k = dc_kernels_pick();
 *     k->update(&update);
 *
 * Threads: a table is only read.
 */
#ifndef DCOMP_KERNELS_H
#define DCOMP_KERNELS_H

#include <string.h>

#include "dcomp/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* bf16 as its bits, to the nearest, of two equally near to the even one. A NaN stays one. */
static inline uint16_t dc_bf16_from_f32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
    return (uint16_t)((is_nan ? bits | 0x400000u : bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/* ---- optimizer ------------------------------------------------------------------------------- */

/* The rule of an optimizer: with gradient g = dw * clip,
 *     SGD         g += d w;  v = m v + g;  w -= r v
 *     Nesterov    g += d w;  v = m v + g;  w -= r (g + m v)
 *     Adam        v = m v + (1 - m) g;  s = 0.999 s + 0.001 g^2;
 *                 w -= r (v first_scale / (sqrt(s second_scale) + 1e-8) + d w)
 * Where the tag is 0, w and v become exactly 0. */
typedef enum dc_update_rule {
    DC_UPDATE_SGD,
    DC_UPDATE_NESTEROV,
    DC_UPDATE_ADAM
} dc_update_rule;

typedef struct dc_update {
    dc_update_rule rule;
    float rate, momentum, decay, clip; /* r, m, d */
    float first_scale, second_scale;   /* Adam's 1 / (1 - beta^t) */
    uint64_t n;
    float *w, *first, *second; /* (n) weights; v; s of Adam, else NULL    */
    const float *dw;           /* (n)                                     */
    const uint16_t *tags;      /* (n) or NULL: none is frozen             */
    uint16_t *w_bf16;          /* (n) or NULL: becomes bf16(w)            */
} dc_update;

/* ---- channels last --------------------------------------------------------------------------- */

/* Loops over arrays (N,H,W,C): float32, or bf16 as its bits. */
typedef struct dc_nhwc {
    uint32_t n, n_channels, height, width, out_height, out_width;
    uint32_t kernel[2], stride[2], dilation[2], pad[2]; /* height, width; pad at the low end */
    bool is_bf16;
} dc_nhwc;

/* Rows `from` .. `end` - 1 of the N * OH rows of output pixels. */
typedef struct dc_nhwc_rows {
    const dc_nhwc *shape;
    const void *x, *y, *dy;
    void *out;
    uint64_t from, end;
} dc_nhwc_rows;

/* ---- layers over time ------------------------------------------------------------------------ */

/* y (n_rows, n_cols) += a (n_rows, n_terms) b (n_terms, n_cols). Each sum begins with y and goes
 * on in the order of terms, so a row of y does not depend on the others. Entry (m, c) of a is
 * a[m a_row + c a_term], so a may lie by columns, and with a_term 0 it is one entry for all terms;
 * rows of b and of y lie b_row and y_row apart, their columns side by side. */
typedef struct dc_matmul {
    uint64_t n_rows, n_cols, n_terms;
    uint64_t a_row, a_term, b_row, y_row;
    const float *a, *b;
    float *y;
} dc_matmul;

/* y (n_rows, n_cols) float32 += a (n_rows, n_terms) b (n_terms, n_cols), both of bf16; products are
 * added in float32, in an order that is the machine's. Rows of a lie a_row apart, at least
 * dc_bf16_terms(n_terms), with zeros behind their terms, and there are whole sixteens of rows, of
 * which those behind n_rows count for nothing. b lies by panels of 16 columns, zeros filling the
 * last, with dc_bf16_terms(n_terms) terms in pairs: (panel, pair, column, 2). */
typedef struct dc_matmul_bf16 {
    uint64_t n_rows, n_cols, n_terms;
    uint64_t a_row, y_row;
    const uint16_t *a, *b;
    float *y;
} dc_matmul_bf16;

#define DC_BF16_TERMS 32u  /* terms are filled up to whole ones of these  */
#define DC_BF16_PANEL 16u  /* columns                                     */
static inline uint64_t dc_bf16_terms(uint64_t n_terms)
{
    return (n_terms + DC_BF16_TERMS - 1) / DC_BF16_TERMS * DC_BF16_TERMS;
}

/* Numbers of such a b. */
static inline uint64_t dc_bf16_size(uint64_t n_terms, uint64_t n_cols)
{
    return (n_cols + DC_BF16_PANEL - 1) / DC_BF16_PANEL * DC_BF16_PANEL * dc_bf16_terms(n_terms);
}

/* NULL where this processor, or what dc_cpu_limit allows of it, has nothing that is faster than
 * products of float32. */
typedef void dc_matmul_bf16_kernel(const dc_matmul_bf16 *matmul);
dc_matmul_bf16_kernel *dc_matmul_bf16_pick(void);
/* Terms t and t + 1 of such a b, from two rows of float32; NULL: zeros. b begins with the pair. */
void dc_bf16_put_pair(uint16_t *b, const float *even, const float *odd, uint64_t n_terms,
                      uint64_t n_cols);

/* Curves of gates. Sigmoid and tanh are within DC_CURVE_ULPS units in the last place of the exact
 * value; sigmoid below -86 is that of -86. A NaN stays one. */
typedef enum dc_curve {
    DC_CURVE_SIGMOID,
    DC_CURVE_TANH,
    DC_CURVE_HARD_SIGMOID, /* a x + 1/2, from 0 to 1 */
    DC_CURVE_RELU
} dc_curve;
#define DC_CURVE_ULPS 3

/* ---- sparse matrices ------------------------------------------------------------------------- */

/* A matrix (n_rows, n_cols) of which entries are kept, sixteen rows side by side (SELL): lane l of
 * slice s is row order[16 s + l], and its entries are the steps first[s] .. first[s + 1] - 1. Step
 * t moves the lane moves[16 t + l] columns on, from column 0, and stands for its value there: of
 * DC_SPARSE_FLOATS values[16 t + l]; else book[code], with code codes[16 t + l], or of
 * DC_SPARSE_NIBBLES the low (l < 8) or high half of codes[8 t + l % 8]. A lane that is through, and
 * one that must move more than 255, has steps of the value 0. All of them stay within n_cols. */
#define DC_SPARSE_LANES 16u
typedef enum dc_sparse_codes {
    DC_SPARSE_NIBBLES, /* at most 16 values, 0 among them */
    DC_SPARSE_BYTES,   /* at most 256                     */
    DC_SPARSE_FLOATS
} dc_sparse_codes;

typedef struct dc_sparse_rows {
    uint32_t n_rows, n_cols, n_slices;
    dc_sparse_codes kind;
    const uint32_t *order;  /* (16 n_slices); n_rows: there is no row in this lane */
    const uint64_t *first;  /* (n_slices + 1)                                      */
    const uint8_t *moves, *codes;
    const float *values, *book; /* book: (16) or (256), of which book[0] is 0      */
} dc_sparse_rows;

/* y (n_rows) = a x, of slices first_slice .. end_slice - 1: each sum begins with 0 and goes on in
 * the order of columns. */
typedef struct dc_sparse_product {
    const dc_sparse_rows *a;
    uint32_t first_slice, end_slice;
    const float *x; /* (n_cols) */
    float *y;
} dc_sparse_product;

/* The same of many columns: row r of y, whose `n` numbers begin at r y_row, += the entries of row r
 * in the columns before end_col, times the n numbers from x + places[column] on. Where a row has
 * come to stands in its cursor, so that columns can be gone through by parts whose numbers stay in
 * a cache: the first one begins with 0 in the place of y, and of the last one `end` is done. n is
 * whole sixteens. In convolutions a column is an input and a place of the window, and the numbers
 * are pixels. */
typedef struct dc_sparse_end { /* scale[r] sum + shift[r], cut to low .. high */
    const float *scale, *shift; /* (n_rows); NULL: 1, 0 */
    float low, high;
} dc_sparse_end;
typedef struct dc_sparse_cursor {
    uint32_t step, col; /* steps done; where they led */
} dc_sparse_cursor;
typedef struct dc_sparse_tiles {
    const dc_sparse_rows *a;
    uint32_t first_slice, end_slice, end_col;
    bool is_first;
    const dc_sparse_end *end; /* NULL: not the last part */
    dc_sparse_cursor *cursors; /* (16 n_slices), zeros at first */
    const float *x;
    const uint32_t *places; /* (n_cols) */
    uint64_t n, y_row;
    float *y;
} dc_sparse_tiles;

/* Entries by columns, as bitmaps, so that those of an x that is 0 are not looked at [EIE 3]. Rows
 * come in blocks of 64; bit p of a column's mask of a block says that row 16 (p % 4) + p / 4 of the
 * block has an entry. Codes of column c begin at codes + first[c], in the order of blocks and bits,
 * each a byte, or of DC_SPARSE_NIBBLES half of one, the low half first and each block from a whole
 * byte on. 32 bytes more than codes may be read. */
#define DC_SPARSE_BLOCK 64u
typedef struct dc_sparse_columns {
    uint32_t n_rows, n_cols, n_blocks;
    dc_sparse_codes kind; /* not FLOATS */
    const uint64_t *masks; /* (n_cols, n_blocks) */
    const uint32_t *first; /* (n_cols)           */
    const uint8_t *codes;
    const float *book;
} dc_sparse_columns;

/* y (n_rows) = a x, of the rows of blocks first_block .. end_block - 1: sums are those of
 * dc_sparse_product, but that a column whose x is 0 (or -0) adds nothing. */
typedef struct dc_sparse_by_columns {
    const dc_sparse_columns *a;
    uint32_t first_block, end_block;
    const float *x; /* (n_cols) */
    float *y;
} dc_sparse_by_columns;
typedef void dc_sparse_columns_kernel(const dc_sparse_by_columns *product);
/* The one that does a mask at once, if values are few (NIBBLES), which makes it faster than
 * sparse_product where many weights are not 0. NULL: this processor lacks it. */
dc_sparse_columns_kernel *dc_sparse_expand_pick(void);

/* ---- the table ------------------------------------------------------------------------------- */

typedef struct dc_kernels {
    const char *name; /* of the instruction set: "plain", "avx2", "avx512", "neon" */
    unsigned needs;   /* dc_cpu_flags that must be there */
    void (*update)(const dc_update *update);
    /* out = y (N,OH,OW,C) from x. Windows: kernel = stride, no pad, all inside the picture. */
    void (*max_pool)(const dc_nhwc_rows *rows);
    /* out = dx (N,H,W,C), overwritten: dy at the first place of the window where x is y, 0
     * elsewhere; the last row of a picture clears what no window covers. */
    void (*max_pool_back)(const dc_nhwc_rows *rows);
    /* out = (N OH OW, R S C): the inputs of each output, 0 outside the picture. */
    void (*patches)(const dc_nhwc_rows *rows);
    void (*matmul)(const dc_matmul *matmul);
    /* y (n) = the curve of x (n), which may be y; a: of hard sigmoid. */
    void (*curve)(dc_curve curve, float a, float *y, const float *x, uint64_t n);
    void (*sparse_product)(const dc_sparse_product *product);
    void (*sparse_tiles)(const dc_sparse_tiles *tiles);
    void (*sparse_columns)(const dc_sparse_by_columns *product);
    bool has_gather; /* sparse_product is faster than sparse_columns where a third of x is not 0 */
} dc_kernels;

/* The best row that this processor has, and that dc_cpu_limit and DCOMP_CPU allow. */
const dc_kernels *dc_kernels_pick(void);
/* Row `i`, the plain one first; NULL after the last. */
const dc_kernels *dc_kernels_row(uint32_t i);

#ifdef __cplusplus
}
#endif

#endif
