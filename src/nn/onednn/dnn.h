/* SPDX-License-Identifier: MIT
 *
 * oneDNN behind a curtain: layouts, memories, plans and steps, with none of its names.
 *
 * Only backend_onednn.c knows the library, in its versions 2 and 3; the graph is compiled against
 * this page (net_onednn.c). A layout says dims, type and order of elements; a memory is a layout
 * and its bytes; a plan is a primitive that the library is willing to make, and can be asked which
 * layouts it needs; a step is a plan with its memories bound.
 *
 * Making a plan may fail, which is no error (NULL: take the plain code). All else is sticky: the
 * first failure is remembered in `status`, later calls are harmless. All objects live until
 * dc_dnn_close.
 */
#ifndef DC_NN_DNN_H
#define DC_NN_DNN_H

#include "dcomp/base.h"

typedef struct dc_dnn_layout dc_dnn_layout;
typedef struct dc_dnn_plan dc_dnn_plan;
typedef struct dc_dnn_step dc_dnn_step;

typedef enum dc_dnn_type { DC_DNN_F32, DC_DNN_BF16 } dc_dnn_type;

typedef struct dc_dnn_memory {
    const dc_dnn_layout *layout;
    void *data;   /* dc_dnn_layout_bytes of it; see dc_dnn_point */
    void *handle; /* private */
} dc_dnn_memory;

typedef struct dc_dnn {
    dc_status status;
    dc_arena *arena;                /* borrowed */
    void *engine, *stream, *things; /* private */
    void *attr;                     /* private: for all plans without attributes */
    void *scratch;                  /* private: what steps work in, one after the other */
    uint64_t scratch_bytes;
} dc_dnn;

dc_status dc_dnn_open(dc_dnn *dnn, dc_arena *arena);
void dc_dnn_close(dc_dnn *dnn);
const char *dc_dnn_text(void); /* "onednn 2.6.3" */

/* ---- layouts ---- */
#define DC_DNN_MAX_DIMS 5
const dc_dnn_layout *dc_dnn_plain(dc_dnn *dnn, unsigned n_dims, const uint32_t *dims,
                                  dc_dnn_type type);
/* Channels last, for 4 dims. */
const dc_dnn_layout *dc_dnn_channels_last(dc_dnn *dnn, const uint32_t *dims, dc_dnn_type type);
/* Matrix (n_rows, n_cols) stored by columns. */
const dc_dnn_layout *dc_dnn_by_columns(dc_dnn *dnn, const uint32_t *dims, dc_dnn_type type);
/* Weights (groups, K, C, R, S), or without groups, stored as (groups, C, K, R, S). */
const dc_dnn_layout *dc_dnn_turned(dc_dnn *dnn, unsigned n_dims, const uint32_t *dims,
                                   dc_dnn_type type);
/* Whatever the plan prefers. */
const dc_dnn_layout *dc_dnn_any(dc_dnn *dnn, unsigned n_dims, const uint32_t *dims,
                                dc_dnn_type type);
/* The same order of elements in another type; NULL when the library has no way to say it. */
const dc_dnn_layout *dc_dnn_retyped(dc_dnn *dnn, const dc_dnn_layout *layout, dc_dnn_type type);
/* Other dims in the order and the blocks of `layout`; NULL when these are none of the usual. */
const dc_dnn_layout *dc_dnn_like(dc_dnn *dnn, const dc_dnn_layout *layout, unsigned n_dims,
                                 const uint32_t *old_dims, const uint32_t *dims, dc_dnn_type type);
/* The box of `dims` that begins at `offsets` inside `layout`, in place; NULL when its blocks
 * forbid. */
const dc_dnn_layout *dc_dnn_part_of(dc_dnn *dnn, const dc_dnn_layout *layout, unsigned n_dims,
                                    const uint32_t *dims, const uint32_t *offsets);
bool dc_dnn_same(const dc_dnn_layout *a, const dc_dnn_layout *b);
uint64_t dc_dnn_layout_bytes(const dc_dnn_layout *layout);

/* ---- memories ---- */
/* Bytes of its own when `data` is NULL, zeroed, from the arena. */
dc_dnn_memory *dc_dnn_memory_new(dc_dnn *dnn, const dc_dnn_layout *layout, void *data);
/* Bytes come later, by dc_dnn_point. */
dc_dnn_memory *dc_dnn_memory_lent(dc_dnn *dnn, const dc_dnn_layout *layout);
void dc_dnn_point(dc_dnn *dnn, dc_dnn_memory *memory, void *data);

/* ---- plans ---- */
typedef enum dc_dnn_pass {
    DC_DNN_INFER,
    DC_DNN_TRAIN,
    DC_DNN_BACK_DATA,
    DC_DNN_BACK_WEIGHTS
} dc_dnn_pass;
/* Activations. Where `is_by_dst` the backward takes DST instead of SRC, so that the curve can be
 * fused into its maker in training. a, b: the ends of clip; of hard sigmoid and hard swish slope
 * and 1/2; of the others a, or nothing. */
