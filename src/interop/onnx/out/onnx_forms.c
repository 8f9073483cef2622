/* SPDX-License-Identifier: MIT
 *
 * Nothing in the model says that a picture of width 1 is a sequence, but the graph does: the import
 * puts a reshape before the first window, and windows without width and ops that treat all places
 * alike hand the form on. In a network of pictures a single place (C,1,1) stays one, since it is
 * what becomes of a pool of the whole picture.
 */
#include "onnx_forms.h"

void onnx_find_batch(onnx_emitter *e, uint32_t index)
{
    const dc_node *node = &e->model->nodes[index];
    e->has_batch[index] = index == 0;
    for (uint32_t i = 0; i < node->n_inputs; i++)
        e->has_batch[index] = e->has_batch[index] || e->has_batch[node->inputs[i]];
}

/* ---- which nodes are sequences ---- */

static bool has_no_width(const dc_node *node)
{
    return node->shape.n_dims == 3 && node->shape.dims[2] == 1;
}

/* Whether the op's window is one over sequences. */
static bool slides_along(const onnx_emitter *e, const dc_node *node)
{
    return has_no_width(node) && has_no_width(&e->model->nodes[node->inputs[0]]) &&
           dc_node_whole(node, DC_ATTR_KERNEL_W) <= 1 &&
           dc_node_whole(node, DC_ATTR_PAD_LEFT) == 0 &&
           dc_node_whole(node, DC_ATTR_PAD_RIGHT) == 0;
}

/* Whether node `index` is one if its inputs are. */
static bool hands_on(const onnx_emitter *e, uint32_t index)
{
    const dc_node *node = &e->model->nodes[index];
    const onnx_dims_use use = onnx_uses_dims(node);
    bool is_one = use == ONNX_OF_EACH ? has_no_width(node)
                                      : use == ONNX_OF_WINDOWS && slides_along(e, node);
    for (uint32_t i = 0; is_one && i < node->n_inputs; i++)
        is_one = e->is_sequence[node->inputs[i]];
    return is_one;
}

/* A reshape is one for the sake of a window behind it. */
static void find_beginning(onnx_emitter *e, uint32_t index, bool is_of_pictures)
{
    const dc_node *node = &e->model->nodes[index];
    if (onnx_uses_dims(node) != ONNX_OF_WINDOWS || !slides_along(e, node))
        return;
    const uint32_t before = node->inputs[0];
    const dc_node *from = &e->model->nodes[before];
    if (from->op == DC_OP_RESHAPE && e->has_batch[before])
        e->is_sequence[before] = from->shape.dims[1] > 1 || !is_of_pictures;
}

void onnx_find_sequences(onnx_emitter *e)
{
    const dc_model *model = e->model;
    const dc_end *end = &model->input_end;
    const bool is_of_pictures = (end->has_shape ? &end->shape : &model->nodes[0].shape)->n_dims > 2;
    for (uint32_t i = 0; i < model->n_nodes; i++)
        onnx_find_batch(e, i);
    for (uint32_t i = 1; i < model->n_nodes; i++)
        find_beginning(e, i, is_of_pictures);
    for (uint32_t i = 1; i < model->n_nodes; i++)
        e->is_sequence[i] = e->is_sequence[i] || hands_on(e, i);
}

/* ---- forms ---- */

dc_shape onnx_written_shape(const onnx_emitter *e, uint32_t node)
{
    dc_shape shape = e->model->nodes[node].shape;
    if (e->is_sequence[node])
        shape.dims[--shape.n_dims] = 0;
    return shape;
}

void onnx_reshape(onnx_emitter *e, uint32_t node, const char *suffix, const char *output,
                  const char *input, const dc_shape *shape)
{
    int64_t dims[1 + DC_MAX_DIMS] = { 0 }; /* a dim of 0 is the input's: the batch */
    for (uint32_t i = 0; i < shape->n_dims; i++)
        dims[1 + i] = shape->dims[i];
    const char *tensor = onnx_ints(e, node, suffix, dims, 1 + shape->n_dims);
    onnx_begin(e, "Reshape", output);
    onnx_input(e, input);
    onnx_input(e, tensor);
    onnx_end(e);
}

const char *onnx_own(onnx_emitter *e, uint32_t node)
{
    if (e->values[node] != NULL)
        return e->values[node];
    const bool is_input = node == 0;
    e->values[node] = onnx_helper(e, node, is_input ? "own" : "picture");
    onnx_reshape(e, node, is_input ? "own_shape" : "picture_shape", e->values[node],
                 e->others[node], &e->model->nodes[node].shape);
    return e->values[node];
}

const char *onnx_seen(const onnx_emitter *e, uint32_t node, const dc_shape *shape, bool is_any)
{
    const dc_shape other = node == 0 ? e->model->input_end.shape : onnx_written_shape(e, node);
    if (e->others[node] != NULL && dc_shape_equal(&other, shape))
        return e->others[node];
    return is_any && dc_shape_equal(&e->model->nodes[node].shape, shape) ? e->values[node] : NULL;
}
