/* SPDX-License-Identifier: MIT
 *
 * ModelProto, GraphProto, NodeProto and ValueInfoProto. A message is walked twice: once to count
 * what repeats, once to fill arrays of that size; no count is taken from the file, so that memory
 * is in proportion to its bytes.
 */
#include "foreign.h"
#include "onnx/onnx_fields.h"
#include "onnx_model.h"

#include <inttypes.h>
#include <string.h>

#define MAX_COUNTED 16u /* field numbers that are counted are smaller */

uint32_t onnx_text(const onnx_field *field, dc_reader *r, onnx_names *names)
{
    const dc_reader text = onnx_message(field, r, r->subject);
    if (r->status < 0)
        return 0;
    if (text.size > ONNX_MAX_TEXT || !dc_utf8_is_valid(text.data, text.size)) {
        dc_reader_fail(r, DC_ECORRUPT, "a name is too long or not UTF-8");
        return 0;
    }
    const uint32_t id = onnx_names_put(names, text.data, text.size);
    if (names->arena->status < 0)
        r->status = names->arena->status;
    return id;
}

/* How often each field below MAX_COUNTED is there. */
static dc_status count_fields(uint32_t counts[MAX_COUNTED], const dc_reader *message)
{
    dc_reader r = *message;
    onnx_field field;
    memset(counts, 0, MAX_COUNTED * sizeof *counts);
    while (onnx_next(&field, &r))
        if (field.number < MAX_COUNTED && ++counts[field.number] == UINT32_MAX)
            return dc_reader_fail(&r, DC_ELIMIT, "too many fields");
    return r.status;
}

/* Files are mapped, and somebody may write them meanwhile: the second walk does not trust the
 * first. */
static dc_status need_room(uint32_t n, uint32_t n_counted, dc_reader *r)
{
    return n < n_counted ? DC_OK : dc_reader_fail(r, DC_EIO, "the file changes while it is read");
}

/* ---- nodes ---- */

/* The name inside a message, for things that are kept unread. */
static dc_status name_inside(uint32_t *out, const dc_reader *message, uint32_t number,
                             onnx_names *names)
{
    dc_reader r = *message;
    onnx_field field;
    *out = 0;
    while (onnx_next(&field, &r))
        if (field.number == number)
            *out = onnx_text(&field, &r, names);
    return r.status;
}

static dc_status read_attr(onnx_attr *out, const onnx_field *field, dc_reader *r, onnx_names *names)
{
    uint32_t name = 0;
    out->message = onnx_message(field, r, "AttributeProto");
    DC_TRY(out->message.status);
    DC_TRY(name_inside(&name, &out->message, ATTR_NAME, names));
    out->name = names->texts[name];
    return DC_OK;
}

static dc_status read_node(onnx_node *node, dc_reader r, onnx_names *names)
{
    uint32_t counts[MAX_COUNTED];
    DC_TRY(count_fields(counts, &r));
    const uint64_t n_ids = (uint64_t)counts[NODE_INPUT] + counts[NODE_OUTPUT];
    uint32_t *inputs = dc_arena_take(names->arena, n_ids, sizeof *inputs);
    onnx_attr *attrs = dc_arena_take(names->arena, counts[NODE_ATTR], sizeof *attrs);
    DC_TRY(names->arena->status);
    uint32_t *outputs = inputs + counts[NODE_INPUT];
    uint32_t name = 0, op = 0, domain = 0;
    onnx_field field;
    *node = (onnx_node){ .inputs = inputs, .outputs = outputs, .attrs = attrs };
    while (onnx_next(&field, &r)) {
        switch (field.number) {
        case NODE_INPUT:
            DC_TRY(need_room(node->n_inputs, counts[NODE_INPUT], &r));
            inputs[node->n_inputs++] = onnx_text(&field, &r, names);
            break;
        case NODE_OUTPUT:
            DC_TRY(need_room(node->n_outputs, counts[NODE_OUTPUT], &r));
            outputs[node->n_outputs++] = onnx_text(&field, &r, names);
            break;
        case NODE_NAME: name = onnx_text(&field, &r, names); break;
        case NODE_OP: op = onnx_text(&field, &r, names); break;
        case NODE_DOMAIN: domain = onnx_text(&field, &r, names); break;
        case NODE_ATTR:
            DC_TRY(need_room(node->n_attrs, counts[NODE_ATTR], &r));
            DC_TRY(read_attr(&attrs[node->n_attrs++], &field, &r, names));
            break;
        default: break;
        }
    }
    DC_TRY(r.status);
    node->name = names->texts[name];
    node->op = names->texts[op];
    node->domain = strcmp(names->texts[domain], "ai.onnx") == 0 ? "" : names->texts[domain];
    return DC_OK;
}

