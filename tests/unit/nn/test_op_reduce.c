/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

static void gradient_of_a_product(const double *x, const double *wanted)
{
    op_case c;
    const op_attr attrs[] = { { DC_ATTR_DIM_0, 2 }, OP_ATTR_END };
    const dc_shape shape = SHAPE3(1, 4, 1);
    op_case_make(&c, DC_OP_REDUCE_PROD, 1, &shape, 1, attrs);
    for (uint32_t i = 0; i < 4; i++)
        c.x[0][i] = (float)x[i];
    c.dy[0] = 2;
    op_case_forward(&c);
    assert_near(c.y[0], x[0] * x[1] * x[2] * x[3], 0);
    memset(c.dx[0], 0, 4 * sizeof *c.dx[0]);
    c.code->backward(&c.args);
    assert_values(c.dx[0], wanted, 4, 0);
    op_case_end(&c);
}

/* Each gets the product of the others: of one zero that of all but it, of two none. */
static void a_product_has_gradients_where_it_is_0(void **state)
{
    (void)state;
    gradient_of_a_product((const double[]){ 2, -4, 8, 1 }, (const double[]){ -64, 32, -16, -128 });
    gradient_of_a_product((const double[]){ 2, 0, 8, 1 }, (const double[]){ 0, 32, 0, 0 });
    gradient_of_a_product((const double[]){ 0, 3, 0, 1 }, (const double[]){ 0, 0, 0, 0 });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_has_gradients_where_it_is_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
