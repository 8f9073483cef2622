/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "scratch.h"

/* X: two uint8 pictures of 3 channels, 1 x 2. */
static void put_ordered(const char *name, const char *descr, const char *order, const char *shape,
                        const void *data, size_t n)
{
    uint8_t bytes[1024] = "\x93NUMPY\x01";
    const int n_text = snprintf((char *)bytes + 10, 200,
                                "{'descr': '%s', 'fortran_order': %s, 'shape': %s}\n", descr,
                                order, shape);
    bytes[8] = (uint8_t)n_text;
    bytes[9] = 0;
    memcpy(bytes + 10 + n_text, data, n);
    put_file(name, bytes, 10 + (size_t)n_text + n);
}

static void put_array(const char *name, const char *descr, const char *shape, const void *data,
                      size_t n)
{
    put_ordered(name, descr, "False", shape, data, n);
}

static dc_status open_pair(dc_source **out, const char *x, const char *y, const dc_input *input)
{
    char spec[600];
    snprintf(spec, sizeof spec, "npy:%s,%s", in_scratch(x), in_scratch(y));
    return dc_data_open(out, spec, DC_SPLIT_TRAIN, input, 0, 1);
}

static void planes_of_bytes_are_pictures(void **state)
{
    (void)state;
    const uint8_t pixels[12] = { 1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16 };
    const uint8_t labels[16] = { 3, 0, 0, 0, 0, 0, 0, 0, 8 };
    dc_input input = plain_input(3, 1, 2);
    float x[6];
    dc_source *s;
    dc_image image;
    dc_arena arena = { 0 };
    put_array("x.npy", "|u1", "(2, 3, 1, 2)", pixels, sizeof pixels);
    put_array("y.npy", "<i8", "(2,)", labels, sizeof labels);
    input.channels = DC_CHANNELS_BGR;
    input.mean[0] = 1;
    assert_ok(open_pair(&s, "x.npy", "y.npy", &input));
    assert_true(s->is_labelled);
    assert_int_equal(s->n_classes, 9);
    assert_int_equal(read_one(x, s, 1), 8);
    const float expected[6] = { 14, 15, 13, 14, 11, 12 };
    assert_memory_equal(x, expected, sizeof x);
    assert_int_equal(read_one(x, s, 0), 3);
    assert_ok(dc_data_picture(&image, s, 0, &arena));
    const uint8_t interleaved[6] = { 1, 3, 5, 2, 4, 6 };
    assert_memory_equal(image.pixels, interleaved, sizeof interleaved);
    dc_arena_clear(&arena);
    dc_source_close(s);
}

static void rows_of_bytes_are_prepared(void **state)
{
    (void)state;
    const uint8_t values[6] = { 10, 20, 30, 40, 50, 60 };
    dc_input input = plain_input(1, 1, 3);
    float x[3];
    dc_source *s;
    input.mean[0] = 10;
    input.scale[0] = 2;
    put_array("rows.npy", "|u1", "(2, 3)", values, sizeof values);
    assert_ok(dc_data_open(&s, spec_of("npy", "rows.npy"), DC_SPLIT_TRAIN, &input, 0, 1));
    read_one(x, s, 1);
    assert_true(x[0] == 60 && x[1] == 80 && x[2] == 100);
    dc_source_close(s);
}

