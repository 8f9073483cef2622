/* SPDX-License-Identifier: MIT
 *
 * ONNX graphs that are made here: the bytes of the input choose the ops, their operands and
 * numbers. Most ops are of constants, which the importer folds: dims of 0, steps back, ends at the
 * last whole number there is. What holds of all that is imported is in fuzz_imported.c.
 */
#include "fuzz_imported.h"

#define MAX_TENSORS 40u
#define MAX_NODES 24u

/* Field numbers of onnx.proto. */
enum { MODEL_IR = 1, MODEL_GRAPH = 7, MODEL_OPSET = 8, OPSET_VERSION = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_TENSOR = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_OP = 4, NODE_ATTR = 5 };
enum { ATTR_NAME = 1, ATTR_F = 2, ATTR_I = 3, ATTR_S = 4, ATTR_T = 5, ATTR_FLOATS = 7,
       ATTR_INTS = 8, ATTR_TYPE = 20 };
enum { TENSOR_DIMS = 1, TENSOR_TYPE = 2, TENSOR_INTS = 7, TENSOR_NAME = 8, TENSOR_RAW = 9 };
enum { TYPE_FLOAT = 1, TYPE_INT64 = 7 };

/* An op, what its inputs are and its attributes.
 * Inputs: c a constant that is there, v a value, e either, i a new row of whole numbers, x that or
 * a constant, w new weights, s a new whole number, o: from here on inputs may be missing, * the one
 * before up to three times more.
 * Attributes, each there or not: i a number, b 0 or 1, l a row, p an order, f a float, t a type,
 * T a tensor, m a word. */
typedef struct op {
    const char *name, *inputs, *attrs;
} op;
#define POOL                                                                 \
    "kernel_shape:l strides:l pads:l dilations:l auto_pad:m ceil_mode:b " \
    "count_include_pad:b"
static const op ops[] = {
    { "Shape", "e", "start:i end:i" },
    { "Size", "e", "" },
    { "Slice", "eoiiii", "starts:l ends:l axes:l" },
    { "Slice", "ciioii", "" },
    { "Concat", "c*", "axis:i" },
    { "Concat", "e*", "axis:i" },
    { "Gather", "cx", "axis:i" },
    { "Gather", "es", "axis:i" },
    { "Reshape", "cx", "allowzero:b" },
    { "Reshape", "ex", "allowzero:b" },
    { "Unsqueeze", "eoi", "axes:l" },
    { "Squeeze", "eoi", "axes:l" },
    { "Cast", "c", "to:t" },
    { "Cast", "e", "to:t" },
    { "ConstantOfShape", "x", "value:T" },
    { "Constant", "", "value:T" },
    { "Constant", "", "value_ints:l" },
    { "Constant", "", "value_int:i" },
    { "Constant", "", "value_float:f" },
    { "Transpose", "e", "perm:p" },
    { "Expand", "cx", "" },
    { "Range", "sss", "" },
    { "Range", "ccc", "" },
    { "Where", "ccc", "" },
    { "Equal", "cc", "" },
    { "Add", "cx", "" },
    { "Add", "ee", "" },
    { "Sub", "cx", "" },
    { "Sub", "ew", "" },
    { "Mul", "cx", "" },
    { "Mul", "ew", "" },
    { "Div", "cx", "" },
    { "Div", "ew", "" },
    { "Min", "c*", "" },
    { "Max", "c*", "" },
    { "Max", "ew", "" },
    { "Min", "vw", "" },
    { "Sum", "c*", "" },
    { "Mean", "e*", "" },
    { "Neg", "c", "" },
    { "Floor", "c", "" },
    { "Ceil", "c", "" },
    { "Sqrt", "c", "" },
    { "Pow", "cx", "" },
    { "Identity", "e", "" },
    { "Flatten", "e", "axis:i" },
    { "ReduceProd", "coi", "axes:l keepdims:b noop_with_empty_axes:b" },
    { "MatMul", "cc", "" },
    { "MatMul", "vw", "" },
    { "Gemm", "ccoc", "alpha:f beta:f transA:b transB:b" },
    { "Gemm", "vwow", "alpha:f beta:f transA:b transB:b" },
    { "Dropout", "eow", "ratio:f seed:i" },
    { "Relu", "v", "" },
    { "Conv", "vwow", "kernel_shape:l strides:l pads:l dilations:l auto_pad:m group:i" },
    { "MaxPool", "v", POOL " storage_order:b" },
    { "AveragePool", "v", POOL },
    { "GlobalAveragePool", "v", "" },
    { "GlobalMaxPool", "v", "" },
    { "BatchNormalization", "vwwww", "epsilon:f momentum:f spatial:b training_mode:b" },
    { "Pad", "voiwi", "mode:m pads:l value:f" },
    { "Softmax", "v", "axis:i" },
    { "LogSoftmax", "v", "axis:i" },
    { "ReduceMean", "voi", "axes:l keepdims:b noop_with_empty_axes:b" },
    { "Split", "voi", "axis:i split:l num_outputs:i" },
    { "PRelu", "vw", "" },
    { "Clip", "voww", "min:f max:f" },
    { "LRN", "v", "alpha:f beta:f bias:f size:i" },
    { "DepthToSpace", "v", "blocksize:i mode:m" },
    { "SpaceToDepth", "v", "blocksize:i" },
    { "HardSigmoid", "v", "alpha:f beta:f" },
    { "Gelu", "v", "approximate:m" },
    { "LeakyRelu", "v", "alpha:f" },
    { "Elu", "v", "alpha:f" },
    { "Selu", "v", "alpha:f gamma:f" },
    { "Erf", "v", "" },
    { "Pow", "vw", "" },
    { "Neg", "v", "" },
    { "Celu", "v", "alpha:f" },
    { "Sigmoid", "v", "" },
    { "HardSwish", "v", "" },
};

