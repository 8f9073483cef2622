/* SPDX-License-Identifier: MIT
 *
 * model: the nouns that all other rooms share. There is no algorithm of the field and no file here.
 *
 * A dc_model is a graph of nodes, the parameters they use, and how an input is prepared. Node 0 is
 * the input; every other node names earlier nodes only, so the array is in topological order and a
 * cycle cannot be written down. The last node is the output (the logits of a classifier). A node's
 * value is one tensor; shapes are kept per sample, without the batch.
 *
 * Values are the truth. A parameter is an array of float32 in row-major order; what a stage did to
 * it is seen in the values themselves:
 *   - a pruned weight is exactly 0.0f, and `is_pruned` says that zeros must stay zero in training;
 *   - a shared layer has few distinct values, and `is_shared` says that training moves them as one.
 * So masks and codes are derived when needed (dc_param_tags) and can never disagree with weights.
 *
 * dc_packed is the neck of the hourglass: one compressed layer as codebook, codes and relative gaps
 * [DC 2, 3; EIE III]. Left of it networks are made small; right of it (file, runtime, simulator)
 * they are used.
 *
 * The room has two more doors: source.h, where samples come from, and train.h, hooks
 * of a training step.
 *
 * Threads. A dc_model may be read by many threads while none changes it; different models have
 * nothing in common.
 *
 * Shape letters: N batch, C in-channels, K out-channels, H W picture, R S kernel. A convolution's
 * weights are (K, C/groups, R, S), a linear layer's (n_rows outputs, n_cols inputs); both are seen
 * as a matrix of K or n_rows rows.
 *
 *     dc_model *m;
 *     DC_TRY(dc_model_from_arch(&m, json, "lenet-5.json"));
 *     const dc_param *w = dc_model_param(m, "conv1.weight");
 */
#ifndef DCOMP_MODEL_H
#define DCOMP_MODEL_H

#include "dcomp/base.h"
#include "dcomp/op_list.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DC_NONE UINT32_MAX

/* ---- shapes ---------------------------------------------------------------------------------- */

#define DC_MAX_DIMS 4
#define DC_MAX_TENSOR_VALUES (UINT64_C(1) << 33) /* of one sample's tensor, or of a parameter */

typedef struct dc_shape {
    uint32_t n_dims;
    uint32_t dims[DC_MAX_DIMS]; /* unused ones are 0 */
} dc_shape;

/* Product of the dims; 0 when a dim is 0, n_dims is 0 or over 4, or the product passes the
 * limit. */
uint64_t dc_shape_count(const dc_shape *shape);
bool dc_shape_equal(const dc_shape *a, const dc_shape *b);
dc_shape dc_shape_of(uint32_t n_dims, uint32_t d0, uint32_t d1, uint32_t d2, uint32_t d3);
/* "20x1x5x5"; from the arena. */
const char *dc_shape_text(const dc_shape *shape, dc_arena *arena);

/* ---- ops: described here, computed in nn ----------------------------------------------------- */

typedef enum dc_op {
#define DC_OP_ENUM(id, number, name) id = number,
    DC_OP_LIST(DC_OP_ENUM)
#undef DC_OP_ENUM
    DC_N_OPS
} dc_op;

/* The names that attributes have in an architecture. Each op defines what its attribute means, its
 * number in the file, its default and its range (dc_attr_rule): two ops may share a name and
 * nothing else. "kernel", "stride" and "dilation" set both _h and _w, "pad" all four sides, "dims"
 * dim_0 and on (those that are not given stay 0, which means absent). */
