/* SPDX-License-Identifier: MIT
 *
 * Where values lie. In prediction a value's buffer is free again after the last step that reads it;
 * a step takes the smallest free buffer that holds its value, else the largest one, which grows. A
 * step never writes where it reads. In training every value is kept for the backward pass.
 */
#include "plan_buffers.h"

static void find_last_readers(dc_plan *plan, const dc_model *model, uint32_t output)
{
    for (uint32_t s = 0; s < plan->n_steps; s++) {
        const dc_node *node = &model->nodes[plan->steps[s]];
        for (uint32_t k = 0; k < node->n_inputs; k++)
            plan->values[plan->values[node->inputs[k]].root].last_reader = plan->steps[s];
    }
    plan->values[plan->values[output].root].last_reader = DC_NONE;
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        plan->values[i].last_reader = plan->values[plan->values[i].root].last_reader;
}

static uint32_t take_buffer(dc_plan *plan, const bool *is_free, uint64_t n_values)
{
    uint32_t best = DC_NONE;
    for (uint32_t b = 0; b < plan->n_buffers; b++) {
        if (!is_free[b])
            continue;
        const uint64_t n = plan->buffer_values[b];
        const uint64_t n_best = best == DC_NONE ? 0 : plan->buffer_values[best];
        if (best == DC_NONE || (n >= n_values ? n_best < n_values || n < n_best : n > n_best))
            best = b;
    }
    if (best == DC_NONE)
        best = plan->n_buffers++;
    plan->buffer_values[best] = DC_MAX(plan->buffer_values[best], n_values);
    return best;
}

dc_status plan_buffers(dc_plan *plan, const dc_model *model, const dc_plan_settings *settings,
                       dc_arena *arena)
{
    bool *is_free = dc_arena_take(arena, plan->n_nodes, sizeof *is_free);
    DC_TRY(arena->status);
    find_last_readers(plan, model, settings->output);
    for (uint32_t s = 0; s < plan->n_steps; s++) {
        const uint32_t step = plan->steps[s];
        const dc_node *node = &model->nodes[step];
        const uint32_t buffer = take_buffer(plan, is_free, dc_shape_count(&node->shape));
        is_free[buffer] = false;
        plan->values[step].buffer = buffer;
        for (uint32_t k = 0; !settings->is_training && k < node->n_inputs; k++) {
            const dc_plan_value *in = &plan->values[plan->values[node->inputs[k]].root];
            if (in->last_reader == step && in->buffer != DC_NONE)
                is_free[in->buffer] = true;
        }
    }
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        plan->values[i].buffer = plan->values[plan->values[i].root].buffer;
    return DC_OK;
}

uint64_t dc_plan_values(const dc_plan *plan)
{
    uint64_t n = 0;
    for (uint32_t b = 0; b < plan->n_buffers; b++)
        n += plan->buffer_values[b];
    return n;
}
