/* SPDX-License-Identifier: MIT */
#include "nets.h"

static const float two_samples[] = { 1,  2, 3, 4,  5, 6, 7,  8, 9, 10, 11, 12,
                                     -1, 0, 1, -1, 0, 1, -1, 0, 1, -1, 0,  1 };

/* One linear layer of two outputs: the sum of all values, and the first minus the last; then `last`
 * unless that is the layer itself. */
static dc_model *sums_model_with(dc_op last)
{
    const net_node nodes[] = {
        { "fc", DC_OP_LINEAR, { 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 2 }, ATTRS_END } },
        { "last", last, { 1, DC_NONE }, { ATTRS_END } },
    };
    dc_model *model =
        net_make(nodes, last == DC_OP_LINEAR ? 1 : 2, dc_shape_of(3, 3, 2, 2, 0));
    float *w = dc_model_param(model, "fc.weight")->values;
    for (int i = 0; i < 12; i++)
        w[i] = 1;
    w[12] = 1;
    w[23] = -1;
    return model;
}

static dc_model *sums_model(bool with_softmax)
{
    return sums_model_with(with_softmax ? DC_OP_SOFTMAX : DC_OP_LINEAR);
}

static void outputs_are_the_sums_for_full_and_short_batches(void **state)
{
    dc_model *model = sums_model(false);
    (void)state;
    for (uint32_t batch = 2; batch <= 5; batch++) {
        dc_predictor *predictor = NULL;
        float y[4];
        assert_ok(dc_predictor_new(&predictor, model, batch, DC_PRECISION_F32));
        assert_ok(dc_predict(predictor, two_samples, 2, y));
        assert_near(y[0], 78, 1e-4);
        assert_near(y[1], -11, 1e-5);
        assert_near(y[2], 0, 1e-5);
        assert_near(y[3], -2, 1e-5);
        assert_ok(dc_predict(predictor, two_samples + 12, 1, y));
        assert_near(y[1], -2, 1e-5);
        assert_fails(DC_EINPUT, dc_predict(predictor, two_samples, batch + 1, y));
        dc_predictor_free(predictor);
    }
    dc_predictor_free(NULL);
    dc_model_free(model);
}

/* Seven outputs of which the first so many are equal and the greatest. */
static dc_model *tied_model(uint32_t n_tied)
{
    static const net_node nodes[] = {
        { "fc", DC_OP_LINEAR, { 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 7 }, ATTRS_END } },
    };
    dc_model *model = net_make(nodes, 1, dc_shape_of(3, 3, 2, 2, 0));
    for (uint32_t c = 0; c < 7; c++)
        dc_model_param(model, "fc.bias")->values[c] = c < n_tied ? 1 : -(float)c;
    return model;
}

static void a_tie_counts_against_the_model(void **state)
{
    const dc_source source = net_source(70, dc_shape_of(3, 3, 2, 2, 0), 7); /* i % 7 */
    (void)state;
    for (uint32_t n_tied = 1; n_tied <= 7; n_tied++) {
        dc_model *model = tied_model(n_tied);
        dc_score score;
        assert_ok(dc_evaluate(&score, model, &source, 8, DC_PRECISION_F32));
        assert_near(score.top1_error, n_tied == 1 ? 6 / 7.0 : 1, 1e-12);
        assert_near(score.top5_error, n_tied <= 5 ? 2 / 7.0 : 1, 1e-12);
        dc_model_free(model);
    }
}

static void a_final_softmax_costs_what_its_logits_do(void **state)
{
    dc_model *plain = sums_model(false), *soft = sums_model(true);
    dc_predictor *predictor = NULL;
    float y[2];
    dc_score a, b;
    const dc_source source = net_source(20, dc_shape_of(3, 3, 2, 2, 0), 2);
    (void)state;
    assert_ok(dc_predictor_new(&predictor, soft, 1, DC_PRECISION_F32));
    assert_ok(dc_predict(predictor, two_samples + 12, 1, y));
    assert_near(y[0], 1 / (1 + exp(-2)), 1e-6);
    assert_near(y[0] + y[1], 1, 1e-6);
    assert_ok(dc_evaluate(&a, plain, &source, 8, DC_PRECISION_F32));
    assert_ok(dc_evaluate(&b, soft, &source, 8, DC_PRECISION_F32));
    assert_near(a.loss, b.loss, 1e-5 * a.loss);
    dc_predictor_free(predictor);
    dc_model_free(plain);
    dc_model_free(soft);
}