/* Value (n, c, h, w) is 100 n + 30 c + 5 h + w, whatever the type and the order. */
static void floats_of_any_width_and_order_are_the_same(void **state)
{
    (void)state;
    enum { N = 2, C = 3, H = 2, W = 3, PER = C * H * W };
    float single[N * PER];
    double wide[N * PER], fortran[N * PER];
    uint16_t half[N * PER];
    uint8_t bytes[N * PER];
    const dc_input input = plain_input(C, H, W);
    for (uint32_t i = 0; i < N * PER; i++) {
        const uint32_t n = i / PER, c = i / (H * W) % C, h = i / W % H, w = i % W;
        const uint32_t value = 100 * n + 30 * c + 5 * h + w, place = n + N * (c + C * (h + H * w));
        single[i] = (float)value;
        wide[i] = (double)value;
        half[i] = dc_f16_from_f32((float)value);
        fortran[place] = (double)value;
        bytes[place] = (uint8_t)value;
    }
    put_array("f4.npy", "<f4", "(2, 3, 2, 3)", single, sizeof single);
    put_array("f8.npy", "<f8", "(2, 3, 2, 3)", wide, sizeof wide);
    put_array("f2.npy", "<f2", "(2, 3, 2, 3)", half, sizeof half);
    put_ordered("fortran.npy", "<f8", "True", "(2, 3, 2, 3)", fortran, sizeof fortran);
    put_ordered("bytes.npy", "|u1", "True", "(2, 3, 2, 3)", bytes, sizeof bytes);
    static const char *const files[] = { "f4.npy", "f8.npy", "f2.npy", "fortran.npy", "bytes.npy" };
    for (size_t f = 0; f < DC_COUNT_OF(files); f++) {
        dc_source *s;
        float x[PER];
        assert_ok(dc_data_open(&s, spec_of("npy", files[f]), DC_SPLIT_TRAIN, &input, 0, 1));
        for (uint64_t n = N; n-- > 0;) {
            read_one(x, s, n);
            assert_memory_equal(x, single + n * PER, sizeof x);
        }
        dc_source_close(s);
    }
}

static void numbers_beyond_float32_are_called_so(void **state)
{
    (void)state;
    static const struct { double value; const char *message; } cases[] = {
        { 1e300, "value 4 of sample 1 of " }, { -1e39, "is -1e+39, which does not fit float32" },
        { (double)INFINITY, NULL }, { 1e-300, NULL }, /* the latter is 0, the former told later */
    };
    const dc_input input = plain_input(3, 1, 2);
    const uint64_t second = 1;
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        double values[12] = { 0 };
        float x[6];
        dc_source *s;
        values[10] = cases[i].value;
        put_array("wide.npy", "<f8", "(2, 3, 1, 2)", values, sizeof values);
        assert_ok(dc_data_open(&s, spec_of("npy", "wide.npy"), DC_SPLIT_TRAIN, &input, 0, 1));
        const dc_status status = s->read(s, &second, 1, 0, x, NULL);
        assert_int_equal(status, cases[i].message != NULL ? DC_ECORRUPT : DC_OK);
        if (status < 0)
            assert_non_null(strstr(dc_message(), cases[i].message));
        dc_source_close(s);
    }
}

static void samples_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    const float values[12] = { 0 };
    const dc_input input = plain_input(3, 1, 2);
    dc_source *s;
    static const char *const shapes[] = { "(12,)", "(1, 12)", "(2, 3, 2, 1)", "(4, 3)" };
    for (size_t i = 0; i < DC_COUNT_OF(shapes); i++) {
        put_array("bad.npy", "<f4", shapes[i], values, sizeof values);
        assert_fails(DC_EINPUT, dc_data_open(&s, spec_of("npy", "bad.npy"), DC_SPLIT_TRAIN,
                                             &input, 0, 1));
    }
    put_array("bad.npy", "|u1", "(2, 3, 2, 4)", values, 48);
    assert_fails(DC_EINPUT,
                 dc_data_open(&s, spec_of("npy", "bad.npy"), DC_SPLIT_TRAIN, &input, 0, 1));
    put_array("bad.npy", "|u1", "(2, 4, 2, 3)", values, 48);
    assert_fails(DC_EUNSUPPORTED,
                 dc_data_open(&s, spec_of("npy", "bad.npy"), DC_SPLIT_TRAIN, &input, 0, 1));
}

