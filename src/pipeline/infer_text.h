/* SPDX-License-Identifier: MIT
 *
 * A network of symbols on a text of any length, a window of as many symbols as it has steps after
 * the other.
 */
#ifndef DCOMP_PIPELINE_INFER_TEXT_H
#define DCOMP_PIPELINE_INFER_TEXT_H

#include "dcomp/pipeline.h"

typedef struct infer_text {
    const dc_model *model;
    const dc_source *source;
    const dc_engine *engine;
    void *opened;
    uint64_t n_carried; /* values that go from window to window; 0: none do */
    uint32_t n_steps;   /* 0: the network has no symbols                   */
    float *x, *y;       /* of one window                                   */
} infer_text;

/* Fills what follows from the members up to n_carried. */
DC_MUST_USE dc_status infer_text_new(infer_text *t, dc_arena *arena);
/* The state (n_carried) before the sample, which is the end of its text; zeros for others. */
DC_MUST_USE dc_status infer_text_before(float *state, infer_text *t, uint64_t index);
/* How the text of a sample goes on whose last outputs are y; `state` is the one behind it, and
 * changed; NULL where nothing is carried. NULL for other samples. From the arena. */
DC_MUST_USE dc_status infer_text_go_on(const char **out, infer_text *t,
                                       const dc_infer_settings *settings, const dc_head *head,
                                       uint64_t index, float *state, const float *y,
                                       dc_arena *arena);

#endif
