/* SPDX-License-Identifier: MIT
 *
 * A model as ONNX. Protobuf has the length of a message before its bytes, so the graph's length
 * is computed first: its nodes lie in memory, of the parameters only the heads' lengths are taken.
 * Then everything is written in order, the parameters straight from the model.
 *
 * ONNX has no place for how pictures are prepared and for what is pruned or shared: both are in the
 * metadata, as JSON under "dcomp.input", in the words of an architecture
 * (docs/architecture-json.md), and under "dcomp.marks".
 */
#include "onnx_forms.h"

#include <inttypes.h>

#define IR_VERSION 7

/* ---- parameters ---- */

/* As ONNX sees it: a constant has a batch of 1, a slope stands at the channels of a picture, and
 * kernels over sequences have no width. */
static void put_dims(dc_writer *w, const onnx_emitter *e, const dc_param *param)
{
    const bool is_kernel = dc_role_is_weight(param->role) && e->is_sequence[param->node];
    const uint32_t n_dims = param->shape.n_dims - (is_kernel ? 1 : 0);
    if (param->role == DC_ROLE_VALUE)
        onnx_put_int(w, TENSOR_DIMS, 1);
    for (uint32_t i = 0; i < n_dims; i++)
        onnx_put_int(w, TENSOR_DIMS, param->shape.dims[i]);
    if (param->role == DC_ROLE_SLOPE)
        for (uint32_t i = 1; i < onnx_written_shape(e, param->node).n_dims; i++)
            onnx_put_int(w, TENSOR_DIMS, 1);
}

/* All of a TensorProto but its values, which come last. */
static void put_param_head(dc_writer *w, onnx_emitter *e, const dc_param *param)
{
    put_dims(w, e, param);
    onnx_put_int(w, TENSOR_TYPE, TYPE_FLOAT);
    onnx_put_text(w, TENSOR_NAME, onnx_param_name(e, param));
    onnx_put_head(w, TENSOR_RAW, 4 * param->n_values);
}

/* The field of GraphProto that holds a parameter, up to the values. */
static void put_param(dc_writer *w, onnx_emitter *e, const dc_param *param)
{
    e->tensor.size = 0;
    put_param_head(&e->tensor, e, param);
    onnx_put_head(w, GRAPH_INITIALIZER, e->tensor.size + 4 * param->n_values);
    dc_put_bytes(w, e->tensor.data, e->tensor.size);
    e->tensor.size = 0;
}

static dc_status write_params(dc_output *out, onnx_emitter *e)
{
    for (uint32_t i = 0; i < e->model->n_params; i++) {
        const dc_param *param = &e->model->params[i];
        e->node.size = 0;
        put_param(&e->node, e, param);
        DC_TRY(e->node.status);
        dc_output_write(out, e->node.data, e->node.size);
        interop_write_f32(out, param->values, param->n_values);
    }
    return e->arena->status; /* a name that was lost is a head that is too short */
}

/* ---- input and output ---- */

/* ValueInfoProto of float N x shape. */
static void put_value(onnx_emitter *e, uint32_t field, const char *name, const dc_shape *shape)
{
    dc_writer *dim = &e->attribute, *inner = &e->node, *outer = &e->tensor;
    onnx_put_text(dim, DIM_PARAM, "N");
    onnx_put_message(inner, SHAPE_DIM, dim);
    for (uint32_t i = 0; i < shape->n_dims; i++) {
        onnx_put_int(dim, DIM_VALUE, shape->dims[i]);
        onnx_put_message(inner, SHAPE_DIM, dim);
    }
    onnx_put_int(outer, TENSOR_TYPE_ELEMENT, TYPE_FLOAT);
    onnx_put_message(outer, TENSOR_TYPE_SHAPE, inner);
    onnx_put_message(inner, TYPE_TENSOR, outer);
    onnx_put_text(outer, INFO_NAME, name);
    onnx_put_message(outer, INFO_TYPE, inner);
    onnx_put_message(&e->graph, field, outer);
}

