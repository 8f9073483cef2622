/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

static void count_up(float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = (float)(i + 1);
}

/* The input counts up from 1, all weights are 1. */
static void conv_of_ones(op_case *c, const dc_shape *shape, const op_attr *attrs)
{
    op_case_make(c, DC_OP_CONV, 1, shape, 1, attrs);
    count_up(c->x[0], c->n_x[0]);
    fill(c->p[0], c->n_p[0], 1);
}

static void a_kernel_slides_without_being_flipped(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 3, 3);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 1 }, { DC_ATTR_KERNEL_H, 2 },
                              { DC_ATTR_KERNEL_W, 2 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_CONV, 1, &shape, 1, attrs);
    count_up(c.x[0], 9);
    memcpy(c.p[0], (const float[]){ 1, 10, 100, 1000 }, 4 * sizeof(float));
    c.p[1][0] = 0.5f;
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 5421.5, 6532.5, 8754.5, 9865.5 }, 4, 0);
    op_case_end(&c);
}

static void each_side_has_its_own_pad(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 2, 2);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 1 }, { DC_ATTR_KERNEL_H, 2 },
                              { DC_ATTR_KERNEL_W, 2 },  { DC_ATTR_PAD_TOP, 1 },
                              { DC_ATTR_PAD_RIGHT, 2 }, OP_ATTR_END };
    conv_of_ones(&c, &shape, attrs);
    op_case_forward(&c);
    assert_int_equal(c.n_y, 2 * 3);
    assert_values(c.y, (const double[]){ 3, 2, 0, 10, 6, 0 }, 6, 0);
    op_case_end(&c);
}

static void strides_skip_and_dilation_spreads(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 3, 7);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 1 }, { DC_ATTR_KERNEL_H, 2 },
                              { DC_ATTR_KERNEL_W, 2 },  { DC_ATTR_DILATION_H, 2 },
                              { DC_ATTR_DILATION_W, 3 }, { DC_ATTR_STRIDE_W, 2 }, OP_ATTR_END };
    conv_of_ones(&c, &shape, attrs); /* rows 0 and 2, columns w, w + 3 for w = 0, 2 */
    op_case_forward(&c);
    assert_int_equal(c.n_y, 2);
    assert_values(c.y, (const double[]){ 1 + 4 + 15 + 18, 3 + 6 + 17 + 20 }, 2, 0);
    op_case_end(&c);
}

static void groups_see_their_own_channels_only(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(4, 1, 1);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 4 }, { DC_ATTR_GROUPS, 2 },
                              { DC_ATTR_BIAS, 0 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_CONV, 1, &shape, 1, attrs);
    memcpy(c.x[0], (const float[]){ 1, 10, 100, 1000 }, 4 * sizeof(float));
    memcpy(c.p[0], (const float[]){ 1, 0, 0, 2, 3, 3, 0, 4 }, 8 * sizeof(float));
    assert_null(c.p[1]);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 1, 20, 3300, 4000 }, 4, 0);
    op_case_end(&c);
}

/* Output (k,h,w) of the first sample, summed as the definition says: taps outside, channels inside.
 */
static float plain_output(const op_case *c, const dc_shape *in, uint64_t k, int64_t h, int64_t w)
{
    const double *a = c->node->attrs;
    const uint64_t group_in = in->dims[0] / (uint64_t)a[DC_ATTR_GROUPS];
    const uint64_t first = k / (c->node->shape.dims[0] / (uint64_t)a[DC_ATTR_GROUPS]) * group_in;
    const int64_t height = in->dims[1], width = in->dims[2], n_r = (int64_t)a[DC_ATTR_KERNEL_H],
                  n_s = (int64_t)a[DC_ATTR_KERNEL_W], pad = (int64_t)a[DC_ATTR_PAD_TOP];
    float y = c->p[1][k];
    for (int64_t r = 0; r < n_r; r++)
        for (int64_t s = 0; s < n_s; s++) {
            const int64_t at_h = h * (int64_t)a[DC_ATTR_STRIDE_H] + r - pad;
            const int64_t at_w = w * (int64_t)a[DC_ATTR_STRIDE_W] + s - pad;
            if (at_h < 0 || at_h >= height || at_w < 0 || at_w >= width)
                continue;
            for (uint64_t i = 0; i < group_in; i++)
                y += c->p[0][((k * group_in + i) * (uint64_t)n_r + (uint64_t)r) * (uint64_t)n_s
                             + (uint64_t)s]
                     * c->x[0][(first + i) * (uint64_t)(height * width)
                               + (uint64_t)(at_h * width + at_w)];
        }
    return y;
}

