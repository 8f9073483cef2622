/* SPDX-License-Identifier: MIT
 *
 * Nodes that are run step by step. A value over time is (T, ...), T steps of a row. Nodes of which
 * each alone reads the one before it, and which make a row of a row, are a group: all of its nodes
 * do one step, then all do the next, so that only its last one (RT_END) has a place for all steps;
 * the others (RT_INNER) hold one row, as if they were (1, ...). The network's input is inner, too,
 * where the group alone reads it: then a step's row comes from the caller's sample.
 *
 * A node's state, what it carries from step to step and what it computes with, lies at its scratch.
 */
#ifndef RT_STEPS_H
#define RT_STEPS_H

#include "rt_walk.h"

enum {
    RT_REVERSE = 1, RT_PEEPHOLES = 2, RT_RESET_AFTER = 2, RT_FORGET_BIAS = 3, RT_GATE_CURVE = 4,
    RT_CELL_CURVE = 5, RT_OUTPUT_CURVE = 6, RT_CURVE_SLOPE = 7, RT_CLIP_AT = 8, RT_ALPHA = 9,
    RT_INPUT_FORGET = 10, RT_CELLS = 11
};
enum { RT_I_GATE, RT_O_GATE, RT_F_GATE, RT_G_GATE }; /* of lstm, and of its peepholes */
enum { RT_Z_GATE, RT_R_GATE, RT_N_GATE };            /* of gru                        */

/* lstm, gru or rnn. */
typedef struct rt_cells {
    uint32_t op, n_gates, n_cells, n_said, n_row; /* n_row: said, and cells that are shown */
    bool is_coupled, shows_cells, is_reset_after;
    float forget_bias, clip; /* clip: 0: none */
    rt_curve gate, cell, output;
    const rt_param *weight, *peephole, *projection, *bias; /* NULL: none */
} rt_cells;
RT_OWN rt_cells rt_cells_of(const dc_rt *m, uint32_t node);

static inline bool rt_is_cells(uint32_t op)
{
    return op == RT_OP_LSTM || op == RT_OP_GRU || op == RT_OP_RNN;
}

static inline bool rt_is_one_of_many(uint32_t op)
{
    return op == RT_OP_LAST || op == RT_OP_STEP_MEAN;
}

static inline uint32_t rt_row_of(const rt_node *node)
{
    return node->dims[1] * node->dims[2] * node->dims[3];
}

/* A group, and where in it a run is. */
typedef struct rt_group {
    uint32_t begin, end, input, n_steps;
    bool is_reverse, is_from_call; /* rows come from the caller's sample */
    uint32_t turn, step;           /* step number `turn` that is done    */
} rt_group;
/* That of node `begin`, which is the first of one; of the steps those count that the call has. */
RT_OWN rt_group rt_group_at(const dc_rt *m, const dc_rt_call *call, uint32_t begin);

/* The bytes of a node's state. */
RT_OWN uint64_t rt_state_float(const dc_rt *m, uint32_t i);
RT_OWN uint64_t rt_state_integer(const dc_rt *m, uint32_t i);

/* To the entries of row `row` of an embedding, and no further than those behind it. */
RT_OWN rt_walk rt_walk_near(const dc_rt *m, const rt_param *p, uint32_t row);

RT_OWN void rt_run_float_steps(const dc_rt *m, const dc_rt_call *call);
RT_OWN void rt_run_integer_steps(const dc_rt *m, const dc_rt_call *call);

#endif
