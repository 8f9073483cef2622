/* SPDX-License-Identifier: MIT
 *
 * interop: networks of other programs in, and out again.
 *
 * An importer makes a dense dc_model of a foreign file; which one is known by the file's content,
 * or by its name where the content does not say. Formats that hold a graph (ONNX) need nothing
 * else; those that hold tensors only (safetensors, Deep Compression's .net) need the network as a
 * model of zero weights, made from an architecture file, which they fill. Nothing is skipped: a
 * tensor that is missing, left over, or of another shape than the network's is an error that names
 * it.
 *
 * What is imported is what was there: values are bit-equal where the source is float32, the nearest
 * float32 of float64, exact for half precisions. Which layers are shared or pruned, so that
 * training must keep their equal values equal and their zeros zero, is written in the metadata of
 * files that we exported and in what a .net file stores; for others it is guessed from the values,
 * unless the settings say what to do.
 *
 * Exporters write the decoded, dense weights; but a C array holds a .dcm file that the runtime
 * (rt.h) reads where it lies.
 *
 * Threads. Many threads may import at once, and export at once, also one model, while none changes
 * it.
 *
 * Memory: the weights once. Importers read through a mapping and let go of what they have copied;
 * exporters write tensor by tensor.
 */
#ifndef DCOMP_INTEROP_H
#define DCOMP_INTEROP_H

#include "dcomp/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is done with a layer's zeros (is_pruned), and with its few distinct values (is_shared). */
typedef enum dc_keep {
    DC_KEEP_AUTO,   /* as the file says; where it says nothing, many zeros and few values are kept
                       unless the layer looks as if it had never been trained */
    DC_KEEP_ALWAYS, /* every zero of a weight stays zero; at most 256 values stay shared */
    DC_KEEP_NEVER   /* training may change all of them */
} dc_keep;

#define DC_IMPORT_MAX_DIMS 5 /* the batch included */

typedef struct dc_import_settings {
    uint32_t keep_zeros, keep_shared;  /* dc_keep                                              */
    uint32_t n_dims;                   /* of a graph's input; 0: as the file says              */
    uint32_t dims[DC_IMPORT_MAX_DIMS]; /* the batch first; 0: as the file says, for the batch  */
    const char *output;                /* name of the graph's output to take; NULL: the first  */
    uint32_t n_zeros;                  /* of the graph's inputs that are taken as zeros, such  */
    const char *const *zeros;          /* ... as first states of layers over time: their names */
} dc_import_settings;
dc_import_settings dc_import_defaults(void); /* auto, and as the file says */

/* Fills a model from `path`. With a graph of its own (ONNX) `*model` must be NULL and is made;
 * else `*model` is a network with values, from dc_model_from_arch, and is filled; on failure it is
 * as it was or NULL, but for values. DC_EINPUT when an architecture is needed or of no use, when
 * tensors and network disagree (named), or settings and graph; DC_ECORRUPT when the file is
 * malformed; DC_EUNSUPPORTED names an op and its node, or a number type and its tensor. Owns:
 * dc_model_free. */
DC_MUST_USE dc_status dc_import_with(dc_model **model, const char *path,
                                     const dc_import_settings *settings);
/* The same with the defaults. */
DC_MUST_USE dc_status dc_import(dc_model **model, const char *path);
/* The name of this file's format, "ONNX". DC_EIO, or DC_EUNSUPPORTED for an unknown format. */
DC_MUST_USE dc_status dc_import_format(const char **out, const char *path);
/* "ONNX, safetensors, ..." for help and messages. */
const char *dc_import_formats(void);

/* Writes a dense model as ONNX (opset 13, input N x C x H x W with a free N) or safetensors, its
 * architecture, or as a C array for the runtime, by the end of `path` (.onnx, .safetensors, .json,
 * .h), whole or not at all.
 * Tensors are named as parameters are ("conv1.weight"), in safetensors those of batch norm and
 * PReLU as PyTorch's. How pictures are prepared is JSON in the metadata, under "dcomp.input", which
 * parameters are pruned or shared under "dcomp.marks".
 * DC_EINPUT for another ending, or when the file exists and !may_replace; DC_EUNSUPPORTED names a
 * node that the format cannot express, DC_ELIMIT when the model is larger than ONNX's 2 GiB. */
DC_MUST_USE dc_status dc_export(const char *path, const dc_model *model, bool may_replace);
const char *dc_export_formats(void);
/* Writes a C program that runs the network of the C array at `header`: bytes in, a class out. */
DC_MUST_USE dc_status dc_export_c_example(const char *path, const char *header, bool may_replace);

#ifdef __cplusplus
}
#endif
#endif
