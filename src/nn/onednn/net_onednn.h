/* SPDX-License-Identifier: MIT
 *
 * A model compiled for oneDNN: values, programs and how they are built.
 *
 * A value is what a node makes, in the layout that oneDNN prefers for it; a reader that needs
 * another gets a reordered copy, made once. Nodes that change nothing but the view (flatten, many a
 * reshape, dropout in prediction, batch norms and activations that are within their maker) have no
 * value of their own: `root` leads to the one they stand for. A value's dims are its maker's, so a
 * flattened picture keeps its four dims and its layout, and a linear layer takes it as it is.
 *
 * A program is a list of actions, run in order: one forward, one backward. Building a node appends
 * to both sides: forward when walking the nodes up, backward when walking them down.
 */
#ifndef DC_NN_NET_ONEDNN_H
#define DC_NN_NET_ONEDNN_H

#include "dnn.h"
#include "dcomp/plan.h"
#include "net.h"
#include "nhwc.h"
#include "op_bound.h"

#define DC_ONEDNN_MAX_COPIES 6

typedef struct dc_onednn_sparse dc_onednn_sparse; /* net_onednn_sparse.c */
typedef struct dc_onednn_block dc_onednn_block;   /* net_onednn_reuse.c  */

typedef struct dc_onednn_value dc_onednn_value;
struct dc_onednn_value {
    uint32_t root;       /* itself, or the value it is a view of              */
    bool needs_gradient; /* something trainable lies at or before it          */
    uint32_t norm; /* of a convolution: the batch norm folded into it, or 0   */
    const dc_dnn_curve *curve; /* of the maker: the activation fused into it, or NULL */
    bool has_gradient;   /* while building backward: dy has been written to   */
    unsigned n_dims;
    uint32_t dims[DC_DNN_MAX_DIMS]; /* batch first                              */
    dc_dnn_type type;
    dc_dnn_memory *y, *dy;
    uint32_t n_copies;
    dc_dnn_memory *copies[DC_ONEDNN_MAX_COPIES]; /* of y in other layouts          */
    /* The maker's own, kept for its backward. */
    const dc_dnn_plan *forward, *back_data, *back_weights, *back_relu;
    dc_dnn_memory *workspace, *weights, *mean, *variance;
    dc_op_bound *plain; /* not NULL: made by plain code                         */
    dc_onednn_sparse *sparse; /* not NULL: by sparse products                   */
    bool is_by_dst;    /* an activation whose backward takes its result         */
    bool is_own_pool;  /* made by nhwc.c                                        */
    bool by_patches;   /* back_weights is of a matrix of patches (nhwc.c)       */
    dc_nhwc window;    /* of the last two                                       */
    /* Whose memory may be another's later (net_onednn_reuse.c). */
    uint32_t n_pending;                                   /* readers that are still to be built */
    dc_onednn_block *block, *copy_blocks[DC_ONEDNN_MAX_COPIES];
    dc_onednn_value *holds;                               /* whose bytes it shows, or NULL      */
    bool is_lasting;                                      /* some of it is written once         */
};

typedef struct dc_onednn_net dc_onednn_net;
typedef struct dc_onednn_action dc_onednn_action;
typedef dc_status dc_onednn_run_action(dc_onednn_net *net, const dc_onednn_action *action);

struct dc_onednn_action {
    dc_onednn_action *next;
    dc_onednn_run_action *run;
    bool if_changed;          /* only when parameters may be others than the last time */
    uint32_t of;              /* the node that it was added for                        */
    uint32_t node;            /* what `run` needs of these:                            */
    dc_dnn_step *step;
    dc_dnn_memory *to, *from;
};

typedef struct dc_onednn_program {
    dc_onednn_action *first, *last;
} dc_onednn_program;

/* A parameter's stored order, and how it is reached from row-major and back (NULL: it is
 * row-major). */
typedef struct dc_onednn_param {
    dc_dnn_memory *w, *dw;
    dc_dnn_memory *outside, *inside; /* pointed to by load and store */
    dc_dnn_step *load, *store;
} dc_onednn_param;

