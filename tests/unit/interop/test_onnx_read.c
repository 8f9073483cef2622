/* SPDX-License-Identifier: MIT
 *
 * The importer as a whole: what is refused and how it is said, names, marks, the shape of the
 * model. That what is imported computes the right values is tests/onnx' business.
 */
#include "onnx_make.h"

#include <unistd.h>

#include "onnx/in/onnx_model.h"

/* x (N,2,4,4) and weights that fit it. */
static maker start(int64_t opset)
{
    maker m = make_graph(opset);
    make_value(&m, 11, "x", "0,2,4,4");
    make_value(&m, 12, "y", "0,3");
    make_floats(&m, "w", "3,2,3,3", 1);
    make_floats(&m, "k", "32,3", 1);
    make_floats(&m, "c2", "2", 1);
    make_floats(&m, "c3", "3", 1);
    make_ints(&m, "i1", "1");
    make_ints(&m, "i2", "-1,32");
    return m;
}

static dc_model *import(maker *m)
{
    dc_model *model = NULL;
    assert_ok(make_import(&model, m));
    return model;
}

/* One node from x to y. */
static dc_status try_node(int64_t opset, const char *op, const char *inputs, const char *attrs)
{
    maker m = start(opset);
    dc_model *model = NULL;
    make_node(&m, op, "n", inputs, "y", attrs);
    const dc_status status = make_import(&model, &m);
    dc_model_free(model);
    return status;
}

typedef struct refusal {
    const char *op, *inputs, *attrs, *message;
    int opset;
} refusal;

