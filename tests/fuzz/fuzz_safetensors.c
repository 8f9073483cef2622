/* SPDX-License-Identifier: MIT
 *
 * The safetensors reader, by its door, into a network of several kinds of parameters. The first
 * two bytes say where the header ends (the high one first), so that its length seldom lies. What
 * is read has finite values, and what is written of it is read back the same.
 */
#include "fuzz.h"

#include "dcomp/interop.h"

/* The header and the rest. */
static const fuzz_layout layout = { .n_options = 0, .n_parts = 2 };

static const char architecture[] =
    "{\"name\":\"net\",\"input\":{\"shape\":[1,4,4]},\"layers\":["
    "{\"name\":\"c\",\"op\":\"conv\",\"n_outputs\":2,\"kernel\":1},"
    "{\"name\":\"b\",\"op\":\"batch_norm\"},{\"name\":\"p\",\"op\":\"prelu\"},"
    "{\"name\":\"f\",\"op\":\"linear\",\"n_outputs\":2}]}";

static dc_model *network(void)
{
    dc_json *json = NULL;
    dc_model *model = NULL;
    FUZZ_CHECK(dc_json_parse(&json, architecture, sizeof architecture - 1, "net") == DC_OK);
    FUZZ_CHECK(dc_model_from_arch(&model, json, "net") == DC_OK);
    dc_json_free(json);
    return model;
}

static void check_values(const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint64_t j = 0; j < model->params[i].n_values; j++)
            FUZZ_CHECK(model->params[i].values[j] - model->params[i].values[j] == 0);
}

static void write_and_read(const dc_model *model)
{
    dc_model *again = network();
    char path[256];
    snprintf(path, sizeof path, "%s/again.safetensors", fuzz_folder());
    FUZZ_CHECK(dc_export(path, model, true) == DC_OK);
    FUZZ_CHECK(dc_import(&again, path) == DC_OK);
    for (uint32_t i = 0; i < model->n_params; i++)
        FUZZ_CHECK(memcmp(again->params[i].values, model->params[i].values,
                          model->params[i].n_values * sizeof(float)) == 0);
    dc_model_free(again);
    remove(path);
}

/* A file whose header may be longer than it says; again with less memory. */
static void try(const char *path, const fuzz_part *header)
{
    dc_model *model = network();
    if (dc_import(&model, path) == DC_OK) {
        check_values(model);
        write_and_read(model);
    }
    dc_model_free(model);
    model = network();
    if (fuzz_fault_begin(header->data, header->n)) {
        const dc_status status = dc_import(&model, path);
        fuzz_fault_end();
        if (status == DC_OK)
            check_values(model);
    }
    dc_model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part parts[FUZZ_MAX_PARTS];
    if (!fuzz_split(parts, &layout, data, n))
        return 0;
    const uint64_t n_header = (uint64_t)data[0] << 8 | (uint64_t)data[1];
    uint8_t *file = malloc(n + 6);
    FUZZ_CHECK(file != NULL);
    for (uint32_t i = 0; i < 8; i++)
        file[i] = (uint8_t)(n_header >> 8 * i);
    memcpy(file + 8, data + 2, n - 2);
    char path[128];
    snprintf(path, sizeof path, "%s", fuzz_file("x.safetensors", file, n + 6));
    try(path, &parts[0]);
    free(file);
    return 0;
}

FUZZ_MUTATOR(fuzz_mutate_parts(&layout, data, n, max_n, seed))
