/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "machine.h"

/* One layer on one machine, with seeded weights. */
static void run(dc_eie_counters *counters, const dc_eie_config *config, uint32_t n_rows,
                uint32_t n_cols, double density, double act_density)
{
    dc_arena arena = { 0 };
    dc_packed packed;
    dc_csc matrix;
    dc_eie_layer *layer;
    dc_eie_machine *machine;
    const dc_fixed_format format = { 14, 14, 8 };
    *counters = (dc_eie_counters){ 0 };
    assert_ok(dc_synthetic_weights(&packed, n_rows, n_cols, density, 4, 1, &arena));
    assert_ok(dc_csc_of(&matrix, &packed, 0, n_rows, NULL, &arena));
    assert_ok(dc_eie_layer_new(&layer, &matrix, config, "layer", true, &arena));
    dc_eie_layer_set_format(layer, &format);
    assert_ok(dc_eie_machine_new(&machine, config));
    double *x = dc_arena_take(&arena, n_cols, sizeof *x);
    int32_t *input = dc_arena_take(&arena, n_cols, sizeof *input);
    int32_t *output = dc_arena_take(&arena, n_rows, sizeof *output);
    assert_ok(arena.status);
    dc_synthetic_inputs(x, n_cols, act_density, 1);
    for (uint32_t j = 0; j < n_cols; j++)
        input[j] = dc_fixed_of(x[j], 14, 16);
    assert_ok(dc_eie_machine_run(machine, layer, input, output, counters));
    dc_eie_machine_free(machine);
    dc_arena_clear(&arena);
}

static dc_machine_figures figures_of(const dc_eie_counters *c, const dc_eie_config *config)
{
    dc_machine_figures figures;
    dc_accelerator_eie.figures(&figures, c, config);
    return figures;
}

/* Table II: every PE does an entry a cycle, and a line, a pointer pair and an activation every 8
 * cycles: 64 PEs at 0.59 W, and each module its share. */
static void full_activity_costs_what_table_ii_says(void **state)
{
    (void)state;
    const dc_eie_config config = dc_eie_defaults();
    dc_eie_counters c;
    dc_eie_energy e;
    run(&c, &config, 512, 2048, 1, 1);
    dc_eie_energy_of(&e, &c, &config);
    assert_near(figures_of(&c, &config).power_mw, 590, 0.05 * 590);
    assert_near(100 * e.queue_pj / e.total_pj, 1.23, 0.5);
    assert_near(100 * e.pointer_pj / e.total_pj, 19.73, 1);
    assert_near(100 * e.spmat_pj / e.total_pj, 54.11, 1);
    assert_near(100 * e.arithmetic_pj / e.total_pj, 12.68, 1);
    assert_near(100 * e.act_pj / e.total_pj, 12.25, 1);
    assert_near(100 * e.memory_pj / e.total_pj, 59.15, 1);
    assert_near(100 * e.clock_pj / e.total_pj, 20.46, 1);
}

/* Figure 9, on a layer like Alex-7. */
static void lines_of_64_bits_cost_least(void **state)
{
    (void)state;
    double best = INFINITY;
    uint32_t best_width = 0;
    uint64_t last_reads = UINT64_MAX;
    for (uint32_t width = 16; width <= 512; width *= 2) {
        dc_eie_config config = dc_eie_defaults();
        dc_eie_counters c;
        dc_eie_energy e;
        config.sram_width_bits = width;
        run(&c, &config, 4096, 1024, 0.09, 0.353);
        dc_eie_energy_of(&e, &c, &config);
        assert_true(c.line_reads < last_reads); /* wider lines, fewer reads */
        last_reads = c.line_reads;
        if (e.spmat_memory_pj < best) {
            best = e.spmat_memory_pj;
            best_width = width;
        }
    }
    assert_int_equal(best_width, 64);
}

/* Figure 8: one waiting column is not enough, and beyond eight slots little is gained. */
static void deep_queues_balance_little_more_than_eight(void **state)
{
    (void)state;
    static const uint32_t depths[] = { 2, 8, 64 };
    double balance[3];
    for (size_t i = 0; i < 3; i++) {
        dc_eie_config config = dc_eie_defaults();
        dc_eie_counters c;
        config.fifo_depth = depths[i];
        run(&c, &config, 4096, 1024, 0.09, 0.353);
        balance[i] = figures_of(&c, &config).load_balance;
    }
    assert_near(balance[0], 0.8, 0.05);
    assert_true(balance[1] > 0.95);
    assert_true(balance[2] - balance[1] < 0.05);
}

/* Table IV: about one entry a PE and column cannot be balanced. */
static void nt_we_is_balanced_to_two_thirds(void **state)
{
    (void)state;
    const dc_eie_config config = dc_eie_defaults();
    dc_eie_counters c;
    run(&c, &config, 600, 4096, 0.1, 1);
    assert_near(figures_of(&c, &config).load_balance, 0.65, 0.05);
}

static void products_cost_as_table_i_says(void **state)
{
    (void)state;
    assert_near(dc_eie_multiply_pj(32), 3.1, 1e-9);
    assert_near(dc_eie_multiply_pj(16), 3.1 / 5, 1e-9);
    assert_true(dc_eie_multiply_pj(8) < dc_eie_multiply_pj(16));
    assert_true(dc_eie_line_read_pj(128) > dc_eie_line_read_pj(64));
    assert_true(dc_eie_line_read_pj(128) < 2 * dc_eie_line_read_pj(64));
}

static void the_tree_has_the_papers_nodes(void **state)
{
    (void)state;
    assert_int_equal(dc_eie_n_lnzd_nodes(64), 21);
    assert_int_equal(dc_eie_n_lnzd_nodes(4), 1);
    assert_int_equal(dc_eie_n_lnzd_nodes(1), 1);
    assert_int_equal(dc_eie_n_lnzd_nodes(5), 3);
    assert_int_equal(dc_eie_n_lnzd_nodes(256), 85);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_activity_costs_what_table_ii_says),
        cmocka_unit_test(lines_of_64_bits_cost_least),
        cmocka_unit_test(deep_queues_balance_little_more_than_eight),
        cmocka_unit_test(nt_we_is_balanced_to_two_thirds),
        cmocka_unit_test(products_cost_as_table_i_says),
        cmocka_unit_test(the_tree_has_the_papers_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
