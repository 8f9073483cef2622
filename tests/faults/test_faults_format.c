/* SPDX-License-Identifier: MIT
 *
 * Reading and writing a model file when allocation, reading or writing number N fails.
 */
#include "faults.h"

#include <unistd.h>

#include "dcomp/file.h"
#include "dcomp/format.h"

static const char architecture[] =
    "{\"name\":\"net\",\"input\":{\"shape\":[1,8,8]},\"class_names\":[\"a\",\"b\",\"c\"],"
    "\"layers\":["
    "{\"name\":\"conv\",\"op\":\"conv\",\"n_outputs\":4,\"kernel\":3,\"pad\":1},"
    "{\"name\":\"norm\",\"op\":\"batch_norm\"},{\"name\":\"relu\",\"op\":\"relu\"},"
    "{\"name\":\"sum\",\"op\":\"add\",\"inputs\":[\"relu\",\"conv\"]},"
    "{\"name\":\"pool\",\"op\":\"max_pool\",\"kernel\":2},"
    "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":3}]}";

typedef struct bench {
    dc_model *model;
    dc_writer file; /* the model, encoded */
    dc_read_mode mode;
    bool may_replace;
    char folder[64], path[80];
} bench;

static void put_values(dc_param *param, dc_rng *rng)
{
    const bool is_weight = param->role == DC_ROLE_WEIGHT;
    for (uint64_t i = 0; i < param->n_values; i++) {
        const uint64_t level = dc_rng_below(rng, is_weight ? 16 : 1000);
        param->values[i] = is_weight && level > 5 ? 0.0f : (float)level / 16;
    }
    param->is_pruned = param->is_shared = is_weight;
}

static int set_up(void **state)
{
    static bench b;
    const dc_write_settings settings = { .level = DC_LEVEL_CODED };
    dc_json *json = NULL;
    dc_rng rng;
    dc_rng_init(&rng, 7, 0);
    dc_writer_init(&b.file, 1u << 20);
    strcpy(b.folder, "/tmp/dcomp-faults-XXXXXX");
    if (mkdtemp(b.folder) == NULL)
        return -1;
    snprintf(b.path, sizeof b.path, "%s/out.dcm", b.folder);
    assert_ok(dc_json_parse(&json, architecture, sizeof architecture - 1, "architecture"));
    assert_ok(dc_model_from_arch(&b.model, json, "architecture"));
    dc_json_free(json);
    for (uint32_t i = 0; i < b.model->n_params; i++)
        put_values(&b.model->params[i], &rng);
    assert_ok(dc_model_add_history(b.model, "prune", "{\"density\":0.3}"));
    assert_ok(dc_model_encode(&b.file, b.model, &settings, NULL, NULL));
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;
    dc_model_free(b->model);
    dc_writer_clear(&b->file);
    unlink(b->path);
    return rmdir(b->folder);
}

static uint32_t n_files_in(const char *folder)
{
    dc_arena arena = { 0 };
    const char **names;
    uint32_t n = 0;
    assert_ok(dc_folder_list(&names, &n, folder, false, &arena));
    dc_arena_clear(&arena);
    return n;
}

/* ---- actions -------------------------------------------------------------------------------- */

static dc_status decode(void *payload)
{
    bench *b = payload;
    dc_arena arena = { 0 };
    dc_ledger ledger;
    dc_model *model = NULL;
    const dc_status status = dc_model_decode(&model, b->file.data, b->file.size, "memory", b->mode,
                                             0, &ledger, &arena);
    assert_true((status == DC_OK) == (model != NULL));
    dc_model_free(model);
    dc_arena_clear(&arena);
    return status;
}

static dc_status read_file(void *payload)
{
    bench *b = payload;
    dc_model *model = NULL;
    const dc_status status = dc_model_read(&model, b->path, b->mode, 0, NULL, NULL);
    assert_true((status == DC_OK) == (model != NULL));
    dc_model_free(model);
    return status;
}

