/* SPDX-License-Identifier: MIT
 *
 * onnx_fold.c, onnx_fold_shape.c, onnx_dims.c: ops of constants, one by one.
 */
#include "onnx_make.h"

#include "onnx/in/onnx_ops.h"

typedef struct place {
    maker m;
    dc_writer file;
    dc_file_view view;
    onnx_in in;
    onnx_array out;
} place;

static place p;

static int open_place(void **state)
{
    (void)state;
    p = (place){ .m = make_graph(13) };
    make_value(&p.m, 12, "y", "");
    make_ints(&p.m, "none", "");
    make_ints(&p.m, "zero", "0");
    make_ints(&p.m, "one", "1");
    make_ints(&p.m, "ten", "10");
    make_ints(&p.m, "minus", "-1");
    make_ints(&p.m, "far", "-9223372036854775808");
    make_ints(&p.m, "abc", "10,11,-12,13");
    make_ints(&p.m, "nine", "1,2,3,4,5,6,7,8,9");
    static const uint8_t yes_no[] = { 1, 0 };
    static const uint64_t large[] = { UINT64_MAX, 3 };
    dc_writer u64 = make_tensor("u64", 13, "2", large, sizeof large);
    make_message(&p.m.graph, 5, &u64);
    make_ints(&p.m, "odd", "4611686018427387905"); /* no double */
    dc_writer column = make_tensor("column", 9, "2,1", yes_no, sizeof yes_no);
    make_message(&p.m.graph, 5, &column);
    make_floats(&p.m, "f", "2,3", 0.25f); /* 0.25 .. 5.25 */
    make_floats(&p.m, "column3", "3,1", 1); /* 1, 2, 3 */
    return 0;
}

static int close_place(void **state)
{
    (void)state;
    onnx_files_close(&p.in.files);
    dc_arena_clear(&p.in.arena);
    dc_writer_clear(&p.file);
    dc_writer_clear(&p.m.graph);
    return 0;
}

/* One node of constants, through the table, with p.out as its result. */
static dc_status fold(const char *op, const char *inputs, const char *attrs)
{
    make_node(&p.m, op, "n", inputs, "y", attrs);
    p.file = make_file(&p.m);
    p.view = (dc_file_view){ .data = p.file.data, .size = p.file.size };
    dc_arena_init(&p.in.arena, 1 << 20);
    p.in.files = (onnx_files){ .file = &p.view, .path = "net.onnx", .arena = &p.in.arena };
    assert_ok(onnx_model_read(&p.in.model, &p.view, &p.in.arena));
    p.in.output = p.in.model.graph.outputs[0];
    assert_ok(onnx_order(&p.in));
    p.in.node = &p.in.model.graph.nodes[0];
    for (uint32_t i = 0; i < p.in.model.graph.n_initializers; i++) {
        const onnx_initializer *from = &p.in.model.graph.initializers[i];
        onnx_array *array = dc_arena_take(&p.in.arena, 1, sizeof *array);
        assert_ok(onnx_tensor_read(array, &from->message, &p.in.files));
        p.in.values[from->name].array = array;
    }
    return onnx_op_named(op)->fold(&p.out, &p.in);
}

static void check(const char *op, const char *inputs, const char *attrs, const char *dims,
                  const char *values)
{
    int64_t wanted[16], sizes[16];
    const uint32_t n = make_list(wanted, values), n_dims = make_list(sizes, dims);
    close_place(NULL);
    open_place(NULL);
    if (fold(op, inputs, attrs) < 0)
        fail_msg("%s %s: %s", op, inputs, dc_message());
    assert_int_equal(p.out.n_dims, n_dims);
    for (uint32_t i = 0; i < n_dims; i++)
        assert_int_equal(p.out.dims[i], sizes[i]);
    assert_int_equal(onnx_array_count(&p.out), n);
    for (uint32_t i = 0; i < n; i++)
        if (onnx_int_at(&p.out, i) != wanted[i])
            fail_msg("%s %s: value %u is %lld", op, inputs, i, (long long)onnx_int_at(&p.out, i));
}

