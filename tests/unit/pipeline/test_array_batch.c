/* SPDX-License-Identifier: MIT */
#include "array_case.h"

static void the_machine_answers_what_the_oracle_answers(void **state)
{
    (void)state;
    static float machine[MAX_VALUES], oracle[MAX_VALUES];
    for (size_t i = 0; i < DC_COUNT_OF(all_kinds_of_convolution); i++) {
        net_case c;
        dc_eie_counters counters;
        uint64_t n_differing, n_runs = 0;
        case_begin(&c, all_kinds_of_convolution[i], DC_EIE_16, true);
        run_batch(oracle, &counters, &n_differing, &c, false);
        assert_int_equal(counters.cycles, 0);
        run_batch(machine, &counters, &n_differing, &c, true);
        assert_int_equal(n_differing, 0);
        assert_memory_equal(machine, oracle,
                            N_SAMPLES * dc_model_n_outputs(c.model) * sizeof *machine);
        for (uint32_t a = 0; a < c.net.n_arrays; a++) { /* a run a position and group */
            const dc_shape *shape = &c.model->nodes[c.net.arrays[a].node].shape;
            n_runs += N_SAMPLES * dc_shape_count(shape) / c.net.arrays[a].parts[0].matrix.n_rows;
        }
        assert_int_equal(counters.n_runs, n_runs);
        assert_int_equal(counters.entries, counters.macs + counters.fillers);
        case_end(&c);
    }
}

static void an_output_that_differs_is_counted(void **state)
{
    (void)state;
    static float y[MAX_VALUES];
    net_case c;
    dc_eie_counters counters;
    uint64_t n_differing;
    case_begin(&c, NET("[4]", FC("fc", "3")), DC_EIE_16, true);
    dc_fixed_format other = c.net.arrays[0].format;
    other.output--; /* a machine that shifts by one bit more than the oracle */
    dc_eie_layer_set_format(c.net.arrays[0].parts[0].layer, &other);
    run_batch(y, &counters, &n_differing, &c, true);
    assert_int_equal(n_differing, N_SAMPLES);
    case_end(&c);
}

static void results_are_the_same_for_any_number_of_jobs(void **state)
{
    (void)state;
    static float y[3][MAX_VALUES];
    dc_eie_counters counters[3];
    uint64_t n_differing;
    uint32_t n = 0;
    for (unsigned n_jobs = 1; n_jobs <= 3; n_jobs++) {
        net_case c;
        case_begin(&c, branches, DC_EIE_16, true);
        dc_pool_set_jobs(n_jobs);
        n = N_SAMPLES * dc_model_n_outputs(c.model);
        run_batch(y[n_jobs - 1], &counters[n_jobs - 1], &n_differing, &c, true);
        case_end(&c);
    }
    dc_pool_set_jobs(0);
    for (uint32_t i = 1; i < 3; i++) {
        assert_memory_equal(y[i], y[0], n * sizeof *y[0]);
        assert_memory_equal(&counters[i], &counters[0], sizeof counters[0]);
    }
}

static void a_file_read_packed_gives_the_same(void **state)
{
    (void)state;
    static float dense[MAX_VALUES], packed[MAX_VALUES];
    char folder[64], path[96];
    net_case c;
    dc_eie_counters counters;
    uint64_t n_differing;
    const dc_write_settings settings = { .level = DC_LEVEL_CODED };
    snprintf(path, sizeof path, "%s/net.dcm", new_folder(folder, sizeof folder));
    case_begin(&c, branches, DC_EIE_16, true);
    run_batch(dense, &counters, &n_differing, &c, true);
    assert_ok(dc_model_write(path, c.model, &settings, false, NULL, &c.arena));
    dc_model_free(c.model);
    assert_ok(dc_model_read(&c.model, path, DC_READ_PACKED, 0, NULL, &c.arena));
    assert_non_null(dc_model_param(c.model, "conv1.weight")->packed);
    assert_ok(array_net_new(&c.net, c.model, &dc_accelerator_eie, &c.machine, "", &c.arena));
    assert_ok(array_net_calibrate(&c.net, &c.source, 64));
    assert_ok(array_net_lay(&c.net, true));
    run_batch(packed, &counters, &n_differing, &c, true);
    assert_memory_equal(packed, dense, N_SAMPLES * dc_model_n_outputs(c.model) * sizeof *dense);
    unlink(path);
    rmdir(folder);
    case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_machine_answers_what_the_oracle_answers),
        cmocka_unit_test(an_output_that_differs_is_counted),
        cmocka_unit_test(results_are_the_same_for_any_number_of_jobs),
        cmocka_unit_test(a_file_read_packed_gives_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
