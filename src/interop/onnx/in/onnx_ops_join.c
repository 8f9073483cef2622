/* SPDX-License-Identifier: MIT
 *
 * Ops that put values together and take them apart: Concat, Split, Slice, Gather of one place.
 */
#include "onnx_ops.h"

#include <string.h>

/* ---- Concat ---- */

/* Input `i` as Concat along `axis` sees it: a value, or a constant with its dims. Of a free batch
 * all is read as for one sample, and a constant that was repeated for each is that one. */
static dc_status part_of(onnx_value *out, const onnx_in *in, uint32_t i, uint32_t axis)
{
    *out = *onnx_input_of(in, i);
    if (out->node == DC_NONE) {
        if (in->batch > 1)
            return onnx_fail(in, DC_EUNSUPPORTED, "its constant is not the same for all samples");
        if (in->batch_at > 0)
            return onnx_fail_batch(in, "of a constant, the batch is not its first dim");
        out->n_dims = out->array->n_dims;
        memcpy(out->dims, out->array->dims, sizeof out->dims);
        out->n_batch = !in->is_single || (out->n_dims > 0 && out->dims[0] == 1);
    }
    *out = *onnx_along(out, in, out, axis);
    return axis < out->n_batch ? onnx_fail_batch(in, "it joins along the batch") : DC_OK;
}

/* How many places come before the axis, in a sample. */
static uint64_t count_before(const onnx_value *v, uint32_t axis)
{
    return onnx_count(axis - v->n_batch, v->dims + v->n_batch);
}

/* The shape in which `v` is joined along `axis`: where nothing but the batch comes before it, its
 * dims from there on are channels and a picture. */
static dc_status joined_shape(dc_shape *out, const onnx_in *in, const onnx_value *v, uint32_t axis)
{
    const uint64_t n_before = count_before(v, axis);
    const uint64_t n_rest = onnx_count(v->n_dims - axis - 1, v->dims + axis + 1);
    if (n_before > UINT32_MAX || v->dims[axis] > UINT32_MAX || n_rest > UINT32_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input is too large");
    if (n_before > 1)
        *out = dc_shape_of(3, (uint32_t)n_before, (uint32_t)v->dims[axis], (uint32_t)n_rest, 0);
    else if (n_rest == 1 && axis + 1 == v->n_dims)
        *out = dc_shape_of(1, (uint32_t)v->dims[axis], 0, 0, 0);
    else if (axis == v->n_batch)
        return onnx_picture_shape(out, in, v);
    else
        *out = dc_shape_of(3, (uint32_t)v->dims[axis], (uint32_t)n_rest, 1, 0);
    return DC_OK;
}

/* (A,B,C) as (B,A,C). */
static dc_status swap(uint32_t *out, onnx_in *in, uint32_t from, bool is_last)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_TRANSPOSE);
    attrs[DC_ATTR_DIM_0] = 2;
    attrs[DC_ATTR_DIM_1] = 1;
    attrs[DC_ATTR_DIM_2] = 3;
    if (is_last)
        return onnx_plan(out, in, DC_OP_TRANSPOSE, &from, 1, attrs, NULL);
    return onnx_plan_helper(out, in, DC_OP_TRANSPOSE, &from, 1, attrs);
}

/* A node with the part's elements, its places of the axis first. */
static dc_status joined_node(uint32_t *out, onnx_in *in, onnx_value *v, uint32_t axis)
{
    dc_shape shape;
    uint64_t dims[DC_MAX_DIMS];
    onnx_array array;
    DC_TRY(joined_shape(&shape, in, v, axis));
    if (v->node != DC_NONE) {
        DC_TRY(onnx_shaped(out, in, v, &shape));
    } else {
        for (uint32_t i = 0; i < shape.n_dims; i++)
            dims[i] = shape.dims[i];
        DC_TRY(onnx_array_reshape(&array, v->array, shape.n_dims, dims, &in->arena));
        DC_TRY(onnx_plan_constant(out, in, &array, &shape));
    }
    return count_before(v, axis) > 1 ? swap(out, in, *out, false) : DC_OK;
}

