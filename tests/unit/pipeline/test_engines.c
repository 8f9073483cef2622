/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/nn.h"
#include "dcomp/pipeline.h"

static void engines_are_found_by_number_and_name(void **state)
{
    (void)state;
    size_t at = 0;
    for (uint32_t i = 0; dc_engine_at(i) != NULL; i++) {
        const dc_engine *engine = dc_engine_at(i);
        const size_t length = strlen(engine->name);
        assert_ptr_equal(dc_engine_named(engine->name), engine);
        assert_memory_equal(dc_engine_words + at, engine->name, length);
        at += length;
        assert_true(dc_engine_words[at] == (dc_engine_at(i + 1) != NULL ? '|' : '\0'));
        at++;
    }
    assert_null(dc_engine_named("gpu"));
    assert_string_equal(dc_engine_at(0)->name, "float");
}

/* With more than 256 distinct weights in its last layer. */
static dc_model *small_net(void)
{
    const char *text = "{\"name\":\"n\",\"input\":{\"shape\":[1,6,6]},\"layers\":["
                       "{\"name\":\"c\",\"op\":\"conv\",\"n_outputs\":3,\"kernel\":3},"
                       "{\"name\":\"r\",\"op\":\"relu\"},"
                       "{\"name\":\"f\",\"op\":\"flatten\"},"
                       "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":40}]}";
    dc_json *json = NULL;
    dc_model *model = NULL;
    assert_ok(dc_json_parse(&json, text, strlen(text), "n"));
    assert_ok(dc_model_from_arch(&model, json, "n"));
    dc_json_free(json);
    dc_model_init(model, DC_INIT_XAVIER, 3);
    return model;
}

static void backends_by_name_agree(void **state)
{
    (void)state;
    dc_model *model = small_net();
    const dc_engine_settings settings = { .batch_size = 5 };
    float x[5 * 36], y[2][5 * 40] = { { 0 } };
    for (uint32_t i = 0; i < DC_COUNT_OF(x); i++)
        x[i] = (float)(i * 7 % 19) / 19 - 0.5f;
    const char *const names[] = { "ref", "onednn" };
    for (uint32_t e = 0; e < 2; e++) {
        const dc_engine *engine = dc_engine_named(names[e]);
        void *opened = NULL;
        const dc_status status = engine->open(&opened, model, &settings);
        if (status == DC_EUNSUPPORTED) { /* built without it */
            assert_non_null(strstr(dc_message(), "onednn"));
            memcpy(y[1], y[0], sizeof y[0]);
            continue;
        }
        assert_ok(status);
        assert_ok(engine->run(opened, &(dc_batch){ .n = 5, .x = x }, y[e]));
        engine->close(opened);
    }
    for (uint32_t i = 0; i < DC_COUNT_OF(y[0]); i++)
        assert_near(y[0][i], y[1][i], 1e-5);
    dc_model_free(model);
}

static void an_engine_that_cannot_run_a_model_says_so(void **state)
{
    (void)state;
    dc_model *model = small_net();
    const dc_engine_settings settings = { .batch_size = 1 };
    void *opened = NULL;
    assert_fails(DC_EUNSUPPORTED, dc_engine_named("fixed16")->open(&opened, model, &settings));
    assert_null(opened);
    dc_engine_named("fixed16")->close(opened);
    dc_model_free(model);
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    for (uint32_t i = 0; dc_engine_at(i) != NULL; i++)
        dc_engine_at(i)->close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines_are_found_by_number_and_name),
        cmocka_unit_test(backends_by_name_agree),
        cmocka_unit_test(an_engine_that_cannot_run_a_model_says_so),
        cmocka_unit_test(closing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
