/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_rows.h"

/* One node on one or two inputs, with the attributes given as (attribute, value) pairs. */
typedef struct trial {
    dc_node node;
    dc_shape params[DC_MAX_NODE_PARAMS];
    dc_shape inputs[2];
    double attrs[DC_N_ATTRS];
} trial;

typedef struct setting {
    dc_attr attr;
    double value;
} setting;

static trial trial_of(dc_op op, dc_shape input, const setting *settings, uint32_t n_settings)
{
    trial t = {.node = {.op = op, .kind = dc_op_kind_of(op), .n_inputs = 1}, .inputs = {input}};
    dc_attrs_init(t.attrs, op);
    for (uint32_t i = 0; i < n_settings; i++)
        t.attrs[settings[i].attr] = settings[i].value;
    return t;
}

static dc_status infer(trial *t)
{
    const dc_shape *inputs[2] = {&t->inputs[0], &t->inputs[1]};
    double own[DC_N_ATTRS];
    t->node.attrs = own;
    for (uint32_t i = 0; i < t->node.kind->n_attrs; i++)
        own[i] = t->attrs[t->node.kind->attrs[i].attr];
    return t->node.kind->infer(&t->node, t->params, inputs);
}

static void is_shape(dc_shape actual, dc_shape expected)
{
    dc_arena arena = {0};
    assert_string_equal(dc_shape_text(&actual, &arena), dc_shape_text(&expected, &arena));
    dc_arena_clear(&arena);
}

static void conv_of_lenet_has_weights_and_a_bias(void **state)
{
    (void)state;
    const setting s[] = {{DC_ATTR_N_OUTPUTS, 20}, {DC_ATTR_KERNEL_H, 5}, {DC_ATTR_KERNEL_W, 5}};
    trial t = trial_of(DC_OP_CONV, dc_shape_of(3, 1, 28, 28, 0), s, 3);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 20, 24, 24, 0));
    is_shape(t.params[0], dc_shape_of(4, 20, 1, 5, 5));
    is_shape(t.params[1], dc_shape_of(1, 20, 0, 0, 0));
}

static void conv_knows_stride_groups_dilation_and_uneven_pads(void **state)
{
    (void)state;
    const setting s[] = {{DC_ATTR_N_OUTPUTS, 6}, {DC_ATTR_KERNEL_H, 3}, {DC_ATTR_KERNEL_W, 2},
                         {DC_ATTR_STRIDE_H, 2},  {DC_ATTR_STRIDE_W, 3}, {DC_ATTR_PAD_TOP, 1},
                         {DC_ATTR_PAD_BOTTOM, 2}, {DC_ATTR_PAD_RIGHT, 1}, {DC_ATTR_DILATION_H, 2},
                         {DC_ATTR_GROUPS, 2},    {DC_ATTR_BIAS, 0}};
    trial t = trial_of(DC_OP_CONV, dc_shape_of(3, 4, 10, 12, 0), s, DC_COUNT_OF(s));
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 6, (13 - 5) / 2 + 1, (13 - 2) / 3 + 1, 0));
    is_shape(t.params[0], dc_shape_of(4, 6, 2, 3, 2));
    assert_int_equal(t.params[1].n_dims, 0);
}

static void conv_refuses_groups_that_do_not_divide(void **state)
{
    (void)state;
    const setting odd_inputs[] = {{DC_ATTR_N_OUTPUTS, 4}, {DC_ATTR_GROUPS, 2}};
    const setting odd_outputs[] = {{DC_ATTR_N_OUTPUTS, 3}, {DC_ATTR_GROUPS, 2}};
    trial t = trial_of(DC_OP_CONV, dc_shape_of(3, 3, 4, 4, 0), odd_inputs, 2);
    assert_fails(DC_EINPUT, infer(&t));
    t = trial_of(DC_OP_CONV, dc_shape_of(3, 4, 4, 4, 0), odd_outputs, 2);
    assert_fails(DC_EINPUT, infer(&t));
}

