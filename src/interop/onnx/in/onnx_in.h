/* SPDX-License-Identifier: MIT
 *
 * An ONNX import under way.
 *
 * The nodes that matter for the output are gone through in topological order. What depends on no
 * input is a constant, an onnx_array; all else is computed by a node of the plan, a dc_model
 * without values that checks and infers shapes as it grows. In the end the plan's nodes that the
 * output needs are made again, with their weights copied straight from the file (onnx_build.c).
 *
 * ONNX has the batch as a dim of every value, dcomp has none. So a value is a node of the plan and
 * the dims that ONNX gives it: the batch, then the others, which are the node's values in
 * row-major order but need not be the node's own shape. Reshape, Flatten, Squeeze cost nothing; the
 * op that cares for another shape than the node has asks for it (onnx_shaped).
 *
 * Nearly all graphs have the batch as the first dim. Layers over time have the steps before it, and
 * a Transpose moves it there and back. Since no node has a batch, that is nothing but the value's
 * `batch_at`: readers see the batch as the first dim all the same, and an axis that the file says
 * is turned to the dim that they see (onnx_axis). Those that rearrange dims see the file's order
 * (onnx_file_dims); those that can do nothing with it are in a list (onnx_op_wants_batch_first).
 *
 * A graph whose batch is fixed at 1 (is_single) may take that dim away, bring it back and move it:
 * all elements are one sample's, whatever the dims. A value whose first dim is 1 has its batch
 * there, any other has none (n_batch), and axes always count in the dims that ONNX has.
 */
#ifndef DCOMP_INTEROP_ONNX_IN_H
#define DCOMP_INTEROP_ONNX_IN_H

#include "onnx_attr.h"

typedef struct onnx_value {
    uint32_t producer;       /* index of the node; DC_NONE: no node                    */
    uint32_t initializer;    /* index; DC_NONE: none                                   */
    bool is_input;
    bool is_zeros;           /* an input that the settings have zeros for             */
    bool is_lengths;         /* the lengths of samples, for layers over time alone    */
    bool is_nhwc;            /* a picture in Keras' order, as the input                */
    uint32_t n_uses;         /* by nodes that matter, and as the output                */
    onnx_type whole;         /* the type of its elements if it is of whole numbers     */
    const onnx_array *array; /* a constant's elements, once known; or                  */
    uint32_t node;           /* the plan's node, once known, else DC_NONE, with        */
    uint32_t n_dims;         /* ... its dims in ONNX,                                  */
    uint32_t n_batch;        /* ... of which the first is the batch; 0: it has none;   */
    uint32_t batch_at;       /* ... in the file it is this one                         */
    uint64_t dims[ONNX_MAX_DIMS];
} onnx_value;

/* What a parameter of the plan's node is filled with. */
typedef struct onnx_param {
    onnx_array array;
    double scale;
} onnx_param;
typedef struct onnx_part {
    uint32_t maker; /* the ONNX node that was being read */
    const onnx_param *params[DC_MAX_NODE_PARAMS]; /* NULL: none */
} onnx_part;

typedef struct onnx_in {
    dc_arena arena;
    onnx_files files;
    onnx_model model;
    onnx_names taken;       /* names of the plan's nodes              */
    onnx_value *values;     /* by the number of their names           */
    const dc_import_settings *settings;
    uint32_t input, output; /* the ends' names */
    uint32_t n_order;
    uint32_t *order;        /* nodes that matter, each after its inputs */
    uint64_t batch;         /* what the graph has for it; 1 when free */
    bool is_single;         /* the graph says that it is 1            */
    uint32_t input_batch_at; /* which dim of the graph's input it is  */
    bool is_nhwc;           /* the input is (N,H,W,C), but the plan's node 0 (C,H,W) */
    dc_model *plan;
    uint32_t n_parts;       /* capacity */
    onnx_part *parts;       /* by the plan's nodes */
    uint32_t n_node;        /* being read: its number, */
    const onnx_node *node;  /* and itself,             */
    onnx_type whole;        /* and what its values are, if they are of whole numbers; else 0; */
    uint32_t n_over_steps;  /* layers over time that have been read, and whether these have   */
    bool has_lengths;       /* ... the lengths of samples                                     */
    uint32_t batch_at;      /* where the batch is in its inputs, and will be in its outputs   */
} onnx_in;