typedef struct graph {
    const uint8_t *at, *end; /* what chooses */
    dc_writer out;
    uint32_t n_tensors;
    bool is_constant[MAX_TENSORS]; /* tensor i is called t<i>; t0 is the input */
} graph;

static uint8_t take(graph *g)
{
    return g->at < g->end ? *g->at++ : 0;
}

/* ---- protobuf ---- */

static void put_int(dc_writer *w, uint32_t field, int64_t value)
{
    dc_put_varint(w, field << 3);
    dc_put_varint(w, (uint64_t)value);
}

static void put_bytes(dc_writer *w, uint32_t field, const void *data, uint64_t n)
{
    dc_put_varint(w, field << 3 | 2);
    dc_put_varint(w, n);
    dc_put_bytes(w, data, n);
}

static void put_text(dc_writer *w, uint32_t field, const char *text)
{
    put_bytes(w, field, text, strlen(text));
}

static void put_message(dc_writer *w, uint32_t field, dc_writer *inner)
{
    put_bytes(w, field, inner->data, inner->size);
    dc_writer_clear(inner);
}

static void put_float(dc_writer *w, uint32_t field, float value)
{
    dc_put_varint(w, field << 3 | 5);
    dc_put_f32(w, value);
}

static void put_name(dc_writer *w, uint32_t field, uint32_t tensor)
{
    char name[16];
    snprintf(name, sizeof name, "t%u", (unsigned)tensor);
    put_text(w, field, name);
}

/* ---- numbers ---- */

/* Small ones mostly, and those at which sums and products go wrong. */
static int64_t number(graph *g)
{
    static const int64_t far[] = { INT64_MAX,         INT64_MIN,         INT64_MAX - 1,
                                   INT64_MIN + 1,     INT64_C(1) << 62,  -(INT64_C(1) << 62),
                                   INT64_C(1) << 32,  INT64_C(1) << 31,  -(INT64_C(1) << 31),
                                   INT64_C(1) << 40,  -(INT64_C(1) << 40), UINT32_MAX,
                                   INT64_C(3) << 61,  1000,              65536, -1000 };
    const uint8_t byte = take(g);
    return byte < 16 ? far[byte] : (int64_t)(byte % 9) - 3;
}

static float real(graph *g)
{
    static const float some[] = { 0, 1, -1, 0.5f, 1e-5f, 2, 3, -7 };
    return some[take(g) % DC_COUNT_OF(some)];
}

/* TENSOR_DIMS, small; gives the number of elements. */
static uint64_t put_dims(dc_writer *w, graph *g, uint32_t n_dims)
{
    static const uint8_t sizes[] = { 1, 2, 3, 4, 1, 2, 0, 9 };
    uint64_t n = 1;
    for (uint32_t i = 0; i < n_dims; i++) {
        const uint8_t dim = sizes[take(g) % 8];
        put_int(w, TENSOR_DIMS, dim);
        n *= dim;
    }
    return n;
}

static void put_numbers(dc_writer *w, graph *g, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        put_int(w, TENSOR_INTS, number(g));
}

/* ---- tensors ---- */

static uint32_t new_tensor(graph *g, bool is_constant)
{
    g->is_constant[g->n_tensors] = is_constant;
    return g->n_tensors++;
}

/* Without a name. */
static void put_weights(dc_writer *w, graph *g)
{
    dc_writer raw;
    const uint64_t n = put_dims(w, g, take(g) % 5);
    dc_writer_init(&raw, 1u << 20);
    for (uint64_t i = 0; i < n; i++)
        dc_put_f32(&raw, (float)(int)(i % 5) - real(g));
    put_int(w, TENSOR_TYPE, TYPE_FLOAT);
    put_message(w, TENSOR_RAW, &raw);
}

