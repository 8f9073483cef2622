/* SPDX-License-Identifier: MIT
 *
 * Every reference op's backward against finite differences of its forward. With L = sum of dy y,
 * the gradient of L by one value is estimated from four forwards,
 *     (8 (L(+h) - L(-h)) - (L(+2h) - L(-2h))) / 12 h,     truncation of order h^4.
 * Values are multiples of 2^-9 and h is 2^-5, so that steps are exact in float32; the difference of
 * two outputs is summed in double. For ops with kinks values lie further apart than 2h, and none is
 * within 2h of a multiple of 1/4, where the kinks are. Divisors are 1 .. 3.
 *
 * Bound: the largest difference over a tensor is at most BOUND times its largest gradient (at least
 * 0.1). Each op of the table must have a case. Curves have one by their record; those below are of
 * other attributes than the usual ones. Every dx must have been added to, every y and dp
 * overwritten.
 */
#include "unit/nn/op_case.h"

#define BOUND 5e-5
#define STEP 0x1p-5f
#define SEED 20161

typedef struct gradient_case {
    dc_op op;
    const char *text;
    uint32_t n, n_inputs;
    dc_shape shapes[OP_CASE_MAX_INPUTS];
    op_attr attrs[12];
} gradient_case;

#define S3(c, h, w) { 3, { c, h, w, 0 } }
#define S1(c) { 1, { c, 0, 0, 0 } }
#define S2(a, b) { 2, { a, b, 0, 0 } }
#define S4(a, b, c, d) { 4, { a, b, c, d } }
#define K(h, w) { DC_ATTR_KERNEL_H, h }, { DC_ATTR_KERNEL_W, w }
#define STRIDE(h, w) { DC_ATTR_STRIDE_H, h }, { DC_ATTR_STRIDE_W, w }
#define DILATION(h, w) { DC_ATTR_DILATION_H, h }, { DC_ATTR_DILATION_W, w }
#define PAD(t, l, b, r) { DC_ATTR_PAD_TOP, t }, { DC_ATTR_PAD_LEFT, l }, \
                        { DC_ATTR_PAD_BOTTOM, b }, { DC_ATTR_PAD_RIGHT, r }
#define DIMS(a, b, c, d) { DC_ATTR_DIM_0, a }, { DC_ATTR_DIM_1, b }, \
                         { DC_ATTR_DIM_2, c }, { DC_ATTR_DIM_3, d }
#define SLICE(axis, begin, size) { DC_ATTR_AXIS, axis }, { DC_ATTR_BEGIN, begin }, \
                                 { DC_ATTR_SIZE, size }
#define END OP_ATTR_END

