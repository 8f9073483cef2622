/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "machine.h"

static void defaults_are_the_manuals(void **state)
{
    (void)state;
    const dc_eie_config c = dc_eie_defaults();
    assert_int_equal(c.n_pes, 64);
    assert_int_equal(c.fifo_depth, 8);
    assert_int_equal(c.sram_width_bits, 64);
    assert_int_equal(c.code_bits, 4);
    assert_int_equal(c.index_bits, 4);
    assert_int_equal(c.pointer_bits, 16);
    assert_int_equal(c.n_act_registers, 64);
    assert_int_equal(c.spmat_bytes, 131072);
    assert_int_equal(c.pointer_bytes, 32768);
    assert_int_equal(c.act_bytes, 2048);
    assert_near(c.clock_mhz, 800, 0);
    assert_int_equal(c.stall_limit_cycles, 10000);
    assert_false(c.is_strict);
    assert_int_equal(dc_eie_bits(&c), 16);
    assert_ok(dc_eie_check(&c));
}

/* ---- the table of fields -------------------------------------------------------------------- */

/* Names as on the command line; the manual, 1, has these ranges. */
typedef struct range {
    const char *name, *below, *least, *most, *above;
} range;

static const range ranges[] = {
    { "pes", "0", "1", "1024", "1025" },
    { "fifo-depth", "1", "2", "1024", "1025" },
    { "sram-width", "15", "16", "1024", "1025" },
    { "code-bits", "0", "1", "8", "9" },
    { "index-bits", "0", "1", "8", "9" },
    { "pointer-bits", "7", "8", "32", "33" },
    { "act-registers", "0", "1", "1024", "1025" },
    { "spmat-bytes", "0", "1", "1099511627776", "1099511627777" },
    { "pointer-bytes", "0", "1", "1099511627776", "1099511627777" },
    { "act-bytes", "0", "1", "1099511627776", "1099511627777" },
    { "clock", "0", "0.001", "1000000", "1000001" },
    { "stall-limit", "15", "16", "1099511627776", "1099511627777" },
};

/* The field's number as the record's JSON has it. */
static double number_of(const dc_eie_config *config, const dc_field *field)
{
    dc_json *json = dc_json_new();
    dc_record_write(json, config, dc_eie_config_fields);
    const double value = dc_json_number(dc_json_get(json, field->name));
    dc_json_free(json);
    return value;
}

static void each_parameter_takes_its_range_and_no_more(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    for (size_t i = 0; i < DC_COUNT_OF(ranges); i++) {
        const range *r = &ranges[i];
        const dc_field *field = dc_field_find(dc_eie_config_fields, r->name);
        assert_non_null(field);
        dc_eie_config config = dc_eie_defaults();
        assert_ok(dc_record_set(&config, field, r->least, &arena));
        assert_near(number_of(&config, field), strtod(r->least, NULL), 0);
        assert_ok(dc_record_set(&config, field, r->most, &arena));
        assert_near(number_of(&config, field), strtod(r->most, NULL), 0);
        assert_fails(DC_EINPUT, dc_record_set(&config, field, r->below, &arena));
        assert_non_null(strstr(dc_message(), field->name));
        assert_fails(DC_EINPUT, dc_record_set(&config, field, r->above, &arena));
        assert_fails(DC_EINPUT, dc_record_set(&config, field, "many", &arena));
        assert_near(number_of(&config, field), strtod(r->most, NULL), 0); /* as it was */
    }
    dc_arena_clear(&arena);
}

static void each_field_sets_its_own_member(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_eie_config c = dc_eie_defaults();
    static const char *const words[][2] = {
        { "pes", "3" },           { "fifo_depth", "5" },     { "sram_width", "128" },
        { "code_bits", "6" },     { "index_bits", "7" },     { "pointer_bits", "20" },
        { "precision", "32" },    { "act_registers", "9" },  { "spmat_bytes", "11" },
        { "pointer_bytes", "12" }, { "act_bytes", "13" },    { "clock", "1200.5" },
        { "stall_limit", "777" }, { "strict_fit", "true" },
    };
    for (size_t i = 0; i < DC_COUNT_OF(words); i++)
        assert_ok(dc_record_set(&c, dc_field_find(dc_eie_config_fields, words[i][0]), words[i][1],
                                &arena));
    assert_null(dc_eie_config_fields[DC_COUNT_OF(words)].name); /* these are all */
    assert_int_equal(c.n_pes, 3);
    assert_int_equal(c.fifo_depth, 5);
    assert_int_equal(c.sram_width_bits, 128);
    assert_int_equal(c.code_bits, 6);
    assert_int_equal(c.index_bits, 7);
    assert_int_equal(c.pointer_bits, 20);
    assert_int_equal(c.precision, DC_EIE_32);
    assert_int_equal(c.n_act_registers, 9);
    assert_int_equal(c.spmat_bytes, 11);
    assert_int_equal(c.pointer_bytes, 12);
    assert_int_equal(c.act_bytes, 13);
    assert_near(c.clock_mhz, 1200.5, 0);
    assert_int_equal(c.stall_limit_cycles, 777);
    assert_true(c.is_strict);
    dc_arena_clear(&arena);
}

