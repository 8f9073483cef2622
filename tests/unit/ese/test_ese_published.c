/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/ese.h"

static void the_products_are_those_of_the_lstm(void **state)
{
    (void)state;
    const dc_published *p = &dc_ese_published;
    uint64_t n_weights = 0;
    for (uint32_t i = 0; i < p->n_layers; i++)
        n_weights += (uint64_t)p->layers[i].n_rows * p->layers[i].n_cols;
    assert_int_equal(n_weights, 3248128);
    /* 11.2 % of entries on 32 elements at 200 MHz */
    assert_near(0.112 * (double)n_weights / 32 / 200, p->whole->theoretical_us, 0.3);
    assert_true(p->whole->actual_us > p->whole->theoretical_us);
    /* 282 GOPS: two for each entry and stream */
    assert_near(2 * 32 * 0.112 * (double)n_weights / p->whole->actual_us / 1e3, 282, 1);
}

/* Energy was measured of the board as it is: whatever parameter differs, it is not known. */
static void energy_is_known_of_the_published_machine_alone(void **state)
{
    (void)state;
    const dc_accelerator *a = &dc_accelerator_ese;
    const dc_ese_counters counters = { .n_runs = 1, .cycles = 16000 };
    dc_ese_config config = dc_ese_defaults();
    dc_machine_figures figures;
    a->figures(&figures, &counters, &config);
    assert_near(figures.energy_pj, 41 * 80.0 * 1e6 / 32, 1);
    for (const dc_field *field = a->config_fields; field->name != NULL; field++) {
        config = dc_ese_defaults();
        char *member = (char *)&config + field->offset;
        if (field->kind == DC_FIELD_NUMBER)
            *(double *)member += 1;
        else
            *(uint32_t *)member += 1;
        a->figures(&figures, &counters, &config);
        assert_true(isnan(figures.energy_pj) && isnan(figures.power_mw));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_products_are_those_of_the_lstm),
        cmocka_unit_test(energy_is_known_of_the_published_machine_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
