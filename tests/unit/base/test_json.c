/* SPDX-License-Identifier: MIT
 *
 * json.c and json_scan.c: what is refused and where, what is read, what is printed.
 */
#include "test.h"

#include <cjson/cJSON.h>

static dc_status parse(const char *text)
{
    dc_json *json = NULL;
    const dc_status status = dc_json_parse(&json, text, strlen(text), "t.json");
    dc_json_free(json);
    return status;
}

static void valid_values_of_every_kind_are_taken(void **state)
{
    (void)state;
    static const char *const good[] = {
        "0",
        "-0.5e+10",
        "true",
        " null ",
        "\"\"",
        "[]",
        "{}",
        "[[],{}]",
        "{\"a\":{\"a\":1}}",
        "\"\\u00e9\\ud83d\\ude00\\n\"",
        "\t\r\n[1 , 2]\n",
        "{\"a\":[],\"b\":[{}]}",
        "\xef\xbb\xbf{}", /* as some editors write it */
    };
    for (size_t i = 0; i < DC_COUNT_OF(good); i++)
        assert_ok(parse(good[i]));
}

static void whatever_is_not_json_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "0x1",
        "NaN",
        "tru",
        "truex",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1",
        "]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1,}",
        "{\"a\":1]",
        "1 2",
        "{} {}",
        "\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\n\"",
        "\"\xff\"",
        "{\"a\":1 \"b\":2}",
        "\xef\xbb\xbf\xef\xbb\xbf{}",
        "\xef\xbb\xbf",
        "\xef\xbb{}",
        "{}\xef\xbb\xbf",
        "1e999",
        "'a'",
        "[1]//",
        "\"\\ud800\\u0041\"",
    };
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++)
        assert_fails(DC_ECORRUPT, parse(bad[i]));
    dc_json *json;
    assert_fails(DC_ECORRUPT, dc_json_parse(&json, "\"a\0b\"", 5, "t.json"));
}

static void messages_tell_line_and_column(void **state)
{
    (void)state;
    parse("{\n  \"a\": 1,\n  \"b\": x\n}");
    assert_string_equal(dc_message(), "value expected in 't.json' at line 3, column 8");
    parse("{\"x\": {\"a\": 1}, \"a\": 2,\n \"b\": 3, \"\\u0061\": 4}");
    assert_string_equal(dc_message(), "key 'a' appears twice in 't.json' at line 2, column 10");
    parse("\xef\xbb\xbfx");
    assert_string_equal(dc_message(), "value expected in 't.json' at line 1, column 1");
    parse("[1, 2] 3");
    assert_string_equal(dc_message(),
                        "something follows the value in 't.json' at line 1, column 8");
}

static void depth_64_is_the_last(void **state)
{
    (void)state;
    char text[200];
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    text[128] = '\0';
    assert_ok(parse(text));
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    text[130] = '\0';
    assert_fails(DC_ECORRUPT, parse(text));
}

static void ten_thousand_keys_are_compared_quickly(void **state)
{
    (void)state;
    dc_writer w;
    dc_json *json = NULL;
    char item[40];
    dc_writer_init(&w, 1 << 20);
    for (int i = 0; i < 10000; i++) {
        const int n = snprintf(item, sizeof item, "%s\"key%d\":1", i ? "," : "{", i);
        dc_put_bytes(&w, item, (uint64_t)n);
    }
    dc_put_u8(&w, '}');
    assert_ok(dc_json_parse(&json, (const char *)w.data, w.size, "t"));
    assert_int_equal(dc_json_size(json), 10000);
    dc_json_free(json);
    dc_writer_clear(&w);
}

static void members_are_found_and_wrong_questions_answered_with_nothing(void **state)
{
    (void)state;
    const char *text = "{\"n\": 2.5, \"t\": \"hi\", \"a\": [true, null, 3], \"N\": 1}";
    dc_json *json;
    assert_ok(dc_json_parse(&json, text, strlen(text), "t"));
    const dc_json *array = dc_json_get(json, "a");
    assert_near(dc_json_number(dc_json_get(json, "n")), 2.5, 0);
    assert_string_equal(dc_json_text(dc_json_get(json, "t")), "hi");
    assert_int_equal(dc_json_size(array), 3);
    assert_true(dc_json_bool(dc_json_at(array, 0)));
    assert_int_equal(dc_json_kind_of(dc_json_at(array, 1)), DC_JSON_NULL);
    assert_string_equal(dc_json_key(dc_json_at(json, 1)), "t");
    assert_null(dc_json_get(json, "x"));
    assert_null(dc_json_get(array, "x"));
    assert_null(dc_json_at(array, 3));
    assert_null(dc_json_at(NULL, 0));
    assert_string_equal(dc_json_text(array), "");
    assert_string_equal(dc_json_key(json), "");
    assert_near(dc_json_number(dc_json_get(json, "t")), 0, 0);
    assert_int_equal(dc_json_size(NULL), 0);
    assert_int_equal(dc_json_kind_of(NULL), DC_JSON_NULL);
    dc_json_free(json);
}

static void built_values_print_exactly(void **state)
{
    (void)state;
    char *text;
    dc_json *json = dc_json_new();
    dc_json *array = dc_json_add_array(json, "a");
    dc_json_add_number(array, NULL, 0.1);
    dc_json_add_number(array, NULL, 1.0 / 3.0);
    dc_json_add_number(array, NULL, 5e-324);
    dc_json_add_number(array, NULL, 12.0);
    dc_json_add_number(array, NULL, NAN);
    dc_json_add_number(array, NULL, INFINITY);
    dc_json_add_u64(json, "u", UINT64_MAX);
    dc_json_add_bool(json, "b", true);
    dc_json_add_text(json, "t", "q\"\n");
    dc_json_add_text(json, "bad", "f\xff.bin");
    dc_json_add_null(json, "z");
    dc_json_add_object(json, "o");
    assert_ok(dc_json_print(&text, json, false));
    assert_string_equal(text, "{\"a\":[0.1,0.3333333333333333,4.94065645841247e-324,12,null,null],"
                              "\"u\":18446744073709551615,\"b\":true,\"t\":\"q\\\"\\n\","
                              "\"bad\":\"f?.bin\",\"z\":null,\"o\":{}}\n");
    assert_ok(parse(text));
    assert_near(dc_json_number(dc_json_at(array, 0)), 0.1, 0);
    dc_release(text);
    dc_json_free(json);
}

