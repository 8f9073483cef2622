/* SPDX-License-Identifier: MIT
 *
 * A model compiled for oneDNN: values, programs and how they are built.
 *
 * A value is what a node makes, in the layout its maker likes best; whoever wants another layout
 * gets a reordered copy, made once. Nodes that change nothing but the view (flatten, many a
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
#include "op.h"

#define DC_DNN_MAX_COPIES 6

typedef struct dc_dnn_value {
    uint32_t root;       /* itself, or the value it is a view of              */
    bool wants_gradient; /* something trainable lies at or before it          */
    uint32_t norm; /* of a convolution: the batch norm folded into it, or 0   */
    const dc_dnn_curve *curve; /* of the maker: the activation fused into it, or NULL */
    bool has_gradient;   /* while building backward: dy has been written to   */
    unsigned n_dims;
    uint32_t dims[DC_DNN_MAX_DIMS]; /* batch first                              */
    dc_dnn_type type;
    dc_dnn_memory *y, *dy;
    uint32_t n_copies;
    dc_dnn_memory *copies[DC_DNN_MAX_COPIES]; /* of y in other layouts          */
    /* The maker's own, kept for its backward. */
    const dc_dnn_plan *forward, *back_data, *back_weights, *back_relu;
    dc_dnn_memory *workspace, *weights, *mean, *variance;
    dc_op_args *plain; /* not NULL: made by plain code                          */
    bool is_by_dst;    /* an activation whose backward takes its result         */
    bool is_own_pool;  /* made by nhwc.c                                        */
    bool by_patches;   /* back_weights is of a matrix of patches (nhwc.c)       */
    dc_nhwc window;    /* of the last two                                       */
} dc_dnn_value;

typedef enum dc_dnn_action_kind {
    DC_DNN_RUN,
    DC_DNN_RUN_IF_CHANGED,
    DC_DNN_ZERO,
    DC_DNN_PLAIN_FORWARD,
    DC_DNN_PLAIN_BACKWARD,
    DC_DNN_MOVE_STATE,
    DC_DNN_FOLD_IF_CHANGED,
    DC_DNN_POOL,
    DC_DNN_POOL_BACK,
    DC_DNN_PATCHES,
    DC_DNN_BORDER_IF_CHANGED
} dc_dnn_action_kind;

typedef struct dc_dnn_action {
    struct dc_dnn_action *next;
    dc_dnn_action_kind kind;
    uint32_t node;
    dc_dnn_step *step;
    dc_dnn_memory *memory; /* what is zeroed, made by nhwc.c or gets a border; folded weights */
    dc_dnn_memory *source; /* what nhwc.c works on; of the way back its dy; the border's bias;
                              folded bias */
} dc_dnn_action;

typedef struct dc_dnn_program {
    dc_dnn_action *first, *last;
} dc_dnn_program;

/* A parameter's stored order, and how it is reached from row-major and back (NULL: it is
 * row-major). */
typedef struct dc_dnn_param {
    dc_dnn_memory *w, *dw;
    dc_dnn_memory *outside, *inside; /* pointed to by load and store */
    dc_dnn_step *load, *store;
} dc_dnn_param;

typedef struct dc_dnn_net {
    dc_net base;
    dc_dnn dnn;
    dc_dnn_type type;      /* of activations and weights in compute */
    bool is_channels_last; /* convolutions are asked for it; else the library chooses */
    bool has_changed;
    dc_plan plan;
    dc_dnn_value *values; /* one a node */
    dc_dnn_param *params; /* one a parameter of the model */
    dc_dnn_program forward, backward;
    uint64_t step;
    dc_dnn_memory *output, *d_output; /* row-major float32 */
    dc_dnn_memory *input_matrix;      /* the batch as linear layers see it, or NULL */
    float *fold_room;                 /* for the largest folded weights, one after the other */
} dc_dnn_net;

/* ---- values and programs (net_onednn_value.c) ---- */
void dc_dnn_add(dc_dnn_net *net, dc_dnn_program *program, dc_dnn_action action);
/* Adds a step; `n_bound` from the array. */
void dc_dnn_add_step(dc_dnn_net *net, dc_dnn_program *program, const dc_dnn_plan *plan,
                     uint32_t n_bound, const dc_dnn_bound *bound);
/* Adds a reorder unless both are of one layout and one place. */
void dc_dnn_add_reorder(dc_dnn_net *net, dc_dnn_program *program, dc_dnn_memory *from,
                        dc_dnn_memory *to);
/* The value that input `k` of `node` stands for. */
dc_dnn_value *dc_dnn_input(dc_dnn_net *net, const dc_node *node, uint32_t k);
const dc_dnn_layout *dc_dnn_value_plain(dc_dnn_net *net, const dc_dnn_value *value,
                                        dc_dnn_type type);