static const refusal refusals[] = {
    { "Sin", "x", "", "op 'Sin' of node 'n' is not supported", 13 },
    { "Floor", "x", "", "it is read only of constants and shapes", 13 },
    { "Max", "x c2", "", "of one value and single numbers", 13 },
    { "Conv", "x w", "strange=i1", "its attribute 'strange' is not supported", 13 },
    { "Conv", "x x", "", "its input 1 is not a constant", 13 },
    { "Conv", "w x", "", "its input 0 is a constant", 13 },
    { "Conv", "x w", "auto_pad=sBOTH", "its auto_pad is 'BOTH', which is not", 13 },
    { "Conv", "x k", "", "its weight has 2 dims, not 4", 13 },
    { "MaxPool", "x", "kernel_shape=l2,2 dilations=l2,1", "dilations other than 1", 13 },
    { "MatMul", "x k", "", "vectors of 4 and a constant for 32", 13 },
    { "MatMul", "x w", "", "its constant has 4 dims", 13 },
    { "MatMul", "x x", "", "its input 1 is not a constant", 13 },
    { "HardSigmoid", "x", "beta=finf", "its beta is not finite", 13 },
    { "Elu", "x", "alpha=f-1", "its alpha is -1, only over 0", 13 },
    { "Gelu", "x", "approximate=sroot", "by 'root'", 20 },
    { "LeakyRelu", "x", "alpha=finf", "its alpha is not finite", 13 },
    { "LRN", "x", "size=i4", "its size of 4 is even", 13 },
    { "Concat", "x x", "axis=i0", "it joins along the batch", 13 },
    { "Concat", "x w", "axis=i1", "its inputs do not fit together", 13 },
    { "Slice", "x", "starts=l0 ends=l0 axes=l0", "it cuts the batch", 9 },
    { "Slice", "x i1 i2", "", "of different number", 13 },
    { "Slice", "x", "starts=l3 ends=l3 axes=l2", "it leaves nothing of axis 2", 9 },
    { "Split", "x", "axis=i1 split=l0", "its output 0 is empty", 9 },
    { "Transpose", "x", "perm=l0,0,2,3", "no order of 4 dims", 13 },
    { "Squeeze", "x", "axes=l0", "it changes the batch", 11 },
    { "Squeeze", "x", "axes=l1", "dim 1 is not 1", 11 },
    { "Unsqueeze", "x", "axes=l1,2,3,4,5", "more than 8 dims", 11 },
    { "Reshape", "x i1", "", "do not fit", 13 },
    { "Reshape", "x w", "", "no list of whole numbers", 13 },
    { "Pad", "x", "pads=l0,1,0,0,0,0,0,0", "only pictures can be padded", 9 },
    { "Pad", "x", "pads=l0,0,4,0,0,0,0,0 mode=sreflect", "4 of a side of 4", 9 },
    { "Pad", "x", "pads=l0,0,1,0,0,0,0,0 mode=smirror", "its mode is 'mirror', which is not", 9 },
    { "Softmax", "x", "axis=i0", "over the batch", 13 },
    { "LogSoftmax", "x", "axis=i-4", "over the batch", 13 },
    { "ReduceMean", "x", "axes=l0", "over the batch", 11 },
    { "ReduceMean", "x", "", "over the batch", 11 },
    { "Cast", "x", "to=i7", "to int64, which is no float", 13 },
    { "Cast", "x", "to=i8", "to string, which is no float", 13 },
    { "Split", "x i2", "axis=i1", "2 sizes for 1 outputs", 13 },
    { "Add", "x c3", "", "its inputs do not fit together", 13 },
    { "Add", "x k", "", "its inputs do not fit together", 13 },
    { "Div", "x", "", "it has 1 inputs", 13 },
    { "Clip", "x c2", "", "its input 1 is no single number", 13 },
    { "PRelu", "x c2", "", "its slopes do not fit a sample", 13 },
    { "Gather", "x i2", "axis=i1", "of more than one place", 13 },
    { "Pow", "x x", "", "its input 1 is not a constant", 13 },
    { "Pow", "x c2", "", "its exponent is not one number", 13 },
    { "ThresholdedRelu", "x", "alpha=finf", "its alpha is not finite", 13 },
    { "Celu", "x", "alpha=f0", "its alpha is 0, only over 0", 13 },
    { "Mish", "x", "alpha=f1", "its attribute 'alpha' is not supported", 18 },
    { "ReduceSum", "x", "axes=l0", "over the batch", 11 },
    { "ReduceLogSumExp", "x", "", "over the batch", 13 },
    { "ArgMax", "x", "axis=i0", "over the batch", 13 },
    { "LayerNormalization", "x c2", "axis=i0", "over the batch", 17 },
    { "LayerNormalization", "x c3", "", "is not of the dims from axis on", 17 },
    { "GroupNormalization", "x c2 c2", "num_groups=i5", "5 groups do not divide", 21 },
    { "GroupNormalization", "x c2 c2", "", "its num_groups is 0", 21 },
    { "InstanceNormalization", "x c3 c3", "", "does not fit", 13 },
    { "ConvTranspose", "x c2", "", "does not fit", 13 },
    { "Resize", "x", "", "it has neither scales nor sizes", 13 },
    { "Resize", "x", "mode=scubic", "its mode is 'cubic', which is not", 13 },
    { "Upsample", "x", "scales=f2", "numbers for 4 dims", 7 },
    { "LSTM", "x w w", "direction=ssideways", "its direction 'sideways' is none of forward", 14 },
    { "LSTM", "x w w", "layout=i2", "its layout 2 is neither 0 nor 1", 14 },
};

static void what_cannot_be_done_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(refusals); i++) {
        const dc_status status =
            try_node(refusals[i].opset, refusals[i].op, refusals[i].inputs, refusals[i].attrs);
        if (status >= 0 || strstr(dc_message(), refusals[i].message) == NULL)
            fail_msg("%s %s: '%s', wanted '%s'", refusals[i].op, refusals[i].attrs, dc_message(),
                     refusals[i].message);
        assert_true(status == DC_EUNSUPPORTED || status == DC_ECORRUPT);
        assert_non_null(strstr(dc_message(), refusals[i].op));
        assert_int_equal(strncmp(dc_message(), "net.onnx: ", 10), 0);
    }
}

