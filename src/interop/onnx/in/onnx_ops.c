/* SPDX-License-Identifier: MIT
 *
 * The table of ONNX ops, in alphabetical order, but for those that are read by their row in
 * onnx_twins.c alone.
 */
#include "onnx_ops.h"

#include <string.h>

#define MANY UINT32_MAX
#define RESIZE                                                                                 \
    "mode coordinate_transformation_mode nearest_mode cubic_coeff_a exclude_outside "          \
    "extrapolation_value antialias axes keep_aspect_ratio_policy"
#define REDUCE "axes keepdims noop_with_empty_axes"
#define RECURRENT                                                                              \
    "activation_alpha activation_beta activations clip direction hidden_size layout"
#define WINDOW "auto_pad kernel_shape pads strides dilations"

/* Ops that move elements or pick some: what they give does not depend on the elements' type. */
static const char *const exact_ops[] = {
    "Cast",     "Concat",  "DepthToSpace", "Flatten",   "Gather",    "Identity",
    "MaxPool",  "Pad",     "Relu",         "Reshape",   "Shape",     "Size",
    "Slice",    "SpaceToDepth", "Split",   "Squeeze",   "Transpose", "Unsqueeze",
};

static const char *const batch_first_ops[] = {
    "AveragePool",      "BatchNormalization", "Conv",               "ConvTranspose",
    "DepthToSpace",     "Gemm",               "GlobalAveragePool",  "GlobalMaxPool",
    "GroupNormalization", "InstanceNormalization", "LRN",           "MaxPool",
    "PRelu",            "Pad",                "Resize",             "SpaceToDepth",
    "Upsample",
};

