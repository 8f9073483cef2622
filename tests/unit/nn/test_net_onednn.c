/* SPDX-License-Identifier: MIT
 *
 * The oneDNN backend against the reference on nets that mix all ops and layouts, values and all
 * gradients. The bound is relative to the largest magnitude of each array: 2e-5 in float32, and in
 * bf16, which keeps 8 bits, 5 % (gradients pass several layers), more where values are multiplied.
 */
#include "nets.h"

#include "net.h"

#define N_BATCH 5u

/* LeNet's shape with counts that are no multiples of 16: channels last, own pools, picture to
 * linear. */
static const net_node lenet[] = {
    { "conv1",
      DC_OP_CONV,
      { 0, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 6 }, { DC_ATTR_KERNEL_H, 5 }, { DC_ATTR_KERNEL_W, 5 }, ATTRS_END } },
    { "pool1",
      DC_OP_MAX_POOL,
      { 1, DC_NONE },
      { { DC_ATTR_KERNEL_H, 2 },
        { DC_ATTR_KERNEL_W, 2 },
        { DC_ATTR_STRIDE_H, 2 },
        { DC_ATTR_STRIDE_W, 2 },
        ATTRS_END } },
    { "conv2",
      DC_OP_CONV,
      { 2, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 10 }, { DC_ATTR_KERNEL_H, 3 }, { DC_ATTR_KERNEL_W, 3 }, ATTRS_END } },
    { "relu2", DC_OP_RELU, { 3, DC_NONE }, { ATTRS_END } },
    { "pool2",
      DC_OP_MAX_POOL,
      { 4, DC_NONE },
      { { DC_ATTR_KERNEL_H, 2 },
        { DC_ATTR_KERNEL_W, 2 },
        { DC_ATTR_STRIDE_H, 2 },
        { DC_ATTR_STRIDE_W, 2 },
        ATTRS_END } },
    { "fc1", DC_OP_LINEAR, { 5, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 20 }, ATTRS_END } },
    { "relu3", DC_OP_RELU, { 6, DC_NONE }, { ATTRS_END } },
    { "fc2", DC_OP_LINEAR, { 7, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 4 }, ATTRS_END } },
};

/* Branches: concat of unlike layouts, add, batch norm, LRN, groups, dilation, odd pools, flatten.
 */
static const net_node mixed[] = {
    { "conv1",
      DC_OP_CONV,
      { 0, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 16 },
        { DC_ATTR_KERNEL_H, 3 },
        { DC_ATTR_KERNEL_W, 3 },
        { DC_ATTR_PAD_TOP, 1 },
        { DC_ATTR_PAD_LEFT, 1 },
        { DC_ATTR_PAD_BOTTOM, 1 },
        { DC_ATTR_PAD_RIGHT, 1 },
        ATTRS_END } },
    { "relu1", DC_OP_RELU, { 1, DC_NONE }, { ATTRS_END } },
    { "lrn", DC_OP_LRN, { 2, DC_NONE }, { { DC_ATTR_ALPHA, 0.1 }, ATTRS_END } },
    { "left",
      DC_OP_CONV,
      { 3, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 24 },
        { DC_ATTR_KERNEL_H, 3 },
        { DC_ATTR_KERNEL_W, 3 },
        { DC_ATTR_DILATION_H, 2 },
        { DC_ATTR_DILATION_W, 2 },
        { DC_ATTR_PAD_TOP, 2 },
        { DC_ATTR_PAD_LEFT, 2 },
        { DC_ATTR_PAD_BOTTOM, 2 },
        { DC_ATTR_PAD_RIGHT, 2 },
        ATTRS_END } },
    { "right",
      DC_OP_CONV,
      { 3, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 24 }, { DC_ATTR_GROUPS, 4 }, { DC_ATTR_BIAS, 0 }, ATTRS_END } },
    { "norm", DC_OP_BATCH_NORM, { 5, DC_NONE }, { ATTRS_END } },
    { "add", DC_OP_ADD, { 4, 6, DC_NONE }, { ATTRS_END } },
    { "relu2", DC_OP_RELU, { 7, DC_NONE }, { ATTRS_END } },
    { "concat", DC_OP_CONCAT, { 8, 2, DC_NONE }, { ATTRS_END } },
    { "pool",
      DC_OP_MAX_POOL,
      { 9, DC_NONE },
      { { DC_ATTR_KERNEL_H, 3 },
        { DC_ATTR_KERNEL_W, 3 },
        { DC_ATTR_STRIDE_H, 2 },
        { DC_ATTR_STRIDE_W, 2 },
        { DC_ATTR_CEIL_MODE, 1 },
        ATTRS_END } },
    { "mean",
      DC_OP_AVERAGE_POOL,
      { 10, DC_NONE },
      { { DC_ATTR_KERNEL_H, 2 },
        { DC_ATTR_KERNEL_W, 2 },
        { DC_ATTR_PAD_TOP, 1 },
        { DC_ATTR_CEIL_MODE, 1 },
        { DC_ATTR_COUNT_PAD, 1 },
        { DC_ATTR_STRIDE_H, 2 },
        ATTRS_END } },
    { "flat", DC_OP_FLATTEN, { 11, DC_NONE }, { ATTRS_END } },
    { "drop", DC_OP_DROPOUT, { 12, DC_NONE }, { { DC_ATTR_RATIO, 0 }, ATTRS_END } },
    { "fc1", DC_OP_LINEAR, { 13, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 7 }, ATTRS_END } },
    { "global", DC_OP_GLOBAL_AVERAGE_POOL, { 9, DC_NONE }, { ATTRS_END } },
    { "fc2", DC_OP_LINEAR, { 15, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 7 }, ATTRS_END } },
    { "sum", DC_OP_ADD, { 14, 16, 14 }, { ATTRS_END } },
};

