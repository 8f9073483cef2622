/* SPDX-License-Identifier: MIT
 *
 * The curtain over oneDNN, whatever its version: a step may be given more memories than its plan
 * takes, since what a plan takes differs between versions.
 */
#include "test.h"

#include "onednn/dnn.h"

#ifdef DCOMP_HAS_ONEDNN

/* Runs `plan` from `src` to `dst` with what other plans take bound as well. */
static void run_with_more(dc_dnn *dnn, const dc_dnn_plan *plan, dc_dnn_memory *src,
                          dc_dnn_memory *dst)
{
    const uint32_t four = 4;
    dc_dnn_memory *more = dc_dnn_memory_new(dnn, dc_dnn_plain(dnn, 1, &four, DC_DNN_F32), NULL);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, src },        { DC_DNN_BIAS, more },    { DC_DNN_WORKSPACE, more },
        { DC_DNN_MEAN_OF, more },   { DC_DNN_SCALE, more },   { DC_DNN_SHIFT, more },
        { DC_DNN_D_WEIGHTS, more }, { DC_DNN_D_SHIFT, more }, { DC_DNN_DST, dst },
    };
    assert_non_null(plan);
    const dc_dnn_step *step = dc_dnn_step_new(dnn, plan, DC_COUNT_OF(bound), bound);
    assert_non_null(step);
    assert_ok(dc_dnn_run(dnn, step));
}

static void what_a_plan_does_not_take_is_left_out(void **state)
{
    (void)state;
    dc_arena arena;
    dc_dnn dnn;
    dc_arena_init(&arena, 0);
    assert_ok(dc_dnn_open(&dnn, &arena));
    const uint32_t dims[] = { 2, 4, 1, 1 };
    const dc_dnn_layout *layout = dc_dnn_plain(&dnn, 4, dims, DC_DNN_F32);
    const float positive[] = { 0, 2, 0, 4, 5, 0, 7, 0 };
    float x[] = { -1, 2, -3, 4, 5, -6, 7, -8 };
    dc_dnn_memory *src = dc_dnn_memory_new(&dnn, layout, x);
    dc_dnn_memory *dst = dc_dnn_memory_new(&dnn, layout, NULL);
    const dc_dnn_curve relu = { .kind = DC_DNN_RELU };

    run_with_more(&dnn, dc_dnn_eltwise(&dnn, DC_DNN_INFER, &relu, layout, NULL), src, dst);
    assert_memory_equal(dst->data, positive, sizeof positive);
    run_with_more(&dnn, dc_dnn_reorder(&dnn, layout, layout), src, dst);
    assert_memory_equal(dst->data, x, sizeof x);
    dc_dnn_close(&dnn);
    dc_arena_clear(&arena);
}
/* Only version 2 wants the shift. */
static void a_norm_goes_back_in_every_version(void **state)
{
    (void)state;
    dc_arena arena;
    dc_dnn dnn;
    dc_arena_init(&arena, 0);
    assert_ok(dc_dnn_open(&dnn, &arena));
    const uint32_t dims[] = { 2, 2, 1, 1 }, two = 2;
    const dc_dnn_layout *layout = dc_dnn_plain(&dnn, 4, dims, DC_DNN_F32);
    const dc_dnn_layout *vector = dc_dnn_plain(&dnn, 1, &two, DC_DNN_F32);
    const dc_dnn_plan *forward = dc_dnn_norm(&dnn, DC_DNN_TRAIN, layout, 0, NULL);
    float x[] = { 1, 10, 3, 14 }, dy[] = { 5, 1, 7, 1 }, scale[] = { 1, 1 }, shift[] = { 0, 0 };
    float mean[] = { 2, 12 }, variance[] = { 1, 4 };
    dc_dnn_memory *d_scale = dc_dnn_memory_new(&dnn, vector, NULL);
    dc_dnn_memory *d_shift = dc_dnn_memory_new(&dnn, vector, NULL);
    const dc_dnn_bound bound[] = {
        { DC_DNN_SRC, dc_dnn_memory_new(&dnn, layout, x) },
        { DC_DNN_MEAN_OF, dc_dnn_memory_new(&dnn, vector, mean) },
        { DC_DNN_VARIANCE, dc_dnn_memory_new(&dnn, vector, variance) },
        { DC_DNN_D_DST, dc_dnn_memory_new(&dnn, layout, dy) },
        { DC_DNN_SCALE, dc_dnn_memory_new(&dnn, vector, scale) },
        { DC_DNN_D_SRC, dc_dnn_memory_new(&dnn, layout, NULL) },
        { DC_DNN_D_SCALE, d_scale },
        { DC_DNN_D_SHIFT, d_shift },
        { DC_DNN_SHIFT, dc_dnn_memory_new(&dnn, vector, shift) },
    };
    const dc_dnn_plan *back = dc_dnn_norm(&dnn, DC_DNN_BACK_DATA, layout, 0, forward);
    const dc_dnn_step *step = dc_dnn_step_new(&dnn, back, DC_COUNT_OF(bound), bound);
    assert_non_null(step);
    assert_ok(dc_dnn_run(&dnn, step));
    const float sums[] = { 12, 2 }, products[] = { -5 + 7, 0 };
    for (int c = 0; c < 2; c++) {
        assert_near(((const float *)d_shift->data)[c], sums[c], 1e-5);
        assert_near(((const float *)d_scale->data)[c], products[c], 1e-5);
    }
    dc_dnn_close(&dnn);
    dc_arena_clear(&arena);
}
#endif

int main(void)
{
#ifdef DCOMP_HAS_ONEDNN
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_plan_does_not_take_is_left_out),
        cmocka_unit_test(a_norm_goes_back_in_every_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    return 0;
#endif
}
