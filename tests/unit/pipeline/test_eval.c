/* SPDX-License-Identifier: MIT */
#include <float.h>

#include "test.h"

#include "small_run.h"

static const dc_eval_settings by_four = { .batch_size = 4 };

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
    assert_ok(dc_eval_model(&result, model, source, &by_four));
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
    for (uint32_t n_classes = 2; n_classes <= 6; n_classes++) {
        const float biases[6] = { NAN, NAN, NAN, NAN, NAN, NAN };
        dc_model *model = biases_only(n_classes, biases);
        const dc_source source = counting_samples(12, n_classes);
        const dc_eval_result result = evaluate(model, &source);
        assert_near(result.top1, 0, 0);
        assert_near(result.top5, 0, 0);
        assert_int_equal(result.n_not_finite, 12);
        dc_model_free(model);
    }
}

static void outputs_that_are_not_finite_are_counted_and_never_right(void **state)
{
    (void)state;
    const float biases[3] = { 0, FLT_MAX, 0 };
    dc_model *model = biases_only(3, biases);
    for (uint64_t i = 0; i < model->params[0].n_values; i++)
        model->params[0].values[i] = 1; /* all 4 i */
    model->params[2].values[8] = FLT_MAX; /* into class 1, from sample 1 on */
    const dc_source source = counting_samples(12, 3);
    const dc_eval_result result = evaluate(model, &source);
    assert_int_equal(result.n_not_finite, 11);
    assert_near(result.top1, 0, 0);
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
                 dc_eval_model(&result, model, &source, &by_four));
    assert_string_equal(dc_message(), "sample 3 of 'counting': class 3 of the data is not among "
                                      "the model's 3 classes");
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
    const dc_eval_settings settings = { .batch_size = 4, .dump_path = path };
    dc_eval_result result;
    dc_model *model = two_layers(3);
    dc_source source = counting_samples(7, 0);
    source.is_labelled = false;
    source.read = unlabelled_read;
    snprintf(path, sizeof path, "%s/y.npy", new_folder(folder, sizeof folder));
    assert_ok(dc_eval_model(&result, model, &source, &settings));
    assert_true(isnan(result.top1) && isnan(result.top5) && isnan(result.loss));
    assert_false(result.is_labelled);
    dc_file_view view;
    assert_ok(dc_file_open(&view, path, 0));
    assert_true(view.size >= 7 * 3 * sizeof(float) && view.size % 4 == 0);
    dc_file_close(&view);
    assert_fails(DC_EINPUT,
                 dc_eval_model(&result, model, &source, &settings));
    unlink(path);
    rmdir(folder);
    dc_model_free(model);
}

/* Every way to tie among seven classes, by whoever judges. */
static void all_judges_agree_on_ties(void **state)
{
    (void)state;
    dc_tally classes[7];
    const dc_eval_settings settings = { .batch_size = 4, .classes = classes };
    const dc_source source = counting_samples(14, 7);
    for (uint32_t ties = 0; ties < 128; ties++) {
        float biases[7];
        uint64_t n_top1 = 0, n_top5 = 0;
        dc_eval_result result;
        dc_score score;
        for (uint32_t c = 0; c < 7; c++)
            biases[c] = ties >> c & 1 ? 1 : -(float)c;
        dc_model *model = biases_only(7, biases);
        memset(classes, 0, sizeof classes);
        assert_ok(dc_eval_model(&result, model, &source, &settings));
        assert_ok(dc_evaluate(&score, model, &source, 4, DC_PRECISION_F32));
        for (uint32_t c = 0; c < 7; c++) {
            n_top1 += classes[c].n_top1;
            n_top5 += classes[c].n_top5;
        }
        assert_near(result.top1, 100 * (1 - score.top1_error), 1e-9);
        assert_near(result.top5, 100 * (1 - score.top5_error), 1e-9);
        assert_near(result.top1, 100 * (double)n_top1 / 14, 1e-9);
        assert_near(result.top5, 100 * (double)n_top5 / 14, 1e-9);
        dc_model_free(model);
    }
}

/* Zero weights, by whoever judges: the trainer, validation, evaluation, the accelerator's numbers.
 */
