/* SPDX-License-Identifier: MIT */
#include "steps_case.h"

static void cells_are_those_that_the_machine_schedules(void **state)
{
    (void)state;
    steps_case c;
    const dc_eie_config eie = dc_eie_defaults();
    const dc_ese_config ese = dc_ese_defaults();
    steps_plan(&c, over_time[1], &dc_accelerator_eie, &eie);
    assert_int_equal(steps_kind(&c, "lstm"), NODE_RECURRENT);
    assert_int_equal(steps_kind(&c, "x"), NODE_ARRAY);
    assert_int_equal(c.net.n_cells, 0);
    steps_end(&c);
    steps_plan(&c, over_time[1], &dc_accelerator_ese, &ese);
    assert_int_equal(steps_kind(&c, "lstm"), NODE_CELL);
    assert_int_equal(steps_kind(&c, "x"), NODE_FUSED);
    assert_int_equal(c.net.n_cells, 2);
    assert_true(c.net.cells[0].is_reverse && !c.net.cells[1].is_reverse);
    assert_non_null(c.net.cells[0].projection);
    assert_null(c.net.cells[1].projection);
    assert_non_null(c.net.cells[0].cell.peepholes);
    assert_int_equal(c.net.cells[0].cell.n_inputs, 4);
    steps_end(&c);
    steps_plan(&c, over_time[3], &dc_accelerator_ese, &ese);
    assert_int_equal(steps_kind(&c, "gru"), NODE_RECURRENT);
    assert_int_equal(c.net.n_cells, 0);
    steps_end(&c);
}

static void an_input_that_others_read_stays_a_layer(void **state)
{
    (void)state;
    steps_case c;
    const dc_ese_config ese = dc_ese_defaults();
    steps_plan(&c,
               NET("[4,3]", GATES("x", "8") "," LAYER("lstm", "lstm", "") ","
                   GATES("same", "8") "," LAYER("sum", "add", FROM("\"x\",\"same\"")) ","
                   FC("fc", "2")),
               &dc_accelerator_ese, &ese);
    assert_int_equal(steps_kind(&c, "x"), NODE_ARRAY);
    assert_int_equal(steps_kind(&c, "lstm"), NODE_CELL);
    assert_null(c.net.cells[0].input);
    assert_int_equal(c.net.cells[0].cell.n_inputs, 8);
    steps_run(&c, true, NULL);
    assert_int_equal(c.n_differing, 0);
    steps_end(&c);
}

static void other_curves_are_the_hosts(void **state)
{
    (void)state;
    steps_case c;
    const dc_ese_config ese = dc_ese_defaults();
    steps_plan(&c,
               NET("[4,8]", LAYER("lstm", "lstm", ",\"gate_curve\":18") "," FC("fc", "2")),
               &dc_accelerator_ese, &ese);
    assert_int_equal(steps_kind(&c, "lstm"), NODE_RECURRENT);
    steps_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_those_that_the_machine_schedules),
        cmocka_unit_test(an_input_that_others_read_stays_a_layer),
        cmocka_unit_test(other_curves_are_the_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
