/* SPDX-License-Identifier: MIT
 *
 * A sliding window's attributes. The second side of a sequence is 1, and the window's too. With
 * auto_pad the result has ceil(n / stride) pixels, and what that needs of pads is halved; an odd
 * one more is put at the end (SAME_UPPER) or at the beginning.
 */
#include "onnx_window.h"

#include <string.h>

#define MAX_SIDE (INT64_C(1) << 20) /* pixels, as the model has it */

/* `n` numbers of attribute `name`, all between low and MAX_SIDE. */
static dc_status sides(int64_t *out, const onnx_in *in, const char *name, uint32_t n, int64_t low,
                       int64_t otherwise)
{
    onnx_ints said;
    DC_TRY(onnx_ints_attr(&said, in->node, name));
    if (said.n != 0 && said.n != n)
        return onnx_fail(in, DC_ECORRUPT, "its %s has %u numbers", name, (unsigned)said.n);
    for (uint32_t i = 0; i < n; i++) {
        out[i] = said.n == 0 ? otherwise : said.items[i];
        if (out[i] < low || out[i] > MAX_SIDE)
            return onnx_fail(in, out[i] < low ? DC_ECORRUPT : DC_EUNSUPPORTED, "its %s has %lld",
                             name, (long long)out[i]);
    }
    return DC_OK;
}

static dc_status kernel_of(int64_t *out, const onnx_in *in, uint32_t n_sides,
                           const uint64_t *kernel)
{
    DC_TRY(sides(out, in, "kernel_shape", n_sides, kernel == NULL ? 1 : 0, 0));
    for (uint32_t i = 0; kernel != NULL && i < n_sides; i++) {
        if (kernel[i] > MAX_SIDE || (out[i] != 0 && (uint64_t)out[i] != kernel[i]))
            return onnx_fail(in, DC_ECORRUPT, "its weight does not have its kernel_shape");
        out[i] = (int64_t)kernel[i];
    }
    return DC_OK;
}

typedef struct window {
    uint32_t n_sides;
    int64_t kernel[2], stride[2], dilation[2];
    int64_t pads[4]; /* top, left, bottom, right */
} window;

static void pad_same(window *w, const dc_shape *shape, bool is_upper)
{
    for (uint32_t i = 0; i < 2; i++) {
        const int64_t n = shape->dims[1 + i], stride = w->stride[i];
        const int64_t reach = w->dilation[i] * (w->kernel[i] - 1) + 1;
        const int64_t wanted = ((n + stride - 1) / stride - 1) * stride + reach;
        const int64_t total = DC_MAX(wanted - n, 0);
        w->pads[i] = is_upper ? total / 2 : total - total / 2;
        w->pads[2 + i] = total - w->pads[i];
    }
}

/* Before each side and then behind each, in the file and in ours. */
static dc_status given_pads(window *w, const onnx_in *in)
{
    int64_t pads[4];
    DC_TRY(sides(pads, in, "pads", 2 * w->n_sides, 0, 0));
    for (uint32_t i = 0; i < w->n_sides; i++) {
        w->pads[i] = pads[i];
        w->pads[2 + i] = pads[w->n_sides + i];
    }
    return DC_OK;
}

static dc_status pads_of(window *w, const onnx_in *in, const dc_shape *shape)
{
    char how[32];
    DC_TRY(onnx_text_attr(how, in->node, "auto_pad", "NOTSET"));
    if (strcmp(how, "SAME_UPPER") == 0 || strcmp(how, "SAME_LOWER") == 0) {
        pad_same(w, shape, how[5] == 'U');
        return DC_OK;
    }
    if (strcmp(how, "VALID") == 0)
        return DC_OK;
    if (strcmp(how, "NOTSET") == 0 || how[0] == '\0')
        return given_pads(w, in);
    return onnx_fail(in, DC_EUNSUPPORTED, "its auto_pad is '%s', which is not supported", how);
}

static dc_status check_reach(const onnx_in *in, const window *w, const dc_shape *shape)
{
    for (uint32_t i = 0; i < 2; i++) {
        const int64_t reach = w->dilation[i] * (w->kernel[i] - 1) + 1;
        const int64_t padded = shape->dims[1 + i] + w->pads[i] + w->pads[2 + i];
        if (reach > padded)
            return onnx_fail(in, DC_ECORRUPT, "a kernel of %lld does not fit in %lld padded pixels",
                             (long long)reach, (long long)padded);
    }
    return DC_OK;
}

dc_status onnx_window_shape(dc_shape *out, const onnx_in *in, const onnx_value *x, const char *how)
{
    const uint32_t n_own = x->n_dims - x->n_batch;
    if (x->n_batch != 1 || (n_own != 2 && n_own != 3))
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "over %d dims, only pictures and sequences can be %s", (int)n_own - 1,
                         how);
    return onnx_picture_shape(out, in, x);
}

