/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "small_run.h"

/* All weights zero: every class has the score of its bias. */
static dc_model *biases_only(uint32_t n_classes, const float *biases)
{
    dc_model *model = two_layers(n_classes);
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        memset(param->values, 0, param->n_values * sizeof *param->values);
    }
    memcpy(model->params[3].values, biases, n_classes * sizeof *biases);
    return model;
}

static dc_eval_result evaluate(const dc_model *model, const dc_source *source)
{
    dc_eval_result result = { 0 };
    assert_ok(dc_eval_model(&result, model, source, 4, DC_PRECISION_F32, NULL, false));
    return result;
}

static void a_tie_counts_against_the_model(void **state)
{
    (void)state;
    const float biases[6] = { 0 };
    dc_model *model = biases_only(6, biases);
    const dc_source source = counting_samples(12, 6);
    const dc_eval_result result = evaluate(model, &source);
    assert_int_equal(result.n_samples, 12);
    assert_near(result.top1, 0, 0);
    assert_near(result.top5, 0, 0);
    assert_near(result.loss, log(6), 1e-6);
    dc_model_free(model);
}

static void a_tie_of_five_is_within_the_first_five(void **state)
{
    (void)state;
    const float biases[5] = { 0 };
    dc_model *model = biases_only(5, biases);
    const dc_source source = counting_samples(10, 5);
    const dc_eval_result result = evaluate(model, &source);
    assert_near(result.top1, 0, 0);
    assert_near(result.top5, 100, 0);
    dc_model_free(model);
}

static void a_model_that_has_diverged_is_never_right(void **state)
{
    (void)state;
    const float biases[6] = { NAN, NAN, NAN, NAN, NAN, NAN };
    dc_model *model = biases_only(6, biases);
    const dc_source source = counting_samples(12, 6);
    const dc_eval_result result = evaluate(model, &source);
    assert_near(result.top1, 0, 0);
    assert_near(result.top5, 0, 0);
    dc_model_free(model);
}

static void the_class_with_the_highest_score_is_the_answer(void **state)
{
    (void)state;
    const float biases[4] = { 0, 3, 1, 2 };
    dc_model *model = biases_only(4, biases);
    const dc_source source = counting_samples(10, 4); /* classes 0 1 2 3 0 1 2 3 0 1 */
    const dc_eval_result result = evaluate(model, &source);
    assert_near(result.top1, 30, 1e-9);
    assert_near(result.top5, 100, 0);
    dc_model_free(model);
}

static void a_class_that_the_model_has_not_is_an_error(void **state)
{
    (void)state;
    dc_eval_result result;
    dc_model *model = two_layers(3);
    const dc_source source = counting_samples(8, 4);
    assert_fails(DC_EINPUT,
                 dc_eval_model(&result, model, &source, 4, DC_PRECISION_F32, NULL, false));
    dc_model_free(model);
}

static dc_status unlabelled_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                                 uint64_t epoch, float *x, int32_t *labels)
{
    (void)labels;
    return counting_read(source, indices, n, epoch, x, NULL);
}

static void without_labels_there_are_outputs_and_no_accuracy(void **state)
{
    (void)state;
    char folder[64], path[80];
    dc_eval_result result;
    dc_model *model = two_layers(3);
    dc_source source = counting_samples(7, 0);
    source.is_labelled = false;
    source.read = unlabelled_read;
    snprintf(path, sizeof path, "%s/y.npy", new_folder(folder, sizeof folder));
    assert_ok(dc_eval_model(&result, model, &source, 4, DC_PRECISION_F32, path, false));
    assert_true(isnan(result.top1) && isnan(result.top5) && isnan(result.loss));
    assert_false(result.is_labelled);
    dc_file_view view;
    assert_ok(dc_file_open(&view, path, 0));
    assert_true(view.size >= 7 * 3 * sizeof(float) && view.size % 4 == 0);
    dc_file_close(&view);
    assert_fails(DC_EINPUT,
                 dc_eval_model(&result, model, &source, 4, DC_PRECISION_F32, path, false));
    unlink(path);
    rmdir(folder);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tie_counts_against_the_model),
        cmocka_unit_test(a_tie_of_five_is_within_the_first_five),
        cmocka_unit_test(a_model_that_has_diverged_is_never_right),
        cmocka_unit_test(the_class_with_the_highest_score_is_the_answer),
        cmocka_unit_test(a_class_that_the_model_has_not_is_an_error),
        cmocka_unit_test(without_labels_there_are_outputs_and_no_accuracy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
