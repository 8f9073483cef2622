/* SPDX-License-Identifier: MIT
 *
 * What must hold of a model that was imported from ONNX: it passes all checks again when it is
 * copied, has finite weights, no more of them than the file's bytes stand for, names and values
 * that come back from a model file, and a graph that comes back from an exported one.
 */
#include "fuzz_imported.h"

#include <math.h>

#include "dcomp/format.h"
#include "dcomp/nn.h"
#include "fuzz_same.h"

#define MOST_VALUES 8192u  /* of weights and of all nodes together, to be computed */
#define MOST_VALUE 1000.0f

/* A model of n bytes has at most so many bytes of weights (docs/onnx.md). */
static uint64_t max_weight_bytes(size_t n)
{
    return 16 * (uint64_t)n + (1u << 20);
}

static void check_model(const dc_model *model, size_t n)
{
    dc_model *copy = NULL, *again = NULL;
    dc_writer bytes;
    const dc_write_settings settings = { .level = 1 };
    FUZZ_CHECK(dc_model_n_values(model) * sizeof(float) <= max_weight_bytes(2 * n));
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint64_t j = 0; j < model->params[i].n_values; j++)
            FUZZ_CHECK(isfinite(model->params[i].values[j]));
    FUZZ_CHECK(dc_model_copy(&copy, model) == DC_OK);
    dc_writer_init(&bytes, UINT64_C(1) << 30);
    FUZZ_CHECK(dc_model_encode(&bytes, copy, &settings, NULL, NULL) == DC_OK);
    FUZZ_CHECK(dc_model_decode(&again, bytes.data, bytes.size, "again", DC_READ_DENSE,
                               UINT64_MAX, NULL, NULL) == DC_OK);
    FUZZ_CHECK(again->n_nodes == model->n_nodes);
    for (uint32_t i = 0; i < model->n_nodes; i++)
        FUZZ_CHECK(strcmp(again->nodes[i].name, model->nodes[i].name) == 0);
    dc_model_free(again);
    dc_model_free(copy);
    dc_writer_clear(&bytes);
}

static dc_model *export_and_import(const dc_model *model)
{
    dc_model *again = NULL;
    char path[256];
    snprintf(path, sizeof path, "%s/again.onnx", fuzz_folder());
    FUZZ_CHECK(dc_export(path, model, true) == DC_OK);
    FUZZ_CHECK(dc_import(&again, path) == DC_OK);
    return again;
}

/* ---- what it computes ---- */

static bool is_small(const dc_model *model)
{
    uint64_t n = dc_model_n_values(model);
    for (uint32_t i = 0; i < model->n_nodes; i++)
        n += dc_shape_count(&model->nodes[i].shape);
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint64_t j = 0; j < model->params[i].n_values; j++)
            if (fabsf(model->params[i].values[j]) > MOST_VALUE)
                return false;
    return n <= MOST_VALUES;
}

/* Of one sample, by the reference ops; false when it cannot be run. */
static bool compute(float *y, const dc_model *model, const float *x)
{
    dc_predictor *predictor = NULL;
    FUZZ_CHECK(dc_backend_limit("ref") == DC_OK);
    const bool is_done = dc_predictor_new(&predictor, model, 1, DC_PRECISION_F32) == DC_OK &&
                         dc_predict(predictor, x, 1, y) == DC_OK;
    dc_predictor_free(predictor);
    return is_done;
}

/* Small numbers in, and numbers out that rounding cannot have made others. */
static void check_same_outputs(const dc_model *a, const dc_model *b)
{
    static float x[MOST_VALUES], y[2][MOST_VALUES];
    const uint64_t n_inputs = dc_shape_count(&a->input.shape);
    FUZZ_CHECK(n_inputs == dc_shape_count(&b->input.shape));
    if (!is_small(a) || !is_small(b))
        return;
    for (uint64_t i = 0; i < n_inputs; i++)
        x[i] = (float)(i * 7 % 11) / 5 - 1;
    if (!compute(y[0], a, x) || !compute(y[1], b, x))
        return;
    float most = 1;
    for (uint32_t i = 0; i < dc_model_n_outputs(a); i++)
        most = isfinite(y[0][i]) ? fmaxf(most, fabsf(y[0][i])) : MOST_VALUE * MOST_VALUE;
    for (uint32_t i = 0; i < dc_model_n_outputs(a) && most < MOST_VALUE; i++)
        FUZZ_CHECK(fabsf(y[0][i] - y[1][i]) <= 1e-2f * most);
}

/* Out again and in again: it computes the same, whatever nodes it now is; from then on it is the
 * same but for names, which constants are given anew. */
static void check_export(const dc_model *model)
{
    dc_model *again = export_and_import(model);
    FUZZ_CHECK(dc_model_n_outputs(again) == dc_model_n_outputs(model));
    check_same_outputs(model, again);
    dc_model *third = export_and_import(again);
    fuzz_check_same(again, third, FUZZ_BUT_NAMES);
    dc_model_free(third);
    dc_model_free(again);
}

void fuzz_check_import(const char *path, size_t n)
{
    dc_model *model = NULL;
    const dc_status status = dc_import(&model, path);
    FUZZ_CHECK((status == DC_OK) == (model != NULL));
    FUZZ_CHECK(status != DC_EINPUT && status != DC_ESTALL);
    FUZZ_CHECK(status == DC_OK || dc_message()[0] != '\0');
    if (model != NULL) {
        check_model(model, n);
        check_export(model);
    }
    dc_model_free(model);
}

void fuzz_import_without_memory(const char *path, const uint8_t *data, size_t n)
{
    dc_model *model = NULL;
    if (!fuzz_fault_begin(data, n))
        return;
    const dc_status status = dc_import(&model, path);
    fuzz_fault_end();
    FUZZ_CHECK((status == DC_OK) == (model != NULL));
    dc_model_free(model);
}
