/* SPDX-License-Identifier: MIT
 *
 * ONNX in: the file's messages (onnx_model.c), the order of its nodes (onnx_order.c), each node as
 * a constant or as nodes of the plan (the table in onnx_ops.c), and the plan as a model
 * (onnx_build.c). docs/onnx.md says what is read.
 */
#include "onnx_ops.h"

#include <string.h>

#define MIN_OPSET 7
#define MAX_INPUT_BYTES 65536u

/* ---- the input ---- */

/* The one input that nodes use. */
static dc_status find_input(const onnx_input **out, const onnx_in *in)
{
    const onnx_graph *graph = &in->model.graph;
    *out = NULL;
    for (uint32_t i = 0; i < graph->n_inputs; i++) {
        const onnx_input *input = &graph->inputs[i];
        const onnx_value *value = &in->values[input->name];
        if (!value->is_input || value->n_uses == 0 || (*out && (*out)->name == input->name))
            continue;
        if (*out != NULL)
            return dc_fail(DC_EUNSUPPORTED, "the graph has several inputs, '%s' and '%s'",
                           in->model.names.texts[(*out)->name], in->model.names.texts[input->name]);
        *out = input;
    }
    return *out != NULL ? DC_OK
                        : dc_fail(DC_EUNSUPPORTED, "the graph's output depends on no input");
}

static bool is_to_nchw(const onnx_node *node)
{
    static const int64_t wanted[4] = { 0, 3, 1, 2 };
    onnx_ints perm;
    return strcmp(node->op, "Transpose") == 0 && onnx_ints_attr(&perm, node, "perm") == DC_OK &&
           perm.n == 4 && memcmp(perm.items, wanted, sizeof wanted) == 0;
}

/* Ops that prepare pictures, whatever the order of their dims. */
static bool is_preparing(const char *op)
{
    static const char *const ops[] = { "Add", "Cast", "Div", "Identity", "Mul", "Sub" };
    for (size_t i = 0; i < DC_COUNT_OF(ops); i++)
        if (strcmp(ops[i], op) == 0)
            return true;
    return false;
}

/* Whether the input is (N,H,W,C), as Keras has it: all of it ends, perhaps prepared, in Transposes
 * to (N,C,H,W). */
static bool is_nhwc_input(onnx_in *in, const onnx_input *input)
{
    uint32_t n_transposes = 0;
    if (input->n_dims != 4 || in->model.graph.outputs[0] == input->name)
        return false;
    if (in->model.input.size > 0) /* a file of ours has its pictures as we do */
        return false;
    in->values[input->name].is_nhwc = true;
    for (uint32_t n = 0; n < in->n_order; n++) {
        const onnx_node *node = &in->model.graph.nodes[in->order[n]];
        bool is_reached = false;
        for (uint32_t i = 0; i < node->n_inputs; i++)
            is_reached = is_reached || in->values[node->inputs[i]].is_nhwc;
        if (!is_reached || strcmp(node->op, "Shape") == 0)
            continue;
        if (is_to_nchw(node))
            n_transposes++;
        else if (is_preparing(node->op) && node->n_outputs == 1)
            in->values[node->outputs[0]].is_nhwc = true;
        else
            return false;
    }
    return n_transposes > 0;
}

static dc_status check_dims(const onnx_in *in, const onnx_input *input)
{
    const char *name = in->model.names.texts[input->name];
    if (input->type != 0 && onnx_type_bytes(input->type) == 0)
        return dc_fail(DC_EUNSUPPORTED, "input '%s' holds %s, only numbers can be read", name,
                       onnx_type_name(input->type));
    if (!input->has_shape || input->n_dims < 2 || input->n_dims > 4)
        return dc_fail(DC_EUNSUPPORTED, "input '%s' has %u dims, 2 to 4 can be read", name,
                       (unsigned)input->n_dims);
    for (uint32_t i = 1; i < input->n_dims; i++)
        if (input->dims[i] == 0 || input->dims[i] > UINT32_MAX)
            return dc_fail(DC_EUNSUPPORTED, "dim %u of input '%s' is not fixed", (unsigned)i, name);
    if (input->dims[0] > UINT32_MAX)
        return dc_fail(DC_ECORRUPT, "input '%s' is too large", name);
    return DC_OK;
}

