/* SPDX-License-Identifier: MIT
 *
 * One handwritten digit from random numbers.
 */
#ifndef DCOMP_DATA_DIGIT_DRAW_H
#define DCOMP_DATA_DIGIT_DRAW_H

#include "dcomp/base.h"

#define DIGIT_SIDE 28u /* pixels */
#define DIGIT_PIXELS (DIGIT_SIDE * DIGIT_SIDE)

/* Overwrites pixels (28,28): ink 255 on 0. */
void digit_draw(uint8_t *pixels, uint32_t digit, dc_rng *rng);

#endif