static void exit_codes_tell_malformed_from_unsupported(void **state)
{
    (void)state;
    assert_fails(DC_EUNSUPPORTED, try_node(13, "Sin", "x", ""));
    assert_fails(DC_EUNSUPPORTED, try_node(6, "Relu", "x", ""));
    assert_non_null(strstr(dc_message(), "opset 6, older than 7"));
    assert_fails(DC_EUNSUPPORTED, try_node(0, "Relu", "x", ""));
    assert_non_null(strstr(dc_message(), "does not say which opset"));
    assert_ok(try_node(22, "Relu", "x", ""));
    assert_fails(DC_ECORRUPT, try_node(13, "Conv", "x w c2", ""));
    assert_non_null(strstr(dc_message(), "its bias is 2, not 3"));
    assert_fails(DC_ECORRUPT, try_node(13, "Conv", "x w", "group=i2"));
    assert_fails(DC_ECORRUPT, try_node(13, "Conv", "x w", "kernel_shape=l5,5"));
    assert_fails(DC_ECORRUPT, try_node(13, "Conv", "x w", "strides=l0,1"));
    assert_fails(DC_ECORRUPT, try_node(13, "Conv", "x w", "pads=l0,0,0,-1"));
    assert_fails(DC_ECORRUPT, try_node(13, "Conv", "x w", "pads=f1"));
    assert_fails(DC_ECORRUPT, try_node(13, "Conv", "x w", "dilations=l3,3"));
    assert_fails(DC_ECORRUPT, try_node(13, "Concat", "x x", "axis=i7"));
    assert_fails(DC_ECORRUPT, try_node(13, "Softmax", "nobody", ""));
    assert_non_null(strstr(dc_message(), "value 'nobody' is made by no node"));
}

/* Whether the graph is refused as not supported, with this in the message. */
static void refuse(maker *m, const char *message)
{
    dc_model *model = NULL;
    assert_fails(DC_EUNSUPPORTED, make_import(&model, m));
    if (strstr(dc_message(), message) == NULL)
        fail_msg("'%s', wanted '%s'", dc_message(), message);
}

static void what_onnx_allows_and_we_do_not_is_not_called_malformed(void **state)
{
    (void)state;
    assert_fails(DC_EUNSUPPORTED, try_node(13, "Slice", "x i1 i1 i1", ""));
    assert_fails(DC_EUNSUPPORTED, try_node(13, "LRN", "x", "size=i3 alpha=f-1"));
    assert_non_null(strstr(dc_message(), "op 'LRN' of node 'n'"));
    assert_fails(DC_EUNSUPPORTED, try_node(13, "MaxPool", "x", "kernel_shape=l2,2 pads=l3,0,0,0"));
    assert_fails(DC_EUNSUPPORTED,
                 try_node(13, "MaxPool", "x", "kernel_shape=l2,2 strides=l9999999,1"));
    assert_fails(DC_ECORRUPT, try_node(13, "MaxPool", "x", "kernel_shape=l9,2"));
    assert_non_null(strstr(dc_message(), "a kernel of 9 does not fit in 4 padded pixels"));

    maker m = start(13);
    make_floats(&m, "empty", "0,2,3,3", 0);
    make_node(&m, "Conv", "n", "x empty", "y", "");
    refuse(&m, "op 'Conv' of node 'n'");
    m = start(13);
    make_floats(&m, "empty", "32,0", 0);
    make_node(&m, "Flatten", "f", "x", "a", "");
    make_node(&m, "MatMul", "n", "a empty", "y", "");
    refuse(&m, "op 'MatMul' of node 'n'");
    m = start(13);
    make_floats(&m, "far", "1", INFINITY);
    make_node(&m, "Mul", "n", "x far", "y", "");
    refuse(&m, "a number of tensor 'far' is not finite");
    m = start(13);
    make_node(&m, "Softmax", "n", "i1", "a", "");
    make_node(&m, "Mul", "o", "x a", "y", "");
    refuse(&m, "its inputs are all constants, and it cannot be folded");
    m = start(13);
    make_node(&m, "Sigmoid", "n", "i1", "a", "");
    make_node(&m, "Mul", "o", "x a", "y", "");
    refuse(&m, "op 'Sigmoid' of node 'n': of whole numbers");
}

