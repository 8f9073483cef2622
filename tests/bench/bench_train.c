/* SPDX-License-Identifier: MIT
 *
 * bench_train ARCH.json f32|bf16 [BATCH [N_SAMPLES]]: trains on drawn samples; one epoch for every
 * line on standard input, answered by a line with images/s, so that a script can take turns with a
 * peer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcomp/nn.h"

typedef struct samples {
    float *x;
    int32_t *labels;
} samples;

static dc_status read_samples(const dc_source *source, const uint64_t *indices, uint32_t n,
                              uint64_t epoch, float *x, int32_t *labels)
{
    const samples *all = source->state;
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        memcpy(x + i * n_values, all->x + indices[i] * n_values, n_values * sizeof *x);
        labels[i] = all->labels[indices[i]];
    }
    return DC_OK;
}

/* Noise with one bright band by class, so that the loss falls as in earnest. */
static dc_status draw(samples *out, const dc_source *source, dc_arena *arena)
{
    const uint64_t n_values = dc_shape_count(&source->shape);
    dc_rng rng;
    out->x = dc_arena_take(arena, source->n_samples * n_values, sizeof *out->x);
    out->labels = dc_arena_take(arena, source->n_samples, sizeof *out->labels);
    DC_TRY(arena->status);
    dc_rng_init(&rng, 1, 1);
    for (uint64_t i = 0; i < source->n_samples; i++) {
        const uint64_t label = dc_rng_below(&rng, source->n_classes);
        out->labels[i] = (int32_t)label;
        for (uint64_t k = 0; k < n_values; k++)
            out->x[i * n_values + k] = (float)dc_rng_unit(&rng) +
                                       (k * source->n_classes / n_values == label ? 0.3f : 0.0f);
    }
    return DC_OK;
}

static dc_status take_turns(dc_trainer *trainer)
{
    char line[64];
    dc_epoch_stats stats;
    while (fgets(line, sizeof line, stdin)) {
        DC_TRY(dc_trainer_epoch(&stats, trainer));
        printf("%.0f loss %.4f\n", stats.images_per_second, stats.loss);
        fflush(stdout);
    }
    return DC_OK;
}

static dc_status run(const char *arch, bool is_bf16, uint32_t batch_size, uint64_t n_samples)
{
    dc_json *json = NULL;
    dc_model *model = NULL;
    dc_trainer *trainer = NULL;
    dc_arena arena = { 0 };
    samples all;
    DC_TRY(dc_json_read(&json, arch));
    DC_TRY(dc_model_from_arch(&model, json, arch));
    dc_model_init(model, DC_INIT_XAVIER, 1);
    const dc_source source = { .n_samples = n_samples,
                               .shape = model->nodes[0].shape,
                               .n_classes = dc_model_n_classes(model),
                               .is_labelled = true,
                               .text = "drawn",
                               .state = &all,
                               .read = read_samples };
    DC_TRY(draw(&all, &source, &arena));
    dc_train_settings settings = dc_train_defaults();
    settings.batch_size = batch_size;
    settings.n_epochs = 100;
    settings.precision = is_bf16 ? DC_PRECISION_BF16 : DC_PRECISION_F32;
    DC_TRY(dc_trainer_new(&trainer, model, &source, &settings, NULL, NULL));
    printf("%s, %u jobs\n", dc_backend_text(), dc_pool_jobs());
    fflush(stdout);
    DC_TRY(take_turns(trainer));
    dc_trainer_free(trainer);
    dc_arena_clear(&arena);
    dc_model_free(model);
    dc_json_free(json);
    return DC_OK;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_train ARCH.json f32|bf16 [BATCH [N_SAMPLES]]\n");
        return 2;
    }
    const uint32_t batch_size = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 64;
    const uint64_t n_samples = argc > 4 ? strtoull(argv[4], NULL, 10) : 20000;
    if (run(argv[1], strcmp(argv[2], "bf16") == 0, batch_size, n_samples) < 0) {
        fprintf(stderr, "bench_train: %s\n", dc_message());
        return 1;
    }
    return 0;
}
