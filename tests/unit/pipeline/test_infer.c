/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "small_run.h"

#define N_CLASSES 4u
#define N 30u

/* All weights zero: the outputs are these. */
static dc_model *says(const float *outputs)
{
    dc_model *model = two_layers(N_CLASSES);
    for (uint32_t i = 0; i < model->n_params; i++)
        memset(model->params[i].values, 0, model->params[i].n_values * sizeof(float));
    memcpy(model->params[3].values, outputs, N_CLASSES * sizeof *outputs);
    return model;
}

typedef struct heard {
    uint64_t n;
    uint64_t ends_at; /* fails then */
    uint32_t n_best;
    uint32_t classes[N_CLASSES];
    double probabilities[N_CLASSES];
    float y[N_CLASSES];
    bool is_class, is_finite, is_in_order;
} heard;

static dc_status hear(void *payload, const dc_answer *a)
{
    heard *h = payload;
    h->is_in_order = (h->n == 0 || h->is_in_order) && a->index == h->n;
    if (++h->n == h->ends_at)
        return dc_fail(DC_ESTALL, "enough");
    assert_int_equal(a->n, N_CLASSES);
    h->n_best = a->n_best;
    h->is_class = a->is_class;
    h->is_finite = a->is_finite;
    memcpy(h->y, a->y, sizeof h->y);
    for (uint32_t i = 0; i < a->n_best; i++) {
        h->classes[i] = a->classes[i];
        h->probabilities[i] = a->probabilities[i];
    }
    return DC_OK;
}

static heard ask(const dc_model *model, dc_infer_settings settings, dc_infer_result *result)
{
    const dc_source source = counting_samples(N, N_CLASSES);
    heard h = { 0 };
    settings.take = hear;
    settings.payload = &h;
    assert_ok(dc_infer(result, model, &source, &settings));
    assert_int_equal(h.n, N);
    assert_int_equal(result->n_samples, N);
    assert_true(h.is_in_order);
    return h;
}

static void scores_become_probabilities_the_greatest_first(void **state)
{
    (void)state;
    static const float outputs[N_CLASSES] = { 1, 3, -1, 2 };
    static const uint32_t order[] = { 1, 3, 0 };
    const double sum = exp(1) + exp(3) + exp(-1) + exp(2);
    dc_model *model = says(outputs);
    dc_infer_result result;
    const heard h = ask(model, (dc_infer_settings){ .n_best = 3 }, &result);
    assert_true(result.is_classifier && h.is_class && h.is_finite);
    assert_int_equal(h.n_best, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(h.classes[i], order[i]);
        assert_near(h.probabilities[i], exp((double)outputs[order[i]]) / sum, 1e-6);
    }
    dc_model_free(model);
}

static void there_are_no_more_classes_than_outputs(void **state)
{
    (void)state;
    static const float outputs[N_CLASSES] = { 1, 3, -1, 2 };
    dc_model *model = says(outputs);
    dc_infer_result result;
    assert_int_equal(ask(model, (dc_infer_settings){ .n_best = 99 }, &result).n_best, N_CLASSES);
    dc_model_free(model);
}

static void numbers_are_given_as_they_are(void **state)
{
    (void)state;
    static const float outputs[N_CLASSES] = { 1, 3, -1, 2 };
    dc_model *model = says(outputs);
    dc_infer_result result;
    const heard h =
        ask(model, (dc_infer_settings){ .n_best = 3, .wants_numbers = true }, &result);
    assert_false(result.is_classifier || h.is_class);
    assert_int_equal(h.n_best, 0);
    assert_memory_equal(h.y, outputs, sizeof outputs);
    dc_model_free(model);
}

static void an_answer_that_is_not_finite_has_no_classes(void **state)
{
    (void)state;
    static const float outputs[N_CLASSES] = { 1, INFINITY, -1, 2 };
    dc_model *model = says(outputs);
    dc_infer_result result;
    const heard h = ask(model, (dc_infer_settings){ .n_best = 3 }, &result);
    assert_true(h.is_class && !h.is_finite);
    assert_int_equal(h.n_best, 0);
    assert_int_equal(result.n_not_finite, N);
    dc_model_free(model);
}

static void every_engine_answers(void **state)
{
    (void)state;
    static const float outputs[N_CLASSES] = { 1, 3, -1, 2 };
    const dc_source source = counting_samples(N, N_CLASSES);
    dc_model *model = says(outputs);
    for (uint32_t i = 0; dc_engine_at(i) != NULL; i++) {
        heard h = { 0 };
        dc_infer_result result;
        const dc_infer_settings settings = { .engine = dc_engine_at(i), .n_best = 1,
                                             .take = hear, .payload = &h };
        const dc_status status = dc_infer(&result, model, &source, &settings);
        if (status == DC_EUNSUPPORTED) /* weights must be shared, or it is not there */
            continue;
        assert_ok(status);
        assert_int_equal(h.n, N);
        assert_int_equal(h.classes[0], 1);
        assert_string_equal(result.engine, dc_engine_at(i)->name);
    }
    dc_model_free(model);
}

static void who_listens_may_end_it(void **state)
{
    (void)state;
    static const float outputs[N_CLASSES] = { 0 };
    const dc_source source = counting_samples(N, N_CLASSES);
    dc_model *model = says(outputs);
    dc_infer_result result;
    heard h = { .ends_at = 3 };
    const dc_infer_settings settings = { .n_best = 1, .take = hear, .payload = &h };
    assert_fails(DC_ESTALL, dc_infer(&result, model, &source, &settings));
    assert_int_equal(h.n, 3);
    dc_model_free(model);
}

static void only_texts_go_on(void **state)
{
    (void)state;
    static const float outputs[N_CLASSES] = { 0 };
    const dc_source source = counting_samples(N, N_CLASSES);
    dc_model *model = says(outputs);
    dc_infer_result result;
    heard h = { 0 };
    const dc_infer_settings settings = { .n_best = 1, .n_generated = 1, .take = hear,
                                         .payload = &h };
    assert_fails(DC_EINPUT, dc_infer(&result, model, &source, &settings));
    assert_int_equal(h.n, 0);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_become_probabilities_the_greatest_first),
        cmocka_unit_test(there_are_no_more_classes_than_outputs),
        cmocka_unit_test(numbers_are_given_as_they_are),
        cmocka_unit_test(an_answer_that_is_not_finite_has_no_classes),
        cmocka_unit_test(every_engine_answers),
        cmocka_unit_test(who_listens_may_end_it),
        cmocka_unit_test(only_texts_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