/* A value read by many, an input read twice, an output that is not a layer. */
static const net_node shared_value[] = {
    { "conv",
      DC_OP_CONV,
      { 0, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 5 }, { DC_ATTR_KERNEL_H, 3 }, { DC_ATTR_KERNEL_W, 3 }, ATTRS_END } },
    { "twice", DC_OP_ADD, { 1, 1, DC_NONE }, { ATTRS_END } },
    { "again", DC_OP_CONV, { 2, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 5 }, ATTRS_END } },
    { "both", DC_OP_CONCAT, { 1, 3, 1 }, { ATTRS_END } },
    { "soft", DC_OP_SOFTMAX, { 4, DC_NONE }, { ATTRS_END } },
    { "out", DC_OP_GLOBAL_AVERAGE_POOL, { 5, DC_NONE }, { ATTRS_END } },
};

#define PICTURE(c, h, w) { DC_ATTR_DIM_0, c }, { DC_ATTR_DIM_1, h }, { DC_ATTR_DIM_2, w }
#define SAME(k, n)                                                                             \
    { DC_ATTR_N_OUTPUTS, n }, { DC_ATTR_KERNEL_H, k }, { DC_ATTR_KERNEL_W, k },                \
    { DC_ATTR_PAD_TOP, k / 2 }, { DC_ATTR_PAD_LEFT, k / 2 }, { DC_ATTR_PAD_BOTTOM, k / 2 },    \
    { DC_ATTR_PAD_RIGHT, k / 2 }

/* Gates on channels, on places and on both, from constants too; in blocks of 16 channels. */
static const net_node gates[] = {
    { "conv1", DC_OP_CONV, { 0, DC_NONE }, { SAME(3, 16), { DC_ATTR_BIAS, 0 }, ATTRS_END } },
    { "norm1", DC_OP_BATCH_NORM, { 1, DC_NONE }, { ATTRS_END } },
    { "act1", DC_OP_CLIP, { 2, DC_NONE }, { { DC_ATTR_MAX, 1 }, ATTRS_END } },
    { "mean", DC_OP_GLOBAL_AVERAGE_POOL, { 3, DC_NONE }, { ATTRS_END } },
    { "as1", DC_OP_RESHAPE, { 4, DC_NONE }, { PICTURE(16, 1, 1), ATTRS_END } },
    { "conv2", DC_OP_CONV, { 5, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 16 }, ATTRS_END } },
    { "gate", DC_OP_HARD_SIGMOID, { 6, DC_NONE }, { ATTRS_END } },
    { "gated", DC_OP_MUL, { 3, 7, DC_NONE }, { ATTRS_END } },
    { "place", DC_OP_CONV, { 8, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 1 }, ATTRS_END } },
    { "spot", DC_OP_SIGMOID, { 9, DC_NONE }, { ATTRS_END } },
    { "spotted", DC_OP_MUL, { 10, 8, DC_NONE }, { ATTRS_END } },
    { "swish", DC_OP_MUL, { 11, 11, DC_NONE }, { ATTRS_END } },
    { "less", DC_OP_SUB, { 12, 7, DC_NONE }, { ATTRS_END } },
    { "fc", DC_OP_LINEAR, { 13, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 5 }, ATTRS_END } },
};

