/* SPDX-License-Identifier: MIT
 *
 * Ops of constants that compute numbers. Whole numbers are computed as int64 and wrap, floats as
 * double and are rounded to their type; both operands are repeated to the same dims first.
 */
#include "onnx_ops.h"

#include <math.h>

static const onnx_array *operand(const onnx_in *in, uint32_t i)
{
    return onnx_input_of(in, i)->array;
}

/* ---- operands of one type ---- */

/* That constant `i` is of the type of constant `first`. */
static dc_status check_type(const onnx_in *in, uint32_t first, uint32_t i)
{
    const onnx_type type = operand(in, first)->type, other = operand(in, i)->type;
    if (type == other)
        return DC_OK;
    return onnx_fail(in, DC_ECORRUPT, "its inputs %u and %u are of types %s and %s",
                     (unsigned)first, (unsigned)i, onnx_type_name(type), onnx_type_name(other));
}

/* From EQUAL on the result is true or false. */
typedef enum arith {
    ADD, SUB, MUL, DIV, MIN, MAX, POW,
    EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL, AND, OR, XOR
} arith;

/* Wraps. */
static int64_t whole_power(uint64_t base, uint64_t exponent)
{
    uint64_t power = 1;
    for (; exponent > 0; exponent /= 2, base *= base)
        power *= exponent % 2 != 0 ? base : 1;
    return (int64_t)power;
}

/* Of numbers of one type; uint64 in the bits of int64. */
static dc_status of_whole(int64_t *out, const onnx_in *in, int64_t a, int64_t b, arith op)
{
    const uint64_t x = (uint64_t)a, y = (uint64_t)b;
    const bool is_unsigned = operand(in, 0)->type == ONNX_UINT64;
    const bool is_less = is_unsigned ? x < y : a < b;
    switch (op) {
    case ADD: *out = (int64_t)(x + y); break;
    case SUB: *out = (int64_t)(x - y); break;
    case MUL: *out = (int64_t)(x * y); break;
    case DIV:
        if (b == 0)
            return onnx_fail(in, DC_ECORRUPT, "it divides by zero");
        if (is_unsigned)
            *out = (int64_t)(x / y);
        else
            *out = b == -1 ? (int64_t)(0 - x) : a / b;
        break;
    case MIN: *out = is_less ? a : b; break;
    case MAX: *out = is_less ? b : a; break;
    case EQUAL: *out = a == b; break;
    case LESS: *out = is_less; break;
    case LESS_OR_EQUAL: *out = is_less || a == b; break;
    case GREATER: *out = !is_less && a != b; break;
    case GREATER_OR_EQUAL: *out = !is_less; break;
    case AND: *out = a != 0 && b != 0; break;
    case OR: *out = a != 0 || b != 0; break;
    case XOR: *out = (a != 0) != (b != 0); break;
    case POW:
        if (b < 0 && !is_unsigned)
            return onnx_fail(in, DC_EUNSUPPORTED, "a whole number to a power below 0");
        *out = whole_power(x, y);
        break;
    }
    return DC_OK;
}

static double of_numbers(double a, double b, arith op)
{
    switch (op) {
    case ADD: return a + b;
    case SUB: return a - b;
    case MUL: return a * b;
    case DIV: return a / b;
    case MIN: return isnan(a) || a < b ? a : b;
    case MAX: return isnan(a) || a > b ? a : b;
    case POW: return pow(a, b);
    case EQUAL: return a == b;
    case LESS: return a < b;
    case LESS_OR_EQUAL: return a <= b;
    case GREATER: return a > b;
    case GREATER_OR_EQUAL: return a >= b;
    default: return 0; /* of whole numbers only */
    }
}