/* ---- the graph as a whole: onnx_ends.c, onnx_order.c, onnx_build.c ---- */

/* in->output: the first one, or the one that the settings name; DC_EINPUT when there is none. */
DC_MUST_USE dc_status onnx_choose_output(onnx_in *in);
/* onnx_steps.c: whether the graph has layers over time; whether the input goes to one with its
 * steps before the batch; which values are nothing but the lengths of samples. */
bool onnx_has_steps(const onnx_in *in);
DC_MUST_USE dc_status onnx_find_steps(bool *come_first, onnx_in *in, const onnx_input *input);
void onnx_find_lengths(onnx_in *in);
/* Who makes which value, which nodes matter for the output, and their order. DC_ECORRUPT for a
 * value that nobody or more than one makes, and for a cycle. */
DC_MUST_USE dc_status onnx_order(onnx_in *in);
/* The plan with its node 0, and the input's value. DC_EUNSUPPORTED when the dims are not fixed,
 * DC_EINPUT when the settings say other ones. */
DC_MUST_USE dc_status onnx_read_input(onnx_in *in);
/* The plan's node of the output, after all nodes have been read. */
DC_MUST_USE dc_status onnx_read_output(uint32_t *node, onnx_in *in);
/* The ends' names and dims, for a model that is built. */
DC_MUST_USE dc_status onnx_set_ends(dc_model *model, const onnx_in *in);
/* The plan and its parameters as a model. Owns. */
DC_MUST_USE dc_status onnx_build(dc_model **out, onnx_in *in, uint32_t output, const char *name);

/* ---- for ops: what the node being read has ---- */

/* "op 'Conv' of node '/conv1': " and the cause; DC_EINPUT becomes DC_ECORRUPT. */
dc_status onnx_fail(const onnx_in *in, dc_status code, const char *format, ...) DC_PRINTF(3, 4);
/* That the node does something with the batch, and, if that is free, what may help. */
dc_status onnx_fail_batch(const onnx_in *in, const char *what);
/* That the node is in training mode, which is not supported. */
dc_status onnx_fail_training(const onnx_in *in);

/* Input `i`, NULL when it was left out. */
onnx_value *onnx_input_of(const onnx_in *in, uint32_t i);
/* Input `i`, which must be computed from the graph's input, or must be a constant: else
 * DC_EUNSUPPORTED, and DC_ECORRUPT when it is missing. */
DC_MUST_USE dc_status onnx_need_value(onnx_value **out, const onnx_in *in, uint32_t i);
/* Input `i`, computed from the graph's input, with the batch as its first dim: else
 * DC_EUNSUPPORTED. */
DC_MUST_USE dc_status onnx_need_batch(onnx_value **out, const onnx_in *in, uint32_t i);
DC_MUST_USE dc_status onnx_need_array(const onnx_array **out, const onnx_in *in, uint32_t i);
/* An optional input that must be a constant; NULL when left out. */
DC_MUST_USE dc_status onnx_optional_array(const onnx_array **out, const onnx_in *in, uint32_t i);
/* A list of whole numbers, from input `i` or, when the node has none, from attribute `name` (NULL:
 * only the input). n = 0 and *is_there = false when it has neither. */
DC_MUST_USE dc_status onnx_need_ints(onnx_ints *out, bool *is_there, const onnx_in *in, uint32_t i,
                                     const char *name);
/* Attributes of the node, failures with its name. */
DC_MUST_USE dc_status onnx_node_int(int64_t *out, const onnx_in *in, const char *name,
                                   int64_t otherwise);
DC_MUST_USE dc_status onnx_node_float(double *out, const onnx_in *in, const char *name,
                                     double otherwise);
/* A single number: input `i` if it is there, else the float attribute `name` (NULL: only the
 * input), else `otherwise`; it may be infinite or NaN. */
DC_MUST_USE dc_status onnx_node_number(double *out, const onnx_in *in, uint32_t i, const char *name,
                                      double otherwise);
/* `axis`, which may count from the end (-1: the last), as 0 .. n_dims - 1, with the batch first. */
DC_MUST_USE dc_status onnx_axis(uint32_t *out, const onnx_in *in, int64_t axis, uint32_t n_dims);

/* ---- for ops: what they make ---- */

/* Whether a node can be called so. */
bool onnx_is_name(const char *text);
/* The double meant by a float32 of the file: the attribute's default when it rounds to it, else the
 * shortest decimal that does. */
