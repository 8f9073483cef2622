/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/pipeline.h"

static void every_stage_is_found_by_its_name(void **state)
{
    (void)state;
    uint32_t n = 0;
    for (const dc_stage *stage; (stage = dc_stage_at(n)) != NULL; n++)
        assert_ptr_equal(dc_stage_named(stage->name), stage);
    assert_true(n >= 6);
    assert_null(dc_stage_named("melt"));
    assert_null(dc_stage_named(""));
}

static void one_table_holds_the_fields_of_all_parts_at_their_offsets(void **state)
{
    (void)state;
    for (uint32_t i = 0; dc_stage_at(i) != NULL; i++) {
        const dc_stage *stage = dc_stage_at(i);
        dc_arena arena = { 0 };
        const dc_field *field = dc_stage_fields(stage, &arena);
        assert_non_null(field);
        for (const struct dc_stage_part *part = stage->parts; part->fields != NULL; part++)
            for (const dc_field *own = part->fields; own->name != NULL; own++, field++) {
                assert_string_equal(field->name, own->name);
                assert_int_equal(field->offset, own->offset + part->offset);
                assert_true(field->offset < stage->settings_bytes);
            }
        assert_null(field->name);
        dc_arena_clear(&arena);
    }
}

static void no_stage_has_two_fields_of_one_name(void **state)
{
    (void)state;
    for (uint32_t i = 0; dc_stage_at(i) != NULL; i++) {
        dc_arena arena = { 0 };
        const dc_field *fields = dc_stage_fields(dc_stage_at(i), &arena);
        for (const dc_field *field = fields; field->name != NULL; field++)
            assert_ptr_equal(dc_field_find(fields, field->name), field);
        dc_arena_clear(&arena);
    }
}

static void defaults_are_within_their_own_ranges(void **state)
{
    (void)state;
    for (uint32_t i = 0; dc_stage_at(i) != NULL; i++) {
        const dc_stage *stage = dc_stage_at(i);
        dc_arena arena = { 0 };
        const dc_field *fields = dc_stage_fields(stage, &arena);
        void *settings = dc_arena_take(&arena, 1, stage->settings_bytes);
        dc_json *json = dc_json_new();
        stage->set_defaults(settings);
        dc_record_write(json, settings, fields);
        assert_ok(dc_record_read(settings, fields, json, NULL, stage->name, &arena));
        dc_json_free(json);
        dc_arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stage_is_found_by_its_name),
        cmocka_unit_test(one_table_holds_the_fields_of_all_parts_at_their_offsets),
        cmocka_unit_test(no_stage_has_two_fields_of_one_name),
        cmocka_unit_test(defaults_are_within_their_own_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
