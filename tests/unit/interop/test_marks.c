/* SPDX-License-Identifier: MIT */
#include "foreign_case.h"

static dc_param param_of(float *values, uint64_t n, dc_role role)
{
    return (dc_param){
        .role = role, .values = values, .n_values = n, .shape = dc_shape_of(1, (uint32_t)n, 0, 0, 0)
    };
}

static void mark(dc_param *param)
{
    const dc_import_settings settings = dc_import_defaults();
    interop_mark(param, &settings, false);
}

static void few_values_are_shared_and_many_zeros_pruned(void **state)
{
    (void)state;
    float values[1024];
    dc_param p = param_of(values, 1024, DC_ROLE_WEIGHT);
    for (uint32_t i = 0; i < 1024; i++)
        values[i] = (float)(i % 256 + 1);
    mark(&p);
    assert_true(p.is_shared);
    assert_false(p.is_pruned);
    values[0] = 0; /* the 257th value */
    for (uint32_t i = 512; i < 600; i++)
        values[i] += 1000;
    mark(&p);
    assert_false(p.is_shared);
    for (uint32_t i = 0; i < 256; i++)
        values[i] = 0;
    mark(&p);
    assert_true(p.is_pruned);
    values[7] = 1; /* one less than a quarter */
    mark(&p);
    assert_false(p.is_pruned);
}

static void a_small_layer_is_not_shared_for_being_small(void **state)
{
    (void)state;
    float values[100];
    dc_param p = param_of(values, 100, DC_ROLE_WEIGHT);
    for (uint32_t i = 0; i < 100; i++)
        values[i] = (float)(i + 1);
    mark(&p);
    assert_false(p.is_shared);
    for (uint32_t i = 0; i < 100; i++)
        values[i] = (float)(i / 2 + 1);
    mark(&p);
    assert_true(p.is_shared);
}

static void only_weights_are_marked(void **state)
{
    (void)state;
    float values[64] = { 0 };
    dc_param p = param_of(values, 64, DC_ROLE_BIAS);
    mark(&p);
    assert_false(p.is_shared || p.is_pruned);
}

/* Zero-initialised, +-0.1, the identity, ternary of one size. */
static void a_layer_of_one_size_is_free_to_learn(void **state)
{
    (void)state;
    float values[1024];
    for (uint32_t kind = 0; kind < 5; kind++) {
        dc_param p = param_of(values, 1024, DC_ROLE_WEIGHT);
        for (uint32_t i = 0; i < 1024; i++) {
            const float sign = i * 7 % 3 == 0 ? -0.1f : 0.1f;
            const float kinds[] = { 0, sign, 0.25f, i % 33 == 0, i % 2 == 0 ? sign : 0 };
            values[i] = kinds[kind];
        }
        mark(&p);
        assert_false(p.is_pruned || p.is_shared);
    }
}

static void the_user_has_the_last_word(void **state)
{
    (void)state;
    float values[1024];
    dc_import_settings always = { .keep_zeros = DC_KEEP_ALWAYS, .keep_shared = DC_KEEP_ALWAYS };
    const dc_import_settings never = { .keep_zeros = DC_KEEP_NEVER, .keep_shared = DC_KEEP_NEVER };
    dc_param p = param_of(values, 1024, DC_ROLE_WEIGHT);
    for (uint32_t i = 0; i < 1024; i++)
        values[i] = (float)(i % 200);
    values[7] = 0; /* 1 in 200 */
    interop_mark(&p, &always, false);
    assert_true(p.is_pruned && p.is_shared);
    interop_mark(&p, &always, true);
    assert_true(p.is_pruned && p.is_shared);
    interop_mark(&p, &never, true);
    assert_false(p.is_pruned || p.is_shared);
    for (uint32_t i = 0; i < 1024; i++)
        values[i] = 0; /* pruned, but there is nothing to share */
    interop_mark(&p, &always, false);
    assert_true(p.is_pruned);
    assert_false(p.is_shared);
    for (uint32_t i = 0; i < 1024; i++)
        values[i] = (float)i + 1; /* neither zeros nor few values */
    interop_mark(&p, &always, false);
    assert_false(p.is_pruned || p.is_shared);
}

static void what_the_file_says_is_believed_if_it_can_be(void **state)
{
    (void)state;
    float values[1024];
    const dc_import_settings settings = dc_import_defaults();
    dc_param p = param_of(values, 1024, DC_ROLE_WEIGHT);
    for (uint32_t i = 0; i < 1024; i++)
        values[i] = (float)(i % 10 == 0 ? 0 : i);
    p.is_pruned = p.is_shared = true; /* more than 256 values */
    interop_mark(&p, &settings, true);
    assert_true(p.is_pruned);
    assert_false(p.is_shared);
    for (uint32_t i = 0; i < 1024; i++)
        values[i] = (float)(i % 3);
    p.is_pruned = p.is_shared = false; /* though it looks as if */
    interop_mark(&p, &settings, true);
    assert_false(p.is_pruned || p.is_shared);
    p.role = DC_ROLE_BIAS;
    p.is_shared = true;
    interop_mark(&p, &settings, true);
    assert_true(p.is_shared);
}

/* A network of layers f and g. */
static dc_model *two_layers(void)
{
    return net_of("{'name':'f','op':'linear','n_outputs':3},{'name':'g','op':'linear',"
                  "'n_outputs':2}");
}

static dc_status read_text(bool *has_marks, dc_model *model, const char *quoted)
{
    char text[256];
    snprintf(text, sizeof text, "%s", quoted);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    *has_marks = false;
    return interop_marks_read(has_marks, model, text, strlen(text));
}

static void marks_are_a_text_of_names(void **state)
{
    (void)state;
    bool has_marks;
    const char *text;
    dc_arena arena = { 0 };
    dc_model *model = two_layers();
    assert_ok(read_text(&has_marks, model, "{'pruned':['g.weight'],'shared':['f.bias']}"));
    assert_true(has_marks);
    assert_true(dc_model_param(model, "g.weight")->is_pruned);
    assert_true(dc_model_param(model, "f.bias")->is_shared);
    assert_false(dc_model_param(model, "f.weight")->is_pruned);
    assert_ok(interop_marks_json(&text, model, &arena));
    assert_string_equal(text, "{\"pruned\":[\"g.weight\"],\"shared\":[\"f.bias\"]}");
    dc_arena_clear(&arena);
    assert_ok(read_text(&has_marks, model, "{'pruned':[],'shared':['h.weight','f.bias']}"));
    assert_false(has_marks); /* of another network */
    static const char *const damaged[] = { "", "[]", "{'pruned':[]}", "{'shared':[]}", "7",
                                           "{'pruned':[1],'shared':[]}",
                                           "{'pruned':{},'shared':[]}" };
    for (size_t i = 0; i < DC_COUNT_OF(damaged); i++)
        assert_fails(DC_ECORRUPT, read_text(&has_marks, model, damaged[i]));
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_values_are_shared_and_many_zeros_pruned),
        cmocka_unit_test(a_small_layer_is_not_shared_for_being_small),
        cmocka_unit_test(only_weights_are_marked),
        cmocka_unit_test(a_layer_of_one_size_is_free_to_learn),
        cmocka_unit_test(the_user_has_the_last_word),
        cmocka_unit_test(what_the_file_says_is_believed_if_it_can_be),
        cmocka_unit_test(marks_are_a_text_of_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
