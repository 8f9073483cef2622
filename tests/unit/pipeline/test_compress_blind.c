/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

/* 64 values in, two layers; large enough that ways to store them differ in size. */
static dc_model *wide_model(void)
{
    dc_model *model =
        model_of("{\"name\":\"net\",\"input\":{\"shape\":[64]},\"layers\":["
                 "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":48},"
                 "{\"name\":\"relu1\",\"op\":\"relu\"},"
                 "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":5}]}");
    dc_model_init(model, DC_INIT_XAVIER, 3);
    return model;
}

/* Depthwise layers and batch norms, whose channels differ in scale a hundredfold. */
static dc_model *uneven_model(void)
{
    dc_model *model = model_of(
        "{\"name\":\"net\",\"input\":{\"shape\":[1,16,16],\"scale\":0.0039},\"layers\":["
        "{\"name\":\"conv1\",\"op\":\"conv\",\"n_outputs\":12,\"kernel\":3},"
        "{\"name\":\"norm1\",\"op\":\"batch_norm\"},{\"name\":\"relu1\",\"op\":\"relu\"},"
        "{\"name\":\"dw2\",\"op\":\"conv\",\"n_outputs\":12,\"kernel\":3,\"groups\":12},"
        "{\"name\":\"norm2\",\"op\":\"batch_norm\"},{\"name\":\"relu2\",\"op\":\"relu\"},"
        "{\"name\":\"conv3\",\"op\":\"conv\",\"n_outputs\":16,\"kernel\":1},"
        "{\"name\":\"norm3\",\"op\":\"batch_norm\"},{\"name\":\"relu3\",\"op\":\"relu\"},"
        "{\"name\":\"pool\",\"op\":\"global_average_pool\"},"
        "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":10},"
        "{\"name\":\"softmax\",\"op\":\"softmax\"}]}");
    dc_model_init(model, DC_INIT_HE, 5);
    dc_param *weights = dc_model_param(model, "dw2.weight");
    dc_param *variance = dc_model_param(model, "norm2.variance");
    for (uint32_t k = 0; k < 12; k++) {
        const float scale = powf(100, (float)k / 11) / 10;
        for (uint32_t i = 0; i < 9; i++)
            weights->values[9 * k + i] *= scale;
        variance->values[k] *= scale * scale;
    }
    return model;
}

/* Outputs are 1000 times the differences of pairs of neurons that are nearly alike, so that fc1 may
 * hardly be touched. */
static dc_model *delicate_model(void)
{
    dc_model *model =
        model_of("{\"name\":\"net\",\"input\":{\"shape\":[32]},\"layers\":["
                 "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":40},"
                 "{\"name\":\"differences\",\"op\":\"linear\",\"n_outputs\":20},"
                 "{\"name\":\"relu\",\"op\":\"relu\"},"
                 "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":60},"
                 "{\"name\":\"relu2\",\"op\":\"relu\"},"
                 "{\"name\":\"fc3\",\"op\":\"linear\",\"n_outputs\":8}]}");
    dc_model_init(model, DC_INIT_XAVIER, 3);
    float *w = dc_model_param(model, "fc1.weight")->values;
    float *difference = dc_model_param(model, "differences.weight")->values;
    for (uint32_t i = 0; i < 20 * 40; i++)
        difference[i] = 0;
    for (uint32_t k = 0; k < 20; k++) {
        for (uint32_t i = 0; i < 32; i++)
            w[(2 * k + 1) * 32 + i] = w[2 * k * 32 + i] + 0.001f * w[(2 * k + 1) * 32 + i];
        difference[k * 40 + 2 * k] = 1000;
        difference[k * 40 + 2 * k + 1] = -1000;
    }
    return model;
}

static dc_status compress_model(dc_blind_result *out, dc_model **model, uint64_t max_bytes)
{
    dc_arena arena = { 0 };
    dc_compress_settings settings = dc_compress_defaults();
    dc_run run = { .model = *model, .arena = &arena, .write = { .level = DC_LEVEL_CODED } };
    settings.max_bytes = max_bytes;
    const dc_status status = compress_blind(out, &run, &settings);
    *model = run.model;
    dc_arena_clear(&arena);
    return status;
}