static void labels_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    const float values[6] = { 0 };
    const uint8_t minus_one[16] = { 255, 255, 255, 255 };
    const dc_input input = plain_input(1, 1, 3);
    dc_source *s;
    put_array("x.npy", "<f4", "(2, 3)", values, sizeof values);
    put_array("y.npy", "|u1", "(3,)", minus_one, 3);
    assert_fails(DC_EINPUT, open_pair(&s, "x.npy", "y.npy", &input));
    put_array("y.npy", "|u1", "(2, 1, 1)", minus_one, 2);
    assert_fails(DC_EINPUT, open_pair(&s, "x.npy", "y.npy", &input));
    put_array("y.npy", "<f4", "(2,)", values, 8);
    assert_fails(DC_EINPUT, open_pair(&s, "x.npy", "y.npy", &input));
    put_array("y.npy", "<i4", "(2,)", minus_one, 8);
    assert_fails(DC_ECORRUPT, open_pair(&s, "x.npy", "y.npy", &input));
    put_array("y.npy", "<i4", "(2,)", "\0\0\0\0\376\377\377\377", 8);
    assert_fails(DC_ECORRUPT, open_pair(&s, "x.npy", "y.npy", &input));
    assert_non_null(strstr(dc_message(), "the label of sample 1"));
    assert_non_null(strstr(dc_message(), "is no class: -2"));
    put_array("y.npy", "<i4", "(0,)", "", 0);
    assert_fails(DC_ECORRUPT, open_pair(&s, "x.npy", "y.npy", &input));
    assert_non_null(strstr(dc_message(), "is empty: dimension 0 is 0"));
    assert_fails(DC_EIO, open_pair(&s, "x.npy", "none.npy", &input));
    assert_fails(DC_EINPUT, dc_data_open(&s, "npy:", DC_SPLIT_TRAIN, &input, 0, 1));
}

static void labels_may_be_one_a_step(void **state)
{
    (void)state;
    const float values[6] = { 0 };
    const uint8_t by_step[6] = { 4, 0, 1, 2, 0, 3 }, lengths[2] = { 1, 3 };
    const uint64_t second = 1;
    const dc_input input = plain_input(1, 1, 3);
    char spec[900];
    int32_t labels[3];
    uint32_t length = 0;
    float x[3];
    dc_source *s;
    put_array("x.npy", "<f4", "(2, 3)", values, sizeof values);
    put_array("y.npy", "|u1", "(2, 3)", by_step, sizeof by_step);
    put_ordered("turned.npy", "|u1", "True", "(2, 3)", (const uint8_t[]){ 4, 2, 0, 0, 1, 3 }, 6);
    put_array("l.npy", "|u1", "(2,)", lengths, sizeof lengths);
    const char *const orders[] = { "y.npy", "turned.npy" };
    for (size_t i = 0; i < DC_COUNT_OF(orders); i++) {
        snprintf(spec, sizeof spec, "npy:%s,%s,%s", in_scratch("x.npy"), in_scratch(orders[i]),
                 in_scratch("l.npy"));
        assert_ok(dc_data_open(&s, spec, DC_SPLIT_TRAIN, &input, 0, 1));
        assert_int_equal(s->n_steps, 3);
        assert_int_equal(s->n_classes, 5);
        assert_ok(dc_source_read(s, &second, 1, 0, x, labels));
        assert_true(labels[0] == 2 && labels[1] == 0 && labels[2] == 3);
        s->lengths(s, &second, 1, &length);
        assert_int_equal(length, 3);
        dc_source_close(s);
    }
    put_array("l.npy", "|u1", "(2,)", "\1\4", 2);
    assert_fails(DC_ECORRUPT, dc_data_open(&s, spec, DC_SPLIT_TRAIN, &input, 0, 1));
    assert_non_null(strstr(dc_message(), "the length of sample 1"));
    put_array("l.npy", "|u1", "(2,)", "\0\1", 2);
    assert_fails(DC_ECORRUPT, dc_data_open(&s, spec, DC_SPLIT_TRAIN, &input, 0, 1));
    put_array("l.npy", "|u1", "(3,)", "\1\1\1", 3);
    assert_fails(DC_EINPUT, dc_data_open(&s, spec, DC_SPLIT_TRAIN, &input, 0, 1));
}

static void lack_of_memory_is_survived(void **state)
{
    (void)state;
    const float values[6] = { 0 };
    const dc_input input = plain_input(1, 1, 3);
    put_array("x.npy", "<f4", "(2, 3)", values, sizeof values);
    assert_true(survive_lack_of_memory(spec_of("npy", "x.npy"), &input) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planes_of_bytes_are_pictures),
        cmocka_unit_test(rows_of_bytes_are_prepared),
        cmocka_unit_test(floats_of_any_width_and_order_are_the_same),
        cmocka_unit_test(numbers_beyond_float32_are_called_so),
        cmocka_unit_test(samples_that_do_not_fit_are_refused),
        cmocka_unit_test(labels_that_do_not_fit_are_refused),
        cmocka_unit_test(labels_may_be_one_a_step),
        cmocka_unit_test(lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
