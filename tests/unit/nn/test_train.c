/* SPDX-License-Identifier: MIT */
#include "nets.h"

#include "train.h"

static dc_shape input_shape(void)
{
    return dc_shape_of(3, 3, 2, 2, 0);
}

static dc_train_settings quick(void)
{
    dc_train_settings settings = dc_train_defaults();
    settings.n_epochs = 4;
    settings.batch_size = 10;
    settings.learning_rate = 0.05;
    return settings;
}

static double run_epochs(dc_trainer *trainer, uint32_t n)
{
    dc_epoch_stats stats = { 0 };
    for (uint32_t i = 0; i < n; i++)
        assert_ok(dc_trainer_epoch(&stats, trainer));
    return stats.loss;
}

static void schedules_and_warmup_give_the_stated_rates(void **state)
{
    dc_train_settings s = dc_train_defaults();
    (void)state;
    s.learning_rate = 1;
    s.n_epochs = 10;
    s.schedule = DC_SCHEDULE_CONSTANT;
    assert_near(dc_train_rate(&s, 99, 10), 1, 1e-12);
    s.schedule = DC_SCHEDULE_STEP;
    s.step_epochs = 3;
    s.step_factor = 0.5;
    assert_near(dc_train_rate(&s, 29, 10), 1, 1e-12);
    assert_near(dc_train_rate(&s, 30, 10), 0.5, 1e-12);
    assert_near(dc_train_rate(&s, 60, 10), 0.25, 1e-12);
    s.schedule = DC_SCHEDULE_COSINE;
    s.final_rate_share = 0.1;
    assert_near(dc_train_rate(&s, 0, 10), 1, 1e-12);
    assert_near(dc_train_rate(&s, 50, 10), 0.55, 1e-12);
    assert_near(dc_train_rate(&s, 100, 10), 0.1, 1e-12);
    assert_near(dc_train_rate(&s, 500, 10), 0.1, 1e-12);
    s.schedule = DC_SCHEDULE_CONSTANT;
    s.warmup_epochs = 2;
    assert_near(dc_train_rate(&s, 0, 10), 0.05, 1e-12);
    assert_near(dc_train_rate(&s, 19, 10), 1, 1e-12);
}

static void a_small_problem_is_learned(void **state)
{
    dc_model *model = net_two_layers(1);
    const dc_source source = net_source(300, input_shape(), 3);
    const dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    dc_score before, after;
    (void)state;
    assert_ok(dc_evaluate(&before, model, &source, 64, DC_PRECISION_F32));
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    run_epochs(trainer, 4);
    assert_int_equal(dc_trainer_epochs_done(trainer), 4);
    assert_ok(dc_trainer_sync(trainer));
    assert_ok(dc_evaluate(&after, model, &source, 64, DC_PRECISION_F32));
    assert_true(after.loss < 0.2 * before.loss);
    assert_true(after.top1_error < 0.02);
    dc_trainer_free(trainer);
    dc_model_free(model);
}

static void pruned_weights_stay_exactly_zero(void **state)
{
    dc_model *model = net_two_layers(2);
    const dc_source source = net_source(95, input_shape(), 3); /* the last batch is short */
    const dc_train_settings settings = quick();
    dc_param *weights = dc_model_param(model, "fc1.weight");
    dc_trainer *trainer = NULL;
    (void)state;
    for (uint64_t i = 0; i < weights->n_values; i += 2)
        weights->values[i] = 0;
    weights->is_pruned = true;
    const float kept = weights->values[1];
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    run_epochs(trainer, 2);
    assert_ok(dc_trainer_sync(trainer));
    for (uint64_t i = 0; i < weights->n_values; i += 2)
        assert_true(weights->values[i] == 0.0f && !signbit(weights->values[i]));
    assert_true(weights->values[1] != kept);
    assert_int_equal(dc_param_n_nonzero(weights), weights->n_values / 2);
    dc_trainer_free(trainer);
    dc_model_free(model);
}