static dc_writer encoded(const dc_model *model)
{
    const dc_write_settings write = { .level = DC_LEVEL_CODED };
    dc_arena arena = { 0 };
    dc_writer w;
    dc_writer_init(&w, UINT64_C(1) << 30);
    assert_ok(dc_model_encode(&w, model, &write, NULL, &arena));
    dc_arena_clear(&arena);
    return w;
}

static uint64_t bytes_of(const dc_model *model)
{
    dc_writer w = encoded(model);
    const uint64_t n = w.size;
    dc_writer_clear(&w);
    return n;
}

static uint64_t blind_bytes(uint64_t max_bytes)
{
    dc_blind_result result;
    dc_model *model = wide_model();
    assert_ok(compress_model(&result, &model, max_bytes));
    const uint64_t n = bytes_of(model);
    dc_model_free(model);
    return n;
}

/* Root mean square of what outputs move on normal numbers of our own, relative to their size. */
static double real_change(const dc_model *a, const dc_model *b)
{
    enum { n = 50 };
    const uint64_t n_values = dc_shape_count(&a->input.shape);
    const uint32_t n_outputs = dc_model_n_outputs(a);
    dc_arena arena = { 0 };
    float *x = dc_arena_take(&arena, n * n_values, sizeof *x);
    float *y[2] = { dc_arena_take(&arena, n * n_outputs, sizeof **y),
                    dc_arena_take(&arena, n * n_outputs, sizeof **y) };
    const dc_model *models[2] = { a, b };
    dc_rng rng;
    double move = 0, size = 0;
    assert_ok(arena.status);
    dc_rng_init(&rng, 77, 0);
    for (uint64_t i = 0; i < n * n_values; i++)
        x[i] = (float)dc_rng_normal(&rng);
    for (int k = 0; k < 2; k++) {
        dc_predictor *predictor;
        assert_ok(dc_predictor_new(&predictor, models[k], n, DC_PRECISION_F32));
        assert_ok(dc_predict(predictor, x, n, y[k]));
        dc_predictor_free(predictor);
    }
    for (uint32_t i = 0; i < n * n_outputs; i++) {
        const double d = (double)y[0][i] - (double)y[1][i];
        move += d * d;
        size += (double)y[0][i] * (double)y[0][i];
    }
    dc_arena_clear(&arena);
    return sqrt(move / size);
}

static dc_model *(*const makers[])(void) = { wide_model, uneven_model, delicate_model };

static void outputs_stay_within_the_budget(void **state)
{
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(makers); i++) {
        dc_blind_result result;
        dc_model *dense = makers[i](), *model = makers[i]();
        assert_ok(compress_model(&result, &model, 0));
        assert_true(result.is_blind && result.n_inputs > 0);
        assert_between(result.output_change, 1e-4, result.output_budget);
        assert_true(real_change(dense, model) < 3 * result.output_budget);
        assert_true(bytes_of(model) < bytes_of(dense) * 2 / 3);
        dc_model_free(model);
        dc_model_free(dense);
    }
}

static double move_of(const dc_model *a, const dc_model *b, const char *param)
{
    const dc_param *p = dc_model_param(a, param), *q = dc_model_param(b, param);
    double size = 0;
    for (uint64_t i = 0; i < p->n_values; i++)
        size += (double)p->values[i] * (double)p->values[i];
    return sqrt(dc_sum_squared_error(p->values, q->values, p->n_values) / size);
}

static void a_layer_that_may_not_be_touched_is_spared_alone(void **state)
{
    (void)state;
    dc_blind_result result;
    dc_model *dense = delicate_model(), *model = delicate_model();
    assert_ok(compress_model(&result, &model, 0));
    assert_true(move_of(dense, model, "fc1.weight") < 1e-4);
    assert_true(move_of(dense, model, "fc2.weight") > 1e-3);
    dc_model_free(model);
    dc_model_free(dense);
}

/* Weights of an input that is 0 on real samples may be huge and hide what all others do. */
static void what_a_huge_weight_hides_is_kept(void **state)
{
    (void)state;
    for (double huge = 10; huge < 1e31; huge *= 1e6) {
        dc_blind_result result;
        dc_model *dense = wide_model(), *model = wide_model();
        dc_model_param(model, "fc1.weight")->values[0] = (float)huge;
        assert_ok(compress_model(&result, &model, 0));
        dc_model_param(dense, "fc1.weight")->values[0] = 0;
        dc_model_param(model, "fc1.weight")->values[0] = 0;
        assert_true(real_change(dense, model) < 0.25);
        dc_model_free(model);
        dc_model_free(dense);
    }
}

