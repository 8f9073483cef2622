/* SPDX-License-Identifier: MIT
 *
 * A trainer in turns: what dc_trainer_renew makes of it.
 */
#include "nets.h"

static dc_shape input_shape(void)
{
    return dc_shape_of(3, 3, 2, 2, 0);
}

static double run_epoch(dc_trainer *trainer)
{
    dc_epoch_stats stats = { 0 };
    assert_ok(dc_trainer_epoch(&stats, trainer));
    return stats.loss;
}

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

/* Two layers with dropout between them, and a batch norm, without which the batch is divided among
 * cores. */
static dc_model *dropping_model(bool has_norm)
{
    const net_node nodes[] = {
        { "fc1", DC_OP_LINEAR, { 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 16 }, ATTRS_END } },
        { "act", has_norm ? DC_OP_BATCH_NORM : DC_OP_RELU, { 1, DC_NONE }, { ATTRS_END } },
        { "drop", DC_OP_DROPOUT, { 2, DC_NONE }, { { DC_ATTR_RATIO, 0.3 }, ATTRS_END } },
        { "fc2", DC_OP_LINEAR, { 3, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 3 }, ATTRS_END } },
    };
    dc_model *model = net_make(nodes, DC_COUNT_OF(nodes), dc_shape_of(3, 3, 2, 2, 0));
    dc_model_init(model, DC_INIT_XAVIER, 7);
    return model;
}

static void cut_some(dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        for (uint64_t k = i; param->role == DC_ROLE_WEIGHT && k < param->n_values; k += 3)
            param->values[k] = 0;
        param->is_pruned |= param->role == DC_ROLE_WEIGHT;
    }
}

static void assert_same_trainer(dc_trainer *a, dc_trainer *b)
{
    dc_writer states[2];
    for (int i = 0; i < 2; i++) {
        dc_writer_init(&states[i], 1 << 24);
        dc_trainer_save(&states[i], i == 0 ? a : b);
        assert_ok(states[i].status);
    }
    assert_int_equal(states[0].size, states[1].size);
    assert_memory_equal(states[0].data, states[1].data, states[0].size);
    dc_writer_clear(&states[0]);
    dc_writer_clear(&states[1]);
}

/* After a turn weights are cut, also of a layer that had no mask, and the next turn has other
 * settings: the trainer that is kept must go on as one that is made for it. */
static void a_renewed_trainer_equals_a_new_one_bit_for_bit(void **state)
{
    enum { IS_ADAM = 1, IS_SHARED = 2, IS_TAUGHT = 4, ON_TWO_JOBS = 8, N_CASES = 16 };
    const dc_source source = net_source(57, input_shape(), 3);
    (void)state;
    for (uint32_t k = 0; k < N_CASES; k++) {
        dc_model *model = k & IS_SHARED ? shared_model() : dropping_model(!(k & ON_TWO_JOBS));
        dc_model *copy = NULL;
        dc_model *teacher = k & IS_TAUGHT ? net_two_layers(5) : NULL;
        dc_train_settings settings = dc_train_defaults();
        dc_trainer *kept = NULL, *fresh = NULL;
        dc_pool_set_jobs(k & ON_TWO_JOBS ? 2 : 1);
        settings.batch_size = 16;
        settings.n_epochs = 3;
        settings.learning_rate = 0.01;
        settings.optimizer = k & IS_ADAM ? DC_OPTIMIZER_ADAM : DC_OPTIMIZER_NESTEROV;
        settings.teacher_weight = k & IS_TAUGHT ? 0.5 : 0;
        settings.assign_share = k & IS_ADAM ? 2 : 0;
        assert_ok(dc_trainer_new(&kept, model, &source, &settings, &net_hooks, teacher));
        for (uint32_t epoch = 1; epoch <= 3; epoch++)
            run_epoch(kept);
        assert_ok(dc_trainer_sync(kept));
        cut_some(model);
        assert_ok(dc_model_copy(&copy, model));
        settings.seed += 1;
        settings.n_epochs = 2;
        settings.schedule = DC_SCHEDULE_CONSTANT;
        settings.label_smoothing = 0.1;
        assert_ok(dc_trainer_renew(kept, &settings));
        assert_ok(dc_trainer_new(&fresh, copy, &source, &settings, &net_hooks, teacher));
        assert_same_trainer(kept, fresh);
        for (uint32_t epoch = 1; epoch <= 2; epoch++) {
            assert_true(run_epoch(kept) == run_epoch(fresh));
            assert_same_trainer(kept, fresh);
        }
        assert_ok(dc_trainer_sync(kept));
        assert_ok(dc_trainer_sync(fresh));
        for (uint32_t i = 0; i < model->n_params; i++)
            assert_memory_equal(model->params[i].values, copy->params[i].values,
                                model->params[i].n_values * sizeof(float));
        dc_trainer_free(kept);
        dc_trainer_free(fresh);
        dc_model_free(model);
        dc_model_free(copy);
        dc_model_free(teacher);
    }
    dc_pool_set_jobs(0);
}

static void a_trainer_is_renewed_only_for_what_it_was_compiled(void **state)
{
    const dc_source source = net_source(57, input_shape(), 3);
    dc_model *model = net_two_layers(1), *teacher = net_two_layers(5);
    dc_train_settings settings = dc_train_defaults();
    dc_trainer *trainer = NULL;
    (void)state;
    settings.batch_size = 16;
    dc_train_settings other = settings;
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, teacher));
    other.batch_size++;
    assert_fails(DC_EINPUT, dc_trainer_renew(trainer, &other));
    other = settings;
    other.teacher_weight = 0.5;
    assert_fails(DC_EINPUT, dc_trainer_renew(trainer, &other));
    other = settings;
    other.precision = DC_PRECISION_BF16;
    assert_fails(DC_EINPUT, dc_trainer_renew(trainer, &other));
    model->params[0].n_values--;
    assert_fails(DC_EINPUT, dc_trainer_renew(trainer, &settings));
    model->params[0].n_values++;
    assert_ok(dc_trainer_renew(trainer, &settings));
    run_epoch(trainer);
    dc_trainer_free(trainer);
    dc_model_free(model);
    dc_model_free(teacher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_renewed_trainer_equals_a_new_one_bit_for_bit),
        cmocka_unit_test(a_trainer_is_renewed_only_for_what_it_was_compiled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