/* (C,H,W), (C), or (1,H,W) for samples of two dims. */
static dc_shape shape_of(const onnx_in *in, const onnx_input *input)
{
    const uint32_t a = (uint32_t)input->dims[1], b = (uint32_t)input->dims[2],
                   c = (uint32_t)input->dims[3];
    if (input->n_dims == 2)
        return dc_shape_of(1, a, 0, 0, 0);
    if (input->n_dims == 3)
        return dc_shape_of(3, 1, a, b, 0);
    return in->is_nhwc ? dc_shape_of(3, c, a, b, 0) : dc_shape_of(3, a, b, c, 0);
}

/* What `dcomp export` wrote about pictures, when it is about an input of this shape. */
static dc_status take_preparation(dc_input *input, const onnx_in *in)
{
    const dc_reader *text = &in->model.input;
    dc_input said;
    dc_json *json;
    if (text->size == 0)
        return DC_OK;
    if (text->size > MAX_INPUT_BYTES)
        return dc_fail(DC_ELIMIT, "'" INTEROP_INPUT_KEY "' of more than %u bytes", MAX_INPUT_BYTES);
    DC_TRY(dc_json_parse(&json, (const char *)text->data, text->size, INTEROP_INPUT_KEY));
    dc_status status = dc_input_from_json(&said, json);
    dc_json_free(json);
    if (status == DC_EINPUT)
        status = DC_ECORRUPT;
    DC_TRY(dc_fail_within(status, INTEROP_INPUT_KEY));
    if (dc_shape_equal(&said.shape, &input->shape))
        *input = said;
    else
        dc_warn("'" INTEROP_INPUT_KEY "' is about an input of another shape, and is left out");
    return DC_OK;
}

/* The value of the graph's input: node 0, or what the graph sees of it as (H,W,C). */
static dc_status put_input(onnx_in *in, const onnx_input *from)
{
    static const uint32_t input = 0;
    double attrs[DC_N_ATTRS];
    onnx_value *value = &in->values[from->name];
    value->node = 0;
    value->whole = onnx_type_is_float((onnx_type)from->type) ? (onnx_type)0 : (onnx_type)from->type;
    value->n_dims = from->n_dims;
    value->n_batch = 1;
    memcpy(value->dims, from->dims, sizeof value->dims);
    value->dims[0] = in->batch;
    if (!in->is_nhwc)
        return DC_OK;
    onnx_attrs_init(attrs);
    attrs[DC_ATTR_DIM_0] = 2;
    attrs[DC_ATTR_DIM_1] = 3;
    attrs[DC_ATTR_DIM_2] = 1;
    return onnx_plan_helper(&value->node, in, DC_OP_TRANSPOSE, &input, 1, attrs);
}

static dc_status read_input(onnx_in *in)
{
    const onnx_input *from = NULL;
    DC_TRY(find_input(&from, in));
    DC_TRY(check_dims(in, from));
    in->is_nhwc = is_nhwc_input(in, from);
    in->batch = from->dims[0] == 0 ? 1 : from->dims[0];
    in->is_single = from->dims[0] == 1;
    dc_input input = { .shape = shape_of(in, from), .scale = { 1, 1, 1, 1 } };
    input.channels = input.shape.dims[0] == 1 ? DC_CHANNELS_GREY : DC_CHANNELS_RGB;
    DC_TRY(take_preparation(&input, in));
    const dc_status status = dc_model_new(&in->plan, "plan", &input);
    if (status < 0)
        return status == DC_EINPUT ? DC_ECORRUPT : status;
    (void)onnx_names_put(&in->taken, "input", 5);
    return put_input(in, from);
}

/* ---- nodes ---- */

static bool has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = words; *at != '\0'; at += strcspn(at, " ")) {
        at += *at == ' ';
        if (strncmp(at, word, n) == 0 && (at[n] == ' ' || at[n] == '\0'))
            return true;
    }
    return false;
}

