/* SPDX-License-Identifier: MIT
 *
 * From a file to a model: container, graph, parameters and plan, in this order; each checks all
 * that those behind it rely on.
 */
#include "rt_walk.h"

#include <math.h>

/* Sizes do not depend on the width of pointers. */
typedef char rt_sizes_are_fixed[sizeof(rt_node) == 48 && sizeof(rt_param) == 40 &&
                                        sizeof(dc_rt) % 8 == 0 ? 1 : -1];

/* What is known without a block. */
static dc_rt_status file_scan(dc_rt *m, const void *file, size_t file_bytes,
                              const dc_rt_mode *mode, dc_rt_fault *fault)
{
    memset(m, 0, sizeof *m);
    if (file == NULL || mode == NULL)
        return rt_refuse(fault, DC_RT_EINPUT, "no file, or no mode", 0, 0);
    if (file_bytes > INT32_MAX)
        return rt_refuse(fault, DC_RT_ELIMIT, "a file of over 2 GiB", 0, 0);
    m->file.data = (const uint8_t *)file;
    m->file_bytes = (uint32_t)file_bytes;
    m->is_integer = mode->is_integer;
    m->mode.table = mode;
    RT_TRY(rt_container_check(m, fault));
    RT_TRY(rt_graph_scan(m, fault));
    m->params = (uint32_t)(sizeof *m + m->n_nodes * sizeof(rt_node));
    const uint32_t tables = (uint32_t)(m->params + m->n_params * sizeof(rt_param));
    m->bytes = tables + m->tables;
    m->tables = tables;
    return DC_RT_OK;
}

dc_rt_status dc_rt_size(size_t *model_bytes, const void *file, size_t file_bytes,
                        const dc_rt_mode *mode, dc_rt_fault *fault)
{
    dc_rt m;
    *model_bytes = 0;
    RT_TRY(file_scan(&m, file, file_bytes, mode, fault));
    *model_bytes = m.bytes;
    return DC_RT_OK;
}

/* Factors of batch norms need room above 0, and their size is known before they are used. */
static dc_rt_status norms_check(dc_rt *m, dc_rt_fault *fault)
{
    for (uint32_t i = 1; i < m->n_nodes; i++) {
        rt_node *node = &rt_nodes_to_fill(m)[i];
        if (node->op != RT_OP_BATCH_NORM)
            continue;
        RT_TRY(rt_steps_add(m, node->dims[0], i, fault));
        rt_norm norm;
        rt_norm_begin(&norm, m, i);
        node->norm_top = -126;
        for (uint32_t k = 0; k < node->dims[0]; k++) {
            rt_norm_take(&norm);
            if (!(norm.factor - norm.factor == 0))
                return rt_refuse(fault, DC_RT_ECORRUPT, "variance of a batch norm is below 0", i,
                                 k);
            const int top = rt_top_of(norm.factor);
            node->norm_top = (int16_t)(top > node->norm_top ? top : node->norm_top);
        }
    }
    return DC_RT_OK;
}

/* Every op is computed in integers, or by single operations of IEEE float32. */
static bool is_exact(const dc_rt *m)
{
    for (uint32_t i = 1; i < m->n_nodes; i++) {
        const rt_node *node = &rt_nodes(m)[i];
        const bool is_rounded = node->op == RT_OP_SOFTMAX ? !node->is_view
                                : rt_is_curve(node->op) && node->op != RT_OP_RELU &&
                                      node->op != RT_OP_CLIP && node->op != RT_OP_LEAKY_RELU;
        if (is_rounded)
            return false;
    }
    return m->is_integer != 0;
}

dc_rt_status dc_rt_open(const dc_rt **out, void *memory, size_t memory_bytes, const void *file,
                        size_t file_bytes, const dc_rt_mode *mode, dc_rt_fault *fault)
{
    dc_rt scanned, *m = (dc_rt *)memory;
    *out = NULL;
    RT_TRY(file_scan(&scanned, file, file_bytes, mode, fault));
    if (memory == NULL || (uintptr_t)memory % 8 != 0)
        return rt_refuse(fault, DC_RT_EINPUT, "memory is not at a multiple of 8 bytes", 0, 0);
    if (memory_bytes < scanned.bytes)
        return rt_refuse(fault, DC_RT_EMEMORY, "the model needs memory, bytes", 0, scanned.bytes);
    memset(memory, 0, scanned.bytes);
    *m = scanned;
    RT_TRY(rt_graph_fill(m, fault));
    RT_TRY(rt_weights_fill(m, fault));
    RT_TRY(norms_check(m, fault));
    RT_TRY(mode->plan(m, fault));
    m->is_exact = is_exact(m);
    *out = m;
    return DC_RT_OK;
}

void dc_rt_describe(dc_rt_facts *out, const dc_rt *model)
{
    const rt_node *input = rt_nodes(model), *output = input + model->n_nodes - 1;
    memset(out, 0, sizeof *out);
    out->work_bytes = model->work_bytes;
    out->n_inputs = rt_n_sample(model);
    out->n_outputs = output->n_values;
    out->n_input_dims = input->n_dims;
    out->n_output_dims = output->n_dims;
    memcpy(out->input_dims, input->dims, sizeof out->input_dims);
    memcpy(out->output_dims, output->dims, sizeof out->output_dims);
    out->n_nodes = model->n_nodes - 1;
    out->has_integer_scores = model->is_exact;
}
