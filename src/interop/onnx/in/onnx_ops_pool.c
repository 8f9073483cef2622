/* SPDX-License-Identifier: MIT
 *
 * Ops over pictures without weights: pools, means, LRN.
 */
#include "onnx_ops.h"
#include "onnx_window.h"

#include <string.h>

/* ---- pools ---- */

static dc_status refuse_dilation(const onnx_in *in, const double *attrs)
{
    if (attrs[DC_ATTR_DILATION_H] == 1 && attrs[DC_ATTR_DILATION_W] == 1)
        return DC_OK;
    return onnx_fail(in, DC_EUNSUPPORTED, "dilations other than 1");
}

static dc_status plan_pool(onnx_in *in, dc_op op)
{
    onnx_value *x = NULL;
    double attrs[DC_N_ATTRS];
    dc_shape shape;
    int64_t is_ceil = 0, counts_pad = 0;
    uint32_t from = 0, node = 0;
    DC_TRY(onnx_need_batch(&x, in, 0));
    DC_TRY(onnx_window_shape(&shape, in, x, "pooled"));
    dc_attrs_init(attrs, op);
    DC_TRY(onnx_window(attrs, in, x, &shape, NULL));
    DC_TRY(refuse_dilation(in, attrs));
    DC_TRY(onnx_node_int(&is_ceil, in, "ceil_mode", 0));
    DC_TRY(onnx_node_int(&counts_pad, in, "count_include_pad", 0));
    attrs[DC_ATTR_CEIL_MODE] = is_ceil != 0;
    attrs[DC_ATTR_COUNT_PAD] = counts_pad != 0;
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, op, &from, 1, attrs, NULL));
    return onnx_window_put(in, x, node);
}

dc_status onnx_read_max_pool(onnx_in *in)
{
    return plan_pool(in, DC_OP_MAX_POOL);
}

dc_status onnx_read_average_pool(onnx_in *in)
{
    return plan_pool(in, DC_OP_AVERAGE_POOL);
}

/* Output 0 is of the dims of x, of which those in `reduced` (bit i: dim i) are 1 or, unless
 * `keeps`, gone. */
static dc_status put_reduced(onnx_in *in, const onnx_value *x, uint32_t node, uint32_t reduced,
                             bool keeps)
{
    onnx_dims dims = { 0 };
    for (uint32_t i = 0; i < x->n_dims; i++)
        if (!(reduced >> i & 1u))
            dims.dims[dims.n++] = x->dims[i];
        else if (keeps)
            dims.dims[dims.n++] = 1;
    onnx_drop_dims(in, keeps ? 0 : reduced);
    return onnx_set_value(in, 0, node, dims.n, dims.dims);
}

/* All dims of x from `first` on, as bits. */
static uint32_t dims_from(const onnx_value *x, uint32_t first)
{
    return (1u << x->n_dims) - (1u << first);
}

/* The mean over all dims from `n_kept` on, which is that of a picture with the dims before as its
 * channels. */
static dc_status plan_mean(uint32_t *out, onnx_in *in, onnx_value *x, uint32_t n_kept)
{
    uint32_t from = 0;
    dc_shape shape;
    const uint64_t n_channels = onnx_count(n_kept - x->n_batch, x->dims + x->n_batch);
    const uint64_t n_rest = onnx_count(x->n_dims - n_kept, x->dims + n_kept);
    if (n_channels > UINT32_MAX || n_rest > UINT32_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input is too large");
    shape = dc_shape_of(3, (uint32_t)n_channels, (uint32_t)n_rest, 1, 0);
    if (n_kept == x->n_batch + 1)
        DC_TRY(onnx_picture_shape(&shape, in, x));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    return onnx_plan(out, in, DC_OP_GLOBAL_AVERAGE_POOL, &from, 1, NULL, NULL);
}

dc_status onnx_read_global_average_pool(onnx_in *in)
{
    onnx_value *x = NULL;
    uint32_t node = 0;
    DC_TRY(onnx_need_batch(&x, in, 0));
    if (x->n_dims < 3)
        return onnx_fail(in, DC_EUNSUPPORTED, "of %u dims", (unsigned)x->n_dims);
    DC_TRY(plan_mean(&node, in, x, 2));
    return put_reduced(in, x, node, dims_from(x, 2), true);
}

dc_status onnx_read_global_max_pool(onnx_in *in)
{
    onnx_value *x = NULL;
    double attrs[DC_N_ATTRS];
    dc_shape shape;
    uint32_t from = 0, node = 0;
    DC_TRY(onnx_need_batch(&x, in, 0));
    if (x->n_dims < 3)
        return onnx_fail(in, DC_EUNSUPPORTED, "of %u dims", (unsigned)x->n_dims);
    DC_TRY(onnx_picture_shape(&shape, in, x));
    dc_attrs_init(attrs, DC_OP_MAX_POOL);
    attrs[DC_ATTR_KERNEL_H] = shape.dims[1];
    attrs[DC_ATTR_KERNEL_W] = shape.dims[2];
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, DC_OP_MAX_POOL, &from, 1, attrs, NULL));
    return put_reduced(in, x, node, dims_from(x, 2), true);
}

