/* SPDX-License-Identifier: MIT
 *
 * Where values lie in a block of work. A node is a root, with a buffer of its own, or takes over
 * its input's: views do, and ops that compute in place where nobody else reads the input later. A
 * buffer lives from its root to the last node that reads any of those that share it; roots are
 * placed in order, each at the lowest place that is free for so long. Sums of integer mode live
 * while their layer runs.
 */
#include "rt_walk.h"

#define NEVER_MORE UINT16_MAX /* the network's output */

static bool is_view(const dc_rt *m, uint32_t i)
{
    const uint32_t op = rt_nodes(m)[i].op;
    if (op == RT_OP_SOFTMAX) /* the last one is made of integers when the scores go out */
        return m->is_integer && i + 1 == m->n_nodes;
    return op == RT_OP_FLATTEN || op == RT_OP_RESHAPE || op == RT_OP_DROPOUT;
}

RT_OWN void rt_plan_uses(dc_rt *m)
{
    rt_node *nodes = rt_nodes_to_fill(m);
    for (uint32_t i = 1; i < m->n_nodes; i++)
        for (uint32_t k = 0; k < rt_n_inputs(m, i); k++) {
            rt_node *in = &nodes[rt_input_of(m, i, k)];
            in->n_uses++;
            in->last_use = (uint16_t)i;
        }
    nodes[m->n_nodes - 1].last_use = NEVER_MORE;
    nodes[m->n_nodes - 1].n_uses++;
}

/* ---- what a layer does besides --------------------------------------------------------------- */

/* Node i + 1 reads node i, and nobody else does. */
static bool is_followed(const dc_rt *m, uint32_t i)
{
    return i + 1 < m->n_nodes && rt_nodes(m)[i].n_uses == 1 && rt_input_of(m, i + 1, 0) == i &&
           rt_n_inputs(m, i + 1) == 1;
}

/* In integer mode batch norm, and then a clip or relu, before values are cut to 16 bits. */
static void fused_find(dc_rt *m, uint32_t i)
{
    rt_node *nodes = rt_nodes_to_fill(m), *node = &nodes[i];
    const bool is_layer = node->op == RT_OP_CONV || node->op == RT_OP_LINEAR;
    uint32_t last = i;
    if (node->op == RT_OP_LINEAR && node->n_dims > 1)
        return; /* its outputs are not the channels */
    if (is_layer && is_followed(m, last) && nodes[last + 1].op == RT_OP_BATCH_NORM)
        last++;
    if ((is_layer || node->op == RT_OP_BATCH_NORM) && !node->is_fused && is_followed(m, last) &&
        (nodes[last + 1].op == RT_OP_RELU || nodes[last + 1].op == RT_OP_CLIP))
        last++;
    node->n_fused = (uint8_t)(last - i);
    for (uint32_t k = i + 1; k <= last; k++)
        nodes[k].is_fused = 1;
}

/* ---- whose buffer ---------------------------------------------------------------------------- */

/* Pools read only what lies behind what they write, unless there is a pad in front. */
static bool pool_shrinks(const dc_rt *m, uint32_t i)
{
    const rt_window w = rt_window_of(m, i);
    return w.pad_top == 0 && w.pad_left == 0 && w.out_height <= w.height && w.out_width <= w.width;
}

static bool has_same_shapes(const dc_rt *m, uint32_t i)
{
    for (uint32_t k = 0; k < rt_n_inputs(m, i); k++)
        if (rt_nodes(m)[rt_input_of(m, i, k)].n_values != rt_nodes(m)[i].n_values)
            return false;
    return true;
}

static bool may_be_in_place(const dc_rt *m, uint32_t i)
{
    const uint32_t op = rt_nodes(m)[i].op;
    switch (op) {
    case RT_OP_BATCH_NORM:
    case RT_OP_SOFTMAX:
    case RT_OP_GLOBAL_POOL: return true;
    case RT_OP_MAX_POOL:
    case RT_OP_AVERAGE_POOL: return pool_shrinks(m, i);
    case RT_OP_ADD:
    case RT_OP_MUL: return has_same_shapes(m, i);
    default: return rt_is_curve(op);
    }
}