static void a_kernel_may_just_fit(void **state)
{
    (void)state;
    setting s[] = {{DC_ATTR_N_OUTPUTS, 1}, {DC_ATTR_KERNEL_H, 5}, {DC_ATTR_PAD_TOP, 1},
                   {DC_ATTR_DILATION_H, 1}};
    trial t = trial_of(DC_OP_CONV, dc_shape_of(3, 1, 4, 4, 0), s, 4);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 1, 1, 4, 0));
    s[3].value = 2;
    t = trial_of(DC_OP_CONV, dc_shape_of(3, 1, 4, 4, 0), s, 4);
    assert_fails(DC_EINPUT, infer(&t));
    t = trial_of(DC_OP_CONV, dc_shape_of(1, 16, 0, 0, 0), s, 1);
    assert_fails(DC_EINPUT, infer(&t)); /* no picture */
}

static void linear_flattens_its_input(void **state)
{
    (void)state;
    const setting s[] = {{DC_ATTR_N_OUTPUTS, 500}};
    trial t = trial_of(DC_OP_LINEAR, dc_shape_of(3, 50, 4, 4, 0), s, 1);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(1, 500, 0, 0, 0));
    is_shape(t.params[0], dc_shape_of(2, 500, 800, 0, 0));
    is_shape(t.params[1], dc_shape_of(1, 500, 0, 0, 0));
}

static void linear_keeps_the_dims_before_its_axis(void **state)
{
    (void)state;
    setting s[] = {{DC_ATTR_N_OUTPUTS, 5}, {DC_ATTR_AXIS, 1}, {DC_ATTR_BIAS, 0}};
    trial t = trial_of(DC_OP_LINEAR, dc_shape_of(3, 7, 4, 3, 0), s, 3);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(2, 7, 5, 0, 0));
    is_shape(t.params[0], dc_shape_of(2, 5, 12, 0, 0));
    s[1].value = 3;
    t = trial_of(DC_OP_LINEAR, dc_shape_of(4, 2, 3, 4, 6), s, 3);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(4, 2, 3, 4, 5));
    is_shape(t.params[0], dc_shape_of(2, 5, 6, 0, 0));
    t = trial_of(DC_OP_LINEAR, dc_shape_of(3, 2, 3, 4, 0), s, 3);
    assert_fails(DC_EINPUT, infer(&t)); /* no dim 3 */
}

static void softmaxes_want_a_dim_that_is_there(void **state)
{
    (void)state;
    static const dc_op ops[] = {DC_OP_SOFTMAX, DC_OP_LOG_SOFTMAX};
    for (uint32_t i = 0; i < 2; i++) {
        const setting s[] = {{DC_ATTR_AXIS, 1}};
        trial t = trial_of(ops[i], dc_shape_of(2, 9, 4, 0, 0), s, 1);
        assert_ok(infer(&t));
        is_shape(t.node.shape, dc_shape_of(2, 9, 4, 0, 0));
        t = trial_of(ops[i], dc_shape_of(1, 9, 0, 0, 0), s, 1);
        assert_fails(DC_EINPUT, infer(&t));
        t = trial_of(ops[i], dc_shape_of(4, 4, 5, 6, 7), s, 1);
        assert_fails(DC_EINPUT, infer(&t));
    }
}

static void linear_and_flatten_refuse_more_inputs_than_a_dim_holds(void **state)
{
    (void)state;
    const setting s[] = {{DC_ATTR_N_OUTPUTS, 1}};
    trial t = trial_of(DC_OP_LINEAR, dc_shape_of(3, 1u << 16, 1u << 16, 1, 0), s, 1);
    assert_fails(DC_EINPUT, infer(&t));
    t = trial_of(DC_OP_FLATTEN, dc_shape_of(3, 1u << 16, 1u << 16, 1, 0), NULL, 0);
    assert_fails(DC_EINPUT, infer(&t));
}

static trial pool_of(uint32_t side, uint32_t kernel, uint32_t stride, uint32_t pad, bool is_ceil)
{
    const setting s[] = {{DC_ATTR_KERNEL_H, kernel}, {DC_ATTR_KERNEL_W, kernel},
                         {DC_ATTR_STRIDE_H, stride}, {DC_ATTR_STRIDE_W, stride},
                         {DC_ATTR_PAD_TOP, pad},     {DC_ATTR_PAD_LEFT, pad},
                         {DC_ATTR_PAD_BOTTOM, pad},  {DC_ATTR_PAD_RIGHT, pad},
                         {DC_ATTR_CEIL_MODE, is_ceil}};
    return trial_of(DC_OP_MAX_POOL, dc_shape_of(3, 3, side, side, 0), s, DC_COUNT_OF(s));
}

