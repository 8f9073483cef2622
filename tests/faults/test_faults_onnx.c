/* SPDX-License-Identifier: MIT
 *
 * An ONNX file whose weights lie in another file: each allocation and each opening fails once.
 */
#include "faults.h"

#include "dcomp/interop.h"

static dc_status import(void *payload)
{
    dc_model *model = NULL;
    const dc_status status = dc_import(&model, payload);
    assert_true((status == DC_OK) == (model != NULL));
    dc_model_free(model);
    return status;
}

static void every_allocation_of_an_import_may_fail(void **state)
{
    (void)state;
    static const char *const names[] = { "data_external", "shape_in_steps", "keras_nhwc",
                                         "data_turned_in_the_graph" };
    for (size_t i = 0; i < DC_COUNT_OF(names); i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/onnx/fixtures/%s.onnx", DCOMP_TESTS_DIR, names[i]);
        assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, import, NULL, path) > 3);
    }
}

static void every_opening_of_an_import_may_fail(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/onnx/fixtures/data_external.onnx", DCOMP_TESTS_DIR);
    assert_int_equal(walk_faults(DC_FAULT_READ, DC_EIO, import, NULL, path), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_an_import_may_fail),
        cmocka_unit_test(every_opening_of_an_import_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
