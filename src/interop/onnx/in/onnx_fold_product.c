/* SPDX-License-Identifier: MIT
 *
 * Ops of constants that multiply along dims: ReduceProd, MatMul, Gemm. Operands may be views of far
 * more elements than the file has, so what they cost is limited. Sums are in double.
 */
#include "onnx_ops.h"

#include <math.h>

#define MAX_ELEMENTS (UINT64_C(1) << 24) /* that are looked at */
#define MAX_PRODUCTS (UINT64_C(1) << 30)

static const onnx_array *operand(const onnx_in *in, uint32_t i)
{
    return onnx_input_of(in, i)->array;
}

/* ---- ReduceProd ---- */

/* The array with the dims that go behind those that stay. */
static onnx_array in_order(const onnx_array *array, uint32_t reduced)
{
    onnx_array view = *array;
    uint32_t n = 0;
    for (uint32_t goes = 0; goes < 2; goes++)
        for (uint32_t i = 0; i < array->n_dims; i++)
            if ((reduced >> i & 1u) == goes) {
                view.dims[n] = array->dims[i];
                view.strides[n++] = array->strides[i];
            }
    return view;
}

/* The product of elements first .. first + n - 1 at place `at` of data. */
static void put_product(uint8_t *data, uint64_t at, const onnx_array *a, uint64_t first, uint64_t n)
{
    double number = 1;
    uint64_t whole = 1;
    for (uint64_t i = first; i < first + n; i++)
        if (onnx_type_is_float(a->type))
            number *= onnx_number_at(a, i);
        else
            whole *= (uint64_t)onnx_int_at(a, i);
    if (onnx_type_is_float(a->type))
        onnx_store_number(data, at, a->type, number);
    else
        onnx_store_int(data, at, a->type, (int64_t)whole);
}

dc_status onnx_fold_reduce_prod(onnx_array *out, onnx_in *in)
{
    const onnx_array *a = operand(in, 0);
    int64_t keeps = 1;
    uint32_t reduced = 0;
    uint8_t *data = NULL;
    uint64_t n_run = 1;
    onnx_dims dims = { 0 };
    DC_TRY(onnx_node_int(&keeps, in, "keepdims", 1));
    DC_TRY(onnx_dims_reduced(&reduced, in, a->n_dims));
    if (onnx_array_count(a) > MAX_ELEMENTS)
        return onnx_fail(in, DC_ELIMIT, "of more than %llu elements",
                         (unsigned long long)MAX_ELEMENTS);
    for (uint32_t i = 0; i < a->n_dims; i++) {
        const bool goes = reduced >> i & 1u;
        n_run *= goes ? a->dims[i] : 1;
        if (!goes || keeps != 0)
            dims.dims[dims.n++] = goes ? 1 : a->dims[i];
    }
    const onnx_array view = in_order(a, reduced);
    DC_TRY(onnx_array_make(out, &data, a->type, dims.n, dims.dims, &in->arena));
    const uint64_t n = onnx_array_count(out);
    for (uint64_t i = 0; i < n; i++)
        put_product(data, i, &view, i * n_run, n_run);
    return DC_OK;
}

/* ---- products of matrices ---- */

/* y (m,n) = a (m,k) b (k,n), as many times as there are stacks. */
typedef struct product {
    onnx_array a, b;
    uint64_t n_stacks, m, k, n;
    double scale;
} product;

/* Elements, row-major: doubles, or whole numbers that wrap. The other is NULL. */
typedef struct elements {
    double *numbers;
    uint64_t *whole;
} elements;

static dc_status take_elements(elements *out, onnx_type type, uint64_t n, dc_arena *arena)
{
    *out = (elements){ 0 };
    if (onnx_type_is_float(type))
        out->numbers = dc_arena_take(arena, n, sizeof *out->numbers);
    else
        out->whole = dc_arena_take(arena, n, sizeof *out->whole);
    return arena->status;
}

static dc_status elements_of(elements *out, const onnx_array *array, dc_arena *arena)
{
    const uint64_t n = onnx_array_count(array);
    DC_TRY(take_elements(out, array->type, n, arena));
    for (uint64_t i = 0; i < n; i++)
        if (out->whole != NULL)
            out->whole[i] = (uint64_t)onnx_int_at(array, i);
        else
            out->numbers[i] = onnx_number_at(array, i);
    return DC_OK;
}