static dc_status fail_op(const onnx_in *in)
{
    const onnx_node *node = in->node;
    const char *output = node->n_outputs > 0 ? in->model.names.texts[node->outputs[0]] : "";
    return dc_fail(DC_EUNSUPPORTED, "op '%s%s%.60s' of node '%.200s' is not supported",
                   node->domain, node->domain[0] != '\0' ? "." : "", node->op,
                   node->name[0] != '\0' ? node->name : output);
}

static dc_status check_node(const onnx_op **out, const onnx_in *in)
{
    const onnx_node *node = in->node;
    const onnx_op *op = node->domain[0] == '\0' ? onnx_op_named(node->op) : NULL;
    if (op == NULL)
        return fail_op(in);
    for (uint32_t i = 0; i < node->n_attrs; i++)
        if (!has_word(op->attrs, node->attrs[i].name))
            return onnx_fail(in, DC_EUNSUPPORTED, "its attribute '%.60s' is not supported",
                             node->attrs[i].name);
    if (node->n_inputs < op->min_inputs || node->n_inputs > op->max_inputs || node->n_outputs == 0)
        return onnx_fail(in, DC_ECORRUPT, "it has %u inputs and %u outputs",
                         (unsigned)node->n_inputs, (unsigned)node->n_outputs);
    for (uint32_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] == 0 && (i < op->min_inputs || op->max_inputs == UINT32_MAX))
            return onnx_fail(in, DC_ECORRUPT, "its input %u is missing", (unsigned)i);
    *out = op;
    return DC_OK;
}

/* Reads initializers when they are first used; *has_value: some input depends on the graph's. */
static dc_status prepare_inputs(bool *has_value, onnx_in *in)
{
    const onnx_node *node = in->node;
    *has_value = false;
    in->whole = (onnx_type)0;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        onnx_value *value = onnx_input_of(in, i);
        if (value == NULL)
            continue;
        if (value->array == NULL && value->initializer != DC_NONE) {
            onnx_array *array = dc_arena_take(&in->arena, 1, sizeof *array);
            DC_TRY(in->arena.status);
            DC_TRY(onnx_tensor_read(
                array, &in->model.graph.initializers[value->initializer].message, &in->files));
            value->array = array;
        }
        if (value->array == NULL && value->node == DC_NONE)
            return onnx_fail(in, DC_EUNSUPPORTED,
                             "its input '%.100s' is an output that is not "
                             "computed",
                             in->model.names.texts[node->inputs[i]]);
        *has_value = *has_value || value->node != DC_NONE;
        in->whole = value->node != DC_NONE && value->whole != 0 ? value->whole : in->whole;
    }
    return DC_OK;
}

static void turn_to(onnx_in *in, uint32_t n)
{
    in->n_node = n;
    in->node = &in->model.graph.nodes[n];
}

static dc_status read_node(onnx_in *in, uint32_t n)
{
    const onnx_op *op = NULL;
    bool has_value = false;
    onnx_array array;
    turn_to(in, n);
    DC_TRY(check_node(&op, in));
    DC_TRY(prepare_inputs(&has_value, in));
    if (has_value && op->read == NULL)
        return fail_op(in);
    if (has_value && in->whole != 0 && !onnx_op_is_exact(op->name))
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "it computes whole numbers (%s), only floats can be computed: a Cast to "
                         "float must come before",
                         onnx_type_name(in->whole));
    if (has_value)
        return op->read(in);
    if (op->fold == NULL)
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "its inputs are all constants, and it cannot be folded");
    DC_TRY(op->fold(&array, in));
    return onnx_set_array(in, 0, &array);
}

/* A file of other domains' ops need not say an opset. */
static dc_status check_opset(onnx_in *in)
{
    const int64_t opset = in->model.opset;
    for (uint32_t n = 0; opset == 0 && n < in->model.graph.n_nodes; n++) {
        turn_to(in, n);
        if (in->node->domain[0] != '\0')
            return fail_op(in);
    }
    if (opset == 0)
        return dc_fail(DC_EUNSUPPORTED, "it does not say which opset its ops are of");
    if (opset < MIN_OPSET)
        return dc_fail(DC_EUNSUPPORTED, "opset %lld, older than %d", (long long)opset, MIN_OPSET);
    return DC_OK;
}

