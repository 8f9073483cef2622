/* SPDX-License-Identifier: MIT
 *
 * The table of reference ops: dc_op_x is in the file of its family. A new op is a row there and
 * a name here, and a case in tests/gradient and tests/reference; a pointwise op needs neither row
 * nor name, its curve is in its record (src/model/ops_curve.c).
 */
#include "op_tools.h"

#define OPS(X)                                                                                 \
    X(conv) X(linear) X(max_pool) X(average_pool) X(global_average_pool) X(relu)               \
    X(batch_norm) X(lrn) X(dropout) X(concat) X(add) X(flatten) X(softmax) X(clip) X(sigmoid)  \
    X(tanh) X(hard_sigmoid) X(hard_swish) X(silu) X(leaky_relu) X(prelu) X(mul) X(sub) X(div)  \
    X(slice) X(reshape) X(transpose) X(pad) X(constant) X(log_softmax) X(elu) X(softplus)      \
    X(erf) X(gelu) X(layer_norm) X(group_norm) X(rms_norm)                \
    X(conv_transpose) X(resize) X(reduce_max) X(reduce_min) X(reduce_sum) X(reduce_mean)       \
    X(reduce_prod) X(arg_max) X(arg_min) X(lstm) X(gru) X(rnn) X(embedding) X(last)            \
    X(step_mean)

#define DECLARED(name) extern const dc_op_code dc_op_##name;
OPS(DECLARED)
extern const dc_op_code dc_op_curve; /* of every op that has a curve */

static const dc_op_code *const ops[] = {
#define ROW(name) &dc_op_##name,
    OPS(ROW)
};

const dc_op_code *dc_op_code_of(dc_op op)
{
    for (size_t i = 0; i < DC_COUNT_OF(ops); i++)
        if (ops[i]->op == op)
            return ops[i];
    const dc_op_kind *kind = dc_op_kind_of((uint32_t)op);
    return kind != NULL && kind->curve != NULL ? &dc_op_curve : NULL;
}

void dc_op_each(uint64_t n, dc_each *each, const void *payload)
{
    dc_pool_each(n, each, (void *)payload);
}