static void precision_is_one_of_three_words(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        uint32_t precision, n_bits;
    } words[] = { { "8", DC_EIE_8, 8 }, { "16", DC_EIE_16, 16 }, { "32", DC_EIE_32, 32 } };
    const dc_field *field = dc_field_find(dc_eie_config_fields, "precision");
    dc_arena arena = { 0 };
    dc_eie_config config = dc_eie_defaults();
    for (size_t i = 0; i < DC_COUNT_OF(words); i++) {
        assert_ok(dc_record_set(&config, field, words[i].word, &arena));
        assert_int_equal(config.precision, words[i].precision);
        assert_int_equal(dc_eie_bits(&config), words[i].n_bits);
    }
    assert_fails(DC_EINPUT, dc_record_set(&config, field, "12", &arena));
    assert_non_null(strstr(dc_message(), "16|8|32"));
    dc_arena_clear(&arena);
}

/* ---- what contradicts itself ---------------------------------------------------------------- */

static void assert_refused(const dc_eie_config *config, const char *message)
{
    assert_fails(DC_EINPUT, dc_eie_check(config));
    assert_string_equal(dc_message(), message);
}

static void a_number_of_elements_that_cannot_be_is_refused(void **state)
{
    (void)state;
    dc_eie_config config = dc_eie_defaults();
    config.n_pes = 0;
    assert_refused(&config, "0 processing elements; there can be 1 to 1024");
    config.n_pes = 1025;
    assert_refused(&config, "1025 processing elements; there can be 1 to 1024");
    for (uint32_t n_pes = 1; n_pes <= 1024; n_pes++) {
        config.n_pes = n_pes;
        assert_ok(dc_eie_check(&config));
    }
}

static void a_queue_that_holds_nothing_is_refused(void **state)
{
    (void)state;
    dc_eie_config config = dc_eie_defaults();
    config.fifo_depth = 1;
    assert_refused(&config, "a queue of 1 slots holds nothing: one stays free (2 or more)");
    config.fifo_depth = 0;
    assert_fails(DC_EINPUT, dc_eie_check(&config));
    config.fifo_depth = 2;
    assert_ok(dc_eie_check(&config));
}

static void a_line_is_a_power_of_two(void **state)
{
    (void)state;
    dc_eie_config config = dc_eie_defaults();
    for (uint32_t width = 16; width <= 1024; width++) {
        const bool is_power = width == 16 || width == 32 || width == 64 || width == 128 ||
                              width == 256 || width == 512 || width == 1024;
        config.sram_width_bits = width;
        if (is_power)
            assert_ok(dc_eie_check(&config));
        else
            assert_fails(DC_EINPUT, dc_eie_check(&config));
    }
    config.sram_width_bits = 48;
    assert_refused(&config, "an SRAM line of 48 bits: it must be a power of two");
    config.sram_width_bits = 0;
    assert_fails(DC_EINPUT, dc_eie_check(&config));
}

static void an_entry_wider_than_a_line_is_refused(void **state)
{
    (void)state;
    dc_eie_config config = dc_eie_defaults();
    config.sram_width_bits = 16;
    config.code_bits = 8;
    config.index_bits = 8;
    assert_ok(dc_eie_check(&config));
    config.sram_width_bits = 8;
    assert_refused(&config, "no entry of 16 bits fits a line of 8");
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void a_line_holds_a_power_of_two_of_entries(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, code_bits, index_bits, n_entries;
    } lines[] = {
        { 64, 4, 4, 8 },   { 64, 5, 3, 8 },    { 64, 5, 4, 4 },    { 64, 8, 8, 4 },
        { 64, 1, 1, 32 },  { 64, 4, 8, 4 },    { 16, 8, 8, 1 },    { 16, 5, 4, 1 },
        { 16, 4, 4, 2 },   { 32, 4, 4, 4 },    { 128, 4, 4, 16 },  { 128, 5, 4, 8 },
        { 512, 4, 4, 64 }, { 1024, 4, 4, 128 }, { 1024, 8, 8, 64 }, { 1024, 1, 1, 512 },
    };
    for (size_t i = 0; i < DC_COUNT_OF(lines); i++) {
        dc_eie_config config = dc_eie_defaults();
        config.sram_width_bits = lines[i].width;
        config.code_bits = lines[i].code_bits;
        config.index_bits = lines[i].index_bits;
        assert_ok(dc_eie_check(&config));
        assert_int_equal(entries_per_line(&config), lines[i].n_entries);
    }
}

static void a_slot_is_never_narrower_than_its_entry(void **state)
{
    (void)state;
    dc_eie_config config = dc_eie_defaults();
    for (config.sram_width_bits = 16; config.sram_width_bits <= 1024; config.sram_width_bits *= 2)
        for (config.code_bits = 1; config.code_bits <= 8; config.code_bits++)
            for (config.index_bits = 1; config.index_bits <= 8; config.index_bits++) {
                const uint32_t n = entries_per_line(&config);
                const uint32_t entry_bits = config.code_bits + config.index_bits;
                assert_true((n & (n - 1)) == 0);
                assert_true(n * entry_bits <= config.sram_width_bits);
                assert_true(2 * n * entry_bits > config.sram_width_bits);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_manuals),
        cmocka_unit_test(each_parameter_takes_its_range_and_no_more),
        cmocka_unit_test(each_field_sets_its_own_member),
        cmocka_unit_test(precision_is_one_of_three_words),
        cmocka_unit_test(a_number_of_elements_that_cannot_be_is_refused),
        cmocka_unit_test(a_queue_that_holds_nothing_is_refused),
        cmocka_unit_test(a_line_is_a_power_of_two),
        cmocka_unit_test(an_entry_wider_than_a_line_is_refused),
        cmocka_unit_test(a_line_holds_a_power_of_two_of_entries),
        cmocka_unit_test(a_slot_is_never_narrower_than_its_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