static void what_trains_is_refused(void **state)
{
    (void)state;
    assert_fails(DC_EUNSUPPORTED,
                 try_node(14, "BatchNormalization", "x c2 c2 c2 c2", "training_mode=i1"));
    assert_non_null(strstr(dc_message(), "it is in training mode"));
    for (int64_t opset = 7; opset <= 15; opset += 2) {
        maker m = start(opset);
        make_node(&m, "BatchNormalization", "n", "x c2 c2 c2 c2", "y mean var", "");
        refuse(&m, "it is in training mode");
    }
    maker m = start(9);
    make_node(&m, "BatchNormalization", "n", "x c2 c2 c2 c2", "y - - - -", "");
    dc_model_free(import(&m));

    static const bool is_training[] = { true, false };
    for (size_t i = 0; i < 2; i++) {
        dc_model *model = NULL;
        m = start(12);
        dc_writer flag = make_tensor("flag", 9, "", &is_training[i], 1);
        make_message(&m.graph, 5, &flag);
        make_node(&m, "Dropout", "n", i == 0 ? "x - flag" : "c2 - flag", "a", "");
        make_node(&m, "Dropout", "o", "x - flag", "y", "");
        assert_int_equal(make_import(&model, &m), i == 0 ? DC_EUNSUPPORTED : DC_OK);
        assert_true(i != 0 || strstr(dc_message(), "it is in training mode") != NULL);
        dc_model_free(model);
    }
    m = start(12); /* of constants */
    dc_writer flag = make_tensor("flag", 9, "", &is_training[0], 1);
    make_message(&m.graph, 5, &flag);
    make_floats(&m, "c", "1", 1);
    make_node(&m, "Dropout", "n", "c - flag", "a", "");
    make_node(&m, "Mul", "o", "x a", "y", "");
    refuse(&m, "it is in training mode");
}

/* x of a type through two ops. */
static dc_status try_type(int64_t type, const char *first, const char *first_attrs,
                          const char *second, const char *inputs)
{
    maker m = make_graph(13);
    dc_model *model = NULL;
    make_typed_value(&m, 11, "x", type, "0,6,1,1");
    make_value(&m, 12, "y", "");
    make_node(&m, first, "one", "x", "a", first_attrs);
    make_node(&m, second, "two", inputs, "b", "");
    make_node(&m, "Identity", "three", "b", "y", "");
    const dc_status status = make_import(&model, &m);
    dc_model_free(model);
    return status;
}

