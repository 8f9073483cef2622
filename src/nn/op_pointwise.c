/* SPDX-License-Identifier: MIT
 *
 * Activations: y = f(x), value by value, and dx += dy f'(x).
 *
 * The definition is the curve in the op's record (src/model/ops_curve.c), and an op that has one is
 * computed by it without a line here. What networks use much has a faster form in float32 below: a
 * function, its slope, which may use f's result, and a row of CURVES. NaN is passed on. PReLU is
 * ReLU with a slope of its own, a parameter, below 0 in each channel.
 *
 * A task is a block of values, for PReLU's slopes a channel, so that nothing depends on the jobs.
 */
#include "op_tools.h"

#include <math.h>

#define BLOCK 16384u

/* A curve's constants: the first attributes of its op, in the order of the record. */
typedef struct constants {
    float a, b;
} constants;

typedef float value_fn(float x, constants c);
typedef float slope_fn(float x, float y, constants c);

static constants constants_of(const dc_node *node)
{
    const uint32_t n = node->kind->n_attrs;
    return (constants){ n > 0 ? (float)node->attrs[0] : 0, n > 1 ? (float)node->attrs[1] : 0 };
}

static uint64_t n_blocks(const dc_op_args *args)
{
    const uint64_t n = args->n * dc_shape_count(&args->node->shape);
    return (n + BLOCK - 1) / BLOCK;
}

static uint64_t end_of(const dc_op_args *args, uint64_t block)
{
    return DC_MIN((block + 1) * BLOCK, args->n * dc_shape_count(&args->node->shape));
}

/* Both are compiled for each curve by itself, so that its calls are inlined. */
static inline void forward_block(const dc_op_args *args, uint64_t block, value_fn *f)
{
    const constants c = constants_of(args->node);
    const float *x = args->x[0];
    for (uint64_t i = block * BLOCK, end = end_of(args, block); i < end; i++)
        args->y[i] = f(x[i], c);
}

static inline void backward_block(const dc_op_args *args, uint64_t block, slope_fn *f)
{
    const constants c = constants_of(args->node);
    const float *x = args->x[0], *y = args->y, *dy = args->dy;
    for (uint64_t i = block * BLOCK, end = end_of(args, block); i < end; i++)
        args->dx[0][i] += dy[i] * f(x[i], y[i], c);
}

static void backward_each(const dc_op_args *args, dc_each *each)
{
    if (args->dx[0] != NULL)
        dc_op_each(n_blocks(args), each, args);
}

/* ---- by the record -------------------------------------------------------------------------- */

static void record_up(void *payload, uint64_t block)
{
    const dc_op_args *args = payload;
    const dc_node *node = args->node;
    for (uint64_t i = block * BLOCK, end = end_of(args, block); i < end; i++)
        args->y[i] = (float)node->kind->curve((double)args->x[0][i], node->attrs);
}

static void record_down(void *payload, uint64_t block)
{
    const dc_op_args *args = payload;
    const dc_node *node = args->node;
    for (uint64_t i = block * BLOCK, end = end_of(args, block); i < end; i++) {
        const double x = (double)args->x[0][i], y = node->kind->curve(x, node->attrs);
        args->dx[0][i] += args->dy[i] * (float)node->kind->slope(x, y, node->attrs);
    }
}

static void record_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), record_up, args);
}

static void record_backward(const dc_op_args *args)
{
    backward_each(args, record_down);
}

/* ---- faster forms --------------------------------------------------------------------------- */

static inline float clip(float x, constants c)
{
    return x < c.a ? c.a : x > c.b ? c.b : x;
}

static inline float clip_slope(float x, float y, constants c)
{
    (void)y;
    return x > c.a && x < c.b ? 1.0f : 0.0f;
}

static inline float sigmoid(float x, constants c)
{
    (void)c;
    return 1.0f / (1.0f + expf(-x));
}

static inline float sigmoid_slope(float x, float y, constants c)
{
    (void)x, (void)c;
    return y * (1.0f - y);
}

static inline float tanh_value(float x, constants c)
{
    (void)c;
    return tanhf(x);
}

static inline float tanh_slope(float x, float y, constants c)
{
    (void)x, (void)c;
    return 1.0f - y * y;
}

static inline float hard_sigmoid(float x, constants c)
{
    return clip(c.a * x + 0.5f, (constants){ 0.0f, 1.0f });
}

static inline float hard_sigmoid_slope(float x, float y, constants c)
{
    (void)x;
    return y > 0.0f && y < 1.0f ? c.a : 0.0f;
}

static inline float hard_swish(float x, constants c)
{
    (void)c;
    return x <= -3.0f ? 0.0f : x >= 3.0f ? x : x * (x / 6.0f + 0.5f);
}

static inline float hard_swish_slope(float x, float y, constants c)
{
    (void)y, (void)c;
    return x <= -3.0f ? 0.0f : x >= 3.0f ? 1.0f : x / 3.0f + 0.5f;
}

static inline float silu(float x, constants c)
{
    return x * sigmoid(x, c);
}

/* s + x s (1 - s), where x s is y. */
static inline float silu_slope(float x, float y, constants c)
{
    const float s = sigmoid(x, c);
    return s + y * (1.0f - s);
}

static inline float leaky_relu(float x, constants c)
{
    return x > 0.0f ? x : c.a * x;
}

static inline float leaky_relu_slope(float x, float y, constants c)
{
    (void)y;
    return x > 0.0f ? 1.0f : c.a;
}

static inline float elu(float x, constants c)
{
    return x > 0.0f ? x : c.a * expm1f(x);
}

