/* SPDX-License-Identifier: MIT
 *
 * Sum, product, difference and quotient of values that are broadcast to one shape.
 *
 * Seen from the result an input is at most four spans of dims, each either walked or repeated:
 * neighbours of one kind are one span. A sample is worked through in blocks: of each input the
 * block's values are gathered (an input of the result's own shape is read where it lies), combined,
 * and put down; of gradients the repeated ones are summed. Gradients of a product of many inputs
 * multiply the others again instead of dividing, so that zeros are no special case:
 *   add  dx_i += dy                sub  db -= dy
 *   mul  dx_i += dy * others       div  da += dy / b     db -= dy y / b
 *
 * Forward a task is a block, backward a sample: what is summed lies in one task.
 */
#include "op_tools.h"

#include <string.h>

#define BLOCK 1024u

typedef struct spans {
    uint32_t n;
    uint64_t counts[DC_MAX_DIMS]; /* of the result, outermost first          */
    uint64_t steps[DC_MAX_DIMS];  /* in the input; 0 where it is repeated    */
    uint64_t n_values;            /* of one sample of the input              */
} spans;

static spans spans_of(const dc_shape *in, const dc_shape *out)
{
    spans s = { .n_values = dc_shape_count(in) };
    for (uint32_t d = 0; d < out->n_dims; d++) {
        const bool is_walked = in->dims[d] == out->dims[d];
        if (out->dims[d] == 1)
            continue;
        if (s.n > 0 && is_walked == (s.steps[s.n - 1] != 0)) {
            s.counts[s.n - 1] *= out->dims[d];
            continue;
        }
        s.counts[s.n] = out->dims[d];
        s.steps[s.n++] = is_walked;
    }
    if (s.n == 0)
        s = (spans){ 1, { 1 }, { 1 }, 1 };
    uint64_t step = 1;
    for (uint32_t i = s.n; i-- > 0;)
        if (s.steps[i] != 0) {
            s.steps[i] = step;
            step *= s.counts[i];
        }
    return s;
}

static bool is_whole(const spans *s)
{
    return s->n == 1 && s->steps[0] == 1;
}

/* Place in the input of the value that is at `place` of the result. */
static uint64_t place_of(const spans *s, uint64_t place)
{
    uint64_t at = 0;
    for (uint32_t i = s->n; i-- > 0; place /= s->counts[i])
        at += place % s->counts[i] * s->steps[i];
    return at;
}

/* How many values from `place` on lie in one run of the innermost span, at most n. */
static uint64_t run_at(const spans *s, uint64_t place, uint64_t n)
{
    const uint64_t inner = s->counts[s->n - 1];
    return DC_MIN(inner - place % inner, n);
}

/* The input's values (one sample of it) at places first .. first + n - 1 of the result: where they
 * are, or gathered into `room`. */
static const float *gather(float room[BLOCK], const spans *s, const float *x, uint64_t first,
                           uint64_t n)
{
    if (is_whole(s))
        return x + first;
    for (uint64_t i = 0; i < n;) {
        const uint64_t run = run_at(s, first + i, n - i);
        const float *from = x + place_of(s, first + i);
        if (s->steps[s->n - 1] != 0)
            memcpy(room + i, from, run * sizeof *room);
        else
            for (uint64_t k = 0; k < run; k++)
                room[i + k] = *from;
        i += run;
    }
    return room;
}

/* The way back: adds to dx. */
static void scatter(float *dx, const spans *s, const float *d, uint64_t first, uint64_t n)
{
    for (uint64_t i = 0; i < n;) {
        const uint64_t run = run_at(s, first + i, n - i);
        float *to = dx + place_of(s, first + i);
        if (s->steps[s->n - 1] != 0) {
            axpy(to, d + i, 1, run);
        } else {
            double sum = 0;
            for (uint64_t k = 0; k < run; k++)
                sum += (double)d[i + k];
            *to += (float)sum;
        }
        i += run;
    }
}

/* ---- forward -------------------------------------------------------------------------------- */

/* y = y op x */
typedef void combine_fn(float *restrict y, const float *restrict x, uint64_t n);

static void plus(float *restrict y, const float *restrict x, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        y[i] += x[i];
}

static void minus(float *restrict y, const float *restrict x, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        y[i] -= x[i];
}

static void times(float *restrict y, const float *restrict x, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        y[i] *= x[i];
}

static void over(float *restrict y, const float *restrict x, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        y[i] /= x[i];
}

