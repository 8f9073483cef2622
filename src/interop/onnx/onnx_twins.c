/* SPDX-License-Identifier: MIT
 *
 * The table of ops that are the same in ONNX, by our numbers.
 */
#include "onnx_twins.h"

#include <string.h>

static const onnx_twin twins[] = {
    { DC_OP_RELU, "Relu", { { 0 } }, 0 },
    { DC_OP_LRN, "LRN", { { "alpha", DC_ATTR_ALPHA, 1e-4, 0 }, { "beta", DC_ATTR_BETA, 0.75, 0 },
                          { "bias", DC_ATTR_K, 1, 0 }, { "size", DC_ATTR_SIZE, 0, 0 } }, 0 },
    { DC_OP_DROPOUT, "Dropout", { { "ratio", DC_ATTR_RATIO, 0.5, 1 } }, 0 },
    { DC_OP_ADD, "Add", { { 0 } }, 0 },
    { DC_OP_CLIP, "Clip", { { "min", DC_ATTR_MIN, 0, 1 }, { "max", DC_ATTR_MAX, 0, 2 } }, 0 },
    { DC_OP_SIGMOID, "Sigmoid", { { 0 } }, 0 },
    { DC_OP_TANH, "Tanh", { { 0 } }, 0 },
    { DC_OP_HARD_SIGMOID, "HardSigmoid", { { "alpha", DC_ATTR_SLOPE, 0.2, 0 },
                                           { "beta", ONNX_FIXED, 0.5, 0 } }, 0 },
    { DC_OP_HARD_SWISH, "HardSwish", { { 0 } }, 14 },
    { DC_OP_LEAKY_RELU, "LeakyRelu", { { "alpha", DC_ATTR_NEGATIVE_SLOPE, 0.01, 0 } }, 0 },
    { DC_OP_PRELU, "PRelu", { { 0 } }, 0 },
    { DC_OP_MUL, "Mul", { { 0 } }, 0 },
    { DC_OP_SUB, "Sub", { { 0 } }, 0 },
    { DC_OP_DIV, "Div", { { 0 } }, 0 },
    { DC_OP_ELU, "Elu", { { "alpha", DC_ATTR_K, 1, 0 } }, 0 },
    { DC_OP_SOFTPLUS, "Softplus", { { 0 } }, 0 },
    { DC_OP_ERF, "Erf", { { 0 } }, 0 },
    { DC_OP_SELU, "Selu", { { "alpha", DC_ATTR_K, 1.67326319217681884765625, 0 },
                            { "gamma", DC_ATTR_GAIN, 1.05070102214813232421875, 0 } }, 0 },
    { DC_OP_SOFTSIGN, "Softsign", { { 0 } }, 0 },
    { DC_OP_EXP, "Exp", { { 0 } }, 0 },
    { DC_OP_LOG, "Log", { { 0 } }, 0 },
    { DC_OP_SQRT, "Sqrt", { { 0 } }, 0 },
    { DC_OP_POW, "Pow", { { "exponent", DC_ATTR_EXPONENT, 0, 1 } }, 0 },
    { DC_OP_ABS, "Abs", { { 0 } }, 0 },
    { DC_OP_RECIPROCAL, "Reciprocal", { { 0 } }, 0 },
    { DC_OP_CELU, "Celu", { { "alpha", DC_ATTR_K, 1, 0 } }, 0 },
    { DC_OP_MISH, "Mish", { { 0 } }, 18 },
    { DC_OP_THRESHOLDED_RELU, "ThresholdedRelu", { { "alpha", DC_ATTR_THRESHOLD, 1, 0 } }, 0 },
};

const onnx_twin *onnx_twin_of(dc_op op)
{
    for (size_t i = 0; i < DC_COUNT_OF(twins); i++)
        if (twins[i].op == op)
            return &twins[i];
    return NULL;
}

const onnx_twin *onnx_twin_named(const char *name)
{
    for (size_t i = 0; i < DC_COUNT_OF(twins); i++)
        if (strcmp(twins[i].name, name) == 0)
            return &twins[i];
    return NULL;
}

uint32_t onnx_twin_n_attrs(const onnx_twin *twin)
{
    uint32_t n = 0;
    while (n < ONNX_MAX_TWIN_ATTRS && twin->attrs[n].name != NULL)
        n++;
    return n;
}

bool onnx_twin_has_attr(const onnx_twin *twin, const char *name)
{
    for (uint32_t i = 0; i < onnx_twin_n_attrs(twin); i++)
        if (twin->attrs[i].input == 0 && strcmp(twin->attrs[i].name, name) == 0)
            return true;
    return false;
}
