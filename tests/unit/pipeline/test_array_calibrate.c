/* SPDX-License-Identifier: MIT */
#include "array_case.h"

/* Sample i: 3 and 4, times 4^i. */
static dc_status known_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                            uint64_t epoch, float *x, int32_t *labels)
{
    (void)source;
    (void)epoch;
    (void)labels;
    for (uint32_t i = 0; i < n; i++) {
        x[2 * i] = 3 * ldexpf(1, 2 * (int)indices[i]);
        x[2 * i + 1] = 4 * ldexpf(1, 2 * (int)indices[i]);
    }
    return DC_OK;
}

static const dc_source known = { .n_samples = 3, .shape = { 1, { 2 } }, .text = "known",
                                 .read = known_read, .close = counting_close };

/* Rows 3 + 2 + 1 and 0.75 - 4 - 8: the largest partial sum is 11.25, the bias included. */
static void calibrate_known(dc_fixed_format *out, uint32_t n_samples)
{
    static const float weights[] = { 1, 0.5f, 0.25f, -1 }, bias[] = { 1, -8 };
    dc_arena arena = { 0 };
    array_net net;
    const dc_eie_config config = dc_eie_defaults();
    dc_model *model = model_of(NET("[2]", FC("fc", "2")));
    memcpy(dc_model_param(model, "fc.weight")->values, weights, sizeof weights);
    memcpy(dc_model_param(model, "fc.bias")->values, bias, sizeof bias);
    assert_ok(array_net_new(&net, model, &dc_accelerator_eie, &config, "", &arena));
    assert_ok(array_net_calibrate(&net, &known, n_samples));
    *out = net.arrays[0].format;
    dc_model_free(model);
    dc_arena_clear(&arena);
}

static void formats_have_room_for_twice_what_was_seen(void **state)
{
    (void)state;
    dc_fixed_format format;
    calibrate_known(&format, 1);
    assert_int_equal(format.weight, 14); /* 1 x 2^14 fits 16 bits  */
    assert_int_equal(format.input, 11);  /* 8 x 2^11               */
    assert_int_equal(format.output, 10); /* 22.5 x 2^10            */
}

static void no_more_samples_are_seen_than_asked_for_or_there(void **state)
{
    (void)state;
    dc_fixed_format format;
    calibrate_known(&format, 2);
    assert_int_equal(format.input, 9);
    calibrate_known(&format, 3);
    assert_int_equal(format.input, 7);
    calibrate_known(&format, 64);
    assert_int_equal(format.input, 7);
}

static void a_chain_takes_the_producers_format(void **state)
{
    (void)state;
    net_case c;
    case_begin(&c, NET("[2,8,8]", CONV("conv1", ",\"n_outputs\":4,\"kernel\":3") ","
                       RELU("r1") "," LAYER("p1", "max_pool", ",\"kernel\":2") ","
                       CONV("conv2", ",\"n_outputs\":8,\"kernel\":3") ","
                       LAYER("flat", "flatten", "") "," FC("fc1", "9") "," RELU("r2") ","
                       LAYER("drop", "dropout", "") "," FC("fc2", "7") "," FC("fc3", "3")),
               DC_EIE_16, false);
    static const char *const chain[] = { "conv1", "conv2", "fc1", "fc2", "fc3" };
    for (size_t i = 1; i < DC_COUNT_OF(chain); i++)
        assert_int_equal(array_of(&c, chain[i])->format.input,
                         array_of(&c, chain[i - 1])->format.output);
    case_end(&c);
}

/* 3 and 4 become 3 and 4, and -24 and -32, which a ReLU takes away: the first layer's outputs have
 * 8 fraction bits, what it leaves would have 11. */
static int32_t input_fraction_behind(const char *between)
{
    char text[600];
    dc_arena arena = { 0 };
    array_net net;
    const dc_eie_config config = dc_eie_defaults();
    snprintf(text, sizeof text, NET("[1,1,2]", CONV("conv", ",\"n_outputs\":2") "," RELU("r")
                                    ",%s" FC("fc", "1")), between);
    dc_model *model = model_of(text);
    memcpy(dc_model_param(model, "conv.weight")->values, (const float[]){ -8, 1 }, 8);
    dc_model_param(model, "fc.weight")->values[0] = 1;
    dc_source source = known;
    source.shape = model->input.shape;
    assert_ok(array_net_new(&net, model, &dc_accelerator_eie, &config, "", &arena));
    assert_ok(array_net_calibrate(&net, &source, 1));
    assert_int_equal(net.arrays[0].format.output, 8);
    const int32_t fraction = net.arrays[1].format.input;
    dc_model_free(model);
    dc_arena_clear(&arena);
    return fraction;
}