/* Vectors at the places of a picture, and those of the batch itself, in two ways. */
static const net_node vectors[] = {
    { "conv", DC_OP_CONV, { 0, DC_NONE }, { SAME(3, 8), ATTRS_END } },
    { "flat", DC_OP_RESHAPE, { 1, DC_NONE }, { PICTURE(8, 30, 0), ATTRS_END } },
    { "turn", DC_OP_TRANSPOSE, { 2, DC_NONE }, { PICTURE(2, 1, 0), ATTRS_END } },
    { "up", DC_OP_LINEAR, { 3, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 20 }, { DC_ATTR_AXIS, 1 }, ATTRS_END } },
    { "tanh", DC_OP_TANH, { 4, DC_NONE }, { ATTRS_END } },
    { "down", DC_OP_LINEAR, { 5, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 6 }, { DC_ATTR_AXIS, 1 }, { DC_ATTR_BIAS, 0 }, ATTRS_END } },
    { "gelu", DC_OP_GELU, { 6, DC_NONE }, { ATTRS_END } },
    { "shares", DC_OP_SOFTMAX, { 7, DC_NONE }, { { DC_ATTR_AXIS, 1 }, ATTRS_END } },
    { "rows", DC_OP_LINEAR, { 0, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 4 }, { DC_ATTR_AXIS, 2 }, ATTRS_END } },
    { "planes", DC_OP_LINEAR, { 0, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 7 }, { DC_ATTR_AXIS, 1 }, ATTRS_END } },
    { "of_rows", DC_OP_LOG_SOFTMAX, { 9, DC_NONE }, { { DC_ATTR_AXIS, 2 }, ATTRS_END } },
    { "last", DC_OP_LINEAR, { 8, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 5 }, ATTRS_END } },
    { "last2", DC_OP_LINEAR, { 11, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 5 }, ATTRS_END } },
    { "last3", DC_OP_LINEAR, { 10, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 5 }, ATTRS_END } },
    { "last4", DC_OP_LINEAR, { 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 5 }, ATTRS_END } },
    { "sum", DC_OP_ADD, { 12, 13, 14 }, { ATTRS_END } },
    { "all", DC_OP_ADD, { 15, 16, DC_NONE }, { ATTRS_END } },
};

/* Halves of channels, one of them worked on, and shuffled; a front that centres. */
static const net_node shuffled[] = {
    { "k", DC_OP_CONSTANT, { DC_NONE }, { PICTURE(3, 1, 1), ATTRS_END } },
    { "front", DC_OP_ADD, { 1, 0, DC_NONE }, { ATTRS_END } },
    { "stem", DC_OP_CONV, { 2, DC_NONE }, { SAME(3, 12), ATTRS_END } },
    { "left", DC_OP_SLICE, { 3, DC_NONE }, { { DC_ATTR_SIZE, 6 }, ATTRS_END } },
    { "right", DC_OP_SLICE, { 3, DC_NONE },
      { { DC_ATTR_BEGIN, 6 }, { DC_ATTR_SIZE, 6 }, ATTRS_END } },
    { "work", DC_OP_CONV, { 5, DC_NONE }, { SAME(3, 6), ATTRS_END } },
    { "slopes", DC_OP_PRELU, { 6, DC_NONE }, { ATTRS_END } },
    { "all", DC_OP_CONCAT, { 4, 7, DC_NONE }, { ATTRS_END } },
    { "groups", DC_OP_RESHAPE, { 8, DC_NONE },
      { PICTURE(2, 6, 6), { DC_ATTR_DIM_3, 6 }, ATTRS_END } },
    { "turn", DC_OP_TRANSPOSE, { 9, DC_NONE },
      { PICTURE(2, 1, 3), { DC_ATTR_DIM_3, 4 }, ATTRS_END } },
    { "back", DC_OP_RESHAPE, { 10, DC_NONE }, { PICTURE(12, 6, 6), ATTRS_END } },
    { "pad", DC_OP_PAD, { 11, DC_NONE }, { { DC_ATTR_PAD_TOP, 1 }, ATTRS_END } },
    { "last", DC_OP_CONV, { 12, DC_NONE }, { SAME(1, 8), ATTRS_END } },
    { "row", DC_OP_RESHAPE, { 13, DC_NONE }, { { DC_ATTR_DIM_0, 8 * 7 * 6 }, ATTRS_END } },
    { "soft", DC_OP_TANH, { 14, DC_NONE }, { ATTRS_END } },
    { "again", DC_OP_RESHAPE, { 15, DC_NONE }, { PICTURE(8, 7, 6), ATTRS_END } },
    { "rows", DC_OP_RESHAPE, { 16, DC_NONE }, { PICTURE(8 * 7, 6, 0), ATTRS_END } },
    { "fc", DC_OP_LINEAR, { 17, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 5 }, ATTRS_END } },
    { "sum", DC_OP_ADD, { 18, 18, DC_NONE }, { ATTRS_END } },
};