/* Repeats the arrays to the dims that all can be repeated to. */
static dc_status widen_all(onnx_dims *out, const onnx_in *in, onnx_array *arrays, uint32_t n)
{
    bool fits = true;
    *out = (onnx_dims){ 0 };
    for (uint32_t i = 0; i < n; i++)
        out->n = DC_MAX(out->n, arrays[i].n_dims);
    for (uint32_t d = 0; d < out->n; d++)
        out->dims[d] = 1;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t d = 0; d < arrays[i].n_dims; d++) {
            uint64_t *wide = &out->dims[out->n - arrays[i].n_dims + d];
            *wide = *wide == 1 ? arrays[i].dims[d] : *wide;
        }
    for (uint32_t i = 0; i < n; i++)
        fits = fits && onnx_array_broadcast(&arrays[i], &arrays[i], out->n, out->dims);
    return fits ? DC_OK : onnx_fail(in, DC_ECORRUPT, "its constants do not fit together");
}

static dc_status fold_two(onnx_array *out, onnx_in *in, const onnx_array *first,
                          const onnx_array *second, arith op)
{
    onnx_array both[] = { *first, *second };
    const bool is_float = onnx_type_is_float(first->type) ||
                          (op == POW && onnx_type_is_float(second->type));
    const onnx_type type = op >= EQUAL ? ONNX_BOOL : first->type;
    onnx_dims dims;
    uint8_t *data = NULL;
    DC_TRY(widen_all(&dims, in, both, 2));
    const onnx_array *a = &both[0], *b = &both[1];
    DC_TRY(onnx_array_make(out, &data, type, dims.n, dims.dims, &in->arena));
    const uint64_t n = onnx_array_count(out);
    for (uint64_t i = 0; i < n; i++) {
        int64_t whole = 0;
        if (is_float) {
            onnx_store_number(data, i, type,
                              of_numbers(onnx_number_at(a, i), onnx_number_at(b, i), op));
        } else {
            DC_TRY(of_whole(&whole, in, onnx_int_at(a, i), onnx_int_at(b, i), op));
            onnx_store_int(data, i, type, whole);
        }
    }
    return DC_OK;
}

static dc_status fold_pair(onnx_array *out, onnx_in *in, arith op)
{
    DC_TRY(check_type(in, 0, 1));
    return fold_two(out, in, operand(in, 0), operand(in, 1), op);
}

/* Of one operand or more. */
static dc_status fold_many(onnx_array *out, onnx_in *in, arith op)
{
    onnx_array so_far = *operand(in, 0);
    for (uint32_t i = 1; i < in->node->n_inputs; i++) {
        DC_TRY(check_type(in, 0, i));
        DC_TRY(fold_two(&so_far, in, &so_far, operand(in, i), op));
    }
    *out = so_far;
    return DC_OK;
}

dc_status onnx_fold_add(onnx_array *out, onnx_in *in)
{
    return fold_many(out, in, ADD); /* Sum too */
}

dc_status onnx_fold_mean(onnx_array *out, onnx_in *in)
{
    onnx_array sum, n;
    uint8_t *data = NULL;
    DC_TRY(fold_many(&sum, in, ADD));
    DC_TRY(onnx_array_make(&n, &data, sum.type, 0, NULL, &in->arena));
    onnx_store_int(data, 0, sum.type, in->node->n_inputs);
    return fold_two(out, in, &sum, &n, DIV);
}

dc_status onnx_fold_sub(onnx_array *out, onnx_in *in)
{
    return fold_pair(out, in, SUB);
}

dc_status onnx_fold_mul(onnx_array *out, onnx_in *in)
{
    return fold_pair(out, in, MUL);
}

dc_status onnx_fold_div(onnx_array *out, onnx_in *in)
{
    return fold_pair(out, in, DIV);
}

dc_status onnx_fold_min(onnx_array *out, onnx_in *in)
{
    return fold_many(out, in, MIN);
}

dc_status onnx_fold_max(onnx_array *out, onnx_in *in)
{
    return fold_many(out, in, MAX);
}

dc_status onnx_fold_equal(onnx_array *out, onnx_in *in)
{
    return fold_pair(out, in, EQUAL);
}

dc_status onnx_fold_less(onnx_array *out, onnx_in *in)
{
    return fold_pair(out, in, LESS);
}

