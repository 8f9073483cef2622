/* SPDX-License-Identifier: MIT
 *
 * Weights out of the file. A view is first brought to as few dims as describe it. Then there are
 * three ways: elements that lie in a row are converted in pieces; a matrix that lies the other way
 * round (as Keras' and MatMul's do) is turned in tiles, in the order in which it lies in the file;
 * all else goes row by row, or element by element. In the first two the pages that have been read
 * are forgotten as the copy goes on, so that file and model are never both in memory.
 */
#include "onnx_array.h"

#include <string.h>

#define PIECE (UINT64_C(1) << 20) /* elements between two times of forgetting */
#define TILE_ROWS 16u
#define TILE_COLS 128u

typedef struct copy {
    float *out;
    const onnx_array *from;
    interop_number number;
    uint32_t n_bytes; /* of an element */
    uint32_t n_dims;
    uint64_t dims[ONNX_MAX_DIMS], strides[ONNX_MAX_DIMS];
} copy;

static dc_status fail_infinite(const char *name)
{
    if (name[0] == '\0')
        return dc_fail(DC_EUNSUPPORTED, "a number that is computed from constants is not finite");
    return dc_fail(DC_EUNSUPPORTED, "a number of tensor '%s' is not finite", name);
}

static dc_status read_row(float *out, const copy *c, uint64_t offset, uint64_t n)
{
    if (interop_to_f32(out, c->from->data + offset * c->n_bytes, n, c->number) == DC_OK)
        return DC_OK;
    return fail_infinite(c->from->name);
}

static void forget(const copy *c, uint64_t offset, uint64_t n)
{
    if (c->from->file != NULL)
        dc_file_forget(c->from->file, c->from->data + offset * c->n_bytes, n * c->n_bytes);
}

/* Dims of 1 go, and neighbours that one stride walks through are one dim. */
static void simplify(copy *c)
{
    for (uint32_t i = 0; i < c->from->n_dims; i++) {
        const uint64_t dim = c->from->dims[i], stride = c->from->strides[i];
        const uint32_t last = c->n_dims - 1;
        if (dim == 1)
            continue;
        if (c->n_dims > 0 && c->strides[last] == stride * dim) {
            c->dims[last] *= dim;
            c->strides[last] = stride;
        } else {
            c->dims[c->n_dims] = dim;
            c->strides[c->n_dims++] = stride;
        }
    }
    if (c->n_dims == 0) {
        c->dims[0] = c->strides[0] = 1;
        c->n_dims = 1;
    }
}

static dc_status copy_line(const copy *c)
{
    for (uint64_t i = 0; i < c->dims[0]; i += PIECE) {
        const uint64_t n = DC_MIN(PIECE, c->dims[0] - i);
        DC_TRY(read_row(c->out + i, c, i, n));
        forget(c, 0, i + n);
    }
    return DC_OK;
}

/* out (dims[0], dims[1]) from rows of dims[0] elements that lie strides[1] apart. */
static dc_status copy_turned(const copy *c)
{
    const uint64_t n_cols = c->dims[0], n_rows = c->dims[1];
    float tile[TILE_ROWS][TILE_COLS];
    uint64_t forgotten = 0;
    for (uint64_t row = 0; row < n_rows; row += TILE_ROWS) {
        const uint64_t n_high = DC_MIN(n_rows - row, (uint64_t)TILE_ROWS);
        for (uint64_t col = 0; col < n_cols; col += TILE_COLS) {
            const uint64_t n_wide = DC_MIN(n_cols - col, (uint64_t)TILE_COLS);
            for (uint64_t r = 0; r < n_high; r++)
                DC_TRY(read_row(tile[r], c, (row + r) * c->strides[1] + col, n_wide));
            for (uint64_t w = 0; w < n_wide; w++)
                for (uint64_t r = 0; r < n_high; r++)
                    c->out[(col + w) * n_rows + row + r] = tile[r][w];
        }
        const uint64_t end = (row + n_high - 1) * c->strides[1] + n_cols;
        if (end - forgotten >= PIECE) {
            forget(c, 0, end);
            forgotten = end;
        }
    }
    return DC_OK;
}

static dc_status copy_any(const copy *c)
{
    const uint32_t last = c->n_dims - 1;
    uint64_t index[ONNX_MAX_DIMS] = { 0 }, offset = 0;
    float *out = c->out;
    for (;;) {
        if (c->strides[last] == 1)
            DC_TRY(read_row(out, c, offset, c->dims[last]));
        else
            for (uint64_t i = 0; i < c->dims[last]; i++)
                DC_TRY(read_row(out + i, c, offset + i * c->strides[last], 1));
        out += c->dims[last];
        uint32_t d = last;
        for (; d-- > 0; index[d] = 0) {
            offset += c->strides[d];
            if (++index[d] < c->dims[d])
                break;
            offset -= c->dims[d] * c->strides[d];
        }
        if (d == UINT32_MAX)
            return DC_OK;
    }
}

static dc_status scale_all(float *out, uint64_t n, double scale, const char *name)
{
    for (uint64_t i = 0; i < n; i++) {
        out[i] = (float)((double)out[i] * scale);
        if (!(out[i] - out[i] == 0))
            return fail_infinite(name);
    }
    return DC_OK;
}

dc_status onnx_array_to_f32(float *out, const onnx_array *array, double scale)
{
    const uint64_t n = onnx_array_count(array);
    copy c = { .out = out, .from = array, .n_bytes = onnx_type_bytes(array->stored) };
    switch (array->stored) {
    case ONNX_FLOAT: c.number = INTEROP_F32; break;
    case ONNX_DOUBLE: c.number = INTEROP_F64; break;
    case ONNX_FLOAT16: c.number = INTEROP_F16; break;
    case ONNX_BFLOAT16: c.number = INTEROP_BF16; break;
    default:
        return dc_fail(DC_EUNSUPPORTED, "tensor '%s' holds whole numbers, not floats", array->name);
    }
    if (n == 0)
        return DC_OK;
    simplify(&c);
    if (c.n_dims == 1 && c.strides[0] == 1)
        DC_TRY(copy_line(&c));
    else if (c.n_dims == 2 && c.strides[0] == 1 && c.strides[1] >= c.dims[0])
        DC_TRY(copy_turned(&c));
    else
        DC_TRY(copy_any(&c));
    return scale == 1 ? DC_OK : scale_all(out, n, scale, array->name);
}
