/* SPDX-License-Identifier: MIT
 *
 * One node of a model by itself, by its reference op: for callers that walk a graph in arithmetic
 * of their own and have only some of its ops.
 */
#include "op.h"

#include "dcomp/nn.h"

/* `shapes` has room for the node's inputs. */
static dc_status run(const dc_model *model, const dc_node *node, uint32_t n,
                     const float *const *x, float *y, const dc_shape **shapes)
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
    const dc_op_args args = { .node = node, .n = n, .n_inputs = node->n_inputs, .x = x,
                              .x_shapes = shapes, .y = y, .p = p, .p_state = state };
    code->forward(&args);
    return DC_OK;
}

#define FEW 16u /* inputs: more are looked after in an arena */

dc_status dc_node_forward_batch(const dc_model *model, uint32_t index, uint32_t n,
                                const float *const *x, float *y)
{
    const dc_node *node = &model->nodes[index];
    const dc_shape *few[FEW];
    dc_arena arena = { 0 };
    if (node->n_inputs <= FEW)
        return run(model, node, n, x, y, few);
    const dc_shape **shapes = dc_arena_take(&arena, node->n_inputs, sizeof *shapes);
    const dc_status status =
        arena.status < 0 ? arena.status : run(model, node, n, x, y, shapes);
    dc_arena_clear(&arena);
    return status;
}

dc_status dc_node_forward(const dc_model *model, uint32_t index, const float *const *x, float *y)
{
    return dc_node_forward_batch(model, index, 1, x, y);
}
