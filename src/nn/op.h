/* SPDX-License-Identifier: MIT
 *
 * How an op is computed in plain C: the definition and the oracle of every other backend.
 *
 * All arrays are row-major float32, (N,C,H,W) or (N,C). A forward overwrites y. A backward
 * ACCUMULATES into dx, because a value may feed several nodes (the caller zeroes it first), and
 * OVERWRITES dp. What forward must remember for backward (the winner of a maximum, a dropout mask,
 * batch statistics) it puts into `cache`. Nothing here allocates or fails: shapes were checked when
 * the model was made.
 */
#ifndef DC_NN_OP_H
#define DC_NN_OP_H

#include "dcomp/nn.h"
#include "dcomp/sparse.h"

typedef struct dc_op_args {
    const dc_node *node;
    uint32_t n, n_inputs;            /* samples; entries of x, x_shapes and dx               */
    const uint32_t *lengths;         /* (n): so many steps of a sample count; NULL: all do   */
    float *state;                    /* (n) times state_stride: what the node carries on, in and
                                        out; NULL: samples begin with zeros                  */
    uint64_t state_stride;
    const float *const *x;           /* inputs, each (n, shape)                              */
    const dc_shape *const *x_shapes; /* per sample                                           */
    float *y;                        /* value, (n, node->shape)                              */
    const float *const *p;           /* parameters by the op's order; NULL where absent      */
    const dc_sparse *const *sparse;  /* in the place of p, in prediction: NULL entries are in p;
                                        NULL: all are. Only for dc_op_takes_sparse           */
    float *const *p_state;           /* the same for batch norm's mean and variance, which a
                                        training forward moves; NULL entries else            */
    const float *dy;                 /* (n, node->shape)                                     */
    float *const *dx;                /* accumulated; NULL entries are not needed             */
    float *const *dp;                /* overwritten; NULL entries are not needed             */
    void *cache;                     /* cache_bytes of it, in training kept until backward   */
    bool is_training;
    double ratio;                    /* dropout's effective ratio                            */
    uint64_t seed;                   /* differs for every node and step                      */
    const dc_step_products *products;     /* of a recurrent op, in prediction; NULL: its own      */
} dc_op_args;

typedef struct dc_op_code {
    dc_op op;
    /* Bytes of cache; NULL: none. In prediction it is room to work in. */
    uint64_t (*cache_bytes)(const dc_node *node, const dc_shape *const *x_shapes, uint32_t n,
                            bool is_training);
    void (*forward)(const dc_op_args *args);
    void (*backward)(const dc_op_args *args); /* NULL: there is none */
} dc_op_code;

/* NULL for the input and for what is not there. */
const dc_op_code *dc_op_code_of(dc_op op);
/* What a backend other than the reference runs where it has nothing of its own: the same, or the
 * same by kernels (fast_steps.h), whose sums are in other orders, or of products of bf16 where the
 * processor has faster ones of it. */
const dc_op_code *dc_op_code_fast(const dc_node *node, bool is_bf16);
/* Whether the fast code multiplies by its parameter number `which` sparse. */
bool dc_op_takes_sparse(const dc_model *model, const dc_node *node, uint32_t which);
/* 0 where it has no cache. */
static inline uint64_t dc_op_cache_bytes(const dc_op_code *code, const dc_node *node,
                                         const dc_shape *const *x_shapes, uint32_t n,
                                         bool is_training)
{
    return code->cache_bytes != NULL ? code->cache_bytes(node, x_shapes, n, is_training) : 0;
}

#endif
