/* SPDX-License-Identifier: MIT
 *
 * Work from several threads: messages, warnings, the pool, samples, networks, stages, machines.
 * Networks run on the reference backend, whose bits do not depend on what else is running.
 */
#include "crew.h"

#include <stdatomic.h>

#include "dcomp/eie.h"
#include "dcomp/pipeline.h"

#define N_THREADS 4u
#define N_PICTURES 12u

static const char architecture[] =
    "{\"name\":\"net\",\"input\":{\"shape\":[1,8,8],\"scale\":0.00390625},\"layers\":["
    "{\"name\":\"conv1\",\"op\":\"conv\",\"n_outputs\":4,\"kernel\":3},"
    "{\"name\":\"relu1\",\"op\":\"relu\"},"
    "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":20},"
    "{\"name\":\"relu2\",\"op\":\"relu\"},"
    "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":4}]}";

static dc_status make_model(dc_model **out, uint64_t seed)
{
    dc_json *json;
    DC_TRY(dc_json_parse(&json, architecture, strlen(architecture), "architecture"));
    const dc_status status = dc_model_from_arch(out, json, "architecture");
    dc_json_free(json);
    DC_TRY(status);
    dc_model_init(*out, DC_INIT_HE, seed);
    return DC_OK;
}

static bool has_same_values(const dc_model *a, const dc_model *b)
{
    for (uint32_t i = 0; i < a->n_params; i++)
        if (a->params[i].n_values != b->params[i].n_values ||
            memcmp(a->params[i].values, b->params[i].values,
                   a->params[i].n_values * sizeof(float)) != 0)
            return false;
    return true;
}

/* ---- messages and warnings ---- */

static dc_status fail_often(void *payload, uint64_t index)
{
    char expected[64];
    (void)payload;
    for (int turn = 0; turn < 500; turn++) {
        snprintf(expected, sizeof expected, "thread %u, turn %d", (unsigned)index, turn);
        CREW_EXPECT(dc_fail(DC_EINPUT, "%s", expected) == DC_EINPUT);
        CREW_EXPECT(strcmp(dc_message(), expected) == 0);
    }
    return DC_OK;
}

static void each_thread_has_its_own_message(void **state)
{
    (void)state;
    crew_run(N_THREADS, fail_often, NULL);
}

typedef struct heard {
    unsigned n_warnings, n_reports; /* no locks: calls come one at a time */
} heard;

static void hear(void *payload, const char *text)
{
    ((heard *)payload)->n_warnings += strcmp(text, "aloud") == 0;
}

static void see(void *payload, const dc_progress_report *report)
{
    ((heard *)payload)->n_reports += report->label != NULL;
}

/* Thread 0 is hushed all the time: that is its own affair. */
static dc_status talk(void *payload, uint64_t index)
{
    pthread_barrier_t *together = payload;
    const unsigned mark = dc_work_enter(1, "thread %u", (unsigned)index);
    if (index == 0)
        dc_hush(true);
    pthread_barrier_wait(together);
    for (unsigned turn = 0; turn < 100; turn++) {
        dc_warn("aloud");
        dc_progress("turn", turn, 100, NULL);
    }
    pthread_barrier_wait(together);
    if (index == 0)
        dc_hush(false);
    dc_work_leave(mark);
    return DC_OK;
}

static void a_listener_hears_threads_one_at_a_time(void **state)
{
    heard h = { 0, 0 };
    const dc_listener listener = { &h, hear, see };
    pthread_barrier_t together;
    (void)state;
    assert_int_equal(pthread_barrier_init(&together, NULL, N_THREADS), 0);
    dc_set_listener(&listener);
    crew_run(N_THREADS, talk, &together);
    dc_set_listener(NULL);
    pthread_barrier_destroy(&together);
    dc_work_leave(0);
    assert_int_equal(h.n_warnings, (N_THREADS - 1) * 100);
    assert_true(h.n_reports >= N_THREADS * 100);
}

/* ---- the pool ---- */

static dc_status add_one(void *payload, uint64_t index)
{
    ((uint32_t *)payload)[index]++;
    return DC_OK;
}

