/* SPDX-License-Identifier: MIT
 *
 * The ops of ONNX that are read, one row an op.
 */
#ifndef DCOMP_INTEROP_ONNX_OPS_H
#define DCOMP_INTEROP_ONNX_OPS_H

#include "onnx/onnx_twins.h"
#include "onnx_in.h"

/* The op of constants: the array of output 0. All inputs are constants or left out. */
typedef dc_status onnx_fold(onnx_array *out, onnx_in *in);
/* The op of at least one value that depends on the graph's input: nodes of the plan. */
typedef dc_status onnx_read(onnx_in *in);

typedef struct onnx_op {
    const char *name;  /* NULL: of any twin, as are its attributes */
    const char *attrs; /* that are understood or of no matter, with spaces between */
    uint32_t min_inputs, max_inputs;
    onnx_fold *fold; /* NULL: not of constants */
    onnx_read *read; /* NULL: of constants only */
} onnx_op;

/* The op's row, or that of all twins (onnx_twins.c); NULL when it is neither. */
const onnx_op *onnx_op_named(const char *name);
bool onnx_op_has_attr(const onnx_op *op, const onnx_node *node, const char *name);
/* Whether the op gives of whole numbers what it gives of floats. */
bool onnx_op_is_exact(const char *name);
/* Whether the op is one of pictures or matrices, which have the batch as their first dim. */
bool onnx_op_wants_batch_first(const char *name);

/* onnx_fold.c: numbers */
onnx_fold onnx_fold_add, onnx_fold_sub, onnx_fold_mul, onnx_fold_div, onnx_fold_mean, onnx_fold_min,
    onnx_fold_max,
    onnx_fold_equal, onnx_fold_less, onnx_fold_less_or_equal, onnx_fold_greater,
    onnx_fold_greater_or_equal, onnx_fold_and, onnx_fold_or, onnx_fold_xor, onnx_fold_not,
    onnx_fold_floor, onnx_fold_ceil, onnx_fold_neg, onnx_fold_pow, onnx_fold_cast,
    onnx_fold_range, onnx_fold_where, onnx_fold_dropout;
/* onnx_fold_product.c: sums and products over dims */
onnx_fold onnx_fold_reduce_prod, onnx_fold_matmul, onnx_fold_gemm;
/* onnx_fold_shape.c: places */
onnx_fold onnx_fold_constant, onnx_fold_constant_of_shape, onnx_fold_shape, onnx_fold_size,
    onnx_fold_same, onnx_fold_gather, onnx_fold_concat, onnx_fold_slice, onnx_fold_reshape,
    onnx_fold_transpose, onnx_fold_squeeze, onnx_fold_unsqueeze, onnx_fold_flatten,
    onnx_fold_expand;

/* A shape as the op Shape gives it, with its start and end. */
DC_MUST_USE dc_status onnx_shape_array(onnx_array *out, onnx_in *in, const onnx_dims *dims);

/* onnx_ops_weights.c */
onnx_read onnx_read_conv, onnx_read_conv_transpose, onnx_read_gemm, onnx_read_matmul,
    onnx_read_batch_norm, onnx_read_prelu;
/* onnx_ops_reduce.c */
onnx_read onnx_read_reduce, onnx_read_arg;
/* onnx_ops_resize.c */
onnx_read onnx_read_resize;
/* onnx_ops_norm.c */
onnx_read onnx_read_layer_norm, onnx_read_rms_norm, onnx_read_group_norm, onnx_read_instance_norm;
/* onnx_ops_recurrent.c */
onnx_read onnx_read_lstm, onnx_read_gru, onnx_read_rnn;
/* onnx_ops_pool.c */
onnx_read onnx_read_max_pool, onnx_read_average_pool, onnx_read_global_average_pool,
    onnx_read_global_max_pool, onnx_read_reduce_mean, onnx_read_lrn;
