/* SPDX-License-Identifier: MIT
 *
 * A node's reference op with all that a net has for it: made once, run in every step. The executor
 * says where values lie; parameters, cache, and what changes from step to step are set here.
 */
#ifndef DC_NN_OP_BOUND_H
#define DC_NN_OP_BOUND_H

#include "net.h"
#include "op.h"

typedef struct dc_op_bound {
    const dc_op_code *code;
    dc_op_args args; /* its y and dy are the executor's to set; x and dx are those below */
    uint64_t state_at; /* of the node among all that a sample carries on */
    const float **x; /* (n_inputs) */
    float **dx;      /* (n_inputs) NULL where no gradient is needed */
} dc_op_bound;

/* By `code`, from the net's arena; the net's parameters that the node uses are there already.
 * DC_EUNSUPPORTED when there is no code, or none for the way back where the net trains. */
DC_MUST_USE dc_status dc_op_bind(dc_op_bound *out, dc_net *net, uint32_t node,
                                  const dc_op_code *code);
void dc_op_forward(dc_op_bound *bound, const dc_net *net, uint64_t step);
void dc_op_backward(const dc_op_bound *bound);

#endif