/* fc1.weight shared by three values and zero. */
static dc_model *shared_model(void)
{
    static const float values[] = { -0.2f, 0, 0.1f, 0.3f };
    dc_model *model = net_two_layers(3);
    dc_param *weights = dc_model_param(model, "fc1.weight");
    for (uint64_t i = 0; i < weights->n_values; i++)
        weights->values[i] = values[i * 7 / 3 % 4];
    weights->is_pruned = weights->is_shared = true;
    return model;
}

static void shared_weights_move_together_and_zero_stays(void **state)
{
    dc_model *model = shared_model();
    dc_param *weights = dc_model_param(model, "fc1.weight");
    const dc_source source = net_source(90, input_shape(), 3);
    dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    float moved[4];
    bool is_known[4] = { false };
    (void)state;
    settings.learning_rate = 0.005;
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, &net_hooks, NULL));
    run_epochs(trainer, 2);
    assert_ok(dc_trainer_sync(trainer));
    for (uint64_t i = 0; i < weights->n_values; i++) {
        const uint64_t group = i * 7 / 3 % 4;
        if (is_known[group])
            assert_true(weights->values[i] == moved[group]);
        moved[group] = weights->values[i];
        is_known[group] = true;
    }
    assert_true(moved[1] == 0.0f);
    assert_true(moved[0] != -0.2f && moved[2] != 0.1f && moved[3] != 0.3f);
    dc_trainer_free(trainer);
    dc_model_free(model);
}

static void a_shared_step_is_the_rate_times_the_summed_gradient(void **state)
{
    dc_model *model = shared_model(), *apart = shared_model();
    dc_param *weights = dc_model_param(model, "fc1.weight");
    dc_param *free_weights = dc_model_param(apart, "fc1.weight");
    const dc_source source = net_source(10, input_shape(), 3);
    dc_train_settings settings = quick();
    dc_trainer *trainer = NULL, *other = NULL;
    double sum = 0;
    (void)state;
    settings.weight_decay = 0;
    free_weights->is_shared = false;
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, &net_hooks, NULL));
    assert_ok(dc_trainer_new(&other, apart, &source, &settings, NULL, NULL));
    run_epochs(trainer, 1); /* one step */
    run_epochs(other, 1);
    assert_ok(dc_trainer_sync(trainer));
    assert_ok(dc_trainer_sync(other));
    double moved = 0;
    for (uint64_t i = 0; i < weights->n_values; i++)
        if (i * 7 / 3 % 4 == 2) {
            sum += (double)free_weights->values[i] - (double)0.1f;
            moved = (double)weights->values[i] - (double)0.1f;
        }
    assert_near(moved, sum, 1e-5);
    dc_trainer_free(trainer);
    dc_trainer_free(other);
    dc_model_free(model);
    dc_model_free(apart);
}

/* A weight whose latent value crosses the border goes over; the centroids stay few; zero stays. */
static void shared_weights_may_change_centroids(void **state)
{
    dc_model *model = shared_model();
    dc_param *weights = dc_model_param(model, "fc1.weight");
    const dc_source source = net_source(90, input_shape(), 3);
    dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    float theta[DC_MAX_CODEBOOK];
    uint32_t n_theta;
    bool has_gone_over = false;
    (void)state;
    settings.learning_rate = 0.01;
    settings.optimizer = DC_OPTIMIZER_ADAM;
    settings.assign_share = 1;
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, &net_hooks, NULL));
    run_epochs(trainer, 8);
    assert_ok(dc_trainer_sync(trainer));
    assert_true(dc_codebook_find(theta, &n_theta, weights->values, weights->n_values, 4, true));
    for (uint64_t i = 0; i < weights->n_values; i++) {
        const uint64_t group = i * 7 / 3 % 4;
        assert_true((weights->values[i] == 0.0f) == (group == 1));
        for (uint64_t j = 0; j < i; j++)
            has_gone_over |= j * 7 / 3 % 4 == group && weights->values[j] != weights->values[i];
    }
    assert_true(has_gone_over);
    dc_trainer_free(trainer);
    dc_model_free(model);
}