static void pool_gives(uint32_t expected, trial t)
{
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 3, expected, expected, 0));
}

static void pools_round_down_or_up(void **state)
{
    (void)state;
    pool_gives(12, pool_of(24, 2, 2, 0, false));
    pool_gives(55, pool_of(112, 3, 2, 0, false));
    pool_gives(56, pool_of(112, 3, 2, 0, true)); /* the first pool of GoogLeNet in Caffe */
    pool_gives(56, pool_of(113, 3, 2, 0, true));
}

static void a_window_beyond_the_picture_is_dropped(void **state)
{
    (void)state;
    pool_gives(2, pool_of(3, 2, 2, 1, true)); /* starts -1, 1; 3 would be beyond */
    pool_gives(2, pool_of(6, 1, 3, 0, true)); /* starts 0, 3; 6 would be beyond  */
    pool_gives(3, pool_of(7, 1, 3, 0, true));
}

static void pools_refuse_pads_of_a_whole_kernel_and_large_kernels(void **state)
{
    (void)state;
    trial t = pool_of(8, 2, 2, 2, false);
    assert_fails(DC_EINPUT, infer(&t));
    t = pool_of(2, 3, 1, 0, true);
    assert_fails(DC_EINPUT, infer(&t));
    t = trial_of(DC_OP_AVERAGE_POOL, dc_shape_of(1, 9, 0, 0, 0), NULL, 0);
    assert_fails(DC_EINPUT, infer(&t));
}

static void batch_norm_has_four_values_a_channel(void **state)
{
    (void)state;
    trial t = trial_of(DC_OP_BATCH_NORM, dc_shape_of(3, 16, 5, 5, 0), NULL, 0);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 16, 5, 5, 0));
    for (int i = 0; i < 4; i++)
        is_shape(t.params[i], dc_shape_of(1, 16, 0, 0, 0));
    t = trial_of(DC_OP_BATCH_NORM, dc_shape_of(2, 16, 5, 0, 0), NULL, 0);
    assert_fails(DC_EINPUT, infer(&t));
}

static void pointwise_ops_keep_the_shape(void **state)
{
    (void)state;
    for (uint32_t op = 0; op < DC_N_OPS; op++) {
        const bool is_one = op == DC_OP_DROPOUT || op == DC_OP_SOFTMAX || op == DC_OP_LRN ||
                            op == DC_OP_LOG_SOFTMAX || dc_op_kind_of(op)->curve != NULL;
        trial t = trial_of((dc_op)op, dc_shape_of(3, 4, 5, 6, 0), NULL, 0);
        if (!is_one)
            continue;
        assert_ok(infer(&t));
        is_shape(t.node.shape, dc_shape_of(3, 4, 5, 6, 0));
    }
    trial t = trial_of(DC_OP_TANH, dc_shape_of(4, 4, 5, 6, 7), NULL, 0);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(4, 4, 5, 6, 7));
    t = trial_of(DC_OP_SOFTMAX, dc_shape_of(4, 4, 5, 6, 7), NULL, 0);
    assert_fails(DC_EINPUT, infer(&t));
}

static void lrn_wants_a_picture_and_an_odd_size(void **state)
{
    (void)state;
    const setting even[] = {{DC_ATTR_SIZE, 4}};
    trial t = trial_of(DC_OP_LRN, dc_shape_of(3, 4, 5, 6, 0), even, 1);
    assert_fails(DC_EINPUT, infer(&t));
    t = trial_of(DC_OP_LRN, dc_shape_of(1, 4, 0, 0, 0), NULL, 0);
    assert_fails(DC_EINPUT, infer(&t));
}

static void flatten_and_global_pool_give_one_dim(void **state)
{
    (void)state;
    trial t = trial_of(DC_OP_FLATTEN, dc_shape_of(3, 4, 5, 6, 0), NULL, 0);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(1, 120, 0, 0, 0));
    t = trial_of(DC_OP_GLOBAL_AVERAGE_POOL, dc_shape_of(3, 4, 5, 6, 0), NULL, 0);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(1, 4, 0, 0, 0));
    t = trial_of(DC_OP_GLOBAL_AVERAGE_POOL, dc_shape_of(1, 4, 0, 0, 0), NULL, 0);
    assert_fails(DC_EINPUT, infer(&t));
}

