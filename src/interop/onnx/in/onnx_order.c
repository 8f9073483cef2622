/* SPDX-License-Identifier: MIT
 *
 * The graph's order. Values know their makers by name only; from the output backwards the nodes
 * that matter are found, all others are not looked at again. A file has them in topological order,
 * as it should; when it has not, each node is preceded by the ones it needs, which finds cycles
 * too. Everything is done with lists of node numbers, nothing by recursion.
 */
#include "onnx_in.h"

static const char *text_of(const onnx_in *in, uint32_t name)
{
    return in->model.names.texts[name];
}

static dc_status fail_twice(const onnx_in *in, uint32_t name)
{
    return dc_fail(DC_ECORRUPT, "value '%s' is made twice", text_of(in, name));
}

static dc_status find_makers(onnx_in *in)
{
    const onnx_graph *graph = &in->model.graph;
    for (uint32_t i = 0; i < in->model.names.n; i++)
        in->values[i] =
            (onnx_value){ .producer = DC_NONE, .initializer = DC_NONE, .node = DC_NONE };
    for (uint32_t i = 0; i < graph->n_inputs; i++)
        in->values[graph->inputs[i].name].is_input = true;
    for (uint32_t i = 0; i < graph->n_initializers; i++) {
        onnx_value *value = &in->values[graph->initializers[i].name];
        if (value->initializer != DC_NONE)
            return fail_twice(in, graph->initializers[i].name);
        value->initializer = i;
        value->is_input = false; /* old files list weights as inputs too */
    }
    for (uint32_t n = 0; n < graph->n_nodes; n++) {
        for (uint32_t i = 0; i < graph->nodes[n].n_outputs; i++) {
            const uint32_t name = graph->nodes[n].outputs[i];
            onnx_value *value = &in->values[name];
            if (name == 0)
                continue;
            if (value->producer != DC_NONE || value->initializer != DC_NONE || value->is_input)
                return fail_twice(in, name);
            value->producer = n;
        }
    }
    return DC_OK;
}

/* ---- nodes that matter ---- */

typedef enum state { DEAD, LIVE, OPEN, DONE } state;

typedef struct walk {
    onnx_in *in;
    uint8_t *states; /* by node */
    uint32_t *stack;
    uint32_t *next; /* by node: the input to look at next */
} walk;

static dc_status use(walk *w, uint32_t *n_stack, uint32_t name)
{
    onnx_value *value = &w->in->values[name];
    value->n_uses++;
    if (value->producer == DC_NONE) {
        if (value->initializer == DC_NONE && !value->is_input)
            return dc_fail(DC_ECORRUPT, "value '%s' is made by no node", text_of(w->in, name));
        return DC_OK;
    }
    if (w->states[value->producer] == DEAD) {
        w->states[value->producer] = LIVE;
        w->stack[(*n_stack)++] = value->producer;
    }
    return DC_OK;
}

static dc_status mark(walk *w)
{
    const onnx_graph *graph = &w->in->model.graph;
    uint32_t n_stack = 0;
    DC_TRY(use(w, &n_stack, w->in->output));
    while (n_stack > 0) {
        const onnx_node *node = &graph->nodes[w->stack[--n_stack]];
        for (uint32_t i = 0; i < node->n_inputs; i++)
            if (node->inputs[i] != 0)
                DC_TRY(use(w, &n_stack, node->inputs[i]));
    }
    return DC_OK;
}

/* ---- order ---- */

/* The next node that `node` still waits for, or DC_NONE. */
static dc_status next_needed(uint32_t *out, walk *w, uint32_t n)
{
    const onnx_node *node = &w->in->model.graph.nodes[n];
    *out = DC_NONE;
    while (w->next[n] < node->n_inputs && *out == DC_NONE) {
        const uint32_t name = node->inputs[w->next[n]++];
        const uint32_t producer = w->in->values[name].producer;
        if (name == 0 || producer == DC_NONE || w->states[producer] == DONE)
            continue;
        if (w->states[producer] == OPEN)
            return dc_fail(DC_ECORRUPT, "value '%s' depends on itself", text_of(w->in, name));
        *out = producer;
    }
    return DC_OK;
}

/* `first` and all it needs, to the order. */
static dc_status settle(walk *w, uint32_t first)
{
    uint32_t n_stack = 0;
    w->states[first] = OPEN;
    w->stack[n_stack++] = first;
    while (n_stack > 0) {
        const uint32_t top = w->stack[n_stack - 1];
        uint32_t needed;
        DC_TRY(next_needed(&needed, w, top));
        if (needed != DC_NONE) {
            w->states[needed] = OPEN;
            w->stack[n_stack++] = needed;
        } else {
            w->states[top] = DONE;
            w->in->order[w->in->n_order++] = top;
            n_stack--;
        }
    }
    return DC_OK;
}

dc_status onnx_order(onnx_in *in)
{
    const uint32_t n_nodes = in->model.graph.n_nodes;
    walk w = { .in = in };
    in->values = dc_arena_take(&in->arena, in->model.names.n, sizeof *in->values);
    in->order = dc_arena_take(&in->arena, n_nodes, sizeof *in->order);
    w.states = dc_arena_take(&in->arena, n_nodes, sizeof *w.states);
    w.stack = dc_arena_take(&in->arena, n_nodes, sizeof *w.stack);
    w.next = dc_arena_take(&in->arena, n_nodes, sizeof *w.next);
    DC_TRY(in->arena.status);
    DC_TRY(find_makers(in));
    DC_TRY(mark(&w));
    for (uint32_t i = 0; i < n_nodes; i++)
        if (w.states[i] == LIVE)
            DC_TRY(settle(&w, i));
    return DC_OK;
}