static dc_status check_joined(const onnx_in *in, const onnx_dims *first, const onnx_value *v,
                              uint32_t axis)
{
    bool fits = v->n_dims == first->n;
    for (uint32_t d = 0; fits && d < v->n_dims; d++)
        fits = d == axis || v->dims[d] == first->dims[d];
    return fits ? DC_OK : onnx_fail(in, DC_ECORRUPT, "its inputs do not fit together");
}

static dc_status plan_concat(uint32_t *out, onnx_in *in, const uint32_t *parts, uint32_t n_parts,
                             bool is_swapped)
{
    uint32_t node = 0;
    if (!is_swapped)
        return onnx_plan(out, in, DC_OP_CONCAT, parts, n_parts, NULL, NULL);
    DC_TRY(onnx_plan_helper(&node, in, DC_OP_CONCAT, parts, n_parts, NULL));
    return swap(out, in, node, true);
}

dc_status onnx_read_concat(onnx_in *in)
{
    const onnx_value *first = onnx_input_of(in, 0);
    const bool is_value = first->node != DC_NONE;
    onnx_dims dims = { .n = is_value ? first->n_dims : first->array->n_dims };
    onnx_value v = { 0 };
    int64_t said = 0;
    uint32_t axis = 0, node = 0, n_parts = 0;
    memcpy(dims.dims, is_value ? first->dims : first->array->dims, sizeof dims.dims);
    DC_TRY(onnx_node_int(&said, in, "axis", 1));
    DC_TRY(onnx_axis(&axis, in, said, dims.n));
    uint32_t *parts = dc_arena_take(&in->arena, in->node->n_inputs, sizeof *parts);
    DC_TRY(in->arena.status);
    dims.dims[axis] = 0;
    for (uint32_t i = 0; i < in->node->n_inputs; i++) {
        DC_TRY(part_of(&v, in, i, axis));
        DC_TRY(check_joined(in, &dims, &v, axis));
        dims.dims[axis] += v.dims[axis];
        if (v.dims[axis] > 0) /* a constant may have none */
            DC_TRY(joined_node(&parts[n_parts++], in, &v, axis));
    }
    DC_TRY(plan_concat(&node, in, parts, n_parts, count_before(&v, axis) > 1));
    return onnx_set_value(in, 0, node, dims.n, dims.dims);
}

/* ---- slices ---- */

/* `size` places of dim `axis` of a sample, every `step` from `begin` on, of node `from`. */
static dc_status plan_slice(uint32_t *out, onnx_in *in, uint32_t from, uint32_t axis,
                            uint64_t begin, int64_t step, uint64_t size, const char *name)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_SLICE);
    attrs[DC_ATTR_AXIS] = axis;
    attrs[DC_ATTR_BEGIN] = (double)begin;
    attrs[DC_ATTR_STEP] = (double)step;
    attrs[DC_ATTR_SIZE] = (double)size;
    return onnx_plan(out, in, DC_OP_SLICE, &from, 1, attrs, name);
}

static dc_status own_node(uint32_t *out, onnx_in *in, onnx_value *x)
{
    dc_shape shape;
    DC_TRY(onnx_own_shape(&shape, in, x));
    return onnx_shaped(out, in, x, &shape);
}

dc_status onnx_read_slice(onnx_in *in)
{
    onnx_value *x = NULL;
    onnx_cut cuts[ONNX_MAX_DIMS];
    uint32_t n_cuts = 0, node = 0;
    bool is_cut = false;
    DC_TRY(onnx_need_value(&x, in, 0));
    onnx_dims dims = { .n = x->n_dims };
    memcpy(dims.dims, x->dims, sizeof dims.dims);
    DC_TRY(onnx_dims_cuts(cuts, &n_cuts, in, &dims));
    node = x->node;
    for (uint32_t i = 0; i < n_cuts; i++) {
        const onnx_cut *c = &cuts[i];
        const bool is_batch = c->axis < x->n_batch;
        const bool is_turned = c->step < 0 && (c->n > 1 || (is_batch && !in->is_single));
        if (c->n == dims.dims[c->axis] && !is_turned)
            continue;
        if (is_batch && is_turned)
            return onnx_fail_batch(in, "it turns the batch round");
        if (is_batch)
            return onnx_fail(in, DC_EUNSUPPORTED, "it cuts the batch");
        if (c->n == 0)
            return onnx_fail(in, DC_EUNSUPPORTED, "it leaves nothing of axis %u",
                             (unsigned)c->axis);
        if (!is_cut)
            DC_TRY(own_node(&node, in, x));
        is_cut = true;
        const int64_t step = c->n > 1 ? c->step : 1;
        DC_TRY(plan_slice(&node, in, node, c->axis - x->n_batch, (uint64_t)c->begin, step, c->n,
                          NULL));
        dims.dims[c->axis] = c->n;
    }
    return onnx_set_value(in, 0, node, dims.n, dims.dims);
}

