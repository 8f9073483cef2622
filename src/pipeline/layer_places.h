/* SPDX-License-Identifier: MIT
 *
 * Places of a sample at which a layer reads: the windows of a convolution, the vectors of a linear
 * layer. Values of a place stand in the order of the layer's weights, all groups one after another.
 */
#ifndef DCOMP_PIPELINE_LAYER_PLACES_H
#define DCOMP_PIPELINE_LAYER_PLACES_H

#include "dcomp/model.h"

typedef struct layer_places {
    int64_t kernel_h, kernel_w, stride_h, stride_w, down, right, dilation_h, dilation_w;
    int64_t channels, height, width, out_height, out_width;
} layer_places;

/* Of a convolution or a linear layer whose rows have `n` weights. */
layer_places layer_places_of(const dc_model *model, const dc_node *node, uint64_t n);
/* All there are in a sample, and the values of each. */
uint64_t layer_places_count(const layer_places *places);
uint64_t layer_places_values(const layer_places *places);
/* Number i of the `n_looked` places of a sample: of all, or of some that are spread over rows and
 * columns, others in each sample. */
uint64_t layer_places_pick(const layer_places *places, uint64_t n_looked, uint64_t sample,
                           uint64_t i);
/* What the layer reads at a place, from the values x of its input. */
void layer_places_take(float *to, const layer_places *places, const float *x, uint64_t place);

#endif