static combine_fn *combine_of(dc_op op)
{
    return op == DC_OP_ADD ? plus : op == DC_OP_SUB ? minus : op == DC_OP_MUL ? times : over;
}

static uint64_t blocks_of(const dc_op_args *args)
{
    return (dc_shape_count(&args->node->shape) + BLOCK - 1) / BLOCK;
}

static uint64_t block_end(const dc_op_args *args, uint64_t first)
{
    return DC_MIN(first + BLOCK, dc_shape_count(&args->node->shape));
}

static dc_status forward_blocks(const dc_op_args *args, uint64_t sample, uint64_t block)
{
    const uint64_t n_values = dc_shape_count(&args->node->shape), first = block * BLOCK;
    const uint64_t n = block_end(args, first) - first;
    float *y = args->y + sample * n_values + first;
    combine_fn *const combine = combine_of(args->node->op);
    for (uint32_t k = 0; k < args->n_inputs; k++) {
        float room[BLOCK];
        const spans s = spans_of(args->x_shapes[k], &args->node->shape);
        const float *x = gather(room, &s, args->x[k] + sample * s.n_values, first, n);
        if (k == 0)
            memcpy(y, x, n * sizeof *y);
        else
            combine(y, x, n);
    }
    return DC_OK;
}

#define BLOCKS_A_TASK 16u

static void forward_task(void *payload, uint64_t index)
{
    const dc_op_args *args = payload;
    const uint64_t n_blocks = blocks_of(args), end = n_blocks * args->n;
    for (uint64_t i = index * BLOCKS_A_TASK; i < DC_MIN((index + 1) * BLOCKS_A_TASK, end); i++)
        forward_blocks(args, i / n_blocks, i % n_blocks);
}

/* x[i] (N,...) broadcast to y (N,...), which is overwritten. */
static void forward(const dc_op_args *args)
{
    const uint64_t n_blocks = blocks_of(args) * args->n;
    dc_op_each((n_blocks + BLOCKS_A_TASK - 1) / BLOCKS_A_TASK, forward_task, args);
}

/* ---- backward ------------------------------------------------------------------------------- */

typedef struct range { /* of the values of one sample of the result */
    uint64_t sample, first, n;
} range;

static const float *input_at(float room[BLOCK], const dc_op_args *args, uint32_t k, range r)
{
    const spans s = spans_of(args->x_shapes[k], &args->node->shape);
    return gather(room, &s, args->x[k] + r.sample * s.n_values, r.first, r.n);
}

/* d (n) = gradient of input k before it is summed where it is repeated; holds dy. */
static void differentiate(const dc_op_args *args, uint32_t k, range r, float *restrict d)
{
    const dc_op op = args->node->op;
    float room[BLOCK];
    if (op == DC_OP_SUB && k == 1)
        for (uint64_t i = 0; i < r.n; i++)
            d[i] = -d[i];
    for (uint32_t other = 0; op == DC_OP_MUL && other < args->n_inputs; other++)
        if (other != k)
            times(d, input_at(room, args, other, r), r.n);
    if (op != DC_OP_DIV)
        return;
    over(d, input_at(room, args, 1, r), r.n);
    const float *y = args->y + r.sample * dc_shape_count(&args->node->shape) + r.first;
    for (uint64_t i = 0; k == 1 && i < r.n; i++)
        d[i] *= -y[i];
}

static void backward_sample(void *payload, uint64_t sample)
{
    const dc_op_args *args = payload;
    const uint64_t n_values = dc_shape_count(&args->node->shape);
    for (uint32_t k = 0; k < args->n_inputs; k++) {
        const spans s = spans_of(args->x_shapes[k], &args->node->shape);
        for (uint64_t first = 0; args->dx[k] != NULL && first < n_values; first += BLOCK) {
            const range r = { sample, first, block_end(args, first) - first };
            float d[BLOCK];
            memcpy(d, args->dy + sample * n_values + first, r.n * sizeof *d);
            differentiate(args, k, r, d);
            scatter(args->dx[k] + sample * s.n_values, &s, d, first, r.n);
        }
    }
}

/* dy (N,...); each dx[i] (N,...) accumulated. */
static void backward(const dc_op_args *args)
{
    dc_op_each(args->n, backward_sample, args);
}

const dc_op_code dc_op_add = { DC_OP_ADD, NULL, forward, backward };
const dc_op_code dc_op_mul = { DC_OP_MUL, NULL, forward, backward };
const dc_op_code dc_op_sub = { DC_OP_SUB, NULL, forward, backward };
const dc_op_code dc_op_div = { DC_OP_DIV, NULL, forward, backward };
