/* SPDX-License-Identifier: MIT
 *
 * Files from several threads: models of their own, one model for all, one name for all.
 */
#include "crew.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <time.h>

#include "dcomp/dcomp.h"

#define N_THREADS 4u

static const char architecture[] =
    "{\"name\":\"net\",\"input\":{\"shape\":[1,8,8]},\"layers\":["
    "{\"name\":\"conv1\",\"op\":\"conv\",\"n_outputs\":6,\"kernel\":3},"
    "{\"name\":\"relu1\",\"op\":\"relu\"},"
    "{\"name\":\"pool1\",\"op\":\"max_pool\",\"kernel\":2,\"stride\":2},"
    "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":40},"
    "{\"name\":\"relu2\",\"op\":\"relu\"},"
    "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":10}]}";

/* Weights by the seed; fc1 is shared and pruned, so that all encodings and both coders are met. */
static dc_status make_model(dc_model **out, uint64_t seed)
{
    dc_json *json;
    DC_TRY(dc_json_parse(&json, architecture, strlen(architecture), "architecture"));
    const dc_status status = dc_model_from_arch(out, json, "architecture");
    dc_json_free(json);
    DC_TRY(status);
    dc_model_init(*out, DC_INIT_XAVIER, seed);
    dc_param *shared = dc_model_param(*out, "fc1.weight");
    for (uint64_t i = 0; i < shared->n_values; i++)
        shared->values[i] = i % 3 == 0 ? 0.125f * (float)(1 + i * seed % 7) : 0.0f;
    shared->is_shared = shared->is_pruned = true;
    return DC_OK;
}

static dc_status expect_same(const dc_model *a, const dc_model *b)
{
    CREW_EXPECT(a->n_params == b->n_params);
    for (uint32_t i = 0; i < a->n_params; i++) {
        CREW_EXPECT(a->params[i].n_values == b->params[i].n_values);
        CREW_EXPECT(memcmp(a->params[i].values, b->params[i].values,
                           a->params[i].n_values * sizeof(float)) == 0);
    }
    return DC_OK;
}

static const dc_write_settings coded = { .level = DC_LEVEL_CODED };

/* ---- the first call of a process ---- */

static uint64_t secrets[CREW_MAX];

static dc_status call_first(void *payload, uint64_t index)
{
    char number[40], path[128];
    uint8_t pixels[12] = { 0 };
    const dc_image image = { 2, 2, 3, pixels };
    dc_json *json;
    (void)payload;
    DC_TRY(dc_json_parse(&json, "{\"x\":0.5}", 9, "text"));
    CREW_EXPECT(dc_json_number(dc_json_get(json, "x")) == 0.5);
    dc_json_free(json);
    dc_print(number, sizeof number, "%.1f", 0.5);
    CREW_EXPECT(strcmp(number, "0.5") == 0);
    secrets[index] = dc_hash_secret();
    CREW_EXPECT(dc_cpu_count() >= 1 && dc_cpu_level() != NULL);
    (void)dc_cpu_flags();
    crew_path(path, "first", index, "png");
    return dc_png_write(path, &image, false);
}

static void the_first_calls_may_come_from_many_threads(void **state)
{
    (void)state;
    crew_run(CREW_MAX, call_first, NULL);
    for (unsigned i = 1; i < CREW_MAX; i++)
        assert_true(secrets[i] == secrets[0]);
}

/* ---- models of their own ---- */

static dc_status through_foreign(const dc_model *model, uint64_t index)
{
    char onnx[128], tensors[128];
    dc_model *back = NULL, *filled;
    crew_path(onnx, "own", index, "onnx");
    crew_path(tensors, "own", index, "safetensors");
    DC_TRY(dc_export(onnx, model, true));
    DC_TRY(dc_import(&back, onnx));
    dc_status status = expect_same(model, back);
    dc_model_free(back);
    DC_TRY(status);
    DC_TRY(dc_export(tensors, model, true));
    DC_TRY(make_model(&filled, 99));
    status = dc_import(&filled, tensors);
    if (status == DC_OK)
        status = expect_same(model, filled);
    dc_model_free(filled);
    return status;
}

static dc_status through_files(const dc_model *model, const char *path, dc_arena *arena)
{
    dc_ledger written, read;
    dc_finding *findings;
    uint32_t n_findings = 0;
    dc_model *back;
    dc_param_diff *diffs;
    uint32_t n_diffs;
    dc_diff_summary summary;
    DC_TRY(dc_model_write(path, model, &coded, true, &written, arena));
    DC_TRY(dc_verify(&findings, &n_findings, path, arena));
    CREW_EXPECT(n_findings == 0);
    DC_TRY(dc_model_read(&back, path, DC_READ_DENSE, 0, &read, arena));
    const dc_status status = expect_same(model, back);
    dc_model_free(back);
    DC_TRY(status);
    CREW_EXPECT(written.file_bytes == read.file_bytes && read.n_params == model->n_params);
    DC_TRY(dc_model_read(&back, path, DC_READ_PACKED, 0, NULL, NULL));
    dc_model_free(back);
    return dc_model_diff(&diffs, &n_diffs, &summary, path, path, arena);
}