static void a_final_log_softmax_costs_what_its_logits_do(void **state)
{
    dc_model *plain = sums_model(false), *logs = sums_model_with(DC_OP_LOG_SOFTMAX);
    dc_predictor *predictor = NULL;
    float y[2];
    dc_score a, b;
    const dc_source source = net_source(20, dc_shape_of(3, 3, 2, 2, 0), 2);
    (void)state;
    assert_ok(dc_predictor_new(&predictor, logs, 1, DC_PRECISION_F32));
    assert_ok(dc_predict(predictor, two_samples + 12, 1, y)); /* of 0 and -2 */
    assert_near(y[0], -log(1 + exp(-2)), 1e-6);
    assert_near(y[1], -2 - log(1 + exp(-2)), 1e-6);
    assert_ok(dc_evaluate(&a, plain, &source, 8, DC_PRECISION_F32));
    assert_ok(dc_evaluate(&b, logs, &source, 8, DC_PRECISION_F32));
    assert_near(a.loss, b.loss, 1e-5 * a.loss);
    dc_predictor_free(predictor);
    dc_model_free(plain);
    dc_model_free(logs);
}

/* Six logits of which the first three are too large for the fourth to keep any probability, or all
 * for a sigmoid to tell apart. */
static void what_the_outputs_do_not_tell_apart_is_a_tie(void **state)
{
    static const struct {
        dc_op end;
        double top1_error, top5_error; /* of labels 0 to 5 */
    } rows[] = { { DC_OP_LINEAR, 5 / 6.0, 1 / 6.0 },
                 { DC_OP_SOFTMAX, 5 / 6.0, 3 / 6.0 },
                 { DC_OP_SIGMOID, 1, 3 / 6.0 } };
    static const float logits[] = { 402, 401, 400, -200, -300, -400 };
    const dc_source source = net_source(60, dc_shape_of(3, 3, 2, 2, 0), 6); /* i % 6 */
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(rows); i++) {
        const net_node nodes[] = {
            { "fc", DC_OP_LINEAR, { 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 6 }, ATTRS_END } },
            { "end", rows[i].end, { 1, DC_NONE }, { ATTRS_END } },
        };
        dc_model *model =
            net_make(nodes, rows[i].end == DC_OP_LINEAR ? 1 : 2, dc_shape_of(3, 3, 2, 2, 0));
        memcpy(dc_model_param(model, "fc.bias")->values, logits, sizeof logits);
        dc_score score;
        assert_ok(dc_evaluate(&score, model, &source, 8, DC_PRECISION_F32));
        assert_near(score.top1_error, rows[i].top1_error, 1e-12);
        assert_near(score.top5_error, rows[i].top5_error, 1e-12);
        dc_model_free(model);
    }
}

static void reload_takes_new_weights(void **state)
{
    dc_model *model = sums_model(false);
    dc_predictor *predictor = NULL;
    float y[2];
    (void)state;
    assert_ok(dc_predictor_new(&predictor, model, 1, DC_PRECISION_F32));
    dc_model_param(model, "fc.bias")->values[1] = 5;
    assert_ok(dc_predict(predictor, two_samples, 1, y));
    assert_near(y[1], -11, 1e-5);
    assert_ok(dc_predictor_reload(predictor));
    assert_ok(dc_predict(predictor, two_samples, 1, y));
    assert_near(y[1], -6, 1e-5);
    dc_predictor_free(predictor);
    dc_model_free(model);
}

static void evaluation_counts_and_repeats_itself(void **state)
{
    dc_model *model = net_two_layers(4);
    const dc_source source = net_source(101, dc_shape_of(3, 3, 2, 2, 0), 3);
    dc_score a, b, c;
    (void)state;
    assert_ok(dc_evaluate(&a, model, &source, 16, DC_PRECISION_F32));
    assert_ok(dc_evaluate(&b, model, &source, 16, DC_PRECISION_F32));
    assert_ok(dc_evaluate(&c, model, &source, 101, DC_PRECISION_F32));
    assert_int_equal(a.n_samples, 101);
    assert_true(a.loss == b.loss && a.top1_error == b.top1_error);
    assert_near(a.loss, c.loss, 1e-5);
    assert_true(a.top5_error == 0); /* there are three classes */
    dc_model_free(model);
}

static void outputs_have_the_same_bits_for_any_number_of_jobs(void **state)
{
    static float x[300 * 12], y[2][300 * 3];
    dc_model *model = net_two_layers(4);
    (void)state;
    for (uint64_t i = 0; i < DC_COUNT_OF(x); i++)
        x[i] = (float)(i % 17) / 17 - 0.3f;
    for (unsigned n_jobs = 1; n_jobs <= 5; n_jobs++) {
        dc_predictor *predictor = NULL;
        dc_pool_set_jobs(n_jobs);
        assert_ok(dc_predictor_new(&predictor, model, 300, DC_PRECISION_F32));
        dc_pool_set_jobs(7); /* more than there are nets */
        assert_ok(dc_predict(predictor, x, 300, y[n_jobs > 1]));
        assert_memory_equal(y[0], y[n_jobs > 1], sizeof y[0]);
        dc_predictor_free(predictor);
    }
    dc_pool_set_jobs(0);
    dc_model_free(model);
}