/* a e^x is y + a. */
static inline float elu_slope(float x, float y, constants c)
{
    return x > 0.0f ? 1.0f : y + c.a;
}

static inline float softplus(float x, constants c)
{
    (void)c;
    return (x > 0.0f ? x : 0.0f) + log1pf(expf(-fabsf(x)));
}

static inline float softplus_slope(float x, float y, constants c)
{
    (void)y;
    return sigmoid(x, c);
}

#define TWO_BY_ROOT_PI 1.12837917f
#define ROOT_HALF 0.707106781f
#define ROOT_TWO_PI_INVERSE 0.398942280f

static inline float erf_value(float x, constants c)
{
    (void)c;
    return erff(x);
}

static inline float erf_slope(float x, float y, constants c)
{
    (void)y, (void)c;
    return TWO_BY_ROOT_PI * expf(-x * x);
}

#define ROOT_TWO_BY_PI 0.797884561f
#define CUBE_SHARE 0.044715f

static inline float nearly_erf(float x)
{
    return tanhf(ROOT_TWO_BY_PI * (x + CUBE_SHARE * x * x * x));
}

/* x times the share of a normal distribution that lies below x; a: by tanh. */
static inline float gelu(float x, constants c)
{
    return 0.5f * x * (1.0f + (c.a != 0.0f ? nearly_erf(x) : erff(x * ROOT_HALF)));
}

static inline float gelu_slope(float x, float y, constants c)
{
    (void)y;
    if (c.a != 0.0f) {
        const float t = nearly_erf(x), inner = 1.0f + 3.0f * CUBE_SHARE * x * x;
        return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * ROOT_TWO_BY_PI * inner;
    }
    return 0.5f * (1.0f + erff(x * ROOT_HALF)) + x * ROOT_TWO_PI_INVERSE * expf(-0.5f * x * x);
}

#define CURVES(X)                                                                              \
    X(CLIP, clip, clip)                                                                        \
    X(SIGMOID, sigmoid, sigmoid)                                                               \
    X(TANH, tanh, tanh_value)                                                                  \
    X(HARD_SIGMOID, hard_sigmoid, hard_sigmoid)                                                \
    X(HARD_SWISH, hard_swish, hard_swish)                                                      \
    X(SILU, silu, silu)                                                                        \
    X(LEAKY_RELU, leaky_relu, leaky_relu)                                                      \
    X(ELU, elu, elu)                                                                           \
    X(SOFTPLUS, softplus, softplus)                                                            \
    X(ERF, erf, erf_value)                                                                     \
    X(GELU, gelu, gelu)

#define FUNCTIONS(id, name, f)                                \
    static void name##_up(void *args, uint64_t block)         \
    {                                                         \
        forward_block(args, block, f);                        \
    }                                                         \
    static void name##_down(void *args, uint64_t block)       \
    {                                                         \
        backward_block(args, block, name##_slope);            \
    }                                                         \
    static void name##_forward(const dc_op_args *args)        \
    {                                                         \
        dc_op_each(n_blocks(args), name##_up, args);          \
    }                                                         \
    static void name##_backward(const dc_op_args *args)       \
    {                                                         \
        backward_each(args, name##_down);                     \
    }

CURVES(FUNCTIONS)

/* ---- prelu ---------------------------------------------------------------------------------- */

static constants slope_at(const dc_op_args *args, uint64_t channel)
{
    return (constants){ .a = args->p[0][channel] };
}

/* One channel of the whole batch. */
static void prelu_up(void *payload, uint64_t channel)
{
    const dc_op_args *args = payload;
    const uint64_t n_channels = args->node->shape.dims[0], plane = plane_of(&args->node->shape);
    for (uint64_t n = 0; n < args->n; n++) {
        const uint64_t at = (n * n_channels + channel) * plane;
        for (uint64_t i = at; i < at + plane; i++)
            args->y[i] = leaky_relu(args->x[0][i], slope_at(args, channel));
    }
}

static void prelu_down(void *payload, uint64_t channel)
{
    const dc_op_args *args = payload;
    const uint64_t n_channels = args->node->shape.dims[0], plane = plane_of(&args->node->shape);
    const float *x = args->x[0], *dy = args->dy;
    double d_slope = 0;
    for (uint64_t n = 0; n < args->n; n++) {
        const uint64_t at = (n * n_channels + channel) * plane;
        for (uint64_t i = at; i < at + plane; i++)
            d_slope += x[i] > 0.0f ? 0.0 : (double)dy[i] * (double)x[i];
        for (uint64_t i = at; args->dx[0] != NULL && i < at + plane; i++)
            args->dx[0][i] += dy[i] * leaky_relu_slope(x[i], 0, slope_at(args, channel));
    }
    if (args->dp[0] != NULL)
        args->dp[0][channel] = (float)d_slope;
}

/* x, y (N,C,...) of one shape; y overwritten; slope (C). */
static void prelu_forward(const dc_op_args *args)
{
    dc_op_each(args->node->shape.dims[0], prelu_up, args);
}

/* x, dy (N,C,...); dx (N,C,...) accumulated; d_slope (C) overwritten. */
static void prelu_backward(const dc_op_args *args)
{
    dc_op_each(args->node->shape.dims[0], prelu_down, args);
}

/* ---- rows ----------------------------------------------------------------------------------- */

#define ROW(id, name, f) \
    const dc_op_code dc_op_##name = { DC_OP_##id, NULL, name##_forward, name##_backward };
CURVES(ROW)

const dc_op_code dc_op_prelu = { DC_OP_PRELU, NULL, prelu_forward, prelu_backward };
const dc_op_code dc_op_curve = { DC_N_OPS, NULL, record_forward, record_backward };
