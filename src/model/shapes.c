/* SPDX-License-Identifier: MIT
 *
 * Shapes: up to four dims, without the batch. A count of 0 stands for "no tensor can have this
 * shape", so one test of the count refuses empty, too long and overflowing shapes alike.
 */
#include "dcomp/model.h"

uint64_t dc_shape_count(const dc_shape *shape)
{
    if (shape->n_dims == 0 || shape->n_dims > DC_MAX_DIMS)
        return 0;
    uint64_t count = 1;
    for (uint32_t i = 0; i < shape->n_dims; i++) {
        if (shape->dims[i] == 0 || count > DC_MAX_TENSOR_VALUES / shape->dims[i])
            return 0;
        count *= shape->dims[i];
    }
    return count;
}

bool dc_shape_equal(const dc_shape *a, const dc_shape *b)
{
    if (a->n_dims != b->n_dims)
        return false;
    for (uint32_t i = 0; i < a->n_dims && i < DC_MAX_DIMS; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

dc_shape dc_shape_of(uint32_t n_dims, uint32_t d0, uint32_t d1, uint32_t d2, uint32_t d3)
{
    const uint32_t dims[DC_MAX_DIMS] = {d0, d1, d2, d3};
    dc_shape shape = {.n_dims = n_dims};
    for (uint32_t i = 0; i < n_dims && i < DC_MAX_DIMS; i++)
        shape.dims[i] = dims[i];
    return shape;
}

const char *dc_shape_text(const dc_shape *shape, dc_arena *arena)
{
    const uint32_t *d = shape->dims;
    switch (shape->n_dims) {
    case 1:
        return dc_arena_print(arena, "%u", (unsigned)d[0]);
    case 2:
        return dc_arena_print(arena, "%ux%u", (unsigned)d[0], (unsigned)d[1]);
    case 3:
        return dc_arena_print(arena, "%ux%ux%u", (unsigned)d[0], (unsigned)d[1], (unsigned)d[2]);
    case 4:
        return dc_arena_print(arena, "%ux%ux%ux%u", (unsigned)d[0], (unsigned)d[1],
                              (unsigned)d[2], (unsigned)d[3]);
    default:
        return "";
    }
}
