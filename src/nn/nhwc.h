/* SPDX-License-Identifier: MIT
 *
 * Two loops on channels-last arrays (N,H,W,C) that oneDNN 2.6 does slowly: maximum pools whose
 * windows do not overlap, and the patches of a convolution as rows of a matrix. On all cores.
 */
#ifndef DC_NN_NHWC_H
#define DC_NN_NHWC_H

#include "dcomp/kernels.h"

/* y (N,OH,OW,C) from x. Windows: kernel = stride, no pad, all inside the picture. */
void dc_nhwc_max_pool(const dc_nhwc *shape, const void *x, void *y);
/* dx (N,H,W,C), overwritten: dy at the first place of the window where x is y, 0 elsewhere. */
void dc_nhwc_max_pool_back(const dc_nhwc *shape, const void *x, const void *y, const void *dy,
                           void *dx);
/* rows (N OH OW, R S C): what each output sees, 0 outside the picture. */
void dc_nhwc_patches(const dc_nhwc *shape, const void *x, void *rows);

#endif
