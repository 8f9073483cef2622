/* SPDX-License-Identifier: MIT
 *
 * The two ends of an ONNX graph: which input and which output are meant, what dims and elements the
 * input has, and how its pictures are prepared. Their names and dims go into the model, so that it
 * can be exported as what it came from.
 */
#include "onnx_in.h"

#include <string.h>

#define MAX_INPUT_BYTES 65536u
#define MAX_LISTED 8u /* names in a message */

static const char *text_of(const onnx_in *in, uint32_t name)
{
    return in->model.names.texts[name];
}

/* ---- which input ---- */

/* Those that the settings have zeros for. */
static dc_status mark_zeros(onnx_in *in)
{
    const onnx_graph *graph = &in->model.graph;
    for (uint32_t z = 0; z < in->settings->n_zeros; z++) {
        const char *wanted = in->settings->zeros[z];
        dc_hint hint = dc_hint_for(wanted);
        bool is_there = false;
        for (uint32_t i = 0; i < graph->n_inputs; i++) {
            const char *name = text_of(in, graph->inputs[i].name);
            onnx_value *value = &in->values[graph->inputs[i].name];
            if (!value->is_input)
                continue;
            dc_hint_offer(&hint, name);
            value->is_zeros = value->is_zeros || strcmp(name, wanted) == 0;
            is_there = is_there || strcmp(name, wanted) == 0;
        }
        if (!is_there)
            return dc_fail(DC_EINPUT, "the graph has no input '%s' to take as zeros%s", wanted,
                           dc_hint_text(&hint));
    }
    return DC_OK;
}

/* They become constants, of the batch that the graph has. */
static dc_status put_zeros(onnx_in *in)
{
    for (uint32_t i = 0; i < in->model.graph.n_inputs; i++) {
        const onnx_input *input = &in->model.graph.inputs[i];
        onnx_value *value = &in->values[input->name];
        onnx_array *zeros = dc_arena_take(&in->arena, 1, sizeof *zeros);
        uint8_t *data = NULL;
        DC_TRY(in->arena.status);
        if (!value->is_zeros)
            continue;
        if (!input->has_shape || input->n_dims > ONNX_MAX_DIMS)
            return dc_fail(DC_EUNSUPPORTED, "input '%s', which is to be zeros, has no shape",
                           text_of(in, input->name));
        const onnx_type type =
            onnx_type_bytes(input->type) != 0 ? (onnx_type)input->type : ONNX_FLOAT;
        DC_TRY(onnx_array_make(zeros, &data, type, 0, NULL, &in->arena));
        zeros->n_dims = input->n_dims;
        for (uint32_t d = 0; d < input->n_dims; d++)
            zeros->dims[d] = input->dims[d] != 0 ? input->dims[d] : in->batch;
        value->array = zeros; /* of strides 0: one and the same */
    }
    return DC_OK;
}

