/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "nhwc.h"
#include "net.h"

static float drawn(uint64_t i)
{
    dc_rng rng;
    dc_rng_init(&rng, 5, i);
    return (float)(int64_t)(dc_rng_below(&rng, 41)) / 8 - 2.5f; /* exact in bf16, with ties */
}

typedef struct arrays {
    uint64_t n_x, n_y;
    float *x, *y, *dy, *dx;
    uint16_t *x16, *y16, *dy16, *dx16;
} arrays;

static uint16_t *bits_of(const float *values, uint64_t n)
{
    uint16_t *bits = calloc(n, sizeof *bits);
    assert_non_null(bits);
    for (uint64_t i = 0; values && i < n; i++)
        bits[i] = dc_bf16_from_f32(values[i]);
    return bits;
}

static arrays arrays_new(const dc_nhwc *s)
{
    arrays a = { .n_x = (uint64_t)s->n * s->height * s->width * s->n_channels,
                 .n_y = (uint64_t)s->n * s->out_height * s->out_width * s->n_channels };
    a.x = calloc(a.n_x, sizeof(float));
    a.dx = calloc(a.n_x, sizeof(float));
    a.y = calloc(a.n_y, sizeof(float));
    a.dy = calloc(a.n_y, sizeof(float));
    for (uint64_t i = 0; i < a.n_x; i++) {
        a.x[i] = drawn(i);
        a.dx[i] = 77;
    }
    for (uint64_t i = 0; i < a.n_y; i++)
        a.dy[i] = drawn(i + 1000000);
    a.x16 = bits_of(a.x, a.n_x);
    a.dx16 = bits_of(a.dx, a.n_x);
    a.dy16 = bits_of(a.dy, a.n_y);
    a.y16 = bits_of(NULL, a.n_y);
    return a;
}

static void arrays_free(arrays *a)
{
    free(a->x), free(a->y), free(a->dy), free(a->dx);
    free(a->x16), free(a->y16), free(a->dy16), free(a->dx16);
}

/* The winner of a window, by the plainest search; its index in x. */
static uint64_t winner(const dc_nhwc *s, const float *x, uint64_t n, uint32_t oh, uint32_t ow,
                       uint32_t c)
{
    uint64_t best = UINT64_MAX;
    for (uint32_t r = 0; r < s->kernel[0]; r++)
        for (uint32_t q = 0; q < s->kernel[1]; q++) {
            const uint64_t h = oh * s->stride[0] + r, w = ow * s->stride[1] + q;
            const uint64_t at = ((n * s->height + h) * s->width + w) * s->n_channels + c;
            if (best == UINT64_MAX || x[at] > x[best])
                best = at;
        }
    return best;
}

static void check_pool(dc_nhwc s)
{
    arrays a = arrays_new(&s);
    float *wanted = calloc(a.n_x, sizeof *wanted);
    dc_nhwc_max_pool(&s, a.x, a.y);
    dc_nhwc_max_pool_back(&s, a.x, a.y, a.dy, a.dx);
    s.is_bf16 = true;
    dc_nhwc_max_pool(&s, a.x16, a.y16);
    dc_nhwc_max_pool_back(&s, a.x16, a.y16, a.dy16, a.dx16);
    uint64_t at = 0;
    for (uint32_t n = 0; n < s.n; n++)
        for (uint32_t oh = 0; oh < s.out_height; oh++)
            for (uint32_t ow = 0; ow < s.out_width; ow++)
                for (uint32_t c = 0; c < s.n_channels; c++, at++) {
                    const uint64_t best = winner(&s, a.x, n, oh, ow, c);
                    assert_true(a.y[at] == a.x[best]);
                    assert_int_equal(a.y16[at], a.x16[best]);
                    wanted[best] = a.dy[at];
                }
    for (uint64_t i = 0; i < a.n_x; i++) {
        assert_true(a.dx[i] == wanted[i]);
        assert_int_equal(a.dx16[i], dc_bf16_from_f32(wanted[i]));
    }
    free(wanted);
    arrays_free(&a);
}

static void pools_of_all_channel_counts_pick_the_first_maximum(void **state)
{
    (void)state;
    for (uint32_t n_channels = 1; n_channels <= 70; n_channels += n_channels < 36 ? 1 : 17)
        check_pool(
            (dc_nhwc){ 2, n_channels, 6, 8, 3, 4, { 2, 2 }, { 2, 2 }, { 1, 1 }, { 0, 0 }, false });
}

static void pools_leave_zero_where_no_window_reaches(void **state)
{
    (void)state;
    check_pool((dc_nhwc){ 3, 20, 7, 9, 3, 4, { 2, 2 }, { 2, 2 }, { 1, 1 }, { 0, 0 }, false });
    check_pool((dc_nhwc){ 2, 65, 7, 11, 2, 5, { 3, 2 }, { 3, 2 }, { 1, 1 }, { 0, 0 }, false });
    check_pool((dc_nhwc){ 1, 3, 4, 4, 1, 1, { 4, 4 }, { 4, 4 }, { 1, 1 }, { 0, 0 }, false });
}

static void check_patches(dc_nhwc s)
{
    arrays a = arrays_new(&s);
    const uint64_t n_rows = (uint64_t)s.n * s.out_height * s.out_width;
    const uint64_t n_cols = (uint64_t)s.kernel[0] * s.kernel[1] * s.n_channels;
    float *rows = calloc(n_rows * n_cols, sizeof *rows);
    uint16_t *rows16 = calloc(n_rows * n_cols, sizeof *rows16);
    dc_nhwc_patches(&s, a.x, rows);
    s.is_bf16 = true;
    dc_nhwc_patches(&s, a.x16, rows16);
    for (uint64_t i = 0; i < n_rows * n_cols; i++) {
        const uint64_t row = i / n_cols, c = i % s.n_channels, place = i % n_cols / s.n_channels;
        const int64_t oh = (int64_t)(row / s.out_width % s.out_height);
        const int64_t ow = (int64_t)(row % s.out_width);
        const int64_t r = (int64_t)(place / s.kernel[1]), q = (int64_t)(place % s.kernel[1]);
        const int64_t h = oh * s.stride[0] + r * s.dilation[0] - s.pad[0];
        const int64_t w = ow * s.stride[1] + q * s.dilation[1] - s.pad[1];
        const uint64_t n = row / s.out_width / s.out_height;
        float wanted = 0;
        if (h >= 0 && h < (int64_t)s.height && w >= 0 && w < (int64_t)s.width)
            wanted = a.x[((n * s.height + (uint64_t)h) * s.width + (uint64_t)w) * s.n_channels + c];
        assert_true(rows[i] == wanted);
        assert_int_equal(rows16[i], dc_bf16_from_f32(wanted));
    }
    free(rows);
    free(rows16);
    arrays_free(&a);
}

static void patches_are_what_each_output_sees(void **state)
{
    (void)state;
    check_patches((dc_nhwc){ 2, 3, 6, 7, 4, 5, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, false });
    check_patches((dc_nhwc){ 2, 1, 8, 8, 4, 4, { 5, 5 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, false });
    check_patches((dc_nhwc){ 1, 5, 5, 6, 5, 6, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, false });
    check_patches((dc_nhwc){ 2, 4, 9, 8, 3, 4, { 3, 2 }, { 2, 2 }, { 2, 2 }, { 1, 1 }, false });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_of_all_channel_counts_pick_the_first_maximum),
        cmocka_unit_test(pools_leave_zero_where_no_window_reaches),
        cmocka_unit_test(patches_are_what_each_output_sees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