/* Of a large layer only some weights are looked at: it seems to have two values. */
static void what_the_sample_of_weights_missed_is_kept(void **state)
{
    (void)state;
    dc_blind_result result;
    dc_model *model[2];
    for (int k = 0; k < 2; k++) {
        model[k] = model_of("{\"name\":\"net\",\"input\":{\"shape\":[512]},\"layers\":["
                            "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":400},"
                            "{\"name\":\"relu\",\"op\":\"relu\"},"
                            "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":10}]}");
        dc_model_init(model[k], DC_INIT_XAVIER, 3);
        float *weights = dc_model_param(model[k], "fc1.weight")->values;
        for (uint32_t i = 0; i < 512 * 400; i++)
            weights[i] = weights[i] > 0 ? 0.05f : -0.05f;
        for (uint32_t i = 0; i < 6; i++)
            weights[30000 * i + 17] = 5 + (float)i;
    }
    assert_ok(compress_model(&result, &model[1], 0));
    assert_true(result.output_change <= result.output_budget);
    assert_true(real_change(model[0], model[1]) < 3 * result.output_budget);
    assert_true(bytes_of(model[1]) <= bytes_of(model[0]));
    dc_model_free(model[0]);
    dc_model_free(model[1]);
}

/* fc2 comes shared; what is measured of it must not hold what was done to fc1. */
static void bytes_are_taken_from_shared_layers_as_from_others(void **state)
{
    (void)state;
    static const dc_rule rule = { "fc2", 8 };
    dc_quantize_settings settings = dc_quantize_defaults();
    dc_blind_result result;
    dc_model *dense = wide_model(), *model, *free_model = wide_model();
    settings.bits = (dc_rules){ 1, &rule };
    assert_ok(dc_quantize(dense, &settings, NULL));
    const uint64_t budget = blind_bytes(0) * 2 / 3;
    assert_ok(dc_model_copy(&model, dense));
    assert_ok(compress_model(&result, &model, budget));
    const double change = result.output_change;
    assert_ok(compress_model(&result, &free_model, budget));
    assert_true(change < 1.2 * result.output_change);
    dc_model_free(dense);
    dc_model_free(model);
    dc_model_free(free_model);
}

static void the_file_is_the_same_for_any_number_of_jobs(void **state)
{
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(makers); i++) {
        dc_blind_result result;
        dc_model *one = makers[i](), *many = makers[i]();
        dc_pool_set_jobs(1);
        assert_ok(compress_model(&result, &one, 0));
        dc_pool_set_jobs(5);
        assert_ok(compress_model(&result, &many, 0));
        dc_pool_set_jobs(0);
        dc_writer a = encoded(one), b = encoded(many);
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.data, b.data, a.size);
        dc_writer_clear(&a);
        dc_writer_clear(&b);
        dc_model_free(one);
        dc_model_free(many);
    }
}

/* Who shared them may have judged by data. */
static void layers_that_come_shared_are_kept_unless_bytes_are_short(void **state)
{
    (void)state;
    static const dc_rule rule = { "fc1", 6 };
    dc_quantize_settings settings = dc_quantize_defaults();
    dc_blind_result result;
    dc_model *dense = wide_model();
    settings.bits = (dc_rules){ 1, &rule };
    assert_ok(dc_quantize(dense, &settings, NULL));
    for (uint64_t max_bytes = 0; max_bytes < 2; max_bytes++) {
        dc_model *model;
        assert_ok(dc_model_copy(&model, dense));
        assert_ok(compress_model(&result, &model, max_bytes));
        assert_int_equal(move_of(dense, model, "fc1.weight") > 0, max_bytes > 0);
        assert_true(move_of(dense, model, "fc2.weight") > 0);
        dc_model_free(model);
    }
    dc_model_free(dense);
}

