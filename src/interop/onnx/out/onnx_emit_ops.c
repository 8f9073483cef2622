/* SPDX-License-Identifier: MIT
 *
 * What our node becomes in ONNX: one row an op that is no twin of ONNX's (onnx_twins.c). Our shapes
 * are those of one sample, so an axis of ours is one more there. Where the two differ:
 *   - a pool that rounds up: ONNX did not use to drop a last window without pixels, and counts what
 *     an average sees beyond the trailing pad. So it is written as one that rounds down, with a
 *     trailing pad that leads to the same number of windows; an average that counts pads gets
 *     its own ones by a Pad before it.
 *   - a constant has a batch of 1. It is widened where ONNX does not do so by itself.
 *   - HardSwish is younger than our opset, and SiLU is no op: both are written in two.
 * Vectors, softmaxes and GELU are in onnx_emit_vectors.c.
 */
#include "onnx_forms.h"

/* ---- one to one ---- */

static void emit_flatten(const emission *m)
{
    onnx_simple(m->e, "Flatten", m->out, m->in); /* axis 1 is its default */
}

static void hard_sigmoid(const emission *m, const char *output, double slope)
{
    onnx_begin(m->e, "HardSigmoid", output);
    onnx_input(m->e, m->in);
    onnx_attr_float(m->e, "alpha", slope);
    onnx_attr_float(m->e, "beta", 0.5);
    onnx_end(m->e);
}

/* ---- in two ---- */

static void multiply(const emission *m, const char *a, const char *b)
{
    onnx_begin(m->e, "Mul", m->out);
    onnx_input(m->e, a);
    onnx_input(m->e, b);
    onnx_end(m->e);
}

static void emit_hard_swish(const emission *m)
{
    const char *gate = helper(m, "gate");
    hard_sigmoid(m, gate, 1.0 / 6);
    multiply(m, m->in, gate);
}

static void emit_silu(const emission *m)
{
    const char *gate = helper(m, "gate");
    onnx_simple(m->e, "Sigmoid", gate, m->in);
    multiply(m, m->in, gate);
}

static void emit_global_average_pool(const emission *m)
{
    const char *mean = helper(m, "mean");
    onnx_simple(m->e, "GlobalAveragePool", mean, m->in);
    onnx_simple(m->e, "Flatten", m->out, mean);
}

static void emit_linear(const emission *m)
{
    const char *flat = m->in;
    if (whole(m, DC_ATTR_AXIS) > 0) {
        if (!onnx_is_within(m->e->model, m->index))
            onnx_emit_vectors(m);
        return;
    }
    if (input_shape(m, 0)->n_dims > 1) {
        flat = helper(m, "flat");
        onnx_simple(m->e, "Flatten", flat, m->in);
    }
    onnx_begin(m->e, "Gemm", m->out);
    onnx_input(m->e, flat);
    param_input(m, 0);
    param_input(m, 1);
    onnx_attr_int(m->e, "transB", 1);
    onnx_end(m->e);
}

/* ---- windows ---- */

static void window_attrs(const emission *m, const int64_t pads[4])
{
    const int64_t kernel[] = { whole(m, DC_ATTR_KERNEL_H), whole(m, DC_ATTR_KERNEL_W) };
    const int64_t stride[] = { whole(m, DC_ATTR_STRIDE_H), whole(m, DC_ATTR_STRIDE_W) };
    const int64_t all[] = { pads[0], pads[m->n_sides == 1 ? 2 : 1], pads[2], pads[3] };
    onnx_attr_ints(m->e, "kernel_shape", kernel, m->n_sides);
    onnx_attr_ints(m->e, "strides", stride, m->n_sides);
    onnx_attr_ints(m->e, "pads", all, 2 * m->n_sides);
}

static void get_pads(int64_t pads[4], const emission *m)
{
    for (uint32_t i = 0; i < 4; i++)
        pads[i] = whole(m, (dc_attr)(DC_ATTR_PAD_TOP + i));
}

