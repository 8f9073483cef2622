/* SPDX-License-Identifier: MIT
 *
 * ONNX in: the file's messages (onnx_model.c), the order of its nodes (onnx_order.c), its input and
 * output (onnx_ends.c), each node as a constant or as nodes of the plan (the table in onnx_ops.c),
 * and the plan as a model (onnx_build.c). docs/onnx.md says what is read.
 */
#include "onnx_ops.h"

#include <string.h>

#define MIN_OPSET 7

/* ---- nodes ---- */

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
        if (!onnx_op_has_attr(op, node, node->attrs[i].name))
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

/* Where the values that a node is given have the batch. */
static dc_status find_batch(onnx_in *in)
{
    const onnx_value *first = NULL;
    in->batch_at = 0;
    for (uint32_t i = 0; i < in->node->n_inputs; i++) {
        const onnx_value *value = onnx_input_of(in, i);
        if (value == NULL || value->node == DC_NONE || value->is_lengths)
            continue;
        if (first != NULL && value->batch_at != first->batch_at)
            return onnx_fail_batch(in, "its inputs have the batch in different places");
        first = first == NULL ? value : first;
        in->batch_at = value->batch_at;
    }
    if (in->batch_at > 0 && onnx_op_wants_batch_first(in->node->op))
        return onnx_fail_batch(in, "the batch is not its first dim");
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
        if (value == NULL || value->is_lengths)
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
    if (in->values[in->node->outputs[0]].is_lengths)
        return DC_OK;
    DC_TRY(prepare_inputs(&has_value, in));
    if (has_value && op->read == NULL)
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "it depends on the graph's input, it is read only of constants and "
                         "shapes");
    if (has_value && in->whole != 0 && !onnx_op_is_exact(in->node->op))
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "it computes whole numbers (%s), only floats can be computed: a Cast to "
                         "float must come before",
                         onnx_type_name(in->whole));
    DC_TRY(find_batch(in));
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

/* An op that is not read is reported first, before what follows from it. */
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

/* What `dcomp export` wrote about what is pruned and shared, and what classes are called. */
static dc_status take_words(bool *has_marks, dc_model *model, const onnx_in *in)
{
    const dc_reader *marks = &in->model.marks, *classes = &in->model.classes;
    if (classes->size > 0)
        DC_TRY(interop_classes_read(model, (const char *)classes->data, classes->size));
    if (marks->size == 0)
        return DC_OK;
    return interop_marks_read(has_marks, model, (const char *)marks->data, marks->size);
}

static dc_status read_all(dc_model **model, bool *has_marks, onnx_in *in, const char *path)
{
    uint32_t output = 0;
    DC_TRY(onnx_model_read(&in->model, in->files.file, &in->arena));
    DC_TRY(onnx_names_init(&in->taken, &in->arena));
    DC_TRY(check_opset(in));
    DC_TRY(onnx_choose_output(in));
    DC_TRY(onnx_order(in));
    DC_TRY(onnx_read_input(in));
    DC_TRY(read_nodes(in));
    DC_TRY(onnx_read_output(&output, in));
    DC_TRY(onnx_build(model, in, output, model_name(in, path)));
    const dc_status status = take_words(has_marks, *model, in);
    if (status < 0) {
        dc_model_free(*model);
        *model = NULL;
    }
    return status;
}

static dc_status read_onnx(dc_model **model, bool *has_marks, const dc_import_settings *settings,
                           dc_file_view *file, const char *path)
{
    onnx_in in = { .batch = 1, .settings = settings };
    if (!dc_expansion_is_free())
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

const interop_importer interop_onnx_in = {
    .name = "ONNX",
    .is_mine = is_onnx,
    .read = read_onnx,
};