static dc_status fail_from_20(void *payload, uint64_t index)
{
    (void)payload;
    return index < 20 ? DC_OK : dc_fail(DC_ELIMIT, "task %d", (int)index);
}

static dc_status use_the_pool(void *payload, uint64_t index)
{
    uint32_t counts[64] = { 0 };
    (void)payload;
    for (uint32_t turn = 1; turn <= 100; turn++) {
        if (turn % 10 == index)
            dc_pool_set_jobs(1 + turn % 4);
        DC_TRY(dc_pool_run(64, add_one, counts));
        for (int i = 0; i < 64; i++)
            CREW_EXPECT(counts[i] == turn);
        CREW_EXPECT(dc_pool_run(64, fail_from_20, NULL) == DC_ELIMIT);
        CREW_EXPECT(strcmp(dc_message(), "task 20") == 0);
    }
    return DC_OK;
}

static void the_pool_serves_threads_in_turn(void **state)
{
    (void)state;
    crew_run(N_THREADS, use_the_pool, NULL);
    dc_pool_set_jobs(2);
}

/* ---- samples ---- */

/* Pictures 8 x 8, one of which is damaged. */
static void make_pictures(void)
{
    char path[128], labels[N_PICTURES * 24] = "";
    for (unsigned i = 0; i < N_PICTURES; i++) {
        uint8_t pixels[64];
        const dc_image image = { 8, 8, 1, pixels };
        for (unsigned k = 0; k < 64; k++)
            pixels[k] = (uint8_t)(k * (i + 1));
        crew_path(path, "p", i, "png");
        assert_ok(dc_png_write(path, &image, true));
        snprintf(labels + strlen(labels), sizeof labels - strlen(labels), "p-%u.png %u\n", i,
                 i % 4);
    }
    crew_path(path, "p", 5, "png");
    assert_ok(dc_file_write(path, "no picture", 10, true));
    snprintf(path, sizeof path, "%s/labels.txt", crew_folder);
    assert_ok(dc_file_write(path, labels, strlen(labels), true));
}

static dc_source *open_pictures(const dc_model *model)
{
    dc_source *source;
    char spec[96];
    make_pictures();
    snprintf(spec, sizeof spec, "images:%s", crew_folder);
    assert_ok(dc_data_open(&source, spec, DC_SPLIT_TRAIN, &model->input, 0, 1));
    return source;
}

static dc_status pass_over(void *payload, uint64_t index)
{
    const dc_source *source = payload;
    dc_loader *loader;
    dc_batch batch;
    uint32_t n = 0;
    DC_TRY(dc_loader_new(&loader, source,
            &(dc_loader_settings){ .batch_size = 3, .shuffle_seed = index, .epoch = index }));
    dc_status status = dc_loader_next(&batch, loader);
    while (status == DC_OK && batch.n > 0) {
        for (uint32_t i = 0; i < batch.n; i++) /* the second pixel of picture k is k + 1 */
            if (batch.x[i * 64 + 1] == (float)(batch.indices[i] + 1) / 256 &&
                batch.target.classes[i] == (int32_t)(batch.indices[i] % 4))
                n++;
        status = dc_loader_next(&batch, loader);
    }
    dc_loader_free(loader);
    DC_TRY(status);
    CREW_EXPECT(n == N_PICTURES - 1);
    return DC_OK;
}

static void several_loaders_read_one_source(void **state)
{
    dc_model *model;
    (void)state;
    assert_ok(make_model(&model, 1));
    dc_source *source = open_pictures(model);
    for (int turn = 0; turn < 3; turn++) /* the pictures are decoded once, in the first */
        crew_run(N_THREADS, pass_over, source);
    dc_source_close(source);
    dc_model_free(model);
}

/* ---- networks ---- */

typedef struct networks {
    const dc_model *model; /* of all           */
    dc_source *source;
    dc_model *trained;     /* as one thread did it */
    dc_score score;
    float x[40 * 64], y[40 * 4];
} networks;

static dc_status predict(float *y, const dc_model *model, const float *x)
{
    dc_predictor *predictor;
    DC_TRY(dc_predictor_new(&predictor, model, 40, DC_PRECISION_F32));
    const dc_status status = dc_predict(predictor, x, 40, y);
    dc_predictor_free(predictor);
    return status;
}