static void refuse(const char *op, const char *inputs, const char *attrs, dc_status code)
{
    close_place(NULL);
    open_place(NULL);
    assert_fails(code, fold(op, inputs, attrs));
}

static void whole_numbers_wrap_and_are_cut_toward_zero(void **state)
{
    (void)state;
    check("Add", "abc abc", "", "4", "20,22,-24,26");
    check("Sub", "abc one", "", "4", "9,10,-13,12");
    check("Mul", "far abc", "", "4", "0,-9223372036854775808,0,-9223372036854775808");
    check("Div", "abc abc", "", "4", "1,1,1,1");
    check("Div", "far minus", "", "1", "-9223372036854775808");
    check("Min", "abc one", "", "4", "1,1,-12,1");
    check("Max", "abc one", "", "4", "10,11,1,13");
    check("Equal", "abc abc", "", "4", "1,1,1,1");
    check("Where", "one abc minus", "", "4", "10,11,-12,13");
    check("Where", "zero abc minus", "", "4", "-1,-1,-1,-1");
    check("ReduceProd", "abc", "keepdims=i0", "", "-17160");
    check("ReduceProd", "nine", "", "1", "362880");
    check("Max", "abc", "", "4", "10,11,-12,13");
    check("Max", "abc minus ten", "", "4", "10,11,10,13");
    check("Min", "ten abc one minus", "", "4", "-1,-1,-12,-1");
    check("Sum", "abc abc one", "", "4", "21,23,-23,27");
    check("Sum", "one", "", "1", "1");
    check("Where", "abc one zero", "", "4", "1,1,1,1");
    check("Where", "column one abc", "", "2,4", "1,1,1,1,10,11,-12,13");
    refuse("Where", "abc nine one", "", DC_ECORRUPT);
    refuse("Max", "abc ten nine", "", DC_ECORRUPT);
    refuse("Div", "abc zero", "", DC_ECORRUPT);
    refuse("Add", "abc f", "", DC_ECORRUPT);
}

static void whole_numbers_are_no_doubles(void **state)
{
    (void)state;
    check("Neg", "odd", "", "1", "-4611686018427387905");
    check("Neg", "far", "", "1", "-9223372036854775808");
    check("Range", "odd far far", "", "2", "4611686018427387905,-4611686018427387903");
    check("Range", "zero ten far", "", "0", "");
    check("Range", "odd one far", "", "1", "4611686018427387905");
    check("MatMul", "odd one", "", "", "4611686018427387905");
    check("MatMul", "far far", "", "", "0");
    check("Max", "u64", "", "2", "-1,3");
    check("Max", "u64 u64", "", "2", "-1,3");
    check("Div", "u64 u64", "", "2", "1,1");
    check("Cast", "u64", "to=i11", "2", "9223372036854775807,3");
    refuse("Add", "abc u64", "", DC_ECORRUPT);
    refuse("Range", "zero ten zero", "", DC_ECORRUPT);
}

static void products_go_along_dims(void **state)
{
    (void)state;
    check("ReduceProd", "f", "axes=l1", "2,1", "0,72");
    check("ReduceProd", "f", "axes=l-2 keepdims=i0", "3", "0,5,11");
    check("ReduceProd", "f", "", "1,1", "50");
    check("ReduceProd", "none", "keepdims=i0", "", "1");
    check("MatMul", "abc abc", "", "", "534");
    check("Gemm", "f f", "transB=i1", "2,2", "6,17,17,56");
    check("Gemm", "f f column3", "transA=i1 alpha=f2 beta=f-1", "3,3",
          "20,27,34,26,37,48,32,47,62");
    check("MatMul", "f column3", "", "2,1", "9,27");
    refuse("MatMul", "f f", "", DC_ECORRUPT);
    refuse("MatMul", "f abc", "", DC_ECORRUPT);
    refuse("Gemm", "f abc", "", DC_ECORRUPT);
    refuse("Gemm", "f f abc", "transB=i1", DC_ECORRUPT);
    refuse("ReduceProd", "f", "axes=l2", DC_ECORRUPT);
}

