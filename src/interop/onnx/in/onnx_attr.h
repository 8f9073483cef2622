/* SPDX-License-Identifier: MIT
 *
 * Attributes of a node, by name. All of these give a default when the node has no such attribute,
 * and DC_ECORRUPT, naming it, when it is of another kind than asked for.
 */
#ifndef DCOMP_INTEROP_ONNX_ATTR_H
#define DCOMP_INTEROP_ONNX_ATTR_H

#include "onnx_tensor.h"

#define ONNX_MAX_INTS 16u /* of an attribute that is a list: pads of 8 dims */

typedef struct onnx_ints {
    uint32_t n;
    int64_t items[ONNX_MAX_INTS];
} onnx_ints;

/* NULL when there is none. */
const onnx_attr *onnx_find_attr(const onnx_node *node, const char *name);
DC_MUST_USE dc_status onnx_int_attr(int64_t *out, const onnx_node *node, const char *name,
                                    int64_t otherwise);
DC_MUST_USE dc_status onnx_float_attr(double *out, const onnx_node *node, const char *name,
                                      double otherwise);
/* n = 0 when it is absent; DC_EUNSUPPORTED when it is longer than ONNX_MAX_INTS. */
DC_MUST_USE dc_status onnx_ints_attr(onnx_ints *out, const onnx_node *node, const char *name);
/* A short text (up to 31 bytes, longer ones are cut). */
DC_MUST_USE dc_status onnx_text_attr(char out[32], const onnx_node *node, const char *name,
                                     const char *otherwise);
/* Item `index` of a list of texts; "" behind its end. */
DC_MUST_USE dc_status onnx_texts_attr(char out[32], const onnx_node *node, const char *name,
                                      uint64_t index);
/* `*is_there` is false when it is missing; the tensor, or a number or list of numbers as one. */
DC_MUST_USE dc_status onnx_array_attr(onnx_array *out, bool *is_there, const onnx_node *node,
                                      const char *name, onnx_files *files);

#endif