static const gradient_case cases[] = {
    { DC_OP_CONV, "plain", 2, 1, { S3(2, 5, 6) }, { { DC_ATTR_N_OUTPUTS, 3 }, K(3, 3), END } },
    { DC_OP_CONV, "one pixel", 3, 1, { S3(4, 3, 2) }, { { DC_ATTR_N_OUTPUTS, 2 }, END } },
    { DC_OP_CONV, "groups, no bias", 2, 1, { S3(4, 5, 4) },
      { { DC_ATTR_N_OUTPUTS, 6 }, { DC_ATTR_GROUPS, 2 }, { DC_ATTR_BIAS, 0 }, K(2, 3), END } },
    { DC_OP_CONV, "depthwise", 2, 1, { S3(3, 4, 5) },
      { { DC_ATTR_N_OUTPUTS, 3 }, { DC_ATTR_GROUPS, 3 }, K(3, 3), PAD(1, 1, 1, 1), END } },
    { DC_OP_CONV, "strides, uneven pads", 2, 1, { S3(2, 6, 7) },
      { { DC_ATTR_N_OUTPUTS, 2 }, K(3, 2), STRIDE(2, 3), PAD(0, 1, 2, 3), END } },
    { DC_OP_CONV, "dilation", 1, 1, { S3(2, 7, 8) },
      { { DC_ATTR_N_OUTPUTS, 2 }, K(3, 2), DILATION(2, 3), PAD(2, 0, 1, 1), END } },
    { DC_OP_CONV, "pads beyond the kernel", 1, 1, { S3(1, 2, 2) },
      { { DC_ATTR_N_OUTPUTS, 2 }, K(2, 2), STRIDE(2, 2), PAD(4, 3, 3, 5), END } },
    { DC_OP_CONV, "whole tiles and rests", 2, 1, { S3(5, 2, 38) },
      { { DC_ATTR_N_OUTPUTS, 2 }, K(2, 3), PAD(0, 1, 0, 1), END } },
    { DC_OP_CONV_TRANSPOSE, "plain", 2, 1, { S3(2, 3, 4) },
      { { DC_ATTR_N_OUTPUTS, 3 }, K(3, 2), END } },
    { DC_OP_CONV_TRANSPOSE, "groups, strides, no bias", 2, 1, { S3(4, 3, 2) },
      { { DC_ATTR_N_OUTPUTS, 6 }, { DC_ATTR_GROUPS, 2 }, { DC_ATTR_BIAS, 0 }, K(2, 3),
        STRIDE(2, 3), END } },
    { DC_OP_CONV_TRANSPOSE, "uneven pads, more behind", 2, 1, { S3(2, 4, 3) },
      { { DC_ATTR_N_OUTPUTS, 2 }, K(3, 3), STRIDE(2, 2), PAD(1, 0, 2, 1),
        { DC_ATTR_OUTPUT_PAD_H, 1 }, { DC_ATTR_OUTPUT_PAD_W, 3 }, END } },
    { DC_OP_CONV_TRANSPOSE, "dilation", 1, 1, { S3(2, 3, 3) },
      { { DC_ATTR_N_OUTPUTS, 2 }, K(3, 2), DILATION(2, 3), PAD(1, 1, 1, 1), END } },
    { DC_OP_RESIZE, "nearest, larger", 2, 1, { S3(2, 3, 2) },
      { { DC_ATTR_HEIGHT, 5 }, { DC_ATTR_WIDTH, 4 }, END } },
    { DC_OP_RESIZE, "linear, smaller and larger", 2, 1, { S3(2, 4, 3) },
      { { DC_ATTR_HEIGHT, 3 }, { DC_ATTR_WIDTH, 7 }, { DC_ATTR_LINEAR, 1 }, END } },
    { DC_OP_RESIZE, "linear, corners", 1, 1, { S3(1, 3, 4) },
      { { DC_ATTR_HEIGHT, 5 }, { DC_ATTR_WIDTH, 6 }, { DC_ATTR_LINEAR, 1 },
        { DC_ATTR_PLACES, DC_PLACES_ALIGN_CORNERS }, END } },
    { DC_OP_REDUCE_MAX, "rows", 2, 1, { S3(2, 3, 4) }, { DIMS(3, 0, 0, 0), END } },
    { DC_OP_REDUCE_MIN, "first and last", 2, 1, { S3(2, 3, 4) }, { DIMS(3, 0, 1, 0), END } },
    { DC_OP_REDUCE_SUM, "middle", 2, 1, { S3(2, 3, 4) },
      { DIMS(2, 0, 0, 0), { DC_ATTR_KEEP_DIMS, 0 }, END } },
    { DC_OP_REDUCE_MEAN, "all", 2, 1, { S3(2, 3, 4) },
      { DIMS(1, 2, 3, 0), { DC_ATTR_KEEP_DIMS, 0 }, END } },
    { DC_OP_REDUCE_PROD, "of four dims", 2, 1, { S4(2, 3, 2, 2) }, { DIMS(2, 4, 0, 0), END } },
    { DC_OP_ARG_MAX, "channels", 2, 1, { S3(4, 2, 3) }, { END } },
    { DC_OP_ARG_MIN, "rows", 2, 1, { S3(2, 2, 5) }, { { DC_ATTR_AXIS, 2 }, END } },
    { DC_OP_LINEAR, "vector", 3, 1, { S1(5) }, { { DC_ATTR_N_OUTPUTS, 4 }, END } },
    { DC_OP_LINEAR, "picture, no bias", 2, 1, { S3(2, 3, 4) },
      { { DC_ATTR_N_OUTPUTS, 3 }, { DC_ATTR_BIAS, 0 }, END } },
    { DC_OP_LINEAR, "three vectors", 2, 1, { S2(3, 5) },
      { { DC_ATTR_N_OUTPUTS, 4 }, { DC_ATTR_AXIS, 1 }, END } },
    { DC_OP_LINEAR, "places of a picture", 2, 1, { S3(2, 3, 4) },
      { { DC_ATTR_N_OUTPUTS, 3 }, { DC_ATTR_AXIS, 2 }, END } },
    { DC_OP_LINEAR, "flat from dim 1 on, no bias", 2, 1, { S3(3, 2, 4) },
      { { DC_ATTR_N_OUTPUTS, 2 }, { DC_ATTR_AXIS, 1 }, { DC_ATTR_BIAS, 0 }, END } },
    { DC_OP_MAX_POOL, "2x2", 2, 1, { S3(2, 4, 6) }, { K(2, 2), STRIDE(2, 2), END } },
    { DC_OP_MAX_POOL, "overlap, ceil", 2, 1, { S3(2, 6, 5) },
      { K(3, 3), STRIDE(2, 2), { DC_ATTR_CEIL_MODE, 1 }, END } },
    { DC_OP_MAX_POOL, "uneven pads", 1, 1, { S3(2, 5, 5) },
      { K(3, 2), STRIDE(2, 1), PAD(2, 1, 0, 0), END } },
    { DC_OP_AVERAGE_POOL, "2x2", 2, 1, { S3(2, 4, 6) }, { K(2, 2), STRIDE(2, 2), END } },
    { DC_OP_AVERAGE_POOL, "pads not counted", 1, 1, { S3(2, 5, 6) },
      { K(3, 3), STRIDE(2, 2), PAD(1, 2, 1, 0), { DC_ATTR_CEIL_MODE, 1 }, END } },
    { DC_OP_AVERAGE_POOL, "pads counted, ceil", 1, 1, { S3(2, 5, 6) },
      { K(3, 3), STRIDE(2, 2), PAD(1, 2, 1, 0), { DC_ATTR_CEIL_MODE, 1 },
        { DC_ATTR_COUNT_PAD, 1 }, END } },
    { DC_OP_GLOBAL_AVERAGE_POOL, "picture", 2, 1, { S3(3, 4, 5) }, { END } },
    { DC_OP_BATCH_NORM, "picture", 3, 1, { S3(2, 3, 4) }, { END } },
    { DC_OP_BATCH_NORM, "vector, large epsilon", 6, 1, { S1(3) },
      { { DC_ATTR_EPSILON, 0.1 }, END } },
    { DC_OP_LAYER_NORM, "vector", 3, 1, { S1(6) }, { END } },
    { DC_OP_LAYER_NORM, "rows, no shift", 2, 1, { S3(2, 3, 5) },
      { { DC_ATTR_AXIS, 2 }, { DC_ATTR_BIAS, 0 }, { DC_ATTR_EPSILON, 0.1 }, END } },
    { DC_OP_LAYER_NORM, "planes", 2, 1, { S3(2, 3, 4) }, { { DC_ATTR_AXIS, 1 }, END } },
    { DC_OP_RMS_NORM, "rows", 2, 1, { S2(3, 5) }, { { DC_ATTR_AXIS, 1 }, END } },
    { DC_OP_GROUP_NORM, "two groups", 2, 1, { S3(4, 3, 2) }, { { DC_ATTR_GROUPS, 2 }, END } },
    { DC_OP_GROUP_NORM, "channels", 2, 1, { S3(3, 3, 2) },
      { { DC_ATTR_GROUPS, 3 }, { DC_ATTR_EPSILON, 0.1 }, END } },
    { DC_OP_LRN, "5 channels", 2, 1, { S3(7, 2, 3) }, { { DC_ATTR_ALPHA, 0.5 }, END } },
    { DC_OP_LRN, "3 channels, k 2", 1, 1, { S3(4, 3, 2) },
      { { DC_ATTR_SIZE, 3 }, { DC_ATTR_ALPHA, 1 }, { DC_ATTR_BETA, 0.5 }, { DC_ATTR_K, 2 }, END } },
    { DC_OP_LRN, "window over all", 1, 1, { S3(2, 2, 2) }, { { DC_ATTR_ALPHA, 2 }, END } },
    { DC_OP_DROPOUT, "half", 2, 1, { S3(2, 3, 4) }, { END } },
    { DC_OP_DROPOUT, "a fifth", 3, 1, { S1(10) }, { { DC_ATTR_RATIO, 0.2 }, END } },
    { DC_OP_CONCAT, "pictures", 2, 3, { S3(2, 3, 2), S3(1, 3, 2), S3(3, 3, 2) }, { END } },
    { DC_OP_CONCAT, "vectors", 3, 2, { S1(4), S1(2) }, { END } },
    { DC_OP_ADD, "two", 2, 2, { S3(2, 3, 2), S3(2, 3, 2) }, { END } },
    { DC_OP_ADD, "three", 2, 3, { S1(5), S1(5), S1(5) }, { END } },
    { DC_OP_FLATTEN, "picture", 2, 1, { S3(2, 3, 4) }, { END } },
    { DC_OP_SOFTMAX, "vector", 3, 1, { S1(5) }, { END } },
    { DC_OP_SOFTMAX, "picture", 2, 1, { S3(3, 2, 2) }, { END } },
    { DC_OP_SOFTMAX, "rows", 2, 1, { S2(3, 5) }, { { DC_ATTR_AXIS, 1 }, END } },
    { DC_OP_SOFTMAX, "middle dim", 2, 1, { S3(2, 4, 3) }, { { DC_ATTR_AXIS, 1 }, END } },
    { DC_OP_SOFTMAX, "last dim", 2, 1, { S3(2, 2, 5) }, { { DC_ATTR_AXIS, 2 }, END } },
    { DC_OP_LOG_SOFTMAX, "vector", 3, 1, { S1(5) }, { END } },
    { DC_OP_LOG_SOFTMAX, "channels", 2, 1, { S3(3, 2, 2) }, { END } },
    { DC_OP_LOG_SOFTMAX, "columns", 2, 1, { S2(4, 3) }, { END } },
    { DC_OP_LOG_SOFTMAX, "middle dim", 2, 1, { S3(2, 4, 3) }, { { DC_ATTR_AXIS, 1 }, END } },
    { DC_OP_ADD, "channels, picture", 2, 2, { S3(3, 1, 1), S3(3, 4, 5) }, { END } },
    { DC_OP_ADD, "both repeated, twice", 3, 3, { S3(3, 1, 5), S3(1, 4, 1), S3(3, 4, 1) }, { END } },
    { DC_OP_CLIP, "to -1 .. 2.25", 3, 1, { S1(7) },
      { { DC_ATTR_MIN, -1 }, { DC_ATTR_MAX, 2.25 }, END } },
    { DC_OP_HARD_SIGMOID, "a fifth", 3, 1, { S1(11) }, { { DC_ATTR_SLOPE, 0.2 }, END } },
    { DC_OP_SILU, "four dims", 2, 1, { S4(2, 3, 1, 2) }, { END } },
    { DC_OP_LEAKY_RELU, "falling", 3, 1, { S1(5) }, { { DC_ATTR_NEGATIVE_SLOPE, -0.5 }, END } },
    { DC_OP_ELU, "steeper below 0", 3, 1, { S1(7) }, { { DC_ATTR_K, 1.75 }, END } },
    { DC_OP_GELU, "by tanh", 2, 1, { S3(2, 3, 4) }, { { DC_ATTR_BY_TANH, 1 }, END } },
    { DC_OP_POW, "under a root", 2, 1, { S3(2, 3, 4) }, { { DC_ATTR_EXPONENT, -0.5 }, END } },
    { DC_OP_PRELU, "picture", 2, 1, { S3(3, 2, 5) }, { END } },
    { DC_OP_PRELU, "vector", 3, 1, { S1(5) }, { END } },
    { DC_OP_MUL, "picture, channels", 2, 2, { S3(3, 4, 5), S3(3, 1, 1) }, { END } },
    { DC_OP_MUL, "picture, places", 2, 2, { S3(3, 4, 5), S3(1, 4, 5) }, { END } },
    { DC_OP_MUL, "three", 2, 3, { S2(3, 1), S2(1, 5), S2(3, 5) }, { END } },
    { DC_OP_MUL, "more than a block", 2, 2, { S3(3, 19, 23), S3(3, 19, 1) }, { END } },
    { DC_OP_SUB, "one and many", 3, 2, { S1(1), S1(7) }, { END } },
    { DC_OP_SUB, "four dims", 2, 2, { S4(2, 1, 3, 1), S4(2, 3, 1, 2) }, { END } },
    { DC_OP_DIV, "equal", 2, 2, { S3(2, 3, 2), S3(2, 3, 2) }, { END } },
    { DC_OP_DIV, "columns by rows", 2, 2, { S2(4, 1), S2(1, 3) }, { END } },
    { DC_OP_DIV, "picture by places", 2, 2, { S3(3, 2, 3), S3(1, 2, 3) }, { END } },
    { DC_OP_SLICE, "channels", 2, 1, { S3(5, 2, 3) }, { SLICE(0, 1, 3), END } },
    { DC_OP_SLICE, "middle dim", 2, 1, { S3(2, 5, 3) }, { SLICE(1, 3, 2), END } },
    { DC_OP_SLICE, "last of four", 2, 1, { S4(2, 3, 1, 4) }, { SLICE(3, 0, 1), END } },
    { DC_OP_SLICE, "every other row", 2, 1, { S3(2, 6, 3) },
      { SLICE(1, 1, 3), { DC_ATTR_STEP, 2 }, END } },
    { DC_OP_SLICE, "rows from the last", 2, 1, { S3(2, 4, 3) },
      { SLICE(1, 3, 4), { DC_ATTR_STEP, -1 }, END } },
    { DC_OP_SLICE, "every third back", 2, 1, { S2(2, 8) },
      { SLICE(1, 7, 3), { DC_ATTR_STEP, -3 }, END } },
    { DC_OP_SLICE, "vector", 3, 1, { S1(7) }, { SLICE(0, 6, 1), END } },
    { DC_OP_RESHAPE, "to four dims", 2, 1, { S3(4, 3, 5) }, { DIMS(2, 2, 5, 3), END } },
    { DC_OP_TRANSPOSE, "matrix", 2, 1, { S2(3, 4) }, { DIMS(2, 1, 0, 0), END } },
    { DC_OP_TRANSPOSE, "picture", 2, 1, { S3(2, 3, 5) }, { DIMS(3, 1, 2, 0), END } },
    { DC_OP_TRANSPOSE, "channel groups", 2, 1, { S4(2, 3, 2, 2) }, { DIMS(2, 1, 3, 4), END } },
    { DC_OP_TRANSPOSE, "all four", 1, 1, { S4(2, 3, 5, 2) }, { DIMS(4, 2, 1, 3), END } },
    { DC_OP_PAD, "uneven", 2, 1, { S3(2, 3, 2) }, { PAD(1, 0, 2, 3), END } },
    { DC_OP_CONSTANT, "matrix", 3, 0, { S1(1) }, { DIMS(2, 3, 0, 0), END } },
    { DC_OP_CONSTANT, "vector", 2, 0, { S1(1) }, { DIMS(5, 0, 0, 0), END } },
    { DC_OP_LSTM, "plain", 2, 1, { S2(4, 12) }, { END } },
    { DC_OP_LSTM, "one cell, one step", 1, 1, { S2(1, 4) }, { END } },
    { DC_OP_LSTM, "peepholes, projection", 2, 1, { S2(4, 12) },
      { { DC_ATTR_PEEPHOLES, 1 }, { DC_ATTR_N_OUTPUTS, 2 }, { DC_ATTR_FORGET_BIAS, 1 }, END } },
    { DC_OP_LSTM, "other curves", 2, 1, { S2(3, 8) },
      { { DC_ATTR_GATE_CURVE, DC_OP_GELU }, { DC_ATTR_CELL_CURVE, DC_OP_SIGMOID },
        { DC_ATTR_OUTPUT_CURVE, DC_OP_SOFTPLUS }, END } },
    { DC_OP_LSTM, "cells, projection", 2, 1, { S2(4, 12) },
      { { DC_ATTR_CELLS, 1 }, { DC_ATTR_N_OUTPUTS, 2 }, END } },
    { DC_OP_LSTM, "input forgets, cells", 2, 1, { S2(4, 12) },
      { { DC_ATTR_CELLS, 1 }, { DC_ATTR_INPUT_FORGET, 1 }, { DC_ATTR_PEEPHOLES, 1 }, END } },
    { DC_OP_LSTM, "clip between values", 1, 1, { S2(2, 4) },
      { { DC_ATTR_CELLS, 1 }, { DC_ATTR_CLIP, 0.4 }, END } },
    { DC_OP_GRU, "clip between values", 1, 1, { S2(2, 3) },
      { { DC_ATTR_CLIP, 0.5 }, END } },
    { DC_OP_GRU, "alpha", 2, 1, { S2(2, 9) },
      { { DC_ATTR_CELL_CURVE, DC_OP_POW }, { DC_ATTR_ALPHA, 3 }, END } },
    { DC_OP_GRU, "reset after", 2, 1, { S2(4, 9) }, { END } },
    { DC_OP_RNN, "plain", 2, 1, { S2(4, 3) }, { END } },
    { DC_OP_EMBEDDING, "steps", 2, 1, { S1(6) },
      { { DC_ATTR_N_OUTPUTS, 3 }, { DC_ATTR_N_SYMBOLS, 4 }, END } },
    { DC_OP_EMBEDDING, "more than a task of outputs", 2, 1, { S2(2, 3) },
      { { DC_ATTR_N_OUTPUTS, 18 }, { DC_ATTR_N_SYMBOLS, 5 }, END } },
    { DC_OP_LAST, "all", 2, 1, { S2(3, 4) }, { END } },
    { DC_OP_STEP_MEAN, "all", 2, 1, { S2(3, 4) }, { END } },
};

