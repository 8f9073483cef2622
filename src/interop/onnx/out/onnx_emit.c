/* SPDX-License-Identifier: MIT
 *
 * Nodes, attributes and small tensors of an ONNX graph, and their names.
 */
#include "onnx_emit.h"

#include <stdlib.h>
#include <string.h>

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- names ---- */

/* `name`, longer when a node or an end is called so. */
static const char *unused(onnx_emitter *e, const char *name)
{
    while (e->arena->status == DC_OK &&
           bsearch(&name, e->names, e->model->n_nodes, sizeof *e->names, compare_texts) != NULL)
        name = dc_arena_print(e->arena, "%s'", name);
    return name;
}

const char *onnx_helper(onnx_emitter *e, uint32_t node, const char *suffix)
{
    return unused(e, dc_arena_print(e->arena, "%s/%s", e->model->nodes[node].name, suffix));
}

const char *onnx_param_name(onnx_emitter *e, const dc_param *param)
{
    return unused(e, param->name);
}

static void name_values(onnx_emitter *e)
{
    const dc_model *model = e->model;
    const uint32_t last = model->n_nodes - 1;
    e->input = dc_model_input_name(model);
    e->output = dc_model_output_name(model);
    for (uint32_t i = 0; i <= last; i++)
        e->names[i] = i == 0 ? e->input : i == last ? e->output : model->nodes[i].name;
    qsort(e->names, model->n_nodes, sizeof *e->names, compare_texts);
    if (strcmp(e->input, e->output) == 0)
        e->output = unused(e, e->output);
    for (uint32_t i = 1; i < last; i++) {
        const char *name = model->nodes[i].name;
        const bool is_end = strcmp(name, e->input) == 0 || strcmp(name, e->output) == 0;
        e->values[i] = is_end ? onnx_helper(e, i, "value") : name;
    }
    const bool has_shape = model->input_end.has_shape;
    e->values[0] = has_shape ? NULL : e->input;
    e->others[0] = has_shape ? e->input : NULL;
    e->values[last] = e->output;
}

dc_status onnx_emitter_init(onnx_emitter *e, const dc_model *model, dc_arena *arena)
{
    *e = (onnx_emitter){ .model = model, .arena = arena, .opset = ONNX_OPSET };
    e->names = dc_arena_take(arena, model->n_nodes, sizeof *e->names);
    e->values = dc_arena_take(arena, model->n_nodes, sizeof *e->values);
    e->others = dc_arena_take(arena, model->n_nodes, sizeof *e->others);
    e->is_sequence = dc_arena_take(arena, model->n_nodes, sizeof *e->is_sequence);
    e->has_batch = dc_arena_take(arena, model->n_nodes, sizeof *e->has_batch);
    DC_TRY(arena->status);
    name_values(e);
    dc_writer_init(&e->graph, ONNX_MAX_BYTES);
    dc_writer_init(&e->node, ONNX_MAX_BYTES);
    dc_writer_init(&e->attribute, ONNX_MAX_BYTES);
    dc_writer_init(&e->tensor, ONNX_MAX_BYTES);
    return DC_OK;
}

void onnx_emitter_clear(onnx_emitter *e)
{
    dc_writer_clear(&e->graph);
    dc_writer_clear(&e->node);
    dc_writer_clear(&e->attribute);
    dc_writer_clear(&e->tensor);
}

/* ---- nodes ---- */

void onnx_need_opset(onnx_emitter *e, int64_t since)
{
    e->opset = DC_MAX(e->opset, since);
}

void onnx_begin(onnx_emitter *e, const char *op, const char *output)
{
    onnx_put_text(&e->node, NODE_OP, op);
    onnx_put_text(&e->node, NODE_NAME, output == e->result ? e->result_name : output);
    onnx_put_text(&e->node, NODE_OUTPUT, output);
}

void onnx_input(onnx_emitter *e, const char *value)
{
    onnx_put_text(&e->node, NODE_INPUT, value);
}

static void end_attribute(onnx_emitter *e, const char *name, int64_t type)
{
    onnx_put_text(&e->attribute, ATTR_NAME, name);
    onnx_put_int(&e->attribute, ATTR_TYPE, type);
    onnx_put_message(&e->node, NODE_ATTR, &e->attribute);
}

void onnx_attr_int(onnx_emitter *e, const char *name, int64_t value)
{
    onnx_put_int(&e->attribute, ATTR_I, value);
    end_attribute(e, name, KIND_INT);
}

void onnx_attr_ints(onnx_emitter *e, const char *name, const int64_t *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        onnx_put_int(&e->attribute, ATTR_INTS, values[i]);
    end_attribute(e, name, KIND_INTS);
}

void onnx_attr_text(onnx_emitter *e, const char *name, const char *text)
{
    onnx_put_text(&e->attribute, ATTR_S, text);
    end_attribute(e, name, KIND_TEXT);
}

void onnx_attr_texts(onnx_emitter *e, const char *name, const char *const *texts, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        onnx_put_text(&e->attribute, ATTR_TEXTS, texts[i]);
    end_attribute(e, name, KIND_TEXTS);
}

void onnx_attr_floats(onnx_emitter *e, const char *name, const double *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        onnx_put_float(&e->attribute, ATTR_FLOATS, (float)values[i]);
    end_attribute(e, name, KIND_FLOATS);
}

void onnx_attr_float(onnx_emitter *e, const char *name, double value)
{
    onnx_put_float(&e->attribute, ATTR_F, (float)value);
    end_attribute(e, name, KIND_FLOAT);
}

void onnx_end(onnx_emitter *e)
{
    onnx_put_message(&e->graph, GRAPH_NODE, &e->node);
}

void onnx_simple(onnx_emitter *e, const char *op, const char *output, const char *input)
{
    onnx_begin(e, op, output);
    onnx_input(e, input);
    onnx_end(e);
}

/* ---- small tensors ---- */

static const char *end_tensor(onnx_emitter *e, const char *name, int64_t type)
{
    onnx_put_int(&e->tensor, TENSOR_TYPE, type);
    onnx_put_text(&e->tensor, TENSOR_NAME, name);
    onnx_put_message(&e->graph, GRAPH_INITIALIZER, &e->tensor);
    return name;
}

const char *onnx_ints(onnx_emitter *e, uint32_t node, const char *suffix, const int64_t *values,
                      uint32_t n)
{
    const char *name = onnx_helper(e, node, suffix);
    onnx_put_int(&e->tensor, TENSOR_DIMS, n);
    onnx_put_head(&e->tensor, TENSOR_RAW, 8 * (uint64_t)n);
    for (uint32_t i = 0; i < n; i++)
        dc_put_u64(&e->tensor, (uint64_t)values[i]);
    return end_tensor(e, name, TYPE_INT64);
}

const char *onnx_numbers(onnx_emitter *e, uint32_t node, const char *suffix, const double *values,
                         uint32_t n)
{
    const char *name = onnx_helper(e, node, suffix);
    onnx_put_int(&e->tensor, TENSOR_DIMS, n);
    onnx_put_head(&e->tensor, TENSOR_RAW, 4 * (uint64_t)n);
    for (uint32_t i = 0; i < n; i++)
        dc_put_f32(&e->tensor, (float)values[i]);
    return end_tensor(e, name, TYPE_FLOAT);
}

const char *onnx_number(onnx_emitter *e, uint32_t node, const char *suffix, double value)
{
    const char *name = onnx_helper(e, node, suffix);
    onnx_put_head(&e->tensor, TENSOR_RAW, 4);
    dc_put_f32(&e->tensor, (float)value);
    return end_tensor(e, name, TYPE_FLOAT);
}
