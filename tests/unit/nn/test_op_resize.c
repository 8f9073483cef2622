/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

#define N 700u

/* Rows that are taken in more than one strip: every other pixel lies on a pixel of a ramp. */
static void wide_rows_are_resized_as_narrow_ones(void **state)
{
    (void)state;
    op_case c;
    const op_attr attrs[] = { { DC_ATTR_HEIGHT, 2 }, { DC_ATTR_WIDTH, 2 * N },
                              { DC_ATTR_LINEAR, 1 }, { DC_ATTR_PLACES, DC_PLACES_ASYMMETRIC },
                              OP_ATTR_END };
    const dc_shape shape = SHAPE3(1, 2, N);
    op_case_make(&c, DC_OP_RESIZE, 1, &shape, 1, attrs);
    for (uint32_t i = 0; i < 2 * N; i++)
        c.x[0][i] = (float)i;
    for (uint32_t i = 0; i < 4 * N; i++)
        c.dy[i] = 1;
    op_case_forward(&c);
    memset(c.dx[0], 0, 2 * N * sizeof *c.dx[0]);
    c.code->backward(&c.args);
    for (uint32_t row = 0; row < 2; row++)
        for (uint32_t w = 0; w < N; w++) {
            const uint32_t at = row * N + w;
            assert_near(c.y[2 * at], at, 0);
            assert_near(c.y[2 * at + 1], w + 1 < N ? at + 0.5 : at, 0);
            assert_near(c.dx[0][at], w == 0 ? 1.5 : w + 1 < N ? 2 : 2.5, 0);
        }
    op_case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_rows_are_resized_as_narrow_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
