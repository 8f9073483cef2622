/* SPDX-License-Identifier: MIT
 *
 * Pointwise ops: y = f(x), value by value. The curve and its slope are the definition; nn has its
 * own, faster form of the usual ones, which tests hold against these. A curve's constants are its
 * attributes in the order of its rows. Where f has a kink, the slope is that of the flat side (0
 * for clip's ends, as ReLU's at 0), or of the side below. PReLU is here for being a ReLU whose
 * slope below 0 is a parameter of each channel.
 */
#include "op_rows.h"

#include <math.h>

#define CURVE(id, text)                                                              \
    .op = (id), .name = (text), DC_ONE_INPUT, .infer = dc_infer_same

/* ---- relu and the like ----------------------------------------------------------------------- */

static double relu(double x, const double *a)
{
    (void)a;
    return x <= 0 ? 0 : x; /* NaN is passed on */
}

static double relu_slope(double x, double y, const double *a)
{
    (void)x, (void)a;
    return y > 0 ? 1 : 0;
}

const dc_op_kind dc_op_kind_relu = {
    CURVE(DC_OP_RELU, "relu"), .curve = relu, .slope = relu_slope,
    .traits = DC_ACTIVATION | DC_KEEPS_POSITIVE | DC_SELECTS
};

static double leaky_relu(double x, const double *a)
{
    return x > 0 ? x : a[0] * x;
}

static double leaky_relu_slope(double x, double y, const double *a)
{
    (void)y;
    return x > 0 ? 1 : a[0];
}

static const dc_attr_rule leak[] = { DC_REAL(NEGATIVE_SLOPE, 24, 0.01, -DC_LARGE, DC_LARGE) };

const dc_op_kind dc_op_kind_leaky_relu = {
    CURVE(DC_OP_LEAKY_RELU, "leaky_relu"), DC_ATTRS(leak), .curve = leaky_relu,
    .slope = leaky_relu_slope, .traits = DC_ACTIVATION | DC_KEEPS_POSITIVE
};

static dc_status prelu_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    param_shapes[0] = dc_shape_of(1, inputs[0]->dims[0], 0, 0, 0);
    return dc_infer_same(node, param_shapes, inputs);
}

static double prelu_constant(const dc_model *model, const dc_node *node, uint32_t channel,
                             double value)
{
    return value > 0 ? value : value * dc_channel_param(model, node, 0, channel);
}

static const dc_role slopes[] = { DC_ROLE_SLOPE };

const dc_op_kind dc_op_kind_prelu = {
    .op = DC_OP_PRELU, .name = "prelu", DC_ONE_INPUT, DC_PARAMS(slopes), .infer = prelu_infer,
    .constant = prelu_constant, .traits = DC_ACTIVATION | DC_KEEPS_POSITIVE
};

static double elu(double x, const double *a)
{
    return x > 0 ? x : a[0] * expm1(x);
}

/* k e^x is y + k. */
static double elu_slope(double x, double y, const double *a)
{
    return x > 0 ? 1 : y + a[0];
}

static const dc_attr_rule elu_scale[] = { DC_REAL(K, 18, 1, DC_TINY, DC_LARGE) };

const dc_op_kind dc_op_kind_elu = {
    CURVE(DC_OP_ELU, "elu"), DC_ATTRS(elu_scale), .curve = elu, .slope = elu_slope,
    .traits = DC_ACTIVATION | DC_KEEPS_POSITIVE
};

/* k is a[0]. */
static double celu(double x, const double *a)
{
    return x > 0 ? x : a[0] * expm1(x / a[0]);
}

static double celu_slope(double x, double y, const double *a)
{
    return x > 0 ? 1 : y / a[0] + 1;
}

static const dc_attr_rule celu_scale[] = { DC_REAL(K, 0, 1, DC_TINY, DC_LARGE) };