/* Latent values begin where the teacher has them, where that is in the weight's own cell: with a
 * rate of nearly nothing, only the others could go over, and none does. */
static void latent_values_begin_at_the_teachers(void **state)
{
    dc_model *model = shared_model(), *teacher = shared_model(), *before = NULL;
    dc_param *theirs = dc_model_param(teacher, "fc1.weight");
    const dc_source source = net_source(30, input_shape(), 3);
    dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    (void)state;
    assert_ok(dc_model_copy(&before, model));
    for (uint64_t i = 0; i < theirs->n_values; i++)
        theirs->values[i] += i % 2 == 0 ? 0.04f : 0.9f; /* in the cell; far from it */
    settings.learning_rate = 1e-9;
    settings.assign_share = 1;
    settings.teacher_weight = 1;
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, &net_hooks, teacher));
    run_epochs(trainer, 1);
    assert_ok(dc_trainer_sync(trainer));
    const dc_param *weights = dc_model_param(model, "fc1.weight");
    const dc_param *old = dc_model_param(before, "fc1.weight");
    for (uint64_t i = 0; i < weights->n_values; i++)
        assert_near(weights->values[i], old->values[i], 1e-6);
    dc_trainer_free(trainer);
    dc_model_free(model);
    dc_model_free(teacher);
    dc_model_free(before);
}

