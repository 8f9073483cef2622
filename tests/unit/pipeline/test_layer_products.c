/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "run_internal.h"
#include "small_run.h"

#define N_SAMPLES 21u /* more than are run at once */

static float pixel(uint64_t sample, uint64_t i)
{
    return (float)(sample * 37 % 11 + i * i * (sample + 3) % 17) - 9;
}

static dc_status read_pixels(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    for (uint32_t s = 0; s < n; s++)
        labels[s] = 0;
    for (uint32_t s = 0; s < n; s++)
        for (uint64_t i = 0; i < n_values; i++)
            x[s * n_values + i] = pixel(indices[s], i);
    return DC_OK;
}

static dc_source pixels(dc_shape shape)
{
    return (dc_source){ .n_samples = N_SAMPLES, .shape = shape, .text = "pixels",
                        .read = read_pixels, .close = counting_close };
}

typedef struct looked {
    dc_model *model;
    dc_arena arena;
    dc_products *products;
} looked;

static looked look_at(const char *architecture, dc_shape shape)
{
    looked l = { .model = model_of(architecture) };
    const dc_source source = pixels(shape);
    assert_ok(layer_products_gather(&l.products, l.model, &source, &l.arena));
    return l;
}

static void looked_clear(looked *l)
{
    dc_model_free(l->model);
    dc_arena_clear(&l->arena);
}

static uint32_t weights_of(const dc_model *model, uint32_t node)
{
    return dc_node_param(&model->nodes[node], 0);
}

/* What input (c, r, s) of the kernel is at output (h, w), of 4 x 5 pictures with a pad of 1 above
 * and left, strides 2 and 1. */
static double input_at(uint64_t sample, int c, int r, int s, int h, int w)
{
    const int y = 2 * h + r - 1, x = w + s - 1;
    if (y < 0 || y >= 4 || x < 0 || x >= 5)
        return 0;
    return (double)pixel(sample, (uint64_t)((c * 4 + y) * 5 + x));
}

static double wanted_mean(int group, int a, int b)
{
    double sum = 0;
    for (uint64_t sample = 0; sample < N_SAMPLES; sample++)
        for (int h = 0; h < 2; h++)
            for (int w = 0; w < 4; w++)
                sum += input_at(sample, 2 * group + a / 9, a % 9 / 3, a % 3, h, w) *
                       input_at(sample, 2 * group + b / 9, b % 9 / 3, b % 3, h, w);
    return sum / (N_SAMPLES * 8);
}

static void products_of_a_convolution_are_of_its_windows(void **state)
{
    (void)state;
    looked l = look_at("{\"name\":\"net\",\"input\":{\"shape\":[4,4,5]},\"layers\":["
                       "{\"name\":\"conv\",\"op\":\"conv\",\"n_outputs\":6,\"kernel\":3,"
                       "\"stride_h\":2,\"stride_w\":1,\"pad_top\":1,\"pad_left\":1,\"groups\":2}]}",
                       dc_shape_of(3, 4, 4, 5, 0));
    const dc_products *p = &l.products[weights_of(l.model, 1)];
    assert_int_equal(p->n_groups, 2);
    assert_int_equal(p->n, 18);
    for (int group = 0; group < 2; group++)
        for (int a = 0; a < 18; a++)
            for (int b = 0; b < 18; b++)
                assert_near((double)p->means[(group * 18 + a) * 18 + b], wanted_mean(group, a, b),
                            1e-3);
    looked_clear(&l);
}

static void products_of_a_linear_layer_are_of_what_is_before_it(void **state)
{
    double wanted[3][3] = { { 0 } };
    (void)state;
    looked l = look_at("{\"name\":\"net\",\"input\":{\"shape\":[5]},\"layers\":["
                       "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":3},"
                       "{\"name\":\"relu1\",\"op\":\"relu\"},"
                       "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":2}]}",
                       dc_shape_of(1, 5, 0, 0, 0));
    const dc_products *p = &l.products[weights_of(l.model, 3)];
    const float *weights = l.model->params[weights_of(l.model, 1)].values;
    for (uint64_t sample = 0; sample < N_SAMPLES; sample++) {
        double hidden[3] = { 0, 0, 0 };
        for (uint32_t k = 0; k < 3; k++) {
            for (uint32_t i = 0; i < 5; i++)
                hidden[k] += (double)weights[k * 5 + i] * (double)pixel(sample, i);
            hidden[k] = fmax(hidden[k], 0);
        }
        for (uint32_t a = 0; a < 3; a++)
            for (uint32_t b = 0; b < 3; b++)
                wanted[a][b] += hidden[a] * hidden[b] / N_SAMPLES;
    }
    assert_int_equal(p->n, 3);
    for (uint32_t a = 0; a < 3; a++)
        for (uint32_t b = 0; b < 3; b++)
            assert_near((double)p->means[a * 3 + b], wanted[a][b], 1e-3);
    looked_clear(&l);
}