#define DC_ATTR_LIST(X)                                                                    \
    X(DC_ATTR_N_OUTPUTS, "n_outputs") X(DC_ATTR_KERNEL_H, "kernel_h")                      \
    X(DC_ATTR_KERNEL_W, "kernel_w") X(DC_ATTR_STRIDE_H, "stride_h")                        \
    X(DC_ATTR_STRIDE_W, "stride_w") X(DC_ATTR_PAD_TOP, "pad_top")                          \
    X(DC_ATTR_PAD_LEFT, "pad_left") X(DC_ATTR_PAD_BOTTOM, "pad_bottom")                    \
    X(DC_ATTR_PAD_RIGHT, "pad_right") X(DC_ATTR_DILATION_H, "dilation_h")                  \
    X(DC_ATTR_DILATION_W, "dilation_w") X(DC_ATTR_GROUPS, "groups")                        \
    X(DC_ATTR_BIAS, "bias") X(DC_ATTR_CEIL_MODE, "ceil_mode")                              \
    X(DC_ATTR_COUNT_PAD, "count_pad") X(DC_ATTR_SIZE, "size") X(DC_ATTR_ALPHA, "alpha")    \
    X(DC_ATTR_BETA, "beta") X(DC_ATTR_K, "k") X(DC_ATTR_EPSILON, "epsilon")                \
    X(DC_ATTR_MOMENTUM, "momentum") X(DC_ATTR_RATIO, "ratio") X(DC_ATTR_MIN, "min")        \
    X(DC_ATTR_MAX, "max") X(DC_ATTR_NEGATIVE_SLOPE, "negative_slope")                      \
    X(DC_ATTR_AXIS, "axis") X(DC_ATTR_BEGIN, "begin") X(DC_ATTR_DIM_0, "dim_0")            \
    X(DC_ATTR_DIM_1, "dim_1") X(DC_ATTR_DIM_2, "dim_2") X(DC_ATTR_DIM_3, "dim_3")          \
    X(DC_ATTR_SLOPE, "slope") X(DC_ATTR_BY_TANH, "by_tanh") X(DC_ATTR_GAIN, "gain")        \
    X(DC_ATTR_EXPONENT, "exponent") X(DC_ATTR_THRESHOLD, "threshold")                      \
    X(DC_ATTR_OUTPUT_PAD_H, "output_pad_h") X(DC_ATTR_OUTPUT_PAD_W, "output_pad_w")        \
    X(DC_ATTR_HEIGHT, "height") X(DC_ATTR_WIDTH, "width") X(DC_ATTR_LINEAR, "linear")      \
    X(DC_ATTR_PLACES, "places") X(DC_ATTR_ROUNDING, "rounding")                            \
    X(DC_ATTR_SCALE_H, "scale_h") X(DC_ATTR_SCALE_W, "scale_w")                            \
    X(DC_ATTR_KEEP_DIMS, "keep_dims") X(DC_ATTR_LAST, "last") X(DC_ATTR_STEP, "step")       \
    X(DC_ATTR_REVERSE, "reverse") X(DC_ATTR_PEEPHOLES, "peepholes")                        \
    X(DC_ATTR_FORGET_BIAS, "forget_bias") X(DC_ATTR_GATE_CURVE, "gate_curve")              \
    X(DC_ATTR_CELL_CURVE, "cell_curve") X(DC_ATTR_OUTPUT_CURVE, "output_curve")            \
    X(DC_ATTR_RESET_AFTER, "reset_after") X(DC_ATTR_N_SYMBOLS, "n_symbols")                \
    X(DC_ATTR_CELLS, "cells") X(DC_ATTR_CLIP, "clip") X(DC_ATTR_INPUT_FORGET, "input_forget")

typedef enum dc_attr {
#define DC_ATTR_ENUM(id, name) id,
    DC_ATTR_LIST(DC_ATTR_ENUM)
#undef DC_ATTR_ENUM
    DC_N_ATTRS
} dc_attr;

/* resize's "places" and "rounding" (nn/op_resize.c). */
enum { DC_PLACES_HALF_PIXEL, DC_PLACES_ASYMMETRIC, DC_PLACES_ALIGN_CORNERS, DC_PLACES_PYTORCH };
enum { DC_ROUND_HALF_DOWN, DC_ROUND_HALF_UP, DC_ROUND_DOWN, DC_ROUND_UP };

typedef enum dc_role {
    DC_ROLE_WEIGHT, DC_ROLE_BIAS, DC_ROLE_SCALE, DC_ROLE_SHIFT, DC_ROLE_MEAN, DC_ROLE_VARIANCE,
    DC_ROLE_SLOPE, DC_ROLE_VALUE, DC_ROLE_PEEPHOLE, DC_ROLE_PROJECTION
} dc_role;
bool dc_role_is_weight(dc_role role); /* a matrix, which is pruned, shared and coded */

typedef struct dc_op_kind dc_op_kind;