/* The mean over any dims: first these are moved to the end. */
static dc_status plan_mean_between(uint32_t *out, onnx_in *in, onnx_value *x, uint32_t reduced)
{
    double attrs[DC_N_ATTRS];
    uint32_t from = 0, n = 0, order[ONNX_MAX_DIMS] = { 0 };
    uint64_t n_channels = 1;
    dc_shape shape;
    DC_TRY(onnx_own_shape(&shape, in, x));
    const uint32_t own = reduced >> x->n_batch;
    for (uint32_t is_reduced = 0; is_reduced < 2; is_reduced++)
        for (uint32_t i = 0; i < shape.n_dims; i++) {
            if ((own >> i & 1u) != is_reduced)
                continue;
            order[n++] = i;
            n_channels *= is_reduced ? 1 : shape.dims[i];
        }
    dc_attrs_init(attrs, DC_OP_TRANSPOSE);
    for (uint32_t i = 0; i < n; i++)
        attrs[DC_ATTR_DIM_0 + i] = order[i] + 1;
    const uint64_t n_rest = dc_shape_count(&shape) / n_channels;
    if (n_channels > UINT32_MAX || n_rest > UINT32_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input is too large");
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan_helper(&from, in, DC_OP_TRANSPOSE, &from, 1, attrs));
    dc_attrs_init(attrs, DC_OP_RESHAPE);
    attrs[DC_ATTR_DIM_0] = (double)n_channels;
    attrs[DC_ATTR_DIM_1] = (double)n_rest;
    attrs[DC_ATTR_DIM_2] = 1;
    DC_TRY(onnx_plan_helper(&from, in, DC_OP_RESHAPE, &from, 1, attrs));
    return onnx_plan(out, in, DC_OP_GLOBAL_AVERAGE_POOL, &from, 1, NULL, NULL);
}

dc_status onnx_read_reduce_mean(onnx_in *in)
{
    onnx_value *x = NULL;
    int64_t keeps = 1;
    uint32_t reduced = 0;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_node_int(&keeps, in, "keepdims", 1));
    DC_TRY(onnx_dims_reduced(&reduced, in, x->n_dims));
    uint32_t n_kept = x->n_batch, node = x->node;
    while (n_kept < x->n_dims && !(reduced >> n_kept & 1u))
        n_kept++;
    const uint32_t batch = in->is_single ? x->n_batch : 0; /* the mean over one is that one */
    if ((reduced & x->n_batch & ~batch) != 0)
        return onnx_fail(in, DC_EUNSUPPORTED, "over the batch");
    if ((reduced | batch) != (dims_from(x, n_kept) | batch))
        DC_TRY(plan_mean_between(&node, in, x, reduced));
    else if (n_kept < x->n_dims)
        DC_TRY(plan_mean(&node, in, x, n_kept));
    return put_reduced(in, x, node, reduced, keeps != 0);
}

/* ---- LRN ---- */

dc_status onnx_read_lrn(onnx_in *in)
{
    onnx_value *x = NULL;
    double attrs[DC_N_ATTRS];
    int64_t size = 0;
    dc_shape shape;
    uint32_t from = 0, node = 0;
    DC_TRY(onnx_need_batch(&x, in, 0));
    DC_TRY(onnx_node_int(&size, in, "size", 0));
    if (size < 1 || size > UINT32_MAX)
        return onnx_fail(in, DC_ECORRUPT, "its size is %lld", (long long)size);
    if (size % 2 == 0)
        return onnx_fail(in, DC_EUNSUPPORTED, "its size of %lld is even", (long long)size);
    DC_TRY(onnx_twin_attrs(attrs, in, onnx_twin_of(DC_OP_LRN)));
    if (x->n_dims < 3)
        return onnx_fail(in, DC_EUNSUPPORTED, "of %u dims", (unsigned)x->n_dims);
    DC_TRY(onnx_picture_shape(&shape, in, x));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, DC_OP_LRN, &from, 1, attrs, NULL));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}