static dc_status train(dc_model *model, const dc_source *source, const dc_model *teacher)
{
    dc_train_settings settings = dc_train_defaults();
    dc_trainer *trainer;
    dc_epoch_stats stats;
    settings.batch_size = 4;
    settings.n_epochs = 2;
    settings.teacher_weight = 0.5;
    DC_TRY(dc_trainer_new(&trainer, model, source, &settings, NULL, teacher));
    dc_status status = DC_OK;
    while (status == DC_OK && dc_trainer_epochs_done(trainer) < settings.n_epochs)
        status = dc_trainer_epoch(&stats, trainer);
    if (status == DC_OK)
        status = dc_trainer_sync(trainer);
    dc_trainer_free(trainer);
    return status;
}

static void networks_begin(networks *n)
{
    dc_model *model;
    assert_ok(make_model(&model, 3));
    n->model = model;
    n->source = open_pictures(model);
    assert_ok(make_model(&n->trained, 4));
    for (uint32_t i = 0; i < DC_COUNT_OF(n->x); i++)
        n->x[i] = (float)(i % 17) / 17;
    assert_ok(predict(n->y, model, n->x));
    assert_ok(train(n->trained, n->source, model));
    assert_ok(dc_evaluate(&n->score, model, n->source, 5, DC_PRECISION_F32));
}

static void networks_end(networks *n)
{
    dc_source_close(n->source);
    dc_model_free(n->trained);
    dc_model_free((dc_model *)(uintptr_t)n->model);
}

static dc_status run_the_model(void *payload, uint64_t index)
{
    const networks *n = payload;
    float y[40 * 4];
    dc_score score;
    (void)index;
    for (int turn = 0; turn < 3; turn++) {
        DC_TRY(predict(y, n->model, n->x));
        CREW_EXPECT(memcmp(y, n->y, sizeof y) == 0);
        DC_TRY(dc_evaluate(&score, n->model, n->source, 5, DC_PRECISION_F32));
        CREW_EXPECT(score.n_samples == N_PICTURES - 1 && score.loss == n->score.loss);
    }
    return DC_OK;
}

static dc_status train_an_own_model(void *payload, uint64_t index)
{
    const networks *n = payload;
    dc_model *model;
    (void)index;
    DC_TRY(make_model(&model, 4));
    const dc_status status = train(model, n->source, n->model);
    const bool is_same = has_same_values(model, n->trained);
    dc_model_free(model);
    DC_TRY(status);
    CREW_EXPECT(is_same);
    return DC_OK;
}

static dc_status run_or_train(void *payload, uint64_t index)
{
    DC_TRY(dc_backend_limit("ref")); /* again, while others compile */
    DC_TRY(dc_cpu_limit(index % 2 == 0 ? "native" : "avx2"));
    CREW_EXPECT(strcmp(dc_backend_text(), "reference") == 0);
    return index % 2 == 0 ? run_the_model(payload, index) : train_an_own_model(payload, index);
}

static void one_model_runs_in_many_threads(void **state)
{
    networks n;
    (void)state;
    networks_begin(&n);
    crew_run(N_THREADS, run_the_model, &n);
    networks_end(&n);
}

static void trainers_and_predictors_run_side_by_side(void **state)
{
    networks n;
    (void)state;
    networks_begin(&n);
    crew_run(2, train_an_own_model, &n);
    crew_run(N_THREADS, run_or_train, &n);
    networks_end(&n);
}

/* ---- stages ---- */

static dc_status compress_to(const char *output)
{
    dc_compress_settings settings = dc_compress_defaults();
    dc_data_settings data = dc_data_defaults();
    dc_compress_result result;
    dc_arena arena = { 0 };
    char input[128], recipe[128];
    crew_path(input, "chain", 0, "bin");
    crew_path(recipe, "chain", 0, "json");
    settings.recipe = recipe;
    const dc_status status = dc_compress(&result, input, output, true, &data, &settings, &arena);
    dc_arena_clear(&arena);
    return status;
}