typedef struct dc_node {
    const char *name;         /* unique in the model                                          */
    dc_op op;
    const dc_op_kind *kind;   /* the record of `op`                                           */
    uint32_t n_inputs;
    const uint32_t *inputs;   /* node indices, all smaller than this node's                   */
    uint32_t *params;         /* (kind->n_params) indices in dc_model.params, in the record's
                                 order; DC_NONE where the node has no such parameter: see
                                 dc_node_param                                                */
    double *attrs;            /* (kind->n_attrs) in the record's order: see dc_node_number    */
    dc_shape shape;           /* of the value, per sample: 1 to 4 dims, a picture (C,H,W), a
                                 vector (C)                                                   */
} dc_node;

typedef struct dc_model dc_model;

/* One attribute of one op. */
typedef struct dc_attr_rule {
    dc_attr attr;
    uint8_t number;                                     /* in the file, below 32               */
    enum { DC_ATTR_REAL, DC_ATTR_WHOLE, DC_ATTR_SWITCH } form; /* a switch is 0 or 1           */
    double value, min, max;                             /* default; range, ends included       */
} dc_attr_rule;

/* Facts about an op that other code asks for. */
enum {
    DC_MATRIX = 1,            /* param 0 is outputs by inputs (or patches), param 1 their bias */
    DC_POOL = 2,              /* one number from each window of a channel; strides like kernel  */
    DC_VIEW = 4,              /* of one input: its values in their order, in prediction         */
    DC_VIEW_OF_ALL = 8,       /* the same when as many values come out as go in, unless "step"
                                 turns them round                                              */
    DC_SELECTS = 16,          /* results are values of the input, or zeros                      */
    DC_ACTIVATION = 32,       /* stands between a network's layers, rarely at its end           */
    DC_KEEPS_POSITIVE = 64,   /* x where x > 0                                                  */
    DC_MIXES_SAMPLES = 128,   /* in training a sample's result depends on the others            */
    DC_PROBABILITIES = 256,   /* results are probabilities                                      */
    DC_SOFTMAX = 512,         /* a distribution along "axis", or its logarithm                  */
    DC_OVER_STEPS = 1024      /* goes through the steps of (T,C), as many as a sample has       */
};

/* All about an op except how its tensors are computed, which is in nn. Code that needs a fact about
 * ops asks the record: no other code lists ops. */
struct dc_op_kind {
    dc_op op;
    const char *name;
    uint32_t min_inputs, max_inputs;
    uint32_t n_params;
    const dc_role *roles;        /* (n_params)                                                 */
    uint32_t n_attrs;
    const dc_attr_rule *attrs;   /* (n_attrs), numbers rising                                  */
    uint32_t traits;
    uint32_t n_gates, n_first_gates; /* of a layer over time: param 0's rows; which come first */
    /* Sets node->shape and the parameters' shapes (no dims: the node has none) from `inputs`.
     * DC_EINPUT when they do not fit. */
    dc_status (*infer)(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs);
    /* How many values it carries from a step to the next, and from a sample of a stream to the one
     * that goes on where it ended; NULL: none. */
    uint32_t (*n_carried)(const dc_model *model, const dc_node *node);
    /* Of a pointwise op: y = curve(x, node->attrs), and dy/dx by x and y. Else NULL. */
    double (*curve)(double x, const double *attrs);
    double (*slope)(double x, double y, const double *attrs);
    /* Of arithmetic on its inputs, left to right: a and b together. Else NULL. */
    double (*combine)(double a, double b);
    /* What becomes of a channel all of whose values are `value`; NaN when that is no constant.
     * NULL: what the curve makes of it, or, without one, channels do not stay apart. */
    double (*constant)(const dc_model *model, const dc_node *node, uint32_t channel, double value);
};

#define DC_MAX_NODE_PARAMS 16 /* of any op */