const dc_op_kind dc_op_kind_celu = {
    CURVE(DC_OP_CELU, "celu"), DC_ATTRS(celu_scale), .curve = celu, .slope = celu_slope,
    .traits = DC_ACTIVATION | DC_KEEPS_POSITIVE
};

/* a[1] elu(x) */
static double selu(double x, const double *a)
{
    return a[1] * elu(x, a);
}

static double selu_slope(double x, double y, const double *a)
{
    return x > 0 ? a[1] : y + a[1] * a[0];
}

static const dc_attr_rule selu_scales[] = {
    DC_REAL(K, 0, 1.6732632423543772, DC_TINY, DC_LARGE),
    DC_REAL(GAIN, 1, 1.0507009873554805, -DC_LARGE, DC_LARGE)
};

const dc_op_kind dc_op_kind_selu = {
    CURVE(DC_OP_SELU, "selu"), DC_ATTRS(selu_scales), .curve = selu, .slope = selu_slope,
    .traits = DC_ACTIVATION
};

static double clip(double x, const double *a)
{
    return x < a[0] ? a[0] : x > a[1] ? a[1] : x;
}

static double clip_slope(double x, double y, const double *a)
{
    (void)y;
    return x > a[0] && x < a[1] ? 1 : 0;
}

static dc_status clip_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    const double min = dc_node_number(node, DC_ATTR_MIN), max = dc_node_number(node, DC_ATTR_MAX);
    char low[DC_NUMBER_BYTES], high[DC_NUMBER_BYTES];
    if (min > max)
        return dc_fail(DC_EINPUT, "'min' is %s, over 'max' %s", dc_text_shortest(low, min),
                       dc_text_shortest(high, max));
    return dc_infer_same(node, param_shapes, inputs);
}

static const dc_attr_rule ends[] = { DC_REAL(MIN, 22, 0, -DC_LARGE, DC_LARGE),
                                     DC_REAL(MAX, 23, 6, -DC_LARGE, DC_LARGE) };

const dc_op_kind dc_op_kind_clip = {
    .op = DC_OP_CLIP, .name = "clip", DC_ONE_INPUT, DC_ATTRS(ends), .infer = clip_infer,
    .curve = clip, .slope = clip_slope, .traits = DC_ACTIVATION
};

static double thresholded_relu(double x, const double *a)
{
    return x <= a[0] ? 0 : x; /* NaN is passed on */
}

static double thresholded_relu_slope(double x, double y, const double *a)
{
    (void)y;
    return x > a[0] ? 1 : 0;
}

static const dc_attr_rule threshold[] = { DC_REAL(THRESHOLD, 0, 1, -DC_LARGE, DC_LARGE) };

const dc_op_kind dc_op_kind_thresholded_relu = {
    CURVE(DC_OP_THRESHOLDED_RELU, "thresholded_relu"), DC_ATTRS(threshold),
    .curve = thresholded_relu, .slope = thresholded_relu_slope,
    .traits = DC_ACTIVATION | DC_SELECTS
};

/* ---- sigmoids -------------------------------------------------------------------------------- */

static double sigmoid(double x, const double *a)
{
    (void)a;
    return 1 / (1 + exp(-x));
}

static double sigmoid_slope(double x, double y, const double *a)
{
    (void)x, (void)a;
    return y * (1 - y);
}

const dc_op_kind dc_op_kind_sigmoid = {
    CURVE(DC_OP_SIGMOID, "sigmoid"), .curve = sigmoid, .slope = sigmoid_slope,
    .traits = DC_PROBABILITIES
};

static double tanh_curve(double x, const double *a)
{
    (void)a;
    return tanh(x);
}

static double tanh_slope(double x, double y, const double *a)
{
    (void)x, (void)a;
    return 1 - y * y;
}

const dc_op_kind dc_op_kind_tanh = {
    CURVE(DC_OP_TANH, "tanh"), .curve = tanh_curve, .slope = tanh_slope, .traits = DC_ACTIVATION
};

