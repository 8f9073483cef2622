/* SPDX-License-Identifier: MIT
 *
 * What is hung on a step of training.
 */
#include "nets.h"

typedef struct diary {
    char text[64];
    uint32_t n_steps;
} diary;

static void note(diary *d, char c)
{
    const size_t n = strlen(d->text);
    if (n + 1 < sizeof d->text)
        d->text[n] = c;
}

static dc_status note_begin(void *payload, dc_trained *trained)
{
    (void)trained;
    note(payload, 'b');
    return DC_OK;
}

static dc_status note_backward(void *payload, dc_trained *trained)
{
    ((diary *)payload)->n_steps = (uint32_t)trained->n_steps + 1;
    note(payload, 'g');
    return DC_OK;
}

static dc_status note_update(void *payload, dc_trained *trained)
{
    (void)trained;
    note(payload, 'u');
    return DC_OK;
}

static dc_status note_epoch(void *payload, dc_trained *trained)
{
    (void)trained;
    note(payload, 'e');
    return DC_OK;
}

static void put_diary(dc_writer *w, void *payload)
{
    dc_put_u32(w, ((diary *)payload)->n_steps);
}

static dc_status get_diary(dc_reader *r, void *payload)
{
    ((diary *)payload)->n_steps = dc_get_u32(r);
    return r->status;
}

static dc_status get_twice(dc_reader *r, void *payload)
{
    DC_TRY(get_diary(r, payload));
    return get_diary(r, payload);
}

static dc_status get_nothing(dc_reader *r, void *payload)
{
    (void)r;
    (void)payload;
    return DC_OK;
}

static dc_train_hook diary_hook(diary *d, const char *name)
{
    return (dc_train_hook){ .name = name,
                            .payload = d,
                            .begin = note_begin,
                            .after_backward = note_backward,
                            .after_update = note_update,
                            .after_epoch = note_epoch,
                            .put = put_diary,
                            .get = get_diary };
}

static dc_train_settings two_steps(void)
{
    dc_train_settings settings = dc_train_defaults();
    settings.batch_size = 10;
    settings.weight_decay = 0;
    settings.schedule = DC_SCHEDULE_CONSTANT;
    return settings;
}

static dc_trainer *trainer_of(dc_model *model, const dc_source *source, const dc_train_hook *list,
                              uint32_t n, double decay)
{
    dc_train_settings settings = two_steps();
    const dc_train_hooks hooks = { n, list };
    dc_trainer *trainer = NULL;
    settings.weight_decay = decay;
    assert_ok(dc_trainer_new(&trainer, model, source, &settings, &hooks, NULL));
    return trainer;
}

static void run_epoch(dc_trainer *trainer)
{
    dc_epoch_stats stats;
    assert_ok(dc_trainer_epoch(&stats, trainer));
    assert_ok(dc_trainer_sync(trainer));
}

static dc_source twenty(void)
{
    return net_source(20, dc_shape_of(3, 3, 2, 2, 0), 3);
}

static void hooks_are_called_at_their_places(void **state)
{
    (void)state;
    dc_model *model = net_two_layers(1);
    const dc_source source = twenty();
    diary d = { .n_steps = 0 };
    const dc_train_hook list[] = { { .name = "nothing" }, diary_hook(&d, "diary") };
    dc_trainer *trainer = trainer_of(model, &source, list, 2, 0);
    run_epoch(trainer);
    assert_string_equal(d.text, "bgugue");
    assert_int_equal(d.n_steps, 2);
    dc_trainer_free(trainer);
    dc_model_free(model);
}

/* dw += share * w */
static dc_status shrink(void *payload, dc_trained *trained)
{
    for (uint32_t i = 0; i < trained->n_params; i++)
        for (uint64_t e = 0; e < trained->params[i].n; e++)
            if (trained->model->params[i].role == DC_ROLE_WEIGHT)
                trained->params[i].dw[e] += *(const float *)payload * trained->params[i].w[e];
    return DC_OK;
}

static void a_penalty_on_the_gradient_is_weight_decay(void **state)
{
    (void)state;
    float share = 0.125f;
    const dc_train_hook penalty = { .name = "shrink", .payload = &share, .after_backward = shrink };
    const dc_source source = twenty();
    dc_model *a = net_two_layers(1), *b = net_two_layers(1);
    dc_trainer *decayed = trainer_of(a, &source, NULL, 0, 0.125);
    dc_trainer *punished = trainer_of(b, &source, &penalty, 1, 0);
    run_epoch(decayed);
    run_epoch(punished);
    for (uint32_t p = 0; p < a->n_params; p++)
        for (uint64_t k = 0; k < a->params[p].n_values; k++)
            assert_near(b->params[p].values[k], a->params[p].values[k], 1e-6);
    dc_trainer_free(decayed);
    dc_trainer_free(punished);
    dc_model_free(a);
    dc_model_free(b);
}