const dc_op_kind *dc_op_kind_of(uint32_t op);         /* NULL when unknown */
const dc_op_kind *dc_op_kind_named(const char *name); /* NULL when unknown */
const char *dc_attr_name(dc_attr attr);
/* The op's rule for it; NULL when the op has no such attribute. */
const dc_attr_rule *dc_attr_rule_of(const dc_op_kind *kind, dc_attr attr);
/* All attributes by dc_attr, for dc_model_add: the op's defaults, 0 where it has none. */
void dc_attrs_init(double attrs[DC_N_ATTRS], dc_op op);
/* The same of a node: its own where its op has them. */
void dc_attrs_of(double attrs[DC_N_ATTRS], const dc_node *node);
/* A node's attribute, 0 when its op does not have it; the second as a whole number. */
double dc_node_number(const dc_node *node, dc_attr attr);
uint32_t dc_node_whole(const dc_node *node, dc_attr attr);
/* For code that changes a graph: shapes are not inferred again. */
void dc_node_set(dc_node *node, dc_attr attr, double value);
/* Index in dc_model.params of its parameter number `which`; DC_NONE when there is none. */
uint32_t dc_node_param(const dc_node *node, uint32_t which);
const char *dc_role_name(dc_role role); /* "weight", "bias", "scale", ... */
/* "conv1.weight" from "conv1"; from the arena. */
const char *dc_param_name(const char *node_name, dc_role role, dc_arena *arena);

/* ---- the compressed layer -------------------------------------------------------------------- */

/* Weights in stream order (row-major, or column-major when is_column_major). Sparse: entry e stands
 * gaps[e] + 1 positions after entry e - 1 (the first after position -1); when a gap does not fit in
 * gap_bits, filler entries with gap 2^gap_bits - 1 and code 0 are put. Dense: one code a position,
 * no gaps. Invariants, checked by dc_packed_check: codebook[0] is 0.0f in a sparse layer and is
 * used by fillers only; no code is outside the codebook; the last position is inside the matrix;
 * the codebook is finite. */
typedef struct dc_packed {
    uint32_t n_rows, n_cols;
    bool is_column_major, is_dense;
    uint8_t gap_bits;      /* 2..8; 0 when dense                */
    uint32_t n_codebook;   /* 1..256                            */
    float *codebook;
    uint64_t n_entries;    /* fillers included                  */
    uint64_t n_nonzero;    /* entries that are not fillers (dense: codes whose value is not 0) */
    uint8_t *codes;        /* n_entries                         */
    uint8_t *gaps;         /* n_entries; NULL when dense        */
} dc_packed;

#define DC_MAX_CODEBOOK 256
#define DC_MIN_GAP_BITS 2
#define DC_MAX_GAP_BITS 8

DC_MUST_USE dc_status dc_packed_check(const dc_packed *packed);
/* All n_rows * n_cols weights, row-major. The packed layer must have passed its check. */
void dc_unpack(float *values, const dc_packed *packed);

/* How to lay a layer out. */
typedef struct dc_pack_plan {
    bool is_dense, is_column_major;
    uint8_t gap_bits;
} dc_pack_plan;

/* The distinct values of `values` in ascending order. Returns false when there are more than
 * `max_codebook` (<= 256). -0.0f counts as 0.0f. With `zero_first`, 0.0f is put at index 0 even
 * when absent. */
bool dc_codebook_find(float *codebook, uint32_t *n_codebook, const float *values, uint64_t n_values,
                      uint32_t max_codebook, bool zero_first);
/* Codes of `values` against a codebook that holds each of them (dc_codebook_find's). */
void dc_codes_of(uint8_t *codes, const float *values, uint64_t n_values, const float *codebook,
                 uint32_t n_codebook);
/* Lays `values` (n_rows, n_cols) out; they must have <= 256 distinct values (255 non-zero ones when
 * sparse), else DC_EINPUT. Arrays come from the arena. */
DC_MUST_USE dc_status dc_pack(dc_packed *out, const float *values, uint32_t n_rows, uint32_t n_cols,
                              const dc_pack_plan *plan, dc_arena *arena);

/* Exact gap counts for each gap width from one walk, so that a width can be chosen before packing:
 * counts[b][g] for b = 2..8 (other rows unused), n_fillers[b]. */
typedef struct dc_gap_counts {
    uint64_t counts[DC_MAX_GAP_BITS + 1][DC_MAX_CODEBOOK];
    uint64_t n_fillers[DC_MAX_GAP_BITS + 1];
    uint64_t n_nonzero;
} dc_gap_counts;
void dc_gap_counts_of(dc_gap_counts *out, const float *values, uint32_t n_rows, uint32_t n_cols,
                      bool is_column_major);

/* ---- parameters and models ------------------------------------------------------------------- */

