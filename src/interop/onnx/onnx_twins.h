/* SPDX-License-Identifier: MIT
 *
 * Ops that ONNX has as we have them, but for the names of what they are set by: curves, arithmetic
 * and the like. One row serves the import and the export. An op that ONNX has not, or in parts, or
 * whose dims have to be looked at, has a reader in in/ and a writer in out/ instead; either may
 * stand before a row here.
 */
#ifndef DCOMP_INTEROP_ONNX_TWINS_H
#define DCOMP_INTEROP_ONNX_TWINS_H

#include "dcomp/model.h"

#define ONNX_MAX_TWIN_ATTRS 4
#define ONNX_FIXED DC_N_ATTRS /* an attribute that ONNX has, and ours not: it is always `value` */

typedef struct onnx_twin_attr {
    const char *name; /* ONNX's                                                                */
    dc_attr attr;     /* ours, or ONNX_FIXED                                                   */
    double value;     /* ONNX's default                                                        */
    uint32_t input;   /* 0: an attribute; else the input that has it (before: an attribute)    */
} onnx_twin_attr;

typedef struct onnx_twin {
    dc_op op;
    const char *name;                          /* ONNX's                                     */
    onnx_twin_attr attrs[ONNX_MAX_TWIN_ATTRS]; /* up to the first without a name             */
    int64_t since;                             /* the opset that brought it; 0: before 13    */
} onnx_twin;

/* NULL when there is no row. */
const onnx_twin *onnx_twin_of(dc_op op);
const onnx_twin *onnx_twin_named(const char *name);
uint32_t onnx_twin_n_attrs(const onnx_twin *twin);
bool onnx_twin_has_attr(const onnx_twin *twin, const char *name);

#endif
