/* SPDX-License-Identifier: MIT
 *
 * Samples that go on where others ended: what a network carries from step to step.
 */
#include "nets.h"

#define N_FEATURES 3u
#define N_PARTS 4u
#define MAX_BATCH 21u

static dc_model *model_of(uint32_t n_steps, const char *layers)
{
    char text[900];
    dc_json *json = NULL;
    dc_model *model = NULL;
    snprintf(text, sizeof text, "{\"name\":\"net\",\"input\":{\"shape\":[%u,%u]},\"layers\":[%s]}",
             n_steps, N_FEATURES, layers);
    assert_ok(dc_json_parse(&json, text, strlen(text), "text"));
    assert_ok(dc_model_from_arch(&model, json, "architecture"));
    dc_json_free(json);
    dc_model_init(model, DC_INIT_XAVIER, 3);
    for (uint32_t i = 0; i < model->n_params; i++) /* peepholes and biases, too */
        for (uint64_t k = 0; k < model->params[i].n_values; k++)
            model->params[i].values[k] += 0.05f * (float)((k + i) % 5) - 0.1f;
    return model;
}

#define GATES(n) "{\"name\":\"gates\",\"op\":\"linear\",\"n_outputs\":" #n ",\"axis\":1},"

static const struct {
    const char *layers;
    uint64_t n_carried;
    bool is_reverse;
} kinds[] = {
    { GATES(20) "{\"name\":\"r\",\"op\":\"lstm\"}", 10, false },
    { GATES(20) "{\"name\":\"r\",\"op\":\"lstm\",\"peepholes\":true,\"n_outputs\":4}", 9, false },
    { GATES(20) "{\"name\":\"r\",\"op\":\"lstm\",\"cells\":true}", 10, false },
    { GATES(15) "{\"name\":\"r\",\"op\":\"gru\"}", 5, false },
    { GATES(15) "{\"name\":\"r\",\"op\":\"gru\",\"reset_after\":false}", 5, false },
    { GATES(5) "{\"name\":\"r\",\"op\":\"rnn\"}", 5, false },
    { GATES(20) "{\"name\":\"r\",\"op\":\"lstm\"},{\"name\":\"g2\",\"op\":\"linear\","
      "\"n_outputs\":9,\"axis\":1},{\"name\":\"r2\",\"op\":\"gru\"}", 13, false },
    { GATES(20) "{\"name\":\"r\",\"op\":\"lstm\",\"reverse\":true}", 0, true },
};

/* Outputs of a whole sequence, and of its parts one after the other, are the same. */
static void parts_say_what_the_whole_says(void **state)
{
    (void)state;
    static const uint32_t batches[] = { 1, 5, 16, MAX_BATCH };
    for (size_t k = 0; k < DC_COUNT_OF(kinds); k++) {
        dc_model *part = model_of(6, kinds[k].layers);
        dc_model *whole = model_of(6 * N_PARTS, kinds[k].layers);
        assert_int_equal(dc_model_n_carried(part), kinds[k].n_carried);
        const uint64_t n_x = 6 * N_FEATURES, n_y = dc_model_n_outputs(part);
        float x[MAX_BATCH * 6 * N_FEATURES * N_PARTS], some[MAX_BATCH * 6 * N_FEATURES];
        float *y = calloc(MAX_BATCH * N_PARTS, n_y * sizeof *y);
        float *some_y = calloc(MAX_BATCH, n_y * sizeof *some_y);
        for (size_t i = 0; i < DC_COUNT_OF(x); i++)
            x[i] = (float)((i * 7) % 11) / 5 - 1;
        for (size_t b = 0; b < DC_COUNT_OF(batches); b++) {
            const uint32_t n = batches[b];
            float carried[MAX_BATCH * 16] = { 0 };
            dc_predictor *of_whole, *of_part;
            assert_ok(dc_predictor_new(&of_whole, whole, MAX_BATCH, DC_PRECISION_F32));
            assert_ok(dc_predictor_new(&of_part, part, MAX_BATCH, DC_PRECISION_F32));
            assert_ok(dc_predict(of_whole, x, n, y));
            double difference = 0;
            for (uint32_t p = 0; p < N_PARTS; p++) {
                for (uint32_t i = 0; i < n; i++)
                    memcpy(some + i * n_x, x + (i * N_PARTS + p) * n_x, n_x * sizeof *x);
                const dc_batch batch = { .n = n, .x = some, .state = carried };
                assert_ok(dc_predict_batch(of_part, &batch, some_y));
                for (uint32_t i = 0; i < n; i++)
                    for (uint64_t v = 0; v < n_y; v++)
                        difference = fmax(difference,
                                          fabs((double)some_y[i * n_y + v] -
                                               (double)y[(i * N_PARTS + p) * n_y + v]));
            }
            if (kinds[k].is_reverse)
                assert_true(difference > 1e-3);
            else
                assert_between(difference, 0, 1e-5);
            dc_predictor_free(of_whole);
            dc_predictor_free(of_part);
        }
        free(y);
        free(some_y);
        dc_model_free(part);
        dc_model_free(whole);
    }
}