/* After the first step: frees what row-major weight 1 of the first parameter was, freezes 0. */
static dc_status swap_masks(void *payload, dc_trained *trained)
{
    dc_trained_param *p = &trained->params[0];
    float *values = payload; /* row-major marks */
    float *stored = malloc(p->n * sizeof *stored);
    assert_ok(trained->load(trained, 0, stored, values));
    for (uint64_t e = 0; trained->n_steps == 0 && e < p->n; e++)
        p->tags[e] = stored[e] > 0;
    for (uint64_t e = 0; e < p->n; e++)
        p->w[e] = p->tags[e] ? p->w[e] : 0;
    p->is_changed = true;
    free(stored);
    return DC_OK;
}

static void a_mask_may_change_while_training(void **state)
{
    (void)state;
    const dc_source source = twenty();
    dc_model *model = net_two_layers(1);
    dc_param *weights = &model->params[0];
    float *marks = malloc(weights->n_values * sizeof *marks);
    for (uint64_t i = 0; i < weights->n_values; i++) {
        marks[i] = i % 2 == 1;
        weights->values[i] = i % 2 == 0 ? weights->values[i] : 0;
    }
    weights->is_pruned = true;
    const dc_train_hook hook = { .name = "mask", .payload = marks, .after_update = swap_masks };
    dc_trainer *trainer = trainer_of(model, &source, &hook, 1, 0);
    run_epoch(trainer);
    uint64_t n_grown = 0;
    for (uint64_t i = 0; i < weights->n_values; i++) {
        if (i % 2 == 0)
            assert_true(weights->values[i] == 0);
        n_grown += weights->values[i] != 0;
    }
    assert_true(n_grown > 0);
    dc_trainer_free(trainer);
    dc_model_free(model);
    free(marks);
}

static dc_status restore(dc_model *model, const dc_source *source, const dc_train_hook *list,
                         uint32_t n, const dc_writer *w)
{
    dc_trainer *trainer = trainer_of(model, source, list, n, 0);
    dc_reader r = dc_reader_over(w->data, w->size, "state");
    const dc_status status = dc_trainer_restore(trainer, &r);
    dc_trainer_free(trainer);
    return status;
}

static void state_of_hooks_is_in_the_checkpoint(void **state)
{
    (void)state;
    const dc_source source = twenty();
    dc_model *model = net_two_layers(1);
    diary before = { .n_steps = 0 }, after = { .n_steps = 0 };
    const dc_train_hook own = diary_hook(&before, "diary"), same = diary_hook(&after, "diary");
    const dc_train_hook other = diary_hook(&after, "journal");
    dc_train_hook greedy = diary_hook(&after, "diary"), lazy = diary_hook(&after, "diary");
    dc_trainer *trainer = trainer_of(model, &source, &own, 1, 0);
    dc_trainer *plain = trainer_of(model, &source, NULL, 0, 0);
    dc_writer w, without;
    greedy.get = get_twice;
    lazy.get = get_nothing;
    run_epoch(trainer);
    dc_writer_init(&w, 1u << 24);
    dc_writer_init(&without, 1u << 24);
    dc_trainer_save(&w, trainer);
    dc_trainer_save(&without, plain);
    assert_int_equal(w.size, without.size + 4 + 4 + 5 + 8 + 4); /* count, "diary", size, u32 */
    assert_ok(restore(model, &source, &same, 1, &w));
    assert_int_equal(after.n_steps, 2);
    assert_ok(restore(model, &source, NULL, 0, &without));
    assert_fails(DC_ECORRUPT, restore(model, &source, &other, 1, &w));
    assert_non_null(strstr(dc_message(), "the state of 'journal' is not there"));
    assert_fails(DC_ECORRUPT, restore(model, &source, &lazy, 1, &w));
    assert_non_null(strstr(dc_message(), "the state of 'diary' does not fit"));
    assert_fails(DC_ECORRUPT, restore(model, &source, &greedy, 1, &w));
    assert_fails(DC_ECORRUPT, restore(model, &source, &same, 1, &without));
    assert_fails(DC_ECORRUPT, restore(model, &source, NULL, 0, &w));
    dc_writer_clear(&w);
    dc_writer_clear(&without);
    dc_trainer_free(trainer);
    dc_trainer_free(plain);
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks_are_called_at_their_places),
        cmocka_unit_test(a_penalty_on_the_gradient_is_weight_decay),
        cmocka_unit_test(a_mask_may_change_while_training),
        cmocka_unit_test(state_of_hooks_is_in_the_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
