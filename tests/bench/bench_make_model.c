/* SPDX-License-Identifier: MIT
 *
 * bench_make_model ARCH.json OUT [seed]: a dense model of a given architecture with seeded
 * Laplacian weights, the shape that trained layers have, scaled as He's initialization. For
 * benchmarks that need a large model and no training.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dcomp/format.h"
#include "dcomp/model.h"

typedef struct filling {
    dc_param *param;
    double scale;
    uint64_t seed, stream;
} filling;

#define CHUNK 1048576u

static dc_status fill_chunk(void *payload, uint64_t index)
{
    const filling *f = payload;
    const uint64_t first = index * CHUNK, last = DC_MIN(first + CHUNK, f->param->n_values);
    dc_rng rng;
    dc_rng_init(&rng, f->seed, f->stream << 32 | index);
    for (uint64_t i = first; i < last; i++) {
        const double u = dc_rng_unit(&rng) - 0.5;
        const double size = -log(1 - 2 * fabs(u) * (1 - 1e-12)) * f->scale;
        f->param->values[i] = (float)(u < 0 ? -size : size);
    }
    return DC_OK;
}

static dc_status fill(dc_model *model, uint64_t seed)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        uint32_t n_rows, n_cols;
        dc_param_matrix(param, &n_rows, &n_cols);
        if (param->role != DC_ROLE_WEIGHT)
            continue;
        filling f = { param, sqrt(1.0 / n_cols), seed, i };
        DC_TRY(dc_pool_run((param->n_values + CHUNK - 1) / CHUNK, fill_chunk, &f));
    }
    return DC_OK;
}

static dc_status make(const char *arch, const char *path, uint64_t seed)
{
    const dc_write_settings settings = { .level = DC_LEVEL_DENSE };
    dc_json *json;
    dc_model *model;
    dc_arena arena = { 0 };
    DC_TRY(dc_json_read(&json, arch));
    dc_status status = dc_model_from_arch(&model, json, arch);
    dc_json_free(json);
    DC_TRY(status);
    status = fill(model, seed);
    if (status == DC_OK)
        status = dc_model_write(path, model, &settings, true, NULL, &arena);
    dc_model_free(model);
    dc_arena_clear(&arena);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_make_model ARCH.json OUT [seed]\n");
        return 2;
    }
    if (make(argv[1], argv[2], argc > 3 ? strtoull(argv[3], NULL, 10) : 1) < 0) {
        fprintf(stderr, "bench_make_model: %s\n", dc_message());
        return 1;
    }
    return 0;
}
