/* SPDX-License-Identifier: MIT
 *
 * In which dims a node's value is in the file. Most have those of the node. A network that came
 * with windows over sequences (N,C,L) has pictures (C,L,1) here, and its values go back as what
 * they were: the node is a sequence. Who wants the other form gets it by a Reshape.
 */
#ifndef DCOMP_INTEROP_ONNX_FORMS_H
#define DCOMP_INTEROP_ONNX_FORMS_H

#include "onnx_emission.h"

/* e->has_batch of the node, by its inputs. */
void onnx_find_batch(onnx_emitter *e, uint32_t node);
/* e->is_sequence of all nodes. */
void onnx_find_sequences(onnx_emitter *e);
/* The dims in which the node's value is written: (C,L) of a sequence. */
dc_shape onnx_written_shape(const onnx_emitter *e, uint32_t node);
/* The node's value in its own dims; the first time this may put a Reshape. */
const char *onnx_own(onnx_emitter *e, uint32_t node);
/* The node's value in these dims, if it is in the file: with `is_any`, the node's own count, too.
 * Else NULL. */
const char *onnx_seen(const onnx_emitter *e, uint32_t node, const dc_shape *shape, bool is_any);
/* A sample in these dims; the shape's tensor is called by `suffix`. */
void onnx_reshape(onnx_emitter *e, uint32_t node, const char *suffix, const char *output,
                  const char *input, const dc_shape *shape);

#endif