static void what_cannot_be_predicted_is_refused(void **state)
{
    dc_model *model = net_two_layers(1);
    dc_predictor *predictor = NULL;
    dc_score score;
    dc_source source = net_source(10, dc_shape_of(3, 3, 2, 2, 0), 3);
    (void)state;
    assert_fails(DC_EINPUT, dc_predictor_new(&predictor, model, 0, DC_PRECISION_F32));
    source.is_labelled = false;
    assert_fails(DC_EINPUT, dc_evaluate(&score, model, &source, 8, DC_PRECISION_F32));
    source = net_source(10, dc_shape_of(3, 1, 2, 2, 0), 3);
    assert_fails(DC_EINPUT, dc_evaluate(&score, model, &source, 8, DC_PRECISION_F32));
    float *kept = model->params[0].values;
    model->params[0].values = NULL; /* as a model that was read packed */
    assert_fails(DC_EINPUT, dc_predictor_new(&predictor, model, 8, DC_PRECISION_F32));
    model->params[0].values = kept;
    assert_null(predictor);
    dc_model_free(model);
}

static void initial_weights_have_their_spread(void **state)
{
    static const net_node nodes[] = {
        { "fc", DC_OP_LINEAR, { 0, DC_NONE }, { { DC_ATTR_N_OUTPUTS, 200 }, ATTRS_END } },
    };
    dc_model *model = net_make(nodes, 1, dc_shape_of(1, 300, 0, 0, 0));
    const dc_param *w = dc_model_param(model, "fc.weight");
    (void)state;
    for (int init = DC_INIT_XAVIER; init <= DC_INIT_HE; init++) {
        double squares = 0, top = 0;
        dc_model_init(model, (dc_init)init, 7);
        for (uint64_t i = 0; i < w->n_values; i++) {
            squares += (double)w->values[i] * (double)w->values[i];
            top = DC_MAX(top, fabs((double)w->values[i]));
        }
        const double deviation = sqrt(squares / (double)w->n_values);
        assert_near(deviation, sqrt((init == DC_INIT_HE ? 2.0 : 1.0) / 300), 0.001);
        if (init == DC_INIT_XAVIER)
            assert_true(top <= sqrt(3.0 / 300));
    }
    const float first = w->values[0];
    dc_model_init(model, DC_INIT_HE, 8);
    assert_true(w->values[0] != first);
    dc_model_init(model, DC_INIT_HE, 7);
    assert_true(w->values[0] == first);
    dc_model_free(model);
}

static void backends_are_chosen_by_name(void **state)
{
    (void)state;
    assert_fails(DC_EINPUT, dc_backend_limit("cuda"));
    assert_ok(dc_backend_limit("ref"));
    assert_string_equal(dc_backend_text(), "reference");
    assert_ok(dc_backend_check(DC_PRECISION_F32));
    assert_fails(DC_EUNSUPPORTED, dc_backend_check(DC_PRECISION_BF16));
    assert_string_equal(dc_message(),
                        "there is no bf16 on reference and this CPU: it needs oneDNN and the "
                        "processor's AVX-512 or AMX for bf16");
    dc_model *model = sums_model(false);
    dc_predictor *predictor = NULL;
    assert_fails(DC_EUNSUPPORTED, dc_predictor_new(&predictor, model, 1, DC_PRECISION_BF16));
    assert_ok(dc_backend_limit("auto"));
    dc_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_the_sums_for_full_and_short_batches),
        cmocka_unit_test(a_tie_counts_against_the_model),
        cmocka_unit_test(what_the_outputs_do_not_tell_apart_is_a_tie),
        cmocka_unit_test(a_final_softmax_costs_what_its_logits_do),
        cmocka_unit_test(a_final_log_softmax_costs_what_its_logits_do),
        cmocka_unit_test(reload_takes_new_weights),
        cmocka_unit_test(evaluation_counts_and_repeats_itself),
        cmocka_unit_test(outputs_have_the_same_bits_for_any_number_of_jobs),
        cmocka_unit_test(what_cannot_be_predicted_is_refused),
        cmocka_unit_test(initial_weights_have_their_spread),
        cmocka_unit_test(backends_are_chosen_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