/* Each channel alone, between counts that are no multiples of 16: channels last. */
static const net_node deep[] = {
    { "stem", DC_OP_CONV, { 0, DC_NONE }, { SAME(3, 12), ATTRS_END } },
    { "norm1", DC_OP_BATCH_NORM, { 1, DC_NONE }, { ATTRS_END } },
    { "act1", DC_OP_HARD_SWISH, { 2, DC_NONE }, { ATTRS_END } },
    { "deep", DC_OP_CONV, { 3, DC_NONE }, { SAME(3, 12), { DC_ATTR_GROUPS, 12 }, ATTRS_END } },
    { "norm2", DC_OP_BATCH_NORM, { 4, DC_NONE }, { ATTRS_END } },
    { "act2", DC_OP_RELU, { 5, DC_NONE }, { ATTRS_END } },
    { "point", DC_OP_CONV, { 6, DC_NONE }, { SAME(1, 20), { DC_ATTR_BIAS, 0 }, ATTRS_END } },
    { "norm3", DC_OP_BATCH_NORM, { 7, DC_NONE }, { { DC_ATTR_EPSILON, 0.1 }, ATTRS_END } },
    { "twice", DC_OP_CONV, { 8, DC_NONE }, { SAME(1, 20), ATTRS_END } },
    { "norm4", DC_OP_BATCH_NORM, { 9, DC_NONE }, { ATTRS_END } },
    { "sum", DC_OP_ADD, { 8, 10, 9 }, { ATTRS_END } },
    { "last", DC_OP_CONV, { 11, DC_NONE }, { SAME(3, 3), ATTRS_END } },
    { "out", DC_OP_BATCH_NORM, { 12, DC_NONE }, { ATTRS_END } },
};

/* Transposed convolutions: of the batch itself, of groups, of each channel alone, with dilation,
 * more behind than the pad takes (plain code), two readers of a value, and as the output. */
static const net_node transposed[] = {
    { "first", DC_OP_CONV_TRANSPOSE, { 0, DC_NONE }, { SAME(3, 16), ATTRS_END } },
    { "act1", DC_OP_RELU, { 1, DC_NONE }, { ATTRS_END } },
    { "groups", DC_OP_CONV_TRANSPOSE, { 2, DC_NONE },
      { SAME(3, 6), { DC_ATTR_GROUPS, 2 }, { DC_ATTR_STRIDE_H, 2 }, { DC_ATTR_OUTPUT_PAD_H, 1 },
        ATTRS_END } },
    { "deep", DC_OP_CONV_TRANSPOSE, { 3, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 6 }, { DC_ATTR_GROUPS, 6 }, { DC_ATTR_KERNEL_H, 2 },
        { DC_ATTR_STRIDE_H, 2 }, { DC_ATTR_BIAS, 0 }, ATTRS_END } },
    { "more", DC_OP_CONV_TRANSPOSE, { 3, DC_NONE },
      { { DC_ATTR_N_OUTPUTS, 6 }, { DC_ATTR_KERNEL_H, 2 }, { DC_ATTR_STRIDE_H, 2 },
        { DC_ATTR_OUTPUT_PAD_H, 1 }, ATTRS_END } },
    { "less", DC_OP_SLICE, { 5, DC_NONE },
      { { DC_ATTR_AXIS, 1 }, { DC_ATTR_SIZE, 24 }, { DC_ATTR_BEGIN, 24 }, { DC_ATTR_STEP, -1 },
        ATTRS_END } },
    { "both", DC_OP_ADD, { 4, 6, DC_NONE }, { ATTRS_END } },
    { "out", DC_OP_CONV_TRANSPOSE, { 7, DC_NONE },
      { SAME(3, 3), { DC_ATTR_DILATION_H, 2 }, { DC_ATTR_DILATION_W, 2 }, ATTRS_END } },
};