/* Slope x + 1/2, clipped to 0 .. 1. */
static double hard_sigmoid(double x, const double *a)
{
    const double y = a[0] * x + 0.5;
    return y < 0 ? 0 : y > 1 ? 1 : y;
}

static double hard_sigmoid_slope(double x, double y, const double *a)
{
    (void)x;
    return y > 0 && y < 1 ? a[0] : 0;
}

static const dc_attr_rule ramp[] = { DC_REAL(SLOPE, 31, 1.0 / 6, DC_TINY, DC_LARGE) };

const dc_op_kind dc_op_kind_hard_sigmoid = {
    CURVE(DC_OP_HARD_SIGMOID, "hard_sigmoid"), DC_ATTRS(ramp), .curve = hard_sigmoid,
    .slope = hard_sigmoid_slope, .traits = DC_ACTIVATION
};

/* ---- x times a sigmoid ----------------------------------------------------------------------- */

static double hard_swish(double x, const double *a)
{
    (void)a;
    return x * fmin(fmax(x / 6 + 0.5, 0), 1);
}

static double hard_swish_slope(double x, double y, const double *a)
{
    (void)y, (void)a;
    return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5;
}

const dc_op_kind dc_op_kind_hard_swish = {
    CURVE(DC_OP_HARD_SWISH, "hard_swish"), .curve = hard_swish, .slope = hard_swish_slope,
    .traits = DC_ACTIVATION
};

static double silu(double x, const double *a)
{
    (void)a;
    return x / (1 + exp(-x));
}

/* s + x s (1 - s), where x s is y. */
static double silu_slope(double x, double y, const double *a)
{
    const double s = sigmoid(x, a);
    return s + y * (1 - s);
}

const dc_op_kind dc_op_kind_silu = {
    CURVE(DC_OP_SILU, "silu"), .curve = silu, .slope = silu_slope, .traits = DC_ACTIVATION
};

#define ROOT_HALF 0.70710678118654752
#define TWO_BY_ROOT_PI 1.1283791670955126
#define ROOT_TWO_PI_INVERSE 0.39894228040143268

#define ROOT_TWO_BY_PI 0.79788456080286536
#define CUBE_SHARE 0.044715

/* The tanh by which erf(x / sqrt 2) is approximated. */
static double nearly_erf(double x)
{
    return tanh(ROOT_TWO_BY_PI * (x + CUBE_SHARE * x * x * x));
}

/* x times the share of a normal distribution that lies below x; a[0]: by tanh. */
static double gelu(double x, const double *a)
{
    return x * (1 + (a[0] != 0 ? nearly_erf(x) : erf(x * ROOT_HALF))) / 2;
}

static double gelu_slope(double x, double y, const double *a)
{
    (void)y;
    if (a[0] != 0) {
        const double t = nearly_erf(x);
        return (1 + t) / 2 +
               x * (1 - t * t) / 2 * ROOT_TWO_BY_PI * (1 + 3 * CUBE_SHARE * x * x);
    }
    return (1 + erf(x * ROOT_HALF)) / 2 + x * ROOT_TWO_PI_INVERSE * exp(-x * x / 2);
}

static const dc_attr_rule gelu_form[] = { DC_SWITCH(BY_TANH, 0, 0) };

const dc_op_kind dc_op_kind_gelu = {
    CURVE(DC_OP_GELU, "gelu"), DC_ATTRS(gelu_form), .curve = gelu, .slope = gelu_slope,
    .traits = DC_ACTIVATION
};

/* ---- others ---------------------------------------------------------------------------------- */