/* ---- inputs and outputs ---- */

static dc_status read_dim(uint64_t *out, dc_reader r)
{
    onnx_field field;
    *out = 0;
    while (onnx_next(&field, &r)) {
        const int64_t value = field.number == DIM_VALUE ? onnx_int(&field, &r) : 0;
        *out = value > 0 ? (uint64_t)value : *out;
    }
    return r.status;
}

static dc_status read_shape(onnx_input *input, dc_reader r)
{
    onnx_field field;
    input->has_shape = true;
    while (onnx_next(&field, &r)) {
        if (field.number != SHAPE_DIM)
            continue;
        if (input->n_dims == ONNX_MAX_DIMS)
            return dc_reader_fail(&r, DC_EUNSUPPORTED, "an input has more than %u dims",
                                  ONNX_MAX_DIMS);
        DC_TRY(read_dim(&input->dims[input->n_dims++], onnx_message(&field, &r, "Dimension")));
    }
    return r.status;
}

/* TypeProto holds one of several kinds; tensors are the ones that are looked at. */
static dc_status read_type(onnx_input *input, dc_reader r)
{
    onnx_field field, inner;
    while (onnx_next(&field, &r)) {
        if (field.number != TYPE_TENSOR)
            continue;
        dc_reader tensor = onnx_message(&field, &r, "TypeProto");
        while (onnx_next(&inner, &tensor))
            if (inner.number == TENSOR_TYPE_ELEMENT)
                input->type = onnx_int(&inner, &tensor);
            else if (inner.number == TENSOR_TYPE_SHAPE)
                DC_TRY(read_shape(input, onnx_message(&inner, &tensor, "TensorShapeProto")));
        DC_TRY(tensor.status);
    }
    return r.status;
}

static dc_status read_input(onnx_input *input, dc_reader r, onnx_names *names)
{
    onnx_field field;
    *input = (onnx_input){ 0 };
    while (onnx_next(&field, &r)) {
        if (field.number == INFO_NAME)
            input->name = onnx_text(&field, &r, names);
        else if (field.number == INFO_TYPE)
            DC_TRY(read_type(input, onnx_message(&field, &r, "TypeProto")));
    }
    return r.status;
}

/* ---- graph and model ---- */

static dc_status take_arrays(onnx_graph *graph, uint32_t counts[MAX_COUNTED], const dc_reader *r,
                             dc_arena *arena)
{
    DC_TRY(count_fields(counts, r));
    if (counts[GRAPH_NODE] > ONNX_MAX_NODES)
        return dc_fail(DC_ELIMIT, "more than %u nodes", ONNX_MAX_NODES);
    if (counts[GRAPH_SPARSE] > 0)
        return dc_fail(DC_EUNSUPPORTED, "sparse initializers are not supported");
    graph->nodes = dc_arena_take(arena, counts[GRAPH_NODE], sizeof *graph->nodes);
    graph->initializers =
        dc_arena_take(arena, counts[GRAPH_INITIALIZER], sizeof *graph->initializers);
    graph->inputs = dc_arena_take(arena, counts[GRAPH_INPUT], sizeof *graph->inputs);
    graph->outputs = dc_arena_take(arena, counts[GRAPH_OUTPUT], sizeof *graph->outputs);
    return arena->status;
}

static dc_status read_initializer(onnx_initializer *out, dc_reader message, onnx_names *names)
{
    DC_TRY(message.status);
    out->message = message;
    return name_inside(&out->name, &message, TENSOR_NAME, names);
}

static dc_status read_graph_field(onnx_graph *graph, const uint32_t counts[MAX_COUNTED],
                                  const onnx_field *field, dc_reader *r, onnx_names *names)
{
    onnx_input output;
    switch (field->number) {
    case GRAPH_NODE:
        DC_TRY(need_room(graph->n_nodes, counts[GRAPH_NODE], r));
        return read_node(&graph->nodes[graph->n_nodes++], onnx_message(field, r, "NodeProto"),
                         names);
    case GRAPH_INITIALIZER:
        DC_TRY(need_room(graph->n_initializers, counts[GRAPH_INITIALIZER], r));
        return read_initializer(&graph->initializers[graph->n_initializers++],
                                onnx_message(field, r, "TensorProto"), names);
    case GRAPH_INPUT:
        DC_TRY(need_room(graph->n_inputs, counts[GRAPH_INPUT], r));
        return read_input(&graph->inputs[graph->n_inputs++],
                          onnx_message(field, r, "ValueInfoProto"), names);
    case GRAPH_OUTPUT:
        DC_TRY(need_room(graph->n_outputs, counts[GRAPH_OUTPUT], r));
        DC_TRY(read_input(&output, onnx_message(field, r, "ValueInfoProto"), names));
        graph->outputs[graph->n_outputs++] = output.name;
        return DC_OK;
    case GRAPH_NAME: graph->name = names->texts[onnx_text(field, r, names)]; return r->status;
    default: return DC_OK;
    }
}