/* Largest difference by largest magnitude; in bf16, where a rounding may choose another winner of a
 * pool, root mean squares of both. */
static void assert_close(const char *what, const float *a, const float *b, uint64_t n, double share)
{
    double top = 1e-6, worst = 0, apart_squares = 0, squares = 1e-12;
    for (uint64_t i = 0; i < n; i++) {
        const double apart = fabs((double)a[i] - (double)b[i]);
        top = DC_MAX(top, fabs((double)b[i]));
        worst = apart > worst || isnan(apart) ? apart : worst;
        apart_squares += apart * apart;
        squares += (double)b[i] * (double)b[i];
    }
    const double found = share > 0.01 ? sqrt(apart_squares / squares) : worst / top;
    if (!(found <= share))
        fail_msg("%s: %.3g of it apart, allowed %.3g", what, found, share);
}

static dc_net *compiled(const dc_executor *executor, const dc_model *model, bool is_training,
                        dc_precision precision, const float *x)
{
    const dc_net_settings settings = { .batch_size = N_BATCH,
                                       .is_training = is_training,
                                       .precision = precision,
                                       .output = model->n_nodes - 1 };
    dc_net *net = NULL;
    assert_ok(executor->compile(&net, model, &settings));
    assert_ok(dc_net_load(net, model));
    net->x = x;
    return net;
}

static void compare_params(const dc_model *model, dc_net *a, dc_net *b, bool of_gradients,
                           double share)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        const uint64_t n = model->params[i].n_values;
        float *row_major = calloc(n, sizeof *row_major);
        const float *stored = of_gradients ? a->params[i].dw : a->params[i].w;
        const float *wanted = of_gradients ? b->params[i].dw : b->params[i].w;
        if (stored) {
            assert_ok(a->executor->store(a, i, row_major, stored));
            assert_close(model->params[i].name, row_major, wanted, n, share);
        }
        free(row_major);
    }
}

static void compare(const net_node *nodes, uint32_t n_nodes, dc_shape shape, dc_precision precision,
                    double share)
{
    const dc_executor *onednn = dc_executor_named("onednn");
    if (!onednn || !onednn->has(precision))
        return;
    dc_model *model = net_make(nodes, n_nodes, shape);
    const uint64_t n_x = N_BATCH * dc_shape_count(&shape);
    float *x = calloc(n_x, sizeof *x);
    dc_rng rng;
    dc_rng_init(&rng, 3, 3);
    for (uint64_t i = 0; i < n_x; i++)
        x[i] = (float)dc_rng_normal(&rng);
    dc_model_init(model, DC_INIT_HE, 11);
    for (int is_training = 0; is_training <= 1; is_training++) {
        dc_net *a = compiled(onednn, model, is_training, precision, x);
        dc_net *b = compiled(&dc_executor_ref, model, is_training, DC_PRECISION_F32, x);
        const uint64_t n = (uint64_t)N_BATCH * a->n_outputs;
        for (int step = 0; step <= is_training; step++) { /* the second must not see the first */
            assert_ok(a->executor->forward(a, 0));
            assert_ok(b->executor->forward(b, 0));
            assert_close("logits", a->logits, b->logits, n, share);
            for (uint64_t i = 0; is_training && i < n; i++)
                a->d_logits[i] = b->d_logits[i] = (float)(i % 7) / 7 - 0.4f;
            if (is_training) {
                assert_ok(a->executor->backward(a));
                assert_ok(b->executor->backward(b));
                compare_params(model, a, b, true, share);
            }
        }
        compare_params(model, a, b, false, share); /* running state too */
        a->executor->free(a);
        b->executor->free(b);
    }
    free(x);
    dc_model_free(model);
}

static void lenet_agrees(void **state)
{
    (void)state;
    compare(lenet, DC_COUNT_OF(lenet), dc_shape_of(3, 1, 16, 16, 0), DC_PRECISION_F32, 2e-5);
    compare(lenet, DC_COUNT_OF(lenet), dc_shape_of(3, 3, 17, 16, 0), DC_PRECISION_F32, 2e-5);
}

