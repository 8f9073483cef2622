/* SPDX-License-Identifier: MIT
 *
 * What is promised of every row of the table of accelerators, and a layer through each by the row
 * alone.
 */
#include "test.h"

#include "dcomp/pipeline.h"

enum { N_ROWS = 60, N_COLS = 90 };

static void accelerators_are_found_by_number_and_name(void **state)
{
    (void)state;
    size_t at = 0;
    for (uint32_t i = 0; dc_accelerator_at(i) != NULL; i++) {
        const dc_accelerator *a = dc_accelerator_at(i);
        const size_t length = strlen(a->name);
        assert_ptr_equal(dc_accelerator_named(a->name), a);
        assert_true(a->title[0] != '\0');
        assert_memory_equal(dc_accelerator_words + at, a->name, length);
        at += length;
        assert_true(dc_accelerator_words[at] == (dc_accelerator_at(i + 1) != NULL ? '|' : '\0'));
        at++;
    }
    assert_null(dc_accelerator_named("tpu"));
    assert_string_equal(dc_accelerator_at(0)->name, "eie");
}

static void parameters_and_counters_lie_within_their_structs(void **state)
{
    (void)state;
    for (uint32_t i = 0; dc_accelerator_at(i) != NULL; i++) {
        const dc_accelerator *a = dc_accelerator_at(i);
        for (const dc_field *f = a->config_fields; f->name != NULL; f++) {
            assert_true(f->offset < a->config_bytes && f->help != NULL);
            assert_string_not_equal(f->name, "machine"); /* which is the row's own option */
        }
        for (const dc_field *f = a->counter_fields; f->name != NULL; f++) {
            assert_int_equal(f->kind, DC_FIELD_U64); /* dc_counters_add */
            assert_true(f->offset + sizeof(uint64_t) <= a->counters_bytes);
        }
    }
}

typedef struct layer_case {
    dc_arena arena;
    void *config, *layer, *oracle, *machine, *counters;
    dc_packed packed;
    dc_csc matrix;
    dc_machine_layout layout;
    dc_product product;
    int32_t input[N_COLS], output[N_ROWS], expected[N_ROWS];
    double last_share;
} layer_case;

static void hear_pace(void *payload, double share)
{
    layer_case *c = payload;
    assert_true(share >= c->last_share && share <= 1);
    c->last_share = share;
}

static void begin(layer_case *c, const dc_accelerator *a)
{
    double x[N_COLS];
    static float bias[N_ROWS];
    memset(c, 0, sizeof *c);
    c->config = dc_accelerator_config(a, &c->arena);
    assert_non_null(c->config);
    assert_ok(a->check(c->config));
    const dc_machine_facts facts = a->facts(c->config);
    assert_ok(dc_synthetic_weights(&c->packed, N_ROWS, N_COLS, 0.2, facts.code_bits, 5, &c->arena));
    for (int i = 0; i < N_ROWS; i++)
        bias[i] = (float)(i % 7) - 3;
    assert_ok(dc_csc_of(&c->matrix, &c->packed, 0, N_ROWS, bias, &c->arena));
    c->product = (dc_product){ .name = "fc", .packed = &c->packed, .matrix = &c->matrix,
                               .has_relu = true,
                               .format = dc_fixed_format_choose(1, facts.weight_bits, 1, 16,
                                                         facts.n_bits) };
    dc_fixed_format_settle(&c->product.format, facts.n_bits);
    dc_synthetic_inputs(x, N_COLS, 0.5, 5);
    for (int j = 0; j < N_COLS; j++)
        c->input[j] = dc_fixed_of(x[j], c->product.format.input, facts.n_bits);
    assert_ok(a->lay(&c->layer, &c->layout, &c->product, c->config, &c->arena));
    assert_ok(a->oracle(&c->oracle, &c->product, c->config, &c->arena));
    assert_ok(a->open(&c->machine, c->config, hear_pace, c));
    c->counters = dc_arena_take(&c->arena, a->counters_bytes, 1);
    assert_ok(c->arena.status);
}

