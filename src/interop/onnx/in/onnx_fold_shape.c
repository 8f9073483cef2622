/* SPDX-License-Identifier: MIT
 *
 * Ops of constants that move elements about. What a view can say stays a view; the rest is copied
 * in blocks: an array is `outer` times `dims[axis]` times `inner` elements, seen from an axis.
 */
#include "onnx_ops.h"

#include <string.h>

static const onnx_array *operand(const onnx_in *in, uint32_t i)
{
    return onnx_input_of(in, i)->array;
}

static onnx_dims dims_of(const onnx_array *array)
{
    onnx_dims dims = { .n = array->n_dims };
    memcpy(dims.dims, array->dims, sizeof dims.dims);
    return dims;
}

/* ---- where constants come from ---- */

dc_status onnx_fold_constant(onnx_array *out, onnx_in *in)
{
    static const char *const names[] = { "value", "value_float", "value_floats", "value_int",
                                         "value_ints" };
    bool is_there = false;
    for (size_t i = 0; i < DC_COUNT_OF(names) && !is_there; i++)
        DC_TRY(onnx_array_attr(out, &is_there, in->node, names[i], &in->files));
    if (!is_there)
        return onnx_fail(in, DC_ECORRUPT, "it has no value");
    return DC_OK;
}

dc_status onnx_fold_constant_of_shape(onnx_array *out, onnx_in *in)
{
    static const uint8_t zero[8] = { 0 };
    onnx_array value = { .type = ONNX_FLOAT, .stored = ONNX_FLOAT, .data = zero, .name = "" };
    onnx_ints shape;
    bool is_there = false;
    onnx_dims dims = { 0 };
    DC_TRY(onnx_need_ints(&shape, &is_there, in, 0, NULL));
    DC_TRY(onnx_array_attr(&value, &is_there, in->node, "value", &in->files));
    if (onnx_array_count(&value) != 1)
        return onnx_fail(in, DC_ECORRUPT, "its value is no single number");
    if (shape.n > ONNX_MAX_DIMS)
        return onnx_fail(in, DC_EUNSUPPORTED, "its shape has %u dims", (unsigned)shape.n);
    for (; dims.n < shape.n; dims.n++) {
        if (shape.items[dims.n] < 0)
            return onnx_fail(in, DC_ECORRUPT, "a dim is below zero");
        dims.dims[dims.n] = (uint64_t)shape.items[dims.n];
    }
    value.n_dims = 0;
    if (onnx_count(dims.n, dims.dims) == UINT64_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "its shape is too large");
    (void)onnx_array_broadcast(out, &value, dims.n, dims.dims); /* one number fits everywhere */
    return DC_OK;
}

/* ---- shapes of constants ---- */

dc_status onnx_fold_shape(onnx_array *out, onnx_in *in)
{
    const onnx_dims dims = dims_of(operand(in, 0));
    return onnx_shape_array(out, in, &dims);
}

dc_status onnx_fold_size(onnx_array *out, onnx_in *in)
{
    uint8_t *data = NULL;
    DC_TRY(onnx_array_make(out, &data, ONNX_INT64, 0, NULL, &in->arena));
    onnx_store_int(data, 0, ONNX_INT64, (int64_t)onnx_array_count(operand(in, 0)));
    return DC_OK;
}

dc_status onnx_fold_same(onnx_array *out, onnx_in *in)
{
    *out = *operand(in, 0);
    return DC_OK;
}

static dc_status reshape(onnx_array *out, onnx_in *in, const onnx_dims *dims)
{
    return onnx_array_reshape(out, operand(in, 0), dims->n, dims->dims, &in->arena);
}

dc_status onnx_fold_reshape(onnx_array *out, onnx_in *in)
{
    const onnx_dims from = dims_of(operand(in, 0));
    onnx_dims dims;
    DC_TRY(onnx_dims_reshape(&dims, in, &from));
    return reshape(out, in, &dims);
}

dc_status onnx_fold_flatten(onnx_array *out, onnx_in *in)
{
    const onnx_dims from = dims_of(operand(in, 0));
    onnx_dims dims;
    DC_TRY(onnx_dims_flatten(&dims, in, &from));
    return reshape(out, in, &dims);
}

/* The array's dims, in other places and of other number, with their strides: `dims` leaves out or
 * adds dims of 1 only. */
static void restride(onnx_array *out, const onnx_array *from, const onnx_dims *dims)
{
    uint32_t next = 0;
    onnx_array view = *from;
    view.n_dims = dims->n;
    for (uint32_t i = 0; i < dims->n; i++) {
        view.dims[i] = dims->dims[i];
        view.strides[i] = 0;
        if (dims->dims[i] == 1)
            continue;
        while (from->dims[next] == 1)
            next++;
        view.strides[i] = from->strides[next++];
    }
    *out = view;
}

