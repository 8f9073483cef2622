/* SPDX-License-Identifier: MIT
 *
 * Plumbing of a net on oneDNN: programs, values and their copies, gradients from several readers,
 * and parameters between row-major and stored order. See net_onednn.h for the nouns.
 *
 * Gradients. The first reader whose wish agrees with the layout of dy writes there directly; any
 * other writes a part of its own, which is then reordered or added. Backward is built from the
 * output down, so "first" is the first to run.
 */
#include "net_onednn.h"

void dc_onednn_add(dc_onednn_net *net, dc_onednn_program *program, dc_onednn_action action)
{
    dc_onednn_action *added = dc_arena_take(&net->base.arena, 1, sizeof *added);
    if (!added)
        return;
    *added = action;
    added->of = net->built;
    if (program->last)
        program->last->next = added;
    else
        program->first = added;
    program->last = added;
}

dc_status dc_onednn_run_step(dc_onednn_net *net, const dc_onednn_action *action)
{
    return dc_dnn_run(&net->dnn, action->step);
}

void dc_onednn_add_step(dc_onednn_net *net, dc_onednn_program *program, const dc_dnn_plan *plan,
                     uint32_t n_bound, const dc_dnn_bound *bound)
{
    dc_dnn_step *step = dc_dnn_step_new(&net->dnn, plan, n_bound, bound);
    if (step)
        dc_onednn_add(net, program, (dc_onednn_action){ .run = dc_onednn_run_step, .step = step });
}

static dc_dnn_step *reorder_step(dc_onednn_net *net, dc_dnn_memory *from, dc_dnn_memory *to)
{
    if (!from || !to)
        return NULL;
    const dc_dnn_bound bound[] = { { DC_DNN_SRC, from }, { DC_DNN_DST, to } };
    return dc_dnn_step_new(&net->dnn, dc_dnn_reorder(&net->dnn, from->layout, to->layout), 2,
                           bound);
}

void dc_onednn_add_reorder(dc_onednn_net *net, dc_onednn_program *program, dc_dnn_memory *from,
                        dc_dnn_memory *to)
{
    if (!from || !to || (from->data == to->data && dc_dnn_same(from->layout, to->layout)))
        return;
    dc_onednn_add(
        net, program,
        (dc_onednn_action){ .run = dc_onednn_run_step, .step = reorder_step(net, from, to) });
}

/* ---- values ---- */

dc_onednn_value *dc_onednn_input(dc_onednn_net *net, const dc_node *node, uint32_t k)
{
    return &net->values[net->values[node->inputs[k]].root];
}

const dc_dnn_layout *dc_onednn_value_plain(dc_onednn_net *net, const dc_onednn_value *value,
                                        dc_dnn_type type)
{
    return dc_dnn_plain(&net->dnn, value->n_dims, value->dims, type);
}

const dc_dnn_layout *dc_onednn_value_any(dc_onednn_net *net, const dc_onednn_value *value,
                                         dc_dnn_type type)
{
    return dc_dnn_any(&net->dnn, value->n_dims, value->dims, type);
}

void dc_onednn_value_make(dc_onednn_net *net, dc_onednn_value *value, const dc_dnn_layout *layout,
                       dc_dnn_type type)
{
    value->y = value->is_lasting ? dc_dnn_memory_new(&net->dnn, layout, NULL)
                                 : dc_onednn_reuse_memory(net, layout, &value->block);
    value->type = type;
}

dc_dnn_memory *dc_onednn_value_as(dc_onednn_net *net, dc_onednn_value *value,
                                  const dc_dnn_layout *layout, dc_onednn_program *program)
{
    if (!value->y || dc_dnn_same(value->y->layout, layout))
        return value->y;
    for (uint32_t i = 0; i < value->n_copies; i++)
        if (dc_dnn_same(value->copies[i]->layout, layout))
            return value->copies[i];
    const bool is_listed = value->n_copies < DC_ONEDNN_MAX_COPIES;
    dc_dnn_memory *copy =
        is_listed ? dc_onednn_reuse_memory(net, layout, &value->copy_blocks[value->n_copies])
                  : dc_dnn_memory_new(&net->dnn, layout, NULL);
    dc_onednn_add_reorder(net, program, value->y, copy);
    if (copy && is_listed)
        value->copies[value->n_copies++] = copy;
    return copy;
}

/* ---- gradients ---- */

static dc_dnn_memory *gradient_of(dc_onednn_net *net, dc_onednn_value *value)
{
    if (!value->dy && value->y)
        value->dy = dc_dnn_memory_new(&net->dnn, value->y->layout, NULL);
    return value->dy;
}

dc_dnn_memory *dc_onednn_gradient_as(dc_onednn_net *net, dc_onednn_value *value,
                                     const dc_dnn_layout *layout)
{
    dc_dnn_memory *dy = gradient_of(net, value);
    if (!dy || dc_dnn_same(dy->layout, layout))
        return dy;
    dc_dnn_memory *copy = dc_dnn_memory_new(&net->dnn, layout, NULL);
    dc_onednn_add_reorder(net, &net->backward, dy, copy);
    return copy;
}

dc_dnn_memory *dc_onednn_gradient_begin(dc_onednn_net *net, dc_onednn_value *value,
                                     const dc_dnn_layout *layout)
{
    dc_dnn_memory *dy = gradient_of(net, value);
    if (dy && !value->has_gradient && dc_dnn_same(dy->layout, layout))
        return dy;
    return dc_dnn_memory_new(&net->dnn, layout, NULL);
}