static void branches_of_all_ops_agree(void **state)
{
    (void)state;
    compare(mixed, DC_COUNT_OF(mixed), dc_shape_of(3, 3, 9, 10, 0), DC_PRECISION_F32, 2e-5);
    compare(mixed, DC_COUNT_OF(mixed), dc_shape_of(3, 1, 8, 8, 0), DC_PRECISION_F32, 2e-5);
}

static void values_with_many_readers_agree(void **state)
{
    (void)state;
    compare(shared_value, DC_COUNT_OF(shared_value), dc_shape_of(3, 2, 6, 6, 0), DC_PRECISION_F32,
            2e-5);
}

static void gates_and_shuffles_agree(void **state)
{
    (void)state;
    compare(gates, DC_COUNT_OF(gates), dc_shape_of(3, 4, 7, 6, 0), DC_PRECISION_F32, 2e-5);
    compare(shuffled, DC_COUNT_OF(shuffled), dc_shape_of(3, 3, 6, 6, 0), DC_PRECISION_F32, 2e-5);
}

static void transposed_convolutions_agree(void **state)
{
    (void)state;
    compare(transposed, DC_COUNT_OF(transposed), dc_shape_of(3, 4, 6, 5, 0), DC_PRECISION_F32,
            2e-5);
}

static void several_vectors_a_sample_agree(void **state)
{
    (void)state;
    compare(vectors, DC_COUNT_OF(vectors), dc_shape_of(3, 3, 5, 6, 0), DC_PRECISION_F32, 2e-5);
    if (dc_backend_check(DC_PRECISION_BF16) == DC_OK)
        compare(vectors, DC_COUNT_OF(vectors), dc_shape_of(3, 3, 5, 6, 0), DC_PRECISION_BF16, 0.1);
}

/* Behind a convolution and a linear layer that nobody else reads, so that it may be a part of them,
 * and of values that are read twice, so that it may not. */
static void compare_curve(dc_op op, dc_attr attr, double value, dc_precision precision,
                          double share)
{
    const net_node nodes[] = {
        { "conv1", DC_OP_CONV, { 0, DC_NONE }, { SAME(3, 16), ATTRS_END } },
        { "fused1", op, { 1, DC_NONE }, { { attr, value }, ATTRS_END } },
        { "conv2", DC_OP_CONV, { 2, DC_NONE }, { SAME(1, 16), ATTRS_END } },
        { "apart", op, { 3, DC_NONE }, { { attr, value }, ATTRS_END } },
        { "sum", DC_OP_ADD, { 3, 4, DC_NONE }, { ATTRS_END } },
        { "flat", DC_OP_FLATTEN, { 5, DC_NONE }, { ATTRS_END } },
        { "view", op, { 6, DC_NONE }, { { attr, value }, ATTRS_END } },
        { "fc1", DC_OP_LINEAR, { 7, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 9 }, ATTRS_END } },
        { "fused2", op, { 8, DC_NONE }, { { attr, value }, ATTRS_END } },
        { "fc2", DC_OP_LINEAR, { 9, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 6 }, ATTRS_END } },
    };
    compare(nodes, DC_COUNT_OF(nodes), dc_shape_of(3, 3, 5, 6, 0), precision, share);
}

/* In blocks that 12 channels do not fill, beside layers that fill theirs; behind a gate too. */
static void compare_in_part_filled_blocks(dc_op op)
{
    const net_node nodes[] = {
        { "full1", DC_OP_CONV, { 0, DC_NONE }, { SAME(3, 32), ATTRS_END } },
        { "full2", DC_OP_CONV, { 1, DC_NONE }, { SAME(3, 32), ATTRS_END } },
        { "part", DC_OP_CONV, { 2, DC_NONE }, { SAME(1, 12), ATTRS_END } },
        { "apart", op, { 3, DC_NONE }, { ATTRS_END } },
        { "place", DC_OP_CONV, { 4, DC_NONE }, { SAME(1, 1), ATTRS_END } },
        { "gated", DC_OP_MUL, { 5, 4, DC_NONE }, { ATTRS_END } },
        { "less", DC_OP_SUB, { 6, 3, DC_NONE }, { ATTRS_END } },
        { "share", DC_OP_SIGMOID, { 4, DC_NONE }, { ATTRS_END } }, /* nowhere near 0 */
        { "divided", DC_OP_DIV, { 7, 8, DC_NONE }, { ATTRS_END } },
        { "last", DC_OP_CONV, { 9, DC_NONE }, { SAME(3, 32), ATTRS_END } },
        { "fc", DC_OP_LINEAR, { 10, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 6 }, ATTRS_END } },
    };
    compare(nodes, DC_COUNT_OF(nodes), dc_shape_of(3, 3, 9, 8, 0), DC_PRECISION_F32, 1e-4);
}