static trial pair_of(dc_op op, dc_shape a, dc_shape b)
{
    trial t = trial_of(op, a, NULL, 0);
    t.inputs[1] = b;
    t.node.n_inputs = 2;
    return t;
}

static void concat_adds_channels_of_equal_pictures(void **state)
{
    (void)state;
    trial t = pair_of(DC_OP_CONCAT, dc_shape_of(3, 4, 5, 6, 0), dc_shape_of(3, 7, 5, 6, 0));
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 11, 5, 6, 0));
    t = pair_of(DC_OP_CONCAT, dc_shape_of(3, 4, 5, 6, 0), dc_shape_of(3, 4, 6, 5, 0));
    assert_fails(DC_EINPUT, infer(&t));
    t = pair_of(DC_OP_CONCAT, dc_shape_of(1, 4, 0, 0, 0), dc_shape_of(3, 4, 1, 1, 0));
    assert_fails(DC_EINPUT, infer(&t));
    t = pair_of(DC_OP_CONCAT, dc_shape_of(1, UINT32_MAX, 0, 0, 0), dc_shape_of(1, 1, 0, 0, 0));
    assert_fails(DC_EINPUT, infer(&t));
}

static const dc_op broadcasting[] = {DC_OP_ADD, DC_OP_MUL, DC_OP_SUB, DC_OP_DIV};

static void gives(dc_shape a, dc_shape b, dc_shape expected)
{
    for (uint32_t i = 0; i < DC_COUNT_OF(broadcasting); i++) {
        trial t = pair_of(broadcasting[i], a, b);
        assert_ok(infer(&t));
        is_shape(t.node.shape, expected);
        t = pair_of(broadcasting[i], b, a);
        assert_ok(infer(&t));
        is_shape(t.node.shape, expected);
    }
}

static void refuses(dc_shape a, dc_shape b)
{
    for (uint32_t i = 0; i < DC_COUNT_OF(broadcasting); i++) {
        trial t = pair_of(broadcasting[i], a, b);
        assert_fails(DC_EINPUT, infer(&t));
        assert_non_null(strstr(dc_message(), "inputs 0 and 1 differ in shape"));
    }
}

static void sums_and_products_repeat_dims_of_one(void **state)
{
    (void)state;
    const dc_shape picture = dc_shape_of(3, 4, 5, 6, 0);
    gives(picture, picture, picture);
    gives(picture, dc_shape_of(3, 1, 5, 6, 0), picture);
    gives(picture, dc_shape_of(3, 4, 1, 1, 0), picture);
    gives(dc_shape_of(3, 4, 1, 6, 0), dc_shape_of(3, 1, 5, 1, 0), picture);
    gives(dc_shape_of(1, 1, 0, 0, 0), dc_shape_of(1, 7, 0, 0, 0), dc_shape_of(1, 7, 0, 0, 0));
    gives(dc_shape_of(4, 1, 2, 1, 3), dc_shape_of(4, 5, 1, 1, 3), dc_shape_of(4, 5, 2, 1, 3));
    refuses(picture, dc_shape_of(3, 4, 5, 3, 0));
    refuses(picture, dc_shape_of(3, 2, 5, 6, 0));
    refuses(picture, dc_shape_of(1, 6, 0, 0, 0));
    refuses(dc_shape_of(1, 6, 0, 0, 0), dc_shape_of(2, 1, 6, 0, 0));
}

static void prelu_has_a_slope_a_channel(void **state)
{
    (void)state;
    trial t = trial_of(DC_OP_PRELU, dc_shape_of(3, 4, 5, 6, 0), NULL, 0);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 4, 5, 6, 0));
    is_shape(t.params[0], dc_shape_of(1, 4, 0, 0, 0));
}

static void clip_refuses_crossed_ends(void **state)
{
    (void)state;
    setting s[] = {{DC_ATTR_MIN, 2}, {DC_ATTR_MAX, 2}};
    trial t = trial_of(DC_OP_CLIP, dc_shape_of(3, 4, 5, 6, 0), s, 2);
    assert_ok(infer(&t));
    s[1].value = 1.5;
    t = trial_of(DC_OP_CLIP, dc_shape_of(3, 4, 5, 6, 0), s, 2);
    assert_fails(DC_EINPUT, infer(&t));
}