const dc_dnn_layout *dc_dnn_value_any(dc_dnn_net *net, const dc_dnn_value *value, dc_dnn_type type);
/* The value in `layout`: itself, or a copy that `program` makes. */
dc_dnn_memory *dc_dnn_value_as(dc_dnn_net *net, dc_dnn_value *value, const dc_dnn_layout *layout,
                               dc_dnn_program *program);
/* Sets y. */
void dc_dnn_value_make(dc_dnn_net *net, dc_dnn_value *value, const dc_dnn_layout *layout,
                       dc_dnn_type type);
/* dy in `layout`, for reading; complete when its maker's backward is built. */
dc_dnn_memory *dc_dnn_gradient_as(dc_dnn_net *net, dc_dnn_value *value,
                                  const dc_dnn_layout *layout);
/* Where a reader of the value shall put its part of the gradient, in `layout` ... */
dc_dnn_memory *dc_dnn_gradient_begin(dc_dnn_net *net, dc_dnn_value *value,
                                     const dc_dnn_layout *layout);
/* ... and what joins it with the other parts, once the step that writes it has been added. */
void dc_dnn_gradient_end(dc_dnn_net *net, dc_dnn_value *value, dc_dnn_memory *part);
/* Makes the stored array of a parameter in the order of `layout` (any type; stored is float32, in
 * `stored` where that is not NULL). Returns the memory that forward computes with: of `layout`
 * itself. */
dc_dnn_memory *dc_dnn_param_make(dc_dnn_net *net, uint32_t param, unsigned n_dims,
                                 const uint32_t *dims, const dc_dnn_layout *layout,
                                 const dc_dnn_layout *stored);
/* The same bytes seen in another layout of the same size. */
dc_dnn_memory *dc_dnn_seen_as(dc_dnn_net *net, dc_dnn_memory *memory, const dc_dnn_layout *layout);
dc_dnn_memory *dc_dnn_param_make_plain(dc_dnn_net *net, uint32_t param);

/* ---- nodes (net_onednn_ops.c, net_onednn_plain.c): forward returns false when the plain code must
 * do it ---- */
typedef struct dc_dnn_builder {
    dc_op op;
    bool (*forward)(dc_dnn_net *net, uint32_t node);
    void (*backward)(dc_dnn_net *net, uint32_t node);
} dc_dnn_builder;
const dc_dnn_builder *dc_dnn_builder_of(dc_op op); /* NULL: plain code only */
extern const dc_dnn_builder dc_dnn_conv_builder, dc_dnn_linear_builder;
/* What a 1 x 1 convolution makes of pads: its bias. */
void dc_dnn_border(const dc_dnn_net *net, const dc_dnn_action *action);
/* One input, one result: the step of value->forward, `dst` the result's layout; and of
 * value->back_data with what the op wants of src and dst. */
void dc_dnn_unary_forward(dc_dnn_net *net, uint32_t node, const dc_dnn_layout *dst);
void dc_dnn_unary_backward(dc_dnn_net *net, uint32_t node, bool by_src, bool by_dst);
dc_dnn_pass dc_dnn_pass_of(const dc_dnn_net *net);

/* ---- batch norm within a convolution, in prediction (net_onednn_fold.c) ---- */
/* Room for the largest folded weights. */
dc_status dc_dnn_fold_room(dc_dnn_net *net);
/* What the convolution of `node` computes with instead of its own: weights (n_dims, dims) in
 * `layout`, and a bias; made when parameters have changed. */
void dc_dnn_folded(dc_dnn_net *net, uint32_t node, unsigned n_dims, const uint32_t *dims,
                   const dc_dnn_layout *layout, dc_dnn_memory **weights, dc_dnn_memory **bias);
void dc_dnn_fold_run(dc_dnn_net *net, const dc_dnn_action *action);

/* ---- activations (net_onednn_curve.c) ---- */
/* NULL: the library has no such curve. From the arena. */
const dc_dnn_curve *dc_dnn_curve_of(dc_dnn_net *net, const dc_node *node);
bool dc_dnn_curve_forward(dc_dnn_net *net, uint32_t node);
void dc_dnn_curve_backward(dc_dnn_net *net, uint32_t node);
/* Whether the activation `node` can be a part of its maker: the plan's can_fuse; a dc_dnn_net. */
bool dc_dnn_curve_fits(void *net, const dc_node *maker, const dc_node *node);
/* dy becomes the gradient of what went into a fused activation. */
void dc_dnn_fused_backward(dc_dnn_net *net, dc_dnn_value *value);

dc_status dc_dnn_plain_forward(dc_dnn_net *net, uint32_t node);
void dc_dnn_plain_backward(dc_dnn_net *net, uint32_t node);

#endif
