/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

/* Of one batch: a thousandth of the squares of the gradient, which is what a step of plain SGD at
 * rate 1 takes away. The model stays as it is. */
static void squares_are_those_of_the_gradient(void **state)
{
    (void)state;
    dc_source train = counting_samples(16, 4);
    dc_datasets sets = { .train = &train };
    dc_run run = { .model = two_layers(4), .data = &sets };
    dc_model *stepped = NULL;
    gradient_squares s = { .n_params = 0 };
    dc_train_settings one = dc_train_defaults();
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    assert_ok(dc_model_copy(&stepped, run.model));
    assert_ok(squares_estimate(&s, &run));
    one.learning_rate = 1;
    one.momentum = one.weight_decay = 0;
    one.schedule = DC_SCHEDULE_CONSTANT;
    assert_ok(dc_trainer_new(&trainer, stepped, &train, &one, NULL, NULL));
    assert_ok(dc_trainer_epoch(&stats, trainer));
    assert_ok(dc_trainer_sync(trainer));
    for (uint32_t p = 0; p < stepped->n_params; p++) {
        const dc_param *param = &run.model->params[p];
        assert_true((s.values[p] != NULL) == (param->role == DC_ROLE_WEIGHT));
        for (uint64_t i = 0; s.values[p] != NULL && i < param->n_values; i++) {
            const double step = (double)param->values[i] - (double)stepped->params[p].values[i];
            assert_near(s.values[p][i], 0.001 * step * step, 1e-6 + 1e-4 * step * step);
        }
    }
    dc_trainer_free(trainer);
    squares_clear(&s);
    dc_model_free(stepped);
    dc_model_free(run.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squares_are_those_of_the_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