struct dc_onednn_net {
    dc_net base;
    dc_dnn dnn;
    dc_dnn_type type;      /* of activations and weights in compute */
    bool is_rounding;      /* they are float32 with the digits of bf16 */
    bool is_channels_last; /* convolutions are asked for it; else the library chooses */
    bool has_changed;
    uint32_t built; /* the node that is being built */
    dc_plan plan;
    dc_onednn_value *values; /* one a node */
    dc_onednn_param *params; /* one a parameter of the model */
    dc_onednn_program forward, backward;
    uint64_t step;
    dc_dnn_memory *input;             /* the batch, where the caller has it */
    dc_dnn_memory *output, *d_output; /* row-major float32 */
    dc_dnn_memory *input_matrix;      /* the batch as linear layers see it, or NULL */
    float *fold_room;                 /* for the largest folded weights, one after the other */
    dc_onednn_block *blocks;          /* memory of values, in prediction                     */
    float *sparse_room;               /* for sparse products, one after the other            */
};

/* ---- values and programs (net_onednn_value.c) ---- */
void dc_onednn_add(dc_onednn_net *net, dc_onednn_program *program, dc_onednn_action action);
/* An action that runs its step. */
dc_status dc_onednn_run_step(dc_onednn_net *net, const dc_onednn_action *action);
/* Adds a step; `n_bound` from the array. */
void dc_onednn_add_step(dc_onednn_net *net, dc_onednn_program *program, const dc_dnn_plan *plan,
                     uint32_t n_bound, const dc_dnn_bound *bound);
/* Adds a reorder unless both have the same layout and memory. */
void dc_onednn_add_reorder(dc_onednn_net *net, dc_onednn_program *program, dc_dnn_memory *from,
                        dc_dnn_memory *to);
/* The value that input `k` of `node` stands for. */
dc_onednn_value *dc_onednn_input(dc_onednn_net *net, const dc_node *node, uint32_t k);
const dc_dnn_layout *dc_onednn_value_plain(dc_onednn_net *net, const dc_onednn_value *value,
                                        dc_dnn_type type);
const dc_dnn_layout *dc_onednn_value_any(dc_onednn_net *net, const dc_onednn_value *value,
                                         dc_dnn_type type);
/* The value in `layout`: itself, or a copy that `program` makes. */
dc_dnn_memory *dc_onednn_value_as(dc_onednn_net *net, dc_onednn_value *value,
                                  const dc_dnn_layout *layout, dc_onednn_program *program);
/* Sets y. */
void dc_onednn_value_make(dc_onednn_net *net, dc_onednn_value *value, const dc_dnn_layout *layout,
                       dc_dnn_type type);
/* dy in `layout`, for reading; complete when its maker's backward is built. */
dc_dnn_memory *dc_onednn_gradient_as(dc_onednn_net *net, dc_onednn_value *value,
                                  const dc_dnn_layout *layout);
/* Where a reader of the value puts its part of the gradient, in `layout` ... */
dc_dnn_memory *dc_onednn_gradient_begin(dc_onednn_net *net, dc_onednn_value *value,
                                     const dc_dnn_layout *layout);
/* ... and what joins it with the other parts, once the step that writes it has been added. */
void dc_onednn_gradient_end(dc_onednn_net *net, dc_onednn_value *value, dc_dnn_memory *part);
/* Makes the stored array of a parameter in the order of `layout` (any type; stored is float32, in
 * `stored` where that is not NULL). Returns the memory that forward computes with: of `layout`
 * itself. */
dc_dnn_memory *dc_onednn_param_make(dc_onednn_net *net, uint32_t param, unsigned n_dims,
                                 const uint32_t *dims, const dc_dnn_layout *layout,
                                 const dc_dnn_layout *stored);
/* The same bytes seen in another layout of the same size. */
dc_dnn_memory *dc_onednn_seen_as(dc_onednn_net *net, dc_dnn_memory *memory,
                                 const dc_dnn_layout *layout);
dc_dnn_memory *dc_onednn_param_make_plain(dc_onednn_net *net, uint32_t param);
/* Of parameter `k` of a node, as it is stored; NULL where the node has none. */
const float *dc_onednn_values_of(const dc_onednn_net *net, const dc_node *node, uint32_t k);