typedef struct dc_param {
    const char *name;         /* "conv1.weight"                                              */
    dc_role role;
    uint32_t node;            /* the node it belongs to                                      */
    dc_shape shape;
    uint64_t n_values;
    float *values;            /* row-major; NULL when the model was read packed              */
    const dc_packed *packed;  /* NULL unless the model was read packed                       */
    bool is_pruned;           /* zeros must stay zero                                        */
    bool is_shared;           /* equal values must stay equal                                */
} dc_param;

/* As a matrix: n_rows = dims[0], n_cols = the rest. */
void dc_param_matrix(const dc_param *param, uint32_t *n_rows, uint32_t *n_cols);
uint64_t dc_param_n_nonzero(const dc_param *param);

/* Whether it has at most 256 distinct values, frozen zeros counted as one. */
bool dc_param_can_share(const dc_param *param);
/* What every stage relies on in dense values, beyond their shape: they are finite, a
 * variance is not negative, and a shared parameter can be shared. DC_EINPUT names the parameter. */
DC_MUST_USE dc_status dc_param_check(const dc_param *param);

/* A grid: integers, called levels, times one step. A step is m 2^e with an integer m of at most 8
 * bits, so it is a bfloat16, and no level is over DC_MAX_LEVEL in size: so every value is exact in
 * float32, and a grid is told from the values alone. */
#define DC_MAX_LEVEL 32767
/* The coarsest step of which all values are whole multiples; false when there is none: all of them
 * are 0, or levels or m would be too large. */
bool dc_grid_find(float *step, const float *values, uint64_t n);
/* The step nearest to `wanted`, above 0: with 8 bits any m 2^e up to 2^100 (two bytes in the file),
 * with 4 bits (8 + k) 2^(e - 28), k 0..7, e 0..31 (one byte). */
float dc_grid_step(double wanted, unsigned n_bits);
/* Of values on the grid. */
void dc_grid_levels(int16_t *levels, const float *values, uint64_t n, float step);

/* The trellis: values on a grid, in their order, whose levels a machine of eight states gives twice
 * the step: in an even state level q is worth 2 q steps, in an odd state one step less in size (2 q
 * - sign q). The first state is 0, and the level's lowest bit chooses the next one. */
#define DC_TRELLIS_STATES 8u
extern const uint8_t dc_trellis_next[DC_TRELLIS_STATES][2]; /* by state and lowest bit */
/* What a level is worth, in steps. */
static inline int32_t dc_trellis_worth(uint32_t state, int32_t level)
{
    return 2 * level - (int32_t)(state & 1) * ((level > 0) - (level < 0));
}
/* The levels of values on the grid; false when they do not follow the machine. */
bool dc_trellis_levels(int16_t *levels, const float *values, uint64_t n, float step);
void dc_trellis_values(float *values, const int16_t *levels, uint64_t n, float step);

/* How a parameter lies in pictures: row-major (n_rows, n_inputs, height, width). A convolution's
 * weights (K, C/groups, R, S) as they are. Of a linear layer's (N, cols): from its input back along
 * nodes of one input and `cols` values, the first value of three dims is (C, H, W), and the weights
 * are (N, C, H, W); without one, (N, cols, 1, 1), as other matrices. Vectors of n values are
 * (1, n, 1, 1). */
typedef struct dc_geometry {
    uint32_t n_rows, n_inputs, height, width;
} dc_geometry;
dc_geometry dc_param_geometry(const dc_model *model, const dc_param *param);

/* For training: tags[i] = 0 where value i is frozen at zero, else 1 + the index of its distinct
 * value in theta (shared), else 1 (pruned only). n_theta is 0 unless shared. theta has room for
 * 256. */
DC_MUST_USE dc_status dc_param_tags(uint16_t *tags, float *theta, uint32_t *n_theta,
                                    const dc_param *param);

typedef enum dc_resize { DC_RESIZE_NONE, DC_RESIZE_WARP, DC_RESIZE_SHORT_SIDE } dc_resize;
typedef enum dc_filter { DC_FILTER_TRIANGLE, DC_FILTER_BILINEAR } dc_filter;
typedef enum dc_channels { DC_CHANNELS_RGB, DC_CHANNELS_BGR, DC_CHANNELS_GREY } dc_channels;

/* Log-mel features of sounds [docs/data.md]; a window of 0: the input is no sound. */
#define DC_SOUND_MAX_US 10000000u
#define DC_SOUND_MAX_HZ 1000000u
typedef struct dc_sound {
    uint32_t window_us, hop_us;     /* microseconds           */
    uint32_t lowest_hz, highest_hz; /* of the C bands of (T,C) */
} dc_sound;

