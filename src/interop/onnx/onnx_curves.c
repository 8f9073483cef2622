/* SPDX-License-Identifier: MIT
 *
 * The table of curves of layers over time. Two of ONNX's are no op of ours.
 */
#include "onnx_curves.h"

#include <math.h>
#include <string.h>

static const onnx_curve curves[] = {
    { "Sigmoid", DC_OP_SIGMOID, DC_N_ATTRS, 0, NAN },
    { "Tanh", DC_OP_TANH, DC_N_ATTRS, 0, NAN },
    { "Relu", DC_OP_RELU, DC_N_ATTRS, 0, NAN },
    { "HardSigmoid", DC_OP_HARD_SIGMOID, DC_ATTR_SLOPE, 0.2, 0.5 },
    { "LeakyRelu", DC_OP_LEAKY_RELU, DC_ATTR_NEGATIVE_SLOPE, 0.01, NAN },
    { "ThresholdedRelu", DC_OP_THRESHOLDED_RELU, DC_ATTR_THRESHOLD, 1, NAN },
    { "Elu", DC_OP_ELU, DC_ATTR_K, 1, NAN },
    { "Softsign", DC_OP_SOFTSIGN, DC_N_ATTRS, 0, NAN },
    { "Softplus", DC_OP_SOFTPLUS, DC_N_ATTRS, 0, NAN },
    { "Affine", DC_OP_INPUT, DC_N_ATTRS, 0, NAN },
    { "ScaledTanh", DC_OP_INPUT, DC_N_ATTRS, 0, NAN },
};

const onnx_curve *onnx_curve_named(const char *name)
{
    for (size_t i = 0; i < DC_COUNT_OF(curves); i++)
        if (strcmp(curves[i].name, name) == 0)
            return &curves[i];
    return NULL;
}

const onnx_curve *onnx_curve_of(dc_op op)
{
    for (size_t i = 0; i < DC_COUNT_OF(curves); i++)
        if (curves[i].op == op && op != DC_OP_INPUT)
            return &curves[i];
    return NULL;
}
