/* SPDX-License-Identifier: MIT
 *
 * A sliding window's attributes. With auto_pad the result has ceil(n / stride) pixels, and what
 * that needs of pads is halved; an odd one more is put at the end (SAME_UPPER) or at the beginning.
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

static dc_status kernel_of(int64_t *out, const onnx_in *in, const uint64_t *kernel)
{
    DC_TRY(sides(out, in, "kernel_shape", 2, kernel == NULL ? 1 : 0, 0));
    for (uint32_t i = 0; kernel != NULL && i < 2; i++) {
        if (kernel[i] > MAX_SIDE || (out[i] != 0 && (uint64_t)out[i] != kernel[i]))
            return onnx_fail(in, DC_ECORRUPT, "its weight does not have its kernel_shape");
        out[i] = (int64_t)kernel[i];
    }
    return DC_OK;
}

typedef struct window {
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
        return sides(w->pads, in, "pads", 4, 0, 0);
    return onnx_fail(in, DC_EUNSUPPORTED, "its auto_pad is '%s'", how);
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

dc_status onnx_window(double attrs[DC_N_ATTRS], const onnx_in *in, const dc_shape *shape,
                      const uint64_t *kernel)
{
    window w = { .pads = { 0 } };
    DC_TRY(kernel_of(w.kernel, in, kernel));
    DC_TRY(sides(w.stride, in, "strides", 2, 1, 1));
    DC_TRY(sides(w.dilation, in, "dilations", 2, 1, 1));
    DC_TRY(pads_of(&w, in, shape));
    DC_TRY(check_reach(in, &w, shape));
    for (uint32_t i = 0; i < 2; i++) {
        attrs[DC_ATTR_KERNEL_H + i] = (double)w.kernel[i];
        attrs[DC_ATTR_STRIDE_H + i] = (double)w.stride[i];
        attrs[DC_ATTR_DILATION_H + i] = (double)w.dilation[i];
    }
    for (uint32_t i = 0; i < 4; i++)
        attrs[DC_ATTR_PAD_TOP + i] = (double)w.pads[i];
    return DC_OK;
}