static void convolve(const emission *m, const char *op, const int64_t output_pads[2])
{
    int64_t pads[4];
    const int64_t dilation[] = { whole(m, DC_ATTR_DILATION_H), whole(m, DC_ATTR_DILATION_W) };
    get_pads(pads, m);
    onnx_begin(m->e, op, m->out);
    onnx_input(m->e, m->in);
    param_input(m, 0);
    param_input(m, 1);
    window_attrs(m, pads);
    onnx_attr_ints(m->e, "dilations", dilation, m->n_sides);
    onnx_attr_int(m->e, "group", whole(m, DC_ATTR_GROUPS));
    if (output_pads[0] > 0 || output_pads[1] > 0)
        onnx_attr_ints(m->e, "output_padding", output_pads, m->n_sides);
    onnx_end(m->e);
}

static void emit_conv(const emission *m)
{
    static const int64_t none[2] = { 0, 0 };
    convolve(m, "Conv", none);
}

static void emit_conv_transpose(const emission *m)
{
    const int64_t pads[] = { whole(m, DC_ATTR_OUTPUT_PAD_H), whole(m, DC_ATTR_OUTPUT_PAD_W) };
    convolve(m, "ConvTranspose", pads);
}

/* The trailing pads with which as many windows fit when the number is rounded down. Returns whether
 * a window reaches beyond its pad. */
static bool round_up(int64_t pads[4], const emission *m)
{
    bool reaches_beyond = false;
    get_pads(pads, m);
    for (uint32_t axis = 0; axis < 2 && whole(m, DC_ATTR_CEIL_MODE) != 0; axis++) {
        const int64_t kernel = whole(m, (dc_attr)(DC_ATTR_KERNEL_H + axis));
        const int64_t stride = whole(m, (dc_attr)(DC_ATTR_STRIDE_H + axis));
        const int64_t n_pixels = input_shape(m, 0)->dims[1 + axis];
        const int64_t n_windows = m->node->shape.dims[1 + axis];
        const int64_t pad = (n_windows - 1) * stride + kernel - n_pixels - pads[axis];
        reaches_beyond = reaches_beyond || pad > pads[2 + axis];
        pads[2 + axis] = DC_MAX(pad, 0);
    }
    return reaches_beyond;
}

static void emit_max_pool(const emission *m)
{
    int64_t pads[4];
    round_up(pads, m);
    onnx_begin(m->e, "MaxPool", m->out);
    onnx_input(m->e, m->in);
    window_attrs(m, pads);
    onnx_end(m->e);
}

/* Zeros around the picture; `pads` are top, left, bottom, right. */
static void pad_picture(const emission *m, const char *output, const int64_t pads[4])
{
    const int64_t sides[] = { 0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3] };
    const int64_t side[] = { 0, 0, pads[0], 0, 0, pads[2] };
    const bool is_one = m->n_sides == 1;
    const char *tensor = onnx_ints(m->e, m->index, "pads", is_one ? side : sides, is_one ? 6 : 8);
    onnx_begin(m->e, "Pad", output);
    onnx_input(m->e, m->in);
    onnx_input(m->e, tensor);
    onnx_end(m->e);
}

static void emit_average_pool(const emission *m)
{
    int64_t pads[4], own[4];
    const bool reaches_beyond = round_up(pads, m);
    bool counts_pad = whole(m, DC_ATTR_COUNT_PAD) != 0;
    const char *in = m->in;
    get_pads(own, m);
    if (counts_pad && reaches_beyond) {
        in = helper(m, "padded");
        pad_picture(m, in, own);
        counts_pad = false;
        for (uint32_t i = 0; i < 4; i++)
            pads[i] = DC_MAX(pads[i] - own[i], 0);
    } else if (counts_pad) {
        get_pads(pads, m);
    }
    onnx_begin(m->e, "AveragePool", m->out);
    onnx_input(m->e, in);
    window_attrs(m, pads);
    onnx_attr_int(m->e, "count_include_pad", counts_pad);
    onnx_end(m->e);
}

static void emit_pad(const emission *m)
{
    int64_t pads[4];
    get_pads(pads, m);
    pad_picture(m, m->out, pads);
}

/* ---- several inputs ---- */

