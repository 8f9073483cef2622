/* SPDX-License-Identifier: MIT
 *
 * Architectures in JSON. One that is read prints to a text that reads to an equal model and prints
 * alike; one of few weights survives the file.
 */
#include "fuzz_same.h"

#include "dcomp/format.h"

#define MAX_VALUES (UINT64_C(1) << 16)

static dc_model *read_text(const char *text)
{
    dc_json *json = NULL;
    dc_model *model = NULL;
    FUZZ_CHECK(dc_json_parse(&json, text, strlen(text), "printed") == DC_OK);
    FUZZ_CHECK(dc_model_from_arch(&model, json, "printed") == DC_OK);
    dc_json_free(json);
    return model;
}

static void check_print(const dc_model *model)
{
    dc_arena arena = { 0 };
    const char *once = NULL, *twice = NULL;
    FUZZ_CHECK(dc_model_to_arch(&once, model, &arena) == DC_OK);
    dc_model *again = read_text(once);
    fuzz_check_same(model, again, 0);
    FUZZ_CHECK(dc_model_to_arch(&twice, again, &arena) == DC_OK);
    FUZZ_CHECK(strcmp(once, twice) == 0);
    FUZZ_CHECK(dc_input_text(&model->input, &arena)[0] != '\0');
    FUZZ_CHECK(dc_model_text(model, &arena)[0] != '\0');
    dc_model_free(again);
    dc_arena_clear(&arena);
}

static void check_head(const dc_model *model)
{
    const dc_head head = dc_model_head(model);
    FUZZ_CHECK(head.node < model->n_nodes && head.logits < model->n_nodes);
    FUZZ_CHECK(head.n_classes >= head.n_outputs);
    FUZZ_CHECK(dc_head_check(&head, model) == DC_OK || dc_message()[0] != '\0');
}

static void try_without_memory(const dc_json *json, const uint8_t *data, size_t n)
{
    dc_model *model = NULL;
    if (!fuzz_fault_begin(data, n))
        return;
    const dc_status status = dc_model_from_arch(&model, json, "fuzz");
    fuzz_fault_end();
    FUZZ_CHECK((status == DC_OK) == (model != NULL));
    dc_model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    dc_json *json = NULL;
    dc_model *model = NULL;
    dc_pool_set_jobs(1);
    if (dc_json_parse(&json, (const char *)data, n, "fuzz") == DC_OK) {
        if (dc_model_from_arch(&model, json, "fuzz") == DC_OK) {
            if (dc_model_n_values(model) <= MAX_VALUES) {
                check_print(model);
                fuzz_check_file(model);
            }
            check_head(model);
            dc_model_free(model);
        }
        try_without_memory(json, data, n);
    }
    dc_json_free(json);
    return 0;
}