/* As a source of pictures does with a file that is broken. */
static dc_status read_some(const dc_source *source, const uint64_t *indices, uint32_t n,
                           uint64_t epoch, float *x, int32_t *labels)
{
    DC_TRY(read_pixels(source, indices, n, epoch, x, labels));
    for (uint32_t s = 0; s < n; s++) {
        labels[s] = indices[s] % 2 == 1 ? DC_UNREADABLE : 0;
        memset(x + 5 * s, 0, labels[s] == 0 ? 0 : 5 * sizeof *x);
    }
    return DC_OK;
}

/* A node may read another many times: more than there are nodes. */
static void samples_that_cannot_be_read_are_left_out(void **state)
{
    (void)state;
    looked l = { .model = model_of("{\"name\":\"net\",\"input\":{\"shape\":[5]},\"layers\":["
                                   "{\"name\":\"c\",\"op\":\"concat\",\"inputs\":[\"input\","
                                   "\"input\",\"input\",\"input\",\"input\",\"input\"]},"
                                   "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":3}]}") };
    dc_source source = pixels(dc_shape_of(1, 5, 0, 0, 0));
    double sum = 0;
    source.read = read_some;
    assert_ok(layer_products_gather(&l.products, l.model, &source, &l.arena));
    for (uint64_t sample = 0; sample < N_SAMPLES; sample += 2)
        sum += (double)pixel(sample, 1) * (double)pixel(sample, 3) / ((N_SAMPLES + 1) / 2);
    assert_near((double)l.products[weights_of(l.model, 2)].means[1 * 30 + 28], sum, 1e-3);
    looked_clear(&l);
}

/* Of many places some are looked at, in all rows and columns. */
static void places_are_spread_over_the_picture(void **state)
{
    (void)state;
    looked l = look_at("{\"name\":\"net\",\"input\":{\"shape\":[1,32,32]},\"layers\":["
                       "{\"name\":\"conv\",\"op\":\"conv\",\"n_outputs\":2,\"kernel\":1}]}",
                       dc_shape_of(3, 1, 32, 32, 0));
    double sum = 0;
    for (uint64_t sample = 0; sample < N_SAMPLES; sample++)
        for (uint64_t i = 0; i < 32 * 32; i++)
            sum += pow((double)pixel(sample, i), 2) / (N_SAMPLES * 32 * 32);
    const float mean = l.products[weights_of(l.model, 1)].means[0];
    assert_true((double)mean > 0.8 * sum && (double)mean < 1.25 * sum);
    looked_clear(&l);
}

/* Inputs whose squares are no numbers. */
static void what_is_not_finite_tells_nothing(void **state)
{
    (void)state;
    looked l = { .model = model_of("{\"name\":\"net\",\"input\":{\"shape\":[5]},\"layers\":["
                                   "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":3},"
                                   "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":3}]}") };
    const dc_source source = pixels(dc_shape_of(1, 5, 0, 0, 0));
    l.model->params[weights_of(l.model, 1)].values[0] = 3e38f;
    assert_ok(layer_products_gather(&l.products, l.model, &source, &l.arena));
    assert_int_equal(l.products[weights_of(l.model, 1)].n, 5);
    assert_int_equal(l.products[weights_of(l.model, 2)].n, 0);
    looked_clear(&l);
}

/* 3 vectors of 4 values each go through the same weights. */
static void vectors_of_a_sequence_are_places(void **state)
{
    (void)state;
    looked l = look_at("{\"name\":\"net\",\"input\":{\"shape\":[1,3,4]},\"layers\":["
                       "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":5,\"axis\":2}]}",
                       dc_shape_of(3, 1, 3, 4, 0));
    const dc_products *p = &l.products[weights_of(l.model, 1)];
    assert_int_equal(p->n, 4);
    assert_int_equal(p->n_groups, 1);
    double sum = 0;
    for (uint64_t sample = 0; sample < N_SAMPLES; sample++)
        for (uint64_t t = 0; t < 3; t++)
            sum += (double)pixel(sample, 4 * t + 1) * (double)pixel(sample, 4 * t + 3);
    assert_near((double)p->means[1 * 4 + 3], sum / (N_SAMPLES * 3), 1e-3);
    looked_clear(&l);
}

/* 3,000 inputs make 9 million products. */
static void rows_that_are_too_long_are_left_out(void **state)
{
    (void)state;
    looked l = look_at("{\"name\":\"net\",\"input\":{\"shape\":[3000]},\"layers\":["
                       "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":3}]}",
                       dc_shape_of(1, 3000, 0, 0, 0));
    assert_int_equal(l.products[weights_of(l.model, 1)].n, 0);
    looked_clear(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_a_convolution_are_of_its_windows),
        cmocka_unit_test(products_of_a_linear_layer_are_of_what_is_before_it),
        cmocka_unit_test(samples_that_cannot_be_read_are_left_out),
        cmocka_unit_test(places_are_spread_over_the_picture),
        cmocka_unit_test(what_is_not_finite_tells_nothing),
        cmocka_unit_test(vectors_of_a_sequence_are_places),
        cmocka_unit_test(rows_that_are_too_long_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
