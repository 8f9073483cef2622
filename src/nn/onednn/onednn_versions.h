/* SPDX-License-Identifier: MIT
 *
 * What differs between oneDNN's C interface in version 2 and in version 3; part of backend_onednn.c
 * and included by nobody else, after the library's own headers.
 *
 * A memory descriptor is a plain struct in 2 and an opaque pointer in 3: `md_ref` is what both take
 * as an input. A primitive descriptor is made from an operation descriptor in 2 and directly in 3:
 * make_* hide that, one per op. Some argument orders changed.
 */
#ifndef DC_NN_ONEDNN_VERSIONS_H
#define DC_NN_ONEDNN_VERSIONS_H

#define IS_V2 (DNNL_VERSION_MAJOR < 3)

#if IS_V2
typedef dnnl_memory_desc_t md_held;
typedef const dnnl_memory_desc_t *md_ref;
#define AS_REF(held) (&(held))

static int n_dims_of(md_ref md)
{
    return md->ndims;
}
#else
typedef dnnl_memory_desc_t md_held;
typedef const_dnnl_memory_desc_t md_ref;
#define AS_REF(held) (held)

static int n_dims_of(md_ref md)
{
    int32_t n = 0;
    return dnnl_memory_desc_query(md, dnnl_query_ndims_s32, &n) == dnnl_success ? n : 0;
}
#endif

typedef struct windows { /* oneDNN's types; its dilation is 0 where ours is 1 */
    dnnl_dims_t kernel, stride, dilation, low, high;
} windows;

typedef struct making {
    dnnl_engine_t engine;
    dnnl_prop_kind_t prop;
    dnnl_primitive_attr_t attr;
    const_dnnl_primitive_desc_t hint;
} making;

typedef struct eltwise { /* an activation in the library's words */
    dnnl_alg_kind_t alg, back;
    float a, b;
} eltwise;

/* Since 2.7; version 2.6's hard swish has its constants built in and ignores what it is given. */
#define HAS_HARD_SIGMOID (!IS_V2 || DNNL_VERSION_MINOR >= 7)
#if !HAS_HARD_SIGMOID
#define dnnl_eltwise_hardsigmoid dnnl_alg_kind_undef
#endif

#if IS_V2

static dnnl_status_t make(dnnl_primitive_desc_t *pd, const making *m, dnnl_status_t was,
                          const void *op)
{
    return was == dnnl_success ? dnnl_primitive_desc_create(pd, op, m->attr, m->engine, m->hint)
                               : was;
}

static dnnl_status_t make_conv(dnnl_primitive_desc_t *pd, const making *m, const windows *w,
                               md_ref src, md_ref weights, md_ref bias, md_ref dst)
{
    dnnl_convolution_desc_t op;
    dnnl_status_t status;
    if (m->prop == dnnl_backward_data)
        status = dnnl_dilated_convolution_backward_data_desc_init(&op, dnnl_convolution_direct, src,
                                                                  weights, dst, w->stride,
                                                                  w->dilation, w->low, w->high);
    else if (m->prop == dnnl_backward_weights)
        status = dnnl_dilated_convolution_backward_weights_desc_init(
            &op, dnnl_convolution_direct, src, weights, bias, dst, w->stride, w->dilation, w->low,
            w->high);
    else
        status = dnnl_dilated_convolution_forward_desc_init(&op, m->prop, dnnl_convolution_direct,
                                                            src, weights, bias, dst, w->stride,
                                                            w->dilation, w->low, w->high);
    return make(pd, m, status, &op);
}

static dnnl_status_t make_deconv(dnnl_primitive_desc_t *pd, const making *m, const windows *w,
                                 md_ref src, md_ref weights, md_ref bias, md_ref dst)
{
    dnnl_deconvolution_desc_t op;
    dnnl_status_t status;
    if (m->prop == dnnl_backward_data)
        status = dnnl_dilated_deconvolution_backward_data_desc_init(
            &op, dnnl_deconvolution_direct, src, weights, dst, w->stride, w->dilation, w->low,
            w->high);
    else if (m->prop == dnnl_backward_weights)
        status = dnnl_dilated_deconvolution_backward_weights_desc_init(
            &op, dnnl_deconvolution_direct, src, weights, bias, dst, w->stride, w->dilation,
            w->low, w->high);
    else
        status = dnnl_dilated_deconvolution_forward_desc_init(
            &op, m->prop, dnnl_deconvolution_direct, src, weights, bias, dst, w->stride,
            w->dilation, w->low, w->high);
    return make(pd, m, status, &op);
}

