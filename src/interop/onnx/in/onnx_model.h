/* SPDX-License-Identifier: MIT
 *
 * The messages of an ONNX file as structs: what the graph's nodes, inputs and outputs are called
 * and how they hang together. Attributes and tensors stay where they are, as readers over their
 * bytes, and are parsed on demand (onnx_attr.h, onnx_tensor.h).
 */
#ifndef DCOMP_INTEROP_ONNX_MODEL_H
#define DCOMP_INTEROP_ONNX_MODEL_H

#include "dcomp/file.h"

#include "onnx_names.h"
#include "onnx_wire.h"

#define ONNX_MAX_DIMS 8u     /* of any tensor, batch included                     */
#define ONNX_MAX_NODES 262144u /* constants and computations of shapes included   */
#define ONNX_MAX_TEXT 65535u /* bytes of a name                                   */

typedef struct onnx_attr {
    const char *name;
    dc_reader message; /* AttributeProto */
} onnx_attr;

typedef struct onnx_node {
    const char *name, *op, *domain; /* "" when not given */
    uint32_t n_inputs, n_outputs, n_attrs;
    const uint32_t *inputs, *outputs; /* names' numbers; 0: left out */
    const onnx_attr *attrs;
} onnx_node;

/* A named tensor of the graph: weights, mostly. */
typedef struct onnx_initializer {
    uint32_t name;
    dc_reader message; /* TensorProto */
} onnx_initializer;

typedef struct onnx_input {
    uint32_t name;
    int64_t type; /* of the elements; 0 when not given */
    bool has_shape;
    uint32_t n_dims;
    uint64_t dims[ONNX_MAX_DIMS]; /* 0: free ("batch", "N", -1) */
} onnx_input;

typedef struct onnx_graph {
    const char *name;
    uint32_t n_nodes, n_initializers, n_inputs, n_outputs;
    onnx_node *nodes;
    onnx_initializer *initializers;
    onnx_input *inputs;
    uint32_t *outputs; /* names' numbers */
} onnx_graph;

typedef struct onnx_model {
    int64_t opset; /* of the standard ops; 0 when not given */
    onnx_graph graph;
    onnx_names names;
    dc_reader input, marks, classes; /* the metadata's words on the input, on what is pruned and
                                        shared and on names, as JSON; empty when it has none */
} onnx_model;

/* Everything but attributes and tensors. DC_ECORRUPT with message and offset. All memory is the
 * arena's; readers borrow `file`. */
DC_MUST_USE dc_status onnx_model_read(onnx_model *out, dc_file_view *file, dc_arena *arena);
/* Whether these first bytes of a file may be an ONNX model's. */
bool onnx_model_is_likely(const uint8_t *head, uint64_t n);

/* A text field's number; DC_ECORRUPT (in `r`) when it is no UTF-8 or longer than ONNX_MAX_TEXT. */
uint32_t onnx_text(const onnx_field *field, dc_reader *r, onnx_names *names);

#endif