dc_status onnx_fold_less_or_equal(onnx_array *out, onnx_in *in)
{
    return fold_pair(out, in, LESS_OR_EQUAL);
}

dc_status onnx_fold_greater(onnx_array *out, onnx_in *in)
{
    return fold_pair(out, in, GREATER);
}

dc_status onnx_fold_greater_or_equal(onnx_array *out, onnx_in *in)
{
    return fold_pair(out, in, GREATER_OR_EQUAL);
}

/* Of truths. */
static dc_status fold_truths(onnx_array *out, onnx_in *in, arith op)
{
    for (uint32_t i = 0; i < in->node->n_inputs; i++)
        if (operand(in, i)->type != ONNX_BOOL)
            return onnx_fail(in, DC_ECORRUPT, "its input %u is of type %s, not bool", (unsigned)i,
                             onnx_type_name(operand(in, i)->type));
    if (in->node->n_inputs > 1)
        return fold_pair(out, in, op);
    onnx_array yes;
    uint8_t *data = NULL;
    DC_TRY(onnx_array_make(&yes, &data, ONNX_BOOL, 0, NULL, &in->arena));
    onnx_store_int(data, 0, ONNX_BOOL, 1);
    return fold_two(out, in, operand(in, 0), &yes, op);
}

dc_status onnx_fold_and(onnx_array *out, onnx_in *in)
{
    return fold_truths(out, in, AND);
}

dc_status onnx_fold_or(onnx_array *out, onnx_in *in)
{
    return fold_truths(out, in, OR);
}

dc_status onnx_fold_xor(onnx_array *out, onnx_in *in)
{
    return fold_truths(out, in, XOR);
}

dc_status onnx_fold_not(onnx_array *out, onnx_in *in)
{
    return fold_truths(out, in, XOR);
}

/* ---- one operand ---- */

static dc_status fold_each(onnx_array *out, onnx_in *in, double (*of)(double))
{
    const onnx_array *a = operand(in, 0);
    uint8_t *data = NULL;
    DC_TRY(onnx_array_make(out, &data, a->type, a->n_dims, a->dims, &in->arena));
    const uint64_t n = onnx_array_count(out);
    for (uint64_t i = 0; i < n; i++)
        onnx_store_number(data, i, a->type, of(onnx_number_at(a, i)));
    return DC_OK;
}

dc_status onnx_fold_floor(onnx_array *out, onnx_in *in)
{
    return fold_each(out, in, floor);
}

dc_status onnx_fold_ceil(onnx_array *out, onnx_in *in)
{
    return fold_each(out, in, ceil);
}

/* Times minus 1, since whole numbers are no doubles. */
dc_status onnx_fold_neg(onnx_array *out, onnx_in *in)
{
    const onnx_array *a = operand(in, 0);
    onnx_array minus;
    uint8_t *data = NULL;
    DC_TRY(onnx_array_make(&minus, &data, a->type, 0, NULL, &in->arena));
    onnx_store_int(data, 0, a->type, -1);
    return fold_two(out, in, a, &minus, MUL);
}

/* Of the base's type; the exponent may be of another. */
dc_status onnx_fold_pow(onnx_array *out, onnx_in *in)
{
    return fold_two(out, in, operand(in, 0), operand(in, 1), POW);
}

/* Floats that become float or double stay where they are, and are rounded when they are looked
 * at. */
dc_status onnx_fold_cast(onnx_array *out, onnx_in *in)
{
    const onnx_array *a = operand(in, 0);
    int64_t to = 0;
    uint8_t *data = NULL;
    DC_TRY(onnx_node_int(&to, in, "to", 0));
    if (onnx_type_bytes(to) == 0)
        return onnx_fail(in, DC_EUNSUPPORTED, "to type %lld", (long long)to);
    const onnx_type type = (onnx_type)to;
    const bool is_rounded = a->type == ONNX_FLOAT && a->stored == ONNX_DOUBLE;
    *out = *a;
    out->type = type;
    if (type == a->type || (onnx_type_is_float(a->type) && !is_rounded &&
                            (type == ONNX_FLOAT || type == ONNX_DOUBLE)))
        return DC_OK;
    DC_TRY(onnx_array_make(out, &data, type, a->n_dims, a->dims, &in->arena));
    out->name = a->name;
    const uint64_t n = onnx_array_count(out);
    for (uint64_t i = 0; i < n; i++) {
        if (onnx_type_is_float(a->type) || onnx_type_is_float(type))
            onnx_store_number(data, i, type, onnx_number_at(a, i));
        else
            onnx_store_int(data, i, type, onnx_int_at(a, i));
    }
    return DC_OK;
}