void dc_onednn_gradient_end(dc_onednn_net *net, dc_onednn_value *value, dc_dnn_memory *part)
{
    dc_dnn_memory *dy = value->dy;
    const bool is_first = !value->has_gradient;
    value->has_gradient = true;
    if (!dy || !part || dy == part)
        return;
    if (is_first) {
        dc_onednn_add_reorder(net, &net->backward, part, dy);
        return;
    }
    dc_dnn_memory *fitting = part;
    if (!dc_dnn_same(part->layout, dy->layout)) {
        fitting = dc_dnn_memory_new(&net->dnn, dy->layout, NULL);
        dc_onednn_add_reorder(net, &net->backward, part, fitting);
    }
    const dc_dnn_layout *const layouts[] = { dy->layout, dy->layout };
    const dc_dnn_bound bound[] = { { DC_DNN_MANY, dy },
                                   { DC_DNN_MANY + 1, fitting },
                                   { DC_DNN_DST, dy } };
    dc_onednn_add_step(net, &net->backward, dc_dnn_sum(&net->dnn, dy->layout, 2, layouts), 3,
                       bound);
}

/* ---- parameters ---- */

static bool is_state(const dc_param *param)
{
    return param->role == DC_ROLE_MEAN || param->role == DC_ROLE_VARIANCE;
}

/* The sibling's values of a parameter; NULL when there is no sibling. */
static void *shared_values(dc_onednn_net *net, uint32_t index, const dc_dnn_layout *stored)
{
    const dc_onednn_net *sibling = (const dc_onednn_net *)net->base.settings.sibling;
    if (!sibling)
        return NULL;
    const dc_dnn_memory *theirs = sibling->params[index].w;
    if (theirs && dc_dnn_same(theirs->layout, stored))
        return theirs->data;
    if (net->dnn.status == DC_OK)
        net->dnn.status = dc_fail(DC_EUNSUPPORTED, "nets share '%s' in two orders",
                                  net->base.model->params[index].name);
    return NULL;
}

/* Stored array, its gradient, and the way from and to row-major. */
static void make_stored(dc_onednn_net *net, uint32_t index, const dc_dnn_layout *stored,
                        const dc_dnn_layout *row_major)
{
    dc_onednn_param *param = &net->params[index];
    dc_net_param *shown = &net->base.params[index];
    param->w = dc_dnn_memory_new(&net->dnn, stored, shared_values(net, index, stored));
    if (net->base.settings.is_training && !is_state(&net->base.model->params[index]))
        param->dw = dc_dnn_memory_new(&net->dnn, stored, NULL);
    if (!param->w)
        return;
    shown->n_stored = dc_dnn_layout_bytes(stored) / sizeof(float);
    shown->w = param->w->data;
    shown->dw = param->dw ? param->dw->data : NULL;
    if (dc_dnn_same(stored, row_major))
        return;
    param->outside = dc_dnn_memory_lent(&net->dnn, row_major);
    param->inside = dc_dnn_memory_lent(&net->dnn, stored);
    param->load = reorder_step(net, param->outside, param->inside);
    param->store = reorder_step(net, param->inside, param->outside);
}

dc_dnn_memory *dc_onednn_seen_as(dc_onednn_net *net, dc_dnn_memory *memory,
                                 const dc_dnn_layout *layout)
{
    if (!memory || dc_dnn_same(memory->layout, layout))
        return memory;
    return dc_dnn_memory_new(&net->dnn, layout, memory->data);
}

dc_dnn_memory *dc_onednn_param_make(dc_onednn_net *net, uint32_t index, unsigned n_dims,
                                 const uint32_t *dims, const dc_dnn_layout *layout,
                                 const dc_dnn_layout *stored)
{
    const dc_dnn_layout *row_major = dc_dnn_plain(&net->dnn, n_dims, dims, DC_DNN_F32);
    if (net->type == DC_DNN_F32) {
        make_stored(net, index, layout, row_major);
        return dc_onednn_rounded_weights(net, net->params[index].w);
    }
    if (!stored)
        stored = dc_dnn_retyped(&net->dnn, layout, DC_DNN_F32);
    make_stored(net, index, stored ? stored : row_major, row_major);
    dc_dnn_memory *compute = dc_dnn_memory_new(&net->dnn, layout, NULL);
    if (stored && compute)
        net->base.params[index].w_bf16 = compute->data;
    else
        dc_onednn_add(net, &net->forward,
                   (dc_onednn_action){ .run = dc_onednn_run_step,
                                    .if_changed = true,
                                    .step = reorder_step(net, net->params[index].w, compute) });
    return compute;
}

dc_dnn_memory *dc_onednn_param_make_plain(dc_onednn_net *net, uint32_t index)
{
    if (net->params[index].w)
        return net->params[index].w;
    const dc_shape *shape = &net->base.model->params[index].shape;
    const dc_dnn_layout *layout = dc_dnn_plain(&net->dnn, shape->n_dims, shape->dims, DC_DNN_F32);
    make_stored(net, index, layout, layout);
    return net->params[index].w;
}

const float *dc_onednn_values_of(const dc_onednn_net *net, const dc_node *node, uint32_t k)
{
    return dc_node_param(node, k) == DC_NONE ? NULL : net->params[dc_node_param(node, k)].w->data;
}