static dnnl_status_t make_linear(dnnl_primitive_desc_t *pd, const making *m, md_ref src,
                                 md_ref weights, md_ref bias, md_ref dst)
{
    dnnl_inner_product_desc_t op;
    dnnl_status_t status;
    if (m->prop == dnnl_backward_data)
        status = dnnl_inner_product_backward_data_desc_init(&op, src, weights, dst);
    else if (m->prop == dnnl_backward_weights)
        status = dnnl_inner_product_backward_weights_desc_init(&op, src, weights, bias, dst);
    else
        status = dnnl_inner_product_forward_desc_init(&op, m->prop, src, weights, bias, dst);
    return make(pd, m, status, &op);
}

static dnnl_status_t make_pool(dnnl_primitive_desc_t *pd, const making *m, dnnl_alg_kind_t kind,
                               const windows *w, md_ref src, md_ref dst)
{
    dnnl_pooling_v2_desc_t op;
    const dnnl_status_t status =
        m->prop == dnnl_backward_data
            ? dnnl_pooling_v2_backward_desc_init(&op, kind, src, dst, w->stride, w->kernel,
                                                 w->dilation, w->low, w->high)
            : dnnl_pooling_v2_forward_desc_init(&op, m->prop, kind, src, dst, w->stride, w->kernel,
                                                w->dilation, w->low, w->high);
    return make(pd, m, status, &op);
}

static dnnl_status_t make_eltwise(dnnl_primitive_desc_t *pd, const making *m, eltwise e,
                                  md_ref data)
{
    dnnl_eltwise_desc_t op;
    const dnnl_status_t status =
        m->prop == dnnl_backward_data
            ? dnnl_eltwise_backward_desc_init(&op, e.back, data, data, e.a, e.b)
            : dnnl_eltwise_forward_desc_init(&op, m->prop, e.alg, data, e.a, e.b);
    return make(pd, m, status, &op);
}

static dnnl_status_t make_binary(dnnl_primitive_desc_t *pd, const making *m, dnnl_alg_kind_t kind,
                                 md_ref src, md_ref src_1)
{
    dnnl_binary_desc_t op;
    return make(pd, m, dnnl_binary_desc_init(&op, kind, src, src_1, src), &op);
}

static dnnl_status_t make_norm(dnnl_primitive_desc_t *pd, const making *m, md_ref data,
                               float epsilon, unsigned flags)
{
    dnnl_batch_normalization_desc_t op;
    const dnnl_status_t status =
        m->prop == dnnl_backward
            ? dnnl_batch_normalization_backward_desc_init(&op, m->prop, data, data, epsilon, flags)
            : dnnl_batch_normalization_forward_desc_init(&op, m->prop, data, epsilon, flags);
    return make(pd, m, status, &op);
}

static dnnl_status_t make_lrn(dnnl_primitive_desc_t *pd, const making *m, md_ref data,
                              uint32_t size, const float abk[3])
{
    dnnl_lrn_desc_t op;
    const dnnl_alg_kind_t kind = dnnl_lrn_across_channels;
    const dnnl_status_t status =
        m->prop == dnnl_backward_data
            ? dnnl_lrn_backward_desc_init(&op, kind, data, data, size, abk[0], abk[1], abk[2])
            : dnnl_lrn_forward_desc_init(&op, m->prop, kind, data, size, abk[0], abk[1], abk[2]);
    return make(pd, m, status, &op);
}

static dnnl_status_t append_eltwise(dnnl_post_ops_t ops, eltwise e)
{
    return dnnl_post_ops_append_eltwise(ops, 1.0f, e.alg, e.a, e.b);
}

#else

static dnnl_status_t make_conv(dnnl_primitive_desc_t *pd, const making *m, const windows *w,
                               md_ref src, md_ref weights, md_ref bias, md_ref dst)
{
    const dnnl_alg_kind_t kind = dnnl_convolution_direct;
    if (m->prop == dnnl_backward_data)
        return dnnl_convolution_backward_data_primitive_desc_create(
            pd, m->engine, kind, src, weights, dst, w->stride, w->dilation, w->low, w->high,
            m->hint, m->attr);
    if (m->prop == dnnl_backward_weights)
        return dnnl_convolution_backward_weights_primitive_desc_create(
            pd, m->engine, kind, src, weights, bias, dst, w->stride, w->dilation, w->low, w->high,
            m->hint, m->attr);
    return dnnl_convolution_forward_primitive_desc_create(pd, m->engine, m->prop, kind, src,
                                                          weights, bias, dst, w->stride,
                                                          w->dilation, w->low, w->high, m->attr);
}

