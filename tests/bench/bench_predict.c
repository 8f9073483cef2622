/* SPDX-License-Identifier: MIT
 *
 * bench_predict ARCH.json f32|bf16 [BATCH]: seeded weights, one batch of drawn samples; one forward
 * for every line on standard input, answered by a line with the seconds it took, so that a script
 * can take turns with a peer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/nn.h"

static dc_status take_turns(dc_predictor *predictor, const float *x, uint32_t n, float *y)
{
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        const double started = dc_clock_seconds();
        DC_TRY(dc_predict(predictor, x, n, y));
        printf("%.6f\n", dc_clock_seconds() - started);
        fflush(stdout);
    }
    return DC_OK;
}

static dc_status run_model(const dc_model *model, bool is_bf16, uint32_t batch_size,
                           dc_arena *arena)
{
    const uint64_t n_values = batch_size * dc_shape_count(&model->nodes[0].shape);
    float *x = dc_arena_take(arena, n_values, sizeof *x);
    float *y = dc_arena_take(arena, batch_size * (uint64_t)dc_model_n_outputs(model), sizeof *y);
    dc_predictor *predictor;
    dc_rng rng;
    DC_TRY(arena->status);
    dc_rng_init(&rng, 1, 1);
    for (uint64_t i = 0; i < n_values; i++)
        x[i] = (float)dc_rng_normal(&rng);
    DC_TRY(dc_predictor_new(&predictor, model, batch_size,
                            is_bf16 ? DC_PRECISION_BF16 : DC_PRECISION_F32));
    printf("%s, %u jobs\n", dc_backend_text(), dc_pool_jobs());
    fflush(stdout);
    const dc_status status = take_turns(predictor, x, batch_size, y);
    dc_predictor_free(predictor);
    return status;
}

static dc_status run(const char *arch, bool is_bf16, uint32_t batch_size)
{
    dc_json *json;
    dc_model *model;
    dc_arena arena = { 0 };
    DC_TRY(dc_json_read(&json, arch));
    dc_status status = dc_model_from_arch(&model, json, arch);
    dc_json_free(json);
    DC_TRY(status);
    dc_model_init(model, DC_INIT_HE, 1);
    status = run_model(model, is_bf16, batch_size, &arena);
    dc_arena_clear(&arena);
    dc_model_free(model);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_predict ARCH.json f32|bf16 [BATCH]\n");
        return 2;
    }
    const uint32_t batch_size = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 32;
    if (run(argv[1], strcmp(argv[2], "bf16") == 0, batch_size) < 0) {
        fprintf(stderr, "bench_predict: %s\n", dc_message());
        return 1;
    }
    return 0;
}