static void sharing_without_hooks_is_refused(void **state)
{
    dc_model *model = shared_model();
    const dc_source source = net_source(10, input_shape(), 3);
    const dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    (void)state;
    assert_fails(DC_EINPUT, dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    assert_null(trainer);
    dc_model_free(model);
}

static void assert_same_values(const dc_model *a, const dc_model *b)
{
    for (uint32_t i = 0; i < a->n_params; i++)
        assert_memory_equal(a->params[i].values, b->params[i].values,
                            a->params[i].n_values * sizeof(float));
}

static void restored_training_goes_on_bit_for_bit(void **state)
{
    static const uint32_t optimizers[] = { DC_OPTIMIZER_SGD, DC_OPTIMIZER_ADAM };
    const dc_source source = net_source(57, input_shape(), 3);
    (void)state;
    for (size_t k = 0; k < 2 * DC_COUNT_OF(optimizers); k++) { /* centroids kept, then not */
        dc_model *model = shared_model(), *copy = shared_model();
        dc_train_settings settings = quick();
        dc_trainer *whole = NULL, *first = NULL, *second = NULL;
        dc_writer w;
        settings.optimizer = optimizers[k % 2];
        settings.learning_rate = 0.002;
        settings.assign_share = k < 2 ? 0 : 3;
        assert_ok(dc_trainer_new(&whole, model, &source, &settings, &net_hooks, NULL));
        run_epochs(whole, 4);
        assert_ok(dc_trainer_sync(whole));
        assert_ok(dc_trainer_new(&first, copy, &source, &settings, &net_hooks, NULL));
        run_epochs(first, 2);
        dc_writer_init(&w, 1 << 24);
        dc_trainer_save(&w, first);
        assert_ok(w.status);
        dc_trainer_free(first);
        assert_ok(dc_trainer_new(&second, copy, &source, &settings, &net_hooks, NULL));
        dc_reader r = dc_reader_over(w.data, w.size, "state");
        assert_ok(dc_trainer_restore(second, &r));
        assert_int_equal(dc_reader_left(&r), 0);
        assert_int_equal(dc_trainer_epochs_done(second), 2);
        run_epochs(second, 2);
        assert_ok(dc_trainer_sync(second));
        assert_same_values(model, copy);
        dc_trainer_free(whole);
        dc_trainer_free(second);
        dc_writer_clear(&w);
        dc_model_free(model);
        dc_model_free(copy);
    }
}

static void a_foreign_or_damaged_state_is_refused(void **state)
{
    dc_model *model = net_two_layers(1);
    const dc_source source = net_source(20, input_shape(), 3);
    dc_train_settings settings = quick();
    dc_trainer *trainer = NULL, *other = NULL;
    dc_writer w;
    (void)state;
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    settings.optimizer = DC_OPTIMIZER_ADAM;
    assert_ok(dc_trainer_new(&other, model, &source, &settings, NULL, NULL));
    dc_writer_init(&w, 1 << 24);
    dc_trainer_save(&w, trainer);
    assert_ok(w.status);
    dc_reader r = dc_reader_over(w.data, w.size, "state");
    assert_fails(DC_ECORRUPT, dc_trainer_restore(other, &r));
    for (uint64_t n = 0; n < w.size; n += 41) {
        r = dc_reader_over(w.data, n, "state");
        assert_fails(DC_ECORRUPT, dc_trainer_restore(trainer, &r));
    }
    w.data[0] ^= 1;
    r = dc_reader_over(w.data, w.size, "state");
    assert_fails(DC_ECORRUPT, dc_trainer_restore(trainer, &r));
    dc_trainer_free(trainer);
    dc_trainer_free(other);
    dc_writer_clear(&w);
    dc_model_free(model);
}

static void a_loss_that_is_lost_ends_training_and_spares_the_model(void **state)
{
    dc_model *model = net_two_layers(1);
    const dc_source source = net_source(50, input_shape(), 3);
    dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    dc_status status = DC_OK;
    (void)state;
    settings.learning_rate = 1e30;
    const float kept = model->params[0].values[3];
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    for (int i = 0; i < 5 && status == DC_OK; i++)
        status = dc_trainer_epoch(&stats, trainer);
    assert_int_equal(status, DC_EDIVERGED);
    assert_true(model->params[0].values[3] == kept);
    dc_trainer_free(trainer);
    dc_model_free(model);
}

/* oneDNN's ReLU makes 0 of NaN, so that the loss is finite whatever fc1 is. */
static void weights_that_are_lost_end_training_at_that_step(void **state)
{
    const dc_source source = net_source(50, input_shape(), 3);
    dc_arena arena = { 0 };
    (void)state;
    for (uint32_t optimizer = DC_OPTIMIZER_SGD; optimizer <= DC_OPTIMIZER_ADAM; optimizer++) {
        dc_model *model = net_two_layers(1);
        dc_train_settings settings = quick();
        dc_trainer *trainer = NULL;
        dc_epoch_stats stats;
        const float kept = model->params[0].values[3];
        settings.optimizer = optimizer;
        assert_ok(dc_rules_parse(&settings.rate_scale, "fc1=1e38", &arena));
        settings.learning_rate = 1e8;
        assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
        assert_fails(DC_EDIVERGED, dc_trainer_epoch(&stats, trainer));
        assert_non_null(strstr(dc_message(), "the weights are no longer finite in epoch 1"));
        assert_int_equal(trainer->trained.n_steps, 1);
        assert_fails(DC_EDIVERGED, dc_trainer_sync(trainer));
        assert_true(model->params[0].values[3] == kept);
        dc_trainer_free(trainer);
        dc_model_free(model);
    }
    dc_arena_clear(&arena);
}

static dc_status huge_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                           uint64_t epoch, float *x, int32_t *labels)
{
    DC_TRY(net_read(source, indices, n, epoch, x, labels));
    for (uint64_t i = 0; i < n * dc_shape_count(&source->shape); i++)
        x[i] *= 1e30f;
    return DC_OK;
}

static void a_running_state_that_is_lost_is_named(void **state)
{
    static const net_node nodes[] = {
        { "norm", DC_OP_BATCH_NORM, { 0, DC_NONE }, { ATTRS_END } },
        { "fc", DC_OP_LINEAR, { 1, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 3 }, ATTRS_END } },
    };
    dc_model *model = net_make(nodes, 2, input_shape());
    dc_source source = net_source(20, input_shape(), 3);
    const dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    (void)state;
    dc_model_init(model, DC_INIT_XAVIER, 1);
    source.read = huge_read;
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    assert_ok(dc_trainer_epoch(&stats, trainer));
    assert_fails(DC_EDIVERGED, dc_trainer_sync(trainer));
    assert_non_null(strstr(dc_message(), "'norm.variance'"));
    dc_trainer_free(trainer);
    dc_model_free(model);
}