static void whole_numbers_are_read_up_to_a_cast_to_float(void **state)
{
    (void)state;
    static const int64_t wholes[] = { 2, 3, 4, 5, 6, 7, 9, 12, 13 };
    static const int64_t floats[] = { 0, 1, 10, 11, 16 };
    for (size_t i = 0; i < DC_COUNT_OF(floats); i++)
        assert_ok(try_type(floats[i], "Sigmoid", "", "Add", "a x"));
    for (size_t i = 0; i < DC_COUNT_OF(wholes); i++) {
        assert_ok(try_type(wholes[i], "Cast", "to=i1", "Add", "a a"));
        assert_ok(try_type(wholes[i], "Relu", "", "Flatten", "a"));
        assert_fails(DC_EUNSUPPORTED, try_type(wholes[i], "Relu", "", "Add", "a a"));
        assert_non_null(
            strstr(dc_message(), "op 'Add' of node 'two': it computes whole numbers ("));
        assert_fails(DC_EUNSUPPORTED, try_type(wholes[i], "Cast", "to=i1", "Mul", "a x"));
        assert_fails(DC_EUNSUPPORTED,
                     try_type(wholes[i], "Identity", "", "GlobalAveragePool", "a"));
    }
    /* Wider types hold the same numbers, others do not. */
    assert_ok(try_type(2, "Cast", "to=i6", "Relu", "a"));
    assert_ok(try_type(6, "Cast", "to=i7", "Relu", "a"));
    assert_fails(DC_EUNSUPPORTED, try_type(7, "Cast", "to=i6", "Relu", "a"));
    assert_fails(DC_EUNSUPPORTED, try_type(3, "Cast", "to=i2", "Flatten", "a"));
    assert_fails(DC_EUNSUPPORTED, try_type(2, "Cast", "to=i3", "Flatten", "a"));
    assert_fails(DC_EUNSUPPORTED, try_type(2, "Cast", "to=i9", "Flatten", "a"));
    assert_fails(DC_EUNSUPPORTED, try_type(6, "Cast", "to=i7", "Add", "a a"));
    assert_fails(DC_EUNSUPPORTED, try_type(8, "Identity", "", "Flatten", "a"));
    assert_non_null(strstr(dc_message(), "input 'x' holds string"));
}

static void graphs_that_do_not_hang_together_are_refused(void **state)
{
    (void)state;
    dc_model *model;
    maker m = start(13);
    make_node(&m, "Relu", "a", "z", "y", "");
    make_node(&m, "Relu", "b", "y", "z", "");
    assert_fails(DC_ECORRUPT, make_import(&model, &m));
    assert_non_null(strstr(dc_message(), "depends on itself"));

    m = start(13);
    make_node(&m, "Relu", "a", "x", "y", "");
    make_node(&m, "Tanh", "b", "x", "y", "");
    assert_fails(DC_ECORRUPT, make_import(&model, &m));
    assert_non_null(strstr(dc_message(), "'y' is made twice"));

    m = start(13);
    make_node(&m, "Relu", "a", "x", "w", "");
    assert_fails(DC_ECORRUPT, make_import(&model, &m));

    m = start(13);
    make_value(&m, 11, "x2", "0,2,4,4");
    make_node(&m, "Add", "a", "x x2", "y", "");
    assert_fails(DC_EUNSUPPORTED, make_import(&model, &m));
    assert_non_null(strstr(dc_message(), "several inputs, 'x' and 'x2'"));

    static const char *const left_out[] = { "Add", "Max", "Concat" };
    for (size_t i = 0; i < DC_COUNT_OF(left_out); i++) {
        m = start(13);
        make_node(&m, left_out[i], "n", "c3 -", "a", "");
        make_node(&m, "Mul", "o", "x a", "y", "");
        assert_fails(DC_ECORRUPT, make_import(&model, &m));
        assert_non_null(strstr(dc_message(), "its input 1 is missing"));
    }

    m = start(13);
    make_node(&m, "Identity", "a", "w", "y", "");
    assert_fails(DC_EUNSUPPORTED, make_import(&model, &m));
    m = start(13);
    make_node(&m, "Identity", "a", "x", "y", "");
    assert_fails(DC_EUNSUPPORTED, make_import(&model, &m));
    assert_non_null(strstr(dc_message(), "is the input itself"));

    m = start(13);
    make_node(&m, "MaxPool", "p", "x", "z i", "kernel_shape=l2,2");
    make_node(&m, "Relu", "r", "i", "y", "");
    assert_fails(DC_EUNSUPPORTED, make_import(&model, &m));
    assert_non_null(strstr(dc_message(), "an output that is not computed"));
}

/* ---- what is made ---- */

