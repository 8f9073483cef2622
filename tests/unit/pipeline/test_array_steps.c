/* SPDX-License-Identifier: MIT */
#include "steps_case.h"

static const uint32_t lengths[N_SAMPLES] = { 1, 2, 3, 4, 5, 5 };

static void assert_near_wanted(const steps_case *c, double tolerance)
{
    const uint32_t n = N_SAMPLES * dc_model_n_outputs(c->model);
    double largest = 0;
    for (uint32_t i = 0; i < n; i++)
        largest = DC_MAX(largest, fabs((double)c->wanted[i]));
    assert_true(largest > 0);
    for (uint32_t i = 0; i < n; i++)
        assert_near(c->y[i], c->wanted[i], tolerance * largest);
}

static void with_gates_on_the_host_a_walk_is_what_is_predicted(void **state)
{
    (void)state;
    dc_eie_config config = dc_eie_defaults();
    config.n_pes = 3;
    config.precision = DC_EIE_32;
    for (size_t i = 0; i < DC_COUNT_OF(over_time); i++)
        for (int has_machine = 0; has_machine < 2; has_machine++) {
            steps_case c;
            steps_plan(&c, over_time[i], &dc_accelerator_eie, &config);
            steps_run(&c, has_machine, has_machine ? lengths : NULL);
            assert_int_equal(c.n_differing, 0);
            assert_near_wanted(&c, 1e-4);
            steps_end(&c);
        }
}

/* Tables as fine as words are: what is left are 12 and 16 bits. */
static void with_cells_on_the_machine_a_walk_is_near_what_is_predicted(void **state)
{
    (void)state;
    dc_ese_config config = dc_ese_defaults();
    config.n_pes = 3;
    config.n_table_samples = 65536;
    config.sigmoid_range = 8;
    config.tanh_range = 8;
    for (size_t i = 0; i < DC_COUNT_OF(over_time); i++)
        for (int has_machine = 0; has_machine < 2; has_machine++) {
            steps_case c;
            steps_plan(&c, over_time[i], &dc_accelerator_ese, &config);
            steps_run(&c, has_machine, has_machine ? lengths : NULL);
            assert_int_equal(c.n_differing, 0);
            assert_near_wanted(&c, 1e-2);
            steps_end(&c);
        }
}

/* The steps that count, each with its products, and one of the end. */
static void products_are_made_once_a_step(void **state)
{
    (void)state;
    steps_case c;
    const dc_eie_config eie = dc_eie_defaults();
    const dc_ese_config ese = dc_ese_defaults();
    const uint64_t n_steps = 1 + 2 + 3 + 4 + 5 + 5;
    steps_plan(&c, over_time[0], &dc_accelerator_eie, &eie);
    steps_run(&c, true, lengths);
    assert_int_equal(c.n_products, 2 * n_steps + N_SAMPLES); /* x and h of those steps */
    steps_end(&c);
    steps_plan(&c, over_time[0], &dc_accelerator_ese, &ese);
    steps_run(&c, true, lengths);
    assert_int_equal(c.n_products, 8 * n_steps + N_SAMPLES);
    steps_end(&c);
}

static void what_is_not_a_number_is_refused(void **state)
{
    (void)state;
    static float x[MAX_VALUES];
    float y[MAX_VALUES];
    steps_case c;
    array_batch batch;
    const dc_ese_config config = dc_ese_defaults();
    const dc_batch samples = { .n = 1, .x = x };
    steps_plan(&c, over_time[0], &dc_accelerator_ese, &config);
    assert_ok(array_net_calibrate(&c.net, &c.source, 64));
    assert_ok(array_net_lay(&c.net, true));
    assert_ok(array_batch_open(&batch, &c.net, true, 1, &c.arena));
    x[12] = NAN;
    assert_int_equal(array_batch_run(&batch, &samples, y), DC_EINPUT);
    assert_non_null(strstr(dc_message(), "NaN enters 'lstm'"));
    array_batch_close(&batch);
    steps_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_gates_on_the_host_a_walk_is_what_is_predicted),
        cmocka_unit_test(with_cells_on_the_machine_a_walk_is_near_what_is_predicted),
        cmocka_unit_test(products_are_made_once_a_step),
        cmocka_unit_test(what_is_not_a_number_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
