/* SPDX-License-Identifier: MIT
 *
 * Steps of grids as bytes (docs/format.md, section 5.4).
 */
#ifndef DCOMP_FORMAT_SMALL_STEP_H
#define DCOMP_FORMAT_SMALL_STEP_H

#include "dcomp/base.h"

/* What the byte of a step stands for: (8 + its low 3 bits) 2^(its upper 5 bits - 28). */
float dc_small_step(uint8_t byte);
/* The byte of exactly this step; false when there is none. */
bool dc_small_step_find(uint8_t *byte, float step);
/* As two bytes: a normal bfloat16. */
bool dc_step_is_storable(float step);

void dc_step_put(dc_writer *w, float step, bool is_small);
float dc_step_get(dc_reader *r, bool is_small);

#endif