static dc_status check_cost(const onnx_in *in, const product *p)
{
    const uint64_t dims[] = { p->n_stacks, p->m, p->n };
    const uint64_t n_out = onnx_count(3, dims);
    if (onnx_array_count(&p->a) <= MAX_ELEMENTS && onnx_array_count(&p->b) <= MAX_ELEMENTS &&
        n_out <= MAX_ELEMENTS && p->k <= MAX_PRODUCTS / DC_MAX(n_out, 1))
        return DC_OK;
    return onnx_fail(in, DC_ELIMIT, "of constants that are too large");
}

static void add_row(double *y, const double *a, const double *b, const product *p)
{
    for (uint64_t i = 0; i < p->k; i++)
        for (uint64_t col = 0; col < p->n; col++)
            y[col] += p->scale * a[i] * b[i * p->n + col];
}

static void add_whole_row(uint64_t *y, const uint64_t *a, const uint64_t *b, const product *p)
{
    for (uint64_t i = 0; i < p->k; i++)
        for (uint64_t col = 0; col < p->n; col++)
            y[col] += (uint64_t)(int64_t)p->scale * a[i] * b[i * p->n + col];
}

/* Adds the product to y, which is there. */
static dc_status add_product(const elements *y, onnx_in *in, const product *p)
{
    elements a, b;
    DC_TRY(elements_of(&a, &p->a, &in->arena));
    DC_TRY(elements_of(&b, &p->b, &in->arena));
    for (uint64_t row = 0; row < p->n_stacks * p->m; row++) {
        const uint64_t matrix = row / p->m * p->k * p->n;
        if (y->whole != NULL)
            add_whole_row(y->whole + row * p->n, a.whole + row * p->k, b.whole + matrix, p);
        else
            add_row(y->numbers + row * p->n, a.numbers + row * p->k, b.numbers + matrix, p);
    }
    return DC_OK;
}

static dc_status put_elements(onnx_array *out, onnx_in *in, onnx_type type, const elements *from,
                              const onnx_dims *dims)
{
    uint8_t *data = NULL;
    DC_TRY(onnx_array_make(out, &data, type, dims->n, dims->dims, &in->arena));
    const uint64_t n = onnx_array_count(out);
    for (uint64_t i = 0; i < n; i++)
        if (from->whole != NULL)
            onnx_store_int(data, i, type, (int64_t)from->whole[i]);
        else
            onnx_store_number(data, i, type, from->numbers[i]);
    return DC_OK;
}

/* A vector as a matrix: of one row, or of one column. */
static onnx_array as_matrix(const onnx_array *array, bool is_row)
{
    onnx_array matrix = *array;
    if (array->n_dims != 1)
        return matrix;
    matrix.n_dims = 2;
    matrix.dims[is_row] = array->dims[0];
    matrix.strides[is_row] = array->strides[0];
    matrix.dims[!is_row] = 1;
    matrix.strides[!is_row] = 0;
    return matrix;
}

/* Both with the same dims before the last two, which become those of `dims`. */
static bool stack(product *p, onnx_dims *dims)
{
    const uint32_t n = DC_MAX(p->a.n_dims, p->b.n_dims) - 2;
    uint64_t of_a[ONNX_MAX_DIMS], of_b[ONNX_MAX_DIMS];
    dims->n = n;
    for (uint32_t i = 0; i < n; i++) { /* from the last one */
        const uint64_t a = i + 2 < p->a.n_dims ? p->a.dims[p->a.n_dims - 3 - i] : 1;
        const uint64_t b = i + 2 < p->b.n_dims ? p->b.dims[p->b.n_dims - 3 - i] : 1;
        of_a[n - 1 - i] = of_b[n - 1 - i] = dims->dims[n - 1 - i] = a == 1 ? b : a;
    }
    p->n_stacks = onnx_count(n, dims->dims);
    p->m = of_a[n] = p->a.dims[p->a.n_dims - 2];
    p->k = of_a[n + 1] = of_b[n] = p->a.dims[p->a.n_dims - 1];
    p->n = of_b[n + 1] = p->b.dims[p->b.n_dims - 1];
    return onnx_array_broadcast(&p->a, &p->a, n + 2, of_a) &&
           p->b.dims[p->b.n_dims - 2] == p->k && onnx_array_broadcast(&p->b, &p->b, n + 2, of_b);
}

