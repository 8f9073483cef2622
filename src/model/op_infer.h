/* SPDX-License-Identifier: MIT
 *
 * The shape rules of the ops, for the table in op_kinds.c. Each sets node->shape and the shapes of
 * the op's parameters (a shape without dims: this node has no such parameter). The attributes have
 * passed dc_attrs_check.
 */
#ifndef DCOMP_MODEL_OP_INFER_H
#define DCOMP_MODEL_OP_INFER_H

#include "dcomp/model.h"

typedef dc_status dc_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs);

dc_infer dc_infer_input, dc_infer_conv, dc_infer_linear, dc_infer_pool, dc_infer_same,
    dc_infer_batch_norm, dc_infer_lrn, dc_infer_concat, dc_infer_flatten,
    dc_infer_softmax, dc_infer_global_average_pool, dc_infer_clip, dc_infer_prelu,
    dc_infer_broadcast, dc_infer_slice, dc_infer_reshape, dc_infer_transpose, dc_infer_pad,
    dc_infer_constant;

/* Every attribute of the op is integral where it must be and inside its range, else DC_EINPUT. */
dc_status dc_attrs_check(const dc_op_kind *kind, const double *attrs);

#endif
