/* SPDX-License-Identifier: MIT
 *
 * Ops that give a value other dims, and make no node: the value is the same node seen otherwise.
 */
#include "onnx_ops.h"

#include <string.h>

/* The dim among `dims` that is the batch of x: as much comes before it as before. Where dims of 1
 * leave a choice, it is the one that Reshape says nothing of (-1), or copies. */
static dc_status find_batch(uint32_t *out, const onnx_in *in, const onnx_value *x,
                            const onnx_dims *dims, const onnx_ints *said)
{
    const onnx_dims from = onnx_file_dims(x);
    const uint64_t n_before = onnx_count(x->batch_at, from.dims);
    *out = ONNX_MAX_DIMS;
    for (uint32_t i = 0; i < dims->n; i++) {
        if (dims->dims[i] != in->batch || onnx_count(i, dims->dims) != n_before)
            continue;
        const bool is_open =
            said != NULL && (said->items[i] == -1 || (said->items[i] == 0 && i == x->batch_at));
        if (*out == ONNX_MAX_DIMS || is_open)
            *out = i;
    }
    return *out < ONNX_MAX_DIMS ? DC_OK
                                : onnx_fail_batch(in, "it mixes the batch with other dims");
}

/* Output 0 is x with other dims, of which one must be the batch still, unless that is 1. */
static dc_status put_same(onnx_in *in, const onnx_value *x, const onnx_dims *dims,
                          const onnx_ints *said)
{
    uint32_t batch_at = 0;
    if (!in->is_single)
        DC_TRY(find_batch(&batch_at, in, x, dims, said));
    return onnx_set_file_value(in, 0, x->node, dims, batch_at);
}

dc_status onnx_read_same(onnx_in *in)
{
    onnx_value *x = NULL;
    DC_TRY(onnx_need_value(&x, in, 0));
    return onnx_set_value(in, 0, x->node, x->n_dims, x->dims);
}

/* Whether whoever reads the result takes it as the numbers of rows: these are cut by who does. */
static bool numbers_rows(const onnx_in *in, onnx_type to)
{
    const uint32_t result = in->node->n_outputs > 0 ? in->node->outputs[0] : 0;
    if (to != ONNX_INT32 && to != ONNX_INT64)
        return false;
    for (uint32_t n = 0; n < in->n_order; n++) {
        const onnx_node *reader = &in->model.graph.nodes[in->order[n]];
        for (uint32_t i = 0; i < reader->n_inputs; i++)
            if (reader->inputs[i] == result && (i != 1 || strcmp(reader->op, "Gather") != 0))
                return false;
    }
    return result != in->output;
}

dc_status onnx_read_cast(onnx_in *in)
{
    int64_t to = 0;
    DC_TRY(onnx_node_int(&to, in, "to", 0));
    const onnx_type type = (onnx_type)to;
    const bool is_float = onnx_type_bytes(to) != 0 && onnx_type_is_float(type);
    const bool is_wider = in->whole != 0 && onnx_type_bytes(to) != 0 &&
                          onnx_type_holds(type, in->whole);
    if (!is_float && !is_wider && !numbers_rows(in, type))
        return onnx_fail(in, DC_EUNSUPPORTED, "to %s, which is no float", onnx_type_name(to));
    in->whole = is_float ? (onnx_type)0 : type;
    return onnx_read_same(in);
}

dc_status onnx_read_reshape(onnx_in *in)
{
    onnx_value *x = NULL;
    onnx_dims dims;
    onnx_ints said;
    bool is_there = false;
    DC_TRY(onnx_need_value(&x, in, 0));
    const onnx_dims from = onnx_file_dims(x);
    DC_TRY(onnx_need_ints(&said, &is_there, in, 1, NULL));
    DC_TRY(onnx_dims_reshape(&dims, in, &from));
    return put_same(in, x, &dims, &said);
}

dc_status onnx_read_flatten(onnx_in *in)
{
    onnx_value *x = NULL;
    onnx_dims dims;
    DC_TRY(onnx_need_value(&x, in, 0));
    const onnx_dims from = onnx_file_dims(x);
    in->batch_at = 0; /* axes count in the file's dims */
    DC_TRY(onnx_dims_flatten(&dims, in, &from));
    return put_same(in, x, &dims, NULL);
}

dc_status onnx_read_squeeze(onnx_in *in)
{
    onnx_value *x = NULL;
    onnx_dims dims;
    DC_TRY(onnx_need_value(&x, in, 0));
    const onnx_dims from = onnx_file_dims(x);
    uint32_t batch_at = in->is_single ? DC_NONE : x->batch_at;
    in->batch_at = 0;
    DC_TRY(onnx_dims_squeeze(&dims, in, &from, &batch_at));
    return onnx_set_file_value(in, 0, x->node, &dims, batch_at);
}

dc_status onnx_read_unsqueeze(onnx_in *in)
{
    onnx_value *x = NULL;
    onnx_dims dims;
    DC_TRY(onnx_need_value(&x, in, 0));
    const onnx_dims from = onnx_file_dims(x);
    uint32_t batch_at = in->is_single ? DC_NONE : x->batch_at;
    in->batch_at = 0;
    DC_TRY(onnx_dims_unsqueeze(&dims, in, &from, &batch_at));
    return onnx_set_file_value(in, 0, x->node, &dims, batch_at);
}

/* ---- the dims themselves ---- */

dc_status onnx_shape_array(onnx_array *out, onnx_in *in, const onnx_dims *dims)
{
    const int64_t n = dims->n;
    int64_t begin = 0, end = n;
    uint8_t *data = NULL;
    DC_TRY(onnx_node_int(&begin, in, "start", 0));
    DC_TRY(onnx_node_int(&end, in, "end", n));
    begin = DC_MAX(DC_MIN(begin < 0 ? begin + n : begin, n), 0);
    end = DC_MAX(DC_MIN(end < 0 ? end + n : end, n), begin);
    const uint64_t count = (uint64_t)(end - begin);
    DC_TRY(onnx_array_make(out, &data, ONNX_INT64, 1, &count, &in->arena));
    for (uint64_t i = 0; i < count; i++)
        onnx_store_int(data, i, ONNX_INT64, (int64_t)dims->dims[(uint64_t)begin + i]);
    return DC_OK;
}

dc_status onnx_read_shape(onnx_in *in)
{
    onnx_value *x = NULL;
    onnx_array shape;
    DC_TRY(onnx_need_value(&x, in, 0));
    const onnx_dims dims = onnx_file_dims(x);
    DC_TRY(onnx_shape_array(&shape, in, &dims));
    return onnx_set_array(in, 0, &shape);
}

dc_status onnx_read_size(onnx_in *in)
{
    onnx_value *x = NULL;
    onnx_array size;
    uint8_t *data = NULL;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_array_make(&size, &data, ONNX_INT64, 0, NULL, &in->arena));
    onnx_store_int(data, 0, ONNX_INT64, (int64_t)onnx_count(x->n_dims, x->dims));
    return onnx_set_array(in, 0, &size);
}