static trial slice_of(dc_shape shape, double axis, double begin, double size)
{
    const setting s[] = {{DC_ATTR_AXIS, axis}, {DC_ATTR_BEGIN, begin}, {DC_ATTR_SIZE, size}};
    return trial_of(DC_OP_SLICE, shape, s, 3);
}

static void slice_stays_inside(void **state)
{
    (void)state;
    const dc_shape picture = dc_shape_of(3, 4, 5, 6, 0);
    trial t = slice_of(picture, 0, 1, 2);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 2, 5, 6, 0));
    t = slice_of(picture, 2, 0, 6);
    assert_ok(infer(&t));
    is_shape(t.node.shape, picture);
    t = slice_of(dc_shape_of(4, 2, 3, 4, 5), 3, 4, 1);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(4, 2, 3, 4, 1));
    t = slice_of(picture, 2, 1, 6);
    assert_fails(DC_EINPUT, infer(&t));
    t = slice_of(picture, 0, 1073741824, 1073741824);
    assert_fails(DC_EINPUT, infer(&t));
    t = slice_of(picture, 3, 0, 1);
    assert_fails(DC_EINPUT, infer(&t));
}

static trial slice_by(double begin, double size, double step)
{
    const setting s[] = {{DC_ATTR_BEGIN, begin}, {DC_ATTR_SIZE, size}, {DC_ATTR_STEP, step}};
    return trial_of(DC_OP_SLICE, dc_shape_of(2, 7, 3, 0, 0), s, 3);
}

static void slice_stays_inside_on_its_way_back(void **state)
{
    (void)state;
    trial t = slice_by(6, 7, -1);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(2, 7, 3, 0, 0));
    t = slice_by(6, 3, -3);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(2, 3, 3, 0, 0));
    t = slice_by(7, 1, -1);
    assert_fails(DC_EINPUT, infer(&t));
    t = slice_by(5, 3, -3);
    assert_fails(DC_EINPUT, infer(&t));
    t = slice_by(1073741824, 1073741824, -1073741824);
    assert_fails(DC_EINPUT, infer(&t));
    t = slice_by(3, 1, 0);
    assert_fails(DC_EINPUT, infer(&t));
}

static trial dims_of(dc_op op, dc_shape shape, double a, double b, double c, double d)
{
    const setting s[] = {{DC_ATTR_DIM_0, a}, {DC_ATTR_DIM_1, b}, {DC_ATTR_DIM_2, c},
                         {DC_ATTR_DIM_3, d}};
    return trial_of(op, shape, s, 4);
}

static void refuses_dims(dc_op op, double a, double b, double c, double d, const char *why)
{
    trial t = dims_of(op, dc_shape_of(3, 4, 5, 6, 0), a, b, c, d);
    assert_fails(DC_EINPUT, infer(&t));
    if (strstr(dc_message(), why) == NULL)
        fail_msg("'%s' does not say '%s'", dc_message(), why);
}

static void reshape_keeps_the_number_of_values(void **state)
{
    (void)state;
    trial t = dims_of(DC_OP_RESHAPE, dc_shape_of(3, 4, 5, 6, 0), 2, 2, 10, 3);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(4, 2, 2, 10, 3));
    t = dims_of(DC_OP_RESHAPE, dc_shape_of(3, 4, 5, 6, 0), 120, 0, 0, 0);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(1, 120, 0, 0, 0));
    refuses_dims(DC_OP_RESHAPE, 4, 5, 5, 0, "cannot give 120 values the shape of 100");
    refuses_dims(DC_OP_RESHAPE, 1 << 30, 1 << 30, 1 << 30, 0, "cannot give 120 values");
    refuses_dims(DC_OP_RESHAPE, 0, 120, 0, 0, "'dim_1' is given, 'dim_0' before it is not");
    refuses_dims(DC_OP_RESHAPE, 4, 30, 0, 1, "'dim_3' is given, 'dim_2' before it is not");
    refuses_dims(DC_OP_RESHAPE, 0, 0, 0, 0, "'dims' are missing");
}