double onnx_meant(dc_op op, dc_attr attr, double value);
/* A node of the plan, called `name` (a weight's, without ".weight"; NULL: none in mind) if that is
 * free, else as the ONNX node or its output is called. `attrs` may be NULL. */
DC_MUST_USE dc_status onnx_plan(uint32_t *out, onnx_in *in, dc_op op, const uint32_t *inputs,
                                uint32_t n_inputs, const double *attrs, const char *name);
/* The same for a node that no ONNX node asked for: called by op and number. */
DC_MUST_USE dc_status onnx_plan_helper(uint32_t *out, onnx_in *in, dc_op op, const uint32_t *inputs,
                                       uint32_t n_inputs, const double *attrs);
/* What the layer of this weight is called in the network it came from: "features.0" of
 * "features.0.weight"; else, of a node "/features/features.0/Conv", as PyTorch names them, the
 * same. From the arena; NULL when neither name is of this kind. */
const char *onnx_layer_name(onnx_in *in, const onnx_array *weight);
/* Parameter `slot` of a node is `array` times `scale`; the dims must be the parameter's. */
DC_MUST_USE dc_status onnx_set_param(onnx_in *in, uint32_t node, uint32_t slot,
                                     const onnx_array *array, double scale);
/* The same for a parameter that the node will have: the caller has seen to the dims. */
DC_MUST_USE dc_status onnx_force_param(onnx_in *in, uint32_t node, uint32_t slot,
                                       const onnx_array *array, double scale);
/* The array as a `constant` node of these dims (those of a sample). */
DC_MUST_USE dc_status onnx_plan_constant(uint32_t *out, onnx_in *in, const onnx_array *array,
                                         const dc_shape *shape);

/* The same, repeated to n_dims dims in which its own are the last: those before are 1. */
DC_MUST_USE dc_status onnx_plan_array(uint32_t *out, onnx_in *in, const onnx_array *array,
                                      uint32_t n_dims);
/* A helper node: `op` of node `from` and one number. */
DC_MUST_USE dc_status onnx_plan_with(uint32_t *out, onnx_in *in, dc_op op, uint32_t from,
                                     double number);

/* The value as an op along `axis` sees it, itself or a copy: to that op a batch of 1 is a dim as
 * any other. */
onnx_value *onnx_along(onnx_value *copy, const onnx_in *in, onnx_value *value, uint32_t axis);
/* A node with the value's elements in this shape. */
DC_MUST_USE dc_status onnx_shaped(uint32_t *out, onnx_in *in, onnx_value *value,
                                  const dc_shape *shape);
/* The shape that ONNX gives a sample of it. DC_EUNSUPPORTED for more than four dims. */
DC_MUST_USE dc_status onnx_own_shape(dc_shape *out, const onnx_in *in, const onnx_value *value);
/* The sample's dims as (C,H,W), with H or W 1 or a product where there are fewer or more; (C) for
 * one. */
DC_MUST_USE dc_status onnx_picture_shape(dc_shape *out, const onnx_in *in,
                                         const onnx_value *value);

/* The value's dims in the order of the file. */
typedef struct onnx_dims {
    uint32_t n;
    uint64_t dims[ONNX_MAX_DIMS];
} onnx_dims;
onnx_dims onnx_file_dims(const onnx_value *value);
/* That outputs have the batch where the inputs have it, without those of these dims (bits, the
 * batch first) that come before it. */
void onnx_drop_dims(onnx_in *in, uint32_t gone);

/* Output `i` of the node being read: the node's elements in these dims, of which the first is the
 * batch (in the file at in->batch_at), unless the graph's is a single one and has been taken
 * away. */
DC_MUST_USE dc_status onnx_set_value(onnx_in *in, uint32_t i, uint32_t node, uint32_t n_dims,
                                     const uint64_t *dims);
/* The same with dims in the order of the file, the batch at `batch_at`. */
DC_MUST_USE dc_status onnx_set_file_value(onnx_in *in, uint32_t i, uint32_t node,
                                          const onnx_dims *dims, uint32_t batch_at);
/* With the node's own shape behind the batch. */
DC_MUST_USE dc_status onnx_set_node(onnx_in *in, uint32_t i, uint32_t node);
DC_MUST_USE dc_status onnx_set_array(onnx_in *in, uint32_t i, const onnx_array *array);

#endif
