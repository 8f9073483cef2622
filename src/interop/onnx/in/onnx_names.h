/* SPDX-License-Identifier: MIT
 *
 * Texts of an ONNX file, each kept once: values of a graph are known by their names alone, which
 * become small numbers here. 0 is the empty name, ONNX's word for "nothing".
 */
#ifndef DCOMP_INTEROP_ONNX_NAMES_H
#define DCOMP_INTEROP_ONNX_NAMES_H

#include "dcomp/base.h"

typedef struct onnx_names {
    dc_arena *arena; /* failures are in its status */
    uint32_t n, capacity;
    const char **texts; /* by id */
    uint32_t n_slots;
    uint32_t *slots; /* ids by hash; DC_NONE where free */
} onnx_names;

DC_MUST_USE dc_status onnx_names_init(onnx_names *names, dc_arena *arena);
/* The text's number, a new one when it was not there. 0 when the arena has failed. */
uint32_t onnx_names_put(onnx_names *names, const void *text, uint64_t n);

#endif
