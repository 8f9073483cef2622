/* SPDX-License-Identifier: MIT
 *
 * Our nodes over one dim of several as ONNX: the product of a matrix for each vector (Gemm knows
 * one a sample only), softmaxes; and GELU, which our opset has not, in the five ops that PyTorch
 * writes, but by tanh as itself.
 */
#include "onnx_emission.h"

#include <math.h>

static void of_two(const emission *m, const char *op, const char *out, const char *a, const char *b)
{
    onnx_begin(m->e, op, out);
    onnx_input(m->e, a);
    onnx_input(m->e, b);
    onnx_end(m->e);
}

/* ---- linear layers of several vectors ---- */

/* The input with its dims from the axis on as one: a dim of 0 is the input's, the batch. */
static const char *flat_from(const emission *m, uint32_t axis)
{
    const dc_shape *in = input_shape(m, 0);
    int64_t dims[1 + DC_MAX_DIMS] = { 0 };
    if (in->n_dims == axis + 1)
        return m->in;
    dims[1 + axis] = 1;
    for (uint32_t i = 0; i < in->n_dims; i++) {
        const uint32_t to = 1 + DC_MIN(i, axis);
        dims[to] = i < axis ? in->dims[i] : dims[to] * in->dims[i];
    }
    const char *flat = helper(m, "flat");
    of_two(m, "Reshape", flat, m->in, onnx_ints(m->e, m->index, "dims", dims, 2 + axis));
    return flat;
}

/* x W^T + b */
void onnx_emit_vectors(const emission *m)
{
    static const int64_t order[] = { 1, 0 };
    const bool has_bias = dc_node_param(m->node, 1) != DC_NONE;
    const char *flat = flat_from(m, (uint32_t)whole(m, DC_ATTR_AXIS));
    const char *turned = helper(m, "turned"), *product = has_bias ? helper(m, "product") : m->out;
    onnx_begin(m->e, "Transpose", turned);
    param_input(m, 0);
    onnx_attr_ints(m->e, "perm", order, 2);
    onnx_end(m->e);
    of_two(m, "MatMul", product, flat, turned);
    if (!has_bias)
        return;
    onnx_begin(m->e, "Add", m->out);
    onnx_input(m->e, product);
    param_input(m, 1);
    onnx_end(m->e);
}

/* ---- softmaxes ---- */

static void over_axis(const emission *m, const char *op)
{
    onnx_begin(m->e, op, m->out);
    onnx_input(m->e, m->in);
    onnx_attr_int(m->e, "axis", whole(m, DC_ATTR_AXIS) + 1);
    onnx_end(m->e);
}

void onnx_emit_softmax(const emission *m)
{
    over_axis(m, "Softmax");
}

void onnx_emit_log_softmax(const emission *m)
{
    over_axis(m, "LogSoftmax");
}

/* ---- gelu ---- */

/* Younger than the others' opset. */
static void gelu_by_tanh(const emission *m)
{
    onnx_need_opset(m->e, 20);
    onnx_begin(m->e, "Gelu", m->out);
    onnx_input(m->e, m->in);
    onnx_attr_text(m->e, "approximate", "tanh");
    onnx_end(m->e);
}

/* x (1 + erf(x / sqrt 2)) / 2 */
static void gelu_by_erf(const emission *m)
{
    const char *root = onnx_number(m->e, m->index, "root", sqrt(2));
    const char *one = onnx_number(m->e, m->index, "one", 1);
    const char *half = onnx_number(m->e, m->index, "half", 0.5);
    const char *scaled = helper(m, "scaled"), *erf_of = helper(m, "erf");
    const char *gate = helper(m, "gate"), *twice = helper(m, "twice");
    of_two(m, "Div", scaled, m->in, root);
    onnx_simple(m->e, "Erf", erf_of, scaled);
    of_two(m, "Add", gate, erf_of, one);
    of_two(m, "Mul", twice, m->in, gate);
    of_two(m, "Mul", m->out, twice, half);
}

void onnx_emit_gelu(const emission *m)
{
    if (whole(m, DC_ATTR_BY_TANH) != 0)
        gelu_by_tanh(m);
    else
        gelu_by_erf(m);
}