dc_status onnx_fold_squeeze(onnx_array *out, onnx_in *in)
{
    const onnx_dims from = dims_of(operand(in, 0));
    onnx_dims dims;
    uint32_t no_batch = DC_NONE;
    DC_TRY(onnx_dims_squeeze(&dims, in, &from, &no_batch));
    restride(out, operand(in, 0), &dims);
    return DC_OK;
}

dc_status onnx_fold_unsqueeze(onnx_array *out, onnx_in *in)
{
    const onnx_dims from = dims_of(operand(in, 0));
    onnx_dims dims;
    uint32_t no_batch = DC_NONE;
    DC_TRY(onnx_dims_unsqueeze(&dims, in, &from, &no_batch));
    restride(out, operand(in, 0), &dims);
    return DC_OK;
}

dc_status onnx_fold_transpose(onnx_array *out, onnx_in *in)
{
    const onnx_array *from = operand(in, 0);
    uint32_t order[ONNX_MAX_DIMS];
    onnx_array view = *from;
    DC_TRY(onnx_dims_order(order, in, from->n_dims));
    for (uint32_t i = 0; i < from->n_dims; i++) {
        view.dims[i] = from->dims[order[i]];
        view.strides[i] = from->strides[order[i]];
    }
    *out = view;
    return DC_OK;
}

dc_status onnx_fold_expand(onnx_array *out, onnx_in *in)
{
    const onnx_array *from = operand(in, 0);
    onnx_ints shape;
    bool is_there = false, is_negative = false;
    onnx_dims dims = { 0 };
    DC_TRY(onnx_need_ints(&shape, &is_there, in, 1, NULL));
    if (shape.n > ONNX_MAX_DIMS)
        return onnx_fail(in, DC_EUNSUPPORTED, "its shape has %u dims", (unsigned)shape.n);
    dims.n = DC_MAX(shape.n, from->n_dims);
    for (uint32_t i = 1; i <= dims.n; i++) { /* from the last one */
        const uint64_t own = i <= from->n_dims ? from->dims[from->n_dims - i] : 1;
        const int64_t said = i <= shape.n ? shape.items[shape.n - i] : 1;
        is_negative = is_negative || said < 0;
        dims.dims[dims.n - i] = said == 1 ? own : (uint64_t)said;
    }
    if (is_negative || onnx_count(dims.n, dims.dims) == UINT64_MAX ||
        !onnx_array_broadcast(out, from, dims.n, dims.dims))
        return onnx_fail(in, DC_ECORRUPT, "its constant does not fit its shape");
    return DC_OK;
}

/* ---- blocks ---- */

/* Dims before and after an axis. */
typedef struct blocks {
    uint64_t outer, inner_bytes;
} blocks;

static blocks blocks_of(const onnx_array *array, uint32_t axis)
{
    return (blocks){ onnx_count(axis, array->dims),
                     onnx_count(array->n_dims - axis - 1, array->dims + axis + 1) *
                         onnx_type_bytes(array->type) };
}

/* Places begin, begin + step, ... of an axis. */
static dc_status take_places(onnx_array *out, const onnx_array *from, const onnx_cut *cut,
                             dc_arena *arena)
{
    onnx_array source = *from, cut_out;
    uint8_t *data = NULL;
    if (cut->step > 0) {
        source.data += (uint64_t)cut->begin * source.strides[cut->axis] *
                       (cut->n > 0 ? onnx_type_bytes(source.stored) : 0);
        source.strides[cut->axis] *= (uint64_t)cut->step;
        source.dims[cut->axis] = cut->n;
        *out = source;
        return DC_OK;
    }
    DC_TRY(onnx_array_settle(&source, from, arena));
    onnx_dims dims = dims_of(from);
    dims.dims[cut->axis] = cut->n;
    DC_TRY(onnx_array_make(&cut_out, &data, from->type, dims.n, dims.dims, arena));
    const blocks b = blocks_of(from, cut->axis);
    const uint64_t n_outer = onnx_array_count(&cut_out) > 0 ? b.outer : 0;
    for (uint64_t o = 0; o < n_outer; o++)
        for (uint64_t k = 0; k < cut->n; k++) {
            const uint64_t place = (uint64_t)(cut->begin + (int64_t)k * cut->step);
            memcpy(data + (o * cut->n + k) * b.inner_bytes,
                   source.data + (o * from->dims[cut->axis] + place) * b.inner_bytes,
                   b.inner_bytes);
        }
    cut_out.name = from->name;
    *out = cut_out;
    return DC_OK;
}