static void random_doubles_survive_print_and_parse(void **state)
{
    (void)state;
    dc_rng rng;
    dc_rng_init(&rng, 1, 1);
    for (int i = 0; i < 2000; i++) {
        const uint64_t bits = dc_rng_u64(&rng);
        double value;
        char *text;
        memcpy(&value, &bits, sizeof value);
        dc_json *json = dc_json_new(), *back;
        dc_json_add_number(json, "v", value);
        assert_ok(dc_json_print(&text, json, true));
        assert_ok(dc_json_parse(&back, text, strlen(text), "t"));
        if (isfinite(value))
            assert_true(dc_json_number(dc_json_get(back, "v")) == value);
        dc_json_free(back);
        dc_json_free(json);
        dc_release(text);
    }
}

static dc_status build(void)
{
    char *text = NULL;
    dc_json *json = dc_json_new();
    dc_json *inner = dc_json_add_object(json, "inner");
    dc_json_add_text(inner, "t", "text");
    dc_json_add_u64(inner, "n", 5);
    const dc_status status = dc_json_print(&text, json, false);
    if (status == DC_OK)
        assert_string_equal(text, "{\"inner\":{\"t\":\"text\",\"n\":5}}\n");
    dc_release(text);
    dc_json_free(json);
    return status;
}

static void a_failed_allocation_anywhere_is_told_by_print_or_parse(void **state)
{
    (void)state;
    uint64_t nth = 1;
    dc_status status = DC_ENOMEM;
    for (; status != DC_OK; nth++) {
        dc_fault_arm(DC_FAULT_ALLOC, nth);
        status = build();
        dc_fault_arm(DC_FAULT_ALLOC, 0);
        assert_true(status == DC_OK || status == DC_ENOMEM);
    }
    assert_true(nth > 8);
    for (nth = 1, status = DC_ENOMEM; status != DC_OK; nth++) {
        dc_fault_arm(DC_FAULT_ALLOC, nth);
        status = parse("{\"a\": [1, \"two\"], \"b\": {}}");
        dc_fault_arm(DC_FAULT_ALLOC, 0);
        assert_true(status == DC_OK || status == DC_ENOMEM);
    }
    assert_true(nth > 5);
}

static void what_a_terminal_obeys_is_escaped(void **state)
{
    (void)state;
    static const char text[] = "a\x1b \x7f \xc2\x9b \xe2\x80\xae \xc3\xa9 \xf0\x9f\x98\x80";
    dc_json *json = dc_json_new(), *again = NULL;
    char *printed = NULL;
    dc_json_add_text(json, text, text);
    assert_ok(dc_json_print(&printed, json, true));
    for (const char *c = printed; *c != '\0'; c++)
        assert_true(*c == '\n' || *c == '\t' || (unsigned char)*c >= 0x20);
    assert_non_null(strstr(printed, "\\u001b \\u007f \\u009b \\u202e \xc3\xa9 \xf0\x9f\x98\x80"));
    assert_ok(dc_json_parse(&again, printed, strlen(printed), "x"));
    assert_string_equal(dc_json_text(dc_json_get(again, text)), text);
    dc_release(printed);
    dc_json_free(json);
    dc_json_free(again);
}

/* cJSON's functions for memory are the whole program's, and dcomp sets them. */
static void what_cjson_gives_to_others_is_plain_memory(void **state)
{
    cJSON *before = cJSON_CreateObject();
    dc_json *json;
    (void)state;
    assert_ok(dc_json_parse(&json, "[1]", 3, "text"));
    cJSON_AddNumberToObject(before, "x", 1);
    char *text = cJSON_PrintUnformatted(before);
    assert_string_equal(text, "{\"x\":1}");
    free(text);
    cJSON_Delete(before);
    dc_json_free(json);
}

static void a_text_is_held_against_the_memory_limit(void **state)
{
    char text[4001];
    dc_json *json;
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i == 0 ? '[' : i == sizeof text - 1 ? ']' : i % 2 == 1 ? '1' : ',';
    dc_memory_limit(100000);
    assert_fails(DC_ELIMIT, dc_json_parse(&json, text, sizeof text, "text"));
    dc_memory_limit(0);
    assert_ok(dc_json_parse(&json, text, sizeof text, "text"));
    dc_json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cjson_gives_to_others_is_plain_memory), /* before all others */
        cmocka_unit_test(a_text_is_held_against_the_memory_limit),
        cmocka_unit_test(what_a_terminal_obeys_is_escaped),
        cmocka_unit_test(valid_values_of_every_kind_are_taken),
        cmocka_unit_test(whatever_is_not_json_is_refused),
        cmocka_unit_test(messages_tell_line_and_column),
        cmocka_unit_test(depth_64_is_the_last),
        cmocka_unit_test(ten_thousand_keys_are_compared_quickly),
        cmocka_unit_test(members_are_found_and_wrong_questions_answered_with_nothing),
        cmocka_unit_test(built_values_print_exactly),
        cmocka_unit_test(random_doubles_survive_print_and_parse),
        cmocka_unit_test(a_failed_allocation_anywhere_is_told_by_print_or_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