static void floats_become_whole_numbers_and_back(void **state)
{
    (void)state;
    check("Cast", "f", "to=i7", "2,3", "0,1,2,3,4,5");
    check("Cast", "abc", "to=i2", "4", "10,11,244,13");
    check("Cast", "abc", "to=i9", "4", "1,1,1,1");
    check("Ceil", "f", "", "2,3", "1,2,3,4,5,6");
    check("Floor", "f", "", "2,3", "0,1,2,3,4,5");
    check("Neg", "f", "", "2,3", "0,-1,-2,-3,-4,-5");
    check("Sqrt", "f", "", "2,3", "0,1,1,1,2,2");
    check("Range", "zero ten one", "", "10", "0,1,2,3,4,5,6,7,8,9");
    refuse("Cast", "f", "to=i8", DC_EUNSUPPORTED);
}

static void places_are_taken_from_either_end(void **state)
{
    (void)state;
    check("Gather", "abc minus", "", "1", "13");
    check("Gather", "f one", "axis=i-1", "2,1", "1,4");
    check("Slice", "abc one far", "", "0", "");
    check("Slice", "abc minus far zero minus", "", "4", "13,-12,11,10");
    check("Slice", "abc zero minus", "", "3", "10,11,-12");
    check("Slice", "f one ten one", "", "2,2", "1,2,4,5");
    check("Slice", "f minus far one minus", "", "2,3", "2,1,0,5,4,3");
    check("Slice", "abc none none", "", "4", "10,11,-12,13");
    check("Slice", "none minus far zero minus", "", "0", "");
    check("Slice", "none zero ten", "", "0", "");
    refuse("Gather", "abc abc", "", DC_ECORRUPT);
    refuse("Gather", "abc f", "", DC_EUNSUPPORTED);
    refuse("Slice", "abc one one zero zero", "", DC_ECORRUPT);
}

static void elements_move_as_their_dims_say(void **state)
{
    (void)state;
    check("Transpose", "f", "", "3,2", "0,3,1,4,2,5");
    check("Transpose", "f", "perm=l0,1", "2,3", "0,1,2,3,4,5");
    check("Concat", "f f", "axis=i1", "2,6", "0,1,2,0,1,2,3,4,5,3,4,5");
    check("Concat", "abc none one", "axis=i0", "5", "10,11,-12,13,1");
    check("Unsqueeze", "abc minus", "", "4,1", "10,11,-12,13");
    check("Squeeze", "one", "", "", "1");
    check("Squeeze", "one zero", "", "", "1");
    check("Reshape", "f minus", "", "6", "0,1,2,3,4,5");
    check("Flatten", "f", "axis=i0", "1,6", "0,1,2,3,4,5");
    check("Shape", "f", "", "2", "2,3");
    check("Shape", "f", "start=i-1", "1", "3");
    check("Size", "f", "", "", "6");
    check("ConstantOfShape", "none", "", "", "0");
    check("Expand", "one ten", "", "10", "1,1,1,1,1,1,1,1,1,1");
    check("Expand", "f one", "", "2,3", "0,1,2,3,4,5");
    check("Expand", "f none", "", "2,3", "0,1,2,3,4,5");
    check("Expand", "one zero", "", "0", "");
    refuse("Expand", "one minus", "", DC_ECORRUPT);
    refuse("Expand", "f ten", "", DC_ECORRUPT);
    refuse("Concat", "f abc", "axis=i0", DC_ECORRUPT);
    refuse("Squeeze", "abc zero", "", DC_ECORRUPT);
    refuse("Reshape", "abc abc", "", DC_ECORRUPT);
    refuse("ConstantOfShape", "minus", "", DC_ECORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_numbers_wrap_and_are_cut_toward_zero),
        TEST(whole_numbers_are_no_doubles),
        TEST(products_go_along_dims),
        TEST(floats_become_whole_numbers_and_back),
        TEST(places_are_taken_from_either_end),
        TEST(elements_move_as_their_dims_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
