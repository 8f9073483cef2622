/* SPDX-License-Identifier: MIT */
#include "model_file.h"

static dc_arena arena;

static dc_status parse(dc_sweep *out, const char *text)
{
    const dc_simulate_settings base = dc_simulate_defaults();
    return dc_sweep_parse(out, text, &base, &arena);
}

/* `wanted` are the values as text, separated by spaces. */
static void assert_sweep(const char *text, const char *field, const char *wanted)
{
    char got[400] = "";
    dc_sweep sweep;
    assert_ok(parse(&sweep, text));
    assert_string_equal(sweep.field->name, field);
    for (uint32_t i = 0; i < sweep.n_values; i++) {
        const size_t n = strlen(got);
        snprintf(got + n, sizeof got - n, "%s%s", i > 0 ? " " : "", sweep.values[i]);
    }
    assert_string_equal(got, wanted);
    dc_arena_clear(&arena);
}

static void assert_refused(const char *text, const char *part_of_message)
{
    dc_sweep sweep;
    const dc_status status = parse(&sweep, text);
    if (status != DC_EINPUT)
        fail_msg("'%s': %s", text, dc_status_text(status));
    if (strstr(dc_message(), part_of_message) == NULL)
        fail_msg("'%s': \"%s\" does not say \"%s\"", text, dc_message(), part_of_message);
    dc_arena_clear(&arena);
}

/* ---- words ---------------------------------------------------------------------------------- */

static void a_range_doubles_and_ends_at_its_end(void **state)
{
    (void)state;
    assert_sweep("pes=1..256", "pes", "1 2 4 8 16 32 64 128 256");
    assert_sweep("pes=3..20", "pes", "3 6 12 20");
    assert_sweep("pes=5..5", "pes", "5");
    assert_sweep("pes=1..1024", "pes", "1 2 4 8 16 32 64 128 256 512 1024");
    assert_sweep("sram_width=32..512", "sram_width", "32 64 128 256 512");
    assert_sweep("clock=100..800", "clock", "100 200 400 800");
    assert_sweep("precision=8..32", "precision", "8 16 32"); /* words may look like numbers */
}

static void values_are_numbers_too(void **state)
{
    static const struct {
        const char *text;
        double first, second;
    } cases[] = { { "spmat-bytes=64K,128000", 65536, 128000 },
                  { "clock=0.5,800.25", 0.5, 800.25 },
                  { "precision=8,16", 8, 16 },
                  { "pes=3,2", 3, 2 } };
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_sweep sweep;
        assert_ok(parse(&sweep, cases[i].text));
        assert_near(sweep.numbers[0], cases[i].first, 0);
        assert_near(sweep.numbers[1], cases[i].second, 0);
        dc_arena_clear(&arena);
    }
}

static void a_list_is_taken_as_it_stands(void **state)
{
    (void)state;
    assert_sweep("precision=8,16,32", "precision", "8 16 32");
    assert_sweep("pes=64", "pes", "64");
    assert_sweep("pes=7,3,7", "pes", "7 3 7");
    assert_sweep("clock=0.5,800.25", "clock", "0.5 800.25");
}

static void a_name_may_be_cut_short_and_have_dashes(void **state)
{
    (void)state;
    assert_sweep("fifo-depth=2..8", "fifo_depth", "2 4 8");
    assert_sweep("fifo_depth=4", "fifo_depth", "4");
    assert_sweep("f=4", "fifo_depth", "4");
    assert_sweep("fifo-=4", "fifo_depth", "4");
    assert_sweep("sram=64", "sram_width", "64");
    assert_sweep("pe=2", "pes", "2");
    assert_sweep("pointer-bi=16", "pointer_bits", "16");
    assert_sweep("act-r=2", "act_registers", "2");
}

static void the_beginning_of_two_names_is_refused(void **state)
{
    (void)state;
    assert_refused("p=1,2", "'p' is the beginning of 'pes' and of 'pointer_bits'");
    assert_refused("pointer-=16", "'pointer_bits' and of 'pointer_bytes'");
    assert_refused("s=64", "'sram_width' and of 'spmat_bytes'");
    assert_refused("act=2", "'act_registers' and of 'act_bytes'");
}

static void a_name_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_refused("volts=1,2", "no parameter 'volts'");
    assert_refused("strict=true", "no parameter 'strict'"); /* yes or no is no axis */
    assert_refused("pess=1", "no parameter 'pess'");
    assert_refused("PES=1", "no parameter 'PES'");
    assert_refused("=1,2", "no parameter ''");
}

static void words_without_values_are_refused(void **state)
{
    (void)state;
    assert_refused("", "a sweep is NAME=");
    assert_refused("pes", "a sweep is NAME=");
    assert_refused("pes=", "a sweep is NAME=");
    assert_refused("pes=,", "'pes' takes");
    assert_refused("pes=1,", "'pes' takes");
    assert_refused("pes=1,,2", "'pes' takes");
}

