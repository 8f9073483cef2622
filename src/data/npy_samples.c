/* SPDX-License-Identifier: MIT
 *
 * Samples of an array: which arrays hold a model's inputs, and one of them at a time.
 */
#include "npy.h"

#include <inttypes.h>
#include <math.h>

bool npy_is_input(const npy_array *a, const dc_shape *shape)
{
    uint64_t n_values = 1;
    for (uint32_t i = 1; i < a->n_dims; i++)
        n_values *= a->dims[i];
    if (n_values != dc_shape_count(shape) || a->n_dims < 2)
        return false;
    for (uint32_t back = 1; back < a->n_dims && back <= shape->n_dims && a->n_dims > 2; back++)
        if (a->dims[a->n_dims - back] != shape->dims[shape->n_dims - back])
            return false;
    return true;
}

void npy_get_input(float *x, const npy_array *a, uint64_t sample, const dc_input *input)
{
    const uint64_t n = a->n_values / a->dims[0];
    npy_get_sample(x, a, sample);
    for (uint64_t i = 0; a->kind == NPY_U8 && i < n; i++)
        x[i] = (x[i] - input->mean[0]) * input->scale[0];
}

/* Index of the first number that is none any more; n when there is none. */
static uint64_t find_beyond(const npy_array *a, uint64_t sample, const float *x)
{
    const uint64_t n = a->n_values / a->dims[0], at = dc_find_not_finite(x, n);
    const bool is_beyond = at < n && a->kind == NPY_F64 && isinf(x[at]) &&
                           isfinite(npy_double(a, sample, at));
    return is_beyond ? at : n;
}

bool npy_fits(const npy_array *a, uint64_t sample, const float *x)
{
    return find_beyond(a, sample, x) == a->n_values / a->dims[0];
}

dc_status npy_fail_range(const npy_array *a, uint64_t sample, const float *x, const char *what)
{
    const uint64_t at = find_beyond(a, sample, x);
    return dc_fail(DC_ECORRUPT, "value %" PRIu64 " of %s is %g, which does not fit float32", at,
                   what, npy_double(a, sample, at));
}

bool npy_is_pictures(const npy_array *a)
{
    return a->kind == NPY_U8 && a->n_dims > 2;
}

dc_status npy_picture_size(uint32_t *width, uint32_t *height, uint32_t *n_channels,
                           const npy_array *a, const char *path)
{
    const uint64_t n = a->n_dims == 4 ? a->dims[1] : 1;
    const uint64_t n_rows = a->dims[a->n_dims - 2], n_cols = a->dims[a->n_dims - 1];
    if (n != 1 && n != 3)
        return dc_fail(DC_EUNSUPPORTED, "pictures of %" PRIu64 " channels in '%s'", n, path);
    if (n_rows > DC_IMAGE_MAX_SIDE || n_cols > DC_IMAGE_MAX_SIDE)
        return dc_fail(DC_ELIMIT, "pictures of %" PRIu64 "x%" PRIu64 " pixels in '%s'", n_rows,
                       n_cols, path);
    *width = (uint32_t)n_cols;
    *height = (uint32_t)n_rows;
    *n_channels = (uint32_t)n;
    return DC_OK;
}

void npy_get_pixels(uint8_t *pixels, const npy_array *a, uint64_t sample, uint32_t n_channels)
{
    const uint64_t n_bytes = a->n_values / a->dims[0], n_pixels = n_bytes / n_channels;
    for (uint64_t i = 0; i < n_bytes; i++)
        pixels[i] = a->data[npy_place(a, sample, i % n_channels * n_pixels + i / n_channels)];
}