static void nodes_are_called_as_their_weights_then_as_in_the_graph(void **state)
{
    (void)state;
    maker m = start(13);
    make_floats(&m, "features.0.weight", "2,2,1,1", 1);
    make_node(&m, "Conv", "/features/0/Conv", "x features.0.weight", "a", "");
    make_node(&m, "Conv", "/again/Conv", "a features.0.weight", "b", "");
    make_node(&m, "Relu", "/again/Conv", "b", "act", "");
    make_node(&m, "Tanh", "", "act", "-name\x01", "");
    make_node(&m, "Relu", "input", "-name\x01", "y", "");
    dc_model *model = import(&m);
    static const char *const names[] = {
        "input", "features.0", "/again/Conv", "act", "tanh_4", "y"
    };
    assert_int_equal(model->n_nodes, DC_COUNT_OF(names));
    for (uint32_t i = 0; i < model->n_nodes; i++)
        assert_string_equal(model->nodes[i].name, names[i]);
    assert_non_null(dc_model_param(model, "features.0.weight"));
    assert_string_equal(model->name, "net");
    dc_model_free(model);
}

/* Exporters that fold batch norms rename the weights, but a node's name has its module's path. */
static void layers_of_renamed_weights_are_called_as_their_module(void **state)
{
    (void)state;
    static const struct {
        const char *node, *name;
    } cases[] = {
        { "/conv1/Conv", "conv1" },
        { "/features/features.12/conv/conv.2/Conv", "features.12.conv.2" },
        { "/layer1/layer1.0/conv1/Conv_1", "layer1.0.conv1" },
        { "/blocks/blocks.1/blocks.1.2/Conv", "blocks.1.2" },
        { "/a/a.0/b/a.0/Conv", "a.0.b.a.0" },
        { "/Conv", "/Conv" },
        { "/conv1/Relu", "/conv1/Relu" },
        { "/conv1/Convolve", "/conv1/Convolve" },
        { "model/conv2d/Conv", "model/conv2d/Conv" },
        { "/act/Conv", "/act/Conv" }, /* "act" is taken */
    };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        maker m = start(13);
        make_node(&m, "Relu", "act", "x", "a", "");
        make_node(&m, "Conv", cases[i].node, "a w", "y", "");
        dc_model *model = import(&m);
        assert_string_equal(model->nodes[2].name, cases[i].name);
        dc_model_free(model);
    }
}

static void a_product_and_what_is_added_are_one_layer(void **state)
{
    (void)state;
    maker m = start(13);
    make_node(&m, "Reshape", "r", "x i2", "a", "");
    make_node(&m, "MatMul", "fc", "a k", "b", "");
    make_node(&m, "Add", "plus", "b c3", "y", "");
    dc_model *model = import(&m);
    assert_int_equal(model->n_nodes, 2);
    const dc_param *weight = dc_model_param(model, "fc.weight");
    const dc_param *bias = dc_model_param(model, "fc.bias");
    assert_true(weight != NULL && bias != NULL);
    assert_true(weight->shape.dims[0] == 3 && weight->shape.dims[1] == 32);
    assert_true(weight->values[1] == 4 && weight->values[32] == 2); /* turned */
    assert_true(bias->values[2] == 3);
    dc_model_free(model);
}

static void numbers_are_those_that_were_meant(void **state)
{
    (void)state;
    maker m = start(11);
    make_node(&m, "BatchNormalization", "bn", "x c2 c2 c2 c2", "a", "epsilon=f1e-5 momentum=f0.9");
    make_node(&m, "LeakyRelu", "leaky", "a", "b", "alpha=f0.3");
    make_node(&m, "HardSigmoid", "gate", "b", "y", "alpha=f0.16666667");
    dc_model *model = import(&m);
    assert_true(dc_node_number(&model->nodes[1], DC_ATTR_EPSILON) == 1e-5);
    assert_true(dc_node_number(&model->nodes[1], DC_ATTR_MOMENTUM) == 0.1);
    assert_true(dc_node_number(&model->nodes[2], DC_ATTR_NEGATIVE_SLOPE) == 0.3);
    assert_true(dc_node_number(&model->nodes[3], DC_ATTR_SLOPE) == 1.0 / 6);
    dc_model_free(model);
}