/* The file is then the very one that no budget makes. */
static void a_budget_that_is_met_just_so_changes_nothing(void **state)
{
    (void)state;
    dc_blind_result result;
    dc_model *free_model = wide_model();
    assert_ok(compress_model(&result, &free_model, 0));
    dc_writer a = encoded(free_model);
    const uint64_t budgets[] = { a.size, a.size + 1 };
    for (size_t i = 0; i < DC_COUNT_OF(budgets); i++) {
        dc_model *model = wide_model();
        assert_ok(compress_model(&result, &model, budgets[i]));
        dc_writer b = encoded(model);
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.data, b.data, a.size);
        dc_writer_clear(&b);
        dc_model_free(model);
    }
    dc_writer_clear(&a);
    dc_model_free(free_model);
}

#define HISTORY_BYTES 200u

/* Outputs then move by less, down to about half a per cent: finer is of no use, and no file is
 * larger than that of the network as it came. */
static void a_budget_with_room_is_used(void **state)
{
    (void)state;
    dc_model *dense = wide_model();
    const uint64_t n_free = blind_bytes(0), n_dense = bytes_of(dense);
    const uint64_t budgets[] = { n_free * 5 / 4, n_free * 3 / 2, UINT64_MAX };
    double before = 1;
    for (size_t i = 0; i < DC_COUNT_OF(budgets); i++) {
        dc_blind_result result;
        dc_model *model = wide_model();
        assert_ok(compress_model(&result, &model, budgets[i]));
        const uint64_t n = bytes_of(model);
        assert_true(n > n_free && n <= budgets[i]);
        assert_true(n > budgets[i] / 100 * 95 || result.output_change < 0.006);
        assert_true(n <= n_dense + HISTORY_BYTES && result.output_change < before);
        before = result.output_change;
        dc_model_free(model);
    }
    dc_model_free(dense);
}

static void a_tighter_budget_is_met(void **state)
{
    (void)state;
    const uint64_t least = blind_bytes(1), most = blind_bytes(0);
    assert_true(least < most / 2);
    for (uint64_t budget = least + 100; budget < most; budget += (most - least) / 7) {
        const uint64_t n = blind_bytes(budget);
        assert_true(n <= budget);
        assert_true(n > budget * 4 / 5);
    }
}

/* Steps of a large layer are coarse: the others take what it leaves. */
static void bytes_that_are_left_are_used(void **state)
{
    (void)state;
    static const uint64_t percents[] = { 46, 66, 82, 94 };
    const uint64_t most = blind_bytes(0);
    for (size_t i = 0; i < DC_COUNT_OF(percents); i++) {
        const uint64_t budget = most * percents[i] / 100, n = blind_bytes(budget);
        assert_true(n <= budget);
        assert_true(n > budget * 95 / 100);
    }
}

static void a_budget_out_of_reach_leaves_the_smallest_model(void **state)
{
    (void)state;
    assert_between(blind_bytes(1), 100, 1500);
}

static void the_history_says_what_is_not_certified(void **state)
{
    (void)state;
    dc_blind_result result;
    dc_model *model = wide_model();
    assert_ok(compress_model(&result, &model, 0));
    assert_int_equal(model->n_history, 1);
    assert_string_equal(model->history[0].stage, "compress");
    assert_non_null(strstr(model->history[0].settings, "\"accuracy\":\"not certified\""));
    assert_non_null(strstr(model->history[0].settings, "\"output_change\":0.0"));
    dc_model_free(model);
}

/* Nothing that random inputs reach: neurons that are dead, and outputs that overflow. */
static void where_nothing_can_be_measured_that_is_said_and_weights_are_kept(void **state)
{
    (void)state;
    static const struct {
        float scale, hidden, output;
    } cases[] = { { 1, -50, 0 }, { 1, -50, 7 }, { 1e38f, 1e38f, 0 } };
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        dc_blind_result result;
        dc_model *dense = wide_model(), *model;
        dc_param *hidden = dc_model_param(dense, "fc1.bias");
        dc_param *output = dc_model_param(dense, "fc2.bias");
        dc_param *weights = dc_model_param(dense, "fc2.weight");
        for (uint64_t k = 0; k < hidden->n_values; k++)
            hidden->values[k] = cases[i].hidden;
        for (uint64_t k = 0; k < output->n_values; k++)
            output->values[k] = cases[i].output;
        for (uint64_t k = 0; k < weights->n_values; k++)
            weights->values[k] *= cases[i].scale;
        assert_ok(dc_model_copy(&model, dense));
        assert_ok(compress_model(&result, &model, 0));
        assert_true(isnan(result.output_change));
        assert_int_equal(result.n_inputs, 0);
        assert_non_null(strstr(model->history[0].settings, "\"output_change\":null"));
        assert_true(move_of(dense, model, "fc1.weight") < 0.05);
        assert_true(move_of(dense, model, "fc2.weight") < 0.05);
        dc_model_free(model);
        dc_model_free(dense);
    }
}