static const onnx_op ops[] = {
    { "Add", "", 2, 2, onnx_fold_add, onnx_read_add },
    { "And", "", 2, 2, onnx_fold_and, NULL },
    { "ArgMax", "axis keepdims select_last_index", 1, 1, NULL, onnx_read_arg },
    { "ArgMin", "axis keepdims select_last_index", 1, 1, NULL, onnx_read_arg },
    { "AveragePool", WINDOW " ceil_mode count_include_pad", 1, 1, NULL, onnx_read_average_pool },
    { "BatchNormalization", "epsilon momentum spatial training_mode", 5, 5, NULL,
      onnx_read_batch_norm },
    { "Cast", "to saturate", 1, 1, onnx_fold_cast, onnx_read_cast },
    { "Ceil", "", 1, 1, onnx_fold_ceil, NULL },
    { "Clip", "min max", 1, 3, NULL, onnx_read_clip },
    { "Concat", "axis", 1, MANY, onnx_fold_concat, onnx_read_concat },
    { "Constant", "value value_float value_floats value_int value_ints", 0, 0, onnx_fold_constant,
      NULL },
    { "ConstantOfShape", "value", 1, 1, onnx_fold_constant_of_shape, NULL },
    { "Conv", WINDOW " group", 2, 3, NULL, onnx_read_conv },
    { "ConvTranspose", WINDOW " group output_padding output_shape", 2, 3, NULL,
      onnx_read_conv_transpose },
    { "DepthToSpace", "blocksize mode", 1, 1, NULL, onnx_read_depth_to_space },
    { "Div", "", 2, 2, onnx_fold_div, onnx_read_twin },
    { "Dropout", "ratio seed", 1, 3, onnx_fold_dropout, onnx_read_dropout },
    { "Equal", "", 2, 2, onnx_fold_equal, NULL },
    { "Expand", "", 2, 2, onnx_fold_expand, NULL },
    { "Flatten", "axis", 1, 1, onnx_fold_flatten, onnx_read_flatten },
    { "Floor", "", 1, 1, onnx_fold_floor, NULL },
    { "GRU", RECURRENT " linear_before_reset", 3, 6, NULL, onnx_read_gru },
    { "Gather", "axis", 2, 2, onnx_fold_gather, onnx_read_gather },
    { "Gelu", "approximate", 1, 1, NULL, onnx_read_gelu },
    { "Gemm", "alpha beta transA transB", 2, 3, onnx_fold_gemm, onnx_read_gemm },
    { "GlobalAveragePool", "", 1, 1, NULL, onnx_read_global_average_pool },
    { "GlobalMaxPool", "", 1, 1, NULL, onnx_read_global_max_pool },
    { "Greater", "", 2, 2, onnx_fold_greater, NULL },
    { "GreaterOrEqual", "", 2, 2, onnx_fold_greater_or_equal, NULL },
    { "GroupNormalization", "epsilon num_groups stash_type", 3, 3, NULL, onnx_read_group_norm },
    { "HardSigmoid", "alpha beta", 1, 1, NULL, onnx_read_hard_sigmoid },
    { "Identity", "", 1, 1, onnx_fold_same, onnx_read_same },
    { "InstanceNormalization", "epsilon", 3, 3, NULL, onnx_read_instance_norm },
    { "LRN", "alpha beta bias size", 1, 1, NULL, onnx_read_lrn },
    { "LSTM", RECURRENT " input_forget", 3, 8, NULL, onnx_read_lstm },
    { "LayerNormalization", "axis epsilon stash_type", 2, 3, NULL, onnx_read_layer_norm },
    { "Less", "", 2, 2, onnx_fold_less, NULL },
    { "LessOrEqual", "", 2, 2, onnx_fold_less_or_equal, NULL },
    { "LogSoftmax", "axis", 1, 1, NULL, onnx_read_log_softmax },
    { "MatMul", "", 2, 2, onnx_fold_matmul, onnx_read_matmul },
    { "Max", "", 1, MANY, onnx_fold_max, onnx_read_max },
    { "MaxPool", WINDOW " ceil_mode storage_order", 1, 1, NULL, onnx_read_max_pool },
    { "Mean", "", 1, MANY, onnx_fold_mean, onnx_read_mean },
    { "Min", "", 1, MANY, onnx_fold_min, onnx_read_min },
    { "Mul", "", 2, 2, onnx_fold_mul, onnx_read_mul },
    { "Neg", "", 1, 1, onnx_fold_neg, onnx_read_neg },
    { "Not", "", 1, 1, onnx_fold_not, NULL },
    { "Or", "", 2, 2, onnx_fold_or, NULL },
    { "PRelu", "", 2, 2, NULL, onnx_read_prelu },
    { "Pad", "mode pads value", 1, 4, NULL, onnx_read_pad },
    { "Pow", "", 2, 2, onnx_fold_pow, onnx_read_pow },
    { "RMSNormalization", "axis epsilon stash_type", 2, 2, NULL, onnx_read_rms_norm },
    { "RNN", RECURRENT, 3, 6, NULL, onnx_read_rnn },
    { "Range", "", 3, 3, onnx_fold_range, NULL },
    { "ReduceL1", REDUCE, 1, 2, NULL, onnx_read_reduce },
    { "ReduceL2", REDUCE, 1, 2, NULL, onnx_read_reduce },
    { "ReduceLogSum", REDUCE, 1, 2, NULL, onnx_read_reduce },
    { "ReduceLogSumExp", REDUCE, 1, 2, NULL, onnx_read_reduce },
    { "ReduceMax", REDUCE, 1, 2, NULL, onnx_read_reduce },
    { "ReduceMean", REDUCE, 1, 2, NULL, onnx_read_reduce_mean },
    { "ReduceMin", REDUCE, 1, 2, NULL, onnx_read_reduce },
    { "ReduceProd", REDUCE, 1, 2, onnx_fold_reduce_prod, onnx_read_reduce },
    { "ReduceSum", REDUCE, 1, 2, NULL, onnx_read_reduce },
    { "ReduceSumSquare", REDUCE, 1, 2, NULL, onnx_read_reduce },
    { "Reshape", "allowzero", 2, 2, onnx_fold_reshape, onnx_read_reshape },
    { "Resize", RESIZE, 1, 4, NULL, onnx_read_resize },
    { "Shape", "start end", 1, 1, onnx_fold_shape, onnx_read_shape },
    { "Size", "", 1, 1, onnx_fold_size, onnx_read_size },
    { "Slice", "starts ends axes", 1, 5, onnx_fold_slice, onnx_read_slice },
    { "Softmax", "axis", 1, 1, NULL, onnx_read_softmax },
    { "SpaceToDepth", "blocksize", 1, 1, NULL, onnx_read_space_to_depth },
    { "Split", "axis split num_outputs", 1, 2, NULL, onnx_read_split },
    { "Squeeze", "axes", 1, 2, onnx_fold_squeeze, onnx_read_squeeze },
    { "Sub", "", 2, 2, onnx_fold_sub, onnx_read_twin },
    { "Sum", "", 1, MANY, onnx_fold_add, onnx_read_add },
    { "Transpose", "perm", 1, 1, onnx_fold_transpose, onnx_read_transpose },
    { "Unsqueeze", "axes", 1, 2, onnx_fold_unsqueeze, onnx_read_unsqueeze },
    { "Upsample", "mode scales", 1, 2, NULL, onnx_read_resize },
    { "Where", "", 3, 3, onnx_fold_where, NULL },
    { "Xor", "", 2, 2, onnx_fold_xor, NULL },
};

static const onnx_op of_twins = { NULL, NULL, 1, 1, onnx_fold_twin, onnx_read_twin };

const onnx_op *onnx_op_named(const char *name)
{
    for (size_t i = 0; i < DC_COUNT_OF(ops); i++)
        if (strcmp(ops[i].name, name) == 0)
            return &ops[i];
    return onnx_twin_named(name) != NULL ? &of_twins : NULL;
}

static bool has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = words; *at != '\0'; at += strcspn(at, " ")) {
        at += *at == ' ';
        if (strncmp(at, word, n) == 0 && (at[n] == ' ' || at[n] == '\0'))
            return true;
    }
    return false;
}

bool onnx_op_has_attr(const onnx_op *op, const onnx_node *node, const char *name)
{
    return op->attrs != NULL ? has_word(op->attrs, name)
                             : onnx_twin_has_attr(onnx_twin_named(node->op), name);
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool onnx_op_is_exact(const char *name)
{
    return is_among(name, exact_ops, DC_COUNT_OF(exact_ops));
}

bool onnx_op_wants_batch_first(const char *name)
{
    return is_among(name, batch_first_ops, DC_COUNT_OF(batch_first_ops));
}