/* Samples of which 2, 3 and 1 steps of 3 count. */
static const gradient_case with_lengths[] = {
    { DC_OP_LSTM, "first states, back", 3, 3, { S2(3, 8), S1(2), S2(2, 1) },
      { { DC_ATTR_REVERSE, 1 }, END } },
    { DC_OP_LSTM, "cells, first states, back", 3, 3, { S2(3, 8), S1(2), S2(2, 1) },
      { { DC_ATTR_REVERSE, 1 }, { DC_ATTR_CELLS, 1 }, END } },
    { DC_OP_GRU, "reset first, state, back", 3, 2, { S2(3, 6), S1(2) },
      { { DC_ATTR_RESET_AFTER, 0 }, { DC_ATTR_REVERSE, 1 }, END } },
    { DC_OP_RNN, "state, sigmoid", 3, 2, { S2(3, 2), S1(2) },
      { { DC_ATTR_CELL_CURVE, DC_OP_SIGMOID }, END } },
    { DC_OP_LAST, "some", 3, 1, { S2(3, 4) }, { END } },
    { DC_OP_STEP_MEAN, "some", 3, 1, { S2(3, 4) }, { END } },
};
static const uint32_t lengths[] = { 2, 3, 1 };

/* Besides curves. */
static const dc_op with_kinks[] = { DC_OP_MAX_POOL,   DC_OP_PRELU,   DC_OP_REDUCE_MAX,
                                    DC_OP_REDUCE_MIN, DC_OP_ARG_MAX, DC_OP_ARG_MIN };

