/* SPDX-License-Identifier: MIT
 *
 * Conservation laws, broken on purpose: a layer whose memories disagree with what the laws
 * expect must not end well.
 */
#include "small_layer.h"

static const float weights[] = { 1, 2, 3, 4, 0, 6, 7, 8, 9 };
static const int32_t input[] = { 1, 2, 3 };

static dc_status run(small_layer *s)
{
    return dc_eie_machine_run(s->machine, s->layer, input, s->output, &s->counters);
}

static void make(small_layer *s)
{
    const dc_eie_config config = small_config(2);
    small_layer_make(s, &config, weights, 3, 3, NULL, false);
    assert_ok(run(s));
}

static void an_entry_too_few_is_found(void **state)
{
    (void)state;
    small_layer s;
    make(&s);
    s.layer->column_entries[1]++;
    assert_fails(DC_ESTALL, run(&s));
    assert_non_null(strstr(dc_message(), "entries walked"));
    small_layer_free(&s);
}

static void a_weight_that_became_a_filler_is_found(void **state)
{
    (void)state;
    small_layer s;
    make(&s);
    s.layer->entries[0] = ENTRY(0, ENTRY_ZEROS(s.layer->entries[0]));
    assert_fails(DC_ESTALL, run(&s));
    assert_non_null(strstr(dc_message(), "fillers"));
    small_layer_free(&s);
}

/* A sum that is lost at the clock edge before its write. */
static void lose_a_write(void *payload, const dc_eie_machine *machine, uint64_t cycle)
{
    pe *p = payload;
    (void)machine;
    (void)cycle;
    if (p->now.flags & S3_VALID)
        p->now.flags &= ~(uint32_t)S3_VALID;
}

static void a_lost_write_is_found(void **state)
{
    (void)state;
    small_layer s;
    make(&s);
    const dc_eie_watcher watcher = { &s.machine->pes[0], lose_a_write };
    dc_eie_machine_watch(s.machine, &watcher);
    assert_fails(DC_ESTALL, run(&s));
    assert_non_null(strstr(dc_message(), "conservation law broken"));
    small_layer_free(&s);
}

static void a_lost_activation_is_found(void **state)
{
    (void)state;
    enum { N_PES = 2, N_UNITS = 1 + UNITS_OF_PE * N_PES };
    uint32_t order[N_UNITS], n = 0;
    small_layer s;
    make(&s);
    for (uint32_t unit = 0; unit < N_UNITS; unit++)
        if (unit != 1) /* PE 0's queue takes nothing */
            order[n++] = unit;
    machine_set_order(s.machine, order, n);
    assert_fails(DC_ESTALL, run(&s));
    assert_non_null(strstr(dc_message(), "pushes = broadcasts"));
    small_layer_free(&s);
}

static void counters_add_up_over_runs(void **state)
{
    (void)state;
    small_layer s;
    make(&s);
    const dc_eie_counters once = s.counters;
    assert_ok(run(&s));
    for (const dc_field *field = dc_eie_counter_fields; field->name != NULL; field++)
        assert_int_equal(*(uint64_t *)((char *)&s.counters + field->offset),
                         2 * *(const uint64_t *)((const char *)&once + field->offset));
    assert_int_equal(once.macs, 8);
    assert_int_equal(once.n_nonzero_inputs, 3);
    dc_machine_figures figures;
    dc_accelerator_eie.figures(&figures, &once, &s.config);
    assert_near(figures.theoretical_cycles, 4, 0);
    assert_near(figures.load_balance, 4 / (double)once.cycles, 1e-12);
    small_layer_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_too_few_is_found),
        cmocka_unit_test(a_weight_that_became_a_filler_is_found),
        cmocka_unit_test(a_lost_write_is_found),
        cmocka_unit_test(a_lost_activation_is_found),
        cmocka_unit_test(counters_add_up_over_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