static dc_status check_product(const onnx_in *in, product *p, onnx_dims *dims)
{
    const onnx_array *a = operand(in, 0), *b = operand(in, 1);
    if (a->type != b->type)
        return onnx_fail(in, DC_ECORRUPT, "its constants are of types %s and %s",
                         onnx_type_name(a->type), onnx_type_name(b->type));
    if (!stack(p, dims))
        return onnx_fail(in, DC_ECORRUPT, "its constants do not fit together");
    return check_cost(in, p);
}

dc_status onnx_fold_matmul(onnx_array *out, onnx_in *in)
{
    const onnx_array *a = operand(in, 0), *b = operand(in, 1);
    product p = { .a = as_matrix(a, true), .b = as_matrix(b, false), .scale = 1 };
    elements y;
    onnx_dims dims;
    if (a->n_dims == 0 || b->n_dims == 0)
        return onnx_fail(in, DC_ECORRUPT, "of a constant without dims");
    DC_TRY(check_product(in, &p, &dims));
    if (a->n_dims > 1)
        dims.dims[dims.n++] = p.m;
    if (b->n_dims > 1)
        dims.dims[dims.n++] = p.n;
    DC_TRY(take_elements(&y, a->type, p.n_stacks * p.m * p.n, &in->arena));
    DC_TRY(add_product(&y, in, &p));
    return put_elements(out, in, a->type, &y, &dims);
}

/* Rows and columns change places when `turns`. */
static onnx_array turned(const onnx_array *matrix, int64_t turns)
{
    onnx_array view = *matrix;
    for (uint32_t i = 0; turns != 0 && i < 2; i++) {
        view.dims[i] = matrix->dims[1 - i];
        view.strides[i] = matrix->strides[1 - i];
    }
    return view;
}

/* y = beta c */
static dc_status begin_sum(const elements *y, onnx_in *in, const onnx_dims *dims, double beta)
{
    const onnx_array *c = NULL;
    onnx_array wide;
    DC_TRY(onnx_optional_array(&c, in, 2));
    if (c == NULL)
        return DC_OK;
    if (!onnx_array_broadcast(&wide, c, 2, dims->dims) || c->type != operand(in, 0)->type)
        return onnx_fail(in, DC_ECORRUPT, "its C does not fit the product");
    const uint64_t n = onnx_array_count(&wide);
    for (uint64_t i = 0; i < n; i++)
        if (y->whole != NULL)
            y->whole[i] = (uint64_t)(int64_t)beta * (uint64_t)onnx_int_at(&wide, i);
        else
            y->numbers[i] = beta * onnx_number_at(&wide, i);
    return DC_OK;
}

static bool is_whole(double value)
{
    return fabs(value) < 0x1p53 && value == trunc(value);
}

dc_status onnx_fold_gemm(onnx_array *out, onnx_in *in)
{
    const onnx_array *a = operand(in, 0), *b = operand(in, 1);
    int64_t turns_a = 0, turns_b = 0;
    double beta = 1;
    product p = { .scale = 1 };
    elements y;
    onnx_dims dims;
    DC_TRY(onnx_node_int(&turns_a, in, "transA", 0));
    DC_TRY(onnx_node_int(&turns_b, in, "transB", 0));
    DC_TRY(onnx_node_float(&p.scale, in, "alpha", 1));
    DC_TRY(onnx_node_float(&beta, in, "beta", 1));
    if (a->n_dims != 2 || b->n_dims != 2)
        return onnx_fail(in, DC_ECORRUPT, "its inputs have %u and %u dims, not 2",
                         (unsigned)a->n_dims, (unsigned)b->n_dims);
    p.a = turned(a, turns_a);
    p.b = turned(b, turns_b);
    DC_TRY(check_product(in, &p, &dims));
    if (!onnx_type_is_float(a->type) && !(is_whole(p.scale) && is_whole(beta)))
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "of whole numbers, but its alpha or beta is none");
    dims = (onnx_dims){ .n = 2, .dims = { p.m, p.n } };
    DC_TRY(take_elements(&y, a->type, p.m * p.n, &in->arena));
    DC_TRY(begin_sum(&y, in, &dims, beta));
    DC_TRY(add_product(&y, in, &p));
    return put_elements(out, in, a->type, &y, &dims);
}
