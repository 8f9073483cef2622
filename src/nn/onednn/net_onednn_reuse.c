/* SPDX-License-Identifier: MIT
 *
 * In prediction a value's memory is another value's once all nodes that read it have been built:
 * steps run in the order in which they were built. Who still reads a value is counted as nodes
 * find their places, because only then is it known which value a node stands for.
 */
#include "net_onednn.h"

struct dc_onednn_block {
    void *data;
    uint64_t n_bytes;
    bool is_free;
    dc_onednn_block *next;
};

static bool is_on(const dc_onednn_net *net)
{
    return !net->base.settings.is_training && !net->is_rounding;
}

dc_dnn_memory *dc_onednn_reuse_memory(dc_onednn_net *net, const dc_dnn_layout *layout,
                                      dc_onednn_block **block)
{
    const uint64_t n_bytes = dc_dnn_layout_bytes(layout);
    dc_onednn_block *best = NULL;
    *block = NULL;
    if (!is_on(net))
        return dc_dnn_memory_new(&net->dnn, layout, NULL);
    for (dc_onednn_block *b = net->blocks; b != NULL; b = b->next)
        if (b->is_free && b->n_bytes >= n_bytes && (best == NULL || b->n_bytes < best->n_bytes))
            best = b;
    if (best != NULL) {
        best->is_free = false;
        *block = best;
        return dc_dnn_memory_new(&net->dnn, layout, best->data);
    }
    best = dc_arena_take(&net->base.arena, 1, sizeof *best);
    dc_dnn_memory *memory = dc_dnn_memory_new(&net->dnn, layout, NULL);
    if (best == NULL || memory == NULL)
        return memory;
    *best = (dc_onednn_block){ memory->data, n_bytes, false, net->blocks };
    net->blocks = best;
    *block = best;
    return memory;
}

/* One of its readers has been built. */
static void leave(dc_onednn_net *net, dc_onednn_value *value)
{
    if (value->n_pending == 0 || --value->n_pending > 0)
        return;
    if (value->block != NULL)
        value->block->is_free = true;
    for (uint32_t i = 0; i < value->n_copies; i++)
        if (value->copy_blocks[i] != NULL)
            value->copy_blocks[i]->is_free = true;
    if (value->holds != NULL)
        leave(net, value->holds);
}

void dc_onednn_reuse_hold(dc_onednn_value *value, dc_onednn_value *held)
{
    value->holds = held;
    held->n_pending++;
}

void dc_onednn_reuse_settle(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    const bool is_output = index == net->base.settings.output;
    if (!is_on(net))
        return;
    net->values[net->values[index].root].n_pending +=
        net->plan.values[index].n_readers + is_output;
    for (uint32_t k = 0; k < node->n_inputs; k++)
        leave(net, dc_onednn_input(net, node, k));
}
