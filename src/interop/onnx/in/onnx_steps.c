/* SPDX-License-Identifier: MIT
 *
 * What layers over time need to know of the graph before it is read: where its input has the batch,
 * and which values are the lengths of its samples, which in dcomp come with the data.
 */
#include "onnx_ops.h"

#include <string.h>

#define LENGTHS_INPUT 4u /* of LSTM, GRU and RNN */

static bool is_over_steps(const onnx_node *node)
{
    static const char *const names[] = { "LSTM", "GRU", "RNN" };
    for (uint32_t i = 0; i < DC_COUNT_OF(names); i++)
        if (strcmp(node->op, names[i]) == 0)
            return true;
    return false;
}

bool onnx_has_steps(const onnx_in *in)
{
    for (uint32_t n = 0; n < in->model.graph.n_nodes; n++)
        if (is_over_steps(&in->model.graph.nodes[n]))
            return true;
    return false;
}

/* ---- the batch ---- */

/* Whether the op's result may have other first dims than its input `i`. */
static bool moves_dims(const onnx_node *node, uint32_t i)
{
    static const char *const names[] = { "Flatten", "Reshape", "Shape", "Size", "Squeeze",
                                         "Transpose", "Unsqueeze" };
    for (uint32_t k = 0; k < DC_COUNT_OF(names); k++)
        if (strcmp(node->op, names[k]) == 0)
            return true;
    return strcmp(node->op, "Gather") == 0 && i == 0;
}

dc_status onnx_find_steps(bool *come_first, onnx_in *in, const onnx_input *input)
{
    bool *is_reached = dc_arena_take(&in->arena, in->model.names.n, sizeof *is_reached);
    int64_t layout = 0;
    *come_first = false;
    DC_TRY(in->arena.status);
    is_reached[input->name] = true;
    for (uint32_t n = 0; n < in->n_order && !*come_first; n++) {
        const onnx_node *node = &in->model.graph.nodes[in->order[n]];
        for (uint32_t i = 0; i < node->n_inputs; i++) {
            if (node->inputs[i] == 0 || !is_reached[node->inputs[i]] || node->n_outputs == 0)
                continue;
            if (is_over_steps(node)) {
                DC_TRY(onnx_int_attr(&layout, node, "layout", 0));
                *come_first = *come_first || (i == 0 && layout == 0);
            } else if (!moves_dims(node, i)) {
                is_reached[node->outputs[0]] = true;
            }
        }
    }
    return DC_OK;
}

/* ---- lengths ---- */

static bool hands_on(const onnx_node *node)
{
    return (strcmp(node->op, "Cast") == 0 || strcmp(node->op, "Identity") == 0) &&
           node->n_inputs == 1 && node->n_outputs == 1 && node->outputs[0] != 0;
}

void onnx_find_lengths(onnx_in *in)
{
    for (uint32_t i = 0; i < in->model.graph.n_inputs; i++) {
        onnx_value *value = &in->values[in->model.graph.inputs[i].name];
        value->is_lengths = value->is_input && value->n_uses > 0;
    }
    for (uint32_t n = 0; n < in->n_order; n++) { /* what comes of inputs alone */
        const onnx_node *node = &in->model.graph.nodes[in->order[n]];
        if (hands_on(node))
            in->values[node->outputs[0]].is_lengths = in->values[node->inputs[0]].is_lengths;
    }
    in->values[in->output].is_lengths = false;
    for (uint32_t n = in->n_order; n-- > 0;) { /* and goes to lengths alone */
        const onnx_node *node = &in->model.graph.nodes[in->order[n]];
        const bool is_handed = hands_on(node) && in->values[node->outputs[0]].is_lengths;
        for (uint32_t i = 0; i < node->n_inputs; i++)
            if (!is_handed && !(is_over_steps(node) && i == LENGTHS_INPUT))
                in->values[node->inputs[i]].is_lengths = false;
    }
}