/* How many places each output of Split has. */
static dc_status split_sizes(uint64_t *sizes, const onnx_in *in, uint64_t n_places)
{
    const onnx_array *said = NULL;
    const uint32_t n = in->node->n_outputs;
    const uint64_t each = (n_places + n - 1) / n;
    onnx_ints attr;
    uint64_t left = n_places;
    DC_TRY(onnx_optional_array(&said, in, 1));
    DC_TRY(onnx_ints_attr(&attr, in->node, "split"));
    const uint64_t n_said = said != NULL ? onnx_array_count(said) : attr.n;
    if (n_said != n && (n_said != 0 || said != NULL))
        return onnx_fail(in, DC_ECORRUPT, "%llu sizes for %u outputs", (unsigned long long)n_said,
                         (unsigned)n);
    for (uint32_t i = 0; i < n; i++) {
        sizes[i] = DC_MIN(each, left);
        if (n_said != 0)
            sizes[i] = (uint64_t)(said != NULL ? onnx_int_at(said, i) : attr.items[i]);
        if (sizes[i] == 0)
            return onnx_fail(in, DC_EUNSUPPORTED, "its output %u is empty", (unsigned)i);
        if (sizes[i] > left)
            return onnx_fail(in, DC_ECORRUPT, "its sizes do not fit %llu places",
                             (unsigned long long)n_places);
        left -= sizes[i];
    }
    return left == 0 ? DC_OK
                     : onnx_fail(in, DC_ECORRUPT, "its sizes do not fill %llu places",
                                 (unsigned long long)n_places);
}

dc_status onnx_read_split(onnx_in *in)
{
    onnx_value *x = NULL;
    int64_t said = 0;
    uint32_t axis = 0, from = 0, node = 0;
    uint64_t begin = 0, dims[ONNX_MAX_DIMS];
    const uint32_t n = in->node->n_outputs;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_node_int(&said, in, "axis", 0));
    DC_TRY(onnx_axis(&axis, in, said, x->n_dims));
    if (axis < x->n_batch)
        return onnx_fail(in, DC_EUNSUPPORTED, "it splits the batch");
    uint64_t *sizes = dc_arena_take(&in->arena, n, sizeof *sizes);
    DC_TRY(in->arena.status);
    DC_TRY(split_sizes(sizes, in, x->dims[axis]));
    DC_TRY(own_node(&from, in, x));
    memcpy(dims, x->dims, sizeof dims);
    for (uint32_t i = 0; i < n; i++) {
        const char *name = in->model.names.texts[in->node->outputs[i]];
        if (in->node->outputs[i] != 0) {
            node = from; /* the whole is no part: another program's Slice of it is nothing, too */
            if (sizes[i] < x->dims[axis])
                DC_TRY(plan_slice(&node, in, from, axis - x->n_batch, begin, 1, sizes[i], name));
            dims[axis] = sizes[i];
            DC_TRY(onnx_set_value(in, i, node, x->n_dims, dims));
        }
        begin += sizes[i];
    }
    return DC_OK;
}