/* The value [N], from the shape of the input. */
static const char *batch_shape(onnx_emitter *e)
{
    static const int64_t first[] = { 0 }, end[] = { 1 };
    if (e->batch_shape != NULL)
        return e->batch_shape;
    const char *shape = onnx_helper(e, 0, "shape"), *batch = onnx_helper(e, 0, "batch");
    onnx_simple(e, "Shape", shape, e->values[0] != NULL ? e->values[0] : e->input);
    const char *starts = onnx_ints(e, 0, "starts", first, 1);
    const char *ends = onnx_ints(e, 0, "ends", end, 1);
    onnx_begin(e, "Slice", batch);
    onnx_input(e, shape);
    onnx_input(e, starts);
    onnx_input(e, ends);
    onnx_end(e);
    e->batch_shape = batch;
    return batch;
}

/* A value of batch 1 as often as there are samples: Expand to [N, 1, ...]. */
static void widen(onnx_emitter *e, uint32_t index, const char *output, const char *input)
{
    static const int64_t ones[DC_MAX_DIMS] = { 1, 1, 1, 1 };
    const char *batch = batch_shape(e);
    const char *rest = onnx_ints(e, index, "ones", ones, e->model->nodes[index].shape.n_dims);
    const char *shape = onnx_helper(e, index, "wide_shape");
    onnx_begin(e, "Concat", shape);
    onnx_input(e, batch);
    onnx_input(e, rest);
    onnx_attr_int(e, "axis", 0);
    onnx_end(e);
    onnx_begin(e, "Expand", output);
    onnx_input(e, input);
    onnx_input(e, shape);
    onnx_end(e);
}

void onnx_give_batch(onnx_emitter *e, uint32_t index)
{
    if (e->has_batch[index])
        return;
    const char *wide = onnx_helper(e, index, "wide");
    widen(e, index, wide, e->values[index]);
    e->values[index] = wide;
    e->has_batch[index] = true;
}

static void emit_concat(const emission *m)
{
    bool has_batch = false;
    for (uint32_t i = 0; i < m->node->n_inputs; i++)
        has_batch = has_batch || m->e->has_batch[m->node->inputs[i]];
    for (uint32_t i = 0; has_batch && i < m->node->n_inputs; i++)
        onnx_give_batch(m->e, m->node->inputs[i]);
    onnx_begin(m->e, "Concat", m->out);
    for (uint32_t i = 0; i < m->node->n_inputs; i++)
        onnx_input(m->e, onnx_operand(m, i));
    onnx_attr_int(m->e, "axis", 1);
    onnx_end(m->e);
}

/* ---- shapes ---- */

/* An end before the first place is counted from the last one: -1 would be that itself. */
static void emit_slice(const emission *m)
{
    if (onnx_emit_of_cells(m))
        return;
    const int64_t axis = whole(m, DC_ATTR_AXIS) + 1, begin = whole(m, DC_ATTR_BEGIN);
    const int64_t step = whole(m, DC_ATTR_STEP);
    const int64_t behind = begin + (whole(m, DC_ATTR_SIZE) - 1) * step + (step > 0 ? 1 : -1);
    const int64_t end = behind < 0 ? behind - input_shape(m, 0)->dims[axis - 1] : behind;
    const char *starts = onnx_ints(m->e, m->index, "starts", &begin, 1);
    const char *ends = onnx_ints(m->e, m->index, "ends", &end, 1);
    const char *axes = onnx_ints(m->e, m->index, "axes", &axis, 1);
    const char *steps = step != 1 ? onnx_ints(m->e, m->index, "steps", &step, 1) : NULL;
    onnx_begin(m->e, "Slice", m->out);
    onnx_input(m->e, m->in);
    onnx_input(m->e, starts);
    onnx_input(m->e, ends);
    onnx_input(m->e, axes);
    if (steps != NULL)
        onnx_input(m->e, steps);
    onnx_end(m->e);
}

static void emit_reshape(const emission *m)
{
    const dc_shape shape = onnx_written_shape(m->e, m->index);
    onnx_reshape(m->e, m->index, "shape", m->out, m->in, &shape);
}

