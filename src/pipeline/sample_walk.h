/* SPDX-License-Identifier: MIT
 *
 * Many samples on their way through a network, by the plain ops and walk_conv.c: it goes on in
 * parts, some nodes at a time, and between them only those values are kept that later nodes read.
 */
#ifndef DCOMP_PIPELINE_SAMPLE_WALK_H
#define DCOMP_PIPELINE_SAMPLE_WALK_H

#include "dcomp/nn.h"

#define SAMPLE_WALK_READ 0.1 /* the work of reading a sample, where running it is one */

typedef struct sample_walk {
    const dc_model *model;
    uint64_t n_samples;
    const uint32_t *lengths; /* (n_samples), or NULL                                       */
    const float *inputs;     /* (n_samples, input)                                         */
    uint32_t last;           /* node: nothing behind it is needed                          */
    uint32_t done, end;      /* nodes up to `done` are done; a part goes on up to `end`    */
    uint32_t chunk;          /* samples at once                                            */
    float **kept;            /* (n_nodes): of all samples, or NULL                         */
    float **passing;         /* (n_nodes): of a chunk                                      */
    const float **x;         /* inputs of a node                                           */
} sample_walk;

/* Inputs and lengths of a walk that has its model and its last node: as many samples of `source` as
 * are readable, `most` at most, and no more than half of the memory left holds for `n_walks` such
 * walks (a warning says so). DC_EINPUT: there is none. */
DC_MUST_USE dc_status sample_walk_read(sample_walk *walk, const dc_source *source, uint64_t most,
                                       uint32_t n_walks, dc_arena *arena);
DC_MUST_USE dc_status sample_walk_open(sample_walk *walk, dc_arena *arena);
void sample_walk_close(sample_walk *walk);
/* A part from where it is to node `end`; then all chunks, each once; then the end of the part. */
DC_MUST_USE dc_status sample_walk_begin(sample_walk *walk, uint32_t end);
DC_MUST_USE dc_status sample_walk_run(sample_walk *walk, uint64_t first, uint32_t n);
void sample_walk_end(sample_walk *walk);
/* Values of a node that are kept, or passing, of the chunk that begins with sample `first`. */
const float *sample_walk_values(const sample_walk *walk, uint32_t node, uint64_t first);

#endif
