/* SPDX-License-Identifier: MIT
 *
 * Resize of opsets 10, 11 and on, and Upsample: nearest and linear, of pictures, and of sequences
 * as pictures of width 1, to sizes or by scales that are constants.
 */
#include "onnx_ops.h"
#include "onnx_window.h"

#include <math.h>
#include <string.h>

/* The number of `text` among words with spaces between; DC_EUNSUPPORTED when it is none. */
static dc_status word_of(double *out, const onnx_in *in, const char *name, const char *otherwise,
                         const char *const *words, uint32_t n)
{
    char text[32];
    DC_TRY(onnx_text_attr(text, in->node, name, otherwise));
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return DC_OK;
        }
    return onnx_fail(in, DC_EUNSUPPORTED, "its %s is '%s', which is not supported", name, text);
}

/* How it reads, in the numbers of ours. */
static dc_status read_form(double attrs[DC_N_ATTRS], const onnx_in *in)
{
    static const char *const modes[] = { "nearest", "linear" };
    static const char *const places[] = { "half_pixel", "asymmetric", "align_corners",
                                          "pytorch_half_pixel" };
    static const char *const roundings[] = { "round_prefer_floor", "round_prefer_ceil", "floor",
                                             "ceil" };
    const bool is_old = in->model.opset < 11 || strcmp(in->node->op, "Upsample") == 0;
    int64_t is_smooth = 0;
    DC_TRY(word_of(&attrs[DC_ATTR_LINEAR], in, "mode", "nearest", modes, 2));
    DC_TRY(word_of(&attrs[DC_ATTR_PLACES], in, "coordinate_transformation_mode",
                   is_old ? "asymmetric" : "half_pixel", places, 4));
    DC_TRY(word_of(&attrs[DC_ATTR_ROUNDING], in, "nearest_mode",
                   is_old ? "floor" : "round_prefer_floor", roundings, 4));
    DC_TRY(onnx_node_int(&is_smooth, in, "antialias", 0));
    if (is_smooth != 0)
        return onnx_fail(in, DC_EUNSUPPORTED, "its antialias is %lld", (long long)is_smooth);
    if (attrs[DC_ATTR_LINEAR] != 0)
        attrs[DC_ATTR_ROUNDING] = DC_ROUND_HALF_DOWN; /* of no matter */
    return DC_OK;
}

/* One side by its size or scale. A scale that is not size / n is kept: places are by it. */
static dc_status set_side(double attrs[DC_N_ATTRS], const onnx_in *in, uint32_t axis, uint64_t n,
                          double size, double scale)
{
    if (size == 0)
        size = floor((double)n * scale);
    if (!(size >= 1 && size <= 0x1p20))
        return onnx_fail(in, DC_EUNSUPPORTED, "%llu pixels become %g", (unsigned long long)n, size);
    attrs[DC_ATTR_HEIGHT + axis] = size;
    if (scale > 0 && fabs(scale * (double)n - size) > 1e-6 * size)
        attrs[DC_ATTR_SCALE_H + axis] = scale;
    return DC_OK;
}

/* The numbers of the input or attribute that says scales or sizes; NULL when neither is there. */
static dc_status find_numbers(const onnx_array **scales, const onnx_array **sizes,
                              onnx_array *by_attr, onnx_in *in)
{
    const bool is_old = in->model.opset < 11 || strcmp(in->node->op, "Upsample") == 0;
    bool is_there = false;
    *scales = *sizes = NULL;
    DC_TRY(onnx_array_attr(by_attr, &is_there, in->node, "scales", &in->files));
    if (is_there) {
        *scales = by_attr;
        return DC_OK;
    }
    DC_TRY(onnx_optional_array(scales, in, is_old ? 1 : 2));
    if (!is_old)
        DC_TRY(onnx_optional_array(sizes, in, 3));
    if (*scales != NULL && onnx_array_count(*scales) == 0)
        *scales = NULL;
    if (*sizes != NULL && onnx_array_count(*sizes) == 0)
        *sizes = NULL;
    if ((*scales == NULL) == (*sizes == NULL))
        return onnx_fail(in, DC_ECORRUPT, "it has %s sizes",
                         *scales == NULL ? "neither scales nor" : "both scales and");
    return DC_OK;
}

/* Which number is of dim `dim`: by the axes, if there are some. */
static dc_status numbers_at(uint32_t at[ONNX_MAX_DIMS], const onnx_in *in, const onnx_value *x,
                            uint64_t n)
{
    onnx_ints axes;
    DC_TRY(onnx_ints_attr(&axes, in->node, "axes"));
    for (uint32_t d = 0; d < x->n_dims; d++)
        at[d] = axes.n == 0 ? d : DC_NONE;
    for (uint32_t i = 0; i < axes.n; i++) {
        uint32_t axis = 0;
        DC_TRY(onnx_axis(&axis, in, axes.items[i], x->n_dims));
        at[axis] = i;
    }
    if (n != (axes.n == 0 ? x->n_dims : axes.n))
        return onnx_fail(in, DC_ECORRUPT, "%llu numbers for %u dims", (unsigned long long)n,
                         (unsigned)x->n_dims);
    return DC_OK;
}

static dc_status read_sides(double attrs[DC_N_ATTRS], onnx_in *in, const onnx_value *x)
{
    const onnx_array *scales = NULL, *sizes = NULL;
    onnx_array by_attr;
    uint32_t at[ONNX_MAX_DIMS];
    char policy[32];
    DC_TRY(find_numbers(&scales, &sizes, &by_attr, in));
    DC_TRY(onnx_text_attr(policy, in->node, "keep_aspect_ratio_policy", "stretch"));
    if (strcmp(policy, "stretch") != 0)
        return onnx_fail(in, DC_EUNSUPPORTED, "its keep_aspect_ratio_policy is '%s', which is not "
                                            "supported", policy);
    const onnx_array *numbers = scales != NULL ? scales : sizes;
    DC_TRY(numbers_at(at, in, x, onnx_array_count(numbers)));
    for (uint32_t d = 0; d < x->n_dims; d++) {
        if (at[d] == DC_NONE && d >= 2)
            DC_TRY(set_side(attrs, in, d - 2, x->dims[d], (double)x->dims[d], 0));
        if (at[d] == DC_NONE)
            continue;
        const double number = onnx_number_at(numbers, at[d]);
        const double same = scales != NULL ? 1 : (double)x->dims[d];
        if (d < 2 && number != same && !(d == 0 && sizes != NULL && !in->is_single))
            return onnx_fail(in, DC_EUNSUPPORTED, "it resizes the batch or the channels");
        if (d >= 2)
            DC_TRY(set_side(attrs, in, d - 2, x->dims[d], sizes != NULL ? number : 0,
                            scales != NULL ? number : 0));
    }
    return DC_OK;
}

dc_status onnx_read_resize(onnx_in *in)
{
    onnx_value *x = NULL;
    double attrs[DC_N_ATTRS];
    dc_shape shape;
    uint32_t from = 0, node = 0;
    DC_TRY(onnx_need_batch(&x, in, 0));
    DC_TRY(onnx_window_shape(&shape, in, x, "resized"));
    dc_attrs_init(attrs, DC_OP_RESIZE);
    attrs[DC_ATTR_WIDTH] = 1;
    DC_TRY(read_form(attrs, in));
    DC_TRY(read_sides(attrs, in, x));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, DC_OP_RESIZE, &from, 1, attrs, NULL));
    return onnx_window_put(in, x, node);
}