static double softplus(double x, const double *a)
{
    (void)a;
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double softplus_slope(double x, double y, const double *a)
{
    (void)y;
    return sigmoid(x, a);
}

const dc_op_kind dc_op_kind_softplus = {
    CURVE(DC_OP_SOFTPLUS, "softplus"), .curve = softplus, .slope = softplus_slope,
    .traits = DC_ACTIVATION
};

static double mish(double x, const double *a)
{
    return x * tanh(softplus(x, a));
}

static double mish_slope(double x, double y, const double *a)
{
    const double t = tanh(softplus(x, a));
    (void)y;
    return t + x * (1 - t * t) * sigmoid(x, a);
}

const dc_op_kind dc_op_kind_mish = {
    CURVE(DC_OP_MISH, "mish"), .curve = mish, .slope = mish_slope, .traits = DC_ACTIVATION
};

static double softsign(double x, const double *a)
{
    (void)a;
    return x / (1 + fabs(x));
}

static double softsign_slope(double x, double y, const double *a)
{
    (void)y, (void)a;
    return 1 / ((1 + fabs(x)) * (1 + fabs(x)));
}

const dc_op_kind dc_op_kind_softsign = {
    CURVE(DC_OP_SOFTSIGN, "softsign"), .curve = softsign, .slope = softsign_slope,
    .traits = DC_ACTIVATION
};

static double erf_curve(double x, const double *a)
{
    (void)a;
    return erf(x);
}

static double erf_slope(double x, double y, const double *a)
{
    (void)y, (void)a;
    return TWO_BY_ROOT_PI * exp(-x * x);
}

const dc_op_kind dc_op_kind_erf = { CURVE(DC_OP_ERF, "erf"), .curve = erf_curve,
                                    .slope = erf_slope };

/* ---- of school ------------------------------------------------------------------------------- */

static double exp_curve(double x, const double *a)
{
    (void)a;
    return exp(x);
}

static double exp_slope(double x, double y, const double *a)
{
    (void)x, (void)a;
    return y;
}

const dc_op_kind dc_op_kind_exp = { CURVE(DC_OP_EXP, "exp"), .curve = exp_curve,
                                    .slope = exp_slope };

static double log_curve(double x, const double *a)
{
    (void)a;
    return log(x);
}

static double log_slope(double x, double y, const double *a)
{
    (void)y, (void)a;
    return 1 / x;
}

const dc_op_kind dc_op_kind_log = { CURVE(DC_OP_LOG, "log"), .curve = log_curve,
                                    .slope = log_slope };

static double sqrt_curve(double x, const double *a)
{
    (void)a;
    return sqrt(x);
}

static double sqrt_slope(double x, double y, const double *a)
{
    (void)x, (void)a;
    return 0.5 / y;
}

const dc_op_kind dc_op_kind_sqrt = { CURVE(DC_OP_SQRT, "sqrt"), .curve = sqrt_curve,
                                     .slope = sqrt_slope };

static double pow_curve(double x, const double *a)
{
    return pow(x, a[0]);
}

static double pow_slope(double x, double y, const double *a)
{
    (void)y;
    return a[0] == 0 ? 0 : a[0] * pow(x, a[0] - 1);
}

static const dc_attr_rule pow_exponent[] = { DC_REAL(EXPONENT, 0, 2, -DC_LARGE, DC_LARGE) };

const dc_op_kind dc_op_kind_pow = { CURVE(DC_OP_POW, "pow"), DC_ATTRS(pow_exponent),
                                    .curve = pow_curve, .slope = pow_slope };

static double abs_curve(double x, const double *a)
{
    (void)a;
    return fabs(x);
}

static double abs_slope(double x, double y, const double *a)
{
    (void)y, (void)a;
    return x > 0 ? 1 : x < 0 ? -1 : 0;
}

const dc_op_kind dc_op_kind_abs = { CURVE(DC_OP_ABS, "abs"), .curve = abs_curve,
                                    .slope = abs_slope, .traits = DC_KEEPS_POSITIVE };

static double reciprocal(double x, const double *a)
{
    (void)a;
    return 1 / x;
}

static double reciprocal_slope(double x, double y, const double *a)
{
    (void)x, (void)a;
    return -y * y;
}

const dc_op_kind dc_op_kind_reciprocal = { CURVE(DC_OP_RECIPROCAL, "reciprocal"),
                                           .curve = reciprocal, .slope = reciprocal_slope };
