/* SPDX-License-Identifier: MIT
 *
 * One number of many, over some dims: these are 1 in the result, or gone. Where none would be left
 * the result is one of 1.
 */
#include "op_rows.h"

static void reduce(dc_node *node, const dc_shape *in, uint32_t reduced)
{
    const bool keeps = dc_node_whole(node, DC_ATTR_KEEP_DIMS) != 0;
    node->shape = (dc_shape){ 0 };
    for (uint32_t i = 0; i < in->n_dims; i++) {
        const bool is_reduced = reduced >> i & 1u;
        if (keeps || !is_reduced)
            node->shape.dims[node->shape.n_dims++] = is_reduced ? 1 : in->dims[i];
    }
    if (node->shape.n_dims == 0)
        node->shape = dc_shape_of(1, 1, 0, 0, 0);
}

/* The dims count from 1, each once; 0 is none. */
static dc_status reduce_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    uint32_t reduced = 0;
    (void)param_shapes;
    for (uint32_t i = 0; i < DC_MAX_DIMS; i++) {
        const uint32_t dim = dc_node_whole(node, (dc_attr)(DC_ATTR_DIM_0 + i));
        if (dim > inputs[0]->n_dims || (dim > 0 && (reduced >> (dim - 1) & 1u) != 0))
            return dc_fail(DC_EINPUT, "'dim_%u' is %u, a dim of its input's %u that is not named "
                                      "yet is wanted",
                           (unsigned)i, (unsigned)dim, (unsigned)inputs[0]->n_dims);
        reduced |= dim > 0 ? 1u << (dim - 1) : 0;
    }
    if (reduced == 0)
        return dc_fail(DC_EINPUT, "its 'dims' are missing");
    reduce(node, inputs[0], reduced);
    return DC_OK;
}

static const dc_attr_rule reduce_attrs[] = {
    DC_WHOLE(DIM_0, 0, 0, 0, DC_MAX_DIMS), DC_WHOLE(DIM_1, 1, 0, 0, DC_MAX_DIMS),
    DC_WHOLE(DIM_2, 2, 0, 0, DC_MAX_DIMS), DC_WHOLE(DIM_3, 3, 0, 0, DC_MAX_DIMS),
    DC_SWITCH(KEEP_DIMS, 4, 1)
};

#define REDUCE(id, text, others)                                                              \
    { .op = (id), .name = (text), DC_ONE_INPUT, DC_ATTRS(reduce_attrs), .infer = reduce_infer, \
      .traits = (others) }

const dc_op_kind dc_op_kind_reduce_max = REDUCE(DC_OP_REDUCE_MAX, "reduce_max", DC_SELECTS);
const dc_op_kind dc_op_kind_reduce_min = REDUCE(DC_OP_REDUCE_MIN, "reduce_min", DC_SELECTS);
const dc_op_kind dc_op_kind_reduce_sum = REDUCE(DC_OP_REDUCE_SUM, "reduce_sum", 0);
const dc_op_kind dc_op_kind_reduce_mean = REDUCE(DC_OP_REDUCE_MEAN, "reduce_mean", 0);
const dc_op_kind dc_op_kind_reduce_prod = REDUCE(DC_OP_REDUCE_PROD, "reduce_prod", 0);

static dc_status arg_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    uint32_t axis = 0;
    (void)param_shapes;
    DC_TRY(dc_need_axis(&axis, node, inputs[0]));
    reduce(node, inputs[0], 1u << axis);
    return DC_OK;
}

static const dc_attr_rule arg_attrs[] = { DC_WHOLE(AXIS, 0, 0, 0, DC_MAX_DIMS - 1),
                                          DC_SWITCH(KEEP_DIMS, 1, 1), DC_SWITCH(LAST, 2, 0) };

const dc_op_kind dc_op_kind_arg_max = { .op = DC_OP_ARG_MAX, .name = "arg_max", DC_ONE_INPUT,
                                        DC_ATTRS(arg_attrs), .infer = arg_infer };
const dc_op_kind dc_op_kind_arg_min = { .op = DC_OP_ARG_MIN, .name = "arg_min", DC_ONE_INPUT,
                                        DC_ATTRS(arg_attrs), .infer = arg_infer };