/* The one input that nodes use. */
static dc_status find_input(onnx_input *out, const onnx_in *in)
{
    const onnx_graph *graph = &in->model.graph;
    const onnx_input *found = NULL;
    for (uint32_t i = 0; i < graph->n_inputs; i++) {
        const onnx_input *input = &graph->inputs[i];
        const onnx_value *value = &in->values[input->name];
        if (!value->is_input || value->n_uses == 0 || value->is_zeros || value->is_lengths ||
            (found && found->name == input->name))
            continue;
        if (found != NULL)
            return dc_fail(DC_EUNSUPPORTED,
                           "the graph has several inputs, '%s' and '%s' (--zeros NAME takes one, "
                           "such as the first state of an LSTM, as zeros)",
                           text_of(in, found->name), text_of(in, input->name));
        found = input;
    }
    if (found == NULL)
        return dc_fail(DC_EUNSUPPORTED, "the graph's output depends on no input");
    *out = *found;
    return DC_OK;
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
 * to (N,C,H,W). A file of ours has its pictures as we do, whatever its first node is. */
static bool is_nhwc_input(onnx_in *in, const onnx_input *input)
{
    uint32_t n_transposes = 0;
    if (in->input_batch_at != 0 || input->n_dims != 4 || in->output == input->name ||
        in->model.input.size > 0)
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

/* ---- its dims ---- */

/* What the user says of them, which must not be other than what the file says. */
static dc_status fix_dims(onnx_input *input, const onnx_in *in)
{
    const dc_import_settings *said = in->settings;
    const char *name = text_of(in, input->name);
    if (said->n_dims == 0)
        return DC_OK;
    if (input->has_shape && input->n_dims != said->n_dims)
        return dc_fail(DC_EINPUT, "input '%s' has %u dims, --shape says %u", name,
                       (unsigned)input->n_dims, (unsigned)said->n_dims);
    for (uint32_t i = 0; i < said->n_dims; i++) {
        if (said->dims[i] == 0)
            continue;
        if (input->dims[i] != 0 && input->dims[i] != said->dims[i])
            return dc_fail(DC_EINPUT, "dim %u of input '%s' is %llu, --shape says %u", (unsigned)i,
                           name, (unsigned long long)input->dims[i], (unsigned)said->dims[i]);
        input->dims[i] = said->dims[i];
    }
    input->n_dims = said->n_dims;
    input->has_shape = true;
    return DC_OK;
}

/* "Nx3x?x?" */
static const char *dims_text(const onnx_input *input, uint32_t batch_at, dc_arena *arena)
{
    const char *text = "";
    for (uint32_t i = 0; i < input->n_dims; i++) {
        const char *dim = i == batch_at ? "N" : "?";
        if (input->dims[i] != 0)
            dim = dc_arena_print(arena, "%llu", (unsigned long long)input->dims[i]);
        text = dc_arena_print(arena, "%s%s%s", text, i > 0 ? "x" : "", dim);
    }
    return text;
}

static dc_status check_dims(onnx_in *in, const onnx_input *input)
{
    const uint32_t batch_at = in->input_batch_at;
    const char *name = text_of(in, input->name);
    if (input->type != 0 && onnx_type_bytes(input->type) == 0)
        return dc_fail(DC_EUNSUPPORTED, "input '%s' holds %s, only numbers can be read", name,
                       onnx_type_name(input->type));
    if (!input->has_shape)
        return dc_fail(DC_EUNSUPPORTED, "input '%s' has no shape (--shape gives it one)", name);
    if (input->n_dims < 2)
        return dc_fail(DC_EUNSUPPORTED,
                       "input '%s' has %u dims: the batch is missing before those "
                       "of a sample",
                       name, (unsigned)input->n_dims);
    if (input->n_dims > 4)
        return dc_fail(DC_EUNSUPPORTED, "input '%s' has %u dims, 2 to 4 can be read", name,
                       (unsigned)input->n_dims);
    for (uint32_t i = 0; i < input->n_dims; i++)
        if (i != batch_at && (input->dims[i] == 0 || input->dims[i] > UINT32_MAX))
            return dc_fail(DC_EUNSUPPORTED,
                           "dim %u of input '%s' is not fixed: --shape %s fixes it, with numbers "
                           "for ?",
                           (unsigned)i, name, dims_text(input, batch_at, &in->arena));
    if (input->dims[batch_at] > UINT32_MAX)
        return dc_fail(DC_EUNSUPPORTED, "input '%s' is too large", name);
    return DC_OK;
}

/* (C,H,W), (C), or for samples of two dims a sequence (T,C), if there is a layer over time, else
 * (1,H,W). */
static dc_shape shape_of(const onnx_in *in, const onnx_input *input)
{
    const uint32_t a = (uint32_t)input->dims[in->input_batch_at == 0 ? 1 : 0],
                   b = (uint32_t)input->dims[2], c = (uint32_t)input->dims[3];
    if (input->n_dims == 2)
        return dc_shape_of(1, a, 0, 0, 0);
    if (input->n_dims == 3)
        return onnx_has_steps(in) ? dc_shape_of(2, a, b, 0, 0) : dc_shape_of(3, 1, a, b, 0);
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

/* ---- the input ---- */

/* The value of the graph's input: node 0, or what the graph sees of it as (H,W,C). */
static dc_status put_input(onnx_in *in, const onnx_input *from)
{
    static const uint32_t input = 0;
    const bool is_float = from->type == 0 || onnx_type_is_float((onnx_type)from->type);
    double attrs[DC_N_ATTRS];
    onnx_value *value = &in->values[from->name];
    value->node = 0;
    value->whole = is_float ? (onnx_type)0 : (onnx_type)from->type;
    value->n_dims = from->n_dims;
    memcpy(value->dims, from->dims, sizeof value->dims);
    if (!in->is_single && in->input_batch_at > 0) {
        value->batch_at = in->input_batch_at;
        value->dims[1] = from->dims[0];
    }
    if (!in->is_single)
        value->dims[0] = in->batch;
    value->n_batch = value->dims[0] == in->batch;
    if (!in->is_nhwc)
        return DC_OK;
    dc_attrs_init(attrs, DC_OP_TRANSPOSE);
    attrs[DC_ATTR_DIM_0] = 2;
    attrs[DC_ATTR_DIM_1] = 3;
    attrs[DC_ATTR_DIM_2] = 1;
    return onnx_plan_helper(&value->node, in, DC_OP_TRANSPOSE, &input, 1, attrs);
}

dc_status onnx_read_input(onnx_in *in)
{
    onnx_input from;
    bool has_steps_first = false;
    DC_TRY(mark_zeros(in));
    onnx_find_lengths(in);
    DC_TRY(find_input(&from, in));
    DC_TRY(fix_dims(&from, in));
    DC_TRY(onnx_find_steps(&has_steps_first, in, &from));
    in->input_batch_at = has_steps_first && (from.n_dims == 2 || from.n_dims == 3);
    DC_TRY(check_dims(in, &from));
    in->input = from.name;
    in->is_nhwc = is_nhwc_input(in, &from);
    in->batch = DC_MAX(from.dims[in->input_batch_at], 1u);
    in->is_single = from.dims[in->input_batch_at] == 1;
    DC_TRY(put_zeros(in));
    dc_input input = { .shape = shape_of(in, &from), .scale = { 1, 1, 1, 1 } };
    const bool is_grey = input.shape.n_dims != 2 && input.shape.dims[0] == 1;
    input.channels = is_grey ? DC_CHANNELS_GREY : DC_CHANNELS_RGB;
    DC_TRY(take_preparation(&input, in));
    const dc_status status = dc_model_new(&in->plan, "plan", &input);
    if (status < 0)
        return status == DC_EINPUT ? DC_EUNSUPPORTED : status;
    (void)onnx_names_put(&in->taken, "input", 5);
    return put_input(in, &from);
}

/* ---- the output ---- */

/* "'a', 'b' and 3 more", all but output `without` (DC_NONE: all). */
static const char *outputs_text(onnx_in *in, uint32_t without)
{
    const onnx_graph *graph = &in->model.graph;
    const char *text = "";
    uint32_t n = 0, n_more = 0;
    for (uint32_t i = 0; i < graph->n_outputs; i++) {
        if (i == without)
            continue;
        if (n++ < MAX_LISTED)
            text = dc_arena_print(&in->arena, "%s%s'%.80s'", text, n > 1 ? ", " : "",
                                  text_of(in, graph->outputs[i]));
        else
            n_more++;
    }
    return n_more == 0 ? text : dc_arena_print(&in->arena, "%s and %u more", text, n_more);
}

static dc_status fail_output(onnx_in *in, const char *wanted)
{
    const onnx_graph *graph = &in->model.graph;
    dc_hint hint = dc_hint_for(wanted);
    for (uint32_t i = 0; i < graph->n_outputs; i++)
        dc_hint_offer(&hint, text_of(in, graph->outputs[i]));
    return dc_fail(DC_EINPUT, "the graph has no output '%s', it has %s%s", wanted,
                   outputs_text(in, DC_NONE), dc_hint_text(&hint));
}

dc_status onnx_choose_output(onnx_in *in)
{
    const onnx_graph *graph = &in->model.graph;
    const char *wanted = in->settings->output;
    uint32_t chosen = 0;
    if (graph->n_outputs == 0)
        return dc_fail(DC_ECORRUPT, "the graph has no output");
    while (wanted != NULL && chosen < graph->n_outputs &&
           strcmp(text_of(in, graph->outputs[chosen]), wanted) != 0)
        chosen++;
    if (chosen == graph->n_outputs)
        return fail_output(in, wanted);
    in->output = graph->outputs[chosen];
    return in->output != 0 ? in->arena.status : dc_fail(DC_ECORRUPT, "the graph has no output");
}

/* What is not seen in the result and must be known to use it. */
static void warn_of_choices(onnx_in *in)
{
    const uint32_t n_outputs = in->model.graph.n_outputs;
    if (in->settings->output == NULL && n_outputs > 1)
        dc_warn("the graph has %u outputs, only '%s' is imported (--output-name takes another: %s)",
                (unsigned)n_outputs, text_of(in, in->output), outputs_text(in, 0));
    if (in->is_nhwc)
        dc_warn("the file's input '%s' is channels-last: samples must be given as %s",
                text_of(in, in->input), dc_shape_text(&in->plan->input.shape, &in->arena));
    if (in->has_lengths)
        dc_warn("the lengths of samples are no input any more, they come with the data "
                "(npy:X,Y,L)");
    if (in->input_batch_at > 0)
        dc_warn("the file's input '%s' has the steps before the batch: samples must be given as "
                "%s, and an export has the batch first",
                text_of(in, in->input), dc_shape_text(&in->plan->input.shape, &in->arena));
}

/* An end as the graph has it: its name, and the dims of a sample, unless ours have no words for
 * them. */
static dc_end end_of(const onnx_in *in, uint32_t name)
{
    const onnx_value *value = &in->values[name];
    dc_end end = { .name = onnx_is_name(text_of(in, name)) ? text_of(in, name) : NULL };
    end.shape.n_dims = value->n_dims - value->n_batch;
    end.has_shape = end.shape.n_dims <= DC_MAX_DIMS;
    for (uint32_t i = 0; end.has_shape && i < end.shape.n_dims; i++)
        end.shape.dims[i] = (uint32_t)value->dims[value->n_batch + i];
    return end;
}

dc_status onnx_set_ends(dc_model *model, const onnx_in *in)
{
    dc_end input = end_of(in, in->input);
    const dc_end output = end_of(in, in->output);
    input.has_shape = input.has_shape && !in->is_nhwc && in->input_batch_at == 0;
    return dc_model_set_ends(model, &input, &output);
}

/* Logits that are a picture of 1 x 1 become a vector when ONNX has one. */
dc_status onnx_read_output(uint32_t *node, onnx_in *in)
{
    onnx_value *value = &in->values[in->output];
    const char *name = text_of(in, in->output);
    if (value->node == DC_NONE)
        return dc_fail(DC_EUNSUPPORTED, "output '%s' does not depend on the input", name);
    if (value->node == 0)
        return dc_fail(DC_EUNSUPPORTED, "output '%s' is the input itself", name);
    warn_of_choices(in);
    *node = value->node;
    if (value->n_dims - value->n_batch != 1 || in->plan->nodes[value->node].shape.n_dims == 1)
        return DC_OK;
    const dc_shape shape = dc_shape_of(1, (uint32_t)value->dims[value->n_batch], 0, 0, 0);
    return onnx_shaped(node, in, value, &shape);
}
