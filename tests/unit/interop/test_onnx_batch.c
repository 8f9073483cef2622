/* SPDX-License-Identifier: MIT
 *
 * A batch that is fixed at 1 may go, come back and move, and axes count the dims that are left; any
 * other batch stays the first dim. The shapes that the nodes get tell; the numbers are the business
 * of tests/interop.
 */
#include "onnx_make.h"

/* x of these dims through `op` of these attributes, then through a Relu, so that nothing is left
 * out; *out is the Relu's shape. */
static dc_status shape_after(dc_shape *out, const char *dims, const char *first, const char *op,
                             const char *inputs, const char *attrs)
{
    dc_model *model = NULL;
    maker m = make_graph(11);
    make_value(&m, 11, "x", dims);
    make_value(&m, 12, "y", "");
    make_ints(&m, "i1", "1");
    make_ints(&m, "i2", "2");
    make_node(&m, "Tanh", "t", "x", "u", "");
    make_node(&m, "Squeeze", "s", "u", "a", first);
    make_node(&m, op, "n", inputs, "b", attrs);
    make_node(&m, "Relu", "r", "b", "y", "");
    const dc_status status = make_import(&model, &m);
    if (status == DC_OK)
        *out = model->nodes[model->n_nodes - 1].shape;
    dc_model_free(model);
    return status;
}

static void check(const char *dims, const char *first, const char *op, const char *inputs,
                  const char *attrs, const char *wanted)
{
    dc_shape shape = { 0 };
    int64_t sizes[16];
    const uint32_t n = make_list(sizes, wanted);
    if (shape_after(&shape, dims, first, op, inputs, attrs) < 0)
        fail_msg("%s %s of %s: %s", op, attrs, dims, dc_message());
    assert_int_equal(shape.n_dims, n);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(shape.dims[i], sizes[i]);
}

static void axes_count_what_a_squeeze_leaves(void **state)
{
    (void)state;
    check("1,4,6,1", "", "Transpose", "a", "perm=l1,0", "6,4");
    check("1,4,6,1", "", "Split", "a", "axis=i1 split=l6", "4,6");
    check("1,4,6,1", "", "Slice", "a i1 i2 i1", "", "4,1");
    check("1,4,6,1", "", "Gather", "a i1", "axis=i0", "6");
    check("1,4,6,1", "", "Concat", "a a", "axis=i0", "8,6,1");
    check("1,4,6,1", "", "ReduceMean", "a", "axes=l1 keepdims=i0", "4");
    check("1,4,6,1", "axes=l0", "Transpose", "a", "perm=l1,0,2", "6,4,1");
    check("1,4,6,1", "", "Unsqueeze", "a", "axes=l0", "4,6,1");
    /* A free batch is there still, and so is one of 3. */
    check("0,4,6,1", "", "Transpose", "a", "perm=l0,2,1", "6,4");
    check("0,4,6,1", "", "Gather", "a i1", "axis=i1", "1,6");
    check("3,4,6,1", "", "ReduceMean", "a", "axes=l2 keepdims=i0", "4");
}

static void only_a_batch_of_1_can_go(void **state)
{
    (void)state;
    dc_shape shape;
    static const char *const dims[] = { "0,4,6,1", "3,4,6,1" };
    for (size_t i = 0; i < DC_COUNT_OF(dims); i++) {
        assert_fails(DC_EUNSUPPORTED, shape_after(&shape, dims[i], "axes=l0", "Relu", "a", ""));
        assert_fails(DC_EUNSUPPORTED, shape_after(&shape, dims[i], "", "Gather", "a i1", ""));
    }
}

static void any_batch_may_be_another_dim(void **state)
{
    (void)state;
    static const char *const dims[] = { "0,4,6,1", "3,4,6,1" };
    for (size_t i = 0; i < DC_COUNT_OF(dims); i++) {
        check(dims[i], "", "Transpose", "a", "perm=l2,0,1", "6,4");
        check(dims[i], "", "Transpose", "a", "perm=l2,1,0", "6,4");
    }
}

static void an_op_of_samples_wants_the_batch_where_it_was(void **state)
{
    (void)state;
    static const struct {
        const char *op, *attrs;
    } ops[] = { { "GlobalAveragePool", "" },
                { "GlobalMaxPool", "" },
                { "MaxPool", "kernel_shape=l2,2" },
                { "AveragePool", "kernel_shape=l2,2" },
                { "LRN", "size=i3" } };
    for (size_t i = 0; i < DC_COUNT_OF(ops); i++) {
        dc_model *model = NULL;
        maker m = make_graph(11);
        make_value(&m, 11, "x", "1,4,6,6");
        make_value(&m, 12, "y", "");
        make_ints(&m, "dims", "2,2,6,6");
        make_node(&m, "Reshape", "s", "x dims", "a", ""); /* two pictures of two channels */
        make_node(&m, ops[i].op, "n", "a", "y", ops[i].attrs);
        assert_fails(DC_EUNSUPPORTED, make_import(&model, &m));
        assert_non_null(strstr(dc_message(), "the first dim of its input is not the batch"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_count_what_a_squeeze_leaves),
        cmocka_unit_test(only_a_batch_of_1_can_go),
        cmocka_unit_test(any_batch_may_be_another_dim),
        cmocka_unit_test(an_op_of_samples_wants_the_batch_where_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