static void put_whole(dc_writer *w, graph *g, bool is_one)
{
    const uint64_t n = is_one ? 1 : take(g) % 5;
    if (!is_one)
        put_int(w, TENSOR_DIMS, (int64_t)n);
    put_int(w, TENSOR_TYPE, TYPE_INT64);
    put_numbers(w, g, n);
}

static uint32_t add_tensor(graph *g, char kind)
{
    dc_writer tensor;
    dc_writer_init(&tensor, 1u << 20);
    if (kind == 'w')
        put_weights(&tensor, g);
    else
        put_whole(&tensor, g, kind == 's');
    put_name(&tensor, TENSOR_NAME, g->n_tensors);
    put_message(&g->out, GRAPH_TENSOR, &tensor);
    return new_tensor(g, true);
}

/* One that is there, the last ones more often. */
static uint32_t pick(graph *g, char kind)
{
    const uint8_t byte = take(g);
    const bool wants_constant = kind == 'c';
    uint32_t at = g->n_tensors - 1 - (byte < 128 ? byte % 2 : byte % g->n_tensors) % g->n_tensors;
    for (uint32_t i = 0; i < g->n_tensors && kind != 'e'; i++) {
        if (g->is_constant[at] == wants_constant)
            break;
        at = at > 0 ? at - 1 : g->n_tensors - 1;
    }
    return at;
}

static uint32_t operand(graph *g, char kind)
{
    const bool is_new = strchr("iws", kind) != NULL || (kind == 'x' && take(g) % 4 != 0);
    if (is_new && g->n_tensors < MAX_TENSORS - 5)
        return add_tensor(g, kind == 'x' ? 'i' : kind);
    return pick(g, kind == 'v' || kind == 'e' ? kind : 'c');
}

/* ---- nodes ---- */

/* Gives whether the result is a constant. */
static bool put_inputs(dc_writer *node, graph *g, const char *kinds)
{
    bool is_constant = true, may_end = false;
    char last = 'c';
    for (const char *k = kinds; *k != '\0'; k++) {
        uint32_t n = 1;
        if (*k == 'o') {
            may_end = true;
            continue;
        }
        if (may_end && take(g) % 4 == 0)
            break;
        if (*k == '*')
            n = take(g) % 4;
        last = *k == '*' ? last : *k;
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t tensor = operand(g, last);
            put_name(node, NODE_INPUT, tensor);
            is_constant = is_constant && g->is_constant[tensor];
        }
    }
    return is_constant;
}

static void put_row(dc_writer *attr, graph *g, bool is_order)
{
    const uint32_t n = take(g) % 6;
    for (uint32_t i = 0; i < n; i++)
        put_int(attr, ATTR_INTS, is_order ? (int64_t)((i + take(g)) % n) : number(g));
}

static void put_value(dc_writer *attr, graph *g, char kind)
{
    static const char *const words[] = { "SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET", "DCR",
                                         "CRD", "constant", "reflect", "tanh", "none" };
    static const uint8_t types[] = { 1, 7, 6, 9, 10, 11, 2, 3, 12, 13, 5, 4 };
    dc_writer tensor;
    switch (kind) {
    case 'i': put_int(attr, ATTR_I, number(g)); break;
    case 'b': put_int(attr, ATTR_I, take(g) % 2); break;
    case 't': put_int(attr, ATTR_I, types[take(g) % DC_COUNT_OF(types)]); break;
    case 'f': put_float(attr, ATTR_F, real(g)); break;
    case 'm': put_text(attr, ATTR_S, words[take(g) % DC_COUNT_OF(words)]); break;
    case 'T':
        dc_writer_init(&tensor, 1u << 20);
        if (take(g) % 2 == 0)
            put_weights(&tensor, g);
        else
            put_whole(&tensor, g, false);
        put_message(attr, ATTR_T, &tensor);
        break;
    default: put_row(attr, g, kind == 'p'); break;
    }
}

/* "axis:i keepdims:b" */
static void put_attrs(dc_writer *node, graph *g, const char *attrs)
{
    while (*attrs != '\0') {
        const size_t n = strcspn(attrs, ":");
        if (take(g) % 4 != 0) {
            dc_writer attr;
            dc_writer_init(&attr, 1u << 20);
            put_bytes(&attr, ATTR_NAME, attrs, n);
            put_value(&attr, g, attrs[n + 1]);
            put_message(node, NODE_ATTR, &attr);
        }
        attrs += n + 2;
        attrs += *attrs == ' ';
    }
}

