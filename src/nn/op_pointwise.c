/* SPDX-License-Identifier: MIT
 *
 * Activations: y = f(x), value by value, and dx += dy f'(x).
 *
 * A curve is f and its slope, which may use f's result. Where f has a kink, the slope is that of
 * the flat side (0 for clip's ends, as ReLU's at 0), or of the side below. NaN is passed on. PReLU
 * is ReLU with a slope of its own, a parameter, below 0 in each channel.
 *
 * A task is a block of values, for PReLU's slopes a channel, so that nothing depends on the jobs.
 */
#include "op_tools.h"

#include <math.h>

#define BLOCK 16384u

/* What a curve needs of its node: two ends, or one factor. */
typedef struct constants {
    float a, b;
} constants;

typedef float value_fn(float x, constants c);
typedef float slope_fn(float x, float y, constants c);

static uint64_t n_blocks(const dc_op_args *args)
{
    const uint64_t n = args->n * dc_shape_count(&args->node->shape);
    return (n + BLOCK - 1) / BLOCK;
}

static uint64_t end_of(const dc_op_args *args, uint64_t block)
{
    return DC_MIN((block + 1) * BLOCK, args->n * dc_shape_count(&args->node->shape));
}

/* Both are made anew for each curve: the calls are known there and vanish. */
static inline dc_status forward_block(const dc_op_args *args, uint64_t block, value_fn *f,
                                      constants c)
{
    const float *x = args->x[0];
    for (uint64_t i = block * BLOCK, end = end_of(args, block); i < end; i++)
        args->y[i] = f(x[i], c);
    return DC_OK;
}

static inline dc_status backward_block(const dc_op_args *args, uint64_t block, slope_fn *f,
                                       constants c)
{
    const float *x = args->x[0], *y = args->y, *dy = args->dy;
    for (uint64_t i = block * BLOCK, end = end_of(args, block); i < end; i++)
        args->dx[0][i] += dy[i] * f(x[i], y[i], c);
    return DC_OK;
}

static void backward_each(const dc_op_args *args, dc_task *task)
{
    if (args->dx[0] != NULL)
        dc_op_each(n_blocks(args), task, args);
}

/* ---- clip ----------------------------------------------------------------------------------- */

static constants ends_of(const dc_op_args *args)
{
    return (constants){ (float)args->node->attrs[DC_ATTR_MIN],
                        (float)args->node->attrs[DC_ATTR_MAX] };
}

static inline float clip(float x, constants c)
{
    return x < c.a ? c.a : x > c.b ? c.b : x;
}

static inline float clip_slope(float x, float y, constants c)
{
    (void)y;
    return x > c.a && x < c.b ? 1.0f : 0.0f;
}

static dc_status clip_up(void *args, uint64_t block)
{
    return forward_block(args, block, clip, ends_of(args));
}

static dc_status clip_down(void *args, uint64_t block)
{
    return backward_block(args, block, clip_slope, ends_of(args));
}

static void clip_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), clip_up, args);
}

static void clip_backward(const dc_op_args *args)
{
    backward_each(args, clip_down);
}

/* ---- sigmoid -------------------------------------------------------------------------------- */

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

static dc_status sigmoid_up(void *args, uint64_t block)
{
    return forward_block(args, block, sigmoid, (constants){ 0 });
}

static dc_status sigmoid_down(void *args, uint64_t block)
{
    return backward_block(args, block, sigmoid_slope, (constants){ 0 });
}

static void sigmoid_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), sigmoid_up, args);
}

static void sigmoid_backward(const dc_op_args *args)
{
    backward_each(args, sigmoid_down);
}

/* ---- tanh ----------------------------------------------------------------------------------- */

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

static dc_status tanh_up(void *args, uint64_t block)
{
    return forward_block(args, block, tanh_value, (constants){ 0 });
}

static dc_status tanh_down(void *args, uint64_t block)
{
    return backward_block(args, block, tanh_slope, (constants){ 0 });
}

static void tanh_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), tanh_up, args);
}

static void tanh_backward(const dc_op_args *args)
{
    backward_each(args, tanh_down);
}

/* ---- hard sigmoid, hard swish --------------------------------------------------------------- */

static constants slope_of(const dc_op_args *args)
{
    return (constants){ .a = (float)args->node->attrs[DC_ATTR_SLOPE] };
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

static dc_status hard_sigmoid_up(void *args, uint64_t block)
{
    return forward_block(args, block, hard_sigmoid, slope_of(args));
}

static dc_status hard_sigmoid_down(void *args, uint64_t block)
{
    return backward_block(args, block, hard_sigmoid_slope, slope_of(args));
}

static void hard_sigmoid_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), hard_sigmoid_up, args);
}

static void hard_sigmoid_backward(const dc_op_args *args)
{
    backward_each(args, hard_sigmoid_down);
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

static dc_status hard_swish_up(void *args, uint64_t block)
{
    return forward_block(args, block, hard_swish, (constants){ 0 });
}

static dc_status hard_swish_down(void *args, uint64_t block)
{
    return backward_block(args, block, hard_swish_slope, (constants){ 0 });
}

static void hard_swish_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), hard_swish_up, args);
}

static void hard_swish_backward(const dc_op_args *args)
{
    backward_each(args, hard_swish_down);
}

/* ---- silu ----------------------------------------------------------------------------------- */

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

static dc_status silu_up(void *args, uint64_t block)
{
    return forward_block(args, block, silu, (constants){ 0 });
}

static dc_status silu_down(void *args, uint64_t block)
{
    return backward_block(args, block, silu_slope, (constants){ 0 });
}