/* Our dims count from 1 without the batch, theirs from 0 with it. */
static void emit_transpose(const emission *m)
{
    int64_t order[1 + DC_MAX_DIMS] = { 0 };
    for (uint32_t i = 0; i < m->node->shape.n_dims; i++)
        order[1 + i] = whole(m, (dc_attr)(DC_ATTR_DIM_0 + i));
    onnx_begin(m->e, "Transpose", m->out);
    onnx_input(m->e, m->in);
    onnx_attr_ints(m->e, "perm", order, 1 + m->node->shape.n_dims);
    onnx_end(m->e);
}

static void emit_constant(const emission *m)
{
    const dc_param *param = &m->e->model->params[dc_node_param(m->node, 0)];
    onnx_simple(m->e, "Identity", m->out, onnx_param_name(m->e, param));
}

/* ---- the table ---- */

#define OF_DIMS ONNX_OF_DIMS
#define OF_VALUES ONNX_OF_VALUES
#define OF_EACH ONNX_OF_EACH
#define OF_WINDOWS ONNX_OF_WINDOWS

static const struct row {
    onnx_emit *write; /* NULL: of a twin, or none */
    onnx_dims_use use;
} rows[DC_N_OPS] = {
    [DC_OP_CONV] = { emit_conv, OF_WINDOWS },
    [DC_OP_LINEAR] = { emit_linear, OF_DIMS },
    [DC_OP_MAX_POOL] = { emit_max_pool, OF_WINDOWS },
    [DC_OP_AVERAGE_POOL] = { emit_average_pool, OF_WINDOWS },
    [DC_OP_BATCH_NORM] = { onnx_emit_batch_norm, OF_EACH },
    [DC_OP_CONCAT] = { emit_concat, OF_EACH },
    [DC_OP_FLATTEN] = { emit_flatten, OF_VALUES },
    [DC_OP_SOFTMAX] = { onnx_emit_softmax, OF_DIMS },
    [DC_OP_GLOBAL_AVERAGE_POOL] = { emit_global_average_pool, OF_VALUES },
    [DC_OP_HARD_SWISH] = { emit_hard_swish, OF_EACH },
    [DC_OP_SILU] = { emit_silu, OF_EACH },
    [DC_OP_SLICE] = { emit_slice, OF_DIMS },
    [DC_OP_RESHAPE] = { emit_reshape, OF_VALUES },
    [DC_OP_TRANSPOSE] = { emit_transpose, OF_DIMS },
    [DC_OP_PAD] = { emit_pad, OF_DIMS },
    [DC_OP_CONSTANT] = { emit_constant, OF_DIMS },
    [DC_OP_LOG_SOFTMAX] = { onnx_emit_log_softmax, OF_DIMS },
    [DC_OP_GELU] = { onnx_emit_gelu, OF_EACH },
    [DC_OP_LAYER_NORM] = { onnx_emit_layer_norm, OF_DIMS },
    [DC_OP_GROUP_NORM] = { onnx_emit_group_norm, OF_EACH },
    [DC_OP_RMS_NORM] = { onnx_emit_rms_norm, OF_DIMS },
    [DC_OP_CONV_TRANSPOSE] = { emit_conv_transpose, OF_WINDOWS },
    [DC_OP_RESIZE] = { onnx_emit_resize, OF_WINDOWS },
    [DC_OP_LSTM] = { onnx_emit_lstm, OF_DIMS },
    [DC_OP_GRU] = { onnx_emit_gru, OF_DIMS },
    [DC_OP_RNN] = { onnx_emit_rnn, OF_DIMS },
    [DC_OP_EMBEDDING] = { onnx_emit_embedding, OF_DIMS },
    [DC_OP_LAST] = { onnx_emit_last, OF_DIMS },
    [DC_OP_STEP_MEAN] = { onnx_emit_step_mean, OF_DIMS },
    [DC_OP_REDUCE_MAX] = { onnx_emit_reduce_max, OF_DIMS },
    [DC_OP_REDUCE_MIN] = { onnx_emit_reduce_min, OF_DIMS },
    [DC_OP_REDUCE_SUM] = { onnx_emit_reduce_sum, OF_DIMS },
    [DC_OP_REDUCE_MEAN] = { onnx_emit_reduce_mean, OF_DIMS },
    [DC_OP_REDUCE_PROD] = { onnx_emit_reduce_prod, OF_DIMS },
    [DC_OP_ARG_MAX] = { onnx_emit_arg_max, OF_DIMS },
    [DC_OP_ARG_MIN] = { onnx_emit_arg_min, OF_DIMS },
};