static dc_status work_on_an_own_model(void *payload, uint64_t index)
{
    char path[128];
    (void)payload;
    crew_path(path, "own", index, "dcm");
    for (uint64_t turn = 0; turn < 3; turn++) {
        dc_arena arena = { 0 };
        dc_model *model;
        DC_TRY(make_model(&model, 1 + index * 10 + turn));
        dc_status status = through_files(model, path, &arena);
        if (status == DC_OK)
            status = through_foreign(model, index);
        dc_model_free(model);
        dc_arena_clear(&arena);
        DC_TRY(status);
    }
    return DC_OK;
}

static void each_thread_has_models_of_its_own(void **state)
{
    (void)state;
    crew_run(N_THREADS, work_on_an_own_model, NULL);
}

/* ---- one model for all ---- */

typedef struct common {
    const dc_model *model;
    dc_writer bytes, onnx;
} common;

static dc_status expect_file(const char *path, const dc_writer *bytes)
{
    dc_file_view view;
    DC_TRY(dc_file_open(&view, path, 0));
    const bool is_same = view.size == bytes->size && memcmp(view.data, bytes->data, view.size) == 0;
    dc_file_close(&view);
    CREW_EXPECT(is_same);
    return DC_OK;
}

static dc_status expect_packs(const dc_param *param, dc_arena *arena)
{
    const dc_pack_plan plan = { .gap_bits = 4 };
    dc_packed packed;
    uint32_t n_rows, n_cols;
    dc_param_matrix(param, &n_rows, &n_cols);
    float *values = dc_arena_take(arena, param->n_values, sizeof *values);
    uint16_t *tags = dc_arena_take(arena, param->n_values, sizeof *tags);
    float *theta = dc_arena_take(arena, DC_MAX_CODEBOOK, sizeof *theta);
    uint32_t n_theta;
    DC_TRY(arena->status);
    DC_TRY(dc_pack(&packed, param->values, n_rows, n_cols, &plan, arena));
    dc_unpack(values, &packed);
    CREW_EXPECT(memcmp(values, param->values, param->n_values * sizeof *values) == 0);
    return dc_param_tags(tags, theta, &n_theta, param);
}

static dc_status read_the_common_model(void *payload, uint64_t index)
{
    const common *c = payload;
    dc_arena arena = { 0 };
    dc_ledger ledger;
    dc_writer w;
    dc_model *copy;
    const char *text;
    char path[128];
    dc_writer_init(&w, UINT64_C(1) << 30);
    DC_TRY(dc_model_encode(&w, c->model, &coded, &ledger, &arena));
    CREW_EXPECT(w.size == c->bytes.size && memcmp(w.data, c->bytes.data, w.size) == 0);
    dc_writer_clear(&w);
    crew_path(path, "common", index, "onnx");
    DC_TRY(dc_export(path, c->model, true));
    DC_TRY(expect_file(path, &c->onnx));
    DC_TRY(expect_packs(dc_model_param(c->model, "fc1.weight"), &arena));
    DC_TRY(dc_model_to_arch(&text, c->model, &arena));
    CREW_EXPECT(dc_model_text(c->model, &arena)[0] != '\0');
    DC_TRY(dc_model_copy(&copy, c->model));
    const dc_status status = expect_same(c->model, copy);
    dc_model_free(copy);
    dc_arena_clear(&arena);
    return status;
}

static void one_model_is_read_by_many_threads(void **state)
{
    common c;
    dc_model *model;
    dc_arena arena = { 0 };
    dc_file_view view;
    char path[128];
    (void)state;
    assert_ok(make_model(&model, 5));
    c.model = model;
    dc_writer_init(&c.bytes, UINT64_C(1) << 30);
    assert_ok(dc_model_encode(&c.bytes, model, &coded, NULL, &arena));
    crew_path(path, "common", N_THREADS, "onnx");
    assert_ok(dc_export(path, model, false));
    assert_ok(dc_file_open(&view, path, 0));
    dc_writer_init(&c.onnx, UINT64_C(1) << 30);
    dc_put_bytes(&c.onnx, view.data, view.size);
    assert_ok(c.onnx.status);
    dc_file_close(&view);
    crew_run(N_THREADS, read_the_common_model, &c);
    dc_writer_clear(&c.bytes);
    dc_writer_clear(&c.onnx);
    dc_model_free(model);
    dc_arena_clear(&arena);
}

/* ---- one name for all ---- */