/* Multiples of 2^-9 in [-1, 1). */
static void fill_random(float *values, uint64_t n, dc_rng *rng)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = (float)dc_rng_below(rng, 1024) * 0x1p-9f - 1;
}

/* A shuffle of values 8h apart, none nearer to 0 than 4h. */
static void fill_apart(float *values, uint64_t n, dc_rng *rng)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = ((float)i - (float)(n / 2)) * 8 * STEP + 4 * STEP;
    for (uint64_t i = n; i > 1; i--) {
        const uint64_t j = dc_rng_below(rng, i);
        const float swapped = values[i - 1];
        values[i - 1] = values[j];
        values[j] = swapped;
    }
}

/* A curve that has no value at 0 or below: it wants 1 .. 3, as divisors do. */
static bool is_of_positive(const dc_node *node)
{
    double (*curve)(double, const double *) = node->kind->curve;
    return curve != NULL && !(isfinite(curve(0, node->attrs)) && isfinite(curve(-1, node->attrs)));
}

/* Symbols, each half a step from where the next one begins. */
static void fill_symbols(op_case *c, dc_rng *rng)
{
    const uint32_t n = dc_node_whole(c->node, DC_ATTR_N_SYMBOLS);
    for (uint64_t i = 0; i < c->n_x[0]; i++)
        c->x[0][i] = (float)dc_rng_below(rng, n) + 0.5f;
}