static void a_constant_model_is_right_about_nothing_whoever_judges(void **state)
{
    (void)state;
    const float biases[7] = { 0 };
    const dc_source source = counting_samples(14, 7);
    dc_train_settings still = dc_train_defaults();
    dc_model *model = biases_only(7, biases);
    dc_trainer *trainer = NULL;
    dc_epoch_stats trained = { 0 };
    dc_eval_result by_number = { 0 };
    dc_score score = { 0 };
    const dc_data_settings data = { 0 };
    still.learning_rate = 0;
    assert_ok(dc_trainer_new(&trainer, model, &source, &still, NULL, NULL));
    assert_ok(dc_trainer_epoch(&trained, trainer));
    dc_trainer_free(trainer);
    assert_ok(dc_evaluate(&score, model, &source, 4, DC_PRECISION_F32));
    const dc_eval_result result = evaluate(model, &source);
    dc_model_param(model, "fc1.weight")->is_shared = true;
    dc_model_param(model, "fc2.weight")->is_shared = true;
    dc_eval_settings with_by_number = by_four;
    with_by_number.engine = dc_engine_named("fixed16");
    with_by_number.data = &data;
    assert_ok(dc_eval_model(&by_number, model, &source, &with_by_number));
    assert_true(trained.train_error == 1 && score.top1_error == 1 && score.top5_error == 1);
    assert_true(result.top1 == 0 && result.top5 == 0 && by_number.top1 == 0 &&
                by_number.top5 == 0);
    dc_model_free(model);
}

/* The same loss too, to the last bit, whatever the end is. */
static void validation_equals_evaluation(void **state)
{
    (void)state;
    const dc_op ends[] = { DC_OP_SOFTMAX, DC_OP_SIGMOID, DC_OP_LOG_SOFTMAX, DC_OP_DROPOUT };
    const dc_source source = counting_samples(21, 7);
    for (uint32_t i = 0; i < DC_COUNT_OF(ends); i++) {
        dc_model *model = two_layers(7);
        const uint32_t last = model->n_nodes - 1;
        dc_score score = { 0 };
        assert_ok(dc_model_add(model, "end", ends[i], &last, 1, NULL, true));
        assert_ok(dc_evaluate(&score, model, &source, 4, DC_PRECISION_F32));
        const dc_eval_result result = evaluate(model, &source);
        assert_true(memcmp(&result.loss, &score.loss, sizeof score.loss) == 0);
        assert_near(result.top1, 100 * (1 - score.top1_error), 1e-12);
        assert_near(result.top5, 100 * (1 - score.top5_error), 1e-12);
        assert_int_equal(result.n_samples, score.n_samples);
        dc_model_free(model);
    }
}

/* Every third sample, from the second on, is lost. */
static dc_status spoilt_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    DC_TRY(counting_read(source, indices, n, epoch, x, labels));
    for (uint32_t i = 0; i < n && labels != NULL; i++)
        if (indices[i] % 3 == 1)
            labels[i] = DC_UNREADABLE;
    return DC_OK;
}

static void accuracy_is_over_what_can_be_read(void **state)
{
    (void)state;
    const float biases[4] = { 0, 3, 1, 2 };
    dc_model *model = biases_only(4, biases);
    dc_source source = counting_samples(12, 4);
    source.read = spoilt_read; /* left: 0 2 3 5 6 8 9 11, classes 0 2 3 1 2 0 1 3 */
    const dc_eval_result result = evaluate(model, &source);
    assert_int_equal(result.n_samples, 8);
    assert_int_equal(result.n_skipped, 4);
    assert_near(result.top1, 25, 1e-9);
    dc_model_free(model);
}

static dc_status lost_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                           uint64_t epoch, float *x, int32_t *labels)
{
    DC_TRY(counting_read(source, indices, n, epoch, x, labels));
    for (uint32_t i = 0; i < n && labels != NULL; i++)
        labels[i] = DC_UNREADABLE;
    return DC_OK;
}

static void nothing_that_can_be_read_is_an_error(void **state)
{
    (void)state;
    dc_eval_result result;
    dc_model *model = two_layers(3);
    dc_source source = counting_samples(8, 3);
    source.read = lost_read;
    assert_fails(DC_ECORRUPT, dc_eval_model(&result, model, &source, &by_four));
    dc_model_free(model);
}

static void each_class_is_counted(void **state)
{
    (void)state;
    const float biases[7] = { 6, 5, 4, 3, 2, 1, 0 };
    dc_tally classes[7] = { { 0 } };
    const dc_eval_settings settings = { .batch_size = 4, .classes = classes };
    dc_model *model = biases_only(7, biases);
    const dc_source source = counting_samples(9, 7); /* classes 0 and 1 twice */
    dc_eval_result result;
    assert_ok(dc_eval_model(&result, model, &source, &settings));
    for (uint32_t c = 0; c < 7; c++) {
        assert_int_equal(classes[c].n, c < 2 ? 2 : 1);
        assert_int_equal(classes[c].n_top1, c == 0 ? 2 : 0);
        assert_int_equal(classes[c].n_top5, c < 5 ? classes[c].n : 0);
    }
    dc_model_free(model);
}