/* ---- a stream that is learned ---- */

#define N_STEPS 3u

/* Symbol s of the stream is told at step s; the label is the symbol of 4 steps before, which no
 * sample of 3 steps has in it. */
static uint32_t symbol_at(int64_t at)
{
    dc_rng rng;
    dc_rng_init(&rng, 5, (uint64_t)at);
    return at < 0 ? 0 : (uint32_t)dc_rng_below(&rng, 2);
}

static dc_status stream_read(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    (void)source;
    (void)epoch;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t t = 0; t < N_STEPS; t++) {
            const int64_t at = (int64_t)(indices[i] * N_STEPS + t);
            for (uint32_t k = 0; k < N_FEATURES; k++)
                x[(i * N_STEPS + t) * N_FEATURES + k] = k == symbol_at(at) ? 1.0f : -1.0f;
            if (labels != NULL)
                labels[i * N_STEPS + t] = (int32_t)symbol_at(at - 4);
        }
    return DC_OK;
}

static dc_source stream_of(uint64_t n_samples)
{
    return (dc_source){ .n_samples = n_samples, .shape = dc_shape_of(2, N_STEPS, N_FEATURES, 0, 0),
                        .n_classes = 2, .is_labelled = true, .n_steps = N_STEPS,
                        .is_stream = true, .text = "stream", .read = stream_read };
}

/* An echo state: a shift register that is made, not learned, tells the readout what was 4 steps
 * ago; without what is carried over there would be nothing to read. */
static dc_model *echo(void)
{
    dc_model *model =
        model_of(N_STEPS, GATES(5) "{\"name\":\"r\",\"op\":\"rnn\"},{\"name\":\"out\","
                                   "\"op\":\"linear\",\"n_outputs\":2,\"axis\":1}");
    dc_param *gates = dc_model_param(model, "gates.weight"), *r = dc_model_param(model, "r.weight");
    memset(gates->values, 0, gates->n_values * sizeof(float));
    memset(r->values, 0, r->n_values * sizeof(float));
    memset(dc_model_param(model, "gates.bias")->values, 0, 5 * sizeof(float));
    gates->values[0] = 1;
    for (uint32_t i = 1; i < 5; i++)
        r->values[i * 5 + i - 1] = 1;
    return model;
}

static void what_is_carried_is_learned_from(void **state)
{
    (void)state;
    dc_source source = stream_of(400);
    dc_model *model = echo();
    dc_train_settings settings = dc_train_defaults();
    dc_arena arena = { 0 };
    dc_trainer *trainer;
    dc_epoch_stats stats;
    dc_score score;
    settings.n_epochs = 12;
    settings.batch_size = 16;
    settings.learning_rate = 0.2;
    assert_ok(dc_rules_parse(&settings.rate_scale, "gates=0,r=0", &arena));
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    for (uint32_t i = 0; i < settings.n_epochs; i++)
        assert_ok(dc_trainer_epoch(&stats, trainer));
    assert_ok(dc_trainer_sync(trainer));
    dc_trainer_free(trainer);
    assert_ok(dc_evaluate(&score, model, &source, 100, DC_PRECISION_F32));
    assert_between(score.top1_error, 0, 0.1); /* the lanes' beginnings */
    assert_between(stats.train_error, 0, 0.1);
    source.is_stream = false;
    assert_ok(dc_evaluate(&score, model, &source, 100, DC_PRECISION_F32));
    assert_between(score.top1_error, 0.2, 1);
    dc_model_free(model);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_say_what_the_whole_says),
        cmocka_unit_test(what_is_carried_is_learned_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