static dc_status write_file(void *payload)
{
    bench *b = payload;
    const dc_write_settings settings = { .level = DC_LEVEL_CODED };
    dc_arena arena = { 0 };
    dc_ledger ledger;
    const dc_status status =
        dc_model_write(b->path, b->model, &settings, b->may_replace, &ledger, &arena);
    dc_arena_clear(&arena);
    return status;
}

static dc_status verify_file(void *payload)
{
    bench *b = payload;
    dc_arena arena = { 0 };
    dc_finding *findings;
    uint32_t n_findings = 0;
    const dc_status status = dc_verify(&findings, &n_findings, b->path, &arena);
    if (status == DC_OK)
        assert_int_equal(n_findings, 0); /* a lack of memory is not damage */
    dc_arena_clear(&arena);
    return status;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void decoding_without_memory_fails_cleanly_in_every_mode(void **state)
{
    bench *b = *state;
    for (b->mode = DC_READ_DENSE; b->mode <= DC_READ_SHAPE; b->mode++)
        for (unsigned n_jobs = 1; n_jobs <= 2; n_jobs++) {
            dc_pool_set_jobs(n_jobs);
            assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, decode, NULL, b) > 10);
        }
    b->mode = DC_READ_DENSE;
}

static void folder_is_empty(void *payload)
{
    assert_int_equal(n_files_in(((bench *)payload)->folder), 0);
}

static void writing_without_memory_leaves_no_file(void **state)
{
    bench *b = *state;
    for (unsigned n_jobs = 1; n_jobs <= 2; n_jobs++) {
        dc_pool_set_jobs(n_jobs);
        assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, write_file, folder_is_empty, b) > 10);
        assert_int_equal(unlink(b->path), 0);
    }
}

static void failing_writes_leave_no_file(void **state)
{
    bench *b = *state;
    assert_true(walk_faults(DC_FAULT_WRITE, DC_EIO, write_file, folder_is_empty, b) > 2);
    assert_int_equal(unlink(b->path), 0);
}

static void file_is_as_before(void *payload)
{
    const bench *b = payload;
    dc_file_view view;
    assert_int_equal(n_files_in(b->folder), 1);
    assert_ok(dc_file_open(&view, b->path, 0));
    assert_int_equal(view.size, 6);
    assert_memory_equal(view.data, "before", 6);
    dc_file_close(&view);
}

static void a_failed_replacement_leaves_what_was_there(void **state)
{
    bench *b = *state;
    b->may_replace = true;
    assert_ok(dc_file_write(b->path, "before", 6, true));
    assert_true(walk_faults(DC_FAULT_WRITE, DC_EIO, write_file, file_is_as_before, b) > 2);
    assert_ok(dc_file_write(b->path, "before", 6, true));
    assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, write_file, file_is_as_before, b) > 10);
}

static void reading_a_file_fails_cleanly(void **state)
{
    bench *b = *state;
    assert_ok(dc_file_write(b->path, b->file.data, b->file.size, true));
    assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, read_file, NULL, b) > 10);
    assert_true(walk_faults(DC_FAULT_READ, DC_EIO, read_file, NULL, b) > 0);
}

static void verifying_without_memory_reports_no_damage(void **state)
{
    bench *b = *state;
    assert_ok(dc_file_write(b->path, b->file.data, b->file.size, true));
    assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, verify_file, NULL, b) > 10);
    assert_true(walk_faults(DC_FAULT_READ, DC_EIO, verify_file, NULL, b) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_without_memory_fails_cleanly_in_every_mode),
        cmocka_unit_test(writing_without_memory_leaves_no_file),
        cmocka_unit_test(failing_writes_leave_no_file),
        cmocka_unit_test(a_failed_replacement_leaves_what_was_there),
        cmocka_unit_test(reading_a_file_fails_cleanly),
        cmocka_unit_test(verifying_without_memory_reports_no_damage),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
