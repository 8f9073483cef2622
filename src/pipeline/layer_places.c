/* SPDX-License-Identifier: MIT */
#include "layer_places.h"

#include <math.h>

#define GOLDEN 0.61803398874989485

/* Vectors one after another are the rows of a picture. */
layer_places layer_places_of(const dc_model *model, const dc_node *node, uint64_t n)
{
    const dc_shape *in = &model->nodes[node->inputs[0]].shape;
    const int64_t n_vectors = (int64_t)(dc_shape_count(in) / n), width = (int64_t)n;
    if (node->op != DC_OP_CONV)
        return (layer_places){ 1, width, 1, 1, 0, 0, 1, 1, 1, n_vectors, width, n_vectors, 1 };
    return (layer_places){ (int64_t)dc_node_whole(node, DC_ATTR_KERNEL_H),
                           (int64_t)dc_node_whole(node, DC_ATTR_KERNEL_W),
                           (int64_t)dc_node_whole(node, DC_ATTR_STRIDE_H),
                           (int64_t)dc_node_whole(node, DC_ATTR_STRIDE_W),
                           (int64_t)dc_node_whole(node, DC_ATTR_PAD_TOP),
                           (int64_t)dc_node_whole(node, DC_ATTR_PAD_LEFT),
                           (int64_t)dc_node_whole(node, DC_ATTR_DILATION_H),
                           (int64_t)dc_node_whole(node, DC_ATTR_DILATION_W),
                           in->dims[0], in->dims[1], in->dims[2], node->shape.dims[1],
                           node->shape.dims[2] };
}

uint64_t layer_places_count(const layer_places *places)
{
    return (uint64_t)(places->out_height * places->out_width);
}

uint64_t layer_places_values(const layer_places *places)
{
    return (uint64_t)(places->channels * places->kernel_h * places->kernel_w);
}

uint64_t layer_places_pick(const layer_places *places, uint64_t n_looked, uint64_t sample,
                           uint64_t i)
{
    const uint64_t n_there = layer_places_count(places);
    const double at = fmod((double)(sample * n_looked + i) * GOLDEN, 1);
    return n_looked == n_there ? i : (uint64_t)(at * (double)n_there);
}

void layer_places_take(float *to, const layer_places *p, const float *x, uint64_t place)
{
    const int64_t top = (int64_t)place / p->out_width * p->stride_h - p->down;
    const int64_t left = (int64_t)place % p->out_width * p->stride_w - p->right;
    for (int64_t c = 0; c < p->channels; c++)
        for (int64_t r = 0; r < p->kernel_h; r++)
            for (int64_t s = 0; s < p->kernel_w; s++) {
                const int64_t h = top + r * p->dilation_h, k = left + s * p->dilation_w;
                const bool is_inside = h >= 0 && h < p->height && k >= 0 && k < p->width;
                *to++ = is_inside ? x[(c * p->height + h) * p->width + k] : 0;
            }
}
