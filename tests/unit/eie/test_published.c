/* SPDX-License-Identifier: MIT
 *
 * The nine layers as tables III and IV of the paper print them.
 */
#include "test.h"

#include "dcomp/eie.h"

static const struct {
    const char *name;
    uint32_t n_cols, n_rows;
    double weight_density, act_density;
} table_iii[] = {
    { "Alex-6", 9216, 4096, 0.09, 0.351 },  { "Alex-7", 4096, 4096, 0.09, 0.353 },
    { "Alex-8", 4096, 1000, 0.25, 0.375 },  { "VGG-6", 25088, 4096, 0.04, 0.183 },
    { "VGG-7", 4096, 4096, 0.04, 0.375 },   { "VGG-8", 4096, 1000, 0.23, 0.411 },
    { "NT-We", 4096, 600, 0.10, 1 },        { "NT-Wd", 600, 8791, 0.11, 1 },
    { "NT-LSTM", 1201, 2400, 0.10, 1 },
};

static void there_are_nine_layers_of_the_printed_shapes(void **state)
{
    (void)state;
    assert_int_equal(dc_eie_published.n_layers, 9);
    for (uint32_t i = 0; i < 9; i++) {
        const dc_published_layer *p = &dc_eie_published.layers[i];
        assert_string_equal(p->name, table_iii[i].name);
        assert_int_equal(p->n_cols, table_iii[i].n_cols);
        assert_int_equal(p->n_rows, table_iii[i].n_rows);
        assert_near(p->weight_density, table_iii[i].weight_density, 0);
        assert_near(p->act_density, table_iii[i].act_density, 0);
    }
}

static void nothing_is_faster_than_the_theory(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 9; i++) {
        const dc_published_layer *p = &dc_eie_published.layers[i];
        assert_true(p->theoretical_us > 0 && p->theoretical_us < p->actual_us);
        assert_true(p->on[0].dense_us > 0 && p->on[0].sparse_us > 0);
        assert_true(p->on[1].dense_us > p->on[1].sparse_us && p->on[1].sparse_us > p->actual_us);
        assert_true(p->on[2].dense_us > p->on[2].sparse_us);
    }
}

/* Fillers come on top of the weights whose input is there (64 PEs, 800 MHz, an entry a cycle); the
 * printed densities are rounded. */
static void the_theory_is_about_what_the_weights_take(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 9; i++) {
        const dc_published_layer *p = &dc_eie_published.layers[i];
        const double weights =
            (double)p->n_rows * p->n_cols * p->weight_density * p->act_density;
        const double us = weights / 64 / 800;
        assert_true(p->theoretical_us > 0.95 * us && p->theoretical_us < 2 * us);
    }
}

static void a_layer_is_found_by_its_shape(void **state)
{
    (void)state;
    assert_string_equal(dc_published_find(&dc_eie_published, 4096, 9216, "fc6")->name, "Alex-6");
    assert_string_equal(dc_published_find(&dc_eie_published, 4096, 25088, "fc6")->name, "VGG-6");
    assert_string_equal(dc_published_find(&dc_eie_published, 600, 4096, "")->name, "NT-We");
    assert_string_equal(dc_published_find(&dc_eie_published, 8791, 600, "x")->name, "NT-Wd");
    assert_string_equal(dc_published_find(&dc_eie_published, 2400, 1201, "x")->name, "NT-LSTM");
}

static void of_two_of_one_shape_the_name_decides(void **state)
{
    (void)state;
    assert_string_equal(dc_published_find(&dc_eie_published, 4096, 4096, "VGG-7")->name, "VGG-7");
    assert_string_equal(dc_published_find(&dc_eie_published, 4096, 4096, "Alex-7")->name, "Alex-7");
    assert_string_equal(dc_published_find(&dc_eie_published, 4096, 4096, "fc7")->name, "Alex-7");
    assert_string_equal(dc_published_find(&dc_eie_published, 1000, 4096, "VGG-8")->name, "VGG-8");
    assert_string_equal(dc_published_find(&dc_eie_published, 1000, 4096, "Alex-8")->name, "Alex-8");
    assert_string_equal(dc_published_find(&dc_eie_published, 1000, 4096, "")->name, "Alex-8");
}

static void a_name_does_not_replace_the_shape(void **state)
{
    (void)state;
    assert_string_equal(dc_published_find(&dc_eie_published, 4096, 9216, "VGG-6")->name, "Alex-6");
    assert_null(dc_published_find(&dc_eie_published, 4097, 9216, "Alex-6"));
    assert_null(dc_published_find(&dc_eie_published, 9216, 4096, "Alex-6")); /* rows are outputs */
    assert_null(dc_published_find(&dc_eie_published, 0, 0, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_nine_layers_of_the_printed_shapes),
        cmocka_unit_test(nothing_is_faster_than_the_theory),
        cmocka_unit_test(the_theory_is_about_what_the_weights_take),
        cmocka_unit_test(a_layer_is_found_by_its_shape),
        cmocka_unit_test(of_two_of_one_shape_the_name_decides),
        cmocka_unit_test(a_name_does_not_replace_the_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
