/* SPDX-License-Identifier: MIT
 *
 * What convolutions and pools have in common.
 */
#ifndef DCOMP_INTEROP_ONNX_WINDOW_H
#define DCOMP_INTEROP_ONNX_WINDOW_H

#include "onnx_in.h"

/* Kernel, stride, dilation and pads from the node's attributes, auto_pad included, for a picture of
 * this shape (C,H,W). `kernel` has the weight's height and width, NULL: kernel_shape says it. */
DC_MUST_USE dc_status onnx_window(double attrs[DC_N_ATTRS], const onnx_in *in,
                                  const dc_shape *shape, const uint64_t *kernel);

#endif
