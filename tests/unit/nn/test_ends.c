/* SPDX-License-Identifier: MIT
 *
 * Networks that are the same but for their end: what each is trained to, on every backend.
 */
#include "nets.h"

#define N_OUT { { DC_ATTR_N_OUTPUTS, 3 }, ATTRS_END }
#define FIRST                                                                                  \
    { "fc1", DC_OP_LINEAR, { 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 16 }, ATTRS_END } },         \
        { "relu", DC_OP_RELU, { 1, DC_NONE }, { ATTRS_END } },                                 \
        { "fc2", DC_OP_LINEAR, { 2, DC_NONE }, N_OUT }

static const net_node flattened[] = { FIRST,
                                      { "softmax", DC_OP_SOFTMAX, { 3, DC_NONE }, { ATTRS_END } },
                                      { "flatten", DC_OP_FLATTEN, { 4, DC_NONE }, { ATTRS_END } } };
static const net_node dropped[] = { FIRST,
                                    { "softmax", DC_OP_SOFTMAX, { 3, DC_NONE }, { ATTRS_END } },
                                    { "drop", DC_OP_DROPOUT, { 4, DC_NONE }, { ATTRS_END } } };
static const net_node turned[] = {
    FIRST,
    { "softmax", DC_OP_SOFTMAX, { 3, DC_NONE }, { ATTRS_END } },
    { "reshape", DC_OP_RESHAPE, { 4, DC_NONE },
      { { DC_ATTR_DIM_0, 3 }, { DC_ATTR_DIM_1, 1 }, { DC_ATTR_DIM_2, 1 }, ATTRS_END } },
    { "transpose", DC_OP_TRANSPOSE, { 5, DC_NONE },
      { { DC_ATTR_DIM_0, 3 }, { DC_ATTR_DIM_1, 1 }, { DC_ATTR_DIM_2, 2 }, ATTRS_END } },
};
static const net_node sigmoids[] = { FIRST,
                                     { "sigmoid", DC_OP_SIGMOID, { 3, DC_NONE }, { ATTRS_END } },
                                     { "flatten", DC_OP_FLATTEN, { 4, DC_NONE }, { ATTRS_END } } };
static const net_node decision[] = {
    { "fc1", DC_OP_LINEAR, { 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 8 }, ATTRS_END } },
    { "tanh", DC_OP_TANH, { 1, DC_NONE }, { ATTRS_END } },
    { "fc2", DC_OP_LINEAR, { 2, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 1 }, ATTRS_END } },
    { "sigmoid", DC_OP_SIGMOID, { 3, DC_NONE }, { ATTRS_END } },
};

static const char *const backends[] = { "ref", "auto" };

static dc_model *ended(const net_node *nodes, uint32_t n_nodes)
{
    dc_model *model = net_make(nodes, n_nodes, dc_shape_of(3, 3, 2, 2, 0));
    dc_model_init(model, DC_INIT_XAVIER, 3);
    return model;
}

static dc_score trained(dc_model *model, const dc_model *teacher, uint32_t n_classes,
                        uint32_t n_epochs)
{
    const dc_source source = net_source(300, model->nodes[0].shape, n_classes);
    dc_train_settings settings = dc_train_defaults();
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    dc_score score;
    settings.batch_size = 10;
    settings.learning_rate = 0.02;
    settings.teacher_weight = teacher ? 1 : 0;
    settings.teacher_temperature = 2;
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, teacher));
    for (uint32_t i = 0; i < n_epochs; i++)
        assert_ok(dc_trainer_epoch(&stats, trainer));
    assert_ok(dc_trainer_sync(trainer));
    dc_trainer_free(trainer);
    assert_ok(dc_evaluate(&score, model, &source, 100, DC_PRECISION_F32));
    return score;
}

static void a_softmax_behind_views_is_trained_as_its_logits(void **state)
{
    static const struct {
        const net_node *nodes;
        uint32_t n;
    } ends[] = { { flattened, DC_COUNT_OF(flattened) },
                 { dropped, DC_COUNT_OF(dropped) },
                 { turned, DC_COUNT_OF(turned) } };
    (void)state;
    for (size_t b = 0; b < DC_COUNT_OF(backends); b++) {
        assert_ok(dc_backend_limit(backends[b]));
        dc_model *teacher = net_two_layers(7);
        trained(teacher, NULL, 3, 2);
        for (size_t e = 0; e < DC_COUNT_OF(ends); e++) {
            dc_model *plain = ended(flattened, 3), *model = ended(ends[e].nodes, ends[e].n);
            for (int taught = 0; taught < 2; taught++) {
                const dc_score wanted = trained(plain, taught ? teacher : NULL, 3, 1);
                const dc_score got = trained(model, taught ? teacher : NULL, 3, 1);
                assert_near(got.loss, wanted.loss, 1e-6);
                assert_near(got.top1_error, wanted.top1_error, 0);
            }
            for (uint32_t p = 0; p < plain->n_params; p++)
                assert_memory_equal(plain->params[p].values, model->params[p].values,
                                    plain->params[p].n_values * sizeof(float));
            dc_model_free(plain);
            dc_model_free(model);
        }
        dc_model_free(teacher);
    }
}