/* Of ONNX's own ops LRN alone is of pictures; Gemm has its input flattened. */
onnx_dims_use onnx_uses_dims(const dc_node *node)
{
    if (node->op == DC_OP_LINEAR && dc_node_whole(node, DC_ATTR_AXIS) == 0)
        return OF_VALUES;
    if (rows[node->op].write != NULL)
        return rows[node->op].use;
    return onnx_twin_of(node->op) != NULL && node->op != DC_OP_LRN ? OF_EACH : OF_DIMS;
}

const char *onnx_operand(const emission *m, uint32_t i)
{
    const uint32_t input = m->node->inputs[i];
    const bool takes_all = onnx_uses_dims(m->node) == OF_VALUES;
    if (m->n_sides == 1 && !takes_all)
        return m->e->others[input];
    if (takes_all && m->e->values[input] == NULL && input > 0)
        return m->e->others[input];
    return onnx_own(m->e, input);
}

/* A reshape of what the file has in these dims already is that. */
static bool is_there(emission *m)
{
    onnx_emitter *e = m->e;
    const dc_shape shape = onnx_written_shape(e, m->index);
    if (m->node->op != DC_OP_RESHAPE || m->index + 1 == e->model->n_nodes)
        return false;
    const char *same = onnx_seen(e, m->node->inputs[0], &shape, e->is_sequence[m->index]);
    if (same == NULL)
        return false;
    e->values[m->index] = e->is_sequence[m->index] ? NULL : same;
    e->others[m->index] = e->is_sequence[m->index] ? same : NULL;
    return true;
}

/* One node; the last one's result in the dims and for the batch that the file's output has. */
static void emit(emission *m)
{
    onnx_emitter *e = m->e;
    const bool is_output = m->index + 1 == e->model->n_nodes;
    const bool is_narrow = is_output && !e->has_batch[m->index];
    const dc_end *end = &e->model->output_end;
    const dc_shape shape = onnx_written_shape(e, m->index);
    const dc_shape *wanted = end->has_shape ? &end->shape : &m->node->shape;
    const bool is_turned = is_output && !dc_shape_equal(wanted, &shape);
    const char *wide = is_turned ? helper(m, "own") : e->values[m->index];
    for (uint32_t i = 0; i < m->node->n_inputs; i++)
        (void)onnx_operand(m, i);
    if (m->node->n_inputs > 0)
        m->in = onnx_operand(m, 0);
    m->out = is_narrow ? helper(m, "narrow") : wide;
    e->result = m->out;
    e->result_name = m->node->name;
    if (rows[m->node->op].write != NULL)
        rows[m->node->op].write(m);
    else
        onnx_emit_twin(m, onnx_twin_of(m->node->op));
    e->result = NULL;
    if (is_narrow)
        widen(e, m->index, wide, m->out);
    if (is_turned)
        onnx_reshape(e, m->index, "end_shape", e->output, wide, wanted);
    if (e->is_sequence[m->index]) {
        e->others[m->index] = m->out;
        e->values[m->index] = NULL;
    }
}

dc_status onnx_emit_node(onnx_emitter *e, uint32_t index)
{
    const dc_node *node = &e->model->nodes[index];
    emission m = { e, index, node, "", "", e->is_sequence[index] ? 1 : 2 };
    const bool has_row = rows[node->op].write != NULL || onnx_twin_of(node->op) != NULL;
    const char *why = has_row ? onnx_no_form(e->model, index, e->arena) : "it has no such op";
    if (why != NULL)
        return dc_fail(DC_EUNSUPPORTED, "'%s' (%s) cannot be written as ONNX: %s", node->name,
                       dc_op_kind_of(node->op)->name, why);
    onnx_find_batch(e, index);
    if (!is_there(&m))
        emit(&m);
    return e->arena->status < 0 ? e->arena->status : e->graph.status;
}