static dnnl_status_t make_deconv(dnnl_primitive_desc_t *pd, const making *m, const windows *w,
                                 md_ref src, md_ref weights, md_ref bias, md_ref dst)
{
    const dnnl_alg_kind_t kind = dnnl_deconvolution_direct;
    if (m->prop == dnnl_backward_data)
        return dnnl_deconvolution_backward_data_primitive_desc_create(
            pd, m->engine, kind, src, weights, dst, w->stride, w->dilation, w->low, w->high,
            m->hint, m->attr);
    if (m->prop == dnnl_backward_weights)
        return dnnl_deconvolution_backward_weights_primitive_desc_create(
            pd, m->engine, kind, src, weights, bias, dst, w->stride, w->dilation, w->low, w->high,
            m->hint, m->attr);
    return dnnl_deconvolution_forward_primitive_desc_create(pd, m->engine, m->prop, kind, src,
                                                            weights, bias, dst, w->stride,
                                                            w->dilation, w->low, w->high, m->attr);
}

static dnnl_status_t make_linear(dnnl_primitive_desc_t *pd, const making *m, md_ref src,
                                 md_ref weights, md_ref bias, md_ref dst)
{
    if (m->prop == dnnl_backward_data)
        return dnnl_inner_product_backward_data_primitive_desc_create(pd, m->engine, src, weights,
                                                                      dst, m->hint, m->attr);
    if (m->prop == dnnl_backward_weights)
        return dnnl_inner_product_backward_weights_primitive_desc_create(
            pd, m->engine, src, weights, bias, dst, m->hint, m->attr);
    return dnnl_inner_product_forward_primitive_desc_create(pd, m->engine, m->prop, src, weights,
                                                            bias, dst, m->attr);
}

static dnnl_status_t make_pool(dnnl_primitive_desc_t *pd, const making *m, dnnl_alg_kind_t kind,
                               const windows *w, md_ref src, md_ref dst)
{
    if (m->prop == dnnl_backward_data)
        return dnnl_pooling_backward_primitive_desc_create(pd, m->engine, kind, src, dst, w->stride,
                                                           w->kernel, w->dilation, w->low, w->high,
                                                           m->hint, m->attr);
    return dnnl_pooling_forward_primitive_desc_create(pd, m->engine, m->prop, kind, src, dst,
                                                      w->stride, w->kernel, w->dilation, w->low,
                                                      w->high, m->attr);
}

static dnnl_status_t make_eltwise(dnnl_primitive_desc_t *pd, const making *m, eltwise e,
                                  md_ref data)
{
    if (m->prop == dnnl_backward_data)
        return dnnl_eltwise_backward_primitive_desc_create(pd, m->engine, e.back, data, data, data,
                                                           e.a, e.b, m->hint, m->attr);
    return dnnl_eltwise_forward_primitive_desc_create(pd, m->engine, m->prop, e.alg, data, data,
                                                      e.a, e.b, m->attr);
}

static dnnl_status_t make_binary(dnnl_primitive_desc_t *pd, const making *m, dnnl_alg_kind_t kind,
                                 md_ref src, md_ref src_1)
{
    return dnnl_binary_primitive_desc_create(pd, m->engine, kind, src, src_1, src, m->attr);
}

static dnnl_status_t make_norm(dnnl_primitive_desc_t *pd, const making *m, md_ref data,
                               float epsilon, unsigned flags)
{
    if (m->prop == dnnl_backward)
        return dnnl_batch_normalization_backward_primitive_desc_create(
            pd, m->engine, m->prop, data, data, data, epsilon, flags, m->hint, m->attr);
    return dnnl_batch_normalization_forward_primitive_desc_create(pd, m->engine, m->prop, data,
                                                                  data, epsilon, flags, m->attr);
}

static dnnl_status_t make_lrn(dnnl_primitive_desc_t *pd, const making *m, md_ref data,
                              uint32_t size, const float abk[3])
{
    const dnnl_alg_kind_t kind = dnnl_lrn_across_channels;
    if (m->prop == dnnl_backward_data)
        return dnnl_lrn_backward_primitive_desc_create(pd, m->engine, kind, data, data, data, size,
                                                       abk[0], abk[1], abk[2], m->hint, m->attr);
    return dnnl_lrn_forward_primitive_desc_create(pd, m->engine, m->prop, kind, data, data, size,
                                                  abk[0], abk[1], abk[2], m->attr);
}

static dnnl_status_t append_eltwise(dnnl_post_ops_t ops, eltwise e)
{
    return dnnl_post_ops_append_eltwise(ops, e.alg, e.a, e.b);
}

#endif

#endif