/* How raw 8-bit pixels become the input: resize, centre crop to shape, reorder channels, then
 * x = (pixel - mean[c]) * scale[c]. Of a sound, the features are in the place of pixels. */
typedef struct dc_input {
    dc_shape shape; /* (C,H,W), (C), or a sequence (T,C) */
    dc_sound sound; /* of (T,C)                          */
    dc_resize resize;
    dc_filter filter;
    uint32_t resize_size; /* pixels, before the crop; 0: shape's own */
    dc_channels channels;
    float mean[4], scale[4];
} dc_input;
uint32_t dc_input_channels(const dc_input *input); /* that may have a mean of their own */

/* An architecture's "input" (docs/architecture-json.md) from JSON, DC_EINPUT names the key; its
 * members into a JSON object, such that reading them gives the same; and a line for people, from
 * the arena: "3x227x227 bgr, warp to 256 by triangle, crop, minus (104, 117, 123)". */
DC_MUST_USE dc_status dc_input_from_json(dc_input *input, const dc_json *json);
void dc_input_to_json(dc_json *object, const dc_input *input);
const char *dc_input_text(const dc_input *input, dc_arena *arena);

/* A stage that the model went through: name, and settings as JSON text. */
typedef struct dc_history {
    const char *stage;
    const char *settings;
} dc_history;

/* The input or the output as the program has it that the network came from, so that an export can
 * replace the original there. */
typedef struct dc_end {
    const char *name; /* NULL: the node's                                              */
    bool has_shape;   /* a sample has other dims there than the node: of as many       */
    dc_shape shape;   /* values; n_dims may be 0, which is one number                  */
} dc_end;

struct dc_model {
    dc_arena arena; /* all of the model, weights included */
    const char *name;
    dc_input input;
    dc_end input_end, output_end;
    uint32_t n_nodes;
    dc_node *nodes;
    uint32_t n_params;
    dc_param *params;
    uint32_t n_class_names; /* 0, or dc_model_takes_names */
    const char **class_names;
    uint32_t n_history;
    dc_history *history;
    uint64_t n_reference_values; /* parameters of the network as it was made: dc_model_add counts
                                    them in, removing dead neurons does not count them out */
    uint64_t n_file_bytes; /* of the model file it was read from, unless with a limit; else 0 */
};

/* Limits that a reader of untrusted files keeps. */
#define DC_MAX_NODES 65536u
#define DC_MAX_NAME_BYTES 255u

/* Owns: dc_model_free (NULL is fine). Starts with node 0, the input, named "input". */
/* DC_ECORRUPT unless the name of class `index` is plain text (dc_text_is_plain). */
DC_MUST_USE dc_status dc_class_name_check(const char *name, uint32_t index);
/* Class names from a text, one a line, as many as dc_model_takes_names; without blanks around them,
 * and blank lines at the end are none. DC_ECORRUPT for a name that is too long or not plain text,
 * DC_EINPUT for another number of them; the model then keeps those it had. */
DC_MUST_USE dc_status dc_class_names_read(dc_model *model, const uint8_t *text, uint64_t n,
                                          const char *subject);
/* From an array of texts. DC_EINPUT: other JSON, a name that no file holds, or not
 * dc_model_takes_names. */
DC_MUST_USE dc_status dc_class_names_from_json(dc_model *model, const dc_json *names);
DC_MUST_USE dc_status dc_model_new(dc_model **out, const char *name, const dc_input *input);
void dc_model_free(dc_model *model);
/* Appends a node: checks arity, attributes and name, infers shapes, makes its parameters (values
 * zeroed when `has_values`, else NULL). `attrs` has DC_N_ATTRS doubles, or is NULL for defaults;
 * those the op lacks are ignored. The arrays of nodes and parameters may move. DC_EINPUT says what
 * is wrong and names the node, and the model is as before. */
DC_MUST_USE dc_status dc_model_add(dc_model *model, const char *name, dc_op op,
                                   const uint32_t *inputs, uint32_t n_inputs, const double *attrs,
                                   bool has_values);
/* Sets the ends of the finished network; what equals the node's own name or shape is not kept.
 * DC_EINPUT for a name that no node could have, or dims of another number of values. */
