/* SPDX-License-Identifier: MIT
 *
 * One node of a model by itself, by its reference op: for callers that walk a graph in arithmetic
 * of their own and have only some of its ops.
 */
#include "op.h"

#include "dcomp/nn.h"

/* `shapes` has room for the node's inputs; the op's room to work in is the arena's. */
static dc_status run(const dc_model *model, const dc_node *node, dc_op_args *given,
                     const dc_shape **shapes, dc_arena *arena)
{
    const dc_op_code *code = dc_op_code_of(node->op);
    const float *p[DC_MAX_NODE_PARAMS] = { NULL };
    float *state[DC_MAX_NODE_PARAMS] = { NULL };
    if (code == NULL)
        return dc_fail(DC_EUNSUPPORTED, "no code for %s of '%s'", node->kind->name, node->name);
    for (uint32_t k = 0; k < node->n_inputs; k++)
        shapes[k] = &model->nodes[node->inputs[k]].shape;
    for (uint32_t k = 0; k < node->kind->n_params; k++) {
        if (node->params[k] == DC_NONE)
            continue;
        state[k] = model->params[node->params[k]].values;
        p[k] = state[k];
        if (p[k] == NULL)
            return dc_fail(DC_EINPUT, "weights of '%s' are packed", node->name);
    }
    given->x_shapes = shapes;
    given->p = p;
    given->p_state = state;
    const uint64_t n_bytes = dc_op_cache_bytes(code, node, shapes, given->n, false);
    if (n_bytes > 0)
        given->cache = dc_arena_take(arena, n_bytes, 1);
    DC_TRY(arena->status);
    code->forward(given);
    return DC_OK;
}

#define FEW 16u /* inputs: more are looked after in an arena */

static dc_status run_node(const dc_model *model, uint32_t index, dc_op_args *args)
{
    const dc_node *node = &model->nodes[index];
    const dc_shape *few[FEW];
    dc_arena arena = { 0 };
    const dc_shape **shapes =
        node->n_inputs <= FEW ? few : dc_arena_take(&arena, node->n_inputs, sizeof *shapes);
    args->node = node;
    args->n_inputs = node->n_inputs;
    const dc_status status =
        arena.status < 0 ? arena.status : run(model, node, args, shapes, &arena);
    dc_arena_clear(&arena);
    return status;
}

dc_status dc_node_forward(const dc_model *model, uint32_t index, uint32_t n,
                          const uint32_t *lengths, const float *const *x, float *y)
{
    dc_op_args args = { .n = n, .lengths = lengths, .x = x, .y = y };
    return run_node(model, index, &args);
}

dc_status dc_node_forward_with(const dc_model *model, uint32_t index, uint32_t length,
                               const float *const *x, float *y, const dc_step_products *products)
{
    dc_op_args args = { .n = 1, .lengths = length > 0 ? &length : NULL, .x = x, .y = y,
                        .products = products };
    return run_node(model, index, &args);
}