/* ---- others ---- */

/* How many numbers a range has; UINT64_MAX: it has no end. */
static uint64_t count_whole(int64_t first, int64_t end, int64_t step)
{
    const bool is_up = step > 0;
    const uint64_t low = (uint64_t)(is_up ? first : end), high = (uint64_t)(is_up ? end : first);
    const uint64_t each = is_up ? (uint64_t)step : 0 - (uint64_t)step;
    if (step == 0)
        return UINT64_MAX;
    return (is_up ? first >= end : first <= end) ? 0 : (high - low - 1) / each + 1;
}

static uint64_t count_numbers(double first, double end, double step)
{
    const double n = ceil((end - first) / step);
    return n < 0x1p40 ? (uint64_t)DC_MAX(n, 0) : UINT64_MAX; /* NaN too: a step of 0 */
}

dc_status onnx_fold_range(onnx_array *out, onnx_in *in)
{
    const onnx_array *begin = operand(in, 0), *end = operand(in, 1), *step = operand(in, 2);
    uint8_t *data = NULL;
    if (onnx_array_count(begin) != 1 || onnx_array_count(end) != 1 || onnx_array_count(step) != 1)
        return onnx_fail(in, DC_ECORRUPT, "its ends are no single numbers");
    DC_TRY(check_type(in, 0, 1));
    DC_TRY(check_type(in, 0, 2));
    const bool is_float = onnx_type_is_float(begin->type);
    const double first = onnx_number_at(begin, 0), delta = onnx_number_at(step, 0);
    const int64_t low = onnx_int_at(begin, 0), each = onnx_int_at(step, 0);
    const uint64_t count = is_float ? count_numbers(first, onnx_number_at(end, 0), delta)
                                    : count_whole(low, onnx_int_at(end, 0), each);
    if (count == UINT64_MAX)
        return onnx_fail(in, DC_ECORRUPT, "it has no end");
    DC_TRY(onnx_array_make(out, &data, begin->type, 1, &count, &in->arena));
    for (uint64_t i = 0; i < count; i++)
        if (is_float)
            onnx_store_number(data, i, begin->type, first + (double)i * delta);
        else
            onnx_store_int(data, i, begin->type, (int64_t)((uint64_t)low + i * (uint64_t)each));
    return DC_OK;
}

dc_status onnx_fold_where(onnx_array *out, onnx_in *in)
{
    onnx_array all[] = { *operand(in, 0), *operand(in, 1), *operand(in, 2) };
    const onnx_type type = all[1].type;
    onnx_dims dims;
    uint8_t *data = NULL;
    DC_TRY(check_type(in, 1, 2));
    DC_TRY(widen_all(&dims, in, all, 3));
    DC_TRY(onnx_array_make(out, &data, type, dims.n, dims.dims, &in->arena));
    const uint64_t n = onnx_array_count(out);
    for (uint64_t i = 0; i < n; i++) {
        const onnx_array *from = onnx_int_at(&all[0], i) != 0 ? &all[1] : &all[2];
        if (onnx_type_is_float(type))
            onnx_store_number(data, i, type, onnx_number_at(from, i));
        else
            onnx_store_int(data, i, type, onnx_int_at(from, i));
    }
    return DC_OK;
}

dc_status onnx_fold_dropout(onnx_array *out, onnx_in *in)
{
    DC_TRY(onnx_check_dropout(in));
    return onnx_fold_same(out, in);
}