typedef enum dc_dnn_curve_kind {
    DC_DNN_RELU, /* slope a below 0; by dst when a is 0 */
    DC_DNN_CLIP,
    DC_DNN_SIGMOID,
    DC_DNN_TANH,
    DC_DNN_SILU, /* x sigmoid(a x) */
    DC_DNN_HARD_SWISH,
    DC_DNN_HARD_SIGMOID, /* not in every version */
    DC_DNN_ELU,          /* a (e^x - 1) below 0   */
    DC_DNN_SOFTPLUS,     /* log(1 + e^(a x)) / a  */
    DC_DNN_GELU,
    DC_DNN_GELU_TANH
} dc_dnn_curve_kind;
typedef struct dc_dnn_curve {
    dc_dnn_curve_kind kind;
    float a, b;
    bool is_by_dst;
} dc_dnn_curve;
typedef enum dc_dnn_pool_kind { DC_DNN_MAX, DC_DNN_MEAN, DC_DNN_MEAN_WITH_PAD } dc_dnn_pool_kind;

typedef enum dc_dnn_pair_kind { DC_DNN_ADD, DC_DNN_MUL, DC_DNN_SUB } dc_dnn_pair_kind;

typedef enum dc_dnn_slot {
    DC_DNN_SRC,
    DC_DNN_SRC_1, /* the second of two */
    DC_DNN_DST,
    DC_DNN_WEIGHTS,
    DC_DNN_BIAS,
    DC_DNN_WORKSPACE,
    DC_DNN_D_SRC,
    DC_DNN_D_DST,
    DC_DNN_D_WEIGHTS,
    DC_DNN_D_BIAS,
    DC_DNN_MEAN_OF,
    DC_DNN_VARIANCE,
    DC_DNN_SCALE,
    DC_DNN_SHIFT,
    DC_DNN_D_SCALE,
    DC_DNN_D_SHIFT,
    DC_DNN_MANY /* + i: source i of a concat or sum */
} dc_dnn_slot;

typedef struct dc_dnn_window { /* [0] is height, [1] width */
    uint32_t kernel[2], stride[2], dilation[2], pad_low[2], pad_high[2];
    bool is_turned; /* of a transposed convolution */
} dc_dnn_window;

/* src, weights, bias (NULL: none) and dst mean their gradients in the pass that makes these.
 * A `curve` (NULL: none) follows. */
const dc_dnn_plan *dc_dnn_conv(dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_window *window,
                               const dc_dnn_layout *const io[4], const dc_dnn_curve *curve,
                               const dc_dnn_plan *forward);
const dc_dnn_plan *dc_dnn_linear(dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_layout *const io[4],
                                 const dc_dnn_curve *curve, const dc_dnn_plan *forward);
/* io: src, dst. */
const dc_dnn_plan *dc_dnn_pool(dc_dnn *dnn, dc_dnn_pass pass, dc_dnn_pool_kind kind,
                               const dc_dnn_window *window, const dc_dnn_layout *const io[2],
                               const dc_dnn_plan *forward);
const dc_dnn_plan *dc_dnn_eltwise(dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_curve *curve,
                                  const dc_dnn_layout *data, const dc_dnn_plan *forward);
/* Scale and shift are used; INFER takes mean and variance, TRAIN makes them. BACK_DATA makes
 * D_SCALE, D_SHIFT too. */
const dc_dnn_plan *dc_dnn_norm(dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_layout *data,
                               float epsilon, const dc_dnn_plan *forward);
/* (k + alpha / size * sum of squares)^-beta across channels. */
const dc_dnn_plan *dc_dnn_lrn(dc_dnn *dnn, dc_dnn_pass pass, const dc_dnn_layout *data,
                              uint32_t size, const float alpha_beta_k[3],
                              const dc_dnn_plan *forward);
const dc_dnn_plan *dc_dnn_concat(dc_dnn *dnn, const dc_dnn_layout *dst, uint32_t n,
                                 const dc_dnn_layout *const *sources);
const dc_dnn_plan *dc_dnn_sum(dc_dnn *dnn, const dc_dnn_layout *dst, uint32_t n,
                              const dc_dnn_layout *const *sources);
/* SRC and SRC_1, whose dims of 1 are repeated, to DST, which is laid out as SRC. NULL when the
 * library has nothing better than its reference. */
const dc_dnn_plan *dc_dnn_pair(dc_dnn *dnn, dc_dnn_pair_kind kind, const dc_dnn_layout *src,
                               const dc_dnn_layout *src_1);
/* SRC to DST. */
const dc_dnn_plan *dc_dnn_reorder(dc_dnn *dnn, const dc_dnn_layout *from, const dc_dnn_layout *to);
/* NULL when the plan has no such thing. */
const dc_dnn_layout *dc_dnn_needs(dc_dnn *dnn, const dc_dnn_plan *plan, dc_dnn_slot slot);

/* ---- steps ---- */
#define DC_DNN_MAX_BOUND 12
typedef struct dc_dnn_bound {
    int slot; /* dc_dnn_slot; of a concat or sum DC_DNN_MANY + i */
    dc_dnn_memory *memory;
} dc_dnn_bound;
/* Bindings with a NULL memory, and those that the plan does not take, are left out; what not every
 * version takes comes last. NULL plan: DC_EUNSUPPORTED. */
dc_dnn_step *dc_dnn_step_new(dc_dnn *dnn, const dc_dnn_plan *plan, uint32_t n_bound,
                             const dc_dnn_bound *bound);
dc_status dc_dnn_run(dc_dnn *dnn, const dc_dnn_step *step);

#endif