static void dead_ends_leave_nothing_behind(void **state)
{
    (void)state;
    maker m = start(13);
    make_node(&m, "Conv", "unused", "x w", "a", "");
    make_node(&m, "Shape", "s", "a", "b", "");
    make_node(&m, "Size", "", "a", "c", "");
    make_node(&m, "Gather", "", "b i1", "d", "");
    make_node(&m, "Sub", "", "d d", "e", "");
    make_node(&m, "Concat", "", "e i2", "f", "axis=i0"); /* 0, -1, 32: used by nobody */
    make_node(&m, "Erf", "", "x", "g", "");
    make_node(&m, "Cast", "", "e", "h", "to=i1");
    make_node(&m, "Add", "sum", "x h", "y", "");
    dc_model *model = import(&m); /* y = x + 0, of a shape that only a convolution has */
    assert_int_equal(dc_model_node(model, "unused"), DC_NONE);
    assert_int_equal(model->n_nodes, 3);
    dc_model_free(model);
}

static void values_tell_what_is_shared_and_pruned(void **state)
{
    (void)state;
    maker m = start(13);
    dc_writer raw = make_writer();
    for (int i = 0; i < 32 * 3; i++)
        dc_put_f32(&raw, i % 3 == 0 ? 0.0f : (float)(i % 5));
    dc_writer t = make_tensor("few", 1, "32,3", raw.data, raw.size);
    make_message(&m.graph, 5, &t);
    dc_writer_clear(&raw);
    make_node(&m, "Flatten", "f", "x", "a", "");
    make_node(&m, "Gemm", "one", "a few", "b", "");
    make_node(&m, "Gemm", "two", "a k", "c", "");
    make_node(&m, "Add", "sum", "b c", "y", "");
    dc_model *model = NULL;
    dc_writer file = make_file(&m);
    char path[64];
    snprintf(path, sizeof path, "/tmp/dcomp-marks-%ld.onnx", (long)getpid());
    assert_ok(dc_file_write(path, file.data, file.size, true));
    dc_writer_clear(&file);
    assert_ok(dc_import(&model, path));
    assert_int_equal(unlink(path), 0);
    const dc_param *few = dc_model_param(model, "one.weight");
    const dc_param *many = dc_model_param(model, "two.weight");
    assert_true(few->is_shared && few->is_pruned);
    assert_false(many->is_shared || many->is_pruned);
    dc_model_free(model);
}

static void a_small_file_cannot_ask_for_much(void **state)
{
    (void)state;
    dc_model *model;
    maker m = make_graph(13);
    make_value(&m, 11, "x", "0,1073741823,1,1");
    make_value(&m, 12, "y", "");
    make_floats(&m, "one", "1", 1);
    make_node(&m, "PRelu", "p", "x one", "y", "");
    assert_fails(DC_ELIMIT, make_import(&model, &m));

    m = start(13);
    make_ints(&m, "huge", "2,1073741824,100");
    make_node(&m, "ConstantOfShape", "c", "huge", "a", "");
    make_node(&m, "Add", "", "a a", "b", "");
    make_node(&m, "Add", "", "x b", "y", "");
    assert_fails(DC_ELIMIT, make_import(&model, &m));

    m = start(13);
    make_ints(&m, "begin", "0");
    make_ints(&m, "end", "1000000000000");
    make_node(&m, "Range", "r", "begin end i1", "a", "");
    make_node(&m, "Add", "", "x a", "y", "");
    assert_fails(DC_ELIMIT, make_import(&model, &m));
}