static void a_short_batch_counts_its_own_samples_only(void **state)
{
    dc_model *one = net_two_layers(5), *two = net_two_layers(5);
    const dc_source source = net_source(7, input_shape(), 3);
    dc_train_settings settings = quick();
    dc_trainer *trainer = NULL, *padded = NULL;
    (void)state;
    settings.batch_size = 7;
    assert_ok(dc_trainer_new(&trainer, one, &source, &settings, NULL, NULL));
    run_epochs(trainer, 1);
    assert_ok(dc_trainer_sync(trainer));
    const dc_source more = net_source(8, input_shape(), 3);
    settings.batch_size = 8;
    assert_ok(dc_trainer_new(&padded, two, &more, &settings, NULL, NULL));
    padded->source = &source; /* now a batch of 8 meets 7 samples */
    run_epochs(padded, 1);
    assert_ok(dc_trainer_sync(padded));
    for (uint32_t i = 0; i < one->n_params; i++)
        for (uint64_t k = 0; k < one->params[i].n_values; k++)
            assert_near(two->params[i].values[k], one->params[i].values[k], 1e-6);
    dc_trainer_free(trainer);
    dc_trainer_free(padded);
    dc_model_free(one);
    dc_model_free(two);
}

static void a_frozen_layer_keeps_its_weights(void **state)
{
    dc_model *model = net_two_layers(1), *before = NULL;
    const dc_source source = net_source(50, input_shape(), 3);
    dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    dc_arena arena = { 0 };
    (void)state;
    assert_ok(dc_model_copy(&before, model));
    assert_ok(dc_rules_parse(&settings.rate_scale, "fc1=0", &arena));
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    run_epochs(trainer, 1);
    assert_ok(dc_trainer_sync(trainer));
    const dc_param *fc1 = dc_model_param(model, "fc1.weight");
    const dc_param *fc2 = dc_model_param(model, "fc2.weight");
    assert_memory_equal(fc1->values, dc_model_param(before, "fc1.weight")->values,
                        fc1->n_values * sizeof(float));
    assert_true(memcmp(fc2->values, dc_model_param(before, "fc2.weight")->values,
                       fc2->n_values * sizeof(float)) != 0);
    dc_trainer_free(trainer);
    dc_model_free(model);
    dc_model_free(before);
    dc_arena_clear(&arena);
}

static void a_teacher_leads_without_good_labels(void **state)
{
    dc_model *teacher = net_two_layers(1), *pupil = net_two_layers(8);
    const dc_source source = net_source(300, input_shape(), 3);
    dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    dc_score score;
    (void)state;
    assert_ok(dc_trainer_new(&trainer, teacher, &source, &settings, NULL, NULL));
    run_epochs(trainer, 4);
    assert_ok(dc_trainer_sync(trainer));
    dc_trainer_free(trainer);
    settings.teacher_weight = 1; /* labels do not count at all */
    assert_ok(dc_trainer_new(&trainer, pupil, &source, &settings, NULL, teacher));
    run_epochs(trainer, 4);
    assert_ok(dc_trainer_sync(trainer));
    assert_ok(dc_evaluate(&score, pupil, &source, 50, DC_PRECISION_F32));
    assert_true(score.top1_error < 0.05);
    dc_trainer_free(trainer);
    dc_model_free(teacher);
    dc_model_free(pupil);
}