static void fill_case(op_case *c, dc_rng *rng)
{
    const uint32_t divisor = is_of_positive(c->node) ? 0 : c->node->op == DC_OP_DIV ? 1 : DC_NONE;
    bool has_kinks = c->node->kind->curve != NULL && divisor == DC_NONE;
    for (size_t i = 0; i < DC_COUNT_OF(with_kinks); i++)
        has_kinks = has_kinks || c->node->op == with_kinks[i];
    for (uint32_t i = 0; i < c->args.n_inputs; i++)
        (has_kinks ? fill_apart : fill_random)(c->x[i], c->n_x[i], rng);
    for (uint64_t i = 0; divisor != DC_NONE && i < c->n_x[divisor]; i++)
        c->x[divisor][i] += 2;
    for (uint32_t i = 0; i < c->n_params; i++)
        if (c->p[i] != NULL)
            fill_random(c->p[i], c->n_p[i], rng);
    if (c->node->op == DC_OP_EMBEDDING)
        fill_symbols(c, rng);
    fill_random(c->dy, c->n_y, rng);
}

/* Sum of dy times what y gains when *value moves by `step` rather than by -step. */
static double gain(op_case *c, float *scratch, float *value, float step)
{
    const float kept = *value;
    double sum = 0;
    *value = kept - step;
    op_case_forward(c);
    memcpy(scratch, c->y, c->n_y * sizeof *c->y);
    *value = kept + step;
    op_case_forward(c);
    *value = kept;
    for (uint64_t i = 0; i < c->n_y; i++)
        sum += (double)c->dy[i] * ((double)c->y[i] - (double)scratch[i]);
    return sum;
}