/* Thread 0 replaces the file, the others find one of its versions, whole. */
static dc_status replace_or_read(void *payload, uint64_t index)
{
    const dc_model *const *models = payload;
    char path[128];
    crew_path(path, "name", 0, "dcm");
    for (int turn = 0; turn < 30; turn++) {
        dc_arena arena = { 0 };
        dc_model *read = NULL;
        dc_status status;
        if (index == 0)
            status = dc_model_write(path, models[turn % 2], &coded, true, NULL, &arena);
        else
            status = dc_model_read(&read, path, DC_READ_DENSE, 0, NULL, NULL);
        if (status == DC_OK && read != NULL && expect_same(models[0], read) < 0)
            status = expect_same(models[1], read);
        dc_model_free(read);
        dc_arena_clear(&arena);
        DC_TRY(status);
    }
    return DC_OK;
}

static void a_file_is_read_while_it_is_replaced(void **state)
{
    dc_model *models[2];
    char path[128];
    (void)state;
    assert_ok(make_model(&models[0], 7));
    assert_ok(make_model(&models[1], 8));
    crew_path(path, "name", 0, "dcm");
    assert_ok(dc_model_write(path, models[0], &coded, false, NULL, &(dc_arena){ 0 }));
    crew_run(N_THREADS, replace_or_read, models);
    dc_model_free(models[0]);
    dc_model_free(models[1]);
}

static dc_status make_or_lose(void *payload, uint64_t index)
{
    atomic_uint *n_made = payload;
    for (uint64_t turn = 0; turn < 20; turn++) {
        char path[128];
        crew_path(path, "once", turn, "bin");
        const dc_status status = dc_file_write(path, &index, sizeof index, false);
        CREW_EXPECT(status == DC_OK || status == DC_EINPUT);
        atomic_fetch_add(n_made, status == DC_OK);
    }
    return DC_OK;
}

static void a_file_that_may_not_be_replaced_is_made_once(void **state)
{
    atomic_uint n_made = 0;
    (void)state;
    crew_run(N_THREADS, make_or_lose, &n_made);
    assert_int_equal(atomic_load(&n_made), 20);
}

static dc_status hold_the_folder(void *payload, uint64_t index)
{
    atomic_uint *n_holders = payload;
    unsigned n_held = 0;
    char path[128];
    (void)index;
    crew_path(path, "work", 0, "work");
    for (int turn = 0; turn < 1000 && n_held < 5; turn++) {
        int lock;
        const dc_status status = dc_folder_lock(&lock, path);
        CREW_EXPECT(status == DC_OK || status == DC_EIO);
        if (status == DC_OK) {
            CREW_EXPECT(atomic_fetch_add(n_holders, 1) == 0);
            n_held++;
            atomic_fetch_sub(n_holders, 1);
            dc_folder_unlock(lock);
        }
        nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
    }
    return DC_OK;
}

static void a_work_folder_has_one_thread_at_a_time(void **state)
{
    atomic_uint n_holders = 0;
    (void)state;
    crew_run(N_THREADS, hold_the_folder, &n_holders);
}

/* ---- what a signal handler does ---- */

/* The C library's is not instrumented: here it is seen that the name is still there. */
int unlink(const char *path)
{
    return path[strlen(path) / 2] != '\0' ? unlinkat(AT_FDCWD, path, 0) : -1;
}

static dc_status make_files(uint64_t index)
{
    char path[128];
    crew_path(path, "unfinished", index, "bin");
    for (int turn = 0; turn < 50; turn++) {
        dc_output *output;
        DC_TRY(dc_output_open(&output, path, true));
        dc_output_write(output, &turn, sizeof turn);
        if (turn % 2 == 0) {
            dc_output_discard(output);
            continue;
        }
        const dc_status status = dc_output_commit(output);
        CREW_EXPECT(status == DC_OK || status == DC_EIO); /* it was taken away */
    }
    return DC_OK;
}

/* Thread 0 does it until the others have made their files. */
static dc_status make_files_or_discard_all(void *payload, uint64_t index)
{
    atomic_uint *n_ready = payload;
    while (index == 0 && atomic_load(n_ready) < N_THREADS - 1)
        dc_output_discard_all();
    const dc_status status = index > 0 ? make_files(index) : DC_OK;
    atomic_fetch_add(n_ready, 1);
    return status;
}

static void unfinished_outputs_are_discarded_at_any_moment(void **state)
{
    atomic_uint n_ready = 0;
    char command[160];
    (void)state;
    crew_run(N_THREADS, make_files_or_discard_all, &n_ready);
    snprintf(command, sizeof command, "! ls -A '%s' | grep -q '^\\.'", crew_folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_calls_may_come_from_many_threads), /* before all others */
        cmocka_unit_test(each_thread_has_models_of_its_own),
        cmocka_unit_test(one_model_is_read_by_many_threads),
        cmocka_unit_test(a_file_is_read_while_it_is_replaced),
        cmocka_unit_test(a_file_that_may_not_be_replaced_is_made_once),
        cmocka_unit_test(a_work_folder_has_one_thread_at_a_time),
        cmocka_unit_test(unfinished_outputs_are_discarded_at_any_moment),
    };
    return cmocka_run_group_tests(tests, crew_folder_make, crew_folder_remove);
}
