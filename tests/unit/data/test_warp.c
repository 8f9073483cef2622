/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "warp.h"

static void fill(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((i * 37 + 11) % 101) * 0.37f;
}

static void the_identity_changes_nothing(void **state)
{
    (void)state;
    static float in[3 * 5 * 131], out[3 * 5 * 131];
    const dc_shape shape = dc_shape_of(3, 3, 5, 131, 0);
    fill(in, DC_COUNT_OF(in));
    data_warp_run(out, in, &shape, &(data_warp){ .matrix = { 1, 0, 0, 1 } });
    assert_memory_equal(in, out, sizeof in);
}

static void a_shift_by_whole_pixels_is_exact_and_edges_go_on(void **state)
{
    (void)state;
    float in[2 * 9 * 8], out[2 * 9 * 8];
    const dc_shape shape = dc_shape_of(3, 2, 9, 8, 0);
    fill(in, DC_COUNT_OF(in));
    data_warp_run(out, in, &shape, &(data_warp){ .matrix = { 1, 0, 0, 1 }, .shift = { -3, 2 } });
    for (int c = 0; c < 2; c++)
        for (int y = 0; y < 9; y++)
            for (int x = 0; x < 8; x++) {
                const int from_x = DC_MAX(x - 3, 0), from_y = DC_MIN(y + 2, 8);
                assert_true(out[(c * 9 + y) * 8 + x] == in[(c * 9 + from_y) * 8 + from_x]);
            }
}

static void half_a_pixel_is_the_mean_of_two(void **state)
{
    (void)state;
    const float in[4] = { 1, 3, 5, 11 };
    float out[4];
    const dc_shape shape = dc_shape_of(3, 1, 2, 2, 0);
    data_warp_run(out, in, &shape, &(data_warp){ .matrix = { 1, 0, 0, 1 }, .shift = { 0.5f, 0 } });
    assert_true(out[0] == 2 && out[1] == 3 && out[2] == 8 && out[3] == 11);
    data_warp_run(out, in, &shape, &(data_warp){ .matrix = { 0, 0, 0, 0 } }); /* the centre */
    for (int i = 0; i < 4; i++)
        assert_true(out[i] == 5);
}

static void a_quarter_turn_moves_columns_to_rows(void **state)
{
    (void)state;
    const float in[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, turned[9] = { 3, 6, 9, 2, 5, 8, 1, 4, 7 };
    float out[9];
    const dc_shape shape = dc_shape_of(3, 1, 3, 3, 0);
    data_warp_run(out, in, &shape, &(data_warp){ .matrix = { 0, -1, 1, 0 } });
    assert_memory_equal(out, turned, sizeof turned);
}

static void a_picture_of_one_pixel_and_wild_coordinates_are_safe(void **state)
{
    (void)state;
    const float in[1] = { 4 };
    float out[1];
    const dc_shape shape = dc_shape_of(3, 1, 1, 1, 0);
    const float field[2] = { NAN, 1e30f };
    data_warp_run(out, in, &shape, &(data_warp){ .matrix = { 1, 0, 0, 1 }, .field = field });
    assert_true(out[0] == 4);
}

static void fields_have_the_amplitude_asked_for_and_are_smooth(void **state)
{
    (void)state;
    enum { SIDE = 56, N = SIDE * SIDE };
    static float field[2 * N];
    float *workspace = calloc(data_field_n_values(SIDE, SIDE), sizeof *workspace);
    dc_rng rng;
    dc_rng_init(&rng, 1, 1);
    double sum = 0, step_sum = 0;
    uint64_t n = 0;
    for (int round = 0; round < 40; round++) {
        data_field_make(field, SIDE, SIDE, 1.5, &rng, workspace);
        for (int axis = 0; axis < 2; axis++)
            for (int y = 20; y < 36; y++)
                for (int x = 20; x < 36; x++, n++) {
                    const float *f = field + axis * N + y * SIDE + x;
                    sum += f[0] * f[0];
                    step_sum += (f[1] - f[0]) * (f[1] - f[0]);
                }
    }
    free(workspace);
    assert_near(sqrt(sum / (double)n), 1.5, 0.25);
    assert_true(sqrt(step_sum / (double)n) < 0.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_identity_changes_nothing),
        cmocka_unit_test(a_shift_by_whole_pixels_is_exact_and_edges_go_on),
        cmocka_unit_test(half_a_pixel_is_the_mean_of_two),
        cmocka_unit_test(a_quarter_turn_moves_columns_to_rows),
        cmocka_unit_test(a_picture_of_one_pixel_and_wild_coordinates_are_safe),
        cmocka_unit_test(fields_have_the_amplitude_asked_for_and_are_smooth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
