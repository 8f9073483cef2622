/* SPDX-License-Identifier: MIT
 *
 * The table of reference ops. A new op is a file (or a place in its family's file), a row here, and
 * a case in tests/gradient and tests/reference.
 */
#include "op_tools.h"

static const dc_op_code *const ops[] = {
    &dc_op_conv,         &dc_op_linear,              &dc_op_max_pool,
    &dc_op_average_pool, &dc_op_global_average_pool, &dc_op_relu,
    &dc_op_batch_norm,   &dc_op_lrn,                 &dc_op_dropout,
    &dc_op_concat,       &dc_op_add,                 &dc_op_flatten,
    &dc_op_softmax,      &dc_op_clip,                &dc_op_sigmoid,
    &dc_op_tanh,         &dc_op_hard_sigmoid,        &dc_op_hard_swish,
    &dc_op_silu,         &dc_op_leaky_relu,          &dc_op_prelu,
    &dc_op_mul,          &dc_op_sub,                 &dc_op_div,
    &dc_op_slice,        &dc_op_reshape,             &dc_op_transpose,
    &dc_op_pad,          &dc_op_constant,            &dc_op_log_softmax,
    &dc_op_elu,          &dc_op_softplus,            &dc_op_erf,
    &dc_op_gelu,
};

const dc_op_code *dc_op_code_of(dc_op op)
{
    for (size_t i = 0; i < DC_COUNT_OF(ops); i++)
        if (ops[i]->op == op)
            return ops[i];
    return NULL;
}

void dc_op_each(uint64_t n_tasks, dc_task *task, const void *payload)
{
    const dc_status status = dc_pool_run(n_tasks, task, (void *)payload);
    (void)status; /* the tasks return DC_OK only */
}