/* Curves with kinks, and smooth ones. */
static void compare_curves(dc_precision precision, double share_of_kinks, double share)
{
    compare_curve(DC_OP_RELU, DC_ATTR_MIN, 0, precision, share_of_kinks);
    compare_curve(DC_OP_CLIP, DC_ATTR_MIN, -0.5, precision, share_of_kinks);
    compare_curve(DC_OP_CLIP, DC_ATTR_MAX, 0.75, precision, share_of_kinks);
    compare_curve(DC_OP_HARD_SWISH, DC_ATTR_MIN, 0, precision, share_of_kinks);
    compare_curve(DC_OP_HARD_SIGMOID, DC_ATTR_SLOPE, 0.2, precision, share_of_kinks);
    compare_curve(DC_OP_LEAKY_RELU, DC_ATTR_NEGATIVE_SLOPE, 0.3, precision, share_of_kinks);
    compare_curve(DC_OP_LEAKY_RELU, DC_ATTR_NEGATIVE_SLOPE, -0.6, precision, share_of_kinks);
    compare_curve(DC_OP_PRELU, DC_ATTR_MIN, 0, precision, share_of_kinks);
    compare_curve(DC_OP_SIGMOID, DC_ATTR_MIN, 0, precision, share);
    compare_curve(DC_OP_TANH, DC_ATTR_MIN, 0, precision, share);
    compare_curve(DC_OP_SILU, DC_ATTR_MIN, 0, precision, share);
    compare_curve(DC_OP_ELU, DC_ATTR_K, 1.5, precision, share);
    compare_curve(DC_OP_SOFTPLUS, DC_ATTR_MIN, 0, precision, share);
    compare_curve(DC_OP_ERF, DC_ATTR_MIN, 0, precision, share);
    compare_curve(DC_OP_GELU, DC_ATTR_MIN, 0, precision, share);
}

/* Small values everywhere, variances about 1. */
static void draw_params(dc_model *model, uint64_t seed)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 0);
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint64_t k = 0; k < model->params[i].n_values; k++) {
            const bool is_positive = model->params[i].role == DC_ROLE_VARIANCE;
            model->params[i].values[k] = (float)(dc_rng_unit(&rng) - (is_positive ? -0.5 : 0.5));
        }
}

/* What batch norms within convolutions predict, from one set of parameters and then another. */
static void folded_norms_follow_what_is_loaded(void **state)
{
    (void)state;
    const dc_shape shape = dc_shape_of(3, 3, 7, 6, 0);
    const dc_executor *onednn = dc_executor_named("onednn");
    float x[N_BATCH * 3 * 7 * 6];
    if (!onednn)
        return;
    for (uint32_t i = 0; i < DC_COUNT_OF(x); i++)
        x[i] = (float)(i % 13) / 6 - 1;
    dc_model *model = net_make(deep, DC_COUNT_OF(deep), shape);
    dc_net *a = compiled(onednn, model, false, DC_PRECISION_F32, x);
    dc_net *b = compiled(&dc_executor_ref, model, false, DC_PRECISION_F32, x);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        draw_params(model, seed);
        assert_ok(dc_net_load(a, model));
        assert_ok(dc_net_load(b, model));
        for (int round = 0; round < 2; round++)
            assert_ok(a->executor->forward(a, 0));
        assert_ok(b->executor->forward(b, 0));
        assert_close("logits", a->logits, b->logits, (uint64_t)N_BATCH * a->n_outputs, 2e-5);
        compare_params(model, a, b, false, 1e-9); /* what is stored is what was loaded */
    }
    a->executor->free(a);
    b->executor->free(b);
    dc_model_free(model);
}

