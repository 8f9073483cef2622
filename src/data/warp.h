/* SPDX-License-Identifier: MIT
 *
 * Bending a picture: where each pixel of the result comes from, and reading it there.
 */
#ifndef DCOMP_DATA_WARP_H
#define DCOMP_DATA_WARP_H

#include "dcomp/model.h"

/* Pixel p of the result is read at centre + matrix * (p - centre) + shift + field(p). */
typedef struct data_warp {
    float matrix[4]; /* row-major 2 x 2                                       */
    float shift[2];  /* [pixels], x then y                                    */
    const float *field; /* (2,H,W) [pixels], x then y; NULL: none             */
} data_warp;

/* out (C,H,W) from in (C,H,W), bilinear; beyond its edge the picture goes on with the edge's
 * values. `out` and `in` must not overlap. */
void data_warp_run(float *out, const float *in, const dc_shape *shape, const data_warp *warp);

/* Workspace of data_field_make. */
uint64_t data_field_n_values(uint32_t height, uint32_t width);
/* Overwrites field (2,H,W) with smooth random displacements whose root mean square is `amplitude`
 * pixels away from the edges [Simard 2003, 2]. */
void data_field_make(float *field, uint32_t height, uint32_t width, double amplitude, dc_rng *rng,
                     float *workspace);

#endif