/* Infinite when one of them is NaN: a gradient was not written. */
static double difference_of(double a, double b)
{
    const double difference = fabs(a - b);
    return isnan(difference) ? (double)INFINITY : difference;
}

/* `analytic` less `start` against differences by each of `values`. */
static void check_tensor(op_case *c, const gradient_case *g, const char *what, float *values,
                         const float *analytic, double start, uint64_t n)
{
    float *scratch = op_case_take(c, c->n_y, 0);
    double worst = 0, largest = 0.1;
    for (uint64_t i = 0; i < n; i++) {
        const double near = gain(c, scratch, &values[i], STEP);
        const double far = gain(c, scratch, &values[i], 2 * STEP);
        const double numeric = (8 * near - far) / (12 * (double)STEP);
        const double error = difference_of((double)analytic[i] - start, numeric);
        largest = DC_MAX(largest, fabs(numeric));
        worst = DC_MAX(worst, error);
    }
    print_message("%-20s %-24s %-3s %5u values, worst %.1e of %.2g\n",
                  dc_op_kind_of(g->op)->name, g->text, what, (unsigned)n, worst / largest, largest);
    if (!(worst <= BOUND * largest))
        fail_msg("%s (%s) %s: differs by %g, allowed %g", dc_op_kind_of(g->op)->name, g->text, what,
                 worst, BOUND * largest);
}