static void silu_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), silu_up, args);
}

static void silu_backward(const dc_op_args *args)
{
    backward_each(args, silu_down);
}

/* ---- leaky relu ----------------------------------------------------------------------------- */

static constants leak_of(const dc_op_args *args)
{
    return (constants){ .a = (float)args->node->attrs[DC_ATTR_NEGATIVE_SLOPE] };
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

static dc_status leaky_relu_up(void *args, uint64_t block)
{
    return forward_block(args, block, leaky_relu, leak_of(args));
}

static dc_status leaky_relu_down(void *args, uint64_t block)
{
    return backward_block(args, block, leaky_relu_slope, leak_of(args));
}

static void leaky_relu_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), leaky_relu_up, args);
}

static void leaky_relu_backward(const dc_op_args *args)
{
    backward_each(args, leaky_relu_down);
}

/* ---- elu ------------------------------------------------------------------------------------ */

static constants scale_of(const dc_op_args *args)
{
    return (constants){ .a = (float)args->node->attrs[DC_ATTR_K] };
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

static dc_status elu_up(void *args, uint64_t block)
{
    return forward_block(args, block, elu, scale_of(args));
}

static dc_status elu_down(void *args, uint64_t block)
{
    return backward_block(args, block, elu_slope, scale_of(args));
}

static void elu_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), elu_up, args);
}

static void elu_backward(const dc_op_args *args)
{
    backward_each(args, elu_down);
}

/* ---- softplus ------------------------------------------------------------------------------- */

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

static dc_status softplus_up(void *args, uint64_t block)
{
    return forward_block(args, block, softplus, (constants){ 0 });
}

static dc_status softplus_down(void *args, uint64_t block)
{
    return backward_block(args, block, softplus_slope, (constants){ 0 });
}

static void softplus_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), softplus_up, args);
}

static void softplus_backward(const dc_op_args *args)
{
    backward_each(args, softplus_down);
}

/* ---- erf, gelu ------------------------------------------------------------------------------ */

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

static dc_status erf_up(void *args, uint64_t block)
{
    return forward_block(args, block, erf_value, (constants){ 0 });
}

static dc_status erf_down(void *args, uint64_t block)
{
    return backward_block(args, block, erf_slope, (constants){ 0 });
}

static void erf_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), erf_up, args);
}

static void erf_backward(const dc_op_args *args)
{
    backward_each(args, erf_down);
}

/* x times the share of a normal distribution that lies below x. */
static inline float gelu(float x, constants c)
{
    (void)c;
    return 0.5f * x * (1.0f + erff(x * ROOT_HALF));
}

static inline float gelu_slope(float x, float y, constants c)
{
    (void)y, (void)c;
    return 0.5f * (1.0f + erff(x * ROOT_HALF)) + x * ROOT_TWO_PI_INVERSE * expf(-0.5f * x * x);
}

static dc_status gelu_up(void *args, uint64_t block)
{
    return forward_block(args, block, gelu, (constants){ 0 });
}

static dc_status gelu_down(void *args, uint64_t block)
{
    return backward_block(args, block, gelu_slope, (constants){ 0 });
}

static void gelu_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), gelu_up, args);
}

static void gelu_backward(const dc_op_args *args)
{
    backward_each(args, gelu_down);
}

/* ---- prelu ---------------------------------------------------------------------------------- */

static constants slope_at(const dc_op_args *args, uint64_t channel)
{
    return (constants){ .a = args->p[0][channel] };
}

/* One channel of the whole batch. */
static dc_status prelu_up(void *payload, uint64_t channel)
{
    const dc_op_args *args = payload;
    const uint64_t n_channels = args->node->shape.dims[0], plane = plane_of(&args->node->shape);
    for (uint64_t n = 0; n < args->n; n++) {
        const uint64_t at = (n * n_channels + channel) * plane;
        for (uint64_t i = at; i < at + plane; i++)
            args->y[i] = leaky_relu(args->x[0][i], slope_at(args, channel));
    }
    return DC_OK;
}

static dc_status prelu_down(void *payload, uint64_t channel)
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
    return DC_OK;
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

const dc_op_code dc_op_clip = { DC_OP_CLIP, NULL, clip_forward, clip_backward };
const dc_op_code dc_op_sigmoid = { DC_OP_SIGMOID, NULL, sigmoid_forward, sigmoid_backward };
const dc_op_code dc_op_tanh = { DC_OP_TANH, NULL, tanh_forward, tanh_backward };
const dc_op_code dc_op_hard_sigmoid = { DC_OP_HARD_SIGMOID, NULL, hard_sigmoid_forward,
                                        hard_sigmoid_backward };
const dc_op_code dc_op_hard_swish = { DC_OP_HARD_SWISH, NULL, hard_swish_forward,
                                      hard_swish_backward };
const dc_op_code dc_op_silu = { DC_OP_SILU, NULL, silu_forward, silu_backward };
const dc_op_code dc_op_leaky_relu = { DC_OP_LEAKY_RELU, NULL, leaky_relu_forward,
                                      leaky_relu_backward };
const dc_op_code dc_op_elu = { DC_OP_ELU, NULL, elu_forward, elu_backward };
const dc_op_code dc_op_softplus = { DC_OP_SOFTPLUS, NULL, softplus_forward, softplus_backward };
const dc_op_code dc_op_erf = { DC_OP_ERF, NULL, erf_forward, erf_backward };
const dc_op_code dc_op_gelu = { DC_OP_GELU, NULL, gelu_forward, gelu_backward };
const dc_op_code dc_op_prelu = { DC_OP_PRELU, NULL, prelu_forward, prelu_backward };