static dc_status compress_by_recipe(void *payload, uint64_t index)
{
    const dc_file_view *expected = payload;
    dc_file_view view;
    char output[128];
    crew_path(output, "small", index, "dcm");
    DC_TRY(compress_to(output));
    DC_TRY(dc_file_open(&view, output, 0));
    const bool is_same =
        view.size == expected->size && memcmp(view.data, expected->data, view.size) == 0;
    dc_file_close(&view);
    CREW_EXPECT(is_same);
    return DC_OK;
}

static void chains_run_side_by_side(void **state)
{
    static const char recipe[] = "{\"name\":\"r\",\"stages\":[{\"stage\":\"prune\",\"density\":0.5}"
                                 ",{\"stage\":\"quantize\",\"bits\":3}]}";
    const dc_write_settings dense = { .level = DC_LEVEL_DENSE };
    dc_model *model;
    dc_file_view expected;
    char path[128];
    (void)state;
    assert_ok(make_model(&model, 6));
    crew_path(path, "chain", 0, "bin");
    assert_ok(dc_model_write(path, model, &dense, false, NULL, NULL));
    dc_model_free(model);
    crew_path(path, "chain", 0, "json");
    assert_ok(dc_file_write(path, recipe, sizeof recipe - 1, false));
    crew_path(path, "small", N_THREADS, "dcm");
    assert_ok(compress_to(path));
    assert_ok(dc_file_open(&expected, path, 0));
    crew_run(N_THREADS, compress_by_recipe, &expected);
    dc_file_close(&expected);
}

/* ---- machines ---- */

typedef struct laid_out {
    dc_eie_config config;
    dc_eie_layer *layer;
    int32_t input[40], output[30];
    uint64_t cycles;
} laid_out;

static dc_status run_machine(int32_t output[30], uint64_t *cycles, const laid_out *l)
{
    dc_eie_machine *machine;
    dc_eie_counters counters = { 0 };
    DC_TRY(dc_eie_machine_new(&machine, &l->config));
    const dc_status status = dc_eie_machine_run(machine, l->layer, l->input, output, &counters);
    dc_eie_machine_free(machine);
    *cycles = counters.cycles;
    return status;
}

static dc_status run_an_own_machine(void *payload, uint64_t index)
{
    const laid_out *l = payload;
    int32_t output[30];
    uint64_t cycles;
    (void)index;
    DC_TRY(run_machine(output, &cycles, l));
    CREW_EXPECT(cycles == l->cycles && memcmp(output, l->output, sizeof output) == 0);
    return DC_OK;
}

static void one_layer_is_run_by_many_machines(void **state)
{
    const dc_fixed_format format = { 4, 4, 4 };
    laid_out l = { .config = dc_eie_defaults() };
    dc_arena arena = { 0 };
    dc_packed packed;
    dc_csc matrix;
    (void)state;
    l.config.n_pes = 4;
    for (int32_t i = 0; i < 40; i++)
        l.input[i] = i % 3 * i;
    assert_ok(dc_synthetic_weights(&packed, 30, 40, 0.3, 4, 1, &arena));
    assert_ok(dc_csc_of(&matrix, &packed, 0, 30, NULL, &arena));
    assert_ok(dc_eie_layer_new(&l.layer, &matrix, &l.config, "fc", true, &arena));
    dc_eie_layer_set_format(l.layer, &format);
    assert_ok(run_machine(l.output, &l.cycles, &l));
    crew_run(N_THREADS, run_an_own_machine, &l);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thread_has_its_own_message),
        cmocka_unit_test(a_listener_hears_threads_one_at_a_time),
        cmocka_unit_test(the_pool_serves_threads_in_turn),
        cmocka_unit_test(several_loaders_read_one_source),
        cmocka_unit_test(one_model_runs_in_many_threads),
        cmocka_unit_test(trainers_and_predictors_run_side_by_side),
        cmocka_unit_test(chains_run_side_by_side),
        cmocka_unit_test(one_layer_is_run_by_many_machines),
    };
    if (dc_backend_limit("ref") < 0)
        return 1;
    return cmocka_run_group_tests(tests, crew_folder_make, crew_folder_remove);
}
