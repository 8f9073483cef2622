/* SPDX-License-Identifier: MIT
 *
 * Which parameter of one model is which of another. Two files of one network have the same graph,
 * whatever its nodes are called (a stripped file calls them conv1, linear1, ...), and layers of the
 * same sizes, but for neurons that were removed from one of them. Names that are all the same pair
 * first; then the order of the layers, in one network; else a name with the same shape, as two
 * networks with a common trunk have it.
 */
#include <string.h>

#include "dcomp/model.h"

static bool has_same_nodes(const dc_model *a, const dc_model *b)
{
    if (a->n_nodes != b->n_nodes || a->n_params != b->n_params ||
        !dc_shape_equal(&a->nodes[0].shape, &b->nodes[0].shape))
        return false;
    for (uint32_t i = 0; i < a->n_nodes; i++) {
        const dc_node *mine = &a->nodes[i], *other = &b->nodes[i];
        if (mine->op != other->op || mine->n_inputs != other->n_inputs ||
            mine->shape.n_dims != other->shape.n_dims)
            return false;
        for (uint32_t k = 0; k < mine->n_inputs; k++)
            if (mine->inputs[k] != other->inputs[k])
                return false;
    }
    return dc_shape_equal(&a->nodes[a->n_nodes - 1].shape, &b->nodes[b->n_nodes - 1].shape);
}

/* Whether all of `small`'s parameters are of the size that `large`'s are, or smaller: kernels are
 * as they were, only outputs and inputs go. */
static bool is_smaller(const dc_model *small, const dc_model *large)
{
    for (uint32_t i = 0; i < small->n_params; i++) {
        const dc_shape *s = &small->params[i].shape, *l = &large->params[i].shape;
        if (small->params[i].role != large->params[i].role || s->n_dims != l->n_dims)
            return false;
        for (uint32_t d = 0; d < s->n_dims; d++)
            if (d < 2 ? s->dims[d] > l->dims[d] : s->dims[d] != l->dims[d])
                return false;
    }
    return true;
}

static bool have_same_names(const dc_model *a, const dc_model *b)
{
    if (a->n_params != b->n_params)
        return false;
    for (uint32_t i = 0; i < a->n_params; i++) {
        const dc_param *other = dc_model_param(b, a->params[i].name);
        if (other == NULL || b->nodes[other->node].op != a->nodes[a->params[i].node].op)
            return false;
    }
    return true;
}

dc_status dc_params_pair(dc_param_pairs *out, const dc_model *a, const dc_model *b,
                         dc_arena *arena)
{
    dc_param_pairs pairs = { .partners = dc_arena_take(arena, a->n_params, sizeof(uint32_t)) };
    DC_TRY(arena->status);
    pairs.is_one_network = has_same_nodes(a, b) && (is_smaller(a, b) || is_smaller(b, a));
    const bool is_by_name = have_same_names(a, b);
    pairs.is_by_order = !is_by_name && pairs.is_one_network;
    for (uint32_t i = 0; i < a->n_params; i++) {
        const dc_param *other = dc_model_param(b, a->params[i].name);
        pairs.partners[i] = DC_NONE;
        if (pairs.is_by_order)
            pairs.partners[i] = i;
        else if (other != NULL &&
                 (is_by_name || dc_shape_equal(&other->shape, &a->params[i].shape)))
            pairs.partners[i] = (uint32_t)(other - b->params);
    }
    *out = pairs;
    return DC_OK;
}