/* Rows of a table of weights, numbered by a value. */
static dc_status read_embedding(onnx_in *in)
{
    onnx_value *x = NULL;
    const onnx_array *table = NULL;
    double attrs[DC_N_ATTRS];
    int64_t axis = 0;
    uint32_t from = 0, node = 0;
    uint64_t dims[ONNX_MAX_DIMS];
    dc_shape shape;
    DC_TRY(onnx_need_value(&x, in, 1));
    DC_TRY(onnx_need_array(&table, in, 0));
    DC_TRY(onnx_node_int(&axis, in, "axis", 0));
    if (table->n_dims != 2 || axis != 0 || x->n_dims == ONNX_MAX_DIMS ||
        onnx_array_count(table) == 0 || onnx_array_count(table) > UINT32_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "of places that are computed, but for the rows of a "
                                              "matrix");
    dc_attrs_init(attrs, DC_OP_EMBEDDING);
    attrs[DC_ATTR_N_SYMBOLS] = (double)table->dims[0];
    attrs[DC_ATTR_N_OUTPUTS] = (double)table->dims[1];
    DC_TRY(onnx_own_shape(&shape, in, x));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, DC_OP_EMBEDDING, &from, 1, attrs, onnx_layer_name(in, table)));
    DC_TRY(onnx_set_param(in, node, 0, table, 1));
    memcpy(dims, x->dims, sizeof dims);
    dims[x->n_dims] = table->dims[1];
    in->whole = (onnx_type)0;
    return onnx_set_value(in, 0, node, x->n_dims + 1, dims);
}

/* Of what a layer over time says, step by step: of a shorter sample it is its own last one, unless
 * the graph knows of lengths and takes the zeros behind. */
static bool is_last_step(const onnx_in *in, const onnx_value *x, uint32_t axis, int64_t place)
{
    const dc_node *node = &in->plan->nodes[x->node];
    return !in->has_lengths && (node->kind->traits & DC_OVER_STEPS) != 0 &&
           node->kind->n_params > 0 &&
           dc_node_whole(node, DC_ATTR_REVERSE) == 0 && axis == x->n_batch &&
           x->n_dims - x->n_batch == 2 && x->dims[axis] == node->shape.dims[0] &&
           place + 1 == (int64_t)node->shape.dims[0];
}

/* One place of an axis: a slice, whose dim goes when the index has none. */
dc_status onnx_read_gather(onnx_in *in)
{
    onnx_value *x = NULL;
    const onnx_array *index = NULL;
    int64_t said = 0;
    uint32_t axis = 0, from = 0, node = 0;
    onnx_dims dims = { 0 };
    const onnx_value *places = onnx_input_of(in, 1);
    if (places != NULL && places->node != DC_NONE)
        return read_embedding(in);
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_need_array(&index, in, 1));
    DC_TRY(onnx_node_int(&said, in, "axis", 0));
    DC_TRY(onnx_axis(&axis, in, said, x->n_dims));
    if (axis < x->n_batch && !in->is_single)
        return onnx_fail_batch(in, "it takes one sample of the batch");
    if (index->n_dims > 1 || onnx_array_count(index) != 1)
        return onnx_fail(in, DC_EUNSUPPORTED, "of more than one place");
    const int64_t n_places = (int64_t)x->dims[axis];
    int64_t place = onnx_int_at(index, 0);
    place += place < 0 ? n_places : 0;
    if (place < 0 || place >= n_places)
        return onnx_fail(in, DC_ECORRUPT, "its index is outside of %lld", (long long)n_places);
    node = x->node;
    if (is_last_step(in, x, axis, place)) {
        DC_TRY(onnx_plan(&node, in, DC_OP_LAST, &x->node, 1, NULL, NULL));
    } else if (n_places > 1) {
        DC_TRY(own_node(&from, in, x));
        DC_TRY(plan_slice(&node, in, from, axis - x->n_batch, (uint64_t)place, 1, 1, NULL));
    }
    for (uint32_t i = 0; i < x->n_dims; i++)
        if (i != axis || index->n_dims == 1)
            dims.dims[dims.n++] = i == axis ? 1 : x->dims[i];
    onnx_drop_dims(in, index->n_dims == 0 ? 1u << axis : 0);
    return onnx_set_value(in, 0, node, dims.n, dims.dims);
}
