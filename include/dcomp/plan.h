/* SPDX-License-Identifier: MIT
 *
 * plan: how a graph is run: which nodes, in which order, which are done within another node, which
 * are only a view of another's value, and where values lie. Plain data, made from the graph and the
 * records of its ops alone, so that every executor runs the same plan and a test can read it.
 *
 *     dc_plan plan;
 *     DC_TRY(dc_plan_make(&plan, model, &(dc_plan_settings){ .output = last }, &arena));
 *     for (uint32_t s = 0; s < plan.n_steps; s++)
 *         run(&model->nodes[plan.steps[s]]);   value in plan.values[node].buffer
 *
 * Threads: a plan that is made is only read.
 */
#ifndef DCOMP_PLAN_H
#define DCOMP_PLAN_H

#include "dcomp/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dc_plan_settings {
    uint32_t output;    /* node whose value is computed                                         */
    bool is_training;   /* dropout is no view, batch norm is by the batch, values are kept for the
                           backward pass: each has a buffer of its own                            */
    bool keeps_views;   /* flatten and other views are steps that copy                          */
    bool folds_norms;   /* in prediction: batch norm within the convolution before it           */
    /* Whether `maker` (a matrix op) can do the pointwise `node` too; NULL: none can. */
    bool (*can_fuse)(void *payload, const dc_node *maker, const dc_node *node);
    void *payload;
} dc_plan_settings;

/* Of a node. */
typedef struct dc_plan_value {
    bool is_live;         /* the output needs it                                                  */
    bool needs_gradient;  /* a parameter lies at or before it                                     */
    uint32_t n_readers;   /* inputs of live nodes that name it                                    */
    uint32_t root;        /* the node that makes the value: itself, the maker it is within, or the
                             one it is a view of: the same numbers in row-major                   */
    uint32_t norm, curve; /* of a maker: the nodes done within it, in this order; 0: none       */
    uint32_t last_reader; /* the last step that reads the root's value; of the output DC_NONE   */
    uint32_t buffer;      /* where the root's value lies; DC_NONE: nowhere (the input is the
                             caller's, and dead nodes have none)                                  */
} dc_plan_value;

typedef struct dc_plan {
    uint32_t n_nodes; /* output + 1 */
    dc_plan_value *values;
    uint32_t n_steps;
    uint32_t *steps; /* nodes to run, in order */
    uint32_t n_buffers;
    uint64_t *buffer_values; /* of one sample */
} dc_plan;

/* Arrays come from the arena. DC_ENOMEM. */
DC_MUST_USE dc_status dc_plan_make(dc_plan *out, const dc_model *model,
                                   const dc_plan_settings *settings, dc_arena *arena);
/* Numbers of one sample that all buffers hold. */
uint64_t dc_plan_values(const dc_plan *plan);

#ifdef __cplusplus
}
#endif

#endif