static void outputs_are_in_the_order_of_samples_with_nan_for_lost_ones(void **state)
{
    (void)state;
    char folder[64], path[80];
    const float biases[3] = { 1, 2, 3 };
    const dc_eval_settings settings = { .batch_size = 2, .dump_path = path };
    dc_model *model = biases_only(3, biases);
    dc_source source = counting_samples(5, 3);
    dc_eval_result result;
    dc_file_view view;
    float y[15];
    source.read = spoilt_read;
    snprintf(path, sizeof path, "%s/y.npy", new_folder(folder, sizeof folder));
    assert_ok(dc_eval_model(&result, model, &source, &settings));
    assert_ok(dc_file_open(&view, path, 0));
    memcpy(y, view.data + view.size - sizeof y, sizeof y);
    for (uint32_t i = 0; i < 15; i++)
        assert_true(i / 3 % 3 == 1 ? isnan(y[i]) : y[i] == biases[i % 3]);
    dc_file_close(&view);
    unlink(path);
    rmdir(folder);
    dc_model_free(model);
}

/* The written file, whole. */
static dc_status never_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                            uint64_t epoch, float *x, int32_t *labels)
{
    (void)source, (void)indices, (void)n, (void)epoch, (void)x, (void)labels;
    fail_msg("a sample was read");
    return DC_OK;
}

/* Their number would be cut to 32 bits in the file's header. */
static void outputs_of_too_many_samples_are_refused_before_the_run(void **state)
{
    (void)state;
    dc_model *model = two_layers(3);
    dc_source source = counting_samples((uint64_t)UINT32_MAX + 1, 3);
    const dc_eval_settings settings = { .batch_size = 2, .dump_path = "outputs.npy" };
    dc_eval_result result;
    source.read = never_read;
    assert_fails(DC_ELIMIT, dc_eval_model(&result, model, &source, &settings));
    assert_string_equal(dc_message(), "'outputs.npy' has room for the outputs of 4294967295 "
                                      "samples, not of 4294967296 (--limit)");
    dc_model_free(model);
}

static void read_text(char *text, size_t size, const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

/* One value in; its sigmoid, through views, out. */
static dc_model *decision(const char *end)
{
    char text[400];
    snprintf(text, sizeof text,
             "{\"name\":\"net\",\"input\":{\"shape\":[4]},\"layers\":["
             "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":1}%s]}", end);
    dc_model *model = model_of(text);
    model->params[0].values[0] = 1;
    model->params[1].values[0] = -1.5f;
    return model;
}

#define SIGMOID ",{\"name\":\"s\",\"op\":\"sigmoid\"},{\"name\":\"f\",\"op\":\"flatten\"}"

static void one_sigmoid_output_judges_two_classes(void **state)
{
    (void)state;
    dc_tally classes[2] = { { 0 } };
    const dc_eval_settings settings = { .batch_size = 4, .classes = classes };
    dc_model *model = decision(SIGMOID);
    const dc_source source = counting_samples(4, 2); /* logits -1.5 -0.5 0.5 1.5, classes 0 1 0 1 */
    dc_eval_result result;
    assert_ok(dc_eval_model(&result, model, &source, &settings));
    assert_near(result.top1, 50, 0);
    assert_near(result.top5, 100, 0);
    assert_near(result.loss, (log1p(exp(-1.5)) + log1p(exp(0.5))) / 2, 1e-6);
    assert_int_equal(classes[1].n, 2);
    assert_int_equal(classes[1].n_top1, 1);
    dc_model_free(model);
}

static void sigmoid_outputs_cost_what_each_costs(void **state)
{
    (void)state;
    const float biases[3] = { 2, -1, 40 };
    dc_model *model = biases_only(3, biases);
    const uint32_t last = model->n_nodes - 1;
    assert_ok(dc_model_add(model, "s", DC_OP_SIGMOID, &last, 1, NULL, true));
    const dc_source source = counting_samples(3, 3);
    const dc_eval_result result = evaluate(model, &source);
    const double high = log1p(exp(2)), low = log1p(exp(-1)), one = -log(0x1p-25); /* for 40 */
    assert_near(result.loss, (3 * (high + low + one) - 2 + 1 - one) / 3, 1e-5);
    dc_model_free(model);
}

static void one_output_of_another_kind_has_no_accuracy(void **state)
{
    (void)state;
    dc_eval_result result;
    dc_model *model = decision("");
    dc_source source = counting_samples(4, 2);
    assert_fails(DC_EUNSUPPORTED, dc_eval_model(&result, model, &source, &by_four));
    source.is_labelled = false;
    source.read = unlabelled_read;
    assert_ok(dc_eval_model(&result, model, &source, &by_four));
    assert_int_equal(result.n_samples, 4);
    dc_model_free(model);
}

