/* SPDX-License-Identifier: MIT
 *
 * Samples with a label at each step: training, judging, teaching.
 */
#include "nets.h"

#define N_STEPS 5u
#define N_FEATURES 4u
#define N_CLASSES 3u

/* Sample i has 1 + i % N_STEPS steps; the class of each is where its features stand out. What is
 * after them has labels that no model has, and features that would mislead. */
static uint32_t length_of(uint64_t index)
{
    return 1 + (uint32_t)(index % N_STEPS);
}

static dc_status steps_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                            uint64_t epoch, float *x, int32_t *labels)
{
    (void)source;
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        dc_rng rng;
        dc_rng_init(&rng, 7, indices[i]);
        for (uint32_t t = 0; t < N_STEPS; t++) {
            const bool is_there = t < length_of(indices[i]);
            const uint32_t label = (uint32_t)dc_rng_below(&rng, N_CLASSES);
            for (uint32_t k = 0; k < N_FEATURES; k++)
                x[(i * N_STEPS + t) * N_FEATURES + k] =
                    (float)dc_rng_unit(&rng) - 0.5f + (is_there ? k == label : 100);
            if (labels)
                labels[i * N_STEPS + t] = is_there ? (int32_t)label : -1;
        }
    }
    return DC_OK;
}

static void steps_lengths(const dc_source *source, const uint64_t *indices, uint32_t n,
                          uint32_t *lengths)
{
    (void)source;
    for (uint32_t i = 0; i < n; i++)
        lengths[i] = length_of(indices[i]);
}

static dc_source steps_source(uint64_t n_samples)
{
    return (dc_source){ .n_samples = n_samples,
                        .shape = dc_shape_of(3, 1, N_STEPS, N_FEATURES, 0),
                        .n_classes = N_CLASSES,
                        .is_labelled = true,
                        .n_steps = N_STEPS,
                        .text = "steps",
                        .read = steps_read,
                        .lengths = steps_lengths };
}

/* (1,T,F) seen as (T,F); the same linear layer at each step; its end over the classes. */
static dc_model *steps_model(const char *end)
{
    char text[600];
    dc_json *json = NULL;
    dc_model *model = NULL;
    snprintf(text, sizeof text,
             "{\"name\":\"net\",\"input\":{\"shape\":[1,%u,%u]},\"layers\":["
             "{\"name\":\"seq\",\"op\":\"reshape\",\"dims\":[%u,%u]},"
             "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":%u,\"axis\":1}%s]}",
             N_STEPS, N_FEATURES, N_STEPS, N_FEATURES, N_CLASSES, end);
    assert_ok(dc_json_parse(&json, text, strlen(text), "text"));
    assert_ok(dc_model_from_arch(&model, json, "architecture"));
    dc_json_free(json);
    dc_model_init(model, DC_INIT_XAVIER, 3);
    return model;
}

static double loss_of(const dc_model *model, const dc_source *source)
{
    dc_score score = { 0 };
    assert_ok(dc_evaluate(&score, model, source, 3, DC_PRECISION_F32));
    assert_int_equal(score.n_samples, 7);
    assert_int_equal(score.n_labels, 1 + 2 + 3 + 4 + 5 + 1 + 2);
    return score.loss;
}

/* One step of plain SGD at rate 1 takes the gradient of the mean loss of the steps that count from
 * the weights: by finite differences of the judge's loss. */
static void a_step_of_training_is_the_slope_of_the_loss(void **state)
{
    (void)state;
    const char *const ends[] = { "", ",{\"name\":\"p\",\"op\":\"softmax\",\"axis\":1}",
                                 ",{\"name\":\"p\",\"op\":\"sigmoid\"}" };
    const dc_source source = steps_source(7);
    for (uint32_t i = 0; i < DC_COUNT_OF(ends); i++) {
        dc_model *model = steps_model(ends[i]), *before = NULL;
        dc_train_settings settings = dc_train_defaults();
        dc_trainer *trainer = NULL;
        dc_epoch_stats stats = { 0 };
        settings.learning_rate = 1;
        settings.momentum = settings.weight_decay = 0;
        settings.schedule = DC_SCHEDULE_CONSTANT;
        assert_ok(dc_model_copy(&before, model));
        assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
        assert_ok(dc_trainer_epoch(&stats, trainer)); /* one batch */
        assert_ok(dc_trainer_sync(trainer));
        assert_near(stats.loss, loss_of(before, &source), 1e-5);
        for (uint32_t p = 0; p < 2; p++)
            for (uint64_t k = 0; k < before->params[p].n_values; k++) {
                float *w = &before->params[p].values[k];
                const float was = *w;
                const double h = 1e-2;
                *w = was + (float)h;
                const double above = loss_of(before, &source);
                *w = was - (float)h;
                const double below = loss_of(before, &source);
                *w = was;
                assert_near(was - model->params[p].values[k], (above - below) / (2 * h), 1e-3);
            }
        dc_trainer_free(trainer);
        dc_model_free(before);
        dc_model_free(model);
    }
}

static void steps_are_learned(void **state)
{
    (void)state;
    const dc_source source = steps_source(200);
    dc_model *model = steps_model("");
    dc_train_settings settings = dc_train_defaults();
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats = { 0 };
    dc_score score = { 0 };
    settings.batch_size = 16; /* the last batch is short */
    settings.learning_rate = 0.1;
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    for (uint32_t i = 0; i < 10; i++)
        assert_ok(dc_trainer_epoch(&stats, trainer));
    assert_ok(dc_trainer_sync(trainer));
    assert_ok(dc_evaluate(&score, model, &source, 64, DC_PRECISION_F32));
    assert_true(score.top1_error < 0.02 && stats.train_error < 0.03);
    dc_trainer_free(trainer);
    dc_model_free(model);
}

static void a_part_and_a_teacher_keep_the_steps(void **state)
{
    (void)state;
    const dc_source source = steps_source(20);
    dc_model *model = steps_model("");
    dc_source *part = NULL, *taught = NULL;
    dc_score score = { 0 };
    assert_ok(dc_source_part(&part, &source, 3, 4, 0)); /* 4 5 1 2 steps */
    assert_ok(dc_source_taught(&taught, part, model, 3));
    assert_ok(dc_evaluate(&score, model, taught, 3, DC_PRECISION_F32));
    assert_int_equal(score.n_samples, 4);
    assert_int_equal(score.n_labels, 12);
    assert_true(score.top1_error == 0);
    dc_source_close(taught);
    dc_source_close(part);
    dc_model_free(model);
}

static void outputs_of_other_steps_are_refused(void **state)
{
    (void)state;
    dc_source source = steps_source(4);
    const dc_train_settings settings = dc_train_defaults();
    dc_model *model = steps_model(",{\"name\":\"flat\",\"op\":\"linear\",\"n_outputs\":15}");
    dc_model *across = steps_model(",{\"name\":\"p\",\"op\":\"softmax\",\"axis\":0}");
    dc_trainer *trainer = NULL;
    dc_score score;
    assert_fails(DC_EINPUT, dc_evaluate(&score, model, &source, 4, DC_PRECISION_F32));
    assert_fails(DC_EINPUT, dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    assert_fails(DC_EUNSUPPORTED, dc_evaluate(&score, across, &source, 4, DC_PRECISION_F32));
    dc_model_free(across);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_of_training_is_the_slope_of_the_loss),
        cmocka_unit_test(steps_are_learned),
        cmocka_unit_test(a_part_and_a_teacher_keep_the_steps),
        cmocka_unit_test(outputs_of_other_steps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