static dc_status read_graph(onnx_graph *graph, dc_reader r, onnx_names *names)
{
    uint32_t counts[MAX_COUNTED];
    onnx_field field;
    *graph = (onnx_graph){ .name = "" };
    DC_TRY(take_arrays(graph, counts, &r, names->arena));
    while (onnx_next(&field, &r))
        DC_TRY(read_graph_field(graph, counts, &field, &r, names));
    return r.status;
}

/* The version of the standard ops; those of other domains are of no interest. */
static dc_status read_opset(int64_t *opset, dc_reader r, onnx_names *names)
{
    onnx_field field;
    int64_t version = 0;
    const char *domain = "";
    while (onnx_next(&field, &r)) {
        if (field.number == OPSET_DOMAIN)
            domain = names->texts[onnx_text(&field, &r, names)];
        else if (field.number == OPSET_VERSION)
            version = onnx_int(&field, &r);
    }
    if (domain[0] == '\0' || strcmp(domain, "ai.onnx") == 0)
        *opset = version;
    return r.status;
}

static bool is_text(const dc_reader *r, const char *text)
{
    return r->size == strlen(text) && memcmp(r->data, text, r->size) == 0;
}

/* A key of the metadata and its text; three keys are ours. */
static dc_status read_metadata(onnx_model *model, dc_reader r)
{
    onnx_field field;
    dc_reader key = { 0 }, value = { 0 };
    while (onnx_next(&field, &r)) {
        if (field.number == ENTRY_KEY)
            key = onnx_message(&field, &r, "key");
        else if (field.number == ENTRY_VALUE)
            value = onnx_message(&field, &r, "value");
    }
    if (is_text(&key, INTEROP_INPUT_KEY))
        model->input = value;
    if (is_text(&key, INTEROP_MARKS_KEY))
        model->marks = value;
    if (is_text(&key, INTEROP_CLASSES_KEY))
        model->classes = value;
    return r.status;
}

dc_status onnx_model_read(onnx_model *out, dc_file_view *file, dc_arena *arena)
{
    dc_reader r = dc_reader_over(file->data, file->size, "ModelProto");
    onnx_field field;
    uint32_t n_graphs = 0;
    *out = (onnx_model){ 0 };
    DC_TRY(onnx_names_init(&out->names, arena));
    while (onnx_next(&field, &r)) {
        if (field.number == MODEL_OPSET)
            DC_TRY(read_opset(&out->opset, onnx_message(&field, &r, "OperatorSetIdProto"),
                              &out->names));
        if (field.number == MODEL_METADATA)
            DC_TRY(read_metadata(out, onnx_message(&field, &r, "StringStringEntryProto")));
        if (field.number == MODEL_GRAPH && n_graphs++ > 0)
            return dc_reader_fail(&r, DC_ECORRUPT, "a second graph");
        if (field.number == MODEL_GRAPH)
            DC_TRY(read_graph(&out->graph, onnx_message(&field, &r, "GraphProto"), &out->names));
    }
    DC_TRY(r.status);
    if (n_graphs == 0)
        return dc_reader_fail(&r, DC_ECORRUPT, "no graph");
    return DC_OK;
}

/* Writers put the version of the format first, then one of the fields that a model has. */
bool onnx_model_is_likely(const uint8_t *head, uint64_t n)
{
    dc_reader r = dc_reader_over(head, n, "");
    onnx_field field;
    if (n < 4 || head[0] != (MODEL_IR_VERSION << 3 | ONNX_VARINT) || !onnx_next(&field, &r) ||
        r.pos == n)
        return false;
    const uint8_t next = (uint8_t)(head[r.pos] >> 3);
    return field.value >= 1 && field.value < 100 && head[r.pos] < 0x80 && next >= 2 &&
           (next <= MODEL_OPSET || next == 14);
}
