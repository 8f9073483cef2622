/* SPDX-License-Identifier: MIT
 *
 * The plan as a model: nodes that the output needs, in the plan's order, with their parameters out
 * of the file. How much that will be is known before anything is taken: what a file asks for must
 * be in proportion to its bytes, since numbers can be repeated by saying so.
 */
#include <assert.h>

#include "onnx_in.h"

#define SHARE 16u /* bytes of parameters for each byte of the files */
#define FREE_BYTES (UINT64_C(1) << 20)

/* Which of the plan's nodes `output` needs. */
static bool *needed_nodes(onnx_in *in, uint32_t output)
{
    const dc_model *plan = in->plan;
    bool *is_needed = dc_arena_take(&in->arena, plan->n_nodes, sizeof *is_needed);
    if (is_needed == NULL)
        return NULL;
    is_needed[0] = is_needed[output] = true;
    for (uint32_t n = output; n > 0; n--)
        for (uint32_t i = 0; is_needed[n] && i < plan->nodes[n].n_inputs; i++)
            is_needed[plan->nodes[n].inputs[i]] = true;
    return is_needed;
}

static dc_status check_size(const onnx_in *in, const bool *is_needed, uint32_t output)
{
    const uint64_t limit = dc_expansion_is_free() ? dc_memory_limit_bytes()
                                                  : SHARE * in->files.n_bytes + FREE_BYTES;
    uint64_t n_bytes = 0;
    for (uint32_t n = 0; n <= output; n++)
        for (uint32_t slot = 0; is_needed[n] && slot < DC_MAX_NODE_PARAMS; slot++) {
            const onnx_param *param = in->parts[n].params[slot];
            const uint64_t count = param != NULL ? onnx_array_count(&param->array) : 0;
            if (count > limit || (n_bytes += count * sizeof(float)) > limit)
                return dc_fail(DC_ELIMIT, "parameters of more than %llu bytes, from %llu of files "
                                           "(--memory-limit SIZE allows them)",
                               (unsigned long long)limit, (unsigned long long)in->files.n_bytes);
        }
    return DC_OK;
}

static dc_status fill(dc_model *model, uint32_t node, const onnx_part *part)
{
    for (uint32_t slot = 0; slot < model->nodes[node].kind->n_params; slot++) {
        const uint32_t index = dc_node_param(&model->nodes[node], slot);
        const onnx_param *from = part->params[slot];
        if (index == DC_NONE)
            continue;
        dc_param *param = &model->params[index];
        assert(from != NULL && onnx_array_count(&from->array) == param->n_values);
        DC_TRY(onnx_array_to_f32(param->values, &from->array, from->scale));
    }
    return DC_OK;
}

/* A value may be an input many times over, so this can be more than there are nodes. */
static uint32_t most_inputs(const dc_model *plan)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        n = DC_MAX(n, plan->nodes[i].n_inputs);
    return n;
}

static dc_status add_nodes(dc_model *model, onnx_in *in, const bool *is_needed, uint32_t output)
{
    const dc_model *plan = in->plan;
    uint32_t *places = dc_arena_take(&in->arena, plan->n_nodes, sizeof *places);
    uint32_t *inputs = dc_arena_take(&in->arena, most_inputs(plan), sizeof *inputs);
    double attrs[DC_N_ATTRS];
    DC_TRY(in->arena.status);
    for (uint32_t n = 1; n <= output; n++) {
        const dc_node *node = &plan->nodes[n];
        if (!is_needed[n])
            continue;
        for (uint32_t i = 0; i < node->n_inputs; i++)
            inputs[i] = places[node->inputs[i]];
        dc_attrs_of(attrs, node);
        DC_TRY(dc_model_add(model, node->name, node->op, inputs, node->n_inputs, attrs, true));
        places[n] = model->n_nodes - 1;
        DC_TRY(fill(model, places[n], &in->parts[n]));
        dc_progress("import", n, output, "");
    }
    return DC_OK;
}

dc_status onnx_build(dc_model **out, onnx_in *in, uint32_t output, const char *name)
{
    dc_model *model = NULL;
    const bool *is_needed = needed_nodes(in, output);
    DC_TRY(in->arena.status);
    DC_TRY(check_size(in, is_needed, output));
    DC_TRY(dc_model_new(&model, name, &in->plan->input));
    dc_status status = add_nodes(model, in, is_needed, output);
    if (status == DC_OK)
        status = onnx_set_ends(model, in);
    if (status < 0) {
        dc_model_free(model);
        return status;
    }
    *out = model;
    return DC_OK;
}