DC_MUST_USE dc_status dc_model_set_ends(dc_model *model, const dc_end *input,
                                        const dc_end *output);
/* The end's own name, else the node's. */
const char *dc_model_input_name(const dc_model *model);
const char *dc_model_output_name(const dc_model *model);
/* DC_ELIMIT unless the values of a sample, those of all nodes, are usual for a file of so many
 * bytes (0: no file): dc_expansion_is_usual, and 160 MiB more. */
DC_MUST_USE dc_status dc_model_check_values(const dc_model *model, uint64_t n_file_bytes);
/* Deep copy of a dense model; Owns. */
DC_MUST_USE dc_status dc_model_copy(dc_model **out, const dc_model *model);
/* Appends node `index` of `from`, a dense model, with its values and flags, named `name` (NULL: as
 * there): for code that builds a graph anew. Where its inputs are node i there they are node
 * places[i] here, and places[index] becomes its own. As dc_model_add. */
DC_MUST_USE dc_status dc_model_add_copy(dc_model *to, const char *name, const dc_model *from,
                                        uint32_t index, uint32_t *places);
/* What a finished model has besides nodes and parameters: history, class names, ends, counts. For
 * code that builds the graph anew, with the same input and output. */
DC_MUST_USE dc_status dc_model_copy_facts(dc_model *to, const dc_model *from);
/* Copy all values and flags between two models of the same graph. */
void dc_model_assign(dc_model *to, const dc_model *from);
DC_MUST_USE dc_status dc_model_add_history(dc_model *model, const char *stage,
                                           const char *settings);

uint32_t dc_model_n_outputs(const dc_model *model); /* values of the last node */
/* Whether so many class names are as many as outputs, or as those of a step of (T, classes). */
bool dc_model_takes_names(const dc_model *model, uint64_t n_names);
uint32_t dc_model_n_classes(const dc_model *model); /* dc_model_head's: 2 for one sigmoid, else
                                                       as many as outputs */
uint64_t dc_model_n_carried(const dc_model *model); /* kind->n_carried of all nodes */
/* Rows of the table that the input is looked up in: its symbols are called as the classes are. 0:
 * the input is numbers. */
uint32_t dc_model_n_symbols(const dc_model *model);
uint64_t dc_model_n_values(const dc_model *model);  /* all parameters, biases included */
dc_param *dc_model_param(const dc_model *model, const char *name); /* NULL when there is none */
uint32_t dc_model_node(const dc_model *model, const char *name);   /* DC_NONE when there is none */
/* Pairs parameters of a with those of b: by name when all names are the same, else by order when
 * both are one network (the same nodes and sizes, but for removed neurons), else by name where
 * shapes are the same. */
typedef struct dc_param_pairs {
    uint32_t *partners; /* (a->n_params): index in b, or DC_NONE */
    bool is_by_order, is_one_network;
} dc_param_pairs;
DC_MUST_USE dc_status dc_params_pair(dc_param_pairs *out, const dc_model *a, const dc_model *b,
                                     dc_arena *arena);
/* Names of the nodes that have weights, which layer patterns match; returns how many. */
uint32_t dc_model_layers(const char ***names, const dc_model *model, dc_arena *arena);
/* "name op shape" lines for -v. From the arena. */
const char *dc_model_text(const dc_model *model, dc_arena *arena);

/* An architecture in JSON (docs/architecture-json.md): name, input, layers. Unknown keys, unknown
 * ops, unknown inputs and shapes that do not fit are DC_EINPUT and name the layer. Weights are
 * zero. Owns. */
DC_MUST_USE dc_status dc_model_from_arch(dc_model **out, const dc_json *json, const char *subject);
/* The architecture as JSON text, one layer a line; reading it gives the network without its
 * weights. From the arena. */
DC_MUST_USE dc_status dc_model_to_arch(const char **out, const dc_model *model, dc_arena *arena);

/* ---- what the outputs are ------------------------------------------------------------------- */

typedef enum dc_head_kind {
    DC_HEAD_SCORES,  /* any numbers, the greatest wins: logits before a softmax */
    DC_HEAD_SOFTMAX, /* probabilities that sum to 1                             */
    DC_HEAD_SIGMOID  /* probabilities, each for itself                          */
} dc_head_kind;