static void channels_alone_agree(void **state)
{
    (void)state;
    const net_node nodes[] = {
        { "stem", DC_OP_CONV, { 0, DC_NONE }, { SAME(3, 12), ATTRS_END } },
        { "deep", DC_OP_CONV, { 1, DC_NONE }, { SAME(3, 12), { DC_ATTR_GROUPS, 12 }, ATTRS_END } },
        { "point", DC_OP_CONV, { 2, DC_NONE }, { SAME(1, 20), ATTRS_END } },
        { "more", DC_OP_CONV, { 3, DC_NONE }, { SAME(3, 40), { DC_ATTR_GROUPS, 20 }, ATTRS_END } },
        { "last", DC_OP_CONV, { 4, DC_NONE }, { SAME(3, 5), ATTRS_END } },
    };
    compare(nodes, DC_COUNT_OF(nodes), dc_shape_of(3, 3, 7, 6, 0), DC_PRECISION_F32, 2e-5);
    compare(nodes, 2, dc_shape_of(3, 3, 7, 6, 0), DC_PRECISION_F32, 2e-5);
}

static void activations_agree_fused_or_not(void **state)
{
    (void)state;
    compare_curves(DC_PRECISION_F32, 2e-5, 2e-5);
    compare_in_part_filled_blocks(DC_OP_SIGMOID);
    compare_in_part_filled_blocks(DC_OP_CLIP);
    compare_in_part_filled_blocks(DC_OP_HARD_SIGMOID);
    compare_in_part_filled_blocks(DC_OP_SILU);
}

/* Of these small networks a rounding across one kink may change a gradient by half (up to 0.46 with
 * eight draws of the inputs), where smooth curves stay within 0.06. */
static void compare_loosely(dc_precision precision)
{
    compare(lenet, DC_COUNT_OF(lenet), dc_shape_of(3, 1, 16, 16, 0), precision, 0.05);
    compare(mixed, DC_COUNT_OF(mixed), dc_shape_of(3, 3, 9, 10, 0), precision, 0.05);
    compare(shared_value, DC_COUNT_OF(shared_value), dc_shape_of(3, 2, 6, 6, 0), precision, 0.05);
    compare(gates, DC_COUNT_OF(gates), dc_shape_of(3, 4, 7, 6, 0), precision, 0.15);
    compare(shuffled, DC_COUNT_OF(shuffled), dc_shape_of(3, 3, 6, 6, 0), precision, 0.15);
    compare(transposed, DC_COUNT_OF(transposed), dc_shape_of(3, 4, 6, 5, 0), precision, 0.05);
    compare_curves(precision, 0.6, 0.1);
}

static void bf16_agrees_loosely(void **state)
{
    (void)state;
    compare_loosely(DC_PRECISION_BF16);
}

static void bf16_by_rounding_agrees_loosely(void **state)
{
    (void)state;
    compare_loosely(DC_PRECISION_BF16_ROUNDED);
}

static void stored_order_comes_back_and_pads_with_zero(void **state)
{
    dc_model *model = net_make(mixed, DC_COUNT_OF(mixed), dc_shape_of(3, 3, 9, 10, 0));
    const dc_executor *executor = dc_executor_pick();
    (void)state;
    dc_net *net = compiled(executor, model, true, DC_PRECISION_F32, NULL);
    for (uint32_t i = 0; i < model->n_params; i++) {
        const uint64_t n = model->params[i].n_values, n_stored = net->params[i].n_stored;
        float *ones = calloc(n, sizeof *ones), *stored = calloc(n_stored, sizeof *stored);
        double sum = 0;
        for (uint64_t k = 0; k < n; k++)
            ones[k] = 1;
        for (uint64_t k = 0; k < n_stored; k++)
            stored[k] = NAN;
        assert_ok(executor->load(net, i, stored, ones));
        for (uint64_t k = 0; k < n_stored; k++)
            sum += (double)stored[k];
        assert_true(sum == (double)n);
        memset(ones, 0, n * sizeof *ones);
        assert_ok(executor->store(net, i, ones, stored));
        for (uint64_t k = 0; k < n; k++)
            assert_true(ones[k] == 1);
        free(ones);
        free(stored);
    }
    executor->free(net);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lenet_agrees),
        cmocka_unit_test(branches_of_all_ops_agree),
        cmocka_unit_test(values_with_many_readers_agree),
        cmocka_unit_test(gates_and_shuffles_agree),
        cmocka_unit_test(transposed_convolutions_agree),
        cmocka_unit_test(several_vectors_a_sample_agree),
        cmocka_unit_test(folded_norms_follow_what_is_loaded),
        cmocka_unit_test(channels_alone_agree),
        cmocka_unit_test(activations_agree_fused_or_not),
        cmocka_unit_test(bf16_agrees_loosely),
        cmocka_unit_test(bf16_by_rounding_agrees_loosely),
        cmocka_unit_test(stored_order_comes_back_and_pads_with_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
