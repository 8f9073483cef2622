/* SPDX-License-Identifier: MIT */
#include "nets.h"

#define N 10

static void labels_are_the_teachers_greatest_outputs(void **state)
{
    dc_model *teacher = net_two_layers(3);
    const dc_source base = net_source(N, teacher->nodes[0].shape, 3);
    dc_source *taught = NULL;
    dc_predictor *predictor = NULL;
    uint64_t indices[N];
    float x[N * 12], y[N * 3];
    int32_t labels[N];
    (void)state;
    for (uint64_t i = 0; i < N; i++)
        indices[i] = N - 1 - i;
    assert_ok(dc_source_taught(&taught, &base, teacher, 4));
    assert_true(taught->is_labelled);
    assert_int_equal(taught->n_samples, N);
    assert_int_equal(taught->n_classes, 3);
    assert_ok(taught->read(taught, indices, N, 0, x, labels));
    assert_ok(dc_predictor_new(&predictor, teacher, N, DC_PRECISION_F32));
    assert_ok(dc_predict(predictor, x, N, y));
    bool differs = false;
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t c = 0; c < 3; c++)
            assert_true(y[i * 3 + c] <= y[i * 3 + (uint32_t)labels[i]]);
        differs |= labels[i] != (int32_t)(indices[i] % 3); /* what the base would say */
    }
    assert_true(differs);
    dc_predictor_free(predictor);
    dc_source_close(taught);
    dc_model_free(teacher);
}

static void a_taught_student_is_right_when_it_is_its_teacher(void **state)
{
    dc_model *teacher = net_two_layers(3);
    const dc_source base = net_source(N, teacher->nodes[0].shape, 3);
    dc_source *taught = NULL;
    dc_score score;
    (void)state;
    assert_ok(dc_source_taught(&taught, &base, teacher, N));
    assert_ok(dc_evaluate(&score, teacher, taught, 4, DC_PRECISION_F32));
    assert_near(score.top1_error, 0, 0);
    dc_source_close(taught);
    dc_model_free(teacher);
}

static void a_teacher_who_cannot_decide_is_not_right(void **state)
{
    dc_model *teacher = net_two_layers(3);
    const dc_source base = net_source(N, teacher->nodes[0].shape, 3);
    dc_source *taught = NULL;
    dc_score score;
    (void)state;
    for (uint32_t p = 0; p < teacher->n_params; p++)
        memset(teacher->params[p].values, 0, teacher->params[p].n_values * sizeof(float));
    assert_ok(dc_source_taught(&taught, &base, teacher, N));
    assert_ok(dc_evaluate(&score, teacher, taught, 4, DC_PRECISION_F32));
    assert_near(score.top1_error, 1, 0);
    dc_source_close(taught);
    dc_model_free(teacher);
}

static void a_teacher_whose_outputs_are_no_numbers_is_refused(void **state)
{
    dc_model *teacher = net_two_layers(3);
    const dc_source base = net_source(N, teacher->nodes[0].shape, 3);
    dc_source *taught = NULL;
    (void)state;
    dc_model_param(teacher, "fc2.bias")->values[1] = NAN;
    assert_fails(DC_ECORRUPT, dc_source_taught(&taught, &base, teacher, 4));
    assert_null(taught);
    dc_model_free(teacher);
}

static void wrong_shapes_and_samples_are_refused(void **state)
{
    dc_model *teacher = net_two_layers(3);
    const dc_source base = net_source(N, teacher->nodes[0].shape, 3);
    const dc_source other = net_source(N, dc_shape_of(1, 12, 0, 0, 0), 3);
    dc_source *taught = NULL;
    const uint64_t beyond = N;
    float x[12];
    (void)state;
    assert_fails(DC_EINPUT, dc_source_taught(&taught, &other, teacher, 4));
    assert_null(taught);
    assert_ok(dc_source_taught(&taught, &base, teacher, 4));
    assert_fails(DC_EINPUT, taught->read(taught, &beyond, 1, 0, x, NULL));
    dc_source_close(taught);
    dc_model_free(teacher);
}