/* 1,000,000 slopes from some 200 bytes. */
static maker one_slope_for_many(void)
{
    maker m = make_graph(13);
    make_value(&m, 11, "x", "0,1000000,1,1");
    make_value(&m, 12, "y", "");
    make_floats(&m, "one", "1", 1);
    make_node(&m, "PRelu", "p", "x one", "y", "");
    return m;
}

static void a_memory_limit_that_is_given_lets_it_ask(void **state)
{
    (void)state;
    dc_model *model;
    maker m = one_slope_for_many();
    assert_fails(DC_ELIMIT, make_import(&model, &m));
    assert_non_null(strstr(dc_message(), "--memory-limit"));
    m = one_slope_for_many();
    dc_memory_limit(UINT64_C(1) << 30);
    assert_ok(make_import(&model, &m));
    assert_int_equal(model->params[0].n_values, 1000000);
    dc_model_free(model);
    m = one_slope_for_many();
    dc_memory_limit(1000000);
    assert_fails(DC_ELIMIT, make_import(&model, &m));
    dc_memory_limit(0);
}

/* ---- probing ---- */

static void onnx_is_known_by_its_name_or_first_bytes(void **state)
{
    (void)state;
    maker m = start(13);
    dc_writer file = make_file(&m);
    assert_true(interop_onnx_in.is_mine(file.data, 256, "net"));
    assert_true(interop_onnx_in.is_mine((const uint8_t *)"", 0, "a.onnx"));
    assert_false(interop_onnx_in.is_mine((const uint8_t *)"{\"a\":1}", 7, "net"));
    assert_false(interop_onnx_in.is_mine((const uint8_t *)"\x08\x07\x12\x00", 0, "net"));
    assert_false(interop_onnx_in.is_mine((const uint8_t *)"\x08\x87\x80\x00", 4, "net"));
    dc_writer_clear(&file);
}

static void every_cut_of_a_file_is_refused_or_sound(void **state)
{
    (void)state;
    maker m = start(13);
    make_node(&m, "Conv", "c", "x w c3", "a", "");
    make_node(&m, "Relu", "r", "a", "y", "");
    dc_writer file = make_file(&m);
    const dc_import_settings settings = dc_import_defaults();
    for (uint64_t n = 0; n < file.size; n++) {
        uint8_t *copy = malloc(n + 1);
        assert_non_null(copy);
        memcpy(copy, file.data, n);
        dc_file_view view = { .data = copy, .size = n };
        dc_model *model = NULL;
        bool has_marks = false;
        if (interop_onnx_in.read(&model, &has_marks, &settings, &view, "cut.onnx") == DC_OK)
            dc_model_free(model);
        free(copy);
    }
    dc_writer_clear(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_done_is_named),
        cmocka_unit_test(exit_codes_tell_malformed_from_unsupported),
        cmocka_unit_test(what_onnx_allows_and_we_do_not_is_not_called_malformed),
        cmocka_unit_test(what_trains_is_refused),
        cmocka_unit_test(whole_numbers_are_read_up_to_a_cast_to_float),
        cmocka_unit_test(graphs_that_do_not_hang_together_are_refused),
        cmocka_unit_test(nodes_are_called_as_their_weights_then_as_in_the_graph),
        cmocka_unit_test(layers_of_renamed_weights_are_called_as_their_module),
        cmocka_unit_test(a_product_and_what_is_added_are_one_layer),
        cmocka_unit_test(numbers_are_those_that_were_meant),
        cmocka_unit_test(dead_ends_leave_nothing_behind),
        cmocka_unit_test(values_tell_what_is_shared_and_pruned),
        cmocka_unit_test(a_small_file_cannot_ask_for_much),
        cmocka_unit_test(a_memory_limit_that_is_given_lets_it_ask),
        cmocka_unit_test(onnx_is_known_by_its_name_or_first_bytes),
        cmocka_unit_test(every_cut_of_a_file_is_refused_or_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