static void check_code(op_case *c, const gradient_case *g, uint64_t stream,
                       const uint32_t *steps)
{
    dc_rng rng;
    char what[8];
    dc_rng_init(&rng, SEED, stream);
    fill_case(c, &rng);
    c->args.lengths = steps;
    op_case_forward(c);
    c->code->backward(&c->args);
    for (uint32_t i = 0; i < g->n_inputs; i++) {
        snprintf(what, sizeof what, "x%u", (unsigned)i % 10);
        check_tensor(c, g, what, c->x[i], c->dx[i], 1, c->n_x[i]);
    }
    for (uint32_t i = 0; i < c->n_params; i++) {
        snprintf(what, sizeof what, "p%u", (unsigned)i % 10);
        if (c->dp[i] != NULL)
            check_tensor(c, g, what, c->p[i], c->dp[i], 0, c->n_p[i]);
    }
}

static void check_case(const gradient_case *g, uint64_t stream, const uint32_t *steps)
{
    op_case c;
    op_case_make(&c, g->op, g->n, g->shapes, g->n_inputs, g->attrs);
    check_code(&c, g, stream, steps);
    op_case_end(&c);
}

/* 1 if the op has a fast form with these attributes. */
static uint32_t check_fast(const gradient_case *g, uint64_t stream, const uint32_t *steps)
{
    op_case c;
    op_case_make(&c, g->op, g->n, g->shapes, g->n_inputs, g->attrs);
    const dc_op_code *fast = dc_op_code_fast(c.node, false);
    const bool has_one = fast != c.code;
    if (has_one) {
        op_case_use(&c, fast);
        check_code(&c, g, stream, steps);
    }
    op_case_end(&c);
    return has_one;
}