static void add_node(graph *g)
{
    const op *o = &ops[take(g) % DC_COUNT_OF(ops)];
    dc_writer node;
    dc_writer_init(&node, 1u << 20);
    const bool is_constant = put_inputs(&node, g, o->inputs);
    put_attrs(&node, g, o->attrs);
    const uint32_t result = new_tensor(g, is_constant || strcmp(o->name, "Shape") == 0 ||
                                              strcmp(o->name, "Size") == 0);
    put_name(&node, NODE_OUTPUT, result);
    put_text(&node, NODE_OP, o->name);
    put_message(&g->out, GRAPH_NODE, &node);
}

/* A plain node of two inputs, or one when `b` is the number of tensors. */
static uint32_t add_plain(graph *g, const char *name, uint32_t a, uint32_t b, int64_t to)
{
    dc_writer node, attr;
    const bool is_constant = g->is_constant[a];
    dc_writer_init(&node, 1u << 16);
    put_name(&node, NODE_INPUT, a);
    if (b < g->n_tensors)
        put_name(&node, NODE_INPUT, b);
    if (to != 0) {
        dc_writer_init(&attr, 1u << 16);
        put_text(&attr, ATTR_NAME, "to");
        put_int(&attr, ATTR_I, to);
        put_message(&node, NODE_ATTR, &attr);
    }
    put_name(&node, NODE_OUTPUT, g->n_tensors);
    put_text(&node, NODE_OP, name);
    put_message(&g->out, GRAPH_NODE, &node);
    return new_tensor(g, is_constant);
}

/* ---- the graph ---- */

static void put_end(graph *g, uint32_t field, uint32_t tensor, const int64_t *dims, uint32_t n_dims)
{
    dc_writer info, type, tensor_type, shape, dim;
    dc_writer_init(&info, 1u << 16);
    dc_writer_init(&type, 1u << 16);
    dc_writer_init(&tensor_type, 1u << 16);
    dc_writer_init(&shape, 1u << 16);
    put_name(&info, 1, tensor);
    put_int(&tensor_type, 1, TYPE_FLOAT);
    for (uint32_t i = 0; i < n_dims; i++) {
        dc_writer_init(&dim, 1u << 16);
        if (dims[i] == 0)
            put_text(&dim, 2, "N");
        else
            put_int(&dim, 1, dims[i]);
        put_message(&shape, 1, &dim);
    }
    if (n_dims > 0)
        put_message(&tensor_type, 2, &shape);
    dc_writer_clear(&shape);
    put_message(&type, 1, &tensor_type);
    put_message(&info, 2, &type);
    put_message(&g->out, field, &info);
}

static void make_graph(graph *g)
{
    static const struct { uint32_t n; int64_t dims[4]; } inputs[] = {
        { 2, { 1, 1 } },       { 2, { 0, 3 } },       { 2, { 1, 6 } },       { 4, { 1, 2, 3, 3 } },
        { 4, { 0, 1, 4, 4 } }, { 3, { 1, 2, 3 } },    { 4, { 1, 4, 2, 2 } }, { 4, { 1, 3, 5, 1 } },
    };
    const uint8_t how = take(g);
    const uint32_t n_nodes = 1 + take(g) % MAX_NODES;
    (void)new_tensor(g, false);
    (void)add_tensor(g, how & 8 ? 'w' : 'i');
    put_text(&g->out, GRAPH_NAME, "made");
    for (uint32_t i = 0; i < n_nodes && g->n_tensors < MAX_TENSORS - 9 && g->at < g->end; i++)
        add_node(g);
    uint32_t result = pick(g, 'v');
    if (how & 16) { /* a constant counts, too */
        const uint32_t row = pick(g, 'c');
        result = add_plain(g, "Add", result, add_plain(g, "Cast", row, MAX_TENSORS, TYPE_FLOAT), 0);
    }
    if (how & 32)
        result = add_plain(g, "Relu", result, MAX_TENSORS, 0);
    put_end(g, GRAPH_INPUT, 0, inputs[how & 7].dims, inputs[how & 7].n);
    put_end(g, GRAPH_OUTPUT, result, NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    graph g = { .at = data, .end = data + n };
    dc_writer model, opset;
    char path[256];
    dc_pool_set_jobs(1);
    dc_writer_init(&model, 1u << 24);
    dc_writer_init(&opset, 1u << 16);
    dc_writer_init(&g.out, 1u << 24);
    put_int(&model, MODEL_IR, 8);
    put_int(&opset, OPSET_VERSION, 6 + take(&g) % 16);
    put_message(&model, MODEL_OPSET, &opset);
    make_graph(&g);
    put_message(&model, MODEL_GRAPH, &g.out);
    FUZZ_CHECK(model.status == DC_OK);
    snprintf(path, sizeof path, "%s", fuzz_file("net.onnx", model.data, model.size));
    fuzz_check_import(path, model.size);
    fuzz_import_without_memory(path, data, n);
    dc_writer_clear(&model);
    return 0;
}
