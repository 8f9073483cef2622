/* SPDX-License-Identifier: MIT
 *
 * Arithmetic on two inputs or more, value by value, left to right. Shapes broadcast as NumPy's,
 * but that all have equally many dims: a dim of 1 is as wide as the others'.
 */
#include "op_rows.h"

#define ARITHMETIC(id, text) .op = (id), .name = (text), .min_inputs = 2, .infer = broadcast

static dc_status broadcast(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    dc_shape wide = *inputs[0];
    for (uint32_t i = 1; i < node->n_inputs; i++) {
        bool fits = inputs[i]->n_dims == wide.n_dims;
        for (uint32_t d = 0; fits && d < wide.n_dims; d++) {
            const uint32_t dim = inputs[i]->dims[d];
            fits = dim == wide.dims[d] || dim == 1 || wide.dims[d] == 1;
            if (dim != 1)
                wide.dims[d] = dim;
        }
        if (!fits)
            return dc_fail(DC_EINPUT, "inputs 0 and %u differ in shape", (unsigned)i);
    }
    const dc_shape *const widest = &wide;
    return dc_infer_same(node, param_shapes, &widest);
}

static double sum(double a, double b)
{
    return a + b;
}

static double product(double a, double b)
{
    return a * b;
}

static double difference(double a, double b)
{
    return a - b;
}

static double quotient(double a, double b)
{
    return a / b;
}

const dc_op_kind dc_op_kind_add = { ARITHMETIC(DC_OP_ADD, "add"), .max_inputs = DC_MAX_NODES,
                                    .combine = sum };
const dc_op_kind dc_op_kind_mul = { ARITHMETIC(DC_OP_MUL, "mul"), .max_inputs = DC_MAX_NODES,
                                    .combine = product };
const dc_op_kind dc_op_kind_sub = { ARITHMETIC(DC_OP_SUB, "sub"), .max_inputs = 2,
                                    .combine = difference };
const dc_op_kind dc_op_kind_div = { ARITHMETIC(DC_OP_DIV, "div"), .max_inputs = 2,
                                    .combine = quotient };