/* An op that is not read is told first, not what comes of it earlier. */
static dc_status read_nodes(onnx_in *in)
{
    const onnx_op *op = NULL;
    for (uint32_t i = 0; i < in->n_order; i++) {
        turn_to(in, in->order[i]);
        DC_TRY(check_node(&op, in));
    }
    for (uint32_t i = 0; i < in->n_order; i++)
        DC_TRY(read_node(in, in->order[i]));
    return DC_OK;
}

/* The plan's node of the output; logits that are a picture of 1 x 1 become a vector when ONNX has
 * one. */
static dc_status find_output(uint32_t *node, onnx_in *in)
{
    const onnx_graph *graph = &in->model.graph;
    onnx_value *value = &in->values[graph->outputs[0]];
    const char *name = in->model.names.texts[graph->outputs[0]];
    if (graph->n_outputs > 1)
        dc_warn("the graph has %u outputs, only '%s' is imported", (unsigned)graph->n_outputs,
                name);
    if (value->node == DC_NONE)
        return dc_fail(DC_EUNSUPPORTED, "output '%s' does not depend on the input", name);
    if (value->node == 0)
        return dc_fail(DC_EUNSUPPORTED, "output '%s' is the input itself", name);
    *node = value->node;
    if (value->n_dims - value->n_batch != 1 || in->plan->nodes[value->node].shape.n_dims == 1)
        return DC_OK;
    const dc_shape shape = dc_shape_of(1, (uint32_t)value->dims[value->n_batch], 0, 0, 0);
    return onnx_shaped(node, in, value, &shape);
}

/* ---- the whole ---- */

/* "vgg16" of "nets/vgg16.onnx". */
static const char *model_name(onnx_in *in, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    const size_t n = dot != NULL && dot > name ? (size_t)(dot - name) : strlen(name);
    if (n > 0 && n <= DC_MAX_NAME_BYTES && strcmp(name, "-") != 0 &&
        dc_utf8_is_valid((const uint8_t *)name, n))
        return dc_arena_print(&in->arena, "%.*s", (int)n, name);
    return "model";
}

/* What `dcomp export` wrote about what is pruned and shared. */
static dc_status take_marks(bool *has_marks, dc_model *model, const onnx_in *in)
{
    const dc_reader *text = &in->model.marks;
    if (text->size == 0)
        return DC_OK;
    return interop_marks_read(has_marks, model, (const char *)text->data, text->size);
}

static dc_status read_all(dc_model **model, bool *has_marks, onnx_in *in, const char *path)
{
    uint32_t output = 0;
    DC_TRY(onnx_model_read(&in->model, in->files.file, &in->arena));
    DC_TRY(onnx_names_init(&in->taken, &in->arena));
    DC_TRY(check_opset(in));
    DC_TRY(onnx_order(in));
    DC_TRY(read_input(in));
    DC_TRY(read_nodes(in));
    DC_TRY(find_output(&output, in));
    DC_TRY(onnx_build(model, in, output, model_name(in, path)));
    const dc_status status = take_marks(has_marks, *model, in);
    if (status < 0) {
        dc_model_free(*model);
        *model = NULL;
    }
    return status;
}

static dc_status read_onnx(dc_model **model, bool *has_marks, const dc_file_view *file,
                           const char *path)
{
    onnx_in in = { .batch = 1 };
    dc_arena_init(&in.arena, ONNX_ARENA_BYTES + ONNX_ARENA_SHARE * file->size);
    in.files =
        (onnx_files){ .file = file, .path = path, .arena = &in.arena, .n_bytes = file->size };
    const dc_status status = read_all(model, has_marks, &in, path);
    dc_model_free(in.plan);
    onnx_files_close(&in.files);
    dc_arena_clear(&in.arena);
    return dc_fail_within(status, path);
}

static bool is_onnx(const uint8_t *head, uint64_t n, const char *path)
{
    const size_t n_path = strlen(path);
    return (n_path > 5 && strcmp(path + n_path - 5, ".onnx") == 0) || onnx_model_is_likely(head, n);
}

const interop_importer interop_onnx_in = { "ONNX", false, is_onnx, read_onnx };
