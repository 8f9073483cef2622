/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

static dc_model *model_of(const char *text)
{
    dc_json *json = NULL;
    dc_model *model = NULL;
    assert_ok(dc_json_parse(&json, text, strlen(text), "net"));
    assert_ok(dc_model_from_arch(&model, json, "net"));
    dc_json_free(json);
    return model;
}

static dc_model *three_outputs(void)
{
    return model_of("{\"name\":\"net\",\"input\":{\"shape\":[2]},\"layers\":["
                    "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":3}]}");
}

static dc_status read(dc_model *model, const char *text)
{
    return dc_class_names_read(model, (const uint8_t *)text, strlen(text), "names.txt");
}

static void blanks_around_names_and_lines_without_any_at_the_end_are_left_out(void **state)
{
    static const char *const texts[] = { "cat\nbig dog\nfox", "cat\nbig dog\nfox\n",
                                         "cat\r\n big dog \t\r\nfox\r\n\r\n  \n\n" };
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(texts); i++) {
        dc_model *model = three_outputs();
        assert_ok(read(model, texts[i]));
        assert_int_equal(model->n_class_names, 3);
        assert_string_equal(model->class_names[0], "cat");
        assert_string_equal(model->class_names[1], "big dog");
        assert_string_equal(model->class_names[2], "fox");
        dc_model_free(model);
    }
}

static void a_list_that_is_refused_leaves_the_names_there_were(void **state)
{
    dc_model *model = three_outputs();
    (void)state;
    assert_ok(read(model, "a\nb\nc\n"));
    assert_fails(DC_EINPUT, read(model, "a\nb\n"));
    assert_non_null(strstr(dc_message(), "'names.txt' has 2 names, the network 3 outputs"));
    assert_fails(DC_EINPUT, read(model, "d\ne\nf\n\ng\n"));
    assert_fails(DC_ECORRUPT, read(model, "d\n\xff\nf\n"));
    assert_non_null(strstr(dc_message(), "line 2 of 'names.txt' is too long or not UTF-8"));
    assert_fails(DC_ECORRUPT, read(model, "d\ne\x1b[31m\nf\n"));
    assert_string_equal(model->class_names[2], "c");
    dc_model_free(model);
}

static void names_may_be_those_of_a_step(void **state)
{
    static const struct { const char *text; uint32_t n; } lists[] = {
        { "a\nb\nc\n", 3 }, { "a\nb\nc\n\n\n", 3 }, { "a\n\n\n", 3 },
        { "a\nb\nc\nd\ne\nf\n", 6 }, { "a\nb\nc\nd\ne\nf\n\n", 6 }, { "a\nb\nc\nd\n", 0 },
    };
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(lists); i++) {
        dc_model *model =
            model_of("{\"name\":\"net\",\"input\":{\"shape\":[2,4]},\"layers\":["
                     "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":3,\"axis\":1}]}");
        assert_int_equal(read(model, lists[i].text), lists[i].n > 0 ? DC_OK : DC_EINPUT);
        assert_int_equal(model->n_class_names, lists[i].n);
        dc_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_around_names_and_lines_without_any_at_the_end_are_left_out),
        cmocka_unit_test(names_may_be_those_of_a_step),
        cmocka_unit_test(a_list_that_is_refused_leaves_the_names_there_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