static void put_window(double attrs[DC_N_ATTRS], const window *w)
{
    for (uint32_t i = 0; i < 2; i++) {
        attrs[DC_ATTR_KERNEL_H + i] = (double)w->kernel[i];
        attrs[DC_ATTR_STRIDE_H + i] = (double)w->stride[i];
        attrs[DC_ATTR_DILATION_H + i] = (double)w->dilation[i];
    }
    for (uint32_t i = 0; i < 4; i++)
        attrs[DC_ATTR_PAD_TOP + i] = (double)w->pads[i];
}

dc_status onnx_window(double attrs[DC_N_ATTRS], const onnx_in *in, const onnx_value *x,
                      const dc_shape *shape, const uint64_t *kernel)
{
    window w = { .n_sides = x->n_dims - x->n_batch - 1, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0 } };
    DC_TRY(kernel_of(w.kernel, in, w.n_sides, kernel));
    DC_TRY(sides(w.stride, in, "strides", w.n_sides, 1, 1));
    DC_TRY(sides(w.dilation, in, "dilations", w.n_sides, 1, 1));
    DC_TRY(pads_of(&w, in, shape));
    DC_TRY(check_reach(in, &w, shape));
    put_window(attrs, &w);
    return DC_OK;
}

/* ---- of a ConvTranspose ---- */

/* What of the whole result is cut off so that `n_wanted` pixels are left; what is missing is put
 * at the end. */
static void cut_to(window *w, int64_t extra[2], uint32_t i, int64_t n, int64_t n_wanted,
                   bool is_upper)
{
    const int64_t whole = (n - 1) * w->stride[i] + w->dilation[i] * (w->kernel[i] - 1) + 1;
    const int64_t total = whole + extra[i] - n_wanted, cut = DC_MAX(total, 0);
    extra[i] += cut - total;
    w->pads[i] = is_upper ? cut / 2 : cut - cut / 2;
    w->pads[2 + i] = cut - w->pads[i];
}

static dc_status turned_pads(window *w, int64_t extra[2], const onnx_in *in, const dc_shape *shape)
{
    char how[32];
    int64_t wanted[2] = { 0, 0 };
    DC_TRY(onnx_text_attr(how, in->node, "auto_pad", "NOTSET"));
    DC_TRY(sides(wanted, in, "output_shape", w->n_sides, 0, 0));
    const bool is_same = strncmp(how, "SAME_", 5) == 0;
    if (!is_same && strcmp(how, "VALID") != 0 && strcmp(how, "NOTSET") != 0 && how[0] != '\0')
        return onnx_fail(in, DC_EUNSUPPORTED, "its auto_pad is '%s', which is not supported", how);
    if (!is_same && wanted[0] == 0)
        return strcmp(how, "VALID") == 0 ? DC_OK : given_pads(w, in);
    for (uint32_t i = 0; i < w->n_sides; i++) {
        const int64_t n = shape->dims[1 + i];
        cut_to(w, extra, i, n, wanted[0] != 0 ? wanted[i] : n * w->stride[i],
               strcmp(how, "SAME_UPPER") == 0);
    }
    return DC_OK;
}

dc_status onnx_window_turned(double attrs[DC_N_ATTRS], const onnx_in *in, const onnx_value *x,
                             const dc_shape *shape, const uint64_t *kernel)
{
    window w = { .n_sides = x->n_dims - x->n_batch - 1, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0 } };
    int64_t extra[2] = { 0, 0 };
    DC_TRY(kernel_of(w.kernel, in, w.n_sides, kernel));
    DC_TRY(sides(w.stride, in, "strides", w.n_sides, 1, 1));
    DC_TRY(sides(w.dilation, in, "dilations", w.n_sides, 1, 1));
    DC_TRY(sides(extra, in, "output_padding", w.n_sides, 0, 0));
    DC_TRY(turned_pads(&w, extra, in, shape));
    put_window(attrs, &w);
    attrs[DC_ATTR_OUTPUT_PAD_H] = (double)extra[0];
    attrs[DC_ATTR_OUTPUT_PAD_W] = (double)extra[1];
    return DC_OK;
}

dc_status onnx_window_put(onnx_in *in, const onnx_value *x, uint32_t node)
{
    const dc_shape *shape = &in->plan->nodes[node].shape;
    uint64_t dims[ONNX_MAX_DIMS] = { in->batch, shape->dims[0], shape->dims[1], shape->dims[2] };
    return onnx_set_value(in, 0, node, x->n_dims, dims);
}