static void transpose_wants_each_dim_once(void **state)
{
    (void)state;
    trial t = dims_of(DC_OP_TRANSPOSE, dc_shape_of(3, 4, 5, 6, 0), 3, 1, 2, 0);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 6, 4, 5, 0));
    t = dims_of(DC_OP_TRANSPOSE, dc_shape_of(4, 4, 5, 6, 7), 4, 3, 2, 1);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(4, 7, 6, 5, 4));
    refuses_dims(DC_OP_TRANSPOSE, 1, 2, 2, 0, "no order of its input's 3 dims");
    refuses_dims(DC_OP_TRANSPOSE, 1, 2, 0, 0, "no order");
    refuses_dims(DC_OP_TRANSPOSE, 1, 2, 3, 4, "no order");
    refuses_dims(DC_OP_TRANSPOSE, 1, 2, 4, 0, "no order");
    refuses_dims(DC_OP_TRANSPOSE, 1, 2, 1 << 30, 0, "no order");
    refuses_dims(DC_OP_TRANSPOSE, 1, 0, 3, 0, "before it is not");
}

static void pad_widens_a_picture(void **state)
{
    (void)state;
    const setting s[] = {{DC_ATTR_PAD_TOP, 1}, {DC_ATTR_PAD_LEFT, 2}, {DC_ATTR_PAD_RIGHT, 4}};
    trial t = trial_of(DC_OP_PAD, dc_shape_of(3, 4, 5, 6, 0), s, 3);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 4, 6, 12, 0));
    t = trial_of(DC_OP_PAD, dc_shape_of(1, 4, 0, 0, 0), s, 3);
    assert_fails(DC_EINPUT, infer(&t));
    t = trial_of(DC_OP_PAD, dc_shape_of(3, 1, 1, UINT32_MAX, 0), s, 3);
    assert_fails(DC_EINPUT, infer(&t));
}

static void constant_is_a_parameter_of_its_dims(void **state)
{
    (void)state;
    trial t = dims_of(DC_OP_CONSTANT, dc_shape_of(1, 1, 0, 0, 0), 4, 1, 1, 0);
    assert_int_equal(dc_op_kind_of(DC_OP_CONSTANT)->max_inputs, 0);
    assert_ok(infer(&t));
    is_shape(t.node.shape, dc_shape_of(3, 4, 1, 1, 0));
    is_shape(t.params[0], dc_shape_of(3, 4, 1, 1, 0));
    refuses_dims(DC_OP_CONSTANT, 0, 0, 0, 0, "'dims' are missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_of_lenet_has_weights_and_a_bias),
        cmocka_unit_test(conv_knows_stride_groups_dilation_and_uneven_pads),
        cmocka_unit_test(conv_refuses_groups_that_do_not_divide),
        cmocka_unit_test(a_kernel_may_just_fit),
        cmocka_unit_test(linear_flattens_its_input),
        cmocka_unit_test(linear_keeps_the_dims_before_its_axis),
        cmocka_unit_test(softmaxes_want_a_dim_that_is_there),
        cmocka_unit_test(linear_and_flatten_refuse_more_inputs_than_a_dim_holds),
        cmocka_unit_test(pools_round_down_or_up),
        cmocka_unit_test(a_window_beyond_the_picture_is_dropped),
        cmocka_unit_test(pools_refuse_pads_of_a_whole_kernel_and_large_kernels),
        cmocka_unit_test(batch_norm_has_four_values_a_channel),
        cmocka_unit_test(pointwise_ops_keep_the_shape),
        cmocka_unit_test(lrn_wants_a_picture_and_an_odd_size),
        cmocka_unit_test(flatten_and_global_pool_give_one_dim),
        cmocka_unit_test(concat_adds_channels_of_equal_pictures),
        cmocka_unit_test(sums_and_products_repeat_dims_of_one),
        cmocka_unit_test(prelu_has_a_slope_a_channel),
        cmocka_unit_test(clip_refuses_crossed_ends),
        cmocka_unit_test(slice_stays_inside),
        cmocka_unit_test(slice_stays_inside_on_its_way_back),
        cmocka_unit_test(reshape_keeps_the_number_of_values),
        cmocka_unit_test(transpose_wants_each_dim_once),
        cmocka_unit_test(pad_widens_a_picture),
        cmocka_unit_test(constant_is_a_parameter_of_its_dims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
