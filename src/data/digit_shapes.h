/* SPDX-License-Identifier: MIT
 *
 * The ways in which people write the ten digits.
 */
#ifndef DCOMP_DATA_DIGIT_SHAPES_H
#define DCOMP_DATA_DIGIT_SHAPES_H

#include <stdint.h>

#define DIGIT_MAX_POINTS 24u
#define DIGIT_PEN_UP (-100)

/* Points that a smooth curve runs through, in a box about 60 wide and 100 high, y downwards. A
 * point given twice is a corner; x = DIGIT_PEN_UP begins a new stroke. */
typedef struct digit_shape {
    uint8_t digit;
    uint8_t weight; /* how often, relative to the digit's other shapes */
    uint8_t n_points;
    int8_t points[DIGIT_MAX_POINTS][2];
} digit_shape;

extern const digit_shape digit_shapes[];
extern const uint32_t digit_n_shapes;

#endif