static void roots_find(dc_rt *m)
{
    rt_node *nodes = rt_nodes_to_fill(m);
    for (uint32_t i = 1; i < m->n_nodes; i++) {
        const uint16_t root = nodes[rt_input_of(m, i, 0)].root;
        nodes[i].root = (uint16_t)i;
        nodes[i].is_view = is_view(m, i);
        if (!nodes[i].is_view && !(may_be_in_place(m, i) && nodes[root].last_use == i))
            continue;
        nodes[i].root = root;
        if (nodes[root].last_use < nodes[i].last_use)
            nodes[root].last_use = nodes[i].last_use;
    }
}

/* ---- places ---------------------------------------------------------------------------------- */

static uint64_t whole_blocks(uint64_t n_bytes)
{
    return (n_bytes + 7) & ~(uint64_t)7;
}

static uint64_t value_bytes(const dc_rt *m, uint32_t i)
{
    return whole_blocks(rt_nodes(m)[i].n_values *
                        (uint64_t)(m->is_integer ? sizeof(int16_t) : sizeof(float)));
}

/* Sums of a layer's outputs: of a row of weights, or of all rows if weights come by columns. */
static uint64_t sums_bytes(const dc_rt *m, uint32_t i)
{
    const rt_node *node = &rt_nodes(m)[i];
    const rt_param *weights = &rt_params(m)[node->param];
    if (!m->is_integer || node->in_group || (node->op != RT_OP_CONV && node->op != RT_OP_LINEAR))
        return node->scratch; /* what a group's end wants besides */
    const uint64_t plane = node->op == RT_OP_CONV ? node->dims[1] * node->dims[2] : 1;
    return plane * (weights->is_column_major ? weights->n_rows : 1) * sizeof(int64_t);
}

/* The lowest place of n_bytes while node i is computed, above buffers that live then. */
static uint64_t place_find(const dc_rt *m, uint64_t first, uint32_t i, uint64_t n_bytes,
                           bool is_behind_own)
{
    const rt_node *nodes = rt_nodes(m);
    uint64_t at = first;
    for (uint32_t r = 0; r < i + is_behind_own; r++) {
        const bool is_alive = nodes[r].root == r && (nodes[r].last_use >= i || r == i);
        const uint64_t begin = nodes[r].at, end = begin + value_bytes(m, r);
        if (is_alive && at < end && begin < at + n_bytes) {
            at = end;
            r = UINT32_MAX; /* from the first again */
        }
    }
    return at;
}

RT_OWN dc_rt_status rt_plan_place(dc_rt *m, dc_rt_fault *fault)
{
    rt_node *nodes = rt_nodes_to_fill(m);
    const uint64_t first = whole_blocks(m->is_integer ? m->n_nodes * sizeof(int16_t) : 0);
    uint64_t most = first;
    for (uint32_t i = 1; m->is_integer && i < m->n_nodes; i++)
        fused_find(m, i);
    roots_find(m);
    for (uint32_t i = 0; i < m->n_nodes; i++) {
        const uint64_t own = value_bytes(m, i), sums = sums_bytes(m, i);
        uint64_t at = nodes[nodes[i].root].at, scratch = first;
        if (nodes[i].root == i) {
            at = place_find(m, first, i, own, false);
            most = at + own > most ? at + own : most;
        }
        nodes[i].at = (uint32_t)at;
        if (sums > 0) {
            scratch = place_find(m, first, i, sums, true);
            most = scratch + sums > most ? scratch + sums : most;
        }
        nodes[i].scratch = (uint32_t)scratch;
        if (most > INT32_MAX)
            return rt_refuse(fault, DC_RT_ELIMIT, "values need more than 2 GiB", i, 0);
    }
    m->work_bytes = (uint32_t)most;
    return DC_RT_OK;
}

RT_OWN dc_rt_status rt_plan_make(dc_rt *m, dc_rt_fault *fault)
{
    rt_plan_uses(m);
    return rt_plan_place(m, fault);
}