dc_status onnx_fold_slice(onnx_array *out, onnx_in *in)
{
    onnx_array view = *operand(in, 0);
    const onnx_dims from = dims_of(&view);
    onnx_cut cuts[ONNX_MAX_DIMS];
    uint32_t n_cuts = 0;
    DC_TRY(onnx_dims_cuts(cuts, &n_cuts, in, &from));
    for (uint32_t i = 0; i < n_cuts; i++)
        DC_TRY(take_places(&view, &view, &cuts[i], &in->arena));
    *out = view;
    return DC_OK;
}

static dc_status concat_dims(onnx_dims *out, uint32_t *axis, onnx_in *in)
{
    const onnx_array *first = operand(in, 0);
    int64_t said = 0;
    *out = dims_of(first);
    DC_TRY(onnx_node_int(&said, in, "axis", 1));
    DC_TRY(onnx_axis(axis, in, said, first->n_dims));
    out->dims[*axis] = 0;
    for (uint32_t i = 0; i < in->node->n_inputs; i++) {
        const onnx_array *a = operand(in, i);
        bool fits = a->n_dims == first->n_dims && a->type == first->type;
        for (uint32_t d = 0; fits && d < a->n_dims; d++)
            fits = d == *axis || a->dims[d] == first->dims[d];
        if (!fits || onnx_array_count(a) == UINT64_MAX)
            return onnx_fail(in, DC_ECORRUPT, "constants 0 and %u do not fit together", i);
        if (a->dims[*axis] > INT64_MAX - out->dims[*axis])
            return onnx_fail(in, DC_ECORRUPT, "dim %u of its result is beyond counting", *axis);
        out->dims[*axis] += a->dims[*axis];
    }
    return DC_OK;
}

dc_status onnx_fold_concat(onnx_array *out, onnx_in *in)
{
    onnx_dims dims;
    onnx_array whole, source;
    uint32_t axis = 0;
    uint8_t *data = NULL;
    uint64_t start = 0;
    DC_TRY(concat_dims(&dims, &axis, in));
    DC_TRY(onnx_array_make(&whole, &data, operand(in, 0)->type, dims.n, dims.dims, &in->arena));
    const blocks b = blocks_of(&whole, axis);
    for (uint32_t i = 0; i < in->node->n_inputs; i++) {
        DC_TRY(onnx_array_settle(&source, operand(in, i), &in->arena));
        const uint64_t n_bytes = source.dims[axis] * b.inner_bytes;
        for (uint64_t o = 0; o < b.outer && n_bytes > 0; o++)
            memcpy(data + o * dims.dims[axis] * b.inner_bytes + start, source.data + o * n_bytes,
                   n_bytes);
        start += n_bytes;
    }
    *out = whole;
    return DC_OK;
}

/* The places of `axis` that the indices name, in dims of the indices. */
dc_status onnx_fold_gather(onnx_array *out, onnx_in *in)
{
    const onnx_array *from = operand(in, 0), *indices = operand(in, 1);
    onnx_array source, found;
    int64_t said = 0;
    uint32_t axis = 0;
    uint8_t *data = NULL;
    onnx_dims dims = { 0 };
    DC_TRY(onnx_node_int(&said, in, "axis", 0));
    DC_TRY(onnx_axis(&axis, in, said, from->n_dims));
    if (from->n_dims + indices->n_dims - 1 > ONNX_MAX_DIMS || onnx_type_is_float(indices->type))
        return onnx_fail(in, DC_EUNSUPPORTED, "its indices");
    for (uint32_t i = 0; i < axis; i++)
        dims.dims[dims.n++] = from->dims[i];
    for (uint32_t i = 0; i < indices->n_dims; i++)
        dims.dims[dims.n++] = indices->dims[i];
    for (uint32_t i = axis + 1; i < from->n_dims; i++)
        dims.dims[dims.n++] = from->dims[i];
    DC_TRY(onnx_array_settle(&source, from, &in->arena));
    DC_TRY(onnx_array_make(&found, &data, from->type, dims.n, dims.dims, &in->arena));
    const blocks b = blocks_of(from, axis);
    const uint64_t n = onnx_array_count(indices), n_places = from->dims[axis];
    for (uint64_t k = 0; k < n && onnx_array_count(&found) > 0; k++) {
        const int64_t index = onnx_int_at(indices, k);
        const uint64_t place = (uint64_t)(index < 0 ? index + (int64_t)n_places : index);
        if (place >= n_places)
            return onnx_fail(in, DC_ECORRUPT, "index %lld of %llu", (long long)index,
                             (unsigned long long)n_places);
        for (uint64_t o = 0; o < b.outer; o++)
            memcpy(data + (o * n + k) * b.inner_bytes,
                   source.data + (o * n_places + place) * b.inner_bytes, b.inner_bytes);
    }
    *out = found;
    return DC_OK;
}