static void bad_ranges_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = { "pes=..4",    "pes=1..",    "pes=..",     "pes=1...4",
                                         "pes=1..x",   "pes=x..4",   "pes=1..4,8", "pes=1,2..4",
                                         "pes=1..2..4", "pes=1.5..4", "pes=-1..4",  "pes=1 ..4",
                                         "pes=1..9999999999" };
    for (size_t i = 0; i < DC_COUNT_OF(texts); i++)
        assert_refused(texts[i], "a range is FROM..TO in whole numbers");
    assert_refused("pes=0..4", "a range goes up from 1");
    assert_refused("pes=8..4", "a range goes up from 1");
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    assert_refused("pes=2048", "'pes' must be 1 to 1024");
    assert_refused("pes=1..2048", "'pes' must be 1 to 1024");
    assert_refused("fifo=1,2", "'fifo_depth' must be 2 to 1024");
    assert_refused("pes=many", "'pes' takes");
    assert_refused("pes=-1", "'pes' must be");
    assert_refused("precision=12", "'precision' is one of 16|8|32");
    assert_refused("clock=fast", "'clock' takes");
}

static void machines_that_contradict_themselves_are_refused(void **state)
{
    (void)state;
    assert_refused("sram=48", "must be a power of two");
    assert_refused("sram=24..96", "must be a power of two");
}

static void more_values_than_anyone_looks_at_are_refused(void **state)
{
    (void)state;
    char text[200] = "pes=1";
    for (uint32_t i = 1; i < 64; i++)
        strcat(text, ",1");
    dc_sweep sweep;
    assert_ok(parse(&sweep, text));
    assert_int_equal(sweep.n_values, 64);
    strcat(text, ",1");
    assert_refused(text, "more than 64 values of 'pes'");
}

static void only_the_swept_parameter_changes(void **state)
{
    (void)state;
    dc_sweep sweep;
    dc_eie_config base = dc_eie_defaults();
    base.fifo_depth = 5;
    base.clock_mhz = 123;
    dc_simulate_settings settings = dc_simulate_defaults();
    settings.machine = &base;
    assert_ok(dc_sweep_parse(&sweep, "pes=2..8", &settings, &arena));
    assert_int_equal(sweep.n_values, 3);
    for (uint32_t i = 0; i < sweep.n_values; i++) {
        const dc_eie_config *machine = (const dc_eie_config *)sweep.machines + i;
        assert_int_equal(machine->n_pes, 2u << i);
        assert_int_equal(machine->fifo_depth, 5);
        assert_near(machine->clock_mhz, 123, 0);
        assert_int_equal(machine->sram_width_bits, base.sram_width_bits);
        assert_int_equal(machine->stall_limit_cycles, base.stall_limit_cycles);
    }
    dc_arena_clear(&arena);
}

/* ---- a model -------------------------------------------------------------------------------- */

static void a_model_is_run_on_each_machine(void **state)
{
    (void)state;
    model_file f;
    dc_sweep sweep;
    dc_simulate_result results[3];
    const dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 3);
    assert_ok(dc_sweep_parse(&sweep, "pes=1,4,16", &settings, &f.arena));
    assert_ok(dc_sweep_model(results, &sweep, f.path, &settings, &f.arena));
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(results[i].facts.n_pes, ((const dc_eie_config *)sweep.machines)[i].n_pes);
        assert_true(results[i].outputs_match);
        assert_int_equal(results[i].figures.macs, results[0].figures.macs);
        if (i > 0)
            assert_true(results[i].figures.cycles < results[i - 1].figures.cycles);
    }
    model_file_end(&f);
}

static void a_machine_that_cannot_run_it_ends_the_sweep(void **state)
{
    (void)state;
    model_file f;
    dc_sweep sweep;
    dc_simulate_result results[2];
    const dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 3);
    assert_ok(dc_sweep_parse(&sweep, "code-bits=4,2", &settings, &f.arena));
    assert_fails(DC_EINPUT, dc_sweep_model(results, &sweep, f.path, &settings, &f.arena));
    assert_non_null(strstr(dc_message(), "'fc1' shares"));
    model_file_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_doubles_and_ends_at_its_end),
        cmocka_unit_test(values_are_numbers_too),
        cmocka_unit_test(a_list_is_taken_as_it_stands),
        cmocka_unit_test(a_name_may_be_cut_short_and_have_dashes),
        cmocka_unit_test(the_beginning_of_two_names_is_refused),
        cmocka_unit_test(a_name_that_is_none_is_refused),
        cmocka_unit_test(words_without_values_are_refused),
        cmocka_unit_test(bad_ranges_are_refused),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(machines_that_contradict_themselves_are_refused),
        cmocka_unit_test(more_values_than_anyone_looks_at_are_refused),
        cmocka_unit_test(only_the_swept_parameter_changes),
        cmocka_unit_test(a_model_is_run_on_each_machine),
        cmocka_unit_test(a_machine_that_cannot_run_it_ends_the_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
