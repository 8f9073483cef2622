/* SPDX-License-Identifier: MIT
 *
 * Importing and exporting foreign files when allocation, reading or writing number N fails.
 */
#include "faults.h"

#include <unistd.h>

#include "dcomp/file.h"
#include "dcomp/interop.h"

static const char architecture[] =
    "{\"name\":\"net\",\"input\":{\"shape\":[1,8,8]},\"layers\":["
    "{\"name\":\"conv\",\"op\":\"conv\",\"n_outputs\":4,\"kernel\":3,\"pad\":1},"
    "{\"name\":\"norm\",\"op\":\"batch_norm\"},{\"name\":\"swish\",\"op\":\"hard_swish\"},"
    "{\"name\":\"pool\",\"op\":\"average_pool\",\"kernel\":3,\"ceil_mode\":true,\"pad\":1,"
    "\"count_pad\":true},{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":3},"
    "{\"name\":\"fc.weight\",\"op\":\"softmax\"}]}";

typedef struct bench {
    dc_model *model;
    char folder[64], path[80];
} bench;

static dc_status new_model(dc_model **out, const char *text)
{
    dc_json *json = NULL;
    DC_TRY(dc_json_parse(&json, text, strlen(text), "architecture"));
    const dc_status status = dc_model_from_arch(out, json, "architecture");
    dc_json_free(json);
    return status;
}

static int set_up(void **state)
{
    static bench b;
    strcpy(b.folder, "/tmp/dcomp-faults-XXXXXX");
    if (mkdtemp(b.folder) == NULL)
        return -1;
    assert_ok(new_model(&b.model, architecture));
    for (uint32_t i = 0; i < b.model->n_params; i++)
        for (uint64_t j = 0; j < b.model->params[i].n_values; j++)
            b.model->params[i].values[j] = (float)j;
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;
    dc_model_free(b->model);
    unlink(b->path);
    return rmdir(b->folder);
}

static void set_path(bench *b, const char *name)
{
    unlink(b->path);
    snprintf(b->path, sizeof b->path, "%s/%s", b->folder, name);
}

/* ---- actions -------------------------------------------------------------------------------- */

static dc_status export_file(void *payload)
{
    bench *b = payload;
    return dc_export(b->path, b->model, true);
}

static dc_status import_with(const bench *b, const char *text)
{
    dc_model *model = NULL;
    dc_status status = new_model(&model, text);
    if (status == DC_OK)
        status = dc_import(&model, b->path);
    dc_model_free(model);
    return status;
}

static dc_status import_file(void *payload)
{
    return import_with(payload, architecture);
}

static dc_status import_net(void *payload)
{
    return import_with(payload, "{\"name\":\"n\",\"input\":{\"shape\":[4]},\"layers\":["
                                "{\"name\":\"f\",\"op\":\"linear\",\"n_outputs\":1}]}");
}

static void folder_is_empty(void *payload)
{
    dc_arena arena = { 0 };
    const char **names;
    uint32_t n = 0;
    assert_ok(dc_folder_list(&names, &n, ((bench *)payload)->folder, false, &arena));
    dc_arena_clear(&arena);
    assert_int_equal(n, 0);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void failed_exports_leave_no_file(void **state)
{
    static const char *const names[] = { "out.onnx", "out.safetensors" };
    bench *b = *state;
    for (uint32_t i = 0; i < 2; i++) {
        set_path(b, names[i]);
        assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, export_file, folder_is_empty, b) > 3);
        assert_int_equal(unlink(b->path), 0);
        assert_true(walk_faults(DC_FAULT_WRITE, DC_EIO, export_file, folder_is_empty, b) > 1);
    }
}

static void imports_fail_cleanly(void **state)
{
    bench *b = *state;
    set_path(b, "in.safetensors");
    assert_ok(dc_export(b->path, b->model, true));
    assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, import_file, NULL, b) > 10);
    assert_true(walk_faults(DC_FAULT_READ, DC_EIO, import_file, NULL, b) > 0);
}

/* One layer of four weights: no entries, a codebook of 16, a bias. */
static void nets_fail_cleanly(void **state)
{
    bench *b = *state;
    static const uint8_t zeros[4 + 4 * 16 + 4];
    set_path(b, "in.net");
    assert_ok(dc_file_write(b->path, zeros, sizeof zeros, true));
    assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, import_net, NULL, b) > 5);
    assert_true(walk_faults(DC_FAULT_READ, DC_EIO, import_net, NULL, b) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_exports_leave_no_file),
        cmocka_unit_test(imports_fail_cleanly),
        cmocka_unit_test(nets_fail_cleanly),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
