/* SPDX-License-Identifier: MIT
 *
 * Inside model: what the files of op records (ops_*.c) share: rows of attributes that several ops
 * have, and small helpers of their shape rules. Limits of attributes are such that 64-bit sums and
 * products of any two cannot overflow.
 *
 * A shape rule sets node->shape and the shapes of the op's parameters (a shape without dims: this
 * node has no such parameter). The attributes have passed dc_attrs_check.
 */
#ifndef DCOMP_MODEL_OP_ROWS_H
#define DCOMP_MODEL_OP_ROWS_H

#include "dcomp/model.h"

/* The records, by the names in DC_OP_LIST. */
#define DC_OP_RECORD(id, number, name) extern const dc_op_kind dc_op_kind_##name;
DC_OP_LIST(DC_OP_RECORD)
#undef DC_OP_RECORD

#define DC_MAX_SIDE 1048576.0     /* pixels of a kernel, stride, pad or dilation */
#define DC_MAX_WIDTH 1073741824.0 /* channels                                    */
#define DC_TINY 1e-30             /* "above zero" for what is divided by         */
#define DC_LARGE 1e30

/* Rows of attributes: number in the file, default, least, most. */
#define DC_WHOLE(name, number, value, min, max) \
    { DC_ATTR_##name, number, DC_ATTR_WHOLE, value, min, max }
#define DC_REAL(name, number, value, min, max) \
    { DC_ATTR_##name, number, DC_ATTR_REAL, value, min, max }
#define DC_SWITCH(name, number, value) { DC_ATTR_##name, number, DC_ATTR_SWITCH, value, 0, 1 }
#define DC_SIDE(name, number, value, min) DC_WHOLE(name, number, value, min, DC_MAX_SIDE)
#define DC_KERNEL_ROWS                                                         \
    DC_SIDE(KERNEL_H, 1, 1, 1), DC_SIDE(KERNEL_W, 2, 1, 1), DC_SIDE(STRIDE_H, 3, 1, 1), \
        DC_SIDE(STRIDE_W, 4, 1, 1)
#define DC_PAD_ROWS                                                            \
    DC_SIDE(PAD_TOP, 5, 0, 0), DC_SIDE(PAD_LEFT, 6, 0, 0), DC_SIDE(PAD_BOTTOM, 7, 0, 0), \
        DC_SIDE(PAD_RIGHT, 8, 0, 0)
#define DC_AXIS_ROW DC_WHOLE(AXIS, 25, 0, 0, DC_MAX_DIMS - 1)
#define DC_DIM_ROWS                                                                            \
    DC_WHOLE(DIM_0, 27, 0, 0, DC_MAX_WIDTH), DC_WHOLE(DIM_1, 28, 0, 0, DC_MAX_WIDTH),          \
        DC_WHOLE(DIM_2, 29, 0, 0, DC_MAX_WIDTH), DC_WHOLE(DIM_3, 30, 0, 0, DC_MAX_WIDTH)

#define DC_ATTRS(rows) .n_attrs = DC_COUNT_OF(rows), .attrs = rows
#define DC_PARAMS(rows) .n_params = DC_COUNT_OF(rows), .roles = rows
#define DC_ONE_INPUT .min_inputs = 1, .max_inputs = 1

typedef dc_status dc_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs);

dc_infer dc_infer_same; /* the shape of the first input */

/* DC_EINPUT unless the input has so many dims; unless it is a vector or a picture. */
DC_MUST_USE dc_status dc_need_dims(const dc_shape *in, uint32_t n_dims);
DC_MUST_USE dc_status dc_need_channels(const dc_shape *in);
/* The dim that "axis" names. */
DC_MUST_USE dc_status dc_need_axis(uint32_t *axis, const dc_node *node, const dc_shape *in);
/* One side of a sliding window; `axis` is 0 for height, 1 for width (ops_window.c). */
DC_MUST_USE dc_status dc_slide(uint32_t *out, const dc_node *node, uint32_t n_pixels,
                               uint32_t axis, uint32_t dilation, bool is_ceil);
bool dc_has_pad(const dc_node *node);
/* A channel of one value stays what it is. */
double dc_constant_same(const dc_model *model, const dc_node *node, uint32_t channel,
                        double value);
/* As dc_constant_same, but NaN where zeros are padded to another value. */
double dc_constant_padded(const dc_model *model, const dc_node *node, uint32_t channel,
                          double value);
/* Value `channel` of a node's parameter. */
double dc_channel_param(const dc_model *model, const dc_node *node, uint32_t which,
                        uint32_t channel);

/* Every attribute (by dc_attr) that the op has is whole where it must be and inside its range, else
 * DC_EINPUT. */
DC_MUST_USE dc_status dc_attrs_check(const dc_op_kind *kind, const double *attrs);

#endif