static void weights_that_are_no_numbers_are_refused(void **state)
{
    (void)state;
    dc_blind_result result;
    dc_model *model = wide_model();
    dc_model_param(model, "fc2.weight")->values[7] = NAN;
    assert_fails(DC_EINPUT, compress_model(&result, &model, 0));
    assert_non_null(strstr(dc_message(), "fc2.weight"));
    dc_model_free(model);
}

static void count_warning(void *payload, const char *text)
{
    (void)text;
    ++*(uint32_t *)payload;
}

/* Sharing the weights of neurons that differ in size by decades is warned of elsewhere. */
static void trials_do_not_warn(void **state)
{
    (void)state;
    uint32_t n_warnings = 0;
    const dc_listener listener = { .payload = &n_warnings, .warn = count_warning };
    dc_blind_result result;
    dc_model *model = wide_model();
    float *weights = dc_model_param(model, "fc1.weight")->values;
    for (uint32_t i = 0; i < 48 * 64; i++)
        weights[i] *= powf(10, (float)(i / 64 % 5) - 2);
    dc_set_listener(&listener);
    assert_ok(compress_model(&result, &model, 0));
    assert_int_equal(n_warnings, 1); /* that nothing was certified */
    dc_warn("and afterwards they are heard again");
    assert_int_equal(n_warnings, 2);
    dc_set_listener(NULL);
    dc_model_free(model);
}

typedef struct watch {
    double whole, largest_step;
} watch;

static void on_progress(void *payload, const dc_progress_report *report)
{
    watch *w = payload;
    assert_true(report->whole >= w->whole);
    w->largest_step = fmax(w->largest_step, report->whole - w->whole);
    w->whole = report->whole;
}

static void progress_goes_in_steps_and_leaves_a_share_for_writing(void **state)
{
    (void)state;
    for (uint64_t max_bytes = 0; max_bytes < 2; max_bytes++) {
        watch w = { 0 };
        const dc_listener listener = { .payload = &w, .progress = on_progress };
        dc_blind_result result;
        dc_model *model = uneven_model();
        const unsigned mark = dc_work_enter(BLIND_WORK + 1, "compress");
        dc_set_listener(&listener);
        assert_ok(compress_model(&result, &model, max_bytes));
        dc_set_listener(NULL);
        dc_work_leave(mark);
        assert_between(w.whole, 0.1, 0.99);
        assert_true(w.largest_step < 0.2);
        dc_model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_stay_within_the_budget),
        cmocka_unit_test(a_layer_that_may_not_be_touched_is_spared_alone),
        cmocka_unit_test(what_a_huge_weight_hides_is_kept),
        cmocka_unit_test(what_the_sample_of_weights_missed_is_kept),
        cmocka_unit_test(bytes_are_taken_from_shared_layers_as_from_others),
        cmocka_unit_test(the_file_is_the_same_for_any_number_of_jobs),
        cmocka_unit_test(layers_that_come_shared_are_kept_unless_bytes_are_short),
        cmocka_unit_test(a_budget_that_is_met_just_so_changes_nothing),
        cmocka_unit_test(a_budget_with_room_is_used),
        cmocka_unit_test(a_tighter_budget_is_met),
        cmocka_unit_test(bytes_that_are_left_are_used),
        cmocka_unit_test(a_budget_out_of_reach_leaves_the_smallest_model),
        cmocka_unit_test(the_history_says_what_is_not_certified),
        cmocka_unit_test(where_nothing_can_be_measured_that_is_said_and_weights_are_kept),
        cmocka_unit_test(weights_that_are_no_numbers_are_refused),
        cmocka_unit_test(trials_do_not_warn),
        cmocka_unit_test(progress_goes_in_steps_and_leaves_a_share_for_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