static void large_pictures_are_summed_in_the_order_of_the_definition(void **state)
{
    (void)state;
    static const struct {
        uint32_t groups, kernel, stride, pad;
    } kinds[] = { { 1, 3, 1, 1 }, { 1, 3, 2, 1 }, { 2, 1, 1, 0 }, { 1, 5, 3, 2 }, { 34, 3, 1, 1 } };
    const dc_shape shape = SHAPE3(34, 61, 59); /* several bands of rows, several blocks */
    for (unsigned i = 0; i < DC_COUNT_OF(kinds); i++) {
        const op_attr attrs[] = {
            { DC_ATTR_N_OUTPUTS, 34 },           { DC_ATTR_GROUPS, kinds[i].groups },
            { DC_ATTR_KERNEL_H, kinds[i].kernel }, { DC_ATTR_KERNEL_W, kinds[i].kernel },
            { DC_ATTR_STRIDE_H, kinds[i].stride }, { DC_ATTR_STRIDE_W, kinds[i].stride },
            { DC_ATTR_PAD_TOP, kinds[i].pad },     { DC_ATTR_PAD_LEFT, kinds[i].pad },
            { DC_ATTR_PAD_BOTTOM, kinds[i].pad },  { DC_ATTR_PAD_RIGHT, kinds[i].pad }, OP_ATTR_END
        };
        op_case c;
        dc_rng rng;
        dc_rng_init(&rng, i, 0);
        op_case_make(&c, DC_OP_CONV, 1, &shape, 1, attrs);
        for (uint64_t j = 0; j < c.n_x[0]; j++)
            c.x[0][j] = (float)dc_rng_normal(&rng);
        for (unsigned k = 0; k < 2; k++)
            for (uint64_t j = 0; j < c.n_p[k]; j++)
                c.p[k][j] = (float)dc_rng_normal(&rng);
        op_case_forward(&c);
        const dc_shape *out = &c.node->shape;
        for (uint32_t k = 0; k < out->dims[0]; k++)
            for (uint32_t h = 0; h < out->dims[1]; h++)
                for (uint32_t w = 0; w < out->dims[2]; w++)
                    assert_near(c.y[(k * out->dims[1] + h) * out->dims[2] + w],
                                (double)plain_output(&c, &shape, k, h, w), 1e-4);
        op_case_end(&c);
    }
}

static void gradients_of_a_small_case_are_as_by_hand(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 1, 3);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 1 }, { DC_ATTR_KERNEL_W, 2 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_CONV, 2, &shape, 1, attrs);
    memcpy(c.x[0], (const float[]){ 1, 2, 3, 4, 5, 6 }, 6 * sizeof(float));
    memcpy(c.p[0], (const float[]){ 10, 100 }, 2 * sizeof(float));
    memcpy(c.dy, (const float[]){ 1, 2, 0, -1 }, 4 * sizeof(float));
    op_case_forward(&c);
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 11, 121, 201, 1, -9, -99 }, 6, 0); /* 1 was there */
    assert_values(c.dp[0], (const double[]){ 1 + 4 - 5, 2 + 6 - 6 }, 2, 0);
    assert_values(c.dp[1], (const double[]){ 2 }, 1, 0);
    op_case_end(&c);
}

static void results_do_not_depend_on_the_number_of_jobs(void **state)
{
    (void)state;
    const dc_shape shape = SHAPE3(3, 13, 19);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 5 }, { DC_ATTR_KERNEL_H, 3 },
                              { DC_ATTR_KERNEL_W, 3 }, { DC_ATTR_PAD_LEFT, 1 }, OP_ATTR_END };
    op_case cases[2];
    for (unsigned i = 0; i < 2; i++) {
        op_case *c = &cases[i];
        dc_rng rng;
        dc_rng_init(&rng, 7, 0);
        op_case_make(c, DC_OP_CONV, 4, &shape, 1, attrs);
        for (uint64_t j = 0; j < c->n_x[0]; j++)
            c->x[0][j] = (float)dc_rng_normal(&rng);
        for (uint64_t j = 0; j < c->n_p[0]; j++)
            c->p[0][j] = (float)dc_rng_normal(&rng);
        for (uint64_t j = 0; j < c->n_y; j++)
            c->dy[j] = (float)dc_rng_normal(&rng);
        dc_pool_set_jobs(i == 0 ? 1 : 4);
        op_case_forward(c);
        c->code->backward(&c->args);
    }
    dc_pool_set_jobs(0);
    assert_memory_equal(cases[0].y, cases[1].y, cases[0].n_y * sizeof(float));
    assert_memory_equal(cases[0].dx[0], cases[1].dx[0], cases[0].n_x[0] * sizeof(float));
    assert_memory_equal(cases[0].dp[0], cases[1].dp[0], cases[0].n_p[0] * sizeof(float));
    op_case_end(&cases[0]);
    op_case_end(&cases[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_slides_without_being_flipped),
        cmocka_unit_test(each_side_has_its_own_pad),
        cmocka_unit_test(strides_skip_and_dilation_spreads),
        cmocka_unit_test(groups_see_their_own_channels_only),
        cmocka_unit_test(large_pictures_are_summed_in_the_order_of_the_definition),
        cmocka_unit_test(gradients_of_a_small_case_are_as_by_hand),
        cmocka_unit_test(results_do_not_depend_on_the_number_of_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
