/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

static dc_model *from_text(const char *text)
{
    dc_json *json = NULL;
    dc_model *model = NULL;
    assert_ok(dc_json_parse(&json, text, strlen(text), "text"));
    assert_ok(dc_model_from_arch(&model, json, "text"));
    dc_json_free(json);
    return model;
}

static void every_kind_of_attribute_comes_back(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const char *again = "";
    static const char text[] =
        "{\"name\":\"n\",\"input\":{\"shape\":[2,9,9],\"mean\":1.5,\"scale\":[1,0.1],"
        "\"resize\":\"none\",\"filter\":\"triangle\"},\"class_names\":[\"a\",\"b\\\"\"],\n"
        "\"layers\":[\n"
        "{\"name\":\"c\",\"op\":\"conv\",\"n_outputs\":4,\"kernel\":[3,2],\"stride\":2,"
        "\"pad\":[1,0,2,1],\"groups\":2,\"bias\":false},\n"
        "{\"name\":\"p\",\"op\":\"max_pool\",\"kernel\":3,\"stride\":1,\"pad\":[1,2],"
        "\"ceil_mode\":true},\n"
        "{\"name\":\"s\",\"op\":\"slice\",\"size\":2,\"axis\":1,\"begin\":1},\n"
        "{\"name\":\"l\",\"op\":\"leaky_relu\",\"negative_slope\":0.3,\"inputs\":[\"c\"]},\n"
        "{\"name\":\"k\",\"op\":\"constant\",\"dims\":[4]},\n"
        "{\"name\":\"t\",\"op\":\"transpose\",\"dims\":[3,1,2],\"inputs\":[\"l\"]},\n"
        "{\"name\":\"f\",\"op\":\"linear\",\"n_outputs\":2}\n"
        "]}\n";
    dc_model *model = from_text(text);
    assert_ok(dc_model_to_arch(&again, model, &arena));
    assert_string_equal(again, text);
    dc_model_free(model);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_attribute_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
