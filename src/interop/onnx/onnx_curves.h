/* SPDX-License-Identifier: MIT
 *
 * Curves that a layer over time can have ("activations"), as ONNX calls them: one table for the
 * import and the export.
 */
#ifndef DCOMP_INTEROP_ONNX_CURVES_H
#define DCOMP_INTEROP_ONNX_CURVES_H

#include "dcomp/model.h"

typedef struct onnx_curve {
    const char *name;
    dc_op op;     /* DC_OP_INPUT: we have none */
    dc_attr attr; /* that alpha is; DC_N_ATTRS: it has no alpha */
    double alpha; /* ONNX's default */
    double beta;  /* NaN: it has no beta */
} onnx_curve;

/* NULL when there is no row. */
const onnx_curve *onnx_curve_named(const char *name);
const onnx_curve *onnx_curve_of(dc_op op);

#endif