/* The end of a classifier, as a loss and a judge see it. Views behind the softmax or sigmoid
 * (flatten, reshape, a transpose that moves dims of 1 only, a pool of one place, ...) and dropout
 * change nothing. One sigmoid output decides between class 0 and class 1. */
typedef struct dc_head {
    dc_head_kind kind;
    uint32_t node;      /* the softmax, the sigmoid, or the op that makes the scores      */
    uint32_t logits;    /* whose value the loss is taken from: in front of such a node or
                           a log_softmax, else the last node                              */
    uint32_t n_steps;   /* 1, or the first dim of `node`: each step is an answer of its
                           own, and has its own label                                     */
    uint32_t n_outputs; /* values of a step of `node`, of `logits` and of the last node   */
    uint32_t n_classes; /* that labels may be of                                          */
} dc_head;
dc_head dc_model_head(const dc_model *model); /* of one step */
/* DC_EUNSUPPORTED, by name, when no loss of labelled samples makes sense: one output that is no
 * sigmoid, a softmax over a part of the outputs. Warns, once in a process, when the scores come
 * from an activation (relu, tanh, ...). */
DC_MUST_USE dc_status dc_head_check(const dc_head *head, const dc_model *model);
/* The end of a model whose samples have `n_steps` labels, checked. DC_EINPUT unless its outputs are
 * (n_steps, classes), when that is more than one. */
DC_MUST_USE dc_status dc_model_head_of(dc_head *out, const dc_model *model, uint32_t n_steps);
/* A score for each class from the outputs y of a step: y itself, or `pair`, filled, where one
 * output stands for two classes. */
const float *dc_head_scores(const dc_head *head, const float *y, float pair[2]);
/* The loss that training reduces, from the outputs y of a step: cross-entropy, of sigmoids the sum
 * of the binary ones. It is finite also where float32 rounded an output to 0 or 1. */
double dc_head_loss(const dc_head *head, const float *y, uint32_t label);
/* The greatest of n scores, and the sum of exp(score - greatest): a softmax is exp(y - top) / sum,
 * its cross-entropy log(sum) - (y - top). */
double dc_softmax_sum(float *top, const float *y, uint32_t n);

/* ---- how good an answer is ------------------------------------------------------------------- */

/* The one rule of accuracy: how many classes stand before `label` by the outputs y (n_classes). 0
 * is right, less than 5 is right within the first five. A class with an equal output stands before
 * it, so that a tie counts against the model; where an output is not finite nothing is right:
 * DC_NONE. */
uint32_t dc_class_rank(const float *y, uint32_t n_classes, uint32_t label);
/* The `n_best` (at most n_classes) classes of the largest outputs, largest first; equal ones in
 * order of class, but `label` (-1: none) behind its equals: it stands where dc_class_rank says.
 * False, and nothing is written, where an output is not finite. */
bool dc_classes_best(uint32_t *best, uint32_t n_best, const float *y, uint32_t n_classes,
                     int32_t label);

/* DC_EINPUT for a label that is none of the classes. */
DC_MUST_USE dc_status dc_label_check(int32_t label, uint32_t n_classes);

/* How good a model is: mean loss and share of errors [0..1], on samples the callee knows. */
typedef struct dc_score {
    uint64_t n_samples;
    double loss, top1_error, top5_error;
    uint64_t n_labels; /* that were judged: of steps, several a sample */
} dc_score;

/* The judgement of one answer (a sample's, or a step's): the label's rank and the loss. Verdicts
 * are added up in the order of samples; dc_tally_score makes a score from a tally of one or
 * more. */
typedef struct dc_verdict {
    uint32_t rank;
    double loss;
} dc_verdict;
typedef struct dc_tally {
    uint64_t n, n_top1, n_top5; /* right at first rank, within the first five */
    double loss;                /* the sum */
} dc_tally;
/* Judges a sample's outputs y, as the model gives them: a softmax or sigmoid may make equal
 * what was different before it. The label is checked. */
DC_MUST_USE dc_status dc_judge(dc_verdict *out, const dc_head *head, const float *y, int32_t label);
void dc_tally_add(dc_tally *tally, dc_verdict verdict);
dc_score dc_tally_score(const dc_tally *tally);
typedef dc_status dc_score_fn(void *payload, dc_score *out, const dc_model *model);

#ifdef __cplusplus
}
#endif
#endif