static void only_exact_ops_are_in_the_chain(void **state)
{
    (void)state;
    static const char *const exact[] = {
        "", LAYER("x", "max_pool", ",\"kernel\":1") ",", LAYER("x", "flatten", "") ",",
        LAYER("x", "dropout", "") ",", LAYER("x", "relu", "") ",",
        LAYER("x", "max_pool", "") "," LAYER("y", "dropout", "") "," LAYER("z", "relu", "") ",",
        LAYER("x", "reshape", DIMS("[2,2]")) ",", LAYER("x", "transpose", DIMS("[3,1,2]")) ",",
        LAYER("x", "slice", ",\"size\":2") ",", LAYER("x", "pad", ",\"pad\":1") ",",
    };
    static const char *const other[] = { /* which here change no number either */
        LAYER("x", "average_pool", ",\"kernel\":1") ",", LAYER("x", "concat", "") ",",
        LAYER("x", "average_pool", "") "," LAYER("y", "relu", "") ",",
        LAYER("x", "clip", ",\"max\":99") ",", LAYER("x", "leaky_relu", "") ",",
    };
    for (size_t i = 0; i < DC_COUNT_OF(exact); i++)
        assert_int_equal(input_fraction_behind(exact[i]), 8);
    for (size_t i = 0; i < DC_COUNT_OF(other); i++)
        assert_int_equal(input_fraction_behind(other[i]), 11);
}

/* fc reads relu, conv is read by sum too: the host's ReLU changes no number either. */
static void a_relu_of_the_hosts_is_in_the_chain(void **state)
{
    (void)state;
    net_case c;
    case_begin(&c, NET("[3]", FC("fc1", "3") "," RELU("relu") "," FC("fc2", "3") ","
                       LAYER("sum", "add", FROM("\"fc1\",\"fc2\""))),
               DC_EIE_16, false);
    assert_int_equal(kind_of(&c, "relu"), NODE_HOST);
    assert_int_equal(array_of(&c, "fc2")->format.input, array_of(&c, "fc1")->format.output);
    case_end(&c);
}

/* 1 and -1 become 2 and -2, whose mean is 0: nothing of the producer's range is left. */
static void behind_other_ops_the_range_is_seen_anew(void **state)
{
    (void)state;
    const dc_shape shape = dc_shape_of(3, 1, 1, 2, 0);
    dc_arena arena = { 0 };
    array_net net;
    const dc_eie_config config = dc_eie_defaults();
    dc_model *model = model_of(NET("[1,1,2]", CONV("conv", ",\"n_outputs\":1") ","
                                   LAYER("mean", "global_average_pool", "") "," FC("fc", "1")));
    dc_model_param(model, "conv.weight")->values[0] = 2;
    dc_model_param(model, "fc.weight")->values[0] = 1;
    dc_source source = noise(&shape);
    source.n_samples = 0; /* nothing seen: as if it were 1 */
    assert_ok(array_net_new(&net, model, &dc_accelerator_eie, &config, "", &arena));
    assert_ok(array_net_calibrate(&net, &source, 64));
    assert_int_equal(net.arrays[0].format.input, 14);
    source = known; /* of two values: 3 and 4 become 6 and 8 */
    source.shape = shape;
    assert_ok(array_net_calibrate(&net, &source, 1));
    assert_int_equal(net.arrays[0].format.output, 10); /* 16 */
    assert_int_equal(net.arrays[1].format.input, 11);  /* 14 */
    dc_model_free(model);
    dc_arena_clear(&arena);
}

static void every_shift_is_one_the_machine_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(all_kinds_of_convolution); i++)
        for (uint32_t precision = 0; precision < 3; precision++) {
            net_case c;
            case_begin(&c, all_kinds_of_convolution[i], precision, false);
            for (uint32_t a = 0; a < c.net.n_arrays; a++) {
                const dc_fixed_format *f = &c.net.arrays[a].format;
                assert_between(f->weight + f->input - f->output, 0, 2 * c.net.facts.n_bits - 2);
            }
            case_end(&c);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_have_room_for_twice_what_was_seen),
        cmocka_unit_test(no_more_samples_are_seen_than_asked_for_or_there),
        cmocka_unit_test(a_chain_takes_the_producers_format),
        cmocka_unit_test(only_exact_ops_are_in_the_chain),
        cmocka_unit_test(a_relu_of_the_hosts_is_in_the_chain),
        cmocka_unit_test(behind_other_ops_the_range_is_seen_anew),
        cmocka_unit_test(every_shift_is_one_the_machine_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
