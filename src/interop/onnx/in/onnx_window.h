/* SPDX-License-Identifier: MIT
 *
 * What convolutions and pools have in common.
 */
#ifndef DCOMP_INTEROP_ONNX_WINDOW_H
#define DCOMP_INTEROP_ONNX_WINDOW_H

#include "onnx_in.h"

/* What a window slides over: a picture (C,H,W), or a sequence (C,L), which is seen as a picture
 * (C,L,1). DC_EUNSUPPORTED for other dims, with the text `how` ("pooled"). */
DC_MUST_USE dc_status onnx_window_shape(dc_shape *out, const onnx_in *in, const onnx_value *x,
                                        const char *how);
/* Kernel, stride, dilation and pads from the node's attributes, auto_pad included, for x of this
 * shape. `kernel` has the weight's sides, NULL: they are kernel_shape. */
DC_MUST_USE dc_status onnx_window(double attrs[DC_N_ATTRS], const onnx_in *in, const onnx_value *x,
                                  const dc_shape *shape, const uint64_t *kernel);
/* Output 0: the node of a window, in as many dims as x. */
DC_MUST_USE dc_status onnx_window_put(onnx_in *in, const onnx_value *x, uint32_t node);

/* The same of a ConvTranspose, whose pads may follow from the dims of its result. */
DC_MUST_USE dc_status onnx_window_turned(double attrs[DC_N_ATTRS], const onnx_in *in,
                                         const onnx_value *x, const dc_shape *shape,
                                         const uint64_t *kernel);

#endif