/* onnx_ops_pad.c */
#define ONNX_MAX_REPEATS 64 /* rows of a picture that Pad repeats at a side */
onnx_read onnx_read_pad;
/* onnx_ops_act.c */
#define ONNX_FAR 1e30 /* an end that a range does not have */
onnx_read onnx_read_clip, onnx_read_max, onnx_read_min, onnx_read_hard_sigmoid, onnx_read_pow,
    onnx_read_neg, onnx_read_gelu, onnx_read_softmax, onnx_read_log_softmax, onnx_read_dropout;
/* That a Dropout is not in training mode. */
DC_MUST_USE dc_status onnx_check_dropout(const onnx_in *in);
/* onnx_twin_in.c: ops of onnx_twins.c; of constants, those that have a curve */
onnx_read onnx_read_twin;
onnx_fold onnx_fold_twin;
/* `op` of input 0, whose dims the result has. */
DC_MUST_USE dc_status onnx_plan_each(onnx_in *in, dc_op op, const double *attrs);
/* All attributes of the twin as the node says them; one of them, which op `op` must have. */
DC_MUST_USE dc_status onnx_twin_attrs(double attrs[DC_N_ATTRS], const onnx_in *in,
                                      const onnx_twin *twin);
DC_MUST_USE dc_status onnx_node_within(double attrs[DC_N_ATTRS], const onnx_in *in, dc_op op,
                                      const onnx_twin_attr *attr);
/* onnx_ops_arith.c */
onnx_read onnx_read_add, onnx_read_mean, onnx_read_mul;
/* `op` of all inputs, repeated to the same dims. */
DC_MUST_USE dc_status onnx_plan_arith(onnx_in *in, dc_op op);
/* onnx_ops_join.c */
onnx_read onnx_read_concat, onnx_read_split, onnx_read_slice, onnx_read_gather;
/* onnx_ops_shape.c */
onnx_read onnx_read_same, onnx_read_cast, onnx_read_shape, onnx_read_size, onnx_read_reshape,
    onnx_read_flatten, onnx_read_squeeze, onnx_read_unsqueeze;
/* onnx_ops_transpose.c */
onnx_read onnx_read_transpose, onnx_read_depth_to_space, onnx_read_space_to_depth;

/* onnx_dims.c: the dims that Reshape, Squeeze, Unsqueeze and Flatten give an array or a value of
 * these dims. Dim `*batch_at` is the batch, which is not to be lost, and where it is then;
 * DC_NONE: none is. */
DC_MUST_USE dc_status onnx_dims_reshape(onnx_dims *out, const onnx_in *in, const onnx_dims *from);
DC_MUST_USE dc_status onnx_dims_squeeze(onnx_dims *out, const onnx_in *in, const onnx_dims *from,
                                        uint32_t *batch_at);
DC_MUST_USE dc_status onnx_dims_unsqueeze(onnx_dims *out, const onnx_in *in,
                                          const onnx_dims *from, uint32_t *batch_at);
DC_MUST_USE dc_status onnx_dims_flatten(onnx_dims *out, const onnx_in *in, const onnx_dims *from);
/* The order of Transpose's dims, each once. */
DC_MUST_USE dc_status onnx_dims_order(uint32_t order[ONNX_MAX_DIMS], const onnx_in *in,
                                      uint32_t n_dims);
/* The dims that a reduction goes over, as bits: all when no axis is named, unless that means
 * none. */
DC_MUST_USE dc_status onnx_dims_reduced(uint32_t *out, const onnx_in *in, uint32_t n_dims);
/* One cut of Slice: places begin, begin + step, ... (n of them) of `axis`. */
typedef struct onnx_cut {
    uint32_t axis;
    int64_t begin, step;
    uint64_t n;
} onnx_cut;
DC_MUST_USE dc_status onnx_dims_cuts(onnx_cut cuts[ONNX_MAX_DIMS], uint32_t *n_cuts,
                                     const onnx_in *in, const onnx_dims *from);

#endif