static void end(layer_case *c, const dc_accelerator *a)
{
    a->close(c->machine);
    a->close(NULL);
    dc_arena_clear(&c->arena);
}

static void every_machine_answers_what_its_oracle_answers(void **state)
{
    (void)state;
    for (uint32_t i = 0; dc_accelerator_at(i) != NULL; i++) {
        const dc_accelerator *a = dc_accelerator_at(i);
        layer_case c;
        begin(&c, a);
        assert_ok(a->run(c.machine, c.layer, c.input, c.output, c.counters));
        assert_near(c.last_share, 1, 0);
        a->ask(c.oracle, c.input, c.expected);
        assert_memory_equal(c.output, c.expected, sizeof c.output);
        int n_there = 0;
        for (int k = 0; k < N_ROWS; k++) {
            assert_true(c.output[k] >= 0);
            n_there += c.output[k] > 0;
        }
        assert_true(n_there > N_ROWS / 4);
        end(&c, a);
    }
}

static void figures_are_those_of_the_counters(void **state)
{
    (void)state;
    for (uint32_t i = 0; dc_accelerator_at(i) != NULL; i++) {
        const dc_accelerator *a = dc_accelerator_at(i);
        dc_machine_figures once, twice;
        double sum = 0;
        layer_case c;
        begin(&c, a);
        assert_true(c.layout.n_entries >= c.packed.n_nonzero);
        assert_true(c.layout.n_most > 0 && c.layout.n_most <= c.layout.n_entries);
        assert_string_equal(c.layout.misfit, "");
        assert_ok(a->run(c.machine, c.layer, c.input, c.output, c.counters));
        a->figures(&once, c.counters, c.config);
        c.last_share = 0;
        assert_ok(a->run(c.machine, c.layer, c.input, c.output, c.counters));
        a->figures(&twice, c.counters, c.config);
        assert_int_equal(once.n_runs, 1);
        assert_int_equal(once.n_inputs, N_COLS);
        assert_int_equal(once.n_nonzero_inputs, N_COLS / 2);
        assert_int_equal(once.entries, once.macs + once.fillers);
        assert_true(once.load_balance > 0 && once.load_balance <= 1);
        assert_true(once.theoretical_cycles <= (double)once.cycles);
        if (once.n_parts > 0) /* where they are known */
            assert_true(once.weight_read_pj > 0 && once.weight_read_pj < once.energy_pj);
        assert_int_equal(twice.cycles, 2 * once.cycles);
        assert_near(twice.energy_pj, 2 * once.energy_pj, 1e-9 * once.energy_pj);
        for (uint32_t k = 0; k < once.n_parts; k++)
            sum += once.parts[k].title != NULL ? once.parts[k].pj : 0;
        if (once.n_parts > 0)
            assert_near(sum, once.energy_pj, 1e-9 * sum);
        end(&c, a);
    }
}

static void what_was_published_is_whole(void **state)
{
    (void)state;
    for (uint32_t i = 0; dc_accelerator_at(i) != NULL; i++) {
        const dc_published *p = dc_accelerator_at(i)->published;
        for (uint32_t k = 0; p != NULL && k < p->n_layers; k++) {
            const dc_published_layer *layer = &p->layers[k];
            assert_ptr_equal(dc_published_find(p, layer->n_rows, layer->n_cols, layer->name),
                             layer);
            for (uint32_t f = 0; f < DC_MAX_PLATFORMS; f++)
                assert_true((layer->on[f].dense_us > 0) ==
                            (p->platforms[f].name != NULL && p->whole == NULL));
        }
        for (uint32_t f = 0; p != NULL && p->whole != NULL && f < DC_MAX_PLATFORMS; f++)
            assert_true((p->whole->on[f].dense_us > 0) == (p->platforms[f].name != NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accelerators_are_found_by_number_and_name),
        cmocka_unit_test(parameters_and_counters_lie_within_their_structs),
        cmocka_unit_test(every_machine_answers_what_its_oracle_answers),
        cmocka_unit_test(figures_are_those_of_the_counters),
        cmocka_unit_test(what_was_published_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