/* Our data says how many steps of a sample count, a file of ONNX does not. */
static void warn_of_lengths(const dc_model *model)
{
    for (uint32_t i = 1; i < model->n_nodes; i++)
        if ((model->nodes[i].kind->traits & DC_OVER_STEPS) != 0) {
            dc_warn("lengths of samples are not in ONNX: '%s' takes all %u steps of each, also of "
                    "shorter ones", model->nodes[i].name,
                    (unsigned)model->nodes[model->nodes[i].inputs[0]].shape.dims[0]);
            return;
        }
}

static dc_status emit_graph(onnx_emitter *e)
{
    const dc_model *model = e->model;
    warn_of_lengths(model);
    const dc_end *input = &model->input_end, *output = &model->output_end;
    onnx_find_sequences(e);
    for (uint32_t i = 1; i < model->n_nodes; i++)
        DC_TRY(onnx_emit_node(e, i));
    put_value(e, GRAPH_INPUT, e->input,
              input->has_shape ? &input->shape : &model->nodes[0].shape);
    put_value(e, GRAPH_OUTPUT, e->output,
              output->has_shape ? &output->shape : &model->nodes[model->n_nodes - 1].shape);
    onnx_put_text(&e->graph, GRAPH_NAME, model->name);
    return e->graph.status;
}

/* ---- the file ---- */

static void put_entry(dc_writer *w, onnx_emitter *e, const char *key, const char *text)
{
    onnx_put_text(&e->attribute, ENTRY_KEY, key);
    onnx_put_text(&e->attribute, ENTRY_VALUE, text);
    onnx_put_message(w, MODEL_METADATA, &e->attribute);
}

static dc_status put_metadata(dc_writer *w, onnx_emitter *e)
{
    const char *input, *marks, *classes;
    DC_TRY(interop_input_json(&input, &e->model->input, e->arena));
    DC_TRY(interop_marks_json(&marks, e->model, e->arena));
    DC_TRY(interop_classes_json(&classes, e->model, e->arena));
    put_entry(w, e, INTEROP_INPUT_KEY, input);
    put_entry(w, e, INTEROP_MARKS_KEY, marks);
    if (classes != NULL)
        put_entry(w, e, INTEROP_CLASSES_KEY, classes);
    return w->status;
}

/* All before the graph, and the head of the graph, which has n_graph_bytes. */
static dc_status put_model_head(dc_writer *w, onnx_emitter *e, uint64_t n_graph_bytes)
{
    onnx_put_int(w, MODEL_IR_VERSION, IR_VERSION);
    onnx_put_text(w, MODEL_PRODUCER, "dcomp");
    onnx_put_text(w, MODEL_PRODUCER_VERSION, DCOMP_VERSION);
    onnx_put_int(&e->attribute, OPSET_VERSION, e->opset);
    onnx_put_message(w, MODEL_OPSET, &e->attribute);
    DC_TRY(put_metadata(w, e));
    onnx_put_head(w, MODEL_GRAPH, n_graph_bytes);
    return w->status;
}

static dc_status write_model(dc_output *out, onnx_emitter *e)
{
    DC_TRY(emit_graph(e));
    uint64_t n_bytes = e->graph.size;
    for (uint32_t i = 0; i < e->model->n_params; i++) {
        e->node.size = 0;
        put_param(&e->node, e, &e->model->params[i]);
        n_bytes += e->node.size + 4 * e->model->params[i].n_values;
    }
    e->node.size = 0;
    DC_TRY(e->node.status);
    DC_TRY(e->arena->status);
    DC_TRY(put_model_head(&e->node, e, n_bytes));
    if (n_bytes + e->node.size > ONNX_MAX_BYTES)
        return dc_fail(DC_ELIMIT, "%" PRIu64 " bytes are more than an ONNX file can hold (2 GiB)",
                       n_bytes);
    dc_output_write(out, e->node.data, e->node.size);
    dc_output_write(out, e->graph.data, e->graph.size);
    return write_params(out, e);
}

static dc_status write_onnx(dc_output *out, const dc_model *model, const char *path)
{
    (void)path;
    dc_arena arena = { 0 };
    onnx_emitter e = { 0 };
    dc_status status = onnx_emitter_init(&e, model, &arena);
    if (status == DC_OK)
        status = write_model(out, &e);
    onnx_emitter_clear(&e);
    dc_arena_clear(&arena);
    return status;
}

const interop_exporter interop_onnx_out = {
    .name = "ONNX",
    .ending = ".onnx",
    .write = write_onnx,
};
