/* SPDX-License-Identifier: MIT
 *
 * Inside interop: our nodes as ONNX ones. The values of our nodes keep their names; the input and
 * the output are called as in the program that the model came from. What else has a name
 * (parameters, values between two ONNX nodes, nodes called as one of the ends) gets one of its own.
 */
#ifndef DCOMP_INTEROP_ONNX_EMIT_H
#define DCOMP_INTEROP_ONNX_EMIT_H

#include "onnx/onnx_fields.h"
#include "onnx_put.h"

#define ONNX_OPSET 13                /* that is written, unless an op is younger */
#define ONNX_MAX_BYTES INT32_MAX /* protobuf's own limit */

typedef struct onnx_emitter {
    const dc_model *model;
    dc_arena *arena;
    const char *input, *output;        /* what the ends are called                           */
    const char **names;                /* of the ends and the nodes between them, sorted     */
    const char **values;               /* by node: the ONNX value that is its result; NULL:
                                          not yet in the node's dims, see onnx_forms.h       */
    const char **others;               /* by node: its result in other dims; NULL: none      */
    bool *is_sequence;                 /* by node: a picture (C,L,1) that is written (N,C,L) */
    bool *has_batch;                   /* by node; what is made of constants alone has dim 1 */
    dc_writer graph;                   /* the fields of GraphProto, parameters left out      */
    dc_writer node, attribute, tensor; /* the message that is being put together */
    int64_t opset;                     /* ONNX_OPSET, or the first that has all ops          */
    const char *batch_shape;           /* the value [N], once something needs it           */
    const char *result;                /* of the node that is being put; NULL: a helper's    */
    const char *result_name;           /* and what the ONNX node that gives it is called     */
} onnx_emitter;

DC_MUST_USE dc_status onnx_emitter_init(onnx_emitter *e, const dc_model *model, dc_arena *arena);
void onnx_emitter_clear(onnx_emitter *e);

/* "conv1/flat": a value between the ONNX nodes of one of ours. */
const char *onnx_helper(onnx_emitter *e, uint32_t node, const char *suffix);
/* The name of a parameter's tensor: its own, unless a node is called so. */
const char *onnx_param_name(onnx_emitter *e, const dc_param *param);

/* That the file has an op of this opset. */
void onnx_need_opset(onnx_emitter *e, int64_t since);
/* An ONNX node: begin, inputs, attributes, end. */
void onnx_begin(onnx_emitter *e, const char *op, const char *output);
void onnx_input(onnx_emitter *e, const char *value);
void onnx_attr_int(onnx_emitter *e, const char *name, int64_t value);
void onnx_attr_ints(onnx_emitter *e, const char *name, const int64_t *values, uint32_t n);
void onnx_attr_text(onnx_emitter *e, const char *name, const char *text);
void onnx_attr_texts(onnx_emitter *e, const char *name, const char *const *texts, uint32_t n);
void onnx_attr_floats(onnx_emitter *e, const char *name, const double *values, uint32_t n);
void onnx_attr_float(onnx_emitter *e, const char *name, double value);
void onnx_end(onnx_emitter *e);
/* One with one input and no attributes. */
void onnx_simple(onnx_emitter *e, const char *op, const char *output, const char *input);
/* Small tensors: vectors of int64 and float, a single float. They return the tensor's name. */
const char *onnx_ints(onnx_emitter *e, uint32_t node, const char *suffix, const int64_t *values,
                      uint32_t n);
const char *onnx_numbers(onnx_emitter *e, uint32_t node, const char *suffix, const double *values,
                         uint32_t n);
const char *onnx_number(onnx_emitter *e, uint32_t node, const char *suffix, double value);

/* onnx_emit_ops.c: all that our node `index`, over 0, becomes. */
DC_MUST_USE dc_status onnx_emit_node(onnx_emitter *e, uint32_t index);

#endif