/* ---- memory of values, in prediction (net_onednn_reuse.c) ---- */
/* Of its own, or that of a value that nobody reads any more; *block is then what frees it. */
dc_dnn_memory *dc_onednn_reuse_memory(dc_onednn_net *net, const dc_dnn_layout *layout,
                                      dc_onednn_block **block);
/* `value` shows the bytes of `held`. */
void dc_onednn_reuse_hold(dc_onednn_value *value, dc_onednn_value *held);
/* The node has been built: its inputs have a reader less. */
void dc_onednn_reuse_settle(dc_onednn_net *net, uint32_t node);

/* ---- nodes (net_onednn_ops.c, net_onednn_plain.c): forward returns false when the plain code must
 * do it ---- */
typedef struct dc_onednn_builder {
    dc_op op;
    bool (*forward)(dc_onednn_net *net, uint32_t node);
    void (*backward)(dc_onednn_net *net, uint32_t node);
} dc_onednn_builder;
const dc_onednn_builder *dc_onednn_builder_of(dc_op op); /* NULL: plain code only */
extern const dc_onednn_builder dc_onednn_conv_builder, dc_onednn_deconv_builder,
    dc_onednn_linear_builder;
/* One input, one result: the step of value->forward, `dst` the result's layout; and of
 * value->back_data with what the op needs of src and dst. */
void dc_onednn_unary_forward(dc_onednn_net *net, uint32_t node, const dc_dnn_layout *dst);
void dc_onednn_unary_backward(dc_onednn_net *net, uint32_t node, bool by_src, bool by_dst);
dc_dnn_pass dc_onednn_pass_of(const dc_onednn_net *net);

/* ---- batch norm within a convolution, in prediction (net_onednn_fold.c) ---- */
/* Room for the largest folded weights. */
dc_status dc_onednn_fold_room(dc_onednn_net *net);
/* What the convolution of `node` computes with instead of its own: weights (n_dims, dims) in
 * `layout`, and a bias; made when parameters have changed. */
void dc_onednn_folded(dc_onednn_net *net, uint32_t node, unsigned n_dims, const uint32_t *dims,
                   const dc_dnn_layout *layout, dc_dnn_memory **weights, dc_dnn_memory **bias);

/* ---- sparse layers, in prediction (net_onednn_sparse.c) ---- */
dc_status dc_onednn_sparse_room(dc_onednn_net *net);
/* False where the settings have no sparse weights for the node. */
bool dc_onednn_sparse_forward(dc_onednn_net *net, uint32_t node);

/* ---- digits of bf16 in float32, in a net that rounds; in others nothing is done or added
 * (net_onednn_round.c) ---- */
void dc_onednn_round(dc_onednn_net *net, dc_onednn_program *program, dc_dnn_memory *memory);
/* What steps compute with instead. */
dc_dnn_memory *dc_onednn_rounded_weights(dc_onednn_net *net, dc_dnn_memory *stored);
dc_dnn_memory *dc_onednn_rounded_input(dc_onednn_net *net, dc_dnn_memory *lent);

/* ---- activations (net_onednn_curve.c) ---- */
/* NULL: the library has no such curve. From the arena. */
const dc_dnn_curve *dc_onednn_curve_of(dc_onednn_net *net, const dc_node *node);
bool dc_onednn_curve_forward(dc_onednn_net *net, uint32_t node);
void dc_onednn_curve_backward(dc_onednn_net *net, uint32_t node);
/* Whether the activation `node` can be a part of its maker: the plan's can_fuse; a dc_onednn_net.
 */
bool dc_onednn_curve_fits(void *net, const dc_node *maker, const dc_node *node);
/* dy becomes the gradient of what went into a fused activation. */
void dc_onednn_fused_backward(dc_onednn_net *net, dc_onednn_value *value);

dc_status dc_onednn_plain_forward(dc_onednn_net *net, uint32_t node);
void dc_onednn_plain_backward(dc_onednn_net *net, uint32_t node);

#endif