/* Learning from outputs alone: labels that say the opposite change nothing. */
static void with_a_teachers_whole_weight_labels_do_not_count(void **state)
{
    dc_model *teacher = net_two_layers(3), *a = net_two_layers(5), *b = net_two_layers(5);
    const dc_source base = net_source(30, teacher->nodes[0].shape, 3);
    dc_source *taught = NULL;
    dc_train_settings settings = dc_train_defaults();
    settings.teacher_weight = 1;
    settings.batch_size = 8;
    (void)state;
    assert_ok(dc_source_taught(&taught, &base, teacher, 8));
    const dc_source *const sources[] = { &base, taught };
    dc_model *const students[] = { a, b };
    for (int s = 0; s < 2; s++) {
        dc_trainer *trainer = NULL;
        dc_epoch_stats first, stats;
        assert_ok(dc_trainer_new(&trainer, students[s], sources[s], &settings, NULL, teacher));
        assert_ok(dc_trainer_epoch(&first, trainer));
        for (int epoch = 1; epoch < 10; epoch++)
            assert_ok(dc_trainer_epoch(&stats, trainer));
        assert_true(stats.loss < 0.8 * first.loss);
        assert_ok(dc_trainer_sync(trainer));
        dc_trainer_free(trainer);
    }
    for (uint32_t p = 0; p < a->n_params; p++)
        assert_memory_equal(a->params[p].values, b->params[p].values,
                            a->params[p].n_values * sizeof(float));
    dc_source_close(taught);
    dc_model_free(teacher);
    dc_model_free(a);
    dc_model_free(b);
}

/* As often as the teacher's probabilities say, over many seeds. */
static void drawn_labels_follow_the_probabilities(void **state)
{
    enum { n_seeds = 400 };
    dc_model *teacher = net_two_layers(3);
    const dc_source base = net_source(N, teacher->nodes[0].shape, 3);
    dc_predictor *predictor = NULL;
    double counts[N][3] = { { 0 } };
    uint64_t indices[N];
    float x[N * 12], y[N * 3];
    int32_t labels[N];
    (void)state;
    for (uint64_t i = 0; i < N; i++)
        indices[i] = i;
    for (uint64_t seed = 0; seed < n_seeds; seed++) {
        dc_source *drawn = NULL;
        assert_ok(dc_source_drawn(&drawn, &base, teacher, 4, seed));
        assert_ok(drawn->read(drawn, indices, N, 0, x, labels));
        for (uint32_t i = 0; i < N; i++)
            counts[i][labels[i]] += 1.0 / n_seeds;
        dc_source_close(drawn);
    }
    assert_ok(dc_predictor_new(&predictor, teacher, N, DC_PRECISION_F32));
    assert_ok(dc_predict(predictor, x, N, y));
    for (uint32_t i = 0; i < N; i++) {
        float top;
        const double sum = dc_softmax_sum(&top, y + 3 * i, 3);
        for (uint32_t c = 0; c < 3; c++)
            assert_near(counts[i][c], exp((double)y[3 * i + c] - (double)top) / sum, 0.1);
    }
    dc_predictor_free(predictor);
    dc_model_free(teacher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_the_teachers_greatest_outputs),
        cmocka_unit_test(a_taught_student_is_right_when_it_is_its_teacher),
        cmocka_unit_test(a_teacher_who_cannot_decide_is_not_right),
        cmocka_unit_test(a_teacher_whose_outputs_are_no_numbers_is_refused),
        cmocka_unit_test(wrong_shapes_and_samples_are_refused),
        cmocka_unit_test(with_a_teachers_whole_weight_labels_do_not_count),
        cmocka_unit_test(drawn_labels_follow_the_probabilities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