static void sigmoids_learn_as_well_as_a_softmax(void **state)
{
    (void)state;
    for (size_t b = 0; b < DC_COUNT_OF(backends); b++) {
        assert_ok(dc_backend_limit(backends[b]));
        dc_model *soft = ended(flattened, DC_COUNT_OF(flattened));
        dc_model *apart = ended(sigmoids, DC_COUNT_OF(sigmoids));
        dc_model *one = ended(decision, DC_COUNT_OF(decision));
        const dc_score wanted = trained(soft, NULL, 3, 4);
        const dc_score got = trained(apart, NULL, 3, 4), two = trained(one, NULL, 2, 4);
        assert_true(wanted.top1_error < 0.02);
        assert_true(got.top1_error < 0.02 && got.loss < 0.3);
        assert_true(two.top1_error < 0.02 && two.loss < 0.2);
        dc_model *pupil = ended(sigmoids, DC_COUNT_OF(sigmoids));
        dc_model_init(pupil, DC_INIT_XAVIER, 99);
        assert_true(trained(pupil, apart, 3, 4).top1_error < 0.02);
        dc_model_free(soft);
        dc_model_free(apart);
        dc_model_free(one);
        dc_model_free(pupil);
    }
}

/* One step of all samples at rate 1 moves each weight by its loss's slope. */
static void assert_steps_are_slopes(const net_node *nodes, uint32_t n_nodes, uint32_t n_classes)
{
    dc_model *model = ended(nodes, n_nodes), *moved = NULL;
    const dc_source source = net_source(12, model->nodes[0].shape, n_classes);
    dc_train_settings settings = dc_train_defaults();
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    settings.batch_size = 12;
    settings.learning_rate = 1;
    settings.schedule = DC_SCHEDULE_CONSTANT;
    settings.momentum = settings.weight_decay = settings.warmup_epochs = settings.clip_norm = 0;
    assert_ok(dc_model_copy(&moved, model));
    assert_ok(dc_trainer_new(&trainer, moved, &source, &settings, NULL, NULL));
    assert_ok(dc_trainer_epoch(&stats, trainer));
    assert_ok(dc_trainer_sync(trainer));
    dc_trainer_free(trainer);
    for (uint32_t p = 0; p < model->n_params; p++) {
        float *value = &model->params[p].values[0];
        const float kept = *value;
        dc_score above, below;
        *value = kept + 0.01f;
        assert_ok(dc_evaluate(&above, model, &source, 12, DC_PRECISION_F32));
        *value = kept - 0.01f;
        assert_ok(dc_evaluate(&below, model, &source, 12, DC_PRECISION_F32));
        *value = kept;
        assert_near(kept - moved->params[p].values[0], (above.loss - below.loss) / 0.02, 2e-4);
    }
    dc_model_free(model);
    dc_model_free(moved);
}

static void a_step_goes_down_the_slope_of_the_loss(void **state)
{
    (void)state;
    for (size_t b = 0; b < DC_COUNT_OF(backends); b++) {
        assert_ok(dc_backend_limit(backends[b]));
        assert_steps_are_slopes(sigmoids, DC_COUNT_OF(sigmoids), 3);
        assert_steps_are_slopes(decision, DC_COUNT_OF(decision), 2);
        assert_steps_are_slopes(turned, DC_COUNT_OF(turned), 3);
    }
}

static void one_sigmoid_output_teaches_two_classes(void **state)
{
    dc_model *teacher = ended(decision, DC_COUNT_OF(decision));
    const dc_source source = net_source(40, teacher->nodes[0].shape, 2);
    dc_source *taught = NULL;
    dc_score score;
    int32_t labels[40];
    uint64_t indices[40];
    float x[40 * 12];
    bool has[2] = { false };
    (void)state;
    trained(teacher, NULL, 2, 4);
    assert_ok(dc_source_taught(&taught, &source, teacher, 7));
    assert_int_equal(taught->n_classes, 2);
    for (uint64_t i = 0; i < 40; i++)
        indices[i] = i;
    assert_ok(taught->read(taught, indices, 40, 0, x, labels));
    for (uint32_t i = 0; i < 40; i++)
        has[labels[i]] = true;
    assert_true(has[0] && has[1]);
    assert_ok(dc_evaluate(&score, teacher, taught, 40, DC_PRECISION_F32));
    assert_near(score.top1_error, 0, 0);
    dc_source_close(taught);
    dc_model_free(teacher);
}

static void ends_without_a_loss_are_refused(void **state)
{
    dc_model *one = ended(decision, 3), *model = ended(sigmoids, DC_COUNT_OF(sigmoids));
    dc_model *teacher = net_two_layers(1);
    const dc_source source = net_source(40, one->nodes[0].shape, 2);
    const dc_train_settings settings = dc_train_defaults();
    dc_source *taught = NULL;
    dc_trainer *trainer = NULL;
    dc_score score;
    (void)state;
    assert_fails(DC_EUNSUPPORTED, dc_evaluate(&score, one, &source, 10, DC_PRECISION_F32));
    assert_fails(DC_EUNSUPPORTED, dc_trainer_new(&trainer, one, &source, &settings, NULL, NULL));
    assert_fails(DC_EUNSUPPORTED, dc_source_taught(&taught, &source, one, 10));
    assert_fails(DC_EINPUT, dc_trainer_new(&trainer, model, &source, &settings, NULL, teacher));
    dc_model_free(one);
    dc_model_free(model);
    dc_model_free(teacher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_softmax_behind_views_is_trained_as_its_logits),
        cmocka_unit_test(sigmoids_learn_as_well_as_a_softmax),
        cmocka_unit_test(a_step_goes_down_the_slope_of_the_loss),
        cmocka_unit_test(one_sigmoid_output_teaches_two_classes),
        cmocka_unit_test(ends_without_a_loss_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