static void every_backward_agrees_with_finite_differences(void **state)
{
    (void)state;
    print_message("seed %d, bound %g of the largest gradient\n", SEED, BOUND);
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++)
        check_case(&cases[i], i, NULL);
}

static void every_backward_does_on_samples_of_other_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(with_lengths); i++)
        check_case(&with_lengths[i], 2000 + i, lengths);
}

static void every_fast_backward_agrees_with_finite_differences(void **state)
{
    (void)state;
    uint32_t n_fast = 0;
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++)
        n_fast += check_fast(&cases[i], i, NULL);
    for (size_t i = 0; i < DC_COUNT_OF(with_lengths); i++)
        n_fast += check_fast(&with_lengths[i], 2000 + i, lengths);
    assert_int_equal(n_fast, 8); /* lstm, gru and rnn but for "other curves" */
}

/* Of a curve its record says all that a case needs. */
static void every_curve_agrees_with_finite_differences(void **state)
{
    (void)state;
    for (uint32_t op = 0; op < DC_N_OPS; op++) {
        const gradient_case g = { (dc_op)op, "by its record", 2, 1, { S3(2, 3, 4) }, { END } };
        if (dc_op_kind_of(op)->curve != NULL)
            check_case(&g, 1000 + op, NULL);
    }
}

static void every_op_of_the_table_has_a_case(void **state)
{
    (void)state;
    for (int op = 0; op < DC_N_OPS; op++) {
        const dc_op_code *code = dc_op_code_of((dc_op)op);
        bool is_there = code == NULL || dc_op_kind_of((uint32_t)op)->curve != NULL;
        for (size_t i = 0; i < DC_COUNT_OF(cases); i++)
            is_there = is_there || cases[i].op == (dc_op)op;
        if (!is_there)
            fail_msg("no gradient case for %s", dc_op_kind_of((uint32_t)op)->name);
    }
}

static void every_op_but_the_input_is_in_the_table(void **state)
{
    (void)state;
    assert_null(dc_op_code_of(DC_OP_INPUT));
    for (int op = DC_OP_INPUT + 1; op < DC_N_OPS; op++) {
        const dc_op_code *code = dc_op_code_of((dc_op)op);
        assert_non_null(code);
        assert_true(code->op == (dc_op)op || dc_op_kind_of((uint32_t)op)->curve != NULL);
        assert_non_null(code->backward);
    }
}

static void gradients_nobody_wants_are_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        op_case c;
        op_case_make(&c, cases[i].op, cases[i].n, cases[i].shapes, cases[i].n_inputs,
                     cases[i].attrs);
        memset(c.dx, 0, sizeof c.dx);
        memset(c.dp, 0, sizeof c.dp);
        op_case_forward(&c);
        c.code->backward(&c.args);
        op_case_use(&c, dc_op_code_fast(c.node, false));
        op_case_forward(&c);
        c.code->backward(&c.args);
        op_case_end(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_but_the_input_is_in_the_table),
        cmocka_unit_test(every_op_of_the_table_has_a_case),
        cmocka_unit_test(every_backward_agrees_with_finite_differences),
        cmocka_unit_test(every_backward_does_on_samples_of_other_lengths),
        cmocka_unit_test(every_fast_backward_agrees_with_finite_differences),
        cmocka_unit_test(every_curve_agrees_with_finite_differences),
        cmocka_unit_test(gradients_nobody_wants_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
