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
} dc_kernels;

/* The best row that this processor has, and that dc_cpu_limit and DCOMP_CPU allow. */
const dc_kernels *dc_kernels_pick(void);
/* Row `i`, the plain one first; NULL after the last. */
const dc_kernels *dc_kernels_row(uint32_t i);

#ifdef __cplusplus
}
#endif

#endif