static void predictions_name_the_best_classes(void **state)
{
    (void)state;
    char folder[64], path[80], text[2000];
    const float biases[7] = { 0, 1, 0, 3, -1, 0, 2 };
    const dc_eval_settings settings = { .batch_size = 2, .predictions_path = path };
    dc_model *model = biases_only(7, biases);
    dc_source source = counting_samples(3, 7);
    dc_eval_result result;
    source.read = spoilt_read; /* left: 0 2 */
    snprintf(path, sizeof path, "%s/p.csv", new_folder(folder, sizeof folder));
    assert_ok(dc_eval_model(&result, model, &source, &settings));
    read_text(text, sizeof text, path);
    assert_string_equal(text,
                        "file,label,class1,probability1,class2,probability2,class3,probability3,"
                        "class4,probability4,class5,probability5\n"
                        "0,0,3,0.598483,6,0.22017,1,0.0809959,2,0.0297967,5,0.0297967\n"
                        "2,2,3,0.598483,6,0.22017,1,0.0809959,0,0.0297967,5,0.0297967\n");
    assert_fails(DC_EINPUT, dc_eval_model(&result, model, &source, &settings)); /* it exists */
    unlink(path);
    rmdir(folder);
    dc_model_free(model);
}

static void probabilities_of_a_softmax_are_taken_as_they_are(void **state)
{
    (void)state;
    char folder[64], path[80], text[2000];
    const dc_eval_settings settings = { .batch_size = 2, .predictions_path = path };
    dc_model *model =
        model_of("{\"name\":\"net\",\"input\":{\"shape\":[4]},\"layers\":["
                 "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":4},"
                 "{\"name\":\"p\",\"op\":\"softmax\"}]}");
    const dc_source source = counting_samples(4, 4);
    dc_eval_result result;
    snprintf(path, sizeof path, "%s/p.csv", new_folder(folder, sizeof folder));
    assert_ok(dc_eval_model(&result, model, &source, &settings)); /* all weights are 0 */
    assert_near(result.loss, log(4), 1e-6);
    read_text(text, sizeof text, path);
    assert_non_null(strstr(text, "\n0,0,1,0.25,2,0.25,3,0.25,0,0.25\n"));
    unlink(path);
    rmdir(folder);
    dc_model_free(model);
}

static void a_batch_is_no_larger_than_its_inputs_allow(void **state)
{
    (void)state;
    dc_model *small = two_layers(3);
    dc_model *large = model_of("{\"name\":\"net\",\"input\":{\"shape\":[3,227,227]},\"layers\":["
                               "{\"name\":\"p\",\"op\":\"global_average_pool\"}]}");
    assert_int_equal(dc_eval_batch(small), 500);
    assert_int_equal(dc_eval_batch(large), 32);
    dc_model_free(small);
    dc_model_free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tie_counts_against_the_model),
        cmocka_unit_test(a_tie_of_five_is_within_the_first_five),
        cmocka_unit_test(a_model_that_has_diverged_is_never_right),
        cmocka_unit_test(all_judges_agree_on_ties),
        cmocka_unit_test(a_constant_model_is_right_about_nothing_whoever_judges),
        cmocka_unit_test(validation_equals_evaluation),
        cmocka_unit_test(outputs_that_are_not_finite_are_counted_and_never_right),
        cmocka_unit_test(the_class_with_the_highest_score_is_the_answer),
        cmocka_unit_test(a_class_that_the_model_has_not_is_an_error),
        cmocka_unit_test(without_labels_there_are_outputs_and_no_accuracy),
        cmocka_unit_test(accuracy_is_over_what_can_be_read),
        cmocka_unit_test(nothing_that_can_be_read_is_an_error),
        cmocka_unit_test(each_class_is_counted),
        cmocka_unit_test(outputs_are_in_the_order_of_samples_with_nan_for_lost_ones),
        cmocka_unit_test(outputs_of_too_many_samples_are_refused_before_the_run),
        cmocka_unit_test(one_sigmoid_output_judges_two_classes),
        cmocka_unit_test(sigmoid_outputs_cost_what_each_costs),
        cmocka_unit_test(one_output_of_another_kind_has_no_accuracy),
        cmocka_unit_test(predictions_name_the_best_classes),
        cmocka_unit_test(probabilities_of_a_softmax_are_taken_as_they_are),
        cmocka_unit_test(a_batch_is_no_larger_than_its_inputs_allow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