static void what_cannot_be_trained_is_refused(void **state)
{
    dc_model *model = net_two_layers(1);
    dc_source source = net_source(10, input_shape(), 3);
    const dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    (void)state;
    source.is_labelled = false;
    assert_fails(DC_EINPUT, dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    source = net_source(10, dc_shape_of(3, 3, 2, 3, 0), 3);
    assert_fails(DC_EINPUT, dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    source = net_source(0, input_shape(), 3);
    assert_fails(DC_EINPUT, dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    source = net_source(10, input_shape(), 5); /* labels up to 4 for a net of 3 classes */
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    dc_epoch_stats stats;
    assert_fails(DC_EINPUT, dc_trainer_epoch(&stats, trainer));
    assert_non_null(strstr(dc_message(), " of 'drawn': class ")); /* which sample */
    dc_trainer_free(trainer);
    dc_model_free(model);
}

static void dropout_is_rescaled_by_the_density_before_it(void **state)
{
    static const net_node nodes[] = {
        { "fc1", DC_OP_LINEAR, { 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 8 }, ATTRS_END } },
        { "relu", DC_OP_RELU, { 1, DC_NONE }, { ATTRS_END } },
        { "drop", DC_OP_DROPOUT, { 2, DC_NONE }, { { DC_ATTR_RATIO, 0.5 }, ATTRS_END } },
        { "fc2", DC_OP_LINEAR, { 3, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 3 }, ATTRS_END } },
    };
    dc_model *model = net_make(nodes, DC_COUNT_OF(nodes), dc_shape_of(1, 8, 0, 0, 0));
    dc_param *weights = dc_model_param(model, "fc1.weight");
    double ratios[5] = { 0 };
    (void)state;
    for (uint64_t i = 0; i < weights->n_values; i++)
        weights->values[i] = i % 4 == 0;
    dc_train_dropout(ratios, model, 1);
    assert_near(ratios[3], 0.5, 1e-12);
    weights->is_pruned = true;
    dc_train_dropout(ratios, model, 1);
    assert_near(ratios[3], 0.25, 1e-12);
    dc_model_free(model);
}

static void bf16_learns_too(void **state)
{
    dc_model *model = net_two_layers(1);
    const dc_source source = net_source(300, input_shape(), 3);
    dc_train_settings settings = quick();
    dc_trainer *trainer = NULL;
    dc_score score;
    (void)state;
    settings.precision = DC_PRECISION_BF16;
    if (dc_backend_check(DC_PRECISION_BF16) < 0) {
        assert_fails(DC_EUNSUPPORTED,
                     dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
        dc_model_free(model);
        return;
    }
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    run_epochs(trainer, 4);
    assert_ok(dc_trainer_sync(trainer));
    assert_ok(dc_evaluate(&score, model, &source, 64, DC_PRECISION_BF16));
    assert_true(score.top1_error < 0.02);
    dc_trainer_free(trainer);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_and_warmup_give_the_stated_rates),
        cmocka_unit_test(a_small_problem_is_learned),
        cmocka_unit_test(pruned_weights_stay_exactly_zero),
        cmocka_unit_test(shared_weights_move_together_and_zero_stays),
        cmocka_unit_test(shared_weights_may_change_centroids),
        cmocka_unit_test(latent_values_begin_at_the_teachers),
        cmocka_unit_test(a_shared_step_is_the_rate_times_the_summed_gradient),
        cmocka_unit_test(sharing_without_hooks_is_refused),
        cmocka_unit_test(restored_training_goes_on_bit_for_bit),
        cmocka_unit_test(a_foreign_or_damaged_state_is_refused),
        cmocka_unit_test(a_loss_that_is_lost_ends_training_and_spares_the_model),
        cmocka_unit_test(weights_that_are_lost_end_training_at_that_step),
        cmocka_unit_test(a_running_state_that_is_lost_is_named),
        cmocka_unit_test(a_short_batch_counts_its_own_samples_only),
        cmocka_unit_test(a_frozen_layer_keeps_its_weights),
        cmocka_unit_test(a_teacher_leads_without_good_labels),
        cmocka_unit_test(what_cannot_be_trained_is_refused),
        cmocka_unit_test(dropout_is_rescaled_by_the_density_before_it),
        cmocka_unit_test(bf16_learns_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
